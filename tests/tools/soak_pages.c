/* soak_pages.c - grades very many pages in one run and looks whether memory grows.
 *
 *   soak_pages FORM PAGES JOBS [FOLDER]
 *
 * A few sheets are drawn and scanned once. File after file is written just before the run opens it,
 * each with a comment of its own in the JPEG, so that no two have the same bytes, and deleted when
 * the run says that it is committed: a hundred thousand pages take no more disk than a few hundred.
 * FOLDER (default /tmp) holds them and the database.
 *
 * The resident memory is sampled at every commit. It may grow while workers and caches warm up
 * (WARM_SHARE of the pages) and not after: the fullest tenth of the samples after it, taken in
 * sixths of the run, must not be more than MAY_GROW_MB above that of the first sixth. Exit status
 * 1 where it is, or where a page was not read. */
#include "bench_files.h"
#include "bench_sheet.h"
#include "diag.h"
#include "exam.h"
#include "grade.h"
#include "ingest.h"
#include "vision.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define DRAWN 8
#define WARM_SHARE 0.1
#define PARTS 6
#define MAY_GROW_MB 2.0
#define PAGE_QUALITY 75

struct jpeg_bytes {
    unsigned char *data;
    size_t size;
};

struct sample {
    int pages;
    double mb;
};

