/* countrule.h - rules that ask only how many right and how many wrong options are marked.
 *
 * Pure arithmetic of a key's item; knows no reading. What each rule gives for every count is known
 * before a scan is opened, so key_check can try them all. */
#ifndef YJ_CORE_COUNTRULE_H
#define YJ_CORE_COUNTRULE_H

#include "key.h"

struct mark_tally {
    int options, key; /* of the field (0: no choice), in the key */
    int right, wrong; /* marked */
};

bool item_rule_tallies(enum item_rule rule);
/* Points of an answer that is neither blank nor has more marks than allowed. YJ_EINPUT: the rule's
 * formula has no value for it. */
int tally_points(const struct key_item *item, const struct mark_tally *tally,
                 struct points *ret_points);

#endif
