/* test_health.c - what is measured on a page, and what a run of pages is told as. */
#include "diag.h"
#include "drawn_page.h"
#include "form.h"
#include "health_runs.h"
#include "page_health.h"
#include "paper_lines.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DPI = 150, LEVEL = 1, PAPER = 240 };

static const char form_text[] =
    "form: quiz\n"
    "page: {size: A5}\n"
    "registration:\n"
    "  marks: {shape: square, size: 5, at: [[10, 10], [138, 10], [138, 200], [10, 200]]}\n"
    "fields:\n"
    "  - {fields: q1..20, kind: choice, options: ABCD, at: [30, 25], option_step: [10, 0],\n"
    "     step: [0, 8.5], bubble: {shape: box, size: [6, 3.4]}}\n"
    "  - {field: essay, kind: text, area: [80, 30, 55, 165]}\n";

static const struct drawn_fill fills[] = {
    {"q1", 0, 0.7, 0.9}, {"q2", 0, 0.7, 0.9}, {"q3", 0, 0.7, 0.9}, {"q4", 0, 0.7, 0.9},
    {"q5", 1, 0.7, 0.9}, {"q6", 2, 0.6, 0.9}, {"q7", 3, 0.7, 0.8}, {NULL, 0, 0, 0}};

struct bench {
    struct form *form;
    struct image img, reduced;
    struct page_map map;
    struct page_quality quality;
    struct page_health_scratch *scratch;
    struct page_health health;
};

static int set_up(void **state)
{
    static struct bench b;
    struct diag d;
    diag_init(&d);
    int r = form_parse(form_text, sizeof form_text - 1, "form.yaml", NULL, &b.form, &d);
    diag_print(&d, stderr);
    diag_finish(&d);
    image_init(&b.img);
    image_init(&b.reduced);
    *state = &b;
    return r < 0 ? r : page_health_scratch_create(&b.scratch);
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    page_health_scratch_destroy(b->scratch);
    image_finish(&b->img);
    image_finish(&b->reduced);
    form_destroy(b->form);
    return 0;
}

static void draw(struct bench *b, double degrees)
{
    b->map =
        (struct page_map){.mm_to_px = drawn_page_map(b->form, DPI, degrees), .bubble_scale = 1};
    b->quality = (struct page_quality){.dpi = DPI, .paper = PAPER, .contrast = 0.5};
    drawn_page_draw(b->form, 0, &b->map.mm_to_px, (int)(148 * DPI / 25.4), (int)(210 * DPI / 25.4),
                    fills, &b->img);
    drawn_page_noise(&b->img, 6, 7);
}

static void measure(struct bench *b, bool registered)
{
    assert_int_equal(image_shrink(&b->img, LEVEL, &b->reduced), 0);
    struct page_health_input in = {.img = &b->img,
                                   .reduced = &b->reduced,
                                   .level = LEVEL,
                                   .form = b->form,
                                   .map = registered ? &b->map : NULL,
                                   .quality = &b->quality};
    assert_int_equal(page_health_measure(&in, b->scratch, &b->health), 0);
    assert_true(b->health.measured);
}

static void darken(struct image *img, int x, int y, int by)
{
    if (x < 0 || y < 0 || x >= img->width || y >= img->height)
        return;
    uint8_t *p = &image_row(img, y)[x];
    int v = *p - by;
    *p = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
}

/* A line two pixels wide from edge to edge, at `mm` in the middle; lean in mm over its length. */
static void draw_line(struct bench *b, bool across, double mm, double lean, int by)
{
    int length = across ? b->img.width : b->img.height;
    for (int i = 0; i < length; i++) {
        int at = (int)((mm + lean * ((double)i / length - 0.5)) * DPI / 25.4);
        for (int k = 0; k < 2; k++)
            darken(&b->img, across ? i : at + k, across ? at + k : i, by);
    }
}

/* Would catch: print, marks, noise or skew taken for a defect. */
static void a_clean_page_has_nothing(void **state)
{
    static const double turns[] = {0, 0.4, -1.5, 3, 90, 180};
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        draw(b, turns[i]);
        measure(b, true);
        assert_int_equal(b->health.n_lines, 0);
        assert_int_equal(b->health.corner, -1);
        assert_int_equal(b->health.side, SIDE_PRINTED);
        assert_true(b->health.rise > 0.1 && b->health.rise < 0.35);
        measure(b, false);
        assert_int_equal(b->health.n_lines, 0);
        assert_int_equal(b->health.side, SIDE_PRINTED);
    }
}

