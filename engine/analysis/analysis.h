/* analysis.h - everything that scores say: candidates, items, groups, models, alarms; in memory.
 *
 * Made from a finished rescoring (stored readings, key, roster) with the pure functions of
 * scoring/; what `grade` and `regrade` store of statistics and what `report` draws are this one
 * struct, so that a figure is the same everywhere. Figures are over the candidates whose status is
 * scored. A figure that has no meaning (no variance, too few candidates, a model that was not asked
 * for or did not converge) is NaN, and `why_no_model` says why; never is a NaN printed: readers ask
 * isfinite(). Opens no image, knows no SQL and no drawing. */
#ifndef YJ_ENGINE_ANALYSIS_H
#define YJ_ENGINE_ANALYSIS_H

#include "exam.h"
#include "store.h"

struct diag;

#define ANALYSIS_FIFTHS 5 /* groups of a fifth of the candidates by total, the lowest first */

/* A number with its 95 % interval. */
struct estimate {
    double value, low, high;
};

struct analysis_scaled {
    double value;      /* of the exam's `scale`; NaN: none asked for, or not scored */
    const char *label; /* the band or level ("A", "15"); "" none */
};

struct analysis_candidate {
    const char *candidate, *name, *class_name, *school, *room, *seat; /* "" unknown */
    const char *batch; /* of its first page; "" none */
    enum score_status status;
    struct points total, max; /* exact; total only where scored */
    double score;             /* total as a number; NaN where not scored */
    int rank;                 /* 1 the best, equal totals share it; 0 where not scored */
    double percentile;        /* share of candidates below + half of those equal, 0 to 100 */
    double z, t;              /* (x - mean)/sd; 50 + 10 z */
    struct analysis_scaled scaled;
    double ability,
        ability_error; /* of the model (EAP), in logits or its own units; NaN: no model */
    double exam_error; /* conditional standard error of the total (Lord); NaN */
    const struct points *sections; /* [n_sections] exact */
    const uint32_t *answers;       /* [n_items] numbers of items[i].answers: analysis_answer */
    const bool *chosen; /* [n_items] which are in the total, where sections choose; NULL: all */
};

/* A hundred thousand candidates give an item a few dozen different answers: each stands here once.
 */
struct analysis_answer {
    const char
        *value; /* as readings have it; "" blank; while a person is waited for, what was read */
    enum reading_status status;
    struct points points;
    bool pending, counts, right;
};

struct analysis_option {
    const char *option;
    bool right; /* part of an accepted answer */
    int count;
    double share, rpb;             /* of all scored; with the rest score */
    double fifth[ANALYSIS_FIFTHS]; /* share of the fifth that marked it */
};

struct analysis_item {
    const char *item, *section;
    const char *key;  /* accepted answers joined by '|'; "" none */
    const char *rule; /* as key.csv names it */
    bool counts;      /* not dropped */
    int n;
    double max, mean, sd, difficulty, d27, rpb, rpb_rest, alpha_without;
    int omitted, multiple, right;
    double fifth[ANALYSIS_FIFTHS]; /* mean / max in each fifth */
    const struct analysis_option *options;
    int n_options;
    const struct analysis_answer *answers;
    int n_answers;
    /* The model: NaN where the item is in none. Guess is 0 unless 3PL. */
    double a, b, c, a_error, b_error, c_error, infit, outfit;
};

/* Differential item functioning between two groups of candidates. */
struct analysis_dif {
    int item;
    const char *by;                  /* "class", "school", "room" */
    const char *reference, *focal;   /* group names */
    double alpha_mh, delta, chi2, p; /* Mantel-Haenszel; ETS delta */
    double p_logistic;               /* likelihood ratio of the uniform and non-uniform terms */
    char ets;                        /* 'A', 'B', 'C' */
};

struct analysis_group {
    const char *kind; /* "class", "school", "room", "batch" */
    const char *name;
    const char *school;     /* of a class; "" else */
    int n, absent, pending; /* scored; the others */
    double mean, sd, min, max, median;
    double above_mean;          /* share above the mean of all */
    double pass, distinction;   /* shares at or above the exam's marks */
    struct estimate difference; /* mean less that of all, with its interval (Welch) */
    double effect, p_family;    /* scoring/groups.h */
    bool far_off;
};

struct analysis_score { /* 一分一段表, the highest score first */
    double score;
    const char *text;    /* exact */
    int count, at_least; /* with this score; with it or a higher one */
    double share, share_at_least;
};

