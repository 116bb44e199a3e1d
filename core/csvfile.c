#include "csvfile.h"

#include "diag.h"
#include "i18n.h"
#include "textfile.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Rows of a wrong length that are told one by one; a file with more is of another kind. */
#define MAX_TOLD_ROWS 20

struct csv_reader {
    const char *in, *end; /* what is still to be read */
    char separator;       /* of cells */
    char *out;            /* where the next cell goes: never beyond what was read */
    const char *name;
    int line, column;   /* of *in */
    struct csv_row row; /* the row being read; its arrays are reused */
    int capacity;       /* cells that row's arrays hold */
    struct csv *csv;
    int rows_capacity;
    int bad_rows;
    struct diag *d;
};

static bool at_line_end(const struct csv_reader *r)
{
    return r->in == r->end || *r->in == '\n' || *r->in == '\r';
}

/* Moves over one byte of a cell; a column is a character, not a byte. */
static char take_byte(struct csv_reader *r)
{
    char c = *r->in++;
    bool carriage_return_alone = c == '\r' && !(r->in < r->end && *r->in == '\n');
    if (c == '\n' || carriage_return_alone) {
        r->line++;
        r->column = 1;
    } else if ((c & 0xC0) != 0x80) {
        r->column++;
    }
    return c;
}

static void skip_line_end(struct csv_reader *r)
{
    if (r->in < r->end && take_byte(r) == '\r' && r->in < r->end && *r->in == '\n')
        take_byte(r);
}

static int read_quoted(struct csv_reader *r)
{
    int line = r->line, column = r->column;
    take_byte(r);
    for (;;) {
        if (r->in == r->end)
            return diag_error(r->d, YJ_EINPUT, r->name, line, column,
                              _("a quoted cell ends with '\"'; a quote inside is written '\"\"'"),
                              _("quote that is never closed"));
        char c = take_byte(r);
        if (c == '"') {
            if (r->in == r->end || *r->in != '"')
                break;
            take_byte(r);
        }
        *r->out++ = c;
    }
    if (!at_line_end(r) && *r->in != r->separator)
        return diag_error(r->d, YJ_EINPUT, r->name, r->line, r->column,
                          _("a quote inside a quoted cell is written '\"\"'"),
                          _("text after the closing quote"));
    return 0;
}

static int read_bare(struct csv_reader *r)
{
    while (!at_line_end(r) && *r->in != r->separator) {
        if (*r->in == '"')
            return diag_error(r->d, YJ_EINPUT, r->name, r->line, r->column,
                              _("put the whole cell in quotes and write '\"\"' for the quote"),
                              _("quote in the middle of a cell"));
        *r->out++ = take_byte(r);
    }
    return 0;
}

static int add_cell(struct csv_reader *r, char *cell, int column)
{
    struct csv_row *row = &r->row;
    if (row->n_cells == r->capacity) {
        int larger = r->capacity ? r->capacity * 2 : 16;
        char **cells = realloc(row->cells, (size_t)larger * sizeof *cells);
        if (cells)
            row->cells = cells;
        int *columns = realloc(row->columns, (size_t)larger * sizeof *columns);
        if (columns)
            row->columns = columns;
        if (!cells || !columns)
            return YJ_ENOMEM;
        r->capacity = larger;
    }
    row->cells[row->n_cells] = cell;
    row->columns[row->n_cells++] = column;
    return 0;
}

static int check_cell(const struct csv_reader *r, const char *cell, int column)
{
    if (r->out - cell > CSV_MAX_CELL)
        return diag_error(r->d, YJ_EINPUT, r->name, r->row.line, column,
                          _("is a quote before it never closed?"),
                          _("a cell of more than %d bytes"), CSV_MAX_CELL);
    if (r->row.n_cells == CSV_MAX_COLUMNS)
        return diag_error(r->d, YJ_EINPUT, r->name, r->row.line, column, NULL,
                          _("more than %d columns"), CSV_MAX_COLUMNS);
    return 0;
}

static int read_row(struct csv_reader *r)
{
    r->row.n_cells = 0;
    r->row.line = r->line;
    for (;;) {
        char *cell = r->out;
        int column = r->column;
        int rc = !at_line_end(r) && *r->in == '"' ? read_quoted(r) : read_bare(r);
        if (rc == 0)
            rc = check_cell(r, cell, column);
        if (rc < 0)
            return rc;
        rc = add_cell(r, cell, column);
        if (rc < 0)
            return rc;
        bool more = !at_line_end(r); /* then it is a separator */
        if (more)
            take_byte(r);
        else
            skip_line_end(r);
        /* The separator or line end just read is at or after this byte, or the text's end is. */
        *r->out++ = 0;
        if (!more)
            return 0;
    }
}

static bool row_is_empty(const struct csv_row *row)
{
    for (int i = 0; i < row->n_cells; i++)
        if (row->cells[i][0])
            return false;
    return true;
}

/* Tells a row of the wrong length; false stops the reading (too many of them). */
static bool row_length_is_right(struct csv_reader *r, const struct csv_row *row)
{
    const struct csv_row *header = r->csv->n_rows ? &r->csv->rows[0] : row;
    if (row->n_cells == header->n_cells)
        return true;
    if (r->bad_rows++ < MAX_TOLD_ROWS)
        diag_error(r->d, YJ_EINPUT, r->name, row->line, 1,
                   _("a cell that holds a comma goes in quotes"),
                   _("row of %d cells under a header of %d"), row->n_cells, header->n_cells);
    return false;
}

