/* test_export.c - the tables as they leave the program. */
#include "export.h"
#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct state {
    char *folder, *path;
    struct exam *exam;
    struct store *store;
};

static int set_up(void **state)
{
    struct state *s = calloc(1, sizeof(*s));

    s->folder = fixture_folder();
    s->path = fixture_path(s->folder, "results.db");
    s->exam = fixture_exam(fixture_form, fixture_key, fixture_roster);
    s->store = fixture_open(s->path, STORE_WRITE);
    fixture_fill(s->store, s->exam, false);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct state *s = *state;

    store_close(s->store);
    exam_destroy(s->exam);
    fixture_remove(s->folder);
    free(s->path);
    free(s);
    return 0;
}

static char *exported(struct store *store, enum store_table table, enum export_format format)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct diag d;

    diag_init(&d);
    assert_int_equal(export_table(store, table, format, out, "memory", &d), 0);
    assert_int_equal(d.count, 0);
    fclose(out);
    diag_finish(&d);
    return text;
}

static void expect(struct store *store, enum store_table table, enum export_format format,
                   const char *expected)
{
    char *text = exported(store, table, format);

    assert_string_equal(text, expected);
    free(text);
}

/* Would catch: a column moved, renamed or left out; a row out of order; a confidence printed with
 * another precision; a page's candidate that is not its sheet's. */
static void readings_come_by_scan_page_and_form(void **state)
{
    struct state *s = *state;
    char *text = exported(s->store, TABLE_READINGS, EXPORT_CSV);
    static const char start[] = "scan,page,candidate,field,value,status,confidence,source\n"
                                "a.png,1,0001,number,0001,ok,0.9999,machine\n"
                                "a.png,1,0001,q1,A,ok,0.999012,machine\n"
                                "a.png,1,0001,q2,B,ok,0.999012,machine\n"
                                "a.png,1,0001,q3,D,ok,0.999012,machine\n"
                                "a.png,1,0001,q4,AC,ok,0.999012,machine\n"
                                "a.png,1,0001,essay,,ok,1,machine\n"
                                "b.png,1,0002,number,0002,ok,0.9999,machine\n"
                                "b.png,1,0002,q1,A,ok,0.999012,machine\n"
                                "b.png,1,0002,q2,B,uncertain,0.612346,machine\n";

    assert_memory_equal(text, start, sizeof(start) - 1);
    free(text);
}

/* Would catch: a total of thirds that a spreadsheet reads as a date; a partial total shown as a
 * whole one; a section summed although an item of it waits; an absent candidate left out; names
 * with quotes and commas that break the row. */
static void scores_have_sections_then_items(void **state)
{
    struct state *s = *state;

    expect(s->store, TABLE_SCORES, EXPORT_CSV,
           "candidate,name,class,school,total,max,status,words,text,q1,q2,q3,q4\n"
           "0001,\"王, \"\"小\"\" 明\",三年二班,一中,4.333333,6.333333,scored,4,0.333333,2,2,0,"
           "0.333333\n"
           "0002,李大華,三年二班,一中,,6.333333,pending,,2,2,,2,0\n"
           "0002,李大華,三年二班,一中,,6.333333,pending,,2,2,,2,0\n"
           "0003,O'Neill,三年三班,一中,,6.333333,absent,,,,,,\n");
}

/* Would catch: an undefined figure printed as nan; options of one item under another's column; a
 * minus sign before nought. */
static void items_have_the_union_of_options(void **state)
{
    struct state *s = *state;

    expect(s->store, TABLE_ITEMS, EXPORT_CSV,
           "item,n,max,mean,difficulty,d27,rpb,rpb_rest,alpha_without,omitted,multiple,"
           "A_count,A_share,A_rpb,B_count,B_share,B_rpb,C_count,C_share,C_rpb,"
           "D_count,D_share,D_rpb,E_count,E_share,E_rpb\n"
           "q1,2,2,2,1,0,,,0.123457,0,0,1,0.5,0.25,1,0.5,0,0,0,,0,0,,,,\n"
           "q2,2,2,1,0.5,0.5,0.3,0.2,,0,0,1,0.5,,0,0,,,,,,,,1,0.5,\n"
           "q3,2,2,1,0.5,0.5,0.3,0.2,,1,1,1,0.5,0.25,1,0.5,0,0,0,,0,0,,,,\n"
           "q4,,,,,,,,,,,,,,,,,,,,,,,,,\n");
}

/* Would catch: an unreadable file, a refused page, a repeated file or a derived exception that is
 * not told; a line end inside a cell that tears the row; an uncertain reading told twice. */
