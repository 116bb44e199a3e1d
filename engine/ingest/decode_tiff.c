/* One page of a TIFF to grey.
 *
 * By libtiff and not through Leptonica: pixReadMemTiff gives a page without a word where code
 * words of a G3 or G4 strip are broken (three bytes changed in the middle of a G4 page: no error),
 * because libtiff tells that only to its message handlers, which Leptonica's callers share as
 * globals. Here each open TIFF has its own handlers, a bad line ends the page, rows become grey as
 * they come, and page N is opened by its directory's offset. */
#include "ingest_internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

/* libtiff's general reader, for what is rare, needs four bytes a pixel. */
static const int64_t GENERAL_PIXELS_MAX = 80000000;
static const tmsize_t SINGLE_ALLOC_MAX = (tmsize_t)512 << 20;

struct tiff_reader {
    TIFF *tiff;
    const struct scan_file *file;
    bool embedded;
    uint64_t at;       /* of libtiff's reading */
    char message[160]; /* libtiff's first about this page */
    bool damaged;      /* a message that means that pixels are wrong */

    uint32_t width, height;
    uint16_t bits, samples, photometric, planar, format;
};

/* ---- libtiff reads from our bytes ---- */

static tmsize_t read_bytes(thandle_t handle, void *to, tmsize_t n)
{
    struct tiff_reader *reader = handle;
    size_t got = scan_file_read(reader->file, reader->at, to, (size_t)n);
    reader->at += got;
    return (tmsize_t)got;
}

static tmsize_t write_nothing(thandle_t handle, void *from, tmsize_t n)
{
    return -1;
}

static toff_t seek_to(thandle_t handle, toff_t offset, int whence)
{
    struct tiff_reader *reader = handle;
    reader->at = whence == SEEK_SET   ? offset
                 : whence == SEEK_CUR ? reader->at + offset
                                      : reader->file->size + offset;
    return reader->at;
}

static int close_nothing(thandle_t handle)
{
    return 0;
}
static toff_t tell_size(thandle_t handle)
{
    return ((struct tiff_reader *)handle)->file->size;
}

static int map_bytes(thandle_t handle, void **ret_base, toff_t *ret_size)
{
    struct tiff_reader *reader = handle;
    *ret_base = reader->file->data;
    *ret_size = reader->file->size;
    return reader->file->data != NULL;
}

static void unmap_nothing(thandle_t handle, void *base, toff_t size) {}

static int heed_error(TIFF *tiff, void *user, const char *module, const char *fmt, va_list ap)
{
    struct tiff_reader *reader = user;
    if (!reader->message[0])
        vsnprintf(reader->message, sizeof reader->message, fmt, ap);
    reader->damaged = true;
    return 1; /* told: not to stderr */
}

/* A fax line of the wrong length and a JPEG that ends early are warnings to libtiff, which mends
 * them. Unknown tags and the like change no pixel. */
static int heed_warning(TIFF *tiff, void *user, const char *module, const char *fmt, va_list ap)
{
    struct tiff_reader *reader = user;
    char text[sizeof reader->message];
    bool picture = module && (strncmp(module, "Fax", 3) == 0 || strncmp(module, "JPEGLib", 7) == 0);
    vsnprintf(text, sizeof text, fmt, ap);
    if (picture && !strstr(text, "xtraneous")) { /* bytes between a JPEG's segments */
        if (!reader->message[0])
            memcpy(reader->message, text, sizeof text);
        reader->damaged = true;
    }
    return 1;
}

static TIFF *open_reader(struct tiff_reader *reader)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options)
        return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(options, heed_error, reader);
    TIFFOpenOptionsSetWarningHandlerExtR(options, heed_warning, reader);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, SINGLE_ALLOC_MAX);
    /* h: no directory is read until we say which */
    TIFF *tiff = TIFFClientOpenExt("scan", "rh", reader, read_bytes, write_nothing, seek_to,
                                   close_nothing, tell_size, map_bytes, unmap_nothing, options);
    TIFFOpenOptionsFree(options);
    return tiff;
}

