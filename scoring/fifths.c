/* fifths.c - five groups by total without an order among equals. */
#include "fifths.h"

#include "diag.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SAME 1e-9

struct place {
    double total;
    size_t candidate;
};

static int compare_places(const void *a, const void *b)
{
    double left = ((const struct place *)a)->total, right = ((const struct place *)b)->total;

    return (left > right) - (left < right);
}

/* Parts of the places [first, end) of n that lie in each fifth; 1 in all. Five times the places are
 * whole numbers, so that a cut at a place is met exactly. */
static void weigh(size_t first, size_t end, size_t n, double weights[FIFTHS])
{
    for (size_t f = 0; f < FIFTHS; f++) {
        size_t low = first * FIFTHS > f * n ? first * FIFTHS : f * n;
        size_t high = end * FIFTHS < (f + 1) * n ? end * FIFTHS : (f + 1) * n;
        weights[f] = high > low ? (double)(high - low) / (double)((end - first) * FIFTHS) : 0;
    }
}

static bool same_weights(const double *a, const double *b)
{
    for (int f = 0; f < FIFTHS; f++)
        if (a[f] != b[f])
            return false;
    return true;
}

/* The class of a group of equals; a new one where their weights are not those of the last. */
static unsigned char class_of_equals(struct fifths *fifths, size_t first, size_t end)
{
    double weights[FIFTHS];

    weigh(first, end, fifths->n, weights);
    int last = fifths->n_classes - 1;
    if (last >= 0 && same_weights(weights, fifths->weights[last]))
        return (unsigned char)last;
    memcpy(fifths->weights[fifths->n_classes], weights, sizeof weights);
    return (unsigned char)fifths->n_classes++;
}

int fifths_make(const double *totals, size_t n, struct fifths *ret)
{
    struct fifths fifths = {.n = n};
    struct place *places = malloc((n + 1) * sizeof *places);

    fifths.class_of = malloc(n + 1);
    if (!places || !fifths.class_of) {
        free(places);
        free(fifths.class_of);
        return YJ_ENOMEM;
    }
    for (size_t c = 0; c < n; c++)
        places[c] = (struct place){totals[c], c};
    qsort(places, n, sizeof *places, compare_places);
    double same = n ? SAME * fmax(fabs(places[0].total), fabs(places[n - 1].total)) : 0;
    for (size_t first = 0, end; first < n; first = end) {
        for (end = first + 1; end < n && places[end].total - places[first].total <= same; end++)
            ;
        unsigned char class = class_of_equals(&fifths, first, end);
        for (size_t p = first; p < end; p++)
            fifths.class_of[places[p].candidate] = class;
    }
    free(places);
    *ret = fifths;
    return 0;
}

void fifths_finish(struct fifths *fifths)
{
    free(fifths->class_of);
    *fifths = (struct fifths){0};
}

void fifths_item(const struct fifths *fifths, const double *points, size_t stride, double max,
                 double ret[FIFTHS])
{
    double sums[FIFTH_CLASSES] = {0};

    for (size_t c = 0; c < fifths->n; c++)
        sums[fifths->class_of[c]] += points[c * stride];
    for (int f = 0; f < FIFTHS; f++) {
        double sum = 0;
        for (int class = 0; class < fifths->n_classes; class ++)
            sum += fifths->weights[class][f] * sums[class];
        ret[f] = fifths->n > 0 && max > 0 ? sum * FIFTHS / (double)fifths->n / max : NAN;
    }
}
