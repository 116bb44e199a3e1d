/* Forms: where the fields of the YAML come to stand, and what is told when it is wrong. */
#include "diag.h"
#include "form.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define HEAD                                                                                       \
    "form: test\n"                                                                                 \
    "page: {size: A4}\n"                                                                           \
    "registration:\n"                                                                              \
    "  marks: {size: 5, at: [[10, 10], [200, 10], [200, 287], [10, 287]]}\n"                       \
    "bubble: {shape: oval, size: [4, 3]}\n"                                                        \
    "fields:\n"
#define HEAD_LINES 6

static struct form *parse(const char *text)
{
    struct form *form = NULL;
    struct diag d;
    diag_init(&d);
    int rc = form_parse(text, strlen(text), "form.yaml", NULL, &form, &d);
    diag_print(&d, stderr);
    diag_finish(&d);
    assert_int_equal(rc, 0);
    return form;
}

static const struct field *field_called(const struct form *form, const char *name)
{
    int i = form_field_index(form, name);
    assert_true(i >= 0);
    return &form->fields[i];
}

static void assert_near(double got, double expected)
{
    if (!(fabs(got - expected) < 1e-6))
        fail_msg("%.6f is not %.6f", got, expected);
}

/* The centre of bubble k of a field. */
static void assert_bubble(const struct form *form, const char *name, int k, double x, double y)
{
    const struct field *f = field_called(form, name);
    assert_true(k < f->n_bubbles);
    assert_near(rect_center(f->bubbles[k].box).x, x);
    assert_near(rect_center(f->bubbles[k].box).y, y);
}

/* Catches: blocks unfolded to wrong places: the step, the gap after a group, the next column. */
static void test_block_places(void **state)
{
    struct form *form = parse(HEAD "- fields: q1..40\n"
                                   "  kind: choice\n"
                                   "  options: ABCD\n"
                                   "  at: [20, 110]\n"
                                   "  option_step: 6\n"
                                   "  step: 7\n"
                                   "  group: {size: 5, gap: 3}\n"
                                   "  per_column: 10\n"
                                   "  column_step: 45\n");
    assert_int_equal(form->n_fields, 40);
    assert_string_equal(form->fields[39].name, "q40");
    assert_bubble(form, "q1", 0, 20, 110);
    assert_bubble(form, "q1", 3, 38, 110);
    assert_bubble(form, "q5", 0, 20, 138);
    assert_bubble(form, "q6", 0, 20, 148); /* 110 + 5 * 7 + 3 */
    assert_bubble(form, "q10", 1, 26, 176);
    assert_bubble(form, "q11", 0, 65, 110);
    assert_bubble(form, "q40", 3, 20 + 3 * 45 + 18, 110 + 9 * 7 + 3);
    const struct field *q6 = field_called(form, "q6");
    assert_near(q6->area.x, 18);
    assert_near(q6->area.y, 146.5);
    assert_near(q6->area.w, 22);
    assert_near(q6->area.h, 3);
    assert_near(q6->bubbles[0].box.w, 4);
    assert_int_equal(q6->max_marks, 1);
    form_destroy(form);
}

/* Catches: exceptions lost, applied to the wrong fields, or moved from their block's place; two
 * exceptions of one field not both applied. */
static void test_exceptions(void **state)
{
    struct form *form = parse(HEAD "- fields: q1..4\n"
                                   "  kind: choice\n"
                                   "  options: ABCD\n"
                                   "  at: [20, 110]\n"
                                   "  option_step: [6, 0]\n"
                                   "  step: [0, 7]\n"
                                   "  except:\n"
                                   "    q2: {options: ABCDE}\n"
                                   "    q2..3: {multiple: 2}\n"
                                   "    q4: {at: [100, 20], multiple: true}\n");
    assert_int_equal(field_called(form, "q1")->n_options, 4);
    assert_int_equal(field_called(form, "q2")->n_options, 5);
    assert_int_equal(field_called(form, "q2")->max_marks, 2);
    assert_bubble(form, "q2", 4, 44, 117);
    assert_int_equal(field_called(form, "q3")->max_marks, 2);
    assert_int_equal(field_called(form, "q3")->n_options, 4);
    assert_bubble(form, "q4", 0, 100, 20);
    assert_int_equal(field_called(form, "q4")->max_marks, 4);
    form_destroy(form);
}

/* Catches: options in lines or at places of their own put elsewhere. */
static void test_option_places(void **state)
{
    struct form *form = parse(HEAD "- field: lines\n"
                                   "  kind: choice\n"
                                   "  options: 1-12\n"
                                   "  at: [20, 50]\n"
                                   "  option_step: 6\n"
                                   "  per_line: 5\n"
                                   "  line_step: 6\n"
                                   "- field: own\n"
                                   "  kind: choice\n"
                                   "  options: [男, 女, \"null\"]\n"
                                   "  at: [[20, 80], [27, 80], [36, 81]]\n");
    assert_int_equal(field_called(form, "lines")->n_options, 12);
    assert_string_equal(field_called(form, "lines")->options[11], "12");
    assert_bubble(form, "lines", 4, 44, 50);
    assert_bubble(form, "lines", 5, 20, 56);
    assert_bubble(form, "lines", 11, 26, 62);
    assert_bubble(form, "own", 2, 36, 81);
    assert_string_equal(field_called(form, "own")->options[1], "女");
    assert_string_equal(field_called(form, "own")->options[2], "null");
    form_destroy(form);
}

