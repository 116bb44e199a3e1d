#include "xlsx_report.h"

#include "diag.h"
#include "i18n.h"
#include "pending_file.h"
#include "points.h"
#include "xlsx_report_sheets.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- rows ---- */

int report_sheet_begin(struct report_book *b, const char *name, const char *const *headers,
                       int n_headers, struct report_row *ret)
{
    *ret = (struct report_row){.column = 0};
    int rc = xlsx_sheet_begin(&b->book, name, n_headers, &ret->sheet);
    for (int i = 0; i < n_headers && rc == 0; i++)
        rc = xlsx_sheet_header(&ret->sheet, i, headers[i]);
    ret->rc = rc;
    return rc;
}

void report_next_row(struct report_book *b, struct report_row *row)
{
    row->column = 0;
    if (row->rc == 0 && xlsx_sheet_next_row(&row->sheet) < 0)
        row->rc = diag_error(b->d, YJ_EINPUT, NULL, 0, 0, _("export the scores as csv"),
                             _("more rows than the %d that a sheet of a spreadsheet holds"),
                             XLSX_MAX_ROWS - 1);
}

void report_text(struct report_row *row, const char *text)
{
    if (row->rc == 0)
        row->rc = xlsx_sheet_text(&row->sheet, row->column, text ? text : "");
    row->column++;
}

void report_number(struct report_row *row, double value, enum xlsx_number how)
{
    if (row->rc == 0)
        xlsx_sheet_number(&row->sheet, row->column, value, how);
    row->column++;
}

void report_count(struct report_row *row, int64_t n)
{
    report_number(row, (double)n, XLSX_GENERAL);
}

void report_yes(struct report_row *row, bool yes)
{
    report_text(row, yes ? _("yes") : "");
}

int report_sheet_end(struct report_row *row, int n_frozen)
{
    if (row->sheet.sheet)
        xlsx_sheet_finish(&row->sheet, n_frozen);
    return row->rc;
}

/* ---- overview ---- */

static void add_text(struct report_book *b, struct report_row *row, const char *label,
                     const char *text)
{
    report_text(row, label);
    report_text(row, text);
    report_next_row(b, row);
}

/* What has no value has no line. */
static void add_number(struct report_book *b, struct report_row *row, const char *label,
                       double value, enum xlsx_number how)
{
    if (!isfinite(value))
        return;
    report_text(row, label);
    report_number(row, value, how);
    report_next_row(b, row);
}

static void add_counts(struct report_book *b, struct report_row *row)
{
    const struct analysis_counts *c = &b->a->counts;
    if (c->roster >= 0)
        add_number(b, row, _("candidates in the roster"), c->roster, XLSX_GENERAL);
    add_number(b, row, _("scored"), c->scored, XLSX_GENERAL);
    add_number(b, row, _("absent"), c->absent, XLSX_GENERAL);
    add_number(b, row, _("void"), c->voided, XLSX_GENERAL);
    add_number(b, row, _("pending"), c->pending, XLSX_GENERAL);
    add_number(b, row, _("pages read from scans"), c->pages_in, XLSX_GENERAL);
    add_number(b, row, _("pages on sheets"), c->pages_scored, XLSX_GENERAL);
    add_number(b, row, _("pages that wait for a person"), c->pages_waiting, XLSX_GENERAL);
}

