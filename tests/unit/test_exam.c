/* Exams and rosters: which files make one up, and what is told when they do not agree. */
#include "diag.h"
#include "exam.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char form_text[] = "form: card\n"
                                "page: A4\n"
                                "candidate: number\n"
                                "registration: {image: true}\n"
                                "bubble: {size: 3}\n"
                                "fields:\n"
                                "- {field: number, kind: grid, options: 0-9, columns: 4,\n"
                                "   at: [20, 20], column_step: 5, blank: doubt}\n"
                                "- {fields: q1..3, kind: choice, options: ABCD, at: [20, 100],\n"
                                "   option_step: 5, step: 5}\n";
static const char key_text[] = "item,key,points\nq1,A,2\nq2,B,2\nq3,C,2\n";
static const char roster_text[] =
    "candidate,name,class,school\n0102,林靜萱,一班,青松\n0101, 陳冠廷 ,二班,青松\n";

/* A folder of its own for each test; state is its path. */
static int make_folder(void **state)
{
    static const char pattern[] = "/tmp/yuejuan-exam-XXXXXX";
    *state = strdup(pattern);
    return *state && mkdtemp(*state) ? 0 : -1;
}

static const char *const file_names[] = {"exam.yaml",   "form.yaml",  "b.yaml",  "key.csv",
                                         "answers.csv", "roster.csv", "key.xlsx"};

static char *in_folder(const char *folder, const char *name)
{
    char *path;
    assert_true(asprintf(&path, "%s/%s", folder, name) >= 0);
    return path;
}

static int remove_folder(void **state)
{
    for (size_t i = 0; i < sizeof file_names / sizeof *file_names; i++) {
        char *path = in_folder(*state, file_names[i]);
        remove(path);
        free(path);
    }
    rmdir(*state);
    free(*state);
    return 0;
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char *path = in_folder(folder, name);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
    free(path);
}

static struct exam *load(const char *path)
{
    struct exam *exam = NULL;
    struct diag d;
    diag_init(&d);
    int rc = exam_load(path, &exam, &d);
    diag_print(&d, stderr);
    diag_finish(&d);
    assert_int_equal(rc, 0);
    return exam;
}

/* The exam must be refused, and told so: in a file so called, at line:column. */
static void refuse(const char *path, const char *file, int line, int column, const char *what)
{
    struct exam *exam = NULL;
    struct diag d;
    bool told = false;
    diag_init(&d);
    assert_int_equal(exam_load(path, &exam, &d), YJ_EINPUT);
    assert_null(exam);
    for (size_t i = 0; i < d.count; i++) {
        const struct diag_entry *e = &d.entries[i];
        const char *base = e->file ? strrchr(e->file, '/') : NULL;
        told |= base && strcmp(base + 1, file) == 0 && e->line == line && e->column == column &&
                strstr(e->what, what);
    }
    if (!told)
        diag_print(&d, stderr);
    diag_finish(&d);
    assert_true(told);
}

static void assert_path(const char *path, const char *folder, const char *name)
{
    char *expected = in_folder(folder, name);
    assert_string_equal(path, expected);
    free(expected);
}

/* Catches: a folder's usual files not found, or settings not read. */
static void test_folder(void **state)
{
    const char *folder = *state;
    write_file(folder, "exam.yaml",
               "title: 期中\nsubject: 數學\ndate: 2026-11-20\nmin_confidence: 0.95\n"
               "keep_all_crops: true\nsecond_entry: true\ndb: out/r.db\n");
    write_file(folder, "form.yaml", form_text);
    write_file(folder, "key.csv", key_text);
    write_file(folder, "roster.csv", roster_text);
    struct exam *exam = load(folder);
    assert_string_equal(exam->title, "期中");
    assert_string_equal(exam->subject, "數學");
    assert_string_equal(exam->date, "2026-11-20");
    assert_true(exam->min_confidence == 0.95);
    assert_true(exam->keep_all_crops);
    assert_true(exam->second_entry);
    assert_path(exam->path, folder, "exam.yaml");
    assert_path(exam->db_path, folder, "out/r.db");
    assert_path(exam->scans_dir, folder, "scans");
    assert_int_equal(exam->n_forms, 1);
    assert_string_equal(exam->forms[0].text, form_text);
    assert_null(exam->forms[0].scans);
    assert_int_equal(exam->key->n_items, 3);
    assert_int_equal(exam->key->items[0].n_options, 4); /* held against the form */
    assert_int_equal(exam->roster->n_entries, 2);
    assert_string_equal(exam->roster->text, roster_text);
    exam_destroy(exam);
}

