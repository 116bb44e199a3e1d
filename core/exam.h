/* exam.h - a whole exam: its forms, key, roster and the office's wishes.
 *
 * EXAM on the command line is a folder with exam.yaml, the exam.yaml itself (any name), or a single
 * form file, which makes an exam with no key and no roster. The texts of all files are kept, so
 * that the store can hold them and `regrade` needs nothing but the database. Immutable after
 * loading. */
#ifndef YJ_CORE_EXAM_H
#define YJ_CORE_EXAM_H

#include "exam_statistics.h"
#include "form.h"
#include "given.h"
#include "key.h"
#include "roster.h"
#include "scheme.h"
#include "versions.h"

/* A form and the scans it is for. */
struct exam_form {
    struct form *form;
    char *text;  /* the YAML as it was read */
    char *scans; /* glob on the scan's path, as fnmatch without FNM_PATHNAME; NULL: any scan */
};

/* What a mark of a given look means in this office. */
enum mark_meaning {
    MEANS_ANSWER,
    MEANS_NOTHING, /* as if it were not there: ticks as mistakes, a box filled to cancel its cross
                    */
    MEANS_DOUBT,   /* a person decides */
};

/* exam.yaml's `marks`. */
struct marking_culture {
    enum mark_meaning fill;   /* default answer */
    enum mark_meaning tick;   /* default answer */
    enum mark_meaning cross;  /* default answer */
    enum mark_meaning circle; /* around a bubble or its letter: default doubt */
    enum mark_meaning stroke; /* a line or a dot: default answer */
    double faintest;    /* 0 to 1 of black: paler marks are no answer; 0 (default): the page's own
                           marks decide, and what is neither goes to a person */
    bool ignore_colour; /* ink of a colour (a teacher's red) is no mark of a pupil's; default false:
                           pupils may write in blue */
};

/* Every string and array is malloc's own, so that the store can put one together. */
struct exam {
    char *path;                   /* the file read */
    char *dir;                    /* folder that relative names start from */
    char *text;                   /* the exam.yaml as it was read; NULL where EXAM was a form */
    char *title, *subject, *date; /* "" where not given */
    struct exam_form *forms;
    int n_forms;
    struct scheme *scheme;     /* of `scoring`; NULL: none. The key borrows its rules */
    struct key *key;           /* NULL: read and score nothing */
    struct roster *roster;     /* NULL: any candidate is welcome */
    struct versions *versions; /* NULL: all papers are alike */
    struct given *given;       /* points that people gave; NULL: none */
    char *scans_dir;           /* default input */
    char *db_path;             /* default output */
    double min_confidence;     /* 0 to 1, default 0.99: a reading less sure goes to a person */
    double min_writing; /* 0 to 1, default 0.93: the same for handwriting read by itself, without
                           the roster or another field that says the same */
    double min_digits, min_letters; /* the same for characters in boxes, default 0.95 and 0.97;
                                       min_confidence_writing sets all three */
    double max_silent_error; /* 0 to 1, default 1e-5; of the mark readings that are taken without a
                                person, at most this share may be wrong. 0: only min_confidence
                                counts */
    struct marking_culture marks;
    struct statistics_wishes statistics; /* what is counted of the scores, and the scale */
    bool accept_text;  /* words that were expected and read for sure are taken; default: a person
                          decides about every answer in words */
    bool second_entry; /* a person's decision counts once another enters the same; default false */
    bool keep_all_crops; /* crops of sure fields too; default: of doubtful ones and regions */
};

/* `path`: folder, exam.yaml or form.yaml. Loads forms, key and roster and checks them against each
 * other (a key item that is no field; options the field does not have). Every mistake goes to `d`.
 */
int exam_load(const char *path, struct exam **ret_exam, struct diag *d);
void exam_destroy(struct exam *exam);

/* How sure a reading of the field by itself must be, 0 to 1, so that no person is asked. */
double exam_least_confidence(const struct exam *exam, const struct field *field);

#endif
