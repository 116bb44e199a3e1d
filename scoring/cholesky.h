/* cholesky.h - small symmetric positive definite systems: Newton steps, covariances.
 *
 * Matrices are [n * n], row by row; only the lower triangle is read. Golub and Van Loan, Matrix
 * Computations, 4.2. */
#ifndef YJ_SCORING_CHOLESKY_H
#define YJ_SCORING_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

/* Replaces the lower triangle by L of L L'. False where the matrix is not positive definite (to
 * working precision); it is then spoilt. */
bool cholesky_factor(double *matrix, size_t n);
/* Solves L L' x = b in place. */
void cholesky_solve(const double *factor, size_t n, double *b);
/* The diagonal of (L L')^-1: variances. `scratch` [n]. */
void cholesky_inverse_diagonal(const double *factor, size_t n, double *scratch, double *ret);
/* Column `column` of (L L')^-1. ret[n]. */
void cholesky_inverse_column(const double *factor, size_t n, size_t column, double *ret);

#endif
