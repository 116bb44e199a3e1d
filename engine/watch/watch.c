/* watch.c - the loop: look, grade what is complete, score what waits, wait. */
#include "watch_internal.h"

#include "diag.h"
#include "grade.h"
#include "i18n.h"
#include "ingest.h"
#include "service.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DEFAULT_SETTLE 2.0
#define POLL_INTERVAL 2.0
#define EVENT_INTERVAL 30.0 /* a look even where no event came */
#define LOOK_AGAIN 0.2      /* s at least between looks, however many events come */
#define BUSY_AGAIN 2.0      /* s until a database that another run holds is asked for again */
#define SCORE_EVERY 60.0    /* s at most that stored scans wait for scores while others arrive, */
#define SCORE_SHARE 10.0    /* and at least so many times what scoring took */
#define SCORE_QUIET 1.0     /* s without a file after which scores are made */
#define SCORING_MAX 3600.0  /* s: no scoring takes longer; the watchdog waits for it */
#define STATUS_EVERY 10.0   /* s */

double watch_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool stopped(const struct watch *w)
{
    return w->options->stop && atomic_load(w->options->stop);
}

/* ---- what is told ---- */

/* One line that a terminal and a log can show; malloc'ed. */
static char *shown(const char *text)
{
    char *utf8 = scan_name_to_utf8(text), *line = utf8 ? malloc(4 * strlen(utf8) + 1) : NULL;
    char *out = line;
    for (const char *p = utf8; line && *p; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '\n')
            out += sprintf(out, "\\n");
        else if (c < 0x20 || c == 0x7f)
            out += sprintf(out, "\\x%02x", c);
        else
            *out++ = *p;
    }
    if (line)
        *out = '\0';
    free(utf8);
    return line;
}

void watch_tell(const struct watch *w, enum watch_event event, const char *text)
{
    char *line = shown(text);
    if (w->options->event && line)
        w->options->event(w->options->context, event, line);
    free(line);
}

static const char *first_trouble(const struct watch *w)
{
    return w->folder_trouble ? w->folder_trouble
           : w->fault        ? w->fault
           : w->file_trouble ? w->file_trouble
                             : "";
}

void watch_tell_status(struct watch *w, long pages_in_hand)
{
    char *trouble = shown(first_trouble(w));
    struct watch_counts counts = w->counts;
    counts.pages += pages_in_hand;
    counts.waiting = (int)w->inbox.n_files;
    counts.held = (int)inbox_count_held(&w->inbox);
    counts.passed_over = w->inbox.passed_over;
    counts.scores_wait = w->first_unscored > 0;
    counts.trouble = trouble ? trouble : "";
    if (w->options->status)
        w->options->status(w->options->context, &counts);
    w->last_status = watch_now();
    free(trouble);
}

/* ---- troubles: told once, tried again ---- */

void watch_note_trouble(struct watch *w, char **trouble, char *text)
{
    bool is_new = text && (!*trouble || strcmp(*trouble, text) != 0);
    free(*trouble);
    *trouble = text;
    if (is_new)
        watch_tell(w, WATCH_TROUBLE, text);
}

/* "key.csv:3:2: what; hint"; malloc'ed, NULL: no memory. */
static char *entry_text(const struct diag_entry *entry)
{
    char *text = NULL, where[64] = "";
    if (entry->file && entry->line > 0)
        snprintf(where, sizeof where, ":%d:%d", entry->line, entry->column);
    int n = asprintf(&text, "%s%s%s%s%s%s", entry->file ? entry->file : "", where,
                     entry->file ? ": " : "", entry->what, entry->hint ? "; " : "",
                     entry->hint ? entry->hint : "");
    return n < 0 ? NULL : text;
}

static char *error_of(const struct diag *d)
{
    for (size_t i = 0; i < d->count; i++)
        if (d->entries[i].level == DIAG_ERROR)
            return entry_text(&d->entries[i]);
    return NULL;
}

