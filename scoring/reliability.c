/* reliability.c - intervals of shares and counts. */
#include "reliability.h"

#include <assert.h>
#include <float.h>
#include <math.h>

#define TAIL 0.025            /* beyond each end of an interval */
#define Z 1.95996398454005423 /* the normal distribution's quantile for it */

struct interval interval_wilson(int64_t k, int64_t n)
{
    assert(k >= 0 && k <= n);
    if (n == 0)
        return (struct interval){0, 1};
    double size = (double)n, share = (double)k / size, zz = Z * Z / size;
    double middle = share + zz / 2;
    double half = Z * sqrt(share * (1 - share) / size + zz / (4 * size));
    return (struct interval){.low = k == 0 ? 0 : (middle - half) / (1 + zz),
                             .high = k == n ? 1 : (middle + half) / (1 + zz)};
}

/* ---- Clopper and Pearson: quantiles of the beta distribution ---- */

/* The continued fraction of the incomplete beta function, by Lentz's method: Abramowitz and Stegun
 * 26.5.8. Converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = DBL_MIN / DBL_EPSILON;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double fraction = d;
    for (int m = 1; m < 100000; m++) {
        const double terms[2] = {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                                 -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))};
        double before = fraction;
        for (int i = 0; i < 2; i++) {
            d = 1 + terms[i] * d;
            c = 1 + terms[i] / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            fraction *= d * c;
        }
        if (fabs(fraction - before) <= 1e-15 * fabs(fraction))
            break;
    }
    return fraction;
}

/* The regularised incomplete beta function I_x(a, b), 0 < x < 1. */
static double beta_share(double a, double b, double x)
{
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* x where I_x(a, b) is `share`. Halving goes on until nothing lies between: small x keep all their
 * digits. */
static double beta_quantile(double a, double b, double share)
{
    double low = 0, high = 1;
    for (;;) {
        double x = 0.5 * (low + high);
        if (x <= low || x >= high || high - low < 1e-13 * high)
            return x;
        if (beta_share(a, b, x) < share)
            low = x;
        else
            high = x;
    }
}

struct interval interval_clopper_pearson(int64_t k, int64_t n)
{
    assert(k >= 0 && k <= n);
    double right = (double)k, wrong = (double)(n - k);
    return (struct interval){.low = k == 0 ? 0 : beta_quantile(right, wrong + 1, TAIL),
                             .high = k == n ? 1 : beta_quantile(right + 1, wrong, 1 - TAIL)};
}

/* ---- errors to be expected ---- */

static double poisson_probability(int64_t k, double mean)
{
    return exp((double)k * log(mean) - mean - lgamma((double)k + 1));
}

int64_t poisson_most(double mean)
{
    assert(mean >= 0 && mean <= 1e9);
    if (mean <= 0)
        return 0;
    /* Summed from far out, where nothing is left, inwards: the small ones first. */
    int64_t k = (int64_t)(mean + 12 * sqrt(mean) + 40);
    double beyond = 0;
    for (; k >= 0; k--) {
        beyond += poisson_probability(k, mean);
        if (beyond > TAIL)
            break;
    }
    return k < 0 ? 0 : k;
}

/* ---- counts ---- */

bool mark_counts_is_mark(enum field_kind kind)
{
    return kind == FIELD_CHOICE || kind == FIELD_GRID || kind == FIELD_STRIP;
}

void mark_counts_add(struct mark_counts *counts, enum field_kind kind,
                     const struct reading *reading)
{
    if (!mark_counts_is_mark(kind) || reading->status == READING_UNREAD)
        return;
    counts->fields++;
    if (reading->status == READING_UNCERTAIN)
        counts->review++;
    else
        counts->silent_expected += 1 - reading->confidence;
}

struct reliability reliability_compute(const struct mark_counts *counts)
{
    int64_t taken = counts->fields - counts->review;
    double fields = (double)counts->fields;
    return (struct reliability){
        .review_share = counts->fields > 0 ? (double)counts->review / fields : NAN,
        .review = interval_wilson(counts->review, counts->fields),
        .silent_rate = taken > 0 ? counts->silent_expected / (double)taken : NAN,
        .silent_most = poisson_most(counts->silent_expected),
    };
}
