/* test_plain_box.c - boxes that are plainly empty, and all that must not be taken for one, on
 * pictures drawn here. */
#include "drawn_page.h"
#include "plain_box.h"
#include "written_box.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DPI 200
#define LINE 0.3   /* mm, of a border */
#define BLACK 0.8  /* of a border */
#define MARGIN 2.8 /* mm around the box */
#define FAINT 0.12 /* a pale pencil: 29 grey levels */

/* A box of 8 x 10 mm on a paper of 30 x 30. */
static const struct rect box = {11, 10, 8, 10};

struct sheet {
    struct image img;
    struct page_map map;
};

static void sheet_init(struct sheet *s, double dpi, double degrees)
{
    double c = cos(degrees * M_PI / 180) * dpi / 25.4, d = sin(degrees * M_PI / 180) * dpi / 25.4;
    int side = (int)(30 * dpi / 25.4);
    double x = side / 2.0 - 15 * c + 15 * d, y = side / 2.0 - 15 * d - 15 * c;
    *s = (struct sheet){.map = {.mm_to_px = {{c, -d, x, d, c, y, 0, 0, 1}}, .bubble_scale = 1}};
    assert_int_equal(image_resize(&s->img, side, side), 0);
    memset(s->img.data, 240, s->img.stride * (size_t)s->img.height);
}

static void draw(struct sheet *s, double x0, double y0, double x1, double y1, double width,
                 double darkness)
{
    drawn_page_line(&s->map.mm_to_px, (struct point){x0, y0}, (struct point){x1, y1}, width,
                    darkness, &s->img);
}

/* Its border, `dx`, `dy` mm from where the form has it; sides: a bit each for left, top, right,
 * bottom. */
static void draw_border(struct sheet *s, double dx, double dy, int sides)
{
    double l = box.x + dx, t = box.y + dy, r = l + box.w, d = t + box.h;
    const double at[4][4] = {{l, t, l, d}, {l, t, r, t}, {r, t, r, d}, {l, d, r, d}};
    for (int side = 0; side < 4; side++)
        if (sides >> side & 1)
            draw(s, at[side][0], at[side][1], at[side][2], at[side][3], LINE, BLACK);
}

static bool is_plain(struct sheet *s)
{
    bool plain = plain_box(&s->img, &s->map, box, MARGIN);
    image_finish(&s->img);
    return plain;
}

/* A short way that is never taken: where print lies off its place, at other resolutions, on a sheet
 * that lay askew or on its side, in a scanner's noise, and where no border is left. */
static void takes_the_short_way(void **state)
{
    static const struct {
        double dpi, degrees, dx, dy;
        int sides;
    } at[] = {{200, 0, 0, 0, 15},     {200, 0, 0.4, -0.3, 15}, {200, 0, -0.7, 0.7, 15},
              {200, 0.5, 0, 0, 15},   {200, -1.2, 0, 0.2, 15}, {200, 90.3, 0.1, 0, 15},
              {200, 180, 0.3, 0, 15}, {300, 0.4, 0.2, 0, 15},  {600, 0.2, 0, 0.2, 15},
              {150, 0.3, 0, 0, 15},   {200, 0, 0, 0, 0},       {300, 1, 0, 0, 0}};
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        struct sheet s;
        sheet_init(&s, at[i].dpi, at[i].degrees);
        draw_border(&s, at[i].dx, at[i].dy, at[i].sides);
        drawn_page_noise(&s.img, 4, (unsigned)i);
        if (!is_plain(&s))
            fail_msg("case %zu", i);
    }
}

/* Catches pencil taken for paper where the box is white and the print around it is tinted: most of
 * what is looked at is tint, and the pencil is no darker. */
static void doubts_pencil_beside_a_tint(void **state)
{
    struct sheet s;
    sheet_init(&s, DPI, 0);
    memset(s.img.data, 196, s.img.stride * (size_t)s.img.height);
    drawn_page_erase(&s.map.mm_to_px, (struct rect){box.x, box.y, box.w, box.h}, &s.img);
    draw_border(&s, 0, 0, 15);
    draw(&s, 13, 12, 17, 18, 0.5, 0.16);
    assert_false(is_plain(&s));
}

static void expect_doubt(double x0, double y0, double x1, double y1, double width, double darkness)
{
    for (int k = 0; k < 4; k++) {
        struct sheet s;
        sheet_init(&s, k == 3 ? 300 : DPI, k == 1 ? 0.7 : 0);
        if (k != 2)
            draw_border(&s, 0.2, 0, 15);
        draw(&s, x0, y0, x1, y1, width, darkness);
        drawn_page_noise(&s.img, 3, 5);
        if (is_plain(&s))
            fail_msg("empty with a stroke from %g, %g to %g, %g, %g wide, %g dark, case %d", x0, y0,
                     x1, y1, width, darkness, k);
    }
}

/* Faint writing called an empty box, wherever in it it stands: the middle, along a side, in a
 * corner; pale, thin, short, or across the border. */