static void tell_warnings(const struct watch *w, const struct diag *d)
{
    for (size_t i = 0; i < d->count; i++) {
        char *text = d->entries[i].level == DIAG_ERROR ? NULL : entry_text(&d->entries[i]);
        if (text)
            watch_tell(w, WATCH_WARNING, text);
        free(text);
    }
}

void watch_note_fault(struct watch *w, int rc, const struct diag *d)
{
    char *text = error_of(d);
    if (!text)
        text = strdup(rc == YJ_ENOMEM ? _("out of memory") : _("the run failed"));
    watch_note_trouble(w, &w->fault, text);
    w->retry_at = watch_now() + (rc == YJ_EBUSY ? BUSY_AGAIN : WATCH_AGAIN_AFTER);
}

void watch_forget_fault(struct watch *w)
{
    free(w->fault);
    w->fault = NULL;
    w->retry_at = 0;
}

/* What the last look found wrong with the folder itself; `error`: its errno. True: it may be graded
 * from. */
static bool check_folder(struct watch *w, int error)
{
    char *text = NULL;
    int n = 0;
    bool claimed = error || inbox_claim(&w->inbox) == 0;
    if (error)
        n = asprintf(&text, _("the inbox '%s' cannot be read: %s"), w->inbox.path, strerror(error));
    else if (!claimed)
        n = asprintf(&text, _("another watch has the inbox '%s'"), w->inbox.path);
    else if (w->inbox.closed_folder)
        n = asprintf(&text, _("the folder '%s' in the inbox cannot be read: %s"),
                     w->inbox.closed_folder, strerror(w->inbox.closed_error));
    watch_note_trouble(w, &w->folder_trouble, n < 0 ? NULL : text);
    if (inbox_count_held(&w->inbox) == 0) {
        free(w->file_trouble);
        w->file_trouble = NULL;
    }
    return claimed && !error;
}

/* ---- scores, and what the scanner did in a run of pages ---- */

static bool was_told(const struct watch *w, const char *text)
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
    if (w->n_alarms == WATCH_ALARMS_MAX || was_told(w, text)) {
        free(text);
        return;
    }
    watch_tell(w, WATCH_ALARM, text);
    w->alarms[w->n_alarms++] = text;
}

/* Scores of all that is stored, by `exam`; *d is the caller's. */
static int make_scores(struct watch *w, const struct exam *exam, struct diag *d)
{
    struct grade_summary summary;
    const struct grade_options options = {
        .db_path = w->options->db_path, .batch = "", .jobs = 1, .alarm = note_alarm, .context = w};
    double began = watch_now();
    service_take_time(SCORING_MAX, began);
    int rc = grade_run(exam, &options, &summary, d);
    double ended = watch_now();
    service_take_time(0, ended);
    if (rc < 0)
        return rc;
    watch_forget_fault(w);
    w->first_unscored = 0;
    w->scoring_took = ended - began;
    return 0;
}

static int score(struct watch *w)
{
    struct diag d;
    diag_init(&d);
    int rc = make_scores(w, w->exam, &d);
    if (rc < 0)
        watch_note_fault(w, rc, &d);
    else
        watch_tell(w, WATCH_SCORED, "");
    diag_finish(&d);
    return rc;
}

static bool scores_are_due(const struct watch *w, bool busy)
{
    double now = watch_now(), longest = fmax(SCORE_EVERY, SCORE_SHARE * w->scoring_took);
    return w->first_unscored > 0 &&
           ((!busy && now - w->last_stored >= SCORE_QUIET) || now - w->first_unscored >= longest);
}

/* ---- the exam read again ---- */

/* A thread that never came back from reading a page may still use it. */
static void destroy_reloaded(struct watch *w)
{
    if (!w->options->lost || atomic_load(w->options->lost) == 0)
        exam_destroy(w->reloaded);
}

static void adopt(struct watch *w, struct exam *exam)
{
    destroy_reloaded(w);
    w->reloaded = exam;
    w->exam = exam;
    watch_tell(w, WATCH_RELOADED, "");
}

/* The new exam is in force once all that is stored has been scored by it: one that does not go with
 * what is stored (other forms) changes nothing. */
