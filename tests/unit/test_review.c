/* test_review.c - what can be the value of a field, and what a decision does to the database. */
#include "store_fixture.h"

#include "rescore.h"
#include "review.h"
#include "review_value.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- values ---- */

static const char form_text[] = "form: values\n"
                                "page: {size: A4}\n"
                                "registration:\n"
                                "  marks: {shape: square, size: 5, at: [[10, 10], [200, 10], "
                                "[200, 287], [10, 287]]}\n"
                                "bubble: {shape: oval, size: [4, 3]}\n"
                                "fields:\n"
                                "  - {field: single, kind: choice, options: ABCD, at: [20, 110], "
                                "option_step: [6, 0]}\n"
                                "  - {field: several, kind: choice, options: ABCD, multiple: 2, "
                                "at: [20, 120], option_step: [6, 0]}\n"
                                "  - {field: number, kind: grid, options: 0-9, columns: 3, "
                                "blank: doubt, at: [120, 50], column_step: [6, 0]}\n"
                                "  - {field: short, kind: grid, options: 0-9, columns: 3, "
                                "at: [150, 50], column_step: [6, 0]}\n"
                                "  - {field: digits, kind: digits, boxes: 2, at: [20, 150], "
                                "step: [8, 0], size: [7, 9]}\n"
                                "  - {field: letters, kind: letters, boxes: 2, at: [60, 150], "
                                "step: [8, 0], size: [7, 9]}\n"
                                "  - {field: text, kind: text, area: [90, 145, 60, 10]}\n"
                                "  - {field: region, kind: region, area: [20, 180, 60, 30]}\n"
                                "  - {field: strip, kind: strip, points: [12-0, 0.5], "
                                "at: [20, 240], step: [8, 0], size: [8, 6], maximum: 12}\n";

struct value_case {
    const char *field, *text;
    bool multiple;
    const char *value; /* NULL: it cannot be */
    enum reading_status status;
};

/* Would catch: an impossible value that gets into the scores, a possible one that is refused, and a
 * refusal without a reason. */
static void values_are_held_against_the_form(void **state)
{
    static const struct value_case cases[] = {
        {"single", "B", false, "B", READING_OK},
        {"single", "", false, "", READING_BLANK},
        {"single", "AB", false, NULL, 0},
        {"single", "AB", true, "AB", READING_MULTIPLE},
        {"single", "A", true, NULL, 0},
        {"single", "", true, NULL, 0},
        {"single", "E", false, NULL, 0},
        {"single", "b", false, NULL, 0},
        {"single", "AA", false, NULL, 0},
        {"several", "AC", false, "AC", READING_OK},
        {"several", "CA", false, NULL, 0},
        {"several", "ABC", false, NULL, 0},
        {"several", "ABC", true, "ABC", READING_MULTIPLE},
        {"number", "012", false, "012", READING_OK},
        {"number", "12", false, NULL, 0},
        {"number", "0123", false, NULL, 0},
        {"number", "1x2", false, NULL, 0},
        {"number", "", false, "", READING_BLANK},
        {"short", "12", false, "12", READING_OK},
        {"short", "1234", false, NULL, 0},
        {"short", "1", true, NULL, 0},
        {"digits", "07", false, "07", READING_OK},
        {"digits", "7", false, "7", READING_OK},
        {"digits", "123", false, NULL, 0},
        {"digits", "1.", false, NULL, 0},
        {"digits", "-1", false, NULL, 0},
        {"letters", "ab", false, "AB", READING_OK},
        {"letters", "A1", false, NULL, 0},
        {"letters", "ABC", false, NULL, 0},
        {"text", "the 貓", false, "the 貓", READING_OK},
        {"text", "a\nb", false, NULL, 0},
        {"text", "\xff", false, NULL, 0},
        {"text", "\xc2\x85", false, NULL, 0},
        {"region", "x", false, NULL, 0},
        {"region", "", false, NULL, 0},
        {"strip", "11.5", false, "11.5", READING_OK},
        {"strip", "8.0", false, "8", READING_OK},
        {"strip", "12", false, "12", READING_OK},
        {"strip", "12.5", false, NULL, 0},
        {"strip", "-1", false, NULL, 0},
        {"strip", "many", false, NULL, 0},
        {"strip", "", false, "", READING_BLANK},
    };
    struct form *form = NULL;
    struct diag d;

    diag_init(&d);
    if (form_parse(form_text, strlen(form_text), "form.yaml", NULL, &form, &d) < 0)
        fail_msg("%s", fixture_told(&d));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct value_case *c = &cases[i];
        char *value = NULL, *reason = NULL;
        enum reading_status status = READING_UNREAD;
        int rc = review_value_check(&form->fields[form_field_index(form, c->field)], c->text,
                                    c->multiple, &value, &status, &reason);
        if (rc != (c->value ? 0 : YJ_EINPUT) || (value && strcmp(value, c->value) != 0) ||
            (value && status != c->status) || (!c->value && (!reason || !reason[0])))
            fail_msg("%s '%s'%s: %d '%s' %d (%s)", c->field, c->text,
                     c->multiple ? " multiple" : "", rc, value ? value : "", (int)status,
                     reason ? reason : "");
        free(value);
        free(reason);
    }
    form_destroy(form);
    diag_finish(&d);
}

