/* visible.h - which answers come out in the scan at all.
 *
 * Ink that can be seen on the sheet may be lost on the way: in the lens' blur, below the threshold
 * of a scanner of black and white, in what shines through from the other side. So the scan is held
 * against one of the same sheet without it. */
#ifndef YJ_SIMULATE_VISIBLE_H
#define YJ_SIMULATE_VISIBLE_H

#include "pupil.h"
#include "scanner.h"

/* `scan` is of the whole page, `bare` of the same without the plan's hardly_seen marks, both as
 * the capture saw them; `px` a millimetre of the sheet's picture. Takes those out of the plan of
 * which the scan shows less than markup.h lets a mark have, and makes their fields ambiguous. What
 * the file's compression does comes after. */
void visible_drop_unseen(const struct capture *c, const struct image *scan,
                         const struct image *bare, const struct form *form, double px,
                         struct page_plan *plan);

#endif
