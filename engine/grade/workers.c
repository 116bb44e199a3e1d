#include "workers.h"
#include "batch.h"
#include "diag.h"
#include "errand.h"
#include "i18n.h"
#include "ingest_internal.h"
#include "page_clock.h"
#include "page_task.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A thread is lost when its page has taken this many times what it may: of the thread's own CPU (it
 * should have looked at the clock by then), or of time in which it did nothing. */
#define LOST_AFTER_CPU 1.5
#define LOST_AFTER_WAITING 6.0
/* Between two looks; more is time in which the program was stopped. */
#define SLICE_MAX 0.5 /* s */
#define JOIN_MS 100

struct worker {
    struct batch *batch;
    struct workers *all;
    pthread_t thread;
    atomic_uint counted; /* its headway (errand.h) */
    struct arena arena;  /* of the page in hand, the slot's once it is done */
    struct page_record record;
    /* Guarded by all->lock: */
    bool busy, lost, ended;
    bool reading;     /* the scan of its slot, which the feeder left unread; ... */
    unsigned headway; /* ... how far that was when last looked at */
    size_t slot;
    double waited, cpu_before; /* s, of the page in hand */
};

struct workers {
    struct batch *batch;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* one has ended; by a clock that nobody can set */
    struct worker **list;
    size_t n, capacity;
    double looked; /* s, when */
    int n_lost;
};

