/* dif_logistic.c - right or wrong on score, group and both together: three nested regressions.
 *
 * Newton's method on counts by score and group; scores are centred and scaled, so that the matrix
 * is well conditioned. Where answers are separated the likelihood has a supremum and no maximum:
 * coefficients grow, its value converges. Steps end when the deviance changes no more, and such a
 * fit is told from the others by its fitted probabilities, which are 0 or 1. */
#include "dif.h"

#include "cholesky.h"

#include <math.h>
#include <string.h>

#define MOST_STEPS 60
#define HALVINGS 30
#define SMALL 1e-10  /* of the log-likelihood, relative to its size */
#define CERTAIN 1e-8 /* a fitted probability this near 0 or 1 */

enum { INTERCEPT, SCORE, GROUP, BOTH, TERMS };

struct scale {
    double mean, sd;
};

static struct scale scale_scores(const struct dif_stratum *strata, size_t n)
{
    double count = 0, sum = 0, squares = 0;
    for (size_t k = 0; k < n; k++) {
        double here =
            strata[k].right[0] + strata[k].wrong[0] + strata[k].right[1] + strata[k].wrong[1];
        count += here;
        sum += here * strata[k].score;
    }
    struct scale s = {count > 0 ? sum / count : 0, 0};
    for (size_t k = 0; k < n; k++) {
        double here =
            strata[k].right[0] + strata[k].wrong[0] + strata[k].right[1] + strata[k].wrong[1];
        squares += here * (strata[k].score - s.mean) * (strata[k].score - s.mean);
    }
    s.sd = count > 0 ? sqrt(squares / count) : 0;
    return s;
}

static void fill_terms(double score, int group, double ret[TERMS])
{
    double g = group - 0.5;
    ret[INTERCEPT] = 1;
    ret[SCORE] = score;
    ret[GROUP] = g;
    ret[BOTH] = score * g;
}

struct regression {
    const struct dif_stratum *strata;
    size_t n, terms;
    struct scale scale;
    double b[TERMS], log_likelihood;
    bool separated;
};

static double predictor(const struct regression *r, const double *b, size_t k, int group,
                        double terms[TERMS])
{
    double sum = 0;
    fill_terms((r->strata[k].score - r->scale.mean) / r->scale.sd, group, terms);
    for (size_t t = 0; t < r->terms; t++)
        sum += b[t] * terms[t];
    return sum;
}

static double log_logistic(double x)
{
    return x > 0 ? -log1p(exp(-x)) : x - log1p(exp(x));
}

static double log_likelihood(const struct regression *r, const double *b)
{
    double sum = 0, terms[TERMS];
    for (size_t k = 0; k < r->n; k++)
        for (int g = 0; g < 2; g++) {
            double x = predictor(r, b, k, g, terms);
            if (r->strata[k].right[g] > 0)
                sum += r->strata[k].right[g] * log_logistic(x);
            if (r->strata[k].wrong[g] > 0)
                sum += r->strata[k].wrong[g] * log_logistic(-x);
        }
    return sum;
}

/* The step to add to b; false where the information is singular to working precision. */
static bool newton_step(struct regression *r, double step[TERMS])
{
    double information[TERMS * TERMS] = {0}, terms[TERMS];
    size_t m = r->terms;
    memset(step, 0, TERMS * sizeof *step);
    r->separated = false;
    for (size_t k = 0; k < r->n; k++)
        for (int g = 0; g < 2; g++) {
            double right = r->strata[k].right[g], all = right + r->strata[k].wrong[g];
            if (all <= 0)
                continue;
            double p = 1 / (1 + exp(-predictor(r, r->b, k, g, terms)));
            r->separated |= p < CERTAIN || p > 1 - CERTAIN;
            for (size_t i = 0; i < m; i++) {
                step[i] += (right - all * p) * terms[i];
                for (size_t j = 0; j <= i; j++)
                    information[i * m + j] += all * p * (1 - p) * terms[i] * terms[j];
            }
        }
    if (!cholesky_factor(information, m))
        return false;
    cholesky_solve(information, m, step);
    return true;
}

static void fit(struct regression *r)
{
    r->log_likelihood = log_likelihood(r, r->b);
    for (int i = 0; i < MOST_STEPS; i++) {
        double step[TERMS], next[TERMS] = {0}, share = 1, after = -INFINITY;
        if (!newton_step(r, step))
            return;
        for (int h = 0; h < HALVINGS; h++, share /= 2) {
            for (size_t t = 0; t < r->terms; t++)
                next[t] = r->b[t] + share * step[t];
            after = log_likelihood(r, next);
            if (after >= r->log_likelihood)
                break;
        }
        if (!(after >= r->log_likelihood))
            return;
        double gain = after - r->log_likelihood;
        memcpy(r->b, next, sizeof r->b);
        r->log_likelihood = after;
        if (gain <= SMALL * (1 + fabs(after)))
            return;
    }
}

/* ---- the figures ---- */

static bool has_all(const struct dif_stratum *strata, size_t n)
{
    double right = 0, wrong = 0, groups[2] = {0};
    for (size_t k = 0; k < n; k++)
        for (int g = 0; g < 2; g++) {
            right += strata[k].right[g];
            wrong += strata[k].wrong[g];
            groups[g] += strata[k].right[g] + strata[k].wrong[g];
        }
    return right > 0 && wrong > 0 && groups[0] > 0 && groups[1] > 0;
}

/* Upper tails of chi-square. */
static double tail_1(double x)
{
    return erfc(sqrt(x / 2));
}

static double tail_2(double x)
{
    return exp(-x / 2);
}

void dif_logistic(const struct dif_stratum *strata, size_t n, struct dif_item *ret)
{
    struct regression r = {.strata = strata, .n = n, .scale = scale_scores(strata, n)};
    double likelihoods[3];

    ret->lr_uniform = ret->p_uniform = ret->lr_non_uniform = ret->p_non_uniform = NAN;
    ret->lr = ret->p_logistic = NAN;
    ret->separated = false;
    if (!has_all(strata, n) || !(r.scale.sd > 0))
        return;
    for (size_t terms = 2; terms <= TERMS; terms++) {
        r.terms = terms; /* each starts where the smaller one ended: its likelihood is no lower */
        fit(&r);
        likelihoods[terms - 2] = r.log_likelihood;
    }
    ret->separated = r.separated;
    ret->lr_uniform = 2 * (likelihoods[1] - likelihoods[0]);
    ret->lr_non_uniform = 2 * (likelihoods[2] - likelihoods[1]);
    ret->lr = 2 * (likelihoods[2] - likelihoods[0]);
    ret->p_uniform = tail_1(ret->lr_uniform);
    ret->p_non_uniform = tail_1(ret->lr_non_uniform);
    ret->p_logistic = tail_2(ret->lr);
}
