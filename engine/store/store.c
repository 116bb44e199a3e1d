/* store.c - the database opened, made, migrated and closed.
 *
 * Settings, and why. WAL: teachers read while a batch is written, and a commit costs one fsync.
 * synchronous FULL: with the commits of a batch a second or so apart the fsync is not felt, and a
 * power cut takes nothing that was committed. Foreign keys are enforced. The application id says
 * whose file it is; user_version is the schema's. */
#include "store_internal.h"

#include "diag.h"
#include "i18n.h"
#include "schema_sql.h"
#include "store_seal.h"
#include "textfile.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define APPLICATION_ID 0x59554a55 /* "YUJU" */
#define BUSY_TIMEOUT 10000        /* ms: how long a teacher's query may hold the file */

/* From version i to i + 1. */
static const char *const migrations[STORE_SCHEMA_VERSION] = {
    schema_sql, schema_2_sql, schema_3_sql, schema_4_sql, schema_5_sql, schema_6_sql};

/* Rolls back what was not committed; the last connection also empties the log into the file. */
static void close_connection(struct store *store)
{
    store_drop_statements(store);
    sqlite3_close(store->db);
    store_seals_destroy(store->seals);
    store->seals = NULL;
    store->db = NULL;
}

struct header {
    int64_t application, version, objects; /* objects: tables, views ... */
};

static int read_header(struct store *store, struct header *ret, struct diag *d)
{
    int rc = store_ask(store, d, &ret->objects, NULL, "SELECT COUNT(*) FROM sqlite_schema", "");

    if (rc == 0)
        rc = store_ask(store, d, &ret->application, NULL, "PRAGMA application_id", "");
    if (rc == 0)
        rc = store_ask(store, d, &ret->version, NULL, "PRAGMA user_version", "");
    return rc;
}

static bool header_is_empty(const struct header *header)
{
    return header->objects == 0 && header->application == 0 && header->version == 0;
}

static int check_header(const struct store *store, const struct header *header, struct diag *d)
{
    if (header->application != APPLICATION_ID)
        return diag_error(d, YJ_EINPUT, NULL, 0, 0, _("name a database that grade made"),
                          header_is_empty(header) ? _("the database '%s' is empty")
                                                  : _("'%s' is another program's database"),
                          store->path);
    if (header->version > STORE_SCHEMA_VERSION)
        return diag_error(d, YJ_EINPUT, NULL, 0, 0, _("use that yuejuan, or a newer one"),
                          _("'%s' was made by a newer yuejuan (schema %lld, this one knows %d)"),
                          store->path, (long long)header->version, STORE_SCHEMA_VERSION);
    if (header->version < 1)
        return diag_error(d, YJ_EIO, NULL, 0, 0, NULL, _("the database '%s' is damaged"),
                          store->path);
    return 0;
}

/* ---- writing ---- */

static int migrate_within(struct store *store, int64_t version, struct diag *d)
{
    char pragmas[96];
    int rc = 0;

    for (; version < STORE_SCHEMA_VERSION && rc == 0; version++)
        rc = store_exec(store, migrations[version], d);
    sqlite3_snprintf(sizeof(pragmas), pragmas,
                     "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID,
                     STORE_SCHEMA_VERSION);
    if (rc == 0)
        rc = store_exec(store, pragmas, d);
    return rc < 0 ? rc : store_seals_make(store, d);
}

static int migrate(struct store *store, int64_t version, struct diag *d)
{
    char detail[64];
    bool own;
    int rc = store_enter(store, &own, d);

    if (rc < 0)
        return rc;
    rc = migrate_within(store, version, d);
    sqlite3_snprintf(sizeof(detail), detail, "schema %lld -> %d", (long long)version,
                     STORE_SCHEMA_VERSION);
    if (rc == 0)
        rc = store_audit(store, version == 0 ? "create" : "migrate", detail, d);
    return store_leave(store, own, rc, d);
}

