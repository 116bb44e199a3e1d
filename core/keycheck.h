/* keycheck.h - what the two files share that hold a key against its forms: keycheck.c asks whether
 * an answer can be marked, keyworth.c what it is worth. For others there is key_check (key.h). */
#ifndef YJ_CORE_KEYCHECK_H
#define YJ_CORE_KEYCHECK_H

#include "key.h"

struct diag;

/* Bounds that keep sums of points exact in 64 bits: the common denominator, the size of a total,
 * and of both together, so that the sum of a million totals, or a total times 10^6, is exact too.
 */
#define KEY_MAX_DENOMINATOR 1000000000
#define KEY_MAX_SUM 1000000000
#define KEY_MAX_SIZE 1000000000000

struct key_checker {
    struct key *key;
    const struct form *const *forms;
    int n_forms;
    struct diag *d;
};

/* An item whose rule counts marks: every number of right and wrong ones must have a value, the full
 * answer the item's points and none more. 0 for other rules; YJ_EINPUT, told. */
int key_check_tallies(const struct key_checker *c, const struct key_item *item);
/* Whether all points that the key can give add up exactly; sets key->denominator. */
int key_check_exactness(const struct key_checker *c);
/* The most points, or the least below 0, that an answer can have; for an item of a checked key. */
double key_item_size(const struct key_checker *c, const struct key_item *item);

#endif
