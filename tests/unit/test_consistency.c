/* Reliability against R 4.2.2, psych 2.2.9: alpha(), omega(nfactors = 1, flip = FALSE), and base R
 * (solve) for lambda 6 on covariances. Data: sections 6 and 7 of the LSAT, each candidate's pattern
 * (tests/crosscheck/lsat6.csv and lsat7.csv). More data, drawn anew: tests/crosscheck/classical. */
#include "consistency.h"
#include "covariance.h"
#include "csvfile.h"
#include "diag.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void near(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-9 * fmax(1, fabs(expected))))
        fail_msg("%.17g is not %.17g", value, expected);
}

#define ITEMS 5
static double scores[1000 * ITEMS];
static const double ones[8] = {1, 1, 1, 1, 1, 1, 1, 1};

/* The published table, a row a pattern, to a row a candidate. */
static size_t load(const char *name, const int margins[ITEMS])
{
    char path[512];
    struct csv *csv;
    struct diag d;
    size_t n = 0;
    int right[ITEMS] = {0};
    diag_init(&d);
    snprintf(path, sizeof path, "%s/tests/crosscheck/%s", getenv("YUEJUAN_SOURCE"), name);
    assert_int_equal(csv_load(path, &csv, &d), 0);
    for (int r = 1; r < csv->n_rows; r++)
        for (int c = atoi(csv->rows[r].cells[ITEMS]); c > 0; c--, n++)
            for (int i = 0; i < ITEMS; i++) {
                assert_true(n < 1000);
                scores[n * ITEMS + (size_t)i] = csv->rows[r].cells[i][0] - '0';
                right[i] += csv->rows[r].cells[i][0] - '0';
            }
    for (int i = 0; i < ITEMS; i++)
        assert_int_equal(right[i], margins[i]);
    csv_destroy(csv);
    diag_finish(&d);
    return n;
}

static struct consistency compute(const double *matrix, size_t n, size_t k, const double *max)
{
    struct consistency c;
    assert_int_equal(consistency_compute(&(struct response_matrix){n, k, matrix, max}, &c), 0);
    return c;
}

/* omega is found by iteration, in R to about 1e-7 */
static void near_omega(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-6))
        fail_msg("omega %.10g is not %.10g", value, expected);
}

static void agrees_with_r_on_lsat(void **state)
{
    static const int margins6[] = {924, 709, 553, 763, 870}, margins7[] = {828, 658, 772, 606, 843};
    assert_int_equal(load("lsat6.csv", margins6), 1000);
    struct consistency c = compute(scores, 1000, ITEMS, ones);
    near(c.kr20, 0.29499719221594434);
    near(c.kr21, 0.19644116874828879);
    near(c.lambda6, 0.25170664178919799);
    near(c.lambda6_points, 0.25502414197075696);
    near_omega(c.omega, 0.29620685133544317);
    near(c.split_half, 0.33798746676062302);
    assert_int_equal(load("lsat7.csv", margins7), 1000);
    c = compute(scores, 1000, ITEMS, ones);
    near(c.kr20, 0.4534087353874261);
    near(c.kr21, 0.41504413124472628);
    near(c.lambda6, 0.40801090661916983);
    near(c.lambda6_points, 0.40708345784664257);
    near_omega(c.omega, 0.46155986377326746);
    near(c.split_half, 0.46054663517053623);
}

/* Covariances by the definition, one pair at a time, on parts of points and a number of candidates
 * that the steps of four do not divide. */
static void covariances_by_definition(void **state)
{
    static const double x[7 * 3] = {1,   0.5, 3, 2, 0, 1, 0, 0.25, 0,    4, 1,
                                    2.5, 1,   1, 1, 0, 0, 0, 3,    0.75, 2};
    double means[3], got[9];
    assert_int_equal(covariance_compute(&(struct response_matrix){7, 3, x, ones}, means, got), 0);
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            double sum_a = 0, sum_b = 0, sum_ab = 0;
            for (int c = 0; c < 7; c++) {
                sum_a += x[c * 3 + a];
                sum_b += x[c * 3 + b];
                sum_ab += x[c * 3 + a] * x[c * 3 + b];
            }
            near(got[a * 3 + b], (sum_ab - sum_a * sum_b / 7) / 6);
            near(means[a], sum_a / 7);
        }
}

/* An item twice: the others foretell it wholly, and 1/0 looks like a figure. Omega's factor is not
 * singular, but what lies on one item alone is bounded. */
static void singular_is_no_figure(void **state)
{
    double twice[40 * 4];
    for (int c = 0; c < 40; c++) {
        twice[c * 4] = twice[c * 4 + 1] = c % 3 == 0;
        twice[c * 4 + 2] = c % 5 < 2;
        twice[c * 4 + 3] = c % 7 < 4;
    }
    struct consistency c = compute(twice, 40, 4, ones);
    assert_true(isnan(c.lambda6) && isnan(c.lambda6_points));
    assert_true(isfinite(c.kr20) && isfinite(c.split_half));
    assert_true(isnan(c.omega) || c.omega <= 1);
}

