/* Simulated sheets are only worth something where truth says what the pixels show, and where a page
 * can be made again. */
#include "candidates.h"
#include "diag.h"
#include "hand.h"
#include "markup.h"
#include "optics.h"
#include "paper.h"
#include "pupil.h"
#include "simulate.h"
#include "truth.h"
#include "visible.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char form_text[] =
    "form: little\n"
    "page: {size: [100, 80]}\n"
    "candidate: number\n"
    "registration: {marks: {shape: square, size: 4, at: [[6, 6], [94, 6], [94, 74], [6, 74]]}}\n"
    "fields:\n"
    "  - field: number\n"
    "    kind: grid\n"
    "    options: 0-9\n"
    "    columns: 3\n"
    "    at: [15, 15]\n"
    "    option_step: 5\n"
    "    column_step: 6\n"
    "    bubble: {shape: oval, size: [4, 3]}\n"
    "    blank: doubt\n"
    "  - fields: q1..8\n"
    "    kind: choice\n"
    "    options: ABCD\n"
    "    at: [50, 15]\n"
    "    option_step: 7\n"
    "    step: 6\n"
    "    bubble: {shape: bracket, size: [5, 2.8]}\n"
    "    except: {q8: {multiple: true}}\n";

static struct form *load_form(void)
{
    struct form *form = NULL;
    struct diag d;
    diag_init(&d);
    int r = form_parse(form_text, sizeof form_text - 1, "little", NULL, &form, &d);
    diag_print(&d, stderr);
    diag_finish(&d);
    assert_int_equal(r, 0);
    return form;
}

/* ---- chance ---- */

/* Two purposes, pages or sheets that share their numbers: a habit would decide a stain. */
static void streams_are_unrelated(void **state)
{
    struct rng a = rng_stream(1, 2, 3, 4), same = rng_stream(1, 2, 3, 4);
    struct rng others[] = {rng_stream(2, 2, 3, 4), rng_stream(1, 3, 3, 4), rng_stream(1, 2, 4, 4),
                           rng_stream(1, 2, 3, 5), rng_stream(2, 1, 3, 4), rng_stream(1, 3, 2, 4)};
    assert_true(rng_next(&a) == rng_next(&same));
    uint64_t next = rng_next(&same);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        rng_next(&others[i]);
        assert_true(rng_next(&others[i]) != next);
    }
}

/* A generator that leans: every share of the profiles would. */
static void chance_is_even(void **state)
{
    struct rng rng = rng_stream(7, 0, 0, 0);
    double sum = 0, squares = 0;
    int counts[3] = {0};
    const double weights[] = {1, 2, 1};
    enum { N = 40000 };
    for (int i = 0; i < N; i++) {
        double x = rng_normal(&rng);
        sum += x;
        squares += x * x;
        counts[rng_pick(&rng, weights, 3)]++;
    }
    assert_true(fabs(sum / N) < 0.02);
    assert_true(fabs(squares / N - 1) < 0.03);
    assert_true(abs(counts[1] - N / 2) < 400 && abs(counts[0] - N / 4) < 400);
}

/* ---- pens ---- */

struct drawing {
    struct surface surface;
    struct trace trace;
    uint8_t tooth[TOOTH_SIDE * TOOTH_SIDE], tone[256];
};

static void drawing_init(struct drawing *d)
{
    struct rng rng = rng_stream(1, 0, 0, 9);
    memset(d, 0, sizeof *d);
    image_init(&d->surface.img);
    assert_int_equal(image_resize(&d->surface.img, 400, 300), 0);
    memset(d->surface.img.data, 255, 400 * 300);
    pen_fill_tooth(d->tooth, &rng);
    d->surface.px = 300 / 25.4;
    d->surface.tooth = d->tooth;
    trace_init(&d->trace);
    for (int i = 0; i < 256; i++)
        d->tone[i] = (uint8_t)i;
}

static void drawing_finish(struct drawing *d)
{
    image_finish(&d->surface.img);
    trace_finish(&d->trace);
}

static const struct target target = {BUBBLE_BRACKET, {12, 10, 5, 2.8}, 2.5, 2.8};

