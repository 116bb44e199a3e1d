/* barcode.h - one- and two-dimensional codes, read by ZBar. */
#ifndef YJ_OCR_BARCODE_H
#define YJ_OCR_BARCODE_H

#include "arena.h"
#include "image.h"

struct barcode {
    const char *text;      /* UTF-8, in the arena */
    const char *symbology; /* "QR-Code", "CODE-128", ... */
    double x, y;           /* px, centre */
    int passes;            /* scan lines that agreed on it; a matrix code: 1 */
};

/* 0 to 1: that a code read so says what was printed (by its check digits, or by how many lines
 * agree where it has none). */
double barcode_confidence(const struct barcode *code);
/* Every code in `img` (a crop of the page, upright). *ret_n at most max. 0 or YJ_ENOMEM. */
int barcode_read(const struct image *img, struct arena *arena, struct barcode *codes, int max,
                 int *ret_n);

#endif
