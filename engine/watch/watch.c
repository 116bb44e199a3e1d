#include "watch.h"

#include "diag.h"
#include "grade.h"
#include "i18n.h"
#include "inbox.h"
#include "inbox_events.h"
#include "service.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_SETTLE 2.0
#define POLL_INTERVAL 2.0
#define EVENT_INTERVAL 30.0 /* a look even where no event came */
#define AGAIN_AFTER 30.0    /* s after a fault */
#define ROUND_MAX 500       /* files: what a round leaves unmoved after a kill */
#define SCORE_EVERY 60.0    /* s at most that stored scans wait for scores while others arrive */
#define ALARMS_MAX 500
#define SCORE_QUIET 1.0 /* s without a file after which scores are made */

struct watch {
    const struct watch_options *options;
    const struct exam *exam;
    struct exam *reloaded; /* NULL: the caller's is still in use */
    struct inbox inbox;
    struct inbox_events *events;
    struct watch_counts counts;
    double first_unscored; /* s of the monotonic clock: the oldest scan without a score; 0 none */
    double last_stored;
    double retry_at; /* after a fault; 0 none */
    char trouble[512];
    char *alarms[ALARMS_MAX]; /* that were told */
    size_t n_alarms;
};

/* What a round knows of each of its files. */
struct round_file {
    char *name;
    bool seen; /* an outcome was told */
    enum grade_fate fate;
    char *why; /* NULL none */
};

struct round {
    struct round_file *files;
    size_t n;
    size_t last; /* the last file that an outcome was told of */
    bool any;
};

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool stopped(const struct watch *w)
{
    return w->options->stop && atomic_load(w->options->stop);
}

static void tell(const struct watch *w, enum watch_event event, const char *text)
{
    if (w->options->event)
        w->options->event(w->options->context, event, text);
}

static void tell_status(struct watch *w)
{
    w->counts.waiting = (int)w->inbox.n_files;
    w->counts.scores_wait = w->first_unscored > 0;
    w->counts.trouble = w->trouble;
    if (w->options->status)
        w->options->status(w->options->context, &w->counts);
}

/* ---- troubles: told once, tried again ---- */

static void note_trouble(struct watch *w, const char *what)
{
    if (strcmp(w->trouble, what) != 0) {
        snprintf(w->trouble, sizeof w->trouble, "%s", what);
        tell(w, WATCH_TROUBLE, w->trouble);
    }
    w->retry_at = now_s() + AGAIN_AFTER;
}

static void note_fault(struct watch *w, const struct diag *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->entries[i].level == DIAG_ERROR) {
            note_trouble(w, d->entries[i].what);
            return;
        }
    note_trouble(w, _("the round failed"));
}

static void forget_trouble(struct watch *w)
{
    w->trouble[0] = '\0';
    w->retry_at = 0;
}

/* ---- a round ---- */

/* On the writer's thread, while the loop waits in grade_run. The worst fate of an archive's members
 * is the archive's; it is new where one of them is. */
static void note_outcome(void *context, const struct grade_outcome *outcome)
{
    struct round *round = context;
    struct round_file *file = &round->files[outcome->argument];
    static const int weight[] = {
        [FATE_KNOWN] = 0, [FATE_DUPLICATE] = 1, [FATE_STORED] = 2, [FATE_UNREADABLE] = 3};

    round->last = outcome->argument;
    round->any = true;
    if (outcome->fate == FATE_UNREADABLE || (outcome->fate == FATE_DUPLICATE && !file->why)) {
        char *why = NULL;
        int n = outcome->fate == FATE_DUPLICATE
                    ? asprintf(&why, _("the same bytes as '%s'"), outcome->detail)
                    : asprintf(&why, "%s%s%s: %s", file->why ? file->why : "",
                               file->why ? "\n" : "", outcome->path, outcome->detail);
        if (n >= 0) {
            free(file->why);
            file->why = why;
        }
    }
    if (!file->seen || weight[outcome->fate] > weight[file->fate])
        file->fate = outcome->fate;
    file->seen = true;
}

