/* store_check.c - counts, and whether what is stored holds together.
 *
 * Every check is a query that finds what is wrong, a row a fault; the audit chain and the crops are
 * walked. A clerk's question stands behind each: is any page lost, is any refused page untold, was
 * anything changed behind our back? */
#include "store_seal.h"

#include "diag.h"
#include "i18n.h"
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Each candidate of the roster once, whatever sheets there are: what waits comes first. */
static int count_roster(struct store *store, struct roster_counts *ret, struct diag *d)
{
    static const char sql[] =
        "WITH s AS (SELECT sh.candidate AS candidate, sc.status AS status FROM scores sc "
        "JOIN sheets sh ON sh.id = sc.sheet_id), "
        "c AS (SELECT r.candidate, CASE WHEN SUM(s.status = 'pending') THEN 'pending' "
        "WHEN SUM(s.status = 'scored') THEN 'scored' WHEN SUM(s.status = 'void') THEN 'void' "
        "WHEN SUM(s.status = 'absent') THEN 'absent' ELSE '' END AS status "
        "FROM roster r LEFT JOIN s ON s.candidate = r.candidate GROUP BY r.candidate) "
        "SELECT COUNT(*), COALESCE(SUM(status = 'scored'), 0), "
        "COALESCE(SUM(status = 'pending'), 0), COALESCE(SUM(status = 'absent'), 0), "
        "COALESCE(SUM(status = 'void'), 0), COALESCE(SUM(status = ''), 0), "
        "(SELECT COUNT(*) FROM s WHERE s.candidate NOT IN (SELECT candidate FROM roster)) FROM c";
    sqlite3_stmt *stmt;
    int rc = store_statement(store, sql, &stmt, d);

    if (rc < 0)
        return rc;
    int answer = sqlite3_step(stmt);
    if (answer == SQLITE_ROW) {
        int *const counts[] = {&ret->candidates, &ret->scored,  &ret->pending, &ret->absent,
                               &ret->voided,     &ret->waiting, &ret->others};
        for (int i = 0; i < (int)(sizeof(counts) / sizeof(counts[0])); i++)
            *counts[i] = sqlite3_column_int(stmt, i);
        if (ret->candidates == 0)
            ret->candidates = -1;
    }
    sqlite3_reset(stmt);
    return answer == SQLITE_ROW ? 0 : store_fault(store, answer, d);
}

struct question {
    int *count;
    const char *sql;
};

static int ask_counts(struct store *store, const struct question *questions, size_t n,
                      struct diag *d)
{
    int rc = 0;

    for (size_t i = 0; i < n && rc == 0; i++) {
        int64_t count = 0;
        rc = store_ask(store, d, &count, NULL, questions[i].sql, "");
        *questions[i].count = (int)count;
    }
    return rc;
}

int store_count_scores(struct store *store, struct store_counts *ret, struct diag *d)
{
    struct store_counts counts = *ret;
    const struct question questions[] = {
        {&counts.candidates, "SELECT COUNT(DISTINCT candidate) FROM sheets WHERE candidate <> ''"},
        {&counts.scored, "SELECT COUNT(*) FROM scores WHERE status = 'scored'"},
        {&counts.pending, "SELECT COUNT(*) FROM scores WHERE status = 'pending'"},
        {&counts.absent, "SELECT COUNT(*) FROM scores WHERE status = 'absent'"},
        {&counts.voided, "SELECT COUNT(*) FROM scores WHERE status = 'void'"},
        {&counts.exceptions, "SELECT (SELECT COUNT(*) FROM exceptions) + "
                             "(SELECT COUNT(*) FROM duplicates) + "
                             "(SELECT COUNT(*) FROM alarms)"},
    };
    int rc = ask_counts(store, questions, sizeof(questions) / sizeof(questions[0]), d);

    if (rc == 0)
        rc = count_roster(store, &counts.roster, d);
    if (rc == 0)
        *ret = counts;
    return rc;
}

int store_count(struct store *store, struct store_counts *ret, struct diag *d)
{
    struct store_counts counts = {0};
    const struct question questions[] = {
        {&counts.scans, "SELECT COUNT(*) FROM scans"},
        {&counts.unreadable, "SELECT COUNT(*) FROM scans s WHERE s.problem IS NOT NULL OR "
                             "s.pages > 0 AND NOT EXISTS (SELECT 1 FROM pages p WHERE "
                             "p.scan_id = s.id AND p.verdict <> 'unreadable')"},
        {&counts.pages_in, "SELECT COALESCE(SUM(pages), 0) FROM scans"},
        {&counts.pages, "SELECT COUNT(*) FROM pages"},
        {&counts.pages_read, "SELECT COUNT(*) FROM pages WHERE verdict = 'read'"},
        {&counts.pages_refused, "SELECT COUNT(*) FROM pages WHERE verdict <> 'read'"},
        {&counts.readings, "SELECT COUNT(*) FROM readings"},
        {&counts.uncertain, "SELECT COUNT(*) FROM readings WHERE status = 'uncertain'"},
        {&counts.multiple, "SELECT COUNT(*) FROM readings WHERE status = 'multiple'"},
        {&counts.blank, "SELECT COUNT(*) FROM readings WHERE status = 'blank'"},
    };
    int rc = ask_counts(store, questions, sizeof(questions) / sizeof(questions[0]), d);

    if (rc == 0)
        rc = store_count_scores(store, &counts, d);
    if (rc == 0)
        *ret = counts;
    return rc;
}

