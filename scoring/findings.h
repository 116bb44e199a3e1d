/* findings.h - what a person should look at before scores are handed out: items, options, totals.
 *
 * Every rule has a guard against small numbers, said at its limit. Groups far off are judged in
 * groups.h. No text is made here. */
#ifndef YJ_SCORING_FINDINGS_H
#define YJ_SCORING_FINDINGS_H

#include "distractors.h"
#include "itemstats.h"
#include "points.h"

enum suspicion_kind {
    SUSPICION_MISKEYED,      /* a wrong option behaves like the key (miskey_find) */
    SUSPICION_NEGATIVE_ITEM, /* the better candidates do worse, beyond chance */
    SUSPICION_HURTS_ALPHA,   /* alpha is higher without the item */
    SUSPICION_UNUSED_OPTION, /* nobody takes it; grave where the key stands or falls with it */
    SUSPICION_ZERO_SCORE,
    SUSPICION_PERFECT_SCORE,
};

struct suspicion {
    enum suspicion_kind kind;
    bool grave;    /* scores may be wrong */
    int item;      /* -1: of a candidate */
    int option;    /* of the miskeyed and the unused; -1 */
    int candidate; /* -1: of an item */
    double figure; /* the wrong option's correlation; the item's rest correlation; alpha without the
                      item; candidates who could have taken the option; the total */
    double other;  /* the key's correlation; alpha of all; else NaN */
    double p;      /* of the tests; else NaN */
};

struct suspicion_limits {
    struct miskey_limits miskey;
    double negative_level; /* one-sided p that the rest correlation is below 0; 0.01 */
    double alpha_gain;     /* by how much alpha must be higher without the item; 0.005 */
    size_t alpha_of_total; /* candidates at least; 20 */
    /* An option is told as unused where at least so many could have taken it; 59: one that 5 % of
     * all candidates would take is then missed by chance with less than 5 % (0.95^59). */
    size_t unused_of_total;
    /* An option of the key; 20: of so many who guess among five, one at least would have hit it but
     * for 1 % (0.8^20). */
    size_t unused_key_of_total;
};
#define SUSPICION_LIMITS ((struct suspicion_limits){MISKEY_LIMITS, 0.01, 0.005, 20, 59, 20})

/* Of one item: at most 3 + n_options suspicions to ret, which has room for them; how many is
 * returned. `answers` and `options` may be NULL where the item has no options (then only its points
 * speak); `key` 0 where it has no key. `stats` NULL: the item does not count. */
struct suspicion_item {
    int item;
    const struct item_statistics *stats;
    const struct item_answers *answers;
    const struct option_figures *options;
    uint64_t key;
    bool any_of; /* miskey_find's */
};
size_t suspicions_of_item(const struct suspicion_item *item, const struct test_statistics *test,
                          const struct suspicion_limits *limits, struct suspicion *ret);

/* Totals of nought or less, and of the maximum or more (both told where the maximum is above 0);
 * ret has room for n. */
size_t suspicions_of_totals(const struct points *totals, const bool *counts, size_t n,
                            struct points max, struct suspicion *ret);

#endif
