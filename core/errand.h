/* errand.h - calls that may never return: a file of a share whose server is gone.
 *
 * Such a call cannot be interrupted; the thread that made it is lost. So it is made on a thread of
 * its own, and whoever sent it waits as long as there is headway. A lost thread is left alone; when
 * its call does return, it clears its own errand away. Knows nothing of files. */
#ifndef YJ_CORE_ERRAND_H
#define YJ_CORE_ERRAND_H

#include <stdatomic.h>
#include <stdbool.h>

struct errands;

/* YJ_ENOMEM. */
int errands_create(struct errands **ret_errands);
/* Does not wait for those that are lost; NULL does nothing. */
void errands_destroy(struct errands *errands);

struct errand {
    int (*run)(void *job);     /* on the other thread */
    void (*forget)(void *job); /* by the other thread, where the errand was lost */
    void *job;                 /* everything that run touches; the caller's again when it is done */
};
/* True: done, *ret is what run returned. False: there was no headway for so many seconds, and the
 * job belongs to the other thread. Where no thread can be had, it runs on this one. */
bool errand_do(struct errands *errands, const struct errand *errand, double seconds, int *ret);
/* Called by whatever may take long: it goes on. */
void errand_headway(void);
/* Where this thread's headway is counted from now on, for others to look at; NULL: nowhere. */
void errand_count_headway(atomic_uint *counter);

#endif