static int keep_row(struct csv_reader *r)
{
    struct csv *csv = r->csv;
    size_t n = (size_t)r->row.n_cells;
    if (csv->n_rows == r->rows_capacity) {
        int larger = r->rows_capacity ? r->rows_capacity * 2 : 64;
        struct csv_row *rows = realloc(csv->rows, (size_t)larger * sizeof *rows);
        if (!rows)
            return YJ_ENOMEM;
        csv->rows = rows;
        r->rows_capacity = larger;
    }
    struct csv_row row = {.n_cells = r->row.n_cells, .line = r->row.line};
    row.cells = malloc(n * sizeof *row.cells);
    row.columns = malloc(n * sizeof *row.columns);
    if (!row.cells || !row.columns) {
        free(row.cells);
        free(row.columns);
        return YJ_ENOMEM;
    }
    memcpy(row.cells, r->row.cells, n * sizeof *row.cells);
    memcpy(row.columns, r->row.columns, n * sizeof *row.columns);
    csv->rows[csv->n_rows++] = row;
    return 0;
}

static int check_header(const struct csv_reader *r)
{
    const struct csv *csv = r->csv;
    if (csv->n_rows == 0)
        return diag_error(r->d, YJ_EINPUT, r->name, 0, 0, _("the first row names the columns"),
                          _("'%s' is empty"), r->name);
    const struct csv_row *header = &csv->rows[0];
    for (int i = 0; i < header->n_cells; i++)
        for (int j = 0; j < i; j++)
            if (header->cells[i][0] && !strcmp(header->cells[i], header->cells[j]))
                return diag_error(r->d, YJ_EINPUT, r->name, header->line, header->columns[i], NULL,
                                  _("column '%s' stands twice in the header"), header->cells[i]);
    return 0;
}

/* A spreadsheet set to another language separates by ';' or tabs. Names of columns hold neither:
 * where the header has no comma outside of quotes, the first of them that it has. */
static char find_separator(const char *in, const char *end)
{
    char found = 0;
    bool quoted = false, any = false;
    for (; in < end; in++) {
        if (!quoted && (*in == '\n' || *in == '\r')) {
            if (any)
                break;
            continue; /* an empty row */
        }
        any = true;
        if (*in == '"')
            quoted = !quoted;
        else if (!quoted && *in == ',')
            return ',';
        else if (!quoted && !found && (*in == ';' || *in == '\t'))
            found = *in;
    }
    return found ? found : ',';
}

static int read_rows(struct csv_reader *r)
{
    while (r->in < r->end) {
        int rc = read_row(r);
        if (rc < 0)
            return rc;
        if (row_is_empty(&r->row) || !row_length_is_right(r, &r->row))
            continue;
        rc = keep_row(r);
        if (rc < 0)
            return rc;
    }
    if (r->bad_rows > MAX_TOLD_ROWS)
        diag_error(r->d, YJ_EINPUT, r->name, 0, 0, NULL, _("%d more rows of a wrong length"),
                   r->bad_rows - MAX_TOLD_ROWS);
    int rc = check_header(r);
    return rc < 0 ? rc : r->bad_rows ? YJ_EINPUT : 0;
}

int csv_parse(const char *text, size_t size, const char *name, struct csv **ret_csv, struct diag *d)
{
    int rc = text_check(text, size, name, d);
    if (rc < 0)
        return rc;
    struct csv *csv = calloc(1, sizeof *csv);
    if (!csv)
        return YJ_ENOMEM;
    size_t mark = text_mark_size(text, size);
    /* Every cell is at most as long as what it was read from, and its zero takes the place of the
     * comma or line end after it; the last one may have none. */
    csv->storage = malloc(size + 1);
    csv->path = strdup(name);
    struct csv_reader r = {.in = text + mark,
                           .end = text + size,
                           .separator = find_separator(text + mark, text + size),
                           .out = csv->storage,
                           .name = name,
                           .line = 1,
                           .column = 1,
                           .csv = csv,
                           .d = d};
    rc = csv->storage && csv->path ? read_rows(&r) : YJ_ENOMEM;
    free(r.row.cells);
    free(r.row.columns);
    if (rc < 0) {
        csv_destroy(csv);
        return rc;
    }
    *ret_csv = csv;
    return 0;
}

int csv_load(const char *path, struct csv **ret_csv, struct diag *d)
{
    char *text;
    size_t size;
    int rc = text_load(path, &text, &size, d);
    if (rc < 0)
        return rc;
    rc = csv_parse(text, size, path, ret_csv, d);
    free(text);
    return rc;
}

void csv_destroy(struct csv *csv)
{
    if (!csv)
        return;
    for (int i = 0; i < csv->n_rows; i++) {
        free(csv->rows[i].cells);
        free(csv->rows[i].columns);
    }
    free(csv->rows);
    free(csv->storage);
    free(csv->path);
    free(csv);
}

int csv_column(const struct csv *csv, const char *name)
{
    const struct csv_row *header = &csv->rows[0];
    for (int i = 0; i < header->n_cells; i++)
        if (!strcmp(header->cells[i], name))
            return i;
    return -1;
}

void csv_write_cell(FILE *out, const char *text)
{
    bool spaced = text[0] == ' ' || (text[0] && text[strlen(text) - 1] == ' ');
    bool marked = text_mark_size(text, strlen(text)) > 0; /* at the file's start it would be lost */
    /* ';' and tabs: in a header they would be taken for separators. */
    if (!spaced && !marked && !strpbrk(text, ",;\t\"\r\n")) {
        fputs(text, out);
        return;
    }
    putc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            putc('"', out);
        putc(*text, out);
    }
    putc('"', out);
}

void csv_write_row(FILE *out, const char *const *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            putc(',', out);
        csv_write_cell(out, cells[i]);
    }
    putc('\n', out);
}
