/* drawing.h - lines, areas and words of a figure, in millimetres: one drawing for the page of a PDF
 * and for the SVG in an HTML page.
 *
 * On a page it is cairo's; in HTML it is written as SVG with real text, which stays small and can
 * be searched: a hundred figures of options are 300 kB. Either way pango measures the words. All
 * tones tell apart in grey print. The origin is the figure's top-left corner. Knows no figures. */
#ifndef YJ_REPORT_DRAWING_H
#define YJ_REPORT_DRAWING_H

#include "canvas.h"
#include <stdio.h>

struct glyph_faces;

enum tone {
    TONE_INK,    /* words, frames */
    TONE_SOFT,   /* second words, axes */
    TONE_FAINT,  /* grid */
    TONE_ACCENT, /* what the figure is about */
    TONE_LIGHT,  /* areas under it */
    TONE_WARN,   /* look here */
    TONE_PAPER,  /* white */
    TONES
};

enum dash { DASH_NONE, DASH_LONG, DASH_SHORT, DASH_DOTS, DASH_KINDS };
enum marker { MARKER_DISC, MARKER_RING, MARKER_SQUARE, MARKER_DIAMOND, MARKER_CROSS, MARKER_KINDS };

struct pen {
    enum tone tone;
    double width; /* mm */
    enum dash dash;
};

struct letters {
    double size; /* mm, the em */
    enum tone tone;
    enum text_align align;
    bool bold;
    double width; /* mm to which words are wrapped, or in which one line must fit; 0: any */
    bool wrap;
    int lines; /* most lines when wrapped, with an ellipsis at their end; 0: any */
};

struct drawing {
    struct canvas *canvas; /* measures; drawn to where svg is NULL */
    struct glyph_faces *faces;
    FILE *svg; /* NULL: a page */
    const char *font;
    bool muted; /* nothing is drawn: pages are counted */
};

/* ---- figures ---- */

/* Between these all places are as seen from x, y on the page. In HTML x and y mean nothing and the
 * figure is an <svg> that is as wide as its column, at most `width` mm; `label` says in words what
 * it shows. */
void drawing_begin(struct drawing *d, double x, double y, double width, double height,
                   const char *label);
void drawing_end(struct drawing *d);

void drawing_line(struct drawing *d, struct point from, struct point to, struct pen pen);
void drawing_polyline(struct drawing *d, const struct point *points, int n, struct pen pen);
void drawing_area(struct drawing *d, struct rect r, enum tone tone);
void drawing_frame(struct drawing *d, struct rect r, struct pen pen);
void drawing_marker(struct drawing *d, enum marker marker, struct point at, double size,
                    enum tone tone);

/* ---- words ---- */

/* `at` is the left, middle or right end (letters.align) of the first line's baseline; where there
 * is a width, of the box of that width: its left edge, its middle, its right edge. A line too long
 * for its width is set smaller, to 3/4, and then ends in an ellipsis. Any bytes are taken; what is
 * no UTF-8 shows as U+FFFD. In SVG words are not wrapped. */
void drawing_text(struct drawing *d, struct point at, const char *text, struct letters letters);
double drawing_text_width(struct drawing *d, const char *text, struct letters letters);
/* Height of wrapped words, from the top of the first line to the foot of the last. */
double drawing_text_height(struct drawing *d, const char *text, struct letters letters);

#define LINE_PITCH 1.35 /* em from a line to the next */

/* Writes bytes as text of HTML, SVG or an attribute in double quotes. */
void html_write_text(FILE *out, const char *text);

#endif
