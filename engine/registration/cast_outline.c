#include "cast_outline.h"

#include <math.h>
#include <stdlib.h>

#define CLAMP 48           /* grey levels: no pair speaks louder */
#define CONTRAST_MAX 9     /* grey levels: a pair sees print, however strong the print is ... */
#define CONTRAST_SHARE 0.4 /* of the print's mean evidence a pair */
#define SUPPORT_MIN 10     /* pairs of POINTS: an outline is found */
#define SUPPORT_BLANK 5    /* pairs: no more, and there is no print at all */

void cast_outline(const struct outline *o, const struct image *img, const struct homography *h,
                  double size, struct cast_outline *c)
{
    struct point p = homography_apply(h, o->center);
    struct point px = homography_apply(h, (struct point){o->center.x + 1, o->center.y});
    struct point py = homography_apply(h, (struct point){o->center.x, o->center.y + 1});
    double a = px.x - p.x, b = py.x - p.x, e = px.y - p.y, d = py.y - p.y;
    c->center = p;
    c->reach = 0;
    for (int i = 0; i < POINTS; i++) {
        struct point on = {o->on[i].x * size, o->on[i].y * size};
        struct point out = {on.x + o->normal[i].x * o->gap, on.y + o->normal[i].y * o->gap};
        int onx = (int)lround(a * on.x + b * on.y), ony = (int)lround(e * on.x + d * on.y);
        int outx = (int)lround(a * out.x + b * out.y), outy = (int)lround(e * out.x + d * out.y);
        c->on[i] = ony * (int)img->stride + onx;
        c->out[i] = outy * (int)img->stride + outx;
        int far_x = abs(outx) > abs(onx) ? abs(outx) : abs(onx);
        int far_y = abs(outy) > abs(ony) ? abs(outy) : abs(ony);
        c->reach = far_x > c->reach ? far_x : c->reach;
        c->reach = far_y > c->reach ? far_y : c->reach;
    }
}

const uint8_t *cast_pixel(const struct cast_outline *c, const struct image *img, int radius)
{
    int margin = c->reach + radius + 1;
    if (!(c->center.x >= margin) || !(c->center.y >= margin) ||
        !(c->center.x < img->width - margin) || !(c->center.y < img->height - margin))
        return NULL;
    return image_row(img, (int)lround(c->center.y)) + lround(c->center.x);
}

static int pair_evidence(int on, int out)
{
    int d = out - on;
    return d > CLAMP ? CLAMP : (d < -CLAMP ? -CLAMP : d);
}

int cast_evidence(const struct cast_outline *c, const uint8_t *p)
{
    int sum = 0;
    for (int i = 0; i < POINTS; i++)
        sum += pair_evidence(p[c->on[i]], p[c->out[i]]);
    return sum;
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

bool cast_found(const struct cast_outline *c, const struct image *img, int dx, int dy, int contrast)
{
    struct cast_outline moved = *c;
    moved.center.x += dx;
    moved.center.y += dy;
    const uint8_t *p = cast_pixel(&moved, img, 1);
    if (!p)
        return false;
    for (int y = -1; y <= 1; y++)
        for (int x = -1; x <= 1; x++)
            if (outline_support(c, p + y * (ptrdiff_t)img->stride + x, contrast) >= SUPPORT_MIN)
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
