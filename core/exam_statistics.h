/* exam_statistics.h - what the office wants to know of its scores: exam.yaml's `statistics`,
 * `scale`, `pass` and `distinction`.
 *
 * Only wishes: nothing is counted here, and what a scale's name means is scoring/'s. */
#ifndef YJ_CORE_EXAM_STATISTICS_H
#define YJ_CORE_EXAM_STATISTICS_H

#include "points.h"
#include <stdbool.h>

struct yaml;

/* The keys of exam.yaml that are read here. */
#define EXAM_STATISTICS_KEYS "statistics", "scale", "pass", "distinction"

#define SCALE_BANDS_MAX 30
#define SCALE_LABEL_MAX 16 /* bytes with the zero */

enum statistics_model { MODEL_NONE, MODEL_RASCH, MODEL_2PL, MODEL_3PL };

/* Kinds of groups that items are compared between (DIF): bits. */
enum statistics_by { BY_CLASS = 1, BY_SCHOOL = 2, BY_ROOM = 4 };

enum exam_scale {
    EXAM_SCALE_NONE,
    EXAM_SCALE_GAOKAO_312, /* 3+1+2 */
    EXAM_SCALE_SHANDONG,
    EXAM_SCALE_ZHEJIANG,
    EXAM_SCALE_ZHEJIANG_2021,
    EXAM_SCALE_SHANGHAI,
    EXAM_SCALE_CEEC,
    EXAM_SCALE_CEEC_60,
    EXAM_SCALE_Z,
    EXAM_SCALE_T,
    EXAM_SCALE_PERCENTILE,
    EXAM_SCALE_OWN, /* the office's own bands */
};

/* Candidates who stand equal at the cut between two bands. */
enum exam_ties {
    EXAM_TIES_USUAL, /* as the scale's own rule has it; of own bands: better */
    EXAM_TIES_BETTER,
    EXAM_TIES_WORSE,
    EXAM_TIES_NEAREST
};

/* A mark on the way of the scores: points, or a share of the maximum. */
struct score_mark {
    struct points at;
    bool share; /* `at` is a share of the maximum, 0 to 1 */
};

struct scale_band_wish {
    char label[SCALE_LABEL_MAX];
    struct points share;     /* of the candidates, 0 to 1; all of them are 1 */
    struct points low, high; /* scaled scores of its worst and its best */
};

struct statistics_wishes {
    enum statistics_model model; /* default rasch */
    unsigned dif;                /* enum statistics_by; default school */
    double pairs_level;          /* family-wise error, 0 to 0.5; default 0.01; 0: not sought */
    struct score_mark pass, distinction;           /* default 60 % and 85 % */
    enum exam_scale scale;                         /* default none */
    enum exam_ties ties;                           /* default usual */
    struct scale_band_wish bands[SCALE_BANDS_MAX]; /* EXAM_SCALE_OWN, the best first */
    int n_bands;
};

void statistics_wishes_defaults(struct statistics_wishes *wishes);
/* Over what stands there already. Every mistake goes to the file's diagnostic. 0 or YJ_EINPUT. */
int statistics_wishes_read(const struct yaml *yaml, struct statistics_wishes *wishes);

const char *statistics_model_name(enum statistics_model model); /* "rasch"; "" none */
const char *exam_scale_name(enum exam_scale kind);              /* "ceec"; "" none */
/* The mark in points of an exam of that maximum. */
struct points score_mark_points(const struct score_mark *mark, struct points max);

#endif
