#include "agreement.h"
#include "bubble_ink.h"
#include "closer_hands.h"
#include "closer_marks.h"
#include "diag.h"
#include "hand_look.h"
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
    "form: hands\n"
    "page: {size: A4}\n"
    "registration: {image: true}\n"
    "bubble: {shape: circle, size: 5}\n"
    "fields:\n"
    "  - {fields: q1..20, kind: choice, options: ABCD, at: [25, 50], option_step: [8, 0],\n"
    "     step: [0, 7]}\n"
    "  - {fields: m1..12, kind: choice, options: ABCD, at: [90, 50], option_step: [8, 0],\n"
    "     step: [0, 7], multiple: true}\n";

#define FULL 0.75
#define FIELDS 32
#define BUBBLES (4 * FIELDS)

static int setup(void **state)
{
    return marks_page_make(sheet, state);
}

static int field_index(const struct page *p, const char *name)
{
    return form_field_index(p->form, name);
}

static int bubble_index(const struct page *p, const char *field, int option)
{
    return 4 * field_index(p, field) + option;
}

/* All single choices are filled alike, and what `more` says. */
static void draw(struct page *p, const struct drawn_fill *more)
{
    struct drawn_fill fills[FIELDS + 8] = {{.field = NULL}};
    struct page_map map = map_of(p);
    int n = 0;
    for (int i = 0; i < 20; i++)
        fills[n++] = (struct drawn_fill){p->form->fields[i].name, i % 4, FULL, 0.95};
    for (; more->field; more++)
        fills[n++] = *more;
    drawn_page_draw(p->form, 0, &map.mm_to_px, 1700, 2380, fills, &p->img);
    drawn_page_noise(&p->img, 3, 5);
}

/* What the first reader measures, and marks wherever it sees ink. */
struct seen_page {
    struct bubble_ink *b;
    struct band band;
    struct seen_bubble seen[BUBBLES];
    int n;
};

static void see(struct page *p, struct seen_page *ret)
{
    double scratch[BUBBLES + 1];
    struct page_map map = map_of(p);
    arena_reset(&p->arena);
    memset(ret, 0, sizeof *ret);
    assert_int_equal(bubble_ink_measure(p->form, 0, &p->img, &map, &p->arena, &ret->b, &ret->n), 0);
    assert_int_equal(ret->n, BUBBLES);
    ret->band = ink_find_band(ret->b, ret->n, 0, scratch);
    for (int i = 0; i < ret->n; i++) {
        ret->seen[i].answer = 1;
        ret->seen[i].p = ret->b[i].ink > ret->band.low ? 0.9999 : 1e-6;
    }
}

static double look(struct page *p, const char *field, int option)
{
    static struct seen_page s;
    struct page_map map = map_of(p);
    see(p, &s);
    assert_int_equal(
        closer_look_at_hands(&p->img, &map, &s.band, s.b, s.n, p->looks, &p->arena, s.seen), 0);
    return s.seen[bubble_index(p, field, option)].p;
}

/* ---- pictures ---- */

static int by_grey(const void *a, const void *b)
{
    return *(const uint8_t *)a - *(const uint8_t *)b;
}

/* The median: a letter printed there is thin. */
static int grey_in_middle(const uint8_t *picture)
{
    uint8_t greys[64];
    for (int i = 0; i < 64; i++)
        greys[i] = picture[(HAND_SIDE / 2 - 4 + i / 8) * HAND_SIDE + HAND_SIDE / 2 - 4 + i % 8];
    qsort(greys, 64, 1, by_grey);
    return greys[32];
}

/* Catches pictures that are not as dark as they are beside this pupil's own marks, a print that
 * holds a mark, a rival that is not the darkest other, and figures in the wrong strip. */
