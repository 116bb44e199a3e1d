#include "bubble_halo.h"

#include "diag.h"
#include "outline.h"
#include "view_points.h"
#include "wide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RINGS 3
#define FIRST 0.50 /* mm from the outline to the nearest ring; nearer is the outline's own blur */
#define STEP 0.30  /* mm from a ring to the next */
#define FARTHEST (FIRST + (RINGS - 1) * STEP)
#define BESIDE 0.55     /* mm beside the outline where a mark should have ended ... */
#define BESIDE_STEP 0.4 /* ... and on from there ... */
#define BESIDE_STEPS 4  /* ... so many times */
#define BLOT 0.12       /* halo */
#define MAX_NEIGHBOURS 8
#define NEIGHBOUR_INK 0.08
#define OVERSHOOT 0.8     /* mm by which a pen leaves its bubble */
#define THROUGH_FROM 0.03 /* ink from which it matters */
#define POINTS (RINGS * OUTLINE_POINTS)
#define NOISE 14    /* of 255 */
#define GROUP_MIN 4 /* bubbles that show what is printed around them */

/* Points of the rings about bubbles of one size, mm from the centre. */
struct rings {
    enum bubble_shape shape;
    double w, h;
    double x[POINTS], y[POINTS];
};

static void suit_size(struct rings *r, enum bubble_shape shape, double w, double h)
{
    struct point on[OUTLINE_POINTS], normal[OUTLINE_POINTS];
    if (r->shape == shape && r->w == w && r->h == h)
        return;
    *r = (struct rings){.shape = shape, .w = w, .h = h};
    outline_points(shape, w, h, on, normal);
    for (int i = 0; i < POINTS; i++) {
        const struct point *o = &on[i % OUTLINE_POINTS], *n = &normal[i % OUTLINE_POINTS];
        double off = FIRST + STEP * (i / OUTLINE_POINTS);
        r->x[i] = o->x + off * n->x;
        r->y[i] = o->y + off * n->y;
    }
}

/* Greys at the points; off the image there is paper. */
static void take_greys(const struct image *img, const struct rings *rings,
                       const struct bubble_ink *b, int *ret_greys)
{
    int px[POINTS], py[POINTS];
    view_pixels(&b->view, rings->x, rings->y, POINTS, px, py);
    if (view_is_within(img, &b->view, rings->w + 2 * FARTHEST, rings->h + 2 * FARTHEST, 1)) {
        for (int i = 0; i < POINTS; i++)
            ret_greys[i] = img->data[(ptrdiff_t)py[i] * (ptrdiff_t)img->stride + px[i]];
        return;
    }
    for (int i = 0; i < POINTS; i++) {
        bool outside = px[i] < 0 || py[i] < 0 || px[i] >= img->width || py[i] >= img->height;
        ret_greys[i] = outside ? b->paper : image_row(img, py[i])[px[i]];
    }
}

/* The darkness of the points, 255 black; their mean. Quotients this small are exact in a float. */
WIDE static int darken(const int *restrict greys, int paper, uint8_t *restrict darkness)
{
    const float over = (float)(paper > 0 ? paper : 1);
    int sum = 0;
    for (int i = 0; i < POINTS; i++) {
        int grey = greys[i] < paper ? greys[i] : paper;
        int dark = (int)((float)((paper - grey) * 255) / over);
        darkness[i] = (uint8_t)dark;
        sum += dark;
    }
    return sum / POINTS;
}

/* Bubbles beside one that hold ink of their own: what reaches over from them does not count. */
struct neighbours {
    struct rect boxes[MAX_NEIGHBOURS]; /* mm from the bubble's centre */
    int n;
};

static void find_neighbours(const struct bubble_ink *all, int n, const struct bubble_ink *b,
                            struct neighbours *ret)
{
    struct point c = rect_center(b->bubble->box);
    ret->n = 0;
    for (int i = 0; i < n && ret->n < MAX_NEIGHBOURS; i++) {
        struct rect o = all[i].bubble->box;
        bool near = fabs(o.x + o.w / 2 - c.x) < o.w + 2 && fabs(o.y + o.h / 2 - c.y) < o.h + 2;
        if (near && &all[i] != b && all[i].ink > NEIGHBOUR_INK)
            ret->boxes[ret->n++] = (struct rect){o.x - c.x - OVERSHOOT, o.y - c.y - OVERSHOOT,
                                                 o.w + 2 * OVERSHOOT, o.h + 2 * OVERSHOOT};
    }
}

static int dark_at(const struct image *img, const struct bubble_ink *b,
                   const struct neighbours *beside, double x, double y)
{
    for (int i = 0; i < beside->n; i++) {
        const struct rect *r = &beside->boxes[i];
        if (x > r->x && x < r->x + r->w && y > r->y && y < r->y + r->h)
            return 0;
    }
    const struct bubble_view *v = &b->view;
    int px = nearest_pixel(v->origin.x + x * v->dx.x + y * v->dy.x);
    int py = nearest_pixel(v->origin.y + x * v->dx.y + y * v->dy.y);
    if (px < 0 || py < 0 || px >= img->width || py >= img->height)
        return 0;
    int grey = image_row(img, py)[px];
    return grey >= b->paper ? 0 : (b->paper - grey) * 255 / (b->paper > 0 ? b->paper : 1);
}

