/* test_store.c - what the results database keeps, refuses and survives. */
#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const right[] = {"A", "B", "C", "AC"};

struct state {
    char *folder, *path;
    struct exam *exam;
};

static int set_up(void **state)
{
    struct state *s = calloc(1, sizeof(*s));

    s->folder = fixture_folder();
    s->path = fixture_path(s->folder, "results.db");
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

/* An open that must fail with `code` and say `part`. */
static void expect_refused(const char *path, enum store_mode mode, int code, const char *part)
{
    struct store *store = NULL;
    struct diag d;

    diag_init(&d);
    int rc = store_open(path, mode, &store, &d);
    char *told = fixture_told(&d);
    if (rc == 0)
        store_close(store);
    if (rc != code || strstr(told, part) == NULL)
        fail_msg("%d instead of %d: '%s' does not say '%s'", rc, code, told, part);
    assert_null(store);
    free(told);
    diag_finish(&d);
}

static void expect_checked(struct store *store, int code, const char *part)
{
    struct diag d;

    diag_init(&d);
    int rc = store_check(store, &d);
    char *told = fixture_told(&d);
    if (rc != code || strstr(told, part) == NULL)
        fail_msg("%d instead of %d: '%s' does not say '%s'", rc, code, told, part);
    free(told);
    diag_finish(&d);
}

/* ---- what goes in comes out ---- */

struct walk {
    int n;
    char paths[8][32];
};

static int note_page(void *context, const struct stored_page *page)
{
    struct walk *walk = context;

    snprintf(walk->paths[walk->n], sizeof(walk->paths[0]), "%s", page->scan);
    walk->n++;
    assert_int_equal(page->number, 1);
    if (page->verdict != PAGE_READ) {
        assert_int_equal(page->verdict, PAGE_NO_REGISTRATION);
        assert_int_equal(page->form, -1);
        assert_int_equal(page->form_page, -1);
        assert_int_equal(page->n_readings, 0);
        return 0;
    }
    assert_int_equal(page->form, 0);
    assert_int_equal(page->form_page, 0);
    assert_int_equal(page->n_readings, FIXTURE_FIELDS);
    assert_string_equal(page->readings[0].field, "number");
    assert_string_equal(page->readings[4].field, "q4");
    assert_string_equal(page->readings[5].field, "essay");
    if (strcmp(page->scan, "b.png") == 0) {
        assert_string_equal(page->readings[2].value, "B");
        assert_int_equal(page->readings[2].status, READING_UNCERTAIN);
        assert_true(page->readings[2].confidence == 0.61234567);
        assert_int_equal(page->readings[4].status, READING_BLANK);
    }
    return 0;
}

/* Would catch: pages visited in the order of arrival; a reading under another field's name; a
 * status, verdict or "none" that does not survive. */
static void pages_come_back_in_the_order_of_paths(void **state)
{
    static const char *const expected[] = {"a.png", "b.png", "c.png", "d.png"};
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct walk walk = {0};

    fixture_fill(store, s->exam, true);
    assert_int_equal(store_each_page(store, note_page, &walk, NULL), 0);
    assert_int_equal(walk.n, 4);
    for (int i = 0; i < 4; i++)
        assert_string_equal(walk.paths[i], expected[i]);
    store_close(store);
}

struct listing {
    char text[4000];
    size_t length;
};

static int list_readings(void *context, const struct stored_page *page)
{
    struct listing *list = context;

    list->length += (size_t)snprintf(list->text + list->length, sizeof list->text - list->length,
                                     "%s %d %d:", page->scan, page->number, page->form);
    for (int i = 0; i < page->n_readings; i++)
        list->length +=
            (size_t)snprintf(list->text + list->length, sizeof list->text - list->length,
                             " %s=%s/%s", page->readings[i].field, page->readings[i].value,
                             reading_status_name(page->readings[i].status));
    list->length +=
        (size_t)snprintf(list->text + list->length, sizeof list->text - list->length, "\n");
    assert_true(list->length < sizeof list->text);
    return 0;
}

static void expect_packed_as_read(struct store *store)
{
    struct listing read = {"", 0}, packed = {"", 0}, again = {"", 0};

    assert_int_equal(store_each_page(store, list_readings, &read, NULL), 0);
    assert_int_equal(store_begin(store, NULL), 0);
    assert_int_equal(store_each_answers(store, list_readings, &packed, NULL), 0);
    assert_int_equal(store_commit(store, NULL), 0);
    assert_int_equal(store_each_answers(store, list_readings, &again, NULL), 0);
    assert_true(strstr(read.text, "q1=") != NULL);
    assert_string_equal(packed.text, read.text);
    assert_string_equal(again.text, read.text);
}

/* Would catch: answers packed before somebody changed a reading, scored after. */
static void packed_answers_follow_their_readings(void **state)
{
    static const char *const changes[] = {
        "UPDATE readings SET value = 'D', status = 'uncertain' WHERE (page_id, field_id) = "
        "(SELECT page_id, field_id FROM readings ORDER BY 1, 2 LIMIT 1 OFFSET 1)",
        "DELETE FROM readings WHERE (page_id, field_id) = "
        "(SELECT page_id, field_id FROM readings ORDER BY 1, 2 LIMIT 1 OFFSET 2)",
        "INSERT INTO readings (page_id, field_id, value, status, confidence) "
        "SELECT page_id, field_id + 2, 'x y', 'multiple', 0.5 FROM readings "
        "ORDER BY page_id, field_id LIMIT 1",
        "UPDATE readings SET status = 'unread', value = '' WHERE page_id = "
        "(SELECT MAX(page_id) FROM readings)"};
    static const char packed[] = "SELECT COUNT(*) FROM page_answers";
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);

    fixture_fill(store, s->exam, true);
    expect_packed_as_read(store);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        store_close(store);
        int64_t before = fixture_number(s->path, packed);
        fixture_sql(s->path, changes[i]);
        assert_int_equal(fixture_number(s->path, packed), before - 1);
        store = fixture_open(s->path, STORE_WRITE);
        expect_packed_as_read(store);
    }
    store_close(store);
}

/* Would catch: bytes that are no packing taken for answers, or read beyond their end. */
static void damaged_packing_is_told(void **state)
{
    static const char *const packings[] = {"x'00'",   "x'4001'",   "x'400100000041'",
                                           "x'0541'", "x'054100'", "x'4001000000'"};
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);

    fixture_fill(store, s->exam, true);
    expect_packed_as_read(store);
    store_close(store);
    for (size_t i = 0; i < sizeof packings / sizeof *packings; i++) {
        struct listing list = {"", 0};
        char sql[80];
        snprintf(sql, sizeof sql, "UPDATE page_answers SET answers = %s WHERE page_id = 1",
                 packings[i]);
        fixture_sql(s->path, sql);
        store = fixture_open(s->path, STORE_READ);
        assert_int_equal(store_each_answers(store, list_readings, &list, NULL), YJ_EIO);
        store_close(store);
    }
}

