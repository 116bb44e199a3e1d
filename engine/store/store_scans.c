/* store_scans.c - what was seen: scans, pages, readings, crops, and what was wrong with them. */
#include "store_internal.h"

#include "diag.h"
#include "i18n.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int store_has_scan(struct store *store, const uint8_t hash[SCAN_HASH_SIZE], const char **ret_path,
                   struct diag *d)
{
    char text[STORE_HASH_TEXT_MAX];

    store_hex(hash, text);
    int rc = store_ask_text(store, d, "SELECT path FROM scans WHERE hash = ?", text);
    if (rc == 1 && ret_path != NULL)
        *ret_path = store->answer;
    return rc;
}

int store_find_scan(struct store *store, const uint8_t hash[SCAN_HASH_SIZE], int64_t *ret_id,
                    struct diag *d)
{
    char text[STORE_HASH_TEXT_MAX];
    bool found = false;

    store_hex(hash, text);
    int rc = store_ask(store, d, ret_id, &found, "SELECT id FROM scans WHERE hash = ?", "t", text);
    return rc < 0 ? rc : found;
}

int store_last_scan(struct store *store, int64_t *ret_id, struct diag *d)
{
    return store_ask(store, d, ret_id, NULL, "SELECT COALESCE(MAX(id), 0) FROM scans", "");
}

int store_scan_problem(struct store *store, const uint8_t hash[SCAN_HASH_SIZE],
                       const char **ret_reason, struct diag *d)
{
    char text[STORE_HASH_TEXT_MAX];

    store_hex(hash, text);
    int rc = store_ask_text(
        store, d,
        "SELECT COALESCE(s.problem, (SELECT e.detail FROM pages p JOIN exceptions e"
        "    ON e.page_id = p.id AND e.derived = 0 WHERE p.scan_id = s.id"
        "    ORDER BY p.number, e.id LIMIT 1), '') FROM scans s WHERE s.hash = ?1 "
        "AND (s.problem IS NOT NULL OR s.pages > 0 AND NOT EXISTS"
        "    (SELECT 1 FROM pages p WHERE p.scan_id = s.id AND p.verdict <> 'unreadable'))",
        text);
    if (rc == 1 && ret_reason != NULL)
        *ret_reason = store->answer;
    return rc;
}

/* ---- one page ---- */

static int hex_digit(char c)
{
    return c <= '9' ? c - '0' : c - 'a' + 10;
}

/* Longest "-1.2345678901234567e-308" and what stands beside it, nine times. */
#define TRANSFORM_TEXT_MAX (9 * 28)

/* By SQLite's printf: a point is a point in every locale. */
static void print_transform(const struct page_record *page, char text[TRANSFORM_TEXT_MAX])
{
    size_t at = 0;

    for (int i = 0; i < 9; i++) {
        sqlite3_snprintf((int)(TRANSFORM_TEXT_MAX - at), text + at, "%c%!.17g%s",
                         i == 0 ? '[' : ',', page->transform.m[i], i == 8 ? "]" : "");
        at += strlen(text + at);
    }
}

static double sum(const double *values, int n)
{
    double total = 0;

    for (int i = 0; i < n; i++)
        total += values[i];
    return total;
}

static void bind_known(sqlite3_stmt *stmt, int column, bool known, double value)
{
    if (known)
        sqlite3_bind_double(stmt, column, value);
    else
        sqlite3_bind_null(stmt, column);
}

/* What registration measured; all of it NULL where no form was laid on the page. `transform` is its
 * text, borrowed until the statement has run. */
static void bind_registration(sqlite3_stmt *stmt, const struct page_record *page,
                              const char *transform)
{
    const struct page_quality *q = &page->quality;
    bool known = page->form >= 0;

    sqlite3_bind_text(stmt, 8, known ? transform : NULL, -1, SQLITE_STATIC);
    bind_known(stmt, 9, known, page->residual);
    bind_known(stmt, 10, known, page->fit);
    bind_known(stmt, 11, known, q->dpi);
    bind_known(stmt, 12, known, q->skew);
    bind_known(stmt, 13, known, q->contrast);
    bind_known(stmt, 14, known, q->paper);
    bind_known(stmt, 15, known, q->sharpness);
}

