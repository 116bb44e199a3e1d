/* Each bubble's picture, smoothed over three by three points, is held against the second darkest
 * that the group's other bubbles show at each point: how far it is beyond that where it is most.
 * The palest half of a group is as good as empty; the second darkest, since one of them may hold a
 * speck itself. And once more against the darkest of that within a point's reach: a letter that the
 * scanner saw a little bolder is no speck. */
#include "bubble_speck.h"

#include "diag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DARKEST 3 /* kept of each point: its own, and two others' */
#define FEW 4     /* pale bubbles of a group: fewer show nothing */

struct group_view {
    const struct ink_mask *mask;
    double pale; /* mean darkness that its palest half stays under */
    int n_pale;
    uint8_t darkest[INK_POINTS][DARKEST]; /* of the pale ones, falling */
};

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Means over the point and what of its eight neighbours the shape has. */
static void smooth(const struct ink_mask *m, const uint8_t *from, uint8_t *to)
{
    for (int k = 0; k < m->n; k++) {
        int sum = 0;
        for (int i = 0; i < m->n_near[k]; i++)
            sum += from[m->near[k][i]];
        to[k] = (uint8_t)(sum / m->n_near[k]);
    }
}

static void keep_darkest(uint8_t *darkest, uint8_t d)
{
    for (int k = 0; k < DARKEST; k++)
        if (d > darkest[k]) {
            uint8_t next = darkest[k];
            darkest[k] = d;
            d = next;
        }
}

static void view_group(const struct bubble_ink *b, int n, int group, const uint8_t *smoothed,
                       double *scratch, struct group_view *v)
{
    int m = 0;
    v->n_pale = 0;
    memset(v->darkest, 0, sizeof v->darkest);
    for (int i = 0; i < n; i++)
        if (b[i].group == group && !b[i].missing)
            scratch[m++] = b[i].mean;
    if (m < FEW)
        return;
    qsort(scratch, (size_t)m, sizeof(*scratch), by_value);
    v->pale = scratch[m / 2];
    for (int i = 0; i < n; i++) {
        if (b[i].group != group || b[i].missing || b[i].mean > v->pale)
            continue;
        v->n_pale++;
        for (int k = 0; k < b[i].n_points; k++)
            keep_darkest(v->darkest[k], smoothed[(size_t)i * INK_POINTS + (size_t)k]);
    }
}

/* The second darkest of the others at each point; its own picture is one of the pale ones, or none.
 */
static void others_darkest(const struct group_view *v, const struct bubble_ink *b,
                           const uint8_t *smoothed, uint8_t *others)
{
    bool own = !b->missing && b->mean <= v->pale;
    for (int k = 0; k < b->n_points; k++) {
        bool among = own && smoothed[k] >= v->darkest[k][1];
        others[k] = v->darkest[k][among ? 2 : 1];
    }
}

static double most_beyond(const uint8_t *a, const uint8_t *b, int n)
{
    int most = -255;
    for (int k = 0; k < n; k++)
        most = a[k] - b[k] > most ? a[k] - b[k] : most;
    return most / 255.0;
}

/* The darkest of each point and its neighbours. */
static void darken(const struct ink_mask *m, const uint8_t *from, uint8_t *to)
{
    for (int k = 0; k < m->n; k++) {
        to[k] = 0;
        for (int i = 0; i < m->n_near[k]; i++)
            to[k] = from[m->near[k][i]] > to[k] ? from[m->near[k][i]] : to[k];
    }
}

static void measure_bubble(const struct group_view *v, const uint8_t *smoothed,
                           struct bubble_ink *b)
{
    uint8_t others[INK_POINTS], reached[INK_POINTS];
    if (v->n_pale < FEW) {
        b->speck = b->spot;
        b->far_speck = b->spot;
        return;
    }
    others_darkest(v, b, smoothed, others);
    darken(v->mask, others, reached);
    b->speck = most_beyond(smoothed, others, b->n_points);
    b->far_speck = most_beyond(smoothed, reached, b->n_points);
}

static void measure_group(struct bubble_ink *b, int n, int group, const uint8_t *smoothed,
                          double *scratch, struct group_view *v)
{
    int m = 0;
    view_group(b, n, group, smoothed, scratch, v);
    for (int i = 0; i < n; i++)
        if (b[i].group == group) {
            measure_bubble(v, smoothed + (size_t)i * INK_POINTS, &b[i]);
            scratch[m++] = b[i].speck;
        }
    qsort(scratch, (size_t)m, sizeof(*scratch), by_value);
    for (int i = 0; i < n; i++)
        if (b[i].group == group)
            b[i].usual_speck = scratch[m / 2];
}

int bubble_speck_measure(const struct ink_mask *masks, struct bubble_ink *b, int n,
                         struct arena *arena)
{
    struct group_view *v = arena_alloc(arena, sizeof(*v));
    uint8_t *smoothed = arena_alloc(arena, (size_t)n * INK_POINTS);
    double *scratch = arena_alloc(arena, (size_t)(n + 1) * sizeof(*scratch));
    if (!v || !smoothed || !scratch)
        return YJ_ENOMEM;
    int n_groups = 0;
    for (int i = 0; i < n; i++) {
        smooth(&masks[b[i].field->shape], b[i].darkness, smoothed + (size_t)i * INK_POINTS);
        n_groups = b[i].group >= n_groups ? b[i].group + 1 : n_groups;
    }
    for (int g = 0; g < n_groups; g++) {
        for (int i = 0; i < n; i++)
            if (b[i].group == g)
                v->mask = &masks[b[i].field->shape]; /* a group has one shape */
        measure_group(b, n, g, smoothed, scratch, v);
    }
    return 0;
}
