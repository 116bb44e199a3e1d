#include "xlsx_sheet.h"

#include "cell_writer.h"
#include "diag.h"
#include "i18n.h"
#include "pending_file.h"
#include "xlsx_count.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define MIN_WIDTH 6  /* letters */
#define MAX_WIDTH 60 /* a wider cell is cut by what shows it, not by us */
#define MAX_SHEET_NAME 31

static const char *const number_formats[XLSX_NUMBERS] = {[XLSX_GENERAL] = NULL,
                                                         [XLSX_FIXED_2] = "0.00",
                                                         [XLSX_FIXED_3] = "0.000",
                                                         [XLSX_PERCENT] = "0.0%"};

/* ---- the book ---- */

static void add_formats(struct xlsx_book *b)
{
    b->header = workbook_add_format(b->book);
    format_set_bold(b->header);
    format_set_bottom(b->header, LXW_BORDER_MEDIUM);
    format_set_bg_color(b->header, 0xEDEDED);
    b->title = workbook_add_format(b->book);
    format_set_bold(b->title);
    b->wrapped = workbook_add_format(b->book);
    format_set_text_wrap(b->wrapped);
    format_set_align(b->wrapped, LXW_ALIGN_VERTICAL_TOP);
    for (int i = 0; i < XLSX_NUMBERS; i++)
        if (number_formats[i]) {
            b->numbers[i] = workbook_add_format(b->book);
            format_set_num_format(b->numbers[i], number_formats[i]);
        }
}

static const char *temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && folder[0] ? folder : "/tmp";
}

int xlsx_book_open(struct xlsx_book *b, struct diag *d)
{
    *b = (struct xlsx_book){0};
    if (asprintf(&b->path, "%s/yuejuan-XXXXXX", temporary_folder()) < 0) {
        b->path = NULL;
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    }
    int fd = mkstemp(b->path);
    if (fd < 0) {
        int rc = file_write_error(b->path, errno, d);
        free(b->path);
        b->path = NULL;
        return rc;
    }
    close(fd);
    lxw_workbook_options options = {
        .constant_memory = LXW_TRUE, .tmpdir = (char *)temporary_folder(), .use_zip64 = LXW_TRUE};
    b->book = workbook_new_opt(b->path, &options);
    if (!b->book) {
        unlink(b->path);
        free(b->path);
        b->path = NULL;
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    }
    /* The same tables give the same bytes. */
    lxw_doc_properties properties = {.created = 315532800}; /* 1980-01-01, as ZIP counts from */
    workbook_set_properties(b->book, &properties);
    add_formats(b);
    return 0;
}

static int copy_file(const char *path, FILE *out, const char *name, struct diag *d)
{
    char bytes[1 << 16];
    FILE *in = fopen(path, "rbe");
    if (!in)
        return file_write_error(name, errno, d);
    int rc = 0;
    size_t n;
    while (rc == 0 && (n = fread(bytes, 1, sizeof bytes, in)) > 0)
        if (fwrite(bytes, 1, n, out) != n)
            rc = file_write_error(name, errno, d);
    if (rc == 0 && ferror(in))
        rc = file_write_error(name, errno, d);
    fclose(in);
    if (rc == 0 && fflush(out) != 0)
        rc = file_write_error(name, errno, d);
    return rc;
}

/* The library does not ask whether its temporary files took what it wrote: a full disk would leave
 * rows out. So the cells are counted again in what came of it. */
static int check_cells(const struct xlsx_book *b, const char *name, struct diag *d)
{
    uint64_t cells;
    if (xlsx_count_cells(b->path, &cells) < 0 || cells != b->cells)
        return file_write_error(name, ENOSPC, d);
    return 0;
}

int xlsx_book_close(struct xlsx_book *b, int rc, FILE *out, const char *name, struct diag *d)
{
    errno = 0;
    lxw_error error = workbook_close(b->book);
    if (rc == 0 && error != LXW_NO_ERROR)
        rc = error == LXW_ERROR_MEMORY_MALLOC_FAILED
                 ? diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"))
                 : file_write_error(name, errno ? errno : ENOSPC, d);
    if (rc == 0)
        rc = check_cells(b, name, d);
    if (rc == 0)
        rc = copy_file(b->path, out, name, d);
    if (rc == 0 && b->cut > 0)
        diag_warning(d, NULL, 0, 0, _("the table as csv has them whole"),
                     _("%d texts are longer than a cell of a spreadsheet holds and were cut"),
                     b->cut);
    unlink(b->path);
    free(b->path);
    *b = (struct xlsx_book){0};
    return rc;
}

