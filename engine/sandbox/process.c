#include "process.h"
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between fork and exec: system calls alone, since other threads may have held any lock. */

static void default_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    /* Whoever ends us (a service manager tells all of its processes) wants the pages in hand. */
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_above(int last)
{
#ifdef __NR_close_range
    if (syscall(__NR_close_range, last + 1, ~0U, 0) == 0)
        return;
#endif
    for (int fd = last + 1; fd < 1024; fd++) /* a kernel before 5.9; ours are close-on-exec */
        close(fd);
}

/* Files to their numbers, and the error pipe to the number after them. */
static int place_files(const struct process_plan *plan, int *error_pipe)
{
    int high[PROCESS_FILES_MAX + 1];
    enum { ABOVE = 64 }; /* no number is overwritten before it was copied */
    for (int i = 0; i < plan->n_files; i++) {
        int fd = plan->files[i];
        high[i] =
            fcntl(fd >= 0 ? fd : open("/dev/null", i == 0 ? O_RDONLY : O_WRONLY), F_DUPFD, ABOVE);
        if (high[i] < 0)
            return -1;
    }
    high[plan->n_files] = fcntl(*error_pipe, F_DUPFD, ABOVE);
    for (int i = 0; i <= plan->n_files; i++)
        if (high[i] < 0 || dup2(high[i], i) < 0)
            return -1;
    *error_pipe = plan->n_files;
    return fcntl(*error_pipe, F_SETFD, FD_CLOEXEC);
}

static void become(const struct process_plan *plan, int error_pipe)
{
    default_signals();
    setpgid(0, 0);
    int confined_by = plan->confinement ? plan->confinement->ruleset : -1;
    struct drawer_confinement confinement;
    if (plan->confinement)
        confinement = *plan->confinement;
    if (confined_by >= 0) /* it must not be overwritten by the files */
        confinement.ruleset = fcntl(confined_by, F_DUPFD_CLOEXEC, 64);
    if (place_files(plan, &error_pipe) == 0) {
        if (plan->confinement)
            confine_drawer(&confinement);
        close_above(error_pipe);
        execvp(plan->program, plan->arguments);
    }
    int error = errno;
    ssize_t told = write(error_pipe, &error, sizeof error);
    _exit(told == sizeof error ? 127 : 126);
}

/* Nothing comes where exec has closed the pipe. */
static int read_error(int fd)
{
    int error = 0;
    ssize_t n;
    do
        n = read(fd, &error, sizeof error);
    while (n < 0 && errno == EINTR);
    return n == sizeof error ? error : 0;
}

int process_start(const struct process_plan *plan, pid_t *ret_pid)
{
    int pipes[2];
    if (pipe2(pipes, O_CLOEXEC) < 0)
        return errno;
    pid_t pid = fork();
    if (pid == 0)
        become(plan, pipes[1]);
    int error = pid < 0 ? errno : 0;
    close(pipes[1]);
    if (error == 0)
        error = read_error(pipes[0]);
    close(pipes[0]);
    if (error != 0 && pid > 0)
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
            ;
    if (error == 0)
        *ret_pid = pid;
    return error;
}
