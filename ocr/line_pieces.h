/* line_pieces.h - the characters of a line's picture one by one, as the nets of boxes see a glyph.
 *
 * Internal to ocr. Where each character stands is known (ctc_align); strokes that touch nothing
 * belong to the nearest, what holds several together is cut between them where it is thinnest. */
#ifndef YJ_OCR_LINE_PIECES_H
#define YJ_OCR_LINE_PIECES_H

#include "arena.h"
#include "line_picture.h"
#include "written_box.h"

/* places[0 .. n): px from the picture's left, rising, n at most 255. Where a character has no ink
 * its glyph is all paper. 0 or YJ_ENOMEM. */
int line_pieces_cut(const struct line_picture *picture, const float *places, int n,
                    struct arena *arena, uint8_t (*ret_glyphs)[GLYPH_POINTS]);

#endif
