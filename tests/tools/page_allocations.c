/* page_allocations.c - what a page takes from the heap once the workers are warm, by stage.
 *
 *   page_allocations FORM [--pages N] [--jobs J] [--kind jpeg|png|g4] [--most STAGE=N]...
 *                    [--trace STAGE]
 *
 * Draws pages, grades them through grade_run as `yuejuan grade` does, and counts every malloc,
 * calloc, realloc, memalign and new of the program and its libraries from the page on at which
 * every worker and slot has been used several times. Stages are told apart by the functions they
 * are made of, which the linker wraps (meson.build). --most fails where a stage takes more than N
 * a page on average; stages that are not named are not held. --trace prints call stacks. */
#include "bench_files.h"
#include "bench_sheet.h"
#include "count_memory.h"
#include "diag.h"
#include "exam.h"
#include "grade.h"
#include "ingest.h"
#include "page_fields.h"
#include "page_health.h"
#include "page_task.h"
#include "registration.h"
#include "store.h"
#include "vision.h"

#include <getopt.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WARM_PAGES 40 /* a worker: five rounds of the ring's slots */
#define DRAWN 4       /* pages that differ; the rest are copies */

enum stage_name { FEED, DECODE, REGISTER, HEALTH, READ, WORKER, STORE, COMMIT, N_NAMES };
static const char *const stage_names[N_NAMES] = {"feed", "decode", "register", "health",
                                                 "read", "worker", "store",    "commit"};

static int warm_pages; /* set before the threads start */
static atomic_int pages_begun, pages_fed, pages_stored, pages_measured;

/* ---- stages: the functions that the linker puts in front of the engine's ---- */

int __real_scan_source_next(struct scan_source *source, struct scan **ret_scan);
int __wrap_scan_source_next(struct scan_source *source, struct scan **ret_scan);
int __real_page_task_run(struct page_task *task, const struct scan *scan, int number,
                         struct arena *arena, struct page_record *ret_record);
int __wrap_page_task_run(struct page_task *task, const struct scan *scan, int number,
                         struct arena *arena, struct page_record *ret_record);
int __real_scan_decode_page(const struct scan *scan, int number, struct decoder *decoder,
                            struct image *out, char reason[SCAN_REASON_MAX]);
int __wrap_scan_decode_page(const struct scan *scan, int number, struct decoder *decoder,
                            struct image *out, char reason[SCAN_REASON_MAX]);
int __real_registrar_find(const struct registrar *registrar, const char *scan_path,
                          const struct image *img, struct registration_scratch *scratch,
                          struct registration_result *ret);
int __wrap_registrar_find(const struct registrar *registrar, const char *scan_path,
                          const struct image *img, struct registration_scratch *scratch,
                          struct registration_result *ret);
int __real_page_health_measure(const struct page_health_input *in,
                               struct page_health_scratch *scratch, struct page_health *ret);
int __wrap_page_health_measure(const struct page_health_input *in,
                               struct page_health_scratch *scratch, struct page_health *ret);
int __real_page_fields_read(const struct page_view *view, struct page_record *record);
int __wrap_page_fields_read(const struct page_view *view, struct page_record *record);
int __real_store_begin_scan(struct store *store, const struct exam *exam, const char *batch,
                            const struct scan_record *scan, struct diag *d);
int __wrap_store_begin_scan(struct store *store, const struct exam *exam, const char *batch,
                            const struct scan_record *scan, struct diag *d);
int __real_store_put_page(struct store *store, const struct exam *exam,
                          const struct page_record *page, struct diag *d);
int __wrap_store_put_page(struct store *store, const struct exam *exam,
                          const struct page_record *page, struct diag *d);
int __real_store_commit(struct store *store, struct diag *d);
int __wrap_store_commit(struct store *store, struct diag *d);

int __wrap_scan_source_next(struct scan_source *source, struct scan **ret_scan)
{
    bool warm = atomic_fetch_add(&pages_fed, 1) >= warm_pages;
    int before = count_memory_under(warm ? FEED : -1);
    int rc = __real_scan_source_next(source, ret_scan);

    count_memory_under(before);
    return rc;
}

int __wrap_page_task_run(struct page_task *task, const struct scan *scan, int number,
                         struct arena *arena, struct page_record *ret_record)
{
    bool warm = atomic_fetch_add(&pages_begun, 1) >= warm_pages;
    int before = count_memory_under(warm ? WORKER : -1);
    int rc = __real_page_task_run(task, scan, number, arena, ret_record);

