/* exam.yaml's statistics, scale, pass and distinction: a wish that is read otherwise than it stands
 * there would move every pass rate and every scaled score. */
#include "diag.h"
#include "exam_statistics.h"
#include "yamlfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The return code; *ret_first receives the first message. */
static int read_text(const char *text, struct statistics_wishes *wishes, char ret_first[256])
{
    struct yaml *yaml = NULL;
    struct diag d;
    diag_init(&d);
    statistics_wishes_defaults(wishes);
    assert_int_equal(yaml_parse(text, strlen(text), "exam.yaml", &yaml, &d), 0);
    int rc = statistics_wishes_read(yaml, wishes);
    ret_first[0] = '\0';
    if (d.count > 0)
        snprintf(ret_first, 256, "%d:%d: %s", d.entries[0].line, d.entries[0].column,
                 d.entries[0].what);
    yaml_destroy(yaml);
    diag_finish(&d);
    return rc;
}

static void assert_points(struct points p, int64_t num, int64_t den)
{
    assert_int_equal(p.num, num);
    assert_int_equal(p.den, den);
}

static void test_silence(void **state)
{
    struct statistics_wishes w;
    char message[256];
    assert_int_equal(read_text("title: x\n", &w, message), 0);
    assert_int_equal(w.model, MODEL_RASCH);
    assert_int_equal(w.scale, EXAM_SCALE_NONE);
    assert_points(score_mark_points(&w.pass, (struct points){150, 1}), 90, 1);
    assert_points(score_mark_points(&w.distinction, (struct points){100, 1}), 85, 1);
}

/* Points are points and per cent a share, exactly: a third of a point must not become a float. */
static void test_marks(void **state)
{
    struct statistics_wishes w;
    char message[256];
    assert_int_equal(read_text("pass: 72\ndistinction: 12.5 %\n", &w, message), 0);
    assert_points(score_mark_points(&w.pass, (struct points){150, 1}), 72, 1);
    assert_points(score_mark_points(&w.distinction, (struct points){100, 1}), 25, 2);
}

static void test_everything(void **state)
{
    struct statistics_wishes w;
    char message[256];
    assert_int_equal(read_text("statistics: {model: 2pl, dif: [class, room], pairs: 0}\n"
                               "scale: {name: shandong, ties: nearest}\n",
                               &w, message),
                     0);
    assert_int_equal(w.model, MODEL_2PL);
    assert_int_equal(w.dif, BY_CLASS | BY_ROOM);
    assert_true(w.pairs_level == 0);
    assert_int_equal(w.scale, EXAM_SCALE_SHANDONG);
    assert_int_equal(w.ties, EXAM_TIES_NEAREST);
    assert_int_equal(read_text("scale: ceec\nstatistics: {dif: none, model: none}\n", &w, message),
                     0);
    assert_int_equal(w.scale, EXAM_SCALE_CEEC);
    assert_int_equal(w.dif, 0);
    assert_string_equal(statistics_model_name(w.model), "");
}

static void test_own_bands(void **state)
{
    struct statistics_wishes w;
    char message[256];
    assert_int_equal(read_text("scale:\n  bands:\n"
                               "  - {label: 優, share: 1/3, low: 80, high: 100}\n"
                               "  - {label: 可, share: 2/3, low: 0.5, high: 79}\n",
                               &w, message),
                     0);
    assert_int_equal(w.scale, EXAM_SCALE_OWN);
    assert_int_equal(w.n_bands, 2);
    assert_string_equal(w.bands[0].label, "優");
    assert_points(w.bands[0].share, 1, 3);
    assert_points(w.bands[1].low, 1, 2);
}

static void test_mistakes(void **state)
{
    static const struct {
        const char *text, *message; /* a part of it */
    } cases[] = {
        {"pass: most\n", "1:7: 'most' in 'pass' is no number"},
        {"pass: 120 %\n", "1:7: 'pass' is more than everything"},
        {"scale: gaokao\n", "1:8:"},
        {"scale: {ties: best, name: ceec}\n", "1:15:"},
        {"scale: {bands: []}\n", "1:16: 'bands' is a list"},
        {"scale: {bands: [{share: 90 %, low: 0, high: 9}]}\n", "together 90 %"},
        {"scale: {bands: [{share: 50 %, low: 0, high: 9}, {share: 50 %, low: 5, high: 20}]}\n",
         "reaches into"},
        {"scale: {bands: [{share: 1, low: 9, high: 0}]}\n", "'low' is above 'high'"},
        {"scale: {bands: [{share: 1, low: 9}]}\n", "high"},
        /* what 64 bits cannot add or multiply exactly ended the program */
        {"pass: 0.333333333 %\n", "1:7: '0.333333333 %' in 'pass' is too fine"},
        {"scale: {bands: [{share: 1/999999937, low: 3, high: 4}]}\n", "1:25: '1/999999937' in "},
        {"scale: {bands: [{share: 1/999983, low: 5, high: 6}, {share: 1/999979, low: 3, high: 4}, "
         "{share: 1/999961, low: 1, high: 2}, {share: 1/999959, low: 0, high: 0}]}\n",
         "not 100"},
        {"scale: {bands: [{share: 1, low: 0, high: 1000001}]}\n", "too large"},
        {"scale: {bands: [{share: 1, low: 1/1001, high: 1}]}\n", "too fine"},
        {"statistics: {pairs: 0.9}\n", "1:21: 'pairs' is between 0 and 0.5"},
        {"statistics: {model: 4pl}\n", "1:21:"},
        {"statistics: {dif: [school, sex]}\n", "1:28:"},
        {"statistics: yes\n", "1:13:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct statistics_wishes w;
        char message[256];
        int rc = read_text(cases[i].text, &w, message);
        if (rc == 0 || strstr(message, cases[i].message) == NULL)
            fail_msg("%s: %s", cases[i].text, message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_silence),    cmocka_unit_test(test_marks),
        cmocka_unit_test(test_everything), cmocka_unit_test(test_own_bands),
        cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
