/* test_ingest.c - every way a page comes in, and every way a file can be wrong. The scans are
 * written here at run time (scan_writers.h) and held against the picture they were written from.
 * Run twice: decoding here, and by processes of the sandbox. */
#include "sandboxed.h"
#include "scan_writers.h"

#include "diag.h"
#include "ingest.h"

#include <openssl/evp.h>
#include <png.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tiffio.h>
#include <unistd.h>

#include <cmocka.h>

enum { SCANS_MAX = 32, SAME = 3 /* greys: what rounding and a JPEG of quality 100 may change */ };

/* ---- helpers ---- */

struct scans {
    struct scan *scan[SCANS_MAX];
    int n;
};

static int halved; /* smaller sizes that were compared */

static struct scans open_path(const char *path)
{
    struct scans s = {.n = 0};
    struct scan_source *source;
    int r;
    assert_int_equal(scan_source_open(&path, 1, &source, NULL), 0);
    scan_source_use_sandbox(source, sandboxed);
    while ((r = scan_source_next(source, &s.scan[s.n])) == 1)
        assert_true(++s.n < SCANS_MAX);
    assert_int_equal(r, 0);
    scan_source_close(source);
    return s;
}

static void close_scans(struct scans *s)
{
    for (int i = 0; i < s->n; i++)
        scan_unref(s->scan[i]);
    s->n = 0;
}

/* The smaller sizes are what the page itself gives, or none: also of a page that was turned or
 * inverted once it was decoded. */
static void assert_halved(const struct image *page, const struct image *halves, const char *what)
{
    const struct image *above = page;
    struct image expected;
    image_init(&expected);
    for (int k = 0; k < DECODER_HALVES && halves[k].width > 0; k++) {
        assert_int_equal(image_halve(above, &expected), 0);
        assert_int_equal(halves[k].width, expected.width);
        assert_int_equal(halves[k].height, expected.height);
        for (int y = 0; y < expected.height; y++)
            if (memcmp(image_row(&halves[k], y), image_row(&expected, y), (size_t)expected.width))
                fail_msg("%s: row %d of the page in 1/%d differs", what, y, 2 << k);
        above = &halves[k];
        halved++;
    }
    image_finish(&expected);
}

/* The result of decoding one page of the one scan at path. */
static int decode_page(const char *path, int number, struct image *out, char *reason)
{
    struct scans s = open_path(path);
    struct decoder *decoder;
    assert_int_equal(s.n, 1);
    if (scan_problem(s.scan[0]))
        print_error("%s: %s\n", path, scan_problem(s.scan[0]));
    assert_null(scan_problem(s.scan[0]));
    assert_int_equal(decoder_create(&decoder), 0);
    assert_int_equal(decoder_use_sandbox(decoder, sandboxed), 0);
    reason[0] = '\0';
    struct image halves[DECODER_HALVES];
    for (int k = 0; k < DECODER_HALVES; k++)
        image_init(&halves[k]);
    decoder_want_halves(decoder, halves);
    int r = scan_decode_page(s.scan[0], number, decoder, out, reason);
    if (r == 0)
        assert_halved(out, halves, path);
    for (int k = 0; k < DECODER_HALVES; k++)
        image_finish(&halves[k]);
    sandboxed_keep(out);
    decoder_destroy(decoder);
    close_scans(&s);
    return r;
}

static void assert_same(const struct image *a, const struct image *b, const char *what)
{
    if (a->width != b->width || a->height != b->height)
        fail_msg("%s: %d x %d, not %d x %d", what, a->width, a->height, b->width, b->height);
    for (int y = 0; y < a->height; y++)
        for (int x = 0; x < a->width; x++)
            if (abs(image_row(a, y)[x] - image_row(b, y)[x]) > SAME)
                fail_msg("%s: pixel %d, %d is %d, not %d", what, x, y, image_row(a, y)[x],
                         image_row(b, y)[x]);
}

static void assert_decodes_to(const char *path, int number, const struct image *expected)
{
    struct image img;
    char reason[SCAN_REASON_MAX];
    image_init(&img);
    if (decode_page(path, number, &img, reason) != 0)
        fail_msg("%s: %s", path, reason);
    assert_same(&img, expected, path);
    image_finish(&img);
}

static void assert_refused(const char *path, int number, const char *expected)
{
    struct image img;
    char reason[SCAN_REASON_MAX];
    image_init(&img);
    assert_int_equal(decode_page(path, number, &img, reason), YJ_EDATA);
    if (!strstr(reason, expected))
        fail_msg("'%s' does not say '%s'", reason, expected);
    image_finish(&img);
}

static void assert_problem(const char *path, const char *expected)
{
    struct scans s = open_path(path);
    assert_int_equal(s.n, 1);
    const char *problem = scan_problem(s.scan[0]);
    assert_non_null(problem);
    if (!strstr(problem, expected))
        fail_msg("'%s' does not say '%s'", problem, expected);
    assert_int_equal(scan_page_count(s.scan[0]), 0);
    close_scans(&s);
}

static void write_text(const char *path, const char *text)
{
    struct bytes b = {(unsigned char *)text, strlen(text)};
    bytes_write(&b, path);
}

static void write_and_free(struct bytes b, const char *path)
{
    bytes_write(&b, path);
    bytes_finish(&b);
}

/* ---- JPEG ---- */

/* Would catch wrong greys of a colour space, as inverted inks. */
static void test_jpeg_spaces(void **state)
{
    struct image img;
    const char *path = in_folder("a.jpg");
    sample_init(&img, false);
    for (enum jpeg_space space = JPEG_OF_GREY; space <= JPEG_OF_CMYK; space++) {
        halved = 0;
        write_and_free(make_jpeg(&img, space, 0), path);
        assert_decodes_to(path, 1, &img);
        assert_int_equal(halved, space == JPEG_OF_CMYK ? 0 : DECODER_HALVES);
    }
    image_finish(&img);
}

