/* points.h - exact points: rationals, never binary floating point.
 *
 * "2", "0.5", "1.25", "-1/3" are read exactly; sums stay exact. Always in lowest terms, den > 0. */
#ifndef YJ_CORE_POINTS_H
#define YJ_CORE_POINTS_H

#include <stddef.h>
#include <stdint.h>

struct points {
    int64_t num, den;
};

#define POINTS_ZERO ((struct points){0, 1})
/* Longest text points_print writes, with its terminating zero. */
#define POINTS_TEXT_MAX 44

/* 0, or YJ_EINPUT where text is no number (or its terms exceed 10^9). */
int points_parse(const char *text, struct points *ret);
/* Shortest exact text: "2", "0.5"; "-1/3" where decimals do not end within 6 places. */
void points_print(struct points p, char text[POINTS_TEXT_MAX]);
/* Exact; saturates (and asserts in debug) only beyond 2^62, which the limits of parse keep away. */
struct points points_add(struct points a, struct points b);
struct points points_sub(struct points a, struct points b);
struct points points_mul(struct points a, struct points b);
int points_compare(struct points a, struct points b);
double points_double(struct points p);

/* Points that are given by people or read as such come in parts of these (thousandths, thirds,
 * sixths): whatever many of them there are, their sum is exact. */
#define GIVEN_PARTS 3000

#endif
