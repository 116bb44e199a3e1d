/* markup.h - a page's planned marks drawn on its surface, and whether a person could tell them.
 *
 * What each mark looks like after the scanner's tone curve is measured as it is drawn: an answer
 * that is hardly there, or an erased one nearly as dark as the answer, makes its field ambiguous;
 * a mark of which nothing can be seen is taken out of the plan, and one of which nothing was erased
 * is an answer again. What of an answer comes out in the scan itself is not known yet: visible.h.
 */
#ifndef YJ_SIMULATE_MARKUP_H
#define YJ_SIMULATE_MARKUP_H

#include "pupil.h"

/* A mark of less is none, mm2 of black: a speck of three pixels at 200 dpi; the rest print hides.
 */
#define MARK_UNSEEN 0.05
/* Ink of an erased mark. */
#define MARK_STRONG_REST 0.7  /* of the answer beside it: no longer to be told from it */
#define MARK_STRONG_ALONE 0.4 /* of the usual answer, where there is none in the field */
#define MARK_UNTOUCHED 0.85   /* of what it was (in black and white: of that answer): an answer */

/* The same page without the marks that are looked for in the scan. */
struct bare_page {
    struct surface surface;
    bool of_all; /* asked for: all marks are; else answers of little ink */
    bool drawn;  /* there was one in the last markup_draw: the surface is the page's */
};

/* Draws plan->marks of page `page`, adds dirt to the plan, and sets plan->ambiguous. `tone` [256]:
 * what the scanner makes of a level. `bare`: NULL, or its of_all says what is looked for, and
 * the rest is filled. YJ_ENOMEM. */
int markup_draw(struct surface *surface, const struct form *form, int page,
                const struct pupil *pupil, struct page_plan *plan, const uint8_t *tone,
                struct trace *scratch, struct rng *rng, struct bare_page *bare);

#endif
