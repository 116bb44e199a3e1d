#include "strip_ink.h"
#include "strip_patch.h"

#include "diag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Chroma: levels of 255 above the paper's. */
#define CHROMA_MIN 14.0
#define CHROMA_NOISE 2.2 /* times what nine tenths of the paper stay under */
#define CHROMA_FRINGE                                                                              \
    1.3 /* times what nearly all of the print stays under: a stroke for sure, ... */
#define CHROMA_STRONG 30.0 /* ... and at least this */
#define CHROMA_LETTERS                                                                             \
    1.6 /* the same of letters alone, which have less of a fringe than frames: a pale stroke shows \
           in them, ... */
#define CHROMA_PALE 18.0 /* ... and at least this */
#define WINDOW 3         /* px around, within which colour is held against darkness */
#define TINT_INK 58      /* hundredths of chroma / darkness: blue ink has 75, red over 100, ... */
#define TINT_PRINT 50    /* ... black print with a scanner's fringes up to 40 */

#define DARK_MIN 0.16  /* 0 to 1 of the paper */
#define DARK_NOISE 2.5 /* times what nine tenths of a usual cell stay under */
#define BEYOND 1.0     /* mm: how far dark ink is followed out of a cell */

/* The level that `share` of the pixels chosen stays under; 0: none chosen. */
static double level_of(const int histogram[256], double share)
{
    long total = 0, seen = 0;
    for (int i = 0; i < 256; i++)
        total += histogram[i];
    for (int i = 0; i < 256; i++)
        if ((seen += histogram[i]) >= (long)ceil(share * (double)total) && total > 0)
            return i;
    return 0;
}

static double paper_chroma(const struct strip_patch *p)
{
    int histogram[256] = {0};
    const size_t n = (size_t)p->width * (size_t)p->height;
    for (size_t i = 0; i < n; i++)
        if (!p->printed[i] && p->dark[i] < 0.1)
            histogram[p->hue[i]]++;
    return level_of(histogram, 0.9);
}

/* Pixels [x0, x1) x [y0, y1) of the patch. */
struct window {
    int x0, x1, y0, y1;
};

/* Cell i and `beyond` pixels around it. */
static struct window cell_window(const struct strip_patch *p, int i, double beyond)
{
    struct rect r = strip_cell(p, i);
    return (struct window){(int)strip_clamp(r.x - beyond, 0, p->width),
                           (int)strip_clamp(r.x + r.w + beyond, 0, p->width),
                           (int)strip_clamp(r.y - beyond, 0, p->height),
                           (int)strip_clamp(r.y + r.h + beyond, 0, p->height)};
}

/* Darkness that nine tenths of a cell's unprinted pixels stay under, in the middlemost cell: at
 * most a few cells are struck. */
static double cell_darkness(const struct strip_patch *p)
{
    double levels[STRIP_MAX_CELLS];
    for (int i = 0; i < p->field->n_boxes; i++) {
        int histogram[256] = {0};
        struct window w = cell_window(p, i, 0);
        for (int y = w.y0; y < w.y1; y++)
            for (int x = w.x0; x < w.x1; x++)
                if (!(p->printed[strip_at(p, x, y)] & ~STRIP_FRINGE))
                    histogram[(int)(255 * p->dark[strip_at(p, x, y)])]++;
        levels[i] = level_of(histogram, 0.9) / 255;
    }
    return strip_median(levels, p->field->n_boxes);
}

/* link = mask, and the labels' ink, which the mask leaves out: a stroke goes on through it. */
static void link_through_labels(struct strip_patch *p)
{
    const size_t n = (size_t)p->width * (size_t)p->height;
    for (size_t i = 0; i < n; i++) {
        bool label = p->printed[i] & STRIP_LABEL && p->dark[i] > STRIP_LABEL_DARK;
        p->link[i] = p->mask[i] || label;
    }
}

/* sums = sum of values over the window around each pixel, along rows or columns. */
static void sum_lines(const float *values, float *sums, int n_lines, int n, size_t line,
                      size_t step)
{
    for (int i = 0; i < n_lines; i++) {
        const float *from = values + (size_t)i * line;
        float *to = sums + (size_t)i * line, sum = 0;
        for (int k = -WINDOW; k < n; k++) {
            sum += k + WINDOW < n ? from[(size_t)(k + WINDOW) * step] : 0;
            sum -= k - WINDOW - 1 >= 0 ? from[(size_t)(k - WINDOW - 1) * step] : 0;
            if (k >= 0)
                to[(size_t)k * step] = sum;
        }
    }
}

static void sum_windows(const struct strip_patch *p, float *values, float *scratch)
{
    sum_lines(values, scratch, p->height, p->width, (size_t)p->width, 1);
    sum_lines(scratch, values, p->width, p->height, 1, (size_t)p->width);
}

