#define SQLITE_ENABLE_PREUPDATE_HOOK /* as Debian builds it */
#include "store_seal.h"

#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 4         /* of a sum */
#define EXACT 0x1p53    /* whole numbers below it are the same as integer and as real */
#define SUM_TEXT_MAX 65 /* hexadecimal, and its zero */
#define SCHEMA "sqlite_schema"
#define ROW_BUFFER                                                                                 \
    1024 /* bytes: most rows are shorter; asking for the hash of each piece costs more */

struct sum {
    uint64_t word[WORDS]; /* the lowest first */
    int64_t n;
};

struct seal {
    char *name;
    int n_columns; /* that are stored: those that are computed come last in every table */
    struct sum now, committed;
};

struct seals {
    struct seal *list;
    int n;
    int last;  /* index of the one last asked for */
    int fault; /* of a row that could not be hashed: no commit may follow */
    EVP_MD_CTX *context;
    uint8_t row[ROW_BUFFER]; /* of the row in hand, what is not yet hashed */
    size_t filled;
};

/* ---- sums ---- */

static void add(struct sum *sum, const uint8_t hash[32], bool minus)
{
    unsigned carry = 0;

    for (int i = 0; i < WORDS; i++) {
        uint64_t word;
        unsigned long long out;
        memcpy(&word, hash + 8 * i, sizeof word);
        if (minus) {
            bool borrow = __builtin_usubll_overflow(sum->word[i], word, &out);
            carry = borrow | __builtin_usubll_overflow(out, carry, &out);
        } else {
            bool over = __builtin_uaddll_overflow(sum->word[i], word, &out);
            carry = over | __builtin_uaddll_overflow(out, carry, &out);
        }
        sum->word[i] = out;
    }
    sum->n += minus ? -1 : 1;
}

static void print_sum(const struct sum *sum, char text[SUM_TEXT_MAX])
{
    for (int i = 0; i < WORDS; i++)
        snprintf(text + 16 * i, 17, "%016llx", (unsigned long long)sum->word[WORDS - 1 - i]);
}

static void parse_sum(const char *text, struct sum *ret)
{
    char part[17] = "";

    for (int i = 0; i < WORDS && strlen(text) == SUM_TEXT_MAX - 1; i++) {
        memcpy(part, text + 16 * i, 16);
        ret->word[WORDS - 1 - i] = strtoull(part, NULL, 16);
    }
}

/* ---- a row's hash ---- */

static bool feed(struct seals *seals, const void *bytes, size_t size)
{
    if (size > sizeof seals->row - seals->filled) {
        if (!EVP_DigestUpdate(seals->context, seals->row, seals->filled))
            return false;
        seals->filled = 0;
    }
    if (size > sizeof seals->row)
        return EVP_DigestUpdate(seals->context, bytes, size);
    if (size > 0)
        memcpy(seals->row + seals->filled, bytes, size);
    seals->filled += size;
    return true;
}

static bool begin_row(struct seals *seals, const char *table)
{
    seals->filled = 0;
    return EVP_DigestInit_ex2(seals->context, NULL, NULL) && feed(seals, table, strlen(table) + 1);
}

static bool end_row(struct seals *seals, uint8_t hash[EVP_MAX_MD_SIZE])
{
    return EVP_DigestUpdate(seals->context, seals->row, seals->filled) &&
           EVP_DigestFinal_ex(seals->context, hash, NULL);
}

/* A byte for the type, and what makes the value: texts and blobs with their length before them.
 * SQLite may hand out a whole real as an integer. */
static bool hash_value(struct seals *seals, sqlite3_value *value)
{
    uint8_t head[9] = {0};
    int type = sqlite3_value_type(value);
    int64_t integer = type == SQLITE_INTEGER ? sqlite3_value_int64(value) : 0;
    double real = type == SQLITE_FLOAT ? sqlite3_value_double(value) : 0;

    if (type == SQLITE_FLOAT && real == floor(real) && fabs(real) < EXACT) {
        type = SQLITE_INTEGER;
        integer = (int64_t)real;
    }
    head[0] = (uint8_t)type;
    if (type == SQLITE_INTEGER)
        memcpy(head + 1, &integer, sizeof integer);
    else if (type == SQLITE_FLOAT)
        memcpy(head + 1, &real, sizeof real);
    if (type != SQLITE_TEXT && type != SQLITE_BLOB)
        return feed(seals, head, sizeof head);
    const void *bytes =
        type == SQLITE_TEXT ? (const void *)sqlite3_value_text(value) : sqlite3_value_blob(value);
    int64_t size = sqlite3_value_bytes(value);
    memcpy(head + 1, &size, sizeof size);
    return feed(seals, head, sizeof head) &&
           (size == 0 || (bytes != NULL && feed(seals, bytes, (size_t)size)));
}

/* ---- what SQLite tells of a row ---- */

static struct seal *find(struct seals *seals, const char *table)
{
    for (int tried = 0; tried < seals->n; tried++) {
        int i = (seals->last + tried) % seals->n;
        if (strcmp(seals->list[i].name, table) == 0) {
            seals->last = i;
            return &seals->list[i];
        }
    }
    return NULL;
}

