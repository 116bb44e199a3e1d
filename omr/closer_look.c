#include "closer_look.h"

#include "bubble_twin.h"
#include "closer_marks.h"
#include "diag.h"
#include "seen_marks.h"
#include "small_sort.h"

#include <math.h>
#include <stdlib.h>

#define GROUP_MOST 64
#define OPEN 1e-4 /* probability of a mark from which an empty one is doubted, ... */
#define INK 0.004 /* ... ink, ... */
#define SPECK 0.1 /* ... something small */

/* Beside its twins; darkness 0 to 1. */
#define USUAL_LEAST 0.03 /* on the best of prints: grain, JPEG */
#define USUAL_MOST 0.10  /* print that differs more tells nothing */
#define DOT_TIMES 1.7    /* so many times what the twins show is something, ... */
#define DOT_LEAST 0.11   /* ... if it is as much as this, ... */
#define DOT_ALONE                                                                                  \
    2.0                  /* ... and so many times what the rest of its group has: else it is the   \
                            scanner's */
#define CLEAN_TIMES 1.3  /* up to this it prints as they do */
#define DOT_NONE 0.04    /* less is nothing, whatever they show */
#define HAZE_MORE 0.01   /* more darkness than theirs inside: pale, but there */
#define RIM_MORE 0.01    /* more than theirs on the outline: drawn there */
#define HALO_LEAST 0.006 /* ink around it, where the second reader sees a mark, ... */
#define HALO_USUAL 4     /* ... or so many times what is usual on this page; ... */
#define HALO_MOST 0.03   /* ... where it sees none */
#define CIRCLE 0.3       /* probability, by its look, of a circle; without, beside a mark, ... */
#define CIRCLES 5        /* more of them on a page: somebody draws circles, and none is cleared */
#define AROUND_MOST 0.5  /* ... ink in fewer directions is the mark's own, or a neighbour's */
#define GAIN_LEAST 0.6   /* of the twins' print: the outline is there, however pale, ... */
#define GAIN_MOST 1.25   /* ... and nobody went over it */
#define TAKEN_FAINT 0.2  /* ink of the page's usual mark: less, taken for one, is looked at */
#define PRINT_FROM 5     /* on more of a page's blanks than this ... */
#define PRINT_SHARE 0.1  /* ... and this share of them it is how the print came out, and no pen */
#define SOMETHING 0.02   /* probability of a mark, at least, where there is something ... */
#define NOTHING 1e-5     /* ... and at most, where there is nothing */

/* The second reader saw it too: whether it is an answer has been said. */
static bool is_seen(const struct seen_bubble *s)
{
    double marks = 0;
    for (int k = LOOK_FILLED; k <= LOOK_STROKE; k++)
        marks += s->told ? s->looks[k] : 0;
    return marks > 0.5;
}

/* Something, but no mark: it was rubbed or struck out, or is dirt. */
static bool is_rubbed(const struct seen_bubble *s)
{
    return s->told && s->looks[LOOK_EMPTY] < 0.5;
}

/* Taken for a mark, by its look, that holds hardly any ink. */
static bool is_faintly_taken(const struct band *band, const struct bubble_ink *b,
                             const struct seen_bubble *s)
{
    return seen_is_mark(s) && s->told && b->ink < TAKEN_FAINT * band->usual;
}

/* The group holds no mark, or none of any ink. */
static bool is_blank(const struct band *band, const struct bubble_ink *b,
                     const struct seen_bubble *seen, int n)
{
    for (int i = 0; i < n; i++)
        if (seen_is_mark(&seen[i]) && !is_faintly_taken(band, &b[i], &seen[i]))
            return false;
    return true;
}

/* ---- is there anything ---- */

/* Beside a mark: doubted, or, where another answer is allowed, something all the same. */
static bool is_open(const struct bubble_ink *b, const struct seen_bubble *s)
{
    return !seen_is_mark(s) &&
           (s->p > OPEN || (!group_allows_one(b) && (s->told || b->ink > INK || b->speck > SPECK)));
}

