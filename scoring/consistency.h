/* consistency.h - how well the items of a test measure one thing: its reliability, and its error.
 *
 * Beside alpha (itemstats.h). Everything comes from the covariances of the items, one walk over the
 * matrix. Items are as they are scored: none is turned round because it runs against the others,
 * for in the total it is not turned either. An undefined figure is NaN: fewer than two candidates
 * or items, a total that does not vary, a matrix that is singular (lambda6), a factor that is not
 * found (omega). */
#ifndef YJ_SCORING_CONSISTENCY_H
#define YJ_SCORING_CONSISTENCY_H

#include "itemstats.h"

struct consistency {
    /* Kuder and Richardson, "The theory of the estimation of test reliability", Psychometrika 2,
     * 1937, formulas 20 and 21. Only where every item is worth the same and has all its points or
     * none; the variances are those of n, as p q is:
     * k/(k - 1) (1 - sum p q / var), k/(k - 1) (1 - M (k - M) / (k var)), M the mean number right
     */
    double kr20, kr21;
    /* Guttman, "A basis for analyzing test-retest reliability", Psychometrika 10, 1945, lambda 6:
     * 1 - (what the other items do not foretell of each) / (variance of the sum). Of the items'
     * correlations, as R's psych has it (alpha: G6(smc)), and of their covariances, as Guttman.
     * Items that do not vary are left out. */
    double lambda6, lambda6_points;
    /* McDonald's omega total of one factor, found by least squares on the correlations beside the
     * diagonal (MINRES: Harman and Jones, Psychometrika 31, 1966). An item whose communality would
     * be above 0.995 is held there (Heywood's case), as psych does:
     * 1 - (sum of the items' own parts) / (sum of all correlations). R's psych:
     * omega(nfactors = 1, flip = FALSE)$omega.tot. Items that do not vary are left out; at least
     * three must be left. */
    double omega;
    /* The first, third, fifth ... item against the second, fourth ...: 2 r / (1 + r). Spearman,
     * Brown, British J. Psychology 3, 1910. */
    double split_half;
};

/* 0 or YJ_ENOMEM. */
int consistency_compute(const struct response_matrix *matrix, struct consistency *ret);

/* Standard error of a total, given the total (Lord, "Do tests of the same length have the same
 * standard errors of measurement?", Educ. Psychol. Measurement 17, 1957): sqrt(x (k - x) / (k - 1))
 * for k items of a point each.
 *
 * For items worth w1, w2 ... (sum M) the same argument, that every point is had with the
 * probability p, and an item's points all together, gives sum(w^2) p (1 - p); with p = x / M its
 * unbiased estimate is sum(w^2) x/M (1 - x/M) / (1 - sum(w^2) / M^2), which is Lord's where every
 * w is 1. Where items give parts of their points, the error is at most this. */
struct total_error {
    double max, squares; /* M; sum(w^2) */
};
struct total_error total_error_make(const double *item_max, size_t n_items);
/* NaN for a total below 0 or above M, and where fewer than two items give points. */
double total_error_at(const struct total_error *error, double total);

#endif
