#include "drawn_page.h"

#include "diag.h"
#include "registration.h"
#include "vision.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char card[] =
    "form: card\n"
    "page: {size: A4}\n"
    "registration:\n"
    "  marks: {shape: square, size: 5, at: [[12, 12], [198, 12], [198, 285], [12, 285]]}\n"
    "fields:\n"
    "  - {field: number, kind: grid, options: 0-9, columns: 6, at: [120, 40], option_step: [0, "
    "5],\n"
    "     column_step: [6, 0], bubble: {shape: oval, size: [4, 3]}}\n"
    "  - {fields: q1..40, kind: choice, options: ABCD, at: [25, 110], option_step: [7, 0],\n"
    "     step: [0, 7], per_column: 20, column_step: [80, 0], bubble: {shape: circle, size: 4}}\n";

/* The same marks, but its bubbles elsewhere. */
static const char other_card[] =
    "form: other\n"
    "page: {size: A4}\n"
    "registration:\n"
    "  marks: {shape: square, size: 5, at: [[12, 12], [198, 12], [198, 285], [12, 285]]}\n"
    "fields:\n"
    "  - {fields: q1..30, kind: choice, options: ABCDE, at: [61, 63], option_step: [9.3, 0],\n"
    "     step: [0, 6.4], bubble: {shape: box, size: [5, 3]}}\n";

/* No marks: the image's edges are the page's. */
static const char bare_card[] =
    "form: bare\n"
    "page: {size: A4}\n"
    "registration: {image: true}\n"
    "fields:\n"
    "  - {fields: q1..40, kind: choice, options: ABCD, at: [25, 110], option_step: [7, 0],\n"
    "     step: [0, 7], per_column: 20, column_step: [80, 0], bubble: {shape: circle, size: 4}}\n";

/* Timing marks along both sides, and nothing else to go by but the bubbles. */
static const char timed_card[] =
    "form: timed\n"
    "page: {size: A4}\n"
    "registration:\n"
    "  timing:\n"
    "  - {size: [4, 2], at: [8, 40], step: 7, count: 33}\n"
    "  - {size: [4, 2], at: [202, 40], step: 7, count: 33}\n"
    "fields:\n"
    "  - {field: number, kind: grid, options: 0-9, columns: 6, at: [120, 40], option_step: [0, "
    "5],\n"
    "     column_step: [6, 0], bubble: {shape: oval, size: [4, 3]}}\n"
    "  - {fields: q1..40, kind: choice, options: ABCD, at: [25, 110], option_step: [7, 0],\n"
    "     step: [0, 7], per_column: 20, column_step: [80, 0], bubble: {shape: bracket, size: [5, "
    "3]}}\n";

/* Many brackets of thin strokes. */
static const char thin_card[] =
    "form: thin\n"
    "page: {size: A4}\n"
    "registration:\n"
    "  marks: {shape: square, size: 6, at: [[11, 11], [199, 11], [199, 286], [11, 286]]}\n"
    "fields:\n"
    "  - {fields: q1..96, kind: choice, options: ABCD, at: [30, 114], option_step: [7.5, 0],\n"
    "     step: [0, 6], per_column: 24, column_step: [43, 0],\n"
    "     bubble: {shape: bracket, size: [5, 2.8]}}\n";

/* Nothing but the print. */
static const char print_card[] =
    "form: print\n"
    "page: {size: A4}\n"
    "registration: {print: true}\n"
    "fields:\n"
    "  - {field: number, kind: grid, options: 0-9, columns: 6, at: [120, 40], option_step: [0, "
    "5],\n"
    "     column_step: [6, 0], bubble: {shape: oval, size: [4, 3]}}\n"
    "  - {fields: q1..40, kind: choice, options: ABCD, at: [25, 110], option_step: [7, 0],\n"
    "     step: [0, 7], per_column: 20, column_step: [80, 0], bubble: {shape: circle, size: 4}}\n";

static const struct drawn_fill some_fills[] = {
    {"q1", 0, 0.7, 0.9},  {"q2", 1, 0.7, 1.1}, {"q3", 3, 0.5, 0.8},   {"q7", 2, 0.8, 1.0},
    {"q20", 0, 0.7, 0.9}, {"q30", 3, 0.6, 1},  {"number", 3, 0.7, 1}, {NULL, 0, 0, 0},
};

/* For forms without a number. */
static const struct drawn_fill some_answers[] = {
    {"q1", 0, 0.7, 0.9},  {"q2", 1, 0.7, 1.1}, {"q3", 3, 0.5, 0.8}, {"q7", 2, 0.8, 1.0},
    {"q20", 0, 0.7, 0.9}, {"q30", 3, 0.6, 1},  {NULL, 0, 0, 0},
};

struct bench {
    struct form *form;
    struct exam_form exam_form;
    struct exam exam;
    struct registrar *registrar;
    struct registration_scratch *scratch;
    struct image img, turned;
};

