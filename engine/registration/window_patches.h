/* window_patches.h - dark patches in a small part of an image.
 *
 * What vision_find_blobs finds, for windows so small that asking OpenCV costs more than the answer:
 * the same patches to the pixel, without a byte of memory asked for. */
#ifndef YJ_ENGINE_WINDOW_PATCHES_H
#define YJ_ENGINE_WINDOW_PATCHES_H

#include "image.h"
#include "vision.h"

#define WINDOW_SIDE_MAX 320 /* px: larger parts are for vision_find_blobs */

/* Patches (8-connected) of pixels at least `offset` grey levels darker than the mean of `around`
 * (odd) x `around` pixels about them, the edge's standing for those beyond it; of at least min_area
 * px. Fills blobs[0 .. n), largest first, and returns n, at most max. `part` has no side longer
 * than WINDOW_SIDE_MAX. */
int window_patches_find(const struct image *part, int around, int offset, int min_area,
                        struct blob *blobs, int max);

#endif
