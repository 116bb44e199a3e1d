/* What the response model says: how exactly the test measures whom, and who meets which items. */
#include "diag.h"
#include "i18n.h"
#include "plot_axis.h"
#include "plots.h"
#include "report_text.h"
#include <math.h>
#include <stdlib.h>

#define LOWEST -4.0 /* logits: the curve's ends */
#define HIGHEST 4.0
#define BIN 0.25 /* logits: a row of the Wright map */
#define ROWS 32  /* most of them: from LOWEST to HIGHEST */

/* ---- information ---- */

static double most_of(const struct analysis *a, bool error)
{
    double most = 0;
    for (int i = 0; i < a->n_curve; i++) {
        double v = error ? a->curve[i].error : a->curve[i].information;
        /* Where nothing is measured the error has no end: the axis does not follow it. */
        if (isfinite(v) && (!error || v <= 2))
            most = fmax(most, v);
    }
    return most > 0 ? most : 1;
}

static void draw_curve(struct drawing *d, const struct analysis *a, bool error,
                       const struct scale *x, const struct scale *y, struct pen pen,
                       struct point *points)
{
    int n = 0;
    for (int i = 0; i <= a->n_curve; i++) {
        double v = i == a->n_curve ? NAN : error ? a->curve[i].error : a->curve[i].information;
        if (isfinite(v) && v <= y->high) {
            points[n++] = (struct point){scale_place(x, a->curve[i].ability), scale_place(y, v)};
            continue;
        }
        drawing_polyline(d, points, n, pen);
        n = 0;
    }
}

static void draw_key(struct drawing *d, struct point at, const char *word, struct pen pen)
{
    drawing_line(d, (struct point){at.x, at.y - 0.8}, (struct point){at.x + 7, at.y - 0.8}, pen);
    drawing_text(
        d, (struct point){at.x + 8.5, at.y}, word,
        (struct letters){.size = LETTERS_TICK, .tone = TONE_INK, .align = ALIGN_LEFT, .width = 44});
}

int plot_information(struct drawing *d, const struct analysis *a, struct plot_place at)
{
    const struct rect box = {9, 6, at.width - 20, at.height - 15};
    const struct pen solid = {TONE_ACCENT, 0.6, DASH_NONE}, dashed = {TONE_WARN, 0.4, DASH_LONG};
    struct scale x = scale_make(LOWEST, HIGHEST, box.x, box.x + box.w);
    struct scale left = scale_make(0, most_of(a, false) * 1.08, box.y + box.h, box.y);
    struct scale right = scale_make(0, most_of(a, true) * 1.08, box.y + box.h, box.y);
    struct ticks across = ticks_choose(LOWEST, HIGHEST, 9), up = ticks_choose(0, left.high, 6),
                 down = ticks_choose(0, right.high, 6);
    struct point *points = calloc((size_t)a->n_curve + 1, sizeof(*points));
    if (!points)
        return YJ_ENOMEM;
    drawing_begin(d, at.x, at.y, at.width, at.height, _("test information and standard error"));
    if (a->n_curve == 0) {
        plot_empty(d, box, *a->why_no_model ? a->why_no_model : _("no model was asked for"));
    } else {
        axis_draw_y(d, &left, &up, box, false, false);
        axis_draw_y(d, &right, &down, box, true, false);
        axis_draw_x(d, &x, &across, box, true);
        draw_curve(d, a, true, &x, &right, dashed, points);
        draw_curve(d, a, false, &x, &left, solid, points);
        draw_key(d, (struct point){box.x, 2.6}, _("information (left)"), solid);
        draw_key(d, (struct point){box.x + box.w / 2, 2.6}, _("standard error (right)"), dashed);
        axis_title_x(d, box, _("ability (logits)"));
    }
    drawing_end(d);
    free(points);
    return 0;
}

/* ---- Wright map ---- */

/* The rows of a map: those that hold somebody or something, and no more. */
struct wright {
    double low; /* logits: the foot of row 0, a multiple of a half */
    int rows;
};

static void reach(double logits, double *low, double *high)
{
    if (isfinite(logits)) {
        *low = fmin(*low, fmax(LOWEST, logits));
        *high = fmax(*high, fmin(HIGHEST, logits));
    }
}

