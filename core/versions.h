/* versions.h - versions of a paper: which printed question is which item of the key (versions.csv).
 *
 *   version,item,master,options
 *   A,,,                         version A is the master itself
 *   B,q1,q3,BADC                 question q1 of version B is item q3; its first option is q3's B
 * ...
 *
 * Rows that a version leaves out stand for themselves. After versions_check every version is a
 * permutation of the key's items; an answer is scored and counted by its master item and options.
 * Immutable after loading. */
#ifndef YJ_CORE_VERSIONS_H
#define YJ_CORE_VERSIONS_H

#include "arena.h"
#include "key.h"

struct version_row {
    char *item, *master, *options; /* as written; item "": the version alone is made known */
    int version;                   /* index */
    int line, item_column, master_column, options_column;
};

struct paper_version {
    char *name; /* as the form's version field reads it */
    int line, column;
    /* By versions_check; [key item], as the master has them. */
    int *printed;        /* the key item whose field is printed in its place */
    uint8_t **option_of; /* [printed option]: the master's option; NULL: the same order */
};

struct versions {
    char *path;
    char *text; /* as read */
    size_t size;
    struct version_row *rows;
    int n_rows;
    struct paper_version *list;
    int n;
    int n_items; /* of the key that versions_check held it against */
};

struct diag;
/* YJ_EINPUT (told with line and column), YJ_EIO, YJ_ENOMEM. */
int versions_load(const char *path, struct versions **ret_versions, struct diag *d);
int versions_parse(const char *text, size_t size, const char *name, struct versions **ret_versions,
                   struct diag *d);
/* Against a key that key_check has passed: unknown items, questions that would be scored twice or
 * never, options that are no permutation. */
int versions_check(struct versions *versions, const struct key *key, struct diag *d);
void versions_destroy(struct versions *versions);

/* Index of a version, or -1. */
int versions_find(const struct versions *versions, const char *name);
/* A reading of the question that is printed for `item`, in the item's own options. NULL: no memory.
 * What is no set of options comes back as it is. */
const char *version_translate(const struct paper_version *version, const struct key *key, int item,
                              const char *value, struct arena *memory);

#endif