static int stop_at_once(void *context, const struct stored_page *page)
{
    (void)page;
    ++*(int *)context;
    return YJ_EDATA;
}

/* Would catch: a walk that goes on after its visitor gave up, or hides why. */
static void a_visitor_ends_the_walk(void **state)
{
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    int visited = 0;

    fixture_fill(store, s->exam, false);
    assert_int_equal(store_each_page(store, stop_at_once, &visited, NULL), YJ_EDATA);
    assert_int_equal(visited, 1);
    store_close(store);
}

/* Would catch: a count that counts the wrong rows. */
static void counts_are_those_of_the_batch(void **state)
{
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct store_counts c;

    fixture_fill(store, s->exam, false);
    assert_int_equal(store_count(store, &c, NULL), 0);
    assert_int_equal(c.scans, 5);
    assert_int_equal(c.unreadable, 1);
    assert_int_equal(c.pages, 4);
    assert_int_equal(c.pages_read, 3);
    assert_int_equal(c.pages_refused, 1);
    assert_int_equal(c.readings, 18);
    assert_int_equal(c.uncertain, 2);
    assert_int_equal(c.multiple, 0);
    assert_int_equal(c.blank, 2);
    assert_int_equal(c.candidates, 3);
    assert_int_equal(c.scored, 1);
    assert_int_equal(c.pending, 2);
    assert_int_equal(c.absent, 1);
    assert_int_equal(c.voided, 0);
    assert_int_equal(c.exceptions, 7);
    store_close(store);
}

/* ---- scans ---- */

static int count_hash(void *context, const uint8_t hash[SCAN_HASH_SIZE])
{
    struct fixture_page page;
    struct scan_record scan = fixture_scan("a.png", &page);

    *(int *)context += memcmp(hash, scan.hash, SCAN_HASH_SIZE) == 0 ? 100 : 1;
    return 0;
}

/* Would catch: the same bytes stored twice, or known under no name; a hash that changes on its way
 * through the database. */
static void the_same_bytes_are_known_again(void **state)
{
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct fixture_page page;
    struct scan_record scan = fixture_scan("a.png", &page), other = fixture_scan("x.png", &page);
    const char *path = NULL;
    struct store_counts before, after;
    int hashes = 0;

    fixture_fill(store, s->exam, false);
    assert_int_equal(store_has_scan(store, scan.hash, &path, NULL), 1);
    assert_string_equal(path, "a.png");
    assert_int_equal(store_has_scan(store, other.hash, &path, NULL), 0);
    assert_int_equal(store_each_hash(store, count_hash, &hashes, NULL), 0);
    assert_int_equal(hashes, 104);

    assert_int_equal(store_count(store, &before, NULL), 0);
    assert_int_equal(store_begin(store, NULL), 0);
    fixture_page_init(&page, "0001", right);
    assert_true(store_put_scan(store, s->exam, "", &scan, NULL) < 0);
    store_rollback(store);
    assert_int_equal(store_begin(store, NULL), 0);
    assert_int_equal(store_put_duplicate(store, scan.hash, "copy/a.png", NULL), 0);
    assert_int_equal(store_put_duplicate(store, scan.hash, "a.png", NULL), 0);
    assert_int_equal(store_commit(store, NULL), 0);
    assert_int_equal(store_count(store, &after, NULL), 0);
    assert_memory_equal(&before, &after, sizeof(before));
    store_close(store);
}

/* Would catch: a rerun that is silent about a file it could not read. */
static void the_problem_of_a_scan_is_remembered(void **state)
{
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct fixture_page page;
    const char *reason = NULL;

    fixture_fill(store, s->exam, false);
    fixture_page_refuse(&page, PAGE_UNREADABLE, EXCEPTION_UNREADABLE_FILE, "half a JPEG");
    fixture_put(store, s->exam, "half.jpg", &page);
    struct scan_record broken = fixture_scan("broken.jpg", &page),
                       half = fixture_scan("half.jpg", &page), good = fixture_scan("a.png", &page),
                       refused = fixture_scan("d.png", &page);
    assert_int_equal(store_scan_problem(store, broken.hash, &reason, NULL), 1);
    assert_string_equal(reason, "it is \"empty\",\nreally");
    assert_int_equal(store_scan_problem(store, half.hash, &reason, NULL), 1);
    assert_string_equal(reason, "half a JPEG");
    assert_int_equal(store_scan_problem(store, good.hash, &reason, NULL), 0);
    assert_int_equal(store_scan_problem(store, refused.hash, &reason, NULL), 0);
    store_close(store);
}

/* Would catch: rows that stay after a rollback, or a store that cannot go on after one. */
static void a_rollback_leaves_nothing(void **state)
{
    static const char question[] = "SELECT (SELECT COUNT(*) FROM scans) + "
                                   "(SELECT COUNT(*) FROM pages) + (SELECT COUNT(*) FROM readings) "
                                   "+ (SELECT COUNT(*) FROM crops) + "
                                   "(SELECT COUNT(*) FROM exceptions)";
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct fixture_page page;
    struct scan_record scan = fixture_scan("a.png", &page);

    assert_int_equal(store_put_exam(store, s->exam, NULL), 0);
    fixture_page_init(&page, "0001", right);
    assert_int_equal(store_begin(store, NULL), 0);
    assert_int_equal(store_put_scan(store, s->exam, "", &scan, NULL), 0);
    store_rollback(store);
    assert_int_equal(fixture_number(s->path, question), 0);
    fixture_put(store, s->exam, "a.png", &page);
    assert_int_equal(fixture_number(s->path, question), 1 + 1 + FIXTURE_FIELDS + 1);
    store_close(store);
}

/* Would catch: half a scan kept, or whole ones of the same transaction lost with it. */
static void an_abandoned_scan_leaves_the_others(void **state)
{
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct fixture_page page;
    struct scan_record whole = fixture_scan("a.png", &page), half = fixture_scan("b.png", &page);
    struct store_counts c;
    struct diag d;

    diag_init(&d);
    half.n_pages = 2;
    assert_int_equal(store_put_exam(store, s->exam, NULL), 0);
    fixture_page_init(&page, "0001", right);
    assert_int_equal(store_begin(store, NULL), 0);
    assert_int_equal(store_put_scan(store, s->exam, "", &whole, NULL), 0);
    assert_int_equal(store_begin_scan(store, s->exam, "", &half, NULL), 0);
    assert_int_equal(store_put_page(store, s->exam, &page.record, NULL), 0);
    /* One of two pages: no scan may end so. */
    assert_int_equal(store_end_scan(store, &d), YJ_EIO);
    store_abandon_scan(store);
    assert_int_equal(store_commit(store, NULL), 0);
    assert_int_equal(store_count(store, &c, NULL), 0);
    assert_int_equal(c.scans, 1);
    assert_int_equal(c.pages, 1);
    assert_int_equal(c.readings, FIXTURE_FIELDS);
    expect_checked(store, 0, "");
    store_close(store);
    diag_finish(&d);
}

