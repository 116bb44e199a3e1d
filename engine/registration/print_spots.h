/* print_spots.h - patches of ink in a scan that may be pieces of a form's print. */
#ifndef YJ_ENGINE_PRINT_SPOTS_H
#define YJ_ENGINE_PRINT_SPOTS_H

#include "image.h"
#include "print_pattern.h"

struct spot {
    struct point at; /* px, the middle of its box */
    double w, h;     /* px */
};

/* Spots of one image, found by place through a grid of cells. */
struct print_spots {
    struct spot *spots;
    int n_spots;
    int *head, *next; /* first spot of each cell, the next of the same; -1: none */
    int nx, ny;
    double cell; /* px */
};

/* What may be a piece at some scale from `least` to `most` px a mm. `offset`: grey levels that ink
 * is darker than what is around it. 0, YJ_ENOMEM. */
int print_spots_find(const struct print_pattern *pattern, const struct image *img, double least,
                     double most, int offset, struct print_spots *ret);
void print_spots_finish(struct print_spots *s);

/* A spot's likeness to a piece under the linear part of `h`: the upright box is as large. */
bool print_spot_is_like(const struct spot *s, struct point size, const struct homography *h);
/* The nearest spot to p within `radius` px that is like `size`, or -1. */
int print_spots_nearest(const struct print_spots *s, struct point p, double radius,
                        struct point size, const struct homography *h);

#endif