/* Would catch a phone's photo that lies on its side or mirrored. The quarters of the page, told
 * one by one, do not come from the code under test: EXIF 2.3, table of Orientation. */
static void test_jpeg_orientation(void **state)
{
    /* stored: black top left, grey top right; where they are to be seen: 0 top left, 1 top right,
     * 2 bottom left, 3 bottom right */
    static const int black_at[9] = {0, 0, 1, 3, 2, 0, 1, 3, 2};
    static const int grey_at[9] = {1, 1, 0, 2, 3, 2, 3, 1, 0};
    struct image img, seen;
    char reason[SCAN_REASON_MAX];
    const char *path = in_folder("turned.jpg");
    sample_init(&img, false);
    image_init(&seen);
    for (int orientation = 1; orientation <= 8; orientation++) {
        write_and_free(make_jpeg(&img, JPEG_OF_GREY, orientation), path);
        assert_int_equal(decode_page(path, 1, &seen, reason), 0);
        assert_int_equal(seen.width, orientation < 5 ? SAMPLE_WIDTH : SAMPLE_HEIGHT);
        for (int quarter = 0; quarter < 4; quarter++) {
            int expected = quarter == black_at[orientation]  ? 0
                           : quarter == grey_at[orientation] ? SAMPLE_GREY
                                                             : 255;
            int x = seen.width * (quarter % 2 ? 3 : 1) / 4;
            int y = seen.height * (quarter / 2 ? 3 : 1) / 4;
            assert_in_range(image_row(&seen, y)[x] + SAME, expected, expected + 2 * SAME);
        }
    }
    image_finish(&seen);
    image_finish(&img);
}

/* Would catch half a page that is graded as if the rest were blank. */
static void test_jpeg_truncated(void **state)
{
    struct image img;
    const char *path = in_folder("cut.jpg");
    sample_init(&img, false);
    struct bytes whole = make_jpeg(&img, JPEG_OF_YCC, 0);
    size_t size = whole.size;
    for (size_t left = size - 2; left > size / 2; left -= 7) {
        whole.size = left;
        bytes_write(&whole, path);
        assert_refused(path, 1, "JPEG");
    }
    bytes_finish(&whole);
    image_finish(&img);
}

/* ---- PNG ---- */

static const struct png_kind png_kinds[] = {
    {"grey", PNG_COLOR_TYPE_GRAY, 8, false},
    {"grey16", PNG_COLOR_TYPE_GRAY, 16, false},
    {"palette", PNG_COLOR_TYPE_PALETTE, 8, false},
    {"palette2", PNG_COLOR_TYPE_PALETTE, 2, false},
    {"rgb", PNG_COLOR_TYPE_RGB, 8, false},
    {"rgb16", PNG_COLOR_TYPE_RGB, 16, false},
    {"greyalpha", PNG_COLOR_TYPE_GRAY_ALPHA, 8, false},
    {"rgba", PNG_COLOR_TYPE_RGB_ALPHA, 8, false},
    {"rgba16", PNG_COLOR_TYPE_RGB_ALPHA, 16, true},
    {"interlaced", PNG_COLOR_TYPE_GRAY, 8, true},
    {"interlaced palette", PNG_COLOR_TYPE_PALETTE, 4, true},
};

/* Would catch a layout read wrongly, and transparent paper that turns black. */
static void test_png_kinds(void **state)
{
    struct image img;
    halved = 0;
    sample_init(&img, false);
    for (size_t i = 0; i < sizeof png_kinds / sizeof *png_kinds; i++) {
        const char *path = in_folder(png_kinds[i].name);
        write_and_free(make_png(&img, &png_kinds[i]), path);
        assert_decodes_to(path, 1, &img);
    }
    assert_true(halved > 0);
    image_finish(&img);
}

/* Would catch inverted or shifted bits. */
static void test_png_bits(void **state)
{
    static const struct png_kind bits = {"bits", PNG_COLOR_TYPE_GRAY, 1, false};
    static const struct png_kind interlaced = {"bits", PNG_COLOR_TYPE_GRAY, 1, true};
    struct image img;
    sample_init(&img, true);
    img.width = 61; /* a last byte that is not full */
    write_and_free(make_png(&img, &bits), in_folder("bits.png"));
    assert_decodes_to(in_folder("bits.png"), 1, &img);
    write_and_free(make_png(&img, &interlaced), in_folder("bits.png"));
    assert_decodes_to(in_folder("bits.png"), 1, &img);
    image_finish(&img);
}

/* Would catch 2.5 GB allocated because of 60 bytes. */
static void test_png_bomb(void **state)
{
    struct image img;
    char reason[SCAN_REASON_MAX];
    const char *path = in_folder("bomb.png");
    image_init(&img);
    write_and_free(make_png_header(50000, 50000), path);
    assert_int_equal(decode_page(path, 1, &img, reason), YJ_EDATA);
    assert_non_null(strstr(reason, "50000 x 50000"));
    assert_int_equal(img.capacity, 0);
    image_finish(&img);
}

/* Would catch pixels taken for good although their check sum is wrong, or that are not there. */
static void test_png_damaged(void **state)
{
    struct image img;
    const char *path = in_folder("bad.png");
    sample_init(&img, false);
    struct bytes whole = make_png(&img, &png_kinds[0]);
    for (size_t i = 0; i + 4 < whole.size; i++)
        if (memcmp(whole.data + i, "IDAT", 4) == 0) {
            whole.data[i + 12] ^= 0x40;
            bytes_write(&whole, path);
            assert_refused(path, 1, "PNG is damaged");
            whole.data[i + 12] ^= 0x40;
        }
    for (size_t size = whole.size - 1; size > 60; size -= 11) {
        struct bytes cut = {whole.data, size};
        bytes_write(&cut, path);
        assert_refused(path, 1, "PNG");
    }
    bytes_finish(&whole);
    image_finish(&img);
}

/* ---- TIFF ---- */

