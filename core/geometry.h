/* geometry.h - points, boxes and plane transforms.
 *
 * A form speaks millimetres from the page's top-left corner, x right, y down; an image pixels, the
 * centre of the first pixel at (0, 0). A `homography` maps the first to the second. */
#ifndef YJ_CORE_GEOMETRY_H
#define YJ_CORE_GEOMETRY_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

struct point {
    double x, y;
};

struct rect {
    double x, y, w, h; /* top-left corner and size */
};

/* Row-major 3 x 3: (x, y, 1) -> (X, Y, W), the image is (X / W, Y / W). */
struct homography {
    double m[9];
};

static inline struct point rect_center(struct rect r)
{
    struct point center = {r.x + r.w / 2, r.y + r.h / 2};
    return center;
}

static inline struct rect rect_around(struct point center, double w, double h)
{
    struct rect r = {center.x - w / 2, center.y - h / 2, w, h};
    return r;
}

/* lround() of what fits an int, without a call or a branch: halves away from nought. */
static inline int nearest_whole(double at)
{
    return (int)(at + copysign(0.5, at));
}

static inline struct point homography_apply(const struct homography *h, struct point p)
{
    const double *m = h->m;
    double w = m[6] * p.x + m[7] * p.y + m[8];
    struct point q = {(m[0] * p.x + m[1] * p.y + m[2]) / w, (m[3] * p.x + m[4] * p.y + m[5]) / w};
    return q;
}
/* 0, or -1 where the matrix cannot be inverted. */
int homography_invert(const struct homography *h, struct homography *ret_inverse);
/* ret = outer after inner. */
void homography_compose(const struct homography *outer, const struct homography *inner,
                        struct homography *ret);
/* Local scale at p: px a mm, geometric mean over the directions (sqrt of |det J|). */
double homography_scale(const struct homography *h, struct point p);

/* Least squares from n pairs, optionally weighted (w may be NULL): similarity (n >= 2), affine
 * (n >= 3), homography (n >= 4; normalised DLT, Hartley and Zisserman 4.4.4). 0, or -1 where the
 * points do not determine it. */
int homography_fit_similarity(const struct point *from, const struct point *to, const double *w,
                              size_t n, struct homography *ret);
int homography_fit_affine(const struct point *from, const struct point *to, const double *w,
                          size_t n, struct homography *ret);
int homography_fit(const struct point *from, const struct point *to, const double *w, size_t n,
                   struct homography *ret);

/* Standard deviation of the points across the line through them: nought where they lie on one. */
double points_breadth(const struct point *p, size_t n);

/* Root mean square of |h(from) - to|, in the units of `to`. */
double homography_residual(const struct homography *h, const struct point *from,
                           const struct point *to, size_t n);

#endif
