/* test_glyph_reader.c - nets that read a glyph: which is asked when, and that what is no
 * character goes to a person whoever is asked. */
#include "diag.h"
#include "glyph_reader.h"
#include "vision.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SURE_ENOUGH 0.93f /* the least that an exam asks by default */
#define PAD 100           /* px each way of the pictures drawn here */
#define PEN 4.0           /* px from the stroke's middle to its edge */
#define LONG_SIDE 10000   /* px */

/* Polylines on a grid of 0 to 10 each way. */
static const struct shape {
    char digit;
    int n;
    double at[14][2];
} shapes[] = {
    {'1', 2, {{5, 0}, {5, 10}}},
    {'2', 7, {{1, 2.5}, {3, 0.3}, {7, 0.3}, {8.5, 2.8}, {6, 6}, {1, 10}, {9.5, 9.8}}},
    {'3', 9, {{1, 1}, {5, 0}, {8, 2}, {7, 4}, {4, 5}, {8, 6.5}, {8, 8.5}, {5, 10}, {1, 9}}},
    {'5', 9, {{9, 0}, {2, 0}, {1.6, 4.5}, {5, 4}, {8, 5}, {9, 7}, {7.5, 9.5}, {4.5, 10}, {1, 9}}},
    {'7', 3, {{1, 0.5}, {9, 0}, {4, 10}}},
    {'0', 9, {{5, 0}, {8, 1.5}, {9, 5}, {8, 8.5}, {5, 10}, {2, 8.5}, {1, 5}, {2, 1.5}, {5, 0}}},
};
#define SHAPES (sizeof shapes / sizeof *shapes)

