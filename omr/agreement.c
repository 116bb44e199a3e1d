#include "agreement.h"

#include "closer_hands.h"
#include "closer_look.h"
#include "diag.h"
#include "models/agreement.h"
#include "seen_marks.h"
#include "wide.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

/* Where the second reader is asked. */
#define PLAINLY 0.0005   /* probability, by ink, of a mark (or of none): it is not asked */
#define RIVAL_MARK 0.02  /* of another mark where one is allowed */
#define USUAL_SHARE 0.55 /* of the page's usual mark: less is looked at */
#define STRUCK_HALO 0.08 /* ink around a mark: it may be struck out, ... */
#define STRUCK_MORE 1.6  /* ... unless he marks so: over the median of his marks */
#define PALEST 10        /* one of ten of a page's marks is paler */
#define FEW_BLANKS 10    /* so many fields without ink are looked at bubble by bubble, ... */
#define DOT_SPECK 0.15   /* something small that its print has not: looked at, wherever it is */
#define DOT_USUAL 3      /* so many times what its group usually shows */
#define THIN_USUAL                                                                                 \
    0.2 /* ink: a page's marks are lines, not fills; each of them is looked at, ... */
#define THIN_INK 0.004  /* ... and whatever holds more than this */
#define BLANK_TOPS 2    /* ... of more only these that stand out most */
#define FAINT_PAGE 0.18 /* of those have something like a mark: look everywhere */
#define FAINT_FEW 12    /* fields that are taken to be empty besides */

_Static_assert(sizeof(agreement_hidden[0]) == WITNESSES * sizeof(float),
               "models/agreement.h weighs other witnesses: make it anew (models/README.md)");

#define ODDS_MAX 9.0    /* log odds: no single reader is surer, ... */
#define JOINED_MAX 12.0 /* ... nor are both */
#define LOG_MIN 1e-3    /* ink, where its logarithm is taken */

/* Where both readers say plainly the same there is no more to weigh. Empty: nothing small that its
 * print has not, nothing around it, no circle; ... */
#define EMPTY_SPECK 0.08
#define EMPTY_FAR_SPECK 0.03
#define EMPTY_SPECK_USUAL 0.6 /* log, over what its group usually shows */
#define GRID_LOOK 0.95        /* that it is empty, in a number */
#define GRID_INK 0.6
#define EMPTY_INK 0.22 /* of what empty bubbles of the page may show */
#define EMPTY_HALO 0.006
#define EMPTY_MARKED 0.5 /* that it is a mark, by its look: or the readers disagree */
#define EMPTY_FAINT 0.15 /* share of the page's fields without ink that look marked */
#define EMPTY_CIRCLE 0.05
#define PLAINLY_EMPTY 1e-5
/* ... a mark: filled as this pupil fills, neither rubbed nor struck out. */
#define FULL_CANCELLED 0.003
#define FULL_ROUGH 0.3 /* log, of its unevenness over that of the page's marks */
static const struct full_mark {
    double look, erased, ink; /* ink: of the page's usual mark */
} full_of_one = {0.998, 0.001, 0.80}, dark_of_one = {0.998, 0.0015, 0.90},
  full_of_several = {0.997, 0.0025, 0.68};
#define PLAINLY_FULL 0.99995
#define DISSENT_LOOK 0.4 /* that it is a mark, by its look: it is no sure blank, ... */
#define DISSENT 0.02     /* ... whatever the rest says */

/* ---- asking ---- */

static bool takes_every_look(const struct marking_culture *c)
{
    return c->fill == MEANS_ANSWER && c->tick == MEANS_ANSWER && c->cross == MEANS_ANSWER &&
           c->stroke == MEANS_ANSWER;
}

static bool is_blank(const struct seen_bubble *seen, int n)
{
    for (int i = 0; i < n; i++)
        if (seen[i].ink > 0.5)
            return false;
    return true;
}

static int count_blanks(const struct bubble_ink *b, int n, const struct seen_bubble *seen)
{
    int blanks = 0;
    for (int i = 0, length; i < n; i += length) {
        length = bubble_group_length(&b[i], n - i);
        blanks += is_blank(&seen[i], length);
    }
    return blanks;
}

