/* candidates.h - who sits at which sheet: the roster's candidates, or numbers that fit the form. */
#ifndef YJ_SIMULATE_CANDIDATES_H
#define YJ_SIMULATE_CANDIDATES_H

#include "exam.h"
#include <stdint.h>

struct diag;

#define CANDIDATE_MAX 256 /* bytes */

/* Writes what the candidate field of sheet `index` (from 0) says; "" where the form has none.
 * Without a roster, or beyond its end, a number of its own, unlike its neighbours in every digit.
 */
void candidate_name(const struct exam *exam, const struct form *form, int index, uint64_t seed,
                    char name[CANDIDATE_MAX]);
/* YJ_EINPUT where one of the first n candidates of the roster does not fit a form's field. */
int candidates_check(const struct exam *exam, int n, struct diag *d);

#endif
