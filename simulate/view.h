/* view.h - where each pixel of a scan looks on the paper, and what light falls there.
 *
 * A homography takes scan pixels to millimetres of the paper; then the paper is not flat, the
 * feeder does not run evenly, and the print is not where it should be. Scanner and camera both fill
 * a view; view_fill_optics turns it into a mesh. */
#ifndef YJ_SIMULATE_VIEW_H
#define YJ_SIMULATE_VIEW_H

#include "optics.h"

#define VIEW_RIPPLES 5

/* A slow wave of the paper. */
struct ripple {
    double kx, ky, phase; /* radians a mm */
    double dx, dy;        /* mm */
    double light;         /* share */
};

struct view {
    struct homography to_paper;           /* scan px -> mm of the paper */
    double width, height;                 /* mm of the paper */
    double px;                            /* a mm, of the sheet's picture */
    struct point print_shift;             /* mm: where the print stands on the paper */
    struct point print_stretch;           /* its size over what it should be */
    double wave, wave_length, wave_phase; /* mm: the feeder */
    double curl, curl_length;             /* mm the paper's end is pulled in; over so many mm */
    bool curl_top;
    double bend_x, bend_y; /* mm: a sheet that bulges */
    struct ripple ripples[VIEW_RIPPLES];
    int n_ripples;
    double fold_y, fold_shift; /* mm; shift 0: none */
    /* Light: 1 where nothing dims it. */
    double shade_edge;     /* the share that is left at the dark edge; 1: none */
    double shade_reach;    /* mm into the page */
    int shade_side;        /* 0 top, 1 right, 2 bottom, 3 left */
    double tilt_x, tilt_y; /* share lost from one edge to the other */
    double vignette;       /* share lost in the corners */
    double shadow, shadow_x, shadow_y, shadow_angle, shadow_soft; /* a hand's or phone's edge, mm */
};

/* A view straight onto paper of this size. */
void view_init(struct view *v, double width, double height, double px);
/* Fills the mesh and the light of `o`, whose size is set, and its paper. */
void view_fill_optics(const struct view *v, struct optics *o);

#endif
