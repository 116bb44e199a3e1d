/* What is done to whole pages, against the plainest way of doing it. */
#include "image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Sizes around whole tiles, blocks and registers, and odd ones. */
static const struct {
    int width, height;
} sizes[] = {{2, 2}, {3, 5}, {7, 9}, {8, 8}, {16, 31}, {63, 65}, {64, 64}, {131, 77}, {200, 129}};
#define N_SIZES (sizeof sizes / sizeof *sizes)

static void make_noise(struct image *img, int width, int height, unsigned seed)
{
    assert_int_equal(image_resize(img, width, height), 0);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            seed = seed * 1103515245u + 12345;
            image_row(img, y)[x] = (uint8_t)(seed >> 16);
        }
}

static int at(const struct image *img, int x, int y)
{
    x = x < 0 ? 0 : x >= img->width ? img->width - 1 : x;
    y = y < 0 ? 0 : y >= img->height ? img->height - 1 : y;
    return image_row(img, y)[x];
}

/* Would catch: a tile at the edge left out or turned, rows and columns mixed up. */
static void test_transpose(void **state)
{
    struct image img, out;
    image_init(&img);
    image_init(&out);
    for (size_t i = 0; i < N_SIZES; i++) {
        make_noise(&img, sizes[i].width, sizes[i].height, (unsigned)i);
        assert_int_equal(image_resize(&out, img.height, img.width), 0);
        image_transpose(&img, &out);
        for (int y = 0; y < img.height; y++)
            for (int x = 0; x < img.width; x++)
                assert_int_equal(at(&out, y, x), at(&img, x, y));
    }
    image_finish(&img);
    image_finish(&out);
}

/* Would catch: wrong rounding, a last column taken in, rows made in parts unlike rows made at once.
 */
static void test_halve(void **state)
{
    struct image img, out, part;
    image_init(&img);
    image_init(&out);
    image_init(&part);
    for (size_t i = 0; i < N_SIZES; i++) {
        make_noise(&img, sizes[i].width, sizes[i].height, 77 + (unsigned)i);
        assert_int_equal(image_halve(&img, &out), 0);
        assert_int_equal(out.width, img.width / 2);
        assert_int_equal(out.height, img.height / 2);
        assert_int_equal(image_resize(&part, out.width, out.height), 0);
        image_halve_rows(&img, 0, out.height / 3, &part);
        image_halve_rows(&img, out.height / 3, out.height, &part);
        for (int y = 0; y < out.height; y++)
            for (int x = 0; x < out.width; x++) {
                int sum = at(&img, 2 * x, 2 * y) + at(&img, 2 * x + 1, 2 * y) +
                          at(&img, 2 * x, 2 * y + 1) + at(&img, 2 * x + 1, 2 * y + 1);
                assert_int_equal(at(&out, x, y), (sum + 2) / 4);
                assert_int_equal(at(&part, x, y), (sum + 2) / 4);
            }
    }
    image_finish(&img);
    image_finish(&out);
    image_finish(&part);
}

/* Would catch: pixels of the row before read after they were written, edges that darken, a shift.
 */
static void test_soften(void **state)
{
    static const int weights[3] = {1, 6, 1};
    struct image img, out;
    image_init(&img);
    image_init(&out);
    for (size_t i = 0; i < N_SIZES; i++) {
        make_noise(&img, sizes[i].width, sizes[i].height, 5 + (unsigned)i);
        assert_int_equal(image_soften(&img, &out), 0);
        for (int y = 0; y < img.height; y++)
            for (int x = 0; x < img.width; x++) {
                int sum = 0;
                for (int v = 0; v < 3; v++)
                    for (int u = 0; u < 3; u++)
                        sum += weights[v] * weights[u] * at(&img, x + u - 1, y + v - 1);
                /* Six means, each rounded up by at most a half. */
                assert_true(at(&out, x, y) * 64 - sum > -64 && at(&out, x, y) * 64 - sum < 4 * 64);
            }
    }
    image_finish(&img);
    image_finish(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transpose),
        cmocka_unit_test(test_halve),
        cmocka_unit_test(test_soften),
    };
    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
