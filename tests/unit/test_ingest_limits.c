/* test_ingest_limits.c - a file just over each limit of docs/ingest.md is refused, by the limit's
 * name, and what is just under it is not refused for it. Run twice: decoding here, and by processes
 * of the sandbox. */
#include "sandboxed.h"
#include "scan_writers.h"

#include "diag.h"

#include <archive.h>
#include <archive_entry.h>
#include <jpeglib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- looking at all of a path ---- */

/* What the last scan of the path says of itself, or of its last page; "" nothing. */
struct last_words {
    int scans, pages;
    char text[SCAN_REASON_MAX];
};

static void look_at_last_page(const struct scan *scan, struct last_words *ret)
{
    struct decoder *decoder;
    struct image img;
    image_init(&img);
    assert_int_equal(decoder_create(&decoder), 0);
    assert_int_equal(decoder_use_sandbox(decoder, sandboxed), 0);
    if (scan_decode_page(scan, scan_page_count(scan), decoder, &img, ret->text) == 0)
        ret->text[0] = '\0';
    image_finish(&img);
    decoder_destroy(decoder);
}

static struct last_words look_at(const char *path)
{
    struct last_words words = {0};
    struct scan_source *source;
    struct scan *scan;
    int r;
    assert_int_equal(scan_source_open(&path, 1, &source, NULL), 0);
    scan_source_use_sandbox(source, sandboxed);
    while ((r = scan_source_next(source, &scan)) == 1) {
        words.scans++;
        words.pages = scan_page_count(scan);
        if (scan_problem(scan))
            snprintf(words.text, sizeof words.text, "%s", scan_problem(scan));
        else
            look_at_last_page(scan, &words);
        scan_unref(scan);
    }
    assert_int_equal(r, 0);
    scan_source_close(source);
    return words;
}

static void assert_says(const char *path, const char *expected)
{
    struct last_words words = look_at(path);
    if (!strstr(words.text, expected))
        fail_msg("%s: '%s' does not say '%s'", path, words.text, expected);
}

static void assert_does_not_say(const char *path, const char *unexpected)
{
    struct last_words words = look_at(path);
    if (strstr(words.text, unexpected))
        fail_msg("%s: '%s'", path, words.text);
}

/* ---- pixels ---- */

static void write_png_header(unsigned width, unsigned height, const char *path)
{
    struct bytes png = make_png_header(width, height);
    bytes_write(&png, path);
    bytes_finish(&png);
}

/* Would catch gigabytes asked for by what a header claims, one pixel beyond what is allowed. */
static void test_pixels(void **state)
{
    const char *path = in_folder("a.png");
    write_png_header(IMAGE_MAX_SIDE, 1, path);
    assert_does_not_say(path, "more than any page has");
    write_png_header(IMAGE_MAX_SIDE + 1, 1, path);
    assert_says(path, "20001 x 1 pixels are more than any page has");
    write_png_header(1, IMAGE_MAX_SIDE + 1, path);
    assert_says(path, "1 x 20001 pixels are more than any page has");
    write_png_header(IMAGE_MAX_SIDE, IMAGE_MAX_PIXELS / IMAGE_MAX_SIDE + 1, path);
    assert_says(path, "20000 x 10001 pixels are more than any page has");
}

/* The header of a progressive JPEG and its first pass, of which nothing comes. */
static void write_progressive_header(unsigned width, unsigned height, const char *path)
{
    unsigned char bytes[] = {0xff,
                             0xd8,
                             0xff,
                             0xc2,
                             0,
                             11,
                             8,
                             height >> 8,
                             height & 255,
                             width >> 8,
                             width & 255,
                             1,
                             1,
                             0x11,
                             0,
                             0xff,
                             0xda,
                             0,
                             8,
                             1,
                             1,
                             0,
                             0,
                             0,
                             0,
                             0};
    const struct bytes b = {bytes, sizeof bytes};
    bytes_write(&b, path);
}

/* Would catch six bytes a pixel of coefficients that no page needs. */
static void test_progressive_pixels(void **state)
{
    const char *path = in_folder("a.jpg");
    write_progressive_header(10000, 10000, path);
    assert_does_not_say(path, "too large");
    write_progressive_header(10001, 10000, path);
    assert_says(path, "a progressive JPEG of 10001 x 10000 pixels is too large");
}

enum { COEFFICIENTS = 64, FIRST_BIT = 10, COMPONENTS = 3 };

