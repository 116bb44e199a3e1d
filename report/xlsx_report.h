/* xlsx_report.h - the report as a spreadsheet, for offices that count on: one sheet each for the
 * overview (with the distribution drawn), the scores, the score table (一分一段表), items, options
 * by fifth of the candidates, groups, models and findings.
 *
 * Numbers are numbers as the analysis has them, shares from 0 to 1 shown as per cent; what has no
 * value is an empty cell. Names of sheets and columns are in the language of the messages. */
#ifndef YJ_REPORT_XLSX_REPORT_H
#define YJ_REPORT_XLSX_REPORT_H

#include "analysis.h"

struct diag;

/* Writes `path`, whole or not at all. YJ_EINPUT: more candidates than a sheet has rows; YJ_EIO,
 * YJ_ENOMEM; told. */
int report_write_xlsx(const struct analysis *a, const char *path, struct diag *d);

#endif
