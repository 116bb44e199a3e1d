#include "strip_ink.h"

#include "diag.h"
#include "vision.h"
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PX 8.0        /* of the patch, a mm: 203 dpi, the finest a stroke of 0.4 mm needs */
#define MARGIN 6.0    /* mm of the page around the cells: where a stroke comes from and goes to */
#define TILE 80       /* px: paper bends little within it; the paper's tone is taken over it */
#define SEARCH 4      /* px: the print is looked for this far around where the map puts it */
#define LINE 0.35     /* mm at both sides of a frame's edge: its line, and what the search leaves */
#define HALO 0.70     /* the same, where the coloured fringes of its line may be */
#define BEYOND 1.0    /* mm: how far dark ink is followed out of a cell */
#define LINE_LOSS 0.1 /* of a stroke's extent in a cell */
#define FRAME_SEEN 0.10 /* mean darkness along the frames: less is no frame */

/* Labels. */
#define LABEL_DARK 0.30  /* darkness of a printed letter's pixels */
#define LABEL_ROW 0.015  /* share of a cell's row that is dark: a thin "1" */
#define LABEL_MARGIN 0.3 /* mm around it */
#define DIGIT_WIDTH 0.80 /* of its height: a wide digit with the space beside it */
#define DIGIT_NARROW 0.45
#define PITCH_WIDE 0.95   /* from a digit to the next, of bold wide letters */
#define DIGIT_PITCH 1.25  /* from a digit to the next, in widths of the first */
#define COLUMN_SHARE 0.25 /* of the cells of as many digits have ink there: no single stroke's */
#define POINT_WIDTH 0.45  /* the same of the decimal point, or a slash */

/* What is a stroke's. Chroma: levels of 255 above the paper's. */
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
#define HUE_HIDDEN 8     /* chroma that a pale stroke through a black label leaves at least */
#define TINT_PRINT 50    /* ... black print with a scanner's fringes up to 40 */
#define DARK_MIN 0.16    /* 0 to 1 of the paper */
#define DARK_NOISE 2.5
#define COLOUR_GAP 4      /* px around: a skipping pen's gaps of 0.75 mm close */
#define DARK_GAP 4        /* the same, and a frame's line that is not looked at */
#define BREADTH 0.18      /* mm: a stroke's, on average over its length, hidden parts included */
#define DARK_BREADTH 0.08 /* the same, where labels hide more */
#define SMALLEST 0.15     /* mm2: less is dust */
/* A label with a stroke lost in it: against the strip's others. */
#define HEAVY 0.10      /* of its ink more than usual */
#define TINTED 0.025    /* of its ink as colour more than usual */
#define OUTLIER 5.0     /* times what half of the labels stay within */
#define HIDDEN 0.7      /* mm2: the same where ... */
#define OPEN_SHARE 0.12 /* ... less than this of it is beside print, which has fringes */

enum { FRAME = 1, LABEL = 2, READ = 4, FRINGE = 8 };

struct patch {
    int width, height;
    struct point origin; /* mm of the first pixel's corner */
    const struct field *field;
    struct image grey, chroma;
    bool coloured;
    float *dark;      /* 0 to 1 of the paper */
    uint8_t *hue;     /* chroma above the paper's */
    uint8_t *tint;    /* hue / darkness around a pixel, hundredths */
    int16_t *cell;    /* of each pixel; -1: none */
    uint8_t *printed; /* what may be there: a FRAME's line or its FRINGE, a LABEL, or a stroke READ
                         already */
    uint8_t *mask;    /* what is a stroke's */
    uint8_t *link;    /* ... and what holds its pieces together */
    uint8_t *spread;
    int *stack;
    struct point shift; /* px: where the print is, from where the map puts it */
    double line_dark;   /* mean darkness along the frames */
    bool labels;
};

static void patch_finish(struct patch *p)
{
    image_finish(&p->grey);
    image_finish(&p->chroma);
    free(p->dark);
    free(p->hue);
    free(p->tint);
    free(p->cell);
    free(p->printed);
    free(p->mask);
    free(p->link);
    free(p->spread);
    free(p->stack);
}

static size_t at(const struct patch *p, int x, int y)
{
    return (size_t)y * (size_t)p->width + (size_t)x;
}

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    if (n == 0)
        return 0;
    qsort(values, (size_t)n, sizeof *values, by_value);
    return values[n / 2];
}

