#include "teacher.h"

#include "diag.h"
#include "points.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_POINTS 64
#define CLEAR_SHARE 0.62 /* of a stroke's length in one cell: less, a careful person asks */
#define SLIP_SHARE 0.08  /* and a slip is no nearer to one of the two */
#define OFF_STRIPS 3.0   /* mm from cells at which ticks elsewhere stay */
#define OFF_BUBBLES 2.0  /* ... and from bubbles, where they would be taken for a pupil's */
#define TICKS_MAX 8

/* How one person marks. */
struct hand {
    struct tool tools[3]; /* of red, green and blue light */
    double slant;         /* of rising strokes, radians from upright */
    double reach;         /* how far strokes go beyond the cell, of its height, on average */
    double care;          /* deviation of a stroke's middle from the cell's, of its width */
    double tremor;        /* mm */
    int habit;            /* the kind of stroke most often used */
};

enum stroke_kind { RISING, FALLING, UPRIGHT, LYING, TICK, CIRCLE, TWICE, LONG, KINDS };
static const double kind_weights[KINDS] = {46, 12, 12, 12, 8, 5, 3, 2};

struct line {
    struct point points[MAX_POINTS];
    int n;
};

bool teacher_is_asked(const struct form *form)
{
    for (int i = 0; i < form->n_fields; i++)
        if (form->fields[i].kind == FIELD_STRIP)
            return true;
    return false;
}

/* ---- the hand ---- */

/* What a pen absorbs of red, green and blue. */
static void draw_pen(struct hand *h, struct rng *rng)
{
    static const double colours[][3] = {
        {0.12, 0.80, 0.74}, /* red */
        {0.10, 0.72, 0.45}, /* pinkish red */
        {0.80, 0.70, 0.28}, /* blue */
        {0.88, 0.86, 0.84}, /* black */
    };
    static const double weights[] = {80, 12, 5, 3};
    const double *c = colours[rng_pick(rng, weights, 4)];
    static const enum tool_kind kinds[] = {TOOL_BALLPOINT, TOOL_GEL, TOOL_MARKER};
    static const double kind_shares[] = {5, 4, 1};
    int kind = rng_pick(rng, kind_shares, 3);
    static const double widths[][2] = {{0.38, 0.6}, {0.45, 0.75}, {0.75, 1.1}};
    double width = rng_range(rng, widths[kind][0], widths[kind][1]);
    double strength = rng_range(rng, kind == 0 ? 0.7 : 0.85, 1.05);
    for (int i = 0; i < 3; i++)
        h->tools[i] = (struct tool){.kind = kinds[kind],
                                    .width = width,
                                    .darkness = fmin(0.95, c[i] * strength),
                                    .softness = rng_range(rng, 0.8, 1.3),
                                    .pressure = 1};
    for (int i = 1; i < 3; i++) /* one tip: what it lays is the same */
        h->tools[i].softness = h->tools[0].softness;
}

static void draw_hand(struct hand *h, struct rng *rng)
{
    draw_pen(h, rng);
    h->slant = rng_range(rng, 0.15, 0.9);
    h->reach = rng_range(rng, 0.0, 0.35);
    h->care = rng_range(rng, 0.03, 0.11);
    h->tremor = rng_range(rng, 0.03, 0.12);
    h->habit = rng_pick(rng, kind_weights, KINDS);
}

/* ---- lines ---- */

/* From a to b, bent a little, with a tremor. */
static void add_line(struct line *l, struct point a, struct point b, const struct hand *h,
                     struct rng *rng)
{
    double dx = b.x - a.x, dy = b.y - a.y, length = hypot(dx, dy);
    double bend = 0.04 * length * rng_normal_within(rng, 2), wobble = 0;
    int steps = (int)fmax(3, fmin(24, length / 0.8));
    for (int i = 0; i <= steps && l->n < MAX_POINTS; i++) {
        double t = (double)i / steps, off = bend * 4 * t * (1 - t);
        wobble = 0.7 * wobble + h->tremor * rng_normal_within(rng, 2) * 0.6;
        off += wobble;
        l->points[l->n++] = (struct point){a.x + t * dx - off * dy / fmax(length, 0.1),
                                           a.y + t * dy + off * dx / fmax(length, 0.1)};
    }
}