static void move_file(struct watch *w, const struct round_file *file)
{
    const char *where = INBOX_DONE, *why = NULL;
    long *count = &w->counts.done;
    char *to = NULL, *text = NULL;

    if (!file->seen || file->fate == FATE_UNREADABLE) {
        where = INBOX_FAILED;
        why = file->why ? file->why : _("it holds no scan");
        count = &w->counts.failed;
    } else if (file->fate == FATE_DUPLICATE ||
               (file->fate == FATE_KNOWN && inbox_has_in(&w->inbox, INBOX_DONE, file->name))) {
        where = INBOX_DUPLICATE;
        why = file->why ? file->why : _("the same scan was graded before");
        count = &w->counts.duplicate;
    }
    if (inbox_move(&w->inbox, file->name, where, why, &to) < 0) {
        int error = errno;
        if (error == ENOENT) /* somebody took it away: it is stored */
            return;
        if (asprintf(&text, _("cannot move '%s' to %s/: %s"), file->name, where, strerror(error)) >=
            0)
            note_trouble(w, text);
        free(text);
        return;
    }
    ++*count;
    if (asprintf(&text, "%s%s%s", to + strlen(w->inbox.path) + 1, why ? ": " : "",
                 why ? why : "") >= 0)
        tell(w, WATCH_MOVED, text);
    free(text);
    free(to);
}

/* Files of one folder that are complete, in the order of their names. 0 or YJ_ENOMEM. */
static int gather(const struct watch *w, struct round *round)
{
    double now = now_s();
    const char *first = NULL;

    round->files = calloc(ROUND_MAX, sizeof *round->files);
    if (!round->files)
        return YJ_ENOMEM;
    for (size_t i = 0; i < w->inbox.n_files && round->n < ROUND_MAX; i++) {
        const struct inbox_file *file = &w->inbox.files[i];
        if (!inbox_is_complete(&w->inbox, file, now))
            continue;
        size_t length = inbox_batch_length(file->name);
        if (first && (inbox_batch_length(first) != length || strncmp(first, file->name, length)))
            continue;
        first = file->name;
        round->files[round->n].name = strdup(file->name);
        if (!round->files[round->n++].name)
            return YJ_ENOMEM;
    }
    return 0;
}

static void forget_round(struct round *round)
{
    for (size_t i = 0; round->files && i < round->n; i++) {
        free(round->files[i].name);
        free(round->files[i].why);
    }
    free(round->files);
}

static char **paths_of(const struct watch *w, struct round *round)
{
    char **paths = calloc(round->n + 1, sizeof *paths);
    size_t kept = 0;
    for (size_t i = 0; paths && i < round->n; i++) {
        char *path = NULL;
        if (asprintf(&path, "%s/%s", w->inbox.path, round->files[i].name) < 0)
            continue;
        if (access(path, F_OK) != 0) { /* gone since the look: nothing is lost that was ours */
            free(path);
            free(round->files[i].name);
            continue;
        }
        round->files[kept] = round->files[i];
        paths[kept++] = path;
    }
    round->n = paths ? kept : round->n;
    return paths;
}

static void forget_paths(char **paths, size_t n)
{
    for (size_t i = 0; paths && i < n; i++)
        free(paths[i]);
    free(paths);
}

/* What was committed is moved: all files of a whole run, of another one those before the last that
 * was told of, since an archive may have more members. */
static void move_files(struct watch *w, const struct round *round, bool whole)
{
    for (size_t i = 0; i < round->n; i++)
        if (whole || (round->any && i < round->last))
            move_file(w, &round->files[i]);
}