static void bench_init(struct bench *b, const char *text)
{
    struct diag d;
    memset(b, 0, sizeof(*b));
    diag_init(&d);
    if (form_parse(text, strlen(text), "test.yaml", ".", &b->form, &d) < 0) {
        diag_print(&d, stderr);
        fail();
    }
    b->exam_form.form = b->form;
    b->exam.forms = &b->exam_form;
    b->exam.n_forms = 1;
    assert_int_equal(registrar_create(&b->exam, &b->registrar, &d), 0);
    assert_int_equal(registration_scratch_create(&b->scratch), 0);
    diag_finish(&d);
}

static void bench_finish(struct bench *b)
{
    registrar_destroy(b->registrar);
    registration_scratch_destroy(b->scratch);
    form_destroy(b->form);
    image_finish(&b->img);
    image_finish(&b->turned);
}

static struct homography draw(struct bench *b, const struct form *form, double dpi, double degrees)
{
    struct homography map = drawn_page_map(form, dpi, degrees);
    drawn_page_draw(form, 0, &map, (int)lround(form->width / 25.4 * dpi),
                    (int)lround(form->height / 25.4 * dpi), some_fills, &b->img);
    return map;
}

static struct registration_result find(const struct bench *b, const struct image *img)
{
    struct registration_result r;
    assert_int_equal(registrar_find(b->registrar, "scan.png", img, NULL, b->scratch, &r), 0);
    return r;
}

/* Farthest that any bubble's centre is put from where it was drawn, in mm. */
static double worst_error(const struct form *form, const struct page_map *map,
                          const struct homography *truth)
{
    double worst = 0;
    for (int i = 0; i < form->n_fields; i++)
        for (int k = 0; k < form->fields[i].n_bubbles; k++) {
            struct point mm = rect_center(form->fields[i].bubbles[k].box);
            struct point a = page_map_point(map, mm), t = homography_apply(truth, mm);
            worst = fmax(worst, hypot(a.x - t.x, a.y - t.y) / homography_scale(truth, mm));
        }
    return worst;
}

static void expect_read(const struct bench *b, const struct registration_result *r,
                        const struct homography *truth, double within)
{
    if (r->verdict != PAGE_READ)
        fail_msg("%s: %s", page_verdict_name(r->verdict), r->reason);
    double worst = worst_error(b->form, &r->map, truth);
    if (worst > within)
        fail_msg("a bubble is put %.2f mm away", worst);
}

/* Catches any loss of accuracy over scale and skew. */
static void test_every_scale_and_skew(void **state)
{
    static const struct {
        double dpi, degrees;
    } cases[] = {{200, 0}, {200, 2.5}, {200, -5}, {150, 1}, {100, 1}, {300, 3}, {600, 0.5}};
    struct bench b;
    bench_init(&b, card);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct homography truth = draw(&b, b.form, cases[i].dpi, cases[i].degrees);
        drawn_page_noise(&b.img, 8, 1);
        struct registration_result r = find(&b, &b.img);
        expect_read(&b, &r, &truth, 0.2);
        assert_true(fabs(r.quality.dpi - cases[i].dpi) < 0.02 * cases[i].dpi);
        assert_true(fabs(r.quality.skew - cases[i].degrees) < 0.2);
    }
    bench_finish(&b);
}

/* Catches an upside-down sheet read as if it were upright: the marks look the same either way. */
static void test_all_four_orientations(void **state)
{
    struct bench b;
    bench_init(&b, card);
    draw(&b, b.form, 150, 1);
    for (int turn = 90; turn < 360; turn += 90) {
        assert_int_equal(image_rotate(&b.img, turn, &b.turned), 0);
        struct registration_result r = find(&b, &b.turned);
        assert_int_equal(r.verdict, PAGE_READ);
        double skew = fmod(r.quality.skew + 720 - turn, 360);
        assert_true(fabs(skew - 1) < 0.3);
    }
    bench_finish(&b);
}

/* Catches a sheet refused because one of its four marks is torn off. */
static void test_any_three_of_four_marks(void **state)
{
    struct bench b;
    bench_init(&b, card);
    for (int missing = 0; missing < 4; missing++) {
        struct homography truth = draw(&b, b.form, 200, 1.5);
        struct rect box = b.form->pages[0].registrations[0].marks[missing].box;
        drawn_page_erase(&truth, (struct rect){box.x - 3, box.y - 3, 11, 11}, &b.img);
        struct registration_result r = find(&b, &b.img);
        expect_read(&b, &r, &truth, 0.25);
    }
    bench_finish(&b);
}

/* Catches paper that stretched by 1.5 % one way: the map must follow the print. */
static void test_stretched_paper(void **state)
{
    struct bench b;
    bench_init(&b, card);
    struct homography truth = drawn_page_map(b.form, 200, 0.5);
    struct homography stretch = {{1, 0, 0, 0, 1.015, -2, 0, 0, 1}};
    homography_compose(&truth, &stretch, &truth);
    drawn_page_draw(b.form, 0, &truth, 1654, 2339, some_fills, &b.img);
    struct registration_result r = find(&b, &b.img);
    expect_read(&b, &r, &truth, 0.2);
    bench_finish(&b);
}