/* ---- a sheet ---- */

/* At most 31 letters, none of []:*?/\ and no ' at an end (what Excel refuses). */
static void fit_name(const char *name, char fit[4 * MAX_SHEET_NAME + 1])
{
    int letters = 0;
    char *out = fit;
    for (; *name; name++) {
        bool starts = (*name & 0xC0) != 0x80;
        if (starts && letters++ == MAX_SHEET_NAME)
            break;
        *out++ = strchr("[]:*?/\\'", *name) ? '-' : *name;
    }
    *out = 0;
    if (out == fit)
        strcpy(fit, "-");
}

int xlsx_sheet_begin(struct xlsx_book *book, const char *name, int n_columns,
                     struct xlsx_sheet *ret)
{
    char fit[4 * MAX_SHEET_NAME + 1];
    fit_name(name, fit);
    *ret = (struct xlsx_sheet){.book = book, .n_columns = n_columns, .header = -1};
    ret->widths = calloc((size_t)n_columns + 1, sizeof *ret->widths);
    if (!ret->widths)
        return YJ_ENOMEM;
    if (workbook_validate_sheet_name(book->book, fit) == LXW_NO_ERROR)
        ret->sheet = workbook_add_worksheet(book->book, fit);
    else
        ret->sheet = workbook_add_worksheet(book->book, NULL);
    if (ret->sheet)
        return 0;
    free(ret->widths);
    ret->widths = NULL;
    return YJ_ENOMEM;
}

/* Columns that UTF-8 text takes: the width of each letter, in any locale. */
static int text_width(const char *text)
{
    int width = 0, longest = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p == '\n') {
            longest = width > longest ? width : longest;
            width = 0;
        } else if ((*p & 0xC0) != 0x80) {
            /* U+1100 and on: what is wide there far outweighs what is not. */
            width += *p >= 0xE2 ? 2 : 1;
        }
    }
    return width > longest ? width : longest;
}

static void widen(struct xlsx_sheet *s, int column, int width)
{
    if (column < s->n_columns && width > s->widths[column])
        s->widths[column] = width;
}

/* The text in UTF-8 and of a length that a cell holds; the caller frees it. */
static char *fit_text(struct xlsx_sheet *s, const char *text)
{
    char *copy = cell_clean_text(text);
    int letters = 0;
    for (char *p = copy; p && *p; p++)
        if ((*p & 0xC0) != 0x80) {
            /* Counted as UTF-16 does, as the limit is meant. */
            letters += (unsigned char)*p >= 0xF0 ? 2 : 1;
            if (letters > XLSX_MAX_TEXT - 1) {
                *p = 0;
                s->book->cut++;
                break;
            }
        }
    return copy;
}

static int write_text(struct xlsx_sheet *s, int column, const char *text, lxw_format *format)
{
    char *fit = text[0] ? fit_text(s, text) : NULL;
    if (!fit)
        return text[0] ? YJ_ENOMEM : 0;
    widen(s, column, text_width(fit));
    lxw_error error = worksheet_write_string(s->sheet, s->row, (lxw_col_t)column, fit, format);
    free(fit);
    if (error != LXW_NO_ERROR)
        return YJ_ENOMEM;
    s->book->cells++;
    return 0;
}

int xlsx_sheet_header(struct xlsx_sheet *s, int column, const char *text)
{
    s->header = (int)s->row;
    widen(s, column, text_width(text) + 3); /* the filter's arrow */
    return write_text(s, column, text, s->book->header);
}

int xlsx_sheet_title(struct xlsx_sheet *s, int column, const char *text)
{
    return write_text(s, column, text, s->book->title);
}

int xlsx_sheet_text(struct xlsx_sheet *s, int column, const char *text)
{
    return write_text(s, column, text, NULL);
}

void xlsx_sheet_number(struct xlsx_sheet *s, int column, double value, enum xlsx_number how)
{
    char shown[32];
    if (!isfinite(value))
        return;
    snprintf(shown, sizeof shown, how == XLSX_GENERAL ? "%.9g" : "%.3f", value);
    widen(s, column, (int)strlen(shown));
    if (worksheet_write_number(s->sheet, s->row, (lxw_col_t)column, value + 0.0,
                               s->book->numbers[how]) == LXW_NO_ERROR)
        s->book->cells++;
}

