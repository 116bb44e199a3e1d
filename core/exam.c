/* Reads an exam: which files make it up, then each of them, then holds them against each other. */
#include "exam.h"

#include "diag.h"
#include "exam_settings.h"
#include "exam_tables.h"
#include "i18n.h"
#include "path_look.h"
#include "table_file.h"
#include "textfile.h"
#include "yamlfile.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_ITEMS(array) (sizeof(array) / sizeof *(array))
#define MAX_FORMS 100
#define MAX_TOLD_CANDIDATES 5

struct exam_reader {
    const struct yaml *yaml;
    struct exam *exam;
    struct diag *d;
    struct table_file *tables; /* [TABLES] as they were read; nothing in those that are not there */
};

/* ---- what exam.yaml says ---- */

static int set_text(char **ret_text, const char *text)
{
    char *copy = strdup(text);
    if (!copy)
        return YJ_ENOMEM;
    free(*ret_text);
    *ret_text = copy;
    return 0;
}

/* The text of a key of exam.yaml into *ret_text; left as it is where there is no such key. */
static int read_text(const struct exam_reader *r, const char *key, char **ret_text)
{
    const struct yaml_node *node = yaml_get(r->yaml->root, key);
    const char *text;
    if (!node)
        return 0;
    int rc = yaml_text(r->yaml, node, key, &text);
    return rc < 0 ? rc : set_text(ret_text, text);
}

/* The same for a path, seen from the exam's folder; `usual` where there is no such key. */
static int read_path(const struct exam_reader *r, const char *key, const char *usual,
                     char **ret_path)
{
    char *name = NULL;
    int rc = read_text(r, key, &name);
    if (rc < 0)
        return rc;
    *ret_path = path_join(r->exam->dir, name ? name : usual);
    free(name);
    return *ret_path ? 0 : YJ_ENOMEM;
}

static int read_titles(const struct exam_reader *r)
{
    struct exam *exam = r->exam;
    const struct {
        const char *key;
        char **text;
    } texts[] = {{"title", &exam->title}, {"subject", &exam->subject}, {"date", &exam->date}};
    int bad = 0;
    for (size_t i = 0; i < N_ITEMS(texts); i++) {
        int rc = read_text(r, texts[i].key, texts[i].text);
        if (rc == YJ_ENOMEM)
            return rc;
        bad = rc < 0 ? rc : bad;
    }
    return bad;
}

static int read_settings(const struct exam_reader *r)
{
    static const char *const keys[] = {"title", "subject", "date",           "form",   "forms",
                                       "key",   "roster",  "versions",       "points", "scans",
                                       "db",    "scoring", EXAM_SETTING_KEYS};
    int bad = yaml_check_keys(r->yaml, r->yaml->root, keys, N_ITEMS(keys));
    if (r->yaml->root->kind != YAML_MAP)
        return bad;
    int rc = read_titles(r);
    if (rc == YJ_ENOMEM)
        return rc;
    bad = rc < 0 ? rc : bad;
    rc = exam_settings_read(r->yaml, r->exam);
    bad = rc < 0 ? rc : bad;
    rc = scheme_read(r->yaml, &r->exam->scheme);
    return rc < 0 ? rc : bad;
}

static int read_folders(const struct exam_reader *r)
{
    int bad = read_path(r, "scans", "scans", &r->exam->scans_dir);
    if (bad == YJ_ENOMEM)
        return bad;
    int rc = read_path(r, "db", "results.db", &r->exam->db_path);
    return rc < 0 ? rc : bad;
}

/* ---- forms ---- */

static int take_form(struct exam_form *slot, char *text, size_t size, const char *path,
                     const char *dir, struct diag *d)
{
    int rc = form_parse(text, size, path, dir, &slot->form, d);
    if (rc == 0)
        slot->text = text;
    else
        free(text);
    return rc;
}

