#include "report_tables.h"

#include "i18n.h"
#include <assert.h>
#include <math.h>
#include <string.h>

#define COLUMNS(list) list, (int)(sizeof list / sizeof *list)

void report_table_cell(const struct report_table *t, int row, int column, struct report_cell *cell)
{
    assert(row >= 0 && row < t->n_rows && column >= 0 && column < t->n_columns);
    *cell = (struct report_cell){.text = cell->own};
    t->fill(t, t->first + row, column, cell);
}

static void set_number(struct report_cell *cell, double value, int decimals)
{
    number_print(cell->own, value, decimals);
}

static void set_count(struct report_cell *cell, int count)
{
    snprintf(cell->own, sizeof cell->own, "%d", count);
}

/* ---- scores ---- */

static void fill_score(const struct report_table *t, int row, int column, struct report_cell *cell)
{
    const struct analysis_score *s = &t->a->scores[row];
    switch (column) {
    case 0:
        cell->text = s->text;
        cell->strong = true;
        break;
    case 1:
        set_count(cell, s->count);
        break;
    case 2:
        set_count(cell, s->at_least);
        break;
    case 3:
        share_print(cell->own, s->share_at_least);
    }
}

struct report_table report_table_scores(const struct analysis *a)
{
    static const struct report_column columns[] = {{N_("score"), 1, ALIGN_RIGHT, false},
                                                   {N_("count"), 1, ALIGN_RIGHT, false},
                                                   {N_("cumulated"), 1.5, ALIGN_RIGHT, false},
                                                   {N_("share"), 1.2, ALIGN_RIGHT, false}};
    return (struct report_table){a, COLUMNS(columns), 0, a->n_scores, fill_score, NULL};
}

/* ---- sections ---- */

static void fill_section(const struct report_table *t, int row, int column,
                         struct report_cell *cell)
{
    const struct analysis_section *s = &t->a->sections[row];
    switch (column) {
    case 0:
        cell->text = section_name(s->section);
        break;
    case 1:
        set_count(cell, s->n_items);
        break;
    case 2:
        number_print_short(cell->own, s->max);
        break;
    case 3:
        set_number(cell, s->mean, 2);
        break;
    case 4:
        share_print(cell->own, s->max > 0 ? s->mean / s->max : NAN);
        break;
    case 5:
        set_number(cell, s->sd, 2);
        break;
    case 6:
        set_number(cell, s->alpha, 3);
    }
}

struct report_table report_table_sections(const struct analysis *a)
{
    static const struct report_column columns[] = {{N_("section"), 3, ALIGN_LEFT, false},
                                                   {N_("items"), 1, ALIGN_RIGHT, false},
                                                   {N_("points"), 1, ALIGN_RIGHT, false},
                                                   {N_("mean"), 1, ALIGN_RIGHT, false},
                                                   {N_("share of points"), 1.4, ALIGN_RIGHT, false},
                                                   {N_("sd"), 1, ALIGN_RIGHT, false},
                                                   {N_("alpha"), 1, ALIGN_RIGHT, false}};
    return (struct report_table){a, COLUMNS(columns), 0, a->n_sections, fill_section, NULL};
}

/* ---- groups ---- */

static void print_interval(struct report_cell *cell, const struct estimate *e)
{
    char value[NUMBER_TEXT_MAX], low[NUMBER_TEXT_MAX], high[NUMBER_TEXT_MAX];
    number_print(value, e->value, 1);
    if (!isfinite(e->low) || !isfinite(e->high)) {
        strcpy(cell->own, value);
        return;
    }
    number_print(low, e->low, 1);
    number_print(high, e->high, 1);
    snprintf(cell->own, sizeof cell->own, "%s (%s; %s)", value, low, high);
    cell->strong = e->low > 0 || e->high < 0;
}

#define GROUP_COLUMNS 13 /* with the school, which schools do not have */

static void fill_group(const struct report_table *t, int row, int column, struct report_cell *cell)
{
    const struct analysis_group *g = &t->a->groups[row];
    const double figures[] = {g->mean, g->sd, g->min, g->median, g->max};
    switch (t->n_columns == GROUP_COLUMNS ? column : column + 1) {
    case 0:
        cell->text = g->school;
        break;
    case 1:
        cell->text = g->name;
        cell->strong = true;
        break;
    case 2:
        set_count(cell, g->n);
        break;
    case 3:
        set_count(cell, g->absent);
        break;
    case 4:
        set_count(cell, g->pending);
        break;
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
        set_number(cell, figures[t->n_columns == GROUP_COLUMNS ? column - 5 : column - 4], 1);
        break;
    case 10:
        share_print(cell->own, g->pass);
        break;
    case 11:
        share_print(cell->own, g->distinction);
        break;
    case 12:
        print_interval(cell, &g->difference);
    }
}

