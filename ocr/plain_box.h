/* plain_box.h - boxes that are plainly empty, told from the scan's own pixels.
 *
 * Internal to ocr. Most boxes of a form that nobody wrote into are four thin lines alike around
 * paper, or paper alone: to see that takes a twentieth of what it takes to cut a box out, to find
 * its border and to take it away (written_box.h). Whatever is otherwise goes that long way: this
 * says "empty" only where that would say so, too. */
#ifndef YJ_OCR_PLAIN_BOX_H
#define YJ_OCR_PLAIN_BOX_H

#include "image.h"
#include "pagemap.h"
#include <stdbool.h>

/* Whether nothing is written in a box (mm) of which the scan shows `margin` mm around. False: it is
 * not plain. */
bool plain_box(const struct image *img, const struct page_map *map, struct rect box, double margin);

#endif
