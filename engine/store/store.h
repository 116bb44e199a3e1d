/* store.h - the results database: the only room that knows SQL.
 *
 * One SQLite file (WAL) holds an exam: its definition as texts, scans with content hashes, pages,
 * readings with evidence and crops, sheets, scores, items, exceptions and an audit chain (each row
 * carries the SHA-256 of the row before it). docs/schema.md says every table, column and view. A
 * second backend (PostgreSQL) will stand behind this same header: nothing here names SQLite.
 *
 * One connection is one thread's. A writer holds the database alone: a second one gets YJ_EBUSY
 * with a message naming the other's process. Faults: YJ_EIO (disk full, read-only, broken, newer
 * schema is YJ_EINPUT) with a diag that says what to do. */
#ifndef YJ_ENGINE_STORE_H
#define YJ_ENGINE_STORE_H

#include "exam.h"
#include "records.h"
#include "reliability.h"

struct diag;
struct store;

#define STORE_SCHEMA_VERSION 6

enum store_mode { STORE_READ, STORE_WRITE /* creates or migrates where needed */ };

/* Whether the file is a database at all (EXAM on the command line may be one). Ask before opening
 * it, not while it is open in this process: closing a file lets go of its locks. */
bool store_is_database(const char *path);
int store_open(const char *path, enum store_mode mode, struct store **ret_store, struct diag *d);
void store_close(struct store *store);

int store_begin(struct store *store, struct diag *d);
/* What is read until store_rollback is of one moment, whatever a writer commits meanwhile. */
int store_begin_read(struct store *store, struct diag *d);
int store_commit(struct store *store, struct diag *d);
void store_rollback(struct store *store);

/* Keeps the exam's texts (exam.yaml, forms, key, roster) and settings; audits what changed; the
 * same exam again adds nothing. Once pages were read with a form, its fields (names, order, kinds,
 * pages, options, marks allowed) must stay: YJ_EINPUT, told with the field. Other changes of such a
 * form are warned of, because pages already read keep their readings. */
int store_put_exam(struct store *store, const struct exam *exam, struct diag *d);
/* The exam as it was put, ready for regrade and export. */
int store_get_exam(struct store *store, struct exam **ret_exam, struct diag *d);

/* 1 where a scan of these bytes is already stored, 0 where not, < 0 fault. ret_path (may be NULL)
 * receives its path, valid until the next call. */
int store_has_scan(struct store *store, const uint8_t hash[SCAN_HASH_SIZE], const char **ret_path,
                   struct diag *d);
/* The same, with its id: ids grow from scan to scan. */
int store_find_scan(struct store *store, const uint8_t hash[SCAN_HASH_SIZE], int64_t *ret_id,
                    struct diag *d);
/* The largest id of a scan; 0: there is none. */
int store_last_scan(struct store *store, int64_t *ret_id, struct diag *d);
/* One scan with all its pages, inside begin/commit. `batch` "" for none. Field names come from the
 * exam. An unreadable file is stored too (it is named, once). */
int store_put_scan(struct store *store, const struct exam *exam, const char *batch,
                   const struct scan_record *scan, struct diag *d);

/* From now on an absolute path, too, may mean another file than the last time (a scanner's folder,
 * from which files are taken away): what could not be read is not forgotten for its namesake. */
void store_expect_namesakes(struct store *store, bool expect);
/* The same in pieces, so that a scan of thousands of pages never waits in memory: begin
 * (scan->pages is not looked at), its pages in the order of their numbers, end. Abandon forgets the
 * scan that was begun; the transaction around it and what else it holds stay as they are. A scan of
 * the same path of which nothing could be read is forgotten, and the audit says so; where the path
 * is relative it may have been another folder's file, and an exception keeps its reason. */
int store_begin_scan(struct store *store, const struct exam *exam, const char *batch,
                     const struct scan_record *scan, struct diag *d);
int store_put_page(struct store *store, const struct exam *exam, const struct page_record *page,
                   struct diag *d);
int store_end_scan(struct store *store, struct diag *d);
void store_abandon_scan(struct store *store);
/* The bytes of a stored scan came again under another path: kept once a path and exported as an
 * exception of kind scan_quality, "same bytes as '...'". Inside begin/commit. */
int store_put_duplicate(struct store *store, const uint8_t hash[SCAN_HASH_SIZE], const char *path,
                        struct diag *d);
/* Why the stored scan of these bytes cannot be read at all (the file's problem, or that of its
 * pages where none is readable): 1, with the reason, valid until the next call; 0: it can; < 0
 * fault. */
