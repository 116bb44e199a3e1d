/* purge.h - pictures of handwriting that nobody needs any more: which may go, and what stays.
 *
 * A crop goes with the day on which its scan was stored. One whose reading still waits for a person
 * (review.h) stays, unless that is asked for too: whoever decides must see it. Scores, readings and
 * all that follows from them are not touched. Knows no command line. */
#ifndef YJ_ENGINE_PURGE_H
#define YJ_ENGINE_PURGE_H

#include "exam.h"
#include "store.h"

struct diag;

struct purge_options {
    const char *before; /* "2026-09-01", UTC */
    bool even_pending;  /* also those that wait */
    bool really;        /* false: say what would go */
};

struct purge_result {
    struct store_purge_counts counts;
    int files;   /* scans of that time that still lie where they were read, as files */
    char *where; /* the folder of the first of them; "" none; the caller's to free */
};

/* `exam`: as the store has it. All or none goes; with `really` the bytes are out of the file once
 * it returns 0. */
int purge_images(struct store *store, const struct exam *exam, const struct purge_options *options,
                 struct purge_result *ret, struct diag *d);

#endif
