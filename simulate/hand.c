#include "hand.h"

#include <math.h>

#define MAX_POINTS 512 /* of one stroke; more only repeats itself */
#define REACH 3.2      /* mm around a bubble that a mark may need */

/* A stroke in the making. */
struct path {
    struct point points[MAX_POINTS];
    int n;
};

static void path_add(struct path *p, double x, double y)
{
    if (p->n < MAX_POINTS)
        p->points[p->n++] = (struct point){x, y};
}

static void path_draw(struct trace *t, const struct hand *h, const struct path *p, double pressure,
                      struct rng *rng)
{
    double p1 = pressure * (1 + h->steady * rng_normal_within(rng, 2));
    trace_stroke(t, &h->tool, p->points, p->n, fmax(p1, 0.1));
}

/* A line that is not quite straight, in three pieces. */
static void path_line(struct path *p, struct point a, struct point b, double wobble,
                      struct rng *rng)
{
    double length = hypot(b.x - a.x, b.y - a.y) + 1e-9;
    double nx = -(b.y - a.y) / length, ny = (b.x - a.x) / length;
    path_add(p, a.x, a.y);
    double bend = wobble * rng_normal_within(rng, 2.5);
    for (int i = 1; i <= 3; i++) {
        double u = i / 4.0, off = bend * 4 * u * (1 - u) + 0.3 * wobble * rng_normal(rng);
        path_add(p, a.x + (b.x - a.x) * u + nx * off, a.y + (b.y - a.y) * u + ny * off);
    }
    path_add(p, b.x, b.y);
}

static bool is_round(enum bubble_shape shape)
{
    return shape == BUBBLE_CIRCLE || shape == BUBBLE_OVAL;
}

/* Where the line at distance s from the centre, in direction (dx, dy), is within the shape of half
 * sides a and b; false: nowhere. */
static bool clip_chord(bool round, double a, double b, double dx, double dy, double s,
                       double *ret_from, double *ret_to)
{
    double px = -dy * s, py = dx * s;
    if (round) {
        double qa = dx * dx / (a * a) + dy * dy / (b * b);
        double qb = px * dx / (a * a) + py * dy / (b * b);
        double root = qb * qb - qa * (px * px / (a * a) + py * py / (b * b) - 1);
        if (root <= 0)
            return false;
        *ret_from = (-qb - sqrt(root)) / qa;
        *ret_to = (-qb + sqrt(root)) / qa;
        return true;
    }
    double from = -1e9, to = 1e9;
    const double d[] = {dx, dy}, p[] = {px, py}, half[] = {a, b};
    for (int i = 0; i < 2; i++) {
        if (fabs(d[i]) < 1e-9) {
            if (fabs(p[i]) > half[i])
                return false;
            continue;
        }
        double u = (-half[i] - p[i]) / d[i], v = (half[i] - p[i]) / d[i];
        from = fmax(from, fmin(u, v));
        to = fmin(to, fmax(u, v));
    }
    *ret_from = from;
    *ret_to = to;
    return to > from;
}

/* What is to be covered: half sides within which the middle of the strokes moves. */
struct patch {
    struct point at;
    double a, b;
    bool round;
};

static struct patch patch_of(const struct hand *h, const struct target *target, struct rng *rng)
{
    struct point c = rect_center(target->box);
    double inset = 0.4 * h->tool.width - fmin(h->spill, 0.4 * fmin(target->room_x, target->room_y));
    struct patch p = {
        {c.x + h->miss * rng_normal_within(rng, 2.2), c.y + h->miss * rng_normal_within(rng, 2.2)},
        fmax(0.12, target->box.w / 2 * h->cover - inset),
        fmax(0.12, target->box.h / 2 * h->cover - inset),
        is_round(target->shape)};
    return p;
}

