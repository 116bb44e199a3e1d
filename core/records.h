/* records.h - what the stages hand to each other: small records, no pixels.
 *
 * A worker fills a page_record; everything it points to lives in the slot's arena until the writer
 * has stored it. Strings are UTF-8 and never NULL unless said. */
#ifndef YJ_CORE_RECORDS_H
#define YJ_CORE_RECORDS_H

#include "geometry.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_HASH_SIZE 32 /* SHA-256 of the scan's bytes */

enum reading_status {
    READING_OK,
    READING_BLANK,
    READING_MULTIPLE,  /* more marks than the field allows */
    READING_UNCERTAIN, /* a person must look */
    READING_UNREAD,    /* the page's verdict kept it from being read */
};

/* A picture of a field for a person: 8-bit grey rows, deflated by zlib. */
struct crop {
    const uint8_t *deflated; /* NULL: no crop */
    size_t size;
    int width, height; /* px */
};

struct reading {
    int field;         /* index into the form's fields */
    const char *value; /* options joined, or digits or text; "" is blank */
    enum reading_status status;
    double confidence;    /* 0 to 1: that value is what the candidate meant */
    const char *evidence; /* compact JSON: what each bubble showed (docs/schema.md); "" none */
    struct crop crop;
};

enum exception_kind {
    EXCEPTION_UNREADABLE_FILE,
    EXCEPTION_NO_REGISTRATION,
    EXCEPTION_UNKNOWN_FORM,
    EXCEPTION_UNKNOWN_CANDIDATE,
    EXCEPTION_DUPLICATE_CANDIDATE,
    EXCEPTION_MISSING_PAGE,
    EXCEPTION_BLANK_SHEET,
    EXCEPTION_UNCERTAIN_READING,
    EXCEPTION_MULTIPLE_MARKS,
    EXCEPTION_SCAN_QUALITY,
    EXCEPTION_ABSENT_MARK,
    EXCEPTION_UNKNOWN_VERSION,
    EXCEPTION_KINDS
};

struct exception {
    enum exception_kind kind;
    const char *detail; /* which field, what was seen, what to do */
    int field;          /* of the form, from 1: whose reading it is of; 0: of none */
};

enum page_verdict {
    PAGE_READ,            /* registered and read */
    PAGE_UNREADABLE,      /* its bytes are no image */
    PAGE_NO_REGISTRATION, /* no form's marks were found, or the residual is too large */
    PAGE_UNKNOWN_FORM,    /* marks found, but what is printed is no form of this exam */
};

enum stage { STAGE_DECODE, STAGE_REGISTER, STAGE_READ, STAGE_SCORE, STAGE_STORE, STAGES };

struct page_quality {
    double dpi;       /* as the transform says */
    double skew;      /* degrees clockwise, -180 to 180; upside down is 180 */
    double contrast;  /* (paper - ink) / 255, of the printed outlines */
    double paper;     /* grey of the paper, 0 to 255 */
    double sharpness; /* 10-90 % rise of printed edges, in mm; larger is more blurred */
};

/* ---- scan health: what the scanner did to the page (docs/scan-health.md) ---- */

/* Whether a page on which no form was found holds print at all. */
enum page_side {
    SIDE_PRINTED,
    SIDE_BLANK,
    SIDE_SHOW_THROUGH, /* nothing but what shines through from the other side */
};

#define HEALTH_MAX_LINES 6
#define HEALTH_CELLS 96
#define HEALTH_TOUCHES_MAX 96 /* bytes */

/* A thin straight line over the whole paper, from edge to edge, which no form prints: dirt on the
 * glass or a crease. */
struct page_line {
    bool across;    /* along the image's rows; else along its columns */
    bool light;     /* than the paper; else darker */
    double at;      /* mm of the scan: from its left edge (across: its top edge) to the middle */
    double lean;    /* mm that it moves to the right (down) from its first end to its other */
    double depth;   /* grey levels off the paper, of half a millimetre about it */
    char form_axis; /* 'x' or 'y': what form_at counts along; 0: no form was laid on the page */
    double form_at; /* mm of the form */
    char touches[HEALTH_TOUCHES_MAX]; /* fields whose bubbles it crosses, "q1 q2"; "" none */
};