/* ---- the exam ---- */

static int put_exam_told(struct store *store, const struct exam *exam, char **ret_told)
{
    struct diag d;

    diag_init(&d);
    int rc = store_put_exam(store, exam, &d);
    *ret_told = fixture_told(&d);
    diag_finish(&d);
    return rc;
}

static void expect_put(struct store *store, const struct exam *exam, int code, const char *part)
{
    char *told;
    int rc = put_exam_told(store, exam, &told);

    if (rc != code || strstr(told, part) == NULL || (part[0] == '\0' && told[0] != '\0'))
        fail_msg("%d instead of %d: '%s' does not say '%s'", rc, code, told, part);
    free(told);
}

/* Would catch: a new version for every run; a changed key that is not the one given back; a change
 * that leaves no trace in the audit. */
static void a_changed_key_makes_a_version(void **state)
{
    static const char changed[] = "item,key,points\nq1,D,5\n";
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct exam *other = fixture_exam(fixture_form, changed, fixture_roster), *got = NULL;
    struct diag d;

    diag_init(&d);
    expect_put(store, s->exam, 0, "");
    expect_put(store, s->exam, 0, "");
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM exam_versions"), 1);
    expect_put(store, other, 0, "");
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM exam_versions"), 2);
    assert_int_equal(fixture_number(s->path,
                                    "SELECT COUNT(*) FROM audit WHERE action = 'exam' AND detail "
                                    "LIKE 'key key.csv changed (%'"),
                     1);
    /* The texts that did not change are kept once. */
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM texts"), 5);

    assert_int_equal(store_get_exam(store, &got, &d), 0);
    assert_int_equal(got->key->n_items, 1);
    assert_string_equal(got->key->items[0].accepted[0], "D");
    assert_int_equal(got->key->items[0].n_options, 4);
    assert_string_equal(got->title, "期中考");
    assert_string_equal(got->text, s->exam->text);
    assert_true(got->min_confidence == 0.99);
    assert_int_equal(got->n_forms, 1);
    assert_string_equal(got->forms[0].form->name, "midterm");
    assert_int_equal(got->forms[0].form->n_fields, FIXTURE_FIELDS);
    assert_string_equal(got->roster->entries[0].name, "王, \"小\" 明");
    /* What was got can be put: nothing changed. */
    exam_destroy(got);
    exam_destroy(other);
    store_close(store);
    diag_finish(&d);
}

/* What an altered database gives back of the exam, and what is told of it. */
static int get_altered(const char *path, const char *sql, struct exam **ret_got, char **ret_told)
{
    struct diag d;

    diag_init(&d);
    fixture_sql(path, sql);
    struct store *store = fixture_open(path, STORE_READ);
    int rc = store_get_exam(store, ret_got, &d);
    *ret_told = fixture_told(&d);
    store_close(store);
    diag_finish(&d);
    return rc;
}

/* Would catch: memory that is lost where an altered database holds two files of a kind. */
static void two_of_a_kind_are_damage(void **state)
{
    static const char *const kinds[] = {"key", "roster", "exam"};
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct exam *got = NULL;
    char sql[256], *told;

    expect_put(store, s->exam, 0, "");
    store_close(store);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        snprintf(
            sql, sizeof sql,
            "DELETE FROM exam_files WHERE position > 0; INSERT INTO exam_files SELECT version, "
            "kind, 1, name, form_id, scans, hash FROM exam_files WHERE kind = '%s'",
            kinds[i]);
        assert_int_equal(get_altered(s->path, sql, &got, &told), YJ_EIO);
        assert_non_null(strstr(told, "damaged"));
        free(told);
    }
}

/* Would catch: forms written beyond the end of their list where SQL counts fewer than C finds. */
static void forms_that_are_not_called_so_have_room(void **state)
{
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct exam *got = NULL;
    char *told;

    expect_put(store, s->exam, 0, "");
    store_close(store);
    int rc = get_altered(s->path,
                         "PRAGMA ignore_check_constraints = ON; INSERT INTO exam_files SELECT "
                         "version, kind || char(0), column1, name, form_id, scans, hash FROM "
                         "exam_files, (VALUES (1), (2), (3), (4)) WHERE kind = 'form'",
                         &got, &told);
    assert_int_equal(rc, 0);
    assert_int_equal(got->n_forms, 5);
    exam_destroy(got);
    free(told);
}

static void set_text(char **text, const char *value)
{
    free(*text);
    *text = strdup(value);
    assert_non_null(*text);
}

/* Would catch: a regrade from the database that judges by other wishes than grade did; pages read
 * by the old wishes taken for ones read by the new. */
static void the_wishes_come_back(void **state)
{
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct exam *exam = fixture_exam(fixture_form, fixture_key, fixture_roster), *got = NULL;
    struct fixture_page page;
    struct diag d;

    diag_init(&d);
    set_text(&exam->text, "max_silent_error: 1e-6\nmarks: {cross: answer, fill: nothing}\n");
    exam->max_silent_error = 1e-6;
    exam->marks.fill = MEANS_NOTHING;
    expect_put(store, exam, 0, "");
    assert_int_equal(store_get_exam(store, &got, &d), 0);
    assert_true(got->max_silent_error == 1e-6);
    assert_int_equal(got->marks.fill, MEANS_NOTHING);
    assert_int_equal(got->marks.circle, MEANS_DOUBT);
    assert_true(got->min_confidence == 0.99);
    exam_destroy(got);

    fixture_page_init(&page, "0001", right);
    fixture_put(store, exam, "a.png", &page);
    set_text(&exam->text, "max_silent_error: 1e-6\nmarks: {tick: nothing}\n");
    exam->marks.fill = MEANS_ANSWER;
    exam->marks.tick = MEANS_NOTHING;
    expect_put(store, exam, 0,
               "max_silent_error 1e-06 and their own 'min_confidence_writing', 'marks'");
    expect_put(store, exam, 0, "");
    exam_destroy(exam);
    store_close(store);
    diag_finish(&d);
}

static void put_in_batch(struct store *store, const struct exam *exam, const char *batch,
                         const char *path, struct fixture_page *page)
{
    struct scan_record scan = fixture_scan(path, page);

    assert_int_equal(store_begin(store, NULL), 0);
    assert_int_equal(store_put_scan(store, exam, batch, &scan, NULL), 0);
    assert_int_equal(store_commit(store, NULL), 0);
}

