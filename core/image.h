/* image.h - one page as 8-bit grey pixels, 0 black to 255 white, row by row.
 *
 * Pixels belong to the worker that decoded them; the buffer is reused from page to page. */
#ifndef YJ_CORE_IMAGE_H
#define YJ_CORE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

/* No page of any exam is larger: A2 at 600 dpi. A scan that claims more is refused before a byte
 * is allocated for it. */
#define IMAGE_MAX_SIDE 20000       /* px */
#define IMAGE_MAX_PIXELS 200000000 /* px */

struct image {
    uint8_t *data; /* data[y * stride + x] */
    int width, height;
    size_t stride;       /* bytes a row, >= width */
    double dpi_x, dpi_y; /* as the file states; 0: it does not */
    size_t capacity;     /* bytes owned at data; 0: the pixels are somebody else's */
};

void image_init(struct image *img);
void image_finish(struct image *img);

/* Makes room for width x height, keeping the old buffer where it is large enough; pixels are
 * undefined. YJ_ENOMEM or YJ_EDATA (sizes beyond the limits) leave `img` as it was. */
int image_resize(struct image *img, int width, int height);
/* The same with memory for whole blocks of `block` x `block` px: what fills them may write beyond
 * the last column and the last row. The stride is then more than the width. */
int image_resize_blocks(struct image *img, int width, int height, int block);

static inline uint8_t *image_row(const struct image *img, int y)
{
    return img->data + (size_t)y * img->stride;
}

/* out, height x width in size, = img with rows and columns changed. */
void image_transpose(const struct image *img, struct image *out);

/* out = img turned by 90, 180 or 270 degrees clockwise. */
int image_rotate(const struct image *img, int degrees, struct image *out);

/* out = img / 2 by box average; an odd last column or row is left out. */
int image_halve(const struct image *img, struct image *out);
/* Only rows from .. to - 1 of `out`, which has its size. */
void image_halve_rows(const struct image *img, int from, int to, struct image *out);
/* out = img, each pixel smeared over its neighbours, 1 6 1 eighths each way: halved strokes of a
 * black and white scan then have a slope at their sides, as those of a grey scan. Not in place. */
int image_soften(const struct image *img, struct image *out);

/* out = img / 2^k by box average, k = 1, 2 or 3. Sides are rounded down. */
int image_shrink(const struct image *img, int k, struct image *out);

/* Writes an 8-bit PNG (grey, or RGB where `rgb` is true and rows hold 3 bytes a pixel). */
struct diag;
int image_write_png(const char *path, const uint8_t *data, int width, int height, size_t stride,
                    int rgb, struct diag *d);

#endif
