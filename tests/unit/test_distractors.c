/* Options, fifths and suspicions: by hand, and Williams' test by a published example. The same
 * figures against R: tests/crosscheck/classical. */
#include "distractors.h"
#include "findings.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void near(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-9 * fmax(1, fabs(expected))))
        fail_msg("%.17g is not %.17g", value, expected);
}

#define MAX 200

/* Totals 5, 2, 1, 2, 4, 2, 3: a fifth of seven is 1.4 places. The lowest fifth is the 1 and 0.4
 * places of the three 2s, the next 1.4 places of them, the third 1.2 - the places from 2.8 to 4 -
 * and 0.2 of the 3. Option 0 is marked by the 1 alone, option 1 by one of the 2s. */
static void ties_belong_to_both_fifths(void **state)
{
    static const double totals[] = {5, 2, 1, 2, 4, 2, 3}, again[] = {2, 1, 2, 5, 2, 3, 4};
    static const uint64_t marked[] = {0, 0, 1, 2, 0, 0, 0}, marked_again[] = {2, 1, 0, 0, 0, 0, 0};
    struct option_figures o[2], turned[2];
    struct fifths f;
    assert_int_equal(fifths_make(totals, 7, &f), 0);
    option_figures_compute(&(struct item_answers){7, marked, totals, 2}, &f, o);
    near(o[0].fifth[0], 1 / 1.4);
    near(o[0].fifth[1], 0);
    near(o[1].fifth[0], 0.4 / 3 / 1.4);
    near(o[1].fifth[1], 1.0 / 3);
    near(o[1].fifth[2], 1.2 / 3 / 1.4);
    near(o[1].fifth[3], 0);
    double item[FIFTHS];
    fifths_item(&f, totals, 1, 5, item);
    near(item[0], (1 + 0.4 * 2) / 1.4 / 5);
    near(item[4], (0.4 * 4 + 5) / 1.4 / 5);
    fifths_finish(&f);
    assert_int_equal(fifths_make(again, 7, &f), 0);
    option_figures_compute(&(struct item_answers){7, marked_again, again, 2}, &f, turned);
    for (int k = 0; k < 2; k++) {
        assert_true(memcmp(turned[k].fifth, o[k].fifth, sizeof o[k].fifth) == 0);
        near(turned[k].rpb, o[k].rpb);
    }
    fifths_finish(&f);
}

/* Every candidate is in the fifths once, whatever the ties: also all equal, also fewer than five.
 */
static void fifths_have_everybody_once(void **state)
{
    for (size_t n = 1; n < 40; n++)
        for (int kinds = 1; kinds < 12; kinds += 5) {
            double totals[40], item[FIFTHS], ones[40], sum = 0;
            struct fifths f;
            for (size_t c = 0; c < n; c++) {
                totals[c] = (double)(c * 7 % (size_t)kinds) * 0.1;
                ones[c] = 1;
            }
            assert_int_equal(fifths_make(totals, n, &f), 0);
            fifths_item(&f, ones, 1, 1, item);
            for (int k = 0; k < FIFTHS; k++) {
                near(item[k], 1);
                sum += item[k];
            }
            near(sum, 5);
            fifths_finish(&f);
        }
    struct fifths none;
    double item[FIFTHS];
    assert_int_equal(fifths_make(NULL, 0, &none), 0);
    fifths_item(&none, NULL, 1, 1, item);
    assert_true(isnan(item[0]));
    fifths_finish(&none);
}

/* Howell, Statistical Methods for Psychology, 6th ed., p. 262: .80, .72, .89, 26 candidates: 1.361
 * (three decimals are printed). R, psych::r.test(103, .4, .5, .1): -0.89127990476054142. */
static void williams_published(void **state)
{
    assert_true(fabs(williams_t(0.80, 0.72, 0.89, 26) - 1.361) < 0.0005);
    near(williams_t(0.4, 0.5, 0.1, 103), -0.89127990476054142);
    assert_true(isnan(williams_t(0.4, 0.5, 0.1, 3)));
}

/* ---- wrong keys ---- */

struct sample {
    double rest[MAX], totals[MAX];
    uint64_t marked[MAX];
    struct item_answers answers;
    struct option_figures options[4];
};

