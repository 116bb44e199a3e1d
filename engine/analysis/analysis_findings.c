/* analysis_findings.c - what somebody should look at, in plain words. */
#include "analysis_internal.h"

#include "diag.h"
#include "i18n.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIT_LOW                                                                                    \
    0.7 /* infit and outfit: Wright and Linacre, "Reasonable mean-square fit values", 1994 */
#define FIT_HIGH 1.3
#define FIT_FEWEST 100 /* candidates: with fewer, fit is noise */
#define SCORES_TOLD 50 /* zero scores that are named one by one; perfect ones, too */

static const char *const names[FINDING_KINDS] = {
    [FINDING_MISKEYED] = "miskeyed",
    [FINDING_HURTS_ALPHA] = "hurts_alpha",
    [FINDING_UNUSED_OPTION] = "unused_option",
    [FINDING_ZERO_SCORE] = "zero_score",
    [FINDING_PERFECT_SCORE] = "perfect_score",
    [FINDING_GROUP_OFF] = "group_off",
    [FINDING_PAIR] = "pair",
    [FINDING_ITEM_MISFIT] = "item_misfit",
    [FINDING_DIF] = "dif",
    [FINDING_NEGATIVE_ITEM] = "negative_item",
};

const char *finding_name(enum finding_kind kind)
{
    assert(kind < FINDING_KINDS);
    return names[kind];
}

static int add(struct analysis *a, enum finding_kind kind, bool grave, const char *subject,
               double figure, const char *detail)
{
    struct analysis_memory *m = a->memory;

    if (!subject || !detail)
        return YJ_ENOMEM;
    if ((size_t)a->n_findings == m->findings_capacity) {
        size_t larger = m->findings_capacity ? 2 * m->findings_capacity : 32;
        struct analysis_finding *grown = realloc(a->findings, larger * sizeof *grown);
        if (!grown)
            return YJ_ENOMEM;
        a->findings = grown;
        m->findings_capacity = larger;
    }
    a->findings[a->n_findings++] = (struct analysis_finding){kind, grave, subject, figure, detail};
    return 0;
}

/* ---- items ---- */

static const char *miskeyed_text(struct analysis *a, const struct analysis_item *item,
                                 const struct suspicion *s)
{
    return analysis_text(a,
                         _("the better candidates choose %s rather than the key %s (correlation "
                           "with the rest score %.2f against %.2f): look at the key"),
                         item->options[s->option].option, item->key, s->figure, s->other);
}

static int add_suspicion(struct analysis *a, const struct suspicion *s)
{
    const struct analysis_item *item = &a->items[s->item];
    switch (s->kind) {
    case SUSPICION_MISKEYED:
        return add(a, FINDING_MISKEYED, s->grave, item->item, s->figure, miskeyed_text(a, item, s));
    case SUSPICION_NEGATIVE_ITEM:
        return add(a, FINDING_NEGATIVE_ITEM, s->grave, item->item, s->figure,
                   analysis_text(a,
                                 _("the better candidates do worse on it (correlation with the "
                                   "rest score %.2f): look at the key and the question"),
                                 s->figure));
    case SUSPICION_HURTS_ALPHA:
        return add(
            a, FINDING_HURTS_ALPHA, s->grave, item->item, s->figure,
            analysis_text(a, _("without it alpha is %.3f, with it %.3f"), s->figure, s->other));
    case SUSPICION_UNUSED_OPTION:
        return add(a, FINDING_UNUSED_OPTION, s->grave, item->item, s->figure,
                   analysis_text(
                       a, s->grave ? _("nobody chose %s, which is the key") : _("nobody chose %s"),
                       item->options[s->option].option));
    case SUSPICION_ZERO_SCORE:
    case SUSPICION_PERFECT_SCORE:
        break;
    }
    return 0;
}

static bool fits(double mean_square)
{
    return !isfinite(mean_square) || (mean_square >= FIT_LOW && mean_square <= FIT_HIGH);
}

static int find_misfits(struct analysis *a)
{
    int rc = 0;
    for (int i = 0; i < a->n_items && rc == 0 && a->n_scored >= FIT_FEWEST; i++) {
        const struct analysis_item *item = &a->items[i];
        if (fits(item->infit) && fits(item->outfit))
            continue;
        double worse =
            fabs(log(item->infit)) > fabs(log(item->outfit)) ? item->infit : item->outfit;
        rc = add(a, FINDING_ITEM_MISFIT, false, item->item, worse,
                 analysis_text(a,
                               worse > 1 ? _("answers are noisier than the %s model expects (infit "
                                             "%.2f, outfit %.2f)")
                                         : _("answers are more regular than the %s model expects "
                                             "(infit %.2f, outfit %.2f)"),
                               a->model, item->infit, item->outfit));
    }
    return rc;
}

