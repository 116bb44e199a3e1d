/* A page's colour beside its greys. A plane that is shifted, turned otherwise than the page or
 * empty would make a teacher's red stroke a stroke in the wrong cell, or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "diag.h"
#include "ingest.h"
#include "sandboxed.h"
#include "scan_writers.h"
#include <jpeglib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

/* 64 x 48: the left half red, of it the upper quarter blue; the right half grey. */
enum { WIDTH = SAMPLE_WIDTH, HEIGHT = SAMPLE_HEIGHT, RED_CHROMA = 160, BLUE_CHROMA = 120 };

static uint8_t rgb[HEIGHT][WIDTH][3];

static int set_up(void **state)
{
    static const uint8_t red[] = {200, 40, 60}, blue[] = {60, 80, 180}, grey[] = {128, 128, 128};
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            memcpy(rgb[y][x], x >= WIDTH / 2 ? grey : y < HEIGHT / 4 ? blue : red, 3);
    return scan_folder_make(state);
}

static void decode(const char *path, struct image *grey, struct image *chroma)
{
    char reason[SCAN_REASON_MAX] = "";
    struct scan_source *source;
    struct scan *scan = NULL;
    struct decoder *decoder;
    assert_int_equal(scan_source_open(&path, 1, &source, NULL), 0);
    scan_source_use_sandbox(source, sandboxed);
    assert_int_equal(scan_source_next(source, &scan), 1);
    assert_int_equal(decoder_create(&decoder), 0);
    assert_int_equal(decoder_use_sandbox(decoder, sandboxed), 0);
    if (chroma)
        decoder_want_chroma(decoder, chroma);
    if (scan_decode_page(scan, 1, decoder, grey, reason) != 0)
        fail_msg("%s: %s", path, reason);
    sandboxed_keep(grey);
    if (chroma)
        sandboxed_keep(chroma);
    decoder_destroy(decoder);
    scan_unref(scan);
    scan_source_close(source);
}

static void assert_chroma(const struct image *chroma, int x, int y, int expected, int within)
{
    int seen = image_row(chroma, y)[x];
    if (abs(seen - expected) > within)
        fail_msg("chroma at %d, %d is %d, not %d", x, y, seen, expected);
}

/* Colours where they are, and the same greys as without. `within`: levels that coding changes. */
static void assert_colours(const char *path, int within)
{
    struct image grey, alone, chroma;
    image_init(&grey);
    image_init(&alone);
    image_init(&chroma);
    decode(path, &alone, NULL);
    decode(path, &grey, &chroma);
    assert_int_equal(chroma.width, WIDTH);
    assert_int_equal(chroma.height, HEIGHT);
    assert_chroma(&chroma, 8, 40, RED_CHROMA, within);
    assert_chroma(&chroma, 26, 14, RED_CHROMA, within);
    assert_chroma(&chroma, 8, 4, BLUE_CHROMA, within);
    assert_chroma(&chroma, 40, 4, 0, within);
    assert_chroma(&chroma, 60, 44, 0, within);
    for (int y = 0; y < HEIGHT; y++)
        assert_memory_equal(image_row(&grey, y), image_row(&alone, y), WIDTH);
    image_finish(&grey);
    image_finish(&alone);
    image_finish(&chroma);
}

static void write_jpeg(const char *path, J_COLOR_SPACE stored)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, out);
    jpeg.image_width = WIDTH;
    jpeg.image_height = HEIGHT;
    jpeg.input_components = 3;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_colorspace(&jpeg, stored);
    jpeg_set_quality(&jpeg, 95, TRUE);
    jpeg_start_compress(&jpeg, TRUE);
    for (int y = 0; y < HEIGHT; y++) {
        JSAMPROW row = &rgb[y][0][0];
        jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(out);
}

static void test_jpeg(void **state)
{
    write_jpeg(in_folder("ycc.jpg"), JCS_YCbCr);
    assert_colours(in_folder("ycc.jpg"), 8);
    write_jpeg(in_folder("rgb.jpg"), JCS_RGB);
    assert_colours(in_folder("rgb.jpg"), 8);
}

static void test_png(void **state)
{
    assert_int_equal(
        image_write_png(in_folder("a.png"), &rgb[0][0][0], WIDTH, HEIGHT, WIDTH * 3, 1, NULL), 0);
    assert_colours(in_folder("a.png"), 3);
}

static void write_tiff_colour(const char *path, bool tiled, uint16_t orientation)
{
    TIFF *tiff = TIFFOpen(path, "w");
    assert_non_null(tiff);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, WIDTH);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, HEIGHT);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 3);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, orientation);
    if (tiled) {
        TIFFSetField(tiff, TIFFTAG_TILEWIDTH, WIDTH);
        TIFFSetField(tiff, TIFFTAG_TILELENGTH, HEIGHT);
        assert_true(TIFFWriteTile(tiff, rgb, 0, 0, 0, 0) > 0);
    }
    for (uint32_t y = 0; !tiled && y < HEIGHT; y++)
        assert_int_equal(TIFFWriteScanline(tiff, rgb[y], y, 0), 1);
    TIFFClose(tiff);
}