/* ---- the strip as it lies on the form ---- */

static int patch_init(struct patch *p, const struct field *field)
{
    struct rect area = field->area;
    *p = (struct patch){.field = field,
                        .width = (int)ceil((area.w + 2 * MARGIN) * PX),
                        .height = (int)ceil((area.h + 2 * MARGIN) * PX),
                        .origin = {area.x - MARGIN, area.y - MARGIN}};
    image_init(&p->grey);
    image_init(&p->chroma);
    size_t n = (size_t)p->width * (size_t)p->height;
    p->dark = malloc(n * sizeof *p->dark);
    p->hue = calloc(n, 1);
    p->tint = calloc(n, 1);
    p->cell = malloc(n * sizeof *p->cell);
    p->printed = calloc(n, 1);
    p->mask = malloc(n);
    p->link = malloc(n);
    p->spread = malloc(n);
    p->stack = malloc(n * sizeof *p->stack);
    bool all = p->dark && p->hue && p->tint && p->cell && p->printed && p->mask && p->link &&
               p->spread && p->stack;
    return all ? image_resize(&p->grey, p->width, p->height) : YJ_ENOMEM;
}

/* Tile by tile, each by the map around its middle. */
static int sample(const struct image *img, const struct page_map *map, const struct patch *p,
                  struct image *out)
{
    for (int x = 0; x < p->width; x += TILE) {
        struct image tile = *out;
        tile.data += x;
        tile.width = p->width - x < TILE ? p->width - x : TILE;
        struct point middle = {p->origin.x + (x + tile.width / 2.0) / PX,
                               p->origin.y + p->height / 2.0 / PX};
        struct homography local = page_map_local(map, middle), to_px;
        struct homography to_mm = {
            {1 / PX, 0, p->origin.x + (x + 0.5) / PX, 0, 1 / PX, p->origin.y + 0.5 / PX, 0, 0, 1}};
        homography_compose(&local, &to_mm, &to_px);
        int r = vision_warp(img, &to_px, &tile);
        if (r < 0)
            return r;
    }
    return 0;
}

/* The level that a share of a tile's pixels does not exceed. */
static int tile_level(const struct patch *p, const struct image *img, int x0, double share)
{
    int histogram[256] = {0}, x1 = x0 + TILE < p->width ? x0 + TILE : p->width;
    for (int y = 0; y < p->height; y++)
        for (int x = x0; x < x1; x++)
            histogram[image_row(img, y)[x]]++;
    int wanted = (int)(share * (x1 - x0) * p->height), seen = 0, level = 0;
    while (level < 255 && (seen += histogram[level]) < wanted)
        level++;
    return level;
}

/* Darkness and colour against each tile's own paper. What the scan does not hold is white to the
 * sampler, and so would be all colour: it is neither. */
static void compare_to_paper(struct patch *p)
{
    for (int x0 = 0; x0 < p->width; x0 += TILE) {
        int paper = tile_level(p, &p->grey, x0, 0.75), tint = 0;
        int x1 = x0 + TILE < p->width ? x0 + TILE : p->width;
        if (p->coloured)
            tint = tile_level(p, &p->chroma, x0, 0.5);
        for (int y = 0; y < p->height; y++)
            for (int x = x0; x < x1; x++) {
                double grey = image_row(&p->grey, y)[x];
                p->dark[at(p, x, y)] = (float)clamp(1 - grey / (paper > 0 ? paper : 1), 0, 1);
                if (!p->coloured)
                    continue;
                int chroma = image_row(&p->chroma, y)[x];
                bool off_scan = grey == 255 && chroma == 255;
                p->hue[at(p, x, y)] = (uint8_t)(chroma > tint && !off_scan ? chroma - tint : 0);
            }
    }
}

/* ---- where the print is ---- */

/* A cell in px of the patch, where the print was found. */
static struct rect cell_rect(const struct patch *p, int i)
{
    struct rect box = p->field->boxes[i];
    return (struct rect){(box.x - p->origin.x) * PX + p->shift.x,
                         (box.y - p->origin.y) * PX + p->shift.y, box.w * PX, box.h * PX};
}

