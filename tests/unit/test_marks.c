#include "marks_page.h"

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

static const char card[] =
    "form: card\n"
    "page: {size: A4}\n"
    "registration: {image: true}\n"
    "bubble: {shape: box, size: 4}\n"
    "absent: yes5\n"
    "fields:\n"
    "  - {field: number, kind: grid, options: 0-9, columns: 3, at: [120, 40], option_step: [0, "
    "6],\n"
    "     column_step: [7, 0]}\n"
    "  - {field: strict, kind: grid, options: 0-9, columns: 2, at: [150, 40], option_step: [0, "
    "6],\n"
    "     column_step: [7, 0], blank: doubt}\n"
    "  - {field: name, kind: grid, options: A-E, columns: 4, at: [20, 40], option_step: [0, 6],\n"
    "     column_step: [7, 0], blank: space}\n"
    "  - {fields: q1..20, kind: choice, options: ABCD, at: [25, 120], option_step: [7, 0],\n"
    "     step: [0, 7], except: {q20: {multiple: true}}}\n"
    "  - {fields: yes1..5, kind: choice, options: [yes], at: [100, 120], step: [0, 7]}\n";

static int setup(void **state)
{
    return marks_page_make(card, state);
}

static void draw(struct page *p, const struct drawn_fill *fills)
{
    struct page_map map = map_of(p);
    drawn_page_draw(p->form, 0, &map.mm_to_px, 1654, 2339, fills, &p->img);
}

/* A line over bubble i of a field, from and to in mm from its middle. */
static void draw_line(struct page *p, const char *field, int i, struct point from, struct point to,
                      double width, double darkness)
{
    struct page_map map = map_of(p);
    struct point c = rect_center(p->form->fields[form_field_index(p->form, field)].bubbles[i].box);
    drawn_page_line(&map.mm_to_px, (struct point){c.x + from.x, c.y + from.y},
                    (struct point){c.x + to.x, c.y + to.y}, width, darkness, &p->img);
}

static void draw_tick(struct page *p, const char *field, int i)
{
    draw_line(p, field, i, (struct point){-1.6, 0}, (struct point){-0.4, 1.4}, 0.5, 0.75);
    draw_line(p, field, i, (struct point){-0.4, 1.4}, (struct point){2.2, -2.0}, 0.5, 0.75);
}

static void draw_cross(struct page *p, const char *field, int i, double reach)
{
    draw_line(p, field, i, (struct point){-reach, -reach}, (struct point){reach, reach}, 0.5, 0.8);
    draw_line(p, field, i, (struct point){-reach, reach}, (struct point){reach, -reach}, 0.5, 0.8);
}

static void read_drawn(struct page *p, const struct omr_settings *settings)
{
    struct page_map map = map_of(p);
    drawn_page_noise(&p->img, 10, 7);
    arena_reset(&p->arena);
    assert_int_equal(
        omr_read_page(p->form, 0, &p->img, &map, settings, p->looks, &p->arena, p->readings, &p->n),
        0);
    assert_int_equal(p->n, p->form->n_fields);
}

static void read_fills(struct page *p, const struct drawn_fill *fills)
{
    draw(p, fills);
    read_drawn(p, &usual);
}

static void expect(const struct page *p, const char *field, const char *value,
                   enum reading_status status)
{
    const struct reading *r = &p->readings[form_field_index(p->form, field)];
    if (strcmp(r->value, value) != 0 || r->status != status)
        fail_msg("%s: read '%s' (%s, %.4f), not '%s' (%s); %s", field, r->value,
                 reading_status_name(r->status), r->confidence, value, reading_status_name(status),
                 r->evidence);
}

static void expect_doubt(const struct page *p, const char *field)
{
    const struct reading *r = &p->readings[form_field_index(p->form, field)];
    if (r->status != READING_UNCERTAIN)
        fail_msg("%s: read '%s' (%s, %.4f), not a doubt; %s", field, r->value,
                 reading_status_name(r->status), r->confidence, r->evidence);
}

/* Several marks where one is allowed: as many are read, or a person looks. Never one. */
static void expect_several(const struct page *p, const char *field, const char *value)
{
    const struct reading *r = &p->readings[form_field_index(p->form, field)];
    bool doubt = r->status == READING_UNCERTAIN;
    if (!doubt && (r->status != READING_MULTIPLE || strcmp(r->value, value) != 0))
        fail_msg("%s: read '%s' (%s, %.4f), not '%s'; %s", field, r->value,
                 reading_status_name(r->status), r->confidence, value, r->evidence);
}

