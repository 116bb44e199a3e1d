#include "page_writing.h"

#include "crop.h"
#include "diag.h"
#include "ink.h"
#include "points.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define BLANK_CONFIDENCE 0.995 /* that an area without dark pixels has nothing written in it */
#define LINE_DPI 200.0
#define FRAME 0.6        /* mm: the printed frame of an area is left out */
#define LINE_EDGE 1.5    /* mm of an area that may lie beyond the scan */
#define RUNS_ON_GREY 120 /* darker is ink, whatever the paper */
#define RUNS_ON_PX 3
#define BOX_TEXT 24 /* bytes of a box in the evidence */

/* ["4",998]: the likeliest of a box, in thousandths; "" where that is nothing. */
static int print_box(const struct boxed_text *t, int i, char *text)
{
    const struct box_belief *b = &t->boxes[i];
    int best = 0;
    for (int k = 1; k < glyph_count(t->alphabet); k++)
        best = b->glyph.of[k] > b->glyph.of[best] ? k : best;
    bool sign = b->point > 0.5 || b->minus > 0.5;
    char c = sign ? (b->point > b->minus ? '.' : '-') : glyph_character(t->alphabet, best);
    double p = sign ? fmax(b->point, b->minus) : b->character * b->glyph.of[best];
    bool empty = b->empty > p;
    return snprintf(text, BOX_TEXT, "%s[\"%.*s\",%.0f]", i ? "," : "", empty ? 0 : 1, &c,
                    1000 * (empty ? b->empty : p));
}

/* {"boxes":[["4",998],["",999]]} */
static const char *boxed_evidence(struct arena *arena, const struct boxed_text *t)
{
    char *boxes = arena_alloc(arena, (size_t)t->n * BOX_TEXT + 1), *end = boxes;
    for (int i = 0; boxes && i < t->n; i++)
        end += print_box(t, i, end);
    return boxes ? arena_printf(arena, "{\"boxes\":[%s]}", boxes) : NULL;
}

/* The letters that a field allows, as one string; NULL: all. */
static int allowed_letters(const struct field *field, struct arena *arena, const char **ret)
{
    char *only = field->n_options ? arena_alloc(arena, (size_t)field->n_options + 1) : NULL;
    if (field->n_options && !only)
        return YJ_ENOMEM;
    for (int i = 0; i < field->n_options; i++)
        only[i] = field->options[i][0];
    *ret = only;
    return 0;
}

static bool is_beyond(const char *text, const char *maximum)
{
    struct points most, given;
    if (!maximum || !*text)
        return false;
    return points_parse(maximum, &most) < 0 || points_parse(text, &given) < 0 ||
           points_compare(given, most) > 0;
}

/* Signs stand only where a number has them: a struck out box makes "5-", a speck "5.". */
static bool is_number(const char *text)
{
    static const char digits[] = "0123456789?";
    text += *text == '-';
    size_t whole = strspn(text, digits), parts = 0;
    text += whole;
    if (*text == '.') {
        parts = strspn(++text, digits);
        text += parts;
        whole = parts > 0 ? whole : 0;
    }
    return whole > 0 && !*text;
}

static bool is_possible(const struct field *field, const char *text)
{
    return !*text ||
           (!is_beyond(text, field->maximum) && (field->kind != FIELD_DIGITS || is_number(text)));
}

static int read_boxed(const struct page_view *view, const struct field *field,
                      struct reading *reading, struct writing *ret)
{
    struct boxed_style style = {.alphabet =
                                    field->kind == FIELD_DIGITS ? GLYPH_DIGITS : GLYPH_LETTERS,
                                .allows_point = field->point,
                                .allows_minus = field->minus};
    struct boxed_text *t = arena_alloc(view->arena, sizeof *t);
    int r = t ? allowed_letters(field, view->arena, &style.only) : YJ_ENOMEM;
    if (r == 0)
        r = boxed_text_read(view->glyphs, &style, view->img, view->map, field->boxes,
                            field->n_boxes, view->scratch, view->arena, t);
    if (r < 0)
        return r;
    bool possible = is_possible(field, t->text);
    bool sure =
        possible && !t->has_doubt && t->confidence >= exam_least_confidence(view->exam, field);
    reading->value = t->text;
    reading->confidence = possible ? t->confidence : 0;
    reading->status = !sure ? READING_UNCERTAIN : t->text[0] ? READING_OK : READING_BLANK;
    reading->evidence = boxed_evidence(view->arena, t);
    ret->boxed = t;
    return reading->evidence ? 0 : YJ_ENOMEM;
}

