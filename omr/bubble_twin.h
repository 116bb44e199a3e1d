/* bubble_twin.h - a bubble held against its twins: others of the page that print the same.
 *
 * Internal to omr. Costly, for the few bubbles where everything hangs on whether there is anything
 * at all: those of a field without a mark. A dot of the pen on a printed letter is small, no darker
 * than the letter, and plain to see as soon as the same letter lies beside it. So the print of a
 * group is put together from unmarked ones, moved onto each other by fractions of a pixel; the
 * bubble is explained by it as well as it can be (moved, darker, bolder or more blurred), and what
 * then is left is held against what is left of the twins. Knows no field and no pupil. */
#ifndef YJ_OMR_BUBBLE_TWIN_H
#define YJ_OMR_BUBBLE_TWIN_H

#include "arena.h"
#include "bubble_ink.h"
#include "image.h"
#include "pagemap.h"

struct twin_rest {
    float dot;   /* darkness beyond the print where it is most, mean over a dot of 0.4 mm, 0 to 1 */
    float usual; /* the same of the twins: the second most of them */
    float haze;  /* mean darkness beyond the print inside the outline */
    float usual_haze; /* the same of the twins: the second most of them */
    float rim;        /* the same on and just outside it */
    float usual_rim;  /* the same of the twins: the second most of them */
    float gain;       /* how dark its print is, as a share of the twins' */
    bool known;       /* there were twins enough */
    bool coarse;      /* a dot is smaller than what was looked at: pixels are too few */
};

/* ret[k]: what is left of bubble which[k] of a page's all[0 .. n_all), measured; twins are taken
 * from those that are empty[]. Memory is taken from the arena. 0 or YJ_ENOMEM. */
int bubble_twin_compare(const struct image *img, const struct page_map *map,
                        const struct bubble_ink *all, const bool *empty, int n_all,
                        const int *which, int n, struct arena *arena, struct twin_rest *ret);

#endif
