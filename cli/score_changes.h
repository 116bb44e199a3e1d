/* score_changes.h - the scores before and after a regrade, and who has another one now. */
#ifndef YJ_CLI_SCORE_CHANGES_H
#define YJ_CLI_SCORE_CHANGES_H

#include "store.h"
#include <stddef.h>
#include <stdio.h>

struct diag;

struct score_line {
    char *candidate, *name, *total, *max, *status; /* total "" unless scored */
};

struct score_lines {
    struct score_line *lines; /* by candidate */
    size_t n, capacity;
};

/* The scores as they are exported. The caller's to finish, also after a failure. */
int score_lines_read(struct score_lines *ret, struct store *store, struct diag *d);
void score_lines_finish(struct score_lines *lines);

/* How many candidates have another total or status (or are new, or gone); the first max_printed of
 * them are printed to `out` ("11 An: 9 -> 11"), unless it is NULL. */
size_t score_lines_compare(const struct score_lines *before, const struct score_lines *after,
                           size_t max_printed, FILE *out);

#endif
