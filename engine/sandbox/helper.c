#include "helper.h"
#include "confine.h"
#include "diag.h"
#include "fd_message.h"
#include "handoff.h"
#include "page_clock.h"
#include "process.h"
#include "shared_pages.h"
#include "starter.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef F_SEAL_SEAL
#define F_SEAL_SEAL 1
#define F_SEAL_SHRINK 2
#define F_SEAL_GROW 4
#endif

/* Waiting is counted in slices: what a slice takes longer is time in which we were stopped. */
static const double SLICE = 0.5, SLICE_LATE = 0.5; /* s */
static const double START_SECONDS = 60;            /* of a machine that swaps */
static const double STOP_SECONDS = 10;             /* on a machine with much else to do */
static const double END_SECONDS = 1; /* for the kernel to take a killed process away */

struct helper {
    struct starter *starter;
    pid_t pid;    /* 0: none runs */
    bool stopped; /* by SIGSTOP: nobody has let it go on */
    bool called;  /* its listener has something to be received */
    struct handoff handoff;
    int socket, memory;
    const uint8_t *reply; /* HELPER_REPLY_MAX bytes of the memory */
    unsigned confinement, generation, requests;
    char death[16];
    struct {
        uint8_t *bytes;
        size_t mapped;
    } areas[HELPER_AREAS];
};

int helper_create(struct starter *starter, struct helper **ret_helper)
{
    struct helper *helper = calloc(1, sizeof *helper);
    if (!helper)
        return YJ_ENOMEM;
    helper->starter = starter;
    helper->socket = helper->memory = -1;
    handoff_init(&helper->handoff);
    *ret_helper = helper;
    return 0;
}

