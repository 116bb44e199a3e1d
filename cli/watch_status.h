/* watch_status.h - what a running `watch` says of itself in two small files: one beside the
 * database, for `yuejuan status`, and one for Prometheus' node exporter (text format).
 *
 * The first is locked while its writer lives: whoever reads it knows, also after a kill, and a
 * second watch on one database is refused. */
#ifndef YJ_CLI_WATCH_STATUS_H
#define YJ_CLI_WATCH_STATUS_H

#include "watch.h"
#include <stdio.h>

struct diag;

struct watch_status {
    int fd; /* -1: none; nothing is said then */
    char *path;
};

/* Of the database "x.db": "x.db.watch", malloc'ed; NULL: no memory. */
char *watch_status_path(const char *db_path);
/* 0; YJ_EBUSY: another watch has the database, told; YJ_ENOMEM. Where the file cannot be written
 * nothing is said in it. */
int watch_status_open(const char *db_path, struct watch_status *ret_status, struct diag *d);
/* Removes the file. */
void watch_status_close(struct watch_status *status);
/* What goes wrong is not told: the next one may succeed. */
void watch_status_write(const struct watch_status *status, const char *inbox,
                        const struct watch_counts *counts);
/* Replaces the file as a whole; silent, as above. */
void watch_metrics_write(const char *path, const char *exam, const struct watch_counts *counts);
/* Whether the process that wrote the file lives; false: there is no such file. The text of the
 * file, a JSON object, is copied to *ret_json (malloc'ed; NULL where it cannot be read). */
bool watch_status_read(const char *path, bool *ret_alive, char **ret_json);

#endif
