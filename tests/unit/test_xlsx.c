/* test_xlsx.c - spreadsheets as the report writes them, looked into with libarchive; and places in
 * a spreadsheet's table. */
#include "diag.h"
#include "formula_watch.h"
#include "store_fixture.h"
#include "table_file.h"
#include "xlsx_count.h"
#include "xlsx_read.h"
#include "xlsx_report.h"

#include <archive.h>
#include <archive_entry.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- looking into the ZIP ---- */

/* A member as text, the caller's to free; NULL: it is not there. */
static char *member(const char *path, const char *name)
{
    struct archive *zip = archive_read_new();
    struct archive_entry *entry;
    char *text = NULL;
    archive_read_support_format_zip(zip);
    assert_int_equal(archive_read_open_filename(zip, path, 65536), ARCHIVE_OK);
    while (!text && archive_read_next_header(zip, &entry) == ARCHIVE_OK)
        if (strcmp(archive_entry_pathname(entry), name) == 0) {
            size_t capacity = 8 << 20, size = 0;
            la_ssize_t n;
            text = malloc(capacity);
            while ((n = archive_read_data(zip, text + size, capacity - size - 1)) > 0)
                size += (size_t)n;
            assert_int_equal(n, 0);
            text[size] = 0;
        }
    archive_read_free(zip);
    return text;
}

static int count(const char *text, const char *what)
{
    int n = 0;
    for (; (text = strstr(text, what)) != NULL; text++)
        n++;
    return n;
}

/* ---- a small analysis: figures are arbitrary and only passed on ---- */

static const struct points sections[2][1] = {{{3, 2}}, {{0, 1}}};
static struct analysis_candidate candidates[2] = {{.candidate = "0001",
                                                   .name = "=1+1",
                                                   .class_name = "一班",
                                                   .school = "青松",
                                                   .room = "",
                                                   .seat = "",
                                                   .status = SCORE_SCORED,
                                                   .total = {3, 2},
                                                   .max = {4, 1},
                                                   .score = 1.5,
                                                   .rank = 1,
                                                   .percentile = 50,
                                                   .z = NAN,
                                                   .t = NAN,
                                                   .scaled = {NAN, ""},
                                                   .ability = INFINITY,
                                                   .ability_error = NAN,
                                                   .exam_error = NAN,
                                                   .sections = sections[0]},
                                                  {.candidate = "0002",
                                                   .name = "",
                                                   .class_name = "",
                                                   .school = "",
                                                   .room = "",
                                                   .seat = "",
                                                   .status = SCORE_PENDING,
                                                   .total = {0, 1},
                                                   .max = {4, 1},
                                                   .score = NAN,
                                                   .percentile = NAN,
                                                   .z = NAN,
                                                   .t = NAN,
                                                   .scaled = {NAN, ""},
                                                   .ability = NAN,
                                                   .ability_error = NAN,
                                                   .exam_error = NAN,
                                                   .sections = sections[1]}};
static const struct analysis_option options[2] = {
    {.option = "A", .right = true, .count = 1, .share = 1, .rpb = NAN, .fifth = {1, 0, 0, 0, NAN}},
    {.option = "B", .count = 0, .share = 0, .rpb = NAN, .fifth = {0, 0, 0, 0, NAN}}};
static struct analysis_item items[1] = {{.item = "q1",
                                         .section = "單選",
                                         .key = "A",
                                         .rule = "single",
                                         .counts = true,
                                         .n = 1,
                                         .max = 2,
                                         .mean = 1.5,
                                         .sd = NAN,
                                         .difficulty = 0.75,
                                         .d27 = NAN,
                                         .rpb = NAN,
                                         .rpb_rest = NAN,
                                         .alpha_without = NAN,
                                         .fifth = {NAN, NAN, NAN, NAN, NAN},
                                         .options = options,
                                         .n_options = 2,
                                         .b = NAN}};
static struct analysis_section section_list[1] = {
    {.section = "單選", .max = 4, .mean = 1.5, .sd = NAN, .alpha = NAN, .n_items = 1}};
static struct analysis_score scores[1] = {
    {.score = 1.5, .text = "1.5", .count = 1, .at_least = 1, .share = 1, .share_at_least = 1}};
