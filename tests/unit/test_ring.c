/* test_ring.c - the ring's order, its back-pressure and its ends, with real threads. */
#include "diag.h"
#include "ring.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SLOTS = 7, ITEMS = 5000, WORKERS = 4 };

struct shop {
    struct ring *ring;
    int input[SLOTS], output[SLOTS]; /* guarded by the ring's passing on of slots */
    atomic_int taken;
};

/* Squares its input; every third one yields first, so that workers overtake each other. */
static void *work(void *context)
{
    struct shop *shop = context;
    size_t slot;
    while (ring_take(shop->ring, &slot) == RING_OK) {
        if (atomic_fetch_add(&shop->taken, 1) % 3 == 0)
            sched_yield();
        shop->output[slot] = shop->input[slot] * 2;
        ring_finish(shop->ring, slot);
    }
    return NULL;
}

static void *feed_all(void *context)
{
    struct shop *shop = context;
    for (int i = 0; i < ITEMS; i++) {
        size_t slot;
        if (ring_reserve(shop->ring, -1, &slot) != RING_OK)
            return NULL;
        shop->input[slot] = i;
        ring_feed(shop->ring);
    }
    ring_close(shop->ring);
    return NULL;
}

static void start_workers(struct shop *shop, pthread_t threads[WORKERS])
{
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, shop), 0);
}

static void join_all(pthread_t *threads, int n)
{
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

/* Catches a writer that sees results in the workers' order, twice, or not at all; under the thread
 * sanitizer, a slot touched by two threads at once. */
static void test_results_come_in_the_order_of_the_input(void **state)
{
    struct shop shop = {0};
    pthread_t workers[WORKERS], feeder;
    assert_int_equal(ring_create(SLOTS, &shop.ring), 0);
    start_workers(&shop, workers);
    pthread_create(&feeder, NULL, feed_all, &shop);
    size_t slot;
    int n = 0;
    for (enum ring_status s; (s = ring_collect(shop.ring, -1, &slot)) != RING_END; n++) {
        assert_int_equal(s, RING_OK);
        assert_int_equal(shop.output[slot], 2 * n);
        ring_free(shop.ring);
    }
    assert_int_equal(n, ITEMS);
    assert_int_equal(ring_wait_end(shop.ring, -1), RING_END);
    join_all(workers, WORKERS);
    join_all(&feeder, 1);
    ring_destroy(shop.ring);
}

/* Catches a feeder that runs ahead of the writer and so fills memory. */
static void test_feeder_waits_while_the_ring_is_full(void **state)
{
    struct shop shop = {0};
    size_t slot, first;
    assert_int_equal(ring_create(SLOTS, &shop.ring), 0);
    for (int i = 0; i < SLOTS; i++) {
        assert_int_equal(ring_reserve(shop.ring, 0, &slot), RING_OK);
        assert_int_equal(slot, i);
        ring_feed(shop.ring);
    }
    assert_int_equal(ring_reserve(shop.ring, 1, &slot), RING_TIMEOUT);
    /* A finished slot is still full: only the writer makes room. */
    assert_int_equal(ring_take(shop.ring, &first), RING_OK);
    ring_finish(shop.ring, first);
    assert_int_equal(ring_reserve(shop.ring, 1, &slot), RING_TIMEOUT);
    assert_int_equal(ring_collect(shop.ring, 0, &slot), RING_OK);
    assert_int_equal(slot, first);
    ring_free(shop.ring);
    assert_int_equal(ring_reserve(shop.ring, 0, &slot), RING_OK);
    assert_int_equal(slot, first);
    ring_destroy(shop.ring);
}

/* Catches a writer that takes a later page before an earlier one is finished. */
static void test_writer_waits_for_the_oldest(void **state)
{
    struct ring *ring;
    size_t a, b, slot;
    assert_int_equal(ring_create(SLOTS, &ring), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ring_reserve(ring, 0, &slot), RING_OK);
        ring_feed(ring);
    }
    assert_int_equal(ring_take(ring, &a), RING_OK);
    assert_int_equal(ring_take(ring, &b), RING_OK);
    ring_finish(ring, b);
    assert_int_equal(ring_collect(ring, 1, &slot), RING_TIMEOUT);
    ring_finish(ring, a);
    assert_int_equal(ring_collect(ring, 0, &slot), RING_OK);
    assert_int_equal(slot, a);
    ring_destroy(ring);
}

/* Catches pages lost when the feeder closes while some wait. */
static void test_close_lets_everything_finish(void **state)
{
    struct ring *ring;
    size_t slot;
    assert_int_equal(ring_create(2, &ring), 0);
    assert_int_equal(ring_reserve(ring, 0, &slot), RING_OK);
    ring_feed(ring);
    ring_close(ring);
    assert_int_equal(ring_wait_end(ring, 1), RING_TIMEOUT);
    assert_int_equal(ring_take(ring, &slot), RING_OK);
    ring_finish(ring, slot);
    assert_int_equal(ring_take(ring, &slot), RING_END);
    assert_int_equal(ring_collect(ring, 0, &slot), RING_OK);
    ring_free(ring);
    assert_int_equal(ring_collect(ring, 0, &slot), RING_END);
    assert_int_equal(ring_wait_end(ring, 0), RING_END);
    ring_destroy(ring);
}

/* Catches a thread left waiting for ever after a fault, and a finished page that a fault throws
 * away. */
static void test_abort_wakes_everyone(void **state)
{
    struct shop shop = {0};
    pthread_t workers[WORKERS];
    size_t slot, other;
    assert_int_equal(ring_create(SLOTS, &shop.ring), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(ring_reserve(shop.ring, 0, &slot), RING_OK);
        ring_feed(shop.ring);
    }
    assert_int_equal(ring_take(shop.ring, &slot), RING_OK);
    assert_int_equal(ring_take(shop.ring, &other), RING_OK);
    ring_finish(shop.ring, slot);
    start_workers(&shop, workers);
    ring_abort(shop.ring);
    join_all(workers, WORKERS);
    assert_int_equal(ring_reserve(shop.ring, -1, &slot), RING_ABORTED);
    assert_int_equal(ring_wait_end(shop.ring, -1), RING_ABORTED);
    assert_int_equal(ring_collect(shop.ring, -1, &slot), RING_OK);
    ring_free(shop.ring);
    assert_int_equal(ring_collect(shop.ring, -1, &slot), RING_ABORTED);
    ring_destroy(shop.ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_come_in_the_order_of_the_input),
        cmocka_unit_test(test_feeder_waits_while_the_ring_is_full),
        cmocka_unit_test(test_writer_waits_for_the_oldest),
        cmocka_unit_test(test_close_lets_everything_finish),
        cmocka_unit_test(test_abort_wakes_everyone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
