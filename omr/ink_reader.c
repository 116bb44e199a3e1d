#include "ink_reader.h"

#include "small_sort.h"

#include <math.h>
#include <stdlib.h>

/* What empty bubbles may show. */
#define EMPTY_FLOOR 0.030     /* on the best of pages */
#define EMPTY_SPREADS 6.0     /* robust standard deviations above their median */
#define SECONDS_MIN 8         /* groups whose second darkest bubbles tell it */
#define SECONDS_QUANTILE 0.85 /* of those */
#define EMPTY_MARGIN 1.8      /* of that quantile on top: the tail of bold letters and dust ... */
#define EMPTY_TAIL 0.05       /* ... which ends here: darker is residue, and that has no tail */
#define LOW_MAX 0.20          /* marks everywhere must not raise the limit over themselves */
#define EMPTY_SHARE 0.30      /* of the page's usual mark: no empty bubble shows more */

/* What a mark shows. */
#define MARK_SHARE 0.42      /* of the page's usual mark: as much is a mark for sure */
#define BAND_MIN 1.7         /* the band's upper edge over its lower, at least */
#define FEW_MARKS 4          /* fewer marks do not tell how a pupil marks, ... */
#define FEW_SHARE 0.2        /* ... nor do marks in fewer than this share of the fields, ... */
#define FEW_SURE 0.12        /* ... and must then be this dark */
#define EDGE_CERTAINTY 0.995 /* probability at the band's edges */
#define RIM_SHARE 0.30       /* core / whole: less only reaches in from outside */
#define THROUGH_SHARE 0.7    /* of the ink: as dark on both sides, it is a streak, no mark */
#define REACHES_IN 0.7       /* probability that such is a mark all the same */
#define FAINT_BAND 1.15      /* about the office's own limit */

/* What an eraser leaves beside a mark. */
#define ERASED_SHARE 0.33    /* of the mark's ink, at most */
#define ERASED_DARKNESS 0.60 /* of the mark's darkest parts, at most */

/* What makes a blank field doubtful: one bubble with some ink and this many times the next one's,
 * ... */
#define SMEAR_ALONE 4.0
#define SMEAR_MIN 0.025     /* ... as much, or twice what empty ones show ... */
#define SMEAR_MAX 0.060     /* ... but no more is asked ... */
#define SMEAR_QUANTILE 0.95 /* (of the second darkest) */
#define CLEAN 0.005         /* ... and where those show next to nothing ... */
#define SMEAR_CLEAN 0.018   /* ... this is enough; */
#define HALO_MIN 0.080      /* or ink around one; */
#define WEAK_SHARE 0.4      /* or as many of its outlines hardly there; */
#define SUNK_LEAST 4        /* or that so many of the page's marks, ... */
#define SUNK_SHARE 0.1      /* ... and this share of them, hold no more than empties may. */

/* For pages with few single choices: median and spread of the paler half of all bubbles, which is
 * as good as all empty (a quarter of a sheet's bubbles is marked, seldom more). */
static double limit_from_paler_half(const struct bubble_ink *b, int n, double *scratch)
{
    for (int i = 0; i < n; i++)
        scratch[i] = b[i].ink;
    int half = n / 2 > 0 ? n / 2 : 1;
    double median = kth_of(scratch, n, half / 2), upper = kth_of(scratch, n, half - 1);
    /* Of a half-normal's lower half, the distance from quartile to median is 0.6745 sigma. */
    double sigma = fmax(upper - median, 0.002) / 0.6745;
    return fmax(EMPTY_FLOOR, median + fmin(EMPTY_SPREADS * sigma, 0.08));
}

/* Upper edge of what the page's empty bubbles show. Where only one of several bubbles may be
 * marked, the second darkest is empty but for a few doubles and erasures: what most of them stay
 * under is the limit. Robust against those few: at most three times the median. */
static double empty_limit(const struct bubble_ink *b, int n, double *scratch, double *ret_smear)
{
    int m = 0;
    for (int i = 0, length; i < n; i += length) {
        double first = 0, second = 0;
        length = bubble_group_length(&b[i], n - i);
        for (int k = i; k < i + length; k++) {
            second = b[k].ink > first ? first : fmax(second, b[k].ink);
            first = fmax(first, b[k].ink);
        }
        if (length >= 3 && (b[i].field->kind == FIELD_GRID || b[i].field->max_marks == 1))
            scratch[m++] = second;
    }
    *ret_smear = SMEAR_MAX;
    if (m < SECONDS_MIN)
        return limit_from_paler_half(b, n, scratch);
    double most = kth_of(scratch, m, (int)(SECONDS_QUANTILE * (m - 1)));
    double median = kth_of(scratch, m, m / 2);
    double dirt = kth_of(scratch, m, (int)(SMEAR_QUANTILE * (m - 1)));
    *ret_smear = dirt < CLEAN ? SMEAR_CLEAN : fmin(SMEAR_MAX, fmax(SMEAR_MIN, 2 * dirt));
    most = fmin(most, 3 * median + EMPTY_FLOOR);
    return EMPTY_FLOOR + EMPTY_MARGIN * fmin(most, EMPTY_TAIL) + fmax(0, most - EMPTY_TAIL);
}

/* The median of what stands clear of the empty bubbles, and how many do. Only the darkest bubble of
 * a field or grid column counts: residues beside a mark are no marks. */