/* Would catch: dirt on the glass not seen, placed wrongly, or not held against the form. */
static void a_streak_is_measured(void **state)
{
    static const struct {
        double at;
        bool across;
        const char *touches;
    } streaks[] = {{120.3, false, ""}, {40.2, false, "q1 q2"}, {130.2, true, ""}};
    struct bench *b = *state;
    for (size_t i = 0; i < sizeof streaks / sizeof *streaks; i++) {
        draw(b, 0);
        draw_line(b, streaks[i].across, streaks[i].at, 0, 50);
        measure(b, true);
        assert_int_equal(b->health.n_lines, 1);
        const struct page_line *line = &b->health.lines[0];
        assert_true(line->across == streaks[i].across && !line->light);
        assert_true(fabs(line->at - streaks[i].at) < 0.4);
        assert_true(fabs(line->form_at - streaks[i].at) < 0.6);
        assert_int_equal(line->form_axis, streaks[i].across ? 'y' : 'x');
        assert_true(fabs(line->lean) < 0.5);
        assert_int_equal(strncmp(line->touches, streaks[i].touches, strlen(streaks[i].touches)), 0);
        assert_int_equal(line->touches[0] == '\0', streaks[i].touches[0] == '\0');
    }
}

/* Would catch: a light line missed, and a line on a page that no form fits. */
static void a_light_streak_and_one_on_a_refused_page(void **state)
{
    struct bench *b = *state;
    draw(b, 0.3);
    draw_line(b, false, 90.4, 0, -14);
    measure(b, true);
    assert_int_equal(b->health.n_lines, 1);
    assert_true(b->health.lines[0].light);
    draw(b, 0.3);
    draw_line(b, false, 90.4, 0, 40);
    measure(b, false);
    assert_int_equal(b->health.n_lines, 1);
    assert_int_equal(b->health.lines[0].form_axis, 0);
    assert_true(fabs(b->health.lines[0].at - 90.4) < 0.4);
}

/* Would catch: a crease that leans lost, or taken for one that does not. */
static void a_crease_leans(void **state)
{
    struct bench *b = *state;
    draw(b, 0);
    draw_line(b, true, 105, 3.2, 45);
    measure(b, true);
    assert_int_equal(b->health.n_lines, 1);
    assert_true(b->health.lines[0].across);
    assert_true(fabs(b->health.lines[0].lean - 3.2) < 1);
    assert_true(fabs(b->health.lines[0].at - 105) < 0.8);
}

/* Would catch: a printed rule taken for dirt. Frames and rules end before the paper's edge. */
static void a_printed_rule_is_no_streak(void **state)
{
    struct bench *b = *state;
    draw(b, 0);
    for (int y = (int)(6 * DPI / 25.4); y < (int)(204 * DPI / 25.4); y++)
        for (int k = 0; k < 2; k++)
            darken(&b->img, (int)(75 * DPI / 25.4) + k, y, 180);
    measure(b, true);
    assert_int_equal(b->health.n_lines, 0);
}

/* A triangle of `grey` at the top right corner. */
static void lose_corner(struct bench *b, double leg, int grey)
{
    int n = (int)(leg * DPI / 25.4);
    for (int y = 0; y < n; y++)
        for (int x = b->img.width - n + y; x < b->img.width; x++)
            image_row(&b->img, y)[x] = (uint8_t)grey;
}

/* Would catch: a dog-ear missed, its size wrong, or a dark edge taken for one. */
static void a_lost_corner_is_measured(void **state)
{
    struct bench *b = *state;
    draw(b, 0);
    lose_corner(b, 18, 30);
    measure(b, true);
    assert_int_equal(b->health.corner, CORNER_TOP_RIGHT);
    assert_true(fabs(b->health.corner_size - 18) < 3);
    assert_string_equal(b->health.corner_touches, "");
    draw(b, 0);
    lose_corner(b, 60, 30);
    measure(b, true);
    assert_int_equal(b->health.corner, CORNER_TOP_RIGHT);
    assert_string_equal(b->health.corner_touches, "essay");
    draw(b, 0);
    for (int y = 0; y < (int)(9 * DPI / 25.4); y++)
        memset(image_row(&b->img, y), 30, (size_t)b->img.width);
    measure(b, true);
    assert_int_equal(b->health.corner, -1);
}

