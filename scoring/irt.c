/* irt.c - from answers to a fitted model: which items can be fitted, EM, what is told of it.
 *
 * EM is slow where items say little of ability; it is speeded up by SQUAREM: Varadhan and Roland,
 * "Simple and globally convergent methods for accelerating the convergence of any EM algorithm",
 * Scandinavian J. of Statistics 35, 2008, scheme S3. A leap that lowers the likelihood is taken
 * back: the likelihood never falls. */
#include "irt.h"

#include "diag.h"
#include "i18n.h"
#include "irt_inside.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ITERATIONS 2000
#define TOLERANCE 1e-6
#define FLAT 1e-3 /* slopes below have no difficulty */
#define MANY_ITEMS 150

const char *irt_model_name(enum irt_model model)
{
    static const char *const names[] = {"rasch", "2pl", "3pl"};
    return names[model];
}

size_t irt_least_candidates(enum irt_model model)
{
    static const size_t least[] = {100, 500, 1000};
    return least[model];
}

const char *irt_why_text(enum irt_why why)
{
    switch (why) {
    case IRT_FITTED:
        return "";
    case IRT_ALL_RIGHT:
        return _("everybody was right");
    case IRT_ALL_WRONG:
        return _("nobody was right");
    case IRT_NOBODY:
        return _("nobody saw the item");
    case IRT_FEW_CANDIDATES:
        return _("a model needs at least 2 candidates");
    case IRT_FEW_ITEMS:
        return _("too few items that some candidates have right and others wrong");
    case IRT_ALL_EQUAL:
        return _("all candidates have the same number of right answers");
    }
    return "";
}

/* ---- which items, and whether at all ---- */

static enum irt_why judge_item(const struct irt_responses *r, size_t item)
{
    size_t right = 0, seen = 0;
    for (size_t c = 0; c < r->n_candidates; c++) {
        signed char answer = r->answers[c * r->n_items + item];
        seen += answer >= 0;
        right += answer > 0;
    }
    return seen == 0       ? IRT_NOBODY
           : right == seen ? IRT_ALL_RIGHT
           : right == 0    ? IRT_ALL_WRONG
                           : IRT_FITTED;
}

/* Everybody saw the same number of items and has the same number right: ability has no spread. */
static bool all_equal(const struct irt_patterns *p)
{
    int first[3] = {0};
    for (size_t i = 0; i < p->n; i++) {
        int counts[3] = {0};
        for (size_t k = 0; k < p->n_items; k++)
            counts[irt_pattern_answer(p, i, k)]++;
        if (i == 0)
            memcpy(first, counts, sizeof first);
        else if (memcmp(first, counts, sizeof first) != 0)
            return false;
    }
    return true;
}

static void count_right(struct irt_work *w)
{
    for (size_t p = 0; p < w->all.n; p++)
        for (size_t i = 0; i < w->n_items; i++)
            if (irt_pattern_answer(&w->all, p, i) == 1)
                w->right[i] += w->all.weights[p];
}

/* ---- starting values ---- */

static double count_seen(const struct irt_work *w, size_t item)
{
    double seen = 0;
    for (size_t p = 0; p < w->all.n; p++)
        if (irt_pattern_answer(&w->all, p, item) != 2)
            seen += w->all.weights[p];
    return seen;
}

/* Slopes of 1; intercepts that give the share of right answers with an ability of sd 1: a logit
 * averaged over a normal ability shrinks by sqrt(1 + a^2 / 1.7^2). */
static void start(const struct irt_work *w, struct irt_par *pars)
{
    for (size_t i = 0; i < w->n_items; i++) {
        double seen = count_seen(w, i), share = (w->right[i] + 0.5) / (seen + 1);
        double c = w->model == IRT_3PL ? 1 / (1 + exp(-w->priors[i].g)) : 0;
        double above = fmax(0.05, (share - c) / (1 - c));
        pars[i] = (struct irt_par){1, log(above / (1 - above)) * sqrt(1 + 1 / (1.7 * 1.7)),
                                   w->model == IRT_3PL ? w->priors[i].g : 0};
    }
}

