/* report.h - what teachers and offices keep of an exam: one HTML page, and PDFs to print.
 *
 * All is drawn from one `struct analysis`, in the language of the messages; docs/report.md says in
 * words what each page shows. Every file appears whole or not at all (pending_file.h). Same inputs,
 * same bytes: no file holds the day on which it was made. Memory does not grow with the candidates,
 * but for an index of them.
 *
 * Set in Noto Sans CJK; where it is not on the machine, in what pango finds instead.
 *
 * Returns: 0; YJ_EIO (disk full, no such folder), YJ_ENOMEM, told. */
#ifndef YJ_REPORT_REPORT_H
#define YJ_REPORT_REPORT_H

#include "analysis.h"

struct diag;

/* An HTML report lists its candidates up to so many; beyond that the class pages and exports do. */
#define REPORT_MAX_LISTED 500

/* The office's report: one HTML file, without network and script (a script sorts tables where it is
 * allowed to). */
int report_write_html(const struct analysis *a, const char *path, struct diag *d);
/* The same as A4 pages. */
int report_write_pdf(const struct analysis *a, const char *path, struct diag *d);
/* A page a class (more where it is large): scores and ranks, distribution, items it is weak in. The
 * candidates without a class are a class of their own. */
int report_write_classes(const struct analysis *a, const char *path, struct diag *d);
/* A slip a candidate, several to a page, to be cut along its lines; by school, class and number.
 * A sheet of which nobody knows whose it is has none. */
int report_write_slips(const struct analysis *a, const char *path, struct diag *d);

#endif