static void hatch(struct trace *t, const struct hand *h, const struct patch *patch, double angle,
                  struct rng *rng)
{
    double dx = cos(angle), dy = sin(angle);
    double reach = patch->round ? hypot(patch->a * dy, patch->b * dx)
                                : fabs(patch->a * dy) + fabs(patch->b * dx);
    double step = fmax(h->tool.width * h->gap, 0.08);
    struct path path = {.n = 0};
    bool back = rng_chance(rng, 0.5);
    struct point last = {0};
    for (double s = -reach + step * rng_range(rng, 0.1, 0.5); s < reach; back = !back) {
        double from, to;
        if (clip_chord(patch->round, patch->a, patch->b, dx, dy, s, &from, &to)) {
            from -= h->jitter * rng_normal_within(rng, 2.5);
            to += h->jitter * rng_normal_within(rng, 2.5);
            double begin = back ? to : from, end = back ? from : to;
            struct point p = {patch->at.x - dy * s + dx * begin, patch->at.y + dx * s + dy * begin};
            /* The pen comes back between two rows rather than where the last one ended. */
            double drift = step * rng_range(rng, 0.2, 0.8);
            struct point q = {patch->at.x - dy * (s + drift) + dx * end,
                              patch->at.y + dx * (s + drift) + dy * end};
            if (path.n == 0)
                last = p;
            path_line(&path, path.n ? last : p, q, 0.06, rng);
            last = q;
            if (path.n > MAX_POINTS - 8 || rng_chance(rng, 0.12)) {
                path_draw(t, h, &path, 1, rng);
                path.n = 0;
            }
        }
        s += step * rng_range(rng, 0.75, 1.25);
    }
    if (path.n > 0)
        path_draw(t, h, &path, 1, rng);
}

/* Along an ellipse or, for a box, a rounded box: |x|^n + |y|^n = 1. */
static struct point on_rim(const struct patch *p, double angle, double share)
{
    double power = p->round ? 1 : 0.45, c = cos(angle), s = sin(angle);
    return (struct point){p->at.x + p->a * share * copysign(pow(fabs(c), power), c),
                          p->at.y + p->b * share * copysign(pow(fabs(s), power), s)};
}

static void rounds(struct trace *t, const struct hand *h, const struct patch *p, double from,
                   double to, double step, struct rng *rng)
{
    struct path path = {.n = 0};
    double turn = rng_chance(rng, 0.8) ? -1 : 1, angle = rng_range(rng, 0, 2 * M_PI);
    double mean = sqrt(p->a * p->b) + 1e-9, r = from, swing = h->jitter / mean;
    while (r > to && path.n < MAX_POINTS - 1) {
        double share = fmax(0.05, r + swing * 0.6 * rng_normal_within(rng, 2));
        struct point q = on_rim(p, angle, share);
        path_add(&path, q.x, q.y);
        angle += turn * 0.45;
        r -= step / mean * 0.45 / (2 * M_PI);
    }
    path_draw(t, h, &path, 1, rng);
}

static bool is_wide(const struct target *target)
{
    return target->box.w > 1.35 * target->box.h;
}

void hand_fill(struct trace *t, const struct hand *h, const struct target *target, struct rng *rng)
{
    struct patch patch = patch_of(h, target, rng);
    double angle = h->angle + 0.12 * rng_normal_within(rng, 2);
    double step = fmax(h->tool.width * h->gap, 0.08);
    switch (h->style) {
    case FILL_ROWS:
        angle = (is_wide(target) || patch.a >= patch.b ? 0 : M_PI / 2) +
                0.05 * rng_normal_within(rng, 2);
        break;
    case FILL_SPIRAL:
        rounds(t, h, &patch, 1, 0.05, step, rng);
        break;
    case FILL_OUTLINE:
        rounds(t, h, &patch, 1, 0.93, 0.07 * sqrt(patch.a * patch.b), rng);
        break;
    case FILL_HATCH:
        break;
    }
    if (h->style != FILL_SPIRAL)
        hatch(t, h, &patch, angle, rng);
    if (rng_chance(rng, h->again))
        hatch(t, h, &patch, angle + 0.4 * rng_normal_within(rng, 2), rng);
}