int store_scan_problem(struct store *store, const uint8_t hash[SCAN_HASH_SIZE],
                       const char **ret_reason, struct diag *d);
/* The content hash of every stored scan, in no order. A negative return of visit ends the walk. */
int store_each_hash(struct store *store,
                    int (*visit)(void *context, const uint8_t hash[SCAN_HASH_SIZE]), void *context,
                    struct diag *d);

/* ---- scan health: alarms are made anew from all that is stored ---- */

/* Every page that was looked at and every one refused, in the order in which they were stored. What
 * `visit` gets is valid during the call; a negative return ends the walk and is returned. */
int store_each_health(struct store *store,
                      int (*visit)(void *context, const struct health_page *page), void *context,
                      struct diag *d);
/* Replaces all alarms, in a transaction the caller has begun: clear, then put. */
int store_clear_alarms(struct store *store, struct diag *d);
int store_put_alarm(struct store *store, const struct health_alarm *alarm, struct diag *d);

/* ---- scoring over what is stored: reads pages and readings, writes sheets and scores ---- */

struct stored_reading {
    int64_t id;
    const char *field, *value;
    enum reading_status status;
    double confidence;
};

struct stored_page {
    int64_t id;
    const char *scan;
    int number, form, form_page;
    enum page_verdict verdict;
    const char *sheet; /* serial from the page's identity, "" none */
    const char *batch; /* of its scan, "" none */
    const struct stored_reading *readings;
    int n_readings;
};

/* Calls `visit` for each page in the order of scan path and page number; what it gets is valid
 * during the call. A negative return of visit ends the walk and is returned. */
int store_each_page(struct store *store,
                    int (*visit)(void *context, const struct stored_page *page), void *context,
                    struct diag *d);

/* The same many times faster, and what scoring takes: readings have field, value and status alone.
 * Comes from what is packed of each page; what is not packed yet is, where the store is being
 * written. */
int store_each_answers(struct store *store,
                       int (*visit)(void *context, const struct stored_page *page), void *context,
                       struct diag *d);

enum score_status { SCORE_SCORED, SCORE_PENDING, SCORE_ABSENT, SCORE_VOID };
const char *score_status_name(enum score_status s);

struct score_row {
    const char *candidate; /* as read or from the roster; "" where unread */
    enum score_status status;
    struct points total, max; /* exported only where the status is scored */
    const struct item_points {
        struct points points;
        bool pending, counts;
    } * items; /* key order */
    int n_items;
    const int64_t *pages; /* ids of the sheet's pages */
    int n_pages;
    const struct section_points {
        struct points points;
        bool pending;
    } * sections; /* in the order of store_put_section */
    int n_sections;
};

struct option_row {
    const char *option;
    int count;
    double share, point_biserial; /* NaN: undefined */
};

struct item_row {
    const char *item;
    int n;
    double max, mean, difficulty, d27, rpb, rpb_rest, alpha_without; /* NaN: undefined */
    int omitted, multiple;
    const struct option_row *options;
    int n_options;
};

struct test_row {
    int n;
    double mean, sd, alpha, sem, min, max, median;
};

/* Replaces all that scoring derives (scores, sections, items, test, derived exceptions) in one
 * transaction the caller has begun: clear, then put, sections before scores. The items are those of
 * the key that store_put_exam put last; where there is none, a score row makes its sheet known and
 * nothing else. Sheets of one candidate are exported in the order in which they were put. */
int store_clear_scores(struct store *store, struct diag *d);
int store_put_section(struct store *store, const char *section, struct points max, struct diag *d);
int store_put_score(struct store *store, const struct score_row *row, struct diag *d);
int store_put_item(struct store *store, const struct item_row *row, struct diag *d);
int store_put_test(struct store *store, const struct test_row *row, struct diag *d);
/* What is counted of the scores beyond that (schema_5.sql), replaced as scores are: clear, then a
 * row at a time. values[]: a column each in the table's order, without `position`; a real that is
 * not finite is stored as NULL. */
enum store_statistic {
    STATISTIC_TEST,
    STATISTIC_STANDING,
    STATISTIC_ITEM_MODEL,
    STATISTIC_FIFTHS, /* with its position */
    STATISTIC_GROUP,
    STATISTIC_DIF,
    STATISTIC_PAIR,
    STATISTIC_FINDING,
};
struct store_value {
    const char *text; /* one of the three, as the column is */
    int64_t integer;
    double real;
};
int store_clear_statistics(struct store *store, struct diag *d);
int store_put_statistic(struct store *store, enum store_statistic what,
                        const struct store_value *values, struct diag *d);
