/* bench_writer.c - how many sheets a second the writer stores, and how large they are in the
 * database.
 *
 *   bench_writer FORM [SHEETS [FOLDER [WORKERS MICROSECONDS]]]
 *
 * A few pages are drawn, scanned and read as `grade` reads them; the records that come of them,
 * each with another candidate and answers taken from all of them in turn, are fed through the ring
 * to the writer of grade_run (batch_write): its own transactions, its own commits. Then everything
 * is scored once. 10,000 sheets unless said otherwise, in a database in FOLDER (default: the
 * current one), so that the disk asked is the disk meant; removed afterwards. With WORKERS, so many
 * threads take the pages and sleep for the time a page takes to read, as many processors would:
 * what the threads that there is one of make of it. Prints one JSON object: rate (sheets a second
 * on the clock), writer_ms (CPU of the writer a sheet), write_mb (MB the process had written to
 * disk: log and database), bytes (of the database a sheet, read and scored), peak_mb (memory at its
 * highest, when all was stored and when all was scored), tables (bytes a sheet of each table and
 * index). */
#include "batch.h"
#include "bench_files.h"
#include "bench_sheet.h"
#include "diag.h"
#include "ingest_internal.h"
#include "page_task.h"
#include "rescore.h"
#include "textfile.h"
#include "vision.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define DRAWN 8
#define SLOTS 16           /* without workers */
#define SLOTS_PER_WORKER 8 /* as grade.c */
#define MAX_WORKERS 256
#define NUMBER_DIGITS 6

struct feeder {
    struct exam *exam;
    struct page_record drawn[DRAWN];
    struct arena arena; /* what they point to */
    struct batch batch;
    int sheets, workers;
    long sleep_us;
};

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- pages that were read ---- */

static int read_drawn(struct feeder *f, struct page_task *task, const char *path, unsigned seed,
                      struct page_record *ret, struct diag *d)
{
    struct bench_scanner scanner = {.dpi = 200, .skew = 0.7, .noise = 3.3, .seed = seed};
    struct scan_source *source = NULL;
    struct scan *scan = NULL;
    struct image img;

    image_init(&img);
    int rc = bench_sheet_scan(f->exam->forms[0].form, &scanner, &img);
    if (rc == 0)
        rc = bench_write_jpeg(path, &img, 75);
    if (rc == 0)
        rc = scan_source_open(&path, 1, &source, d);
    if (rc == 0)
        rc = scan_source_next(source, &scan) == 1 ? 0 : YJ_EDATA;
    if (rc == 0)
        rc = page_task_run(task, scan, 1, &f->arena, ret);
    if (rc == 0 && ret->verdict != PAGE_READ)
        rc = diag_error(d, YJ_EDATA, path, 0, 0, NULL, "the drawn page was not read");
    scan_unref(scan);
    scan_source_close(source);
    image_finish(&img);
    unlink(path);
    return rc;
}

static int read_all_drawn(struct feeder *f, const char *folder, struct diag *d)
{
    struct registrar *registrar = NULL;
    struct page_task *task = NULL;
    char path[4200];
    int rc = registrar_create(f->exam, &registrar, d);

    snprintf(path, sizeof path, "%s/page.jpg", folder);
    if (rc == 0)
        rc = page_task_create(f->exam, registrar, &task);
    for (int i = 0; i < DRAWN && rc == 0; i++)
        rc = read_drawn(f, task, path, 20261123 + (unsigned)i, &f->drawn[i], d);
    page_task_destroy(task);
    registrar_destroy(registrar);
    return rc;
}

/* ---- feeding ---- */

/* Sheet i: each answer from one of the drawn pages, a number of its own. */
static int fill_slot(struct feeder *f, struct page_slot *slot, int i)
{
    const struct page_record *drawn = &f->drawn[i % DRAWN];
    const char *path = arena_printf(&slot->arena, "scans/room-%03d/%06d.jpg", i / 1000, i);
    char *number = arena_printf(&slot->arena, "%0*d", NUMBER_DIGITS, i % 1000000);
    struct scan_file file = {.data = malloc(sizeof i), .fd = -1, .size = sizeof i};

    slot->record = *drawn;
    slot->record.readings =
        arena_alloc(&slot->arena, (size_t)drawn->n_readings * sizeof *slot->record.readings);
    if (!path || !number || !file.data || !slot->record.readings)
        return YJ_ENOMEM;
    memcpy(file.data, &i, sizeof i);
    for (int r = 0; r < drawn->n_readings; r++)
        slot->record.readings[r] = f->drawn[(i + r * 3 + i / DRAWN) % DRAWN].readings[r];
    slot->record.readings[0].value = number;
    slot->job = SLOT_PAGE;
    slot->number = 1;
    slot->alone = true;
    int rc = scan_create(path, SCAN_JPEG, &file, NULL, NULL, &slot->scan);
    scan_forget_bytes(slot->scan);
    return rc;
}

