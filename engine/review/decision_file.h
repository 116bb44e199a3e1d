/* decision_file.h - decisions from a CSV file: id,value[,why].
 *
 * No other column is taken: a list that was exported and given back as it is would settle
 * everything by what the machine had proposed. */
#ifndef YJ_ENGINE_DECISION_FILE_H
#define YJ_ENGINE_DECISION_FILE_H

#include "csvfile.h"
#include "review.h"

struct decision_file {
    struct csv *csv; /* owns the texts */
    struct review_decision *decisions;
    int n;
};

/* `why`: for rows that give none. YJ_EINPUT, told with file and line: no CSV, a column that is
 * missing, unknown or there twice, a row without an id, no row at all. The file is the caller's to
 * finish. */
int decision_file_load(const char *path, const char *why, struct decision_file *ret,
                       struct diag *d);
void decision_file_finish(struct decision_file *file);

#endif
