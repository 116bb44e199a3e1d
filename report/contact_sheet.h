/* contact_sheet.h - many small pictures on one, in rows, for a person to compare. */
#ifndef YJ_REPORT_CONTACT_SHEET_H
#define YJ_REPORT_CONTACT_SHEET_H

#include "records.h"

struct diag;

#define CONTACT_SHEET_MAX 60 /* pictures */

/* Writes the first CONTACT_SHEET_MAX of the crops, from left to right and from top to bottom, as a
 * PNG; *ret_columns: how many stand side by side. A crop without a
 * picture, or with a broken one, leaves its place grey. Crops are neither scaled nor cut. YJ_EIO,
 * YJ_ENOMEM; YJ_EDATA: too large together for one picture; all told. */
int contact_sheet_write(const char *path, const struct crop *crops, int n, int *ret_columns,
                        struct diag *d);
/* One crop as it is. YJ_EDATA, told: it has none, or a broken one. */
int contact_sheet_write_one(const char *path, const struct crop *crop, struct diag *d);

#endif
