/* irt_curves.c - what a fitted item says at an ability. */
#include "irt.h"

#include <assert.h>
#include <math.h>

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* |a| < 1e-3 has no b: such an item says nothing of ability, its curve is flat at one half of what
 * lies above c. */
static double position(const struct irt_item *item, double ability)
{
    return isfinite(item->b) ? item->a * (ability - item->b) : 0;
}

double irt_probability(const struct irt_item *item, double ability)
{
    return item->c + (1 - item->c) * logistic(position(item, ability));
}

double irt_information(const struct irt_item *item, double ability)
{
    double x = position(item, ability), l = logistic(x), p = item->c + (1 - item->c) * l;
    /* a^2 (Q / P) ((P - c) / (1 - c))^2 with Q = (1 - c)(1 - l) and (P - c)/(1 - c) = l */
    double l_by_p = item->c > 0 ? l / p : 1;
    return item->a * item->a * (1 - item->c) * logistic(-x) * l * l_by_p;
}

void irt_test_curve(const struct irt_fit *fit, const double *points, double from, double to,
                    size_t n, struct irt_curve_point *ret)
{
    assert(n >= 2);
    for (size_t k = 0; k < n; k++) {
        struct irt_curve_point at = {from + (to - from) * (double)k / (double)(n - 1), 0, NAN, 0};
        for (size_t i = 0; i < fit->n_items; i++) {
            const struct irt_item *item = &fit->items[i];
            if (item->why != IRT_FITTED)
                continue;
            at.information += irt_information(item, at.ability);
            at.expected += (points ? points[i] : 1) * irt_probability(item, at.ability);
        }
        if (at.information > 0)
            at.error = 1 / sqrt(at.information);
        ret[k] = at;
    }
}
