/* draft_parts.h - what the parts of form_draft hand to each other; no one else includes it.
 *
 *   draft_page    where the paper is in the scan, which way up, how large: a straight picture of it
 *   draft_shapes  outlines in that picture that may be bubbles, by size
 *   draft_lattice blocks: outlines of one size in rows and columns
 *   draft_meaning what each block is for, its fields' names and order
 *   draft_marks   what the page can be found by, its bits, frames and boxes
 *   draft_yaml    all of it as a form
 *
 * Millimetres from the page's top-left corner throughout; the straight picture has `scale` pixels a
 * mm. Memory is the draft's arena. */
#ifndef YJ_IMPORT_DRAFT_PARTS_H
#define YJ_IMPORT_DRAFT_PARTS_H

#include "arena.h"
#include "form.h"
#include "form_draft.h"
#include "vision.h"
#include <stdbool.h>

/* One outline that may be a bubble's. */
struct draft_shape {
    struct point at;
    double w, h; /* of the middle of its line */
    double extent;
    bool ring;  /* its line was seen from both sides: the size is exact */
    bool solid; /* full of ink */
    bool bracket;
    int cluster; /* of shapes of one size; -1: none */
};

/* Shapes of one size. */
struct draft_cluster {
    enum bubble_shape shape;
    double w, h;
    int n;
    double line;  /* grey of the printed line and of the paper beside it */
    double paper; /* (medians over the cluster) */
};

enum draft_meaning {
    DRAFT_CHOICES_ACROSS, /* a field a row */
    DRAFT_CHOICES_DOWN,   /* a field a column */
    DRAFT_GRID_DOWN,      /* one field: a character a column */
    DRAFT_GRID_ACROSS,    /* one field: a character a row */
};

/* What the bubbles of one block say themselves: is a letter the same along a row or a column? */
enum draft_letters { LETTERS_UNKNOWN, LETTERS_ACROSS, LETTERS_DOWN };

struct draft_block {
    int cluster;
    int rows, columns;
    double *x, *y; /* mm, of each column and row */
    bool *printed; /* rows * columns */
    int n_found;   /* shapes that were seen as outlines */
    int n_filled;  /* of those printed: how many are full of ink */
    double spread; /* mm, rms of the outlines around the places */
    bool dropped;  /* no block of bubbles after all, or part of another */
    bool touching; /* its boxes share their walls: a table, boxes to write in, bits */
    enum draft_letters letters;
    enum draft_meaning meaning;
    const char *options; /* as YAML has them, for the longest row */
    bool unsure;         /* the meaning is a guess */
    int order;           /* as people read, from 0 */
    int first;           /* number of its first question; 0: no question */
    const char *name;    /* a number's */
    int joined;          /* blocks of this one's kind beside it that its entry includes */
    double join_step;    /* mm from one to the next */
};

struct draft_mark {
    enum mark_shape shape;
    struct rect box;
    double stroke;
    enum mark_corner corner;
};

struct draft_track { /* timing marks */
    struct point at, step;
    double w, h;
    int count;
};

struct draft_bits {
    struct point at;
    double step, size;
    int count;
    unsigned long long value;
};

struct draft_boxes { /* boxes to write in */
    struct point at;
    double step, w, h;
    int count;
    bool labelled; /* with print in them: a score strip? */
};

#define DRAFT_MAX_NOTES 32
#define DRAFT_MAX_MARKS 4
#define DRAFT_MAX_TRACKS 4
#define DRAFT_MAX_BITS 2
#define DRAFT_MAX_BOXES 16
#define DRAFT_MAX_REGIONS 24

struct draft {
    struct arena memory;
    const struct draft_options *o;
    const struct image *scan;

    double width, height;   /* of the page */
    const char *paper;      /* its name; NULL: none */
    bool landscape;         /* the named paper, turned */
    bool photo;             /* the paper was found within the picture */
    double skew;            /* degrees it was turned by, clockwise, beside quarters */
    int turned;             /* quarters, in degrees */
    struct homography page; /* mm -> px of the scan */

    struct image straight, ink;
    double scale;
    struct blob *blobs;
    size_t n_blobs;
    struct contour *contours;
    size_t n_contours;

    struct draft_shape *shapes;
    int n_shapes;
    struct draft_cluster *clusters;
    int n_clusters;
    struct draft_block *blocks;
    int n_blocks;

    struct draft_mark marks[DRAFT_MAX_MARKS];
    int n_marks;
    struct draft_track tracks[DRAFT_MAX_TRACKS];
    int n_tracks;
    struct draft_bits bits[DRAFT_MAX_BITS];
    int n_bits;
    struct draft_boxes boxes[DRAFT_MAX_BOXES];
    int n_boxes;
    struct rect regions[DRAFT_MAX_REGIONS];
    int n_regions;

    const char *notes[DRAFT_MAX_NOTES]; /* what a person should look at, page-wide */
    int n_notes;
};

/* Every function: 0, YJ_ENOMEM, or YJ_EDATA where OpenCV refuses. */

/* Finds the paper and its upright picture; needs scan and o, sets all above `shapes`. */
int draft_page_find(struct draft *d);
/* Turns the page by a half and makes its picture anew. */
int draft_page_flip(struct draft *d);

int draft_shapes_find(struct draft *d);
/* Share of the printed outline of cluster `c` that is seen around `at`, 0 to 1. */
double draft_outline_seen(const struct draft *d, const struct draft_cluster *c, struct point at);
/* Share of a box of the ink's picture that is ink. */
double draft_ink_share(const struct draft *d, struct rect box);
/* Mean grey of a box of the straight picture. */
double draft_grey(const struct draft *d, struct rect box);

/* Places at equal steps, perhaps with more room after every `group` of them. */
struct draft_rhythm {
    double first, step, gap;
    int group; /* 0: none */
};
#define DRAFT_EVEN 0.2 /* mm that places may be off their rhythm */

/* Fits first, step and gap to n rising places for a group size, 0: none. */
struct draft_rhythm draft_fit_rhythm(const double *at, int n, int group);
/* mm that the place farthest off is off. */
double draft_off_rhythm(const double *at, int n, const struct draft_rhythm *r);
/* The rhythm that all places are within DRAFT_EVEN of, groups only where there must be; false:
 * there is none. */
bool draft_find_rhythm(const double *at, int n, struct draft_rhythm *ret);

/* Everything that hangs together, much of it letters. */
int draft_lattice_find(struct draft *d);
/* Keeps what are blocks of bubbles, or tables of touching boxes; joins what only gaps part. */
int draft_lattice_settle(struct draft *d);
static inline struct point draft_place(const struct draft_block *b, int row, int column)
{
    return (struct point){b->x[column], b->y[row]};
}
static inline bool draft_printed(const struct draft_block *b, int row, int column)
{
    return b->printed[row * b->columns + column];
}
struct rect draft_block_area(const struct draft *d, const struct draft_block *b);

/* Rows of black and white squares: drops their blocks. Before draft_lattice_settle. */
void draft_bits_find(struct draft *d);
int draft_marks_find(struct draft *d);
/* Frames and boxes to write in; after the blocks' meaning is known. */
int draft_frames_find(struct draft *d);

/* Whether the labels stand right of the answers: the page is upside down. */
bool draft_upside_down(const struct draft *d);
int draft_meaning_find(struct draft *d);

int draft_yaml_text(const struct draft *d, char **ret_yaml, int *ret_doubts);

/* A comment at the top of the form; beyond DRAFT_MAX_NOTES it is left out. */
void draft_note(struct draft *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
double draft_median(double *values, int n); /* sorts them */

#endif
