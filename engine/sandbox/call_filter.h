/* call_filter.h - which system calls a process may still make (seccomp(2), classic BPF). */
#ifndef YJ_ENGINE_SANDBOX_CALL_FILTER_H
#define YJ_ENGINE_SANDBOX_CALL_FILTER_H

#include <stdbool.h>

/* From now on, for this thread and its children; after PR_SET_NO_NEW_PRIVS. The decoder's: what is
 * not needed to decode ends the process, names of files are answered with EPERM. *ret_listener is
 * whom HANDOFF_CALL is left to (handoff.h), to be given to the parent and closed; -1: this kernel
 * cannot, and that call ends the process, too. */
bool call_filter_decoder(int *ret_listener);
/* The drawer's: anything but network, new processes, tracing and the kernel's own affairs. Async-
 * signal-safe. */
bool call_filter_drawer(void);

#endif