static int choose(const struct band *band, const struct bubble_ink *b, int n,
                  const struct seen_bubble *seen, int *ret_which)
{
    int chosen = 0;
    for (int i = 0, length; i < n; i += length) {
        length = bubble_group_length(&b[i], n - i);
        bool blank = is_blank(band, &b[i], &seen[i], length);
        for (int k = i; k < i + length; k++)
            if (blank || is_open(&b[k], &seen[k]) || is_faintly_taken(band, &b[k], &seen[k]))
                ret_which[chosen++] = k;
    }
    return chosen;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* How much is there beyond the print, as so many times what its twins show. */
static double times_usual(const struct twin_rest *rest)
{
    return rest->known ? rest->dot / fmax(rest->usual, USUAL_LEAST) : 0;
}

/* The median of a group's but its most. */
static double rest_of_group(const struct twin_rest *rest, int n)
{
    double times[GROUP_MOST];
    n = n < GROUP_MOST ? n : GROUP_MOST;
    for (int i = 0; i < n; i++)
        times[i] = times_usual(&rest[i]);
    qsort(times, (size_t)n, sizeof(*times), by_value);
    return n > 1 ? times[(n - 1) / 2] : 0;
}

/* One group's bubbles that were looked at. */
struct looked_at {
    const struct bubble_ink *all, *own; /* the page's; the group's first */
    const int *which;
    const struct twin_rest *rest;
    int n;
    bool blank;        /* the group holds no mark */
    double usual_halo; /* of the page's bubbles */
    bool circles;      /* the page has many */
};

static bool is_circle(const struct seen_bubble *s)
{
    return s->told && s->looks[LOOK_CIRCLE] >= CIRCLE;
}

/* Nothing was drawn on the outline, nor around it. */
static bool is_clean_outside(const struct bubble_ink *b, const struct seen_bubble *s,
                             const struct twin_rest *rest, const struct looked_at *g)
{
    double most = is_seen(s) ? fmax(HALO_LEAST, HALO_USUAL * g->usual_halo) : HALO_MOST;
    bool marks_own = !g->blank && b->around < AROUND_MOST && !is_circle(s);
    return rest->rim < fmaxf(rest->usual_rim, 0) + RIM_MORE && (b->halo < most || marks_own);
}

static bool is_clean(const struct bubble_ink *b, const struct seen_bubble *s,
                     const struct twin_rest *rest, const struct looked_at *g)
{
    bool alike = times_usual(rest) < CLEAN_TIMES && rest->usual < USUAL_MOST;
    return rest->known && !(g->circles && is_circle(s)) && (alike || rest->dot < DOT_NONE) &&
           s->told && !b->missing && !b->unknown &&
           rest->haze < fmaxf(rest->usual_haze, 0) + HAZE_MORE && rest->gain > GAIN_LEAST &&
           rest->gain < GAIN_MOST && is_clean_outside(b, s, rest, g);
}

static bool is_something(const struct twin_rest *rest, double others)
{
    double times = times_usual(rest);
    return times > DOT_TIMES && times > DOT_ALONE * others && rest->dot > DOT_LEAST &&
           rest->usual < USUAL_MOST && !rest->coarse;
}

static void clear_clean(const struct looked_at *g, struct seen_bubble *seen)
{
    for (int k = 0; k < g->n; k++) {
        struct seen_bubble *s = &seen[g->which[k]];
        if (is_clean(&g->all[g->which[k]], s, &g->rest[k], g))
            s->p = fmin(s->p, NOTHING);
    }
}

/* Whether one that is taken for empty holds something; it is doubted then, if that is wanted. */
static bool find_something(const struct looked_at *g, bool doubt, struct seen_bubble *seen)
{
    double others = rest_of_group(g->rest, g->n);
    bool found = false;
    for (int k = 0; k < g->n; k++) {
        const struct bubble_ink *own = &g->all[g->which[k]];
        struct seen_bubble *s = &seen[g->which[k]];
        if (is_clean(own, s, &g->rest[k], g) || own->field->kind != FIELD_CHOICE || seen_is_mark(s))
            continue;
        if (is_seen(s) || (!g->blank && is_rubbed(s)) || !is_something(&g->rest[k], others))
            continue;
        found = true;
        if (doubt)
            s->p = fmax(s->p, SOMETHING);
    }
    return found;
}

static void judge(const struct looked_at *groups, int n, struct seen_bubble *seen)
{
    int blanks = 0, found = 0;
    for (int g = 0; g < n; g++)
        if (groups[g].blank) {
            blanks++;
            found += find_something(&groups[g], false, seen);
        }
    bool is_print = found > PRINT_FROM && found > PRINT_SHARE * blanks;
    for (int g = 0; g < n; g++) {
        if (groups[g].blank ? !is_print : groups[g].n > 0 && !group_allows_one(groups[g].own))
            find_something(&groups[g], true, seen);
        clear_clean(&groups[g], seen);
    }
}

static int count_circles(const struct seen_bubble *seen, int n)
{
    int circles = 0;
    for (int i = 0; i < n; i++)
        circles += is_circle(&seen[i]);
    return circles;
}

static double median_halo(const struct bubble_ink *b, int n, double *scratch)
{
    for (int i = 0; i < n; i++)
        scratch[i] = b[i].halo;
    return n > 0 ? kth_of(scratch, n, n / 2) : 0;
}

static int look_for_anything(const struct image *img, const struct page_map *map,
                             const struct band *band, const struct bubble_ink *b, int n,
                             struct arena *arena, struct seen_bubble *seen)
{
    int *which = arena_alloc(arena, (size_t)(n + 1) * sizeof(*which));
    bool *empty = arena_alloc(arena, (size_t)(n + 1) * sizeof(*empty));
    struct twin_rest *rest = arena_alloc(arena, (size_t)(n + 1) * sizeof(*rest));
    struct looked_at *groups = arena_alloc(arena, (size_t)(n + 1) * sizeof(*groups));
    double *halos = arena_alloc(arena, (size_t)(n + 1) * sizeof(*halos));
    if (!which || !empty || !rest || !groups || !halos)
        return YJ_ENOMEM;
    double usual_halo = median_halo(b, n, halos);
    int circles = count_circles(seen, n);
    for (int i = 0; i < n; i++)
        empty[i] = !seen_is_mark(&seen[i]);
    int chosen = choose(band, b, n, seen, which), n_groups = 0;
    int e = bubble_twin_compare(img, map, b, empty, n, which, chosen, arena, rest);
    for (int i = 0, k = 0, length; i < n && e == 0; i += length) {
        int first = k;
        length = bubble_group_length(&b[i], n - i);
        while (k < chosen && which[k] < i + length)
            k++;
        groups[n_groups++] = (struct looked_at){.all = b,
                                                .own = &b[i],
                                                .which = &which[first],
                                                .rest = &rest[first],
                                                .n = k - first,
                                                .blank = is_blank(band, &b[i], &seen[i], length),
                                                .usual_halo = usual_halo,
                                                .circles = circles > CIRCLES};
    }
    if (e == 0)
        judge(groups, n_groups, seen);
    return e;
}

int closer_look(const struct image *img, const struct page_map *map, const struct band *band,
                const struct bubble_ink *b, int n, struct arena *arena, struct seen_bubble *seen)
{
    closer_look_at_marks(band, b, n, seen);
    return look_for_anything(img, map, band, b, n, arena, seen);
}
