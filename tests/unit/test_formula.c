/* The language of formulas: values by hand, mistakes with their column, and texts meant to harm. */
#include "diag.h"
#include "formula.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* S = 4, n = 5, k = 3, c = 2, w = 1. */
static const struct points facts[FORMULA_FACTS] = {
    [FACT_POINTS] = {4, 1}, [FACT_OPTIONS] = {5, 1}, [FACT_KEY] = {3, 1},   [FACT_RIGHT] = {2, 1},
    [FACT_WRONG] = {1, 1},  [FACT_MARKED] = {3, 1},  [FACT_MISSED] = {1, 1}};

static void expect(const char *text, const char *value)
{
    struct formula *formula = NULL;
    struct points points;
    char printed[POINTS_TEXT_MAX] = "none";
    struct diag d;
    diag_init(&d);
    if (formula_parse(text, "exam.yaml", 1, 1, &formula, &d) < 0) {
        diag_print(&d, stderr);
        fail_msg("'%s' is refused", text);
    }
    if (formula_evaluate(formula, facts, &points) == 0)
        points_print(points, printed);
    if (strcmp(printed, value) != 0)
        fail_msg("'%s' is %s, not %s", text, printed, value);
    formula_destroy(formula);
    diag_finish(&d);
}

/* Precedence, signs, exact thirds, rounding below 0, and what is not taken not evaluated. */
static void values(void **state)
{
    (void)state;
    expect("1 + 2 * 3 - 4 / 2", "5");
    expect("(1 + 2) * 3", "9");
    expect("2 - 3 - 4", "-5");
    expect("12 / 2 / 3", "2");
    expect("-2 * -3", "6");
    expect("- - 2 + +1", "3");
    expect("1/3 + 1/3 + 1/3", "1");
    expect("0.1 + 0.2", "0.3");
    expect("S * c / k", "8/3");
    expect("max(0, S * (n - 2*(w + k - c)) / n)", "0.8");
    expect("min(3, 1, 2)", "1");
    expect("max(-1, -2)", "-1");
    expect("floor(-1/2)", "-1");
    expect("ceil(-1/2)", "0");
    expect("floor(7/2) + ceil(7/2)", "7");
    expect("round(2.5)", "3");
    expect("round(-2.5)", "-2");
    expect("round(2.4999)", "2");
    expect("abs(w - k)", "2");
    expect("if(w > 0, -1, S)", "-1");
    expect("if(w = 0, S / 0, 7)", "7");
    expect("if(0, 1 / 0, 2) + if(1, 3, 1 / 0)", "5");
    expect("c >= 2", "1");
    expect("c > 2", "0");
    expect("c <= 1", "0");
    expect("c < 3 and w = 1", "1");
    expect("c > 3 and 1 / 0 > 1", "0");
    expect("c < 3 or 1 / 0 > 1", "1");
    expect("0 or 5", "1");
    expect("1 == 1", "1");
    expect("1 != 1", "0");
    expect("right + wrong + marked + missed + key_size", "10");
    expect("NBC + NMC + NB + NM + N", "13");
    expect("1 / (c - 2)", "none");
    expect("1000000000 * 1000000000", "none"); /* beyond 10^15 */
    expect("1 / 1000000000 / 10", "none");     /* finer than 10^-9 */
}

static void refuse(const char *text, int column, const char *what)
{
    struct formula *formula = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(formula_parse(text, "exam.yaml", 7, 10, &formula, &d), YJ_EINPUT);
    assert_null(formula);
    assert_int_equal(d.errors, 1);
    if (d.entries[0].line != 7 || d.entries[0].column != column || !strstr(d.entries[0].what, what))
        fail_msg("'%s': told at %d: %s", text, d.entries[0].column, d.entries[0].what);
    diag_finish(&d);
}

/* A mistake told somewhere else than where it is. */
static void mistakes(void **state)
{
    (void)state;
    refuse("", 10, "ends");
    refuse("1 +", 13, "ends");
    refuse("(1 + 2", 16, "ends");
    refuse("1 + )", 14, "')' is out of place");
    refuse("1 2", 12, "'2' is out of place");
    refuse("分 + 1", 10, "'分' is out of place");
    refuse("S + 分", 14, "'分' is out of place");
    refuse("S + points", 14, "unknown word 'points'");
    refuse("system(1)", 10, "unknown word 'system'");
    refuse("if(1, 2)", 17, "')' is out of place");
    refuse("min 1", 14, "'1' is out of place");
    refuse("1.2.3", 10, "'1.2.3' is no number");
    refuse("floor(1, 2)", 17, "',' is out of place");
}

static char *repeat(const char *piece, size_t n, const char *end)
{
    size_t length = strlen(piece);
    char *text = malloc(n * length + strlen(end) + 1), *at = text;
    for (size_t i = 0; i < n; i++, at += length)
        memcpy(at, piece, length);
    strcpy(at, end);
    return text;
}

/* A formula that overruns the stack of the machine, the parser's, or never ends. */
static void bombs(void **state)
{
    static const struct {
        const char *piece, *end;
    } bombs[] = {{"(", "1"},      {"if(1,", "1"}, {"max(1,", "1"}, {"1+", "1"},   {"1 and ", "1"},
                 {"floor(", "1"}, {"1 or ", "1"}, {"9", ""},       {"-", "1"},    {"1/3+", "1"},
                 {"1-(", "1"},    {"1<", "1"},    {"\xff", ""},    {"c*(c+", "1"}};
    (void)state;
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        for (size_t n = 1; n < 3000; n = n * 2 + 1) {
            char *text = repeat(bombs[i].piece, n, bombs[i].end);
            struct formula *formula = NULL;
            struct points value;
            if (formula_parse(text, "exam.yaml", 1, 1, &formula, NULL) == 0)
                (void)formula_evaluate(formula, facts, &value);
            formula_destroy(formula);
            free(text);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(bombs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