static void expect_row(struct store_rows *rows, const char *const cells[8])
{
    struct store_cell got[8];

    assert_int_equal(store_rows_next(rows, got, NULL), 1);
    for (int i = 0; i < 8; i++)
        assert_string_equal(got[i].text, cells[i]);
}

/* Would catch: handwriting counted as marks, a refused page's fields, one batch's doubts told as
 * another's, or errors expected of readings that a person has settled. */
static void marks_are_counted_by_batch(void **state)
{
    static const char *const answers[4] = {"A", "?B", "", "AC"};
    /* 0.0001 of the number, 0.0009877 of each sure choice; Wilson of 1 / 5 and 2 / 5. */
    static const char *const morning[8] = {"morning",  "5",        "2",         "0.4",
                                           "0.117621", "0.769276", "0.0020754", "0"};
    static const char *const evening[8] = {"evening",   "5",        "1",         "0.2",
                                           "0.0362241", "0.624465", "0.0030631", "0"};
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct fixture_page page;
    struct mark_counts counts;
    struct store_rows *rows = NULL;
    struct store_cell none[8];

    expect_put(store, s->exam, 0, "");
    fixture_page_init(&page, "0001", answers);
    put_in_batch(store, s->exam, "morning", "a.png", &page);
    put_in_batch(store, s->exam, "evening", "b.png", &page);
    fixture_page_refuse(&page, PAGE_NO_REGISTRATION, EXCEPTION_NO_REGISTRATION, "no marks");
    put_in_batch(store, s->exam, "evening", "c.png", &page);
    fixture_sql(s->path, "UPDATE readings SET source = 'review' WHERE value = 'A' AND page_id = 1");
    assert_int_equal(store_count_marks(store, &counts, NULL), 0);
    assert_int_equal(counts.fields, 10);
    assert_int_equal(counts.review, 3);
    assert_true(counts.silent_expected > 0.005138 && counts.silent_expected < 0.005139);

    assert_int_equal(store_rows_open(store, TABLE_RELIABILITY, &rows, NULL), 0);
    assert_int_equal(store_rows_columns(rows), 8);
    expect_row(rows, evening);
    expect_row(rows, morning);
    assert_int_equal(store_rows_next(rows, none, NULL), 0);
    store_rows_close(rows);
    store_close(store);
}

static char *replaced(const char *text, const char *old, const char *new)
{
    const char *at = strstr(text, old);
    char *result = NULL;

    assert_non_null(at);
    assert_true(asprintf(&result, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old)) > 0);
    return result;
}

static void expect_put_form(struct store *store, const char *old, const char *new, int code,
                            const char *part)
{
    char *form = replaced(fixture_form, old, new);
    struct exam *exam = fixture_exam(form, NULL, NULL);

    expect_put(store, exam, code, part);
    exam_destroy(exam);
    free(form);
}

/* Would catch: readings of one form taken for those of another (a wrong score nobody notices). */
static void a_form_keeps_its_fields_once_used(void **state)
{
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct fixture_page page;

    expect_put(store, s->exam, 0, "");
    /* Nothing was read yet: anything may change. */
    expect_put_form(store, "q1..4", "q1..5", 0, "");
    expect_put_form(store, "options: ABCD", "options: [甲, 乙, 丙, 丁]", 0, "");
    assert_true(fixture_number(s->path, "SELECT COUNT(*) FROM fields WHERE options = "
                                        "'[\"甲\",\"乙\",\"丙\",\"丁\"]'") > 0);
    expect_put(store, s->exam, 0, "");
    fixture_page_init(&page, "0001", right);
    fixture_put(store, s->exam, "a.png", &page);

    expect_put_form(store, "options: ABCD", "options: ABCDE", YJ_EINPUT, "other fields");
    expect_put_form(store, "q1..4", "q1..5", YJ_EINPUT, "other fields");
    expect_put_form(store, "q4: {multiple: true}", "q4: {multiple: 2}", YJ_EINPUT, "other fields");
    expect_put_form(store, "  - field: essay\n    kind: region\n    area: [20, 180, 100, 40]\n", "",
                    YJ_EINPUT, "lost fields");
    expect_put_form(store, "form: midterm", "form: final", YJ_EINPUT, "has no more");
    /* A refusal leaves the exam as it was. */
    assert_int_equal(fixture_number(s->path, "SELECT MAX(version) FROM exam_versions"), 4);
    expect_put(store, s->exam, 0, "");
    assert_int_equal(fixture_number(s->path, "SELECT MAX(version) FROM exam_versions"), 4);

    expect_put_form(store, "at: [20, 110]", "at: [20.5, 110]", 0, "they keep their readings");
    assert_int_equal(fixture_number(s->path, "SELECT MAX(version) FROM exam_versions"), 5);
    store_close(store);
}

/* Would catch: scores put against another key's items. */
static void scores_of_another_key_are_refused(void **state)
{
    static const struct item_points points[2] = {{{1, 1}, false, true}, {{1, 1}, false, true}};
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    const struct score_row row = {"0001", SCORE_SCORED, {2, 1}, {2, 1}, points,
                                  2,      NULL,         0,      NULL,   0};

    expect_put(store, s->exam, 0, "");
    assert_int_equal(store_begin(store, NULL), 0);
    assert_int_equal(store_clear_scores(store, NULL), 0);
    assert_int_equal(store_put_score(store, &row, NULL), YJ_EIO);
    store_rollback(store);
    store_close(store);
}

/* Would catch: a survey (no key) whose pages lose their candidate, or that is scored nevertheless.
 */
static void without_a_key_sheets_are_kept_and_nothing_scored(void **state)
{
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct exam *survey = fixture_exam(fixture_form, NULL, NULL);
    struct fixture_page page;
    const int64_t first = 1;
    const struct score_row row = {"7", SCORE_SCORED, {0, 1}, {0, 1}, NULL, 0, &first, 1, NULL, 0};

    expect_put(store, survey, 0, "");
    fixture_page_init(&page, "0001", right);
    fixture_put(store, survey, "a.png", &page);
    assert_int_equal(store_begin(store, NULL), 0);
    assert_int_equal(store_clear_scores(store, NULL), 0);
    assert_int_equal(store_put_score(store, &row, NULL), 0);
    assert_int_equal(store_commit(store, NULL), 0);
    assert_int_equal(fixture_number(s->path, "SELECT candidate FROM v_pages"), 7);
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM scores"), 0);
    exam_destroy(survey);
    store_close(store);
}

/* ---- one writer, and its death ---- */

static void wait_for_line(int fd, char *line, size_t size)
{
    size_t n = 0;

    while (n + 1 < size && read(fd, line + n, 1) == 1 && line[n] != '\n')
        n++;
    line[n] = '\0';
}

