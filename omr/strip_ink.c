#include "strip_ink.h"

#include "diag.h"
#include "strip_patch.h"

#include <math.h>
#include <string.h>

#define LINE_LOSS 0.1     /* of a stroke's extent in a cell */
#define HUE_HIDDEN 8      /* chroma that a pale stroke through a black label leaves at least */
#define COLOUR_GAP 4      /* px around: a skipping pen's gaps of 0.75 mm close */
#define DARK_GAP 4        /* the same, and a frame's line that is not looked at */
#define BREADTH 0.18      /* mm: a stroke's, on average over its length, hidden parts included */
#define DARK_BREADTH 0.08 /* the same, where labels hide more */
#define SMALLEST 0.15     /* mm2: less is dust */
#define HIDDEN 0.7        /* mm2: less is a fringe of print, where ... */
#define OPEN_SHARE 0.12   /* ... less than this of it is beside print, which has fringes */

/* A label with a stroke lost in it: against the strip's others. */
#define HEAVY 0.10   /* of its ink more than usual */
#define TINTED 0.025 /* of its ink as colour more than usual */
#define OUTLIER 5.0  /* times what half of the labels stay within */

/* ---- strokes ---- */

struct bounds {
    int x0, y0, x1, y1;
};

struct gathered {
    int pixels[STRIP_MAX_CELLS];
    long x[STRIP_MAX_CELLS], y[STRIP_MAX_CELLS]; /* sums */
    struct bounds bounds[STRIP_MAX_CELLS];
    int inside, outside;
    int open; /* of those inside, where nothing is printed */
    bool leaves_above, leaves_below;
};

static void gather_pixel(const struct strip_patch *p, struct gathered *g, int no_print, int x,
                         int y)
{
    int cell = p->cell[strip_at(p, x, y)];
    if (cell < 0) {
        g->outside++;
        g->leaves_above |= y < 2;
        g->leaves_below |= y >= p->height - 2;
        return;
    }
    struct bounds *b = &g->bounds[cell];
    if (g->pixels[cell]++ == 0)
        *b = (struct bounds){x, y, x, y};
    b->x0 = x < b->x0 ? x : b->x0;
    b->x1 = x > b->x1 ? x : b->x1;
    b->y0 = y < b->y0 ? y : b->y0;
    b->y1 = y > b->y1 ? y : b->y1;
    g->x[cell] += x;
    g->y[cell] += y;
    g->inside++;
    g->open += !(p->printed[strip_at(p, x, y)] & ~no_print);
}

/* All pixels that hang together with `seed` over `spread`, which is cleared on the way. Dark ones
 * know no fringes. */
static void gather(struct strip_patch *p, int seed, bool colour, struct gathered *g)
{
    int n = 0;
    memset(g, 0, sizeof *g);
    p->stack[n++] = seed;
    p->spread[seed] = 0;
    while (n > 0) {
        int k = p->stack[--n], x = k % p->width, y = k / p->width;
        if (p->mask[k])
            gather_pixel(p, g, colour ? 0 : STRIP_FRINGE, x, y);
        for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < p->height; v++)
            for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < p->width; u++)
                if (p->spread[strip_at(p, u, v)]) {
                    p->spread[strip_at(p, u, v)] = 0;
                    p->stack[n++] = (int)strip_at(p, u, v);
                }
    }
}

/* Where `at` lies along a cell's side of `length` px from `start`: 0 and 1 are its edges. What
 * reaches a frame's line is not seen under it, and goes on to the edge. */
static double along(double at, double start, double length)
{
    double line = STRIP_LINE * STRIP_PX + 1;
    if (at - start < line)
        return 0;
    return start + length - at < line ? 1 : (at - start) / length;
}

/* Lengths tell how a stroke is shared out: of its area a part is hidden by print. What is long and
 * has no breadth is a fringe. */
