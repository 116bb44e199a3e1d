/* test_answer_groups.c - which short answers are taken for the same, and which never. */
#include "answer_groups.h"

#include "diag.h"
#include "image.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#define CROP_WIDTH 150
#define CROP_HEIGHT 90
#define MAX_RECORDS 24

/* Shapes as polylines in a square of 100 x 100, ended by -1; -2 lifts the pen. */
static const int one[] = {50, 5, 50, 95, -1}, seven[] = {15, 10, 85, 10, 45, 95, -1},
                 four[] = {60, 5, 15, 60, 90, 60, -2, 60, 30, 60, 95, -1},
                 zero[] = {30, 10, 70, 10, 80, 50, 70, 90, 30, 90, 20, 50, 30, 10, -1};

struct scene {
    struct answer_record records[MAX_RECORDS];
    uint8_t *bytes[MAX_RECORDS];
    int n;
};

static const struct rect inside = {16, 16, CROP_WIDTH - 32, CROP_HEIGHT - 32};

static void dot(uint8_t *pixels, double x, double y, double radius)
{
    for (int v = 0; v < CROP_HEIGHT; v++)
        for (int u = 0; u < CROP_WIDTH; u++)
            if ((u - x) * (u - x) + (v - y) * (v - y) <= radius * radius)
                pixels[v * CROP_WIDTH + u] = 70;
}

static void trace(uint8_t *pixels, const int *shape, double x, double y, double w, double h,
                  double pen)
{
    int i = 0;

    for (; shape[i + 2] != -1; i += 2) {
        if (shape[i + 2] == -2) {
            i += 1;
            continue;
        }
        for (int k = 0; k <= 60; k++) {
            double t = k / 60.0;
            dot(pixels, x + w * (shape[i] + t * (shape[i + 2] - shape[i])) / 100,
                y + h * (shape[i + 1] + t * (shape[i + 3] - shape[i + 1])) / 100, pen);
        }
        if (shape[i + 4] == -1)
            break;
    }
}

/* Paper with the printed frame of the box, which every crop shows. */
static void paper(uint8_t *pixels)
{
    memset(pixels, 240, CROP_WIDTH * CROP_HEIGHT);
    for (int v = 10; v < CROP_HEIGHT - 10; v++)
        for (int u = 10; u < CROP_WIDTH - 10; u++)
            if (v < 13 || v >= CROP_HEIGHT - 13 || u < 13 || u >= CROP_WIDTH - 13)
                pixels[v * CROP_WIDTH + u] = 40;
}

static struct answer_record *add(struct scene *s, int field, const char *proposal)
{
    struct answer_record *r = &s->records[s->n++];

    *r = (struct answer_record){
        .field = field, .proposal = proposal, .boxes = &inside, .n_boxes = 1};
    return r;
}

static void add_picture(struct scene *s, const uint8_t *pixels)
{
    struct answer_record *r = add(s, 0, "");
    uLongf size = compressBound(CROP_WIDTH * CROP_HEIGHT);
    uint8_t *bytes = malloc(size);

    assert_int_equal(compress(bytes, &size, pixels, CROP_WIDTH * CROP_HEIGHT), Z_OK);
    s->bytes[s->n - 1] = bytes;
    r->crop = (struct crop){bytes, size, CROP_WIDTH, CROP_HEIGHT};
}

static void add_shape(struct scene *s, const int *shape, double x, double y, double w, double h,
                      double pen)
{
    static uint8_t pixels[CROP_WIDTH * CROP_HEIGHT];

    paper(pixels);
    if (shape)
        trace(pixels, shape, x, y, w, h, pen);
    add_picture(s, pixels);
}

static int group(struct scene *s, int *groups)
{
    int n = -1;

    assert_int_equal(answer_groups_find(s->records, s->n, groups, &n), 0);
    return n;
}

static void finish(struct scene *s)
{
    for (int i = 0; i < s->n; i++)
        free(s->bytes[i]);
}

