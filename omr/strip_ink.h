/* strip_ink.h - what is drawn over a score strip: strokes, and how they lie in its cells.
 *
 * Internal to omr (strip.c judges). Colour tells a teacher's stroke from black print wherever it
 * runs. Without colour (black pens, grey and bitonal scans) only ink where nothing is printed tells
 * it: beside the label, outside the frames' lines. How tall the labels are the strip itself shows,
 * since at most a few of its cells are struck. */
#ifndef YJ_OMR_STRIP_INK_H
#define YJ_OMR_STRIP_INK_H

#include "form.h"
#include "image.h"
#include "pagemap.h"
#include <stdbool.h>

#define STRIP_MAX_CELLS 64
#define STRIP_MAX_STROKES 16

/* How one stroke lies in one cell. */
struct stroke_part {
    double share;  /* of the stroke within cells, 0 to 1 */
    double extent; /* diagonal of what is in the cell over the cell's shorter side */
    double left, right, top, bottom; /* of what is in the cell: 0 and 1 are the cell's edges */
    double off;                      /* how far its middle is from the cell's, 0.5: at the edge */
};

/* Ink that hangs together, gaps of a skipping pen included. */
struct strip_stroke {
    bool colour;    /* seen by its colour; else by being dark where nothing is printed */
    double area;    /* mm2 in the cells */
    double outside; /* share of all its ink that is not in a cell */
    bool leaves_above, leaves_below; /* it goes on, farther than was looked */
    struct stroke_part in[STRIP_MAX_CELLS];
};

struct strip_ink {
    struct strip_stroke strokes[STRIP_MAX_STROKES]; /* the largest, by area */
    int n_strokes;
    double excess[STRIP_MAX_CELLS]; /* ink and colour of the cell's label beyond the others'; from 1
                                       on more than print explains */
    double
        loose[STRIP_MAX_CELLS]; /* mm2 of specks too small to be strokes: a broken one's, or dust */
    bool crowded;               /* there were more */
    bool print_seen;            /* frames or labels are where the form has them */
    bool has_colour; /* the scan has, and the print is not as colourful as a stroke may be */
};

/* `chroma` NULL or empty: a scan without colour. Needs no more than the strip's surroundings of the
 * page. 0 or YJ_ENOMEM. */
int strip_ink_measure(const struct field *field, const struct image *grey,
                      const struct image *chroma, const struct page_map *map,
                      struct strip_ink *ret);

#endif