int page_writing_ink(const struct page_view *view, const struct field *field,
                     struct reading *reading)
{
    bool written = true;
    const struct rect *boxes = field->n_boxes ? field->boxes : &field->area;
    int r = ink_present(view->img, view->map, boxes, field->n_boxes ? field->n_boxes : 1,
                        view->scratch, &written);
    if (r < 0)
        return r;
    reading->confidence = written ? 0 : BLANK_CONFIDENCE;
    bool sure = reading->confidence >= view->exam->min_confidence;
    reading->status = sure ? READING_BLANK : READING_UNCERTAIN;
    reading->evidence = written ? "{\"ink\":true}" : "{\"ink\":false}";
    return 0;
}

struct rect page_writing_inside(struct rect area)
{
    return (struct rect){area.x + FRAME, area.y + FRAME, area.w - 2 * FRAME, area.h - 2 * FRAME};
}

static bool is_seen(const struct page_view *view, struct rect area)
{
    struct rect inner = {area.x + LINE_EDGE, area.y + LINE_EDGE, fmax(area.w - 2 * LINE_EDGE, 0),
                         fmax(area.h - 2 * LINE_EDGE, 0)};
    return crop_is_within(view->img, view->map, inner);
}

/* Whether ink goes on past an edge of the crop: a stroke across, or a part of something larger. */
static bool runs_on(const struct image *img)
{
    int w = img->width, h = img->height, dark = 0;
    for (int x = 0; x < w; x++)
        dark += (image_row(img, 0)[x] < RUNS_ON_GREY) + (image_row(img, h - 1)[x] < RUNS_ON_GREY);
    for (int y = 0; y < h; y++)
        dark += (image_row(img, y)[0] < RUNS_ON_GREY) + (image_row(img, y)[w - 1] < RUNS_ON_GREY);
    return dark >= RUNS_ON_PX;
}

/* A number on a line. */
static int read_number(const struct page_view *view, const struct field *field,
                       struct reading *reading, struct writing *ret)
{
    struct line_reading *line = arena_alloc(view->arena, sizeof *line);
    int r = line ? crop_extract(view->img, view->map, page_writing_inside(field->area), LINE_DPI,
                                view->scratch)
                 : YJ_ENOMEM;
    if (r == YJ_EDATA || (r == 0 && !is_seen(view, field->area)))
        return 0; /* too thin for a picture, or off the scan: a person's */
    if (r == 0)
        r = line_read(view->lines, field->point || field->minus ? LINE_NUMBER : LINE_DIGITS,
                      view->scratch, view->arena, line);
    if (r < 0)
        return r;
    bool sign =
        (!field->point && strchr(line->text, '.')) || (!field->minus && strchr(line->text, '-'));
    bool possible = !sign && is_possible(field, line->text) && !runs_on(view->scratch);
    reading->value = line->text;
    reading->confidence = !possible ? 0 : line->frames.n > 0 ? line->confidence : line->blank;
    bool sure = reading->confidence >= exam_least_confidence(view->exam, field);
    reading->status = !sure ? READING_UNCERTAIN : line->text[0] ? READING_OK : READING_BLANK;
    reading->evidence = "{\"line\":\"number\"}";
    ret->line = line;
    return 0;
}

int page_writing_read(const struct page_view *view, const struct field *field,
                      struct reading *reading, struct writing *ret)
{
    *ret = (struct writing){0};
    if (field->n_boxes && field->kind != FIELD_TEXT)
        return read_boxed(view, field, reading, ret);
    if (field->kind == FIELD_DIGITS)
        return read_number(view, field, reading, ret);
    return page_writing_ink(view, field, reading); /* words are page_words.h's */
}