static const struct tiff_kind bit_kinds[] = {
    {.name = "g4", .compression = COMPRESSION_CCITTFAX4, .bits = 1, .samples = 1},
    {.name = "g3", .compression = COMPRESSION_CCITTFAX3, .bits = 1, .samples = 1},
    {.name = "g4 black 0",
     .compression = COMPRESSION_CCITTFAX4,
     .photometric = PHOTOMETRIC_MINISBLACK,
     .bits = 1,
     .samples = 1},
    {.name = "g4 lsb",
     .compression = COMPRESSION_CCITTFAX4,
     .bits = 1,
     .samples = 1,
     .lsb_first = true},
    {.name = "packbits", .compression = COMPRESSION_PACKBITS, .bits = 1, .samples = 1},
    {.name = "tiled bits", .compression = COMPRESSION_NONE, .bits = 1, .samples = 1, .tiled = true},
};

static const struct tiff_kind grey_kinds[] = {
    {.name = "grey",
     .compression = COMPRESSION_NONE,
     .photometric = PHOTOMETRIC_MINISBLACK,
     .bits = 8,
     .samples = 1},
    {.name = "white is 0", .compression = COMPRESSION_LZW, .bits = 8, .samples = 1},
    {.name = "grey16",
     .compression = COMPRESSION_LZW,
     .photometric = PHOTOMETRIC_MINISBLACK,
     .bits = 16,
     .samples = 1},
    {.name = "deflate",
     .compression = COMPRESSION_ADOBE_DEFLATE,
     .photometric = PHOTOMETRIC_MINISBLACK,
     .bits = 8,
     .samples = 1},
    {.name = "rgb",
     .compression = COMPRESSION_LZW,
     .photometric = PHOTOMETRIC_RGB,
     .bits = 8,
     .samples = 3},
    {.name = "rgb16",
     .compression = COMPRESSION_NONE,
     .photometric = PHOTOMETRIC_RGB,
     .bits = 16,
     .samples = 3},
    {.name = "palette",
     .compression = COMPRESSION_PACKBITS,
     .photometric = PHOTOMETRIC_PALETTE,
     .bits = 8,
     .samples = 1},
    {.name = "tiled rgb",
     .compression = COMPRESSION_LZW,
     .photometric = PHOTOMETRIC_RGB,
     .bits = 8,
     .samples = 3,
     .tiled = true},
    {.name = "jpeg",
     .compression = COMPRESSION_JPEG,
     .photometric = PHOTOMETRIC_MINISBLACK,
     .bits = 8,
     .samples = 1},
};

/* Would catch inverted fax pages, a bit order or a layout read wrongly. */
static void test_tiff_kinds(void **state)
{
    struct image bitonal, grey;
    halved = 0;
    sample_init(&bitonal, true);
    sample_init(&grey, false);
    for (size_t i = 0; i < sizeof bit_kinds / sizeof *bit_kinds; i++) {
        const char *path = in_folder(bit_kinds[i].name);
        write_tiff(path, &bitonal, &bit_kinds[i], 1);
        assert_decodes_to(path, 1, &bitonal);
    }
    for (size_t i = 0; i < sizeof grey_kinds / sizeof *grey_kinds; i++) {
        const char *path = in_folder(grey_kinds[i].name);
        write_tiff(path, &grey, &grey_kinds[i], 1);
        if (grey_kinds[i].compression != COMPRESSION_JPEG) /* quality 75 rings */
            assert_decodes_to(path, 1, &grey);
    }
    assert_true(halved > 0);
    image_finish(&bitonal);
    image_finish(&grey);
}

static int dots_of_last_row(const struct image *img)
{
    int n = 0;
    while (n < img->width && image_row(img, img->height - 1)[n] == 0)
        n++;
    return n;
}

/* Would catch one candidate's pages in another order, or one page twice. */
static void test_tiff_page_order(void **state)
{
    enum { PAGES = 20 };
    struct image img, page;
    char reason[SCAN_REASON_MAX];
    const char *path = in_folder("many.tif");
    sample_init(&img, true);
    image_init(&page);
    write_tiff(path, &img, &bit_kinds[0], PAGES);
    for (int number = PAGES; number >= 1; number--) {
        assert_int_equal(decode_page(path, number, &page, reason), 0);
        assert_int_equal(dots_of_last_row(&page), number - 1);
    }
    image_finish(&page);
    image_finish(&img);
}

static uint32_t get_le32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Offset, within the file, of the field that points to directory n (from 0). */
static size_t find_link(const struct bytes *b, int n)
{
    size_t link = 4;
    for (; n > 0; n--) {
        size_t at = get_le32(b->data + link);
        link = at + 2 + 12u * (b->data[at] | (size_t)b->data[at + 1] << 8);
    }
    return link;
}

/* Would catch pages that vanish without a word when a transfer broke off, and an endless walk. */
static void test_tiff_broken_directory(void **state)
{
    struct image img;
    const char *path = in_folder("broken.tif");
    sample_init(&img, true);
    write_tiff(path, &img, &bit_kinds[0], 3);
    struct bytes whole = bytes_read(path);

    size_t link = find_link(&whole, 2);
    whole.data[link + 3] = 0x7f; /* beyond the end */
    bytes_write(&whole, path);
    struct scans s = open_path(path);
    assert_int_equal(scan_page_count(s.scan[0]), 3); /* two, and the news of a third */
    close_scans(&s);
    assert_refused(path, 3, "breaks off after page 2");

    memcpy(whole.data + link, whole.data + 4, 4); /* back to the first */
    bytes_write(&whole, path);
    assert_refused(path, 3, "breaks off after page 2");

    whole.data[7] = 0x7f;
    bytes_write(&whole, path);
    assert_problem(path, "list of pages is damaged");
    bytes_finish(&whole);
    image_finish(&img);
}

