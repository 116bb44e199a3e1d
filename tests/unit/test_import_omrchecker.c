/* OMRChecker templates brought over: places, names, joined fields, registration, key, mistakes. */
#include "diag.h"
#include "form.h"
#include "image.h"
#include "import_omrchecker.h"
#include "key.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct state {
    char dir[64];
    struct diag d;
    struct omr_options options;
    struct omr_import import;
    struct form *form;
    struct key *key;
};

static int setup(void **context)
{
    struct state *s = calloc(1, sizeof(*s));

    strcpy(s->dir, "/tmp/yuejuan-import-XXXXXX");
    if (!mkdtemp(s->dir))
        return -1;
    diag_init(&s->d);
    s->options.out_dir = s->dir;
    *context = s;
    return 0;
}

static int teardown(void **context)
{
    static const char *const files[] = {"template.json", "evaluation.json", "answers.csv",
                                        "marker.png",    "blank.png",       "sub/template.json"};
    struct state *s = *context;
    char path[128];

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s", s->dir, files[i]);
        unlink(path);
    }
    snprintf(path, sizeof path, "%s/sub", s->dir);
    rmdir(path);
    rmdir(s->dir);
    key_destroy(s->key);
    form_destroy(s->form);
    omr_import_finish(&s->import);
    diag_finish(&s->d);
    free(s);
    return 0;
}

