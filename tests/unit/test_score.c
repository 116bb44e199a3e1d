/* Answers to points, rule by rule, against the tables that the examinations publish. */
#include "score.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static char *options[] = {"A", "B", "C", "D", "E"};

static struct key_item make_item(enum item_rule rule, char **accepted, int n, const char *points)
{
    struct key_item item = {.item = "q1",
                            .accepted = accepted,
                            .n_accepted = n,
                            .partial = POINTS_ZERO,
                            .wrong = POINTS_ZERO,
                            .blank = POINTS_ZERO,
                            .tolerance = POINTS_ZERO,
                            .rule = rule,
                            .section = "",
                            .n_options = 5,
                            .options = options,
                            .multiple = rule != RULE_SINGLE};
    assert_int_equal(points_parse(points, &item.points), 0);
    return item;
}

static struct item_score answer(const struct key_item *item, const char *value,
                                enum reading_status status)
{
    return score_item(item, &(struct response){value, status});
}

static void expect(const struct key_item *item, const char *value, enum reading_status status,
                   const char *points)
{
    char printed[POINTS_TEXT_MAX];
    struct item_score score = answer(item, value, status);
    points_print(score.points, printed);
    if (score.pending)
        fail_msg("'%s' is pending", value);
    assert_string_equal(printed, points);
}

static void scores_single_choice(void **state)
{
    char *accepted[] = {"B", "D"};
    struct key_item item = make_item(RULE_SINGLE, accepted, 2, "2");
    points_parse("-0.5", &item.wrong);
    points_parse("0.25", &item.blank);
    expect(&item, "B", READING_OK, "2");
    expect(&item, "D", READING_OK, "2");
    expect(&item, "A", READING_OK, "-0.5");
    expect(&item, "", READING_BLANK, "0.25");
    /* two marks are a wrong answer, even if both are accepted, and no blank one */
    expect(&item, "BD", READING_MULTIPLE, "-0.5");
    expect(&item, "", READING_MULTIPLE, "-0.5");
    assert_true(answer(&item, "D", READING_OK).right);
    assert_false(answer(&item, "A", READING_OK).right);
    assert_false(answer(&item, "B", READING_MULTIPLE).right);
}

/* Points given to a reading that nobody has looked at. */
static void waits_for_doubtful_readings(void **state)
{
    char *accepted[] = {"B"};
    struct key_item item = make_item(RULE_SINGLE, accepted, 1, "2");
    static const enum reading_status waiting[] = {READING_UNCERTAIN, READING_UNREAD};
    for (int i = 0; i < 2; i++) {
        struct item_score score = answer(&item, "B", waiting[i]);
        assert_true(score.pending);
        assert_true(score.counts);
        assert_false(score.right);
        assert_int_equal(score.points.num, 0);
    }
    assert_true(answer(&item, NULL, READING_OK).pending);
}

static void scores_all_or_nothing(void **state)
{
    char *accepted[] = {"ACD", "AC"};
    struct key_item item = make_item(RULE_ALL, accepted, 2, "3");
    expect(&item, "ACD", READING_OK, "3");
    expect(&item, "AC", READING_OK, "3");
    expect(&item, "A", READING_OK, "0");
    expect(&item, "ABCD", READING_OK, "0");
    expect(&item, "", READING_BLANK, "0");
}

/* Gaokao 2021 to 2023, new papers: 5 points for all, 2 for a part, 0 with a wrong one. */
static void scores_subset(void **state)
{
    char *accepted[] = {"ACD"};
    struct key_item item = make_item(RULE_SUBSET, accepted, 1, "5");
    points_parse("2", &item.partial);
    expect(&item, "ACD", READING_OK, "5");
    expect(&item, "A", READING_OK, "2");
    expect(&item, "CD", READING_OK, "2");
    expect(&item, "AB", READING_OK, "0");
    expect(&item, "ABCD", READING_OK, "0");
    expect(&item, "B", READING_OK, "0");
    expect(&item, "", READING_BLANK, "0");
    points_parse("-2", &item.wrong);
    expect(&item, "ABCD", READING_OK, "-2");
    expect(&item, "ACD", READING_MULTIPLE, "-2");
}

/* Gaokao from 2024: 6 points; key of two 3 each, key of three 2 each. */
static void scores_per_option(void **state)
{
    char *three[] = {"ABD"}, *two[] = {"AC"};
    struct key_item item = make_item(RULE_PER_OPTION, three, 1, "6");
    expect(&item, "ABD", READING_OK, "6");
    expect(&item, "AB", READING_OK, "4");
    expect(&item, "D", READING_OK, "2");
    expect(&item, "AC", READING_OK, "0");
    item = make_item(RULE_PER_OPTION, two, 1, "6");
    expect(&item, "A", READING_OK, "3");
    expect(&item, "AC", READING_OK, "6");
    expect(&item, "ABC", READING_OK, "0");
    item = make_item(RULE_PER_OPTION, three, 1, "5"); /* thirds stay exact */
    expect(&item, "AB", READING_OK, "10/3");
}

