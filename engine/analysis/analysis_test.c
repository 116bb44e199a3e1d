/* analysis_test.c - the test as a whole: moments, reliability, one row a score, ranks, the scale.
 */
#include "analysis_internal.h"

#include "diag.h"

#include "consistency.h"
#include "distribution.h"
#include "scale.h"
#include <math.h>
#include <stdlib.h>

/* ---- moments and reliability ---- */

static int rate_distribution(struct analysis *a)
{
    struct analysis_memory *m = a->memory;
    struct distribution d;
    double *scores = analysis_alloc(a, (size_t)a->n_scored, sizeof *scores);

    if (!scores)
        return YJ_ENOMEM;
    for (int k = 0; k < a->n_scored; k++)
        scores[k] = a->candidates[m->scored[k]].score;
    int rc = distribution_compute(scores, (size_t)a->n_scored, &d);
    if (rc < 0)
        return rc;
    a->mean = d.mean;
    a->sd = d.sd;
    a->min = d.min;
    a->q1 = d.q1;
    a->median = d.median;
    a->q3 = d.q3;
    a->maximum = d.max;
    a->skewness = d.skewness;
    a->kurtosis = d.kurtosis;
    return 0;
}

static int rate_consistency(struct analysis *a)
{
    struct analysis_memory *m = a->memory;
    const struct response_matrix matrix = {(size_t)a->n_scored, (size_t)m->n_columns, m->matrix,
                                           m->item_max};
    struct consistency c;

    m->stats = analysis_alloc(a, (size_t)m->n_columns, sizeof *m->stats);
    if (!m->stats)
        return YJ_ENOMEM;
    int rc = item_statistics_compute(&matrix, m->stats, &m->test);
    if (rc == 0)
        rc = consistency_compute(&matrix, &c);
    if (rc < 0)
        return rc;
    a->alpha = m->test.alpha;
    a->sem = a->sd * sqrt(1 - a->alpha); /* of the total, whatever weights are in it */
    a->kr20 = c.kr20;
    a->kr21 = c.kr21;
    a->omega = c.omega;
    a->lambda6 = c.lambda6;
    a->split_half = c.split_half;
    return 0;
}

/* ---- scores ---- */

struct totals {
    struct points *points; /* [candidate] */
    bool *counts;
};

static int take_totals(struct analysis *a, struct totals *ret)
{
    ret->points = analysis_alloc(a, (size_t)a->n_candidates, sizeof *ret->points);
    ret->counts = analysis_alloc(a, (size_t)a->n_candidates, sizeof *ret->counts);
    if (!ret->points || !ret->counts)
        return YJ_ENOMEM;
    for (int i = 0; i < a->n_candidates; i++) {
        ret->points[i] = a->candidates[i].total;
        ret->counts[i] = a->candidates[i].status == SCORE_SCORED;
    }
    return 0;
}

static const char *points_text(struct analysis *a, struct points p)
{
    char text[POINTS_TEXT_MAX];
    points_print(p, text);
    return analysis_text(a, "%s", text);
}

static int make_score_table(struct analysis *a, const struct totals *totals)
{
    struct score_count *rows = NULL;
    size_t n = 0;
    int rc = score_table_make(totals->points, totals->counts, (size_t)a->n_candidates, &rows, &n);

    if (rc < 0)
        return rc;
    a->scores = analysis_alloc(a, n, sizeof *a->scores);
    for (size_t i = 0; a->scores && i < n; i++) {
        a->scores[i] = (struct analysis_score){.score = points_double(rows[i].score),
                                               .text = points_text(a, rows[i].score),
                                               .count = (int)rows[i].count,
                                               .at_least = (int)rows[i].at_least,
                                               .share = rows[i].share,
                                               .share_at_least = rows[i].share_at_least};
        if (!a->scores[i].text)
            rc = YJ_ENOMEM;
    }
    free(rows);
    a->n_scores = (int)n;
    return a->scores ? rc : YJ_ENOMEM;
}

static int rank_candidates(struct analysis *a, const struct totals *totals)
{
    size_t n = (size_t)a->n_candidates;
    struct standing *standings = calloc(n + 1, sizeof *standings);
    int rc = standings ? standing_compute(totals->points, totals->counts, n, standings) : YJ_ENOMEM;

    for (size_t i = 0; i < n && rc == 0; i++) {
        struct analysis_candidate *c = &a->candidates[i];
        if (!totals->counts[i])
            continue;
        c->rank = (int)standings[i].rank;
        c->percentile = points_double(standings[i].percentile);
        c->z = standings[i].z;
        c->t = standings[i].t;
    }
    free(standings);
    return rc;
}

static void rate_marks(struct analysis *a)
{
    struct points pass = score_mark_points(&a->exam->statistics.pass, a->max);
    struct points distinction = score_mark_points(&a->exam->statistics.distinction, a->max);
    int passed = 0, distinguished = 0;

    a->pass_mark = points_double(pass);
    a->distinction_mark = points_double(distinction);
    for (int k = 0; k < a->n_scored; k++) {
        struct points total = a->candidates[a->memory->scored[k]].total;
        passed += points_compare(total, pass) >= 0;
        distinguished += points_compare(total, distinction) >= 0;
    }
    if (a->n_scored > 0) {
        a->pass = (double)passed / a->n_scored;
        a->distinction = (double)distinguished / a->n_scored;
    }
}

