/* proposals.h - where the form might be in the scan, before anyone has looked at its print.
 *
 * Each kind of registration has its own way to propose transforms; all of them are judged by the
 * same witness (witness.h). Several proposals a registration: every orientation, every plausible
 * set of marks. */
#ifndef YJ_ENGINE_PROPOSALS_H
#define YJ_ENGINE_PROPOSALS_H

#include "form.h"
#include "image.h"
#include "print_pattern.h"

#define MAX_PROPOSALS 24 /* a registration of a page */

struct proposal {
    struct homography mm_to_px;      /* px of the full image */
    struct homography through_marks; /* the same where all marks seen have a say, in perspective
                                        where they are enough; else mm_to_px */
    int marks;                       /* marks, corners or feature pairs it rests on */
    double cost; /* smaller is likelier; only compared within one registration */
};

/* The scan at several sizes: levels[k] is the scan / 2^k; level 0 is the scan itself. */
struct pyramid {
    const struct image *levels[4];
    int n_levels;
};

/* px of level k -> px of level 0, and back, for a transform's outcome. */
struct homography pyramid_up(const struct homography *h, int level);
struct homography pyramid_down(const struct homography *h, int level);

/* Pictures that a registration names, loaded once; index as in the form's registrations. */
struct proposal_source {
    const struct registration *registration;
    double page_width, page_height; /* mm */
    const struct image *picture;    /* MARKER, REFERENCE; else NULL */
    const struct print_pattern *pattern;
};

/* Fills out[0 .. *ret_n), most likely first. 0 or YJ_ENOMEM. */
int propose(const struct proposal_source *source, const struct pyramid *pyramid,
            struct proposal *out, int *ret_n);
/* The same at little cost, from marks that are just where they should be: none unless all of them
 * are seen near their places on a scan that shows the page and nothing else. */
int propose_near(const struct proposal_source *source, const struct pyramid *pyramid,
                 struct proposal *out, int *ret_n);

/* Parts of it, one file each. `near`: as propose_near. */
int propose_from_marks(const struct proposal_source *source, const struct pyramid *pyramid,
                       bool near, struct proposal *out, int *ret_n);
int propose_from_marker_picture(const struct proposal_source *source, const struct pyramid *pyramid,
                                struct proposal *out, int *ret_n);

/* Something found in the scan that may be one of the marks. */
struct mark_sighting {
    struct point at; /* px of level 0 */
    double area;     /* px of level 0; 0: unknown */
    double w, h;     /* px of level 0, upright bounding box */
};

/* Which sightings may be which marks: sets of at least three (of two where the form has only two)
 * that a similarity explains. `area` is the ink of each mark in mm^2. Shared by the two above. */
int propose_from_sightings(const struct proposal_source *source, const struct pyramid *pyramid,
                           const struct mark_sighting *sightings, int n, struct proposal *out,
                           int *ret_n);

#endif
