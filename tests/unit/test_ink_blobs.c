/* test_ink_blobs.c - patches of ink against their definition: means counted pixel by pixel, patches
 * filled from one pixel to the next. */
#include "diag.h"
#include "image.h"
#include "ink_blobs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MAX_SIDE 70
#define MAX_BLOBS 3000

static uint32_t seed;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static int clamp(int v, int most)
{
    return v < 0 ? 0 : v > most ? most : v;
}

static bool is_ink(const struct image *img, int x, int y, int side, int offset)
{
    int sum = 0, reach = side / 2, n = side * side;

    for (int dy = -reach; dy <= reach; dy++)
        for (int dx = -reach; dx <= reach; dx++)
            sum += image_row(img, clamp(y + dy, img->height - 1))[clamp(x + dx, img->width - 1)];
    return image_row(img, y)[x] <= (2 * sum + n) / (2 * n) - offset;
}

struct filled {
    int area, x0, y0, x1, y1;
    long sum_x, sum_y;
};

static void fill(uint8_t *ink, int width, int height, int x, int y, struct filled *f)
{
    if (x < 0 || y < 0 || x >= width || y >= height || !ink[y * width + x])
        return;
    ink[y * width + x] = 0;
    f->area++;
    f->x0 = x < f->x0 ? x : f->x0;
    f->y0 = y < f->y0 ? y : f->y0;
    f->x1 = x > f->x1 ? x : f->x1;
    f->y1 = y > f->y1 ? y : f->y1;
    f->sum_x += x;
    f->sum_y += y;
    for (int dy = -1; dy <= 1; dy++)
        for (int dx = -1; dx <= 1; dx++)
            fill(ink, width, height, x + dx, y + dy, f);
}

static bool is_among(const struct blob *blobs, size_t n, const struct filled *f)
{
    for (size_t i = 0; i < n; i++) {
        const struct blob *b = &blobs[i];
        if (b->area == f->area && b->x == f->x0 && b->y == f->y0 && b->w == f->x1 - f->x0 + 1 &&
            b->h == f->y1 - f->y0 + 1 && b->centroid.x == (double)f->sum_x / f->area &&
            b->centroid.y == (double)f->sum_y / f->area)
            return true;
    }
    return false;
}

static void compare(const struct image *img, int window, int offset, int min_area,
                    struct ink_blobs_scratch *scratch)
{
    static struct blob blobs[MAX_BLOBS];
    static uint8_t ink[MAX_SIDE * MAX_SIDE];
    struct image mask;
    size_t n, seen = 0;

    image_init(&mask);
    assert_int_equal(
        ink_blobs_find(img, window, offset, min_area, scratch, blobs, MAX_BLOBS, &n, &mask), 0);
    for (int y = 0; y < img->height; y++)
        for (int x = 0; x < img->width; x++) {
            ink[y * img->width + x] = is_ink(img, x, y, window | 1, offset);
            assert_int_equal(image_row(&mask, y)[x], ink[y * img->width + x] ? 255 : 0);
        }
    for (int y = 0; y < img->height; y++)
        for (int x = 0; x < img->width; x++) {
            struct filled f = {0, MAX_SIDE, MAX_SIDE, -1, -1, 0, 0};
            if (!ink[y * img->width + x])
                continue;
            fill(ink, img->width, img->height, x, y, &f);
            if (f.area >= min_area) {
                assert_true(is_among(blobs, n, &f));
                seen++;
            }
        }
    assert_int_equal(seen, n);
    for (size_t i = 1; i < n; i++)
        assert_true(blobs[i - 1].area >= blobs[i].area);
    image_finish(&mask);
}

/* Would catch a patch cut in two or two run together, a mean that is off at the edges, memory of
 * the picture before. */
static void patches_are_those_of_the_definition(void **state)
{
    struct ink_blobs_scratch scratch = {0};
    struct image img;

    (void)state;
    seed = 7;
    image_init(&img);
    for (int round = 0; round < 300; round++) {
        int width = 1 + (int)draw(MAX_SIDE), height = 1 + (int)draw(MAX_SIDE);
        int dots = (int)draw(4) * 100 + 1;
        assert_int_equal(image_resize(&img, width, height), 0);
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                image_row(&img, y)[x] = (uint8_t)(200 + draw(20));
        for (int i = 0; i < dots; i++)
            image_row(&img, (int)draw((uint32_t)height))[draw((uint32_t)width)] =
                (uint8_t)draw(256);
        for (int i = 0, y = (int)draw((uint32_t)height); i < width; i++) /* a long stroke */
            image_row(&img, clamp(y + i / 3, height - 1))[i] = 20;
        compare(&img, 3 + (int)draw(30), 5 + (int)draw(30), 1 + (int)draw(6), &scratch);
    }
    image_finish(&img);
    ink_blobs_finish(&scratch);
}

/* Would catch a limit that keeps the first patches instead of the largest. */
static void the_largest_are_kept(void **state)
{
    struct ink_blobs_scratch scratch = {0};
    struct blob blobs[3];
    struct image img;
    size_t n;

    (void)state;
    image_init(&img);
    assert_int_equal(image_resize(&img, 64, 64), 0);
    memset(img.data, 240, 64 * 64);
    for (int k = 0; k < 6; k++) /* squares of side 1 to 6 */
        for (int y = 0; y <= k; y++)
            memset(image_row(&img, 10 * k + y) + 5, 10, (size_t)k + 1);
    assert_int_equal(ink_blobs_find(&img, 31, 20, 1, &scratch, blobs, 3, &n, NULL), 0);
    assert_int_equal(n, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(blobs[i].area, (6 - i) * (6 - i));
    image_finish(&img);
    ink_blobs_finish(&scratch);
}

/* Would catch gigabytes asked for by a scan that is noise from edge to edge. */
static void noise_has_a_limit(void **state)
{
    struct ink_blobs_scratch scratch = {0};
    struct blob blobs[3];
    struct image img;
    size_t n;

    (void)state;
    image_init(&img);
    assert_int_equal(image_resize(&img, 5000, 5000), 0);
    memset(img.data, 240, 5000 * 5000);
    for (int y = 0; y < img.height; y += 2)
        for (int x = 0; x < img.width; x += 2)
            image_row(&img, y)[x] = 0;
    assert_int_equal(ink_blobs_find(&img, 31, 20, 1, &scratch, blobs, 3, &n, NULL), YJ_EDATA);
    assert_in_range(scratch.patches_capacity, 1, 2 * INK_BLOBS_PATCHES_MAX);
    image_finish(&img);
    ink_blobs_finish(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patches_are_those_of_the_definition),
        cmocka_unit_test(the_largest_are_kept),
        cmocka_unit_test(noise_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
