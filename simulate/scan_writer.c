#include "scan_writer.h"

#include "diag.h"
#include "i18n.h"

#include <assert.h>
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>
#include <tiffio.h>

/* Bytes of a file in the making, as libtiff, libpng and libjpeg write them. */
struct bytes {
    uint8_t *data;
    size_t size, capacity, at;
    bool failed; /* out of memory */
};

struct scan_writer {
    int n_pages, page;
    const struct capture *capture; /* of the page in hand */
    struct bytes file;
    TIFF *tiff;
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jmp_buf failed;
    bool jpeg_open;
    unsigned char *jpeg_data;
    unsigned long jpeg_size;
    png_structp png;
    png_infop png_info;
    uint8_t *row;                      /* packed bits, or three bytes a pixel */
    int16_t *errors_now, *errors_next; /* dithering, a pixel more at both ends */
    size_t width_room;
    int y;
    const char *suffix;
};

/* ---- memory ---- */

static bool bytes_put(struct bytes *b, const void *data, size_t n)
{
    size_t end = b->at + n;
    if (end > b->capacity) {
        size_t room = b->capacity ? b->capacity : 1 << 18;
        while (room < end)
            room *= 2;
        uint8_t *more = realloc(b->data, room);
        if (!more) {
            b->failed = true;
            return false;
        }
        b->data = more;
        b->capacity = room;
    }
    if (b->at > b->size)
        memset(b->data + b->size, 0, b->at - b->size);
    memcpy(b->data + b->at, data, n);
    b->at = end;
    b->size = end > b->size ? end : b->size;
    return true;
}

static tmsize_t tiff_read(thandle_t handle, void *to, tmsize_t n)
{
    struct bytes *b = handle;
    size_t left = b->at < b->size ? b->size - b->at : 0, take = left < (size_t)n ? left : (size_t)n;
    if (take)
        memcpy(to, b->data + b->at, take);
    b->at += take;
    return (tmsize_t)take;
}

static tmsize_t tiff_write(thandle_t handle, void *from, tmsize_t n)
{
    return bytes_put(handle, from, (size_t)n) ? n : -1;
}

static toff_t tiff_seek(thandle_t handle, toff_t offset, int whence)
{
    struct bytes *b = handle;
    b->at = whence == SEEK_SET   ? (size_t)offset
            : whence == SEEK_CUR ? b->at + (size_t)offset
                                 : b->size + (size_t)offset;
    return b->at;
}

static int tiff_close(thandle_t handle)
{
    return 0;
}

static toff_t tiff_size(thandle_t handle)
{
    return ((struct bytes *)handle)->size;
}

/* ---- making ---- */

int scan_writer_create(int n_pages, struct scan_writer **ret_writer)
{
    struct scan_writer *w = calloc(1, sizeof *w);
    if (!w)
        return YJ_ENOMEM;
    w->n_pages = n_pages;
    *ret_writer = w;
    return 0;
}

void scan_writer_destroy(struct scan_writer *w)
{
    if (!w)
        return;
    if (w->tiff)
        TIFFClose(w->tiff);
    if (w->jpeg_open)
        jpeg_destroy_compress(&w->jpeg);
    if (w->png)
        png_destroy_write_struct(&w->png, &w->png_info);
    free(w->jpeg_data);
    free(w->file.data);
    free(w->row);
    free(w->errors_now);
    free(w->errors_next);
    free(w);
}

static int make_room(struct scan_writer *w, size_t width)
{
    if (width > w->width_room) {
        free(w->row);
        free(w->errors_now);
        free(w->errors_next);
        w->row = malloc(3 * width);
        w->errors_now = malloc((width + 2) * sizeof *w->errors_now);
        w->errors_next = malloc((width + 2) * sizeof *w->errors_next);
        w->width_room = width;
        if (!w->row || !w->errors_now || !w->errors_next) {
            w->width_room = 0;
            return YJ_ENOMEM;
        }
    }
    memset(w->errors_now, 0, (width + 2) * sizeof *w->errors_now);
    memset(w->errors_next, 0, (width + 2) * sizeof *w->errors_next);
    return 0;
}

static void jpeg_failed(j_common_ptr info)
{
    longjmp(((struct scan_writer *)info->client_data)->failed, 1);
}

