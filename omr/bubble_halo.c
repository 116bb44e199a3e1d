#include "bubble_halo.h"

#include "diag.h"
#include "outline.h"
#include "small_sort.h"
#include "view_points.h"
#include "wide.h"

#include <limits.h>

#define RINGS 3
#define FIRST 0.50 /* mm from the outline to the nearest ring; nearer is the outline's own blur */
#define STEP 0.30  /* mm from a ring to the next */
#define FARTHEST (FIRST + (RINGS - 1) * STEP)
#define BLOT 0.12 /* halo */
#define POINTS (RINGS * OUTLINE_POINTS)
#define NOISE 14    /* of 255 */
#define AROUND 26   /* of 255, beyond that: something is there */
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

struct halo {
    uint8_t darkness[POINTS];
    int mean;
};

WIDE static void add_darkness(const uint8_t *restrict darkness, int *restrict sums)
{
    for (int k = 0; k < POINTS; k++)
        sums[k] += darkness[k];
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

/* In how many directions something lies, near or far: a circle is all around, a neighbour's mark is
 * not. */
WIDE static int count_directions(const uint8_t *restrict darkness, const int *restrict usual)
{
    int n = 0;
    for (int k = 0; k < OUTLINE_POINTS; k++) {
        int most = 0;
        for (int ring = 0; ring < RINGS; ring++) {
            int at = ring * OUTLINE_POINTS + k, beyond = darkness[at] - usual[at];
            most = beyond > most ? beyond : most;
        }
        n += most > AROUND;
    }
    return n;
}

/* The paler half of a group, and of equals those that come first: a number that rises so. */
static double rank_of(const struct halo *halos, const int *members, int i)
{
    return halos[members[i]].mean * (double)INT_MAX + i;
}

/* Neighbours' outlines and the question's number stand at the same place around every bubble of a
 * group: the paler half shows them. */
static void measure_group(const struct halo *halos, const int *members, int n, double *scratch,
                          struct bubble_ink *b)
{
    int usual[POINTS] = {0}, half = n / 2;
    for (int i = 0; i < n; i++)
        scratch[i] = rank_of(halos, members, i);
    double last = kth_of(scratch, n, half - 1);
    for (int i = 0; i < n; i++)
        if (rank_of(halos, members, i) <= last)
            add_darkness(halos[members[i]].darkness, usual);
    for (int k = 0; k < POINTS; k++)
        usual[k] = usual[k] / half + NOISE;
    for (int i = 0; i < n; i++) {
        struct bubble_ink *own = &b[members[i]];
        const uint8_t *darkness = halos[members[i]].darkness;
        own->halo = sum_beyond(darkness, usual) / (255.0 * POINTS);
        own->around = count_directions(darkness, usual) / (double)OUTLINE_POINTS;
    }
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

int bubble_halo_measure(const struct image *img, const struct page_map *map,
                        const struct page_prints *prints, struct bubble_ink *b, int n,
                        struct arena *arena)
{
    struct rings rings = {.w = -1};
    struct halo *halos = arena_alloc(arena, (size_t)n * sizeof(*halos));
    double *scratch = arena_alloc(arena, (size_t)n * sizeof(*scratch));
    if (!halos || !scratch)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++) {
        const struct rect *box = &b[i].bubble->box;
        int greys[POINTS];
        suit_size(&rings, b[i].field->shape, box->w * map->bubble_scale,
                  box->h * map->bubble_scale);
        take_greys(img, &rings, &b[i], greys);
        halos[i].mean = darken(greys, b[i].paper, halos[i].darkness);
    }
    for (int g = 0; g < prints->n; g++) {
        const struct print *p = &prints->list[g];
        if (p->n >= GROUP_MIN)
            measure_group(halos, prints->members + p->first, p->n, scratch, b);
    }
    find_blotted(b, n);
    return 0;
}
