/* store_scores.c - what scoring derives: sheets, scores, items, statistics, exceptions. */
#include "store_seal.h"

#include "diag.h"
#include "i18n.h"
#include <assert.h>
#include <string.h>

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
    static const struct store_table_clearing whole[] = {
        STORE_CLEARING("section_scores"), STORE_CLEARING("sheet_items"),
        STORE_CLEARING("scores"),         STORE_CLEARING("sheet_pages"),
        STORE_CLEARING("sheets"),         STORE_CLEARING("item_options"),
        STORE_CLEARING("items"),          STORE_CLEARING("sections"),
        STORE_CLEARING("test"),
    };

    store->n_items = -1;
    int rc = store_clear_tables(store, whole, sizeof(whole) / sizeof(whole[0]), d);
    if (rc == 0)
        rc = store_run(store, d, "DELETE FROM exceptions WHERE derived = 1", "");
    if (rc == 0)
        rc = store_run(store, d,
                       "INSERT INTO items (position, item, section) "
                       "SELECT position, item, section FROM key_items",
                       "");
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

/* Longest element: "num/den" of two 64-bit numbers, and its comma. */
#define ITEM_TEXT_MAX 48

/* Digits of a number to `to`; where they end. printf would be half of what a regrade takes. */
static char *put_number(char *to, int64_t number)
{
    char digits[24];
    int n = 0;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    if (number < 0)
        *to++ = '-';
    do {
        digits[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    while (n > 0)
        *to++ = digits[--n];
    return to;
}

/* As schema_4.sql has it. */
static char *put_item(char *to, const struct item_points *item)
{
    if (!item->counts)
        return stpcpy(to, "false");
    if (item->pending)
        return stpcpy(to, "null");
    if (item->points.den == 1)
        return put_number(to, item->points.num);
    *to++ = '"';
    to = put_number(to, item->points.num);
    *to++ = '/';
    to = put_number(to, item->points.den);
    *to++ = '"';
    return to;
}

static int put_item_scores(struct store *store, int64_t sheet, const struct score_row *row,
                           struct diag *d)
{
    char *text, *end;

    if (row->n_items == 0)
        return 0;
    arena_reset(&store->arena);
    text = end = arena_alloc(&store->arena, (size_t)row->n_items * ITEM_TEXT_MAX + 3);
    if (text == NULL)
        return store_fault(store, SQLITE_NOMEM, d);
    *end++ = '[';
    for (int i = 0; i < row->n_items; i++) {
        if (i > 0)
            *end++ = ',';
        end = put_item(end, &row->items[i]);
    }
    *end++ = ']';
    return store_run(store, d, "INSERT INTO sheet_items (sheet_id, points) VALUES (?, ?)", "it",
                     sheet, text);
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