static int find_dif(struct analysis *a)
{
    int rc = 0;
    for (int i = 0; i < a->n_dif && rc == 0; i++) {
        const struct analysis_dif *d = &a->dif[i];
        if (d->ets != 'C')
            continue;
        rc = add(
            a, FINDING_DIF, false, a->items[d->item].item, d->delta,
            analysis_text(a,
                          d->delta < 0
                              ? _("harder for %s than for others of the same score (ETS class "
                                  "C, delta %.2f): was it taught there, was it leaked elsewhere?")
                              : _("easier for %s than for others of the same score (ETS class "
                                  "C, delta %.2f): was it known there before?"),
                          d->focal, d->delta));
    }
    return rc;
}

/* ---- candidates ---- */

/* Those beyond SCORES_TOLD are counted: what is not told looks as if it were not there. */
static int add_untold(struct analysis *a, enum finding_kind kind, int n)
{
    if (n <= 0)
        return 0;
    return add(a, kind, false, analysis_text(a, "+%d", n), n,
               analysis_text(a, _("%d more like these: see the scores"), n));
}

static int find_totals(struct analysis *a)
{
    int rc = 0, zeros = 0, perfects = 0;
    for (int k = 0; k < a->n_scored && rc == 0; k++) {
        const struct analysis_candidate *c = &a->candidates[a->memory->scored[k]];
        bool zero = points_compare(c->total, POINTS_ZERO) <= 0;
        bool perfect = points_compare(c->total, c->max) >= 0;
        if (points_compare(c->max, POINTS_ZERO) <= 0 || (!zero && !perfect))
            continue;
        if ((zero ? zeros++ : perfects++) >= SCORES_TOLD)
            continue;
        rc =
            add(a, zero ? FINDING_ZERO_SCORE : FINDING_PERFECT_SCORE, false, c->candidate, c->score,
                zero ? _("no points at all: a blank sheet, or the wrong form or version?")
                     : _("everything right"));
    }
    if (rc == 0)
        rc = add_untold(a, FINDING_ZERO_SCORE, zeros - SCORES_TOLD);
    return rc == 0 ? add_untold(a, FINDING_PERFECT_SCORE, perfects - SCORES_TOLD) : rc;
}

static int find_pairs(struct analysis *a)
{
    int rc = 0;
    for (int i = 0; i < a->n_pairs && rc == 0; i++) {
        const struct analysis_pair *p = &a->pairs[i];
        rc = add(
            a, FINDING_PAIR, true,
            analysis_text(a, "%s/%s", a->candidates[p->a].candidate, a->candidates[p->b].candidate),
            p->p_family,
            analysis_text(a,
                          _("room %s: %d answers are the same and right, %d the same and wrong, "
                            "%d differ; by chance such a pair turns up in %.2g of exams. "
                            "Copied, or one sheet scanned as two? Look at both"),
                          p->room, p->same_right, p->same_wrong, p->differ, p->p_family));
    }
    return rc;
}

/* ---- groups ---- */

static int find_groups(struct analysis *a)
{
    int rc = 0;
    for (int i = 0; i < a->n_groups && rc == 0; i++) {
        const struct analysis_group *g = &a->groups[i];
        bool school = strcmp(g->kind, "school") == 0; /* schools do differ */
        if (!g->far_off || school)
            continue;
        rc =
            add(a, FINDING_GROUP_OFF, false, analysis_group_name(a, g), g->effect,
                analysis_text(a,
                              _("mean %.1f, %+.1f from all (95 %%: %+.1f to %+.1f): a scanner, a "
                                "version or a room gone wrong, or a strong or weak group?"),
                              g->mean, g->difference.value, g->difference.low, g->difference.high));
    }
    return rc;
}

/* Grave ones first, else in the order in which they were found. */
static void sort_findings(struct analysis *a)
{
    int at = 0;
    for (int i = 0; i < a->n_findings; i++) {
        struct analysis_finding f = a->findings[i];
        if (!f.grave)
            continue;
        memmove(&a->findings[at + 1], &a->findings[at], (size_t)(i - at) * sizeof f);
        a->findings[at++] = f;
    }
}

int analysis_find(struct analysis *a)
{
    int (*const finders[])(struct analysis * a) = {find_pairs, find_misfits, find_dif, find_groups,
                                                   find_totals};
    int rc = 0;

    for (size_t i = 0; i < a->memory->n_suspicions && rc == 0; i++)
        rc = add_suspicion(a, &a->memory->suspicions[i]);
    for (size_t i = 0; i < sizeof finders / sizeof *finders && rc == 0; i++)
        rc = finders[i](a);
    sort_findings(a);
    return rc;
}