/* Would catch: an empty back taken for a form that could not be read, and a form for empty. */
static void empty_sides_are_told_from_print(void **state)
{
    struct bench *b = *state;
    draw(b, 0);
    memset(b->img.data, PAPER, b->img.stride * (size_t)b->img.height);
    drawn_page_noise(&b->img, 6, 3);
    measure(b, false);
    assert_int_equal(b->health.side, SIDE_BLANK);
    draw(b, 0);
    for (int y = 0; y < b->img.height; y++) /* seen through the paper: a sixth as dark */
        for (int x = 0; x < b->img.width; x++)
            image_row(&b->img, y)[x] = (uint8_t)(PAPER - (PAPER - image_row(&b->img, y)[x]) / 6);
    measure(b, false);
    assert_int_equal(b->health.side, SIDE_SHOW_THROUGH);
}

static void box_blur(struct image *img, int radius)
{
    struct image copy;
    image_init(&copy);
    assert_int_equal(image_resize(&copy, img->width, img->height), 0);
    for (int y = 0; y < img->height; y++)
        for (int x = 0; x < img->width; x++) {
            int sum = 0, n = 0;
            for (int dy = -radius; dy <= radius; dy++)
                for (int dx = -radius; dx <= radius; dx++)
                    if (x + dx >= 0 && y + dy >= 0 && x + dx < img->width && y + dy < img->height) {
                        sum += image_row(img, y + dy)[x + dx];
                        n++;
                    }
            image_row(&copy, y)[x] = (uint8_t)(sum / n);
        }
    for (int y = 0; y < img->height; y++)
        memcpy(image_row(img, y), image_row(&copy, y), (size_t)img->width);
    image_finish(&copy);
}

/* Would catch: a measure of sharpness that blur does not move. */
static void blur_makes_edges_longer(void **state)
{
    struct bench *b = *state;
    draw(b, 0.4);
    measure(b, true);
    double sharp = b->health.rise;
    box_blur(&b->img, 1);
    box_blur(&b->img, 1);
    measure(b, true);
    assert_true(b->health.rise > 1.4 * sharp);
}

/* Would catch: paper that is pure white, or black and white scans, taken for grey ones. */
static void exposure_is_measured(void **state)
{
    struct bench *b = *state;
    draw(b, 0);
    measure(b, true);
    assert_true(b->health.clipped < 0.01 && !b->health.bitonal);
    for (int y = 0; y < b->img.height; y++)
        for (int x = 0; x < b->img.width; x++)
            darken(&b->img, x, y, -30);
    measure(b, false);
    assert_true(b->health.clipped > 0.95 && b->health.paper > 250 && !b->health.bitonal);
    for (int y = 0; y < b->img.height; y++)
        for (int x = 0; x < b->img.width; x++)
            image_row(&b->img, y)[x] = image_row(&b->img, y)[x] > 128 ? 255 : 0;
    measure(b, false);
    assert_true(b->health.bitonal);
}

/* ---- runs ---- */

/* A page as good as any, the n-th of its batch. */
static struct health_page good_page(int n)
{
    struct health_page p = {.id = n,
                            .scan = "stack.pdf",
                            .number = n,
                            .batch = "",
                            .width = 1654,
                            .height = 2339,
                            .quality = {.dpi = 200, .contrast = 0.4, .paper = 240},
                            .candidate = "",
                            .marked = 20,
                            .health = {.measured = true, .dpi = 200, .paper = 240, .rise = 0.16}};
    p.health.corner = -1;
    p.health.has_fingerprint = true;
    for (int c = 0; c < HEALTH_CELLS; c++)
        p.health.fingerprint[c] =
            (uint8_t)(20 + ((n * 7919 + c * (n + 31) * 613) / 16 % 5 == 0 ? 90 : 0));
    return p;
}

static void add_line(struct health_page *p, double at, double form_at, double lean)
{
    p->health.lines[p->health.n_lines++] = (struct page_line){
        .at = at, .form_axis = 'x', .form_at = form_at, .lean = lean, .depth = 30, .touches = "q1"};
}

