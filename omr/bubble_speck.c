/* Each bubble's picture, smoothed over three by three points, is held against the second darkest
 * that the group's other bubbles show at each point: how far it is beyond that where it is most.
 * The palest half of a group is as good as empty; the second darkest, since one of them may hold a
 * speck itself. And once more against the darkest of that within a point's reach: a letter that the
 * scanner saw a little bolder is no speck. */
#include "bubble_speck.h"

#include "diag.h"
#include "ink_grid.h"
#include "small_sort.h"
#include "wide.h"

#include <string.h>

#define DARKEST 3 /* kept of each point: its own, and two others' */
#define FEW 4     /* pale bubbles of a group: fewer show nothing */

struct group_view {
    const struct ink_mask *mask;
    double pale; /* mean darkness that its palest half stays under */
    int n_pale;
    uint8_t darkest[DARKEST][INK_POINTS]; /* of the pale ones, falling */
};

/* Means over the point and what of its eight neighbours the shape has. */
WIDE static void smooth(const struct ink_mask *m, const uint8_t *restrict from,
                        uint8_t *restrict to)
{
    uint8_t left[INK_POINTS], right[INK_POINTS];
    uint16_t rows[INK_POINTS + 2 * INK_GRID] = {0}, *own = rows + INK_GRID;
    for (int y = 0; y < INK_GRID; y++) {
        ink_row_put(left, y, ink_row_left(ink_row_at(from, y)));
        ink_row_put(right, y, ink_row_right(ink_row_at(from, y)));
    }
    for (int k = 0; k < INK_POINTS; k++)
        own[k] = (uint16_t)(left[k] + from[k] + right[k]);
    for (int k = 0; k < INK_POINTS; k++) {
        uint16_t sum = (uint16_t)(own[k - INK_GRID] + own[k] + own[k + INK_GRID]);
        to[k] = (uint8_t)(((uint32_t)sum * m->share[k]) >> 16);
    }
}

static void keep_darkest(uint8_t (*darkest)[INK_POINTS], const uint8_t *grid)
{
    for (int y = 0; y < INK_GRID; y++) {
        ink_row d = ink_row_at(grid, y);
        for (int k = 0; k < DARKEST; k++) {
            ink_row kept = ink_row_at(darkest[k], y);
            ink_row_put(darkest[k], y, ink_row_max(kept, d));
            d = ink_row_min(kept, d);
        }
    }
}

static void view_group(const struct bubble_ink *b, const int *members, int n,
                       const uint8_t *smoothed, double *scratch, struct group_view *v)
{
    int m = 0;
    v->n_pale = 0;
    memset(v->darkest, 0, sizeof v->darkest);
    for (int i = 0; i < n; i++)
        if (!b[members[i]].missing)
            scratch[m++] = b[members[i]].mean;
    if (m < FEW)
        return;
    v->pale = kth_of(scratch, m, m / 2);
    for (int i = 0; i < n; i++) {
        if (b[members[i]].missing || b[members[i]].mean > v->pale)
            continue;
        v->n_pale++;
        keep_darkest(v->darkest, smoothed + (size_t)members[i] * INK_POINTS);
    }
}

/* The second darkest of the others at each point; its own picture is one of the pale ones, or none.
 */
static void others_darkest(const struct group_view *v, const struct bubble_ink *b,
                           const uint8_t *smoothed, uint8_t *others)
{
    if (b->missing || b->mean > v->pale) {
        memcpy(others, v->darkest[1], INK_POINTS);
        return;
    }
    for (int y = 0; y < INK_GRID; y++) {
        ink_row second = ink_row_at(v->darkest[1], y), third = ink_row_at(v->darkest[2], y);
        ink_row among = (ink_row)(ink_row_at(smoothed, y) >= second);
        ink_row_put(others, y, (third & among) | (second & ~among));
    }
}

/* How far a is beyond b where it is most, within the shape. */
static double most_beyond(const struct ink_mask *mask, const uint8_t *a, const uint8_t *b)
{
    uint8_t more[INK_POINTS];
    ink_grid_less(a, b, more);
    int most = ink_grid_most(more);
    if (most > 0)
        return most / 255.0;
    for (int k = 0; k < INK_POINTS; k++) /* nowhere: how little it is below it */
        more[k] = mask->inside[k] & (uint8_t)(255 - (b[k] - a[k]));
    return (ink_grid_most(more) - 255) / 255.0;
}

WIDE static void measure_bubble(const struct group_view *v, const uint8_t *smoothed,
                                struct bubble_ink *b)
{
    uint8_t others[INK_POINTS], reached[INK_POINTS];
    if (v->n_pale < FEW) {
        b->speck = b->spot;
        b->far_speck = b->spot;
        return;
    }
    others_darkest(v, b, smoothed, others);
    ink_grid_spread(others, reached);
    b->speck = most_beyond(v->mask, smoothed, others);
    b->far_speck = most_beyond(v->mask, smoothed, reached);
}

static void measure_group(struct bubble_ink *b, const int *members, int n, const uint8_t *smoothed,
                          double *scratch, struct group_view *v)
{
    view_group(b, members, n, smoothed, scratch, v);
    for (int i = 0; i < n; i++) {
        measure_bubble(v, smoothed + (size_t)members[i] * INK_POINTS, &b[members[i]]);
        scratch[i] = b[members[i]].speck;
    }
    double usual = kth_of(scratch, n, n / 2);
    for (int i = 0; i < n; i++)
        b[members[i]].usual_speck = usual;
}

int bubble_speck_measure(const struct ink_mask *masks, const struct page_prints *prints,
                         struct bubble_ink *b, int n, struct arena *arena)
{
    struct group_view v;
    uint8_t *smoothed = arena_alloc(arena, (size_t)n * INK_POINTS);
    double *scratch = arena_alloc(arena, (size_t)(n + 1) * sizeof(*scratch));
    if (!smoothed || !scratch)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++)
        smooth(&masks[b[i].field->shape], b[i].darkness, smoothed + (size_t)i * INK_POINTS);
    for (int g = 0; g < prints->n; g++) {
        const struct print *p = &prints->list[g];
        v.mask = &masks[p->field->shape]; /* a group has one shape */
        measure_group(b, prints->members + p->first, p->n, smoothed, scratch, &v);
    }
    return 0;
}
