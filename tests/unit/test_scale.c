/* Scaled scores, by hand: the working stands beside each. Published: CEEC's tables and examples,
 * Zhejiang's examples. */
#include "diag.h"
#include "exact.h"
#include "scale.h"

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

static struct score_scale built_in(const char *name)
{
    struct score_scale scale;
    int band;
    assert_int_equal(scale_from_name(name, &scale), 0);
    assert_int_equal(scale_check(&scale, &band), SCALE_SOUND);
    return scale;
}

static struct points whole(int64_t value)
{
    return (struct points){value, 1};
}

static struct points hundredths(int64_t value)
{
    struct points p;
    char text[32];
    snprintf(text, sizeof text, "%d.%02d", (int)(value / 100), (int)(value % 100));
    assert_int_equal(points_parse(text, &p), 0);
    return p;
}

static void expect(const struct scaled_score *s, double value, const char *label)
{
    if (s->value != value || strcmp(s->label, label) != 0)
        fail_msg("%g '%s' is not %g '%s'", s->value, s->label, value, label);
    assert_true(s->exact.den > 0 && points_double(s->exact) == value);
}

/* ---- 3+1+2 ---- */

/* 100 candidates with 1 to 100 points: 15, 35, 35, 13 and 2 of them.
 * A: 100..86 on 100..86, so each keeps its score.
 * B: 85..51 on 85..71: T = 71 + (Y - 51) 14/34; 68: 71 + 7 = 78; 60: 71 + 3.7 = 74.7 -> 75.
 * C: 50..16 on 70..56: 33: 56 + 17*14/34 = 63. D: 15..3 on 55..41: 6: 41 + 3*14/12 = 44.5 -> 45
 * (half up; half to even would be 44). E: 2 and 1 on 40 and 30. */
static void gaokao_by_hand(void **state)
{
    struct score_scale scale = built_in("gaokao_312");
    struct points totals[100];
    struct scaled_score s[100];
    struct scale_outcome bands[5];
    struct scale_report report = {.bands = bands};
    for (int c = 0; c < 100; c++)
        totals[c] = whole(c + 1);
    assert_int_equal(scale_compute(&scale, totals, NULL, 100, s, &report), 0);
    for (int y = 86; y <= 100; y++)
        expect(&s[y - 1], y, "A");
    expect(&s[85 - 1], 85, "B");
    expect(&s[68 - 1], 78, "B");
    expect(&s[60 - 1], 75, "B");
    expect(&s[51 - 1], 71, "B");
    expect(&s[50 - 1], 70, "C");
    expect(&s[33 - 1], 63, "C");
    expect(&s[16 - 1], 56, "C");
    expect(&s[15 - 1], 55, "D");
    expect(&s[6 - 1], 45, "D");
    expect(&s[3 - 1], 41, "D");
    expect(&s[2 - 1], 40, "E");
    expect(&s[1 - 1], 30, "E");
    static const size_t counts[] = {15, 35, 35, 13, 2};
    static const int high[] = {100, 85, 50, 15, 2}, low[] = {86, 51, 16, 3, 1};
    for (int b = 0; b < 5; b++) {
        assert_int_equal(bands[b].count, counts[b]);
        assert_int_equal(bands[b].high.num, high[b]);
        assert_int_equal(bands[b].low.num, low[b]);
    }
}

/* Zhejiang's published example of the line: 84 to 81 on 87 to 85; 83: (84 - 83)/(83 - 81) =
 * (87 - T)/(T - 85), T = 86 1/3 -> 86. Unrounded it is a third, and no binary fraction. */
