#include "proposals.h"

#include "diag.h"
#include "print_finder.h"
#include "vision.h"

#include <math.h>
#include <string.h>

#define QUAD_SIDE 900 /* px: longest side of the image in which quadrilaterals are sought */
#define MAX_QUADS 6
#define FEATURES 2500     /* ORB features, reference and scan each */
#define FEATURE_SIDE 1600 /* px */

/* Pixel centres: shrinking by s puts x of the large image at (x + 0.5) / s - 0.5. */
static struct homography rescale(const struct homography *h, double factor)
{
    double t = (factor - 1) / 2;
    struct homography grow = {{factor, 0, t, 0, factor, t, 0, 0, 1}}, out;
    homography_compose(&grow, h, &out);
    return out;
}

struct homography pyramid_up(const struct homography *h, int level)
{
    return rescale(h, ldexp(1, level));
}

struct homography pyramid_down(const struct homography *h, int level)
{
    return rescale(h, ldexp(1, -level));
}

static int level_for_side(const struct pyramid *pyramid, int side)
{
    int k = 0;
    while (k + 1 < pyramid->n_levels &&
           (pyramid->levels[k]->width > side * 3 / 2 || pyramid->levels[k]->height > side * 3 / 2))
        k++;
    return k;
}

/* The four ways a rectangle of the form may lie on a quadrilateral. A side may not shrink to less
 * than `slack` of what the other pair of sides suggests. */
static void add_quad(const struct rect *frame, const struct point q[4], double cost,
                     struct proposal *out, int *n)
{
    struct point from[4] = {{frame->x, frame->y},
                            {frame->x + frame->w, frame->y},
                            {frame->x + frame->w, frame->y + frame->h},
                            {frame->x, frame->y + frame->h}};
    double top = hypot(q[1].x - q[0].x, q[1].y - q[0].y) + hypot(q[2].x - q[3].x, q[2].y - q[3].y);
    double left = hypot(q[3].x - q[0].x, q[3].y - q[0].y) + hypot(q[2].x - q[1].x, q[2].y - q[1].y);
    for (int turn = 0; turn < 4 && *n < MAX_PROPOSALS; turn++) {
        struct point to[4];
        for (int i = 0; i < 4; i++)
            to[i] = q[(i + turn) % 4];
        double aspect = (turn % 2 ? left / top : top / left) / (frame->w / frame->h);
        struct proposal p = {.marks = 4, .cost = cost + fabs(log(aspect))};
        if (fabs(log(aspect)) > 0.45 || homography_fit(from, to, NULL, 4, &p.mm_to_px) < 0)
            continue;
        out[(*n)++] = p;
    }
}

static int propose_from_quads(const struct proposal_source *source, const struct pyramid *pyramid,
                              struct proposal *out, int *ret_n)
{
    const struct registration *r = source->registration;
    struct rect page = {0, 0, source->page_width, source->page_height};
    struct rect frame = r->kind == REGISTER_FRAME ? r->frame : page;
    struct point quads[MAX_QUADS][4];
    size_t n = 0;
    int k = level_for_side(pyramid, QUAD_SIDE);
    *ret_n = 0;
    int e = vision_find_quads(pyramid->levels[k], r->kind == REGISTER_FRAME, quads, MAX_QUADS, &n);
    if (e < 0)
        return e == YJ_ENOMEM ? e : 0;
    for (size_t i = 0; i < n; i++) {
        for (int c = 0; c < 4; c++) {
            quads[i][c].x = (quads[i][c].x + 0.5) * (1 << k) - 0.5;
            quads[i][c].y = (quads[i][c].y + 0.5) * (1 << k) - 0.5;
        }
        add_quad(&frame, quads[i], (double)i, out, ret_n);
    }
    return 0;
}

static int propose_from_image(const struct proposal_source *source, const struct pyramid *pyramid,
                              struct proposal *out, int *ret_n)
{
    const struct image *img = pyramid->levels[0];
    double w = img->width - 1, h = img->height - 1;
    struct point q[4] = {{0, 0}, {w, 0}, {w, h}, {0, h}};
    struct rect page = {0, 0, source->page_width, source->page_height};
    *ret_n = 0;
    add_quad(&page, q, 0, out, ret_n);
    return 0;
}

static int propose_from_reference(const struct proposal_source *source,
                                  const struct pyramid *pyramid, struct proposal *out, int *ret_n)
{
    const struct image *reference = source->picture;
    int k = level_for_side(pyramid, FEATURE_SIDE), inliers = 0;
    struct homography px;
    *ret_n = 0;
    int e = vision_align_features(reference, pyramid->levels[k], FEATURES, &px, &inliers);
    if (e < 0)
        return e == YJ_ENOMEM ? e : 0;
    struct homography mm = {{reference->width / source->page_width, 0, -0.5, 0,
                             reference->height / source->page_height, -0.5, 0, 0, 1}};
    homography_compose(&px, &mm, &mm);
    out[0] = (struct proposal){.mm_to_px = pyramid_up(&mm, k), .marks = inliers};
    *ret_n = 1;
    return 0;
}

static int propose_by_kind(const struct proposal_source *source, const struct pyramid *pyramid,
                           struct proposal *out, int *ret_n)
{
    switch (source->registration->kind) {
    case REGISTER_MARKS:
        return propose_from_marks(source, pyramid, false, out, ret_n);
    case REGISTER_MARKER:
        return propose_from_marker_picture(source, pyramid, out, ret_n);
    case REGISTER_OUTLINE:
    case REGISTER_FRAME:
        return propose_from_quads(source, pyramid, out, ret_n);
    case REGISTER_REFERENCE:
        return propose_from_reference(source, pyramid, out, ret_n);
    case REGISTER_IMAGE:
        return propose_from_image(source, pyramid, out, ret_n);
    case REGISTER_TIMING:
    case REGISTER_PRINT:
        return propose_from_print(source, pyramid, out, ret_n);
    }
    *ret_n = 0;
    return 0;
}

/* Where a way to propose says nothing of all marks together, its proposals speak for themselves. */
static void complete(struct proposal *proposals, int n)
{
    for (int i = 0; i < n; i++)
        if (proposals[i].through_marks.m[8] == 0)
            proposals[i].through_marks = proposals[i].mm_to_px;
}

int propose(const struct proposal_source *source, const struct pyramid *pyramid,
            struct proposal *out, int *ret_n)
{
    int e = propose_by_kind(source, pyramid, out, ret_n);
    complete(out, *ret_n);
    return e;
}

int propose_near(const struct proposal_source *source, const struct pyramid *pyramid,
                 struct proposal *out, int *ret_n)
{
    *ret_n = 0;
    if (source->registration->kind != REGISTER_MARKS)
        return 0;
    int e = propose_from_marks(source, pyramid, true, out, ret_n);
    complete(out, *ret_n);
    return e;
}