/* Darkness of the bubble after a fill pressed so, and then rubbed out to `residue` (1: not). */
static double fill_darkness(double pressure, double residue)
{
    struct drawing d;
    struct rng rng = rng_stream(3, 0, 0, 1);
    struct hand hand = {.tool = {TOOL_PENCIL, 0.7, 0.75, 1.2, pressure},
                        .style = FILL_HATCH,
                        .angle = -0.7,
                        .cover = 1,
                        .gap = 0.5,
                        .jitter = 0.05,
                        .miss = 0.05,
                        .steady = 0.05};
    drawing_init(&d);
    assert_int_equal(trace_begin(&d.trace, &d.surface, hand_reach(&target)), 0);
    hand_fill(&d.trace, &hand, &target, &rng);
    if (residue < 1)
        trace_erase(&d.trace, residue, 0.01, 0, &rng);
    double dark = trace_darkness(&d.trace, &hand.tool, target.box, d.tone);
    trace_apply(&d.trace, &hand.tool, &d.surface);
    int x = (int)(14.5 * d.surface.px), y = (int)(11.4 * d.surface.px);
    double sum = 0;
    for (int i = -10; i <= 10; i++)
        for (int j = -10; j <= 10; j++)
            sum += image_row(&d.surface.img, y + j)[x + i];
    /* What was measured is what was drawn. */
    assert_true(fabs(1 - sum / 441 / 255 - dark) < 0.2);
    drawing_finish(&d);
    return dark;
}

/* A hand that presses lightly and marks darkly, an eraser that darkens or wipes all away. */
static void pressure_and_eraser_tell(void **state)
{
    double firm = fill_darkness(1, 1), light = fill_darkness(0.45, 1);
    double rest = fill_darkness(1, 0.05), rubbed = fill_darkness(1, 0.3);
    assert_true(firm > 0.4 && firm < 0.75);
    assert_true(light > 0.1 && light < 0.75 * firm);
    assert_true(rest > 0.005 && rest < 0.12);
    assert_true(rubbed > rest && rubbed < 0.75 * firm);
}

/* Every movement stays where trace_begin made room, and leaves something there. */
static void every_look_leaves_ink(void **state)
{
    static void (*const looks[])(struct trace *, const struct hand *, const struct target *,
                                 struct rng *) = {hand_fill,   hand_tick,   hand_cross,
                                                  hand_circle, hand_stroke, hand_strike_out};
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        struct drawing d;
        struct rng rng = rng_stream(5, i, 0, 1);
        struct hand hand = {.tool = {TOOL_GEL, 0.5, 0.9, 3, 1}, .cover = 1, .gap = 0.6};
        drawing_init(&d);
        assert_int_equal(trace_begin(&d.trace, &d.surface, hand_reach(&target)), 0);
        looks[i](&d.trace, &hand, &target, &rng);
        assert_true(trace_amount(&d.trace, &hand.tool, d.tone) > 0.5);
        drawing_finish(&d);
    }
}

/* ---- plans and truth ---- */

static void plan_with(const struct form *form, enum manner manner, const char *candidate,
                      struct page_plan *plan)
{
    struct rng rng = rng_stream(11, 0, 0, (uint64_t)manner);
    struct sitter sitter = {form, NULL, candidate};
    struct pupil pupil;
    pupil_draw(&pupil, PROFILE_OFFICE, (int)manner, &rng);
    assert_int_equal(pupil_plan_page(&pupil, &sitter, 0, plan, &rng), 0);
}

/* The value truth.csv gives a field, and its status. */
static void truth_of(const struct form *form, const struct page_plan *plan, const char *field,
                     char value[64], char status[16])
{
    struct sitter sitter = {form, NULL, "047"};
    struct damages none = {{0}};
    struct truth_page page = {"1.jpg", 0, &sitter, plan, &none, "office", false, NULL, NULL};
    char *rows[TRUTH_TABLES], wanted[80];
    size_t sizes[TRUTH_TABLES];
    FILE *out[TRUTH_TABLES];
    for (int t = 0; t < TRUTH_TABLES; t++)
        assert_non_null(out[t] = open_memstream(&rows[t], &sizes[t]));
    truth_write_page(&page, out);
    for (int t = 0; t < TRUTH_TABLES; t++)
        fclose(out[t]);
    snprintf(wanted, sizeof wanted, "1.jpg,1,047,%s,", field);
    const char *row = strstr(rows[TRUTH_FIELDS], wanted);
    assert_non_null(row);
    row += strlen(wanted);
    size_t n = strcspn(row, ",");
    memcpy(value, row, n);
    value[n] = '\0';
    assert_int_equal(sscanf(row + n + 1, "%15s", status), 1);
    for (int t = 0; t < TRUTH_TABLES; t++)
        free(rows[t]);
}

