/* analysis_items.c - the items, what was answered to them, and the matrix of points. */
#include "analysis_internal.h"
#include "diag.h"

#include <math.h>
#include <string.h>

/* "B|D" */
static const char *join_accepted(struct analysis *a, const struct key_item *item)
{
    size_t length = 1;
    for (int i = 0; i < item->n_accepted; i++)
        length += strlen(item->accepted[i]) + 1;
    char *text = analysis_alloc(a, length, 1), *at = text;
    for (int i = 0; text && i < item->n_accepted; i++) {
        if (i > 0)
            *at++ = '|';
        at = stpcpy(at, item->accepted[i]);
    }
    return text;
}

static bool is_right_option(const struct key_item *item, int option)
{
    for (int i = 0; i < item->n_accepted; i++) {
        uint64_t set;
        if (option_set_parse(item->accepted[i], item->options, item->n_options, false, &set) == 0 &&
            (set >> option & 1))
            return true;
    }
    return false;
}

static int take_options(struct analysis *a, const struct key_item *key, struct analysis_item *item)
{
    struct analysis_option *options = analysis_alloc(a, (size_t)key->n_options, sizeof *options);

    if (!options)
        return YJ_ENOMEM;
    for (int o = 0; o < key->n_options; o++) {
        options[o] = (struct analysis_option){
            .option = key->options[o], .right = is_right_option(key, o), .share = NAN, .rpb = NAN};
        for (int f = 0; f < ANALYSIS_FIFTHS; f++)
            options[o].fifth[f] = NAN;
    }
    item->options = options;
    item->n_options = key->n_options;
    return 0;
}

static int take_answers(struct analysis *a, const struct answer_book *book,
                        struct analysis_item *item)
{
    struct analysis_answer *answers = analysis_alloc(a, book->n_entries, sizeof *answers);

    if (!answers)
        return YJ_ENOMEM;
    for (uint32_t i = 0; i < book->n_entries; i++) {
        const struct answer_entry *entry = &book->entries[i];
        answers[i] = (struct analysis_answer){.value = entry->value ? entry->value : "",
                                              .status = entry->status,
                                              .points = entry->score.points,
                                              .pending = entry->score.pending,
                                              .counts = entry->score.counts,
                                              .right = entry->score.right};
    }
    item->answers = answers;
    item->n_answers = (int)book->n_entries;
    return 0;
}

static int take_item(struct analysis *a, int index, struct analysis_item *item)
{
    const struct key_item *key = &a->exam->key->items[index];

    *item = (struct analysis_item){
        .item = key->item,
        .section = key->section,
        .key = join_accepted(a, key),
        .rule = item_rule_name(key->rule),
        .counts = !item_rule_drops(key->rule),
        .max = points_double(score_item_max(key)),
    };
    double *const figures[] = {
        &item->mean,    &item->sd,       &item->difficulty,    &item->d27,
        &item->rpb,     &item->rpb_rest, &item->alpha_without, &item->a,
        &item->b,       &item->c,        &item->a_error,       &item->b_error,
        &item->c_error, &item->infit,    &item->outfit};
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
        *figures[i] = NAN;
    for (int f = 0; f < ANALYSIS_FIFTHS; f++)
        item->fifth[f] = NAN;
    int rc = item->key ? take_options(a, key, item) : YJ_ENOMEM;
    return rc < 0 ? rc : take_answers(a, &a->memory->rescoring->books[index], item);
}

int analysis_take_items(struct analysis *a)
{
    int n = a->memory->rescoring->n_items, rc = 0;

    a->items = analysis_alloc(a, (size_t)n, sizeof *a->items);
    if (!a->items)
        return YJ_ENOMEM;
    a->n_items = n;
    for (int i = 0; i < n && rc == 0; i++)
        rc = take_item(a, i, &a->items[i]);
    return rc;
}

/* ---- the matrix: scored candidates by the items that count ---- */

int analysis_take_matrix(struct analysis *a)
{
    struct analysis_memory *m = a->memory;
    size_t items = (size_t)a->n_items, n = (size_t)a->n_scored;

    m->column_of = analysis_alloc(a, items, sizeof *m->column_of);
    m->item_of = analysis_alloc(a, items, sizeof *m->item_of);
    m->item_max = analysis_alloc(a, items, sizeof *m->item_max);
    if (!m->column_of || !m->item_of || !m->item_max)
        return YJ_ENOMEM;
    for (int i = 0; i < a->n_items; i++) {
        m->column_of[i] = a->items[i].counts ? m->n_columns : -1;
        if (!a->items[i].counts)
            continue;
        m->item_of[m->n_columns] = i;
        m->item_max[m->n_columns++] = a->items[i].max;
    }
    m->totals = analysis_alloc(a, n, sizeof *m->totals);
    m->matrix = analysis_alloc(a, n * (size_t)m->n_columns, sizeof *m->matrix);
    if (!m->totals || !m->matrix)
        return YJ_ENOMEM;
    for (size_t k = 0; k < n; k++) {
        double *row = m->matrix + k * (size_t)m->n_columns;
        for (int c = 0; c < m->n_columns; c++) {
            row[c] = points_double(analysis_answer(a, m->scored[k], m->item_of[c])->points);
            m->totals[k] += row[c];
        }
    }
    return 0;
}
