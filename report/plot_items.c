/* Items by difficulty and discrimination, and what was chosen by whom. */
#include "diag.h"
#include "i18n.h"
#include "plot_axis.h"
#include "plot_labels.h"
#include "plots.h"
#include "report_text.h"
#include <math.h>
#include <stdlib.h>

#define POINT 1.6         /* mm across */
#define WELL 0.3          /* discrimination from which an item is called good (Ebel 1965) */
#define WEAK 0.2          /* and below which it is weak */
#define END_LABELS_MAX 16 /* options named at the ends of their lines */

/* ---- difficulty and discrimination ---- */

static bool has_place(const struct analysis_item *item)
{
    return item->counts && isfinite(item->difficulty) && isfinite(item->d27);
}

bool plot_items_any(const struct analysis *a)
{
    for (int i = 0; i < a->n_items; i++)
        if (has_place(&a->items[i]))
            return true;
    return false;
}

static double lowest(const struct analysis *a)
{
    double low = 0;
    for (int i = 0; i < a->n_items; i++)
        if (has_place(&a->items[i]))
            low = fmin(low, a->items[i].d27);
    return floor(low * 5 - 1e-9) / 5;
}

static void draw_bands(struct drawing *d, const struct scale *y, struct rect box)
{
    double well = scale_place(y, WELL), weak = scale_place(y, WEAK);
    drawing_line(d, (struct point){box.x, well}, (struct point){box.x + box.w, well},
                 (struct pen){TONE_ACCENT, 0.25, DASH_LONG});
    drawing_line(d, (struct point){box.x, weak}, (struct point){box.x + box.w, weak},
                 (struct pen){TONE_WARN, 0.25, DASH_SHORT});
}

static void draw_label(struct drawing *d, const struct plot_label *l, const char *name, bool weak)
{
    const struct rect r = l->place;
    if (!l->placed)
        return;
    if (l->far) {
        struct point end = {fmin(fmax(l->point.x, r.x), r.x + r.w),
                            fmin(fmax(l->point.y, r.y + 0.3), r.y + r.h - 0.3)};
        drawing_line(d, l->point, end, (struct pen){TONE_SOFT, 0.12, DASH_NONE});
    }
    drawing_text(d, (struct point){r.x + r.w / 2, r.y + r.h - 0.55}, name,
                 (struct letters){.size = LETTERS_SMALL,
                                  .tone = weak ? TONE_WARN : TONE_INK,
                                  .align = ALIGN_CENTRE});
}

/* Weak items first: they are the ones to be found. */
static int order_items(const struct analysis *a, int *order)
{
    int n = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < a->n_items; i++)
            if (has_place(&a->items[i]) && (a->items[i].d27 < WEAK) == (pass == 0))
                order[n++] = i;
    return n;
}

static void draw_points(struct drawing *d, const struct analysis *a, const int *order, int n,
                        struct plot_label *labels, const struct scale *x, const struct scale *y,
                        struct rect box)
{
    char text[160];
    for (int i = 0; i < n; i++) {
        const struct analysis_item *item = &a->items[order[i]];
        const struct letters letters = {
            .size = LETTERS_SMALL, .tone = TONE_INK, .align = ALIGN_CENTRE};
        labels[i].point =
            (struct point){scale_place(x, item->difficulty), scale_place(y, item->d27)};
        labels[i].w = drawing_text_width(d, item->item, letters) + 0.5;
        labels[i].h = LETTERS_SMALL;
        drawing_marker(d, item->d27 < WEAK ? MARKER_RING : MARKER_DISC, labels[i].point, POINT,
                       item->d27 < WEAK ? TONE_WARN : TONE_ACCENT);
    }
    int left_out = labels_place(labels, n, box, POINT / 2);
    for (int i = 0; i < n; i++)
        draw_label(d, &labels[i], a->items[order[i]].item, a->items[order[i]].d27 < WEAK);
    if (left_out == 0)
        return;
    snprintf(text, sizeof text, _("%d names left out for want of room: see the table"), left_out);
    drawing_text(
        d, (struct point){box.x, box.y + box.h + 7.4}, text,
        (struct letters){
            .size = LETTERS_SMALL, .tone = TONE_SOFT, .align = ALIGN_LEFT, .width = box.w * 0.6});
}

