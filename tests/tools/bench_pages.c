/* bench_pages.c - makes the pages of tests/bench, and measures them.
 *
 *   bench_pages make FORM DIR N        DIR/KIND/NNN.EXT, N files of each kind
 *   bench_pages grade FORM DIR/KIND J [off]
 *                                      decodes them all, then grades them with J workers; prints
 *                                      one JSON object; off: without the sandbox
 *
 * Making and grading are two processes, so that peak memory is the grading's alone. Decode alone
 * and grade are one process, one library, the same files. A batch that is not read right has no
 * time worth printing: that is an error. */
#include "bench_files.h"
#include "bench_sheet.h"
#include "diag.h"
#include "exam.h"
#include "grade.h"
#include "helper.h"
#include "ingest.h"
#include "sandbox.h"
#include "store.h"
#include "vision.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* ---- making ---- */

enum format { FORMAT_JPEG, FORMAT_G4, FORMAT_PNG };

/* Noise and quality give the sizes of an office scanner's files: half a megabyte at 200 dpi. */
static const struct bench_kind {
    const char *name, *extension;
    enum format format;
    double dpi, noise;
} kinds[] = {
    {"jpeg200", "jpg", FORMAT_JPEG, 200, 3.3},
    {"jpeg300", "jpg", FORMAT_JPEG, 300, 3.3},
    {"g4-200", "tif", FORMAT_G4, 200, 4.0},
    {"png200", "png", FORMAT_PNG, 200, 2.0},
};
#define N_KINDS (sizeof kinds / sizeof *kinds)
#define JPEG_QUALITY 75
#define G4_THRESHOLD 160

static int write_page(const struct bench_kind *kind, const struct image *img, const char *path)
{
    switch (kind->format) {
    case FORMAT_JPEG:
        return bench_write_jpeg(path, img, JPEG_QUALITY);
    case FORMAT_G4:
        return bench_write_g4(path, img, G4_THRESHOLD);
    case FORMAT_PNG:
        break;
    }
    return bench_write_png(path, img);
}

static int make_kind(const struct bench_kind *kind, const struct form *form, const char *dir, int n)
{
    struct bench_scanner scanner = {
        .dpi = kind->dpi, .skew = 0.7, .noise = kind->noise, .seed = 20261123};
    char folder[4096], first[4128], copy[4128];
    struct image img;

    snprintf(folder, sizeof folder, "%s/%s", dir, kind->name);
    mkdir(folder, 0777);
    snprintf(first, sizeof first, "%s/000.%s", folder, kind->extension);
    image_init(&img);
    int rc = bench_sheet_scan(form, &scanner, &img);
    if (rc == 0)
        rc = write_page(kind, &img, first);
    for (int i = 1; rc == 0 && i < n; i++) {
        snprintf(copy, sizeof copy, "%s/%03d.%s", folder, i, kind->extension);
        rc = bench_copy_file(first, copy, (unsigned)i);
    }
    image_finish(&img);
    return rc;
}

static int make_pages(const struct exam *exam, const char *dir, int n)
{
    int rc = 0;

    mkdir(dir, 0777);
    for (size_t k = 0; rc == 0 && k < N_KINDS; k++)
        rc = make_kind(&kinds[k], exam->forms[0].form, dir, n);
    return rc;
}

/* ---- measuring ---- */

static double cpu_ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Decodes every page of the folder; CPU milliseconds a page, the reading of the file left out as in
 * grade's own count. */
static int time_decode(const char *folder, double *ret_ms, struct diag *d)
{
    struct scan_source *source = NULL;
    struct decoder *decoder = NULL;
    struct scan *scan;
    struct image img;
    char reason[SCAN_REASON_MAX];
    double ms = 0;
    int pages = 0;

    image_init(&img);
    int rc = scan_source_open(&folder, 1, &source, d);
    if (rc == 0)
        rc = decoder_create(&decoder);
    while (rc >= 0 && (rc = scan_source_next(source, &scan)) == 1) {
        double start = cpu_ms(CLOCK_THREAD_CPUTIME_ID);
        rc = scan_decode_page(scan, 1, decoder, &img, reason);
        ms += cpu_ms(CLOCK_THREAD_CPUTIME_ID) - start;
        pages++;
        if (rc < 0)
            diag_error(d, rc, scan_path(scan), 0, 0, NULL, "%s", reason);
        scan_unref(scan);
    }
    if (rc == 0)
        *ret_ms = ms / pages;
    image_finish(&img);
    decoder_destroy(decoder);
    scan_source_close(source);
    return rc;
}

/* CPU of this process or of those that it started and that have ended: by the same clock, which
 * counts a little more than the threads' own. */
