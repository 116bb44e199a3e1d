/* handoff.h - a process that stands still while the one that asked it works.
 *
 * A helper that has answered must change nothing until it is asked again. It makes a system call
 * that its filter (call_filter.h) leaves to us to answer, seccomp(2)'s user notification: from when
 * we have received the call until we answer it nothing but a deadly signal gets the process out of
 * the kernel (SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19). It has one thread, so that
 * nothing of it runs. The call brings one number along. Whoever is woken runs where the other one
 * ran, whose caches hold what was just written (SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, Linux 6.6;
 * before, wherever the scheduler will). Kernels without it: helper.h has another way. */
#ifndef YJ_ENGINE_SANDBOX_HANDOFF_H
#define YJ_ENGINE_SANDBOX_HANDOFF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>

/* A call that nothing in a helper makes, and that does no harm where nobody answers it. */
#define HANDOFF_CALL SYS_getpgid

/* ---- the helper's end ---- */

/* Stands still until let go on; false: there is nobody any more to do that. */
bool handoff_pass(uint32_t number);

/* ---- its parent's end ---- */

struct handoff {
    int listener;  /* to be polled for reading; -1: there is none */
    bool held;     /* it stands still, ... */
    uint64_t call; /* ... in this call */
};

void handoff_init(struct handoff *handoff);
/* Takes the listener over, of a helper that does not stand still yet. */
void handoff_open(struct handoff *handoff, int listener);
void handoff_close(struct handoff *handoff);
/* After the listener was found readable; does not wait. True: the helper stands still now. False:
 * its call was taken back meanwhile, as it can be until it was received. */
bool handoff_take(struct handoff *handoff, uint32_t *ret_number);
/* Lets a helper that stands still go on; one that has ended meanwhile does not mind. */
void handoff_return(struct handoff *handoff);

#endif