/* In a child: stores scan after scan from `first` on, and says each number once it is committed. */
static void write_until_killed(const char *path, const struct exam *exam, int first, int out)
{
    struct store *store = NULL;
    struct fixture_page page;
    char name[32], line[32];

    if (store_open(path, STORE_WRITE, &store, NULL) < 0 || store_put_exam(store, exam, NULL) < 0)
        _exit(1);
    fixture_page_init(&page, "0001", right);
    for (int i = first;; i++) {
        snprintf(name, sizeof(name), "%06d.png", i);
        struct scan_record scan = fixture_scan(name, &page);
        if (store_begin(store, NULL) < 0 || store_put_scan(store, exam, "", &scan, NULL) < 0 ||
            store_commit(store, NULL) < 0)
            _exit(1);
        int length = snprintf(line, sizeof(line), "%d\n", i);
        if (write(out, line, (size_t)length) != length)
            _exit(1);
    }
}

/* Lets a child commit `n` scans and kills it while it goes on; the last number it told. */
static int kill_a_writer(struct state *s, int first, int n)
{
    int ends[2], last = first - 1;
    char line[32];

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_until_killed(s->path, s->exam, first, ends[1]);
    }
    close(ends[1]);
    for (int i = 0; i < n; i++) {
        wait_for_line(ends[0], line, sizeof(line));
        assert_int_equal(atoi(line), first + i);
    }
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    for (wait_for_line(ends[0], line, sizeof(line)); line[0] != '\0';
         wait_for_line(ends[0], line, sizeof(line)))
        last = atoi(line);
    close(ends[0]);
    return last > first + n - 1 ? last : first + n - 1;
}

/* Would catch: a committed scan lost by SIGKILL, half a scan kept, a lock that outlives its holder,
 * a database that has to be repaired. */
static void a_killed_writer_loses_nothing_committed(void **state)
{
    static const int rounds[] = {1, 2, 5, 11, 23};
    struct state *s = *state;
    int next = 1;

    for (size_t i = 0; i < sizeof(rounds) / sizeof(rounds[0]); i++) {
        int told = kill_a_writer(s, next, rounds[i]);
        struct store *store = fixture_open(s->path, STORE_WRITE);
        struct store_counts c;

        assert_int_equal(store_count(store, &c, NULL), 0);
        /* One more may have been committed that the child could not tell of. */
        assert_in_range(c.scans, told, told + 1);
        assert_int_equal(c.pages, c.scans);
        assert_int_equal(c.readings, c.scans * FIXTURE_FIELDS);
        expect_checked(store, 0, "");
        next = c.scans + 1;
        store_close(store);
    }
}

/* Would catch: two runs that write at once; a message that does not say whom to wait for; readers
 * kept out by a writer. */
static void a_second_writer_is_told_of_the_first(void **state)
{
    struct state *s = *state;
    int ends[2];
    char line[32], process[64];

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_until_killed(s->path, s->exam, 1, ends[1]);
    }
    close(ends[1]);
    wait_for_line(ends[0], line, sizeof(line));
    snprintf(process, sizeof(process), "another run (process %ld) is writing", (long)child);
    expect_refused(s->path, STORE_WRITE, YJ_EBUSY, process);

    struct store *reader = fixture_open(s->path, STORE_READ);
    struct store_counts c;
    assert_int_equal(store_count(reader, &c, NULL), 0);
    assert_true(c.scans >= 1);
    store_close(reader);

    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ends[0]);
    store_close(fixture_open(s->path, STORE_WRITE));
}

/* Would catch: a lock that other names of the file get round. */
static void a_link_is_the_same_database(void **state)
{
    struct state *s = *state;
    char *link = fixture_path(s->folder, "link.db");
    struct store *store = fixture_open(s->path, STORE_WRITE);

    assert_int_equal(symlink("results.db", link), 0);
    expect_refused(link, STORE_WRITE, YJ_EBUSY, "another run");
    store_close(store);
    store_close(fixture_open(link, STORE_WRITE));
    /* Nothing but the database and its link stays behind. */
    char *lock = fixture_path(s->folder, "results.db-lock");
    assert_int_equal(access(lock, F_OK), -1);
    free(lock);
    free(link);
}

/* ---- files that are none, and places that cannot be written ---- */

static void write_bytes(const char *path, const void *bytes, size_t size)
{
    FILE *out = fopen(path, "wb");

    assert_int_equal(fwrite(bytes, 1, size, out), size);
    fclose(out);
}

/* Would catch: a crash on, or damage to, a file that is not ours. */
static void other_files_are_refused(void **state)
{
    struct state *s = *state;
    char *text = fixture_path(s->folder, "notes.txt"), *other = fixture_path(s->folder, "other.db");
    char *none = fixture_path(s->folder, "none.db"), *nowhere = fixture_path(s->folder, "x/y.db");
    char *empty = fixture_path(s->folder, "empty.db");
    char content[64] = "";

    write_bytes(text, "these are only notes, and not a database at all, whatever\n", 58);
    expect_refused(text, STORE_READ, YJ_EINPUT, "is no results database");
    expect_refused(text, STORE_WRITE, YJ_EINPUT, "is no results database");
    FILE *in = fopen(text, "rb");
    assert_int_equal(fread(content, 1, sizeof(content), in), 58);
    fclose(in);
    assert_memory_equal(content, "these are only notes", 20);

    fixture_sql(other, "CREATE TABLE books (title TEXT)");
    expect_refused(other, STORE_READ, YJ_EINPUT, "another program");
    expect_refused(other, STORE_WRITE, YJ_EINPUT, "another program");
    assert_int_equal(fixture_number(other, "SELECT COUNT(*) FROM sqlite_schema"), 1);

    write_bytes(empty, "", 0);
    expect_refused(empty, STORE_READ, YJ_EINPUT, "is empty");
    expect_refused(none, STORE_READ, YJ_EINPUT, "No such file");
    expect_refused(s->folder, STORE_READ, YJ_EINPUT, "is a folder");
    expect_refused(s->folder, STORE_WRITE, YJ_EINPUT, "is a folder");
    expect_refused(nowhere, STORE_WRITE, YJ_EIO, "cannot write");

    assert_true(store_is_database(other));
    assert_false(store_is_database(text));
    assert_false(store_is_database(empty));
    assert_false(store_is_database(s->folder));
    free(text), free(other), free(none), free(nowhere), free(empty);
}

/* Would catch: a database of a later program changed by this one. */
static void a_newer_schema_is_refused(void **state)
{
    struct state *s = *state;

    store_close(fixture_open(s->path, STORE_WRITE));
    fixture_sql(s->path, "PRAGMA user_version = 99");
    expect_refused(s->path, STORE_READ, YJ_EINPUT, "newer yuejuan (schema 99");
    expect_refused(s->path, STORE_WRITE, YJ_EINPUT, "newer yuejuan (schema 99");
    assert_int_equal(fixture_number(s->path, "PRAGMA user_version"), 99);
}

