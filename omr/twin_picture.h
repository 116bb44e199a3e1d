/* twin_picture.h - pictures of bubbles that print the same, a point a pixel, and one explained by
 * their print.
 *
 * Internal to omr. Eight points are taken at once, by vectors of GCC and clang; each number is
 * summed in one order whatever the processor's width. Knows no group, no page and no pupil. */
#ifndef YJ_OMR_TWIN_PICTURE_H
#define YJ_OMR_TWIN_PICTURE_H

#include "bubble_ink.h"
#include "image.h"
#include "pagemap.h"

#define PICTURE_SIDE 48 /* points across, at most: one a pixel at 200 dpi */
#define PICTURES_MAX 15 /* of which a median is taken */
#define PRINT_TERMS 4   /* print, its slopes across and down, its curvature */

struct picture {
    float at[PICTURE_SIDE * PICTURE_SIDE]; /* darkness, 0 paper to 1 black; row by row */
};

/* How bubbles of a size are looked at. Rows are filled up to whole vectors with noughts. */
struct raster {
    int w, h;      /* points */
    int stride;    /* from a row to the next */
    double dx, dy; /* mm from one to the next */
    int dot;       /* half the side of a dot's square, points */
    bool round;
    float half_w, half_h; /* of the outline, points */
};

struct raster raster_of(const struct page_map *map, const struct bubble_ink *b);

/* The bubble `shift` points aside; what is off the image is paper. */
void picture_take(const struct image *img, const struct raster *r, const struct bubble_ink *b,
                  float shift_x, float shift_y, struct picture *ret);

/* Point by point the median of n pictures, 1 to PICTURES_MAX. */
void picture_median(const struct raster *r, const struct picture *from, int n, struct picture *ret);

/* A print, ready to explain others by. The outermost points have slopes on one side only: they are
 * left out everywhere, as noughts. */
struct print_fit {
    struct raster raster;
    struct picture terms[PRINT_TERMS];
    struct picture inner;    /* 1, outermost points 0 */
    struct picture dot_part; /* inside the outline 1 over the points of the dot there, else 0 */
    int n_inside;
    double gram[PRINT_TERMS][PRINT_TERMS]; /* the terms' products, summed; the upper half */
};

/* Once a raster. */
void print_fit_start(const struct raster *r, struct print_fit *ret);
/* Once a print, of the raster's. */
void print_fit_set(struct print_fit *fit, const struct picture *print);

/* How much of each term there is in the picture, by least squares; noughts where that is no
 * answer. */
void print_fit_shares(const struct print_fit *fit, const struct picture *seen,
                      double ret_shares[PRINT_TERMS]);
/* What the print leaves unexplained, after a second round in which what does not fit counts less:
 * or a mark would be explained as print. Returns the print's own share in it. */
float print_fit_rest(const struct print_fit *fit, const struct picture *seen, struct picture *rest);
/* Darkness of the rest inside the outline: the mean over the dot where it is most, at least 0, and
 * over all. */
float print_fit_darkest(const struct print_fit *fit, const struct picture *rest, float *ret_haze);
/* Its mean on the outline and beyond. */
float print_fit_rim(const struct print_fit *fit, const struct picture *rest);

#endif
