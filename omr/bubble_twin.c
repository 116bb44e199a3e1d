/* Twins are moved onto each other by what twin_picture.h explains as a shift. */
#include "bubble_twin.h"

#include "diag.h"
#include "twin_picture.h"

#include <math.h>
#include <stdlib.h>

#define TWINS PICTURES_MAX
#define TWINS_FEWEST 4
#define COARSE 0.75   /* mm: three points at 100 dpi */
#define MOVES 4       /* times that one is moved, ... */
#define TWIN_MOVES 2  /* ... that a twin is, ... */
#define MOVE_MAX 0.8f /* ... by so many points at most: fits that say more say nothing */
#define MOVE_LEAST 0.1f

/* Of one group. */
struct print {
    bool known;
    int twins[TWINS], n;
    float dots[TWINS], hazes[TWINS], rims[TWINS];
    struct print_fit fit;
};

struct workshop {
    const struct image *img;
    const struct page_map *map;
    const struct bubble_ink *all;
    const bool *empty; /* [n_all] */
    int n_all;
    struct picture *twins; /* [TWINS] */
    struct picture *mean, *seen, *rest;
    float *scratch; /* [n_all] */
    struct print *print;
};

/* ---- the print of a group ---- */

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static bool is_candidate(const struct workshop *s, int i, int group)
{
    return s->all[i].group == group && s->empty[i] && !s->all[i].missing;
}

/* Of the paler half of those taken for empty, some from all over the page. */
static int choose_twins(const struct workshop *s, int group, float *scratch, int *ret_twins)
{
    int n = 0, pale = 0, chosen = 0;
    for (int i = 0; i < s->n_all; i++)
        if (is_candidate(s, i, group))
            scratch[n++] = (float)s->all[i].mean;
    if (n < TWINS_FEWEST)
        return 0;
    qsort(scratch, (size_t)n, sizeof(*scratch), by_value);
    float limit = scratch[n > 2 * TWINS_FEWEST ? n / 2 : n - 1];
    int half = n > 2 * TWINS_FEWEST ? n / 2 + 1 : n, step = (half + TWINS - 1) / TWINS;
    for (int i = 0; i < s->n_all && chosen < TWINS; i++)
        if (is_candidate(s, i, group) && (float)s->all[i].mean <= limit && pale++ % step == 0)
            ret_twins[chosen++] = i;
    return chosen;
}

static float within(float x, float most)
{
    return fmaxf(-most, fminf(x, most));
}

/* The bubble's picture, as it is in `seen`, moved onto the print up to `moves` times. */
static void lay_onto(const struct workshop *s, const struct bubble_ink *b, int moves,
                     struct picture *seen)
{
    const struct print_fit *fit = &s->print->fit;
    double shares[PRINT_TERMS];
    float x = 0, y = 0;
    for (int k = 0; k < moves; k++) {
        print_fit_shares(fit, seen, shares);
        double gain = fmax(shares[0], 0.2);
        float dx = within((float)(-shares[1] / gain), MOVE_MAX);
        float dy = within((float)(-shares[2] / gain), MOVE_MAX);
        if (hypotf(dx, dy) < MOVE_LEAST)
            return;
        picture_take(s->img, &fit->raster, b, x += dx, y += dy, seen);
    }
}

static bool same_raster(const struct raster *a, const struct raster *b)
{
    return a->w == b->w && a->h == b->h && a->dx == b->dx && a->dy == b->dy && a->round == b->round;
}

/* Twice: what is put together from unmoved ones is blurred, but they are moved onto that. */
static void take_print(const struct workshop *s, struct print *p)
{
    const struct raster r = raster_of(s->map, &s->all[p->twins[0]]);
    if (!same_raster(&r, &p->fit.raster))
        print_fit_start(&r, &p->fit);
    for (int k = 0; k < p->n; k++)
        picture_take(s->img, &r, &s->all[p->twins[k]], 0, 0, &s->twins[k]);
    picture_median(&r, s->twins, p->n, s->mean);
    print_fit_set(&p->fit, s->mean);
    for (int k = 0; k < p->n; k++)
        lay_onto(s, &s->all[p->twins[k]], TWIN_MOVES, &s->twins[k]);
    picture_median(&r, s->twins, p->n, s->mean);
    print_fit_set(&p->fit, s->mean);
}