static void add_statistics(struct report_book *b, struct report_row *row)
{
    const struct analysis *a = b->a;
    const struct {
        const char *label;
        double value;
        enum xlsx_number how;
    } lines[] = {
        {_("maximum"), points_double(a->max), XLSX_GENERAL},
        {_("mean"), a->mean, XLSX_FIXED_2},
        {_("standard deviation"), a->sd, XLSX_FIXED_2},
        {_("lowest"), a->min, XLSX_GENERAL},
        {_("first quartile"), a->q1, XLSX_GENERAL},
        {_("median"), a->median, XLSX_GENERAL},
        {_("third quartile"), a->q3, XLSX_GENERAL},
        {_("highest"), a->maximum, XLSX_GENERAL},
        {_("skewness"), a->skewness, XLSX_FIXED_3},
        {_("kurtosis"), a->kurtosis, XLSX_FIXED_3},
        {_("alpha"), a->alpha, XLSX_FIXED_3},
        {_("KR-20"), a->kr20, XLSX_FIXED_3},
        {_("KR-21"), a->kr21, XLSX_FIXED_3},
        {_("omega"), a->omega, XLSX_FIXED_3},
        {_("Guttman's lambda-6"), a->lambda6, XLSX_FIXED_3},
        {_("split-half"), a->split_half, XLSX_FIXED_3},
        {_("standard error of measurement"), a->sem, XLSX_FIXED_2},
        {_("pass mark"), a->pass_mark, XLSX_GENERAL},
        {_("passed"), a->pass, XLSX_PERCENT},
        {_("distinction mark"), a->distinction_mark, XLSX_GENERAL},
        {_("with distinction"), a->distinction, XLSX_PERCENT},
        {_("mean of scaled scores"), a->scale_mean, XLSX_FIXED_2},
        {_("standard deviation of scaled scores"), a->scale_sd, XLSX_FIXED_2},
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        add_number(b, row, lines[i].label, lines[i].value, lines[i].how);
}

/* Candidates a score, the lowest at the left. */
static int insert_distribution(struct report_book *b, struct report_row *row)
{
    const struct analysis *a = b->a;
    if (a->n_scores == 0)
        return 0;
    lxw_chart *chart = workbook_add_chart(b->book.book, LXW_CHART_COLUMN);
    lxw_chart_series *series = chart ? chart_add_series(chart, NULL, NULL) : NULL;
    if (!series)
        return YJ_ENOMEM;
    chart_series_set_categories(series, report_name_distribution(), 1, 0, (lxw_row_t)a->n_scores,
                                0);
    chart_series_set_values(series, report_name_distribution(), 1, 1, (lxw_row_t)a->n_scores, 1);
    chart_series_set_name(series, _("candidates"));
    chart_title_set_name(chart, _("distribution of scores"));
    chart_axis_set_name(chart->x_axis, _("score"));
    chart_axis_set_name(chart->y_axis, _("candidates"));
    chart_axis_set_reverse(chart->x_axis); /* the table has the highest first */
    chart_axis_set_label_align(chart->x_axis, LXW_CHART_AXIS_LABEL_ALIGN_CENTER);
    chart_axis_set_crossing_max(chart->x_axis);
    chart_legend_set_position(chart, LXW_CHART_LEGEND_NONE);
    chart_set_series_gap(chart, 20);
    lxw_chart_options place = {.x_scale = 1.6, .y_scale = 1.5};
    return worksheet_insert_chart_opt(row->sheet.sheet, 1, 3, chart, &place) == LXW_NO_ERROR
               ? 0
               : YJ_ENOMEM;
}

static int write_overview(struct report_book *b)
{
    const struct analysis *a = b->a;
    const char *const headers[] = {_("figure"), _("value")};
    struct report_row row;
    if (report_sheet_begin(b, _("overview"), headers, 2, &row) == 0) {
        report_next_row(b, &row);
        add_text(b, &row, _("title"), a->exam->title);
        add_text(b, &row, _("subject"), a->exam->subject);
        add_text(b, &row, _("date"), a->exam->date);
        add_counts(b, &row);
        add_statistics(b, &row);
        if (a->scale && a->scale[0])
            add_text(b, &row, _("scaled scores"), a->scale);
        if (row.rc == 0)
            row.rc = insert_distribution(b, &row);
    }
    return report_sheet_end(&row, 1);
}

/* ---- the book ---- */

static int write_sheets(struct report_book *b)
{
    static int (*const sheets[])(struct report_book * b) = {
        write_overview,      report_sheet_scores,  report_sheet_distribution,
        report_sheet_items,  report_sheet_options, report_sheet_groups,
        report_sheet_models, report_sheet_findings};
    int rc = 0;
    for (size_t i = 0; i < sizeof sheets / sizeof *sheets && rc == 0; i++)
        rc = sheets[i](b);
    return rc == YJ_ENOMEM ? diag_error(b->d, rc, NULL, 0, 0, NULL, _("out of memory")) : rc;
}

int report_write_xlsx(const struct analysis *a, const char *path, struct diag *d)
{
    struct report_book b = {.a = a, .d = d};
    struct pending_file file;
    int rc = pending_file_open(path, &file, d);
    if (rc < 0)
        return rc;
    rc = xlsx_book_open(&b.book, d);
    if (rc == 0)
        rc = xlsx_book_close(&b.book, write_sheets(&b), file.out, path, d);
    return pending_file_close(&file, rc, path, d);
}
