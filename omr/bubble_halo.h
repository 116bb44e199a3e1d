/* bubble_halo.h - ink around a bubble: a letter that was circled instead of filled.
 *
 * Internal to omr. It never makes a mark; it makes a blank field doubtful. */
#ifndef YJ_OMR_BUBBLE_HALO_H
#define YJ_OMR_BUBBLE_HALO_H

#include "bubble_print.h"

/* Sets b[i].halo and .around: mean darkness around the outline beyond what is printed there, which
 * bubbles of one group share, and in how much of the round. Needs view and paper. 0 or YJ_ENOMEM.
 */
int bubble_halo_measure(const struct image *img, const struct page_map *map,
                        const struct page_prints *prints, struct bubble_ink *b, int n,
                        struct arena *arena);

#endif
