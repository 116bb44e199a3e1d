#include "image.h"

#include "diag.h"
#include "i18n.h"
#include "pending_file.h"
#include "wide.h"

#include <assert.h>
#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define HUGE_PAGE ((size_t)2 << 20)

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

/* Of whole huge pages where it is that large: whoever goes down a column of a page meets a new page
 * of memory every few rows. */
static uint8_t *allocate_pixels(size_t size)
{
    if (size < HUGE_PAGE)
        return malloc(size);
    size_t whole = (size + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    uint8_t *data = aligned_alloc(HUGE_PAGE, whole);
    if (data)
        madvise(data, whole, MADV_HUGEPAGE);
    return data;
}

static size_t round_up(int n, int block)
{
    return (size_t)(n + block - 1) / (size_t)block * (size_t)block;
}

int image_resize_blocks(struct image *img, int width, int height, int block)
{
    if (width <= 0 || height <= 0 || width > IMAGE_MAX_SIDE || height > IMAGE_MAX_SIDE ||
        (int64_t)width * height > IMAGE_MAX_PIXELS)
        return YJ_EDATA;
    size_t stride = round_up(width, block), need = stride * round_up(height, block);
    if (need > img->capacity) {
        uint8_t *data = allocate_pixels(need);
        if (!data)
            return YJ_ENOMEM;
        if (img->capacity)
            free(img->data);
        img->data = data;
        img->capacity = need;
    }
    img->width = width;
    img->height = height;
    img->stride = stride;
    return 0;
}

int image_resize(struct image *img, int width, int height)
{
    return image_resize_blocks(img, width, height, 1);
}

/* Swaps a's upper with b's lower half of each part of 2 * shift bits; `lower`: those halves. */
static inline void swap_halves(uint64_t *a, uint64_t *b, int shift, uint64_t lower)
{
    uint64_t swapped = (*a >> shift ^ *b) & lower;
    *a ^= swapped << shift;
    *b ^= swapped;
}

/* Bytes of eight rows of eight, the first the lowest of its number. */
static void transpose_tile(const uint8_t *from, size_t from_stride, uint8_t *to, size_t to_stride)
{
    uint64_t r[8];
    for (size_t i = 0; i < 8; i++)
        memcpy(&r[i], from + i * from_stride, 8);
    for (int i = 0; i < 8; i += 2)
        swap_halves(&r[i], &r[i + 1], 8, 0x00ff00ff00ff00ff);
    for (int i = 0; i < 8; i += 4) {
        swap_halves(&r[i], &r[i + 2], 16, 0x0000ffff0000ffff);
        swap_halves(&r[i + 1], &r[i + 3], 16, 0x0000ffff0000ffff);
    }
    for (int i = 0; i < 4; i++)
        swap_halves(&r[i], &r[i + 4], 32, 0x00000000ffffffff);
    for (size_t i = 0; i < 8; i++)
        memcpy(to + i * to_stride, &r[i], 8);
}

typedef uint8_t tile_row __attribute__((vector_size(16)));

/* Rows k and k + 8 of sixteen become rows 2 k and 2 k + 1, their bytes by turns: four times, and
 * rows are columns. */
static inline __attribute__((always_inline)) void deal_rows(const tile_row *restrict from,
                                                            tile_row *restrict to)
{
    for (int k = 0; k < 8; k++) {
        to[2 * k] = __builtin_shufflevector(from[k], from[k + 8], 0, 16, 1, 17, 2, 18, 3, 19, 4, 20,
                                            5, 21, 6, 22, 7, 23);
        to[2 * k + 1] = __builtin_shufflevector(from[k], from[k + 8], 8, 24, 9, 25, 10, 26, 11, 27,
                                                12, 28, 13, 29, 14, 30, 15, 31);
    }
}

/* Sixteen rows of sixteen bytes. */
static inline __attribute__((always_inline)) void
transpose_large_tile(const uint8_t *from, size_t from_stride, uint8_t *to, size_t to_stride)
{
    tile_row a[16], b[16];
    for (size_t i = 0; i < 16; i++)
        memcpy(&a[i], from + i * from_stride, sizeof a[i]);
    deal_rows(a, b);
    deal_rows(b, a);
    deal_rows(a, b);
    deal_rows(b, a);
    for (size_t i = 0; i < 16; i++)
        memcpy(to + i * to_stride, &a[i], sizeof a[i]);
}

/* Of a block's first rows and columns, whole tiles of 16 and then of 8, up to x1, y1. */
WIDE static void transpose_tiles(const struct image *img, int x0, int y0, int x1, int y1,
                                 struct image *out)
{
    for (int y = y0; y + 8 <= y1; y += y + 16 <= y1 ? 16 : 8)
        for (int x = x0; x + 8 <= x1; x += x + 16 <= x1 ? 16 : 8) {
            const uint8_t *from = image_row(img, y) + x;
            uint8_t *to = image_row(out, x) + y;
            if (x + 16 <= x1 && y + 16 <= y1) {
                transpose_large_tile(from, img->stride, to, out->stride);
                continue;
            }
            transpose_tile(from, img->stride, to, out->stride);
            if (x + 16 <= x1)
                transpose_tile(from + 8, img->stride, to + 8 * out->stride, out->stride);
            if (y + 16 <= y1)
                transpose_tile(from + 8 * img->stride, img->stride, to + 8, out->stride);
        }
}

/* A block of both images that stays in the cache, of whole tiles as far as they go. */
static void transpose_block(const struct image *img, int x0, int y0, int side, struct image *out)
{
    const bool little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    int x1 = x0 + side < img->width ? x0 + side : img->width;
    int y1 = y0 + side < img->height ? y0 + side : img->height;
    int tiled_x = little ? x1 & ~7 : x0, tiled_y = little ? y1 & ~7 : y0;
    transpose_tiles(img, x0, y0, tiled_x, tiled_y, out);
    for (int y = y0; y < y1; y++)
        for (int x = y < tiled_y ? tiled_x : x0; x < x1; x++)
            image_row(out, x)[y] = image_row(img, y)[x];
}

void image_transpose(const struct image *img, struct image *out)
{
    enum { SIDE = 64 };
    for (int y = 0; y < img->height; y += SIDE)
        for (int x = 0; x < img->width; x += SIDE)
            transpose_block(img, x, y, SIDE, out);
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

/* Two pixels beside each other as one number, whichever is the lower: so the compiler takes eight
 * at once. */
static void halve_some(const uint8_t *restrict above, const uint8_t *restrict below, int n,
                       uint8_t *restrict to)
{
    for (int x = 0; x < n; x++) {
        uint16_t a, b;
        memcpy(&a, above + 2 * x, 2);
        memcpy(&b, below + 2 * x, 2);
        to[x] = (uint8_t)(((a & 255) + (a >> 8) + (b & 255) + (b >> 8) + 2) >> 2);
    }
}

#ifdef __x86_64__
#define HALVED 32 /* pixels that are made at a time */

/* A sum of neighbours is one instruction here, which the compiler does not find. The last ones
 * reach back over those before them. */
__attribute__((target("avx2"))) static void halve_wide(const uint8_t *restrict above,
                                                       const uint8_t *restrict below, int width,
                                                       uint8_t *restrict to)
{
    const __m256i one = _mm256_set1_epi8(1), half = _mm256_set1_epi16(2);
    for (int x = 0; x < width; x += HALVED) {
        const int at = x + HALVED <= width ? x : width - HALVED;
        __m256i sums[2];
        for (int k = 0; k < 2; k++) {
            __m256i a = _mm256_loadu_si256((const __m256i *)(above + 2 * at) + k);
            __m256i b = _mm256_loadu_si256((const __m256i *)(below + 2 * at) + k);
            __m256i sum =
                _mm256_add_epi16(_mm256_maddubs_epi16(a, one), _mm256_maddubs_epi16(b, one));
            sums[k] = _mm256_srli_epi16(_mm256_add_epi16(sum, half), 2);
        }
        __m256i packed = _mm256_packus_epi16(sums[0], sums[1]); /* by halves of both */
        _mm256_storeu_si256((__m256i *)(to + at), _mm256_permute4x64_epi64(packed, 0xd8));
    }
}

static void halve_row(const uint8_t *above, const uint8_t *below, int width, uint8_t *to)
{
    if (width >= HALVED && __builtin_cpu_supports("avx2"))
        halve_wide(above, below, width, to);
    else
        halve_some(above, below, width, to);
}
#else
static void halve_row(const uint8_t *above, const uint8_t *below, int width, uint8_t *to)
{
    halve_some(above, below, width, to);
}
#endif

void image_halve_rows(const struct image *img, int from, int to, struct image *out)
{
    for (int y = from; y < to; y++)
        halve_row(image_row(img, 2 * y), image_row(img, 2 * y + 1), out->width, image_row(out, y));
}

int image_halve(const struct image *img, struct image *out)
{
    int r = image_resize(out, img->width / 2, img->height / 2);
    if (r < 0)
        return r;
    image_halve_rows(img, 0, out->height, out);
    out->dpi_x = img->dpi_x / 2;
    out->dpi_y = img->dpi_y / 2;
    return 0;
}

static inline uint8_t mean(uint8_t a, uint8_t b)
{
    return (uint8_t)((a + b + 1) >> 1);
}

/* 1 6 1 eighths, by means alone: one instruction each, sixteen pixels at once. */
WIDE static void soften_row(const uint8_t *restrict before, const uint8_t *restrict at,
                            const uint8_t *restrict after, int width, uint8_t *restrict to)
{
    for (int x = 0; x < width; x++)
        to[x] = mean(at[x], mean(at[x], mean(before[x], after[x])));
}

int image_soften(const struct image *img, struct image *out)
{
    static _Thread_local uint8_t mixed[IMAGE_MAX_SIDE + 2];
    const int width = img->width, last = img->height - 1;
    int r = image_resize(out, width, img->height);
    if (r < 0)
        return r;
    for (int y = 0; y <= last; y++) {
        soften_row(image_row(img, y > 0 ? y - 1 : 0), image_row(img, y),
                   image_row(img, y < last ? y + 1 : last), width, mixed + 1);
        mixed[0] = mixed[1];
        mixed[width + 1] = mixed[width];
        soften_row(mixed, mixed + 1, mixed + 2, width, image_row(out, y));
    }
    out->dpi_x = img->dpi_x;
    out->dpi_y = img->dpi_y;
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
    struct pending_file file;
    int r = pending_file_open(path, &file, d);
    if (r < 0)
        return r;
    r = write_rows(file.out, data, width, height, stride, rgb);
    if (r == YJ_EIO)
        r = file_write_error(path, errno, d);
    else if (r < 0)
        r = diag_error(d, r, NULL, 0, 0, NULL, _("out of memory"));
    return pending_file_close(&file, r, path, d);
}