/* Catches printed letters or noise taken for ink. */
static void test_a_blank_sheet_is_blank(void **state)
{
    struct page *p = *state;
    read_fills(p, NULL);
    for (int i = 0; i < p->n; i++)
        expect(p, p->form->fields[i].name, "", READING_BLANK);
}

/* Catches a field that is surely blank on the page of somebody whose marks hardly show: one more
 * may have sunk. Of somebody else it is. */
static void test_blank_where_marks_hardly_show(void **state)
{
    struct page *p = *state;
    for (int hardly = 0; hardly < 2; hardly++) {
        char field[8];
        draw(p, NULL);
        for (int q = 1; q <= 16; q++) {
            snprintf(field, sizeof(field), "q%d", q);
            double reach = hardly ? 0.02 : 1.2;
            draw_line(p, field, q % 4, (struct point){-reach, -reach}, (struct point){reach, reach},
                      hardly ? 1.0 : 1.2, 0.75);
        }
        read_drawn(p, &usual);
        if (hardly)
            expect_doubt(p, "q17");
        else
            expect(p, "q17", "", READING_BLANK);
        expect(p, "yes5", "", READING_BLANK); /* who is absent somebody else says */
    }
}

/* Catches a threshold that only suits one pressure: the same answers from black to pale. */
static void test_every_pressure_reads_the_same(void **state)
{
    struct page *p = *state;
    static const double pressures[] = {0.85, 0.6, 0.4, 0.25, 0.16};
    for (size_t k = 0; k < sizeof(pressures) / sizeof(*pressures); k++) {
        double d = pressures[k];
        struct drawn_fill fills[] = {
            {"q1", 0, d, 0.9},      {"q2", 1, d, 0.9},     {"q3", 2, d, 0.9},
            {"q4", 3, d, 0.9},      {"q5", 1, d, 0.9},     {"q20", 0, d, 0.9},
            {"q20", 2, d, 0.9},     {"number", 3, d, 0.9}, {"number", 17, d, 0.9},
            {"number", 20, d, 0.9}, {NULL, 0, 0, 0}};
        read_fills(p, fills);
        expect(p, "q1", "A", READING_OK);
        expect(p, "q4", "D", READING_OK);
        expect(p, "q5", "B", READING_OK);
        expect(p, "q6", "", READING_BLANK);
        expect(p, "q20", "AC", READING_OK);
        expect(p, "number", "370", READING_OK);
    }
}

/* Catches two marks hidden: a person must see that there are two. */
static void test_double_marks_are_multiple(void **state)
{
    struct page *p = *state;
    struct drawn_fill fills[] = {
        {"q1", 0, 0.6, 0.9}, {"q1", 2, 0.55, 0.9},    {"q2", 1, 0.6, 0.9},     {"q3", 1, 0.6, 0.9},
        {"q4", 1, 0.6, 0.9}, {"number", 0, 0.6, 0.9}, {"number", 5, 0.6, 0.9}, {NULL, 0, 0, 0}};
    read_fills(p, fills);
    expect_several(p, "q1", "AC");
    expect_several(p, "number", "[0|5]");
}

/* Catches the silent error of a half-erased or half-hearted mark among dark ones. */
static void test_a_pale_mark_among_dark_ones_is_doubtful(void **state)
{
    struct page *p = *state;
    struct drawn_fill fills[] = {{"q1", 0, 0.7, 0.9}, {"q2", 1, 0.7, 0.9},  {"q3", 2, 0.7, 0.9},
                                 {"q4", 3, 0.7, 0.9}, {"q5", 1, 0.18, 0.9}, {NULL, 0, 0, 0}};
    read_fills(p, fills);
    expect_doubt(p, "q5");
    expect(p, "q4", "D", READING_OK);
}

/* Catches an eraser's residue beside a full mark taken for a second mark. */
static void test_residue_beside_a_mark_is_forgiven(void **state)
{
    struct page *p = *state;
    struct drawn_fill fills[] = {{"q1", 0, 0.7, 0.9}, {"q1", 2, 0.13, 0.9}, {"q2", 1, 0.7, 0.9},
                                 {"q3", 2, 0.7, 0.9}, {"q4", 3, 0.7, 0.9},  {NULL, 0, 0, 0}};
    read_fills(p, fills);
    expect(p, "q1", "A", READING_OK);
}