/* Would catch: a figure that has no meaning stored as that of the row before it. */
static void figures_without_meaning_are_null(void **state)
{
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    const struct store_value known[] = {{.text = "mean"}, {.real = 7.5}, {.text = ""}};
    const struct store_value unknown[] = {{.text = "alpha"}, {.real = NAN}, {.text = "why"}};
    struct diag d;

    diag_init(&d);
    assert_int_equal(store_begin(store, &d), 0);
    assert_int_equal(store_put_statistic(store, STATISTIC_TEST, known, &d), 0);
    assert_int_equal(store_put_statistic(store, STATISTIC_TEST, unknown, &d), 0);
    assert_int_equal(store_commit(store, &d), 0);
    store_close(store);
    assert_int_equal(fixture_number(s->path,
                                    "SELECT COUNT(*) FROM test_figures WHERE value IS NULL "
                                    "AND name = 'alpha' AND note = 'why'"),
                     1);
    assert_int_equal(fixture_number(s->path, "SELECT value * 10 FROM test_figures "
                                             "WHERE name = 'mean'"),
                     75);
    diag_finish(&d);
}

/* Would catch: an older database that is refused for good, loses rows, or gets other tables than a
 * new one has. */
static void an_older_schema_is_brought_up_to_date(void **state)
{
    static const char tables[] = "SELECT SUM(length(sql)) FROM sqlite_schema";
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);

    fixture_fill(store, s->exam, false);
    store_close(store);
    int64_t fresh = fixture_number(s->path, tables);
    int64_t pages = fixture_number(s->path, "SELECT COUNT(*) FROM pages");
    fixture_sql(
        s->path,
        "DROP TABLE score_changes; DROP TABLE findings; DROP TABLE pairs; DROP TABLE item_dif; "
        "DROP TABLE group_figures; DROP TABLE item_fifths; DROP TABLE item_models; "
        "DROP TABLE standings; DROP TABLE test_figures; "
        "DROP TABLE page_answers; DROP TRIGGER readings_added; DROP TRIGGER readings_changed; "
        "DROP TRIGGER readings_gone; DROP VIEW item_scores; "
        "DROP TABLE sheet_items; CREATE TABLE item_scores (sheet_id INTEGER, "
        "item INTEGER, points_num INTEGER, points_den INTEGER, pending INTEGER, "
        "counts INTEGER, points REAL); INSERT INTO item_scores SELECT sheet_id, n, n, 3, 0, 1, 0 "
        "FROM scores, (SELECT 1 AS n UNION SELECT 2);"
        "DROP TABLE section_scores; DROP TABLE sections; DROP TABLE entries; "
        "ALTER TABLE exceptions DROP COLUMN field_id;"
        "DROP TABLE alarms; DROP TABLE page_lines; DROP TABLE page_health; DROP TABLE seals;"
        "PRAGMA user_version = 1");
    expect_refused(s->path, STORE_READ, YJ_EINPUT, "older yuejuan");
    store_close(fixture_open(s->path, STORE_WRITE));
    assert_int_equal(fixture_number(s->path, tables), fresh);
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM pages"), pages);
    assert_int_equal(fixture_number(s->path, "PRAGMA user_version"), STORE_SCHEMA_VERSION);
    /* Points of before are those that the view shows. */
    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM item_scores WHERE points_num = "
                                             "item AND points_den = 3 AND counts AND NOT pending"),
                     2 * fixture_number(s->path, "SELECT COUNT(*) FROM scores"));
    /* A decision settles the exceptions of before, too: they know their field. */
    assert_int_equal(fixture_number(s->path,
                                    "SELECT COUNT(*) FROM exceptions WHERE derived = 0 AND "
                                    "kind = 'uncertain_reading' AND field_id IS NULL"),
                     0);
}

/* Would catch: results read from half a file. */
static void a_truncated_database_is_refused(void **state)
{
    struct state *s = *state;
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct stat status;

    fixture_fill(store, s->exam, false);
    store_close(store);
    assert_int_equal(stat(s->path, &status), 0);
    assert_int_equal(truncate(s->path, status.st_size / 8192 * 4096), 0);
    expect_refused(s->path, STORE_READ, YJ_EIO, "is damaged");
    expect_refused(s->path, STORE_WRITE, YJ_EIO, "is damaged");
}

/* Runs in a child that is nobody, so that permissions count also where the tests run as root.
 * 0: all went as it should; else the line that did not. */
static int as_nobody(int (*run)(const struct state *s), const struct state *s)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        if (getuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
            _exit(255);
        _exit(run(s));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__ % 200 + 1;                                                             \
    } while (0)

static int read_where_nothing_may_be_written(const struct state *s)
{
    struct store *store = NULL;
    struct store_counts c;
    struct diag d;

    diag_init(&d);
    EXPECT(store_open(s->path, STORE_READ, &store, &d) == 0);
    EXPECT(store_count(store, &c, &d) == 0 && c.scans == 5);
    store_close(store);
    EXPECT(store_open(s->path, STORE_WRITE, &store, &d) == YJ_EIO);
    char *told = fixture_told(&d);
    EXPECT(strstr(told, "--db FILE") != NULL);
    free(told);
    diag_finish(&d);
    return 0;
}

static int refuse_what_is_not_all_there(const struct state *s)
{
    struct store *store = NULL;
    struct diag d;

    diag_init(&d);
    EXPECT(store_open(s->path, STORE_READ, &store, &d) == YJ_EIO);
    char *told = fixture_told(&d);
    EXPECT(strstr(told, "changes that are not yet in it") != NULL);
    free(told);
    diag_finish(&d);
    return 0;
}

/* Would catch: an export from a read-only folder (a CD, a share) that fails; changes in a log
 * beside the database that are passed over in silence. */
static void a_read_only_folder_can_be_read(void **state)
{
    struct state *s = *state;
    char *log = fixture_path(s->folder, "results.db-wal");
    struct store *store = fixture_open(s->path, STORE_WRITE);

    fixture_fill(store, s->exam, false);
    store_close(store);
    assert_int_equal(chmod(s->path, 0444), 0);
    assert_int_equal(chmod(s->folder, 0555), 0);
    assert_int_equal(as_nobody(read_where_nothing_may_be_written, s), 0);

    chmod(s->folder, 0755);
    write_bytes(log, "x", 1);
    chmod(s->folder, 0555);
    assert_int_equal(as_nobody(refuse_what_is_not_all_there, s), 0);
    chmod(s->folder, 0755);
    free(log);
}

