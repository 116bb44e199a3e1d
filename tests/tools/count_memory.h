/* count_memory.h - counts what the whole program takes from the heap, libraries included.
 *
 * A program that links count_memory.c has its own malloc, calloc, realloc, ... in front of the C
 * library's (its manual: "Replacing malloc"); in a sanitized build the sanitizer's hook counts
 * instead. Each thread says by itself whether it is counted, and under which heading. */
#ifndef YJ_TESTS_COUNT_MEMORY_H
#define YJ_TESTS_COUNT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#define COUNT_HEADINGS 16

struct memory_count {
    unsigned long allocations;
    size_t bytes;
};

/* Before other threads start. */
void count_memory_start(void);
/* Counts this thread's allocations under `heading` from now on; -1: not at all. Returns what it was
 * before. */
int count_memory_under(int heading);
/* Of all threads so far. */
struct memory_count count_memory_get(int heading);
/* Writes the call stack of each allocation counted under `heading` to standard error: addresses for
 * addr2line. -1: of none. */
void count_memory_trace(int heading);

#endif
