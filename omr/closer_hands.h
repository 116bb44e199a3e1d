/* closer_hands.h - where several bubbles of a group hold something, or nothing is marked: what the
 * third reader (hand_look.h) says of each. It doubts, and settles what others doubted of a mark
 * among several and of what stands beside the one that is allowed. Internal to omr. */
#ifndef YJ_OMR_CLOSER_HANDS_H
#define YJ_OMR_CLOSER_HANDS_H

#include "agreement.h"

/* Changes seen[i].p of a page's b[0 .. n) where the third reader differs; no mark becomes none, nor
 * the other way. 0 or YJ_ENOMEM. */
int closer_look_at_hands(const struct image *img, const struct page_map *map,
                         const struct band *band, const struct bubble_ink *b, int n,
                         struct look_reader *reader, struct arena *arena, struct seen_bubble *seen);

#endif
