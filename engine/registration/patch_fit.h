/* patch_fit.h - how far patches of outlines were found from their places, and how paper that bends
 * moves between them. */
#ifndef YJ_ENGINE_PATCH_FIT_H
#define YJ_ENGINE_PATCH_FIT_H

#include "pagemap.h"

struct patch_fit {
    struct point at, shift; /* mm */
    double weight;          /* 0: not found */
    double evidence;        /* grey levels a pair */
};

/* Weighted root mean square of the shifts, mm. */
double patches_residual(const struct patch_fit *fits, int n);
/* The shift at a place as the patches around it have it: each by its distance, along a slope. */
struct point patches_predict(const struct patch_fit *fits, int n, struct point at);
/* The same of a map's anchors: beyond the outermost it goes on as they do. */
struct point anchors_predict(const struct page_map *map, struct point at);

#endif
