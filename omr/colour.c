#include "colour.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#define AROUND 3.0        /* mm around a field's bubbles: where their paper and halo are measured */
#define COLOUR_MIN 45.0   /* chroma, levels of 255: less is a scanner's fringe */
#define PRINT_FACTOR 1.7  /* times what the printed outlines show */
#define EDGE_CHROMA 0.35  /* of the limit: the pale edge of a stroke, beside its middle */
#define BLACK 0.30        /* of the paper: ink or print under the colour */
#define OUTLINE_SAMPLES 8 /* a bubble */

struct pixel_box {
    int x0, y0, x1, y1;
};

static int by_value(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

static bool in_image(const struct image *img, int x, int y)
{
    return x >= 0 && y >= 0 && x < img->width && y < img->height;
}

/* Chroma that the middlemost bubble's outline shows. */
static double print_chroma(const struct image *chroma, const struct form *form, int page,
                           const struct page_map *map)
{
    enum { MOST = 4096 };
    uint8_t *seen = malloc(MOST);
    int n = 0;
    for (int i = 0; seen && i < form->n_fields; i++)
        for (int k = 0; form->fields[i].page == page && k < form->fields[i].n_bubbles; k++)
            for (int s = 0; s < OUTLINE_SAMPLES && n < MOST; s++) {
                struct rect b = form->fields[i].bubbles[k].box;
                double angle = 2 * M_PI * s / OUTLINE_SAMPLES;
                struct point mm = {b.x + b.w / 2 * (1 + cos(angle)),
                                   b.y + b.h / 2 * (1 + sin(angle))};
                struct point p = page_map_point(map, mm);
                int x = (int)lround(p.x), y = (int)lround(p.y);
                if (in_image(chroma, x, y))
                    seen[n++] = image_row(chroma, y)[x];
            }
    double middle = 0;
    if (n > 0) {
        qsort(seen, (size_t)n, 1, by_value);
        middle = seen[n / 2];
    }
    free(seen);
    return middle;
}

static struct pixel_box field_box(const struct field *f, const struct page_map *map,
                                  const struct image *img)
{
    struct rect a = {f->area.x - AROUND, f->area.y - AROUND, f->area.w + 2 * AROUND,
                     f->area.h + 2 * AROUND};
    double x0 = img->width, y0 = img->height, x1 = 0, y1 = 0;
    for (int i = 0; i < 4; i++) {
        struct point p =
            page_map_point(map, (struct point){a.x + (i & 1) * a.w, a.y + (i >> 1) * a.h});
        x0 = fmin(x0, p.x);
        y0 = fmin(y0, p.y);
        x1 = fmax(x1, p.x);
        y1 = fmax(y1, p.y);
    }
    return (struct pixel_box){(int)fmax(0, x0), (int)fmax(0, y0), (int)fmin(img->width, x1 + 1),
                              (int)fmin(img->height, y1 + 1)};
}

static bool is_beside_colour(const struct image *chroma, int x, int y, double limit)
{
    for (int v = y - 1; v <= y + 1; v++)
        for (int u = x - 1; u <= x + 1; u++)
            if (in_image(chroma, u, v) && image_row(chroma, v)[u] > limit)
                return true;
    return false;
}

static void clean_box(struct image *img, const struct image *chroma, struct pixel_box box,
                      double limit, double paper)
{
    for (int y = box.y0; y < box.y1; y++) {
        uint8_t *grey = image_row(img, y);
        const uint8_t *colour = image_row(chroma, y);
        for (int x = box.x0; x < box.x1; x++) {
            if (colour[x] <= EDGE_CHROMA * limit || grey[x] < BLACK * paper || grey[x] >= paper)
                continue;
            if (colour[x] > limit || is_beside_colour(chroma, x, y, limit))
                grey[x] = (uint8_t)paper;
        }
    }
}

void colour_remove(struct image *img, const struct image *chroma, const struct form *form, int page,
                   const struct page_map *map, double paper)
{
    if (chroma->width != img->width || chroma->height != img->height)
        return;
    double limit = fmax(COLOUR_MIN, PRINT_FACTOR * print_chroma(chroma, form, page, map));
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *f = &form->fields[i];
        if (f->page == page && f->n_bubbles > 0)
            clean_box(img, chroma, field_box(f, map, img), limit, paper);
    }
}
