/* ring.h - the order of pages between one feeder, many workers and one writer.
 *
 * A ring of numbered slots under one mutex; what is in a slot belongs to the caller, who keeps an
 * array beside it. Slots go round: free -> fed -> taken by a worker -> finished -> collected by the
 * writer -> free. [done, next) are taken or finished, [next, end) wait for a worker. The writer
 * gets them in the order in which they were fed, whatever the workers' order. The feeder waits
 * while no slot is free: that is the back-pressure that bounds memory. Knows nothing of pages. */
#ifndef YJ_ENGINE_RING_H
#define YJ_ENGINE_RING_H

#include <stdbool.h>
#include <stddef.h>

struct ring;

enum ring_status {
    RING_OK,
    RING_TIMEOUT, /* nothing happened in the time given */
    RING_END,     /* closed and empty */
    RING_ABORTED,
};

/* n >= 1 slots. YJ_ENOMEM. */
int ring_create(size_t n, struct ring **ret_ring);
/* After every thread has left it; NULL does nothing. */
void ring_destroy(struct ring *ring);

/* Feeder: waits at most timeout_ms (< 0: as long as it takes) for a free slot, which is the
 * feeder's until it feeds it. */
enum ring_status ring_reserve(struct ring *ring, int timeout_ms, size_t *ret_slot);
/* Feeder: the slot reserved last is ready for a worker. */
void ring_feed(struct ring *ring);
/* Feeder: nothing more will be fed. What was fed is still worked off and collected. */
void ring_close(struct ring *ring);

/* Worker: the oldest slot that waits. RING_OK, RING_END or RING_ABORTED. */
enum ring_status ring_take(struct ring *ring, size_t *ret_slot);
/* Worker: the slot is ready for the writer. */
void ring_finish(struct ring *ring, size_t slot);

/* Writer: the oldest slot, once it is finished; the writer's until it frees it. After an abort
 * still what was finished before the first that is not, then RING_ABORTED. */
enum ring_status ring_collect(struct ring *ring, int timeout_ms, size_t *ret_slot);
/* Writer: the slot collected last is free again. */
void ring_free(struct ring *ring);

/* Anyone: a fault; every wait ends. */
void ring_abort(struct ring *ring);
/* Whoever watches: waits at most timeout_ms for the writer to have collected everything after
 * ring_close (RING_END), or for an abort. */
enum ring_status ring_wait_end(struct ring *ring, int timeout_ms);

#endif
