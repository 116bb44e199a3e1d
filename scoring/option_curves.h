/* option_curves.h - how likely each answer to each item is, for candidates of each ability.
 *
 * Bock's nominal response model ("Estimating item parameters and latent ability when responses are
 * scored in two or more nominal categories", Psychometrika 37, 1972) with the ability not
 * integrated out but observed: x = logit of the share right among the items that a candidate
 * answered. The logits of an item's answers are quadratic in x, fitted by penalised maximum
 * likelihood: the penalty (normal priors, sd 2 on slopes, 0.5 on curvatures) matters in a single
 * class and vanishes in a prefecture. Probabilities are among those who answered: a blank tells of
 * time, not of what a candidate thinks. */
#ifndef YJ_SCORING_OPTION_CURVES_H
#define YJ_SCORING_OPTION_CURVES_H

#include <stddef.h>
#include <stdint.h>

#define OPTION_BLANK 0   /* no answer */
#define OPTION_CODES 64  /* answers have codes 1 to 63 */
#define OPTION_OTHER 255 /* an answer that equals nobody else's (a rare number, a text) */

struct option_curves {
    size_t n_items, n_levels, stride; /* levels 0 to n_items; stride > the largest code */
    float *p, *log_p; /* [(level * n_items + item) * stride + code]; of a blank 0 and 0 */
};

/* A candidate's level: round(n_items * right / answered); 0 if nothing is answered. */
size_t option_level(size_t right, size_t answered, size_t n_items);

/* answers [candidate * n_items + item]; levels [candidate]. 0 or YJ_ENOMEM; the caller's to finish.
 */
int option_curves_fit(const unsigned char *answers, const uint16_t *levels, size_t n_candidates,
                      size_t n_items, int jobs, struct option_curves *ret);
void option_curves_finish(struct option_curves *c);

#endif