/* Catches: a grid's columns and rows exchanged; columns that differ sharing option numbers. */
static void test_grids(void **state)
{
    struct form *form =
        parse(HEAD "- field: number\n"
                   "  kind: grid\n"
                   "  options: 0-9\n"
                   "  columns: 3\n"
                   "  at: [120, 50]\n"
                   "  column_step: 6\n"
                   "  blank: doubt\n"
                   "- field: code\n"
                   "  kind: grid\n"
                   "  columns: [{options: EH, at: [17, 28]},\n"
                   "            {count: 2, options: 0-9, at: [23, 28], step: [6, 0]}]\n"
                   "  option_step: [0, 4]\n");
    const struct field *number = field_called(form, "number");
    assert_int_equal(number->n_columns, 3);
    assert_int_equal(number->n_bubbles, 30);
    assert_int_equal(number->blank, BLANK_DOUBT);
    assert_bubble(form, "number", 9, 120, 50 + 9 * 4.5); /* 1.5 bubble heights */
    assert_bubble(form, "number", 10, 126, 50);
    assert_int_equal(number->bubbles[10].column, 1);
    assert_int_equal(number->bubbles[10].option, 0);
    const struct field *code = field_called(form, "code");
    assert_int_equal(code->n_columns, 3);
    assert_int_equal(code->n_options, 12);
    assert_int_equal(code->n_bubbles, 22);
    assert_int_equal(code->bubbles[2].option, 2);
    assert_string_equal(code->options[code->bubbles[3].option], "1");
    assert_bubble(form, "code", 12, 29, 28);
    form_destroy(form);
}

/* Catches: a letter that is printed in two columns read as two characters, of which one is missing
 * on every sheet. */
static void test_a_column_continues(void **state)
{
    struct form *form = parse(HEAD "- field: code\n"
                                   "  kind: grid\n"
                                   "  columns: [{count: 2, options: 0-9, at: [23, 28], step: 6},\n"
                                   "            {options: ABE, at: [37, 28]},\n"
                                   "            {options: NY, at: [42, 28], continues: true}]\n"
                                   "  option_step: [0, 4]\n");
    const struct field *code = field_called(form, "code");
    assert_int_equal(code->n_columns, 3);
    assert_int_equal(code->n_bubbles, 25);
    assert_int_equal(code->bubbles[20].column, 2);
    assert_int_equal(code->bubbles[24].column, 2);
    assert_string_equal(code->options[code->bubbles[24].option], "Y");
    assert_bubble(form, "code", 24, 42, 32);
    form_destroy(form);
}

/* Catches: boxes of a block stepped by the block's step; an area not moved with its block. */
static void test_boxes_and_areas(void **state)
{
    struct form *form = parse(HEAD "- field: id\n"
                                   "  kind: digits\n"
                                   "  boxes: 4\n"
                                   "  at: [30, 30]\n"
                                   "  step: 7\n"
                                   "  size: [6, 8]\n"
                                   "- fields: [s1, s2]\n"
                                   "  kind: letters\n"
                                   "  boxes: 2\n"
                                   "  at: [30, 60]\n"
                                   "  box_step: 7\n"
                                   "  step: [0, 12]\n"
                                   "  size: 6\n"
                                   "- fields: w1..2\n"
                                   "  kind: region\n"
                                   "  area: [20, 100, 170, 40]\n"
                                   "  step: 45\n");
    const struct field *id = field_called(form, "id"), *s2 = field_called(form, "s2");
    assert_int_equal(id->n_boxes, 4);
    assert_near(id->area.x, 27);
    assert_near(id->area.w, 27);
    assert_near(s2->boxes[1].x, 34);
    assert_near(s2->boxes[1].y, 69);
    assert_near(field_called(form, "w2")->area.y, 145);
    form_destroy(form);
}

/* Catches: cells that give other points than their labels, ranges that lose an end, a block whose
 * `step` is taken for its cells', a maximum forgotten. */