/* Would catch a fax page whose lower part is what the decoder made of broken code words. */
static void test_tiff_bad_lines(void **state)
{
    struct image img;
    const char *path = in_folder("lines.tif");
    sample_init(&img, true);
    write_tiff(path, &img, &bit_kinds[0], 1);
    struct bytes whole = bytes_read(path);
    memset(whole.data + 8, 0, 4); /* the first strip's data follow the header */
    bytes_write(&whole, path);
    assert_refused(path, 1, "TIFF's page is damaged");
    bytes_finish(&whole);
    image_finish(&img);
}

/* Would catch circles that are ovals on a fax, and a scan left lying on its side. */
static void test_tiff_fax_resolution(void **state)
{
    struct tiff_kind fax = bit_kinds[1];
    struct image img, seen;
    char reason[SCAN_REASON_MAX];
    fax.dpi_x = 204;
    fax.dpi_y = 98;
    sample_init(&img, true);
    image_init(&seen);
    write_tiff(in_folder("fax.tif"), &img, &fax, 1);
    assert_int_equal(decode_page(in_folder("fax.tif"), 1, &seen, reason), 0);
    assert_int_equal(seen.width, SAMPLE_WIDTH);
    assert_int_equal(seen.height, 100); /* 48 * 204 / 98 */
    fax.orientation = 6;
    write_tiff(in_folder("fax.tif"), &img, &fax, 1);
    assert_int_equal(decode_page(in_folder("fax.tif"), 1, &seen, reason), 0);
    assert_int_equal(seen.width, 100);
    assert_int_equal(seen.height, SAMPLE_WIDTH);
    assert_int_equal(image_row(&seen, 10)[90], 0); /* black was top left, is top right */
    assert_int_equal(image_row(&seen, 10)[10], 255);
    image_finish(&seen);
    image_finish(&img);
}

/* ---- PDF ---- */

#define GREY_KEYS "/Subtype /Image /Width 64 /Height 48 /BitsPerComponent 8 /ColorSpace /DeviceGray"
#define SHOW_IMAGE "q 64 0 0 48 0 0 cm /Im0 Do Q"

static struct bytes raw_pixels(const struct image *img)
{
    struct bytes b = {malloc(SAMPLE_WIDTH * SAMPLE_HEIGHT), SAMPLE_WIDTH * SAMPLE_HEIGHT};
    memcpy(b.data, img->data, b.size);
    return b;
}

static void assert_pdf_shows(const struct pdf_page *page, const struct image *expected)
{
    const char *path = in_folder("a.pdf");
    write_pdf(path, page, 1, NULL);
    assert_decodes_to(path, 1, expected);
}

/* Would catch an embedded scan that is resampled, inverted or read with the wrong predictor. */
static void test_pdf_pictures(void **state)
{
    struct image img;
    sample_init(&img, false);
    struct bytes raw = raw_pixels(&img), flate = deflated(raw.data, raw.size);
    struct bytes jpeg = make_jpeg(&img, JPEG_OF_YCC, 6); /* EXIF is not heeded in a PDF */
    struct bytes twice = deflated(jpeg.data, jpeg.size);
    const struct pdf_page pages[] = {
        {SHOW_IMAGE, "<< " GREY_KEYS " >>", NULL, raw},
        {SHOW_IMAGE, "<< " GREY_KEYS " /Filter /FlateDecode >>", NULL, flate},
        {SHOW_IMAGE, "<< " GREY_KEYS " /Filter [/DCTDecode] >>", NULL, jpeg},
        {SHOW_IMAGE, "<< " GREY_KEYS " /Filter [/FlateDecode /DCTDecode] >>", NULL, twice},
        {"q BT 3 Tr /F1 9 Tf (hidden\\)) Tj ET 64 0 0 48 0 0 cm /Im0 Do Q",
         "<< " GREY_KEYS " /Filter /FlateDecode >>", NULL, flate},
        {"q 0 0 64 48 re W n .5 0 0 .5 0 0 cm 128 0 0 96 0 0 cm /Im0 Do Q",
         "<< " GREY_KEYS " /Filter /FlateDecode >>", NULL, flate},
    };
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
        assert_pdf_shows(&pages[i], &img);
    bytes_finish(&raw);
    bytes_finish(&flate);
    bytes_finish(&jpeg);
    bytes_finish(&twice);
    image_finish(&img);
}

/* Rows of the picture, each after the byte that names its PNG filter, the filters in turn. */
static struct bytes png_filtered(const struct image *img)
{
    const size_t n = SAMPLE_WIDTH;
    struct bytes rows = {calloc(SAMPLE_HEIGHT, n + 1), SAMPLE_HEIGHT * (n + 1)};
    for (int y = 0; y < SAMPLE_HEIGHT; y++) {
        unsigned char *out = rows.data + (size_t)y * (n + 1);
        out[0] = (unsigned char)(y % 5);
        for (int x = 0; x < SAMPLE_WIDTH; x++) {
            int left = x ? image_row(img, y)[x - 1] : 0, up = y ? image_row(img, y - 1)[x] : 0;
            int corner = x && y ? image_row(img, y - 1)[x - 1] : 0, p = left + up - corner;
            int paeth = abs(p - left) <= abs(p - up) && abs(p - left) <= abs(p - corner) ? left
                        : abs(p - up) <= abs(p - corner)                                 ? up
                                                                                         : corner;
            int guess[] = {0, left, up, (left + up) / 2, paeth};
            out[1 + x] = (unsigned char)(image_row(img, y)[x] - guess[y % 5]);
        }
    }
    struct bytes packed = deflated(rows.data, rows.size);
    bytes_finish(&rows);
    return packed;
}

/* Would catch streaks where a predictor is undone wrongly. */
static void test_pdf_predictor(void **state)
{
    struct image img;
    sample_init(&img, false);
    for (int y = 0; y < img.height; y++) /* something to predict */
        for (int x = 0; x < img.width; x++)
            image_row(&img, y)[x] = (uint8_t)(image_row(&img, y)[x] / 2 + (x * 7 + y * y) % 97);
    struct bytes stream = png_filtered(&img);
    const struct pdf_page page = {SHOW_IMAGE,
                                  "<< " GREY_KEYS " /Filter /FlateDecode /DecodeParms "
                                  "<< /Predictor 15 /Columns 64 >> >>",
                                  NULL, stream};
    assert_pdf_shows(&page, &img);
    bytes_finish(&stream);
    image_finish(&img);
}

