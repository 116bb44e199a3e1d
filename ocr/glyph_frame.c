#include "glyph_frame.h"

#include "geometry.h"
#include "wide.h"
#include "written_box.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

#define DARK 80         /* of 255: what the ink's box is drawn around */
#define BLOCK 1024      /* px of a row that are summed in 32 bits */
#define COLUMNS_MAX 512 /* of a picture whose columns are shared out beforehand */

/* Of up to BLOCK pixels: the sums of v and of v * x. */
WIDE static void sum_block(const uint8_t *restrict row, int n, int *restrict ret_sum,
                           int *restrict ret_moment)
{
    int sum = 0, moment = 0;
    for (int x = 0; x < n; x++) {
        sum += row[x];
        moment += row[x] * x;
    }
    *ret_sum = sum;
    *ret_moment = moment;
}

struct ink {
    int64_t sum, sx, sy;
    int x0, y0, x1, y1;
};

static void add_row(const uint8_t *row, int width, int y, struct ink *ink)
{
    int64_t sum = 0;
    for (int x = 0; x < width; x += BLOCK) {
        int block_sum, moment;
        sum_block(row + x, width - x < BLOCK ? width - x : BLOCK, &block_sum, &moment);
        sum += block_sum;
        ink->sx += moment + (int64_t)block_sum * x;
    }
    ink->sum += sum;
    ink->sy += sum * y;
    int first = 0, last = width - 1;
    while (sum > 0 && first < width && row[first] < DARK)
        first++;
    if (sum == 0 || first == width)
        return;
    while (row[last] < DARK)
        last--;
    ink->x0 = first < ink->x0 ? first : ink->x0;
    ink->x1 = last > ink->x1 ? last : ink->x1;
    ink->y0 = y < ink->y0 ? y : ink->y0;
    ink->y1 = y;
}

/* Ink's box and centre of mass; false: there is none. */
static bool find_ink(const uint8_t *pixels, int width, int height, struct rect *ret_box,
                     struct point *ret_mass)
{
    struct ink ink = {.x0 = width, .y0 = height, .x1 = -1, .y1 = -1};
    for (int y = 0; y < height; y++)
        add_row(pixels + (ptrdiff_t)y * width, width, y, &ink);
    if (ink.x1 < 0)
        return false;
    *ret_box = (struct rect){ink.x0, ink.y0, ink.x1 + 1 - ink.x0, ink.y1 + 1 - ink.y0};
    *ret_mass = (struct point){(double)ink.sx / (double)ink.sum + 0.5,
                               (double)ink.sy / (double)ink.sum + 0.5};
    return true;
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

void glyph_frame_rows(const struct glyph_frame *frame, int height, int *ret_first, int *ret_end)
{
    *ret_first = (int)fmin(height, fmax(0, floor(frame->top)));
    *ret_end = (int)fmax(*ret_first, fmin(height, ceil(frame->top + GLYPH_SIDE * frame->step)));
}

/* ---- a picture's pixels shared out to the points of a frame ---- */

/* The part of pixel x that lies in cell u. */
static double part_of(int x, int u, double left, double step)
{
    double from = left + u * step, to = from + step;
    return (to < x + 1 ? to : x + 1) - (from > x ? from : x);
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
            double part = part_of(x, u, left, step);
            if (part > 0)
                cells[u] += pixels[x] * part;
        }
    }
}

/* The same beforehand, of all rows alike, where cells are no smaller than pixels: the columns
 * first .. end - 1 have their parts in a cell and in the one after it. */
struct shares {
    int first, end;
    uint8_t cell[COLUMNS_MAX];
    double part[COLUMNS_MAX][2];
};

static bool share_out(int width, double left, double step, struct shares *ret)
{
    if (step < 1 || width > COLUMNS_MAX)
        return false;
    ret->first = ret->end = (int)fmax(0, floor(left));
    for (int x = ret->first; x < width; x++) {
        int u = (int)floor((x - left) / step), n = 0;
        if (u >= GLYPH_SIDE)
            break;
        u = u < 0 ? 0 : u;
        ret->cell[x] = (uint8_t)u;
        ret->part[x][0] = ret->part[x][1] = 0;
        for (; u < GLYPH_SIDE && left + u * step < x + 1; u++, n++) {
            if (n == 2)
                return false;
            ret->part[x][n] = fmax(0, part_of(x, u, left, step));
        }
        ret->end = x + 1;
    }
    return true;
}

