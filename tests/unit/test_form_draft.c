#include "drawn_page.h"

#include "diag.h"
#include "form_draft.h"
#include "vision.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char card[] =
    "form: card\n"
    "page: {size: A4}\n"
    "registration:\n"
    "  marks: {shape: square, size: 5, at: [[12, 12], [198, 12], [198, 285], [12, 285]]}\n"
    "fields:\n"
    "  - {field: number, kind: grid, options: 0-9, columns: 8, at: [120, 40], option_step: [0, "
    "5],\n"
    "     column_step: [7, 0], bubble: {shape: oval, size: [4, 3]}}\n"
    "  - {fields: q1..40, kind: choice, options: ABCD, at: [25, 110], option_step: [7.3, 0],\n"
    "     step: [0, 6.1], group: {size: 5, gap: 3}, per_column: 10, column_step: [45, 0],\n"
    "     bubble: {shape: bracket, size: [5, 2.8]}}\n"
    "  - {fields: q41..60, kind: choice, options: ABCDE, at: [30, 200], option_step: [7, 0],\n"
    "     step: [0, 6], per_column: 10, column_step: [60, 0], bubble: {shape: circle, size: 4},\n"
    "     except: {q44: {options: ABC}}}\n";

/* Marks that differ, and a vertical number of one shape alone. */
static const char other_card[] =
    "form: other\n"
    "page: {size: letter}\n"
    "registration:\n"
    "  marks:\n"
    "    - {shape: ell, size: 8, stroke: 3, at: [[14, 14]]}\n"
    "    - {shape: disc, size: 4, at: [[202, 12], [202, 267], [12, 267]]}\n"
    "fields:\n"
    "  - {fields: q1..30, kind: choice, options: ABCDE, at: [61, 63], option_step: [9.3, 0],\n"
    "     step: [0, 6.4], bubble: {shape: box, size: [5, 3]}}\n";

static const char timed_card[] =
    "form: timed\n"
    "page: {size: A5}\n"
    "registration:\n"
    "  timing: [{size: [4, 2], at: [8, 30], step: 6, count: 25}]\n"
    "fields:\n"
    "  - {fields: q1..25, kind: choice, options: ABCD, at: [61, 30], option_step: [9, 0],\n"
    "     step: [0, 6], bubble: {shape: bracket, size: [5.5, 3]}}\n";

struct bench {
    struct form *form, *draft;
    struct image img;
    struct diag d;
    char *yaml;
    int doubts;
};

static struct form *parse(const char *text)
{
    struct form *form = NULL;
    struct diag d;
    diag_init(&d);
    int rc = form_parse(text, strlen(text), "draft.yaml", NULL, &form, &d);
    if (rc != 0) {
        diag_print(&d, stderr);
        fputs(text, stderr);
    }
    assert_int_equal(rc, 0);
    diag_finish(&d);
    return form;
}

static void draw(struct bench *b, const char *text, double dpi, double degrees,
                 const struct drawn_fill *fills)
{
    memset(b, 0, sizeof *b);
    image_init(&b->img);
    diag_init(&b->d);
    assert_true(vision_init() >= 0);
    b->form = parse(text);
    struct homography map = drawn_page_map(b->form, dpi, degrees);
    drawn_page_draw(b->form, 0, &map, (int)(b->form->width * dpi / 25.4),
                    (int)(b->form->height * dpi / 25.4), fills, &b->img);
    drawn_page_noise(&b->img, 6, 7);
    b->img.dpi_x = b->img.dpi_y = dpi;
}

static int draft(struct bench *b, int turn)
{
    struct draft_options options = {.name = "draft", .scan = "blank.png", .turn = turn};
    int rc = form_draft(&b->img, &options, &b->yaml, &b->doubts, &b->d);
    if (rc == 0)
        b->draft = parse(b->yaml);
    return rc;
}

static void finish(struct bench *b)
{
    form_destroy(b->form);
    form_destroy(b->draft);
    image_finish(&b->img);
    diag_finish(&b->d);
    free(b->yaml);
}

