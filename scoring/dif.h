/* dif.h - differential item functioning: is an item harder for one group than for another whose
 * candidates are equally able?
 *
 * Two groups, reference and focal, are compared among candidates of equal total score. Items are
 * right or wrong (full marks or not). Two methods:
 *
 * - Mantel and Haenszel: Holland and Thayer, "Differential item performance and the Mantel-Haenszel
 *   procedure", in Wainer and Braun (eds), Test Validity, 1988. alpha is the common odds ratio
 *   (reference over focal), delta = -2.35 ln alpha: negative where the item is harder for the focal
 *   group.
 * - Logistic regression: Swaminathan and Rogers, "Detecting differential item functioning using
 *   logistic regression procedures", J. Educ. Measurement 27, 1990: also sees items that are harder
 *   for the weak of a group and easier for its strong.
 *
 * Pure; what the groups are (class, school, sex) is not known here. Figures that do not exist are
 * NaN. */
#ifndef YJ_SCORING_DIF_H
#define YJ_SCORING_DIF_H

#include <stdbool.h>
#include <stddef.h>

enum dif_group { DIF_REFERENCE, DIF_FOCAL, DIF_NEITHER };

struct dif_responses {
    size_t n_candidates, n_items;
    const signed char
        *answers; /* [candidate * n_items + item] 1 right, 0 wrong, -1 not presented */
    const unsigned char *groups; /* [candidate] enum dif_group */
};

struct dif_item {
    size_t n_reference, n_focal;         /* who saw the item */
    double share_reference, share_focal; /* right; NaN where there is nobody */

    /* Mantel-Haenszel; NaN where no score has both groups, right and wrong answers. */
    double alpha, delta;
    double delta_error; /* 2.35 times that of ln alpha: Robins, Breslow and Greenland, Biometrics
                           42, 1986 */
    double chi2, p;     /* with the continuity correction, 1 df */
    /* ETS: 'A' negligible: p >= 0.05, or |delta| < 1. 'C' large: |delta| >= 1.5 and more than 1 by
     * 1.645 standard errors. 'B' the rest. Dorans and Holland, "DIF detection and description", in
     * Holland and Wainer (eds), Differential Item Functioning, 1993; Zwick, "A review of ETS
     * differential item functioning assessment procedures", ETS RR-12-08, 2012. '\0': no figures.
     */
    char ets;

    /* Logistic regression of right on score, group, score x group; chi-squares of likelihood
     * ratios. NaN where the item has no answers of both kinds, or no score varies. */
    double lr_uniform, p_uniform;         /* group, 1 df */
    double lr_non_uniform, p_non_uniform; /* score x group beyond group, 1 df */
    double lr, p_logistic;                /* both, 2 df */
    /* A group that is right on all and wrong on none (or parts by a score) has no finite
     * coefficient. The likelihoods are then those of the limit, and still tell. */
    bool separated;
    bool purified; /* left out of the score that the others were matched by */
};

struct dif_options {
    /* Two steps: items of class C are left out of the matching score, and all are compared again by
     * what is left and the item itself (Holland and Thayer, 1988, call it refining the criterion).
     */
    bool purify;
};

/* items[n_items]. The matching score is the number right, the studied item included (leaving it out
 * makes items look different that are not: Holland and Thayer, 1988). 0 or YJ_ENOMEM. */
int dif_analyse(const struct dif_responses *responses, const struct dif_options *options,
                struct dif_item *items);

/* ---- one table, for those who have it already ---- */

/* One score: numbers right and wrong in each group. */
struct dif_stratum {
    double score;
    double right[2], wrong[2]; /* [enum dif_group] */
};

/* Fills the figures of one item from its strata. `strata` scores ascending. */
void dif_mantel_haenszel(const struct dif_stratum *strata, size_t n, struct dif_item *ret);
void dif_logistic(const struct dif_stratum *strata, size_t n, struct dif_item *ret);

#endif
