/* What the witness says of a finished fit: could it be a row off, and how sharp is the print? */
#include "witness.h"

#include "cast_outline.h"
#include "diag.h"

#include <math.h>
#include <stdlib.h>

#define ALONE_ROWS 2         /* rows and columns that a page may be off */
#define ALONE_MIN 3          /* outlines found here and not there ... */
#define ALONE_SHARE 0.4      /* ... and of those that only belong here ... */
#define ALONE_MANY 8         /* ... where they are so many; where they are fewer ... */
#define ALONE_FEW_SHARE 0.75 /* ... nearly all of them */
#define BEYOND_SPAN 40.0     /* mm of a row's end that are looked beyond */
#define BEYOND_MIN 3         /* outlines of it */
#define BEYOND_SHARE 0.7
#define FOREIGN_OFF 4.0  /* mm from every outline of the page: another's */
#define BEYOND_MOST 0.5  /* of all line ends: a row was seen twice, and nothing need be missing */
#define BEYOND_MISSING 2 /* outlines missing in these lines */

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

/* Of `lost` outlines that belong to no print at the other place, that one finds so many more than
 * it should: is ours the right one? */
static bool is_clear(int found, int other, double lost)
{
    int more = found - other;
    return more >= ALONE_MIN && more >= ALONE_SHARE * lost &&
           (more >= ALONE_MANY || more >= ALONE_FEW_SHARE * lost);
}

static bool is_outline_near(const struct outline_set *set, struct point at, double within)
{
    for (int k = 0; k < set->n_outlines; k++)
        if (fabs(set->outlines[k].center.x - at.x) < within &&
            fabs(set->outlines[k].center.y - at.y) < within)
            return true;
    return false;
}

/* Whether print like an outline's stands where the form has none, a step beyond it. */
static bool is_print_beyond(const struct outline_set *set, const struct image *img,
                            const struct witness_fit *fit, const struct outline *o, struct point by)
{
    struct homography local = page_map_local(&fit->map, o->center);
    struct homography move = {{1, 0, by.x, 0, 1, by.y, 0, 0, 1}};
    struct cast_outline c;
    homography_compose(&local, &move, &local);
    cast_outline(o, img, &local, fit->map.bubble_scale, &c);
    return cast_found(&c, img, 0, 0, fit->contrast);
}

/* What is looked at for every outline: whether it is the last of its line in some direction, and
 * whether print like it follows there. */
struct ends {
    bool *missing;  /* not found where the fit has it */
    bool *last;     /* none of the form's follows */
    bool *followed; /* print follows all the same */
};

/* Outlines beside o (`rows`: in its row), to the right or below within BEYOND_SPAN, that are the
 * last of their lines; how many of them are followed by print. */
static int followed_beside(const struct outline_set *set, const struct ends *e, int o, bool rows,
                           double *ret_length, int *ret_seen)
{
    struct point c = set->outlines[o].center;
    int found = 0;
    *ret_seen = 0;
    *ret_length = 0;
    for (int k = 0; k < set->n_outlines; k++) {
        struct point q = set->outlines[k].center;
        double beside = rows ? q.x - c.x : q.y - c.y, off = rows ? q.y - c.y : q.x - c.x;
        if (!e->last[k] || fabs(off) > 0.8 || beside < 0 || beside > BEYOND_SPAN)
            continue;
        ++*ret_seen;
        *ret_length = fmax(*ret_length, beside);
        found += e->followed[k];
    }
    return found;
}

/* Outlines missing in the lines that end beside o. */
static int missing_in_lines(const struct outline_set *set, const struct ends *e, int o, bool rows,
                            double length)
{
    struct point c = set->outlines[o].center;
    int n = 0;
    for (int k = 0; k < set->n_outlines; k++) {
        struct point q = set->outlines[k].center;
        double beside = rows ? q.x - c.x : q.y - c.y;
        n += e->missing[k] && beside > -0.8 && beside < length + 0.8;
    }
    return n;
}

/* Lines of print that go on by a whole step beyond their end in the form, most of them, or some in
 * which something is missing: there the paper slipped by one, and each answer stands where its
 * neighbour's should. */
