/* What reports are drawn with: ticks, labels, numbers, escaping; and whole reports of exams of
 * every kind. */
#include "analysis_fixture.h"
#include "class_list.h"
#include "diag.h"
#include "plot_axis.h"
#include "plot_labels.h"
#include "report.h"
#include "report_parts.h"
#include "report_tables.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- ticks ---- */

static void assert_ticks(double low, double high, int most, double first, double step, int n)
{
    struct ticks t = ticks_choose(low, high, most);
    assert_true(fabs(t.first - first) < 1e-12 && fabs(t.step - step) < 1e-12);
    assert_int_equal(t.n, n);
}

/* Catches: ticks at 0.30000000000000004, outside of the axis, or more than asked for. */
static void test_ticks(void **state)
{
    assert_ticks(0, 100, 11, 0, 10, 11);
    assert_ticks(0, 100, 10, 0, 20, 6);
    assert_ticks(0, 1, 11, 0, 0.1, 11);
    assert_ticks(-4, 4, 9, -4, 1, 9);
    assert_ticks(0.13, 0.17, 5, 0.13, 0.01, 5);
    assert_ticks(3, 97, 6, 20, 20, 4);
    assert_ticks(0, 0.0003, 4, 0, 0.0001, 4);
    assert_int_equal(ticks_choose(0, 1, 11).decimals, 1);
    assert_int_equal(ticks_choose(0.13, 0.17, 5).decimals, 2);
    assert_int_equal(ticks_choose(0, 1e6, 5).decimals, 0);
    for (int k = 1; k < 2000; k++) {
        double low = -0.37 * k, high = 1.9 * k * k;
        struct ticks t = ticks_choose(low, high, 7);
        assert_true(t.n >= 2 && t.n <= 7);
        assert_true(t.first >= low - 1e-6 * high);
        assert_true(t.first + (t.n - 1) * t.step <= high * (1 + 1e-6));
    }
}

/* Catches: an endless loop or a division by nought where there is no range. */
static void test_ticks_without_range(void **state)
{
    assert_int_equal(ticks_choose(5, 5, 6).n, 1);
    assert_int_equal(ticks_choose(5, 3, 6).n, 1);
    assert_int_equal(ticks_choose(NAN, 3, 6).n, 1);
    assert_int_equal(ticks_choose(0, INFINITY, 6).n, 1);
    struct scale s = scale_make(NAN, NAN, 10, 20);
    assert_true(isfinite(scale_place(&s, 0.5)));
}

/* Catches: a value beyond the axis drawn outside of the figure. */
static void test_scale(void **state)
{
    struct scale up = scale_make(0, 50, 100, 20);
    assert_true(fabs(scale_place(&up, 25) - 60) < 1e-9);
    assert_true(fabs(scale_place(&up, 80) - 20) < 1e-9);
    assert_true(fabs(scale_place(&up, -3) - 100) < 1e-9);
}

/* ---- labels ---- */

