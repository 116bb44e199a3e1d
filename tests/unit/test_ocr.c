/* test_ocr.c - barcodes, crops and the look for ink, on pictures drawn here. */
#include "barcode.h"
#include "crop.h"
#include "diag.h"
#include "ink.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define DPI 200.0
#define PX_PER_MM (DPI / 25.4)

struct page {
    struct image img, scratch;
    struct page_map map;
    struct arena arena;
};

/* A white page of 120 x 80 mm whose millimetres are `px` pixels. */
static void page_init(struct page *p, double px)
{
    *p = (struct page){.map = {.mm_to_px = {{px, 0, -0.5, 0, px, -0.5, 0, 0, 1}}}};
    assert_int_equal(image_resize(&p->img, (int)(120 * px), (int)(80 * px)), 0);
    memset(p->img.data, 255, p->img.stride * (size_t)p->img.height);
}

static void page_finish(struct page *p)
{
    image_finish(&p->img);
    image_finish(&p->scratch);
    arena_finish(&p->arena);
}

/* Fills a box given in mm. */
static void draw_box(struct page *p, struct rect mm, int grey)
{
    double px = p->map.mm_to_px.m[0];
    for (int y = (int)(mm.y * px + 0.5); y < (int)((mm.y + mm.h) * px + 0.5); y++)
        for (int x = (int)(mm.x * px + 0.5); x < (int)((mm.x + mm.w) * px + 0.5); x++)
            image_row(&p->img, y)[x] = (uint8_t)grey;
}

/* Code 39 of ISO/IEC 16388: n narrow, w wide, bar and space in turn. */
static const char *code39_pattern(char c)
{
    static const struct {
        char c;
        const char *pattern;
    } table[] = {{'0', "nnnwwnwnn"}, {'1', "wnnwnnnnw"}, {'2', "nnwwnnnnw"},
                 {'7', "nnnwnnwnw"}, {'A', "wnnnnwnnw"}, {'*', "nwnnwnwnn"}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].c == c)
            return table[i].pattern;
    fail();
    return NULL;
}

/* Draws *text* with narrow bars of 0.38 mm from (x, y); returns its width in mm. */
static double draw_code39(struct page *p, const char *text, double x, double y, double h)
{
    const double narrow = 0.381; /* 3 px at 200 dpi */
    double start = x;
    for (const char *c = text; *c; c++) {
        const char *pattern = code39_pattern(*c);
        for (int i = 0; i < 9; i++) {
            double w = pattern[i] == 'w' ? 3 * narrow : narrow;
            if (i % 2 == 0)
                draw_box(p, (struct rect){x, y, w, h}, 0);
            x += w;
        }
        x += narrow; /* between characters */
    }
    return x - start;
}

/* Catches a wrong symbology name, text with its start and stop signs, a code lost. */
static void test_barcode_is_read_with_its_symbology(void **state)
{
    struct page p;
    struct barcode codes[4];
    int n = 0;
    page_init(&p, PX_PER_MM);
    draw_code39(&p, "*A2017*", 10, 10, 12);
    assert_int_equal(barcode_read(&p.img, &p.arena, codes, 4, &n), 0);
    assert_int_equal(n, 1);
    assert_string_equal(codes[0].text, "A2017");
    assert_string_equal(codes[0].symbology, "CODE-39");
    assert_true(codes[0].passes >= 4);
    assert_true(barcode_confidence(&codes[0]) > 0.99);
    page_finish(&p);
}

/* Catches trust in a code without check digits that hardly any line agrees on. */
static void test_one_line_of_a_code_without_check_is_doubtful(void **state)
{
    struct barcode weak = {.text = "1", .symbology = "CODE-39", .passes = 1};
    struct barcode strong = {.text = "1", .symbology = "QR-Code", .passes = 1};
    assert_true(barcode_confidence(&weak) < 0.99);
    assert_true(barcode_confidence(&strong) > 0.999);
}

/* Catches a code invented on a page that has none, and a failure instead of "none". */
static void test_no_barcode_is_no_error(void **state)
{
    struct page p;
    struct barcode codes[4];
    int n = -1;
    page_init(&p, PX_PER_MM);
    draw_box(&p, (struct rect){10, 10, 30, 1}, 0);
    assert_int_equal(barcode_read(&p.img, &p.arena, codes, 4, &n), 0);
    assert_int_equal(n, 0);
    page_finish(&p);
}

