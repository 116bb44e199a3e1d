/* store_lock.c - one writer a database.
 *
 * A lock on a file beside the database, held as long as the writer lives: the kernel lets it go
 * whatever the writer dies of, SIGKILL too. Not a lock on the database itself, where closing any
 * descriptor would let go of SQLite's own locks; not SQLite's exclusive mode, which would keep
 * teachers from reading while a batch runs. The file holds the writer's process id, for the
 * message only. */
#include "store_internal.h"

#include "diag.h"
#include "i18n.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two names of one database (a link, "./") must find one lock. */
static char *lock_name(const char *db_path)
{
    char *real = realpath(db_path, NULL), *name = NULL;

    if (asprintf(&name, "%s-lock", real != NULL ? real : db_path) < 0)
        name = NULL;
    free(real);
    return name;
}

static int tell_busy(int fd, const char *db_path, struct diag *d)
{
    char text[32] = "";
    ssize_t length = pread(fd, text, sizeof(text) - 1, 0);
    long process = length > 0 ? strtol(text, NULL, 10) : 0;

    if (process <= 0)
        return diag_error(d, YJ_EBUSY, NULL, 0, 0, _("wait for it to end"),
                          _("another run is writing '%s'"), db_path);
    return diag_error(d, YJ_EBUSY, NULL, 0, 0, _("wait for it to end"),
                      _("another run (process %ld) is writing '%s'"), process, db_path);
}

static int tell_unwritable(const char *db_path, int error, struct diag *d)
{
    const char *hint = NULL;

    if (error == EACCES || error == EROFS || error == EPERM || error == ENOENT)
        hint = _("choose another place with --db FILE");
    if (error == ENOSPC || error == EDQUOT)
        hint = _("free some space and run the same command again");
    return diag_error(d, YJ_EIO, NULL, 0, 0, hint, _("cannot write '%s': %s"), db_path,
                      strerror(error));
}

/* The writer before us removes the file when it ends: what we locked may be a file that has no
 * name any more, while the next writer makes and locks a new one. */
static bool still_named(int fd, const char *name)
{
    struct stat locked, named;

    return fstat(fd, &locked) == 0 && stat(name, &named) == 0 && locked.st_dev == named.st_dev &&
           locked.st_ino == named.st_ino;
}

static void write_process(int fd)
{
    char text[32];
    int length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    /* On a full disk the message of a second run names no process: no reason to refuse this one. */
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)length, 0) != length)
        (void)ftruncate(fd, 0);
}

int store_lock_acquire(const char *db_path, int *ret_fd, char **ret_path, struct diag *d)
{
    char *name = lock_name(db_path);
    int fd, rc;

    if (name == NULL)
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    for (;;) {
        fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0) {
            rc = tell_unwritable(db_path, errno, d);
            break;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
            rc = errno == EWOULDBLOCK ? tell_busy(fd, db_path, d)
                                      : tell_unwritable(db_path, errno, d);
            close(fd);
            break;
        }
        if (still_named(fd, name)) {
            write_process(fd);
            *ret_fd = fd;
            *ret_path = name;
            return 0;
        }
        close(fd);
    }
    free(name);
    return rc;
}

void store_lock_release(int fd, char *path)
{
    if (fd < 0)
        return;
    unlink(path);
    close(fd);
    free(path);
}
