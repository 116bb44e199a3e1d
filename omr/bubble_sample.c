/* Bubbles of one size lie at the same mm around their centres, so that what a view does to them is
 * all that is left to calculate for each. Near the image's edges points are looked up one by one.
 */
#include "bubble_sample.h"

#include "ink_grid.h"
#include "view_points.h"
#include "wide.h"

#include <limits.h>
#include <math.h>

#define PAPER_POINTS 32
#define PAPER_NEAR 0.5  /* mm beyond the outline */
#define PAPER_FAR 1.5   /* the same where that is marked over */
#define PAPER_RISE 1.15 /* shadows of a page rise less within a millimetre */
#define PAPER_SHARE 4   /* a quarter of the ring is paper */
#define PATCH_MAX 4     /* px */
#define BOX_MAX 64      /* px: bubbles larger than that are sampled point by point */
#define BOX_STEP 16

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
WIDE static int light_grey(const uint8_t greys[PAPER_POINTS], int n)
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

/* A light grey of a ring around the outline, `off` mm beyond it. Neighbours' ink darkens a part of
 * the ring only. */
static int ring_paper(const struct image *img, const struct bubble_view *v, const struct sampler *s,
                      const double *x, const double *y, double off)
{
    int px[PAPER_POINTS], py[PAPER_POINTS], n = 0;
    uint8_t greys[PAPER_POINTS] = {0};
    view_pixels(v, x, y, PAPER_POINTS, px, py);
    if (view_is_within(img, v, s->w + 2 * off, s->h + 2 * off, 1)) {
        for (int i = 0; i < PAPER_POINTS; i++)
            greys[i] = img->data[(ptrdiff_t)py[i] * (ptrdiff_t)img->stride + px[i]];
        return light_grey(greys, PAPER_POINTS);
    }
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
    int near = ring_paper(img, v, s, s->near_x, s->near_y, PAPER_NEAR);
    if (PAPER_RISE * near >= 255)
        return near; /* nothing is so much lighter */
    int far = ring_paper(img, v, s, s->far_x, s->far_y, PAPER_FAR);
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
    int along = patch_side(w * INK_INSET / INK_GRID * length_of(v->dx));
    int across = patch_side(h * INK_INSET / INK_GRID * length_of(v->dy));
    bool upright = fabs(v->dx.x) > fabs(v->dx.y);
    return upright ? (struct patch){along, across} : (struct patch){across, along};
}

/* Where a point's patch begins, along one axis. */
static inline int patch_start(double across, double down, int side)
{
    return nearest_whole(across + down - (side - 1) / 2.0);
}

/* What a view does to each column and row of points. */
struct cast_grid {
    double across_x[INK_GRID], across_y[INK_GRID], down_x[INK_GRID], down_y[INK_GRID];
    struct patch patch;
};

WIDE static void cast_grid(const struct sampler *s, const struct bubble_view *v,
                           struct cast_grid *g)
{
    g->patch = patch_of(v, s->w, s->h);
    for (int i = 0; i < INK_GRID; i++) {
        g->across_x[i] = v->origin.x + s->x[i] * v->dx.x;
        g->across_y[i] = v->origin.y + s->x[i] * v->dx.y;
        g->down_x[i] = s->y[i] * v->dy.x;
        g->down_y[i] = s->y[i] * v->dy.y;
    }
}

/* The pixels in which patches begin: rounding keeps the order, so corners are at the corners. */
struct pixel_box {
    int x, y, w, h;
};

static struct pixel_box box_of(const struct cast_grid *g)
{
    int x0 = INT_MAX, y0 = INT_MAX, x1 = INT_MIN, y1 = INT_MIN;
    for (int corner = 0; corner < 4; corner++) {
        int i = corner % 2 * (INK_GRID - 1), j = corner / 2 * (INK_GRID - 1);
        int x = patch_start(g->across_x[i], g->down_x[j], g->patch.w);
        int y = patch_start(g->across_y[i], g->down_y[j], g->patch.h);
        x0 = x < x0 ? x : x0;
        y0 = y < y0 ? y : y0;
        x1 = x > x1 ? x : x1;
        y1 = y > y1 ? y : y1;
    }
    return (struct pixel_box){x0, y0, x1 - x0 + 1, y1 - y0 + 1};
}

/* ret_means[y * BOX_MAX + x]: the mean of the w x h patch that begins at each pixel of a box,
 * rounded down. Rows are done BOX_STEP at a time, beyond the box's edge too; every patch is summed
 * by itself, because sums of columns that were only just put away cannot be fetched a column aside
 * without waiting. Inlined with its sides known, or the innermost loops would be no longer than
 * they. */
