/* occupancy.h - what of a page is printed on already, so that a caption finds white paper. */
#ifndef YJ_SHEET_OCCUPANCY_H
#define YJ_SHEET_OCCUPANCY_H

#include "geometry.h"
#include <stdbool.h>

struct occupancy {
    double width, height; /* mm, the page */
    struct rect *taken;
    int n, capacity;
};

void occupancy_finish(struct occupancy *o);
/* 0 or YJ_ENOMEM. */
int occupancy_add(struct occupancy *o, struct rect r);
/* The four lines of a rectangle: its inside is free. */
int occupancy_add_lines(struct occupancy *o, struct rect r, double width);
/* Whether nothing stands within `margin` mm of r, and r is where printers print. */
bool occupancy_is_free(const struct occupancy *o, struct rect r, double margin);

#endif
