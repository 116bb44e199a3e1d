/* paper.h - what happens to a filled sheet before it is scanned.
 *
 * Works on the sheet's surface (pen.h): darkens it, tears it, folds it, lays another upon it. */
#ifndef YJ_SIMULATE_PAPER_H
#define YJ_SIMULATE_PAPER_H

#include "damage.h"
#include "pen.h"

/* Folds, staples, holes, coffee, smudges, a torn corner. `ground` is what a hole shows. `back`:
 * what is printed and written on the other side, seen faintly where show-through asks for it; NULL:
 * a blank one. */
void paper_age(struct surface *sheet, const struct damages *damages, int ground,
               const struct image *back, struct rng *rng);

/* A second sheet came along: from some place on, `other` lies over this one. Both of one size. */
void paper_feed_double(struct surface *sheet, const struct image *other, double strength,
                       struct rng *rng);
/* A part of the sheet is turned over: its back covers what lies beside the crease. */
void paper_fold_over(struct surface *sheet, double strength, int ground, struct rng *rng);

#endif
