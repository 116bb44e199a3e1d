#include "glyph_frame.h"

#include "geometry.h"
#include "written_box.h"
#include <math.h>
#include <string.h>

/* Ink's box and centre of mass; false: there is none. */
static bool find_ink(const uint8_t *ink, int width, int height, struct rect *ret_box,
                     struct point *ret_mass)
{
    int x0 = width, y0 = height, x1 = -1, y1 = -1;
    int64_t sum = 0, sx = 0, sy = 0;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            int v = ink[y * width + x];
            if (v == 0)
                continue;
            sum += v;
            sx += v * x;
            sy += v * y;
            if (v < 80)
                continue;
            x0 = x < x0 ? x : x0;
            x1 = x > x1 ? x : x1;
            y0 = y < y0 ? y : y0;
            y1 = y > y1 ? y : y1;
        }
    if (x1 < 0)
        return false;
    *ret_box = (struct rect){x0, y0, x1 + 1 - x0, y1 + 1 - y0};
    *ret_mass = (struct point){(double)sx / (double)sum + 0.5, (double)sy / (double)sum + 0.5};
    return true;
}

/* Adds a row's pixels up into cells `step` pixels wide from `left` on, by the part of each pixel
 * that lies in a cell. */
static void gather_row(const uint8_t *pixels, int width, double left, double step,
                       double cells[GLYPH_SIDE])
{
    for (int x = (int)fmax(0, floor(left)); x < width; x++) {
        if (!pixels[x])
            continue;
        int u = (int)floor((x - left) / step);
        if (u >= GLYPH_SIDE)
            break;
        for (u = u < 0 ? 0 : u; u < GLYPH_SIDE && left + u * step < x + 1; u++) {
            double from = left + u * step, to = from + step;
            double part = (to < x + 1 ? to : x + 1) - (from > x ? from : x);
            if (part > 0)
                cells[u] += pixels[x] * part;
        }
    }
}

bool glyph_frame_find(const uint8_t *ink, int width, int height, struct glyph_frame *ret)
{
    struct rect box;
    struct point mass;
    if (!find_ink(ink, width, height, &box, &mass))
        return false;
    double step = fmax(box.w, box.h) / GLYPH_FIT;
    *ret = (struct glyph_frame){mass.x - GLYPH_SIDE / 2.0 * step, mass.y - GLYPH_SIDE / 2.0 * step,
                                step};
    return true;
}

/* Sums over the points of the frame. */
static void gather(const uint8_t *ink, int width, int height, const struct glyph_frame *frame,
                   double grey[GLYPH_POINTS])
{
    double top = frame->top, step = frame->step;
    int first = (int)fmax(0, floor(top)), last = (int)fmin(height, ceil(top + GLYPH_SIDE * step));
    memset(grey, 0, GLYPH_POINTS * sizeof *grey);
    /* Along the rows first, then down the columns, a strip of rows at a time. */
    for (int y = first; y < last; y++) {
        double row[GLYPH_SIDE] = {0};
        gather_row(ink + (size_t)y * (size_t)width, width, frame->left, step, row);
        int v = (int)floor((y - top) / step);
        for (v = v < 0 ? 0 : v; v < GLYPH_SIDE && top + v * step < y + 1; v++) {
            double from = top + v * step, to = from + step;
            double part = (to < y + 1 ? to : y + 1) - (from > y ? from : y);
            for (int u = 0; part > 0 && u < GLYPH_SIDE; u++)
                grey[v * GLYPH_SIDE + u] += row[u] * part;
        }
    }
}

void glyph_frame_glyph(const uint8_t *ink, int width, int height, const struct glyph_frame *frame,
                       uint8_t *ret_glyph)
{
    double grey[GLYPH_POINTS], most = 0;
    gather(ink, width, height, frame, grey);
    for (int i = 0; i < GLYPH_POINTS; i++)
        most = fmax(most, grey[i]);
    for (int i = 0; i < GLYPH_POINTS; i++)
        ret_glyph[i] = (uint8_t)(most > 0 ? fmin(255, grey[i] / most * 255 + 0.5) : 0);
}

void glyph_frame_view(const uint8_t *ink, int width, int height, const struct glyph_frame *frame,
                      uint8_t *ret_view)
{
    double grey[GLYPH_POINTS], area = frame->step * frame->step;
    gather(ink, width, height, frame, grey);
    for (int i = 0; i < GLYPH_POINTS; i++)
        ret_view[i] = (uint8_t)fmin(255, grey[i] / area + 0.5);
}

void glyph_normalise(const uint8_t *ink, int width, int height, uint8_t *ret_glyph)
{
    struct glyph_frame frame;
    memset(ret_glyph, 0, GLYPH_POINTS);
    if (glyph_frame_find(ink, width, height, &frame))
        glyph_frame_glyph(ink, width, height, &frame, ret_glyph);
}
