/* store_fixture.h - an exam, page records and a database of their own for the tests of the store.
 *
 * The exam: a form of one page with fields number (4 digits), q1 to q4 (ABCD, q4 multiple), essay
 * (region); a key in two sections; a roster of three with names that CSV must quote. */
#ifndef YJ_TESTS_STORE_FIXTURE_H
#define YJ_TESTS_STORE_FIXTURE_H

#include "diag.h"
#include "exam.h"
#include "store.h"

#define FIXTURE_FIELDS 6

extern const char fixture_form[], fixture_key[], fixture_roster[];

/* A folder of its own, removed with all in it by fixture_remove. */
char *fixture_folder(void);
void fixture_remove(char *folder);
/* The caller's to free. */
char *fixture_path(const char *folder, const char *name);

/* From texts; key and roster may be NULL. */
struct exam *fixture_exam(const char *form, const char *key, const char *roster);
struct store *fixture_open(const char *path, enum store_mode mode);

/* A page that was read: candidate's number and a value for each of q1 to q4. */
struct fixture_page {
    struct page_record record;
    struct reading readings[FIXTURE_FIELDS];
    struct exception exceptions[4];
    struct page_record *pointer;
};
void fixture_page_init(struct fixture_page *page, const char *number, const char *const answers[4]);
/* A page that was refused. */
void fixture_page_refuse(struct fixture_page *page, enum page_verdict verdict,
                         enum exception_kind kind, const char *detail);
/* A scan of that one page; its hash comes from the path. */
struct scan_record fixture_scan(const char *path, struct fixture_page *page);
/* Puts and commits it. */
void fixture_put(struct store *store, const struct exam *exam, const char *path,
                 struct fixture_page *page);

/* The database of one small batch, scored by hand: three scans that were read (one uncertain, one
 * duplicate), one refused, one unreadable. */
void fixture_fill(struct store *store, const struct exam *exam, bool reversed);

/* The whole of a diagnostic as text; the caller's to free. */
char *fixture_told(const struct diag *d);
/* Runs SQL on the file behind the store's back. */
void fixture_sql(const char *path, const char *sql);
int fixture_number(const char *path, const char *sql);

#endif
