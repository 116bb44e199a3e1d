#include "fuzz_store.h"

#include "batch_alarms.h"
#include "diag.h"
#include "exam.h"
#include "fuzz.h"
#include "rescore.h"
#include "review.h"
#include "store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { FIELDS_MAX = 32, MADE_PAGES = 7 };

static const char exam_text[] = "title: e\nform: form.yaml\nkey: key.csv\nroster: roster.csv\n"
                                "versions: versions.csv\npoints: points.csv\n"
                                "scoring: {sections: {two: {weight: 1/2, round: 1}}}\n";
static const char form_text[] =
    "form: f\npage: A4\nregistration: {image: true}\ncandidate: n\nabsent: away\nversion: v\n"
    "bubble: {shape: oval, size: [4, 3]}\nfields:\n"
    "- {field: n, kind: grid, options: 0-9, columns: 2, at: [90, 20], column_step: 8}\n"
    "- {field: away, kind: choice, options: X, at: [150, 20], option_step: 8}\n"
    "- {field: v, kind: choice, options: AB, at: [150, 40], option_step: 8}\n"
    "- {fields: q1..4, kind: choice, options: ABCD, at: [20, 20], option_step: 8, step: 9}\n"
    "- {field: m, kind: choice, multiple: true, options: ABCDE, at: [20, 60], option_step: 8}\n"
    "- {field: d, kind: digits, boxes: 3, at: [20, 100], step: [8, 0], size: [7, 9], signs: "
    "\".-\"}\n"
    "- {field: t, kind: text, area: [20, 120, 60, 10]}\n"
    "- {field: b, kind: barcode, area: [120, 120, 60, 20]}\n"
    "- {field: w, kind: region, area: [20, 150, 100, 40]}\n";
static const char key_text[] = "item,key,points,rule,section,tolerance,unit\n"
                               "q1,A,2,,one,,\nq2,B|C,1/3,,one,,\nq3,C,2,,one,,\nq4,D,2,,one,,\n"
                               "m,ACE,5,per_option,two,,\nd,3.5,2,number,two,0.1,\n"
                               "t,12,3,number,two,,(cm)\nw,,10,points,two,,\n";
static const char roster_text[] = "candidate,name,class,school,room\n07,A,1,S,R\n08,B,1,S,R\n"
                                  "09,C,2,S,R\n10,D,2,T,R\n";
static const char versions_text[] = "version,item,master,options\nA,,,\nB,q1,q2,BADC\nB,q2,q1,\n";
static const char points_text[] = "candidate,item,points,by\n07,w,7.5,x\n08,w,3,y\n";

static void must(int rc, struct diag *d)
{
    if (rc >= 0)
        return;
    diag_print(d, stderr);
    abort();
}

static void put(const char *name, const char *text)
{
    fuzz_file(name, text, strlen(text));
}

static struct exam *load_exam(struct diag *d)
{
    struct exam *exam = NULL;
    put("form.yaml", form_text);
    put("key.csv", key_text);
    put("roster.csv", roster_text);
    put("versions.csv", versions_text);
    put("points.csv", points_text);
    must(exam_load(fuzz_file("exam.yaml", exam_text, strlen(exam_text)), &exam, d), d);
    return exam;
}

/* ---- pages ---- */

static struct crop make_crop(void)
{
    static uint8_t deflated[256];
    static uLongf size;
    uint8_t pixels[24 * 16];
    if (size == 0) {
        for (int i = 0; i < 24 * 16; i++)
            pixels[i] = i % 24 > 8 && i % 24 < 12 ? 20 : 240;
        size = sizeof deflated;
        if (compress(deflated, &size, pixels, sizeof pixels) != Z_OK)
            abort();
    }
    return (struct crop){deflated, size, 24, 16};
}

struct made_page {
    struct page_record record, *pointer;
    struct reading readings[FIELDS_MAX];
    struct exception exceptions[2];
};

