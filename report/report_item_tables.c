/* Tables of items, their models, and of pairs. */
#include "i18n.h"
#include "report_tables.h"
#include <math.h>
#include <string.h>

#define COLUMNS(list) list, (int)(sizeof list / sizeof *list)

static void set_number(struct report_cell *cell, double value, int decimals)
{
    number_print(cell->own, value, decimals);
}

/* ---- items ---- */

/* In one word, what a teacher would look at first; "" nothing. */
static const char *remark(const struct analysis_item *i)
{
    if (!i->counts)
        return _("dropped");
    if (i->rpb_rest < 0)
        return _("negative");
    if (i->difficulty < 0.2)
        return _("very hard");
    if (i->difficulty > 0.95)
        return _("very easy");
    if (i->d27 < 0.2)
        return _("tells little");
    return "";
}

static void fill_item(const struct report_table *t, int row, int column, struct report_cell *cell)
{
    const struct analysis_item *i = &t->a->items[row];
    const double shares[] = {i->difficulty, i->d27, i->rpb_rest};
    switch (column) {
    case 0:
        cell->text = i->item;
        cell->strong = true;
        break;
    case 1:
        cell->text = i->section;
        break;
    case 2:
        cell->text = i->key;
        break;
    case 3:
        number_print_short(cell->own, i->max);
        break;
    case 4:
        set_number(cell, i->mean, 2);
        break;
    case 5:
    case 6:
    case 7:
        set_number(cell, shares[column - 5], 2);
        cell->warn = column > 5 && shares[column - 5] < (column == 6 ? 0.2 : 0.1);
        break;
    case 8:
        set_number(cell, i->alpha_without, 3);
        cell->warn = i->alpha_without > t->a->alpha + 5e-4;
        break;
    case 9:
        share_print(cell->own, i->n > 0 ? (double)i->omitted / i->n : NAN);
        break;
    case 10:
        snprintf(cell->own, sizeof cell->own, "%d", i->multiple);
        break;
    case 11:
        cell->text = remark(i);
    }
}

struct report_table report_table_items(const struct analysis *a)
{
    static const struct report_column columns[] = {{N_("item"), 1.2, ALIGN_LEFT, false},
                                                   {N_("section"), 1.8, ALIGN_LEFT, false},
                                                   {N_("key"), 1, ALIGN_LEFT, false},
                                                   {N_("points"), 0.9, ALIGN_RIGHT, false},
                                                   {N_("mean"), 0.9, ALIGN_RIGHT, false},
                                                   {N_("difficulty"), 1.1, ALIGN_RIGHT, false},
                                                   {N_("D27"), 0.9, ALIGN_RIGHT, false},
                                                   {N_("r rest"), 1, ALIGN_RIGHT, false},
                                                   {N_("alpha without"), 1.4, ALIGN_RIGHT, false},
                                                   {N_("blank"), 1, ALIGN_RIGHT, false},
                                                   {N_("double"), 0.9, ALIGN_RIGHT, false},
                                                   {N_("remark"), 1.8, ALIGN_LEFT, false}};
    return (struct report_table){a, COLUMNS(columns), 0, a->n_items, fill_item, NULL};
}

/* ---- the model ---- */

static void fill_parameter(const struct report_table *t, int row, int column,
                           struct report_cell *cell)
{
    const struct analysis_item *i = &t->a->items[row];
    const double figures[] = {i->b, i->b_error, i->infit, i->outfit,
                              i->a, i->a_error, i->c,     i->c_error};
    if (column == 0) {
        cell->text = i->item;
        cell->strong = true;
        return;
    }
    double value = figures[column - 1];
    set_number(cell, value, 2);
    cell->warn = (column == 3 || column == 4) && (value < 0.7 || value > 1.3);
}

