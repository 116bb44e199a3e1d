/* grey_rank.h - the grey of some rank among a picture's, and what counts as paper and as ink.
 *
 * Internal to ocr. */
#ifndef YJ_OCR_GREY_RANK_H
#define YJ_OCR_GREY_RANK_H

#include <stddef.h>
#include <stdint.h>

#define PAPER_MIN 70    /* grey level: darker "paper" is a shadow, a fold, or no paper */
#define PAPER_SHARE 0.7 /* this share of the pixels is darker than what counts as the paper */
#define FAINTEST 22     /* grey levels below the paper: ink, not the paper's grain */

/* The grey of the pixel that has `darker` others before it, from 0 up: [height][width], rows
 * `stride` bytes apart. */
int grey_rank(const uint8_t *at, ptrdiff_t stride, int width, int height, size_t darker);

#endif
