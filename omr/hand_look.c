#include "hand_look.h"

#include "bubble_others.h"
#include "diag.h"
#include "hand_model.h"
#include "look_nets.h"
#include "seen_marks.h"
#include "twin_picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HAND_USUAL 180  /* grey of a mark's darkest eighth */
#define LEAST_PEAK 0.12 /* darkness: fainter marks are not made darker than this would be */
#define PRINT_OTHERS 7  /* of the group, that show the print */
#define PRINT_FEWEST 3
#define PALE_RANK 10 /* one of ten lone marks is paler than the pale one */
#define CARD_STRIP 4 /* columns a figure */
_Static_assert(PRINT_OTHERS <= PICTURES_MAX, "a median of more");
_Static_assert(HAND_SIDE <= PICTURE_SIDE && HAND_SIDE % 8 == 0, "a raster of whole vectors");

/* What a page's pictures share. */
struct hand_page {
    const struct image *img;
    const struct page_map *map;
    const struct bubble_ink *all;
    const struct seen_bubble *seen;
    int n_all;
    double usual_ink;
    float scale;            /* from darkness to greys */
    int usual, pale;        /* marks that stand alone; -1: none */
    double pale_share;      /* ink of the pale one over the usual one's */
    double erased, several; /* of the fields: how often he changes his mind */
};

/* ---- the page ---- */

struct lone_mark {
    double ink, peak;
    int at;
};

static int by_ink(const void *a, const void *b)
{
    const struct lone_mark *x = a, *y = b;
    return x->ink != y->ink ? (x->ink > y->ink) - (x->ink < y->ink) : x->at - y->at;
}

static int by_peak(const void *a, const void *b)
{
    double x = ((const struct lone_mark *)a)->peak, y = ((const struct lone_mark *)b)->peak;
    return (x > y) - (x < y);
}

static void note_group(struct hand_page *p, int first, int n, struct lone_mark *lone, int *n_lone)
{
    int marks = seen_count_marks(&p->seen[first], n);
    bool erased = false;
    for (int i = first; i < first + n; i++) {
        const struct seen_bubble *s = &p->seen[i];
        erased = erased || (s->told && s->looks[LOOK_ERASED] > 0.5F);
        if (marks == 1 && seen_is_mark(s))
            lone[(*n_lone)++] = (struct lone_mark){p->all[i].ink, p->all[i].peak, i};
    }
    p->erased += erased;
    p->several += marks > 1;
}

static int start_page(struct arena *arena, struct hand_page *p)
{
    int n_lone = 0, groups = 0;
    struct lone_mark *lone = arena_alloc(arena, (size_t)(p->n_all + 1) * sizeof(*lone));
    if (!lone)
        return YJ_ENOMEM;
    for (int i = 0, length; i < p->n_all; i += length, groups++) {
        length = bubble_group_length(&p->all[i], p->n_all - i);
        note_group(p, i, length, lone, &n_lone);
    }
    p->erased /= groups + 1;
    p->several /= groups + 1;
    p->usual = p->pale = -1;
    double peak = 0.5;
    if (n_lone > 0) {
        qsort(lone, (size_t)n_lone, sizeof(*lone), by_ink);
        p->usual = lone[n_lone / 2].at;
        p->pale = lone[n_lone / PALE_RANK].at;
        p->pale_share = lone[n_lone / PALE_RANK].ink / fmax(lone[n_lone / 2].ink, 1e-3);
        p->usual_ink = lone[n_lone / 2].ink;
        qsort(lone, (size_t)n_lone, sizeof(*lone), by_peak);
        peak = lone[n_lone / 2].peak;
    }
    p->scale = (float)(HAND_USUAL / fmax(peak, LEAST_PEAK));
    return 0;
}

/* ---- pictures ---- */

static struct raster raster_around(const struct page_map *map, const struct bubble_ink *b)
{
    double w = b->bubble->box.w * map->bubble_scale, h = b->bubble->box.h * map->bubble_scale;
    double margin = HAND_MARGIN * fmin(w, h);
    return (struct raster){.w = HAND_SIDE,
                           .h = HAND_SIDE,
                           .stride = HAND_SIDE,
                           .dx = (w + 2 * margin) / HAND_SIDE,
                           .dy = (h + 2 * margin) / HAND_SIDE};
}

static void put_picture(const struct hand_page *p, const struct picture *from, uint8_t *ret)
{
    for (int i = 0; i < HAND_POINTS; i++) {
        float grey = from->at[i] * p->scale;
        ret[i] = (uint8_t)(grey < 0 ? 0 : grey > 255 ? 255 : grey);
    }
}

