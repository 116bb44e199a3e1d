#include "hanzi_ink.h"

#include "diag.h"
#include "vision.h"

#include <math.h>
#include <string.h>

#define PAPER_SHARE 0.80  /* this share of the pixels is darker than what counts as the paper, */
#define CLEARLY_DARKER 25 /* grey levels: what can be ink at all */
#define DARKEST_SHARE 0.02
#define RANGE_MIN 40   /* grey levels: less contrast is grain, not made larger */
#define SPECK_SHARE 40 /* a patch of less than 1/40 of the ink is a speck */

struct hanzi_box hanzi_box_inside(struct hanzi_box b, const struct image *img)
{
    int x = b.x < 0 ? 0 : b.x, y = b.y < 0 ? 0 : b.y;
    /* In 64 bits: a hostile box may end beyond what an int holds. */
    int64_t right = (int64_t)b.x + b.w, bottom = (int64_t)b.y + b.h;
    right = right > img->width ? img->width : right;
    bottom = bottom > img->height ? img->height : bottom;
    if (right <= x || bottom <= y)
        return (struct hanzi_box){0, 0, 0, 0};
    return (struct hanzi_box){x, y, (int)(right - x), (int)(bottom - y)};
}

struct image hanzi_view(const struct image *img, struct hanzi_box box)
{
    return (struct image){.data = image_row(img, box.y) + box.x,
                          .width = box.w,
                          .height = box.h,
                          .stride = img->stride};
}

/* ---- levels ---- */

/* The level that `rank` pixels stay below. */
static int level_of_rank(const long *histogram, long rank)
{
    long seen = 0;
    for (int g = 0; g < 256; g++)
        if ((seen += histogram[g]) > rank)
            return g;
    return 255;
}

static void find_levels(const struct image *img, int *ret_paper, int *ret_dark)
{
    long histogram[256] = {0}, inky = 0;
    for (int y = 0; y < img->height; y++)
        for (int x = 0; x < img->width; x++)
            histogram[image_row(img, y)[x]]++;
    long all = (long)img->width * img->height;
    int paper = level_of_rank(histogram, (long)(PAPER_SHARE * (double)all));
    for (int g = 0; g < paper - CLEARLY_DARKER; g++)
        inky += histogram[g];
    int dark = level_of_rank(histogram, (long)(DARKEST_SHARE * (double)inky));
    *ret_paper = paper;
    *ret_dark = dark < paper - RANGE_MIN ? dark : paper - RANGE_MIN;
}

int hanzi_take_ink(const struct image *grey, struct image *ret_ink)
{
    int paper = 0, dark = 0;
    uint8_t ink_of[256];
    int e = image_resize(ret_ink, grey->width, grey->height);
    if (e < 0)
        return e;
    find_levels(grey, &paper, &dark);
    for (int g = 0; g < 256; g++) {
        int ink = (paper - g) * 255 / (paper - dark);
        ink_of[g] = (uint8_t)(ink < 0 ? 0 : ink > 255 ? 255 : ink);
    }
    for (int y = 0; y < grey->height; y++)
        for (int x = 0; x < grey->width; x++)
            image_row(ret_ink, y)[x] = ink_of[image_row(grey, y)[x]];
    return 0;
}

/* ---- patches ---- */

struct patches {
    int *of;   /* of[y * width + x]: the patch, from 1; 0: none */
    int *area; /* px; area[0]: of all together; 0: too faint to be one */
    int *stack;
    int n;
};

/* Where a pen hardly pressed, its stroke is faint, but somewhere it is as dark as writing. */
static void flood(const struct image *ink, struct patches *p, int start)
{
    int w = ink->width, h = ink->height, top = 0, area = 0, darkest = 0;
    p->of[start] = ++p->n;
    p->stack[top++] = start;
    while (top > 0) {
        int at = p->stack[--top], x = at % w, y = at / w, own = image_row(ink, y)[x];
        darkest = own > darkest ? own : darkest;
        area++;
        for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < h; v++)
            for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < w; u++)
                if (!p->of[v * w + u] && image_row(ink, v)[u] >= HANZI_FAINT) {
                    p->of[v * w + u] = p->n;
                    p->stack[top++] = v * w + u;
                }
    }
    p->area[p->n] = darkest >= HANZI_INKY ? area : 0;
    p->area[0] += p->area[p->n];
}

static int find_patches(const struct image *ink, struct arena *arena, struct patches *ret)
{
    int points = ink->width * ink->height;
    size_t size = ((size_t)points + 1) * sizeof(int);
    *ret = (struct patches){arena_alloc(arena, size), arena_alloc(arena, size),
                            arena_alloc(arena, size), 0};
    if (!ret->of || !ret->area || !ret->stack)
        return YJ_ENOMEM;
    for (int y = 0; y < ink->height; y++) {
        const uint8_t *row = image_row(ink, y);
        for (int x = 0; x < ink->width; x++)
            if (row[x] >= HANZI_FAINT && !ret->of[y * ink->width + x])
                flood(ink, ret, y * ink->width + x);
    }
    return 0;
}

int hanzi_find_ink(struct image *ink, bool clean, struct arena *arena, struct hanzi_box *ret_box)
{
    struct patches p;
    int left = ink->width, top = ink->height, right = -1, bottom = -1;
    if (find_patches(ink, arena, &p) < 0)
        return YJ_ENOMEM;
    for (int y = 0; y < ink->height; y++)
        for (int x = 0; x < ink->width; x++) {
            int patch = p.of[y * ink->width + x];
            if (!patch)
                continue;
            if (p.area[patch] == 0 || p.area[patch] * SPECK_SHARE < p.area[0]) {
                if (clean)
                    image_row(ink, y)[x] = 0;
                continue;
            }
            left = x < left ? x : left;
            right = x > right ? x : right;
            top = y < top ? y : top;
            bottom = y > bottom ? y : bottom;
        }
    *ret_box = right < 0 ? (struct hanzi_box){0, 0, 0, 0}
                         : (struct hanzi_box){left, top, right - left + 1, bottom - top + 1};
    return 0;
}

/* ---- pictures ---- */

int hanzi_take_picture(const struct image *ink, struct hanzi_box box, struct image *scratch,
                       uint8_t *ret_picture)
{
    const struct image part = hanzi_view(ink, box);
    double scale = (double)HANZI_BOX / (box.w > box.h ? box.w : box.h);
    int w = (int)lround(box.w * scale), h = (int)lround(box.h * scale);
    w = w < 1 ? 1 : w;
    h = h < 1 ? 1 : h;
    int e = vision_resize(&part, w, h, scratch);
    if (e < 0)
        return e;
    memset(ret_picture, 0, HANZI_POINTS * sizeof(*ret_picture));
    int left = (HANZI_SIDE - w) / 2, top = (HANZI_SIDE - h) / 2;
    for (int y = 0; y < h; y++)
        memcpy(ret_picture + (top + y) * HANZI_SIDE + left, image_row(scratch, y), (size_t)w);
    return 0;
}
