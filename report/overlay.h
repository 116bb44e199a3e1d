/* overlay.h - a form drawn over a scan, for the person who writes the form.
 *
 * Bubbles red, boxes to write in blue, areas green, marks and frames magenta (with a cross on the
 * centre of their ink), squares and barcodes of the page's identity orange: thin lines that run
 * along the printed ones where the form is right. */
#ifndef YJ_REPORT_OVERLAY_H
#define YJ_REPORT_OVERLAY_H

#include "form.h"
#include "image.h"
#include "pagemap.h"

struct diag;

struct overlay {
    uint8_t *rgb; /* rows of width * 3 bytes */
    int width, height;
};

/* A copy of the scan in colours, nothing drawn yet. YJ_ENOMEM. */
int overlay_init(struct overlay *o, const struct image *scan);
void overlay_finish(struct overlay *o);
/* Draws form page `page` where `map` puts it. */
void overlay_draw(struct overlay *o, const struct form *form, int page, const struct page_map *map);
/* YJ_EIO, told. */
int overlay_write(const struct overlay *o, const char *path, struct diag *d);

#endif