static void make_print(const struct workshop *s, int group)
{
    struct print *p = s->print;
    p->n = choose_twins(s, group, s->scratch, p->twins);
    p->known = p->n >= TWINS_FEWEST;
    if (!p->known)
        return;
    take_print(s, p);
    for (int k = 0; k < p->n; k++) {
        print_fit_rest(&p->fit, &s->twins[k], s->rest);
        p->dots[k] = print_fit_darkest(&p->fit, s->rest, &p->hazes[k]);
        p->rims[k] = print_fit_rim(&p->fit, s->rest);
    }
}

/* What the worst of the twins shows but one, which may have a speck of its own. */
static float usual_of(const struct print *p, const float *of_twin, int self)
{
    float most = 0, second = 0;
    for (int k = 0; k < p->n; k++) {
        if (p->twins[k] == self)
            continue;
        second = of_twin[k] > most ? most : fmaxf(second, of_twin[k]);
        most = fmaxf(most, of_twin[k]);
    }
    return second;
}

static void compare_one(const struct workshop *s, int self, struct twin_rest *ret)
{
    const struct print *p = s->print;
    const struct raster *r = &p->fit.raster;
    double side = (2 * r->dot + 1) * fmax(r->dx, r->dy);
    *ret = (struct twin_rest){.known = p->known, .coarse = p->known && side > COARSE};
    if (!p->known)
        return;
    picture_take(s->img, r, &s->all[self], 0, 0, s->seen);
    lay_onto(s, &s->all[self], MOVES, s->seen);
    ret->gain = print_fit_rest(&p->fit, s->seen, s->rest);
    ret->dot = print_fit_darkest(&p->fit, s->rest, &ret->haze);
    ret->rim = print_fit_rim(&p->fit, s->rest);
    ret->usual = usual_of(p, p->dots, self);
    ret->usual_haze = usual_of(p, p->hazes, self);
    ret->usual_rim = usual_of(p, p->rims, self);
}

/* The bubbles of one group that are asked about: one print is there at a time. */
static void compare_group(const struct workshop *s, int group, const int *which, int n,
                          struct twin_rest *ret)
{
    bool made = false;
    for (int k = 0; k < n; k++) {
        if (s->all[which[k]].group != group)
            continue;
        if (!made)
            make_print(s, group);
        made = true;
        compare_one(s, which[k], &ret[k]);
    }
}

static int count_groups(const struct bubble_ink *all, int n)
{
    int groups = 0;
    for (int i = 0; i < n; i++)
        groups = all[i].group >= groups ? all[i].group + 1 : groups;
    return groups;
}

int bubble_twin_compare(const struct image *img, const struct page_map *map,
                        const struct bubble_ink *all, const bool *empty, int n_all,
                        const int *which, int n, struct arena *arena, struct twin_rest *ret)
{
    if (n == 0)
        return 0;
    struct workshop s = {.img = img, .map = map, .all = all, .empty = empty, .n_all = n_all};
    s.scratch = arena_alloc(arena, (size_t)(n_all + 1) * sizeof *s.scratch);
    s.twins = arena_alloc(arena, TWINS * sizeof *s.twins);
    s.mean = arena_alloc(arena, sizeof *s.mean);
    s.seen = arena_alloc(arena, sizeof *s.seen);
    s.rest = arena_alloc(arena, sizeof *s.rest);
    s.print = arena_alloc(arena, sizeof *s.print);
    if (!s.scratch || !s.twins || !s.mean || !s.seen || !s.rest || !s.print)
        return YJ_ENOMEM;
    for (int g = 0, groups = count_groups(all, n_all); g < groups; g++)
        compare_group(&s, g, which, n, ret);
    return 0;
}
