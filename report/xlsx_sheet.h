/* xlsx_sheet.h - spreadsheets being written (Office Open XML, by libxlsxwriter): sheets row by row,
 * so that a table of a million rows needs the memory of one.
 *
 * Text is always text: "=1+1" in a name is no formula, "0102" keeps its nought. Numbers are
 * numbers; what is not finite is an empty cell. Columns grow to what stands in them, a Chinese
 * letter counting two. Knows no scores. */
#ifndef YJ_REPORT_XLSX_SHEET_H
#define YJ_REPORT_XLSX_SHEET_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <xlsxwriter.h>

struct diag;

#define XLSX_MAX_ROWS 1048576 /* of a sheet, its header among them */
#define XLSX_MAX_COLUMNS 16384
#define XLSX_MAX_TEXT 32767 /* letters of a cell */

enum xlsx_number { XLSX_GENERAL, XLSX_FIXED_2, XLSX_FIXED_3, XLSX_PERCENT, XLSX_NUMBERS };

struct xlsx_book {
    lxw_workbook *book;
    lxw_format *header, *title, *wrapped, *numbers[XLSX_NUMBERS];
    char *path;     /* where it is put together */
    uint64_t cells; /* that were written: counted again when it is closed */
    int cut;        /* texts that a cell could not hold */
};

struct xlsx_sheet {
    struct xlsx_book *book;
    lxw_worksheet *sheet;
    int *widths; /* a column each */
    int n_columns;
    uint32_t row; /* the one being written, from 0 */
    int header;   /* row of the header, -1: none */
};

/* A file of its own where temporary files are; YJ_EIO, YJ_ENOMEM, told. */
int xlsx_book_open(struct xlsx_book *book, struct diag *d);
/* Puts the sheets together where rc is 0, looks whether all cells are in it, and copies it to
 * `out`; `name` is what messages call it. In any case the book is gone. Returns rc or YJ_EIO. */
int xlsx_book_close(struct xlsx_book *book, int rc, FILE *out, const char *name, struct diag *d);

/* The sheet of a book, one after the other. Names that a spreadsheet refuses ("a/b", too long) are
 * made fit. YJ_ENOMEM, YJ_EIO: it cannot be. */
int xlsx_sheet_begin(struct xlsx_book *book, const char *name, int n_columns,
                     struct xlsx_sheet *ret);
/* Cells of the current row. YJ_ENOMEM. */
int xlsx_sheet_header(struct xlsx_sheet *sheet, int column, const char *text);
int xlsx_sheet_title(struct xlsx_sheet *sheet, int column, const char *text);
int xlsx_sheet_text(struct xlsx_sheet *sheet, int column, const char *text);
void xlsx_sheet_number(struct xlsx_sheet *sheet, int column, double value, enum xlsx_number how);
/* The next row: its number from 0, or -1 where the sheet is full. */
int xlsx_sheet_next_row(struct xlsx_sheet *sheet);
/* Freezes the header (the first `n_frozen` columns too), filters by it, and sets the widths. */
void xlsx_sheet_finish(struct xlsx_sheet *sheet, int n_frozen);

/* Cells of a column, below the header to the last row: darker the larger, in a scale that a grey
 * print keeps. */
void xlsx_sheet_scale(struct xlsx_sheet *sheet, int column);
/* Bold on grey where the value is below `limit`. */
void xlsx_sheet_mark_below(struct xlsx_sheet *sheet, int column, double limit);
/* Whole rows whose `column` holds `text`: italic; bold on grey where `loud`. */
void xlsx_sheet_mark_rows(struct xlsx_sheet *sheet, int column, const char *text, bool loud);

#endif