static struct strip_stroke describe(const struct strip_patch *p, const struct gathered *g,
                                    bool colour)
{
    struct strip_stroke s = {.colour = colour,
                             .area = g->inside / (STRIP_PX * STRIP_PX),
                             .leaves_above = g->leaves_above,
                             .leaves_below = g->leaves_below};
    double extents = 0;
    s.outside = (double)g->outside / (g->inside + g->outside);
    for (int i = 0; i < p->field->n_boxes; i++) {
        if (g->pixels[i] == 0)
            continue;
        struct rect r = strip_cell(p, i);
        const struct bounds *b = &g->bounds[i];
        double length = hypot(b->x1 - b->x0 + 1, b->y1 - b->y0 + 1);
        length = fmin(length, g->pixels[i] / ((colour ? BREADTH : DARK_BREADTH) * STRIP_PX));
        s.in[i].extent = length / fmin(r.w, r.h);
        extents += s.in[i].extent;
        s.in[i].left = along(b->x0, r.x, r.w);
        s.in[i].right = along(b->x1 + 1, r.x, r.w);
        s.in[i].top = along(b->y0, r.y, r.h);
        s.in[i].bottom = along(b->y1 + 1, r.y, r.h);
        s.in[i].off = fmax(fabs((double)g->x[i] / g->pixels[i] + 0.5 - r.x - r.w / 2) / r.w,
                           fabs((double)g->y[i] / g->pixels[i] + 0.5 - r.y - r.h / 2) / r.h);
    }
    /* At a line between two cells each part loses as much, which is more of the smaller one. */
    int parts = 0;
    for (int i = 0; i < p->field->n_boxes; i++)
        parts += s.in[i].extent > 0;
    double lost = parts > 1 ? LINE_LOSS : 0;
    for (int i = 0; i < p->field->n_boxes; i++)
        if (s.in[i].extent > 0)
            s.in[i].share = (s.in[i].extent + lost) / (extents + parts * lost);
    return s;
}

/* Keeps the largest. */
static void keep_stroke(struct strip_ink *ink, const struct strip_stroke *s)
{
    int i = ink->n_strokes;
    if (i == STRIP_MAX_STROKES) {
        ink->crowded = true;
        if (ink->strokes[i - 1].area >= s->area)
            return;
        i--;
    } else {
        ink->n_strokes++;
    }
    for (; i > 0 && ink->strokes[i - 1].area < s->area; i--)
        ink->strokes[i] = ink->strokes[i - 1];
    ink->strokes[i] = *s;
}

/* Print may have colour at its edges: little, or long and thin. */
static bool is_fringe(const struct strip_patch *p, const struct gathered *g)
{
    double length = 0;
    for (int i = 0; i < p->field->n_boxes; i++) {
        const struct bounds *b = &g->bounds[i];
        if (g->pixels[i] > 0)
            length += hypot(b->x1 - b->x0 + 1, b->y1 - b->y0 + 1);
    }
    return g->open < OPEN_SHARE * g->inside &&
           (g->inside < HIDDEN * STRIP_PX * STRIP_PX || g->inside < BREADTH * STRIP_PX * length);
}

/* Of the mask; what lies under a stroke of colour is left out of later masks by `printed`. */
static void find_strokes(struct strip_patch *p, bool colour, struct strip_ink *ink)
{
    const int n = p->width * p->height;
    struct gathered g;
    strip_grow(p, colour ? COLOUR_GAP : DARK_GAP);
    for (int k = 0; k < n; k++) {
        if (!p->spread[k] || !p->mask[k])
            continue;
        gather(p, k, colour, &g);
        bool fringe = is_fringe(p, &g);
        if (g.inside < SMALLEST * STRIP_PX * STRIP_PX || fringe) {
            for (int i = 0; i < p->field->n_boxes && !fringe; i++)
                ink->loose[i] += g.pixels[i] / (STRIP_PX * STRIP_PX);
            continue;
        }
        struct strip_stroke s = describe(p, &g, colour);
        keep_stroke(ink, &s);
    }
}

