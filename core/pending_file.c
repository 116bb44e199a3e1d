#include "pending_file.h"

#include "diag.h"
#include "i18n.h"
#include "page_clock.h"
#include "path_look.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_write_error(const char *name, int error, struct diag *d)
{
    const char *hint = error == ENOSPC || error == EDQUOT
                           ? _("free some space and run the same command again")
                           : NULL;
    return diag_error(d, YJ_EIO, NULL, 0, 0, hint, _("cannot write '%s': %s"), name,
                      strerror(error));
}

static void forget(struct pending_file *file)
{
    free(file->target);
    free(file->name);
    *file = (struct pending_file){NULL, NULL, NULL};
}

static int open_device(const char *path, struct pending_file *file, struct diag *d)
{
    *file = (struct pending_file){.out = fopen(path, "we")};
    return file->out ? 0 : file_write_error(path, errno, d);
}

int pending_file_open(const char *path, struct pending_file *file, struct diag *d)
{
    struct stat status;
    if (!path_answers(path, PAGE_SECONDS, NULL))
        return diag_error(d, YJ_EIO, NULL, 0, 0, NULL,
                          _("cannot write '%s': nothing came for %g s"), path, PAGE_SECONDS);
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return open_device(path, file, d);
    mode_t mask = umask(0);
    umask(mask);
    /* Through a link the file it points to is replaced, not the link. */
    *file = (struct pending_file){.target = realpath(path, NULL)};
    if (!file->target)
        file->target = strdup(path);
    if (!file->target || asprintf(&file->name, "%s.XXXXXX", file->target) < 0) {
        file->name = NULL;
        forget(file);
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    }
    int fd = mkstemp(file->name);
    if (fd >= 0 && fchmod(fd, 0666 & ~mask) == 0)
        file->out = fdopen(fd, "w");
    if (file->out)
        return 0;
    int rc = file_write_error(path, errno, d);
    if (fd >= 0) {
        close(fd);
        unlink(file->name);
    }
    forget(file);
    return rc;
}

int pending_file_close(struct pending_file *file, int rc, const char *path, struct diag *d)
{
    if (rc == 0 && (fflush(file->out) != 0 || ferror(file->out)))
        rc = file_write_error(path, errno, d);
    if (rc == 0 && file->name && fsync(fileno(file->out)) < 0)
        rc = file_write_error(path, errno, d);
    if (fclose(file->out) != 0 && rc == 0)
        rc = file_write_error(path, errno, d);
    if (rc == 0 && file->name && rename(file->name, file->target) < 0)
        rc = file_write_error(path, errno, d);
    if (rc < 0 && file->name)
        unlink(file->name);
    forget(file);
    return rc;
}

int file_write_text(const char *path, const char *text, struct diag *d)
{
    struct pending_file file;
    if (!path)
        return fputs(text, stdout) != EOF && fflush(stdout) == 0
                   ? 0
                   : file_write_error(_("standard output"), errno, d);
    int rc = pending_file_open(path, &file, d);
    if (rc < 0)
        return rc;
    fputs(text, file.out); /* the stream remembers a failure */
    return pending_file_close(&file, 0, path, d);
}
