/* test_ingest_bounds.c - scans of a few kilobytes that would take minutes or gigabytes to decode.
 */
#include "diag.h"
#include "ingest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

/* The reason for which the first page of these bytes is refused. */
static void refuse(const void *bytes, size_t size, char reason[SCAN_REASON_MAX])
{
    char path[] = "/tmp/test_ingest_bounds.XXXXXX";
    const char *paths[] = {path};
    struct scan_source *source = NULL;
    struct decoder *decoder = NULL;
    struct scan *scan = NULL;
    struct image img;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    close(fd);
    image_init(&img);
    assert_int_equal(scan_source_open(paths, 1, &source, NULL), 0);
    assert_int_equal(scan_source_next(source, &scan), 1);
    assert_null(scan_problem(scan));
    assert_int_equal(decoder_create(&decoder), 0);
    assert_int_equal(scan_decode_page(scan, 1, decoder, &img, reason), YJ_EDATA);
    decoder_destroy(decoder);
    image_finish(&img);
    scan_unref(scan);
    scan_source_close(source);
    unlink(path);
}

/* ---- JPEG ---- */

struct writer {
    uint8_t bytes[8192];
    size_t n;
};

static void put(struct writer *w, const void *bytes, size_t n)
{
    assert_true(w->n + n <= sizeof w->bytes);
    memcpy(w->bytes + w->n, bytes, n);
    w->n += n;
}

/* 8 x 8 pixels, its mean in a first pass and nothing in any other. */
static void make_progressive(struct writer *w, int passes)
{
    static const uint8_t start[] = "\xff\xd8\xff\xdb\x00\x43\x00";
    static const uint8_t frame[] = "\xff\xc2\x00\x0b\x08\x00\x08\x00\x08\x01\x01\x11\x00";
    static const uint8_t means[] = "\xff\xc4\x00\x14\x00\x01";
    static const uint8_t others[] = "\xff\xc4\x00\x14\x10\x01";
    static const uint8_t first[] = "\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00\x7f";
    uint8_t steps[64], none[16] = {0}, pass[] = "\xff\xda\x00\x08\x01\x01\x00\x01\x01\x00\x7f";
    memset(steps, 1, sizeof steps);
    put(w, start, sizeof start - 1);
    put(w, steps, sizeof steps);
    put(w, frame, sizeof frame - 1);
    put(w, means, sizeof means - 1); /* one code, a single 0: no difference, no coefficient */
    put(w, none, 16);
    put(w, others, sizeof others - 1);
    put(w, none, 16);
    put(w, first, sizeof first - 1);
    for (int i = 1; i < passes; i++) {
        pass[7] = pass[8] = (uint8_t)(1 + (i - 1) % 63);
        put(w, pass, sizeof pass - 1);
    }
    put(w, "\xff\xd9", 2);
}

/* Would catch: thousands of passes over a picture of a hundred megapixels, each a hundred bytes. */
static void test_jpeg_of_many_passes(void **state)
{
    char reason[SCAN_REASON_MAX] = "";
    struct writer w = {.n = 0};
    make_progressive(&w, 150);
    refuse(w.bytes, w.n, reason);
    assert_non_null(strstr(reason, "more than 100 passes"));
}

/* ---- PDF ---- */

static size_t deflate_bytes(const uint8_t *bytes, size_t n, uint8_t *to, size_t room)
{
    uLongf size = room;
    assert_int_equal(compress2(to, &size, bytes, n, 9), Z_OK);
    return size;
}

/* `n` spaces, deflated twice. */
static size_t make_spaces(size_t n, uint8_t *to, size_t room)
{
    uint8_t *spaces = malloc(n), *once = malloc(n / 500);
    assert_non_null(spaces);
    assert_non_null(once);
    memset(spaces, ' ', n);
    size_t size = deflate_bytes(once, deflate_bytes(spaces, n, once, n / 500), to, room);
    free(spaces);
    free(once);
    return size;
}

static int64_t peak_kilobytes(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    return usage.ru_maxrss;
}

