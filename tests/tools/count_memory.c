#include "count_memory.h"

#include <errno.h>
#include <execinfo.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_FRAMES 40

static atomic_ulong allocations[COUNT_HEADINGS];
static atomic_size_t bytes[COUNT_HEADINGS];
static int traced = -1; /* set before other threads start */
static _Thread_local int heading = -1;

static void trace(size_t size)
{
    void *frames[MAX_FRAMES];
    char text[48] = "--\n";
    int n = backtrace(frames, MAX_FRAMES), length = 3;

    (void)size;
    (void)!write(STDERR_FILENO, text, (size_t)length);
    backtrace_symbols_fd(frames + 2, n - 2, STDERR_FILENO);
}

static void count(size_t size)
{
    int under = heading;

    if (under < 0)
        return;
    atomic_fetch_add_explicit(&allocations[under], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&bytes[under], size, memory_order_relaxed);
    if (under != traced)
        return;
    heading = -1; /* a trace that allocates is not counted */
    trace(size);
    heading = under;
}

int count_memory_under(int under)
{
    int before = heading;

    heading = under;
    return before;
}

struct memory_count count_memory_get(int under)
{
    return (struct memory_count){atomic_load(&allocations[under]), atomic_load(&bytes[under])};
}

void count_memory_trace(int under)
{
    void *frames[4];

    (void)backtrace(frames, 4); /* loads its library, which allocates */
    traced = under;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)

/* sanitizer/allocator_interface.h, which not every compiler ships. */
int __sanitizer_install_malloc_and_free_hooks(void (*taken)(const volatile void *, size_t),
                                              void (*given_back)(const volatile void *));

static void hook_taken(const volatile void *p, size_t size)
{
    (void)p;
    count(size);
}

static void hook_given_back(const volatile void *p)
{
    (void)p;
}

void count_memory_start(void)
{
    __sanitizer_install_malloc_and_free_hooks(hook_taken, hook_given_back);
}

#else

/* glibc's own, under the names that it keeps for this. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void count_memory_start(void) {}

void *malloc(size_t size)
{
    count(size);
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    count(n * size);
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    count(size);
    return __libc_realloc(p, size);
}

void *memalign(size_t alignment, size_t size)
{
    count(size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    count(size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    count(size);
    void *p = __libc_memalign(alignment, size);
    if (p == NULL)
        return ENOMEM;
    *ret = p;
    return 0;
}

#endif
