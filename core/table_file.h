/* table_file.h - a key or roster as the office has it: CSV in UTF-8, CSV as Chinese spreadsheets
 * save it (GB18030, Big5, UTF-16), or a spreadsheet (.xlsx); always made CSV in UTF-8.
 *
 * Whoever parses it knows nothing of that: the text is what is stored, so that a database alone can
 * be scored again. */
#ifndef YJ_CORE_TABLE_FILE_H
#define YJ_CORE_TABLE_FILE_H

#include "xlsx_read.h"
#include <stddef.h>

struct diag;

struct table_file {
    char *path;
    char *text; /* CSV, UTF-8 */
    size_t size;
    bool is_sheet;
    struct xlsx_table sheet; /* of a spreadsheet; its text is above */
};

/* YJ_EINPUT, YJ_EIO, YJ_ENOMEM, as text_load. The bytes decide what it is, not the name. */
int table_load(const char *path, struct table_file *ret, struct diag *d);
void table_finish(struct table_file *table);

/* What was told of lines and columns of a spreadsheet's text, from entry `from` on, names its sheet
 * and cells: "key.xlsx:Sheet1!B7". Nothing for other files. */
void table_name_cells(const struct table_file *table, struct diag *d, size_t from);
/* Cells of the named column that were stored as numbers: noughts before them are lost. 0 for other
 * files. */
int table_numbers(const struct table_file *table, const char *column);

#endif
