/* crop.h - a field's picture for a person, upright, at a size that reads well. */
#ifndef YJ_OCR_CROP_H
#define YJ_OCR_CROP_H

#include "arena.h"
#include "image.h"
#include "pagemap.h"
#include "records.h"
#include <stdbool.h>

#define CROP_DPI 150.0
#define CROP_MARGIN 2.0 /* mm around the area */

/* Cuts `area` (mm) out of img through map at `dpi` into `out`. 0, YJ_ENOMEM or YJ_EDATA (empty). */
int crop_extract(const struct image *img, const struct page_map *map, struct rect area, double dpi,
                 struct image *out);
/* Whether the scan shows all of `area` (mm), but for 2 px: what lies beyond is cut out as paper. */
bool crop_is_within(const struct image *img, const struct page_map *map, struct rect area);
/* The same as crop_extract, with CROP_MARGIN, deflated into the arena. */
int crop_deflate(const struct image *img, const struct page_map *map, struct rect area,
                 struct image *scratch, struct arena *arena, struct crop *ret_crop);
/* Back to pixels: out is width x height. YJ_EDATA where the bytes are broken. */
int crop_inflate(const struct crop *crop, struct image *out);

#endif
