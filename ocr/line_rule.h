/* line_rule.h - printed rules and frame edges along the border of a crop, taken away.
 *
 * Internal to the line reader. */
#ifndef YJ_OCR_LINE_RULE_H
#define YJ_OCR_LINE_RULE_H

#include "image.h"

/* Whitens (255) lines thin and long that run along a border of `img`: horizontal ones over most
 * of its width in its upper or lower quarter, vertical ones over its whole height at its left or
 * right end. What is dark: at least `darker` grey levels below paper[x], the paper's grey at each
 * column. Where a stroke crosses such a line its ink stays. Slopes up to 3 %. 0 or YJ_ENOMEM. */
int line_rule_erase(struct image *img, const float *paper, int darker);

#endif