/* The G4 data of the bitonal sample, out of a TIFF whose page is one strip. */
static struct bytes fax_data(const struct image *img)
{
    const char *path = in_folder("strip.tif");
    TIFF *tiff = TIFFOpen(path, "w");
    unsigned char row[SAMPLE_WIDTH / 8];
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, SAMPLE_WIDTH);
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, SAMPLE_HEIGHT);
    TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, SAMPLE_HEIGHT);
    for (int y = 0; y < SAMPLE_HEIGHT; y++) {
        for (int x = 0; x < SAMPLE_WIDTH; x += 8)
            row[x / 8] = image_row(img, y)[x] ? 0 : 255;
        TIFFWriteScanline(tiff, row, (uint32_t)y, 0);
    }
    TIFFClose(tiff);
    tiff = TIFFOpen(path, "r");
    struct bytes b = {malloc(4096), 0};
    tmsize_t n = TIFFReadRawStrip(tiff, 0, b.data, 4096);
    assert_true(n > 0);
    TIFFClose(tiff);
    b.size = (size_t)n;
    return b;
}

#define BIT_KEYS "/Subtype /Image /Width 64 /Height 48 /Filter /CCITTFaxDecode"

/* Would catch black and white swapped: BlackIs1, Decode, a palette and a stencil each turn it. */
static void test_pdf_fax(void **state)
{
    struct image img;
    sample_init(&img, true);
    struct bytes fax = fax_data(&img);
    static const char *const dictionaries[] = {
        "<< " BIT_KEYS " /BitsPerComponent 1 /ColorSpace /DeviceGray /DecodeParms "
        "<< /K -1 /Columns 64 >> >>",
        "<< " BIT_KEYS " /BitsPerComponent 1 /ColorSpace /DeviceGray /Decode [1 0] /DecodeParms "
        "[<< /K -1 /Columns 64 /BlackIs1 true >>] >>",
        "<< " BIT_KEYS " /BitsPerComponent 1 /ColorSpace [/Indexed /DeviceRGB 1 <FFFFFF000000>] "
        "/DecodeParms << /K -1 /Columns 64 /BlackIs1 true >> >>",
        "<< " BIT_KEYS " /ImageMask true /DecodeParms << /K -1 /Columns 64 >> >>",
    };
    for (size_t i = 0; i < sizeof dictionaries / sizeof *dictionaries; i++) {
        const struct pdf_page page = {SHOW_IMAGE, dictionaries[i], NULL, fax};
        assert_pdf_shows(&page, &img);
    }
    bytes_finish(&fax);
    image_finish(&img);
}

/* Would catch pages of a PDF that lie on their side, upside down or mirrored. */
static void test_pdf_rotation(void **state)
{
    struct image img, turned;
    sample_init(&img, false);
    image_init(&turned);
    struct bytes raw = raw_pixels(&img);
    assert_int_equal(image_rotate(&img, 90, &turned), 0);
    const char *keys = "<< " GREY_KEYS " >>";
    assert_pdf_shows(&(struct pdf_page){SHOW_IMAGE, keys, "/Rotate 90", raw}, &turned);
    /* the same by the matrix: the picture's top is at the page's right */
    assert_pdf_shows(&(struct pdf_page){"0 -64 48 0 0 64 cm /Im0 Do", keys, NULL, raw}, &turned);
    /* and both: 90 degrees by the matrix, 270 by the page */
    assert_pdf_shows(&(struct pdf_page){"0 -64 48 0 0 64 cm /Im0 Do", keys, "/Rotate -90", raw},
                     &img);
    assert_int_equal(image_rotate(&img, 180, &turned), 0);
    assert_pdf_shows(&(struct pdf_page){SHOW_IMAGE, keys, "/Rotate 180", raw}, &turned);
    /* upside down by a flip of y alone: mirrored, as the page shows it */
    for (int y = 0; y < img.height; y++)
        memcpy(image_row(&turned, y), image_row(&img, img.height - 1 - y), (size_t)img.width);
    assert_pdf_shows(&(struct pdf_page){"64 0 0 -48 0 48 cm /Im0 Do", keys, NULL, raw}, &turned);
    bytes_finish(&raw);
    image_finish(&turned);
    image_finish(&img);
}

static void skip_without_pdftoppm(void)
{
    if (access("/usr/bin/pdftoppm", X_OK) != 0) {
        print_message("skipped: pdftoppm is not installed\n");
        skip();
    }
}

/* Would catch what a page shows besides its picture being lost (a text, a stroke, a pen on a
 * tablet), and a page without any picture being refused. The page is drawn: 300 dpi. */
static void test_pdf_drawn(void **state)
{
    skip_without_pdftoppm();
    struct image img, seen;
    char reason[SCAN_REASON_MAX];
    sample_init(&img, false);
    image_init(&seen);
    struct bytes raw = raw_pixels(&img);
    const char *keys = "<< " GREY_KEYS " >>";
    const struct pdf_page pages[] = {
        {NULL, NULL, NULL, {0}},
        {SHOW_IMAGE " 0 g 8 8 8 8 re f", keys, NULL, raw},
        {SHOW_IMAGE " BT /F1 9 Tf 5 5 Td (seen) Tj ET", keys, NULL, raw},
        {"q 32 0 0 48 0 0 cm /Im0 Do Q q 32 0 0 48 32 0 cm /Im0 Do Q", keys, NULL, raw},
        {SHOW_IMAGE, keys, "/Annots [<< /Subtype /Ink /Rect [0 0 9 9] >>]", raw},
    };
    write_pdf(in_folder("drawn.pdf"), pages, 5, NULL);
    for (int i = 1; i <= 5; i++) {
        if (decode_page(in_folder("drawn.pdf"), i, &seen, reason) != 0)
            fail_msg("page %d: %s", i, reason);
        assert_int_equal(seen.width, 267); /* 64 points */
        assert_int_equal(seen.height, 200);
        assert_true(seen.dpi_x == 300);
        /* 12 points from the page's bottom left corner: the black box of the second page */
        assert_int_equal(image_row(&seen, 150)[50] < 50, i == 2);
    }
    bytes_finish(&raw);
    image_finish(&seen);
    image_finish(&img);
}

