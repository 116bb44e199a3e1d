/* watch_status.h - what a running `watch` says of itself in two small files: one beside the
 * database, for `yuejuan status`, and one for Prometheus' node exporter (text format). */
#ifndef YJ_CLI_WATCH_STATUS_H
#define YJ_CLI_WATCH_STATUS_H

#include "watch.h"
#include <stdio.h>

/* Of the database "x.db": "x.db.watch", malloc'ed; NULL: no memory. */
char *watch_status_path(const char *db_path);
/* Each replaces the file as a whole. What goes wrong is not told: the next one may succeed. */
void watch_status_write(const char *path, const char *inbox, const struct watch_counts *counts);
void watch_metrics_write(const char *path, const char *exam, const struct watch_counts *counts);
/* Whether the process that wrote the file lives, and its age; false: there is no such file. The
 * text of the file, a JSON object, is copied to *ret_json (malloc'ed). */
bool watch_status_read(const char *path, bool *ret_alive, double *ret_age, char **ret_json);

#endif
