/* How scores lie, against R 4.2.2 (quantile type 7) and psych 2.2.9 (describe, type 3). */
#include "distribution.h"
#include "exact.h"

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

static const double values[] = {11, 5, 8, 13, 2, 5, 20, 9.25, 13, 5, 7.5, 8};
#define N (sizeof values / sizeof values[0])

static void agrees_with_r(void **state)
{
    struct distribution d;
    double sorted[] = {2, 5, 5, 5, 7.5, 8, 8, 9.25, 11, 13, 13, 20};
    assert_int_equal(distribution_compute(values, N, &d), 0);
    assert_int_equal(d.n, 12);
    near(d.mean, 8.8958333333333339);
    near(d.sd, 4.8446999312901129);
    near(d.min, 2);
    near(d.q1, 5);
    near(d.median, 8);
    near(d.q3, 11.5);
    near(d.max, 20);
    near(d.skewness, 0.73823142155072585);
    near(d.kurtosis, -0.1640034710260152);
    near(quantile_sorted(sorted, N, 0.9), 13);
    near(quantile_sorted(sorted, N, 0), 2);
    near(quantile_sorted(sorted, N, 1), 20);
    near(quantile_sorted(sorted, 2, 0.25), 2.75);
}

static void undefined_is_undefined(void **state)
{
    static const double same[] = {0.1, 0.1, 0.1};
    struct distribution d;
    assert_int_equal(distribution_compute(values, 0, &d), 0);
    assert_true(d.n == 0 && isnan(d.mean) && isnan(d.median) && isnan(d.sd));
    assert_int_equal(distribution_compute(values, 1, &d), 0);
    near(d.mean, 11);
    near(d.q1, 11);
    assert_true(isnan(d.sd) && isnan(d.skewness));
    assert_int_equal(distribution_compute(same, 3, &d), 0);
    assert_true(d.sd == 0 && isnan(d.skewness) && isnan(d.kurtosis));
}

/* 3 1/3 and 10/3 are one score, 3.33 is another; nobody is lost; the last row has everybody. */
static void one_row_a_score(void **state)
{
    static const struct points totals[] = {{10, 3}, {5, 1},  {10, 3}, {333, 100},
                                           {7, 1},  {-1, 2}, {5, 1},  {10, 3}};
    static const bool counts[] = {true, true, true, true, false, true, true, true};
    static const struct score_count expected[] = {{{5, 1}, 2, 2, 2.0 / 7, 2.0 / 7},
                                                  {{10, 3}, 3, 5, 3.0 / 7, 5.0 / 7},
                                                  {{333, 100}, 1, 6, 1.0 / 7, 6.0 / 7},
                                                  {{-1, 2}, 1, 7, 1.0 / 7, 1}};
    struct score_count *rows;
    size_t n;
    assert_int_equal(score_table_make(totals, counts, 8, &rows, &n), 0);
    assert_int_equal(n, 4);
    for (size_t r = 0; r < n; r++) {
        assert_int_equal(points_compare(rows[r].score, expected[r].score), 0);
        assert_int_equal(rows[r].count, expected[r].count);
        assert_int_equal(rows[r].at_least, expected[r].at_least);
        near(rows[r].share, expected[r].share);
        near(rows[r].share_at_least, expected[r].share_at_least);
    }
    free(rows);
    assert_int_equal(score_table_make(totals, counts, 0, &rows, &n), 0);
    assert_int_equal(n, 0);
    free(rows);
}

/* 0 to 150 in at most 21 bins: of 10. 29.999 is below the edge 30, which belongs to the next; 150
 * closes the last; what lies outside is counted at the ends. */
static void bins_meet_at_exact_edges(void **state)
{
    struct histogram h = histogram_choose(exact_whole(0), exact_whole(150), 20);
    static const struct points totals[] = {{0, 1},   {29999, 1000}, {30, 1},
                                           {150, 1}, {-5, 1},       {160, 1}};
    size_t counts[32];
    assert_true(h.n_bins == 15 && h.width.num == 10 && h.width.den == 1 && h.low.num == 0);
    histogram_count(&h, totals, 6, counts);
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[2], 1);
    assert_int_equal(counts[3], 1);
    assert_int_equal(counts[14], 2);
    h = histogram_choose((struct points){-7, 2}, (struct points){17, 2}, 10);
    assert_true(h.low.num == -4 && h.width.num == 2 && h.n_bins == 7);
    h = histogram_choose(exact_whole(3), exact_whole(3), 20);
    assert_int_equal(h.n_bins, 1);
    histogram_count(&h, totals, 6, counts);
    assert_int_equal(counts[0], 6);
}

/* 90, 80, 80, 70, 60 (absent: 99): ranks 1, 2, 2, 4, 5. Percentile of 80: 2 below and half of 2, of
 * 5: 60. */
static void ranks_share_the_best_place(void **state)
{
    static const struct points totals[] = {{80, 1}, {60, 1}, {99, 1}, {80, 1}, {90, 1}, {70, 1}};
    static const bool counts[] = {true, true, false, true, true, true};
    static const size_t ranks[] = {2, 5, 0, 2, 1, 4};
    static const double percentiles[] = {60, 10, 0, 60, 90, 30};
    struct standing s[6];
    assert_int_equal(standing_compute(totals, counts, 6, s), 0);
    for (int c = 0; c < 6; c++) {
        assert_int_equal(s[c].rank, ranks[c]);
        near(points_double(s[c].percentile), percentiles[c]);
    }
    near(s[4].z, 14 / sqrt(130)); /* mean 76, squares 196 + 16 + 16 + 36 + 256 = 520, / 4 */
    near(s[4].t, 50 + 140 / sqrt(130));
    assert_true(isnan(s[2].z));
}

static void exact_helpers(void **state)
{
    struct points p;
    assert_int_equal(exact_floor((struct points){-1, 2}), -1);
    assert_int_equal(exact_ceil((struct points){-1, 2}), 0);
    assert_int_equal(exact_floor(exact_whole(-3)), -3);
    assert_int_equal(exact_ceil((struct points){7, 3}), 3);
    p = exact_round((struct points){5, 2}, 0);
    assert_true(p.num == 3 && p.den == 1);
    p = exact_round((struct points){-5, 2}, 0); /* half up is towards more */
    assert_true(p.num == -2 && p.den == 1);
    p = exact_round((struct points){1005, 1000}, 2); /* 1.005 in binary is below the half */
    assert_true(p.num == 101 && p.den == 100);
    p = exact_round((struct points){1000000000000000001, 1000000000}, 9); /* as it is */
    assert_true(p.num == 1000000000000000001 && p.den == 1000000000);
    p = exact_divide(exact_whole(3), (struct points){-3, 2});
    assert_true(p.num == -2 && p.den == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_r),
        cmocka_unit_test(undefined_is_undefined),
        cmocka_unit_test(one_row_a_score),
        cmocka_unit_test(bins_meet_at_exact_edges),
        cmocka_unit_test(ranks_share_the_best_place),
        cmocka_unit_test(exact_helpers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
