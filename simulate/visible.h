/* visible.h - what of a page's marks comes out in its scan.
 *
 * Ink that can be seen on the sheet may be lost on the way: in the lens' blur, below the threshold
 * of a scanner of black and white, in what shines through from the other side. And what an eraser
 * has made pale comes out of such a scanner as black as any answer. So the scan is held against one
 * of the same sheet without the marks in question. */
#ifndef YJ_SIMULATE_VISIBLE_H
#define YJ_SIMULATE_VISIBLE_H

#include "pupil.h"
#include "scanner.h"

/* `scan` is of the whole page, `bare` of the same without the plan's looked_for marks (and without
 * what is written into boxes, which is nowhere near a bubble), both as the capture saw them (the
 * file's compression comes after); `px` a millimetre of the sheet's picture. Marks of which too
 * little is seen are taken out of the plan, erased ones that are as black as the answer beside them
 * are answers again, and what cannot be told makes its field ambiguous, all by the limits of
 * markup.h. YJ_ENOMEM. */
int visible_judge(const struct capture *c, const struct image *scan, const struct image *bare,
                  const struct form *form, double px, struct page_plan *plan);

#endif
