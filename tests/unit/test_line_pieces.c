/* test_line_pieces.c - a line's picture cut into its characters. */
#include "line_pieces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MOST 6

struct desk {
    struct line_picture picture;
    struct arena arena;
    uint8_t glyphs[MOST][GLYPH_POINTS];
};

static int setup(void **state)
{
    struct desk *d = calloc(1, sizeof *d);
    d->picture.width = 120;
    d->picture.writing = true;
    arena_init(&d->arena);
    *state = d;
    return 0;
}

static int teardown(void **state)
{
    struct desk *d = *state;
    arena_finish(&d->arena);
    free(d);
    return 0;
}

static void bar(struct desk *d, int x0, int x1, int y0, int y1)
{
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            d->picture.v[y][x] = 1;
}

static void cut(struct desk *d, const float *places, int n)
{
    arena_reset(&d->arena);
    memset(d->glyphs, 7, sizeof d->glyphs);
    assert_int_equal(line_pieces_cut(&d->picture, places, n, &d->arena, d->glyphs), 0);
}

static int ink_of(const uint8_t *glyph)
{
    int ink = 0;
    for (int i = 0; i < GLYPH_POINTS; i++)
        ink += glyph[i] > 127;
    return ink;
}

/* Columns of a glyph that hold ink. */
static int wide(const uint8_t *glyph)
{
    int columns = 0;
    for (int x = 0; x < GLYPH_SIDE; x++) {
        bool ink = false;
        for (int y = 0; y < GLYPH_SIDE; y++)
            ink = ink || glyph[y * GLYPH_SIDE + x] > 127;
        columns += ink;
    }
    return columns;
}

/* Catches ink of one character in another's glyph, where the second leans over the first. */
static void test_what_does_not_touch_is_apart(void **state)
{
    struct desk *d = *state;
    bar(d, 20, 24, 6, 26);  /* a one */
    bar(d, 30, 50, 6, 10);  /* a seven, its bar begins over ... */
    bar(d, 46, 50, 10, 26); /* ... where nothing of the next is */
    cut(d, (const float[]){22, 45}, 2);
    assert_in_range(wide(d->glyphs[0]), 3, 6);
    assert_in_range(wide(d->glyphs[1]), 18, 22);
    assert_in_range(ink_of(d->glyphs[0]), 60, 130);
}

/* Catches a stroke apart that is lost, or given to the farther character. */
static void test_a_stroke_apart_goes_to_the_nearest(void **state)
{
    struct desk *d = *state;
    bar(d, 20, 24, 6, 26);
    bar(d, 60, 64, 6, 26);
    bar(d, 52, 57, 6, 10);  /* a five's roof */
    bar(d, 27, 30, 20, 26); /* a four's foot */
    cut(d, (const float[]){22, 62}, 2);
    assert_in_range(wide(d->glyphs[0]), 7, 10);
    assert_in_range(wide(d->glyphs[1]), 10, 14);
}

/* Catches characters that touch cut elsewhere than where they do, and left in one piece. */
static void test_what_touches_is_cut_where_it_is_thinnest(void **state)
{
    struct desk *d = *state;
    bar(d, 20, 36, 6, 26);
    bar(d, 36, 40, 15, 17); /* a thread, nearer to the second */
    bar(d, 40, 48, 6, 26);
    cut(d, (const float[]){28, 44}, 2);
    assert_in_range(wide(d->glyphs[0]), 15, 19);
    assert_in_range(wide(d->glyphs[1]), 7, 13); /* the thread may be either's */
}

/* Catches a character without ink that has another's, places beyond the picture, and none at all.
 */
static void test_no_ink(void **state)
{
    struct desk *d = *state;
    bar(d, 20, 24, 6, 26);
    cut(d, (const float[]){22, 90, 500}, 3);
    assert_true(ink_of(d->glyphs[0]) > 0);
    assert_int_equal(ink_of(d->glyphs[1]), 0);
    assert_int_equal(ink_of(d->glyphs[2]), 0);
    cut(d, (const float[]){-9, 22}, 2);
    assert_true(ink_of(d->glyphs[1]) > 0);
    cut(d, NULL, 0);
    memset(d->picture.v, 0, sizeof d->picture.v);
    cut(d, (const float[]){22}, 1);
    assert_int_equal(ink_of(d->glyphs[0]), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_does_not_touch_is_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_stroke_apart_goes_to_the_nearest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_touches_is_cut_where_it_is_thinnest, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_no_ink, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
