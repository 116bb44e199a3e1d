/* store_health.c - how the scanner did on each page, and the alarms made of it. */
#include "store_internal.h"

#include "diag.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const corner_names[] = {
    [CORNER_TOP_LEFT] = "top-left",
    [CORNER_TOP_RIGHT] = "top-right",
    [CORNER_BOTTOM_RIGHT] = "bottom-right",
    [CORNER_BOTTOM_LEFT] = "bottom-left",
};

static int corner_parse(const char *name)
{
    for (int c = CORNER_TOP_LEFT; c <= CORNER_BOTTOM_LEFT; c++)
        if (strcmp(name, corner_names[c]) == 0)
            return c;
    return -1;
}

/* ---- writing ---- */

static int insert_line(struct store *store, int64_t page_id, int position,
                       const struct page_line *line, struct diag *d)
{
    char axis[2] = {line->form_axis, '\0'};

    return store_run(store, d,
                     "INSERT INTO page_lines (page_id, position, across, light, at, lean, depth,"
                     " form_axis, form_at, touches) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     "iiiidddtdt", page_id, (int64_t)position, (int64_t)line->across,
                     (int64_t)line->light, line->at, line->lean, line->depth,
                     line->form_axis ? axis : NULL, line->form_axis ? line->form_at : NAN,
                     line->touches);
}

int store_put_health(struct store *store, int64_t page_id, const struct page_health *h,
                     struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc = 0;

    if (!h->measured)
        return 0;
    rc = store_statement(store,
                         "INSERT INTO page_health (page_id, dpi, side, paper, clipped, bitonal,"
                         " corner, corner_mm, corner_touches, fingerprint, rise)"
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         &stmt, d);
    if (rc < 0)
        return rc;
    sqlite3_clear_bindings(stmt);
    sqlite3_bind_int64(stmt, 1, page_id);
    sqlite3_bind_double(stmt, 2, h->dpi);
    sqlite3_bind_text(stmt, 3, page_side_name(h->side), -1, SQLITE_STATIC);
    sqlite3_bind_double(stmt, 4, h->paper);
    sqlite3_bind_double(stmt, 5, h->clipped);
    sqlite3_bind_int(stmt, 6, h->bitonal);
    if (h->corner >= 0) {
        sqlite3_bind_text(stmt, 7, corner_names[h->corner], -1, SQLITE_STATIC);
        sqlite3_bind_double(stmt, 8, h->corner_size);
        sqlite3_bind_text(stmt, 9, h->corner_touches, -1, SQLITE_STATIC);
    }
    if (h->has_fingerprint)
        sqlite3_bind_blob(stmt, 10, h->fingerprint, HEALTH_CELLS, SQLITE_STATIC);
    if (h->rise > 0)
        sqlite3_bind_double(stmt, 11, h->rise);
    rc = store_step_done(store, stmt, d);
    sqlite3_clear_bindings(stmt);
    for (int i = 0; i < h->n_lines && rc == 0; i++)
        rc = insert_line(store, page_id, i, &h->lines[i], d);
    return rc;
}

int store_clear_alarms(struct store *store, struct diag *d)
{
    return store_run(store, d, "DELETE FROM alarms", "");
}

int store_put_alarm(struct store *store, const struct health_alarm *alarm, struct diag *d)
{
    return store_run(store, d,
                     "INSERT INTO alarms (kind, run, first_page, last_page, pages, place, detail) "
                     "VALUES (?, ?, ?, ?, ?, ?, ?)",
                     "tiiiidt", alarm_kind_name(alarm->kind), (int64_t)alarm->run, alarm->first,
                     alarm->last, (int64_t)alarm->pages, alarm->place, alarm->detail);
}

/* ---- reading ---- */

/* A page that was refused as unreadable was not looked at, and counts as a page all the same. */
static const char pages_sql[] =
    "SELECT p.id, s.path, p.number, s.batch, COALESCE(f.position, -1), COALESCE(p.form_page, 0),"
    " p.verdict, p.width, p.height, p.dpi, p.skew, p.contrast, p.paper, p.sharpness,"
    " (SELECT r.value FROM readings r WHERE r.page_id = p.id AND r.field_id = f.candidate_field"
    "                                   AND r.status = 'ok'),"
    " (SELECT COUNT(*) FROM readings r WHERE r.page_id = p.id AND r.value <> ''),"
    " h.dpi, h.side, h.paper, h.clipped, h.bitonal, h.corner, h.corner_mm, h.corner_touches,"
    " h.fingerprint, h.rise "
    "FROM pages p JOIN scans s ON s.id = p.scan_id LEFT JOIN forms f ON f.id = p.form_id "
    "LEFT JOIN page_health h ON h.page_id = p.id ORDER BY p.id";

