/* strip.h - score strips: which cell, or cells, a teacher's stroke goes through.
 *
 * The cells of a strip are labelled with points; the teacher draws a stroke through the points
 * given, and perhaps another through half a point, and the reading is their sum, exactly as points
 * print ("11.5"). A stroke is told by its colour, of whatever colour, or, in black ink and in scans
 * without colour, by being where nothing is printed. What a careful person would not decide alone
 * is `uncertain`: no stroke at all (nobody marked the essay; never 0 points in silence), a stroke
 * between two cells, two strokes through whole points (a correction), more than the maximum. A
 * strip never reads `blank` or `multiple`. */
#ifndef YJ_OMR_STRIP_H
#define YJ_OMR_STRIP_H

#include "arena.h"
#include "form.h"
#include "image.h"
#include "pagemap.h"
#include "records.h"

/* Reads the strip `field` into ret (value, status, confidence, evidence; field and crop are the
 * caller's). `chroma`: the page's colour as decoder_want_chroma gives it, NULL or empty where there
 * is none. Below min_confidence a reading is uncertain. 0 or YJ_ENOMEM. */
int strip_read(const struct field *field, const struct image *grey, const struct image *chroma,
               const struct page_map *map, double min_confidence, struct arena *arena,
               struct reading *ret);

#endif
