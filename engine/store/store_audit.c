/* store_audit.c - who did what, when: a chain of rows.
 *
 * Each row carries the SHA-256 of the row before it and of its own fields, each written as its
 * length in bytes, ':' and its bytes, so that no two rows spell the same text. A row changed, cut
 * out or put in breaks every hash after it; rows cut from the end show because SQLite remembers
 * the last number it gave. */
#include "store_internal.h"

#include "diag.h"
#include "i18n.h"
#include <openssl/evp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FIRST_PREVIOUS "0000000000000000000000000000000000000000000000000000000000000000"

struct audit_row {
    int64_t seq;
    const char *time, *user, *action, *detail, *previous;
};

void store_now(char time_text[STORE_TIME_MAX])
{
    time_t now = time(NULL);
    struct tm utc;

    gmtime_r(&now, &utc);
    strftime(time_text, STORE_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

void store_user(char *name, size_t size)
{
    char buffer[4096];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(getuid(), &entry, buffer, sizeof(buffer), &found) == 0 && found != NULL)
        snprintf(name, size, "%s", found->pw_name);
    else
        snprintf(name, size, "uid %ld", (long)getuid());
}

void store_hex(const uint8_t hash[SCAN_HASH_SIZE], char text[STORE_HASH_TEXT_MAX])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < SCAN_HASH_SIZE; i++) {
        text[2 * i] = digits[hash[i] >> 4];
        text[2 * i + 1] = digits[hash[i] & 15];
    }
    text[2 * SCAN_HASH_SIZE] = '\0';
}

int store_sha256(const void *bytes, size_t size, char text[STORE_HASH_TEXT_MAX])
{
    uint8_t hash[SCAN_HASH_SIZE];

    if (EVP_Digest(bytes, size, hash, NULL, EVP_sha256(), NULL) != 1)
        return YJ_ENOMEM;
    store_hex(hash, text);
    return 0;
}

static int audit_hash(const struct audit_row *row, char hash[STORE_HASH_TEXT_MAX])
{
    char seq[24];
    const char *const fields[] = {row->previous, seq,         row->time,
                                  row->user,     row->action, row->detail};
    sqlite3_str *text = sqlite3_str_new(NULL);
    int rc;

    snprintf(seq, sizeof(seq), "%lld", (long long)row->seq);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        sqlite3_str_appendf(text, "%lld:%s", (long long)strlen(fields[i]), fields[i]);
    rc = sqlite3_str_errcode(text) == SQLITE_OK
             ? store_sha256(sqlite3_str_value(text), (size_t)sqlite3_str_length(text), hash)
             : YJ_ENOMEM;
    sqlite3_free(sqlite3_str_finish(text));
    return rc;
}

static int audit_last(struct store *store, int64_t *ret_seq, char hash[STORE_HASH_TEXT_MAX],
                      struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc =
        store_statement(store, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", &stmt, d);

    if (rc < 0)
        return rc;
    *ret_seq = 0;
    snprintf(hash, STORE_HASH_TEXT_MAX, "%s", FIRST_PREVIOUS);
    int answer = sqlite3_step(stmt);
    if (answer == SQLITE_ROW) {
        *ret_seq = sqlite3_column_int64(stmt, 0);
        snprintf(hash, STORE_HASH_TEXT_MAX, "%s", store_text(stmt, 1));
    } else if (answer != SQLITE_DONE) {
        rc = store_fault(store, answer, d);
    }
    sqlite3_reset(stmt);
    return rc;
}

static int audit_append(struct store *store, const char *action, const char *detail, struct diag *d)
{
    char time_text[STORE_TIME_MAX], user[256];
    char previous[STORE_HASH_TEXT_MAX], hash[STORE_HASH_TEXT_MAX];
    struct audit_row row = {0, time_text, user, action, detail, previous};
    int rc = audit_last(store, &row.seq, previous, d);

    if (rc < 0)
        return rc;
    if (row.seq < 0 || row.seq == INT64_MAX)
        return store_fault(store, SQLITE_CORRUPT, d);
    row.seq++;
    store_now(time_text);
    store_user(user, sizeof(user));
    if (audit_hash(&row, hash) < 0)
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    return store_run(store, d,
                     "INSERT INTO audit (seq, time, user, action, detail, previous, hash) "
                     "VALUES (?, ?, ?, ?, ?, ?, ?)",
                     "itttttt", row.seq, time_text, user, action, detail, previous, hash);
}

int store_audit(struct store *store, const char *action, const char *detail, struct diag *d)
{
    bool own;
    int rc = store_enter(store, &own, d);

    if (rc < 0)
        return rc;
    return store_leave(store, own, audit_append(store, action, detail, d), d);
}

static int audit_check_row(struct store *store, sqlite3_stmt *stmt, int64_t expected_seq,
                           char previous[STORE_HASH_TEXT_MAX], struct diag *d)
{
    char hash[STORE_HASH_TEXT_MAX];
    struct audit_row row = {sqlite3_column_int64(stmt, 0), store_text(stmt, 1),
                            store_text(stmt, 2),           store_text(stmt, 3),
                            store_text(stmt, 4),           store_text(stmt, 5)};
    int rc = 0;

    if (audit_hash(&row, hash) < 0)
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    if (row.seq > expected_seq)
        rc = diag_error(d, YJ_EDATA, store->path, 0, 0, NULL,
                        _("audit entries %lld to %lld are missing"), (long long)expected_seq,
                        (long long)row.seq - 1);
    else if (row.seq < expected_seq || strcmp(row.previous, previous) != 0 ||
             strcmp(hash, store_text(stmt, 6)) != 0)
        rc = diag_error(d, YJ_EDATA, store->path, 0, 0,
                        _("compare with a copy of the database made earlier"),
                        _("audit entry %lld or the one before it was changed"), (long long)row.seq);
    snprintf(previous, STORE_HASH_TEXT_MAX, "%s", store_text(stmt, 6));
    return rc == 0 ? store_check_changes(store, row.seq, row.detail, d) : rc;
}

/* Rows cut from the end leave a whole chain: the counter knows better. */
static int audit_check_end(struct store *store, int64_t last, struct diag *d)
{
    int64_t given = 0;
    int rc = store_ask(store, d, &given, NULL,
                       "SELECT seq FROM sqlite_sequence WHERE name = 'audit'", "");

    if (rc == 0 && given != last)
        rc = diag_error(d, YJ_EDATA, store->path, 0, 0, NULL,
                        _("the audit ends at entry %lld, but entry %lld was written"),
                        (long long)last, (long long)given);
    return rc;
}

int store_audit_check(struct store *store, struct diag *d)
{
    char previous[STORE_HASH_TEXT_MAX] = FIRST_PREVIOUS;
    int64_t last = 0;
    sqlite3_stmt *stmt;
    int answer, found = 0;
    int rc = store_statement(
        store, "SELECT seq, time, user, action, detail, previous, hash FROM audit ORDER BY seq",
        &stmt, d);

    if (rc < 0)
        return rc;
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = audit_check_row(store, stmt, last < INT64_MAX ? last + 1 : last, previous, d);
        if (rc < 0)
            found = rc;
        if (rc < 0 && rc != YJ_EDATA)
            break;
        last = sqlite3_column_int64(stmt, 0);
    }
    sqlite3_reset(stmt);
    if (answer != SQLITE_ROW && answer != SQLITE_DONE)
        return store_fault(store, answer, d);
    rc = audit_check_end(store, last, d);
    return found < 0 ? found : rc;
}
