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

/* An item is named as its field. */
static const char answers_of_page[] =
    "SELECT f.position, r.value, r.status, r.confidence, r.source, x.points_num, x.points_den, "
    "x.pending, x.counts FROM readings r JOIN fields f ON f.id = r.field_id "
    "LEFT JOIN items i ON i.item = f.name "
    "LEFT JOIN item_scores x ON x.sheet_id = ?2 AND x.item = i.position "
    "WHERE r.page_id = ?1 ORDER BY r.field_id";

struct answer_list {
    struct sheet_answer *answers;
    int n, capacity;
};

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

static int append_answer(struct store *store, struct answer_list *list, sqlite3_stmt *stmt)
{
    if (list->n == list->capacity) {
        int larger = list->capacity ? 2 * list->capacity : 256;
        void *grown = realloc(list->answers, (size_t)larger * sizeof *list->answers);
        if (!grown)
            return SQLITE_NOMEM;
        list->answers = grown;
        list->capacity = larger;
    }
    int status = reading_status_parse(store_text(stmt, 2));
    struct sheet_answer answer = {
        .field = sqlite3_column_int(stmt, 0),
        .value = arena_strdup(&store->arena, store_text(stmt, 1)),
        .status = status < 0 ? READING_UNCERTAIN : (enum reading_status)status,
        .confidence = sqlite3_column_double(stmt, 3),
        .reviewed = strcmp(store_text(stmt, 4), "review") == 0,
        .is_item = sqlite3_column_type(stmt, 5) != SQLITE_NULL,
        .points = POINTS_ZERO,
    };
    if (answer.is_item) {
        answer.points =
            (struct points){sqlite3_column_int64(stmt, 5), sqlite3_column_int64(stmt, 6)};
        answer.pending = sqlite3_column_int(stmt, 7) != 0;
        answer.counts = sqlite3_column_int(stmt, 8) != 0;
    }
    list->answers[list->n++] = answer;
    return answer.value ? SQLITE_OK : SQLITE_NOMEM;
}

static int collect_answers(struct store *store, int64_t page, int64_t sheet,
                           struct answer_list *list, struct diag *d)
{
    sqlite3_stmt *stmt;
    int answer, rc = store_statement(store, answers_of_page, &stmt, d);
    if (rc < 0)
        return rc;
    list->n = 0;
    sqlite3_bind_int64(stmt, 1, page);
    sqlite3_bind_int64(stmt, 2, sheet);
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW)
        if (append_answer(store, list, stmt) != SQLITE_OK) {
            answer = SQLITE_NOMEM;
            break;
        }
    sqlite3_reset(stmt);
    return answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
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
        .total = {sqlite3_column_int64(stmt, 6), sqlite3_column_int64(stmt, 7)},
        .max = {sqlite3_column_int64(stmt, 8), sqlite3_column_int64(stmt, 9)},
        .scan = store_text(stmt, 10),
        .hash = store_text(stmt, 11),
        .number = sqlite3_column_int(stmt, 12),
        .form = sqlite3_column_int(stmt, 13),
        .form_page = sqlite3_column_int(stmt, 14) - 1,
        .width = sqlite3_column_int(stmt, 15),
        .height = sqlite3_column_int(stmt, 16),
    };
    if (!page->scored)
        page->total = page->max = POINTS_ZERO;
    return parse_transform(store_text(stmt, 17), &page->transform);
}

int store_each_sheet_page(struct store *store, const char *candidate,
                          int (*visit)(void *context, const struct sheet_page *page), void *context,
                          struct diag *d)
{
    struct answer_list list = {NULL, 0, 0};
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
        rc = collect_answers(store, sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1),
                             &list, d);
        page.answers = list.answers;
        page.n_answers = list.n;
        if (rc == 0)
            rc = visit(context, &page);
    }
    if (rc >= 0)
        rc = answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
    sqlite3_reset(stmt);
    free(list.answers);
    return rc;
}
