#include "simulate.h"

#include "candidates.h"
#include "diag.h"
#include "i18n.h"
#include "pending_file.h"
#include "sheet_run.h"
#include "textfile.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_JOBS 256
#define PURPOSE_WORKSHOP 0x576f726b

/* ---- names ---- */

const char *const *simulate_profile_names(void)
{
    static const char *const names[] = {"office", "rough", "phone", NULL};
    return names;
}

const char *const *simulate_manner_names(void)
{
    static const char *const names[MANNERS + 1] = {
        "full",      "sloppy", "partial", "tick",      "cross",  "circle", "dot",  "stroke",
        "overshoot", "light",  "erased",  "cancelled", "double", "blank",  "mixed"};
    return names;
}

const char *const *simulate_damage_names(void)
{
    static const char *names[DAMAGES + 2];
    names[0] = "none";
    for (int i = 0; i < DAMAGES; i++)
        names[i + 1] = damage_name((enum damage)i);
    return names;
}

static int tell_unknown(const char *name, const char *const *names, size_t n, const char *unknown,
                        struct diag *d)
{
    const char *nearest = text_nearest(name, names, n);
    char hint[128];
    if (!nearest)
        return diag_error(d, YJ_EINPUT, NULL, 0, 0, NULL, unknown, name);
    snprintf(hint, sizeof hint, _("did you mean '%s'?"), nearest);
    return diag_error(d, YJ_EINPUT, NULL, 0, 0, hint, unknown, name);
}

/* Index of a name, -1 for NULL. */
static int find_name(const char *name, const char *const *names, const char *unknown, int *ret,
                     struct diag *d)
{
    size_t n = 0;
    *ret = -1;
    if (!name)
        return 0;
    while (names[n] && strcmp(name, names[n]) != 0)
        n++;
    if (!names[n])
        return tell_unknown(name, names, n, unknown, d);
    *ret = (int)n;
    return 0;
}

/* ---- the run ---- */

/* Rows of a sheet that wait for those of the sheets before it. */
struct slot {
    char *rows[TRUTH_TABLES];
    bool done;
};

struct run {
    struct workshop shop;
    char *dir;
    bool made_dir; /* it was not there before */
    DIR *scans;    /* the folder of scans, which is made: all in it is ours */
    struct pending_file tables[TRUTH_TABLES];
    bool named[TRUTH_TABLES]; /* the table has its name */
    pthread_mutex_t lock;     /* guards all below, and the tables */
    struct slot *slots;       /* [n_sheets] */
    int next, written, done;
    int failed; /* the first error; no sheet is begun after it */
    struct diag *d;
    void (*progress)(void *user, int done, int total);
    void *user;
};

/* Writes the finished prefix. With the lock held. */
static void write_rows(struct run *run)
{
    while (run->written < run->shop.settings->n_sheets && run->slots[run->written].done) {
        struct slot *slot = &run->slots[run->written++];
        for (int t = 0; t < TRUTH_TABLES; t++) {
            fputs(slot->rows[t], run->tables[t].out);
            free(slot->rows[t]);
            slot->rows[t] = NULL;
        }
    }
}

/* The first fault is the one that is told. With the lock held. */
static void keep_failure(struct run *run, int r, const struct diag *own)
{
    if (run->failed)
        return;
    run->failed = r;
    if (own->errors == 0)
        diag_error(run->d, r, NULL, 0, 0, NULL, _("out of memory"));
    for (size_t i = 0; i < own->count; i++) {
        const struct diag_entry *e = &own->entries[i];
        diag_error(run->d, r, e->file, e->line, e->column, e->hint, "%s", e->what);
    }
}

static void finish_sheet(struct run *run, int index, char *rows[TRUTH_TABLES], int r,
                         const struct diag *own)
{
    pthread_mutex_lock(&run->lock);
    struct slot *slot = &run->slots[index];
    memcpy(slot->rows, rows, sizeof slot->rows);
    if (r < 0) {
        keep_failure(run, r, own);
    } else {
        slot->done = true;
        run->done++;
        write_rows(run);
        if (run->progress && !run->failed)
            run->progress(run->user, run->done, run->shop.settings->n_sheets);
    }
    pthread_mutex_unlock(&run->lock);
}

