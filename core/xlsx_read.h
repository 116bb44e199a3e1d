/* xlsx_read.h - a spreadsheet's table as CSV (.xlsx: Office Open XML, ECMA-376 part 1).
 *
 * Reads the first visible sheet. Row 7 of the sheet is line 7 of the text, so that a place in the
 * text is a cell (xlsx_cell_name). Numbers come as people see them (`0102` where the cell's format
 * is 0000), formulas as their stored values. What cannot be taken for sure is told with its cell
 * and refused: dates ("1/3" that a spreadsheet took for the third of January), errors (#N/A),
 * merged cells, formulas that were never computed. Bounded: parts, rows, columns, sizes; no
 * document types and so no entities. */
#ifndef YJ_CORE_XLSX_READ_H
#define YJ_CORE_XLSX_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct diag;

#define XLSX_CELL_NAME_MAX 16

struct xlsx_table {
    char *text; /* CSV, UTF-8 */
    size_t size;
    char *sheet;  /* its name */
    int *numbers; /* a column each: cells that were stored as numbers without noughts before them */
    int n_columns;
};

/* Whether these first bytes are a ZIP's: a spreadsheet, or nothing that we know. */
bool xlsx_looks_like(const char *head, size_t n);
/* Takes `file` over. YJ_EINPUT, told; YJ_ENOMEM. */
int xlsx_read(FILE *file, const char *path, struct xlsx_table *ret, struct diag *d);
void xlsx_table_finish(struct xlsx_table *table);

/* "B7"; column from 0, row from 1. */
void xlsx_cell_name(int column, int row, char name[XLSX_CELL_NAME_MAX]);

#endif
