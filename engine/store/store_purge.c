/* store_purge.c - pictures of what people wrote, removed for good: rows deleted, their bytes
 * written over, the log emptied, the file rewritten. Scores and readings stay, and the audit says
 * what went. */
#include "store_internal.h"

#include "diag.h"
#include "i18n.h"
#include <stdio.h>
#include <stdlib.h>

/* Crops that are to go: their rowids. */
struct doomed {
    int64_t *rows;
    size_t n, capacity;
};

static int add_row(struct doomed *doomed, int64_t row)
{
    if (doomed->n == doomed->capacity) {
        size_t larger = doomed->capacity ? 2 * doomed->capacity : 1024;
        int64_t *rows = realloc(doomed->rows, larger * sizeof *rows);
        if (rows == NULL)
            return SQLITE_NOMEM;
        doomed->rows = rows;
        doomed->capacity = larger;
    }
    doomed->rows[doomed->n++] = row;
    return SQLITE_OK;
}

static int compare_ids(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static bool is_kept(const struct store_purge *purge, int64_t id)
{
    return purge->n_keep > 0 &&
           bsearch(&id, purge->keep, purge->n_keep, sizeof *purge->keep, compare_ids) != NULL;
}

/* Times are ISO 8601 in UTC: they sort as text, a day before all of its instants. */
static int find_crops(struct store *store, const struct store_purge *purge, struct doomed *doomed,
                      struct store_purge_counts *counts, struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc = store_statement(store,
                             "SELECT c.rowid, (c.page_id << 20) | c.field_id, length(c.pixels) "
                             "FROM crops c JOIN pages p ON p.id = c.page_id "
                             "JOIN scans s ON s.id = p.scan_id WHERE s.time < ?",
                             &stmt, d);
    int answer = SQLITE_DONE;

    if (rc < 0)
        return rc;
    sqlite3_bind_text(stmt, 1, purge->before, -1, SQLITE_STATIC);
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (is_kept(purge, sqlite3_column_int64(stmt, 1))) {
            counts->kept++;
            continue;
        }
        counts->images++;
        counts->bytes += sqlite3_column_int64(stmt, 2);
        answer = add_row(doomed, sqlite3_column_int64(stmt, 0));
        if (answer != SQLITE_OK)
            break;
    }
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
}

static int find(struct store *store, const struct store_purge *purge, struct doomed *doomed,
                struct store_purge_counts *counts, struct diag *d)
{
    *counts = (struct store_purge_counts){0};
    int rc = store_ask(store, d, &counts->all, NULL, "SELECT COUNT(*) FROM crops", "");

    return rc == 0 ? find_crops(store, purge, doomed, counts, d) : rc;
}

int store_count_purge(struct store *store, const struct store_purge *purge,
                      struct store_purge_counts *ret, struct diag *d)
{
    struct doomed doomed = {NULL, 0, 0};
    struct store_purge_counts counts;
    int rc = find(store, purge, &doomed, &counts, d);

    free(doomed.rows);
    if (rc == 0)
        *ret = counts;
    return rc;
}

static int audit_purge(struct store *store, const struct store_purge *purge,
                       const struct store_purge_counts *counts, struct diag *d)
{
    char detail[256];

    snprintf(detail, sizeof(detail),
             "{\"images\":%lld,\"bytes\":%lld,\"before\":\"%s\",\"kept\":%lld,\"left\":%lld}",
             (long long)counts->images, (long long)counts->bytes, purge->before,
             (long long)counts->kept, (long long)(counts->all - counts->images));
    return store_audit(store, "purge", detail, d);
}

int store_purge(struct store *store, const struct store_purge *purge,
                struct store_purge_counts *ret, struct diag *d)
{
    struct doomed doomed = {NULL, 0, 0};
    struct store_purge_counts counts = {0};
    /* Freed pages are filled with zeros. */
    int rc = store_exec(store, "PRAGMA secure_delete = ON", d);

    if (rc == 0)
        rc = store_begin(store, d);
    if (rc < 0)
        return rc;
    rc = find(store, purge, &doomed, &counts, d);
    for (size_t i = 0; i < doomed.n && rc == 0; i++)
        rc = store_run(store, d, "DELETE FROM crops WHERE rowid = ?", "i", doomed.rows[i]);
    if (rc == 0 && counts.images > 0)
        rc = audit_purge(store, purge, &counts, d);
    free(doomed.rows);
    rc = store_leave(store, true, rc, d);
    if (rc == 0)
        *ret = counts;
    return rc;
}

/* What the log holds goes into the file, and the log's own bytes go. */
static int empty_log(struct store *store, struct diag *d)
{
    int rc = sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

    if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
        return diag_error(d, YJ_EBUSY, NULL, 0, 0,
                          _("close it there and run the same command again"),
                          _("the pictures are deleted, but another program reads '%s', so that "
                            "their bytes are still in the file"),
                          store->path);
    return rc == SQLITE_OK ? 0 : store_fault(store, rc, d);
}

int store_shrink(struct store *store, struct diag *d)
{
    int rc = empty_log(store, d); /* the zeros are in the file, whatever follows */

    if (rc == 0) /* the copy may be larger than the memory */
        rc = store_exec(store, "PRAGMA temp_store = FILE; VACUUM", d);
    return rc == 0 ? empty_log(store, d) : rc;
}

int store_each_scan_before(struct store *store, const char *before,
                           int (*visit)(void *context, const char *path), void *context,
                           struct diag *d)
{
    sqlite3_stmt *stmt;
    int answer = SQLITE_DONE;
    int rc =
        store_statement(store, "SELECT path FROM scans WHERE time < ? ORDER BY path", &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_text(stmt, 1, before, -1, SQLITE_STATIC);
    while (rc >= 0 && (answer = sqlite3_step(stmt)) == SQLITE_ROW)
        rc = visit(context, store_text(stmt, 0));
    if (rc >= 0)
        rc = answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc;
}
