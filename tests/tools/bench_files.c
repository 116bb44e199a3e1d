#include "bench_files.h"

#include "diag.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <tiffio.h>

static int tell(const char *path)
{
    fprintf(stderr, "cannot write '%s': %s\n", path, strerror(errno));
    return -1;
}

int bench_write_jpeg(const char *path, const struct image *img, int quality)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    FILE *out = fopen(path, "wb");

    if (!out)
        return tell(path);
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_stdio_dest(&c, out);
    c.image_width = (JDIMENSION)img->width;
    c.image_height = (JDIMENSION)img->height;
    c.input_components = 1;
    c.in_color_space = JCS_GRAYSCALE;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, quality, TRUE);
    c.density_unit = 1;
    c.X_density = c.Y_density = (UINT16)img->dpi_x;
    jpeg_start_compress(&c, TRUE);
    for (int y = 0; y < img->height; y++) {
        JSAMPROW row = image_row(img, y);
        jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    return fclose(out) == 0 ? 0 : tell(path);
}

int bench_write_png(const char *path, const struct image *img)
{
    struct diag d;

    diag_init(&d);
    int rc = image_write_png(path, img->data, img->width, img->height, img->stride, 0, &d);
    if (rc < 0)
        diag_print(&d, stderr);
    diag_finish(&d);
    return rc < 0 ? -1 : 0;
}

static void pack_row(const uint8_t *grey, int width, int threshold, uint8_t *bits)
{
    memset(bits, 0, (size_t)(width + 7) / 8);
    for (int x = 0; x < width; x++)
        if (grey[x] < threshold)
            bits[x / 8] |= (uint8_t)(0x80 >> x % 8);
}

int bench_write_g4(const char *path, const struct image *img, int threshold)
{
    TIFF *tiff = TIFFOpen(path, "w");
    uint8_t *bits = malloc((size_t)(img->width + 7) / 8);
    int rc = tiff && bits ? 0 : tell(path);

    if (rc == 0) {
        TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, (uint32_t)img->width);
        TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, (uint32_t)img->height);
        TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, (uint32_t)img->height);
        TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 1);
        TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
        TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4);
        TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
        TIFFSetField(tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
        TIFFSetField(tiff, TIFFTAG_XRESOLUTION, img->dpi_x);
        TIFFSetField(tiff, TIFFTAG_YRESOLUTION, img->dpi_y);
    }
    for (int y = 0; rc == 0 && y < img->height; y++) {
        pack_row(image_row(img, y), img->width, threshold, bits);
        if (TIFFWriteScanline(tiff, bits, (uint32_t)y, 0) < 0)
            rc = tell(path);
    }
    free(bits);
    if (tiff)
        TIFFClose(tiff);
    return rc;
}

int bench_copy_file(const char *path, const char *copy, unsigned serial)
{
    FILE *in = fopen(path, "rb");
    FILE *out = in ? fopen(copy, "wb") : NULL;
    char buffer[65536];
    int rc = out ? 0 : tell(in ? copy : path);

    for (size_t n; rc == 0 && (n = fread(buffer, 1, sizeof buffer, in)) > 0;)
        if (fwrite(buffer, 1, n, out) != n)
            rc = tell(copy);
    if (rc == 0 && fprintf(out, "%08u", serial) < 0)
        rc = tell(copy);
    if (in)
        fclose(in);
    if (out && fclose(out) != 0 && rc == 0)
        rc = tell(copy);
    return rc;
}
