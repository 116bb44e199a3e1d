/* written_box.h - boxes to write a character in: the printed border taken away, the ink that is the
 * box's own, whether there is any, and its picture for a net.
 *
 * Lengths in millimetres. The border is sought at each side near where the form has it, and what
 * all boxes of a field show decides: a "1" beside a border that the scanner's lamp dropped out is
 * no border. Where a stroke crosses the border the stroke stays. Ink that only strays in from a
 * neighbour is not the box's; what leaves it and comes from within is. A field whose boxes are all
 * plainly empty (plain_box.h) is looked at no closer. Knows no character. */
#ifndef YJ_OCR_WRITTEN_BOX_H
#define YJ_OCR_WRITTEN_BOX_H

#include "arena.h"
#include "image.h"
#include "pagemap.h"
#include <stdbool.h>

/* As MNIST has it (LeCun et al., yann.lecun.com/exdb/mnist): the ink's longer side is GLYPH_FIT
 * points, its centre of mass in the middle. */
#define GLYPH_SIDE 28
#define GLYPH_FIT 20
#define GLYPH_POINTS (GLYPH_SIDE * GLYPH_SIDE)

struct written_box {
    bool visible; /* it is large enough to look into, and within the scan, and no mere grain */
    double ink;   /* mm2 that belong to it */
    double stray; /* mm2 in it that reach far in, of pieces that lie outside for the most */
    double depth; /* grey levels of its darkest below the paper; 0 where all boxes are plain */
    struct rect extent;          /* of its ink, from the box's top-left corner; w = 0: none */
    int pieces;                  /* that do not touch each other */
    uint8_t glyph[GLYPH_POINTS]; /* 0 paper to 255 */
    /* What the scan shows there: the same frame with border and neighbours; 255: the pen's black */
    uint8_t view[GLYPH_POINTS];
};

/* Looks into a field's boxes (mm), ret[0 .. n). `scratch` is reused. 0 or YJ_ENOMEM. */
int written_boxes_look(const struct image *img, const struct page_map *map,
                       const struct rect *boxes, int n, struct image *scratch, struct arena *arena,
                       struct written_box *ret);

/* The glyph of a picture of ink (0 paper to 255, row by row): all 0 where it holds none. */
void glyph_normalise(const uint8_t *ink, int width, int height, uint8_t *ret_glyph);

#endif
