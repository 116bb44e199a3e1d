/* explain.h - why a candidate has this score: every item, every step to the total, in words.
 *
 * Made from what is stored of one candidate and the exam that it was scored by; scored once more on
 * the way, so that a stored figure which does not follow is told. Opens no image. */
#ifndef YJ_ENGINE_EXPLAIN_H
#define YJ_ENGINE_EXPLAIN_H

#include "composition.h"
#include "exam.h"
#include "store.h"

struct diag;

#define RULE_WORDS_MAX 400

struct item_explanation {
    const struct key_item *item;
    const struct stored_answer *answer; /* NULL: nothing was read for it */
    const char *printed;      /* the field that was read, where the version has another; else "" */
    const char *value;        /* what it says in the key's own options; "" blank or none */
    struct response response; /* what was scored */
    const char *by;           /* who gave the points, where they were entered by people; "" */
    struct item_score score;
    const char *key;  /* accepted answers joined by '|'; "" none */
    const char *rule; /* in words, with its exact figures */
    const char *why;  /* why it has these points, or waits */
    bool chosen;      /* part of its section's sum */
    bool differs;     /* the store has other points */
};

struct explanation {
    const struct stored_score *score;
    const char *version;                  /* of the paper; "" none */
    const struct item_explanation *items; /* [n_items] key order */
    int n_items;
    const struct test_plan *plan;
    const struct section_score *sections; /* [plan->n_sections] */
    struct test_total total;
    bool differs; /* the store's total or an item's points are others: run regrade */
};

/* Each of the candidate's scores goes to `visit`, valid during the call. Returns how many there
 * are; a negative return of visit is returned. YJ_ENOMEM, YJ_EIO. */
int explain_candidate(struct store *store, const struct exam *exam, const char *candidate,
                      int (*visit)(void *context, const struct explanation *explanation),
                      void *context, struct diag *d);
/* An item's rule in words: "all right options 5, a part of them 2, any wrong one 0". */
void explain_rule(const struct key_item *item, char text[RULE_WORDS_MAX]);

#endif
