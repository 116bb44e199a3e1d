/* mark_patches.h - dark patches of a scan that may be printed marks: sightings (proposals.h).
 *
 * Looked for in a reduced image, all over it, or only where the marks of a page that fills the scan
 * must be. Knows which sizes a mark can have, not which patch is which mark. */
#ifndef YJ_ENGINE_MARK_PATCHES_H
#define YJ_ENGINE_MARK_PATCHES_H

#include "proposals.h"

#define MAX_SIGHTINGS 360
#define AREA_RATIO_MIN 0.5 /* ink seen / ink expected */
#define AREA_RATIO_MAX 1.9

/* Scales at which a page may lie, of that at which it fills the image. */
#define SCANNER_SCALE_MIN 0.86
#define SCANNER_SCALE_MAX 1.12
#define PHOTO_SCALE_MIN 0.30
#define PHOTO_SCALE_MAX 1.15

/* mm^2 of ink. */
double mark_ink_area(const struct mark *m);
/* px a mm (level 0) if the page filled the image, whichever way it lies. */
double mark_full_scale(const struct proposal_source *source, const struct image *img);

/* All over the scan, at any scale of a photo. `out` has room for MAX_SIGHTINGS. 0 or YJ_ENOMEM. */
int mark_patches_find(const struct proposal_source *source, const struct pyramid *pyramid,
                      struct mark_sighting *out, int *ret_n);
/* Around the places where the marks are on a scan that shows the page and nothing else, whichever
 * way up, at the scales of a scanner; none where the scan is not of the page's shape. */
int mark_patches_near(const struct proposal_source *source, const struct pyramid *pyramid,
                      struct mark_sighting *out, int *ret_n);

#endif
