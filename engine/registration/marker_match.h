/* marker_match.h - where a small picture stands in a large one, by normalised correlation: what
 * OpenCV calls TM_CCOEFF_NORMED (J. P. Lewis, Fast Normalized Cross-Correlation, 1995). Summed
 * outright: pictures of some 10 to 60 px are cheaper so than by transforms. */
#ifndef YJ_ENGINE_MARKER_MATCH_H
#define YJ_ENGINE_MARKER_MATCH_H

#include "arena.h"
#include "geometry.h"
#include "image.h"

/* The best places of `marker` in `img`, at most `max` (> 0), best first: each scores at least
 * min_score (> 0, at most 1) and lies at least min_gap px from every better one. Points are the
 * marker's centre in px of img. None where the marker is larger than img, or of one grey.
 * Resets `arena`. 0 or YJ_ENOMEM. */
int marker_match(const struct image *img, const struct image *marker, double min_score,
                 double min_gap, struct arena *arena, struct point *places, double *scores,
                 size_t max, size_t *ret_n);

#endif
