/* A database that something damaged or somebody wrote: what no yuejuan can have stored is told, and
 * never calculated with. Each statement runs behind the store's back, without its checks. */
#include "store_fixture.h"

#include "store_sheets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct state {
    char *folder, *path;
    struct exam *exam;
};

static int set_up(void **state)
{
    struct state *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->folder = fixture_folder();
    s->path = fixture_path(s->folder, "results.db");
    s->exam = fixture_exam(fixture_form, fixture_key, fixture_roster);
    struct store *store = fixture_open(s->path, STORE_WRITE);
    fixture_fill(store, s->exam, false);
    store_close(store);
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

static int pass_page(void *context, const struct stored_page *page)
{
    return 0;
}
static int pass_score(void *context, const struct stored_score *score)
{
    return 0;
}
static int pass_sheet(void *context, const struct sheet_page *page)
{
    return 0;
}

static int walk_answers(struct store *store, struct diag *d)
{
    return store_each_answers(store, pass_page, NULL, d);
}
static int walk_scores(struct store *store, struct diag *d)
{
    return store_visit_scores(store, "0001", pass_score, NULL, d);
}
static int walk_sheets(struct store *store, struct diag *d)
{
    return store_each_sheet_page(store, NULL, pass_sheet, NULL, d);
}

static int walk_table(struct store *store, enum store_table table, struct diag *d)
{
    struct store_rows *rows = NULL;
    struct store_cell cells[64];
    assert_int_equal(store_rows_open(store, table, &rows, d), 0);
    assert_true(store_rows_columns(rows) <= 64);
    int rc = 1;
    while (rc > 0)
        rc = store_rows_next(rows, cells, d);
    store_rows_close(rows);
    return rc;
}

static int export_scores(struct store *store, struct diag *d)
{
    return walk_table(store, TABLE_SCORES, d);
}
static int export_reliability(struct store *store, struct diag *d)
{
    return walk_table(store, TABLE_RELIABILITY, d);
}
static int export_distribution(struct store *store, struct diag *d)
{
    return walk_table(store, TABLE_DISTRIBUTION, d);
}

#define POINTS "UPDATE sheet_items SET points = '[2,2,0,\""

static const struct {
    const char *sql;
    int (*walk)(struct store *store, struct diag *d);
    int expected;
} damages[] = {
    /* Points whose denominator divides by 0, or that are beyond what points.h calculates with. */
    {POINTS "1/0\"]'", export_scores, YJ_EIO},
    {POINTS "1/0\"]'", walk_scores, YJ_EIO},
    {POINTS "1/-3\"]'", walk_sheets, YJ_EIO},
    {POINTS "9223372036854775807/3\"]'", walk_scores, YJ_EIO},
    {"UPDATE scores SET total_den = 0", export_scores, YJ_EIO},
    {"UPDATE scores SET total_den = -1", export_distribution, YJ_EIO},
    {"UPDATE scores SET max_den = 0", walk_scores, YJ_EIO},
    {"UPDATE scores SET max_num = -9223372036854775807 - 1", walk_sheets, YJ_EIO},
    {"UPDATE section_scores SET points_den = 0", export_scores, YJ_EIO},
    {"UPDATE section_scores SET points_den = 0", walk_scores, YJ_EIO},
    /* Ids that no array can be as long as. */
    {"UPDATE fields SET id = 9223372036854775807 WHERE id = 1", walk_answers, YJ_EIO},
    {"UPDATE fields SET id = 4294967296 WHERE id = 1", walk_answers, YJ_EIO},
    /* Places before the first and beyond the last: of nothing that is there. */
    {"UPDATE pages SET form_page = -9223372036854775807 - 1", walk_answers, 0},
    {"UPDATE pages SET form_page = -9223372036854775807 - 1", walk_sheets, 0},
    {"UPDATE section_scores SET section = -2147483648 WHERE section = 1", export_scores, 0},
    /* More doubt than there are fields: summed term by term, for minutes. */
    {"UPDATE readings SET confidence = -2147483648.0", export_reliability, 0},
    {"UPDATE readings SET confidence = 1e300", export_reliability, 0},
    /* The audit's numbers. */
    {"DROP TRIGGER audit_no_update; UPDATE audit SET seq = -9223372036854775807 - 1 WHERE seq = 1",
     store_check, YJ_EDATA},
    {"DROP TRIGGER audit_no_update; UPDATE audit SET seq = 9223372036854775807 WHERE seq = 3",
     store_check, YJ_EDATA},
};

/* Would catch: a division by 0, an overflow, or a table of gigabytes. */
static void what_cannot_be_is_told(void **state)
{
    struct state *s = *state;
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        char *copy = fixture_path(s->folder, "copy.db"), *sql = NULL;
        struct diag d;
        assert_true(asprintf(&sql, "VACUUM INTO '%s'", copy) > 0);
        fixture_sql(s->path, sql);
        free(sql);
        assert_true(asprintf(&sql, "PRAGMA ignore_check_constraints = ON; %s", damages[i].sql) > 0);
        fixture_sql(copy, sql);
        struct store *store = fixture_open(copy, STORE_READ);
        diag_init(&d);
        int rc = damages[i].walk(store, &d);
        if (damages[i].expected == 0 ? rc < 0 : rc != damages[i].expected || d.errors == 0)
            fail_msg("%s: %d", damages[i].sql, rc);
        diag_finish(&d);
        store_close(store);
        assert_int_equal(remove(copy), 0);
        free(sql);
        free(copy);
    }
}

/* Would catch: the number after the largest, where an audit that was tampered with goes on. */
static void an_audit_without_room_is_told(void **state)
{
    struct state *s = *state;
    struct diag d;
    fixture_sql(s->path, "DROP TRIGGER audit_no_update; "
                         "UPDATE audit SET seq = 9223372036854775807 WHERE seq = 3");
    struct store *store = fixture_open(s->path, STORE_WRITE);
    diag_init(&d);
    assert_int_equal(store_audit(store, "regrade", "", &d), YJ_EIO);
    assert_int_equal(d.errors, 1);
    diag_finish(&d);
    store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_cannot_be_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_audit_without_room_is_told, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
