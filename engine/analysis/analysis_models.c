/* analysis_models.c - item response models, and items between groups (DIF). */
#include "analysis_internal.h"

#include "diag.h"
#include "dif.h"
#include "i18n.h"
#include "irt.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CURVE_FROM (-4.0)
#define CURVE_TO 4.0
#define CURVE_POINTS 81
/* Standard deviations of ability: an item whose difficulty would lie beyond them tells nothing (its
 * curve is flat where the candidates are), and has no figures. */
#define FARTHEST 10.0
#define DIF_FEWEST 50     /* scored candidates in a group that is compared */
#define DIF_GROUPS_MAX 30 /* of a kind, the largest: more comparisons than anybody reads */

/* Right is full marks: scoring/irt.h says why. NULL: no memory. */
static signed char *right_or_wrong(const struct analysis *a)
{
    const struct analysis_memory *m = a->memory;
    size_t n = (size_t)a->n_scored, k = (size_t)m->n_columns;
    signed char *answers = malloc(n * k + 1);

    for (size_t i = 0; answers && i < n; i++)
        for (size_t c = 0; c < k; c++)
            answers[i * k + c] =
                m->matrix[i * k + c] >= m->item_max[c] * (1 - 1e-12) ? IRT_RIGHT : IRT_WRONG;
    return answers;
}

int analysis_jobs(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : cores > 64 ? 64 : (int)cores;
}

/* ---- the model ---- */

static void take_item_fits(struct analysis *a, const struct irt_fit *fit)
{
    for (size_t c = 0; c < fit->n_items; c++) {
        struct analysis_item *item = &a->items[a->memory->item_of[c]];
        const struct irt_item *f = &fit->items[c];
        if (f->why != IRT_FITTED || !(fabs(f->b) <= FARTHEST))
            continue;
        item->a = f->a;
        item->b = f->b;
        item->c = f->c;
        item->a_error = f->a_error;
        item->b_error = f->b_error;
        item->c_error = f->c_error;
        item->infit = f->infit;
        item->outfit = f->outfit;
    }
    for (int k = 0; k < a->n_scored; k++) {
        struct analysis_candidate *c = &a->candidates[a->memory->scored[k]];
        c->ability = fit->persons[k].ability;
        c->ability_error = fit->persons[k].error;
    }
}

static int take_curve(struct analysis *a, const struct irt_fit *fit)
{
    struct irt_curve_point points[CURVE_POINTS];
    struct analysis_information *curve = analysis_alloc(a, CURVE_POINTS, sizeof *curve);

    if (!curve)
        return YJ_ENOMEM;
    irt_test_curve(fit, a->memory->item_max, CURVE_FROM, CURVE_TO, CURVE_POINTS, points);
    for (int i = 0; i < CURVE_POINTS; i++)
        curve[i] = (struct analysis_information){points[i].ability, points[i].information,
                                                 points[i].error, points[i].expected};
    a->curve = curve;
    a->n_curve = CURVE_POINTS;
    return 0;
}

static int take_fit(struct analysis *a, const struct irt_fit *fit)
{
    a->model_iterations = fit->iterations;
    a->model_converged = fit->converged;
    if (fit->why != IRT_FITTED || !fit->converged) {
        a->why_no_model =
            fit->why != IRT_FITTED
                ? irt_why_text(fit->why)
                : _("the estimates did not settle: too few candidates for this model");
        return 0;
    }
    a->model = irt_model_name(fit->model);
    a->log_likelihood = fit->log_likelihood;
    a->model_reliability = fit->reliability;
    take_item_fits(a, fit);
    return take_curve(a, fit);
}

/* The wish, or Rasch where there are too few candidates for more than that. */
static enum statistics_model affordable(const struct analysis *a, enum statistics_model wish,
                                        const enum irt_model *models)
{
    bool enough = (size_t)a->n_scored >= irt_least_candidates(models[wish]);
    return enough ? wish : MODEL_RASCH;
}

static int say_other_model(struct analysis *a, enum statistics_model wish)
{
    if (!a->model[0]) /* there is none, and that is why */
        return 0;
    a->why_no_model = analysis_text(a, _("too few candidates for the %s model: Rasch instead"),
                                    statistics_model_name(wish));
    return a->why_no_model ? 0 : YJ_ENOMEM;
}

