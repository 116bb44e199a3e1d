#include "strip_patch.h"

#include "diag.h"
#include "vision.h"

#include <math.h>
#include <stdlib.h>

#define MARGIN 6.0 /* mm of the page around the cells: where a stroke comes from and goes to */
#define TILE 80    /* px: paper bends little within it; the paper's tone is taken over it */

void strip_patch_finish(struct strip_patch *p)
{
    image_finish(&p->grey);
    image_finish(&p->chroma);
    free(p->dark);
    free(p->hue);
    free(p->tint);
    free(p->cell);
    free(p->printed);
    free(p->mask);
    free(p->link);
    free(p->spread);
    free(p->stack);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double strip_median(double *values, int n)
{
    if (n == 0)
        return 0;
    qsort(values, (size_t)n, sizeof *values, by_value);
    return values[n / 2];
}

static int patch_init(struct strip_patch *p, const struct field *field)
{
    struct rect area = field->area;
    *p = (struct strip_patch){.field = field,
                              .width = (int)ceil((area.w + 2 * MARGIN) * STRIP_PX),
                              .height = (int)ceil((area.h + 2 * MARGIN) * STRIP_PX),
                              .origin = {area.x - MARGIN, area.y - MARGIN}};
    image_init(&p->grey);
    image_init(&p->chroma);
    size_t n = (size_t)p->width * (size_t)p->height;
    p->dark = malloc(n * sizeof *p->dark);
    p->hue = calloc(n, 1);
    p->tint = calloc(n, 1);
    p->cell = malloc(n * sizeof *p->cell);
    p->printed = calloc(n, 1);
    p->mask = malloc(n);
    p->link = malloc(n);
    p->spread = malloc(n);
    p->stack = malloc(n * sizeof *p->stack);
    bool all = p->dark && p->hue && p->tint && p->cell && p->printed && p->mask && p->link &&
               p->spread && p->stack;
    return all ? image_resize(&p->grey, p->width, p->height) : YJ_ENOMEM;
}

/* Tile by tile, each by the map around its middle. */
static int sample(const struct image *img, const struct page_map *map, const struct strip_patch *p,
                  struct image *out)
{
    for (int x = 0; x < p->width; x += TILE) {
        struct image tile = *out;
        tile.data += x;
        tile.width = p->width - x < TILE ? p->width - x : TILE;
        struct point middle = {p->origin.x + (x + tile.width / 2.0) / STRIP_PX,
                               p->origin.y + p->height / 2.0 / STRIP_PX};
        struct homography local = page_map_local(map, middle), to_px;
        struct homography to_mm = {{1 / STRIP_PX, 0, p->origin.x + (x + 0.5) / STRIP_PX, 0,
                                    1 / STRIP_PX, p->origin.y + 0.5 / STRIP_PX, 0, 0, 1}};
        homography_compose(&local, &to_mm, &to_px);
        int r = vision_warp(img, &to_px, &tile);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The level that a share of a tile's pixels does not exceed. */
static int tile_level(const struct strip_patch *p, const struct image *img, int x0, double share)
{
    int histogram[256] = {0}, x1 = x0 + TILE < p->width ? x0 + TILE : p->width;
    for (int y = 0; y < p->height; y++)
        for (int x = x0; x < x1; x++)
            histogram[image_row(img, y)[x]]++;
    int wanted = (int)(share * (x1 - x0) * p->height), seen = 0, level = 0;
    while (level < 255 && (seen += histogram[level]) < wanted)
        level++;
    return level;
}

/* Darkness and colour against each tile's own paper. What the scan does not hold is white to the
 * sampler, and so would be all colour: it is neither. */
static void compare_to_paper(struct strip_patch *p)
{
    for (int x0 = 0; x0 < p->width; x0 += TILE) {
        int paper = tile_level(p, &p->grey, x0, 0.75), tint = 0;
        int x1 = x0 + TILE < p->width ? x0 + TILE : p->width;
        if (p->coloured)
            tint = tile_level(p, &p->chroma, x0, 0.5);
        for (int y = 0; y < p->height; y++)
            for (int x = x0; x < x1; x++) {
                double grey = image_row(&p->grey, y)[x];
                p->dark[strip_at(p, x, y)] =
                    (float)strip_clamp(1 - grey / (paper > 0 ? paper : 1), 0, 1);
                if (!p->coloured)
                    continue;
                int chroma = image_row(&p->chroma, y)[x];
                bool off_scan = grey == 255 && chroma == 255;
                p->hue[strip_at(p, x, y)] =
                    (uint8_t)(chroma > tint && !off_scan ? chroma - tint : 0);
            }
    }
}

int strip_patch_take(struct strip_patch *p, const struct field *field, const struct image *grey,
                     const struct image *chroma, const struct page_map *map)
{
    int r = patch_init(p, field);
    p->coloured = chroma && chroma->width > 0;
    if (r == 0)
        r = sample(grey, map, p, &p->grey);
    if (r == 0 && p->coloured)
        r = image_resize(&p->chroma, p->width, p->height);
    if (r == 0 && p->coloured)
        r = sample(chroma, map, p, &p->chroma);
    if (r == 0)
        compare_to_paper(p);
    return r;
}
