/* reliability.c - intervals of shares and counts. */
#include "reliability.h"

#include "student.h"
#include <assert.h>
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
