/* box_pieces.h - the ink of a box's picture in pieces that do not touch each other, and which of
 * them are the box's own.
 *
 * Internal to ocr. A piece belongs to where most of it lies; what reaches deep into the box is the
 * box's, what only strays in from a neighbour, a speck, or a rest of the border is not. */
#ifndef YJ_OCR_BOX_PIECES_H
#define YJ_OCR_BOX_PIECES_H

#include "arena.h"
#include "box_border.h"

#define BOX_PIECES_MAX 256

struct box_piece {
    int area, inside;   /* px; of them within the box */
    int x0, y0, x1, y1; /* its part within the box */
    double gap;         /* mm that its part within the box reaches in from the nearest side */
    bool goes_on;       /* beyond the box's reach: towards the next box */
    bool own;
};

struct box_pieces {
    uint16_t *label; /* [height * width]: 0 none, else 1 + index; NULL where there is no ink */
    struct box_piece list[BOX_PIECES_MAX];
    int n;
    bool too_many; /* more than the list holds: grain, in which nothing is sure */
};

/* What is darker than `limit`; labels lie in the arena. Beyond BOX_PIECES_MAX pieces are left out.
 * 0 or YJ_ENOMEM. */
int box_pieces_find(const struct box_picture *p, int limit, struct arena *arena,
                    struct box_pieces *ret);

/* The box's own ink with its soft edge, a pixel around it, each pixel's darkness through `shade`.
 * `ink` [height * width] comes in as noughts. Asked only where there is ink. 0 or YJ_ENOMEM. */
int box_pieces_copy(const struct box_picture *p, const struct box_pieces *pieces,
                    const uint8_t shade[256], struct arena *arena, uint8_t *ink);

#endif
