/* drawn_page.h - draws a form page as a scanner would see it, for tests: marks, outlines, fills.
 *
 * No bubble is drawn by the code that reads it: shapes are filled by testing each pixel's centre in
 * millimetres, 3 x 3 samples a pixel. */
#ifndef YJ_TESTS_DRAWN_PAGE_H
#define YJ_TESTS_DRAWN_PAGE_H

#include "form.h"
#include "image.h"

struct drawn_fill {
    const char *field; /* NULL ends the list */
    int bubble;        /* index into the field's bubbles */
    double darkness;   /* 0 to 1 of the paper */
    double part;       /* share of the bubble's half axes that is filled, 0 to 1.2 */
};

/* A white page of `width` x `height` px, `map` mm -> px. paper 240, print 40 grey. */
void drawn_page_draw(const struct form *form, int page, const struct homography *map, int width,
                     int height, const struct drawn_fill *fills, struct image *out);
/* Whitens a rectangle given in mm. */
void drawn_page_erase(const struct homography *map, struct rect area, struct image *img);
/* A pen's line between two places of the page (mm); darkness as of fills. */
void drawn_page_line(const struct homography *map, struct point from, struct point to, double width,
                     double darkness, struct image *img);
/* Seeded noise of a scanner: uniform, +- amplitude grey levels. */
void drawn_page_noise(struct image *img, int amplitude, unsigned seed);
/* mm -> px of a page scanned at `dpi`, turned by `degrees` about its middle. */
struct homography drawn_page_map(const struct form *form, double dpi, double degrees);

#endif