/* An exception that scoring found (unknown candidate, duplicate, missing page, absent). page_id 0:
 * of no page. */
int store_put_exception(struct store *store, int64_t page_id, const char *candidate,
                        enum exception_kind kind, const char *detail, struct diag *d);
/* Whether scores, items, statistics and derived exceptions follow from all that is stored: 1; 0
 * where pages were read or the exam changed since, because a run is under way or died before its
 * end; < 0 fault. What scores again audits "grade", "regrade" or "review" in the same transaction.
 */
int store_scores_current(struct store *store, struct diag *d);
/* What was done, by whom (user name), when: action "grade", "regrade", ... */
int store_audit(struct store *store, const char *action, const char *detail, struct diag *d);

/* Whose score became another; "" where there was none, or is none. Borrowed. */
struct store_change {
    const char *candidate, *before, *after;
};
/* The same, with the scores that changed: they are kept (TABLE_CHANGES), and the detail ends with
 * their hash, so that the chain covers them. */
int store_audit_changes(struct store *store, const char *action, const char *detail,
                        const struct store_change *changes, size_t n, struct diag *d);

/* ---- what people decide ---- */

/* A reading as a person gets to see it. Strings are borrowed. */
struct stored_doubt {
    int64_t id; /* as stored_reading.id */
    const char *scan;
    int page;
    const char *candidate; /* "" unknown */
    int form, field;       /* of the exam, of the form; form -1: it is part of the exam no more */
    const char *value;
    enum reading_status status;
    double confidence;
    bool reviewed;        /* a person has set it */
    const char *evidence; /* JSON, "" none */
    int n_entries;        /* of a decision that waits for another person */
    bool entries_differ;
    const char *entered_by; /* names with "; " between, "" none */
    struct crop crop;       /* deflated NULL: none, or not asked for */
};

typedef int (*store_visit_doubt)(void *context, const struct stored_doubt *doubt);

/* Every reading that is uncertain, has several marks or waits for another person's entry, and every
 * region whose points the key asks for and nobody has given, in the order of scan path, page number
 * and form. What `visit` gets is valid during the call; a negative return ends the walk and is
 * returned. */
int store_each_doubt(struct store *store, bool with_crops, store_visit_doubt visit, void *context,
                     struct diag *d);
/* One reading, whatever its status, with its crop: 1; 0 where there is none of this id; < 0. */
int store_visit_reading(struct store *store, int64_t id, store_visit_doubt visit, void *context,
                        struct diag *d);

/* "p12f5": an id as people type it, which no spreadsheet takes for a number or a date. */
#define STORE_ID_TEXT_MAX 32
void store_print_id(int64_t id, char text[STORE_ID_TEXT_MAX]);
/* YJ_EINPUT: no id. */
int store_parse_id(const char *text, int64_t *ret_id);

struct store_decision {
    int64_t id;
    const char *value;          /* possible for the field: the caller has seen to it */
    enum reading_status status; /* ok, blank or multiple */
    const char *by, *why;       /* never NULL */
    const char *group;          /* decided as part of it; "" none */
};

/* Inside begin/commit. Sets the reading (source review, confidence 1), settles its exceptions,
 * forgets its entries, and audits "review" with what was there before. Scores are the caller's to
 * make anew in the same transaction. */
int store_decide(struct store *store, const struct store_decision *decision, struct diag *d);
/* Keeps what one person entered, in place of what the same person entered before, and audits
 * "entry"; the reading stays as it is. */
int store_enter_decision(struct store *store, const struct store_decision *decision,
                         struct diag *d);
/* How many others have entered the same for this reading, and how many something else. */
int store_count_entries(struct store *store, const struct store_decision *decision, int *ret_same,
                        int *ret_other, struct diag *d);

/* ---- one candidate's score, for explaining it ---- */

struct stored_answer {
    int64_t id; /* as stored_reading.id */
    const char *field, *value;
    enum reading_status status;
    double confidence;
    bool reviewed; /* a person has set it */
    const char *scan;
    int page; /* of the scan, from 1 */
    int form; /* of the exam; -1: part of it no more */
};

struct stored_score {
    const char *candidate, *name, *class_name, *school;
    enum score_status status;
    struct points total, max;
    const struct item_points *items; /* [n_items] key order */
    int n_items;
    const struct section_points *sections; /* [n_sections] */
    int n_sections;
    const struct stored_answer *answers; /* of all its pages, in the order of page and form */
    int n_answers;
    const char *const *exceptions; /* what was told of its pages and of the candidate */
    int n_exceptions;
};

