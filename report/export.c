#include "export.h"

#include "cell_writer.h"
#include "diag.h"
#include "export_xlsx.h"
#include "formula_watch.h"
#include "i18n.h"
#include "pending_file.h"
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct table_writer {
    FILE *out;
    struct store_rows *rows;
    struct store_cell *cells;
    int n_columns;
    bool any_row;
    struct cell_writer cell;
    struct formula_watch watch;
};

/* ---- CSV ---- */

static int begin_csv(struct table_writer *w)
{
    int rc = 0;

    for (int i = 0; i < w->n_columns && rc == 0; i++)
        rc = cell_write_csv(&w->cell, i, store_rows_column_name(w->rows, i));
    putc('\n', w->out);
    return rc;
}

static int write_csv_row(struct table_writer *w)
{
    int rc = 0;

    for (int i = 0; i < w->n_columns && rc == 0; i++) {
        if (!w->cells[i].numeric)
            formula_watch_look(&w->watch, w->cells[i].text);
        rc = cell_write_csv(&w->cell, i, w->cells[i].text);
    }
    putc('\n', w->out);
    return rc;
}

static int end_csv(struct table_writer *w)
{
    (void)w;
    return 0;
}

/* ---- JSON ---- */

static int begin_json(struct table_writer *w)
{
    putc('[', w->out);
    return 0;
}

static int write_json_row(struct table_writer *w)
{
    int rc = 0;

    fputs(w->any_row ? ",\n{" : "\n{", w->out);
    for (int i = 0; i < w->n_columns && rc == 0; i++)
        rc = cell_write_json(&w->cell, i, store_rows_column_name(w->rows, i), w->cells[i].text,
                             w->cells[i].numeric);
    putc('}', w->out);
    return rc;
}

static int end_json(struct table_writer *w)
{
    fputs("\n]\n", w->out);
    return 0;
}

static const struct table_format {
    int (*begin)(struct table_writer *w);
    int (*row)(struct table_writer *w);
    int (*end)(struct table_writer *w);
} formats[] = {
    [EXPORT_CSV] = {begin_csv, write_csv_row, end_csv},
    [EXPORT_JSON] = {begin_json, write_json_row, end_json},
};

/* ---- a table ---- */

static int fail(int code, const char *name, int error, struct diag *d)
{
    if (code == YJ_ENOMEM)
        return diag_error(d, code, NULL, 0, 0, NULL, _("out of memory"));
    return file_write_error(name, error, d);
}

/* A full disk or a closed pipe ends the work at once, not after a million rows. */
static int check_out(FILE *out, const char *name, struct diag *d)
{
    return ferror(out) ? fail(YJ_EIO, name, errno, d) : 0;
}

static int write_rows(struct table_writer *w, const struct table_format *format, const char *name,
                      struct diag *d)
{
    int answer = 0, rc = format->begin(w);

    while (rc == 0 && (answer = store_rows_next(w->rows, w->cells, d)) == 1) {
        rc = format->row(w);
        w->any_row = true;
        if (rc == 0 && ferror(w->out))
            return check_out(w->out, name, d);
    }
    if (answer < 0)
        return answer; /* told by the store */
    if (rc == 0)
        rc = format->end(w);
    if (rc < 0)
        return fail(rc, name, 0, d);
    return fflush(w->out) == 0 ? check_out(w->out, name, d) : fail(YJ_EIO, name, errno, d);
}

int export_table(struct store *store, enum store_table table, enum export_format format, FILE *out,
                 const char *name, struct diag *d)
{
    struct table_writer w = {.out = out, .cell = {.out = out}};
    if (format == EXPORT_XLSX)
        return export_xlsx(store, table, out, name, d);
    int rc = store_rows_open(store, table, &w.rows, d);

    if (rc < 0)
        return rc;
    w.n_columns = store_rows_columns(w.rows);
    w.cells = calloc((size_t)w.n_columns, sizeof(*w.cells));
    errno = 0;
    rc = w.cells != NULL ? write_rows(&w, &formats[format], name, d) : fail(YJ_ENOMEM, name, 0, d);
    if (rc == 0)
        formula_watch_tell(&w.watch, d);
    formula_watch_finish(&w.watch);
    free(w.cells);
    cell_writer_finish(&w.cell);
    store_rows_close(w.rows);
    return rc;
}

/* ---- into a file ---- */

int export_table_file(struct store *store, enum store_table table, enum export_format format,
                      const char *path, struct diag *d)
{
    struct pending_file file;
    int rc = pending_file_open(path, &file, d);

    if (rc < 0)
        return rc;
    rc = export_table(store, table, format, file.out, path, d);
    return pending_file_close(&file, rc, path, d);
}