static int insert_page(struct store *store, const struct page_record *page,
                       const struct form_ids *form, int64_t *ret_id, struct diag *d)
{
    char transform[TRANSFORM_TEXT_MAX];
    sqlite3_stmt *stmt;
    int rc = store_statement(
        store,
        "INSERT INTO pages (scan_id, number, verdict, form_id, form_page, width, height, transform,"
        " residual, fit, dpi, skew, contrast, paper, sharpness, serial, cpu_ms)"
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_clear_bindings(stmt);
    sqlite3_bind_int64(stmt, 1, store->scan);
    sqlite3_bind_int(stmt, 2, page->number);
    sqlite3_bind_text(stmt, 3, page_verdict_name(page->verdict), -1, SQLITE_STATIC);
    if (form != NULL)
        sqlite3_bind_int64(stmt, 4, form->form);
    if (form != NULL && page->form_page >= 0)
        sqlite3_bind_int(stmt, 5, page->form_page + 1);
    sqlite3_bind_int(stmt, 6, page->width);
    sqlite3_bind_int(stmt, 7, page->height);
    print_transform(page, transform);
    bind_registration(stmt, page, transform);
    sqlite3_bind_text(stmt, 16, page->sheet, -1, SQLITE_STATIC);
    sqlite3_bind_double(stmt, 17, sum(page->cpu_ms, STAGES));
    rc = store_step_done(store, stmt, d);
    sqlite3_clear_bindings(stmt);
    *ret_id = sqlite3_last_insert_rowid(store->db);
    return rc;
}

/* Readings that one statement inserts at most: starting a statement costs as much as the row
 * itself. One of each length, so that what is left over at the end of a page is one more. */
#define READINGS_AT_ONCE 10
#define READING_COLUMNS 6
#define INSERT                                                                                     \
    "INSERT INTO readings (page_id, field_id, value, status, confidence, evidence) VALUES "
#define ROW "(?, ?, ?, ?, ?, ?)"
#define AND_ROW ", " ROW
#define AND_2 AND_ROW AND_ROW
#define AND_4 AND_2 AND_2

static const char *const insert_readings_of[READINGS_AT_ONCE] = {
    INSERT ROW,
    INSERT ROW AND_ROW,
    INSERT ROW AND_2,
    INSERT ROW AND_2 AND_ROW,
    INSERT ROW AND_4,
    INSERT ROW AND_4 AND_ROW,
    INSERT ROW AND_4 AND_2,
    INSERT ROW AND_4 AND_2 AND_ROW,
    INSERT ROW AND_4 AND_4,
    INSERT ROW AND_4 AND_4 AND_ROW,
};

static void bind_reading(sqlite3_stmt *stmt, int row, int64_t page_id, int64_t field,
                         const struct reading *reading)
{
    int at = row * READING_COLUMNS;

    sqlite3_bind_int64(stmt, at + 1, page_id);
    sqlite3_bind_int64(stmt, at + 2, field);
    sqlite3_bind_text(stmt, at + 3, reading->value, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, at + 4, reading_status_name(reading->status), -1, SQLITE_STATIC);
    sqlite3_bind_double(stmt, at + 5, reading->confidence);
    if (reading->evidence != NULL && reading->evidence[0] != '\0')
        sqlite3_bind_text(stmt, at + 6, reading->evidence, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(stmt, at + 6);
}

static int insert_some_readings(struct store *store, int64_t page_id,
                                const struct page_record *page, int first, int n,
                                const struct form_ids *form, struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc = store_statement(store, insert_readings_of[n - 1], &stmt, d);

    if (rc < 0)
        return rc;
    for (int i = 0; i < n; i++) {
        const struct reading *reading = &page->readings[first + i];

        assert(form != NULL && reading->field >= 0 && reading->field < form->n_fields);
        bind_reading(stmt, i, page_id, form->fields[reading->field], reading);
    }
    rc = store_step_done(store, stmt, d);
    sqlite3_clear_bindings(stmt);
    return rc;
}

static int insert_crop(struct store *store, int64_t page, int64_t field, const struct crop *crop,
                       struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc = store_statement(store,
                             "INSERT INTO crops (page_id, field_id, width, height, pixels)"
                             "VALUES (?, ?, ?, ?, ?)",
                             &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, page);
    sqlite3_bind_int64(stmt, 2, field);
    sqlite3_bind_int(stmt, 3, crop->width);
    sqlite3_bind_int(stmt, 4, crop->height);
    sqlite3_bind_blob64(stmt, 5, crop->deflated, crop->size, SQLITE_STATIC);
    rc = store_step_done(store, stmt, d);
    sqlite3_clear_bindings(stmt);
    return rc;
}

static int insert_readings(struct store *store, int64_t page_id, const struct page_record *page,
                           const struct form_ids *form, struct diag *d)
{
    int rc = 0;

    for (int i = 0, n; i < page->n_readings && rc == 0; i += n) {
        n = page->n_readings - i < READINGS_AT_ONCE ? page->n_readings - i : READINGS_AT_ONCE;
        rc = insert_some_readings(store, page_id, page, i, n, form, d);
    }
    for (int i = 0; i < page->n_readings && rc == 0; i++) {
        const struct reading *reading = &page->readings[i];

        if (reading->crop.deflated != NULL)
            rc = insert_crop(store, page_id, form->fields[reading->field], &reading->crop, d);
    }
    return rc;
}

static int insert_exceptions(struct store *store, int64_t page_id, const struct page_record *page,
                             const struct form_ids *form, struct diag *d)
{
    int rc = 0;

    for (int i = 0; i < page->n_exceptions && rc == 0; i++) {
        const struct exception *e = &page->exceptions[i];
        int64_t field = form != NULL && e->field > 0 ? form->fields[e->field - 1] : 0;

        rc = store_run(
            store, d,
            "INSERT INTO exceptions (scan_id, page_id, candidate, kind, detail, derived, "
            "field_id) VALUES (?, ?, '', ?, ?, 0, NULLIF(?, 0))",
            "iitti", store->scan, page_id, exception_kind_name(e->kind), e->detail, field);
    }
    return rc;
}

/* The ids of the page's form, *ret_form NULL where none fits. */
static int form_of_page(struct store *store, const struct exam *exam,
                        const struct page_record *page, const struct form_ids **ret_form,
                        struct diag *d)
{
    *ret_form = NULL;
    if (page->form < 0)
        return 0;
    int rc = store_load_forms(store, d);
    if (rc < 0)
        return rc;
    if (page->form >= store->n_forms ||
        store->forms[page->form].n_fields != exam->forms[page->form].form->n_fields)
        return diag_error(d, YJ_EIO, NULL, 0, 0, NULL,
                          _("'%s' holds another exam than the one being read"), store->path);
    *ret_form = &store->forms[page->form];
    return 0;
}

int store_put_page(struct store *store, const struct exam *exam, const struct page_record *page,
                   struct diag *d)
{
    const struct form_ids *form;
    int64_t id = 0;

    assert(store->scan != 0 && page->number == store->scan_put + 1);
    int rc = form_of_page(store, exam, page, &form, d);
    if (rc == 0)
        rc = insert_page(store, page, form, &id, d);
    if (rc == 0)
        rc = store_put_health(store, id, &page->health, d);
    if (rc == 0)
        rc = insert_readings(store, id, page, form, d);
    if (rc == 0)
        rc = insert_exceptions(store, id, page, form, d);
    if (rc == 0)
        store->scan_put++;
    return rc;
}

/* ---- one scan ---- */

/* Other scans of the path of which nothing could be read: ?1 the path, ?2 the scan that came now.
 */
#define UNREADABLE_NAMESAKES                                                                       \
    "path = ?1 AND id <> ?2 AND (problem IS NOT NULL OR NOT EXISTS"                                \
    "    (SELECT 1 FROM pages p WHERE p.scan_id = scans.id AND p.verdict <> 'unreadable'))"

/* A relative path may mean another file than the last time: scanners number from 1 in every room.
 * What could not be read then stays told, at the new scan. */
static int keep_reasons(struct store *store, const char *path, int64_t scan, struct diag *d)
{
    char *told = sqlite3_mprintf(
        _("an earlier file '%s' could not be read; if it was another one, scan it again: "), path);

    if (told == NULL)
        return store_fault(store, SQLITE_NOMEM, d);
    int rc = store_run(store, d,
                       "UPDATE exceptions SET scan_id = ?2 WHERE page_id IS NULL AND derived = 0 "
                       "AND kind = 'scan_quality' AND scan_id IN "
                       "(SELECT id FROM scans WHERE " UNREADABLE_NAMESAKES ")",
                       "ti", path, scan);
    if (rc == 0)
        rc = store_run(store, d,
                       "INSERT INTO exceptions (scan_id, candidate, kind, detail, derived) "
                       "SELECT ?2, '', 'scan_quality', ?3 || COALESCE(problem,"
                       "    (SELECT e.detail FROM exceptions e JOIN pages p ON p.id = e.page_id"
                       "     WHERE p.scan_id = scans.id ORDER BY p.number, e.id LIMIT 1), ''), 0 "
                       "FROM scans WHERE " UNREADABLE_NAMESAKES " ORDER BY id",
                       "tit", path, scan, told);
    sqlite3_free(told);
    return rc;
}

/* A file that could not be read and has other bytes now, as when it was still being copied: what
 * was said of it no longer holds. */
static int forget_unreadable(struct store *store, const char *path, int64_t scan, struct diag *d)
{
    int64_t n = 0;
    int rc = store_ask(store, d, &n, NULL, "SELECT COUNT(*) FROM scans WHERE " UNREADABLE_NAMESAKES,
                       "ti", path, scan);

    if (rc < 0 || n == 0)
        return rc;
    if (path[0] != '/' || store->expects_namesakes)
        rc = keep_reasons(store, path, scan, d);
    if (rc == 0)
        rc = store_run(store, d, "DELETE FROM scans WHERE " UNREADABLE_NAMESAKES, "ti", path, scan);
    return rc < 0 ? rc : store_audit(store, "replace", path, d);
}

void store_expect_namesakes(struct store *store, bool expect)
{
    store->expects_namesakes = expect;
}

static int insert_scan(struct store *store, const char *batch, const struct scan_record *scan,
                       int64_t *ret_id, struct diag *d)
{
    char hash[STORE_HASH_TEXT_MAX], time[STORE_TIME_MAX];

    store_hex(scan->hash, hash);
    store_now(time);
    int rc = store_run(store, d,
                       "INSERT INTO scans (path, hash, bytes, problem, pages, batch, time)"
                       "VALUES (?, ?, ?, ?, ?, ?, ?)",
                       "ttititt", scan->path, hash, (int64_t)scan->bytes, scan->problem,
                       (int64_t)scan->n_pages, batch, time);
    int64_t id = sqlite3_last_insert_rowid(store->db);
    if (rc == 0 && scan->problem != NULL)
        rc = store_run(store, d,
                       "INSERT INTO exceptions (scan_id, candidate, kind, detail, derived)"
                       "VALUES (?, '', ?, ?, 0)",
                       "itt", id, exception_kind_name(EXCEPTION_UNREADABLE_FILE), scan->problem);
    *ret_id = id;
    return rc;
}

int store_begin_scan(struct store *store, const struct exam *exam, const char *batch,
                     const struct scan_record *scan, struct diag *d)
{
    int64_t id = 0;

    assert(store->scan == 0 && !sqlite3_get_autocommit(store->db));
    int rc = insert_scan(store, batch, scan, &id, d);
    if (rc == 0)
        rc = forget_unreadable(store, scan->path, id, d);
    if (rc < 0)
        return rc;
    store->scan = id;
    store->scan_announced = scan->n_pages;
    store->scan_put = 0;
    return 0;
}

int store_end_scan(struct store *store, struct diag *d)
{
    assert(store->scan != 0);
    if (store->scan_put != store->scan_announced)
        return diag_error(d, YJ_EIO, NULL, 0, 0, NULL, _("a scan of %d pages was stored with %d"),
                          store->scan_announced, store->scan_put);
    store->scan = 0;
    return 0;
}

void store_abandon_scan(struct store *store)
{
    int64_t scan = store->scan;

    store->scan = 0;
    if (scan == 0)
        return;
    /* Its pages, readings, crops and exceptions go with it. Where even that fails, nothing of the
     * transaction may be kept: half a scan would be taken for a whole one. */
    if (sqlite3_get_autocommit(store->db) ||
        store_run(store, NULL, "DELETE FROM scans WHERE id = ?", "i", scan) < 0)
        store_rollback(store);
}

int store_put_scan(struct store *store, const struct exam *exam, const char *batch,
                   const struct scan_record *scan, struct diag *d)
{
    bool own;
    int rc = store_enter(store, &own, d);

    if (rc < 0)
        return rc;
    rc = store_begin_scan(store, exam, batch, scan, d);
    for (int i = 0; i < scan->n_pages && rc == 0; i++)
        rc = store_put_page(store, exam, scan->pages[i], d);
    if (rc == 0)
        rc = store_end_scan(store, d);
    if (rc < 0)
        store_abandon_scan(store);
    return store_leave(store, own, rc, d);
}

int store_put_duplicate(struct store *store, const uint8_t hash[SCAN_HASH_SIZE], const char *path,
                        struct diag *d)
{
    char text[STORE_HASH_TEXT_MAX];
    const char *stored;
    int rc = store_has_scan(store, hash, &stored, d);

    if (rc <= 0)
        return rc;
    if (strcmp(stored, path) == 0)
        return 0;
    char *detail = sqlite3_mprintf(_("same bytes as '%s'"), stored);
    if (detail == NULL)
        return store_fault(store, SQLITE_NOMEM, d);
    store_hex(hash, text);
    rc = store_run(store, d,
                   "INSERT OR IGNORE INTO duplicates (scan_id, path, detail)"
                   "SELECT id, ?, ? FROM scans WHERE hash = ?",
                   "ttt", path, detail, text);
    sqlite3_free(detail);
    return rc;
}

int store_each_hash(struct store *store,
                    int (*visit)(void *context, const uint8_t hash[SCAN_HASH_SIZE]), void *context,
                    struct diag *d)
{
    uint8_t hash[SCAN_HASH_SIZE];
    sqlite3_stmt *stmt;
    int answer, rc = store_statement(store, "SELECT hash FROM scans", &stmt, d);

    if (rc < 0)
        return rc;
    while (rc >= 0 && (answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *text = store_text(stmt, 0);

        if (strlen(text) != 2 * SCAN_HASH_SIZE ||
            strspn(text, "0123456789abcdef") != 2 * SCAN_HASH_SIZE) {
            rc = store_fault(store, SQLITE_CORRUPT, d);
            break;
        }
        for (size_t i = 0; i < SCAN_HASH_SIZE; i++)
            hash[i] = (uint8_t)(hex_digit(text[2 * i]) * 16 + hex_digit(text[2 * i + 1]));
        rc = visit(context, hash);
    }
    if (rc >= 0)
        rc = answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
    sqlite3_reset(stmt);
    return rc < 0 ? rc : 0;
}

/* ---- walking over what was seen ---- */

static int verdict_parse(const char *name)
{
    for (int v = PAGE_READ; v <= PAGE_UNKNOWN_FORM; v++)
        if (strcmp(name, page_verdict_name((enum page_verdict)v)) == 0)
            return v;
    return PAGE_UNREADABLE;
}

/* An opaque name for a reading: its page's id and its field's. */
#define READING_ID_SQL "(r.page_id << 20) | r.field_id"

/* Grows from page to page, never shrinks. */
struct reading_list {
    struct stored_reading *readings;
    int n, capacity;
};

static int append_reading(struct store *store, struct reading_list *list, sqlite3_stmt *stmt)
{
    int status = reading_status_parse(store_text(stmt, 3));
    struct stored_reading reading = {.id = sqlite3_column_int64(stmt, 0),
                                     .field = arena_strdup(&store->arena, store_text(stmt, 1)),
                                     .value = arena_strdup(&store->arena, store_text(stmt, 2)),
                                     .status = status < 0 ? READING_UNCERTAIN
                                                          : (enum reading_status)status,
                                     .confidence = sqlite3_column_double(stmt, 4)};

    if (reading.field == NULL || reading.value == NULL)
        return SQLITE_NOMEM;
    if (list->n == list->capacity) {
        int larger = list->capacity == 0 ? 256 : 2 * list->capacity;
        void *grown = realloc(list->readings, (size_t)larger * sizeof(*list->readings));

        if (grown == NULL)
            return SQLITE_NOMEM;
        list->readings = grown;
        list->capacity = larger;
    }
    list->readings[list->n++] = reading;
    return SQLITE_OK;
}

static int collect_readings(struct store *store, int64_t page, struct reading_list *list,
                            struct diag *d)
{
    sqlite3_stmt *stmt;
    int answer,
        rc = store_statement(store,
                             "SELECT " READING_ID_SQL ", f.name, r.value, r.status, r.confidence "
                             "FROM readings r JOIN fields f ON f.id = r.field_id "
                             "WHERE r.page_id = ? ORDER BY r.field_id",
                             &stmt, d);

    if (rc < 0)
        return rc;
    list->n = 0;
    sqlite3_bind_int64(stmt, 1, page);
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW)
        if (append_reading(store, list, stmt) != SQLITE_OK) {
            answer = SQLITE_NOMEM;
            break;
        }
    sqlite3_reset(stmt);
    return answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
}

int store_page_statement(struct store *store, sqlite3_stmt **ret_stmt, struct diag *d)
{
    return store_statement(store,
                           "SELECT p.id, s.path, p.number, f.position, p.form_page, p.verdict, "
                           "p.serial, s.batch FROM scans s JOIN pages p ON p.scan_id = s.id "
                           "LEFT JOIN forms f ON f.id = p.form_id "
                           "ORDER BY s.path, s.hash, p.number",
                           ret_stmt, d);
}

struct stored_page store_page_at(sqlite3_stmt *stmt)
{
    return (struct stored_page){.id = sqlite3_column_int64(stmt, 0),
                                .scan = store_text(stmt, 1),
                                .number = sqlite3_column_int(stmt, 2),
                                .form = store_index(stmt, 3, 0),
                                .form_page = store_index(stmt, 4, 1),
                                .verdict = (enum page_verdict)verdict_parse(store_text(stmt, 5)),
                                .sheet = store_text(stmt, 6),
                                .batch = store_text(stmt, 7)};
}

int store_each_page(struct store *store,
                    int (*visit)(void *context, const struct stored_page *page), void *context,
                    struct diag *d)
{
    struct reading_list list = {NULL, 0, 0};
    int answer = SQLITE_DONE;
    sqlite3_stmt *stmt;
    int rc = store_page_statement(store, &stmt, d);

    if (rc < 0)
        return rc;
    while (rc >= 0 && (answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct stored_page page = store_page_at(stmt);

        arena_reset(&store->arena);
        rc = collect_readings(store, page.id, &list, d);
        page.readings = list.readings;
        page.n_readings = list.n;
        if (rc == 0)
            rc = visit(context, &page);
    }
    if (rc >= 0)
        rc = answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
    sqlite3_reset(stmt);
    free(list.readings);
    return rc;
}
