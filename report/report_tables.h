/* report_tables.h - the tables of the reports, once for HTML and PDF: columns, and a text a cell.
 */
#ifndef YJ_REPORT_REPORT_TABLES_H
#define YJ_REPORT_REPORT_TABLES_H

#include "drawing.h"
#include "report_text.h"

struct report_column {
    const char *title; /* not translated yet: _(title) */
    double width;      /* share of the page, relative to the other columns' */
    enum text_align align;
    bool wraps; /* words: the row grows */
};

struct report_cell {
    const char *text; /* of the analysis, or `own` */
    char own[256];
    bool strong; /* bold */
    bool warn;   /* look here */
};

struct report_table {
    const struct analysis *a;
    const struct report_column *columns;
    int n_columns;
    int first, n_rows; /* of the list that the table shows */
    void (*fill)(const struct report_table *t, int row, int column, struct report_cell *cell);
    const void *context; /* of `fill`; NULL: none */
};

/* The text of a cell, row 0 the first of the table. */
void report_table_cell(const struct report_table *t, int row, int column, struct report_cell *cell);

/* `which`: 0, 1 ... of the kinds of groups (schools, classes ...) that have two groups or more.
 * False: there are no more. */
bool report_table_groups(const struct analysis *a, int which, struct report_table *ret);

struct report_table report_table_findings(const struct analysis *a);
struct report_table report_table_scores(const struct analysis *a);
struct report_table report_table_items(const struct analysis *a);
struct report_table report_table_parameters(const struct analysis *a);
struct report_table report_table_sections(const struct analysis *a);
struct report_table report_table_dif(const struct analysis *a);
struct report_table report_table_pairs(const struct analysis *a);
struct report_table report_table_candidates(const struct analysis *a);

#endif
