#include "calibration.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Catches a table out of order: who is surer must never be promised less. */
static void test_confidence_rises_with_sureness(void **state)
{
    (void)state;
    double before = 0;
    for (double s = 0; s <= SURENESS_MAX; s += 0.05) {
        double c = calibration_confidence(s);
        assert_true(c >= before && c < 1);
        before = c;
    }
    assert_true(before > 0.9999);
}

/* Catches doubt that is lost on the way: certainty, none, and the tiny doubts between. */
static void test_sureness_of_probabilities(void **state)
{
    (void)state;
    assert_true(fabs(calibration_sureness(0.9) - 1) < 1e-9);
    assert_true(fabs(calibration_sureness(1 - 1e-7) - 7) < 1e-6);
    assert_true(calibration_sureness(0) == 0);
    assert_true(calibration_sureness(1) == SURENESS_MAX);
}

/* Catches a threshold that loosens when the office asks for fewer errors, and a table of too few
 * counts to promise what exam.yaml asks for by itself. */
static void test_a_stricter_wish_takes_less(void **state)
{
    (void)state;
    static const double wishes[] = {1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-9};
    double before = -1;
    for (size_t i = 0; i < sizeof(wishes) / sizeof(*wishes); i++) {
        double least = calibration_least_sureness(wishes[i]);
        assert_true(least >= before && least <= SURENESS_MAX);
        before = least;
    }
    assert_true(calibration_least_sureness(0) == 0);
    assert_true(calibration_least_sureness(1) == 0);
    assert_true(calibration_best_promise() <= 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_confidence_rises_with_sureness),
        cmocka_unit_test(test_sureness_of_probabilities),
        cmocka_unit_test(test_a_stricter_wish_takes_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
