/* agreement.h - what both readers say of each bubble, and what that means in this office.
 *
 * Internal to omr. The second reader is asked only where the first leaves something open: ink that
 * is neither plainly absent nor plainly a mark, several marks where one is allowed, a field without
 * any mark; and everywhere where the office takes some looks for no answer. What both say, and how
 * the bubble stands beside its neighbours and the page's other marks, is weighed by a few hundred
 * weights fitted on simulated sheets (models/agreement.h, made by tools/train/agreement.py). */
#ifndef YJ_OMR_AGREEMENT_H
#define YJ_OMR_AGREEMENT_H

#include "exam.h"
#include "ink_reader.h"
#include "look.h"

/* What is weighed of a bubble that both readers saw: evidence[], in this order. */
enum witness {
    INK_ODDS,     /* log odds of a mark, by its ink alone */
    INK_USUAL,    /* log of its ink over the page's usual mark's */
    INK_EMPTY,    /* log of its ink over what empty bubbles of the page may show */
    EXCESS_EMPTY, /* the same without what a pen's line counts for */
    PEAK,         /* its darkest eighth */
    SPOT,         /* its darkest sixteenth, nothing forgiven; ... */
    SPOT_USUAL,   /* ... log of that over what unmarked bubbles of this print show */
    CORE,         /* of its ink, the inner half's share */
    HALO,
    THROUGH,
    WEAK,        /* its outline is hardly there */
    RIVAL_INK,   /* log of its ink over the darkest other's of its group */
    RIVAL_PEAK,  /* the same of the darkest parts */
    RIVALS,      /* others of its group that may be marks, by their ink */
    ALLOWS_ONE,  /* the field does */
    RIVAL_ASKED, /* the second reader saw the darkest other, too; what it saw: */
    RIVAL_MARKED,
    RIVAL_ERASED,
    RIVAL_CANCELLED,
    PAGE_EMPTY,  /* log of what empty bubbles of the page may show */
    PAGE_USUAL,  /* log of the page's usual mark */
    PAGE_LEAST,  /* log of one of its palest marks over the usual: how evenly this pupil marks */
    PRINT_FIT,   /* what unmarked bubbles of this print show at their darkest */
    PEAK_USUAL,  /* log of its darkest eighth over that of the page's marks */
    SOLID_USUAL, /* the same of the palest quarters: what an eraser leaves is patchy */
    ROUGH_USUAL, /* log of its unevenness over that of the page's marks */
    SOLID,
    SPECK,       /* something small where its print has paper */
    FAR_SPECK,   /* the same, beyond what a bolder print would show */
    SPECK_USUAL, /* log of that over what its group usually shows */
    PAGE_FAINT,  /* share of the fields without ink in which the second reader sees a mark */
    LOOK_ODDS,   /* log odds of a mark, by its look alone; then the logs of each look */
    LOOK_FIRST,
    WITNESSES = LOOK_FIRST + LOOKS
};

struct seen_bubble {
    double ink;         /* probability of a mark, by its ink */
    bool asked, told;   /* the second reader was; did */
    float looks[LOOKS]; /* what it said */
    float evidence[WITNESSES];
    double answer; /* of marks that look like it, the share that this office takes for an answer */
    bool compared; /* the third reader was asked, too; ... */
    float hand;    /* ... log odds that it was meant, by it */
    double p;      /* probability that it was meant, by all of them */
};

/* Sets seen[0 .. n) for a page's bubbles. `reader` NULL: the first reader alone. 0 or YJ_ENOMEM. */
int agreement_judge(const struct image *img, const struct page_map *map, const struct bubble_ink *b,
                    int n, const struct band *band, const struct marking_culture *culture,
                    struct look_reader *reader, struct arena *arena, struct seen_bubble *seen);

#endif
