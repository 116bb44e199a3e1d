/* misbehave.c - loaded before the libraries (LD_PRELOAD) to make them fail as they should not.
 *
 * A PNG whose stated resolution is 900000 + N dots a metre makes its decoder do deed N; a file
 * whose name holds "stuck" gives not one byte, as one of a share whose server is gone, and "stops"
 * its head alone; a path that holds "silent" is not even said to be there; a scan whose name holds
 * "endless" or "slow" keeps registration waiting, or busy for a few seconds. */
#undef _FILE_OFFSET_BITS /* both names of a call are taken: they would be one */
#include <dlfcn.h>
#include <fcntl.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FIRST_DEED = 900000, HEAD = 2048 /* bytes; what tells a file's kind is less */ };
enum deed { DEED_ABORT = 1, DEED_LOOP, DEED_SOCKET, DEED_WRITE, DEED_MEMORY, DEED_PROGRAM };

/* The libraries' own, which these stand before. */
ssize_t pread64(int fd, void *to, size_t n, off64_t offset);
int fnmatch(const char *pattern, const char *name, int flags);

/* ISO C knows no function behind an object's pointer; POSIX does. */
static void find_next(const char *name, void *ret_function)
{
    void *found = dlsym(RTLD_NEXT, name);
    memcpy(ret_function, &found, sizeof found);
}

static void do_deed(enum deed deed)
{
    const char *path = getenv("MISBEHAVE_FILE");
    char *const arguments[] = {"touch", (char *)path, NULL};
    size_t much = (size_t)10 << 30;
    int fd;
    switch (deed) {
    case DEED_ABORT:
        abort();
    case DEED_LOOP:
        for (volatile unsigned i = 0;; i++)
            ;
    case DEED_SOCKET:
        if (socket(AF_INET, SOCK_STREAM, 0) < 0)
            abort();
        break;
    case DEED_WRITE:
        fd = path ? open(path, O_WRONLY | O_CREAT, 0600) : -1;
        if (fd < 0 || write(fd, "taken", 5) != 5)
            abort();
        break;
    case DEED_MEMORY:
        for (volatile char *all = malloc(much), *p = all; p < all + much; p += 4096)
            *p = 1;
        break;
    case DEED_PROGRAM:
        execv("/usr/bin/touch", arguments);
        abort();
    }
}

typedef png_uint_32 get_pHYs(png_const_structrp, png_const_inforp, png_uint_32 *, png_uint_32 *,
                             int *);
typedef ssize_t read_at(int, void *, size_t, off64_t);
typedef int match_name(const char *, const char *, int);

png_uint_32 png_get_pHYs(png_const_structrp png, png_const_inforp info, png_uint_32 *x,
                         png_uint_32 *y, int *unit)
{
    get_pHYs *real;
    find_next("png_get_pHYs", &real);
    png_uint_32 found = real(png, info, x, y, unit);
    if (found && x && *x > FIRST_DEED && *x <= FIRST_DEED + DEED_PROGRAM)
        do_deed((enum deed)(*x - FIRST_DEED));
    return found;
}

static void be_silent(const char *path)
{
    while (strstr(path, "silent"))
        pause();
}

typedef int stat_path(const char *, struct stat *);
typedef int access_path(const char *, int);

int stat(const char *path, struct stat *to)
{
    stat_path *real;
    be_silent(path);
    find_next("stat", &real);
    return real(path, to);
}

int stat64(const char *path, struct stat64 *to)
{
    int (*real)(const char *, struct stat64 *);
    be_silent(path);
    find_next("stat64", &real);
    return real(path, to);
}

int access(const char *path, int mode)
{
    access_path *real;
    be_silent(path);
    find_next("access", &real);
    return real(path, mode);
}

ssize_t pread64(int fd, void *to, size_t n, off64_t offset)
{
    char link[64], path[512] = "";
    read_at *real;
    find_next("pread64", &real);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    while (length > 0 && (strstr(path, "stuck") || (strstr(path, "stops") && n > HEAD)))
        pause();
    return real(fd, to, n, offset);
}

int fnmatch(const char *pattern, const char *name, int flags)
{
    match_name *real;
    find_next("fnmatch", &real);
    while (strstr(name, "endless"))
        pause();
    for (clock_t until = clock() + 3 * CLOCKS_PER_SEC; strstr(name, "slow") && clock() < until;)
        ;
    return real(pattern, name, flags);
}
