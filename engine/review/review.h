/* review.h - the readings that wait for a person, and what people decide about them.
 *
 * A reading waits where it is uncertain and somebody asked for it: every mark, barcode and printed
 * text, but handwriting only where the key scores it or the form names the candidate, the absent
 * mark or the version by it. Where the exam asks for a second entry, a decision counts once two
 * people of different names have entered the same; until then the reading waits on, and nobody is
 * shown what the other entered. Knows no command line. */
#ifndef YJ_ENGINE_REVIEW_H
#define YJ_ENGINE_REVIEW_H

#include "arena.h"
#include "exam.h"
#include "store.h"

struct diag;

enum review_wait {
    WAIT_FIRST,  /* for a decision */
    WAIT_SECOND, /* for another person to enter it too */
    WAIT_DIFFER, /* for people who entered different values to agree */
};
const char *review_wait_name(enum review_wait wait);

/* Which group an item is in, as people type it: 'g' and 12 hexadecimal digits. It follows from the
 * ids and the proposals of its members: after any change it names no group, not another one. */
#define REVIEW_GROUP_MAX 16

struct review_item {
    int64_t id;
    char name[STORE_ID_TEXT_MAX]; /* of the id */
    const char *scan;
    int page;
    const char *candidate; /* "" unknown */
    const struct form *form;
    const struct field *field;
    const char *value;
    enum reading_status status;
    double confidence;
    bool reviewed;
    enum review_wait wait;
    const char *entered_by; /* names, "" none */
    const char *evidence;   /* JSON, "" none */
    struct crop crop;
    int group; /* index into groups; set by review_list_group */
};

struct review_group {
    char name[REVIEW_GROUP_MAX];
    int first; /* index of its first item */
    int count;
    double least, mean; /* confidence */
};

struct review_list {
    struct review_item *items; /* by scan path, page number, form order */
    int n, capacity;
    struct review_group *groups; /* by first item; NULL: not asked for */
    int n_groups;
    struct arena memory; /* every text and crop */
};

struct review_filter {
    const char *field, *candidate; /* NULL: any */
    bool all;   /* also readings with several marks, and handwriting that nobody asked for */
    bool crops; /* with pictures: needed for groups and to show them */
};

/* `exam`: as the store has it. `list` is the caller's to finish, also after a failure. YJ_EINPUT: a
 * field that no form has. */
int review_list_load(struct review_list *list, struct store *store, const struct exam *exam,
                     const struct review_filter *filter, struct diag *d);
void review_list_finish(struct review_list *list);
/* Makes groups of answers that look alike (answer_groups.h). The list must have crops, and be of
 * all candidates. YJ_ENOMEM, told. */
int review_list_group(struct review_list *list, struct diag *d);
/* The group of this name: YJ_EINPUT, told, where there is none. */
int review_list_find_group(const struct review_list *list, const char *name, int *ret_group,
                           struct diag *d);
/* One reading, whatever its status, as the only item of a list: YJ_EINPUT, told, where there is
 * none of this name. `file` and `line` say where the name stands, NULL and 0: nowhere. */
int review_list_load_one(struct review_list *list, struct store *store, const struct exam *exam,
                         const char *name, const char *file, int line, struct diag *d);

/* ---- decisions ---- */

struct review_decision {
    const char *id, *value, *why; /* never NULL */
    bool multiple;                /* more marks than the field allows (review_value.h) */
    int line;                     /* of the file it comes from, 0: none */
};

struct review_orders {
    const struct review_decision *decisions;
    int n;
    const char *by;    /* who decides */
    const char *group; /* that all of them are of, "" none */
    const char *file;  /* that they stand in; NULL: none */
    bool second_entry; /* a decision counts when two people have entered it */
};

struct review_outcome {
    int decided; /* readings that were set */
    int entered; /* wait for a second person */
    int differ;  /* two people entered different values */
};

/* All of them or none: checks every decision and tells of each that cannot be, then sets, audits
 * and scores again, in the transaction that the caller has begun. `exam`: as the store has it.
 * YJ_EINPUT, told: an id that is none, that comes twice or cannot be decided, an impossible
 * value. */
int review_decide(struct store *store, const struct exam *exam, const struct review_orders *orders,
                  struct review_outcome *ret, struct diag *d);

#endif
