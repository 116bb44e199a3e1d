/* grade.h - a batch: every scan decoded, registered, read, stored and scored.
 *
 * Workers take pages off a bounded ring; the thread that calls grade_run only feeds and reports;
 * one writer owns the database. See docs/architecture.md. */
#ifndef YJ_ENGINE_GRADE_H
#define YJ_ENGINE_GRADE_H

#include "exam.h"
#include "records.h"
#include "reliability.h"
#include <stdatomic.h>
#include <stdbool.h>

struct diag;
struct sandbox;

struct grade_progress {
    int scans_done, pages_done; /* committed or about to be */
    double share_done;          /* 0 to 1, of the files given; 0 where nothing is known yet */
    double seconds;             /* since the start */
};

/* What came in a run of pages (docs/scan-health.md); strings are borrowed during the call. */
struct grade_alarm {
    const char *kind;
    const char *scan; /* of its first page */
    int page;
    const char *last_scan;
    int last_page, pages;
    const char *place; /* mm of the scan, a number; "" none */
    const char *detail;
};

/* What became of one scan, once it is committed. */
enum grade_fate {
    FATE_STORED,      /* read; what is doubtful waits for a person */
    FATE_KNOWN,       /* a run before stored this very scan */
    FATE_DUPLICATE,   /* the same bytes are stored under another name */
    FATE_UNREADABLE,  /* no scan, or none of its pages is one */
    FATE_UNAVAILABLE, /* an arrival whose bytes could not be had: nothing is stored of it */
};

struct grade_outcome {
    size_t argument; /* of options->paths; an archive or a folder has one a member */
    enum grade_fate fate;
    bool alone;         /* no other scan comes from that argument */
    const char *path;   /* of the scan */
    const char *detail; /* why it is unreadable; where the same bytes are stored; "" else */
};

struct grade_options {
    const char *const *paths; /* files and folders */
    size_t n_paths;
    const char *db_path;
    const char *batch; /* "" none */
    int jobs;          /* 1 to 256; 0: one a core */
    /* Called about five times a second on the thread that called grade_run; may be NULL. */
    void (*progress)(void *context, const struct grade_progress *progress);
    /* Called at the end for each alarm that the database then holds; may be NULL. */
    void (*alarm)(void *context, const struct grade_alarm *alarm);
    /* Called on the writer's thread, in the order of the paths, for what has just been committed;
     * may be NULL. Strings are borrowed during the call. */
    void (*outcome)(void *context, const struct grade_outcome *outcome);
    void *context;
    bool defer_scores; /* only read and store: a run without paths scores what waits; the summary
                          then tells of this run alone */
    /* The paths are files that arrived in a watched folder: the same name may mean another file
     * than the last time, and one that is gone or cannot be read now is left for another try. */
    bool arrivals;
    struct sandbox
        *sandbox;     /* where scans are decoded (sandbox.h), borrowed; NULL: in this process */
    atomic_int *lost; /* counts threads that never came back (workers.h): if any, the exam must not
                         be destroyed, nor the sandbox be closed, nor exit() run; may be NULL */
    double page_seconds;     /* that a page may take; 0: PAGE_SECONDS (page_clock.h) */
    const atomic_bool *stop; /* set by a signal handler: finish the pages in hand, commit, return */
};

/* Scans and pages are this run's; readings, marks and candidates what the database now holds. */
struct grade_summary {
    int scans, scans_already; /* new ones; ones whose bytes were already stored */
    int unreadable;           /* files that are no scans: exit status 3 */
    int pages, pages_read, pages_refused;
    int pages_in, pages_stored; /* that the scans have; that are stored: the same */
    int readings, uncertain, multiple, blank;
    struct mark_counts marks;
    double max_silent_error; /* the exam's wish */
    int candidates, scored, pending, absent, exceptions;
    size_t scores_changed; /* that were made by runs before this one */
    struct roster_counts roster;
    int scans_left; /* interrupted: files not begun */
    bool interrupted;
    double seconds;
    double cpu_ms[STAGES]; /* summed over pages */
};

/* Exam is borrowed. 0, YJ_EIO, YJ_ENOMEM, YJ_EBUSY, YJ_EINPUT. Verdicts are no errors. */
int grade_run(const struct exam *exam, const struct grade_options *options,
              struct grade_summary *ret_summary, struct diag *d);

#endif