static void write_file(const struct state *s, const char *name, const char *text)
{
    char path[128];

    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static void write_picture(const struct state *s, const char *name, int width, int height)
{
    static const uint8_t white[64 * 64];
    char path[128];

    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    assert_true(width <= 64 && height <= 64);
    assert_int_equal(image_write_png(path, white, width, height, 64, 0, NULL), 0);
}

static int import_named(struct state *s, const char *name, const char *template)
{
    char path[128];

    write_file(s, name, template);
    snprintf(path, sizeof path, "%s/%s", s->dir, name);
    return omr_import(path, &s->options, &s->import, &s->d);
}

static int import(struct state *s, const char *template)
{
    return import_named(s, "template.json", template);
}

/* Imports and reads what was written: every import must be a form by our own rules. */
static const struct form *imported(struct state *s, const char *template)
{
    int rc = import(s, template);

    if (rc == 0)
        rc = form_parse(s->import.form, strlen(s->import.form), "form.yaml", s->dir, &s->form,
                        &s->d);
    if (rc != 0) {
        diag_print(&s->d, stderr);
        fputs(s->import.form ? s->import.form : "", stderr);
    }
    assert_int_equal(rc, 0);
    return s->form;
}

static const struct field *field_of(const struct form *form, const char *name)
{
    int i = form_field_index(form, name);

    assert_true(i >= 0);
    return &form->fields[i];
}

static void assert_center(struct rect box, double x, double y)
{
    struct point c = rect_center(box);

    if (fabs(c.x - x) > 0.001 || fabs(c.y - y) > 0.001)
        fail_msg("centre at %.4f, %.4f and not at %.4f, %.4f", c.x, c.y, x, y);
}

static const struct diag_entry *find_entry(const struct state *s, const char *part)
{
    for (size_t i = 0; i < s->d.count; i++)
        if (strstr(s->d.entries[i].what, part))
            return &s->d.entries[i];
    diag_print(&s->d, stderr);
    fail_msg("nothing is said of '%s'", part);
    return NULL;
}

/* A template around fieldBlocks; the page is 420 x 600 px: half a millimetre a pixel. */
#define TEMPLATE(more, blocks)                                                                     \
    "{\n\"pageDimensions\": [420, 600],\n\"bubbleDimensions\": [12, 12],\n" more                   \
    "\"fieldBlocks\": {\n" blocks "\n}}\n"
#define MCQ(labels)                                                                                \
    "\"b\": {\"fieldType\": \"QTYPE_MCQ4\", \"fieldLabels\": " labels                              \
    ", \"origin\": [40, 60], \"bubblesGap\": 30, \"labelsGap\": 50}"

/* Would catch: corners taken for centres, gaps swapped, the scale or the page's height wrong. */
static void test_choice_places(void **context)
{
    const struct form *form = imported(*context, TEMPLATE("", MCQ("[\"q1..3\"]")));

    assert_int_equal(form->n_fields, 3);
    assert_float_equal(form->width, 210, 1e-6);
    assert_float_equal(form->height, 300, 1e-6);
    const struct field *q1 = field_of(form, "q1"), *q3 = field_of(form, "q3");
    assert_int_equal(q1->kind, FIELD_CHOICE);
    assert_int_equal(q1->n_bubbles, 4);
    assert_int_equal(q1->shape, BUBBLE_CIRCLE);
    assert_float_equal(q1->bubbles[0].box.w, 6, 1e-6);
    assert_center(q1->bubbles[0].box, 23, 33);
    assert_center(q1->bubbles[3].box, 68, 33);
    assert_center(q3->bubbles[0].box, 23, 83);
    assert_string_equal(q1->options[3], "D");
    assert_int_equal(form->pages[0].registrations[0].kind, REGISTER_IMAGE);
}

/* Would catch: a small template taken for A4, with bubbles as large as coins. */
static void test_small_sheet(void **context)
{
    const struct form *form = imported(
        *context,
        "{\"pageDimensions\": [300, 400], \"bubbleDimensions\": [25, 25], \"fieldBlocks\": {" MCQ(
            "[\"q1\"]") "}}");

    assert_float_equal(form->width, 60, 1e-3);
    assert_float_equal(form->height, 80, 1e-3);
    assert_float_equal(form->fields[0].bubbles[0].box.w, 5, 1e-3);
}

/* Would catch: OMRChecker's own types read in another order than its bubbles are printed in. */
static void test_field_types(void **context)
{
    const struct form *form = imported(
        *context,
        TEMPLATE("", "\"a\": {\"fieldType\": \"QTYPE_MCQ5_RTL\", \"fieldLabels\": [\"a\"],"
                     "\"origin\": [10, 10], \"bubblesGap\": 30, \"labelsGap\": 0},"
                     "\"b\": {\"fieldType\": \"QTYPE_INT_FROM_1\", \"fieldLabels\": [\"b\"],"
                     "\"origin\": [10, 60], \"bubblesGap\": 25, \"labelsGap\": 0},"
                     "\"c\": {\"bubbleValues\": [\"yes\", \"no\"], \"direction\": \"vertical\","
                     "\"fieldLabels\": [\"c\"], \"bubbleDimensions\": [10, 16],"
                     "\"origin\": [100, 60], \"bubblesGap\": 40, \"labelsGap\": 0}"));

    assert_string_equal(field_of(form, "a")->options[0], "E");
    assert_string_equal(field_of(form, "a")->options[4], "A");
    assert_string_equal(field_of(form, "b")->options[0], "1");
    assert_string_equal(field_of(form, "b")->options[9], "0");
    assert_center(field_of(form, "b")->bubbles[9].box, 8, 33 + 9 * 12.5);
    const struct field *c = field_of(form, "c");
    assert_string_equal(c->options[1], "no");
    assert_int_equal(c->shape, BUBBLE_OVAL);
    assert_center(c->bubbles[1].box, 52.5, 34 + 20);
}

/* Would catch: joined fields out of order, parts that still exist alone, columns of another kind
 * given the first one's options. */
static void test_custom_label_is_grid(void **context)
{
    const struct form *form = imported(
        *context,
        TEMPLATE("\"customLabels\": {\"Roll no\": [\"medium\", \"roll1..3\"], \"only\": [\"q1\"]},",
                 "\"digits\": {\"fieldType\": \"QTYPE_INT\", \"fieldLabels\": [\"roll1..3\"],"
                 "\"origin\": [260, 100], \"bubblesGap\": 24, \"labelsGap\": 30},"
                 "\"m\": {\"bubbleValues\": [\"E\", \"HT\"], \"direction\": \"vertical\","
                 "\"fieldLabels\": [\"medium\"], \"origin\": [200, 100], \"bubblesGap\": 26,"
                 "\"labelsGap\": 0}," MCQ("[\"q1..2\"]")));

    assert_int_equal(form->n_fields, 3);
    assert_int_equal(form_field_index(form, "roll1"), -1);
    assert_int_equal(form_field_index(form, "q1"), -1);
    assert_int_equal(field_of(form, "only")->kind, FIELD_CHOICE);
    const struct field *roll = field_of(form, "Roll no");
    assert_int_equal(roll->kind, FIELD_GRID);
    assert_int_equal(roll->n_columns, 4);
    assert_int_equal(roll->n_bubbles, 2 + 3 * 10);
    assert_int_equal(roll->blank, BLANK_SKIP);
    assert_string_equal(roll->options[roll->bubbles[1].option], "HT");
    assert_center(roll->bubbles[1].box, 103, 66);
    assert_int_equal(roll->bubbles[31].column, 3);
    assert_string_equal(roll->options[roll->bubbles[31].option], "9");
    assert_center(roll->bubbles[31].box, 133 + 2 * 15, 53 + 9 * 12);
}

/* Would catch: a check letter in two columns taken for two letters; digits followed by letters, or
 * letters that start anew, taken for one. */
static void test_a_letter_in_two_columns(void **context)
{
#define LETTERS(name, label, values, x)                                                            \
    "\"" name "\": {\"bubbleValues\": [" values "], \"direction\": \"vertical\","                  \
    "\"fieldLabels\": [\"" label "\"], \"origin\": [" x ", 100], \"bubblesGap\": 26,"              \
    "\"labelsGap\": 0}"
    const struct form *form = imported(
        *context,
        TEMPLATE(
            "\"customLabels\": {\"Roll\": [\"roll1..3\", \"check_1\", \"check_2\", \"check_3\"]},",
            "\"digits\": {\"fieldType\": \"QTYPE_INT\", \"fieldLabels\": [\"roll1..3\"],"
            "\"origin\": [260, 100], \"bubblesGap\": 24, \"labelsGap\": 30}," LETTERS(
                "a", "check_1", "\"A\", \"M\"",
                "360") "," LETTERS("b", "check_2", "\"N\", \"Y\"",
                                   "380") "," LETTERS("c", "check_3", "\"B\", \"C\"", "400")));
    const struct field *roll = field_of(form, "Roll");
    assert_int_equal(roll->n_columns, 5);
    assert_int_equal(roll->bubbles[30].column, 3);
    assert_int_equal(roll->bubbles[33].column, 3);
    assert_string_equal(roll->options[roll->bubbles[33].option], "Y");
    assert_int_equal(roll->bubbles[34].column, 4);
}

/* Would catch: an unmarked column that OMRChecker writes as a space closed up. */
static void test_empty_value(void **context)
{
    struct state *s = *context;
    const struct form *form =
        imported(s, TEMPLATE("\"emptyValue\": \" \", \"customLabels\": {\"n\": [\"d1..2\"]},",
                             "\"d\": {\"fieldType\": \"QTYPE_INT\", \"fieldLabels\": [\"d1..2\"],"
                             "\"origin\": [100, 100], \"bubblesGap\": 24, \"labelsGap\": 30}"));

    assert_int_equal(field_of(form, "n")->blank, BLANK_SPACE);
    assert_int_equal(s->d.count, 0);
}

/* Would catch: names that YAML or a range would swallow. */
static void test_strange_names(void **context)
{
    static const char *const names[] = {"How \"quick\", overall, was the check-in?",
                                        "\xe5\xa7\x93\xe5\x90\x8d: C:\\x #1", "no", "01"};
    const struct form *form =
        imported(*context,
                 TEMPLATE("", MCQ("[\"How \\\"quick\\\", overall, was the check-in?\","
                                  "\"\\u59d3\\u540d: C:\\\\x #1\", \"no\", \"01\", \"Q08..10\"]")));

    assert_int_equal(form->n_fields, 7);
    for (int i = 0; i < 4; i++)
        assert_string_equal(form->fields[i].name, names[i]);
    assert_string_equal(form->fields[4].name, "Q8");
    assert_string_equal(form->fields[6].name, "Q10");
}

/* Would catch: uneven gaps evened out. */
static void test_uneven_gaps(void **context)
{
    const struct form *form =
        imported(*context,
                 TEMPLATE("", "\"b\": {\"fieldType\": \"QTYPE_MCQ4\", \"fieldLabels\": [\"q1..4\"],"
                              "\"origin\": [40, 60], \"bubblesGap\": 30,"
                              "\"labelsGap\": [40, 40, 60]}"));

    assert_center(field_of(form, "q3")->bubbles[0].box, 23, 73);
    assert_center(field_of(form, "q4")->bubbles[0].box, 23, 103);
}

/* Would catch: the markers' centres not on pageDimensions' corners, a picture that is looked for in
 * the wrong folder, a page too small for the markers on it. */
static void test_markers(void **context)
{
    struct state *s = *context;
    write_picture(s, "marker.png", 20, 20);
    const struct form *form = imported(
        s, TEMPLATE("\"preProcessors\": [{\"name\": \"CropPage\", \"options\": {}},"
                    "{\"name\": \"CropOnMarkers\", \"options\": {\"relativePath\": \"marker.png\","
                    "\"sheetToMarkerWidthRatio\": 20}}],",
                    MCQ("[\"q1..3\"]")));

    assert_int_equal(form->pages[0].n_registrations, 1);
    const struct registration *r = form->pages[0].registrations;
    assert_int_equal(r->kind, REGISTER_MARKER);
    assert_int_equal(r->n_marks, 4);
    struct point first = rect_center(r->marks[0].box), last = rect_center(r->marks[2].box);
    double scale = (last.x - first.x) / 420;
    assert_float_equal((last.y - first.y) / 600, scale, 1e-5);
    assert_float_equal(r->marks[0].box.w, 420 * scale / 20 * sqrt(0.35), 1e-3);
    assert_true(r->marks[0].box.x >= 0 && r->marks[0].box.y >= 0);
    assert_float_equal(form->width, 210, 1e-3);
    assert_center(field_of(form, "q2")->bubbles[1].box, first.x + 76 * scale,
                  first.y + 116 * scale);
    assert_non_null(strstr(s->import.form, "image: \"marker.png\""));
}

/* Would catch: pictures named from the template's folder instead of the form's. */
static void test_picture_from_other_folder(void **context)
{
    struct state *s = *context;
    char sub[128];
    snprintf(sub, sizeof sub, "%s/sub", s->dir);
    assert_int_equal(mkdir(sub, 0700), 0);
    write_picture(s, "blank.png", 42, 30);
    s->options.out_dir = sub;
    assert_int_equal(import(s, TEMPLATE("\"preProcessors\": [{\"name\": \"FeatureBasedAlignment\","
                                        "\"options\": {\"reference\": \"blank.png\"}}],",
                                        MCQ("[\"q1..3\"]"))),
                     0);
    assert_non_null(strstr(s->import.form, "image: \"../blank.png\""));
    /* The reference is 42 x 30: OMRChecker stretched it, paper is not. */
    assert_non_null(strstr(s->import.form, "page: {size: [210, 150]}"));
}

/* Would catch: the order of registrations, filters taken for something that matters. */
static void test_outline_and_filters(void **context)
{
    struct state *s = *context;
    const struct form *form =
        imported(s, TEMPLATE("\"preProcessors\": [{\"name\": \"Levels\", \"options\": {}},"
                             "{\"name\": \"CropPage\", \"options\": {\"morphKernel\": [10, 10]}},"
                             "{\"name\": \"Sharpen\", \"options\": {}}],",
                             MCQ("[\"q1..3\"]")));

    assert_int_equal(form->pages[0].n_registrations, 2);
    assert_int_equal(form->pages[0].registrations[0].kind, REGISTER_OUTLINE);
    assert_int_equal(form->pages[0].registrations[1].kind, REGISTER_IMAGE);
    assert_non_null(strstr(s->import.form, "Levels"));
    assert_int_equal(s->d.count, 1);
    assert_int_equal(find_entry(s, "'Sharpen'")->level, DIAG_WARNING);
    assert_int_equal(s->d.entries[0].line, 4);
}

/* Would catch: a list of filters that grows with each of them, by gigabytes. */
static void test_many_filters(void **context)
{
    enum { MANY = 20000 };
    static const char one[] = "{\"name\": \"Levels\"},\n";
    struct state *s = *context;
    char *list = calloc(MANY, sizeof one), *text = NULL;
    assert_non_null(list);
    for (int i = 0; i < MANY; i++)
        memcpy(list + (size_t)i * (sizeof one - 1), one, sizeof one);
    assert_true(asprintf(&text,
                         "{\"pageDimensions\": [420, 600], \"bubbleDimensions\": [12, 12],"
                         "\"preProcessors\": [%s{\"name\": \"Contrast\"}],\n"
                         "\"fieldBlocks\": {%s}}",
                         list, MCQ("[\"q1..3\"]")) > 0);
    imported(s, text);
    assert_non_null(strstr(s->import.form, "Levels, Contrast"));
    assert_true(strlen(s->import.form) < 10000);
    free(text);
    free(list);
}

/* Would catch: options that are taken but not used. */
static void test_sizes_stated(void **context)
{
    struct state *s = *context;
    const char *template = TEMPLATE("", MCQ("[\"q1\"]"));

    s->options.dpi = 50.8;
    assert_center(imported(s, template)->fields[0].bubbles[0].box, 23, 33);
    form_destroy(s->form);
    omr_import_finish(&s->import);
    s->options = (struct omr_options){.out_dir = s->dir, .image_w = 1000, .image_h = 500};
    assert_float_equal(imported(s, template)->height, 105, 1e-3);
    assert_center(s->form->fields[0].bubbles[0].box, 23, 66 * 105 / 600.0);
    form_destroy(s->form);
    omr_import_finish(&s->import);
    s->options = (struct omr_options){.out_dir = s->dir, .page_w = 105, .page_h = 148};
    assert_float_equal(imported(s, template)->width, 105, 1e-3);
    assert_float_equal(s->form->height, 148, 1e-3);
    s->options.candidate = "Roll";
    assert_int_equal(import(s, template), YJ_EINPUT);
    find_entry(s, "'Roll'");
}

/* Would catch: a crash on JSON that is none, or a message without a place. */
static void test_malformed_json(void **context)
{
    struct state *s = *context;

    assert_int_equal(
        import(s, "{\n\"pageDimensions\": [420, 600],\n\"bubbleDimensions\": [20 20]\n\"x\""),
        YJ_EINPUT);
    assert_true(s->d.errors > 0);
    assert_true(s->d.entries[0].line >= 3);
    assert_true(s->d.entries[0].column > 0);
    assert_int_equal(import(s, ""), YJ_EINPUT);
    assert_int_equal(import(s, "[1, 2]"), YJ_EINPUT);
    assert_int_equal(import(s, "{\"fieldBlocks\": 3}"), YJ_EINPUT);
    assert_null(s->import.form);
}

struct mistake {
    const char *template, *says;
    int line;
};

/* Would catch: a template that OMRChecker itself would refuse turned into a form in silence. */
static void test_mistakes(void **context)
{
    static const struct mistake mistakes[] = {
        {TEMPLATE(
             "",
             "\"b\": {\"fieldType\": \"QTYPE_MCQ9\", \"fieldLabels\": [\"a\"], \"origin\": [1, 1],"
             "\"bubblesGap\": 3, \"labelsGap\": 0}"),
         "QTYPE_MCQ9", 5},
        {TEMPLATE("", MCQ("[\"q1\",\n\"q1\"]")), "'q1' stands twice", 5},
        {TEMPLATE("", MCQ("[\"q1..90\"]")), "runs off the page at field 'q12'", 4},
        {TEMPLATE("", MCQ("[\"q5..2\"]")), "'q5..2' is no range", 5},
        {TEMPLATE("", MCQ("[\"q1..999999\"]")), "is no range", 5},
        {TEMPLATE("", MCQ("[]")), "list of field labels", 5},
        {TEMPLATE("\"customLabels\": {\"c\": [\"zz\"]},\n", MCQ("[\"q1\"]")), "'zz'", 4},
        {TEMPLATE("\"customLabels\": {\"c\": [\"q1\"], \"d\": [\"q1\"]},\n", MCQ("[\"q1\"]")),
         "joined twice", 4},
        {TEMPLATE("\"preProcessors\": [{\"name\": \"CropOnMarkers\", \"options\":\n"
                  "{\"relativePath\": \"none.jpg\"}}],\n",
                  MCQ("[\"q1\"]")),
         "none.jpg", 5},
        {TEMPLATE("\"preProcessors\": [{\"name\": \"CropOnMarkers\", \"options\":\n"
                  "{\"type\": \"ONE_LINE_TWO_DOTS\"}}],\n",
                  MCQ("[\"q1\"]")),
         "ONE_LINE_TWO_DOTS", 5},
        {TEMPLATE("", "\"b\": {\"fieldType\": \"QTYPE_MCQ4\", \"fieldLabels\": [\"a\"]}"), "origin",
         5},
        {"{\"pageDimensions\": [0, 10], \"bubbleDimensions\": [1, 1]}", "pageDimensions", 1},
    };
    struct state *s = *context;

    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        assert_int_equal(import(s, mistakes[i].template), YJ_EINPUT);
        assert_null(s->import.form);
        assert_int_equal(find_entry(s, mistakes[i].says)->line, mistakes[i].line);
        diag_finish(&s->d);
    }
}