/* What each page has in n, away, v, q1 to q4, m, d, t, b, w; '?' before it: uncertain. */
static const char *const values[MADE_PAGES][12] = {
    {"07", "", "A", "A", "B", "C", "D", "ACE", "3.5", "12 cm", "X1", ""},
    {"08", "", "B", "A", "?B", "C", "", "AC", "?35", "?12", "", ""},
    {"08", "", "A", "B", "B", "!AB", "A", "E", "", "", "", ""},
    {"?09", "", "", "A", "A", "A", "A", "", "-1", "x", "", ""},
    {"10", "X", "", "", "", "", "", "", "", "", "", ""},
    {"77", "", "A", "D", "C", "B", "A", "ABCDE", "3.45", "12", "", ""},
};

static struct reading make_reading(int field, const char *value)
{
    bool doubtful = value[0] == '?', several = value[0] == '!';
    struct reading reading = {.field = field,
                              .value = value + (doubtful || several),
                              .status = doubtful  ? READING_UNCERTAIN
                                        : several ? READING_MULTIPLE
                                        : *value  ? READING_OK
                                                  : READING_BLANK,
                              .confidence = doubtful ? 0.6 : 0.9999,
                              .evidence = "{\"ink\":[10,900,30,20],\"p\":[1,990,2,3],"
                                          "\"looks\":[[1,\"tick\",0.7]],\"colour\":[0,5,0,0]}"};
    if (doubtful || field == 11)
        reading.crop = make_crop();
    return reading;
}

static void make_read_page(struct made_page *page, int which)
{
    int n = sizeof values[0] / sizeof values[0][0];
    for (int i = 0; i < n; i++)
        page->readings[i] = make_reading(i, values[which][i]);
    page->exceptions[0] =
        (struct exception){EXCEPTION_UNCERTAIN_READING, "field 'q2': two faint marks", 5};
    page->record =
        (struct page_record){.number = 1,
                             .verdict = PAGE_READ,
                             .width = 420,
                             .height = 594,
                             .transform = {{2, 0, 0, 0, 2, 0, 0, 0, 1}},
                             .residual = 0.05,
                             .fit = 0.99,
                             .quality = {50, 0.1, 0.8, 250, 0.2},
                             .health = {.measured = true,
                                        .dpi = 50,
                                        .side = SIDE_PRINTED,
                                        .paper = 250,
                                        .rise = 0.2,
                                        .lines = {{false, false, 33, 0.1, 40, 'x', 33, "q1 q2"}},
                                        .n_lines = 1,
                                        .corner = which == 2 ? 1 : -1,
                                        .corner_size = 9,
                                        .corner_touches = "q4",
                                        .has_fingerprint = true},
                             .sheet = which == 3 ? "S9" : "",
                             .readings = page->readings,
                             .n_readings = n,
                             .exceptions = page->exceptions,
                             .n_exceptions = which == 1};
    memset(page->record.health.fingerprint, which, HEALTH_CELLS);
}

static void make_refused_page(struct made_page *page)
{
    page->exceptions[0] = (struct exception){EXCEPTION_NO_REGISTRATION, "nothing found", 0};
    page->record = (struct page_record){.number = 1,
                                        .verdict = PAGE_NO_REGISTRATION,
                                        .form = -1,
                                        .form_page = -1,
                                        .sheet = "",
                                        .exceptions = page->exceptions,
                                        .n_exceptions = 1};
}

static void put_scans(struct store *store, const struct exam *exam, struct diag *d)
{
    char path[32];
    for (int i = 0; i < MADE_PAGES; i++) {
        struct made_page page = {.pointer = NULL};
        struct scan_record scan = {
            .path = path, .bytes = 100, .pages = &page.pointer, .n_pages = 1};
        page.pointer = &page.record;
        if (i < MADE_PAGES - 1)
            make_read_page(&page, i);
        else
            make_refused_page(&page);
        snprintf(path, sizeof path, "scans/%d.png", i);
        memset(scan.hash, i + 1, sizeof scan.hash);
        must(store_put_scan(store, exam, i < 3 ? "" : "b", &scan, d), d);
    }
    struct scan_record broken = {
        .path = "scans/x.jpg", .hash = {99}, .problem = "it is \"empty\"", .bytes = 0};
    uint8_t first[SCAN_HASH_SIZE];
    memset(first, 1, sizeof first);
    must(store_put_scan(store, exam, "", &broken, d), d);
    must(store_put_duplicate(store, first, "again/0.png", d), d);
}