static void *sleep_on(void *context)
{
    struct feeder *f = context;
    struct timespec pause = {f->sleep_us / 1000000, f->sleep_us % 1000000 * 1000};
    size_t slot;

    while (ring_take(f->batch.ring, &slot) == RING_OK) {
        nanosleep(&pause, NULL);
        ring_finish(f->batch.ring, slot);
    }
    return NULL;
}

static int feed(struct feeder *f)
{
    size_t slot;
    int rc = 0;

    for (int i = 0; i < f->sheets && rc == 0; i++) {
        if (ring_reserve(f->batch.ring, -1, &slot) != RING_OK)
            return YJ_EIO;
        rc = fill_slot(f, &f->batch.slots[slot], i);
        ring_feed(f->batch.ring);
        if (rc == 0 && f->workers == 0 && ring_take(f->batch.ring, &slot) == RING_OK)
            ring_finish(f->batch.ring, slot);
    }
    return rc;
}

/* Seconds on the clock, to the last commit. */
static int write_all(struct feeder *f, double *ret_seconds)
{
    struct batch *b = &f->batch;
    pthread_t writer, workers[MAX_WORKERS];
    double start = now(CLOCK_MONOTONIC);
    int started = 0;

    b->n_slots = f->workers > 0 ? (size_t)f->workers * SLOTS_PER_WORKER : SLOTS;
    b->slots = calloc(b->n_slots, sizeof *b->slots);
    int rc = b->slots ? ring_create(b->n_slots, &b->ring) : YJ_ENOMEM;
    if (rc == 0 && pthread_create(&writer, NULL, batch_write, b) != 0)
        rc = YJ_ENOMEM;
    if (rc == 0) {
        while (started < f->workers && pthread_create(&workers[started], NULL, sleep_on, f) == 0)
            started++;
        rc = feed(f);
        ring_close(b->ring);
        pthread_join(writer, NULL);
        for (int i = 0; i < started; i++)
            pthread_join(workers[i], NULL);
    }
    *ret_seconds = now(CLOCK_MONOTONIC) - start;
    for (size_t i = 0; b->slots && i < b->n_slots; i++)
        arena_finish(&b->slots[i].arena);
    free(b->slots);
    ring_destroy(b->ring);
    return rc < 0 ? rc : atomic_load(&b->fault);
}

static int score(struct feeder *f, struct diag *d)
{
    struct store *store = f->batch.store;
    int rc = store_begin(store, d);

    if (rc == 0)
        rc = rescore_within(store, f->exam, false, d);
    if (rc == 0)
        rc = store_audit(store, "grade", "{}", d);
    return rc == 0 ? store_commit(store, d) : rc;
}

/* ---- what came of it ---- */

static long long written_bytes(void)
{
    FILE *io = fopen("/proc/self/io", "r");
    char line[80];
    long long n = 0;

    while (io && fgets(line, sizeof line, io))
        if (sscanf(line, "write_bytes: %lld", &n) == 1)
            break;
    if (io)
        fclose(io);
    return n;
}

/* A JSON object of the sizes of tables and indexes, where SQLite can tell them. */
static void print_tables(const char *db, int sheets)
{
    sqlite3 *connection = NULL;
    sqlite3_stmt *stmt = NULL;
    const char *comma = "";

    printf("{");
    if (sqlite3_open_v2(db, &connection, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(connection,
                           "SELECT name, SUM(pgsize) FROM dbstat GROUP BY name "
                           "HAVING SUM(pgsize) > 100000 ORDER BY 2 DESC",
                           -1, &stmt, NULL) == SQLITE_OK)
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            printf("%s\"%s\": %.0f", comma, (const char *)sqlite3_column_text(stmt, 0),
                   sqlite3_column_double(stmt, 1) / sheets);
            comma = ", ";
        }
    sqlite3_finalize(stmt);
    sqlite3_close(connection);
    printf("}");
}

