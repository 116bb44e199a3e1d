/* classical_probe.c - figures of scoring/ as `name value` lines, for another program to compare.
 *
 *   classical_probe MATRIX.csv
 *
 * MATRIX.csv: a header; first data row: each column's maximum; then a row a candidate. Columns
 * named i... are items, the column `group` (0, 1, ...; optional) the group, columns named o... the
 * options (0 or 1) of the first item, of which o1 is the key. Numbers are decimal, read exactly. */
#include "consistency.h"
#include "csvfile.h"
#include "diag.h"
#include "exact.h"
#include "findings.h"
#include "groups.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct data {
    size_t n, k, n_groups;
    int n_options;
    double *scores, *max, *totals, *rest;
    struct points *points;
    int *group_of;
    uint64_t *marked;
};

static void say(const char *name, double value)
{
    if (isfinite(value))
        printf("%s %.17g\n", name, value);
    else
        printf("%s NA\n", name);
}

static void say_of(const char *name, size_t index, double value)
{
    char full[64];

    snprintf(full, sizeof full, "%s.%zu", name, index + 1);
    say(full, value);
}

/* ---- reading ---- */

static int read_row(struct data *d, const struct csv *csv, size_t c)
{
    const struct csv_row *row = &csv->rows[c + 2];
    size_t item = 0;
    int option = 0;

    d->points[c] = POINTS_ZERO;
    d->group_of[c] = -1;
    for (int cell = 0; cell < row->n_cells; cell++) {
        char kind = csv->rows[0].cells[cell][0];
        struct points p;
        if (points_parse(row->cells[cell], &p) < 0)
            return YJ_EINPUT;
        if (kind == 'i') {
            d->scores[c * d->k + item++] = points_double(p);
            d->points[c] = points_add(d->points[c], p);
        } else if (kind == 'g') {
            d->group_of[c] = (int)p.num;
            if ((size_t)p.num + 1 > d->n_groups)
                d->n_groups = (size_t)p.num + 1;
        } else {
            d->marked[c] |= (uint64_t)(p.num != 0) << option++;
        }
    }
    d->totals[c] = points_double(d->points[c]);
    d->rest[c] = d->totals[c] - d->scores[c * d->k];
    return 0;
}

static int read_data(struct data *d, const struct csv *csv)
{
    size_t item = 0;

    d->n = csv->n_rows > 2 ? (size_t)csv->n_rows - 2 : 0;
    for (int cell = 0; cell < csv->rows[0].n_cells; cell++) {
        d->k += csv->rows[0].cells[cell][0] == 'i';
        d->n_options += csv->rows[0].cells[cell][0] == 'o';
    }
    d->scores = calloc(d->n * d->k + 1, sizeof *d->scores);
    d->max = calloc(d->k + 1, sizeof *d->max);
    d->totals = calloc(d->n + 1, sizeof *d->totals);
    d->rest = calloc(d->n + 1, sizeof *d->rest);
    d->points = calloc(d->n + 1, sizeof *d->points);
    d->group_of = calloc(d->n + 1, sizeof *d->group_of);
    d->marked = calloc(d->n + 1, sizeof *d->marked);
    if (!d->scores || !d->max || !d->totals || !d->rest || !d->points || !d->group_of || !d->marked)
        return YJ_ENOMEM;
    for (int cell = 0; cell < csv->rows[0].n_cells; cell++)
        if (csv->rows[0].cells[cell][0] == 'i')
            d->max[item++] = strtod(csv->rows[1].cells[cell], NULL);
    for (size_t c = 0; c < d->n; c++)
        if (read_row(d, csv, c) < 0)
            return YJ_EINPUT;
    return 0;
}

static void finish(struct data *d)
{
    free(d->scores);
    free(d->max);
    free(d->totals);
    free(d->rest);
    free(d->points);
    free(d->group_of);
    free(d->marked);
}

/* ---- telling ---- */

static int tell_items(const struct data *d)
{
    struct response_matrix matrix = {d->n, d->k, d->scores, d->max};
    struct item_statistics *items = calloc(d->k + 1, sizeof *items);
    struct test_statistics test;
    int rc = items ? item_statistics_compute(&matrix, items, &test) : YJ_ENOMEM;

    for (size_t i = 0; i < d->k && rc == 0; i++) {
        say_of("mean", i, items[i].mean);
        say_of("difficulty", i, items[i].difficulty);
        say_of("d27", i, items[i].d27);
        say_of("rpb", i, items[i].rpb);
        say_of("rpb_rest", i, items[i].rpb_rest);
        say_of("alpha_without", i, items[i].alpha_without);
    }
    if (rc == 0) {
        say("alpha", test.alpha);
        say("sem", test.sem);
    }
    free(items);
    return rc;
}

