/* option_curves.c - a small multinomial regression an item, over counts by level and answer. */
#include "option_curves.h"

#include "block_jobs.h"
#include "cholesky.h"
#include "diag.h"

#include <assert.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define TERMS 3 /* 1, x, x^2 - 1 */
#define FAR 3.0 /* sd of x: no curve is believed to bend on beyond */
#define STEPS 50
#define HALVINGS 25
#define SMALL 1e-9
#define LEAST 1e-30 /* of a probability: its logarithm fits */

static const double precision[TERMS] = {1e-3, 1 / (2.0 * 2.0), 1 / (0.5 * 0.5)};

size_t option_level(size_t right, size_t answered, size_t n_items)
{
    return answered ? (2 * n_items * right + answered) / (2 * answered) : 0;
}

struct job {
    struct option_curves *curves;
    uint32_t *counts; /* [(level * n_items + item) * width + code]; the last code: others */
    size_t width;
    double *x; /* [level] */
    atomic_bool out_of_memory;
};

/* One item's regression: the answers that occur, by their codes. */
struct regression {
    size_t n_levels, k; /* answers that occur */
    const double *x;
    double *counts; /* [level * k + answer] */
    double *b;      /* [answer * TERMS + term] */
    double *next, *gradient, *information, *p;
};

static void fill_terms(double x, double ret[TERMS])
{
    ret[0] = 1;
    ret[1] = x;
    ret[2] = x * x - 1;
}

/* p[k]; returns log of the sum of exponentials. */
static double probabilities(const struct regression *r, const double *b, double x, double *p)
{
    double terms[TERMS], most = -INFINITY, sum = 0;
    fill_terms(x, terms);
    for (size_t a = 0; a < r->k; a++) {
        p[a] = 0;
        for (size_t t = 0; t < TERMS; t++)
            p[a] += b[a * TERMS + t] * terms[t];
        most = fmax(most, p[a]);
    }
    for (size_t a = 0; a < r->k; a++)
        sum += p[a] = exp(p[a] - most);
    assert(sum > 0); /* the likeliest adds 1 */
    for (size_t a = 0; a < r->k; a++)
        p[a] /= sum;
    return most + log(sum);
}

static double level_count(const struct regression *r, size_t level)
{
    double n = 0;
    for (size_t a = 0; a < r->k; a++)
        n += r->counts[level * r->k + a];
    return n;
}

static double objective(const struct regression *r, const double *b)
{
    double sum = 0, terms[TERMS];
    for (size_t i = 0; i < r->k * TERMS; i++)
        sum -= precision[i % TERMS] * b[i] * b[i] / 2;
    for (size_t l = 0; l < r->n_levels; l++) {
        double n = level_count(r, l);
        if (n <= 0)
            continue;
        sum -= n * probabilities(r, b, r->x[l], r->p);
        fill_terms(r->x[l], terms);
        for (size_t a = 0; a < r->k; a++)
            for (size_t t = 0; t < TERMS; t++)
                sum += r->counts[l * r->k + a] * b[a * TERMS + t] * terms[t];
    }
    return sum;
}

static void add_level(struct regression *r, size_t level, double n)
{
    size_t m = r->k * TERMS;
    double terms[TERMS];
    fill_terms(r->x[level], terms);
    probabilities(r, r->b, r->x[level], r->p);
    for (size_t i = 0; i < m; i++) {
        size_t a = i / TERMS;
        double ti = terms[i % TERMS];
        r->gradient[i] += (r->counts[level * r->k + a] - n * r->p[a]) * ti;
        for (size_t j = 0; j <= i; j++) {
            double v = r->p[a] * ((a == j / TERMS) - r->p[j / TERMS]);
            r->information[i * m + j] += n * v * ti * terms[j % TERMS];
        }
    }
}

static bool newton_step(struct regression *r)
{
    size_t m = r->k * TERMS;
    memset(r->information, 0, m * m * sizeof *r->information);
    for (size_t i = 0; i < m; i++) {
        r->gradient[i] = -precision[i % TERMS] * r->b[i];
        r->information[i * m + i] = precision[i % TERMS];
    }
    for (size_t l = 0; l < r->n_levels; l++) {
        double n = level_count(r, l);
        if (n > 0)
            add_level(r, l, n);
    }
    if (!cholesky_factor(r->information, m))
        return false;
    cholesky_solve(r->information, m, r->gradient);
    return true;
}

static void fit(struct regression *r)
{
    size_t m = r->k * TERMS;
    double before = objective(r, r->b);
    for (int s = 0; s < STEPS && newton_step(r); s++) {
        double share = 1, after = -INFINITY;
        for (int h = 0; h < HALVINGS; h++, share /= 2) {
            for (size_t i = 0; i < m; i++)
                r->next[i] = r->b[i] + share * r->gradient[i];
            after = objective(r, r->next);
            if (after >= before)
                break;
        }
        if (!(after >= before))
            return;
        memcpy(r->b, r->next, m * sizeof *r->b);
        if (after - before <= SMALL * (1 + fabs(after)))
            return;
        before = after;
    }
}

/* ---- one item ---- */

