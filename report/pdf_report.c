/* The office's report as A4 pages. */
#include "report.h"

#include "i18n.h"
#include "pdf_document.h"
#include "pdf_table.h"
#include "plots.h"
#include "report_parts.h"

#define FIGURE_COLUMNS 3
#define OPTION_COLUMNS 4
#define OPTION_HEIGHT 34.0
#define OPTION_GAP 4.0

/* ---- parts ---- */

static struct plot_place take(struct pdf_document *doc, double height)
{
    pdf_room(doc, height);
    struct plot_place place = {PAGE_LEFT, doc->y, CONTENT_WIDTH, height};
    doc->y += height + 2;
    return place;
}

static int draw_findings(struct pdf_document *doc)
{
    struct report_table t = report_table_findings(doc->a);
    if (t.n_rows > 0)
        pdf_table(doc, &t);
    else
        pdf_paragraph(doc, _("Nothing was found."), TONE_INK, LETTERS_BODY);
    return 0;
}

static void draw_figure(struct pdf_document *doc, const struct report_figure *figure, double x,
                        double y, double width)
{
    const struct letters bold = {
        .size = LETTERS_TABLE, .tone = TONE_INK, .align = ALIGN_RIGHT, .bold = true};
    double value = drawing_text_width(&doc->drawing, figure->value, bold);
    drawing_text(&doc->drawing, (struct point){x, y + 3.6}, figure->label,
                 (struct letters){.size = LETTERS_TABLE,
                                  .tone = TONE_SOFT,
                                  .align = ALIGN_LEFT,
                                  .width = width - value - 2});
    drawing_text(&doc->drawing, (struct point){x + width, y + 3.6}, figure->value, bold);
    drawing_line(&doc->drawing, (struct point){x, y + 5}, (struct point){x + width, y + 5},
                 (struct pen){TONE_FAINT, 0.15, DASH_NONE});
}

static int draw_overview(struct pdf_document *doc)
{
    struct report_figure figures[REPORT_FIGURES_MAX];
    const double width = (CONTENT_WIDTH - 8 * (FIGURE_COLUMNS - 1)) / FIGURE_COLUMNS;
    int n = report_figures(doc->a, figures), rows = (n + FIGURE_COLUMNS - 1) / FIGURE_COLUMNS;
    int rc = plot_distribution(&doc->drawing, doc->a, NULL, 0, take(doc, 84));
    pdf_room(doc, rows * 5.6);
    for (int i = 0; i < n; i++)
        draw_figure(doc, &figures[i], PAGE_LEFT + i / rows * (width + 8), doc->y + i % rows * 5.6,
                    width);
    doc->y += rows * 5.6 + 3;
    return rc;
}

static int draw_scores(struct pdf_document *doc)
{
    struct report_table t = report_table_scores(doc->a);
    pdf_table_columns(doc, &t, 3);
    return 0;
}

static int draw_sections(struct pdf_document *doc)
{
    struct report_table t = report_table_sections(doc->a);
    double height = plot_sections_height(doc->a);
    int rc = 0;
    if (height < PAGE_FOOT - PAGE_TOP)
        rc = plot_sections(&doc->drawing, doc->a, NULL, take(doc, height));
    pdf_table(doc, &t);
    return rc;
}

static int draw_items(struct pdf_document *doc)
{
    struct report_table t = report_table_items(doc->a);
    int rc = 0;
    if (plot_items_any(doc->a))
        rc = plot_items(&doc->drawing, doc->a, take(doc, 118));
    pdf_table(doc, &t);
    return rc;
}