static const struct key *imported_key(struct state *s, const char *template, const char *evaluation)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/evaluation.json", s->dir);
    s->options.key_path = path;
    write_file(s, "evaluation.json", evaluation);
    const struct form *forms[] = {imported(s, template)};
    int rc = key_parse(s->import.key, strlen(s->import.key), "key.csv", &s->key, &s->d);
    if (rc == 0)
        rc = key_check(s->key, forms, 1, &s->d);
    if (rc != 0) {
        diag_print(&s->d, stderr);
        fputs(s->import.key, stderr);
    }
    assert_int_equal(rc, 0);
    return s->key;
}

static void assert_points(struct points p, int64_t num, int64_t den)
{
    assert_int_equal(p.num, num);
    assert_int_equal(p.den, den);
}

/* Would catch: points of the wrong section, fractions rounded, weights mixed up, an answer of two
 * marks left impossible to give. */
static void test_key_in_order(void **context)
{
    struct state *s = *context;
    const struct key *key = imported_key(
        s, TEMPLATE("", MCQ("[\"q1..6\"]")),
        "{\"source_type\": \"custom\", \"options\": {\"questions_in_order\": [\"q1..6\"],\n"
        "\"answers_in_order\": [\"C\", [\"A\", \"C\"], \"AB\", [[\"B\", 2], [\"C\", \"3/2\"]],\n"
        "[\"D\", \"AD\"], \"B\"]},\n"
        "\"marking_schemes\": {\"DEFAULT\": {\"correct\": \"3\", \"incorrect\": \"-2/3\",\n"
        "\"unmarked\": 0}, \"S2\": {\"questions\": \"q5..6\", \"marking\":\n"
        "{\"correct\": \"1/3\", \"incorrect\": 0, \"unmarked\": \"-0.5\"}}}}");

    assert_int_equal(key->n_items, 6);
    const struct key_item *items = key->items;
    assert_points(items[0].points, 3, 1);
    assert_points(items[0].wrong, -2, 3);
    assert_int_equal(items[1].n_accepted, 2);
    assert_string_equal(items[2].accepted[0], "AB");
    assert_int_equal(items[2].rule, RULE_ALL);
    assert_true(items[2].multiple);
    assert_false(items[1].multiple);
    assert_int_equal(items[3].n_accepted, 1);
    assert_string_equal(items[3].accepted[0], "B");
    assert_points(items[3].points, 2, 1);
    assert_int_equal(find_entry(s, "answer 'C' of 'q4'")->level, DIAG_WARNING);
    assert_int_equal(items[4].rule, RULE_SINGLE);
    assert_int_equal(items[4].n_accepted, 2);
    assert_string_equal(items[5].section, "S2");
    assert_points(items[5].points, 1, 3);
    assert_points(items[5].blank, -1, 2);
}