/* Marks and truth that speak of different answers. */
static void truth_is_what_was_meant(void **state)
{
    struct form *form = load_form();
    struct page_plan plan;
    char value[64], status[16];
    page_plan_init(&plan);

    plan_with(form, MANNER_FULL, "047", &plan);
    truth_of(form, &plan, "number", value, status);
    assert_string_equal(value, "047");
    truth_of(form, &plan, "q1", value, status);
    assert_int_equal(strlen(value), 1);
    assert_string_equal(status, "clear");

    plan_with(form, MANNER_BLANK, "047", &plan);
    assert_int_equal(plan.n_marks, 0);
    truth_of(form, &plan, "number", value, status);
    assert_string_equal(value, "");

    plan_with(form, MANNER_DOUBLE, "047", &plan);
    truth_of(form, &plan, "q1", value, status);
    assert_int_equal(strlen(value), 2);
    assert_true(value[0] < value[1]);

    plan_with(form, MANNER_CANCELLED, "047", &plan);
    int cancelled = 0;
    for (int i = 0; i < plan.n_marks; i++) {
        cancelled += plan.marks[i].look == LOOK_CANCELLED;
        assert_true(plan.marks[i].meant == (plan.marks[i].look == LOOK_FILLED));
    }
    assert_true(cancelled >= 3);
    truth_of(form, &plan, "q2", value, status);
    assert_int_equal(strlen(value), 1);

    page_plan_finish(&plan);
    form_destroy(form);
}

/* An answer that nobody can see, held against a reader who says that there is none. */
static void what_cannot_be_seen_is_no_mark(void **state)
{
    struct form *form = load_form();
    struct page_plan plan;
    struct rng rng = rng_stream(11, 1, 0, 0);
    struct drawing d;
    char value[64], status[16];
    struct pupil pupil;
    pupil_draw(&pupil, PROFILE_OFFICE, MANNER_FULL, &rng);
    page_plan_init(&plan);
    for (int black = 0; black < 2; black++) {
        drawing_init(&d);
        assert_int_equal(image_resize(&d.surface.img, (int)(form->width * d.surface.px),
                                      (int)(form->height * d.surface.px)),
                         0);
        for (int y = 0; y < d.surface.img.height; y++)
            memset(image_row(&d.surface.img, y), black ? 4 : 255, (size_t)d.surface.img.width);
        plan_with(form, MANNER_FULL, "047", &plan);
        pupil.dirt = 0;
        assert_int_equal(
            markup_draw(&d.surface, form, 0, &pupil, &plan, d.tone, &d.trace, &rng, NULL), 0);
        truth_of(form, &plan, "q1", value, status);
        assert_int_equal(strlen(value), black ? 0 : 1);
        assert_string_equal(status, black ? "ambiguous" : "clear");
        assert_true((plan.n_marks == 0) == (black == 1));
        drawing_finish(&d);
    }
    page_plan_finish(&plan);
    form_destroy(form);
}

/* An answer that was rubbed out and held against a reader who sees none; and one that is there, by
 * a line as by a fill, taken for gone. */
static void half_taken_back_by_what_is_left(void **state)
{
    static const struct {
        enum manner manner;
        double residue;
        const char *value;
    } cases[] = {{MANNER_FULL, 0.02, ""}, {MANNER_FULL, 0.5, "B"}, {MANNER_TICK, 0.5, "B"}};
    struct form *form = load_form();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rng rng = rng_stream(11, 1, 0, 0);
        struct page_plan plan;
        struct pupil pupil;
        struct drawing d;
        char value[64], status[16];
        page_plan_init(&plan);
        drawing_init(&d);
        pupil_draw(&pupil, PROFILE_OFFICE, (int)cases[i].manner, &rng);
        pupil.dirt = 0;
        pupil.hand.tool = (struct tool){TOOL_PENCIL, 0.7, 0.7, 1.2, 1};
        assert_int_equal(image_resize(&d.surface.img, (int)(form->width * d.surface.px),
                                      (int)(form->height * d.surface.px)),
                         0);
        for (int y = 0; y < d.surface.img.height; y++)
            memset(image_row(&d.surface.img, y), 255, (size_t)d.surface.img.width);
        plan_with(form, MANNER_BLANK, "047", &plan);
        assert_non_null(plan.marks = realloc(plan.marks, sizeof *plan.marks));
        plan.marks[0] = (struct planned_mark){.field = 1,
                                              .bubble = 1,
                                              .look = LOOK_ERASED,
                                              .manner = cases[i].manner,
                                              .meant = true,
                                              .residue = cases[i].residue};
        plan.n_marks = plan.capacity = 1;
        assert_int_equal(
            markup_draw(&d.surface, form, 0, &pupil, &plan, d.tone, &d.trace, &rng, NULL), 0);
        truth_of(form, &plan, "q1", value, status);
        assert_string_equal(value, cases[i].value);
        page_plan_finish(&plan);
        drawing_finish(&d);
    }
    form_destroy(form);
}

