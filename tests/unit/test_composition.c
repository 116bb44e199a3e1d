/* Items to sections to totals, by sums made by hand. */
#include "composition.h"
#include "diag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_ITEMS 12

static char *four[] = {"A", "B", "C", "D"};

static struct form form = {
    .name = "composed", .n_fields = MAX_ITEMS, .candidate = -1, .absent = -1, .version = -1};
static struct field fields[MAX_ITEMS];
static char names[MAX_ITEMS][4];

struct fixture {
    struct scheme *scheme;
    struct key *key;
    struct test_plan plan;
    struct section_score sections[MAX_ITEMS];
    struct test_total total;
    bool chosen[MAX_ITEMS];
    struct diag d;
};

static int load(struct fixture *f, const char *scoring, const char *key)
{
    const struct form *forms[] = {&form};
    char yaml[600], text[600];
    *f = (struct fixture){0};
    diag_init(&f->d);
    for (int i = 0; i < MAX_ITEMS; i++) {
        snprintf(names[i], sizeof names[i], "q%d", i + 1);
        fields[i] = (struct field){.name = names[i],
                                   .kind = FIELD_CHOICE,
                                   .options = four,
                                   .n_options = 4,
                                   .max_marks = 1};
    }
    form.fields = fields;
    snprintf(yaml, sizeof yaml, "title: composed\nscoring:\n%s", scoring);
    snprintf(text, sizeof text, "item,key,points,rule,section\n%s", key);
    int rc = scheme_parse(yaml, strlen(yaml), "exam.yaml", &f->scheme, &f->d);
    if (rc == 0)
        rc = key_parse_with(text, strlen(text), "key.csv", f->scheme, &f->key, &f->d);
    if (rc == 0)
        rc = key_check(f->key, forms, 1, &f->d);
    if (rc == 0)
        rc = scheme_check(f->scheme, f->key, &f->d);
    if (rc == 0)
        rc = test_plan_init(&f->plan, f->key, f->scheme);
    return rc;
}

static void finish(struct fixture *f)
{
    test_plan_finish(&f->plan);
    key_destroy(f->key);
    scheme_destroy(f->scheme);
    diag_finish(&f->d);
}

static void expect_points(const char *what, struct points points, const char *expected)
{
    char printed[POINTS_TEXT_MAX];
    points_print(points, printed);
    if (strcmp(printed, expected) != 0)
        fail_msg("%s: %s, not %s", what, printed, expected);
}

/* Scores a letter an item: ' ' blank, '?' waits. */
static void answer(struct fixture *f, const char *letters)
{
    struct test_item items[MAX_ITEMS];
    for (int i = 0; i < f->key->n_items; i++) {
        char value[2] = {letters[i], '\0'};
        struct response response = {value, READING_OK};
        if (letters[i] == ' ')
            response = (struct response){"", READING_BLANK};
        if (letters[i] == '?')
            response.status = READING_UNCERTAIN;
        struct item_score score = score_item(&f->key->items[i], &response);
        items[i] = test_item_of(&f->key->items[i], &response, &score);
    }
    test_score_compute(&f->plan, items, f->sections, f->chosen, &f->total);
}

/* `expected`: "total section section ..." */
static void expect(struct fixture *f, const char *letters, const char *expected)
{
    char text[120], *save = NULL;
    snprintf(text, sizeof text, "%s", expected);
    answer(f, letters);
    expect_points(letters, f->total.points, strtok_r(text, " ", &save));
    for (int s = 0; s + 1 < f->plan.n_sections; s++)
        expect_points(letters, f->sections[s].points, strtok_r(NULL, " ", &save));
}

static void must_load(struct fixture *f, const char *scoring, const char *key)
{
    if (load(f, scoring, key) < 0) {
        diag_print(&f->d, stderr);
        fail_msg("refused");
    }
}