static inline __attribute__((always_inline)) void mean_patches_of(const struct image *img,
                                                                  struct pixel_box box, const int w,
                                                                  const int h,
                                                                  uint8_t *restrict ret_means)
{
    const uint16_t share = (uint16_t)(65535 / (w * h) + 1); /* exact for sums of up to 16 bytes */
    const int width = (box.w + BOX_STEP - 1) / BOX_STEP * BOX_STEP;
    for (int y = 0; y < box.h; y++) {
        const uint8_t *restrict row = image_row(img, box.y + y) + box.x;
        uint8_t *restrict means = ret_means + y * BOX_MAX;
        for (int x = 0; x < width; x++) {
            uint16_t sum = 0;
            for (int j = 0; j < h; j++)
                for (int i = 0; i < w; i++)
                    sum = (uint16_t)(sum + row[x + i + j * (ptrdiff_t)img->stride]);
            means[x] = (uint8_t)(w * h == 1 ? sum : ((uint32_t)sum * share) >> 16);
        }
    }
}

WIDE static void mean_patches(const struct image *img, struct pixel_box box, struct patch p,
                              uint8_t *restrict ret_means)
{
    switch (p.w * 8 + p.h) {
    case 1 * 8 + 1:
        mean_patches_of(img, box, 1, 1, ret_means);
        break;
    case 2 * 8 + 1:
        mean_patches_of(img, box, 2, 1, ret_means);
        break;
    case 2 * 8 + 2:
        mean_patches_of(img, box, 2, 2, ret_means);
        break;
    case 3 * 8 + 2:
        mean_patches_of(img, box, 3, 2, ret_means);
        break;
    case 3 * 8 + 3:
        mean_patches_of(img, box, 3, 3, ret_means);
        break;
    case 4 * 8 + 3:
        mean_patches_of(img, box, 4, 3, ret_means);
        break;
    default:
        mean_patches_of(img, box, p.w, p.h, ret_means);
    }
}

/* Which of a box's means each point is. */
WIDE static void find_means(const struct cast_grid *g, struct pixel_box box,
                            uint16_t *restrict ret_at)
{
    const double off_x = (g->patch.w - 1) / 2.0, off_y = (g->patch.h - 1) / 2.0;
    for (int j = 0; j < INK_GRID; j++)
        for (int i = 0; i < INK_GRID; i++) {
            int x = nearest_whole(g->across_x[i] + g->down_x[j] - off_x) - box.x;
            int y = nearest_whole(g->across_y[i] + g->down_y[j] - off_y) - box.y;
            ret_at[j * INK_GRID + i] = (uint16_t)(y * BOX_MAX + x);
        }
}

/* Mean greys of the points' patches. */
static void take_greys(const struct image *img, const struct cast_grid *g, struct pixel_box box,
                       uint8_t *ret_greys)
{
    uint8_t means[BOX_MAX * BOX_MAX];
    uint16_t at[INK_POINTS];
    mean_patches(img, box, g->patch, means);
    find_means(g, box, at);
    for (int k = 0; k < INK_POINTS; k += 4) { /* four at a time: loads are all there is to it */
        ret_greys[k] = means[at[k]];
        ret_greys[k + 1] = means[at[k + 1]];
        ret_greys[k + 2] = means[at[k + 2]];
        ret_greys[k + 3] = means[at[k + 3]];
    }
}

/* The same point by point, of a large bubble, or near an edge of the image: what is off it is
 * paper. */
static void take_each_grey(const struct image *img, const struct cast_grid *g, uint8_t *ret_greys)
{
    const struct patch p = g->patch;
    for (int k = 0; k < INK_POINTS; k++) {
        int i = k % INK_GRID, j = k / INK_GRID;
        int px = patch_start(g->across_x[i], g->down_x[j], p.w);
        int py = patch_start(g->across_y[i], g->down_y[j], p.h);
        ret_greys[k] = 255;
        if (px < 0 || py < 0 || px + p.w > img->width || py + p.h > img->height)
            continue;
        int sum = 0;
        for (int y = 0; y < p.h; y++)
            for (int x = 0; x < p.w; x++)
                sum += image_row(img, py + y)[px + x];
        ret_greys[k] = (uint8_t)(sum / (p.w * p.h));
    }
}

/* Darkness of greys, 255 black; the quotients are small enough to be exact in a float. */
WIDE static void darken(const uint8_t *restrict greys, int paper, const uint8_t *restrict inside,
                        uint8_t *restrict darkness)
{
    const float over = (float)(paper > 0 ? paper : 1);
    for (int k = 0; k < INK_POINTS; k++) {
        int grey = greys[k] < paper ? greys[k] : paper;
        int darker = (int)((float)((paper - grey) * 255) / over);
        darkness[k] = (uint8_t)(darker & inside[k]);
    }
}

static bool is_clear(const struct image *img, struct pixel_box b)
{
    return b.w <= BOX_MAX && b.h <= BOX_MAX && b.x >= 0 && b.y >= 0 &&
           b.x + b.w + 2 * BOX_STEP <= img->width && b.y + b.h + PATCH_MAX <= img->height;
}

static void sample_bubble(const struct image *img, const struct sampler *s, struct bubble_ink *b)
{
    struct cast_grid g;
    uint8_t greys[INK_POINTS];
    cast_grid(s, &b->view, &g);
    struct pixel_box box = box_of(&g);
    if (is_clear(img, box))
        take_greys(img, &g, box, greys);
    else
        take_each_grey(img, &g, greys);
    b->paper = local_paper(img, &b->view, s);
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
