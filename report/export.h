/* export.h - a table of the store as CSV or JSON. */
#ifndef YJ_REPORT_EXPORT_H
#define YJ_REPORT_EXPORT_H

#include "store.h"
#include <stdio.h>

enum export_format { EXPORT_CSV, EXPORT_JSON };

/* Writes the whole table; YJ_EIO where `out` fails (disk full), named in `d`. */
int export_table(struct store *store, enum store_table table, enum export_format format, FILE *out,
                 struct diag *d);

#endif
