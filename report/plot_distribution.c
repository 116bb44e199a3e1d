/* How many have which score. */
#include "diag.h"
#include "i18n.h"
#include "plot_axis.h"
#include "plots.h"
#include "report_text.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BINS_MOST 52
#define BINS_MAX 128 /* room for the widest range at the least step */
#define STRIP 9.0    /* mm over the bars: where the middle half lies */

struct bins {
    double low, width; /* of the first bin; of each */
    int n;
    int count[BINS_MAX];
    double offset; /* whole scores stand in the middle of their bar: 0.5, else 0 */
};

/* ---- counting ---- */

static bool scores_whole(const struct analysis *a)
{
    for (int i = 0; i < a->n_scores; i++)
        if (a->scores[i].score != floor(a->scores[i].score))
            return false;
    return true;
}

static double choose_width(double range, bool whole)
{
    static const double steps[] = {1, 2, 5};
    for (double power = whole ? 1 : 0.01;; power *= 10)
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
            if (range / (steps[i] * power) <= BINS_MOST)
                return steps[i] * power;
}

static void make_bins(struct bins *b, const struct analysis *a)
{
    double max = fmax(points_double(a->max), isfinite(a->maximum) ? a->maximum : 0);
    double low = fmin(0, isfinite(a->min) ? a->min : 0);
    bool whole = scores_whole(a);
    memset(b, 0, sizeof *b);
    if (!(max > low))
        max = low + 1;
    b->width = choose_width(max - low, whole);
    b->low = floor(low / b->width + 1e-9) * b->width;
    b->n = (int)floor((max - b->low) / b->width + 1e-9) + 1;
    b->offset = whole ? 0.5 : 0;
}

static void add_score(struct bins *b, double score, int count)
{
    int bin = (int)floor((score - b->low) / b->width + 1e-9);
    if (isfinite(score) && bin >= 0 && bin < b->n)
        b->count[bin] += count;
}

static void count_scores(struct bins *b, const struct analysis *a, const int *only, int n_only)
{
    for (int i = 0; only && i < n_only; i++)
        add_score(b, a->candidates[only[i]].score, 1);
    for (int i = 0; !only && i < a->n_scores; i++)
        add_score(b, a->scores[i].score, a->scores[i].count);
}

static int highest(const struct bins *b)
{
    int most = 0;
    for (int i = 0; i < b->n; i++)
        most = b->count[i] > most ? b->count[i] : most;
    return most;
}

/* ---- drawing ---- */

static void draw_bars(struct drawing *d, const struct bins *b, const struct scale *x,
                      const struct scale *y)
{
    for (int i = 0; i < b->n; i++) {
        double from = b->low + i * b->width - b->offset;
        double left = scale_place(x, from), right = scale_place(x, from + b->width);
        double top = scale_place(y, b->count[i]);
        if (b->count[i] > 0)
            drawing_area(d, (struct rect){left + 0.15, top, right - left - 0.3, y->from - top},
                         TONE_ACCENT);
    }
}

/* A dashed line down the bars with a word at its head, on the side where there is room. */
static void draw_mark(struct drawing *d, const struct scale *x, struct rect box, double value,
                      const char *word, int line)
{
    const struct letters letters = {.size = LETTERS_SMALL, .tone = TONE_WARN, .align = ALIGN_LEFT};
    char text[NUMBER_TEXT_MAX + 64], number[NUMBER_TEXT_MAX];
    if (!isfinite(value) || value < x->low || value > x->high)
        return;
    double at = scale_place(x, value), head = box.y + 1.2 + 3.2 * line;
    number_print_short(number, value);
    snprintf(text, sizeof text, "%s %s", word, number);
    drawing_line(d, (struct point){at, head - 1.2}, (struct point){at, box.y + box.h},
                 (struct pen){TONE_WARN, 0.25, DASH_LONG});
    double w = drawing_text_width(d, text, letters);
    bool left = at + w + 1.5 > box.x + box.w;
    drawing_area(d, (struct rect){left ? at - w - 1.2 : at + 0.4, head - 1.2, w + 0.8, 3},
                 TONE_PAPER);
    drawing_text(d, (struct point){left ? at - w - 0.8 : at + 0.8, head + 1}, text, letters);
}

