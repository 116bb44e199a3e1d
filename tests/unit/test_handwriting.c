/* test_handwriting.c - boxes to write in, on pictures drawn here: what is a border, what is the
 * box's own ink, and what the characters in a row of boxes add up to. */
#include "boxed_text.h"
#include "diag.h"
#include "drawn_page.h"
#include "vision.h"
#include "written_box.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PX 7.874 /* a millimetre, at 200 dpi */
#define BOXES 4

struct sheet {
    struct image img, scratch;
    struct page_map map;
    struct arena arena;
    struct rect boxes[BOXES]; /* 8 x 10 mm, 9 mm apart */
};

static void sheet_init(struct sheet *s)
{
    *s = (struct sheet){
        .map = {.mm_to_px = {{PX, 0, -0.5, 0, PX, -0.5, 0, 0, 1}}, .bubble_scale = 1}};
    assert_int_equal(image_resize(&s->img, (int)(60 * PX), (int)(30 * PX)), 0);
    memset(s->img.data, 245, s->img.stride * (size_t)s->img.height);
    for (int i = 0; i < BOXES; i++)
        s->boxes[i] = (struct rect){10 + 9.0 * i, 10, 8, 10};
}

static void sheet_finish(struct sheet *s)
{
    image_finish(&s->img);
    image_finish(&s->scratch);
    arena_finish(&s->arena);
}

static void draw_line(struct sheet *s, double x0, double y0, double x1, double y1, double width,
                      double darkness)
{
    drawn_page_line(&s->map.mm_to_px, (struct point){x0, y0}, (struct point){x1, y1}, width,
                    darkness, &s->img);
}

/* Borders that lie `dx`, `dy` mm from where the form has them. */
static void draw_borders(struct sheet *s, double dx, double dy, double darkness)
{
    for (int i = 0; i < BOXES; i++) {
        struct rect b = s->boxes[i];
        double l = b.x + dx, t = b.y + dy, r = l + b.w, d = t + b.h;
        draw_line(s, l, t, r, t, 0.25, darkness);
        draw_line(s, l, d, r, d, 0.25, darkness);
        draw_line(s, l, t, l, d, 0.25, darkness);
        draw_line(s, r, t, r, d, 0.25, darkness);
    }
}

/* Polylines on a grid of 0 to 10 each way. */
static void draw_digit(struct sheet *s, int box, char digit)
{
    static const struct {
        char digit;
        int n;
        double at[12][2];
    } shapes[] = {
        {'1', 2, {{5, 0}, {5, 10}}},
        {'7', 3, {{1, 0.5}, {9, 0}, {4, 10}}},
        {'2', 7, {{1, 2.5}, {3, 0.3}, {7, 0.3}, {8.5, 2.8}, {6, 6}, {1, 10}, {9.5, 9.8}}},
        {'0', 9, {{5, 0}, {8, 1.5}, {9, 5}, {8, 8.5}, {5, 10}, {2, 8.5}, {1, 5}, {2, 1.5}, {5, 0}}},
        {'4', 6, {{6.5, 0}, {1, 6.5}, {9.5, 6.5}, {7, 6.5}, {7, 2}, {7, 10}}}};
    struct rect b = s->boxes[box];
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
        for (int i = 0; shapes[k].digit == digit && i + 1 < shapes[k].n; i++)
            draw_line(s, b.x + 2 + 0.4 * shapes[k].at[i][0], b.y + 2 + 0.6 * shapes[k].at[i][1],
                      b.x + 2 + 0.4 * shapes[k].at[i + 1][0],
                      b.y + 2 + 0.6 * shapes[k].at[i + 1][1], 0.6, 0.8);
}

static void look(struct sheet *s, struct written_box *ret)
{
    assert_int_equal(
        written_boxes_look(&s->img, &s->map, s->boxes, BOXES, &s->scratch, &s->arena, ret), 0);
}

/* ---- borders and ink ---- */

/* A border that counts as ink, wherever registration left it; one that is taken for paper with what
 * was written across it. */