/* A red stroke is dark, too: its surroundings count as read. */
static void cover_coloured(struct strip_patch *p)
{
    const size_t n = (size_t)p->width * (size_t)p->height;
    memcpy(p->link, p->mask, n); /* not what holds its pieces together */
    strip_grow(p, COLOUR_GAP);
    for (size_t i = 0; i < n; i++)
        p->printed[i] |= p->spread[i] ? STRIP_READ : 0;
}

/* Ink of a label's letters against that of a middling digit, as common types draw them. */
static double letter_ink(const char *label)
{
    static const double digits[] = {1.10, 0.79, 0.97, 0.98, 1.03, 1.00, 1.12, 0.74, 1.24, 1.12};
    double sum = 0;
    for (; *label; label++)
        sum += *label >= '0' && *label <= '9' ? digits[*label - '0'] : 0.15;
    return sum;
}

/* Raises excess[n] to how far values[n] stand out above the middle one: 1 is `least`, and more than
 * the others differ among themselves. */
static void raise_excess(const double *values, int n, double least, double *excess)
{
    double sorted[STRIP_MAX_CELLS];
    memcpy(sorted, values, (size_t)n * sizeof *sorted);
    double middle = strip_median(sorted, n);
    for (int i = 0; i < n; i++)
        sorted[i] = fabs(values[i] - middle);
    double limit = fmax(least, OUTLIER * strip_median(sorted, n));
    for (int i = 0; i < n; i++)
        excess[i] = fmax(excess[i], (values[i] - middle) / limit);
}

/* A stroke that is lost in a wide label, or too pale to be taken, shows by its weight: darkness and
 * colour of the label's place, without what was read there, against the strip's other labels. */
static void weigh_labels(const struct strip_patch *p, struct strip_ink *ink)
{
    const int n = p->field->n_boxes;
    double dark[STRIP_MAX_CELLS] = {0}, hue[STRIP_MAX_CELLS] = {0}, sorted[STRIP_MAX_CELLS];
    for (int i = 0; i < n; i++) {
        struct rect r = strip_cell(p, i);
        int y1 = (int)strip_clamp(r.y + r.h, 0, p->height),
            x1 = (int)strip_clamp(r.x + r.w, 0, p->width);
        for (int y = (int)strip_clamp(r.y, 0, p->height); y < y1; y++)
            for (int x = (int)strip_clamp(r.x, 0, p->width); x < x1; x++) {
                size_t k = strip_at(p, x, y);
                if (!(p->printed[k] & STRIP_LABEL) || p->printed[k] & STRIP_READ)
                    continue;
                dark[i] += p->dark[k];
                hue[i] += p->hue[k] > HUE_HIDDEN ? p->hue[k] / 255.0 : 0;
            }
        double letters = letter_ink(p->field->options[i]);
        dark[i] /= letters;
        hue[i] /= letters;
    }
    memcpy(sorted, dark, sizeof sorted);
    double usual = strip_median(sorted, n);
    for (int i = 0; i < n && usual > 0; i++) {
        dark[i] /= usual;
        hue[i] /= usual;
    }
    raise_excess(dark, n, HEAVY, ink->excess);
    raise_excess(hue, n, TINTED, ink->excess);
}

int strip_ink_measure(const struct field *field, const struct image *grey,
                      const struct image *chroma, const struct page_map *map, struct strip_ink *ret)
{
    struct strip_patch p;
    *ret = (struct strip_ink){.n_strokes = 0};
    int r = strip_patch_take(&p, field, grey, chroma, map);
    if (r == 0)
        strip_find_print(&p);
    if (r == 0 && p.coloured)
        r = strip_measure_tint(&p);
    if (r < 0)
        goto out;
    if (p.coloured) {
        ret->has_colour = strip_choose_coloured(&p);
        find_strokes(&p, true, ret);
        cover_coloured(&p);
    }
    strip_choose_dark(&p);
    find_strokes(&p, false, ret);
    weigh_labels(&p, ret);
    ret->print_seen = p.line_dark > 0 || p.labels;
out:
    strip_patch_finish(&p);
    return r == YJ_ENOMEM ? r : 0;
}