/* Each row of the query is a fault: its columns, all text, go into the message. */
struct check {
    const char *sql;
    const char *message; /* for gettext; one %s for the row's text */
};

static const struct check checks[] = {
    {"SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'",
     N_("the file is damaged: %s")},
    {"SELECT \"table\" || ' ' || COALESCE(rowid, '') || ' -> ' || parent "
     "FROM pragma_foreign_key_check",
     N_("a row points at nothing: %s")},
    {"SELECT s.path || ': ' || COUNT(p.id) || ' / ' || s.pages FROM scans s "
     "LEFT JOIN pages p ON p.scan_id = s.id AND p.number BETWEEN 1 AND s.pages "
     "GROUP BY s.id HAVING COUNT(p.id) <> s.pages ORDER BY s.path",
     N_("a scan has lost pages (stored / had): %s")},
    {"SELECT s.path || ' ' || p.number FROM scans s JOIN pages p ON p.scan_id = s.id "
     "WHERE p.number NOT BETWEEN 1 AND s.pages ORDER BY s.path, p.number",
     N_("a page is stored that its scan does not have: %s")},
    {"SELECT s.path || ' ' || p.number || ': ' || COUNT(r.field_id) || ' / ' || "
     "(SELECT COUNT(*) FROM fields f WHERE f.form_id = p.form_id AND f.page = p.form_page) "
     "FROM pages p JOIN scans s ON s.id = p.scan_id LEFT JOIN readings r ON r.page_id = p.id "
     "WHERE p.verdict = 'read' GROUP BY p.id HAVING COUNT(r.field_id) <> "
     "(SELECT COUNT(*) FROM fields f WHERE f.form_id = p.form_id AND f.page = p.form_page) "
     "ORDER BY s.path, p.number",
     N_("a page that was read lacks readings (stored / fields): %s")},
    {"SELECT s.path || ' ' || p.number || ': ' || p.verdict FROM pages p "
     "JOIN scans s ON s.id = p.scan_id WHERE p.verdict <> 'read' AND NOT EXISTS "
     "(SELECT 1 FROM exceptions e WHERE e.page_id = p.id AND e.derived = 0) "
     "ORDER BY s.path, p.number",
     N_("a page was refused, but no exception says so: %s")},
    {"SELECT s.path FROM scans s WHERE s.problem IS NOT NULL AND NOT EXISTS "
     "(SELECT 1 FROM exceptions e WHERE e.scan_id = s.id AND e.derived = 0) ORDER BY s.path",
     N_("a file could not be read, but no exception says so: %s")},
    /* One of them: while a grade is under way, they are all that it has read so far. */
    {"SELECT s.path || ' ' || p.number FROM pages p JOIN scans s ON s.id = p.scan_id "
     "WHERE p.verdict = 'read' AND EXISTS (SELECT 1 FROM sheets) AND NOT EXISTS "
     "(SELECT 1 FROM sheet_pages sp WHERE sp.page_id = p.id) ORDER BY s.path, p.number LIMIT 1",
     N_("a page that was read belongs to no sheet; run regrade: %s")},
    /* From the audit to the readings by their key, and back for the few that people set: most
     * readings are the machine's. */
    {"WITH said AS (SELECT json_extract(detail, '$.id') AS id, json_extract(detail, '$.new.value') "
     "AS value, json_extract(detail, '$.new.status') AS status, MAX(seq) FROM audit "
     "WHERE action = 'review' AND json_valid(detail) GROUP BY 1), wrong AS ("
     "SELECT r.page_id AS page, r.field_id AS field FROM said JOIN readings r "
     "ON r.page_id = CAST(substr(said.id, 2, instr(said.id, 'f') - 2) AS INTEGER) "
     "AND r.field_id = CAST(substr(said.id, instr(said.id, 'f') + 1) AS INTEGER) "
     "WHERE r.source <> 'review' OR r.value IS NOT said.value OR r.status IS NOT said.status "
     "UNION SELECT r.page_id, r.field_id FROM readings r WHERE r.source = 'review' "
     "AND 'p' || r.page_id || 'f' || r.field_id NOT IN (SELECT id FROM said WHERE id IS NOT NULL)) "
     "SELECT s.path || ' ' || p.number || ' ' || f.name FROM wrong w "
     "JOIN pages p ON p.id = w.page JOIN scans s ON s.id = p.scan_id "
     "JOIN fields f ON f.id = w.field ORDER BY s.path, p.number, f.id",
     N_("a reading is not what the audit says that a person decided: %s")},
};

