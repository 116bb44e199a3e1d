// memory.cpp - allocations that fail where a test says so.
//
// Loaded before the program (LD_PRELOAD). Counts the allocations of the whole process from the
// moment its main() begins, malloc and everything like it, and lets number FAULT_MEMORY fail
// ("12"), or that one and all after it ("12+"). With "0" none fails. When main() ends, how many
// there were is written to the file FAULT_COUNT. Before main() and after it nothing fails: what
// libraries do to start is not asked.
#undef _FILE_OFFSET_BITS
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <initializer_list>
#include <new>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

namespace
{

std::atomic<bool> armed{false};
std::atomic<long> count{0};
long first = 0;    // the number that fails; 0 none
bool rest = false; // and all after it

template <typename Call> Call next(const char *name)
{
    return reinterpret_cast<Call>(dlsym(RTLD_NEXT, name));
}

bool fails()
{
    if (!armed.load(std::memory_order_relaxed))
        return false;
    long number = count.fetch_add(1, std::memory_order_relaxed) + 1;
    if (first == 0 || (rest ? number < first : number != first))
        return false;
    errno = ENOMEM;
    return true;
}

// dlsym itself asks for memory before it can say where memory is had: a few bytes that are never
// given back.
alignas(std::max_align_t) char early[16384];
std::size_t early_used = 0;

bool is_early(const void *p)
{
    return p >= early && p < early + sizeof early;
}

void *early_bytes(std::size_t size)
{
    std::size_t at = early_used;
    early_used +=
        (size + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t) * sizeof(std::max_align_t);
    return early_used <= sizeof early ? early + at : nullptr;
}

using malloc_call = void *(*)(std::size_t);
using calloc_call = void *(*)(std::size_t, std::size_t);
using realloc_call = void *(*)(void *, std::size_t);
using memalign_call = int (*)(void **, std::size_t, std::size_t);
using aligned_call = void *(*)(std::size_t, std::size_t);
using free_call = void (*)(void *);

malloc_call real_malloc;
calloc_call real_calloc;
realloc_call real_realloc;
memalign_call real_posix_memalign;
aligned_call real_aligned_alloc;
free_call real_free;

// Null until the loader has put this module in its place: a sanitizer begins before that.
void *(*const volatile dlsym_in_place)(void *, const char *) = dlsym;
bool looking = false; // dlsym may ask for memory itself; only one thread runs so early

void look()
{
    if (real_malloc || looking || !dlsym_in_place)
        return;
    looking = true;
    real_free = next<free_call>("free");
    real_calloc = next<calloc_call>("calloc");
    real_realloc = next<realloc_call>("realloc");
    real_posix_memalign = next<memalign_call>("posix_memalign");
    real_aligned_alloc = next<aligned_call>("aligned_alloc");
    real_malloc = next<malloc_call>("malloc");
    looking = false;
}

void write_count()
{
    const char *path = std::getenv("FAULT_COUNT");
    int fd = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
    char text[32];
    int n = std::snprintf(text, sizeof text, "%ld\n", count.load());
    if (fd >= 0 && write(fd, text, static_cast<std::size_t>(n)) != n)
        std::abort();
    if (fd >= 0)
        close(fd);
}

// Writes without asking for memory.
void tell_death(int number)
{
    void *frames[64];
    armed = false;
    dprintf(STDERR_FILENO, "died of signal %d\n", number);
    backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
    signal(number, SIG_DFL);
    raise(number);
}

// The thread's own may be what ran over. Never given back.
void take_own_stack()
{
    stack_t stack = {};
    stack.ss_size = 1 << 16;
    stack.ss_sp = real_malloc(stack.ss_size);
    sigaltstack(&stack, nullptr);
}

struct thread {
    void *(*run)(void *);
    void *argument;
};

void *run_thread(void *context)
{
    thread t = *static_cast<thread *>(context);
    real_free(context);
    take_own_stack();
    return t.run(t.argument);
}

void watch_for_death()
{
    void *frame;
    backtrace(&frame, 1); // loads what it needs
    take_own_stack();
    struct sigaction action = {};
    action.sa_handler = tell_death;
    action.sa_flags = SA_ONSTACK;
    for (int number : {SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGILL, SIGFPE})
        sigaction(number, &action, nullptr);
}

using main_call = int (*)(int, char **, char **);
main_call real_main;

int guarded_main(int argc, char **argv, char **environment)
{
    const char *which = std::getenv("FAULT_MEMORY");
    if (!which)
        return real_main(argc, argv, environment);
    first = std::strtol(which, nullptr, 10);
    rest = std::strchr(which, '+') != nullptr;
    watch_for_death();
    armed = true;
    int status = real_main(argc, argv, environment);
    armed = false;
    write_count();
    return status;
}

void *new_bytes(std::size_t size)
{
    void *p = std::malloc(size ? size : 1);
    if (!p)
        throw std::bad_alloc();
    return p;
}

} // namespace

