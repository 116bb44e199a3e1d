/* view_points.h - points around a bubble's centre, as pixels of the scan.
 *
 * Internal to omr. A point is in mm from the centre; its pixel is the nearest. Many at once,
 * without calls and branches, so that the compiler can take them several at a time: reading a page
 * is mostly this. */
#ifndef YJ_OMR_VIEW_POINTS_H
#define YJ_OMR_VIEW_POINTS_H

#include "bubble_ink.h"

#include <math.h>

static inline double length_of(struct point p)
{
    return sqrt(p.x * p.x + p.y * p.y);
}

/* Where points (x[i], y[i]) are. */
void view_pixels(const struct bubble_view *v, const double *restrict x, const double *restrict y,
                 int n, int *restrict px, int *restrict py);

/* Whether all within w / 2 and h / 2 mm of the centre, and `more` px beyond, is on the image. */
static inline bool view_is_within(const struct image *img, const struct bubble_view *v, double w,
                                  double h, double more)
{
    double x = w / 2 * fabs(v->dx.x) + h / 2 * fabs(v->dy.x) + more;
    double y = w / 2 * fabs(v->dx.y) + h / 2 * fabs(v->dy.y) + more;
    return v->origin.x - x >= 0 && v->origin.y - y >= 0 && v->origin.x + x <= img->width - 1 &&
           v->origin.y + y <= img->height - 1;
}

#endif
