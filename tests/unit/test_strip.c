/* Score strips: what each stroke of a teacher reads as. A wrong reading is a wrong score that
 * nobody sees; so each test says which mistake it would catch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "diag.h"
#include "drawn_strip.h"
#include "strip.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Cells 12 to 0 and 0.5, 8 x 6 mm, from x = 16. */
static const char form_text[] =
    "form: essay\n"
    "page: [150, 60]\n"
    "registration: {image: true}\n"
    "fields:\n"
    "  - {field: w1, kind: strip, points: [12-0, 0.5], at: [20, 20], step: [8, 0], size: [8, 6]}\n"
    "  - {field: w2, kind: strip, points: [6-0, 0.5], at: [20, 40], step: [9, 0], size: [8, 6]}\n";

/* 20 to 10 above, 9 to 0 and 0.5 below, without a gap. */
static const char two_lines_text[] =
    "form: essay\n"
    "page: [110, 50]\n"
    "registration: {image: true}\n"
    "fields:\n"
    "  - {field: w1, kind: strip, points: [20-0, 0.5], at: [20, 20], size: [7, 6], box_step: 7,\n"
    "     per_line: 11, line_step: 6}\n";

enum { CELL_HALF = 13, CELL_ONE_OF_TWO_LINES = 19 };
#define CELL_OF(points) (12 - (points))

struct page {
    struct form *form;
    const struct field *field;
    struct drawing drawing;
    struct image grey, chroma;
    struct page_map map;
    struct arena arena;
    struct reading reading;
};

static void page_begin_form(struct page *p, const char *form, struct paint print)
{
    const double dpi = 200;
    assert_int_equal(form_parse(form, strlen(form), "strip.yaml", NULL, &p->form, NULL), 0);
    p->field = &p->form->fields[0];
    drawing_init(&p->drawing, p->form->width, p->form->height, dpi);
    for (int i = 0; i < p->form->n_fields; i++)
        drawing_strip(&p->drawing, &p->form->fields[i], print);
    image_init(&p->grey);
    image_init(&p->chroma);
    arena_init(&p->arena);
    memset(&p->map, 0, sizeof p->map);
    double s = dpi / 25.4;
    /* The form is a quarter of a millimetre beside where the page's map has it. */
    p->map.mm_to_px = (struct homography){{s, 0, 0.25 * s - 0.5, 0, s, 0.2 * s - 0.5, 0, 0, 1}};
    p->map.bubble_scale = 1;
}

static void page_begin(struct page *p, struct paint print)
{
    page_begin_form(p, form_text, print);
}

static void page_end(struct page *p)
{
    arena_finish(&p->arena);
    image_finish(&p->grey);
    image_finish(&p->chroma);
    drawing_finish(&p->drawing);
    form_destroy(p->form);
}

enum scan_kind { SCAN_COLOUR, SCAN_GREY, SCAN_BITONAL };

static const struct reading *page_read(struct page *p, enum scan_kind kind)
{
    drawing_scan(&p->drawing, 0.7, 4, 7, kind == SCAN_BITONAL, &p->grey, &p->chroma);
    memset(&p->reading, 0, sizeof p->reading);
    assert_int_equal(strip_read(p->field, &p->grey, kind == SCAN_COLOUR ? &p->chroma : NULL,
                                &p->map, 0.99, &p->arena, &p->reading),
                     0);
    return &p->reading;
}

static void assert_reads(const struct reading *r, const char *value)
{
    if (strcmp(r->value, value) != 0 || r->status != READING_OK)
        print_error("'%s' %s %.4f %s\n", r->value, reading_status_name(r->status), r->confidence,
                    r->evidence);
    assert_string_equal(r->value, value);
    assert_int_equal(r->status, READING_OK);
    assert_true(r->confidence >= 0.99);
}

static void assert_doubted(const struct reading *r)
{
    if (r->status != READING_UNCERTAIN)
        print_error("'%s' %s %.4f %s\n", r->value, reading_status_name(r->status), r->confidence,
                    r->evidence);
    assert_int_equal(r->status, READING_UNCERTAIN);
    assert_true(r->confidence < 0.99);
}