static int begin_jpeg(struct scan_writer *w)
{
    const struct capture *c = w->capture;
    bool rgb = c->format == SCAN_JPEG_RGB, colour = rgb || c->format == SCAN_JPEG_COLOUR;
    w->jpeg.err = jpeg_std_error(&w->errors);
    w->errors.error_exit = jpeg_failed;
    w->jpeg.client_data = w;
    if (setjmp(w->failed))
        return YJ_ENOMEM;
    jpeg_create_compress(&w->jpeg);
    w->jpeg_open = true;
    jpeg_mem_dest(&w->jpeg, &w->jpeg_data, &w->jpeg_size);
    w->jpeg.image_width = (JDIMENSION)c->optics.width;
    w->jpeg.image_height = (JDIMENSION)c->optics.height;
    w->jpeg.input_components = colour ? 3 : 1;
    w->jpeg.in_color_space = rgb ? JCS_RGB : colour ? JCS_YCbCr : JCS_GRAYSCALE;
    jpeg_set_defaults(&w->jpeg);
    jpeg_set_quality(&w->jpeg, c->quality, TRUE);
    if (c->dpi > 0) {
        w->jpeg.density_unit = 1;
        w->jpeg.X_density = w->jpeg.Y_density = (UINT16)(c->dpi + 0.5);
    }
    w->suffix = ".jpg";
    jpeg_start_compress(&w->jpeg, TRUE);
    return 0;
}

static void png_wrote(png_structp png, png_bytep data, size_t n)
{
    if (!bytes_put(png_get_io_ptr(png), data, n))
        png_error(png, "out of memory");
}

static void png_flushed(png_structp png) {}

