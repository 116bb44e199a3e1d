/* store_scores.c - what scoring derives: sheets, scores, items, statistics, exceptions. */
#include "store_internal.h"

#include "diag.h"
#include "i18n.h"
#include <assert.h>

const char *score_status_name(enum score_status s)
{
    static const char *const names[] = {[SCORE_SCORED] = "scored",
                                        [SCORE_PENDING] = "pending",
                                        [SCORE_ABSENT] = "absent",
                                        [SCORE_VOID] = "void"};

    assert(s >= SCORE_SCORED && s <= SCORE_VOID);
    return names[s];
}

int store_clear_scores(struct store *store, struct diag *d)
{
    /* Children before parents; the items are then those of the key in force. */
    static const char *const steps[] = {
        "DELETE FROM section_scores",
        "DELETE FROM item_scores",
        "DELETE FROM scores",
        "DELETE FROM sheet_pages",
        "DELETE FROM sheets",
        "DELETE FROM item_options",
        "DELETE FROM items",
        "DELETE FROM sections",
        "DELETE FROM test",
        "DELETE FROM exceptions WHERE derived = 1",
        "INSERT INTO items (position, item, section) SELECT position, item, section FROM key_items",
    };
    int rc = 0;

    store->n_items = -1;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == 0; i++)
        rc = store_run(store, d, steps[i], "");
    return rc;
}

static int count_items(struct store *store, struct diag *d)
{
    int64_t n = 0;
    int rc = 0;

    if (store->n_items < 0) {
        rc = store_ask(store, d, &n, NULL, "SELECT COUNT(*) FROM items", "");
        if (rc == 0)
            store->n_items = (int)n;
    }
    return rc;
}

/* Rows that one statement inserts: starting a statement costs as much as the row itself. */
#define ITEMS_AT_ONCE 20
#define ITEM_COLUMNS 6
#define ITEM_ROW "(?, ?, ?, ?, ?, ?)"
#define ITEM_ROWS_5 ITEM_ROW "," ITEM_ROW "," ITEM_ROW "," ITEM_ROW "," ITEM_ROW
#define INSERT_ITEM_SCORES                                                                         \
    "INSERT INTO item_scores (sheet_id, item, points_num, points_den, pending, counts) VALUES "

static const char insert_one_item[] = INSERT_ITEM_SCORES ITEM_ROW;
static const char insert_some_items[] =
    INSERT_ITEM_SCORES ITEM_ROWS_5 "," ITEM_ROWS_5 "," ITEM_ROWS_5 "," ITEM_ROWS_5;

static void bind_item(sqlite3_stmt *stmt, int row, int64_t sheet, int item,
                      const struct item_points *points)
{
    int at = row * ITEM_COLUMNS;

    sqlite3_bind_int64(stmt, at + 1, sheet);
    sqlite3_bind_int(stmt, at + 2, item + 1);
    sqlite3_bind_int64(stmt, at + 3, points->points.num);
    sqlite3_bind_int64(stmt, at + 4, points->points.den);
    sqlite3_bind_int(stmt, at + 5, points->pending);
    sqlite3_bind_int(stmt, at + 6, points->counts);
}

static int put_item_scores(struct store *store, int64_t sheet, const struct score_row *row,
                           struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc = 0;

    for (int i = 0, n; i < row->n_items && rc == 0; i += n) {
        n = row->n_items - i >= ITEMS_AT_ONCE ? ITEMS_AT_ONCE : 1;
        rc = store_statement(store, n == 1 ? insert_one_item : insert_some_items, &stmt, d);
        if (rc < 0)
            return rc;
        for (int k = 0; k < n; k++)
            bind_item(stmt, k, sheet, i + k, &row->items[i + k]);
        rc = store_step_done(store, stmt, d);
    }
    return rc;
}

static int put_section_scores(struct store *store, int64_t sheet, const struct score_row *row,
                              struct diag *d)
{
    int rc = 0;

    for (int i = 0; i < row->n_sections && rc == 0; i++)
        rc = store_run(store, d,
                       "INSERT INTO section_scores (sheet_id, section, points_num, points_den, "
                       "pending) VALUES (?, ?, ?, ?, ?)",
                       "iiiii", sheet, (int64_t)i + 1, row->sections[i].points.num,
                       row->sections[i].points.den, (int64_t)row->sections[i].pending);
    return rc;
}

int store_put_section(struct store *store, const char *section, struct points max, struct diag *d)
{
    return store_run(store, d, "INSERT INTO sections (section, max_num, max_den) VALUES (?, ?, ?)",
                     "tii", section, max.num, max.den);
}

static int put_sheet(struct store *store, const struct score_row *row, int64_t *ret_id,
                     struct diag *d)
{
    int rc = store_run(store, d, "INSERT INTO sheets (candidate) VALUES (?)", "t", row->candidate);
    int64_t sheet = sqlite3_last_insert_rowid(store->db);

