#include "marker_match.h"
#include "proposals.h"

#include "diag.h"
#include "form.h"
#include "vision.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MARKER 40 /* px: the picture's side */

struct scene {
    struct image img, marker;
    struct arena arena;
};

/* A ring with a bar through it: other upside down than upright. */
static void draw_marker(struct image *marker)
{
    assert_int_equal(image_resize(marker, MARKER, MARKER), 0);
    for (int y = 0; y < MARKER; y++)
        for (int x = 0; x < MARKER; x++) {
            double d = hypot(x - 19.5, y - 19.5);
            bool bar = abs(x - 19) < 4 && y < 22;
            image_row(marker, y)[x] = (d > 12 && d < 18) || bar ? 20 : 230;
        }
}

static int setup(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    image_init(&s->img);
    image_init(&s->marker);
    arena_init(&s->arena);
    draw_marker(&s->marker);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct scene *s = *state;
    image_finish(&s->img);
    image_finish(&s->marker);
    arena_finish(&s->arena);
    free(s);
    return 0;
}

static void make_paper(struct scene *s, int w, int h, int noise)
{
    assert_int_equal(image_resize(&s->img, w, h), 0);
    srand(5);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
            image_row(&s->img, y)[x] = (uint8_t)(200 + rand() % noise);
}

/* Prints `marker` with its corner at (x, y), its contrast `share` of its own. */
static void print_marker(struct image *img, const struct image *marker, int x, int y, double share)
{
    for (int j = 0; j < marker->height; j++)
        for (int i = 0; i < marker->width; i++)
            image_row(img, y + j)[x + i] =
                (uint8_t)(200 - share * (230 - image_row(marker, j)[i]) * 200 / 230);
}

/* Correlation at one place, by its definition. */
static double by_definition(const struct image *img, const struct image *marker, int x, int y)
{
    double n = (double)marker->width * marker->height, si = 0, sm = 0, sii = 0, smm = 0, sim = 0;
    for (int j = 0; j < marker->height; j++)
        for (int i = 0; i < marker->width; i++) {
            double a = image_row(img, y + j)[x + i], b = image_row(marker, j)[i];
            si += a, sm += b, sii += a * a, smm += b * b, sim += a * b;
        }
    return (sim - si * sm / n) / sqrt((sii - si * si / n) * (smm - sm * sm / n));
}

/* Catches a place that is off by a pixel, one at the image's edge or behind a row's last whole
 * vector that is missed, paleness taken for another look, and scores that are not what they say. */
static void test_places(void **state)
{
    struct scene *s = *state;
    struct point at[8];
    double scores[8];
    size_t n;
    make_paper(s, 333, 211, 12);
    const int corners[4][2] = {{0, 0}, {333 - MARKER, 211 - MARKER}, {150, 60}, {37, 141}};
    for (int i = 0; i < 4; i++)
        print_marker(&s->img, &s->marker, corners[i][0], corners[i][1], 1 - 0.2 * i);
    assert_int_equal(marker_match(&s->img, &s->marker, 0.9, 20, &s->arena, at, scores, 8, &n), 0);
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++) {
        int x = (int)(at[i].x - 19.5), y = (int)(at[i].y - 19.5), known = 0;
        for (int k = 0; k < 4; k++)
            known += corners[k][0] == x && corners[k][1] == y;
        assert_int_equal(known, 1);
        assert_true(fabs(scores[i] - by_definition(&s->img, &s->marker, x, y)) < 1e-5);
        assert_true(i == 0 || scores[i] <= scores[i - 1]);
    }
    assert_int_equal(marker_match(&s->img, &s->marker, 0.9, 20, &s->arena, at, scores, 3, &n), 0);
    assert_int_equal(n, 3);
}

/* Catches one marker told twice, and one told nearer than asked to another. */
static void test_gap(void **state)
{
    struct scene *s = *state;
    struct point at[8];
    double scores[8];
    size_t n;
    make_paper(s, 200, 120, 2);
    print_marker(&s->img, &s->marker, 20, 30, 1);
    print_marker(&s->img, &s->marker, 20 + MARKER + 5, 30, 0.9);
    assert_int_equal(marker_match(&s->img, &s->marker, 0.2, 40, &s->arena, at, scores, 8, &n), 0);
    assert_true(n >= 2);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            assert_true(hypot(at[i].x - at[k].x, at[i].y - at[k].y) >= 40);
    assert_int_equal(marker_match(&s->img, &s->marker, 0.9, 60, &s->arena, at, scores, 8, &n), 0);
    assert_int_equal(n, 1);
}