static int grade_files(struct watch *w, struct round *round)
{
    const struct watch_options *o = w->options;
    struct grade_summary summary = {0};
    struct diag d; /* of this round: what it tells of files goes beside them */
    size_t length = inbox_batch_length(round->files[0].name);
    char *batch = length ? strndup(round->files[0].name, length) : strdup(o->batch);
    char **paths = paths_of(w, round);
    int rc = batch && paths ? 0 : YJ_ENOMEM;

    diag_init(&d);
    if (rc == 0 && round->n > 0) {
        const struct grade_options options = {.paths = (const char *const *)paths,
                                              .n_paths = round->n,
                                              .db_path = o->db_path,
                                              .batch = batch,
                                              .jobs = o->jobs,
                                              .outcome = note_outcome,
                                              .context = round,
                                              .defer_scores = true,
                                              .stop = o->stop};
        rc = grade_run(w->exam, &options, &summary, &d);
        if (round->any) {
            w->last_stored = now_s();
            w->first_unscored = w->first_unscored > 0 ? w->first_unscored : w->last_stored;
            w->counts.last_graded = (double)time(NULL);
        }
        forget_trouble(w);
        move_files(w, round, rc == 0 && !summary.interrupted);
        w->counts.pages += summary.pages;
    }
    if (rc < 0)
        note_fault(w, &d);
    diag_finish(&d);
    forget_paths(paths, round->n);
    free(batch);
    return rc;
}

/* 1: files were graded; 0: none is complete; < 0 fault, noted. */
static int run_round(struct watch *w)
{
    struct round round = {0};
    int rc = gather(w, &round);
    bool some = rc == 0 && round.n > 0;
    if (some)
        rc = grade_files(w, &round);
    forget_round(&round);
    return rc < 0 ? rc : some;
}

/* ---- scores, and what the scanner did in a run of pages ---- */

static bool was_told(struct watch *w, const char *text)
{
    for (size_t i = 0; i < w->n_alarms; i++)
        if (strcmp(w->alarms[i], text) == 0)
            return true;
    return false;
}

/* Alarms are made anew with the scores: each is told once. */
static void note_alarm(void *context, const struct grade_alarm *alarm)
{
    struct watch *w = context;
    char *text = NULL;
    if (asprintf(&text, "%s:%d: %s", alarm->scan, alarm->page, alarm->detail) < 0)
        return;
    if (w->n_alarms == ALARMS_MAX || was_told(w, text)) {
        free(text);
        return;
    }
    tell(w, WATCH_ALARM, text);
    w->alarms[w->n_alarms++] = text;
}

static int make_scores(struct watch *w)
{
    struct grade_summary summary;
    struct diag d;
    const struct grade_options options = {
        .db_path = w->options->db_path, .batch = "", .jobs = 1, .alarm = note_alarm, .context = w};
    diag_init(&d);
    int rc = grade_run(w->exam, &options, &summary, &d);
    if (rc == 0) {
        forget_trouble(w);
        w->first_unscored = 0;
        tell(w, WATCH_SCORED, "");
    } else {
        note_fault(w, &d);
    }
    diag_finish(&d);
    return rc;
}

/* ---- the loop ---- */

static void reload(struct watch *w)
{
    struct exam *exam = NULL;
    struct diag d;
    if (!w->options->reload || !atomic_exchange(w->options->reload, false))
        return;
    diag_init(&d);
    if (exam_load(w->options->exam_path, &exam, &d) == 0) {
        exam_destroy(w->reloaded);
        w->reloaded = exam;
        w->exam = exam;
        w->first_unscored = w->first_unscored > 0 ? w->first_unscored : now_s();
        tell(w, WATCH_RELOADED, "");
    } else {
        char *text = NULL;
        const char *what = d.count ? d.entries[0].what : "";
        if (asprintf(&text, _("the exam is read as before, for as it is now it has mistakes: %s"),
                     what) >= 0)
            tell(w, WATCH_TROUBLE, text);
        free(text);
    }
    diag_finish(&d);
}

static void keep_watch_of_folder(struct watch *w, int error)
{
    char *text = NULL;
    if (!error)
        return;
    if (asprintf(&text, _("the inbox '%s' cannot be read: %s"), w->inbox.path, strerror(error)) >=
        0)
        note_trouble(w, text);
    w->retry_at = 0; /* the next look tells */
    free(text);
}