/* CEEC 2012: five options, 4 points: 4, 2.4, 0.8, 0 for none, one, two, three judged wrongly. */
static void scores_ceec(void **state)
{
    char *accepted[] = {"ACE"};
    struct key_item item = make_item(RULE_CEEC, accepted, 1, "4");
    expect(&item, "ACE", READING_OK, "4");
    expect(&item, "AC", READING_OK, "2.4");
    expect(&item, "ABCE", READING_OK, "2.4");
    expect(&item, "A", READING_OK, "0.8");
    expect(&item, "ABC", READING_OK, "0.8");
    expect(&item, "ABCDE", READING_OK, "0.8");
    expect(&item, "B", READING_OK, "0");
    expect(&item, "BD", READING_OK, "0");
    expect(&item, "", READING_BLANK, "0"); /* though three left out of five would be 0 anyway */
    char *one[] = {"A"};
    item = make_item(RULE_CEEC, one, 1, "4");
    expect(&item, "", READING_BLANK, "0"); /* one left out: 2.4 but for being blank */
    expect(&item, "AB", READING_OK, "2.4");
}

static void scores_void_items(void **state)
{
    char *accepted[] = {"B"};
    struct key_item item = make_item(RULE_VOID_DROP, accepted, 1, "2");
    assert_false(answer(&item, "B", READING_OK).counts);
    assert_false(answer(&item, "B", READING_UNCERTAIN).pending);
    assert_int_equal(answer(&item, "B", READING_OK).points.num, 0);
    assert_int_equal(score_item_max(&item).num, 0);

    item = make_item(RULE_VOID_FULL, NULL, 0, "2");
    expect(&item, "", READING_BLANK, "2");
    expect(&item, "C", READING_OK, "2");
    expect(&item, "C", READING_UNCERTAIN, "2"); /* nothing a person could find changes it */
    assert_int_equal(score_item_max(&item).num, 2);

    item = make_item(RULE_VOID_ANSWERED, NULL, 0, "2");
    expect(&item, "", READING_BLANK, "0");
    expect(&item, "C", READING_OK, "2");
    expect(&item, "CD", READING_MULTIPLE, "2");
    assert_true(answer(&item, "C", READING_UNCERTAIN).pending);
}

/* A number that a grid read is compared as text: "07" is not "7". */
/* A strip gives what was read, exactly; what cannot be meant waits, and is never 0 in silence. */
static void scores_points_read(void **state)
{
    static const char *const strange[] = {"", "12.5", "-1", "eleven", "0.0001"};
    struct key_item item = make_item(RULE_POINTS, NULL, 0, "12");
    expect(&item, "11.5", READING_OK, "11.5");
    expect(&item, "0", READING_OK, "0");
    expect(&item, "12", READING_OK, "12");
    assert_true(answer(&item, "12", READING_OK).right);
    assert_false(answer(&item, "11.5", READING_OK).right);
    for (size_t i = 0; i < sizeof strange / sizeof *strange; i++) {
        assert_true(answer(&item, strange[i], READING_OK).pending);
        assert_int_equal(answer(&item, strange[i], READING_OK).points.num, 0);
    }
    assert_true(answer(&item, "11", READING_MULTIPLE).pending);
    assert_true(answer(&item, "11", READING_UNCERTAIN).pending);
    points_parse("0", &item.blank); /* only a person calls a strip blank */
    expect(&item, "", READING_BLANK, "0");
}

/* Numbers judged by their letters, and a tolerance that leaves out its own end. */
static void scores_numbers(void **state)
{
    char *accepted[] = {"0.25", "-3"};
    struct key_item item = make_item(RULE_NUMBER, accepted, 2, "2");
    item.n_options = 0;
    item.options = NULL;
    expect(&item, ".25", READING_OK, "2");
    expect(&item, "00.250", READING_OK, "2");
    expect(&item, "-3.0", READING_OK, "2");
    expect(&item, "3", READING_OK, "0");
    expect(&item, "0.26", READING_OK, "0");
    points_parse("0.01", &item.tolerance);
    expect(&item, "0.26", READING_OK, "2");
    expect(&item, "0.24", READING_OK, "2");
    expect(&item, "0.261", READING_OK, "0");
    expect(&item, "1.2.3", READING_OK, "0");
    expect(&item, "", READING_BLANK, "0");
    assert_true(answer(&item, "0.25", READING_UNCERTAIN).pending);
}

static void scores_text(void **state)
{
    char *accepted[] = {"07", "-3"};
    struct key_item item = make_item(RULE_SINGLE, accepted, 2, "1");
    item.n_options = 0;
    item.options = NULL;
    expect(&item, "07", READING_OK, "1");
    expect(&item, "-3", READING_OK, "1");
    expect(&item, "7", READING_OK, "0");
    expect(&item, "0[7|8]", READING_MULTIPLE, "0");
}

static void splits_readings_in_option_order(void **state)
{
    uint64_t set = 0;
    assert_int_equal(score_option_set("ABE", options, 5, &set), 0);
    assert_int_equal(set, 0x13);
    assert_int_equal(score_option_set("BA", options, 5, &set), -1);
    assert_int_equal(score_option_set("Z", options, 5, &set), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_single_choice),
        cmocka_unit_test(waits_for_doubtful_readings),
        cmocka_unit_test(scores_all_or_nothing),
        cmocka_unit_test(scores_subset),
        cmocka_unit_test(scores_per_option),
        cmocka_unit_test(scores_ceec),
        cmocka_unit_test(scores_void_items),
        cmocka_unit_test(scores_points_read),
        cmocka_unit_test(scores_numbers),
        cmocka_unit_test(scores_text),
        cmocka_unit_test(splits_readings_in_option_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
