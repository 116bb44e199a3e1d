/* Statistics against other programs' numbers, not against our own.
 *
 * "LSAT section 6" (Bock and Lieberman, Psychometrika 35, 1970) is in every textbook of item
 * response theory; R's package ltm publishes its alpha 0.295 and its point-biserials (Rizopoulos,
 * J. Stat. Software 17(5), 2006, 3.1). The digits here are those of R 4.2.2, package psych 2.2.9,
 * alpha(): raw_alpha, alpha.drop, raw.r, r.drop. The small exam below was put through the same; its
 * D27 is the mean over every way to order tied candidates, by exact fractions in Python. */
#include "itemstats.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define EXACT 1e-9

static void near(double value, double expected)
{
    if (!(fabs(value - expected) <= EXACT))
        fail_msg("%.17g is not %.17g", value, expected);
}

/* ---- LSAT section 6 ---- */

static const struct {
    const char *pattern;
    int count;
} lsat[] = {{"00000", 3},   {"00001", 6},  {"00010", 2},  {"00011", 11}, {"00100", 1},
            {"00101", 1},   {"00110", 3},  {"00111", 4},  {"01000", 1},  {"01001", 8},
            {"01011", 16},  {"01101", 3},  {"01110", 2},  {"01111", 15}, {"10000", 10},
            {"10001", 29},  {"10010", 14}, {"10011", 81}, {"10100", 3},  {"10101", 28},
            {"10110", 15},  {"10111", 80}, {"11000", 16}, {"11001", 56}, {"11010", 21},
            {"11011", 173}, {"11100", 11}, {"11101", 61}, {"11110", 28}, {"11111", 298}};

static void agrees_with_r_on_lsat6(void **state)
{
    static double scores[1000 * 5];
    static const double max[5] = {1, 1, 1, 1, 1};
    static const double means[] = {0.924, 0.709, 0.553, 0.763, 0.870};
    static const double rpb[] = {0.36201043716176401, 0.5667720953844595, 0.61843975356737546,
                                 0.53441832624392394, 0.43536642788760582};
    static const double rest[] = {0.11283268892234177, 0.15317812011652954, 0.17277894329109036,
                                  0.14442809524709366, 0.12159640254709643};
    static const double without[] = {0.27535621079823419, 0.23758390464668189, 0.21679946294328217,
                                     0.24593271043357104, 0.26629441120825137};
    struct item_statistics items[5];
    struct test_statistics test;
    size_t n = 0;
    for (size_t p = 0; p < sizeof lsat / sizeof lsat[0]; p++)
        for (int c = 0; c < lsat[p].count; c++, n++)
            for (int i = 0; i < 5; i++)
                scores[n * 5 + (size_t)i] = lsat[p].pattern[i] - '0';
    assert_int_equal(n, 1000);
    assert_int_equal(
        item_statistics_compute(&(struct response_matrix){n, 5, scores, max}, items, &test), 0);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(items[i].n, 1000);
        near(items[i].mean, means[i]);
        near(items[i].difficulty, means[i]);
        near(items[i].rpb, rpb[i]);
        near(items[i].rpb_rest, rest[i]);
        near(items[i].alpha_without, without[i]);
    }
    near(test.mean, 3.819);
    near(test.sd, 1.0350412118898022);
    near(test.alpha, 0.29499719221594434);
    near(test.sem, 0.86906661239330607);
    near(test.median, 4);
    near(test.min, 0);
    near(test.max, 5);
}

/* ---- a small exam with parts of points, negative points and ties at both cuts ---- */

#define CANDIDATES 12
#define ITEMS 5
static const double exam[CANDIDATES][ITEMS] = {
    {2, 3, 0, -0.5, 4}, {2, 5, 1, 1, 2.4},    {0, 0, 1, -0.5, 0}, {2, 5, 1, 1, 4},
    {0, 0, 1, 0.5, 0},  {2, 0, 1, -0.5, 2.4}, {2, 5, 0, 1, 4},    {0, 0, 0, 0, 0},
    {2, 3, 1, 0, 0.8},  {0, 5, 1, 1, 2.4},    {2, 0, 0, -0.5, 0}, {2, 4, 0.4, 1, 4}};
