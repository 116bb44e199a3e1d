/* hanzi_pieces.h - a written line cut where its characters may begin and end.
 *
 * Internal to ocr. Gaps between columns of ink, and thin places of long runs, are where a cut may
 * be. What lies between two cuts is a piece; one about as wide as the line is high is likely a
 * character. Costs are those of -log of a probability, up to a constant. Knows no characters. */
#ifndef YJ_OCR_HANZI_PIECES_H
#define YJ_OCR_HANZI_PIECES_H

#include "hanzi_ink.h"

#define HANZI_MAX_CUTS 20
#define HANZI_MAX_PIECES 16
#define HANZI_MAX_LENGTH 6 /* characters of a name */

struct hanzi_piece {
    int from, to;         /* its cuts, 0 to n_cuts - 1, from < to */
    struct hanzi_box box; /* px of the line, its whole height */
    float cost;           /* of its width and of the cut where it ends */
};

struct hanzi_pieces {
    struct hanzi_piece piece[HANZI_MAX_PIECES]; /* by `to`, then `from` */
    int n;
    int n_cuts;     /* both ends of the line are cuts */
    float cheapest; /* cost of the best way through the line in one of the counts asked for */
};

/* `ink` holds the writing and nothing beside it. counts[n], n from 1 to HANZI_MAX_LENGTH: whether
 * the line may hold n characters. The pieces kept are those on the cheapest ways through it, at
 * most HANZI_MAX_PIECES; ret->n = 0: no count asked for. */
void hanzi_cut(const struct image *ink, const bool counts[HANZI_MAX_LENGTH + 1],
               struct hanzi_pieces *ret);

#endif