/* Catches print that shifted against the marks by 0.8 mm (a second pass through the press). */
static void test_print_shifted_against_the_marks(void **state)
{
    struct bench b;
    bench_init(&b, card);
    struct homography marks = drawn_page_map(b.form, 200, 0), print = marks;
    struct homography shift = {{1, 0, 0.6, 0, 1, 0.5, 0, 0, 1}};
    homography_compose(&marks, &shift, &print);
    drawn_page_draw(b.form, 0, &print, 1654, 2339, some_fills, &b.img);
    struct image other;
    image_init(&other);
    drawn_page_draw(b.form, 0, &marks, 1654, 2339, NULL, &other);
    for (int i = 0; i < 4; i++) { /* the marks of the one, the print of the other */
        struct point c =
            homography_apply(&marks, b.form->pages[0].registrations[0].marks[i].centroid);
        for (int y = (int)c.y - 40; y < (int)c.y + 40; y++)
            memcpy(image_row(&b.img, y) + (int)c.x - 40, image_row(&other, y) + (int)c.x - 40, 80);
    }
    struct registration_result r = find(&b, &b.img);
    expect_read(&b, &r, &print, 0.2);
    image_finish(&other);
    bench_finish(&b);
}

/* Catches a sheet of another form, or an empty page, read as garbage. */
static void test_other_forms_are_refused(void **state)
{
    struct bench b, other;
    bench_init(&b, card);
    bench_init(&other, other_card);
    struct homography map = drawn_page_map(other.form, 200, 1);
    drawn_page_draw(other.form, 0, &map, 1654, 2339, NULL, &other.img);
    struct registration_result r = find(&b, &other.img);
    assert_int_equal(r.verdict, PAGE_UNKNOWN_FORM);
    assert_non_null(strstr(r.reason, "card"));
    assert_int_equal(image_resize(&b.img, 1654, 2339), 0);
    memset(b.img.data, 240, b.img.capacity);
    r = find(&b, &b.img);
    assert_int_equal(r.verdict, PAGE_NO_REGISTRATION);
    bench_finish(&b);
    bench_finish(&other);
}

/* The first questions of `card`, and nothing else of it. */
static const char short_card[] =
    "form: short\n"
    "page: {size: A4}\n"
    "registration:\n"
    "  marks: {shape: square, size: 5, at: [[12, 12], [198, 12], [198, 285], [12, 285]]}\n"
    "fields:\n"
    "  - {fields: q1..20, kind: choice, options: ABCD, at: [25, 110], option_step: [7, 0],\n"
    "     step: [0, 7], bubble: {shape: circle, size: 4}}\n";

/* Catches a scan taken for the first form that fits: of forms with the same marks the one whose
 * print it shows is meant, and where one's print is a part of another's, the one that explains
 * more. */
static void test_one_of_several_forms(void **state)
{
    static const char *const texts[] = {short_card, other_card, card};
    enum { FORMS = 3 };
    struct bench benches[FORMS];
    struct exam_form forms[FORMS];
    struct exam exam = {.forms = forms, .n_forms = FORMS};
    struct registrar *registrar;
    struct diag d;
    diag_init(&d);
    for (int i = 0; i < FORMS; i++) {
        bench_init(&benches[i], texts[i]);
        forms[i] = benches[i].exam_form;
    }
    assert_int_equal(registrar_create(&exam, &registrar, &d), 0);
    for (int i = 0; i < FORMS; i++)
        for (int hidden = 0; hidden < 2; hidden++) { /* a mark, so that nothing is sure at once */
            struct bench *b = &benches[i];
            struct homography truth = drawn_page_map(b->form, 200, 0.8 - 0.9 * i);
            struct registration_result r;
            drawn_page_draw(b->form, 0, &truth, 1654, 2339, some_answers, &b->img);
            if (hidden)
                drawn_page_erase(&truth, (struct rect){5, 5, 14, 14}, &b->img);
            drawn_page_noise(&b->img, 4, (unsigned)i);
            assert_int_equal(registrar_find(registrar, "scan.png", &b->img, NULL, b->scratch, &r),
                             0);
            expect_read(b, &r, &truth, 0.25);
            assert_int_equal(r.form, i);
        }
    registrar_destroy(registrar);
    for (int i = 0; i < FORMS; i++)
        bench_finish(&benches[i]);
    diag_finish(&d);
}

/* Catches a black and white scan put wrongly, or whose strokes of a pixel or two are missed:
 * halved, they fall between the pixels that are looked at. */
static void test_black_and_white(void **state)
{
    struct bench b;
    bench_init(&b, other_card);
    for (int step = 0; step < 8; step++) {
        struct homography truth = drawn_page_map(b.form, 195 + 2 * step, 1.2 - 0.3 * step);
        drawn_page_draw(b.form, 0, &truth, 1654, 2339, some_answers, &b.img);
        for (int y = 0; y < b.img.height; y++)
            for (int x = 0; x < b.img.width; x++)
                image_row(&b.img, y)[x] = image_row(&b.img, y)[x] < 150 ? 0 : 255;
        struct registration_result r = find(&b, &b.img);
        expect_read(&b, &r, &truth, 0.15);
        assert_true(r.fit > 0.95);
    }
    bench_finish(&b);
}