static bool goes_on(const struct outline_set *set, const struct image *img,
                    const struct witness_fit *fit, struct point by, const struct ends *e)
{
    double within = fmax(0.8, 0.6 * hypot(by.x, by.y)); /* what overlaps is the form's own */
    bool rows = by.x == 0;
    int last = 0, followed = 0;
    for (int i = 0; i < set->n_outlines; i++) {
        struct point c = set->outlines[i].center;
        e->last[i] = !is_outline_near(set, (struct point){c.x + by.x, c.y + by.y}, within);
        e->followed[i] = e->last[i] && is_print_beyond(set, img, fit, &set->outlines[i], by);
        last += e->last[i];
        followed += e->followed[i];
    }
    if (followed >= BEYOND_MIN && followed >= BEYOND_MOST * last)
        return true;
    for (int i = 0; i < set->n_outlines; i++) {
        double length;
        int seen, found = e->last[i] ? followed_beside(set, e, i, rows, &length, &seen) : 0;
        if (found >= BEYOND_MIN && found >= BEYOND_SHARE * seen &&
            missing_in_lines(set, e, i, rows, length) >= BEYOND_MISSING)
            return true;
    }
    return false;
}

static int ends_are_ends(const struct outline_set *set, const struct image *img,
                         const struct witness_fit *fit, double dx, double dy, bool *ret)
{
    struct point by[4] = {{dx, 0}, {-dx, 0}, {0, dy}, {0, -dy}}, here = {0, 0};
    size_t n = (size_t)set->n_outlines;
    bool *flags = malloc(3 * n * sizeof(*flags) + 1);
    struct ends e = {flags, flags + n, flags + 2 * n};
    if (!flags)
        return YJ_ENOMEM;
    for (int i = 0; i < set->n_outlines; i++)
        e.missing[i] = !is_print_beyond(set, img, fit, &set->outlines[i], here);
    *ret = true;
    for (int i = 0; i < 4 && *ret; i++)
        *ret = (by[i].x == 0 && by[i].y == 0) || !goes_on(set, img, fit, by[i], &e);
    free(flags);
    return 0;
}

int witness_is_alone(const struct outline_set *set, const struct image *img,
                     const struct witness_fit *fit, bool *ret)
{
    double dx = common_pitch(set, false), dy = common_pitch(set, true);
    *ret = true;
    if (ends_are_ends(set, img, fit, dx, dy, ret) < 0)
        return YJ_ENOMEM;
    for (int y = -ALONE_ROWS; y <= ALONE_ROWS && *ret; y++)
        for (int x = -ALONE_ROWS; x <= ALONE_ROWS && *ret; x++) {
            struct point by = {x * dx, y * dy};
            if (by.x == 0 && by.y == 0)
                continue;
            int moved = found_when_moved(set, img, &fit->map, by, fit->contrast);
            *ret = is_clear(fit->found, moved, outlines_lost(set, by) * fit->share);
        }
    return 0;
}

int witness_foreign(const struct outline_set *set, const struct image *img,
                    const struct witness_fit *fit, const struct witness_fit *rival)
{
    struct homography back;
    int n = 0;
    if (homography_invert(&fit->map.mm_to_px, &back) < 0)
        return 0;
    for (int i = 0; i < set->n_outlines; i++) {
        struct point c = set->outlines[i].center, here = {0, 0};
        struct point mm = homography_apply(&back, homography_apply(&rival->map.mm_to_px, c));
        n += !is_outline_near(set, mm, FOREIGN_OFF) &&
             is_print_beyond(set, img, rival, &set->outlines[i], here);
    }
    return n;
}

bool witness_beats(const struct outline_set *set, const struct witness_fit *fit,
                   const struct witness_fit *rival)
{
    struct homography back;
    int lost = 0;
    if (homography_invert(&fit->map.mm_to_px, &back) < 0)
        return false;
    for (int i = 0; i < set->n_outlines; i++) {
        struct point px = homography_apply(&rival->map.mm_to_px, set->outlines[i].center);
        struct point mm = homography_apply(&back, px);
        bool lands = false;
        for (int k = 0; k < set->n_outlines && !lands; k++)
            lands = fabs(set->outlines[k].center.x - mm.x) < 0.8 &&
                    fabs(set->outlines[k].center.y - mm.y) < 0.8;
        lost += !lands;
    }
    return is_clear(fit->found, rival->found, lost * fit->share);
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
        struct point mm = {o->center.x + o->on_x[k] + t * o->normal_x[k],
                           o->center.y + o->on_y[k] + t * o->normal_y[k]};
        struct point p = homography_apply(h, mm);
        if (!(p.x >= 0) || !(p.y >= 0) || !(p.x < img->width - 1) || !(p.y < img->height - 1))
            return -1;
        int v = image_row(img, nearest_whole(p.y))[nearest_whole(p.x)];
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