static void reload(struct watch *w)
{
    struct exam *exam = NULL;
    struct diag d;
    if (w->options->reload && atomic_exchange(w->options->reload, false))
        w->wants_reload = true;
    if (!w->wants_reload || w->retry_at > watch_now())
        return;
    diag_init(&d);
    int rc = exam_load(w->options->exam_path, &exam, &d);
    if (rc == 0)
        rc = make_scores(w, exam, &d);
    w->wants_reload = rc == YJ_EBUSY || rc == YJ_EIO || rc == YJ_ENOMEM;
    tell_warnings(w, &d);
    if (rc == 0) {
        adopt(w, exam);
    } else {
        char *text = error_of(&d), *told = NULL;
        exam_destroy(exam);
        if (w->wants_reload)
            watch_note_fault(w, rc, &d);
        else if (asprintf(&told, _("the exam stays as it was before, for it now has mistakes: %s"),
                          text ? text : "") >= 0)
            watch_tell(w, WATCH_TROUBLE, told);
        free(told);
        free(text);
    }
    diag_finish(&d);
    watch_tell_status(w, 0);
}

/* ---- the loop ---- */

static double interval(const struct watch *w)
{
    double usual = inbox_events_work(w->events) ? EVENT_INTERVAL : POLL_INTERVAL;
    return w->options->interval > 0 ? w->options->interval : usual;
}

/* A file whose time to settle is over is looked at once more before it is taken. True: what the
 * inbox holds may be graded. */
static bool look(struct watch *w)
{
    double now = watch_now(), next = inbox_patience(&w->inbox, now);
    int error = 0;
    if (now < w->next_look && (w->blind || next != 0))
        return false;
    if (inbox_look(&w->inbox, now, &error) < 0)
        error = ENOMEM;
    bool again = inbox_events_follow(w->events, &w->inbox);
    w->next_look = now + (again ? LOOK_AGAIN : interval(w));
    w->blind = !check_folder(w, error);
    if (w->blind)
        w->next_look = now + POLL_INTERVAL;
    return !w->blind;
}

static double patience(const struct watch *w)
{
    double now = watch_now(), wait = w->next_look - now;
    double next = inbox_patience(&w->inbox, now);

    if (next >= 0 && !w->blind)
        wait = fmin(wait, next);
    if (w->retry_at > now)
        wait = fmin(fmax(wait, BUSY_AGAIN / 4), w->retry_at - now);
    else if (w->first_unscored > 0)
        wait = fmin(wait, w->last_stored + SCORE_QUIET - now);
    return fmin(fmax(wait, 0.01), 1); /* a signal, and the watchdog, wait no longer */
}

/* One turn: look, grade what is complete, score what waits. 1: something was done; 0: nothing is to
 * be done now; < 0: a fault, noted. */
static int turn(struct watch *w)
{
    int rc = 0;
    if (w->retry_at > watch_now())
        return 0;
    if (look(w))
        rc = watch_run_round(w);
    if (rc >= 0 && !stopped(w) && scores_are_due(w, rc > 0)) {
        int scored = score(w);
        rc = scored < 0 ? scored : 1;
    }
    return rc;
}

/* With `once`: whether every file is gone, or is let lie. */
static bool is_emptied(const struct watch *w)
{
    return w->inbox.n_files == inbox_count_held(&w->inbox);
}

static void wait_for_news(struct watch *w)
{
    double began = watch_now();
    if (inbox_events_wait(w->events, patience(w)))
        w->next_look = fmin(w->next_look, fmax(began + LOOK_AGAIN, watch_now()));
}

/* Until stopped, or with `once` until the inbox is empty or a fault comes. */
static int run(struct watch *w)
{
    while (!stopped(w)) {
        reload(w);
        int rc = turn(w);
        service_keep_alive(watch_now());
        if (rc != 0 || watch_now() - w->last_status >= STATUS_EVERY)
            watch_tell_status(w, 0);
        if (w->options->once && rc < 0)
            return rc;
        if (rc > 0)
            continue;
        if (w->options->once && is_emptied(w))
            return w->folder_trouble ? YJ_EIO : 0;
        wait_for_news(w);
    }
    return 0;
}

