/* hashset.c - open addressing, at most half full; a content hash is its own hash. */
#include "hashset.h"
#include "diag.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 1024

void hashset_init(struct hashset *set)
{
    *set = (struct hashset){0};
}

void hashset_finish(struct hashset *set)
{
    free(set->slots);
    free(set->used);
    hashset_init(set);
}

/* Where `hash` is, or the free slot where it would go. */
static size_t find_slot(const struct hashset *set, const uint8_t hash[SCAN_HASH_SIZE])
{
    size_t start;
    memcpy(&start, hash, sizeof start);
    size_t i = start & (set->capacity - 1);
    while (set->used[i] && memcmp(set->slots[i], hash, SCAN_HASH_SIZE) != 0)
        i = (i + 1) & (set->capacity - 1);
    return i;
}

static void put(struct hashset *set, const uint8_t hash[SCAN_HASH_SIZE])
{
    size_t i = find_slot(set, hash);
    set->n += !set->used[i];
    set->used[i] = true;
    memcpy(set->slots[i], hash, SCAN_HASH_SIZE);
}

static int grow(struct hashset *set)
{
    struct hashset larger = {.capacity = set->capacity ? 2 * set->capacity : FIRST_CAPACITY};
    larger.slots = calloc(larger.capacity, sizeof *larger.slots);
    larger.used = calloc(larger.capacity, sizeof *larger.used);
    if (!larger.slots || !larger.used) {
        hashset_finish(&larger);
        return YJ_ENOMEM;
    }
    for (size_t i = 0; i < set->capacity; i++)
        if (set->used[i])
            put(&larger, set->slots[i]);
    hashset_finish(set);
    *set = larger;
    return 0;
}

bool hashset_has(const struct hashset *set, const uint8_t hash[SCAN_HASH_SIZE])
{
    return set->capacity > 0 && set->used[find_slot(set, hash)];
}

int hashset_add(struct hashset *set, const uint8_t hash[SCAN_HASH_SIZE])
{
    if (2 * (set->n + 1) > set->capacity) {
        int r = grow(set);
        if (r < 0)
            return r;
    }
    put(set, hash);
    return 0;
}
