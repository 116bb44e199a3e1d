/* pdf_table.h - a report's table on the pages of a PDF: its head on each, rows never torn. */
#ifndef YJ_REPORT_PDF_TABLE_H
#define YJ_REPORT_PDF_TABLE_H

#include "pdf_document.h"
#include "report_tables.h"

void pdf_table(struct pdf_document *doc, const struct report_table *t);
/* A narrow table in `columns` beside each other, read down and then to the right. */
void pdf_table_columns(struct pdf_document *doc, const struct report_table *t, int columns);

#endif
