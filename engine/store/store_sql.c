/* store_sql.c - statements run and answers turned into diagnostics. */
#include "store_seal.h"

#include "diag.h"
#include "i18n.h"
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int fault_disk_full(const struct store *store, struct diag *d)
{
    return diag_error(
        d, YJ_EIO, NULL, 0, 0,
        _("free some space and run the same command again: what was committed is kept"),
        _("cannot write '%s': the disk is full"), store->path);
}

static int fault_system(struct store *store, int rc, struct diag *d)
{
    int system_error = sqlite3_system_errno(store->db);

    if (system_error == ENOSPC || system_error == EDQUOT)
        return fault_disk_full(store, d);
    return diag_error(d, YJ_EIO, NULL, 0, 0, NULL, _("cannot use '%s': %s"), store->path,
                      system_error != 0 ? strerror(system_error) : sqlite3_errstr(rc));
}

int store_fault(struct store *store, int rc, struct diag *d)
{
    switch (rc & 0xff) {
    case SQLITE_FULL:
        return fault_disk_full(store, d);
    case SQLITE_NOMEM:
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL: /* somebody has been opening it for seconds: stopped, or on a slow disk */
        return diag_error(d, YJ_EBUSY, NULL, 0, 0, _("close it there and try again"),
                          _("another program is using '%s'"), store->path);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return diag_error(d, YJ_EIO, NULL, 0, 0, _("choose another place with --db FILE"),
                          _("cannot write '%s': it is read-only"), store->path);
    case SQLITE_NOTADB:
        return diag_error(d, YJ_EINPUT, NULL, 0, 0, _("name a database that grade made"),
                          _("'%s' is no results database"), store->path);
    case SQLITE_CORRUPT:
        return diag_error(d, YJ_EIO, NULL, 0, 0,
                          _("restore a copy of it, or grade again into a new database"),
                          _("the database '%s' is damaged"), store->path);
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        return fault_system(store, rc, d);
    default:
        return diag_error(d, YJ_EIO, NULL, 0, 0, NULL, _("database '%s': %s"), store->path,
                          sqlite3_errmsg(store->db));
    }
}

static int statements_grow(struct store *store)
{
    int capacity = store->statements_capacity == 0 ? 64 : 2 * store->statements_capacity;
    struct cached_statement *grown =
        realloc(store->statements, (size_t)capacity * sizeof(*store->statements));

    if (grown == NULL)
        return SQLITE_NOMEM;
    store->statements = grown;
    store->statements_capacity = capacity;
    return SQLITE_OK;
}

int store_statement(struct store *store, const char *sql, sqlite3_stmt **ret_stmt, struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc = SQLITE_OK;

    for (int i = 0; i < store->n_statements; i++)
        if (store->statements[i].sql == sql) {
            /* An old error is no news: it was told when it happened. */
            sqlite3_reset(store->statements[i].stmt);
            *ret_stmt = store->statements[i].stmt;
            return 0;
        }
    if (store->n_statements == store->statements_capacity)
        rc = statements_grow(store);
    if (rc == SQLITE_OK)
        rc = sqlite3_prepare_v3(store->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL);
    if (rc != SQLITE_OK)
        return store_fault(store, rc, d);
    store->statements[store->n_statements++] = (struct cached_statement){sql, stmt};
    *ret_stmt = stmt;
    return 0;
}

void store_drop_statements(struct store *store)
{
    for (int i = 0; i < store->n_statements; i++)
        sqlite3_finalize(store->statements[i].stmt);
    free(store->statements);
    store->statements = NULL;
    store->n_statements = store->statements_capacity = 0;
}

int store_step_done(struct store *store, sqlite3_stmt *stmt, struct diag *d)
{
    int rc = sqlite3_step(stmt);
    int code = rc == SQLITE_DONE ? 0 : store_fault(store, rc, d);

    sqlite3_reset(stmt);
    return code;
}

static int bind_all(sqlite3_stmt *stmt, const char *types, va_list arguments)
{
    int rc = SQLITE_OK;

    for (int i = 1; *types != '\0' && rc == SQLITE_OK; i++, types++)
        switch (*types) {
        case 'i':
            rc = sqlite3_bind_int64(stmt, i, va_arg(arguments, int64_t));
            break;
        case 'd':
            rc = sqlite3_bind_double(stmt, i, va_arg(arguments, double));
            break;
        default:
            rc = sqlite3_bind_text(stmt, i, va_arg(arguments, const char *), -1, SQLITE_STATIC);
            break;
        }
    return rc;
}