struct told {
    struct health_alarm alarms[16];
    char details[16][400];
    int n;
};

/* `change` makes of the good page n what it shall be. */
static void tell_pages(int n, void (*change)(struct health_page *page, int n), struct told *told)
{
    const struct health_alarm *alarms;
    struct health_runs *runs;
    assert_int_equal(health_runs_create(&runs), 0);
    for (int i = 1; i <= n; i++) {
        struct health_page p = good_page(i);
        change(&p, i);
        assert_int_equal(health_runs_add(runs, &p), 0);
    }
    assert_int_equal(health_runs_end(runs, &alarms, &told->n), 0);
    assert_true(told->n <= 16);
    for (int i = 0; i < told->n; i++) {
        told->alarms[i] = alarms[i];
        snprintf(told->details[i], sizeof told->details[i], "%s", alarms[i].detail);
    }
    health_runs_destroy(runs);
}

static void expect_one(const struct told *told, enum alarm_kind kind, int first, int last,
                       int pages)
{
    if (told->n != 1 || told->alarms[0].kind != kind || told->alarms[0].first != first ||
        told->alarms[0].last != last || told->alarms[0].pages != pages)
        fail_msg("%d alarms; the first: %s %d to %d, %d pages: %s", told->n,
                 told->n ? alarm_kind_name(told->alarms[0].kind) : "", (int)told->alarms[0].first,
                 (int)told->alarms[0].last, told->alarms[0].pages, told->n ? told->details[0] : "");
}

static void nothing(struct health_page *p, int n) {}

static void dirt_from_12(struct health_page *p, int n)
{
    if (n >= 12 && n % 7 != 0)
        add_line(p, 132 + 0.1 * (n % 3), 130 + n % 4, 0);
}

/* Not on the duplex scanner's other glass. */
static void dirt_on_one_side(struct health_page *p, int n)
{
    if (n % 2 == 0)
        add_line(p, 60, 58 + n % 3, 0);
}

static void cleaned_and_dirty_again(struct health_page *p, int n)
{
    if ((n >= 5 && n <= 14) || n >= 40)
        add_line(p, 60, 58 + n % 3, 0);
}

static void line_here_and_there(struct health_page *p, int n)
{
    if (n % 5 == 0)
        add_line(p, 20 + 3.7 * n, 20 + 3.7 * n, 0);
}

/* The form's own line moves with the paper. */
static void printed_line(struct health_page *p, int n)
{
    add_line(p, 100 + 0.9 * (n % 3), 99 + 0.02 * (n % 2), 0);
}

static void creases(struct health_page *p, int n)
{
    if (n > 10)
        add_line(p, 100 + 1.1 * (n % 4), 99 + 1.3 * (n % 3), 2);
}

static void light_from_20(struct health_page *p, int n)
{
    p->quality.contrast = n < 20 ? 0.4 : 0.2;
}

static void blurred_from_20(struct health_page *p, int n)
{
    p->health.rise = n < 20 ? 0.16 : 0.3;
}

/* Two resolutions: the coarse one is not blurred. */
static void two_resolutions(struct health_page *p, int n)
{
    if (n % 2) {
        p->health.dpi = p->quality.dpi = 100;
        p->health.rise = 0.28;
        p->quality.contrast = 0.25;
    }
}

static void dark_paper(struct health_page *p, int n)
{
    p->health.paper = n > 8 ? 120 : 240;
}

static void empty_backs(struct health_page *p, int n)
{
    if (n % 2)
        return;
    p->verdict = PAGE_NO_REGISTRATION;
    p->form = p->form_page = -1;
    p->health.side = SIDE_SHOW_THROUGH;
    p->health.has_fingerprint = false;
}

static void one_separator(struct health_page *p, int n)
{
    if (n % 10 == 0) {
        p->verdict = PAGE_NO_REGISTRATION;
        p->health.side = SIDE_BLANK;
    }
}

static void corner_over_a_field(struct health_page *p, int n)
{
    if (n != 9)
        return;
    p->health.corner = CORNER_TOP_LEFT;
    p->health.corner_size = 30;
    strcpy(p->health.corner_touches, "name");
}