static void expect(struct scene *s, const int *expected, int n_groups)
{
    int groups[MAX_RECORDS];

    assert_int_equal(group(s, groups), n_groups);
    assert_memory_equal(groups, expected, (size_t)s->n * sizeof *groups);
    finish(s);
}

/* Would catch: one field's 17 decided with another's, numbers that change with the proposals'
 * order in memory, a proposal grouped with an empty one. */
static void the_same_proposal_is_one_group(void **state)
{
    struct scene s = {.n = 0};

    add(&s, 0, "17");
    add(&s, 1, "17");
    add(&s, 0, "71");
    add(&s, 0, "17");
    add(&s, 0, "");
    add(&s, 0, "");
    add(&s, 1, "17");
    expect(&s, (int[]){0, 1, 2, 0, 3, 4, 1}, 5);
}

/* Would catch: "Cat" and "cat" put before a person twice, "c at" taken for "cat", capitals that
 * matter (letters, not text) folded. */
static void case_and_spaces_of_text_are_folded(void **state)
{
    static const char *const texts[] = {"the cat", "The  CAT ", "ｔｈｅ　ｃａｔ",
                                        "thecat",  "貓",        "貓"};
    struct scene s = {.n = 0};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        add(&s, 0, texts[i])->fold = true;
    add(&s, 1, "AB");
    add(&s, 1, "ab");
    expect(&s, (int[]){0, 0, 0, 1, 2, 2, 3, 4}, 5);
}

/* Would catch: a choice of many candidates decided at once because they marked the same. */
static void what_is_to_be_alone_is_alone(void **state)
{
    struct scene s = {.n = 0};

    add(&s, 0, "A")->alone = true;
    add(&s, 0, "A")->alone = true;
    expect(&s, (int[]){0, 1}, 2);
}

/* Would catch: pictures compared by where they stand in the box or by the pen, by the printed frame
 * that all of them show, and a 1 taken for a 7. */
static void pictures_of_one_shape_are_one_group(void **state)
{
    struct scene s = {.n = 0};

    add_shape(&s, seven, 40, 25, 30, 40, 1.5);
    add_shape(&s, one, 60, 25, 20, 40, 1.5);
    add_shape(&s, seven, 70, 30, 33, 42, 2.0);
    add_shape(&s, four, 50, 25, 30, 40, 1.5);
    add_shape(&s, zero, 50, 25, 30, 40, 1.5);
    add_shape(&s, four, 30, 28, 28, 39, 1.8);
    add_shape(&s, zero, 60, 22, 32, 40, 1.4);
    expect(&s, (int[]){0, 1, 0, 2, 3, 2, 3}, 4);
}

/* Would catch: empty boxes, or boxes without a picture, put together: nothing says that they are
 * the same; and a crash on a broken picture. */
static void what_cannot_be_compared_is_alone(void **state)
{
    struct scene s = {.n = 0};

    add_shape(&s, NULL, 0, 0, 0, 0, 0);
    add_shape(&s, NULL, 0, 0, 0, 0, 0);
    add(&s, 0, "");
    add(&s, 0, "");
    add_shape(&s, one, 60, 25, 20, 40, 1.5);
    s.records[4].crop.size /= 2;
    add_shape(&s, one, 60, 25, 20, 40, 1.5);
    s.records[5].n_boxes = 0;
    expect(&s, (int[]){0, 1, 2, 3, 4, 5}, 6);
}

/* Would catch: a printed guide line that makes all answers alike, and so one wrong score for all.
 */
static void print_inside_the_box_is_not_compared(void **state)
{
    static const int *const shapes[] = {seven, one, four, zero};
    static const int line[] = {0, 50, 100, 50, -1};
    struct scene s = {.n = 0};
    int groups[MAX_RECORDS];

    for (int i = 0; i < 12; i++) {
        static uint8_t pixels[CROP_WIDTH * CROP_HEIGHT];
        paper(pixels);
        trace(pixels, line, 20, 68, CROP_WIDTH - 40, 0.01, 2.5);
        trace(pixels, shapes[i % 4], 30 + 5 * i, 22 + i % 3, 28, 38, 1.5);
        add_picture(&s, pixels);
    }
    assert_int_equal(group(&s, groups), 4);
    for (int i = 0; i < s.n; i++)
        assert_int_equal(groups[i], i % 4);
    finish(&s);
}