static double used_ms(int whose)
{
    struct rusage usage;
    getrusage(whose, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e3 +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e3;
}

/* High-water mark of resident memory since exec, MB (10^6 bytes). */
static double peak_memory(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss * 1024 / 1e6;
}

/* `feeder_ms`: CPU of the thread that called grade_run, which feeds, waits and scores; `start_ms`:
 * of starting one decoder. */
static void print_result(const struct grade_summary *s, double alone, double process_ms,
                         double feeder_ms, double start_ms)
{
    static const char *const names[STAGES] = {"decode", "register", "read", "score", "store"};
    double sum = 0;

    printf("{\"pages\": %d, \"alone\": %.3f", s->pages, alone);
    for (int i = 0; i < STAGES; i++) {
        printf(", \"%s\": %.3f", names[i], s->cpu_ms[i] / s->pages);
        sum += s->cpu_ms[i] / s->pages;
    }
    printf(", \"sum\": %.3f, \"process\": %.3f, \"feed\": %.3f, \"rate\": %.2f, "
           "\"memory\": %.1f, \"start\": %.1f}\n",
           sum, process_ms / s->pages, (feeder_ms - s->cpu_ms[STAGE_SCORE]) / s->pages,
           s->pages / s->seconds, peak_memory(), start_ms);
}

/* Holds one page's reading against what was drawn. */
struct judge {
    const struct form *form;
    int wrong;
};

static int judge_page(void *context, const struct stored_page *page)
{
    struct judge *judge = context;
    char value[64];

    for (int i = 0; i < page->n_readings; i++) {
        int f = form_field_index(judge->form, page->readings[i].field);
        bench_sheet_value(judge->form, f, value, sizeof value);
        judge->wrong +=
            page->readings[i].status != READING_OK || strcmp(value, page->readings[i].value) != 0;
    }
    return 0;
}

static int count_wrong(const char *db, const struct form *form, int *ret_wrong, struct diag *d)
{
    struct store *store = NULL;
    struct judge judge = {.form = form};
    int rc = store_open(db, STORE_READ, &store, d);

    if (rc == 0)
        rc = store_each_page(store, judge_page, &judge, d);
    if (rc == 0)
        *ret_wrong = judge.wrong;
    store_close(store);
    return rc;
}

/* CPU that one decoder process takes to start and to end. */
static int time_start(enum sandbox_mode mode, double *ret_ms, struct diag *d)
{
    struct sandbox *sandbox = NULL;
    double before = used_ms(RUSAGE_CHILDREN);
    int rc = sandbox_open(mode, &sandbox, d);
    sandbox_close(sandbox);
    *ret_ms = used_ms(RUSAGE_CHILDREN) - before;
    return rc;
}

/* With the files that a reader of a WAL database leaves beside it. */
static void remove_database(const char *db)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char path[64];

    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(path, sizeof path, "%s%s", db, suffixes[i]);
        unlink(path);
    }
}

static int grade_pages(const struct exam *exam, const char *folder, int jobs, bool sandboxed,
                       struct diag *d)
{
    char db[] = "/tmp/yuejuan-bench-XXXXXX";
    struct grade_summary summary = {0};
    struct grade_options options = {
        .paths = &folder, .n_paths = 1, .db_path = db, .batch = "", .jobs = jobs};
    const enum sandbox_mode mode = sandboxed ? SANDBOX_AUTO : SANDBOX_OFF;
    double alone = 0, start_ms = 0;
    int fd = mkstemp(db), wrong = 0;

    if (fd < 0)
        return diag_error(d, YJ_EIO, db, 0, 0, NULL, "cannot make a database");
    close(fd);
    int rc = time_decode(folder, &alone, d);
    if (rc == 0)
        rc = sandbox_open(mode, &options.sandbox, d);
    double start = used_ms(RUSAGE_SELF) + used_ms(RUSAGE_CHILDREN);
    double own = cpu_ms(CLOCK_THREAD_CPUTIME_ID);
    if (rc == 0)
        rc = grade_run(exam, &options, &summary, d);
    double feeder_ms = cpu_ms(CLOCK_THREAD_CPUTIME_ID) - own;
    sandbox_close(options.sandbox);
    double process_ms = used_ms(RUSAGE_SELF) + used_ms(RUSAGE_CHILDREN) - start;
    if (rc == 0)
        rc = time_start(mode, &start_ms, d);
    if (rc == 0)
        rc = count_wrong(db, exam->forms[0].form, &wrong, d);
    if (rc == 0 && (summary.pages == 0 || summary.pages_read != summary.pages || wrong))
        rc = diag_error(d, YJ_EDATA, folder, 0, 0, NULL, "%d of %d pages read, %d fields wrong",
                        summary.pages_read, summary.pages, wrong);
    if (rc == 0)
        print_result(&summary, alone, process_ms, feeder_ms, start_ms);
    remove_database(db);
    return rc;
}

int main(int argc, char **argv)
{
    struct exam *exam = NULL;
    struct diag d;

    if (argc == 2 && strcmp(argv[1], HELPER_ARGUMENT) == 0)
        decoder_helper_run();
    bool sandboxed = argc == 5;
    if ((argc != 5 && (argc != 6 || strcmp(argv[5], "off"))) ||
        (strcmp(argv[1], "make") && strcmp(argv[1], "grade"))) {
        fprintf(stderr, "usage: bench_pages make FORM DIR N | grade FORM FOLDER JOBS [off]\n");
        return 2;
    }
    vision_init();
    diag_init(&d);
    int rc = exam_load(argv[2], &exam, &d);
    if (rc == 0)
        rc = strcmp(argv[1], "make") == 0
                 ? make_pages(exam, argv[3], atoi(argv[4]))
                 : grade_pages(exam, argv[3], atoi(argv[4]), sandboxed, &d);
    diag_print(&d, stderr);
    exam_destroy(exam);
    diag_finish(&d);
    return rc < 0;
}