/* Would catch: one reading with two names, or an id that overflows into another's. */
static void ids_have_one_spelling(void **state)
{
    static const char *const wrong[] = {
        "",       "p1",    "p1f",   "f2",    "p0f2", "p1f0",       "p01f2",
        "p1f02",  "p1f2 ", " p1f2", "p+1f2", "P1f2", "p1f1048576", "p99999999999999999999f1",
        "1048578"};
    char text[STORE_ID_TEXT_MAX];
    int64_t id = 0;

    assert_int_equal(store_parse_id("p12f5", &id), 0);
    store_print_id(id, text);
    assert_string_equal(text, "p12f5");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (store_parse_id(wrong[i], &id) == 0)
            fail_msg("'%s' is taken for an id", wrong[i]);
}

/* ---- decisions ---- */

struct state {
    char *folder, *path;
    struct exam *exam;
    struct store *store;
    struct diag d;
};

static int set_up(void **state)
{
    struct state *s = calloc(1, sizeof *s);
    static const char *const answers[4] = {"A", "?", "C", "AC"};
    struct fixture_page page;

    s->folder = fixture_folder();
    s->path = fixture_path(s->folder, "results.db");
    s->exam = fixture_exam(fixture_form, fixture_key, fixture_roster);
    s->store = fixture_open(s->path, STORE_WRITE);
    diag_init(&s->d);
    assert_int_equal(store_put_exam(s->store, s->exam, &s->d), 0);
    fixture_page_init(&page, "0001", answers);
    fixture_put(s->store, s->exam, "a.png", &page);
    assert_int_equal(rescore_run(s->store, s->exam, &s->d), 0);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct state *s = *state;

    store_close(s->store);
    exam_destroy(s->exam);
    diag_finish(&s->d);
    fixture_remove(s->folder);
    free(s->path);
    free(s);
    return 0;
}

static int decide(struct state *s, const char *id, const char *value, const char *by, bool second,
                  struct review_outcome *outcome)
{
    const struct review_decision decision = {id, value, "looked", false, 0};
    const struct review_orders orders = {&decision, 1, by, "", NULL, second};
    int rc;

    assert_int_equal(store_begin(s->store, &s->d), 0);
    rc = review_decide(s->store, s->exam, &orders, outcome, &s->d);
    if (rc == 0)
        assert_int_equal(store_commit(s->store, &s->d), 0);
    else
        store_rollback(s->store);
    return rc;
}

static int count_waiting(struct state *s, enum review_wait *ret_wait)
{
    const struct review_filter filter = {0};
    struct review_list list;
    int n;

    assert_int_equal(review_list_load(&list, s->store, s->exam, &filter, &s->d), 0);
    n = list.n;
    if (n > 0 && ret_wait)
        *ret_wait = list.items[0].wait;
    review_list_finish(&list);
    return n;
}

static void expect_sound(struct state *s)
{
    int n;

    if (store_check(s->store, &s->d) < 0 || rescore_verify(s->store, s->exam, &n, &s->d) < 0)
        fail_msg("%s", fixture_told(&s->d));
}

/* Would catch: a decision that leaves the score pending or the exception standing, or that is not
 * in the audit. */
static void a_decision_settles_reading_score_and_exception(void **state)
{
    struct state *s = *state;
    struct review_outcome outcome;

    assert_int_equal(count_waiting(s, NULL), 1);
    assert_int_equal(decide(s, "p1f3", "B", "Lin", false, &outcome), 0);
    assert_int_equal(outcome.decided, 1);
    assert_int_equal(count_waiting(s, NULL), 0);
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM scores WHERE status = 'scored' "
                                             "AND total_num > 0"),
                     1);
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM readings WHERE value = 'B' AND "
                                             "source = 'review' AND confidence = 1 AND "
                                             "status = 'ok'"),
                     1);
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM exceptions WHERE derived = 0"),
                     0);
    assert_int_equal(fixture_number(s->path,
                                    "SELECT COUNT(*) FROM audit WHERE action = 'review' AND "
                                    "json_extract(detail, '$.old.source') = 'machine' AND "
                                    "json_extract(detail, '$.new.value') = 'B' AND "
                                    "json_extract(detail, '$.by') = 'Lin' AND "
                                    "json_extract(detail, '$.why') = 'looked'"),
                     1);
    expect_sound(s);
    assert_int_equal(decide(s, "p1f3", "", "Wu", false, &outcome), 0);
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM readings WHERE source = "
                                             "'review' AND status = 'blank'"),
                     1);
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM audit WHERE action = 'review'"),
                     2);
    expect_sound(s);
}

