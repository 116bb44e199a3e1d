#include "errand.h"
#include "diag.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* A slice of waiting counts as no more than itself: the rest is time in which we were stopped. */
static const double SLICE = 0.25; /* s */

enum runner_state { RUNNER_IDLE, RUNNER_BUSY, RUNNER_DONE, RUNNER_LOST, RUNNER_ENDING };

struct runner {
    pthread_t thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    enum runner_state state;
    struct errand errand;
    int result;
    atomic_uint headway;
};

struct errands {
    struct runner *runner; /* NULL: none yet, or the last was lost */
};

static _Thread_local atomic_uint *mine;

void errand_headway(void)
{
    if (mine)
        atomic_fetch_add_explicit(mine, 1, memory_order_relaxed);
}

void errand_count_headway(atomic_uint *counter)
{
    mine = counter;
}

static void free_runner(struct runner *r)
{
    pthread_cond_destroy(&r->changed);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

/* ---- the other thread ---- */

/* False: it was lost, or is not needed any more. The lock is held, also afterwards. */
static bool run_errand(struct runner *r)
{
    struct errand errand = r->errand;
    pthread_mutex_unlock(&r->lock);
    int result = errand.run(errand.job);
    pthread_mutex_lock(&r->lock);
    if (r->state == RUNNER_LOST) {
        errand.forget(errand.job);
        return false;
    }
    r->result = result;
    r->state = RUNNER_DONE;
    pthread_cond_broadcast(&r->changed);
    return true;
}

static void *serve(void *context)
{
    struct runner *r = context;
    errand_count_headway(&r->headway);
    pthread_mutex_lock(&r->lock);
    bool needed = true;
    while (needed) {
        while (r->state != RUNNER_BUSY && r->state != RUNNER_ENDING)
            pthread_cond_wait(&r->changed, &r->lock);
        needed = r->state == RUNNER_BUSY && run_errand(r);
    }
    bool lost = r->state == RUNNER_LOST;
    pthread_mutex_unlock(&r->lock);
    if (lost)
        free_runner(r);
    return NULL;
}

/* ---- this thread ---- */

static int init_conditions(struct runner *r)
{
    pthread_condattr_t monotonic;
    if (pthread_condattr_init(&monotonic) != 0)
        return YJ_ENOMEM;
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    int error = pthread_cond_init(&r->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (error == 0 && pthread_mutex_init(&r->lock, NULL) != 0) {
        pthread_cond_destroy(&r->changed);
        error = 1;
    }
    return error == 0 ? 0 : YJ_ENOMEM;
}

static struct runner *start_runner(void)
{
    struct runner *r = calloc(1, sizeof *r);
    if (!r || init_conditions(r) < 0) {
        free(r);
        return NULL;
    }
    sigset_t all, before; /* signals are for the threads that wait for them */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&r->thread, NULL, serve, r);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0)
        return r;
    free_runner(r);
    return NULL;
}

int errands_create(struct errands **ret_errands)
{
    struct errands *errands = calloc(1, sizeof *errands);
    if (!errands)
        return YJ_ENOMEM;
    *ret_errands = errands;
    return 0;
}

void errands_destroy(struct errands *errands)
{
    if (!errands)
        return;
    struct runner *r = errands->runner;
    if (r) {
        pthread_mutex_lock(&r->lock);
        r->state = RUNNER_ENDING;
        pthread_cond_broadcast(&r->changed);
        pthread_mutex_unlock(&r->lock);
        pthread_join(r->thread, NULL);
        free_runner(r);
    }
    free(errands);
}

static double seconds_of(const struct timespec *t)
{
    return (double)t->tv_sec + (double)t->tv_nsec / 1e9;
}

/* The lock is held. False: it is lost. */
static bool wait_while_it_goes_on(struct runner *r, double seconds)
{
    unsigned seen = atomic_load_explicit(&r->headway, memory_order_relaxed);
    for (double waited = 0; r->state == RUNNER_BUSY;) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        const double before = seconds_of(&until);
        until.tv_nsec += (long)(SLICE * 1e9);
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
        if (pthread_cond_timedwait(&r->changed, &r->lock, &until) == 0)
            continue;
        unsigned headway = atomic_load_explicit(&r->headway, memory_order_relaxed);
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        /* neither time in which the program was stopped, nor a wait that ended early */
        waited = headway == seen ? waited + fmin(SLICE, seconds_of(&now) - before) : 0;
        seen = headway;
        if (waited >= seconds && r->state == RUNNER_BUSY)
            return false;
    }
    return true;
}

bool errand_do(struct errands *errands, const struct errand *errand, double seconds, int *ret)
{
    if (!errands->runner)
        errands->runner = start_runner();
    struct runner *r = errands->runner;
    if (!r) {
        *ret = errand->run(errand->job);
        return true;
    }
    pthread_mutex_lock(&r->lock);
    r->errand = *errand;
    r->state = RUNNER_BUSY;
    pthread_cond_broadcast(&r->changed);
    bool done = wait_while_it_goes_on(r, seconds);
    if (done) {
        *ret = r->result;
        r->state = RUNNER_IDLE;
    } else {
        r->state = RUNNER_LOST;
        pthread_detach(r->thread);
        errands->runner = NULL;
    }
    pthread_mutex_unlock(&r->lock);
    return done;
}
