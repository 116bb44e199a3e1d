/* test_page_ways.c - what several ways of one number, and the roster, make of each other. */
#include "diag.h"
#include "form.h"
#include "page_ways.h"
#include "roster.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include <cmocka.h>

#define DIGITS 4

static const char form_text[] =
    "form: f\npage: A4\ncandidate: number\nregistration: {image: true}\nfields:\n"
    "  - {field: number, kind: grid, options: 0-9, columns: 4, at: [20, 50], column_step: 6, "
    "bubble: {size: 3}}\n"
    "  - {field: written, kind: digits, boxes: 4, at: [20, 30], step: 9, size: [8, 8], same_as: "
    "number}\n"
    "  - {field: again, kind: barcode, area: [100, 20, 50, 20], same_as: number}\n";

struct desk {
    struct form *form;
    struct roster *roster;
    struct exam exam;
    struct page_view view;
    struct reading readings[3];
    struct writing writings[3];
    struct boxed_text boxed;
    struct box_belief boxes[DIGITS];
};

/* Boxes that show `digits` with probability p each; '?' shows nothing in particular, '_' is empty.
 */
static void show(struct desk *d, const char *digits, double p)
{
    memset(d->boxes, 0, sizeof d->boxes);
    d->boxed = (struct boxed_text){
        .alphabet = GLYPH_DIGITS, .n = DIGITS, .boxes = d->boxes, .text = digits, .confidence = 1};
    for (int i = 0; i < DIGITS; i++) {
        struct box_belief *b = &d->boxes[i];
        b->character = 1;
        for (int k = 0; k < 10; k++)
            b->glyph.of[k] = digits[i] == '?' ? 0.1F : (float)((1 - p) / 9);
        if (digits[i] >= '0' && digits[i] <= '9')
            b->glyph.of[digits[i] - '0'] = (float)p;
        d->boxed.confidence *= digits[i] == '?' ? 0.1 : p;
        d->boxed.has_doubt |= digits[i] == '?';
    }
    for (int i = 0; i < DIGITS; i++)
        if (digits[i] == '_') {
            d->boxes[i] =
                (struct box_belief){.empty = 0.9999, .character = 0.0001, .glyph = {.junk = 1}};
            d->boxed.confidence = 0.2;
        }
    bool sure = d->boxed.confidence >= 0.99;
    d->readings[1] = (struct reading){
        1, digits, sure ? READING_OK : READING_UNCERTAIN, d->boxed.confidence, "", {0}};
    d->writings[1].boxed = &d->boxed;
}

static void mark(struct desk *d, const char *value, enum reading_status status, double confidence)
{
    d->readings[0] = (struct reading){0, value, status, confidence, "", {0}};
}

static void desk_init(struct desk *d, const char *roster)
{
    *d = (struct desk){.exam = {.min_confidence = 0.99}};
    assert_int_equal(form_parse(form_text, strlen(form_text), "f.yaml", NULL, &d->form, NULL), 0);
    if (roster)
        assert_int_equal(roster_parse(roster, strlen(roster), "r.csv", &d->roster, NULL), 0);
    d->exam.roster = d->roster;
    d->view.exam = &d->exam;
    d->readings[2] = (struct reading){2, "", READING_UNCERTAIN, 0, "", {0}};
}

static void desk_finish(struct desk *d)
{
    form_destroy(d->form);
    roster_destroy(d->roster);
}

static void settle(struct desk *d)
{
    page_ways_settle(&d->view, d->form, d->readings, d->writings, 3);
}

static void expect(const struct desk *d, int way, const char *value, enum reading_status status)
{
    assert_string_equal(d->readings[way].value, value);
    assert_int_equal(d->readings[way].status, status);
}

#define ROSTER "candidate,name,class,school\n1234,a,1,s\n1235,b,1,s\n9876,c,1,s\n"

/* Bubbles and handwriting that differ, and one of them taken. */
static void sends_a_quarrel_to_a_person(void **state)
{
    for (int with_roster = 0; with_roster < 2; with_roster++) {
        struct desk d;
        desk_init(&d, with_roster ? ROSTER : NULL);
        mark(&d, "1234", READING_OK, 0.99999);
        show(&d, "1235", 0.9999);
        settle(&d);
        assert_int_equal(d.readings[0].status, READING_UNCERTAIN);
        assert_int_equal(d.readings[1].status, READING_UNCERTAIN);
        desk_finish(&d);
    }
}