static const double exam_max[ITEMS] = {2, 5, 1, 1, 4};

static void compute(const double *scores, size_t n, struct item_statistics *items,
                    struct test_statistics *test)
{
    struct response_matrix m = {n, ITEMS, scores, exam_max};
    assert_int_equal(item_statistics_compute(&m, items, test), 0);
}

static void agrees_with_r_on_parts_of_points(void **state)
{
    static const double rpb[] = {0.58766085757585129, 0.94905339791666421, 0.083080780661867179,
                                 0.71856220729532816, 0.89887141270550508};
    static const double rest[] = {0.43087135789123537, 0.83358806914032557, -0.01631332824520336,
                                  0.63890290836302854, 0.77639557321294583};
    static const double without[] = {0.69830139001057123, 0.51721732924594088, 0.77825494140664431,
                                     0.67498514557338096, 0.52110151041700781};
    static const double means[] = {4.0 / 3, 2.5, 0.61666666666666667, 0.29166666666666667, 2};
    static const double d27[] = {5.0 / 6, 29.0 / 30, 1.0 / 15, 7.0 / 6, 14.0 / 15};
    struct item_statistics items[ITEMS];
    struct test_statistics test;
    compute(&exam[0][0], CANDIDATES, items, &test);
    for (int i = 0; i < ITEMS; i++) {
        near(items[i].mean, means[i]);
        near(items[i].difficulty, means[i] / exam_max[i]);
        near(items[i].rpb, rpb[i]);
        near(items[i].rpb_rest, rest[i]);
        near(items[i].alpha_without, without[i]);
        near(items[i].d27, d27[i]);
    }
    near(test.mean, 6.7416666666666671);
    near(test.sd, 4.8908928973484311);
    near(test.alpha, 0.72073284666909476);
    near(test.sem, 2.584628218971353);
    near(test.median, 7.65);
    near(test.min, 0);
    near(test.max, 13);
}

/* Ties broken by the order of the candidates: the same class sorted otherwise gets another D. */
static void does_not_depend_on_the_order(void **state)
{
    double turned[CANDIDATES][ITEMS];
    struct item_statistics items[ITEMS], again[ITEMS];
    struct test_statistics test, test_again;
    for (int c = 0; c < CANDIDATES; c++)
        memcpy(turned[c], exam[(c * 5 + 7) % CANDIDATES], sizeof turned[c]);
    compute(&exam[0][0], CANDIDATES, items, &test);
    compute(&turned[0][0], CANDIDATES, again, &test_again);
    for (int i = 0; i < ITEMS; i++) {
        near(again[i].d27, items[i].d27);
        near(again[i].rpb, items[i].rpb);
    }
    near(test_again.alpha, test.alpha);
}

/* Figures far from nought: a one-pass variance of 10^8 + small loses every digit. */
static void keeps_digits_of_shifted_scores(void **state)
{
    double shifted[CANDIDATES][ITEMS];
    struct item_statistics items[ITEMS], again[ITEMS];
    struct test_statistics test, test_again;
    for (int c = 0; c < CANDIDATES; c++)
        for (int i = 0; i < ITEMS; i++)
            shifted[c][i] = exam[c][i] + 1e6;
    compute(&exam[0][0], CANDIDATES, items, &test);
    compute(&shifted[0][0], CANDIDATES, again, &test_again);
    for (int i = 0; i < ITEMS; i++) {
        near(again[i].rpb, items[i].rpb);
        near(again[i].rpb_rest, items[i].rpb_rest);
    }
    near(test_again.alpha, test.alpha);
}

/* ---- where a figure has no meaning ---- */

