/* test_scan_read.c - scans that are left unread until a worker reads them, and one decoder for page
 * after page. */
#include "scan_writers.h"

#include "diag.h"
#include "ingest_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>
#include <unistd.h>

#include <cmocka.h>

static void write_jpeg(const char *path, enum jpeg_space space)
{
    struct image img;
    sample_init(&img, false);
    struct bytes jpeg = make_jpeg(&img, space, 0);
    bytes_write(&jpeg, path);
    bytes_finish(&jpeg);
    image_finish(&img);
}

static void write_fax(const char *path, int pages)
{
    static const struct tiff_kind fax = {
        "G4", COMPRESSION_CCITTFAX4, PHOTOMETRIC_MINISWHITE, 1, 1, false, false, 1, 0, 0};
    struct image img;
    sample_init(&img, true);
    write_tiff(path, &img, &fax, pages);
    image_finish(&img);
}

static struct scan *open_one(const char *path, bool unread)
{
    struct scan_source *source;
    struct scan *scan;
    assert_int_equal(scan_source_open(&path, 1, &source, NULL), 0);
    if (unread)
        scan_source_leave_unread(source);
    assert_int_equal(scan_source_next(source, &scan), 1);
    scan_source_close(source);
    return scan;
}

/* Would catch a scan that is another one when a worker reads it: other bytes, another hash (and a
 * rerun that adds it again), the pixels of the file before it in the same buffer. */
static void test_read_later(void **state)
{
    const char *paths[] = {in_folder("a.jpg"), in_folder("b.jpg"), in_folder("c.png"),
                           in_folder("d.tif")};
    struct decoder *decoder, *other;
    struct image late, early;
    char reason[SCAN_REASON_MAX];

    write_jpeg(paths[0], JPEG_OF_GREY);
    write_jpeg(paths[1], JPEG_OF_YCC);
    struct image img;
    sample_init(&img, false);
    struct bytes png = make_png(&img, &(struct png_kind){"grey", 0, 8, false});
    bytes_write(&png, paths[2]);
    bytes_finish(&png);
    write_fax(paths[3], 1);
    image_finish(&img);
    image_init(&late);
    image_init(&early);
    assert_int_equal(decoder_create(&decoder), 0);
    assert_int_equal(decoder_create(&other), 0);
    for (int i = 0; i < 8; i++) {
        struct scan *whole = open_one(paths[i % 4], false), *scan = open_one(paths[i % 4], true);
        assert_false(scan_is_unread(whole));
        assert_true(scan_is_unread(scan));
        assert_int_equal(scan_page_count(scan), 1);
        assert_int_equal(scan_read(scan, decoder), 0);
        assert_false(scan_is_unread(scan));
        assert_null(scan_problem(scan));
        assert_memory_equal(scan_hash(scan), scan_hash(whole), SCAN_HASH_SIZE);
        assert_int_equal(scan_bytes(scan), scan_bytes(whole));
        assert_int_equal(scan_decode_page(scan, 1, decoder, &late, reason), 0);
        assert_int_equal(scan_decode_page(whole, 1, other, &early, reason), 0);
        assert_int_equal(late.width * late.height, early.width * early.height);
        assert_memory_equal(late.data, early.data, (size_t)late.width * (size_t)late.height);
        scan_forget_bytes(scan);
        scan_unref(scan);
        scan_unref(whole);
    }
    decoder_destroy(decoder);
    decoder_destroy(other);
    image_finish(&late);
    image_finish(&early);
}

static void assert_unavailable(struct scan *scan, const char *word)
{
    struct decoder *decoder;
    assert_int_equal(decoder_create(&decoder), 0);
    assert_int_equal(scan_read(scan, decoder), 0);
    assert_true(scan_is_unavailable(scan));
    assert_int_equal(scan_page_count(scan), 0);
    assert_non_null(scan_problem(scan));
    assert_non_null(strstr(scan_problem(scan), word));
    decoder_destroy(decoder);
    scan_unref(scan);
}

/* Would catch a file taken away, or replaced, between the walk and the worker that is skipped,
 * taken for what it was, or ends the run. */
static void test_changed_meanwhile(void **state)
{
    const char *path = in_folder("late.jpg");

    write_jpeg(path, JPEG_OF_GREY);
    struct scan *scan = open_one(path, true);
    assert_int_equal(remove(path), 0);
    assert_unavailable(scan, "No such file");

    write_jpeg(path, JPEG_OF_GREY);
    scan = open_one(path, true);
    FILE *text = fopen(path, "w");
    assert_non_null(text);
    fputs("something else", text);
    fclose(text);
    assert_unavailable(scan, "changed");

    write_jpeg(path, JPEG_OF_GREY);
    scan = open_one(path, true);
    assert_int_equal(truncate(path, 0), 0);
    assert_unavailable(scan, "changed");
}

/* Would catch pages of a TIFF that nobody knows of, since only the worker who reads it would see
 * them: of several from the beginning, or of one that has grown meanwhile. */
