/* analysis_rows.c - an analysis as rows of the store. */
#include "analysis_rows.h"

#include <math.h>
#include <string.h>

#define TEXT(value)                                                                                \
    {                                                                                              \
        .text = (value)                                                                            \
    }
#define INTEGER(value)                                                                             \
    {                                                                                              \
        .integer = (value)                                                                         \
    }
#define REAL(value)                                                                                \
    {                                                                                              \
        .real = (value)                                                                            \
    }

static int put_test(struct store *store, const struct analysis *a, struct diag *d)
{
    const struct {
        const char *name;
        double value;
        const char *note;
    } figures[] = {
        {"n", a->n_scored, ""},
        {"max", points_double(a->max), ""},
        {"mean", a->mean, ""},
        {"sd", a->sd, ""},
        {"min", a->min, ""},
        {"q1", a->q1, ""},
        {"median", a->median, ""},
        {"q3", a->q3, ""},
        {"maximum", a->maximum, ""},
        {"skewness", a->skewness, ""},
        {"kurtosis", a->kurtosis, ""},
        {"alpha", a->alpha, ""},
        {"kr20", a->kr20, ""},
        {"kr21", a->kr21, ""},
        {"omega", a->omega, ""},
        {"lambda6", a->lambda6, ""},
        {"split_half", a->split_half, ""},
        {"sem", a->sem, ""},
        {"pass_mark", a->pass_mark, ""},
        {"pass", a->pass, ""},
        {"distinction_mark", a->distinction_mark, ""},
        {"distinction", a->distinction, ""},
        {"scale_mean", a->scale_mean, a->scale},
        {"scale_sd", a->scale_sd, a->scale},
        {"model_log_likelihood", a->log_likelihood, a->model},
        {"model_reliability", a->model_reliability, a->why_no_model},
        {"pairs_tested", a->pairs_level > 0 ? (double)a->n_pairs_tested : NAN, ""},
        {"pairs_level", a->pairs_level > 0 ? a->pairs_level : NAN, ""},
    };
    int rc = 0;

    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]) && rc == 0; i++) {
        const struct store_value values[] = {TEXT(figures[i].name), REAL(figures[i].value),
                                             TEXT(figures[i].note)};
        rc = store_put_statistic(store, STATISTIC_TEST, values, d);
    }
    return rc;
}

static int put_standings(struct store *store, const struct analysis *a, struct diag *d)
{
    int rc = 0;

    for (int i = 0; i < a->n_candidates && rc == 0; i++) {
        const struct analysis_candidate *c = &a->candidates[i];
        const struct store_value values[] = {TEXT(c->candidate),
                                             INTEGER(c->rank),
                                             REAL(c->percentile),
                                             REAL(c->z),
                                             REAL(c->t),
                                             REAL(c->scaled.value),
                                             TEXT(c->scaled.label),
                                             REAL(c->ability),
                                             REAL(c->ability_error),
                                             REAL(c->exam_error)};
        if (c->status == SCORE_SCORED)
            rc = store_put_statistic(store, STATISTIC_STANDING, values, d);
    }
    return rc;
}

static int put_fifths(struct store *store, int item, int place, const char *name,
                      const char *option, const double fifth[ANALYSIS_FIFTHS], struct diag *d)
{
    const struct store_value values[] = {INTEGER(item + 1), TEXT(name),     INTEGER(place),
                                         TEXT(option),      REAL(fifth[0]), REAL(fifth[1]),
                                         REAL(fifth[2]),    REAL(fifth[3]), REAL(fifth[4])};

    return store_put_statistic(store, STATISTIC_FIFTHS, values, d);
}

void analysis_item_row(const struct analysis *a, int index,
                       struct option_row options[ANALYSIS_OPTIONS_MAX], struct item_row *ret)
{
    const struct analysis_item *item = &a->items[index];
    int n = item->n_options < ANALYSIS_OPTIONS_MAX ? item->n_options : ANALYSIS_OPTIONS_MAX;

    for (int o = 0; o < n; o++)
        options[o] = (struct option_row){item->options[o].option, item->options[o].count,
                                         item->options[o].share, item->options[o].rpb};
    *ret = (struct item_row){.item = item->item,
                             .n = item->n,
                             .max = item->max,
                             .mean = item->mean,
                             .difficulty = item->difficulty,
                             .d27 = item->d27,
                             .rpb = item->rpb,
                             .rpb_rest = item->rpb_rest,
                             .alpha_without = item->alpha_without,
                             .omitted = item->omitted,
                             .multiple = item->multiple,
                             .options = options,
                             .n_options = n};
}