static void exceptions_name_everything_once(void **state)
{
    struct state *s = *state;

    expect(s->store, TABLE_EXCEPTIONS, EXPORT_CSV,
           "scan,page,candidate,kind,detail\n"
           ",,0003,missing_page,no sheet\n"
           "b.png,1,0002,uncertain_reading,field 'q2': two faint marks\n"
           "broken.jpg,,,unreadable_file,\"it is \"\"empty\"\",\nreally\"\n"
           "c.png,1,0002,uncertain_reading,field 'q2': two faint marks\n"
           "c.png,1,0002,duplicate_candidate,also on page 1 of 'b.png'\n"
           "copy/a.png,,,scan_quality,same bytes as 'a.png'\n"
           "d.png,1,,no_registration,one mark of four found\n");
}

/* Would catch: rows that wait or are absent counted; a share that is not of the scored. */
static void distribution_counts_what_is_scored(void **state)
{
    struct state *s = *state;

    expect(s->store, TABLE_DISTRIBUTION, EXPORT_CSV,
           "score,count,cumulative,share\n4.333333,1,1,1\n");
}

/* Would catch: numbers as strings, a candidate's number that loses its zeros, nan, an unescaped
 * quote or line end. */
static void json_has_numbers_strings_and_nulls(void **state)
{
    struct state *s = *state;

    expect(s->store, TABLE_EXCEPTIONS, EXPORT_JSON,
           "[\n"
           "{\"scan\":\"\",\"page\":null,\"candidate\":\"0003\",\"kind\":\"missing_page\","
           "\"detail\":\"no sheet\"},\n"
           "{\"scan\":\"b.png\",\"page\":1,\"candidate\":\"0002\",\"kind\":\"uncertain_reading\","
           "\"detail\":\"field 'q2': two faint marks\"},\n"
           "{\"scan\":\"broken.jpg\",\"page\":null,\"candidate\":\"\",\"kind\":\"unreadable_file\","
           "\"detail\":\"it is \\\"empty\\\",\\u000areally\"},\n"
           "{\"scan\":\"c.png\",\"page\":1,\"candidate\":\"0002\",\"kind\":\"uncertain_reading\","
           "\"detail\":\"field 'q2': two faint marks\"},\n"
           "{\"scan\":\"c.png\",\"page\":1,\"candidate\":\"0002\",\"kind\":\"duplicate_candidate\","
           "\"detail\":\"also on page 1 of 'b.png'\"},\n"
           "{\"scan\":\"copy/a.png\",\"page\":null,\"candidate\":\"\",\"kind\":\"scan_quality\","
           "\"detail\":\"same bytes as 'a.png'\"},\n"
           "{\"scan\":\"d.png\",\"page\":1,\"candidate\":\"\",\"kind\":\"no_registration\","
           "\"detail\":\"one mark of four found\"}\n"
           "]\n");
    char *text = exported(s->store, TABLE_SCORES, EXPORT_JSON);
    assert_non_null(strstr(text, "{\"candidate\":\"0001\",\"name\":\"王, \\\"小\\\" 明\""));
    assert_non_null(strstr(text, "\"total\":4.333333,\"max\":6.333333"));
    assert_non_null(strstr(text, "\"total\":null,"));
    free(text);
}

/* Would catch: an empty table that is no JSON, or a header that comes only with rows. */
static void empty_tables_are_tables(void **state)
{
    struct state *s = *state;
    char *path = fixture_path(s->folder, "empty.db");
    struct store *store = fixture_open(path, STORE_WRITE);

    expect(store, TABLE_READINGS, EXPORT_JSON, "[\n]\n");
    expect(store, TABLE_SCORES, EXPORT_CSV, "candidate,name,class,school,total,max,status\n");
    store_close(store);
    free(path);
}

/* Would catch: an order that depends on which worker was first. */
static void order_of_arrival_does_not_matter(void **state)
{
    static const enum store_table tables[] = {TABLE_SCORES, TABLE_READINGS, TABLE_ITEMS,
                                              TABLE_EXCEPTIONS, TABLE_DISTRIBUTION};
    struct state *s = *state;
    char *path = fixture_path(s->folder, "reversed.db");
    struct store *store = fixture_open(path, STORE_WRITE);

    fixture_fill(store, s->exam, true);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        char *text = exported(s->store, tables[i], EXPORT_CSV);

        expect(store, tables[i], EXPORT_CSV, text);
        free(text);
    }
    store_close(store);
    free(path);
}