/* One stroke through the cell of `points`; ends in cell sizes. */
struct slash {
    const char *name;
    double x0, y0, x1, y1;
};

static const struct slash slashes[] = {
    {"rising", 0.1, 1.1, 0.9, -0.1},
    {"falling", 0.15, -0.2, 0.8, 1.2},
    {"upright", 0.5, -0.3, 0.55, 1.3},
    {"lying", 0.05, 0.5, 0.95, 0.55},
    {"short", 0.2, 0.8, 0.8, 0.2},
    {"long, far above and below", 0.3, 1.8, 0.7, -0.8},
    {"beyond the right edge by 35 %", 0.05, 0.8, 1.35, 0.2},
    {"beyond the left edge by 35 %", -0.35, 0.8, 0.95, 0.2},
};

/* Cells of all labels, every way to strike them, on every kind of scan. A stroke read in the next
 * cell, or the label or the frame's line taken for one, would show here. */
static void check_slashes(enum scan_kind kind, struct paint pen, double width)
{
    for (size_t s = 0; s < sizeof slashes / sizeof *slashes; s++)
        for (int cell = 0; cell < CELL_HALF; cell += 1 + (int)s % 3) {
            struct page p;
            page_begin(&p, paint_black);
            drawing_slash(&p.drawing, p.field, cell, slashes[s].x0, slashes[s].y0, slashes[s].x1,
                          slashes[s].y1, width, pen);
            const struct reading *r = page_read(&p, kind);
            if (strcmp(r->value, p.field->options[cell]) != 0 || r->status != READING_OK)
                print_error("%s stroke, cell %s\n", slashes[s].name, p.field->options[cell]);
            assert_reads(r, p.field->options[cell]);
            page_end(&p);
        }
}

static void test_red(void **state)
{
    check_slashes(SCAN_COLOUR, paint_red, 0.4);
}
static void test_blue(void **state)
{
    check_slashes(SCAN_COLOUR, paint_blue, 0.5);
}
static void test_black_on_a_colour_scan(void **state)
{
    check_slashes(SCAN_COLOUR, paint_black, 0.5);
}
static void test_red_on_a_grey_scan(void **state)
{
    check_slashes(SCAN_GREY, paint_red, 0.6);
}
static void test_black_on_a_bitonal_scan(void **state)
{
    check_slashes(SCAN_BITONAL, paint_black, 0.5);
}

/* A pencil's stroke is pale and grey. */
static void test_pencil(void **state)
{
    check_slashes(SCAN_COLOUR, paint_grey, 0.5);
}

/* An essay that nobody marked must never be worth 0 points in silence. */
static void test_nothing(void **state)
{
    for (enum scan_kind kind = SCAN_COLOUR; kind <= SCAN_BITONAL; kind++) {
        struct page p;
        page_begin(&p, paint_black);
        const struct reading *r = page_read(&p, kind);
        assert_doubted(r);
        assert_string_equal(r->value, "");
        page_end(&p);
    }
}

/* 11 and a half. */
static void test_half(void **state)
{
    for (enum scan_kind kind = SCAN_COLOUR; kind <= SCAN_BITONAL; kind++) {
        struct page p;
        page_begin(&p, paint_black);
        struct paint pen = kind == SCAN_COLOUR ? paint_red : paint_black;
        drawing_slash(&p.drawing, p.field, CELL_OF(11), 0.2, 1.1, 0.8, -0.1, 0.5, pen);
        drawing_slash(&p.drawing, p.field, CELL_HALF, 0.1, 1.1, 0.9, -0.1, 0.5, pen);
        assert_reads(page_read(&p, kind), "11.5");
        page_end(&p);
    }
}

