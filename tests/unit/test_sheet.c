/* test_sheet.c - drawn pages, measured in their pixels against the form, and read back. */
#include "barcode.h"
#include "diag.h"
#include "image.h"
#include "outline.h"
#include "sheet.h"
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define PAGE "form: sheet\npage: {size: [120, 100]}\n"
#define MARKS                                                                                      \
    "registration:\n"                                                                              \
    "  marks:\n"                                                                                   \
    "    - {shape: square, size: [6, 4], at: [10, 10]}\n"                                          \
    "    - {shape: disc, size: 5, at: [110, 10]}\n"                                                \
    "    - {shape: ring, size: 6, stroke: 1.2, at: [110, 90]}\n"                                   \
    "    - {shape: ell, size: 7, stroke: 1.5, at: [10, 90]}\n"
#define NO_MARKS "registration: {image: true}\n"
#define QUESTIONS                                                                                  \
    "bubble: {size: 4}\n"                                                                          \
    "fields:\n"                                                                                    \
    "  - fields: q1..8\n"                                                                          \
    "    kind: choice\n"                                                                           \
    "    options: ABCD\n"                                                                          \
    "    at: [40, 20]\n"                                                                           \
    "    option_step: 8\n"                                                                         \
    "    step: 8\n"

static struct form *parse(const char *text)
{
    struct form *form = NULL;
    struct diag d;
    diag_init(&d);
    int rc = form_parse(text, strlen(text), "form.yaml", NULL, &form, &d);
    diag_print(&d, stderr);
    diag_finish(&d);
    assert_int_equal(rc, 0);
    return form;
}

static struct sheet_raster draw(const struct form *form, int page, const struct sheet_owner *owner,
                                double dpi)
{
    struct sheet_raster raster;
    struct diag d;
    diag_init(&d);
    int rc = sheet_rasterise(form, page, owner, dpi, &raster, &d);
    diag_print(&d, stderr);
    diag_finish(&d);
    assert_int_equal(rc, 0);
    return raster;
}

/* What drawing says where it must fail. */
static void assert_refused(const struct form *form, const struct sheet_owner *owner,
                           const char *told)
{
    struct sheet_raster raster;
    struct diag d;
    diag_init(&d);
    assert_int_equal(sheet_rasterise(form, 0, owner, 100, &raster, &d), YJ_EINPUT);
    assert_int_equal(d.errors, 1);
    if (!strstr(d.entries[0].what, told))
        fail_msg("'%s' does not tell '%s'", d.entries[0].what, told);
    diag_finish(&d);
}

/* 0 paper to 1 black; white off the page. */
static double darkness(const struct sheet_raster *r, int x, int y)
{
    if (x < 0 || y < 0 || x >= r->width || y >= r->height)
        return 0;
    uint32_t p = r->pixels[(size_t)y * (r->stride / 4) + (size_t)x];
    return 1 - ((p >> 16 & 255) + (p >> 8 & 255) + (p & 255)) / 765.0;
}

static double darkness_at(const struct sheet_raster *r, double x, double y)
{
    double px = r->dpi / 25.4;
    return darkness(r, (int)floor(x * px), (int)floor(y * px));
}

/* mm2 of ink within a box, and its centre. */
static double ink_in(const struct sheet_raster *r, struct rect box, struct point *ret_centre)
{
    double px = r->dpi / 25.4, sum = 0, sx = 0, sy = 0;
    for (int y = (int)(box.y * px); y < (box.y + box.h) * px; y++)
        for (int x = (int)(box.x * px); x < (box.x + box.w) * px; x++) {
            double d = darkness(r, x, y);
            sum += d;
            sx += d * (x + 0.5);
            sy += d * (y + 0.5);
        }
    if (ret_centre)
        *ret_centre = (struct point){sx / sum / px, sy / sum / px};
    return sum / (px * px);
}

static struct rect grown(struct rect r, double by)
{
    return (struct rect){r.x - by, r.y - by, r.w + 2 * by, r.h + 2 * by};
}

static void assert_within(double got, double expected, double tolerance, const char *what)
{
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("%s: %.4f is not %.4f", what, got, expected);
}

/* ---- marks ---- */

/* Catches a mark that is drawn at another place or in another shape than registration looks for:
 * its area and the centre of its ink are measured in the pixels. */