static void doubts_all_that_is_written(void **state)
{
    static const double widths[] = {0.3, 0.5}, darknesses[] = {FAINT, 0.3, 0.8};
    for (int w = 0; w < 2; w++)
        for (int d = 0; d < 3; d++) {
            double width = widths[w], dark = darknesses[d];
            expect_doubt(15, 12, 15, 18, width, dark);
            expect_doubt(14.8, 15, 15.2, 15, width, dark);
            expect_doubt(12, 10.5, 12, 19.5, width, dark);
            expect_doubt(11.9, 18, 12.1, 19.2, width, dark);
            expect_doubt(18.2, 10.9, 18.4, 11.1, width, dark);
            expect_doubt(12, 19.1, 14, 19.2, width, dark);
            expect_doubt(14, 11, 17, 11, width, dark);
            expect_doubt(15, 8, 16, 12, width, dark);
            expect_doubt(9, 15, 12.5, 14, width, dark);
        }
}

/* A "1" beside a border or on a part of it, taken for the border; and a box whose border the
 * scanner dropped out on a side, where a stroke stands in its place. */
static void doubts_strokes_at_a_line(void **state)
{
    static const double strokes[][5] = {{11.6, 10.3, 11.6, 19.7, 0.5}, {11.4, 12, 11.4, 18, 0.5},
                                        {18.6, 11, 18.55, 17, 0.4},    {12, 10.4, 17, 10.4, 0.5},
                                        {13, 19.55, 17, 19.6, 0.4},    {11.35, 10, 11.35, 20, 0.5}};
    for (size_t i = 0; i < sizeof strokes / sizeof *strokes; i++)
        for (int missing = 0; missing < 5; missing++) {
            struct sheet s;
            sheet_init(&s, DPI, 0.2);
            draw_border(&s, 0, 0, missing == 4 ? 15 : 15 & ~(1 << missing));
            draw(&s, strokes[i][0], strokes[i][1], strokes[i][2], strokes[i][3], strokes[i][4],
                 BLACK);
            if (is_plain(&s))
                fail_msg("stroke %zu, missing %d", i, missing);
        }
    struct sheet s; /* one at either side, and no border */
    sheet_init(&s, DPI, 0);
    draw(&s, 11.5, 10, 11.5, 20, LINE, BLACK);
    draw(&s, 18.5, 10, 18.5, 20, LINE, BLACK);
    assert_false(is_plain(&s));
}

/* What cannot be judged called empty: a box at the scan's edge, in the dark, too far askew, in
 * grain. */
static void doubts_what_it_cannot_see(void **state)
{
    struct sheet s;
    sheet_init(&s, DPI, 0);
    s.map.mm_to_px.m[2] = -9 * DPI / 25.4;
    assert_false(is_plain(&s));
    sheet_init(&s, DPI, 0);
    memset(s.img.data, 60, s.img.stride * (size_t)s.img.height);
    assert_false(is_plain(&s));
    sheet_init(&s, DPI, 3);
    draw_border(&s, 0, 0, 15);
    assert_false(is_plain(&s));
    sheet_init(&s, DPI, 0);
    draw_border(&s, 0, 0, 15);
    drawn_page_noise(&s.img, 60, 3);
    assert_false(is_plain(&s));
}

/* A box called empty that the long way finds written in: strokes of every place, length, width and
 * darkness in the first of two boxes. The second box's stroke sends both the long way. */
static void never_empty_where_the_long_way_finds_ink(void **state)
{
    int written = 0, plain = 0;
    srand(9);
    for (int i = 0; i < 1500; i++) {
        struct sheet s;
        struct image scratch = {0};
        struct arena arena = {0};
        struct rect boxes[2] = {box, {21, 10, 8, 10}};
        struct written_box seen[2];
        sheet_init(&s, DPI, (rand() % 100 - 50) / 100.0);
        if (i % 5)
            draw_border(&s, (rand() % 100 - 50) / 200.0, (rand() % 100 - 50) / 200.0, 15);
        double x = 11.5 + rand() % 700 / 100.0, y = 10.5 + rand() % 900 / 100.0;
        double a = rand() % 628 / 100.0, length = i % 3 ? 0.3 + rand() % 300 / 100.0 : 0;
        if (i % 7)
            draw(&s, x, y, x + length * cos(a), y + length * sin(a), 0.2 + rand() % 50 / 100.0,
                 0.11 + rand() % 80 / 100.0);
        bool empty = plain_box(&s.img, &s.map, box, MARGIN);
        draw(&s, 24, 12, 25, 18, 0.5, BLACK);
        assert_int_equal(written_boxes_look(&s.img, &s.map, boxes, 2, &scratch, &arena, seen), 0);
        written += seen[0].ink > 0;
        plain += empty;
        if (empty && (seen[0].ink > 0 || seen[0].stray > 0))
            fail_msg("picture %d: %g mm2", i, seen[0].ink);
        image_finish(&s.img);
        image_finish(&scratch);
        arena_finish(&arena);
    }
    assert_true(written > 900 && plain > 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubts_pencil_beside_a_tint),
        cmocka_unit_test(takes_the_short_way),
        cmocka_unit_test(doubts_all_that_is_written),
        cmocka_unit_test(doubts_strokes_at_a_line),
        cmocka_unit_test(doubts_what_it_cannot_see),
        cmocka_unit_test(never_empty_where_the_long_way_finds_ink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