/* ---- what the directory says ---- */

static void read_placement(struct tiff_reader *reader, struct placement *ret)
{
    uint16_t orientation = 1, unit = RESUNIT_INCH;
    float x = 0, y = 0;
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_ORIENTATION, &orientation);
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_RESOLUTIONUNIT, &unit);
    bool stated = TIFFGetField(reader->tiff, TIFFTAG_XRESOLUTION, &x) &&
                  TIFFGetField(reader->tiff, TIFFTAG_YRESOLUTION, &y);
    double per_inch = unit == RESUNIT_CENTIMETER ? 2.54 : 1;
    *ret = (struct placement){.orientation = orientation};
    if (stated && isfinite(x) && isfinite(y)) {
        ret->dpi_x = x * per_inch;
        ret->dpi_y = y * per_inch;
        ret->relative = unit == RESUNIT_NONE;
    }
}

static int read_layout(struct tiff_reader *reader, char *reason)
{
    TIFF *tiff = reader->tiff;
    if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &reader->width) ||
        !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &reader->height))
        return scan_refuse(reason, _("the TIFF's page does not state its size"));
    TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &reader->bits);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &reader->samples);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &reader->planar);
    TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &reader->format);
    if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &reader->photometric))
        reader->photometric = PHOTOMETRIC_MINISWHITE; /* as libtiff's own tools take it */
    uint16_t compression = 0;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
    if (compression == COMPRESSION_JPEG && reader->photometric == PHOTOMETRIC_YCBCR) {
        TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
        reader->photometric = PHOTOMETRIC_RGB;
    }
    return 0;
}

/* What the JPEG or fax library has to say where libtiff itself does not fail. */
static int refuse_damage(const struct tiff_reader *reader, char *reason)
{
    const char *what = reader->message[0] ? reader->message : _("its rows cannot be read");
    return reader->embedded
               ? scan_refuse(reason, _("the picture of the PDF's page is damaged: %s"), what)
               : scan_refuse(reason, _("the TIFF's page is damaged: %s"), what);
}

/* ---- row by row: nearly all scans ---- */

/* Greys and colours of samples of up to 8 bits. */
struct sample_table {
    uint8_t greys[256];
    struct colour colours[256];
};

static void add_palette_entry(const uint16_t *r, const uint16_t *g, const uint16_t *b, int i,
                              bool wide, struct sample_table *table)
{
    int shift = wide ? 8 : 0; /* old writers put bytes where 16 bits belong */
    unsigned red = r[i] >> shift & 255u, green = g[i] >> shift & 255u, blue = b[i] >> shift & 255u;
    table->greys[i] = grey_of_rgb(red, green, blue);
    table->colours[i] = colour_of_rgb(red, green, blue);
}

/* False: no table gives the greys of these samples. */
static bool make_table(struct tiff_reader *reader, struct sample_table *table)
{
    const int n = 1 << reader->bits;
    uint16_t *r, *g, *b;
    if (reader->photometric == PHOTOMETRIC_PALETTE) {
        if (!TIFFGetField(reader->tiff, TIFFTAG_COLORMAP, &r, &g, &b))
            return false;
        bool wide = false;
        for (int i = 0; i < n; i++)
            wide = wide || r[i] > 255 || g[i] > 255 || b[i] > 255;
        for (int i = 0; i < n; i++)
            add_palette_entry(r, g, b, i, wide, table);
        return true;
    }
    bool inverted = reader->photometric == PHOTOMETRIC_MINISWHITE;
    for (int i = 0; i < n; i++)
        table->greys[i] = (uint8_t)((inverted ? n - 1 - i : i) * 255 / (n - 1));
    return inverted || reader->photometric == PHOTOMETRIC_MINISBLACK;
}

enum row_layout { ROW_GENERAL, ROW_BITS, ROW_TABLE, ROW_RGB, ROW_GREY16, ROW_RGB16 };

