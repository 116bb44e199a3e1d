/* The key: what is right and what it is worth. A mistake that is not told here becomes a wrong
 * score for everybody. */
#include "diag.h"
#include "key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- forms made in memory ---- */

static char *abcd[] = {"A", "B", "C", "D"};
static char *abcde[] = {"A", "B", "C", "D", "E"};
static char *numbers[] = {"1", "2", "12"};
static char *digits[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
static char *months[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"};

static struct field choice(char *name, char **options, int n, int max_marks)
{
    return (struct field){.name = name,
                          .kind = FIELD_CHOICE,
                          .options = options,
                          .n_options = n,
                          .max_marks = max_marks};
}

/* A number of two digits. */
static struct field grid(char *name, enum blank_policy blank)
{
    return (struct field){.name = name,
                          .kind = FIELD_GRID,
                          .options = digits,
                          .n_options = 10,
                          .n_columns = 2,
                          .blank = blank};
}

static char *w1[] = {"12", "0", "0.5"};

struct two_forms {
    struct field fields[13];
    struct form form;
    const struct form *list[2];
};

static void make_form(struct two_forms *f)
{
    struct field fields[] = {
        {.name = "number", .kind = FIELD_GRID},
        choice("absent", abcd, 1, 1),
        choice("q1", abcd, 4, 1),
        choice("q2", abcd, 4, 1),
        choice("q3", abcd, 4, 1),
        choice("m1", abcde, 5, 5),
        choice("m2", abcde, 5, 2),
        choice("odd", numbers, 3, 3),
        choice("month", months, 12, 1),
        grid("count", BLANK_SKIP),
        grid("year", BLANK_DOUBT),
        {.name = "essay", .kind = FIELD_REGION},
        {.name = "w1", .kind = FIELD_STRIP, .options = w1, .n_options = 3, .maximum = "12"},
    };
    *f = (struct two_forms){0};
    memcpy(f->fields, fields, sizeof fields);
    f->form = (struct form){.name = "midterm",
                            .fields = f->fields,
                            .n_fields = sizeof fields / sizeof fields[0],
                            .candidate = 0,
                            .absent = 1,
                            .version = -1};
    f->list[0] = &f->form;
}

static struct key *parse(const char *text)
{
    struct key *key = NULL;
    struct diag d;
    diag_init(&d);
    int rc = key_parse(text, strlen(text), "key.csv", &key, &d);
    diag_print(&d, stderr);
    diag_finish(&d);
    assert_int_equal(rc, 0);
    return key;
}

static struct key *parse_and_check(const char *text)
{
    struct two_forms f;
    struct key *key = parse(text);
    struct diag d;
    make_form(&f);
    diag_init(&d);
    int rc = key_check(key, f.list, 1, &d);
    if (rc < 0)
        diag_print(&d, stderr);
    diag_finish(&d);
    assert_int_equal(rc, 0);
    return key;
}

/* What `what` and `hint` (NULL: any) say must be told at line:column, and nothing be returned. */
static void expect_told(const struct diag *d, int line, int column, const char *what,
                        const char *hint)
{
    assert_true(d->errors >= 1);
    const struct diag_entry *e = &d->entries[0];
    for (size_t i = 0; i < d->count && e->level != DIAG_ERROR; i++)
        e = &d->entries[i];
    assert_string_equal(e->file, "key.csv");
    if (!strstr(e->what, what) || e->line != line || e->column != column)
        fail_msg("told at %d:%d: %s", e->line, e->column, e->what);
    if (hint && (!e->hint || !strstr(e->hint, hint)))
        fail_msg("hint: %s", e->hint ? e->hint : "none");
}

static void refuse(const char *text, int line, int column, const char *what, const char *hint)
{
    struct key *key = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(key_parse(text, strlen(text), "key.csv", &key, &d), YJ_EINPUT);
    assert_null(key);
    expect_told(&d, line, column, what, hint);
    diag_finish(&d);
}

static void refuse_for_form(const char *text, int line, int column, const char *what,
                            const char *hint)
{
    struct two_forms f;
    struct key *key = parse(text);
    struct diag d;
    make_form(&f);
    diag_init(&d);
    assert_int_equal(key_check(key, f.list, 1, &d), YJ_EINPUT);
    expect_told(&d, line, column, what, hint);
    diag_finish(&d);
    key_destroy(key);
}

static void expect_points(struct points p, int64_t num, int64_t den)
{
    assert_int_equal(p.num, num);
    assert_int_equal(p.den, den);
}

/* ---- reading ---- */

/* Columns taken by place instead of by name; a default that is not nought. */
static void reads_columns_in_any_order(void **state)
{
    struct key *key = parse("section,points,wrong,item,key\n"
                            "I,2,-1/4,q1,B\n"
                            "II, 1.5 ,,q2, C \n");
    assert_int_equal(key->n_items, 2);
    assert_string_equal(key->items[0].item, "q1");
    assert_string_equal(key->items[0].accepted[0], "B");
    assert_string_equal(key->items[0].section, "I");
    expect_points(key->items[0].points, 2, 1);
    expect_points(key->items[0].wrong, -1, 4);
    expect_points(key->items[0].blank, 0, 1);
    assert_int_equal(key->items[0].rule, RULE_SINGLE);
    assert_int_equal(key->items[0].line, 2);
    expect_points(key->items[1].points, 3, 2);
    assert_string_equal(key->items[1].accepted[0], "C");
    key_destroy(key);
}

/* A rule name that the table reads as its neighbour. */
static void reads_every_rule(void **state)
{
    for (int rule = RULE_SINGLE; rule <= RULE_VOID_ANSWERED; rule++) {
        char text[160];
        snprintf(text, sizeof text, "item,key,points,rule,partial\nq1,%s,2,%s,%s\n",
                 rule == RULE_POINTS   ? ""
                 : rule == RULE_NUMBER ? "1.5"
                                       : "A",
                 item_rule_name((enum item_rule)rule), rule == RULE_SUBSET ? "1" : "");
        struct key *key = parse(text);
        assert_int_equal(key->items[0].rule, rule);
        assert_true(key->items[0].rule_given);
        key_destroy(key);
    }
}

/* A tolerance that no rule heeds, a key that is no number, and a number that the rule would lose.
 */
static void reads_numbers_with_a_tolerance(void **state)
{
    struct key *key = parse("item,key,points,rule,tolerance\nq1,3.14|22/7,2,number,0.01\n");
    assert_int_equal(key->items[0].rule, RULE_NUMBER);
    assert_int_equal(key->items[0].n_accepted, 2);
    expect_points(key->items[0].tolerance, 1, 100);
    key_destroy(key);
    refuse("item,key,points,rule\nq1,abc,2,number\n", 2, 4, "'abc' is no number", "single");
    refuse("item,key,points,unit\nq1,A,2,cm\n", 2, 8, "a unit is for rule 'number' only", "number");
    refuse("item,key,points,tolerance\nq1,A,2,0.1\n", 2, 8, "rule 'number' only", "number");
    refuse("item,key,points,rule,tolerance\nq1,1,2,number,-0.1\n", 2, 15, "below 0", NULL);
}

static void reads_accepted_keys_and_void_items(void **state)
{
    struct key *key = parse("item,key,points,rule\nq1,B | D,2,\nq2,,3,void_full\n");
    assert_int_equal(key->items[0].n_accepted, 2);
    assert_string_equal(key->items[0].accepted[0], "B");
    assert_string_equal(key->items[0].accepted[1], "D");
    assert_int_equal(key->items[1].n_accepted, 0);
    key_destroy(key);
}

/* A range that slips by one letter gives everybody the neighbour's key. */
static void unfolds_ranges(void **state)
{
    struct key *key = parse("item,key,points,section\n"
                            "q1..10,ABCDA BCDAB,2,I\n"
                            "e08..11,甲乙丙丁,1,II\n");
    static const char *const names[] = {"q1", "q2", "q3",  "q4",  "q5",  "q6",  "q7",
                                        "q8", "q9", "q10", "e08", "e09", "e10", "e11"};
    static const char *const keys[] = {"A", "B", "C", "D",  "A",  "B",  "C",
                                       "D", "A", "B", "甲", "乙", "丙", "丁"};
    assert_int_equal(key->n_items, 14);
    for (int i = 0; i < 14; i++) {
        assert_string_equal(key->items[i].item, names[i]);
        assert_int_equal(key->items[i].n_accepted, 1);
        assert_string_equal(key->items[i].accepted[0], keys[i]);
        expect_points(key->items[i].points, i < 10 ? 2 : 1, 1);
        assert_string_equal(key->items[i].section, i < 10 ? "I" : "II");
    }
    key_destroy(key);
    key = parse("item,key,points,rule\nq1..3,,2,void_drop\n");
    assert_int_equal(key->n_items, 3);
    assert_int_equal(key->items[2].n_accepted, 0);
    assert_int_equal(key->items[2].rule, RULE_VOID_DROP);
    key_destroy(key);
}

/* ---- mistakes in the file ---- */

static void tells_mistakes_of_columns(void **state)
{
    refuse("item,key,points,partal\nq1,A,2,\n", 1, 17,
           "unknown column 'partal'; did you mean "
           "'partial'?",
           NULL);
    refuse("item,key,points,teacher\nq1,A,2,Li\n", 1, 17, "unknown column 'teacher'",
           "columns are");
    refuse("item,points\nq1,2\n", 1, 1, "column 'key' is missing", "item,key,points");
    refuse("item,key,points\n", 0, 0, "no item", NULL);
    /* an empty column after the last is how spreadsheets save; one with content is not */
    key_destroy(parse("item,key,points,\nq1,A,2,\n"));
    refuse("item,key,points,\nq1,A,2,3\n", 1, 17, "unknown column ''", NULL);
}

static void tells_mistakes_of_cells(void **state)
{
    refuse("item,key,points\nq1,A,two\n", 2, 6, "'two' is no number of points", "0.5");
    refuse("item,key,points\nq1,A,\n", 2, 6, "no points for item 'q1'", NULL);
    refuse("item,key,points\nq1,A,-2\n", 2, 6, "less than 0", "wrong");
    refuse("item,key,points\n,A,2\n", 2, 1, "row without an item", NULL);
    refuse("item,key,points\nq1,,2\n", 2, 4, "no key for item 'q1'", "void_drop");
    refuse("item,key,points\nq1,B|,2\n", 2, 4, "empty answer", NULL);
    refuse("item,key,points\nq1,B|B,2\n", 2, 4, "'B' stands twice", NULL);
    refuse("item,key,points\nq1,A,2\nq2,B,2\nq1,C,2\n", 4, 1, "'q1' stands in line 2 already",
           NULL);
    refuse("item,key,points,rule\nq1,A,2,subse\n", 2, 8, "did you mean 'subset'?", NULL);
    refuse("item,key,points,rule\nq1,A,2,xyzzyplugh\n", 2, 8, "unknown rule", "rules are single");
}

/* Points that contradict each other. */
static void tells_mistakes_of_points(void **state)
{
    refuse("item,key,points,partial\nq1,A,5,2\n", 2, 8, "rule 'subset' only", "subset");
    refuse("item,key,points,rule,partial\nq1,AB,5,subset,\n", 2, 16, "needs points", NULL);
    refuse("item,key,points,rule,partial\nq1,AB,5,subset,6\n", 2, 16, "exceed", NULL);
    refuse("item,key,points,wrong\nq1,A,2,3\n", 2, 8, "wrong answer would earn more", "-1");
    refuse("item,key,points,blank\nq1,A,2,3\n", 2, 8, "blank answer would earn more", NULL);
    refuse("item,key,points,rule,wrong\nq1,AB,4,ceec,-1\n", 2, 14, "rule 'ceec' takes no points",
           NULL);
}

static void tells_mistakes_of_ranges(void **state)
{
    refuse("item,key,points\nq1..10,ABCD,2\n", 2, 8, "10 items but 4 letters", NULL);
    refuse("item,key,points\nq1..2,A|BC,2\n", 2, 7, "'|' in the key of a range", NULL);
    refuse("item,key,points\nq5..1,ABCDA,2\n", 2, 1, "'q5..1' is no range", "q1..10");
    refuse("item,key,points\nq1..x,AB,2\n", 2, 1, "no range", NULL);
    refuse("item,key,points\nq1..3,ABC,2\nq2,D,2\n", 3, 1, "'q2' stands in line 2 already", NULL);
}

/* One mistake must not hide the next: all are told in one go. */
static void tells_all_mistakes(void **state)
{
    static const char text[] = "item,key,points\nq1,A,two\nq2,,2\nq3,C,x\n";
    struct key *key = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(key_parse(text, strlen(text), "key.csv", &key, &d), YJ_EINPUT);
    assert_int_equal(d.errors, 3);
    diag_finish(&d);
}

/* ---- against the form ---- */

/* A set compared letter by letter with a reading would be wrong if it kept the clerk's order. */
static void puts_sets_in_option_order(void **state)
{
    struct key *key = parse_and_check("item,key,points,rule,partial\n"
                                      "m1,DCA,5,subset,2\n"
                                      "m2,\"E, B\",4,,\n"
                                      "month,11|12,1,,\n"
                                      "q1,B|D,1,,\n"
                                      "count,07,1,,\n");
    assert_string_equal(key->items[0].accepted[0], "ACD");
    assert_true(key->items[0].multiple);
    assert_int_equal(key->items[0].n_options, 5);
    assert_string_equal(key->items[0].options[4], "E");
    assert_string_equal(key->items[1].accepted[0], "BE");
    assert_int_equal(key->items[1].rule, RULE_ALL); /* by the field */
    assert_string_equal(key->items[2].accepted[0], "11");
    assert_string_equal(key->items[2].accepted[1], "12");
    assert_int_equal(key->items[3].rule, RULE_SINGLE);
    assert_false(key->items[3].multiple);
    assert_string_equal(key->items[4].accepted[0], "07");
    assert_int_equal(key->items[4].n_options, 0);
    key_destroy(key);
}

/* A number that no sheet can show makes everybody wrong in silence: '7' where two digits must be
 * marked, a full-width digit of a Chinese keyboard, a number too long. */
static void tells_numbers_that_no_sheet_shows(void **state)
{
    refuse_for_form("item,key,points\nyear,7,1\n", 2, 6,
                    "key '7' of item 'year' has 1 characters, but its field has 2 columns", "07");
    refuse_for_form("item,key,points\ncount,007,1\n", 2, 7, "3 characters", NULL);
    refuse_for_form("item,key,points\ncount,12|\xef\xbc\x97,1\n", 2, 7, "no option of that field",
                    "0, 1, 2");
    refuse_for_form("item,key,points\nyear,1.5,1\n", 2, 6, "no option", NULL);
}

/* Where a column may stay empty '7' is an answer, but a pupil who marks 07 would be wrong. */
static void warns_of_numbers_without_leading_zeros(void **state)
{
    static const struct {
        const char *key;
        size_t warnings;
    } cases[] = {{"7", 1}, {"7|07", 0}, {"07", 0}, {"15", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        size_t told = 0;
        struct two_forms f;
        struct diag d;
        make_form(&f);
        diag_init(&d);
        snprintf(text, sizeof text, "item,key,points\ncount,%s,1\n", cases[i].key);
        struct key *key = parse(text);
        assert_int_equal(key_check(key, f.list, 1, &d), 0);
        for (size_t k = 0; k < d.count; k++)
            told += strstr(d.entries[k].what, "leading zeros") != NULL;
        assert_int_equal(told, cases[i].warnings);
        diag_finish(&d);
        key_destroy(key);
    }
}

/* Version B of a paper scored by the key of version A is a wrong score for half the room. */
static void warns_of_versions_with_one_key(void **state)
{
    struct two_forms f;
    struct key *key = parse("item,key,points\nq1,A,1\nq2,B,1\nm1,AB,1\nm2,A,1\nmonth,12,1\n");
    struct diag d;
    make_form(&f);
    f.form.version = 4; /* "q3" */
    f.fields[7].max_marks = 1;
    diag_init(&d);
    assert_int_equal(key_check(key, f.list, 1, &d), 0);
    assert_true(d.count >= 1);
    assert_non_null(strstr(d.entries[d.count - 1].what, "reads a version in field 'q3'"));
    diag_finish(&d);
    key_destroy(key);
}

static void tells_items_that_no_form_has(void **state)
{
    refuse_for_form("item,key,points\nq1,A,1\nqq2,B,1\n", 3, 1,
                    "item 'qq2' is no field of any form; did you mean 'q2'?", NULL);
    refuse_for_form("item,key,points\nphysics,A,1\n", 2, 1, "'physics' is no field", "fields");
    refuse_for_form("item,key,points\nessay,A,1\n", 2, 1, "is a picture", NULL);
    refuse_for_form("item,key,points\nnumber,1,1\n", 2, 1, "names the candidate", NULL);
}

static void tells_options_that_no_field_offers(void **state)
{
    refuse_for_form("item,key,points\nq1,E,1\n", 2, 4, "key 'E' of item 'q1' is no option",
                    "A, B, C, D");
    refuse_for_form("item,key,points\nq1,b,1\n", 2, 4, "key 'b'", "A, B, C, D");
    refuse_for_form("item,key,points\nq1,BD,1\n", 2, 4, "has several options but", "use B|D");
    refuse_for_form("item,key,points\nm2,ABC,1\n", 2, 4, "more options than field 'm2' allows",
                    NULL);
    refuse_for_form("item,key,points\nm1,AAB,1\n", 2, 4, "key 'AAB'", NULL);
    refuse_for_form("item,key,points\nodd,12,1\n", 2, 1, "cannot be told apart", "single letters");
}

static void tells_rules_that_the_field_cannot_have(void **state)
{
    refuse_for_form("item,key,points,rule\nq1,A,1,ceec\n", 2, 1, "its field allows one mark", NULL);
    refuse_for_form("item,key,points,rule\nm1,AB|CD,1,ceec\n", 2, 1, "takes one", NULL);
}

/* A strip scored as a choice, or out of other points than it can give, is a wrong score for
 * everybody. */
static void tells_rules_for_strips(void **state)
{
    struct two_forms f;
    struct key *key = parse("item,key,points,rule\nw1,,12,points\n");
    make_form(&f);
    assert_int_equal(key_check(key, f.list, 1, NULL), 0);
    assert_int_equal(key->items[0].n_accepted, 0);
    key_destroy(key);
    refuse_for_form("item,key,points,rule\nw1,12,12,\n", 2, 1, "has no right answer", "'points'");
    refuse_for_form("item,key,points,rule\nw1,,10,points\n", 2, 1, "worth other points", "maximum");
    refuse_for_form("item,key,points,rule\nq1,,2,points\n", 2, 1, "reads no points", NULL);
    refuse("item,key,points,rule\nw1,12,12,points\n", 2, 4, "has no key", "empty");
}

/* Two forms that share an item under other options would be scored by the wrong ones. */
static void tells_forms_that_differ(void **state)
{
    struct two_forms f;
    struct field other[] = {choice("q1", abcde, 5, 1)};
    struct form second = {.name = "retake",
                          .fields = other,
                          .n_fields = 1,
                          .candidate = -1,
                          .absent = -1,
                          .version = -1};
    struct key *key = parse("item,key,points\nq1,A,1\n");
    struct diag d;
    make_form(&f);
    f.list[1] = &second;
    diag_init(&d);
    assert_int_equal(key_check(key, f.list, 2, &d), YJ_EINPUT);
    expect_told(&d, 2, 1, "not the same field in forms 'midterm' and 'retake'", NULL);
    diag_finish(&d);
    key_destroy(key);
}

/* A question the key forgot is scored for nobody and seen by nobody. */
static void warns_of_choices_without_key(void **state)
{
    struct two_forms f;
    struct key *key = parse("item,key,points\nq1,A,1\nq2,B,1\nm1,AB,1\nmonth,12,1\nodd,1,1\n");
    struct diag d;
    make_form(&f);
    f.fields[7].max_marks = 1; /* "odd" with one mark can be told apart */
    diag_init(&d);
    assert_int_equal(key_check(key, f.list, 1, &d), 0);
    assert_int_equal(d.errors, 0);
    assert_int_equal(d.count, 1);
    assert_non_null(
        strstr(d.entries[0].what, "3 questions of form 'midterm' have no key: q3, m2, w1"));
    diag_finish(&d);
    key_destroy(key);
}

/* Denominators whose common step outgrows 64 bits would make totals wrong. */
static void tells_points_that_cannot_be_added(void **state)
{
    refuse_for_form("item,key,points\nq1,A,1/99999989\nq2,A,1/99999971\n", 3, 1,
                    "cannot be added exactly", NULL);
}

/* ---- sets of options ---- */

static void splits_joined_options(void **state)
{
    uint64_t set = 99;
    assert_int_equal(option_set_parse("ACD", abcde, 5, true, &set), 0);
    assert_int_equal(set, 0x0D);
    assert_int_equal(option_set_parse("DAC", abcde, 5, false, &set), 0);
    assert_int_equal(set, 0x0D);
    assert_int_equal(option_set_parse("", abcde, 5, true, &set), 0);
    assert_int_equal(set, 0);
    assert_int_equal(option_set_parse("12", months, 12, true, &set), 0);
    assert_int_equal(set, 1 << 11);
    assert_int_equal(option_set_parse("1112", months, 12, true, &set), 0);
    assert_int_equal(set, 3 << 10);
    set = 99;
    assert_int_equal(option_set_parse("CA", abcde, 5, true, &set), YJ_EINPUT);
    assert_int_equal(option_set_parse("AX", abcde, 5, true, &set), YJ_EINPUT);
    assert_int_equal(option_set_parse("AA", abcde, 5, false, &set), YJ_EINPUT);
    assert_int_equal(set, 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_columns_in_any_order),
        cmocka_unit_test(reads_every_rule),
        cmocka_unit_test(reads_numbers_with_a_tolerance),
        cmocka_unit_test(reads_accepted_keys_and_void_items),
        cmocka_unit_test(unfolds_ranges),
        cmocka_unit_test(tells_mistakes_of_columns),
        cmocka_unit_test(tells_mistakes_of_cells),
        cmocka_unit_test(tells_mistakes_of_points),
        cmocka_unit_test(tells_mistakes_of_ranges),
        cmocka_unit_test(tells_all_mistakes),
        cmocka_unit_test(puts_sets_in_option_order),
        cmocka_unit_test(tells_numbers_that_no_sheet_shows),
        cmocka_unit_test(warns_of_numbers_without_leading_zeros),
        cmocka_unit_test(warns_of_versions_with_one_key),
        cmocka_unit_test(tells_items_that_no_form_has),
        cmocka_unit_test(tells_options_that_no_field_offers),
        cmocka_unit_test(tells_rules_that_the_field_cannot_have),
        cmocka_unit_test(tells_rules_for_strips),
        cmocka_unit_test(tells_forms_that_differ),
        cmocka_unit_test(warns_of_choices_without_key),
        cmocka_unit_test(tells_points_that_cannot_be_added),
        cmocka_unit_test(splits_joined_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
