#include "bubble_ink.h"
#include "bubble_twin.h"
#include "closer_look.h"
#include "diag.h"
#include "marks_page.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char sheet[] =
    "form: letters\n"
    "page: {size: A4}\n"
    "registration: {image: true}\n"
    "bubble: {shape: circle, size: 5}\n"
    "fields:\n"
    "  - {fields: q1..30, kind: choice, options: ABCD, at: [25, 50], option_step: [8, 0],\n"
    "     step: [0, 7]}\n"
    "  - {fields: m1..12, kind: choice, options: ABCD, at: [90, 50], option_step: [8, 0],\n"
    "     step: [0, 7], multiple: true}\n"
    "  - {fields: x1..2, kind: choice, options: ABCD, at: [90, 150], option_step: [10, 0],\n"
    "     step: [0, 9], bubble: {shape: box, size: 6}}\n";

static int setup(void **state)
{
    return marks_page_make(sheet, state);
}

static void draw_line(struct page *p, const struct rect *box, struct point from, struct point to,
                      double width, double darkness)
{
    struct page_map map = map_of(p);
    struct point c = rect_center(*box);
    drawn_page_line(&map.mm_to_px, (struct point){c.x + from.x, c.y + from.y},
                    (struct point){c.x + to.x, c.y + to.y}, width, darkness, &p->img);
}

/* A letter of two strokes: an upright, and a bar that is lower in each next option. */
static void print_letter(struct page *p, const struct bubble *b)
{
    double bar = -1 + 0.6 * b->option;
    draw_line(p, &b->box, (struct point){-0.6, -1.2}, (struct point){-0.6, 1.2}, 0.35, 0.8);
    draw_line(p, &b->box, (struct point){-0.6, bar}, (struct point){0.8, bar}, 0.35, 0.8);
}

static struct bubble *bubble_of(struct page *p, const char *field, int i)
{
    return &p->form->fields[form_field_index(p->form, field)].bubbles[i];
}

/* Dots of half a millimetre, from just below the middle of an upright stroke on. */
static void draw_dot(struct page *p, const char *field, int i)
{
    draw_line(p, &bubble_of(p, field, i)->box, (struct point){-0.45, 0.5},
              (struct point){-0.35, 0.5}, 0.5, 0.7);
}

/* Marks in all q but q10 and q20 and in all m. */
static void draw(struct page *p)
{
    struct page_map map = map_of(p);
    static struct drawn_fill fills[64];
    static char names[64][8];
    int n = 0;
    for (int k = 1; k <= 30; k++) {
        snprintf(names[n], sizeof names[n], "q%d", k);
        if (k % 10 || k == 30) {
            fills[n] = (struct drawn_fill){names[n], k % 4, 0.6, 0.95};
            n++;
        }
    }
    for (int k = 2; k <= 12; k++) {
        snprintf(names[n], sizeof names[n], "m%d", k);
        fills[n] = (struct drawn_fill){names[n], k % 4, 0.6, 0.95};
        n++;
    }
    fills[n] = (struct drawn_fill){.field = NULL};
    drawn_page_draw(p->form, 0, &map.mm_to_px, 1654, 2339, fills, &p->img);
    for (int f = 0; f < p->form->n_fields; f++)
        for (int b = 0; b < p->form->fields[f].n_bubbles; b++)
            print_letter(p, &p->form->fields[f].bubbles[b]);
}

static void read_page(struct page *p)
{
    struct page_map map = map_of(p);
    drawn_page_noise(&p->img, 10, 7);
    arena_reset(&p->arena);
    assert_int_equal(
        omr_read_page(p->form, 0, &p->img, &map, &usual, p->looks, &p->arena, p->readings, &p->n),
        0);
}

static void expect_status(const struct page *p, const char *field, enum reading_status status)
{
    const struct reading *r = &p->readings[form_field_index(p->form, field)];
    if (r->status != status)
        fail_msg("%s: read '%s' (%s), not %s; %s", field, r->value, reading_status_name(r->status),
                 reading_status_name(status), r->evidence);
}

/* What is left of bubbles `which` of the page as drawn, all others taken for empty but the marks.
 */
