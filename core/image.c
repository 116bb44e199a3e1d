#include "image.h"

#include "diag.h"
#include "i18n.h"

#include <assert.h>
#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void image_init(struct image *img)
{
    *img = (struct image){0};
}

void image_finish(struct image *img)
{
    if (img->capacity)
        free(img->data);
    image_init(img);
}

int image_resize(struct image *img, int width, int height)
{
    if (width <= 0 || height <= 0 || width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE ||
        (int64_t)width * height > IMAGE_MAX_PIXELS)
        return YJ_EDATA;
    size_t need = (size_t)width * (size_t)height;
    if (need > img->capacity) {
        uint8_t *data = malloc(need);
        if (!data)
            return YJ_ENOMEM;
        if (img->capacity)
            free(img->data);
        img->data = data;
        img->capacity = need;
    }
    img->width = width;
    img->height = height;
    img->stride = (size_t)width;
    return 0;
}

static void rotate_half(const struct image *img, struct image *out)
{
    for (int y = 0; y < img->height; y++) {
        const uint8_t *from = image_row(img, img->height - 1 - y);
        uint8_t *to = image_row(out, y);
        for (int x = 0; x < img->width; x++)
            to[x] = from[img->width - 1 - x];
    }
}

/* In tiles, so that both images stay in the cache. */
static void rotate_quarter(const struct image *img, bool clockwise, struct image *out)
{
    enum { TILE = 32 };
    for (int ty = 0; ty < out->height; ty += TILE) {
        for (int tx = 0; tx < out->width; tx += TILE) {
            int y1 = ty + TILE < out->height ? ty + TILE : out->height;
            int x1 = tx + TILE < out->width ? tx + TILE : out->width;
            for (int y = ty; y < y1; y++)
                for (int x = tx; x < x1; x++)
                    image_row(out, y)[x] = clockwise ? image_row(img, img->height - 1 - x)[y]
                                                     : image_row(img, x)[img->width - 1 - y];
        }
    }
}

int image_rotate(const struct image *img, int degrees, struct image *out)
{
    assert(degrees == 90 || degrees == 180 || degrees == 270);
    bool quarter = degrees != 180;
    int r =
        image_resize(out, quarter ? img->height : img->width, quarter ? img->width : img->height);
    if (r < 0)
        return r;
    out->dpi_x = quarter ? img->dpi_y : img->dpi_x;
    out->dpi_y = quarter ? img->dpi_x : img->dpi_y;
    if (quarter)
        rotate_quarter(img, degrees == 90, out);
    else
        rotate_half(img, out);
    return 0;
}

/* Sums of `side` rows, then of `side` columns: each source pixel is read once. */
static void shrink_row(const struct image *img, int y, int side, int shift, uint8_t *to, int width,
                       uint16_t *sums)
{
    const int used = width * side;
    const uint8_t *row = image_row(img, y * side);
    for (int x = 0; x < used; x++)
        sums[x] = row[x];
    for (int i = 1; i < side; i++) {
        row = image_row(img, y * side + i);
        for (int x = 0; x < used; x++)
            sums[x] = (uint16_t)(sums[x] + row[x]);
    }
    for (int x = 0; x < width; x++) {
        unsigned sum = 0;
        for (int i = 0; i < side; i++)
            sum += sums[x * side + i];
        to[x] = (uint8_t)((sum + (1u << (shift - 1))) >> shift);
    }
}

int image_shrink(const struct image *img, int k, struct image *out)
{
    assert(k >= 1 && k <= 3);
    int side = 1 << k;
    int r = image_resize(out, img->width / side, img->height / side);
    if (r < 0)
        return r;
    static _Thread_local uint16_t sums[IMAGE_MAX_SIDE];
    for (int y = 0; y < out->height; y++)
        shrink_row(img, y, side, 2 * k, image_row(out, y), out->width, sums);
    out->dpi_x = img->dpi_x / side;
    out->dpi_y = img->dpi_y / side;
    return 0;
}

static void png_failed(png_structp png, png_const_charp message)
{
    longjmp(png_jmpbuf(png), 1);
}
static void png_warned(png_structp png, png_const_charp message) {}

static int write_rows(FILE *file, const uint8_t *data, int width, int height, size_t stride,
                      int rgb)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, png_failed, png_warned);
    if (!png)
        return YJ_ENOMEM;
    png_infop info = png_create_info_struct(png);
    if (!info || setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return info ? YJ_EIO : YJ_ENOMEM;
    }
    png_init_io(png, file);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8,
                 rgb ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int y = 0; y < height; y++)
        png_write_row(png, data + (size_t)y * stride);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    return 0;
}

int image_write_png(const char *path, const uint8_t *data, int width, int height, size_t stride,
                    int rgb, struct diag *d)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return diag_error(d, YJ_EIO, path, 0, 0, NULL, _("cannot write: %s"), strerror(errno));
    int r = write_rows(file, data, width, height, stride, rgb);
    if (fclose(file) != 0 && r == 0)
        r = YJ_EIO;
    if (r < 0) {
        remove(path);
        return diag_error(d, r, path, 0, 0, _("is the disk full?"), _("cannot write the picture"));
    }
    return 0;
}
