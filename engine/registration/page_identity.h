/* page_identity.h - reads which page of which sheet is printed on a registered page. */
#ifndef YJ_ENGINE_PAGE_IDENTITY_H
#define YJ_ENGINE_PAGE_IDENTITY_H

#include "form.h"
#include "image.h"
#include "pagemap.h"

enum identity_verdict {
    IDENTITY_NONE, /* the form prints none */
    IDENTITY_MATCH,
    IDENTITY_OTHER,   /* another page or form */
    IDENTITY_UNCLEAR, /* cannot be read */
    IDENTITY_CUT,     /* not in the image: the page's head or foot is cut off */
};

#define SHEET_SERIAL_MAX 32

/* `paper` is the grey of the paper. `sheet` receives the serial ("" none), `seen` what was read,
 * for messages. */
enum identity_verdict page_identity_read(const struct page_identity *identity,
                                         const struct image *img, const struct page_map *map,
                                         double paper, char sheet[SHEET_SERIAL_MAX], char seen[64]);

#endif
