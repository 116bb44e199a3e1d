/* analysis_internal.h - what the files of an analysis share. Each fills its part of the struct:
 * candidates, items, the test, groups, models, findings; in this order, since each looks at those
 * before it. */
#ifndef YJ_ENGINE_ANALYSIS_INTERNAL_H
#define YJ_ENGINE_ANALYSIS_INTERNAL_H

#include "analysis.h"
#include "analysis_rows.h"
#include "findings.h"
#include "rescore_internal.h"

#define ANALYSIS_GROUP_KINDS 4 /* class, school, room, batch */

struct analysis_memory {
    struct rescoring *rescoring; /* readings, answers and names are its */
    struct rescoring own;        /* where nobody lent one */
    analysis_take_score take;    /* NULL: nobody */
    void *context;               /* its */
    struct arena arena;

    /* Over the scored candidates, k from 0 to n_scored - 1, and the items that count. */
    int *scored;      /* [k]: candidate */
    double *totals;   /* [k] points of the items that count */
    double *matrix;   /* [k * n_columns + column] points */
    int *item_of;     /* [column]: item */
    int *column_of;   /* [item]: column; -1: dropped */
    double *item_max; /* [column] */
    int n_columns;

    int *group_of[ANALYSIS_GROUP_KINDS]; /* [kind][candidate] index in groups; -1: none */

    struct item_statistics *stats; /* [column] */
    struct test_statistics test;
    struct suspicion *suspicions; /* of items; malloc'ed */
    size_t n_suspicions, suspicions_capacity;
    size_t groups_capacity, findings_capacity; /* malloc'ed, as dif and pairs are */
};

/* Zeroed memory of the analysis; NULL where there is none. */
void *analysis_alloc(struct analysis *a, size_t n, size_t size);
const char *analysis_text(struct analysis *a, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* NULL: no memory */

/* Threads for what is slow. */
int analysis_jobs(void);
/* Index of the candidate's group of a kind ("class", "school", "room"), -1 none. After
 * analysis_rate_groups. */
int analysis_group_of(const struct analysis *a, const char *kind,
                      const struct analysis_candidate *c);

/* "North 1A": a class's name is not its own. NULL: no memory. */
const char *analysis_group_name(struct analysis *a, const struct analysis_group *g);

/* Each 0 or YJ_ENOMEM. */
int analysis_take_items(struct analysis *a);      /* names, keys, answers */
int analysis_take_candidates(struct analysis *a); /* who, status, points; reconciliation */
int analysis_take_matrix(struct analysis *a);
int analysis_rate_test(struct analysis *a);   /* the test, scores, ranks, scale */
int analysis_rate_items(struct analysis *a);  /* classical figures, options, fifths, sections */
int analysis_rate_groups(struct analysis *a); /* classes, schools, rooms, batches */
int analysis_fit_model(struct analysis *a);
int analysis_find_dif(struct analysis *a);
int analysis_find_pairs(struct analysis *a);
int analysis_find(struct analysis *a); /* findings */

#endif
