/* xlsx_report_items.c - the sheets about items: statistics, options, models, findings. */
#include "diag.h"
#include "i18n.h"
#include "points.h"
#include "xlsx_report_sheets.h"
#include <math.h>
#include <string.h>

#define N_ITEMS(array) ((int)(sizeof(array) / sizeof *(array)))
#define POOR_DISCRIMINATION 0.2 /* Ebel (1965): poor below it */

const char *report_name_items(void)
{
    return _("items");
}

/* ---- items ---- */

enum { ITEM_DIFFICULTY = 9, ITEM_D27, ITEM_RPB, ITEM_RPB_REST };

static void write_item(struct report_book *b, struct report_row *row,
                       const struct analysis_item *item)
{
    report_next_row(b, row);
    report_text(row, item->item);
    report_text(row, item->section);
    report_text(row, item->key);
    report_text(row, item->rule);
    report_yes(row, !item->counts);
    report_count(row, item->n);
    report_number(row, item->max, XLSX_GENERAL);
    report_number(row, item->mean, XLSX_FIXED_3);
    report_number(row, item->sd, XLSX_FIXED_3);
    report_number(row, item->difficulty, XLSX_FIXED_3);
    report_number(row, item->d27, XLSX_FIXED_3);
    report_number(row, item->rpb, XLSX_FIXED_3);
    report_number(row, item->rpb_rest, XLSX_FIXED_3);
    report_number(row, item->alpha_without, XLSX_FIXED_3);
    report_count(row, item->right);
    report_count(row, item->omitted);
    report_count(row, item->multiple);
    for (int i = 0; i < ANALYSIS_FIFTHS; i++)
        report_number(row, item->fifth[i], XLSX_PERCENT);
}

/* Every item a point: how hard, how well it tells candidates apart. */
static int insert_items_chart(struct report_book *b, struct report_row *row)
{
    lxw_row_t last = (lxw_row_t)b->a->n_items;
    if (last == 0)
        return 0;
    lxw_chart *chart = workbook_add_chart(b->book.book, LXW_CHART_SCATTER);
    lxw_chart_series *series = chart ? chart_add_series(chart, NULL, NULL) : NULL;
    if (!series)
        return YJ_ENOMEM;
    chart_series_set_categories(series, report_name_items(), 1, ITEM_DIFFICULTY, last,
                                ITEM_DIFFICULTY);
    chart_series_set_values(series, report_name_items(), 1, ITEM_RPB_REST, last, ITEM_RPB_REST);
    chart_series_set_name(series, _("items"));
    chart_title_set_name(chart, _("difficulty and discrimination"));
    chart_axis_set_name(chart->x_axis, _("difficulty"));
    chart_axis_set_min(chart->x_axis, 0);
    chart_axis_set_max(chart->x_axis, 1);
    chart_axis_set_name(chart->y_axis, _("correlation with the rest"));
    chart_legend_set_position(chart, LXW_CHART_LEGEND_NONE);
    lxw_chart_options place = {.x_scale = 1.4, .y_scale = 1.4};
    return worksheet_insert_chart_opt(row->sheet.sheet, last + 2, 1, chart, &place) == LXW_NO_ERROR
               ? 0
               : YJ_ENOMEM;
}

int report_sheet_items(struct report_book *b)
{
    const char *const headers[] = {_("item"),
                                   _("section"),
                                   _("key"),
                                   _("rule"),
                                   _("dropped"),
                                   _("n"),
                                   _("max"),
                                   _("mean"),
                                   _("standard deviation"),
                                   _("difficulty"),
                                   _("D27"),
                                   _("correlation with the total"),
                                   _("correlation with the rest"),
                                   _("alpha without it"),
                                   _("right"),
                                   _("omitted"),
                                   _("multiple"),
                                   _("lowest fifth"),
                                   _("second fifth"),
                                   _("third fifth"),
                                   _("fourth fifth"),
                                   _("highest fifth")};
    struct report_row row;
    if (report_sheet_begin(b, report_name_items(), headers, N_ITEMS(headers), &row) == 0) {
        for (int i = 0; i < b->a->n_items && row.rc == 0; i++)
            write_item(b, &row, &b->a->items[i]);
        xlsx_sheet_scale(&row.sheet, ITEM_DIFFICULTY);
        xlsx_sheet_mark_below(&row.sheet, ITEM_D27, POOR_DISCRIMINATION);
        xlsx_sheet_mark_below(&row.sheet, ITEM_RPB_REST, POOR_DISCRIMINATION);
        if (row.rc == 0)
            row.rc = insert_items_chart(b, &row);
    }
    return report_sheet_end(&row, 1);
}

