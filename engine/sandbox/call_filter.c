#include "call_filter.h"
#include "handoff.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* Linux 5.19 */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000u
#endif

#ifndef THIS_ARCHITECTURE /* its calls and their arguments have not been looked at */

bool call_filter_decoder(int *ret_listener)
{
    *ret_listener = -1;
    return false;
}
bool call_filter_drawer(void)
{
    return false;
}

#else

/* To decode: memory, the one socket, the file it is to fill, clocks, an end. */
static const int decoder_calls[] = {
    __NR_recvmsg,      __NR_sendmsg,      __NR_write,           __NR_lseek,
    __NR_close,        __NR_munmap,       __NR_mremap,          __NR_madvise,
    __NR_brk,          __NR_futex,        __NR_getrandom,       __NR_clock_gettime,
    __NR_clock_getres, __NR_gettimeofday, __NR_getpid,          __NR_gettid,
    __NR_sched_yield,  __NR_setitimer,    __NR_rt_sigprocmask,  __NR_rt_sigreturn,
    __NR_exit_group,   __NR_exit,         __NR_restart_syscall,
#ifdef __NR_time
    __NR_time,
#endif
#ifdef __NR_alarm
    __NR_alarm,
#endif
};

/* What libraries try at leisure (a catalogue of messages, the number of cores) and do without. */
static const int futile_calls[] = {
    __NR_openat,     __NR_newfstatat,
    __NR_fstat,      __NR_readlinkat,
    __NR_faccessat,  __NR_statx,
    __NR_getcwd,     __NR_ioctl,
    __NR_fcntl,      __NR_uname,
    __NR_sysinfo,    __NR_read,
    __NR_prlimit64,  __NR_sched_getaffinity,
    __NR_getuid,     __NR_geteuid,
    __NR_getgid,     __NR_getegid,
    __NR_getppid,    __NR_rt_sigaction,
#ifdef __NR_faccessat2
    __NR_faccessat2,
#endif
#ifdef __NR_open
    __NR_open,       __NR_stat,
    __NR_lstat,      __NR_access,
    __NR_readlink,
#endif
};

/* No business of a program that draws a page. */
static const int drawer_denied[] = {
    __NR_socket,
    __NR_socketpair,
    __NR_connect,
    __NR_bind,
    __NR_listen,
    __NR_accept,
    __NR_accept4,
    __NR_sendto,
    __NR_sendmmsg,
    __NR_ptrace,
    __NR_process_vm_readv,
    __NR_process_vm_writev,
    __NR_mount,
    __NR_umount2,
    __NR_pivot_root,
    __NR_chroot,
    __NR_unshare,
    __NR_setns,
    __NR_bpf,
    __NR_perf_event_open,
    __NR_keyctl,
    __NR_add_key,
    __NR_request_key,
    __NR_init_module,
    __NR_finit_module,
    __NR_delete_module,
    __NR_kexec_load,
    __NR_reboot,
    __NR_swapon,
    __NR_swapoff,
    __NR_userfaultfd,
    __NR_open_by_handle_at,
    __NR_kill,
    __NR_tkill,
    __NR_mknodat,
    __NR_setxattr,
#ifdef __NR_io_uring_setup
    __NR_io_uring_setup,
#endif
#ifdef __NR_pidfd_open
    __NR_pidfd_open,
    __NR_pidfd_send_signal,
#endif
#ifdef __NR_fork
    __NR_fork,
    __NR_vfork,
#endif
};

enum { PROGRAM_MAX = 256 };

struct program {
    struct sock_filter code[PROGRAM_MAX];
    unsigned short n;
};

static void put(struct program *p, uint16_t code, uint8_t yes, uint8_t no, uint32_t k)
{
    if (p->n < PROGRAM_MAX)
        p->code[p->n++] = (struct sock_filter){code, yes, no, k};
}

static void put_load(struct program *p, size_t offset)
{
    put(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)offset);
}

static void put_return(struct program *p, uint32_t action)
{
    put(p, BPF_RET | BPF_K, 0, 0, action);
}

/* The low half of an argument; both architectures are little-endian. */
static void put_load_argument(struct program *p, unsigned i)
{
    put_load(p, offsetof(struct seccomp_data, args) + 8 * (size_t)i);
}

