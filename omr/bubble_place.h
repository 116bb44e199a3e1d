/* bubble_place.h - where exactly each bubble is printed: the last fraction of a millimetre that the
 * page's map leaves.
 *
 * Internal to omr. On its outline it is darker than beside it, whether a bubble is filled or not:
 * each bubble's view is moved, by a quarter of a millimetre at most, to where that is most so. A
 * column or choice whose outlines are hardly there at all (a form that states it wrongly, a block
 * printed by itself) is first moved as a whole, by up to a millimetre. */
#ifndef YJ_OMR_BUBBLE_PLACE_H
#define YJ_OMR_BUBBLE_PLACE_H

#include "bubble_ink.h"

/* Sets b[i].view and b[i].missing of all bubbles of a page, whose field and bubble are set, field
 * by field. */
void bubble_place_find(const struct image *img, const struct page_map *map, struct bubble_ink *b,
                       int n);

#endif