static void compare(struct page *p, const char *const *fields, const int *options, int n,
                    struct twin_rest *ret)
{
    struct page_map map = map_of(p);
    struct bubble_ink *b = NULL;
    int n_bubbles = 0, which[8];
    bool empty[512];
    drawn_page_noise(&p->img, 10, 7);
    arena_reset(&p->arena);
    assert_int_equal(bubble_ink_measure(p->form, 0, &p->img, &map, &p->arena, &b, &n_bubbles), 0);
    for (int i = 0; i < n_bubbles; i++) {
        empty[i] = b[i].ink < 0.15;
        for (int k = 0; k < n; k++)
            if (b[i].bubble == bubble_of(p, fields[k], options[k]))
                which[k] = i;
    }
    assert_int_equal(
        bubble_twin_compare(&p->img, &map, b, empty, n_bubbles, which, n, &p->arena, ret), 0);
}

/* Catches a comparison that sees a letter's own edge (pixels fall differently on each), or that
 * does not see a dot on it. */
static void test_a_dot_stands_out_from_its_twins(void **state)
{
    struct page *p = *state;
    static const char *const fields[] = {"q10", "q10", "q20", "q20"};
    static const int options[] = {1, 2, 1, 3};
    struct twin_rest rest[4];
    draw(p);
    draw_dot(p, "q10", 1);
    compare(p, fields, options, 4, rest);
    for (int k = 0; k < 4; k++)
        assert_true(rest[k].known);
    if (rest[0].dot < 0.12 || rest[0].dot < 2 * rest[0].usual)
        fail_msg("a dot: %.3f, usual %.3f", (double)rest[0].dot, (double)rest[0].usual);
    for (int k = 1; k < 4; k++)
        if (rest[k].dot > 1.3 * rest[k].usual && rest[k].dot > 0.039F)
            fail_msg("no dot: %.3f, usual %.3f", (double)rest[k].dot, (double)rest[k].usual);
}

/* Catches a print put together from too few, or from marks. */
static void test_too_few_twins_say_nothing(void **state)
{
    struct page *p = *state;
    static const char *const fields[] = {"x1"};
    static const int options[] = {0};
    struct twin_rest rest[1];
    draw(p);
    compare(p, fields, options, 1, rest);
    assert_false(rest[0].known);
}

/* Catches the touch of a pen on a letter that is read as no answer without a person, and a person
 * who is asked of each blank. */
static void test_a_dot_on_a_letter_is_no_blank(void **state)
{
    struct page *p = *state;
    draw(p);
    draw_dot(p, "q10", 1);
    read_page(p);
    expect_status(p, "q10", READING_UNCERTAIN);
    expect_status(p, "q20", READING_BLANK);
    expect_status(p, "m1", READING_BLANK);
}

/* Catches a comparison inside the outline that clears a bubble with a circle drawn around it. */
static void test_a_circle_around_it_is_no_blank(void **state)
{
    struct page *p = *state;
    draw(p);
    for (int k = 0; k < 24; k++) {
        double a = 2 * M_PI * k / 24, b = 2 * M_PI * (k + 1) / 24;
        draw_line(p, &bubble_of(p, "q10", 1)->box, (struct point){3.1 * cos(a), 3.1 * sin(a)},
                  (struct point){3.1 * cos(b), 3.1 * sin(b)}, 0.4, 0.75);
    }
    read_page(p);
    expect_status(p, "q10", READING_UNCERTAIN);
}

/* Catches a pale smear over the whole bubble, of which no dot is dark, cleared as print. */
static void test_a_pale_fill_is_more_than_its_twins(void **state)
{
    struct page *p = *state;
    static const char *const fields[] = {"q10", "q20"};
    static const int options[] = {1, 1};
    struct twin_rest rest[2];
    draw(p);
    for (double y = -1.6; y <= 1.6; y += 0.4)
        draw_line(p, &bubble_of(p, "q10", 1)->box, (struct point){-1.5, y}, (struct point){1.5, y},
                  0.4, 0.15);
    print_letter(
        p, bubble_of(p, "q10", 1)); /* a pen goes over it, the line drawn here instead of it */
    compare(p, fields, options, 2, rest);
    if (rest[0].haze < rest[0].usual_haze + 0.015F)
        fail_msg("a pale fill: %.3f, usual %.3f", (double)rest[0].haze, (double)rest[0].usual_haze);
    if (rest[1].haze > fmaxf(rest[1].usual_haze, 0) + 0.01F)
        fail_msg("no fill: %.3f, usual %.3f", (double)rest[1].haze, (double)rest[1].usual_haze);
}

