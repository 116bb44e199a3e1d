/* exact.c - rationals divided, rounded and put in order. */
#include "exact.h"

#include "diag.h"
#include <assert.h>
#include <stdlib.h>

__extension__ typedef __int128 wide;

struct points exact_whole(int64_t value)
{
    return (struct points){value, 1};
}

struct points exact_divide(struct points a, struct points b)
{
    assert(b.num != 0);
    struct points upside_down =
        b.num < 0 ? (struct points){-b.den, -b.num} : (struct points){b.den, b.num};
    return points_mul(a, upside_down);
}

int64_t exact_floor(struct points a)
{
    return a.num / a.den - (a.num % a.den < 0);
}

int64_t exact_ceil(struct points a)
{
    return a.num / a.den + (a.num % a.den > 0);
}

/* In 128 bits: a fraction's terms may be long before it is rounded. */
struct points exact_round(struct points a, int decimals)
{
    int64_t steps = 1;

    if (decimals < 0)
        return a;
    assert(decimals <= 9);
    for (int d = 0; d < decimals; d++)
        steps *= 10;
    wide twice = 2 * (wide)a.num * steps + a.den, whole = twice / (2 * (wide)a.den);
    if (twice % (2 * (wide)a.den) < 0)
        whole--;
    return exact_divide(exact_whole((int64_t)whole), exact_whole(steps));
}

/* The terms of part * range can be beyond 64 bits, what is rounded is not. */
struct points exact_between(struct points low, struct points high, struct points part, int decimals)
{
    struct points range = points_add(high, (struct points){-low.num, low.den});
    wide num = (wide)part.num * range.num, den = (wide)part.den * range.den;
    int64_t steps = 1;

    assert(decimals >= 0 && decimals <= 9);
    for (int d = 0; d < decimals; d++)
        steps *= 10;
    num = num * low.den + (wide)low.num * den;
    den *= low.den;
    wide twice = 2 * num * steps + den, whole = twice / (2 * den);
    if (twice % (2 * den) < 0)
        whole--;
    return exact_divide(exact_whole((int64_t)whole), exact_whole(steps));
}

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *left = a, *right = b;
    int order = points_compare(right->total, left->total);

    if (order != 0)
        return order;
    return (left->candidate > right->candidate) - (left->candidate < right->candidate);
}

int exact_order(const struct points *totals, const bool *counts, size_t n, struct ranked **ret,
                size_t *ret_n)
{
    struct ranked *ranked = malloc((n + 1) * sizeof *ranked);
    size_t n_ranked = 0;

    if (!ranked)
        return YJ_ENOMEM;
    for (size_t c = 0; c < n; c++)
        if (!counts || counts[c])
            ranked[n_ranked++] = (struct ranked){totals[c], c};
    qsort(ranked, n_ranked, sizeof *ranked, compare_ranked);
    *ret = ranked;
    *ret_n = n_ranked;
    return 0;
}

size_t exact_equals_end(const struct ranked *ranked, size_t first, size_t n)
{
    size_t end = first + 1;

    while (end < n && points_compare(ranked[end].total, ranked[first].total) == 0)
        end++;
    return end;
}
