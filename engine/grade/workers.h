/* workers.h - the threads that read pages, and what becomes of one that never comes back.
 *
 * A page has its clock (page_clock.h), at which decoding, registering and reading look. What does
 * not look, a library that runs in circles or waits for ever, holds its thread: the page is given
 * up over its head, and another thread takes the place of the one that is lost. A lost thread may
 * go on to use the exam and the registrar: whoever owns them must then let them live. */
#ifndef YJ_ENGINE_WORKERS_H
#define YJ_ENGINE_WORKERS_H

struct batch;
struct workers;

/* 1 to `jobs` of them, as many as can be had. YJ_ENOMEM: none. */
int workers_start(struct batch *batch, int jobs, struct workers **ret_workers);
/* Gives up pages that take too long; to be called a few times a second by one thread. */
void workers_mind(struct workers *workers);
/* After the ring was closed or aborted: returns how many are lost; the others have ended. */
int workers_join(struct workers *workers);

#endif
