/* mark_sight.h - is a printed mark where a map puts it? */
#ifndef YJ_ENGINE_MARK_SIGHT_H
#define YJ_ENGINE_MARK_SIGHT_H

#include "form.h"
#include "image.h"
#include "pagemap.h"

/* How many marks (marks, timing; not pictures) the page has printed. */
int marks_printed(const struct form_page *page);
/* How many of the page's printed marks (marks, timing; not pictures) stand where the map has them.
 */
int marks_at_their_places(const struct form_page *page, const struct image *img,
                          const struct page_map *map);

#endif