/* A size that fits the bubble, but no smaller than people write. */
static double writing_size(const struct target *target)
{
    return fmax(1.6, fmin(fmin(target->box.w, target->box.h) * 1.1, 4));
}

void hand_tick(struct trace *t, const struct hand *h, const struct target *target, struct rng *rng)
{
    struct point c = rect_center(target->box);
    double size = writing_size(target), m = 0.4 * h->miss + 0.05;
    struct point corner = {c.x - size * rng_range(rng, 0, 0.2) + m * rng_normal_within(rng, 2),
                           c.y + size * rng_range(rng, 0.2, 0.45) + m * rng_normal_within(rng, 2)};
    struct point start = {corner.x - size * rng_range(rng, 0.25, 0.5),
                          corner.y - size * rng_range(rng, 0.25, 0.5)};
    double rise = size * rng_range(rng, 0.7, 1.25);
    struct point end = {corner.x + rise * rng_range(rng, 0.5, 0.9), corner.y - rise};
    struct path path = {.n = 0};
    path_line(&path, start, corner, 0.04, rng);
    path_line(&path, corner, end, 0.08, rng);
    path_draw(t, h, &path, 1.15, rng);
}

static void draw_line(struct trace *t, const struct hand *h, struct point a, struct point b,
                      double pressure, struct rng *rng)
{
    struct path path = {.n = 0};
    path_line(&path, a, b, 0.08, rng);
    path_draw(t, h, &path, pressure, rng);
}

void hand_cross(struct trace *t, const struct hand *h, const struct target *target, struct rng *rng)
{
    struct point c = rect_center(target->box);
    double a = fmin(target->box.w / 2, 2.2) * rng_range(rng, 0.7, 1.2);
    double b = target->box.h / 2 * rng_range(rng, 0.75, 1.25), m = 0.5 * h->miss + 0.06;
    a = fmin(a, 1.6 * b);
    for (int k = -1; k <= 1; k += 2) {
        struct point from = {c.x - a + m * rng_normal_within(rng, 2),
                             c.y - k * b + m * rng_normal_within(rng, 2)};
        struct point to = {c.x + a + m * rng_normal_within(rng, 2),
                           c.y + k * b + m * rng_normal_within(rng, 2)};
        draw_line(t, h, from, to, 1.15, rng);
    }
}

void hand_circle(struct trace *t, const struct hand *h, const struct target *target,
                 struct rng *rng)
{
    struct point c = rect_center(target->box);
    double a = target->box.w / 2 + fmin(rng_range(rng, 0.2, 1.1), 0.7 * target->room_x);
    double b = target->box.h / 2 + fmin(rng_range(rng, 0.2, 1.0), 0.7 * target->room_y);
    double start = rng_range(rng, -2.2, -0.9), turns = rng_range(rng, 0.92, 1.15);
    double egg = rng_range(rng, -0.12, 0.12), tilt = rng_range(rng, -0.15, 0.15);
    struct path path = {.n = 0};
    c.x += 0.5 * h->miss * rng_normal_within(rng, 2);
    c.y += 0.5 * h->miss * rng_normal_within(rng, 2);
    for (int i = 0; i <= 28; i++) {
        double angle = start - 2 * M_PI * turns * i / 28, swell = 1 + egg * cos(angle * 2 + 1);
        double x = a * swell * cos(angle), y = b * swell * sin(angle);
        path_add(&path, c.x + x - tilt * y, c.y + y + tilt * x);
    }
    path_draw(t, h, &path, 1.1, rng);
}

