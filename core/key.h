/* key.h - what is right and what it is worth, as key.csv says it (docs/scoring.md).
 *
 * Columns `item,key,points` and optionally `rule,partial,wrong,blank,section,tolerance`. Accepted
 * keys of a single choice are separated by '|': "B|D". A multiple choice's key is its set: "ACD". A
 * row may stand for a range of items, a letter each: `q1..5,ABDCA,2`. */
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
};

struct key_item {
    char *item;      /* = the form's field */
    char **accepted; /* option strings as readings write them ("B", "ACD"); n_accepted >= 1 unless
                        void or points */
    int n_accepted;
    struct points points, partial, wrong, blank; /* wrong and blank: usually 0; may be negative */
    struct points tolerance; /* rule number: how far off still counts; default 0 */
    enum item_rule rule;
    char *section;   /* "" */
    int n_options;   /* of the field; 0: not a choice */
    char **options;  /* the field's option names, for statistics */
    bool multiple;   /* the field allows several marks */
    bool rule_given; /* by the file; else key_check chooses 'all' where the field is multiple */
    int line, item_column, key_column; /* where the file speaks of it */
};

struct key {
    char *path;
    char *text; /* as read */
    size_t size;
    struct key_item *items;
    int n_items;
};

struct diag;
/* Parses the CSV; knows no form yet. Unknown columns, unknown rules, repeated items, numbers that
 * are none, are told with line and column. */
int key_load(const char *path, struct key **ret_key, struct diag *d);
int key_parse(const char *text, size_t size, const char *name, struct key **ret_key,
              struct diag *d);
/* Holds the key against the forms: items that are no field, options that a field lacks; fills
 * n_options, options, multiple and the default rule of fields that allow several marks, and puts
 * sets of options in the field's order. Choices and strips of a form that no item asks for are
 * warned of. */
int key_check(struct key *key, const struct form *const *forms, int n_forms, struct diag *d);
void key_destroy(struct key *key);
const char *item_rule_name(enum item_rule rule);
bool item_rule_is_void(enum item_rule rule);

/* Splits "AC" into a bit set over options[] (at most 64), each used once; with `ordered` only as a
 * reading joins them, in option order. An option of that very name comes first ("12" of 1 to 12 is
 * the option 12). YJ_EINPUT where value is no joining of options. "" is the empty set. */
int option_set_parse(const char *value, char *const *options, int n_options, bool ordered,
                     uint64_t *ret_set);

#endif
