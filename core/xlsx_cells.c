/* xlsx_cells.c - the cells of a sheet, written as CSV, a line a row. */
#include "csvfile.h"
#include "diag.h"
#include "i18n.h"
#include "textfile.h"
#include "xlsx_internal.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TOLD_CELLS 20

enum cell_type { CELL_NUMBER, CELL_SHARED, CELL_TEXT, CELL_BOOL, CELL_ERROR, CELL_DATE };

struct cells {
    struct xlsx *x;
    FILE *out;
    int row, column; /* the cell being read; row from 1, column from 0 */
    int line;        /* lines written */
    int width;       /* of the header; 0: it has not come yet */
    int last;        /* last column of the row with something in it, -1 */
    char **row_texts;
    int *numbers;
    int n_columns; /* that any row has */
    enum cell_type type;
    int style;
    bool has_value, has_formula, in_cell;
    int bad, hidden;
};

/* ---- telling ---- */

/* Goes on: a table with three mistakes is told as three. */
static void tell_cell(struct cells *c, const char *hint, const char *what, const char *shown)
{
    char name[XLSX_CELL_NAME_MAX], *place = NULL;
    if (c->bad++ >= MAX_TOLD_CELLS)
        return;
    xlsx_cell_name(c->column, c->row, name);
    if (asprintf(&place, "%s:%s!%s", c->x->path, c->x->sheet_name, name) < 0)
        place = NULL;
    diag_error(c->x->d, YJ_EINPUT, place ? place : c->x->path, 0, 0, hint, what, shown);
    free(place);
}

static void stop_at(struct cells *c, const char *what, int limit)
{
    xlsx_stop(c->x, diag_error(c->x->d, YJ_EINPUT, c->x->path, 0, 0,
                               _("save the table alone as .xlsx or CSV"), what, limit));
}

static void stop_broken(struct cells *c)
{
    xlsx_stop(c->x, diag_error(c->x->d, YJ_EINPUT, c->x->path, 0, 0,
                               _("open it in a spreadsheet and save it anew"),
                               _("sheet '%s' is broken near row %d"), c->x->sheet_name, c->row));
}

/* ---- a cell ---- */

static bool read_name(const char *name, int *ret_column, int *ret_row)
{
    int column = 0;
    for (; *name >= 'A' && *name <= 'Z'; name++) {
        column = 26 * column + (*name - 'A' + 1);
        if (column > 20000)
            return false;
    }
    char *end;
    long row = strtol(name, &end, 10);
    *ret_column = column - 1;
    *ret_row = (int)row;
    return column > 0 && *name >= '1' && *name <= '9' && !*end && row <= XLSX_ROWS_MAX;
}

static void start_cell(struct cells *c, const char **attributes)
{
    static const struct {
        const char *name;
        enum cell_type type;
    } types[] = {{"n", CELL_NUMBER},       {"s", CELL_SHARED}, {"str", CELL_TEXT},
                 {"inlineStr", CELL_TEXT}, {"b", CELL_BOOL},   {"e", CELL_ERROR},
                 {"d", CELL_DATE}};
    const char *name = xlsx_attribute(attributes, "r"), *type = xlsx_attribute(attributes, "t");
    const char *style = xlsx_attribute(attributes, "s");
    int column = c->column + 1, row = c->row;
    if ((name && !read_name(name, &column, &row)) || row != c->row || column <= c->column) {
        stop_broken(c);
        return;
    }
    c->column = column;
    c->type = CELL_NUMBER;
    for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
        if (strcmp(type, types[i].name) == 0)
            c->type = types[i].type;
    c->style = style ? atoi(style) : 0;
    c->has_value = c->has_formula = false;
    c->in_cell = true;
    c->x->text.size = 0;
}

/* As a person sees it: 15 digits at most, as spreadsheets show. */
static void print_number(const struct cells *c, double value, char text[64])
{
    const struct xlsx *x = c->x;
    int digits = c->style >= 0 && c->style < x->n_styles ? x->styles[c->style].digits : 0;
    if (value == floor(value) && fabs(value) < 1e15)
        snprintf(text, 64, "%0*.0f", digits, value + 0.0);
    else
        snprintf(text, 64, "%.15g", value);
}

