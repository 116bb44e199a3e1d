/* grade.c - one run: open everything, feed the ring, join, score, count. */
#include "grade.h"
#include "batch.h"
#include "batch_alarms.h"
#include "diag.h"
#include "i18n.h"
#include "page_fields.h"
#include "rescore.h"
#include "score_changes.h"
#include "workers.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_JOBS 256
/* Enough that a page ten times slower than the others stops nobody. */
#define SLOTS_PER_WORKER 8
#define REPORT_MS 200 /* between looks at the progress and at the stop flag */

/* The feeder's own. */
struct feed {
    struct batch *batch;
    struct hashset seen;      /* by this run, of scans that it read itself */
    double started, reported; /* s; the last report */
    double share_before;      /* of the scans given, when the one in hand was taken */
    double share_of_scan;     /* of the pages of the scan in hand, fed */
    int files_left;           /* not begun, or begun and not fed whole */
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool stopped(const struct batch *batch)
{
    return batch->options->stop && atomic_load(batch->options->stop);
}

void batch_fail(struct batch *batch, int error)
{
    int none = 0;
    atomic_compare_exchange_strong(&batch->fault, &none, error);
    ring_abort(batch->ring);
}

enum slot_job batch_job_of(const struct batch *batch, const struct scan *scan)
{
    if (batch->options->arrivals && scan_is_unavailable(scan))
        return SLOT_UNAVAILABLE;
    if (hashset_has(&batch->stored, scan_hash(scan)))
        return SLOT_KNOWN;
    return scan_problem(scan) ? SLOT_PROBLEM : SLOT_PAGE;
}

/* ---- workers ---- */

static int count_jobs(const struct grade_options *options)
{
    cpu_set_t set;
    int jobs = options->jobs;
    if (jobs <= 0)
        jobs = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return jobs > MAX_JOBS ? MAX_JOBS : jobs;
}

/* ---- feeding ---- */

/* Of the scans given; the one in hand counts by its pages. */
static double share_done(const struct feed *feed)
{
    double share = scan_source_share(feed->batch->source);
    return feed->share_before + (share - feed->share_before) * feed->share_of_scan;
}

static void report(struct feed *feed)
{
    const struct batch *batch = feed->batch;
    double now = now_s();
    if (now - feed->reported < REPORT_MS / 1e3)
        return;
    feed->reported = now;
    workers_mind(batch->workers);
    if (!batch->options->progress)
        return;
    struct grade_progress progress = {.scans_done = atomic_load(&batch->scans_done),
                                      .pages_done = atomic_load(&batch->pages_done),
                                      .share_done = share_done(feed),
                                      .seconds = now - feed->started};
    batch->options->progress(batch->options->context, &progress);
}

/* Puts one job on the ring. 1; 0 where the run is to stop. */
static int feed_slot(struct feed *feed, enum slot_job job, struct scan *scan, int number)
{
    struct batch *batch = feed->batch;
    enum ring_status status = RING_TIMEOUT;
    size_t i;
    while (status == RING_TIMEOUT && !stopped(batch)) {
        status = ring_reserve(batch->ring, REPORT_MS, &i);
        report(feed);
    }
    if (status != RING_OK)
        return 0;
    struct page_slot *slot = &batch->slots[i];
    slot->job = job;
    slot->scan = scan_ref(scan);
    slot->number = number;
    slot->argument = scan_source_argument(batch->source);
    slot->alone = scan_source_is_alone(batch->source);
    ring_feed(batch->ring);
    return 1;
}

/* Bytes that this run has met already are not read again, page after page; the writer, who sees
 * every scan in the order of the input, is who says so of all others. 1; < 0 fault. */
static int note_seen(struct feed *feed, const struct scan *scan, enum slot_job *job)
{
    if (*job != SLOT_PAGE || scan_page_count(scan) <= 1)
        return 1;
    if (hashset_has(&feed->seen, scan_hash(scan)))
        *job = SLOT_KNOWN;
    int r = hashset_add(&feed->seen, scan_hash(scan));
    return r < 0 ? r : 1;
}

/* 1; 0 where the run is to stop; < 0 fault. */
static int feed_scan(struct feed *feed, struct scan *scan)
{
    enum slot_job job = scan_is_unread(scan) ? SLOT_PAGE : batch_job_of(feed->batch, scan);
    int r = note_seen(feed, scan, &job);
    if (r > 0 && job != SLOT_PAGE)
        return feed_slot(feed, job, scan, 1);
    int n = scan_page_count(scan);
    for (int page = 1; page <= n && r > 0; page++) {
        feed->share_of_scan = (page - 1.0) / n;
        r = feed_slot(feed, job, scan, page);
    }
    return r;
}

static int feed_all(struct feed *feed)
{
    struct scan *scan = NULL;
    bool in_hand = false; /* a scan that was not fed whole */
    int r = 1;
    while (r > 0 && !stopped(feed->batch)) {
        feed->share_before = scan_source_share(feed->batch->source);
        r = scan_source_next(feed->batch->source, &scan);
        if (r <= 0)
            break;
        feed->share_of_scan = 0;
        r = feed_scan(feed, scan);
        feed->share_of_scan = r > 0;
        scan_unref(scan);
        in_hand = r == 0;
    }
    int left = r < 0 ? 0 : scan_source_count_left(feed->batch->source);
    feed->files_left = left + in_hand;
    if (left < 0)
        r = left;
    return r < 0 ? r : 0;
}

static void wait_for_writer(struct feed *feed)
{
    while (ring_wait_end(feed->batch->ring, REPORT_MS) == RING_TIMEOUT)
        report(feed);
}

static int remember_hash(void *context, const uint8_t hash[SCAN_HASH_SIZE])
{
    return hashset_add(context, hash);
}

/* ---- threads ---- */

static int start_threads(struct batch *batch, pthread_t *writer, int jobs)
{
    if (pthread_create(writer, NULL, batch_write, batch) != 0)
        return YJ_ENOMEM;
    int r = workers_start(batch, jobs, &batch->workers);
    if (r < 0) {
        batch_fail(batch, r);
        pthread_join(*writer, NULL);
    }
    return r;
}

/* From the first scan to the last commit. */
static int run_threads(struct feed *feed, int jobs)
{
    struct batch *batch = feed->batch;
    pthread_t writer;
    int r = start_threads(batch, &writer, jobs);
    if (r < 0)
        return r;
    r = feed_all(feed);
    if (r < 0)
        batch_fail(batch, r);
    ring_close(batch->ring);
    wait_for_writer(feed);
    batch->lost = workers_join(batch->workers);
    pthread_join(writer, NULL);
    return atomic_load(&batch->fault);
}

static int create_ring(struct batch *batch, int jobs)
{
    batch->n_slots = (size_t)jobs * SLOTS_PER_WORKER;
    batch->slots = calloc(batch->n_slots, sizeof *batch->slots);
    return batch->slots ? ring_create(batch->n_slots, &batch->ring) : YJ_ENOMEM;
}

static void destroy_ring(struct batch *batch)
{
    for (size_t i = 0; batch->slots && i < batch->n_slots; i++) {
        scan_unref(batch->slots[i].scan);
        arena_finish(&batch->slots[i].arena);
    }
    free(batch->slots);
    ring_destroy(batch->ring);
}

static int read_scans(struct batch *batch, struct feed *feed)
{
    int jobs = count_jobs(batch->options);
    int r = store_each_hash(batch->store, remember_hash, &batch->stored, batch->d);
    if (r == 0)
        r = create_ring(batch, jobs);
    if (r == 0)
        r = run_threads(feed, jobs);
    destroy_ring(batch);
    hashset_finish(&batch->stored);
    hashset_finish(&feed->seen);
    return r;
}

/* ---- the run ---- */

/* What can be wrong is found in the order in which it is cheap: the forms' pictures, Tesseract's
 * data, paths, the database. */
static int open_batch(struct batch *batch)
{
    const struct grade_options *options = batch->options;
    int r = registrar_create(batch->exam, &batch->registrar, batch->d);
    if (r == 0)
        r = page_fields_check(batch->exam, batch->d);
    if (r == 0)
        r = scan_source_open_any(options->paths, options->n_paths, &batch->source);
    if (r == 0 && options->page_seconds > 0)
        scan_source_set_patience(batch->source, options->page_seconds);
    if (r == 0 && !options->arrivals)
        r = scan_source_check(batch->source, batch->d);
    if (r == 0)
        scan_source_use_sandbox(batch->source, options->sandbox);
    if (r == 0)
        scan_source_leave_unread(batch->source);
    if (r == 0)
        r = store_open(options->db_path, STORE_WRITE, &batch->store, batch->d);
    if (r == 0)
        store_expect_namesakes(batch->store, options->arrivals);
    if (r == 0)
        r = store_put_exam(batch->store, batch->exam, batch->d);
    return r;
}

static void close_batch(struct batch *batch)
{
    store_close(batch->store);
    scan_source_close(batch->source);
    if (batch->lost == 0)
        registrar_destroy(batch->registrar);
}

/* What this run promised of its own pages stays on record, whatever a later one adds. */
static int audit(const struct batch *batch)
{
    const struct batch_tally *tally = &batch->tally;
    char detail[512];
    snprintf(detail, sizeof detail,
             "{\"scans\":%d,\"scans_already\":%d,\"unreadable\":%d,\"pages\":%d,"
             "\"mark_fields\":%lld,\"mark_review\":%lld,\"silent_expected\":%.6g,"
             "\"silent_most\":%lld,\"max_silent_error\":%g,\"version\":\"%s\"}",
             tally->scans, tally->scans_already, tally->unreadable, tally->pages,
             (long long)tally->marks.fields, (long long)tally->marks.review,
             tally->marks.silent_expected, (long long)poisson_most(tally->marks.silent_expected),
             batch->exam->max_silent_error, YJ_VERSION);
    return store_audit(batch->store, "grade", detail, batch->d);
}

/* Scores that others have seen and that are now others (a changed key, a second sheet of the same
 * candidate) stay on record, as those of a regrade do. */
static int audit_changes(struct batch *batch, const struct score_lines *before,
                         const struct score_lines *after)
{
    struct score_changes changes;
    char detail[128];
    int r = score_changes_find(before, after, true, &changes);
    if (r < 0)
        r = diag_error(batch->d, r, NULL, 0, 0, NULL, _("out of memory"));
    snprintf(detail, sizeof detail, "%zu scores, %zu changed", after->n, changes.n);
    if (r == 0 && changes.n > 0)
        r = store_audit_changes(batch->store, "rescore", detail, changes.changes, changes.n,
                                batch->d);
    batch->n_changed = changes.n;
    score_changes_finish(&changes);
    return r;
}

static int score_again(struct batch *batch)
{
    struct score_lines before = {0}, after = {0};
    int r = score_lines_read(&before, batch->store, batch->d);
    if (r == 0)
        r = rescore_within(batch->store, batch->exam, false, batch->d);
    if (r == 0 && before.n > 0)
        r = score_lines_read(&after, batch->store, batch->d);
    if (r == 0 && before.n > 0)
        r = audit_changes(batch, &before, &after);
    score_lines_finish(&before);
    score_lines_finish(&after);
    return r;
}

/* The scores and what the audit says of the run are stored together, or neither is. */
static int score_and_audit(struct batch *batch)
{
    int r = store_begin(batch->store, batch->d);
    if (r < 0)
        return r;
    r = score_again(batch);
    if (r == 0)
        r = batch_alarms_make(batch->store, batch->d);
    if (r == 0)
        r = audit(batch);
    if (r == 0)
        r = store_commit(batch->store, batch->d);
    if (r < 0)
        store_rollback(batch->store);
    return r;
}

static int score(struct batch *batch)
{
    struct timespec a, b;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
    int r = score_and_audit(batch);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
    batch->tally.cpu_ms[STAGE_SCORE] +=
        (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) / 1e6;
    return r;
}

static int summarize(struct batch *batch, const struct feed *feed, struct grade_summary *ret)
{
    struct store_counts counts;
    struct mark_counts marks;
    int r = 0;
    memset(&counts, 0, sizeof counts);
    memset(&marks, 0, sizeof marks);
    /* All that is stored is counted where scores are made, not after each of many rounds. */
    if (!batch->options->defer_scores)
        r = store_count(batch->store, &counts, batch->d);
    if (r == 0 && !batch->options->defer_scores)
        r = store_count_marks(batch->store, &marks, batch->d);
    if (r < 0)
        return r;
    const struct batch_tally *tally = &batch->tally;
    *ret = (struct grade_summary){
        .scans = tally->scans,
        .scans_already = tally->scans_already,
        .unreadable = tally->unreadable,
        .pages = tally->pages,
        .pages_read = tally->pages_read,
        .pages_refused = tally->pages_refused,
        .readings = counts.readings,
        .uncertain = counts.uncertain,
        .multiple = counts.multiple,
        .blank = counts.blank,
        .marks = marks,
        .max_silent_error = batch->exam->max_silent_error,
        .candidates = counts.candidates,
        .scored = counts.scored,
        .pending = counts.pending,
        .absent = counts.absent,
        .exceptions = counts.exceptions,
        .scores_changed = batch->n_changed,
        .roster = counts.roster,
        .pages_in = counts.pages_in,
        .pages_stored = counts.pages,
        .scans_left = feed->files_left,
        .interrupted = feed->files_left > 0,
        .seconds = now_s() - feed->started,
    };
    memcpy(ret->cpu_ms, tally->cpu_ms, sizeof ret->cpu_ms);
    return 0;
}

int grade_run(const struct exam *exam, const struct grade_options *options,
              struct grade_summary *ret_summary, struct diag *d)
{
    struct batch batch = {.exam = exam, .options = options, .d = d};
    struct feed feed = {.batch = &batch, .started = now_s()};
    size_t told = d->errors;
    int r = open_batch(&batch);
    if (r == 0)
        r = read_scans(&batch, &feed);
    if (r == 0)
        r = options->defer_scores ? audit(&batch) : score(&batch);
    if (r == 0)
        r = summarize(&batch, &feed, ret_summary);
    if (r == 0 && options->alarm && !options->defer_scores)
        r = batch_alarms_tell(batch.store, options->alarm, options->context, d);
    if (r == YJ_ENOMEM && d->errors == told)
        diag_error(d, r, NULL, 0, 0, _("close other programs, or use fewer --jobs"),
                   _("out of memory"));
    else if (r == YJ_EIO && d->errors == told)
        diag_error(d, r, NULL, 0, 0, _("use fewer --jobs, or raise the limit (ulimit -n)"),
                   _("a scan cannot be opened: %s"), strerror(EMFILE));
    else if (r == YJ_EDATA && d->errors == told)
        diag_error(d, r, NULL, 0, 0, _("build and install yuejuan again"),
                   _("a net that reads handwriting or marks cannot be run"));
    close_batch(&batch);
    if (batch.lost > 0 && options->lost)
        atomic_fetch_add(options->lost, batch.lost);
    return r;
}
