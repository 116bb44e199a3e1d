#include "drawn_page.h"

#include "diag.h"
#include "form.h"
#include "proposals.h"

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
    "  - {fields: q1..40, kind: choice, options: ABCD, at: [25, 110], option_step: [7, 0],\n"
    "     step: [0, 7], per_column: 20, column_step: [80, 0], bubble: {shape: circle, size: 4}}\n";

enum { SPECKS = 5, SMALL = 60 };

/* How many of the marks a proposal puts onto one of three sightings. */
static int count_on(const struct proposal *p, const struct registration *r,
                    const struct mark_sighting *sightings)
{
    int on = 0;
    for (int m = 0; m < r->n_marks; m++) {
        struct point at = homography_apply(&p->mm_to_px, r->marks[m].centroid);
        for (int i = 0; i < 3; i++)
            on += hypot(at.x - sightings[i].at.x, at.y - sightings[i].at.y) < 2;
    }
    return on;
}

/* Catches sightings taken for others: one corner is torn off, so photos are thought of, too, after
 * scanners; before the three marks that are left specks were seen, which are no marks at any scale,
 * and after them patches that may be marks on a photo. */
static void test_specks_before_the_marks(void **state)
{
    (void)state;
    struct form *form = NULL;
    struct diag d;
    struct image page = {0};
    struct pyramid pyramid = {.levels = {&page}};
    struct mark_sighting seen[SPECKS + 3 + SMALL];
    struct proposal out[MAX_PROPOSALS];
    int n = 0;
    diag_init(&d);
    assert_int_equal(form_parse(card, strlen(card), "card.yaml", ".", &form, &d), 0);
    struct homography map = drawn_page_map(form, 200, 0.4);
    drawn_page_draw(form, 0, &map, 1660, 2345, NULL, &page);
    const struct registration *r = &form->pages[0].registrations[0];
    for (int i = 0; i < SPECKS; i++)
        seen[i] = (struct mark_sighting){{20 + 5 * i, 30 + 7 * i}, 4, 2, 2};
    for (int m = 0; m < 3; m++)
        seen[SPECKS + m] = (struct mark_sighting){homography_apply(&map, r->marks[m].centroid),
                                                  5 * 5 * 7.874 * 7.874, 39.4, 39.4};
    for (int i = 0; i < SMALL; i++)
        seen[SPECKS + 3 + i] =
            (struct mark_sighting){{300 + 13 * i, 700 + 17 * (i % 29)}, 139, 12, 12};
    struct proposal_source source = {
        .registration = r, .page_width = form->width, .page_height = form->height};
    assert_int_equal(propose_from_sightings(&source, &pyramid, seen, SPECKS + 3 + SMALL, out, &n),
                     0);
    assert_true(n > 0);
    assert_int_equal(out[0].marks, 3);
    for (int k = 0; k < n && out[k].cost < 1.5; k++) /* the right way up, and upside down */
        assert_int_equal(count_on(&out[k], r, seen + SPECKS), 3);
    image_finish(&page);
    form_destroy(form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_specks_before_the_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
