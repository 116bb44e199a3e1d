#include "boxed_text.h"

#include "diag.h"
#include <math.h>
#include <string.h>

#define SURELY_EMPTY 0.9999 /* of a box without ink: a character may be too pale to see */
#define STRAY_MM2 0.8       /* of a box without ink of its own: more may be a character beside it */
#define STRAY_IS_NOTHING 0.8
#define SELDOM 0.05    /* how much rarer a character is that may not be written */
#define MOST_PIECES 24 /* of ink, in a character */
#define SPOT 0.22      /* of the box's height: what is smaller each way is a point or a spot */
#define SPOT_MM2 1.2
#define SPOT_IS_POINT 0.97
#define SPOT_IS_NOTHING 0.5 /* where no point may stand: a touch of the pen, or dirt */
#define DASH_FLAT 2.2       /* times as wide as high */
#define DASH_HIGH 0.25      /* of the box's height, at most */
#define DASH_WIDE 0.15      /* of its width, at least */
#define DASH_IS_MINUS 0.98
#define DASH_IS_NOTHING 0.2 /* where no minus may stand: a stroke through an unused box */
#define GAP_IS_MEANT 0.2    /* an empty box within a text */

/* ---- one box ---- */

static bool is_spot(const struct written_box *seen, struct rect box)
{
    return fmax(seen->extent.w, seen->extent.h) < SPOT * box.h && seen->ink < SPOT_MM2;
}

static bool is_dash(const struct written_box *seen, struct rect box)
{
    return seen->pieces == 1 && seen->extent.w > DASH_FLAT * seen->extent.h &&
           seen->extent.h < DASH_HIGH * box.h && seen->extent.w > DASH_WIDE * box.w;
}

static bool is_low(const struct written_box *seen, struct rect box)
{
    return seen->extent.y + seen->extent.h / 2 > 0.5 * box.h;
}

/* What a box holds before any net is asked. True: it must be. */
static bool judge_shape(const struct written_box *seen, struct rect box,
                        const struct boxed_style *style, struct box_belief *ret)
{
    *ret = (struct box_belief){.ink = seen->ink};
    ret->glyph.junk = 1;
    if (!seen->visible) { /* too small to look into, or off the scan: anything may be there */
        ret->character = 1;
    } else if (seen->ink <= 0) {
        ret->empty = seen->stray > STRAY_MM2 ? STRAY_IS_NOTHING : SURELY_EMPTY;
        ret->character = 1 - ret->empty;
    } else if (seen->pieces > MOST_PIECES) {
        ret->character = 1; /* speckle: no net is needed to doubt it */
    } else if (is_spot(seen, box)) {
        bool point = style->allows_point && is_low(seen, box);
        ret->point = point ? SPOT_IS_POINT : 0;
        ret->empty = point ? 1 - SPOT_IS_POINT : SPOT_IS_NOTHING;
        ret->character = 1 - ret->point - ret->empty;
    } else if (is_dash(seen, box)) {
        ret->minus = style->allows_minus ? DASH_IS_MINUS : 0;
        ret->empty = style->allows_minus ? 0 : DASH_IS_NOTHING;
        ret->character = 1 - ret->minus - ret->empty;
    } else {
        ret->character = 1;
        return true;
    }
    return false;
}

/* The net was made for all characters alike (Bayes' rule with other priors): where few may be
 * written each of those is likelier, and what is none is as frequent as ever; others are seldom
 * written, and what is left of them is junk here. */
static void forbid(const struct boxed_style *style, struct glyph_belief *glyph)
{
    int count = glyph_count(style->alphabet);
    bool allowed[GLYPH_MAX];
    double other = 0, all = 0, n = 0;
    if (!style->only)
        return;
    for (int k = 0; k < count; k++) {
        allowed[k] = strchr(style->only, glyph_character(style->alphabet, k)) != NULL;
        n += allowed[k];
        all += allowed[k] ? glyph->of[k] : 0;
        other += allowed[k] ? 0 : SELDOM * glyph->of[k];
    }
    double junk = glyph->junk * n / count + other;
    all += junk;
    for (int k = 0; k < count; k++)
        glyph->of[k] = allowed[k] && all > 0 ? (float)(glyph->of[k] / all) : 0;
    glyph->junk = all > 0 ? (float)(junk / all) : 1;
}

