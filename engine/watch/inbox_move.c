/* inbox_move.c - files leave the inbox: never over another, never without their reason. */
#include "inbox_internal.h"

#include "diag.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAMES_MAX 10000 /* tried for one that is free */
#define SUFFIX_MAX 16   /* bytes of "~9999" and ".txt" */
#define PIECE 65536     /* bytes copied or compared at a time */

/* ---- names ---- */

/* How many bytes of a stem may stay so that what is added still makes a name: whole UTF-8
 * letters. */
static int stem_length(const char *last, const char *dot)
{
    size_t length = (size_t)(dot - last), of_rest = strlen(dot);
    size_t most = of_rest + SUFFIX_MAX < NAME_MAX ? NAME_MAX - SUFFIX_MAX - of_rest : 1;
    if (length <= most)
        return (int)length;
    while (most > 1 && ((unsigned char)last[most] & 0xc0) == 0x80)
        most--;
    return (int)most;
}

/* INBOX/where/name; from `again` 2 on "name~2.jpg". */
static char *path_in(const struct inbox *inbox, const char *where, const char *name, int again)
{
    char *path = NULL, number[16] = "";
    const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name,
               *dot = strrchr(last, '.');
    if (!dot || dot == last || strlen(dot) > NAME_MAX / 2)
        dot = last + strlen(last);
    if (again >= 2)
        snprintf(number, sizeof number, "~%d", again);
    int n = asprintf(&path, "%s/%s/%.*s%.*s%s%s", inbox->path, where, (int)(last - name), name,
                     again < 2 ? (int)(dot - last) : stem_length(last, dot), last, number, dot);
    return n < 0 ? NULL : path;
}

static char *reason_path(const char *path)
{
    char *name = NULL;
    const char *last = strrchr(path, '/') + 1;
    int length = (int)strlen(last);
    if (length + 4 > NAME_MAX)
        length = stem_length(last, last + length);
    return asprintf(&name, "%.*s%.*s.txt", (int)(last - path), path, length, last) < 0 ? NULL
                                                                                       : name;
}

/* ---- folders ---- */

static int sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return YJ_EIO;
    int rc = fsync(fd) < 0 && errno != EINVAL && errno != EROFS ? YJ_EIO : 0;
    close(fd);
    return rc;
}

static int sync_folder_of(char *path)
{
    char *slash = strrchr(path, '/');
    *slash = '\0';
    int rc = sync_folder(path);
    *slash = '/';
    return rc;
}

/* Makes the folders of a path below the inbox; each is made durable in its parent. */
static int make_folders(const struct inbox *inbox, char *path)
{
    for (char *slash = path + strlen(inbox->path); (slash = strchr(slash + 1, '/')) != NULL;) {
        *slash = '\0';
        bool made = mkdir(path, 0777) == 0;
        int error = errno;
        if (made)
            sync_folder_of(path);
        *slash = '/';
        if (!made && error != EEXIST) {
            errno = error;
            return YJ_EIO;
        }
    }
    return 0;
}

int inbox_prepare(const struct inbox *inbox)
{
    static const char *const ours[] = {INBOX_DONE, INBOX_FAILED, INBOX_DUPLICATE};
    int rc = access(inbox->path, W_OK | X_OK) == 0 ? 0 : YJ_EIO;
    for (size_t i = 0; rc == 0 && i < sizeof ours / sizeof *ours; i++) {
        char *path = NULL;
        if (asprintf(&path, "%s/%s/", inbox->path, ours[i]) < 0)
            return YJ_ENOMEM;
        rc = make_folders(inbox, path);
        if (rc == 0 && access(path, W_OK | X_OK) != 0)
            rc = YJ_EIO;
        int error = errno;
        free(path);
        errno = error;
    }
    return rc;
}

/* ---- bytes ---- */

/* Whether two files hold the same bytes; false also where one cannot be read. */
static bool same_bytes(int a, int b)
{
    char *pieces = malloc(2 * PIECE);
    bool same = pieces != NULL;
    for (off_t at = 0; same;) {
        ssize_t of_a = pread(a, pieces, PIECE, at), of_b = pread(b, pieces + PIECE, PIECE, at);
        same = of_a >= 0 && of_a == of_b && memcmp(pieces, pieces + PIECE, (size_t)of_a) == 0;
        if (of_a <= 0)
            break;
        at += of_a;
    }
    free(pieces);
    return same;
}

static bool is_copy(int fd, const struct stat *st, const char *path, bool *ret_taken)
{
    struct stat of_other;
    *ret_taken = lstat(path, &of_other) == 0;
    if (!*ret_taken || !S_ISREG(of_other.st_mode) || of_other.st_size != st->st_size)
        return false;
    int other = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    bool same = other >= 0 && same_bytes(fd, other);
    if (other >= 0)
        close(other);
    return same;
}

bool inbox_has_copy(const struct inbox *inbox, const char *where, const char *name)
{
    char *from = NULL;
    struct stat st;
    bool has = false, taken = true;
    if (asprintf(&from, "%s/%s", inbox->path, name) < 0)
        return false;
    int fd = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    free(from);
    for (int again = 1; fd >= 0 && fstat(fd, &st) == 0 && taken && !has && again < NAMES_MAX;
         again++) {
        char *path = path_in(inbox, where, name, again);
        has = path && is_copy(fd, &st, path, &taken);
        taken = path && taken;
        free(path);
    }
    if (fd >= 0)
        close(fd);
    return has;
}

static bool write_all(int fd, const char *bytes, size_t n)
{
    while (n > 0) {
        ssize_t written = write(fd, bytes, n);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            bytes += written;
            n -= (size_t)written;
        }
    }
    return true;
}

