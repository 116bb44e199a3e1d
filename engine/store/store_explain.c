/* store_explain.c - all that is stored of one candidate's score. */
#include "store_internal.h"

#include "diag.h"
#include "i18n.h"
#include <stdlib.h>
#include <string.h>

/* Rows of one kind as they come; grown in the store's arena by doubling. */
struct growing {
    void *rows;
    int n, capacity;
    size_t size;
};

static void *add_row(struct store *store, struct growing *g)
{
    if (g->n == g->capacity) {
        int larger = g->capacity ? 2 * g->capacity : 32;
        void *rows = arena_alloc(&store->arena, (size_t)larger * g->size);
        if (rows == NULL)
            return NULL;
        if (g->n > 0)
            memcpy(rows, g->rows, (size_t)g->n * g->size);
        g->rows = rows;
        g->capacity = larger;
    }
    return (char *)g->rows + (size_t)g->n++ * g->size;
}

static const char *keep_text(struct store *store, sqlite3_stmt *stmt, int column)
{
    return arena_strdup(&store->arena, store_text(stmt, column));
}

/* SQLITE_OK, SQLITE_NOMEM, SQLITE_CORRUPT. */
typedef int (*keep_row)(struct store *store, sqlite3_stmt *stmt, void *row);

/* Every row of a statement about one sheet. */
static int collect(struct store *store, const char *sql, int64_t sheet, keep_row keep,
                   struct growing *g, struct diag *d)
{
    sqlite3_stmt *stmt;
    int answer = SQLITE_DONE, rc = store_statement(store, sql, &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, sheet);
    while (rc == 0 && (answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        void *row = add_row(store, g);
        int kept = row == NULL ? SQLITE_NOMEM : keep(store, stmt, row);
        if (kept != SQLITE_OK)
            rc = store_fault(store, kept, d);
    }
    if (rc == 0 && answer != SQLITE_DONE)
        rc = store_fault(store, answer, d);
    sqlite3_reset(stmt);
    return rc;
}

static int keep_item(struct store *store, sqlite3_stmt *stmt, void *row)
{
    struct item_points *item = row;

    (void)store;
    item->pending = sqlite3_column_int(stmt, 2) != 0;
    item->counts = sqlite3_column_int(stmt, 3) != 0;
    return store_points(stmt, 0, &item->points) ? SQLITE_OK : SQLITE_CORRUPT;
}

static int keep_section(struct store *store, sqlite3_stmt *stmt, void *row)
{
    struct section_points *section = row;

    (void)store;
    section->pending = sqlite3_column_int(stmt, 2) != 0;
    return store_points(stmt, 0, &section->points) ? SQLITE_OK : SQLITE_CORRUPT;
}

static int keep_answer(struct store *store, sqlite3_stmt *stmt, void *row)
{
    int status = reading_status_parse(store_text(stmt, 3));
    struct stored_answer answer = {
        .id = sqlite3_column_int64(stmt, 0),
        .field = keep_text(store, stmt, 1),
        .value = keep_text(store, stmt, 2),
        .status = status < 0 ? READING_UNREAD : (enum reading_status)status,
        .confidence = sqlite3_column_double(stmt, 4),
        .reviewed = strcmp(store_text(stmt, 5), "review") == 0,
        .scan = keep_text(store, stmt, 6),
        .page = sqlite3_column_int(stmt, 7),
        .form = store_index(stmt, 8, 0),
    };

    *(struct stored_answer *)row = answer;
    return answer.field && answer.value && answer.scan ? SQLITE_OK : SQLITE_NOMEM;
}

static int keep_exception(struct store *store, sqlite3_stmt *stmt, void *row)
{
    return (*(const char **)row = keep_text(store, stmt, 0)) ? SQLITE_OK : SQLITE_NOMEM;
}

static int collect_score(struct store *store, int64_t sheet, struct stored_score *score,
                         struct diag *d)
{
    struct growing items = {.size = sizeof(struct item_points)};
    struct growing sections = {.size = sizeof(struct section_points)};
    struct growing answers = {.size = sizeof(struct stored_answer)};
    struct growing exceptions = {.size = sizeof(const char *)};
    int rc = collect(store,
                     "SELECT points_num, points_den, pending, counts FROM item_scores "
                     "WHERE sheet_id = ? ORDER BY item",
                     sheet, keep_item, &items, d);

