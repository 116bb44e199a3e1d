/* key.h - what is right and what it is worth, as key.csv says it (docs/scoring.md).
 *
 * Columns `item,key,points` and optionally `rule,partial,wrong,blank,section,tolerance,unit`.
 * Accepted keys of a single choice are separated by '|': "B|D". A multiple choice's key is its set:
 * "ACD". A row may stand for a range of items, a letter each: `q1..5,ABDCA,2`. */
#ifndef YJ_CORE_KEY_H
#define YJ_CORE_KEY_H

#include "form.h"
#include "points.h"

enum item_rule {
    RULE_SINGLE,     /* full points for an accepted key alone marked */
    RULE_ALL,        /* multiple choice, all or nothing */
    RULE_SUBSET,     /* `partial` points for a non-empty right subset, 0 with any wrong (Gaokao) */
    RULE_PER_OPTION, /* points / |key| a right option marked, any wrong: `wrong` (Gaokao 2024) */
    RULE_CEEC,       /* max(0, (n - 2k) / n) S, k options judged wrongly, blank 0 (CEEC) */
    RULE_NUMBER,    /* full points for a number within `tolerance` of an accepted one: 7, 07, 7.0 */
    RULE_POINTS,    /* the reading is the score: a strip that a teacher struck; the item's points
                       are its maximum */
    RULE_VOID_DROP, /* item counts for nobody, its points leave the maximum */
    RULE_VOID_FULL, /* full points for everybody who sat */
    RULE_VOID_ANSWERED, /* full points for those who answered */
    RULE_VOID_REBASE,   /* counts for nobody; its points are spread over the section's others */
    RULE_EXAM_YUAN,     /* k options judged wrongly: S, 3/5 S, 1/5 S, 0 (考選部) */
    RULE_JEE,           /* S; `partial` each of a right part; `wrong` with any wrong one */
    RULE_R_EXAMS,       /* R/exams' exams_eval; parameters in exam.yaml */
    RULE_AMC,           /* Auto Multiple Choice; parameters in exam.yaml */
    RULE_ENUMERATED,    /* the points that the key writes beside each answer: A=1|AC=3 */
    RULE_FORMULA,       /* a formula of exam.yaml */
};

struct key_item {
    char *item;      /* = the form's field */
    char **accepted; /* option strings as readings write them ("B", "ACD"); n_accepted >= 1 unless
                        void or points */
    int n_accepted;
    struct points *accepted_points;              /* rule enumerated: [n_accepted]; else NULL */
    struct points points, partial, wrong, blank; /* wrong and blank: usually 0; may be negative */
    struct points tolerance; /* rule number: how far off still counts; default 0 */
    char *unit;              /* rule number: what stands after the number; "" nothing may */
    bool unit_optional;      /* with it or without: the unit is ignored; else it is demanded */
    enum item_rule rule;
    const struct scoring_rule *own; /* its parameters, the scheme's; NULL: the rule has none */
    bool by_hand;    /* rule points, and no field is read for it: people enter them (points.csv) */
    char *section;   /* "" */
    int n_options;   /* of the field; 0: not a choice */
    char **options;  /* the field's option names, for statistics */
    bool multiple;   /* the field allows several marks */
    bool rule_given; /* by the file; else key_check chooses 'all' where the field is multiple */
    int line, item_column, key_column; /* where the file speaks of it */
};

#define KEY_MAX_ITEMS 20000

struct key {
    char *path;
    char *text; /* as read */
    size_t size;
    struct key_item *items;
    int n_items;
    int64_t denominator; /* common to all points an item can give; set by key_check */
    bool has_points;     /* points.csv is there: items may be by hand. Set before key_check */
    bool has_versions;   /* versions.csv is there. The same */
};

struct diag;
struct scheme;
struct scoring_rule;
/* Parses the CSV; knows no form yet. Unknown columns, unknown rules, repeated items, numbers that
 * are none, are told with line and column. */
int key_load(const char *path, struct key **ret_key, struct diag *d);
int key_parse(const char *text, size_t size, const char *name, struct key **ret_key,
              struct diag *d);
/* The same with the rules that exam.yaml names; `scheme` (may be NULL) must outlive the key. */
int key_load_with(const char *path, const struct scheme *scheme, struct key **ret_key,
                  struct diag *d);
int key_parse_with(const char *text, size_t size, const char *name, const struct scheme *scheme,
                   struct key **ret_key, struct diag *d);
/* Holds the key against the forms: items that are no field, options that a field lacks; fills
 * n_options, options, multiple and the default rule of fields that allow several marks, and puts
 * sets of options in the field's order. Choices and strips of a form that no item asks for are
 * warned of. */
int key_check(struct key *key, const struct form *const *forms, int n_forms, struct diag *d);
void key_destroy(struct key *key);
const char *item_rule_name(enum item_rule rule);
/* The rule of a name, or -1. */
int item_rule_parse(const char *name);
bool item_rule_is_void(enum item_rule rule);
/* Whether the item counts for nobody. */
bool item_rule_drops(enum item_rule rule);

/* Splits "AC" into a bit set over options[] (at most 64), each used once; with `ordered` only as a
 * reading joins them, in option order. An option of that very name comes first ("12" of 1 to 12 is
 * the option 12). YJ_EINPUT where value is no joining of options. "" is the empty set. */
int option_set_parse(const char *value, char *const *options, int n_options, bool ordered,
                     uint64_t *ret_set);

#endif