/* The upper half by rest score marks `best`, the others turn by turn the rest of the options. */
static void draw(struct sample *s, size_t n, int best)
{
    struct fifths f;
    for (size_t c = 0; c < n; c++) {
        s->rest[c] = (double)(c * 37 % n);
        s->totals[c] = s->rest[c];
        int other = (best + 1 + (int)(c % 3)) % 4;
        s->marked[c] = UINT64_C(1) << (s->rest[c] * 2 >= (double)n ? best : other);
    }
    s->answers = (struct item_answers){n, s->marked, s->rest, 4};
    assert_int_equal(fifths_make(s->totals, n, &f), 0);
    option_figures_compute(&s->answers, &f, s->options);
    fifths_finish(&f);
}

static void a_wrong_key_is_found(void **state)
{
    static struct sample s;
    struct miskey_limits limits = MISKEY_LIMITS;
    draw(&s, 60, 2);
    struct miskey m = miskey_find(&s.answers, s.options, 1 << 0, false, &limits);
    assert_int_equal(m.option, 2);
    assert_int_equal(m.key, 0);
    assert_true(m.p < 1e-6 && m.rpb > 0.5 && m.key_rpb < 0);
    m = miskey_find(&s.answers, s.options, 1 << 2, false, &limits); /* the right key */
    assert_int_equal(m.option, -1);
}

/* The weakest mark the key, those a little below the middle option 1, the best nothing: option 1
 * beats the key far beyond chance, and is no key for that. */
static void a_wrong_option_of_the_weak_is_no_key(void **state)
{
    static struct sample s;
    struct miskey_limits limits = MISKEY_LIMITS;
    struct fifths f;
    draw(&s, 90, 2);
    for (int c = 0; c < 90; c++)
        s.marked[c] = s.rest[c] < 30 ? 1 : s.rest[c] < 55 ? 2 : 0;
    assert_int_equal(fifths_make(s.totals, 90, &f), 0);
    option_figures_compute(&s.answers, &f, s.options);
    fifths_finish(&f);
    assert_true(s.options[1].rpb < 0 && s.options[0].rpb < -0.7);
    assert_int_equal(miskey_find(&s.answers, s.options, 1, false, &limits).option, -1);
}

/* In a class of ten it may be chance: never told, whatever the figures say. */
static void small_classes_raise_nothing(void **state)
{
    static struct sample s;
    struct miskey_limits limits = MISKEY_LIMITS;
    draw(&s, 10, 2);
    assert_int_equal(miskey_find(&s.answers, s.options, 1, false, &limits).option, -1);
    draw(&s, 60, 2);
    limits.takers = 31;
    assert_int_equal(miskey_find(&s.answers, s.options, 1, false, &limits).option, -1);
}

/* Two accepted answers: B or C. Few mark B, and it alone is worth little; together they are the
 * key, and A (marked by the weak) is no suspicion. As a set, "BC", the weak half of the key is. */
static void accepted_answers_are_taken_together(void **state)
{
    static struct sample s;
    struct miskey_limits limits = MISKEY_LIMITS;
    draw(&s, 90, 2);
    struct miskey m = miskey_find(&s.answers, s.options, 1 << 1 | 1 << 2, true, &limits);
    assert_int_equal(m.option, -1);
    m = miskey_find(&s.answers, s.options, 1 << 1 | 1 << 3, false, &limits);
    assert_int_equal(m.option, 2);
    m = miskey_find(&s.answers, s.options, 1 << 1 | 1 << 3, true, &limits);
    assert_int_equal(m.option, 2);
    assert_int_equal(m.key, -1);
}

/* ---- suspicions ---- */

