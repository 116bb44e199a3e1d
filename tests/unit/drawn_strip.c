#include "drawn_strip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FRAME 0.2  /* mm, thickness of a cell's frame */
#define LETTER 0.3 /* mm, of a digit's segment */

const struct paint paint_black = {0.15, 0.15, 0.15}, paint_red = {0.85, 0.18, 0.2},
                   paint_blue = {0.2, 0.25, 0.7}, paint_grey = {0.55, 0.55, 0.55};

void drawing_init(struct drawing *d, double w, double h, double dpi)
{
    d->px = dpi / 25.4;
    d->width = (int)ceil(w * d->px);
    d->height = (int)ceil(h * d->px);
    size_t n = (size_t)d->width * (size_t)d->height * 3;
    d->rgb = malloc(n * sizeof *d->rgb);
    if (!d->rgb)
        abort();
    for (size_t i = 0; i < n; i++)
        d->rgb[i] = 1;
}

void drawing_finish(struct drawing *d)
{
    free(d->rgb);
}

static double distance_to(struct point p, struct point a, struct point b)
{
    double dx = b.x - a.x, dy = b.y - a.y, length = dx * dx + dy * dy;
    double t = length > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / length : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return hypot(p.x - a.x - t * dx, p.y - a.y - t * dy);
}

static bool is_on(const struct point *points, int n, double width, struct point p)
{
    for (int i = 0; i + 1 < n; i++)
        if (distance_to(p, points[i], points[i + 1]) <= width / 2)
            return true;
    return false;
}

void drawing_stroke(struct drawing *d, const struct point *points, int n, double width,
                    struct paint paint)
{
    double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
    for (int i = 0; i < n; i++) {
        x0 = fmin(x0, points[i].x - width);
        x1 = fmax(x1, points[i].x + width);
        y0 = fmin(y0, points[i].y - width);
        y1 = fmax(y1, points[i].y + width);
    }
    for (int y = (int)fmax(0, y0 * d->px); y < d->height && y <= y1 * d->px; y++)
        for (int x = (int)fmax(0, x0 * d->px); x < d->width && x <= x1 * d->px; x++) {
            int hits = 0;
            for (int k = 0; k < 9; k++) {
                struct point p = {(x + (k % 3 + 0.5) / 3) / d->px, (y + (k / 3 + 0.5) / 3) / d->px};
                hits += is_on(points, n, width, p);
            }
            float *to = d->rgb + ((size_t)y * (size_t)d->width + (size_t)x) * 3;
            const double left[] = {paint.r, paint.g, paint.b};
            for (int c = 0; c < 3; c++)
                to[c] *= (float)(1 - hits / 9.0 * (1 - left[c]));
        }
}

void drawing_slash(struct drawing *d, const struct field *field, int cell, double x0, double y0,
                   double x1, double y1, double width, struct paint paint)
{
    struct rect b = field->boxes[cell];
    const struct point points[] = {{b.x + x0 * b.w, b.y + y0 * b.h},
                                   {b.x + x1 * b.w, b.y + y1 * b.h}};
    drawing_stroke(d, points, 2, width, paint);
}

/* Segments a to g, clockwise from the top, the middle one last. */
static void draw_digit(struct drawing *d, int digit, struct point at, double w, double h,
                       struct paint paint)
{
    static const int lit[10] = {0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f};
    static const double ends[7][4] = {{0, 0, 1, 0},  {1, 0, 1, .5}, {1, .5, 1, 1}, {0, 1, 1, 1},
                                      {0, .5, 0, 1}, {0, 0, 0, .5}, {0, .5, 1, .5}};
    for (int i = 0; i < 7; i++) {
        if (!(lit[digit] >> i & 1))
            continue;
        const struct point line[] = {{at.x + ends[i][0] * w, at.y + ends[i][1] * h},
                                     {at.x + ends[i][2] * w, at.y + ends[i][3] * h}};
        drawing_stroke(d, line, 2, LETTER, paint);
    }
}

