/* ink_blobs.h - patches of ink: what is darker than the paper around it, put together to connected
 * patches.
 *
 * A pixel is ink where it is at least `offset` below the mean of the window around it (pixels at
 * the edge count for those beyond it); pixels that touch, also by a corner, are one patch. The same
 * patches, in the same order, as OpenCV's adaptiveThreshold (mean) and connectedComponentsWithStats
 * give, without their memory: theirs is asked from the heap for every picture. Means by sums that
 * slide (McDonnell 1981), labels by runs of ink (He, Chao, Suzuki 2008). */
#ifndef YJ_CORE_INK_BLOBS_H
#define YJ_CORE_INK_BLOBS_H

#include "vision.h"

/* Working memory, kept from picture to picture; all zero is empty. */
struct ink_blobs_scratch {
    unsigned *sums; /* of columns, then those of the window over them */
    unsigned char *mask;
    size_t sums_capacity, mask_capacity;
    struct ink_run *runs;
    struct ink_patch *patches;
    size_t n_patches, runs_capacity, patches_capacity;
};
void ink_blobs_finish(struct ink_blobs_scratch *scratch);

#define INK_BLOBS_PATCHES_MAX ((size_t)4 << 20) /* more is noise, of any size of image */

/* As vision_find_blobs. 0, YJ_ENOMEM, or YJ_EDATA: nothing but noise. */
int ink_blobs_find(const struct image *img, int window, int offset, int min_area,
                   struct ink_blobs_scratch *scratch, struct blob *blobs, size_t max, size_t *ret_n,
                   struct image *ink);

#endif
