/* health_runs.h - what comes in a run: alarms over the pages of a batch.
 *
 * Pages are told one after the other, in the order in which they were scanned; a defect that comes
 * on enough of the pages in a row is an alarm with its first page, its last and its place: one for
 * a run, however long. What is wrong with one page alone is an alarm (`run` false) only where it
 * touches a field. The same pages give the same alarms. docs/scan-health.md has the rules and why.
 * Knows neither the database nor any pixel. */
#ifndef YJ_ENGINE_HEALTH_RUNS_H
#define YJ_ENGINE_HEALTH_RUNS_H

#include "records.h"

struct health_runs;

int health_runs_create(struct health_runs **ret_runs);
void health_runs_destroy(struct health_runs *runs);
/* The next page of the database, whatever its batch. 0 or YJ_ENOMEM. */
int health_runs_add(struct health_runs *runs, const struct health_page *page);
/* After the last page: alarms in the order in which they begin, owned by `runs`. 0 or YJ_ENOMEM. */
int health_runs_end(struct health_runs *runs, const struct health_alarm **ret_alarms, int *ret_n);

#endif