/* Would catch: more pictures decided at once than anybody was shown. */
static void a_group_is_no_larger_than_its_sheet(void **state)
{
    struct scene s = {.n = 0};
    struct answer_record *many;
    int *groups, n_groups, sizes[4] = {0};
    enum { N = 2 * ANSWER_GROUP_MAX + 5 };

    for (int i = 0; i < 8; i++) /* nothing of them is where print would be */
        add_shape(&s, seven, 20 + 11 * i, 20 + 4 * (i % 4), 30, 40, 1.5);
    many = calloc(N, sizeof *many);
    groups = calloc(N, sizeof *groups);
    for (int i = 0; i < N; i++)
        many[i] = s.records[i % 8];
    assert_int_equal(answer_groups_find(many, N, groups, &n_groups), 0);
    assert_int_equal(n_groups, 3);
    for (int i = 0; i < N; i++)
        sizes[groups[i]]++;
    assert_int_equal(sizes[0], ANSWER_GROUP_MAX);
    assert_int_equal(sizes[2], 5);
    free(many);
    free(groups);
    finish(&s);
}

/* Would catch: a chain. Each ring below is like its neighbours, the last is nothing like the first:
 * every two of one group must be alike. */
static void a_group_is_no_chain(void **state)
{
    struct scene s = {.n = 0};
    int groups[MAX_RECORDS], n;
    static int turned[12][7];

    for (int i = 0; i < 12; i++) { /* a hook whose corner wanders from the left to the right */
        const int hook[] = {10, 5, 25 + 4 * i, 50, 90, 95, -1};
        memcpy(turned[i], hook, sizeof hook);
        add_shape(&s, turned[i], 20 + 6 * i, 20 + 5 * (i % 4), 40, 40, 2.0);
    }
    n = group(&s, groups);
    assert_true(n > 1 && n < s.n); /* some neighbours are alike, the ends are not */
    for (int i = 0; i < s.n; i++)
        for (int k = 0; k < i; k++) {
            double likeness = -2;
            assert_int_equal(answer_likeness(&s.records[i], &s.records[k], &likeness), 0);
            if (groups[i] == groups[k])
                assert_true(likeness >= ANSWER_LIKENESS);
        }
    finish(&s);
}

/* Would catch: a likeness that depends on which of the two comes first, or leaves [-1, 1]. */
static void likeness_is_symmetric(void **state)
{
    struct scene s = {.n = 0};
    double there = 0, back = 0, self = 0;

    add_shape(&s, seven, 40, 25, 30, 40, 1.5);
    add_shape(&s, four, 50, 25, 30, 40, 1.5);
    answer_likeness(&s.records[0], &s.records[1], &there);
    answer_likeness(&s.records[1], &s.records[0], &back);
    answer_likeness(&s.records[0], &s.records[0], &self);
    assert_true(there == back && there < 0.8 && there >= -1);
    assert_true(self > 0.9999 && self < 1.0001);
    finish(&s);
}

/* Would catch: a crash on nothing. */
static void nothing_has_no_groups(void **state)
{
    struct scene s = {.n = 0};
    int groups[1];

    assert_int_equal(group(&s, groups), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_proposal_is_one_group),
        cmocka_unit_test(case_and_spaces_of_text_are_folded),
        cmocka_unit_test(what_is_to_be_alone_is_alone),
        cmocka_unit_test(pictures_of_one_shape_are_one_group),
        cmocka_unit_test(what_cannot_be_compared_is_alone),
        cmocka_unit_test(print_inside_the_box_is_not_compared),
        cmocka_unit_test(a_group_is_no_larger_than_its_sheet),
        cmocka_unit_test(a_group_is_no_chain),
        cmocka_unit_test(likeness_is_symmetric),
        cmocka_unit_test(nothing_has_no_groups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
