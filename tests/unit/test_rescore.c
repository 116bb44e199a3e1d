/* From stored readings to sheets, scores and statistics. The pages are put into a real database as
 * `grade` would; what is looked at is what people get: the exported tables. Each test is a way in
 * which somebody could get another's score, or none, without anybody noticing. */
#include "diag.h"
#include "exam.h"
#include "rescore.h"
#include "store.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_FIELDS 32
#define MAX_PAGES 8

/* ---- exams ---- */

static const char quiz_form[] =
    "form: quiz\n"
    "page: {size: A4}\n"
    "candidate: number\n"
    "absent: absent\n"
    "registration: {image: true}\n"
    "fields:\n"
    "  - {field: number, kind: grid, options: 0-9, columns: 2, at: [20, 30], option_step: [0, 6],\n"
    "     column_step: [8, 0], bubble: {size: 3}, blank: doubt}\n"
    "  - {field: absent, kind: choice, options: [absent], at: [20, 100], bubble: {size: 3}}\n"
    "  - {fields: q1..3, kind: choice, options: ABCD, at: [60, 30], option_step: [10, 0],\n"
    "     step: [0, 9], bubble: {size: 3}}\n"
    "  - {field: m1, kind: choice, multiple: true, options: ABCDE, at: [60, 80],\n"
    "     option_step: [10, 0], bubble: {size: 3}}\n";
static const char quiz_key[] = "item,key,points,rule,partial,wrong,section\n"
                               "q1,A,2,,,-0.5,I\n"
                               "q2,B|C,2,,,,I\n"
                               "q3,D,2,,,,I\n"
                               "m1,ACD,5,subset,2,,II\n";
static const char roster_text[] = "candidate,name,class,school\n"
                                  "11,An,1,N\n"
                                  "12,Bo,1,N\n"
                                  "13,Ci,1,N\n"
                                  "14,Du,1,N\n";

/* Two pages, the candidate on the first; with or without a serial number on each. */
static const char booklet_form[] =
    "form: booklet\n"
    "page: {size: A4}\n"
    "candidate: number\n"
    "registration: {image: true}\n"
    "pages:\n"
    "  - {registration: {image: true}%s}\n"
    "  - {registration: {image: true}%s}\n"
    "fields:\n"
    "  - {field: number, kind: grid, options: 0-9, columns: 2, at: [20, 30], option_step: [0, 6],\n"
    "     column_step: [8, 0], bubble: {size: 3}}\n"
    "  - {field: q1, kind: choice, options: ABCD, at: [60, 30], option_step: [10, 0], bubble: "
    "{size: 3}}\n"
    "  - {field: q2, kind: choice, page: 2, options: ABCD, at: [60, 30], option_step: [10, 0],\n"
    "     bubble: {size: 3}}\n";
static const char identity[] =
    ", identity: {sheet: {bits: {at: [60, 14], step: [4, 0], size: 3, count: 8}}}";

struct fixture {
    char dir[64];
    struct exam *exam;
    struct store *store;
    int n_scans;
};

static void write_file(const struct fixture *f, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->dir, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    assert_int_equal(fclose(out), 0);
}

static void expect_ok(int rc, struct diag *d)
{
    if (rc < 0)
        diag_print(d, stderr);
    diag_finish(d);
    assert_int_equal(rc, 0);
}

static void load_exam(struct fixture *f)
{
    struct diag d;
    diag_init(&d);
    expect_ok(exam_load(f->dir, &f->exam, &d), &d);
}

static void open_store(struct fixture *f)
{
    struct diag d;
    diag_init(&d);
    int rc = store_open(f->exam->db_path, STORE_WRITE, &f->store, &d);
    if (rc == 0)
        rc = store_put_exam(f->store, f->exam, &d);
    expect_ok(rc, &d);
}

