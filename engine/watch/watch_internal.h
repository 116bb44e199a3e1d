/* watch_internal.h - what watch.c (the loop) and watch_round.c (one round) share. */
#ifndef YJ_ENGINE_WATCH_INTERNAL_H
#define YJ_ENGINE_WATCH_INTERNAL_H

#include "inbox.h"
#include "inbox_events.h"
#include "watch.h"

struct diag;

#define WATCH_ALARMS_MAX 500
#define WATCH_AGAIN_AFTER 30.0 /* s after a fault */

struct watch {
    const struct watch_options *options;
    const struct exam *exam;
    struct exam *reloaded; /* NULL: the caller's is still in use */
    struct inbox inbox;
    struct inbox_events *events;
    struct watch_counts counts;
    double next_look;               /* s of the monotonic clock */
    bool blind;                     /* the last look found no folder that may be graded from */
    double first_unscored;          /* s: the oldest scan without a score; 0 none */
    double last_stored;             /* s */
    double scoring_took;            /* s, the last time */
    double retry_at;                /* s: after a fault; 0 none */
    double last_status;             /* s: when it was last told */
    bool wants_reload;              /* the exam is to be read again when the database is free */
    char *folder_trouble;           /* NULL none; of the folder, */
    char *fault;                    /* of a round or of scoring, */
    char *file_trouble;             /* of the last file that is let lie */
    char *alarms[WATCH_ALARMS_MAX]; /* that were told */
    size_t n_alarms;
};

double watch_now(void);
/* In watch.c. Texts that come from file names may hold any bytes: what is told is one line of
 * UTF-8.
 */
void watch_tell(const struct watch *w, enum watch_event event, const char *text);
void watch_tell_status(struct watch *w, long pages_in_hand);
/* Takes `text` (malloc'ed, or NULL) over as *trouble, and tells it where it is another one. */
void watch_note_trouble(struct watch *w, char **trouble, char *text);
/* The fault that d tells of: no round until a while later. */
void watch_note_fault(struct watch *w, int rc, const struct diag *d);
void watch_forget_fault(struct watch *w);

/* In watch_round.c. 1: files were graded; 0: none is complete; < 0: a fault, noted. */
int watch_run_round(struct watch *w);

#endif