static void test_pictures(void **state)
{
    struct page *p = *state;
    struct page_map map = map_of(p);
    static struct seen_page s;
    static struct hand_picture picture;
    double evenness;
    draw(p, (struct drawn_fill[]){{"m2", 0, FULL, 0.95},
                                  {"m2", 1, FULL / 2, 0.95},
                                  {"m2", 3, FULL / 4, 0.95},
                                  {.field = NULL}});
    see(p, &s);
    int which = bubble_index(p, "m2", 1);
    assert_int_equal(hand_take_pictures(&p->img, &map, &s.band, s.b, s.seen, s.n, &which, 1,
                                        &p->arena, &picture, &evenness),
                     0);
    assert_true(evenness > 0.9 && evenness < 1.1);
    int usual = grey_in_middle(picture.usual);
    assert_in_range(usual, 150, 210);
    assert_in_range(grey_in_middle(picture.rival), usual - 8, usual + 8);
    assert_in_range(grey_in_middle(picture.pale), usual - 8, usual + 8);
    assert_in_range(grey_in_middle(picture.own), usual / 2 - 12, usual / 2 + 12);
    assert_in_range(grey_in_middle(picture.print), 0, 8);
    assert_in_range(picture.card[0], 40, 80);   /* half of the usual ink, and twice that is 255 */
    assert_in_range(picture.card[4], 115, 140); /* as much */
    assert_in_range(picture.card[8], 40, 80);   /* half of the rival's */
    assert_int_equal(picture.card[28], 0);      /* several are allowed */
}

/* ---- doubts ---- */

/* Catches what an eraser has half taken away, beside an answer, taken for an answer more; and
 * doubts of two that are filled alike. */
static void test_half_taken_beside_an_answer(void **state)
{
    struct page *p = *state;
    draw(p, (struct drawn_fill[]){{"m2", 0, FULL, 0.95},
                                  {"m2", 1, 0.3, 0.95},
                                  {"m5", 0, FULL, 0.95},
                                  {"m5", 2, FULL, 0.95},
                                  {.field = NULL}});
    assert_true(look(p, "m2", 1) < 0.99);
    assert_true(look(p, "m2", 0) == 0.9999);
    assert_true(look(p, "m5", 0) == 0.9999);
    assert_true(look(p, "m5", 2) == 0.9999);
}

/* Catches an answer that was taken for nothing, in a field without any. */
static void test_an_answer_taken_for_nothing(void **state)
{
    struct page *p = *state;
    static struct seen_page s;
    struct page_map map = map_of(p);
    draw(p, (struct drawn_fill[]){{"m2", 0, FULL, 0.95}, {.field = NULL}});
    see(p, &s);
    int at = bubble_index(p, "m2", 0);
    s.seen[at].p = 0.005;
    assert_int_equal(
        closer_look_at_hands(&p->img, &map, &s.band, s.b, s.n, p->looks, &p->arena, s.seen), 0);
    assert_true(s.seen[at].p >= 0.02);
}

/* Catches an answer that stays held back though it is plain beside the others; and doubt for the
 * sake of one that looks meant, but that this office takes for none. */
static void test_what_others_doubted(void **state)
{
    struct page *p = *state;
    static struct seen_page s;
    struct page_map map = map_of(p);
    draw(p,
         (struct drawn_fill[]){
             {"q3", 0, FULL, 0.95}, {"m2", 0, FULL, 0.95}, {"m2", 3, FULL, 0.95}, {.field = NULL}});
    see(p, &s);
    int plain = bubble_index(p, "q3", 0), none = bubble_index(p, "m2", 3);
    s.seen[plain].p = 0.9;
    s.seen[none].p = 0;
    s.seen[none].answer = 0;
    assert_int_equal(
        closer_look_at_hands(&p->img, &map, &s.band, s.b, s.n, p->looks, &p->arena, s.seen), 0);
    assert_true(s.seen[plain].p == 0.9999);
    assert_true(s.seen[none].compared && s.seen[none].p == 0);
}

/* Catches a second answer that passes for one struck out because a reader was nearly sure; and
 * doubt for the sake of what holds little, or is plainly nothing. */
