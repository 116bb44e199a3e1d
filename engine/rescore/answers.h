/* answers.h - what candidates answered to one item, each different answer kept and scored once.
 *
 * A hundred thousand candidates give a choice item a few dozen different answers. A page keeps a
 * number for each of its answers; the text, its points and the options it marks are here. */
#ifndef YJ_ENGINE_ANSWERS_H
#define YJ_ENGINE_ANSWERS_H

#include "arena.h"
#include "score.h"

/* Number of "no reading at all"; it waits for a person. */
#define ANSWER_NONE 0

struct answer_entry {
    const char *value;
    enum reading_status status;
    struct item_score score;
    double points; /* score.points, for statistics */
    uint64_t set;  /* options it marks; 0 where it is no set of them */
};

struct answer_book {
    const struct key_item *item; /* borrowed */
    struct answer_entry *entries;
    uint32_t n_entries, capacity;
    uint32_t *slots; /* open addressing: entry + 1, 0 free; a power of two of them */
    uint32_t n_slots;
};

/* YJ_ENOMEM */
int answer_book_init(struct answer_book *book, const struct key_item *item);
void answer_book_finish(struct answer_book *book);
/* The number of an answer; its text is copied into the arena when it is new. YJ_ENOMEM. */
int answer_book_enter(struct answer_book *book, struct arena *arena,
                      const struct response *response, uint32_t *ret_number);

#endif
