/* Models and pairs by one thread and by several: not a bit differs. Small, for the thread
 * sanitizer, under which it runs again. */
#include "block_jobs.h"
#include "copying.h"
#include "irt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t seed;

static double uniform(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    uint64_t x = seed ^ (seed >> 33);
    x *= 0xff51afd7ed558ccdu;
    x ^= x >> 29;
    return ((double)(x >> 11) + 0.5) / 9007199254740992.0;
}

/* Would catch: sums whose order depends on threads; scratch that two workers share. Three blocks of
 * patterns. */
static void fits_are_the_same(void **state)
{
    enum { N = 9000, ITEMS = 12 };
    static signed char answers[N * ITEMS];
    seed = 3;
    for (size_t c = 0; c < N; c++) {
        double ability = uniform();
        for (size_t i = 0; i < ITEMS; i++)
            answers[c * ITEMS + i] = uniform() < 0.02
                                         ? IRT_NOT_PRESENTED
                                         : uniform() < 0.2 + 0.6 * ability + 0.02 * (double)i;
    }
    const struct irt_responses r = {N, ITEMS, answers};
    for (enum irt_model model = IRT_RASCH; model <= IRT_3PL; model++) {
        struct irt_fit one, four;
        struct irt_options o = {
            .model = model, .max_iterations = 4, .jobs = 1, .outer_products = true};
        assert_int_equal(irt_fit_model(&r, &o, &one), 0);
        o.jobs = 4;
        assert_int_equal(irt_fit_model(&r, &o, &four), 0);
        assert_true(one.log_likelihood == four.log_likelihood);
        assert_true(memcmp(one.persons, four.persons, N * sizeof *one.persons) == 0);
        for (size_t i = 0; i < ITEMS; i++)
            assert_true(one.items[i].a == four.items[i].a && one.items[i].b == four.items[i].b &&
                        one.items[i].infit == four.items[i].infit &&
                        one.items[i].b_error == four.items[i].b_error);
        irt_fit_finish(&one);
        irt_fit_finish(&four);
    }
}

/* Would catch: rooms whose order depends on threads. */
static void pairs_are_the_same(void **state)
{
    enum { N = 240, ITEMS = 30 };
    static unsigned char answers[N * ITEMS];
    static bool right[ITEMS * OPTION_CODES];
    int rooms[N];
    seed = 4;
    for (size_t c = 0; c < N; c++) {
        double ability = uniform();
        rooms[c] = (int)(c / 20);
        for (size_t i = 0; i < ITEMS; i++)
            answers[c * ITEMS + i] =
                (unsigned char)(uniform() < ability ? 1 : 4 * uniform()); /* 0 is a blank */
        if (c % 20 == 1)
            memcpy(answers + c * ITEMS, answers + (c - 1) * ITEMS, ITEMS - 4);
    }
    for (size_t i = 0; i < ITEMS; i++)
        right[i * OPTION_CODES + 1] = true;
    const struct copying_answers in = {N, ITEMS, answers, right, rooms};
    struct copying_result one, four;
    assert_int_equal(copying_find(&in, &(struct copying_options){.jobs = 1}, &one), 0);
    assert_int_equal(copying_find(&in, &(struct copying_options){.jobs = 4}, &four), 0);
    assert_true(one.n_pairs > 3);
    assert_int_equal(one.n_pairs, four.n_pairs);
    assert_int_equal(one.n_calculated, four.n_calculated);
    for (size_t i = 0; i < one.n_pairs; i++)
        assert_true(one.pairs[i].a == four.pairs[i].a && one.pairs[i].b == four.pairs[i].b &&
                    one.pairs[i].p == four.pairs[i].p &&
                    one.pairs[i].p_family == four.pairs[i].p_family);
    copying_finish(&one);
    copying_finish(&four);
}

static void mark(void *context, size_t block, int worker)
{
    int *times = context;
    assert_true(worker >= 0 && worker < 5);
    times[block]++;
}

/* Would catch: a block done twice or never; more workers than blocks. */
static void every_block_is_done_once(void **state)
{
    int times[100] = {0};
    block_jobs_run(5, 100, mark, times);
    for (int i = 0; i < 100; i++)
        assert_int_equal(times[i], 1);
    block_jobs_run(5, 0, mark, times);
    block_jobs_run(0, 1, mark, times);
    assert_int_equal(times[0], 2);
    assert_int_equal(block_jobs_workers(8, 3), 3);
    assert_int_equal(block_jobs_workers(0, 3), 1);
    assert_int_equal(block_jobs_workers(1000, 1000), BLOCK_JOBS_MAX);
    assert_int_equal(block_jobs_workers(2, 0), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_block_is_done_once),
        cmocka_unit_test(fits_are_the_same),
        cmocka_unit_test(pairs_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