static int load_form(const char *path, struct exam_form *slot, struct diag *d)
{
    char *text, *dir;
    size_t size;
    int rc = text_load(path, &text, &size, d);
    if (rc < 0)
        return rc;
    dir = path_folder(path);
    if (!dir) {
        free(text);
        return YJ_ENOMEM;
    }
    rc = take_form(slot, text, size, path, dir, d);
    free(dir);
    return rc;
}

/* A form that cannot be opened is told where exam.yaml names it. */
static int load_named_form(const struct exam_reader *r, const struct yaml_node *node,
                           const char *name, struct exam_form *slot)
{
    char *path = path_join(r->exam->dir, name);
    if (!path)
        return YJ_ENOMEM;
    int rc;
    if (access(path, F_OK) != 0)
        rc = yaml_error(r->yaml, node, _("names start from the exam's folder"),
                        _("there is no form '%s'"), path);
    else
        rc = load_form(path, slot, r->d);
    free(path);
    return rc;
}

/* `form.yaml` or `{file: form.yaml, scans: "b*"}`. */
static int read_form(const struct exam_reader *r, const struct yaml_node *node,
                     struct exam_form *slot)
{
    static const char *const keys[] = {"file", "scans"};
    const char *name = NULL, *scans = NULL;
    const struct yaml_node *file = node;
    if (node->kind == YAML_MAP) {
        int rc = yaml_check_keys(r->yaml, node, keys, N_ITEMS(keys));
        const struct yaml_node *glob = yaml_get(node, "scans");
        file = yaml_get(node, "file");
        if (!file)
            return yaml_missing(r->yaml, node, "file", _("the form's file"));
        if (glob && yaml_text(r->yaml, glob, "scans", &scans) < 0)
            rc = YJ_EINPUT;
        if (rc < 0)
            return rc;
    }
    int rc = yaml_text(r->yaml, file, "form", &name);
    if (rc == 0 && scans && set_text(&slot->scans, scans) < 0)
        return YJ_ENOMEM;
    return rc < 0 ? rc : load_named_form(r, file, name, slot);
}

static int read_forms(const struct exam_reader *r)
{
    const struct yaml_node *root = r->yaml->root;
    const struct yaml_node *one = yaml_get(root, "form"), *node = yaml_get(root, "forms");
    struct exam *exam = r->exam;
    if (one && node)
        return yaml_error(r->yaml, node, NULL, _("write 'form' or 'forms', not both"));
    node = node ? node : one;
    bool list = node && node->kind == YAML_LIST;
    int n = list ? node->n : 1, bad = 0;
    if (n == 0 || n > MAX_FORMS)
        return yaml_error(r->yaml, node, NULL, _("an exam has 1 to %d forms"), MAX_FORMS);
    exam->forms = calloc((size_t)n, sizeof(*exam->forms));
    if (!exam->forms)
        return YJ_ENOMEM;
    exam->n_forms = n;
    if (!node)
        return load_named_form(r, root, "form.yaml", &exam->forms[0]);
    for (int i = 0; i < n; i++) {
        int rc = read_form(r, list ? node->items[i] : node, &exam->forms[i]);
        if (rc == YJ_ENOMEM)
            return rc;
        bad = rc < 0 ? rc : bad;
    }
    return bad;
}

static int check_form_names(const struct exam_reader *r)
{
    const struct exam *exam = r->exam;
    int rc = 0;
    for (int i = 0; i < exam->n_forms; i++)
        for (int k = 0; k < i; k++) {
            const struct form *a = exam->forms[k].form, *b = exam->forms[i].form;
            if (a && b && strcmp(a->name, b->name) == 0)
                rc = diag_error(r->d, YJ_EINPUT, b->path, 0, 0,
                                _("give each form of an exam a name of its own"),
                                _("form '%s' is also called '%s'"), a->path, b->name);
        }
    return rc;
}

/* ---- key, roster and other tables ---- */

/* What exam.yaml does not name: KEY.csv, else KEY.xlsx. Of both one may be the older, and nobody
 * would see whose answers count. */
