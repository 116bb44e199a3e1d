/* hashset.h - a set of scans' content hashes: which bytes were seen already. */
#ifndef YJ_ENGINE_HASHSET_H
#define YJ_ENGINE_HASHSET_H

#include "records.h"
#include <stdbool.h>

struct hashset {
    uint8_t (*slots)[SCAN_HASH_SIZE];
    bool *used;
    size_t n, capacity; /* capacity: 0 or a power of two */
};

void hashset_init(struct hashset *set);
void hashset_finish(struct hashset *set);
bool hashset_has(const struct hashset *set, const uint8_t hash[SCAN_HASH_SIZE]);
/* 0 or YJ_ENOMEM, which leaves the set as it was. Adding twice is adding once. */
int hashset_add(struct hashset *set, const uint8_t hash[SCAN_HASH_SIZE]);

#endif
