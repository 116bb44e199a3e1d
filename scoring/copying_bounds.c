/* copying_bounds.c - which pairs cannot be significant, at a glance.
 *
 * GBT: where nothing is blank its p depends on nothing but the two levels and the number of equal
 * answers, so the number that p <= cutoff takes is tabled. Where e items are blank, the tail of the
 * n - e others at m is at least the tail of all n at m + e: at most e of the n can be equal among
 * those left out.
 *
 * omega: P(at least m of n events) is at least that of a binomial with the geometric mean of their
 * probabilities (Pledger and Proschan, "Comparisons of order statistics and of spacings from
 * heterogeneous distributions", in Rustagi (ed), Optimizing Methods in Statistics, 1971: the tail
 * is Schur-convex in the logarithms). A sum of logarithms looked up is all it takes. */
#include "copying_inside.h"

#include "block_jobs.h"
#include "diag.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- counting ---- */

#define CHUNK 240 /* sums of 0 and 1 that fit in a byte */

size_t copying_count_equal(const struct copying_work *w, size_t a, size_t b)
{
    size_t n = w->in->n_items, sum = 0;
    const unsigned char *x = w->left + a * n, *y = w->right + b * n;
    for (size_t from = 0; from < n; from += CHUNK) {
        unsigned char equal = 0;
        for (size_t i = from; i < n && i < from + CHUNK; i++)
            equal = (unsigned char)(equal + (x[i] == y[i]));
        sum += equal;
    }
    return sum;
}

size_t copying_count_blank(const struct copying_work *w, size_t a, size_t b)
{
    size_t n = w->in->n_items, sum = 0;
    if (w->blank[a] == 0 || w->blank[b] == 0)
        return (size_t)w->blank[a] + w->blank[b];
    for (size_t i = 0; i < n; i++)
        sum +=
            w->in->answers[a * n + i] == OPTION_BLANK || w->in->answers[b * n + i] == OPTION_BLANK;
    return sum;
}

/* ---- tables ---- */

/* The least m whose tail is within the cutoff, from the distribution of sums [n + 1]. */
static size_t least_within(const double *distribution, size_t n, double cutoff)
{
    double tail = 0;
    size_t least = n + 1;
    while (least > 0 && tail + distribution[least - 1] <= cutoff)
        tail += distribution[--least];
    return least;
}

static void fill_binomials(struct copying_work *w, double *distribution, double *ways)
{
    for (size_t n = 0; n <= w->in->n_items; n++) {
        for (size_t k = 0; k <= n; k++)
            ways[k] = copying_log_ways(n, k);
        for (size_t s = 0; s < SHARES; s++) {
            /* s stands for shares from s / SHARES: the smallest has the smallest tail. */
            double p = fmax((double)s / SHARES, 1e-300), log_p = log(p), log_q = log1p(-p);
            for (size_t k = 0; k <= n; k++)
                distribution[k] = exp(ways[k] + (double)k * log_p + (double)(n - k) * log_q);
            w->binomial_least[n * SHARES + s] = (uint16_t)least_within(distribution, n, w->cutoff);
        }
    }
}

struct filling {
    struct copying_work *w;
    const bool *occurs; /* [level] */
    atomic_bool out_of_memory;
};

static void convolve(const struct copying_work *w, size_t x, size_t y, double *distribution)
{
    size_t n = w->in->n_items, stride = w->curves.stride;
    memset(distribution, 0, (n + 1) * sizeof *distribution);
    distribution[0] = 1;
    for (size_t i = 0; i < n; i++) {
        const float *px = w->curves.p + (x * n + i) * stride;
        const float *py = w->curves.p + (y * n + i) * stride;
        double p = 0;
        for (size_t code = 1; code < stride; code++)
            p += (double)px[code] * (double)py[code];
        p = fmin(1, p);
        for (size_t k = i + 1; k > 0; k--)
            distribution[k] = distribution[k] * (1 - p) + distribution[k - 1] * p;
        distribution[0] *= 1 - p;
    }
}