/* Without a scheme a total is the plain sum, as it always was. */
static void plain_sum(void **state)
{
    struct fixture f;
    (void)state;
    must_load(&f, "  total: {}\n", "q1,A,2,,I\nq2,B,1/3,,I\nq3,C,0.5,,\n");
    expect(&f, "ABC", "17/6 7/3");
    expect(&f, "A C", "2.5 2");
    expect_points("max", f.plan.max, "17/6");
    finish(&f);
}

/* Weights, floors and roundings in another order than the documented one. */
static void weights_floors_rounding(void **state)
{
    struct fixture f;
    (void)state;
    /* I: 3 items of 1 point, a wrong one -1 by guess = 1/3 each; weight 5/2; floor 0; 1 decimal */
    must_load(&f,
              "  sections:\n    I: {weight: 5/2, floor: 0, guess: true, round: 1}\n"
              "  total: {round: 0}\n",
              "q1..3,AAA,1,,I\nq4,B,1,,II\n");
    expect(&f, "AAAB", "9 7.5 1"); /* 7.5 + 1 = 8.5 -> 9, half up */
    expect(&f, "AABB", "5 4.2 1"); /* 5/2 * (2 - 1/3) = 25/6 = 4.1667 -> 4.2; 5.2 -> 5 */
    expect(&f, "BBBC", "0 0 0");   /* -5/2 lifted to 0 */
    expect(&f, "A   ", "3 2.5 0"); /* blanks cost nothing; 2.5 -> 3 */
    expect_points("max", f.plan.max, "9");
    expect_points("max I", f.plan.sections[0].max, "7.5");
    finish(&f);
    must_load(&f, "  total: {round: 0, rounding: half_even}\n", "q1,A,2.5,,\nq2,A,1,,\n");
    expect(&f, "A ", "2");
    expect(&f, "AA", "4"); /* 3.5 */
    finish(&f);
    must_load(&f, "  total: {round: 0, rounding: down}\n", "q1,A,2.9,,\n");
    expect(&f, "A", "2");
    finish(&f);
    must_load(&f, "  total: {round: 0, rounding: up}\n", "q1,A,2.1,,\n");
    expect(&f, "A", "3");
    finish(&f);
}