/* Would catch: OMRChecker's CSV taken to have a header, or its three ways to write an answer mixed
 * up. */
static void test_key_csv(void **context)
{
    struct state *s = *context;
    write_file(s, "answers.csv",
               "q1,C\nq2,\"A,D\"\nq3,\"['A', 'B']\"\nq4,\"[['A', '1'], ['B', '1']]\"\nnumber,07\n"
               "q5,\"A,E\"\n");
    const struct key *key = imported_key(
        s,
        TEMPLATE("\"customLabels\": {\"number\": [\"n1..2\"]},",
                 MCQ("[\"q1..5\"]") ", \"n\": {\"fieldType\": \"QTYPE_INT\", \"fieldLabels\":"
                                    "[\"n1..2\"], \"origin\": [300, 60], \"bubblesGap\": 24, "
                                    "\"labelsGap\": 30}"),
        "{\"source_type\": \"csv\", \"options\": {\"answer_key_csv_path\": \"answers.csv\"},\n"
        "\"marking_schemes\": {\"DEFAULT\": {\"correct\": \"2\", \"incorrect\": \"0\","
        "\"unmarked\": \"0\"}}}");

    assert_int_equal(key->n_items, 6);
    assert_string_equal(key->items[0].accepted[0], "C");
    for (int i = 1; i < 4; i++)
        assert_int_equal(key->items[i].n_accepted, 2);
    assert_points(key->items[3].points, 1, 1);
    assert_string_equal(key->items[4].accepted[0], "07");
    assert_int_equal(key->items[5].n_accepted, 1);
    assert_int_equal(find_entry(s, "answer 'E' of 'q5'")->line, 6);
}