static int prepare_to_write(struct store *store, struct diag *d)
{
    struct header header = {0, 0, 0};
    int rc = read_header(store, &header, d);

    if (rc == 0 && !header_is_empty(&header))
        rc = check_header(store, &header, d);
    if (rc == 0)
        rc = store_exec(store,
                        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                        "PRAGMA wal_autocheckpoint = 4000; PRAGMA temp_store = MEMORY;"
                        "PRAGMA cache_size = -8192",
                        d);
    if (rc == 0 && header.version < STORE_SCHEMA_VERSION)
        rc = migrate(store, header.version, d);
    return rc < 0 ? rc : store_seals_keep(store, d);
}

/* ---- reading ---- */

/* A path as part of a URI. */
static char *uri_of(const char *path, const char *query)
{
    sqlite3_str *uri = sqlite3_str_new(NULL);

    sqlite3_str_appendall(uri, "file:");
    for (; *path != '\0'; path++)
        if (strchr("%?#", *path) != NULL)
            sqlite3_str_appendf(uri, "%%%02X", (unsigned char)*path);
        else
            sqlite3_str_appendchar(uri, 1, *path);
    sqlite3_str_appendf(uri, "?%s", query);
    return sqlite3_str_finish(uri);
}

static bool has_pages_in_log(const char *path)
{
    struct stat log;
    char *name = sqlite3_mprintf("%s-wal", path);
    bool has = name != NULL && stat(name, &log) == 0 && log.st_size > 0;

    sqlite3_free(name);
    return has;
}

/* A folder in which SQLite may not make its side files: nobody writes there either, so the file is
 * read as it stands. Not where a log lies beside it, whose pages would be missed in silence. */
static int reopen_immutable(struct store *store, struct diag *d)
{
    char *uri;
    int rc;

    if (has_pages_in_log(store->path))
        return diag_error(d, YJ_EIO, NULL, 0, 0,
                          _("copy the database and the files '-wal' and '-shm' beside it to a "
                            "folder that can be written"),
                          _("'%s' lies in a read-only folder and has changes that are not yet in "
                            "it"),
                          store->path);
    close_connection(store);
    uri = uri_of(store->path, "immutable=1");
    if (uri == NULL)
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    rc = sqlite3_open_v2(uri, &store->db,
                         SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    sqlite3_free(uri);
    return rc == SQLITE_OK ? 0 : store_fault(store, rc, d);
}

static bool cannot_make_side_files(struct store *store)
{
    int rc = sqlite3_exec(store->db, "SELECT COUNT(*) FROM sqlite_schema", NULL, NULL, NULL);

    return (rc & 0xff) == SQLITE_CANTOPEN || (rc & 0xff) == SQLITE_READONLY;
}

static int prepare_to_read(struct store *store, struct diag *d)
{
    struct header header = {0, 0, 0};
    int rc = 0;

    if (cannot_make_side_files(store))
        rc = reopen_immutable(store, d);
    if (rc == 0)
        rc = read_header(store, &header, d);
    if (rc == 0)
        rc = check_header(store, &header, d);
    if (rc == 0 && header.version < STORE_SCHEMA_VERSION)
        rc = diag_error(d, YJ_EINPUT, NULL, 0, 0, _("run regrade once to bring it up to date"),
                        _("'%s' was made by an older yuejuan"), store->path);
    return rc;
}

/* ---- open and close ---- */

static int check_path(const char *path, enum store_mode mode, struct diag *d)
{
    struct stat status;

    if (path[0] == '\0') /* SQLite would take a database that vanishes */
        return diag_error(d, YJ_EINPUT, NULL, 0, 0, _("name the database that grade made"),
                          _("the database has no name"));
    if (stat(path, &status) < 0) {
        if (errno == ENOENT && mode == STORE_WRITE)
            return 0;
        return diag_error(d, YJ_EINPUT, NULL, 0, 0,
                          errno == ENOENT ? _("grade makes it; or name another with --db FILE")
                                          : NULL,
                          _("cannot open '%s': %s"), path, strerror(errno));
    }
    if (S_ISDIR(status.st_mode))
        return diag_error(d, YJ_EINPUT, NULL, 0, 0, NULL, _("'%s' is a folder, no database"), path);
    return 0;
}

/* SQLite counts the memory of the whole process behind a lock of its own, at every piece: nobody
 * asks. It refuses once it has been used, which does no harm. */
static void forgo_statistics(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static int open_connection(struct store *store, struct diag *d)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, forgo_statistics);
    /* A reader too: the last connection to close, whichever it is, puts the log away, which a
     * read-only one leaves lying beside the database. Where the file cannot be written, SQLite
     * opens it for reading by itself. */
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE |
                (store->mode == STORE_WRITE ? SQLITE_OPEN_CREATE : 0);
    /* ":memory:" and "file:..." are names of files too, not databases that vanish. */
    char *name = sqlite3_mprintf("%s%s", store->path[0] == '/' ? "" : "./", store->path);
    int rc;

    if (name == NULL)
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    rc = sqlite3_open_v2(name, &store->db, flags, NULL);
    sqlite3_free(name);
    if (rc != SQLITE_OK)
        return store_fault(store, rc, d);
    sqlite3_extended_result_codes(store->db, 1);
    return 0;
}

