#include "export.h"

#include "csvfile.h"
#include "diag.h"
#include "i18n.h"
#include "pending_file.h"
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* A place for one cell's text made clean; grows to the longest. */
struct clean_text {
    char *text;
    size_t capacity;
};

struct table_writer {
    FILE *out;
    struct store_rows *rows;
    struct store_cell *cells;
    int n_columns;
    bool any_row;
    struct clean_text clean;
};

/* ---- UTF-8 ---- */

/* Bytes of the character at s, 0 where there is none (RFC 3629: no overlong form, no surrogate). */
static size_t character_size(const unsigned char *s)
{
    uint32_t c;
    size_t size = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

    if (size <= 1)
        return size;
    c = s[0] & (0x7f >> size);
    for (size_t i = 1; i < size; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3f);
    }
    if ((size == 3 && c < 0x800) || (size == 4 && (c < 0x10000 || c > 0x10ffff)) ||
        (c >= 0xd800 && c <= 0xdfff))
        return 0;
    return size;
}

static bool is_utf8(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;

    for (size_t size; *s != '\0'; s += size) {
        size = character_size(s);
        if (size == 0)
            return false;
    }
    return true;
}

/* The text itself where it is UTF-8, else a copy that is; NULL: out of memory. */
static const char *cleaned(struct clean_text *clean, const char *text)
{
    size_t length = 0;

    if (is_utf8(text))
        return text;
    size_t need = strlen(text) * (sizeof(REPLACEMENT) - 1) + 1;
    if (need > clean->capacity) {
        char *grown = realloc(clean->text, need);

        if (grown == NULL)
            return NULL;
        clean->text = grown;
        clean->capacity = need;
    }
    while (*text != '\0') {
        size_t size = character_size((const unsigned char *)text);
        const char *from = size > 0 ? text : REPLACEMENT;
        size_t n = size > 0 ? size : sizeof(REPLACEMENT) - 1;

        memcpy(clean->text + length, from, n);
        length += n;
        text += size > 0 ? size : 1;
    }
    clean->text[length] = '\0';
    return clean->text;
}

/* ---- CSV ---- */

static int write_csv_cell(struct table_writer *w, int column, const char *text)
{
    const char *clean = cleaned(&w->clean, text);

    if (clean == NULL)
        return YJ_ENOMEM;
    if (column > 0)
        putc(',', w->out);
    csv_write_cell(w->out, clean);
    return 0;
}

static int begin_csv(struct table_writer *w)
{
    int rc = 0;

    for (int i = 0; i < w->n_columns && rc == 0; i++)
        rc = write_csv_cell(w, i, store_rows_column_name(w->rows, i));
    putc('\n', w->out);
    return rc;
}

static int write_csv_row(struct table_writer *w)
{
    int rc = 0;

    for (int i = 0; i < w->n_columns && rc == 0; i++)
        rc = write_csv_cell(w, i, w->cells[i].text);
    putc('\n', w->out);
    return rc;
}

static int end_csv(struct table_writer *w)
{
    (void)w;
    return 0;
}

/* ---- JSON ---- */

static int write_json_string(struct table_writer *w, const char *text)
{
    const char *clean = cleaned(&w->clean, text);

    if (clean == NULL)
        return YJ_ENOMEM;
    putc('"', w->out);
    for (; *clean != '\0'; clean++)
        if ((unsigned char)*clean < 0x20)
            fprintf(w->out, "\\u%04x", (unsigned char)*clean);
        else {
            if (*clean == '"' || *clean == '\\')
                putc('\\', w->out);
            putc(*clean, w->out);
        }
    putc('"', w->out);
    return 0;
}

static int begin_json(struct table_writer *w)
{
    putc('[', w->out);
    return 0;
}

static int write_json_cell(struct table_writer *w, int column)
{
    const struct store_cell *cell = &w->cells[column];

    if (column > 0)
        putc(',', w->out);
    int rc = write_json_string(w, store_rows_column_name(w->rows, column));
    putc(':', w->out);
    if (rc < 0)
        return rc;
    if (!cell->numeric)
        return write_json_string(w, cell->text);
    fputs(cell->text[0] != '\0' ? cell->text : "null", w->out);
    return 0;
}

static int write_json_row(struct table_writer *w)
{
    int rc = 0;

    fputs(w->any_row ? ",\n{" : "\n{", w->out);
    for (int i = 0; i < w->n_columns && rc == 0; i++)
        rc = write_json_cell(w, i);
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
    struct table_writer w = {.out = out};
    int rc = store_rows_open(store, table, &w.rows, d);

    if (rc < 0)
        return rc;
    w.n_columns = store_rows_columns(w.rows);
    w.cells = calloc((size_t)w.n_columns, sizeof(*w.cells));
    errno = 0;
    rc = w.cells != NULL ? write_rows(&w, &formats[format], name, d) : fail(YJ_ENOMEM, name, 0, d);
    free(w.cells);
    free(w.clean.text);
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