static void test_ink_beside_the_one_mark(void **state)
{
    struct page *p = *state;
    static struct seen_page s;
    draw(p, (struct drawn_fill[]){{"m2", 0, FULL, 0.95},
                                  {"m2", 1, 0.6 * FULL, 0.95},
                                  {"m2", 2, 0.1 * FULL, 0.95},
                                  {.field = NULL}});
    see(p, &s);
    int held = bubble_index(p, "m2", 1), little = bubble_index(p, "m2", 2);
    s.seen[held].p = s.seen[little].p = 0.011;
    closer_look_at_marks(&s.band, s.b, s.n, s.seen);
    assert_true(s.seen[held].p == 0.02 && s.seen[little].p == 0.011);
    s.seen[held].p = 0.004;
    closer_look_at_marks(&s.band, s.b, s.n, s.seen);
    assert_true(s.seen[held].p == 0.004);
}

/* Catches a bare bubble beside the one mark that is allowed that a person is asked about since
 * another reader takes it for something; the same freely given where several are allowed, where
 * nothing is marked, and where something was written. */
static void test_what_others_made_of_nothing(void **state)
{
    struct page *p = *state;
    static struct seen_page s;
    struct page_map map = map_of(p);
    draw(p,
         (struct drawn_fill[]){
             {"m2", 0, FULL, 0.95}, {"q7", 0, FULL, 0.95}, {"m3", 3, FULL, 0.95}, {.field = NULL}});
    see(p, &s);
    const int beside_one = bubble_index(p, "q3", 0), beside = bubble_index(p, "m2", 2),
              alone = bubble_index(p, "m5", 1), written = bubble_index(p, "m3", 3),
              rival = bubble_index(p, "q7", 0);
    const int all[] = {beside_one, beside, alone, written, rival};
    for (size_t i = 0; i < 5; i++)
        s.seen[all[i]].p = 0.4;
    assert_int_equal(
        closer_look_at_hands(&p->img, &map, &s.band, s.b, s.n, p->looks, &p->arena, s.seen), 0);
    assert_true(s.seen[beside_one].p < 2e-4);
    assert_true(s.seen[beside].compared && s.seen[beside].p == 0.4);
    assert_true(s.seen[alone].compared && s.seen[alone].p == 0.4);
    assert_true(s.seen[written].compared && s.seen[written].p == 0.4);
    assert_true(s.seen[rival].compared && s.seen[rival].p == 0.4);
}

/* Catches pages without a mark, on which there is nothing to compare with. */
static void test_a_page_without_marks(void **state)
{
    struct page *p = *state;
    static struct seen_page s;
    static const struct drawn_fill none[] = {{.field = NULL}};
    struct page_map map = map_of(p);
    drawn_page_draw(p->form, 0, &map.mm_to_px, 1700, 2380, none, &p->img);
    see(p, &s);
    for (int i = 0; i < s.n; i++)
        s.seen[i].p = i % 4 == 1 ? 0.01 : 1e-6; /* something is held possible: all are looked at */
    assert_int_equal(
        closer_look_at_hands(&p->img, &map, &s.band, s.b, s.n, p->looks, &p->arena, s.seen), 0);
    for (int i = 0; i < s.n; i++)
        assert_true(!s.seen[i].compared && s.seen[i].p <= 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pictures, setup, marks_page_remove),
        cmocka_unit_test_setup_teardown(test_half_taken_beside_an_answer, setup, marks_page_remove),
        cmocka_unit_test_setup_teardown(test_an_answer_taken_for_nothing, setup, marks_page_remove),
        cmocka_unit_test_setup_teardown(test_what_others_doubted, setup, marks_page_remove),
        cmocka_unit_test_setup_teardown(test_ink_beside_the_one_mark, setup, marks_page_remove),
        cmocka_unit_test_setup_teardown(test_what_others_made_of_nothing, setup, marks_page_remove),
        cmocka_unit_test_setup_teardown(test_a_page_without_marks, setup, marks_page_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