static bool meet(struct rect a, struct rect b)
{
    return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/* Catches: names over each other, over points, or beyond the figure. */
static void test_labels_apart(void **state)
{
    enum { N = 90 };
    static struct plot_label labels[N];
    const struct rect bounds = {0, 0, 150, 100};
    unsigned dice = 5;
    for (int i = 0; i < N; i++) {
        dice = dice * 1103515245u + 12345u;
        double x = 20 + (dice >> 16) % 1100 / 10.0;
        dice = dice * 1103515245u + 12345u;
        double y = 20 + (dice >> 16) % 600 / 10.0;
        labels[i] = (struct plot_label){.point = {x, y}, .w = 5, .h = 2.2};
    }
    int left_out = labels_place(labels, N, bounds, 0.8), unplaced = 0;
    for (int i = 0; i < N; i++) {
        unplaced += !labels[i].placed;
        for (int k = 0; k < N && labels[i].placed; k++) {
            struct rect point = {labels[k].point.x - 0.8, labels[k].point.y - 0.8, 1.6, 1.6};
            assert_false(meet(labels[i].place, point));
            assert_false(k != i && labels[k].placed && meet(labels[i].place, labels[k].place));
        }
        struct rect r = labels[i].place;
        assert_true(!labels[i].placed ||
                    (r.x >= 0 && r.y >= 0 && r.x + r.w <= 150 && r.y + r.h <= 100));
    }
    assert_int_equal(left_out, unplaced);
    assert_in_range(left_out, 0, N / 10);
}

/* Catches: labels of the same place all placed there; the rest must be counted as left out. */
static void test_labels_crowded(void **state)
{
    struct plot_label labels[400];
    for (int i = 0; i < 400; i++)
        labels[i] = (struct plot_label){.point = {50, 50}, .w = 6, .h = 2.2};
    int left_out = labels_place(labels, 400, (struct rect){0, 0, 100, 100}, 0.8);
    assert_true(left_out > 300 && left_out < 400);
}

/* ---- numbers ---- */

static void assert_number(double value, int decimals, const char *text)
{
    char got[NUMBER_TEXT_MAX];
    number_print(got, value, decimals);
    assert_string_equal(got, text);
}

/* Catches: "nan", "-0.00", a hyphen for a minus sign, a number cut short. */
static void test_numbers(void **state)
{
    char text[NUMBER_TEXT_MAX];
    assert_number(NAN, 2, "–");
    assert_number(-INFINITY, 2, "–");
    assert_number(-0.001, 2, "0.00");
    assert_number(-0.4, 0, "0");
    assert_number(-1.5, 1, "−1.5");
    assert_number(1e300, 1, "1.0e+300");
    number_print_short(text, 12.5);
    assert_string_equal(text, "12.5");
    number_print_short(text, 1 / 3.0);
    assert_string_equal(text, "0.33");
    number_print_short(text, -7);
    assert_string_equal(text, "−7");
    share_print(text, NAN);
    assert_string_equal(text, "–");
    share_print(text, 0.4567);
    assert_string_equal(text, "45.7 %");
}

/* ---- escaping ---- */

static char *escaped(const char *text)
{
    char *got = NULL;
    size_t size;
    FILE *out = open_memstream(&got, &size);
    assert_non_null(out);
    html_write_text(out, text);
    fclose(out);
    return got;
}

/* Catches: a name that becomes markup, an attribute cut by a quote, bytes that make the page no
 * UTF-8. */
static void test_escaping(void **state)
{
    static const char *const cases[][2] = {
        {"<b>&\"'", "&lt;b&gt;&amp;&quot;'"},
        {"王小明", "王小明"},
        {"a\xff"
         "b",
         "a\xef\xbf\xbd"
         "b"},
        {"\xe7\x8e", "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* half of a surrogate pair */
        {"x\x01y\x7f", "x\xef\xbf\xbdy\xef\xbf\xbd"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *got = escaped(cases[i][0]);
        assert_string_equal(got, cases[i][1]);
        free(got);
    }
}

/* ---- classes ---- */

/* Catches: candidates lost between classes, ranks that skip or that ties do not share. */
static void test_class_ranks(void **state)
{
    struct analysis *a = analysis_fixture_create(&(struct analysis_fixture_options){
        .candidates = 200, .items = 15, .schools = 2, .classes = 4, .seed = 3});
    struct class_list list;
    int seen = 0;
    assert_int_equal(class_list_init(&list, a), 0);
    assert_int_equal(list.n_classes, 8);
    for (int k = 0; k < list.n_classes; k++) {
        const struct class_range *r = &list.classes[k];
        for (int i = r->first; i < r->first + r->n; i++, seen++) {
            const struct analysis_candidate *c = &a->candidates[list.order[i]];
            int better = 0;
            for (int j = r->first; j < r->first + r->n; j++) {
                const struct analysis_candidate *o = &a->candidates[list.order[j]];
                assert_string_equal(o->class_name, c->class_name);
                assert_string_equal(o->school, c->school);
                better += o->status == SCORE_SCORED && o->score > c->score;
            }
            assert_int_equal(list.class_rank[i], c->status == SCORE_SCORED ? better + 1 : 0);
        }
    }
    assert_int_equal(seen, 200);
    class_list_finish(&list);
    analysis_fixture_destroy(a);
}

/* Catches: the least weak items kept in place of the weakest, or items of the whole exam. */
static void test_weak_items(void **state)
{
    struct analysis *a = analysis_fixture_create(&(struct analysis_fixture_options){
        .candidates = 90, .items = 30, .schools = 1, .classes = 3, .seed = 9});
    struct class_list list;
    struct weak_item few[3], all[30];
    assert_int_equal(class_list_init(&list, a), 0);
    int n = class_weak_items(&list, &list.classes[0], all, 30);
    assert_true(n > 3);
    assert_int_equal(class_weak_items(&list, &list.classes[0], few, 3), 3);
    for (int i = 0; i < n; i++) {
        assert_true(all[i].own <= all[i].all - WEAK_BY);
        assert_true(i == 0 || all[i].own - all[i].all >= all[i - 1].own - all[i - 1].all);
        assert_true(i >= 3 || few[i].item == all[i].item);
    }
    class_list_finish(&list);
    analysis_fixture_destroy(a);
}

/* ---- whole reports ---- */

static const struct analysis_fixture_options kinds[] = {
    {.candidates = 0, .items = 10, .schools = 1, .classes = 1},
    {.candidates = 1, .items = 10, .schools = 1, .classes = 1, .model = true},
    {.candidates = 25, .items = 1, .schools = 1, .classes = 1},
    {.candidates = 30, .items = 20, .schools = 2, .classes = 2, .same = true},
    {.candidates = 60, .items = 120, .schools = 2, .classes = 2, .model = true, .long_names = true},
    {.candidates = 70, .items = 30, .schools = 0},
    {.candidates = 55, .items = 12, .schools = 2, .classes = 2, .bad_bytes = true},
    {.candidates = 300, .items = 40, .schools = 3, .classes = 3, .model = true},
};
#define KINDS (sizeof kinds / sizeof *kinds)

struct folder {
    char dir[64], path[128];
};

static const char *in_folder(struct folder *f, const char *name)
{
    snprintf(f->path, sizeof f->path, "%s/%s", f->dir, name);
    return f->path;
}

static void make_folder(struct folder *f)
{
    strcpy(f->dir, "/tmp/yuejuan-report-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
}

static char *read_file(const char *path, size_t *ret_size)
{
    FILE *in = fopen(path, "re");
    assert_non_null(in);
    fseek(in, 0, SEEK_END);
    long size = ftell(in);
    rewind(in);
    char *text = calloc(1, (size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, in), size);
    fclose(in);
    *ret_size = (size_t)size;
    return text;
}

static int count(const char *text, const char *word)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, word)) != NULL; at += strlen(word))
        n++;
    return n;
}