static void test_marks_have_their_ink_where_the_form_says(void **state)
{
    struct form *form = parse(PAGE MARKS QUESTIONS);
    const double areas[] = {24, M_PI * 6.25, M_PI * (9 - 1.8 * 1.8), 7 * 1.5 + 5.5 * 1.5};
    for (double dpi = 150; dpi <= 600; dpi += 150) {
        struct sheet_raster r = draw(form, 0, NULL, dpi);
        for (int i = 0; i < 4; i++) {
            const struct mark *m = &form->pages[0].registrations[0].marks[i];
            struct point centre;
            assert_within(ink_in(&r, grown(m->box, 1), &centre), areas[i], 0.01 * areas[i], "mm2");
            assert_within(centre.x, m->centroid.x, 0.01, "x");
            assert_within(centre.y, m->centroid.y, 0.01, "y");
        }
        sheet_raster_finish(&r);
    }
    form_destroy(form);
}

/* Catches timing marks left out. */
static void test_timing_marks_are_drawn(void **state)
{
    struct form *form = parse(PAGE "registration:\n  timing:\n"
                                   "    - {size: [4, 2], at: [7, 10], step: 8, count: 10}\n"
                                   "    - {size: [4, 2], at: [113, 10], step: 8, count: 10}\n" //
                              QUESTIONS);
    struct sheet_raster r = draw(form, 0, NULL, 300);
    for (int i = 0; i < 20; i++) {
        struct rect mark = {i < 10 ? 5 : 111, 9 + i % 10 * 8, 4, 2};
        assert_within(ink_in(&r, grown(mark, 1), NULL), 8, 0.08, "mm2");
    }
    sheet_raster_finish(&r);
    form_destroy(form);
}

/* Catches squares in the wrong order, inverted, or the serial in the page's place. */
static void test_squares_say_page_and_serial(void **state)
{
    struct form *form =
        parse(PAGE NO_MARKS "identity:\n"
                            "  page: {bits: {at: [20, 8], step: 5, size: 3, count: 5}, value: 19}\n"
                            "  sheet: {bits: {at: [60, 8], step: 5, size: 3, count: 6}}\n" //
              QUESTIONS);
    const struct sheet_owner owner = {.serial = 37}, beyond = {.serial = 64};
    struct sheet_raster r = draw(form, 0, &owner, 200);
    for (int i = 0; i < 5; i++)
        assert_within(darkness_at(&r, 20 + 5 * i, 8), 19 >> (4 - i) & 1, 0.01, "page");
    for (int i = 0; i < 6; i++)
        assert_within(darkness_at(&r, 60 + 5 * i, 8), 37 >> (5 - i) & 1, 0.01, "serial");
    sheet_raster_finish(&r);
    assert_refused(form, &beyond, "64");
    form_destroy(form);
}

/* ---- bubbles ---- */

static void assert_outline(const struct form *form, const struct sheet_raster *r, int k)
{
    struct point on[OUTLINE_POINTS], normal[OUTLINE_POINTS];
    const struct field *f = &form->fields[k];
    for (int i = 0; i < f->n_bubbles; i++) {
        struct point c = rect_center(f->bubbles[i].box);
        outline_points(f->shape, f->bubbles[i].box.w, f->bubbles[i].box.h, on, normal);
        for (int n = 0; n < OUTLINE_POINTS; n++) {
            struct point p = {c.x + on[n].x, c.y + on[n].y};
            assert_true(darkness_at(r, p.x, p.y) > 0.5);
            for (int side = -1; side <= 1; side += 2)
                assert_true(darkness_at(r, p.x + side * 0.3 * normal[n].x,
                                        p.y + side * 0.3 * normal[n].y) < 0.05);
        }
    }
}

/* Catches outlines beside the boxes of the form, or drawn in another shape than is looked for. */
static void test_outlines_stand_where_reading_looks(void **state)
{
    static const char *const bubbles[] = {
        "{shape: circle, size: 4}", "{shape: oval, size: [5.3, 3.1]}",
        "{shape: box, size: [5, 2.8]}", "{shape: bracket, size: [5.5, 3]}"};
    for (size_t i = 0; i < sizeof bubbles / sizeof *bubbles; i++) {
        char text[2000];
        snprintf(text, sizeof text, "%s    bubble: %s\nprint: {letters: false, captions: false}\n",
                 PAGE MARKS QUESTIONS, bubbles[i]);
        struct form *form = parse(text);
        struct sheet_raster r = draw(form, 0, NULL, 400);
        for (int k = 0; k < form->n_fields; k++)
            assert_outline(form, &r, k);
        sheet_raster_finish(&r);
        form_destroy(form);
    }
}

