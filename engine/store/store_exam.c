/* store_exam.c - the exam's definition kept beside its results.
 *
 * Every text is kept once under its hash; a version lists the texts in force. A changed key or
 * roster makes a new version. A form may change only in ways that leave old readings true: what its
 * fields are called and what they offer stays, once a page has been read with it. */
#include "store_internal.h"

#include "diag.h"
#include "exam_settings.h"
#include "i18n.h"
#include <stdlib.h>
#include <string.h>

/* One text of an exam on its way in. */
struct exam_file {
    const char *kind;
    int position;
    const char *name; /* without folder */
    int form;         /* index, -1: no form */
    const char *scans, *text;
    size_t size;
    char hash[STORE_HASH_TEXT_MAX];
};

struct exam_files {
    struct exam_file *files;
    int n;
};

static const char *file_name(const char *path)
{
    const char *slash;

    if (path == NULL)
        return "";
    slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static int out_of_memory(struct diag *d)
{
    return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
}

static int add_file(struct exam_files *list, struct exam_file file, struct diag *d)
{
    if (store_sha256(file.text, file.size, file.hash) < 0)
        return out_of_memory(d);
    list->files[list->n++] = file;
    return 0;
}

/* The texts of an exam in a fixed order; list->files is the caller's to free. */
static int collect_files(const struct exam *exam, struct exam_files *list, struct diag *d)
{
    int rc = 0;

    list->n = 0;
    list->files = calloc((size_t)exam->n_forms + 5, sizeof(*list->files));
    if (list->files == NULL)
        return out_of_memory(d);
    if (exam->text != NULL)
        rc = add_file(list,
                      (struct exam_file){"exam", 0, file_name(exam->path), -1, NULL, exam->text,
                                         strlen(exam->text), ""},
                      d);
    for (int i = 0; i < exam->n_forms && rc == 0; i++)
        rc = add_file(list,
                      (struct exam_file){"form", i, file_name(exam->forms[i].form->path), i,
                                         exam->forms[i].scans, exam->forms[i].text,
                                         strlen(exam->forms[i].text), ""},
                      d);
    if (exam->key != NULL && rc == 0)
        rc = add_file(list,
                      (struct exam_file){"key", 0, file_name(exam->key->path), -1, NULL,
                                         exam->key->text, exam->key->size, ""},
                      d);
    if (exam->roster != NULL && rc == 0)
        rc = add_file(list,
                      (struct exam_file){"roster", 0, file_name(exam->roster->path), -1, NULL,
                                         exam->roster->text, exam->roster->size, ""},
                      d);
    if (exam->versions != NULL && rc == 0)
        rc = add_file(list,
                      (struct exam_file){"versions", 0, file_name(exam->versions->path), -1, NULL,
                                         exam->versions->text, exam->versions->size, ""},
                      d);
    if (exam->given != NULL && rc == 0)
        rc = add_file(list,
                      (struct exam_file){"points", 0, file_name(exam->given->path), -1, NULL,
                                         exam->given->text, exam->given->size, ""},
                      d);
    return rc;
}

/* ---- what changed since the version in force ---- */

int store_exam_version(struct store *store, int64_t *ret_version, struct diag *d)
{
    *ret_version = 0;
    return store_ask(store, d, ret_version, NULL,
                     "SELECT COALESCE(MAX(version), 0) FROM exam_versions", "");
}

static void describe_file(sqlite3_str *changes, const struct exam_file *file, const char *old_name,
                          const char *old_hash)
{
    const char *separator = sqlite3_str_length(changes) > 0 ? "; " : "";

    if (old_hash == NULL)
        sqlite3_str_appendf(changes, "%s%s %s added (%.12s)", separator, file->kind, file->name,
                            file->hash);
    else if (strcmp(old_hash, file->hash) != 0)
        sqlite3_str_appendf(changes, "%s%s %s changed (%.12s -> %.12s)", separator, file->kind,
                            file->name, old_hash, file->hash);
    else if (strcmp(old_name, file->name) != 0)
        sqlite3_str_appendf(changes, "%s%s %s renamed from %s", separator, file->kind, file->name,
                            old_name);
}

static int describe_changed_file(struct store *store, int64_t version, const struct exam_file *file,
                                 sqlite3_str *changes, struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc = store_statement(store,
                             "SELECT name, hash, scans IS ?4 FROM exam_files "
                             "WHERE version = ?1 AND kind = ?2 AND position = ?3",
                             &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, version);
    sqlite3_bind_text(stmt, 2, file->kind, -1, SQLITE_STATIC);
    sqlite3_bind_int(stmt, 3, file->position);
    sqlite3_bind_text(stmt, 4, file->scans, -1, SQLITE_STATIC);
    int answer = sqlite3_step(stmt);
    if (answer == SQLITE_ROW) {
        describe_file(changes, file, store_text(stmt, 0), store_text(stmt, 1));
        if (!sqlite3_column_int(stmt, 2))
            sqlite3_str_appendf(changes, "%sform %s is for other scans",
                                sqlite3_str_length(changes) > 0 ? "; " : "", file->name);
    } else if (answer == SQLITE_DONE) {
        describe_file(changes, file, NULL, NULL);
    } else {
        rc = store_fault(store, answer, d);
    }
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return rc;
}

static bool has_file(const struct exam_files *list, const char *kind, int position)
{
    for (int i = 0; i < list->n; i++)
        if (strcmp(list->files[i].kind, kind) == 0 && list->files[i].position == position)
            return true;
    return false;
}

static int describe_removed_files(struct store *store, int64_t version,
                                  const struct exam_files *list, sqlite3_str *changes,
                                  struct diag *d)
{
    sqlite3_stmt *stmt;
    int answer, rc = store_statement(store,
                                     "SELECT kind, position, name FROM exam_files "
                                     "WHERE version = ? ORDER BY kind, position",
                                     &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, version);
    while ((answer = sqlite3_step(stmt)) == SQLITE_ROW)
        if (!has_file(list, store_text(stmt, 0), sqlite3_column_int(stmt, 1)))
            sqlite3_str_appendf(changes, "%s%s %s removed",
                                sqlite3_str_length(changes) > 0 ? "; " : "", store_text(stmt, 0),
                                store_text(stmt, 2));
    sqlite3_reset(stmt);
    return answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
}

static int describe_settings(struct store *store, int64_t version, const struct exam *exam,
                             sqlite3_str *changes, struct diag *d)
{
    int64_t same = 0;
    int rc = store_ask(store, d, &same, NULL,
                       "SELECT COUNT(*) FROM exam_versions WHERE version = ? AND title = ? AND "
                       "subject = ? AND date = ? AND min_confidence = ? AND keep_all_crops = ?",
                       "itttdi", version, exam->title, exam->subject, exam->date,
                       exam->min_confidence, (int64_t)exam->keep_all_crops);

    if (rc == 0 && same == 0 && version > 0)
        sqlite3_str_appendf(changes, "%ssettings changed",
                            sqlite3_str_length(changes) > 0 ? "; " : "");
    return rc;
}

/* An empty text: nothing changed. */
static int describe_changes(struct store *store, int64_t version, const struct exam *exam,
                            const struct exam_files *list, sqlite3_str *changes, struct diag *d)
{
    int rc = 0;

    for (int i = 0; i < list->n && rc == 0; i++)
        rc = describe_changed_file(store, version, &list->files[i], changes, d);
    if (rc == 0)
        rc = describe_removed_files(store, version, list, changes, d);
    if (rc == 0)
        rc = describe_settings(store, version, exam, changes, d);
    return rc == 0 && sqlite3_str_errcode(changes) != SQLITE_OK ? out_of_memory(d) : rc;
}

/* Pages already read keep what was read: the office should know that there are two kinds now. */
static int warn_changed_forms(struct store *store, int64_t version, const struct exam_files *list,
                              const struct exam *exam, struct diag *d)
{
    int rc = 0;

    for (int i = 0; i < list->n && rc == 0; i++) {
        int64_t pages = 0;

        if (list->files[i].form < 0)
            continue;
        const struct form *form = exam->forms[list->files[i].form].form;
        rc = store_ask(store, d, &pages, NULL,
                       "SELECT COUNT(*) FROM pages p JOIN forms f ON f.id = p.form_id "
                       "WHERE f.name = ?1 AND EXISTS (SELECT 1 FROM exam_files x "
                       "WHERE x.version = ?2 AND x.form_id = f.id AND x.hash <> ?3)",
                       "tit", form->name, version, list->files[i].hash);
        if (rc == 0 && pages > 0)
            diag_warning(d, form->path, 0, 0,
                         _("to read them again, grade into a new database with --db FILE"),
                         _("the form changed after %lld pages were read with it: they keep their "
                           "readings"),
                         (long long)pages);
    }
    return rc;
}

/* Two subjects on one answer card look alike: the title says whose pages these are. */
static int warn_changed_title(struct store *store, int64_t version, int64_t pages,
                              const struct exam *exam, struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc = store_statement(store, "SELECT title FROM exam_versions WHERE version = ?", &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_int64(stmt, 1, version);
    int answer = sqlite3_step(stmt);
    if (answer == SQLITE_ROW && strcmp(store_text(stmt, 0), exam->title) != 0)
        diag_warning(d, exam->path, 0, 0,
                     _("if it is another exam, put the old files back, run regrade, and grade this "
                       "one into a database of its own"),
                     _("'%s' holds %lld pages of the exam '%s'; they are now scored as '%s'"),
                     store->path, (long long)pages, store_text(stmt, 0), exam->title);
    sqlite3_reset(stmt);
    return answer == SQLITE_ROW || answer == SQLITE_DONE ? 0 : store_fault(store, answer, d);
}

/* What the pages read last were judged by. */
static int read_settings_of(struct store *store, int64_t version, struct exam *ret, struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc = store_statement(store,
                             "SELECT v.min_confidence, t.text, f.name FROM exam_versions v "
                             "LEFT JOIN exam_files f ON f.version = v.version AND f.kind = 'exam' "
                             "LEFT JOIN texts t ON t.hash = f.hash WHERE v.version = ?",
                             &stmt, d);

    if (rc < 0)
        return rc;
    exam_defaults(ret);
    sqlite3_bind_int64(stmt, 1, version);
    int answer = sqlite3_step(stmt);
    if (answer == SQLITE_ROW) {
        const char *text = store_text(stmt, 1);

        ret->min_confidence = sqlite3_column_double(stmt, 0);
        if (text[0] != '\0')
            rc = exam_settings_parse(text, strlen(text), store_text(stmt, 2), ret, NULL);
    }
    sqlite3_reset(stmt);
    return answer == SQLITE_ROW || answer == SQLITE_DONE ? rc : store_fault(store, answer, d);
}

static int warn_changed_settings(struct store *store, int64_t version, const struct exam *exam,
                                 struct diag *d)
{
    struct exam old = {.path = NULL};
    int64_t pages = 0;
    int rc = store_ask(store, d, &pages, NULL, "SELECT COUNT(*) FROM pages", "");

    if (rc < 0 || pages == 0)
        return rc;
    rc = warn_changed_title(store, version, pages, exam, d);
    if (rc == 0)
        rc = read_settings_of(store, version, &old, d);
    if (rc == 0 && !exam_settings_equal(&old, exam))
        diag_warning(
            d, exam->path, 0, 0, _("to read them again, grade into a new database with --db FILE"),
            _("%lld pages were read with min_confidence %g, max_silent_error %g and their own "
              "'min_confidence_writing', 'marks' and 'accept_text', and keep their readings"),
            (long long)pages, old.min_confidence, old.max_silent_error);
    return rc;
}

/* Without the key all scores would be gone with the next scoring; without the roster a wrong number
 * would pass for a candidate. */
static int check_removed_files(struct store *store, const struct exam *exam, struct diag *d)
{
    int64_t scores = 0, candidates = 0;
    int rc = store_ask(store, d, &scores, NULL, "SELECT COUNT(*) FROM scores", "");

    if (rc == 0)
        rc = store_ask(store, d, &candidates, NULL, "SELECT COUNT(*) FROM roster", "");
    if (rc < 0)
        return rc;
    if (scores > 0 && exam->key == NULL)
        return diag_error(d, YJ_EINPUT, exam->path, 0, 0,
                          exam->text == NULL
                              ? _("name the exam's folder, or another database with --db FILE")
                              : _("put the key back, or grade into a new database with --db FILE"),
                          _("'%s' holds scores, which would be lost without a key"), store->path);
    if (scores > 0 && candidates > 0 && exam->roster == NULL)
        diag_warning(d, exam->path, 0, 0, _("put it back and run regrade"),
                     _("the roster is gone: any number now passes for a candidate"));
    return 0;
}

/* ---- key and roster ---- */

/* NULL where there is none (void items), or no memory. */
static char *joined_answers(const struct key_item *item)
{
    sqlite3_str *text = sqlite3_str_new(NULL);

    for (int i = 0; i < item->n_accepted; i++)
        sqlite3_str_appendf(text, "%s%s", i > 0 ? "|" : "", item->accepted[i]);
    return sqlite3_str_finish(text);
}

static int put_key(struct store *store, const struct key *key, struct diag *d)
{
    int rc = store_run(store, d, "DELETE FROM key_items", "");

    for (int i = 0; key != NULL && i < key->n_items && rc == 0; i++) {
        const struct key_item *item = &key->items[i];
        char *accepted = joined_answers(item);

        if (accepted == NULL && item->n_accepted > 0)
            return store_fault(store, SQLITE_NOMEM, d);
        rc = store_run(store, d,
                       "INSERT INTO key_items (position, item, accepted, rule, section, "
                       "points_num, points_den) VALUES (?, ?, ?, ?, ?, ?, ?)",
                       "ittttii", (int64_t)i + 1, item->item, accepted != NULL ? accepted : "",
                       item_rule_name(item->rule), item->section, item->points.num,
                       item->points.den);
        sqlite3_free(accepted);
    }
    return rc;
}

static int put_roster(struct store *store, const struct roster *roster, struct diag *d)
{
    int rc = store_run(store, d, "DELETE FROM roster", "");

    for (int i = 0; roster != NULL && i < roster->n_entries && rc == 0; i++) {
        const struct roster_entry *e = &roster->entries[i];

        rc = store_run(store, d,
                       "INSERT INTO roster (candidate, position, name, class, school, room, seat) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?)",
                       "tittttt", e->candidate, (int64_t)i + 1, e->name, e->class_name, e->school,
                       e->room, e->seat);
    }
    return rc;
}

/* A roster of a hundred thousand is not written again because an item's key changed. */
static int put_changed_roster(struct store *store, int64_t version, const struct roster *roster,
                              const struct exam_files *list, struct diag *d)
{
    const char *hash = NULL;
    int64_t same = 0;
    int rc;

    for (int i = 0; i < list->n; i++)
        if (strcmp(list->files[i].kind, "roster") == 0)
            hash = list->files[i].hash;
    if (hash == NULL)
        return put_roster(store, roster, d);
    rc = store_ask(store, d, &same, NULL,
                   "SELECT COUNT(*) FROM exam_files WHERE version = ? AND kind = 'roster' "
                   "AND hash = ?",
                   "it", version, hash);
    return rc < 0 || same > 0 ? rc : put_roster(store, roster, d);
}

/* ---- a new version ---- */

static int insert_text(struct store *store, const struct exam_file *file, struct diag *d)
{
    sqlite3_stmt *stmt;
    int rc =
        store_statement(store, "INSERT OR IGNORE INTO texts (hash, text) VALUES (?, ?)", &stmt, d);

    if (rc < 0)
        return rc;
    sqlite3_bind_text(stmt, 1, file->hash, -1, SQLITE_STATIC);
    sqlite3_bind_text64(stmt, 2, file->text, file->size, SQLITE_STATIC, SQLITE_UTF8);
    rc = store_step_done(store, stmt, d);
    sqlite3_clear_bindings(stmt);
    return rc;
}

static int insert_file(struct store *store, int64_t version, const struct exam *exam,
                       const struct exam_file *file, struct diag *d)
{
    int rc = insert_text(store, file, d);

    if (rc < 0)
        return rc;
    return store_run(store, d,
                     "INSERT INTO exam_files (version, kind, position, name, form_id, scans, hash) "
                     "VALUES (?, ?, ?, ?, (SELECT id FROM forms WHERE name = ?), ?, ?)",
                     "ititttt", version, file->kind, (int64_t)file->position, file->name,
                     file->form < 0 ? NULL : exam->forms[file->form].form->name, file->scans,
                     file->hash);
}

static int insert_version(struct store *store, int64_t version, const struct exam *exam,
                          const struct exam_files *list, struct diag *d)
{
    char time[STORE_TIME_MAX], user[256];

    store_now(time);
    store_user(user, sizeof(user));
    int rc = store_run(store, d,
                       "INSERT INTO exam_versions (version, time, user, title, subject, date, "
                       "min_confidence, keep_all_crops) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                       "itttttdi", version, time, user, exam->title, exam->subject, exam->date,
                       exam->min_confidence, (int64_t)exam->keep_all_crops);
    for (int i = 0; i < list->n && rc == 0; i++)
        rc = insert_file(store, version, exam, &list->files[i], d);
    return rc;
}

static int put_changed_exam(struct store *store, int64_t version, const struct exam *exam,
                            const struct exam_files *list, const char *changes, struct diag *d)
{
    int rc = check_removed_files(store, exam, d);

    if (rc == 0)
        rc = store_check_forms(store, exam, d);
    if (rc == 0)
        rc = warn_changed_forms(store, version, list, exam, d);
    if (rc == 0)
        rc = warn_changed_settings(store, version, exam, d);
    if (rc == 0)
        rc = store_put_forms(store, exam, d);
    if (rc == 0)
        rc = put_key(store, exam->key, d);
    if (rc == 0)
        rc = put_changed_roster(store, version, exam->roster, list, d);
    if (rc == 0)
        rc = insert_version(store, version + 1, exam, list, d);
    if (rc == 0)
        rc = store_audit(store, "exam", changes, d);
    return rc;
}

static int put_exam_within(struct store *store, const struct exam *exam,
                           const struct exam_files *list, struct diag *d)
{
    sqlite3_str *changes = sqlite3_str_new(NULL);
    int64_t version;
    int rc = store_exam_version(store, &version, d);

    if (rc == 0)
        rc = describe_changes(store, version, exam, list, changes, d);
    if (rc == 0 && sqlite3_str_length(changes) > 0)
        rc = put_changed_exam(store, version, exam, list, sqlite3_str_value(changes), d);
    sqlite3_free(sqlite3_str_finish(changes));
    return rc;
}

int store_put_exam(struct store *store, const struct exam *exam, struct diag *d)
{
    struct exam_files list = {NULL, 0};
    bool own;
    int rc = collect_files(exam, &list, d);

    if (rc == 0)
        rc = store_enter(store, &own, d);
    if (rc == 0) {
        store_forget_forms(store);
        rc = store_leave(store, own, put_exam_within(store, exam, &list, d), d);
    }
    free(list.files);
    return rc;
}