/* 0 / 0 printed as a number, or rounding noise taken for a variance. */
static void leaves_the_undefined_undefined(void **state)
{
    static const double same[4][ITEMS] = {
        {0.1, 1, 0, 1, 2}, {0.1, 2, 0, 1, 1}, {0.1, 3, 0, 1, 0}, {0.1, 0, 0, 1, 3}};
    struct item_statistics items[ITEMS];
    struct test_statistics test;

    compute(&same[0][0], 4, items, &test); /* every total is 4.1, three items are constant */
    assert_true(isnan(items[0].rpb) && isnan(items[0].rpb_rest));
    assert_true(isnan(items[1].rpb)); /* the total does not vary */
    near(items[1].rpb_rest, -1);      /* but the rest does */
    assert_true(isnan(test.alpha) && isnan(test.sem));
    near(test.sd, 0);

    compute(&exam[0][0], 1, items, &test);
    near(items[1].mean, 3);
    near(items[1].difficulty, 0.6);
    assert_true(isnan(items[1].d27) && isnan(items[1].rpb) && isnan(test.sd) && isnan(test.alpha));
    near(test.median, 8.5);

    compute(&exam[0][0], 0, items, &test);
    assert_int_equal(test.n, 0);
    assert_int_equal(items[0].n, 0);
    assert_true(isnan(items[0].mean) && isnan(test.mean) && isnan(test.median));
}

/* -3.6e-16 for an item that has nothing to do with the rest: such figures came of thirds. */
static void rounding_is_no_correlation(void **state)
{
    static const double scores[4][2] = {{1, 94.0 / 3}, {1, 88.0 / 3}, {1, 82.0 / 3}, {0, 88.0 / 3}};
    static const double max[2] = {1, 94.0 / 3};
    struct item_statistics items[2];
    struct test_statistics test;
    assert_int_equal(
        item_statistics_compute(&(struct response_matrix){4, 2, &scores[0][0], max}, items, &test),
        0);
    assert_true(items[0].rpb_rest == 0 && items[1].rpb_rest == 0);
    assert_true(items[0].rpb > 0);
}

/* One item: alpha has no k - 1, its rest score is nought; two: alpha without one has none. */
static void needs_enough_items(void **state)
{
    static const double one[3] = {0.1, 0.7, 0.3}, two[3][2] = {{1, 0}, {2, 2}, {3, 2.5}};
    static const double max[2] = {1, 3};
    struct item_statistics items[2];
    struct test_statistics test;
    assert_int_equal(
        item_statistics_compute(&(struct response_matrix){3, 1, one, max}, items, &test), 0);
    near(items[0].rpb, 1);
    assert_true(isnan(items[0].rpb_rest) && isnan(test.alpha) && isnan(items[0].alpha_without));
    assert_int_equal(
        item_statistics_compute(&(struct response_matrix){3, 2, &two[0][0], max}, items, &test), 0);
    assert_false(isnan(test.alpha));
    assert_true(isnan(items[0].alpha_without));
}

/* ---- options ---- */

static void agrees_with_r_on_options(void **state)
{
    static const unsigned char chosen[CANDIDATES] = {1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0, 1};
    static const unsigned char nobody[CANDIDATES] = {0};
    double rest[CANDIDATES];
    for (int c = 0; c < CANDIDATES; c++)
        rest[c] = exam[c][1] + exam[c][2] + exam[c][3] + exam[c][4];
    near(option_point_biserial(chosen, rest, CANDIDATES), 0.3042968892001221); /* R: cor() */
    assert_true(isnan(option_point_biserial(nobody, rest, CANDIDATES)));
    assert_true(isnan(option_point_biserial(chosen, rest, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_r_on_lsat6),
        cmocka_unit_test(agrees_with_r_on_parts_of_points),
        cmocka_unit_test(does_not_depend_on_the_order),
        cmocka_unit_test(keeps_digits_of_shifted_scores),
        cmocka_unit_test(leaves_the_undefined_undefined),
        cmocka_unit_test(rounding_is_no_correlation),
        cmocka_unit_test(needs_enough_items),
        cmocka_unit_test(agrees_with_r_on_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