    count_memory_under(before);
    atomic_fetch_add(&pages_measured, warm);
    return rc;
}

/* Within a page that is counted. */
static int under(enum stage_name stage)
{
    int before = count_memory_under(-1);

    if (before >= 0)
        count_memory_under(stage);
    return before;
}

int __wrap_scan_decode_page(const struct scan *scan, int number, struct decoder *decoder,
                            struct image *out, char reason[SCAN_REASON_MAX])
{
    int before = under(DECODE);
    int rc = __real_scan_decode_page(scan, number, decoder, out, reason);

    count_memory_under(before);
    return rc;
}

int __wrap_registrar_find(const struct registrar *registrar, const char *scan_path,
                          const struct image *img, struct registration_scratch *scratch,
                          struct registration_result *ret)
{
    int before = under(REGISTER);
    int rc = __real_registrar_find(registrar, scan_path, img, scratch, ret);

    count_memory_under(before);
    return rc;
}

int __wrap_page_health_measure(const struct page_health_input *in,
                               struct page_health_scratch *scratch, struct page_health *ret)
{
    int before = under(HEALTH);
    int rc = __real_page_health_measure(in, scratch, ret);

    count_memory_under(before);
    return rc;
}

int __wrap_page_fields_read(const struct page_view *view, struct page_record *record)
{
    int before = under(READ);
    int rc = __real_page_fields_read(view, record);

    count_memory_under(before);
    return rc;
}

int __wrap_store_begin_scan(struct store *store, const struct exam *exam, const char *batch,
                            const struct scan_record *scan, struct diag *d)
{
    bool warm = atomic_fetch_add(&pages_stored, 1) >= warm_pages;
    int before = count_memory_under(warm ? STORE : -1);
    int rc = __real_store_begin_scan(store, exam, batch, scan, d);

    count_memory_under(before);
    return rc;
}

int __wrap_store_put_page(struct store *store, const struct exam *exam,
                          const struct page_record *page, struct diag *d)
{
    int before = count_memory_under(atomic_load(&pages_stored) > warm_pages ? STORE : -1);
    int rc = __real_store_put_page(store, exam, page, d);

    count_memory_under(before);
    return rc;
}

int __wrap_store_commit(struct store *store, struct diag *d)
{
    int stored = atomic_load(&pages_stored);
    bool warm = stored > warm_pages && stored < atomic_load(&pages_fed) - 1; /* not the scores' */
    int before = count_memory_under(warm ? COMMIT : -1);
    int rc = __real_store_commit(store, d);

    count_memory_under(before);
    return rc;
}

/* ---- pages ---- */

struct options {
    const char *form;
    int pages, jobs;
    const char *kind;
    double most[N_NAMES]; /* < 0: not held */
};

static int write_drawn(const struct options *o, const struct image *img, const char *path)
{
    if (strcmp(o->kind, "png") == 0)
        return bench_write_png(path, img);
    if (strcmp(o->kind, "g4") == 0)
        return bench_write_g4(path, img, 160);
    return bench_write_jpeg(path, img, 75);
}

/* Page i of the folder is a copy of one of the drawn ones, with other bytes at its end. */
static int make_pages(const struct options *o, const struct form *form, const char *folder, int n)
{
    char first[320], copy[320];
    struct image img;
    int rc = 0;

    image_init(&img);
    for (int k = 0; rc == 0 && k < DRAWN && k < n; k++) {
        struct bench_scanner scanner = {
            .dpi = 200, .skew = 0.7 - 0.3 * k, .noise = 3.3, .seed = 20261123 + (unsigned)k};
        snprintf(first, sizeof first, "%s/%06d", folder, k);
        rc = bench_sheet_scan(form, &scanner, &img);
        if (rc == 0)
            rc = write_drawn(o, &img, first);
        for (int i = k + DRAWN; rc == 0 && i < n; i += DRAWN) {
            snprintf(copy, sizeof copy, "%s/%06d", folder, i);
            rc = bench_copy_file(first, copy, (unsigned)i);
        }
    }
    image_finish(&img);
    return rc;
}

