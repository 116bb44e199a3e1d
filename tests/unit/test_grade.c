/* test_grade.c - a batch in one process: its threads, its stop, what counts as the same scan. */
#include "diag.h"
#include "drawn_page.h"
#include "exam.h"
#include "grade.h"
#include "hashset.h"
#include "page_fields.h"
#include "scanpath.h"
#include "store.h"
#include "vision.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAGES = 16, DPI = 100, WRITER = 5 /* the candidate who wrote by hand */ };

static const char form_text[] =
    "form: quiz\n"
    "page: {size: A5}\n"
    "candidate: number\n"
    "registration:\n"
    "  marks: {shape: square, size: 5, at: [[10, 10], [138, 10], [138, 200], [10, 200]]}\n"
    "fields:\n"
    "  - {field: number, kind: grid, options: 0-9, columns: 2, at: [20, 30], option_step: [0, 6],\n"
    "     column_step: [8, 0], bubble: {shape: box, size: [5, 3]}, blank: doubt}\n"
    "  - {fields: q1..8, kind: choice, options: ABCD, at: [60, 30], option_step: [10, 0],\n"
    "     step: [0, 9], bubble: {shape: box, size: [6, 3.4]}}\n"
    "  - {field: essay, kind: text, area: [20, 110, 100, 60]}\n"
    "  - {field: name, kind: text, area: [60, 105, 60, 4]}\n";
static const char exam_text[] = "title: quiz\nform: form.yaml\nkey: key.csv\n";
static const char key_text[] = "item,key,points\nq1,A,1\nq2,B,1\nq3,C,1\nessay,42,5\n";

struct folder {
    char path[64];
    struct exam *exam;
};

static char *path_in(const struct folder *f, const char *name, char *path)
{
    snprintf(path, 128, "%s/%s", f->path, name);
    return path;
}

