/* ink_mask.h - the points of a bubble that are looked at: a grid, without what a round outline cuts
 * off. Internal to omr.
 *
 * A grid's values are bytes, row by row; outside the shape they are 0. Masks are 255 where their
 * points are, so that `value & mask` takes them out. */
#ifndef YJ_OMR_INK_MASK_H
#define YJ_OMR_INK_MASK_H

#include "bubble_ink.h"

#define INK_INSET 0.80 /* of the outline's half axes */

struct ink_mask {
    int n;                      /* points inside the shape */
    int n_inner, n_outer;       /* of them */
    float at[INK_GRID];         /* of the half width, and of the half height: -1 to 1 */
    uint8_t inside[INK_POINTS]; /* the shape */
    uint8_t inner[INK_POINTS];  /* its inner half */
    uint8_t middle[INK_POINTS]; /* where a pen's line is looked for */
    uint8_t outer[INK_POINTS];  /* near the outline: letters seldom reach so far, strokes do */
    uint16_t share[INK_POINTS]; /* 65536 / how many of a point and its eight neighbours the shape
                                   has, rounded up; 0 outside */
};

void ink_mask_make(enum bubble_shape shape, struct ink_mask *ret_mask);

#endif