/* Whiskers from the least to the greatest, a box about the middle half, a diamond at the mean. */
static void draw_strip(struct drawing *d, const struct analysis *a, const struct scale *x, double y)
{
    const struct pen pen = {TONE_INK, 0.25, DASH_NONE};
    double q1 = scale_place(x, a->q1), q3 = scale_place(x, a->q3), m = scale_place(x, a->median);
    if (!isfinite(a->q1) || !isfinite(a->q3) || !isfinite(a->median) || !isfinite(a->min) ||
        !isfinite(a->maximum))
        return;
    drawing_line(d, (struct point){scale_place(x, a->min), y},
                 (struct point){scale_place(x, a->maximum), y}, pen);
    drawing_area(d, (struct rect){q1, y - 1.4, q3 - q1, 2.8}, TONE_LIGHT);
    drawing_frame(d, (struct rect){q1, y - 1.4, q3 - q1, 2.8}, pen);
    drawing_line(d, (struct point){m, y - 1.4}, (struct point){m, y + 1.4},
                 (struct pen){TONE_INK, 0.6, DASH_NONE});
    if (isfinite(a->mean))
        drawing_marker(d, MARKER_DIAMOND, (struct point){scale_place(x, a->mean), y}, 2.2,
                       TONE_WARN);
}

/* Of all candidates, also where the bars are a class's. */
static void draw_legend(struct drawing *d, const struct analysis *a, struct rect box)
{
    char mean[NUMBER_TEXT_MAX], median[NUMBER_TEXT_MAX], q1[NUMBER_TEXT_MAX], q3[NUMBER_TEXT_MAX];
    char text[320];
    number_print(mean, a->mean, 1);
    number_print_short(median, a->median);
    number_print_short(q1, a->q1);
    number_print_short(q3, a->q3);
    snprintf(text, sizeof text,
             _("all: \xe2\x97\x86 mean %s \xc2\xb7 | median %s \xc2\xb7 box: middle half %s to %s"),
             mean, median, q1, q3);
    drawing_text(
        d, (struct point){box.x + box.w, box.y - STRIP - 1.2}, text,
        (struct letters){
            .size = LETTERS_TICK, .tone = TONE_INK, .align = ALIGN_RIGHT, .width = box.w * 0.74});
}

/* People are whole. */
static struct ticks whole_ticks(double high)
{
    struct ticks ticks = ticks_choose(0, high, 6);
    return ticks.step >= 1 ? ticks : (struct ticks){0, 1, (int)floor(high) + 1, 0};
}

int plot_distribution(struct drawing *d, const struct analysis *a, const int *only, int n_only,
                      struct plot_place at)
{
    const struct rect box = {9, 4.5 + STRIP, at.width - 11, at.height - 13 - STRIP};
    struct bins bins;
    make_bins(&bins, a);
    count_scores(&bins, a, only, n_only);
    int most = highest(&bins);
    struct scale x = scale_make(bins.low - bins.offset,
                                bins.low + bins.n * bins.width - bins.offset, box.x, box.x + box.w);
    struct scale y = scale_make(0, most * 1.14, box.y + box.h, box.y);
    struct ticks across = ticks_choose(x.low, x.high, 12), up = whole_ticks(y.high);
    drawing_begin(d, at.x, at.y, at.width, at.height, _("distribution of scores"));
    if (most == 0) {
        plot_empty(d, box, _("no scores yet"));
    } else {
        axis_draw_y(d, &y, &up, box, false, false);
        draw_bars(d, &bins, &x, &y);
        axis_draw_x(d, &x, &across, box, false);
        draw_mark(d, &x, box, a->pass_mark, _("pass"), 0);
        draw_mark(d, &x, box, a->distinction_mark, _("distinction"), 1);
        draw_strip(d, a, &x, box.y - STRIP / 2 - 0.5);
        draw_legend(d, a, box);
        drawing_text(
            d, (struct point){0, box.y - STRIP - 1.2}, _("candidates"),
            (struct letters){
                .size = LETTERS_TICK, .tone = TONE_SOFT, .align = ALIGN_LEFT, .width = 30});
        axis_title_x(d, box, _("score"));
    }
    drawing_end(d);
    return 0;
}