int analysis_fit_model(struct analysis *a)
{
    static const enum irt_model models[] = {
        [MODEL_RASCH] = IRT_RASCH, [MODEL_2PL] = IRT_2PL, [MODEL_3PL] = IRT_3PL};
    const struct analysis_memory *m = a->memory;
    enum statistics_model wish = a->exam->statistics.model;
    int *n_options;

    if (wish == MODEL_NONE) {
        a->why_no_model = _("the exam asks for none");
        return 0;
    }
    struct irt_responses responses = {(size_t)a->n_scored, (size_t)m->n_columns, NULL};
    signed char *answers = right_or_wrong(a);
    n_options = analysis_alloc(a, (size_t)m->n_columns, sizeof *n_options);
    if (!answers || !n_options) {
        free(answers);
        return YJ_ENOMEM;
    }
    for (int c = 0; c < m->n_columns; c++)
        n_options[c] = a->items[m->item_of[c]].n_options;
    responses.answers = answers;
    enum statistics_model model = affordable(a, wish, models);
    const struct irt_options options = {
        .model = models[model], .jobs = analysis_jobs(), .n_options = n_options};
    struct irt_fit fit = {0}; /* finished, whatever becomes of it */
    int rc = irt_fit_model(&responses, &options, &fit);
    if (rc == 0)
        rc = take_fit(a, &fit);
    irt_fit_finish(&fit);
    free(answers);
    return rc == 0 && wish != model ? say_other_model(a, wish) : rc;
}

/* ---- items between groups ---- */

static bool is_wanted(const struct analysis *a, const struct analysis_group *g)
{
    unsigned by = strcmp(g->kind, "class") == 0    ? BY_CLASS
                  : strcmp(g->kind, "school") == 0 ? BY_SCHOOL
                  : strcmp(g->kind, "room") == 0   ? BY_ROOM
                                                   : 0;
    return (a->exam->statistics.dif & by) != 0 && g->n >= DIF_FEWEST;
}

static int keep_dif(struct analysis *a, const struct analysis_group *g,
                    const struct dif_item *items)
{
    struct analysis_memory *m = a->memory;
    size_t n = (size_t)(a->n_dif + m->n_columns);
    struct analysis_dif *grown = realloc(a->dif, (n + 1) * sizeof *grown);

    const char *focal = analysis_group_name(a, g);
    if (grown)
        a->dif = grown;
    if (!grown || !focal)
        return YJ_ENOMEM;
    for (int c = 0; c < m->n_columns; c++) {
        const struct dif_item *d = &items[c];
        if (d->ets == '\0')
            continue;
        a->dif[a->n_dif++] = (struct analysis_dif){.item = m->item_of[c],
                                                   .by = g->kind,
                                                   .reference = _("all others"),
                                                   .focal = focal,
                                                   .alpha_mh = d->alpha,
                                                   .delta = d->delta,
                                                   .chi2 = d->chi2,
                                                   .p = d->p,
                                                   .p_logistic = d->p_logistic,
                                                   .ets = d->ets};
    }
    return 0;
}

/* A group against all other candidates. */
static int compare_group(struct analysis *a, const struct analysis_group *g,
                         const signed char *answers)
{
    const struct analysis_memory *m = a->memory;
    unsigned char *groups = malloc((size_t)a->n_scored + 1);
    struct dif_item *items = calloc((size_t)m->n_columns + 1, sizeof *items);
    const struct dif_options options = {.purify = true};
    int rc = groups && items ? 0 : YJ_ENOMEM, others = 0;

    for (int k = 0; rc == 0 && k < a->n_scored; k++) {
        bool in = analysis_group_of(a, g->kind, &a->candidates[m->scored[k]]) == g - a->groups;
        groups[k] = in ? DIF_FOCAL : DIF_REFERENCE;
        others += !in;
    }
    if (rc == 0 && others >= DIF_FEWEST) {
        const struct dif_responses responses = {(size_t)a->n_scored, (size_t)m->n_columns, answers,
                                                groups};
        rc = dif_analyse(&responses, &options, items);
        if (rc == 0)
            rc = keep_dif(a, g, items);
    }
    free(groups);
    free(items);
    return rc;
}

/* Of the wanted groups from `first` to `end`, one kind, the largest. */
static void choose_groups(const struct analysis *a, int first, int end, bool *ret_chosen)
{
    for (int chosen = 0; chosen < DIF_GROUPS_MAX; chosen++) {
        int largest = -1;
        for (int g = first; g < end; g++)
            if (!ret_chosen[g] && is_wanted(a, &a->groups[g]) &&
                (largest < 0 || a->groups[g].n > a->groups[largest].n))
                largest = g;
        if (largest < 0)
            return;
        ret_chosen[largest] = true;
    }
}

int analysis_find_dif(struct analysis *a)
{
    int rc = 0;
    if (!a->exam->statistics.dif)
        return 0;
    signed char *answers = right_or_wrong(a);
    bool *chosen = calloc((size_t)a->n_groups + 1, sizeof *chosen);

    if (!answers || !chosen)
        rc = YJ_ENOMEM;
    for (int first = 0, end = 0; rc == 0 && first < a->n_groups; first = end) {
        while (end < a->n_groups && strcmp(a->groups[end].kind, a->groups[first].kind) == 0)
            end++;
        choose_groups(a, first, end, chosen);
    }
    for (int g = 0; rc == 0 && g < a->n_groups; g++)
        if (chosen[g])
            rc = compare_group(a, &a->groups[g], answers);
    free(answers);
    free(chosen);
    return rc;
}
