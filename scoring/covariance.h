/* covariance.h - how items vary together, and what of it belongs to each alone.
 *
 * Plain arrays: a matrix of k items is [row * k + column]. */
#ifndef YJ_SCORING_COVARIANCE_H
#define YJ_SCORING_COVARIANCE_H

#include "itemstats.h"
#include <stdbool.h>

/* Covariances of the items' points, n - 1, symmetric; all NaN where there are fewer than two
 * candidates. means[n_items] are written, too (NaN without candidates). 0 or YJ_ENOMEM. */
int covariance_compute(const struct response_matrix *matrix, double *ret_means,
                       double *ret_covariances);

/* The diagonal of the inverse of a symmetric positive definite matrix, which is overwritten: false
 * where it is singular or so near it that the figures would be noise (an item that the others
 * foretell but for 10^-10 of its variance). */
bool inverse_diagonal(double *matrix, size_t k, double *ret_diagonal);

#endif