static void write_text(const struct folder *f, const char *name, const char *text)
{
    char path[128];
    FILE *out = fopen(path_in(f, name, path), "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

/* A pen's stroke in the box `mm`. */
static void draw_stroke(struct image *img, const struct homography *map, struct rect mm)
{
    for (double y = mm.y; y < mm.y + mm.h; y += 0.1)
        for (double x = mm.x; x < mm.x + mm.w; x += 0.1) {
            struct point px = homography_apply(map, (struct point){x, y});
            image_row(img, (int)(px.y + 0.5))[(int)(px.x + 0.5)] = 60;
        }
}

/* Candidate n's page: the number's two digits, and answers that follow from it. */
static void write_page(const struct folder *f, int n)
{
    const struct form *form = f->exam->forms[0].form;
    struct drawn_fill fills[11] = {{"number", n / 10, 0.7, 0.9}, {"number", 10 + n % 10, 0.7, 0.9}};
    char names[8][4], path[128], name[32];
    for (int q = 0; q < 8; q++) {
        snprintf(names[q], sizeof names[q], "q%d", q + 1);
        fills[2 + q] = (struct drawn_fill){names[q], (n + q) % 4, 0.7, 0.9};
    }
    struct homography map = drawn_page_map(form, DPI, 0.3);
    struct image img;
    image_init(&img);
    drawn_page_draw(form, 0, &map, (int)(148 * DPI / 25.4), (int)(210 * DPI / 25.4), fills, &img);
    if (n == WRITER) {
        draw_stroke(&img, &map, (struct rect){40, 130, 15, 0.8});
        draw_stroke(&img, &map, (struct rect){65, 107, 10, 0.6});
    }
    snprintf(name, sizeof name, "scan%02d.png", n);
    assert_int_equal(image_write_png(path_in(f, name, path), img.data, img.width, img.height,
                                     img.stride, 0, NULL),
                     0);
    image_finish(&img);
}

static int set_up(void **state)
{
    static struct folder f;
    struct diag d;
    strcpy(f.path, "/tmp/yuejuan-grade-XXXXXX");
    assert_non_null(mkdtemp(f.path));
    write_text(&f, "form.yaml", form_text);
    write_text(&f, "exam.yaml", exam_text);
    write_text(&f, "key.csv", key_text);
    diag_init(&d);
    int r = exam_load(f.path, &f.exam, &d);
    diag_print(&d, stderr);
    diag_finish(&d);
    for (int n = 1; r == 0 && n <= PAGES; n++)
        write_page(&f, n);
    *state = &f;
    return r;
}

static int tear_down(void **state)
{
    struct folder *f = *state;
    char command[128];
    exam_destroy(f->exam);
    snprintf(command, sizeof command, "rm -rf '%s'", f->path);
    return system(command) != 0;
}

static struct grade_summary grade(const struct folder *f, const char *db, int jobs,
                                  const atomic_bool *stop)
{
    char path[128];
    const char *scans = f->path;
    struct grade_options options = {.paths = &scans,
                                    .n_paths = 1,
                                    .db_path = path_in(f, db, path),
                                    .batch = "",
                                    .jobs = jobs,
                                    .stop = stop};
    struct grade_summary summary;
    struct diag d;
    diag_init(&d);
    int r = grade_run(f->exam, &options, &summary, &d);
    diag_print(&d, stderr);
    diag_finish(&d);
    assert_int_equal(r, 0);
    return summary;
}

/* All cells of a table, a line a row; the caller frees it. */
static char *table_text(const struct folder *f, const char *db, enum store_table table)
{
    char path[128], *text = NULL;
    size_t size;
    struct store *store;
    struct store_rows *rows;
    FILE *out = open_memstream(&text, &size);
    assert_int_equal(store_open(path_in(f, db, path), STORE_READ, &store, NULL), 0);
    assert_int_equal(store_rows_open(store, table, &rows, NULL), 0);
    int columns = store_rows_columns(rows);
    struct store_cell *cells = calloc((size_t)columns, sizeof *cells);
    while (store_rows_next(rows, cells, NULL) == 1)
        for (int i = 0; i < columns; i++)
            fprintf(out, "%s%c", cells[i].text, i + 1 < columns ? '|' : '\n');
    free(cells);
    store_rows_close(rows);
    store_close(store);
    fclose(out);
    return text;
}

/* Catches results in the workers' order, and, under the thread sanitizer, shared memory that is not
 * guarded. */
static void test_one_job_or_four_give_the_same_tables(void **state)
{
    struct grade_summary one = grade(*state, "one.db", 1, NULL);
    struct grade_summary four = grade(*state, "four.db", 4, NULL);
    assert_int_equal(one.scans, PAGES);
    assert_int_equal(one.pages_read, PAGES);
    assert_int_equal(four.pages_read, PAGES);
    for (enum store_table t = TABLE_SCORES; t <= TABLE_EXCEPTIONS; t++) {
        char *a = table_text(*state, "one.db", t), *b = table_text(*state, "four.db", t);
        assert_string_equal(a, b);
        assert_true(strlen(a) > 0 || t == TABLE_EXCEPTIONS);
        free(a);
        free(b);
    }
    /* And they are the right ones, not merely the same: candidate 03, q1 to q8. */
    char *readings = table_text(*state, "one.db", TABLE_READINGS);
    assert_non_null(strstr(readings, "scan03.png|1|03|q1|D|ok|"));
    assert_non_null(strstr(readings, "scan03.png|1|03|q2|A|ok|"));
    free(readings);
}

/* Catches handwriting that is scored without anybody having read it, handwriting that nobody scores
 * put before people, and an empty box that is. */
static void test_handwriting_waits_for_a_person_where_it_is_scored(void **state)
{
    grade(*state, "hand.db", 2, NULL);
    char *readings = table_text(*state, "hand.db", TABLE_READINGS);
    assert_non_null(strstr(readings, "scan04.png|1|04|essay||blank|"));
    assert_non_null(strstr(readings, "scan04.png|1|04|name||blank|"));
    assert_non_null(strstr(readings, "scan05.png|1|05|essay||uncertain|"));
    assert_non_null(strstr(readings, "scan05.png|1|05|name||uncertain|"));
    char *exceptions = table_text(*state, "hand.db", TABLE_EXCEPTIONS);
    assert_non_null(strstr(exceptions, "scan05.png|1|05|uncertain_reading|field 'essay'"));
    assert_null(strstr(exceptions, "'name'"));
    assert_null(strstr(exceptions, "scan04.png"));
    char *scores = table_text(*state, "hand.db", TABLE_SCORES);
    assert_non_null(strstr(scores, "05|||||8|pending"));
    assert_non_null(strstr(scores, "04||||3|8|scored"));
    free(readings);
    free(exceptions);
    free(scores);
}

/* Catches a stop that is noticed only at the end, one that loses count of what is left, and a rerun
 * that does not go on. */
static void test_stop_leaves_the_rest_for_the_next_run(void **state)
{
    atomic_bool stop = true;
    struct grade_summary cut = grade(*state, "cut.db", 2, &stop);
    assert_true(cut.interrupted);
    assert_int_equal(cut.scans + cut.scans_left, PAGES);
    stop = false;
    struct grade_summary rest = grade(*state, "cut.db", 2, &stop);
    assert_false(rest.interrupted);
    assert_int_equal(rest.scans_left, 0);
    assert_int_equal(cut.scans + rest.scans, PAGES);
    assert_int_equal(cut.scans, rest.scans_already);
}

/* Catches handwriting that nobody scores put before people, and scored handwriting that is not. */
static void test_only_what_somebody_waits_for_is_asked(void **state)
{
    const struct folder *f = *state;
    struct asked_fields asked;
    const struct form *form = f->exam->forms[0].form;
    assert_int_equal(asked_fields_init(f->exam, &asked), 0);
    assert_true(asked.asked[0][form_field_index(form, "number")]);
    assert_true(asked.asked[0][form_field_index(form, "q3")]);
    assert_false(asked.asked[0][form_field_index(form, "q4")]);
    assert_false(asked.asked[0][form_field_index(form, "name")]);
    asked_fields_finish(&asked);
}

/* Catches an exception lost when a page has more than fit at first. */
static void test_a_page_may_have_many_exceptions(void **state)
{
    struct arena arena;
    struct page_record record = {0};
    char detail[8];
    arena_init(&arena);
    for (int i = 0; i < 100; i++) {
        snprintf(detail, sizeof detail, "%d", i);
        assert_int_equal(page_record_add_exception(&record, &arena, EXCEPTION_SCAN_QUALITY, detail),
                         0);
    }
    assert_int_equal(record.n_exceptions, 100);
    for (int i = 0; i < 100; i++)
        assert_int_equal(atoi(record.exceptions[i].detail), i);
    arena_finish(&arena);
}

/* Catches hashes lost while the set grows, and hashes it never got. */
static void test_hashset_knows_what_it_was_given(void **state)
{
    struct hashset set;
    hashset_init(&set);
    uint8_t hash[SCAN_HASH_SIZE] = {0};
    assert_false(hashset_has(&set, hash));
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 5000; i++) {
            /* The first bytes collide in many: only the end tells them apart. */
            uint32_t low = i % 16;
            memcpy(hash, &low, sizeof low);
            memcpy(hash + SCAN_HASH_SIZE - sizeof i, &i, sizeof i);
            assert_int_equal(hashset_has(&set, hash), round == 1);
            assert_int_equal(hashset_add(&set, hash), 0);
        }
    assert_int_equal(set.n, 5000);
    hashset_finish(&set);
}

/* Catches one scan given by two paths taken for two, and two rooms' files taken for one. */
static void test_same_scan_by_another_path(void **state)
{
    assert_true(scan_path_same_scan("exam/scans/a.jpg", "exam/scans/a.jpg"));
    assert_true(scan_path_same_scan("/home/x/exam/scans/a.jpg", "scans/a.jpg"));
    assert_true(scan_path_same_scan("a.jpg", "scans/a.jpg"));
    assert_true(scan_path_same_scan("../scans/a.jpg", "exam/scans//a.jpg"));
    assert_true(scan_path_same_scan("scans/x.zip/a.jpg", "./exam/scans/./x.zip/a.jpg"));
    assert_false(scan_path_same_scan("room1/a.jpg", "room2/a.jpg"));
    assert_false(scan_path_same_scan("scans/a.jpg", "scans/b.jpg"));
    assert_false(scan_path_same_scan("scans/a.jpg", "scans/xa.jpg"));
    assert_false(scan_path_same_scan("scans/xa.jpg", "a.jpg"));
    assert_true(scan_path_equal("scans/a.jpg", "./scans//a.jpg"));
    assert_false(scan_path_equal("scans/a.jpg", "a.jpg"));
    assert_false(scan_path_equal("/scans/a.jpg", "scans/a.jpg"));
    assert_false(scan_path_equal("../a.jpg", "a.jpg"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_job_or_four_give_the_same_tables),
        cmocka_unit_test(test_handwriting_waits_for_a_person_where_it_is_scored),
        cmocka_unit_test(test_stop_leaves_the_rest_for_the_next_run),
        cmocka_unit_test(test_only_what_somebody_waits_for_is_asked),
        cmocka_unit_test(test_a_page_may_have_many_exceptions),
        cmocka_unit_test(test_hashset_knows_what_it_was_given),
        cmocka_unit_test(test_same_scan_by_another_path),
    };
    if (vision_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