/* 12 and a half of at most 12: one of the two strokes is a slip. */
static void test_over_the_maximum(void **state)
{
    struct page p;
    page_begin(&p, paint_black);
    drawing_slash(&p.drawing, p.field, CELL_OF(12), 0.2, 1.1, 0.8, -0.1, 0.5, paint_red);
    drawing_slash(&p.drawing, p.field, CELL_HALF, 0.1, 1.1, 0.9, -0.1, 0.5, paint_red);
    assert_doubted(page_read(&p, SCAN_COLOUR));
    page_end(&p);
}

/* A correction: 9, and then 7 instead. Their sum is no score. */
static void test_correction(void **state)
{
    for (enum scan_kind kind = SCAN_COLOUR; kind <= SCAN_BITONAL; kind++) {
        struct page p;
        page_begin(&p, paint_black);
        struct paint pen = kind == SCAN_COLOUR ? paint_red : paint_black;
        drawing_slash(&p.drawing, p.field, CELL_OF(9), 0.2, 1.1, 0.8, -0.1, 0.5, pen);
        drawing_slash(&p.drawing, p.field, CELL_OF(7), 0.2, 1.1, 0.8, -0.1, 0.5, pen);
        assert_doubted(page_read(&p, kind));
        page_end(&p);
    }
}

/* Half in one cell, half in the next, whatever the scan. */
static void test_between(void **state)
{
    static const double shifts[] = {0.42, 0.5, 0.58};
    for (enum scan_kind kind = SCAN_COLOUR; kind <= SCAN_BITONAL; kind++)
        for (int i = 0; i < 3; i++) {
            struct page p;
            page_begin(&p, paint_black);
            struct paint pen = kind == SCAN_COLOUR ? paint_red : paint_black;
            drawing_slash(&p.drawing, p.field, CELL_OF(8), shifts[i], 1.0, shifts[i] + 1, 0.0, 0.5,
                          pen);
            assert_doubted(page_read(&p, kind));
            page_end(&p);
        }
}

/* A ring around the label. */
static void test_circle(void **state)
{
    for (enum scan_kind kind = SCAN_COLOUR; kind <= SCAN_BITONAL; kind++) {
        struct page p;
        struct point ring[25];
        page_begin(&p, paint_black);
        struct point middle = rect_center(p.field->boxes[CELL_OF(10)]);
        for (int i = 0; i < 25; i++)
            ring[i] = (struct point){middle.x + 3.4 * cos(i * M_PI / 12),
                                     middle.y + 2.3 * sin(i * M_PI / 12)};
        drawing_stroke(&p.drawing, ring, 25, 0.5, kind == SCAN_COLOUR ? paint_red : paint_black);
        assert_reads(page_read(&p, kind), "10");
        page_end(&p);
    }
}

/* A tick: down, and up to the right out of the cell. */
static void test_tick(void **state)
{
    for (enum scan_kind kind = SCAN_COLOUR; kind <= SCAN_BITONAL; kind++) {
        struct page p;
        page_begin(&p, paint_black);
        struct rect b = p.field->boxes[CELL_OF(6)];
        const struct point tick[] = {{b.x + 0.15 * b.w, b.y + 0.4 * b.h},
                                     {b.x + 0.4 * b.w, b.y + 0.85 * b.h},
                                     {b.x + 0.95 * b.w, b.y - 0.3 * b.h}};
        drawing_stroke(&p.drawing, tick, 3, 0.5, kind == SCAN_COLOUR ? paint_red : paint_black);
        assert_reads(page_read(&p, kind), "6");
        page_end(&p);
    }
}

/* A stroke of the strip below reaches in, red writing stands beside the strip: neither is a mark
 * here, and neither makes a sure mark doubtful. */
static void test_strokes_elsewhere(void **state)
{
    struct page p;
    page_begin(&p, paint_black);
    drawing_slash(&p.drawing, p.field, CELL_OF(4), 0.1, 1.1, 0.9, -0.1, 0.5, paint_red);
    const struct point from_below[] = {{40, 30.5}, {43, 21.5}};
    drawing_stroke(&p.drawing, from_below, 2, 0.5, paint_red);
    const struct point beside[] = {{133, 18}, {138, 23}, {138, 17}};
    drawing_stroke(&p.drawing, beside, 3, 0.5, paint_red);
    assert_reads(page_read(&p, SCAN_COLOUR), "4");
    page_end(&p);
}