static const struct field *field_at(const struct form *form, const struct field *like, double near)
{
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *f = &form->fields[i];
        double off = 0;
        if (f->n_bubbles != like->n_bubbles || f->kind != like->kind)
            continue;
        for (int k = 0; k < f->n_bubbles; k++) {
            struct point p = rect_center(f->bubbles[k].box), q = rect_center(like->bubbles[k].box);
            off = fmax(off, hypot(p.x - q.x, p.y - q.y));
        }
        if (off <= near)
            return f;
    }
    return NULL;
}

static int count_bubbles(const struct form *form)
{
    int n = 0;
    for (int i = 0; i < form->n_fields; i++)
        n += form->fields[i].n_bubbles;
    return n;
}

/* Every field of the form is in the draft, bubble for bubble in the same order, with its name where
 * names are numbers; and nothing else. */
static void assert_same(const struct bench *b, double near)
{
    assert_int_equal(count_bubbles(b->draft), count_bubbles(b->form));
    for (int i = 0; i < b->form->n_fields; i++) {
        const struct field *f = &b->form->fields[i], *found = field_at(b->draft, f, near);
        assert_non_null(found);
        if (f->name[0] == 'q')
            assert_string_equal(found->name, f->name);
    }
}

/* Catches blocks that fall apart or run together, wrong numbering, shapes taken for each other,
 * steps rounded until a column's end is off. */
static void test_card(void **state)
{
    static const double dpis[] = {150, 200, 300};
    for (size_t i = 0; i < sizeof dpis / sizeof *dpis; i++) {
        struct bench b;
        draw(&b, card, dpis[i], 0, NULL);
        assert_int_equal(draft(&b, 0), 0);
        assert_same(&b, 0.2);
        assert_int_equal(b.draft->pages[0].registrations[0].kind, REGISTER_MARKS);
        assert_int_equal(b.draft->pages[0].registrations[0].n_marks, 4);
        int q50 = form_field_index(b.draft, "q50"), q1 = form_field_index(b.draft, "q1");
        assert_int_equal(b.draft->fields[q1].shape, BUBBLE_BRACKET);
        assert_int_equal(b.draft->fields[q50].shape, BUBBLE_CIRCLE);
        assert_true(fabs(b.draft->fields[q50].bubbles[0].box.w - 4) < 0.15);
        finish(&b);
    }
}

/* Catches a page that is not turned upright before its rows are looked for. */
static void test_skew(void **state)
{
    static const double degrees[] = {-9, -2.5, 0.7, 6};
    for (size_t i = 0; i < sizeof degrees / sizeof *degrees; i++) {
        struct bench b;
        draw(&b, card, 200, degrees[i], NULL);
        assert_int_equal(draft(&b, 0), 0);
        assert_same(&b, 0.35);
        finish(&b);
    }
}

/* Catches filled bubbles that part a block or are lost from it. */
static void test_filled(void **state)
{
    static const struct drawn_fill fills[] = {
        {"q41", 0, 0.8, 1.1}, {"q42", 4, 0.8, 1.1}, {"q45", 2, 0.8, 1.0},  {"q46", 2, 0.8, 1.0},
        {"q47", 2, 0.8, 1.0}, {"q50", 1, 0.8, 1.2}, {"number", 0, 0.8, 1}, {"number", 15, 0.8, 1},
        {"q3", 1, 0.8, 1},    {NULL, 0, 0, 0},
    };
    struct bench b;
    draw(&b, card, 200, 0.4, fills);
    assert_int_equal(draft(&b, 0), 0);
    assert_same(&b, 0.3);
    assert_true(b.doubts > 0);
    finish(&b);
}

