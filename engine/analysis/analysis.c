#include "analysis_internal.h"
#include "analysis_rows.h"

#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <stdlib.h>

void *analysis_alloc(struct analysis *a, size_t n, size_t size)
{
    return arena_alloc(&a->memory->arena, (n + 1) * size);
}

const char *analysis_text(struct analysis *a, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    const char *kept = length >= 0 ? arena_strndup(&a->memory->arena, text, (size_t)length) : NULL;
    if (length >= 0)
        free(text);
    return kept;
}

/* Everything that is a figure is nobody's yet. */
static void forget_figures(struct analysis *a)
{
    double *const figures[] = {
        &a->mean,
        &a->sd,
        &a->min,
        &a->q1,
        &a->median,
        &a->q3,
        &a->maximum,
        &a->skewness,
        &a->kurtosis,
        &a->alpha,
        &a->kr20,
        &a->kr21,
        &a->omega,
        &a->lambda6,
        &a->split_half,
        &a->sem,
        &a->pass,
        &a->distinction,
        &a->scale_mean,
        &a->scale_sd,
        &a->log_likelihood,
        &a->model_reliability,
    };

    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
        *figures[i] = NAN;
    a->scale = a->model = a->why_no_model = "";
}

static int analyse(struct analysis *a, bool models)
{
    int (*const steps[])(struct analysis * a) = {
        analysis_take_items, analysis_take_candidates, analysis_take_matrix,
        analysis_rate_test,  analysis_rate_items,      analysis_rate_groups,
    };
    int (*const slow_steps[])(struct analysis * a) = {analysis_fit_model, analysis_find_dif,
                                                      analysis_find_pairs};
    int rc = 0;

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == 0; i++)
        rc = steps[i](a);
    for (size_t i = 0; models && i < sizeof(slow_steps) / sizeof(slow_steps[0]) && rc == 0; i++)
        rc = slow_steps[i](a);
    return rc == 0 ? analysis_find(a) : rc;
}

static int begin(struct analysis *a, const struct exam *exam, struct diag *d)
{
    *a = (struct analysis){.exam = exam, .memory = calloc(1, sizeof *a->memory)};
    if (!a->memory)
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    arena_init(&a->memory->arena);
    forget_figures(a);
    return 0;
}

int analysis_of_rescoring(struct rescoring *rescoring, bool models, analysis_take_score take,
                          void *context, struct analysis *ret, struct diag *d)
{
    int rc = begin(ret, rescoring->exam, d);

    if (rc < 0)
        return rc;
    ret->memory->rescoring = rescoring;
    ret->memory->take = take;
    ret->memory->context = context;
    rc = analyse(ret, models);
    return rc == YJ_ENOMEM ? diag_error(d, rc, NULL, 0, 0, NULL, _("out of memory")) : rc;
}

int analysis_compute(struct store *store, const struct exam *exam,
                     const struct analysis_options *options, struct analysis *ret, struct diag *d)
{
    int rc = begin(ret, exam, d);

    if (rc < 0)
        return rc;
    ret->memory->rescoring = &ret->memory->own;
    rc = rescoring_compute(&ret->memory->own, store, exam, d);
    if (rc == 0)
        rc = analyse(ret, options->models);
    return rc == YJ_ENOMEM ? diag_error(d, rc, NULL, 0, 0, NULL, _("out of memory")) : rc;
}

void analysis_finish(struct analysis *a)
{
    if (!a->memory)
        return;
    if (a->memory->rescoring == &a->memory->own)
        rescoring_finish(&a->memory->own);
    free(a->memory->suspicions);
    free(a->groups);
    free(a->dif);
    free(a->pairs);
    free(a->findings);
    arena_finish(&a->memory->arena);
    free(a->memory);
    *a = (struct analysis){0};
}
