/* Intervals against published tables, not against our own numbers.
 *
 * Newcombe, "Two-sided confidence intervals for the single proportion: comparison of seven
 * methods", Statistics in Medicine 17, 1998, table I: methods 3 (score, Wilson) and 5
 * (Clopper-Pearson), 95 %, four decimals. Upper bounds of rare counts: Garwood, "Fiducial limits
 * for the Poisson distribution", Biometrika 28, 1936 (the limit of Clopper-Pearson for many
 * trials): 3.689, 5.572, 7.225, 8.767, 10.242, 11.668 for 0 to 5. Poisson tails: tables of the
 * cumulative distribution, as every textbook prints them to three decimals. */
#include "reliability.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void near(double value, double expected, double within)
{
    if (!(fabs(value - expected) <= within))
        fail_msg("%.9g is not %.9g", value, expected);
}

/* Would catch: another method's interval under this one's name, sides exchanged, z for 90 %. */
static void shares_have_published_intervals(void **state)
{
    static const struct {
        int k, n;
        struct interval wilson, exact;
    } rows[] = {
        {81, 263, {0.2553, 0.3662}, {0.2527, 0.3676}},
        {15, 148, {0.0624, 0.1605}, {0.0578, 0.1617}},
        {0, 20, {0.0000, 0.1611}, {0.0000, 0.1684}},
        {1, 29, {0.0061, 0.1718}, {0.0009, 0.1776}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct interval w = interval_wilson(rows[i].k, rows[i].n);
        struct interval e = interval_clopper_pearson(rows[i].k, rows[i].n);
        near(w.low, rows[i].wilson.low, 5.1e-5);
        near(w.high, rows[i].wilson.high, 5.1e-5);
        near(e.low, rows[i].exact.low, 5.1e-5);
        near(e.high, rows[i].exact.high, 5.1e-5);
        /* The others' share is the same question asked the other way round. */
        w = interval_wilson(rows[i].n - rows[i].k, rows[i].n);
        e = interval_clopper_pearson(rows[i].n - rows[i].k, rows[i].n);
        near(w.low, 1 - rows[i].wilson.high, 5.1e-5);
        near(e.high, 1 - rows[i].exact.low, 5.1e-5);
    }
}

/* Would catch: digits lost where shares are small, which is where an office looks. */
static void rare_errors_have_published_bounds(void **state)
{
    static const double garwood[] = {3.689, 5.572, 7.225, 8.767, 10.242, 11.668};
    for (int k = 0; k <= 5; k++)
        near(1e6 * interval_clopper_pearson(k, 1000000).high, garwood[k], 0.0006);
    near(1e9 * interval_clopper_pearson(0, 1000000000).high, 3.689, 0.0006);
    /* None of n: 1 - 0.025^(1/n), without any table. */
    near(interval_clopper_pearson(0, 300).high, 1 - pow(0.025, 1.0 / 300), 1e-12);
    near(interval_clopper_pearson(300, 300).low, pow(0.025, 1.0 / 300), 1e-12);
}

/* Would catch: nought fields taken for nought doubt. */
static void nothing_tells_nothing(void **state)
{
    struct interval w = interval_wilson(0, 0), e = interval_clopper_pearson(0, 0);
    assert_true(w.low == 0 && w.high == 1);
    assert_true(e.low == 0 && e.high == 1);
    struct reliability r = reliability_compute(&(struct mark_counts){0});
    assert_true(isnan(r.review_share) && isnan(r.silent_rate));
    assert_int_equal(r.silent_most, 0);
}

/* Would catch: a bound off by one, or a tail of 5 % taken for 2.5 %. */
static void expected_errors_have_a_most(void **state)
{
    static const struct {
        double mean;
        int most; /* the table's first entry of at least 0.975 */
    } rows[] = {
        {0.02, 0}, /* 0.980 */
        {0.04, 1}, /* 0.961 0.999 */
        {0.5, 2},  /* 0.910 0.986 */
        {1, 3},    /* 0.920 0.981 */
        {2, 5},    /* 0.947 0.983 */
        {5, 10},   /* 0.968 0.986 */
        {10, 17},  /* 0.973 0.986 */
        {15, 23},  /* 0.967 0.981 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(poisson_most(rows[i].mean), rows[i].most);
    assert_int_equal(poisson_most(0), 0);
    assert_int_equal(poisson_most(1e-12), 0);
    /* Large means are normal: mean + 1.96 sd, and a little for the skew. */
    near((double)poisson_most(1e6), 1e6 + 1960 + 0.5 + (1.96 * 1.96 - 1) / 6, 1.5);
}

static void add(struct mark_counts *c, enum field_kind kind, enum reading_status status,
                double confidence)
{
    const struct reading r = {.value = "", .status = status, .confidence = confidence};
    mark_counts_add(c, kind, &r);
}

/* Would catch: handwriting counted among the marks, a doubtful reading's chance of being wrong
 * counted though a person looks, or a refused page's fields. */
static void only_taken_marks_can_be_silently_wrong(void **state)
{
    struct mark_counts c = {0};
    add(&c, FIELD_CHOICE, READING_OK, 0.999);
    add(&c, FIELD_CHOICE, READING_BLANK, 0.998);
    add(&c, FIELD_GRID, READING_MULTIPLE, 0.997);
    add(&c, FIELD_STRIP, READING_UNCERTAIN, 0.5);
    add(&c, FIELD_CHOICE, READING_UNREAD, 0);
    add(&c, FIELD_DIGITS, READING_OK, 0.2);
    add(&c, FIELD_BARCODE, READING_OK, 0.2);
    assert_int_equal(c.fields, 4);
    assert_int_equal(c.review, 1);
    near(c.silent_expected, 0.006, 1e-12);
    struct reliability r = reliability_compute(&c);
    near(r.review_share, 0.25, 0);
    near(r.silent_rate, 0.002, 1e-12);
    assert_int_equal(r.silent_most, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_have_published_intervals),
        cmocka_unit_test(rare_errors_have_published_bounds),
        cmocka_unit_test(nothing_tells_nothing),
        cmocka_unit_test(expected_errors_have_a_most),
        cmocka_unit_test(only_taken_marks_can_be_silently_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
