/* teacher.h - a marker's pen: strokes through score strips, ticks and crosses all over the page.
 *
 * The points are decided before any ink. What a careful person would not decide alone (nothing
 * struck, a stroke between two cells, a correction) makes the strip ambiguous. The sheet is three
 * surfaces then, of what is left of red, green and blue light. */
#ifndef YJ_SIMULATE_TEACHER_H
#define YJ_SIMULATE_TEACHER_H

#include "form.h"
#include "pen.h"

/* What was given on one strip. */
struct given_points {
    char value[32]; /* as a reading has it; "" nothing */
    bool clear;
};

bool teacher_is_asked(const struct form *form); /* it has a strip */
/* Marks page `page`: given[n_fields] receives its strips. `everywhere`: red ticks over bubbles,
 * too. YJ_ENOMEM. */
int teacher_mark_page(struct surface planes[3], const struct form *form, int page, bool everywhere,
                      struct given_points *given, struct trace *scratch, struct rng *rng);

#endif