/* What goes on beyond one side of the bubble: the darkest across the side, the palest of three
 * steps away from it. (ux, uy) points out of the side. */
static int side_darkness(const struct image *img, const struct bubble_ink *b,
                         const struct neighbours *beside, double w, double h, int ux, int uy)
{
    int least = 255;
    for (int step = 0; step < BESIDE_STEPS; step++) {
        double off = BESIDE + BESIDE_STEP * step;
        int darkest = 0;
        for (int k = -2; k <= 2; k++) {
            double x = ux ? ux * (w / 2 + off) : k * w / 8;
            double y = uy ? uy * (h / 2 + off) : k * h / 8;
            int d = dark_at(img, b, beside, x, y);
            darkest = d > darkest ? d : darkest;
        }
        least = darkest < least ? darkest : least;
    }
    return least;
}

/* A mark ends near its bubble; a streak of the scanner, a fold, a coffee ring go on at both sides.
 */
static double darkness_through(const struct image *img, const struct page_map *map,
                               const struct bubble_ink *b, const struct neighbours *beside)
{
    double w = b->bubble->box.w * map->bubble_scale, h = b->bubble->box.h * map->bubble_scale;
    int left = side_darkness(img, b, beside, w, h, -1, 0),
        right = side_darkness(img, b, beside, w, h, 1, 0);
    int above = side_darkness(img, b, beside, w, h, 0, -1),
        below = side_darkness(img, b, beside, w, h, 0, 1);
    int across = left < right ? left : right, along = above < below ? above : below;
    return (across > along ? across : along) / 255.0;
}

struct halo {
    uint8_t darkness[POINTS];
    int mean;
};

struct halo_rank {
    int mean, index;
};

static int by_mean(const void *a, const void *b)
{
    const struct halo_rank *x = a, *y = b;
    if (x->mean != y->mean)
        return x->mean < y->mean ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

WIDE static int sum_beyond(const uint8_t *restrict darkness, const int *restrict usual)
{
    int sum = 0;
    for (int k = 0; k < POINTS; k++) {
        int beyond = darkness[k] - usual[k];
        sum += beyond > 0 ? beyond : 0;
    }
    return sum;
}

/* Neighbours' outlines and the question's number stand at the same place around every bubble of a
 * group: the paler half shows them. */
static void measure_group(const struct halo *halos, struct halo_rank *ranks, int n,
                          struct bubble_ink *b)
{
    int usual[POINTS] = {0}, half = n / 2;
    qsort(ranks, (size_t)n, sizeof(*ranks), by_mean);
    for (int i = 0; i < half; i++)
        for (int k = 0; k < POINTS; k++)
            usual[k] += halos[ranks[i].index].darkness[k];
    for (int k = 0; k < POINTS; k++)
        usual[k] = usual[k] / half + NOISE;
    for (int i = 0; i < n; i++)
        b[ranks[i].index].halo =
            sum_beyond(halos[ranks[i].index].darkness, usual) / (255.0 * POINTS);
}

static int usual_paper(const struct bubble_ink *b, int n)
{
    int histogram[256] = {0}, seen = 0, g = 0;
    for (int i = 0; i < n; i++)
        histogram[b[i].paper]++;
    while (g < 255 && (seen += histogram[g]) * 2 < n)
        g++;
    return g;
}

/* An outline that a neighbour's blot runs over is not missing: there is paper about it, and ink on
 * that. */
static void find_blotted(struct bubble_ink *b, int n)
{
    int paper = usual_paper(b, n);
    for (int i = 0; i < n; i++)
        if (b[i].halo > BLOT && b[i].paper > 0.8 * paper)
            b[i].missing = b[i].weak = false;
}

static void measure_through(const struct image *img, const struct page_map *map,
                            struct bubble_ink *b, int n)
{
    for (int i = 0; i < n; i++)
        if (b[i].ink > THROUGH_FROM) {
            struct neighbours beside;
            find_neighbours(b, n, &b[i], &beside);
            b[i].through = darkness_through(img, map, &b[i], &beside);
        }
}

int bubble_halo_measure(const struct image *img, const struct page_map *map,
                        const struct page_prints *prints, struct bubble_ink *b, int n,
                        struct arena *arena)
{
    struct rings rings = {.w = -1};
    struct halo *halos = arena_alloc(arena, (size_t)n * sizeof(*halos));
    struct halo_rank *ranks = arena_alloc(arena, (size_t)n * sizeof(*ranks));
    if (!halos || !ranks)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++) {
        const struct rect *box = &b[i].bubble->box;
        suit_size(&rings, b[i].field->shape, box->w * map->bubble_scale,
                  box->h * map->bubble_scale);
        int greys[POINTS];
        take_greys(img, &rings, &b[i], greys);
        halos[i].mean = darken(greys, b[i].paper, halos[i].darkness);
    }
    measure_through(img, map, b, n);
    for (int g = 0; g < prints->n; g++) {
        const struct print *p = &prints->list[g];
        for (int i = 0; i < p->n; i++) {
            int at = prints->members[p->first + i];
            ranks[i] = (struct halo_rank){halos[at].mean, at};
        }
        if (p->n >= GROUP_MIN)
            measure_group(halos, ranks, p->n, b);
    }
    find_blotted(b, n);
    return 0;
}