/* Catches marks learned as print: every question answered A, every yes marked. */
static void test_the_same_answer_everywhere_is_still_seen(void **state)
{
    struct page *p = *state;
    struct drawn_fill fills[32] = {{0}};
    char names[25][8];
    for (int i = 0; i < 20; i++) {
        snprintf(names[i], sizeof(names[i]), "q%d", i + 1);
        fills[i] = (struct drawn_fill){names[i], 0, 0.55, 0.9};
    }
    for (int i = 20; i < 25; i++) {
        snprintf(names[i], sizeof(names[i]), "yes%d", i - 19);
        fills[i] = (struct drawn_fill){names[i], 0, 0.55, 0.9};
    }
    read_fills(p, fills);
    expect(p, "q1", "A", READING_OK);
    expect(p, "q20", "A", READING_OK);
    expect(p, "yes1", "yes", READING_OK);
    expect(p, "yes5", "yes", READING_OK);
}

/* Catches a number with a hole read as a shorter one, and names without their space. */
static void test_unmarked_columns(void **state)
{
    struct page *p = *state;
    struct drawn_fill fills[] = {{"number", 11, 0.7, 0.9}, {"number", 20, 0.7, 0.9},
                                 {"strict", 4, 0.7, 0.9},  {"name", 0, 0.7, 0.9},
                                 {"name", 12, 0.7, 0.9},   {"q1", 0, 0.7, 0.9},
                                 {NULL, 0, 0, 0}};
    read_fills(p, fills);
    expect(p, "number", "10", READING_OK);
    expect(p, "strict", "4?", READING_UNCERTAIN);
    expect(p, "name", "A C", READING_OK);
    fills[0].bubble = 1; /* the first column instead of the second */
    read_fills(p, fills);
    expect(p, "number", "1?0", READING_UNCERTAIN);
}

/* Catches a sheet on which every option is filled read as blank: marks learned as print, or taken
 * for what empty bubbles show. */
static void test_marks_everywhere_are_no_print(void **state)
{
    struct page *p = *state;
    struct drawn_fill fills[97] = {{0}};
    static char names[24][8];
    for (int i = 0; i < 96; i++) {
        snprintf(names[i / 4], sizeof(names[0]), "q%d", i / 4 + 1);
        fills[i] = (struct drawn_fill){i < 80 ? names[i / 4] : NULL, i % 4, 0.6, 0.95};
    }
    read_fills(p, fills);
    for (int i = 1; i < 20; i++)
        expect_several(p, names[i - 1], "ABCD");
}

/* Catches answers read where the print is covered: a label over the options B to D. */
static void test_covered_options_are_doubtful(void **state)
{
    struct page *p = *state;
    struct drawn_fill fills[] = {{"q1", 0, 0.7, 0.9}, {"q2", 1, 0.7, 0.9}, {"q3", 2, 0.7, 0.9},
                                 {"q4", 3, 0.7, 0.9}, {"q6", 1, 0.7, 0.9}, {NULL, 0, 0, 0}};
    struct page_map map = map_of(p);
    draw(p, fills);
    drawn_page_erase(&map.mm_to_px, (struct rect){29, 145, 24, 6}, &p->img); /* q5 */
    read_drawn(p, &usual);
    expect_doubt(p, "q5");
    expect(p, "q4", "D", READING_OK);
    expect(p, "q6", "B", READING_OK);
}

/* Enough plain answers to show how this pupil marks. */
static const struct drawn_fill plain[] = {
    {"q1", 0, 0.7, 0.9}, {"q2", 1, 0.7, 0.9}, {"q3", 2, 0.7, 0.9}, {"q4", 3, 0.7, 0.9},
    {"q6", 1, 0.7, 0.9}, {"q7", 2, 0.7, 0.9}, {"q8", 0, 0.7, 0.9}, {NULL, 0, 0, 0}};

/* Catches a culture that is not asked: a tick answers, or counts for nothing, or goes to a person,
 * as the office says. */
static void test_the_office_says_what_a_tick_is(void **state)
{
    struct page *p = *state;
    struct omr_settings settings = usual;
    static const struct {
        enum mark_meaning meaning;
        const char *value;
    } said[] = {{MEANS_ANSWER, "B"}, {MEANS_NOTHING, ""}};
    for (size_t k = 0; k < sizeof(said) / sizeof(*said); k++) {
        settings.culture.tick = said[k].meaning;
        draw(p, plain);
        draw_tick(p, "q10", 1);
        read_drawn(p, &settings);
        expect(p, "q10", said[k].value, *said[k].value ? READING_OK : READING_BLANK);
        expect(p, "q4", "D", READING_OK);
    }
    settings.culture.tick = MEANS_DOUBT;
    draw(p, plain);
    draw_tick(p, "q10", 1);
    read_drawn(p, &settings);
    expect_doubt(p, "q10");
    expect(p, "q4", "D", READING_OK);
}