int store_run(struct store *store, struct diag *d, const char *sql, const char *types, ...)
{
    sqlite3_stmt *stmt;
    va_list arguments;
    int rc = store_statement(store, sql, &stmt, d);

    if (rc < 0)
        return rc;
    va_start(arguments, types);
    int bound = bind_all(stmt, types, arguments);
    va_end(arguments);
    rc = bound == SQLITE_OK ? store_step_done(store, stmt, d) : store_fault(store, bound, d);
    sqlite3_clear_bindings(stmt);
    return rc;
}

int store_ask(struct store *store, struct diag *d, int64_t *ret_number, bool *ret_found,
              const char *sql, const char *types, ...)
{
    sqlite3_stmt *stmt;
    va_list arguments;
    int rc = store_statement(store, sql, &stmt, d);

    if (rc < 0)
        return rc;
    va_start(arguments, types);
    int answer = bind_all(stmt, types, arguments);
    va_end(arguments);
    if (answer == SQLITE_OK)
        answer = sqlite3_step(stmt);
    if (answer == SQLITE_ROW)
        *ret_number = sqlite3_column_int64(stmt, 0);
    else if (answer != SQLITE_DONE)
        rc = store_fault(store, answer, d);
    if (rc == 0 && ret_found != NULL)
        *ret_found = answer == SQLITE_ROW;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc;
}

int store_ask_text(struct store *store, struct diag *d, const char *sql, const char *argument)
{
    sqlite3_stmt *stmt;
    int rc = store_statement(store, sql, &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_text(stmt, 1, argument, -1, SQLITE_STATIC);
    int answer = sqlite3_step(stmt);
    if (answer == SQLITE_ROW) {
        free(store->answer);
        store->answer = strdup(store_text(stmt, 0));
        rc = store->answer != NULL ? 1 : store_fault(store, SQLITE_NOMEM, d);
    } else if (answer != SQLITE_DONE) {
        rc = store_fault(store, answer, d);
    }
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc;
}

int store_exec(struct store *store, const char *sql, struct diag *d)
{
    int rc = sqlite3_exec(store->db, sql, NULL, NULL, NULL);

    return rc == SQLITE_OK ? 0 : store_fault(store, rc, d);
}

const char *store_text(sqlite3_stmt *stmt, int column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, column);

    return text != NULL ? text : "";
}

int store_index(sqlite3_stmt *stmt, int column, int first)
{
    int64_t place = sqlite3_column_int64(stmt, column);

    if (sqlite3_column_type(stmt, column) == SQLITE_NULL || place < first || place > INT_MAX)
        return -1;
    return (int)(place - first);
}

bool store_points(sqlite3_stmt *stmt, int column, struct points *ret)
{
    const int64_t most = INT64_C(1) << 62; /* of terms that points.h calculates with */
    struct points points = {sqlite3_column_int64(stmt, column),
                            sqlite3_column_int64(stmt, column + 1)};

    if (points.den <= 0 || points.den > most || points.num < -most || points.num > most)
        return false;
    *ret = points;
    return true;
}

int store_begin(struct store *store, struct diag *d)
{
    /* IMMEDIATE: a transaction that will write says so at once, so that it cannot fail half-way
     * for want of the lock. */
    return store_run(store, d, "BEGIN IMMEDIATE", "");
}

int store_begin_read(struct store *store, struct diag *d)
{
    return store_run(store, d, "BEGIN", "");
}

int store_commit(struct store *store, struct diag *d)
{
    int rc = store->doomed ? store_fault(store, SQLITE_NOMEM, d) : store_seals_write(store, d);

    if (rc == 0)
        rc = store_run(store, d, "COMMIT", "");
    if (rc == 0)
        store_seals_committed(store);
    return rc;
}

void store_rollback(struct store *store)
{
    store->scan = 0;
    store->n_items = -1;
    /* SQLite may have rolled back by itself (disk full). */
    if (!sqlite3_get_autocommit(store->db))
        (void)store_run(store, NULL, "ROLLBACK", "");
    /* What is open still is half of something; closing the connection takes it back. */
    store->doomed = !sqlite3_get_autocommit(store->db);
    store_seals_rolled_back(store);
    store_forget_forms(store);
}

int store_enter(struct store *store, bool *ret_own, struct diag *d)
{
    if (!sqlite3_get_autocommit(store->db)) {
        *ret_own = false;
        return 0;
    }
    int rc = store_begin(store, d);

    if (rc == 0)
        *ret_own = true;
    return rc;
}

int store_leave(struct store *store, bool own, int rc, struct diag *d)
{
    if (!own)
        return rc;
    if (rc == 0)
        rc = store_commit(store, d);
    if (rc < 0)
        store_rollback(store);
    return rc;
}
