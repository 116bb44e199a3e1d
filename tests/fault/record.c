/* record.c - every change of files that a program makes, written down in its order.
 *
 * Loaded before the program (LD_PRELOAD). Calls that change a file or a folder below one of the
 * folders FAULT_ROOT (with ':' between them), or make such a change durable, are made under one
 * lock and then told in the file FAULT_LOG, a line each; what a disk could hold after a power cut
 * at any line is for power_cut.py to say. Fields are separated by a space, paths and bytes are
 * hexadecimal, a file is its device and inode:
 *
 *   C file path            a file was made          M path        a folder was made
 *   T file size            its size was set         R from to     a file was renamed
 *   W file offset bytes    it was written to        U path        a file was removed
 *   S file                 what was written to it before is on disk
 *   D path                 so is what happened to the names in a folder
 *
 * Not seen: what stdio writes (reports and exports, which other tests look at) and memory maps
 * (SQLite's -shm file, which is made anew after a power cut). */
#undef _FILE_OFFSET_BITS /* both names of each call are taken: they would be one */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static int log_fd = -1;

/* The call that this one stands before. ISO C knows no function behind an object pointer. */
#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("FAULT_LOG");

    root = getenv("FAULT_ROOT");
    if (path != NULL && root != NULL)
        log_fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                              0666);
}

/* ---- telling ---- */

static void tell_bytes(const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = syscall(SYS_write, log_fd, text, size);
        if (n <= 0)
            abort(); /* a record with a hole proves nothing */
        text += n;
        size -= (size_t)n;
    }
}

static size_t put_hex(char *to, const void *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *from = bytes;

    for (size_t i = 0; i < size; i++) {
        to[2 * i] = digits[from[i] >> 4];
        to[2 * i + 1] = digits[from[i] & 15];
    }
    return 2 * size;
}

static void tell(const char *head, const void *bytes, size_t size)
{
    size_t length = strlen(head);
    char *line = malloc(length + 2 * size + 1);

    if (line == NULL)
        abort();
    memcpy(line, head, length);
    length += put_hex(line + length, bytes, size);
    line[length++] = '\n';
    tell_bytes(line, length);
    free(line);
}

static void tell_path(const char *head, const char *path)
{
    tell(head, path, strlen(path));
}

/* ---- which files ---- */

static bool is_below(const char *path)
{
    for (const char *one = root; log_fd >= 0 && one != NULL; one = strchr(one, ':')) {
        one += *one == ':';
        size_t length = strcspn(one, ":");
        if (strncmp(path, one, length) == 0 && (path[length] == '/' || path[length] == '\0'))
            return true;
    }
    return false;
}

static void path_of(int fd, char path[PATH_MAX])
{
    char name[64];

    snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(name, path, PATH_MAX - 1);
    path[n > 0 ? n : 0] = '\0';
}

/* A file below the root; a file that lost its name is no longer there. */
static bool watched(int fd, struct stat *st, char path[PATH_MAX])
{
    int error = errno;
    bool is = log_fd >= 0 && fstat(fd, st) == 0 && (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode));

    if (is)
        path_of(fd, path);
    errno = error;
    return is && is_below(path);
}

/* ---- files ---- */

static int open_told(const char *path, int flags, int fd, bool existed)
{
    struct stat st;
    char head[64], full[PATH_MAX];
    int error = errno;

    if (fd >= 0 && (flags & O_ACCMODE) != O_RDONLY && watched(fd, &st, full)) {
        snprintf(head, sizeof(head), "C %llx:%llu ", (unsigned long long)st.st_dev,
                 (unsigned long long)st.st_ino);
        if (!existed)
            tell_path(head, full);
        snprintf(head, sizeof(head), "T %llx:%llu 0", (unsigned long long)st.st_dev,
                 (unsigned long long)st.st_ino);
        if (existed && (flags & O_TRUNC))
            tell(head, "", 0);
    }
    errno = error;
    return fd;
}

#define OPEN(name, call)                                                                           \
    {                                                                                              \
        struct stat before;                                                                        \
        mode_t mode = 0;                                                                           \
        if (flags & (O_CREAT | O_TMPFILE)) {                                                       \
            va_list more;                                                                          \
            va_start(more, flags);                                                                 \
            mode = va_arg(more, mode_t);                                                           \
            va_end(more);                                                                          \
        }                                                                                          \
        if (log_fd < 0 || (flags & O_ACCMODE) == O_RDONLY)                                         \
            return call;                                                                           \
        pthread_mutex_lock(&lock);                                                                 \
        bool existed = lstat(path, &before) == 0;                                                  \
        int fd = open_told(path, flags, call, existed);                                            \
        pthread_mutex_unlock(&lock);                                                               \
        return fd;                                                                                 \
    }