/* DC at once, then every coefficient of every component bit by bit: `most` passes at most. */
static int make_passes(jpeg_scan_info *passes, int most)
{
    int n = 0;
    passes[n++] = (jpeg_scan_info){.comps_in_scan = COMPONENTS, .component_index = {0, 1, 2}};
    for (int c = 0; c < COMPONENTS; c++)
        for (int k = 1; k < COEFFICIENTS; k++)
            for (int bit = FIRST_BIT; bit >= 0 && n < most; bit--)
                passes[n++] = (jpeg_scan_info){.comps_in_scan = 1,
                                               .component_index = {c},
                                               .Ss = k,
                                               .Se = k,
                                               .Ah = bit == FIRST_BIT ? 0 : bit + 1,
                                               .Al = bit};
    return n;
}

static void write_passes(int n, const char *path)
{
    static jpeg_scan_info passes[1 + COMPONENTS * COEFFICIENTS * (FIRST_BIT + 1)];
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    JSAMPLE row[16 * COMPONENTS] = {0};
    JSAMPROW rows[1] = {row};
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_stdio_dest(&jpeg, file);
    jpeg.image_width = jpeg.image_height = 16;
    jpeg.input_components = COMPONENTS;
    jpeg.in_color_space = JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg.num_scans = make_passes(passes, n);
    jpeg.scan_info = passes;
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < jpeg.image_height)
        jpeg_write_scanlines(&jpeg, rows, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    fclose(file);
}

/* Would catch a few kilobytes that make a decoder go over the whole picture a thousand times. */
static void test_passes(void **state)
{
    const char *path = in_folder("a.jpg");
    write_passes(90, path);
    assert_does_not_say(path, "passes");
    write_passes(102, path);
    assert_says(path, "the JPEG has more than 100 passes");
}

/* Would catch four bytes a pixel for a kind of TIFF that libtiff reads only as a whole. */
static void test_general_tiff(void **state)
{
    const char *path = in_folder("a.tif");
    TIFF *tiff = TIFFOpen(path, "w");
    assert_non_null(tiff);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, 8192);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, 9800);
    TIFFSetField(tiff, TIFFTAG_TILEWIDTH, 8192);
    TIFFSetField(tiff, TIFFTAG_TILELENGTH, 16);
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_LZW);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    static uint8_t tile[8192 * 16];
    assert_true(TIFFWriteTile(tiff, tile, 0, 0, 0, 0) > 0); /* the others are not there */
    assert_int_equal(TIFFWriteDirectory(tiff), 1);
    TIFFClose(tiff);
    assert_says(path, "a TIFF of this kind with 8192 x 9800 pixels is too large");
}

/* ---- pages ---- */

enum { PAGES_MAX = 10000 };

/* Directories of one entry each, which no decoder reads: the list alone counts. */
static void write_tiff_list(int pages, const char *path)
{
    enum { SIZE = 2 + 12 + 4 };
    struct bytes tiff = {calloc(1, 8 + (size_t)pages * SIZE), 8 + (size_t)pages * SIZE};
    assert_non_null(tiff.data);
    memcpy(tiff.data, "II*\0\10\0\0\0", 8);
    for (int i = 0; i < pages; i++) {
        unsigned char *p = tiff.data + 8 + (size_t)i * SIZE;
        uint32_t next = i + 1 < pages ? (uint32_t)(8 + (i + 1) * SIZE) : 0;
        memcpy(p, "\1\0\0\1\4\0\1\0\0\0\100\0\0\0", 14); /* one entry: width 64 */
        for (int b = 0; b < 4; b++)
            p[14 + b] = (unsigned char)(next >> (8 * b));
    }
    bytes_write(&tiff, path);
    bytes_finish(&tiff);
}

/* Would catch pages beyond the limit dropped without a word. */
static void test_tiff_pages(void **state)
{
    const char *path = in_folder("a.tif");
    write_tiff_list(PAGES_MAX, path);
    struct last_words words = look_at(path);
    assert_int_equal(words.pages, PAGES_MAX);
    assert_null(strstr(words.text, "more than"));
    write_tiff_list(PAGES_MAX + 1, path);
    words = look_at(path);
    assert_int_equal(words.pages, PAGES_MAX + 1);
    assert_non_null(strstr(words.text, "the TIFF has more than 10000 pages; the rest is not read"));
}

/* A PDF of empty pages; its table of objects is left for the reader to mend. */
static void write_pdf_pages(int pages, const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "%%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
            "2 0 obj\n<</Type/Pages/Count %d/Kids[",
            pages);
    for (int i = 0; i < pages; i++)
        fprintf(file, "%d 0 R\n", i + 3);
    fprintf(file, "]>>\nendobj\n");
    for (int i = 0; i < pages; i++)
        fprintf(file, "%d 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n", i + 3);
    fprintf(file, "trailer\n<</Root 1 0 R/Size %d>>\nstartxref\n0\n%%%%EOF\n", pages + 3);
    fclose(file);
}

