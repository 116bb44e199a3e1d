/* consistency.c - reliability from the items' covariances. */
#include "consistency.h"

#include "covariance.h"
#include "diag.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_OWN 0.005 /* of an item's variance: psych's bound, against Heywood's case */
#define OMEGA_STEPS 20000
#define OMEGA_STILL 1e-12 /* no loading moved by more */

struct workspace {
    size_t k;            /* items */
    double *means;       /* [k] */
    double *covariances; /* [k * k] */
    size_t *varies;      /* [n_varies] items that do */
    size_t n_varies;
    double *part;     /* [n_varies * n_varies] of those, correlations or covariances */
    double *diagonal; /* [k] */
};

/* ---- Kuder and Richardson ---- */

static bool all_or_nothing(const struct response_matrix *m)
{
    double max = m->n_items ? m->item_max[0] : 0;

    if (!(max > 0))
        return false;
    for (size_t i = 1; i < m->n_items; i++)
        if (m->item_max[i] != max)
            return false;
    for (size_t s = 0; s < m->n_candidates * m->n_items; s++)
        if (m->scores[s] != 0 && m->scores[s] != max)
            return false;
    return true;
}

static double total_variance(const struct workspace *w)
{
    double sum = 0;

    for (size_t i = 0; i < w->k * w->k; i++)
        sum += w->covariances[i];
    return sum;
}

static void compute_kuder_richardson(const struct workspace *w, const struct response_matrix *m,
                                     struct consistency *ret)
{
    double k = (double)w->k, max = m->item_max[0], n = (double)m->n_candidates;
    double items = 0, mean = 0, total = total_variance(w);

    for (size_t i = 0; i < w->k; i++) {
        items += w->covariances[i * w->k + i];
        mean += w->means[i] / max;
    }
    double variance = total * (n - 1) / n / (max * max);
    ret->kr20 = k / (k - 1) * (1 - items / total);
    ret->kr21 = k / (k - 1) * (1 - mean * (k - mean) / (k * variance));
}

/* ---- lambda 6 ---- */

static void take_covariances(struct workspace *w)
{
    for (size_t a = 0; a < w->n_varies; a++)
        for (size_t b = 0; b < w->n_varies; b++)
            w->part[a * w->n_varies + b] = w->covariances[w->varies[a] * w->k + w->varies[b]];
}

static void take_correlations(struct workspace *w)
{
    size_t n = w->n_varies;

    take_covariances(w);
    for (size_t i = 0; i < n; i++)
        w->diagonal[i] = sqrt(w->part[i * n + i]);
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < n; b++)
            w->part[a * n + b] = a == b ? 1 : w->part[a * n + b] / w->diagonal[a] / w->diagonal[b];
}

static double sum_of_part(const struct workspace *w)
{
    double sum = 0;

    for (size_t i = 0; i < w->n_varies * w->n_varies; i++)
        sum += w->part[i];
    return sum;
}

/* What the others do not foretell of an item is 1 / its place on the inverse's diagonal. */
static double lambda6_of_part(struct workspace *w)
{
    double all = sum_of_part(w), trace = 0, own = 0;

    for (size_t i = 0; i < w->n_varies; i++)
        trace += w->part[i * w->n_varies + i];
    if (w->n_varies < 2 || !(all > 1e-10 * trace) ||
        !inverse_diagonal(w->part, w->n_varies, w->diagonal))
        return NAN;
    for (size_t i = 0; i < w->n_varies; i++)
        own += 1 / w->diagonal[i];
    return 1 - own / all;
}

/* ---- omega ---- */

/* The loading l of an item whose communality is held at 1 - LEAST_OWN, where its best one would be
 * beyond (Heywood's case): that of the factor of the matrix with this communality on its diagonal,
 * l (squares + l^2 - (1 - LEAST_OWN)) = products. By Newton's steps: the left side rises with l. */
static double bounded_loading(double products, double squares)
{
    double most = 1 - LEAST_OWN, sign = products < 0 ? -1 : 1, l = sqrt(most);

    for (int step = 0; step < 50; step++) {
        double change =
            (l * (squares + l * l - most) - fabs(products)) / (squares + 3 * l * l - most);
        l -= change;
        if (fabs(change) < 1e-15)
            break;
    }
    return sign * l;
}

/* The loading that leaves least of an item's correlations, given those of the others. Returns how
 * far it moved. */
static double improve_loading(const double *correlations, size_t n, size_t i, double *loadings)
{
    double products = 0, squares = 0, before = loadings[i];

    for (size_t j = 0; j < n; j++) {
        if (j == i)
            continue;
        products += correlations[i * n + j] * loadings[j];
        squares += loadings[j] * loadings[j];
    }
    double best = squares > 0 ? products / squares : 0;
    if (best * best > 1 - LEAST_OWN)
        best = bounded_loading(products, squares);
    loadings[i] = best;
    return fabs(best - before);
}

