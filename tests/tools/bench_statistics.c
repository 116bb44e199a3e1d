/* bench_statistics.c - what the classical statistics of a large exam cost.
 *
 *   bench_statistics [CANDIDATES [ITEMS]]
 *
 * 100,000 candidates and 100 items of four options unless said otherwise: answers drawn by a seeded
 * generator, the better candidates more often right. One thread; CPU milliseconds of each part, as
 * rows of a Markdown table (tests/bench --statistics prints them with the machine's name). */
#include "consistency.h"
#include "diag.h"
#include "exact.h"
#include "findings.h"
#include "groups.h"
#include "scale.h"
#include "thread_ms.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define OPTIONS 4
#define GROUP_SIZE 40

struct exam {
    size_t n, k;
    double *scores, *max, *totals, *rest;
    uint64_t *marked; /* [item * n + candidate], as a caller gathers them */
    struct points *points;
    int *group_of;
};

static uint64_t state = 20260601;

static double draw(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (double)(state >> 11) * 0x1p-53;
}

static void fill(struct exam *e)
{
    for (size_t c = 0; c < e->n; c++) {
        double ability = 2 * (draw() + draw() + draw() - 1.5);
        int right = 0;
        for (size_t i = 0; i < e->k; i++) {
            double hard = 3 * (double)i / (double)e->k - 1.5;
            bool is_right = draw() < 1 / (1 + exp(hard - ability));
            int option = is_right ? 0 : 1 + (int)(draw() * (OPTIONS - 1));
            e->scores[c * e->k + i] = is_right;
            e->marked[i * e->n + c] = UINT64_C(1) << option;
            right += is_right;
        }
        e->totals[c] = right;
        e->points[c] = exact_whole(right);
        e->group_of[c] = (int)(c / GROUP_SIZE);
    }
    for (size_t i = 0; i < e->k; i++)
        e->max[i] = 1;
}

static int make(struct exam *e)
{
    e->scores = malloc(e->n * e->k * sizeof *e->scores);
    e->marked = malloc(e->n * e->k * sizeof *e->marked);
    e->max = malloc(e->k * sizeof *e->max);
    e->totals = malloc(e->n * sizeof *e->totals);
    e->rest = malloc(e->n * sizeof *e->rest);
    e->points = malloc(e->n * sizeof *e->points);
    e->group_of = malloc(e->n * sizeof *e->group_of);
    if (!e->scores || !e->marked || !e->max || !e->totals || !e->rest || !e->points || !e->group_of)
        return YJ_ENOMEM;
    fill(e);
    return 0;
}

static void destroy(struct exam *e)
{
    free(e->scores);
    free(e->marked);
    free(e->max);
    free(e->totals);
    free(e->rest);
    free(e->points);
    free(e->group_of);
}

/* ---- the parts ---- */

static double sum_ms;

static void told(const char *what, double since)
{
    double ms = thread_ms() - since;

    sum_ms += ms;
    printf("| %s | %.0f |\n", what, ms);
}

static int run_matrix(const struct exam *e, struct item_statistics *items,
                      struct test_statistics *test)
{
    struct response_matrix matrix = {e->n, e->k, e->scores, e->max};
    struct consistency consistency;
    double since = thread_ms();
    int rc = item_statistics_compute(&matrix, items, test);

    told("items: difficulty, D27, correlations, alpha without", since);
    since = thread_ms();
    if (rc == 0)
        rc = consistency_compute(&matrix, &consistency);
    told("KR-20, KR-21, lambda 6, omega, halves", since);
    if (rc == 0)
        fprintf(stderr, "alpha %.4f, omega %.4f, lambda 6 %.4f\n", test->alpha, consistency.omega,
                consistency.lambda6);
    return rc;
}

static int run_options(struct exam *e, const struct item_statistics *items,
                       const struct test_statistics *test)
{
    struct option_figures options[OPTIONS];
    struct suspicion suspicions[3 + OPTIONS];
    struct suspicion_limits limits = SUSPICION_LIMITS;
    double fifth[FIFTHS], since = thread_ms();
    struct fifths fifths;
    size_t found = 0;

    if (fifths_make(e->totals, e->n, &fifths) < 0)
        return YJ_ENOMEM;
    for (size_t i = 0; i < e->k; i++) {
        struct item_answers answers = {e->n, e->marked + i * e->n, e->rest, OPTIONS};
        for (size_t c = 0; c < e->n; c++)
            e->rest[c] = e->totals[c] - e->scores[c * e->k + i];
        option_figures_compute(&answers, &fifths, options);
        fifths_item(&fifths, e->scores + i, e->k, 1, fifth);
        struct suspicion_item item = {(int)i, &items[i], &answers, options, 1, false};
        found += suspicions_of_item(&item, test, &limits, suspicions);
    }
    fifths_finish(&fifths);
    told("options: counts, correlations, fifths; suspicions", since);
    fprintf(stderr, "%zu suspicions\n", found);
    return 0;
}

static int run_scores(struct exam *e)
{
    struct score_count *rows = NULL;
    size_t n_rows, n_groups = (e->n + GROUP_SIZE - 1) / GROUP_SIZE;
    struct standing *standings = malloc(e->n * sizeof *standings);
    struct scaled_score *scaled = malloc(e->n * sizeof *scaled);
    struct group_figures *groups = malloc(n_groups * sizeof *groups);
    struct group_limits limits = {{(int64_t)e->k * 6, 10}, {(int64_t)e->k * 9, 10}, 0.01, 0.5};
    struct distribution distribution;
    struct score_scale scale;
    double since = thread_ms();
    int rc = standings && scaled && groups ? 0 : YJ_ENOMEM;

    if (rc == 0)
        rc = distribution_compute(e->totals, e->n, &distribution);
    if (rc == 0)
        rc = score_table_make(e->points, NULL, e->n, &rows, &n_rows);
    if (rc == 0)
        rc = standing_compute(e->points, NULL, e->n, standings);
    told("distribution, table of scores, ranks, percentiles, z", since);
    since = thread_ms();
    if (rc == 0)
        rc = groups_compute(e->points, e->group_of, e->n, n_groups, &limits, groups);
    told("groups of 40: figures, intervals, tests", since);
    since = thread_ms();
    if (rc == 0)
        rc = scale_from_name("gaokao_312", &scale);
    if (rc == 0)
        rc = scale_compute(&scale, e->points, NULL, e->n, scaled, NULL);
    told("a scaled score for each", since);
    free(rows);
    free(standings);
    free(scaled);
    free(groups);
    return rc;
}

int main(int argc, char **argv)
{
    struct exam e = {.n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000,
                     .k = argc > 2 ? strtoul(argv[2], NULL, 10) : 100};
    struct item_statistics *items = NULL;
    struct test_statistics test;

    if (e.n < 1 || e.k < 2 || e.n > 10000000 || e.k > 10000) {
        fprintf(stderr, "usage: bench_statistics [CANDIDATES [ITEMS]]\n");
        return 2;
    }
    items = calloc(e.k, sizeof *items);
    int rc = items ? make(&e) : YJ_ENOMEM;
    if (rc == 0) {
        printf("| %zu candidates, %zu items | CPU ms |\n|---|---:|\n", e.n, e.k);
        rc = run_matrix(&e, items, &test);
    }
    if (rc == 0)
        rc = run_options(&e, items, &test);
    if (rc == 0)
        rc = run_scores(&e);
    if (rc == 0)
        printf("| all | %.0f |\n", sum_ms);
    destroy(&e);
    free(items);
    return rc == 0 ? 0 : 1;
}