unsigned helper_confinement(const struct helper *helper)
{
    return helper->confinement;
}
bool helper_hands_over(const struct helper *helper)
{
    return helper->handoff.listener >= 0;
}
unsigned helper_generation(const struct helper *helper)
{
    return helper->generation;
}
const char *helper_death(const struct helper *helper)
{
    return helper->death;
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the end of a process ---- */

static void note_death(struct helper *helper, const siginfo_t *info)
{
    const char *name = info->si_code == CLD_EXITED ? "exit" : sigabbrev_np(info->si_status);
    strncpy(helper->death, name ? name : "?", sizeof helper->death - 1);
}

/* A process that hangs in the kernel (a share that is gone) does not end until that lets go: it is
 * left to init's care when we end. */
static void bury(struct helper *helper)
{
    siginfo_t info = {0};
    kill(helper->pid, SIGKILL);
    for (double until = now_s() + END_SECONDS; now_s() < until;) {
        struct timespec pause = {.tv_nsec = 200000};
        if (waitid(P_PID, (id_t)helper->pid, &info, WEXITED | WNOHANG) < 0 || info.si_pid != 0)
            break;
        nanosleep(&pause, NULL);
    }
    helper->pid = 0;
    helper->stopped = false;
    handoff_close(&helper->handoff);
    close(helper->socket);
    helper->socket = -1;
}

/* It ended by itself: how? */
static void bury_crashed(struct helper *helper)
{
    siginfo_t info = {0};
    strcpy(helper->death, "?");
    for (double until = now_s() + END_SECONDS; now_s() < until && info.si_pid == 0;) {
        struct timespec pause = {.tv_nsec = 200000};
        if (waitid(P_PID, (id_t)helper->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
            break;
        if (info.si_pid == 0)
            nanosleep(&pause, NULL);
    }
    if (info.si_pid != 0)
        note_death(helper, &info);
    bury(helper);
}

void helper_distrust(struct helper *helper)
{
    if (helper->pid)
        bury(helper);
    strcpy(helper->death, "odd reply");
}

static void forget_memory(struct helper *helper)
{
    for (int i = 0; i < HELPER_AREAS; i++)
        if (helper->areas[i].mapped)
            munmap(helper->areas[i].bytes, helper->areas[i].mapped);
    memset(helper->areas, 0, sizeof helper->areas);
    if (helper->reply)
        munmap((void *)helper->reply, HELPER_REPLY_MAX);
    helper->reply = NULL;
    if (helper->memory >= 0)
        close(helper->memory);
    helper->memory = -1;
}

void helper_destroy(struct helper *helper)
{
    if (!helper)
        return;
    if (helper->pid)
        bury(helper);
    forget_memory(helper);
    free(helper);
}

/* ---- shared memory ---- */

/* Its size is sealed: one who shortens it would end us by SIGBUS. */
static int create_memory(struct helper *helper)
{
    if (helper->memory >= 0)
        return 0;
    int fd = memfd_create("pages", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return errno;
    void *reply = MAP_FAILED;
    if (ftruncate(fd, (off_t)HELPER_MEMORY_SIZE) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        reply = mmap(NULL, HELPER_REPLY_MAX, PROT_READ, MAP_SHARED, fd, (off_t)HELPER_REPLY_AT);
    if (reply == MAP_FAILED) {
        int error = errno;
        close(fd);
        return error;
    }
    helper->memory = fd;
    helper->reply = reply;
    return 0;
}

uint8_t *helper_area(struct helper *helper, unsigned area, size_t n)
{
    if (area >= HELPER_AREAS || n > HELPER_AREA_SIZE)
        return NULL;
    if (n <= helper->areas[area].mapped)
        return helper->areas[area].bytes;
    size_t whole = (n + SHARED_PAGE_HUGE - 1) / SHARED_PAGE_HUGE * SHARED_PAGE_HUGE;
    void *bytes = shared_pages_map(helper->memory, area * HELPER_AREA_SIZE, whole);
    if (!bytes)
        return NULL;
    shared_pages_gather(bytes, whole);
    if (helper->areas[area].mapped)
        munmap(helper->areas[area].bytes, helper->areas[area].mapped);
    helper->areas[area].bytes = bytes;
    helper->areas[area].mapped = whole;
    return bytes;
}

/* ---- messages ---- */

/* Waits a slice at most: 1 something came, 0 not yet, -1 time is up. */
static int wait_slice(struct helper *helper, double *left, struct page_clock *clock)
{
    double slice = *left < SLICE ? *left : SLICE, before = now_s();
    if (clock && page_clock_left(clock) < slice)
        slice = page_clock_left(clock);
    struct pollfd wait[] = {{.fd = helper->socket, .events = POLLIN},
                            {.fd = helper->handoff.listener, .events = POLLIN}};
    int ready = poll(wait, 2, slice > 0 ? (int)(slice * 1000) + 1 : 0);
    double waited = now_s() - before;
    if (waited > slice + SLICE_LATE)
        waited = slice > 0 ? slice : 0;
    *left -= waited;
    page_clock_add_wait(clock, waited);
    helper->called = ready > 0 && wait[1].revents == POLLIN;
    if (ready > 0)
        return 1;
    return *left <= 0 || (clock && page_clock_is_up(clock)) ? -1 : 0;
}

/* From the socket, with the file that comes along: *ret_fd, -1: none. */
static enum helper_end take_message(struct helper *helper, void *to, size_t room, size_t *ret_n,
                                    int *ret_fd)
{
    size_t n = fd_message_take(helper->socket, to, room, ret_fd);
    if (n == 0 || n > room)
        return HELPER_CRASHED; /* or says what no helper of ours does */
    *ret_n = n;
    return HELPER_REPLIED;
}

/* From the shared memory, of a helper that stands still: `n` is its word. */
static enum helper_end take_reply(const struct helper *helper, uint32_t n, void *to, size_t room,
                                  size_t *ret_n)
{
    if (n > room || n > HELPER_REPLY_MAX)
        return HELPER_CRASHED;
    memcpy(to, helper->reply, n);
    *ret_n = n;
    return HELPER_REPLIED;
}

/* One message, whatever it says; 0 bytes where a helper only stands still. Waiting takes from
 * *left, in seconds. */
static enum helper_end receive(struct helper *helper, double *left, struct page_clock *clock,
                               void *to, size_t room, size_t *ret_n)
{
    uint32_t n;
    int fd;
    for (;;) {
        int ready = wait_slice(helper, left, clock);
        if (ready < 0)
            return HELPER_LATE;
        if (ready > 0 && helper->called && handoff_take(&helper->handoff, &n))
            return take_reply(helper, n, to, room, ret_n);
        if (ready > 0 && !helper->called) /* with a listener: it is the end */
            break;
    }
    enum helper_end end = take_message(helper, to, room, ret_n, &fd);
    if (fd >= 0)
        close(fd);
    return end == HELPER_REPLIED && helper->handoff.listener >= 0 ? HELPER_CRASHED : end;
}

static bool send_request(struct helper *helper, const struct helper_request *request)
{
    return fd_message_send(helper->socket, request->bytes, request->n, request->fd);
}

/* ---- stopped, but while it works ---- */

static void let_go_on(struct helper *helper)
{
    if (helper->stopped)
        kill(helper->pid, SIGCONT);
    helper->stopped = false;
    handoff_return(&helper->handoff);
}

/* After a reply a helper stops itself. 1: it has stopped; 0: not yet; -1: it has ended. */
static int look_whether_stopped(struct helper *helper)
{
    siginfo_t info = {0};
    int r = waitid(P_PID, (id_t)helper->pid, &info, WSTOPPED | WEXITED | WNOHANG | WNOWAIT);
    if (r == 0 && info.si_pid == 0)
        return 0;
    return r == 0 && info.si_code == CLD_STOPPED ? 1 : -1;
}

/* Until it can change nothing any more: one that will not stop is ended. False: it has ended. */
static bool await_stop(struct helper *helper)
{
    if (helper->handoff.held)
        return true;
    int stopped = look_whether_stopped(helper);
    for (double until = now_s() + STOP_SECONDS; stopped == 0 && now_s() < until;) {
        struct timespec pause = {.tv_nsec = 20000};
        nanosleep(&pause, NULL);
        stopped = look_whether_stopped(helper);
    }
    helper->stopped = stopped == 1;
    if (stopped != 1)
        bury_crashed(helper);
    return helper->stopped;
}

/* ---- asking ---- */

static int start_process(struct helper *helper, int sockets[2])
{
    char program[] = "yuejuan", argument[] = HELPER_ARGUMENT;
    char *const arguments[] = {program, argument, NULL};
    struct process_plan plan = {
        .program = "/proc/self/exe",
        .arguments = arguments,
        /* a sanitizer's word is to be heard */
        .files = {-1, -1, confine_is_sanitized() ? STDERR_FILENO : -1, sockets[1]},
        .n_files = 4};
    return starter_start(helper->starter, &plan, &helper->pid);
}

/* The memory cannot be a fifth file of the plan: it comes with the first message. */
static bool shake_hands(struct helper *helper)
{
    struct helper_hello hello = {0};
    struct helper_request memory = {.bytes = "", .n = 1, .fd = helper->memory};
    double seconds = START_SECONDS;
    int ready = 0, listener = -1;
    size_t n = 0;
    if (!send_request(helper, &memory))
        return false;
    while (ready == 0)
        ready = wait_slice(helper, &seconds, NULL);
    enum helper_end end = HELPER_LATE;
    if (ready > 0)
        end = take_message(helper, &hello, sizeof hello, &n, &listener);
    if (listener >= 0)
        handoff_open(&helper->handoff, listener);
    if (end != HELPER_REPLIED || n != sizeof hello)
        return false;
    helper->confinement = hello.confinement;
    return listener < 0 ||
           receive(helper, &seconds, NULL, &hello, sizeof hello, &n) == HELPER_REPLIED;
}

int helper_start(struct helper *helper)
{
    int sockets[2];
    if (helper->pid)
        return 0;
    int error = create_memory(helper);
    if (error == 0 && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0)
        error = errno;
    if (error != 0)
        return error;
    error = start_process(helper, sockets);
    close(sockets[1]);
    if (error != 0) {
        close(sockets[0]);
        return error;
    }
    helper->socket = sockets[0];
    helper->generation++;
    helper->requests = 0;
    if (shake_hands(helper) && await_stop(helper))
        return 0;
    if (helper->pid)
        bury(helper);
    return ECHILD;
}

static enum helper_end await_reply(struct helper *helper, const struct helper_request *request,
                                   void *reply, size_t room, size_t *ret_n)
{
    double most = request->most;
    while (most > 0) {
        const double patience = request->seconds < most ? request->seconds : most;
        double left = patience;
        let_go_on(helper);
        enum helper_end end = receive(helper, &left, request->clock, reply, room, ret_n);
        most -= patience - left;
        if (end == HELPER_LATE && patience < request->seconds)
            return HELPER_ENDLESS;
        if (end != HELPER_REPLIED || *ret_n != 1)
            return end;
    }
    return HELPER_ENDLESS;
}

/* A machine that has no process or no memory left now may have some soon. */
static int start_patiently(struct helper *helper)
{
    const struct timespec pause = {.tv_nsec = 300000000};
    int error = helper_start(helper);
    for (int i = 0; i < 3 && error != 0; i++) {
        nanosleep(&pause, NULL);
        error = helper_start(helper);
    }
    return error;
}

enum helper_end helper_ask(struct helper *helper, const struct helper_request *request, void *reply,
                           size_t room, size_t *ret_n)
{
    assert(request->most > 0);
    if (helper->pid && request->any && helper->requests >= HELPER_REQUESTS)
        bury(helper);
    if (start_patiently(helper) != 0)
        return HELPER_ABSENT;
    helper->requests++;
    bool sent = send_request(helper, request);
    enum helper_end end = sent ? await_reply(helper, request, reply, room, ret_n) : HELPER_CRASHED;
    if (end == HELPER_REPLIED)
        await_stop(helper);
    else if (end == HELPER_CRASHED)
        bury_crashed(helper);
    else
        bury(helper);
    return end;
}
