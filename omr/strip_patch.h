/* strip_patch.h - a score strip and the page around it as they lie on the form, and what each pixel
 * of it is.
 *
 * Internal to omr: strip_ink.c goes through it in this order. Pixels are STRIP_PX to the mm, row by
 * row; planes that are shares go from 0 to 1, hue and tint are bytes. */
#ifndef YJ_OMR_STRIP_PATCH_H
#define YJ_OMR_STRIP_PATCH_H

#include "form.h"
#include "image.h"
#include "pagemap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRIP_PX 8.0          /* a mm: 203 dpi, the finest a stroke of 0.4 mm needs */
#define STRIP_LINE 0.35       /* mm at both sides of a frame's edge: its line, and slack */
#define STRIP_LABEL_DARK 0.30 /* darkness of a printed letter's pixels */

/* What may be printed on a pixel. */
enum {
    STRIP_FRAME = 1,  /* a cell's line */
    STRIP_LABEL = 2,  /* a cell's points */
    STRIP_READ = 4,   /* nothing printed: a stroke that was found already */
    STRIP_FRINGE = 8, /* beside a frame's line: a scanner's colours */
};

struct strip_patch {
    int width, height;
    struct point origin; /* mm of the first pixel's corner */
    const struct field *field;
    struct image grey, chroma;
    bool coloured;    /* the scan has colour */
    float *dark;      /* 0 to 1 of the paper */
    uint8_t *hue;     /* chroma above the paper's */
    uint8_t *tint;    /* hue / darkness around a pixel, hundredths */
    int16_t *cell;    /* of each pixel; -1: none */
    uint8_t *printed; /* STRIP_FRAME and so on */
    uint8_t *mask;    /* what is a stroke's */
    uint8_t *link;    /* ... and what holds its pieces together */
    uint8_t *spread;  /* link, grown */
    int *stack;
    struct point shift; /* px: where the print is, from where the map puts it */
    double line_dark;   /* mean darkness along the frames; 0: none are seen */
    bool labels;        /* are seen */
};

static inline size_t strip_at(const struct strip_patch *p, int x, int y)
{
    return (size_t)y * (size_t)p->width + (size_t)x;
}

static inline double strip_clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* The middlemost of values[n], which are sorted by it; 0 of none. */
double strip_median(double *values, int n);

/* ---- as it lies on the form (strip_patch.c) ---- */

/* Takes the field's strip from a page; chroma NULL or empty: without colour. 0, YJ_ENOMEM, YJ_EDATA
 * (it cannot be seen); needs strip_patch_finish either way. */
int strip_patch_take(struct strip_patch *p, const struct field *field, const struct image *grey,
                     const struct image *chroma, const struct page_map *map);
void strip_patch_finish(struct strip_patch *p);

/* ---- what is printed (strip_print.c) ---- */

/* Finds frames and labels, and fills cell, printed, shift, line_dark and labels. */
void strip_find_print(struct strip_patch *p);
/* A cell in px of the patch, where the print was found. */
struct rect strip_cell(const struct strip_patch *p, int i);

/* ---- which pixels are a stroke's (strip_pixels.c) ---- */

/* Fills tint, of a patch with colour. 0 or YJ_ENOMEM. */
int strip_measure_tint(struct strip_patch *p);
/* Fill mask and link: with what is coloured, and with what is dark where nothing is printed, in the
 * cells and hardly beyond. False: the print is coloured itself, and left out. */
bool strip_choose_coloured(struct strip_patch *p);
void strip_choose_dark(struct strip_patch *p);
/* spread = link grown by `by` px to all sides. Uses stack. */
void strip_grow(struct strip_patch *p, int by);

#endif
