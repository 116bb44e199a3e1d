/* test_bounds.c - tables of a few kilobytes that stand for millions of things, or hold as many
 * mistakes: each is read in the time and memory that its bytes are worth. */
#include "diag.h"
#include "key.h"
#include "roster.h"
#include "versions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* `head`, then `line` n times; "%d" in it is the number of the line. */
static char *make_text(const char *head, const char *line, int n)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs(head, out);
    for (int i = 0; i < n; i++) {
        const char *number = strstr(line, "%d");
        fwrite(line, 1, number ? (size_t)(number - line) : strlen(line), out);
        if (number)
            fprintf(out, "%d%s", i, number + 2);
    }
    assert_int_equal(fclose(out), 0);
    return text;
}

static void assert_told(const struct diag *d, const char *what)
{
    for (size_t i = 0; i < d->count; i++)
        if (strstr(d->entries[i].what, what))
            return;
    diag_print(d, stderr);
    fail_msg("not told: %s", what);
}

/* Would catch: rows of two dozen bytes that make ten thousand items each, gigabytes of them. */
static void a_key_has_so_many_items(void **state)
{
    char *text = make_text("item,key,points,rule\n", "a%d_1..9999,,1,void_full\n", 1000);
    struct key *key = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(key_parse(text, strlen(text), "key.csv", &key, &d), YJ_EINPUT);
    assert_told(&d, "more than 20000 items");
    diag_finish(&d);
    free(text);
}

/* Would catch: each of an item's answers compared with all the others. */
static void an_item_has_many_answers(void **state)
{
    char *cell = make_text("q1,", "%d|", 5000), *text = NULL;
    struct key *key = NULL;
    struct diag d;
    diag_init(&d);
    assert_true(asprintf(&text, "item,key,points\n%s7,1\n", cell) > 0);
    assert_int_equal(key_parse(text, strlen(text), "key.csv", &key, &d), YJ_EINPUT);
    assert_told(&d, "answer '7' stands twice");
    diag_finish(&d);
    free(text);
    free(cell);
}

/* Would catch: each row's version looked for among hundreds of thousands. */
static void a_paper_has_so_many_versions(void **state)
{
    char *text = make_text("version,item,master,options\n", "V%d,,,\n", 20000);
    struct versions *versions = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(versions_parse(text, strlen(text), "versions.csv", &versions, &d), YJ_EINPUT);
    assert_told(&d, "more than 1000 versions");
    diag_finish(&d);
    free(text);
}

/* Would catch: gigabytes of messages that nobody reads, or mistakes that are not counted. */
static void mistakes_are_counted_and_not_all_kept(void **state)
{
    char *text = make_text("candidate,name\n", "1,\n", 30001), *told = NULL;
    struct roster *roster = NULL;
    size_t size;
    struct diag d;
    diag_init(&d);
    assert_int_equal(roster_parse(text, strlen(text), "roster.csv", &roster, &d), YJ_EINPUT);
    assert_int_equal(d.errors, 30000);
    assert_int_equal(d.count, DIAG_MAX_KEPT);
    FILE *out = open_memstream(&told, &size);
    assert_non_null(out);
    diag_print(&d, out);
    fclose(out);
    assert_non_null(strstr(told, "and 29800 more"));
    free(told);
    diag_finish(&d);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_has_so_many_items),
        cmocka_unit_test(an_item_has_many_answers),
        cmocka_unit_test(a_paper_has_so_many_versions),
        cmocka_unit_test(mistakes_are_counted_and_not_all_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