int plot_items(struct drawing *d, const struct analysis *a, struct plot_place at)
{
    const struct rect box = {9, 5, at.width - 12, at.height - 14};
    int *order = calloc((size_t)a->n_items + 1, sizeof(*order));
    struct plot_label *labels = calloc((size_t)a->n_items + 1, sizeof(*labels));
    int rc = order && labels ? 0 : YJ_ENOMEM;
    int n = rc == 0 ? order_items(a, order) : 0;
    struct scale x = scale_make(0, 1, box.x, box.x + box.w);
    struct scale y = scale_make(n > 0 ? lowest(a) : 0, 1, box.y + box.h, box.y);
    struct ticks across = ticks_choose(0, 1, 11), up = ticks_choose(y.low, 1, 10);
    drawing_begin(d, at.x, at.y, at.width, at.height, _("items by difficulty and discrimination"));
    if (n == 0) {
        plot_empty(d, box, _("no figures of items yet"));
    } else {
        axis_draw_y(d, &y, &up, box, false, false);
        axis_draw_x(d, &x, &across, box, true);
        draw_bands(d, &y, box);
        draw_points(d, a, order, n, labels, &x, &y, box);
        axis_title_y(d, box, _("discrimination (D27)"), false);
        axis_title_x(d, box, _("difficulty: share of the points earned (hard to easy)"));
    }
    drawing_end(d);
    free(order);
    free(labels);
    return rc;
}

/* ---- options by fifth ---- */

bool plot_options_any(const struct analysis_item *item)
{
    for (int i = 0; i < item->n_options; i++)
        if (item->options[i].count > 0)
            return true;
    return false;
}

struct end_label {
    int option;
    double y; /* mm */
};

static int compare_ends(const void *a, const void *b)
{
    double x = ((const struct end_label *)a)->y, y = ((const struct end_label *)b)->y;
    return (x > y) - (x < y);
}

/* Pushes names apart to `pitch`, from the top, then back from the foot. */
static void spread(struct end_label *ends, int n, double pitch, double top, double foot)
{
    qsort(ends, (size_t)n, sizeof(*ends), compare_ends);
    for (int i = 0; i < n; i++)
        ends[i].y = fmax(ends[i].y, i > 0 ? ends[i - 1].y + pitch : top);
    for (int i = n - 1; i >= 0; i--)
        ends[i].y = fmin(ends[i].y, i < n - 1 ? ends[i + 1].y - pitch : foot);
}

/* `number`: among the options of its kind, right or wrong: those of a kind look different, too. */
static void draw_option(struct drawing *d, const struct analysis_option *option, int number,
                        const struct scale *x, const struct scale *y)
{
    static const enum dash patterns[] = {DASH_LONG, DASH_SHORT, DASH_DOTS};
    static const enum dash right_patterns[] = {DASH_NONE, DASH_LONG, DASH_SHORT, DASH_DOTS};
    static const enum marker right_markers[] = {MARKER_DISC, MARKER_DIAMOND, MARKER_SQUARE,
                                                MARKER_CROSS};
    static const enum marker markers[] = {MARKER_RING, MARKER_SQUARE, MARKER_CROSS, MARKER_DIAMOND};
    const struct pen pen = option->right
                               ? (struct pen){TONE_ACCENT, 0.6, right_patterns[number % 4]}
                               : (struct pen){TONE_SOFT, 0.25, patterns[number % 3]};
    struct point points[ANALYSIS_FIFTHS];
    int n = 0;
    for (int i = 0; i < ANALYSIS_FIFTHS; i++)
        if (isfinite(option->fifth[i]))
            points[n++] = (struct point){scale_place(x, i), scale_place(y, option->fifth[i])};
    drawing_polyline(d, points, n, pen);
    for (int i = 0; i < n; i++)
        drawing_marker(d, option->right ? right_markers[number % 4] : markers[number % 4],
                       points[i], option->right ? 1.5 : 1.1, pen.tone);
}