static double darkness_at(const struct patch *p, double x, double y)
{
    int u = (int)floor(x), v = (int)floor(y);
    if (u < 0 || v < 0 || u >= p->width || v >= p->height)
        return 0;
    return p->dark[at(p, u, v)];
}

/* Mean darkness along the edges of all cells, each pixel's bounded: a thick stroke beside a pale
 * frame must not draw the strip to itself. */
static double frame_darkness(const struct patch *p)
{
    double sum = 0, n = 0;
    for (int i = 0; i < p->field->n_boxes; i++) {
        struct rect r = cell_rect(p, i);
        for (double x = r.x; x < r.x + r.w; x += 2, n += 2)
            sum += fmin(darkness_at(p, x, r.y), 0.6) + fmin(darkness_at(p, x, r.y + r.h), 0.6);
        for (double y = r.y; y < r.y + r.h; y += 2, n += 2)
            sum += fmin(darkness_at(p, r.x, y), 0.6) + fmin(darkness_at(p, r.x + r.w, y), 0.6);
    }
    return n > 0 ? sum / n : 0;
}

static void find_frames(struct patch *p)
{
    struct point best = {0, 0};
    double most = -1, sum = 0;
    int n = 0;
    for (int dy = -SEARCH; dy <= SEARCH; dy++)
        for (int dx = -SEARCH; dx <= SEARCH; dx++, n++) {
            p->shift = (struct point){dx, dy};
            double darkness = frame_darkness(p) - 0.0005 * (dx * dx + dy * dy);
            sum += darkness;
            if (darkness > most) {
                most = darkness;
                best = p->shift;
            }
        }
    p->line_dark = most - sum / n;
    p->shift = p->line_dark > FRAME_SEEN / 2 && most > FRAME_SEEN ? best : (struct point){0, 0};
    p->line_dark = most > FRAME_SEEN ? most : 0;
}

static void number_cells(struct patch *p)
{
    const size_t n = (size_t)p->width * (size_t)p->height;
    for (size_t i = 0; i < n; i++)
        p->cell[i] = -1;
    for (int i = 0; i < p->field->n_boxes; i++) {
        struct rect r = cell_rect(p, i);
        int x0 = (int)clamp(round(r.x), 0, p->width),
            x1 = (int)clamp(round(r.x + r.w), 0, p->width);
        int y0 = (int)clamp(round(r.y), 0, p->height);
        int y1 = (int)clamp(round(r.y + r.h), 0, p->height);
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++)
                p->cell[at(p, x, y)] = (int16_t)i;
    }
}

static void cover(struct patch *p, int what, double x0, double y0, double x1, double y1)
{
    int left = (int)clamp(floor(x0), 0, p->width), right = (int)clamp(ceil(x1), 0, p->width);
    int top = (int)clamp(floor(y0), 0, p->height), bottom = (int)clamp(ceil(y1), 0, p->height);
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++)
            p->printed[at(p, x, y)] |= (uint8_t)what;
}

static void cover_frame(struct patch *p, int what, struct rect r, double w)
{
    cover(p, what, r.x - w, r.y - w, r.x + r.w + w, r.y + w);
    cover(p, what, r.x - w, r.y + r.h - w, r.x + r.w + w, r.y + r.h + w);
    cover(p, what, r.x - w, r.y - w, r.x + w, r.y + r.h + w);
    cover(p, what, r.x + r.w - w, r.y - w, r.x + r.w + w, r.y + r.h + w);
}

/* Share of row v (px from the cell's top) that is dark, between the frame's lines. */
static double dark_share_of_row(const struct patch *p, struct rect r, double v)
{
    double n = 0, dark = 0;
    for (double x = r.x + LINE * PX; x < r.x + r.w - LINE * PX; x += 1, n++)
        dark += darkness_at(p, x, r.y + v) > LABEL_DARK;
    return n > 0 ? dark / n : 0;
}

/* The rows that labels stand in: those that are dark in most cells. False: none are. */
static bool find_label_rows(const struct patch *p, double *ret_top, double *ret_bottom)
{
    const int n = p->field->n_boxes;
    const double height = p->field->boxes[0].h * PX;
    double shares[STRIP_MAX_CELLS];
    *ret_top = height;
    *ret_bottom = 0;
    for (double v = LINE * PX + 1; v < height - LINE * PX - 1; v += 1) {
        for (int i = 0; i < n; i++)
            shares[i] = dark_share_of_row(p, cell_rect(p, i), v);
        if (median(shares, n) < LABEL_ROW)
            continue;
        *ret_top = fmin(*ret_top, v);
        *ret_bottom = fmax(*ret_bottom, v + 1);
    }
    return *ret_bottom > *ret_top;
}

