/* distribution.h - how scores lie: moments, quantiles, one row a score, bins of a histogram.
 *
 * Moments are of numbers, tables of exact points. An undefined figure is NaN. */
#ifndef YJ_SCORING_DISTRIBUTION_H
#define YJ_SCORING_DISTRIBUTION_H

#include "points.h"
#include <stdbool.h>

struct distribution {
    size_t n;
    double mean, sd; /* n - 1 */
    double min, q1, median, q3, max;
    /* b1 and b2 - 3 with the sd of n - 1: R's psych (describe, type 3), e1071 and SPSS's "b1".
     * Joanes and Gill, "Comparing measures of sample skewness and kurtosis", The Statistician 47,
     * 1998. Nought for a normal distribution; NaN where nothing varies. */
    double skewness, kurtosis;
};

/* 0 or YJ_ENOMEM. */
int distribution_compute(const double *values, size_t n, struct distribution *ret);

/* The quantile of values in ascending order: between the two at (n - 1) p, in proportion. R's type
 * 7; Hyndman and Fan, "Sample quantiles in statistical packages", The American Statistician 50,
 * 1996. 0 <= p <= 1; NaN for n = 0. */
double quantile_sorted(const double *sorted, size_t n, double p);

/* A row of the table of scores (一分一段表). */
struct score_count {
    struct points score;
    size_t count, at_least; /* with this score; with it or a higher one */
    double share, share_at_least;
};
/* A row for each score that somebody has, the highest first; freed by the caller. `counts`: those
 * who count, NULL: all. 0 or YJ_ENOMEM. */
int score_table_make(const struct points *totals, const bool *counts, size_t n,
                     struct score_count **ret_rows, size_t *ret_n_rows);

/* Bin i is from low + i width (that too) to low + (i + 1) width (not that); the last one closed. */
struct histogram {
    struct points low, width;
    size_t n_bins;
};
/* Round bins (1, 2 or 5 times a power of ten, not below 0.01) from `least` to `most`, as many as
 * can be had without being more than `wanted` + 1; at least one. */
struct histogram histogram_choose(struct points least, struct points most, size_t wanted);
/* counts[n_bins]. Nobody is lost: who is below the first bin counts in it, who is beyond the last
 * in that. */
void histogram_count(const struct histogram *histogram, const struct points *totals, size_t n,
                     size_t *counts);

/* Where a candidate stands among those who count. */
struct standing {
    size_t rank;              /* 1 the best; equal totals share the best rank of theirs */
    struct points percentile; /* 100 (those below + half of those equal, oneself too) / n */
    double z, t;              /* (x - mean) / sd; 50 + 10 z; NaN where nothing varies */
};
/* ret[n]; rank 0, percentile 0 and NaN for those who do not count. 0 or YJ_ENOMEM. */
int standing_compute(const struct points *totals, const bool *counts, size_t n,
                     struct standing *ret);

#endif