/* Pages 21 to 25 are 11 to 15 again, a little darker. */
static void stack_twice(struct health_page *p, int n)
{
    struct health_page first = good_page(n >= 21 && n <= 25 ? n - 10 : n);
    static char names[64][8];
    snprintf(names[n % 64], sizeof *names, "%d", (int)first.id);
    p->candidate = names[n % 64];
    for (int c = 0; c < HEALTH_CELLS; c++)
        p->health.fingerprint[c] = (uint8_t)(first.health.fingerprint[c] + (n >= 21 ? 2 : 0));
}

/* Empty forms are as like each other as two scans of one. */
static void unmarked(struct health_page *p, int n)
{
    p->marked = 0;
    memset(p->health.fingerprint, 20, HEALTH_CELLS);
}

/* Would catch: an alarm where nothing is wrong, or print, stray lines, separators told as such. */
static void what_is_no_run_is_not_told(void **state)
{
    void (*const changes[])(struct health_page *, int) = {nothing, printed_line, two_resolutions,
                                                          one_separator, unmarked};
    struct told told;
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        tell_pages(40, changes[i], &told);
        if (told.n > 0)
            fail_msg("change %d: %s", (int)i, told.details[0]);
    }
    tell_pages(40, line_here_and_there, &told);
    for (int i = 0; i < told.n; i++)
        assert_false(told.alarms[i].run); /* each crosses a field of its own page */
    assert_int_equal(told.n, 8);
}

/* Would catch: more alarms than one, another page, place or kind. */
static void runs_are_one_alarm(void **state)
{
    struct told told;
    (void)state;
    tell_pages(60, dirt_from_12, &told);
    expect_one(&told, ALARM_STREAK, 12, 60, 42);
    assert_true(fabs(told.alarms[0].place - 132.1) < 0.1);
    assert_non_null(strstr(told.details[0], "x = 132 mm of the scan"));
    assert_non_null(strstr(told.details[0], "since page 12 of the batch ('stack.pdf' page 12)"));
    tell_pages(40, dirt_on_one_side, &told);
    expect_one(&told, ALARM_STREAK, 2, 40, 20);
    tell_pages(40, creases, &told);
    expect_one(&told, ALARM_CREASE, 11, 40, 30);
    tell_pages(40, light_from_20, &told);
    expect_one(&told, ALARM_LIGHT_PRINT, 20, 40, 21);
    tell_pages(40, blurred_from_20, &told);
    expect_one(&told, ALARM_BLUR, 20, 40, 21);
    tell_pages(40, dark_paper, &told);
    expect_one(&told, ALARM_EXPOSURE, 9, 40, 32);
    tell_pages(40, empty_backs, &told);
    expect_one(&told, ALARM_WRONG_SIDE, 2, 40, 20);
    assert_non_null(strstr(told.details[0], "scan one side only"));
    tell_pages(40, stack_twice, &told);
    expect_one(&told, ALARM_DUPLICATE, 21, 25, 5);
    assert_non_null(strstr(told.details[0], "are those from page 11 "));
    tell_pages(40, corner_over_a_field, &told);
    expect_one(&told, ALARM_CORNER, 9, 9, 1);
    assert_false(told.alarms[0].run);
}

/* Would catch: a glass that was cleaned told as dirty to the end. */
static void a_run_that_ended_begins_anew(void **state)
{
    struct told told;
    (void)state;
    tell_pages(60, cleaned_and_dirty_again, &told);
    assert_int_equal(told.n, 2);
    assert_int_equal(told.alarms[0].first, 5);
    assert_int_equal(told.alarms[0].last, 14);
    assert_int_equal(told.alarms[1].first, 40);
    assert_int_equal(told.alarms[1].last, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_page_has_nothing),
        cmocka_unit_test(a_streak_is_measured),
        cmocka_unit_test(a_light_streak_and_one_on_a_refused_page),
        cmocka_unit_test(a_crease_leans),
        cmocka_unit_test(a_printed_rule_is_no_streak),
        cmocka_unit_test(a_lost_corner_is_measured),
        cmocka_unit_test(empty_sides_are_told_from_print),
        cmocka_unit_test(blur_makes_edges_longer),
        cmocka_unit_test(exposure_is_measured),
        cmocka_unit_test(what_is_no_run_is_not_told),
        cmocka_unit_test(runs_are_one_alarm),
        cmocka_unit_test(a_run_that_ended_begins_anew),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