/* What agrees, doubted. */
static void takes_what_agrees(void **state)
{
    struct desk d;
    desk_init(&d, NULL);
    mark(&d, "1234", READING_OK, 0.9999);
    show(&d, "1234", 0.9);
    settle(&d);
    expect(&d, 0, "1234", READING_OK);
    expect(&d, 1, "1234", READING_OK);
    desk_finish(&d);
}

/* A doubtful digit that does not speak against the bubbles, taken for a quarrel; one that does,
 * passed over. */
static void hears_a_doubtful_way(void **state)
{
    struct desk d;
    desk_init(&d, NULL);
    mark(&d, "1234", READING_OK, 0.9999);
    show(&d, "123?", 0.999);
    settle(&d);
    expect(&d, 0, "1234", READING_OK);
    desk_finish(&d);
    desk_init(&d, NULL);
    mark(&d, "1234", READING_OK, 0.9999);
    show(&d, "1287", 0.98); /* not sure of itself, but of not being 1234 */
    settle(&d);
    assert_int_equal(d.readings[0].status, READING_UNCERTAIN);
    desk_finish(&d);
}

/* The same with a roster that has the bubbles' number: it does not make it truer. */
static void hears_a_doubtful_way_beside_a_roster(void **state)
{
    struct desk d;
    desk_init(&d, ROSTER);
    mark(&d, "1234", READING_OK, 0.9999);
    show(&d, "1287", 0.98);
    settle(&d);
    assert_int_not_equal(d.readings[0].status, READING_OK);
    assert_int_not_equal(d.readings[1].status, READING_OK);
    desk_finish(&d);
}

/* A column that holds two marks, neither of which was written; and a box left out or unclear beside
 * one that says otherwise: taken, since the open value "is not" its own. */
static void hears_what_an_open_value_denies(void **state)
{
    static const char *const written[] = {"1294", "12_4", "9?34"};
    for (int i = 0; i < 3; i++) {
        struct desk d;
        desk_init(&d, NULL);
        if (i == 0)
            mark(&d, "12[0|5]4", READING_MULTIPLE, 0.9);
        else
            mark(&d, "1234", READING_OK, 0.9999);
        show(&d, written[i], 0.9999);
        settle(&d);
        assert_int_not_equal(d.readings[0].status, READING_OK);
        assert_int_not_equal(d.readings[1].status, READING_OK);
        desk_finish(&d);
    }
}

/* A digit left out, filled in from the roster. */
static void fills_no_gap(void **state)
{
    struct desk d;
    desk_init(&d, ROSTER);
    d.form->candidate = 1;
    d.form->fields[1].same_as = NULL;
    mark(&d, "", READING_BLANK, 0.999);
    show(&d, "98_6", 0.9999);
    d.readings[1].value = "986"; /* as boxed_text.h spells it */
    settle(&d);
    assert_int_equal(d.readings[1].status, READING_UNCERTAIN);
    desk_finish(&d);
}

/* A line that is not sure of itself, but of one digit that the bubbles do not have, passed over;
 * one that only doubts it, taken for a quarrel. */
static void hears_a_doubtful_line(void **state)
{
    static const struct {
        float sure;
        enum reading_status status;
    } lines[] = {{0.995F, READING_UNCERTAIN}, {0.6F, READING_OK}};
    for (size_t k = 0; k < 2; k++) {
        struct desk d;
        float frames[2 * DIGITS * 11] = {0};
        struct line_reading line = {
            .kind = LINE_DIGITS, .text = "1235", .writing = 1, .frames = {frames, 2 * DIGITS, 11}};
        desk_init(&d, NULL);
        for (int i = 0; i < DIGITS; i++) { /* a digit, and a frame that says nothing new */
            frames[2 * i * 11 + 1 + "1235"[i] - '0'] = i == DIGITS - 1 ? lines[k].sure : 1;
            frames[(2 * i + 1) * 11] = 1;
        }
        frames[2 * (DIGITS - 1) * 11 + 1 + 4] = 1 - lines[k].sure; /* or a 4 */
        mark(&d, "1234", READING_OK, 0.99999);
        d.readings[1] = (struct reading){1, "1235", READING_UNCERTAIN, 0.8, "", {0}};
        d.writings[1].line = &line;
        settle(&d);
        assert_int_equal(d.readings[0].status, lines[k].status);
        desk_finish(&d);
    }
}