static void make_priors(struct irt_work *w, const struct irt_options *o, const size_t *items)
{
    for (size_t i = 0; i < w->n_items; i++) {
        int options = o->n_options ? o->n_options[items[i]] : 0;
        double guess = 1.0 / (options < 2 ? 4 : options);
        w->priors[i] =
            (struct irt_prior){w->model == IRT_3PL, log(1.7), 0.5, log(guess / (1 - guess)), 0.5};
    }
}

/* ---- EM ---- */

struct em {
    struct irt_work *w;
    const struct irt_patterns *patterns;
    size_t n;
    struct irt_par *pars;
    double *x0, *x1, *x2, *leap; /* [n] */
    double objective, tolerance;
    int iterations, most;
    bool converged;
};

/* One step from `from` to `to`; sets the objective at `from`. */
static void em_step(struct em *e, const double *from, double *to)
{
    double change = 0;
    irt_vector_to(e->w, from, e->pars);
    irt_estep(e->w, e->patterns, e->pars, NULL);
    e->objective = e->w->log_likelihood + irt_log_prior(e->w, e->pars);
    irt_mstep(e->w, e->pars);
    irt_vector_from(e->w, e->pars, to);
    for (size_t i = 0; i < e->n; i++)
        change = fmax(change, fabs(to[i] - from[i]));
    e->iterations++;
    e->converged = change < e->tolerance;
}

static bool is_allowed(struct em *e, const double *x)
{
    irt_vector_to(e->w, x, e->pars);
    for (size_t i = 0; i < e->w->n_items; i++) {
        bool positive = e->w->model == IRT_2PL || e->pars[i].a > FLAT;
        if (!positive || !(fabs(e->pars[i].a) <= IRT_MAX_SLOPE) || !(fabs(e->pars[i].d) < 100))
            return false;
    }
    return true;
}

/* leap = x0 - 2 s r + s^2 v, r = x1 - x0, v = x2 - 2 x1 + x0, s = -|r| / |v|. */
static bool leap(struct em *e)
{
    double rr = 0, vv = 0;
    for (size_t i = 0; i < e->n; i++) {
        double r = e->x1[i] - e->x0[i], v = e->x2[i] - e->x1[i] - r;
        rr += r * r;
        vv += v * v;
    }
    if (!(vv > 0) || !(rr > vv))
        return false;
    double s = -sqrt(rr / vv);
    for (size_t i = 0; i < e->n; i++) {
        double r = e->x1[i] - e->x0[i], v = e->x2[i] - e->x1[i] - r;
        e->leap[i] = e->x0[i] - 2 * s * r + s * s * v;
    }
    return is_allowed(e, e->leap);
}

/* Leaves the result in x0. */
static void run_em(struct em *e)
{
    for (;;) {
        em_step(e, e->x0, e->x1);
        memcpy(e->x2, e->x1, e->n * sizeof *e->x2);
        if (e->converged || e->iterations >= e->most)
            break;
        em_step(e, e->x1, e->x2);
        if (e->converged || e->iterations >= e->most)
            break;
        double before = e->objective;
        if (leap(e)) {
            em_step(e, e->leap, e->x1);
            if (e->objective >= before) {
                memcpy(e->x0, e->x1, e->n * sizeof *e->x0);
                if (e->converged)
                    return;
                continue;
            }
            e->converged = false;
        }
        memcpy(e->x0, e->x2, e->n * sizeof *e->x0);
    }
    memcpy(e->x0, e->x2, e->n * sizeof *e->x0);
}

static int fit_parameters(struct irt_work *w, const struct irt_options *o, struct irt_par *pars,
                          struct irt_fit *ret)
{
    size_t n = irt_vector_length(w);
    struct em e = {.w = w, .n = n, .pars = pars, .patterns = w->merged.n ? &w->merged : &w->all};
    double *space = malloc(4 * n * sizeof *space);

    if (!space)
        return YJ_ENOMEM;
    e.x0 = space;
    e.x1 = space + n;
    e.x2 = e.x1 + n;
    e.leap = e.x2 + n;
    e.tolerance = o->tolerance > 0 ? o->tolerance : TOLERANCE;
    e.most = o->max_iterations > 0 ? o->max_iterations : MAX_ITERATIONS;
    start(w, pars);
    irt_vector_from(w, pars, e.x0);
    run_em(&e);
    irt_vector_to(w, e.x0, pars);
    ret->iterations = e.iterations;
    ret->converged = e.converged;
    ret->n_parameters = (int)n;
    free(space);
    return 0;
}