/* A word of its own: "finance" holds "nan", too. */
static bool holds_word(const char *text, const char *word)
{
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        char before = at == text ? ' ' : at[-1], after = at[strlen(word)];
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", before) &&
            !strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", after))
            return true;
    }
    return false;
}

static void check_html(const char *text, size_t size)
{
    assert_int_equal(strlen(text), size); /* no NUL */
    for (const char *word = "nan\0NaN\0inf\0-inf\0(null)\0"; *word; word += strlen(word) + 1)
        assert_false(holds_word(text, word));
    assert_null(strstr(text, "<b>A&B"));
    assert_null(strstr(text, "<script>alert"));
    assert_null(strstr(text, "http"));
    assert_null(strstr(text, "url("));
    assert_int_equal(count(text, "<table"), count(text, "</table>"));
    assert_int_equal(count(text, "<svg"), count(text, "</svg>"));
    assert_int_equal(count(text, "<section"), count(text, "</section>"));
    assert_non_null(strstr(text, "</html>"));
    assert_true(g_utf8_validate(text, -1, NULL));
}

/* Catches: a figure without meaning printed as a number, markup out of a name, a page that fetches
 * something, one cut short. */
static void test_html_of_all_kinds(void **state)
{
    struct folder f;
    make_folder(&f);
    for (size_t i = 0; i < KINDS; i++) {
        struct analysis *a = analysis_fixture_create(&kinds[i]);
        struct diag d;
        size_t size;
        diag_init(&d);
        assert_int_equal(report_write_html(a, in_folder(&f, "r.html"), &d), 0);
        char *text = read_file(f.path, &size);
        check_html(text, size);
        assert_true(size < 1500000);
        free(text);
        diag_finish(&d);
        analysis_fixture_destroy(a);
    }
    unlink(f.path);
    rmdir(f.dir);
}

/* Catches: a report of a whole prefecture with a row a candidate. */
static void test_html_of_many(void **state)
{
    struct folder f;
    make_folder(&f);
    struct analysis *a = analysis_fixture_create(&(struct analysis_fixture_options){
        .candidates = REPORT_MAX_LISTED + 1, .items = 5, .schools = 1, .classes = 1, .seed = 1});
    size_t size;
    assert_int_equal(report_write_html(a, in_folder(&f, "r.html"), NULL), 0);
    char *text = read_file(f.path, &size);
    assert_null(strstr(text, ">110001<"));
    assert_non_null(strstr(text, "are not listed here"));
    free(text);
    a->n_candidates = REPORT_MAX_LISTED;
    assert_int_equal(report_write_html(a, f.path, NULL), 0);
    text = read_file(f.path, &size);
    assert_non_null(strstr(text, ">110001<"));
    free(text);
    a->n_candidates = REPORT_MAX_LISTED + 1;
    analysis_fixture_destroy(a);
    unlink(f.path);
    rmdir(f.dir);
}

