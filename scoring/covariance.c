/* covariance.c - sums of products about the mean, four candidates at a step. */
#include "covariance.h"

#include "diag.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS                                                                                       \
    4 /* candidates whose products are added at once: the matrix is walked a fourth as often */
#define SINGULAR 1e-10

static void compute_means(const struct response_matrix *m, double *restrict means)
{
    memset(means, 0, m->n_items * sizeof *means);
    for (size_t c = 0; c < m->n_candidates; c++)
        for (size_t i = 0; i < m->n_items; i++)
            means[i] += m->scores[c * m->n_items + i];
    for (size_t i = 0; i < m->n_items; i++)
        means[i] /= (double)m->n_candidates;
}

/* The upper triangle of products of ROWS rows of deviations, d[row * k + item]. */
static void add_products(const double *restrict d, size_t k, double *restrict products)
{
    const double *a = d, *b = d + k, *e = d + 2 * k, *f = d + 3 * k;

    for (size_t i = 0; i < k; i++) {
        double ai = a[i], bi = b[i], ei = e[i], fi = f[i];
        double *restrict row = products + i * k;
        for (size_t j = i; j < k; j++)
            row[j] += ai * a[j] + bi * b[j] + (ei * e[j] + fi * f[j]);
    }
}

static void sum_products(const struct response_matrix *m, const double *means, double *d,
                         double *products)
{
    size_t k = m->n_items;

    for (size_t first = 0; first < m->n_candidates; first += ROWS) {
        for (size_t r = 0; r < ROWS; r++) {
            if (first + r >= m->n_candidates) { /* rows that are not there add nothing */
                memset(d + r * k, 0, k * sizeof *d);
                continue;
            }
            const double *row = m->scores + (first + r) * k;
            for (size_t i = 0; i < k; i++)
                d[r * k + i] = row[i] - means[i];
        }
        add_products(d, k, products);
    }
}

int covariance_compute(const struct response_matrix *matrix, double *ret_means,
                       double *ret_covariances)
{
    size_t n = matrix->n_candidates, k = matrix->n_items;

    if (n < 2) {
        for (size_t i = 0; i < k; i++)
            ret_means[i] = n == 1 ? matrix->scores[i] : NAN;
        for (size_t i = 0; i < k * k; i++)
            ret_covariances[i] = NAN;
        return 0;
    }
    double *deviations = malloc((ROWS * k + 1) * sizeof *deviations);
    if (!deviations)
        return YJ_ENOMEM;
    compute_means(matrix, ret_means);
    memset(ret_covariances, 0, k * k * sizeof *ret_covariances);
    sum_products(matrix, ret_means, deviations, ret_covariances);
    for (size_t i = 0; i < k; i++)
        for (size_t j = i; j < k; j++) {
            ret_covariances[i * k + j] /= (double)(n - 1);
            ret_covariances[j * k + i] = ret_covariances[i * k + j];
        }
    free(deviations);
    return 0;
}

/* matrix = L L', L below and on the diagonal (Cholesky). */
static bool factor(double *matrix, size_t k)
{
    for (size_t i = 0; i < k; i++) {
        double *row = matrix + i * k, variance = row[i];
        for (size_t j = 0; j <= i; j++) {
            const double *other = matrix + j * k;
            double sum = row[j];
            for (size_t l = 0; l < j; l++)
                sum -= row[l] * other[l];
            if (j < i)
                row[j] = sum / other[j];
            else if (sum > SINGULAR * variance)
                row[j] = sqrt(sum);
            else
                return false;
        }
    }
    return true;
}

/* L becomes its inverse, column by column. */
static void invert_factor(double *l, size_t k)
{
    for (size_t j = 0; j < k; j++) {
        l[j * k + j] = 1 / l[j * k + j];
        for (size_t i = j + 1; i < k; i++) {
            double sum = 0;
            for (size_t m = j; m < i; m++)
                sum -= l[i * k + m] * l[m * k + j];
            l[i * k + j] = sum / l[i * k + i];
        }
    }
}

bool inverse_diagonal(double *matrix, size_t k, double *ret_diagonal)
{
    if (!factor(matrix, k))
        return false;
    invert_factor(matrix, k);
    for (size_t j = 0; j < k; j++) { /* the inverse is L^-1' L^-1 */
        double sum = 0;
        for (size_t i = j; i < k; i++)
            sum += matrix[i * k + j] * matrix[i * k + j];
        ret_diagonal[j] = sum;
    }
    return true;
}