/* Catches a sheet refused because its outlines are a little smaller or larger than the form says: a
 * thin line drawn inside or outside of the edge that was measured. */
static void test_outlines_of_another_size(void **state)
{
    static const char *const sizes[] = {"3.8", "4.2", "3.5", "4.5"};
    static const double dpis[] = {100, 150, 200, 300};
    const char *at = strstr(card, "size: 4}}");
    struct bench b;
    assert_non_null(at);
    bench_init(&b, card);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        char text[sizeof(card) + 16];
        struct bench printed;
        snprintf(text, sizeof(text), "%.*ssize: %s}}\n", (int)(at - card), card, sizes[i]);
        bench_init(&printed, text);
        for (size_t k = 0; k < sizeof(dpis) / sizeof(*dpis); k++) {
            struct homography truth = draw(&printed, printed.form, dpis[k], 0.7);
            struct registration_result r = find(&b, &printed.img);
            print_message("outlines of %s mm for 4 mm at %.0f dpi\n", sizes[i], dpis[k]);
            expect_read(&b, &r, &truth, 0.3);
        }
        bench_finish(&printed);
    }
    bench_finish(&b);
}

/* Catches answers read one row down: without marks, a page whose first row is cut off and whose
 * last is followed by a row more looks nearly right. */
static void test_a_row_off_is_not_accepted(void **state)
{
    struct bench b;
    bench_init(&b, bare_card);
    struct homography truth = drawn_page_map(b.form, 200, 0);
    struct homography row = {{1, 0, 0, 0, 1, 7, 0, 0, 1}};
    homography_compose(&truth, &row, &truth);
    drawn_page_draw(b.form, 0, &truth, 1654, 2339, some_fills, &b.img);
    struct registration_result r = find(&b, &b.img);
    if (r.verdict == PAGE_READ)
        assert_true(worst_error(b.form, &r.map, &truth) < 0.3);
    bench_finish(&b);
}

/* Catches a sheet whose answers were printed one row below where the form has them, its marks being
 * right: every answer would be the next question's. */
static void test_print_a_row_off_its_marks(void **state)
{
    struct bench b, printed;
    char text[sizeof(card)];
    bench_init(&b, card);
    memcpy(text, card, sizeof(card));
    for (int i = 0; i < 2; i++) {
        memcpy(strstr(text, "at: [25, 110]") + 5, i ? "32, 110" : "25, 117", 7);
        bench_init(&printed, text);
        draw(&printed, printed.form, 200, 0.5);
        struct registration_result r = find(&b, &printed.img);
        assert_int_not_equal(r.verdict, PAGE_READ);
        bench_finish(&printed);
        memcpy(text, card, sizeof(card));
    }
    bench_finish(&b);
}

/* Catches a feeder that slipped by one row in the middle of the page: below, each answer stands
 * where its neighbour's should. */
static void test_slip_in_the_feeder(void **state)
{
    struct bench b;
    bench_init(&b, card);
    struct homography truth = draw(&b, b.form, 200, 0);
    int from = (int)homography_apply(&truth, (struct point){0, 155.5}).y,
        rows = (int)(7 * 200 / 25.4);
    for (int y = from; y + rows < b.img.height; y++) /* a row of bubbles is lost */
        memcpy(image_row(&b.img, y), image_row(&b.img, y + rows), (size_t)b.img.width);
    struct registration_result r = find(&b, &b.img);
    assert_int_not_equal(r.verdict, PAGE_READ);
    bench_finish(&b);
}

static void erase_marks(const struct bench *b, const struct homography *map, unsigned which,
                        struct image *img)
{
    const struct registration *r = &b->form->pages[0].registrations[0];
    for (int i = 0; i < r->n_marks; i++)
        if (which >> i & 1) {
            struct rect box = r->marks[i].box;
            drawn_page_erase(map, (struct rect){box.x - 2, box.y - 2, box.w + 4, box.h + 4}, img);
        }
}

/* Catches a sheet refused, or misread, because marks are torn off: any two of four, or all. */
static void test_marks_torn_off(void **state)
{
    struct bench b;
    bench_init(&b, card);
    for (unsigned which = 1; which < 16; which++) {
        struct homography truth = draw(&b, b.form, 150, which % 3 - 1.0);
        erase_marks(&b, &truth, which, &b.img);
        drawn_page_noise(&b.img, 6, which);
        struct registration_result r = find(&b, &b.img);
        expect_read(&b, &r, &truth, 0.25);
    }
    bench_finish(&b);
}

/* Catches print that is not found where a page without marks lies: stretched by 3 % one way,
 * turned, shifted, coarse, in perspective. */