static void test_strips(void **state)
{
    struct form *form =
        parse(HEAD "- {field: w1, kind: strip, points: [12-0, 0.5], at: [30, 30], step: [8, 0],\n"
                   "   size: [8, 6]}\n"
                   "- {fields: w2..3, kind: strip, points: 0-4, at: [30, 50], box_step: 9,\n"
                   "   size: [8, 6], step: 15, except: {w3: {points: [3-0, 1.5]}}}\n"
                   "- {field: w4, kind: strip, points: [9, 0, 0.5], maximum: 9.5,\n"
                   "   at: [[30, 90], [40, 90], [30, 100]], size: [8, 6]}\n");
    const struct field *f = field_called(form, "w1");
    assert_int_equal(f->n_options, 14);
    assert_int_equal(f->n_boxes, 14);
    assert_string_equal(f->options[0], "12");
    assert_string_equal(f->options[12], "0");
    assert_string_equal(f->options[13], "0.5");
    assert_string_equal(f->maximum, "12");
    assert_near(rect_center(f->boxes[13]).x, 134);
    f = field_called(form, "w3");
    assert_string_equal(f->options[0], "3");
    assert_string_equal(f->options[4], "1.5");
    assert_string_equal(f->maximum, "3");
    assert_near(rect_center(f->boxes[4]).x, 66);
    assert_near(rect_center(f->boxes[4]).y, 65);
    f = field_called(form, "w4");
    assert_string_equal(f->maximum, "9.5");
    assert_near(rect_center(f->boxes[2]).y, 100);
    form_destroy(form);
}

/* Catches: an L's centre of ink wrong (every residual of such a form is then off), or its corner
 * not the nearest to the page's. The figures are worked by hand: a 6 x 6 L of 2 mm has 12 mm2
 * lying and 8 mm2 upright; from its corner (12 * 3 + 8 * 1) / 20 = 2.2 along and
 * (12 * 1 + 8 * 4) / 20 = 2.2 down. */
static void test_ell_marks(void **state)
{
    struct form *form =
        parse("form: ells\n"
              "page: {size: [100, 200]}\n"
              "registration:\n"
              "  marks: {shape: ell, size: 6, stroke: 2, at: [[10, 10], [90, 10], [90, 190]]}\n"
              "  max_residual: 1.5\n"
              "fields:\n"
              "- {field: w, kind: region, area: [20, 20, 10, 10]}\n");
    const struct registration *reg = &form->pages[0].registrations[0];
    assert_int_equal(reg->n_marks, 3);
    assert_near(reg->max_residual, 1.5);
    assert_int_equal(reg->marks[0].corner, CORNER_TOP_LEFT);
    assert_near(reg->marks[0].centroid.x, 7 + 2.2);
    assert_near(reg->marks[0].centroid.y, 7 + 2.2);
    assert_int_equal(reg->marks[1].corner, CORNER_TOP_RIGHT);
    assert_near(reg->marks[1].centroid.x, 93 - 2.2);
    assert_int_equal(reg->marks[2].corner, CORNER_BOTTOM_RIGHT);
    assert_near(reg->marks[2].centroid.y, 193 - 2.2);
    form_destroy(form);
}

/* Catches: timing marks at wrong places, a second track lost, `print` not known. */
static void test_timing_and_print(void **state)
{
    struct form *form = parse("form: tracks\n"
                              "page: {size: [100, 200]}\n"
                              "registration:\n"
                              "- timing:\n"
                              "  - {size: [4, 2], at: [8, 20], step: 6, count: 20}\n"
                              "  - {shape: disc, size: 3, at: [20, 8], step: [5, 0], count: 10}\n"
                              "- print: true\n"
                              "fields:\n"
                              "- {field: w, kind: region, area: [20, 20, 10, 10]}\n");
    const struct registration *reg = form->pages[0].registrations;
    assert_int_equal(form->pages[0].n_registrations, 2);
    assert_int_equal(reg[0].kind, REGISTER_TIMING);
    assert_int_equal(reg[0].n_marks, 30);
    assert_near(reg[0].marks[19].centroid.x, 8);
    assert_near(reg[0].marks[19].centroid.y, 20 + 19 * 6);
    assert_near(reg[0].marks[0].box.h, 2);
    assert_int_equal(reg[0].marks[20].shape, MARK_DISC);
    assert_near(reg[0].marks[29].centroid.x, 20 + 9 * 5);
    assert_int_equal(reg[1].kind, REGISTER_PRINT);
    form_destroy(form);
}

/* Catches: fields on the wrong page, a page's identity lost, a registration at the top not given
 * to the pages that state none, paper not turned. */
