/* store_answers.c - the walk over all pages that scoring takes: what was read, packed a page.
 *
 * A reading is a byte (its status; ID_FOLLOWS: then four bytes of field id, the lowest first; else
 * the id is that of the reading before, plus one), then its value and a zero. */
#include "store_internal.h"

#include "diag.h"
#include "i18n.h"
#include <stdlib.h>
#include <string.h>

#define ID_FOLLOWS 0x40
#define STATUS_MASK 0x3f
#define ID_BYTES 4
#define FIELD_ID_MAX ((1 << 20) - 1) /* ids of readings have no room for more */

struct answer_walk {
    struct store *store;
    const char **names; /* by field id */
    int64_t n_names;
    struct arena memory; /* names */
    struct stored_reading *readings;
    int capacity;
    uint8_t *packed;
    size_t packed_size, packed_capacity;
    struct diag *d;
};

static int damaged(struct answer_walk *w)
{
    return diag_error(w->d, YJ_EIO, NULL, 0, 0, NULL, _("the database '%s' is damaged"),
                      w->store->path);
}

/* ---- names of fields ---- */

static int load_names(struct answer_walk *w)
{
    sqlite3_stmt *stmt;
    int64_t last = 0;
    int answer,
        rc = store_ask(w->store, w->d, &last, NULL, "SELECT COALESCE(MAX(id), 0) FROM fields", "");

    if (rc == 0)
        rc = store_statement(w->store, "SELECT id, name FROM fields", &stmt, w->d);
    if (rc < 0)
        return rc;
    if (last < 0 || last > FIELD_ID_MAX)
        return damaged(w);
    w->names = calloc((size_t)last + 1, sizeof *w->names);
    w->n_names = w->names != NULL ? last + 1 : 0;
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW && w->names != NULL) {
        int64_t id = sqlite3_column_int64(stmt, 0);

        if (id >= 0 && id < w->n_names &&
            (w->names[id] = arena_strdup(&w->memory, store_text(stmt, 1))) == NULL)
            answer = SQLITE_NOMEM;
        if (answer == SQLITE_NOMEM)
            break;
    }
    sqlite3_reset(stmt);
    if (w->names == NULL)
        answer = SQLITE_NOMEM;
    return answer == SQLITE_DONE ? 0 : store_fault(w->store, answer, w->d);
}

static const char *name_of(const struct answer_walk *w, int64_t field)
{
    return field >= 0 && field < w->n_names && w->names[field] ? w->names[field] : "";
}

/* ---- packing ---- */

static bool reserve(struct answer_walk *w, size_t more)
{
    size_t wanted = w->packed_size + more;

    if (wanted <= w->packed_capacity)
        return true;
    void *grown = realloc(w->packed, 2 * wanted);
    if (grown == NULL)
        return false;
    w->packed = grown;
    w->packed_capacity = 2 * wanted;
    return true;
}

static bool pack_reading(struct answer_walk *w, int64_t field, bool follows, int status,
                         const char *value)
{
    size_t length = strlen(value) + 1;

    if (!reserve(w, 1 + ID_BYTES + length))
        return false;
    w->packed[w->packed_size++] = (uint8_t)(status | (follows ? 0 : ID_FOLLOWS));
    for (int i = 0; i < ID_BYTES && !follows; i++)
        w->packed[w->packed_size++] = (uint8_t)(field >> (8 * i));
    memcpy(w->packed + w->packed_size, value, length);
    w->packed_size += length;
    return true;
}

/* The readings themselves, into w->packed. */
static int pack_page(struct answer_walk *w, int64_t page)
{
    sqlite3_stmt *stmt;
    int64_t before = -2;
    int answer, rc = store_statement(w->store,
                                     "SELECT field_id, status, value FROM readings "
                                     "WHERE page_id = ? ORDER BY field_id",
                                     &stmt, w->d);

    if (rc < 0)
        return rc;
    w->packed_size = 0;
    sqlite3_bind_int64(stmt, 1, page);
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        int64_t field = sqlite3_column_int64(stmt, 0);
        int status = reading_status_parse(store_text(stmt, 1));

        if (!pack_reading(w, field, field == before + 1, status < 0 ? READING_UNCERTAIN : status,
                          store_text(stmt, 2))) {
            answer = SQLITE_NOMEM;
            break;
        }
        before = field;
    }
    sqlite3_reset(stmt);
    return answer == SQLITE_DONE ? 0 : store_fault(w->store, answer, w->d);
}

