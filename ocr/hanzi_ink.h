/* hanzi_ink.h - writing found on its paper, and the picture of a character that the net sees.
 *
 * Internal to ocr. All in pixels of a small grey crop. Ink is 0 at the paper's grey and 255 at the
 * darkest of the writing, so that a pale pen and a dark one look alike. Knows no characters. */
#ifndef YJ_OCR_HANZI_INK_H
#define YJ_OCR_HANZI_INK_H

#include "arena.h"
#include "image.h"

#include <stdbool.h>

#define HANZI_SIDE 40 /* px: a picture's side */
#define HANZI_BOX 36  /* px: the side of the square that the ink fills, in its middle */
#define HANZI_POINTS (HANZI_SIDE * HANZI_SIDE)
#define HANZI_INKY 90  /* of 255: from here on a point belongs to the writing, */
#define HANZI_FAINT 50 /* and from here on where it hangs together with such a one */

struct hanzi_box {
    int x, y, w, h; /* px; w or h <= 0: nothing */
};

/* `box` cut to the picture. */
struct hanzi_box hanzi_box_inside(struct hanzi_box box, const struct image *img);

/* A part of `img` as an image of its own that borrows the pixels: not to be finished. */
struct image hanzi_view(const struct image *img, struct hanzi_box box);

/* ret_ink (resized to fit) = the ink of `grey`. The paper's level is that which 80 % of the pixels
 * reach; black is the darkest 2 % of what is clearly darker, at least 40 grey levels below the
 * paper. 0 or YJ_ENOMEM. */
int hanzi_take_ink(const struct image *grey, struct image *ret_ink);

/* The box around the writing in `ink`, specks not counted: patches of less than 1/40 of the ink and
 * such as are nowhere dark. With `clean`, specks are also wiped. w = 0 where there is no ink.
 * YJ_ENOMEM.
 */
int hanzi_find_ink(struct image *ink, bool clean, struct arena *arena, struct hanzi_box *ret_box);

/* The ink of `box` scaled into HANZI_BOX x HANZI_BOX, proportions kept, in the middle of
 * HANZI_SIDE x HANZI_SIDE, 0 to 1. `scratch` is resized. 0 or YJ_ENOMEM, YJ_EDATA. */
int hanzi_take_picture(const struct image *ink, struct hanzi_box box, struct image *scratch,
                       uint8_t *ret_picture);

#endif
