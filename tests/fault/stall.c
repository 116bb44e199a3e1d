/* stall.c - threads that are held up at the seams between them.
 *
 * Loaded before the program (LD_PRELOAD). Before a mutex is taken, before a condition is waited for
 * or told, and before a database's write, a thread sleeps now and then: one time in eight, up to
 * FAULT_STALL microseconds, by a generator of its own that FAULT_SEED and the thread's number
 * begin. What order threads come in is then another in every run, and what they make must not be.
 * A confined decoder is let alone: it would be killed for sleeping, a call that its filter does not
 * know. */
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint64_t seed;
static long longest; /* microseconds; 0: nobody is held up */
static atomic_uint_fast64_t threads;
static __thread uint64_t state;

/* The call that this one stands before. ISO C knows no function behind an object pointer. */
#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

static int (*real_lock)(pthread_mutex_t *);
static int (*real_wait)(pthread_cond_t *, pthread_mutex_t *);
static int (*real_timedwait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
static int (*real_clockwait)(pthread_cond_t *, pthread_mutex_t *, clockid_t,
                             const struct timespec *);
static int (*real_signal)(pthread_cond_t *);
static int (*real_broadcast)(pthread_cond_t *);
static ssize_t (*real_pwrite64)(int, const void *, size_t, off64_t);

/* "yuejuan decode-for-me" (engine/sandbox). */
static bool is_decoder(void)
{
    char line[256] = "";
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, line, sizeof line - 1) : -1;

    if (fd >= 0)
        close(fd);
    return n > 0 && memmem(line, (size_t)n, "decode-for-me", 13) != NULL;
}

__attribute__((constructor)) static void begin(void)
{
    const char *wanted = getenv("FAULT_STALL"), *text = getenv("FAULT_SEED");

    real_lock = REAL(pthread_mutex_lock);
    real_wait = REAL(pthread_cond_wait);
    real_timedwait = REAL(pthread_cond_timedwait);
    real_clockwait = REAL(pthread_cond_clockwait);
    real_signal = REAL(pthread_cond_signal);
    real_broadcast = REAL(pthread_cond_broadcast);
    real_pwrite64 = REAL(pwrite64);
    seed = text != NULL ? strtoull(text, NULL, 10) : 0;
    longest = wanted != NULL && !is_decoder() ? strtol(wanted, NULL, 10) : 0;
}

/* splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t next(void)
{
    if (state == 0)
        state = seed * 1000003 + atomic_fetch_add(&threads, 1) + 1;
    uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void stall(void)
{
    uint64_t number = longest > 0 ? next() : 1;

    if (number % 8 != 0)
        return;
    struct timespec pause = {0, (long)(number / 8 % (uint64_t)longest) * 1000};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}

/* Before the constructor has run, and for the locks of the loader. */
#define NOW(call, name) ((call) != NULL ? (call) : REAL(name))

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
    stall();
    return NOW(real_lock, pthread_mutex_lock)(mutex);
}

int pthread_cond_wait(pthread_cond_t *condition, pthread_mutex_t *mutex)
{
    stall();
    return NOW(real_wait, pthread_cond_wait)(condition, mutex);
}

int pthread_cond_timedwait(pthread_cond_t *condition, pthread_mutex_t *mutex,
                           const struct timespec *until)
{
    stall();
    return NOW(real_timedwait, pthread_cond_timedwait)(condition, mutex, until);
}

int pthread_cond_clockwait(pthread_cond_t *condition, pthread_mutex_t *mutex, clockid_t clock,
                           const struct timespec *until)
{
    stall();
    return NOW(real_clockwait, pthread_cond_clockwait)(condition, mutex, clock, until);
}

int pthread_cond_signal(pthread_cond_t *condition)
{
    stall();
    return NOW(real_signal, pthread_cond_signal)(condition);
}

int pthread_cond_broadcast(pthread_cond_t *condition)
{
    stall();
    return NOW(real_broadcast, pthread_cond_broadcast)(condition);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    stall();
    return NOW(real_pwrite64, pwrite64)(fd, bytes, size, offset);
}
