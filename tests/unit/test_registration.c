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

static const struct drawn_fill some_fills[] = {
    {"q1", 0, 0.7, 0.9},  {"q2", 1, 0.7, 1.1}, {"q3", 3, 0.5, 0.8},   {"q7", 2, 0.8, 1.0},
    {"q20", 0, 0.7, 0.9}, {"q30", 3, 0.6, 1},  {"number", 3, 0.7, 1}, {NULL, 0, 0, 0},
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
    assert_int_equal(registrar_find(b->registrar, "scan.png", img, b->scratch, &r), 0);
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
        cmocka_unit_test(test_outlines_of_another_size),
        cmocka_unit_test(test_print_a_row_off_its_marks),
        cmocka_unit_test(test_slip_in_the_feeder),
        cmocka_unit_test(test_a_row_off_is_not_accepted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