/* Nothing written above the bubbles held against them. */
static void hears_no_empty_way(void **state)
{
    struct desk d;
    desk_init(&d, ROSTER);
    mark(&d, "1234", READING_OK, 0.9999);
    show(&d, "1234", 0.9);
    d.readings[1] = (struct reading){1, "", READING_BLANK, 0.999, "", {0}};
    settle(&d);
    expect(&d, 0, "1234", READING_OK);
    expect(&d, 1, "", READING_BLANK);
    desk_finish(&d);
}

/* Bubbles left out: the written number must not score a sheet alone, but be proposed. */
static void proposes_what_was_only_written(void **state)
{
    for (int with_roster = 0; with_roster < 2; with_roster++) {
        struct desk d;
        desk_init(&d, with_roster ? ROSTER : NULL);
        mark(&d, "", READING_BLANK, 0.999);
        show(&d, "9876", 0.9999);
        settle(&d);
        expect(&d, 0, "9876", READING_UNCERTAIN);
        desk_finish(&d);
    }
}

/* A column with two marks that the written digit decides; and one that it cannot. */
static void settles_bubbles_by_handwriting(void **state)
{
    struct desk d;
    desk_init(&d, ROSTER);
    mark(&d, "123[4|5]", READING_MULTIPLE, 0.9);
    show(&d, "1235", 0.9995);
    settle(&d);
    expect(&d, 0, "1235", READING_OK);
    desk_finish(&d);
    desk_init(&d, ROSTER);
    mark(&d, "123[4|5]", READING_MULTIPLE, 0.9);
    show(&d, "123?", 0.9995);
    settle(&d);
    assert_int_not_equal(d.readings[0].status, READING_OK);
    desk_finish(&d);
}

/* An unclear digit where one candidate fits, left open; where two fit, guessed. */
static void settles_a_digit_by_the_roster(void **state)
{
    struct desk d;
    desk_init(&d, ROSTER);
    d.form->candidate = 1; /* handwriting alone */
    d.form->fields[1].same_as = NULL;
    mark(&d, "", READING_BLANK, 0.999);
    show(&d, "98?6", 0.995);
    settle(&d);
    expect(&d, 1, "9876", READING_OK);
    show(&d, "123?", 0.995);
    settle(&d);
    assert_int_equal(d.readings[1].status, READING_UNCERTAIN);
    desk_finish(&d);
}

/* A stranger's number beside the roster's (another school's), one digit of it unclear, bent to the
 * entry that it may be as well. */
static void keeps_a_neighbours_number_open(void **state)
{
    struct desk d;
    desk_init(&d, ROSTER);
    d.form->candidate = 1;
    d.form->fields[1].same_as = NULL;
    mark(&d, "", READING_BLANK, 0.999);
    show(&d, "9886", 0.9999); /* 9876 is on the roster */
    d.roster->crowding = 0.4; /* as where candidates are numbered one by one */
    d.boxes[2].glyph.of[8] = 0.8F;
    d.boxes[2].glyph.of[7] = 0.2F;
    d.readings[1].status = READING_UNCERTAIN;
    d.readings[1].confidence = 0.8;
    settle(&d);
    assert_int_equal(d.readings[1].status, READING_UNCERTAIN);
    desk_finish(&d);
}

/* A number that nobody on the roster has, bent to the nearest one. */
static void keeps_a_stranger(void **state)
{
    struct desk d;
    desk_init(&d, ROSTER);
    d.form->candidate = 1;
    d.form->fields[1].same_as = NULL;
    mark(&d, "", READING_BLANK, 0.999);
    show(&d, "4321", 0.9995);
    settle(&d);
    expect(&d, 1, "4321", READING_OK);
    desk_finish(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sends_a_quarrel_to_a_person),
        cmocka_unit_test(takes_what_agrees),
        cmocka_unit_test(hears_a_doubtful_way),
        cmocka_unit_test(hears_a_doubtful_way_beside_a_roster),
        cmocka_unit_test(hears_what_an_open_value_denies),
        cmocka_unit_test(fills_no_gap),
        cmocka_unit_test(hears_no_empty_way),
        cmocka_unit_test(hears_a_doubtful_line),
        cmocka_unit_test(proposes_what_was_only_written),
        cmocka_unit_test(settles_bubbles_by_handwriting),
        cmocka_unit_test(settles_a_digit_by_the_roster),
        cmocka_unit_test(keeps_a_stranger),
        cmocka_unit_test(keeps_a_neighbours_number_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