static size_t find_answers(const struct job *job, size_t item, size_t *ret)
{
    const struct option_curves *c = job->curves;
    size_t k = 0;
    for (size_t code = 1; code < job->width; code++) {
        bool occurs = false;
        for (size_t l = 0; l < c->n_levels && !occurs; l++)
            occurs = job->counts[(l * c->n_items + item) * job->width + code] > 0;
        if (occurs)
            ret[k++] = code;
    }
    return k;
}

static void write_curves(const struct job *job, const struct regression *r, size_t item,
                         const size_t *codes)
{
    const struct option_curves *c = job->curves;
    for (size_t l = 0; l < c->n_levels; l++) {
        size_t row = (l * c->n_items + item) * c->stride;
        probabilities(r, r->b, r->x[l], r->p);
        for (size_t a = 0; a < r->k; a++) {
            if (codes[a] >= c->stride) /* what equals nobody's has no match */
                continue;
            double p = fmax(r->p[a], LEAST);
            c->p[row + codes[a]] = (float)p;
            c->log_p[row + codes[a]] = (float)log(p);
        }
    }
}

static void fit_item(void *context, size_t item, int worker)
{
    struct job *job = context;
    const struct option_curves *c = job->curves;
    size_t codes[OPTION_CODES + 1], k = find_answers(job, item, codes), m = k * TERMS;
    (void)worker;
    if (k == 0)
        return;
    double *space = calloc(c->n_levels * k + 3 * m + m * m + k, sizeof *space);
    if (!space) {
        atomic_store(&job->out_of_memory, true);
        return;
    }
    struct regression r = {.n_levels = c->n_levels, .k = k, .x = job->x, .counts = space};
    r.b = r.counts + c->n_levels * k;
    r.next = r.b + m;
    r.gradient = r.next + m;
    r.information = r.gradient + m;
    r.p = r.information + m * m;
    for (size_t l = 0; l < c->n_levels; l++)
        for (size_t a = 0; a < k; a++)
            r.counts[l * k + a] = job->counts[(l * c->n_items + item) * job->width + codes[a]];
    fit(&r);
    write_curves(job, &r, item, codes);
    free(space);
}

/* ---- all items ---- */

/* x of each level, centred and scaled over the candidates. */
static void place_levels(const uint16_t *levels, size_t n, size_t n_levels, double *x)
{
    double mean = 0, squares = 0;
    for (size_t l = 0; l < n_levels; l++)
        x[l] = log(((double)l + 0.5) / ((double)n_levels - (double)l - 0.5));
    for (size_t c = 0; c < n; c++)
        mean += x[levels[c]] / (double)n;
    for (size_t c = 0; c < n; c++)
        squares += (x[levels[c]] - mean) * (x[levels[c]] - mean) / (double)n;
    double sd = sqrt(squares);
    for (size_t l = 0; l < n_levels; l++)
        x[l] = sd > 1e-9 ? fmax(-FAR, fmin(FAR, (x[l] - mean) / sd)) : 0;
}

static size_t largest_code(const unsigned char *answers, size_t n)
{
    size_t most = 0;
    for (size_t i = 0; i < n; i++)
        if (answers[i] < OPTION_CODES && answers[i] > most)
            most = answers[i];
    return most;
}

static void count_answers(const unsigned char *answers, const uint16_t *levels, size_t n,
                          size_t n_items, const struct job *job)
{
    for (size_t c = 0; c < n; c++)
        for (size_t i = 0; i < n_items; i++) {
            size_t code = answers[c * n_items + i];
            if (code >= OPTION_CODES)
                code = job->width - 1;
            job->counts[(levels[c] * n_items + i) * job->width + code]++;
        }
}

int option_curves_fit(const unsigned char *answers, const uint16_t *levels, size_t n_candidates,
                      size_t n_items, int jobs, struct option_curves *ret)
{
    struct option_curves c = {.n_items = n_items, .n_levels = n_items + 1};
    struct job job = {.curves = &c};
    int rc = YJ_ENOMEM;

    c.stride = largest_code(answers, n_candidates * n_items) + 1;
    job.width = c.stride + 1;
    size_t cells = c.n_levels * n_items;
    c.p = calloc(cells * c.stride + 1, sizeof *c.p);
    c.log_p = calloc(cells * c.stride + 1, sizeof *c.log_p);
    job.counts = calloc(cells * job.width + 1, sizeof *job.counts);
    job.x = calloc(c.n_levels, sizeof *job.x);
    atomic_init(&job.out_of_memory, false);
    if (c.p && c.log_p && job.counts && job.x) {
        place_levels(levels, n_candidates, c.n_levels, job.x);
        count_answers(answers, levels, n_candidates, n_items, &job);
        block_jobs_run(jobs, n_items, fit_item, &job);
        rc = atomic_load(&job.out_of_memory) ? YJ_ENOMEM : 0;
    }
    free(job.counts);
    free(job.x);
    if (rc < 0)
        option_curves_finish(&c);
    else
        *ret = c;
    return rc;
}

void option_curves_finish(struct option_curves *c)
{
    free(c->p);
    free(c->log_p);
    *c = (struct option_curves){0};
}
