/* dif.c - Mantel-Haenszel, and both methods over all items. */
#include "dif.h"

#include "diag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DELTA (-2.35)
#define LEVEL 0.05
#define ONE_SIDED 1.644853626951472 /* normal quantile of 0.95 */

/* ---- one item ---- */

static char classify(const struct dif_item *item)
{
    double size = fabs(item->delta);
    if (!isfinite(item->delta) || !isfinite(item->p))
        return '\0';
    if (item->p >= LEVEL || size < 1)
        return 'A';
    return size >= 1.5 && size - 1 > ONE_SIDED * item->delta_error ? 'C' : 'B';
}

static void count_groups(const struct dif_stratum *strata, size_t n, struct dif_item *ret)
{
    double right[2] = {0}, all[2] = {0};
    for (size_t k = 0; k < n; k++)
        for (int g = 0; g < 2; g++) {
            right[g] += strata[k].right[g];
            all[g] += strata[k].right[g] + strata[k].wrong[g];
        }
    ret->n_reference = (size_t)all[0];
    ret->n_focal = (size_t)all[1];
    ret->share_reference = all[0] > 0 ? right[0] / all[0] : NAN;
    ret->share_focal = all[1] > 0 ? right[1] / all[1] : NAN;
}

struct mh_sums {
    double right, expected, variance; /* of the reference group's right answers */
    double r, s;                      /* numerator and denominator of alpha */
    double pr, ps_qr, qs;             /* of the variance of its logarithm */
};

/* a, b right and wrong of the reference, c, d of the focal group. */
static void add_stratum(const struct dif_stratum *k, struct mh_sums *sums)
{
    double a = k->right[0], b = k->wrong[0], c = k->right[1], d = k->wrong[1], n = a + b + c + d;
    double r = a * d / n, s = b * c / n, p = (a + d) / n, q = (b + c) / n;

    sums->right += a;
    sums->expected += (a + b) * (a + c) / n;
    sums->variance += (a + b) * (c + d) * (a + c) * (b + d) / (n * n * (n - 1));
    sums->r += r;
    sums->s += s;
    sums->pr += p * r;
    sums->ps_qr += p * s + q * r;
    sums->qs += q * s;
}

void dif_mantel_haenszel(const struct dif_stratum *strata, size_t n, struct dif_item *ret)
{
    struct mh_sums m = {0};
    for (size_t k = 0; k < n; k++)
        if (strata[k].right[0] + strata[k].wrong[0] > 0 &&
            strata[k].right[1] + strata[k].wrong[1] > 0)
            add_stratum(&strata[k], &m);
    ret->alpha = ret->delta = ret->delta_error = ret->chi2 = ret->p = NAN;
    ret->ets = '\0';
    if (m.variance > 0) {
        double off = fabs(m.right - m.expected);
        double corrected = off >= 0.5 ? off - 0.5 : off; /* as R's mantelhaen.test */
        ret->chi2 = corrected * corrected / m.variance;
        ret->p = erfc(sqrt(ret->chi2 / 2));
    }
    if (m.r > 0 && m.s > 0) {
        ret->alpha = m.r / m.s;
        ret->delta = DELTA * log(ret->alpha);
        ret->delta_error = fabs(DELTA) * sqrt(m.pr / (2 * m.r * m.r) + m.ps_qr / (2 * m.r * m.s) +
                                              m.qs / (2 * m.s * m.s));
    }
    ret->ets = classify(ret);
}

/* ---- all items ---- */

struct scores {
    const struct dif_responses *r;
    bool *counts; /* [item] in the matching score */
    int *totals;  /* [candidate] of the items that count */
    struct dif_stratum *strata;
};

static void add_totals(const struct scores *s)
{
    for (size_t c = 0; c < s->r->n_candidates; c++) {
        const signed char *row = s->r->answers + c * s->r->n_items;
        s->totals[c] = 0;
        for (size_t i = 0; i < s->r->n_items; i++)
            s->totals[c] += s->counts[i] && row[i] > 0;
    }
}

/* The studied item is always in the score. */
static size_t fill_strata(const struct scores *s, size_t item)
{
    size_t n = s->r->n_items + 1, used = 0;
    memset(s->strata, 0, n * sizeof *s->strata);
    for (size_t c = 0; c < s->r->n_candidates; c++) {
        signed char answer = s->r->answers[c * s->r->n_items + item];
        unsigned char group = s->r->groups[c];
        if (group > DIF_FOCAL || answer < 0)
            continue;
        bool right = answer > 0;
        struct dif_stratum *k = &s->strata[s->totals[c] + (!s->counts[item] && right)];
        *(right ? &k->right[group] : &k->wrong[group]) += 1;
    }
    for (size_t k = 0; k < n; k++) {
        struct dif_stratum *from = &s->strata[k];
        if (from->right[0] + from->wrong[0] + from->right[1] + from->wrong[1] == 0)
            continue;
        from->score = (double)k;
        s->strata[used++] = *from;
    }
    return used;
}

static void compare_items(const struct scores *s, struct dif_item *items)
{
    add_totals(s);
    for (size_t i = 0; i < s->r->n_items; i++) {
        size_t n = fill_strata(s, i);
        items[i] = (struct dif_item){.purified = !s->counts[i]};
        count_groups(s->strata, n, &items[i]);
        dif_mantel_haenszel(s->strata, n, &items[i]);
        dif_logistic(s->strata, n, &items[i]);
    }
}

int dif_analyse(const struct dif_responses *r, const struct dif_options *options,
                struct dif_item *items)
{
    struct scores s = {.r = r};
    size_t left_out = 0;
    int rc = YJ_ENOMEM;

    s.counts = malloc((r->n_items + 1) * sizeof *s.counts);
    s.totals = malloc((r->n_candidates + 1) * sizeof *s.totals);
    s.strata = malloc((r->n_items + 1) * sizeof *s.strata);
    if (!s.counts || !s.totals || !s.strata)
        goto out;
    for (size_t i = 0; i < r->n_items; i++)
        s.counts[i] = true;
    compare_items(&s, items);
    for (size_t i = 0; options->purify && i < r->n_items; i++)
        if (items[i].ets == 'C') {
            s.counts[i] = false;
            left_out++;
        }
    if (left_out > 0)
        compare_items(&s, items);
    rc = 0;
out:
    free(s.counts);
    free(s.totals);
    free(s.strata);
    return rc;
}