static int put_classical(struct store *store, const struct analysis *a, struct diag *d)
{
    const struct test_row test = {a->n_scored, a->mean, a->sd,      a->alpha,
                                  a->sem,      a->min,  a->maximum, a->median};
    int rc = 0;

    for (int i = 0; i < a->n_items && rc == 0; i++) {
        struct option_row options[ANALYSIS_OPTIONS_MAX];
        struct item_row row;
        analysis_item_row(a, i, options, &row);
        rc = store_put_item(store, &row, d);
    }
    return rc == 0 ? store_put_test(store, &test, d) : rc;
}

static int put_item(struct store *store, const struct analysis *a, int index, struct diag *d)
{
    const struct analysis_item *item = &a->items[index];
    const struct store_value model[] = {
        TEXT(item->item),    REAL(item->a),       REAL(item->b),
        REAL(item->c),       REAL(item->a_error), REAL(item->b_error),
        REAL(item->c_error), REAL(item->infit),   REAL(item->outfit)};
    int rc = put_fifths(store, index, 0, item->item, "", item->fifth, d);

    for (int o = 0; o < item->n_options && rc == 0; o++)
        rc = put_fifths(store, index, o + 1, item->item, item->options[o].option,
                        item->options[o].fifth, d);
    if (rc == 0 && isfinite(item->b))
        rc = store_put_statistic(store, STATISTIC_ITEM_MODEL, model, d);
    return rc;
}

static int put_group(struct store *store, const struct analysis_group *g, struct diag *d)
{
    const struct store_value values[] = {TEXT(g->kind),
                                         TEXT(g->school),
                                         TEXT(g->name),
                                         INTEGER(g->n),
                                         INTEGER(g->absent),
                                         INTEGER(g->pending),
                                         REAL(g->mean),
                                         REAL(g->sd),
                                         REAL(g->min),
                                         REAL(g->median),
                                         REAL(g->max),
                                         REAL(g->above_mean),
                                         REAL(g->pass),
                                         REAL(g->distinction),
                                         REAL(g->difference.value),
                                         REAL(g->difference.low),
                                         REAL(g->difference.high)};

    return store_put_statistic(store, STATISTIC_GROUP, values, d);
}

static int put_dif(struct store *store, const struct analysis *a, const struct analysis_dif *dif,
                   struct diag *d)
{
    const char ets[] = {dif->ets, '\0'};
    const struct store_value values[] = {TEXT(a->items[dif->item].item),
                                         TEXT(dif->by),
                                         TEXT(dif->reference),
                                         TEXT(dif->focal),
                                         REAL(dif->alpha_mh),
                                         REAL(dif->delta),
                                         REAL(dif->chi2),
                                         REAL(dif->p),
                                         REAL(dif->p_logistic),
                                         TEXT(ets)};

    return store_put_statistic(store, STATISTIC_DIF, values, d);
}

static int put_pair(struct store *store, const struct analysis *a, const struct analysis_pair *p,
                    struct diag *d)
{
    const struct store_value values[] = {TEXT(a->candidates[p->a].candidate),
                                         TEXT(a->candidates[p->b].candidate),
                                         TEXT(p->room),
                                         INTEGER(p->same_right),
                                         INTEGER(p->same_wrong),
                                         INTEGER(p->differ),
                                         REAL(p->omega),
                                         REAL(p->gbt),
                                         REAL(p->k_index),
                                         REAL(p->harpp_hogan),
                                         REAL(p->p),
                                         REAL(p->p_family)};

    return store_put_statistic(store, STATISTIC_PAIR, values, d);
}

static int put_finding(struct store *store, const struct analysis_finding *f, struct diag *d)
{
    const struct store_value values[] = {TEXT(finding_name(f->kind)), INTEGER(f->grave),
                                         TEXT(f->subject), REAL(f->figure), TEXT(f->detail)};

    return store_put_statistic(store, STATISTIC_FINDING, values, d);
}

int analysis_put(const struct analysis *a, struct store *store, struct diag *d)
{
    int rc = store_clear_statistics(store, d);

    if (rc == 0)
        rc = put_classical(store, a, d);
    if (rc == 0)
        rc = put_test(store, a, d);
    if (rc == 0)
        rc = put_standings(store, a, d);
    for (int i = 0; i < a->n_items && rc == 0; i++)
        rc = put_item(store, a, i, d);
    for (int i = 0; i < a->n_groups && rc == 0; i++)
        rc = put_group(store, &a->groups[i], d);
    for (int i = 0; i < a->n_dif && rc == 0; i++)
        rc = put_dif(store, a, &a->dif[i], d);
    for (int i = 0; i < a->n_pairs && rc == 0; i++)
        rc = put_pair(store, a, &a->pairs[i], d);
    for (int i = 0; i < a->n_findings && rc == 0; i++)
        rc = put_finding(store, &a->findings[i], d);
    return rc;
}