/* The way export writes columns that hold several marks, or none. */
static void grids_are_written_as_export_does(void **state)
{
    struct form *form = load_form();
    struct page_plan plan;
    char value[64], status[16];
    page_plan_init(&plan);
    plan_with(form, MANNER_BLANK, "", &plan);
    plan.marks = realloc(plan.marks, 8 * sizeof *plan.marks);
    assert_non_null(plan.marks);
    plan.marks[0] = (struct planned_mark){.field = 0, .bubble = 5, .meant = true};
    plan.marks[1] = (struct planned_mark){.field = 0, .bubble = 20, .meant = true};
    plan.marks[2] = (struct planned_mark){.field = 0, .bubble = 27, .meant = true};
    plan.n_marks = 3;
    plan.capacity = 8;
    truth_of(form, &plan, "number", value, status);
    assert_string_equal(value, "5?[0|7]");
    assert_string_equal(status, "ambiguous");
    page_plan_finish(&plan);
    form_destroy(form);
}

/* Numbers that do not fit taken for ones that do. */
static void numbers_are_spelt(void **state)
{
    struct form *form = load_form();
    int options[3];
    assert_true(pupil_spell(&form->fields[0], "305", options));
    assert_int_equal(options[0], 3);
    assert_int_equal(options[1], 0);
    assert_int_equal(options[2], 5);
    assert_true(pupil_spell(&form->fields[0], "7", options));
    assert_int_equal(options[1], -1);
    assert_false(pupil_spell(&form->fields[0], "3051", options));
    assert_false(pupil_spell(&form->fields[0], "3x5", options));
    form_destroy(form);
}

/* Two sheets of one number. */
static void numbers_are_unique(void **state)
{
    struct form *form = load_form();
    struct exam exam = {0};
    bool seen[1000] = {false};
    for (int i = 0; i < 1000; i++) {
        char name[CANDIDATE_MAX];
        candidate_name(&exam, form, i, 42, name);
        assert_int_equal(strlen(name), 3);
        assert_false(seen[atoi(name)]);
        seen[atoi(name)] = true;
    }
    form_destroy(form);
}

/* ---- optics ---- */

struct rows {
    struct image img;
    int n;
};

static int keep_row(void *context, const uint8_t *pixels)
{
    struct rows *rows = context;
    memcpy(image_row(&rows->img, rows->n++), pixels, (size_t)rows->img.width);
    return 0;
}

/* A lens that moves, darkens or loses what it looks at. */
static void a_plain_eye_sees_what_is_there(void **state)
{
    struct rng rng = rng_stream(1, 0, 0, 0);
    struct optics_noise noise;
    struct optics o;
    struct image sheet;
    struct rows rows = {.n = 0};
    optics_init(&o);
    image_init(&sheet);
    image_init(&rows.img);
    assert_int_equal(optics_noise_init(&noise, &rng), 0);
    assert_int_equal(image_resize(&sheet, 150, 90), 0);
    assert_int_equal(image_resize(&rows.img, 150, 90), 0);
    for (int y = 0; y < 90; y++)
        for (int x = 0; x < 150; x++)
            image_row(&sheet, y)[x] = (uint8_t)((x * 7 + y * 13) % 200 + 20);
    assert_int_equal(optics_resize(&o, 150, 90), 0);
    for (int j = 0; j < o.mesh_h; j++)
        for (int i = 0; i < o.mesh_w; i++) {
            o.mesh_x[j * o.mesh_w + i] = (float)(i * OPTICS_STEP);
            o.mesh_y[j * o.mesh_w + i] = (float)(j * OPTICS_STEP);
        }
    o.paper = (struct rect){0, 0, 150, 90};
    optics_set_tone(&o, 0, 255, 1);
    assert_int_equal(optics_expose(&o, &sheet, &noise, 1, keep_row, &rows), 0);
    assert_int_equal(rows.n, 90);
    for (int y = 3; y < 86; y++)
        for (int x = 3; x < 146; x++)
            assert_true(abs(image_row(&rows.img, y)[x] - image_row(&sheet, y)[x]) <= 1);

    /* White is cut off, noise stays of the size that was asked for. */
    memset(sheet.data, 255, 150 * 90);
    optics_set_tone(&o, 10, 240, 1);
    o.noise = 4;
    rows.n = 0;
    assert_int_equal(optics_expose(&o, &sheet, &noise, 1, keep_row, &rows), 0);
    double sum = 0, squares = 0;
    for (int y = 5; y < 85; y++)
        for (int x = 5; x < 145; x++) {
            double v = image_row(&rows.img, y)[x];
            sum += v / (80 * 140);
            squares += v * v / (80 * 140);
        }
    assert_true(fabs(sum - 240) < 1);
    assert_true(fabs(sqrt(squares - sum * sum) - 4 * 230.0 / 255) < 0.6);
    optics_finish(&o);
    optics_noise_finish(&noise);
    image_finish(&sheet);
    image_finish(&rows.img);
}

