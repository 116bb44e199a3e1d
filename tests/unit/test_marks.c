#include "drawn_page.h"

#include "diag.h"
#include "marks.h"

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

struct page {
    struct form *form;
    struct image img;
    struct arena arena;
    struct reading readings[64];
    int n;
};

static int setup(void **state)
{
    struct page *p = calloc(1, sizeof(*p));
    struct diag d;
    diag_init(&d);
    if (!p || form_parse(card, strlen(card), "test.yaml", ".", &p->form, &d) < 0) {
        diag_print(&d, stderr);
        return -1;
    }
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct page *p = *state;
    form_destroy(p->form);
    image_finish(&p->img);
    arena_finish(&p->arena);
    free(p);
    return 0;
}

static void read_fills(struct page *p, const struct drawn_fill *fills)
{
    struct page_map map = {.mm_to_px = drawn_page_map(p->form, 200, 0.7), .bubble_scale = 1};
    struct omr_settings settings = {.min_confidence = 0.99};
    drawn_page_draw(p->form, 0, &map.mm_to_px, 1654, 2339, fills, &p->img);
    drawn_page_noise(&p->img, 10, 7);
    arena_reset(&p->arena);
    assert_int_equal(
        omr_read_page(p->form, 0, &p->img, &map, &settings, NULL, &p->arena, p->readings, &p->n),
        0);
    assert_int_equal(p->n, p->form->n_fields);
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

/* Catches printed letters or noise taken for ink. */
static void test_a_blank_sheet_is_blank(void **state)
{
    struct page *p = *state;
    read_fills(p, NULL);
    for (int i = 0; i < p->n; i++)
        expect(p, p->form->fields[i].name, "", READING_BLANK);
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
    expect(p, "q1", "AC", READING_MULTIPLE);
    expect(p, "number", "[0|5]", READING_MULTIPLE);
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
        expect(p, names[i - 1], "ABCD", READING_MULTIPLE);
}

/* Catches answers read where the print is covered: a label over the options B to D. */
static void test_covered_options_are_doubtful(void **state)
{
    struct page *p = *state;
    struct drawn_fill fills[] = {{"q1", 0, 0.7, 0.9}, {"q2", 1, 0.7, 0.9}, {"q3", 2, 0.7, 0.9},
                                 {"q4", 3, 0.7, 0.9}, {"q6", 1, 0.7, 0.9}, {NULL, 0, 0, 0}};
    struct page_map map = {.mm_to_px = drawn_page_map(p->form, 200, 0.7), .bubble_scale = 1};
    struct omr_settings settings = {.min_confidence = 0.99};
    drawn_page_draw(p->form, 0, &map.mm_to_px, 1654, 2339, fills, &p->img);
    drawn_page_erase(&map.mm_to_px, (struct rect){29, 145, 24, 6}, &p->img); /* q5 */
    arena_reset(&p->arena);
    assert_int_equal(
        omr_read_page(p->form, 0, &p->img, &map, &settings, NULL, &p->arena, p->readings, &p->n),
        0);
    expect_doubt(p, "q5");
    expect(p, "q4", "D", READING_OK);
    expect(p, "q6", "B", READING_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_blank_sheet_is_blank),
        cmocka_unit_test(test_every_pressure_reads_the_same),
        cmocka_unit_test(test_double_marks_are_multiple),
        cmocka_unit_test(test_a_pale_mark_among_dark_ones_is_doubtful),
        cmocka_unit_test(test_residue_beside_a_mark_is_forgiven),
        cmocka_unit_test(test_the_same_answer_everywhere_is_still_seen),
        cmocka_unit_test(test_unmarked_columns),
        cmocka_unit_test(test_marks_everywhere_are_no_print),
        cmocka_unit_test(test_covered_options_are_doubtful),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
