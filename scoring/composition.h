/* composition.h - points of items -> points of sections -> the total. Pure and exact.
 *
 * Of each section: items are chosen (all, the best x, the first x answered) and summed; guesses are
 * taken off (a wrong answer costs S/(n - 1), so that the sum is R - W/(n - 1)); the sum is re-based
 * (times whole/kept, where items with rule void_rebase fell out); weighted; lifted to the floor;
 * rounded. The total is the sum of the sections and of the items in none, lifted and rounded. The
 * maximum goes the same way from the items' full points. docs/scoring.md. */
#ifndef YJ_SCORING_COMPOSITION_H
#define YJ_SCORING_COMPOSITION_H

#include "scheme.h"
#include "score.h"

/* What composition asks of an item. */
struct test_item {
    struct points points;
    bool pending;  /* waits for a person: so do its section and the total */
    bool counts;   /* false: dropped */
    bool answered; /* for "the first answered" */
    bool wrong;    /* answered, and no accepted answer: for the correction for guessing */
};

struct test_section {
    const char *name;                    /* "" the items of no section */
    const struct section_scheme *scheme; /* NULL: summed as they are */
    const int *items;                    /* indexes in the key */
    int n_items;
    struct points rebase; /* 1 where nothing is to re-base */
    struct points max;
};

/* How a key's items become a total: made once. Borrows key and scheme. */
struct test_plan {
    const struct key *key;
    const struct scheme *scheme;
    struct test_section *sections; /* named ones in the order in which the key first speaks of them,
                                      then that of no section */
    int n_sections;                /* the last of them is "" */
    int *section_of_item;          /* [item] */
    int *items;                    /* what the sections' items point into */
    int *order;                    /* scratch of choosing */
    struct points max;             /* of the test */
    bool for_maximum;              /* the maximum is being found */
};

/* The steps of one section; those that do nothing repeat the step before. */
struct section_score {
    bool pending;
    int n_chosen;
    struct points sum, guessed /* taken off */, rebased, weighted, lifted, points /* rounded */;
};

struct test_total {
    bool pending;
    struct points sum, lifted, points;
};

/* `key` has passed key_check and scheme_check. YJ_ENOMEM. */
int test_plan_init(struct test_plan *plan, const struct key *key, const struct scheme *scheme);
void test_plan_finish(struct test_plan *plan);
/* Whether some section counts only some of its items: the best, or the first answered. */
bool test_plan_chooses(const struct test_plan *plan);
/* items[key->n_items]; ret_sections[plan->n_sections]; chosen[key->n_items] (may be NULL): whether
 * an item is part of its section's sum. Uses the plan's scratch: one thread at a time. */
void test_score_compute(struct test_plan *plan, const struct test_item *items,
                        struct section_score *ret_sections, bool *chosen,
                        struct test_total *ret_total);
/* As composition needs it of a response. */
struct test_item test_item_of(const struct key_item *item, const struct response *response,
                              const struct item_score *score);
/* Exact rounding to a number of decimals. */
struct points points_round(struct points points, const struct rounding *rounding);

#endif