static const char *number_text(struct cells *c, const char *text, char shown[64])
{
    char *end;
    double value = strtod(text, &end);
    const struct xlsx *x = c->x;
    if (end == text || *end || !isfinite(value)) {
        stop_broken(c);
        return "";
    }
    if (c->style >= 0 && c->style < x->n_styles && x->styles[c->style].date) {
        tell_cell(c, _("make the column text in the spreadsheet and type it again"),
                  _("a date (day %s of the spreadsheet's count), where a text or number belongs"),
                  text);
        return "";
    }
    print_number(c, value, shown);
    bool padded = c->style >= 0 && c->style < x->n_styles && x->styles[c->style].digits > 0;
    c->numbers[c->column] += !padded;
    return shown;
}

static const char *shared_text(struct cells *c, const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (end == text || *end || number < 0 || number >= c->x->n_strings) {
        stop_broken(c);
        return "";
    }
    return c->x->pool.bytes + c->x->strings[number];
}

/* What the cell says; "" where nothing, or where it was told. */
static const char *cell_text(struct cells *c, char shown[64])
{
    const char *text = c->x->text.size ? c->x->text.bytes : "";
    if (c->has_formula && !c->has_value) {
        tell_cell(c, _("open it in a spreadsheet and save it, or put values in place of formulas"),
                  _("a formula without its value%s"), "");
        return "";
    }
    if (!c->has_value || !*text)
        return "";
    switch (c->type) {
    case CELL_SHARED:
        return shared_text(c, text);
    case CELL_BOOL:
        return strcmp(text, "0") == 0 ? "FALSE" : "TRUE";
    case CELL_ERROR:
        tell_cell(c, _("set the formula right"), _("the formula's error '%.20s'"), text);
        return "";
    case CELL_DATE:
        tell_cell(c, _("make the column text in the spreadsheet and type it again"),
                  _("the date '%.40s', where a text or number belongs"), text);
        return "";
    case CELL_NUMBER:
        return number_text(c, text, shown);
    default:
        return text;
    }
}

/* A copy on one line: a row is a line. "_x000D_" is how a line end is written in XML (22.4.2.4). */
static char *on_one_line(const char *text)
{
    char *copy = strdup(text), *out = copy;
    for (const char *in = copy; in && *in; in++) {
        bool escaped = strncmp(in, "_x000D_", 7) == 0 || strncmp(in, "_x000A_", 7) == 0;
        *out++ = escaped || *in == '\n' || *in == '\r' ? ' ' : *in;
        in += escaped ? 6 : 0;
    }
    if (copy)
        *out = 0;
    return copy;
}

static void end_cell(struct cells *c)
{
    char shown[64];
    c->in_cell = false;
    if (c->column >= CSV_MAX_COLUMNS) {
        if (c->has_value)
            stop_at(c, _("more than %d columns"), CSV_MAX_COLUMNS);
        return;
    }
    const char *text = cell_text(c, shown);
    if (!*text || c->x->rc < 0)
        return;
    free(c->row_texts[c->column]);
    c->row_texts[c->column] = on_one_line(text);
    if (!c->row_texts[c->column])
        xlsx_stop(c->x, YJ_ENOMEM);
    c->last = c->column;
}

/* ---- a row ---- */

static void start_row(struct cells *c, const char **attributes)
{
    const char *number = xlsx_attribute(attributes, "r");
    const char *hidden = xlsx_attribute(attributes, "hidden");
    char *end = NULL;
    long row = number ? strtol(number, &end, 10) : c->row + 1;
    if ((number && *end) || row <= c->row || row > XLSX_ROWS_MAX) {
        stop_broken(c);
        return;
    }
    c->row = (int)row;
    c->column = -1;
    c->last = -1;
    c->hidden += hidden && (strcmp(hidden, "1") == 0 || strcmp(hidden, "true") == 0);
}

static void end_row(struct cells *c)
{
    for (; c->line < c->row - 1; c->line++)
        putc('\n', c->out);
    if (c->last >= 0 && c->width == 0)
        c->width = c->last + 1;
    int n = c->last < 0 ? 0 : c->last + 1 > c->width ? c->last + 1 : c->width;
    for (int i = 0; i < n; i++) {
        if (i > 0)
            putc(',', c->out);
        csv_write_cell(c->out, c->row_texts[i] ? c->row_texts[i] : "");
        free(c->row_texts[i]);
        c->row_texts[i] = NULL;
    }
    putc('\n', c->out);
    c->line++;
    c->n_columns = n > c->n_columns ? n : c->n_columns;
    if (ftell(c->out) > (long)TEXT_MAX_SIZE)
        stop_at(c, _("a table of more than %d MB"), TEXT_MAX_SIZE >> 20);
}

