/* A form drawn over a scan: every line where the map puts it, whatever the map. */
#include "diag.h"
#include "overlay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SCALE 4.0 /* px a mm */

static const char text[] =
    "form: x\n"
    "page: {size: [50, 40]}\n"
    "registration: {frame: [2, 2, 46, 36]}\n"
    "bubble: {shape: circle, size: 4}\n"
    "fields:\n"
    "- {field: q, kind: choice, options: AB, at: [10, 10], option_step: 10}\n"
    "- {field: w, kind: region, area: [30, 20, 10, 10]}\n";

static struct form *make_form(void)
{
    struct form *form = NULL;
    assert_int_equal(form_parse(text, strlen(text), "form.yaml", NULL, &form, NULL), 0);
    return form;
}

static void make_paper(struct image *paper)
{
    image_init(paper);
    assert_int_equal(image_resize(paper, 200, 160), 0);
    for (int y = 0; y < paper->height; y++)
        memset(image_row(paper, y), 250, (size_t)paper->width);
}

/* The colour nearest to a place in mm: a line is up to a pixel off by rounding. */
static bool is_drawn(const struct overlay *o, double x, double y)
{
    for (int v = (int)(y * SCALE) - 1; v <= (int)(y * SCALE) + 1; v++)
        for (int u = (int)(x * SCALE) - 1; u <= (int)(x * SCALE) + 1; u++) {
            const uint8_t *p = o->rgb + ((size_t)v * (size_t)o->width + (size_t)u) * 3;
            if (p[0] != p[1] || p[1] != p[2])
                return true;
        }
    return false;
}

/* Catches: outlines drawn elsewhere than where bubbles are read, or filled over the print. */
static void test_lines(void **state)
{
    struct form *form = make_form();
    struct page_map *map = calloc(1, sizeof *map);
    struct image paper;
    struct overlay overlay;
    make_paper(&paper);
    assert_non_null(map);
    map->mm_to_px = (struct homography){{SCALE, 0, 0, 0, SCALE, 0, 0, 0, 1}};
    assert_int_equal(overlay_init(&overlay, &paper), 0);
    assert_false(is_drawn(&overlay, 8, 10));
    overlay_draw(&overlay, form, 0, map);
    assert_true(is_drawn(&overlay, 8, 10)); /* the circle about [10, 10] */
    assert_true(is_drawn(&overlay, 10, 12));
    assert_true(is_drawn(&overlay, 22, 10)); /* and about [20, 10] */
    assert_false(is_drawn(&overlay, 10, 10));
    assert_false(is_drawn(&overlay, 8.1, 8.1)); /* no corner: it is round */
    assert_true(is_drawn(&overlay, 30, 25));
    assert_true(is_drawn(&overlay, 40, 30));
    assert_false(is_drawn(&overlay, 35, 25));
    assert_true(is_drawn(&overlay, 2, 20)); /* the frame */
    overlay_finish(&overlay);
    image_finish(&paper);
    free(map);
    form_destroy(form);
}

/* Catches: a write beyond the picture, or a hang, where a refused page's map is wild. */
static void test_wild_maps(void **state)
{
    static const struct homography wild[] = {
        {{0}},
        {{1e9, 0, 0, 0, 1e9, 0, 0, 0, 1}},
        {{4, 0, -1e7, 0, 4, 1e7, 0, 0, 1}},
        {{4, 0, 0, 0, 4, 0, -0.1, 0, 1}}, /* the horizon runs through the page */
        {{4, 0, 190, 0, 4, 150, 0, 0, 1}},
    };
    struct form *form = make_form();
    struct page_map *map = calloc(1, sizeof *map);
    struct image paper;
    struct overlay overlay;
    make_paper(&paper);
    assert_non_null(map);
    assert_int_equal(overlay_init(&overlay, &paper), 0);
    for (size_t i = 0; i < sizeof wild / sizeof *wild; i++) {
        map->mm_to_px = wild[i];
        overlay_draw(&overlay, form, 0, map);
    }
    assert_int_equal(overlay.rgb[0], 250); /* the corner, where nothing was drawn */
    overlay_finish(&overlay);
    image_finish(&paper);
    free(map);
    form_destroy(form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_wild_maps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
