/* outline_set.h - the printed outlines of one form page, ready to be looked for in a scan.
 *
 * Bubbles and boxes alike, with points on and beside each; neighbours are gathered in patches that
 * a scan's local shifts are measured by. Millimetres; immutable once made. */
#ifndef YJ_ENGINE_OUTLINE_SET_H
#define YJ_ENGINE_OUTLINE_SET_H

#include "form.h"
#include "outline.h"

#define POINTS OUTLINE_POINTS /* pairs of points an outline */

struct outline {
    struct point center;                       /* mm */
    double on_x[POINTS], on_y[POINTS];         /* mm from the centre */
    double normal_x[POINTS], normal_y[POINTS]; /* unit vectors pointing out of it */
    double gap;                                /* mm: on -> outside */
    int patch;
    int field;  /* index into the form's fields */
    int option; /* of a choice, -1 other outlines */
};

struct patch {
    struct point center; /* mm */
    int n_outlines;
    double pitch; /* mm: least distance between centres of its outlines, or to others' */
};

struct outline_set {
    int n_fields;             /* of the form */
    struct outline *outlines; /* sorted by patch */
    int n_outlines;
    struct patch *patches;
    int n_patches;
    struct rect extent; /* of the centres */
};

/* *ret_set may hold no outline at all (a page of regions). 0 or YJ_ENOMEM. */
int outline_set_create(const struct form *form, int page, struct outline_set **ret_set);
void outline_set_destroy(struct outline_set *set);
int outline_set_count(const struct outline_set *set);

#endif
