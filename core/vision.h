/* vision.h - OpenCV behind C. vision.cpp is the only C++ of the tree and lets no exception through.
 *
 * Every function is reentrant; OpenCV's own threads are off (vision_init). YJ_ENOMEM or YJ_EDATA
 * where OpenCV refuses. */
#ifndef YJ_CORE_VISION_H
#define YJ_CORE_VISION_H

#include "geometry.h"
#include "image.h"

/* Once, before any thread starts. */
int vision_init(void);
/* OpenCV's version, "4.6.0". */
const char *vision_version(void);

/* A connected patch of ink. */
struct blob {
    int x, y, w, h;        /* bounding box, px */
    int area;              /* px */
    struct point centroid; /* px */
};

/* Patches (8-connected) of pixels darker than the mean of a window x window box around them less
 * `offset` grey levels, at least min_area px. Fills blobs[0 .. *ret_n), at most max (largest
 * first). `ink` (may be NULL) receives the 0/255 mask. */
int vision_find_blobs(const struct image *img, int window, int offset, int min_area,
                      struct blob *blobs, size_t max, size_t *ret_n, struct image *ink);

/* A closed curve in a mask: the edge of a patch of ink, or of a white hole in one. */
struct contour {
    double x, y, w,
        h;         /* its box, px from the image's edge: of the ink outside, of the white inside */
    double extent; /* share of its box that it encloses: a rectangle 1, an ellipse 0.785 */
    double solidity; /* share of its convex hull that it encloses */
    int parent;      /* a hole's: index of the contour of its ink, -1 where that is not given */
    bool hole;
};

/* The contours of a 0/255 mask (as vision_find_blobs gives it) whose boxes are at least min_side px
 * wide and high, and at most max_side; in the order of the mask's rows. At most max. */
int vision_find_contours(const struct image *mask, int min_side, int max_side,
                         struct contour *curves, size_t max, size_t *ret_n);

/* Corners of the largest convex quadrilateral of light paper on darker ground (or, with `dark`
 * true, of a closed dark frame's outer edge), clockwise from the top-left-most. At most max
 * candidates, largest first; *ret_n = 0: none. */
int vision_find_quads(const struct image *img, bool dark, struct point (*quads)[4], size_t max,
                      size_t *ret_n);

/* out = img scaled to width x height (area when shrinking, linear when growing). */
int vision_resize(const struct image *img, int width, int height, struct image *out);

/* Features (ORB) of `reference` found again in `img`: homography reference px -> img px by RANSAC,
 * and how many pairs agree with it. YJ_EDATA: fewer than 12. */
int vision_align_features(const struct image *reference, const struct image *img, int max_features,
                          struct homography *ret, int *ret_inliers);

/* out (its size already set) = img seen through map (out px -> img px), linear, white outside. */
int vision_warp(const struct image *img, const struct homography *map, struct image *out);

/* A trained net. Not thread-safe: one a worker. */
struct vision_net;
/* From the bytes of an ONNX file, which are copied. */
int vision_net_create(const unsigned char *onnx, size_t size, struct vision_net **ret_net);
void vision_net_destroy(struct vision_net *net);
/* One pass: in[n][channels][height][width] with `shape` these four numbers, out[n][n_out]. YJ_EDATA
 * where the net is not made for this shape. */
int vision_net_run(struct vision_net *net, const float *in, const int shape[4], float *out,
                   size_t n_out);
/* The same for a net whose output follows the size of its input: at most max_out numbers in all,
 * *ret_n of them. YJ_EDATA also where they are more. A shape seen in the call before is quickest.
 */
int vision_net_run_sized(struct vision_net *net, const float *in, const int shape[4], float *out,
                         size_t max_out, size_t *ret_n);

#endif
