/* rescore_statistics.c - figures of the items, the options and the test, over the scored. */
#include "rescore_internal.h"

#include "diag.h"
#include <math.h>
#include <stdlib.h>

/* Columns of the matrix are the items that count. */
static int choose_columns(struct rescoring *r, double **ret_max, int *ret_n)
{
    double *max = malloc((size_t)(r->n_items + 1) * sizeof *max);
    int n = 0;

    r->column_of_item = malloc((size_t)(r->n_items + 1) * sizeof *r->column_of_item);
    if (!max || !r->column_of_item) {
        free(max);
        return YJ_ENOMEM;
    }
    for (int i = 0; i < r->n_items; i++) {
        bool counts = !item_rule_drops(r->exam->key->items[i].rule);
        r->column_of_item[i] = counts ? n : -1;
        if (counts)
            max[n++] = points_double(score_item_max(&r->exam->key->items[i]));
    }
    *ret_max = max;
    *ret_n = n;
    return 0;
}

static void fill_matrix(const struct rescoring *r, double *scores, double *totals)
{
    double *out = scores;

    for (int k = 0; k < r->n_scored; k++) {
        totals[k] = 0;
        for (int i = 0; i < r->n_items; i++) {
            if (r->column_of_item[i] < 0)
                continue;
            *out = rescoring_answer(r, r->scored[k], i)->points;
            totals[k] += *out++;
        }
    }
}

/* Scratch of one item's options, one element a scored candidate. */
struct option_scratch {
    unsigned char *chosen;
    double *rest;
    const struct answer_entry **answers;
};

static int make_option_rows(struct rescoring *r, const struct key_item *item,
                            const struct option_scratch *s, struct item_row *row)
{
    struct option_row *options =
        arena_alloc(&r->memory, (size_t)(item->n_options + 1) * sizeof *options);

    if (!options)
        return YJ_ENOMEM;
    for (int o = 0; o < item->n_options; o++) {
        options[o].option = item->options[o];
        for (int k = 0; k < r->n_scored; k++) {
            s->chosen[k] = s->answers[k]->status == READING_OK && (s->answers[k]->set >> o & 1);
            options[o].count += s->chosen[k];
        }
        options[o].share = r->n_scored ? (double)options[o].count / r->n_scored : NAN;
        options[o].point_biserial = option_point_biserial(s->chosen, s->rest, (size_t)r->n_scored);
    }
    row->options = options;
    row->n_options = item->n_options;
    return 0;
}

static int make_item_row(struct rescoring *r, int item, const double *totals,
                         const struct option_scratch *s)
{
    const struct key_item *key_item = &r->exam->key->items[item];
    struct item_row *row = &r->item_rows[item];
    int column = r->column_of_item[item];

    *row = (struct item_row){
        key_item->item, r->n_scored, 0, NAN, NAN, NAN, NAN, NAN, NAN, 0, 0, NULL, 0};
    if (column >= 0) {
        const struct item_statistics *stats = &r->items[column];
        row->max = points_double(score_item_max(key_item));
        row->mean = stats->mean;
        row->difficulty = stats->difficulty;
        row->d27 = stats->d27;
        row->rpb = stats->rpb;
        row->rpb_rest = stats->rpb_rest;
        row->alpha_without = stats->alpha_without;
    }
    for (int k = 0; k < r->n_scored; k++) {
        const struct answer_entry *answer = rescoring_answer(r, r->scored[k], item);
        s->answers[k] = answer;
        s->rest[k] = totals[k] - (column >= 0 ? answer->points : 0);
        row->omitted += answer->status == READING_BLANK ||
                        (answer->status == READING_OK && answer->value[0] == '\0');
        row->multiple += answer->status == READING_MULTIPLE;
    }
    return make_option_rows(r, key_item, s, row);
}

static int make_item_rows(struct rescoring *r, const double *totals)
{
    size_t n = (size_t)r->n_scored + 1;
    struct option_scratch s = {malloc(n), malloc(n * sizeof *s.rest),
                               malloc(n * sizeof *s.answers)};
    int rc = s.chosen && s.rest && s.answers ? 0 : YJ_ENOMEM;

    for (int i = 0; i < r->n_items && rc == 0; i++)
        rc = make_item_row(r, i, totals, &s);
    free(s.chosen);
    free(s.rest);
    free(s.answers);
    return rc;
}

static int compare_numbers(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return (left > right) - (left < right);
}

/* Items are held against the plain sum of their points (weights would only blur what an item does);
 * the test's own figures are those of the totals that candidates get. Overwrites totals[]. */
static void describe_totals(struct rescoring *r, double *totals)
{
    double sum = 0, squares = 0, rest = 0;
    size_t n = (size_t)r->n_scored;

    if (n == 0)
        return;
    for (size_t k = 0; k < n; k++) {
        totals[k] = points_double(rescoring_total(r, r->scored[k]));
        sum += totals[k];
    }
    for (size_t k = 0; k < n; k++) {
        double off = totals[k] - sum / (double)n;
        squares += off * off;
        rest += off;
    }
    qsort(totals, n, sizeof *totals, compare_numbers);
    r->test.mean = sum / (double)n;
    r->test.sd = n > 1 ? sqrt(fmax(0, squares - rest * rest / (double)n) / (double)(n - 1)) : NAN;
    r->test.sem = r->test.sd * sqrt(1 - r->test.alpha);
    r->test.min = totals[0];
    r->test.max = totals[n - 1];
    r->test.median = (totals[(n - 1) / 2] + totals[n / 2]) / 2;
}

/* Whether a total can be another than the plain sum of its items. */
static bool is_composed(const struct rescoring *r)
{
    for (int i = 0; i < r->n_items; i++)
        if (r->exam->key->items[i].rule == RULE_VOID_REBASE)
            return true;
    return r->exam->scheme &&
           (r->exam->scheme->n_sections > 0 || r->exam->scheme->total.floor.given ||
            r->exam->scheme->total.rounding.given);
}

int rescoring_describe(struct rescoring *r)
{
    double *max = NULL, *scores = NULL, *totals = NULL;
    int n_columns = 0, rc = choose_columns(r, &max, &n_columns);

    if (rc < 0)
        return rc;
    size_t n = (size_t)r->n_scored, k = (size_t)n_columns;
    scores = malloc((n * k + 1) * sizeof *scores);
    totals = malloc((n + 1) * sizeof *totals);
    r->items = calloc(k + 1, sizeof *r->items);
    r->item_rows = calloc((size_t)r->n_items + 1, sizeof *r->item_rows);
    if (!scores || !totals || !r->items || !r->item_rows) {
        rc = YJ_ENOMEM;
        goto out;
    }
    fill_matrix(r, scores, totals);
    struct response_matrix matrix = {n, k, scores, max};
    rc = item_statistics_compute(&matrix, r->items, &r->test);
    if (rc == 0)
        rc = make_item_rows(r, totals);
    if (rc == 0 && is_composed(r))
        describe_totals(r, totals);
out:
    free(max);
    free(scores);
    free(totals);
    return rc;
}
