#include "starter.h"
#include "diag.h"
#include "process.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

struct starter {
    pthread_t thread;
    pthread_mutex_t turn; /* held by the one who is served */
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t changed;
    const struct process_plan *plan; /* NULL: nothing to do */
    bool done, ending;
    int error;
    pid_t pid;
};

static void *serve(void *context)
{
    struct starter *s = context;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        while (!s->plan && !s->ending)
            pthread_cond_wait(&s->changed, &s->lock);
        if (!s->plan)
            break;
        s->error = process_start(s->plan, &s->pid);
        s->plan = NULL;
        s->done = true;
        pthread_cond_broadcast(&s->changed);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* Signals to the program are for the threads that wait for them. */
static int start_thread(struct starter *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&s->thread, NULL, serve, s);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0 ? 0 : YJ_ENOMEM;
}

int starter_create(struct starter **ret_starter)
{
    struct starter *s = calloc(1, sizeof *s);
    if (!s)
        return YJ_ENOMEM;
    pthread_mutex_init(&s->turn, NULL);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->changed, NULL);
    if (start_thread(s) < 0) {
        free(s);
        return YJ_ENOMEM;
    }
    *ret_starter = s;
    return 0;
}

void starter_destroy(struct starter *s)
{
    if (!s)
        return;
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->turn);
    free(s);
}

int starter_start(struct starter *s, const struct process_plan *plan, pid_t *ret_pid)
{
    pthread_mutex_lock(&s->turn);
    pthread_mutex_lock(&s->lock);
    s->plan = plan;
    s->done = false;
    pthread_cond_broadcast(&s->changed);
    while (!s->done)
        pthread_cond_wait(&s->changed, &s->lock);
    int error = s->error;
    *ret_pid = s->pid;
    pthread_mutex_unlock(&s->lock);
    pthread_mutex_unlock(&s->turn);
    return error;
}