static void takes_borders_away(void **state)
{
    static const double off[][2] = {{0, 0}, {0.4, -0.3}, {-0.5, 0.5}};
    for (size_t k = 0; k < 3; k++) {
        struct sheet s;
        struct written_box seen[BOXES];
        sheet_init(&s);
        draw_borders(&s, off[k][0], off[k][1], 0.9);
        drawn_page_noise(&s.img, 6, 1);
        look(&s, seen);
        for (int i = 0; i < BOXES; i++) {
            assert_true(seen[i].visible);
            assert_true(seen[i].ink == 0);
        }
        sheet_finish(&s);
    }
}

/* A "1" beside a side where the scanner dropped the border out, taken for the border. */
static void keeps_a_stroke_where_no_border_is(void **state)
{
    struct sheet s;
    struct written_box seen[BOXES];
    sheet_init(&s);
    draw_line(&s, 10.6, 10.4, 10.6, 19.6, 0.5, 0.8);
    look(&s, seen);
    assert_true(seen[0].ink > 3);
    assert_true(seen[1].ink == 0);
    sheet_finish(&s);
}

/* A stroke that loses its part beyond the border, or all of itself with it. */
static void keeps_what_crosses_the_border(void **state)
{
    struct sheet s;
    struct written_box seen[BOXES];
    sheet_init(&s);
    draw_borders(&s, 0, 0, 0.9);
    draw_line(&s, 14, 12, 14, 21.5, 0.6, 0.8); /* 1.5 mm below the first box */
    look(&s, seen);
    assert_true(seen[0].ink > 4);
    assert_true(seen[0].extent.y + seen[0].extent.h > 9.5);
    sheet_finish(&s);
}

/* Ink that a neighbour's stroke left in a box, read as that box's. */
static void leaves_a_neighbours_stroke_out(void **state)
{
    struct sheet s;
    struct written_box seen[BOXES];
    sheet_init(&s);
    draw_borders(&s, 0, 0, 0.9);
    draw_line(&s, 12, 12, 19.8, 18, 0.6, 0.8); /* from the first box 0.8 mm into the second */
    look(&s, seen);
    assert_true(seen[0].ink > 3);
    assert_true(seen[1].ink == 0);
    sheet_finish(&s);
}

/* Dust taken for a character, a touch of the pen taken for nothing. */
static void tells_dust_from_a_dot(void **state)
{
    struct sheet s;
    struct written_box seen[BOXES];
    sheet_init(&s);
    draw_borders(&s, 0, 0, 0.9);
    draw_line(&s, 14, 15, 14.05, 15, 0.1, 0.9);
    draw_line(&s, 23, 18, 23.4, 18, 0.7, 0.9);
    look(&s, seen);
    assert_true(seen[0].ink == 0);
    assert_true(seen[1].ink > 0.2 && seen[1].extent.w < 1.6);
    sheet_finish(&s);
}

/* The picture of a character that depends on where in the box and how large it was written. */
static void normalises_size_and_place(void **state)
{
    uint8_t small[40 * 40] = {0}, large[90 * 90] = {0}, a[GLYPH_POINTS], b[GLYPH_POINTS];
    for (int i = 0; i < 20; i++) /* an L */
        for (int k = 0; k < 3; k++) {
            small[(10 + i) * 40 + 5 + k] = 200;
            small[(27 + k) * 40 + 5 + i / 2] = 200;
        }
    for (int i = 0; i < 40; i++)
        for (int k = 0; k < 6; k++) {
            large[(40 + i) * 90 + 60 + k] = 120;
            large[(74 + k) * 90 + 60 + i / 2] = 120;
        }
    glyph_normalise(small, 40, 40, a);
    glyph_normalise(large, 90, 90, b);
    for (int i = 0; i < GLYPH_POINTS; i++)
        assert_true(abs(a[i] - b[i]) < 40);
}

/* ---- characters ---- */

static void read_boxes(struct sheet *s, const struct boxed_style *style, struct boxed_text *ret)
{
    struct glyph_reader *reader = NULL;
    assert_int_equal(glyph_reader_create(&reader), 0);
    assert_int_equal(boxed_text_read(reader, style, &s->img, &s->map, s->boxes, BOXES, &s->scratch,
                                     &s->arena, ret),
                     0);
    glyph_reader_destroy(reader);
}

static const struct boxed_style digits = {.alphabet = GLYPH_DIGITS};

