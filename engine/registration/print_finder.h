/* print_finder.h - finds a form page by the printed page itself: its bubbles, boxes and marks.
 *
 * Three steps. The steps from one piece of print to the next, as the form has them and as the scan
 * shows them, say how the page is turned and stretched (print_lattice.c). Every pair of a piece and
 * a spot then votes for a place. From the densest part of each place the match grows outward,
 * fitted anew at every ring, so that paper that is stretched, curled or seen in perspective is
 * followed (print_finder.c). Places are only proposed: the witness judges. */
#ifndef YJ_ENGINE_PRINT_FINDER_H
#define YJ_ENGINE_PRINT_FINDER_H

#include "print_spots.h"
#include "proposals.h"

#define MAX_LATTICES 8

/* Linear parts of transforms (mm -> px) under which the steps of the scan are those of the form,
 * best first, each standing for itself and its half turn. 0 or YJ_ENOMEM. */
int print_lattice_find(const struct print_pattern *pattern, const struct print_spots *spots,
                       double least, double most, struct homography out[MAX_LATTICES], int *ret_n);

int propose_from_print(const struct proposal_source *source, const struct pyramid *pyramid,
                       struct proposal *out, int *ret_n);

#endif
