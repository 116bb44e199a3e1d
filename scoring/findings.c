/* findings.c - rules on figures that are there already. */
#include "findings.h"

#include "student.h"
#include <math.h>

#define NO_SUSPICION                                                                               \
    ((struct suspicion){.item = -1, .option = -1, .candidate = -1, .other = NAN, .p = NAN})

static size_t find_miskeyed(const struct suspicion_item *item,
                            const struct suspicion_limits *limits, struct suspicion *ret)
{
    if (!item->answers || !item->options || item->key == 0)
        return 0;
    struct miskey m =
        miskey_find(item->answers, item->options, item->key, item->any_of, &limits->miskey);
    if (m.option < 0)
        return 0;
    *ret = NO_SUSPICION;
    ret->kind = SUSPICION_MISKEYED;
    ret->grave = true;
    ret->item = item->item;
    ret->option = m.option;
    ret->figure = m.rpb;
    ret->other = m.key_rpb;
    ret->p = m.p;
    return 1;
}

/* The test of a correlation by Student's t, n - 2 degrees of freedom. */
static double negative_p(double r, size_t n)
{
    if (!isfinite(r) || n < 3)
        return NAN;
    if (r <= -1)
        return 0;
    return student_one_sided(-r * sqrt(((double)n - 2) / (1 - r * r)), (double)n - 2);
}

static size_t find_negative(const struct suspicion_item *item,
                            const struct suspicion_limits *limits, struct suspicion *ret)
{
    if (!item->stats)
        return 0;
    double p = negative_p(item->stats->rpb_rest, item->stats->n);
    if (!(p < limits->negative_level))
        return 0;
    *ret = NO_SUSPICION;
    ret->kind = SUSPICION_NEGATIVE_ITEM;
    ret->grave = true;
    ret->item = item->item;
    ret->figure = item->stats->rpb_rest;
    ret->p = p;
    return 1;
}

static size_t find_hurting(const struct suspicion_item *item, const struct test_statistics *test,
                           const struct suspicion_limits *limits, struct suspicion *ret)
{
    if (!item->stats || item->stats->n < limits->alpha_of_total ||
        !(item->stats->alpha_without - test->alpha > limits->alpha_gain))
        return 0;
    *ret = NO_SUSPICION;
    ret->kind = SUSPICION_HURTS_ALPHA;
    ret->item = item->item;
    ret->figure = item->stats->alpha_without;
    ret->other = test->alpha;
    return 1;
}

/* Does the item stand or fall with the option? Of several accepted answers one may well be
 * nobody's. */
static bool needed(const struct suspicion_item *item, int option)
{
    if (!(item->key >> option & 1))
        return false;
    for (int o = 0; item->any_of && o < item->answers->n_options; o++)
        if (item->key >> o & 1 && item->options[o].count > 0)
            return false;
    return true;
}

static size_t find_unused(const struct suspicion_item *item, const struct suspicion_limits *limits,
                          struct suspicion *ret)
{
    size_t found = 0;

    if (!item->answers || !item->options)
        return 0;
    for (int o = 0; o < item->answers->n_options; o++) {
        bool grave = needed(item, o);
        size_t least = grave ? limits->unused_key_of_total : limits->unused_of_total;
        if (item->options[o].count > 0 || item->answers->n < least)
            continue;
        struct suspicion *suspicion = &ret[found++];
        *suspicion = NO_SUSPICION;
        suspicion->kind = SUSPICION_UNUSED_OPTION;
        suspicion->grave = grave;
        suspicion->item = item->item;
        suspicion->option = o;
        suspicion->figure = (double)item->answers->n;
    }
    return found;
}

size_t suspicions_of_item(const struct suspicion_item *item, const struct test_statistics *test,
                          const struct suspicion_limits *limits, struct suspicion *ret)
{
    size_t found = find_miskeyed(item, limits, ret);

    found += find_negative(item, limits, ret + found);
    found += find_hurting(item, test, limits, ret + found);
    return found + find_unused(item, limits, ret + found);
}

size_t suspicions_of_totals(const struct points *totals, const bool *counts, size_t n,
                            struct points max, struct suspicion *ret)
{
    size_t found = 0;

    if (points_compare(max, POINTS_ZERO) <= 0)
        return 0;
    for (size_t c = 0; c < n; c++) {
        bool zero = points_compare(totals[c], POINTS_ZERO) <= 0;
        if ((counts && !counts[c]) || (!zero && points_compare(totals[c], max) < 0))
            continue;
        struct suspicion *suspicion = &ret[found++];
        *suspicion = NO_SUSPICION;
        suspicion->kind = zero ? SUSPICION_ZERO_SCORE : SUSPICION_PERFECT_SCORE;
        suspicion->candidate = (int)c;
        suspicion->figure = points_double(totals[c]);
    }
    return found;
}
