#include "watch_status.h"

#include "diag.h"
#include "i18n.h"
#include "ingest.h"
#include "messages.h"
#include "pending_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STATUS_MAX 65536

static const struct timespec moment = {.tv_nsec = 10000000}; /* 10 ms */

char *watch_status_path(const char *db_path)
{
    char *path = NULL;
    return asprintf(&path, "%s.watch", db_path) < 0 ? NULL : path;
}

/* ---- for `yuejuan status` ---- */

/* The one before us removes its file when it ends: what we locked may have no name any more. */
static bool still_named(int fd, const char *path)
{
    struct stat locked, named;
    return fstat(fd, &locked) == 0 && stat(path, &named) == 0 && locked.st_dev == named.st_dev &&
           locked.st_ino == named.st_ino;
}

int watch_status_open(const char *db_path, struct watch_status *ret, struct diag *d)
{
    char *path = watch_status_path(db_path);
    int tries = 20; /* a reader holds the lock for a moment to see whether anybody does */
    *ret = (struct watch_status){.fd = -1};
    while (path) {
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
            close(fd);
            if (tries-- > 0) {
                nanosleep(&moment, NULL);
                continue;
            }
            free(path);
            return diag_error(d, YJ_EBUSY, NULL, 0, 0, _("stop that one first"),
                              _("another watch writes '%s'"), db_path);
        }
        if (fd < 0 || still_named(fd, path)) {
            *ret = (struct watch_status){fd, path};
            return 0;
        }
        close(fd);
    }
    return YJ_ENOMEM;
}

void watch_status_close(struct watch_status *status)
{
    if (status->fd >= 0) {
        unlink(status->path);
        close(status->fd);
    }
    free(status->path);
    *status = (struct watch_status){.fd = -1};
}

static void print_status(FILE *out, const char *inbox, const struct watch_counts *c)
{
    char *name = scan_name_to_utf8(inbox);
    fprintf(out,
            "{\"pid\":%ld,\"time\":%lld,\"waiting\":%d,\"held\":%d,\"passed_over\":%d,\"done\":%ld,"
            "\"failed\":%ld,\"duplicate\":%ld,\"pages\":%ld,\"scores_wait\":%s,"
            "\"last_graded\":%.0f,\"inbox\":",
            (long)getpid(), (long long)time(NULL), c->waiting, c->held, c->passed_over, c->done,
            c->failed, c->duplicate, c->pages, c->scores_wait ? "true" : "false", c->last_graded);
    print_json_text(out, name ? name : "");
    fputs(",\"trouble\":", out);
    print_json_text(out, c->trouble);
    fputs("}\n", out);
    free(name);
}

/* In place, since the lock is the file's: a reader that meets it half written reads again. */
void watch_status_write(const struct watch_status *status, const char *inbox,
                        const struct watch_counts *counts)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = status->fd >= 0 ? open_memstream(&text, &n) : NULL;
    if (!out)
        return;
    print_status(out, inbox, counts);
    if (fclose(out) == 0 && pwrite(status->fd, text, n, 0) == (ssize_t)n &&
        ftruncate(status->fd, (off_t)n) < 0)
        errno = 0; /* a longer text before it: a reader stops at the first line */
    free(text);
}

/* One line that is whole; NULL: not now. */
static char *read_line(int fd)
{
    char *text = malloc(STATUS_MAX);
    ssize_t n = text ? pread(fd, text, STATUS_MAX - 1, 0) : -1;
    if (n >= 0)
        text[n] = '\0';
    char *end = n > 0 ? strchr(text, '\n') : NULL;
    if (!end || text[0] != '{' || end == text || end[-1] != '}') {
        free(text);
        return NULL;
    }
    *end = '\0';
    return text;
}

bool watch_status_read(const char *path, bool *ret_alive, char **ret_json)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    *ret_alive = flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    *ret_json = read_line(fd);
    for (int again = 0; *ret_alive && !*ret_json && again < 20; again++) {
        nanosleep(&moment, NULL);
        *ret_json = read_line(fd);
    }
    close(fd);
    return true;
}

/* ---- for Prometheus ---- */

static bool open_quietly(const char *path, struct pending_file *file, struct diag *d)
{
    diag_init(d);
    return pending_file_open(path, file, d) == 0;
}

static void close_quietly(struct pending_file *file, const char *path, struct diag *d)
{
    pending_file_close(file, ferror(file->out) ? YJ_EIO : 0, path, d);
}

/* A label's value: backslash, quote and line end are escaped. */
static void print_label(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' || *text == '"')
            fputc('\\', out);
        if (*text == '\n')
            fputs("\\n", out);
        else
            fputc(*text, out);
    }
}

static void print_metric(FILE *out, const char *name, const char *type, const char *help,
                         const char *exam, double value)
{
    fprintf(out, "# HELP yuejuan_%s %s\n# TYPE yuejuan_%s %s\nyuejuan_%s{exam=\"", name, help, name,
            type, name);
    print_label(out, exam);
    fprintf(out, "\"} %.17g\n", value);
}

void watch_metrics_write(const char *path, const char *exam, const struct watch_counts *c)
{
    struct pending_file file;
    struct diag d;
    if (open_quietly(path, &file, &d)) {
        FILE *out = file.out;
        print_metric(out, "watch_waiting_files", "gauge", "Files in the inbox.", exam, c->waiting);
        print_metric(out, "watch_held_files", "gauge", "Files that cannot be read or moved.", exam,
                     c->held);
        print_metric(out, "watch_done_files_total", "counter", "Files graded.", exam,
                     (double)c->done);
        print_metric(out, "watch_failed_files_total", "counter", "Files that are no scans.", exam,
                     (double)c->failed);
        print_metric(out, "watch_duplicate_files_total", "counter", "Files that came again.", exam,
                     (double)c->duplicate);
        print_metric(out, "watch_pages_total", "counter", "Pages graded.", exam, (double)c->pages);
        print_metric(out, "watch_scores_wait", "gauge", "1: scans are stored and not scored.", exam,
                     c->scores_wait);
        print_metric(out, "watch_trouble", "gauge", "1: something keeps it from going on.", exam,
                     c->trouble[0] != '\0');
        print_metric(out, "watch_last_graded_seconds", "gauge", "When, since the epoch.", exam,
                     c->last_graded);
        close_quietly(&file, path, &d);
    }
    diag_finish(&d);
}
