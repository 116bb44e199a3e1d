/* scale_bands.c - bands by rank: where the cuts fall, and the line within a band.
 *
 * Edges are the places between different totals; only there a cut can be, for those with one total
 * stay together. Each band's cut is moved to an edge by the policy, the last one is the end. */
#include "scale_internal.h"

#include "diag.h"
#include <stdlib.h>

static int64_t places_of(const struct score_scale *scale, struct points exact)
{
    switch (scale->places) {
    case SCALE_PLACES_UP:
        return exact_ceil(exact);
    case SCALE_PLACES_DOWN:
        return exact_floor(exact);
    case SCALE_PLACES_HALF_UP:
        break;
    }
    return exact_floor(points_add(exact, (struct points){1, 2}));
}

/* Of the edges below and above (or at) a cut, the one the policy takes. */
static size_t choose_edge(const struct score_scale *scale, size_t below, size_t above,
                          struct points exact)
{
    switch (scale->ties) {
    case SCALE_TIES_BETTER:
        return above;
    case SCALE_TIES_WORSE:
        return below;
    case SCALE_TIES_NEAREST:
        break;
    }
    struct points up = points_sub(exact_whole((int64_t)above), exact);
    struct points down = points_sub(exact, exact_whole((int64_t)below));
    return points_compare(up, down) <= 0 ? above : below;
}

/* cuts[b]: how many are in band b and the better ones. */
static void find_cuts(const struct score_scale *scale, const struct ranked *ranked, size_t n,
                      size_t *cuts)
{
    struct points share = POINTS_ZERO;
    size_t below = 0, above = exact_equals_end(ranked, 0, n);

    for (int b = 0; b < scale->n_bands; b++) {
        share = points_add(share, scale->bands[b].share);
        struct points exact =
            exact_divide(points_mul(exact_whole((int64_t)n), share), exact_whole(100));
        struct points nominal =
            scale->ties == SCALE_TIES_NEAREST ? exact : exact_whole(places_of(scale, exact));
        size_t places = (size_t)exact_floor(nominal);
        /* until below <= places < above, or the end */
        while (above <= places && above < n) {
            below = above;
            above = exact_equals_end(ranked, above, n);
        }
        if (places >= n)
            cuts[b] = n;
        else if (points_compare(exact_whole((int64_t)below), nominal) == 0)
            cuts[b] = below; /* the cut is an edge already */
        else
            cuts[b] = choose_edge(scale, below, above, exact);
    }
    cuts[scale->n_bands - 1] = n;
}

/* (Y2 - Y)/(Y - Y1) = (T2 - T)/(T - T1), which is T = T1 + (Y - Y1)(T2 - T1)/(Y2 - Y1). */
static struct points scale_within(const struct score_scale *scale, const struct scale_band *band,
                                  const struct scale_outcome *raw, struct points total)
{
    struct points range = points_sub(band->high, band->low);
    struct points raw_range = points_sub(raw->high, raw->low);

    if (range.num == 0)
        return band->high;
    if (raw_range.num != 0) {
        struct points part = exact_divide(points_sub(total, raw->low), raw_range);
        return scale->decimals < 0 ? points_add(band->low, points_mul(part, range))
                                   : exact_between(band->low, band->high, part, scale->decimals);
    }
    switch (scale->single) {
    case SCALE_SINGLE_LOW:
        return band->low;
    case SCALE_SINGLE_MIDDLE:
        return exact_round(points_add(band->low, points_mul(range, (struct points){1, 2})),
                           scale->decimals);
    case SCALE_SINGLE_HIGH:
        break;
    }
    return band->high;
}

static struct scale_outcome fill_band(const struct score_scale *scale, int b,
                                      const struct ranked *ranked, size_t first, size_t end,
                                      struct scaled_score *ret)
{
    const struct scale_band *band = &scale->bands[b];
    struct scale_outcome raw = {end - first, {0, 0}, {0, 0}};

    if (first == end)
        return raw;
    raw.high = ranked[first].total;
    raw.low = ranked[end - 1].total;
    for (size_t p = first; p < end; p++) {
        struct points value = scale_within(scale, band, &raw, ranked[p].total);
        ret[ranked[p].candidate] =
            (struct scaled_score){points_double(value), value, b, band->label};
    }
    return raw;
}

int scale_bands_compute(const struct score_scale *scale, const struct ranked *ranked, size_t n,
                        struct scaled_score *ret, struct scale_report *report)
{
    size_t *cuts = malloc((size_t)scale->n_bands * sizeof *cuts);
    size_t first = 0;

    if (!cuts)
        return YJ_ENOMEM;
    find_cuts(scale, ranked, n, cuts);
    for (int b = 0; b < scale->n_bands; b++) {
        struct scale_outcome raw = fill_band(scale, b, ranked, first, cuts[b], ret);
        if (report->bands)
            report->bands[b] = raw;
        first = cuts[b];
    }
    free(cuts);
    return 0;
}
