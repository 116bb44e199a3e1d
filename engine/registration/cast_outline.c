#include "cast_outline.h"

#include "wide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CLAMP 48           /* grey levels: no pair speaks louder */
#define LANES 16           /* places that are looked at together, ... */
#define FEW 1              /* ... where they are more than these */
#define CONTRAST_MAX 9     /* grey levels: a pair sees print, however strong the print is ... */
#define CONTRAST_SHARE 0.4 /* of the print's mean evidence a pair */
#define SUPPORT_MIN 10     /* pairs of POINTS: an outline is found */
#define SUPPORT_BLANK 5    /* pairs: no more, and there is no print at all */

/* The linear part of a transform about a point. */
struct linear {
    double xx, xy, yx, yy;
};

/* Points of an outline, `out` times the way to its outside, as offsets into the image in whole px
 * from its centre; returns how far the farthest is in x or y. */
WIDE static int make_offsets(const struct outline *restrict o, const struct linear *restrict l,
                             double size, double out, int stride, int *restrict offsets)
{
    const struct linear by = *l;
    int reach = 0;
    for (int i = 0; i < POINTS; i++) {
        double x = o->on_x[i] * size + o->normal_x[i] * out;
        double y = o->on_y[i] * size + o->normal_y[i] * out;
        int px = nearest_whole(by.xx * x + by.xy * y), py = nearest_whole(by.yx * x + by.yy * y);
        int far_x = abs(px), far_y = abs(py);
        offsets[i] = py * stride + px;
        reach = far_x > reach ? far_x : reach;
        reach = far_y > reach ? far_y : reach;
    }
    return reach;
}

void cast_outline(const struct outline *o, const struct image *img, const struct homography *h,
                  double size, struct cast_outline *c)
{
    struct point p = homography_apply(h, o->center);
    struct point px = homography_apply(h, (struct point){o->center.x + 1, o->center.y});
    struct point py = homography_apply(h, (struct point){o->center.x, o->center.y + 1});
    struct linear l = {px.x - p.x, py.x - p.x, px.y - p.y, py.y - p.y};
    int on = make_offsets(o, &l, size, 0, (int)img->stride, c->on);
    int out = make_offsets(o, &l, size, o->gap, (int)img->stride, c->out);
    c->center = p;
    c->reach = on > out ? on : out;
}

const uint8_t *cast_pixel(const struct cast_outline *c, const struct image *img, int radius)
{
    int margin = c->reach + radius + 1;
    if (!(c->center.x >= margin) || !(c->center.y >= margin) ||
        !(c->center.x < img->width - margin) || !(c->center.y < img->height - margin))
        return NULL;
    return image_row(img, nearest_whole(c->center.y)) + nearest_whole(c->center.x);
}

/* What a pair says at LANES places beside each other. */
static inline __attribute__((always_inline)) void
add_pair(const uint8_t *restrict on, const uint8_t *restrict out, int16_t *restrict sum)
{
    for (int x = 0; x < LANES; x++) {
        int16_t d = (int16_t)(out[x] - on[x]);
        d = d > CLAMP ? CLAMP : d;
        d = d < -CLAMP ? -CLAMP : d;
        sum[x] = (int16_t)(sum[x] + d);
    }
}

static inline __attribute__((always_inline)) void add_sums(const int16_t *restrict sum,
                                                           int *restrict sums)
{
    for (int x = 0; x < LANES; x++)
        sums[x] += sum[x];
}

/* Adds the evidence at LANES places beside each other, from p on. In this shape, and not within a
 * loop, the compiler takes them all at once. No sum leaves 16 bits: POINTS pairs of at most CLAMP.
 */
__attribute__((noinline)) WIDE static void add_lanes(const struct cast_outline *c, const uint8_t *p,
                                                     int *restrict sums)
{
    int16_t sum[LANES] = {0};
    for (int i = 0; i < POINTS; i++)
        add_pair(p + c->on[i], p + c->out[i], sum);
    add_sums(sum, sums);
}

/* The same of four rows, `apart` bytes and `columns` sums from each other: a pair's offsets are
 * looked up once. */
