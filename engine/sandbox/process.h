/* process.h - another program is started, with no more than it is given.
 *
 * By fork and exec rather than posix_spawn, because a confinement is put on in between. The child
 * has the files named and no other, and a process group of its own; it is not ended by the signals
 * that ask a program to end (they are for us, who finish the pages in hand). */
#ifndef YJ_ENGINE_SANDBOX_PROCESS_H
#define YJ_ENGINE_SANDBOX_PROCESS_H

#include <sys/types.h>

struct drawer_confinement;

enum { PROCESS_FILES_MAX = 4 };

struct process_plan {
    const char *program;          /* sought on PATH where it has no slash */
    char *const *arguments;       /* ends in NULL */
    int files[PROCESS_FILES_MAX]; /* become 0, 1, ...; -1: /dev/null */
    int n_files;
    const struct drawer_confinement *confinement; /* NULL: none */
};

/* 0, or the errno of what failed, exec included. */
int process_start(const struct process_plan *plan, pid_t *ret_pid);

#endif
