/* distribution.c - moments about the mean, tables by exact comparison. */
#include "distribution.h"

#include "diag.h"
#include "exact.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- moments and quantiles ---- */

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

double quantile_sorted(const double *sorted, size_t n, double p)
{
    if (n == 0)
        return NAN;
    double place = p * (double)(n - 1), whole = floor(place);
    size_t low = (size_t)whole;
    if (low + 1 >= n)
        return sorted[n - 1];
    return sorted[low] + (place - whole) * (sorted[low + 1] - sorted[low]);
}

static void compute_moments(const double *values, size_t n, struct distribution *ret)
{
    double size = (double)n, sum = 0, d_sum = 0, squares = 0, cubes = 0, fourths = 0;
    double scale = fmax(fabs(ret->min), fabs(ret->max));

    for (size_t v = 0; v < n; v++)
        sum += values[v];
    ret->mean = sum / size;
    for (size_t v = 0; v < n; v++) {
        double d = values[v] - ret->mean;
        d_sum += d;
        squares += d * d;
        cubes += d * d * d;
        fourths += d * d * d * d;
    }
    if (n < 2)
        return;
    squares -= d_sum * d_sum / size;
    if (!(squares > 1e-24 * scale * scale * size)) { /* nothing but rounding */
        ret->sd = 0;
        return;
    }
    ret->sd = sqrt(squares / (size - 1));
    ret->skewness = cubes / size / (ret->sd * ret->sd * ret->sd);
    ret->kurtosis = fourths / size / (ret->sd * ret->sd * ret->sd * ret->sd) - 3;
}

int distribution_compute(const double *values, size_t n, struct distribution *ret)
{
    struct distribution d = {n, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    double *sorted = malloc((n + 1) * sizeof *sorted);

    if (!sorted)
        return YJ_ENOMEM;
    if (n > 0) {
        memcpy(sorted, values, n * sizeof *sorted);
        qsort(sorted, n, sizeof *sorted, compare_doubles);
        d.min = sorted[0];
        d.q1 = quantile_sorted(sorted, n, 0.25);
        d.median = quantile_sorted(sorted, n, 0.5);
        d.q3 = quantile_sorted(sorted, n, 0.75);
        d.max = sorted[n - 1];
        compute_moments(sorted, n, &d); /* in order: that of the candidates changes no digit */
    }
    free(sorted);
    *ret = d;
    return 0;
}

/* ---- one row a score ---- */

int score_table_make(const struct points *totals, const bool *counts, size_t n,
                     struct score_count **ret_rows, size_t *ret_n_rows)
{
    struct ranked *ranked = NULL;
    size_t n_ranked, n_rows = 0;

    if (exact_order(totals, counts, n, &ranked, &n_ranked) < 0)
        return YJ_ENOMEM;
    for (size_t p = 0; p < n_ranked; p = exact_equals_end(ranked, p, n_ranked))
        n_rows++;
    struct score_count *rows = malloc((n_rows + 1) * sizeof *rows);
    if (!rows) {
        free(ranked);
        return YJ_ENOMEM;
    }
    struct score_count *row = rows;
    for (size_t p = 0, end; p < n_ranked; p = end, row++) {
        end = exact_equals_end(ranked, p, n_ranked);
        *row = (struct score_count){ranked[p].total, end - p, end,
                                    (double)(end - p) / (double)n_ranked,
                                    (double)end / (double)n_ranked};
    }
    free(ranked);
    *ret_rows = rows;
    *ret_n_rows = n_rows;
    return 0;
}

/* ---- histogram ---- */

static struct histogram bins_of_width(struct points least, struct points most, struct points width)
{
    struct points low = points_mul(exact_whole(exact_floor(exact_divide(least, width))), width);
    int64_t bins = exact_ceil(exact_divide(points_sub(most, low), width));

    return (struct histogram){low, width, bins > 1 ? (size_t)bins : 1};
}

struct histogram histogram_choose(struct points least, struct points most, size_t wanted)
{
    static const int64_t steps[] = {1, 2, 5};
    struct histogram h = bins_of_width(least, most, (struct points){1, 100});

    for (int64_t power = 1; h.n_bins > wanted + 1 && power < (int64_t)1e15; power *= 10)
        for (size_t s = 0; s < 3 && h.n_bins > wanted + 1; s++)
            h = bins_of_width(least, most,
                              exact_divide(exact_whole(steps[s] * power), exact_whole(100)));
    return h;
}

void histogram_count(const struct histogram *histogram, const struct points *totals, size_t n,
                     size_t *counts)
{
    memset(counts, 0, histogram->n_bins * sizeof *counts);
    for (size_t c = 0; c < n; c++) {
        int64_t bin =
            exact_floor(exact_divide(points_sub(totals[c], histogram->low), histogram->width));
        size_t last = histogram->n_bins - 1;
        counts[bin < 0 ? 0 : (size_t)bin > last ? last : (size_t)bin]++;
    }
}