static double usual_mark(const struct bubble_ink *b, int n, double low, double *scratch, int *ret_n,
                         int *ret_groups)
{
    int m = 0;
    *ret_groups = 0;
    for (int i = 0, length; i < n; i += length) {
        double darkest = 0;
        ++*ret_groups;
        length = bubble_group_length(&b[i], n - i);
        for (int k = i; k < i + length; k++)
            darkest = fmax(darkest, b[k].ink);
        if (darkest > low)
            scratch[m++] = darkest;
    }
    *ret_n = m;
    if (m == 0)
        return 0;
    return kth_of(scratch, m, m / 2);
}

struct band ink_find_band(const struct bubble_ink *b, int n, double faintest, double *scratch)
{
    struct band band = {.low = 0};
    if (n == 0)
        return band;
    band.low = empty_limit(b, n, scratch, &band.smear);
    int marks = 0, groups = 0;
    band.usual = usual_mark(b, n, fmin(band.low, LOW_MAX), scratch, &marks, &groups);
    if (marks >=
        FEW_MARKS) /* doubles on half a page must not pass for what its empty bubbles show */
        band.low = fmax(EMPTY_FLOOR, fmin(band.low, EMPTY_SHARE * band.usual));
    band.high = fmax(band.low * BAND_MIN, MARK_SHARE * band.usual);
    if (marks < FEW_MARKS || marks < FEW_SHARE * groups)
        band.high = fmax(band.high, FEW_SURE);
    if (faintest > 0) {
        band.low = faintest / FAINT_BAND;
        band.high = faintest * FAINT_BAND;
    }
    return band;
}

static double mark_probability(const struct band *band, double excess)
{
    double middle = 0.5 * (log(band->low) + log(band->high));
    double half = 0.5 * (log(band->high) - log(band->low));
    double slope = log(EDGE_CERTAINTY / (1 - EDGE_CERTAINTY)) / half;
    return 1 / (1 + exp(-slope * (log(fmax(excess, 1e-4)) - middle)));
}

/* Ink that only reaches into the bubble from outside (a neighbour's stroke, a line through the row)
 * is no sure mark, nor is a streak that goes on at both sides of it. */
static double judge_bubble(const struct band *band, const struct bubble_ink *b)
{
    double p = mark_probability(band, b->ink);
    bool reaches_in =
        b->core < RIM_SHARE * b->excess || b->through > THROUGH_SHARE * fmax(b->excess, b->stroke);
    return p > 0.5 && reaches_in ? fmin(p, REACHES_IN) : p;
}

/* One choice among bubbles of which only one may be marked: residue of an eraser beside a full mark
 * is no second mark. Residue is pale all over; a thin dark line is a pen's. */
static void forgive_residue(const struct bubble_ink *b, double *p, int n)
{
    int top = 0;
    for (int i = 1; i < n; i++)
        if (b[i].ink > b[top].ink)
            top = i;
    if (p[top] < EDGE_CERTAINTY)
        return;
    for (int i = 0; i < n; i++) {
        bool pale = b[i].peak < ERASED_DARKNESS * b[top].peak;
        if (i == top || !pale || p[i] >= EDGE_CERTAINTY || b[i].ink >= ERASED_SHARE * b[top].ink)
            continue;
        double doubt = b[i].ink / b[top].ink / ERASED_SHARE; /* 0 to 1 */
        p[i] = fmin(p[i], 0.009 * doubt * doubt);
    }
}

void ink_judge(const struct band *band, const struct bubble_ink *b, int n, double *p)
{
    for (int i = 0; i < n; i++)
        p[i] = judge_bubble(band, &b[i]);
    for (int i = 0, length; i < n; i += length) {
        length = bubble_group_length(&b[i], n - i);
        if (b[i].field->kind == FIELD_GRID || b[i].field->max_marks == 1)
            forgive_residue(&b[i], &p[i], length);
    }
}

/* Where print and marks cannot be told apart nothing is sure. An unmarked bubble without its
 * outline is covered, cut off, or read in the wrong place; so are the bubbles where many outlines
 * are weak. */
bool ink_print_is_missing(const struct bubble_ink *b, const bool *marked, int n)
{
    int empty = 0, weak = 0;
    for (int i = 0; i < n; i++) {
        if (b[i].unknown)
            return true;
        if (marked[i])
            continue;
        if (b[i].missing)
            return true;
        empty++;
        weak += b[i].weak;
    }
    return weak > 1 && weak > WEAK_SHARE * empty;
}

bool ink_marks_sink(const struct band *band, const struct bubble_ink *b, const bool *marked, int n)
{
    int alone = 0, sunk = 0;
    for (int i = 0, length; i < n; i += length) {
        int marks = 0, last = i;
        length = bubble_group_length(&b[i], n - i);
        for (int k = i; k < i + length; k++) {
            marks += marked[k];
            last = marked[k] ? k : last;
        }
        alone += marks == 1;
        sunk += marks == 1 && b[last].ink < band->low;
    }
    return sunk >= SUNK_LEAST && sunk >= SUNK_SHARE * alone;
}

int ink_find_smear(const struct band *band, const struct bubble_ink *b, int n)
{
    double second = 0;
    int darkest = 0, ringed = 0;
    if (b[0].field->kind != FIELD_CHOICE)
        return -1;
    for (int i = 1; i < n; i++) {
        darkest = b[i].ink > b[darkest].ink ? i : darkest;
        ringed = b[i].halo > b[ringed].halo ? i : ringed;
    }
    for (int i = 0; i < n; i++)
        second = i == darkest ? second : fmax(second, b[i].ink);
    if (b[darkest].ink > band->smear && b[darkest].ink > SMEAR_ALONE * second)
        return darkest;
    return b[ringed].halo > HALO_MIN ? ringed : -1;
}
