/* The judgement: which bubbles were meant.
 *
 * The page's empty bubbles tell how much ink an empty bubble may show (its noise); the darkest
 * bubble of each field, where it stands clear of that noise, tells how this pupil marks. Between
 * the two lies a doubtful band. The probability that a bubble is marked is a logistic of the
 * logarithm of its ink between the two edges of the band; a field's is the product over its
 * bubbles. */
#include "marks.h"

#include "bubble_ink.h"
#include "diag.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All ink is mean darkness beyond the print, 0 to 1. */

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
#define WEAK_SHARE 0.4      /* or as many of its outlines hardly there. */
#define BLANK_DOUBTED 0.90  /* probability that it is blank all the same */

struct band {
    double low, high; /* excess darkness */
    double usual;     /* the page's usual mark; 0: none seen */
    double smear;     /* ink that makes a blank field doubtful, where it stands alone */
};

struct bubble_state {
    double p;    /* that it was meant */
    bool marked; /* p > 1/2 */
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* For pages with few single choices: median and spread of the paler half of all bubbles, which is
 * as good as all empty (a quarter of a sheet's bubbles is marked, seldom more). */
static double limit_from_paler_half(const struct bubble_ink *b, int n, double *scratch)
{
    for (int i = 0; i < n; i++)
        scratch[i] = b[i].ink;
    qsort(scratch, (size_t)n, sizeof(*scratch), by_value);
    int half = n / 2 > 0 ? n / 2 : 1;
    double median = scratch[half / 2], upper = scratch[half - 1];
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
    qsort(scratch, (size_t)m, sizeof(*scratch), by_value);
    double most = scratch[(int)(SECONDS_QUANTILE * (m - 1))], median = scratch[m / 2];
    double dirt = scratch[(int)(SMEAR_QUANTILE * (m - 1))];
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
    qsort(scratch, (size_t)m, sizeof(*scratch), by_value);
    return scratch[m / 2];
}

static struct band find_band(const struct bubble_ink *b, int n, double *scratch)
{
    struct band band = {.low = 0};
    band.low = empty_limit(b, n, scratch, &band.smear);
    int marks = 0, groups = 0;
    band.usual = usual_mark(b, n, fmin(band.low, LOW_MAX), scratch, &marks, &groups);
    if (marks >=
        FEW_MARKS) /* doubles on half a page must not pass for what its empty bubbles show */
        band.low = fmax(EMPTY_FLOOR, fmin(band.low, EMPTY_SHARE * band.usual));
    band.high = fmax(band.low * BAND_MIN, MARK_SHARE * band.usual);
    if (marks < FEW_MARKS || marks < FEW_SHARE * groups)
        band.high = fmax(band.high, FEW_SURE);
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
 * is no sure mark. */
static void judge_bubble(const struct band *band, const struct bubble_ink *b,
                         struct bubble_state *ret)
{
    ret->p = mark_probability(band, b->ink);
    if (ret->p > 0.5 && b->core < RIM_SHARE * b->excess)
        ret->p = fmin(ret->p, 0.7);
    /* So is a streak that goes on at both sides of it. */
    if (ret->p > 0.5 && b->through > THROUGH_SHARE * fmax(b->excess, b->stroke))
        ret->p = fmin(ret->p, 0.7);
    ret->marked = ret->p > 0.5;
}

/* One choice among bubbles of which only one may be marked: residue of an eraser beside a full mark
 * is no second mark. Residue is pale all over; a thin dark line is a pen's. */
static void forgive_residue(const struct bubble_ink *b, struct bubble_state *s, int n)
{
    int top = 0;
    for (int i = 1; i < n; i++)
        if (b[i].ink > b[top].ink)
            top = i;
    if (s[top].p < EDGE_CERTAINTY)
        return;
    for (int i = 0; i < n; i++) {
        bool pale = b[i].peak < ERASED_DARKNESS * b[top].peak;
        if (i == top || !pale || s[i].p >= EDGE_CERTAINTY || b[i].ink >= ERASED_SHARE * b[top].ink)
            continue;
        double doubt = b[i].ink / b[top].ink / ERASED_SHARE; /* 0 to 1 */
        s[i].p = fmin(s[i].p, 0.009 * doubt * doubt);
        s[i].marked = false;
    }
}

/* Where print and marks cannot be told apart nothing is sure. An unmarked bubble without its
 * outline is covered, cut off, or read in the wrong place; so are the bubbles where many outlines
 * are weak. */
static bool print_is_missing(const struct bubble_ink *b, const struct bubble_state *s, int n)
{
    int empty = 0, weak = 0;
    for (int i = 0; i < n; i++) {
        if (b[i].unknown)
            return true;
        if (s[i].marked)
            continue;
        if (b[i].missing)
            return true;
        empty++;
        weak += b[i].weak;
    }
    return weak > 1 && weak > WEAK_SHARE * empty;
}

/* What looks blank but is not quite: one bubble stands out from the others though it is pale, or
 * something is drawn around one. */
static bool blank_is_doubtful(const struct band *band, const struct bubble_ink *b, int n)
{
    double first = 0, second = 0, halo = 0;
    for (int i = 0; i < n; i++) {
        second = b[i].ink > first ? first : fmax(second, b[i].ink);
        first = fmax(first, b[i].ink);
        halo = fmax(halo, b[i].halo);
    }
    if (b[0].field->kind != FIELD_CHOICE)
        return false;
    if (first > band->smear && first > SMEAR_ALONE * second)
        return true;
    return halo > HALO_MIN;
}

/* A choice's bubbles, or those of one column of a grid. */
struct group_reading {
    int marked[64]; /* indexes of the bubbles marked, option order */
    int n_marked;
    double confidence;
};

static void read_group(const struct band *band, const struct bubble_ink *b, struct bubble_state *s,
                       int n, int max_marks, struct group_reading *ret)
{
    if (max_marks == 1)
        forgive_residue(b, s, n);
    *ret = (struct group_reading){.confidence = 1};
    for (int i = 0; i < n; i++) {
        ret->confidence *= s[i].marked ? s[i].p : 1 - s[i].p;
        if (s[i].marked && ret->n_marked < 64)
            ret->marked[ret->n_marked++] = i;
    }
    if (print_is_missing(b, s, n))
        ret->confidence = fmin(ret->confidence, BLANK_DOUBTED);
    if (ret->n_marked == 0 && blank_is_doubtful(band, b, n))
        ret->confidence = fmin(ret->confidence, BLANK_DOUBTED);
}

static const char *option_name(const struct bubble_ink *b, int i)
{
    return b[i].field->options[b[i].bubble->option];
}

/* ---- values ---- */

struct text {
    char bytes[512];
    size_t length;
};

static void text_add(struct text *t, const char *more)
{
    size_t n = strlen(more);
    if (t->length + n < sizeof(t->bytes)) {
        memcpy(t->bytes + t->length, more, n);
        t->length += n;
        t->bytes[t->length] = '\0';
    }
}

static void read_choice(const struct field *f, const struct band *band, const struct bubble_ink *b,
                        struct bubble_state *s, double min_confidence, struct text *value,
                        struct reading *r)
{
    struct group_reading g;
    read_group(band, b, s, f->n_bubbles, f->max_marks, &g);
    for (int i = 0; i < g.n_marked; i++)
        text_add(value, option_name(b, g.marked[i]));
    r->confidence = g.confidence;
    if (g.confidence < min_confidence)
        r->status = READING_UNCERTAIN;
    else if (g.n_marked > f->max_marks)
        r->status = READING_MULTIPLE;
    else
        r->status = g.n_marked ? READING_OK : READING_BLANK;
}

static void add_column(const struct bubble_ink *b, const struct group_reading *g, bool sure,
                       struct text *value)
{
    if (!sure) {
        text_add(value, "?");
        return;
    }
    if (g->n_marked > 1)
        text_add(value, "[");
    for (int i = 0; i < g->n_marked; i++) {
        text_add(value, i ? "|" : "");
        text_add(value, option_name(b, g->marked[i]));
    }
    if (g->n_marked > 1)
        text_add(value, "]");
}

/* A column that is not sure reads '?'; one with several marks reads [0|5]. */
static void read_grid(const struct field *f, const struct band *band, const struct bubble_ink *b,
                      struct bubble_state *s, double min_confidence, struct text *value,
                      struct reading *r)
{
    int doubtful = 0, several = 0, blank = 0, gaps = 0, pending_spaces = 0, columns = 0;
    r->confidence = 1;
    for (int i = 0; i < f->n_bubbles; columns++) {
        int n = bubble_group_length(b + i, f->n_bubbles - i);
        struct group_reading g;
        read_group(band, b + i, s + i, n, 1, &g);
        bool sure = g.confidence >= min_confidence;
        r->confidence *= g.confidence;
        doubtful += !sure;
        several += sure && g.n_marked > 1;
        if (sure && g.n_marked == 0) {
            blank++;
            pending_spaces++;
            if (f->blank == BLANK_DOUBT)
                text_add(value, "?");
        } else {
            /* A hole inside a number is no shorter number: "1_5" is not 15. */
            gaps += f->blank == BLANK_SKIP && value->length > 0 ? pending_spaces : 0;
            for (; f->blank != BLANK_DOUBT && value->length > 0 && pending_spaces > 0;
                 pending_spaces--)
                text_add(value, f->blank == BLANK_SPACE ? " " : "?");
            pending_spaces = 0;
            add_column(b + i, &g, sure, value);
        }
        i += n;
    }
    if (blank == columns) {
        value->length = 0;
        value->bytes[0] = '\0';
        r->status = READING_BLANK;
    } else if (doubtful > 0 || gaps > 0 || (blank > 0 && f->blank == BLANK_DOUBT)) {
        r->status = READING_UNCERTAIN;
        r->confidence = fmin(r->confidence, 0.5);
    } else {
        r->status = several ? READING_MULTIPLE : READING_OK;
    }
}

/* ---- evidence ---- */

/* {"low":30,"high":95,"ink":[612,3,...],"p":[1000,0,...]} in thousandths, bubbles in form order. */
static const char *write_evidence(const struct band *band, const struct bubble_ink *b,
                                  const struct bubble_state *s, int n, struct arena *arena)
{
    size_t size = 64 + (size_t)n * 12, at;
    char *text = arena_alloc(arena, size);
    if (!text)
        return NULL;
    at = (size_t)snprintf(text, size, "{\"low\":%ld,\"high\":%ld,\"ink\":[",
                          lround(1000 * band->low), lround(1000 * band->high));
    for (int i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, size - at, i ? ",%ld" : "%ld", lround(1000 * b[i].ink));
    at += (size_t)snprintf(text + at, size - at, "],\"p\":[");
    for (int i = 0; i < n; i++)
        at += (size_t)snprintf(text + at, size - at, i ? ",%ld" : "%ld", lround(1000 * s[i].p));
    snprintf(text + at, size - at, "]}");
    return text;
}

static int read_field(const struct form *form, const struct field *f, const struct band *band,
                      const struct bubble_ink *b, struct bubble_state *states,
                      const struct omr_settings *settings, struct arena *arena, struct reading *r)
{
    struct text value = {.length = 0};
    *r = (struct reading){.field = (int)(f - form->fields)};
    for (int i = 0; i < f->n_bubbles; i++)
        judge_bubble(band, &b[i], &states[i]);
    if (f->kind == FIELD_GRID)
        read_grid(f, band, b, states, settings->min_confidence, &value, r);
    else
        read_choice(f, band, b, states, settings->min_confidence, &value, r);
    r->value = arena_strdup(arena, value.bytes);
    r->evidence = write_evidence(band, b, states, f->n_bubbles, arena);
    return r->value && r->evidence ? 0 : YJ_ENOMEM;
}

int omr_read_page(const struct form *form, int page, const struct image *img,
                  const struct page_map *map, const struct omr_settings *settings,
                  struct arena *arena, struct reading *readings, int *ret_n)
{
    struct bubble_ink *bubbles = NULL;
    int n = 0, count = 0;
    int e = bubble_ink_measure(form, page, img, map, arena, &bubbles, &n);
    if (e < 0)
        return e;
    double *scratch = arena_alloc(arena, (size_t)(n + 1) * sizeof(*scratch));
    struct bubble_state *states = arena_alloc(arena, (size_t)(n + 1) * sizeof(*states));
    if (!scratch || !states)
        return YJ_ENOMEM;
    struct band band = {0};
    if (n > 0)
        band = find_band(bubbles, n, scratch);
    for (int i = 0; i < n; i += bubbles[i].field->n_bubbles) {
        e = read_field(form, bubbles[i].field, &band, &bubbles[i], states, settings, arena,
                       &readings[count]);
        if (e < 0)
            return e;
        count++;
    }
    *ret_n = count;
    return 0;
}