/* Catches letters that a resolution moves: a glyph put to whole pixels shifts by half a one, and
 * what the reader learned of one sheet's print is no more true of another's. */
static void test_letters_stand_still_at_every_resolution(void **state)
{
    struct form *form = parse(PAGE MARKS QUESTIONS "    bubble: {shape: box, size: [5, 4]}\n");
    struct sheet_raster fine = draw(form, 0, NULL, 1200);
    for (double dpi = 100; dpi <= 300; dpi += 50) {
        struct sheet_raster r = draw(form, 0, NULL, dpi);
        for (int k = 0; k < form->n_fields; k++)
            for (int i = 0; i < 4; i++) {
                struct point a, b;
                struct rect box = grown(form->fields[k].bubbles[i].box, 1);
                double ink = ink_in(&fine, box, &a);
                assert_within(ink_in(&r, box, &b), ink, 0.03 * ink, "mm2");
                assert_within(b.x, a.x, 0.02, "x");
                assert_within(b.y, a.y, 0.02, "y");
            }
        sheet_raster_finish(&r);
    }
    sheet_raster_finish(&fine);
    form_destroy(form);
}

/* Catches a mark in the drop-out colour, or an outline in black. */
static void test_colour_is_for_what_no_machine_needs(void **state)
{
    struct form *form = parse(PAGE MARKS QUESTIONS "    bubble: {shape: box, size: [6, 4]}\n"
                                                   "print: {colour: \"#d04040\", line: 0.5}\n");
    struct sheet_raster r = draw(form, 0, NULL, 254); /* ten pixels a millimetre */
    struct rect box = form->fields[0].bubbles[0].box;
    size_t stride = r.stride / 4, x = (size_t)lround(box.x * 10), y = (size_t)lround(box.y * 10);
    assert_int_equal(r.pixels[(y + 20) * stride + x], 0xffd04040);
    assert_int_equal(r.pixels[100 * stride + 100], 0xff000000);
    assert_int_equal(r.pixels[0], 0xffffffff);
    sheet_raster_finish(&r);
    form_destroy(form);
}

/* ---- captions ---- */

/* Whether pixel p of both differs, within the box. */
static bool differ_in(const struct sheet_raster *a, const struct sheet_raster *b, struct rect box)
{
    double px = a->dpi / 25.4;
    for (int y = (int)(box.y * px); y < (box.y + box.h) * px; y++)
        for (int x = (int)(box.x * px); x < (box.x + box.w) * px; x++)
            if (fabs(darkness(a, x, y) - darkness(b, x, y)) > 0.02)
                return true;
    return false;
}

static void set_print(struct form *form, bool captions, bool number_boxes)
{
    form->pages[0].print->captions = captions;
    form->pages[0].print->number_boxes = number_boxes;
}

/* Catches a caption or a box laid over a bubble or a mark, or so near that it reads as ink, and one
 * that is not drawn though there is room. */
static void test_captions_and_boxes_keep_off_what_is_read(void **state)
{
    struct form *form = parse(PAGE MARKS QUESTIONS //
                              "  - field: number\n"
                              "    kind: grid\n"
                              "    options: 0-9\n"
                              "    columns: 3\n"
                              "    at: [90, 30]\n"
                              "    option_step: 5.5\n"
                              "    column_step: 7\n"
                              "    bubble: {shape: oval, size: [4, 3]}\n");
    set_print(form, false, false);
    struct sheet_raster without = draw(form, 0, NULL, 300);
    set_print(form, true, true);
    struct sheet_raster with = draw(form, 0, NULL, 300);
    for (int k = 0; k < form->n_fields; k++)
        for (int i = 0; i < form->fields[k].n_bubbles; i++)
            assert_false(differ_in(&with, &without, grown(form->fields[k].bubbles[i].box, 1.1)));
    for (int i = 0; i < 4; i++)
        assert_false(
            differ_in(&with, &without, grown(form->pages[0].registrations[0].marks[i].box, 1)));
    for (int i = 0; i < 8; i++)
        assert_true(differ_in(&with, &without, (struct rect){32, 18 + 8 * i, 4, 4}));
    for (int i = 0; i < 3; i++)
        assert_true(differ_in(&with, &without, (struct rect){87.5 + 7 * i, 18, 5, 9}));
    sheet_raster_finish(&with);
    sheet_raster_finish(&without);
    form_destroy(form);
}