/* An item that two others add up to, but for rounding: what is left of its variance is 1e-17, and
 * divided by it lambda 6 is any number. */
static void nearly_singular_is_no_figure(void **state)
{
    static const double parts[3] = {0.1, 0.3, 0.7};
    for (int k = 0; k < 9; k++) {
        double x[50 * 4];
        for (int c = 0; c < 50; c++) {
            x[c * 4] = c % 3 * parts[k % 3];
            x[c * 4 + 1] = c % 7 * parts[k / 3];
            x[c * 4 + 2] = c % 5;
            x[c * 4 + 3] = x[c * 4] / 3 + x[c * 4 + 1] / 7;
        }
        struct consistency c = compute(x, 50, 4, ones);
        assert_true(isnan(c.lambda6) && isnan(c.lambda6_points));
    }
}

/* An item that all have right: R would divide by its variance of nought. It is left out of what
 * correlations make, and counts in k. */
static void an_item_that_does_not_vary(void **state)
{
    static const int margins7[] = {828, 658, 772, 606, 843};
    static double wider[1000 * 6];
    assert_int_equal(load("lsat7.csv", margins7), 1000);
    struct consistency five = compute(scores, 1000, ITEMS, ones);
    for (int c = 0; c < 1000; c++) {
        memcpy(wider + c * 6, scores + c * ITEMS, ITEMS * sizeof *scores);
        wider[c * 6 + 5] = 1;
    }
    struct consistency six = compute(wider, 1000, 6, ones);
    near(six.lambda6, five.lambda6);
    near(six.omega, five.omega);
    near(six.kr20, five.kr20 * (6.0 / 5) / (5.0 / 4));
}

static void parts_of_points_have_no_kr20(void **state)
{
    static const double two[2] = {1, 2};
    static const double parts[4 * 2] = {1, 0.5, 0, 0, 1, 1, 0, 0.5},
                                  weights[4 * 2] = {1, 2, 0, 0, 1, 0, 0, 2},
                                  doubled[4 * 2] = {2, 2, 0, 0, 2, 0, 0, 2};
    static const double twos[2] = {2, 2};
    assert_true(isnan(compute(parts, 4, 2, ones).kr20));
    assert_true(isnan(compute(weights, 4, 2, two).kr21));
    static const double singles[4 * 2] = {1, 1, 0, 0, 1, 0, 0, 1};
    struct consistency a = compute(doubled, 4, 2, twos), b = compute(singles, 4, 2, ones);
    near(a.kr20, b.kr20);
    near(a.kr21, b.kr21);
}

static void too_little_is_undefined(void **state)
{
    static const double same[3 * 2] = {1, 0, 1, 0, 1, 0}, against[4 * 2] = {1, 0, 0, 1, 1, 0, 0, 1};
    struct consistency cases[] = {compute(same, 3, 2, ones), compute(same, 1, 2, ones),
                                  compute(same, 0, 2, ones), compute(same, 3, 1, ones),
                                  compute(same, 0, 0, ones), compute(against, 4, 2, ones)};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++)
        assert_true(isnan(cases[k].kr20) && isnan(cases[k].kr21) && isnan(cases[k].lambda6) &&
                    isnan(cases[k].omega) && isnan(cases[k].split_half));
}

/* Lord: x = 3 of 5: sqrt(3 * 2 / 4); nought at both ends. Items of 2 and 1 points, 1.5 of 3:
 * squares 5, (5 * 1/2 * 1/2) / (1 - 5/9) = 2.8125. */
static void error_of_a_total(void **state)
{
    static const double two[2] = {2, 1};
    struct total_error five = total_error_make(ones, 5), weighted = total_error_make(two, 2);
    near(total_error_at(&five, 3), sqrt(1.5));
    near(total_error_at(&five, 0), 0);
    near(total_error_at(&five, 5), 0);
    near(total_error_at(&weighted, 1.5), sqrt(2.8125));
    assert_true(isnan(total_error_at(&five, -0.5)) && isnan(total_error_at(&five, 5.5)));
    struct total_error one = total_error_make(ones, 1), none = total_error_make(ones, 0);
    assert_true(isnan(total_error_at(&one, 0.5)) && isnan(total_error_at(&none, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_r_on_lsat),
        cmocka_unit_test(covariances_by_definition),
        cmocka_unit_test(singular_is_no_figure),
        cmocka_unit_test(nearly_singular_is_no_figure),
        cmocka_unit_test(an_item_that_does_not_vary),
        cmocka_unit_test(parts_of_points_have_no_kr20),
        cmocka_unit_test(too_little_is_undefined),
        cmocka_unit_test(error_of_a_total),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
