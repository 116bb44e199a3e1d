/* test_hanzi.c - names written in Chinese, of characters drawn here from a few lines each. */
#include "diag.h"
#include "hanzi.h"
#include "vision.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DOUBTFUL 0.5 /* what nobody would take for a name read */

/* Lines in hundredths of the character's square: x y x y, one after the other; -1 ends them. */
struct drawing {
    const char *character;
    int lines[40];
};

static const struct drawing drawings[] = {
    {"一", {5, 53, 95, 47, -1}},
    {"二", {22, 25, 76, 22, 6, 82, 95, 78, -1}},
    {"三", {18, 14, 82, 11, 25, 48, 77, 46, 6, 86, 94, 84, -1}},
    {"十", {6, 42, 94, 38, 50, 5, 51, 95, -1}},
    {"王", {14, 13, 86, 10, 20, 47, 80, 45, 6, 90, 95, 88, 50, 12, 50, 89, -1}},
    {"工", {16, 16, 84, 13, 50, 15, 50, 86, 5, 88, 95, 85, -1}},
    {"口", {18, 18, 20, 86, 18, 18, 84, 16, 84, 16, 80, 88, 20, 84, 80, 84, -1}},
    {"日", {26, 8, 26, 94, 26, 8, 75, 7, 75, 7, 75, 95, 26, 49, 75, 48, 26, 91, 75, 90, -1}},
    {"中", {14, 28, 17, 66, 14, 28, 86, 26, 86, 26, 83, 66, 17, 63, 83, 62, 50, 3, 50, 97, -1}},
    {"田", {16, 13, 17, 91, 16, 13, 85, 12, 85, 12, 84, 92, 50,
            13, 50, 87, 17, 50, 84, 49, 17, 88, 84, 87, -1}},
};

struct desk {
    struct hanzi_reader *reader;
    struct image img;
    struct arena arena;
};

static void desk_init(struct desk *d, int width, int height, int grey)
{
    *d = (struct desk){.reader = NULL};
    assert_int_equal(vision_init(), 0);
    assert_int_equal(hanzi_reader_create(&d->reader), 0);
    assert_int_equal(image_resize(&d->img, width, height), 0);
    memset(d->img.data, grey, d->img.stride * (size_t)height);
}

static void desk_finish(struct desk *d)
{
    hanzi_reader_destroy(d->reader);
    image_finish(&d->img);
    arena_finish(&d->arena);
}

static void draw_dot(struct image *img, double x, double y, double r, int grey)
{
    for (int v = (int)(y - r); v <= (int)(y + r); v++)
        for (int u = (int)(x - r); u <= (int)(x + r); u++)
            if (u >= 0 && v >= 0 && u < img->width && v < img->height && hypot(u - x, v - y) <= r)
                image_row(img, v)[u] = (uint8_t)grey;
}

static void draw_character(struct image *img, const char *character, double x, double y,
                           double size, int grey)
{
    const struct drawing *d = NULL;
    for (size_t i = 0; i < sizeof(drawings) / sizeof(*drawings); i++)
        if (strncmp(drawings[i].character, character, 3) == 0)
            d = &drawings[i];
    assert_non_null(d);
    for (const int *p = d->lines; *p >= 0; p += 4)
        for (double t = 0; t <= 1; t += 0.5 / size) {
            double u = p[0] + t * (p[2] - p[0]), v = p[1] + t * (p[3] - p[1]);
            draw_dot(img, x + u * size / 100, y + v * size / 100, size / 40, grey);
        }
}

/* Characters of three bytes each, from (x, y). */
static void draw_name(struct image *img, const char *name, double x, double y, double size,
                      int grey)
{
    for (; *name; name += 3, x += 1.2 * size)
        draw_character(img, name, x, y, size, grey);
}

static const char *const roster[] = {"王中田", "王日工", "田中", "三口十", "王工", "中日王"};
#define ROSTER (int)(sizeof(roster) / sizeof(*roster))

static struct hanzi_choice read_line(struct desk *d, const char *const *names, int n)
{
    struct hanzi_choice c;
    assert_int_equal(hanzi_read_names(d->reader, &d->img, names, n, &d->arena, &c), 0);
    assert_true(c.posterior >= 0 && c.none >= 0 && c.posterior + c.runner + c.none <= 1 + 1e-9);
    return c;
}

static void assert_refused(struct desk *d)
{
    struct hanzi_choice c = read_line(d, roster, ROSTER);
    assert_true(c.posterior < DOUBTFUL);
    assert_true(c.none > DOUBTFUL);
}

/* Catches cuts in the wrong places, characters taken for each other, names of another length, and
 * a size or a pen that is not made alike. */
static void test_a_listed_name_is_chosen(void **state)
{
    static const struct {
        double size;
        int grey;
    } hands[] = {{28, 0}, {60, 60}, {60, 150}, {150, 20}};
    for (size_t h = 0; h < sizeof(hands) / sizeof(*hands); h++)
        for (int i = 0; i < ROSTER; i++) {
            struct desk d;
            double size = hands[h].size;
            desk_init(&d, (int)(5 * size), (int)(1.8 * size), 235);
            draw_name(&d.img, roster[i], 0.5 * size, 0.4 * size, size, hands[h].grey);
            struct hanzi_choice c = read_line(&d, roster, ROSTER);
            assert_int_equal(c.best, i);
            assert_true(c.posterior > DOUBTFUL);
            assert_true(c.second != c.best && c.runner < c.posterior);
            desk_finish(&d);
        }
}

