#include "store_fixture.h"

#include "exam_settings.h"

#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

const char fixture_form[] = "form: midterm\n"
                            "page: {size: A4}\n"
                            "candidate: number\n"
                            "registration:\n"
                            "  marks: {shape: square, size: 5, at: [[10, 10], [200, 10], [200, "
                            "287], [10, 287]]}\n"
                            "bubble: {shape: oval, size: [4, 3]}\n"
                            "fields:\n"
                            "  - field: number\n"
                            "    kind: grid\n"
                            "    options: 0-9\n"
                            "    columns: 4\n"
                            "    at: [120, 50]\n"
                            "    column_step: [6, 0]\n"
                            "  - fields: q1..4\n"
                            "    kind: choice\n"
                            "    options: ABCD\n"
                            "    at: [20, 110]\n"
                            "    option_step: [6, 0]\n"
                            "    step: [0, 6]\n"
                            "    except:\n"
                            "      q4: {multiple: true}\n"
                            "  - field: essay\n"
                            "    kind: region\n"
                            "    area: [20, 180, 100, 40]\n";

const char fixture_key[] = "item,key,points,section\n"
                           "q1,A,2,words\n"
                           "q2,B,2,words\n"
                           "q3,C,2,text\n"
                           "q4,AC,1/3,text\n";

const char fixture_roster[] = "candidate,name,class,school\n"
                              "0001,\"王, \"\"小\"\" 明\",三年二班,一中\n"
                              "0002,李大華,三年二班,一中\n"
                              "0003,O'Neill,三年三班,一中\n";

/* ---- files ---- */

char *fixture_folder(void)
{
    const char *base = getenv("TMPDIR");
    char *folder = NULL;

    assert_true(asprintf(&folder, "%s/yuejuan-test-XXXXXX", base != NULL ? base : "/tmp") > 0);
    assert_non_null(mkdtemp(folder));
    return folder;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status, (void)type, (void)ftw;
    return remove(path);
}

void fixture_remove(char *folder)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(folder);
}

char *fixture_path(const char *folder, const char *name)
{
    char *path = NULL;

    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    return path;
}

char *fixture_told(const struct diag *d)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    diag_print(d, out);
    fclose(out);
    return text;
}

/* ---- exam ---- */

static void must(int rc, struct diag *d)
{
    if (rc < 0)
        diag_print(d, stderr);
    assert_int_equal(rc, 0);
}

struct exam *fixture_exam(const char *form, const char *key, const char *roster)
{
    struct exam *exam = calloc(1, sizeof(*exam));
    const struct form *forms[1];
    struct diag d;

    diag_init(&d);
    exam->path = strdup("midterm/exam.yaml");
    exam->dir = strdup("midterm");
    exam->text = strdup("title: 期中考\nforms: [form.yaml]\n");
    exam->title = strdup("期中考");
    exam->subject = strdup("");
    exam->date = strdup("");
    exam_defaults(exam);
    exam->forms = calloc(1, sizeof(*exam->forms));
    exam->n_forms = 1;
    exam->forms[0].text = strdup(form);
    must(form_parse(form, strlen(form), "form.yaml", NULL, &exam->forms[0].form, &d), &d);
    forms[0] = exam->forms[0].form;
    if (key != NULL) {
        must(key_parse(key, strlen(key), "key.csv", &exam->key, &d), &d);
        must(key_check(exam->key, forms, 1, &d), &d);
    }
    if (roster != NULL)
        must(roster_parse(roster, strlen(roster), "roster.csv", &exam->roster, &d), &d);
    diag_finish(&d);
    return exam;
}

struct store *fixture_open(const char *path, enum store_mode mode)
{
    struct store *store = NULL;
    struct diag d;

    diag_init(&d);
    must(store_open(path, mode, &store, &d), &d);
    diag_finish(&d);
    return store;
}

/* ---- pages ---- */

static enum reading_status status_of(const char *answer)
{
    return answer[0] == '\0' ? READING_BLANK : answer[0] == '?' ? READING_UNCERTAIN : READING_OK;
}

/* A grey ramp of 8 x 4, deflated once. */
static struct crop small_crop(void)
{
    static uint8_t deflated[128];
    static uLongf size;
    uint8_t pixels[32];