static void take_row(struct seals *seals, struct seal *seal, sqlite3 *db,
                     int (*get)(sqlite3 *, int, sqlite3_value **), bool minus)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    bool good = begin_row(seals, seal->name);

    for (int i = 0; i < seal->n_columns && good; i++) {
        sqlite3_value *value = NULL;
        good = get(db, i, &value) == SQLITE_OK && hash_value(seals, value);
    }
    if (good && end_row(seals, hash))
        add(&seal->now, hash, minus);
    else
        seals->fault = YJ_ENOMEM;
}

static void note_row(void *context, sqlite3 *db, int what, const char *schema, const char *table,
                     sqlite3_int64 before, sqlite3_int64 after)
{
    struct seals *seals = context;
    struct seal *seal = strcmp(schema, "main") == 0 ? find(seals, table) : NULL;

    if (seal == NULL)
        return;
    if (what != SQLITE_INSERT)
        take_row(seals, seal, db, sqlite3_preupdate_old, true);
    if (what != SQLITE_DELETE)
        take_row(seals, seal, db, sqlite3_preupdate_new, false);
}

/* ---- a table as it is ---- */

static int add_stored_row(struct seals *seals, struct seal *seal, sqlite3_stmt *stmt)
{
    uint8_t hash[EVP_MAX_MD_SIZE];
    bool good = begin_row(seals, seal->name);

    for (int i = 0; i < seal->n_columns && good; i++)
        good = hash_value(seals, sqlite3_column_value(stmt, i));
    if (!good || !end_row(seals, hash))
        return SQLITE_NOMEM;
    add(&seal->now, hash, false);
    return SQLITE_OK;
}

static int sum_table(struct store *store, struct seals *seals, struct seal *seal, struct diag *d)
{
    bool of_schema = strcmp(seal->name, SCHEMA) == 0;
    char *sql = of_schema ? sqlite3_mprintf("SELECT type, name, tbl_name, sql FROM sqlite_schema")
                          : sqlite3_mprintf("SELECT * FROM \"%w\"", seal->name);
    sqlite3_stmt *stmt = NULL;
    int answer = sql ? sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) : SQLITE_NOMEM;

    seal->now = (struct sum){{0}, 0};
    if (answer == SQLITE_OK)
        while ((answer = sqlite3_step(stmt)) == SQLITE_ROW) {
            int rc = add_stored_row(seals, seal, stmt);
            if (rc != SQLITE_OK) {
                answer = rc;
                break;
            }
        }
    sqlite3_finalize(stmt);
    sqlite3_free(sql);
    return answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
}

/* ---- which tables ---- */

static const char each_table[] =
    "SELECT m.name, SUM(x.hidden = 0) FROM sqlite_schema m JOIN pragma_table_xinfo(m.name) x "
    "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' "
    "AND m.name NOT IN ('audit', 'seals', 'page_answers') GROUP BY m.name "
    "UNION ALL SELECT '" SCHEMA "', 4 ORDER BY 1";

static int add_table(struct seals *seals, const char *name, int n_columns)
{
    struct seal *list = realloc(seals->list, (size_t)(seals->n + 1) * sizeof *list);

    if (list == NULL)
        return SQLITE_NOMEM;
    seals->list = list;
    list[seals->n] = (struct seal){.name = strdup(name), .n_columns = n_columns};
    return list[seals->n++].name ? SQLITE_OK : SQLITE_NOMEM;
}

void store_seals_destroy(struct seals *seals)
{
    if (seals == NULL)
        return;
    for (int i = 0; i < seals->n; i++)
        free(seals->list[i].name);
    free(seals->list);
    EVP_MD_CTX_free(seals->context);
    free(seals);
}

static int list_tables(struct store *store, struct seals *seals, struct diag *d)
{
    sqlite3_stmt *stmt = NULL;
    int answer = sqlite3_prepare_v2(store->db, each_table, -1, &stmt, NULL);

    while (answer == SQLITE_OK && (answer = sqlite3_step(stmt)) == SQLITE_ROW)
        answer = add_table(seals, (const char *)sqlite3_column_text(stmt, 0),
                           sqlite3_column_int(stmt, 1));
    sqlite3_finalize(stmt);
    return answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
}

static int create(struct store *store, struct seals **ret_seals, struct diag *d)
{
    struct seals *seals = calloc(1, sizeof *seals);

    if (seals)
        seals->context = EVP_MD_CTX_new();
    int rc = seals && seals->context && EVP_DigestInit_ex2(seals->context, EVP_sha256(), NULL)
                 ? list_tables(store, seals, d)
                 : store_fault(store, SQLITE_NOMEM, d);
    if (rc < 0) {
        store_seals_destroy(seals);
        return rc;
    }
    *ret_seals = seals;
    return 0;
}

/* ---- kept with the data ---- */