static void test_by_print_alone(void **state)
{
    static const struct {
        double dpi, degrees, wide, high, perspective;
    } cases[] = {{200, 0, 1, 1, 0},        {150, 3, 1.03, 1, 0},    {150, -4, 1, 0.97, 0},
                 {100, 11, 0.97, 1.03, 0}, {70, 1, 1, 1, 0},        {300, -2, 1.02, 0.98, 0},
                 {150, 2, 1, 1, 2e-4},     {150, -1, 1, 1, -1.5e-4}};
    struct bench b;
    bench_init(&b, print_card);
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        double margin = cases[i].degrees > 8 ? 15 : 4, px = cases[i].dpi / 25.4;
        struct homography truth = drawn_page_map(b.form, cases[i].dpi, cases[i].degrees);
        struct homography bend = {{cases[i].wide, 0, 0, 0, cases[i].high, 0, cases[i].perspective,
                                   cases[i].perspective, 1}};
        struct homography move = {{1, 0, margin * px, 0, 1, margin * px, 0, 0, 1}};
        homography_compose(&truth, &bend, &truth);
        homography_compose(&move, &truth, &truth);
        drawn_page_draw(b.form, 0, &truth, (int)((b.form->width + 2 * margin + 7) * px),
                        (int)((b.form->height + 2 * margin + 9) * px), some_fills, &b.img);
        drawn_page_noise(&b.img, 6, 7);
        print_message("case %zu\n", i);
        struct registration_result r = find(&b, &b.img);
        expect_read(&b, &r, &truth, 0.3);
    }
    bench_finish(&b);
}

/* Catches an upside-down or sideways page without marks taken for an upright one. */
static void test_print_in_every_orientation(void **state)
{
    struct bench b;
    bench_init(&b, print_card);
    draw(&b, b.form, 150, 1);
    for (int turn = 0; turn < 360; turn += 90) {
        const struct image *img = &b.img;
        if (turn) {
            assert_int_equal(image_rotate(&b.img, turn, &b.turned), 0);
            img = &b.turned;
        }
        struct registration_result r = find(&b, img);
        if (r.verdict != PAGE_READ)
            fail_msg("turned by %d: %s", turn, r.reason);
        double skew = fmod(r.quality.skew + 720 - turn, 360);
        assert_true(fabs(skew - 1) < 0.3);
    }
    bench_finish(&b);
}

/* Catches timing marks that are not counted rightly: all there, some torn off, blots beside them.
 */
static void test_timing_marks(void **state)
{
    struct bench b;
    bench_init(&b, timed_card);
    for (int damage = 0; damage < 3; damage++) {
        struct homography truth = draw(&b, b.form, 200, damage - 1.0);
        if (damage == 1)
            drawn_page_erase(&truth, (struct rect){2, 30, 12, 60}, &b.img);
        if (damage == 2)
            drawn_page_erase(&truth, (struct rect){2, 200, 12, 90}, &b.img);
        struct registration_result r = find(&b, &b.img);
        expect_read(&b, &r, &truth, 0.25);
    }
    bench_finish(&b);
}

/* Catches a page of even rows alone, whose first rows are cut off, read a row off: nothing says
 * which row is which. */
static void test_cut_rows_without_marks_are_refused(void **state)
{
    static const char rows[] =
        "form: rows\n"
        "page: {size: A4}\n"
        "registration: {print: true}\n"
        "fields:\n"
        "  - {fields: q1..30, kind: choice, options: ABCD, at: [60, 40], option_step: [7, 0],\n"
        "     step: [0, 7], bubble: {shape: circle, size: 4}}\n"
        "  - {field: side, kind: choice, options: ABC, at: [110, 100], option_step: [9, 0],\n"
        "     bubble: {shape: circle, size: 4}}\n";
    struct bench b;
    bench_init(&b, rows);
    struct homography truth = drawn_page_map(b.form, 150, 0);
    drawn_page_draw(b.form, 0, &truth, 1240, 1754, NULL, &b.img);
    struct registration_result r = find(&b, &b.img);
    expect_read(&b, &r, &truth, 0.25);
    int cut = (int)homography_apply(&truth, (struct point){0, 51}).y; /* q1 and q2 are lost */
    struct image rest = b.img;
    rest.data = image_row(&b.img, cut);
    rest.height -= cut;
    r = find(&b, &rest);
    assert_int_not_equal(r.verdict, PAGE_READ);
    bench_finish(&b);
}

/* Catches a sheet read on which another lies or hangs out: its marks where this form has none. */
static void test_double_feed_is_refused(void **state)
{
    struct bench b;
    struct image other;
    bench_init(&b, card);
    image_init(&other);
    struct homography map = draw(&b, b.form, 150, 0.5);
    drawn_page_draw(b.form, 0, &map, 1240, 1754, NULL, &other);
    int rows = (int)(60 * 150 / 25.4), height = b.img.height;
    assert_int_equal(image_resize(&b.turned, b.img.width, height + rows), 0);
    for (int y = 0; y < height; y++) /* the upper sheet whole, the lower's foot below it */
        memcpy(image_row(&b.turned, y), image_row(&b.img, y), (size_t)b.img.width);
    for (int y = height; y < height + rows; y++)
        memcpy(image_row(&b.turned, y), image_row(&other, y - rows), (size_t)b.img.width);
    struct registration_result r = find(&b, &b.turned);
    assert_int_not_equal(r.verdict, PAGE_READ);
    assert_non_null(strstr(r.reason, "second sheet"));
    /* The lower's head over the upper's foot, within the page. */
    for (int y = height - rows; y < height; y++)
        memcpy(image_row(&b.img, y), image_row(&other, y - (height - rows)), (size_t)b.img.width);
    r = find(&b, &b.img);
    assert_int_not_equal(r.verdict, PAGE_READ);
    image_finish(&other);
    bench_finish(&b);
}

