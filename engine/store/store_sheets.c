#include "store_sheets.h"

#include "diag.h"
#include "store_internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_COLUMNS                                                                               \
    "SELECT p.id, sh.id, sh.candidate, "                                                           \
    "(SELECT COUNT(*) FROM sheets o WHERE o.candidate = sh.candidate AND o.id <= sh.id), "         \
    "(SELECT COUNT(*) FROM sheets o WHERE o.candidate = sh.candidate), "                           \
    "sc.status, sc.total_num, sc.total_den, sc.max_num, sc.max_den, s.path, s.hash, p.number, "    \
    "f.position, p.form_page, p.width, p.height, p.transform "                                     \
    "FROM pages p JOIN scans s ON s.id = p.scan_id JOIN forms f ON f.id = p.form_id "              \
    "JOIN sheet_pages sp ON sp.page_id = p.id JOIN sheets sh ON sh.id = sp.sheet_id "              \
    "LEFT JOIN scores sc ON sc.sheet_id = sh.id "                                                  \
    "WHERE p.verdict = 'read' AND f.position IS NOT NULL AND p.transform IS NOT NULL "
#define PAGE_ORDER "ORDER BY s.path, s.hash, p.number"

static const char every_page[] = PAGE_COLUMNS PAGE_ORDER;
static const char pages_of[] = PAGE_COLUMNS "AND sh.candidate = ? " PAGE_ORDER;

static const char answers_of_page[] =
    "SELECT f.position, r.value, r.status, r.confidence, r.source "
    "FROM readings r JOIN fields f ON f.id = r.field_id WHERE r.page_id = ? ORDER BY r.field_id";
static const char said_of_sheet[] =
    "SELECT fo.position, f.position, r.value FROM sheet_pages sp "
    "JOIN readings r ON r.page_id = sp.page_id JOIN fields f ON f.id = r.field_id "
    "JOIN forms fo ON fo.id = f.form_id "
    "WHERE sp.sheet_id = ? AND r.status = 'ok' AND fo.position IS NOT NULL";
static const char items_of_sheet[] = "SELECT points_num, points_den, pending, counts "
                                     "FROM item_scores WHERE sheet_id = ? ORDER BY item";

/* Rows of one query. */
struct row_list {
    void *rows;
    int n, capacity;
};

struct page_lists {
    struct row_list answers, said, items;
};

/* Room for one more row of `size` bytes; NULL: no memory. */
static void *next_row(struct row_list *list, size_t size)
{
    if (list->n == list->capacity) {
        int larger = list->capacity ? 2 * list->capacity : 256;
        void *grown = realloc(list->rows, (size_t)larger * size);
        if (!grown)
            return NULL;
        list->rows = grown;
        list->capacity = larger;
    }
    return (char *)list->rows + (size_t)list->n++ * size;
}

static bool parse_transform(const char *json, struct homography *ret)
{
    const char *p = strchr(json, '[');
    for (int i = 0; p && i < 9; i++) {
        char *end;
        ret->m[i] = strtod(p + 1, &end);
        if (end == p + 1 || (*end != ',' && *end != ']'))
            return false;
        p = end;
    }
    return p != NULL;
}

static int append_answer(struct store *store, struct row_list *list, sqlite3_stmt *stmt)
{
    struct sheet_answer *answer = next_row(list, sizeof *answer);
    int status = reading_status_parse(store_text(stmt, 2));
    if (!answer)
        return SQLITE_NOMEM;
    *answer = (struct sheet_answer){
        .field = store_index(stmt, 0, 0),
        .value = arena_strdup(&store->arena, store_text(stmt, 1)),
        .status = status < 0 ? READING_UNCERTAIN : (enum reading_status)status,
        .confidence = sqlite3_column_double(stmt, 3),
        .reviewed = strcmp(store_text(stmt, 4), "review") == 0,
    };
    return answer->value ? SQLITE_OK : SQLITE_NOMEM;
}

static int append_said(struct store *store, struct row_list *list, sqlite3_stmt *stmt)
{
    struct sheet_said *said = next_row(list, sizeof *said);
    if (!said)
        return SQLITE_NOMEM;
    *said = (struct sheet_said){store_index(stmt, 0, 0), store_index(stmt, 1, 0),
                                arena_strdup(&store->arena, store_text(stmt, 2))};
    return said->value ? SQLITE_OK : SQLITE_NOMEM;
}