struct page_health {
    bool measured;
    double dpi; /* that the millimetres of the scan are counted by */
    enum page_side side;
    double paper;   /* grey of the paper, 0 to 255 */
    double clipped; /* share of the paper that is pure white, 0 to 1 */
    double rise;    /* mm that edges take from 10 to 90 % of their step; 0: too few to say */
    bool bitonal;   /* nothing between black and white: exposure says nothing */
    struct page_line lines[HEALTH_MAX_LINES];
    int n_lines;
    /* The corner of the paper that is missing or folded over. */
    int corner;         /* enum mark_corner of the form; -1: none is */
    double corner_size; /* mm along the paper's edges */
    char corner_touches[HEALTH_TOUCHES_MAX];
    /* How dark the bubbles are, in form order, gathered into cells: the same sheet scanned again
     * shows the same. */
    bool has_fingerprint;
    uint8_t fingerprint[HEALTH_CELLS];
};

struct page_record {
    int number; /* within the scan, from 1 */
    enum page_verdict verdict;
    int form;                    /* index into the exam's forms; -1: none fits */
    int form_page;               /* index into the form's pages; -1 */
    int width, height;           /* px as decoded */
    struct homography transform; /* mm -> px */
    double residual;             /* mm */
    double fit; /* 0 to 1: share of the printed outlines found where the form has them */
    struct page_quality quality;
    struct page_health health;
    const char *sheet;        /* serial number from the page's identity; "" none */
    struct reading *readings; /* fields of this page, form order */
    int n_readings;
    struct exception *exceptions;
    int n_exceptions;
    double cpu_ms[STAGES]; /* thread CPU time */
};

/* ---- reconciliation: everybody on the roster is somewhere ---- */

/* candidates = scored + pending + absent + voided + waiting, always. */
struct roster_counts {
    int candidates;                      /* on the roster; -1: there is none */
    int scored, pending, absent, voided; /* pending where one of several sheets is */
    int waiting;                         /* have no score yet: scores are older than the roster */
    int others;                          /* score rows of nobody on it */
};

/* ---- alarms: what comes in a run of pages (docs/scan-health.md) ---- */

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

/* A stored page, as alarms are made of it. */
struct health_page {
    int64_t id;
    const char *scan;
    int number;
    const char *batch;   /* "" none; scanners are told apart by it */
    int form, form_page; /* of the exam, form_page of the form; -1: none fits */
    enum page_verdict verdict;
    int width, height; /* px */
    struct page_quality quality;
    const char *candidate; /* as its field reads for certain; "" not */
    int marked;            /* readings with something in them */
    struct page_health health;
};

struct health_alarm {
    enum alarm_kind kind;
    bool run;            /* of a run of pages, for the office; else of one page */
    int64_t first, last; /* ids of pages */
    int pages;           /* that show it */
    double place;        /* mm of the scan; NaN: none */
    const char *detail;  /* what was seen, and what to do */
};

struct scan_record {
    const char *path; /* as given; a ZIP member as "archive.zip/member" */
    uint8_t hash[SCAN_HASH_SIZE];
    uint64_t bytes;
    const char *problem; /* why the file as a whole is unreadable; NULL: it is not */
    struct page_record *const *pages;
    int n_pages;
};

const char *reading_status_name(enum reading_status s);
const char *exception_kind_name(enum exception_kind k);
const char *page_verdict_name(enum page_verdict v);
const char *page_side_name(enum page_side side);
const char *alarm_kind_name(enum alarm_kind kind);
/* The enum of a name, or -1. */
int reading_status_parse(const char *name);
int page_side_parse(const char *name);

#endif
