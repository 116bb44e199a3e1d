/* store_changes.c - the scores that changed, beside the audit row that says why.
 *
 * The row's detail ends with "; changes " and the SHA-256 of all of them, each field as its length
 * in bytes, ':' and its bytes. The chain covers the detail, so a change that is changed shows. */
#include "store_internal.h"

#include "diag.h"
#include "i18n.h"
#include <stdlib.h>
#include <string.h>

#define MARKER "; changes "

static void append_field(sqlite3_str *text, const char *field)
{
    sqlite3_str_appendf(text, "%lld:%s", (long long)strlen(field), field);
}

/* The hash of the text, which is finished; YJ_ENOMEM. */
static int finish_hash(sqlite3_str *text, char hash[STORE_HASH_TEXT_MAX])
{
    int size = sqlite3_str_length(text);
    int rc = sqlite3_str_errcode(text) == SQLITE_OK ? 0 : YJ_ENOMEM;
    char *bytes = sqlite3_str_finish(text);

    if (rc == 0)
        rc = store_sha256(bytes ? bytes : "", (size_t)size, hash);
    sqlite3_free(bytes);
    return rc;
}

static int put_changes(struct store *store, const struct store_change *changes, size_t n,
                       struct diag *d)
{
    int64_t seq = 0;
    int rc = store_ask(store, d, &seq, NULL, "SELECT MAX(seq) FROM audit", "");

    for (size_t i = 0; i < n && rc == 0; i++)
        rc = store_run(store, d,
                       "INSERT INTO score_changes (seq, position, candidate, before, after) "
                       "VALUES (?, ?, ?, ?, ?)",
                       "iittt", seq, (int64_t)i + 1, changes[i].candidate, changes[i].before,
                       changes[i].after);
    return rc;
}

int store_audit_changes(struct store *store, const char *action, const char *detail,
                        const struct store_change *changes, size_t n, struct diag *d)
{
    char hash[STORE_HASH_TEXT_MAX];
    bool own;

    if (n == 0)
        return store_audit(store, action, detail, d);
    sqlite3_str *text = sqlite3_str_new(store->db);
    for (size_t i = 0; i < n; i++) {
        append_field(text, changes[i].candidate);
        append_field(text, changes[i].before);
        append_field(text, changes[i].after);
    }
    if (finish_hash(text, hash) < 0)
        return store_fault(store, SQLITE_NOMEM, d);
    char *whole = sqlite3_mprintf("%s" MARKER "%s", detail, hash);
    int rc = whole ? store_enter(store, &own, d) : store_fault(store, SQLITE_NOMEM, d);
    if (rc == 0) {
        rc = store_audit(store, action, whole, d);
        if (rc == 0)
            rc = put_changes(store, changes, n, d);
        rc = store_leave(store, own, rc, d);
    }
    sqlite3_free(whole);
    return rc;
}

/* ---- check ---- */

/* The hash of the changes of one audit row; *ret_n how many there are. */
static int hash_of_changes(struct store *store, int64_t seq, char hash[STORE_HASH_TEXT_MAX],
                           int *ret_n, struct diag *d)
{
    sqlite3_stmt *stmt;
    int answer, rc = store_statement(store,
                                     "SELECT candidate, before, after FROM score_changes "
                                     "WHERE seq = ? ORDER BY position",
                                     &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_str *text = sqlite3_str_new(store->db);
    sqlite3_bind_int64(stmt, 1, seq);
    *ret_n = 0;
    for (; (answer = sqlite3_step(stmt)) == SQLITE_ROW; ++*ret_n)
        for (int i = 0; i < 3; i++)
            append_field(text, store_text(stmt, i));
    sqlite3_reset(stmt);
    rc = finish_hash(text, hash);
    if (answer != SQLITE_DONE)
        return store_fault(store, answer, d);
    return rc < 0 ? store_fault(store, SQLITE_NOMEM, d) : 0;
}

/* The hash that ends a detail; NULL: there is none. What people write may hold the marker's words,
 * so that it is one only before a hash at the very end. */
static const char *find_hash(const char *detail)
{
    const size_t hash = STORE_HASH_TEXT_MAX - 1, tail = strlen(MARKER) + hash;
    size_t length = strlen(detail);

    if (length < tail || strncmp(detail + length - tail, MARKER, strlen(MARKER)) != 0)
        return NULL;
    const char *text = detail + length - hash;
    return strspn(text, "0123456789abcdef") == hash ? text : NULL;
}

int store_check_changes(struct store *store, int64_t seq, const char *detail, struct diag *d)
{
    char hash[STORE_HASH_TEXT_MAX];
    const char *told = find_hash(detail);
    int n = 0, rc = hash_of_changes(store, seq, hash, &n, d);

    if (rc < 0)
        return rc;
    if (told ? strcmp(told, hash) != 0 : n > 0)
        return diag_error(
            d, YJ_EDATA, store->path, 0, 0, _("compare with a copy of the database made earlier"),
            _("the scores that audit entry %lld changed were changed since"), (long long)seq);
    return 0;
}
