/* store_internal.h - what the files of the store share: the connection, its cached statements, and
 * small ways to run one. Nobody but store*.c includes it. */
#ifndef YJ_ENGINE_STORE_INTERNAL_H
#define YJ_ENGINE_STORE_INTERNAL_H

#include "arena.h"
#include "store.h"
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

/* A statement text of the source, looked up by its address. */
struct cached_statement {
    const char *sql;
    sqlite3_stmt *stmt;
};

/* Ids in the database of one form of the exam in force. */
struct form_ids {
    int64_t form;
    int64_t *fields; /* form order */
    int n_fields;
};

struct store {
    sqlite3 *db;
    char *path;
    enum store_mode mode;
    int lock_fd;     /* -1: none */
    char *lock_path; /* NULL: none */

    bool doomed;         /* a rollback failed (no memory): nothing may be committed any more */
    struct seals *seals; /* store_seal.h; NULL: a reader */

    struct cached_statement *statements;
    int n_statements, statements_capacity;

    struct form_ids *forms; /* position in the exam; NULL: not loaded */
    int n_forms;

    int64_t scan;           /* begun and not ended; 0 none */
    bool expects_namesakes; /* store_expect_namesakes */
    int scan_announced;     /* pages it said it has */
    int scan_put;           /* pages put so far */
    int n_items;            /* items the scores are for; -1: not asked yet */
    char *answer;           /* text that was last handed out */
    struct arena arena;     /* one page's readings, for store_each_page */
};

/* Longest "2026-11-23T22:02:11Z" with its zero. */
#define STORE_TIME_MAX 24
#define STORE_HASH_TEXT_MAX (2 * SCAN_HASH_SIZE + 1)

/* ---- store_sql.c ---- */

/* Tells what SQLite answered and what to do about it; the yj_error to return. */
int store_fault(struct store *store, int rc, struct diag *d);
/* The statement of `sql`, which must be a literal: prepared once, handed out reset. */
int store_statement(struct store *store, const char *sql, sqlite3_stmt **ret_stmt, struct diag *d);
/* Runs to its end a statement that answers nothing. */
int store_step_done(struct store *store, sqlite3_stmt *stmt, struct diag *d);
/* Binds by letters: i int64_t, t text (NULL: NULL), d double (NaN: NULL). Runs it. */
int store_run(struct store *store, struct diag *d, const char *sql, const char *types, ...);
/* The first column of the first row as a number; *ret_found (may be NULL) says if there is one. */
int store_ask(struct store *store, struct diag *d, int64_t *ret_number, bool *ret_found,
              const char *sql, const char *types, ...);
/* Statements without arguments, one after the other, not cached. */
int store_exec(struct store *store, const char *sql, struct diag *d);
void store_drop_statements(struct store *store);
/* "" for NULL. */
const char *store_text(sqlite3_stmt *stmt, int column);
/* A place counted from `first` as an index from 0; -1: NULL, or a place that no list has. */
int store_index(sqlite3_stmt *stmt, int column, int first);
/* The points that two columns hold. False: none that a yuejuan writes, the database is damaged. */
bool store_points(sqlite3_stmt *stmt, int column, struct points *ret);
/* The first column of the first row as text into store->answer: 1; 0 no row; < 0 fault. */
int store_ask_text(struct store *store, struct diag *d, const char *sql, const char *argument);

/* A transaction of its own where the caller has begun none. */
int store_enter(struct store *store, bool *ret_own, struct diag *d);
/* Ends it: commits where rc is 0, else rolls back. Returns rc, or what the commit says. */
int store_leave(struct store *store, bool own, int rc, struct diag *d);

/* ---- store_lock.c: one writer ---- */

int store_lock_acquire(const char *db_path, int *ret_fd, char **ret_path, struct diag *d);
void store_lock_release(int fd, char *path);

/* ---- store_audit.c ---- */

void store_now(char time[STORE_TIME_MAX]);
/* Name of the user the process works for, never NULL. */
void store_user(char *name, size_t size);
void store_hex(const uint8_t hash[SCAN_HASH_SIZE], char text[STORE_HASH_TEXT_MAX]);
int store_sha256(const void *bytes, size_t size, char text[STORE_HASH_TEXT_MAX]);
/* Walks the chain: YJ_EDATA with an entry for each break. */
int store_audit_check(struct store *store, struct diag *d);

/* ---- store_changes.c ---- */

/* Whether the changes of an audit row are those that its detail vouches for: YJ_EDATA, told. */
int store_check_changes(struct store *store, int64_t seq, const char *detail, struct diag *d);

/* ---- store_health.c ---- */

/* Nothing where the page was not looked at. */
int store_put_health(struct store *store, int64_t page_id, const struct page_health *health,
                     struct diag *d);

/* ---- store_scans.c ---- */

/* Every page in the order of scan path and page number, and the page that it stands on: all but its
 * readings, borrowed until the next step. */
int store_page_statement(struct store *store, sqlite3_stmt **ret_stmt, struct diag *d);
struct stored_page store_page_at(sqlite3_stmt *stmt);

/* ---- store_exam.c ---- */

/* The version of the exam in force, 0 where none was put. */
int store_exam_version(struct store *store, int64_t *ret_version, struct diag *d);

/* ---- store_marks.c ---- */

/* batch, then what store_mark_counts takes from a row. */
extern const char store_marks_by_batch[];
struct mark_counts store_mark_counts(sqlite3_stmt *stmt);

/* ---- store_forms.c ---- */

/* YJ_EINPUT where forms share a name, or where pages were read with fields that are no more. */
int store_check_forms(struct store *store, const struct exam *exam, struct diag *d);
/* Makes the database's forms those of the exam. */
int store_put_forms(struct store *store, const struct exam *exam, struct diag *d);
/* Fills store->forms from the database where it is not yet. */
int store_load_forms(struct store *store, struct diag *d);
void store_forget_forms(struct store *store);

#endif
