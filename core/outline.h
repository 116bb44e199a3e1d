/* outline.h - points along the printed outline of a bubble.
 *
 * Where registration looks for print and reading for the bubble's exact place: always the same
 * points, spread evenly over what the shape prints. */
#ifndef YJ_CORE_OUTLINE_H
#define YJ_CORE_OUTLINE_H

#include "form.h"
#include "geometry.h"

#define OUTLINE_POINTS 16

/* on[]: mm from the centre of a w x h mm bubble; normal[]: unit vectors pointing out of it. */
void outline_points(enum bubble_shape shape, double w, double h, struct point on[OUTLINE_POINTS],
                    struct point normal[OUTLINE_POINTS]);

#endif
