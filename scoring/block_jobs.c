/* block_jobs.c - threads that live for one call. */
#include "block_jobs.h"

#include <pthread.h>
#include <stdatomic.h>

struct crew {
    block_work work;
    void *context;
    size_t n_blocks;
    atomic_size_t next; /* the first block that nobody has taken */
};

struct member {
    struct crew *crew;
    pthread_t thread;
    int worker;
};

int block_jobs_workers(int jobs, size_t n_blocks)
{
    if (jobs > BLOCK_JOBS_MAX)
        jobs = BLOCK_JOBS_MAX;
    if ((size_t)(jobs < 1 ? 1 : jobs) > n_blocks)
        return n_blocks == 0 ? 1 : (int)n_blocks;
    return jobs < 1 ? 1 : jobs;
}

static void *take_blocks(void *context)
{
    const struct member *m = context;
    struct crew *crew = m->crew;
    for (;;) {
        size_t block = atomic_fetch_add(&crew->next, 1);
        if (block >= crew->n_blocks)
            return NULL;
        crew->work(crew->context, block, m->worker);
    }
}

void block_jobs_run(int jobs, size_t n_blocks, block_work work, void *context)
{
    struct crew crew = {.work = work, .context = context, .n_blocks = n_blocks};
    struct member members[BLOCK_JOBS_MAX] = {0};
    int workers = block_jobs_workers(jobs, n_blocks), started = 1;

    atomic_init(&crew.next, 0);
    for (int w = 0; w < workers; w++)
        members[w] = (struct member){.crew = &crew, .worker = w};
    while (started < workers &&
           pthread_create(&members[started].thread, NULL, take_blocks, &members[started]) == 0)
        started++;
    take_blocks(&members[0]);
    for (int w = 1; w < started; w++)
        pthread_join(members[w].thread, NULL);
}
