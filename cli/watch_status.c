#include "watch_status.h"

#include "diag.h"
#include "messages.h"
#include "pending_file.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STATUS_MAX 65536

char *watch_status_path(const char *db_path)
{
    char *path = NULL;
    return asprintf(&path, "%s.watch", db_path) < 0 ? NULL : path;
}

static bool open_quietly(const char *path, struct pending_file *file, struct diag *d)
{
    diag_init(d);
    return pending_file_open(path, file, d) == 0;
}

static void close_quietly(struct pending_file *file, const char *path, struct diag *d)
{
    pending_file_close(file, ferror(file->out) ? YJ_EIO : 0, path, d);
}

void watch_status_write(const char *path, const char *inbox, const struct watch_counts *c)
{
    struct pending_file file;
    struct diag d;
    if (open_quietly(path, &file, &d)) {
        fprintf(
            file.out,
            "{\"pid\":%ld,\"time\":%lld,\"waiting\":%d,\"done\":%ld,\"failed\":%ld,"
            "\"duplicate\":%ld,\"pages\":%ld,\"scores_wait\":%s,\"last_graded\":%.0f,\"inbox\":",
            (long)getpid(), (long long)time(NULL), c->waiting, c->done, c->failed, c->duplicate,
            c->pages, c->scores_wait ? "true" : "false", c->last_graded);
        print_json_text(file.out, inbox);
        fputs(",\"trouble\":", file.out);
        print_json_text(file.out, c->trouble);
        fputs("}\n", file.out);
        close_quietly(&file, path, &d);
    }
    diag_finish(&d);
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

bool watch_status_read(const char *path, bool *ret_alive, double *ret_age, char **ret_json)
{
    FILE *in = fopen(path, "re");
    char *text = in ? malloc(STATUS_MAX) : NULL;
    size_t n = text ? fread(text, 1, STATUS_MAX - 1, in) : 0;
    long pid = 0;
    long long when = 0;
    if (in)
        fclose(in);
    if (text)
        text[n] = '\0';
    if (!text || sscanf(text, "{\"pid\":%ld,\"time\":%lld", &pid, &when) != 2 || pid <= 1) {
        free(text);
        return false;
    }
    text[strcspn(text, "\n")] = '\0';
    *ret_alive = kill((pid_t)pid, 0) == 0 || errno == EPERM;
    *ret_age = difftime(time(NULL), (time_t)when);
    *ret_json = text;
    return true;
}
