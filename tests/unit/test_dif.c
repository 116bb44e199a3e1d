/* Differential item functioning against R's numbers and against differences that were built in.
 *
 * Digits are R 4.2.2's: mantelhaen.test() with its continuity correction, the error of the log odds
 * ratio from its interval, likelihood ratios of glm(..., binomial). "UCBAdmissions": Bickel, Hammel
 * and O'Connell, Science 187, 1975; departments stand for scores. */
#include "dif.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void near(double value, double expected, double within)
{
    if (!(fabs(value - expected) <= within))
        fail_msg("%.15g is not %.15g", value, expected);
}

/* {score, right {reference, focal}, wrong {...}} */
static const struct dif_stratum berkeley[] = {
    {0, {512, 89}, {313, 19}},   {1, {353, 17}, {207, 8}},  {2, {120, 202}, {205, 391}},
    {3, {138, 131}, {279, 244}}, {4, {53, 94}, {138, 299}}, {5, {22, 24}, {351, 317}},
};

static const struct dif_stratum small[] = {
    {0, {2, 1}, {8, 9}},
    {1, {10, 6}, {15, 20}},
    {2, {25, 15}, {10, 18}},
    {3, {30, 25}, {4, 9}},
};

/* Would catch: groups exchanged, no continuity correction, another variance of ln alpha. */
static void mantel_haenszel_is_that_of_r(void **state)
{
    struct dif_item i;
    dif_mantel_haenszel(berkeley, 6, &i);
    near(i.alpha, 0.9046968282586231, 1e-9);
    near(i.delta, -2.35 * log(0.9046968282586231), 1e-9);
    near(i.chi2, 1.4269462285866883, 1e-9);
    near(i.p, 0.2322634628170483, 1e-9);
    near(i.delta_error / 2.35, 0.0809889096562209, 1e-9);
    assert_int_equal(i.ets, 'A');
    dif_mantel_haenszel(small, 4, &i);
    near(i.alpha, 2.63813360187982537, 1e-9);
    near(i.chi2, 7.97411096009189357, 1e-9);
    near(i.p, 0.00474510544425205, 1e-9);
    near(i.delta_error / 2.35, 0.327764742940472, 1e-9);
    /* delta -2.28, error 0.77: 1.28 above 1 is more than 1.645 errors (1.267), just. */
    assert_int_equal(i.ets, 'C');
}

/* Would catch: terms that are not nested, a Newton's method that stops early. */
static void logistic_regression_is_that_of_r(void **state)
{
    struct dif_item i;
    dif_logistic(berkeley, 6, &i);
    near(i.lr_uniform, 0.0130304092189135, 1e-7);
    near(i.lr_non_uniform, 1.8067608348972897, 1e-7);
    near(i.lr, 1.8197912441162, 1e-7);
    near(i.p_uniform, 0.909118238631389, 1e-7);
    near(i.p_non_uniform, 0.178897287191779, 1e-7);
    near(i.p_logistic, 0.402566240876482, 1e-7);
    assert_false(i.separated);
}

/* Would catch: the significance rules left out. Many candidates make a small difference sure (A by
 * size), few leave a large one unsure. */
static void classes_need_size_and_certainty(void **state)
{
    static const struct {
        struct dif_stratum table;
        char ets;
    } rows[] = {
        {{0, {550, 500}, {450, 500}}, 'A'},     /* delta -0.47, p 0.03 */
        {{0, {6, 4}, {4, 6}}, 'A'},             /* delta -1.9, p 0.66 */
        {{0, {6200, 5000}, {3800, 5000}}, 'B'}, /* delta -1.15, sure */
        {{0, {66, 50}, {34, 50}}, 'B'},         /* delta -1.56, p 0.03, not surely above 1 */
        {{0, {7000, 5000}, {3000, 5000}}, 'C'}, /* delta -1.99, sure */
        {{0, {5000, 7000}, {5000, 3000}}, 'C'}, /* the same in favour of the focal group */
    };
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        struct dif_item i;
        dif_mantel_haenszel(&rows[k].table, 1, &i);
        if (i.ets != rows[k].ets)
            fail_msg("row %zu: %c, delta %g, p %g", k, i.ets, i.delta, i.p);
    }
}

/* Would catch: NaN or endless steps where a group has every answer right, or one does not exist. */
static void empty_and_separated_tables_are_told(void **state)
{
    static const struct dif_stratum focal_right[] = {{0, {5, 9}, {5, 0}}, {1, {8, 9}, {2, 0}}};
    static const struct dif_stratum by_score[] = {{0, {0, 0}, {9, 7}}, {1, {9, 8}, {0, 0}}};
    static const struct dif_stratum alone[] = {{0, {5, 0}, {5, 0}}, {1, {8, 0}, {2, 0}}};
    static const struct dif_stratum single[] = {{0, {1, 0}, {0, 1}}};
    struct dif_item i;

    dif_mantel_haenszel(focal_right, 2, &i);
    assert_true(isnan(i.alpha) && isnan(i.delta) && isfinite(i.chi2) && i.ets == '\0');
    dif_logistic(focal_right, 2, &i);
    assert_true(i.separated && isfinite(i.lr) && i.p_uniform < 0.05);
    /* The supremum: the reference group's own regression on score; the focal group certain. */
    double reference = 10 * log(0.5) + 8 * log(0.8) + 2 * log(0.2);
    double score_alone =
        14 * log(14. / 19) + 5 * log(5. / 19) + 17 * log(17. / 19) + 2 * log(2. / 19);
    near(i.lr, 2 * (reference - score_alone), 1e-4);
    dif_logistic(by_score, 2, &i);
    assert_true(i.separated && fabs(i.lr) < 1e-4 && i.p_logistic > 0.99);
    dif_mantel_haenszel(alone, 2, &i);
    dif_logistic(alone, 2, &i);
    assert_true(isnan(i.alpha) && isnan(i.p) && isnan(i.lr) && i.ets == '\0');
    dif_mantel_haenszel(single, 1, &i);
    dif_logistic(single, 1, &i);
    assert_true(isnan(i.alpha) && isnan(i.lr));
    dif_mantel_haenszel(single, 0, &i);
    dif_logistic(single, 0, &i);
    assert_true(isnan(i.alpha) && isnan(i.p_logistic));
}