static int run_check(struct store *store, const struct check *check, struct diag *d)
{
    sqlite3_stmt *stmt;
    int answer, rc = store_statement(store, check->sql, &stmt, d);

    if (rc < 0)
        return rc;
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        char *what = sqlite3_mprintf(_(check->message), store_text(stmt, 0));

        if (what == NULL) {
            answer = SQLITE_NOMEM;
            break;
        }
        rc = diag_error(d, YJ_EDATA, store->path, 0, 0, NULL, "%s", what);
        sqlite3_free(what);
    }
    sqlite3_reset(stmt);
    return answer == SQLITE_DONE ? rc : store_fault(store, answer, d);
}

/* Texts are found by their hash: a text that was edited answers to a wrong one. */
static int check_texts(struct store *store, struct diag *d)
{
    char hash[STORE_HASH_TEXT_MAX];
    sqlite3_stmt *stmt;
    int answer, rc = store_statement(store, "SELECT hash, text FROM texts ORDER BY hash", &stmt, d);

    if (rc < 0)
        return rc;
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *text = store_text(stmt, 1);

        if (store_sha256(text, (size_t)sqlite3_column_bytes(stmt, 1), hash) < 0)
            return store_fault(store, SQLITE_NOMEM, d);
        if (strcmp(hash, store_text(stmt, 0)) != 0)
            rc = diag_error(d, YJ_EDATA, store->path, 0, 0, NULL,
                            _("a text of the exam was changed in the database (%.12s)"),
                            store_text(stmt, 0));
    }
    sqlite3_reset(stmt);
    return answer == SQLITE_DONE ? rc : store_fault(store, answer, d);
}

/* Grows to the largest crop. */
struct pixels {
    unsigned char *bytes;
    size_t capacity;
};

static bool crop_inflates(sqlite3_stmt *stmt, struct pixels *pixels, bool *ret_memory)
{
    int64_t width = sqlite3_column_int64(stmt, 3), height = sqlite3_column_int64(stmt, 4);
    uLongf size;

    /* A crop is a field of a page: larger than this is no crop but a broken row. */
    if (width <= 0 || height <= 0 || width > 65535 || height > 65535 || width * height > 1 << 28)
        return false;
    size = (uLongf)(width * height);
    if (size > pixels->capacity) {
        free(pixels->bytes);
        pixels->capacity = 0;
        pixels->bytes = malloc(size);
        if (pixels->bytes == NULL) {
            *ret_memory = false;
            return false;
        }
        pixels->capacity = size;
    }
    return uncompress(pixels->bytes, &size, sqlite3_column_blob(stmt, 5),
                      (uLong)sqlite3_column_bytes(stmt, 5)) == Z_OK &&
           size == (uLongf)(width * height);
}

static int check_crops(struct store *store, struct diag *d)
{
    struct pixels pixels = {NULL, 0};
    bool memory = true;
    sqlite3_stmt *stmt;
    int answer, rc = store_statement(store,
                                     "SELECT s.path, p.number, f.name, c.width, c.height, c.pixels "
                                     "FROM crops c JOIN pages p ON p.id = c.page_id "
                                     "JOIN scans s ON s.id = p.scan_id "
                                     "JOIN fields f ON f.id = c.field_id",
                                     &stmt, d);

    if (rc < 0)
        return rc;
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW && memory)
        if (!crop_inflates(stmt, &pixels, &memory) && memory)
            rc = diag_error(d, YJ_EDATA, store->path, 0, 0, NULL,
                            _("the picture of field '%s' of page %d of '%s' is broken"),
                            store_text(stmt, 2), sqlite3_column_int(stmt, 1), store_text(stmt, 0));
    sqlite3_reset(stmt);
    free(pixels.bytes);
    if (!memory)
        return store_fault(store, SQLITE_NOMEM, d);
    return answer == SQLITE_DONE ? rc : store_fault(store, answer, d);
}

int store_check(struct store *store, struct diag *d)
{
    static int (*const walks[])(struct store *, struct diag *) = {
        check_texts, check_crops, store_audit_check, store_seals_check};
    int found = 0, rc;

    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        rc = run_check(store, &checks[i], d);
        if (rc < 0 && rc != YJ_EDATA)
            return rc;
        found = rc < 0 ? rc : found;
    }
    for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
        rc = walks[i](store, d);
        if (rc < 0 && rc != YJ_EDATA)
            return rc;
        found = rc < 0 ? rc : found;
    }
    return found;
}
