/* fifths.h - candidates in five equal groups by total, the lowest first; ties shared.
 *
 * A fifth is n / 5 candidates, which need not be a whole number. Candidates of one total that stand
 * across a cut belong to both fifths, each with the same weight: the part of their places that lies
 * in it. So no order of the candidates changes a figure, which is the rule that d27 has too. */
#ifndef YJ_SCORING_FIFTHS_H
#define YJ_SCORING_FIFTHS_H

#include <stddef.h>

#define FIFTHS 5
/* Five fifths, and between them those who stand across a cut: four cuts, at most a class for each.
 */
#define FIFTH_CLASSES 9

struct fifths {
    size_t n;
    unsigned char *class_of; /* [candidate] below n_classes; ascending with the total */
    int n_classes;
    double weights[FIFTH_CLASSES][FIFTHS]; /* of one candidate of the class in each fifth */
};

/* Totals that differ by less than 10^-9 of the largest are the same. 0 or YJ_ENOMEM; the caller
 * gives it to fifths_finish. */
int fifths_make(const double *totals, size_t n, struct fifths *ret);
void fifths_finish(struct fifths *fifths);

/* Mean of an item in each fifth over its maximum; NaN without candidates or maximum. Item i of
 * candidate c is points[c * stride + i]. */
void fifths_item(const struct fifths *fifths, const double *points, size_t stride, double max,
                 double ret[FIFTHS]);

#endif