/* The strip below has a stroke that overshoots into a cell here: it must not add points, nor, where
 * it ends in the cell of half a point, be dismissed unseen. */
static void test_stroke_from_below(void **state)
{
    for (int half = 0; half < 2; half++) {
        struct page p;
        page_begin(&p, paint_black);
        drawing_slash(&p.drawing, p.field, CELL_OF(4), 0.1, 1.1, 0.9, -0.1, 0.5, paint_red);
        drawing_slash(&p.drawing, p.field, half ? CELL_HALF : CELL_OF(9), 0.4, 2.5, 0.6, 0.25, 0.5,
                      paint_red);
        if (half)
            assert_doubted(page_read(&p, SCAN_COLOUR));
        else
            assert_reads(page_read(&p, SCAN_COLOUR), "4");
        page_end(&p);
    }
}

/* A line through 0 runs into the stroke through 0.5: half a point lost, were they one stroke. */
static void test_touching(void **state)
{
    struct page p;
    page_begin(&p, paint_black);
    drawing_slash(&p.drawing, p.field, CELL_OF(0), 0.1, 0.5, 1.3, 0.5, 0.5, paint_red);
    drawing_slash(&p.drawing, p.field, CELL_HALF, 0.05, 1.1, 0.6, -0.1, 0.5, paint_red);
    assert_reads(page_read(&p, SCAN_COLOUR), "0.5");
    page_end(&p);
}

/* A ring around the line between 0 and 0.5 is neither, nor both. */
static void test_ring_between(void **state)
{
    static const double shifts[] = {-0.6, 0, 0.6};
    for (int k = 0; k < 3; k++) {
        struct page p;
        struct point ring[25];
        page_begin(&p, paint_black);
        struct rect b = p.field->boxes[CELL_HALF];
        for (int i = 0; i < 25; i++)
            ring[i] = (struct point){b.x + shifts[k] + 3.4 * cos(i * M_PI / 12),
                                     b.y + b.h / 2 + 2.9 * sin(i * M_PI / 12)};
        drawing_stroke(&p.drawing, ring, 25, 0.5, paint_red);
        assert_doubted(page_read(&p, SCAN_COLOUR));
        page_end(&p);
    }
}

/* A pen that hardly writes. */
static void test_pale_red(void **state)
{
    static const struct paint pale = {0.97, 0.85, 0.85};
    for (int cell = 0; cell < CELL_HALF; cell++) {
        struct page p;
        page_begin(&p, paint_black);
        drawing_slash(&p.drawing, p.field, cell, 0.35, 0.95, 0.65, 0.05, 0.5, pale);
        assert_reads(page_read(&p, SCAN_COLOUR), p.field->options[cell]);
        page_end(&p);
    }
}

/* Two lines without a gap: a stroke that ends in the line above is the lower cell's; through both,
 * a person says whose it is. */
static void test_two_lines(void **state)
{
    static const double ends[] = {-0.3, -0.6, -0.95};
    for (int i = 0; i < 3; i++) {
        struct page p;
        page_begin_form(&p, two_lines_text, paint_black);
        drawing_slash(&p.drawing, p.field, CELL_ONE_OF_TWO_LINES, 0.4, 1.05, 0.7, ends[i], 0.5,
                      paint_red);
        if (i < 2)
            assert_reads(page_read(&p, SCAN_COLOUR), "1");
        else
            assert_doubted(page_read(&p, SCAN_COLOUR));
        page_end(&p);
    }
}

/* The same right or left of the middle: its end in the other line does not make it doubtful, since
 * both cells are as far from it. Half in each it stays so. */
