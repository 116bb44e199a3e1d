/* glyph_face.h - text in PDFs: each glyph's outline once, as text that can be searched.
 *
 * Cairo 1.16 ends the program over its subsets of large Chinese fonts, and outlines drawn anew
 * for every letter would make the slips of 100,000 candidates gigabytes. A face whose glyphs are
 * drawn by us is kept as a Type 3 font instead: an outline once, a byte a letter after that. */
#ifndef YJ_REPORT_GLYPH_FACE_H
#define YJ_REPORT_GLYPH_FACE_H

#include <pango/pangocairo.h>
#include <stdbool.h>

struct glyph_faces; /* the faces in use, one a font and weight */

/* NULL: out of memory. Outlives every surface that was drawn to with it. */
struct glyph_faces *glyph_faces_create(void);
void glyph_faces_destroy(struct glyph_faces *faces);

/* Shows a layout whose fonts have `size` units an em, its top-left corner at x, y. */
void glyph_faces_show(struct glyph_faces *faces, cairo_t *cr, PangoLayout *layout, double size,
                      double x, double y);

/* Whether a font could not be had (too many open files, say), so that words are missing. */
bool glyph_faces_lack_font(const struct glyph_faces *faces);

#endif