static bool copy_bytes(int from, int to)
{
    char *piece = malloc(PIECE);
    ssize_t n = piece ? 1 : -1;
    while (n > 0) {
        n = read(from, piece, PIECE);
        if (n > 0 && !write_all(to, piece, (size_t)n))
            n = -1;
    }
    free(piece);
    return n == 0 && fsync(to) == 0;
}

/* rename() that replaces nothing, also where the file system has no such flag. */
static int rename_new(const char *from, const char *to)
{
    struct stat st;
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (lstat(to, &st) == 0) {
        errno = EEXIST;
        return -1;
    }
    return rename(from, to);
}

/* To another file system: the copy gets its name when it is whole and on disk, and only when that
 * name is on disk, too, the original goes: no power cut orders what two disks do. -1 with errno. */
static int copy_new(const char *from, char *to)
{
    char *pending = NULL;
    const char *last = strrchr(to, '/') + 1;
    if (asprintf(&pending, "%.*s.%.200s.part", (int)(last - to), to, last) < 0)
        return -1;
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int out =
        in >= 0 ? open(pending, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666) : -1;
    bool named = out >= 0 && copy_bytes(in, out) && rename_new(pending, to) == 0;
    bool good = named && sync_folder_of(to) == 0;
    int error = errno;
    if (out >= 0 && !good)
        unlink(named ? to : pending);
    if (good && unlink(from) < 0) {
        error = errno;
        unlink(to); /* one of the two, and it is still where it came */
        good = false;
    }
    if (in >= 0)
        close(in);
    if (out >= 0)
        close(out);
    free(pending);
    errno = error;
    return good ? 0 : -1;
}

static int bring(const char *from, char *to)
{
    struct stat st;
    if (rename_new(from, to) == 0)
        return 0;
    if (errno != EXDEV)
        return -1;
    if (lstat(to, &st) == 0) { /* before all is copied in vain */
        errno = EEXIST;
        return -1;
    }
    return copy_new(from, to);
}

/* ---- one file ---- */

/* Whether an open file holds this text, or its beginning: what a kill left of this very reason. */
static bool is_begun(int fd, const char *text, size_t n)
{
    char *held = malloc(n + 1);
    ssize_t got = held ? pread(fd, held, n + 1, 0) : -1;
    bool begun = got >= 0 && (size_t)got <= n && memcmp(held, text, (size_t)got) == 0;
    free(held);
    return begun;
}

/* A file to write the reason to; -1 with errno, EEXIST: something else lies there. */
static int open_reason(const char *name, const char *text, bool *ret_is_new)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    *ret_is_new = fd >= 0;
    if (fd >= 0 || errno != EEXIST)
        return fd;
    fd = open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd >= 0 && is_begun(fd, text, strlen(text)))
        return fd;
    if (fd >= 0)
        close(fd);
    errno = EEXIST;
    return -1;
}

/* Nothing that lies there is replaced: errno EEXIST. */
static int write_reason(const char *name, const char *text)
{
    bool is_new;
    int fd = open_reason(name, text, &is_new);
    if (fd < 0)
        return YJ_EIO;
    bool good = write_all(fd, text, strlen(text)) && fsync(fd) == 0;
    int error = errno;
    close(fd);
    if (!good && is_new)
        unlink(name);
    errno = error;
    return good ? 0 : YJ_EIO;
}

/* The reason comes first, so that no kill leaves a file in failed/ without one. 0; YJ_EIO with
 * errno, EEXIST: that name is taken. */
static int move_to(const char *from, char *to, const char *why)
{
    struct stat st;
    if (lstat(to, &st) == 0) {
        errno = EEXIST;
        return YJ_EIO;
    }
    char *reason = why ? reason_path(to) : NULL, *text = NULL;
    if (why && asprintf(&text, "%s\n", why) < 0)
        text = NULL;
    int rc = why && (!reason || !text) ? YJ_ENOMEM : 0;
    if (rc == 0 && why)
        rc = write_reason(reason, text);
    if (rc == 0 && bring(from, to) < 0) {
        int error = errno;
        rc = YJ_EIO;
        if (reason)
            unlink(reason);
        errno = error;
    }
    int error = errno;
    free(text);
    free(reason);
    errno = error;
    return rc;
}

static int check_stamp(const struct inbox *inbox, const char *from, const struct inbox_stamp *stamp)
{
    struct stat st;
    if (lstat(from, &st) < 0)
        return YJ_EIO;
    struct inbox_stamp now = inbox_stamp_of(&st, inbox->remote);
    return S_ISREG(st.st_mode) && inbox_stamp_equal(&now, stamp) ? 0 : YJ_EBUSY;
}

int inbox_move(const struct inbox *inbox, const char *name, const struct inbox_stamp *stamp,
               const char *where, const char *why, char **ret_path)
{
    char *from = NULL, *to = NULL;
    if (asprintf(&from, "%s/%s", inbox->path, name) < 0)
        return YJ_ENOMEM;
    int rc = check_stamp(inbox, from, stamp);
    bool moved = false, taken = rc == 0;
    for (int again = 1; taken && again < NAMES_MAX; again++) {
        free(to);
        to = path_in(inbox, where, name, again);
        rc = to ? make_folders(inbox, to) : YJ_ENOMEM;
        rc = rc == 0 ? move_to(from, to, why) : rc;
        moved = rc == 0;
        taken = rc == YJ_EIO && errno == EEXIST;
    }
    int error = errno;
    if (moved) {
        sync_folder_of(to);
        sync_folder_of(from);
        *ret_path = to;
        to = NULL;
    }
    free(from);
    free(to);
    errno = error;
    return rc;
}
