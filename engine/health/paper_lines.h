/* paper_lines.h - thin straight lines over the whole paper: dirt on the scanner's glass, creases.
 *
 * A line is told from print by where it goes: from edge to edge, also through the margins where no
 * printer prints. Works on a reduced picture (about 0.5 mm a px), lines up to 1.5 mm thick and 3
 * degrees off the picture's axes. Knows no form. */
#ifndef YJ_ENGINE_PAPER_LINES_H
#define YJ_ENGINE_PAPER_LINES_H

#include "geometry.h"
#include "image.h"
#include <stdbool.h>

#define PAPER_LINES_MAX 12

/* The paper on the reduced picture. */
struct paper_area {
    struct point corners[4]; /* px, in the order in which one walks around it */
    double px_per_mm;
    double paper; /* its grey, 0 to 255 */
    double edge;  /* mm: nearer to the paper's long edges a line is its shadow */
};

struct paper_line {
    bool across; /* along the rows; else along the columns */
    bool light;
    double at;             /* px: column (across: row) in the middle of the paper */
    double lean;           /* px that it moves right (down) over the paper's length */
    double depth;          /* grey levels off the paper */
    struct point from, to; /* px: its ends on the paper */
};

struct paper_lines_scratch;

int paper_lines_scratch_create(struct paper_lines_scratch **ret_scratch);
void paper_lines_scratch_destroy(struct paper_lines_scratch *scratch);

/* The clearest first. 0 or YJ_ENOMEM. */
int paper_lines_find(const struct image *img, const struct paper_area *area,
                     struct paper_lines_scratch *scratch, struct paper_line lines[PAPER_LINES_MAX],
                     int *ret_n);

#endif