/* ---- the sheet ---- */

static void tell_merged(struct cells *c, const char *where)
{
    int row, column;
    char first[XLSX_CELL_NAME_MAX];
    size_t n = where ? strcspn(where, ":") : 0;
    if (n == 0 || n >= sizeof first)
        return;
    memcpy(first, where, n);
    first[n] = 0;
    if (!read_name(first, &column, &row))
        return;
    c->row = row;
    c->column = column;
    tell_cell(c, _("take the merging back and fill in every cell"), _("the cells %s are merged"),
              where);
}

static void on_start(void *context, const char *name, const char **attributes)
{
    struct cells *c = context;
    c->x->wanted = false;
    if (strcmp(name, "row") == 0) {
        start_row(c, attributes);
    } else if (strcmp(name, "c") == 0) {
        start_cell(c, attributes);
    } else if (strcmp(name, "mergeCell") == 0) {
        tell_merged(c, xlsx_attribute(attributes, "ref"));
    } else if (strcmp(name, "rPh") == 0) {
        c->x->phonetic++;
    } else if (c->in_cell && (strcmp(name, "v") == 0 || strcmp(name, "t") == 0)) {
        c->x->wanted = c->x->phonetic == 0;
        c->has_value |= c->x->wanted;
    } else if (c->in_cell && strcmp(name, "f") == 0) {
        c->has_formula = true;
    }
}

static void on_end(void *context, const char *name)
{
    struct cells *c = context;
    c->x->wanted = false;
    if (strcmp(name, "row") == 0)
        end_row(c);
    else if (strcmp(name, "c") == 0)
        end_cell(c);
    else if (strcmp(name, "rPh") == 0)
        c->x->phonetic--;
}

static void on_characters(void *context, const char *text, int n)
{
    struct cells *c = context;
    if (!c->x->wanted)
        return;
    if (c->x->text.size + (size_t)n > 8 * CSV_MAX_CELL) {
        tell_cell(c, NULL, _("a text longer than a cell holds%s"), "");
        xlsx_stop(c->x, YJ_EINPUT);
    } else if (xlsx_append(&c->x->text, text, (size_t)n) < 0) {
        xlsx_stop(c->x, YJ_ENOMEM);
    }
}

static int read_sheet(struct cells *c)
{
    struct xlsx *x = c->x;
    int rc = xlsx_feed_part(x, x->sheet_part,
                            &(struct xlsx_handlers){on_start, on_end, on_characters, c});
    if (rc == 1)
        rc = diag_error(x->d, YJ_EINPUT, x->path, 0, 0,
                        _("open it in a spreadsheet and save it anew"),
                        _("'%s' is broken: sheet '%s' is not in it"), x->path, x->sheet_name);
    if (rc == 0 && c->bad > MAX_TOLD_CELLS)
        diag_error(x->d, YJ_EINPUT, x->path, 0, 0, NULL, _("%d more cells of that kind"),
                   c->bad - MAX_TOLD_CELLS);
    if (rc == 0 && c->bad > 0)
        rc = YJ_EINPUT;
    if (rc == 0 && c->hidden > 0)
        diag_warning(x->d, x->path, 0, 0, _("delete them if they do not count"),
                     _("%d hidden rows are read all the same"), c->hidden);
    return rc;
}

int xlsx_write_cells(struct xlsx *x, struct xlsx_table *ret)
{
    struct cells c = {.x = x, .last = -1, .column = -1};
    char *text = NULL;
    size_t size = 0;
    int rc = YJ_ENOMEM;
    c.row_texts = calloc(CSV_MAX_COLUMNS, sizeof *c.row_texts);
    c.numbers = calloc(CSV_MAX_COLUMNS, sizeof *c.numbers);
    c.out = open_memstream(&text, &size);
    if (c.row_texts && c.numbers && c.out)
        rc = read_sheet(&c);
    if (c.out && fclose(c.out) != 0 && rc == 0)
        rc = YJ_ENOMEM;
    for (int i = 0; c.row_texts && i < CSV_MAX_COLUMNS; i++)
        free(c.row_texts[i]);
    free(c.row_texts);
    if (rc < 0) {
        free(text);
        free(c.numbers);
        return rc;
    }
    ret->text = text;
    ret->size = size;
    ret->numbers = c.numbers;
    ret->n_columns = c.n_columns;
    return 0;
}
