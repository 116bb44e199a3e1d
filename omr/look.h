/* look.h - the second reader: what a mark looks like, whatever its darkness.
 *
 * Internal to omr. A small net (models/look.onnx; how it was made: models/README.md) sees one
 * bubble's picture at a time, with some of the paper around it, stretched so that the paper is
 * white and the darkest of the picture black: how much ink there is (which the first reader
 * measures) is gone, what is left is shape: extent, edges, direction, ends beyond the outline.
 * Beside it lies a picture of the same bubble unmarked, as the page's others show it, so that a
 * printed letter is no mark. Knows neither the field nor what its other bubbles hold. */
#ifndef YJ_OMR_LOOK_H
#define YJ_OMR_LOOK_H

#include "arena.h"
#include "bubble_ink.h"
#include "image.h"
#include "marks.h"
#include "pagemap.h"

enum look {
    LOOK_EMPTY, /* its print only */
    LOOK_FILLED,
    LOOK_TICK,
    LOOK_CROSS,
    LOOK_CIRCLE, /* drawn around it or around its letter */
    LOOK_STROKE, /* a line or a dot */
    LOOK_ERASED,
    LOOK_CANCELLED, /* filled, then struck out */
    LOOK_DIRT,      /* stain, streak, hole, fold, a neighbour's stroke */
    LOOKS
};

/* LOOK_SIDE x LOOK_SIDE points over the outline and LOOK_MARGIN of its shorter side beyond it, the
 * longer side squeezed to fit. */
#define LOOK_SIDE 24
#define LOOK_MARGIN 0.45
#define LOOK_POINTS (LOOK_SIDE * LOOK_SIDE)

struct look_picture {
    uint8_t seen[LOOK_POINTS];  /* 0 paper to 255 the picture's darkest */
    uint8_t print[LOOK_POINTS]; /* the same bubble unmarked; all 0: not known */
};

/* Takes the pictures of bubbles which[0 .. n) of a page's all[0 .. n_all), measured. The print of
 * one is the median of the palest others of its group. 0 or YJ_ENOMEM. */
int look_take_pictures(const struct image *img, const struct page_map *map,
                       const struct bubble_ink *all, int n_all, const int *which, int n,
                       struct arena *arena, struct look_picture *ret_pictures);

struct look_reader; /* created as marks.h says; the net is loaded when first asked */

/* ret[i][k]: how likely it is that picture i shows look k; each row adds up to 1. 0, YJ_ENOMEM. */
int look_read(struct look_reader *reader, const struct look_picture *pictures, int n,
              float (*ret)[LOOKS]);

const char *look_name(enum look look);

#endif
