/* copying_inside.h - what the files of copying.h share; nobody else includes it. */
#ifndef YJ_SCORING_COPYING_INSIDE_H
#define YJ_SCORING_COPYING_INSIDE_H

#include "copying.h"

struct copying_work {
    const struct copying_answers *in;
    struct option_curves curves;
    uint16_t *levels; /* [candidate] */
    uint16_t *wrong;  /* [candidate] answered and wrong */
    uint16_t *blank;  /* [candidate] */
    /* The answers twice, such that what equals nobody's differs between the two: in `left` a blank
     * is 0 and another 254, in `right` 255 and 253. */
    unsigned char *left, *right;
    uint32_t *by_wrong;       /* [(number wrong * n_items + item) * stride + code] candidates */
    uint32_t *n_wrong;        /* [number wrong] candidates */
    float *gain;              /* [as curves] an equal answer's part of the log likelihood ratio */
    double cutoff;            /* a p above it cannot be significant */
    double least_ratio;       /* log likelihood ratios below are not looked at */
    uint16_t *gbt_least;      /* [level * n_levels + level] equal answers for a p within it */
    uint16_t *binomial_least; /* [n * SHARES + share] likewise of a binomial of n */
};

#define COPYING_RIGHT_BLANK 255
#define COPYING_SHARE 0.4 /* of the answers, copied: what the likelihood ratio looks for */
#define COPYING_SLACK 7.0 /* see copying_bounds.c */
#define SHARES 512        /* steps of a binomial's share in binomial_least: floor(share * SHARES) */

/* ---- copying_bounds.c ---- */

/* Fills gbt_least and binomial_least, which are allocated. YJ_ENOMEM. */
int copying_fill_bounds(struct copying_work *w, int jobs);
size_t copying_count_equal(const struct copying_work *w, size_t a, size_t b);
/* Items that either left blank. */
size_t copying_count_blank(const struct copying_work *w, size_t a, size_t b);
/* False: neither test can have a p within the cutoff. */
bool copying_is_possible(const struct copying_work *w, size_t a, size_t b);

/* ---- copying_figures.c ---- */

/* log of the number of ways to choose k of n. */
double copying_log_ways(size_t n, size_t k);

/* log((s + (1 - s) p) / ((1 - s) p)), s = COPYING_SHARE. */
double copying_gain(double p);
size_t copying_scratch_size(size_t n_items);
/* All but p_family. scratch [copying_scratch_size]. */
struct copying_pair copying_calculate(const struct copying_work *w, size_t a, size_t b,
                                      double *scratch);

#endif