/* ---- what is told ---- */

/* Over the posteriors: sum of (x - P)^2 weighted by 1 (infit) or 1 / PQ (outfit). */
static void tell_misfit(const struct irt_work *w, const struct irt_par *par, size_t item,
                        struct irt_item *ret)
{
    const double *hit = w->hit + item * w->nodes.padded, *seen = w->seen + item * w->nodes.padded;
    double squares = 0, variance = 0, standardised = 0, n = 0;
    for (size_t q = 0; q < w->nodes.n; q++) {
        double p = irt_par_probability(par, w->model == IRT_3PL, w->nodes.z[q]);
        double pq = fmax(p * (1 - p), 1e-12);
        double square = hit[q] * (1 - p) * (1 - p) + (seen[q] - hit[q]) * p * p;
        squares += square;
        variance += seen[q] * pq;
        standardised += square / pq;
        n += seen[q];
    }
    ret->infit = squares / variance;
    ret->outfit = standardised / n;
}

/* Errors of b = -d / a and of c by the delta method. v: covariances of (a, d, g). */
static void tell_item(const struct irt_work *w, const struct irt_par *par, const double *v,
                      struct irt_item *ret)
{
    bool rasch = w->model == IRT_RASCH;
    double a = rasch ? 1 : par->a, b = fabs(a) < FLAT ? NAN : -par->d / a;
    *ret = (struct irt_item){.why = IRT_FITTED, .a = a, .b = b};
    ret->a_error = rasch ? 0 : sqrt(v[0]);
    ret->b_error = rasch ? sqrt(v[4]) : sqrt(v[4] + b * b * v[0] + 2 * b * v[3]) / fabs(a);
    ret->at_limit = fabs(par->a) >= IRT_MAX_SLOPE;
    if (w->model != IRT_3PL)
        return;
    ret->c = 1 / (1 + exp(-par->g));
    ret->c_error = ret->c * (1 - ret->c) * sqrt(v[8]);
}

static void tell_persons(const struct irt_work *w, const struct irt_person *patterns, double sd,
                         struct irt_fit *ret)
{
    double n = 0, mean = 0, squares = 0, errors = 0;
    for (size_t c = 0; c < ret->n_candidates; c++) {
        size_t p = w->all.of[c];
        bool seen = false;
        for (size_t i = 0; i < w->n_items && !seen; i++)
            seen = irt_pattern_answer(&w->all, p, i) != 2;
        if (!seen)
            continue;
        ret->persons[c] = (struct irt_person){sd * patterns[p].ability, sd * patterns[p].error};
        double before = ret->persons[c].ability - mean;
        mean += before / ++n;
        squares += before * (ret->persons[c].ability - mean);
        errors += ret->persons[c].error * ret->persons[c].error;
    }
    if (squares + errors > 0)
        ret->reliability = squares / (squares + errors);
}

/* The last E step is over what everybody answered, also for Rasch. */
static int tell(struct irt_work *w, const struct irt_par *pars, const size_t *items,
                struct irt_fit *ret)
{
    double *covariances = malloc(9 * w->n_items * sizeof *covariances), last = NAN;
    struct irt_person *patterns = malloc(w->all.n * sizeof *patterns);
    int rc = YJ_ENOMEM;

    if (!covariances || !patterns)
        goto out;
    rc = irt_covariances(w, pars, covariances, &last, &ret->observed_information);
    if (rc < 0)
        goto out;
    irt_estep(w, &w->all, pars, patterns);
    ret->log_likelihood = w->log_likelihood;
    ret->ability_sd = w->model == IRT_RASCH ? pars[0].a : 1;
    ret->ability_sd_error = w->model == IRT_RASCH ? sqrt(last) : 0;
    for (size_t i = 0; i < w->n_items; i++) {
        tell_item(w, &pars[i], covariances + 9 * i, &ret->items[items[i]]);
        tell_misfit(w, &pars[i], i, &ret->items[items[i]]);
    }
    tell_persons(w, patterns, ret->ability_sd, ret);
out:
    free(covariances);
    free(patterns);
    return rc;
}

/* ---- all of it ---- */

