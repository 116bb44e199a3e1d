#include "patch_fit.h"

#include <math.h>

#define REACH 45.0    /* mm: patches farther off hardly count */
#define STRAY 0.35    /* mm: one that is so far off the others' slope counts half */
#define ROUNDS 3      /* of weighing them by it */
#define SLOPE_COST 60 /* mm^2 a patch: few of them, or all on a line, make no slope */

double patches_residual(const struct patch_fit *fits, int n)
{
    double sum = 0, weights = 0;
    for (int i = 0; i < n; i++) {
        const struct point s = fits[i].shift;
        if (fits[i].weight <= 0)
            continue;
        sum += fits[i].weight * (s.x * s.x + s.y * s.y);
        weights += fits[i].weight;
    }
    return weights > 0 ? sqrt(sum / weights) : 0;
}

/* Shifts around a place as a plane: at the place itself, and by how much a mm they grow. */
struct slope {
    struct point here, by_x, by_y;
};

static struct point along(const struct slope *s, double dx, double dy)
{
    return (struct point){s->here.x + s->by_x.x * dx + s->by_y.x * dy,
                          s->here.y + s->by_x.y * dx + s->by_y.y * dy};
}

static double weight_of(const struct patch_fit *f, const struct slope *s, struct point at)
{
    double dx = f->at.x - at.x, dy = f->at.y - at.y;
    double near = exp(-(dx * dx + dy * dy) / (REACH * REACH));
    struct point p = along(s, dx, dy);
    double off = hypot(f->shift.x - p.x, f->shift.y - p.y) / STRAY;
    return f->weight * near / (1 + off * off);
}

/* One round of least squares, the slope held small where little speaks for it. */
static struct slope fit_slope(const struct patch_fit *fits, int n, struct point at,
                              const struct slope *last)
{
    double w = 0, mx = 0, my = 0, sx = 0, sy = 0;
    for (int i = 0; i < n; i++) {
        double k = weight_of(&fits[i], last, at);
        w += k;
        mx += k * (fits[i].at.x - at.x);
        my += k * (fits[i].at.y - at.y);
        sx += k * fits[i].shift.x;
        sy += k * fits[i].shift.y;
    }
    if (w <= 0)
        return *last;
    mx /= w, my /= w, sx /= w, sy /= w;
    double xx = SLOPE_COST * w, yy = xx, xy = 0;
    struct point bx = {0, 0}, by = {0, 0};
    for (int i = 0; i < n; i++) {
        double k = weight_of(&fits[i], last, at);
        double dx = fits[i].at.x - at.x - mx, dy = fits[i].at.y - at.y - my;
        struct point d = {fits[i].shift.x - sx, fits[i].shift.y - sy};
        xx += k * dx * dx, yy += k * dy * dy, xy += k * dx * dy;
        bx.x += k * dx * d.x, bx.y += k * dx * d.y;
        by.x += k * dy * d.x, by.y += k * dy * d.y;
    }
    double det = xx * yy - xy * xy;
    struct slope s = {.by_x = {(yy * bx.x - xy * by.x) / det, (yy * bx.y - xy * by.y) / det},
                      .by_y = {(xx * by.x - xy * bx.x) / det, (xx * by.y - xy * bx.y) / det}};
    s.here = (struct point){sx - s.by_x.x * mx - s.by_y.x * my, sy - s.by_x.y * mx - s.by_y.y * my};
    return s;
}

struct point patches_predict(const struct patch_fit *fits, int n, struct point at)
{
    struct slope s = {{0, 0}, {0, 0}, {0, 0}};
    for (int round = 0; round < ROUNDS; round++)
        s = fit_slope(fits, n, at, &s);
    return s.here;
}

struct point anchors_predict(const struct page_map *map, struct point at)
{
    struct patch_fit fits[PAGE_MAP_MAX_ANCHORS];
    for (int i = 0; i < map->n_anchors; i++)
        fits[i] = (struct patch_fit){map->anchors[i].at, map->anchors[i].shift, 1, 0};
    return patches_predict(fits, map->n_anchors, at);
}