/* Catches an outline that was drawn over taken for one that was printed. */
static void test_an_outline_drawn_over_shows(void **state)
{
    struct page *p = *state;
    static const char *const fields[] = {"q10", "q20"};
    static const int options[] = {1, 1};
    struct twin_rest rest[2];
    draw(p);
    for (int k = 0; k < 24; k++) {
        double a = 2 * M_PI * k / 24, b = 2 * M_PI * (k + 1) / 24;
        draw_line(p, &bubble_of(p, "q10", 1)->box, (struct point){2.55 * cos(a), 2.55 * sin(a)},
                  (struct point){2.55 * cos(b), 2.55 * sin(b)}, 0.5, 0.9);
    }
    compare(p, fields, options, 2, rest);
    if (rest[0].gain < 1.25F && rest[0].rim < fmaxf(rest[0].usual_rim, 0) + 0.01F)
        fail_msg("drawn over: gain %.2f, rim %.3f, usual %.3f", (double)rest[0].gain,
                 (double)rest[0].rim, (double)rest[0].usual_rim);
    if (rest[1].gain > 1.2F || rest[1].gain < 0.8F || rest[1].rim > rest[1].usual_rim + 0.01F)
        fail_msg("only printed: gain %.2f, rim %.3f", (double)rest[1].gain, (double)rest[1].rim);
}

/* Catches a dot beside a mark passed over where several answers are allowed; and one doubted where
 * only one is. */
static void test_a_dot_beside_a_mark(void **state)
{
    struct page *p = *state;
    draw(p);
    draw_dot(p, "m2", 3);
    draw_dot(p, "q2", 3);
    read_page(p);
    expect_status(p, "m2", READING_UNCERTAIN);
    expect_status(p, "q2", READING_OK);
}

/* ---- marks beside marks: what both readers have said is given ---- */

/* Marks of `field`: ink over the page's usual mark's, 0: empty. Looks closer; p of each. */
static void look_at_marks(struct page *p, const char *field, const double *ink, double usual_ink,
                          double p_before, double *ret_p)
{
    const struct field *f = &p->form->fields[form_field_index(p->form, field)];
    const struct band band = {.low = 0.03, .high = 0.42 * usual_ink, .usual = usual_ink};
    struct bubble_ink b[4] = {{.field = NULL}};
    struct seen_bubble seen[4] = {{.p = 0}};
    struct page_map map = map_of(p);
    for (int i = 0; i < 4; i++) {
        b[i] = (struct bubble_ink){
            .field = f, .bubble = &f->bubbles[i], .group = i, .ink = ink[i] * usual_ink};
        seen[i] = (struct seen_bubble){.asked = ink[i] > 0, .p = ink[i] > 0 ? p_before : 1e-6};
        seen[i].told = seen[i].asked;
        seen[i].looks[LOOK_FILLED] = 0.99F;
        seen[i].evidence[INK_USUAL] = (float)log(ink[i] > 0 ? ink[i] : 1e-3);
        seen[i].evidence[PAGE_LEAST] = (float)log(0.9); /* one in ten of his marks is so pale */
    }
    arena_reset(&p->arena);
    assert_int_equal(closer_look(&p->img, &map, &band, b, 4, &p->arena, seen), 0);
    for (int i = 0; i < 4; i++)
        ret_p[i] = seen[i].p;
}

/* Catches the rest that an eraser left among several answers, taken for one of them; and a doubt of
 * each that is a little paler. */
static void test_one_of_several_far_paler_is_doubted(void **state)
{
    double p[4];
    look_at_marks(*state, "m3", (double[]){1, 0.7, 0, 0.95}, 0.5, 0.9999, p);
    assert_true(p[1] <= 0.98 && p[1] > 0.5);
    assert_true(p[0] == 0.9999 && p[3] == 0.9999);
    look_at_marks(*state, "m3", (double[]){1, 0.78, 0, 0.95}, 0.5, 0.9999, p);
    assert_true(p[1] == 0.9999);
    look_at_marks(*state, "m3", (double[]){0.8, 0.7, 0, 0.75}, 0.5, 0.9999, p);
    assert_true(p[1] == 0.9999); /* all of this field are pale */
    look_at_marks(*state, "m3", (double[]){1, 0.5, 0, 0.95}, 0.1, 0.9999, p);
    assert_true(p[1] == 0.9999); /* lines */
}

