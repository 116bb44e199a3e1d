/* page_writing.c - likelihoods of texts: a way to read a number says how likely each number is, and
 * independent ways multiply. */
#include "page_writing.h"

#include "crop.h"
#include "diag.h"
#include "ink.h"
#include "points.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define BLANK_CONFIDENCE 0.995 /* that an area without dark pixels has nothing written in it */
#define STRANGERS 0.01         /* of candidates, that are not on the roster */
#define SURE_OF_ITSELF 0.9999  /* and on the roster: no other entry can be likelier */
#define MAYBE 0.5              /* what a way that doubts itself gives to what it proposes */
#define ODDS_AGAINST_SURE 1e-5 /* likelihood of what a sure way does not say */
#define ODDS_AGAINST_UNSURE 1e-3
#define NOT_CONTRADICTED                                                                           \
    0.01 /* of the likeliest text: what a doubtful way does not speak against */
#define MAX_WAYS (FORM_MAX_SAME + 1)
#define LINE_DPI 200.0
#define FRAME 0.6        /* mm: the printed frame of an area is left out */
#define LINE_EDGE 1.5    /* mm of an area that may lie beyond the scan */
#define RUNS_ON_GREY 120 /* darker is ink, whatever the paper */
#define RUNS_ON_PX 3
#define NEGLIGIBLE 1e-12 /* of the likeliest entry of a roster: all others together are less */

/* ---- a field by itself ---- */

static void append_box(struct arena *arena, const struct boxed_text *t, int i, char **json)
{
    const struct box_belief *b = &t->boxes[i];
    int best = 0;
    for (int k = 1; k < glyph_count(t->alphabet); k++)
        best = b->glyph.of[k] > b->glyph.of[best] ? k : best;
    bool sign = b->point > 0.5 || b->minus > 0.5;
    char c = sign ? (b->point > b->minus ? '.' : '-') : glyph_character(t->alphabet, best);
    double p = sign ? fmax(b->point, b->minus) : b->character * b->glyph.of[best];
    if (b->empty > p)
        *json = arena_printf(arena, "%s%s[\"\",%.0f]", *json, i ? "," : "", 1000 * b->empty);
    else
        *json = arena_printf(arena, "%s%s[\"%c\",%.0f]", *json, i ? "," : "", c, 1000 * p);
}

/* {"boxes":[["4",998],["",999]]}: the likeliest of each box, in thousandths. */
static const char *boxed_evidence(struct arena *arena, const struct boxed_text *t)
{
    char *json = arena_strdup(arena, "");
    for (int i = 0; json && i < t->n; i++)
        append_box(arena, t, i, &json);
    return json ? arena_printf(arena, "{\"boxes\":[%s]}", json) : NULL;
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
    bool sure = possible && t->confidence >= view->exam->min_writing && !t->has_doubt;
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
    bool sure = reading->confidence >= view->exam->min_writing;
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
    return page_writing_ink(view, field,
                            reading); /* words: page_names, once the page's number is known */
}

/* ---- ways ---- */

/* One way in which something was read. */
struct way {
    struct reading *reading;
    const struct writing *writing;
};

/* Whether a value with open places ("12[0|5]4", "1?4") may stand for `text`. */
static bool value_allows(const char *value, const char *text)
{
    for (; *value; text++) {
        if (!*text)
            return false;
        if (*value == '[') {
            bool among = false;
            for (; *value && *value != ']'; value++)
                among |= *value == *text;
            if (!among)
                return false;
            value += *value == ']';
        } else {
            if (*value != '?' && *value != *text)
                return false;
            value++;
        }
    }
    return !*text;
}

static bool is_written(const struct way *w)
{
    return w->writing->boxed || w->writing->line;
}

static bool says_nothing(const struct way *w)
{
    return w->reading->status == READING_BLANK || w->reading->status == READING_UNREAD ||
           (w->reading->value[0] == '\0' && !is_written(w));
}

static bool is_sure(const struct way *w)
{
    return w->reading->status == READING_OK && w->reading->value[0];
}

#define LINE_FLATTER                                                                               \
    0.5              /* power of a net's likelihood over a roster: its frames are no independent   \
                        witnesses (list_slope of ocr/line_reader.c) */
#define LINE_APART 3 /* digits that differ from what was read: others are not worth the sum */

/* 0 for numbers that are far from what was read, nearly all of a roster: the sum over a net's
 * frames costs microseconds each. */
static double line_likelihood(const struct line_reading *line, const char *text)
{
    size_t n = strlen(text), apart = 0;
    if (line->writing <= 0)
        return MAYBE;
    if (n == strlen(line->text))
        for (size_t i = 0; i < n; i++)
            apart += text[i] != line->text[i];
    return apart > LINE_APART ? 0 : pow(exp(line_log_likelihood(line, text)), LINE_FLATTER);
}

