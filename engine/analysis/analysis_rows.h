/* analysis_rows.h - an analysis as rows of the store. */
#ifndef YJ_ENGINE_ANALYSIS_ROWS_H
#define YJ_ENGINE_ANALYSIS_ROWS_H

#include "analysis.h"

struct rescoring;

/* Takes each score as the analysis comes by it: composing it once more would cost as much again. A
 * negative return ends the analysis and is returned. */
typedef int (*analysis_take_score)(void *context, const struct score_row *row);
/* The analysis of a rescoring that stays the caller's, and is borrowed until analysis_finish.
 * `take` may be NULL.
 */
int analysis_of_rescoring(struct rescoring *rescoring, bool models, analysis_take_score take,
                          void *context, struct analysis *ret, struct diag *d);
/* An item as the store has it; options[] borrowed by it. */
#define ANALYSIS_OPTIONS_MAX 64
void analysis_item_row(const struct analysis *a, int item,
                       struct option_row options[ANALYSIS_OPTIONS_MAX], struct item_row *ret);
/* In place of the statistics that are stored, in a transaction the caller has begun. */
int analysis_put(const struct analysis *a, struct store *store, struct diag *d);

#endif
