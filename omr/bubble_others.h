/* bubble_others.h - the bubbles of a page that show what another one's print looks like unmarked.
 *
 * Internal to omr. */
#ifndef YJ_OMR_BUBBLE_OTHERS_H
#define YJ_OMR_BUBBLE_OTHERS_H

#include "bubble_ink.h"

/* The palest others of a page's all[0 .. n) that print the same as `self`, palest first: at most
 * `most` of them. How many there are. */
int bubble_palest_others(const struct bubble_ink *all, int n, int self, int most, int *ret_others);

#endif
