/* analysis_figures.c - the classical figures of items, options and sections. */
#include "analysis_internal.h"

#include "diag.h"

#include "distractors.h"
#include "distribution.h"
#include "fifths.h"
#include "findings.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Items whose answers are gathered in one walk over the candidates: a cache line of a candidate's.
 */
#define BLOCK 16

/* One element a scored candidate. */
struct scratch {
    struct fifths fifths;
    uint64_t *marked;
    double *rest;
    double *points;
    uint32_t *codes; /* [BLOCK][candidate] numbers of answers */
};

static double sd_of(const double *points, int n, double mean)
{
    double squares = 0;
    for (int k = 0; k < n; k++)
        squares += (points[k] - mean) * (points[k] - mean);
    return n > 1 ? sqrt(squares / (n - 1)) : NAN;
}

static void take_statistics(const struct analysis *a, int index, const double *points,
                            struct analysis_item *item)
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
    item->sd = sd_of(points, a->n_scored, s->mean);
}

/* The answers of items from `first` on, an item's side by side. */
static void gather_codes(const struct analysis *a, int first, int n, uint32_t *codes)
{
    for (int k = 0; k < a->n_scored; k++) {
        const uint32_t *row = a->candidates[a->memory->scored[k]].answers + first;
        for (int j = 0; j < n; j++)
            codes[(size_t)j * (size_t)a->n_scored + (size_t)k] = row[j];
    }
}

/* What each candidate marked, and their scores without the item. */
static void gather_answers(struct analysis *a, int index, const uint32_t *codes, struct scratch *s)
{
    const struct analysis_memory *m = a->memory;
    const struct answer_entry *entries = m->rescoring->books[index].entries;
    struct analysis_item *item = &a->items[index];
    bool counts = m->column_of[index] >= 0;

    item->n = a->n_scored;
    for (int k = 0; k < a->n_scored; k++) {
        const struct answer_entry *e = &entries[codes[k]];
        bool blank = e->status == READING_BLANK || (e->status == READING_OK && !e->value[0]);
        s->marked[k] = e->status == READING_OK ? e->set : 0;
        s->points[k] = e->points;
        s->rest[k] = m->totals[k] - (counts ? e->points : 0);
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
    const struct suspicion_item suspect = {
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
    /* Of a void item nobody asks any more whether its key is right. */
    if (item_rule_is_void(a->exam->key->items[index].rule))
        return 0;
    return keep_suspicions(a, index, &answers, figures);
}

static int rate_item(struct analysis *a, int index, const uint32_t *codes, struct scratch *s)
{
    struct analysis_item *item = &a->items[index];

    gather_answers(a, index, codes, s);
    take_statistics(a, index, s->points, item);
    if (item->counts)
        fifths_item(&s->fifths, s->points, 1, item->max, item->fifth);
    return rate_options(a, index, s);
}

static int rate_all(struct analysis *a, struct scratch *s)
{
    int rc = 0;
    for (int first = 0; first < a->n_items && rc == 0; first += BLOCK) {
        int n = a->n_items - first < BLOCK ? a->n_items - first : BLOCK;
        gather_codes(a, first, n, s->codes);
        for (int j = 0; j < n && rc == 0; j++)
            rc = rate_item(a, first + j, s->codes + (size_t)j * (size_t)a->n_scored, s);
    }
    return rc;
}

/* ---- sections ---- */

/* Those that composition has, but for the items of no section. */
static int name_sections(struct analysis *a)
{
    const struct test_plan *plan = &a->memory->rescoring->plan;
    int n = plan->n_sections > 0 ? plan->n_sections - 1 : 0;

    a->sections = analysis_alloc(a, (size_t)n, sizeof *a->sections);
    if (!a->sections)
        return YJ_ENOMEM;
    for (int s = 0; s < n; s++)
        a->sections[s] = (struct analysis_section){.section = plan->sections[s].name,
                                                   .max = points_double(plan->sections[s].max),
                                                   .n_items = plan->sections[s].n_items};
    a->n_sections = n;
    return 0;
}

/* Of what the section brings into the total. */
static int rate_section_points(struct analysis *a, int index)
{
    struct distribution d;
    double *points = malloc(((size_t)a->n_scored + 1) * sizeof *points);
    if (!points)
        return YJ_ENOMEM;
    for (int k = 0; k < a->n_scored; k++)
        points[k] = points_double(a->candidates[a->memory->scored[k]].sections[index]);
    int rc = distribution_compute(points, (size_t)a->n_scored, &d);
    free(points);
    a->sections[index].mean = rc == 0 ? d.mean : NAN;
    a->sections[index].sd = rc == 0 ? d.sd : NAN;
    return rc;
}

/* Of the items that count of one section, as they are scored. */
static int rate_section_alpha(struct analysis *a, int index)
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
                        .rest = malloc((n + 1) * sizeof *s.rest),
                        .points = malloc((n + 1) * sizeof *s.points),
                        .codes = malloc((n + 1) * BLOCK * sizeof *s.codes)};
    int rc = s.marked && s.rest && s.points && s.codes
                 ? fifths_make(a->memory->totals, n, &s.fifths)
                 : YJ_ENOMEM;

    if (rc == 0)
        rc = rate_all(a, &s);
    fifths_finish(&s.fifths);
    free(s.marked);
    free(s.rest);
    free(s.points);
    free(s.codes);
    if (rc == 0)
        rc = name_sections(a);
    for (int i = 0; i < a->n_sections && rc == 0; i++) {
        rc = rate_section_points(a, i);
        if (rc == 0)
            rc = rate_section_alpha(a, i);
    }
    return rc;
}