    if (size == 0) {
        for (int i = 0; i < 32; i++)
            pixels[i] = (uint8_t)(8 * i);
        size = sizeof(deflated);
        assert_int_equal(compress(deflated, &size, pixels, sizeof(pixels)), Z_OK);
    }
    return (struct crop){deflated, size, 8, 4};
}

void fixture_page_init(struct fixture_page *page, const char *number, const char *const answers[4])
{
    static const char *const details[4] = {
        "field 'q1': two faint marks", "field 'q2': two faint marks", "field 'q3': two faint marks",
        "field 'q4': two faint marks"};

    memset(page, 0, sizeof(*page));
    page->readings[0] = (struct reading){0, number, READING_OK, 0.9999, "", {0}};
    for (int i = 0; i < 4; i++)
        page->readings[i + 1] = (struct reading){i + 1,
                                                 answers[i][0] == '?' ? answers[i] + 1 : answers[i],
                                                 status_of(answers[i]),
                                                 answers[i][0] == '?' ? 0.61234567 : 0.9990123,
                                                 "{\"dark\":[0.1,0.9,0.1,0.1]}",
                                                 {0}};
    page->readings[5] = (struct reading){5, "", READING_OK, 1, "", small_crop()};
    page->record = (struct page_record){.number = 1,
                                        .verdict = PAGE_READ,
                                        .width = 1654,
                                        .height = 2339,
                                        .transform = {{7.874, 0, 0, 0, 7.874, 0, 0, 0, 1}},
                                        .residual = 0.05,
                                        .fit = 0.99,
                                        .quality = {200, 0.1, 0.8, 250, 0.2},
                                        .sheet = "",
                                        .readings = page->readings,
                                        .n_readings = FIXTURE_FIELDS,
                                        .exceptions = page->exceptions};
    page->pointer = &page->record;
    for (int i = 0; i < 4; i++)
        if (answers[i][0] == '?')
            page->exceptions[page->record.n_exceptions++] =
                (struct exception){EXCEPTION_UNCERTAIN_READING, details[i], i + 2};
}

void fixture_page_refuse(struct fixture_page *page, enum page_verdict verdict,
                         enum exception_kind kind, const char *detail)
{
    memset(page, 0, sizeof(*page));
    page->exceptions[0] = (struct exception){kind, detail, 0};
    page->record = (struct page_record){.number = 1,
                                        .verdict = verdict,
                                        .form = -1,
                                        .form_page = -1,
                                        .sheet = "",
                                        .exceptions = page->exceptions,
                                        .n_exceptions = 1};
    page->pointer = &page->record;
}

struct scan_record fixture_scan(const char *path, struct fixture_page *page)
{
    struct scan_record scan = {.path = path,
                               .bytes = 1000,
                               .pages = page != NULL ? &page->pointer : NULL,
                               .n_pages = page != NULL};

    /* FNV-1a, spread over the hash: as good as any for names that differ. */
    uint64_t h = 14695981039346656037u;
    for (const char *s = path; *s != '\0'; s++)
        h = (h ^ (unsigned char)*s) * 1099511628211u;
    for (int i = 0; i < SCAN_HASH_SIZE; i++, h = h * 6364136223846793005u + 1442695040888963407u)
        scan.hash[i] = (uint8_t)(h >> 56);
    return scan;
}

void fixture_put(struct store *store, const struct exam *exam, const char *path,
                 struct fixture_page *page)
{
    struct scan_record scan = fixture_scan(path, page);
    struct diag d;

    diag_init(&d);
    must(store_begin(store, &d), &d);
    must(store_put_scan(store, exam, "", &scan, &d), &d);
    must(store_commit(store, &d), &d);
    diag_finish(&d);
}

/* ---- a small batch ---- */

static int keep_id(void *context, const struct stored_page *page)
{
    int64_t *ids = context; /* [0]: how many */

    ids[++ids[0]] = page->id;
    return 0;
}

