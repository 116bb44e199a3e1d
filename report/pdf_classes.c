/* A page a class, to hand to its teacher. */
#include "report.h"

#include "class_list.h"
#include "diag.h"
#include "i18n.h"
#include "pdf_document.h"
#include "pdf_table.h"
#include "plots.h"
#include "report_parts.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WEAK_MOST 5
#define DISTRIBUTION 50 /* mm high */
#define TWO_COLUMNS 34  /* candidates: of more the list stands in three */

struct class_page {
    const struct class_list *list;
    const struct class_range *range;
    struct weak_item weak[WEAK_MOST];
    int n_weak;
};

/* ---- tables ---- */

static void fill_candidate(const struct report_table *t, int row, int column,
                           struct report_cell *cell)
{
    const struct class_page *page = t->context;
    const struct analysis_candidate *c = &t->a->candidates[page->list->order[row]];
    switch (column) {
    case 0:
        cell->text = c->candidate;
        break;
    case 1:
        cell->text = c->name;
        break;
    case 2:
        cell->warn = c->status == SCORE_PENDING;
        cell->strong = c->status == SCORE_SCORED;
        if (c->status == SCORE_SCORED)
            points_print_short(cell->own, c->total);
        else
            cell->text = score_status_words(c->status);
        break;
    case 3:
        if (page->list->class_rank[row] > 0)
            snprintf(cell->own, sizeof cell->own, "%d", page->list->class_rank[row]);
        break;
    case 4:
        if (c->rank > 0)
            snprintf(cell->own, sizeof cell->own, "%d", c->rank);
    }
}

static struct report_table candidate_table(const struct class_page *page)
{
    static const struct report_column columns[] = {{N_("candidate"), 2.2, ALIGN_LEFT, false},
                                                   {N_("name"), 2.6, ALIGN_LEFT, false},
                                                   {N_("score"), 1.2, ALIGN_RIGHT, false},
                                                   {N_("in class"), 1, ALIGN_RIGHT, false},
                                                   {N_("of all"), 1.1, ALIGN_RIGHT, false}};
    return (struct report_table){.a = page->list->a,
                                 .columns = columns,
                                 .n_columns = 5,
                                 .first = page->range->first,
                                 .n_rows = page->range->n,
                                 .fill = fill_candidate,
                                 .context = page};
}

static void fill_weak(const struct report_table *t, int row, int column, struct report_cell *cell)
{
    const struct class_page *page = t->context;
    const struct weak_item *w = &page->weak[row];
    const struct analysis_item *item = &t->a->items[w->item];
    const double shares[] = {w->own, w->all, w->own - w->all};
    switch (column) {
    case 0:
        cell->text = item->item;
        cell->strong = true;
        break;
    case 1:
        cell->text = section_name(item->section);
        break;
    case 2:
        cell->text = item->key;
        break;
    case 3:
    case 4:
    case 5:
        share_print(cell->own, shares[column - 3]);
        break;
    case 6:
        if (w->n_instead > 0)
            snprintf(cell->own, sizeof cell->own, "%s (%d)", *w->instead ? w->instead : _("blank"),
                     w->n_instead);
    }
}

static struct report_table weak_table(const struct class_page *page)
{
    static const struct report_column columns[] = {
        {N_("item"), 1.4, ALIGN_LEFT, false},
        {N_("section"), 2.4, ALIGN_LEFT, false},
        {N_("key"), 1.2, ALIGN_LEFT, false},
        {N_("class"), 1.1, ALIGN_RIGHT, false},
        {N_("all"), 1.1, ALIGN_RIGHT, false},
        {N_("difference"), 1.2, ALIGN_RIGHT, false},
        {N_("most frequent wrong answer"), 3.4, ALIGN_RIGHT, false}};
    return (struct report_table){.a = page->list->a,
                                 .columns = columns,
                                 .n_columns = 7,
                                 .n_rows = page->n_weak,
                                 .fill = fill_weak,
                                 .context = page};
}

/* ---- a class ---- */

static const struct analysis_group *find_group(const struct class_page *page)
{
    const struct analysis *a = page->list->a;
    const struct analysis_candidate *c = &a->candidates[page->list->order[page->range->first]];
    for (int i = 0; i < a->n_groups; i++)
        if (strcmp(a->groups[i].kind, "class") == 0 &&
            strcmp(a->groups[i].name, c->class_name) == 0 &&
            strcmp(a->groups[i].school, c->school) == 0)
            return &a->groups[i];
    return NULL;
}