static void add_ring(struct line *l, struct point c, double rx, double ry, const struct hand *h,
                     struct rng *rng)
{
    double start = rng_range(rng, 0, 2 * M_PI), turn = rng_range(rng, 0.93, 1.12) * 2 * M_PI;
    double drift = 0.08 * rng_normal_within(rng, 2);
    for (int i = 0; i <= 36 && l->n < MAX_POINTS; i++) {
        double a = start + turn * i / 36, grow = 1 + drift * i / 36;
        l->points[l->n++] =
            (struct point){c.x + grow * rx * cos(a) + 0.5 * h->tremor * rng_normal_within(rng, 2),
                           c.y + grow * ry * sin(a) + 0.5 * h->tremor * rng_normal_within(rng, 2)};
    }
}

static struct rect bounds_of(const struct line *l)
{
    double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
    for (int i = 0; i < l->n; i++) {
        x0 = fmin(x0, l->points[i].x);
        y0 = fmin(y0, l->points[i].y);
        x1 = fmax(x1, l->points[i].x);
        y1 = fmax(y1, l->points[i].y);
    }
    return (struct rect){x0 - 2, y0 - 2, x1 - x0 + 4, y1 - y0 + 4};
}

/* A pen presses unevenly: harder at first or at last, and skips now and then. */
static int draw_line(struct surface planes[3], const struct line *l, const struct hand *h,
                     struct trace *t, struct rng *rng)
{
    int r = trace_begin(t, &planes[0], bounds_of(l));
    if (r < 0)
        return r;
    double from = rng_range(rng, 0.7, 1.2), to = rng_range(rng, 0.5, 1.2);
    int skip = rng_chance(rng, 0.06) ? 1 + rng_below(rng, l->n > 3 ? l->n - 2 : 1) : -1;
    for (int i = 0; i + 1 < l->n; i++) {
        double pressure = from + (to - from) * i / l->n;
        trace_stroke(t, &h->tools[0], &l->points[i], 2, i == skip ? pressure * 0.15 : pressure);
    }
    for (int i = 0; i < 3; i++)
        trace_apply(t, &h->tools[i], &planes[i]);
    return 0;
}

/* ---- strokes through a cell ---- */

/* Where the middle of a stroke comes to lie, and how far its ends go beyond the cell. */
static double beyond(const struct hand *h, struct rng *rng)
{
    return fmin(0.8, fmax(-0.22, h->reach + 0.18 * rng_normal_within(rng, 2.5)));
}

static void plan_slash(struct line *l, struct rect b, struct point c, double lean,
                       const struct hand *h, struct rng *rng)
{
    double up = b.h * (0.5 + beyond(h, rng)), down = b.h * (0.5 + beyond(h, rng));
    /* Nobody means to strike the next cell, too: the lean is bounded by the width. */
    double most = 0.9 * b.w / fmax(up, down);
    double tangent = fmax(-most, fmin(most, tan(lean)));
    struct point from = {c.x - tangent * down, c.y + down}, to = {c.x + tangent * up, c.y - up};
    add_line(l, from, to, h, rng);
}

static void plan_stroke(struct line *l, struct rect b, enum stroke_kind kind, double off_x,
                        const struct hand *h, struct rng *rng)
{
    struct point c = rect_center(b);
    double left, right;
    l->n = 0;
    c.x += off_x;
    c.y += 0.06 * b.h * rng_normal_within(rng, 2);
    switch (kind) {
    case FALLING:
        plan_slash(l, b, c, -h->slant + 0.1 * rng_normal_within(rng, 2), h, rng);
        break;
    case UPRIGHT:
        plan_slash(l, b, c, 0.08 * rng_normal_within(rng, 2), h, rng);
        break;
    case LYING: /* through the label, from edge to edge, or somewhat beyond one of them */
        left = b.w * (0.5 + rng_range(rng, -0.16, 0.12));
        right = b.w * (0.5 + rng_range(rng, -0.16, 0.40));
        add_line(l, (struct point){c.x - left, c.y + 0.05 * b.h * rng_normal_within(rng, 2)},
                 (struct point){c.x + right, c.y + 0.05 * b.h * rng_normal_within(rng, 2)}, h, rng);
        break;
    case TICK: {
        struct point bottom = {c.x - 0.12 * b.w, c.y + b.h * rng_range(rng, 0.2, 0.45)};
        add_line(l, (struct point){bottom.x - 0.22 * b.w, bottom.y - b.h * rng_range(rng, .3, .5)},
                 bottom, h, rng);
        add_line(l, bottom,
                 (struct point){bottom.x + b.w * rng_range(rng, 0.45, 0.85),
                                bottom.y - b.h * rng_range(rng, 0.8, 1.5)},
                 h, rng);
        break;
    }
    case CIRCLE:
        add_ring(l, c, b.w * rng_range(rng, 0.34, 0.55), b.h * rng_range(rng, 0.34, 0.55), h, rng);
        break;
    case LONG: {
        double reach = b.h * rng_range(rng, 0.8, 1.8);
        double lean = 0.3 * rng_normal_within(rng, 1.5), half = b.h / 2;
        add_line(l, (struct point){c.x - lean * half, c.y + half + reach * 0.3},
                 (struct point){c.x + lean * half, c.y - half - reach}, h, rng);
        break;
    }
    default: /* RISING, TWICE */
        plan_slash(l, b, c, h->slant + 0.1 * rng_normal_within(rng, 2), h, rng);
        break;
    }
}

