/* glyph_frame.h - the part of a picture of ink that a glyph shows, as MNIST has it (written_box.h).
 *
 * Internal to ocr. Pictures are 0 paper to 255, row by row; results GLYPH_POINTS long. */
#ifndef YJ_OCR_GLYPH_FRAME_H
#define YJ_OCR_GLYPH_FRAME_H

#include <stdbool.h>
#include <stdint.h>

struct glyph_frame {
    double left, top, step; /* px; step: a point of the glyph */
};

/* Around the ink's centre of mass, as large as the ink. False: there is none. */
bool glyph_frame_find(const uint8_t *ink, int width, int height, struct glyph_frame *ret);

/* The rows of a picture that lie in the frame, *ret_first .. *ret_end - 1. */
void glyph_frame_rows(const struct glyph_frame *frame, int height, int *ret_first, int *ret_end);

/* What lies in the frame, made so dark that its darkest point is 255. */
void glyph_frame_glyph(const uint8_t *ink, int width, int height, const struct glyph_frame *frame,
                       uint8_t *ret_glyph);

/* As it is: a point all black is 255. */
void glyph_frame_view(const uint8_t *ink, int width, int height, const struct glyph_frame *frame,
                      uint8_t *ret_view);

#endif