static bool find_factor(const double *correlations, size_t n, double *loadings)
{
    /* From how each goes with the sum: towards the factor that runs through all. */
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < n; j++)
            sum += correlations[i * n + j];
        loadings[i] = sum / (double)n;
    }
    for (int step = 0; step < OMEGA_STEPS; step++) {
        double moved = 0;
        for (size_t i = 0; i < n; i++)
            moved = fmax(moved, improve_loading(correlations, n, i, loadings));
        if (moved < OMEGA_STILL)
            return true;
    }
    return false;
}

static double omega_of_part(struct workspace *w)
{
    size_t n = w->n_varies;
    double all = sum_of_part(w), own = 0;

    if (n < 3 || !(all > 1e-10 * (double)n) || !find_factor(w->part, n, w->diagonal))
        return NAN;
    for (size_t i = 0; i < n; i++)
        own += 1 - w->diagonal[i] * w->diagonal[i];
    return 1 - own / all;
}

/* ---- halves ---- */

static double split_half(const struct workspace *w)
{
    double odd = 0, even = 0, both = 0;

    for (size_t i = 0; i < w->k; i++)
        for (size_t j = 0; j < w->k; j++) {
            double covariance = w->covariances[i * w->k + j];
            *(i % 2 != j % 2 ? &both
              : i % 2        ? &even
                             : &odd) += covariance / (i % 2 != j % 2 ? 2 : 1);
        }
    double trace = 0;
    for (size_t i = 0; i < w->k; i++)
        trace += w->covariances[i * w->k + i];
    if (!(odd > 1e-12 * trace) || !(even > 1e-12 * trace))
        return NAN;
    double r = fmax(-1, fmin(1, both / sqrt(odd) / sqrt(even)));
    return r > -1 + 1e-12 ? 2 * r / (1 + r) : NAN;
}

/* ---- together ---- */

/* An item whose variance is nothing but rounding does not vary. */
static void find_varying(struct workspace *w, const double *item_max)
{
    for (size_t i = 0; i < w->k; i++) {
        double least = 1e-12 * fmax(fabs(item_max[i]), fabs(w->means[i]));
        if (w->covariances[i * w->k + i] > least * least)
            w->varies[w->n_varies++] = i;
    }
}

static void compute_figures(struct workspace *w, const struct response_matrix *m,
                            struct consistency *ret)
{
    double trace = 0;

    for (size_t i = 0; i < w->k; i++)
        trace += w->covariances[i * w->k + i];
    find_varying(w, m->item_max);
    if (w->n_varies == 0 || !(total_variance(w) > 1e-12 * trace))
        return;
    if (all_or_nothing(m))
        compute_kuder_richardson(w, m, ret);
    ret->split_half = split_half(w);
    take_covariances(w);
    ret->lambda6_points = lambda6_of_part(w);
    take_correlations(w);
    ret->omega = omega_of_part(w);
    ret->lambda6 = lambda6_of_part(w); /* spoils the part */
}

int consistency_compute(const struct response_matrix *matrix, struct consistency *ret)
{
    size_t k = matrix->n_items;
    struct workspace w = {.k = k};
    struct consistency figures = {NAN, NAN, NAN, NAN, NAN, NAN};
    int rc = 0;

    if (matrix->n_candidates < 2 || k < 2) {
        *ret = figures;
        return 0;
    }
    w.means = malloc(k * sizeof *w.means);
    w.covariances = malloc(k * k * sizeof *w.covariances);
    w.varies = malloc(k * sizeof *w.varies);
    w.part = malloc(k * k * sizeof *w.part);
    w.diagonal = malloc(k * sizeof *w.diagonal);
    if (!w.means || !w.covariances || !w.varies || !w.part || !w.diagonal) {
        rc = YJ_ENOMEM;
        goto out;
    }
    rc = covariance_compute(matrix, w.means, w.covariances);
    if (rc < 0)
        goto out;
    compute_figures(&w, matrix, &figures);
    *ret = figures;
out:
    free(w.means);
    free(w.covariances);
    free(w.varies);
    free(w.part);
    free(w.diagonal);
    return rc;
}

/* ---- error of a total ---- */

struct total_error total_error_make(const double *item_max, size_t n_items)
{
    struct total_error error = {0, 0};

    for (size_t i = 0; i < n_items; i++) {
        error.max += item_max[i];
        error.squares += item_max[i] * item_max[i];
    }
    return error;
}

double total_error_at(const struct total_error *error, double total)
{
    double slack = 1e-12 * error->max, share = total / error->max;

    if (!(error->max > 0) || !(total >= -slack && total <= error->max + slack))
        return NAN;
    double repeated = 1 - error->squares / (error->max * error->max);
    if (!(repeated > 1e-12))
        return NAN; /* one item only */
    share = fmax(0, fmin(1, share));
    return sqrt(error->squares * share * (1 - share) / repeated);
}
