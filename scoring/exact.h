/* exact.h - what statistics need of exact points beyond core/points.h: quotients, rounding, order.
 */
#ifndef YJ_SCORING_EXACT_H
#define YJ_SCORING_EXACT_H

#include "points.h"
#include <stdbool.h>

struct points exact_whole(int64_t value);
/* b is not 0. */
struct points exact_divide(struct points a, struct points b);
int64_t exact_floor(struct points a);
int64_t exact_ceil(struct points a);
/* Half up (-0.5 becomes 0) to so many decimals, 0 to 9; below 0 leaves it as it is. */
struct points exact_round(struct points a, int decimals);
/* low + part (high - low), to 0 to 9 decimals as exact_round; `part` is from 0 to 1 and has terms
 * to 10^13, low and high are to 10^6 and of thousandths. */
struct points exact_between(struct points low, struct points high, struct points part,
                            int decimals);

struct ranked {
    struct points total;
    size_t candidate;
};
/* Those whose `counts` is true (NULL: all), the highest total first, equal ones by candidate. Freed
 * by the caller. 0 or YJ_ENOMEM. */
int exact_order(const struct points *totals, const bool *counts, size_t n, struct ranked **ret,
                size_t *ret_n);
/* The first place after `first` whose total is another, at most n. */
size_t exact_equals_end(const struct ranked *ranked, size_t first, size_t n);

#endif