static void test_tiff(void **state)
{
    write_tiff_colour(in_folder("rows.tif"), false, 1);
    assert_colours(in_folder("rows.tif"), 3);
    write_tiff_colour(in_folder("tiles.tif"), true, 1);
    assert_colours(in_folder("tiles.tif"), 3);
}

/* The plane turns with the page: a quarter turn takes the blue corner to the top right. */
static void test_orientation(void **state)
{
    struct image grey, chroma;
    image_init(&grey);
    image_init(&chroma);
    write_tiff_colour(in_folder("turned.tif"), false, 6);
    decode(in_folder("turned.tif"), &grey, &chroma);
    assert_int_equal(chroma.width, HEIGHT);
    assert_int_equal(chroma.height, WIDTH);
    assert_chroma(&chroma, HEIGHT - 4, 8, BLUE_CHROMA, 3);
    assert_chroma(&chroma, 8, 8, RED_CHROMA, 3);
    assert_chroma(&chroma, 8, 60, 0, 0);
    image_finish(&grey);
    image_finish(&chroma);
}

/* As it is stored, by a palette, and drawn. */
static void test_pdf(void **state)
{
    static const char keys[] = "<< /Subtype /Image /Width 64 /Height 48 /BitsPerComponent 8 "
                               "/ColorSpace /DeviceRGB >>";
    static const char indexed[] = "<< /Subtype /Image /Width 64 /Height 48 /BitsPerComponent 8 "
                                  "/ColorSpace [/Indexed /DeviceRGB 2 <808080c8283c3c50b4>] >>";
    uint8_t numbers[HEIGHT][WIDTH];
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            numbers[y][x] = (uint8_t)(rgb[y][x][0] == 128 ? 0 : rgb[y][x][0] == 200 ? 1 : 2);
    struct pdf_page page = {
        "q 64 0 0 48 0 0 cm /Im0 Do Q", keys, NULL, {&rgb[0][0][0], sizeof rgb}};
    write_pdf(in_folder("rgb.pdf"), &page, 1, NULL);
    assert_colours(in_folder("rgb.pdf"), 3);
    page = (struct pdf_page){page.content, indexed, NULL, {&numbers[0][0], sizeof numbers}};
    write_pdf(in_folder("palette.pdf"), &page, 1, NULL);
    assert_colours(in_folder("palette.pdf"), 3);
}

static void test_pdf_drawn(void **state)
{
    struct image grey, chroma;
    if (system("command -v pdftoppm >/dev/null") != 0)
        skip();
    image_init(&grey);
    image_init(&chroma);
    const struct pdf_page page = {"1 0 0 rg 0 0 32 48 re f", NULL, NULL, {NULL, 0}};
    write_pdf(in_folder("drawn.pdf"), &page, 1, NULL);
    decode(in_folder("drawn.pdf"), &grey, &chroma);
    assert_int_equal(chroma.width, grey.width);
    assert_chroma(&chroma, grey.width / 4, grey.height / 2, 255, 4);
    assert_chroma(&chroma, 3 * grey.width / 4, grey.height / 2, 0, 0);
    image_finish(&grey);
    image_finish(&chroma);
}

/* A grey scan has no colour, also after a page that had. */
static void test_grey(void **state)
{
    struct image img, grey, chroma;
    sample_init(&img, false);
    image_init(&grey);
    image_init(&chroma);
    write_jpeg(in_folder("ycc.jpg"), JCS_YCbCr);
    decode(in_folder("ycc.jpg"), &grey, &chroma);
    assert_int_equal(chroma.width, WIDTH);
    struct bytes jpeg = make_jpeg(&img, JPEG_OF_GREY, 0);
    bytes_write(&jpeg, in_folder("grey.jpg"));
    decode(in_folder("grey.jpg"), &grey, &chroma);
    assert_int_equal(chroma.width, 0);
    bytes_finish(&jpeg);
    image_finish(&img);
    image_finish(&grey);
    image_finish(&chroma);
}

int main(int argc, char **argv)
{
    sandboxed_begin(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jpeg), cmocka_unit_test(test_png),
        cmocka_unit_test(test_tiff), cmocka_unit_test(test_orientation),
        cmocka_unit_test(test_pdf),  cmocka_unit_test(test_pdf_drawn),
        cmocka_unit_test(test_grey),
    };
    int failed = cmocka_run_group_tests(tests, set_up, scan_folder_remove);
    sandboxed_end();
    return failed;
}
