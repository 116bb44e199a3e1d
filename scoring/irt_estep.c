/* irt_estep.c - posteriors of ability, and how often each item is right at each ability.
 *
 * A worker adds the posteriors of a block's patterns up by [group][code][node]; at the block's end
 * these are folded into [item][node], and the blocks are summed in their order: floating-point sums
 * are the same however many workers there are. */
#include "irt_inside.h"

#include "block_jobs.h"
#include "diag.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Nodes whose posterior is less than e^-45 of the highest one's add nothing to a double. */
#define NEGLIGIBLE (-45.0)
#define NO_WEIGHT (-1e300)
#define NODE_MAX 6.0

static int make_nodes(struct irt_nodes *nodes)
{
    size_t n = nodes->n;
    double sum = 0;
    nodes->padded = (n + NODE_LANES - 1) / NODE_LANES * NODE_LANES;
    nodes->z = calloc(nodes->padded, sizeof *nodes->z);
    nodes->log_weight = calloc(nodes->padded, sizeof *nodes->log_weight);
    if (!nodes->z || !nodes->log_weight)
        return YJ_ENOMEM;
    for (size_t q = 0; q < n; q++) {
        nodes->z[q] = NODE_MAX * (2 * (double)q / (double)(n - 1) - 1);
        sum += exp(-nodes->z[q] * nodes->z[q] / 2);
    }
    for (size_t q = 0; q < nodes->padded; q++)
        nodes->log_weight[q] = q < n ? -nodes->z[q] * nodes->z[q] / 2 - log(sum) : NO_WEIGHT;
    return 0;
}

static size_t table_size(const struct irt_work *w)
{
    return (w->n_items + GROUP_ITEMS - 1) / GROUP_ITEMS * GROUP_CODES * w->nodes.padded;
}

static size_t blocks_of(size_t n_patterns)
{
    return (n_patterns + PATTERNS_PER_BLOCK - 1) / PATTERNS_PER_BLOCK;
}

/* What a block yields: hit and seen, [item][node] each, and the log-likelihood. */
static size_t block_size(const struct irt_work *w)
{
    return 2 * w->n_items * w->nodes.padded + 1;
}

int irt_work_alloc(struct irt_work *w)
{
    size_t workers = (size_t)block_jobs_workers(w->jobs, blocks_of(w->all.n));
    if (make_nodes(&w->nodes) < 0)
        return YJ_ENOMEM;
    size_t cells = w->n_items * w->nodes.padded;
    w->table = malloc(table_size(w) * sizeof *w->table);
    w->crew_counts = malloc(workers * table_size(w) * sizeof *w->crew_counts);
    w->block_counts = malloc(blocks_of(w->all.n) * block_size(w) * sizeof *w->block_counts);
    w->hit = malloc(cells * sizeof *w->hit);
    w->seen = malloc(cells * sizeof *w->seen);
    w->rasch_scratch = malloc(4 * w->n_items * sizeof *w->rasch_scratch);
    w->next_pars = malloc(w->n_items * sizeof *w->next_pars);
    bool all = w->table && w->crew_counts && w->block_counts && w->hit && w->seen &&
               w->rasch_scratch && w->next_pars;
    return all ? 0 : YJ_ENOMEM;
}

void irt_work_finish(struct irt_work *w)
{
    irt_patterns_finish(&w->all);
    irt_patterns_finish(&w->merged);
    free(w->nodes.z);
    free(w->nodes.log_weight);
    free(w->right);
    free(w->priors);
    free(w->table);
    free(w->crew_counts);
    free(w->block_counts);
    free(w->hit);
    free(w->seen);
    free(w->rasch_scratch);
    free(w->next_pars);
}

/* ---- log-probabilities of every code of every group ---- */

/* log(1 / (1 + exp(-x))) */
static double log_logistic(double x)
{
    return x > 0 ? -log1p(exp(-x)) : x - log1p(exp(x));
}

static void log_probabilities(const struct irt_par *par, bool has_guess, double z, double ret[3])
{
    double x = par->a * z + par->d;
    ret[0] = log_logistic(-x);
    ret[1] = log_logistic(x);
    ret[2] = 0;
    if (!has_guess)
        return;
    double c = 1 / (1 + exp(-par->g));
    ret[0] += log1p(-c);
    ret[1] = log(c + (1 - c) * exp(ret[1]));
}

static void add_item(struct irt_work *w, const struct irt_par *par, size_t item)
{
    static const int place[GROUP_ITEMS] = {1, 3, 9, 27};
    size_t padded = w->nodes.padded;
    double *group = w->table + item / GROUP_ITEMS * GROUP_CODES * padded;
    for (size_t q = 0; q < padded; q++) {
        double logs[3];
        log_probabilities(par, w->model == IRT_3PL, w->nodes.z[q], logs);
        for (int code = 0; code < GROUP_CODES; code++)
            group[(size_t)code * padded + q] += logs[code / place[item % GROUP_ITEMS] % 3];
    }
}

void irt_fill_table(struct irt_work *w, const struct irt_par *pars)
{
    memset(w->table, 0, table_size(w) * sizeof *w->table);
    for (size_t i = 0; i < w->n_items; i++)
        add_item(w, &pars[i], i);
}

/* ---- one pattern ---- */