/* ---- over all items ---- */

static uint64_t seed;

static double uniform(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    uint64_t x = seed ^ (seed >> 33);
    x *= 0xff51afd7ed558ccdu;
    x ^= x >> 29;
    return ((double)(x >> 11) + 0.5) / 9007199254740992.0;
}

static double normal(void)
{
    return sqrt(-2 * log(uniform())) * cos(2 * M_PI * uniform());
}

#define N 6000
#define ITEMS 30

/* Rasch; the focal group is weaker by `weaker`. Item 4 is harder for it by `uniform_by`, item 9 has
 * another slope for it. */
static void simulate(signed char *answers, unsigned char *groups, double weaker, double uniform_by,
                     double slope)
{
    for (size_t c = 0; c < N; c++) {
        groups[c] = (unsigned char)(c % 3 == 0 ? DIF_FOCAL : DIF_REFERENCE);
        bool focal = groups[c] == DIF_FOCAL;
        double ability = normal() - (focal ? weaker : 0);
        for (size_t i = 0; i < ITEMS; i++) {
            double b = -1.5 + 3 * (double)i / (ITEMS - 1), a = 1;
            if (i == 4 && focal)
                b += uniform_by;
            if (i == 9 && focal)
                a = slope;
            answers[c * ITEMS + i] = uniform() < 1 / (1 + exp(-a * (ability - b)));
        }
    }
}

/* Would catch: weaker groups blamed on items; differences missed; alpha upside down; a
 * non-uniform difference that logistic regression does not see. */
static void built_in_differences_are_found(void **state)
{
    signed char *answers = malloc(N * ITEMS);
    unsigned char *groups = malloc(N);
    struct dif_item items[ITEMS];
    int suspects = 0, unlikely = 0;
    seed = 4;
    simulate(answers, groups, 0.5, 0.9, 0.3);
    const struct dif_responses r = {N, ITEMS, answers, groups};
    assert_int_equal(dif_analyse(&r, &(struct dif_options){.purify = true}, items), 0);
    assert_int_equal(items[4].ets, 'C');
    assert_true(items[4].purified && !items[5].purified);
    near(items[4].delta, -2.35 * 0.9, 3 * items[4].delta_error);
    assert_true(items[9].p_non_uniform < 1e-6);
    assert_int_equal(items[4].n_focal, N / 3);
    for (size_t i = 0; i < ITEMS; i++) {
        suspects += i != 4 && i != 9 && items[i].ets != 'A';
        unlikely += i != 4 && i != 9 && items[i].p_logistic < 0.05;
    }
    assert_int_equal(suspects, 0);
    assert_true(unlikely <= 5); /* of 28, each with 0.05: six or more has a chance of 0.003 */
    free(answers);
    free(groups);
}

/* Would catch: tests that cry too often. Without any difference, equally able groups: each test is
 * right in 95 of 100 items. */
static void without_difference_levels_hold(void **state)
{
    signed char *answers = malloc(N * ITEMS);
    unsigned char *groups = malloc(N);
    struct dif_item items[ITEMS];
    int mh = 0, logistic = 0, all = 0;
    seed = 8;
    for (int k = 0; k < 20; k++, all += ITEMS) {
        simulate(answers, groups, 0, 0, 1);
        const struct dif_responses r = {N / 2, ITEMS, answers, groups};
        assert_int_equal(dif_analyse(&r, &(struct dif_options){0}, items), 0);
        for (size_t i = 0; i < ITEMS; i++) {
            mh += items[i].p < 0.05;
            logistic += items[i].p_logistic < 0.05;
        }
    }
    /* 600 tests: 30 expected, sd 5.3 (items of one data set are not quite independent). */
    assert_in_range(mh, 12, 48);
    assert_in_range(logistic, 12, 48);
    free(answers);
    free(groups);
}

/* Would catch: candidates of neither group counted, answers not presented taken for wrong. */
static void only_the_two_groups_count(void **state)
{
    signed char answers[] = {1, 0, 1, 1, 0, 0, 1, -1, 0, 1, 1, 0};
    unsigned char groups[] = {0, 1, 2, 0, 1, 1};
    struct dif_item items[2];
    const struct dif_responses r = {6, 2, answers, groups};
    assert_int_equal(dif_analyse(&r, &(struct dif_options){0}, items), 0);
    assert_int_equal(items[0].n_reference, 2);
    assert_int_equal(items[0].n_focal, 3);
    assert_int_equal(items[1].n_reference, 1);
    near(items[0].share_reference, 1, 0);
    near(items[0].share_focal, 2. / 3, 1e-15);
    assert_int_equal(dif_analyse(&(struct dif_responses){0, 2, answers, groups},
                                 &(struct dif_options){true}, items),
                     0);
    assert_true(isnan(items[0].share_focal) && isnan(items[0].alpha) && items[0].ets == '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mantel_haenszel_is_that_of_r),
        cmocka_unit_test(logistic_regression_is_that_of_r),
        cmocka_unit_test(classes_need_size_and_certainty),
        cmocka_unit_test(empty_and_separated_tables_are_told),
        cmocka_unit_test(built_in_differences_are_found),
        cmocka_unit_test(without_difference_levels_hold),
        cmocka_unit_test(only_the_two_groups_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