static void take(const struct hand_page *p, int at, uint8_t *ret)
{
    struct picture picture;
    if (at < 0) {
        memset(ret, 0, HAND_POINTS);
        return;
    }
    struct raster r = raster_around(p->map, &p->all[at]);
    picture_take(p->img, &r, &p->all[at], 0, 0, &picture);
    put_picture(p, &picture, ret);
}

static void take_print(const struct hand_page *p, int self, struct picture *scratch, uint8_t *ret)
{
    int others[PRINT_OTHERS];
    int n = bubble_palest_others(p->all, p->n_all, self, PRINT_OTHERS, others);
    struct raster r = raster_around(p->map, &p->all[self]);
    memset(ret, 0, HAND_POINTS);
    if (n < PRINT_FEWEST)
        return;
    for (int k = 0; k < n; k++)
        picture_take(p->img, &r, &p->all[others[k]], 0, 0, &scratch[k]);
    picture_median(&r, scratch, n, &scratch[PRINT_OTHERS]);
    put_picture(p, &scratch[PRINT_OTHERS], ret);
}

static uint8_t share(double x)
{
    return (uint8_t)(x < 0 ? 0 : x > 1 ? 255 : 255 * x);
}

static void take_card(const struct hand_page *p, int self, int rival, uint8_t *ret)
{
    const struct bubble_ink *b = &p->all[self];
    const struct seen_bubble *s = &p->seen[self];
    double usual = fmax(p->usual_ink, 1e-3), other = rival < 0 ? 0 : p->all[rival].ink;
    const uint8_t figures[HAND_SIDE / CARD_STRIP] = {
        share(b->ink / usual / 2),
        share(other / usual / 2),
        share(b->ink / fmax(other, 1e-3) / 2),
        share(p->pale_share),
        share(4 * p->erased),
        share(4 * p->several),
        share(p->usual_ink),
        group_allows_one(b) ? 255 : 0,
        s->told ? share(s->looks[LOOK_ERASED]) : 0,
        share(10 * b->halo),
    };
    for (int y = 0; y < HAND_SIDE; y++)
        for (int x = 0; x < HAND_SIDE; x++)
            ret[y * HAND_SIDE + x] = figures[x / CARD_STRIP];
}

/* The darkest other of a bubble's choice or column; -1: it is the only one. */
static int darkest_other(const struct hand_page *p, int self)
{
    int first = self, best = -1;
    while (first > 0 && bubble_group_length(&p->all[first - 1], 2) == 2)
        first--;
    int n = bubble_group_length(&p->all[first], p->n_all - first);
    for (int i = first; i < first + n; i++)
        if (i != self && (best < 0 || p->all[i].ink > p->all[best].ink))
            best = i;
    return best;
}

int hand_take_pictures(const struct image *img, const struct page_map *map, const struct band *band,
                       const struct bubble_ink *all, const struct seen_bubble *seen, int n_all,
                       const int *which, int n, struct arena *arena, struct hand_picture *ret,
                       double *ret_evenness)
{
    struct hand_page p = {
        .img = img, .map = map, .all = all, .seen = seen, .n_all = n_all, .usual_ink = band->usual};
    struct picture *scratch = arena_alloc(arena, (PRINT_OTHERS + 1) * sizeof(*scratch));
    if (!scratch || start_page(arena, &p) < 0)
        return YJ_ENOMEM;
    for (int k = 0; k < n; k++) {
        int rival = darkest_other(&p, which[k]), alike = 0;
        take(&p, which[k], ret[k].own);
        while (alike < k && all[which[alike]].group != all[which[k]].group)
            alike++;
        if (alike < k)
            memcpy(ret[k].print, ret[alike].print, HAND_POINTS);
        else
            take_print(&p, which[k], scratch, ret[k].print);
        take(&p, rival, ret[k].rival);
        if (k == 0) {
            take(&p, p.usual, ret[k].usual);
            take(&p, p.pale, ret[k].pale);
        } else {
            memcpy(ret[k].usual, ret[0].usual, HAND_POINTS);
            memcpy(ret[k].pale, ret[0].pale, HAND_POINTS);
        }
        take_card(&p, which[k], rival, ret[k].card);
    }
    *ret_evenness = p.usual < 0 ? 1 : p.pale_share;
    return 0;
}

/* ---- the net ---- */

int hand_read(struct look_reader *reader, const struct hand_picture *pictures, int n, float *ret)
{
    static const int shape[3] = {sizeof(struct hand_picture) / HAND_POINTS, HAND_SIDE, HAND_SIDE};
    int e = 0;
    if (n > 0 && !reader->hand)
        e = small_net_create(hand_model, hand_model_size, shape, &reader->hand);
    if (e == 0 && n > 0 && small_net_outputs(reader->hand) != 1)
        e = YJ_EDATA;
    for (int i = 0; i < n && e == 0; i++)
        small_net_run(reader->hand, (const uint8_t *)&pictures[i], &ret[i]);
    return e;
}