static void test_pages(void **state)
{
    struct form *form =
        parse("form: two\n"
              "page: {size: jis-b4, landscape: true}\n"
              "candidate: n\n"
              "registration: [{frame: [10, 10, 300, 200], max_residual: 2}, {outline: true}]\n"
              "pages:\n"
              "- identity:\n"
              "    page: {bits: {at: [60, 18], step: 4, size: 3, count: 6}, value: 5}\n"
              "    sheet: {bits: {at: [60, 14], step: 4, size: 3, count: 12}}\n"
              "- registration: {image: true}\n"
              "  identity: {barcode: {area: [150, 10, 40, 20], text: \"mid/*/2\"}}\n"
              "fields:\n"
              "- {field: n, kind: barcode, area: [20, 20, 30, 10]}\n"
              "- {field: w, kind: text, page: 2, area: [20, 20, 30, 10]}\n");
    assert_near(form->width, 364);
    assert_near(form->height, 257);
    assert_int_equal(form->n_pages, 2);
    assert_int_equal(form->candidate, 0);
    assert_int_equal(form->absent, -1);
    assert_int_equal(form->fields[1].page, 1);
    assert_int_equal(form->pages[0].n_registrations, 2);
    assert_int_equal(form->pages[0].registrations[0].kind, REGISTER_FRAME);
    assert_near(form->pages[0].registrations[0].max_residual, 2);
    assert_near(form->pages[0].registrations[1].max_residual, 0.8);
    assert_int_equal(form->pages[1].registrations[0].kind, REGISTER_IMAGE);
    assert_int_equal(form->pages[0].identity.n_page_bits, 6);
    assert_int_equal(form->pages[0].identity.page_value, 5);
    assert_near(rect_center(form->pages[0].identity.sheet_bits[11]).x, 104);
    assert_string_equal(form->pages[1].identity.barcode_text, "mid/*/2");
    form_destroy(form);
}

/* Catches: YAML's ways of writing one thing (anchors, block lists, quotes) read differently. */
static void test_yaml_ways(void **state)
{
    struct form *form = parse("form: \"ways\"\n"
                              "page: A5\n"
                              "registration: {image: true}\n"
                              "fields:\n"
                              "- field: a\n"
                              "  kind: choice\n"
                              "  options: [T, F]\n"
                              "  bubble: &small {size: 3}\n"
                              "  at:\n"
                              "  - 20\n"
                              "  - 20\n"
                              "  option_step: 5\n"
                              "- {field: b, kind: choice, options: 'TF', at: [20, 30],\n"
                              "   option_step: 5, bubble: *small}\n");
    assert_string_equal(field_called(form, "a")->options[0], "T");
    assert_near(field_called(form, "b")->bubbles[1].box.w, 3);
    assert_int_equal(field_called(form, "b")->shape, BUBBLE_CIRCLE);
    form_destroy(form);
}

/* Catches handwriting taken for print, and a block or its exceptions that lose the language. */
static void test_print_is_a_texts_language(void **state)
{
    struct form *form =
        parse(HEAD "- {field: hand, kind: text, area: [20, 20, 30, 6]}\n"
                   "- {fields: t1..3, kind: text, area: [20, 40, 30, 6], step: 8, print: eng,\n"
                   "   except: {t2: {print: chi_tra+eng}}}\n");
    assert_null(field_called(form, "hand")->print_language);
    assert_string_equal(field_called(form, "t1")->print_language, "eng");
    assert_string_equal(field_called(form, "t2")->print_language, "chi_tra+eng");
    assert_string_equal(field_called(form, "t3")->print_language, "eng");
    form_destroy(form);
}

/* ---- mistakes ---- */

struct mistake {
    const char *text; /* under HEAD where it begins with "- " */
    int line, column; /* within text */
    const char *what, *hint;
};

/* Whether the mistake is told as it should be; else prints what is told instead. */
static bool is_told(const struct mistake *m)
{
    char *text = NULL;
    bool under_head = strncmp(m->text, "- ", 2) == 0;
    assert_true(asprintf(&text, "%s%s", under_head ? HEAD : "", m->text) >= 0);
    struct form *form = NULL;
    struct diag d;
    diag_init(&d);
    int rc = form_parse(text, strlen(text), "form.yaml", NULL, &form, &d);
    int line = m->line + (under_head && m->line ? HEAD_LINES : 0);
    bool told = false;
    for (size_t i = 0; i < d.count; i++) {
        const struct diag_entry *e = &d.entries[i];
        told |= e->line == line && e->column == m->column && strstr(e->what, m->what) &&
                (!m->hint || (e->hint && strstr(e->hint, m->hint)));
    }
    told &= rc == YJ_EINPUT;
    if (!told) {
        diag_print(&d, stderr);
        print_error("not told: %d:%d %s\n%s", line, m->column, m->what, text);
    }
    form_destroy(form);
    diag_finish(&d);
    free(text);
    return told;
}

#define STRIP "- {field: w, kind: strip, at: [30, 30], size: [8, 6], "
#define GRID "- {field: n, kind: grid, option_step: 5, columns: ["
#define CHOICE "- {field: q, kind: choice, options: AB, at: [50, 50], option_step: 6"

