/* score_changes.h - the scores before and after they are made again, and who has another one now.
 */
#ifndef YJ_ENGINE_SCORE_CHANGES_H
#define YJ_ENGINE_SCORE_CHANGES_H

#include "store.h"
#include <stdbool.h>
#include <stddef.h>

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

/* Candidates that have another total or status, are new, or gone. Strings are of the two lists. */
struct score_changes {
    struct store_change *changes; /* by candidate */
    const char **names;
    size_t n;
};

/* `only_scored`: of those who had a score before; that candidates get their first one is no change.
 * YJ_ENOMEM; the caller's to finish, also then. */
int score_changes_find(const struct score_lines *before, const struct score_lines *after,
                       bool only_scored, struct score_changes *ret);
void score_changes_finish(struct score_changes *changes);

#endif
