/* print_pattern.h - the pieces of print of one form page, as connected ink would show them.
 *
 * A bubble or a box is one piece, a bracket two, a printed mark one. Where they stand to each other
 * is what a page without marks is known by. Millimetres; immutable once made. Knows no image. */
#ifndef YJ_ENGINE_PRINT_PATTERN_H
#define YJ_ENGINE_PRINT_PATTERN_H

#include "form.h"

#define PATTERN_STEPS 14     /* commonest steps that are kept */
#define PATTERN_CLASSES 12   /* sizes of pieces */
#define PATTERN_REACH 3.2    /* a step leads at most this many times a piece's longer side ... */
#define PATTERN_REACH_MM 12. /* ... or this far */
#define PATTERN_MAX_SIDE 40. /* mm: a larger box is no piece */

struct piece {
    struct point at; /* mm, the middle of its box */
    double w, h;     /* mm */
    double near;     /* mm: half way to the nearest piece like it */
    int size;        /* index into the pattern's sizes */
};

/* From a piece to one of like size beside it, in the half plane y > 0, or y = 0 and x > 0. */
struct piece_step {
    struct point by; /* mm */
    int count;
};

struct print_pattern {
    struct piece *pieces;
    int n_pieces;
    struct piece_step steps[PATTERN_STEPS]; /* commonest first */
    int n_steps;
    struct point sizes[PATTERN_CLASSES]; /* of the pieces: w, h */
    int n_sizes;
    struct point middle; /* of the pieces, mm */
};

/* Bubbles and boxes of the page's fields and the marks of its registrations. 0 or YJ_ENOMEM. */
int print_pattern_create(const struct form *form, int page, struct print_pattern **ret_pattern);
/* mm that a step from a piece of this size may lead. */
double print_pattern_reach(double w, double h);
void print_pattern_destroy(struct print_pattern *pattern);

#endif