/* Catches: a lone form taken for an exam, or scored by a key that happens to lie beside it. */
static void test_lone_form(void **state)
{
    const char *folder = *state;
    write_file(folder, "form.yaml", form_text);
    write_file(folder, "key.csv", key_text);
    char *path = in_folder(folder, "form.yaml");
    struct exam *exam = load(path);
    assert_string_equal(exam->title, "card");
    assert_null(exam->text);
    assert_null(exam->key);
    assert_null(exam->roster);
    assert_int_equal(exam->n_forms, 1);
    assert_true(exam->min_confidence == 0.99);
    assert_true(exam->max_silent_error == 1e-5);
    assert_int_equal(exam->marks.fill, MEANS_ANSWER);
    assert_int_equal(exam->marks.tick, MEANS_ANSWER);
    assert_int_equal(exam->marks.cross, MEANS_ANSWER);
    assert_int_equal(exam->marks.circle, MEANS_DOUBT);
    assert_int_equal(exam->marks.stroke, MEANS_ANSWER);
    assert_true(exam->marks.faintest == 0);
    exam_destroy(exam);
    free(path);
}

/* Catches: a wish that is written and not kept, a look that takes its neighbour's meaning, or a
 * default lost where only some are written. */
static void test_wishes(void **state)
{
    const char *folder = *state;
    write_file(folder, "form.yaml", form_text);
    write_file(folder, "exam.yaml",
               "max_silent_error: 2e-6\nmarks: {fill: nothing, tick: doubt, cross: answer, circle: "
               "nothing, stroke: doubt, faintest: 0.15, colour: ignore}\n");
    struct exam *exam = load(folder);
    assert_true(exam->max_silent_error == 2e-6);
    assert_int_equal(exam->marks.fill, MEANS_NOTHING);
    assert_int_equal(exam->marks.tick, MEANS_DOUBT);
    assert_int_equal(exam->marks.cross, MEANS_ANSWER);
    assert_int_equal(exam->marks.circle, MEANS_NOTHING);
    assert_int_equal(exam->marks.stroke, MEANS_DOUBT);
    assert_true(exam->marks.faintest == 0.15);
    assert_true(exam->marks.ignore_colour);
    exam_destroy(exam);
    write_file(folder, "exam.yaml", "max_silent_error: 0\nmarks:\n  tick: nothing\n");
    exam = load(folder);
    assert_true(exam->max_silent_error == 0);
    assert_true(exam->min_confidence == 0.99);
    assert_int_equal(exam->marks.tick, MEANS_NOTHING);
    assert_int_equal(exam->marks.fill, MEANS_ANSWER);
    assert_int_equal(exam->marks.circle, MEANS_DOUBT);
    assert_false(exam->marks.ignore_colour);
    exam_destroy(exam);
}

/* Catches: boxed characters, numbers on lines and marks held to each other's figure; a wish
 * of the office that holds for one kind of handwriting alone. */
static void test_least_confidence(void **state)
{
    const char *folder = *state;
    const struct field mark = {.kind = FIELD_CHOICE}, digits = {.kind = FIELD_DIGITS, .n_boxes = 4},
                       line = {.kind = FIELD_DIGITS},
                       letters = {.kind = FIELD_LETTERS, .n_boxes = 1};
    write_file(folder, "form.yaml", form_text);
    write_file(folder, "exam.yaml", "min_confidence: 0.9\n");
    struct exam *exam = load(folder);
    assert_true(exam_least_confidence(exam, &mark) == 0.9);
    assert_true(exam_least_confidence(exam, &digits) == 0.95);
    assert_true(exam_least_confidence(exam, &line) == 0.93);
    assert_true(exam_least_confidence(exam, &letters) == 0.97);
    exam_destroy(exam);
    write_file(folder, "exam.yaml", "min_confidence_writing: 0.8\n");
    exam = load(folder);
    assert_true(exam_least_confidence(exam, &mark) == 0.99);
    assert_true(exam_least_confidence(exam, &digits) == 0.8);
    assert_true(exam_least_confidence(exam, &line) == 0.8);
    assert_true(exam_least_confidence(exam, &letters) == 0.8);
    exam_destroy(exam);
}

/* Catches: a wish that cannot be meant taken as it is, or told without its place: an office that
 * writes "0.001 %" would get a hundred times what it asked for. */
