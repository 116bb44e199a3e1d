/* pagemap.h - where a point of the form is in the scan: a homography and what paper did to it.
 *
 * Paper stretches, print shifts, sheets curl. Registration measures how far printed outlines stand
 * from where the homography puts them, at anchors over the page; between anchors the shift is
 * blended by distance. Plain data: may live in an arena, no function allocates. */
#ifndef YJ_CORE_PAGEMAP_H
#define YJ_CORE_PAGEMAP_H

#include "geometry.h"

#define PAGE_MAP_MAX_ANCHORS 256

struct page_anchor {
    struct point at;    /* mm on the form */
    struct point shift; /* mm to add before the homography */
};

struct page_map {
    struct homography mm_to_px;
    struct page_anchor anchors[PAGE_MAP_MAX_ANCHORS];
    int n_anchors;
    double bubble_scale; /* printed outlines are this times the form's boxes; 1 where the form is
                            exact, else what registration measured (forms taken from others) */
};

struct point page_map_point(const struct page_map *map, struct point mm);
/* The homography that agrees with the map at and around mm: for sampling one bubble. */
struct homography page_map_local(const struct page_map *map, struct point mm);

#endif
