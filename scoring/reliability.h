/* reliability.h - how far the readings of marks can be trusted: shares, and their intervals.
 *
 * Two figures matter to an exam office: what share of the mark fields a person must look at, and
 * how many of the others are wrong without anybody noticing. The first is counted; the second is
 * expected, from the probability that each reading carries. Pure functions; intervals are
 * two-sided, 95 %: 2.5 % beyond each end. Whether the probabilities are true is not known here:
 * tests/accuracy/simulated holds them against sheets of which the truth is known. */
#ifndef YJ_SCORING_RELIABILITY_H
#define YJ_SCORING_RELIABILITY_H

#include "form.h"
#include "records.h"
#include <stdint.h>

struct interval {
    double low, high;
};

/* For a share k / n, 0 <= k <= n; [0, 1] where n is 0. Wilson's score interval: Wilson, "Probable
 * inference, the law of succession, and statistical inference", JASA 22, 1927. */
struct interval interval_wilson(int64_t k, int64_t n);
/* The same, but exact: never narrower than it says, for what is rare. Clopper and Pearson, "The use
 * of confidence or fiducial limits", Biometrika 26, 1934. */
struct interval interval_clopper_pearson(int64_t k, int64_t n);

/* The smallest number that a Poisson variable of this mean (>= 0, at most 1e9) exceeds with a
 * probability of at most 2.5 %.
 *
 * Errors of independent readings, each with its own small probability, are Poisson-binomial. Le Cam
 * ("An approximation theorem for the Poisson binomial distribution", Pacific J. Math. 10, 1960): it
 * is nearer to Poisson of the same mean than the sum of the squared probabilities; Hoeffding ("On
 * the distribution of the number of successes in independent trials", Ann. Math. Stat. 27, 1956)
 * with Anderson and Samuels (Fifth Berkeley Symposium 1, 1967): beyond the mean + 1 its tail is the
 * smaller one, so that this bound is never too low. */
int64_t poisson_most(double mean);

/* Fields of marks (choice, grid, strip) on pages that were read. A refused page is told as such,
 * and counts here for nothing. */
struct mark_counts {
    int64_t fields;
    int64_t review;         /* of those: a person looks, or has looked */
    double silent_expected; /* sum of 1 - confidence over all others */
};

bool mark_counts_is_mark(enum field_kind kind);
/* Adds a machine's reading of a field of this kind. */
void mark_counts_add(struct mark_counts *counts, enum field_kind kind,
                     const struct reading *reading);

struct reliability {
    double review_share; /* NaN where there is no field */
    struct interval review;
    double silent_rate;  /* expected a reading that is taken; NaN where none is */
    int64_t silent_most; /* errors among them, at 95 % */
};

struct reliability reliability_compute(const struct mark_counts *counts);

#endif