static void describe_class(const struct class_page *page, char *text, size_t size)
{
    const struct analysis *a = page->list->a;
    const struct analysis_group *g = find_group(page);
    char mean[NUMBER_TEXT_MAX], all[NUMBER_TEXT_MAX], median[NUMBER_TEXT_MAX];
    char difference[NUMBER_TEXT_MAX], low[NUMBER_TEXT_MAX], high[NUMBER_TEXT_MAX];
    number_print(all, a->mean, 1);
    if (!g) {
        snprintf(text, size, _("%d candidates; mean of all %s."), page->range->n, all);
        return;
    }
    number_print(mean, g->mean, 1);
    number_print(median, g->median, 1);
    snprintf(text, size, _("%d scored, %d absent, %d pending. Mean %s (all: %s), median %s."), g->n,
             g->absent, g->pending, mean, all, median);
    size_t used = strlen(text);
    if (!isfinite(g->difference.low) || !isfinite(g->difference.high) || used >= size)
        return;
    number_print(difference, g->difference.value, 1);
    number_print(low, g->difference.low, 1);
    number_print(high, g->difference.high, 1);
    snprintf(text + used, size - used,
             g->difference.low > 0 || g->difference.high < 0
                 ? _(" Difference from all %s, 95 %% interval %s to %s: more than chance.")
                 : _(" Difference from all %s, 95 %% interval %s to %s: it may be chance."),
             difference, low, high);
}

/* Mean points of the class in each section; the caller's to free. */
static double *section_means(const struct class_page *page)
{
    const struct analysis *a = page->list->a;
    double *means = calloc((size_t)a->n_sections + 1, sizeof(*means));
    int n = 0;
    for (int i = page->range->first; means && i < page->range->first + page->range->n; i++) {
        const struct analysis_candidate *c = &a->candidates[page->list->order[i]];
        if (c->status != SCORE_SCORED)
            continue;
        n++;
        for (int s = 0; s < a->n_sections; s++)
            means[s] += points_double(c->sections[s]);
    }
    for (int s = 0; means && s < a->n_sections; s++)
        means[s] = n > 0 ? means[s] / n : NAN;
    return means;
}

static int draw_sections(struct pdf_document *doc, const struct class_page *page)
{
    double height = plot_sections_height(doc->a);
    if (doc->a->n_sections < 2 || height > 70)
        return 0;
    double *means = section_means(page);
    if (!means)
        return YJ_ENOMEM;
    pdf_subheading(doc, report_part_title(PART_SECTIONS), height);
    int rc = plot_sections(&doc->drawing, doc->a, means,
                           (struct plot_place){PAGE_LEFT, doc->y, CONTENT_WIDTH, height});
    doc->y += height;
    free(means);
    return rc;
}

static bool any_scored(const struct class_page *page)
{
    for (int i = page->range->first; i < page->range->first + page->range->n; i++)
        if (page->list->a->candidates[page->list->order[i]].status == SCORE_SCORED)
            return true;
    return false;
}

static int draw_figures(struct pdf_document *doc, const struct class_page *page)
{
    const struct plot_place place = {PAGE_LEFT, doc->y, CONTENT_WIDTH, DISTRIBUTION};
    int rc = plot_distribution(&doc->drawing, doc->a, page->list->order + page->range->first,
                               page->range->n, place);
    doc->y += DISTRIBUTION;
    return rc < 0 ? rc : draw_sections(doc, page);
}

static int draw_class(struct pdf_document *doc, struct class_page *page)
{
    const struct analysis_candidate *c = &doc->a->candidates[page->list->order[page->range->first]];
    struct report_table candidates = candidate_table(page), weak;
    char text[512];
    pdf_title(doc, *c->class_name ? c->class_name : _("without a class"), c->school);
    describe_class(page, text, sizeof text);
    pdf_paragraph(doc, text, TONE_INK, LETTERS_BODY);
    int rc = any_scored(page) ? draw_figures(doc, page) : 0;
    if (rc == 0)
        rc = page->n_weak = class_weak_items(page->list, page->range, page->weak, WEAK_MOST);
    if (rc < 0)
        return rc;
    weak = weak_table(page);
    if (page->n_weak > 0) {
        pdf_subheading(doc, _("Items on which the class is behind"), 20);
        pdf_table(doc, &weak);
    }
    pdf_subheading(doc, report_part_title(PART_CANDIDATES), 30);
    pdf_table_columns(doc, &candidates, page->range->n > TWO_COLUMNS ? 3 : 2);
    return 0;
}

static int draw_classes(struct pdf_document *doc, void *context)
{
    const struct class_list *list = context;
    int rc = 0;
    if (list->n_classes == 0)
        pdf_paragraph(doc, _("There are no candidates."), TONE_INK, LETTERS_BODY);
    for (int i = 0; i < list->n_classes && rc == 0; i++) {
        struct class_page page = {.list = list, .range = &list->classes[i]};
        pdf_page_break(doc);
        rc = draw_class(doc, &page);
    }
    return rc;
}

int report_write_classes(const struct analysis *a, const char *path, struct diag *d)
{
    struct class_list list;
    if (class_list_init(&list, a) < 0)
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    int rc = pdf_document_write(a, path, draw_classes, &list, true, d);
    class_list_finish(&list);
    return rc;
}
