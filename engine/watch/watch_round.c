/* watch_round.c - the files that are complete are graded and moved. */
#include "watch_internal.h"

#include "diag.h"
#include "grade.h"
#include "i18n.h"
#include "ingest.h"
#include "service.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUND_FILES 500         /* at most: what a kill leaves stored and unmoved */
#define ROUND_BYTES (256 << 20) /* beyond which no further file is taken: a few minutes' work */
#define STATUS_EVERY 2.0        /* s, during a round */

/* What a round knows of each of its files. */
struct round_file {
    char *name;
    struct inbox_stamp stamp; /* when it was taken */
    bool seen;                /* an outcome was told */
    bool alone;               /* no other outcome comes */
    enum grade_fate fate;
    char *why; /* NULL none */
};

struct round {
    struct watch *watch;
    struct round_file *files;
    size_t n;
    size_t last; /* the last file that an outcome was told of */
    bool any;
    bool stored; /* something new, so that scores are to be made */
};

/* ---- what is told during the round ---- */

static char *joined_reason(const struct round_file *file, const struct grade_outcome *outcome)
{
    char *why = NULL;
    int n = outcome->fate == FATE_DUPLICATE
                ? asprintf(&why, _("the same bytes as '%s'"), outcome->detail)
            : outcome->alone ? asprintf(&why, "%s", outcome->detail)
                             : asprintf(&why, "%s%s%s: %s", file->why ? file->why : "",
                                        file->why ? "\n" : "", outcome->path, outcome->detail);
    return n < 0 ? NULL : why;
}

/* On the writer's thread, while the loop waits in grade_run. The worst fate of an archive's members
 * is the archive's; it is new where one of them is. */
static void note_outcome(void *context, const struct grade_outcome *outcome)
{
    static const int weight[] = {[FATE_KNOWN] = 0,
                                 [FATE_DUPLICATE] = 1,
                                 [FATE_STORED] = 2,
                                 [FATE_UNREADABLE] = 3,
                                 [FATE_UNAVAILABLE] = 4};
    struct round *round = context;
    struct round_file *file = &round->files[outcome->argument];

    round->last = outcome->argument;
    round->any = true;
    round->stored |= outcome->fate != FATE_KNOWN && outcome->fate != FATE_UNAVAILABLE;
    file->alone = outcome->alone;
    if (outcome->fate >= FATE_UNREADABLE || (outcome->fate == FATE_DUPLICATE && !file->why)) {
        char *why = joined_reason(file, outcome);
        if (why) {
            free(file->why);
            file->why = why;
        }
    }
    if (!file->seen || weight[outcome->fate] > weight[file->fate])
        file->fate = outcome->fate;
    file->seen = true;
}

/* On the loop's own thread, a few times a second. */
static void note_progress(void *context, const struct grade_progress *progress)
{
    struct round *round = context;
    double now = watch_now();
    service_keep_alive(now);
    if (now - round->watch->last_status >= STATUS_EVERY)
        watch_tell_status(round->watch, progress->pages_done);
}

/* ---- moving ---- */

struct destination {
    const char *where, *why; /* why: NULL none */
    long *count;
};

/* A file that is known is either one that was stored before a kill and not moved, or one that came
 * again: that is the one of which done/ holds the bytes already. */
static struct destination destination_of(struct watch *w, const struct round_file *file)
{
    if (!file->seen || file->fate == FATE_UNREADABLE)
        return (struct destination){INBOX_FAILED, file->why ? file->why : _("it holds no scan"),
                                    &w->counts.failed};
    if (file->fate == FATE_DUPLICATE ||
        (file->fate == FATE_KNOWN && inbox_has_copy(&w->inbox, INBOX_DONE, file->name)))
        return (struct destination){INBOX_DUPLICATE,
                                    file->why ? file->why : _("the same scan was graded before"),
                                    &w->counts.duplicate};
    return (struct destination){INBOX_DONE, NULL, &w->counts.done};
}

/* It stays where it is, and is tried again; told once. */
static void hold(struct watch *w, const char *name, char *text)
{
    if (text && inbox_hold(&w->inbox, name, watch_now() + WATCH_AGAIN_AFTER)) {
        free(w->file_trouble);
        w->file_trouble = NULL;
        watch_note_trouble(w, &w->file_trouble, text);
        return;
    }
    free(text);
}

static void tell_moved(struct watch *w, const char *to, const char *why)
{
    char *text = NULL;
    const char *name = to + strlen(w->inbox.path) + 1;
    int n = why ? asprintf(&text, "%s: %.*s", name, (int)strcspn(why, "\n"), why)
                : asprintf(&text, "%s", name);
    if (n >= 0)
        watch_tell(w, WATCH_MOVED, text);
    if (n >= 0)
        free(text);
}

static void move_file(struct watch *w, const struct round_file *file)
{
    struct destination d = destination_of(w, file);
    char *to = NULL, *text = NULL;
    int rc = inbox_move(&w->inbox, file->name, &file->stamp, d.where, d.why, &to), error = errno;

    if (rc == 0) {
        ++*d.count;
        tell_moved(w, to, d.why);
    } else if (rc == YJ_EIO && error != ENOENT && /* ENOENT: somebody took it: it is stored */
               asprintf(&text, _("'%s' is graded and cannot be moved to %s/: %s"), file->name,
                        d.where, strerror(error)) >= 0) {
        hold(w, file->name, text);
    } /* YJ_EBUSY: it was written to meanwhile, and comes again */
    free(to);
}

