#include "view_points.h"

#include "wide.h"

WIDE void view_pixels(const struct bubble_view *v, const double *restrict x,
                      const double *restrict y, int n, int *restrict px, int *restrict py)
{
    const double ox = v->origin.x, oy = v->origin.y;
    const double xx = v->dx.x, yx = v->dy.x, xy = v->dx.y, yy = v->dy.y;
    for (int i = 0; i < n; i++) {
        px[i] = nearest_whole(ox + x[i] * xx + y[i] * yx);
        py[i] = nearest_whole(oy + x[i] * xy + y[i] * yy);
    }
}