/* Kept for the next scoring, where somebody writes anyway. */
static int keep_packed(struct answer_walk *w, int64_t page)
{
    sqlite3_stmt *stmt;

    if (w->store->mode != STORE_WRITE || sqlite3_get_autocommit(w->store->db))
        return 0;
    int rc = store_statement(w->store,
                             "INSERT OR REPLACE INTO page_answers (page_id, answers) VALUES (?, ?)",
                             &stmt, w->d);
    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, page);
    sqlite3_bind_blob64(stmt, 2, w->packed_size > 0 ? (const void *)w->packed : "", w->packed_size,
                        SQLITE_STATIC);
    rc = store_step_done(w->store, stmt, w->d);
    sqlite3_clear_bindings(stmt);
    return rc;
}

/* ---- unpacking ---- */

static struct stored_reading *next_reading(struct answer_walk *w, int n)
{
    if (n == w->capacity) {
        int larger = w->capacity == 0 ? 256 : 2 * w->capacity;
        void *grown = realloc(w->readings, (size_t)larger * sizeof *w->readings);

        if (grown == NULL)
            return NULL;
        w->readings = grown;
        w->capacity = larger;
    }
    return &w->readings[n];
}

/* Values stay where they are in `packed`. */
static int unpack(struct answer_walk *w, const uint8_t *packed, size_t size, int *ret_n)
{
    const uint8_t *end = size > 0 ? packed + size : packed; /* of no reading: it may be NULL */
    int64_t field = -1;
    int n = 0;

    while (packed < end) {
        int first = *packed++;
        field++;
        if (first & ID_FOLLOWS) {
            if (end - packed < ID_BYTES)
                return damaged(w);
            field = 0;
            for (int i = 0; i < ID_BYTES; i++)
                field |= (int64_t)*packed++ << (8 * i);
        }
        const uint8_t *zero = memchr(packed, 0, (size_t)(end - packed));
        if (zero == NULL || (first & STATUS_MASK) > READING_UNREAD)
            return damaged(w);
        struct stored_reading *reading = next_reading(w, n);
        if (reading == NULL)
            return store_fault(w->store, SQLITE_NOMEM, w->d);
        *reading = (struct stored_reading){.field = name_of(w, field),
                                           .value = (const char *)packed,
                                           .status = (enum reading_status)(first & STATUS_MASK)};
        n++;
        packed = zero + 1;
    }
    *ret_n = n;
    return 0;
}

/* ---- the walk ---- */

static int visit_page(struct answer_walk *w, struct stored_page *page,
                      int (*visit)(void *context, const struct stored_page *page), void *context)
{
    sqlite3_stmt *stmt;
    int rc = store_statement(w->store, "SELECT answers FROM page_answers WHERE page_id = ?", &stmt,
                             w->d);

    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, page->id);
    int answer = sqlite3_step(stmt);
    if (answer == SQLITE_ROW) {
        const void *packed = sqlite3_column_blob(stmt, 0);
        rc = unpack(w, packed, (size_t)sqlite3_column_bytes(stmt, 0), &page->n_readings);
    } else if (answer == SQLITE_DONE) {
        rc = pack_page(w, page->id);
        if (rc == 0)
            rc = keep_packed(w, page->id);
        if (rc == 0)
            rc = unpack(w, w->packed, w->packed_size, &page->n_readings);
    } else {
        rc = store_fault(w->store, answer, w->d);
    }
    page->readings = w->readings;
    if (rc == 0)
        rc = visit(context, page);
    sqlite3_reset(stmt);
    return rc;
}

static int walk(struct answer_walk *w, int (*visit)(void *context, const struct stored_page *page),
                void *context)
{
    sqlite3_stmt *stmt;
    int answer = SQLITE_DONE, rc = load_names(w);

    if (rc == 0)
        rc = store_page_statement(w->store, &stmt, w->d);
    if (rc < 0)
        return rc;
    while (rc >= 0 && (answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct stored_page page = store_page_at(stmt);

        rc = visit_page(w, &page, visit, context);
    }
    if (rc >= 0)
        rc = answer == SQLITE_DONE ? 0 : store_fault(w->store, answer, w->d);
    sqlite3_reset(stmt);
    return rc;
}

int store_each_answers(struct store *store,
                       int (*visit)(void *context, const struct stored_page *page), void *context,
                       struct diag *d)
{
    struct answer_walk w = {.store = store, .d = d};

    arena_init(&w.memory);
    int rc = walk(&w, visit, context);
    free(w.names);
    free(w.readings);
    free(w.packed);
    arena_finish(&w.memory);
    return rc;
}