static struct soak {
    struct jpeg_bytes drawn[DRAWN];
    char **paths;
    int pages;
    int written; /* the feeder's */
    /* The writer's. */
    int done, not_stored;
    struct sample *samples;
    int n_samples;
    double started;
} soak;

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Resident, MB of 10^6 bytes. */
static double resident_mb(void)
{
    long all = 0, resident = 0;
    FILE *in = fopen("/proc/self/statm", "r");

    if (in) {
        if (fscanf(in, "%ld %ld", &all, &resident) != 2)
            resident = 0;
        fclose(in);
    }
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

/* ---- pages ---- */

static int load(const char *path, struct jpeg_bytes *ret)
{
    FILE *in = fopen(path, "rb");

    if (!in)
        return YJ_EIO;
    fseek(in, 0, SEEK_END);
    ret->size = (size_t)ftell(in);
    rewind(in);
    ret->data = malloc(ret->size);
    bool good = ret->data && fread(ret->data, 1, ret->size, in) == ret->size;
    fclose(in);
    return good ? 0 : YJ_EIO;
}

static int draw_pages(const struct form *form, const char *folder)
{
    char path[4200];
    struct image img;
    int rc = 0;

    image_init(&img);
    snprintf(path, sizeof path, "%s/drawn.jpg", folder);
    for (int i = 0; i < DRAWN && rc == 0; i++) {
        struct bench_scanner scanner = {
            .dpi = 200, .skew = 0.2 * i - 0.7, .noise = 3.3, .seed = 20261130 + (unsigned)i};
        rc = bench_sheet_scan(form, &scanner, &img);
        if (rc == 0)
            rc = bench_write_jpeg(path, &img, PAGE_QUALITY);
        if (rc == 0)
            rc = load(path, &soak.drawn[i]);
    }
    unlink(path);
    image_finish(&img);
    malloc_trim(0); /* what drawing took is not the run's */
    return rc;
}

/* The JPEG with a comment (ITU T.81, B.2.4.5) behind its first marker. */
static bool write_file(int i)
{
    const struct jpeg_bytes *drawn = &soak.drawn[i % DRAWN];
    char comment[16];
    FILE *out = fopen(soak.paths[i], "wb");

    snprintf(comment, sizeof comment, "\xff\xfe%c%c%08d", 0, 10, i % 100000000);
    bool good = out && fwrite(drawn->data, 1, 2, out) == 2 && fwrite(comment, 1, 12, out) == 12 &&
                fwrite(drawn->data + 2, 1, drawn->size - 2, out) == drawn->size - 2;
    return out && fclose(out) == 0 && good;
}

int __real_scan_source_next(struct scan_source *source, struct scan **ret_scan);
int __wrap_scan_source_next(struct scan_source *source, struct scan **ret_scan);

/* In front of the engine's (the linker's --wrap): the next file is there when it is asked for. */
int __wrap_scan_source_next(struct scan_source *source, struct scan **ret_scan)
{
    if (soak.written < soak.pages && !write_file(soak.written++))
        return YJ_EIO;
    return __real_scan_source_next(source, ret_scan);
}

/* ---- what the run says ---- */

static void take_outcome(void *context, const struct grade_outcome *outcome)
{
    (void)context;
    unlink(outcome->path);
    soak.done++;
    soak.not_stored += outcome->fate != FATE_STORED;
    if (soak.done % 100 != 0)
        return;
    soak.samples[soak.n_samples++] = (struct sample){soak.done, resident_mb()};
    if (soak.done % (soak.pages / 20 > 100 ? soak.pages / 20 / 100 * 100 : 100) == 0) {
        printf("| %d | %.0f | %.1f |\n", soak.done, now_s() - soak.started,
               soak.samples[soak.n_samples - 1].mb);
        fflush(stdout);
    }
}

static int more_first(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Of samples [from, to): the value that a tenth of them exceeds. */
static double full(int from, int to)
{
    static double values[100000];
    int n = 0;

    for (int i = from; i < to && n < 100000; i++)
        values[n++] = soak.samples[i].mb;
    qsort(values, (size_t)n, sizeof *values, more_first);
    return n > 0 ? values[n / 10] : 0;
}

/* False: it grew. */
static bool judge(void)
{
    int warm = (int)(WARM_SHARE * soak.n_samples), left = soak.n_samples - warm;
    double first = full(warm, warm + left / PARTS), most = 0;

    printf("\nresident MB of each sixth after %d pages:", warm * 100);
    for (int p = 0; p < PARTS; p++) {
        double mb = full(warm + left * p / PARTS, warm + left * (p + 1) / PARTS);
        most = mb > most ? mb : most;
        printf(" %.1f", mb);
    }
    printf("\n");
    if (left < PARTS || soak.not_stored > 0 || soak.done != soak.pages) {
        fprintf(stderr, "soak: %d of %d pages done, %d not stored: nothing can be said\n",
                soak.done, soak.pages, soak.not_stored);
        return false;
    }
    if (most - first > MAY_GROW_MB)
        fprintf(stderr, "soak: memory grew by %.1f MB\n", most - first);
    return most - first <= MAY_GROW_MB;
}

/* ---- the run ---- */

static int make_paths(const char *folder)
{
    soak.paths = calloc((size_t)soak.pages, sizeof *soak.paths);
    soak.samples = calloc((size_t)soak.pages / 100 + 1, sizeof *soak.samples);
    if (!soak.paths || !soak.samples)
        return YJ_ENOMEM;
    for (int i = 0; i < soak.pages; i++)
        if (asprintf(&soak.paths[i], "%s/%08d.jpg", folder, i) < 0)
            return YJ_ENOMEM;
    return 0;
}

static int grade(const struct exam *exam, const char *folder, int jobs, struct diag *d)
{
    char db[4200];
    struct grade_summary summary;

    snprintf(db, sizeof db, "%s/db", folder);
    struct grade_options options = {.paths = (const char *const *)soak.paths,
                                    .n_paths = (size_t)soak.pages,
                                    .db_path = db,
                                    .batch = "",
                                    .jobs = jobs,
                                    .outcome = take_outcome,
                                    .defer_scores = true,
                                    .arrivals = true};
    printf("| pages | s | resident MB |\n|---:|---:|---:|\n");
    soak.started = now_s();
    int rc = grade_run(exam, &options, &summary, d);
    if (rc == 0 && summary.pages_read != soak.pages)
        rc = diag_error(d, YJ_EDATA, NULL, 0, 0, NULL, "%d of %d pages read", summary.pages_read,
                        soak.pages);
    if (rc == 0)
        printf("\n%d pages, %d workers, %.1f pages/s, CPU %.1f ms a page in the stages\n",
               summary.pages, jobs, summary.pages / summary.seconds,
               (summary.cpu_ms[STAGE_DECODE] + summary.cpu_ms[STAGE_REGISTER] +
                summary.cpu_ms[STAGE_READ] + summary.cpu_ms[STAGE_STORE]) /
                   summary.pages);
    return rc;
}

static void remove_all(const char *folder)
{
    static const char *const names[] = {"db", "db-wal", "db-shm", "db-lock"};
    char path[4200];

    for (int i = soak.done; i < soak.written; i++) /* those of a run that was ended */
        unlink(soak.paths[i]);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

int main(int argc, char **argv)
{
    char folder[4096];
    struct exam *exam = NULL;
    struct diag d;

    soak.pages = argc > 3 ? atoi(argv[2]) : 0;
    if (argc < 4 || argc > 5 || soak.pages < 1000 || atoi(argv[3]) < 1) {
        fprintf(stderr, "usage: soak_pages FORM PAGES JOBS [FOLDER]: 1000 pages at least\n");
        return 2;
    }
    snprintf(folder, sizeof folder, "%s/yuejuan-soak-XXXXXX", argc > 4 ? argv[4] : "/tmp");
    if (!mkdtemp(folder)) {
        perror(folder);
        return 1;
    }
    vision_init();
    diag_init(&d);
    int rc = exam_load(argv[1], &exam, &d);
    if (rc == 0)
        rc = make_paths(folder);
    if (rc == 0)
        rc = draw_pages(exam->forms[0].form, folder);
    if (rc == 0)
        rc = grade(exam, folder, atoi(argv[3]), &d);
    bool flat = rc == 0 && judge();
    diag_print(&d, stderr);
    if (soak.paths)
        remove_all(folder);
    exam_destroy(exam);
    diag_finish(&d);
    return flat ? 0 : 1;
}
