/* CSV as clerks' spreadsheets write it, and what is told when it is broken. */
#include "csvfile.h"
#include "diag.h"
#include "textfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct csv *parse(const char *text)
{
    struct csv *csv = NULL;
    struct diag d;
    diag_init(&d);
    int rc = csv_parse(text, strlen(text), "key.csv", &csv, &d);
    if (rc < 0)
        diag_print(&d, stderr);
    diag_finish(&d);
    assert_int_equal(rc, 0);
    return csv;
}

/* Parses text that must be refused with its first mistake at line:column, about `what`. */
static void refuse(const char *text, size_t size, int line, int column, const char *what)
{
    struct csv *csv = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(csv_parse(text, size, "key.csv", &csv, &d), YJ_EINPUT);
    assert_null(csv);
    assert_true(d.errors >= 1);
    assert_string_equal(d.entries[0].file, "key.csv");
    assert_int_equal(d.entries[0].line, line);
    assert_int_equal(d.entries[0].column, column);
    assert_non_null(strstr(d.entries[0].what, what));
    diag_finish(&d);
}

/* Catches: quotes, doubled quotes, commas and line ends inside cells taken for structure. */
static void test_quotes(void **state)
{
    struct csv *csv = parse("item,key\r\n\"q,1\",\"say \"\"B\"\"\"\r\n\"two\nlines\",C\n");
    assert_int_equal(csv->n_rows, 3);
    assert_string_equal(csv->rows[1].cells[0], "q,1");
    assert_string_equal(csv->rows[1].cells[1], "say \"B\"");
    assert_string_equal(csv->rows[2].cells[0], "two\nlines");
    assert_string_equal(csv->rows[2].cells[1], "C");
    csv_destroy(csv);
}

/* Catches: a byte-order mark glued to the first column's name, so that `item` is not found; a
 * last row lost because no line end follows it; CR, CRLF and LF not all ending a row. */
static void test_marks_and_line_ends(void **state)
{
    struct csv *csv = parse("\xEF\xBB\xBFitem,key\rq1,A\r\nq2,B\nq3,");
    assert_int_equal(csv->n_rows, 4);
    assert_int_equal(csv_column(csv, "item"), 0);
    assert_int_equal(csv_column(csv, "key"), 1);
    assert_int_equal(csv_column(csv, "points"), -1);
    assert_string_equal(csv->rows[3].cells[0], "q3");
    assert_string_equal(csv->rows[3].cells[1], "");
    csv_destroy(csv);
}

/* Catches: places counted in bytes (Chinese names are three each), or off after a blank row or a
 * cell with a line end in it. */
static void test_places(void **state)
{
    struct csv *csv = parse("name,class\n\n王小明,\"三\n年\"\n李,乙\n,\n");
    assert_int_equal(csv->n_rows, 3);
    assert_int_equal(csv->rows[1].line, 3);
    assert_int_equal(csv->rows[1].columns[0], 1);
    assert_int_equal(csv->rows[1].columns[1], 5);
    assert_int_equal(csv->rows[2].line, 5);
    assert_int_equal(csv->rows[2].columns[1], 3);
    csv_destroy(csv);
}

