#include "scan_writers.h"

#include <archive.h>
#include <archive_entry.h>
#include <ftw.h>
#include <jpeglib.h>
#include <png.h>
#include <qpdf/qpdf-c.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

char scan_folder[64];

int scan_folder_make(void **state)
{
    strcpy(scan_folder, "/tmp/test_scans.XXXXXX");
    return mkdtemp(scan_folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    return remove(path);
}

int scan_folder_remove(void **state)
{
    return nftw(scan_folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *in_folder(const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", scan_folder, name);
    return path;
}

void sample_init(struct image *img, bool bitonal)
{
    image_init(img);
    assert_int_equal(image_resize(img, SAMPLE_WIDTH, SAMPLE_HEIGHT), 0);
    for (int y = 0; y < SAMPLE_HEIGHT; y++)
        for (int x = 0; x < SAMPLE_WIDTH; x++)
            image_row(img, y)[x] = y >= SAMPLE_HEIGHT / 2 ? 255
                                   : x < SAMPLE_WIDTH / 2 ? 0
                                   : bitonal              ? 255
                                                          : SAMPLE_GREY;
}

void bytes_finish(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){0};
}

void bytes_write(const struct bytes *b, const char *path)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(b->data, 1, b->size, file), b->size);
    assert_int_equal(fclose(file), 0);
}

struct bytes bytes_read(const char *path)
{
    struct bytes b = {malloc(1 << 20), 0};
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    b.size = fread(b.data, 1, 1 << 20, file);
    fclose(file);
    return b;
}

/* ---- JPEG ---- */

static void put_exif(j_compress_ptr jpeg, int orientation)
{
    unsigned char exif[] = "Exif\0\0MM\0*\0\0\0\10\0\1\1\22\0\3\0\0\0\1\0\0\0\0\0\0\0\0";
    exif[6 + 8 + 2 + 9] = (unsigned char)orientation;
    jpeg_write_marker(jpeg, JPEG_APP0 + 1, exif, sizeof exif - 1);
}

struct bytes make_jpeg(const struct image *img, enum jpeg_space space, int orientation)
{
    static const J_COLOR_SPACE in[] = {JCS_GRAYSCALE, JCS_RGB, JCS_RGB, JCS_CMYK};
    static const J_COLOR_SPACE stored[] = {JCS_GRAYSCALE, JCS_YCbCr, JCS_RGB, JCS_CMYK};
    static const int channels[] = {1, 3, 3, 4};
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned long size = 0;
    struct bytes b = {0};
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &b.data, &size);
    jpeg.image_width = (JDIMENSION)img->width;
    jpeg.image_height = (JDIMENSION)img->height;
    jpeg.input_components = channels[space];
    jpeg.in_color_space = in[space];
    jpeg_set_defaults(&jpeg);
    jpeg_set_colorspace(&jpeg, stored[space]);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg.density_unit = 1;
    jpeg.X_density = jpeg.Y_density = 200;
    jpeg_start_compress(&jpeg, TRUE);
    if (orientation)
        put_exif(&jpeg, orientation);
    uint8_t *row = malloc((size_t)img->width * 4);
    for (int y = 0; y < img->height; y++) {
        for (int x = 0; x < img->width; x++) {
            uint8_t grey = image_row(img, y)[x], *p = row + x * channels[space];
            memset(p, space == JPEG_OF_CMYK ? 255 : grey, (size_t)channels[space]);
            if (space == JPEG_OF_CMYK) /* as Adobe writes: all inverted, black ink alone */
                p[3] = grey;
        }
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    free(row);
    b.size = size;
    return b;
}

/* ---- PNG ---- */

static void append(png_structp png, png_bytep data, size_t n)
{
    struct bytes *b = png_get_io_ptr(png);
    b->data = realloc(b->data, b->size + n);
    memcpy(b->data + b->size, data, n);
    b->size += n;
}

static void flush_nothing(png_structp png) {}

/* Samples of one pixel, left aligned as PNG packs them. */
static void put_png_pixel(const struct png_kind *kind, uint8_t grey, uint8_t *row, int x)
{
    const int alpha = kind->color_type & PNG_COLOR_MASK_ALPHA ? 1 : 0;
    const int colors =
        kind->color_type & PNG_COLOR_MASK_COLOR && kind->color_type != PNG_COLOR_TYPE_PALETTE ? 3
                                                                                              : 1;
    if (kind->bits < 8) {
        int value = kind->color_type == PNG_COLOR_TYPE_PALETTE ? grey == 0     ? 0
                                                                 : grey == 255 ? 1
                                                                               : 2
                                                               : grey >> (8 - kind->bits);
        int at = x * kind->bits;
        row[at / 8] |= (uint8_t)(value << (8 - kind->bits - at % 8));
        return;
    }
    const int wide = kind->bits / 8;
    uint8_t *p = row + (size_t)x * (size_t)((colors + alpha) * wide);
    uint8_t value = kind->color_type == PNG_COLOR_TYPE_PALETTE ? grey == 0     ? 0
                                                                 : grey == 255 ? 1
                                                                               : 2
                    : alpha && grey == 255                     ? 0
                                                               : grey;
    memset(p, value, (size_t)(colors * wide));
    if (alpha)
        memset(p + colors * wide, grey == 255 ? 0 : 255, (size_t)wide);
}