static double apart(double x, double y, const double a[2], const double b[2])
{
    double dx = b[0] - a[0], dy = b[1] - a[1];
    double t = ((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy);
    t = fmin(fmax(t, 0), 1);
    return hypot(x - a[0] - t * dx, y - a[1] - t * dy);
}

/* A shape, on its side or not, as the program would see it alone in a box. */
static void glyph_of(const struct shape *shape, bool on_its_side, uint8_t *ret_glyph)
{
    static uint8_t ink[PAD * PAD];
    for (int y = 0; y < PAD; y++)
        for (int x = 0; x < PAD; x++) {
            double u = on_its_side ? y : x, v = on_its_side ? PAD - 1 - x : y, nearest = PAD;
            for (int i = 0; i + 1 < shape->n; i++) {
                double a[2] = {15 + 5 * shape->at[i][0], 15 + 7 * shape->at[i][1]};
                double b[2] = {15 + 5 * shape->at[i + 1][0], 15 + 7 * shape->at[i + 1][1]};
                nearest = fmin(nearest, apart(u, v, a, b));
            }
            ink[y * PAD + x] = (uint8_t)(255 * fmin(fmax(PEN + 0.5 - nearest, 0), 1));
        }
    glyph_normalise(ink, PAD, PAD, ret_glyph);
}

static void noise(uint8_t *glyph, uint32_t seed)
{
    for (int i = 0; i < GLYPH_POINTS; i++) {
        seed = seed * 1664525u + 1013904223u;
        glyph[i] = (uint8_t)(seed >> 24);
    }
}

static int read_one(struct glyph_reader *reader, enum glyph_alphabet alphabet, const uint8_t *glyph,
                    const uint8_t *view, struct glyph_belief *ret)
{
    return glyph_read(reader, alphabet, (const uint8_t(*)[GLYPH_POINTS])glyph,
                      (const uint8_t(*)[GLYPH_POINTS])view, 1, ret);
}

static float most_of(const struct glyph_belief *belief, enum glyph_alphabet alphabet)
{
    float most = 0;
    for (int k = 0; k < glyph_count(alphabet); k++)
        most = fmaxf(most, belief->of[k]);
    return most;
}

/* Twice the cost for every plain character, or an answer that the surroundings of a plain one
 * sway. */
static void asks_nobody_else_about_plain_digits(void **state)
{
    struct glyph_reader *reader;
    long doubts = 0;
    assert_int_equal(glyph_reader_create(&reader), 0);
    for (size_t i = 0; i < SHAPES; i++) {
        uint8_t glyph[GLYPH_POINTS], view[GLYPH_POINTS];
        struct glyph_belief alone = {0}, beside = {0};
        glyph_of(&shapes[i], false, glyph);
        noise(view, 1);
        assert_int_equal(read_one(reader, GLYPH_DIGITS, glyph, NULL, &alone), 0);
        if (glyph_reader_second_looks(reader) > doubts) {
            doubts = glyph_reader_second_looks(reader); /* not plain to it: counted below */
            continue;
        }
        assert_true(alone.of[shapes[i].digit - '0'] >= GLYPH_SURE);
        assert_int_equal(read_one(reader, GLYPH_DIGITS, glyph, view, &beside), 0);
        assert_memory_equal(&alone, &beside, sizeof alone);
    }
    assert_int_equal(glyph_reader_second_looks(reader), doubts);
    assert_in_range(doubts, 0, SHAPES / 3);
    glyph_reader_destroy(reader);
}

/* A doubt that nobody looks at again, or a second net that is not shown what the scan shows. */
static void asks_again_in_doubt(void **state)
{
    struct glyph_reader *reader;
    uint8_t glyph[GLYPH_POINTS], bare[GLYPH_POINTS], seven[GLYPH_POINTS], one[GLYPH_POINTS];
    struct glyph_belief alone = {0}, beside = {0};
    assert_int_equal(glyph_reader_create(&reader), 0);
    glyph_of(&shapes[0], false, one);
    glyph_of(&shapes[4], false, seven);
    for (int i = 0; i < GLYPH_POINTS; i++) /* a seven whose bar is faint: a one? */
        glyph[i] = (uint8_t)fmax(one[i], 0.55 * seven[i]);
    memset(bare, 0, sizeof bare);
    assert_int_equal(read_one(reader, GLYPH_DIGITS, glyph, NULL, &alone), 0);
    assert_int_equal(glyph_reader_second_looks(reader), 1);
    assert_int_equal(read_one(reader, GLYPH_DIGITS, glyph, bare, &beside), 0);
    assert_int_equal(glyph_reader_second_looks(reader), 2);
    double sum = alone.junk, change = fabs(alone.junk - beside.junk);
    for (int k = 0; k < glyph_count(GLYPH_DIGITS); k++) {
        sum += alone.of[k];
        change += fabs(alone.of[k] - beside.of[k]);
    }
    assert_true(fabs(sum - 1) < 1e-4);
    assert_true(change > 1e-4);
    glyph_reader_destroy(reader);
}

static void refuse(struct glyph_reader *reader, const uint8_t *glyph, const char *what)
{
    for (int alphabet = 0; alphabet < GLYPH_ALPHABETS; alphabet++) {
        struct glyph_belief belief;
        assert_int_equal(read_one(reader, alphabet, glyph, NULL, &belief), 0);
        float most = most_of(&belief, alphabet);
        if (most >= SURE_ENOUGH)
            fail_msg("%s: taken for a character with %.3f", what, most);
    }
}

/* Rubbish taken for a character because the nets agree on it. */
static void sends_rubbish_to_a_person(void **state)
{
    struct glyph_reader *reader;
    uint8_t glyph[GLYPH_POINTS], *flat = calloc(LONG_SIDE, 1), dot = 255;
    assert_non_null(flat);
    assert_int_equal(glyph_reader_create(&reader), 0);
    for (uint32_t seed = 1; seed <= 20; seed++) {
        noise(glyph, seed);
        refuse(reader, glyph, "noise");
    }
    memset(glyph, 255, sizeof glyph);
    refuse(reader, glyph, "all black");
    glyph_normalise(&dot, 1, 1, glyph);
    refuse(reader, glyph, "a pixel");
    for (int i = 0; i < LONG_SIDE; i++)
        flat[i] = (uint8_t)(i % 7 ? 255 : 90);
    glyph_normalise(flat, LONG_SIDE, 1, glyph);
    refuse(reader, glyph, "10,000 pixels side by side");
    free(flat);
    glyph_reader_destroy(reader);
}

/* Digits of a sheet that lies on its side, taken for others. */
static void doubts_digits_on_their_side(void **state)
{
    struct glyph_reader *reader;
    assert_int_equal(glyph_reader_create(&reader), 0);
    for (size_t i = 0; i < SHAPES; i++) {
        uint8_t glyph[GLYPH_POINTS];
        struct glyph_belief belief;
        if (!strchr("235", shapes[i].digit)) /* a nought is one, a one would be a dash */
            continue;
        glyph_of(&shapes[i], true, glyph);
        assert_int_equal(read_one(reader, GLYPH_DIGITS, glyph, NULL, &belief), 0);
        if (most_of(&belief, GLYPH_DIGITS) >= SURE_ENOUGH)
            fail_msg("%c on its side: taken for a digit", shapes[i].digit);
    }
    glyph_reader_destroy(reader);
}

int main(void)
{
    vision_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(asks_nobody_else_about_plain_digits),
        cmocka_unit_test(asks_again_in_doubt),
        cmocka_unit_test(sends_rubbish_to_a_person),
        cmocka_unit_test(doubts_digits_on_their_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