/* Every score of a candidate: one, or several where sheets are in doubt. What `visit` gets is valid
 * during the call; a negative return ends the walk and is returned. Returns how many. */
int store_visit_scores(struct store *store, const char *candidate,
                       int (*visit)(void *context, const struct stored_score *score), void *context,
                       struct diag *d);

/* ---- tables for export: columns and rows as text, in a fixed order ---- */

enum store_table {
    TABLE_SCORES,
    TABLE_READINGS,
    TABLE_ITEMS,
    TABLE_EXCEPTIONS,
    TABLE_AUDIT,
    TABLE_DISTRIBUTION, /* one row a score: score, count, cumulative, share */
    TABLE_RELIABILITY,  /* one row a batch: what goes to a person, what to expect of the rest */
    TABLE_HEALTH,       /* one row a page: how the scanner did */
    TABLE_ALARMS,       /* what came in a run of pages */
    TABLE_STATISTICS,   /* the test: one row a figure */
    TABLE_STANDINGS,    /* rank, scaled score and ability of each scored candidate */
    TABLE_MODELS,       /* items by the item response model */
    TABLE_FIFTHS,       /* options and items by fifth of the candidates */
    TABLE_GROUPS,       /* classes, schools, rooms, batches */
    TABLE_DIF,          /* items between groups */
    TABLE_PAIRS,        /* candidates whose answers agree too well */
    TABLE_FINDINGS,     /* what somebody should look at */
    TABLE_CHANGES,      /* scores that a regrade or a decision changed */
    TABLE_TOTALS,       /* scores up to `status`, without sections and items: many times faster */
};

struct store_cell {
    const char *text; /* never NULL; "" is empty */
    bool numeric;     /* text is a JSON number, or "" where there is none */
};

struct store_rows;
/* Column names and row width are known once open. All rows are of the moment of opening; no
 * transaction may be begun on this store until they are closed. */
int store_rows_open(struct store *store, enum store_table table, struct store_rows **ret_rows,
                    struct diag *d);
int store_rows_columns(const struct store_rows *rows);
const char *store_rows_column_name(const struct store_rows *rows, int column);
/* 1: cells[] filled, valid until the next call; 0: end; < 0 fault. */
int store_rows_next(struct store_rows *rows, struct store_cell *cells, struct diag *d);
void store_rows_close(struct store_rows *rows);

/* ---- pictures that are no longer needed ---- */

struct store_purge {
    const char *before;  /* "2026-09-01": crops of scans that were stored before this day, UTC */
    const int64_t *keep; /* [n_keep] ids of readings whose crops stay, ascending */
    size_t n_keep;
};
struct store_purge_counts {
    int64_t all;           /* crops there are */
    int64_t images, bytes; /* to go, or gone */
    int64_t kept;          /* of that time, and kept */
};
/* What store_purge would do. */
int store_count_purge(struct store *store, const struct store_purge *purge,
                      struct store_purge_counts *ret, struct diag *d);
/* Deletes them and tells the audit, in a transaction of its own: all or none. Their bytes are out
 * of the file once store_shrink has ended well. */
int store_purge(struct store *store, const struct store_purge *purge,
                struct store_purge_counts *ret, struct diag *d);
/* Empties the log and rewrites the file without what was deleted. YJ_EBUSY: somebody reads. */
int store_shrink(struct store *store, struct diag *d);
/* The path of every scan that was stored before a day and is one. `visit` as in store_each_doubt.
 */
int store_each_scan_before(struct store *store, const char *before,
                           int (*visit)(void *context, const char *path), void *context,
                           struct diag *d);

/* ---- counts and checks ---- */

struct store_counts {
    int scans, unreadable, pages, pages_read, pages_refused;
    int pages_in; /* pages that the scans have; `pages` are those stored */
    int readings, uncertain, multiple, blank;
    int candidates, scored, pending, absent, voided, exceptions;
    struct roster_counts roster;
};
int store_count(struct store *store, struct store_counts *ret, struct diag *d);
/* Candidates, scores and exceptions alone, which need no look at every reading. */
int store_count_scores(struct store *store, struct store_counts *ret, struct diag *d);
/* Of all batches. What a person has looked at (source review) counts as gone to a person. */
int store_count_marks(struct store *store, struct mark_counts *ret, struct diag *d);
/* Integrity: SQLite's own check, pages in = pages stored, every reading's page exists, crops
 * inflate, audit chain whole. Each fault is a diag error; 0 or YJ_EDATA. */
int store_check(struct store *store, struct diag *d);

#endif
