/* itemstats.c - classical test theory over a matrix of points.
 *
 * Two passes: means first, then sums of squares and products of what is left after the means are
 * taken off, each corrected for what the mean lost in rounding (Chan, Golub and LeVeque,
 * "Algorithms for computing the sample variance", The American Statistician 37, 1983, eq. 1.7). The
 * matrix is walked candidate by candidate, as it lies in memory; alpha without an item comes from
 * these sums, never from another walk. 100,000 candidates and 100 items take 50 to 60 ms
 * (tests/bench
 * --statistics); sums in arrays of their own were measured to be no faster. */
#include "itemstats.h"

#include "diag.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Share of the candidates in the top and in the bottom group, percent: Kelley, "The selection of
 * upper and lower groups for the validation of test items", J. Educ. Psychology 30, 1939. */
#define GROUP_PERCENT 27

/* Points that differ by less, relative to the largest total, are the same points: sums of 0.1 and
 * 0.2 come out different in their last bits. */
#define SAME 1e-9

/* Of one item, against the total (t) and the rest (r = t - item). */
struct item_sums {
    double mean;
    double d, dd;       /* sum of deviations (nought but for rounding), of their squares */
    double dt;          /* sum of products with the total's deviation */
    double r, rr, dr;   /* of the rest's deviation, its square, its product with the item's */
    double top, bottom; /* weighted points of the two groups */
};

struct workspace {
    const struct response_matrix *matrix;
    double *totals; /* [candidate] */
    double *sorted; /* [candidate] ascending */
    struct item_sums *sums;
    double total_mean, total_d, total_dd;
};

/* ---- passes over the matrix ---- */

static void compute_totals_and_means(struct workspace *w)
{
    const struct response_matrix *m = w->matrix;
    double sum = 0;

    for (size_t c = 0; c < m->n_candidates; c++) {
        const double *row = m->scores + c * m->n_items;
        double total = 0;
        for (size_t i = 0; i < m->n_items; i++) {
            total += row[i];
            w->sums[i].mean += row[i];
        }
        w->totals[c] = total;
        sum += total;
    }
    for (size_t i = 0; i < m->n_items; i++)
        w->sums[i].mean /= (double)m->n_candidates;
    w->total_mean = sum / (double)m->n_candidates;
}

static void compute_deviations(struct workspace *w)
{
    const struct response_matrix *m = w->matrix;

    for (size_t c = 0; c < m->n_candidates; c++) {
        const double *row = m->scores + c * m->n_items;
        double t = w->totals[c] - w->total_mean;
        w->total_d += t;
        w->total_dd += t * t;
        for (size_t i = 0; i < m->n_items; i++) {
            struct item_sums *s = &w->sums[i];
            double d = row[i] - s->mean, r = t - d;
            s->d += d;
            s->dd += d * d;
            s->dt += d * t;
            s->r += r;
            s->rr += r * r;
            s->dr += d * r;
        }
    }
}

/* ---- top and bottom groups ---- */