/* Catches: a mistake not told, told at the wrong place, or without the hint. */
static void test_mistakes(void **state)
{
    static const struct mistake mistakes[] = {
        {"- field: q\n  knd: choice\n", 2, 3, "unknown key 'knd'", NULL},
        {STRIP "step: 8}\n", 1, 3, "'points' is missing", "12-0"},
        {STRIP "step: 8, points: [3, A]}\n", 1, 76, "'A' is no number of points", NULL},
        {STRIP "step: 8, points: [3, -1]}\n", 1, 76, "'-1' is no number of points", NULL},
        {STRIP "step: 8, points: [3-0, 2]}\n", 1, 78, "points '2' stand twice", NULL},
        {STRIP "step: 8, points: [1, 1.0]}\n", 1, 76, "points '1.0' stand twice", NULL},
        {STRIP "step: 8, points: 3-0, maximum: 2}\n", 1, 86, "a cell gives 3 points", NULL},
        {STRIP "step: 8, points: 3-0, maximum: 4}\n", 1, 86, "give 3 points at most", NULL},
        {STRIP "step: 8, points: [0]}\n", 1, 3, "can give no points", NULL},
        {STRIP "step: 5, points: 3-0}\n", 1, 3, "cell 2 of the strip lies over cell 1", "steps"},
        {STRIP "step: 60, points: 3-0}\n", 1, 3, "box 4 of field 'w' is off the page", NULL},
        {STRIP "points: 3-0}\n", 1, 3, "'step'", NULL},
        {"- {field: q, kind: choise}\n", 1, 20, "unknown kind 'choise'", "'choice'"},
        {"- {field: q, kind: choice}\n", 1, 3, "'options' is missing", NULL},
        {CHOICE ", optoin_step: 3}\n", 1, 71, "unknown key 'optoin_step'", "'option_step'"},
        {CHOICE ", step: 3}\n", 1, 71, "'step' is for a block", "'fields'"},
        {CHOICE ", bubble: {size: 0}}\n", 1, 86, "not above 0", NULL},
        {CHOICE ", bubble: {size: [2, -1]}}\n", 1, 86, "not above 0", NULL},
        {CHOICE ", bubble: {shape: circle}}\n", 1, 79, "circle of 4 x 3", "oval"},
        {CHOICE ", bubble: {shape: ovel}}\n", 1, 87, "unknown shape 'ovel'", "'oval'"},
        {GRID "{options: AB, at: [20, 28], continues: true}]}\n", 1, 91, "nothing that",
         "the one before it"},
        {GRID "{options: AB, at: [20, 28]}, {options: BN, at: [26, 28], continues: true}]}\n", 1,
         120, "is in the one it continues", "each option once"},
        {CHOICE ", multiple: 3}\n", 1, 81, "from 1 to 2", NULL},
        {CHOICE ", page: 2}\n", 1, 77, "page 2 of a form of 1", "pages"},
        {"- {field: q, kind: choice, options: ABA, at: [50, 50], option_step: 6}\n", 1, 37,
         "option 'A' stands twice", NULL},
        {"- {field: q, kind: choice, options: 9-0, at: [50, 50], option_step: 6}\n", 1, 37,
         "backwards", NULL},
        {"- {field: q, kind: choice, options: AB, at: [50, 50]}\n", 1, 3,
         "'option_step' is missing", NULL},
        {"- {field: q, kind: choice, options: AB, at: [50 mm, 50], option_step: 6}\n", 1, 46,
         "'50 mm' in 'at' is no number", "without a unit"},
        {"- {field: q, kind: choice, options: AB, at: [[50, 50]]}\n", 1, 45,
         "1 places for 2 options", NULL},
        {"- {field: q, kind: choice, options: AB, at: [206, 50], option_step: 6}\n", 1, 3,
         "option 'B' of field 'q' is off the page", NULL},
        {"- {field: q, kind: text, area: [20, 50, 30, 5], print: ../eng}\n", 1, 56,
         "'../eng' is no list of Tesseract's languages", "'print: eng"},
        {"- {field: q, kind: text, area: [20, 50, 30, 5], print: eng+}\n", 1, 56,
         "'eng+' is no list", NULL},
        {"- {field: q, kind: digits, boxes: 1, at: [20, 50], size: 5, print: eng}\n", 1, 61,
         "unknown key 'print'", NULL},
        {"- {field: q, kind: region, area: [200, 50, 11, 5]}\n", 1, 3, "field 'q' is off the page",
         NULL},
        {"- {field: q, kind: region, area: [20, 50, 0, 5]}\n", 1, 34, "no width", NULL},
        {"- {field: q, kind: choice, options: AB, at: [50, 50], option_step: 3}\n", 1, 3,
         "option 'B' of field 'q' lies over option 'A' of field 'q'", NULL},
        {CHOICE "}\n- {field: r, kind: choice, options: A, at: [57, 51]}\n", 2, 3,
         "option 'A' of field 'r' lies over option 'B' of field 'q'", NULL},
        {CHOICE "}\n- {field: q, kind: region, area: [20, 90, 10, 5]}\n", 2, 3,
         "field 'q' stands twice, first on line 7", NULL},
        {"- {fields: q5..q1, kind: region, area: [20, 50, 9, 5], step: 6}\n", 1, 12, "backwards",
         NULL},
        {"- {fields: q..9, kind: region, area: [20, 50, 9, 5], step: 6}\n", 1, 12, "no range",
         "q1..40"},
        {"- {fields: q1..99999, kind: region, area: [20, 50, 9, 5], step: 6}\n", 1, 12,
         "more than 1000", NULL},
        {"- {fields: q1..3, kind: region, area: [20, 50, 9, 5]}\n", 1, 3, "'step' is missing",
         NULL},
        {"- {fields: q1..3, kind: region, area: [20, 50, 9, 5], step: 6, except: {q4: {}}}\n", 1,
         73, "'q4' is no field of this block", NULL},
        {"- {fields: q1..3, kind: region, area: [20, 50, 9, 5], step: 6,\n"
         "   except: {q2: {are: [1, 2, 3, 4]}}}\n",
         2, 18, "unknown key 'are'", "'area'"},
        {"- {fields: q1..3, kind: region, area: [20, 50, 9, 5], step: 125}\n", 1, 3,
         "field 'q3' is off the page", NULL},
        {"- {field: g, kind: grid, columns: 2, at: [20, 50], column_step: 6}\n", 1, 3,
         "'options' is missing", NULL},
        {"- {field: d, kind: digits, boxes: 3, at: [20, 50], size: 5}\n", 1, 3, "'step' is missing",
         NULL},
        {"form: x\npage: A4\nregistration: {image: true}\ncandidate: no\nfields:\n"
         "- {field: n, kind: region, area: [1, 1, 9, 9]}\n",
         4, 12, "names no field: 'no'", NULL},
        {"form: x\npage: A4\nregistration: {image: true}\nabsent: n\nfields:\n"
         "- {field: n, kind: text, area: [1, 1, 9, 9]}\n",
         4, 9, "not a choice", NULL},
        {"form: x\npage: A9\nregistration: {image: true}\nfields: []\n", 2, 7, "unknown size 'A9'",
         NULL},
        {"form: x\npage: A4\nregistration:\n  marks: {size: 5, at: [[9, 9], [99, 9]]}\nfields:\n"
         "- {field: n, kind: text, area: [1, 1, 9, 9]}\n",
         4, 10, "2 marks do not say", "three"},
        {"form: x\npage: A4\nregistration:\n  marks: {size: 5, at: [[9, 9], [99, 99], [209, 9]]}\n"
         "fields:\n- {field: n, kind: text, area: [1, 1, 9, 9]}\n",
         4, 3, "a mark is off the page", NULL},
        {"form: x\npage: A4\nregistration:\n  marks: {size: 5, at: [[9, 9], [99, 10], [189, 11]]}\n"
         "fields:\n- {field: n, kind: text, area: [1, 1, 9, 9]}\n",
         4, 10, "on one line", "three"},
        {"form: x\npage: A4\nregistration:\n"
         "  marks: {size: 5, at: [[9, 9], [99, 99], [9, 9], [9, 99]]}\n"
         "fields:\n- {field: n, kind: text, area: [1, 1, 9, 9]}\n",
         4, 10, "two marks stand at 9, 9", NULL},
        {"form: x\npage: A4\nregistration:\n"
         "  marks: {size: 0.01, at: [[9, 9], [99, 99], [9, 99]]}\n"
         "fields:\n- {field: n, kind: text, area: [1, 1, 9, 9]}\n",
         4, 17, "smaller than 0.5 mm", NULL},
        {"- {field: q, kind: choice, options: [\"A\\e[2J\", B], at: [50, 50], option_step: 6}\n", 1,
         39, "control character", NULL},
        {"- {field: q, kind: choice, options: [\"A\\u009b2J\", B], at: [50, 50], option_step: 6}\n",
         1, 39, "control character", NULL},
        {"- {field: q, kind: choice, options: [\"A\\n\", B], at: [50, 50], option_step: 6}\n", 1,
         39, "line end", NULL},
        {"form: \"x\\ny\"\n", 1, 8, "line end", NULL},
        {"form: x\npage: A4\nregistration: {marks: {shape: ell, size: 5, at: [[9, 9]]}}\n", 3, 23,
         "'stroke' is missing", NULL},
        {"form: x\npage: A4\nregistration: {image: true, outline: true}\n", 3, 38, "of two kinds",
         "list"},
        {"form: x\npage: A4\nregistration: {}\n", 3, 15, "of no kind", "timing"},
        {"form: x\npage: A4\nregistration:\n  timing: {size: 3, at: [9, 9], step: 6}\n", 4, 11,
         "'count' is missing", NULL},
        {"form: x\npage: A4\nregistration:\n  timing: {size: 3, at: [9, 9], step: 3, count: 9}\n",
         4, 39, "touch", NULL},
        {"form: x\npage: A4\nregistration:\n  timing: {size: 3, at: [9, 9], step: 6, count: 60}\n"
         "fields:\n- {field: n, kind: text, area: [1, 1, 9, 9]}\n",
         4, 3, "a mark is off the page", NULL},
        {"form: x\nform: y\n", 2, 1, "'form' stands twice, first on line 1", NULL},
        {"form: x\npage: A4\n", 1, 1, "'registration' is missing", NULL},
        {"forms: [a.yaml]\n", 1, 1, "an exam, not a form", NULL},
        {"form: x\npage: A4\nregistration: {image: true}\npages:\n"
         "- identity: {page: {bits: {at: [9, 9], size: 3, count: 1}, value: 1}}\n"
         "- identity: {page: {bits: {at: [9, 9], size: 3, count: 1}, value: 1}}\n",
         6, 3, "pages 1 and 2 have the same identity", NULL},
        {"form: x\npage: A4\nregistration: {image: true}\n"
         "identity: {page: {bits: {at: [9, 9], size: 3, count: 1}, value: 2}}\n",
         4, 65, "from 0 to 1", NULL},
    };
    int missed = 0;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++)
        missed += !is_told(&mistakes[i]);
    assert_int_equal(missed, 0);
}