/* Catches dense print inside a bubble that has no fellows to tell it by: it reads as a mark. */
static void test_lone_labels_stand_beside_their_bubbles(void **state)
{
    struct form *form = parse(PAGE MARKS QUESTIONS "    bubble: {shape: box, size: [6, 3]}\n"
                                                   "  - field: absent\n"
                                                   "    kind: choice\n"
                                                   "    options: [缺考]\n"
                                                   "    at: [90, 30]\n"
                                                   "    bubble: {shape: box, size: [6, 3]}\n");
    const struct rect box = form->fields[8].bubbles[0].box;
    struct sheet_raster r = draw(form, 0, NULL, 300);
    assert_within(ink_in(&r, grown(box, -0.3), NULL), 0, 0, "inside");
    assert_true(ink_in(&r, (struct rect){box.x + box.w + 1, box.y, 10, box.h}, NULL) > 1);
    assert_true(ink_in(&r, grown(form->fields[0].bubbles[0].box, -0.3), NULL) > 0.3);
    sheet_raster_finish(&r);
    form_destroy(form);
}

/* ---- whose sheet it is ---- */

static void to_image(const struct sheet_raster *r, struct rect area, struct image *img)
{
    double px = r->dpi / 25.4;
    image_init(img);
    assert_int_equal(image_resize(img, (int)(area.w * px), (int)(area.h * px)), 0);
    for (int y = 0; y < img->height; y++)
        for (int x = 0; x < img->width; x++)
            image_row(img, y)[x] =
                (uint8_t)(255 - 255 * darkness(r, x + (int)(area.x * px), y + (int)(area.y * px)));
}

static void assert_code(const struct sheet_raster *r, struct rect area, const char *text,
                        const char *symbology)
{
    struct barcode codes[4];
    struct arena arena;
    struct image img;
    int n = 0;
    arena_init(&arena);
    to_image(r, area, &img);
    assert_int_equal(barcode_read(&img, &arena, codes, 4, &n), 0);
    assert_int_equal(n, 1);
    assert_string_equal(codes[0].text, text);
    assert_string_equal(codes[0].symbology, symbology);
    image_finish(&img);
    arena_finish(&arena);
}

#define CODES                                                                                      \
    PAGE NO_MARKS "candidate: number\n"                                                            \
                  "identity: {barcode: {area: [5, 5, 24, 24], text: \"期中/*/1\"}}\n"            \
                  "fields:\n"                                                                      \
                  "  - {field: number, kind: barcode, area: [40, 5, 70, 16]}\n"

/* Catches codes that no scanner reads at 200 dpi, or that say another number. */
static void test_barcodes_are_read_again(void **state)
{
    struct form *form = parse(CODES);
    const struct sheet_owner owner = {.candidate = "11501144", .serial = 907};
    struct sheet_raster r = draw(form, 0, &owner, 200);
    assert_code(&r, (struct rect){5, 5, 24, 24}, "期中/907/1", "QR-Code");
    assert_code(&r, (struct rect){40, 5, 70, 16}, "11501144", "CODE-128");
    sheet_raster_finish(&r);
    form_destroy(form);
    form = parse(PAGE NO_MARKS "candidate: number\nfields:\n"
                               "  - {field: number, kind: barcode, area: [40, 5, 22, 20]}\n");
    r = draw(form, 0, &owner, 200);
    assert_code(&r, (struct rect){40, 5, 22, 20}, "11501144", "QR-Code");
    sheet_raster_finish(&r);
    form_destroy(form);
}

/* Catches a code squeezed into bars that cannot be printed. */
static void test_what_no_code_can_hold_is_told(void **state)
{
    const struct sheet_owner longer = {.candidate = "S-2026-1150114-TAIPEI-0042-second-sitting"};
    struct form *form = parse(CODES);
    assert_refused(form, &longer, longer.candidate);
    form_destroy(form);
}

