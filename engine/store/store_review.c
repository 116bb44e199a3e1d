/* store_review.c - readings that wait for a person, and what people decide about them. */
#include "store_internal.h"

#include "diag.h"
#include "i18n.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As in store_scans.c: an id is the page's and the field's. */
#define FIELD_BITS 20
#define FIELD_MASK ((INT64_C(1) << FIELD_BITS) - 1)

static int64_t page_of(int64_t id)
{
    return id >> FIELD_BITS;
}

static int64_t field_of(int64_t id)
{
    return id & FIELD_MASK;
}

void store_print_id(int64_t id, char text[STORE_ID_TEXT_MAX])
{
    snprintf(text, STORE_ID_TEXT_MAX, "p%" PRId64 "f%" PRId64, page_of(id), field_of(id));
}

/* Digits alone, without a sign or noughts before: one reading has one name. */
static int parse_number(const char **text, int64_t max, int64_t *ret_number)
{
    const char *p = *text;
    int64_t number = 0;

    if (*p < '1' || *p > '9')
        return YJ_EINPUT;
    for (; *p >= '0' && *p <= '9'; p++) {
        number = 10 * number + (*p - '0');
        if (number > max)
            return YJ_EINPUT;
    }
    *text = p;
    *ret_number = number;
    return 0;
}

int store_parse_id(const char *text, int64_t *ret_id)
{
    int64_t page, field;

    if (*text++ != 'p' || parse_number(&text, INT64_C(1) << 40, &page) < 0 || *text++ != 'f' ||
        parse_number(&text, FIELD_MASK, &field) < 0 || *text != '\0')
        return YJ_EINPUT;
    *ret_id = page << FIELD_BITS | field;
    return 0;
}

/* ---- looking ---- */

#define DOUBT_COLUMNS                                                                              \
    "SELECT (r.page_id << 20) | r.field_id, v.scan, v.page, v.candidate, COALESCE(m.position, "    \
    "-1), "                                                                                        \
    "f.position, r.value, r.status, r.confidence, r.source, r.evidence, "                          \
    "(SELECT COUNT(*) FROM entries e WHERE e.page_id = r.page_id AND e.field_id = r.field_id), "   \
    "(SELECT COUNT(DISTINCT e.status || e.value) FROM entries e WHERE e.page_id = r.page_id "      \
    "    AND e.field_id = r.field_id), "                                                           \
    "(SELECT group_concat(e.person, '; ') FROM entries e WHERE e.page_id = r.page_id "             \
    "    AND e.field_id = r.field_id) "                                                            \
    "FROM readings r JOIN fields f ON f.id = r.field_id JOIN forms m ON m.id = f.form_id "         \
    "JOIN v_pages v ON v.page_id = r.page_id "

/* A region of which the key asks points that nobody has given: its status says nothing. */
#define REGION_WAITS                                                                               \
    "f.kind = 'region' AND r.source = 'machine' AND EXISTS (SELECT 1 FROM sheet_pages sp "         \
    "JOIN items i ON i.item = f.name JOIN item_scores x ON x.sheet_id = sp.sheet_id "              \
    "AND x.item = i.position WHERE sp.page_id = r.page_id AND x.pending) "

static const char each_doubt[] =
    DOUBT_COLUMNS "WHERE r.status IN ('uncertain', 'multiple') OR EXISTS (SELECT 1 FROM entries e "
                  "WHERE e.page_id = r.page_id AND e.field_id = r.field_id) OR " REGION_WAITS
                  "ORDER BY v.scan, v.scan_hash, v.page, r.field_id";
static const char one_doubt[] = DOUBT_COLUMNS "WHERE r.page_id = ? AND r.field_id = ?";

/* The crop's statement stays where it is until the visit is over: its bytes are borrowed. */
static int find_crop(struct store *store, int64_t id, struct crop *ret, sqlite3_stmt **ret_stmt,
                     struct diag *d)
{
    int rc = store_statement(
        store, "SELECT width, height, pixels FROM crops WHERE page_id = ? AND field_id = ?",
        ret_stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_int64(*ret_stmt, 1, page_of(id));
    sqlite3_bind_int64(*ret_stmt, 2, field_of(id));
    int answer = sqlite3_step(*ret_stmt);
    if (answer == SQLITE_ROW)
        *ret = (struct crop){.width = sqlite3_column_int(*ret_stmt, 0),
                             .height = sqlite3_column_int(*ret_stmt, 1),
                             .deflated = sqlite3_column_blob(*ret_stmt, 2),
                             .size = (size_t)sqlite3_column_bytes(*ret_stmt, 2)};
    else if (answer != SQLITE_DONE)
        return store_fault(store, answer, d);
    return 0;
}

static int visit_row(struct store *store, sqlite3_stmt *stmt, bool with_crop,
                     store_visit_doubt visit, void *context, struct diag *d)
{
    int status = reading_status_parse(store_text(stmt, 7));
    struct stored_doubt doubt = {
        .id = sqlite3_column_int64(stmt, 0),
        .scan = store_text(stmt, 1),
        .page = sqlite3_column_int(stmt, 2),
        .candidate = store_text(stmt, 3),
        .form = store_index(stmt, 4, 0),
        .field = store_index(stmt, 5, 0),
        .value = store_text(stmt, 6),
        .status = status < 0 ? READING_UNCERTAIN : (enum reading_status)status,
        .confidence = sqlite3_column_double(stmt, 8),
        .reviewed = strcmp(store_text(stmt, 9), "review") == 0,
        .evidence = store_text(stmt, 10),
        .n_entries = sqlite3_column_int(stmt, 11),
        .entries_differ = sqlite3_column_int(stmt, 12) > 1,
        .entered_by = store_text(stmt, 13),
    };
    sqlite3_stmt *crop = NULL;
    int rc = with_crop ? find_crop(store, doubt.id, &doubt.crop, &crop, d) : 0;

    if (rc == 0)
        rc = visit(context, &doubt);
    if (crop != NULL)
        sqlite3_reset(crop);
    return rc;
}

int store_each_doubt(struct store *store, bool with_crops, store_visit_doubt visit, void *context,
                     struct diag *d)
{
    sqlite3_stmt *stmt;
    int answer = SQLITE_DONE, rc = store_statement(store, each_doubt, &stmt, d);