static void the_line_is_exact(void **state)
{
    static const struct scale_band band[] = {{"only", {100, 1}, {87, 1}, {85, 1}}};
    static const struct points totals[] = {{84, 1}, {83, 1}, {82, 1}, {81, 1}};
    struct score_scale scale = {.name = "own", .way = SCALE_BY_BANDS, .bands = band, .n_bands = 1};
    struct scaled_score s[4];
    assert_int_equal(scale_compute(&scale, totals, NULL, 4, s, NULL), 0);
    expect(&s[0], 87, "only");
    expect(&s[1], 86, "only");
    expect(&s[3], 85, "only");
    scale.decimals = -1;
    assert_int_equal(scale_compute(&scale, totals, NULL, 4, s, NULL), 0);
    assert_true(s[1].exact.num == 259 && s[1].exact.den == 3);
    scale.decimals = 1;
    assert_int_equal(scale_compute(&scale, totals, NULL, 4, s, NULL), 0);
    assert_true(s[1].exact.num == 863 && s[1].exact.den == 10);
}

/* ---- ties at a cut ---- */

/* 20 candidates, A has 3 places (15 %). First 90, 80, 80, 80, ...: the cut is within the 80s, whose
 * places are 2 to 4. Better: A has 4; worse: 1; nearest: 4 is 1 away, 1 is 2 away. Then 90, 85, and
 * five of 80: nearest is 2 (1 away), not 7 (4 away). */
static void ties_follow_the_policy(void **state)
{
    static const struct {
        int equals_from, equals_to; /* places from 1 */
        enum scale_tie ties;
        size_t in_a;
    } cases[] = {{2, 4, SCALE_TIES_BETTER, 4},  {2, 4, SCALE_TIES_WORSE, 1},
                 {2, 4, SCALE_TIES_NEAREST, 4}, {3, 7, SCALE_TIES_BETTER, 7},
                 {3, 7, SCALE_TIES_WORSE, 2},   {3, 7, SCALE_TIES_NEAREST, 2},
                 {2, 3, SCALE_TIES_WORSE, 3},   {2, 3, SCALE_TIES_BETTER, 3},
                 {2, 4, SCALE_TIES_NEAREST, 4}, {3, 4, SCALE_TIES_NEAREST, 4}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        struct score_scale scale = built_in("gaokao_312");
        struct points totals[20];
        struct scaled_score s[20];
        struct scale_outcome bands[5];
        struct scale_report report = {.bands = bands};
        for (int p = 1; p <= 20; p++) /* turned round: the order they come in is not their rank */
            totals[20 - p] = whole(p < cases[k].equals_from  ? 100 - p
                                   : p <= cases[k].equals_to ? 80
                                                             : 60 - p);
        scale.ties = cases[k].ties;
        assert_int_equal(scale_compute(&scale, totals, NULL, 20, s, &report), 0);
        if (bands[0].count != cases[k].in_a)
            fail_msg("case %zu: %zu in A, not %zu", k, bands[0].count, cases[k].in_a);
        size_t sum = 0;
        for (int b = 0; b < 5; b++)
            sum += bands[b].count;
        assert_int_equal(sum, 20);
    }
}

/* All have 50: Y1 = Y2. Better: all A, 100. Worse: all D, for the cut above E
 * is at 9.8 -> 10 places of ten: 55 (its upper end). Nearest: of 10, A's
 * cut is 1.5, nearer to 0 than to 10; B's is 5, as near to both, so all are B; its middle is 78. */
static void all_equal(void **state)
{
    struct score_scale scale = built_in("gaokao_312");
    struct points totals[10];
    struct scaled_score s[10];
    for (int c = 0; c < 10; c++)
        totals[c] = whole(50);
    assert_int_equal(scale_compute(&scale, totals, NULL, 10, s, NULL), 0);
    expect(&s[9], 100, "A");
    scale.ties = SCALE_TIES_WORSE;
    assert_int_equal(scale_compute(&scale, totals, NULL, 10, s, NULL), 0);
    expect(&s[0], 55, "D");
    scale.single = SCALE_SINGLE_LOW;
    assert_int_equal(scale_compute(&scale, totals, NULL, 10, s, NULL), 0);
    expect(&s[0], 41, "D");
    scale.ties = SCALE_TIES_NEAREST;
    scale.single = SCALE_SINGLE_MIDDLE;
    assert_int_equal(scale_compute(&scale, totals, NULL, 10, s, NULL), 0);
    expect(&s[5], 78, "B");
}

