/* page_ways.h - what several ways of one number, and the roster, make of each other.
 *
 * A candidate's number may stand on a page as bubbles, as a barcode and by hand (a form's
 * `same_as`). When all of a page's fields are read for themselves, ways that are sure and differ
 * are a person's; what one way doubts another, or the roster, may settle. Knows no pixels. */
#ifndef YJ_ENGINE_PAGE_WAYS_H
#define YJ_ENGINE_PAGE_WAYS_H

#include "page_writing.h"

/* Changes what the page's readings say where others of them, or the roster, say more. */
void page_ways_settle(const struct page_view *view, const struct form *form,
                      struct reading *readings, const struct writing *writings, int n);

#endif