/* Would catch a run that stops, or a page said to be blank, because poppler is not installed. */
static void test_pdf_without_poppler(void **state)
{
    struct image img;
    char reason[SCAN_REASON_MAX], *path = strdup(getenv("PATH"));
    const struct pdf_page empty = {NULL, NULL, NULL, {0}};
    image_init(&img);
    write_pdf(in_folder("empty.pdf"), &empty, 1, NULL);
    setenv("PATH", scan_folder, 1);
    int r = decode_page(in_folder("empty.pdf"), 1, &img, reason);
    setenv("PATH", path, 1);
    free(path);
    assert_int_equal(r, YJ_EDATA);
    assert_non_null(strstr(reason, "poppler-utils"));
    image_finish(&img);
}

/* Would catch a locked PDF taken for a damaged one, or one that anybody may open refused. */
static void test_pdf_encrypted(void **state)
{
    struct image img;
    sample_init(&img, false);
    struct bytes raw = raw_pixels(&img);
    const struct pdf_page page = {SHOW_IMAGE, "<< " GREY_KEYS " >>", NULL, raw};
    write_pdf(in_folder("locked.pdf"), &page, 1, "secret");
    assert_problem(in_folder("locked.pdf"), "needs a password");
    write_pdf(in_folder("open.pdf"), &page, 1, "");
    assert_decodes_to(in_folder("open.pdf"), 1, &img);
    bytes_finish(&raw);
    image_finish(&img);
}

/* Would catch a PDF cut short whose first pages are graded as if they were all, a picture with
 * rows missing, and a crash on what only begins like a PDF. */
static void test_pdf_damaged(void **state)
{
    struct image img;
    const char *path = in_folder("cut.pdf");
    sample_init(&img, false);
    struct bytes raw = raw_pixels(&img), flate = deflated(raw.data, raw.size);
    const char *keys = "<< " GREY_KEYS " /Filter /FlateDecode >>";
    struct pdf_page pages[3] = {{SHOW_IMAGE, keys, NULL, flate},
                                {SHOW_IMAGE, keys, NULL, flate},
                                {SHOW_IMAGE, keys, NULL, flate}};
    pages[1].stream.size -= 10;
    pages[2].stream = deflated(raw.data, raw.size / 2);
    write_pdf(path, pages, 3, NULL);
    assert_decodes_to(path, 1, &img);
    assert_refused(path, 2, "picture of the PDF's page is damaged");
    assert_refused(path, 3, "picture of the PDF's page is damaged");
    struct bytes whole = bytes_read(path);
    for (size_t left = whole.size - 60; left > 40; left = left * 2 / 3) {
        struct bytes cut = {whole.data, left};
        bytes_write(&cut, path);
        assert_problem(path, "PDF");
    }
    write_text(path, "%PDF-1.4\nnothing of the sort\n");
    assert_problem(path, "PDF");
    bytes_finish(&whole);
    bytes_finish(&pages[2].stream);
    bytes_finish(&flate);
    bytes_finish(&raw);
    image_finish(&img);
}

/* ---- ZIP ---- */

/* Would catch a member that vanishes, one that leads outside, a Chinese name made unreadable, and
 * a folder of macOS' copies told as broken scans. */
static void test_zip_members(void **state)
{
    struct image img;
    sample_init(&img, false);
    struct bytes jpeg = make_jpeg(&img, JPEG_OF_GREY, 0);
    struct bytes text = {(unsigned char *)"text", 4};
    struct bytes inner = {(unsigned char *)"PK\3\4", 4};
    const struct zip_member members[] = {
        {"class/a.jpg", jpeg},
        {"../../etc/b.jpg", jpeg},
        {"/c.jpg", jpeg},
        {"C:\\d.jpg", jpeg},
        {"./E:/d.jpg", jpeg},
        {"one\\.\\e.jpg", jpeg},
        {"__MACOSX/class/._a.jpg", text},
        {".DS_Store", text},
        {"readme.txt", text},
        {"\xb4\xf0\xcc\xe2\xbf\xa8.jpg", jpeg}, /* 答题卡 in GBK */
        {"\xe7\xad\x94.jpg", jpeg},             /* 答 in UTF-8 */
        {"inner.zip", inner},
        {"f.jpg", text},
    };
    static const char *const expected[][2] = {
        {"class/a.jpg", NULL},
        {"../../etc/b.jpg", "outside"},
        {"/c.jpg", "outside"},
        {"C:/d.jpg", "outside"},
        {"E:/d.jpg", "outside"},
        {"one/e.jpg", NULL},
        {"答题卡.jpg", NULL},
        {"答.jpg", NULL},
        {"inner.zip", "ZIP inside a ZIP"},
        {"f.jpg", "not a JPEG"},
    };
    const int n = sizeof expected / sizeof *expected;
    char path[1024];
    write_zip(in_folder("a.zip"), members, sizeof members / sizeof *members, NULL);
    struct scans s = open_path(in_folder("a.zip"));
    assert_int_equal(s.n, n);
    for (int i = 0; i < n; i++) {
        snprintf(path, sizeof path, "%s/%s", in_folder("a.zip"), expected[i][0]);
        assert_string_equal(scan_path(s.scan[i]), path);
        const char *problem = scan_problem(s.scan[i]);
        assert_int_equal(problem != NULL, expected[i][1] != NULL);
        if (problem)
            assert_non_null(strstr(problem, expected[i][1]));
        else
            assert_int_equal(scan_page_count(s.scan[i]), 1);
    }
    close_scans(&s);
    bytes_finish(&jpeg);
    image_finish(&img);
}

