/* bubble_speck.h - small things where no other bubble of this print has any.
 *
 * Internal to omr. A dot of half a millimetre on a printed letter is little ink, and no darker than
 * letters are: it shows only where the same letter elsewhere on the page is paper. */
#ifndef YJ_OMR_BUBBLE_SPECK_H
#define YJ_OMR_BUBBLE_SPECK_H

#include "bubble_print.h"

/* Sets b[i].speck, far_speck and usual_speck of a page's bubbles; masks[shape]. Needs darkness,
 * mean and spot. 0 or YJ_ENOMEM. */
int bubble_speck_measure(const struct ink_mask *masks, const struct page_prints *prints,
                         struct bubble_ink *b, int n, struct arena *arena);

#endif
