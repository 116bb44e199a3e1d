/* batch_writer.c - the one thread that writes: pages in the order of the input, whole scans.
 *
 * A scan's pages go into the open transaction as they come, so that a scan of thousands of pages
 * waits nowhere in memory; the transaction is committed only between scans. What a kill or a fault
 * leaves uncommitted is whole scans, which the next run meets as new. */
#include "batch.h"
#include "diag.h"
#include "i18n.h"
#include "scanpath.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define COMMIT_PAGES 200
#define COMMIT_MS 2000

/* What became of a scan of the open transaction. */
struct fate {
    enum grade_fate fate;
    size_t argument;
    bool alone;
    char *path, *detail;
};

struct writer {
    struct batch *batch;
    int64_t last_before; /* the largest id of a scan that a run before this one stored */
    uint8_t *met;        /* a bit for each of those: this run has met it */
    struct fate *fates;
    size_t n_fates, fates_capacity;
    bool in_transaction, in_scan;
    int pages_since_commit;
    struct timespec began; /* the transaction */
    bool again;            /* this run has met the bytes of the scan in hand before */
    /* The scan being written. */
    struct batch_tally before; /* the tally before it */
    int n_pages, n_unreadable;
    char reason[SCAN_REASON_MAX]; /* of its first unreadable page */
};

static double ms_since(const struct timespec *from, clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)(now.tv_sec - from->tv_sec) * 1e3 + (double)(now.tv_nsec - from->tv_nsec) / 1e6;
}

/* ---- fates: told once they are committed ---- */

static int note_fate(struct writer *w, const struct page_slot *slot, enum grade_fate fate,
                     const char *detail)
{
    if (!w->batch->options->outcome)
        return 0;
    if (w->n_fates == w->fates_capacity) {
        size_t larger = w->fates_capacity ? 2 * w->fates_capacity : 64;
        struct fate *fates = realloc(w->fates, larger * sizeof *fates);
        if (!fates)
            return YJ_ENOMEM;
        w->fates = fates;
        w->fates_capacity = larger;
    }
    struct fate *f = &w->fates[w->n_fates];
    *f = (struct fate){fate, slot->argument, slot->alone, strdup(scan_path(slot->scan)),
                       strdup(detail)};
    if (!f->path || !f->detail) {
        free(f->path);
        free(f->detail);
        return YJ_ENOMEM;
    }
    w->n_fates++;
    return 0;
}

static void forget_fates(struct writer *w, bool tell)
{
    const struct grade_options *options = w->batch->options;
    for (size_t i = 0; i < w->n_fates; i++) {
        struct fate *f = &w->fates[i];
        struct grade_outcome outcome = {f->argument, f->fate, f->alone, f->path, f->detail};
        if (tell)
            options->outcome(options->context, &outcome);
        free(f->path);
        free(f->detail);
    }
    w->n_fates = 0;
}

/* ---- the transaction ---- */

static int begin_if_needed(struct writer *w)
{
    if (w->in_transaction)
        return 0;
    int r = store_begin(w->batch->store, w->batch->d);
    if (r < 0)
        return r;
    w->in_transaction = true;
    w->pages_since_commit = 0;
    clock_gettime(CLOCK_MONOTONIC, &w->began);
    return 0;
}

static int commit(struct writer *w)
{
    if (!w->in_transaction)
        return 0;
    int r = store_commit(w->batch->store, w->batch->d);
    if (r < 0)
        return r;
    w->in_transaction = false;
    forget_fates(w, true);
    return 0;
}

static int commit_if_due(struct writer *w)
{
    if (!w->in_transaction || w->in_scan)
        return 0;
    if (w->pages_since_commit < COMMIT_PAGES && ms_since(&w->began, CLOCK_MONOTONIC) < COMMIT_MS)
        return 0;
    return commit(w);
}

/* How long the writer may wait for a page before it should commit what it has. */
static int patience(const struct writer *w)
{
    if (!w->in_transaction || w->in_scan)
        return -1;
    double left = COMMIT_MS - ms_since(&w->began, CLOCK_MONOTONIC);
    return left > 0 ? (int)left + 1 : 0;
}

