/* scale_internal.h - between the files of scale.h. */
#ifndef YJ_SCORING_SCALE_INTERNAL_H
#define YJ_SCORING_SCALE_INTERNAL_H

#include "exact.h"
#include "scale.h"

/* Of those in order (exact_order); n > 0. YJ_ENOMEM. */
int scale_bands_compute(const struct score_scale *scale, const struct ranked *ranked, size_t n,
                        struct scaled_score *ret, struct scale_report *report);
void scale_levels_compute(const struct score_scale *scale, const struct ranked *ranked, size_t n,
                          struct scaled_score *ret, struct scale_report *report);

#endif