/* Catches a slip of the pen, or what an eraser left, taken for the answer of a pupil who fills all
 * others evenly. */
static void test_a_lone_pale_mark_is_doubted(void **state)
{
    double p[4];
    look_at_marks(*state, "q3", (double[]){0, 0.5, 0, 0}, 0.5, 0.9999, p);
    assert_true(p[1] <= 0.98 && p[1] > 0.5);
    look_at_marks(*state, "q3", (double[]){0, 0.6, 0, 0}, 0.5, 0.9999, p);
    assert_true(p[1] == 0.9999);
}

/* Three groups of four: marks[g][i] is ink over the page's usual, 0 where there is none. */
struct small_page {
    struct bubble_ink b[12];
    struct seen_bubble seen[12];
};

static void look_at_groups(struct page *p, const char *const *fields, const double (*ink)[4],
                           struct small_page *ret)
{
    const struct band band = {.low = 0.03, .high = 0.21, .usual = 0.5};
    struct page_map map = map_of(p);
    for (int i = 0; i < 12; i++) {
        const struct field *f = &p->form->fields[form_field_index(p->form, fields[i / 4])];
        double share = ink[i / 4][i % 4];
        ret->b[i].field = f;
        ret->b[i].bubble = &f->bubbles[i % 4];
        ret->b[i].group = i % 4;
        ret->b[i].ink = share * band.usual;
        ret->seen[i].asked = ret->seen[i].told = share > 0;
        ret->seen[i].p = share > 0 ? 0.9999 : 1e-6;
        ret->seen[i].evidence[INK_USUAL] = (float)log(share > 0 ? share : 1e-3);
        ret->seen[i].evidence[PAGE_LEAST] = (float)log(0.95);
    }
    arena_reset(&p->arena);
    assert_int_equal(closer_look(&p->img, &map, &band, ret->b, 12, &p->arena, ret->seen), 0);
}

/* Catches a mark among several that is paler than all that stand alone taken for one of them; and a
 * doubt of it where another that stands alone is as pale, or where it looks full beyond doubt. */
static void test_paler_than_all_that_stand_alone(void **state)
{
    static const char *const fields[] = {"q3", "q4", "m3"};
    static const double ink[][3][4] = {{{1}, {0.95}, {1, 0.84, 0, 0}},
                                       {{1}, {0.86}, {1, 0.84, 0, 0}},
                                       {{1}, {0.95}, {1, 0.84, 0, 0}}};
    for (int k = 0; k < 3; k++) {
        struct small_page page = {0};
        for (int i = 0; i < 12; i++)
            page.seen[i].looks[LOOK_FILLED] = k == 2 ? 0.9995F : 0.99F;
        look_at_groups(*state, fields, ink[k], &page);
        if ((page.seen[9].p <= 0.98) != (k == 0))
            fail_msg("case %d: %.4f", k, page.seen[9].p);
        assert_true(page.seen[8].p == 0.9999);
    }
}

/* Catches a full mark set beside its bubble, or one that looks surely full, doubted as half rubbed
 * out. */
static void test_a_lone_half_mark(void **state)
{
    static const char *const fields[] = {"q3", "q4", "q5"};
    static const double ink[3][4] = {{0.5}, {0.5}, {0.5}};
    struct small_page page = {0};
    for (int i = 0; i < 12; i++)
        page.seen[i].looks[LOOK_FILLED] = i / 4 == 2 ? 0.999F : 0.99F;
    page.b[4].halo = 0.1;
    look_at_groups(*state, fields, ink, &page);
    assert_true(page.seen[0].p <= 0.98);
    assert_true(page.seen[4].p == 0.9999);
    assert_true(page.seen[8].p == 0.9999);
}

/* Catches circles drawn close around cleared by their twins where somebody draws circles; and a
 * single bubble that only looks like one, kept for a person. */