/* Catches: a broken file taken in part, or told without its place. */
static void test_refusals(void **state)
{
    static const struct {
        const char *text;
        int line, column;
        const char *what;
    } cases[] = {
        {"", 0, 0, "empty"},
        {"\n\n", 0, 0, "empty"},
        {"item,key\nq1,\"A\nq2,B\n", 2, 4, "never closed"},
        {"item,key\nq1,\"A\"B\n", 2, 7, "after the closing quote"},
        {"item,key\nq1,A\"B\n", 2, 5, "middle of a cell"},
        {"item,key\nq1\n", 2, 1, "row of 1 cells under a header of 2"},
        {"item,key\nq1,A\nq2,B,C\n", 3, 1, "row of 3 cells"},
        {"item,key\nq1,\xB0\xA1\n", 2, 4, "not UTF-8"},
        {"item,\xED\xA0\x80\n", 1, 6, "not UTF-8"},
        {"item;key\nq1;A,B;C\n", 2, 1, "row of 3 cells"},
        {"item,key,item\n", 1, 10, "stands twice"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refuse(cases[i].text, strlen(cases[i].text), cases[i].line, cases[i].column, cases[i].what);
    refuse("item,key\nq1,\0A\n", 15, 2, 4, "control character 0x00");
    refuse("\xFF\xFEi\0t\0", 6, 1, 1, "not UTF-8");
}

/* Catches: only the first of several rows of a wrong length told. */
static void test_all_rows_told(void **state)
{
    const char *text = "item,key\nq1\nq2,B\nq3,C,D\n";
    struct csv *csv = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(csv_parse(text, strlen(text), "key.csv", &csv, &d), YJ_EINPUT);
    assert_int_equal(d.errors, 2);
    assert_int_equal(d.entries[1].line, 4);
    diag_finish(&d);
}

/* Catches: a missing file or a folder read as an empty table. */
static void test_no_file(void **state)
{
    struct csv *csv = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(csv_load("/nonexistent/key.csv", &csv, &d), YJ_EINPUT);
    assert_int_equal(csv_load("/", &csv, &d), YJ_EINPUT);
    assert_int_equal(d.errors, 2);
    diag_finish(&d);
}

/* Catches: minutes spent on a file that is no table, and a whole table taken for one cell. */
static void test_limits(void **state)
{
    char *wide = malloc(CSV_MAX_COLUMNS * 8 + 16), *p = wide;
    for (int i = 0; i <= CSV_MAX_COLUMNS; i++)
        p += sprintf(p, "c%d,", i);
    refuse(wide, (size_t)(p - wide - 1), 1, (int)(p - wide) - 5, "more than 1000 columns");
    free(wide);
    size_t size = CSV_MAX_CELL + 1 + 4;
    char *large = malloc(size);
    memset(large, 'x', size);
    memcpy(large, "a\nx\n", 4);
    refuse(large, size, 3, 1, "more than 32767 bytes");
    struct csv *csv = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(csv_parse(large, size - 1, "key.csv", &csv, &d), 0);
    csv_destroy(csv);
    diag_finish(&d);
    free(large);
}

/* Catches: a message that steers the terminal it is read on, or hides what it speaks of. */
static void test_text_on_a_terminal(void **state)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"王 'q1' é", "王 'q1' é"},
        {"a\033]0;x\007\nb\x7f", "a\\x1b]0;x\\x07\\x0ab\\x7f"},
        {"\xC2\x9B"
         "2J\xC2\xA0",
         "\\xc2\\x9b2J\xC2\xA0"},
        {"\xE2\x80\xAEgpj.\xE2\x81\xA6", "\\u202egpj.\\u2066"},
        {"\xFF\xE7\x8E", "\\xff\\xe7\\x8e"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *shown = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&shown, &size);
        assert_non_null(out);
        text_print(out, cases[i].text);
        fclose(out);
        assert_string_equal(shown, cases[i].shown);
        free(shown);
    }
}

/* Catches: what we write not read back as it was. */
static void test_write_then_read(void **state)
{
    static const char *const header[] = {"a", "b", "c"};
    static const char *const cells[] = {"x,\"y\"\r\nz", " led by a space", "王"};
    static const char *const marked[] = {"\xEF\xBB\xBFitem", "key", "points"};
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    csv_write_row(out, header, 3);
    csv_write_row(out, cells, 3);
    fclose(out);
    struct csv *csv = parse(text);
    assert_int_equal(csv->n_rows, 2);
    for (int i = 0; i < 3; i++)
        assert_string_equal(csv->rows[1].cells[i], cells[i]);
    csv_destroy(csv);
    free(text);
    /* A byte-order mark that is part of the first cell is not the file's. */
    out = open_memstream(&text, &size);
    assert_non_null(out);
    csv_write_row(out, marked, 3);
    fclose(out);
    csv = parse(text);
    assert_string_equal(csv->rows[0].cells[0], marked[0]);
    csv_destroy(csv);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_marks_and_line_ends),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_all_rows_told),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_write_then_read),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_text_on_a_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
