/* A results database that somebody or something damaged, and all that reads it: verify, regrade,
 * export, explain, review, annotate.
 *
 * The first byte: 1 loose tables (fuzz_store.h), 2 pictures are drawn over a page, too. Then
 * changes one after the other: which table, column and row (a byte each, modulo how many there
 * are), which kind, and its value; a text or blob has a byte for its length before it. */
#include "annotate.h"
#include "batch_alarms.h"
#include "diag.h"
#include "explain.h"
#include "export.h"
#include "fuzz.h"
#include "fuzz_store.h"
#include "health_runs.h"
#include "rescore.h"
#include "review.h"
#include "review_doubt.h"
#include "store_sheets.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOSE = 1, DRAW = 2, CHANGES_MAX = 8, ROWS = 16 };

/* ---- changes ---- */

struct input {
    const uint8_t *at, *end;
};

static int next_byte(struct input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

static int64_t next_integer(struct input *in)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | (uint64_t)next_byte(in);
    return (int64_t)value;
}

/* A byte for the length, then so many, as far as they go. */
static const uint8_t *next_bytes(struct input *in, int *ret_n)
{
    static const uint8_t none[1];
    int n = next_byte(in), left = (int)(in->end - in->at);
    const uint8_t *bytes = n > 0 && left > 0 ? in->at : none;
    *ret_n = n < left ? n : left;
    in->at += *ret_n;
    return bytes;
}

enum change { NOTHING, SMALL, INTEGER, REAL, TEXT, BLOB, GONE, DOUBLED, SQL, PATCH, CHANGES };

static void bind_value(sqlite3_stmt *stmt, enum change change, struct input *in)
{
    int64_t integer;
    double real;
    const uint8_t *bytes;
    int n;
    switch (change) {
    case SMALL:
        sqlite3_bind_int(stmt, 1, (int8_t)next_byte(in));
        break;
    case INTEGER:
        sqlite3_bind_int64(stmt, 1, next_integer(in));
        break;
    case REAL:
        integer = next_integer(in);
        memcpy(&real, &integer, sizeof real);
        sqlite3_bind_double(stmt, 1, real);
        break;
    case TEXT:
        bytes = next_bytes(in, &n);
        sqlite3_bind_text(stmt, 1, (const char *)bytes, n, SQLITE_STATIC);
        break;
    case BLOB:
        bytes = next_bytes(in, &n);
        sqlite3_bind_blob(stmt, 1, bytes, n, SQLITE_STATIC);
        break;
    default:
        break;
    }
}