/* Scanners put colour around black print, thin and as much as it is sharp; ink of a colour has
 * colour in proportion to its darkness. So their ratio is taken over a window wider than a line. */
int strip_measure_tint(struct strip_patch *p)
{
    const size_t n = (size_t)p->width * (size_t)p->height;
    float *hue = malloc(3 * n * sizeof *hue), *dark = hue + n;
    if (!hue)
        return YJ_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        hue[i] = (float)p->hue[i];
        dark[i] = p->dark[i] > DARK_MIN / 2 ? 255 * p->dark[i] : 0;
    }
    sum_windows(p, hue, hue + 2 * n);
    sum_windows(p, dark, hue + 2 * n);
    for (size_t i = 0; i < n; i++)
        p->tint[i] = (uint8_t)strip_clamp(100 * hue[i] / fmax(dark[i], 255), 0, 255);
    free(hue);
    return 0;
}

static bool is_print(int printed, bool letters)
{
    return letters ? (printed & (STRIP_FRAME | STRIP_LABEL)) == STRIP_LABEL
                   : printed & (STRIP_FRAME | STRIP_LABEL);
}

/* The level that `share` of the pixels of letters, or of lines and letters, stay under, in the
 * middlemost cell. */
static double print_level(const struct strip_patch *p, bool letters, const uint8_t *plane,
                          double share)
{
    double tints[STRIP_MAX_CELLS];
    for (int i = 0; i < p->field->n_boxes; i++) {
        int histogram[256] = {0};
        struct window w = cell_window(p, i, 0);
        for (int y = w.y0; y < w.y1; y++)
            for (int x = w.x0; x < w.x1; x++)
                if (is_print(p->printed[strip_at(p, x, y)], letters) &&
                    p->dark[strip_at(p, x, y)] > DARK_MIN / 2)
                    histogram[plane[strip_at(p, x, y)]]++;
        tints[i] = level_of(histogram, share);
    }
    return strip_median(tints, p->field->n_boxes);
}

bool strip_choose_coloured(struct strip_patch *p)
{
    const size_t n = (size_t)p->width * (size_t)p->height;
    double limit = fmax(CHROMA_MIN, CHROMA_NOISE * paper_chroma(p));
    double strong = fmax(CHROMA_STRONG, CHROMA_FRINGE * print_level(p, false, p->hue, 0.995));
    double pale = fmax(CHROMA_PALE, CHROMA_LETTERS * print_level(p, true, p->hue, 0.995));
    bool black_print = print_level(p, false, p->tint, 0.5) < TINT_PRINT;
    for (size_t i = 0; i < n; i++) {
        double sure = p->printed[i] == STRIP_LABEL ? fmin(pale, strong) : strong;
        p->mask[i] = p->hue[i] > fmin(limit, sure);
        if (p->printed[i])
            p->mask[i] &= black_print && (p->tint[i] > TINT_INK || p->hue[i] > sure);
        else if (!black_print) /* print in colour stands around the strip, too */
            p->mask[i] &= p->cell[i] >= 0;
    }
    link_through_labels(p);
    return black_print;
}

void strip_choose_dark(struct strip_patch *p)
{
    const size_t n = (size_t)p->width * (size_t)p->height;
    double limit = fmax(DARK_MIN, DARK_NOISE * cell_darkness(p));
    memset(p->mask, 0, n);
    for (int i = 0; i < p->field->n_boxes; i++) {
        struct window w = cell_window(p, i, BEYOND * STRIP_PX);
        for (int y = w.y0; y < w.y1; y++)
            for (int x = w.x0; x < w.x1; x++) {
                size_t k = strip_at(p, x, y);
                p->mask[k] = !(p->printed[k] & ~STRIP_FRINGE) && p->dark[k] > limit;
            }
    }
    link_through_labels(p);
}

void strip_grow(struct strip_patch *p, int by)
{
    uint8_t *rows = (uint8_t *)p->stack; /* not in use yet */
    for (int y = 0; y < p->height; y++) {
        int since = p->width;
        for (int x = 0; x < p->width; x++) {
            since = p->link[strip_at(p, x, y)] ? 0 : since + 1;
            rows[strip_at(p, x, y)] = since <= by;
        }
        since = p->width;
        for (int x = p->width - 1; x >= 0; x--) {
            since = p->link[strip_at(p, x, y)] ? 0 : since + 1;
            rows[strip_at(p, x, y)] |= since <= by;
        }
    }
    for (int x = 0; x < p->width; x++) {
        int since = p->height;
        for (int y = 0; y < p->height; y++) {
            since = rows[strip_at(p, x, y)] ? 0 : since + 1;
            p->spread[strip_at(p, x, y)] = since <= by;
        }
        since = p->height;
        for (int y = p->height - 1; y >= 0; y--) {
            since = rows[strip_at(p, x, y)] ? 0 : since + 1;
            p->spread[strip_at(p, x, y)] |= since <= by;
        }
    }
}
