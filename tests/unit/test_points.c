/* Points must stay exact: a mark scheme of thirds or tenths that drifts would lose or give points
 * at a pass mark. */
#include "diag.h"
#include "points.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct points parse(const char *text)
{
    struct points p = {7, 7};
    assert_int_equal(points_parse(text, &p), 0);
    return p;
}

static void expect_text(struct points p, const char *text)
{
    char printed[POINTS_TEXT_MAX];
    points_print(p, printed);
    assert_string_equal(printed, text);
}

/* A number read as another: sign, fraction and decimals each on their own. */
static void reads_what_people_write(void **state)
{
    static const struct {
        const char *text;
        int64_t num, den;
    } cases[] = {{"2", 2, 1},       {"0.5", 1, 2},  {"1.25", 5, 4},   {"-1/3", -1, 3},
                 {"+4", 4, 1},      {".5", 1, 2},   {"-0.25", -1, 4}, {"6/4", 3, 2},
                 {" 3 ", 3, 1},     {"0", 0, 1},    {"-0", 0, 1},     {"1.50", 3, 2},
                 {"0.5/1.5", 1, 3}, {"5.", 5, 1},   {"007", 7, 1},    {"1000000000", 1000000000, 1},
                 {"0/5", 0, 1},     {"1.000", 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct points p = parse(cases[i].text);
        assert_int_equal(p.num, cases[i].num);
        assert_int_equal(p.den, cases[i].den);
    }
}

/* A typing mistake taken for a number, or the output touched on failure. */
static void refuses_what_is_no_number(void **state)
{
    static const char *const cases[] = {"",
                                        " ",
                                        "-",
                                        "two",
                                        "2x",
                                        "1/0",
                                        "1/",
                                        "/2",
                                        "1//2",
                                        "1.2.3",
                                        "1,5",
                                        "--1",
                                        "1/-3",
                                        "0x10",
                                        "1e3",
                                        ".",
                                        "inf",
                                        "1000000001",
                                        "1/2000000001",
                                        "1 2",
                                        "２",
                                        "99999999999999999999999999"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct points p = {11, 13};
        assert_int_equal(points_parse(cases[i], &p), YJ_EINPUT);
        assert_int_equal(p.num, 11);
        assert_int_equal(p.den, 13);
    }
}

/* Text that reads back as other points, or is longer than needed. */
static void prints_the_shortest_exact_text(void **state)
{
    expect_text(parse("2"), "2");
    expect_text(parse("0.50"), "0.5");
    expect_text(parse("-0.125"), "-0.125");
    expect_text(parse("-1/3"), "-1/3");
    expect_text(parse("12/5"), "2.4");
    expect_text(parse("1/64"), "0.015625");
    expect_text(parse("1/128"), "1/128"); /* 7 decimals */
    expect_text(parse("100"), "100");
    expect_text(parse("-10"), "-10");
    expect_text(POINTS_ZERO, "0");
    expect_text((struct points){(int64_t)1 << 61, 1}, "2305843009213693952");
    expect_text((struct points){-((int64_t)1 << 61), 3}, "-2305843009213693952/3");
}

/* Binary rounding: in doubles 0.1 added ten times is not 1, and thirds never meet. */
static void adds_exactly(void **state)
{
    struct points sum = POINTS_ZERO;
    for (int i = 0; i < 10; i++)
        sum = points_add(sum, parse("0.1"));
    assert_int_equal(points_compare(sum, parse("1")), 0);

    sum = parse("5");
    for (int i = 0; i < 15; i++)
        sum = points_sub(sum, parse("1/3"));
    assert_int_equal(sum.num, 0);
    assert_int_equal(sum.den, 1);

    expect_text(points_mul(parse("4"), (struct points){3, 5}), "2.4");
    expect_text(points_mul(parse("-2/3"), parse("3/4")), "-0.5");
    expect_text(points_sub(parse("1/2"), parse("1/3")), "1/6");
}

/* Products of two large terms beyond 64 bits on the way to a small result. */
static void survives_large_terms(void **state)
{
    struct points a = {(int64_t)1 << 61, 999999937}, b = {999999937, (int64_t)1 << 61};
    expect_text(points_mul(a, b), "1");
    expect_text(points_add(a, (struct points){-a.num, a.den}), "0");
    assert_true(points_compare(a, (struct points){a.num - 1, a.den}) > 0);
    assert_true(points_compare((struct points){-1, 3}, (struct points){-1, 2}) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_people_write),
        cmocka_unit_test(refuses_what_is_no_number),
        cmocka_unit_test(prints_the_shortest_exact_text),
        cmocka_unit_test(adds_exactly),
        cmocka_unit_test(survives_large_terms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
