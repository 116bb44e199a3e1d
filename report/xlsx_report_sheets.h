/* xlsx_report_sheets.h - the sheets of xlsx_report.h, and what they share. Nobody but
 * xlsx_report*.c includes it. Each returns 0, YJ_ENOMEM, or YJ_EINPUT (told) where a sheet is full.
 */
#ifndef YJ_REPORT_XLSX_REPORT_SHEETS_H
#define YJ_REPORT_XLSX_REPORT_SHEETS_H

#include "analysis.h"
#include "xlsx_sheet.h"

struct report_book {
    struct xlsx_book book;
    const struct analysis *a;
    struct diag *d;
};

/* A row being written: the next column, and what went wrong so far. */
struct report_row {
    struct xlsx_sheet sheet;
    int column, rc;
};

/* A sheet with its header. */
int report_sheet_begin(struct report_book *b, const char *name, const char *const *headers,
                       int n_headers, struct report_row *ret);
void report_next_row(struct report_book *b, struct report_row *row);
void report_text(struct report_row *row, const char *text);
void report_number(struct report_row *row, double value, enum xlsx_number how);
void report_count(struct report_row *row, int64_t n);
void report_yes(struct report_row *row, bool yes); /* "yes" or nothing */
/* Freezes `n_frozen` columns; returns row->rc. */
int report_sheet_end(struct report_row *row, int n_frozen);

int report_sheet_scores(struct report_book *b);
int report_sheet_distribution(struct report_book *b);
int report_sheet_items(struct report_book *b);
int report_sheet_options(struct report_book *b);
int report_sheet_groups(struct report_book *b);
int report_sheet_models(struct report_book *b);
int report_sheet_findings(struct report_book *b);

/* As charts name them. */
const char *report_name_distribution(void);
const char *report_name_items(void);

#endif
