/* analysis_figures.c - the classical figures of items, options and sections. */
#include "analysis_internal.h"

#include "distractors.h"
#include "fifths.h"
#include "findings.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One element a scored candidate. */
struct scratch {
    struct fifths fifths;
    uint64_t *marked;
    double *rest;
};

static double sd_of_column(const struct analysis_memory *m, int n, int column, double mean)
{
    double squares = 0;
    for (int k = 0; k < n; k++) {
        double off = m->matrix[(size_t)k * (size_t)m->n_columns + (size_t)column] - mean;
        squares += off * off;
    }
    return n > 1 ? sqrt(squares / (n - 1)) : NAN;
}

static void take_statistics(const struct analysis *a, int index, struct analysis_item *item)
{
    const struct analysis_memory *m = a->memory;
    int column = m->column_of[index];
    if (column < 0)
        return;
    const struct item_statistics *s = &m->stats[column];
    item->mean = s->mean;
    item->difficulty = s->difficulty;
    item->d27 = s->d27;
    item->rpb = s->rpb;
    item->rpb_rest = s->rpb_rest;
    item->alpha_without = s->alpha_without;
    item->sd = sd_of_column(m, a->n_scored, column, s->mean);
}

/* What each candidate marked, and their scores without the item. */
static void gather_answers(struct analysis *a, int index, struct scratch *s)
{
    const struct analysis_memory *m = a->memory;
    const struct answer_book *book = &m->rescoring.books[index];
    struct analysis_item *item = &a->items[index];
    int column = m->column_of[index];

    item->n = a->n_scored;
    for (int k = 0; k < a->n_scored; k++) {
        const struct answer_entry *e = &book->entries[a->candidates[m->scored[k]].answers[index]];
        bool blank = e->status == READING_BLANK || (e->status == READING_OK && !e->value[0]);
        s->marked[k] = e->status == READING_OK ? e->set : 0;
        s->rest[k] = m->totals[k];
        if (column >= 0)
            s->rest[k] -= m->matrix[(size_t)k * (size_t)m->n_columns + (size_t)column];
        item->omitted += blank;
        item->multiple += e->status == READING_MULTIPLE;
        item->right += e->score.right;
    }
}

static uint64_t key_set(const struct analysis_item *item)
{
    uint64_t set = 0;
    for (int o = 0; o < item->n_options && o < 64; o++)
        if (item->options[o].right)
            set |= UINT64_C(1) << o;
    return set;
}

/* The suspicions are kept for analysis_find, which makes words of them. */
static int keep_suspicions(struct analysis *a, int index, const struct item_answers *answers,
                           const struct option_figures *figures)
{
    struct analysis_memory *m = a->memory;
    const struct analysis_item *item = &a->items[index];
    const struct key_item *key = &a->exam->key->items[index];
    const struct suspicion_limits limits = SUSPICION_LIMITS;
    int column = m->column_of[index];
    const struct suspect_item suspect = {
        .item = index,
        .stats = column >= 0 ? &m->stats[column] : NULL,
        .answers = item->n_options > 0 ? answers : NULL,
        .options = item->n_options > 0 ? figures : NULL,
        .key = key_set(item),
        .any_of = key->n_accepted > 1,
    };
    size_t room = m->n_suspicions + 3 + (size_t)item->n_options;
    if (room > m->suspicions_capacity) {
        size_t larger = room * 2;
        struct suspicion *grown = realloc(m->suspicions, larger * sizeof *grown);
        if (!grown)
            return YJ_ENOMEM;
        m->suspicions = grown;
        m->suspicions_capacity = larger;
    }
    m->n_suspicions +=
        suspicions_of_item(&suspect, &m->test, &limits, &m->suspicions[m->n_suspicions]);
    return 0;
}

static int rate_options(struct analysis *a, int index, struct scratch *s)
{
    struct analysis_item *item = &a->items[index];
    struct analysis_option *options = (struct analysis_option *)item->options;
    struct option_figures figures[64];
    const struct item_answers answers = {(size_t)a->n_scored, s->marked, s->rest,
                                         item->n_options < 64 ? item->n_options : 64};

    option_figures_compute(&answers, &s->fifths, figures);
    for (int o = 0; o < answers.n_options; o++) {
        options[o].count = (int)figures[o].count;
        options[o].share = figures[o].share;
        options[o].rpb = figures[o].rpb;
        memcpy(options[o].fifth, figures[o].fifth, sizeof options[o].fifth);
    }
    return keep_suspicions(a, index, &answers, figures);
}

