/* irt_errors.c - how sure the parameters are.
 *
 * Two ways to the information, one result: see irt_fit_model in irt.h. */
#include "irt_inside.h"

#include "block_jobs.h"
#include "cholesky.h"
#include "diag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Central differences cost two E steps a parameter; a table row takes about a third of a
 * nanosecond a node. Beyond this many additions (a second or two) outer products are taken. */
#define MOST_ADDITIONS 3e9
#define DIFFERENCE 1e-4
#define CHUNKS 16

/* ---- observed information: differences of the gradient ---- */

static int differences(struct irt_work *w, const struct irt_patterns *p, const double *v, size_t n,
                       double *ret)
{
    double *moved = malloc(3 * n * sizeof *moved);
    struct irt_par *pars = malloc(w->n_items * sizeof *pars);
    if (!moved || !pars) {
        free(moved);
        free(pars);
        return YJ_ENOMEM;
    }
    double *low = moved + n, *high = low + n;
    memcpy(moved, v, n * sizeof *v);
    for (size_t i = 0; i < n; i++) {
        for (int side = -1; side <= 1; side += 2) {
            moved[i] = v[i] + side * DIFFERENCE;
            irt_vector_to(w, moved, pars);
            irt_estep(w, p, pars, NULL);
            irt_gradient(w, pars, side < 0 ? low : high);
        }
        moved[i] = v[i];
        for (size_t j = 0; j < n; j++)
            ret[i * n + j] = (low[j] - high[j]) / (2 * DIFFERENCE);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            ret[i * n + j] = ret[j * n + i] = (ret[i * n + j] + ret[j * n + i]) / 2;
    free(moved);
    free(pars);
    return 0;
}

/* ---- outer products of each pattern's gradient ---- */

struct products {
    struct irt_work *w;
    size_t n, per_chunk;
    double *derivatives; /* [item][right][a, d, g][node] */
    double *sums;        /* [chunk][n * n] lower triangles */
    double *vectors;     /* [worker][n] */
};

/* Four sums side by side: the compiler adds them in one instruction. */
static double dot(const double *restrict a, const double *restrict b, size_t n)
{
    double sums[NODE_LANES] = {0};
    for (size_t q = 0; q < n; q += NODE_LANES)
        for (int k = 0; k < NODE_LANES; k++)
            sums[k] += a[q + (size_t)k] * b[q + (size_t)k];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static void fill_derivatives(const struct irt_work *w, const struct irt_par *pars, double *ret)
{
    size_t padded = w->nodes.padded;
    for (size_t i = 0; i < w->n_items; i++)
        for (int right = 0; right < 2; right++)
            for (size_t q = 0; q < padded; q++) {
                double d[3];
                irt_log_derivatives(&pars[i], w->model == IRT_3PL, w->nodes.z[q], right, d);
                for (size_t k = 0; k < 3; k++)
                    ret[((2 * i + (size_t)right) * 3 + k) * padded + q] = d[k];
            }
}

static void pattern_gradient(const struct products *t, size_t pattern, const double *post,
                             double *ret)
{
    const struct irt_work *w = t->w;
    size_t padded = w->nodes.padded, per_item = w->model == IRT_3PL ? 3 : 2;
    double slope = 0;
    for (size_t i = 0; i < w->n_items; i++) {
        int state = irt_pattern_answer(&w->all, pattern, i);
        double d[3] = {0};
        const double *rows = t->derivatives + (2 * i + (size_t)(state == 1)) * 3 * padded;
        for (size_t k = 0; state != 2 && k < per_item; k++)
            d[k] = dot(rows + k * padded, post, padded);
        if (w->model == IRT_RASCH) {
            ret[i] = d[1];
            slope += d[0];
        } else
            memcpy(ret + i * per_item, d, per_item * sizeof *d);
    }
    if (w->model == IRT_RASCH)
        ret[w->n_items] = slope;
}

static void add_products(void *context, size_t chunk, int worker)
{
    const struct products *t = context;
    double *sums = t->sums + chunk * t->n * t->n, *v = t->vectors + (size_t)worker * t->n;
    size_t end =
        (chunk + 1) * t->per_chunk < t->w->all.n ? (chunk + 1) * t->per_chunk : t->w->all.n;
    double post[IRT_MAX_NODES + NODE_LANES];

    for (size_t p = chunk * t->per_chunk; p < end; p++) {
        irt_posterior(t->w, &t->w->all, p, post);
        pattern_gradient(t, p, post, v);
        for (size_t i = 0; i < t->n; i++) {
            double scaled = v[i] * t->w->all.weights[p], *restrict row = sums + i * t->n;
            for (size_t j = 0; j <= i; j++)
                row[j] += scaled * v[j];
        }
    }
}

static void add_prior_information(const struct irt_work *w, const struct irt_par *pars, size_t n,
                                  double *matrix)
{
    for (size_t i = 0; i < w->n_items && w->model == IRT_3PL; i++) {
        const struct irt_prior *p = &w->priors[i];
        size_t a = 3 * i, g = a + 2;
        double log_a = log(pars[i].a) - p->log_a;
        matrix[a * n + a] += (1 - log_a) / (p->log_a_sd * p->log_a_sd * pars[i].a * pars[i].a);
        matrix[g * n + g] += 1 / (p->g_sd * p->g_sd);
    }
}

static int outer_products(struct irt_work *w, const struct irt_par *pars, size_t n, double *ret)
{
    size_t padded = w->nodes.padded, workers = (size_t)block_jobs_workers(w->jobs, CHUNKS);
    struct products t = {.w = w, .n = n, .per_chunk = (w->all.n + CHUNKS - 1) / CHUNKS};
    int rc = YJ_ENOMEM;

    t.derivatives = malloc(w->n_items * 6 * padded * sizeof *t.derivatives);
    t.sums = calloc(CHUNKS * n * n, sizeof *t.sums);
    t.vectors = malloc(workers * n * sizeof *t.vectors);
    if (t.derivatives && t.sums && t.vectors) {
        irt_fill_table(w, pars);
        fill_derivatives(w, pars, t.derivatives);
        block_jobs_run(w->jobs, CHUNKS, add_products, &t);
        memcpy(ret, t.sums, n * n * sizeof *ret);
        for (size_t c = 1; c < CHUNKS; c++)
            for (size_t k = 0; k < n * n; k++)
                ret[k] += t.sums[c * n * n + k];
        add_prior_information(w, pars, n, ret);
        rc = 0;
    }
    free(t.derivatives);
    free(t.sums);
    free(t.vectors);
    return rc;
}

/* ---- covariances ---- */

static void take_covariances(const struct irt_work *w, const double *factor, size_t n,
                             double *column, double *ret_items, double *ret_last)
{
    size_t per_item = w->model == IRT_RASCH ? 1 : w->model == IRT_2PL ? 2 : 3;
    size_t first = w->model == IRT_RASCH ? 1 : 0; /* Rasch's d is the second of (a, d, g) */
    for (size_t i = 0; i < n; i++) {
        cholesky_inverse_column(factor, n, i, column);
        *ret_last = column[i];
        if (i / per_item >= w->n_items)
            break;
        double *item = ret_items + i / per_item * 9;
        for (size_t k = 0; k < per_item; k++)
            item[(first + i % per_item) * 3 + first + k] = column[i / per_item * per_item + k];
    }
}

int irt_covariances(struct irt_work *w, const struct irt_par *pars, double *ret_items,
                    double *ret_last, bool *ret_observed)
{
    size_t n = irt_vector_length(w);
    const struct irt_patterns *p = w->model == IRT_RASCH ? &w->merged : &w->all;
    double additions = 4.0 * (double)n * (double)p->n * (double)(p->n_groups * w->nodes.padded);
    bool observed = !w->outer_products && additions <= MOST_ADDITIONS;
    double *matrix = malloc(n * n * sizeof *matrix), *v = malloc(n * sizeof *v);
    int rc = YJ_ENOMEM;

    if (!matrix || !v)
        goto out;
    irt_vector_from(w, pars, v);
    rc = observed ? differences(w, p, v, n, matrix) : outer_products(w, pars, n, matrix);
    if (rc < 0)
        goto out;
    memset(ret_items, 0, 9 * w->n_items * sizeof *ret_items);
    if (cholesky_factor(matrix, n))
        take_covariances(w, matrix, n, v, ret_items, ret_last);
    else {
        for (size_t k = 0; k < 9 * w->n_items; k++)
            ret_items[k] = NAN;
        *ret_last = NAN;
    }
    *ret_observed = observed;
out:
    free(matrix);
    free(v);
    return rc;
}