/* Catches an answer that was struck out and is counted beside the new one. */
static void test_a_struck_out_answer_is_no_second_one(void **state)
{
    struct page *p = *state;
    static const struct drawn_fill more[] = {
        {"q1", 0, 0.6, 0.9}, {"q2", 1, 0.6, 0.9},  {"q3", 2, 0.6, 0.9},  {"q4", 3, 0.6, 0.9},
        {"q6", 1, 0.6, 0.9}, {"q20", 0, 0.6, 0.9}, {"q20", 2, 0.6, 0.9}, {NULL, 0, 0, 0}};
    draw(p, more);
    draw_cross(p, "q20", 0, 3.2);
    read_drawn(p, &usual);
    const struct reading *r = &p->readings[form_field_index(p->form, "q20")];
    if (r->status == READING_OK && strcmp(r->value, "C") != 0)
        fail_msg("q20 read '%s', %s", r->value, r->evidence);
    expect(p, "q4", "D", READING_OK);
}

/* Catches a dot on the printed letter that reads as nothing: too little ink for the first reader.
 */
static void test_a_small_dot_is_no_blank(void **state)
{
    struct page *p = *state;
    draw(p, plain);
    draw_line(p, "q10", 2, (struct point){0.2, 0.1}, (struct point){0.5, 0.2}, 0.9, 0.8);
    read_drawn(p, &usual);
    const struct reading *r = &p->readings[form_field_index(p->form, "q10")];
    if (r->status != READING_UNCERTAIN && strcmp(r->value, "C") != 0)
        fail_msg("q10 read '%s', %s", r->value, r->evidence);
    expect(p, "q11", "", READING_BLANK);
}

/* Catches a mark so large that its own ink passes for the paper beside it. */
static void test_a_mark_far_beyond_its_outline_is_a_mark(void **state)
{
    struct page *p = *state;
    draw(p, plain);
    for (int k = -6; k <= 6; k++)
        draw_line(p, "q10", 1, (struct point){-2.9, 0.45 * k}, (struct point){2.9, 0.45 * k}, 0.6,
                  0.7);
    read_drawn(p, &usual);
    const struct reading *r = &p->readings[form_field_index(p->form, "q10")];
    if (strcmp(r->value, "B") != 0 && r->status != READING_UNCERTAIN)
        fail_msg("q10 read '%s', %s", r->value, r->evidence);
}

/* Catches a threshold that does not follow the wish. */
static void test_less_silence_means_more_review(void **state)
{
    struct page *p = *state;
    int doubts[2] = {0, 0};
    static const double wishes[2] = {1e-2, 1e-9};
    for (int k = 0; k < 2; k++) {
        struct omr_settings settings = usual;
        settings.min_confidence = 0;
        settings.max_silent_error = wishes[k];
        draw(p, plain);
        for (int i = 0; i < 4; i++) {
            static const char *const names[] = {"q10", "q11", "q12", "q13"};
            draw_line(p, names[i], i, (struct point){-1, 0}, (struct point){1, 0}, 0.3 + 0.3 * i,
                      0.12 + 0.05 * i);
        }
        read_drawn(p, &settings);
        for (int i = 0; i < p->n; i++)
            doubts[k] += p->readings[i].status == READING_UNCERTAIN;
    }
    assert_true(doubts[1] > doubts[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_blank_sheet_is_blank),
        cmocka_unit_test(test_blank_where_marks_hardly_show),
        cmocka_unit_test(test_every_pressure_reads_the_same),
        cmocka_unit_test(test_double_marks_are_multiple),
        cmocka_unit_test(test_a_pale_mark_among_dark_ones_is_doubtful),
        cmocka_unit_test(test_residue_beside_a_mark_is_forgiven),
        cmocka_unit_test(test_the_same_answer_everywhere_is_still_seen),
        cmocka_unit_test(test_unmarked_columns),
        cmocka_unit_test(test_marks_everywhere_are_no_print),
        cmocka_unit_test(test_covered_options_are_doubtful),
        cmocka_unit_test(test_the_office_says_what_a_tick_is),
        cmocka_unit_test(test_a_struck_out_answer_is_no_second_one),
        cmocka_unit_test(test_a_small_dot_is_no_blank),
        cmocka_unit_test(test_a_mark_far_beyond_its_outline_is_a_mark),
        cmocka_unit_test(test_less_silence_means_more_review),
    };
    return cmocka_run_group_tests(tests, setup, marks_page_remove);
}