/* Two candidates: cuts at 0.3, 1, 1.7, 1.96: half up 0, 1, 2: one B, one C, each alone in its band.
 * Up: 1, 1, 2: A and C. Down: 0, 1, 1, 1: B and E. One: 0.15, 0.5 -> 1: B. None: nothing. */
static void fewer_than_bands(void **state)
{
    static const struct points totals[] = {{50, 1}, {90, 1}};
    struct score_scale scale = built_in("gaokao_312");
    struct scaled_score s[2];
    assert_int_equal(scale_compute(&scale, totals, NULL, 2, s, NULL), 0);
    expect(&s[1], 85, "B");
    expect(&s[0], 70, "C");
    scale.places = SCALE_PLACES_UP;
    assert_int_equal(scale_compute(&scale, totals, NULL, 2, s, NULL), 0);
    expect(&s[1], 100, "A");
    expect(&s[0], 70, "C");
    scale.places = SCALE_PLACES_DOWN;
    assert_int_equal(scale_compute(&scale, totals, NULL, 2, s, NULL), 0);
    expect(&s[1], 85, "B");
    expect(&s[0], 40, "E");
    scale.places = SCALE_PLACES_HALF_UP;
    assert_int_equal(scale_compute(&scale, totals, NULL, 1, s, NULL), 0);
    expect(&s[0], 85, "B");
    assert_int_equal(scale_compute(&scale, totals, NULL, 0, s, NULL), 0);
}

/* Who does not count takes no place and gets nothing. */
static void only_those_who_count(void **state)
{
    static const struct points totals[] = {{99, 1}, {50, 1}, {98, 1}, {90, 1}};
    static const bool counts[] = {false, true, false, true};
    static const char *const names[] = {"gaokao_312", "ceec_15", "percentile", "z"};
    struct scaled_score s[4];
    for (size_t k = 0; k < 4; k++) {
        struct score_scale scale = built_in(names[k]);
        assert_int_equal(scale_compute(&scale, totals, counts, 4, s, NULL), 0);
        assert_true(isnan(s[0].value) && isnan(s[2].value));
        assert_true(s[0].band == -1 && s[0].exact.den == 0 && s[0].label[0] == '\0');
        assert_true(isfinite(s[1].value) && isfinite(s[3].value));
    }
    struct score_scale scale = built_in("gaokao_312");
    assert_int_equal(scale_compute(&scale, totals, counts, 4, s, NULL), 0);
    expect(&s[3], 85, "B");
    expect(&s[1], 70, "C");
}

/* ---- other provinces ---- */

/* 1000 candidates, no ties. Place 1 to 10 (1 %) is 100, to 30 97, to 60 94 ... the last 1 % 40.
 * Zhejiang's published examples: the first 1 % have 100, at 4 % it is 94, at 10 % 91. */
static void zhejiang_by_hand(void **state)
{
    static struct points totals[1000];
    static struct scaled_score s[1000];
    struct score_scale scale = built_in("zhejiang");
    for (int c = 0; c < 1000; c++)
        totals[c] = whole(1000 - c); /* s[c] is place c + 1 */
    assert_int_equal(scale_compute(&scale, totals, NULL, 1000, s, NULL), 0);
    expect(&s[9], 100, "1");
    expect(&s[10], 97, "2");
    expect(&s[39], 94, "3");
    expect(&s[99], 91, "4");
    expect(&s[100], 88, "5");
    expect(&s[359], 79, "8"); /* 1 + 2 + ... + 8 = 36 % */
    expect(&s[360], 76, "9");
    expect(&s[779], 61, "14"); /* 36 + 6 * 7 = 78 % */
    expect(&s[989], 43, "20");
    expect(&s[990], 40, "21");
    scale = built_in("zhejiang_2021");
    assert_int_equal(scale_compute(&scale, totals, NULL, 1000, s, NULL), 0);
    expect(&s[0], 100, "1");
    expect(&s[29], 97, "1");
    expect(&s[30], 96, "2");
    expect(&s[999], 40, "20");
}