/* Catches a division by nothing where paper or marker is of one grey, and a marker larger than the
 * scan. */
static void test_nothing_to_see(void **state)
{
    struct scene *s = *state;
    struct point at[4];
    double scores[4];
    size_t n = 9;
    make_paper(s, 200, 120, 1);
    assert_int_equal(marker_match(&s->img, &s->marker, 0.01, 9, &s->arena, at, scores, 4, &n), 0);
    assert_int_equal(n, 0);
    make_paper(s, 200, 120, 50);
    memset(s->marker.data, 90, s->marker.stride * MARKER);
    assert_int_equal(marker_match(&s->img, &s->marker, 0.01, 9, &s->arena, at, scores, 4, &n), 0);
    assert_int_equal(n, 0);
    draw_marker(&s->marker);
    make_paper(s, MARKER / 2, 120, 50);
    assert_int_equal(marker_match(&s->img, &s->marker, 0.01, 9, &s->arena, at, scores, 4, &n), 0);
    assert_int_equal(n, 0);
}

/* ---- the whole search ---- */

static void print_at(struct scene *s, struct point centre, double side)
{
    struct image small;
    image_init(&small);
    int w = (int)lround(side);
    assert_int_equal(vision_resize(&s->marker, w, w, &small), 0);
    print_marker(&s->img, &small, (int)lround(centre.x - w / 2.0), (int)lround(centre.y - w / 2.0),
                 0.7);
    image_finish(&small);
}

/* Letters, lines and smudges that are no marker: dark bars of every size. */
static void print_clutter(struct image *img, int bars)
{
    for (int i = 0; i < bars; i++) {
        int x = rand() % (img->width - 60), y = rand() % (img->height - 60);
        int w = 2 + rand() % 50, h = 2 + rand() % 12;
        for (int j = 0; j < h; j++)
            memset(image_row(img, y + j) + x, 60, (size_t)w);
    }
}

/* A page whose marker is 12 mm, at so many px a mm; farther down a photo's are larger. */
static void check_page(struct scene *s, int width, int height, double scale, double larger)
{
    struct mark marks[4];
    memset(marks, 0, sizeof marks);
    const struct point mm[4] = {{15, 15}, {195, 15}, {195, 280}, {15, 280}};
    for (int i = 0; i < 4; i++) {
        marks[i].box = (struct rect){mm[i].x - 6, mm[i].y - 6, 12, 12};
        marks[i].centroid = mm[i];
    }
    struct registration r = {.kind = REGISTER_MARKER, .marks = marks, .n_marks = 4};
    struct proposal_source source = {
        .registration = &r, .page_width = 210, .page_height = 297, .picture = &s->marker};
    struct pyramid pyramid = {.levels = {&s->img}, .n_levels = 1};
    struct proposal out[MAX_PROPOSALS];
    int n = 0;
    make_paper(s, width, height, 12);
    print_clutter(&s->img, 60);
    struct point px[4];
    for (int i = 0; i < 4; i++) {
        px[i] = (struct point){30 + mm[i].x * scale, 25 + mm[i].y * scale};
        print_at(s, px[i], 12 * scale * (mm[i].y > 100 ? larger : 1));
    }
    assert_int_equal(propose_from_marker_picture(&source, &pyramid, out, &n), 0);
    bool found = false;
    for (int k = 0; k < n; k++) {
        double worst = 0;
        for (int i = 0; i < 4; i++) {
            struct point at = homography_apply(&out[k].through_marks, mm[i]);
            worst = fmax(worst, hypot(at.x - px[i].x, at.y - px[i].y));
        }
        found = found || worst < 2;
    }
    assert_true(found);
}

/* Catches sizes that are sought on a picture too small for them, or on none: a page that fills the
 * scan, one that is a third of it, markers that a photo shows in two sizes. */
static void test_sizes(void **state)
{
    struct scene *s = *state;
    check_page(s, 1000, 1400, 4.4, 1);
    check_page(s, 1000, 1400, 2.9, 1);
    check_page(s, 1000, 1400, 1.6, 1);
    check_page(s, 640, 900, 2.6, 1);
    check_page(s, 1000, 1400, 3.3, 1.15);
}

/* Catches a marker's picture of many pixels that is lost, or changed, where it is made smaller. */
static void test_a_large_picture(void **state)
{
    struct scene *s = *state;
    struct image large;
    image_init(&large);
    assert_int_equal(vision_resize(&s->marker, 2600, 2600, &large), 0);
    image_finish(&s->marker);
    s->marker = large;
    check_page(s, 640, 900, 2.6, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_places, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_to_see, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_large_picture, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
