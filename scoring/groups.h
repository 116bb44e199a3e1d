/* groups.h - classes, schools, rooms and batches against the whole.
 *
 * Candidates come with the number of their group. The whole is everybody, those without a group
 * too. An undefined figure is NaN. */
#ifndef YJ_SCORING_GROUPS_H
#define YJ_SCORING_GROUPS_H

#include "distribution.h"

struct group_limits {
    struct points pass, distinction; /* marks, that too; den 0: the exam has none */
    double level;                    /* family-wise error of `far_off` over all groups; 0.01 */
    double effect;                   /* least |effect| of a group far off; 0.5 */
};

struct group_figures {
    struct distribution scores;
    double above_mean;        /* share above (not at) the mean of the whole, compared exactly */
    double pass, distinction; /* shares; NaN where the exam has no such mark */
    /* Mean less the mean of the whole, with its interval of 95 %. The group is part of the whole,
     * so that their means are not independent: the difference is (rest / whole) times that between
     * the group and the rest, which are; its interval is Welch's, scaled alike. Welch, "The
     * generalization of Student's problem when several different population variances are
     * involved", Biometrika 34, 1947. */
    double difference, low, high;
    /* Is the group beyond chance, and by enough, from the others? Welch's test against all others
     * but those found far off before it: the farthest is set aside first, so that one room of blank
     * sheets does not make the others look too good (at most 100 are set aside). */
    double effect;      /* (mean - mean of those others) / sd of them all */
    double p, p_family; /* two-sided; times the groups still tested (Holm's steps) */
    /* p_family below the level, and the effect as large as is asked: with thousands of candidates
     * any difference is beyond chance, and schools do differ. */
    bool far_off;
};

/* group_of[c]: 0 to n_groups - 1; -1: none. ret[n_groups]. 0 or YJ_ENOMEM. */
int groups_compute(const struct points *totals, const int *group_of, size_t n, size_t n_groups,
                   const struct group_limits *limits, struct group_figures *ret);

/* p[n] become those of Holm's step-down ("A simple sequentially rejective multiple test procedure",
 * Scandinavian J. Statistics 6, 1979; R's p.adjust); NaN are no tests. 0 or YJ_ENOMEM. */
int holm_adjust(double *p, size_t n);

#endif
