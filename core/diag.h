/* diag.h - what went wrong, where, and what the user can do.
 *
 * A function that meets a file, YAML, CSV or SQL fills a `struct diag`: a list, because a form with
 * three mistakes is told as three places at once, before any scan is opened. The list owns its
 * strings. Every message is translated where it is made (`_()`, i18n.h), lower case, quotes names,
 * has no full stop: "unknown field kind 'choise'"; the hint says what to do: "write 'choice'".
 *
 * Return codes of the whole program: 0 or one of enum yj_error. */
#ifndef YJ_CORE_DIAG_H
#define YJ_CORE_DIAG_H

#include <stddef.h>
#include <stdio.h>

enum yj_error {
    YJ_ENOMEM = -1, /* fault: out of memory */
    YJ_EIO = -2,    /* fault: disk full, cannot write, broken database; exit status 1 */
    YJ_EINPUT = -3, /* the user's input is wrong (form, exam, key, roster, usage); exit status 2 */
    YJ_EDATA = -4,  /* verdict: these bytes are no readable scan, these pixels no known page */
    YJ_EBUSY = -5,  /* fault: another run holds the database; exit status 1 */
    YJ_ETIME = -6,  /* verdict: a page took longer than it may (page_clock.h) */
};

enum diag_level { DIAG_ERROR, DIAG_WARNING };

struct diag_entry {
    enum diag_level level;
    char *file;       /* NULL: no file */
    int line, column; /* from 1; 0: the file as a whole */
    char *what;       /* never NULL */
    char *hint;       /* what the user can do; may be NULL */
};

struct diag {
    struct diag_entry *entries;
    size_t count, capacity;
    size_t errors; /* entries of level DIAG_ERROR */
    size_t unkept; /* errors beyond DIAG_MAX_KEPT, which have no entry */
};

void diag_init(struct diag *d);
void diag_finish(struct diag *d);

/* Adds an error; `file` may be NULL, `hint` may be NULL. Returns `code`, so that a caller can
 * `return diag_error(d, YJ_EINPUT, path, line, col, hint, fmt, ...)`. `d` may be NULL. */
int diag_error(struct diag *d, int code, const char *file, int line, int column, const char *hint,
               const char *fmt, ...) __attribute__((format(printf, 7, 8)));
void diag_warning(struct diag *d, const char *file, int line, int column, const char *hint,
                  const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* Errors that are kept: a file of millions of mistakes must not take gigabytes to say so. */
#define DIAG_MAX_KEPT 10000
/* Entries that are printed of a list with errors. Warnings alone are all printed: each names a scan
 * that somebody must look for. */
#define DIAG_MAX_PRINTED 200
/* One line an entry, as compilers do: "form.yaml:12:7: error: unknown ... (hint)". Bytes that would
 * steer a terminal are shown, not sent (text_print, textfile.h). */
void diag_print(const struct diag *d, FILE *out);

#endif
