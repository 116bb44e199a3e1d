#include "closer_marks.h"

#include "seen_marks.h"

#include <math.h>

/* Two marks where one is allowed. One is unlike the darkest other if it holds less than this share
 * of its ink, ... */
#define ALIKE 0.93
#define OWN_LEAST 1.0  /* ... and less than one of the palest of this page's marks */
#define UNALIKE 0.98   /* probability, at most, that it is a mark as well, ... */
#define PLAINLY 0.9999 /* ... unless both readers call it plainly full */

/* So many questions of a page with two marks where one is allowed: he rubs out, and it stays to be
 * seen; with more than the most he means it. */
#define TWOFOLD 3
#define TWOFOLD_MOST 8

/* One of several where several are allowed is doubted if it is filled, but far paler than the
 * palest of this page's marks and than the darkest of its own field, ... */
#define UNEVEN_SHARE 0.80
#define UNEVEN_ALIKE 0.75
/* ... or less far, but paler than every mark that stands alone, ... */
#define PALEST_SHARE 0.90
#define PALEST_ALONE 0.95
#define FULLY 0.998 /* ... unless it looks full beyond doubt, ... */
#define FILLS 0.2   /* ... or the page's marks hold so little ink that they are lines, which vary */
#define UNEVEN 0.98

/* A mark by itself is doubted where this pupil marks evenly, his palest with LONE_EVEN of the usual
 * ink or more, if it holds less than this share; ... */
#define LONE_EVEN 0.8
#define LONE_SHARE 0.42
#define LONE_HALF 0.55 /* ... or less than this, while hardly any lies beside the bubble ... */
#define LONE_HALO 0.03
#define LONE_FULL 0.995 /* ... and it looks less surely filled */
#define LONE 0.98

/* What holds this share of the ink of the one mark beside it is something, unless it is as good as
 * certain (probability) that it is nothing. */
#define BESIDE_SHARE 0.25
#define BESIDE_OPEN 0.005
#define BESIDE 0.02 /* probability, at least, that it is a mark */

static double log_least(const struct seen_bubble *s)
{
    return s->evidence[PAGE_LEAST]; /* over the page's usual mark */
}

static bool is_unlike(const struct bubble_ink *b, const struct seen_bubble *s,
                      const struct bubble_ink *darkest)
{
    return s->asked && b->ink < ALIKE * darkest->ink &&
           s->evidence[INK_USUAL] < log_least(s) + log(OWN_LEAST);
}

static void doubt_unlike(const struct bubble_ink *b, int n, struct seen_bubble *seen)
{
    int darkest = -1;
    for (int i = 0; i < n; i++)
        if (seen_is_mark(&seen[i]) && (darkest < 0 || b[i].ink > b[darkest].ink))
            darkest = i;
    for (int i = 0; i < n; i++)
        if (seen_is_mark(&seen[i]) && i != darkest && seen[i].p < PLAINLY &&
            is_unlike(&b[i], &seen[i], &b[darkest]))
            seen[i].p = fmin(seen[i].p, UNALIKE);
}

/* Ink of the palest mark that stands alone in its group; 0: there is none. */
static double palest_alone(const struct bubble_ink *b, int n, const struct seen_bubble *seen)
{
    double palest = 0;
    for (int i = 0, length; i < n; i += length) {
        length = bubble_group_length(&b[i], n - i);
        if (seen_count_marks(&seen[i], length) != 1)
            continue;
        for (int k = i; k < i + length; k++)
            if (seen_is_mark(&seen[k]) && (palest == 0 || b[k].ink < palest))
                palest = b[k].ink;
    }
    return palest;
}

static bool is_half_filled(const struct seen_bubble *s)
{
    for (int k = 0; k < LOOKS; k++)
        if (s->told && s->looks[k] > s->looks[LOOK_FILLED])
            return false;
    return s->told && s->looks[LOOK_FILLED] < FULLY;
}

static bool is_uneven(const struct bubble_ink *b, const struct seen_bubble *s, double darkest,
                      double alone)
{
    double of_least = exp((double)s->evidence[INK_USUAL] - log_least(s));
    return (of_least < UNEVEN_SHARE && b->ink < UNEVEN_ALIKE * darkest) ||
           (of_least < PALEST_SHARE && b->ink < PALEST_ALONE * alone);
}

