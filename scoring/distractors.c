/* distractors.c - one walk over an item's answers. */
#include "distractors.h"

#include "student.h"
#include <math.h>
#include <string.h>

#define MAX_OPTIONS 64

/* The rest score about its mean. */
struct rest_moments {
    double mean, squares; /* sum of squared deviations; 0 where nothing but rounding */
};

static struct rest_moments rest_moments(const double *rest, size_t n)
{
    struct rest_moments r = {0, 0};
    double d_sum = 0, scale = 1;

    for (size_t c = 0; c < n; c++) {
        r.mean += rest[c];
        scale = fmax(scale, fabs(rest[c]));
    }
    r.mean /= (double)n;
    for (size_t c = 0; c < n; c++) {
        double d = rest[c] - r.mean;
        d_sum += d;
        r.squares += d * d;
    }
    r.squares -= d_sum * d_sum / (double)n;
    if (!(r.squares > 1e-24 * scale * scale * (double)n))
        r.squares = 0;
    return r;
}

/* Of a choice that `count` of n made, whose rest scores stand `deviations` above the mean in all.
 */
static double choice_correlation(double deviations, size_t count, size_t n, double squares)
{
    if (count == 0 || count >= n || !(squares > 0))
        return NAN;
    double own = (double)count * (double)(n - count) / (double)n;
    double r = deviations / sqrt(own) / sqrt(squares);
    return fabs(r) < 1e-12 ? 0 : fmax(-1, fmin(1, r));
}

struct option_sums {
    double deviations;
    size_t of_class[FIFTH_CLASSES];
};

static void fill_figures(const struct option_sums *sums, const struct fifths *fifths, size_t n,
                         double squares, struct option_figures *ret)
{
    *ret = (struct option_figures){0};
    for (int class = 0; class < fifths->n_classes; class ++)
        ret->count += sums->of_class[class];
    ret->share = n ? (double)ret->count / (double)n : NAN;
    ret->rpb = choice_correlation(sums->deviations, ret->count, n, squares);
    for (int f = 0; f < FIFTHS; f++) {
        double sum = 0;
        for (int class = 0; class < fifths->n_classes; class ++)
            sum += fifths->weights[class][f] * (double)sums->of_class[class];
        ret->fifth[f] = n ? sum * FIFTHS / (double)n : NAN;
    }
}

void option_figures_compute(const struct item_answers *answers, const struct fifths *fifths,
                            struct option_figures *options)
{
    struct option_sums sums[MAX_OPTIONS];
    struct rest_moments rest = rest_moments(answers->rest, answers->n);
    uint64_t known =
        answers->n_options < MAX_OPTIONS ? (UINT64_C(1) << answers->n_options) - 1 : UINT64_MAX;

    memset(sums, 0, sizeof sums);
    for (size_t c = 0; c < answers->n; c++) {
        double d = answers->rest[c] - rest.mean;
        for (uint64_t left = answers->marked[c] & known; left; left &= left - 1) {
            struct option_sums *s = &sums[__builtin_ctzll(left)];
            s->deviations += d;
            s->of_class[fifths->class_of[c]]++;
        }
    }
    for (int o = 0; o < answers->n_options; o++)
        fill_figures(&sums[o], fifths, answers->n, rest.squares, &options[o]);
}

/* ---- is the key wrong? ---- */

double williams_t(double r12, double r13, double r23, size_t n)
{
    double det = 1 - r12 * r12 - r13 * r13 - r23 * r23 + 2 * r12 * r13 * r23;
    double mean = (r12 + r13) / 2, free = (double)n - 3;

    if (n < 4)
        return NAN;
    double below = 2 * ((double)n - 1) / free * fmax(det, 0) + mean * mean * pow(1 - r23, 3);
    if (!(below > 0))
        return NAN;
    return (r12 - r13) * sqrt(((double)n - 1) * (1 + r23) / below);
}

/* Two choices by how many made each, and both. */
static double choices_correlation(size_t a, size_t b, size_t both, size_t n)
{
    double size = (double)n, pa = (double)a / size, pb = (double)b / size;
    double own = pa * (1 - pa) * pb * (1 - pb);

    return own > 0 ? ((double)both / size - pa * pb) / sqrt(own) : NAN;
}

/* Who marked any of the key, and their correlation. */
struct key_figures {
    uint64_t options;
    size_t count;
    double rpb;
};

static struct key_figures key_together(const struct item_answers *answers, uint64_t key)
{
    struct rest_moments rest = rest_moments(answers->rest, answers->n);
    struct key_figures k = {key, 0, NAN};
    double deviations = 0;

    for (size_t c = 0; c < answers->n; c++)
        if (answers->marked[c] & key) {
            k.count++;
            deviations += answers->rest[c] - rest.mean;
        }
    k.rpb = choice_correlation(deviations, k.count, answers->n, rest.squares);
    return k;
}

static struct key_figures key_weakest(const struct item_answers *answers,
                                      const struct option_figures *options, uint64_t key)
{
    struct key_figures k = {0, 0, NAN};

    for (int o = 0; o < answers->n_options; o++)
        if (key >> o & 1 && isfinite(options[o].rpb) && !(options[o].rpb >= k.rpb))
            k = (struct key_figures){UINT64_C(1) << o, options[o].count, options[o].rpb};
    return k;
}

static double difference_p(const struct item_answers *answers, const struct key_figures *key,
                           int option, const struct option_figures *figures)
{
    size_t both = 0;

    for (size_t c = 0; c < answers->n; c++)
        both += (answers->marked[c] >> option & 1) && (answers->marked[c] & key->options);
    double between = choices_correlation(figures->count, key->count, both, answers->n);
    return student_one_sided(williams_t(figures->rpb, key->rpb, between, answers->n),
                             (double)answers->n - 3);
}

struct miskey miskey_find(const struct item_answers *answers, const struct option_figures *options,
                          uint64_t key, bool any_of, const struct miskey_limits *limits)
{
    struct miskey found = {-1, -1, NAN, NAN, NAN};
    struct key_figures k = any_of && (key & (key - 1)) ? key_together(answers, key)
                                                       : key_weakest(answers, options, key);
    int wrong = 0;

    for (int o = 0; o < answers->n_options; o++)
        wrong += !(key >> o & 1);
    if (answers->n < limits->of_total || !isfinite(k.rpb))
        return found;
    for (int o = 0; o < answers->n_options; o++) {
        const struct option_figures *figures = &options[o];
        if (key >> o & 1 || figures->count < limits->takers ||
            !(figures->rpb > 0 && figures->rpb > k.rpb))
            continue;
        double p = fmin(1, wrong * difference_p(answers, &k, o, figures));
        if (p < limits->level && !(p >= found.p))
            found =
                (struct miskey){o, k.options & (k.options - 1) ? -1 : __builtin_ctzll(k.options),
                                figures->rpb, k.rpb, p};
    }
    return found;
}
