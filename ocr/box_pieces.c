/* box_pieces.c - ink that touches is one piece; what most of it does, all of it does. */
#include "box_pieces.h"

#include "diag.h"
#include "wide.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

#define SPECK_MM2 0.1   /* a piece so small is dust */
#define SLIVER 0.3      /* mm from a side: what lies within is a rest of the border */
#define SLIVER_PX 1.7   /* or so many of the scan's pixels, where they are large */
#define OWN_SHARE 0.35  /* of a piece that leaves the box, within it: less is a neighbour's ... */
#define OWN_DEPTH 1.6   /* mm: ... where it reaches no deeper into the box */
#define STRAY_DEPTH 1.2 /* mm: no deeper, and it comes from the next box */

/* How far each column and row lies in the box, from the nearer side, and out of it, px; those of a
 * pixel are the lesser and the greater of its column's and its row's. */
struct depths {
    double *in_x, *in_y, *out_x, *out_y;
    bool *within_x, *within_y;
};

static int measure_depths(const struct box_picture *p, struct arena *arena, struct depths *ret)
{
    size_t w = (size_t)p->width, h = (size_t)p->height;
    double *d = arena_alloc(arena, 2 * (w + h) * sizeof *d);
    bool *within = arena_alloc(arena, w + h);
    if (!d || !within)
        return YJ_ENOMEM;
    *ret = (struct depths){d, d + w, d + w + h, d + 2 * w + h, within, within + w};
    for (int x = 0; x < p->width; x++) {
        ret->in_x[x] = fmin(x - p->left, p->right - x);
        ret->out_x[x] = fmax(p->left - x, x - p->right);
        within[x] = x >= p->left - 0.5 && x < p->right + 0.5;
    }
    for (int y = 0; y < p->height; y++) {
        ret->in_y[y] = fmin(y - p->top, p->bottom - y);
        ret->out_y[y] = fmax(p->top - y, y - p->bottom);
        ret->within_y[y] = y >= p->top - 0.5 && y < p->bottom + 0.5;
    }
    return 0;
}

static inline void count_pixel(const struct box_picture *p, const struct depths *d,
                               struct box_piece *piece, int x, int y)
{
    piece->area++;
    if (!d->within_x[x] || !d->within_y[y]) {
        double out = d->out_x[x] > d->out_y[y] ? d->out_x[x] : d->out_y[y];
        piece->goes_on |= out > p->reach - 1;
        return;
    }
    double in = (d->in_x[x] < d->in_y[y] ? d->in_x[x] : d->in_y[y]) / p->scale;
    piece->gap = in > piece->gap ? in : piece->gap;
    if (piece->inside++ == 0) {
        piece->x0 = piece->x1 = x;
        piece->y0 = piece->y1 = y;
        return;
    }
    piece->x0 = x < piece->x0 ? x : piece->x0;
    piece->x1 = x > piece->x1 ? x : piece->x1;
    piece->y0 = y < piece->y0 ? y : piece->y0;
    piece->y1 = y > piece->y1 ? y : piece->y1;
}

/* Ink that is in no piece yet: 1; with a pixel of paper around the picture. */
struct todo {
    uint8_t *at;
    int stride;
};

static inline uint8_t *todo_at(const struct todo *t, int x, int y)
{
    return t->at + (ptrdiff_t)(y + 1) * t->stride + x + 1;
}

/* All that touches the pixel (x, y) (8-connected). `stack` holds as many pixels as the picture has,
 * columns in the low half. */
static void fill_piece(const struct box_picture *p, const struct depths *d, int first_x,
                       int first_y, int number, struct todo todo, uint16_t *label, uint32_t *stack,
                       struct box_piece *piece)
{
    int depth = 0;
    *todo_at(&todo, first_x, first_y) = 0;
    stack[depth++] = (uint32_t)first_y << 16 | (uint32_t)first_x;
    while (depth > 0) {
        uint32_t at = stack[--depth];
        int x = (int)(at & 0xffff), y = (int)(at >> 16);
        label[y * p->width + x] = (uint16_t)number;
        count_pixel(p, d, piece, x, y);
        for (int j = -1; j <= 1; j++) {
            uint8_t *row = todo_at(&todo, x, y + j);
            for (int i = -1; i <= 1; i++) {
                if (!row[i])
                    continue;
                row[i] = 0;
                stack[depth++] = (uint32_t)(y + j) << 16 | (uint32_t)(x + i);
            }
        }
    }
}

static bool is_own(const struct box_picture *p, const struct box_piece *piece)
{
    double mm2 = piece->inside / (p->scale * p->scale);
    /* What comes from the next box and ends a little within this one is the next one's. */
    bool stray = piece->goes_on && piece->gap < STRAY_DEPTH;
    bool whose = piece->inside >= OWN_SHARE * piece->area || piece->gap > OWN_DEPTH;
    return mm2 >= SPECK_MM2 && piece->gap > fmax(SLIVER, SLIVER_PX * p->pixel) && whose && !stray;
}

/* Marks which of n pixels are ink; whether any is: rows mostly are paper. */
WIDE static bool mark_dark(const uint8_t *restrict dark, int n, int limit, uint8_t *restrict marks)
{
    const uint8_t least = (uint8_t)limit;
    uint8_t any = 0;
    for (int x = 0; x < n; x++)
        any |= marks[x] = dark[x] >= least ? 1 : 0;
    return any;
}