static const struct mistake evaluations[] = {
    {"{\"options\": {\"questions_in_order\": [\"q1\"], \"answers_in_order\": [\"A\"]}}",
     "marking_schemes", 1},
    {"{\"options\": {\"questions_in_order\": [\"q1..2\"],\n\"answers_in_order\": [\"A\"]}, "
     "\"marking_schemes\": {\"DEFAULT\": {\"correct\": 1, \"incorrect\": 0, \"unmarked\": 0}}}",
     "2 questions but 1 answers", 2},
    {"{\"options\": {\"questions_in_order\": [\"q9\"],\n\"answers_in_order\": [\"A\"]}, "
     "\"marking_schemes\": {\"DEFAULT\": {\"correct\": 1, \"incorrect\": 0, \"unmarked\": 0}}}",
     "'q9'", 2},
    {"{\"options\": {\"questions_in_order\": [\"q1\"],\n\"answers_in_order\": [{}]}, "
     "\"marking_schemes\": {\"DEFAULT\": {\"correct\": 1, \"incorrect\": 0, \"unmarked\": 0}}}",
     "answer of 'q1'", 2},
    {"{\"options\": {\"questions_in_order\": [\"q1\"],\n\"answers_in_order\": [\"Z\"]}, "
     "\"marking_schemes\": {\"DEFAULT\": {\"correct\": 1, \"incorrect\": 0, \"unmarked\": 0}}}",
     "no answer of 'q1'", 2},
    {"{\"options\": {\"questions_in_order\": [\"q1\"], \"answers_in_order\": [\"A\"]},\n"
     "\"marking_schemes\": {\"DEFAULT\": {\"correct\": [1, 2], \"incorrect\": 0, \"unmarked\": "
     "0}}}",
     "streaks", 2},
    {"{\"options\": {\"answer_key_csv_path\": \"no.csv\",\n\"answer_key_image_path\": \"k.jpg\"},\n"
     "\"marking_schemes\": {\"DEFAULT\": {\"correct\": 1, \"incorrect\": 0, \"unmarked\": 0}}}",
     "the key is a picture", 2},
};

