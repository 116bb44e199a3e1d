/* Bubbles of one size lie at the same mm around their centres, so that what a view does to them is
 * all that is left to calculate for each. Near the image's edges points are looked up one by one.
 */
#include "bubble_sample.h"

#include "ink_grid.h"
#include "view_points.h"

#include <math.h>

#define PAPER_POINTS 32
#define PAPER_NEAR 0.5  /* mm beyond the outline */
#define PAPER_FAR 1.5   /* the same where that is marked over */
#define PAPER_RISE 1.15 /* shadows of a page rise less within a millimetre */
#define PAPER_SHARE 4   /* a quarter of the ring is paper */
#define PATCH_MAX 4     /* px */

/* The directions of a ring, and the points of one size, mm from the centre. */
struct sampler {
    double ring_x[PAPER_POINTS], ring_y[PAPER_POINTS]; /* on the square of half side 1 */
    const struct ink_mask *mask;
    double w, h;
    double x[INK_GRID], y[INK_GRID];
    double near_x[PAPER_POINTS], near_y[PAPER_POINTS], far_x[PAPER_POINTS], far_y[PAPER_POINTS];
};

static void start_rings(struct sampler *s)
{
    for (int i = 0; i < PAPER_POINTS; i++) {
        double a = 2 * M_PI * i / PAPER_POINTS, c = cos(a), d = sin(a);
        double reach = 1 / fmax(fabs(c), fabs(d)); /* a rectangle's ring */
        s->ring_x[i] = c * reach;
        s->ring_y[i] = d * reach;
    }
    s->mask = NULL;
}

static void suit_size(struct sampler *s, const struct ink_mask *mask, double w, double h)
{
    if (s->mask == mask && s->w == w && s->h == h)
        return;
    s->mask = mask;
    s->w = w;
    s->h = h;
    for (int i = 0; i < INK_GRID; i++) {
        s->x[i] = mask->at[i] * w / 2;
        s->y[i] = mask->at[i] * h / 2;
    }
    for (int i = 0; i < PAPER_POINTS; i++) {
        s->near_x[i] = s->ring_x[i] * (w / 2 + PAPER_NEAR);
        s->near_y[i] = s->ring_y[i] * (h / 2 + PAPER_NEAR);
        s->far_x[i] = s->ring_x[i] * (w / 2 + PAPER_FAR);
        s->far_y[i] = s->ring_y[i] * (h / 2 + PAPER_FAR);
    }
}

/* ---- paper ---- */

/* The grey that a quarter of the ring's n points reach; there are noughts behind them. */
static int light_grey(const uint8_t greys[PAPER_POINTS], int n)
{
    int grey = 0;
    for (int bit = 128; bit > 0; bit >>= 1) {
        uint8_t lighter = 0;
        for (int i = 0; i < PAPER_POINTS; i++)
            lighter += greys[i] >= (grey | bit);
        if (lighter * PAPER_SHARE >= n)
            grey |= bit;
    }
    return grey > 0 ? grey : 255;
}

/* A light grey of a ring around the outline. Neighbours' ink darkens a part of the ring only. */
static int ring_paper(const struct image *img, const struct bubble_view *v, const double *x,
                      const double *y)
{
    int px[PAPER_POINTS], py[PAPER_POINTS], n = 0;
    uint8_t greys[PAPER_POINTS] = {0};
    view_pixels(v, x, y, PAPER_POINTS, px, py);
    for (int i = 0; i < PAPER_POINTS; i++)
        if (px[i] >= 0 && py[i] >= 0 && px[i] < img->width && py[i] < img->height)
            greys[n++] = image_row(img, py[i])[px[i]];
    return light_grey(greys, n);
}

/* The paper beside the bubble. A mark that goes over its outline on all sides would make its own
 * ink the paper: farther out it ends. */
static int local_paper(const struct image *img, const struct bubble_view *v,
                       const struct sampler *s)
{
    int near = ring_paper(img, v, s->near_x, s->near_y);
    if (PAPER_RISE * near >= 255)
        return near; /* nothing is so much lighter */
    int far = ring_paper(img, v, s->far_x, s->far_y);
    return far > PAPER_RISE * near ? far : near;
}

/* ---- points ---- */

/* Pixels across and down for which a point of the grid stands. */
struct patch {
    int w, h;
};

static int patch_side(double step)
{
    return step < 1 ? 1 : step < 2.6 ? 2 : step < 3.6 ? 3 : PATCH_MAX;
}

/* A point stands for all the paper around it, or edges of print would be noise. */
static struct patch patch_of(const struct bubble_view *v, double w, double h)
{
    int along = patch_side(w * INK_INSET / INK_GRID * hypot(v->dx.x, v->dx.y));
    int across = patch_side(h * INK_INSET / INK_GRID * hypot(v->dy.x, v->dy.y));
    bool upright = fabs(v->dx.x) > fabs(v->dx.y);
    return upright ? (struct patch){along, across} : (struct patch){across, along};
}