/* What the form prints and does not name. */
static void blacken(const struct homography *map, struct rect area, struct image *img)
{
    struct point from = homography_apply(map, (struct point){area.x, area.y});
    struct point to = homography_apply(map, (struct point){area.x + area.w, area.y + area.h});
    for (int y = (int)from.y; y < (int)to.y; y++)
        for (int x = (int)from.x; x < (int)to.x; x++)
            image_row(img, y)[x] = 40;
}

/* Catches a sheet refused because a staple over one of its marks makes another shape of it: any
 * four of many filled bubbles looked more like the marks than the three that are left. */
static void test_staple_over_a_mark(void **state)
{
    struct bench b;
    bench_init(&b, thin_card);
    struct drawn_fill fills[97] = {{NULL, 0, 0, 0}};
    char names[96][8];
    unsigned seed = 1;
    for (int i = 0; i < 96; i++) {
        snprintf(names[i], sizeof(names[i]), "q%d", i + 1);
        seed = seed * 1103515245u + 12345u;
        fills[i] = (struct drawn_fill){names[i], (int)(seed >> 16 & 3), 0.85, 1.0};
    }
    for (int turn = 0; turn < 4; turn++) {
        struct homography truth = drawn_page_map(b.form, 200, 0.5 - 0.3 * turn);
        drawn_page_draw(b.form, 0, &truth, 1654, 2339, fills, &b.img);
        blacken(&truth, (struct rect){6, 9, 12, 0.7}, &b.img);
        for (int k = 0; k < 160; k++) /* words that no form names */
            blacken(&truth, (struct rect){24 + 43 * (k % 4), 112.5 + 6 * (k / 4 % 24), 1.4, 2.8},
                    &b.img);
        drawn_page_noise(&b.img, 4, (unsigned)turn);
        struct registration_result r = find(&b, &b.img);
        print_message("%s fit %.2f %s\n", page_verdict_name(r.verdict), r.fit, r.reason);
        expect_read(&b, &r, &truth, 0.25);
    }
    bench_finish(&b);
}

/* Catches a sheet read under a strip of another one's head: of its marks half is seen, of its print
 * two squares. The same sheet under as much of a white lid is honest. */
static void test_strip_of_a_second_sheet(void **state)
{
    static const char low_card[] =
        "form: low\n"
        "page: {size: A4}\n"
        "registration:\n"
        "  marks: {shape: disc, size: 4, at: [[25, 25], [185, 25], [185, 280], [25, 280]]}\n"
        "fields:\n"
        "  - {fields: q1..40, kind: choice, options: ABCD, at: [35, 90], option_step: [7, 0],\n"
        "     step: [0, 7], per_column: 20, column_step: [80, 0],\n"
        "     bubble: {shape: circle, size: 4}}\n";
    struct bench b;
    bench_init(&b, low_card);
    struct homography truth = drawn_page_map(b.form, 150, 0.4), upper = truth;
    struct homography down = {{1, 0, 0, 0, 1, 25, 0, 0, 1}};
    homography_compose(&truth, &down, &truth);
    int cut = (int)homography_apply(&truth, (struct point){105, 0}).y;
    for (int doubled = 0; doubled < 2; doubled++) {
        drawn_page_draw(b.form, 0, &truth, 1240, 1754, some_answers, &b.img);
        drawn_page_draw(b.form, 0, &upper, 1240, 1754, NULL, &b.turned);
        for (int i = 0; i < 2; i++) {
            struct rect square = {60 + 12 * i, 14, 3, 3};
            blacken(&truth, square, &b.img);
            blacken(&upper, square, &b.turned);
        }
        for (int y = 0; y < cut && doubled; y++)
            memcpy(image_row(&b.img, y), image_row(&b.turned, y), (size_t)b.img.width);
        drawn_page_noise(&b.img, 4, 3);
        struct registration_result r = find(&b, &b.img);
        if (!doubled) {
            expect_read(&b, &r, &truth, 0.25);
            continue;
        }
        assert_int_not_equal(r.verdict, PAGE_READ);
        assert_non_null(strstr(r.reason, "second sheet"));
    }
    bench_finish(&b);
}

