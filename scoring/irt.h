/* irt.h - item response models: Rasch, 2PL, 3PL; items, persons, curves.
 *
 * A candidate of ability t is right on an item with probability
 *
 *     P(t) = c + (1 - c) / (1 + exp(-a (t - b)))
 *
 * in the logistic metric (no 1.7). Fitted by marginal maximum likelihood: Bock and Aitkin,
 * "Marginal maximum likelihood estimation of item parameters: application of an EM algorithm",
 * Psychometrika 46, 1981; ability is integrated over equally spaced nodes from -6 to 6 standard
 * deviations, as R's mirt does. Conventions:
 *
 * - Rasch: a is 1, c is 0, abilities are normal with mean 0 and a free standard deviation
 *   (`ability_sd`), in logits: mirt's itemtype "Rasch", TAM's tam.mml. R's ltm fixes the sd at 1
 * and frees one common discrimination: its Dscrmn is our ability_sd, its Dffclt our b / ability_sd.
 * - 2PL: c is 0, abilities are standard normal. a may be negative: the key is wrong, or the item.
 * - 3PL: as 2PL, with c > 0. The likelihood alone hardly knows c, so two priors help, after
 *   BILOG's defaults: log a normal(log 1.7, 0.5), d = -a b flat, logit c
 *   normal(logit(1 / options), 0.5); estimates are the posterior's mode in (log a, d, logit c).
 *
 * Items are right or wrong. An item with partial credit must be cut by the caller, and full marks
 * are the cut to use: it asks the one question of every item ("is all of it right?"), needs no
 * ordering of part scores that the model would have to be told, and loses only what distinguishes
 * parts, which classical figures still show. The curve of expected points counts such an item's
 * points as all or nothing.
 *
 * Pure; no file, no key, no log. Results do not depend on `jobs`: candidates are added up in fixed
 * blocks, in order. */
#ifndef YJ_SCORING_IRT_H
#define YJ_SCORING_IRT_H

#include <stdbool.h>
#include <stddef.h>

enum irt_model { IRT_RASCH, IRT_2PL, IRT_3PL };

enum irt_answer { IRT_NOT_PRESENTED = -1, IRT_WRONG = 0, IRT_RIGHT = 1 };

struct irt_responses {
    size_t n_candidates, n_items;
    /* [candidate * n_items + item], enum irt_answer. A blank that the candidate could have answered
     * is wrong; what the candidate never saw (another form, a dropped item) is not presented. */
    const signed char *answers;
};

struct irt_options {
    enum irt_model model;
    int jobs;            /* threads, 1 or more; 0: 1 */
    int nodes;           /* 11 to 241; 0: 61, from 151 items on 121 (their posteriors are narrow) */
    int max_iterations;  /* EM steps; 0: 2000 */
    double tolerance;    /* largest change of any parameter in an EM step; 0: 1e-6 */
    bool outer_products; /* standard errors always the quick way: see irt_fit_model */
    /* 3PL: [item] number of options, or NULL. Fewer than 2 (or NULL) counts as 4. */
    const int *n_options;
};

/* Why an item, or everything, has no model. */
enum irt_why {
    IRT_FITTED,
    IRT_ALL_RIGHT,      /* everybody who saw the item was right: no difficulty is low enough */
    IRT_ALL_WRONG,      /* likewise */
    IRT_NOBODY,         /* no candidate saw it */
    IRT_FEW_CANDIDATES, /* of the whole: fewer than 2 candidates */
    IRT_FEW_ITEMS,      /* of the whole: fewer items left than the model needs (2; 2PL, 3PL: 3) */
    IRT_ALL_EQUAL,      /* of the whole: every candidate has the same score */
};

struct irt_item {
    enum irt_why why; /* if not IRT_FITTED the figures are NaN */
    double a, b, c;   /* Rasch: a 1; Rasch, 2PL: c 0. b is NaN where |a| < 1e-3: a flat curve */
    double a_error, b_error, c_error; /* standard errors; fixed ones 0; NaN: not to be had */
    /* Mean squares of the standardised residuals, weighted by information and plain, each over the
     * posterior of ability (as TAM's msq.itemfit; Wright and Masters, Rating Scale Analysis, 1982,
     * ch. 5). Expected 1; above 1.3 noisier than the model, below 0.7 too regular. */
    double infit, outfit;
    bool at_limit; /* a ran into +-IRT_MAX_SLOPE: the data know no end to it */
};

#define IRT_MAX_SLOPE 12.0 /* of standard deviations of ability: steeper is a step */

/* Expected a posteriori, and the posterior's standard deviation (Bock and Mislevy, "Adaptive EAP
 * estimation of ability in a microcomputer environment", Applied Psych. Measurement 6, 1982). NaN
 * for a candidate who saw no fitted item. */
struct irt_person {
    double ability, error;
};

struct irt_fit {
    enum irt_why why; /* if not IRT_FITTED there is no model, all items and persons are NaN */
    enum irt_model model;
    size_t n_items, n_candidates;
    struct irt_item *items;     /* [n_items] */
    struct irt_person *persons; /* [n_candidates] */
    double ability_sd;          /* 1 but for Rasch */
    double ability_sd_error;    /* 0 but for Rasch */
    double log_likelihood;      /* marginal, without priors */
    double reliability; /* var(EAP) / (var(EAP) + mean(error^2)): mirt's empirical_rxx; NaN */
    int n_fitted, n_parameters, iterations;
    bool converged;
    bool observed_information; /* how errors were had: see irt_fit_model */
};

/* Standard errors: the observed information (central differences of the exact gradient) where that
 * is cheap; otherwise the sum over candidates of the outer products of their gradients, which is
 * the same for many candidates if the model is true. NaN where the information is not positive
 * definite.
 *
 * 0, also where there is no model (ret->why); YJ_ENOMEM. ret is the caller's to irt_fit_finish. */
int irt_fit_model(const struct irt_responses *responses, const struct irt_options *options,
                  struct irt_fit *ret);
void irt_fit_finish(struct irt_fit *fit);
/* In words, translated; "" for IRT_FITTED. Static. */
const char *irt_why_text(enum irt_why why);
/* "rasch", "2pl", "3pl": for tables, not translated. */
const char *irt_model_name(enum irt_model model);

/* How many candidates a model wants before its items' figures are worth printing: 100 for Rasch
 * (Linacre, "Sample size and item calibration stability", Rasch Measurement Transactions 7, 1994),
 * 500 and 1000 for 2PL and 3PL (Hulin, Lissak and Drasgow, Applied Psych. Measurement 6, 1982).
 * Fewer are fitted all the same: a caller decides. */
size_t irt_least_candidates(enum irt_model model);

/* ---- curves (irt_curves.c); any of a fitted item, any finite ability ---- */

double irt_probability(const struct irt_item *item, double ability);
/* Fisher's: a^2 (Q/P) ((P - c) / (1 - c))^2; Birnbaum in Lord and Novick, 1968, 20.4. */
double irt_information(const struct irt_item *item, double ability);

struct irt_curve_point {
    double ability, information;
    double error;    /* 1 / sqrt(information); NaN where there is none */
    double expected; /* points, of the fitted items */
};

/* n >= 2 points from `from` to `to`. points[n_items]: what each item is worth; NULL: 1. */
void irt_test_curve(const struct irt_fit *fit, const double *points, double from, double to,
                    size_t n, struct irt_curve_point *ret);

#endif
