#include "twin_picture.h"

#include "wide.h"

#include <math.h>
#include <string.h>

#define MARGIN 0.25    /* mm beyond the outline */
#define DOT_RADIUS 0.2 /* mm */
#define LANES 8
#define SLACK 0.01 /* px: how far the corners' places may differ from those summed */

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));
typedef int32_t lane_bits __attribute__((vector_size(LANES * sizeof(int32_t))));

struct raster raster_of(const struct page_map *map, const struct bubble_ink *b)
{
    double w = b->bubble->box.w * map->bubble_scale, h = b->bubble->box.h * map->bubble_scale;
    double px_x = hypot(b->view.dx.x, b->view.dx.y), px_y = hypot(b->view.dy.x, b->view.dy.y);
    struct raster r = {.round = b->field->shape == BUBBLE_CIRCLE || b->field->shape == BUBBLE_OVAL};
    r.w = (int)fmin(PICTURE_SIDE, ceil((w + 2 * MARGIN) * px_x));
    r.h = (int)fmin(PICTURE_SIDE, ceil((h + 2 * MARGIN) * px_y));
    r.w = r.w < 8 ? 8 : r.w;
    r.h = r.h < 8 ? 8 : r.h;
    r.stride = (r.w + LANES - 1) / LANES * LANES;
    r.dx = (w + 2 * MARGIN) / r.w;
    r.dy = (h + 2 * MARGIN) / r.h;
    r.dot = (int)fmax(1, DOT_RADIUS / fmax(r.dx, r.dy));
    r.half_w = (float)(w / 2 / r.dx);
    r.half_h = (float)(h / 2 / r.dy);
    return r;
}

/* ---- taking ---- */

/* Places of a raster's points on the image. */
struct walk {
    struct point first, along, down; /* px: from one point to the next, from a row to the next */
};

static struct walk walk_of(const struct raster *r, const struct bubble_view *v, double shift_x,
                           double shift_y)
{
    struct walk w = {.along = {v->dx.x * r->dx, v->dx.y * r->dx},
                     .down = {v->dy.x * r->dy, v->dy.y * r->dy}};
    double a = shift_x - (r->w - 1) / 2.0, c = shift_y - (r->h - 1) / 2.0;
    w.first.x = v->origin.x + a * w.along.x + c * w.down.x;
    w.first.y = v->origin.y + a * w.along.y + c * w.down.y;
    return w;
}

/* Whether all points, those that fill up the rows too, have four pixels around them. */
static bool is_clear(const struct image *img, const struct raster *r, const struct walk *w)
{
    for (int corner = 0; corner < 4; corner++) {
        int x = corner % 2 * (r->stride - 1), y = corner / 2 * (r->h - 1);
        double px = w->first.x + x * w->along.x + y * w->down.x;
        double py = w->first.y + x * w->along.y + y * w->down.y;
        if (!(px >= SLACK && py >= SLACK && px < img->width - 1 - SLACK &&
              py < img->height - 1 - SLACK))
            return false;
    }
    return true;
}

/* Bilinear; what is off the image is paper. */
static float grey_between(const struct image *img, double x, double y, int paper)
{
    int x0 = (int)floor(x), y0 = (int)floor(y);
    if (x0 < 0 || y0 < 0 || x0 + 1 >= img->width || y0 + 1 >= img->height)
        return (float)paper;
    const uint8_t *a = image_row(img, y0) + x0, *b = image_row(img, y0 + 1) + x0;
    float u = (float)(x - x0), v = (float)(y - y0);
    float top = a[0] + u * (float)(a[1] - a[0]), low = b[0] + u * (float)(b[1] - b[0]);
    return top + v * (low - top);
}

static void take_at_edge(const struct image *img, const struct raster *r, const struct walk *w,
                         int paper, struct picture *ret)
{
    for (int y = 0; y < r->h; y++)
        for (int x = 0; x < r->w; x++) {
            double px = w->first.x + x * w->along.x + y * w->down.x;
            double py = w->first.y + x * w->along.y + y * w->down.y;
            ret->at[y * r->stride + x] = 1 - grey_between(img, px, py, paper) / (float)paper;
        }
}