#define ROWS 4 /* that are added up together */

typedef double of_rows __attribute__((vector_size(ROWS * sizeof(double))));

/* A pixel of nothing adds nothing: each row's sums are those of it alone. */
WIDE static void gather_shares(const uint8_t *const rows[ROWS], const struct shares *shares,
                               of_rows cells[GLYPH_SIDE + 1])
{
    for (int x = shares->first; x < shares->end; x++) {
        const of_rows v = {rows[0][x], rows[1][x], rows[2][x], rows[3][x]};
        of_rows *to = cells + shares->cell[x];
        to[0] += v * shares->part[x][0];
        to[1] += v * shares->part[x][1];
    }
}

WIDE static void add_cells(const double *restrict row, double part, double *restrict grey)
{
    for (int u = 0; u < GLYPH_SIDE; u++)
        grey[u] += row[u] * part;
}

/* Adds a row's sums to those of the points that it lies in. */
static void add_to_points(const double row[GLYPH_SIDE], int y, const struct glyph_frame *frame,
                          double grey[GLYPH_POINTS])
{
    double top = frame->top, step = frame->step;
    int v = (int)floor((y - top) / step);
    for (v = v < 0 ? 0 : v; v < GLYPH_SIDE && top + v * step < y + 1; v++) {
        double part = part_of(y, v, top, step);
        if (part > 0)
            add_cells(row, part, grey + (ptrdiff_t)v * GLYPH_SIDE);
    }
}

/* Sums over the points of the frame. */
static void gather(const uint8_t *ink, int width, int height, const struct glyph_frame *frame,
                   double grey[GLYPH_POINTS])
{
    static const uint8_t nothing[COLUMNS_MAX];
    int first, last;
    struct shares shares = {.end = 0};
    bool shared = share_out(width, frame->left, frame->step, &shares);
    glyph_frame_rows(frame, height, &first, &last);
    memset(grey, 0, GLYPH_POINTS * sizeof *grey);
    /* Along the rows first, then down the columns, a strip of rows at a time. */
    for (int y = first; y < last; y += ROWS) {
        const uint8_t *rows[ROWS];
        of_rows cells[GLYPH_SIDE + 1] = {{0}};
        for (int j = 0; j < ROWS; j++)
            rows[j] = y + j < last ? ink + (ptrdiff_t)(y + j) * width : nothing;
        if (shared)
            gather_shares(rows, &shares, cells);
        for (int j = 0; j < ROWS && y + j < last; j++) {
            double row[GLYPH_SIDE] = {0};
            if (!shared)
                gather_row(rows[j], width, frame->left, frame->step, row);
            for (int u = 0; u < GLYPH_SIDE && shared; u++)
                row[u] = cells[u][j];
            add_to_points(row, y + j, frame, grey);
        }
    }
}

/* grey / unit * scale, to the nearest whole number up to 255. */
WIDE static void to_bytes(const double *restrict grey, double unit, double scale,
                          uint8_t *restrict ret)
{
    for (int i = 0; i < GLYPH_POINTS; i++) {
        double v = grey[i] / unit * scale + 0.5;
        ret[i] = (uint8_t)(int)(v < 255 ? v : 255);
    }
}

void glyph_frame_glyph(const uint8_t *ink, int width, int height, const struct glyph_frame *frame,
                       uint8_t *ret_glyph)
{
    double grey[GLYPH_POINTS], most = 0;
    gather(ink, width, height, frame, grey);
    for (int i = 0; i < GLYPH_POINTS; i++)
        most = grey[i] > most ? grey[i] : most;
    if (most > 0)
        to_bytes(grey, most, 255, ret_glyph);
    else
        memset(ret_glyph, 0, GLYPH_POINTS);
}

void glyph_frame_view(const uint8_t *ink, int width, int height, const struct glyph_frame *frame,
                      uint8_t *ret_view)
{
    double grey[GLYPH_POINTS];
    gather(ink, width, height, frame, grey);
    to_bytes(grey, frame->step * frame->step, 1, ret_view);
}

void glyph_normalise(const uint8_t *ink, int width, int height, uint8_t *ret_glyph)
{
    struct glyph_frame frame;
    memset(ret_glyph, 0, GLYPH_POINTS);
    if (glyph_frame_find(ink, width, height, &frame))
        glyph_frame_glyph(ink, width, height, &frame, ret_glyph);
}
