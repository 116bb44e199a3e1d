/* ink_mask.h - the points of a bubble that are looked at: a grid, without what a round outline cuts
 * off. Internal to omr. */
#ifndef YJ_OMR_INK_MASK_H
#define YJ_OMR_INK_MASK_H

#include "bubble_ink.h"

#define INK_INSET 0.80 /* of the outline's half axes */

struct ink_mask {
    int n;
    int index[INK_GRID][INK_GRID]; /* of the point at a place of the grid, -1 outside the shape */
    float u[INK_POINTS], v[INK_POINTS]; /* of the half width and half height, -1 to 1 */
    int n_near[INK_POINTS]; /* the point and what of its eight neighbours the shape has */
    uint8_t near[INK_POINTS][9];
};

void ink_mask_make(enum bubble_shape shape, struct ink_mask *ret_mask);

#endif