/* Would catch: files that a reader leaves beside the database, where the next copy misses them; a
 * reader that can write after all; a log left by a killed writer that a reader does not see. */
static void a_reader_leaves_nothing_behind(void **state)
{
    struct state *s = *state;
    char *log = fixture_path(s->folder, "results.db-wal");
    struct store_counts c;
    int told = kill_a_writer(s, 1, 3);

    assert_int_equal(access(log, F_OK), 0);
    struct store *store = fixture_open(s->path, STORE_READ);
    assert_int_equal(store_count(store, &c, NULL), 0);
    assert_in_range(c.scans, told, told + 1);
    assert_true(store_audit(store, "grade", "", NULL) < 0);
    store_close(store);
    assert_int_equal(access(log, F_OK), -1);
    free(log);
}

static int fill_up(struct store *store, const struct exam *exam, int *ret_scans, char **ret_told)
{
    struct fixture_page page;
    struct diag d;
    char name[32];
    int rc = 0;

    diag_init(&d);
    fixture_page_init(&page, "0001", right);
    for (*ret_scans = 0; rc == 0 && *ret_scans < 100000; (*ret_scans)++) {
        snprintf(name, sizeof(name), "%06d.png", *ret_scans);
        struct scan_record scan = fixture_scan(name, &page);
        rc = store_begin(store, &d);
        for (int i = 0; i < 8 && rc == 0; i++) {
            scan.hash[0] = (uint8_t)i;
            rc = store_put_scan(store, exam, "", &scan, &d);
        }
        if (rc == 0)
            rc = store_commit(store, &d);
        if (rc < 0)
            store_rollback(store);
    }
    --*ret_scans;
    *ret_told = fixture_told(&d);
    diag_finish(&d);
    return rc;
}

/* Would catch: a full disk that is not told, half a transaction kept, a database broken by it, or a
 * new database of which half is left lying about. */
static void a_full_disk_keeps_what_was_committed(void **state)
{
    struct state *s = *state;
    char *place = fixture_path(s->folder, "small"), *path = fixture_path(place, "results.db");
    char *tiny = fixture_path(place, "tiny.db"), *told;
    struct store_counts c;
    int committed;

    assert_int_equal(mkdir(place, 0777), 0);
    if (mount("tmpfs", place, "tmpfs", 0, "size=1m") < 0) {
        print_message("no small disk without the right to mount: %s\n", strerror(errno));
        free(place), free(path), free(tiny);
        skip();
    }
    struct store *store = fixture_open(path, STORE_WRITE);
    expect_put(store, s->exam, 0, "");
    assert_int_equal(fill_up(store, s->exam, &committed, &told), YJ_EIO);
    assert_non_null(strstr(told, "the disk is full"));
    assert_non_null(strstr(told, "free some space"));
    free(told);
    assert_true(committed > 10);
    assert_int_equal(store_count(store, &c, NULL), 0);
    assert_int_equal(c.scans, 8 * committed);
    assert_int_equal(c.readings, 8 * committed * FIXTURE_FIELDS);
    expect_checked(store, 0, "");
    store_close(store);

    expect_refused(tiny, STORE_WRITE, YJ_EIO, "cannot write");
    assert_int_equal(access(tiny, F_OK), -1);
    /* With space again, it goes on. */
    assert_int_equal(mount("tmpfs", place, "tmpfs", MS_REMOUNT, "size=8m"), 0);
    store = fixture_open(path, STORE_WRITE);
    assert_int_equal(store_count(store, &c, NULL), 0);
    assert_int_equal(c.scans, 8 * committed);
    expect_checked(store, 0, "");
    store_close(store);
    assert_int_equal(umount(place), 0);
    free(place), free(path), free(tiny);
}

/* ---- checks ---- */

static struct store *filled(struct state *s)
{
    struct store *store = fixture_open(s->path, STORE_WRITE);

    fixture_fill(store, s->exam, false);
    expect_checked(store, 0, "");
    return store;
}

#define UNGUARD "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete;"

/* Would catch: an entry of the audit rewritten, taken out of the middle, or cut from the end. */
static void a_changed_audit_is_found(void **state)
{
    static const char *const tampering[][2] = {
        {"UPDATE audit SET user = 'nobody' WHERE seq = 2", "audit entry 2"},
        {"UPDATE audit SET detail = detail || ' ' WHERE seq = 3", "audit entry 3"},
        {"DELETE FROM audit WHERE seq = 2", "audit entries 2 to 2 are missing"},
        {"DELETE FROM audit WHERE seq = 3", "the audit ends at entry 2"},
        {"DELETE FROM audit WHERE seq = 1; UPDATE audit SET seq = seq - 1", "audit entry 1"},
        {"UPDATE audit SET action = 'exa', detail = 'm' || detail WHERE seq = 2", "audit entry 2"},
    };
    struct state *s = *state;
    struct store *store = filled(s);

    assert_int_equal(fixture_number(s->path, "SELECT COUNT(*) FROM audit"), 3);
    store_close(store);
    for (size_t i = 0; i < sizeof(tampering) / sizeof(tampering[0]); i++) {
        char *copy = fixture_path(s->folder, "copy.db"), *sql = NULL;

        assert_true(asprintf(&sql, "VACUUM INTO '%s'", copy) > 0);
        fixture_sql(s->path, sql);
        fixture_sql(copy, UNGUARD);
        fixture_sql(copy, tampering[i][0]);
        store = fixture_open(copy, STORE_READ);
        expect_checked(store, YJ_EDATA, tampering[i][1]);
        store_close(store);
        unlink(copy);
        free(sql);
        free(copy);
    }
}

/* Would catch: an audit that a careless statement can change. */
static void the_audit_guards_itself(void **state)
{
    struct state *s = *state;
    sqlite3 *db;

    store_close(filled(s));
    assert_int_equal(sqlite3_open(s->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM audit", NULL, NULL, NULL), SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db, "UPDATE audit SET user = ''", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    sqlite3_close(db);
}

/* Would catch: each way in which results can be lost or bent without anybody being told. */
static void what_does_not_hold_together_is_found(void **state)
{
    static const char *const damage[][2] = {
        {"DELETE FROM pages WHERE number = 1 AND scan_id = 1", "lost pages"},
        {"DELETE FROM readings WHERE page_id = 1 AND field_id = 2", "lacks readings"},
        {"DELETE FROM exceptions WHERE kind = 'no_registration'", "no exception says so: d.png 1"},
        {"DELETE FROM exceptions WHERE kind = 'unreadable_file'",
         "no exception says so: broken.jpg"},
        {"UPDATE crops SET pixels = substr(pixels, 1, 6) WHERE page_id = 2",
         "the picture of field 'essay' of page 1 of 'b.png' is broken"},
        {"UPDATE crops SET width = 9 WHERE page_id = 2", "'b.png' is broken"},
        {"UPDATE texts SET text = replace(text, 'q1,A,2', 'q1,B,2')", "text of the exam"},
        {"DELETE FROM sheet_pages WHERE page_id = 1", "belongs to no sheet"},
        {"UPDATE pages SET number = 7 WHERE id = 1", "that its scan does not have"},
    };
    struct state *s = *state;

    store_close(filled(s));
    for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
        char *copy = fixture_path(s->folder, "copy.db"), *sql = NULL;

        assert_true(asprintf(&sql, "VACUUM INTO '%s'", copy) > 0);
        fixture_sql(s->path, sql);
        fixture_sql(copy, damage[i][0]);
        struct store *store = fixture_open(copy, STORE_READ);
        expect_checked(store, YJ_EDATA, damage[i][1]);
        store_close(store);
        unlink(copy);
        free(sql);
        free(copy);
    }
}

/* ---- documentation and speed ---- */

static char *read_text(const char *path)
{
    FILE *in = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);

    assert_non_null(in);
    assert_true(fread(text, 1, (1 << 20) - 1, in) > 0);
    fclose(in);
    return text;
}