/* Catches: only the first mistake told; one mistake of a block told forty times. */
static void test_all_at_once(void **state)
{
    const char *text =
        "form: x\n"
        "page: A4\n"
        "registration: {image: true}\n"
        "bubble: {size: 3}\n"
        "fields:\n"
        "- {fields: q1..40, kind: choice, options: AB, at: [20, 20], option_step: 5,\n"
        "   step: 9, colour: red}\n"
        "- {field: r, kind: region, area: [20, 20]}\n"
        "- {field: s, kind: grid, options: 0-9, columns: two, at: [90, 20]}\n";
    struct form *form = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(form_parse(text, strlen(text), "form.yaml", NULL, &form, &d), YJ_EINPUT);
    /* colour; q31 and on are off the page; area; columns */
    if (d.errors != 4) {
        diag_print(&d, stderr);
        fail_msg("%zu errors, not 4", d.errors);
    }
    diag_finish(&d);
}

/* Catches: a marker or reference whose picture is missing noticed only when scans are read; a
 * marker's height not taken from its picture. */
static void test_pictures(void **state)
{
    static const unsigned char png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n', 0, 0, 0, 13,
                                        'I',  'H', 'D', 'R', 0,    0,    0,    40,   0, 0, 0, 20};
    const char *text = "form: x\n"
                       "page: A4\n"
                       "registration:\n"
                       "- marker: {image: m.png, size: 10, at: [[20, 20], [190, 20], [20, 270]]}\n"
                       "- reference: {image: no.png}\n"
                       "fields:\n"
                       "- {field: n, kind: text, area: [50, 50, 9, 9]}\n";
    char dir[] = "/tmp/yuejuan-form-XXXXXX";
    assert_non_null(mkdtemp(dir));
    char path[64];
    snprintf(path, sizeof path, "%s/m.png", dir);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(png, 1, sizeof png, out), sizeof png);
    fclose(out);
    struct form *form = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(form_parse(text, strlen(text), "form.yaml", dir, &form, &d), YJ_EINPUT);
    assert_int_equal(d.errors, 1);
    assert_int_equal(d.entries[0].line, 5);
    assert_int_equal(d.entries[0].column, 22);
    assert_non_null(strstr(d.entries[0].what, "no.png"));
    diag_finish(&d);
    char *shorter = strdup(text);
    char *reference = strstr(shorter, "- reference"), *fields = strstr(shorter, "fields:");
    memmove(reference, fields, strlen(fields) + 1);
    assert_int_equal(form_parse(shorter, strlen(shorter), "form.yaml", dir, &form, NULL), 0);
    assert_near(form->pages[0].registrations[0].marks[0].box.h, 5);
    free(shorter);
    form_destroy(form);
    remove(path);
    rmdir(dir);
}