static void settle_file(struct watch *w, const struct round_file *file)
{
    char *text = NULL;
    if (!file->seen || file->fate != FATE_UNAVAILABLE) {
        move_file(w, file);
    } else if (asprintf(&text, _("'%s' stays in the inbox and is tried again: %s"), file->name,
                        file->why ? file->why : "") >= 0) {
        hold(w, file->name, text);
    }
}

/* What was committed is moved: all files of a whole run, of another one those before the last that
 * was told of, and that one where it is no archive, which may have more members. */
static void move_files(struct watch *w, const struct round *round, bool whole)
{
    for (size_t i = 0; i < round->n; i++)
        if (whole ||
            (round->any && (i < round->last || (i == round->last && round->files[i].alone))))
            settle_file(w, &round->files[i]);
}

/* ---- the round ---- */

static bool same_batch(const char *a, const char *b)
{
    size_t length = inbox_batch_length(a);
    return inbox_batch_length(b) == length && strncmp(a, b, length) == 0;
}

/* Complete, and nobody has it open to write: else its time to settle begins anew. */
static bool take(struct watch *w, struct inbox_file *file, double now)
{
    if (!inbox_is_complete(&w->inbox, file, now))
        return false;
    if (!inbox_is_being_written(&w->inbox, file->name))
        return true;
    file->changed = now;
    file->closed = false;
    return false;
}

/* Files of one folder that are complete, in the order of their names. 0 or YJ_ENOMEM. */
static int gather(struct watch *w, struct round *round)
{
    double now = watch_now();
    uint64_t bytes = 0;

    round->files = calloc(ROUND_FILES, sizeof *round->files);
    if (!round->files)
        return YJ_ENOMEM;
    for (size_t i = 0; i < w->inbox.n_files && round->n < ROUND_FILES && bytes < ROUND_BYTES; i++) {
        struct inbox_file *file = &w->inbox.files[i];
        if ((round->n > 0 && !same_batch(round->files[0].name, file->name)) || !take(w, file, now))
            continue;
        round->files[round->n] =
            (struct round_file){.name = strdup(file->name), .stamp = file->stamp};
        if (!round->files[round->n++].name)
            return YJ_ENOMEM;
        bytes += file->stamp.size;
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

static void forget_paths(char **paths, size_t n)
{
    for (size_t i = 0; paths && i < n; i++)
        free(paths[i]);
    free(paths);
}

static char **paths_of(const struct watch *w, const struct round *round)
{
    char **paths = calloc(round->n, sizeof *paths);
    for (size_t i = 0; paths && i < round->n; i++)
        if (asprintf(&paths[i], "%s/%s", w->inbox.path, round->files[i].name) < 0) {
            paths[i] = NULL;
            forget_paths(paths, i);
            return NULL;
        }
    return paths;
}

/* Before anything is graded: what cannot be moved afterwards would be graded again and again. */
static int prepare(struct watch *w, struct diag *d)
{
    int rc = inbox_prepare(&w->inbox);
    return rc == YJ_EIO ? diag_error(d, rc, NULL, 0, 0, NULL,
                                     _("files cannot be moved within the inbox '%s': %s"),
                                     w->inbox.path, strerror(errno))
                        : rc;
}

static int grade_paths(struct watch *w, struct round *round, char **paths, const char *batch,
                       struct diag *d)
{
    const struct watch_options *o = w->options;
    struct grade_summary summary = {0};
    const struct grade_options options = {.paths = (const char *const *)paths,
                                          .n_paths = round->n,
                                          .db_path = o->db_path,
                                          .batch = batch,
                                          .jobs = o->jobs,
                                          .progress = note_progress,
                                          .outcome = note_outcome,
                                          .context = round,
                                          .defer_scores = true,
                                          .arrivals = true,
                                          .sandbox = o->sandbox,
                                          .lost = o->lost,
                                          .page_seconds = o->page_seconds,
                                          .stop = o->stop};
    int rc = grade_run(w->exam, &options, &summary, d);
    if (round->stored) {
        w->last_stored = watch_now();
        w->first_unscored = w->first_unscored > 0 ? w->first_unscored : w->last_stored;
        w->counts.last_graded = (double)time(NULL);
    }
    w->counts.pages += summary.pages;
    move_files(w, round, rc == 0 && !summary.interrupted);
    return rc;
}

/* The name of the folder below the inbox, whose bytes may be of any encoding; malloc'ed. */
static char *batch_of(const struct watch *w, const char *name)
{
    size_t length = inbox_batch_length(name);
    char *folder = length ? strndup(name, length) : NULL;
    char *batch = folder ? scan_name_to_utf8(folder) : strdup(w->options->batch);
    free(folder);
    return batch;
}

static int grade_files(struct watch *w, struct round *round)
{
    struct diag d; /* of this round: what it tells of files goes beside them */
    char *batch = batch_of(w, round->files[0].name);
    char **paths = paths_of(w, round);

    diag_init(&d);
    int rc = batch && paths ? prepare(w, &d) : YJ_ENOMEM;
    if (rc == 0)
        rc = grade_paths(w, round, paths, batch, &d);
    if (rc == 0)
        watch_forget_fault(w);
    else
        watch_note_fault(w, rc, &d);
    diag_finish(&d);
    forget_paths(paths, round->n);
    free(batch);
    return rc;
}

int watch_run_round(struct watch *w)
{
    struct round round = {.watch = w};
    int rc = gather(w, &round);
    bool some = rc == 0 && round.n > 0;
    if (some)
        rc = grade_files(w, &round);
    if (some)
        w->next_look = 0; /* what was moved is no longer there */
    forget_round(&round);
    return rc < 0 ? rc : some;
}