/* Would catch: a query of the documentation that the schema no longer answers. */
static void documented_queries_have_answers(void **state)
{
    struct state *s = *state;
    const char *root = getenv("YUEJUAN_SOURCE");
    char *path = fixture_path(root != NULL ? root : ".", "docs/schema.md"), *text;
    int n = 0;

    if (access(path, R_OK) != 0) {
        free(path);
        fail_msg("docs/schema.md is not there: set YUEJUAN_SOURCE to the source's root");
    }
    text = read_text(path);
    store_close(filled(s));
    for (char *at = strstr(text, "```sql\n"); at != NULL; at = strstr(at, "```sql\n")) {
        char *sql = at + strlen("```sql\n"), *end = strstr(sql, "```");
        sqlite3 *db;
        sqlite3_stmt *stmt;

        assert_non_null(end);
        *end = '\0';
        assert_int_equal(sqlite3_open_v2(s->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
        if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK ||
            sqlite3_step(stmt) != SQLITE_ROW)
            fail_msg("no answer to: %s (%s)", sql, sqlite3_errmsg(db));
        sqlite3_finalize(stmt);
        sqlite3_close(db);
        at = end + 1;
        n++;
    }
    assert_in_range(n, 5, 100);
    free(text);
    free(path);
}

static double cpu_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

#define MANY 250 /* fields of a page */

static char *many_fields_form(void)
{
    char *form = NULL;

    assert_true(asprintf(&form,
                         "form: many\n"
                         "page: {size: A4}\n"
                         "registration: {image: true}\n"
                         "bubble: {size: 2}\n"
                         "fields:\n"
                         "  - fields: q1..%d\n"
                         "    kind: choice\n"
                         "    options: ABCD\n"
                         "    at: [10, 10]\n"
                         "    option_step: 4\n"
                         "    step: 5\n"
                         "    per_column: 50\n"
                         "    column_step: 40\n",
                         MANY) > 0);
    return form;
}

static void put_many(struct store *store, const struct exam *exam, int pages)
{
    static struct reading readings[MANY];
    struct fixture_page page;
    char name[32];

    fixture_page_init(&page, "", right);
    for (int i = 0; i < MANY; i++)
        readings[i] = (struct reading){
            i, "B", READING_OK, 0.9987654, "{\"dark\":[0.031,0.912,0.027,0.030]}", {0}};
    readings[7].status = READING_UNCERTAIN;
    readings[7].crop = page.readings[5].crop;
    page.record.readings = readings;
    page.record.n_readings = MANY;
    for (int i = 0; i < pages; i++) {
        snprintf(name, sizeof(name), "%06d.png", i);
        struct scan_record scan = fixture_scan(name, &page);
        if (i % 100 == 0)
            assert_int_equal(store_begin(store, NULL), 0);
        assert_int_equal(store_put_scan(store, exam, "", &scan, NULL), 0);
        if (i % 100 == 99 || i == pages - 1)
            assert_int_equal(store_commit(store, NULL), 0);
    }
}

static int count_page(void *context, const struct stored_page *page)
{
    *(int *)context += page->n_readings;
    return 0;
}

/* Would catch: a statement prepared anew for each row, an index too many, a sort of all readings.
 * YUEJUAN_STORE_PAGES says how many pages; the bound is ten times what they take, for slow machines
 * and sanitizers. */
static void a_page_of_many_fields_is_stored_fast(void **state)
{
    struct state *s = *state;
    const char *wanted = getenv("YUEJUAN_STORE_PAGES");
    int pages = wanted != NULL ? atoi(wanted) : 400, readings = 0;
    char *form = many_fields_form();
    struct exam *exam = fixture_exam(form, NULL, NULL);
    struct store *store = fixture_open(s->path, STORE_WRITE);
    struct stat status;

    expect_put(store, exam, 0, "");
    double start = cpu_ms();
    put_many(store, exam, pages);
    double put = (cpu_ms() - start) / pages;
    start = cpu_ms();
    assert_int_equal(store_each_page(store, count_page, &readings, NULL), 0);
    double walk = (cpu_ms() - start) / pages;
    assert_int_equal(readings, pages * MANY);
    store_close(store);
    assert_int_equal(stat(s->path, &status), 0);
    print_message("%d pages of %d fields: %.3f ms a page to store, %.3f ms to walk, %.1f KB\n",
                  pages, MANY, put, walk, (double)status.st_size / pages / 1e3);
    assert_true(put < 10);
    assert_true(walk < 10);
    exam_destroy(exam);
    free(form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_come_back_in_the_order_of_paths, set_up, tear_down),
        cmocka_unit_test_setup_teardown(packed_answers_follow_their_readings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_packing_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_visitor_ends_the_walk, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_are_those_of_the_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_bytes_are_known_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_problem_of_a_scan_is_remembered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_rollback_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_abandoned_scan_leaves_the_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_changed_key_makes_a_version, set_up, tear_down),
        cmocka_unit_test_setup_teardown(marks_are_counted_by_batch, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_of_a_kind_are_damage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forms_that_are_not_called_so_have_room, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_wishes_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_form_keeps_its_fields_once_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(scores_of_another_key_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_key_sheets_are_kept_and_nothing_scored, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_killed_writer_loses_nothing_committed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_second_writer_is_told_of_the_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_link_is_the_same_database, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_files_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_newer_schema_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(figures_without_meaning_are_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_older_schema_is_brought_up_to_date, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_truncated_database_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_read_only_folder_can_be_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_leaves_nothing_behind, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_keeps_what_was_committed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_changed_audit_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_audit_guards_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_hold_together_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(documented_queries_have_answers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_page_of_many_fields_is_stored_fast, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
