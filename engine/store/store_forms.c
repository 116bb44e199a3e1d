/* store_forms.c - forms and fields in the database.
 *
 * A form is known by its name. Once pages have been read with it, its fields stay what they are:
 * readings point at them. */
#include "store_internal.h"

#include "diag.h"
#include "i18n.h"
#include <stdlib.h>
#include <string.h>

/* `as_before`: as databases made until 2026-11 have it, where what is not ASCII was garbled. */
static void append_quoted(sqlite3_str *json, const char *text, bool as_before)
{
    sqlite3_str_appendchar(json, 1, '"');
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20) {
            sqlite3_str_appendf(json, "\\u%04x", (unsigned char)*text);
            continue;
        }
        if (*text == '"' || *text == '\\')
            sqlite3_str_appendchar(json, 1, '\\');
        if (as_before)
            sqlite3_str_appendf(json, "%c", *text);
        else
            sqlite3_str_append(json, text, 1);
    }
    sqlite3_str_appendchar(json, 1, '"');
}

/* sqlite3_free; NULL: out of memory. */
static char *options_json(const struct field *field, bool as_before)
{
    sqlite3_str *json = sqlite3_str_new(NULL);

    sqlite3_str_appendchar(json, 1, '[');
    for (int i = 0; i < field->n_options; i++) {
        if (i > 0)
            sqlite3_str_appendchar(json, 1, ',');
        append_quoted(json, field->options[i], as_before);
    }
    sqlite3_str_appendchar(json, 1, ']');
    return sqlite3_str_finish(json);
}

/* 1, 0, YJ_ENOMEM. */
static int has_options(const char *stored, const struct field *field)
{
    bool same = false;

    for (int as_before = 0; as_before < 2 && !same; as_before++) {
        char *options = options_json(field, as_before);
        if (options == NULL)
            return YJ_ENOMEM;
        same = strcmp(stored, options) == 0;
        sqlite3_free(options);
    }
    return same;
}

static int field_matches(sqlite3_stmt *stmt, const struct field *field, bool *ret_same)
{
    int same = has_options(store_text(stmt, 3), field);

    if (same < 0)
        return same;
    *ret_same = same && strcmp(store_text(stmt, 0), field->name) == 0 &&
                strcmp(store_text(stmt, 1), field_kind_name(field->kind)) == 0 &&
                sqlite3_column_int(stmt, 2) == field->page + 1 &&
                sqlite3_column_int(stmt, 4) == field->max_marks &&
                sqlite3_column_int(stmt, 5) == field->n_columns;
    return 0;
}

/* *ret_different: the first field that is not as stored, -1: none; n_fields: a stored one is gone.
 */
static int compare_fields(struct store *store, int64_t form_id, const struct form *form,
                          int *ret_different, struct diag *d)
{
    int answer, n = 0;
    bool same = true;
    sqlite3_stmt *stmt;
    int rc = store_statement(store,
                             "SELECT name, kind, page, options, max_marks, columns FROM fields "
                             "WHERE form_id = ? ORDER BY position",
                             &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, form_id);
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        if (n == form->n_fields)
            same = false;
        else if (field_matches(stmt, &form->fields[n], &same) < 0)
            answer = SQLITE_NOMEM;
        if (!same || answer != SQLITE_ROW)
            break;
        n++;
    }
    sqlite3_reset(stmt);
    if (answer != SQLITE_ROW && answer != SQLITE_DONE)
        return store_fault(store, answer, d);
    *ret_different = same && n == form->n_fields ? -1 : n;
    return 0;
}

static int refuse_form(struct store *store, const struct form *form, int field, int64_t pages,
                       struct diag *d)
{
    const char *hint = _("put the old form back, or grade into a new database with --db FILE");
    bool gone = field == form->n_fields;

    return diag_error(d, YJ_EINPUT, form->path, gone ? 0 : form->fields[field].line,
                      gone ? 0 : form->fields[field].column, hint,
                      gone ? _("the form '%s' lost fields after %lld pages were read with it into "
                               "'%s'")
                           : _("the form '%s' has other fields than the one that %lld pages were "
                               "read with into '%s'"),
                      form->name, (long long)pages, store->path);
}

static int64_t exam_form_of_name(const struct exam *exam, const char *name)
{
    for (int i = 0; i < exam->n_forms; i++)
        if (strcmp(exam->forms[i].form->name, name) == 0)
            return i;
    return -1;
}

static int check_used_form(struct store *store, const struct exam *exam, int64_t id,
                           const char *name, int64_t pages, struct diag *d)
{
    int64_t i = exam_form_of_name(exam, name);
    int different;

    if (i < 0)
        return diag_error(d, YJ_EINPUT, exam->path, 0, 0,
                          _("put the form back, or grade into a new database with --db FILE"),
                          _("%lld pages in '%s' were read with the form '%s', which the exam has "
                            "no more"),
                          (long long)pages, store->path, name);
    int rc = compare_fields(store, id, exam->forms[i].form, &different, d);
    if (rc == 0 && different >= 0)
        rc = refuse_form(store, exam->forms[i].form, different, pages, d);
    return rc;
}

