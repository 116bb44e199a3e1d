/* copying_figures.c - the figures of one pair. */
#include "copying_inside.h"

#include <math.h>
#include <string.h>

#define K_GROUP 30 /* candidates at least in the group that the K-index compares with */

/* Sums the smallest terms first: far tails keep their digits. */
double copying_tail(const double *p, size_t n, size_t least, double *scratch)
{
    double sum = 0;
    if (least == 0)
        return 1;
    if (least > n)
        return 0;
    memset(scratch, 0, (n + 1) * sizeof *scratch);
    scratch[0] = 1;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k > 0; k--)
            scratch[k] = scratch[k] * (1 - p[i]) + scratch[k - 1] * p[i];
        scratch[0] *= 1 - p[i];
    }
    for (size_t k = n + 1; k-- > least;)
        sum += scratch[k];
    return fmin(1, sum);
}

static const float *curve(const struct copying_work *w, size_t level, size_t item)
{
    return w->curves.p + (level * w->curves.n_items + item) * w->curves.stride;
}

/* Of each item that both answered. */
struct item_pair {
    size_t item;
    unsigned char a, b; /* answers */
};

static bool both_answered(const struct copying_work *w, size_t a, size_t b, size_t item,
                          struct item_pair *ret)
{
    size_t n = w->in->n_items;
    *ret = (struct item_pair){item, w->in->answers[a * n + item], w->in->answers[b * n + item]};
    return ret->a != OPTION_BLANK && ret->b != OPTION_BLANK;
}

/* ---- tests ---- */

static double calculate_gbt(const struct copying_work *w, size_t a, size_t b, size_t equal,
                            double *scratch)
{
    double *p = scratch, *space = scratch + w->in->n_items + 1;
    struct item_pair pair;
    size_t n = 0;
    for (size_t i = 0; i < w->in->n_items; i++) {
        if (!both_answered(w, a, b, i, &pair))
            continue;
        const float *pa = curve(w, w->levels[a], i), *pb = curve(w, w->levels[b], i);
        double sum = 0;
        for (size_t code = 1; code < w->curves.stride; code++)
            sum += (double)pa[code] * (double)pb[code];
        p[n++] = fmin(1, sum);
    }
    return copying_tail(p, n, equal, space);
}

struct omega {
    double z, p;
};

static struct omega calculate_omega(const struct copying_work *w, size_t copier, size_t source,
                                    size_t equal, double *scratch)
{
    double *p = scratch, *space = scratch + w->in->n_items + 1, expected = 0, variance = 0;
    struct item_pair pair;
    size_t n = 0;
    for (size_t i = 0; i < w->in->n_items; i++) {
        if (!both_answered(w, copier, source, i, &pair))
            continue;
        p[n] = pair.b < w->curves.stride ? (double)curve(w, w->levels[copier], i)[pair.b] : 0;
        expected += p[n];
        variance += p[n] * (1 - p[n]);
        n++;
    }
    double z = variance > 1e-12 ? ((double)equal - expected) / sqrt(variance) : 0;
    return (struct omega){z, copying_tail(p, n, equal, space)};
}

/* ---- likelihood ratio ---- */

/* Weights are rounded to this part of a nat: the sum is then whole numbers, and its distribution
 * exact. */
#define GRAIN 8
#define MOST_WEIGHT 128 /* copying_gain of 1e-30 is 69; anything likelier than 1e-7 is below 16 */

double copying_gain(double p)
{
    return log1p(COPYING_SHARE / ((1 - COPYING_SHARE) * p));
}

size_t copying_scratch_size(size_t n_items)
{
    return n_items + 1 + n_items * MOST_WEIGHT + 1;
}

static size_t weigh(double p)
{
    double weight = p > 0 ? round(GRAIN * copying_gain(p)) : MOST_WEIGHT;
    return weight < MOST_WEIGHT ? (size_t)weight : MOST_WEIGHT;
}

/* The rule of copying_bounds.c: most ratios are not worth a distribution. */
static bool ratio_is_possible(const struct copying_work *w, size_t copier, size_t source)
{
    struct item_pair pair;
    double log_ratio = 0;
    for (size_t i = 0; i < w->in->n_items; i++) {
        if (!both_answered(w, copier, source, i, &pair))
            continue;
        log_ratio += log1p(-COPYING_SHARE);
        if (pair.a == pair.b && pair.b < w->curves.stride)
            log_ratio += copying_gain((double)curve(w, w->levels[copier], i)[pair.b]);
    }
    return log_ratio >= w->least_ratio;
}

