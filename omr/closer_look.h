/* closer_look.h - second thoughts, where both readers have spoken and everything hangs on little.
 *
 * Internal to omr. Is there anything at all? Asked of each bubble of a group without a mark, and
 * of empty ones that the readers doubt: beside its twins (bubble_twin.h) a dot on a letter is plain
 * to see, and so is that a letter is nothing but a letter, however odd this page's print. And is
 * each mark meant (closer_marks.h)? Doubts are raised; what is settled is only that there is
 * nothing. */
#ifndef YJ_OMR_CLOSER_LOOK_H
#define YJ_OMR_CLOSER_LOOK_H

#include "agreement.h"

/* Changes seen[i].p of a page's b[0 .. n) where second thoughts differ. 0 or YJ_ENOMEM. */
int closer_look(const struct image *img, const struct page_map *map, const struct band *band,
                const struct bubble_ink *b, int n, struct arena *arena, struct seen_bubble *seen);

#endif