static int configure_connection(struct store *store, struct diag *d)
{
    sqlite3_busy_timeout(store->db, BUSY_TIMEOUT);
    return store_exec(store, "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF", d);
}

/* A new database that could not be finished (disk full) leaves nothing behind. */
static void remove_unfinished(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        char *name = sqlite3_mprintf("%s%s", path, suffixes[i]);

        if (name != NULL)
            unlink(name);
        sqlite3_free(name);
    }
}

static int open_to_write(struct store *store, struct diag *d)
{
    bool existed;
    int rc = store_lock_acquire(store->path, &store->lock_fd, &store->lock_path, d);

    if (rc < 0)
        return rc;
    existed = access(store->path, F_OK) == 0;
    rc = open_connection(store, d);
    if (rc == 0)
        rc = configure_connection(store, d);
    if (rc == 0)
        rc = prepare_to_write(store, d);
    if (rc < 0 && !existed) {
        close_connection(store);
        remove_unfinished(store->path);
    }
    return rc;
}

static int open_to_read(struct store *store, struct diag *d)
{
    int rc = open_connection(store, d);

    if (rc == 0)
        rc = configure_connection(store, d);
    if (rc == 0)
        rc = store_exec(store, "PRAGMA query_only = ON", d);
    return rc < 0 ? rc : prepare_to_read(store, d);
}

bool store_is_database(const char *path)
{
    static const char magic[16] = "SQLite format 3";
    char start[sizeof(magic)];
    /* No SQLite lock is lost here: this process has the file not open yet. */
    FILE *file = file_open(path);
    bool is = file != NULL && fread(start, 1, sizeof(start), file) == sizeof(start) &&
              memcmp(start, magic, sizeof(magic)) == 0;

    if (file != NULL)
        fclose(file);
    return is;
}

int store_open(const char *path, enum store_mode mode, struct store **ret_store, struct diag *d)
{
    struct store *store;
    int rc = check_path(path, mode, d);

    if (rc < 0)
        return rc;
    store = calloc(1, sizeof(*store));
    if (store != NULL) {
        store->mode = mode;
        store->lock_fd = -1;
        store->n_items = -1;
        arena_init(&store->arena);
        store->path = strdup(path);
    }
    if (store == NULL || store->path == NULL) {
        free(store);
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    }
    rc = mode == STORE_WRITE ? open_to_write(store, d) : open_to_read(store, d);
    if (rc < 0) {
        store_close(store);
        return rc;
    }
    *ret_store = store;
    return 0;
}

void store_close(struct store *store)
{
    if (store == NULL)
        return;
    close_connection(store);
    store_lock_release(store->lock_fd, store->lock_path);
    store_forget_forms(store);
    arena_finish(&store->arena);
    free(store->answer);
    free(store->path);
    free(store);
}