static void remove_all(const char *folder, int n)
{
    static const char *const others[] = {"db", "db-wal", "db-shm", "db-lock"};
    char path[300];

    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/scans/%06d", folder, i);
        unlink(path);
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, others[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/scans", folder);
    rmdir(path);
    rmdir(folder);
}

/* ---- the run ---- */

static int grade(const struct options *o, const struct exam *exam, const char *folder,
                 struct diag *d)
{
    char db[300], scans[300];
    const char *paths[] = {scans};
    struct grade_summary summary;

    snprintf(db, sizeof db, "%s/db", folder);
    snprintf(scans, sizeof scans, "%s/scans", folder);
    struct grade_options options = {
        .paths = paths, .n_paths = 1, .db_path = db, .batch = "", .jobs = o->jobs};
    int rc = grade_run(exam, &options, &summary, d);
    if (rc == 0 && (summary.pages_read != summary.pages || summary.uncertain > 0))
        rc = diag_error(d, YJ_EDATA, NULL, 0, 0, NULL, "%d of %d pages read, %d readings in doubt",
                        summary.pages_read, summary.pages, summary.uncertain);
    return rc;
}

static int make_and_grade(const struct options *o, const struct exam *exam, struct diag *d)
{
    char folder[] = "/tmp/yuejuan-allocations-XXXXXX", scans[300];
    int n = warm_pages + o->pages;

    if (!mkdtemp(folder))
        return diag_error(d, YJ_EIO, folder, 0, 0, NULL, "cannot make a folder");
    snprintf(scans, sizeof scans, "%s/scans", folder);
    mkdir(scans, 0777);
    int rc = make_pages(o, exam->forms[0].form, scans, n);
    if (rc == 0)
        rc = grade(o, exam, folder, d);
    remove_all(folder, n);
    return rc;
}

static int tell(const struct options *o)
{
    int pages = atomic_load(&pages_measured), failed = 0;

    printf("| stage | allocations a page | bytes a page |\n|---|---:|---:|\n");
    for (int s = 0; s < N_NAMES; s++) {
        struct memory_count c = count_memory_get(s);
        double each = (double)c.allocations / pages;

        printf("| %s | %.2f | %.0f |\n", stage_names[s], each, (double)c.bytes / pages);
        if (o->most[s] >= 0 && each > o->most[s]) {
            fprintf(stderr, "'%s' takes %.2f allocations a page, more than %g\n", stage_names[s],
                    each, o->most[s]);
            failed = 1;
        }
    }
    printf("\n%d pages, %d workers, warm after %d\n", pages, o->jobs, warm_pages);
    return failed;
}

static int stage_of(const char *name, size_t length)
{
    for (int s = 0; s < N_NAMES; s++)
        if (strlen(stage_names[s]) == length && strncmp(stage_names[s], name, length) == 0)
            return s;
    return -1;
}

/* "read=12". False: no stage, no number. */
static bool take_most(struct options *o, const char *text)
{
    const char *equals = strchr(text, '=');
    int stage = equals ? stage_of(text, (size_t)(equals - text)) : -1;

    if (stage < 0)
        return false;
    o->most[stage] = atof(equals + 1);
    return true;
}

static bool take_options(int argc, char **argv, struct options *o)
{
    static const struct option names[] = {
        {"pages", required_argument, NULL, 'n'}, {"jobs", required_argument, NULL, 'j'},
        {"kind", required_argument, NULL, 'k'},  {"most", required_argument, NULL, 'm'},
        {"trace", required_argument, NULL, 't'}, {0}};
    bool good = true;

    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        if (c == 'n')
            o->pages = atoi(optarg);
        else if (c == 'j')
            o->jobs = atoi(optarg);
        else if (c == 'k')
            o->kind = optarg;
        else if (c == 'm')
            good = take_most(o, optarg) && good;
        else if (c == 't')
            count_memory_trace(stage_of(optarg, strlen(optarg)));
        else
            good = false;
    }
    o->form = argv[optind];
    return good && optind + 1 == argc && o->pages > 0 && o->jobs > 0;
}

int main(int argc, char **argv)
{
    struct options o = {.pages = 100, .jobs = 1, .kind = "jpeg"};
    struct exam *exam = NULL;
    struct diag d;

    for (int s = 0; s < N_NAMES; s++)
        o.most[s] = -1;
    if (!take_options(argc, argv, &o)) {
        fprintf(stderr, "usage: page_allocations FORM [--pages N] [--jobs J] "
                        "[--kind jpeg|png|g4] [--most STAGE=N]... [--trace STAGE]\n");
        return 2;
    }
    count_memory_start();
    warm_pages = WARM_PAGES * o.jobs;
    vision_init();
    diag_init(&d);
    int rc = exam_load(o.form, &exam, &d);
    if (rc == 0)
        rc = make_and_grade(&o, exam, &d);
    diag_print(&d, stderr);
    exam_destroy(exam);
    diag_finish(&d);
    return rc < 0 ? 1 : tell(&o);
}