static void rounds_below_nought(void **state)
{
    static const struct {
        struct points points;
        enum rounding_way way;
        const char *expected;
    } cases[] = {{{-5, 2}, ROUND_HALF_UP, "-2"},   {{-5, 2}, ROUND_HALF_EVEN, "-2"},
                 {{-7, 2}, ROUND_HALF_EVEN, "-4"}, {{-21, 10}, ROUND_UP, "-2"},
                 {{-21, 10}, ROUND_DOWN, "-3"},    {{-26, 10}, ROUND_HALF_UP, "-3"},
                 {{1, 3}, ROUND_HALF_UP, "0"},     {{2, 1}, ROUND_UP, "2"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct rounding rounding = {true, 0, cases[i].way};
        expect_points("rounded", points_round(cases[i].points, &rounding), cases[i].expected);
    }
    const struct rounding two = {true, 2, ROUND_HALF_UP};
    expect_points("thirds", points_round((struct points){2, 3}, &two), "0.67");
    expect_points("half a hundredth", points_round((struct points){1, 200}, &two), "0.01");
}

/* Choosing two of four: the best, or the first answered. */
static void choices(void **state)
{
    struct fixture f;
    (void)state;
    must_load(&f, "  sections:\n    I: {best: 2}\n",
              "q1,A,1,,I\nq2,A,2,,I\nq3,A,3,,I\nq4,A,2,,I\nq5,A,10,,\n");
    expect_points("max", f.plan.max, "15"); /* 3 + 2 + 10 */
    expect(&f, "AAAAA", "15 5");
    assert_false(f.chosen[0]);
    assert_true(f.chosen[1] && f.chosen[2] && !f.chosen[3]); /* ties: the key's order */
    expect(&f, "ABBA ", "3 3");
    expect(&f, "    A", "10 0");
    answer(&f, "A?AA ");
    assert_true(f.total.pending && f.sections[0].pending);
    finish(&f);
    /* one right, one blank: the wrong one, which costs 1/3, is not among the best two */
    must_load(&f, "  sections:\n    I: {best: 2, guess: true}\n", "q1..3,AAA,1,,I\n");
    expect(&f, "B A", "1 1");
    expect(&f, "BBA", "2/3 2/3");
    expect_points("max", f.plan.max, "2");
    finish(&f);
    must_load(&f, "  sections:\n    I: {first: 2}\n", "q1..4,AAAA,2,,I\n");
    expect_points("max", f.plan.max, "4");
    expect(&f, "BBAA", "0 0"); /* the first two answered are wrong */
    expect(&f, " BAA", "2 2"); /* blank ones are passed over */
    expect(&f, "   A", "2 2");
    finish(&f);
}

/* Points of a void item lost from the maximum, or given to another section. */
static void rebase(void **state)
{
    struct fixture f;
    (void)state;
    must_load(&f, "  total: {round: 1}\n",
              "q1,A,2,void_rebase,I\nq2,A,3,,I\nq3,A,5,,I\nq4,A,10,,II\n");
    expect_points("max", f.plan.max, "20");
    expect_points("max I", f.plan.sections[0].max, "10");
    expect(&f, "BAAA", "20 10 10");   /* 8 * 10/8 */
    expect(&f, "AA B", "3.8 3.75 0"); /* 3 * 10/8 = 3.75 */
    answer(&f, "?AAA");
    assert_false(f.total.pending); /* nobody need look at a void item */
    finish(&f);
}

static void refuse(const char *scoring, const char *key, const char *what)
{
    struct fixture f;
    assert_int_equal(load(&f, scoring, key), YJ_EINPUT);
    const struct diag_entry *e = f.d.entries;
    while (e->level != DIAG_ERROR)
        e++;
    if (!strstr(e->what, what))
        fail_msg("%s", e->what);
    assert_true(e->line > 0);
    finish(&f);
}

static void mistakes(void **state)
{
    static const char key[] = "q1..3,AAA,1,,I\nq4,B,1,,II\n";
    (void)state;
    refuse("  sections: {III: {weight: 2}}\n", key, "no item is in section 'III'");
    refuse("  sections: {I: {best: 4}}\n", key, "4 items are to be chosen");
    refuse("  sections: {I: {best: 2, first: 2}}\n", key, "not both");
    refuse("  sections: {I: {weight: 0}}\n", key, "above 0");
    refuse("  sections: {I: {weight: two}}\n", key, "no number of points");
    refuse("  sections: {I: {rounding: up}}\n", key, "needs 'round'");
    refuse("  sections: {I: {round: 9}}\n", key, "round");
    refuse("  sections: {I: {best: 2}}\n", "q1..3,AAA,1,,I\nq4,B,1,void_rebase,I\n", "re-based");
    refuse("  sections: {I: {weight: 1/999999937}, II: {weight: 1/999999929}}\n", key,
           "cannot be added exactly");
    /* small points, and large losses for a wrong answer times a large weight */
    refuse("  sections: {I: {weight: 999999999}}\n",
           "q1,A=1/1000|B=-900000.001,1/1000,enumerated,I\n", "cannot be added exactly");
    refuse("  sections: {I: {floor: 999999999}}\n", "q1,A,1/999983,,I\n",
           "cannot be added exactly");
    refuse("  total: {}\n",
           "q1,A=1/1000|B=-900000.001,1/1000,enumerated,I\nq2,A,900000,void_rebase,I\n",
           "cannot be added exactly");
    refuse("  totals: {}\n", key, "unknown key 'totals'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_sum),
        cmocka_unit_test(weights_floors_rounding),
        cmocka_unit_test(rounds_below_nought),
        cmocka_unit_test(choices),
        cmocka_unit_test(rebase),
        cmocka_unit_test(mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