static void test_circles_are_cleared_one_by_one_only(void **state)
{
    struct page *p = *state;
    const struct band band = {.low = 0.03, .high = 0.21, .usual = 0.5};
    struct page_map map = map_of(p);
    for (int circles = 1; circles <= 8; circles += 7) {
        struct bubble_ink *b = NULL;
        int n = 0, made = 0, self = -1;
        draw(p);
        drawn_page_noise(&p->img, 10, 7);
        arena_reset(&p->arena);
        assert_int_equal(bubble_ink_measure(p->form, 0, &p->img, &map, &p->arena, &b, &n), 0);
        struct seen_bubble *seen = arena_alloc(&p->arena, (size_t)n * sizeof *seen);
        assert_non_null(seen);
        for (int i = 0; i < n; i++) {
            seen[i] = (struct seen_bubble){.told = true, .p = b[i].ink > 0.15 ? 0.9999 : 1e-6};
            seen[i].looks[LOOK_EMPTY] = 1;
            if (b[i].ink > 0.15 || b[i].bubble->option != 1 || made == circles)
                continue;
            made++;
            self = i;
            seen[i].looks[LOOK_EMPTY] = 0;
            seen[i].looks[LOOK_CIRCLE] = 1;
            seen[i].p = 0.3;
        }
        assert_int_equal(closer_look(&p->img, &map, &band, b, n, &p->arena, seen), 0);
        if ((seen[self].p < 1e-4) != (circles == 1))
            fail_msg("%d circles: %.6f", circles, seen[self].p);
    }
}

/* Catches two marks of which one is nearly rubbed out, taken for two; and a person who is asked of
 * each two that are alike, or plain to both readers. */
static void test_two_unlike_marks_are_doubted(void **state)
{
    double p[4];
    look_at_marks(*state, "q3", (double[]){1, 0.88, 0, 0}, 0.5, 0.995, p);
    assert_true(p[1] <= 0.98 && p[1] > 0.5 && p[0] == 0.995);
    look_at_marks(*state, "q3", (double[]){1, 0.96, 0, 0}, 0.5, 0.995, p);
    assert_true(p[1] == 0.995);
    look_at_marks(*state, "q3", (double[]){1, 0.88, 0, 0}, 0.5, 0.99995, p);
    assert_true(p[1] == 0.99995);
}

/* Catches pupils whose eraser leaves whole answers taken for pupils who answer twice; and a person
 * who is asked about each pupil who does that once or always. */
static void test_three_twofold_answers_are_doubted(void **state)
{
    struct page *p = *state;
    const struct band band = {.low = 0.03, .high = 0.2, .usual = 0.5};
    struct page_map map = map_of(p);
    for (int n = 2; n <= 12; n++) {
        struct bubble_ink b[12 * 4] = {{.field = NULL}};
        struct seen_bubble seen[12 * 4] = {{.p = 0}};
        for (int i = 0; i < 12 * 4; i++) {
            const struct field *f = &p->form->fields[form_field_index(p->form, "q1") + i / 4];
            bool marked = i % 4 == 0 || (i % 4 == 2 && i / 4 < n);
            b[i] = (struct bubble_ink){
                .field = f, .bubble = &f->bubbles[i % 4], .group = i % 4, .ink = marked ? 0.5 : 0};
            seen[i].p = marked ? 0.9999 : 1e-6;
        }
        arena_reset(&p->arena);
        assert_int_equal(closer_look(&p->img, &map, &band, b, 12 * 4, &p->arena, seen), 0);
        bool doubted = fmin(seen[0].p, seen[2].p) <= 0.98;
        if (doubted != (n >= 3 && n <= 8))
            fail_msg("%d with two marks: %sdoubted", n, doubted ? "" : "not ");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_dot_stands_out_from_its_twins),
        cmocka_unit_test(test_too_few_twins_say_nothing),
        cmocka_unit_test(test_a_dot_on_a_letter_is_no_blank),
        cmocka_unit_test(test_a_circle_around_it_is_no_blank),
        cmocka_unit_test(test_a_pale_fill_is_more_than_its_twins),
        cmocka_unit_test(test_an_outline_drawn_over_shows),
        cmocka_unit_test(test_a_dot_beside_a_mark),
        cmocka_unit_test(test_three_twofold_answers_are_doubted),
        cmocka_unit_test(test_one_of_several_far_paler_is_doubted),
        cmocka_unit_test(test_a_lone_pale_mark_is_doubted),
        cmocka_unit_test(test_paler_than_all_that_stand_alone),
        cmocka_unit_test(test_a_lone_half_mark),
        cmocka_unit_test(test_circles_are_cleared_one_by_one_only),
        cmocka_unit_test(test_two_unlike_marks_are_doubted),
    };
    return cmocka_run_group_tests(tests, setup, marks_page_remove);
}
