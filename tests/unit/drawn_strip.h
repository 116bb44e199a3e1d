/* drawn_strip.h - draws score strips and a teacher's strokes in colour, for tests.
 *
 * Every pixel is the share of each paint over it, 3 x 3 samples; the scanner's blur comes after.
 * Labels are digits of seven segments: a font's shapes do not matter to what is tested. */
#ifndef YJ_TESTS_DRAWN_STRIP_H
#define YJ_TESTS_DRAWN_STRIP_H

#include "form.h"
#include "image.h"

struct paint {
    double r, g, b; /* 0 to 1, of the light that is left */
};

extern const struct paint paint_black, paint_red, paint_blue, paint_grey;

struct drawing {
    float *rgb; /* [height][width][3], 1: paper */
    int width, height;
    double px; /* a mm */
};

/* White paper of w x h mm. */
void drawing_init(struct drawing *d, double w, double h, double dpi);
void drawing_finish(struct drawing *d);
/* A pen's way along points[n], mm. */
void drawing_stroke(struct drawing *d, const struct point *points, int n, double width,
                    struct paint paint);
/* A line from (x0, y0) to (x1, y1) in cell sizes from the top-left corner of the strip's cell. */
void drawing_slash(struct drawing *d, const struct field *field, int cell, double x0, double y0,
                   double x1, double y1, double width, struct paint paint);
/* The strip's frames and labels. */
void drawing_strip(struct drawing *d, const struct field *field, struct paint paint);
/* What the scanner gives: blurred by `sigma` px, with noise of `amplitude` levels; `bitonal`: black
 * and white. Both images' size is set; grey scans have no use for chroma: NULL. */
void drawing_scan(const struct drawing *d, double sigma, int amplitude, unsigned seed, bool bitonal,
                  struct image *grey, struct image *chroma);

#endif