static void alarms_by_rule(void **state)
{
    static struct sample s;
    struct suspicion suspicions[8];
    struct suspicion_limits limits = SUSPICION_LIMITS;
    struct item_statistics stats = {100, 0.5, 0.5, 0, 0, -0.3, 0.82};
    struct test_statistics test = {.n = 100, .alpha = 0.8};
    draw(&s, 60, 2);
    struct suspicion_item item = {7, &stats, &s.answers, s.options, 1, false};
    size_t n = suspicions_of_item(&item, &test, &limits, suspicions);
    assert_int_equal(n, 3);
    assert_true(suspicions[0].kind == SUSPICION_MISKEYED && suspicions[0].grave &&
                suspicions[0].option == 2 && suspicions[0].item == 7);
    /* r = -0.3 of 100: t = -3.113, p = 0.0012 (R: pt(-0.3 * sqrt(98 / 0.91), 98)) */
    assert_true(suspicions[1].kind == SUSPICION_NEGATIVE_ITEM && suspicions[1].grave);
    near(suspicions[1].p, 0.0012128667312915156);
    assert_true(suspicions[2].kind == SUSPICION_HURTS_ALPHA && !suspicions[2].grave);
    stats.rpb_rest = -0.2; /* p = 0.023 */
    stats.alpha_without = 0.8001;
    item.key = 1 << 2;
    assert_int_equal(suspicions_of_item(&item, &test, &limits, suspicions), 0);
    stats.rpb_rest = stats.alpha_without = NAN; /* undefined figures raise nothing */
    assert_int_equal(suspicions_of_item(&item, &test, &limits, suspicions), 0);
    item = (struct suspicion_item){7, NULL, NULL, NULL, 0, false};
    assert_int_equal(suspicions_of_item(&item, &test, &limits, suspicions), 0);
}

static void unused_options(void **state)
{
    static struct sample s;
    struct suspicion suspicions[8];
    struct suspicion_limits limits = SUSPICION_LIMITS;
    struct test_statistics test = {.n = 60, .alpha = 0.8};
    draw(&s, 60, 2);
    struct fifths f;
    for (int c = 0; c < 60; c++) /* nobody takes the last one */
        if (s.marked[c] == 1 << 3)
            s.marked[c] = 1 << 2;
    assert_int_equal(fifths_make(s.totals, 60, &f), 0);
    option_figures_compute(&s.answers, &f, s.options);
    struct suspicion_item item = {0, NULL, &s.answers, s.options, 1 << 2, false};
    assert_int_equal(suspicions_of_item(&item, &test, &limits, suspicions), 1);
    assert_true(suspicions[0].kind == SUSPICION_UNUSED_OPTION && suspicions[0].option == 3 &&
                !suspicions[0].grave);
    item.key = 1 << 3; /* a key that nobody takes */
    assert_int_equal(suspicions_of_item(&item, &test, &limits, suspicions), 1);
    assert_true(suspicions[0].grave);
    item.key = 1 << 3 | 1 << 2; /* B|D, and nobody writes D: no matter; as a set it matters */
    item.any_of = true;
    assert_int_equal(suspicions_of_item(&item, &test, &limits, suspicions), 1);
    assert_false(suspicions[0].grave);
    s.answers.n = 58;
    assert_int_equal(suspicions_of_item(&item, &test, &limits, suspicions), 0);
    item.any_of = false;
    assert_int_equal(suspicions_of_item(&item, &test, &limits, suspicions), 1);
    assert_true(suspicions[0].grave);
    s.answers.n = 19;
    assert_int_equal(suspicions_of_item(&item, &test, &limits, suspicions), 0);
    fifths_finish(&f);
}

static void zero_and_perfect(void **state)
{
    static const struct points totals[] = {{0, 1}, {1, 3}, {10, 1}, {-1, 2}, {0, 1}};
    static const bool counts[] = {true, true, true, true, false};
    struct suspicion suspicions[5];
    assert_int_equal(suspicions_of_totals(totals, counts, 5, (struct points){10, 1}, suspicions),
                     3);
    assert_true(suspicions[0].kind == SUSPICION_ZERO_SCORE && suspicions[0].candidate == 0);
    assert_true(suspicions[1].kind == SUSPICION_PERFECT_SCORE && suspicions[1].candidate == 2);
    assert_true(suspicions[2].kind == SUSPICION_ZERO_SCORE && suspicions[2].candidate == 3);
    assert_int_equal(suspicions_of_totals(totals, counts, 5, POINTS_ZERO, suspicions), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ties_belong_to_both_fifths),
        cmocka_unit_test(fifths_have_everybody_once),
        cmocka_unit_test(williams_published),
        cmocka_unit_test(a_wrong_key_is_found),
        cmocka_unit_test(a_wrong_option_of_the_weak_is_no_key),
        cmocka_unit_test(small_classes_raise_nothing),
        cmocka_unit_test(accepted_answers_are_taken_together),
        cmocka_unit_test(alarms_by_rule),
        cmocka_unit_test(unused_options),
        cmocka_unit_test(zero_and_perfect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