static int same_kind(const struct analysis *a, int first)
{
    int n = 1;
    while (first + n < a->n_groups && strcmp(a->groups[first].kind, a->groups[first + n].kind) == 0)
        n++;
    return n;
}

/* Rooms have one where schools call theirs alike. */
static bool any_school(const struct analysis *a, int first, int n)
{
    for (int i = first; i < first + n; i++)
        if (a->groups[i].school[0])
            return true;
    return false;
}

bool report_table_groups(const struct analysis *a, int which, struct report_table *ret)
{
    static const struct report_column columns[GROUP_COLUMNS] = {
        {N_("school"), 2.8, ALIGN_LEFT, false},
        {N_("group"), 2.2, ALIGN_LEFT, false},
        {N_("scored"), 1.1, ALIGN_RIGHT, false},
        {N_("absent"), 1.2, ALIGN_RIGHT, false},
        {N_("pending"), 1.3, ALIGN_RIGHT, false},
        {N_("mean"), 1.1, ALIGN_RIGHT, false},
        {N_("sd"), 1.2, ALIGN_RIGHT, false},
        {N_("least"), 1, ALIGN_RIGHT, false},
        {N_("median"), 1.3, ALIGN_RIGHT, false},
        {N_("greatest"), 1.4, ALIGN_RIGHT, false},
        {N_("passed"), 1.3, ALIGN_RIGHT, false},
        {N_("distinction"), 1.8, ALIGN_RIGHT, false},
        {N_("difference (95 %)"), 2.8, ALIGN_RIGHT, false}};
    for (int first = 0, n; first < a->n_groups; first += n) {
        n = same_kind(a, first);
        if (n < 2 || which-- > 0)
            continue;
        int skip = strcmp(a->groups[first].kind, "class") == 0 || any_school(a, first, n) ? 0 : 1;
        *ret = (struct report_table){
            a, columns + skip, GROUP_COLUMNS - skip, first, n, fill_group, NULL};
        return true;
    }
    return false;
}

/* ---- candidates ---- */

static void fill_candidate(const struct report_table *t, int row, int column,
                           struct report_cell *cell)
{
    const struct analysis_candidate *c = &t->a->candidates[row];
    const char *const texts[] = {c->candidate, c->name, c->class_name, c->school};
    switch (column) {
    case 0:
    case 1:
    case 2:
    case 3:
        cell->text = texts[column];
        break;
    case 4:
        if (c->status == SCORE_SCORED)
            points_print_short(cell->own, c->total);
        else
            cell->text = score_status_words(c->status);
        cell->strong = c->status == SCORE_SCORED;
        cell->warn = c->status == SCORE_PENDING;
        break;
    case 5:
        if (c->rank > 0)
            set_count(cell, c->rank);
        break;
    case 6:
        set_number(cell, c->percentile, 1);
        break;
    case 7:
        set_number(cell, c->t, 1);
        break;
    case 8:
        scaled_print(cell->own, &c->scaled);
    }
}

struct report_table report_table_candidates(const struct analysis *a)
{
    static const struct report_column columns[] = {
        {N_("candidate"), 2, ALIGN_LEFT, false},     {N_("name"), 2.4, ALIGN_LEFT, false},
        {N_("class"), 2, ALIGN_LEFT, false},         {N_("school"), 2.4, ALIGN_LEFT, false},
        {N_("score"), 1.2, ALIGN_RIGHT, false},      {N_("rank"), 1, ALIGN_RIGHT, false},
        {N_("percentile"), 1.2, ALIGN_RIGHT, false}, {N_("T score"), 1, ALIGN_RIGHT, false},
        {N_("scaled"), 1, ALIGN_RIGHT, false}};
    int n = (int)(sizeof columns / sizeof *columns) - (*a->scale ? 0 : 1);
    return (struct report_table){a, columns, n, 0, a->n_candidates, fill_candidate, NULL};
}

/* ---- findings ---- */

static void fill_finding(const struct report_table *t, int row, int column,
                         struct report_cell *cell)
{
    const struct analysis_finding *f = &t->a->findings[row];
    switch (column) {
    case 0:
        cell->text = f->grave ? _("grave") : "";
        cell->warn = cell->strong = f->grave;
        break;
    case 1:
        cell->text = f->subject;
        cell->strong = true;
        break;
    case 2:
        cell->text = finding_title(f->kind);
        break;
    case 3:
        cell->text = *f->detail ? f->detail : finding_advice(f->kind);
    }
}

struct report_table report_table_findings(const struct analysis *a)
{
    static const struct report_column columns[] = {{"", 0.9, ALIGN_LEFT, false},
                                                   {N_("where"), 1.8, ALIGN_LEFT, true},
                                                   {N_("what"), 3, ALIGN_LEFT, true},
                                                   {N_("in words"), 6, ALIGN_LEFT, true}};
    return (struct report_table){a, COLUMNS(columns), 0, a->n_findings, fill_finding, NULL};
}
