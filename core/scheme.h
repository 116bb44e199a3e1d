/* scheme.h - exam.yaml's `scoring`: rules with parameters, sections, how items become a total.
 *
 *   scoring:
 *     rules:
 *       ours: {kind: amc, b: 2, m: -1}
 *       half: {kind: formula, formula: "max(0, S * (n - 2*(w + k - c)) / n)"}
 *     sections:
 *       I: {weight: 1/2, floor: 0, best: 3, guess: true, round: 1}
 *     total: {floor: 0, round: 0}
 *
 * Immutable after loading. What each means: docs/scoring.md. Numbers are exact points. */
#ifndef YJ_CORE_SCHEME_H
#define YJ_CORE_SCHEME_H

#include "formula.h"
#include "key.h"

struct yaml;
struct diag;

enum rounding_way {
    ROUND_HALF_UP,   /* the office rule: 2.5 is 3, -2.5 is -2 */
    ROUND_HALF_EVEN, /* 2.5 is 2, 3.5 is 4 */
    ROUND_DOWN,      /* to the next lower */
    ROUND_UP,        /* to the next higher */
};

struct rounding {
    bool given; /* default: not rounded */
    int places; /* decimals, 0 to 6 */
    enum rounding_way way;
};

struct floor {
    bool given; /* default: a sum may be below 0 */
    struct points points;
};

/* Auto Multiple Choice's letters; docs/scoring.md says what each does. */
struct amc_rule {
    struct points b, m, e, v, d; /* defaults 1, 0, 0, 0, 0 */
    struct floor p;
    bool has_mz, has_haut;
    struct points mz, haut;
};

enum r_exams_part { R_EXAMS_FALSE2, R_EXAMS_FALSE, R_EXAMS_TRUE, R_EXAMS_ALL, R_EXAMS_NONE };

/* As R/exams' exams_eval, in shares of the item's points. */
struct r_exams_rule {
    bool partial;           /* default true */
    struct points negative; /* 0 or below: the least that the item gives; default 0 */
    enum r_exams_part rule; /* default false2 */
};

/* A rule of the exam's own. */
struct scoring_rule {
    char *name;
    enum item_rule kind;
    struct amc_rule amc;
    struct r_exams_rule r_exams;
    struct formula *formula; /* kind formula; also kind amc, where it has one; else NULL */
};

/* A section's items and how they add up: chosen, summed, guesses taken off, re-based, weighted, not
 * below the floor, rounded; in this order. */
struct section_scheme {
    char *name;           /* as key.csv has it; "" of the total and of items of no section */
    struct points weight; /* default 1 */
    struct floor floor;   /* of the weighted points */
    struct rounding rounding;
    int best, first; /* of its items only so many count: the best, or the first answered; 0: all */
    bool guess;      /* a wrong answer costs S/(n - 1): R - W/(n - 1) */
    int line, column;
};

struct scheme {
    char *file; /* stands in messages */
    struct scoring_rule *rules;
    int n_rules;
    struct section_scheme *sections;
    int n_sections;
    struct section_scheme total; /* floor and rounding alone */
};

/* *ret_scheme NULL where exam.yaml has no `scoring`. Mistakes go to the file's diagnostic.
 * YJ_EINPUT, YJ_ENOMEM. */
int scheme_read(const struct yaml *yaml, struct scheme **ret_scheme);
/* The same from the text of an exam.yaml. */
int scheme_parse(const char *text, size_t size, const char *name, struct scheme **ret_scheme,
                 struct diag *d);
/* Holds it against the key (which key_check has passed): sections that no item has, more items to
 * choose than there are, nothing left to re-base upon, sums that would not stay exact. `scheme` may
 * be NULL. YJ_EINPUT. */
int scheme_check(const struct scheme *scheme, const struct key *key, struct diag *d);
void scheme_destroy(struct scheme *scheme);

/* NULL: no such. `scheme` may be NULL. */
const struct scoring_rule *scheme_rule(const struct scheme *scheme, const char *name);
const struct section_scheme *scheme_section(const struct scheme *scheme, const char *name);
/* "half_up", ... */
const char *rounding_way_name(enum rounding_way way);
const char *r_exams_part_name(enum r_exams_part part);

#endif