static void tell_unreadable(struct writer *w, const char *path, const char *reason)
{
    w->batch->tally.unreadable++;
    diag_warning(w->batch->d, path, 0, 0, NULL, _("cannot be read as a scan: %s"), reason);
}

static struct scan_record scan_record_of(const struct scan *scan)
{
    struct scan_record record = {.path = scan_path(scan),
                                 .bytes = scan_bytes(scan),
                                 .problem = scan_problem(scan),
                                 .n_pages = scan_problem(scan) ? 0 : scan_page_count(scan)};
    memcpy(record.hash, scan_hash(scan), SCAN_HASH_SIZE);
    return record;
}

static int begin_scan(struct writer *w, const struct scan *scan)
{
    struct scan_record record = scan_record_of(scan);
    int r = store_begin_scan(w->batch->store, w->batch->exam, w->batch->options->batch, &record,
                             w->batch->d);
    if (r < 0)
        return r;
    w->in_scan = true;
    w->before = w->batch->tally;
    w->n_pages = w->n_unreadable = 0;
    return 0;
}

static int end_scan(struct writer *w, const struct page_slot *slot)
{
    const struct scan *scan = slot->scan;
    const char *problem = scan_problem(scan);
    int r = store_end_scan(w->batch->store, w->batch->d);
    if (r < 0)
        return r;
    w->in_scan = false;
    w->batch->tally.scans++;
    if (w->n_pages > 0 && w->n_unreadable == w->n_pages)
        problem = w->reason;
    if (problem)
        tell_unreadable(w, scan_path(scan), problem);
    r = note_fate(w, slot, problem ? FATE_UNREADABLE : FATE_STORED, problem ? problem : "");
    if (r < 0)
        return r;
    atomic_fetch_add(&w->batch->scans_done, 1);
    return 0;
}

static void tally_marks(struct batch *batch, const struct page_record *page)
{
    const struct form *form = page->form >= 0 ? batch->exam->forms[page->form].form : NULL;
    for (int i = 0; i < page->n_readings; i++)
        mark_counts_add(&batch->tally.marks, form->fields[page->readings[i].field].kind,
                        &page->readings[i]);
}

static void tally_page(struct writer *w, const struct page_record *page)
{
    struct batch_tally *tally = &w->batch->tally;
    w->n_pages++;
    w->pages_since_commit++;
    tally->pages++;
    if (page->verdict == PAGE_READ)
        tally->pages_read++;
    else
        tally->pages_refused++;
    if (page->verdict == PAGE_UNREADABLE && w->n_unreadable++ == 0 && page->n_exceptions > 0) {
        strncpy(w->reason, page->exceptions[0].detail, sizeof w->reason - 1);
        w->reason[sizeof w->reason - 1] = '\0';
    }
    tally_marks(w->batch, page);
    for (int s = 0; s < STAGES; s++)
        tally->cpu_ms[s] += page->cpu_ms[s];
    atomic_fetch_add(&w->batch->pages_done, 1);
}

static int write_page(struct writer *w, struct page_slot *slot)
{
    int r = slot->number == 1 ? begin_scan(w, slot->scan) : 0;
    if (r == 0)
        r = store_put_page(w->batch->store, w->batch->exam, &slot->record, w->batch->d);
    if (r < 0)
        return r;
    tally_page(w, &slot->record);
    return slot->number == scan_page_count(slot->scan) ? end_scan(w, slot) : 0;
}

static int write_problem(struct writer *w, struct page_slot *slot)
{
    int r = begin_scan(w, slot->scan);
    return r < 0 ? r : end_scan(w, slot);
}

/* The same scan met again adds nothing; the same bytes under another name are named. */
static int write_known(struct writer *w, struct page_slot *slot)
{
    struct store *store = w->batch->store;
    const char *path = scan_path(slot->scan), *stored = NULL, *reason = NULL;
    int r = store_has_scan(store, scan_hash(slot->scan), &stored, w->batch->d);
    if (r == 0)
        r = diag_error(w->batch->d, YJ_EIO, NULL, 0, 0, _("run the same command again"),
                       _("the scan '%s' vanished from the database during the run"), path);
    if (r < 0)
        return r;
    bool same = w->again ? scan_path_equal(path, stored) : scan_path_same_scan(path, stored);
    r = note_fate(w, slot, same ? FATE_KNOWN : FATE_DUPLICATE, stored);
    if (r == 0 && !same)
        r = store_put_duplicate(store, scan_hash(slot->scan), path, w->batch->d);
    if (r < 0)
        return r;
    w->batch->tally.scans_already++;
    atomic_fetch_add(&w->batch->scans_done, 1);
    r = store_scan_problem(store, scan_hash(slot->scan), &reason, w->batch->d);
    if (r <= 0)
        return r;
    tell_unreadable(w, path, reason);
    return note_fate(w, slot, FATE_UNREADABLE, reason);
}

