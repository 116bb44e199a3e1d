/* pending_file.h - a file that appears whole or not at all.
 *
 * It is written beside its destination under a temporary name, and given its own when it is
 * complete on disk: an old one stays until then. A pipe or a device cannot be replaced: it is
 * written to. */
#ifndef YJ_CORE_PENDING_FILE_H
#define YJ_CORE_PENDING_FILE_H

#include <stdio.h>

struct diag;

struct pending_file {
    char *target, *name; /* NULL for a device */
    FILE *out;
};

/* YJ_EIO, YJ_ENOMEM, told. */
int pending_file_open(const char *path, struct pending_file *file, struct diag *d);
/* Where rc is 0 the file gets its name, else it is forgotten; returns rc, or what went wrong. */
int pending_file_close(struct pending_file *file, int rc, const char *path, struct diag *d);
/* The whole of a text to a file, or to standard output where path is NULL. YJ_EIO, YJ_ENOMEM, told.
 */
int file_write_text(const char *path, const char *text, struct diag *d);
/* "cannot write 'x': no space left", with what to do about a full disk; returns YJ_EIO. */
int file_write_error(const char *name, int error, struct diag *d);

#endif