/* Where a row's points lie: the pixel to the upper left, and how far it is from there. */
struct row_places {
    int32_t at[PICTURE_SIDE];
    float right[PICTURE_SIDE], below[PICTURE_SIDE];
};

static inline __attribute__((always_inline)) void
find_places(const struct walk *w, double x0, double y0, int stride, int n, struct row_places *ret)
{
    const double xx = w->along.x, xy = w->along.y;
    for (int x = 0; x < n; x++) {
        double px = x0 + x * xx, py = y0 + x * xy;
        int column = (int)px, row = (int)py;
        ret->at[x] = row * stride + column;
        ret->right[x] = (float)(px - column);
        ret->below[x] = (float)(py - row);
    }
}

/* The four pixels about each place, the upper ones in the lower half. */
static inline __attribute__((always_inline)) void fetch_pixels(const uint8_t *data,
                                                               ptrdiff_t stride,
                                                               const struct row_places *p, int n,
                                                               uint32_t *restrict ret)
{
    for (int x = 0; x < n; x++) {
        uint16_t upper, lower;
        memcpy(&upper, data + p->at[x], sizeof upper);
        memcpy(&lower, data + p->at[x] + stride, sizeof lower);
        ret[x] = upper | (uint32_t)lower << 16;
    }
}

static inline __attribute__((always_inline)) void blend(const uint32_t *restrict pixels,
                                                        const struct row_places *p, float paper,
                                                        int n, float *restrict ret)
{
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "else left and right change places");
    for (int x = 0; x < n; x++) {
        int a0 = pixels[x] & 0xff, a1 = pixels[x] >> 8 & 0xff;
        int b0 = pixels[x] >> 16 & 0xff, b1 = (int)(pixels[x] >> 24);
        float top = (float)a0 + p->right[x] * (float)(a1 - a0);
        float low = (float)b0 + p->right[x] * (float)(b1 - b0);
        ret[x] = 1 - (top + p->below[x] * (low - top)) / paper;
    }
}

WIDE static void take_clear(const struct image *img, const struct raster *r, const struct walk *w,
                            float paper, struct picture *ret)
{
    struct row_places places;
    uint32_t pixels[PICTURE_SIDE];
    const int n = r->stride;
    for (int y = 0; y < r->h; y++) {
        find_places(w, w->first.x + y * w->down.x, w->first.y + y * w->down.y, (int)img->stride, n,
                    &places);
        fetch_pixels(img->data, (ptrdiff_t)img->stride, &places, n, pixels);
        blend(pixels, &places, paper, n, &ret->at[y * n]);
        for (int x = r->w; x < n; x++)
            ret->at[y * n + x] = 0;
    }
}

void picture_take(const struct image *img, const struct raster *r, const struct bubble_ink *b,
                  float shift_x, float shift_y, struct picture *ret)
{
    const struct walk w = walk_of(r, &b->view, (double)shift_x, (double)shift_y);
    const int paper = b->paper > 1 ? b->paper : 1;
    if (is_clear(img, r, &w))
        take_clear(img, r, &w, (float)paper, ret);
    else
        take_at_edge(img, r, &w, paper, ret);
}

/* The lower half of each point's values is kept in order; eight points at once. */
WIDE void picture_median(const struct raster *r, const struct picture *from, int n,
                         struct picture *ret)
{
    const int keep = n / 2 + 1, points = r->stride * r->h;
    for (int i = 0; i < points; i += LANES) {
        lanes least[PICTURES_MAX / 2 + 1];
        for (int k = 0; k < n; k++) {
            lanes v = *(const lanes *)&from[k].at[i];
            for (int j = 0; j < (k < keep ? k : keep); j++) {
                lanes kept = least[j];
                lane_bits more = kept > v;
                least[j] = (lanes)(((lane_bits)v & more) | ((lane_bits)kept & ~more));
                v = (lanes)(((lane_bits)kept & more) | ((lane_bits)v & ~more));
            }
            if (k < keep)
                least[k] = v;
        }
        lanes upper = least[n / 2], lower = n % 2 ? upper : least[n / 2 - 1];
        *(lanes *)&ret->at[i] = (lower + upper) / 2;
    }
}
