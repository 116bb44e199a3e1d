/* scan_writers.h - small scans written at run time by the libraries that scanners' software uses,
 * for the tests of ingest. Any failure ends the test. */
#ifndef SCAN_WRITERS_H
#define SCAN_WRITERS_H

#include "image.h"

#include <stdbool.h>

/* A folder for a test's scans below /tmp, made and taken away with all in it; as cmocka's set-up
 * and tear-down. */
extern char scan_folder[];
int scan_folder_make(void **state);
int scan_folder_remove(void **state);
/* Holds until the eighth call after it. */
const char *in_folder(const char *name);

/* 64 x 48 white, top left quarter black, top right quarter grey 128: each of the eight orientations
 * looks different. Without the grey: `bitonal`. */
enum { SAMPLE_WIDTH = 64, SAMPLE_HEIGHT = 48, SAMPLE_GREY = 128 };
void sample_init(struct image *img, bool bitonal);

struct bytes {
    unsigned char *data; /* malloc'ed */
    size_t size;
};
void bytes_finish(struct bytes *b);
void bytes_write(const struct bytes *b, const char *path);
struct bytes bytes_read(const char *path);

enum jpeg_space { JPEG_OF_GREY, JPEG_OF_YCC, JPEG_OF_RGB, JPEG_OF_CMYK };
/* Quality 100, 200 dpi; orientation 0: no EXIF. */
struct bytes make_jpeg(const struct image *img, enum jpeg_space space, int orientation);

struct png_kind {
    const char *name;
    int color_type, bits;
    bool interlaced;
};
/* The sample in any of PNG's layouts; white is transparent black where there is an alpha channel.
 */
struct bytes make_png(const struct image *img, const struct png_kind *kind);
/* A header that states a size, and the beginning of its data. */
struct bytes make_png_header(unsigned width, unsigned height);

struct tiff_kind {
    const char *name;
    int compression, photometric, bits, samples;
    bool tiled, lsb_first;
    int orientation;
    double dpi_x, dpi_y; /* 0: 200 */
};
/* Page n is the sample with its bottom left quarter's first n pixels of the last row black. */
void write_tiff(const char *path, const struct image *img, const struct tiff_kind *kind, int pages);

struct pdf_page {
    const char *content;    /* e.g. "q 64 0 0 48 0 0 cm /Im0 Do Q" */
    const char *dictionary; /* of the image /Im0, e.g. "<< /Width 64 ... >>"; NULL: no image */
    const char *more;       /* further keys of the page, e.g. "/Rotate 90"; may be NULL */
    struct bytes stream;    /* of the image, as filtered */
};
/* user: NULL, or a password ("" for one that anybody opens). */
void write_pdf(const char *path, const struct pdf_page *pages, int n, const char *user);
struct bytes deflated(const unsigned char *data, size_t n);

struct zip_member {
    const char *name;
    struct bytes bytes;
};
/* password: NULL, or the members are encrypted. */
void write_zip(const char *path, const struct zip_member *members, int n, const char *password);

#endif
