/* closer_marks.h - is each mark meant?
 *
 * Internal to omr. What an eraser has left is paler than its neighbour and paler than even the
 * palest that this pupil marks; a slip of the pen is, too. And what stands beside the one mark of
 * a choice may be another that somebody took for struck out or rubbed out. Only doubts are raised.
 * Knows no pixels.
 */
#ifndef YJ_OMR_CLOSER_MARKS_H
#define YJ_OMR_CLOSER_MARKS_H

#include "agreement.h"

/* Lowers seen[i].p of doubtful marks among a page's b[0 .. n). */
void closer_look_at_marks(const struct band *band, const struct bubble_ink *b, int n,
                          struct seen_bubble *seen);

#endif