/* What a sheet that does not lie flat looks like from above: by up to `mm` beside its place. */
static void bend(const struct image *flat, double px, struct image *out)
{
    assert_int_equal(image_resize(out, flat->width, flat->height), 0);
    for (int y = 0; y < flat->height; y++)
        for (int x = 0; x < flat->width; x++) {
            double u = x + px * sin(M_PI * y / flat->height);
            double v = y + px * sin(M_PI * x / flat->width);
            int x0 = (int)floor(u), y0 = (int)floor(v);
            double fx = u - x0, fy = v - y0;
            x0 = x0 > flat->width - 2 ? flat->width - 2 : x0;
            y0 = y0 > flat->height - 2 ? flat->height - 2 : y0;
            const uint8_t *a = image_row(flat, y0) + x0, *c = image_row(flat, y0 + 1) + x0;
            double grey =
                (1 - fy) * ((1 - fx) * a[0] + fx * a[1]) + fy * ((1 - fx) * c[0] + fx * c[1]);
            image_row(out, y)[x] = (uint8_t)(grey + 0.5);
        }
}

/* Catches a photo of a bent sheet refused, all of whose print is in view: thin brackets fall
 * between the pixels of a reduced picture. */
static void test_thin_brackets_on_bent_paper(void **state)
{
    static const double dpis[] = {185, 190, 195, 200, 205};
    struct bench b;
    bench_init(&b, thin_card);
    for (size_t i = 0; i < sizeof(dpis) / sizeof(*dpis); i++) {
        struct homography truth = drawn_page_map(b.form, dpis[i], 1.0 + 0.3 * (double)i);
        struct homography tilt = {{1, 0, 0, 0, 1, 0, 1e-4, -1.2e-4, 1}};
        homography_compose(&truth, &tilt, &truth);
        drawn_page_draw(b.form, 0, &truth, 1700, 2500, some_answers, &b.turned);
        bend(&b.turned, 0.5 * dpis[i] / 25.4, &b.img);
        drawn_page_noise(&b.img, 4, (unsigned)i);
        struct registration_result r = find(&b, &b.img);
        print_message("%.0f dpi: %s fit %.2f %s\n", dpis[i], page_verdict_name(r.verdict), r.fit,
                      r.reason);
        assert_int_equal(r.verdict, PAGE_READ);
        assert_true(r.fit > 0.95);
    }
    bench_finish(&b);
}

/* As worst_error, where `bend` moved the page by up to px. */
static double worst_bent_error(const struct bench *b, const struct page_map *map,
                               const struct homography *truth, double px)
{
    double worst = 0;
    for (int i = 0; i < b->form->n_fields; i++)
        for (int k = 0; k < b->form->fields[i].n_bubbles; k++) {
            struct point mm = rect_center(b->form->fields[i].bubbles[k].box);
            struct point a = page_map_point(map, mm), t = homography_apply(truth, mm);
            struct point bent = {t.x - px * sin(M_PI * t.y / b->img.height),
                                 t.y - px * sin(M_PI * t.x / b->img.width)};
            worst = fmax(worst, hypot(a.x - bent.x, a.y - bent.y) / homography_scale(truth, mm));
        }
    return worst;
}

/* Catches a photo of a sheet that bulges refused, or read beside its bubbles: parts bend farther
 * than they are looked for, and the print is far from where the marks alone have it. */
static void test_bulging_paper(void **state)
{
    static const double dpis[] = {130, 150, 190};
    struct bench b;
    bench_init(&b, card);
    for (size_t i = 0; i < sizeof(dpis) / sizeof(*dpis); i++) {
        double px = 1.5 * dpis[i] / 25.4;
        struct homography truth = drawn_page_map(b.form, dpis[i], -1.0 + (double)i);
        struct homography tilt = {{1, 0, 0, 0, 1, 0, 1e-4, -1.2e-4, 1}};
        homography_compose(&truth, &tilt, &truth);
        drawn_page_draw(b.form, 0, &truth, (int)(9 * dpis[i]), (int)(12.5 * dpis[i]), some_fills,
                        &b.turned);
        bend(&b.turned, px, &b.img);
        drawn_page_noise(&b.img, 4, (unsigned)i);
        struct registration_result r = find(&b, &b.img);
        double worst = worst_bent_error(&b, &r.map, &truth, px);
        print_message("%.0f dpi: %s fit %.2f, %.2f mm %s\n", dpis[i], page_verdict_name(r.verdict),
                      r.fit, worst, r.reason);
        assert_int_equal(r.verdict, PAGE_READ);
        assert_true(r.fit > 0.97);
        assert_true(worst < 0.5);
    }
    bench_finish(&b);
}

/* Catches brackets put beside their place on paper that bends: their strokes say nothing of how far
 * along them they are. */
static void test_brackets_are_not_strewn(void **state)
{
    struct bench b;
    bench_init(&b, thin_card);
    double px = 0.7 * 150 / 25.4;
    struct homography truth = drawn_page_map(b.form, 150, 0.7);
    drawn_page_draw(b.form, 0, &truth, 1300, 1860, some_answers, &b.turned);
    bend(&b.turned, px, &b.img);
    drawn_page_noise(&b.img, 12, 5);
    struct registration_result r = find(&b, &b.img);
    double worst = worst_bent_error(&b, &r.map, &truth, px);
    print_message("%s fit %.2f, %.2f mm %s\n", page_verdict_name(r.verdict), r.fit, worst,
                  r.reason);
    assert_int_equal(r.verdict, PAGE_READ);
    assert_true(worst < 0.5);
    bench_finish(&b);
}