/* The pixel at the corner of each point's patch. */
static void find_corners(const struct sampler *s, const struct bubble_view *v, struct patch p,
                         int *restrict px, int *restrict py)
{
    double across_x[INK_GRID], across_y[INK_GRID];
    const double off_x = (p.w - 1) / 2.0, off_y = (p.h - 1) / 2.0;
    for (int i = 0; i < INK_GRID; i++) {
        across_x[i] = v->origin.x + s->x[i] * v->dx.x;
        across_y[i] = v->origin.y + s->x[i] * v->dx.y;
    }
    for (int j = 0; j < INK_GRID; j++) {
        const double down_x = s->y[j] * v->dy.x, down_y = s->y[j] * v->dy.y;
        for (int i = 0; i < INK_GRID; i++) {
            px[j * INK_GRID + i] = nearest_pixel(across_x[i] + down_x - off_x);
            py[j * INK_GRID + i] = nearest_pixel(across_y[i] + down_y - off_y);
        }
    }
}

static inline void sum_patches(const struct image *img, const int *px, const int *py, int w, int h,
                               uint16_t *ret_greys)
{
    for (int k = 0; k < INK_POINTS; k++) {
        const uint8_t *at = img->data + (ptrdiff_t)py[k] * (ptrdiff_t)img->stride + px[k];
        unsigned sum = 0;
        for (int j = 0; j < h; j++)
            for (int i = 0; i < w; i++)
                sum += at[j * (ptrdiff_t)img->stride + i];
        ret_greys[k] = (uint16_t)(sum / (unsigned)(w * h));
    }
}

/* Mean greys of the patches; all of them are on the image. The usual sizes are known to the
 * compiler. */
static void take_greys(const struct image *img, const int *px, const int *py, struct patch p,
                       uint16_t *ret_greys)
{
    switch (p.w * 8 + p.h) {
    case 1 * 8 + 1:
        sum_patches(img, px, py, 1, 1, ret_greys);
        break;
    case 2 * 8 + 1:
        sum_patches(img, px, py, 2, 1, ret_greys);
        break;
    case 2 * 8 + 2:
        sum_patches(img, px, py, 2, 2, ret_greys);
        break;
    case 3 * 8 + 2:
        sum_patches(img, px, py, 3, 2, ret_greys);
        break;
    case 3 * 8 + 3:
        sum_patches(img, px, py, 3, 3, ret_greys);
        break;
    case 4 * 8 + 4:
        sum_patches(img, px, py, 4, 4, ret_greys);
        break;
    default:
        sum_patches(img, px, py, p.w, p.h, ret_greys);
        break;
    }
}

/* The same near an edge of the image: what is off it is paper. */
static void take_greys_within(const struct image *img, const int *px, const int *py, struct patch p,
                              uint16_t *ret_greys)
{
    for (int k = 0; k < INK_POINTS; k++) {
        ret_greys[k] = 255;
        if (px[k] >= 0 && py[k] >= 0 && px[k] + p.w <= img->width && py[k] + p.h <= img->height) {
            int sum = 0;
            for (int j = 0; j < p.h; j++)
                for (int i = 0; i < p.w; i++)
                    sum += image_row(img, py[k] + j)[px[k] + i];
            ret_greys[k] = (uint16_t)(sum / (p.w * p.h));
        }
    }
}

/* Darkness of greys, 255 black; the quotients are small enough to be exact in a float. */
static void darken(const uint16_t *restrict greys, int paper, const uint8_t *restrict inside,
                   uint8_t *restrict darkness)
{
    const float over = (float)(paper > 0 ? paper : 1);
    for (int k = 0; k < INK_POINTS; k++) {
        int below = paper - greys[k];
        below = below > 0 ? below * 255 : 0;
        darkness[k] = (uint8_t)((int)((float)below / over) & inside[k]);
    }
}

static void sample_bubble(const struct image *img, const struct sampler *s, struct bubble_ink *b)
{
    int px[INK_POINTS], py[INK_POINTS];
    uint16_t greys[INK_POINTS];
    const struct bubble_view v = b->view;
    struct patch patch = patch_of(&v, s->w, s->h);
    find_corners(s, &v, patch, px, py);
    if (view_is_within(img, &v, s->w, s->h, PATCH_MAX))
        take_greys(img, px, py, patch, greys);
    else
        take_greys_within(img, px, py, patch, greys);
    b->paper = local_paper(img, &v, s);
    b->n_points = s->mask->n;
    darken(greys, b->paper, s->mask->inside, b->darkness);
    b->mean = (double)ink_grid_sum(b->darkness) / (255.0 * b->n_points);
}

void bubble_sample_all(const struct image *img, const struct page_map *map,
                       const struct ink_mask *masks, struct bubble_ink *b, int n)
{
    struct sampler s;
    start_rings(&s);
    for (int i = 0; i < n; i++) {
        const struct rect *box = &b[i].bubble->box;
        suit_size(&s, &masks[b[i].field->shape], box->w * map->bubble_scale,
                  box->h * map->bubble_scale);
        sample_bubble(img, &s, &b[i]);
    }
}