static int begin_png(struct scan_writer *w)
{
    const struct capture *c = w->capture;
    w->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    w->png_info = w->png ? png_create_info_struct(w->png) : NULL;
    if (!w->png_info)
        return YJ_ENOMEM;
    if (setjmp(png_jmpbuf(w->png)))
        return YJ_ENOMEM;
    png_set_write_fn(w->png, &w->file, png_wrote, png_flushed);
    png_set_IHDR(w->png, w->png_info, (png_uint_32)c->optics.width, (png_uint_32)c->optics.height,
                 1, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_uint_32 dots = (png_uint_32)(c->dpi / 0.0254 + 0.5);
    png_set_pHYs(w->png, w->png_info, dots, dots, PNG_RESOLUTION_METER);
    png_set_compression_level(w->png, 3);
    png_write_info(w->png, w->png_info);
    w->suffix = ".png";
    return 0;
}

static int begin_tiff(struct scan_writer *w)
{
    const struct capture *c = w->capture;
    bool bits = c->format == SCAN_BITS, rgb = c->format == SCAN_JPEG_RGB;
    if (!w->tiff)
        w->tiff = TIFFClientOpen("scan", "wm", &w->file, tiff_read, tiff_write, tiff_seek,
                                 tiff_close, tiff_size, NULL, NULL);
    if (!w->tiff)
        return YJ_ENOMEM;
    TIFFSetField(w->tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)c->optics.width);
    TIFFSetField(w->tiff, TIFFTAG_IMAGELENGTH, (uint32_t)c->optics.height);
    TIFFSetField(w->tiff, TIFFTAG_BITSPERSAMPLE, bits ? 1 : 8);
    TIFFSetField(w->tiff, TIFFTAG_SAMPLESPERPIXEL, rgb ? 3 : 1);
    TIFFSetField(w->tiff, TIFFTAG_COMPRESSION, bits ? COMPRESSION_CCITTFAX4 : COMPRESSION_JPEG);
    TIFFSetField(w->tiff, TIFFTAG_PHOTOMETRIC,
                 bits  ? PHOTOMETRIC_MINISWHITE
                 : rgb ? PHOTOMETRIC_YCBCR
                       : PHOTOMETRIC_MINISBLACK);
    if (rgb)
        TIFFSetField(w->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    if (!bits)
        TIFFSetField(w->tiff, TIFFTAG_JPEGQUALITY, c->quality);
    TIFFSetField(w->tiff, TIFFTAG_ROWSPERSTRIP, (uint32_t)c->optics.height);
    TIFFSetField(w->tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    TIFFSetField(w->tiff, TIFFTAG_XRESOLUTION, c->dpi > 0 ? c->dpi : 72);
    TIFFSetField(w->tiff, TIFFTAG_YRESOLUTION, c->dpi > 0 ? c->dpi : 72);
    w->suffix = ".tif";
    return 0;
}

int scan_writer_begin_page(struct scan_writer *w, const struct capture *c)
{
    w->capture = c;
    w->y = 0;
    int r = make_room(w, (size_t)c->optics.width);
    if (r < 0)
        return r;
    if (w->n_pages > 1 || (c->format == SCAN_BITS && !c->as_png))
        return begin_tiff(w);
    return c->format == SCAN_BITS ? begin_png(w) : begin_jpeg(w);
}

/* Black is 1 in the packed row; what a pixel is not is passed on to its neighbours (Floyd and
 * Steinberg 1976), all of it or a part. */
static void pack_bits(struct scan_writer *w, const uint8_t *pixels)
{
    const struct capture *c = w->capture;
    int n = c->optics.width, share = (int)(c->dither * 16);
    int16_t *now = w->errors_now + 1, *next = w->errors_next + 1;
    memset(w->row, 0, (size_t)(n + 7) / 8);
    memset(next - 1, 0, ((size_t)n + 2) * sizeof *next);
    for (int x = 0; x < n; x++) {
        int level = pixels[x] + now[x] / 16;
        bool black = level < c->threshold;
        if (black)
            w->row[x / 8] |= (uint8_t)(0x80 >> x % 8);
        if (share) {
            int rest = (level - (black ? 0 : 255)) * share / 16;
            now[x + 1] = (int16_t)(now[x + 1] + rest * 7);
            next[x - 1] = (int16_t)(next[x - 1] + rest * 3);
            next[x] = (int16_t)(next[x] + rest * 5);
            next[x + 1] = (int16_t)(next[x + 1] + rest);
        }
    }
    w->errors_now = next - 1;
    w->errors_next = now - 1;
}

static void add_tint(struct scan_writer *w, const uint8_t *pixels)
{
    const struct capture *c = w->capture;
    uint8_t blue = (uint8_t)(128 + c->tint_blue), red = (uint8_t)(128 + c->tint_red);
    for (int x = 0; x < c->optics.width; x++) {
        w->row[3 * x] = pixels[x];
        w->row[3 * x + 1] = blue;
        w->row[3 * x + 2] = red;
    }
}

static int add_jpeg_row(struct scan_writer *w, const uint8_t *pixels)
{
    if (setjmp(w->failed))
        return YJ_ENOMEM;
    JSAMPROW row = (JSAMPROW)pixels;
    if (w->capture->format == SCAN_JPEG_COLOUR) {
        add_tint(w, pixels);
        row = w->row;
    }
    jpeg_write_scanlines(&w->jpeg, &row, 1);
    return 0;
}

static int add_png_row(struct scan_writer *w)
{
    for (int i = 0; i < (w->capture->optics.width + 7) / 8; i++)
        w->row[i] = (uint8_t)~w->row[i]; /* in a PNG 0 is black */
    if (setjmp(png_jmpbuf(w->png)))
        return YJ_ENOMEM;
    png_write_row(w->png, w->row);
    return 0;
}

int scan_writer_add_row(struct scan_writer *w, const uint8_t *pixels)
{
    bool bits = w->capture->format == SCAN_BITS;
    if (w->jpeg_open)
        return add_jpeg_row(w, pixels);
    if (bits)
        pack_bits(w, pixels);
    else
        memcpy(w->row, pixels,
               (size_t)w->capture->optics.width * (w->capture->format == SCAN_JPEG_RGB ? 3 : 1));
    if (w->png)
        return add_png_row(w);
    return TIFFWriteScanline(w->tiff, w->row, (uint32_t)w->y++, 0) < 0 ? YJ_ENOMEM : 0;
}

int scan_writer_end_page(struct scan_writer *w)
{
    w->page++;
    if (w->jpeg_open) {
        if (setjmp(w->failed))
            return YJ_ENOMEM;
        jpeg_finish_compress(&w->jpeg);
        return 0;
    }
    if (w->png) {
        if (setjmp(png_jmpbuf(w->png)))
            return YJ_ENOMEM;
        png_write_end(w->png, NULL);
        return 0;
    }
    if (!TIFFWriteDirectory(w->tiff))
        return YJ_ENOMEM;
    if (w->page == w->n_pages) {
        TIFFClose(w->tiff);
        w->tiff = NULL;
    }
    return w->file.failed ? YJ_ENOMEM : 0;
}

const char *scan_writer_suffix(const struct scan_writer *w)
{
    return w->suffix;
}

int scan_writer_save(const struct scan_writer *w, const char *path, struct diag *d)
{
    const uint8_t *data = w->jpeg_open ? w->jpeg_data : w->file.data;
    size_t size = w->jpeg_open ? w->jpeg_size : w->file.size;
    FILE *out = fopen(path, "wb");
    if (!out)
        return diag_error(d, YJ_EIO, path, 0, 0, NULL, _("cannot write: %s"), strerror(errno));
    bool failed = fwrite(data, 1, size, out) != size;
    int reason = errno;
    if (fclose(out) != 0 && !failed) {
        failed = true;
        reason = errno;
    }
    if (!failed)
        return 0;
    remove(path);
    return diag_error(d, YJ_EIO, path, 0, 0, _("is the disk full?"), _("cannot write: %s"),
                      strerror(reason));
}
