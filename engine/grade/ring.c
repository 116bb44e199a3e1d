/* ring.c - one mutex, four conditions, three counters that only grow.
 *
 * done <= next <= end <= done + n. A counter modulo n is its slot; the counters are 64 bits wide
 * and never come round. */
#include "ring.h"
#include "diag.h"
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

struct ring {
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t has_room, has_work, has_result, at_end;
    uint64_t done, next, end;
    bool *finished; /* [n], by slot */
    size_t n;
    bool closed, aborted;
};

static int init_conditions(struct ring *ring)
{
    pthread_cond_t *conditions[] = {&ring->has_room, &ring->has_work, &ring->has_result,
                                    &ring->at_end};
    pthread_condattr_t monotonic; /* a clock set back must not lengthen a wait */
    if (pthread_condattr_init(&monotonic) != 0)
        return YJ_ENOMEM;
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    int r = 0;
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        if (pthread_cond_init(conditions[i], &monotonic) != 0)
            r = YJ_ENOMEM;
    pthread_condattr_destroy(&monotonic);
    return r;
}

int ring_create(size_t n, struct ring **ret_ring)
{
    assert(n >= 1);
    struct ring *ring = calloc(1, sizeof *ring);
    if (!ring)
        return YJ_ENOMEM;
    ring->n = n;
    ring->finished = calloc(n, sizeof *ring->finished);
    if (!ring->finished || pthread_mutex_init(&ring->lock, NULL) != 0 ||
        init_conditions(ring) != 0) {
        free(ring->finished);
        free(ring);
        return YJ_ENOMEM;
    }
    *ret_ring = ring;
    return 0;
}

void ring_destroy(struct ring *ring)
{
    if (!ring)
        return;
    pthread_cond_destroy(&ring->has_room);
    pthread_cond_destroy(&ring->has_work);
    pthread_cond_destroy(&ring->has_result);
    pthread_cond_destroy(&ring->at_end);
    pthread_mutex_destroy(&ring->lock);
    free(ring->finished);
    free(ring);
}

static struct timespec deadline_after(int timeout_ms)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_nsec -= 1000000000;
        t.tv_sec++;
    }
    return t;
}

/* Waits for `condition`; false once the deadline (NULL: none) has passed. The lock is held. */
static bool wait_on(pthread_cond_t *condition, pthread_mutex_t *lock,
                    const struct timespec *deadline)
{
    if (!deadline)
        return pthread_cond_wait(condition, lock) == 0;
    return pthread_cond_timedwait(condition, lock, deadline) != ETIMEDOUT;
}

enum ring_status ring_reserve(struct ring *ring, int timeout_ms, size_t *ret_slot)
{
    struct timespec deadline = deadline_after(timeout_ms < 0 ? 0 : timeout_ms);
    enum ring_status status = RING_OK;
    pthread_mutex_lock(&ring->lock);
    assert(!ring->closed);
    while (!ring->aborted && ring->end - ring->done == ring->n && status == RING_OK)
        if (!wait_on(&ring->has_room, &ring->lock, timeout_ms < 0 ? NULL : &deadline))
            status = RING_TIMEOUT;
    if (ring->aborted)
        status = RING_ABORTED;
    else if (ring->end - ring->done < ring->n)
        status = RING_OK; /* room came at the very deadline */
    if (status == RING_OK)
        *ret_slot = ring->end % ring->n;
    pthread_mutex_unlock(&ring->lock);
    return status;
}

void ring_feed(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    assert(ring->end - ring->done < ring->n);
    ring->finished[ring->end % ring->n] = false;
    ring->end++;
    pthread_cond_signal(&ring->has_work);
    pthread_mutex_unlock(&ring->lock);
}

void ring_close(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    ring->closed = true;
    pthread_cond_broadcast(&ring->has_work);
    pthread_cond_broadcast(&ring->has_result);
    pthread_cond_broadcast(&ring->at_end);
    pthread_mutex_unlock(&ring->lock);
}

enum ring_status ring_take(struct ring *ring, size_t *ret_slot)
{
    enum ring_status status = RING_OK;
    pthread_mutex_lock(&ring->lock);
    while (!ring->aborted && !ring->closed && ring->next == ring->end)
        wait_on(&ring->has_work, &ring->lock, NULL);
    if (ring->aborted)
        status = RING_ABORTED;
    else if (ring->next == ring->end)
        status = RING_END;
    else
        *ret_slot = ring->next++ % ring->n;
    pthread_mutex_unlock(&ring->lock);
    return status;
}

void ring_finish(struct ring *ring, size_t slot)
{
    pthread_mutex_lock(&ring->lock);
    assert(slot < ring->n && !ring->finished[slot]);
    ring->finished[slot] = true;
    if (slot == ring->done % ring->n)
        pthread_cond_signal(&ring->has_result);
    pthread_mutex_unlock(&ring->lock);
}

static bool oldest_is_finished(const struct ring *ring)
{
    return ring->done < ring->next && ring->finished[ring->done % ring->n];
}

enum ring_status ring_collect(struct ring *ring, int timeout_ms, size_t *ret_slot)
{
    struct timespec deadline = deadline_after(timeout_ms < 0 ? 0 : timeout_ms);
    enum ring_status status = RING_OK;
    pthread_mutex_lock(&ring->lock);
    while (!oldest_is_finished(ring) && !ring->aborted && status == RING_OK &&
           !(ring->closed && ring->done == ring->end))
        if (!wait_on(&ring->has_result, &ring->lock, timeout_ms < 0 ? NULL : &deadline))
            status = RING_TIMEOUT;
    if (oldest_is_finished(ring)) {
        status = RING_OK;
        *ret_slot = ring->done % ring->n;
    } else if (ring->aborted) {
        status = RING_ABORTED;
    } else if (ring->closed && ring->done == ring->end) {
        status = RING_END;
    }
    pthread_mutex_unlock(&ring->lock);
    return status;
}

void ring_free(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    assert(oldest_is_finished(ring));
    ring->done++;
    pthread_cond_signal(&ring->has_room);
    if (ring->closed && ring->done == ring->end)
        pthread_cond_broadcast(&ring->at_end);
    pthread_mutex_unlock(&ring->lock);
}

void ring_abort(struct ring *ring)
{
    pthread_mutex_lock(&ring->lock);
    ring->aborted = true;
    pthread_cond_broadcast(&ring->has_room);
    pthread_cond_broadcast(&ring->has_work);
    pthread_cond_broadcast(&ring->has_result);
    pthread_cond_broadcast(&ring->at_end);
    pthread_mutex_unlock(&ring->lock);
}

enum ring_status ring_wait_end(struct ring *ring, int timeout_ms)
{
    struct timespec deadline = deadline_after(timeout_ms < 0 ? 0 : timeout_ms);
    enum ring_status status = RING_OK;
    pthread_mutex_lock(&ring->lock);
    while (!ring->aborted && !(ring->closed && ring->done == ring->end) && status == RING_OK)
        if (!wait_on(&ring->at_end, &ring->lock, timeout_ms < 0 ? NULL : &deadline))
            status = RING_TIMEOUT;
    if (ring->aborted)
        status = RING_ABORTED;
    else if (ring->closed && ring->done == ring->end)
        status = RING_END;
    pthread_mutex_unlock(&ring->lock);
    return status;
}
