/* pupil.h - who sits there, what they mean, and how they say it.
 *
 * A pupil has a pen, a hand and habits, drawn once a sheet. `pupil_plan_page` decides for every
 * field of a page what is meant and then which marks say so: the answer's own, erased and struck
 * out ones beside it. Truth is what was meant, never what can be seen: whether it can be seen is
 * judged after the marks are drawn (markup.h). Knows no pixels. */
#ifndef YJ_SIMULATE_PUPIL_H
#define YJ_SIMULATE_PUPIL_H

#include "exam.h"
#include "hand.h"
#include "simulate.h"

enum manner {
    MANNER_FULL,    /* filled with care */
    MANNER_SLOPPY,  /* filled in haste: gaps, edges missed, ends that stand out */
    MANNER_PARTIAL, /* a part of the bubble filled */
    MANNER_TICK,
    MANNER_CROSS,
    MANNER_CIRCLE,
    MANNER_DOT,
    MANNER_STROKE,
    MANNER_OVERSHOOT, /* filled beyond the outline */
    MANNER_LIGHT,     /* the whole sheet pressed lightly */
    MANNER_ERASED,    /* filled; many answers changed with an eraser */
    MANNER_CANCELLED, /* filled; many answers struck out and marked elsewhere */
    MANNER_DOUBLE,    /* two marks where one is allowed */
    MANNER_BLANK,     /* nothing marked */
    MANNER_MIXED,     /* every mark in another manner */
    MANNERS
};

/* What one bubble shows. */
enum look {
    LOOK_FILLED,
    LOOK_TICK,
    LOOK_CROSS,
    LOOK_CIRCLE,
    LOOK_STROKE, /* a line or a dot */
    LOOK_ERASED,
    LOOK_CANCELLED,
    LOOK_DIRT,
    LOOKS
};

const char *pupil_look_name(enum look look);
/* What an answer in this manner looks like. */
enum look pupil_look_of(enum manner manner);

struct pupil {
    struct hand hand;
    enum manner manner;
    /* Shares of the fields. */
    double erases, cancels, leaves_blank, doubles, murky;
    double residue;      /* median share of the graphite that an eraser leaves */
    double spread;       /* of its logarithm */
    double residue_most; /* no eraser leaves more */
    double smear;        /* 0 to 0.1: what the eraser drags along */
    double ability;      /* chance of a right answer, where there is a key */
    bool absent;
    double dirt; /* specks and slips a page */
};

/* What happens to one bubble. */
struct planned_mark {
    int field, bubble; /* indexes into the form's fields and the field's bubbles */
    enum look look;
    enum manner manner;
    bool meant;
    double residue;  /* ERASED: the share that stays */
    double size;     /* DOT: mm */
    bool looked_for; /* in the scan: what is on the sheet does not tell what comes out */
};

struct page_plan {
    struct planned_mark *marks;
    int n_marks, capacity;
    bool *ambiguous; /* [n_fields of the form]: a careful person would not decide alone */
    int n_fields;
};

void page_plan_init(struct page_plan *plan);
void page_plan_finish(struct page_plan *plan);

/* `manner`: -1, or the only one. */
void pupil_draw(struct pupil *pupil, enum simulate_profile profile, int manner, struct rng *rng);
/* One who often changes their mind, by halves: what is rare elsewhere, to train with. */
void pupil_unsettle(struct pupil *pupil, struct rng *rng);

/* Whose sheet this is. */
struct sitter {
    const struct form *form;
    const struct key *key; /* NULL: none */
    const char *candidate;
};

/* Plans all fields of page `page`; a plan used before is made anew. YJ_ENOMEM. */
int pupil_plan_page(const struct pupil *pupil, const struct sitter *sitter, int page,
                    struct page_plan *plan, struct rng *rng);

/* The options of a grid's columns that spell `text`: options[c] for each column, -1 for one left
 * blank. False where they cannot. */
bool pupil_spell(const struct field *grid, const char *text, int *options);

#endif
