/* Patches of a window, against OpenCV's of the same pixels. */
#include "window_patches.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MOST = 64 };

static unsigned next(unsigned *seed)
{
    *seed = *seed * 1103515245u + 12345;
    return *seed >> 16 & 0x7fff;
}

/* Paper with a slope of light and noise, and shapes on it that touch, nest and run off its edges.
 */
static void draw(struct image *img, int width, int height, unsigned seed)
{
    assert_int_equal(image_resize(img, width, height), 0);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            image_row(img, y)[x] = (uint8_t)(190 + x * 40 / width + (int)(next(&seed) % 30));
    for (int i = 0; i < 12; i++) {
        int cx = (int)next(&seed) % width, cy = (int)next(&seed) % height;
        int r = 1 + (int)next(&seed) % 9, hole = next(&seed) % 3 ? 0 : r / 2;
        for (int y = cy - r; y <= cy + r; y++)
            for (int x = cx - r; x <= cx + r; x++) {
                int d = (x - cx) * (x - cx) + (y - cy) * (y - cy);
                if (x >= 0 && y >= 0 && x < width && y < height && d <= r * r && d >= hole * hole)
                    image_row(img, y)[x] = (uint8_t)(30 + next(&seed) % 60);
            }
    }
}

static bool is_among(const struct blob *b, const struct blob *blobs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (blobs[i].x == b->x && blobs[i].y == b->y && blobs[i].w == b->w && blobs[i].h == b->h &&
            blobs[i].area == b->area && fabs(blobs[i].centroid.x - b->centroid.x) < 1e-9 &&
            fabs(blobs[i].centroid.y - b->centroid.y) < 1e-9)
            return true;
    return false;
}

/* Would catch: a patch torn in two or two taken for one, a mean that is off at the window's edge,
 * patches too small or not the largest. */
static void test_like_opencv(void **state)
{
    static const int sides[] = {9, 40, 67, 128, 320};
    struct image img;
    image_init(&img);
    for (unsigned seed = 1; seed <= 60; seed++) {
        int width = sides[seed % 5], height = sides[seed / 5 % 5],
            around = 5 + 2 * (int)(seed % 20);
        struct blob mine[MOST], theirs[MOST];
        size_t n_theirs = 0;
        draw(&img, width, height, seed);
        int n = window_patches_find(&img, around, 20, 4, mine, MOST);
        assert_int_equal(vision_find_blobs(&img, around, 20, 4, theirs, MOST, &n_theirs, NULL), 0);
        assert_int_equal(n, n_theirs);
        for (int i = 0; i < n; i++) {
            assert_int_equal(mine[i].area, theirs[i].area);
            if (mine[i].area >
                theirs[n - 1].area) /* of the smallest, either may have kept others */
                assert_true(is_among(&mine[i], theirs, n_theirs));
        }
    }
    image_finish(&img);
}

/* Would catch: more blobs written than there is room for, or the wrong ones kept. */
static void test_keeps_the_largest(void **state)
{
    struct image img;
    struct blob blobs[3];
    image_init(&img);
    assert_int_equal(image_resize(&img, 100, 40), 0);
    for (int y = 0; y < 40; y++)
        for (int x = 0; x < 100; x++)
            image_row(&img, y)[x] = 230;
    for (int i = 1; i <= 6; i++)
        for (int y = 0; y < i; y++)
            for (int x = 0; x < i; x++)
                image_row(&img, 10 + y)[14 * i + x] = 20;
    assert_int_equal(window_patches_find(&img, 21, 20, 4, blobs, 2), 2);
    assert_int_equal(blobs[0].w, 6);
    assert_int_equal(blobs[1].w, 5);
    assert_int_equal(blobs[1].x, 70);
    assert_int_equal(blobs[1].y, 10);
    image_finish(&img);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_like_opencv),
        cmocka_unit_test(test_keeps_the_largest),
    };
    return cmocka_run_group_tests_name("window_patches", tests, NULL, NULL);
}