static int write_unavailable(struct writer *w, struct page_slot *slot)
{
    return note_fate(w, slot, FATE_UNAVAILABLE, scan_problem(slot->scan));
}

/* ---- bytes that came before: the store knows, whose memory does not grow with a batch ---- */

static int prepare_met(struct writer *w)
{
    int r = store_last_scan(w->batch->store, &w->last_before, w->batch->d);
    if (r < 0)
        return r;
    w->met = calloc((size_t)w->last_before / 8 + 1, 1);
    return w->met ? 0 : YJ_ENOMEM;
}

/* Whether this run meets the scan of an earlier one for the second time; notes the first. */
static bool meet(struct writer *w, int64_t scan)
{
    uint8_t bit = (uint8_t)(1 << scan % 8);
    bool met = w->met[scan / 8] & bit;
    w->met[scan / 8] |= bit;
    return met;
}

/* At the first slot of each scan: bytes that this run stored already are known, whoever read them
 * meanwhile. */
static int note_seen(struct writer *w, struct page_slot *slot)
{
    int64_t stored = 0;
    w->again = false;
    if (slot->job == SLOT_UNAVAILABLE || slot->number > 1)
        return 0;
    int r = store_find_scan(w->batch->store, scan_hash(slot->scan), &stored, w->batch->d);
    if (r <= 0)
        return r;
    slot->job = SLOT_KNOWN;
    w->again = stored > w->last_before || meet(w, stored);
    return 0;
}

static int write_slot(struct writer *w, struct page_slot *slot)
{
    static int (*const write[])(struct writer *, struct page_slot *) = {
        [SLOT_PAGE] = write_page,
        [SLOT_PROBLEM] = write_problem,
        [SLOT_KNOWN] = write_known,
        [SLOT_UNAVAILABLE] = write_unavailable,
    };
    struct timespec since;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &since);
    int r = begin_if_needed(w);
    if (r == 0)
        r = note_seen(w, slot);
    if (r == 0)
        r = write[slot->job](w, slot);
    if (r == 0)
        r = commit_if_due(w);
    w->batch->tally.cpu_ms[STAGE_STORE] += ms_since(&since, CLOCK_THREAD_CPUTIME_ID);
    return r;
}

static void free_slot(struct page_slot *slot)
{
    scan_unref(slot->scan);
    slot->scan = NULL;
    arena_reset(&slot->arena);
}

/* A scan that was not finished is forgotten; the whole ones before it are kept, unless it is the
 * store itself that failed. */
static int finish(struct writer *w, int r)
{
    if (w->in_scan) {
        store_abandon_scan(w->batch->store);
        w->batch->tally = w->before; /* the audit counts what is kept */
    }
    w->in_scan = false;
    if (r == 0)
        r = commit(w);
    if (w->in_transaction)
        store_rollback(w->batch->store);
    forget_fates(w, false);
    free(w->fates);
    free(w->met);
    return r;
}

void *batch_write(void *context)
{
    struct writer w = {.batch = context};
    struct ring *ring = w.batch->ring;
    enum ring_status status = RING_OK;
    int r = prepare_met(&w);
    while (r == 0 && (status == RING_OK || status == RING_TIMEOUT)) {
        size_t slot;
        status = ring_collect(ring, patience(&w), &slot);
        if (status == RING_OK) {
            r = write_slot(&w, &w.batch->slots[slot]);
            free_slot(&w.batch->slots[slot]);
            ring_free(ring);
        } else if (status == RING_TIMEOUT) {
            r = commit_if_due(&w);
        }
    }
    r = finish(&w, r);
    if (r < 0)
        batch_fail(w.batch, r);
    return NULL;
}
