/* sheets.h - pages that were read become sheets, and sheets candidates.
 *
 * A sheet is the pages with one serial number; without one, the pages that follow each other in a
 * scan in the form's order. Its candidate is what the form's candidate field reads for certain.
 * Whatever does not fit (nobody knows the candidate, two sheets for one, a page is missing) makes
 * the sheet wait for a person and is told: never does one of two sheets win in silence. Knows no
 * database and no points. */
#ifndef YJ_ENGINE_SHEETS_H
#define YJ_ENGINE_SHEETS_H

#include "arena.h"
#include "exam.h"
#include "records.h"

enum absent_mark { ABSENT_NOT_MARKED, ABSENT_DOUBTFUL, ABSENT_MARKED };

/* A page with verdict PAGE_READ. Strings are borrowed. */
struct sheet_page {
    int64_t id;
    const char *scan;
    int number, form, form_page;
    const char *serial;    /* "" none */
    const char *batch;     /* "" none */
    const char *candidate; /* NULL: the page has no candidate field */
    enum reading_status candidate_status;
    const char *version; /* NULL: the page has no version field */
    enum reading_status version_status;
    enum absent_mark absent;
    int n_answers, n_blank; /* items of the key on this page (without a key: its choices) */
    bool answered;          /* one of them is marked, or may be */
    uint32_t *answers;      /* numbers in the items' answer books; sheets.c does not look */
    int sheet;              /* set by sheets_resolve */
    int paper;              /* the version of its sheet, of exam->versions; -1: the master's. The
                               same */
};

/* One line of the results: a candidate's sheets, a sheet of nobody known, or a candidate of the
 * roster without a sheet. */
struct sheet_row {
    const char *candidate; /* "" where unread */
    const int *pages;      /* indexes, ascending */
    int n_pages;
    bool pending; /* something about the sheet itself waits for a person */
    bool absent;
};

struct sheet_exception {
    int64_t page; /* id; 0: of no page */
    const char *candidate;
    enum exception_kind kind;
    const char *detail;
};

struct sheets {
    struct sheet_row *rows; /* by candidate, then in the order of their pages */
    int n_rows;
    struct sheet_exception *exceptions; /* in the order of the rows */
    int n_exceptions;
    int *page_order;     /* what the rows' pages point into */
    struct arena memory; /* details */
};

/* `pages` in the order of scan path and page number; n_refused pages beside them could not be read.
 * YJ_ENOMEM. */
int sheets_resolve(const struct exam *exam, struct sheet_page *pages, int n_pages, int n_refused,
                   struct sheets *ret_sheets);
void sheets_finish(struct sheets *sheets);

#endif