static int draw_options(struct pdf_document *doc)
{
    const double width = (CONTENT_WIDTH - OPTION_GAP * (OPTION_COLUMNS - 1)) / OPTION_COLUMNS;
    int column = 0, rc = 0;
    for (int i = 0; i < doc->a->n_items && rc == 0; i++) {
        if (!plot_options_any(&doc->a->items[i]))
            continue;
        if (column == 0)
            pdf_room(doc, OPTION_HEIGHT);
        rc = plot_options(&doc->drawing, &doc->a->items[i],
                          (struct plot_place){PAGE_LEFT + column * (width + OPTION_GAP), doc->y,
                                              width, OPTION_HEIGHT});
        column = (column + 1) % OPTION_COLUMNS;
        doc->y += column == 0 ? OPTION_HEIGHT + 2 : 0;
    }
    doc->y += column != 0 ? OPTION_HEIGHT + 2 : 0;
    return rc;
}

static int draw_model(struct pdf_document *doc)
{
    struct report_table t = report_table_parameters(doc->a);
    char words[512];
    report_model_words(doc->a, words, sizeof words);
    pdf_paragraph(doc, words, TONE_INK, LETTERS_BODY);
    if (!*doc->a->model)
        return 0;
    int rc = plot_information(&doc->drawing, doc->a, take(doc, 78));
    if (rc == 0)
        rc = plot_wright(&doc->drawing, doc->a, take(doc, 124));
    pdf_table(doc, &t);
    return rc;
}

static int draw_groups(struct pdf_document *doc)
{
    struct report_table t;
    int rc = 0;
    for (int i = 0; rc == 0 && report_table_groups(doc->a, i, &t); i++) {
        double height = plot_groups_height(t.n_rows);
        pdf_subheading(doc, group_kind_title(doc->a->groups[t.first].kind), height);
        rc = plot_groups(&doc->drawing, doc->a, t.first, t.n_rows, take(doc, height));
        pdf_table(doc, &t);
    }
    return rc;
}

static int draw_table(struct pdf_document *doc, struct report_table t)
{
    pdf_table(doc, &t);
    return 0;
}

static int draw_dif(struct pdf_document *doc)
{
    return draw_table(doc, report_table_dif(doc->a));
}

static int draw_pairs(struct pdf_document *doc)
{
    return draw_table(doc, report_table_pairs(doc->a));
}

static int draw_candidates(struct pdf_document *doc)
{
    return draw_table(doc, report_table_candidates(doc->a));
}

/* `with`: mm of the part that stay with its heading. */
static const struct {
    int (*draw)(struct pdf_document *doc);
    double with;
} drawers[PARTS] = {[PART_FINDINGS] = {draw_findings, 20},
                    [PART_OVERVIEW] = {draw_overview, 100},
                    [PART_SCORES] = {draw_scores, 40},
                    [PART_SECTIONS] = {draw_sections, 50},
                    [PART_ITEMS] = {draw_items, 140},
                    [PART_OPTIONS] = {draw_options, 60},
                    [PART_MODEL] = {draw_model, 110},
                    [PART_GROUPS] = {draw_groups, 50},
                    [PART_DIF] = {draw_dif, 30},
                    [PART_PAIRS] = {draw_pairs, 30},
                    [PART_CANDIDATES] = {draw_candidates, 40}};

static int draw_report(struct pdf_document *doc, void *context)
{
    char text[1024];
    int rc = 0;
    (void)context;
    report_subtitle(doc->a, text, sizeof text);
    pdf_title(doc, report_title(doc->a), text);
    report_summary(doc->a, text, sizeof text);
    pdf_paragraph(doc, text, TONE_INK, 3.7);
    for (enum report_part p = 0; p < PARTS && rc == 0; p++) {
        if (!report_part_wanted(doc->a, p))
            continue;
        pdf_heading(doc, report_part_title(p), drawers[p].with);
        pdf_paragraph(doc, report_part_note(p), TONE_SOFT, LETTERS_TABLE);
        rc = drawers[p].draw(doc);
    }
    return rc;
}

int report_write_pdf(const struct analysis *a, const char *path, struct diag *d)
{
    return pdf_document_write(a, path, draw_report, NULL, true, d);
}