static struct analysis_group groups[1] = {{.kind = "class",
                                           .name = "一班",
                                           .school = "青松",
                                           .n = 1,
                                           .mean = 1.5,
                                           .sd = NAN,
                                           .difference = {0, NAN, NAN}}};
static struct analysis_finding findings[1] = {
    {.kind = FINDING_MISKEYED, .grave = true, .subject = "q1", .figure = -0.2, .detail = "B"}};

static struct analysis no_figures(struct exam *exam)
{
    return (struct analysis){.exam = exam,
                             .counts = {.roster = -1},
                             .max = {4, 1},
                             .mean = NAN,
                             .sd = NAN,
                             .min = NAN,
                             .q1 = NAN,
                             .median = NAN,
                             .q3 = NAN,
                             .maximum = NAN,
                             .skewness = NAN,
                             .kurtosis = NAN,
                             .alpha = NAN,
                             .kr20 = NAN,
                             .kr21 = NAN,
                             .omega = NAN,
                             .lambda6 = NAN,
                             .split_half = NAN,
                             .sem = -INFINITY,
                             .pass = NAN,
                             .distinction = NAN,
                             .scale_mean = NAN,
                             .scale_sd = NAN,
                             .scale = "",
                             .model = "",
                             .why_no_model = "too few candidates"};
}

struct state {
    char *folder, *path;
    struct exam *exam;
};

static int set_up(void **state)
{
    struct state *s = calloc(1, sizeof *s);
    s->folder = fixture_folder();
    s->path = fixture_path(s->folder, "report.xlsx");
    s->exam = fixture_exam(fixture_form, fixture_key, fixture_roster);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct state *s = *state;
    exam_destroy(s->exam);
    fixture_remove(s->folder);
    free(s->path);
    free(s);
    return 0;
}

static void write_report(const struct state *s, const struct analysis *a)
{
    struct diag d;
    diag_init(&d);
    int rc = report_write_xlsx(a, s->path, &d);
    diag_print(&d, stderr);
    assert_int_equal(rc, 0);
    assert_int_equal(d.count, 0);
    diag_finish(&d);
}

/* No number in any sheet is none. */
static void check_numbers(const struct state *s)
{
    for (int i = 1; i <= 8; i++) {
        char name[64];
        snprintf(name, sizeof name, "xl/worksheets/sheet%d.xml", i);
        char *sheet = member(s->path, name);
        assert_non_null(sheet);
        assert_null(strstr(sheet, "nan"));
        assert_null(strstr(sheet, "inf<"));
        assert_null(strstr(sheet, "#NUM"));
        free(sheet);
    }
}

/* Would catch: a crash or a NaN where nobody was scored, no item is there, no model was asked for.
 */
static void test_empty(void **state)
{
    const struct state *s = *state;
    struct analysis a = no_figures(s->exam);
    write_report(s, &a);
    check_numbers(s);
    char *sheet = member(s->path, "xl/worksheets/sheet7.xml");
    assert_non_null(strstr(sheet, "too few candidates"));
    free(sheet);
    assert_null(member(s->path, "xl/charts/chart1.xml")); /* there is nothing to draw */
}

/* Would catch: figures without a value written as NaN, candidates as numbers, names as formulas, a
 * score for somebody who has none, charts of the wrong cells. */
static void test_full(void **state)
{
    const struct state *s = *state;
    struct analysis a = no_figures(s->exam);
    a.candidates = candidates;
    a.n_candidates = 2;
    a.n_scored = 1;
    a.items = items;
    a.n_items = 1;
    a.sections = section_list;
    a.n_sections = 1;
    a.scores = scores;
    a.n_scores = 1;
    a.groups = groups;
    a.n_groups = 1;
    a.findings = findings;
    a.n_findings = 1;
    a.mean = 1.5;
    write_report(s, &a);
    check_numbers(s);
    char *sheet = member(s->path, "xl/worksheets/sheet2.xml");
    assert_non_null(strstr(sheet, "<c r=\"A2\" t=\"inlineStr\"><is><t>0001</t></is></c>"));
    assert_non_null(strstr(sheet, "<t>=1+1</t>"));
    assert_null(strstr(sheet, "<f>"));
    assert_non_null(strstr(sheet, "<c r=\"H2\"><v>1.5</v></c>")); /* total */
    assert_null(strstr(sheet, "<c r=\"H3\""));                    /* of who waits */
    assert_non_null(strstr(sheet, "<c r=\"S2\"><v>1.5</v></c>")); /* section */
    assert_null(strstr(sheet, "<c r=\"S3\""));
    assert_null(strstr(sheet, "<c r=\"P2\"")); /* ability without end */
    free(sheet);
    char *chart = member(s->path, "xl/charts/chart1.xml");
    assert_int_equal(count(chart, "score table"), 2);
    assert_non_null(strstr(chart, "$B$2<"));
    free(chart);
    uint64_t cells = 0;
    assert_int_equal(xlsx_count_cells(s->path, &cells), 0);
    assert_true(cells > 100);
}