static void test_mistaken_wishes(void **state)
{
    static const struct {
        const char *text;
        int line, column;
        const char *what;
    } cases[] = {
        {"max_silent_error: 0.001 %\n", 1, 19, "'0.001 %' in 'max_silent_error' is no number"},
        {"title: x\nmax_silent_error: -1e-5\n", 2, 19, "between 0 and 1"},
        {"max_silent_error: 100000\n", 1, 19, "between 0 and 1"},
        {"max_silent_error: [1e-5]\n", 1, 19, "one number"},
        {"max_silent_error:\n", 1, 1, "has no value"},
        {"max_silent_eror: 1e-5\n", 1, 1, "unknown key 'max_silent_eror'"},
        {"marks: ticks\n", 1, 8, "no mapping"},
        {"marks:\n  tik: nothing\n", 2, 3, "unknown key 'tik'"},
        {"marks:\n  cross: answer\n  fill: cancel\n", 3, 9, "unknown meaning of 'fill' 'cancel'"},
        {"marks: {colour: no}\n", 1, 17, "unknown colour 'no'"},
        {"marks: {tick: [answer]}\n", 1, 15, "'tick' is a text"},
        {"marks: {faintest: 190}\n", 1, 19, "'faintest' is between 0 and 1"},
        {"marks: {faintest: light}\n", 1, 19, "'light' in 'faintest' is no number"},
        {"marks: {fill: nothing, tick: nothing, cross: doubt, stroke: doubt}\n", 1, 8,
         "no mark would be an answer"},
    };
    const char *folder = *state;
    write_file(folder, "form.yaml", form_text);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(folder, "exam.yaml", cases[i].text);
        refuse(folder, "exam.yaml", cases[i].line, cases[i].column, cases[i].what);
    }
}

/* Catches: a slip that asks for one error in ten passed over in silence. */
static void test_generous_wish(void **state)
{
    const char *folder = *state;
    struct exam *exam = NULL;
    struct diag d;
    diag_init(&d);
    write_file(folder, "form.yaml", form_text);
    write_file(folder, "exam.yaml", "max_silent_error: 0.1\n");
    assert_int_equal(exam_load(folder, &exam, &d), 0);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.entries[0].level, DIAG_WARNING);
    assert_non_null(strstr(d.entries[0].what, "one mark reading in 10 "));
    exam_destroy(exam);
    diag_finish(&d);
}

/* Catches: the glob of a form lost, or forms in another order. */
static void test_several_forms(void **state)
{
    const char *folder = *state;
    char second[sizeof form_text + 8];
    snprintf(second, sizeof second, "form: other%s", strchr(form_text, '\n'));
    write_file(folder, "exam.yaml",
               "forms:\n- form.yaml\n- {file: b.yaml, scans: \"*/b-*\"}\nkey: answers.csv\n");
    write_file(folder, "form.yaml", form_text);
    write_file(folder, "b.yaml", second);
    write_file(folder, "answers.csv", key_text);
    struct exam *exam = load(folder);
    assert_int_equal(exam->n_forms, 2);
    assert_string_equal(exam->forms[1].form->name, "other");
    assert_string_equal(exam->forms[1].scans, "*/b-*");
    assert_int_equal(exam->key->n_items, 3);
    exam_destroy(exam);
    write_file(folder, "b.yaml", form_text);
    refuse(folder, "b.yaml", 0, 0, "is also called 'card'");
}

/* Catches: tables of other names that exam.yaml may not name, or names and does not get. */
static void test_named_tables(void **state)
{
    const char *folder = *state;
    write_file(folder, "exam.yaml", "key: k.csv\nroster: r.csv\nversions: v.csv\npoints: p.csv\n");
    char form[sizeof form_text + 128];
    snprintf(form, sizeof form,
             "%s- {field: paper, kind: choice, options: AB, at: [120, 100], option_step: 5}\n"
             "version: paper\n",
             form_text);
    write_file(folder, "form.yaml", form);
    write_file(folder, "k.csv", "item,key,points,rule\nq1,A,2,\nq2,B,2,\nessay,,5,points\n");
    write_file(folder, "r.csv", roster_text);
    write_file(folder, "v.csv", "version,item,master,options\nA,,,\nB,q1,q2,\nB,q2,q1,\n");
    write_file(folder, "p.csv", "candidate,item,points\n0102,essay,4\n");
    struct exam *exam = load(folder);
    assert_int_equal(exam->key->n_items, 3);
    assert_int_equal(exam->versions->n, 2);
    assert_int_equal(exam->given->n_rows, 1);
    exam_destroy(exam);
}

