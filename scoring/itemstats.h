/* itemstats.h - response matrix -> item and test statistics (classical test theory).
 *
 * Pure functions over arrays. Undefined figures (a variance of nought, fewer than two candidates)
 * are NaN: an export leaves the cell empty. Formulas and sources stand beside each function. */
#ifndef YJ_SCORING_ITEMSTATS_H
#define YJ_SCORING_ITEMSTATS_H

#include <stddef.h>

struct response_matrix {
    size_t n_candidates, n_items;
    const double *scores;   /* [candidate * n_items + item], points */
    const double *item_max; /* [item] */
};

struct item_statistics {
    size_t n;
    double mean, difficulty; /* mean / max */
    double d27;              /* top 27 % - bottom 27 % of the candidates, as difficulty */
    double rpb, rpb_rest;    /* with the total; with the total less the item */
    double alpha_without;
};

struct test_statistics {
    size_t n;
    double mean, sd /* n - 1 */, alpha, sem /* sd sqrt(1 - alpha) */;
    double min, max, median;
};

/* items[n_items]. 0 or YJ_ENOMEM. */
int item_statistics_compute(const struct response_matrix *matrix, struct item_statistics *items,
                            struct test_statistics *ret_test);
/* Point-biserial (Pearson) of a 0/1 choice of an option with the rest score. */
double option_point_biserial(const unsigned char *chosen, const double *rest, size_t n);

#endif
