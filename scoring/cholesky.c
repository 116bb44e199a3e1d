/* cholesky.c - L L', solutions, parts of the inverse. */
#include "cholesky.h"

#include <math.h>

/* A pivot that lost this much of its diagonal element is rounding. */
#define LEAST 1e-13

bool cholesky_factor(double *matrix, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double *row = matrix + i * n, diagonal = row[i];
        for (size_t j = 0; j <= i; j++) {
            const double *other = matrix + j * n;
            double sum = row[j];
            for (size_t k = 0; k < j; k++)
                sum -= row[k] * other[k];
            if (j < i)
                row[j] = sum / other[j];
            else if (sum > LEAST * diagonal && isfinite(sum))
                row[j] = sqrt(sum);
            else
                return false;
        }
    }
    return true;
}

void cholesky_solve(const double *factor, size_t n, double *b)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            b[i] -= factor[i * n + k] * b[k];
        b[i] /= factor[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            b[i] -= factor[k * n + i] * b[k];
        b[i] /= factor[i * n + i];
    }
}

void cholesky_inverse_column(const double *factor, size_t n, size_t column, double *ret)
{
    for (size_t i = 0; i < n; i++)
        ret[i] = i == column;
    cholesky_solve(factor, n, ret);
}

void cholesky_inverse_diagonal(const double *factor, size_t n, double *scratch, double *ret)
{
    for (size_t i = 0; i < n; i++) {
        cholesky_inverse_column(factor, n, i, scratch);
        ret[i] = scratch[i];
    }
}
