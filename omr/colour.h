/* colour.h - takes what is written in colour off a page, before its bubbles are read.
 *
 * For offices whose teachers mark in red what pupils wrote in black (exam.yaml `marks: {colour:
 * ignore}`). A pupil's blue pen goes, too. */
#ifndef YJ_OMR_COLOUR_H
#define YJ_OMR_COLOUR_H

#include "form.h"
#include "image.h"
#include "pagemap.h"

/* Around the bubbles of form page `page`, pixels of a colour, and the paler ones beside them,
 * become paper (its grey). Black under colour stays, and so does print in colour: what the bubbles'
 * own outlines show sets the limit. `chroma` empty: does nothing. */
void colour_remove(struct image *img, const struct image *chroma, const struct form *form, int page,
                   const struct page_map *map, double paper);

#endif
