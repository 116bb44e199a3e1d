/* groups.c - candidates sorted by group, each group's figures, and all against the whole. */
#include "groups.h"

#include "diag.h"
#include "exact.h"
#include "student.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct workspace {
    const struct points *totals;
    const int *group_of;
    const struct group_limits *limits;
    size_t n, n_groups;
    size_t *starts; /* [n_groups + 2] in `members`; those without a group come last */
    size_t *members;
    double *values; /* totals of one group */
    double *p;
    struct points sum;        /* of all totals */
    double mean, sd, squares; /* of the whole; sum of squared deviations */
};

/* ---- the whole ---- */

static void sort_members(struct workspace *w)
{
    size_t *starts = w->starts;

    memset(starts, 0, (w->n_groups + 2) * sizeof *starts);
    for (size_t c = 0; c < w->n; c++)
        if (w->group_of[c] >= 0)
            starts[w->group_of[c] + 1]++;
    for (size_t g = 0; g < w->n_groups; g++)
        starts[g + 1] += starts[g];
    for (size_t c = 0; c < w->n; c++)
        if (w->group_of[c] >= 0)
            w->members[starts[w->group_of[c]]++] = c;
    for (size_t g = w->n_groups; g > 0; g--) /* filling moved each start to its end */
        starts[g] = starts[g - 1];
    starts[0] = 0;
}

static void compute_whole(struct workspace *w)
{
    w->sum = POINTS_ZERO;
    for (size_t c = 0; c < w->n; c++)
        w->sum = points_add(w->sum, w->totals[c]);
    w->mean = w->n ? points_double(w->sum) / (double)w->n : NAN;
    w->squares = 0;
    for (size_t c = 0; c < w->n; c++) {
        double d = points_double(w->totals[c]) - w->mean;
        w->squares += d * d;
    }
    w->sd = w->n > 1 ? sqrt(w->squares / (double)(w->n - 1)) : NAN;
}

/* ---- a group ---- */

static double share_at_least(const struct workspace *w, const size_t *members, size_t n,
                             struct points mark)
{
    size_t count = 0;

    if (mark.den == 0 || n == 0)
        return NAN;
    for (size_t m = 0; m < n; m++)
        count += points_compare(w->totals[members[m]], mark) >= 0;
    return (double)count / (double)n;
}

static double share_above_mean(const struct workspace *w, const size_t *members, size_t n)
{
    size_t count = 0;

    if (n == 0)
        return NAN;
    for (size_t m = 0; m < n; m++)
        count += points_compare(points_mul(w->totals[members[m]], exact_whole((int64_t)w->n)),
                                w->sum) > 0;
    return (double)count / (double)n;
}

/* Means and variances of the group and the rest, which is the whole without it. */
static void compare_with_rest(const struct workspace *w, struct group_figures *ret)
{
    double n = (double)ret->scores.n, all = (double)w->n, rest = all - n;

    if (n == 0)
        return;
    double above = ret->scores.mean - w->mean;
    ret->difference = above;
    if (rest < 1)
        return;
    double between = above * all / rest; /* group less rest: the rest's mean is -n/rest above */
    ret->effect = w->sd > 0 ? between / w->sd : NAN;
    if (n < 2 || rest < 2)
        return;
    double rest_above = -above * n / rest;
    double own_squares = ret->scores.sd * ret->scores.sd * (n - 1);
    double rest_squares =
        fmax(0, w->squares - own_squares - n * above * above - rest * rest_above * rest_above);
    double a = own_squares / (n - 1) / n, b = rest_squares / (rest - 1) / rest;
    if (!(a + b > 1e-20 * w->squares / all)) /* nothing varies within either */
        return;
    double df = (a + b) * (a + b) / (a * a / (n - 1) + b * b / (rest - 1));
    double half = student_within(0.95, df) * sqrt(a + b) * rest / all;
    ret->low = above - half;
    ret->high = above + half;
    ret->p = student_two_sided(between / sqrt(a + b), df);
}

static int compute_group(struct workspace *w, size_t group, struct group_figures *ret)
{
    const size_t *members = w->members + w->starts[group];
    size_t n = w->starts[group + 1] - w->starts[group];
    struct group_figures f = {.above_mean = share_above_mean(w, members, n),
                              .pass = share_at_least(w, members, n, w->limits->pass),
                              .distinction = share_at_least(w, members, n, w->limits->distinction),
                              .difference = NAN,
                              .low = NAN,
                              .high = NAN,
                              .effect = NAN,
                              .p = NAN,
                              .p_family = NAN};

    for (size_t m = 0; m < n; m++)
        w->values[m] = points_double(w->totals[members[m]]);
    int rc = distribution_compute(w->values, n, &f.scores);
    if (rc < 0)
        return rc;
    compare_with_rest(w, &f);
    *ret = f;
    return 0;
}

/* ---- all tests together ---- */

struct test {
    double p;
    size_t index;
};

static int compare_tests(const void *a, const void *b)
{
    double left = ((const struct test *)a)->p, right = ((const struct test *)b)->p;

    return (left > right) - (left < right);
}

int holm_adjust(double *p, size_t n)
{
    struct test *tests = malloc((n + 1) * sizeof *tests);
    size_t n_tests = 0;
    double least = 0;

    if (!tests)
        return YJ_ENOMEM;
    for (size_t i = 0; i < n; i++)
        if (!isnan(p[i]))
            tests[n_tests++] = (struct test){p[i], i};
    qsort(tests, n_tests, sizeof *tests, compare_tests);
    for (size_t t = 0; t < n_tests; t++) {
        least = fmax(least, fmin(1, tests[t].p * (double)(n_tests - t)));
        p[tests[t].index] = least;
    }
    free(tests);
    return 0;
}

static int judge(struct workspace *w, struct group_figures *groups)
{
    for (size_t g = 0; g < w->n_groups; g++)
        w->p[g] = groups[g].p;
    int rc = holm_adjust(w->p, w->n_groups);
    if (rc < 0)
        return rc;
    for (size_t g = 0; g < w->n_groups; g++) {
        groups[g].p_family = w->p[g];
        groups[g].far_off =
            w->p[g] < w->limits->level && fabs(groups[g].effect) >= w->limits->effect;
    }
    return 0;
}

int groups_compute(const struct points *totals, const int *group_of, size_t n, size_t n_groups,
                   const struct group_limits *limits, struct group_figures *ret)
{
    struct workspace w = {
        .totals = totals, .group_of = group_of, .limits = limits, .n = n, .n_groups = n_groups};
    int rc = 0;

    w.starts = malloc((n_groups + 2) * sizeof *w.starts);
    w.members = malloc((n + 1) * sizeof *w.members);
    w.values = malloc((n + 1) * sizeof *w.values);
    w.p = malloc((n_groups + 1) * sizeof *w.p);
    if (!w.starts || !w.members || !w.values || !w.p) {
        rc = YJ_ENOMEM;
        goto out;
    }
    sort_members(&w);
    compute_whole(&w);
    for (size_t g = 0; g < n_groups && rc == 0; g++)
        rc = compute_group(&w, g, &ret[g]);
    if (rc == 0)
        rc = judge(&w, ret);
out:
    free(w.starts);
    free(w.members);
    free(w.values);
    free(w.p);
    return rc;
}