/* Share of the line's length, between the strip's upper and lower edges, that lies in the cell. */
static double share_in_cell(const struct line *l, const struct field *f, int cell)
{
    struct rect b = f->boxes[cell];
    double in = 0, all = 0;
    for (int i = 0; i + 1 < l->n; i++) {
        double x = (l->points[i].x + l->points[i + 1].x) / 2;
        double y = (l->points[i].y + l->points[i + 1].y) / 2;
        double length =
            hypot(l->points[i + 1].x - l->points[i].x, l->points[i + 1].y - l->points[i].y);
        if (y < b.y || y > b.y + b.h)
            continue;
        for (int k = 0; k < f->n_boxes; k++) {
            struct rect o = f->boxes[k];
            if (x >= o.x && x < o.x + o.w && y >= o.y && y < o.y + o.h) {
                all += length;
                in += k == cell ? length : 0;
            }
        }
    }
    return all > 0 ? in / all : 0;
}

/* Strikes a cell; *clear becomes false where the stroke came out between two. */
static int strike(struct surface planes[3], const struct field *f, int cell, bool slip,
                  const struct hand *h, struct trace *t, struct rng *rng, bool *clear)
{
    struct line l;
    double width = f->boxes[cell].w, off_x = 0, share = 0;
    enum stroke_kind kind = rng_chance(rng, 0.85)
                                ? (enum stroke_kind)h->habit
                                : (enum stroke_kind)rng_pick(rng, kind_weights, KINDS);
    /* Who strikes the next cell instead of this one sees it; a slip lies between the two. */
    for (int tries = 0; tries < 40; tries++) {
        off_x = width * (slip ? rng_range(rng, 0.35, 0.65) : h->care * rng_normal_within(rng, 2.6));
        plan_stroke(&l, f->boxes[cell], kind, off_x, h, rng);
        share = share_in_cell(&l, f, cell);
        if (slip ? fabs(share - 0.5) < SLIP_SHARE : share > 0.5)
            break;
    }
    *clear &= !slip && share >= CLEAR_SHARE;
    int r = draw_line(planes, &l, h, t, rng);
    if (r == 0 && kind == TWICE) {
        plan_stroke(&l, f->boxes[cell], kind, off_x + rng_range(rng, -0.6, 0.6), h, rng);
        r = draw_line(planes, &l, h, t, rng);
    }
    return r;
}

/* ---- one strip ---- */

static bool is_part(const char *label)
{
    struct points p;
    return points_parse(label, &p) == 0 && p.num > 0 &&
           points_compare(p, (struct points){1, 1}) < 0;
}

static struct points label_points(const struct field *f, int cell)
{
    struct points p = POINTS_ZERO;
    if (points_parse(f->options[cell], &p) < 0)
        p = POINTS_ZERO;
    return p;
}

/* A cell of whole points, and now and then one of a part beside it; -1: none. */
static void choose_cells(const struct field *f, struct rng *rng, int *ret_whole, int *ret_part)
{
    int wholes[64], parts[64], n_wholes = 0, n_parts = 0;
    for (int i = 0; i < f->n_boxes; i++) {
        if (is_part(f->options[i]))
            parts[n_parts++] = i;
        else
            wholes[n_wholes++] = i;
    }
    *ret_whole = n_wholes ? wholes[rng_below(rng, n_wholes)] : -1;
    *ret_part = n_parts && rng_chance(rng, 0.25) ? parts[rng_below(rng, n_parts)] : -1;
    struct points maximum = POINTS_ZERO;
    if (*ret_part < 0 || *ret_whole < 0 || points_parse(f->maximum, &maximum) < 0)
        return;
    struct points sum = points_add(label_points(f, *ret_whole), label_points(f, *ret_part));
    if (points_compare(sum, maximum) > 0)
        *ret_part = -1;
}