/* Plain digits that are not read, or read in another order. */
static void reads_digits(void **state)
{
    struct sheet s;
    struct boxed_text t;
    sheet_init(&s);
    draw_borders(&s, 0.2, 0.1, 0.9);
    draw_digit(&s, 0, '7');
    draw_digit(&s, 1, '2');
    draw_digit(&s, 2, '0');
    draw_digit(&s, 3, '4');
    drawn_page_noise(&s.img, 5, 2);
    read_boxes(&s, &digits, &t);
    assert_string_equal(t.text, "7204");
    assert_true(boxed_text_likelihood(&t, "7204", 0) > 0.5);
    assert_true(boxed_text_likelihood(&t, "7209", 0) < 0.2);
    assert_true(boxed_text_likelihood(&t, "72045", 0) == 0);
    sheet_finish(&s);
}

/* Points that the view shows and the glyph does not. */
static int beside(const struct written_box *seen)
{
    int n = 0;
    for (int i = 0; i < GLYPH_POINTS; i++)
        n += seen->view[i] > 120 && seen->glyph[i] < 20;
    return n;
}

/* A view without the border, which then tells a bar on the printed line from none no better than
 * the glyph does; one of another place than the glyph; one of an empty box. */
static void shows_the_border_in_the_view(void **state)
{
    struct written_box bare[BOXES], framed[BOXES];
    struct sheet s;
    sheet_init(&s);
    draw_digit(&s, 0, '7');
    look(&s, bare);
    assert_in_range(beside(&bare[0]), 0, 8);
    sheet_finish(&s);
    sheet_init(&s);
    draw_borders(&s, 0.1, 0.1, 0.9);
    draw_line(&s, 11.5, 10.1, 17, 10.1, 0.6, 0.8); /* a bar along the box's upper side */
    draw_line(&s, 17, 10.1, 13, 17, 0.6, 0.8);
    look(&s, framed);
    assert_true(framed[0].ink > 0);
    assert_true(beside(&framed[0]) > 10);
    for (int i = 0; i < GLYPH_POINTS; i++)
        assert_int_equal(framed[1].view[i], 0);
    sheet_finish(&s);
}

/* A sheet that lay askew or on its head: boxes cut along the image's rows would hold half of each.
 */
static void reads_digits_of_a_turned_sheet(void **state)
{
    static const double degrees[] = {4, -7, 90, 180};
    for (size_t k = 0; k < sizeof degrees / sizeof *degrees; k++) {
        struct sheet s;
        struct boxed_text t;
        double a = degrees[k] * M_PI / 180, c = cos(a) * PX, d = sin(a) * PX;
        sheet_init(&s);
        assert_int_equal(image_resize(&s.img, (int)(70 * PX), (int)(70 * PX)), 0);
        memset(s.img.data, 245, s.img.stride * (size_t)s.img.height);
        double x = 35 * PX - 30 * c + 15 * d, y = 35 * PX - 30 * d - 15 * c;
        s.map.mm_to_px = (struct homography){{c, -d, x, d, c, y, 0, 0, 1}};
        draw_borders(&s, 0.1, 0.1, 0.9);
        draw_digit(&s, 0, '2');
        draw_digit(&s, 1, '7');
        draw_digit(&s, 2, '4');
        draw_digit(&s, 3, '0');
        read_boxes(&s, &digits, &t);
        assert_string_equal(t.text, "2740");
        sheet_finish(&s);
    }
}

/* Empty boxes read as digits, a gap within a number passed over, a number flush right not found. */
static void knows_empty_boxes(void **state)
{
    struct sheet s;
    struct boxed_text t;
    sheet_init(&s);
    draw_borders(&s, 0, 0, 0.9);
    read_boxes(&s, &digits, &t);
    assert_string_equal(t.text, "");
    assert_true(t.confidence > 0.995);
    draw_digit(&s, 3, '7');
    read_boxes(&s, &digits, &t);
    assert_string_equal(t.text, "7");
    assert_true(boxed_text_likelihood(&t, "7", 0) > 0.5);
    draw_digit(&s, 1, '4');
    read_boxes(&s, &digits, &t);
    assert_string_equal(t.text, "47");
    assert_true(t.confidence < 0.5); /* 4_7 */
    sheet_finish(&s);
}

