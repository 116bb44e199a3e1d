#include "answers.h"

#include "diag.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS 64

/* FNV-1a, 32 bits. */
static uint32_t hash_answer(const struct response *response)
{
    uint32_t hash = 2166136261u ^ (uint32_t)response->status;

    for (const char *c = response->value; *c; c++)
        hash = (hash * 16777619u) ^ (unsigned char)*c;
    return hash * 16777619u;
}

/* The slot where the answer is, or the free one where it belongs. */
static uint32_t find_slot(const struct answer_book *book, const struct response *response)
{
    uint32_t mask = book->n_slots - 1, slot = hash_answer(response) & mask;

    for (; book->slots[slot]; slot = (slot + 1) & mask) {
        const struct answer_entry *entry = &book->entries[book->slots[slot] - 1];
        if (entry->status == response->status && strcmp(entry->value, response->value) == 0)
            break;
    }
    return slot;
}

/* Doubles the slots where they are half full. */
static int make_slots(struct answer_book *book)
{
    if (book->n_entries * 2 < book->n_slots)
        return 0;
    uint32_t larger = book->n_slots ? book->n_slots * 2 : FIRST_SLOTS;
    uint32_t *slots = calloc(larger, sizeof *slots), *old = book->slots;
    if (!slots)
        return YJ_ENOMEM;
    book->slots = slots;
    book->n_slots = larger;
    free(old);
    for (uint32_t i = ANSWER_NONE + 1; i < book->n_entries; i++) {
        struct response response = {book->entries[i].value, book->entries[i].status};
        slots[find_slot(book, &response)] = i + 1;
    }
    return 0;
}

static int add_entry(struct answer_book *book, const struct response *response)
{
    if (book->n_entries == book->capacity) {
        uint32_t larger = book->capacity ? book->capacity * 2 : FIRST_SLOTS / 2;
        struct answer_entry *entries = realloc(book->entries, larger * sizeof *entries);
        if (!entries)
            return YJ_ENOMEM;
        book->entries = entries;
        book->capacity = larger;
    }
    struct answer_entry *entry = &book->entries[book->n_entries++];
    *entry = (struct answer_entry){response->value, response->status,
                                   score_item(book->item, response), 0, 0};
    entry->points = points_double(entry->score.points);
    if (book->item->n_options > 0 && response->value)
        score_option_set(response->value, book->item->options, book->item->n_options, &entry->set);
    return 0;
}

int answer_book_init(struct answer_book *book, const struct key_item *item)
{
    struct response none = {NULL, READING_UNREAD};

    *book = (struct answer_book){.item = item};
    int rc = add_entry(book, &none);
    return rc < 0 ? rc : make_slots(book);
}

void answer_book_finish(struct answer_book *book)
{
    free(book->entries);
    free(book->slots);
    *book = (struct answer_book){0};
}

int answer_book_enter(struct answer_book *book, struct arena *arena,
                      const struct response *response, uint32_t *ret_number)
{
    uint32_t slot = find_slot(book, response);

    if (!book->slots[slot]) {
        struct response kept = {arena_strdup(arena, response->value), response->status};
        int rc = kept.value ? add_entry(book, &kept) : YJ_ENOMEM;
        if (rc < 0)
            return rc;
        book->slots[slot] = book->n_entries;
        rc = make_slots(book);
        if (rc < 0)
            return rc;
        *ret_number = book->n_entries - 1;
        return 0;
    }
    *ret_number = book->slots[slot] - 1;
    return 0;
}
