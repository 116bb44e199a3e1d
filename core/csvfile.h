/* csvfile.h - CSV as RFC 4180 has it: UTF-8 (a byte-order mark is skipped), quotes, CRLF or LF;
 * separated by ';' or tabs where the header is.
 *
 * Reading is whole-file: keys and rosters are small. Writing is a row at a time. */
#ifndef YJ_CORE_CSVFILE_H
#define YJ_CORE_CSVFILE_H

#include <stddef.h>
#include <stdio.h>

struct diag;

/* Beyond these a file is something else that was taken for a table: it is refused. */
#define CSV_MAX_COLUMNS 1000
#define CSV_MAX_CELL 32767 /* bytes; what a spreadsheet holds, in letters */

struct csv_row {
    char **cells;
    int n_cells;
    int line;     /* of its first cell, from 1 */
    int *columns; /* where each cell starts in its line, from 1, in characters */
};

struct csv {
    char *path;
    struct csv_row
        *rows; /* rows[0] is the header; rows with no cell but an empty one are left out */
    int n_rows;
    char *storage; /* owns the cells */
};

/* YJ_EIO, YJ_ENOMEM; YJ_EINPUT: bytes that are no UTF-8, an open quote, no header, a NUL, a cell
 * too long, too many columns, a row of another length than the header, each told with its place. */
int csv_load(const char *path, struct csv **ret_csv, struct diag *d);
int csv_parse(const char *text, size_t size, const char *name, struct csv **ret_csv,
              struct diag *d);
void csv_destroy(struct csv *csv);
/* Index of a header cell, or -1. */
int csv_column(const struct csv *csv, const char *name);

/* Writes one cell, quoted where it must be. */
void csv_write_cell(FILE *out, const char *text);
/* Writes a row and its CRLF-free line end ("\n"). */
void csv_write_row(FILE *out, const char *const *cells, size_t n);

#endif