/* A point or a minus lost: 0.7 read as 07, -7 as 7 or 17; and signs where none may stand. */
static void reads_signs(void **state)
{
    const struct boxed_style signs = {
        .alphabet = GLYPH_DIGITS, .allows_point = true, .allows_minus = true};
    struct sheet s;
    struct boxed_text t;
    sheet_init(&s);
    draw_borders(&s, 0, 0, 0.9);
    draw_line(&s, 12, 15, 16, 15, 0.6, 0.8);
    draw_digit(&s, 1, '7');
    draw_line(&s, 32, 18, 32.3, 18, 0.8, 0.8);
    draw_digit(&s, 3, '2');
    read_boxes(&s, &signs, &t);
    assert_string_equal(t.text, "-7.2");
    read_boxes(&s, &digits, &t);
    assert_true(t.confidence < 0.9);
    sheet_finish(&s);
}

/* A scan that is nothing: no crash, and nothing taken for sure. */
static void is_not_fooled_by_rubbish(void **state)
{
    for (int k = 0; k < 4; k++) {
        struct sheet s;
        struct boxed_text t;
        sheet_init(&s);
        if (k == 0)
            memset(s.img.data, 0, s.img.stride * (size_t)s.img.height);
        if (k == 1)
            drawn_page_noise(&s.img, 120, 7);
        if (k == 2) /* boxes beyond the scan */
            s.map.mm_to_px.m[2] = 4000;
        if (k == 3) /* so small that there is nothing to see */
            s.map.mm_to_px.m[0] = s.map.mm_to_px.m[4] = 0.2;
        read_boxes(&s, &digits, &t);
        assert_true(t.confidence < 0.9);
        sheet_finish(&s);
    }
}

/* A digit in grain of more pieces than are counted, called an empty box. */
static void finds_no_emptiness_in_grain(void **state)
{
    struct sheet s;
    struct boxed_text t;
    sheet_init(&s);
    draw_borders(&s, 0, 0, 0.9);
    draw_digit(&s, 1, '7');
    for (int y = 0; y < s.img.height; y += 3)
        for (int x = y % 2; x < s.img.width; x += 3)
            image_row(&s.img, y)[x] = 60;
    read_boxes(&s, &digits, &t);
    for (int i = 0; i < BOXES; i++)
        assert_true(t.boxes[i].empty < 0.9);
    sheet_finish(&s);
}

/* An answer that stands below its box for the most, called an empty box. */
static void doubts_a_box_written_past(void **state)
{
    struct sheet s;
    struct boxed_text t;
    sheet_init(&s);
    draw_borders(&s, 0, 0, 0.9);
    draw_line(&s, 31.8, 19.1, 32, 24, 0.9, 0.8);
    read_boxes(&s, &digits, &t);
    assert_true(t.text[0] || t.confidence < 0.9);
    sheet_finish(&s);
}

/* Boxes of absurd sizes: one pixel, 10,000 pixels wide. */
static void survives_absurd_boxes(void **state)
{
    struct sheet s;
    struct written_box seen[BOXES];
    sheet_init(&s);
    s.boxes[0] = (struct rect){10, 10, 0.1, 0.1};
    s.boxes[1] = (struct rect){0, 0, 1300, 10};
    s.boxes[2] = (struct rect){-5, -5, 8, 10};
    look(&s, seen);
    for (int i = 0; i < 3; i++)
        assert_false(seen[i].visible);
    assert_true(seen[3].visible);
    sheet_finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_borders_away),
        cmocka_unit_test(keeps_a_stroke_where_no_border_is),
        cmocka_unit_test(keeps_what_crosses_the_border),
        cmocka_unit_test(leaves_a_neighbours_stroke_out),
        cmocka_unit_test(tells_dust_from_a_dot),
        cmocka_unit_test(normalises_size_and_place),
        cmocka_unit_test(shows_the_border_in_the_view),
        cmocka_unit_test(reads_digits),
        cmocka_unit_test(reads_digits_of_a_turned_sheet),
        cmocka_unit_test(knows_empty_boxes),
        cmocka_unit_test(reads_signs),
        cmocka_unit_test(is_not_fooled_by_rubbish),
        cmocka_unit_test(finds_no_emptiness_in_grain),
        cmocka_unit_test(doubts_a_box_written_past),
        cmocka_unit_test(survives_absurd_boxes),
    };
    if (vision_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