struct report_table report_table_parameters(const struct analysis *a)
{
    static const struct report_column columns[] = {
        {N_("item"), 1.4, ALIGN_LEFT, false},  {N_("difficulty b"), 1.2, ALIGN_RIGHT, false},
        {N_("s.e."), 1, ALIGN_RIGHT, false},   {N_("infit"), 1, ALIGN_RIGHT, false},
        {N_("outfit"), 1, ALIGN_RIGHT, false}, {N_("slope a"), 1.2, ALIGN_RIGHT, false},
        {N_("s.e."), 1, ALIGN_RIGHT, false},   {N_("guessing c"), 1.2, ALIGN_RIGHT, false},
        {N_("s.e."), 1, ALIGN_RIGHT, false}};
    /* The Rasch model has no slopes, only the 3PL a guess. */
    int n = strcmp(a->model, "rasch") == 0 ? 5 : strcmp(a->model, "2pl") == 0 ? 7 : 9;
    return (struct report_table){a,   columns, n, 0, *a->model ? a->n_items : 0, fill_parameter,
                                 NULL};
}

static void fill_dif(const struct report_table *t, int row, int column, struct report_cell *cell)
{
    const struct analysis_dif *f = &t->a->dif[row];
    switch (column) {
    case 0:
        cell->text = t->a->items[f->item].item;
        cell->strong = true;
        break;
    case 1:
        cell->text = group_kind_name(f->by);
        break;
    case 2:
        cell->text = f->reference;
        break;
    case 3:
        cell->text = f->focal;
        break;
    case 4:
        set_number(cell, f->delta, 2);
        break;
    case 5:
        p_print(cell->own, f->p);
        break;
    case 6:
        p_print(cell->own, f->p_logistic);
        break;
    case 7:
        snprintf(cell->own, sizeof cell->own, "%c", f->ets ? f->ets : ' ');
        cell->strong = cell->warn = f->ets == 'C';
    }
}

struct report_table report_table_dif(const struct analysis *a)
{
    static const struct report_column columns[] = {{N_("item"), 1.2, ALIGN_LEFT, false},
                                                   {N_("by"), 1, ALIGN_LEFT, false},
                                                   {N_("reference group"), 2.2, ALIGN_LEFT, false},
                                                   {N_("focal group"), 2.2, ALIGN_LEFT, false},
                                                   {N_("ETS delta"), 1.2, ALIGN_RIGHT, false},
                                                   {N_("p (MH)"), 1, ALIGN_RIGHT, false},
                                                   {N_("p (logistic)"), 1.3, ALIGN_RIGHT, false},
                                                   {N_("ETS class"), 1.2, ALIGN_CENTRE, false}};
    return (struct report_table){a, COLUMNS(columns), 0, a->n_dif, fill_dif, NULL};
}

/* ---- pairs ---- */

static void print_person(struct report_cell *cell, const struct analysis_candidate *c)
{
    snprintf(cell->own, sizeof cell->own, "%s %s", c->candidate, c->name);
}

static void fill_pair(const struct report_table *t, int row, int column, struct report_cell *cell)
{
    const struct analysis_pair *p = &t->a->pairs[row];
    switch (column) {
    case 0:
        cell->text = p->room;
        break;
    case 1:
        print_person(cell, &t->a->candidates[p->a]);
        break;
    case 2:
        print_person(cell, &t->a->candidates[p->b]);
        break;
    case 3:
        snprintf(cell->own, sizeof cell->own, "%d", p->same_right);
        break;
    case 4:
        snprintf(cell->own, sizeof cell->own, "%d", p->same_wrong);
        cell->strong = true;
        break;
    case 5:
        snprintf(cell->own, sizeof cell->own, "%d", p->differ);
        break;
    case 6:
        set_number(cell, p->omega, 1);
        break;
    case 7:
        p_print(cell->own, p->p_family);
    }
}

struct report_table report_table_pairs(const struct analysis *a)
{
    static const struct report_column columns[] = {
        {N_("room"), 1.2, ALIGN_LEFT, false},        {N_("candidate"), 3, ALIGN_LEFT, false},
        {N_("and candidate"), 3, ALIGN_LEFT, false}, {N_("same right"), 1.2, ALIGN_RIGHT, false},
        {N_("same wrong"), 1.2, ALIGN_RIGHT, false}, {N_("differ"), 1, ALIGN_RIGHT, false},
        {N_("omega"), 1, ALIGN_RIGHT, false},        {N_("p corrected"), 1.4, ALIGN_RIGHT, false}};
    return (struct report_table){a, COLUMNS(columns), 0, a->n_pairs, fill_pair, NULL};
}
