/* box_border.h - the printed border of a box, found in its picture.
 *
 * Internal to ocr. A picture holds, pixel by pixel, how much darker than the paper it is. */
#ifndef YJ_OCR_BOX_BORDER_H
#define YJ_OCR_BOX_BORDER_H

#include <stdbool.h>
#include <stdint.h>

/* A box cut out of the scan with some paper around it. */
struct box_picture {
    uint8_t *dark;     /* [height * width], grey levels below the paper; in an arena */
    int width, height; /* px */
    double scale;      /* px a mm */
    double left, top;  /* px: the box's corners as the form has them */
    double right, bottom;
    double pixel; /* mm that one of the scan's is wide */
    double reach; /* px around the box beyond which nothing is its own */
};

enum box_side { SIDE_LEFT, SIDE_RIGHT, SIDE_TOP, SIDE_BOTTOM, BOX_SIDES };

/* A printed line along a side. Offsets are px from where the form has the side, positive to the
 * right or down, at the line's middle. */
struct border_line {
    bool found;
    double offset, lean;  /* lean: px that its end lies beyond its start */
    double before, after; /* px that its ink reaches to either side of it */
    int strength;         /* grey levels that most of it is darker by */
};

/* The best line at each side. */
void box_border_find(const struct box_picture *box, struct border_line *ret_lines);

/* What a field's boxes show together, lines[n * BOX_SIDES]: sides that were missed or that found a
 * pen's stroke get what the others have; where most have none, none has. `scale`: px a mm. */
void box_border_agree(struct border_line *lines, int n, double scale);

/* Takes the lines out of the picture, without the strokes that cross them. */
void box_border_remove(struct box_picture *box, const struct border_line *lines);

#endif
