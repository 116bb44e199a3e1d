/* groups.c - candidates sorted by group, each group's figures, and all against the whole. */
#include "groups.h"

#include "diag.h"
#include "exact.h"
#include "student.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_ASIDE 100 /* groups; each costs a walk over all */

/* Candidates as their moments. */
struct pool {
    double n, mean, squares; /* sum of squared deviations from the mean */
};

struct workspace {
    const struct points *totals;
    const int *group_of;
    const struct group_limits *limits;
    size_t n, n_groups;
    size_t *starts; /* [n_groups + 2] in `members`; those without a group come last */
    size_t *members;
    double *values; /* totals of one group */
    double *p;
    struct points sum; /* of all totals */
    struct pool whole;
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
    w->whole = (struct pool){(double)w->n, w->n ? points_double(w->sum) / (double)w->n : NAN, 0};
    for (size_t c = 0; c < w->n; c++) {
        double d = points_double(w->totals[c]) - w->whole.mean;
        w->whole.squares += d * d;
    }
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

static struct pool pool_of(const struct distribution *scores)
{
    double n = (double)scores->n;

    return (struct pool){n, scores->mean, n > 1 ? scores->sd * scores->sd * (n - 1) : 0};
}

/* `all` without `part`, which is in it. */
static struct pool rest_of(const struct pool *all, const struct pool *part)
{
    double n = all->n - part->n, above = part->mean - all->mean;

    if (!(n > 0))
        return (struct pool){0, NAN, 0};
    double rest_above = -above * part->n / n;
    double squares =
        all->squares - part->squares - part->n * above * above - n * rest_above * rest_above;
    return (struct pool){n, all->mean + rest_above, fmax(0, squares)};
}

/* Welch's test of two pools' means; df 0: there is none. */
struct welch {
    double between, error, df; /* difference, its standard error */
};

static struct welch welch_compare(const struct pool *a, const struct pool *b)
{
    struct welch t = {a->mean - b->mean, NAN, 0};

    if (a->n < 2 || b->n < 2)
        return t;
    double va = a->squares / (a->n - 1) / a->n, vb = b->squares / (b->n - 1) / b->n;
    double all = a->squares + b->squares + t.between * t.between;
    if (!(va + vb > 1e-20 * all / (a->n + b->n))) /* nothing varies within either */
        return t;
    t.error = sqrt(va + vb);
    t.df = (va + vb) * (va + vb) / (va * va / (a->n - 1) + vb * vb / (b->n - 1));
    return t;
}

static void compare_with_whole(const struct workspace *w, struct group_figures *ret)
{
    struct pool own = pool_of(&ret->scores);

    if (ret->scores.n == 0)
        return;
    struct pool rest = rest_of(&w->whole, &own);
    ret->difference = own.mean - w->whole.mean;
    struct welch t = welch_compare(&own, &rest);
    if (!(t.df > 0))
        return;
    double half = student_within(0.95, t.df) * t.error * rest.n / w->whole.n;
    ret->low = ret->difference - half;
    ret->high = ret->difference + half;
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
    compare_with_whole(w, &f);
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

/* A group against the others of the pool it is in. */
static struct welch compare_in_pool(const struct pool *pool, struct group_figures *group)
{
    struct pool own = pool_of(&group->scores), rest = rest_of(pool, &own);
    double sd = pool->n > 1 ? sqrt(pool->squares / (pool->n - 1)) : 0;
    struct welch t = welch_compare(&own, &rest);

    group->effect = group->scores.n > 0 && rest.n > 0 && sd > 0 ? t.between / sd : NAN;
    return t;
}

/* The group of the pool that stands out most and by enough; *ret_tests: how many have a test. */
static struct group_figures *find_farthest(const struct workspace *w, const struct pool *pool,
                                           struct group_figures *groups, struct welch *ret_t,
                                           size_t *ret_tests)
{
    struct group_figures *farthest = NULL;
    double most = 0;

    *ret_tests = 0;
    for (size_t g = 0; g < w->n_groups; g++) {
        if (groups[g].far_off)
            continue;
        struct welch t = compare_in_pool(pool, &groups[g]);
        *ret_tests += t.df > 0;
        if (t.df > 0 && fabs(groups[g].effect) >= w->limits->effect &&
            fabs(t.between / t.error) > most) {
            most = fabs(t.between / t.error);
            farthest = &groups[g];
            *ret_t = t;
        }
    }
    return farthest;
}

/* One room of blank sheets draws down the rest against which the others are held, and makes them
 * look too good. So the farthest is set aside, the others are held against what is left, and so on
 * until none is far (or so many are that they are no exceptions). The last two are not parted:
 * which of them is off cannot be known. */
static void set_aside(const struct workspace *w, struct pool *pool, struct group_figures *groups)
{
    struct welch t = {0, NAN, 0};
    size_t n_tests;

    for (int aside = 0; aside < MOST_ASIDE; aside++) {
        struct group_figures *g = find_farthest(w, pool, groups, &t, &n_tests);
        if (!g || n_tests <= 2)
            return;
        double p = student_two_sided(t.between / t.error, t.df);
        if (!(p * (double)n_tests < w->limits->level))
            return;
        g->p = p;
        g->p_family = fmin(1, p * (double)n_tests);
        g->far_off = true;
        struct pool own = pool_of(&g->scores);
        *pool = rest_of(pool, &own);
    }
}

static int judge(struct workspace *w, struct group_figures *groups)
{
    struct pool pool = w->whole;

    set_aside(w, &pool, groups);
    for (size_t g = 0; g < w->n_groups; g++) {
        w->p[g] = NAN;
        if (groups[g].far_off)
            continue;
        struct welch t = compare_in_pool(&pool, &groups[g]);
        if (t.df > 0)
            groups[g].p = w->p[g] = student_two_sided(t.between / t.error, t.df);
    }
    int rc = holm_adjust(w->p, w->n_groups);
    for (size_t g = 0; g < w->n_groups && rc == 0; g++) {
        if (groups[g].far_off)
            continue;
        groups[g].p_family = w->p[g];
        groups[g].far_off =
            w->p[g] < w->limits->level && fabs(groups[g].effect) >= w->limits->effect;
    }
    return rc;
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