static struct wright choose_rows(const struct analysis *a)
{
    double low = -1, high = 1;
    for (int i = 0; i < a->n_candidates; i++)
        reach(a->candidates[i].ability, &low, &high);
    for (int i = 0; i < a->n_items; i++)
        reach(a->items[i].b, &low, &high);
    low = floor(low * 2) / 2;
    high = ceil(high * 2) / 2;
    return (struct wright){low, (int)lround((high - low) / BIN)};
}

static int row_of(const struct wright *w, double logits)
{
    int row = (int)floor((logits - w->low) / BIN);
    return row < 0 ? 0 : row >= w->rows ? w->rows - 1 : row;
}

static void draw_persons(struct drawing *d, const struct analysis *a, const struct wright *w,
                         struct rect box)
{
    int count[ROWS] = {0}, most = 1;
    for (int i = 0; i < a->n_candidates; i++)
        if (isfinite(a->candidates[i].ability))
            count[row_of(w, a->candidates[i].ability)]++;
    for (int i = 0; i < w->rows; i++)
        most = count[i] > most ? count[i] : most;
    for (int i = 0; i < w->rows; i++) {
        double wide = box.w * count[i] / most, h = box.h / w->rows;
        if (count[i] > 0)
            drawing_area(d,
                         (struct rect){box.x + box.w - wide, box.y + box.h - (i + 1) * h + 0.15,
                                       wide, h - 0.3},
                         TONE_LIGHT);
    }
}

/* The names of a row's items one after another, as many as there is room for; "+3" for the rest. */
static void draw_row(struct drawing *d, const struct analysis *a, const struct wright *map, int row,
                     double x, double width, double y, double size)
{
    const struct letters letters = {.size = size, .tone = TONE_INK, .align = ALIGN_LEFT};
    const double last = x + width - size * 2;
    int rest = 0;
    for (int i = 0; i < a->n_items; i++) {
        const struct analysis_item *item = &a->items[i];
        if (!isfinite(item->b) || row_of(map, item->b) != row)
            continue;
        double w = drawing_text_width(d, item->item, letters);
        if (rest > 0 || x + w > last) {
            rest++;
            continue;
        }
        drawing_text(d, (struct point){x, y}, item->item, letters);
        x += w + size * 0.6;
    }
    if (rest > 0) {
        char text[24];
        snprintf(text, sizeof text, "+%d", rest);
        drawing_text(d, (struct point){x, y}, text, letters);
    }
}

static void draw_wright_axis(struct drawing *d, const struct wright *w, struct rect box,
                             double middle)
{
    const double high = w->low + w->rows * BIN;
    const struct scale y = scale_make(w->low, high, box.y + box.h, box.y);
    const struct ticks up = ticks_choose(w->low, high, 9);
    axis_draw_y(d, &y, &up, box, false, false);
    drawing_line(d, (struct point){middle, box.y}, (struct point){middle, box.y + box.h},
                 (struct pen){TONE_SOFT, 0.3, DASH_NONE});
}

int plot_wright(struct drawing *d, const struct analysis *a, struct plot_place at)
{
    const struct rect box = {9, 6, at.width - 10, at.height - 8};
    const struct wright map = choose_rows(a);
    const double middle = box.x + box.w * 0.38, pitch = box.h / map.rows;
    const double size = fmin(LETTERS_TICK, pitch * 0.92);
    bool any = false;
    for (int i = 0; i < a->n_items; i++)
        any = any || isfinite(a->items[i].b);
    drawing_begin(d, at.x, at.y, at.width, at.height, _("candidates and items on one scale"));
    if (!any) {
        plot_empty(d, box, *a->why_no_model ? a->why_no_model : _("no model was asked for"));
        drawing_end(d);
        return 0;
    }
    draw_wright_axis(d, &map, box, middle);
    draw_persons(d, a, &map, (struct rect){box.x, box.y, middle - box.x - 0.4, box.h});
    for (int i = 0; i < map.rows; i++)
        draw_row(d, a, &map, i, middle + 1.5, box.x + box.w - middle - 1.5,
                 box.y + box.h - i * pitch - pitch * 0.5 + size * 0.36, size);
    drawing_text(
        d, (struct point){middle - 2, 3.2}, _("abler candidates up"),
        (struct letters){
            .size = LETTERS_TICK, .tone = TONE_SOFT, .align = ALIGN_RIGHT, .width = middle - 6});
    drawing_text(d, (struct point){middle + 2, 3.2}, _("harder items up"),
                 (struct letters){
                     .size = LETTERS_TICK, .tone = TONE_SOFT, .align = ALIGN_LEFT, .width = 60});
    drawing_end(d);
    return 0;
}