/* ---- what comes out ---- */

/* A scanner of black and white right above the form: darker than `threshold` is black. */
static void set_bitonal(struct capture *c, const struct form *form, double px, int threshold)
{
    const double mm = 25.4 / 200;
    view_init(&c->view, form->width, form->height, px);
    c->view.to_paper = (struct homography){{mm, 0, 0, 0, mm, 0, 0, 0, 1}};
    assert_int_equal(optics_resize(&c->optics, (int)(form->width / mm), (int)(form->height / mm)),
                     0);
    optics_set_tone(&c->optics, 0, 255, 1);
    c->optics.blur_x = c->optics.blur_y = 0.6;
    c->format = SCAN_BITS;
    c->threshold = threshold;
    view_fill_optics(&c->view, &c->optics);
}

static void expose(const struct capture *c, const struct surface *sheet, struct rows *rows)
{
    struct rng rng = rng_stream(1, 0, 0, 0);
    struct optics_noise noise;
    assert_int_equal(optics_noise_init(&noise, &rng), 0);
    assert_int_equal(image_resize(&rows->img, c->optics.width, c->optics.height), 0);
    rows->n = 0;
    assert_int_equal(optics_expose(&c->optics, &sheet->img, &noise, 1, keep_row, rows), 0);
    optics_noise_finish(&noise);
}

/* Draws the plan's marks, looks for them in a scan, and judges. Returns how many were seen on the
 * sheet. */
static int draw_and_look(const struct form *form, struct page_plan *plan, int threshold,
                         bool of_all)
{
    struct rng rng = rng_stream(11, 1, 0, 0);
    struct rows page = {.n = 0}, bare = {.n = 0};
    struct bare_page without = {.of_all = of_all};
    struct pupil pupil;
    struct drawing d;
    struct capture c;
    drawing_init(&d);
    capture_init(&c);
    image_init(&page.img);
    image_init(&bare.img);
    image_init(&without.surface.img);
    pupil_draw(&pupil, PROFILE_OFFICE, MANNER_FULL, &rng);
    pupil.dirt = 0;
    pupil.hand.tool = (struct tool){TOOL_PENCIL, 0.7, 0.7, 1.6, 1};
    assert_int_equal(image_resize(&d.surface.img, (int)(form->width * d.surface.px),
                                  (int)(form->height * d.surface.px)),
                     0);
    for (int y = 0; y < d.surface.img.height; y++)
        memset(image_row(&d.surface.img, y), 255, (size_t)d.surface.img.width);
    assert_int_equal(
        markup_draw(&d.surface, form, 0, &pupil, plan, d.tone, &d.trace, &rng, &without), 0);
    assert_true(without.drawn);
    int on_paper = plan->n_marks;

    set_bitonal(&c, form, d.surface.px, threshold);
    expose(&c, &d.surface, &page);
    expose(&c, &without.surface, &bare);
    assert_int_equal(visible_judge(&c, &page.img, &bare.img, form, d.surface.px, plan), 0);
    image_finish(&page.img);
    image_finish(&bare.img);
    image_finish(&without.surface.img);
    capture_finish(&c);
    drawing_finish(&d);
    return on_paper;
}

static void plan_two(const struct form *form, const struct planned_mark marks[2],
                     struct page_plan *plan)
{
    plan_with(form, MANNER_BLANK, "047", plan);
    assert_non_null(plan->marks = realloc(plan->marks, 2 * sizeof *plan->marks));
    memcpy(plan->marks, marks, 2 * sizeof *marks);
    plan->n_marks = plan->capacity = 2;
}

