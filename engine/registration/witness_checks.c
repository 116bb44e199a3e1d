/* What the witness says of a finished fit: could it be a row off, and how sharp is the print? */
#include "witness.h"

#include "cast_outline.h"

#include <math.h>
#include <stdlib.h>

static int found_when_moved(const struct outline_set *set, const struct image *img,
                            const struct page_map *map, struct point by, int contrast)
{
    int found = 0;
    for (int i = 0; i < set->n_outlines; i++) {
        struct homography local = page_map_local(map, set->outlines[i].center);
        struct homography move = {{1, 0, by.x, 0, 1, by.y, 0, 0, 1}};
        homography_compose(&local, &move, &local);
        struct cast_outline c;
        cast_outline(&set->outlines[i], img, &local, map->bubble_scale, &c);
        found += cast_found(&c, img, 0, 0, contrast);
    }
    return found;
}

/* The commonest distance (in steps of 0.1 mm) from an outline to the next one beside (or below) it;
 * 0 where there is none. */
static double common_pitch(const struct outline_set *set, bool vertical)
{
    enum { BINS = 300 };
    int histogram[BINS] = {0}, best = 0;
    for (int i = 0; i < set->n_outlines; i++) {
        double least = BINS;
        for (int k = 0; k < set->n_outlines; k++) {
            double dx = set->outlines[k].center.x - set->outlines[i].center.x;
            double dy = set->outlines[k].center.y - set->outlines[i].center.y;
            double along = vertical ? dy : dx, across = fabs(vertical ? dx : dy);
            if (across < 0.8 && along > 1 && along < least)
                least = along;
        }
        int bin = (int)lround(least * 10);
        if (bin < BINS && ++histogram[bin] > histogram[best])
            best = bin;
    }
    return histogram[best] > 0 ? best / 10.0 : 0;
}

/* How many outlines lose their print when the whole form moves: those that land on no other
 * outline. */
static int outlines_lost(const struct outline_set *set, struct point by)
{
    int lost = 0;
    for (int i = 0; i < set->n_outlines; i++) {
        bool lands = false;
        for (int k = 0; k < set->n_outlines && !lands; k++)
            lands = fabs(set->outlines[k].center.x - set->outlines[i].center.x - by.x) < 0.8 &&
                    fabs(set->outlines[k].center.y - set->outlines[i].center.y - by.y) < 0.8;
        lost += !lands;
    }
    return lost;
}

double witness_certainty(const struct outline_set *set, const struct image *img,
                         const struct witness_fit *fit, struct point *ret_better)
{
    double dx = common_pitch(set, false), dy = common_pitch(set, true), least = 1;
    struct point moves[4] = {{dx, 0}, {-dx, 0}, {0, dy}, {0, -dy}};
    for (int i = 0; i < 4; i++) {
        if (moves[i].x == 0 && moves[i].y == 0)
            continue;
        int moved = found_when_moved(set, img, &fit->map, moves[i], fit->contrast);
        double lost = outlines_lost(set, moves[i]) * fit->share;
        double certainty = lost > 0 ? (fit->found - moved) / lost : 0;
        if (certainty < least) {
            least = certainty;
            *ret_better = moves[i];
        }
    }
    return least;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Walks from outside to the outline in steps of half a pixel: the steepest step and the whole drop
 * give the rise. Negative: no edge here. */
static double edge_rise(const struct image *img, const struct homography *h,
                        const struct outline *o, int k, double scale)
{
    int steps = (int)ceil(o->gap * scale * 2), last = -1, drop = 0, steepest = 0;
    for (int i = 0; i <= steps; i++) {
        double t = o->gap * (1 - (double)i / steps);
        struct point mm = {o->center.x + o->on[k].x + t * o->normal[k].x,
                           o->center.y + o->on[k].y + t * o->normal[k].y};
        struct point p = homography_apply(h, mm);
        if (!(p.x >= 0) || !(p.y >= 0) || !(p.x < img->width - 1) || !(p.y < img->height - 1))
            return -1;
        int v = image_row(img, (int)lround(p.y))[lround(p.x)];
        if (last >= 0) {
            drop += last - v;
            steepest = last - v > steepest ? last - v : steepest;
        }
        last = v;
    }
    if (drop < 40 || steepest <= 0)
        return -1;
    return 0.8 * drop / steepest * o->gap / steps;
}

double witness_sharpness(const struct outline_set *set, const struct image *img,
                         const struct page_map *map)
{
    enum { SAMPLES = 256 };
    double rises[SAMPLES];
    size_t n = 0;
    int step = set->n_outlines / 32 + 1;
    for (int i = 0; i < set->n_outlines; i += step) {
        struct homography h = page_map_local(map, set->outlines[i].center);
        double scale = homography_scale(&h, set->outlines[i].center);
        for (int k = 0; k < POINTS && n < SAMPLES; k += 3) {
            double rise = edge_rise(img, &h, &set->outlines[i], k, scale);
            if (rise > 0)
                rises[n++] = rise;
        }
    }
    if (n < 8)
        return 0;
    qsort(rises, n, sizeof(*rises), by_value);
    return rises[n / 2];
}