/* Catches: mistakes of an exam's files not told, told without place, or only the first. */
static void test_mistakes(void **state)
{
    const char *folder = *state;
    refuse(folder, strrchr(folder, '/') + 1, 0, 0, "holds no exam.yaml");
    write_file(folder, "exam.yaml", "titel: x\nform: form.yaml\n");
    write_file(folder, "form.yaml", form_text);
    refuse(folder, "exam.yaml", 1, 1, "unknown key 'titel'");
    write_file(folder, "exam.yaml", "form: a.yaml\nkey: no.csv\nroster: none.csv\n");
    refuse(folder, "exam.yaml", 1, 7, "there is no form");
    refuse(folder, "exam.yaml", 2, 6, "there is no key");
    refuse(folder, "exam.yaml", 3, 9, "there is no roster");
    write_file(folder, "exam.yaml", "min_confidence: 99\n");
    refuse(folder, "exam.yaml", 1, 17, "between 0 and 1");
    write_file(folder, "exam.yaml", "forms: []\n");
    refuse(folder, "exam.yaml", 1, 8, "1 to 100 forms");
    write_file(folder, "exam.yaml", "key: key.xlsx\n");
    write_file(folder, "key.xlsx", "PK\3\4 no zip");
    refuse(folder, "key.xlsx", 0, 0, "spreadsheet");
    write_file(folder, "key.xlsx", "");
    write_file(folder, "exam.yaml", "roster: key.xlsx\nkey: key.csv\n");
    refuse(folder, "key.xlsx", 0, 0, "is empty");
    write_file(folder, "exam.yaml", "title: x\n");
    write_file(folder, "key.csv", "item,key,points\nq1,A,2\nq9,B,2\n");
    refuse(folder, "key.xlsx", 0, 0, "is there too");
    char *sheet = in_folder(folder, "key.xlsx");
    assert_int_equal(remove(sheet), 0);
    free(sheet);
    refuse(folder, "key.csv", 3, 1, "q9");
    write_file(folder, "exam.yaml", "just words\n");
    refuse(folder, "exam.yaml", 1, 1, "no mapping");
}

/* Catches: a spreadsheet's lost noughts not noticed before every sheet is an unknown candidate. */
static void test_lost_noughts(void **state)
{
    const char *folder = *state;
    write_file(folder, "exam.yaml", "title: x\n");
    write_file(folder, "form.yaml", form_text);
    write_file(folder, "roster.csv", "candidate,name\n1102,a\n102,b\n");
    struct exam *exam = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(exam_load(folder, &exam, &d), 0);
    assert_int_equal(d.errors, 0);
    assert_int_equal(d.count, 1);
    assert_int_equal(d.entries[0].level, DIAG_WARNING);
    assert_int_equal(d.entries[0].line, 3);
    exam_destroy(exam);
    diag_finish(&d);
}

/* Catches: a candidate not found by number, or spaces around a name kept. */
static void test_roster(void **state)
{
    struct roster *roster = NULL;
    assert_int_equal(roster_parse(roster_text, strlen(roster_text), "r.csv", &roster, NULL), 0);
    assert_int_equal(roster->n_entries, 2);
    const struct roster_entry *entry = roster_find(roster, "0101");
    assert_non_null(entry);
    assert_string_equal(entry->name, "陳冠廷");
    assert_string_equal(entry->class_name, "二班");
    assert_string_equal(entry->room, "");
    assert_int_equal(entry->line, 3);
    assert_non_null(roster_find(roster, "0102"));
    assert_null(roster_find(roster, "101"));
    assert_null(roster_find(roster, ""));
    roster_destroy(roster);
}

/* Catches: a roster that would give one candidate another's name taken as it is. */
static void test_roster_mistakes(void **state)
{
    static const struct {
        const char *text;
        int line, column;
        const char *what;
    } cases[] = {
        {"candidate,name\n1,a\n2,b\n1,c\n", 4, 1, "'1' stands twice, first on line 2"},
        {"name,candidate\na,1\n b,\n", 3, 4, "without a candidate"},
        {"canddate,name\n1,a\n", 1, 1, "unknown column 'canddate'"},
        {"number,name\n1,a\n", 1, 1, "no column 'candidate'"},
        {"candidate,nmae\n1,a\n", 1, 11, "unknown column 'nmae'"},
        {"candidate\n1.15011E+07\n", 2, 1, "rounded"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct roster *roster = NULL;
        struct diag d;
        diag_init(&d);
        int rc = roster_parse(cases[i].text, strlen(cases[i].text), "r.csv", &roster, &d);
        assert_int_equal(rc, YJ_EINPUT);
        assert_true(d.count >= 1);
        assert_int_equal(d.entries[0].line, cases[i].line);
        assert_int_equal(d.entries[0].column, cases[i].column);
        assert_non_null(strstr(d.entries[0].what, cases[i].what));
        diag_finish(&d);
    }
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_folder),          IN_FOLDER(test_lone_form),
        IN_FOLDER(test_several_forms),   IN_FOLDER(test_wishes),
        IN_FOLDER(test_mistaken_wishes), IN_FOLDER(test_least_confidence),
        IN_FOLDER(test_generous_wish),   IN_FOLDER(test_named_tables),
        IN_FOLDER(test_mistakes),        IN_FOLDER(test_lost_noughts),
        cmocka_unit_test(test_roster),   cmocka_unit_test(test_roster_mistakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