/* Whether totals are the plain sum of the items' points, but for floors. */
static bool sums_plainly(const struct test_plan *plan)
{
    static const struct points one = {1, 1};

    for (int s = 0; s < plan->n_sections; s++) {
        const struct section_scheme *scheme = plan->sections[s].scheme;
        if (points_compare(plan->sections[s].rebase, one) != 0)
            return false;
        if (scheme && (scheme->best > 0 || scheme->first > 0 || scheme->guess ||
                       scheme->rounding.given || points_compare(scheme->weight, one) != 0))
            return false;
    }
    return !plan->scheme || !plan->scheme->total.rounding.given;
}

/* The standard error of each total: of the items' own points, so only where totals are their sum.
 */
static void rate_errors(struct analysis *a)
{
    struct analysis_memory *m = a->memory;
    struct total_error error = total_error_make(m->item_max, (size_t)m->n_columns);
    bool plain = sums_plainly(&m->rescoring->plan);

    for (int k = 0; plain && k < a->n_scored; k++) {
        struct analysis_candidate *c = &a->candidates[m->scored[k]];
        bool lifted = fabs(c->score - m->totals[k]) > 1e-9 * fmax(1, error.max);
        if (!lifted) /* to a floor */
            c->exam_error = total_error_at(&error, m->totals[k]);
    }
}

/* ---- the scale ---- */

static int own_bands(struct analysis *a, const struct statistics_wishes *wishes,
                     struct score_scale *scale)
{
    struct scale_band *bands = analysis_alloc(a, (size_t)wishes->n_bands, sizeof *bands);

    if (!bands)
        return YJ_ENOMEM;
    for (int i = 0; i < wishes->n_bands; i++) {
        const struct scale_band_wish *wish = &wishes->bands[i];
        bands[i] = (struct scale_band){
            .label = wish->label,
            .share = points_mul(wish->share, (struct points){100, 1}),
            .high = wish->high,
            .low = wish->low,
        };
    }
    *scale = (struct score_scale){.name = "bands",
                                  .way = SCALE_BY_BANDS,
                                  .bands = bands,
                                  .n_bands = wishes->n_bands,
                                  .places = SCALE_PLACES_HALF_UP,
                                  .single = SCALE_SINGLE_HIGH};
    return 0;
}

static void rate_scaled(struct analysis *a)
{
    double sum = 0, squares = 0;
    int n = 0;

    for (int i = 0; i < a->n_candidates; i++)
        if (isfinite(a->candidates[i].scaled.value)) {
            sum += a->candidates[i].scaled.value;
            n++;
        }
    if (n == 0)
        return;
    a->scale_mean = sum / n;
    for (int i = 0; i < a->n_candidates; i++)
        if (isfinite(a->candidates[i].scaled.value)) {
            double off = a->candidates[i].scaled.value - a->scale_mean;
            squares += off * off;
        }
    if (n > 1)
        a->scale_sd = sqrt(squares / (n - 1));
}

static int scale_scores(struct analysis *a, const struct totals *totals)
{
    static const enum scale_tie ties[] = {[EXAM_TIES_BETTER] = SCALE_TIES_BETTER,
                                          [EXAM_TIES_WORSE] = SCALE_TIES_WORSE,
                                          [EXAM_TIES_NEAREST] = SCALE_TIES_NEAREST};
    const struct statistics_wishes *wishes = &a->exam->statistics;
    struct score_scale scale;
    int rc;

    if (wishes->scale == EXAM_SCALE_NONE || a->n_scored == 0)
        return 0;
    rc = wishes->scale == EXAM_SCALE_OWN ? own_bands(a, wishes, &scale)
                                         : scale_from_name(exam_scale_name(wishes->scale), &scale);
    if (rc < 0)
        return rc;
    if (wishes->ties != EXAM_TIES_USUAL)
        scale.ties = ties[wishes->ties];
    struct scaled_score *scaled = calloc((size_t)a->n_candidates + 1, sizeof *scaled);
    rc = scaled ? scale_compute(&scale, totals->points, totals->counts, (size_t)a->n_candidates,
                                scaled, NULL)
                : YJ_ENOMEM;
    for (int i = 0; i < a->n_candidates && rc == 0; i++) {
        struct analysis_scaled *to = &a->candidates[i].scaled;
        to->value = scaled[i].value;
        to->label = analysis_text(a, "%s", scaled[i].label ? scaled[i].label : "");
        if (!to->label)
            rc = YJ_ENOMEM;
    }
    free(scaled);
    a->scale = exam_scale_name(wishes->scale);
    rate_scaled(a);
    return rc;
}

int analysis_rate_test(struct analysis *a)
{
    struct totals totals;
    int rc = rate_distribution(a);

    if (rc == 0)
        rc = rate_consistency(a);
    if (rc == 0)
        rc = take_totals(a, &totals);
    if (rc == 0)
        rc = make_score_table(a, &totals);
    if (rc == 0)
        rc = rank_candidates(a, &totals);
    if (rc == 0)
        rc = scale_scores(a, &totals);
    if (rc < 0)
        return rc;
    rate_marks(a);
    rate_errors(a);
    return 0;
}