static void decide(struct store *store, const struct exam *exam, struct diag *d)
{
    const struct review_decision decision = {"p2f5", "B", "seen", false, 0};
    const struct review_orders orders = {&decision, 1, "somebody", "", NULL, false};
    struct review_outcome outcome;
    must(review_decide(store, exam, &orders, &outcome, d), d);
}

static void make_database(const char *path)
{
    struct store *store = NULL;
    struct diag d;
    diag_init(&d);
    struct exam *exam = load_exam(&d);
    must(store_open(path, STORE_WRITE, &store, &d), &d);
    must(store_begin(store, &d), &d);
    must(store_put_exam(store, exam, &d), &d);
    put_scans(store, exam, &d);
    must(batch_alarms_make(store, &d), &d);
    must(rescore_within(store, exam, true, &d), &d);
    decide(store, exam, &d);
    must(store_commit(store, &d), &d);
    store_close(store);
    exam_destroy(exam);
    diag_finish(&d);
}

/* ---- loosened ---- */

static void run_sql(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &message) == SQLITE_OK)
        return;
    fprintf(stderr, "%s: %s\n", sql, message);
    abort();
}

/* Statements that make each table anew without anything that holds it together. */
static const char loosen_sql[] =
    "SELECT printf('CREATE TABLE loose AS SELECT * FROM \"%w\"; DROP TABLE \"%w\"; "
    "ALTER TABLE loose RENAME TO \"%w\";', name, name, name) FROM sqlite_schema "
    "WHERE type = 'table' AND name NOT LIKE 'sqlite%'";

static void loosen(const char *path)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    sqlite3_str *script = sqlite3_str_new(NULL);
    if (sqlite3_open(path, &db) != SQLITE_OK ||
        sqlite3_prepare_v2(db, loosen_sql, -1, &stmt, NULL) != SQLITE_OK)
        abort();
    while (sqlite3_step(stmt) == SQLITE_ROW)
        sqlite3_str_appendall(script, (const char *)sqlite3_column_text(stmt, 0));
    sqlite3_finalize(stmt);
    run_sql(db, "PRAGMA legacy_alter_table = ON; PRAGMA foreign_keys = OFF");
    char *text = sqlite3_str_finish(script);
    run_sql(db, text);
    run_sql(db, "VACUUM");
    sqlite3_free(text);
    sqlite3_close(db);
}

/* ---- kept ---- */

struct bytes {
    char *data;
    size_t size;
};

static struct bytes read_file(const char *path)
{
    struct bytes bytes = {malloc(1 << 20), 0};
    FILE *in = fopen(path, "rb");
    if (!bytes.data || !in)
        abort();
    bytes.size = fread(bytes.data, 1, 1 << 20, in);
    fclose(in);
    return bytes;
}

/* Never freed: as long as the process. */
static struct bytes templates[2];

const char *fuzz_store_file(const char *name, bool loose)
{
    if (!templates[0].data) {
        const char *path = fuzz_file("made.db", "", 0);
        unlink(path);
        make_database(path);
        templates[0] = read_file(path);
        loosen(path);
        templates[1] = read_file(path);
    }
    const char *path = fuzz_file(name, templates[loose].data, templates[loose].size);
    static const char *const beside[] = {"-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        char other[256];
        snprintf(other, sizeof other, "%s%s", path, beside[i]);
        unlink(other); /* of a database that was damaged so far that nobody could close it */
    }
    return path;
}