    if (rc == 0)
        rc = collect(store,
                     "SELECT points_num, points_den, pending FROM section_scores "
                     "WHERE sheet_id = ? ORDER BY section",
                     sheet, keep_section, &sections, d);
    if (rc == 0)
        rc = collect(store,
                     "SELECT (r.page_id << 20) | r.field_id, f.name, r.value, r.status, "
                     "r.confidence, r.source, s.path, p.number, COALESCE(m.position, -1) "
                     "FROM sheet_pages sp JOIN pages p ON p.id = sp.page_id "
                     "JOIN scans s ON s.id = p.scan_id JOIN readings r ON r.page_id = p.id "
                     "JOIN fields f ON f.id = r.field_id JOIN forms m ON m.id = f.form_id "
                     "WHERE sp.sheet_id = ? ORDER BY s.path, s.hash, p.number, r.field_id",
                     sheet, keep_answer, &answers, d);
    if (rc == 0)
        rc = collect(store,
                     "SELECT e.detail FROM exceptions e WHERE e.derived = 1 AND (e.page_id IN "
                     "(SELECT page_id FROM sheet_pages WHERE sheet_id = ?1) OR (e.page_id IS NULL "
                     "AND e.candidate = (SELECT candidate FROM sheets WHERE id = ?1) "
                     "AND NOT EXISTS (SELECT 1 FROM sheet_pages WHERE sheet_id = ?1))) "
                     "ORDER BY e.id",
                     sheet, keep_exception, &exceptions, d);
    score->items = items.rows;
    score->n_items = items.n;
    score->sections = sections.rows;
    score->n_sections = sections.n;
    score->answers = answers.rows;
    score->n_answers = answers.n;
    score->exceptions = exceptions.rows;
    score->n_exceptions = exceptions.n;
    return rc;
}

static enum score_status status_of(const char *name)
{
    for (int s = SCORE_SCORED; s <= SCORE_VOID; s++)
        if (strcmp(name, score_status_name((enum score_status)s)) == 0)
            return (enum score_status)s;
    return SCORE_PENDING;
}

int store_visit_scores(struct store *store, const char *candidate,
                       int (*visit)(void *context, const struct stored_score *score), void *context,
                       struct diag *d)
{
    sqlite3_stmt *stmt;
    int answer = SQLITE_DONE, n = 0;
    int rc = store_statement(store,
                             "SELECT sh.id, sh.candidate, r.name, r.class, r.school, sc.status, "
                             "sc.total_num, sc.total_den, sc.max_num, sc.max_den FROM sheets sh "
                             "JOIN scores sc ON sc.sheet_id = sh.id "
                             "LEFT JOIN roster r ON r.candidate = sh.candidate "
                             "WHERE sh.candidate = ? ORDER BY sh.id",
                             &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_text(stmt, 1, candidate, -1, SQLITE_STATIC);
    while (rc >= 0 && (answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct stored_score score = {.candidate = store_text(stmt, 1),
                                     .name = store_text(stmt, 2),
                                     .class_name = store_text(stmt, 3),
                                     .school = store_text(stmt, 4),
                                     .status = status_of(store_text(stmt, 5))};
        arena_reset(&store->arena);
        if (!store_points(stmt, 6, &score.total) || !store_points(stmt, 8, &score.max))
            rc = store_fault(store, SQLITE_CORRUPT, d);
        else
            rc = collect_score(store, sqlite3_column_int64(stmt, 0), &score, d);
        if (rc == 0)
            rc = visit(context, &score);
        n++;
    }
    if (rc >= 0 && answer != SQLITE_DONE)
        rc = store_fault(store, answer, d);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc < 0 ? rc : n;
}