/* Would catch: a key that is not what evaluation.json says, without a word. */
static void test_key_mistakes(void **context)
{
    struct state *s = *context;
    char path[128];

    snprintf(path, sizeof path, "%s/evaluation.json", s->dir);
    s->options.key_path = path;
    for (size_t i = 0; i < sizeof evaluations / sizeof *evaluations; i++) {
        write_file(s, "evaluation.json", evaluations[i].template);
        assert_int_equal(import(s, TEMPLATE("", MCQ("[\"q1..2\"]"))), YJ_EINPUT);
        assert_null(s->import.key);
        assert_int_equal(find_entry(s, evaluations[i].says)->line, evaluations[i].line);
        diag_finish(&s->d);
    }
    s->options.key_path = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_choice_places),
        TEST(test_small_sheet),
        TEST(test_field_types),
        TEST(test_custom_label_is_grid),
        TEST(test_a_letter_in_two_columns),
        TEST(test_empty_value),
        TEST(test_strange_names),
        TEST(test_uneven_gaps),
        TEST(test_markers),
        TEST(test_picture_from_other_folder),
        TEST(test_many_filters),
        TEST(test_outline_and_filters),
        TEST(test_sizes_stated),
        TEST(test_malformed_json),
        TEST(test_mistakes),
        TEST(test_key_in_order),
        TEST(test_key_csv),
        TEST(test_key_mistakes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
