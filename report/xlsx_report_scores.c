/* xlsx_report_scores.c - the sheets about candidates: scores, the score table, groups. */
#include "diag.h"
#include "i18n.h"
#include "points.h"
#include "xlsx_report_sheets.h"
#include <stdlib.h>
#include <string.h>

#define N_ITEMS(array) ((int)(sizeof(array) / sizeof *(array)))

const char *report_name_distribution(void)
{
    return _("score table");
}

/* ---- scores ---- */

/* Fixed columns, then a column a section with a name. */
static const char **score_headers(const struct analysis *a, int *ret_n)
{
    const char *const fixed[] = {_("candidate"),
                                 _("name"),
                                 _("class"),
                                 _("school"),
                                 _("room"),
                                 _("seat"),
                                 _("status"),
                                 _("total"),
                                 _("max"),
                                 _("rank"),
                                 _("percentile"),
                                 _("z"),
                                 _("T"),
                                 _("scaled"),
                                 _("band"),
                                 _("ability"),
                                 _("error of the ability"),
                                 _("error of the total")};
    const char **headers = calloc((size_t)(N_ITEMS(fixed) + a->n_sections) + 1, sizeof *headers);
    if (!headers)
        return NULL;
    memcpy(headers, fixed, sizeof fixed);
    int n = N_ITEMS(fixed);
    for (int i = 0; i < a->n_sections; i++)
        if (a->sections[i].section[0])
            headers[n++] = a->sections[i].section;
    *ret_n = n;
    return headers;
}

static void write_candidate(struct report_book *b, struct report_row *row,
                            const struct analysis_candidate *c)
{
    const struct analysis *a = b->a;
    bool scored = c->status == SCORE_SCORED;
    report_next_row(b, row);
    const char *const texts[] = {c->candidate, c->name, c->class_name, c->school, c->room, c->seat};
    for (int i = 0; i < N_ITEMS(texts); i++)
        report_text(row, texts[i]);
    report_text(row, score_status_name(c->status));
    report_number(row, c->score, XLSX_GENERAL);
    report_number(row, points_double(c->max), XLSX_GENERAL);
    if (scored && c->rank > 0)
        report_count(row, c->rank);
    else
        row->column++;
    report_number(row, c->percentile, XLSX_FIXED_2);
    report_number(row, c->z, XLSX_FIXED_3);
    report_number(row, c->t, XLSX_FIXED_2);
    report_number(row, c->scaled.value, XLSX_GENERAL);
    report_text(row, c->scaled.label);
    report_number(row, c->ability, XLSX_FIXED_3);
    report_number(row, c->ability_error, XLSX_FIXED_3);
    report_number(row, c->exam_error, XLSX_FIXED_3);
    for (int i = 0; i < a->n_sections; i++)
        if (a->sections[i].section[0] && scored && c->sections)
            report_number(row, points_double(c->sections[i]), XLSX_GENERAL);
}

int report_sheet_scores(struct report_book *b)
{
    struct report_row row;
    int n = 0;
    const char **headers = score_headers(b->a, &n);
    if (!headers)
        return YJ_ENOMEM;
    if (report_sheet_begin(b, _("scores"), headers, n, &row) == 0) {
        for (int i = 0; i < b->a->n_candidates && row.rc == 0; i++)
            write_candidate(b, &row, &b->a->candidates[i]);
        xlsx_sheet_mark_rows(&row.sheet, 6, score_status_name(SCORE_PENDING), true);
        xlsx_sheet_mark_rows(&row.sheet, 6, score_status_name(SCORE_ABSENT), false);
        xlsx_sheet_mark_rows(&row.sheet, 6, score_status_name(SCORE_VOID), false);
    }
    free(headers);
    return report_sheet_end(&row, 2);
}

/* ---- 一分一段表 ---- */

int report_sheet_distribution(struct report_book *b)
{
    const char *const headers[] = {_("score"), _("candidates"), _("with it or higher"), _("share"),
                                   _("share with it or higher")};
    struct report_row row;
    if (report_sheet_begin(b, report_name_distribution(), headers, N_ITEMS(headers), &row) == 0)
        for (int i = 0; i < b->a->n_scores && row.rc == 0; i++) {
            const struct analysis_score *s = &b->a->scores[i];
            report_next_row(b, &row);
            report_number(&row, s->score, XLSX_GENERAL);
            report_count(&row, s->count);
            report_count(&row, s->at_least);
            report_number(&row, s->share, XLSX_PERCENT);
            report_number(&row, s->share_at_least, XLSX_PERCENT);
        }
    return report_sheet_end(&row, 1);
}

/* ---- groups ---- */

/* What a group is of, as analysis.h names it. */
static const char *kind_text(const char *kind)
{
    static const char *const kinds[] = {N_("class"), N_("school"), N_("room"), N_("batch")};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i]) == 0)
            return _(kinds[i]);
    return kind;
}

static void write_group(struct report_book *b, struct report_row *row,
                        const struct analysis_group *g)
{
    report_next_row(b, row);
    report_text(row, kind_text(g->kind));
    report_text(row, g->school);
    report_text(row, g->name);
    report_count(row, g->n);
    report_count(row, g->absent);
    report_count(row, g->pending);
    report_number(row, g->mean, XLSX_FIXED_2);
    report_number(row, g->sd, XLSX_FIXED_2);
    report_number(row, g->min, XLSX_GENERAL);
    report_number(row, g->median, XLSX_GENERAL);
    report_number(row, g->max, XLSX_GENERAL);
    report_number(row, g->above_mean, XLSX_PERCENT);
    report_number(row, g->pass, XLSX_PERCENT);
    report_number(row, g->distinction, XLSX_PERCENT);
    report_number(row, g->difference.value, XLSX_FIXED_2);
    report_number(row, g->difference.low, XLSX_FIXED_2);
    report_number(row, g->difference.high, XLSX_FIXED_2);
}

int report_sheet_groups(struct report_book *b)
{
    const char *const headers[] = {_("kind"), _("school"), _("group"), _("scored"), _("absent"),
                                   _("pending"), _("mean"), _("standard deviation"), _("lowest"),
                                   _("median"), _("highest"), _("above the mean of all"),
                                   _("passed"), _("with distinction"), _("difference from all"),
                                   /* xgettext:no-c-format */
                                   _("95 % from"),
                                   /* xgettext:no-c-format */
                                   _("95 % to")};
    struct report_row row;
    if (report_sheet_begin(b, _("groups"), headers, N_ITEMS(headers), &row) == 0)
        for (int i = 0; i < b->a->n_groups && row.rc == 0; i++)
            write_group(b, &row, &b->a->groups[i]);
    return report_sheet_end(&row, 3);
}