    for (int i = 0; i < row->n_pages && rc == 0; i++)
        rc = store_run(store, d, "INSERT INTO sheet_pages (page_id, sheet_id) VALUES (?, ?)", "ii",
                       row->pages[i], sheet);
    *ret_id = sheet;
    return rc;
}

int store_put_score(struct store *store, const struct score_row *row, struct diag *d)
{
    int64_t sheet = 0;
    int rc = count_items(store, d);

    if (rc == 0 && row->n_items != 0 && row->n_items != store->n_items)
        rc = diag_error(d, YJ_EIO, NULL, 0, 0, _("run regrade"),
                        _("a score has %d items, the key in '%s' has %d"), row->n_items,
                        store->path, store->n_items);
    if (rc == 0)
        rc = put_sheet(store, row, &sheet, d);
    /* No key: the sheet is known, and nothing is scored. */
    if (rc < 0 || store->n_items == 0)
        return rc;
    rc = store_run(store, d,
                   "INSERT INTO scores (sheet_id, status, total_num, total_den, max_num, max_den) "
                   "VALUES (?, ?, ?, ?, ?, ?)",
                   "itiiii", sheet, score_status_name(row->status), row->total.num, row->total.den,
                   row->max.num, row->max.den);
    if (rc == 0)
        rc = put_section_scores(store, sheet, row, d);
    return rc < 0 ? rc : put_item_scores(store, sheet, row, d);
}

static int put_option(struct store *store, int64_t item, int position, const struct option_row *row,
                      struct diag *d)
{
    return store_run(store, d,
                     "INSERT INTO item_options (item, position, option, count, share, rpb) "
                     "VALUES (?, ?, ?, ?, ?, ?)",
                     "iitidd", item, (int64_t)position, row->option, (int64_t)row->count,
                     row->share, row->point_biserial);
}

int store_put_item(struct store *store, const struct item_row *row, struct diag *d)
{
    int64_t position = 0;
    bool found = false;
    int rc = store_ask(store, d, &position, &found, "SELECT position FROM items WHERE item = ?",
                       "t", row->item);

    if (rc == 0 && !found)
        rc = diag_error(d, YJ_EIO, NULL, 0, 0, _("run regrade"),
                        _("the key in '%s' has no item '%s'"), store->path, row->item);
    if (rc == 0)
        rc = store_run(store, d,
                       "UPDATE items SET n = ?, max = ?, mean = ?, difficulty = ?, d27 = ?, "
                       "rpb = ?, rpb_rest = ?, alpha_without = ?, omitted = ?, multiple = ? "
                       "WHERE position = ?",
                       "idddddddiii", (int64_t)row->n, row->max, row->mean, row->difficulty,
                       row->d27, row->rpb, row->rpb_rest, row->alpha_without, (int64_t)row->omitted,
                       (int64_t)row->multiple, position);
    for (int i = 0; i < row->n_options && rc == 0; i++)
        rc = put_option(store, position, i, &row->options[i], d);
    return rc;
}

int store_put_test(struct store *store, const struct test_row *row, struct diag *d)
{
    return store_run(store, d,
                     "INSERT INTO test (id, n, mean, sd, alpha, sem, min, max, median) "
                     "VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
                     "iddddddd", (int64_t)row->n, row->mean, row->sd, row->alpha, row->sem,
                     row->min, row->max, row->median);
}

int store_put_exception(struct store *store, int64_t page_id, const char *candidate,
                        enum exception_kind kind, const char *detail, struct diag *d)
{
    if (page_id == 0)
        return store_run(store, d,
                         "INSERT INTO exceptions (candidate, kind, detail, derived) "
                         "VALUES (?, ?, ?, 1)",
                         "ttt", candidate != NULL ? candidate : "", exception_kind_name(kind),
                         detail);
    return store_run(store, d,
                     "INSERT INTO exceptions (scan_id, page_id, candidate, kind, detail, derived) "
                     "SELECT scan_id, id, ?, ?, ?, 1 FROM pages WHERE id = ?",
                     "ttti", candidate != NULL ? candidate : "", exception_kind_name(kind), detail,
                     page_id);
}

int store_scores_current(struct store *store, struct diag *d)
{
    int64_t stale = 0;
    int rc =
        store_ask(store, d, &stale, NULL,
                  "SELECT EXISTS (SELECT 1 FROM pages p WHERE p.verdict = 'read' AND NOT EXISTS "
                  "    (SELECT 1 FROM sheet_pages s WHERE s.page_id = p.id)) "
                  "OR (SELECT COALESCE(MAX(seq), 0) FROM audit WHERE action = 'exam') > "
                  "   (SELECT COALESCE(MAX(seq), 0) FROM audit"
                  "    WHERE action IN ('grade', 'regrade', 'review'))",
                  "");

    return rc < 0 ? rc : !stale;
}