void hand_dot(struct trace *t, const struct hand *h, const struct target *target, double size,
              struct rng *rng)
{
    struct point c = rect_center(target->box);
    struct patch patch = {{c.x + (0.12 * target->box.w) * rng_normal_within(rng, 1.5),
                           c.y + (0.12 * target->box.h) * rng_normal_within(rng, 1.5)},
                          fmax(0.05, (size - h->tool.width) / 2),
                          fmax(0.05, (size - h->tool.width) / 2),
                          true};
    struct hand close = *h;
    close.gap = 0.5;
    close.jitter = 0.05;
    rounds(t, &close, &patch, 1, 0.1, h->tool.width * 0.5, rng);
}

void hand_stroke(struct trace *t, const struct hand *h, const struct target *target,
                 struct rng *rng)
{
    struct point c = rect_center(target->box);
    double length = fmax(target->box.w * rng_range(rng, 0.7, 1.3), 1.8) / 2;
    bool level = rng_chance(rng, is_wide(target) ? 0.75 : 0.4);
    double angle = level ? 0.12 * rng_normal_within(rng, 2) : rng_range(rng, -1.1, -0.5);
    double m = 0.4 * h->miss + 0.05;
    if (!level)
        length = fmin(length, 0.8 * hypot(target->box.w, target->box.h) / 2 + 0.6);
    c.x += m * rng_normal_within(rng, 2);
    c.y += m * rng_normal_within(rng, 2);
    struct point from = {c.x - length * cos(angle), c.y - length * sin(angle)};
    struct point to = {c.x + length * cos(angle), c.y + length * sin(angle)};
    draw_line(t, h, from, to, 1.15, rng);
    if (rng_chance(rng, 0.35)) /* there and back */
        draw_line(t, h, to, from, 1.0, rng);
}

static void strike_cross(struct trace *t, const struct hand *h, const struct target *target,
                         struct rng *rng)
{
    struct point c = rect_center(target->box);
    double a = target->box.w / 2 + fmin(rng_range(rng, 0.8, 1.6), target->room_x + 0.5);
    double b = target->box.h / 2 + fmin(rng_range(rng, 0.7, 1.4), target->room_y + 0.3);
    for (int k = -1; k <= 1; k += 2)
        draw_line(t, h, (struct point){c.x - a, c.y - k * b + 0.2 * rng_normal_within(rng, 2)},
                  (struct point){c.x + a, c.y + k * b + 0.2 * rng_normal_within(rng, 2)}, 1.3, rng);
}

static void strike_lines(struct trace *t, const struct hand *h, const struct target *target,
                         struct rng *rng)
{
    struct point c = rect_center(target->box);
    double a = target->box.w / 2 + fmin(rng_range(rng, 1.0, 2.0), target->room_x + 0.5);
    for (int i = 0, n = 1 + rng_below(rng, 3); i < n; i++) {
        double tilt = rng_range(rng, -0.5, 0.5), y = c.y + 0.25 * rng_normal_within(rng, 2);
        draw_line(t, h, (struct point){c.x - a, y + tilt}, (struct point){c.x + a, y - tilt}, 1.3,
                  rng);
    }
}

void hand_strike_out(struct trace *t, const struct hand *h, const struct target *target,
                     struct rng *rng)
{
    /* A line through rows that stand out themselves would say nothing. */
    bool untidy = h->jitter > 0.15 || h->cover > 1.1 || h->style == FILL_ROWS;
    struct hand firm = *h;
    firm.tool.pressure = fmax(h->tool.pressure, 0.95);
    if (untidy || rng_chance(rng, 0.5))
        strike_cross(t, &firm, target, rng);
    else
        strike_lines(t, &firm, target, rng);
}

void hand_slip(struct trace *t, const struct hand *h, struct point from, double angle,
               double length, struct rng *rng)
{
    struct point to = {from.x + length * cos(angle), from.y + length * sin(angle)};
    draw_line(t, h, from, to, rng_range(rng, 0.3, 0.8), rng);
}

struct rect hand_reach(const struct target *target)
{
    const struct rect *b = &target->box;
    return (struct rect){b->x - REACH, b->y - REACH, b->w + 2 * REACH, b->h + 2 * REACH};
}