/* Would catch: a table that is no UTF-8 because a file's name is none. */
static void broken_names_become_utf8(void **state)
{
    static const char *const answers[] = {"A", "B", "C", "A"};
    struct state *s = *state;
    struct fixture_page page;

    fixture_page_init(&page, "0009", answers);
    fixture_put(s->store, s->exam, "z\xff\xc0\xaf\xed\xa0\x80中.png", &page);
    char *text = exported(s->store, TABLE_READINGS, EXPORT_CSV);
    /* One for each byte that is none: ff, c0, af, ed, a0, 80. */
    assert_non_null(strstr(text, "z\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                                 "\xef\xbf\xbd中.png,1,0009,"));
    free(text);
}

/* Would catch: an item called like a column, which a reader of the table would take for it. */
static void names_of_columns_are_unique(void **state)
{
    static const char form[] = "form: f\npage: {size: A4}\n"
                               "registration: {image: true}\n"
                               "fields:\n"
                               "  - fields: [total, q2]\n"
                               "    kind: choice\n"
                               "    options: AB\n"
                               "    at: [20, 110]\n"
                               "    option_step: 6\n"
                               "    step: 6\n"
                               "    bubble: {size: 3}\n";
    static const char key[] = "item,key,points,section\ntotal,A,1,q2\nq2,B,1,q2\n";
    struct state *s = *state;
    struct exam *exam = fixture_exam(form, key, NULL);
    char *path = fixture_path(s->folder, "names.db");
    struct store *store = fixture_open(path, STORE_WRITE);

    assert_int_equal(store_put_exam(store, exam, NULL), 0);
    assert_int_equal(store_begin(store, NULL), 0);
    assert_int_equal(store_clear_scores(store, NULL), 0);
    assert_int_equal(store_put_section(store, "q2", (struct points){2, 1}, NULL), 0);
    assert_int_equal(store_commit(store, NULL), 0);
    expect(store, TABLE_SCORES, EXPORT_CSV,
           "candidate,name,class,school,total,max,status,q2,item total,item q2\n");
    store_close(store);
    exam_destroy(exam);
    free(path);
}

static int export_told(struct store *store, const char *path, FILE *out, char **ret_told)
{
    struct diag d;

    diag_init(&d);
    int rc = path != NULL ? export_table_file(store, TABLE_READINGS, EXPORT_CSV, path, &d)
                          : export_table(store, TABLE_READINGS, EXPORT_CSV, out, "pipe", &d);
    *ret_told = fixture_told(&d);
    diag_finish(&d);
    return rc;
}

static int count_files(const char *folder, const char *part)
{
    char *command = NULL;
    int n = -1;

    assert_true(asprintf(&command, "ls '%s' | grep -c '%s'", folder, part) > 0);
    FILE *in = popen(command, "r");
    assert_int_equal(fscanf(in, "%d", &n), 1);
    pclose(in);
    free(command);
    return n;
}

/* Would catch: a table written half and taken for a whole one; a temporary file left behind. */
static void a_full_disk_is_told(void **state)
{
    struct state *s = *state;
    char *told;

    if (access("/dev/full", W_OK) != 0)
        skip();
    assert_int_equal(export_told(s->store, "/dev/full", NULL, &told), YJ_EIO);
    assert_non_null(strstr(told, "/dev/full"));
    assert_non_null(strstr(told, strerror(ENOSPC)));
    free(told);
}

/* Would catch: a death by SIGPIPE's default, or a closed pipe taken for success. */
static void a_closed_pipe_is_told(void **state)
{
    struct state *s = *state;
    int ends[2];
    char *told;

    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    FILE *out = fdopen(ends[1], "w");
    assert_int_equal(export_told(s->store, NULL, out, &told), YJ_EIO);
    assert_non_null(strstr(told, strerror(EPIPE)));
    fclose(out);
    free(told);
}

/* Would catch: an old table lost when the new one fails; a file only its owner may read; a link
 * replaced instead of what it points to. */
static void a_file_appears_whole_or_not_at_all(void **state)
{
    struct state *s = *state;
    char *path = fixture_path(s->folder, "scores.csv"), *link = fixture_path(s->folder, "link.csv");
    char *nowhere = fixture_path(s->folder, "no/such/folder.csv"), *told;
    struct stat status;

    assert_int_equal(symlink("scores.csv", link), 0);
    assert_int_equal(export_told(s->store, path, NULL, &told), 0);
    free(told);
    assert_int_equal(stat(path, &status), 0);
    off_t size = status.st_size;
    assert_true(size > 0);
    assert_int_equal(status.st_mode & 0444, 0444);

    assert_int_equal(export_told(s->store, link, NULL, &told), 0);
    free(told);
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_size, size);

    assert_int_equal(export_told(s->store, nowhere, NULL, &told), YJ_EIO);
    free(told);
    assert_int_equal(count_files(s->folder, "csv"), 2);
    free(nowhere);
    free(link);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(readings_come_by_scan_page_and_form, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scores_have_sections_then_items, set_up, tear_down),
        cmocka_unit_test_setup_teardown(items_have_the_union_of_options, set_up, tear_down),
        cmocka_unit_test_setup_teardown(exceptions_name_everything_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(distribution_counts_what_is_scored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_has_numbers_strings_and_nulls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(empty_tables_are_tables, set_up, tear_down),
        cmocka_unit_test_setup_teardown(order_of_arrival_does_not_matter, set_up, tear_down),
        cmocka_unit_test_setup_teardown(broken_names_become_utf8, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_of_columns_are_unique, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_closed_pipe_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_appears_whole_or_not_at_all, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
