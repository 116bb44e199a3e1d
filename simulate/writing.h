/* writing.h - what a pupil writes by hand into a page's boxes, and what was meant.
 *
 * The candidate's own number where the form asks for it (or for the same again), a right answer
 * where there is a key and the pupil knows it, else a number or letters of any kind. Now and then a
 * box is struck through and nothing is beside it: such a field is ambiguous. */
#ifndef YJ_SIMULATE_WRITING_H
#define YJ_SIMULATE_WRITING_H

#include "pupil.h"

#define WRITTEN_MAX 64 /* bytes */

struct written {
    char text[WRITTEN_MAX];
    bool ambiguous;
};

/* Whether the form has boxes to write into. */
bool writing_is_asked(const struct form *form);

/* Writes into the boxes of page `page`; ret[n_fields], of other fields left as they are. YJ_ENOMEM.
 */
int writing_draw(struct surface *surface, const struct sitter *sitter, int page,
                 const struct pupil *pupil, struct trace *scratch, struct rng *rng,
                 struct written *ret);

#endif