/* ---- options ---- */

int report_sheet_options(struct report_book *b)
{
    const char *const headers[] = {
        _("item"),         _("option"),       _("right"),
        _("count"),        _("share"),        _("correlation with the rest"),
        _("lowest fifth"), _("second fifth"), _("third fifth"),
        _("fourth fifth"), _("highest fifth")};
    struct report_row row;
    if (report_sheet_begin(b, _("options"), headers, N_ITEMS(headers), &row) < 0)
        return report_sheet_end(&row, 2);
    for (int i = 0; i < b->a->n_items; i++)
        for (int k = 0; k < b->a->items[i].n_options && row.rc == 0; k++) {
            const struct analysis_option *o = &b->a->items[i].options[k];
            report_next_row(b, &row);
            report_text(&row, b->a->items[i].item);
            report_text(&row, o->option);
            report_yes(&row, o->right);
            report_count(&row, o->count);
            report_number(&row, o->share, XLSX_PERCENT);
            report_number(&row, o->rpb, XLSX_FIXED_3);
            for (int f = 0; f < ANALYSIS_FIFTHS; f++)
                report_number(&row, o->fifth[f], XLSX_PERCENT);
        }
    xlsx_sheet_scale(&row.sheet, 4);
    return report_sheet_end(&row, 2);
}

/* ---- models ---- */

/* The items of the model; where there is none, why. */
int report_sheet_models(struct report_book *b)
{
    const struct analysis *a = b->a;
    const char *const headers[] = {
        _("item"),       _("discrimination a"), _("error of a"), _("location b"), _("error of b"),
        _("guessing c"), _("error of c"),       _("infit"),      _("outfit"),     _("model")};
    struct report_row row;
    bool any = a->model && a->model[0];
    if (report_sheet_begin(b, _("models"), headers, N_ITEMS(headers), &row) == 0 && !any) {
        report_next_row(b, &row);
        report_text(&row, a->why_no_model);
    }
    for (int i = 0; any && i < a->n_items && row.rc == 0; i++) {
        const struct analysis_item *item = &a->items[i];
        if (!isfinite(item->b))
            continue;
        const double numbers[] = {item->a, item->a_error, item->b,     item->b_error,
                                  item->c, item->c_error, item->infit, item->outfit};
        report_next_row(b, &row);
        report_text(&row, item->item);
        for (int k = 0; k < N_ITEMS(numbers); k++)
            report_number(&row, numbers[k], XLSX_FIXED_3);
        report_text(&row, a->model);
    }
    return report_sheet_end(&row, 1);
}

/* ---- findings ---- */

static const char *finding_text(enum finding_kind kind)
{
    static const char *const names[FINDING_KINDS] = {
        [FINDING_MISKEYED] = N_("key perhaps wrong"),
        [FINDING_HURTS_ALPHA] = N_("lowers reliability"),
        [FINDING_UNUSED_OPTION] = N_("unused option"),
        [FINDING_ZERO_SCORE] = N_("score of nought"),
        [FINDING_PERFECT_SCORE] = N_("full score"),
        [FINDING_GROUP_OFF] = N_("group far from the others"),
        [FINDING_PAIR] = N_("answers too much alike"),
        [FINDING_ITEM_MISFIT] = N_("item does not fit the model"),
        [FINDING_DIF] = N_("item differs between groups"),
        [FINDING_NEGATIVE_ITEM] = N_("the better do worse"),
    };
    return kind < FINDING_KINDS && names[kind] ? _(names[kind]) : "";
}

int report_sheet_findings(struct report_book *b)
{
    const char *const headers[] = {_("grave"), _("finding"), _("about"), _("figure"), _("detail")};
    struct report_row row;
    if (report_sheet_begin(b, _("findings"), headers, N_ITEMS(headers), &row) == 0) {
        for (int i = 0; i < b->a->n_findings && row.rc == 0; i++) {
            const struct analysis_finding *f = &b->a->findings[i];
            report_next_row(b, &row);
            report_yes(&row, f->grave);
            report_text(&row, finding_text(f->kind));
            report_text(&row, f->subject);
            report_number(&row, f->figure, XLSX_FIXED_3);
            report_text(&row, f->detail);
        }
        xlsx_sheet_mark_rows(&row.sheet, 0, _("yes"), true);
    }
    return report_sheet_end(&row, 0);
}
