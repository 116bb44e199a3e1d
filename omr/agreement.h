/* agreement.h - what both readers say of each bubble, and what that means in this office.
 *
 * Internal to omr. The second reader is asked only where the first leaves something open: ink that
 * is neither plainly absent nor plainly a mark, several marks where one is allowed, a blank field
 * in which something stands out; and everywhere where the office takes some looks for no answer. */
#ifndef YJ_OMR_AGREEMENT_H
#define YJ_OMR_AGREEMENT_H

#include "exam.h"
#include "ink_reader.h"
#include "look.h"

struct seen_bubble {
    double ink;         /* probability of a mark, by its ink */
    bool asked;         /* the second reader was */
    float looks[LOOKS]; /* what it said */
    double p;           /* probability that it was meant, by both */
};

/* Sets seen[0 .. n) for a page's bubbles. `reader` NULL: the first reader alone. 0 or YJ_ENOMEM. */
int agreement_judge(const struct image *img, const struct page_map *map, const struct bubble_ink *b,
                    int n, const struct band *band, const struct marking_culture *culture,
                    struct look_reader *reader, struct arena *arena, struct seen_bubble *seen);

#endif