static void add_row(double *restrict to, const double *restrict from, size_t n)
{
    for (size_t q = 0; q < n; q++)
        to[q] += from[q];
}

double irt_posterior(const struct irt_work *w, const struct irt_patterns *p, size_t pattern,
                     double *post)
{
    size_t padded = w->nodes.padded;
    const unsigned char *codes = p->codes + pattern * p->n_groups;
    double most = NO_WEIGHT, sum = 0;

    memcpy(post, w->nodes.log_weight, padded * sizeof *post);
    for (size_t g = 0; g < p->n_groups; g++)
        add_row(post, w->table + (g * GROUP_CODES + codes[g]) * padded, padded);
    for (size_t q = 0; q < padded; q++)
        most = post[q] > most ? post[q] : most;
    for (size_t q = 0; q < padded; q++) {
        post[q] = post[q] - most > NEGLIGIBLE ? exp(post[q] - most) : 0;
        sum += post[q];
    }
    assert(sum > 0); /* the highest node adds 1 */
    for (size_t q = 0; q < padded; q++)
        post[q] /= sum;
    return most + log(sum);
}

static struct irt_person summarise(const struct irt_nodes *nodes, const double *post)
{
    double mean = 0, squares = 0;
    for (size_t q = 0; q < nodes->n; q++)
        mean += post[q] * nodes->z[q];
    for (size_t q = 0; q < nodes->n; q++)
        squares += post[q] * (nodes->z[q] - mean) * (nodes->z[q] - mean);
    return (struct irt_person){mean, sqrt(squares)};
}

/* ---- blocks ---- */

struct estep {
    struct irt_work *w;
    const struct irt_patterns *patterns;
    struct irt_person *persons;
};

/* Codes to items: what each code says of each of its items. */
static void fold(const struct irt_work *w, const double *counts, double *hit, double *seen)
{
    static const int place[GROUP_ITEMS] = {1, 3, 9, 27};
    size_t padded = w->nodes.padded;
    for (size_t i = 0; i < w->n_items; i++) {
        const double *group = counts + i / GROUP_ITEMS * GROUP_CODES * padded;
        for (int code = 0; code < GROUP_CODES; code++) {
            int state = code / place[i % GROUP_ITEMS] % 3;
            if (state == 2)
                continue;
            const double *row = group + (size_t)code * padded;
            add_row(seen + i * padded, row, padded);
            if (state == 1)
                add_row(hit + i * padded, row, padded);
        }
    }
}

static void take_block(void *context, size_t block, int worker)
{
    const struct estep *e = context;
    struct irt_work *w = e->w;
    const struct irt_patterns *p = e->patterns;
    size_t padded = w->nodes.padded, cells = w->n_items * padded;
    double *counts = w->crew_counts + (size_t)worker * table_size(w);
    double *out = w->block_counts + block * block_size(w);
    size_t end = (block + 1) * PATTERNS_PER_BLOCK < p->n ? (block + 1) * PATTERNS_PER_BLOCK : p->n;
    double post[IRT_MAX_NODES + NODE_LANES], log_likelihood = 0;

    memset(counts, 0, table_size(w) * sizeof *counts);
    memset(out, 0, block_size(w) * sizeof *out);
    for (size_t i = block * PATTERNS_PER_BLOCK; i < end; i++) {
        const unsigned char *codes = p->codes + i * p->n_groups;
        log_likelihood += p->weights[i] * irt_posterior(w, p, i, post);
        if (e->persons)
            e->persons[i] = summarise(&w->nodes, post);
        for (size_t q = 0; q < padded; q++)
            post[q] *= p->weights[i];
        for (size_t g = 0; g < p->n_groups; g++)
            add_row(counts + (g * GROUP_CODES + codes[g]) * padded, post, padded);
    }
    fold(w, counts, out, out + cells);
    out[2 * cells] = log_likelihood;
}

/* Merged patterns have the likelihood of one of them: what the others differ by is their items'
 * intercepts. Nought where nothing was merged. */
static double merged_difference(const struct irt_work *w, const struct irt_par *pars)
{
    double sum = 0;
    for (size_t i = 0; i < w->n_items; i++) {
        double right = 0;
        for (size_t q = 0; q < w->nodes.padded; q++)
            right += w->hit[i * w->nodes.padded + q];
        sum += pars[i].d * (w->right[i] - right);
    }
    return sum;
}

void irt_estep(struct irt_work *w, const struct irt_patterns *p, const struct irt_par *pars,
               struct irt_person *persons)
{
    struct estep e = {w, p, persons};
    size_t blocks = blocks_of(p->n), cells = w->n_items * w->nodes.padded;

    irt_fill_table(w, pars);
    block_jobs_run(w->jobs, blocks, take_block, &e);
    memset(w->hit, 0, cells * sizeof *w->hit);
    memset(w->seen, 0, cells * sizeof *w->seen);
    w->log_likelihood = 0;
    for (size_t b = 0; b < blocks; b++) {
        const double *out = w->block_counts + b * block_size(w);
        add_row(w->hit, out, cells);
        add_row(w->seen, out + cells, cells);
        w->log_likelihood += out[2 * cells];
    }
    if (w->model == IRT_RASCH)
        w->log_likelihood += merged_difference(w, pars);
}
