/* batch.h - what the threads of one grade_run share (engine's own header).
 *
 * Who may touch what: the feeder (the thread that called grade_run) owns the source; a worker owns
 * the slots it has taken; the writer owns the slots it collects, the store, the diagnostics and the
 * tallies until it is joined. What all of them touch is atomic, or is not changed while they run.
 */
#ifndef YJ_ENGINE_BATCH_H
#define YJ_ENGINE_BATCH_H

#include "arena.h"
#include "exam.h"
#include "grade.h"
#include "hashset.h"
#include "ingest.h"
#include "records.h"
#include "registration.h"
#include "ring.h"
#include "store.h"

/* What a slot of the ring carries. */
enum slot_job {
    SLOT_PAGE,    /* a page to read; of a scan that the feeder left unread, whatever it turns out
                     to be */
    SLOT_PROBLEM, /* a file that is no scan: nothing to read */
    SLOT_KNOWN,   /* bytes that a run before this one stored, or this one */
    SLOT_UNAVAILABLE, /* an arrival whose bytes could not be had: left for another try */
};

struct page_slot {
    enum slot_job job;
    struct scan *scan;  /* one reference; NULL: the slot is free */
    int number;         /* page, from 1 */
    size_t argument;    /* that the scan came from */
    bool alone;         /* the argument is this scan, not an archive or a folder */
    struct arena arena; /* holds what `record` points to */
    struct page_record record;
};

struct batch_tally {
    int scans, scans_already, unreadable;
    int pages, pages_read, pages_refused;
    struct mark_counts marks;
    double cpu_ms[STAGES];
};

struct batch {
    const struct exam *exam;
    const struct grade_options *options;
    struct registrar *registrar;
    struct scan_source *source;
    struct store *store;
    struct hashset stored; /* by runs before this one; complete before the threads start */
    struct diag *d;
    struct ring *ring;
    struct workers *workers; /* workers.h */
    int lost;                /* of them; then exam and registrar must live on */
    struct page_slot *slots;
    size_t n_slots;
    struct batch_tally tally; /* the writer's until it is joined */
    size_t n_changed;         /* scores that were out and are now others */
    atomic_int scans_done, pages_done;
    atomic_int fault; /* the first fault of any thread: 0 or enum yj_error */
};

/* What is to be done with a scan that was read. */
enum slot_job batch_job_of(const struct batch *batch, const struct scan *scan);
/* Notes the first fault and wakes every thread. */
void batch_fail(struct batch *batch, int error);
/* The writer's thread: stores pages in the order of the input until the ring ends. */
void *batch_write(void *batch);

#endif