static void draw_ends(struct drawing *d, const struct analysis_item *item, const struct scale *y,
                      struct rect box)
{
    struct end_label ends[END_LABELS_MAX] = {{0}};
    int n = 0;
    for (int i = 0; i < item->n_options && n < END_LABELS_MAX; i++)
        if (isfinite(item->options[i].fifth[ANALYSIS_FIFTHS - 1]))
            ends[n++] = (struct end_label){
                i, scale_place(y, item->options[i].fifth[ANALYSIS_FIFTHS - 1]) + 0.8};
    double pitch = fmin(LETTERS_SMALL * 1.02, box.h / (n > 1 ? n - 1 : 1));
    spread(ends, n, pitch, box.y + 0.8, box.y + box.h + 0.8);
    for (int i = 0; i < n; i++) {
        const struct analysis_option *option = &item->options[ends[i].option];
        drawing_text(d, (struct point){box.x + box.w + 1.6, ends[i].y}, option->option,
                     (struct letters){.size = fmin(LETTERS_SMALL, pitch),
                                      .tone = option->right ? TONE_ACCENT : TONE_INK,
                                      .align = ALIGN_LEFT,
                                      .bold = option->right,
                                      .width = 5.5});
    }
}

static void draw_option_title(struct drawing *d, const struct analysis_item *item, double width)
{
    char text[NUMBER_TEXT_MAX * 3 + 32], p[NUMBER_TEXT_MAX], r[NUMBER_TEXT_MAX];
    number_print(p, item->difficulty, 2);
    number_print(r, item->rpb_rest, 2);
    snprintf(text, sizeof text, "P %s  r %s", p, r);
    double w = drawing_text_width(
        d, text, (struct letters){.size = LETTERS_SMALL, .tone = TONE_SOFT, .align = ALIGN_RIGHT});
    drawing_text(d, (struct point){0, 2.8}, item->item,
                 (struct letters){.size = LETTERS_LABEL,
                                  .tone = TONE_INK,
                                  .align = ALIGN_LEFT,
                                  .bold = true,
                                  .width = width - w - 2});
    drawing_text(d, (struct point){width, 2.8}, text,
                 (struct letters){.size = LETTERS_SMALL, .tone = TONE_SOFT, .align = ALIGN_RIGHT});
}

static void draw_option_axes(struct drawing *d, const struct scale *x, const struct scale *y,
                             struct rect box)
{
    static const struct ticks halves = {0, 0.5, 3, 1};
    axis_draw_y(d, y, &halves, box, false, true);
    drawing_line(d, (struct point){box.x, box.y + box.h},
                 (struct point){box.x + box.w, box.y + box.h},
                 (struct pen){TONE_SOFT, 0.2, DASH_NONE});
    for (int i = 0; i < ANALYSIS_FIFTHS; i++) {
        char text[4] = {(char)('1' + i), 0};
        drawing_text(
            d, (struct point){scale_place(x, i), box.y + box.h + 2.8}, text,
            (struct letters){.size = LETTERS_SMALL, .tone = TONE_SOFT, .align = ALIGN_CENTRE});
    }
}

int plot_options(struct drawing *d, const struct analysis_item *item, struct plot_place at)
{
    const struct rect box = {6.5, 5.5, at.width - 14, at.height - 9.5};
    const struct scale x = scale_make(0, ANALYSIS_FIFTHS - 1, box.x + 1, box.x + box.w - 1);
    const struct scale y = scale_make(0, 1, box.y + box.h, box.y);
    drawing_begin(d, at.x, at.y, at.width, at.height, item->item);
    draw_option_title(d, item, at.width);
    draw_option_axes(d, &x, &y, box);
    for (int pass = 0; pass < 2; pass++) /* the key over the others */
        for (int i = 0, number = 0; i < item->n_options; i++)
            if (item->options[i].right == (pass == 1))
                draw_option(d, &item->options[i], number++, &x, &y);
    draw_ends(d, item, &y, box);
    drawing_end(d);
    return 0;
}