static double clock_s(clockid_t clock)
{
    struct timespec t = {0};
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double page_seconds(const struct batch *batch)
{
    return batch->options->page_seconds > 0 ? batch->options->page_seconds : PAGE_SECONDS;
}

/* ---- on the worker's thread ---- */

static void take_up(struct worker *w, size_t slot, bool unread)
{
    pthread_mutex_lock(&w->all->lock);
    w->busy = true;
    w->reading = unread;
    w->slot = slot;
    w->waited = 0;
    w->cpu_before = clock_s(CLOCK_THREAD_CPUTIME_ID);
    pthread_mutex_unlock(&w->all->lock);
}

/* What a scan is, that the feeder left unread. 1; 0: lost meanwhile; < 0 fault. */
static int read_scan(struct worker *w, struct page_task *task, struct scan *scan,
                     struct page_slot *slot)
{
    int r = page_task_read_scan(task, scan);
    pthread_mutex_lock(&w->all->lock);
    bool lost = w->lost; /* then others go by what it was doing */
    if (!lost) {
        w->reading = false;
        w->waited = 0; /* the page's own time begins */
    }
    if (!lost && r == 0)
        slot->job = batch_job_of(w->batch, scan);
    pthread_mutex_unlock(&w->all->lock);
    return lost ? 0 : r < 0 ? r : 1;
}

/* The page's record becomes the slot's. False: it was given up meanwhile. */
static bool hand_over(struct worker *w, struct page_slot *slot, bool read)
{
    pthread_mutex_lock(&w->all->lock);
    bool lost = w->lost;
    if (!lost && read) {
        struct arena empty = slot->arena;
        slot->arena = w->arena;
        w->arena = empty;
        slot->record = w->record;
    }
    w->busy = false;
    pthread_mutex_unlock(&w->all->lock);
    return !lost;
}

/* 1; 0: lost; < 0 fault. */
static int work_on_slot(struct worker *w, struct page_task *task, size_t i)
{
    struct page_slot *slot = &w->batch->slots[i];
    const int number = slot->number;
    struct scan *scan = scan_ref(slot->scan); /* the slot may be given up and used again */
    int r = 1;
    bool unread = scan_is_unread(scan);
    take_up(w, i, unread);
    if (unread)
        r = read_scan(w, task, scan, slot);
    if (r == 0)
        return 0; /* the scan, too, is left as it is */
    const bool read = r > 0 && slot->job == SLOT_PAGE;
    if (read)
        r = page_task_run(task, scan, number, &w->arena, &w->record);
    if (!hand_over(w, slot, read))
        return 0;
    if (scan_page_count(scan) <= 1)
        scan_forget_bytes(scan); /* no other page of it will be decoded */
    scan_unref(scan);
    if (r >= 0)
        ring_finish(w->batch->ring, i);
    return r < 0 ? r : 1;
}

static void *work(void *context)
{
    struct worker *w = context;
    struct batch *batch = w->batch;
    struct page_task *task = NULL;
    size_t i;
    errand_count_headway(&w->counted);
    int r = page_task_create(batch->exam, batch->registrar, &task);
    if (r == 0)
        r = page_task_guard(task, batch->options->sandbox, batch->options->page_seconds);
    int going = 1;
    while (r == 0 && going > 0 && ring_take(batch->ring, &i) == RING_OK)
        going = work_on_slot(w, task, i);
    if (going == 0)
        return NULL; /* lost: nothing that it knew of need be there any more */
    if (r == 0 && going < 0)
        r = going;
    if (r < 0)
        batch_fail(batch, r);
    page_task_destroy(task);
    pthread_mutex_lock(&w->all->lock);
    w->ended = true;
    pthread_cond_broadcast(&w->all->changed);
    pthread_mutex_unlock(&w->all->lock);
    return NULL;
}

/* ---- on the feeder's ---- */

static struct worker *add_worker(struct workers *all)
{
    if (all->n == all->capacity) {
        size_t larger = all->capacity ? 2 * all->capacity : 8;
        struct worker **list = realloc(all->list, larger * sizeof(struct worker *));
        if (!list)
            return NULL;
        all->list = list;
        all->capacity = larger;
    }
    struct worker *w = calloc(1, sizeof *w);
    if (w)
        *w = (struct worker){.batch = all->batch, .all = all};
    return w;
}

static int start_one(struct workers *all)
{
    struct worker *w = add_worker(all);
    if (!w)
        return YJ_ENOMEM;
    if (pthread_create(&w->thread, NULL, work, w) != 0) {
        free(w);
        return YJ_ENOMEM;
    }
    all->list[all->n++] = w;
    return 0;
}

static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void free_workers(struct workers *all)
{
    pthread_cond_destroy(&all->changed);
    pthread_mutex_destroy(&all->lock);
    free(all->list);
    free(all);
}

int workers_start(struct batch *batch, int jobs, struct workers **ret_workers)
{
    struct workers *all = calloc(1, sizeof *all);
    if (!all)
        return YJ_ENOMEM;
    all->batch = batch;
    all->looked = clock_s(CLOCK_MONOTONIC);
    pthread_mutex_init(&all->lock, NULL);
    init_condition(&all->changed);
    while (all->n < (size_t)jobs && start_one(all) == 0)
        ;
    if (all->n == 0) {
        free_workers(all);
        return YJ_ENOMEM;
    }
    *ret_workers = all;
    return 0;
}

/* The lock is held. */
static bool is_lost(const struct worker *w, double limit)
{
    clockid_t clock;
    if (!w->busy || w->lost || w->ended)
        return false;
    if (w->waited > (w->reading ? 1 : LOST_AFTER_WAITING) * limit)
        return true;
    return pthread_getcpuclockid(w->thread, &clock) == 0 &&
           clock_s(clock) - w->cpu_before > LOST_AFTER_CPU * limit;
}

/* A scan whose bytes did not come, in place of the one that the lost worker still reads. */
static int give_up_scan(struct workers *all, struct page_slot *slot)
{
    char reason[SCAN_REASON_MAX];
    struct scan *lost = slot->scan, *scan = NULL;
    scan_refuse(reason, _("cannot be read: nothing came for %g s"), page_seconds(all->batch));
    int r = scan_create_unavailable(scan_path(lost), reason, &scan);
    if (r < 0)
        return r;
    slot->scan = scan;
    slot->job = batch_job_of(all->batch, scan);
    scan_unref(lost);
    return 0;
}

/* In place of the worker's own record. */
static int give_up(struct workers *all, const struct worker *w)
{
    struct batch *batch = all->batch;
    struct page_slot *slot = &batch->slots[w->slot];
    slot->record = (struct page_record){.number = slot->number};
    int r = w->reading
                ? give_up_scan(all, slot)
                : page_task_give_up(batch->exam, page_seconds(batch), &slot->arena, &slot->record);
    if (r == 0)
        ring_finish(batch->ring, w->slot);
    return r;
}

static void replace(struct workers *all, struct worker *w)
{
    pthread_detach(w->thread);
    all->n_lost++;
    int r = give_up(all, w);
    if (r == 0)
        r = start_one(all);
    if (r < 0)
        batch_fail(all->batch, r);
}

/* The lock is held. Whether more of a file has come since this was asked. */
static bool goes_on(struct worker *w)
{
    unsigned before = w->headway;
    w->headway = atomic_load_explicit(&w->counted, memory_order_relaxed);
    return w->headway != before;
}

void workers_mind(struct workers *all)
{
    const double limit = page_seconds(all->batch), now = clock_s(CLOCK_MONOTONIC);
    double slice = now - all->looked;
    all->looked = now;
    if (slice > SLICE_MAX)
        slice = SLICE_MAX;
    for (size_t i = 0, n = all->n; i < n; i++) {
        struct worker *w = all->list[i];
        pthread_mutex_lock(&all->lock);
        w->waited = w->reading && goes_on(w) ? 0 : w->busy ? w->waited + slice : 0;
        bool lost = is_lost(w, limit);
        w->lost = w->lost || lost;
        pthread_mutex_unlock(&all->lock);
        if (lost)
            replace(all, w);
    }
}

/* The lock is held. */
static void wait_a_little(struct workers *all)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += JOIN_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&all->changed, &all->lock, &until);
}

/* False: it was lost while it was waited for. */
static bool join(struct workers *all, const struct worker *w)
{
    pthread_mutex_lock(&all->lock);
    while (!w->ended && !w->lost) {
        wait_a_little(all);
        pthread_mutex_unlock(&all->lock);
        workers_mind(all);
        pthread_mutex_lock(&all->lock);
    }
    bool ended = w->ended;
    pthread_mutex_unlock(&all->lock);
    if (ended)
        pthread_join(w->thread, NULL);
    return ended;
}

int workers_join(struct workers *all)
{
    for (size_t i = 0; i < all->n; i++) /* those that replace others come to the list's end */
        if (join(all, all->list[i]))
            arena_finish(&all->list[i]->arena);
    const int lost = all->n_lost;
    for (size_t i = 0; i < all->n; i++)
        if (!all->list[i]->lost)
            free(all->list[i]);
    if (lost == 0)
        free_workers(all); /* a lost one looks at the lock when it comes back */
    return lost;
}