static int tell_consistency(const struct data *d)
{
    struct response_matrix matrix = {d->n, d->k, d->scores, d->max};
    struct total_error error = total_error_make(d->max, d->k);
    struct consistency c;
    int rc = consistency_compute(&matrix, &c);

    if (rc < 0)
        return rc;
    say("kr20", c.kr20);
    say("kr21", c.kr21);
    say("lambda6", c.lambda6);
    say("lambda6_points", c.lambda6_points);
    say("omega", c.omega);
    say("split_half", c.split_half);
    for (size_t i = 0; i < d->n && i < 20; i++)
        say_of("conditional_sem", i, total_error_at(&error, d->totals[i]));
    return 0;
}

static int tell_scores(const struct data *d)
{
    struct distribution s;
    struct standing *standings = calloc(d->n + 1, sizeof *standings);
    int rc = standings ? distribution_compute(d->totals, d->n, &s) : YJ_ENOMEM;

    if (rc == 0)
        rc = standing_compute(d->points, NULL, d->n, standings);
    if (rc == 0) {
        const double figures[] = {s.mean, s.sd,  s.min,      s.q1,      s.median,
                                  s.q3,   s.max, s.skewness, s.kurtosis};
        for (size_t f = 0; f < sizeof figures / sizeof figures[0]; f++)
            say_of("total", f, figures[f]);
    }
    for (size_t c = 0; c < d->n && rc == 0; c++) {
        say_of("rank", c, (double)standings[c].rank);
        say_of("percentile", c, points_double(standings[c].percentile));
        say_of("z", c, standings[c].z);
    }
    free(standings);
    return rc;
}

static int tell_groups(const struct data *d)
{
    /* No effect is so large: every group is tested against all others, as R does it. */
    struct group_limits limits = {{6, 1}, {10, 1}, 0.01, 1e9};
    struct group_figures *groups = calloc(d->n_groups + 1, sizeof *groups);
    int rc = groups ? groups_compute(d->points, d->group_of, d->n, d->n_groups, &limits, groups)
                    : YJ_ENOMEM;

    for (size_t g = 0; g < d->n_groups && rc == 0; g++) {
        const double figures[] = {groups[g].scores.mean, groups[g].scores.sd, groups[g].scores.q1,
                                  groups[g].above_mean,  groups[g].pass,      groups[g].distinction,
                                  groups[g].difference,  groups[g].low,       groups[g].high,
                                  groups[g].effect,      groups[g].p,         groups[g].p_family};
        for (size_t f = 0; f < sizeof figures / sizeof figures[0]; f++)
            say_of("group", g * 12 + f, figures[f]);
    }
    free(groups);
    return rc;
}

static int tell_options(const struct data *d)
{
    struct option_figures options[64];
    struct item_answers answers = {d->n, d->marked, d->rest, d->n_options};
    struct miskey_limits any = {1.1, 1, 4};
    struct fifths fifths;
    double fifth[FIFTHS];

    if (fifths_make(d->totals, d->n, &fifths) < 0)
        return YJ_ENOMEM;
    fifths_item(&fifths, d->scores, d->k, d->max[0], fifth);
    for (size_t f = 0; f < FIFTHS; f++)
        say_of("item_fifth", f, fifth[f]);
    option_figures_compute(&answers, &fifths, options);
    for (size_t o = 0; o < (size_t)d->n_options; o++) {
        say_of("option_rpb", o, options[o].rpb);
        for (size_t f = 0; f < FIFTHS; f++)
            say_of("option_fifth", o * FIFTHS + f, options[o].fifth[f]);
    }
    struct miskey m = miskey_find(&answers, options, 1, false, &any);
    say("miskey_option", m.option + 1);
    say("miskey_p", m.p);
    fifths_finish(&fifths);
    return 0;
}

int main(int argc, char **argv)
{
    struct diag diag;
    struct csv *csv = NULL;
    struct data d = {0};
    int rc = YJ_EINPUT;

    diag_init(&diag);
    if (argc == 2)
        rc = csv_load(argv[1], &csv, &diag);
    if (rc == 0)
        rc = read_data(&d, csv);
    if (rc == 0)
        rc = tell_items(&d);
    if (rc == 0)
        rc = tell_consistency(&d);
    if (rc == 0)
        rc = tell_scores(&d);
    if (rc == 0 && d.n_groups)
        rc = tell_groups(&d);
    if (rc == 0 && d.n_options)
        rc = tell_options(&d);
    if (rc < 0)
        fprintf(stderr, "classical_probe: cannot use '%s'\n", argc > 1 ? argv[1] : "");
    diag_print(&diag, stderr);
    diag_finish(&diag);
    csv_destroy(csv);
    finish(&d);
    return rc == 0 ? 0 : 1;
}