/* Shanghai: 5 %, nine of 10 %, 5 %. Shandong: 3, 7, 16, 24, 24, 16, 7, 3 %: B is places 11 to 26 on
 * 80 to 71: T = 71 + (Y - 75) 9/15 for raw 90 to 75; 80: 71 + 3 = 74. */
static void shanghai_and_shandong_by_hand(void **state)
{
    struct points totals[100];
    struct scaled_score s[100];
    struct score_scale scale = built_in("shanghai");
    for (int c = 0; c < 100; c++)
        totals[c] = whole(100 - c);
    assert_int_equal(scale_compute(&scale, totals, NULL, 100, s, NULL), 0);
    expect(&s[4], 70, "A+");
    expect(&s[5], 67, "A");
    expect(&s[14], 67, "A");
    expect(&s[15], 64, "B+");
    expect(&s[94], 43, "D");
    expect(&s[95], 40, "E");
    scale = built_in("shandong");
    assert_int_equal(scale_compute(&scale, totals, NULL, 100, s, NULL), 0);
    expect(&s[0], 100, "A");
    expect(&s[2], 91, "A");
    expect(&s[3], 90, "B+");
    expect(&s[10], 80, "B");
    expect(&s[20], 74, "B");
    expect(&s[25], 71, "B");
    expect(&s[26], 70, "C+");
    expect(&s[99], 21, "E");
}

/* ---- CEEC ---- */

/* CEEC's table of raw totals and levels of a GSAT (原得總分與級分對照表): six subjects' steps and
 * the highest raw total of level 14, 13 ... 1, in hundredths. A hundredth more is the next level.
 * The best candidate alone is the best 1 %; 15 steps are the total that makes the step. */
static void ceec_published_table(void **state)
{
    static const struct {
        int best, step; /* hundredths; hundred-thousandths */
        int limits[14];
    } subjects[] = {
        {7829,
         521933,
         {7307, 6785, 6263, 5741, 5219, 4697, 4175, 3654, 3132, 2610, 2088, 1566, 1044, 522}},
        {9173,
         611533,
         {8561, 7950, 7338, 6727, 6115, 5504, 4892, 4281, 3669, 3058, 2446, 1835, 1223, 612}},
        {9562,
         637467,
         {8925, 8287, 7650, 7012, 6375, 5737, 5100, 4462, 3825, 3187, 2550, 1912, 1275, 637}},
        {9571,
         638067,
         {8933, 8295, 7657, 7019, 6381, 5743, 5105, 4466, 3828, 3190, 2552, 1914, 1276, 638}},
        {11765,
         784333,
         {10981, 10196, 9412, 8628, 7843, 7059, 6275, 5490, 4706, 3922, 3137, 2353, 1569, 784}},
        {11358,
         757200,
         {10601, 9844, 9086, 8329, 7572, 6815, 6058, 5300, 4543, 3786, 3029, 2272, 1514, 757}}};
    struct score_scale scale = built_in("ceec");
    for (size_t k = 0; k < sizeof subjects / sizeof subjects[0]; k++) {
        struct points totals[30];
        struct scaled_score s[30];
        struct scale_report report = {.bands = NULL};
        totals[0] = hundredths(subjects[k].best);
        totals[1] = POINTS_ZERO;
        for (int l = 0; l < 14; l++) {
            totals[2 + 2 * l] = hundredths(subjects[k].limits[l]);
            totals[3 + 2 * l] = hundredths(subjects[k].limits[l] + 1);
        }
        assert_int_equal(scale_compute(&scale, totals, NULL, 30, s, &report), 0);
        assert_int_equal(report.n_best, 1);
        near(points_double(report.step), subjects[k].step / 1e5);
        expect(&s[0], 15, "15");
        expect(&s[1], 0, "0");
        for (int l = 0; l < 14; l++) {
            assert_int_equal(s[2 + 2 * l].band, 14 - l);
            assert_int_equal(s[3 + 2 * l].band, 15 - l);
        }
    }
}

