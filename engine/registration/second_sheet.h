/* second_sheet.h - does the scan show a part of another sheet beside the page that was found?
 *
 * Two sheets drawn in at once overlap: the other's marks stand where the form has none, and hide or
 * push out of the image marks of this one; or its print goes on beyond this page's edge. */
#ifndef YJ_ENGINE_SECOND_SHEET_H
#define YJ_ENGINE_SECOND_SHEET_H

#include "form.h"
#include "pagemap.h"
#include "proposals.h"

/* `paper` is the grey of the paper. 0 or YJ_ENOMEM. */
int second_sheet_look(const struct form *form, int page, const struct pyramid *pyramid,
                      const struct page_map *map, double paper, bool *ret_seen);

#endif