/* Catches a number filled into the wrong bubbles, or one that the grid cannot say. */
static void test_number_is_filled_in(void **state)
{
    struct form *form = parse(PAGE NO_MARKS "candidate: number\n"
                                            "bubble: {shape: circle, size: 4}\nfields:\n"
                                            "  - field: number\n"
                                            "    kind: grid\n"
                                            "    options: 0-9\n"
                                            "    columns: 4\n"
                                            "    at: [30, 30]\n"
                                            "    option_step: 6\n"
                                            "    column_step: 8\n"
                                            "    blank: doubt\n");
    const struct sheet_owner owner = {.candidate = "2073", .fill_number = true},
                             shorter = {.candidate = "207", .fill_number = true},
                             longer = {.candidate = "20731", .fill_number = true};
    struct sheet_raster r = draw(form, 0, &owner, 200);
    for (int i = 0; i < 40; i++) {
        const struct bubble *b = &form->fields[0].bubbles[i];
        double full = ink_in(&r, b->box, NULL) / (M_PI * 4);
        if (b->option == "2073"[b->column] - '0')
            assert_true(full > 0.97);
        else
            assert_true(full < 0.4);
    }
    sheet_raster_finish(&r);
    assert_refused(form, &shorter, "207");
    assert_refused(form, &longer, "20731");
    form_destroy(form);
}

/* Catches a sheet that does not say whose it is, and placeholders that are printed. */
static void test_owner_is_written(void **state)
{
    struct form *form = parse(PAGE NO_MARKS QUESTIONS);
    struct form *own = parse(PAGE NO_MARKS QUESTIONS
                             "print:\n"
                             "  texts: [{text: \"{name} {candidate}\", at: [60, 96], size: 4}]\n");
    const struct sheet_owner owner = {.candidate = "17", .name = "林靜萱"};
    const struct rect head = {5, 4, 110, 6}, foot = {55, 90, 60, 8};
    struct sheet_raster plain = draw(form, 0, NULL, 200), named = draw(form, 0, &owner, 200);
    struct sheet_raster blank = draw(own, 0, NULL, 200), placed = draw(own, 0, &owner, 200);
    assert_true(ink_in(&plain, head, NULL) == 0 && ink_in(&named, head, NULL) > 3);
    assert_true(ink_in(&blank, foot, NULL) == 0 && ink_in(&placed, foot, NULL) > 3);
    assert_true(ink_in(&placed, head, NULL) == 0);
    sheet_raster_finish(&plain);
    sheet_raster_finish(&named);
    sheet_raster_finish(&blank);
    sheet_raster_finish(&placed);
    form_destroy(form);
    form_destroy(own);
}

/* ---- fonts ---- */

/* Catches tofu on a printed sheet, and one font taken for another without a word. */
static void test_missing_fonts_and_characters_are_told(void **state)
{
    struct form *form = parse(PAGE MARKS QUESTIONS "print: {font: No Such Family}\n");
    assert_refused(form, NULL, "No Such Family");
    form_destroy(form);
    form =
        parse(PAGE MARKS QUESTIONS "print:\n"
                                   "  texts: [{text: \"a\\U0010FFFD\", at: [9, 50], size: 4}]\n");
    assert_refused(form, NULL, "U+10FFFD");
    form_destroy(form);
}

/* ---- PDF ---- */