/* What was stored last has no score yet. */
static int end(struct watch *w, int rc, struct diag *d)
{
    char *trouble = rc < 0 ? strdup(first_trouble(w)) : NULL;
    int scored = w->first_unscored > 0 && rc != YJ_ENOMEM ? score(w) : 0;
    if (rc < 0)
        rc = diag_error(d, rc, NULL, 0, 0, NULL, "%s", trouble ? trouble : "");
    else if (scored < 0)
        rc = diag_error(d, scored, NULL, 0, 0, _("run regrade"),
                        _("the last scores are missing: %s"), w->fault ? w->fault : "");
    free(trouble);
    return rc;
}

/* An exam that does not go with what is stored is a mistake of whoever starts; what may pass is
 * tried again. */
static int begin_scores(struct watch *w, struct diag *d)
{
    struct diag own;
    diag_init(&own);
    int rc = make_scores(w, w->exam, &own);
    bool is_final = rc == YJ_EINPUT || (rc < 0 && w->options->once);
    tell_warnings(w, &own);
    for (size_t i = 0; is_final && i < own.count; i++) {
        const struct diag_entry *e = &own.entries[i];
        if (e->level == DIAG_ERROR)
            diag_error(d, rc, e->file, e->line, e->column, e->hint, "%s", e->what);
    }
    if (rc < 0 && !is_final)
        watch_note_fault(w, rc, &own);
    diag_finish(&own);
    return is_final ? rc : 0;
}

/* The inbox must be there at the start, and the exam go with what is stored: a mistake is told to
 * whoever starts it. Scores that a killed run did not come to are made. */
static int begin(struct watch *w, struct diag *d)
{
    const struct watch_options *o = w->options;
    int error = 0, rc = inbox_look(&w->inbox, watch_now(), &error);
    if (rc == 0 && error)
        rc = diag_error(d, YJ_EINPUT, o->inbox, 0, 0, _("make the folder, or name another"),
                        _("cannot open '%s': %s"), o->inbox, strerror(error));
    if (rc == 0 && inbox_claim(&w->inbox) < 0)
        rc = diag_error(d, YJ_EBUSY, NULL, 0, 0, _("stop that one first"),
                        _("another watch has the inbox '%s'"), o->inbox);
    if (rc < 0)
        return rc;
    inbox_events_follow(w->events, &w->inbox);
    w->first_unscored = watch_now();
    return begin_scores(w, d);
}

static void finish(struct watch *w)
{
    inbox_events_destroy(w->events);
    inbox_finish(&w->inbox);
    for (size_t i = 0; i < w->n_alarms; i++)
        free(w->alarms[i]);
    free(w->folder_trouble);
    free(w->fault);
    free(w->file_trouble);
    destroy_reloaded(w);
}

int watch_run(const struct exam *exam, const struct watch_options *options,
              struct watch_counts *ret_counts, struct diag *d)
{
    struct watch w = {.options = options, .exam = exam, .counts = {.trouble = ""}};
    int rc = inbox_init(&w.inbox, options->inbox,
                        options->settle > 0 ? options->settle : DEFAULT_SETTLE);
    if (rc == 0)
        rc = inbox_events_create(options->poll, &w.events);
    if (rc == 0)
        rc = begin(&w, d);
    if (rc == 0) {
        service_notify("READY=1");
        watch_tell_status(&w, 0);
        rc = end(&w, run(&w), d);
        service_notify("STOPPING=1");
        inbox_look(&w.inbox, watch_now(), NULL);
        watch_tell_status(&w, 0);
        w.counts.waiting = (int)w.inbox.n_files;
        w.counts.held = (int)inbox_count_held(&w.inbox);
        w.counts.passed_over = w.inbox.passed_over;
        w.counts.trouble = "";
        *ret_counts = w.counts;
    }
    finish(&w);
    return rc == YJ_ENOMEM ? diag_error(d, rc, NULL, 0, 0, NULL, _("out of memory")) : rc;
}