static int ask_net(struct glyph_reader *reader, const struct boxed_style *style,
                   const struct written_box *seen, const int *which, int n, struct arena *arena,
                   struct box_belief *boxes)
{
    uint8_t(*glyphs)[GLYPH_POINTS] = arena_alloc(arena, (size_t)(n + 1) * sizeof *glyphs);
    uint8_t(*views)[GLYPH_POINTS] = arena_alloc(arena, (size_t)(n + 1) * sizeof *views);
    struct glyph_belief *beliefs = arena_alloc(arena, (size_t)(n + 1) * sizeof *beliefs);
    if (!glyphs || !views || !beliefs)
        return YJ_ENOMEM;
    for (int k = 0; k < n; k++) {
        memcpy(glyphs[k], seen[which[k]].glyph, GLYPH_POINTS);
        memcpy(views[k], seen[which[k]].view, GLYPH_POINTS);
    }
    int r = glyph_read(reader, style->alphabet, (const uint8_t(*)[GLYPH_POINTS])glyphs,
                       (const uint8_t(*)[GLYPH_POINTS])views, n, beliefs);
    for (int k = 0; k < n && r == 0; k++) {
        forbid(style, &beliefs[k]);
        boxes[which[k]].glyph = beliefs[k];
    }
    return r;
}

/* ---- the text ---- */

/* The likeliest of a box; 0: nothing, '?': something that is no character. */
static char best_of(const struct boxed_text *t, const struct box_belief *b, double *ret_p)
{
    char best = 0;
    double p = b->empty;
    if (b->point > p) {
        p = b->point;
        best = '.';
    }
    if (b->minus > p) {
        p = b->minus;
        best = '-';
    }
    for (int k = 0; k < glyph_count(t->alphabet); k++)
        if (b->character * b->glyph.of[k] > p) {
            p = b->character * b->glyph.of[k];
            best = glyph_character(t->alphabet, k);
        }
    *ret_p = p;
    return b->character * b->glyph.junk > p ? '?' : best;
}

static int spell(struct boxed_text *t, struct arena *arena)
{
    char *text = arena_alloc(arena, (size_t)t->n + 1);
    if (!text)
        return YJ_ENOMEM;
    int length = 0;
    bool gap = false;
    t->confidence = 1;
    for (int i = 0; i < t->n; i++) {
        double p;
        char c = best_of(t, &t->boxes[i], &p);
        t->confidence *= p;
        if (c == '?')
            t->has_doubt = true;
        if (!c) {
            gap |= length > 0;
            continue;
        }
        if (gap)
            t->confidence *= GAP_IS_MEANT;
        gap = false;
        text[length++] = c;
    }
    if (t->has_doubt)
        t->confidence = fmin(t->confidence, 0.5);
    t->text = text;
    return 0;
}

int boxed_text_read(struct glyph_reader *reader, const struct boxed_style *style,
                    const struct image *img, const struct page_map *map, const struct rect *boxes,
                    int n, struct image *scratch, struct arena *arena, struct boxed_text *ret)
{
    struct written_box *seen = arena_alloc(arena, (size_t)(n + 1) * sizeof *seen);
    int *which = arena_alloc(arena, (size_t)(n + 1) * sizeof *which);
    struct boxed_text t = {.alphabet = style->alphabet, .n = n, .text = ""};
    t.boxes = arena_alloc(arena, (size_t)(n + 1) * sizeof *t.boxes);
    if (!seen || !which || !t.boxes)
        return YJ_ENOMEM;
    int r = written_boxes_look(img, map, boxes, n, scratch, arena, seen), asked = 0;
    for (int i = 0; r == 0 && i < n; i++)
        if (judge_shape(&seen[i], boxes[i], style, &t.boxes[i]))
            which[asked++] = i;
    if (r == 0)
        r = ask_net(reader, style, seen, which, asked, arena, t.boxes);
    if (r == 0)
        r = spell(&t, arena);
    if (r == 0)
        *ret = t;
    return r;
}

/* ---- a given text ---- */

static double likelihood_of(const struct boxed_text *t, const struct box_belief *b, char c)
{
    if (c == '.')
        return b->point;
    if (c == '-')
        return b->minus;
    int k = glyph_index(t->alphabet, c), count = glyph_count(t->alphabet);
    /* Who wrote over a character or beside it may have meant any. */
    return k < 0 ? 0 : b->character * (b->glyph.of[k] + b->glyph.junk / count);
}

double boxed_text_likelihood(const struct boxed_text *t, const char *text, double least)
{
    int length = (int)strlen(text);
    double best = 0;
    for (int at = 0; length <= t->n && at <= t->n - length; at++) {
        double p = 1;
        for (int i = 0; i < t->n && p > least; i++)
            p *= i < at || i >= at + length ? t->boxes[i].empty
                                            : likelihood_of(t, &t->boxes[i], text[i - at]);
        best = fmax(best, p > least ? p : 0);
    }
    return best;
}

double boxed_text_most(const struct boxed_text *t)
{
    double most = 1;
    for (int i = 0; i < t->n; i++) {
        const struct box_belief *b = &t->boxes[i];
        double best = fmax(b->empty, fmax(b->point, b->minus));
        for (int k = 0; k < glyph_count(t->alphabet); k++)
            best = fmax(best, likelihood_of(t, b, glyph_character(t->alphabet, k)));
        most *= best;
    }
    return most;
}
