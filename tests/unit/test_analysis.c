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
    "  - {field: number, kind: grid, options: 0-9, columns: 3, at: [20, 30], option_step: [0, 6],\n"
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

/* After the roster is written: everybody in it is absent. */
static void analyse(struct fixture *f)
{
    const struct analysis_options options = {.models = false};
    struct diag d;
    diag_init(&d);
    int rc = exam_load(f->dir, &f->exam, &d);
    if (rc == 0)
        rc = store_open(f->exam->db_path, STORE_WRITE, &f->store, &d);
    if (rc == 0)
        rc = store_put_exam(f->store, f->exam, &d);
    if (rc == 0)
        rc = analysis_compute(f->store, f->exam, &options, &f->a, &d);
    if (rc < 0)
        diag_print(&d, stderr);
    diag_finish(&d);
    assert_int_equal(rc, 0);
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
        fprintf(out, "%03d,N,%d,%s,%d\n", i, i / 3 % 4, schools[i % 3], 1 + i / 3 % 3);
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
               "001,An,1,North,7\n002,Bo,1,South,7\n003,Ci,2,,8\n004,Du,2,South,\n");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(groups_where_some_have_no_school),
        cmocka_unit_test(groups_where_schools_share_a_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