static enum row_layout choose_layout(struct tiff_reader *reader, struct sample_table *table)
{
    uint16_t n_extra = 0, *extra = NULL;
    TIFFGetFieldDefaulted(reader->tiff, TIFFTAG_EXTRASAMPLES, &n_extra, &extra);
    bool transparent = n_extra > 0 && extra[0] != EXTRASAMPLE_UNSPECIFIED;
    bool one = reader->samples == 1;
    bool rgb = reader->photometric == PHOTOMETRIC_RGB && reader->samples >= 3 && !transparent;
    if (TIFFIsTiled(reader->tiff) || reader->format != SAMPLEFORMAT_UINT ||
        (!one && reader->planar != PLANARCONFIG_CONTIG))
        return ROW_GENERAL;
    if (one && (reader->bits == 1 || reader->bits == 2 || reader->bits == 4 || reader->bits == 8))
        return !make_table(reader, table) ? ROW_GENERAL : reader->bits == 1 ? ROW_BITS : ROW_TABLE;
    if (one && reader->bits == 16 && reader->photometric <= PHOTOMETRIC_MINISBLACK)
        return ROW_GREY16;
    if (rgb && (reader->bits == 8 || reader->bits == 16))
        return reader->bits == 8 ? ROW_RGB : ROW_RGB16;
    return ROW_GENERAL;
}

/* In the machine's byte order, the high byte of each sample. */
static void halve_samples(uint8_t *row, int n, bool inverted)
{
    for (int i = 0; i < n; i++) {
        uint16_t sample;
        memcpy(&sample, row + (size_t)i * 2, 2);
        row[i] = (uint8_t)((inverted ? 65535 - sample : sample) >> 8);
    }
}

/* `colours` NULL: nobody wants it, or the samples are greys. */
static void convert_row(const struct tiff_reader *reader, enum row_layout layout,
                        const struct bit_greys *bit_greys, const struct sample_table *table,
                        uint8_t *row, uint8_t *out, struct colour *colours)
{
    const int width = (int)reader->width;
    switch (layout) {
    case ROW_BITS:
        grey_from_bits(bit_greys, row, width, out);
        break;
    case ROW_TABLE:
        grey_from_samples(row, width, reader->bits, table->greys, out);
        break;
    case ROW_GREY16:
        halve_samples(row, width, reader->photometric == PHOTOMETRIC_MINISWHITE);
        memcpy(out, row, (size_t)width);
        break;
    case ROW_RGB16:
        halve_samples(row, width * reader->samples, false);
        grey_from_rgb(row, width, reader->samples, out);
        break;
    case ROW_RGB:
        grey_from_rgb(row, width, reader->samples, out);
        break;
    case ROW_GENERAL:
        break;
    }
    if (colours && reader->photometric == PHOTOMETRIC_PALETTE)
        colours_from_samples(row, width, reader->bits, table->colours, colours);
    else if (colours)
        colours_from_rgb(row, width, reader->samples, colours);
}

static bool has_colour(const struct tiff_reader *reader, enum row_layout layout)
{
    return layout == ROW_RGB || layout == ROW_RGB16 || layout == ROW_GENERAL ||
           reader->photometric == PHOTOMETRIC_PALETTE;
}

static int read_rows(struct tiff_reader *reader, enum row_layout layout,
                     const struct sample_table *table, struct decoder *decoder, struct image *out,
                     char *reason)
{
    struct bit_greys bit_greys;
    tmsize_t size = TIFFScanlineSize(reader->tiff);
    size_t needed = ((size_t)reader->width * reader->bits * reader->samples + 7) / 8;
    if (size <= 0 || (size_t)size < needed || (size_t)size > DECODER_SCRATCH_MAX)
        return refuse_damage(reader, reason);
    uint8_t *row = decoder_scratch(decoder, (size_t)size);
    if (!row)
        return YJ_ENOMEM;
    if (layout == ROW_BITS)
        bit_greys_init(&bit_greys, table->greys[0], table->greys[1]);
    decoder_begin_halves(decoder, out);
    for (uint32_t y = 0; y < reader->height; y++) {
        if (TIFFReadScanline(reader->tiff, row, y, 0) < 0 || reader->damaged)
            return refuse_damage(reader, reason);
        convert_row(reader, layout, &bit_greys, table, row, image_row(out, (int)y),
                    decoder_colour_row(decoder, (int)y));
        decoder_halve(decoder, out, (int)y + 1);
    }
    return 0;
}