/* A folder with an exam; key and roster NULL: none. */
static void begin(struct fixture *f, const char *exam_text, const char *form, const char *second,
                  const char *key, const char *roster)
{
    *f = (struct fixture){0};
    strcpy(f->dir, "/tmp/yuejuan-rescore-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    write_file(f, "exam.yaml", exam_text);
    write_file(f, "form.yaml", form);
    if (second)
        write_file(f, "second.yaml", second);
    if (key)
        write_file(f, "key.csv", key);
    if (roster)
        write_file(f, "roster.csv", roster);
    load_exam(f);
    open_store(f);
}

static void begin_quiz(struct fixture *f, const char *roster)
{
    begin(f, "title: quiz\nform: form.yaml\n", quiz_form, NULL, quiz_key, roster);
}

static void begin_booklet(struct fixture *f, bool serials, const char *roster)
{
    char form[2048];
    snprintf(form, sizeof form, booklet_form, serials ? identity : "", serials ? identity : "");
    begin(f, "title: booklet\nform: form.yaml\n", form, NULL, "item,key,points\nq1,A,1\nq2,B,2\n",
          roster);
}

static void end(struct fixture *f)
{
    char command[128];
    store_close(f->store);
    exam_destroy(f->exam);
    snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
    assert_int_equal(system(command), 0);
}

/* ---- scans ---- */

/* "q1=A" is sure, "q1=?A" uncertain, "q1=*AB" several marks, "q1=!" unread; "" is blank. */
static void set_reading(struct reading *reading, char *value)
{
    reading->confidence = 1;
    reading->status = *value ? READING_OK : READING_BLANK;
    if (*value == '?')
        reading->status = READING_UNCERTAIN;
    else if (*value == '*')
        reading->status = READING_MULTIPLE;
    else if (*value == '!')
        reading->status = READING_UNREAD;
    reading->value = value + (*value && strchr("?*!", *value) ? 1 : 0);
}

struct made_page {
    struct page_record record;
    struct reading readings[MAX_FIELDS];
    char text[256];
};

/* A page from words: "form=1 page=2 serial=7 number=12 q1=A"; "refused" is a page that could not be
 * registered. Fields that are not named are blank. */
static void make_page(const struct fixture *f, struct made_page *made, const char *text)
{
    struct page_record *page = &made->record;
    *page = (struct page_record){.sheet = "", .verdict = PAGE_READ, .width = 10, .height = 10};
    page->transform.m[0] = page->transform.m[4] = page->transform.m[8] = 1;
    page->readings = made->readings;
    snprintf(made->text, sizeof made->text, "%s", text);
    char *words[MAX_FIELDS], *rest = NULL;
    int n = 0;
    for (char *w = strtok_r(made->text, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
        words[n++] = w;
    for (int i = 0; i < n; i++) {
        if (strcmp(words[i], "refused") == 0) {
            static struct exception why = {EXCEPTION_NO_REGISTRATION, "no marks", 0};
            page->verdict = PAGE_NO_REGISTRATION;
            page->form = page->form_page = -1;
            page->exceptions = &why;
            page->n_exceptions = 1;
            return;
        }
        if (strncmp(words[i], "form=", 5) == 0)
            page->form = atoi(words[i] + 5) - 1;
        else if (strncmp(words[i], "page=", 5) == 0)
            page->form_page = atoi(words[i] + 5) - 1;
        else if (strncmp(words[i], "serial=", 7) == 0)
            page->sheet = words[i] + 7;
    }
    const struct form *form = f->exam->forms[page->form].form;
    for (int i = 0; i < form->n_fields; i++) {
        if (form->fields[i].page != page->form_page)
            continue;
        struct reading *reading = &made->readings[page->n_readings++];
        *reading = (struct reading){
            .field = i, .value = "", .status = READING_BLANK, .confidence = 1, .evidence = ""};
        size_t length = strlen(form->fields[i].name);
        for (int k = 0; k < n; k++)
            if (strncmp(words[k], form->fields[i].name, length) == 0 && words[k][length] == '=')
                set_reading(reading, words[k] + length + 1);
    }
}

/* Pages until NULL. */
static void scan(struct fixture *f, const char *path, ...)
{
    static struct made_page made[MAX_PAGES];
    struct page_record *pages[MAX_PAGES];
    struct scan_record record = {.path = path, .pages = pages, .bytes = 1};
    struct diag d;
    va_list words;
    va_start(words, path);
    for (const char *text; (text = va_arg(words, const char *)) != NULL; record.n_pages++) {
        make_page(f, &made[record.n_pages], text);
        pages[record.n_pages] = &made[record.n_pages].record;
        pages[record.n_pages]->number = record.n_pages + 1;
    }
    va_end(words);
    record.hash[0] = (uint8_t)++f->n_scans;
    diag_init(&d);
    expect_ok(store_put_scan(f->store, f->exam, "", &record, &d), &d);
}

static void rescore(struct fixture *f)
{
    struct diag d;
    diag_init(&d);
    expect_ok(rescore_run(f->store, f->exam, &d), &d);
}

/* ---- tables ---- */

/* A table's cells from column `first` on, joined by ',', a line a row; the caller frees it. */
static char *table(struct fixture *f, enum store_table which, int first, int n)
{
    struct store_rows *rows = NULL;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct diag d;
    int rc;
    diag_init(&d);
    assert_int_equal(store_rows_open(f->store, which, &rows, &d), 0);
    int columns = store_rows_columns(rows);
    struct store_cell *cells = calloc((size_t)columns, sizeof *cells);
    while ((rc = store_rows_next(rows, cells, &d)) == 1)
        for (int c = first; c < columns && c < first + n; c++)
            fprintf(out, "%s%s", cells[c].text, c + 1 < columns && c + 1 < first + n ? "," : "\n");
    free(cells);
    store_rows_close(rows);
    fclose(out);
    expect_ok(rc, &d);
    return text;
}

static void expect_table(struct fixture *f, enum store_table which, int first, int n,
                         const char *expected)
{
    char *text = table(f, which, first, n);
    assert_string_equal(text, expected);
    free(text);
}

/* candidate and status, a line a row */
static void expect_statuses(struct fixture *f, const char *expected)
{
    char *text = table(f, TABLE_SCORES, 0, 7), *out = NULL;
    size_t size = 0;
    FILE *lines = open_memstream(&out, &size);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        fprintf(lines, "%.*s %s\n", (int)strcspn(line, ","), line, strrchr(line, ',') + 1);
    fclose(lines);
    assert_string_equal(out, expected);
    free(out);
    free(text);
}

/* A line "scan,page,candidate,kind," must stand in the exceptions, with `detail` in it. */
static void expect_exception(struct fixture *f, const char *start, const char *detail)
{
    char *text = table(f, TABLE_EXCEPTIONS, 0, 5);
    bool found = false;
    char *copy = strdup(text);
    for (char *line = strtok(copy, "\n"); line; line = strtok(NULL, "\n"))
        found |= strncmp(line, start, strlen(start)) == 0 && strstr(line, detail);
    if (!found)
        fail_msg("no '%s' with '%s' in:\n%s", start, detail, text);
    free(copy);
    free(text);
}

static void expect_verified(struct fixture *f, int n_scores)
{
    struct diag d;
    int n = -1;
    diag_init(&d);
    expect_ok(rescore_verify(f->store, f->exam, &n, &d), &d);
    assert_int_equal(n, n_scores);
}

/* ---- one page a sheet ---- */

static void scores_sheets(void **state)
{
    struct fixture f;
    begin_quiz(&f, roster_text);
    scan(&f, "a.png", "number=11 q1=A q2=C q3=D m1=ACD", NULL);
    scan(&f, "b.png", "number=12 q1=B q2=*BC q3= m1=AC", NULL);
    scan(&f, "c.png", "number=13 q1=A q2=?B q3=D m1=AB", NULL);
    scan(&f, "d.png", "number=14 q1=A q2=B q3=A m1=", NULL);
    rescore(&f);
    /* candidate,name,class,school,total,max,status,I,II,q1,q2,q3,m1; 12: -0.5 for q1, two marks in
     * q2 are wrong even if each is accepted; 13 waits for q2, and has no total */
    expect_table(&f, TABLE_SCORES, 0, 99,
                 "11,An,1,N,11,11,scored,6,5,2,2,2,5\n"
                 "12,Bo,1,N,1.5,11,scored,-0.5,2,-0.5,0,0,2\n"
                 "13,Ci,1,N,,11,pending,,0,2,,2,0\n"
                 "14,Du,1,N,4,11,scored,4,0,2,2,0,0\n");
    expect_table(&f, TABLE_EXCEPTIONS, 0, 5, "");
    expect_verified(&f, 4);
    end(&f);
}

/* Means and counts over the scored only; checked by hand: q1 has 2, -0.5, 2 of the three. */
static void counts_the_scored_only(void **state)
{
    struct fixture f;
    begin_quiz(&f, roster_text);
    scan(&f, "a.png", "number=11 q1=A q2=C q3=D m1=ACD", NULL);
    scan(&f, "b.png", "number=12 q1=B q2=*BC q3= m1=AC", NULL);
    scan(&f, "c.png", "number=13 q1=D q2=?B q3=D m1=AB", NULL); /* pending */
    scan(&f, "d.png", "number=14 q1=A q2=B q3=A m1=", NULL);
    rescore(&f);
    /* item,n,max,mean,difficulty,d27 (one at the top, one at the bottom) */
    expect_table(&f, TABLE_ITEMS, 0, 6,
                 "q1,3,2,1.16667,0.583333,1.25\n"
                 "q2,3,2,1.33333,0.666667,1\n"
                 "q3,3,2,0.666667,0.333333,1\n"
                 "m1,3,5,2.33333,0.466667,0.6\n");
    /* omitted,multiple, then count and share of A (m1: two marked it) */
    expect_table(&f, TABLE_ITEMS, 9, 4,
                 "0,0,2,0.666667\n"
                 "0,1,0,0\n"
                 "1,0,1,0.333333\n"
                 "1,0,2,0.666667\n");
    end(&f);
}

/* A sheet without a certain candidate scored for somebody. */
static void holds_sheets_of_nobody_known(void **state)
{
    struct fixture f;
    begin_quiz(&f, roster_text);
    scan(&f, "a.png", "number= q1=A", NULL);
    scan(&f, "b.png", "number=?12 q1=A", NULL);
    scan(&f, "c.png", "number=*1[2|3] q1=A", NULL);
    scan(&f, "d.png", "number=19 q1=A", NULL);
    scan(&f, "e.png", "number=11 q1=A", NULL);
    scan(&f, "f.png", "number=12 q1=A", NULL);
    scan(&f, "g.png", "number=??4 q1=A", NULL);
    rescore(&f);
    expect_statuses(&f, " pending\n pending\n pending\n pending\n11 scored\n12 scored\n13 absent\n"
                        "14 absent\n19 pending\n");
    expect_exception(&f, "g.png,1,,unknown_candidate,",
                     "not certain: '?4'; without a sheet and "
                     "one digit off: 14 Du");
    expect_exception(&f, "a.png,1,,unknown_candidate,", "field 'number' is blank");
    expect_exception(&f, "b.png,1,,unknown_candidate,", "not certain: '12'");
    expect_exception(&f, "c.png,1,,unknown_candidate,", "several marks");
    expect_exception(&f, "d.png,1,19,unknown_candidate,", "one digit off: 13 Ci, 14 Du");
    expect_exception(&f, ",,13,missing_page,", "among the 5 that could not be read");
    expect_verified(&f, 9);
    end(&f);
}

/* Of two sheets of one candidate, one taken in silence. */
static void holds_both_of_two_sheets(void **state)
{
    struct fixture f;
    begin_quiz(&f, roster_text);
    scan(&f, "a.png", "number=11 q1=A", NULL);
    scan(&f, "b.png", "number=12 q1=A", NULL);
    scan(&f, "c.png", "number=11 q1=B", NULL);
    rescore(&f);
    expect_statuses(&f, "11 pending\n11 pending\n12 scored\n13 absent\n14 absent\n");
    expect_exception(&f, "a.png,1,11,duplicate_candidate,", "has 2 sheets; also: 'c.png' page 1");
    expect_exception(&f, "c.png,1,11,duplicate_candidate,", "'a.png' page 1");
    end(&f);
}

static void tells_absent_from_blank(void **state)
{
    struct fixture f;
    begin_quiz(&f, roster_text);
    scan(&f, "a.png", "number=11 absent=absent", NULL);
    scan(&f, "b.png", "number=12 absent=absent q2=A", NULL);
    scan(&f, "c.png", "number=13 absent=?absent", NULL);
    scan(&f, "d.png", "number=14", NULL);
    rescore(&f);
    expect_table(&f, TABLE_SCORES, 4, 6, /* total,max,status,I,II,q1 */
                 ",11,absent,,,\n,11,pending,0,0,0\n,11,pending,0,0,0\n0,11,scored,0,0,0\n");
    expect_exception(&f, "a.png,1,11,absent_mark,", "marked absent");
    expect_exception(&f, "b.png,1,12,absent_mark,", "there are answers");
    expect_exception(&f, "c.png,1,13,absent_mark,", "not certain");
    expect_exception(&f, "d.png,1,14,blank_sheet,", "nothing is answered");
    expect_verified(&f, 4);
    end(&f);
}

/* A candidate of the roster who is in no file of results at all. */
static void keeps_candidates_without_a_sheet(void **state)
{
    struct fixture f;
    begin_quiz(&f, roster_text);
    scan(&f, "a.png", "number=12 q1=A", NULL);
    rescore(&f);
    expect_statuses(&f, "11 absent\n12 scored\n13 absent\n14 absent\n");
    expect_exception(&f, ",,11,missing_page,", "no sheet was scanned");
    scan(&f, "b.png", "refused", NULL);
    rescore(&f);
    expect_exception(&f, ",,11,missing_page,", "among the 1 that could not be read");
    end(&f);
}

/* Results that follow the order in which files came. */
static void does_not_depend_on_the_order_of_scans(void **state)
{
    static const char *const pages[] = {"number=14 q1=A q2=B m1=A", "number=11 q1=C q3=D m1=ACD",
                                        "number=13 q2=?A", "number=11 q1=A", "number= q1=B"};
    static const char *const names[] = {"a.png", "b.png", "c.png", "d.png", "e.png"};
    char *tables[2][3];
    for (int turn = 0; turn < 2; turn++) {
        struct fixture f;
        begin_quiz(&f, roster_text);
        for (int i = 0; i < 5; i++) {
            int k = turn ? 4 - i : i;
            scan(&f, names[k], pages[k], NULL);
        }
        rescore(&f);
        rescore(&f); /* nor on how often it was done */
        tables[turn][0] = table(&f, TABLE_SCORES, 0, 99);
        tables[turn][1] = table(&f, TABLE_ITEMS, 0, 99);
        tables[turn][2] = table(&f, TABLE_EXCEPTIONS, 0, 99);
        end(&f);
    }
    for (int i = 0; i < 3; i++) {
        assert_string_equal(tables[0][i], tables[1][i]);
        free(tables[0][i]);
        free(tables[1][i]);
    }
}

/* ---- several pages a sheet ---- */

static void joins_pages_by_serial(void **state)
{
    struct fixture f;
    begin_booklet(&f, true, NULL);
    scan(&f, "a.tif", "page=2 serial=8 q2=B", "page=1 serial=7 number=11 q1=A", NULL);
    scan(&f, "b.tif", "page=2 serial=7 q2=A", "page=1 serial=8 number=12 q1=B", NULL);
    scan(&f, "c.tif", "page=1 serial=9 number=13 q1=A", NULL);
    rescore(&f);
    expect_table(&f, TABLE_SCORES, 0, 99, /* ... total,max,status,q1,q2 */
                 "11,,,,1,3,scored,1,0\n12,,,,2,3,scored,0,2\n13,,,,,3,pending,1,\n");
    expect_exception(&f, "c.tif,1,13,missing_page,", "page 2 of form 'booklet'");
    expect_verified(&f, 3);
    end(&f);
}

/* One serial on two sheets, as on photocopies: whose second page is it? */
static void holds_sheets_with_one_serial(void **state)
{
    struct fixture f;
    begin_booklet(&f, true, NULL);
    scan(&f, "a.tif", "page=1 serial=7 number=11 q1=A", "page=2 serial=7 q2=A", NULL);
    scan(&f, "b.tif", "page=1 serial=7 number=12 q1=A", "page=2 serial=7 q2=B", NULL);
    rescore(&f);
    expect_statuses(&f, "11 pending\n12 pending\n");
    expect_exception(&f, "a.tif,1,11,duplicate_candidate,", "serial number '7' is on several");
    expect_exception(&f, "b.tif,1,12,duplicate_candidate,", "serial number '7' is on several");
    end(&f);
}

/* A page whose serial is printed but could not be read must not go to its neighbour. */
static void keeps_pages_with_an_unread_serial_apart(void **state)
{
    struct fixture f;
    begin_booklet(&f, true, NULL);
    scan(&f, "a.tif", "page=1 serial=7 number=11 q1=A", "page=2 q2=B", NULL);
    rescore(&f);
    expect_statuses(&f, " pending\n11 pending\n");
    end(&f);
}

static void joins_pages_that_follow_each_other(void **state)
{
    struct fixture f;
    begin_booklet(&f, false, NULL);
    scan(&f, "a.tif", "page=1 number=11 q1=A", "page=2 q2=B", "page=1 number=12 q1=B",
         "page=2 q2=A", NULL);
    /* refused: whose page is the next one? */
    scan(&f, "b.tif", "page=1 number=13 q1=A", "refused", "page=2 q2=B", NULL);
    /* another file does not go on where this one ended */
    scan(&f, "c.tif", "page=1 number=14 q1=A", NULL);
    scan(&f, "d.tif", "page=1 number=15 q1=A", "page=1 number=16 q1=A", "page=2 q2=B", NULL);
    rescore(&f);
    expect_statuses(&f, " pending\n11 scored\n12 scored\n13 pending\n14 pending\n15 pending\n"
                        "16 scored\n");
    expect_table(&f, TABLE_SCORES, 4, 1, "\n3\n0\n\n\n\n3\n");
    expect_exception(&f, "b.tif,1,13,missing_page,", "page 2");
    expect_exception(&f, "b.tif,3,,missing_page,", "page 1");
    expect_exception(&f, "d.tif,1,15,missing_page,", "page 2");
    end(&f);
}

/* A stack scanned back page first: every second page would go to the wrong candidate. */
static void holds_a_scan_that_begins_in_the_middle(void **state)
{
    struct fixture f;
    begin_booklet(&f, false, NULL);
    scan(&f, "a.tif", "page=2 q2=B", "page=1 number=11 q1=A", "page=2 q2=A",
         "page=1 number=12 q1=B", NULL);
    scan(&f, "b.tif", "page=1 number=13 q1=A", "page=2 q2=B", NULL);
    rescore(&f);
    expect_statuses(&f, " pending\n11 pending\n12 pending\n13 scored\n");
    expect_exception(&f, "a.tif,2,11,missing_page,", "does not begin with the first page");
    end(&f);
}

/* ---- several forms ---- */

static const char paper_form[] =
    "form: %s\n"
    "page: {size: A4}\n"
    "candidate: number\n"
    "registration: {image: true}\n"
    "fields:\n"
    "  - {field: number, kind: grid, options: 0-9, columns: 2, at: [20, 30], option_step: [0, 6],\n"
    "     column_step: [8, 0], bubble: {size: 3}}\n"
    "  - {field: %s, kind: choice, options: ABCD, at: [60, 30], option_step: [10, 0], bubble: "
    "{size: 3}}\n";

static void begin_papers(struct fixture *f, const char *second_item, const char *key)
{
    char first[1024], second[1024];
    snprintf(first, sizeof first, paper_form, "one", "q1");
    snprintf(second, sizeof second, paper_form, "two", second_item);
    begin(f, "title: two papers\nforms: [{file: form.yaml}, {file: second.yaml}]\n", first, second,
          key, NULL);
}

static void joins_two_papers_of_one_candidate(void **state)
{
    struct fixture f;
    begin_papers(&f, "q2", "item,key,points\nq1,A,1\nq2,B,2\n");
    scan(&f, "a.png", "form=1 number=11 q1=A", NULL);
    scan(&f, "b.png", "form=2 number=11 q2=B", NULL);
    scan(&f, "c.png", "form=1 number=12 q1=A", NULL); /* the second paper is missing */
    rescore(&f);
    expect_table(&f, TABLE_SCORES, 0, 99, "11,,,,3,3,scored,1,2\n12,,,,,3,pending,1,\n");
    expect_exception(&f, "c.png,1,12,missing_page,", "no sheet of this candidate has item 'q2'");
    end(&f);
}

static void holds_two_versions_of_one_candidate(void **state)
{
    struct fixture f;
    begin_papers(&f, "q1", "item,key,points\nq1,A,1\n");
    scan(&f, "a.png", "form=1 number=11 q1=A", NULL);
    scan(&f, "b.png", "form=2 number=11 q1=B", NULL);
    scan(&f, "c.png", "form=2 number=12 q1=A", NULL);
    rescore(&f);
    expect_statuses(&f, "11 pending\n11 pending\n12 scored\n");
    end(&f);
}

/* ---- without a key; another key ---- */

static void keeps_sheets_without_a_key(void **state)
{
    struct fixture f;
    begin(&f, "title: survey\nform: form.yaml\n", quiz_form, NULL, NULL, roster_text);
    scan(&f, "a.png", "number=11 q1=A", NULL);
    scan(&f, "b.png", "number=11 q1=B", NULL);
    scan(&f, "c.png", "number=12", NULL);
    rescore(&f);
    expect_table(&f, TABLE_SCORES, 0, 99, "");
    expect_table(&f, TABLE_ITEMS, 0, 99, "");
    expect_exception(&f, "a.png,1,11,duplicate_candidate,", "");
    expect_exception(&f, "c.png,1,12,blank_sheet,", "");
    expect_exception(&f, ",,13,missing_page,", "");
    expect_verified(&f, 0);
    end(&f);
}

/* A changed key must change scores without the scans, and drop what is void from the maximum. */
static void scores_again_by_another_key(void **state)
{
    struct fixture f;
    begin_quiz(&f, NULL);
    scan(&f, "a.png", "number=11 q1=B q2=B q3=?D m1=AE", NULL);
    scan(&f, "b.png", "number=12 q1=A q2=D q3=A m1=ACD", NULL);
    rescore(&f);
    expect_table(&f, TABLE_SCORES, 4, 3, ",11,pending\n7,11,scored\n");
    exam_destroy(f.exam);
    write_file(&f, "key.csv",
               "item,key,points,rule\n"
               "q1,B,1/3,\nq2,,2,void_full\nq3,,2,void_drop\nm1,AE,5,ceec\n");
    load_exam(&f);
    struct diag d;
    diag_init(&d);
    expect_ok(store_put_exam(f.store, f.exam, &d), &d);
    rescore(&f);
    /* 12: q2 2, m1 ACD for AE is 3 of 5 wrong: 0; 11: 1/3 + 2 + 5, and no doubt is left */
    expect_table(&f, TABLE_SCORES, 4, 7,
                 "7.333333,7.333333,scored,0.333333,2,0,5\n2,7.333333,scored,0,2,0,0\n");
    expect_table(&f, TABLE_ITEMS, 0, 4, "q1,2,0.333333,0.166667\nq2,2,2,2\nq3,2,0,\nm1,2,5,2.5\n");
    expect_verified(&f, 2);
    end(&f);
}

/* ---- verify ---- */

static void tamper(struct fixture *f, const char *sql)
{
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(f->exam->db_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(db), 1);
    sqlite3_close(db);
}

static void expect_difference(struct fixture *f, const char *what)
{
    struct diag d;
    int n = -1;
    bool found = false;
    diag_init(&d);
    assert_int_equal(rescore_verify(f->store, f->exam, &n, &d), YJ_EDATA);
    for (size_t i = 0; i < d.count; i++)
        found |= strstr(d.entries[i].what, what) != NULL;
    if (!found) {
        diag_print(&d, stderr);
        fail_msg("'%s' was not told", what);
    }
    diag_finish(&d);
    rescore(f);
}

/* Points of many items are stored several at a time: none may be lost, or be its neighbour's. */
static void stores_the_points_of_many_items(void **state)
{
    static const char form[] =
        "form: long\npage: {size: A4}\ncandidate: number\nregistration: {image: true}\nfields:\n"
        "  - {field: number, kind: grid, options: 0-9, columns: 2, at: [20, 30],\n"
        "     option_step: [0, 6], column_step: [8, 0], bubble: {size: 3}}\n"
        "  - {fields: q1..29, kind: choice, options: AB, at: [60, 30], option_step: [10, 0],\n"
        "     step: [0, 8], bubble: {size: 3}}\n";
    char key[1024] = "item,key,points\n", page[1024] = "number=11",
         row[1024] = "11,,,,406,435,scored";
    struct fixture f;
    for (int q = 1; q <= 29; q++) { /* q points each; q2 and q27 are wrong: 435 - 29 = 406 */
        bool wrong = q == 2 || q == 27;
        sprintf(key + strlen(key), "q%d,A,%d\n", q, q);
        sprintf(page + strlen(page), " q%d=%s", q, wrong ? "B" : "A");
        sprintf(row + strlen(row), ",%d", wrong ? 0 : q);
    }
    strcat(row, "\n");
    begin(&f, "title: long\nform: form.yaml\n", form, NULL, key, NULL);
    scan(&f, "a.png", page, NULL);
    rescore(&f);
    expect_table(&f, TABLE_SCORES, 0, 99, row);
    expect_table(&f, TABLE_TOTALS, 0, 99, "11,,,,406,435,scored\n");
    expect_verified(&f, 1);
    end(&f);
}

/* A score, an answer or an exception changed behind the program's back. */
static void finds_what_was_changed(void **state)
{
    struct fixture f;
    begin_quiz(&f, roster_text);
    scan(&f, "a.png", "number=11 q1=A q2=C q3=D m1=ACD", NULL);
    scan(&f, "b.png", "number=12 q1=B q2=A q3= m1=AC", NULL);
    scan(&f, "c.png", "number=13 q1=A q2=?B q3=D m1=AB", NULL);
    rescore(&f);
    expect_verified(&f, 4);
    tamper(&f, "UPDATE scores SET total_num = 9 WHERE total_num = 11 AND total_den = 1");
    expect_difference(&f, "candidate '11': total '9' is stored, the readings give '11'");
    tamper(&f, "UPDATE sheet_items SET points = replace(points, '\"-1/2\"', '\"3/2\"') WHERE "
               "instr(points, '\"-1/2\"') > 0");
    expect_difference(&f, "candidate '12', item 'q1': '1.5' is stored, the readings give '-0.5'");
    tamper(&f, "UPDATE scores SET status = 'scored' WHERE status = 'pending'");
    expect_difference(&f, "candidate '13': status 'scored' is stored");
    tamper(&f, "UPDATE readings SET value = 'A' WHERE value = 'D' AND page_id = 1");
    expect_difference(&f, "candidate '11', item 'q3': '2' is stored, the readings give '0'");
    tamper(&f, "UPDATE items SET difficulty = 0.9 WHERE item = 'q1'");
    expect_difference(&f, "item 'q1': the stored difficulty '0.9'");
    tamper(&f, "UPDATE item_options SET count = 2 WHERE item = 1 AND option = 'A'");
    expect_difference(&f, "option 'A'");
    tamper(&f, "DELETE FROM exceptions WHERE kind = 'missing_page'");
    expect_difference(&f, "0 exceptions 'missing_page' are stored, the readings give 1");
    tamper(&f, "DELETE FROM sheets WHERE candidate = '14'");
    expect_difference(&f, "candidate '14' has a sheet or a place in the roster, but no score");
    tamper(&f, "UPDATE sheets SET candidate = '99' WHERE candidate = '11'");
    expect_difference(&f, "candidate '99' has a score, but neither");
    tamper(&f, "UPDATE section_scores SET points_num = points_num + 1 WHERE section = 2 AND "
               "sheet_id = (SELECT id FROM sheets WHERE candidate = '13')");
    expect_difference(&f, "candidate '13': section 'II' has ");
    tamper(&f, "UPDATE sections SET section = 'III' WHERE position = 2");
    expect_difference(&f, "the stored scores are of another key");
    tamper(&f, "UPDATE roster SET name = 'An' WHERE candidate = '12'");
    expect_difference(&f, "candidate '12': name 'An' is stored, the roster has 'Bo'");
    tamper(&f, "UPDATE roster SET name = 'Bo', class = '2' WHERE candidate = '12'");
    expect_difference(&f, "candidate '12': class '2' is stored, the roster has '1'");
    tamper(&f, "UPDATE roster SET class = '1' WHERE candidate = '12'");
    expect_verified(&f, 4);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_sheets),
        cmocka_unit_test(counts_the_scored_only),
        cmocka_unit_test(holds_sheets_of_nobody_known),
        cmocka_unit_test(holds_both_of_two_sheets),
        cmocka_unit_test(tells_absent_from_blank),
        cmocka_unit_test(keeps_candidates_without_a_sheet),
        cmocka_unit_test(does_not_depend_on_the_order_of_scans),
        cmocka_unit_test(joins_pages_by_serial),
        cmocka_unit_test(holds_sheets_with_one_serial),
        cmocka_unit_test(keeps_pages_with_an_unread_serial_apart),
        cmocka_unit_test(joins_pages_that_follow_each_other),
        cmocka_unit_test(holds_a_scan_that_begins_in_the_middle),
        cmocka_unit_test(joins_two_papers_of_one_candidate),
        cmocka_unit_test(holds_two_versions_of_one_candidate),
        cmocka_unit_test(keeps_sheets_without_a_key),
        cmocka_unit_test(scores_again_by_another_key),
        cmocka_unit_test(stores_the_points_of_many_items),
        cmocka_unit_test(finds_what_was_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