int xlsx_sheet_next_row(struct xlsx_sheet *s)
{
    return s->row + 1 < XLSX_MAX_ROWS ? (int)++s->row : -1;
}

static lxw_row_t last_row(const struct xlsx_sheet *s)
{
    lxw_row_t first = s->header >= 0 ? (lxw_row_t)s->header + 1 : 0;
    return s->row > first ? s->row : first;
}

void xlsx_sheet_finish(struct xlsx_sheet *s, int n_frozen)
{
    for (int i = 0; i < s->n_columns; i++) {
        int width = s->widths[i] + 1;
        width = width < MIN_WIDTH ? MIN_WIDTH : width > MAX_WIDTH ? MAX_WIDTH : width;
        worksheet_set_column(s->sheet, (lxw_col_t)i, (lxw_col_t)i, width, NULL);
    }
    if (s->header >= 0) {
        worksheet_freeze_panes(s->sheet, (lxw_row_t)s->header + 1, (lxw_col_t)n_frozen);
        if (s->n_columns > 0)
            worksheet_autofilter(s->sheet, (lxw_row_t)s->header, 0, last_row(s),
                                 (lxw_col_t)(s->n_columns - 1));
        worksheet_repeat_rows(s->sheet, (lxw_row_t)s->header, (lxw_row_t)s->header);
    }
    worksheet_set_landscape(s->sheet);
    worksheet_fit_to_pages(s->sheet, 1, 0);
    free(s->widths);
    s->widths = NULL;
}

/* ---- formats that follow the values ---- */

void xlsx_sheet_scale(struct xlsx_sheet *s, int column)
{
    lxw_conditional_format scale = {.type = LXW_CONDITIONAL_2_COLOR_SCALE,
                                    .min_rule_type = LXW_CONDITIONAL_RULE_TYPE_NUMBER,
                                    .max_rule_type = LXW_CONDITIONAL_RULE_TYPE_NUMBER,
                                    .min_value = 0,
                                    .max_value = 1,
                                    .min_color = 0xFFFFFF,
                                    .max_color = 0x7FB2D9};
    worksheet_conditional_format_range(s->sheet, (lxw_row_t)s->header + 1, (lxw_col_t)column,
                                       last_row(s), (lxw_col_t)column, &scale);
}

static lxw_format *loud_format(struct xlsx_sheet *s)
{
    lxw_format *format = workbook_add_format(s->book->book);
    format_set_bold(format);
    format_set_bg_color(format, 0xF4C7A1);
    return format;
}

void xlsx_sheet_mark_below(struct xlsx_sheet *s, int column, double limit)
{
    char name[LXW_MAX_CELL_NAME_LENGTH], formula[120];
    lxw_rowcol_to_cell(name, (lxw_row_t)s->header + 1, (lxw_col_t)column);
    snprintf(formula, sizeof formula, "=AND(ISNUMBER(%s),%s<%g)", name, name, limit);
    lxw_conditional_format mark = {
        .type = LXW_CONDITIONAL_TYPE_FORMULA, .value_string = formula, .format = loud_format(s)};
    worksheet_conditional_format_range(s->sheet, (lxw_row_t)s->header + 1, (lxw_col_t)column,
                                       last_row(s), (lxw_col_t)column, &mark);
}

void xlsx_sheet_mark_rows(struct xlsx_sheet *s, int column, const char *text, bool loud)
{
    char name[LXW_MAX_COL_NAME_LENGTH], formula[120];
    lxw_col_to_name(name, (lxw_col_t)column, 1);
    snprintf(formula, sizeof formula, "=%s%d=\"%s\"", name, s->header + 2, text);
    lxw_format *format = loud ? loud_format(s) : workbook_add_format(s->book->book);
    if (!loud) {
        format_set_italic(format);
        format_set_font_color(format, 0x595959);
    }
    lxw_conditional_format mark = {
        .type = LXW_CONDITIONAL_TYPE_FORMULA, .value_string = formula, .format = format};
    worksheet_conditional_format_range(s->sheet, (lxw_row_t)s->header + 1, 0, last_row(s),
                                       (lxw_col_t)(s->n_columns > 0 ? s->n_columns - 1 : 0), &mark);
}