/* Would catch: a page's content of gigabytes that two filters hide in a kilobyte. */
static void test_pdf_content_deflated_twice(void **state)
{
    const size_t megabytes = 256;
    static uint8_t packed[65536];
    static char text[131072];
    char reason[SCAN_REASON_MAX] = "";
    size_t size = make_spaces(megabytes << 20, packed, sizeof packed);
    int head = snprintf(text, sizeof text,
                        "%%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
                        "2 0 obj\n<< /Type /Pages /Count 1 /Kids [3 0 R] >>\nendobj\n"
                        "3 0 obj\n<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << >> "
                        "/MediaBox [0 0 9 9] >>\nendobj\n4 0 obj\n<< /Length %zu "
                        "/Filter [/FlateDecode /FlateDecode] >>\nstream\n",
                        size);
    memcpy(text + head, packed, size);
    int tail = snprintf(text + head + size, sizeof text - (size_t)head - size,
                        "\nendstream\nendobj\ntrailer\n<< /Size 5 /Root 1 0 R >>\n"
                        "startxref\n0\n%%%%EOF\n");
    assert_int_equal(setenv("PATH", "/nonexistent", 1), 0); /* who draws it bounds himself */
    int64_t before = peak_kilobytes();
    refuse(text, (size_t)head + size + (size_t)tail, reason);
    assert_non_null(strstr(reason, "pdftoppm"));
    assert_true(peak_kilobytes() - before < 50 * 1024);
}

/* Opens a PDF whose stream of objects is these bytes, and gives the scan's problem. */
static void open_objects(const uint8_t *packed, size_t size, const char *filter,
                         char problem[SCAN_REASON_MAX])
{
    char path[] = "/tmp/test_ingest_bounds.XXXXXX";
    const char *paths[] = {path};
    struct scan_source *source = NULL;
    struct scan *scan = NULL;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    FILE *out = fdopen(fd, "wb");
    assert_non_null(out);
    fputs("%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n", out);
    fprintf(out, "4 0 obj\n<< /Type /ObjStm /N 1 /First 5 /Filter %s /Length %zu >>\nstream\r\n",
            filter, size);
    fwrite(packed, 1, size, out);
    fputs("\nendstream\nendobj\n", out);
    long table = ftell(out);
    static const uint8_t rows[] = {0, 0, 0, 0, 255, 1, 0, 0, 9, 0, 2, 0, 0, 4, 0};
    fprintf(out, "5 0 obj\n<< /Type /XRef /Size 3 /W [1 3 1] /Root 1 0 R /Length %zu >>\nstream\n",
            sizeof rows);
    fwrite(rows, 1, sizeof rows, out);
    fprintf(out, "\nendstream\nendobj\nstartxref\n%ld\n%%%%EOF\n", table);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(scan_source_open(paths, 1, &source, NULL), 0);
    assert_int_equal(scan_source_next(source, &scan), 1);
    snprintf(problem, SCAN_REASON_MAX, "%s", scan_problem(scan) ? scan_problem(scan) : "");
    scan_unref(scan);
    scan_source_close(source);
    unlink(path);
}

/* Would catch: objects that unpack to gigabytes while the PDF is opened, and those of every other
 * PDF refused. */
static void test_pdf_objects_of_gigabytes(void **state)
{
    enum { MEGABYTES = 300 };
    static const char plain[] = "2 0 << /Type /Pages /Count 0 /Kids [] >>";
    static uint8_t packed[4 << 20];
    char problem[SCAN_REASON_MAX];
    uint8_t *spaces = malloc((size_t)MEGABYTES << 20);
    assert_non_null(spaces);
    memset(spaces, ' ', (size_t)MEGABYTES << 20);
    int64_t before = peak_kilobytes();
    size_t size = deflate_bytes((const uint8_t *)plain, sizeof plain - 1, packed, sizeof packed);
    open_objects(packed, size, "/FlateDecode", problem);
    assert_string_equal(problem, "the PDF has no page");
    open_objects(packed, size, "[/FlateDecode /FlateDecode]", problem);
    assert_non_null(strstr(problem, "unpacks to more than"));
    size = deflate_bytes(spaces, (size_t)MEGABYTES << 20, packed, sizeof packed);
    open_objects(packed, size, "/FlateDecode", problem);
    assert_non_null(strstr(problem, "unpacks to more than"));
    assert_true(peak_kilobytes() - before < 50 * 1024);
    free(spaces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_jpeg_of_many_passes),
        cmocka_unit_test(test_pdf_content_deflated_twice),
        cmocka_unit_test(test_pdf_objects_of_gigabytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
