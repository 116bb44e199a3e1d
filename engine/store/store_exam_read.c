/* store_exam_read.c - the exam as it was put, from its texts in the database. */
#include "store_internal.h"

#include "diag.h"
#include "exam_settings.h"
#include "exam_tables.h"
#include "i18n.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int out_of_memory(struct diag *d)
{
    return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL)
        return strdup(".");
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static int get_settings(struct store *store, int64_t version, struct exam *exam, struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc = store_statement(store,
                             "SELECT title, subject, date, min_confidence, keep_all_crops "
                             "FROM exam_versions WHERE version = ?",
                             &stmt, d);

    if (rc < 0)
        return rc;
    exam_defaults(exam);
    sqlite3_bind_int64(stmt, 1, version);
    int answer = sqlite3_step(stmt);
    if (answer == SQLITE_ROW) {
        exam->title = strdup(store_text(stmt, 0));
        exam->subject = strdup(store_text(stmt, 1));
        exam->date = strdup(store_text(stmt, 2));
        exam->min_confidence = sqlite3_column_double(stmt, 3);
        exam->keep_all_crops = sqlite3_column_int(stmt, 4) != 0;
    } else {
        rc = store_fault(store, answer == SQLITE_DONE ? SQLITE_CORRUPT : answer, d);
    }
    sqlite3_reset(stmt);
    exam->path = strdup(store->path);
    exam->db_path = strdup(store->path);
    exam->dir = folder_of(store->path);
    if (exam->dir == NULL || asprintf(&exam->scans_dir, "%s/scans", exam->dir) < 0)
        exam->scans_dir = NULL;
    if (rc == 0 && (exam->title == NULL || exam->subject == NULL || exam->date == NULL ||
                    exam->path == NULL || exam->db_path == NULL || exam->scans_dir == NULL))
        rc = out_of_memory(d);
    return rc;
}

/* Pictures of markers and reference scans are not looked for: nothing will be registered. */
static int get_form(struct exam *exam, sqlite3_stmt *stmt, struct diag *d)
{
    struct exam_form *form = &exam->forms[exam->n_forms];
    const char *text = store_text(stmt, 2), *scans = (const char *)sqlite3_column_text(stmt, 3);
    int rc = form_parse(text, strlen(text), store_text(stmt, 1), NULL, &form->form, d);

    if (rc < 0)
        return rc;
    exam->n_forms++;
    form->text = strdup(text);
    form->scans = scans != NULL ? strdup(scans) : NULL;
    if (form->text == NULL || (scans != NULL && form->scans == NULL))
        return out_of_memory(d);
    return 0;
}

/* The exam's own text, which holds settings and scheme. */
static int get_exam(struct exam *exam, const char *text, size_t size, const char *name,
                    struct diag *d)
{
    exam->text = strdup(text);
    if (exam->text == NULL)
        return out_of_memory(d);
    int rc = exam_settings_parse(text, size, name, exam, d);
    return rc < 0 ? rc : scheme_parse(text, size, name, &exam->scheme, d);
}

enum file_kind { FILE_FORM, FILE_KEY, FILE_ROSTER, FILE_VERSIONS, FILE_POINTS, FILE_EXAM };

static enum file_kind kind_of(const char *name)
{
    static const char *const names[] = {"form", "key", "roster", "versions", "points"};
    for (int kind = FILE_FORM; kind < FILE_EXAM; kind++)
        if (strcmp(name, names[kind]) == 0)
            return (enum file_kind)kind;
    return FILE_EXAM;
}

static int get_file(struct store *store, struct exam *exam, sqlite3_stmt *stmt, struct diag *d)
{
    const char *name = store_text(stmt, 1), *text = store_text(stmt, 2);
    size_t size = (size_t)sqlite3_column_bytes(stmt, 2);
    enum file_kind kind = kind_of(store_text(stmt, 0));
    const void *const there[] = {[FILE_KEY] = exam->key,
                                 [FILE_ROSTER] = exam->roster,
                                 [FILE_VERSIONS] = exam->versions,
                                 [FILE_POINTS] = exam->given,
                                 [FILE_EXAM] = exam->text};

    if (kind == FILE_FORM)
        return get_form(exam, stmt, d);
    if (there[kind]) /* of every other kind there is one */
        return store_fault(store, SQLITE_CORRUPT, d);
    switch (kind) {
    case FILE_KEY:
        return key_parse_with(text, size, name, exam->scheme, &exam->key, d);
    case FILE_ROSTER:
        return roster_parse(text, size, name, &exam->roster, d);
    case FILE_VERSIONS:
        return versions_parse(text, size, name, &exam->versions, d);
    case FILE_POINTS:
        return given_parse(text, size, name, &exam->given, d);
    default:
        return get_exam(exam, text, size, name, d);
    }
}

static int get_files(struct store *store, int64_t version, struct exam *exam, struct diag *d)
{
    sqlite3_stmt *stmt;
    int64_t n = 0;
    int answer = SQLITE_DONE;
    int rc = store_ask(store, d, &n, NULL, "SELECT COUNT(*) FROM exam_files WHERE version = ?", "i",
                       version);

    if (rc < 0)
        return rc;
    /* Room for all: what SQL calls a form and what get_file does need not be the same bytes. */
    exam->forms = calloc((size_t)n + 1, sizeof(*exam->forms));
    if (exam->forms == NULL)
        return out_of_memory(d);
    rc = store_statement(store,
                         "SELECT f.kind, f.name, t.text, f.scans FROM exam_files f "
                         "JOIN texts t ON t.hash = f.hash "
                         "WHERE f.version = ? ORDER BY f.kind, f.position",
                         &stmt, d);
    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, version);
    while (rc == 0 && (answer = sqlite3_step(stmt)) == SQLITE_ROW)
        rc = get_file(store, exam, stmt, d);
    if (rc == 0 && answer != SQLITE_DONE)
        rc = store_fault(store, answer, d);
    sqlite3_reset(stmt);
    return rc;
}

int store_get_exam(struct store *store, struct exam **ret_exam, struct diag *d)
{
    struct exam *exam;
    int64_t version;
    int rc = store_exam_version(store, &version, d);

    if (rc == 0 && version == 0)
        rc = diag_error(d, YJ_EINPUT, NULL, 0, 0, _("run grade first"),
                        _("the database '%s' holds no exam yet"), store->path);
    if (rc < 0)
        return rc;
    exam = calloc(1, sizeof(*exam));
    if (exam == NULL)
        return out_of_memory(d);
    rc = get_settings(store, version, exam, d);
    if (rc == 0)
        rc = get_files(store, version, exam, d);
    if (rc == 0)
        rc = exam_check_tables(exam, d);
    if (rc < 0) {
        exam_destroy(exam);
        return rc;
    }
    *ret_exam = exam;
    return 0;
}
