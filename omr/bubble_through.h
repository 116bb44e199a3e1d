/* bubble_through.h - what runs through a bubble and goes on at both sides of it: a streak of the
 * scanner, a fold, a coffee ring. A mark ends near its bubble.
 *
 * Internal to omr. */
#ifndef YJ_OMR_BUBBLE_THROUGH_H
#define YJ_OMR_BUBBLE_THROUGH_H

#include "bubble_ink.h"

/* Sets b[i].through of those of a page's bubbles that hold some ink. Needs view, paper and ink. 0
 * or YJ_ENOMEM. */
int bubble_through_measure(const struct image *img, const struct page_map *map,
                           struct bubble_ink *b, int n, struct arena *arena);

#endif