    if (rc < 0)
        return rc;
    while (rc >= 0 && (answer = sqlite3_step(stmt)) == SQLITE_ROW)
        rc = visit_row(store, stmt, with_crops, visit, context, d);
    if (rc >= 0)
        rc = answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
    sqlite3_reset(stmt);
    return rc;
}

int store_visit_reading(struct store *store, int64_t id, store_visit_doubt visit, void *context,
                        struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc = store_statement(store, one_doubt, &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, page_of(id));
    sqlite3_bind_int64(stmt, 2, field_of(id));
    int answer = sqlite3_step(stmt);
    if (answer == SQLITE_ROW) {
        rc = visit_row(store, stmt, true, visit, context, d);
        rc = rc < 0 ? rc : 1;
    } else if (answer != SQLITE_DONE) {
        rc = store_fault(store, answer, d);
    }
    sqlite3_reset(stmt);
    return rc;
}

/* ---- deciding ---- */

/* What the audit says of a decision: what was there, what is there now, who and why. */
static const char decision_detail[] =
    "SELECT json_object('id', 'p' || r.page_id || 'f' || r.field_id, 'scan', v.scan, "
    "'page', v.page, 'candidate', v.candidate, 'field', f.name, "
    "'old', json_object('value', r.value, 'status', r.status, 'confidence', r.confidence, "
    "    'source', r.source), "
    "'new', json_object('value', ?3, 'status', ?4), 'by', ?5, 'why', ?6, 'group', ?7) "
    "FROM readings r JOIN fields f ON f.id = r.field_id JOIN v_pages v ON v.page_id = r.page_id "
    "WHERE r.page_id = ?1 AND r.field_id = ?2";

static int audit_decision(struct store *store, const char *action,
                          const struct store_decision *decision, struct diag *d)
{
    const char *const texts[] = {decision->value, reading_status_name(decision->status),
                                 decision->by, decision->why, decision->group};
    sqlite3_stmt *stmt;
    int rc = store_statement(store, decision_detail, &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, page_of(decision->id));
    sqlite3_bind_int64(stmt, 2, field_of(decision->id));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        sqlite3_bind_text(stmt, 3 + (int)i, texts[i], -1, SQLITE_STATIC);
    int answer = sqlite3_step(stmt);
    if (answer == SQLITE_ROW)
        rc = store_audit(store, action, store_text(stmt, 0), d);
    else
        rc = store_fault(store, answer == SQLITE_DONE ? SQLITE_CORRUPT : answer, d);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc;
}

int store_decide(struct store *store, const struct store_decision *decision, struct diag *d)
{
    int64_t page = page_of(decision->id), field = field_of(decision->id);

    assert(!sqlite3_get_autocommit(store->db));
    int rc = audit_decision(store, "review", decision, d);
    if (rc == 0)
        rc = store_run(store, d,
                       "UPDATE readings SET value = ?, status = ?, confidence = 1, "
                       "source = 'review' WHERE page_id = ? AND field_id = ?",
                       "ttii", decision->value, reading_status_name(decision->status), page, field);
    if (rc == 0)
        rc = store_run(store, d,
                       "DELETE FROM exceptions WHERE page_id = ? AND field_id = ? AND derived = 0 "
                       "AND kind IN ('uncertain_reading', 'multiple_marks')",
                       "ii", page, field);
    if (rc == 0)
        rc = store_run(store, d, "DELETE FROM entries WHERE page_id = ? AND field_id = ?", "ii",
                       page, field);
    return rc;
}

int store_enter_decision(struct store *store, const struct store_decision *decision, struct diag *d)
{
    char time[STORE_TIME_MAX];

    assert(!sqlite3_get_autocommit(store->db));
    store_now(time);
    int rc = audit_decision(store, "entry", decision, d);
    if (rc == 0)
        rc = store_run(store, d,
                       "INSERT OR REPLACE INTO entries (page_id, field_id, person, value, status, "
                       "time) VALUES (?, ?, ?, ?, ?, ?)",
                       "iitttt", page_of(decision->id), field_of(decision->id), decision->by,
                       decision->value, reading_status_name(decision->status), time);
    return rc;
}

int store_count_entries(struct store *store, const struct store_decision *decision, int *ret_same,
                        int *ret_other, struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc = store_statement(store,
                             "SELECT COALESCE(SUM(value = ?4 AND status = ?5), 0), COUNT(*) "
                             "FROM entries WHERE page_id = ?1 AND field_id = ?2 AND person <> ?3",
                             &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, page_of(decision->id));
    sqlite3_bind_int64(stmt, 2, field_of(decision->id));
    sqlite3_bind_text(stmt, 3, decision->by, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 4, decision->value, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 5, reading_status_name(decision->status), -1, SQLITE_STATIC);
    int answer = sqlite3_step(stmt);
    if (answer == SQLITE_ROW) {
        *ret_same = sqlite3_column_int(stmt, 0);
        *ret_other = sqlite3_column_int(stmt, 1) - *ret_same;
    } else {
        rc = store_fault(store, answer, d);
    }
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc;
}