static int take_sheet(struct run *run)
{
    pthread_mutex_lock(&run->lock);
    int index = run->failed || run->next == run->shop.settings->n_sheets ? -1 : run->next++;
    pthread_mutex_unlock(&run->lock);
    return index;
}

static void *work(void *context)
{
    struct run *run = context;
    struct bench bench;
    int index;
    bench_init(&bench);
    while ((index = take_sheet(run)) >= 0) {
        char *rows[TRUTH_TABLES] = {NULL};
        struct diag own;
        diag_init(&own);
        int r = bench_make_sheet(&bench, &run->shop, index, rows, &own);
        finish_sheet(run, index, rows, r, &own);
        diag_finish(&own);
    }
    bench_finish(&bench);
    return NULL;
}

static int count_jobs(const struct simulate_settings *s)
{
    long jobs = s->jobs > 0 ? s->jobs : sysconf(_SC_NPROCESSORS_ONLN);
    jobs = jobs > MAX_JOBS ? MAX_JOBS : jobs < 1 ? 1 : jobs;
    return jobs > s->n_sheets ? (s->n_sheets > 0 ? s->n_sheets : 1) : (int)jobs;
}

static void work_together(struct run *run)
{
    pthread_t threads[MAX_JOBS];
    int n = 0, jobs = count_jobs(run->shop.settings);
    while (n < jobs - 1 && pthread_create(&threads[n], NULL, work, run) == 0)
        n++;
    work(run); /* what threads there are suffice */
    while (n > 0)
        pthread_join(threads[--n], NULL);
}

/* ---- the folder ---- */

static int tell_folder(const char *dir, struct diag *d)
{
    return diag_error(d, errno == ENOTDIR ? YJ_EINPUT : YJ_EIO, dir, 0, 0, NULL,
                      _("cannot open the folder: %s"), strerror(errno));
}

static int tell_not_empty(const char *dir, struct diag *d)
{
    return diag_error(d, YJ_EINPUT, dir, 0, 0, _("name a folder that is new or empty"),
                      _("the folder is not empty"));
}

static int check_empty(const char *dir, struct diag *d)
{
    DIR *listing = opendir(dir);
    if (!listing)
        return tell_folder(dir, d);
    bool empty = true;
    errno = 0;
    for (struct dirent *e; (e = readdir(listing));)
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            empty = false;
    int r = errno != 0 ? tell_folder(dir, d) : empty ? 0 : tell_not_empty(dir, d);
    closedir(listing);
    return r;
}

static int tell_not_made(const char *path, struct diag *d)
{
    return diag_error(d, YJ_EIO, path, 0, 0, NULL, _("cannot make the folder: %s"),
                      strerror(errno));
}

/* A new folder, or one that is there and empty; in it the scans' own, which nobody else has made
 * meanwhile. */
static int make_folders(struct run *run, struct diag *d)
{
    const char *dir = run->dir, *scans = run->shop.scans;
    run->made_dir = mkdir(dir, 0777) == 0;
    if (!run->made_dir) {
        int r = errno == EEXIST ? check_empty(dir, d) : tell_not_made(dir, d);
        if (r < 0)
            return r;
    }
    if (mkdir(scans, 0777) < 0)
        return errno == EEXIST ? tell_not_empty(dir, d) : tell_not_made(scans, d);
    run->scans = opendir(scans);
    if (run->scans)
        return 0;
    int r = tell_folder(scans, d);
    rmdir(scans);
    return r;
}

static int open_tables(struct run *run, struct diag *d)
{
    int r = 0;
    for (int t = 0; t < TRUTH_TABLES && r == 0; t++) {
        char *path = path_join(run->dir, truth_file(t));
        r = path ? pending_file_open(path, &run->tables[t], d) : YJ_ENOMEM;
        free(path);
        if (r == 0)
            fputs(truth_header(t), run->tables[t].out);
    }
    return r;
}

/* Where all went well they get their names; else there are none, for their scans would not be all
 * there. */
