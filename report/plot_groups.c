/* Groups against the whole, sections against each other. */
#include "diag.h"
#include "i18n.h"
#include "plot_axis.h"
#include "plots.h"
#include "report_text.h"
#include <math.h>
#include <stdlib.h>

#define ROW 4.6   /* mm a line of a figure */
#define HEAD 7.0  /* mm over the first */
#define FOOT 10.0 /* mm under the last */

/* ---- groups ---- */

static int compare_groups(const void *x, const void *y)
{
    const struct analysis_group *a = *(const struct analysis_group *const *)x,
                                *b = *(const struct analysis_group *const *)y;
    if (a->mean != b->mean)
        return a->mean < b->mean ? 1 : -1;
    return a < b ? -1 : a > b; /* as they stand */
}

static const struct analysis_group **sort_groups(const struct analysis *a, int first, int n,
                                                 int *ret_n)
{
    const struct analysis_group **sorted = calloc((size_t)n + 1, sizeof(struct analysis_group *));
    int kept = 0;
    for (int i = first; sorted && i < first + n; i++)
        if (isfinite(a->groups[i].mean))
            sorted[kept++] = &a->groups[i];
    if (sorted)
        qsort(sorted, (size_t)kept, sizeof *sorted, compare_groups);
    *ret_n = kept;
    return sorted;
}

static int shown(int n)
{
    return n < PLOT_GROUPS_MAX ? n : PLOT_GROUPS_MAX;
}

double plot_groups_height(int n)
{
    return HEAD + FOOT + ROW * (shown(n) > 0 ? shown(n) : 2);
}

/* Which of n is shown in a row: the first half from the head, the others from the foot. */
static int group_of_row(int row, int n)
{
    return n <= PLOT_GROUPS_MAX || row < PLOT_GROUPS_MAX / 2 ? row : n - PLOT_GROUPS_MAX + row;
}

static void interval_of(const struct analysis *a, const struct analysis_group *g, double *ret_low,
                        double *ret_high)
{
    *ret_low = a->mean + g->difference.low;
    *ret_high = a->mean + g->difference.high;
    if (!isfinite(*ret_low) || !isfinite(*ret_high))
        *ret_low = *ret_high = g->mean;
}

static struct scale group_scale(const struct analysis *a, const struct analysis_group **groups,
                                int n, struct rect box)
{
    double low = a->mean, high = low, l, h;
    for (int i = 0; i < shown(n); i++) {
        interval_of(a, groups[group_of_row(i, n)], &l, &h);
        low = fmin(low, fmin(l, groups[group_of_row(i, n)]->mean));
        high = fmax(high, fmax(h, groups[group_of_row(i, n)]->mean));
    }
    double room = fmax((high - low) * 0.06, 0.5);
    /* An interval of two candidates may reach beyond every score there is. */
    low = fmax(low - room, fmin(0, a->min));
    high = fmin(high + room, fmax(points_double(a->max), a->maximum));
    return scale_make(low, high, box.x, box.x + box.w);
}

/* The school may be cut short, its class not: classes of one school would look the same. */
static void draw_group_name(struct drawing *d, const struct analysis_group *g, double width,
                            double y)
{
    struct letters letters = {.size = LETTERS_LABEL, .tone = TONE_INK, .width = width};
    double x = 0;
    if (*g->school) {
        double own = fmin(drawing_text_width(d, g->name, letters), width * 0.6);
        letters.width = width - own - 2;
        drawing_text(d, (struct point){0, y}, g->school, letters);
        x = fmin(drawing_text_width(d, g->school, letters), letters.width) + 2;
        letters.width = own + 0.1;
    }
    drawing_text(d, (struct point){x, y}, g->name, letters);
}

static void draw_group(struct drawing *d, const struct analysis *a, const struct analysis_group *g,
                       const struct scale *x, struct rect box, double y)
{
    char text[NUMBER_TEXT_MAX + 24], mean[NUMBER_TEXT_MAX];
    double low, high;
    interval_of(a, g, &low, &high);
    bool apart = low > a->mean || high < a->mean;
    number_print(mean, g->mean, 1);
    snprintf(text, sizeof text, "%s (%d)", mean, g->n);
    drawing_line(d, (struct point){scale_place(x, low), y}, (struct point){scale_place(x, high), y},
                 (struct pen){apart ? TONE_ACCENT : TONE_SOFT, apart ? 0.6 : 0.4, DASH_NONE});
    drawing_marker(d, apart ? MARKER_DISC : MARKER_RING, (struct point){scale_place(x, g->mean), y},
                   2, apart ? TONE_ACCENT : TONE_SOFT);
    draw_group_name(d, g, box.x - 3, y + 1);
    drawing_text(d, (struct point){box.x + box.w + 20, y + 1}, text,
                 (struct letters){
                     .size = LETTERS_TICK, .tone = TONE_INK, .align = ALIGN_RIGHT, .width = 18});
}