/* How likely it is that this way shows what it shows where `text` was meant, up to a factor; 0
 * where that is at most `least`. */
static double way_likelihood(const struct way *w, const char *text, double least)
{
    if (says_nothing(w))
        return 1;
    if (w->writing->boxed)
        return boxed_text_likelihood(w->writing->boxed, text, least);
    if (w->writing->line)
        return line_likelihood(w->writing->line, text);
    bool sure = is_sure(w);
    if (value_allows(w->reading->value, text))
        return sure ? w->reading->confidence : MAYBE;
    return sure ? ODDS_AGAINST_SURE : ODDS_AGAINST_UNSURE;
}

/* How likely it is of what it says itself, gaps and what is open in it as they are. */
static double own_likelihood(const struct way *w)
{
    if (w->writing->boxed)
        return boxed_text_most(w->writing->boxed);
    if (w->writing->line)
        return exp(line_log_likelihood(w->writing->line, w->reading->value));
    return is_sure(w) ? w->reading->confidence : MAYBE;
}

static double joint_likelihood(const struct way *ways, int n, const char *text, double least)
{
    double p = 1;
    for (int i = 0; i < n && p > least; i++)
        p *= way_likelihood(&ways[i], text, least);
    return p > least ? p : 0;
}

static void doubt(struct way *w, double confidence)
{
    if (w->reading->status == READING_OK)
        w->reading->status = READING_UNCERTAIN;
    w->reading->confidence = fmin(w->reading->confidence, confidence);
}

static void take(struct way *w, const char *value, double confidence)
{
    if (says_nothing(w))
        return;
    w->reading->value = value;
    w->reading->status = READING_OK;
    w->reading->confidence = confidence;
}

static void propose(struct way *w, const char *value, double confidence)
{
    w->reading->value = value;
    w->reading->status = READING_UNCERTAIN;
    w->reading->confidence = confidence;
}

/* Ways that are sure and differ: nobody but a person can say. */
static bool settle_quarrel(struct way *ways, int n)
{
    const char *said = NULL;
    bool quarrel = false;
    for (int i = 0; i < n; i++) {
        if (!is_sure(&ways[i]))
            continue;
        quarrel |= said && strcmp(said, ways[i].reading->value) != 0;
        said = said ? said : ways[i].reading->value;
    }
    for (int i = 0; quarrel && i < n; i++)
        doubt(&ways[i], MAYBE);
    return quarrel;
}

/* ---- the roster ---- */

/* How likely all is that these ways may say: one, of one alone, whose boxes' probabilities add up
 * to it; of several at most what each says likeliest. Where they contradict each other, or boxes
 * among others were left out, no entry comes near it. */
static double whole_likelihood(const struct way *ways, int n)
{
    double whole = 1;
    int speak = 0;
    for (int i = 0; i < n; i++) {
        if (says_nothing(&ways[i]))
            continue;
        whole *= own_likelihood(&ways[i]);
        speak++;
    }
    return speak > 1 ? whole : 1;
}

/* The entry that all ways together make likeliest, and its posterior; NULL: none can be. What the
 * entries leave of the likelihood is strangers', as often as there are strangers and as closely as
 * numbers lie here: where candidates are numbered one by one, so are those of the next school. */
static const char *likeliest_entry(const struct way *ways, int n, const struct roster *roster,
                                   double *ret_posterior)
{
    double sum = 0, best = 0;
    const char *entry = NULL;
    for (int i = 0; i < roster->n_entries; i++) {
        double p = joint_likelihood(ways, n, roster->entries[i].candidate, NEGLIGIBLE * best);
        sum += p;
        if (p > best) {
            best = p;
            entry = roster->entries[i].candidate;
        }
    }
    double strangers = STRANGERS * roster->crowding * fmax(0, whole_likelihood(ways, n) - sum);
    *ret_posterior = sum > 0 ? best / (sum + strangers) : 0;
    return entry;
}

/* Not where bubbles alone speak, nor where all that is said is sure, the same, and somebody's. */
static bool needs_roster(const struct way *ways, int n, const struct roster *roster)
{
    bool handwritten = false, plain = is_sure(&ways[0]);
    int said = 0;
    for (int i = 0; i < n; i++) {
        handwritten |= is_written(&ways[i]);
        said += !says_nothing(&ways[i]);
        plain &= says_nothing(&ways[i]) || is_sure(&ways[i]);
    }
    plain &= said > 1 || ways[0].reading->confidence >= SURE_OF_ITSELF;
    return handwritten && roster->n_entries > 0 &&
           !(plain && roster_find(roster, ways[0].reading->value));
}

