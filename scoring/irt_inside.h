/* irt_inside.h - what the files of the item response models share; nobody else includes it.
 *
 * Inside, an item's curve over standard normal ability z is logit((P - c) / (1 - c)) = a z + d;
 * Rasch has one `a` for all, the abilities' standard deviation. Patterns: candidates with equal
 * answers are one, with a weight. Items go in groups of four, three states each: a group's answers
 * are one code of 0 to 80, so that a pattern's log-likelihood is a sum of one row a group instead
 * of one an item, and missing answers cost nothing. */
#ifndef YJ_SCORING_IRT_INSIDE_H
#define YJ_SCORING_IRT_INSIDE_H

#include "irt.h"

#define GROUP_ITEMS 4
#define GROUP_CODES 81
#define PATTERNS_PER_BLOCK 4096
#define IRT_MAX_NODES 241
#define NODE_LANES 4 /* node counts are rounded up to it, with nodes of weight 0 */

struct irt_patterns {
    size_t n, n_items, n_groups;
    unsigned char *codes; /* [pattern * n_groups + group]; per item 0 wrong, 1 right, 2 not seen */
    double *weights;      /* [pattern] */
    size_t *of;           /* [candidate] its pattern; NULL in merged patterns */
};

/* Parameters of one item: a slope, an intercept, logit of the guess. */
struct irt_par {
    double a, d, g;
};

struct irt_prior {
    bool on;
    double log_a, log_a_sd, g, g_sd;
};

struct irt_nodes {
    size_t n, padded;
    double *z, *log_weight; /* [padded] */
};

/* A fit under way: over the items that are fitted. */
struct irt_work {
    enum irt_model model;
    int jobs;
    bool outer_products;
    size_t n_items;
    struct irt_nodes nodes;
    struct irt_patterns all, merged; /* merged: Rasch, by what was seen and the score */
    double *right;                   /* [item] candidates right */
    struct irt_prior *priors;        /* [item] */
    /* Scratch of the E step. */
    double *table;        /* [group][code][node] log-probabilities */
    double *crew_counts;  /* [worker][group][code][node] posteriors of the block in hand */
    double *block_counts; /* [block] hit, seen and log-likelihood of each block */
    double *hit, *seen;   /* [item][node] expected numbers right, and presented */
    double log_likelihood;
    /* Scratch of Rasch's M step: [4 * item], [item]. */
    double *rasch_scratch;
    struct irt_par *next_pars;
};

/* ---- irt_patterns.c ---- */

int irt_patterns_make(const struct irt_responses *r, const size_t *items, size_t n_items,
                      struct irt_patterns *ret);
/* One pattern of each set of (items seen, number right): equal likelihoods under Rasch. */
int irt_patterns_merge(const struct irt_patterns *all, struct irt_patterns *ret);
void irt_patterns_finish(struct irt_patterns *p);
/* 0, 1 or 2. */
int irt_pattern_answer(const struct irt_patterns *p, size_t pattern, size_t item);

/* ---- irt_estep.c ---- */

int irt_work_alloc(struct irt_work *w);
void irt_work_finish(struct irt_work *w);
/* From parameters [item] to hit, seen, log_likelihood over `p`. Where persons is not NULL
 * ([pattern]) their EAP and sd in z. Of merged patterns an item's own hits are not to be had, only
 * their sum over items at each node, and w->right. */
void irt_estep(struct irt_work *w, const struct irt_patterns *p, const struct irt_par *pars,
               struct irt_person *persons);
/* The posterior of one pattern, [padded], from w->table; returns its log-likelihood. */
double irt_posterior(const struct irt_work *w, const struct irt_patterns *p, size_t pattern,
                     double *post);
void irt_fill_table(struct irt_work *w, const struct irt_par *pars);

/* ---- irt_mstep.c ---- */

void irt_mstep(const struct irt_work *w, struct irt_par *pars);
/* log of the priors of all items. */
double irt_log_prior(const struct irt_work *w, const struct irt_par *pars);
/* Derivatives of an item's log P (right) or log Q (wrong) at z by (a, d, g). */
void irt_log_derivatives(const struct irt_par *par, bool has_guess, double z, bool right,
                         double *ret);
double irt_par_probability(const struct irt_par *par, bool has_guess, double z);
/* Gradient of the marginal log-likelihood (and log prior) from hit and seen: Fisher's identity. In
 * the order of irt_vector. */
void irt_gradient(const struct irt_work *w, const struct irt_par *pars, double *ret);

/* Parameters as a vector: Rasch d of each item, then the common a; 2PL a, d of each; 3PL a, d, g.
 */
size_t irt_vector_length(const struct irt_work *w);
void irt_vector_from(const struct irt_work *w, const struct irt_par *pars, double *ret);
void irt_vector_to(const struct irt_work *w, const double *v, struct irt_par *ret);

/* ---- irt_errors.c ---- */

/* Covariances of the vector: per item [3 * 3] of (a, d, g), zero where fixed, and the variance of
 * the last parameter (Rasch's a). NaN where the information is not positive definite. */
int irt_covariances(struct irt_work *w, const struct irt_par *pars, double *ret_items,
                    double *ret_last, bool *ret_observed);

#endif