/* CEEC's example of the 60 levels: of 29,986 the best 1 % are 300 (up); their mean 90 makes a step
 * of 1.50000; to 1.5 it is level 1, to 3 level 2; 88.5 is the limit of 59. Another published one:
 * with a step of 1.36100 (81.66 / 60) raw 75 is level 56. */
static void ceec_published_examples(void **state)
{
    enum { N = 29986 };
    struct points *totals = malloc(N * sizeof *totals);
    struct scaled_score *s = malloc(N * sizeof *s);
    struct score_scale scale = built_in("ceec_60");
    struct scale_report report = {.bands = NULL};
    assert_non_null(totals);
    assert_non_null(s);
    for (int c = 0; c < N; c++) /* 100 and 80 by turns: a mean of 90 that nobody has */
        totals[c] = whole(c < 300 ? c % 2 ? 100 : 80 : 10);
    totals[1000] = hundredths(150);
    totals[1001] = hundredths(151);
    totals[1002] = hundredths(300);
    totals[1003] = POINTS_ZERO;
    totals[1004] = hundredths(1);
    totals[1005] = (struct points){-1, 2};
    assert_int_equal(scale_compute(&scale, totals, NULL, N, s, &report), 0);
    assert_int_equal(report.n_best, 300);
    near(points_double(report.step), 1.5);
    expect(&s[1], 60, "60");
    expect(&s[0], 54, "54"); /* 80 / 1.5 = 53.3 */
    expect(&s[1000], 1, "1");
    expect(&s[1001], 2, "2");
    expect(&s[1002], 2, "2");
    expect(&s[1003], 0, "0");
    expect(&s[1004], 1, "1");
    expect(&s[1005], 0, "0");
    totals[0] = hundredths(8166);
    totals[1] = whole(75);
    assert_int_equal(scale_compute(&scale, totals, NULL, 2, s, &report), 0);
    near(points_double(report.step), 1.361);
    expect(&s[1], 56, "56");
    free(totals);
    free(s);
}

/* A mean of 80 makes steps of 5 1/3. Raw 16 is three steps exactly: level 3, where the step that is
 * cut to 5.33333 alone would make it level 4. All with nought: level 0 for everybody. */
static void ceec_at_a_limit(void **state)
{
    static const struct points totals[] = {{80, 1}, {16, 1}};
    static const struct points nought[] = {{0, 1}, {0, 1}};
    struct score_scale scale = built_in("ceec_15");
    struct scaled_score s[2];
    assert_int_equal(scale_compute(&scale, totals, NULL, 2, s, NULL), 0);
    expect(&s[1], 3, "3");
    scale.mean_decimals = scale.step_decimals = scale.limit_decimals = -1;
    assert_int_equal(scale_compute(&scale, totals, NULL, 2, s, NULL), 0);
    expect(&s[1], 3, "3");
    scale.step_decimals = 5;
    assert_int_equal(scale_compute(&scale, totals, NULL, 2, s, NULL), 0);
    expect(&s[1], 4, "4");
    assert_int_equal(scale_compute(&scale, nought, NULL, 2, s, NULL), 0);
    expect(&s[0], 0, "0");
}

/* ---- z, T, percentile ---- */

/* 1, 2, 2, 3: mean 2, variance (1 + 0 + 0 + 1)/3. Percentile of 2: 1 below, half of 2: 50. */
static void standard_scores(void **state)
{
    static const struct points totals[] = {{3, 1}, {2, 1}, {1, 1}, {2, 1}};
    struct score_scale scale = built_in("z");
    struct scaled_score s[4];
    assert_int_equal(scale_compute(&scale, totals, NULL, 4, s, NULL), 0);
    near(s[0].value, sqrt(1.5));
    near(s[1].value, 0);
    assert_int_equal(s[0].exact.den, 0);
    scale = built_in("t");
    assert_int_equal(scale_compute(&scale, totals, NULL, 4, s, NULL), 0);
    near(s[2].value, 50 - 10 * sqrt(1.5));
    scale = built_in("percentile");
    assert_int_equal(scale_compute(&scale, totals, NULL, 4, s, NULL), 0);
    expect(&s[0], 87.5, "");
    expect(&s[1], 50, "");
    expect(&s[2], 12.5, "");
    scale = built_in("z"); /* nothing varies: no score, not a division by nought */
    assert_int_equal(scale_compute(&scale, totals, NULL, 1, s, NULL), 0);
    assert_true(isnan(s[0].value));
}