/* What must be refused with a message, and quickly, whatever it is. */
static void refuse_bytes(const char *text, size_t size, const char *what)
{
    struct form *form = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(form_parse(text, size, "form.yaml", NULL, &form, &d), YJ_EINPUT);
    assert_true(d.errors > 0);
    if (!strstr(d.entries[0].what, what)) {
        diag_print(&d, stderr);
        fail_msg("not told: %s", what);
    }
    diag_finish(&d);
}

static char *repeat(const char *piece, size_t times)
{
    size_t length = strlen(piece);
    char *text = malloc(length * times + 1);
    assert_non_null(text);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * length, piece, length);
    text[length * times] = 0;
    return text;
}

/* Catches: a crash, a hang or a silent success on what is no form. */
static void test_no_forms(void **state)
{
    refuse_bytes("", 0, "empty");
    refuse_bytes("# only a comment\n", 17, "empty");
    refuse_bytes("\xFF\xD8\xFF\xE0", 4, "not UTF-8");
    refuse_bytes("form: x\0page", 12, "control character");
    refuse_bytes("- a\n- b\n", 8, "no form");
    refuse_bytes("just words", 10, "no form");
    refuse_bytes("form: *nobody\n", 14, "nothing before is called");
    refuse_bytes("form: &a [*a]\n", 14, "inside itself");
    refuse_bytes("a: 1\n---\nb: 2\n", 14, "second document");
    refuse_bytes("form: [1, 2\npage: A4\n", 21, "bracket");
    char *deep = repeat("[", 100000);
    refuse_bytes(deep, 100000, "inside each other");
    free(deep);
    char *large = repeat("a: 1\n", 2 << 20);
    refuse_bytes(large, (size_t)10 << 20, "larger than");
    free(large);
    char *many = repeat("- 1\n", 250000);
    refuse_bytes(many, 1000000, "more than 200000 values");
    free(many);
}