/* Catches a sheet laid sideways that --turn does not set upright. */
static void test_turn(void **state)
{
    struct bench b;
    struct image turned;
    draw(&b, card, 200, 0, NULL);
    image_init(&turned);
    assert_int_equal(image_rotate(&b.img, 270, &turned), 0);
    image_finish(&b.img);
    b.img = turned;
    b.img.dpi_x = b.img.dpi_y = 200;
    assert_int_equal(draft(&b, 90), 0);
    assert_same(&b, 0.3);
    finish(&b);
}

/* Catches marks of which only those of one shape are seen, and paper taken for A4. */
static void test_other_marks(void **state)
{
    struct bench b;
    draw(&b, other_card, 200, 0, NULL);
    assert_int_equal(draft(&b, 0), 0);
    assert_same(&b, 0.2);
    assert_true(fabs(b.draft->width - 215.9) < 0.01);
    const struct registration *r = &b.draft->pages[0].registrations[0];
    assert_int_equal(r->n_marks, 4);
    int ells = 0;
    for (int i = 0; i < r->n_marks; i++) {
        if (r->marks[i].shape != MARK_ELL)
            continue;
        ells++;
        assert_true(fabs(r->marks[i].stroke - 3) < 0.25);
        assert_true(fabs(rect_center(r->marks[i].box).x - 14) < 0.15);
    }
    assert_int_equal(ells, 1);
    finish(&b);
}

/* Catches timing marks taken for a column of answers, or a track that is cut short. */
static void test_timing(void **state)
{
    struct bench b;
    draw(&b, timed_card, 200, 0, NULL);
    assert_int_equal(draft(&b, 0), 0);
    assert_same(&b, 0.2);
    const struct registration *r = &b.draft->pages[0].registrations[0];
    assert_int_equal(r->kind, REGISTER_TIMING);
    assert_int_equal(r->n_marks, 25);
    finish(&b);
}

static unsigned lcg(unsigned *seed)
{
    return *seed = *seed * 1664525u + 1013904223u;
}

/* Catches a form made of nothing: white paper, a scanner's noise, spots of any size. */
static void test_no_bubbles(void **state)
{
    for (int kind = 0; kind < 3; kind++) {
        struct bench b;
        unsigned seed = 3;
        draw(&b, card, 150, 0, NULL);
        for (int y = 0; y < b.img.height; y++)
            memset(image_row(&b.img, y), 240, (size_t)b.img.width);
        for (int i = 0; kind == 1 && i < b.img.width * b.img.height; i++)
            b.img.data[i] = (uint8_t)(lcg(&seed) >> 24);
        for (int i = 0; kind == 2 && i < 400; i++) {
            int x = (int)(lcg(&seed) >> 8) % (b.img.width - 60),
                w = 8 + (int)(lcg(&seed) >> 8) % 50;
            int y = (int)(lcg(&seed) >> 8) % (b.img.height - 60),
                h = 8 + (int)(lcg(&seed) >> 8) % 50;
            for (int k = 0; k < h; k++)
                memset(image_row(&b.img, y + k) + x, 60, (size_t)w);
        }
        assert_int_equal(draft(&b, -1), YJ_EINPUT);
        assert_int_equal(b.d.errors, 1);
        assert_non_null(strstr(b.d.entries[0].what, "no bubbles"));
        finish(&b);
    }
}

/* Catches sizes that crash: a page of a few pixels, and one without a resolution. */
static void test_tiny(void **state)
{
    for (int side = 1; side < 40; side += 6) {
        struct bench b;
        draw(&b, card, 30, 0, NULL);
        assert_int_equal(image_resize(&b.img, side, side + 3), 0);
        memset(b.img.data, 200, b.img.stride * (size_t)b.img.height);
        b.img.dpi_x = b.img.dpi_y = 0;
        assert_int_equal(draft(&b, -1), YJ_EINPUT);
        finish(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_card),   cmocka_unit_test(test_skew),
        cmocka_unit_test(test_filled), cmocka_unit_test(test_turn),
        cmocka_unit_test(test_timing), cmocka_unit_test(test_other_marks),
        cmocka_unit_test(test_tiny),   cmocka_unit_test(test_no_bubbles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