/* How wide labels of whole numbers of `digits` digits are printed: the columns around the cell's
 * middle in which several of them have ink. 0: too few such labels to tell. */
static double measure_width(const struct patch *p, int digits, double top, double bottom)
{
    const double reach = p->field->boxes[0].w / 2 * PX - LINE * PX - 1;
    double left = 0, right = 0;
    int n = 0;
    for (int i = 0; i < p->field->n_boxes; i++)
        n += (int)strlen(p->field->options[i]) == digits;
    if (n < 2)
        return 0;
    for (double u = -reach; u < reach; u += 1) {
        int inked = 0;
        for (int i = 0; i < p->field->n_boxes; i++) {
            struct rect r = cell_rect(p, i);
            bool dark = false;
            for (double v = top; v < bottom && !dark; v += 1)
                dark = darkness_at(p, r.x + r.w / 2 + u, r.y + v) > LABEL_DARK;
            inked += dark && (int)strlen(p->field->options[i]) == digits;
        }
        if (inked < 2 || inked < COLUMN_SHARE * n)
            continue;
        left = fmin(left, u);
        right = fmax(right, u + 1);
    }
    return 2 * fmax(-left, right);
}

/* px of a digit, and from one to the next. */
struct digits {
    double width, pitch, height;
};

static struct digits measure_digits(const struct patch *p, double top, double bottom)
{
    struct digits d = {.height = bottom - top};
    double two = measure_width(p, 2, top, bottom);
    d.width = measure_width(p, 1, top, bottom);
    if (d.width <= 0)
        d.width = two > 0 ? two / (1 + DIGIT_PITCH) : DIGIT_WIDTH * d.height;
    d.width = clamp(d.width, DIGIT_NARROW * d.height, DIGIT_WIDTH * d.height);
    d.pitch = two > d.width ? two - d.width : DIGIT_PITCH * d.width;
    d.pitch = clamp(d.pitch, d.width, PITCH_WIDE * d.height);
    return d;
}

static double label_width(const char *label, const struct digits *d)
{
    double width = d->width - d->pitch;
    for (; *label; label++)
        width += *label == '.' || *label == '/' ? POINT_WIDTH * d->height : d->pitch;
    return width;
}

/* Where a frame's line or a label may be. */
static void find_print(struct patch *p)
{
    double top, bottom;
    p->labels = find_label_rows(p, &top, &bottom);
    struct digits digits = {0};
    if (p->labels)
        digits = measure_digits(p, top, bottom);
    for (int i = 0; i < p->field->n_boxes; i++) {
        struct rect r = cell_rect(p, i);
        cover_frame(p, FRAME, r, LINE * PX);
        cover_frame(p, FRINGE, r, HALO * PX);
        if (!p->labels)
            continue;
        double half = label_width(p->field->options[i], &digits) / 2 + LABEL_MARGIN * PX;
        double middle = r.x + r.w / 2, m = LABEL_MARGIN * PX;
        half = fmin(half, r.w / 2);
        cover(p, LABEL, middle - half, r.y + top - m, middle + half, r.y + bottom + m);
    }
}

/* ---- which pixels are a stroke's ---- */

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

static double paper_chroma(const struct patch *p)
{
    int histogram[256] = {0};
    const size_t n = (size_t)p->width * (size_t)p->height;
    for (size_t i = 0; i < n; i++)
        if (!p->printed[i] && p->dark[i] < 0.1)
            histogram[p->hue[i]]++;
    return level_of(histogram, 0.9);
}

/* Darkness that nine tenths of a cell's unprinted pixels stay under, in the middlemost cell: at
 * most a few cells are struck. */