int open(const char *path, int flags, ...)
    OPEN(open, REAL(open)(path, flags, mode)) int open64(const char *path, int flags, ...)
        OPEN(open64, REAL(open64)(path, flags, mode))

            static ssize_t write_told(int fd, const void *bytes, ssize_t n, off_t offset)
{
    struct stat st;
    char head[80], path[PATH_MAX];
    int error = errno;

    if (n > 0 && watched(fd, &st, path)) {
        snprintf(head, sizeof(head), "W %llx:%llu %lld ", (unsigned long long)st.st_dev,
                 (unsigned long long)st.st_ino, (long long)offset);
        tell(head, bytes, (size_t)n);
    }
    errno = error;
    return n;
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    if (log_fd < 0)
        return REAL(write)(fd, bytes, size);
    pthread_mutex_lock(&lock);
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t n = write_told(fd, bytes, REAL(write)(fd, bytes, size), at);
    pthread_mutex_unlock(&lock);
    return n;
}

#define PWRITE(name)                                                                               \
    {                                                                                              \
        pthread_mutex_lock(&lock);                                                                 \
        ssize_t n = write_told(fd, bytes, REAL(name)(fd, bytes, size, offset), offset);            \
        pthread_mutex_unlock(&lock);                                                               \
        return n;                                                                                  \
    }

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) PWRITE(pwrite) ssize_t
    pwrite64(int fd, const void *bytes, size_t size, off_t offset) PWRITE(pwrite64)

        static int told_of(const char *letter, int fd, long long size, int rc)
{
    struct stat st;
    char head[80], path[PATH_MAX];
    int error = errno;

    if (rc == 0 && watched(fd, &st, path)) {
        if (S_ISDIR(st.st_mode)) {
            tell_path("D ", path);
        } else {
            int n = snprintf(head, sizeof(head), "%s %llx:%llu", letter,
                             (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
            if (size >= 0)
                snprintf(head + n, sizeof(head) - (size_t)n, " %lld", size);
            tell(head, "", 0);
        }
    }
    errno = error;
    return rc;
}

#define TELLING(letter, size, call)                                                                \
    {                                                                                              \
        pthread_mutex_lock(&lock);                                                                 \
        int rc = told_of(letter, fd, size, call);                                                  \
        pthread_mutex_unlock(&lock);                                                               \
        return rc;                                                                                 \
    }

int ftruncate(int fd, off_t size)
    TELLING("T", (long long)size, REAL(ftruncate)(fd, size)) int ftruncate64(int fd, off_t size)
        TELLING("T", (long long)size, REAL(ftruncate64)(fd, size)) int fsync(int fd)
            TELLING("S", -1, REAL(fsync)(fd)) int fdatasync(int fd)
                TELLING("S", -1, REAL(fdatasync)(fd))

    /* ---- names ---- */

    static int renamed(const char *from, const char *to, int rc)
{
    char head[2 * PATH_MAX + 8] = "R ";
    int error = errno;

    if (rc == 0 && (is_below(from) || is_below(to)) && strlen(from) < PATH_MAX) {
        size_t n = 2 + put_hex(head + 2, from, strlen(from));
        head[n++] = ' ';
        head[n] = '\0';
        tell_path(head, to);
    }
    errno = error;
    return rc;
}

int rename(const char *from, const char *to)
{
    pthread_mutex_lock(&lock);
    int rc = renamed(from, to, REAL(rename)(from, to));
    pthread_mutex_unlock(&lock);
    return rc;
}

int renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    pthread_mutex_lock(&lock);
    int rc = renamed(from, to, REAL(renameat2)(a, from, b, to, flags));
    pthread_mutex_unlock(&lock);
    return rc;
}

static int told_path(const char *head, const char *path, int rc)
{
    int error = errno;

    if (rc == 0 && is_below(path))
        tell_path(head, path);
    errno = error;
    return rc;
}

int unlink(const char *path)
{
    pthread_mutex_lock(&lock);
    int rc = told_path("U ", path, REAL(unlink)(path));
    pthread_mutex_unlock(&lock);
    return rc;
}

int mkdir(const char *path, mode_t mode)
{
    pthread_mutex_lock(&lock);
    int rc = told_path("M ", path, REAL(mkdir)(path, mode));
    pthread_mutex_unlock(&lock);
    return rc;
}