/* Every form that pages were read with must still be there, with the same fields. */
static int check_used_forms(struct store *store, const struct exam *exam, struct diag *d)
{
    sqlite3_stmt *stmt;
    int answer, refused = 0;
    int rc = store_statement(store,
                             "SELECT f.id, f.name, COUNT(*) FROM forms f JOIN pages p "
                             "ON p.form_id = f.id GROUP BY f.id ORDER BY f.id",
                             &stmt, d);

    if (rc < 0)
        return rc;
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW) {
        rc = check_used_form(store, exam, sqlite3_column_int64(stmt, 0), store_text(stmt, 1),
                             sqlite3_column_int64(stmt, 2), d);
        if (rc < 0)
            refused = rc;
        if (rc < 0 && rc != YJ_EINPUT)
            break;
    }
    sqlite3_reset(stmt);
    if (answer != SQLITE_ROW && answer != SQLITE_DONE)
        return store_fault(store, answer, d);
    return refused;
}

static int check_form_names(const struct exam *exam, struct diag *d)
{
    for (int i = 0; i < exam->n_forms; i++)
        if (exam_form_of_name(exam, exam->forms[i].form->name) != i)
            return diag_error(d, YJ_EINPUT, exam->forms[i].form->path, 0, 0,
                              _("give each form a name of its own"),
                              _("two forms of the exam are called '%s'"),
                              exam->forms[i].form->name);
    return 0;
}

int store_check_forms(struct store *store, const struct exam *exam, struct diag *d)
{
    int rc = check_form_names(exam, d);

    return rc < 0 ? rc : check_used_forms(store, exam, d);
}

static int insert_fields(struct store *store, int64_t form_id, const struct form *form,
                         struct diag *d)
{
    int rc = 0;

    for (int i = 0; i < form->n_fields && rc == 0; i++) {
        const struct field *field = &form->fields[i];
        char *options = options_json(field, false);

        if (options == NULL)
            return store_fault(store, SQLITE_NOMEM, d);
        rc = store_run(store, d,
                       "INSERT INTO fields (form_id, position, name, kind, page, options, "
                       "max_marks, columns) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                       "iittitii", form_id, (int64_t)i, field->name, field_kind_name(field->kind),
                       (int64_t)field->page + 1, options, (int64_t)field->max_marks,
                       (int64_t)field->n_columns);
        sqlite3_free(options);
    }
    return rc;
}

static int replace_fields(struct store *store, int64_t form_id, const struct form *form,
                          struct diag *d)
{
    int rc =
        store_run(store, d, "UPDATE forms SET candidate_field = NULL WHERE id = ?", "i", form_id);

    if (rc == 0)
        rc = store_run(store, d, "DELETE FROM fields WHERE form_id = ?", "i", form_id);
    return rc < 0 ? rc : insert_fields(store, form_id, form, d);
}

static int put_form(struct store *store, int position, const struct form *form, struct diag *d)
{
    int64_t id = 0;
    int different;
    int rc = store_run(store, d, "INSERT OR IGNORE INTO forms (name) VALUES (?)", "t", form->name);

    if (rc == 0)
        rc = store_ask(store, d, &id, NULL, "SELECT id FROM forms WHERE name = ?", "t", form->name);
    if (rc == 0)
        rc = compare_fields(store, id, form, &different, d);
    if (rc == 0 && different >= 0)
        rc = replace_fields(store, id, form, d);
    if (rc == 0)
        rc = store_run(store, d,
                       "UPDATE forms SET position = ?1, candidate_field = (SELECT id FROM fields "
                       "WHERE form_id = ?2 AND position = ?3) WHERE id = ?2",
                       "iii", (int64_t)position, id, (int64_t)form->candidate);
    return rc;
}

int store_put_forms(struct store *store, const struct exam *exam, struct diag *d)
{
    int rc = store_run(store, d, "UPDATE forms SET position = NULL", "");

    for (int i = 0; i < exam->n_forms && rc == 0; i++)
        rc = put_form(store, i, exam->forms[i].form, d);
    return rc;
}

/* ---- ids of forms and fields ---- */

void store_forget_forms(struct store *store)
{
    for (int i = 0; i < store->n_forms; i++)
        free(store->forms[i].fields);
    free(store->forms);
    store->forms = NULL;
    store->n_forms = 0;
}

static int load_form_fields(struct store *store, struct form_ids *form, struct diag *d)
{
    sqlite3_stmt *stmt;
    int64_t n = 0;
    int answer, rc = store_ask(store, d, &n, NULL, "SELECT COUNT(*) FROM fields WHERE form_id = ?",
                               "i", form->form);

    if (rc < 0)
        return rc;
    form->fields = calloc((size_t)n + 1, sizeof(*form->fields));
    if (form->fields == NULL)
        return store_fault(store, SQLITE_NOMEM, d);
    rc = store_statement(store, "SELECT id FROM fields WHERE form_id = ? ORDER BY position", &stmt,
                         d);
    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, form->form);
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW && form->n_fields < n)
        form->fields[form->n_fields++] = sqlite3_column_int64(stmt, 0);
    sqlite3_reset(stmt);
    return answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
}

int store_load_forms(struct store *store, struct diag *d)
{
    int64_t n = 0;
    int rc = 0;

    if (store->forms != NULL)
        return 0;
    rc = store_ask(store, d, &n, NULL, "SELECT COUNT(*) FROM forms WHERE position IS NOT NULL", "");
    if (rc < 0)
        return rc;
    store->forms = calloc((size_t)n + 1, sizeof(*store->forms));
    if (store->forms == NULL)
        return store_fault(store, SQLITE_NOMEM, d);
    for (int i = 0; i < n && rc == 0; i++) {
        store->n_forms = i + 1;
        rc = store_ask(store, d, &store->forms[i].form, NULL,
                       "SELECT id FROM forms WHERE position = ?", "i", (int64_t)i);
        if (rc == 0)
            rc = load_form_fields(store, &store->forms[i], d);
    }
    if (rc < 0)
        store_forget_forms(store);
    return rc;
}
