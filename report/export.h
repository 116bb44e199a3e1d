/* export.h - a table of the store as CSV, JSON or a spreadsheet.
 *
 * CSV as RFC 4180 has it, lines ended by "\n"; JSON an array with an object a row, numbers as
 * numbers, null where a number is not known. All are UTF-8 whatever bytes a file name holds: those
 * that are no UTF-8 become U+FFFD. A CSV's text that a spreadsheet would run as a formula is warned
 * of (formula_watch.h); in a spreadsheet text is text. */
#ifndef YJ_REPORT_EXPORT_H
#define YJ_REPORT_EXPORT_H

#include "store.h"
#include <stdio.h>

enum export_format { EXPORT_CSV, EXPORT_JSON, EXPORT_XLSX };

/* Writes the whole table; YJ_EIO where `out` fails (disk full, pipe closed), named in `d`; `name`
 * is what the message calls it. */
int export_table(struct store *store, enum store_table table, enum export_format format, FILE *out,
                 const char *name, struct diag *d);
/* The same into the file `path`, which appears whole or not at all: an old one stays until the new
 * one is complete on disk. */
int export_table_file(struct store *store, enum store_table table, enum export_format format,
                      const char *path, struct diag *d);

#endif