/* P(sum of the weights of the equal answers >= that observed); 1 where it is not looked at. */
static double calculate_ratio(const struct copying_work *w, size_t copier, size_t source,
                              double *scratch)
{
    size_t observed = 0, length = 0;
    struct item_pair pair;
    double sum = 0;
    if (!ratio_is_possible(w, copier, source))
        return 1;
    scratch[0] = 1;
    for (size_t i = 0; i < w->in->n_items; i++) {
        if (!both_answered(w, copier, source, i, &pair) || pair.b >= w->curves.stride)
            continue;
        double p = (double)curve(w, w->levels[copier], i)[pair.b];
        size_t weight = weigh(p);
        observed += pair.a == pair.b ? weight : 0;
        memset(scratch + length + 1, 0, weight * sizeof *scratch);
        length += weight;
        for (size_t k = length + 1; k-- > weight;)
            scratch[k] = scratch[k] * (1 - p) + scratch[k - weight] * p;
        for (size_t k = 0; k < weight; k++)
            scratch[k] *= 1 - p;
    }
    for (size_t k = length + 1; k-- > observed;)
        sum += scratch[k];
    return fmin(1, sum);
}

/* ---- K-index ---- */

static bool is_wrong(const struct copying_work *w, size_t item, unsigned char answer)
{
    return answer != OPTION_BLANK &&
           (answer >= OPTION_CODES || !w->in->right[item * OPTION_CODES + answer]);
}

/* How many candidates with `wrong` wrong answers gave the source's wrong answers, summed over
 * these; without the two themselves. Adds to *matches and *candidates. */
static void add_group(const struct copying_work *w, size_t copier, size_t source, size_t wrong,
                      double *matches, double *candidates)
{
    size_t n = w->in->n_items;
    bool copier_in = w->wrong[copier] == wrong, source_in = w->wrong[source] == wrong;
    *candidates += (double)w->n_wrong[wrong] - copier_in - source_in;
    for (size_t i = 0; i < n; i++) {
        unsigned char answer = w->in->answers[source * n + i];
        if (!is_wrong(w, i, answer) || answer >= w->curves.stride)
            continue;
        *matches += w->by_wrong[(wrong * n + i) * w->curves.stride + answer];
        *matches -= source_in + (copier_in && w->in->answers[copier * n + i] == answer);
    }
}

/* lgamma() would write to a variable that all threads share. */
double copying_log_ways(size_t n, size_t k)
{
    int sign;
    return lgamma_r((double)n + 1, &sign) - lgamma_r((double)k + 1, &sign) -
           lgamma_r((double)(n - k) + 1, &sign);
}

/* P(X >= k), X binomial. */
static double binomial_tail(size_t n, double p, size_t k)
{
    double sum = 0;
    if (k == 0)
        return 1;
    if (p <= 0)
        return 0;
    if (p >= 1)
        return 1;
    for (size_t i = n + 1; i-- > k;)
        sum += exp(copying_log_ways(n, i) + (double)i * log(p) + (double)(n - i) * log1p(-p));
    return fmin(1, sum);
}

static double calculate_k(const struct copying_work *w, size_t copier, size_t source, size_t same)
{
    size_t wrong = w->wrong[source], middle = w->wrong[copier], most = w->in->n_items;
    double matches = 0, candidates = 0;
    if (wrong == 0)
        return NAN;
    for (size_t off = 0; off <= most && candidates < K_GROUP; off++) {
        if (middle + off <= most)
            add_group(w, copier, source, middle + off, &matches, &candidates);
        if (off > 0 && middle >= off)
            add_group(w, copier, source, middle - off, &matches, &candidates);
    }
    if (candidates <= 0)
        return NAN;
    return binomial_tail(wrong, matches / (candidates * (double)wrong), same);
}

/* ---- all of it ---- */

static void count_answers(const struct copying_work *w, size_t a, size_t b,
                          struct copying_pair *ret)
{
    struct item_pair pair;
    for (size_t i = 0; i < w->in->n_items; i++) {
        if (!both_answered(w, a, b, i, &pair))
            continue;
        if (pair.a != pair.b || pair.a == OPTION_OTHER)
            ret->differ++;
        else if (is_wrong(w, i, pair.a))
            ret->same_wrong++;
        else
            ret->same_right++;
    }
}

struct copying_pair copying_calculate(const struct copying_work *w, size_t a, size_t b,
                                      double *scratch)
{
    struct copying_pair pair = {.a = a, .b = b, .room = w->in->rooms[a]};
    count_answers(w, a, b, &pair);
    size_t equal = (size_t)(pair.same_right + pair.same_wrong);
    struct omega from_b = calculate_omega(w, a, b, equal, scratch);
    struct omega from_a = calculate_omega(w, b, a, equal, scratch);

    pair.gbt = calculate_gbt(w, a, b, equal, scratch);
    double ratio_b = calculate_ratio(w, a, b, scratch), ratio_a = calculate_ratio(w, b, a, scratch);
    pair.p = fmin(fmin(pair.gbt, fmin(from_b.p, from_a.p)), fmin(ratio_a, ratio_b));
    pair.ratio_p = from_a.z > from_b.z ? ratio_a : ratio_b;
    if (from_a.z > from_b.z) {
        pair.a = b;
        pair.b = a;
        from_b = from_a;
    }
    pair.omega = from_b.z;
    pair.omega_p = from_b.p;
    pair.k_index = calculate_k(w, pair.a, pair.b, (size_t)pair.same_wrong);
    pair.harpp_hogan = (double)pair.same_wrong / (pair.differ > 0 ? pair.differ : 1);
    return pair;
}
