/* bubble_print.h - what is printed in bubbles, learned from a page's own.
 *
 * Internal to omr. Bubbles that print the same (same option, same size) are compared with each
 * other: the paler half of them is nearly always unmarked and shows the print itself, point by
 * point. A group most of which is marked would hide its marks in its own print: such a group prints
 * far darker than the others, and then the others' print stands in for it. */
#ifndef YJ_OMR_BUBBLE_PRINT_H
#define YJ_OMR_BUBBLE_PRINT_H

#include "bubble_ink.h"
#include "ink_mask.h"

struct print {
    const struct field *field;
    int option;
    double w, h;
    int n, first; /* its bubbles: members[first .. first + n) of the page's */
    int n_points;
    double mean;                  /* of the paler half */
    double outer, spread;         /* darkness near the outline; unlikeness of the paler half */
    uint8_t template[INK_POINTS]; /* the print, as darkness */
    uint8_t free[INK_POINTS];     /* mask: paper with no print beside it */
    uint8_t far[INK_POINTS];      /* mask: in the middle, with no print for FAR_STEPS about */
    int n_free, n_far;
    bool trusted;
    bool unknown; /* nothing on the page tells print from marks */
};

struct page_prints {
    struct print *list;
    int n;
    int *members; /* indexes of all bubbles, print by print, in their own order within one */
};

/* Of bubbles that are sampled (bubble_sample.h); sets b[i].group, the index of its print. All in
 * the arena. 0 or YJ_ENOMEM. */
int bubble_print_learn(const struct ink_mask *masks, struct bubble_ink *b, int n,
                       struct arena *arena, struct page_prints *ret);

#endif
