/* What an analysis says of groups and of single scores, on exams made by hand in a real database.
 */
#include "analysis_internal.h"
#include "diag.h"
#include "exam.h"
#include "store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char exam_text[] = "title: quiz\nform: form.yaml\nkey: key.csv\nroster: roster.csv\n";
static const char form_text[] =
    "form: quiz\n"
    "page: {size: A4}\n"
    "candidate: number\n"
    "registration: {image: true}\n"
    "fields:\n"
    "  - {field: number, kind: grid, options: 0-9, columns: 4, at: [20, 30], option_step: [0, 6],\n"
    "     column_step: [8, 0], bubble: {size: 3}, blank: doubt}\n"
    "  - {fields: q1..3, kind: choice, options: ABCD, at: [60, 30], option_step: [10, 0],\n"
    "     step: [0, 9], bubble: {size: 3}}\n";

struct fixture {
    char dir[64];
    struct exam *exam;
    struct store *store;
    struct analysis a;
};

static FILE *open_file(const struct fixture *f, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    return out;
}

static void write_file(const struct fixture *f, const char *name, const char *text)
{
    FILE *out = open_file(f, name);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static void open_exam(struct fixture *f)
{
    struct diag d;
    diag_init(&d);
    int rc = exam_load(f->dir, &f->exam, &d);
    if (rc == 0)
        rc = store_open(f->exam->db_path, STORE_WRITE, &f->store, &d);
    if (rc == 0)
        rc = store_put_exam(f->store, f->exam, &d);
    if (rc < 0)
        diag_print(&d, stderr);
    diag_finish(&d);
    assert_int_equal(rc, 0);
}

/* Everybody of the roster without a sheet is absent. */
static void compute(struct fixture *f, bool models)
{
    const struct analysis_options options = {models};
    struct diag d;
    diag_init(&d);
    int rc = analysis_compute(f->store, f->exam, &options, &f->a, &d);
    if (rc < 0)
        diag_print(&d, stderr);
    diag_finish(&d);
    assert_int_equal(rc, 0);
}

static void analyse(struct fixture *f)
{
    open_exam(f);
    compute(f, false);
}

/* A page each of candidates 0000, 0001 ..., in one scan; answers_of writes three letters. */
static void put_sheets(struct fixture *f, int n, void (*answers_of)(int candidate, char *letters))
{
    struct page_record *pages = calloc((size_t)n, sizeof *pages);
    struct page_record **list = calloc((size_t)n, sizeof *list);
    struct reading(*readings)[4] = calloc((size_t)n, sizeof *readings);
    char(*texts)[4][8] = calloc((size_t)n, sizeof *texts);
    struct scan_record record = {.path = "all.pdf", .pages = list, .n_pages = n, .bytes = 1};
    struct diag d;
    assert_true(pages && list && readings && texts);
    for (int i = 0; i < n; i++) {
        char letters[4] = "";
        answers_of(i, letters);
        snprintf(texts[i][0], sizeof texts[i][0], "%04d", i);
        for (int q = 0; q < 3; q++)
            texts[i][q + 1][0] = letters[q];
        for (int r = 0; r < 4; r++)
            readings[i][r] = (struct reading){.field = r,
                                              .value = texts[i][r],
                                              .status = READING_OK,
                                              .confidence = 1,
                                              .evidence = ""};
        pages[i] = (struct page_record){.number = i + 1,
                                        .sheet = "",
                                        .verdict = PAGE_READ,
                                        .width = 10,
                                        .height = 10,
                                        .readings = readings[i],
                                        .n_readings = 4};
        pages[i].transform.m[0] = pages[i].transform.m[4] = pages[i].transform.m[8] = 1;
        list[i] = &pages[i];
    }
    diag_init(&d);
    assert_int_equal(store_put_scan(f->store, f->exam, "", &record, &d), 0);
    diag_finish(&d);
    free(pages);
    free(list);
    free(readings);
    free(texts);
}

static void begin(struct fixture *f)
{
    *f = (struct fixture){0};
    strcpy(f->dir, "/tmp/yuejuan-analysis-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    write_file(f, "exam.yaml", exam_text);
    write_file(f, "form.yaml", form_text);
    write_file(f, "key.csv", "item,key,points\nq1..3,ABC,1\n");
}

static void end(struct fixture *f)
{
    char command[128];
    analysis_finish(&f->a);
    store_close(f->store);
    exam_destroy(f->exam);
    snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
    assert_int_equal(system(command), 0);
}

static void expect_own_group(const struct fixture *f, const char *kind, bool of_school)
{
    for (int i = 0; i < f->a.n_candidates; i++) {
        const struct analysis_candidate *c = &f->a.candidates[i];
        int group = analysis_group_of(&f->a, kind, c);
        assert_in_range(group, 0, f->a.n_groups - 1);
        const struct analysis_group *g = &f->a.groups[group];
        assert_string_equal(g->kind, kind);
        assert_string_equal(g->name, strcmp(kind, "room") == 0 ? c->room : c->class_name);
        assert_string_equal(g->school, of_school ? c->school : "");
    }
}

/* Catches: candidates of one school compared with, or counted among, those of a class or room of
 * the same name that stands without a school. */
static void groups_where_some_have_no_school(void **state)
{
    static const char *const schools[] = {"", "North", "South"};
    struct fixture f;
    (void)state;
    begin(&f);
    FILE *out = open_file(&f, "roster.csv");
    fputs("candidate,name,class,school,room\n", out);
    for (int i = 0; i < 390; i++) /* 130 in each room: more than a room holds, so by school */
        fprintf(out, "%04d,N,%d,%s,%d\n", i, i / 3 % 4, schools[i % 3], 1 + i / 3 % 3);
    assert_int_equal(fclose(out), 0);
    analyse(&f);
    assert_int_equal(f.a.n_candidates, 390);
    expect_own_group(&f, "class", true);
    expect_own_group(&f, "room", true);
    end(&f);
}

/* Catches: rooms that schools share torn apart, or a candidate of no room in one. */
static void groups_where_schools_share_a_room(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f);
    write_file(&f, "roster.csv",
               "candidate,name,class,school,room\n"
               "0001,An,1,North,7\n0002,Bo,1,South,7\n0003,Ci,2,,8\n0004,Du,2,South,\n");
    analyse(&f);
    int of[4];
    for (int i = 0; i < 4; i++)
        of[i] = analysis_group_of(&f.a, "room", &f.a.candidates[i]);
    assert_int_equal(of[0], of[1]);
    assert_int_not_equal(of[0], of[2]);
    assert_int_equal(of[3], -1);
    assert_int_equal(f.a.groups[of[0]].absent, 2);
    end(&f);
}

static void all_wrong_or_right(int candidate, char *letters)
{
    strcpy(letters, candidate < 60 ? "DDD" : candidate < 120 ? "ABC" : "ABD");
}

static int count_findings(const struct fixture *f, enum finding_kind kind, double *ret_last)
{
    int n = 0;
    for (int i = 0; i < f->a.n_findings; i++)
        if (f->a.findings[i].kind == kind) {
            *ret_last = f->a.findings[i].figure;
            n++;
        }
    return n;
}

/* Catches: scores of nought beyond the first fifty passed over, or perfect ones that take their
 * place. */
static void many_zeros_and_perfects(void **state)
{
    struct fixture f;
    double last = 0;
    (void)state;
    begin(&f);
    write_file(&f, "exam.yaml", "title: quiz\nform: form.yaml\nkey: key.csv\n");
    open_exam(&f);
    put_sheets(&f, 130, all_wrong_or_right);
    compute(&f, false);
    assert_int_equal(f.a.n_scored, 130);
    assert_int_equal(count_findings(&f, FINDING_ZERO_SCORE, &last), 51);
    assert_int_equal((int)last, 10); /* more */
    assert_int_equal(count_findings(&f, FINDING_PERFECT_SCORE, &last), 51);
    assert_int_equal((int)last, 10);
    end(&f);
}

#define SCHOOLS 32
#define PUPILS 50

static void mixed(int candidate, char *letters)
{
    unsigned x = (unsigned)candidate * 2654435761u >> 8;
    for (int q = 0; q < 3; q++)
        letters[q] = (char)(x >> (q + 3) & 1 ? "ABC"[q] : 'D');
}

/* Catches: schools and classes that are not told apart (class 1 is every school's); schools
 * compared in the order of their names until the number is full, so that the largest, the last by
 * name, never is; or classes that use up what schools are allowed. */
static void the_largest_schools_are_compared(void **state)
{
    struct fixture f;
    bool last = false, class = false;
    (void)state;
    begin(&f);
    write_file(&f, "exam.yaml",
               "title: quiz\nform: form.yaml\nkey: key.csv\nroster: roster.csv\n"
               "statistics: {model: none, pairs: 0, dif: [class, school]}\n");
    FILE *out = open_file(&f, "roster.csv");
    fputs("candidate,name,class,school\n", out);
    for (int i = 0; i < SCHOOLS * PUPILS + 10; i++) {
        int school = i / PUPILS < SCHOOLS ? i / PUPILS : SCHOOLS - 1;
        fprintf(out, "%04d,N,1,S%02d\n", i, school);
    }
    assert_int_equal(fclose(out), 0);
    open_exam(&f);
    put_sheets(&f, SCHOOLS * PUPILS + 10, mixed);
    compute(&f, true);
    for (int i = 0; i < f.a.n_dif; i++)
        last |= strcmp(f.a.dif[i].by, "school") == 0 && strcmp(f.a.dif[i].focal, "S31") == 0;
    assert_true(last);
    for (int i = 0; i < f.a.n_dif; i++)
        class |= strcmp(f.a.dif[i].by, "class") == 0 && strcmp(f.a.dif[i].focal, "S31 1") == 0;
    assert_true(class);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_where_some_have_no_school),
        cmocka_unit_test(groups_where_schools_share_a_room),
        cmocka_unit_test(many_zeros_and_perfects),
        cmocka_unit_test(the_largest_schools_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