static int rate_item(struct analysis *a, int index, struct scratch *s)
{
    const struct analysis_memory *m = a->memory;
    struct analysis_item *item = &a->items[index];
    int column = m->column_of[index];

    take_statistics(a, index, item);
    gather_answers(a, index, s);
    if (column >= 0)
        fifths_item(&s->fifths, m->matrix + column, (size_t)m->n_columns, item->max, item->fifth);
    return rate_options(a, index, s);
}

/* ---- sections ---- */

static int name_sections(struct analysis *a)
{
    a->sections = analysis_alloc(a, (size_t)a->n_items, sizeof *a->sections);
    if (!a->sections)
        return YJ_ENOMEM;
    for (int i = 0; i < a->n_items; i++) {
        int s = 0;
        while (s < a->n_sections && strcmp(a->sections[s].section, a->items[i].section) != 0)
            s++;
        if (a->items[i].section[0] == '\0')
            continue;
        if (s == a->n_sections)
            a->sections[a->n_sections++] =
                (struct analysis_section){.section = a->items[i].section, .sd = NAN, .alpha = NAN};
        a->sections[s].n_items++;
        a->sections[s].max += a->items[i].max;
    }
    return 0;
}

static int add_up_sections(struct analysis *a)
{
    for (int c = 0; c < a->n_candidates; c++) {
        struct points *sums = analysis_alloc(a, (size_t)a->n_sections, sizeof *sums);
        if (!sums)
            return YJ_ENOMEM;
        for (int s = 0; s < a->n_sections; s++) {
            sums[s] = POINTS_ZERO;
            for (int i = 0; i < a->n_items; i++)
                if (strcmp(a->items[i].section, a->sections[s].section) == 0)
                    sums[s] = points_add(sums[s], analysis_answer(a, c, i)->points);
        }
        a->candidates[c].sections = sums;
    }
    return 0;
}

/* Of the items that count of one section. */
static int rate_section(struct analysis *a, int index)
{
    const struct analysis_memory *m = a->memory;
    struct analysis_section *section = &a->sections[index];
    size_t n = (size_t)a->n_scored, k = 0;
    double *scores = malloc((n * (size_t)m->n_columns + 1) * sizeof *scores);
    double *max = malloc(((size_t)m->n_columns + 1) * sizeof *max);
    int *columns = malloc(((size_t)m->n_columns + 1) * sizeof *columns);
    struct item_statistics *items = calloc((size_t)m->n_columns + 1, sizeof *items);
    struct test_statistics test = {0};
    int rc = scores && max && columns && items ? 0 : YJ_ENOMEM;

    for (int c = 0; rc == 0 && c < m->n_columns; c++)
        if (strcmp(a->items[m->item_of[c]].section, section->section) == 0) {
            max[k] = m->item_max[c];
            columns[k++] = c;
        }
    for (size_t i = 0; rc == 0 && i < n; i++)
        for (size_t c = 0; c < k; c++)
            scores[i * k + c] = m->matrix[i * (size_t)m->n_columns + (size_t)columns[c]];
    if (rc == 0) {
        const struct response_matrix matrix = {n, k, scores, max};
        rc = item_statistics_compute(&matrix, items, &test);
        section->mean = n > 0 ? test.mean : NAN;
        section->sd = test.sd;
        section->alpha = test.alpha;
    }
    free(scores);
    free(max);
    free(columns);
    free(items);
    return rc;
}

int analysis_rate_items(struct analysis *a)
{
    size_t n = (size_t)a->n_scored;
    struct scratch s = {.marked = malloc((n + 1) * sizeof *s.marked),
                        .rest = malloc((n + 1) * sizeof *s.rest)};
    int rc = s.marked && s.rest ? fifths_make(a->memory->totals, n, &s.fifths) : YJ_ENOMEM;

    for (int i = 0; i < a->n_items && rc == 0; i++)
        rc = rate_item(a, i, &s);
    fifths_finish(&s.fifths);
    free(s.marked);
    free(s.rest);
    if (rc == 0)
        rc = name_sections(a);
    if (rc == 0)
        rc = add_up_sections(a);
    for (int i = 0; i < a->n_sections && rc == 0; i++)
        rc = rate_section(a, i);
    return rc;
}
