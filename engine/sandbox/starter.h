/* starter.h - one thread that starts processes for all others.
 *
 * A helper asks the kernel to be killed with its parent (PR_SET_PDEATHSIG), and the kernel takes
 * for the parent the thread that forked: a worker that ends at the end of a batch would take the
 * helpers it started with it. This thread lives as long as they may. */
#ifndef YJ_ENGINE_SANDBOX_STARTER_H
#define YJ_ENGINE_SANDBOX_STARTER_H

#include <sys/types.h>

struct process_plan;
struct starter;

/* YJ_ENOMEM. */
int starter_create(struct starter **ret_starter);
/* After the helpers are gone; NULL does nothing. */
void starter_destroy(struct starter *starter);
/* As process_start, from any thread, one at a time. */
int starter_start(struct starter *starter, const struct process_plan *plan, pid_t *ret_pid);

#endif