static int find_usual_table(const struct exam_reader *r, const char *key, char **ret_path)
{
    char name[32], *sheet, *csv;
    snprintf(name, sizeof name, "%s.xlsx", key);
    sheet = path_join(r->exam->dir, name);
    snprintf(name, sizeof name, "%s.csv", key);
    csv = path_join(r->exam->dir, name);
    int rc = csv && sheet ? 0 : YJ_ENOMEM;
    bool has_csv = csv && access(csv, F_OK) == 0, has_sheet = sheet && access(sheet, F_OK) == 0;
    if (rc == 0 && has_csv && has_sheet)
        rc = diag_error(r->d, YJ_EINPUT, sheet, 0, 0, _("name the one that counts in exam.yaml"),
                        _("'%s' is there too"), csv);
    *ret_path = rc < 0 ? NULL : has_csv ? csv : has_sheet ? sheet : NULL;
    if (*ret_path != csv)
        free(csv);
    if (*ret_path != sheet)
        free(sheet);
    return rc;
}

/* The path of a table: as exam.yaml names it, or the usual one where it is there; else NULL. */
static int find_table(const struct exam_reader *r, const char *key, char **ret_path)
{
    const struct yaml_node *node = yaml_get(r->yaml->root, key);
    char *path = NULL;
    *ret_path = NULL;
    if (!node)
        return find_usual_table(r, key, ret_path);
    int rc = read_path(r, key, "", &path);
    if (rc < 0)
        return rc;
    if (access(path, F_OK) != 0) {
        rc = yaml_error(r->yaml, node, _("names start from the exam's folder"),
                        _("there is no %s '%s'"), key, path);
        free(path);
        path = NULL;
    }
    *ret_path = path;
    return rc;
}

/* The tables of an exam, by the key of exam.yaml that names them. */
enum { TABLE_KEY, TABLE_ROSTER, TABLE_VERSIONS, TABLE_POINTS, TABLES };

static int parse_key(const struct exam_reader *r, const struct table_file *t)
{
    return key_parse_with(t->text, t->size, t->path, r->exam->scheme, &r->exam->key, r->d);
}

static int parse_roster(const struct exam_reader *r, const struct table_file *t)
{
    return roster_parse(t->text, t->size, t->path, &r->exam->roster, r->d);
}

static int parse_versions(const struct exam_reader *r, const struct table_file *t)
{
    return versions_parse(t->text, t->size, t->path, &r->exam->versions, r->d);
}

static int parse_given(const struct exam_reader *r, const struct table_file *t)
{
    return given_parse(t->text, t->size, t->path, &r->exam->given, r->d);
}

static const struct exam_table {
    const char *key;
    int (*parse)(const struct exam_reader *r, const struct table_file *table);
} exam_tables[TABLES] = {[TABLE_KEY] = {"key", parse_key},
                         [TABLE_ROSTER] = {"roster", parse_roster},
                         [TABLE_VERSIONS] = {"versions", parse_versions},
                         [TABLE_POINTS] = {"points", parse_given}};

static int load_table(const struct exam_reader *r, const struct exam_table *which,
                      struct table_file *table)
{
    char *path = NULL;
    size_t told = r->d->count;
    int rc = find_table(r, which->key, &path);
    if (rc == 0 && path)
        rc = table_load(path, table, r->d);
    free(path);
    if (rc < 0 || !table->text)
        return rc;
    rc = which->parse(r, table);
    table_name_cells(table, r->d, told);
    return rc;
}

static int load_tables(const struct exam_reader *r)
{
    int bad = 0;
    for (int i = 0; i < TABLES; i++) {
        int rc = load_table(r, &exam_tables[i], &r->tables[i]);
        if (rc == YJ_ENOMEM)
            return rc;
        bad = rc < 0 ? rc : bad;
    }
    return bad;
}

static int check_tables(const struct exam_reader *r)
{
    size_t told = r->d->count;
    int rc = exam_check_tables(r->exam, r->d);
    for (int i = 0; i < TABLES; i++)
        table_name_cells(&r->tables[i], r->d, told);
    return rc;
}