/* Would catch a whole batch skipped because its ZIP is locked, empty, cut short or a document. */
static void test_zip_refused(void **state)
{
    struct image img;
    sample_init(&img, false);
    struct bytes jpeg = make_jpeg(&img, JPEG_OF_GREY, 0);
    const struct zip_member member = {"a.jpg", jpeg};
    const struct zip_member office = {"[Content_Types].xml", jpeg};
    const char *path = in_folder("b.zip");
    write_zip(path, &member, 1, "secret");
    assert_problem(path, "password");
    write_zip(path, &office, 1, NULL);
    assert_problem(path, "Office");
    write_zip(path, NULL, 0, NULL);
    assert_problem(path, "ZIP");
    write_zip(path, &member, 1, NULL);
    struct bytes whole = bytes_read(path);
    whole.size = whole.size / 2;
    bytes_write(&whole, path);
    struct scans s = open_path(path); /* the member that was cut, and the archive */
    assert_int_equal(s.n, 2);
    assert_non_null(strstr(scan_problem(s.scan[0]), "damaged in the ZIP"));
    assert_non_null(strstr(scan_problem(s.scan[1]), "ZIP is damaged or incomplete"));
    assert_string_equal(scan_path(s.scan[1]), path);
    close_scans(&s);
    bytes_finish(&whole);
    bytes_finish(&jpeg);
    image_finish(&img);
}

/* ---- files and folders ---- */

/* Would catch a decoder chosen by a file's name, and an empty file that crashes it. */
static void test_not_a_scan(void **state)
{
    write_text(in_folder("text.jpg"), "Dear colleagues, attached you find the scans.\n");
    assert_problem(in_folder("text.jpg"), "not a JPEG, PNG, TIFF, PDF or ZIP file");
    write_text(in_folder("empty.jpg"), "");
    assert_problem(in_folder("empty.jpg"), "empty");
    write_text(in_folder("short.jpg"), "\xff\xd8\xff");
    assert_refused(in_folder("short.jpg"), 1, "JPEG");
    struct bytes heic = {(unsigned char *)"\0\0\0\x18"
                                          "ftypheic",
                         12};
    bytes_write(&heic, in_folder("photo.jpg"));
    assert_problem(in_folder("photo.jpg"), "HEIC");
}

/* Would catch pages graded in the disk's order, a walk without end, a FIFO that is waited for, and
 * an exam's own files told as broken scans. */
static void test_folder_walk(void **state)
{
    static const char *const expected[][2] = {
        {"a.jpg", NULL},
        {"a/z.jpg", NULL},
        {"b.jpg", NULL},
        {"fifo", "FIFO"},
        {"gone", "cannot be opened"},
        {"loop", "folder above"},
        {"ä.jpg", NULL},
    };
    const int n = sizeof expected / sizeof *expected;
    struct image img;
    sample_init(&img, false);
    struct bytes jpeg = make_jpeg(&img, JPEG_OF_GREY, 0);
    assert_int_equal(mkdir(in_folder("a"), 0700), 0);
    for (int i = 0; i < n; i++)
        if (!expected[i][1])
            bytes_write(&jpeg, in_folder(expected[i][0]));
    bytes_write(&jpeg, in_folder(".hidden.jpg"));
    write_text(in_folder("exam.yaml"), "title: x\n");
    write_text(in_folder("KEY.CSV"), "item\n");
    assert_int_equal(mkfifo(in_folder("fifo"), 0600), 0);
    assert_int_equal(symlink(".", in_folder("loop")), 0);
    assert_int_equal(symlink("nowhere", in_folder("gone")), 0);
    struct scans s = open_path(scan_folder);
    assert_int_equal(s.n, n);
    for (int i = 0; i < n; i++) {
        assert_string_equal(scan_path(s.scan[i]), in_folder(expected[i][0]));
        assert_int_equal(scan_problem(s.scan[i]) != NULL, expected[i][1] != NULL);
        if (expected[i][1])
            assert_non_null(strstr(scan_problem(s.scan[i]), expected[i][1]));
    }
    close_scans(&s);
    bytes_finish(&jpeg);
    image_finish(&img);
}

/* Would catch a file without permission that is skipped. Root reads everything, and so lends itself
 * nobody's rights for a moment. */
static void test_unreadable_file(void **state)
{
    enum { NOBODY = 65534 };
    const bool root = geteuid() == 0;
    write_text(in_folder("mine.jpg"), "x");
    assert_int_equal(chmod(in_folder("mine.jpg"), 0), 0);
    assert_int_equal(chmod(scan_folder, 0755), 0);
    if (root)
        assert_int_equal(seteuid(NOBODY), 0);
    struct scans s = open_path(in_folder("mine.jpg"));
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(s.n, 1);
    assert_non_null(scan_problem(s.scan[0]));
    assert_non_null(strstr(scan_problem(s.scan[0]), "Permission denied"));
    close_scans(&s);
}

/* Would catch a path mistyped on the command line that grades nothing and says nothing. */
static void test_missing_path(void **state)
{
    const char *paths[] = {scan_folder, "no such folder"};
    struct scan_source *source = NULL;
    struct diag d;
    diag_init(&d);
    assert_int_equal(scan_source_open(paths, 2, &source, &d), YJ_EINPUT);
    assert_null(source);
    assert_int_equal(d.errors, 1);
    assert_non_null(strstr(d.entries[0].what, "no such folder"));
    diag_finish(&d);
}

/* Would catch a rerun that grades the same scan again, and a second unreadable file taken for the
 * first because its bytes are the same. */