static void test_two_lines_beside_the_middle(void **state)
{
    static const double at[] = {0.24, 0.74};
    for (int i = 0; i < 4; i++) {
        struct page p;
        bool between = i > 1;
        page_begin_form(&p, two_lines_text, paint_black);
        drawing_slash(&p.drawing, p.field, CELL_ONE_OF_TWO_LINES, at[i % 2], between ? 0.6 : 1.1,
                      at[i % 2] + 0.04, between ? -0.6 : -0.35, 0.5, paint_red);
        if (between)
            assert_doubted(page_read(&p, SCAN_COLOUR));
        else
            assert_reads(page_read(&p, SCAN_COLOUR), "1");
        page_end(&p);
    }
}

/* A pupil's black line through one cell beside the teacher's red through another: whose is which is
 * for a person to say. */
static void test_black_beside_red(void **state)
{
    struct page p;
    page_begin(&p, paint_black);
    drawing_slash(&p.drawing, p.field, CELL_OF(11), 0.1, 1.1, 0.9, -0.1, 0.5, paint_red);
    drawing_slash(&p.drawing, p.field, CELL_HALF, 0.1, 1.1, 0.9, -0.1, 0.5, paint_black);
    assert_doubted(page_read(&p, SCAN_COLOUR));
    page_end(&p);
}

/* Sheets printed in red: the print is no stroke, and a stroke is one all the same. */
static void test_coloured_print(void **state)
{
    static const struct paint light_red = {0.95, 0.55, 0.5};
    struct page p;
    page_begin(&p, light_red);
    assert_doubted(page_read(&p, SCAN_COLOUR));
    assert_string_equal(p.reading.value, "");
    drawing_slash(&p.drawing, p.field, CELL_OF(5), 0.1, 1.1, 0.9, -0.1, 0.5, paint_red);
    assert_reads(page_read(&p, SCAN_COLOUR), "5");
    page_end(&p);
}

/* Dust, and a short touch of the pen. */
static void test_small_things(void **state)
{
    struct page p;
    page_begin(&p, paint_black);
    drawing_slash(&p.drawing, p.field, CELL_OF(3), 0.1, 1.1, 0.9, -0.1, 0.5, paint_red);
    drawing_slash(&p.drawing, p.field, CELL_HALF, 0.1, 0.2, 0.13, 0.2, 0.3, paint_red);
    assert_reads(page_read(&p, SCAN_COLOUR), "3");
    page_end(&p);
    page_begin(&p, paint_black);
    drawing_slash(&p.drawing, p.field, CELL_OF(3), 0.4, 0.6, 0.6, 0.4, 0.5, paint_red);
    assert_doubted(page_read(&p, SCAN_COLOUR));
    page_end(&p);
}

/* A page without the strip's print where the map has it is not the page that was meant. */
static void test_print_missing(void **state)
{
    struct page p;
    page_begin(&p, paint_black);
    drawing_finish(&p.drawing);
    drawing_init(&p.drawing, p.form->width, p.form->height, 200);
    drawing_slash(&p.drawing, p.field, CELL_OF(3), 0.1, 1.1, 0.9, -0.1, 0.5, paint_red);
    assert_doubted(page_read(&p, SCAN_COLOUR));
    page_end(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_red),
        cmocka_unit_test(test_blue),
        cmocka_unit_test(test_black_on_a_colour_scan),
        cmocka_unit_test(test_red_on_a_grey_scan),
        cmocka_unit_test(test_black_on_a_bitonal_scan),
        cmocka_unit_test(test_pencil),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_half),
        cmocka_unit_test(test_over_the_maximum),
        cmocka_unit_test(test_correction),
        cmocka_unit_test(test_between),
        cmocka_unit_test(test_circle),
        cmocka_unit_test(test_tick),
        cmocka_unit_test(test_strokes_elsewhere),
        cmocka_unit_test(test_stroke_from_below),
        cmocka_unit_test(test_touching),
        cmocka_unit_test(test_ring_between),
        cmocka_unit_test(test_pale_red),
        cmocka_unit_test(test_two_lines),
        cmocka_unit_test(test_two_lines_beside_the_middle),
        cmocka_unit_test(test_black_beside_red),
        cmocka_unit_test(test_coloured_print),
        cmocka_unit_test(test_small_things),
        cmocka_unit_test(test_print_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