/* The number of the call stays loaded; another architecture's numbers mean other calls. */
static void begin(struct program *p)
{
    put_load(p, offsetof(struct seccomp_data, arch));
    put(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, THIS_ARCHITECTURE);
    put_return(p, SECCOMP_RET_KILL_PROCESS);
    put_load(p, offsetof(struct seccomp_data, nr));
#ifdef __x86_64__ /* the x32 calls */
    put(p, BPF_JMP | BPF_JGE | BPF_K, 0, 1, 0x40000000);
    put_return(p, SECCOMP_RET_KILL_PROCESS);
#endif
}

static void answer(struct program *p, int call, uint32_t action)
{
    put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, (uint32_t)call);
    put_return(p, action);
}

static void answer_all(struct program *p, const int *calls, size_t n, uint32_t action)
{
    for (size_t i = 0; i < n; i++)
        answer(p, calls[i], action);
}

/* `call` is let unless its argument i has one of `bits`. */
static void allow_without(struct program *p, int call, unsigned i, uint32_t bits)
{
    put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, (uint32_t)call);
    put_load_argument(p, i);
    put(p, BPF_JMP | BPF_JSET | BPF_K, 0, 1, bits);
    put_return(p, SECCOMP_RET_KILL_PROCESS);
    put_return(p, SECCOMP_RET_ALLOW);
}

/* Neither code nor memory that no limit counts. */
static void allow_mmap(struct program *p)
{
    const uint32_t uncounted = MAP_SHARED | MAP_ANONYMOUS;
    put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 8, __NR_mmap);
    put_load_argument(p, 2);
    put(p, BPF_JMP | BPF_JSET | BPF_K, 0, 1, PROT_EXEC);
    put_return(p, SECCOMP_RET_KILL_PROCESS);
    put_load_argument(p, 3);
    put(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, uncounted);
    put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, uncounted);
    put_return(p, SECCOMP_RET_KILL_PROCESS);
    put_return(p, SECCOMP_RET_ALLOW);
}

/* abort() and its kin: signals to itself alone. */
static void allow_own_signals(struct program *p)
{
    put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, __NR_tgkill);
    put_load_argument(p, 0);
    put(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, (uint32_t)getpid());
    put_return(p, SECCOMP_RET_KILL_PROCESS);
    put_return(p, SECCOMP_RET_ALLOW);
}

/* Threads, but no processes. */
static void allow_threads(struct program *p)
{
#ifdef __NR_clone3 /* its flags lie in memory: libc falls back on clone */
    answer(p, __NR_clone3, SECCOMP_RET_ERRNO | ENOSYS);
#endif
    put(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 4, __NR_clone);
    put_load_argument(p, 0);
    put(p, BPF_JMP | BPF_JSET | BPF_K, 1, 0, CLONE_THREAD);
    put_return(p, SECCOMP_RET_ERRNO | EPERM);
    put_return(p, SECCOMP_RET_ALLOW);
}

static bool install(struct program *p)
{
    struct sock_fprog program = {p->n, p->code};
    return p->n < PROGRAM_MAX && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* The listener, -1: not with this kernel. */
static int install_listened(struct program *p)
{
    struct sock_fprog program = {p->n, p->code};
    const unsigned flags =
        SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
    if (p->n >= PROGRAM_MAX)
        return -1;
    return (int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* `listened`: the one call that the parent answers is let, too. */
static void make_decoder(struct program *p, bool listened)
{
    p->n = 0;
    begin(p);
    if (listened)
        answer(p, HANDOFF_CALL, SECCOMP_RET_USER_NOTIF);
    answer_all(p, decoder_calls, COUNT(decoder_calls), SECCOMP_RET_ALLOW);
    allow_mmap(p);
    allow_without(p, __NR_mprotect, 2, PROT_EXEC);
    allow_own_signals(p);
    answer_all(p, futile_calls, COUNT(futile_calls), SECCOMP_RET_ERRNO | EPERM);
    put_return(p, SECCOMP_RET_KILL_PROCESS);
}

bool call_filter_decoder(int *ret_listener)
{
    struct program p;
    make_decoder(&p, true);
    *ret_listener = install_listened(&p);
    if (*ret_listener >= 0)
        return true;
    make_decoder(&p, false);
    return install(&p);
}

bool call_filter_drawer(void)
{
    struct program p = {.n = 0};
    begin(&p);
    allow_threads(&p);
    answer_all(&p, drawer_denied, COUNT(drawer_denied), SECCOMP_RET_ERRNO | EPERM);
    put_return(&p, SECCOMP_RET_ALLOW);
    return install(&p);
}

#endif
