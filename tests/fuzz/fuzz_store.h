/* fuzz_store.h - the database of a small exam as the targets start from it.
 *
 * A form with a field of every kind on two pages, a key of most rules, a roster, a second version
 * of the paper and points that people gave; pages of every verdict with evidence, crops, alarms,
 * what people decided, and scores. Made once a process by the store itself. */
#ifndef YJ_TESTS_FUZZ_STORE_H
#define YJ_TESTS_FUZZ_STORE_H

#include <stdbool.h>
#include <stddef.h>

/* Writes the database to `name` among the process's files (fuzz_file) and returns its path. Loose:
 * tables of any type, without keys, checks and triggers, as no yuejuan makes them. */
const char *fuzz_store_file(const char *name, bool loose);

#endif