/* Would catch a document that is opened although its pages alone fill the memory. */
static void test_pdf_pages(void **state)
{
    const char *path = in_folder("a.pdf");
    write_pdf_pages(PAGES_MAX + 1, path);
    assert_says(path, "the PDF has 10001 pages, more than 10000");
}

/* ---- archives ---- */

struct zip {
    struct archive *archive;
};

static struct zip begin_zip(const char *path)
{
    struct zip zip = {archive_write_new()};
    archive_write_set_format_zip(zip.archive);
    assert_int_equal(archive_write_set_options(zip.archive, "zip:compression=deflate"), ARCHIVE_OK);
    assert_int_equal(archive_write_open_filename(zip.archive, path), ARCHIVE_OK);
    return zip;
}

/* `size` noughts. */
static void add_member(struct zip *zip, const char *name, uint64_t size)
{
    static const char noughts[1 << 20];
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    assert_true(archive_write_header(zip->archive, entry) >= ARCHIVE_WARN);
    for (uint64_t at = 0; at < size;) {
        size_t n = size - at < sizeof noughts ? (size_t)(size - at) : sizeof noughts;
        assert_int_equal(archive_write_data(zip->archive, noughts, n), n);
        at += n;
    }
    archive_entry_free(entry);
}

static void end_zip(struct zip *zip)
{
    assert_int_equal(archive_write_close(zip->archive), ARCHIVE_OK);
    archive_write_free(zip->archive);
}

/* Would catch a directory of millions of empty members, each a scan of its own. */
static void test_zip_members(void **state)
{
    char name[32];
    const char *path = in_folder("a.zip");
    struct zip zip = begin_zip(path);
    for (int i = 0; i <= 100000; i++) {
        snprintf(name, sizeof name, "%d.txt", i); /* passed over, but counted */
        add_member(&zip, name, 0);
    }
    end_zip(&zip);
    assert_says(path, "the ZIP has more than 100000 members; the rest is not read");
}

/* Would catch a name that no file may have, cut so that it means another. */
static void test_zip_names(void **state)
{
    char name[4098];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const char *path = in_folder("a.zip");
    struct zip zip = begin_zip(path);
    add_member(&zip, name, 4);
    end_zip(&zip);
    assert_says(path, "its name is longer than 4096 bytes");
    zip = begin_zip(path);
    add_member(&zip, name + 1, 4);
    end_zip(&zip);
    assert_says(path, "not a JPEG");
}

/* Would catch a member that unpacks without end; the one after it is read all the same. */
static void test_zip_member_size(void **state)
{
    const char *path = in_folder("a.zip");
    struct zip zip = begin_zip(path);
    add_member(&zip, "a.jpg", ((uint64_t)512 << 20) + 1);
    end_zip(&zip);
    assert_says(path, "unpacks to more than 512 MB, more than any page needs");
}

/* Would catch a bomb of many members, each of which may be unpacked. */
static void test_zip_expansion(void **state)
{
    char name[32];
    const char *path = in_folder("a.zip");
    struct zip zip = begin_zip(path);
    for (int i = 0; i < 20; i++) { /* beyond the first GB after the 17th */
        snprintf(name, sizeof name, "%d.jpg", i);
        add_member(&zip, name, (uint64_t)60 << 20);
    }
    end_zip(&zip);
    struct last_words words = look_at(path);
    assert_non_null(strstr(words.text, "the ZIP unpacks to more than 250 times its size"));
    assert_true(words.scans > 1 && words.scans < 20); /* and the rest is not unpacked */
}

/* ---- files ---- */

/* Would catch half a gigabyte read into memory because it begins as a picture does. */
static void test_file_size(void **state)
{
    const char *path = in_folder("a.jpg");
    struct bytes head = {(unsigned char *)"\xff\xd8\xff\xe0", 4};
    bytes_write(&head, path);
    assert_int_equal(truncate(path, ((off_t)512 << 20) + 1), 0);
    assert_says(path, "512 MB are more than any page needs");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scan_folder_make, scan_folder_remove)

int main(int argc, char **argv)
{
    sandboxed_begin(argc, argv);
    const struct CMUnitTest tests[] = {
        TEST(test_pixels),        TEST(test_progressive_pixels), TEST(test_passes),
        TEST(test_general_tiff),  TEST(test_tiff_pages),         TEST(test_pdf_pages),
        TEST(test_zip_members),   TEST(test_zip_names),          TEST(test_zip_member_size),
        TEST(test_zip_expansion), TEST(test_file_size),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandboxed_end();
    return failed;
}