extern "C" {

void *malloc(std::size_t size)
{
    look();
    if (!real_malloc)
        return early_bytes(size);
    return fails() ? nullptr : real_malloc(size);
}

void *calloc(std::size_t n, std::size_t size)
{
    look();
    if (!real_calloc)
        return early_bytes(n * size); // zero: nobody had them before
    return fails() ? nullptr : real_calloc(n, size);
}

void *realloc(void *p, std::size_t size)
{
    if (!p)
        return malloc(size);
    look();
    if (is_early(p)) {
        void *moved = malloc(size);
        std::size_t left = static_cast<std::size_t>(early + sizeof early - static_cast<char *>(p));
        return moved ? std::memcpy(moved, p, size < left ? size : left) : nullptr;
    }
    return fails() ? nullptr : real_realloc(p, size);
}

int posix_memalign(void **ret, std::size_t alignment, std::size_t size)
{
    look();
    return fails() ? ENOMEM : real_posix_memalign(ret, alignment, size);
}

void *aligned_alloc(std::size_t alignment, std::size_t size)
{
    look();
    return fails() ? nullptr : real_aligned_alloc(alignment, size);
}

void free(void *p)
{
    if (!is_early(p) && real_free)
        real_free(p);
}

int pthread_create(pthread_t *ret, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
    using create = int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    create real = next<create>("pthread_create");
    if (!armed)
        return real(ret, attributes, run, argument);
    thread *t = static_cast<thread *>(real_malloc(sizeof *t));
    *t = {run, argument};
    return real(ret, attributes, run_thread, t);
}

// The program's main() is wrapped where libc is given it.
int __libc_start_main(main_call main, int argc, char **argv, void (*init)(), void (*fini)(),
                      void (*rtld_fini)(), void *stack_end)
{
    using start = int (*)(main_call, int, char **, void (*)(), void (*)(), void (*)(), void *);
    real_main = main;
    return next<start>("__libc_start_main")(guarded_main, argc, argv, init, fini, rtld_fini,
                                            stack_end);
}
}

// A sanitizer has operators of its own, which would ask nobody here.
void *operator new(std::size_t size)
{
    return new_bytes(size);
}
void *operator new[](std::size_t size)
{
    return new_bytes(size);
}
void *operator new(std::size_t size, const std::nothrow_t &) noexcept
{
    return std::malloc(size ? size : 1);
}
void *operator new[](std::size_t size, const std::nothrow_t &) noexcept
{
    return std::malloc(size ? size : 1);
}
void operator delete(void *p) noexcept
{
    std::free(p);
}
void operator delete[](void *p) noexcept
{
    std::free(p);
}
void operator delete(void *p, std::size_t) noexcept
{
    std::free(p);
}
void operator delete[](void *p, std::size_t) noexcept
{
    std::free(p);
}
void operator delete(void *p, const std::nothrow_t &) noexcept
{
    std::free(p);
}
void operator delete[](void *p, const std::nothrow_t &) noexcept
{
    std::free(p);
}
