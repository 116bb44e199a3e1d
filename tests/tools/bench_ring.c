/* bench_ring.c - what a page costs in the ring alone: a feeder, workers that do nothing but wait
 * the time given, and a collector.
 *
 *   bench_ring WORKERS PAGES MICROSECONDS
 *
 * Prints one JSON object: CPU microseconds a page of the feeder, of the collector and of all
 * workers together, and pages a second. Workers sleep, so that more of them than processors can be
 * had: what is left is the lock, its waiters being woken, and nothing else. */
#include "ring.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SLOTS_PER_WORKER 8 /* as grade.c */

static struct ring *ring;
static long sleep_us;
static double collector_us;

static double now_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void *work(void *context)
{
    struct timespec pause = {sleep_us / 1000000, sleep_us % 1000000 * 1000};
    size_t slot;

    while (ring_take(ring, &slot) == RING_OK) {
        if (sleep_us > 0)
            nanosleep(&pause, NULL);
        ring_finish(ring, slot);
    }
    return context;
}

static void *collect(void *context)
{
    size_t slot;

    while (ring_collect(ring, -1, &slot) == RING_OK)
        ring_free(ring);
    collector_us = now_us(CLOCK_THREAD_CPUTIME_ID);
    return context;
}

int main(int argc, char **argv)
{
    int workers = argc == 4 ? atoi(argv[1]) : 0, pages = argc == 4 ? atoi(argv[2]) : 0;
    pthread_t collector, *threads = calloc((size_t)workers + 1, sizeof *threads);
    size_t slot;

    if (workers < 1 || workers > 256 || pages < 1 || !threads ||
        ring_create((size_t)workers * SLOTS_PER_WORKER, &ring) < 0) {
        fprintf(stderr, "usage: bench_ring WORKERS PAGES MICROSECONDS\n");
        free(threads);
        return 2;
    }
    sleep_us = atol(argv[3]);
    double start = now_us(CLOCK_MONOTONIC);
    pthread_create(&collector, NULL, collect, NULL);
    for (int i = 0; i < workers; i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < pages && ring_reserve(ring, -1, &slot) == RING_OK; i++)
        ring_feed(ring);
    double feeder_us = now_us(CLOCK_THREAD_CPUTIME_ID);
    ring_close(ring);
    for (int i = 0; i < workers; i++)
        pthread_join(threads[i], NULL);
    pthread_join(collector, NULL);
    double seconds = (now_us(CLOCK_MONOTONIC) - start) / 1e6;
    double all_us = now_us(CLOCK_PROCESS_CPUTIME_ID);
    printf("{\"workers\": %d, \"feeder\": %.2f, \"collector\": %.2f, \"workers_all\": %.2f, "
           "\"rate\": %.0f}\n",
           workers, feeder_us / pages, collector_us / pages,
           (all_us - feeder_us - collector_us) / pages, pages / seconds);
    ring_destroy(ring);
    free(threads);
    return 0;
}