/* Handwriting that is nobody's number is likelier misread than a stranger's. */
static void doubt_strangers(const struct page_view *view, struct way *ways, int n)
{
    for (int i = 0; i < n; i++)
        if (is_written(&ways[i]) && is_sure(&ways[i]) &&
            ways[i].reading->confidence < view->exam->min_confidence &&
            !roster_find(view->exam->roster, ways[i].reading->value))
            doubt(&ways[i], MAYBE);
}

static void settle_by_roster(const struct page_view *view, struct way *ways, int n)
{
    double posterior;
    int silent = 0;
    for (int i = 0; i < n; i++)
        silent += says_nothing(&ways[i]);
    if (silent == n)
        return;
    const struct roster *roster = view->exam->roster;
    const char *entry = likeliest_entry(ways, n, roster, &posterior);
    if (!entry || posterior < 0.5) { /* nobody: what is sure of somebody is not, then */
        for (int i = 0; i < n; i++)
            if (is_sure(&ways[i]) && roster_find(roster, ways[i].reading->value))
                doubt(&ways[i], posterior);
        doubt_strangers(view, ways, n);
        return;
    }
    bool sure = posterior >= view->exam->min_confidence;
    for (int i = 0; i < n; i++) {
        /* Who is sure of another number, and not by the roster, is not overruled. */
        bool differs = strcmp(ways[i].reading->value, entry) != 0;
        if (i == 0 && says_nothing(&ways[i])) /* left out where it counts, written elsewhere */
            propose(&ways[i], entry, MAYBE * posterior);
        else if (is_sure(&ways[i]) && differs && is_written(&ways[i]))
            propose(&ways[i], entry, MAYBE * posterior); /* a person sees it beside the picture */
        else if (is_sure(&ways[i]) && differs)
            doubt(&ways[i], 1 - posterior);
        else if (sure)
            take(&ways[i], entry, posterior);
        else if (!is_sure(&ways[i]) && !says_nothing(&ways[i]))
            propose(&ways[i], entry, posterior);
        else
            doubt(&ways[i], posterior);
    }
}

/* ---- without a roster ---- */

/* The first way against each other that says the same. */
static void settle_pair(const struct page_view *view, struct way *first, struct way *other)
{
    if (says_nothing(other))
        return;
    if (says_nothing(first)) { /* written in one place alone: is it the answer, or was it left? */
        doubt(other, MAYBE);
        propose(first, other->reading->value, MAYBE * other->reading->confidence);
        return;
    }
    struct way both[2] = {*first, *other};
    const char *texts[2] = {first->reading->value, other->reading->value};
    double p[2] = {joint_likelihood(both, 2, texts[0], 0), joint_likelihood(both, 2, texts[1], 0)};
    int best = p[1] > p[0] ? 1 : 0;
    bool same = strcmp(texts[0], texts[1]) == 0;
    double against = same ? 0 : p[1 - best];
    double own = own_likelihood(&both[1 - best]);
    double given = way_likelihood(&both[1 - best], texts[best], 0);
    bool contradicted = !same && given < NOT_CONTRADICTED * own;
    double wrong =
        (1 - both[best].reading->confidence) * (same ? 1 - both[1 - best].reading->confidence : 1);
    double confidence = contradicted ? MAYBE : fmin(1 - wrong, p[best] / (p[best] + against));
    bool open = strpbrk(texts[best], "?[") != NULL;
    if (confidence >= view->exam->min_confidence && !open) {
        take(first, texts[best], confidence);
        take(other, texts[best], confidence);
    } else {
        doubt(first, confidence);
        doubt(other, confidence);
    }
}

/* The ways of reading i: itself first, then those that say the same as it. */
static int gather_ways(const struct form *form, struct reading *readings,
                       const struct writing *writings, int n, int i, struct way *ways)
{
    const char *name = form->fields[readings[i].field].name;
    int n_ways = 0;
    ways[n_ways++] = (struct way){&readings[i], &writings[i]};
    for (int k = 0; k < n && n_ways < MAX_WAYS; k++) {
        const char *same = form->fields[readings[k].field].same_as;
        if (same && strcmp(same, name) == 0)
            ways[n_ways++] = (struct way){&readings[k], &writings[k]};
    }
    return n_ways;
}

void page_writing_settle(const struct page_view *view, const struct form *form,
                         struct reading *readings, const struct writing *writings, int n)
{
    const struct roster *roster = view->exam->roster;
    for (int i = 0; i < n; i++) {
        struct way ways[MAX_WAYS];
        int n_ways = gather_ways(form, readings, writings, n, i, ways);
        bool candidate = readings[i].field == form->candidate;
        if (n_ways > 1 && settle_quarrel(ways, n_ways))
            continue;
        if (candidate && roster && needs_roster(ways, n_ways, roster))
            settle_by_roster(view, ways, n_ways);
        else
            for (int k = 1; k < n_ways; k++)
                settle_pair(view, &ways[0], &ways[k]);
    }
}
