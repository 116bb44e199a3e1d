#include "table_file.h"

#include "csvfile.h"
#include "diag.h"
#include "i18n.h"
#include "path_look.h"
#include "text_encoding.h"
#include "textfile.h"
#include <stdlib.h>
#include <string.h>

#define HEAD 64 /* bytes that tell what a file is */

/* ---- loading ---- */

static int refuse_known(const char *path, const char *head, size_t n, struct diag *d)
{
    static const char ole[] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"; /* MS-CFB 2.2 */
    static const char ods[] = "mimetypeapplication/vnd.oasis";
    if (n >= 8 && memcmp(head, ole, 8) == 0)
        return diag_error(d, YJ_EINPUT, path, 0, 0,
                          _("save it as .xlsx without a password, or as 'CSV UTF-8'"),
                          _("'%s' is an old .xls, or a spreadsheet with a password"), path);
    if (n >= 30 + sizeof ods - 1 && memcmp(head + 30, ods, sizeof ods - 1) == 0)
        return diag_error(d, YJ_EINPUT, path, 0, 0, _("save it as .xlsx or 'CSV UTF-8'"),
                          _("'%s' is an OpenDocument spreadsheet, which is not read"), path);
    return 0;
}

static int load_sheet(FILE *file, struct table_file *table, struct diag *d)
{
    int rc = xlsx_read(file, table->path, &table->sheet, d);
    if (rc < 0)
        return rc;
    table->is_sheet = true;
    table->text = table->sheet.text;
    table->size = table->sheet.size;
    table->sheet.text = NULL;
    return 0;
}

static int load_text(struct table_file *table, struct diag *d)
{
    char *converted = NULL;
    size_t size = 0;
    int rc = text_load(table->path, &table->text, &table->size, d);
    if (rc == 0)
        rc = text_to_utf8(table->text, table->size, table->path, &converted, &size, d);
    if (rc < 0 || !converted)
        return rc;
    free(table->text);
    table->text = converted;
    table->size = size;
    return 0;
}

int table_load(const char *path, struct table_file *ret, struct diag *d)
{
    struct table_file table = {.path = strdup(path)};
    char head[HEAD];
    if (!table.path)
        return YJ_ENOMEM;
    int rc = path_look(path, d);
    FILE *file = rc == 0 ? file_open(path) : NULL;
    size_t n = file ? fread(head, 1, sizeof head, file) : 0;
    if (file)
        rc = refuse_known(path, head, n, d);
    if (rc == 0 && xlsx_looks_like(head, n)) {
        rc = load_sheet(file, &table, d);
        file = NULL;
    } else if (rc == 0) {
        rc = load_text(&table, d); /* tells why it cannot be opened, too */
    }
    if (file)
        fclose(file);
    if (rc < 0) {
        table_finish(&table);
        return rc;
    }
    *ret = table;
    return 0;
}

void table_finish(struct table_file *table)
{
    free(table->path);
    free(table->text);
    xlsx_table_finish(&table->sheet);
    *table = (struct table_file){0};
}

/* ---- places ---- */

/* Start of line `line` (from 1); rows of a spreadsheet's text are lines. */
static const char *find_line(const struct table_file *t, int line)
{
    const char *p = t->text;
    while (p && --line > 0) {
        p = strchr(p, '\n');
        p = p ? p + 1 : NULL;
    }
    return p;
}

/* Which cell of the line the character `column` (from 1) is in; -1: no line. */
static int cell_at(const char *line, int column)
{
    int cell = 0;
    bool quoted = false;
    if (!line)
        return -1;
    for (; *line && *line != '\n' && column > 1; line++) {
        if (*line == '"')
            quoted = !quoted;
        cell += *line == ',' && !quoted;
        column -= (line[1] & 0xC0) != 0x80;
    }
    return cell;
}

static char *name_place(const struct table_file *t, const struct diag_entry *e)
{
    char *place, name[XLSX_CELL_NAME_MAX];
    int n, cell = e->column > 0 ? cell_at(find_line(t, e->line), e->column) : -1;
    if (cell >= 0)
        xlsx_cell_name(cell, e->line, name);
    if (e->line == 0)
        n = asprintf(&place, "%s:%s", t->path, t->sheet.sheet);
    else if (cell >= 0)
        n = asprintf(&place, "%s:%s!%s", t->path, t->sheet.sheet, name);
    else /* a whole row */
        n = asprintf(&place, "%s:%s!%d:%d", t->path, t->sheet.sheet, e->line, e->line);
    return n < 0 ? NULL : place;
}

void table_name_cells(const struct table_file *t, struct diag *d, size_t from)
{
    if (!t->is_sheet || !d)
        return;
    for (size_t i = from; i < d->count; i++) {
        struct diag_entry *e = &d->entries[i];
        if (!e->file || strcmp(e->file, t->path) != 0)
            continue;
        char *place = name_place(t, e);
        if (!place)
            continue;
        free(e->file);
        e->file = place;
        e->line = e->column = 0;
    }
}

int table_numbers(const struct table_file *t, const char *column)
{
    struct csv *header = NULL;
    if (!t->is_sheet)
        return 0;
    const char *start = t->text + strspn(t->text, "\n");
    if (csv_parse(start, strcspn(start, "\n"), t->path, &header, NULL) < 0)
        return 0;
    int at = csv_column(header, column);
    csv_destroy(header);
    return at >= 0 && at < t->sheet.n_columns ? t->sheet.numbers[at] : 0;
}
