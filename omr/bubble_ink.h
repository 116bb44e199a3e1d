/* bubble_ink.h - how much ink each bubble of a page holds beyond what is printed in it.
 *
 * Internal to omr. Darkness is 0 (the paper around the bubble) to 1 (black). */
#ifndef YJ_OMR_BUBBLE_INK_H
#define YJ_OMR_BUBBLE_INK_H

#include "arena.h"
#include "form.h"
#include "image.h"
#include "pagemap.h"

#define INK_GRID 16 /* a bubble is looked at on a grid of INK_GRID x INK_GRID points */
#define INK_POINTS (INK_GRID * INK_GRID)

/* An affine view of the page around one bubble: mm from its centre -> px. */
struct bubble_view {
    struct point origin, dx, dy;
};

struct bubble_ink {
    const struct field *field;
    const struct bubble *bubble;
    struct bubble_view view;      /* where it is printed */
    int n_points;                 /* points inside the outline that are looked at */
    uint8_t darkness[INK_POINTS]; /* 0 paper to 255 black, the n_points of the shape's mask */
    int group;                    /* bubbles with the same print */
    double mean;                  /* darkness, 0 to 1 */
    double excess;                /* mean darkness beyond the print and the paper's noise, 0 to 1 */
    double core;                  /* the same over the inner half only */
    double peak;                  /* the same over its darkest eighth */
    double solid;                 /* the same over its palest quarter */
    double stroke;                /* the same far from all print only: a pen's line */
    double spot;                  /* darkest sixteenth beyond the print, nothing forgiven */
    double usual_spot;            /* the same of its group's unmarked half: how badly print fits */
    double speck;                 /* most darkness where the others of its print have none */
    double far_speck;             /* the same, no nearer to their print than a point */
    double rough;                 /* deviation of its darkness beyond the print */
    double usual_speck;           /* the same of its group's median */
    double ink;                   /* what is judged: excess, or a line's worth of it */
    double halo;                  /* darkness around the outline beyond what is printed there */
    double around;                /* share of the directions in which there is some */
    double through;               /* how dark what passes through it is on both sides of it */
    bool missing;                 /* its printed outline is not there: covered, cut off */
    bool weak;                    /* hardly there */
    bool unknown;                 /* nothing on the page tells its print from a mark */
    int paper;                    /* grey of the paper beside it */
};

/* Every bubble of form page `page`, field by field, in the arena. 0 or YJ_ENOMEM. */
int bubble_ink_measure(const struct form *form, int page, const struct image *img,
                       const struct page_map *map, struct arena *arena,
                       struct bubble_ink **ret_bubbles, int *ret_n);

/* How many of b[0 .. n) from the first on belong to one choice or one column of a grid. */
int bubble_group_length(const struct bubble_ink *b, int n);

#endif