static int mark_todo(const struct box_picture *p, int limit, struct arena *arena, struct todo *ret,
                     bool *ret_any)
{
    ret->stride = p->width + 2;
    ret->at = arena_alloc(arena, (size_t)ret->stride * (size_t)(p->height + 2));
    *ret_any = false;
    for (int y = 0; ret->at && y < p->height; y++)
        *ret_any |=
            mark_dark(p->dark + (ptrdiff_t)y * p->width, p->width, limit, todo_at(ret, 0, y));
    return ret->at ? 0 : YJ_ENOMEM;
}

int box_pieces_find(const struct box_picture *p, int limit, struct arena *arena,
                    struct box_pieces *ret)
{
    size_t n = (size_t)p->width * (size_t)p->height;
    struct depths depths;
    struct todo todo;
    bool any;
    ret->label = NULL;
    ret->n = 0;
    ret->too_many = false;
    int r = mark_todo(p, limit, arena, &todo, &any);
    if (r < 0 || !any)
        return r;
    ret->label = arena_alloc(arena, n * sizeof *ret->label);
    uint32_t *stack = arena_room(arena, n * sizeof *stack);
    if (!ret->label || !stack || measure_depths(p, arena, &depths) < 0)
        return YJ_ENOMEM;
    for (int y = 0; y < p->height; y++) {
        const uint8_t *row = todo_at(&todo, 0, y), *end = row + p->width, *next = row;
        while ((next = memchr(next, 1, (size_t)(end - next)))) {
            if (ret->n == BOX_PIECES_MAX) {
                ret->too_many = true;
                return 0;
            }
            struct box_piece *piece = &ret->list[ret->n++];
            *piece = (struct box_piece){0};
            fill_piece(p, &depths, (int)(next - row), y, ret->n, todo, ret->label, stack, piece);
            piece->own = is_own(p, piece);
        }
    }
    return 0;
}

/* ---- what is the box's own ---- */

/* Where a piece's pixels are the box's: of a piece that leaves the box the part outside counts
 * where it is the smaller one. */
enum whose { NOT_OWN, OWN, OWN_WITHIN };

static void fill_whose(const struct box_pieces *pieces, uint8_t whose[BOX_PIECES_MAX + 1])
{
    whose[0] = NOT_OWN;
    for (int i = 0; i < pieces->n; i++) {
        const struct box_piece *q = &pieces->list[i];
        whose[i + 1] = !q->own ? NOT_OWN : 2 * q->inside >= q->area ? OWN : OWN_WITHIN;
    }
}

/* Rows mostly are paper. */
WIDE static bool has_label(const uint16_t *restrict label, int n)
{
    uint16_t any = 0;
    for (int x = 0; x < n; x++)
        any |= label[x];
    return any;
}

/* Marks a row's own pixels; whether there are any. */
static bool mark_own(const struct box_picture *p, const struct box_pieces *pieces,
                     const uint8_t whose[BOX_PIECES_MAX + 1], int y, uint8_t *ret_marks)
{
    const uint16_t *label = pieces->label + (ptrdiff_t)y * p->width;
    const bool within = y >= p->top - 0.5 && y < p->bottom + 0.5;
    const int x0 = within ? (int)fmin(p->width, fmax(0, ceil(p->left - 0.5))) : 0;
    const int x1 = within ? (int)fmax(x0, fmin(p->width, ceil(p->right + 0.5))) : 0;
    uint8_t any = 0;
    if (!has_label(label, p->width))
        return false;
    for (int x = 0; x < x0; x++)
        any |= ret_marks[x] = whose[label[x]] == OWN;
    for (int x = x0; x < x1; x++)
        any |= ret_marks[x] = whose[label[x]] != NOT_OWN;
    for (int x = x1; x < p->width; x++)
        any |= ret_marks[x] = whose[label[x]] == OWN;
    return any;
}

/* Adds to n pixels' marks those of the pixels beside each. */
WIDE static void spread(const uint8_t *restrict marks, int n, uint8_t *restrict to)
{
    for (int x = 0; x < n; x++)
        to[x] |= marks[x - 1] | marks[x] | marks[x + 1];
}

static void shade_marked(const uint8_t *restrict dark, int n, const uint8_t shade[256],
                         uint8_t *restrict ink)
{
    for (int x = 0; x < n; x++)
        ink[x] = (uint8_t)(ink[x] * shade[dark[x]]);
}

int box_pieces_copy(const struct box_picture *p, const struct box_pieces *pieces,
                    const uint8_t shade[256], struct arena *arena, uint8_t *ink)
{
    uint8_t whose[BOX_PIECES_MAX + 1];
    uint8_t *marks =
        arena_alloc(arena, (size_t)p->width + 2); /* of a row, one pixel more each side */
    if (!marks)
        return YJ_ENOMEM;
    fill_whose(pieces, whose);
    const ptrdiff_t width = p->width;
    int y0 = p->height, y1 = -1;
    for (int y = 0; y < p->height; y++) {
        if (!mark_own(p, pieces, whose, y, marks + 1))
            continue;
        for (int j = y > 0 ? y - 1 : y; j <= y + 1 && j < p->height; j++)
            spread(marks + 1, p->width, ink + j * width);
        y0 = y < y0 ? y : y0;
        y1 = y;
    }
    y0 = y0 > 0 ? y0 - 1 : 0;
    /* Marks are 0 or 1; whether they are is no branch to foresee. */
    for (int y = y0; y <= y1 + 1 && y < p->height; y++)
        shade_marked(p->dark + y * width, p->width, shade, ink + y * width);
    return 0;
}