/* Of several marks where several are allowed: one that an eraser passed over. */
static void doubt_uneven(const struct bubble_ink *b, int n, double alone, struct seen_bubble *seen)
{
    double darkest = 0;
    for (int i = 0; i < n; i++)
        darkest = seen_is_mark(&seen[i]) ? fmax(darkest, b[i].ink) : darkest;
    for (int i = 0; i < n; i++)
        if (seen_is_mark(&seen[i]) && is_half_filled(&seen[i]) &&
            is_uneven(&b[i], &seen[i], darkest, alone))
            seen[i].p = fmin(seen[i].p, UNEVEN);
}

static void doubt_lone(const struct bubble_ink *b, int n, struct seen_bubble *seen)
{
    for (int i = 0; i < n; i++) {
        bool half = seen[i].looks[LOOK_FILLED] < LONE_FULL && b[i].halo < LONE_HALO;
        double share = half ? LONE_HALF : LONE_SHARE;
        if (seen_is_mark(&seen[i]) && seen[i].asked && log_least(&seen[i]) > log(LONE_EVEN) &&
            seen[i].evidence[INK_USUAL] < log(share))
            seen[i].p = fmin(seen[i].p, LONE);
    }
}

static void doubt_beside(const struct bubble_ink *b, int n, struct seen_bubble *seen)
{
    double mark = 0;
    for (int i = 0; i < n; i++)
        mark = seen_is_mark(&seen[i]) ? b[i].ink : mark;
    for (int i = 0; i < n; i++)
        if (!seen_is_mark(&seen[i]) && seen[i].p > BESIDE_OPEN && b[i].ink > BESIDE_SHARE * mark)
            seen[i].p = fmax(seen[i].p, BESIDE * seen[i].answer);
}

static void compare_marks(const struct band *band, const struct bubble_ink *b, int n, double alone,
                          struct seen_bubble *seen)
{
    int marks = seen_count_marks(seen, n);
    bool one = group_allows_one(&b[0]);
    if (marks == 1) {
        doubt_lone(b, n, seen);
        if (b->field->kind == FIELD_CHOICE)
            doubt_beside(b, n, seen);
    } else if (marks > 1 && one)
        doubt_unlike(b, n, seen);
    else if (marks > 1 && band->usual > FILLS)
        doubt_uneven(b, n, alone, seen);
}

static void doubt_palest(const struct bubble_ink *b, int n, struct seen_bubble *seen)
{
    int palest = -1;
    for (int i = 0; i < n; i++)
        if (seen_is_mark(&seen[i]) && (palest < 0 || b[i].ink < b[palest].ink))
            palest = i;
    seen[palest].p = fmin(seen[palest].p, UNALIKE);
}

static bool is_twofold(const struct bubble_ink *b, const struct seen_bubble *seen, int n)
{
    return b->field->kind == FIELD_CHOICE && group_allows_one(b) && seen_count_marks(seen, n) > 1;
}

static void doubt_twofold(const struct bubble_ink *b, int n, struct seen_bubble *seen)
{
    int twofold = 0;
    for (int i = 0, length; i < n; i += length) {
        length = bubble_group_length(&b[i], n - i);
        twofold += is_twofold(&b[i], &seen[i], length);
    }
    if (twofold < TWOFOLD || twofold > TWOFOLD_MOST)
        return;
    for (int i = 0, length; i < n; i += length) {
        length = bubble_group_length(&b[i], n - i);
        if (is_twofold(&b[i], &seen[i], length))
            doubt_palest(&b[i], length, &seen[i]);
    }
}

void closer_look_at_marks(const struct band *band, const struct bubble_ink *b, int n,
                          struct seen_bubble *seen)
{
    double alone = palest_alone(b, n, seen);
    for (int i = 0, length; i < n; i += length) {
        length = bubble_group_length(&b[i], n - i);
        compare_marks(band, &b[i], length, alone, &seen[i]);
    }
    doubt_twofold(b, n, seen);
}
