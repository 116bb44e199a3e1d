/* line_picture.h - a line of handwriting as the nets of the line reader see it.
 *
 * Ink against its own paper, 0 to 1, whatever the light, the pen and the resolution; scaled by the
 * spread of the writing over its rows, not by its box, which one long stroke decides.
 * tools/train/line_ink.py makes the same picture for training; a change here is one there. */
#ifndef YJ_OCR_LINE_PICTURE_H
#define YJ_OCR_LINE_PICTURE_H

#include "image.h"

#include <stdbool.h>

#define LINE_ROWS 32
#define LINE_MAX_WIDTH 640 /* px of the picture */

struct line_picture {
    int width;    /* px; 0: there is no ink */
    bool paper;   /* what has no ink is plainly paper: light, and large enough to say so */
    bool writing; /* the ink may be writing: not too much of it, not too pale, no long bar */
    double ink;   /* mean of the picture's v: of writing some 0.05 to 0.25 */
    float v[LINE_ROWS][LINE_MAX_WIDTH]; /* 0 paper to 1 ink; columns from width on are 0 */
};

/* Takes the picture of a crop of a page, any size. A printed rule or an edge of a frame along the
 * crop's border is left out, strokes that cross it stay; a crop should therefore show some paper
 * around the writing. Memory for the work is taken and given back. 0 or YJ_ENOMEM. */
int line_picture_take(const struct image *crop, struct line_picture *ret);

/* The picture leant: each row moved to the right by `slant` px for each px that it lies below the
 * middle. */
void line_picture_lean(const struct line_picture *picture, double slant, struct line_picture *ret);

/* The picture's width with paper added on its right: one of seven, so that a net is made ready
 * for few sizes. */
int line_picture_padded(int width);

#endif
