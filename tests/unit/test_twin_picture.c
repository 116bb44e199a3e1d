#include "twin_picture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define W 120
#define H 90

struct scene {
    struct image img;
    struct field field;
    struct bubble bubble;
    struct bubble_ink ink;
    struct raster raster;
    struct picture picture, other;
    struct print_fit fit;
};

/* A bubble of 5 x 3 mm at 8 px a mm, a little turned; the image is noise on a soft blob. */
static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    image_init(&s->img);
    assert_int_equal(image_resize(&s->img, W, H), 0);
    srand(7);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            double d = hypot(x - 60, 1.4 * (y - 45)) / 14;
            image_row(&s->img, y)[x] = (uint8_t)(215 - 150 * exp(-d * d) + rand() % 9);
        }
    s->field.shape = BUBBLE_OVAL;
    s->bubble.box = (struct rect){0, 0, 5, 3};
    s->ink = (struct bubble_ink){.field = &s->field,
                                 .bubble = &s->bubble,
                                 .paper = 220,
                                 .view = {{60, 45}, {7.9, 0.1}, {-0.1, 7.9}}};
    struct page_map map = {.bubble_scale = 1};
    s->raster = raster_of(&map, &s->ink);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    image_finish(&s->img);
    free(s);
    return 0;
}

/* Rows that are no multiple of a vector, a point read from the wrong pixel, another rounding: each
 * point must be what the four pixels about it say. */
static void test_points_lie_between_their_pixels(void **state)
{
    struct scene *s = *state;
    const struct raster *r = &s->raster;
    assert_int_not_equal(r->w, r->stride);
    picture_take(&s->img, r, &s->ink, 0.4f, -0.3f, &s->picture);
    for (int y = 0; y < r->h; y++)
        for (int x = 0; x < r->w; x++) {
            double a = (x - (r->w - 1) / 2.0 + 0.4) * r->dx;
            double c = (y - (r->h - 1) / 2.0 - 0.3) * r->dy;
            double px = 60 + a * 7.9 - c * 0.1, py = 45 + a * 0.1 + c * 7.9;
            int x0 = (int)px, y0 = (int)py;
            const uint8_t *p = image_row(&s->img, y0) + x0, *q = image_row(&s->img, y0 + 1) + x0;
            double top = p[0] + (px - x0) * (p[1] - p[0]), low = q[0] + (px - x0) * (q[1] - q[0]);
            double dark = 1 - (top + (py - y0) * (low - top)) / 220;
            assert_true(fabs(dark - (double)s->picture.at[y * r->stride + x]) < 1e-4);
        }
}

/* A page's edge: what is off it is paper, and nothing beyond is read (the sanitizers would tell).
 */
static void test_off_the_image_there_is_paper(void **state)
{
    struct scene *s = *state;
    const struct raster *r = &s->raster;
    s->ink.view.origin = (struct point){W - 10, H - 4};
    picture_take(&s->img, r, &s->ink, 0, 0, &s->picture);
    assert_true(s->picture.at[0] != 0);
    assert_true(fabs((double)s->picture.at[(r->h - 1) * r->stride + r->w - 1]) < 1e-6);
    s->ink.view.origin = (struct point){-500, -500};
    picture_take(&s->img, r, &s->ink, 0, 0, &s->picture);
    for (int i = 0; i < r->h * r->stride; i++)
        assert_true(fabs((double)s->picture.at[i]) < 1e-6);
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Of any number of pictures: a sort must give the same. */
static void test_median_is_that_of_a_sort(void **state)
{
    struct scene *s = *state;
    const struct raster *r = &s->raster;
    static struct picture from[PICTURES_MAX];
    for (int n = 1; n <= PICTURES_MAX; n++) {
        for (int k = 0; k < n; k++)
            for (int i = 0; i < r->stride * r->h; i++)
                from[k].at[i] = (float)(rand() % 50 - 10) / 40; /* equals and negatives, too */
        picture_median(r, from, n, &s->picture);
        for (int i = 0; i < r->stride * r->h; i++) {
            float sorted[PICTURES_MAX];
            for (int k = 0; k < n; k++)
                sorted[k] = from[k].at[i];
            qsort(sorted, (size_t)n, sizeof *sorted, by_value);
            float want = n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
            assert_true(fabsf(want - s->picture.at[i]) < 1e-7f);
        }
    }
}

/* A picture moved by less than a point: the shares of the slopes say how far. */
static void test_shares_tell_a_shift(void **state)
{
    struct scene *s = *state;
    double shares[PRINT_TERMS];
    picture_take(&s->img, &s->raster, &s->ink, 0, 0, &s->picture);
    picture_take(&s->img, &s->raster, &s->ink, -0.3f, 0.2f, &s->other);
    print_fit_start(&s->raster, &s->fit);
    print_fit_set(&s->fit, &s->picture);
    print_fit_shares(&s->fit, &s->other, shares);
    assert_true(fabs(shares[0] - 1) < 0.05);
    assert_true(fabs(shares[1] + 0.3) < 0.1);
    assert_true(fabs(shares[2] - 0.2) < 0.1);
}

static double darkness_about(const struct raster *r, const struct picture *p, int x, int y)
{
    double sum = 0;
    int n = 0;
    for (int j = y - r->dot; j <= y + r->dot; j++)
        for (int i = x - r->dot; i <= x + r->dot; i++)
            if (i > 0 && j > 0 && i < r->w - 1 && j < r->h - 1) {
                sum += (double)p->at[j * r->stride + i];
                n++;
            }
    return sum / n;
}

/* A speck that the print does not have is what is left, where it is and as dark; one outside the
 * outline is not looked at. Dots larger than those of common scans are summed as well. */
static void test_a_speck_is_left(void **state)
{
    struct scene *s = *state;
    struct raster *r = &s->raster;
    const int x = r->w / 2 + 6, y = r->h / 2 - 3;
    float haze;
    for (r->dot = 1; r->dot <= 4; r->dot++) {
        picture_take(&s->img, r, &s->ink, 0, 0, &s->picture);
        s->other = s->picture;
        for (int i = -1; i <= 1; i++)
            for (int j = -1; j <= 1; j++)
                s->other.at[(y + j) * r->stride + x + i] += 0.4f;
        s->other.at[2 * r->stride + 2] += 5; /* in a corner, outside the oval */
        print_fit_start(r, &s->fit);
        print_fit_set(&s->fit, &s->picture);
        struct picture rest = {{0}};
        print_fit_rest(&s->fit, &s->other, &rest);
        float darkest = print_fit_darkest(&s->fit, &rest, &haze);
        double there = darkness_about(r, &rest, x, y);
        assert_true(there > 0.3 * 9 / ((2 * r->dot + 1) * (2 * r->dot + 1)));
        assert_true((double)darkest >= there - 1e-5 && (double)darkest < there + 0.02);
        assert_true(haze > 0 && haze < 0.05f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_points_lie_between_their_pixels, setup, teardown),
        cmocka_unit_test_setup_teardown(test_off_the_image_there_is_paper, setup, teardown),
        cmocka_unit_test_setup_teardown(test_median_is_that_of_a_sort, setup, teardown),
        cmocka_unit_test_setup_teardown(test_shares_tell_a_shift, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_speck_is_left, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