/* As the page tree says. */
static int pdf_pages(const char *path)
{
    size_t size;
    char *text = read_file(path, &size);
    int pages = -1;
    for (size_t i = 0; i + 7 < size; i++)
        if (memcmp(text + i, "/Count ", 7) == 0) {
            pages = atoi(text + i + 7);
            break;
        }
    assert_memory_equal(text, "%PDF-", 5);
    assert_non_null(memmem(text + size - 16, 16, "%%EOF", 5));
    free(text);
    return pages;
}

/* Catches: a kind of exam that no PDF can be drawn of, a PDF cut short, pages that come and go from
 * run to run. */
static void test_pdf_of_all_kinds(void **state)
{
    static int (*const writers[])(const struct analysis *a, const char *path, struct diag *d) = {
        report_write_pdf, report_write_classes, report_write_slips};
    struct folder f;
    make_folder(&f);
    in_folder(&f, "r.pdf");
    for (size_t i = 0; i < KINDS; i++) {
        struct analysis *a = analysis_fixture_create(&kinds[i]);
        for (size_t w = 0; w < sizeof writers / sizeof *writers; w++) {
            size_t size, again;
            assert_int_equal(writers[w](a, f.path, NULL), 0);
            assert_true(pdf_pages(f.path) >= 1);
            char *first = read_file(f.path, &size);
            assert_int_equal(writers[w](a, f.path, NULL), 0);
            char *second = read_file(f.path, &again);
            assert_int_equal(size, again);
            assert_memory_equal(first, second, size);
            free(first);
            free(second);
        }
        analysis_fixture_destroy(a);
    }
    unlink(f.path);
    rmdir(f.dir);
}

/* Catches: a class that begins on another's page, a class list that lost its tail, slips lost at
 * the end of a page or of a class. */
static void test_pdf_page_counts(void **state)
{
    struct folder f;
    make_folder(&f);
    in_folder(&f, "r.pdf");
    struct analysis *a = analysis_fixture_create(&(struct analysis_fixture_options){
        .candidates = 66, .items = 40, .schools = 2, .classes = 3, .seed = 2});
    assert_int_equal(report_write_classes(a, f.path, NULL), 0);
    assert_int_equal(pdf_pages(f.path), 6); /* classes of 11 */
    assert_int_equal(report_write_slips(a, f.path, NULL), 0);
    assert_int_equal(pdf_pages(f.path), 6 * 2); /* six a page: 6 + 5 */
    analysis_fixture_destroy(a);
    a = analysis_fixture_create(&(struct analysis_fixture_options){
        .candidates = 400, .items = 40, .schools = 1, .classes = 1, .seed = 2});
    assert_int_equal(report_write_classes(a, f.path, NULL), 0);
    assert_in_range(pdf_pages(f.path), 3,
                    5); /* 400 candidates of one class, three columns a page */
    analysis_fixture_destroy(a);
    unlink(f.path);
    rmdir(f.dir);
}

/* Catches: half a report where the folder is gone or cannot be written to, told as done. */
static void test_cannot_write(void **state)
{
    struct analysis *a = analysis_fixture_create(&kinds[2]);
    struct diag d;
    diag_init(&d);
    assert_int_equal(report_write_html(a, "/nowhere/r.html", &d), YJ_EIO);
    assert_int_equal(report_write_pdf(a, "/nowhere/r.pdf", &d), YJ_EIO);
    assert_int_equal(d.errors, 2);
    if (access("/dev/full", W_OK) == 0) {
        assert_int_equal(report_write_html(a, "/dev/full", &d), YJ_EIO);
        assert_int_equal(report_write_pdf(a, "/dev/full", &d), YJ_EIO);
        assert_int_equal(report_write_slips(a, "/dev/full", &d), YJ_EIO);
    }
    diag_finish(&d);
    analysis_fixture_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ticks),           cmocka_unit_test(test_ticks_without_range),
        cmocka_unit_test(test_scale),           cmocka_unit_test(test_labels_apart),
        cmocka_unit_test(test_labels_crowded),  cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_escaping),        cmocka_unit_test(test_class_ranks),
        cmocka_unit_test(test_weak_items),      cmocka_unit_test(test_html_of_all_kinds),
        cmocka_unit_test(test_html_of_many),    cmocka_unit_test(test_pdf_of_all_kinds),
        cmocka_unit_test(test_pdf_page_counts), cmocka_unit_test(test_cannot_write),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