static int compare_doubles(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

/* The weight of a candidate tied at the cut: the places that those beyond the cut leave free,
 * shared equally among all who stand on it. No order of the candidates can change it. */
static double tied_weight(const struct workspace *w, double cut, double direction, size_t group)
{
    double tolerance =
        SAME * fmax(fabs(w->sorted[0]), fabs(w->sorted[w->matrix->n_candidates - 1]));
    size_t beyond = 0, tied = 0;

    for (size_t c = 0; c < w->matrix->n_candidates; c++) {
        double past = (w->totals[c] - cut) * direction;
        if (past > tolerance)
            beyond++;
        else if (past >= -tolerance)
            tied++;
    }
    return (double)(group - beyond) / (double)tied;
}

static double group_weight(double past, double tolerance, double tied)
{
    return past > tolerance ? 1 : past >= -tolerance ? tied : 0;
}

static void compute_groups(struct workspace *w, size_t group)
{
    const struct response_matrix *m = w->matrix;
    size_t n = m->n_candidates;
    double top_cut = w->sorted[n - group], bottom_cut = w->sorted[group - 1];
    double top_tied = tied_weight(w, top_cut, 1, group);
    double bottom_tied = tied_weight(w, bottom_cut, -1, group);
    double tolerance = SAME * fmax(fabs(w->sorted[0]), fabs(w->sorted[n - 1]));

    for (size_t c = 0; c < n; c++) {
        double top = group_weight(w->totals[c] - top_cut, tolerance, top_tied);
        double bottom = group_weight(bottom_cut - w->totals[c], tolerance, bottom_tied);
        if (top == 0 && bottom == 0)
            continue;
        const double *row = m->scores + c * m->n_items;
        for (size_t i = 0; i < m->n_items; i++) {
            w->sums[i].top += top * row[i];
            w->sums[i].bottom += bottom * row[i];
        }
    }
}

/* ---- from sums to figures ---- */

/* Sum of squares or products of deviations from the true mean. */
static double corrected(double products, double a, double b, size_t n)
{
    return products - a * b / (double)n;
}

/* A sum of squares that is nothing but rounding counts as nought. */
static bool is_nought(double squares, double scale, size_t n)
{
    double least = 1e-12 * scale;

    return !(squares > least * least * (double)n);
}

/* One that is nothing but rounding is nought: -3.6e-16 in a table is a riddle. */
static double correlation(double ab, double aa, double bb)
{
    double r = ab / sqrt(aa) / sqrt(bb);

    return fabs(r) < 1e-12 ? 0 : fmax(-1, fmin(1, r));
}

/* Cronbach, "Coefficient alpha and the internal structure of tests", Psychometrika 16, 1951:
 * k / (k - 1) (1 - sum of the items' variances / variance of the total). Sums of squares serve for
 * variances: the n - 1 cancels. */
static double alpha(size_t k, double items, double total)
{
    return (double)k / (double)(k - 1) * (1 - items / total);
}

static void compute_item(const struct workspace *w, size_t index, size_t group, double scale,
                         double items_squares, struct item_statistics *ret)
{
    const struct response_matrix *m = w->matrix;
    const struct item_sums *s = &w->sums[index];
    size_t n = m->n_candidates, k = m->n_items;
    double max = m->item_max[index];
    double dd = corrected(s->dd, s->d, s->d, n),
           tt = corrected(w->total_dd, w->total_d, w->total_d, n);
    double rr = corrected(s->rr, s->r, s->r, n);

    *ret = (struct item_statistics){n, s->mean, NAN, NAN, NAN, NAN, NAN};
    if (max > 0)
        ret->difficulty = s->mean / max;
    if (n < 2)
        return;
    if (max > 0)
        ret->d27 = (s->top - s->bottom) / (double)group / max;
    if (!is_nought(dd, scale, n) && !is_nought(tt, scale, n))
        ret->rpb = correlation(corrected(s->dt, s->d, w->total_d, n), dd, tt);
    if (is_nought(rr, scale, n))
        return;
    if (!is_nought(dd, scale, n))
        ret->rpb_rest = correlation(corrected(s->dr, s->d, s->r, n), dd, rr);
    if (k > 2)
        ret->alpha_without = alpha(k - 1, items_squares - dd, rr);
}

static void compute_test(const struct workspace *w, double scale, double items_squares,
                         struct test_statistics *ret)
{
    size_t n = w->matrix->n_candidates, k = w->matrix->n_items;
    double tt = corrected(w->total_dd, w->total_d, w->total_d, n);

    ret->mean = w->total_mean;
    ret->min = w->sorted[0];
    ret->max = w->sorted[n - 1];
    ret->median = n % 2 ? w->sorted[n / 2] : (w->sorted[n / 2 - 1] + w->sorted[n / 2]) / 2;
    if (n < 2)
        return;
    bool nought = is_nought(tt, scale, n);
    ret->sd = nought ? 0 : sqrt(tt / (double)(n - 1));
    if (k < 2 || nought)
        return;
    ret->alpha = alpha(k, items_squares, tt);
    ret->sem = ret->sd * sqrt(1 - ret->alpha);
}

static void compute_figures(struct workspace *w, struct item_statistics *items,
                            struct test_statistics *ret_test)
{
    const struct response_matrix *m = w->matrix;
    size_t n = m->n_candidates;
    size_t group = (GROUP_PERCENT * n + 50) / 100; /* 0.27 n, half up */
    double items_squares = 0, scale = 0;

    if (group == 0)
        group = 1;
    compute_totals_and_means(w);
    compute_deviations(w);
    memcpy(w->sorted, w->totals, n * sizeof *w->sorted);
    qsort(w->sorted, n, sizeof *w->sorted, compare_doubles);
    compute_groups(w, group);
    scale = fmax(fabs(w->sorted[0]), fabs(w->sorted[n - 1]));
    for (size_t i = 0; i < m->n_items; i++) {
        items_squares += corrected(w->sums[i].dd, w->sums[i].d, w->sums[i].d, n);
        scale = fmax(scale, m->item_max[i]);
    }
    for (size_t i = 0; i < m->n_items; i++)
        compute_item(w, i, group, scale, items_squares, &items[i]);
    compute_test(w, scale, items_squares, ret_test);
}

int item_statistics_compute(const struct response_matrix *matrix, struct item_statistics *items,
                            struct test_statistics *ret_test)
{
    size_t n = matrix->n_candidates;
    struct test_statistics test = {n, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
    struct workspace w = {.matrix = matrix};
    int rc = 0;

    if (n == 0) {
        for (size_t i = 0; i < matrix->n_items; i++)
            items[i] = (struct item_statistics){0, NAN, NAN, NAN, NAN, NAN, NAN};
        *ret_test = test;
        return 0;
    }
    w.totals = malloc(n * sizeof *w.totals);
    w.sorted = malloc(n * sizeof *w.sorted);
    w.sums = calloc(matrix->n_items + 1, sizeof *w.sums);
    if (!w.totals || !w.sorted || !w.sums) {
        rc = YJ_ENOMEM;
        goto out;
    }
    compute_figures(&w, items, &test);
    *ret_test = test;
out:
    free(w.totals);
    free(w.sorted);
    free(w.sums);
    return rc;
}

/* Pearson's correlation of 0/1 with the rest score; Lord and Novick, Statistical Theories of Mental
 * Test Scores, 1968, 15.5. */
double option_point_biserial(const unsigned char *chosen, const double *rest, size_t n)
{
    double chosen_mean = 0, rest_mean = 0, scale = 1;
    double cc = 0, rr = 0, cr = 0, c_sum = 0, r_sum = 0;

    if (n < 2)
        return NAN;
    for (size_t k = 0; k < n; k++) {
        chosen_mean += chosen[k] != 0;
        rest_mean += rest[k];
        scale = fmax(scale, fabs(rest[k]));
    }
    chosen_mean /= (double)n;
    rest_mean /= (double)n;
    for (size_t k = 0; k < n; k++) {
        double c = (chosen[k] != 0) - chosen_mean, r = rest[k] - rest_mean;
        c_sum += c;
        r_sum += r;
        cc += c * c;
        rr += r * r;
        cr += c * r;
    }
    cc = corrected(cc, c_sum, c_sum, n);
    rr = corrected(rr, r_sum, r_sum, n);
    if (is_nought(cc, 1, n) || is_nought(rr, scale, n))
        return NAN;
    return correlation(corrected(cr, c_sum, r_sum, n), cc, rr);
}