static int put(struct store *store, const struct seal *seal, struct diag *d)
{
    char text[SUM_TEXT_MAX];

    print_sum(&seal->now, text);
    return store_run(store, d, "INSERT OR REPLACE INTO seals (name, n, sum) VALUES (?, ?, ?)",
                     "tit", seal->name, seal->now.n, text);
}

int store_seals_make(struct store *store, struct diag *d)
{
    struct seals *seals = NULL;
    int rc = create(store, &seals, d);

    for (int i = 0; rc == 0 && i < seals->n; i++) {
        rc = sum_table(store, seals, &seals->list[i], d);
        if (rc == 0)
            rc = put(store, &seals->list[i], d);
    }
    store_seals_destroy(seals);
    return rc;
}

/* A table without a seal has an empty one, which no row fits; a seal that is not spelt as it was
 * written is none that any table has. */
static int get(struct store *store, struct seal *seal, struct sum *ret, struct diag *d)
{
    char again[SUM_TEXT_MAX];
    int rc = store_ask_text(store, d, "SELECT sum FROM seals WHERE name = ?", seal->name);
    bool found = rc > 0;

    *ret = (struct sum){{0}, 0};
    if (rc < 0)
        return rc;
    rc = store_ask(store, d, &ret->n, NULL, "SELECT n FROM seals WHERE name = ?", "t", seal->name);
    if (rc < 0 || !found)
        return rc;
    parse_sum(store->answer, ret);
    print_sum(ret, again);
    if (strcmp(again, store->answer) != 0)
        ret->n = -1;
    return 0;
}

int store_seals_keep(struct store *store, struct diag *d)
{
    struct seals *seals = NULL;
    int rc = create(store, &seals, d);

    for (int i = 0; rc == 0 && i < seals->n; i++) {
        rc = get(store, &seals->list[i], &seals->list[i].committed, d);
        seals->list[i].now = seals->list[i].committed;
    }
    if (rc < 0) {
        store_seals_destroy(seals);
        return rc;
    }
    store->seals = seals;
    sqlite3_preupdate_hook(store->db, note_row, seals);
    return 0;
}

static bool same(const struct sum *a, const struct sum *b)
{
    return a->n == b->n && memcmp(a->word, b->word, sizeof a->word) == 0;
}

int store_seals_write(struct store *store, struct diag *d)
{
    struct seals *seals = store->seals;
    int rc = seals && seals->fault ? store_fault(store, SQLITE_NOMEM, d) : 0;

    for (int i = 0; seals && rc == 0 && i < seals->n; i++)
        if (!same(&seals->list[i].now, &seals->list[i].committed))
            rc = put(store, &seals->list[i], d);
    return rc;
}

void store_seals_committed(struct store *store)
{
    for (int i = 0; store->seals && i < store->seals->n; i++)
        store->seals->list[i].committed = store->seals->list[i].now;
}

void store_seals_rolled_back(struct store *store)
{
    for (int i = 0; store->seals && i < store->seals->n; i++)
        store->seals->list[i].now = store->seals->list[i].committed;
    if (store->seals)
        store->seals->fault = 0;
}

int store_clear_tables(struct store *store, const struct store_table_clearing *tables, size_t n,
                       struct diag *d)
{
    int rc = 0;

    /* Without the hook SQLite frees a table's pages instead of deleting row by row. */
    sqlite3_preupdate_hook(store->db, NULL, NULL);
    for (size_t i = 0; i < n && rc == 0; i++) {
        struct seal *seal = store->seals ? find(store->seals, tables[i].table) : NULL;
        rc = store_run(store, d, tables[i].sql, "");
        if (rc == 0 && seal)
            seal->now = (struct sum){{0}, 0};
    }
    if (store->seals)
        sqlite3_preupdate_hook(store->db, note_row, store->seals);
    return rc;
}

/* ---- verify ---- */

static int check_table(struct store *store, struct seals *seals, struct seal *seal, struct diag *d)
{
    struct sum sealed;
    int rc = get(store, seal, &sealed, d);

    if (rc == 0)
        rc = sum_table(store, seals, seal, d);
    if (rc < 0 || same(&seal->now, &sealed))
        return rc;
    if (seal->now.n != sealed.n)
        return diag_error(d, YJ_EDATA, store->path, 0, 0,
                          _("compare with a copy of the database made earlier"),
                          _("table '%s' has %lld rows, and %lld were written"), seal->name,
                          (long long)seal->now.n, (long long)sealed.n);
    return diag_error(d, YJ_EDATA, store->path, 0, 0,
                      _("compare with a copy of the database made earlier"),
                      _("table '%s' was changed since it was written"), seal->name);
}

int store_seals_check(struct store *store, struct diag *d)
{
    struct seals *seals = NULL;
    int found = create(store, &seals, d);

    for (int i = 0; (found == 0 || found == YJ_EDATA) && seals && i < seals->n; i++) {
        int rc = check_table(store, seals, &seals->list[i], d);
        found = rc < 0 ? rc : found;
    }
    store_seals_destroy(seals);
    return found;
}
