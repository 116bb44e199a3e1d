/* arena.h - memory that is given piece by piece and taken back all at once.
 *
 * A page's record lives in one arena: the worker fills it, the writer stores it, the slot resets it
 * for the next page without freeing (steady state: no malloc). Not thread-safe: one owner at a
 * time. */
#ifndef YJ_CORE_ARENA_H
#define YJ_CORE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_chunk;

struct arena {
    struct arena_chunk *first, *current;
};

void arena_init(struct arena *a);
void arena_finish(struct arena *a);
/* Forgets everything allocated, keeps the memory. */
void arena_reset(struct arena *a);

/* Zeroed memory aligned for any type; NULL when there is none left. */
void *arena_alloc(struct arena *a, size_t size);
/* The same, not zeroed: for what is filled at once. */
void *arena_room(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *text);
char *arena_strndup(struct arena *a, const char *text, size_t length);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