/* The greatest number of characters of a candidate number that some form can hold; 0: any. */
static int candidate_columns(const struct exam *exam, bool *ret_exactly)
{
    int columns = 0;
    *ret_exactly = true;
    for (int i = 0; i < exam->n_forms; i++) {
        const struct form *form = exam->forms[i].form;
        const struct field *f = form->candidate >= 0 ? &form->fields[form->candidate] : NULL;
        if (!f || f->kind != FIELD_GRID)
            return 0;
        *ret_exactly &= f->blank == BLANK_DOUBT && (columns == 0 || columns == f->n_columns);
        columns = f->n_columns > columns ? f->n_columns : columns;
    }
    return columns;
}

static int characters(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += (*text & 0xC0) != 0x80;
    return n;
}

/* Where numbers were stored as numbers, noughts before them are lost, unless all have the length
 * that the form asks for. */
static void check_numbers(const struct exam_reader *r, bool all_fit)
{
    int n = table_numbers(&r->tables[TABLE_ROSTER], "candidate");
    if (n > 0 && !all_fit)
        diag_warning(r->d, r->tables[TABLE_ROSTER].path, 0, 0,
                     _("make the column text and type them anew where one began with a nought"),
                     _("candidates that the spreadsheet holds as numbers, without noughts before "
                       "them: %d"),
                     n);
}

/* A spreadsheet drops the noughts before a number: such a candidate would never be found. */
static void check_candidates(const struct exam_reader *r)
{
    const struct roster *roster = r->exam->roster;
    bool exactly;
    int columns = candidate_columns(r->exam, &exactly), n = 0;
    if (!roster)
        return;
    if (columns == 0) {
        check_numbers(r, false);
        return;
    }
    size_t told = r->d->count;
    for (int i = 0; i < roster->n_entries; i++) {
        int length = characters(roster->entries[i].candidate);
        if (length <= columns && !(exactly && length < columns))
            continue;
        if (n++ < MAX_TOLD_CANDIDATES)
            diag_warning(r->d, roster->path, roster->entries[i].line, roster->entries[i].column,
                         _("did a spreadsheet drop the noughts before it?"),
                         _("candidate '%s' has %d characters, the form's number %d"),
                         roster->entries[i].candidate, length, columns);
    }
    if (n > MAX_TOLD_CANDIDATES)
        diag_warning(r->d, roster->path, 0, 0, NULL, _("%d more candidates of another length"),
                     n - MAX_TOLD_CANDIDATES);
    check_numbers(r, exactly && n == 0);
    table_name_cells(&r->tables[TABLE_ROSTER], r->d, told);
}

/* ---- the whole ---- */

static int read_exam(const struct exam_reader *r)
{
    int (*const steps[])(const struct exam_reader *) = {read_settings, read_folders, read_forms,
                                                        check_form_names, load_tables};
    int bad = 0;
    for (size_t i = 0; i < N_ITEMS(steps); i++) {
        int rc = steps[i](r);
        if (rc == YJ_ENOMEM || r->yaml->root->kind != YAML_MAP)
            return rc;
        bad = rc < 0 ? rc : bad;
    }
    for (int i = 0; i < r->exam->n_forms; i++)
        if (!r->exam->forms[i].form)
            return bad;
    /* Mistakes of a table itself have been told; held against others they would come again. */
    int rc = bad < 0 ? bad : check_tables(r);
    if (rc == 0)
        check_candidates(r);
    return rc < 0 ? rc : bad;
}

/* A form by itself: read, and nothing scored. */
static int read_lone_form(const struct exam_reader *r, char *text, size_t size)
{
    struct exam *exam = r->exam;
    exam->forms = calloc(1, sizeof(*exam->forms));
    exam->scans_dir = path_join(exam->dir, "scans");
    exam->db_path = path_join(exam->dir, "results.db");
    char *copy = strndup(text, size);
    if (!exam->forms || !exam->scans_dir || !exam->db_path || !copy) {
        free(copy);
        return YJ_ENOMEM;
    }
    exam->n_forms = 1;
    int rc = take_form(&exam->forms[0], copy, size, exam->path, exam->dir, r->d);
    return rc < 0 ? rc : set_text(&exam->title, exam->forms[0].form->name);
}