static const char lines_sql[] =
    "SELECT across, light, at, lean, depth, form_axis, form_at, touches FROM page_lines "
    "WHERE page_id = ? ORDER BY position";

static enum page_verdict verdict_of(const char *name)
{
    for (int v = PAGE_READ; v < PAGE_UNKNOWN_FORM; v++)
        if (strcmp(name, page_verdict_name((enum page_verdict)v)) == 0)
            return (enum page_verdict)v;
    return PAGE_UNKNOWN_FORM;
}

static void fill_health(sqlite3_stmt *stmt, int column, struct page_health *h)
{
    int side = page_side_parse(store_text(stmt, column + 1));

    h->corner = -1;
    h->measured = sqlite3_column_type(stmt, column) != SQLITE_NULL;
    if (!h->measured)
        return;
    h->dpi = sqlite3_column_double(stmt, column);
    h->side = side < 0 ? SIDE_PRINTED : (enum page_side)side;
    h->paper = sqlite3_column_double(stmt, column + 2);
    h->clipped = sqlite3_column_double(stmt, column + 3);
    h->bitonal = sqlite3_column_int(stmt, column + 4) != 0;
    h->corner = corner_parse(store_text(stmt, column + 5));
    h->corner_size = sqlite3_column_double(stmt, column + 6);
    h->rise = sqlite3_column_double(stmt, column + 9);
    snprintf(h->corner_touches, sizeof h->corner_touches, "%s", store_text(stmt, column + 7));
    h->has_fingerprint = sqlite3_column_bytes(stmt, column + 8) == HEALTH_CELLS;
    if (h->has_fingerprint)
        memcpy(h->fingerprint, sqlite3_column_blob(stmt, column + 8), HEALTH_CELLS);
}

static void fill_page(sqlite3_stmt *stmt, struct health_page *page)
{
    *page = (struct health_page){.id = sqlite3_column_int64(stmt, 0),
                                 .scan = store_text(stmt, 1),
                                 .number = sqlite3_column_int(stmt, 2),
                                 .batch = store_text(stmt, 3),
                                 .form = store_index(stmt, 4, 0),
                                 .form_page = store_index(stmt, 5, 1),
                                 .verdict = verdict_of(store_text(stmt, 6)),
                                 .width = sqlite3_column_int(stmt, 7),
                                 .height = sqlite3_column_int(stmt, 8),
                                 .quality = {.dpi = sqlite3_column_double(stmt, 9),
                                             .skew = sqlite3_column_double(stmt, 10),
                                             .contrast = sqlite3_column_double(stmt, 11),
                                             .paper = sqlite3_column_double(stmt, 12),
                                             .sharpness = sqlite3_column_double(stmt, 13)},
                                 .candidate = store_text(stmt, 14),
                                 .marked = sqlite3_column_int(stmt, 15)};
    fill_health(stmt, 16, &page->health);
}

static int fill_lines(struct store *store, int64_t page_id, struct page_health *h, struct diag *d)
{
    sqlite3_stmt *stmt;
    int answer, rc = store_statement(store, lines_sql, &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, page_id);
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW && h->n_lines < HEALTH_MAX_LINES) {
        struct page_line *line = &h->lines[h->n_lines++];

        *line = (struct page_line){.across = sqlite3_column_int(stmt, 0) != 0,
                                   .light = sqlite3_column_int(stmt, 1) != 0,
                                   .at = sqlite3_column_double(stmt, 2),
                                   .lean = sqlite3_column_double(stmt, 3),
                                   .depth = sqlite3_column_double(stmt, 4),
                                   .form_axis = store_text(stmt, 5)[0],
                                   .form_at = sqlite3_column_double(stmt, 6)};
        snprintf(line->touches, sizeof line->touches, "%s", store_text(stmt, 7));
    }
    sqlite3_reset(stmt);
    return answer == SQLITE_ROW || answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
}

int store_each_health(struct store *store,
                      int (*visit)(void *context, const struct health_page *page), void *context,
                      struct diag *d)
{
    struct health_page page;
    sqlite3_stmt *stmt;
    int answer, rc = store_statement(store, pages_sql, &stmt, d);

    if (rc < 0)
        return rc;
    while (rc == 0 && (answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        fill_page(stmt, &page);
        if (page.health.measured)
            rc = fill_lines(store, page.id, &page.health, d);
        if (rc == 0)
            rc = visit(context, &page);
    }
    if (rc == 0 && answer != SQLITE_DONE)
        rc = store_fault(store, answer, d);
    sqlite3_reset(stmt);
    return rc;
}
