/* bubble_sample.h - the darkness of a bubble's points, against the paper beside it.
 *
 * Internal to omr. */
#ifndef YJ_OMR_BUBBLE_SAMPLE_H
#define YJ_OMR_BUBBLE_SAMPLE_H

#include "bubble_ink.h"
#include "ink_mask.h"

/* Sets paper, n_points, darkness and mean of a page's bubbles, whose views are found;
 * masks[shape]. */
void bubble_sample_all(const struct image *img, const struct page_map *map,
                       const struct ink_mask *masks, struct bubble_ink *b, int n);

#endif
