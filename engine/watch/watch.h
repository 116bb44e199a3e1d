/* watch.h - every scan that arrives in a folder is graded, and moved where it then belongs.
 *
 * Rounds: the files that are complete are graded in the order of their names, each subfolder as a
 * batch; what is committed is moved to done/, failed/ (with a .txt that says why) or duplicate/;
 * scores are made anew when the inbox falls silent, or a while after the last time. A kill at any
 * instant leaves a file in the inbox or moved: one that was stored and not moved is known again by
 * its bytes. Nothing that is not in the database is ever moved. A file that cannot be read (no
 * right to, a share that is gone) is no bad scan: nothing is stored of it, it stays and is tried
 * again. So does one that was written to while it was read. A fault (disk full, a database that
 * another run holds) leaves the files where they are, and is tried again after a while. The
 * database is held during a round only: between two of them people may decide what waits (`review
 * set`). */
#ifndef YJ_ENGINE_WATCH_H
#define YJ_ENGINE_WATCH_H

#include "exam.h"
#include <stdatomic.h>
#include <stdbool.h>

struct diag;
struct sandbox;

struct watch_counts {
    long done, failed, duplicate; /* files, since the start */
    long pages;
    int waiting;         /* files in the inbox, also those that are */
    int held;            /* let lie and tried again, since they cannot be read or moved */
    int passed_over;     /* links, pipes, and what lies beside scans */
    bool scores_wait;    /* scans were stored since scores were made */
    double last_graded;  /* seconds since the epoch; 0 none */
    const char *trouble; /* what keeps it from going on; "" nothing. Borrowed during the call */
};

enum watch_event {
    WATCH_MOVED,   /* text (one line of UTF-8): "done/a.jpg" or "failed/b.jpg: why" */
    WATCH_SCORED,  /* text: "" */
    WATCH_TROUBLE, /* text: what, and that it is tried again */
    WATCH_WARNING, /* text: what is odd about an exam that was read again */
    WATCH_RELOADED,
    WATCH_ALARM, /* text: what the scanner did in a run of pages */
};

struct watch_options {
    const char *inbox;
    const char *exam_path; /* to load it again */
    const char *db_path;
    const char *batch; /* of files in the inbox itself; "" none */
    int jobs;
    bool poll, once;
    double settle;   /* s; 0: the default, 2 */
    double interval; /* s between looks where no event comes; 0: the default, 2 (30 with events) */
    struct sandbox *sandbox; /* where scans are decoded (sandbox.h); NULL: in this process */
    atomic_int *lost;    /* as in grade.h: if any, exam, sandbox and exit() are to be left alone */
    double page_seconds; /* that a page may take; 0: the default (page_clock.h) */
    const atomic_bool *stop; /* set by a signal handler */
    atomic_bool *reload;     /* set by a signal handler: load the exam again; may be NULL */
    /* On the thread that called; text is borrowed. */
    void (*event)(void *context, enum watch_event event, const char *text);
    /* After each round and each wait that brought something. */
    void (*status)(void *context, const struct watch_counts *counts);
    void *context;
};

/* Until stopped, or with `once` until the inbox holds no scan but such as are let lie. `exam` is
 * borrowed; after a reload an exam of its own is used. 0; at the start YJ_EINPUT: no such folder,
 * or an exam that does not go with the database, and YJ_EBUSY: another watch has the inbox; with
 * `once` also the fault that stopped it. */
int watch_run(const struct exam *exam, const struct watch_options *options,
              struct watch_counts *ret_counts, struct diag *d);

#endif