/* ---- an office's own ---- */

static void faults_are_named(void **state)
{
    struct scale_band bands[] = {{"1", {40, 1}, {100, 1}, {60, 1}},
                                 {"2", {60, 1}, {59, 1}, {0, 1}}};
    struct score_scale scale = {.name = "own", .way = SCALE_BY_BANDS, .bands = bands, .n_bands = 2};
    int band;
    assert_int_equal(scale_check(&scale, &band), SCALE_SOUND);
    bands[1].share = (struct points){599999999, 10000000};
    assert_int_equal(scale_check(&scale, &band), SCALE_SUM);
    bands[1].share = (struct points){-1, 2};
    assert_int_equal(scale_check(&scale, &band), SCALE_SHARE);
    assert_int_equal(band, 1);
    bands[1].share = (struct points){60, 1};
    bands[1].high = (struct points){60, 1};
    assert_int_equal(scale_check(&scale, &band), SCALE_ORDER);
    bands[0].low = (struct points){101, 1};
    assert_int_equal(scale_check(&scale, &band), SCALE_RANGE);
    assert_int_equal(band, 0);
    scale.n_bands = 0;
    assert_int_equal(scale_check(&scale, &band), SCALE_NO_BANDS);
    scale = built_in("ceec_15");
    scale.levels = 0;
    assert_int_equal(scale_check(&scale, &band), SCALE_STEPS);
    scale.levels = 15;
    scale.step_decimals = 10;
    assert_int_equal(scale_check(&scale, &band), SCALE_DECIMALS);
    assert_int_equal(scale_from_name("gaokao", &scale), YJ_EINPUT);
    for (int i = 0; scale_name_at(i); i++)
        built_in(scale_name_at(i));
}

/* A policy that is not known must not pass for the first one. */
static void policies_have_names(void **state)
{
    enum scale_tie ties = SCALE_TIES_WORSE;
    enum scale_places places;
    enum scale_single single;
    assert_int_equal(scale_ties_from_name("Better", &ties), YJ_EINPUT);
    assert_int_equal(ties, SCALE_TIES_WORSE);
    assert_int_equal(scale_ties_from_name("nearest", &ties), 0);
    assert_int_equal(ties, SCALE_TIES_NEAREST);
    assert_int_equal(scale_places_from_name("down", &places), 0);
    assert_int_equal(places, SCALE_PLACES_DOWN);
    assert_int_equal(scale_places_from_name("", &places), YJ_EINPUT);
    assert_int_equal(scale_single_from_name("middle", &single), 0);
    assert_int_equal(single, SCALE_SINGLE_MIDDLE);
    assert_int_equal(scale_single_from_name("half_up", &single), YJ_EINPUT);
}

/* Thirds of points and thirds of shares: a cut at exactly a third of three candidates. */
static void thirds_are_exact(void **state)
{
    static const struct scale_band bands[] = {{"high", {100, 3}, {3, 1}, {3, 1}},
                                              {"middle", {100, 3}, {2, 1}, {2, 1}},
                                              {"low", {100, 3}, {1, 1}, {1, 1}}};
    static const struct points totals[] = {{1, 3}, {2, 3}, {4, 3}};
    struct score_scale scale = {.name = "own", .way = SCALE_BY_BANDS, .bands = bands, .n_bands = 3};
    struct scaled_score s[3];
    int band;
    assert_int_equal(scale_check(&scale, &band), SCALE_SOUND);
    for (int p = 0; p < 3; p++) {
        scale.places = (enum scale_places)p;
        assert_int_equal(scale_compute(&scale, totals, NULL, 3, s, NULL), 0);
        expect(&s[0], 1, "low");
        expect(&s[1], 2, "middle");
        expect(&s[2], 3, "high");
    }
}