static void draw_groups(struct drawing *d, const struct analysis *a,
                        const struct analysis_group **groups, int n, struct rect box)
{
    struct scale x = group_scale(a, groups, n, box);
    struct ticks across = ticks_choose(x.low, x.high, 9);
    double all = scale_place(&x, a->mean);
    axis_draw_x(d, &x, &across, box, true);
    drawing_line(d, (struct point){all, box.y - 1}, (struct point){all, box.y + box.h},
                 (struct pen){TONE_WARN, 0.3, DASH_LONG});
    drawing_text(d, (struct point){all, box.y - 2.2}, _("mean of all"),
                 (struct letters){.size = LETTERS_TICK, .tone = TONE_WARN, .align = ALIGN_CENTRE});
    for (int i = 0; i < shown(n); i++)
        draw_group(d, a, groups[group_of_row(i, n)], &x, box, box.y + ROW * (i + 0.5));
    if (n > PLOT_GROUPS_MAX)
        drawing_line(d, (struct point){0, box.y + box.h / 2},
                     (struct point){box.x + box.w + 20, box.y + box.h / 2},
                     (struct pen){TONE_SOFT, 0.3, DASH_DOTS});
    /* xgettext:no-c-format */
    axis_title_x(d, box, _("mean score with its 95 % interval"));
    drawing_text(d, (struct point){box.x + box.w + 20, box.y - 2.2}, _("mean (n)"),
                 (struct letters){
                     .size = LETTERS_TICK, .tone = TONE_SOFT, .align = ALIGN_RIGHT, .width = 18});
}

int plot_groups(struct drawing *d, const struct analysis *a, int first, int n, struct plot_place at)
{
    const struct rect box = {58, HEAD, at.width - 80, at.height - HEAD - FOOT};
    int kept;
    const struct analysis_group **groups = sort_groups(a, first, n, &kept);
    if (!groups)
        return YJ_ENOMEM;
    drawing_begin(d, at.x, at.y, at.width, at.height, _("means of the groups"));
    if (kept == 0 || !isfinite(a->mean))
        plot_empty(d, box, _("no scores yet"));
    else {
        struct rect rows = {box.x, box.y, box.w, ROW * shown(kept)};
        draw_groups(d, a, groups, kept, rows);
    }
    drawing_end(d);
    free(groups);
    return 0;
}

/* ---- sections ---- */

double plot_sections_height(const struct analysis *a)
{
    return 4 + FOOT + (ROW + 1) * (a->n_sections > 0 ? a->n_sections : 1);
}

static void draw_section(struct drawing *d, const struct analysis_section *s, const double *mean,
                         const struct scale *x, struct rect box, double y)
{
    char text[2 * NUMBER_TEXT_MAX + 8], points[NUMBER_TEXT_MAX], max[NUMBER_TEXT_MAX];
    double share = s->max > 0 ? s->mean / s->max : NAN;
    double own = mean ? (s->max > 0 ? *mean / s->max : NAN) : share;
    number_print(points, mean ? *mean : s->mean, 1);
    number_print_short(max, s->max);
    snprintf(text, sizeof text, "%s / %s", points, max);
    drawing_text(
        d, (struct point){0, y + 1}, section_name(s->section),
        (struct letters){
            .size = LETTERS_LABEL, .tone = TONE_INK, .align = ALIGN_LEFT, .width = box.x - 3});
    drawing_text(d, (struct point){box.x + box.w + 20, y + 1}, text,
                 (struct letters){
                     .size = LETTERS_TICK, .tone = TONE_INK, .align = ALIGN_RIGHT, .width = 18});
    if (isfinite(own))
        drawing_area(d, (struct rect){box.x, y - 1.5, scale_place(x, own) - box.x, 3},
                     mean ? TONE_ACCENT : TONE_LIGHT);
    if (isfinite(share))
        drawing_line(d, (struct point){scale_place(x, share), y - 2.1},
                     (struct point){scale_place(x, share), y + 2.1},
                     (struct pen){TONE_INK, 0.5, DASH_NONE});
}

int plot_sections(struct drawing *d, const struct analysis *a, const double *means,
                  struct plot_place at)
{
    const struct rect box = {48, 4, at.width - 70, at.height - 4 - FOOT};
    struct scale x = scale_make(0, 1, box.x, box.x + box.w);
    const struct ticks across = {0, 0.2, 6, 1};
    drawing_begin(d, at.x, at.y, at.width, at.height, _("share of the points in each section"));
    axis_draw_x(d, &x, &across, box, true);
    for (int i = 0; i < a->n_sections; i++)
        draw_section(d, &a->sections[i], means ? &means[i] : NULL, &x, box,
                     box.y + (ROW + 1) * (i + 0.5));
    axis_title_x(d, box,
                 means ? _("share of the points; the black line: all candidates")
                       : _("share of the points"));
    drawing_end(d);
    return 0;
}