static void fill_level(void *context, size_t x, int worker)
{
    struct filling *f = context;
    struct copying_work *w = f->w;
    size_t n = w->in->n_items;
    (void)worker;
    if (!f->occurs[x])
        return;
    double *distribution = malloc((n + 1) * sizeof *distribution);
    if (!distribution) {
        atomic_store(&f->out_of_memory, true);
        return;
    }
    for (size_t y = x; y <= n; y++) { /* a pair of levels belongs to the lower one's block */
        if (!f->occurs[y])
            continue;
        convolve(w, x, y, distribution);
        uint16_t least = (uint16_t)least_within(distribution, n, w->cutoff);
        w->gbt_least[x * (n + 1) + y] = w->gbt_least[y * (n + 1) + x] = least;
    }
    free(distribution);
}

int copying_fill_bounds(struct copying_work *w, int jobs)
{
    size_t n = w->in->n_items;
    struct filling f = {.w = w};
    bool *occurs = calloc(n + 1, sizeof *occurs);
    double *distribution = malloc(2 * (n + 1) * sizeof *distribution);
    int rc = YJ_ENOMEM;

    atomic_init(&f.out_of_memory, false);
    if (occurs && distribution) {
        for (size_t c = 0; c < w->in->n_candidates; c++)
            occurs[w->levels[c]] = true;
        f.occurs = occurs;
        fill_binomials(w, distribution, distribution + n + 1);
        block_jobs_run(jobs, n + 1, fill_level, &f);
        rc = atomic_load(&f.out_of_memory) ? YJ_ENOMEM : 0;
    }
    free(occurs);
    free(distribution);
    return rc;
}

/* ---- one pair ---- */

/* What is summed in one walk over the items that both answered. */
struct glance {
    double logs;    /* of the chances that the copier gives the source's answers */
    double gain;    /* of the likelihood ratio, by the equal answers */
    bool unmatched; /* the source gave an answer that nobody can match */
};

static struct glance look(const struct copying_work *w, size_t copier, size_t source)
{
    size_t n = w->in->n_items, stride = w->curves.stride;
    const unsigned char *u = w->left + source * n, *v = w->right + copier * n;
    size_t row = w->levels[copier] * n * stride;
    const float *log_p = w->curves.log_p + row, *gain = w->gain + row;
    struct glance g = {0};
    for (size_t i = 0; i < n; i++) {
        if (v[i] == COPYING_RIGHT_BLANK)
            continue;
        if (u[i] >= stride) {
            g.unmatched = true;
            continue;
        }
        size_t at = i * stride + u[i];
        g.logs += (double)log_p[at];
        g.gain += u[i] == v[i] ? (double)gain[at] : 0;
    }
    return g;
}

static bool omega_is_possible(const struct copying_work *w, const struct glance *g, size_t used,
                              size_t equal)
{
    double share = g->unmatched ? 0 : exp(g->logs / (double)used) * (1 - 1e-5) * SHARES;
    size_t s = share >= SHARES ? SHARES - 1 : (size_t)share;
    return equal >= w->binomial_least[used * SHARES + s];
}

bool copying_is_possible(const struct copying_work *w, size_t a, size_t b)
{
    size_t n = w->in->n_items, equal = copying_count_equal(w, a, b);
    size_t blank = copying_count_blank(w, a, b), used = n - blank;
    if (equal == 0 || used == 0) /* p is 1 */
        return w->cutoff >= 1;
    if (equal + blank >= w->gbt_least[w->levels[a] * (n + 1) + w->levels[b]])
        return true;
    double needed = w->least_ratio - (double)used * log1p(-COPYING_SHARE);
    for (int side = 0; side < 2; side++) {
        struct glance g = side ? look(w, b, a) : look(w, a, b);
        if (g.gain >= needed || omega_is_possible(w, &g, used, equal))
            return true;
    }
    return false;
}
