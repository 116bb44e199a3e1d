/* distractors.h - what the options of an item did: how many took each, who they were, and whether
 * the key may be the wrong one.
 *
 * Answers are sets of options (bit o is option o, at most 64), 0 where nothing counts as marked:
 * blank, or more marks than the item allows. Correlations are Pearson's of marking (0 or 1) with
 * the rest score, the total less the item (Lord and Novick, Statistical Theories of Mental Test
 * Scores, 1968, 15.5). */
#ifndef YJ_SCORING_DISTRACTORS_H
#define YJ_SCORING_DISTRACTORS_H

#include "fifths.h"
#include <stdbool.h>
#include <stdint.h>

struct item_answers {
    size_t n;
    const uint64_t *marked; /* [candidate] */
    const double *rest;     /* [candidate] */
    int n_options;
};

struct option_figures {
    size_t count;
    double share;         /* of all candidates; NaN without any */
    double rpb;           /* NaN where all or none marked it, or the rest score does not vary */
    double fifth[FIFTHS]; /* share of the fifth that marked it */
};

/* options[n_options]. `fifths` has the same candidates. */
void option_figures_compute(const struct item_answers *answers, const struct fifths *fifths,
                            struct option_figures *options);

struct miskey_limits {
    double level;    /* one-sided, over all wrong options of the item (Bonferroni); 0.01 */
    size_t takers;   /* of the wrong option at least so many; 5 */
    size_t of_total; /* candidates at least; 20 */
};
#define MISKEY_LIMITS ((struct miskey_limits){0.01, 5, 20})

struct miskey {
    int option; /* the wrong option that behaves like a key; -1: none does */
    int key;    /* the option of the key that it beats; -1: all of them together */
    double rpb, key_rpb;
    double p; /* one-sided, of the difference, times the number of wrong options */
};

/* A wrong option is suspected where its correlation with the rest score is above 0 and above the
 * key's by more than chance: Williams' test of two correlations that share a variable, n - 3
 * degrees of freedom (Steiger, "Tests for comparing elements of a correlation matrix",
 * Psychological Bulletin 87, 1980, eq. 7; R's psych: r.test). The test is the guard for small
 * classes: five candidates never make a suspicion.
 *
 * `key`: the options of the key. `any_of`: each of them alone is right, and they are taken together
 * (marked any of them); else the key is the set, and the wrong option is held against the weakest
 * option of the key. `options` as option_figures_compute made them. The most certain suspicion is
 * returned. Where everybody or nobody marked the key it has no correlation, and there is none. */
struct miskey miskey_find(const struct item_answers *answers, const struct option_figures *options,
                          uint64_t key, bool any_of, const struct miskey_limits *limits);

/* Williams' t for r12 - r13 with r23, of n candidates; NaN for n < 4 and for a singular matrix. */
double williams_t(double r12, double r13, double r23, size_t n);

#endif