static void put_scores(struct store *store, struct diag *d)
{
    static const struct item_points right = {{2, 1}, false, true}, wrong = {{0, 1}, false, true},
                                    third = {{1, 3}, false, true}, waits = {{0, 1}, true, true};
    const struct item_points first[] = {right, right, wrong, third};
    const struct item_points second[] = {right, waits, right, wrong};
    const struct section_points of_first[] = {{{4, 1}, false}, {{1, 3}, false}};
    const struct section_points of_second[] = {{{2, 1}, true}, {{2, 1}, false}};
    int64_t ids[8] = {0};

    must(store_put_section(store, "words", (struct points){4, 1}, d), d);
    must(store_put_section(store, "text", (struct points){7, 3}, d), d);
    must(store_each_page(store, keep_id, ids, d), d);
    assert_int_equal(ids[0], 4); /* a.png b.png c.png, d.png was refused */
    const struct score_row rows[] = {
        {"0001", SCORE_SCORED, {13, 3}, {19, 3}, first, 4, &ids[1], 1, of_first, 2},
        {"0002", SCORE_PENDING, {4, 1}, {19, 3}, second, 4, &ids[2], 1, of_second, 2},
        {"0002", SCORE_PENDING, {4, 1}, {19, 3}, second, 4, &ids[3], 1, of_second, 2},
        {"0003", SCORE_ABSENT, {0, 1}, {19, 3}, NULL, 0, NULL, 0, NULL, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        must(store_put_score(store, &rows[i], d), d);
    must(store_put_exception(store, ids[3], "0002", EXCEPTION_DUPLICATE_CANDIDATE,
                             "also on page 1 of 'b.png'", d),
         d);
    must(store_put_exception(store, 0, "0003", EXCEPTION_MISSING_PAGE, "no sheet", d), d);
}

static void put_items(struct store *store, struct diag *d)
{
    const double none = strtod("nan", NULL);
    const struct option_row abcd[] = {
        {"A", 1, 0.5, 0.25}, {"B", 1, 0.5, -0.0}, {"C", 0, 0, none}, {"D", 0, 0, none}};
    const struct option_row abe[] = {{"A", 1, 0.5, none}, {"B", 0, 0, none}, {"E", 1, 0.5, none}};
    const struct item_row items[] = {
        {"q1", 2, 2, 2, 1, 0, none, none, 0.123456789, 0, 0, abcd, 4},
        {"q2", 2, 2, 1, 0.5, 0.5, 0.3, 0.2, none, 0, 0, abe, 3},
        {"q3", 2, 2, 1, 0.5, 0.5, 0.3, 0.2, none, 1, 1, abcd, 4},
    };
    const struct test_row test = {2, 4.5, 0.7, none, none, 4, 5, 4.5};

    for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
        must(store_put_item(store, &items[i], d), d);
    must(store_put_test(store, &test, d), d);
}

void fixture_fill(struct store *store, const struct exam *exam, bool reversed)
{
    static const char *const paths[] = {"a.png", "b.png", "c.png", "d.png"};
    static const char *const answers[3][4] = {
        {"A", "B", "D", "AC"}, {"A", "?B", "C", ""}, {"A", "?C", "C", ""}};
    static const char *const numbers[] = {"0001", "0002", "0002"};
    struct fixture_page page;
    struct scan_record broken = fixture_scan("broken.jpg", NULL);
    struct diag d;

    diag_init(&d);
    must(store_put_exam(store, exam, &d), &d);
    for (int n = 0; n < 4; n++) {
        int i = reversed ? 3 - n : n;

        if (i < 3)
            fixture_page_init(&page, numbers[i], answers[i]);
        else
            fixture_page_refuse(&page, PAGE_NO_REGISTRATION, EXCEPTION_NO_REGISTRATION,
                                "one mark of four found");
        fixture_put(store, exam, paths[i], &page);
    }
    broken.problem = "it is \"empty\",\nreally";
    broken.n_pages = 0;
    must(store_begin(store, &d), &d);
    must(store_put_scan(store, exam, "", &broken, &d), &d);
    struct scan_record first = fixture_scan("a.png", &page);
    must(store_put_duplicate(store, first.hash, "copy/a.png", &d), &d);
    must(store_clear_scores(store, &d), &d);
    put_scores(store, &d);
    put_items(store, &d);
    must(store_audit(store, "grade", "5 scans", &d), &d);
    must(store_commit(store, &d), &d);
    diag_finish(&d);
}

/* ---- behind the store's back ---- */

void fixture_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    char *message = NULL;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

int fixture_number(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int number = sqlite3_column_int(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return number;
}
