/* ink.c - dark pixels of a small crop against that crop's own paper. */
#include "ink.h"
#include "crop.h"
#include "diag.h"
#include <math.h>

#define INK_DPI 100.0
#define INSET_SHARE                                                                                \
    0.15                 /* of the box's shorter side: its printed edge, and a little print shift  \
                          */
#define INSET_MAX 1.5    /* mm: a wide area's edge is no thicker than a small box's */
#define PAPER_SHARE 0.75 /* this share of the pixels is darker than what counts as the paper */
#define PAPER_MIN 70    /* grey level: darker "paper" is a shadow, a blackened place, or no paper */
#define DARKER_BY 32    /* grey levels below the paper: pencil, not the paper's grain */
#define MIN_AREA 0.8    /* mm2: a short stroke; less is dust */
#define MIN_SHARE 0.015 /* of the box, where the box is so small that this is less */

static struct rect inside(struct rect box)
{
    double inset = fmin(fmin(box.w, box.h) * INSET_SHARE, INSET_MAX);
    return (struct rect){box.x + inset, box.y + inset, box.w - 2 * inset, box.h - 2 * inset};
}

static int paper_level(const struct image *img)
{
    size_t histogram[256] = {0}, seen = 0;
    for (int y = 0; y < img->height; y++)
        for (int x = 0; x < img->width; x++)
            histogram[image_row(img, y)[x]]++;
    size_t wanted = (size_t)(PAPER_SHARE * img->width * img->height);
    int level = 0;
    while (level < 255 && (seen += histogram[level]) < wanted)
        level++;
    return level;
}

static bool has_ink(const struct image *img)
{
    int paper = paper_level(img), limit = paper - DARKER_BY;
    size_t dark = 0;
    if (paper < PAPER_MIN)
        return true;
    for (int y = 0; y < img->height; y++)
        for (int x = 0; x < img->width; x++)
            dark += image_row(img, y)[x] < limit;
    double pixel = 25.4 / INK_DPI, pixels = (double)img->width * img->height;
    return (double)dark * pixel * pixel >= fmin(MIN_AREA, MIN_SHARE * pixels * pixel * pixel);
}

int ink_present(const struct image *img, const struct page_map *map, const struct rect *boxes,
                int n_boxes, struct image *scratch, bool *ret_present)
{
    bool present = false;
    for (int i = 0; i < n_boxes && !present; i++) {
        int r = crop_extract(img, map, inside(boxes[i]), INK_DPI, scratch);
        if (r == YJ_ENOMEM)
            return r;
        /* A box too small to look into, or off the scan, is never called empty. */
        present = r < 0 || !crop_is_within(img, map, inside(boxes[i])) || has_ink(scratch);
    }
    *ret_present = present;
    return 0;
}