static int mark_strip(struct surface planes[3], const struct field *f, const struct hand *h,
                      struct given_points *given, struct trace *t, struct rng *rng)
{
    int whole, part, r = 0;
    struct points sum = POINTS_ZERO;
    *given = (struct given_points){.clear = true};
    choose_cells(f, rng, &whole, &part);
    double chance = rng_uniform(rng);
    if (chance < 0.003) { /* forgotten */
        given->clear = false;
        return 0;
    }
    const int cells[] = {whole, part};
    for (int i = 0; i < 2 && r == 0; i++) {
        if (cells[i] < 0)
            continue;
        bool slip = chance < 0.006 && i == 0; /* between two cells */
        r = strike(planes, f, cells[i], slip, h, t, rng, &given->clear);
        sum = points_add(sum, label_points(f, cells[i]));
    }
    if (r == 0 && chance > 0.996 && whole >= 0) { /* a correction: other whole points */
        int other = (whole + 1 + rng_below(rng, f->n_boxes - 1)) % f->n_boxes;
        other = is_part(f->options[other]) ? (whole ? 0 : 1) : other;
        given->clear = false;
        r = strike(planes, f, other, false, h, t, rng, &given->clear);
    }
    char text[POINTS_TEXT_MAX];
    points_print(sum, text);
    snprintf(given->value, sizeof given->value, "%.31s", text);
    return r;
}

/* ---- ticks, crosses and underlines elsewhere ---- */

static bool is_near(struct rect box, struct rect line, double by)
{
    return line.x < box.x + box.w + by && line.x + line.w > box.x - by &&
           line.y < box.y + box.h + by && line.y + line.h > box.y - by;
}

static bool is_in_the_way(const struct form *form, int page, const struct line *l, bool everywhere)
{
    struct rect b = bounds_of(l); /* 2 mm around the line already */
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *f = &form->fields[i];
        bool strip = f->kind == FIELD_STRIP;
        if (f->page == page && (strip || (!everywhere && f->n_bubbles > 0)) &&
            is_near(f->area, b, strip ? OFF_STRIPS - 2 : OFF_BUBBLES - 2))
            return true;
    }
    return b.x < 0 || b.y < 0 || b.x + b.w > form->width || b.y + b.h > form->height;
}

static void plan_remark(struct line *l, struct point at, const struct hand *h, struct rng *rng)
{
    double s = rng_range(rng, 4, 12);
    l->n = 0;
    switch (rng_below(rng, 4)) {
    case 0: /* a tick */
    case 1:
        add_line(l, at, (struct point){at.x + 0.35 * s, at.y + 0.5 * s}, h, rng);
        add_line(l, (struct point){at.x + 0.35 * s, at.y + 0.5 * s},
                 (struct point){at.x + 1.3 * s, at.y - 0.9 * s}, h, rng);
        break;
    case 2: /* an underline */
        add_line(l, at, (struct point){at.x + 3 * s, at.y + 0.2 * rng_normal_within(rng, 2)}, h,
                 rng);
        break;
    default: /* a loop */
        add_ring(l, at, s * 0.5, s * 0.4, h, rng);
        break;
    }
}

static int add_remarks(struct surface planes[3], const struct form *form, int page, bool everywhere,
                       const struct hand *h, struct trace *t, struct rng *rng)
{
    int n = rng_below(rng, TICKS_MAX + 1), r = 0;
    for (int i = 0; i < n && r == 0; i++) {
        struct line l;
        struct point at = {rng_range(rng, 12, form->width - 12),
                           rng_range(rng, 12, form->height - 12)};
        plan_remark(&l, at, h, rng);
        if (!is_in_the_way(form, page, &l, everywhere))
            r = draw_line(planes, &l, h, t, rng);
    }
    return r;
}

int teacher_mark_page(struct surface planes[3], const struct form *form, int page, bool everywhere,
                      struct given_points *given, struct trace *scratch, struct rng *rng)
{
    struct hand hand;
    draw_hand(&hand, rng);
    int r = 0;
    for (int i = 0; i < form->n_fields && r == 0; i++)
        if (form->fields[i].kind == FIELD_STRIP && form->fields[i].page == page)
            r = mark_strip(planes, &form->fields[i], &hand, &given[i], scratch, rng);
    return r < 0 ? r : add_remarks(planes, form, page, everywhere, &hand, scratch, rng);
}
