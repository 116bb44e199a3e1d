/* export_xlsx.h - a table of the store as a spreadsheet with one sheet. */
#ifndef YJ_REPORT_EXPORT_XLSX_H
#define YJ_REPORT_EXPORT_XLSX_H

#include "store.h"
#include <stdio.h>

/* As export_table (export.h) does. YJ_EINPUT, told: more rows or columns than a sheet holds. */
int export_xlsx(struct store *store, enum store_table table, FILE *out, const char *name,
                struct diag *d);

#endif