static char *scratch_folder(void)
{
    char *folder = strdup("/tmp/yuejuan-sheet-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

static int count_files(const char *folder)
{
    int n = 0;
    DIR *dir = opendir(folder);
    for (struct dirent *e; (e = readdir(dir));)
        n += e->d_name[0] != '.';
    closedir(dir);
    return n;
}

static void remove_folder(char *folder)
{
    char command[200];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
    free(folder);
}

static char *read_all(const char *path, size_t *ret_size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;
    assert_non_null(file);
    FILE *all = open_memstream(&bytes, ret_size);
    for (int c; (c = fgetc(file)) != EOF;)
        fputc(c, all);
    fclose(all);
    fclose(file);
    return bytes;
}

static int write_pdf(const struct form *form, const char *folder, const char *name)
{
    char path[200];
    struct diag d;
    diag_init(&d);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int rc = sheet_write_pdf(form, NULL, path, &d);
    diag_finish(&d);
    return rc;
}

/* Mean difference of the pixels in cells of a millimetre: the greatest, of 255. */
static double compare(const struct sheet_raster *r, const unsigned char *rgb)
{
    int side = (int)(r->dpi / 25.4);
    double worst = 0;
    for (int top = 0; top + side <= r->height; top += side)
        for (int left = 0; left + side <= r->width; left += side) {
            double sum = 0;
            for (int y = top; y < top + side; y++)
                for (int x = left; x < left + side; x++) {
                    const unsigned char *p = rgb + ((size_t)y * (size_t)r->width + (size_t)x) * 3;
                    sum += 255 * darkness(r, x, y) - (255 - (p[0] + p[1] + p[2]) / 3.0);
                }
            worst = fmax(worst, fabs(sum) / (side * side));
        }
    return worst;
}

/* Catches a PDF that shows another page than the simulation fills, by a renderer of its own. That
 * one puts glyphs to a quarter of its pixels and small filled boxes to whole ones. */
static void test_pdf_shows_what_the_raster_shows(void **state)
{
    if (system("pdftoppm -v >/dev/null 2>&1") != 0) {
        print_message("no pdftoppm here\n");
        skip();
    }
    struct form *form = parse("form: sheet\npage: {size: [127, 101.6]}\n" MARKS QUESTIONS
                              "    bubble: {shape: bracket, size: [5, 3]}\n"
                              "print:\n"
                              "  texts: [{text: 數學答題卡, at: [60, 12], size: 6, bold: true}]\n"
                              "  frames: [[30, 14, 60, 70]]\n");
    char *folder = scratch_folder(), command[300];
    assert_int_equal(write_pdf(form, folder, "a.pdf"), 0);
    snprintf(command, sizeof command, "pdftoppm -r 600 '%s/a.pdf' '%s/a'", folder, folder);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command, "%s/a-1.ppm", folder);
    size_t size;
    char *ppm = read_all(command, &size);
    struct sheet_raster r = draw(form, 0, NULL, 600);
    assert_int_equal(strncmp(ppm, "P6\n3000 2400\n255\n", 17), 0);
    double worst = compare(&r, (unsigned char *)ppm + 17);
    if (worst > 20)
        fail_msg("a square millimetre differs by %.1f grey levels", worst);
    free(ppm);
    sheet_raster_finish(&r);
    remove_folder(folder);
    form_destroy(form);
}

/* Catches a date or an address in the PDF, half a PDF after a mistake, and temporary files left. */
static void test_pdf_is_the_same_or_none(void **state)
{
    struct form *form = parse(PAGE MARKS QUESTIONS);
    struct form *bad =
        parse(PAGE MARKS QUESTIONS "    bubble: {size: 4}\nprint: {font: No Such Family}\n");
    char *folder = scratch_folder(), path[200];
    size_t sizes[2];
    assert_int_equal(write_pdf(form, folder, "a.pdf"), 0);
    snprintf(path, sizeof path, "%s/a.pdf", folder);
    char *first = read_all(path, &sizes[0]);
    assert_int_equal(write_pdf(bad, folder, "a.pdf"), YJ_EINPUT);
    assert_int_equal(count_files(folder), 1);
    char *kept = read_all(path, &sizes[1]);
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(first, kept, sizes[0]);
    free(kept);
    sleep(1); /* a second is what a date would show */
    assert_int_equal(write_pdf(form, folder, "a.pdf"), 0);
    char *again = read_all(path, &sizes[1]);
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(first, again, sizes[0]);
    free(first);
    free(again);
    assert_int_equal(write_pdf(form, folder, "none/a.pdf"), YJ_EIO);
    remove_folder(folder);
    form_destroy(form);
    form_destroy(bad);
}

/* ---- `print` in the form ---- */

/* Catches a page without print, and a page's own print that forgets the one at the top. */
static void test_print_has_defaults_and_pages_add_to_it(void **state)
{
    struct form *form = parse(PAGE NO_MARKS QUESTIONS);
    const struct form_print *print = form->pages[0].print;
    assert_string_equal(print->font, "Noto Sans CJK TC");
    assert_true(print->letters && print->captions && !print->number_boxes && print->line == 0.2);
    assert_true(print->colour.red == 0 && print->n_texts == 0 && print->n_frames == 0);
    form_destroy(form);
    form = parse(PAGE "print:\n"
                      "  colour: \"#ff8000\"\n"
                      "  texts: [{text: all, at: [10, 50], size: 4}]\n"
                      "  frames: [[1, 2, 3, 4]]\n"
                      "pages:\n"
                      "  - {registration: {image: true}, print: {line: 0.4}}\n"
                      "  - registration: {image: true}\n"
                      "    print:\n"
                      "      letters: false\n"
                      "      texts: [{text: own, at: [9, 9], size: 3, align: right, width: 20}]\n"
                      "fields: [{field: a, kind: region, area: [20, 20, 50, 50]}]\n");
    const struct form_print *first = form->pages[0].print, *second = form->pages[1].print;
    assert_true(first->line == 0.4 && second->line == 0.2);
    assert_true(first->letters && !second->letters);
    assert_true(first->colour.red == 1 && second->colour.red == 1);
    assert_int_equal(first->n_texts, 1);
    assert_int_equal(second->n_texts, 2);
    assert_int_equal(second->n_frames, 1);
    assert_string_equal(second->texts[0].text, "all");
    assert_string_equal(second->texts[1].text, "own");
    assert_int_equal(second->texts[1].align, ALIGN_RIGHT);
    assert_true(second->texts[1].width == 20);
    form_destroy(form);
}

/* Catches a mistake that is printed on ten thousand sheets. `[^` marks the place. */
static void test_mistakes_of_print_are_told_with_their_place(void **state)
{
    static const struct {
        const char *print;
        int line, column;
    } cases[] = {
        {"print: {colour: red}\n", 1, 17},
        {"print: {colour: \"#d0404\"}\n", 1, 18},
        {"print:\n  color: \"#d04040\"\n", 2, 3},
        {"print: {line: 9}\n", 1, 15},
        {"print: {letters: perhaps}\n", 1, 18},
        {"print: {font: \"\"}\n", 1, 16},
        {"print:\n  texts:\n    - {text: a, at: [9, 9]}\n", 3, 7},
        {"print:\n  texts:\n    - {text: a, at: [500, 9], size: 3}\n", 3, 21},
        {"print:\n  texts:\n    - {text: a, at: [9, 9], size: 3, align: middle}\n", 3, 45},
        {"print:\n  texts: {text: a}\n", 2, 10},
        {"print:\n  frames: [[1, 2, 3]]\n", 2, 12},
        {"print:\n  frames: [[100, 2, 30, 4]]\n", 2, 12},
        {"print: 3\n", 1, 8},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[2000];
        struct form *form = NULL;
        struct diag d;
        diag_init(&d);
        snprintf(text, sizeof text, "%s%s", cases[i].print, PAGE NO_MARKS QUESTIONS);
        assert_int_equal(form_parse(text, strlen(text), "f", NULL, &form, &d), YJ_EINPUT);
        if (d.errors != 1 || d.entries[0].line != cases[i].line ||
            d.entries[0].column != cases[i].column) {
            diag_print(&d, stderr);
            fail_msg("case %zu: not told once at %d:%d", i, cases[i].line, cases[i].column);
        }
        diag_finish(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_marks_have_their_ink_where_the_form_says),
        cmocka_unit_test(test_timing_marks_are_drawn),
        cmocka_unit_test(test_squares_say_page_and_serial),
        cmocka_unit_test(test_outlines_stand_where_reading_looks),
        cmocka_unit_test(test_letters_stand_still_at_every_resolution),
        cmocka_unit_test(test_colour_is_for_what_no_machine_needs),
        cmocka_unit_test(test_captions_and_boxes_keep_off_what_is_read),
        cmocka_unit_test(test_lone_labels_stand_beside_their_bubbles),
        cmocka_unit_test(test_barcodes_are_read_again),
        cmocka_unit_test(test_what_no_code_can_hold_is_told),
        cmocka_unit_test(test_number_is_filled_in),
        cmocka_unit_test(test_owner_is_written),
        cmocka_unit_test(test_missing_fonts_and_characters_are_told),
        cmocka_unit_test(test_pdf_shows_what_the_raster_shows),
        cmocka_unit_test(test_pdf_is_the_same_or_none),
        cmocka_unit_test(test_print_has_defaults_and_pages_add_to_it),
        cmocka_unit_test(test_mistakes_of_print_are_told_with_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