static int close_tables(struct run *run, int r, struct diag *d)
{
    for (int t = 0; t < TRUTH_TABLES; t++) {
        char *path = path_join(run->dir, truth_file(t));
        if (run->tables[t].out)
            r = pending_file_close(&run->tables[t], r, path ? path : truth_file(t), d);
        run->named[t] = r == 0;
        free(path);
    }
    return r;
}

/* After a failure: the folder is as it was, so that the same command can be given again. */
static void clear_folder(const struct run *run, struct diag *d)
{
    bool cleared = true;
    if (run->scans) {
        rewinddir(run->scans); /* not all file systems show what came after it was opened */
        for (struct dirent *e; (e = readdir(run->scans));)
            unlinkat(dirfd(run->scans), e->d_name, 0);
        cleared = rmdir(run->shop.scans) == 0;
    }
    for (int t = 0; t < TRUTH_TABLES; t++) {
        char *path = run->named[t] ? path_join(run->dir, truth_file(t)) : NULL;
        if (path)
            cleared &= remove(path) == 0;
        free(path);
    }
    if (run->made_dir)
        cleared &= rmdir(run->dir) == 0;
    if (!cleared)
        diag_warning(d, run->dir, 0, 0, _("remove it before the same command is given again"),
                     _("the folder could not be cleared: %s"), strerror(errno));
}

/* ---- preparation ---- */

static int prepare(struct run *run, const char *dir, struct diag *d)
{
    struct rng rng = rng_stream(run->shop.settings->seed, 0, 0, PURPOSE_WORKSHOP);
    char *scans = path_join(dir, "scans");
    run->dir = strdup(dir);
    run->shop.scans = scans;
    run->slots = calloc((size_t)run->shop.settings->n_sheets + 1, sizeof *run->slots);
    if (!scans || !run->dir || !run->slots)
        return YJ_ENOMEM;
    int r = print_shop_create(&run->shop.shop);
    if (r == 0)
        r = optics_noise_init(&run->shop.noise, &rng);
    if (r < 0)
        return r;
    pen_fill_tooth(run->shop.tooth, &rng);
    r = make_folders(run, d);
    return r == 0 ? open_tables(run, d) : r;
}

static void finish(struct run *run)
{
    for (int i = 0; run->slots && i < run->shop.settings->n_sheets; i++)
        for (int t = 0; t < TRUTH_TABLES; t++)
            free(run->slots[i].rows[t]);
    free(run->slots);
    if (run->scans)
        closedir(run->scans);
    free(run->dir);
    free((char *)run->shop.scans);
    print_shop_destroy(run->shop.shop);
    optics_noise_finish(&run->shop.noise);
    pthread_mutex_destroy(&run->lock);
}

static int check_settings(struct run *run, struct diag *d)
{
    const struct simulate_settings *s = run->shop.settings;
    int damage;
    int r = find_name(s->damage, simulate_damage_names(), _("unknown damage '%s'"), &damage, d);
    if (r == 0)
        r = find_name(s->manner, simulate_manner_names(), _("unknown manner '%s'"),
                      &run->shop.manner, d);
    /* "none" stands before the kinds */
    run->shop.damage = damage < 0 ? -1 : damage == 0 ? -2 : damage - 1;
    return r < 0 ? r : candidates_check(run->shop.exam, s->n_sheets, d);
}

int simulate_run(const struct exam *exam, const struct simulate_settings *settings, const char *dir,
                 void (*progress)(void *user, int done, int total), void *user, struct diag *d)
{
    struct run run = {
        .shop = {.exam = exam, .settings = settings}, .d = d, .progress = progress, .user = user};
    int r = check_settings(&run, d);
    if (r < 0)
        return r;
    if (pthread_mutex_init(&run.lock, NULL) != 0)
        return YJ_ENOMEM;
    r = prepare(&run, dir, d);
    if (r == 0)
        work_together(&run);
    r = close_tables(&run, r < 0 ? r : run.failed, d);
    if (r < 0)
        clear_folder(&run, d);
    finish(&run);
    return r;
}