/* Catches the best of a list taken for right though something else is written. */
static void test_a_name_not_listed_is_doubted(void **state)
{
    static const char *const others[] = {"十口", "日田三", "工十"};
    for (int i = 0; i < 3; i++) {
        struct desk d;
        desk_init(&d, 300, 110, 240);
        draw_name(&d.img, others[i], 30, 25, 60, 30);
        assert_refused(&d);
        desk_finish(&d);
    }
}

/* Catches boxes read out of order, an empty one that counts, and one that is outside the picture.
 */
static void test_characters_in_boxes_are_read(void **state)
{
    struct desk d;
    struct hanzi_choice c;
    const struct hanzi_box boxes[] = {
        {20, 20, 90, 90}, {120, 20, 90, 90}, {220, 20, 90, 90}, {320, 20, 90, 90}, {9999, 0, 5, 5}};
    desk_init(&d, 420, 130, 240);
    draw_character(&d.img, "王", 35, 35, 60, 40);
    draw_character(&d.img, "日", 130, 30, 60, 40);
    draw_character(&d.img, "工", 240, 40, 50, 40);
    assert_int_equal(hanzi_read_pieces(d.reader, &d.img, boxes, 5, roster, ROSTER, &d.arena, &c),
                     0);
    assert_int_equal(c.best, 1);
    assert_true(c.posterior > DOUBTFUL);
    assert_int_equal(
        hanzi_read_pieces(d.reader, &d.img, &boxes[3], 2, roster, ROSTER, &d.arena, &c), 0);
    assert_int_equal(c.best, -1);
    assert_true(c.none > DOUBTFUL);
    desk_finish(&d);
}

/* Catches one character, as flat as 一, that is cut up or taken for dirt. */
static void test_single_characters_are_told_apart(void **state)
{
    const char *list[10];
    for (int i = 0; i < 10; i++)
        list[i] = drawings[i].character;
    for (int i = 0; i < 10; i++) {
        struct desk d;
        desk_init(&d, 100, 100, 250);
        draw_character(&d.img, list[i], 20, 20, 60, 40);
        struct hanzi_choice c = read_line(&d, list, 10);
        assert_int_equal(c.best, i);
        desk_finish(&d);
    }
}

/* Catches spaces and middle dots that count as characters; a list that knows none; broken UTF-8,
 * too long and empty names read beyond their end. */
static void test_odd_lists_are_borne(void **state)
{
    static const char *const spaced[] = {"王 日\u3000工", "王\u00b7中\u30fb田"};
    static const char *const odd[] = {"",    "\xe7\x8e",           "\xff\xfe",
                                      "abc", "王中田王中田王中田", "\U0001F600"};
    struct desk d;
    desk_init(&d, 300, 110, 240);
    draw_name(&d.img, "王中田", 30, 25, 60, 30);
    assert_int_equal(read_line(&d, spaced, 2).best, 1);
    assert_int_equal(read_line(&d, odd, 6).best, -1);
    assert_int_equal(read_line(&d, odd, 0).best, -1);
    desk_finish(&d);
}

/* Catches a name that a blot, dirt or an empty line is taken for, and a crash on odd sizes. */
static void test_what_is_no_writing_is_refused(void **state)
{
    static const int sizes[][2] = {{1, 1}, {1, 300}, {300, 1}, {7, 5}, {300, 80}, {10000, 60}};
    for (size_t s = 0; s < sizeof(sizes) / sizeof(*sizes); s++)
        for (int kind = 0; kind < 4; kind++) {
            struct desk d;
            desk_init(&d, sizes[s][0], sizes[s][1], kind == 0 ? 255 : 0); /* empty, black, */
            srand(7);
            for (int y = 0; y < d.img.height && kind >= 2; y++) /* noise, and noise in black */
                for (int x = 0; x < d.img.width; x++)           /* and white */
                    image_row(&d.img, y)[x] =
                        (uint8_t)(kind == 2 ? rand() % 256 : rand() % 2 * 255);
            assert_refused(&d);
            desk_finish(&d);
        }
}

/* Catches 10,000 px of writing that are cut into pieces without end, one line of ink for a name,
 * and a single black point on white paper. */
static void test_endless_lines_are_refused(void **state)
{
    struct desk d;
    desk_init(&d, 10000, 100, 240);
    for (int i = 0; i < 140; i++)
        draw_character(&d.img, drawings[i % 10].character, 20 + i * 70, 20, 60, 30);
    assert_refused(&d);
    memset(d.img.data, 240, d.img.stride * 100);
    for (int y = 45; y < 50; y++)
        memset(image_row(&d.img, y) + 50, 20, 9000);
    assert_refused(&d);
    memset(d.img.data, 240, d.img.stride * 100);
    image_row(&d.img, 50)[5000] = 0;
    assert_refused(&d);
    desk_finish(&d);
}

/* Catches a name turned on its side that is read with trust. */
static void test_a_turned_name_is_refused(void **state)
{
    struct desk d;
    struct image turned;
    desk_init(&d, 300, 110, 240);
    image_init(&turned);
    draw_name(&d.img, "王日工", 30, 25, 60, 30);
    assert_int_equal(image_rotate(&d.img, 90, &turned), 0);
    struct image upright = d.img;
    d.img = turned;
    assert_refused(&d);
    d.img = upright;
    image_finish(&turned);
    desk_finish(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_listed_name_is_chosen),
        cmocka_unit_test(test_a_name_not_listed_is_doubted),
        cmocka_unit_test(test_characters_in_boxes_are_read),
        cmocka_unit_test(test_single_characters_are_told_apart),
        cmocka_unit_test(test_odd_lists_are_borne),
        cmocka_unit_test(test_what_is_no_writing_is_refused),
        cmocka_unit_test(test_endless_lines_are_refused),
        cmocka_unit_test(test_a_turned_name_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
