/* boxed_text.h - a row of boxes, a character each, to one text and how sure it is.
 *
 * A box is empty, holds a sign (point, minus: told by where its ink is and how it lies), a
 * character of the alphabet, or something a person must see. Which text was written: the likeliest
 * of each box; its probability: the product over the boxes. Boxes left empty before and after are
 * no part of it; one left empty within it is a doubt. Knows no roster and no key, but can say how
 * likely any given text is. */
#ifndef YJ_OCR_BOXED_TEXT_H
#define YJ_OCR_BOXED_TEXT_H

#include "arena.h"
#include "glyph_reader.h"
#include "image.h"
#include "pagemap.h"

struct box_belief {
    double empty;              /* probability that nothing was meant to stand here */
    double point, minus;       /* probability of the sign */
    struct glyph_belief glyph; /* given that a character stands here */
    double character;          /* probability that one does (junk too); all four add up to 1 */
    double ink;                /* mm2 */
};

struct boxed_text {
    enum glyph_alphabet alphabet;
    int n;
    struct box_belief *boxes; /* in the arena */
    const char *text;         /* the likeliest, in the arena; "" where all are empty */
    double confidence;        /* 0 to 1: that this is what was meant */
    bool has_doubt;           /* a box holds something that is likelier junk than any character */
};

struct boxed_style {
    enum glyph_alphabet alphabet;
    bool allows_point, allows_minus; /* digits: signs that may stand in a box */
    const char *only; /* characters that may be written, others are doubts; NULL: all */
};

/* Reads n boxes (mm) of the page. 0, or YJ_ENOMEM, YJ_EDATA (the net is broken). */
int boxed_text_read(struct glyph_reader *reader, const struct boxed_style *style,
                    const struct image *img, const struct page_map *map, const struct rect *boxes,
                    int n, struct image *scratch, struct arena *arena, struct boxed_text *ret);

/* Probability (0 to 1) that `text` is what stands in the boxes, flush left or flush right, or
 * wherever it was found to stand. Characters that no box can hold make it 0, and so does what falls
 * to `least` on the way: a roster has tens of thousands of numbers, nearly all of them far off. */
double boxed_text_likelihood(const struct boxed_text *boxed, const char *text, double least);

/* The most that it could be of any text, also of one with gaps. */
double boxed_text_most(const struct boxed_text *boxed);

#endif
