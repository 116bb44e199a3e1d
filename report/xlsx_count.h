/* xlsx_count.h - how many cells a spreadsheet file holds, counted in its bytes.
 *
 * For files that we wrote ourselves: a cell begins as libxlsxwriter writes it. */
#ifndef YJ_REPORT_XLSX_COUNT_H
#define YJ_REPORT_XLSX_COUNT_H

#include <stdint.h>

/* Of all sheets; also whether every sheet is whole. YJ_EIO: it cannot be read, or one is not. */
int xlsx_count_cells(const char *path, uint64_t *ret_cells);

#endif