static double patience(const struct watch *w)
{
    const struct watch_options *o = w->options;
    double usual = inbox_events_work(w->events) ? EVENT_INTERVAL : POLL_INTERVAL;
    double now = now_s(), wait = o->interval > 0 ? o->interval : usual;
    double next = inbox_patience(&w->inbox, now);

    if (next >= 0)
        wait = fmin(wait, next);
    if (w->retry_at > now)
        wait = fmin(fmax(wait, 0.5), w->retry_at - now);
    if (w->first_unscored > 0)
        wait = fmin(wait, fmax(0, w->last_stored + SCORE_QUIET - now));
    return fmin(fmax(wait, 0.05), 1); /* a signal, and the watchdog, wait no longer */
}

static bool scores_are_due(const struct watch *w, bool busy)
{
    double now = now_s();
    return w->first_unscored > 0 && ((!busy && now - w->last_stored >= SCORE_QUIET) ||
                                     now - w->first_unscored >= SCORE_EVERY);
}

/* One turn: look, grade what is complete, score what waits. 1: something was done. */
static int turn(struct watch *w)
{
    int error = 0, rc = inbox_look(&w->inbox, now_s(), &error);
    if (rc < 0)
        return rc;
    inbox_events_follow(w->events, &w->inbox);
    keep_watch_of_folder(w, error);
    if (!error && w->inbox.missing == false && w->retry_at == 0 && w->trouble[0])
        forget_trouble(w);
    if (w->retry_at > now_s())
        return 0;
    rc = run_round(w);
    if (rc >= 0 && scores_are_due(w, rc > 0)) {
        int scored = make_scores(w);
        rc = scored < 0 ? scored : 1;
    }
    return rc;
}

static int run(struct watch *w, struct diag *d)
{
    int rc = 0;
    w->first_unscored = now_s(); /* of a run that was killed before it made them */
    while (!stopped(w)) {
        reload(w);
        rc = turn(w);
        service_keep_alive(now_s());
        if (rc != 0)
            tell_status(w);
        if (w->options->once && (rc < 0 || w->retry_at > 0)) {
            rc = rc < 0 ? rc : YJ_EIO;
            break;
        }
        if (rc > 0)
            continue;
        if (w->options->once && w->inbox.n_files == 0)
            break;
        if (inbox_events_wait(w->events, &w->inbox, patience(w)))
            tell_status(w);
    }
    int scored = w->first_unscored > 0 ? make_scores(w) : 0;
    rc = rc < 0 && w->options->once ? rc : scored;
    return rc < 0 ? diag_error(d, rc, NULL, 0, 0, NULL, "%s", w->trouble) : 0;
}

int watch_run(const struct exam *exam, const struct watch_options *options,
              struct watch_counts *ret_counts, struct diag *d)
{
    struct watch w = {.options = options, .exam = exam, .counts = {.trouble = ""}};
    double settle = options->settle > 0 ? options->settle : DEFAULT_SETTLE;
    int error = 0, rc = inbox_init(&w.inbox, options->inbox, settle);

    if (rc == 0)
        rc = inbox_events_create(options->poll, &w.events);
    if (rc == 0)
        rc = inbox_look(&w.inbox, now_s(), &error);
    if (rc == 0 && error)
        rc = diag_error(d, YJ_EINPUT, options->inbox, 0, 0, _("make the folder, or name another"),
                        _("cannot open '%s': %s"), options->inbox, strerror(error));
    if (rc == 0) {
        service_notify("READY=1");
        tell_status(&w);
        rc = run(&w, d);
        service_notify("STOPPING=1");
        tell_status(&w);
        w.counts.trouble = "";
        *ret_counts = w.counts;
    }
    inbox_events_destroy(w.events);
    inbox_finish(&w.inbox);
    for (size_t i = 0; i < w.n_alarms; i++)
        free(w.alarms[i]);
    exam_destroy(w.reloaded);
    return rc == YJ_ENOMEM ? diag_error(d, rc, NULL, 0, 0, NULL, _("out of memory")) : rc;
}
