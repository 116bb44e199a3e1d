/* scale.h - totals -> scaled scores: bands by rank (等級賦分), levels (級分), z, T, percentile.
 *
 * Exact rationals wherever the form allows. What a form leaves open, ties at a cut, the rounding of
 * a number of places, a band with a single score, is a policy that stands in the scale and can be
 * changed. Bands are data: the built-in ones (scale_builtin.c, with their sources) and an office's
 * own are the same thing. */
#ifndef YJ_SCORING_SCALE_H
#define YJ_SCORING_SCALE_H

#include "points.h"
#include <stdbool.h>

enum scale_way {
    SCALE_BY_BANDS,      /* shares of the candidates by rank, each to a range or a fixed score */
    SCALE_BY_LEVELS,     /* CEEC: steps of a part of what the best 1 % have */
    SCALE_BY_PERCENTILE, /* share below + half of those equal, 0 to 100 */
    SCALE_BY_Z,          /* (x - mean) / sd, n - 1 */
    SCALE_BY_T,          /* 50 + 10 z */
};

/* A tie that a cut would divide goes, whole, ... */
enum scale_tie {
    SCALE_TIES_BETTER,  /* to the better band: nobody loses by a tie */
    SCALE_TIES_WORSE,   /* to the worse: no band is larger than its places */
    SCALE_TIES_NEAREST, /* where the share above the cut comes nearest to its nominal one; better
                           where both are as near */
};

/* Places above a cut, of n times a share that is no whole number. Not for SCALE_TIES_NEAREST, which
 * needs no places. */
enum scale_places { SCALE_PLACES_HALF_UP, SCALE_PLACES_UP, SCALE_PLACES_DOWN };

/* A band in which all have one raw score: (Y2 - Y)/(Y - Y1) is 0/0. They get ... */
enum scale_single {
    SCALE_SINGLE_HIGH,   /* the range's upper end */
    SCALE_SINGLE_MIDDLE, /* its middle, rounded as all are */
    SCALE_SINGLE_LOW,
};

struct scale_band {
    const char *label;
    struct points share;     /* percent of the candidates who count */
    struct points high, low; /* T2, T1; equal: the band has one score */
};

struct score_scale {
    const char *name;
    enum scale_way way;
    const struct scale_band *bands; /* borrowed; the best first. SCALE_BY_BANDS */
    int n_bands;
    enum scale_tie ties;
    enum scale_places places;
    enum scale_single single;
    int decimals; /* of the result of SCALE_BY_BANDS, half up; -1: exact */
    /* SCALE_BY_LEVELS: levels (1 to SCALE_MAX_LEVELS); decimals, half up, of the mean of the best 1
     * %, of the step, and of each level's limit; -1: exact. */
    int levels;
    int mean_decimals, step_decimals, limit_decimals;
};

#define SCALE_MAX_LEVELS 100

/* "gaokao_312", "shandong", "zhejiang", "zhejiang_2021", "shanghai", "ceec_15" (also "ceec"),
 * "ceec_60", "percentile", "z", "t". 0 or YJ_EINPUT. */
int scale_from_name(const char *name, struct score_scale *ret);
/* The names one by one, from 0; NULL after the last. For messages and help. */
const char *scale_name_at(int index);

/* Policies as an exam file names them: "better", "worse", "nearest"; "half_up", "up", "down";
 * "high", "middle", "low". 0 or YJ_EINPUT. */
int scale_ties_from_name(const char *name, enum scale_tie *ret);
int scale_places_from_name(const char *name, enum scale_places *ret);
int scale_single_from_name(const char *name, enum scale_single *ret);

/* What is wrong with a scale that an office wrote. */
enum scale_fault {
    SCALE_SOUND,
    SCALE_NO_BANDS,
    SCALE_SHARE,    /* below 0 or above 100 */
    SCALE_SUM,      /* shares do not add up to 100, exactly */
    SCALE_RANGE,    /* low above high */
    SCALE_ORDER,    /* a band's high is not below the low of the better one */
    SCALE_DECIMALS, /* not -1 to 9 */
    SCALE_STEPS,    /* levels not 1 to SCALE_MAX_LEVELS */
};
/* *ret_band: the band at fault, -1 where it is none's. */
enum scale_fault scale_check(const struct score_scale *scale, int *ret_band);

struct scaled_score {
    double value;        /* NaN: does not count, or has no meaning (z where nothing varies) */
    struct points exact; /* the same, exactly; den 0: none (z, T, NaN) */
    int band;            /* index; the level of SCALE_BY_LEVELS; -1: none */
    const char *label;   /* the band's (borrowed of the scale), the level's number; "" none */
};

/* What became of a band. */
struct scale_outcome {
    size_t count;
    struct points high, low; /* Y2, Y1: highest and lowest total in it; den 0: it is empty */
};

struct scale_report {
    struct scale_outcome *bands; /* [n_bands] of SCALE_BY_BANDS, or NULL: not wanted */
    /* SCALE_BY_LEVELS */
    size_t n_best;            /* the best 1 %: n / 100, up */
    struct points mean, step; /* rounded as the scale says */
};

/* ret[n]. counts: who counts; NULL: all. The scale is sound (scale_check). `ret_report` may be
 * NULL. Totals at most 10^6, of denominators that share a multiple below 10^6, keep every step
 * within core/points.h's limits. 0 or YJ_ENOMEM. */
int scale_compute(const struct score_scale *scale, const struct points *totals, const bool *counts,
                  size_t n, struct scaled_score *ret, struct scale_report *ret_report);

#endif