static void test_pages_of_a_tiff(void **state)
{
    const char *path = in_folder("fax.tif");

    write_fax(path, 2);
    struct scan *scan = open_one(path, true);
    assert_false(scan_is_unread(scan));
    assert_int_equal(scan_page_count(scan), 2);
    scan_unref(scan);

    write_fax(path, 1);
    scan = open_one(path, true);
    assert_true(scan_is_unread(scan));
    write_fax(path, 2);
    assert_unavailable(scan, "changed");

    write_fax(path, 1);
    struct bytes bytes = bytes_read(path);
    memset(bytes.data + 4, 0xff, 4); /* the list of pages lies nowhere */
    bytes_write(&bytes, path);
    bytes_finish(&bytes);
    scan = open_one(path, true);
    assert_false(scan_is_unread(scan));
    assert_non_null(scan_problem(scan));
    scan_unref(scan);
}

/* Would catch pixels of a row of bits that are others in its whole vectors or in what is left of
 * it, and pixels beyond its end. */
static void test_bits_to_greys(void **state)
{
    uint8_t row[16], out[128 + 1];
    struct bit_greys greys;
    unsigned random = 1;
    bit_greys_init(&greys, 200, 7);
    for (int width = 1; width <= 128; width++) {
        for (size_t i = 0; i < sizeof row; i++)
            row[i] = (uint8_t)((random = random * 1103515245u + 12345u) >> 16);
        memset(out, 99, sizeof out);
        grey_from_bits(&greys, row, width, out);
        for (int x = 0; x < width; x++)
            assert_int_equal(out[x], row[x / 8] >> (7 - x % 8) & 1 ? 7 : 200);
        assert_int_equal(out[width], 99);
    }
}

/* Would catch a scan that nobody reads in the end: what it holds is lost with it. */
static void test_never_read(void **state)
{
    write_jpeg(in_folder("a.jpg"), JPEG_OF_GREY);
    struct scan *scan = open_one(in_folder("a.jpg"), true);
    scan_forget_bytes(scan);
    assert_string_equal(scan_path(scan), in_folder("a.jpg"));
    scan_unref(scan);
}

/* The JPEG without its segments of one kind: FF db (quantization tables), FF c4 (Huffman's). */
static struct bytes without(const struct bytes *jpeg, uint8_t kind)
{
    struct bytes out = {malloc(jpeg->size), 2};
    size_t at = 2;

    memcpy(out.data, jpeg->data, 2);
    while (at + 4 < jpeg->size && jpeg->data[at] == 0xff && jpeg->data[at + 1] != 0xda) {
        size_t length = 2 + (size_t)(jpeg->data[at + 2] << 8 | jpeg->data[at + 3]);
        if (jpeg->data[at + 1] != kind) {
            memcpy(out.data + out.size, jpeg->data + at, length);
            out.size += length;
        }
        at += length;
    }
    memcpy(out.data + out.size, jpeg->data + at, jpeg->size - at);
    out.size += jpeg->size - at;
    return out;
}

/* 0 with the picture in `out`, or YJ_EDATA. */
static int decode(const char *path, struct decoder *decoder, struct image *out)
{
    char reason[SCAN_REASON_MAX];
    struct scan *scan = open_one(path, false);
    int rc = scan_decode_page(scan, 1, decoder, out, reason);
    scan_unref(scan);
    return rc;
}

/* Would catch a damaged JPEG, without tables of its own, that is decoded by those of the page
 * before it and graded. */
static void test_tables_are_not_inherited(void **state)
{
    static const uint8_t kinds[] = {0xdb, 0xc4};
    struct image img, used, fresh;

    sample_init(&img, false);
    image_init(&used);
    image_init(&fresh);
    struct bytes jpeg = make_jpeg(&img, JPEG_OF_GREY, 0);
    bytes_write(&jpeg, in_folder("good.jpg"));
    for (size_t i = 0; i < sizeof kinds; i++) {
        struct decoder *decoder, *new;
        struct bytes bare = without(&jpeg, kinds[i]);
        assert_true(bare.size < jpeg.size);
        bytes_write(&bare, in_folder("bare.jpg"));
        assert_int_equal(decoder_create(&decoder), 0);
        assert_int_equal(decoder_create(&new), 0);
        assert_int_equal(decode(in_folder("good.jpg"), decoder, &used), 0);
        int rc = decode(in_folder("bare.jpg"), decoder, &used);
        assert_int_equal(rc, decode(in_folder("bare.jpg"), new, &fresh));
        if (kinds[i] == 0xdb)
            assert_int_equal(rc, YJ_EDATA);
        else if (rc == 0) /* libjpeg has the usual Huffman tables of its own */
            assert_memory_equal(used.data, fresh.data, (size_t)used.width * (size_t)used.height);
        assert_int_equal(decode(in_folder("good.jpg"), decoder, &used), 0);
        decoder_destroy(decoder);
        decoder_destroy(new);
        bytes_finish(&bare);
    }
    bytes_finish(&jpeg);
    image_finish(&img);
    image_finish(&used);
    image_finish(&fresh);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scan_folder_make, scan_folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_read_later),      TEST(test_changed_meanwhile),
        TEST(test_pages_of_a_tiff), cmocka_unit_test(test_bits_to_greys),
        TEST(test_never_read),      TEST(test_tables_are_not_inherited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