/* Catches a crop cut from the wrong place or at the wrong size, at any resolution. */
static void test_crop_shows_the_area_asked_for(void **state)
{
    static const double dpi[] = {100, 200, 300, 600};
    for (size_t i = 0; i < sizeof dpi / sizeof *dpi; i++) {
        struct page p;
        page_init(&p, dpi[i] / 25.4);
        draw_box(&p, (struct rect){40, 30, 10, 5}, 0);
        assert_int_equal(
            crop_extract(&p.img, &p.map, (struct rect){35, 25, 20, 15}, CROP_DPI, &p.scratch), 0);
        const struct image *c = &p.scratch;
        assert_in_range(c->width, 116, 119); /* 20 mm at 150 dpi: 118 px */
        assert_in_range(c->height, 86, 90);
        double px = CROP_DPI / 25.4;
        assert_true(image_row(c, (int)(7.5 * px))[(int)(10 * px)] < 20);
        /* A millimetre outside each edge of the box is paper, a millimetre inside is ink. */
        assert_true(image_row(c, (int)(7.5 * px))[(int)(4 * px)] > 235);
        assert_true(image_row(c, (int)(7.5 * px))[(int)(6 * px)] < 20);
        assert_true(image_row(c, (int)(7.5 * px))[(int)(16 * px)] > 235);
        assert_true(image_row(c, (int)(4 * px))[(int)(10 * px)] > 235);
        assert_true(image_row(c, (int)(11 * px))[(int)(10 * px)] > 235);
        page_finish(&p);
    }
}

/* Catches a deflated crop that does not come back as it was, and broken bytes taken for a crop. */
static void test_crop_survives_deflating(void **state)
{
    struct page p;
    struct crop crop;
    struct image back;
    page_init(&p, PX_PER_MM);
    image_init(&back);
    draw_box(&p, (struct rect){40, 30, 10, 5}, 96);
    assert_int_equal(
        crop_deflate(&p.img, &p.map, (struct rect){38, 28, 14, 9}, &p.scratch, &p.arena, &crop), 0);
    assert_int_equal(crop_inflate(&crop, &back), 0);
    assert_int_equal(back.width, p.scratch.width);
    assert_int_equal(back.height, p.scratch.height);
    for (int y = 0; y < back.height; y++)
        assert_memory_equal(image_row(&back, y), image_row(&p.scratch, y), (size_t)back.width);
    assert_in_range(image_row(&back, back.height / 2)[back.width / 2], 96 - 8, 96 + 8);
    assert_int_equal(image_row(&back, 2)[2], 255);
    crop.size /= 2;
    assert_int_equal(crop_inflate(&crop, &back), YJ_EDATA);
    image_finish(&back);
    page_finish(&p);
}

/* Catches a box whose printed edge counts as writing, a faint short stroke that does not, and dust
 * that does. */
static void test_ink_tells_writing_from_an_empty_box(void **state)
{
    struct page p;
    struct rect box = {20, 20, 8, 10};
    bool present = true;
    page_init(&p, PX_PER_MM);
    draw_box(&p, box, 60); /* its edge, 0.4 mm thick */
    draw_box(&p, (struct rect){20.4, 20.4, 7.2, 9.2}, 250);
    assert_int_equal(ink_present(&p.img, &p.map, &box, 1, &p.scratch, &present), 0);
    assert_false(present);
    draw_box(&p, (struct rect){24, 24, 0.3, 0.3}, 0); /* dust */
    assert_int_equal(ink_present(&p.img, &p.map, &box, 1, &p.scratch, &present), 0);
    assert_false(present);
    draw_box(&p, (struct rect){25, 23, 0.5, 4}, 190); /* a faint "1" */
    assert_int_equal(ink_present(&p.img, &p.map, &box, 1, &p.scratch, &present), 0);
    assert_true(present);
    page_finish(&p);
}

/* A place blackened all over, and one beyond the scan, both called empty. */
static void test_ink_calls_nothing_unseen_empty(void **state)
{
    struct page p;
    struct rect box = {20, 20, 8, 10}, beyond = {5000, 20, 8, 10};
    bool present = false;
    page_init(&p, PX_PER_MM);
    draw_box(&p, (struct rect){15, 15, 20, 20}, 20);
    assert_int_equal(ink_present(&p.img, &p.map, &box, 1, &p.scratch, &present), 0);
    assert_true(present);
    present = false;
    assert_int_equal(ink_present(&p.img, &p.map, &beyond, 1, &p.scratch, &present), 0);
    assert_true(present);
    page_finish(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_barcode_is_read_with_its_symbology),
        cmocka_unit_test(test_one_line_of_a_code_without_check_is_doubtful),
        cmocka_unit_test(test_no_barcode_is_no_error),
        cmocka_unit_test(test_crop_shows_the_area_asked_for),
        cmocka_unit_test(test_crop_survives_deflating),
        cmocka_unit_test(test_ink_tells_writing_from_an_empty_box),
        cmocka_unit_test(test_ink_calls_nothing_unseen_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