/* Would catch: a spreadsheet cut short taken for whole. */
static void test_count_refuses_half(void **state)
{
    const struct state *s = *state;
    struct analysis a = no_figures(s->exam);
    uint64_t cells;
    write_report(s, &a);
    assert_int_equal(truncate(s->path, 3000), 0);
    assert_int_equal(xlsx_count_cells(s->path, &cells), YJ_EIO);
}

/* Would catch: a report written by half, or nobody told, where it cannot be written. */
static void test_nowhere_to_write(void **state)
{
    const struct state *s = *state;
    struct analysis a = no_figures(s->exam);
    struct diag d;
    diag_init(&d);
    assert_int_equal(report_write_xlsx(&a, "/nonexistent/report.xlsx", &d), YJ_EIO);
    assert_int_equal(d.errors, 1);
    diag_finish(&d);
}

/* Would catch: a cell told as its neighbour (columns go ... Y, Z, AA), or quotes taken for cells.
 */
static void test_cell_names(void **state)
{
    static const struct {
        int column, row;
        const char *name;
    } cells[] = {{0, 1, "A1"}, {25, 7, "Z7"}, {26, 7, "AA7"}, {701, 1, "ZZ1"}, {702, 2, "AAA2"}};
    char name[XLSX_CELL_NAME_MAX];
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        xlsx_cell_name(cells[i].column, cells[i].row, name);
        assert_string_equal(name, cells[i].name);
    }
    char text[] = "item,key\n\"a,b\",Z\n";
    struct table_file table = {
        .path = "k.xlsx", .text = text, .size = strlen(text), .is_sheet = true};
    table.sheet.sheet = "S";
    struct diag d;
    diag_init(&d);
    diag_error(&d, YJ_EINPUT, "k.xlsx", 2, 7, NULL, "x");
    diag_error(&d, YJ_EINPUT, "k.xlsx", 2, 1, NULL, "x");
    diag_error(&d, YJ_EINPUT, "k.xlsx", 2, 0, NULL, "x");
    diag_error(&d, YJ_EINPUT, "form.yaml", 2, 1, NULL, "x");
    table_name_cells(&table, &d, 0);
    assert_string_equal(d.entries[0].file, "k.xlsx:S!B2");
    assert_string_equal(d.entries[1].file, "k.xlsx:S!A2");
    assert_string_equal(d.entries[2].file, "k.xlsx:S!2:2");
    assert_string_equal(d.entries[3].file, "form.yaml");
    assert_int_equal(d.entries[0].line, 0);
    diag_finish(&d);
}

/* Would catch: negative numbers and lone signs told as formulas, or a formula not told. */
static void test_formulas(void **state)
{
    static const char *const formulas[] = {"=1+1", "@SUM(A1)", "+A1", "-2+3", "\t=1", "-A"};
    static const char *const texts[] = {"", "-", "--", "-5", "+0.5", "-1e3", "A=1", "0102"};
    for (size_t i = 0; i < sizeof formulas / sizeof *formulas; i++)
        assert_true(text_is_formula(formulas[i]));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(text_is_formula(texts[i]));
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_empty),
        IN_FOLDER(test_full),
        IN_FOLDER(test_count_refuses_half),
        IN_FOLDER(test_nowhere_to_write),
        cmocka_unit_test(test_cell_names),
        cmocka_unit_test(test_formulas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