/* ---- the rest, by libtiff's general reader: tiles, planes, inks, transparency ---- */

static void grey_from_raster(const uint32_t *raster, const struct decoder *decoder,
                             struct image *out)
{
    for (int y = 0; y < out->height; y++) {
        const uint32_t *from = raster + (size_t)y * (size_t)out->width;
        uint8_t *to = image_row(out, y);
        struct colour *colours = decoder_colour_row(decoder, y);
        for (int x = 0; x < out->width; x++) {
            /* already multiplied by alpha: white paper shows through the rest */
            unsigned grey = grey_of_rgb(TIFFGetR(from[x]), TIFFGetG(from[x]), TIFFGetB(from[x])) +
                            255 - TIFFGetA(from[x]);
            to[x] = (uint8_t)(grey > 255 ? 255 : grey);
            if (colours)
                colours[x] = colour_of_rgb(TIFFGetR(from[x]), TIFFGetG(from[x]), TIFFGetB(from[x]));
        }
    }
}

static int read_general(struct tiff_reader *reader, const struct decoder *decoder,
                        struct image *out, char *reason)
{
    char text[1024] = "";
    TIFFRGBAImage picture;
    size_t pixels = (size_t)reader->width * reader->height;
    if ((int64_t)pixels > GENERAL_PIXELS_MAX)
        return scan_refuse(reason, _("a TIFF of this kind with %u x %u pixels is too large"),
                           reader->width, reader->height);
    if (!TIFFRGBAImageOK(reader->tiff, text) ||
        !TIFFRGBAImageBegin(&picture, reader->tiff, 1, text))
        return scan_refuse(reason, _("a kind of TIFF that is not read: %s"), text);
    uint32_t *raster = malloc(pixels * sizeof *raster);
    int r = raster ? 0 : YJ_ENOMEM;
    picture.req_orientation = picture.orientation; /* as stored: upright.c turns it */
    if (raster &&
        (!TIFFRGBAImageGet(&picture, raster, reader->width, reader->height) || reader->damaged))
        r = refuse_damage(reader, reason);
    if (r == 0)
        grey_from_raster(raster, decoder, out);
    TIFFRGBAImageEnd(&picture);
    free(raster);
    return r;
}

static int read_page(struct tiff_reader *reader, uint64_t directory, struct decoder *decoder,
                     struct image *out, struct placement *ret_placement, char *reason)
{
    struct sample_table table = {.greys = {0}};
    if (!TIFFSetSubDirectory(reader->tiff, directory))
        return scan_refuse(reason, _("the TIFF's page directory is damaged: %s"), reader->message);
    /* What libtiff said of the directory is of no more interest. */
    reader->message[0] = '\0';
    reader->damaged = false;
    int r = read_layout(reader, reason);
    if (r == 0)
        r = scan_size_image(out, reader->width, reader->height, reason);
    if (r < 0)
        return r;
    read_placement(reader, ret_placement);
    enum row_layout layout = choose_layout(reader, &table);
    r = has_colour(reader, layout) ? decoder_begin_chroma(decoder, out, reason) : 0;
    if (r < 0)
        return r;
    return layout == ROW_GENERAL ? read_general(reader, decoder, out, reason)
                                 : read_rows(reader, layout, &table, decoder, out, reason);
}

int decode_tiff(const struct scan_file *file, uint64_t directory, bool embedded,
                struct decoder *decoder, struct image *out, struct placement *ret_placement,
                char *reason)
{
    struct tiff_reader reader = {.file = file, .embedded = embedded};
    reader.tiff = open_reader(&reader);
    if (!reader.tiff)
        return scan_refuse(reason, _("the TIFF cannot be opened: %s"), reader.message);
    int r = read_page(&reader, directory, decoder, out, ret_placement, reason);
    TIFFClose(reader.tiff);
    return r;
}
