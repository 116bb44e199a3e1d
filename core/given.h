/* given.h - points that people gave, as points.csv says them: `candidate,item,points[,by]`.
 *
 * For items with rule `points` that no field is read for: an essay on paper of its own, a region
 * that a teacher marked. Immutable after loading. */
#ifndef YJ_CORE_GIVEN_H
#define YJ_CORE_GIVEN_H

#include "key.h"
#include "roster.h"

struct given_row {
    char *candidate, *item, *text /* the points as written */, *by; /* "" where absent */
    struct points points;
    int line, candidate_column, item_column, points_column;
};

struct given {
    char *path;
    char *text; /* as read */
    size_t size;
    struct given_row *rows; /* by candidate, then item, then line */
    int n_rows;
};

struct diag;
/* What is no number, and two rows that give one candidate's item different points, are told with
 * line and column. YJ_EINPUT, YJ_EIO, YJ_ENOMEM. */
int given_load(const char *path, struct given **ret_given, struct diag *d);
int given_parse(const char *text, size_t size, const char *name, struct given **ret_given,
                struct diag *d);
/* Against a key that key_check has passed and the roster (NULL: none): unknown candidates, items
 * that are not by hand, points beyond the item's. */
int given_check(const struct given *given, const struct key *key, const struct roster *roster,
                struct diag *d);
void given_destroy(struct given *given);

/* NULL: nobody gave it points. `given` may be NULL. */
const struct given_row *given_find(const struct given *given, const char *candidate,
                                   const char *item);
/* Whether a candidate has points of any item. */
bool given_has(const struct given *given, const char *candidate);

#endif
