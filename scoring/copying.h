/* copying.h - pairs of candidates of one room whose answers agree more than chance allows.
 *
 * Every pair of every room is looked at. Three kinds of test decide, each of "this many equal
 * answers or more, had the two worked alone":
 *
 * - GBT: van der Linden and Sotaridona, "Detecting answer copying when the regular response process
 *   follows a known response model", J. Educ. and Behavioral Statistics 31, 2006: the number of
 *   equal answers is a sum of independent events, each as likely as the two abilities make it; its
 *   distribution is had exactly, by convolution.
 * - omega: Wollack, "A nominal response model approach for detecting answer copying", Applied
 * Psych. Measurement 21, 1997: the answers of one (the source) are taken as given; how often would
 * the other (the copier) give them? Both directions are tested. The index itself, (equal -
 * expected) / sd, is told; its p is not taken from the normal distribution, which is too thin in
 * the far tail where millions of pairs are compared, but by the same convolution.
 *
 * How likely an answer is comes from option_curves.h: the nominal response model with observed
 * ability. Two figures are told beside, and decide nothing:
 *
 * - K-index: Holland, ETS RR-96-07, 1996: the equal wrong answers against a binomial whose share is
 *   that of the candidates with as many wrong answers as the copier (of neighbouring numbers where
 *   fewer than 30 have it).
 * - Harpp and Hogan: "Crime in the classroom", J. Chemical Education 70, 1993: equal wrong answers
 * / different answers. They would look at pairs above 1.
 *
 * Items that either left blank are no part of a pair's comparison. Over all pairs the chance of a
 * single false alarm is at most `level`: the least of a pair's three p, times three, is corrected
 * by Holm's procedure (Scandinavian J. of Statistics 6, 1979).
 *
 * What it cannot know: two who learned the same mistakes from one teacher agree more than chance,
 * and a sheet scanned twice under two numbers looks like a copy. It names pairs to look at; it
 * proves nothing. */
#ifndef YJ_SCORING_COPYING_H
#define YJ_SCORING_COPYING_H

#include "option_curves.h"

#include <stdbool.h>
#include <stdint.h>

struct copying_answers {
    size_t n_candidates, n_items;
    /* [candidate * n_items + item] OPTION_BLANK, a code from 1 to OPTION_CODES - 1 (equal codes of
     * an item are equal answers; several marks are an answer of their own), or OPTION_OTHER. */
    const unsigned char *answers;
    const bool *right; /* [item * OPTION_CODES + code] */
    const int *rooms;  /* [candidate] any number; below 0: in no room, compared with nobody */
};

struct copying_options {
    double level; /* family-wise error, 0 to 1; 0: 0.01. Above 1: every pair is told, for studies */
    int jobs;
};

#define COPYING_TESTS 5 /* a pair's p is the least of so many */

struct copying_pair {
    /* Candidates, in the direction of the larger omega: `a` from `b`. Nothing more than a hint: of
     * two equally able it is a coin's, for a copier's score has grown with the copied answers. */
    size_t a, b;
    int room;
    int same_right, same_wrong, differ; /* of the items both answered */
    double omega, omega_p;              /* of a from b */
    double gbt, k_index;                /* probabilities; k_index NaN if b has no wrong answer */
    double harpp_hogan;                 /* same_wrong / differ, where nothing differs / 1 */
    double ratio_p;  /* of the likelihood ratio, a from b; 1 where it is far from significant */
    double p;        /* the least of gbt, both omegas, both ratios */
    double p_family; /* after Holm, at most 1 */
};

struct copying_result {
    struct copying_pair *pairs; /* p_family <= level, the least p first */
    size_t n_pairs;
    int64_t n_tested;     /* pairs of all rooms */
    int64_t n_calculated; /* of those, whose p was calculated: of the others a bound shows that they
                             cannot be significant */
};

/* 0 or YJ_ENOMEM. The result is the caller's to finish; it does not depend on `jobs`. */
int copying_find(const struct copying_answers *answers, const struct copying_options *options,
                 struct copying_result *ret);
void copying_finish(struct copying_result *r);

/* P(at least `least` of n independent events, of probabilities p[n]). scratch [n + 1]. */
double copying_tail(const double *p, size_t n, size_t least, double *scratch);

#endif