static int append_item(struct store *store, struct row_list *list, sqlite3_stmt *stmt)
{
    struct item_points *item = next_row(list, sizeof *item);
    (void)store;
    if (!item)
        return SQLITE_NOMEM;
    item->pending = sqlite3_column_int(stmt, 2) != 0;
    item->counts = sqlite3_column_int(stmt, 3) != 0;
    return store_points(stmt, 0, &item->points) ? SQLITE_OK : SQLITE_CORRUPT;
}

/* The rows of a query by an id. */
static int collect(struct store *store, const char *sql, int64_t id, struct row_list *list,
                   int (*append)(struct store *store, struct row_list *list, sqlite3_stmt *stmt),
                   struct diag *d)
{
    sqlite3_stmt *stmt;
    int answer, rc = store_statement(store, sql, &stmt, d);
    if (rc < 0)
        return rc;
    list->n = 0;
    sqlite3_bind_int64(stmt, 1, id);
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        int appended = append(store, list, stmt);
        if (appended != SQLITE_OK) {
            answer = appended;
            break;
        }
    }
    sqlite3_reset(stmt);
    return answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
}

static int collect_lists(struct store *store, int64_t page, int64_t sheet, struct page_lists *lists,
                         struct sheet_page *ret, struct diag *d)
{
    int rc = collect(store, answers_of_page, page, &lists->answers, append_answer, d);
    if (rc == 0)
        rc = collect(store, said_of_sheet, sheet, &lists->said, append_said, d);
    if (rc == 0)
        rc = collect(store, items_of_sheet, sheet, &lists->items, append_item, d);
    ret->answers = lists->answers.rows;
    ret->n_answers = lists->answers.n;
    ret->said = lists->said.rows;
    ret->n_said = lists->said.n;
    ret->items = lists->items.rows;
    ret->n_items = lists->items.n;
    return rc;
}

static enum score_status parse_status(const char *name)
{
    for (int s = SCORE_SCORED; s <= SCORE_VOID; s++)
        if (strcmp(name, score_status_name((enum score_status)s)) == 0)
            return (enum score_status)s;
    return SCORE_PENDING;
}

static bool fill_page(sqlite3_stmt *stmt, struct sheet_page *page)
{
    *page = (struct sheet_page){
        .candidate = store_text(stmt, 2),
        .nth = sqlite3_column_int(stmt, 3),
        .of = sqlite3_column_int(stmt, 4),
        .scored = sqlite3_column_type(stmt, 5) != SQLITE_NULL,
        .status = parse_status(store_text(stmt, 5)),
        .total = POINTS_ZERO,
        .max = POINTS_ZERO,
        .scan = store_text(stmt, 10),
        .hash = store_text(stmt, 11),
        .number = sqlite3_column_int(stmt, 12),
        .form = store_index(stmt, 13, 0),
        .form_page = store_index(stmt, 14, 1),
        .width = sqlite3_column_int(stmt, 15),
        .height = sqlite3_column_int(stmt, 16),
    };
    if (page->scored &&
        (!store_points(stmt, 6, &page->total) || !store_points(stmt, 8, &page->max)))
        return false;
    return parse_transform(store_text(stmt, 17), &page->transform);
}

int store_each_sheet_page(struct store *store, const char *candidate,
                          int (*visit)(void *context, const struct sheet_page *page), void *context,
                          struct diag *d)
{
    struct page_lists lists = {0};
    int answer = SQLITE_DONE;
    sqlite3_stmt *stmt;
    int rc = store_statement(store, candidate ? pages_of : every_page, &stmt, d);
    if (rc < 0)
        return rc;
    if (candidate)
        sqlite3_bind_text(stmt, 1, candidate, -1, SQLITE_TRANSIENT);
    while (rc >= 0 && (answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct sheet_page page;
        if (!fill_page(stmt, &page)) {
            rc = store_fault(store, SQLITE_CORRUPT, d);
            break;
        }
        arena_reset(&store->arena);
        rc = collect_lists(store, sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
                           &lists, &page, d);
        if (rc == 0)
            rc = visit(context, &page);
    }
    if (rc >= 0)
        rc = answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
    sqlite3_reset(stmt);
    free(lists.answers.rows);
    free(lists.said.rows);
    free(lists.items.rows);
    return rc;
}
