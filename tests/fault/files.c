/* files.c - calls on files that fail where a test says so.
 *
 * Loaded before the program (LD_PRELOAD). FAULT_FILES is "CALL:PART:NUMBER:ERRNO": of the calls
 * CALL (open, read, write, sync, truncate, rename, unlink; list: a name asked of a folder; lock: a
 * part of a file, by fcntl) on a path that contains PART, number NUMBER (from 1) fails with ERRNO
 * (a number), or that one and all after it where a '+' ends NUMBER; 0: none. A write that fails
 * alone has written half of its bytes before. ERRNO 0: it does not fail, but the program stops
 * before it (SIGSTOP) until somebody lets it go on. How many such calls there were is written to
 * the file FAULT_COUNT at the end. What stdio writes is not seen. */
#undef _FILE_OFFSET_BITS /* both names of each call are taken: they would be one */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char wanted_call[16], part[256];
static long number;
static int error_wanted;
static bool rest;
static atomic_long count;

/* The call that this one stands before. ISO C knows no function behind an object pointer. */
#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("FAULT_FILES");
    char which[32] = "";

    if (text == NULL ||
        sscanf(text, "%15[^:]:%255[^:]:%31[^:]:%d", wanted_call, part, which, &error_wanted) != 4)
        wanted_call[0] = '\0';
    number = strtol(which, NULL, 10);
    rest = strchr(which, '+') != NULL;
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("FAULT_COUNT");
    char text[32];
    int fd = path != NULL ? REAL(open)(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666) : -1;
    int n = snprintf(text, sizeof(text), "%ld\n", atomic_load(&count));

    if (fd >= 0 && REAL(write)(fd, text, (size_t)n) == n)
        close(fd);
}

static bool fails(const char *call, const char *path)
{
    if (wanted_call[0] == '\0' || strcmp(call, wanted_call) != 0 || strstr(path, part) == NULL)
        return false;
    long at = atomic_fetch_add(&count, 1) + 1;
    if (number == 0 || (rest ? at < number : at != number))
        return false;
    if (error_wanted == 0) {
        raise(SIGSTOP);
        return false;
    }
    errno = error_wanted;
    return true;
}

static bool fails_on(const char *call, int fd)
{
    char name[64], path[PATH_MAX];
    int error = errno;

    if (wanted_call[0] == '\0' || strcmp(call, wanted_call) != 0)
        return false;
    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(name, path, sizeof(path) - 1);
    path[n > 0 ? n : 0] = '\0';
    errno = error;
    return fails(call, path);
}

#define OPEN(name)                                                                                 \
    {                                                                                              \
        mode_t mode = 0;                                                                           \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                       \
            va_list more;                                                                          \
            va_start(more, flags);                                                                 \
            mode = va_arg(more, mode_t);                                                           \
            va_end(more);                                                                          \
        }                                                                                          \
        return fails("open", path) ? -1 : REAL(name)(path, flags, mode);                           \
    }

int open(const char *path, int flags, ...) OPEN(open) int open64(const char *path, int flags, ...)
    OPEN(open64)

        ssize_t read(int fd, void *to, size_t n)
{
    return fails_on("read", fd) ? -1 : REAL(read)(fd, to, n);
}

ssize_t pread(int fd, void *to, size_t n, off_t at)
{
    return fails_on("read", fd) ? -1 : REAL(pread)(fd, to, n, at);
}

ssize_t pread64(int fd, void *to, size_t n, off_t at)
{
    return fails_on("read", fd) ? -1 : REAL(pread64)(fd, to, n, at);
}

ssize_t write(int fd, const void *from, size_t n)
{
    return fails_on("write", fd) ? -1 : REAL(write)(fd, from, n);
}

/* Half of it gets through, as on a disk that fills up. */
#define PWRITE(name)                                                                               \
    {                                                                                              \
        if (!fails_on("write", fd))                                                                \
            return REAL(name)(fd, from, n, at);                                                    \
        int error = errno;                                                                         \
        if (!rest && n > 1)                                                                        \
            (void)!REAL(name)(fd, from, n / 2, at);                                                \
        errno = error;                                                                             \
        return -1;                                                                                 \
    }

ssize_t pwrite(int fd, const void *from, size_t n, off_t at) PWRITE(pwrite) ssize_t
    pwrite64(int fd, const void *from, size_t n, off_t at) PWRITE(pwrite64)

        int fsync(int fd)
{
    return fails_on("sync", fd) ? -1 : REAL(fsync)(fd);
}

int fdatasync(int fd)
{
    return fails_on("sync", fd) ? -1 : REAL(fdatasync)(fd);
}

int ftruncate(int fd, off_t size)
{
    return fails_on("truncate", fd) ? -1 : REAL(ftruncate)(fd, size);
}

int ftruncate64(int fd, off_t size)
{
    return fails_on("truncate", fd) ? -1 : REAL(ftruncate64)(fd, size);
}

#define READDIR(name)                                                                              \
    {                                                                                              \
        return fails_on("list", dirfd(dir)) ? NULL : REAL(name)(dir);                              \
    }

struct dirent *readdir(DIR *dir) READDIR(readdir) struct dirent64 *readdir64(DIR *dir)
    READDIR(readdir64)

        int rename(const char *from, const char *to)
{
    return fails("rename", to) ? -1 : REAL(rename)(from, to);
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    return fails("rename", to) ? -1 : REAL(renameat2)(a, from, b, to, flags);
}

int unlink(const char *path)
{
    return fails("unlink", path) ? -1 : REAL(unlink)(path);
}

int mkstemp64(char *path)
{
    return fails("open", path) ? -1 : REAL(mkstemp64)(path);
}

int mkstemp(char *path)
{
    return mkstemp64(path);
}

/* Whatever it is, the third argument comes in a register that holds a pointer. */
#define FCNTL(name)                                                                                \
    {                                                                                              \
        va_list more;                                                                              \
        va_start(more, command);                                                                   \
        void *argument = va_arg(more, void *);                                                     \
        va_end(more);                                                                              \
        if (command == F_SETLK && ((struct flock *)argument)->l_type != F_UNLCK &&                 \
            fails_on("lock", fd))                                                                  \
            return -1;                                                                             \
        return REAL(name)(fd, command, argument);                                                  \
    }

int fcntl(int fd, int command, ...) FCNTL(fcntl) int fcntl64(int fd, int command, ...)
    FCNTL(fcntl64)
