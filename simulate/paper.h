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

/* A line across the sheet, px: what lies on its far side (normal positive) is lost. */
struct cut {
    double nx, ny, at; /* lost where (x, y) from the middle, along (nx, ny), is beyond `at` */
    bool folded;       /* the lost part lies turned over upon the rest */
};

/* Where a second sheet begins, and where a sheet is folded over, for a sheet of w x h px. */
struct cut paper_draw_overlap(int w, int h, double strength, struct rng *rng);
struct cut paper_draw_fold(int w, int h, double strength, struct rng *rng);
/* Whether the point (x, y), px, can no longer be seen. */
bool paper_hides(const struct cut *cut, int w, int h, double x, double y);

/* A second sheet came along: beyond the cut `other` lies over this one, moved along. Both of one
 * size. */
void paper_feed_double(struct surface *sheet, const struct image *other, const struct cut *cut,
                       struct rng *rng);
/* A part of the sheet is turned over: its blank back covers what lies beside the crease. */
void paper_fold_over(struct surface *sheet, const struct cut *cut, int ground);

#endif