static void draw_label(struct drawing *d, const char *label, struct rect cell, struct paint paint)
{
    double h = fmin(2.6, cell.h * 0.45), w = h * 0.5, step = h * 0.75, width = 0;
    for (const char *c = label; *c; c++)
        width += *c == '.' ? step * 0.5 : step;
    struct point at = {cell.x + cell.w / 2 - width / 2 + (step - w) / 2,
                       cell.y + cell.h / 2 - h / 2};
    for (; *label; label++) {
        if (*label == '.') {
            const struct point dot[] = {{at.x, at.y + h}, {at.x + 0.05, at.y + h}};
            drawing_stroke(d, dot, 2, 0.4, paint);
            at.x += step * 0.5;
            continue;
        }
        draw_digit(d, *label - '0', at, w, h, paint);
        at.x += step;
    }
}

void drawing_strip(struct drawing *d, const struct field *field, struct paint paint)
{
    for (int i = 0; i < field->n_boxes; i++) {
        struct rect b = field->boxes[i];
        const struct point frame[] = {
            {b.x, b.y}, {b.x + b.w, b.y}, {b.x + b.w, b.y + b.h}, {b.x, b.y + b.h}, {b.x, b.y}};
        /* Cells side by side share a line: it is printed once. */
        bool alone = i == 0 || fabs(field->boxes[i - 1].x + b.w - b.x) > 0.01;
        drawing_stroke(d, frame, alone ? 5 : 4, FRAME, paint);
        draw_label(d, field->options[i], b, paint);
    }
}

/* ---- the scanner ---- */

static void blur_line(const float *from, float *to, int n, size_t step, const double *weights,
                      int reach)
{
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int k = -reach; k <= reach; k++) {
            int at = i + k < 0 ? 0 : i + k >= n ? n - 1 : i + k;
            sum += weights[k + reach] * from[(size_t)at * step];
        }
        to[(size_t)i * step] = (float)sum;
    }
}

static float *blurred(const struct drawing *d, double sigma)
{
    enum { REACH = 6 };
    double weights[2 * REACH + 1], sum = 0;
    size_t n = (size_t)d->width * (size_t)d->height * 3, row = (size_t)d->width * 3;
    float *half = malloc(n * sizeof *half), *out = malloc(n * sizeof *out);
    if (!half || !out)
        abort();
    for (int k = -REACH; k <= REACH; k++)
        sum += weights[k + REACH] = exp(-k * k / (2 * fmax(sigma, 0.01) * fmax(sigma, 0.01)));
    for (int k = 0; k <= 2 * REACH; k++)
        weights[k] /= sum;
    for (int y = 0; y < d->height; y++)
        for (size_t c = 0; c < 3; c++)
            blur_line(d->rgb + (size_t)y * row + c, half + (size_t)y * row + c, d->width, 3,
                      weights, REACH);
    for (size_t x = 0; x < row; x++)
        blur_line(half + x, out + x, d->height, row, weights, REACH);
    free(half);
    return out;
}

static int level(double light, int amplitude, unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    int noise = amplitude ? (int)((*seed >> 16) % (2u * (unsigned)amplitude + 1)) - amplitude : 0;
    int v = (int)lround(240 * light) + noise;
    return v < 0 ? 0 : v > 255 ? 255 : v;
}

void drawing_scan(const struct drawing *d, double sigma, int amplitude, unsigned seed, bool bitonal,
                  struct image *grey, struct image *chroma)
{
    float *light = blurred(d, sigma);
    if (image_resize(grey, d->width, d->height) < 0 ||
        (chroma && image_resize(chroma, d->width, d->height) < 0))
        abort();
    for (int y = 0; y < d->height; y++)
        for (int x = 0; x < d->width; x++) {
            const float *from = light + ((size_t)y * (size_t)d->width + (size_t)x) * 3;
            int c[3], most = 0, least = 255;
            for (int i = 0; i < 3; i++) {
                c[i] = level(from[i], amplitude, &seed);
                most = c[i] > most ? c[i] : most;
                least = c[i] < least ? c[i] : least;
            }
            double luma = 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2];
            image_row(grey, y)[x] = (uint8_t)(bitonal ? (luma > 150 ? 255 : 0) : lround(luma));
            if (chroma)
                image_row(chroma, y)[x] = (uint8_t)(most - least);
        }
    free(light);
}
