#include "geometry.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct point corners[5] = {{10, 10}, {200, 12}, {198, 287}, {11, 280}, {100, 150}};

static void expect_point(struct point got, double x, double y, double within)
{
    if (fabs(got.x - x) > within || fabs(got.y - y) > within)
        fail_msg("(%g, %g) is not (%g, %g)", got.x, got.y, x, y);
}

/* Catches a fit that loses precision (no normalisation) or mixes up its unknowns. */
static void test_fits_recover_what_made_the_points(void **state)
{
    struct homography truth = {{7.9, 0.4, 31, -0.3, 8.1, -12, 1e-5, -2e-5, 1}}, got;
    struct homography affine = {{7.9, 0.4, 31, -0.3, 8.1, -12, 0, 0, 1}};
    struct homography similar = {{5, -2, 3000, 2, 5, 4000, 0, 0, 1}};
    struct point p[5], a[5], s[5];
    for (int i = 0; i < 5; i++) {
        p[i] = homography_apply(&truth, corners[i]);
        a[i] = homography_apply(&affine, corners[i]);
        s[i] = homography_apply(&similar, corners[i]);
    }
    assert_int_equal(homography_fit(corners, p, NULL, 5, &got), 0);
    assert_true(homography_residual(&got, corners, p, 5) < 1e-6);
    expect_point(homography_apply(&got, (struct point){60, 70}),
                 homography_apply(&truth, (struct point){60, 70}).x,
                 homography_apply(&truth, (struct point){60, 70}).y, 1e-6);
    assert_int_equal(homography_fit_affine(corners, a, NULL, 5, &got), 0);
    assert_true(homography_residual(&got, corners, a, 5) < 1e-8);
    assert_int_equal(homography_fit_similarity(corners, s, NULL, 2, &got), 0);
    assert_true(homography_residual(&got, corners, s, 5) < 1e-6);
}

/* Catches points on one line taken for a plane, or too few points. */
static void test_undetermined_points_are_refused(void **state)
{
    struct point line[4] = {{0, 0}, {1, 1}, {2, 2}, {3, 3}}, same[3] = {{1, 1}, {1, 1}, {1, 1}};
    struct homography got;
    assert_int_equal(homography_fit_affine(line, corners, NULL, 4, &got), -1);
    assert_int_equal(homography_fit(line, corners, NULL, 4, &got), -1);
    assert_int_equal(homography_fit_similarity(same, corners, NULL, 3, &got), -1);
    assert_int_equal(homography_fit_affine(corners, corners, NULL, 2, &got), -1);
}

/* Catches weights that are ignored: the outlier must not pull the fit. */
static void test_weights_silence_an_outlier(void **state)
{
    struct point to[5];
    double weight[5] = {1, 1, 1, 1, 0};
    struct homography got;
    for (int i = 0; i < 5; i++)
        to[i] = (struct point){corners[i].x * 2, corners[i].y * 2};
    to[4].x += 500;
    assert_int_equal(homography_fit_affine(corners, to, weight, 5, &got), 0);
    expect_point(homography_apply(&got, (struct point){50, 60}), 100, 120, 1e-6);
}

/* Catches a wrong cofactor. */
static void test_inverse_undoes(void **state)
{
    struct homography h = {{7.9, 0.4, 31, -0.3, 8.1, -12, 1e-4, -2e-4, 1}}, inverse;
    assert_int_equal(homography_invert(&h, &inverse), 0);
    expect_point(homography_apply(&inverse, homography_apply(&h, corners[2])), 198, 287, 1e-8);
    struct homography flat = {{1, 2, 3, 2, 4, 6, 0, 0, 1}};
    assert_int_equal(homography_invert(&flat, &inverse), -1);
}

/* Catches a scale that forgets the projective denominator. */
static void test_scale_is_px_a_mm(void **state)
{
    struct homography h = {{16, 0, 5, 0, 16, 5, 0, 0, 2}};
    assert_true(fabs(homography_scale(&h, (struct point){40, 50}) - 8) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fits_recover_what_made_the_points),
        cmocka_unit_test(test_undetermined_points_are_refused),
        cmocka_unit_test(test_weights_silence_an_outlier),
        cmocka_unit_test(test_inverse_undoes),
        cmocka_unit_test(test_scale_is_px_a_mm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
