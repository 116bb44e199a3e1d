/* test_image_warp.c - images seen through maps, held against OpenCV's bit for bit. */
#include "image_warp.h"
#include "vision.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct pictures {
    struct image scan, theirs, ours;
};

static double between(double low, double high)
{
    return low + (high - low) * rand() / RAND_MAX;
}

static void compare(struct pictures *p, const struct homography *map, int width, int height)
{
    assert_int_equal(image_resize(&p->theirs, width, height), 0);
    assert_int_equal(image_resize(&p->ours, width, height), 0);
    memset(p->ours.data, 7, (size_t)width * (size_t)height);
    assert_int_equal(vision_warp(&p->scan, map, &p->theirs), 0);
    image_warp(&p->scan, map, &p->ours);
    assert_memory_equal(p->ours.data, p->theirs.data, (size_t)width * (size_t)height);
}

static int setup(void **state)
{
    struct pictures *p = calloc(1, sizeof *p);
    srand(3);
    if (!p || image_resize(&p->scan, 331, 240) < 0)
        return -1;
    for (size_t i = 0; i < p->scan.stride * (size_t)p->scan.height; i++)
        p->scan.data[i] = (uint8_t)rand();
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct pictures *p = *state;
    image_finish(&p->scan);
    image_finish(&p->theirs);
    image_finish(&p->ours);
    free(p);
    return 0;
}

/* Catches another rounding of places or of greys: noise shows each. */
static void test_fields_are_cut_as_opencv_cuts_them(void **state)
{
    for (int i = 0; i < 300; i++) {
        double s = between(0.3, 2), a = i % 3 ? between(-0.05, 0.05) : between(-4, 4);
        double bend = i % 2 ? between(-1e-4, 1e-4) : 0;
        struct homography map = {{s * cos(a), -s * sin(a), between(-40, 300), s * sin(a),
                                  s * cos(a), between(-40, 220), bend,
                                  between(-1e-4, 1e-4) * (i % 2), 1}};
        compare(*state, &map, 1 + rand() % 180, 1 + rand() % 120);
    }
}

/* Catches halves that are rounded the other way, and the image's own last row and column. */
static void test_whole_and_half_pixels(void **state)
{
    for (int i = 0; i < 8; i++) {
        double half = i % 2 ? 0.5 : 0, s = i & 2 ? 0.5 : 1, more = i & 4 ? 1 / 64.0 : 0;
        struct homography map = {{s, 0, half + more - 1, 0, s, half - more - 1, 0, 0, 1}};
        compare(*state, &map, 340, 250);
    }
}

/* Catches a division by nothing, and places that no int holds. */
static void test_horizons_and_far_places(void **state)
{
    const struct homography maps[] = {
        {{1, 0, 0, 0, 1, 0, 0.02, 0, -1}},   {{1, 0, 0, 0, 1, 0, 0, 0, 0}},
        {{1, 0, 0, 0, 1, 0, 0, 0.01, -0.5}}, {{1e9, 0, 3, 0, 1e9, 5, 0, 0, 1}},
        {{1, 0, -1e6, 0, 1, 1e6, 0, 0, 1}},
    };
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++)
        compare(*state, &maps[i], 150, 110);
}

/* Catches rows that are done in other pieces than they should be. */
static void test_flat_and_narrow_pictures(void **state)
{
    struct homography map = {{0.101, 0.0007, 20.3, -0.0005, 0.33, 31.7, 2e-6, 1e-6, 1}};
    compare(*state, &map, 2600, 1);
    compare(*state, &map, 2600, 3);
    compare(*state, &map, 2600, 40);
    compare(*state, &map, 1, 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields_are_cut_as_opencv_cuts_them),
        cmocka_unit_test(test_whole_and_half_pixels),
        cmocka_unit_test(test_horizons_and_far_places),
        cmocka_unit_test(test_flat_and_narrow_pictures),
    };
    vision_init();
    return cmocka_run_group_tests(tests, setup, teardown);
}
