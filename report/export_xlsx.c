#include "export_xlsx.h"

#include "diag.h"
#include "i18n.h"
#include "xlsx_sheet.h"
#include <stdlib.h>
#include <string.h>

/* As `--what` calls them: columns are not translated either, so that formulas work everywhere. */
static const char *const sheet_names[] = {[TABLE_SCORES] = "scores",
                                          [TABLE_READINGS] = "readings",
                                          [TABLE_ITEMS] = "items",
                                          [TABLE_EXCEPTIONS] = "exceptions",
                                          [TABLE_AUDIT] = "audit",
                                          [TABLE_DISTRIBUTION] = "distribution",
                                          [TABLE_RELIABILITY] = "reliability",
                                          [TABLE_HEALTH] = "health",
                                          [TABLE_ALARMS] = "alarms",
                                          [TABLE_TOTALS] = "totals"};

/* What an item's discrimination should not fall below (Ebel 1965: poor below 0.2). */
#define POOR_DISCRIMINATION 0.2

/* Rows and columns that a person looks for. */
static const struct {
    enum store_table table;
    const char *column, *text; /* text NULL: the column's numbers */
    enum { LOUD, QUIET, SCALE, BELOW } how;
} marks[] = {
    {TABLE_SCORES, "status", "pending", LOUD},     {TABLE_SCORES, "status", "absent", QUIET},
    {TABLE_SCORES, "status", "void", QUIET},       {TABLE_TOTALS, "status", "pending", LOUD},
    {TABLE_READINGS, "status", "uncertain", LOUD}, {TABLE_READINGS, "status", "multiple", QUIET},
    {TABLE_ITEMS, "difficulty", NULL, SCALE},      {TABLE_ITEMS, "d27", NULL, BELOW},
    {TABLE_ITEMS, "rpb_rest", NULL, BELOW},
};

struct sheet_export {
    struct store_rows *rows;
    struct store_cell *cells;
    int n_columns;
    struct xlsx_sheet sheet;
};

static int column_named(const struct sheet_export *e, const char *name)
{
    for (int i = 0; i < e->n_columns; i++)
        if (strcmp(store_rows_column_name(e->rows, i), name) == 0)
            return i;
    return -1;
}

static void add_marks(struct sheet_export *e, enum store_table table)
{
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        int column = marks[i].table == table ? column_named(e, marks[i].column) : -1;
        if (column < 0)
            continue;
        if (marks[i].how == SCALE)
            xlsx_sheet_scale(&e->sheet, column);
        else if (marks[i].how == BELOW)
            xlsx_sheet_mark_below(&e->sheet, column, POOR_DISCRIMINATION);
        else
            xlsx_sheet_mark_rows(&e->sheet, column, marks[i].text, marks[i].how == LOUD);
    }
}

static int write_row(struct sheet_export *e)
{
    int rc = 0;
    for (int i = 0; i < e->n_columns && rc == 0; i++) {
        const struct store_cell *cell = &e->cells[i];
        if (!cell->numeric)
            rc = xlsx_sheet_text(&e->sheet, i, cell->text);
        else if (cell->text[0])
            xlsx_sheet_number(&e->sheet, i, strtod(cell->text, NULL), XLSX_GENERAL);
    }
    return rc;
}

static int too_many_rows(const char *name, struct diag *d)
{
    return diag_error(d, YJ_EINPUT, NULL, 0, 0, _("write it as csv or json"),
                      _("'%s' would have more than the %d rows that a spreadsheet holds"), name,
                      XLSX_MAX_ROWS - 1);
}

static int write_rows(struct sheet_export *e, const char *name, struct diag *d)
{
    int rc = 0, answer = 0;
    for (int i = 0; i < e->n_columns && rc == 0; i++)
        rc = xlsx_sheet_header(&e->sheet, i, store_rows_column_name(e->rows, i));
    while (rc == 0 && (answer = store_rows_next(e->rows, e->cells, d)) == 1) {
        if (xlsx_sheet_next_row(&e->sheet) < 0)
            return too_many_rows(name, d);
        rc = write_row(e);
    }
    if (rc < 0)
        return diag_error(d, rc, NULL, 0, 0, NULL, _("out of memory"));
    return answer;
}

static int write_sheet(struct sheet_export *e, enum store_table table, struct xlsx_book *book,
                       const char *name, struct diag *d)
{
    if (e->n_columns > XLSX_MAX_COLUMNS)
        return diag_error(d, YJ_EINPUT, NULL, 0, 0, _("write it as csv or json"),
                          _("'%s' would have %d columns: a spreadsheet holds %d"), name,
                          e->n_columns, XLSX_MAX_COLUMNS);
    e->cells = calloc((size_t)e->n_columns, sizeof *e->cells);
    int rc =
        e->cells ? xlsx_sheet_begin(book, sheet_names[table], e->n_columns, &e->sheet) : YJ_ENOMEM;
    if (rc < 0)
        return diag_error(d, rc, NULL, 0, 0, NULL, _("out of memory"));
    rc = write_rows(e, name, d);
    if (rc == 0)
        add_marks(e, table);
    xlsx_sheet_finish(&e->sheet, 1);
    return rc;
}

int export_xlsx(struct store *store, enum store_table table, FILE *out, const char *name,
                struct diag *d)
{
    struct sheet_export e = {0};
    struct xlsx_book book;
    int rc = store_rows_open(store, table, &e.rows, d);
    if (rc < 0)
        return rc;
    e.n_columns = store_rows_columns(e.rows);
    rc = xlsx_book_open(&book, d);
    if (rc == 0)
        rc = xlsx_book_close(&book, write_sheet(&e, table, &book, name, d), out, name, d);
    free(e.cells);
    store_rows_close(e.rows);
    return rc;
}
