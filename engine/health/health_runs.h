/* health_runs.h - what comes in a run: alarms over the pages of a batch.
 *
 * Pages are told one after the other, in the order in which they were scanned; a defect that comes
 * on enough of the pages in a row is an alarm with its first page, its last and its place: one for
 * a run, however long. What is wrong with one page alone is an alarm (`run` false) only where it
 * touches a field. The same pages give the same alarms. docs/scan-health.md has the rules and why.
 * Knows neither the database nor any pixel. */
#ifndef YJ_ENGINE_HEALTH_RUNS_H
#define YJ_ENGINE_HEALTH_RUNS_H

#include "records.h"

enum alarm_kind {
    ALARM_STREAK,      /* dirt on the glass */
    ALARM_CREASE,      /* folded sheets */
    ALARM_CORNER,      /* a corner missing or folded over */
    ALARM_LIGHT_PRINT, /* toner */
    ALARM_BLUR,
    ALARM_EXPOSURE,   /* paper too dark, or print washed out */
    ALARM_WRONG_SIDE, /* empty sides where a form was expected */
    ALARM_DUPLICATE,  /* the same sheet scanned twice */
    ALARM_KINDS
};

const char *alarm_kind_name(enum alarm_kind kind);

/* A page as the runs see it. Strings are borrowed during the call. */
struct health_page {
    int64_t id;
    const char *batch;   /* "" none; scanners are told apart by it */
    int form, form_page; /* of the exam; -1: none fits */
    enum page_verdict verdict;
    int width, height; /* px */
    struct page_quality quality;
    const char *candidate; /* as its field reads for certain; "" not */
    int marked;            /* readings with something in them */
    struct page_health health;
};

struct health_alarm {
    enum alarm_kind kind;
    bool run;            /* of a run of pages; else of one page */
    int64_t first, last; /* page ids */
    int pages;           /* that show it */
    double place;        /* mm of the scan; NaN: none */
    const char *detail;  /* what was seen, and what to do */
};

struct health_runs;

int health_runs_create(struct health_runs **ret_runs);
void health_runs_destroy(struct health_runs *runs);
/* The next page of the database, whatever its batch. 0 or YJ_ENOMEM. */
int health_runs_add(struct health_runs *runs, const struct health_page *page);
/* After the last page: alarms in the order in which they begin, owned by `runs`. 0 or YJ_ENOMEM. */
int health_runs_end(struct health_runs *runs, const struct health_alarm **ret_alarms, int *ret_n);

#endif
