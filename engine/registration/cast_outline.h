/* cast_outline.h - an outline laid over a scan by a transform: is it printed there?
 *
 * Pairs of points, one on the outline and one outside it, are kept as byte offsets from the pixel
 * under the outline's centre, so that trying a shift costs two loads a pair. On print the first is
 * darker. */
#ifndef YJ_ENGINE_CAST_OUTLINE_H
#define YJ_ENGINE_CAST_OUTLINE_H

#include "image.h"
#include "outline_set.h"

#define CONTRAST_MIN 3 /* grey levels: the palest print a pair may see */

/* An outline under a transform: where its centre is and its pairs as offsets. */
struct cast_outline {
    struct point center; /* px */
    int reach;           /* px: farthest offset in x or y */
    int on[POINTS], out[POINTS];
};

/* `size` scales the outline about its centre. */
void cast_outline(const struct outline *o, const struct image *img, const struct homography *h,
                  double size, struct cast_outline *ret);
/* The pixel under the centre, or NULL where a search of `radius` px would leave the image. */
const uint8_t *cast_pixel(const struct cast_outline *c, const struct image *img, int radius);
/* What speaks for each shift by up to `reach` px (a multiple of `step`) each way: the sum over
 * pairs of (outside - on), grey levels. Rows of shifts, `step` px apart, from the upper left; in
 * each a column a px, shift_evidence_columns() in all, of which those beyond 2 * reach mean
 * nothing. */
struct shift_evidence {
    int reach, step;
    int *sums; /* borrowed */
};
int shift_evidence_columns(int reach);
/* No pair speaks louder than a few dozen: a pen's black must not outweigh the thin print of the
 * other bubbles. False: the search would leave the image, and nothing is added. */
bool cast_add_evidence(const struct cast_outline *c, const struct image *img,
                       struct shift_evidence *evidence);
/* What a pair must show on print whose pairs show `evidence` on average. */
int cast_contrast_wanted(double evidence);
/* Whether enough pairs show `contrast` at (dx, dy) px from the cast or within a pixel of there. */
bool cast_found(const struct cast_outline *c, const struct image *img, int dx, int dy,
                int contrast);
/* Whether nothing at all is printed there, or the image ends: not even a part of the outline. */
bool cast_is_blank(const struct cast_outline *c, const struct image *img, int contrast);

#endif