/* A pale dot that the scanner turns to white, held against a reader who sees none there; and one
 * that comes out, or the answer beside it, given up with it. */
static void what_does_not_come_out_is_no_answer(void **state)
{
    static const struct planned_mark marks[] = {
        {1, 1, LOOK_STROKE, MANNER_DOT, .meant = true, .size = 1.1},
        {8, 2, LOOK_FILLED, MANNER_FULL, .meant = true}};
    struct form *form = load_form();
    struct page_plan plan;
    char value[64], status[16];
    page_plan_init(&plan);
    for (int threshold = 60; threshold <= 230; threshold += 170) {
        plan_two(form, marks, &plan);
        assert_int_equal(draw_and_look(form, &plan, threshold, false), 2);
        truth_of(form, &plan, "q1", value, status);
        assert_string_equal(value, threshold == 60 ? "" : "B");
        assert_true(threshold > 60 || strcmp(status, "ambiguous") == 0);
        truth_of(form, &plan, "q8", value, status);
        assert_string_equal(value, "C");
        assert_string_equal(status, "clear");
    }
    page_plan_finish(&plan);
    form_destroy(form);
}

/* What an eraser made pale and a scanner of black and white made black again, held against a reader
 * who sees two answers there; and doubt where the scanner shows the difference. */
static void black_and_white_undoes_an_eraser(void **state)
{
    static const struct planned_mark marks[] = {{1, 1, LOOK_FILLED, MANNER_FULL, .meant = true},
                                                {1, 3, LOOK_ERASED, MANNER_FULL, .residue = 0.2}};
    struct form *form = load_form();
    struct page_plan plan;
    char value[64], status[16];
    page_plan_init(&plan);
    for (int threshold = 110; threshold <= 240; threshold += 130) {
        plan_two(form, marks, &plan);
        assert_int_equal(draw_and_look(form, &plan, threshold, true), 2);
        truth_of(form, &plan, "q1", value, status);
        assert_string_equal(value, threshold == 110 ? "B" : "BD");
        assert_string_equal(status, threshold == 110 ? "clear" : "ambiguous");
    }
    page_plan_finish(&plan);
    form_destroy(form);
}

/* A page that must be refused, though nothing on it is hidden. */
static void cuts_hide_what_lies_beyond(void **state)
{
    struct cut fold = {1, 0, 20, true}, overlap = {0, 1, -10, false};
    assert_true(paper_hides(&fold, 100, 100, 75, 50));  /* lost */
    assert_true(paper_hides(&fold, 100, 100, 60, 50));  /* under the flap */
    assert_false(paper_hides(&fold, 100, 100, 20, 50)); /* where the flap does not reach */
    assert_true(paper_hides(&overlap, 100, 100, 50, 60));
    assert_false(paper_hides(&overlap, 100, 100, 50, 30));
}

/* A name that reports list and the program does not know, or none at all. */
static void names_are_listed(void **state)
{
    int n = 0;
    assert_string_equal(simulate_damage_names()[0], "none");
    for (const char *const *name = simulate_damage_names(); *name; name++, n++)
        assert_true(strlen(*name) > 2);
    assert_int_equal(n, DAMAGES + 1);
    for (n = 0; simulate_manner_names()[n]; n++)
        continue;
    assert_int_equal(n, MANNERS);
    for (int i = 0; i < LOOKS; i++)
        assert_non_null(pupil_look_name((enum look)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_unrelated),
        cmocka_unit_test(chance_is_even),
        cmocka_unit_test(pressure_and_eraser_tell),
        cmocka_unit_test(every_look_leaves_ink),
        cmocka_unit_test(truth_is_what_was_meant),
        cmocka_unit_test(what_cannot_be_seen_is_no_mark),
        cmocka_unit_test(half_taken_back_by_what_is_left),
        cmocka_unit_test(grids_are_written_as_export_does),
        cmocka_unit_test(numbers_are_spelt),
        cmocka_unit_test(numbers_are_unique),
        cmocka_unit_test(a_plain_eye_sees_what_is_there),
        cmocka_unit_test(what_does_not_come_out_is_no_answer),
        cmocka_unit_test(black_and_white_undoes_an_eraser),
        cmocka_unit_test(cuts_hide_what_lies_beyond),
        cmocka_unit_test(names_are_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