static void test_hashes(void **state)
{
    struct image img;
    uint8_t expected[SCAN_HASH_SIZE];
    sample_init(&img, false);
    struct bytes jpeg = make_jpeg(&img, JPEG_OF_GREY, 0);
    bytes_write(&jpeg, in_folder("1.jpg"));
    bytes_write(&jpeg, in_folder("2.jpg"));
    write_text(in_folder("3.jpg"), "");
    write_text(in_folder("4.jpg"), "");
    EVP_Digest(jpeg.data, jpeg.size, expected, NULL, EVP_sha256(), NULL);
    struct scans s = open_path(scan_folder), again = open_path(scan_folder);
    assert_int_equal(s.n, 4);
    assert_memory_equal(scan_hash(s.scan[0]), expected, SCAN_HASH_SIZE);
    assert_memory_equal(scan_hash(s.scan[1]), expected, SCAN_HASH_SIZE);
    assert_memory_not_equal(scan_hash(s.scan[2]), scan_hash(s.scan[3]), SCAN_HASH_SIZE);
    for (int i = 0; i < 4; i++)
        assert_memory_equal(scan_hash(s.scan[i]), scan_hash(again.scan[i]), SCAN_HASH_SIZE);
    assert_int_equal(scan_bytes(s.scan[0]), jpeg.size);
    close_scans(&s);
    close_scans(&again);
    bytes_finish(&jpeg);
    image_finish(&img);
}

/* ---- threads ---- */

enum { THREAD_PAGES = 12, ROUNDS = 8 };

struct shared_scan {
    const struct scan *scan;
    int start;
    bool good;
};

/* Page n of the scan has its first n dots of the last row black (write_tiff), or is the sample. */
static void *decode_all(void *context)
{
    struct shared_scan *job = context;
    struct decoder *decoder;
    struct image img;
    char reason[SCAN_REASON_MAX];
    image_init(&img);
    job->good = decoder_create(&decoder) == 0 && decoder_use_sandbox(decoder, sandboxed) == 0;
    for (int i = 0; job->good && i < ROUNDS * THREAD_PAGES; i++) {
        int number = (job->start + i) % THREAD_PAGES + 1;
        job->good = scan_decode_page(job->scan, number, decoder, &img, reason) == 0 &&
                    dots_of_last_row(&img) == number - 1 && image_row(&img, 3)[3] == 0;
    }
    decoder_destroy(decoder);
    image_finish(&img);
    return NULL;
}

static void decode_in_two_threads(const char *path)
{
    struct scans s = open_path(path);
    pthread_t threads[2];
    struct shared_scan jobs[2] = {{s.scan[0], 0, false}, {s.scan[0], 5, false}};
    assert_int_equal(scan_page_count(s.scan[0]), THREAD_PAGES);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, decode_all, &jobs[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_true(jobs[0].good && jobs[1].good);
    close_scans(&s);
}

/* Would catch workers that share a library's handle: one gets the other's page. */
static void test_two_threads(void **state)
{
    struct image img;
    struct pdf_page pages[THREAD_PAGES];
    struct bytes streams[THREAD_PAGES];
    sample_init(&img, true);
    write_tiff(in_folder("shared.tif"), &img, &bit_kinds[0], THREAD_PAGES);
    decode_in_two_threads(in_folder("shared.tif"));
    for (int i = 0; i < THREAD_PAGES; i++) {
        memset(image_row(&img, SAMPLE_HEIGHT - 1), 0, (size_t)i);
        streams[i] = deflated(img.data, SAMPLE_WIDTH * SAMPLE_HEIGHT);
        pages[i] = (struct pdf_page){SHOW_IMAGE, "<< " GREY_KEYS " /Filter /FlateDecode >>", NULL,
                                     streams[i]};
    }
    write_pdf(in_folder("shared.pdf"), pages, THREAD_PAGES, NULL);
    decode_in_two_threads(in_folder("shared.pdf"));
    for (int i = 0; i < THREAD_PAGES; i++)
        bytes_finish(&streams[i]);
    image_finish(&img);
}

/* Would catch a writer's held scans that keep their bytes, or lose their names. */
static void test_forget_bytes(void **state)
{
    struct image img;
    struct decoder *decoder;
    char reason[SCAN_REASON_MAX];
    sample_init(&img, false);
    write_and_free(make_jpeg(&img, JPEG_OF_GREY, 0), in_folder("a.jpg"));
    struct scans s = open_path(in_folder("a.jpg"));
    assert_int_equal(decoder_create(&decoder), 0);
    assert_int_equal(decoder_use_sandbox(decoder, sandboxed), 0);
    scan_forget_bytes(s.scan[0]);
    assert_string_equal(scan_path(s.scan[0]), in_folder("a.jpg"));
    assert_int_equal(scan_page_count(s.scan[0]), 1);
    assert_int_equal(scan_decode_page(s.scan[0], 1, decoder, &img, reason), YJ_EDATA);
    decoder_destroy(decoder);
    close_scans(&s);
    image_finish(&img);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, scan_folder_make, scan_folder_remove)

int main(int argc, char **argv)
{
    sandboxed_begin(argc, argv);
    const struct CMUnitTest tests[] = {
        TEST(test_jpeg_spaces),     TEST(test_jpeg_orientation),
        TEST(test_jpeg_truncated),  TEST(test_png_kinds),
        TEST(test_png_bits),        TEST(test_png_bomb),
        TEST(test_png_damaged),     TEST(test_tiff_kinds),
        TEST(test_tiff_page_order), TEST(test_tiff_broken_directory),
        TEST(test_tiff_bad_lines),  TEST(test_tiff_fax_resolution),
        TEST(test_pdf_pictures),    TEST(test_pdf_predictor),
        TEST(test_pdf_fax),         TEST(test_pdf_rotation),
        TEST(test_pdf_drawn),       TEST(test_pdf_without_poppler),
        TEST(test_pdf_encrypted),   TEST(test_pdf_damaged),
        TEST(test_zip_members),     TEST(test_zip_refused),
        TEST(test_not_a_scan),      TEST(test_folder_walk),
        TEST(test_unreadable_file), TEST(test_missing_path),
        TEST(test_hashes),          TEST(test_two_threads),
        TEST(test_forget_bytes),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sandboxed_end();
    return failed;
}
