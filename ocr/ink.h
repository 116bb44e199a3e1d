/* ink.h - whether anything is written in a place left for handwriting.
 *
 * Says no more than "somebody must look" or "there is nothing here". */
#ifndef YJ_OCR_INK_H
#define YJ_OCR_INK_H

#include "image.h"
#include "pagemap.h"
#include <stdbool.h>

/* Looks inside each box (mm), clear of its printed edges. `scratch` is reused. 0 or YJ_ENOMEM. */
int ink_present(const struct image *img, const struct page_map *map, const struct rect *boxes,
                int n_boxes, struct image *scratch, bool *ret_present);

#endif