__attribute__((noinline)) WIDE static void add_four(const struct cast_outline *c, const uint8_t *p,
                                                    ptrdiff_t apart, int *restrict sums,
                                                    int columns)
{
    int16_t first[LANES] = {0}, second[LANES] = {0}, third[LANES] = {0}, fourth[LANES] = {0};
    for (int i = 0; i < POINTS; i++) {
        const uint8_t *on = p + c->on[i], *out = p + c->out[i];
        add_pair(on, out, first);
        add_pair(on + apart, out + apart, second);
        add_pair(on + 2 * apart, out + 2 * apart, third);
        add_pair(on + 3 * apart, out + 3 * apart, fourth);
    }
    add_sums(first, sums);
    add_sums(second, sums + columns);
    add_sums(third, sums + 2 * columns);
    add_sums(fourth, sums + 3 * columns);
}

/* The same, place by place and no farther than `n` of them. */
static void add_places(const struct cast_outline *c, const uint8_t *p, int n, int *sums)
{
    for (int x = 0; x < n; x++, p++)
        for (int i = 0; i < POINTS; i++) {
            int d = p[c->out[i]] - p[c->on[i]];
            sums[x] += d > CLAMP ? CLAMP : (d < -CLAMP ? -CLAMP : d);
        }
}

/* Whether places beyond those searched, LANES in all, lie in the image's memory, too. */
static bool has_room(const struct cast_outline *c, const struct image *img, int radius)
{
    return nearest_whole(c->center.y) + c->reach + radius + 1 < img->height && img->stride >= LANES;
}

int shift_evidence_columns(int reach)
{
    return (2 * reach + LANES) / LANES * LANES;
}

/* The n places of a row. */
static void add_row(const struct cast_outline *c, const uint8_t *at, int n, bool roomy, int *sums)
{
    if (!roomy)
        add_places(c, at, n, sums);
    for (int x = 0; x < n && roomy; x += LANES)
        if (n - x > FEW)
            add_lanes(c, at + x, sums + x);
        else
            add_places(c, at + x, n - x, sums + x);
}

bool cast_add_evidence(const struct cast_outline *c, const struct image *img,
                       struct shift_evidence *e)
{
    const uint8_t *p = cast_pixel(c, img, e->reach);
    const int n = 2 * e->reach + 1, columns = shift_evidence_columns(e->reach);
    const ptrdiff_t apart = e->step * (ptrdiff_t)img->stride;
    if (!p)
        return false;
    bool roomy = has_room(c, img, e->reach);
    int *sums = e->sums, rows = 2 * e->reach / e->step + 1;
    const uint8_t *at = p - e->reach * (ptrdiff_t)img->stride - e->reach;
    for (; rows >= 4 && roomy && n <= LANES + FEW;
         rows -= 4, at += 4 * apart, sums += 4 * columns) {
        add_four(c, at, apart, sums, columns);
        for (int y = 0; y < 4 && n > LANES; y++)
            add_places(c, at + y * apart + LANES, n - LANES, sums + y * columns + LANES);
    }
    for (; rows > 0; rows--, at += apart, sums += columns)
        add_row(c, at, n, roomy, sums);
    return true;
}

static int outline_support(const struct cast_outline *c, const uint8_t *p, int contrast)
{
    int support = 0;
    for (int i = 0; i < POINTS; i++)
        support += (int)p[c->out[i]] - (int)p[c->on[i]] >= contrast;
    return support;
}

int cast_contrast_wanted(double evidence)
{
    double c = CONTRAST_SHARE * evidence;
    return (int)lround(c < CONTRAST_MIN ? CONTRAST_MIN : (c > CONTRAST_MAX ? CONTRAST_MAX : c));
}

/* The places within a pixel of one, itself first: most print is just there. */
static const int8_t around[9][2] = {{0, 0},   {0, -1}, {-1, 0}, {1, 0}, {0, 1},
                                    {-1, -1}, {1, -1}, {-1, 1}, {1, 1}};

bool cast_found(const struct cast_outline *c, const struct image *img, int dx, int dy, int contrast)
{
    struct cast_outline moved = *c;
    moved.center.x += dx;
    moved.center.y += dy;
    const uint8_t *p = cast_pixel(&moved, img, 1);
    for (int i = 0; p && i < 9; i++)
        if (outline_support(c, p + around[i][1] * (ptrdiff_t)img->stride + around[i][0],
                            contrast) >= SUPPORT_MIN)
            return true;
    return false;
}

bool cast_is_blank(const struct cast_outline *c, const struct image *img, int contrast)
{
    const uint8_t *p = cast_pixel(c, img, 1);
    for (int y = -1; p && y <= 1; y++)
        for (int x = -1; x <= 1; x++)
            if (outline_support(c, p + y * (ptrdiff_t)img->stride + x, contrast) > SUPPORT_BLANK)
                return false;
    return true;
}