/* ---- what holds for every scale ---- */

#define MANY 150

static uint64_t seed = 99;

static int64_t draw(int64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)((seed >> 20) % (uint64_t)below);
}

/* Equal totals have equal scores, a higher total never a lower score, whatever the ties and the
 * order in which candidates come. */
static void check_order(const struct score_scale *scale, const struct points *totals, int n)
{
    struct scaled_score s[MANY], turned[MANY];
    struct points other[MANY];
    assert_int_equal(scale_compute(scale, totals, NULL, (size_t)n, s, NULL), 0);
    for (int c = 0; c < n; c++)
        other[c] = totals[n - 1 - c];
    assert_int_equal(scale_compute(scale, other, NULL, (size_t)n, turned, NULL), 0);
    for (int a = 0; a < n; a++) {
        if (isnan(s[a].value)) { /* z of equals */
            assert_true(isnan(turned[n - 1 - a].value));
            continue;
        }
        assert_true(turned[n - 1 - a].value == s[a].value);
        assert_string_equal(turned[n - 1 - a].label, s[a].label);
        for (int b = 0; b < n; b++) {
            int order = points_compare(totals[a], totals[b]);
            if (order == 0 ? s[a].value != s[b].value : order > 0 && s[a].value < s[b].value)
                fail_msg("'%s', %d candidates: %g and %g", scale->name, n, s[a].value, s[b].value);
        }
    }
}

static void no_scale_turns_the_order(void **state)
{
    for (int round = 0; round < 120; round++) {
        struct points totals[MANY];
        int n = (int)draw(MANY) + 1;
        int64_t kinds = draw(60) + 1, den = draw(3) + 1;
        for (int c = 0; c < n; c++) {
            char text[48];
            snprintf(text, sizeof text, "%d/%d", (int)draw(kinds), (int)den);
            assert_int_equal(points_parse(text, &totals[c]), 0);
        }
        for (int i = 0; scale_name_at(i); i++) {
            struct score_scale scale = built_in(scale_name_at(i));
            scale.ties = (enum scale_tie)draw(3);
            scale.places = (enum scale_places)draw(3);
            scale.single = (enum scale_single)draw(3);
            scale.decimals = (int)draw(4) - 1;
            check_order(&scale, totals, n);
        }
    }
}

/* Totals of long fractions within wide bands: the product is beyond 64 bits, the score is not. */
static void between_is_exact(void **state)
{
    const struct points low = {-1000000, 1}, high = {999999999, 1000};
    const struct points third = {333333333333, 999999999999}, most = {999999999998, 999999999999};
    (void)state;
    /* by Python's fractions */
    assert_int_equal(exact_between(low, high, third, 4).num, -3333333337);
    assert_int_equal(exact_between(low, high, third, 4).den, 10000);
    assert_int_equal(exact_between(low, high, most, 6).num, 499999999499);
    assert_int_equal(exact_between(low, high, most, 6).den, 500000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(between_is_exact),
        cmocka_unit_test(gaokao_by_hand),
        cmocka_unit_test(the_line_is_exact),
        cmocka_unit_test(ties_follow_the_policy),
        cmocka_unit_test(all_equal),
        cmocka_unit_test(fewer_than_bands),
        cmocka_unit_test(only_those_who_count),
        cmocka_unit_test(zhejiang_by_hand),
        cmocka_unit_test(shanghai_and_shandong_by_hand),
        cmocka_unit_test(ceec_published_table),
        cmocka_unit_test(ceec_published_examples),
        cmocka_unit_test(ceec_at_a_limit),
        cmocka_unit_test(standard_scores),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(policies_have_names),
        cmocka_unit_test(thirds_are_exact),
        cmocka_unit_test(no_scale_turns_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