/* Would catch: half of a list written because its last row was wrong. */
static void one_wrong_decision_keeps_all_out(void **state)
{
    struct state *s = *state;
    const struct review_decision decisions[] = {{"p1f3", "B", "", false, 2},
                                                {"p1f2", "E", "", false, 3},
                                                {"p7f2", "A", "", false, 4},
                                                {"p1f3", "C", "", false, 5}};
    const struct review_orders orders = {decisions, 4, "Lin", "", "x.csv", false};
    struct review_outcome outcome;
    char *told;

    assert_int_equal(store_begin(s->store, &s->d), 0);
    assert_int_equal(review_decide(s->store, s->exam, &orders, &outcome, &s->d), YJ_EINPUT);
    store_rollback(s->store);
    told = fixture_told(&s->d);
    assert_non_null(strstr(told, "x.csv:3: error: p1f2"));
    assert_non_null(strstr(told, "x.csv:4: error: there is no reading 'p7f2'"));
    assert_non_null(strstr(told, "x.csv:5: error: p1f3 stands twice, first in line 2"));
    free(told);
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM readings WHERE source = "
                                             "'review'"),
                     0);
    expect_sound(s);
}

/* Would catch: one person counted twice, a differing second entry that counts, or the first value
 * let through. */
static void two_people_must_agree(void **state)
{
    struct state *s = *state;
    struct review_outcome outcome;
    enum review_wait wait = WAIT_FIRST;

    assert_int_equal(decide(s, "p1f3", "B", "Lin", true, &outcome), 0);
    assert_int_equal(outcome.entered, 1);
    assert_int_equal(decide(s, "p1f3", "B", "LIN", true, &outcome), 0); /* the same person */
    assert_int_equal(outcome.decided, 0);
    assert_int_equal(count_waiting(s, &wait), 1);
    assert_int_equal(wait, WAIT_SECOND);
    assert_int_equal(decide(s, "p1f3", "C", "Wu", true, &outcome), 0);
    assert_int_equal(outcome.differ, 1);
    assert_int_equal(count_waiting(s, &wait), 1);
    assert_int_equal(wait, WAIT_DIFFER);
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM readings WHERE source = "
                                             "'review'"),
                     0);
    expect_sound(s);
    assert_int_equal(decide(s, "p1f3", "B", "Wu", true, &outcome), 0);
    assert_int_equal(outcome.decided, 1);
    assert_int_equal(count_waiting(s, NULL), 0);
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM entries"), 0);
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM audit WHERE action = 'entry'"),
                     3);
    expect_sound(s);
}

/* Would catch: a person's decision changed behind their back, in the readings alone. */
static void a_changed_decision_is_found(void **state)
{
    static const struct {
        const char *change, *undo;
    } changes[] = {{"UPDATE readings SET value = 'D' WHERE page_id = 1 AND field_id = 3",
                    "UPDATE readings SET value = 'B' WHERE page_id = 1 AND field_id = 3"},
                   {"UPDATE readings SET source = 'machine' WHERE page_id = 1 AND field_id = 3",
                    "UPDATE readings SET source = 'review' WHERE page_id = 1 AND field_id = 3"},
                   {"UPDATE readings SET source = 'review' WHERE page_id = 1 AND field_id = 4",
                    "UPDATE readings SET source = 'machine' WHERE page_id = 1 AND field_id = 4"}};
    struct state *s = *state;
    struct review_outcome outcome;

    assert_int_equal(decide(s, "p1f3", "B", "Lin", false, &outcome), 0);
    expect_sound(s);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct diag d;
        diag_init(&d);
        fixture_sql(s->path, changes[i].change);
        assert_int_equal(store_check(s->store, &d), YJ_EDATA);
        assert_int_equal(d.errors, 2); /* by the audit, and by the seal of the table */
        assert_non_null(strstr(d.entries[0].what, "a person decided"));
        diag_finish(&d);
        fixture_sql(s->path, changes[i].undo);
        assert_int_equal(store_check(s->store, &s->d), 0);
    }
}

/* Would catch: a region without text "decided", a reading of a form's other field with its name. */
static void what_nobody_reads_cannot_be_set(void **state)
{
    struct state *s = *state;
    struct review_outcome outcome;

    assert_int_equal(decide(s, "p1f6", "x", "Lin", false, &outcome), YJ_EINPUT);
    assert_int_equal(decide(s, "p1f1", "00x1", "Lin", false, &outcome), YJ_EINPUT);
    assert_int_equal(decide(s, "nonsense", "A", "Lin", false, &outcome), YJ_EINPUT);
    expect_sound(s);
}

#define STATEFUL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_held_against_the_form),
        cmocka_unit_test(ids_have_one_spelling),
        STATEFUL(a_decision_settles_reading_score_and_exception),
        STATEFUL(one_wrong_decision_keeps_all_out),
        STATEFUL(two_people_must_agree),
        STATEFUL(a_changed_decision_is_found),
        STATEFUL(what_nobody_reads_cannot_be_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
