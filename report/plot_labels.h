/* plot_labels.h - where the names of points stand, so that none lies over another or over a point.
 *
 * Greedy: in the order given each label takes the first free of eight places about its point, near
 * ones first, then farther ones, to which a thin line leads. One that finds none is left out. */
#ifndef YJ_REPORT_PLOT_LABELS_H
#define YJ_REPORT_PLOT_LABELS_H

#include "geometry.h"
#include <stdbool.h>

struct plot_label {
    struct point point; /* that it names */
    double w, h;        /* mm of its words */
    struct rect place;  /* found */
    bool placed, far;   /* far: draw a line to the point */
};

/* Names n points within `bounds`; `radius`: of the points, mm. Returns how many were left out. */
int labels_place(struct plot_label *labels, int n, struct rect bounds, double radius);

#endif