static int prepare(struct irt_work *w, const struct irt_responses *r, const struct irt_options *o,
                   const size_t *items)
{
    int nodes = o->nodes ? o->nodes : w->n_items > MANY_ITEMS ? 121 : 61;
    w->nodes.n = (size_t)(nodes < 11 ? 11 : nodes > IRT_MAX_NODES ? IRT_MAX_NODES : nodes);
    w->right = calloc(w->n_items, sizeof *w->right);
    w->priors = calloc(w->n_items, sizeof *w->priors);
    if (!w->right || !w->priors || irt_patterns_make(r, items, w->n_items, &w->all) < 0)
        return YJ_ENOMEM;
    if (w->model == IRT_RASCH && irt_patterns_merge(&w->all, &w->merged) < 0)
        return YJ_ENOMEM;
    count_right(w);
    make_priors(w, o, items);
    return irt_work_alloc(w);
}

static int fit_items(const struct irt_responses *r, const struct irt_options *o,
                     const size_t *items, size_t n_items, struct irt_fit *ret)
{
    struct irt_work w = {.model = o->model,
                         .jobs = o->jobs,
                         .outer_products = o->outer_products,
                         .n_items = n_items};
    struct irt_par *pars = malloc(n_items * sizeof *pars);
    int rc = pars ? prepare(&w, r, o, items) : YJ_ENOMEM;

    if (rc == 0 && all_equal(&w.all)) {
        ret->why = IRT_ALL_EQUAL;
        goto out;
    }
    if (rc == 0)
        rc = fit_parameters(&w, o, pars, ret);
    if (rc == 0)
        rc = tell(&w, pars, items, ret);
out:
    free(pars);
    irt_work_finish(&w);
    return rc;
}

static int alloc_fit(const struct irt_responses *r, enum irt_model model, struct irt_fit *ret)
{
    *ret = (struct irt_fit){.model = model,
                            .n_items = r->n_items,
                            .n_candidates = r->n_candidates,
                            .ability_sd = NAN,
                            .ability_sd_error = NAN,
                            .log_likelihood = NAN,
                            .reliability = NAN};
    ret->items = malloc((r->n_items + 1) * sizeof *ret->items);
    ret->persons = malloc((r->n_candidates + 1) * sizeof *ret->persons);
    if (!ret->items || !ret->persons)
        return YJ_ENOMEM;
    for (size_t c = 0; c < r->n_candidates; c++)
        ret->persons[c] = (struct irt_person){NAN, NAN};
    for (size_t i = 0; i < r->n_items; i++)
        ret->items[i] =
            (struct irt_item){IRT_NOBODY, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, false};
    return 0;
}

static void withdraw(struct irt_fit *fit, enum irt_why why)
{
    fit->why = why;
    for (size_t i = 0; i < fit->n_items; i++)
        if (fit->items[i].why == IRT_FITTED)
            fit->items[i].why = why;
}

int irt_fit_model(const struct irt_responses *r, const struct irt_options *o, struct irt_fit *ret)
{
    size_t *items = calloc(r->n_items + 1, sizeof *items), n = 0;
    size_t needed = o->model == IRT_RASCH ? 2 : 3;
    struct irt_fit fit;
    int rc = alloc_fit(r, o->model, &fit);

    if (!items)
        rc = YJ_ENOMEM;
    for (size_t i = 0; rc == 0 && i < r->n_items; i++) {
        fit.items[i].why = judge_item(r, i);
        if (fit.items[i].why == IRT_FITTED)
            items[n++] = i;
    }
    if (rc == 0 && r->n_candidates < 2)
        fit.why = IRT_FEW_CANDIDATES;
    else if (rc == 0 && n < needed)
        fit.why = IRT_FEW_ITEMS;
    else if (rc == 0)
        rc = fit_items(r, o, items, n, &fit);
    free(items);
    if (rc < 0) {
        irt_fit_finish(&fit);
        return rc;
    }
    if (fit.why != IRT_FITTED)
        withdraw(&fit, fit.why);
    else
        fit.n_fitted = (int)n;
    *ret = fit;
    return 0;
}

void irt_fit_finish(struct irt_fit *fit)
{
    free(fit->items);
    free(fit->persons);
    *fit = (struct irt_fit){0};
}