struct bytes make_png(const struct image *img, const struct png_kind *kind)
{
    struct bytes b = {0};
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    png_color palette[3] = {{0, 0, 0}, {255, 255, 255}, {SAMPLE_GREY, SAMPLE_GREY, SAMPLE_GREY}};
    png_set_write_fn(png, &b, append, flush_nothing);
    png_set_IHDR(png, info, (png_uint_32)img->width, (png_uint_32)img->height, kind->bits,
                 kind->color_type, kind->interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_pHYs(png, info, 7874, 7874, PNG_RESOLUTION_METER);
    if (kind->color_type == PNG_COLOR_TYPE_PALETTE)
        png_set_PLTE(png, info, palette, 3);
    size_t row_bytes = png_get_rowbytes(png, info);
    uint8_t *pixels = calloc((size_t)img->height, row_bytes);
    uint8_t **rows = malloc((size_t)img->height * sizeof *rows);
    for (int y = 0; y < img->height; y++) {
        rows[y] = pixels + (size_t)y * row_bytes;
        for (int x = 0; x < img->width; x++)
            put_png_pixel(kind, image_row(img, y)[x], rows[y], x);
    }
    png_set_rows(png, info, rows);
    png_write_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
    png_destroy_write_struct(&png, &info);
    free(rows);
    free(pixels);
    return b;
}

static void put_chunk(struct bytes *b, const char *type, const unsigned char *data, unsigned n)
{
    unsigned char *p;
    b->data = realloc(b->data, b->size + n + 12);
    p = b->data + b->size;
    png_save_uint_32(p, n);
    memcpy(p + 4, type, 4);
    memcpy(p + 8, data, n);
    png_save_uint_32(p + 8 + n, (png_uint_32)crc32(0, p + 4, n + 4));
    b->size += n + 12;
}

struct bytes make_png_header(unsigned width, unsigned height)
{
    static const unsigned char magic[8] = "\x89PNG\r\n\x1a\n";
    struct bytes b = {malloc(8), 8};
    unsigned char header[13] = {[8] = 8, [9] = 2};
    memcpy(b.data, magic, 8);
    png_save_uint_32(header, width);
    png_save_uint_32(header + 4, height);
    put_chunk(&b, "IHDR", header, 13);
    struct bytes none = deflated(header, 13);
    put_chunk(&b, "IDAT", none.data, (unsigned)none.size);
    bytes_finish(&none);
    return b;
}

/* ---- TIFF ---- */

static void set_tiff_fields(TIFF *tiff, const struct image *img, const struct tiff_kind *kind)
{
    static const uint16_t greys[3][4] = {{0, 65535, SAMPLE_GREY * 257, 0},
                                         {0, 65535, SAMPLE_GREY * 257, 0},
                                         {0, 65535, SAMPLE_GREY * 257, 0}};
    uint16_t map[3][256] = {{0}};
    for (int i = 0; i < 3; i++)
        memcpy(map[i], greys[i], sizeof greys[i]);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, img->width);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, img->height);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, kind->bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, kind->samples);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, kind->compression);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, kind->photometric);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    TIFFSetField(tiff, TIFFTAG_XRESOLUTION, kind->dpi_x > 0 ? kind->dpi_x : 200.0);
    TIFFSetField(tiff, TIFFTAG_YRESOLUTION, kind->dpi_y > 0 ? kind->dpi_y : 200.0);
    if (kind->orientation)
        TIFFSetField(tiff, TIFFTAG_ORIENTATION, kind->orientation);
    if (kind->lsb_first)
        TIFFSetField(tiff, TIFFTAG_FILLORDER, FILLORDER_LSB2MSB);
    if (kind->photometric == PHOTOMETRIC_PALETTE)
        TIFFSetField(tiff, TIFFTAG_COLORMAP, map[0], map[1], map[2]);
    if (kind->tiled) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, SAMPLE_WIDTH);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, SAMPLE_HEIGHT);
    } else {
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, 16);
    }
}

static void fill_tiff_row(const struct tiff_kind *kind, const uint8_t *greys, uint8_t *row)
{
    memset(row, 0, SAMPLE_WIDTH * 8);
    for (int x = 0; x < SAMPLE_WIDTH; x++) {
        uint8_t grey = greys[x];
        if (kind->photometric == PHOTOMETRIC_MINISWHITE)
            grey = (uint8_t)(255 - grey);
        if (kind->photometric == PHOTOMETRIC_PALETTE)
            grey = grey == 0 ? 0 : grey == 255 ? 1 : 2;
        if (kind->bits == 1)
            row[x / 8] |= (uint8_t)((grey > 127) << (7 - x % 8));
        else
            memset(row + x * kind->samples * kind->bits / 8, grey,
                   (size_t)(kind->samples * kind->bits / 8));
    }
}

