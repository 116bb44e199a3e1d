/* plot_axis.h - scales with ticks at round numbers, and the frame that a figure is drawn in. */
#ifndef YJ_REPORT_PLOT_AXIS_H
#define YJ_REPORT_PLOT_AXIS_H

#include "drawing.h"

/* first, first + step ... n of them, written with `decimals`. */
struct ticks {
    double first, step;
    int n, decimals;
};

/* Steps of 1, 2 or 5 times a power of ten, at most `most` (2 or more) ticks within low..high. Where
 * high does not exceed low, or one is not finite: one tick, at low or 0. */
struct ticks ticks_choose(double low, double high, int most);

/* Values to millimetres. Values beyond the ends stand at them. */
struct scale {
    double low, high; /* values; high > low */
    double from, to;  /* mm; `to` may be the smaller: upward */
};

struct scale scale_make(double low, double high, double from, double to);
double scale_place(const struct scale *s, double value);

/* Sizes of letters in every figure, mm. */
#define LETTERS_TICK 2.5
#define LETTERS_LABEL 2.8
#define LETTERS_SMALL 2.2

/* Numbers under, and faint lines over, `box`; its baseline in ink. */
void axis_draw_x(struct drawing *d, const struct scale *x, const struct ticks *ticks,
                 struct rect box, bool grid);
/* Numbers left of the box (or right of it), faint lines across. As shares: "40 %". */
void axis_draw_y(struct drawing *d, const struct scale *y, const struct ticks *ticks,
                 struct rect box, bool right, bool share);
/* The names of the axes: of y above its numbers, of x at the right end under its numbers. */
void axis_title_x(struct drawing *d, struct rect box, const char *title);
void axis_title_y(struct drawing *d, struct rect box, const char *title, bool right);

/* "no candidates" in the middle of an empty figure. */
void plot_empty(struct drawing *d, struct rect box, const char *why);

#endif