/* How far a bubble without ink stands out: a dot on a letter is dark, but little. */
static double standing_out(const struct bubble_ink *b)
{
    return b->ink + 0.2 * (b->spot - b->usual_spot) + 0.1 * b->halo;
}

static void ask_blank(const struct bubble_ink *b, int n, int tops, struct seen_bubble *seen)
{
    for (int k = 0; k < tops && k < n; k++) {
        int top = -1;
        for (int i = 0; i < n; i++)
            if (!seen[i].asked && (top < 0 || standing_out(&b[i]) > standing_out(&b[top])))
                top = i;
        if (top >= 0)
            seen[top].asked = true;
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How this pupil marks, by the ink alone. */
struct manner {
    double struck; /* halo from which a mark may be struck out */
    double least;  /* ink of one of the palest marks; 0: no mark */
    double peak;   /* of the usual mark, its darkest ... */
    double solid;  /* ... and its palest part; */
    double rough;  /* its unevenness */
};

/* The `rank`th part of what the page's marks show: 2 the median. 0 where there are none. */
static double mark_quantile(const struct bubble_ink *b, int n, const struct seen_bubble *seen,
                            size_t offset, int rank, double *scratch)
{
    int marks = 0;
    for (int i = 0; i < n; i++)
        if (seen[i].ink > 0.5)
            scratch[marks++] = *(const double *)((const char *)&b[i] + offset);
    if (marks == 0)
        return 0;
    qsort(scratch, (size_t)marks, sizeof(*scratch), by_value);
    return scratch[marks / rank];
}

static struct manner find_manner(const struct bubble_ink *b, int n, const struct seen_bubble *seen,
                                 double *scratch)
{
#define OF_MARKS(what, rank)                                                                       \
    mark_quantile(b, n, seen, offsetof(struct bubble_ink, what), rank, scratch)
    return (struct manner){.struck = fmax(STRUCK_HALO, STRUCK_MORE * OF_MARKS(halo, 2)),
                           .least = OF_MARKS(ink, PALEST),
                           .peak = OF_MARKS(peak, 2),
                           .solid = OF_MARKS(solid, 2),
                           .rough = OF_MARKS(rough, 2)};
#undef OF_MARKS
}

struct asking {
    const struct band *band;
    const struct marking_culture *culture;
    const struct manner *manner;
    int tops; /* bubbles a field without ink */
};

/* Which of a group's bubbles hold something open. Of several answers each may be struck out. */
static void ask_open(const struct asking *a, const struct bubble_ink *b, int n,
                     struct seen_bubble *seen)
{
    int rivals = 0;
    for (int i = 0; i < n; i++)
        rivals += seen[i].ink > RIVAL_MARK;
    bool all = !group_allows_one(&b[0]) || rivals > 1 || !takes_every_look(a->culture);
    for (int i = 0; i < n; i++) {
        double p = seen[i].ink;
        bool thin = a->band->usual < THIN_USUAL;
        bool odd = p > 0.5 && (b[i].ink < USUAL_SHARE * a->band->usual ||
                               b[i].halo > a->manner->struck || thin);
        bool dot = (thin && b[i].ink > THIN_INK) ||
                   (b[i].speck > DOT_SPECK && b[i].speck > DOT_USUAL * b[i].usual_speck);
        seen[i].asked =
            (p > PLAINLY && p < 1 - PLAINLY) || odd || (p < 0.5 && dot) || (all && p > RIVAL_MARK);
    }
}

static void choose_asked(const struct asking *a, const struct bubble_ink *b, int n,
                         struct seen_bubble *seen)
{
    for (int i = 0, length; i < n; i += length) {
        length = bubble_group_length(&b[i], n - i);
        ask_open(a, &b[i], length, &seen[i]);
        if (is_blank(&seen[i], length))
            ask_blank(&b[i], length, a->tops < length ? a->tops : length, &seen[i]);
    }
}

static int ask(const struct image *img, const struct page_map *map, const struct bubble_ink *b,
               int n, struct look_reader *reader, struct arena *arena, struct seen_bubble *seen)
{
    int asked = 0;
    int *which = arena_alloc(arena, (size_t)(n + 1) * sizeof(*which));
    for (int i = 0; which && i < n; i++)
        if (seen[i].asked && !seen[i].told)
            which[asked++] = i;
    struct look_picture *pictures = arena_alloc(arena, (size_t)(asked + 1) * sizeof(*pictures));
    float(*looks)[LOOKS] = arena_alloc(arena, (size_t)(asked + 1) * sizeof(*looks));
    if (!which || !pictures || !looks)
        return YJ_ENOMEM;
    int e = look_take_pictures(img, map, b, n, which, asked, arena, pictures);
    if (e == 0)
        e = look_read(reader, pictures, asked, looks);
    for (int k = 0; k < asked && e == 0; k++) {
        seen[which[k]].told = true;
        for (int j = 0; j < LOOKS; j++)
            seen[which[k]].looks[j] = looks[k][j];
    }
    return e;
}

/* ---- weighing ---- */

static double within(double low, double x, double high)
{
    return fmax(low, fmin(high, x));
}

static double log_odds(double p)
{
    double l = log(fmax(p, 1e-9) / fmax(1 - p, 1e-9));
    return within(-ODDS_MAX, l, ODDS_MAX);
}

static double log_ratio(double a, double b)
{
    return within(-5, log(fmax(a, LOG_MIN) / fmax(b, LOG_MIN)), 5);
}

static double marked_share(const struct seen_bubble *s)
{
    double marks = 0;
    for (int k = LOOK_FILLED; k <= LOOK_STROKE; k++)
        marks += s->looks[k];
    return marks;
}

static void testify_alone(const struct band *band, const struct manner *manner,
                          const struct bubble_ink *b, struct seen_bubble *s)
{
    float *e = s->evidence;
    e[INK_ODDS] = (float)(log_odds(s->ink) / 3);
    e[INK_USUAL] = (float)log_ratio(b->ink, band->usual);
    e[INK_EMPTY] = (float)log_ratio(b->ink, band->low);
    e[EXCESS_EMPTY] = (float)log_ratio(b->excess, band->low);
    e[PEAK] = (float)(3 * b->peak);
    e[SPOT] = (float)(3 * b->spot);
    e[SPOT_USUAL] = (float)log_ratio(b->spot + 0.01, b->usual_spot + 0.01);
    e[CORE] = (float)within(0, b->core / (b->excess + 0.01), 3);
    e[HALO] = (float)within(0, 5 * b->halo, 3);
    e[THROUGH] = (float)within(0, 5 * b->through, 3);
    e[WEAK] = b->weak;
    e[ALLOWS_ONE] = group_allows_one(b);
    e[PAGE_EMPTY] = (float)log_ratio(band->low, 0.05);
    e[PAGE_USUAL] = (float)log_ratio(band->usual, 0.3);
    e[PAGE_LEAST] = (float)log_ratio(manner->least, band->usual);
    e[PEAK_USUAL] = (float)log_ratio(b->peak + 0.02, manner->peak + 0.02);
    e[SOLID_USUAL] = (float)log_ratio(b->solid + 0.02, manner->solid + 0.02);
    e[ROUGH_USUAL] = (float)log_ratio(b->rough + 0.02, manner->rough + 0.02);
    e[SOLID] = (float)(3 * b->solid);
    e[SPECK] = (float)(5 * b->speck);
    e[FAR_SPECK] = (float)(5 * b->far_speck);
    e[SPECK_USUAL] = (float)log_ratio(b->speck + 0.02, b->usual_speck + 0.02);
    e[PRINT_FIT] = (float)(3 * b->usual_spot);
    e[LOOK_ODDS] = (float)(log_odds(marked_share(s)) / 3);
    for (int k = 0; k < LOOKS; k++)
        e[LOOK_FIRST + k] = (float)(within(-9, log(s->looks[k]), 0) / 3);
}

/* ... and beside the darkest other of its group. */
static void testify_beside(const struct bubble_ink *b, struct seen_bubble *seen, int n, int self)
{
    float *e = seen[self].evidence;
    int rival = -1, rivals = 0;
    double peak = 0;
    for (int i = 0; i < n; i++) {
        if (i == self)
            continue;
        rival = rival < 0 || b[i].ink > b[rival].ink ? i : rival;
        rivals += seen[i].ink > RIVAL_MARK;
        peak = fmax(peak, b[i].peak);
    }
    e[RIVALS] = (float)fmin(rivals, 3);
    e[RIVAL_INK] = (float)log_ratio(b[self].ink + 0.005, (rival < 0 ? 0 : b[rival].ink) + 0.005);
    e[RIVAL_PEAK] = (float)log_ratio(b[self].peak + 0.01, peak + 0.01);
    bool asked = rival >= 0 && seen[rival].asked;
    e[RIVAL_ASKED] = asked;
    e[RIVAL_MARKED] = asked ? (float)(log_odds(marked_share(&seen[rival])) / 3) : 0;
    e[RIVAL_ERASED] = asked ? seen[rival].looks[LOOK_ERASED] : 0;
    e[RIVAL_CANCELLED] = asked ? seen[rival].looks[LOOK_CANCELLED] : 0;
}

/* Of the groups without ink, those in which something looks like a mark. */
static double faint_share(const struct bubble_ink *b, const struct seen_bubble *seen, int n)
{
    int blanks = 0, faint = 0;
    for (int i = 0, length; i < n; i += length) {
        length = bubble_group_length(&b[i], n - i);
        if (!is_blank(&seen[i], length))
            continue;
        bool mark = false;
        for (int k = i; k < i + length; k++)
            mark = mark || (seen[k].asked && marked_share(&seen[k]) > 0.5);
        blanks++;
        faint += mark;
    }
    return (double)faint / (blanks + FAINT_FEW);
}

/* agreement_hidden, witness by witness, so that no sum waits for its own last step. */
typedef float witness_weights[WITNESSES][AGREEMENT_HIDDEN];

static const witness_weights *weights_by_witness(void)
{
    static _Thread_local witness_weights weights;
    static _Thread_local bool made;
    for (int i = 0; i < WITNESSES && !made; i++)
        for (int h = 0; h < AGREEMENT_HIDDEN; h++)
            weights[i][h] = agreement_hidden[h][i];
    made = true;
    return (const witness_weights *)&weights;
}

/* Each sum in the order of the witnesses. */
WIDE static void add_witnesses(const witness_weights *restrict weights,
                               const float *restrict evidence, double *restrict sums)
{
    for (int i = 0; i < WITNESSES; i++)
        for (int h = 0; h < AGREEMENT_HIDDEN; h++)
            sums[h] += (double)((*weights)[i][h] * evidence[i]);
}

static double weigh(const float *evidence)
{
    double odds = agreement_output_bias, sums[AGREEMENT_HIDDEN];
    for (int h = 0; h < AGREEMENT_HIDDEN; h++)
        sums[h] = agreement_hidden_bias[h];
    add_witnesses(weights_by_witness(), evidence, sums);
    for (int h = 0; h < AGREEMENT_HIDDEN; h++)
        odds += agreement_output[h] * fmax(0, sums[h]);
    return 1 / (1 + exp(-within(-JOINED_MAX, odds, JOINED_MAX)));
}

static double meaning(enum mark_meaning m)
{
    return m == MEANS_ANSWER ? 1 : m == MEANS_DOUBT ? 0.5 : 0;
}

/* Of what is a mark, the share that the office takes for an answer. */
static double answer_share(const struct seen_bubble *s, const struct marking_culture *c)
{
    double marks = marked_share(s);
    double answers =
        s->looks[LOOK_FILLED] * meaning(c->fill) + s->looks[LOOK_TICK] * meaning(c->tick) +
        s->looks[LOOK_CROSS] * meaning(c->cross) + s->looks[LOOK_CIRCLE] * meaning(c->circle) +
        s->looks[LOOK_STROKE] * meaning(c->stroke);
    return marks > 0 ? answers / marks : 1;
}

static bool is_plainly_empty(const struct band *band, const struct bubble_ink *b,
                             const struct seen_bubble *s, double faint)
{
    if (faint > EMPTY_FAINT || b->weak || b->unknown || marked_share(s) > EMPTY_MARKED)
        return false;
    if (b->field->kind == FIELD_GRID) /* nobody dots a letter of his number and means it */
        return s->looks[LOOK_EMPTY] > GRID_LOOK && b->ink < GRID_INK * band->low;
    return b->speck < EMPTY_SPECK && b->far_speck < EMPTY_FAR_SPECK &&
           s->evidence[SPECK_USUAL] < EMPTY_SPECK_USUAL && b->ink < EMPTY_INK * band->low &&
           b->halo < EMPTY_HALO && s->looks[LOOK_CIRCLE] < EMPTY_CIRCLE;
}

/* Where nothing is marked, but the second reader sees something like a mark, the readers disagree.
 */
static void doubt_blank(struct seen_bubble *seen, int n, const struct marking_culture *culture)
{
    for (int i = 0; i < n; i++)
        if (seen[i].p > 0.5)
            return;
    for (int i = 0; i < n; i++)
        if (seen[i].told && marked_share(&seen[i]) * answer_share(&seen[i], culture) > DISSENT_LOOK)
            seen[i].p = fmax(seen[i].p, DISSENT);
}

static bool is_full(const struct full_mark *full, const struct band *band,
                    const struct bubble_ink *b, const struct seen_bubble *s)
{
    return s->looks[LOOK_FILLED] > full->look && s->looks[LOOK_ERASED] < full->erased &&
           b->ink > full->ink * band->usual;
}

static bool is_plainly_full(const struct band *band, const struct bubble_ink *b,
                            const struct seen_bubble *s)
{
    /* Of several answers none need have been rubbed out for another. */
    bool full = group_allows_one(b)
                    ? is_full(&full_of_one, band, b, s) || is_full(&dark_of_one, band, b, s)
                    : is_full(&full_of_several, band, b, s);
    return full && s->looks[LOOK_CANCELLED] < FULL_CANCELLED &&
           s->evidence[ROUGH_USUAL] < FULL_ROUGH && s->ink > 0.5;
}

int agreement_judge(const struct image *img, const struct page_map *map, const struct bubble_ink *b,
                    int n, const struct band *band, const struct marking_culture *culture,
                    struct look_reader *reader, struct arena *arena, struct seen_bubble *seen)
{
    double *by_ink = arena_alloc(arena, (size_t)(n + 1) * sizeof(*by_ink));
    if (!by_ink)
        return YJ_ENOMEM;
    ink_judge(band, b, n, by_ink);
    for (int i = 0; i < n; i++)
        seen[i] = (struct seen_bubble){.ink = by_ink[i], .p = by_ink[i], .answer = 1};
    if (!reader)
        return 0;
    struct manner manner = find_manner(b, n, seen, by_ink);
    struct asking a = {.band = band, .culture = culture, .manner = &manner};
    a.tops = count_blanks(b, n, seen) <= FEW_BLANKS ? n : BLANK_TOPS;
    choose_asked(&a, b, n, seen);
    int e = ask(img, map, b, n, reader, arena, seen);
    double faint = e == 0 ? faint_share(b, seen, n) : 0;
    if (faint > FAINT_PAGE) {
        for (int i = 0; i < n; i++)
            seen[i].asked = seen[i].asked || seen[i].ink < 0.5;
        e = ask(img, map, b, n, reader, arena, seen);
    }
    for (int i = 0, length; i < n && e == 0; i += length) {
        length = bubble_group_length(&b[i], n - i);
        for (int k = i; k < i + length; k++) {
            if (!seen[k].asked)
                continue;
            testify_alone(band, &manner, &b[k], &seen[k]);
            testify_beside(&b[i], &seen[i], length, k - i);
            seen[k].evidence[PAGE_FAINT] = (float)faint;
            double p = weigh(seen[k].evidence);
            if (is_plainly_empty(band, &b[k], &seen[k], faint))
                p = fmin(p, PLAINLY_EMPTY);
            else if (is_plainly_full(band, &b[k], &seen[k]))
                p = fmax(p, PLAINLY_FULL);
            seen[k].answer = answer_share(&seen[k], culture);
            seen[k].p = p * seen[k].answer;
        }
        doubt_blank(&seen[i], length, culture);
    }
    if (e == 0)
        e = closer_look(img, map, band, b, n, arena, seen);
    return e == 0 ? closer_look_at_hands(img, map, band, b, n, reader, arena, seen) : e;
}
