/* standing.c - ranks with ties, percentiles, standard scores. */
#include "distribution.h"

#include "diag.h"
#include "exact.h"
#include <math.h>
#include <stdlib.h>

static int compute_distribution(const struct ranked *ranked, size_t n, struct distribution *ret)
{
    double *values = malloc((n + 1) * sizeof *values);

    if (!values)
        return YJ_ENOMEM;
    for (size_t p = 0; p < n; p++)
        values[p] = points_double(ranked[p].total);
    int rc = distribution_compute(values, n, ret);
    free(values);
    return rc;
}

/* Of the equals at places [first, end) of n, the best first. */
static struct standing standing_of(const struct ranked *ranked, size_t first, size_t end, size_t n,
                                   const struct distribution *d)
{
    struct standing s = {first + 1, POINTS_ZERO, NAN, NAN};
    int64_t twice = (int64_t)(2 * (n - end) + (end - first)); /* below, and half of the equals */

    s.percentile = exact_divide(exact_whole(100 * twice), exact_whole((int64_t)(2 * n)));
    if (d->sd > 0) {
        s.z = (points_double(ranked[first].total) - d->mean) / d->sd;
        s.t = 50 + 10 * s.z;
    }
    return s;
}

int standing_compute(const struct points *totals, const bool *counts, size_t n,
                     struct standing *ret)
{
    struct ranked *ranked = NULL;
    struct distribution d;
    size_t n_ranked;
    int rc = exact_order(totals, counts, n, &ranked, &n_ranked);

    if (rc == 0)
        rc = compute_distribution(ranked, n_ranked, &d);
    if (rc == 0) {
        for (size_t c = 0; c < n; c++)
            ret[c] = (struct standing){0, POINTS_ZERO, NAN, NAN};
        for (size_t first = 0, end; first < n_ranked; first = end) {
            end = exact_equals_end(ranked, first, n_ranked);
            struct standing s = standing_of(ranked, first, end, n_ranked, &d);
            for (size_t p = first; p < end; p++)
                ret[ranked[p].candidate] = s;
        }
    }
    free(ranked);
    return rc;
}