struct analysis_section {
    const char *section;
    double max, mean, sd, alpha;
    int n_items;
};

/* Two candidates of one room whose answers agree more than chance allows. */
struct analysis_pair {
    int a, b; /* indexes of candidates: `a` may have copied from `b` */
    const char *room;
    int same_right, same_wrong, differ;
    double omega, gbt, k_index, harpp_hogan; /* omega: z; gbt, k_index: p; ratio */
    double p;                                /* the least of the tests', before correction */
    double p_family;                         /* after Holm over all pairs of all rooms */
};

enum finding_kind {
    FINDING_MISKEYED,    /* a distractor's rest correlation beats the key's */
    FINDING_HURTS_ALPHA, /* alpha is higher without the item */
    FINDING_UNUSED_OPTION,
    FINDING_ZERO_SCORE,
    FINDING_PERFECT_SCORE,
    FINDING_GROUP_OFF,     /* a room, class or batch far from the others */
    FINDING_PAIR,          /* a pair that agrees too well */
    FINDING_ITEM_MISFIT,   /* infit or outfit out of 0.7 to 1.3 */
    FINDING_DIF,           /* ETS class C */
    FINDING_NEGATIVE_ITEM, /* the better candidates do worse */
    FINDING_KINDS
};

/* "miskeyed", "hurts_alpha", ... */
const char *finding_name(enum finding_kind kind);

struct analysis_finding {
    enum finding_kind kind;
    bool grave;          /* likely to change scores: look before they are handed out */
    const char *subject; /* item, candidate or group; for a pair both with "/" between */
    double figure;       /* what raised it */
    const char *detail;  /* plain words in the language of the messages */
};

struct analysis_counts { /* reconciliation: nothing is lost */
    int roster;          /* candidates in it; -1: there is none */
    int scored, absent, voided, pending;
    int of_roster;                             /* of those four, how many are in the roster */
    int pages_in, pages_scored, pages_waiting; /* pages read from scans; on sheets; refused */
};

struct analysis {
    const struct exam *exam; /* borrowed */
    struct analysis_counts counts;
    struct analysis_candidate *candidates; /* by candidate, as exports have them */
    int n_candidates, n_scored;
    struct analysis_item *items;
    int n_items;
    struct analysis_section *sections; /* "" is none of them */
    int n_sections;
    struct points max;

    /* The test. */
    double mean, sd, min, q1, median, q3, maximum, skewness, kurtosis;
    double alpha, kr20, kr21, omega, lambda6, split_half, sem;
    double pass_mark, distinction_mark; /* points */
    double pass, distinction;           /* shares */
    struct analysis_score *scores;
    int n_scores;
    double scale_mean, scale_sd; /* of scaled scores; NaN */
    const char *scale;           /* as exam.yaml names it; "" none */

    struct analysis_group *groups; /* by kind, then school, then name */
    int n_groups;

    const char *model;        /* "rasch", "2pl", "3pl"; "" none */
    const char *why_no_model; /* why there is none, or another than was asked for; "" else */
    double log_likelihood;
    int model_iterations;
    bool model_converged;
    double model_reliability; /* of the EAP estimates, 0 to 1 */
    /* Test information over ability, n_curve points from -4 to 4. */
    const struct analysis_information {
        double ability, information, error, expected; /* expected: points */
    } * curve;
    int n_curve;

    struct analysis_dif *dif;
    int n_dif;
    struct analysis_pair *pairs; /* whose p_family is below the exam's level, the least first */
    int n_pairs;
    int64_t n_pairs_tested;
    double pairs_level; /* family-wise error, 0.01 unless the exam says otherwise */

    struct analysis_finding *findings; /* grave ones first */
    int n_findings;

    struct analysis_memory *memory; /* everything that is pointed to */
};

static inline const struct analysis_answer *analysis_answer(const struct analysis *a, int candidate,
                                                            int item)
{
    return &a->items[item].answers[a->candidates[candidate].answers[item]];
}

struct analysis_options {
    bool models; /* IRT, DIF and pairs too: seconds to a minute; else the classical figures alone */
};

/* Scores again in memory what is stored and analyses it. YJ_ENOMEM, YJ_EIO, told. */
int analysis_compute(struct store *store, const struct exam *exam,
                     const struct analysis_options *options, struct analysis *ret, struct diag *d);
void analysis_finish(struct analysis *a);

#endif
