/* batch_alarms.h - the alarms of all that is stored, made anew: what health_runs.h finds in the
 * pages' health. A pure function of the tables: a rerun, or a run that was killed and run again,
 * ends with the same. */
#ifndef YJ_ENGINE_BATCH_ALARMS_H
#define YJ_ENGINE_BATCH_ALARMS_H

#include "grade.h"
#include "store.h"

/* Within a transaction that the caller has begun. */
int batch_alarms_make(struct store *store, struct diag *d);
/* Tells the stored alarms of runs to `tell`, in the order in which they begin. */
int batch_alarms_tell(struct store *store,
                      void (*tell)(void *context, const struct grade_alarm *alarm), void *context,
                      struct diag *d);

#endif