/* MB of 10^6 bytes since the start. */
static double peak_memory(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024 / 1e6;
}

static int run(struct feeder *f, const char *db, struct diag *d)
{
    struct grade_options options = {.db_path = db, .batch = "bench"};
    struct stat status;
    double seconds = 0;
    long long before = written_bytes();

    f->batch = (struct batch){.exam = f->exam, .options = &options, .d = d};
    int rc = store_open(db, STORE_WRITE, &f->batch.store, d);
    if (rc == 0)
        rc = store_put_exam(f->batch.store, f->exam, d);
    if (rc == 0)
        rc = write_all(f, &seconds);
    double write_mb = (double)(written_bytes() - before) / 1e6, stored_mb = peak_memory();
    if (rc == 0)
        rc = score(f, d);
    store_close(f->batch.store);
    if (rc < 0 || stat(db, &status) < 0)
        return rc < 0 ? rc : YJ_EIO;
    printf("{\"sheets\": %d, \"rate\": %.0f, \"writer_ms\": %.3f, \"write_mb\": %.0f, "
           "\"bytes\": %.0f, \"peak_mb\": [%.0f, %.0f], \"tables\": ",
           f->sheets, f->sheets / seconds, f->batch.tally.cpu_ms[STAGE_STORE] / f->sheets, write_mb,
           (double)status.st_size / f->sheets, stored_mb, peak_memory());
    print_tables(db, f->sheets);
    printf("}\n");
    return 0;
}

/* ---- the exam: the form with a key ---- */

static int write_text(const char *folder, const char *name, const char *text)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    bool good = out && fputs(text, out) >= 0;
    return out && fclose(out) == 0 && good ? 0 : YJ_EIO;
}

static int write_exam(const char *form, const char *folder, struct diag *d)
{
    char key[4096] = "item,key,points\n", *text = NULL;
    size_t at = strlen(key), size = 0;
    int rc = text_load(form, &text, &size, d);

    for (int q = 1; q <= 38; q++)
        at += (size_t)snprintf(key + at, sizeof key - at, "q%d,%c,2\n", q, "ABCDE"[q % 5]);
    if (rc == 0)
        rc = write_text(folder, "form.yaml", text);
    if (rc == 0)
        rc = write_text(folder, "key.csv", key);
    if (rc == 0)
        rc = write_text(folder, "exam.yaml", "title: bench\nform: form.yaml\nkey: key.csv\n");
    free(text);
    return rc;
}

static void remove_all(const char *folder)
{
    static const char *const names[] = {"form.yaml", "key.csv", "exam.yaml", "db",
                                        "db-wal",    "db-shm",  "db-lock"};
    char path[4200];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

int main(int argc, char **argv)
{
    struct feeder f = {.sheets = argc > 2 ? atoi(argv[2]) : 10000,
                       .workers = argc > 5 ? atoi(argv[4]) : 0,
                       .sleep_us = argc > 5 ? atol(argv[5]) : 0};
    char folder[4096], db[4200];
    struct diag d;

    if (argc < 2 || argc > 6 || argc == 5 || f.sheets < 1 || f.workers < 0 ||
        f.workers > MAX_WORKERS) {
        fprintf(stderr, "usage: bench_writer FORM [SHEETS [FOLDER [WORKERS MICROSECONDS]]]\n");
        return 2;
    }
    snprintf(folder, sizeof folder, "%s/yuejuan-writer-XXXXXX", argc > 3 ? argv[3] : ".");
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    snprintf(db, sizeof db, "%s/db", folder);
    vision_init();
    diag_init(&d);
    int rc = write_exam(argv[1], folder, &d);
    if (rc == 0)
        rc = exam_load(folder, &f.exam, &d);
    if (rc == 0)
        rc = read_all_drawn(&f, folder, &d);
    if (rc == 0)
        rc = run(&f, db, &d);
    diag_print(&d, stderr);
    remove_all(folder);
    arena_finish(&f.arena);
    exam_destroy(f.exam);
    diag_finish(&d);
    return rc < 0;
}