/* The nth of a query's first column, modulo how many there are; NULL: none. The caller frees. */
static char *pick(sqlite3 *db, const char *sql, const char *argument, int n)
{
    sqlite3_stmt *stmt;
    char *text = NULL;
    int count = 0;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return NULL;
    if (argument)
        sqlite3_bind_text(stmt, 1, argument, -1, SQLITE_STATIC);
    while (sqlite3_step(stmt) == SQLITE_ROW)
        count++;
    sqlite3_reset(stmt);
    for (int i = 0; count > 0 && i <= n % count; i++)
        sqlite3_step(stmt);
    if (count > 0)
        text = strdup((const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    return text;
}

/* "(a, b)" of a table's key, or "rowid". */
static char *key_of(sqlite3 *db, const char *table)
{
    static const char sql[] = "SELECT CASE WHEN COUNT(*) = 0 THEN 'rowid' ELSE "
                              "'(' || group_concat('\"' || name || '\"') || ')' END "
                              "FROM pragma_table_info(?1) WHERE pk > 0";
    return pick(db, sql, table, 0);
}

static void run_change(sqlite3 *db, const char *table, const char *column, int row,
                       enum change change, struct input *in)
{
    char *key = key_of(db, table), *sql = NULL;
    sqlite3_stmt *stmt = NULL;
    const char *one = key && key[0] == '(' ? key + 1 : key; /* without brackets, to select it */
    int length = key ? (int)strlen(one) - (key[0] == '(') : 0;
    if (!key)
        return;
    if (change == GONE)
        sql = sqlite3_mprintf("DELETE FROM \"%w\" WHERE %s IN (SELECT %.*s FROM \"%w\" LIMIT 1 "
                              "OFFSET %d)",
                              table, key, length, one, table, row);
    else if (change == DOUBLED)
        sql = sqlite3_mprintf("INSERT INTO \"%w\" SELECT * FROM \"%w\" LIMIT 3 OFFSET %d", table,
                              table, row);
    else
        sql = sqlite3_mprintf("UPDATE \"%w\" SET \"%w\" = ?1 WHERE %s IN (SELECT %.*s FROM \"%w\" "
                              "LIMIT 1 OFFSET %d)",
                              table, column, key, length, one, table, row);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK) {
        if (sqlite3_bind_parameter_count(stmt) > 0)
            bind_value(stmt, change, in);
        sqlite3_step(stmt);
    }
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    free(key);
}

/* Not statements that would leave the file, or never end. */
static int authorize(void *context, int action, const char *a, const char *b, const char *c,
                     const char *d)
{
    bool bad = action == SQLITE_ATTACH || action == SQLITE_DETACH || action == SQLITE_RECURSIVE ||
               (action == SQLITE_PRAGMA && a && strcmp(a, "writable_schema") != 0 &&
                strcmp(a, "user_version") != 0 && strcmp(a, "table_info") != 0);
    return bad ? SQLITE_DENY : SQLITE_OK;
}

static void change_one(sqlite3 *db, struct input *in)
{
    int table_n = next_byte(in), column_n = next_byte(in), row = next_byte(in) % ROWS;
    enum change change = (enum change)(next_byte(in) % CHANGES);
    if (change == SQL) {
        int n;
        const uint8_t *bytes = next_bytes(in, &n);
        char *sql = strndup((const char *)bytes, (size_t)n);
        sqlite3_exec(db, sql, NULL, NULL, NULL);
        free(sql);
        return;
    }
    char *table = pick(db,
                       "SELECT name FROM sqlite_schema WHERE type = 'table' AND "
                       "name NOT LIKE 'sqlite%' ORDER BY name",
                       NULL, table_n);
    char *column =
        table ? pick(db, "SELECT name FROM pragma_table_info(?1) ORDER BY cid", table, column_n)
              : NULL;
    if (column)
        run_change(db, table, column, row, change, in);
    free(column);
    free(table);
}

/* Bytes of the file itself. */
static void patch_file(const char *path, struct input *in)
{
    int n, at = next_byte(in) << 16;
    at |= next_byte(in) << 8;
    at |= next_byte(in);
    const uint8_t *bytes = next_bytes(in, &n);
    FILE *file = fopen(path, "r+b");
    if (!file)
        abort();
    if (fseek(file, at, SEEK_SET) == 0)
        fwrite(bytes, 1, (size_t)n, file);
    fclose(file);
}

static void change_database(const char *path, struct input *in)
{
    sqlite3 *db;
    if (sqlite3_open(path, &db) != SQLITE_OK)
        abort();
    sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
    sqlite3_exec(db,
                 "PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; "
                 "PRAGMA ignore_check_constraints = ON; PRAGMA writable_schema = ON; BEGIN",
                 NULL, NULL, NULL);
    sqlite3_set_authorizer(db, authorize, NULL);
    bool patch = false;
    for (int i = 0; i < CHANGES_MAX && in->at < in->end && !patch; i++) {
        patch = in->end - in->at > 3 && in->at[3] % CHANGES == PATCH;
        if (!patch)
            change_one(db, in);
    }
    sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(db);
    if (patch) {
        in->at += 4;
        patch_file(path, in);
    }
}

/* ---- all that reads it ---- */

static int see_page(void *context, const struct stored_page *page)
{
    size_t *sum = context;
    for (int i = 0; i < page->n_readings; i++)
        *sum += strlen(page->readings[i].field) + strlen(page->readings[i].value) +
                (size_t)page->readings[i].status;
    return 0;
}

static int see_health(void *context, const struct health_page *page)
{
    return health_runs_add(context, page);
}

static void read_health(struct store *store, struct diag *d)
{
    const struct health_alarm *alarms;
    struct health_runs *runs = NULL;
    int n;
    if (health_runs_create(&runs) < 0)
        abort();
    if (store_each_health(store, see_health, runs, d) >= 0)
        health_runs_end(runs, &alarms, &n);
    health_runs_destroy(runs);
}

static void read_tables(struct store *store, FILE *nowhere, struct diag *d)
{
    for (int table = TABLE_SCORES; table <= TABLE_TOTALS; table++)
        export_table(store, (enum store_table)table, table % 2 ? EXPORT_JSON : EXPORT_CSV, nowhere,
                     "out", d);
}

static int see_explanation(void *context, const struct explanation *explanation)
{
    char text[POINTS_TEXT_MAX];
    for (int i = 0; i < explanation->n_items; i++)
        points_print(explanation->items[i].score.points, text);
    for (int i = 0; i < explanation->score->n_items; i++)
        points_print(explanation->score->items[i].points, text);
    points_print(explanation->score->total, text);
    points_print(explanation->total.points, text);
    return 0;
}

static void read_reviews(struct store *store, const struct exam *exam, struct diag *d)
{
    const struct review_filter filter = {.all = true, .crops = true};
    struct review_list list = {0};
    char text[500];
    if (review_list_load(&list, store, exam, &filter, d) == 0) {
        for (int i = 0; i < list.n; i++) {
            describe_doubt(&list.items[i], exam->min_confidence, text, sizeof text);
            describe_cells(&list.items[i], text, sizeof text);
        }
        review_list_group(&list, d);
    }
    review_list_finish(&list);
}

struct drawing {
    const struct exam *exam;
    struct image page;
    const char *path;
    struct diag *d;
};

static int draw_page(void *context, const struct sheet_page *page)
{
    struct drawing *drawing = context;
    if (page->form < 0 || page->form >= drawing->exam->n_forms)
        return 0;
    return annotate_page(drawing->exam, page, &drawing->page, drawing->path, drawing->d);
}

static void read_sheets(struct store *store, const struct exam *exam, struct diag *d)
{
    struct drawing drawing = {.exam = exam, .path = fuzz_file("page.png", "", 0), .d = d};
    image_init(&drawing.page);
    if (image_resize(&drawing.page, 210, 297) < 0)
        abort();
    memset(drawing.page.data, 255, drawing.page.stride * (size_t)drawing.page.height);
    store_each_sheet_page(store, NULL, draw_page, &drawing, d);
    image_finish(&drawing.page);
}

static void read_all(const char *path, bool draw, FILE *nowhere, struct diag *d)
{
    static const char *const candidates[] = {"07", "08", "10", ""};
    struct store *store = NULL;
    struct exam *exam = NULL;
    struct store_counts counts;
    struct mark_counts marks;
    size_t sum = 0;
    int n;
    if (store_open(path, STORE_READ, &store, d) < 0)
        return;
    store_check(store, d);
    store_count(store, &counts, d);
    store_count_marks(store, &marks, d);
    store_each_page(store, see_page, &sum, d);
    store_each_answers(store, see_page, &sum, d);
    read_health(store, d);
    read_tables(store, nowhere, d);
    if (store_get_exam(store, &exam, d) == 0) {
        rescore_verify(store, exam, &n, d);
        for (size_t i = 0; i < sizeof candidates / sizeof *candidates; i++)
            explain_candidate(store, exam, candidates[i], see_explanation, NULL, d);
        read_reviews(store, exam, d);
        if (draw)
            read_sheets(store, exam, d);
        exam_destroy(exam);
    }
    store_close(store);
}

/* What regrade and review do, taken back at the end. */
static void write_all(const char *path, struct diag *d)
{
    const struct review_decision decisions[] = {{"p2f9", "3.5", "", false, 0},
                                                {"p4f1", "09", "why", false, 0}};
    const struct review_orders orders = {decisions, 2, "x", "", NULL, false};
    struct review_outcome outcome;
    struct store *store = NULL;
    struct exam *exam = NULL;
    if (store_open(path, STORE_WRITE, &store, d) < 0)
        return;
    if (store_get_exam(store, &exam, d) == 0 && store_begin(store, d) == 0) {
        store_put_exam(store, exam, d);
        review_decide(store, exam, &orders, &outcome, d);
        rescore_within(store, exam, false, d);
        batch_alarms_make(store, d);
        store_rollback(store);
    }
    exam_destroy(exam);
    store_close(store);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *nowhere;
    struct input in = {data, data + size};
    int first = next_byte(&in);
    const char *path = fuzz_store_file("changed.db", first & LOOSE);
    struct diag d;
    if (!nowhere && !(nowhere = fopen("/dev/null", "w")))
        abort();
    change_database(path, &in);
    diag_init(&d);
    read_all(path, first & DRAW, nowhere, &d);
    write_all(path, &d);
    diag_finish(&d);
    return 0;
}