static double cell_darkness(const struct patch *p)
{
    double levels[STRIP_MAX_CELLS];
    for (int i = 0; i < p->field->n_boxes; i++) {
        int histogram[256] = {0};
        struct rect r = cell_rect(p, i);
        int y1 = (int)clamp(r.y + r.h, 0, p->height), x1 = (int)clamp(r.x + r.w, 0, p->width);
        for (int y = (int)clamp(r.y, 0, p->height); y < y1; y++)
            for (int x = (int)clamp(r.x, 0, p->width); x < x1; x++)
                if (!(p->printed[at(p, x, y)] & ~FRINGE))
                    histogram[(int)(255 * p->dark[at(p, x, y)])]++;
        levels[i] = level_of(histogram, 0.9) / 255;
    }
    return median(levels, p->field->n_boxes);
}

/* link = mask, and the labels' ink, which the mask leaves out: a stroke goes on through it. */
static void link_through_labels(struct patch *p)
{
    const size_t n = (size_t)p->width * (size_t)p->height;
    for (size_t i = 0; i < n; i++) {
        bool label = p->printed[i] & LABEL && p->dark[i] > LABEL_DARK;
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

static void sum_windows(const struct patch *p, float *values, float *scratch)
{
    sum_lines(values, scratch, p->height, p->width, (size_t)p->width, 1);
    sum_lines(scratch, values, p->width, p->height, 1, (size_t)p->width);
}

/* Scanners put colour around black print, thin and as much as it is sharp; ink of a colour has
 * colour in proportion to its darkness. So their ratio is taken over a window wider than a line. */
static int measure_tint(struct patch *p)
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
        p->tint[i] = (uint8_t)clamp(100 * hue[i] / fmax(dark[i], 255), 0, 255);
    free(hue);
    return 0;
}

static bool is_print(int printed, bool letters)
{
    return letters ? (printed & (FRAME | LABEL)) == LABEL : printed & (FRAME | LABEL);
}

/* The level that `share` of the pixels of letters, or of lines and letters, stay under, in the
 * middlemost cell. */
static double print_level(const struct patch *p, bool letters, const uint8_t *plane, double share)
{
    double tints[STRIP_MAX_CELLS];
    for (int i = 0; i < p->field->n_boxes; i++) {
        int histogram[256] = {0};
        struct rect r = cell_rect(p, i);
        int y1 = (int)clamp(r.y + r.h, 0, p->height), x1 = (int)clamp(r.x + r.w, 0, p->width);
        for (int y = (int)clamp(r.y, 0, p->height); y < y1; y++)
            for (int x = (int)clamp(r.x, 0, p->width); x < x1; x++)
                if (is_print(p->printed[at(p, x, y)], letters) &&
                    p->dark[at(p, x, y)] > DARK_MIN / 2)
                    histogram[plane[at(p, x, y)]]++;
        tints[i] = level_of(histogram, share);
    }
    return median(tints, p->field->n_boxes);
}

/* False: the print is coloured itself, and left out. */
static bool choose_coloured(struct patch *p)
{
    const size_t n = (size_t)p->width * (size_t)p->height;
    double limit = fmax(CHROMA_MIN, CHROMA_NOISE * paper_chroma(p));
    double strong = fmax(CHROMA_STRONG, CHROMA_FRINGE * print_level(p, false, p->hue, 0.995));
    double pale = fmax(CHROMA_PALE, CHROMA_LETTERS * print_level(p, true, p->hue, 0.995));
    bool black_print = print_level(p, false, p->tint, 0.5) < TINT_PRINT;
    for (size_t i = 0; i < n; i++) {
        double sure = p->printed[i] == LABEL ? fmin(pale, strong) : strong;
        p->mask[i] = p->hue[i] > fmin(limit, sure);
        if (p->printed[i])
            p->mask[i] &= black_print && (p->tint[i] > TINT_INK || p->hue[i] > sure);
        else if (!black_print) /* print in colour stands around the strip, too */
            p->mask[i] &= p->cell[i] >= 0;
    }
    link_through_labels(p);
    return black_print;
}

/* Dark where nothing is printed, in the cells and hardly beyond. */
static void choose_dark(struct patch *p)
{
    const size_t n = (size_t)p->width * (size_t)p->height;
    double limit = fmax(DARK_MIN, DARK_NOISE * cell_darkness(p));
    memset(p->mask, 0, n);
    for (int i = 0; i < p->field->n_boxes; i++) {
        struct rect r = cell_rect(p, i);
        double b = BEYOND * PX;
        int x0 = (int)clamp(r.x - b, 0, p->width), x1 = (int)clamp(r.x + r.w + b, 0, p->width);
        int y0 = (int)clamp(r.y - b, 0, p->height), y1 = (int)clamp(r.y + r.h + b, 0, p->height);
        for (int y = y0; y < y1; y++)
            for (int x = x0; x < x1; x++) {
                size_t k = at(p, x, y);
                p->mask[k] = !(p->printed[k] & ~FRINGE) && p->dark[k] > limit;
            }
    }
    link_through_labels(p);
}

/* spread = link grown by `by` px to all sides. */
static void grow(struct patch *p, int by)
{
    uint8_t *rows = (uint8_t *)p->stack; /* not in use yet */
    for (int y = 0; y < p->height; y++) {
        int since = p->width;
        for (int x = 0; x < p->width; x++) {
            since = p->link[at(p, x, y)] ? 0 : since + 1;
            rows[at(p, x, y)] = since <= by;
        }
        since = p->width;
        for (int x = p->width - 1; x >= 0; x--) {
            since = p->link[at(p, x, y)] ? 0 : since + 1;
            rows[at(p, x, y)] |= since <= by;
        }
    }
    for (int x = 0; x < p->width; x++) {
        int since = p->height;
        for (int y = 0; y < p->height; y++) {
            since = rows[at(p, x, y)] ? 0 : since + 1;
            p->spread[at(p, x, y)] = since <= by;
        }
        since = p->height;
        for (int y = p->height - 1; y >= 0; y--) {
            since = rows[at(p, x, y)] ? 0 : since + 1;
            p->spread[at(p, x, y)] |= since <= by;
        }
    }
}

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

static void gather_pixel(const struct patch *p, struct gathered *g, int no_print, int x, int y)
{
    int cell = p->cell[at(p, x, y)];
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
    g->open += !(p->printed[at(p, x, y)] & ~no_print);
}

/* All pixels that hang together with `seed` over `spread`, which is cleared on the way. Dark ones
 * know no fringes. */
static void gather(struct patch *p, int seed, bool colour, struct gathered *g)
{
    int n = 0;
    memset(g, 0, sizeof *g);
    p->stack[n++] = seed;
    p->spread[seed] = 0;
    while (n > 0) {
        int k = p->stack[--n], x = k % p->width, y = k / p->width;
        if (p->mask[k])
            gather_pixel(p, g, colour ? 0 : FRINGE, x, y);
        for (int v = y > 0 ? y - 1 : 0; v <= y + 1 && v < p->height; v++)
            for (int u = x > 0 ? x - 1 : 0; u <= x + 1 && u < p->width; u++)
                if (p->spread[at(p, u, v)]) {
                    p->spread[at(p, u, v)] = 0;
                    p->stack[n++] = (int)at(p, u, v);
                }
    }
}

/* Where `at` lies along a cell's side of `length` px from `start`: 0 and 1 are its edges. What
 * reaches a frame's line is not seen under it, and goes on to the edge. */
static double along(double at, double start, double length)
{
    double line = LINE * PX + 1;
    if (at - start < line)
        return 0;
    return start + length - at < line ? 1 : (at - start) / length;
}

/* Lengths tell how a stroke is shared out: of its area a part is hidden by print. What is long and
 * has no breadth is a fringe. */
static struct strip_stroke describe(const struct patch *p, const struct gathered *g, bool colour)
{
    struct strip_stroke s = {.colour = colour,
                             .area = g->inside / (PX * PX),
                             .leaves_above = g->leaves_above,
                             .leaves_below = g->leaves_below};
    double extents = 0;
    s.outside = (double)g->outside / (g->inside + g->outside);
    for (int i = 0; i < p->field->n_boxes; i++) {
        if (g->pixels[i] == 0)
            continue;
        struct rect r = cell_rect(p, i);
        const struct bounds *b = &g->bounds[i];
        double length = hypot(b->x1 - b->x0 + 1, b->y1 - b->y0 + 1);
        length = fmin(length, g->pixels[i] / ((colour ? BREADTH : DARK_BREADTH) * PX));
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
static bool is_fringe(const struct patch *p, const struct gathered *g)
{
    double length = 0;
    for (int i = 0; i < p->field->n_boxes; i++) {
        const struct bounds *b = &g->bounds[i];
        if (g->pixels[i] > 0)
            length += hypot(b->x1 - b->x0 + 1, b->y1 - b->y0 + 1);
    }
    return g->open < OPEN_SHARE * g->inside &&
           (g->inside < HIDDEN * PX * PX || g->inside < BREADTH * PX * length);
}

/* Of the mask; what lies under a stroke of colour is left out of later masks by `printed`. */
static void find_strokes(struct patch *p, bool colour, struct strip_ink *ink)
{
    const int n = p->width * p->height;
    struct gathered g;
    grow(p, colour ? COLOUR_GAP : DARK_GAP);
    for (int k = 0; k < n; k++) {
        if (!p->spread[k] || !p->mask[k])
            continue;
        gather(p, k, colour, &g);
        bool fringe = is_fringe(p, &g);
        if (g.inside < SMALLEST * PX * PX || fringe) {
            for (int i = 0; i < p->field->n_boxes && !fringe; i++)
                ink->loose[i] += g.pixels[i] / (PX * PX);
            continue;
        }
        struct strip_stroke s = describe(p, &g, colour);
        keep_stroke(ink, &s);
    }
}

/* A red stroke is dark, too: its surroundings count as read. */
static void cover_coloured(struct patch *p)
{
    const size_t n = (size_t)p->width * (size_t)p->height;
    memcpy(p->link, p->mask, n); /* not what holds its pieces together */
    grow(p, COLOUR_GAP);
    for (size_t i = 0; i < n; i++)
        p->printed[i] |= p->spread[i] ? READ : 0;
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
    double middle = median(sorted, n);
    for (int i = 0; i < n; i++)
        sorted[i] = fabs(values[i] - middle);
    double limit = fmax(least, OUTLIER * median(sorted, n));
    for (int i = 0; i < n; i++)
        excess[i] = fmax(excess[i], (values[i] - middle) / limit);
}

/* A stroke that is lost in a wide label, or too pale to be taken, shows by its weight: darkness and
 * colour of the label's place, without what was read there, against the strip's other labels. */
static void weigh_labels(const struct patch *p, struct strip_ink *ink)
{
    const int n = p->field->n_boxes;
    double dark[STRIP_MAX_CELLS] = {0}, hue[STRIP_MAX_CELLS] = {0}, sorted[STRIP_MAX_CELLS];
    for (int i = 0; i < n; i++) {
        struct rect r = cell_rect(p, i);
        int y1 = (int)clamp(r.y + r.h, 0, p->height), x1 = (int)clamp(r.x + r.w, 0, p->width);
        for (int y = (int)clamp(r.y, 0, p->height); y < y1; y++)
            for (int x = (int)clamp(r.x, 0, p->width); x < x1; x++) {
                size_t k = at(p, x, y);
                if (!(p->printed[k] & LABEL) || p->printed[k] & READ)
                    continue;
                dark[i] += p->dark[k];
                hue[i] += p->hue[k] > HUE_HIDDEN ? p->hue[k] / 255.0 : 0;
            }
        double letters = letter_ink(p->field->options[i]);
        dark[i] /= letters;
        hue[i] /= letters;
    }
    memcpy(sorted, dark, sizeof sorted);
    double usual = median(sorted, n);
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
    struct patch p;
    int r = patch_init(&p, field);
    *ret = (struct strip_ink){.n_strokes = 0};
    p.coloured = chroma && chroma->width > 0;
    if (r == 0)
        r = sample(grey, map, &p, &p.grey);
    if (r == 0 && p.coloured)
        r = image_resize(&p.chroma, p.width, p.height);
    if (r == 0 && p.coloured)
        r = sample(chroma, map, &p, &p.chroma);
    if (r < 0)
        goto out;
    compare_to_paper(&p);
    find_frames(&p);
    number_cells(&p);
    find_print(&p);
    if (p.coloured)
        r = measure_tint(&p);
    if (r < 0)
        goto out;
    if (p.coloured) {
        ret->has_colour = choose_coloured(&p);
        find_strokes(&p, true, ret);
        cover_coloured(&p);
    }
    choose_dark(&p);
    find_strokes(&p, false, ret);
    weigh_labels(&p, ret);
    ret->print_seen = p.line_dark > 0 || p.labels;
out:
    patch_finish(&p);
    return r == YJ_ENOMEM ? r : 0;
}
