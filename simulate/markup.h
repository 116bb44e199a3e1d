/* markup.h - a page's planned marks drawn on its surface, and whether a person could tell them.
 *
 * What each mark looks like after the scanner's tone curve is measured as it is drawn: an answer
 * that is hardly there, or an erased one nearly as dark as the answer, makes its field ambiguous;
 * a mark of which nothing can be seen is taken out of the plan, and one of which nothing was erased
 * is an answer again.
 */
#ifndef YJ_SIMULATE_MARKUP_H
#define YJ_SIMULATE_MARKUP_H

#include "pupil.h"

/* Draws plan->marks of page `page`, adds dirt to the plan, and sets plan->ambiguous. `tone` [256]:
 * what the scanner makes of a level. YJ_ENOMEM. */
int markup_draw(struct surface *surface, const struct form *form, int page,
                const struct pupil *pupil, struct page_plan *plan, const uint8_t *tone,
                struct trace *scratch, struct rng *rng);

#endif