static bool is_form(const struct yaml_node *root)
{
    if (yaml_get(root, "fields"))
        return true;
    return !yaml_get(root, "forms") && (yaml_get(root, "page") || yaml_get(root, "registration"));
}

/* The file to read: EXAM itself, or exam.yaml in the folder EXAM. */
static int find_file(const char *path, char **ret_file, struct diag *d)
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode)) {
        *ret_file = strdup(path);
        return *ret_file ? 0 : YJ_ENOMEM;
    }
    char *file = path_join(path, "exam.yaml");
    if (!file)
        return YJ_ENOMEM;
    if (access(file, F_OK) != 0) {
        free(file);
        return diag_error(d, YJ_EINPUT, path, 0, 0, _("name the folder of an exam, or a form"),
                          _("folder '%s' holds no exam.yaml"), path);
    }
    *ret_file = file;
    return 0;
}

static struct exam *create_exam(char *path)
{
    struct exam *exam = calloc(1, sizeof *exam);
    if (!exam) {
        free(path);
        return NULL;
    }
    exam->path = path;
    exam->dir = path_folder(path);
    exam->title = strdup("");
    exam->subject = strdup("");
    exam->date = strdup("");
    exam_defaults(exam);
    if (!exam->dir || !exam->title || !exam->subject || !exam->date) {
        exam_destroy(exam);
        return NULL;
    }
    return exam;
}

static int load_file(struct exam *exam, struct diag *d)
{
    char *text;
    size_t size;
    struct yaml *yaml = NULL;
    int rc = text_load(exam->path, &text, &size, d);
    if (rc < 0)
        return rc;
    rc = yaml_parse(text, size, exam->path, &yaml, d);
    if (rc == 0) {
        struct table_file tables[TABLES] = {0};
        const struct exam_reader r = {.yaml = yaml, .exam = exam, .d = d, .tables = tables};
        if (is_form(yaml->root)) {
            rc = read_lone_form(&r, text, size);
        } else {
            exam->text = text;
            text = NULL;
            rc = read_exam(&r);
        }
        for (int i = 0; i < TABLES; i++)
            table_finish(&tables[i]);
    }
    yaml_destroy(yaml);
    free(text);
    return rc;
}

int exam_load(const char *path, struct exam **ret_exam, struct diag *d)
{
    struct diag own;
    diag_init(&own);
    if (!d)
        d = &own;
    char *file = NULL;
    int rc = path_look(path, d);
    if (rc == 0)
        rc = find_file(path, &file, d);
    struct exam *exam = rc == 0 ? create_exam(file) : NULL;
    if (rc == 0)
        rc = exam ? load_file(exam, d) : YJ_ENOMEM;
    if (rc == YJ_ENOMEM)
        diag_error(d, YJ_ENOMEM, path, 0, 0, NULL, _("out of memory"));
    if (rc == 0) {
        *ret_exam = exam;
        exam = NULL;
    }
    exam_destroy(exam);
    diag_finish(&own);
    return rc;
}

void exam_destroy(struct exam *exam)
{
    if (!exam)
        return;
    for (int i = 0; i < exam->n_forms; i++) {
        form_destroy(exam->forms[i].form);
        free(exam->forms[i].text);
        free(exam->forms[i].scans);
    }
    free(exam->forms);
    key_destroy(exam->key);
    scheme_destroy(exam->scheme);
    roster_destroy(exam->roster);
    versions_destroy(exam->versions);
    given_destroy(exam->given);
    free(exam->path);
    free(exam->dir);
    free(exam->text);
    free(exam->title);
    free(exam->subject);
    free(exam->date);
    free(exam->scans_dir);
    free(exam->db_path);
    free(exam);
}
