/* rescore.h - from stored readings to sheets, scores and statistics; opens no image.
 *
 * Pages become sheets: by the serial of the page's identity, else by the candidate field, else a
 * page without one follows the page before it in the same scan. Run at the end of `grade` and by
 * `regrade`; the same readings and key give the same rows. */
#ifndef YJ_ENGINE_RESCORE_H
#define YJ_ENGINE_RESCORE_H

#include "exam.h"
#include "store.h"

struct diag;

/* One transaction: clears and writes scores, items, test and derived exceptions. */
int rescore_run(struct store *store, const struct exam *exam, struct diag *d);
/* `models`: item response models, groups compared and pairs, however many answers there are; else
 * only where that takes no more than seconds.
 *
 * The same inside a transaction that the caller has begun: key and scores change together. */
int rescore_within(struct store *store, const struct exam *exam, bool models, struct diag *d);
/* Scores again in memory and compares with what is stored, scores and items as they are exported
 * and how many exceptions of each kind: YJ_EDATA with a diag entry for each difference (the first
 * of them). *ret_n_scores: rows compared. */
int rescore_verify(struct store *store, const struct exam *exam, int *ret_n_scores, struct diag *d);

#endif
