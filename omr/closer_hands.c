#include "closer_hands.h"

#include "diag.h"
#include "hand_look.h"
#include "seen_marks.h"

#include <math.h>
#include <stdlib.h>

/* What is looked at. No mark: probability of one, or share of the page's usual ink; beside the one
 * mark that is allowed, what is held so probable that a person would be asked. A mark alone,
 * and one of several where they are allowed: less ink than the usual, the latter than the darkest
 * other's, too; or more, for it may be struck out. */
#define OPEN 1e-3
#define OPEN_BESIDE 0.01
#define LEAST 0.4
#define PALE 0.75
#define PALER 0.95
#define DARKER 1.5

/* Log odds, by the third reader, below which one of several marks is doubted: of who marks evenly,
 * ... */
#define MEANT_EVENLY 1.0
#define EVEN 0.8           /* his palest hold so much of the usual ink */
#define MEANT_UNEVENLY 3.5 /* ... and of who does not; */
#define MEANT_PLAINLY 7.5  /* ... from which it was meant, whatever else is held against it; */
#define MEANT_ALONE 4.0    /* ... below which a pale mark alone is doubted, ... */
#define UNMEANT_MOST 3.0   /* ... and above which what is taken for none. */
#define DOUBTED 0.98       /* probability, at most, that a doubted mark was meant, ... */
#define SOMETHING 0.02     /* ... at least, of what was not taken for one, ... */
#define PLAINLY 0.9999     /* ... and of one that was plainly meant */

/* Log odds below which what stands beside the one mark that is allowed was not meant, whatever
 * speaks for it: where it holds no more ink than empty bubbles may, and of anything. Where several
 * are allowed it may be an answer that looks like no other of this pupil's: a dot. */
#define UNMEANT_PALE (-4.0)
#define UNMEANT_PLAINLY (-6.0)

/* Ink of the darkest of a group but one. */
static double darkest_other(const struct bubble_ink *b, int n, int self)
{
    double most = 0;
    for (int i = 0; i < n; i++)
        most = i == self ? most : fmax(most, b[i].ink);
    return most;
}

/* Whether bubble i of a group with so many marks is asked for. */
static bool is_open(const struct band *band, const struct bubble_ink *b, int n, int i, int marks,
                    const struct seen_bubble *seen)
{
    double ink = b[i].ink / band->usual;
    if (!seen_is_mark(&seen[i])) {
        bool beside_the_one = marks == 1 && group_allows_one(b);
        return b->field->kind == FIELD_CHOICE &&
               (beside_the_one ? seen[i].p > OPEN_BESIDE : seen[i].p > OPEN || ink > LEAST);
    }
    if (marks == 1)
        return ink < PALE;
    return group_allows_one(b) || ink > DARKER ||
           (ink < PALER && b[i].ink < PALER * darkest_other(b, n, i));
}

static void settle_none(struct seen_bubble *s, bool pale, bool beside_the_one)
{
    double odds = (double)s->hand;
    if (odds > UNMEANT_MOST)
        s->p = fmax(s->p, SOMETHING * s->answer);
    else if (beside_the_one && odds < (pale ? UNMEANT_PALE : UNMEANT_PLAINLY))
        s->p = fmin(s->p, 1 - PLAINLY);
}

static void settle_mark(struct seen_bubble *s, bool several, double least)
{
    double odds = (double)s->hand;
    if (odds < (several ? least : MEANT_ALONE))
        s->p = fmin(s->p, DOUBTED);
    else if (several && odds > MEANT_PLAINLY)
        s->p = fmax(s->p, PLAINLY * s->answer);
}

static void settle_group(const struct band *band, const struct bubble_ink *b,
                         struct seen_bubble *seen, int n, double evenness)
{
    int marks = seen_count_marks(seen, n);
    double least = evenness < EVEN ? MEANT_UNEVENLY : MEANT_EVENLY;
    for (int i = 0; i < n; i++) {
        bool pale = b[i].ink < band->low;
        if (seen[i].compared && seen_is_mark(&seen[i]))
            settle_mark(&seen[i], marks > 1, least);
        else if (seen[i].compared)
            settle_none(&seen[i], pale, marks == 1 && group_allows_one(b));
    }
}

int closer_look_at_hands(const struct image *img, const struct page_map *map,
                         const struct band *band, const struct bubble_ink *b, int n,
                         struct look_reader *reader, struct arena *arena, struct seen_bubble *seen)
{
    int *which = arena_alloc(arena, (size_t)(n + 1) * sizeof(*which)), chosen = 0;
    if (!which)
        return YJ_ENOMEM;
    if (band->usual <= 0) /* no mark to compare with */
        return 0;
    for (int i = 0, length; i < n; i += length) {
        length = bubble_group_length(&b[i], n - i);
        int marks = seen_count_marks(&seen[i], length);
        for (int k = 0; k < length; k++)
            if (is_open(band, &b[i], length, k, marks, &seen[i]))
                which[chosen++] = i + k;
    }
    if (chosen == 0)
        return 0;
    struct hand_picture *pictures = arena_alloc(arena, (size_t)chosen * sizeof(*pictures));
    float *odds = arena_alloc(arena, (size_t)chosen * sizeof(*odds));
    if (!pictures || !odds)
        return YJ_ENOMEM;
    double evenness;
    int e =
        hand_take_pictures(img, map, band, b, seen, n, which, chosen, arena, pictures, &evenness);
    if (e == 0)
        e = hand_read(reader, pictures, chosen, odds);
    for (int k = 0; k < chosen && e == 0; k++) {
        seen[which[k]].hand = odds[k];
        seen[which[k]].compared = true;
    }
    for (int i = 0, length; i < n && e == 0; i += length) {
        length = bubble_group_length(&b[i], n - i);
        settle_group(band, &b[i], &seen[i], length, evenness);
    }
    return e;
}