void write_tiff(const char *path, const struct image *img, const struct tiff_kind *kind, int pages)
{
    TIFF *tiff = TIFFOpen(path, "w");
    static uint8_t rows[SAMPLE_HEIGHT * SAMPLE_WIDTH * 8];
    assert_non_null(tiff);
    for (int page = 0; page < pages; page++) {
        uint8_t greys[SAMPLE_WIDTH];
        set_tiff_fields(tiff, img, kind);
        size_t size = (size_t)(SAMPLE_WIDTH * kind->bits * kind->samples / 8);
        for (int y = 0; y < img->height; y++) {
            uint8_t *row = rows + (size_t)y * size;
            memcpy(greys, image_row(img, y), sizeof greys);
            if (y == img->height - 1)
                memset(greys, 0, (size_t)page);
            fill_tiff_row(kind, greys, row);
            if (!kind->tiled)
                assert_int_equal(TIFFWriteScanline(tiff, row, (uint32_t)y, 0), 1);
        }
        if (kind->tiled)
            assert_true(TIFFWriteTile(tiff, rows, 0, 0, 0, 0) > 0);
        assert_int_equal(TIFFWriteDirectory(tiff), 1);
    }
    TIFFClose(tiff);
}

/* ---- PDF ---- */

struct bytes deflated(const unsigned char *data, size_t n)
{
    uLongf size = compressBound(n);
    struct bytes b = {malloc(size), 0};
    assert_int_equal(compress(b.data, &size, data, n), Z_OK);
    b.size = size;
    return b;
}

static qpdf_oh make_stream(qpdf_data q, const char *dictionary, const void *data, size_t n)
{
    qpdf_oh stream = qpdf_oh_new_stream(q), dict = qpdf_oh_get_dict(q, stream);
    qpdf_oh keys = qpdf_oh_parse(q, dictionary);
    qpdf_oh filter = qpdf_oh_get_key(q, keys, "/Filter");
    qpdf_oh parameters = qpdf_oh_get_key(q, keys, "/DecodeParms");
    static const char *const kept[] = {"/Subtype",    "/Width",  "/Height",   "/BitsPerComponent",
                                       "/ColorSpace", "/Decode", "/ImageMask"};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (qpdf_oh_has_key(q, keys, kept[i]))
            qpdf_oh_replace_key(q, dict, kept[i], qpdf_oh_get_key(q, keys, kept[i]));
    qpdf_oh_replace_stream_data(q, stream, data, n, filter, parameters);
    return stream;
}

static void add_page(qpdf_data q, const struct pdf_page *page)
{
    char text[512];
    snprintf(text, sizeof text,
             "<< /Type /Page /MediaBox [0 0 64 48] /Resources << /XObject << >> "
             "/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> %s >>",
             page->more ? page->more : "");
    qpdf_oh dict = qpdf_oh_parse(q, text);
    if (page->dictionary) {
        qpdf_oh image = make_stream(q, page->dictionary, page->stream.data, page->stream.size);
        qpdf_oh resources = qpdf_oh_get_key(q, dict, "/Resources");
        qpdf_oh_replace_key(q, qpdf_oh_get_key(q, resources, "/XObject"), "/Im0", image);
    }
    if (page->content)
        qpdf_oh_replace_key(q, dict, "/Contents",
                            make_stream(q, "<< >>", page->content, strlen(page->content)));
    qpdf_oh page_oh = qpdf_make_indirect_object(q, dict);
    assert_int_equal(qpdf_add_page(q, q, page_oh, QPDF_FALSE), QPDF_SUCCESS);
}

void write_pdf(const char *path, const struct pdf_page *pages, int n, const char *user)
{
    qpdf_data q = qpdf_init();
    assert_int_equal(qpdf_empty_pdf(q), QPDF_SUCCESS);
    for (int i = 0; i < n; i++)
        add_page(q, &pages[i]);
    assert_int_equal(qpdf_init_write(q, path), QPDF_SUCCESS);
    qpdf_set_stream_data_mode(q, qpdf_s_preserve);
    if (user)
        qpdf_set_r6_encryption_parameters2(q, user, "owner", 1, 1, 1, 1, 1, 1, qpdf_r3p_full, 1);
    assert_int_equal(qpdf_write(q), QPDF_SUCCESS);
    qpdf_cleanup(&q);
}

/* ---- ZIP ---- */

void write_zip(const char *path, const struct zip_member *members, int n, const char *password)
{
    struct archive *zip = archive_write_new();
    archive_write_set_format_zip(zip);
    if (password) {
        assert_int_equal(archive_write_set_options(zip, "zip:encryption=traditional"), ARCHIVE_OK);
        archive_write_set_passphrase(zip, password);
    }
    assert_int_equal(archive_write_open_filename(zip, path), ARCHIVE_OK);
    for (int i = 0; i < n; i++) {
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_pathname(entry, members[i].name);
        archive_entry_set_size(entry, (la_int64_t)members[i].bytes.size);
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        assert_true(archive_write_header(zip, entry) >= ARCHIVE_WARN);
        archive_write_data(zip, members[i].bytes.data, members[i].bytes.size);
        archive_entry_free(entry);
    }
    archive_write_close(zip);
    archive_write_free(zip);
}
