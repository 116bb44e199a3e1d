/* scale.c - a scale's check, its dispatch, levels and the standard scores. */
#include "scale.h"

#include "diag.h"
#include "distribution.h"
#include "scale_internal.h"
#include <math.h>
#include <stdlib.h>

static const char *const level_labels[SCALE_MAX_LEVELS + 1] = {
    "0",  "1",  "2",  "3",  "4",  "5",  "6",  "7",  "8",  "9",  "10", "11", "12", "13", "14",
    "15", "16", "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29",
    "30", "31", "32", "33", "34", "35", "36", "37", "38", "39", "40", "41", "42", "43", "44",
    "45", "46", "47", "48", "49", "50", "51", "52", "53", "54", "55", "56", "57", "58", "59",
    "60", "61", "62", "63", "64", "65", "66", "67", "68", "69", "70", "71", "72", "73", "74",
    "75", "76", "77", "78", "79", "80", "81", "82", "83", "84", "85", "86", "87", "88", "89",
    "90", "91", "92", "93", "94", "95", "96", "97", "98", "99", "100"};

/* ---- is it sound? ---- */

static bool bad_decimals(int decimals)
{
    return decimals < -1 || decimals > 9;
}

static enum scale_fault check_band(const struct score_scale *scale, int b)
{
    const struct scale_band *band = &scale->bands[b];

    if (points_compare(band->share, POINTS_ZERO) < 0 ||
        points_compare(band->share, exact_whole(100)) > 0)
        return SCALE_SHARE;
    if (points_compare(band->low, band->high) > 0)
        return SCALE_RANGE;
    if (b > 0 && points_compare(band->high, scale->bands[b - 1].low) >= 0)
        return SCALE_ORDER;
    return SCALE_SOUND;
}

enum scale_fault scale_check(const struct score_scale *scale, int *ret_band)
{
    struct points sum = POINTS_ZERO;

    *ret_band = -1;
    if (scale->way == SCALE_BY_LEVELS) {
        if (scale->levels < 1 || scale->levels > SCALE_MAX_LEVELS)
            return SCALE_STEPS;
        return bad_decimals(scale->mean_decimals) || bad_decimals(scale->step_decimals) ||
                       bad_decimals(scale->limit_decimals)
                   ? SCALE_DECIMALS
                   : SCALE_SOUND;
    }
    if (scale->way != SCALE_BY_BANDS)
        return SCALE_SOUND;
    if (scale->n_bands < 1)
        return SCALE_NO_BANDS;
    for (int b = 0; b < scale->n_bands; b++) {
        enum scale_fault fault = check_band(scale, b);
        if (fault != SCALE_SOUND) {
            *ret_band = b;
            return fault;
        }
        sum = points_add(sum, scale->bands[b].share);
    }
    if (points_compare(sum, exact_whole(100)) != 0)
        return SCALE_SUM;
    return bad_decimals(scale->decimals) ? SCALE_DECIMALS : SCALE_SOUND;
}

/* ---- levels ---- */

/* The first level whose limit is not below the total. Limits rise with the level. */
static int level_of(const struct score_scale *scale, struct points step, struct points total)
{
    int low = 1, high = scale->levels;

    if (points_compare(total, POINTS_ZERO) <= 0)
        return 0;
    while (low < high) {
        int middle = (low + high) / 2;
        struct points limit =
            exact_round(points_mul(step, exact_whole(middle)), scale->limit_decimals);
        if (points_compare(total, limit) <= 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Who of several equals is among the best 1 % changes nothing: the mean is the same. */
void scale_levels_compute(const struct score_scale *scale, const struct ranked *ranked, size_t n,
                          struct scaled_score *ret, struct scale_report *report)
{
    struct points sum = POINTS_ZERO;

    report->n_best = (n + 99) / 100;
    for (size_t p = 0; p < report->n_best; p++)
        sum = points_add(sum, ranked[p].total);
    report->mean =
        exact_round(exact_divide(sum, exact_whole((int64_t)report->n_best)), scale->mean_decimals);
    report->step =
        exact_round(exact_divide(report->mean, exact_whole(scale->levels)), scale->step_decimals);
    for (size_t p = 0; p < n; p++) {
        int level = level_of(scale, report->step, ranked[p].total);
        ret[ranked[p].candidate] =
            (struct scaled_score){level, exact_whole(level), level, level_labels[level]};
    }
}

/* ---- standard scores ---- */

static int compute_standard(const struct score_scale *scale, const struct points *totals,
                            const bool *counts, size_t n, struct scaled_score *ret)
{
    struct standing *standings = malloc((n + 1) * sizeof *standings);
    int rc = standings ? standing_compute(totals, counts, n, standings) : YJ_ENOMEM;

    for (size_t c = 0; c < n && rc == 0; c++) {
        const struct standing *s = &standings[c];
        if (s->rank == 0)
            continue;
        if (scale->way == SCALE_BY_PERCENTILE) {
            ret[c].exact = s->percentile;
            ret[c].value = points_double(s->percentile);
        } else {
            ret[c].value = scale->way == SCALE_BY_Z ? s->z : s->t;
        }
    }
    free(standings);
    return rc;
}

/* ---- together ---- */

static int compute_ranked(const struct score_scale *scale, const struct points *totals,
                          const bool *counts, size_t n, struct scaled_score *ret,
                          struct scale_report *report)
{
    struct ranked *ranked = NULL;
    size_t n_ranked;
    int rc = exact_order(totals, counts, n, &ranked, &n_ranked);

    if (rc == 0 && n_ranked > 0) {
        if (scale->way == SCALE_BY_BANDS)
            rc = scale_bands_compute(scale, ranked, n_ranked, ret, report);
        else
            scale_levels_compute(scale, ranked, n_ranked, ret, report);
    }
    free(ranked);
    return rc;
}

int scale_compute(const struct score_scale *scale, const struct points *totals, const bool *counts,
                  size_t n, struct scaled_score *ret, struct scale_report *ret_report)
{
    struct scale_report nobody = {.bands = NULL};
    struct scale_report *report = ret_report ? ret_report : &nobody;

    report->n_best = 0;
    report->mean = report->step = POINTS_ZERO;
    for (int b = 0; report->bands && b < scale->n_bands; b++)
        report->bands[b] = (struct scale_outcome){0, {0, 0}, {0, 0}};
    for (size_t c = 0; c < n; c++)
        ret[c] = (struct scaled_score){NAN, {0, 0}, -1, ""};
    if (scale->way == SCALE_BY_BANDS || scale->way == SCALE_BY_LEVELS)
        return compute_ranked(scale, totals, counts, n, ret, report);
    return compute_standard(scale, totals, counts, n, ret);
}
