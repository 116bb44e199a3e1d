/* formula_watch.h - texts of a CSV that a spreadsheet would run as a formula ("=HYPERLINK(...)").
 *
 * CSV keeps what people and papers say letter by letter, or it would be no record; so such a cell
 * is not changed but told of, and whoever opens the table in a spreadsheet takes xlsx, in which
 * text is text (OWASP, "CSV Injection"). */
#ifndef YJ_REPORT_FORMULA_WATCH_H
#define YJ_REPORT_FORMULA_WATCH_H

#include <stdbool.h>

struct diag;

struct formula_watch { /* starts as zeros */
    long n;
    char *first; /* the first of them */
};

/* Begins with = + - @, a tab or CR, and is no number. */
bool text_is_formula(const char *text);
void formula_watch_look(struct formula_watch *watch, const char *text);
/* A warning, where there was one. */
void formula_watch_tell(const struct formula_watch *watch, struct diag *d);
void formula_watch_finish(struct formula_watch *watch);

#endif