/* Catches: an alias bomb unfolded ("billion laughs"): ten levels of ten would be 10^10 nodes. */
static void test_alias_bomb(void **state)
{
    char text[4096];
    int used = snprintf(text, sizeof text, "a0: &a0 [x, x]\n");
    for (int i = 1; i <= 10; i++) {
        used += snprintf(text + used, sizeof text - (size_t)used, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            used += snprintf(text + used, sizeof text - (size_t)used, "*a%d%s", i - 1,
                             k < 9 ? ", " : "]\n");
    }
    used += snprintf(text + used, sizeof text - (size_t)used, "form: *a10\nfields: *a10\n");
    refuse_bytes(text, (size_t)used, "more than 200000 values");
}

/* Catches: thousands of exceptions that each name a thousand fields, looked for one by one. */
static void test_exceptions_without_end(void **state)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs(HEAD "- fields: q1..900\n  kind: choice\n  options: AB\n  at: [20, 20]\n"
               "  option_step: 0.1\n  step: 0.1\n  except:\n",
          out);
    for (int first = 1; first <= 40; first++)
        for (int last = 600; last <= 900; last++)
            fprintf(out, "    q%d..%d: {at: [1, 1]}\n", first, last);
    fclose(out);
    refuse_bytes(text, size, "more than 8 entries of 'except'");
    free(text);
}

/* Catches: entries that each stand for a thousand names, read on and told to the last of them. */
static void test_names_without_end(void **state)
{
    char *entries = repeat("- {fields: [a1..999, b..]}\n", 20000), *text = NULL;
    struct form *form = NULL;
    struct diag d;
    assert_true(asprintf(&text, HEAD "%s", entries) > 0);
    diag_init(&d);
    assert_int_equal(form_parse(text, strlen(text), "form.yaml", NULL, &form, &d), YJ_EINPUT);
    assert_int_equal(d.errors, 200);
    diag_finish(&d);
    free(text);
    free(entries);
}

/* Catches: a crash or a leak (under the sanitizers) on any truncation or any changed byte. */
static void test_broken_copies(void **state)
{
    const char *text =
        HEAD "- {field: n, kind: grid, options: 0-9, columns: [{options: EH, at: [17, "
             "28]}, {count: 3, at: [30, 28], step: 6}], option_step: 4}\n"
             "- fields: q1..12\n  kind: choice\n  options: ABCD\n  at: [20, 110]\n"
             "  option_step: 6\n  step: 7\n  group: {size: 5, gap: 3}\n"
             "  except: {q2..3: {multiple: 2}, q4: {at: [100, 200]}}\n"
             "- {fields: d1..3, kind: digits, boxes: 3, at: [100, 100], size: 5, "
             "box_step: 6, step: 9}\n";
    static const char strange[] = "\n :[]{},&*-#\"'?|0~";
    size_t size = strlen(text);
    char *copy = malloc(size + 1);
    assert_non_null(copy);
    unsigned random = 1;
    for (size_t i = 0; i < 2 * size; i++) {
        struct form *form = NULL;
        struct diag d;
        size_t length = i < size ? i : size;
        memcpy(copy, text, size);
        for (int k = 0; k < 3 && i >= size; k++) {
            random = random * 1103515245 + 12345;
            size_t at = i + (random >> 16) % size;
            copy[at % size] = strange[(random >> 8) % (sizeof strange - 1)];
        }
        diag_init(&d);
        int rc = form_parse(copy, length, "form.yaml", NULL, &form, &d);
        assert_true(rc == 0 ? d.errors == 0 && form : rc == YJ_EINPUT && d.errors > 0 && !form);
        form_destroy(form);
        diag_finish(&d);
    }
    free(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block_places),
        cmocka_unit_test(test_exceptions),
        cmocka_unit_test(test_option_places),
        cmocka_unit_test(test_grids),
        cmocka_unit_test(test_a_column_continues),
        cmocka_unit_test(test_boxes_and_areas),
        cmocka_unit_test(test_strips),
        cmocka_unit_test(test_ell_marks),
        cmocka_unit_test(test_timing_and_print),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_yaml_ways),
        cmocka_unit_test(test_print_is_a_texts_language),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_no_forms),
        cmocka_unit_test(test_alias_bomb),
        cmocka_unit_test(test_names_without_end),
        cmocka_unit_test(test_exceptions_without_end),
        cmocka_unit_test(test_broken_copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