static void punch(const struct homography *map, struct point at, struct image *img)
{
    double radius = 2.75 * homography_scale(map, at);
    struct point c = homography_apply(map, at);
    for (int y = (int)(c.y - radius); y <= (int)(c.y + radius); y++)
        for (int x = (int)(c.x - radius); x <= (int)(c.x + radius); x++)
            if (hypot(x - c.x, y - c.y) < radius)
                image_row(img, y)[x] = 60;
}

/* Catches a sheet taken for two because it was punched at both sides, as far apart as its marks
 * are, of which one is gone: a hole is no square. */
static void test_punched_holes_are_no_marks(void **state)
{
    struct bench b;
    bench_init(&b, card);
    struct homography truth = draw(&b, b.form, 150, 0.6);
    erase_marks(&b, &truth, 1, &b.img);
    for (int i = 0; i < 4; i++)
        punch(&truth, (struct point){i % 2 ? 197 : 11, i / 2 ? 188 : 108}, &b.img);
    struct registration_result r = find(&b, &b.img);
    expect_read(&b, &r, &truth, 0.25);
    bench_finish(&b);
}

/* Catches a page read whose corner is folded over a part of its answers. */
static void test_fold_over_answers_is_refused(void **state)
{
    struct bench b;
    bench_init(&b, card);
    for (int side = 0; side < 2; side++) {
        struct homography truth = draw(&b, b.form, 150, 0);
        drawn_page_erase(
            &truth, side ? (struct rect){0, 215, 70, 82} : (struct rect){140, 0, 70, 75}, &b.img);
        struct registration_result r = find(&b, &b.img);
        assert_int_not_equal(r.verdict, PAGE_READ);
    }
    bench_finish(&b);
}

/* Catches a slip by a whole row on a page without marks: below it every answer would be its
 * neighbour's. */
static void test_slip_without_marks(void **state)
{
    struct bench b;
    bench_init(&b, card);
    struct homography truth = draw(&b, b.form, 200, 0);
    erase_marks(&b, &truth, 15, &b.img);
    int from = (int)homography_apply(&truth, (struct point){0, 155.5}).y,
        rows = (int)lround(7 * 200 / 25.4);
    for (int y = b.img.height - 1; y >= from + rows; y--) /* a row is gained */
        memcpy(image_row(&b.img, y), image_row(&b.img, y - rows), (size_t)b.img.width);
    struct registration_result r = find(&b, &b.img);
    assert_int_not_equal(r.verdict, PAGE_READ);
    bench_finish(&b);
}

/* Catches photos refused though all marks are in view: they are held against the marks' own
 * perspective. */
static void test_perspective(void **state)
{
    static const double bends[] = {1e-4, -1.5e-4, 2e-4};
    struct bench b;
    bench_init(&b, card);
    for (size_t i = 0; i < sizeof(bends) / sizeof(*bends); i++) {
        struct homography truth = drawn_page_map(b.form, 180, 2);
        struct homography bend = {{1, 0, 0, 0, 1, 0, bends[i], -0.6 * bends[i], 1}};
        homography_compose(&truth, &bend, &truth);
        drawn_page_draw(b.form, 0, &truth, 1600, 2300, some_fills, &b.img);
        struct registration_result r = find(&b, &b.img);
        expect_read(&b, &r, &truth, 0.25);
    }
    bench_finish(&b);
}

int main(void)
{
    vision_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_scale_and_skew),
        cmocka_unit_test(test_all_four_orientations),
        cmocka_unit_test(test_any_three_of_four_marks),
        cmocka_unit_test(test_stretched_paper),
        cmocka_unit_test(test_print_shifted_against_the_marks),
        cmocka_unit_test(test_other_forms_are_refused),
        cmocka_unit_test(test_one_of_several_forms),
        cmocka_unit_test(test_black_and_white),
        cmocka_unit_test(test_outlines_of_another_size),
        cmocka_unit_test(test_print_a_row_off_its_marks),
        cmocka_unit_test(test_slip_in_the_feeder),
        cmocka_unit_test(test_a_row_off_is_not_accepted),
        cmocka_unit_test(test_marks_torn_off),
        cmocka_unit_test(test_by_print_alone),
        cmocka_unit_test(test_print_in_every_orientation),
        cmocka_unit_test(test_timing_marks),
        cmocka_unit_test(test_cut_rows_without_marks_are_refused),
        cmocka_unit_test(test_double_feed_is_refused),
        cmocka_unit_test(test_strip_of_a_second_sheet),
        cmocka_unit_test(test_staple_over_a_mark),
        cmocka_unit_test(test_thin_brackets_on_bent_paper),
        cmocka_unit_test(test_bulging_paper),
        cmocka_unit_test(test_brackets_are_not_strewn),
        cmocka_unit_test(test_punched_holes_are_no_marks),
        cmocka_unit_test(test_fold_over_answers_is_refused),
        cmocka_unit_test(test_slip_without_marks),
        cmocka_unit_test(test_perspective),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
