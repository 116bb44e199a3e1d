#include "drawn_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PAPER = 240, PRINT = 40, SAMPLES = 3 };

/* Whether mm point p is ink of a shape. */
struct shape {
    struct rect box;
    enum { FILLED_BOX, FILLED_ELLIPSE, BOX_LINE, ELLIPSE_LINE, BRACKET_LINE, ELL } kind;
    double line; /* mm */
    enum mark_corner corner;
};

static bool in_ellipse(struct rect b, struct point p)
{
    double x = (p.x - b.x - b.w / 2) / (b.w / 2), y = (p.y - b.y - b.h / 2) / (b.h / 2);
    return x * x + y * y <= 1;
}

static bool in_box(struct rect b, struct point p)
{
    return p.x >= b.x && p.x <= b.x + b.w && p.y >= b.y && p.y <= b.y + b.h;
}

static struct rect grown(struct rect b, double by)
{
    return (struct rect){b.x - by, b.y - by, b.w + 2 * by, b.h + 2 * by};
}

static bool in_ell(const struct shape *s, struct point p)
{
    struct rect b = s->box, inner = b;
    bool left = s->corner == CORNER_TOP_LEFT || s->corner == CORNER_BOTTOM_LEFT;
    bool top = s->corner == CORNER_TOP_LEFT || s->corner == CORNER_TOP_RIGHT;
    inner.w -= s->line;
    inner.h -= s->line;
    inner.x += left ? s->line : 0;
    inner.y += top ? s->line : 0;
    return in_box(b, p) && !in_box(inner, p);
}

static bool is_ink(const struct shape *s, struct point p)
{
    double half = s->line / 2;
    switch (s->kind) {
    case FILLED_BOX:
        return in_box(s->box, p);
    case FILLED_ELLIPSE:
        return in_ellipse(s->box, p);
    case BOX_LINE:
        return in_box(grown(s->box, half), p) && !in_box(grown(s->box, -half), p);
    case ELLIPSE_LINE:
        return in_ellipse(grown(s->box, half), p) && !in_ellipse(grown(s->box, -half), p);
    case BRACKET_LINE: {
        bool line = in_box(grown(s->box, half), p) && !in_box(grown(s->box, -half), p);
        double x = fabs(p.x - s->box.x - s->box.w / 2) / s->box.w;
        return line && x > 0.3;
    }
    case ELL:
        return in_ell(s, p);
    }
    return false;
}

static void bounds(const struct homography *map, struct rect b, const struct image *img, int *x0,
                   int *y0, int *x1, int *y1)
{
    *x0 = *y0 = 1 << 30;
    *x1 = *y1 = -1;
    for (int i = 0; i < 4; i++) {
        struct point p =
            homography_apply(map, (struct point){b.x + (i & 1) * b.w, b.y + (i >> 1) * b.h});
        *x0 = p.x - 1 < *x0 ? (int)floor(p.x - 1) : *x0;
        *y0 = p.y - 1 < *y0 ? (int)floor(p.y - 1) : *y0;
        *x1 = p.x + 1 > *x1 ? (int)ceil(p.x + 1) : *x1;
        *y1 = p.y + 1 > *y1 ? (int)ceil(p.y + 1) : *y1;
    }
    *x0 = *x0 < 0 ? 0 : *x0;
    *y0 = *y0 < 0 ? 0 : *y0;
    *x1 = *x1 >= img->width ? img->width - 1 : *x1;
    *y1 = *y1 >= img->height ? img->height - 1 : *y1;
}

static void paint(struct image *img, const struct homography *map, const struct shape *s, int grey)
{
    struct homography back;
    int x0, y0, x1, y1;
    if (homography_invert(map, &back) < 0)
        abort();
    bounds(map, grown(s->box, s->line), img, &x0, &y0, &x1, &y1);
    for (int y = y0; y <= y1; y++)
        for (int x = x0; x <= x1; x++) {
            int hits = 0;
            for (int k = 0; k < SAMPLES * SAMPLES; k++) {
                struct point px = {x + (k % SAMPLES - 1.0) / SAMPLES,
                                   y + (k / SAMPLES - 1.0) / SAMPLES};
                hits += is_ink(s, homography_apply(&back, px));
            }
            uint8_t *p = &image_row(img, y)[x];
            int painted = (*p * (SAMPLES * SAMPLES - hits) + grey * hits) / (SAMPLES * SAMPLES);
            *p = (uint8_t)(painted < *p || grey > PRINT ? painted : *p);
        }
}

static void paint_marks(const struct registration *r, const struct homography *map,
                        struct image *img)
{
    for (int i = 0; i < r->n_marks; i++) {
        const struct mark *m = &r->marks[i];
        struct shape s = {.box = m->box, .line = m->stroke, .corner = m->corner};
        s.kind = m->shape == MARK_SQUARE ? FILLED_BOX : FILLED_ELLIPSE;
        if (m->shape == MARK_ELL)
            s.kind = ELL;
        if (m->shape == MARK_RING) {
            s.kind = ELLIPSE_LINE;
            s.box = grown(m->box, -m->stroke / 2);
        }
        paint(img, map, &s, PRINT);
    }
}

static void paint_field(const struct field *f, const struct homography *map, struct image *img)
{
    for (int i = 0; i < f->n_bubbles; i++) {
        struct shape s = {.box = f->bubbles[i].box, .line = 0.18, .kind = ELLIPSE_LINE};
        if (f->shape == BUBBLE_BOX)
            s.kind = BOX_LINE;
        if (f->shape == BUBBLE_BRACKET)
            s.kind = BRACKET_LINE;
        paint(img, map, &s, PRINT);
        /* A stroke in the middle stands for the printed letter. */
        struct rect b = s.box;
        struct shape letter = {.box = {b.x + b.w * 0.45, b.y + b.h * 0.25, b.w * 0.1, b.h * 0.5},
                               .kind = FILLED_BOX};
        paint(img, map, &letter, PRINT);
    }
    for (int i = 0; i < f->n_boxes; i++) {
        struct shape s = {.box = f->boxes[i], .line = 0.25, .kind = BOX_LINE};
        paint(img, map, &s, PRINT);
    }
}

static void paint_fill(const struct form *form, const struct drawn_fill *fill,
                       const struct homography *map, struct image *img)
{
    const struct field *f = &form->fields[form_field_index(form, fill->field)];
    struct rect b = f->bubbles[fill->bubble].box;
    struct shape s = {.box = grown(b, 0), .kind = FILLED_ELLIPSE};
    s.box = rect_around(rect_center(b), b.w * fill->part, b.h * fill->part);
    int grey = (int)(PAPER * (1 - fill->darkness));
    paint(img, map, &s, grey > PRINT ? grey : PRINT);
}

void drawn_page_draw(const struct form *form, int page, const struct homography *map, int width,
                     int height, const struct drawn_fill *fills, struct image *out)
{
    if (image_resize(out, width, height) < 0)
        abort();
    memset(out->data, PAPER, out->stride * (size_t)height);
    for (const struct drawn_fill *f = fills; f && f->field; f++)
        if (form->fields[form_field_index(form, f->field)].page == page)
            paint_fill(form, f, map, out);
    for (int i = 0; i < form->pages[page].n_registrations; i++)
        paint_marks(&form->pages[page].registrations[i], map, out);
    for (int i = 0; i < form->n_fields; i++)
        if (form->fields[i].page == page)
            paint_field(&form->fields[i], map, out);
}

void drawn_page_erase(const struct homography *map, struct rect area, struct image *img)
{
    struct shape s = {.box = area, .kind = FILLED_BOX};
    paint(img, map, &s, PAPER);
}

/* Small round dots, one beside the other. */
void drawn_page_line(const struct homography *map, struct point from, struct point to, double width,
                     double darkness, struct image *img)
{
    int steps = (int)(hypot(to.x - from.x, to.y - from.y) / (width / 3)) + 1;
    int grey = (int)(PAPER * (1 - darkness));
    for (int i = 0; i <= steps; i++) {
        double t = (double)i / steps;
        struct point at = {from.x + t * (to.x - from.x), from.y + t * (to.y - from.y)};
        struct shape dot = {.box = rect_around(at, width, width), .kind = FILLED_ELLIPSE};
        paint(img, map, &dot, grey > PRINT ? grey : PRINT);
    }
}

void drawn_page_noise(struct image *img, int amplitude, unsigned seed)
{
    for (int y = 0; y < img->height; y++)
        for (int x = 0; x < img->width; x++) {
            seed = seed * 1664525u + 1013904223u;
            int v = image_row(img, y)[x] + (int)((seed >> 16) % (2u * (unsigned)amplitude + 1)) -
                    amplitude;
            image_row(img, y)[x] = (uint8_t)(v < 0 ? 0 : (v > 255 ? 255 : v));
        }
}

struct homography drawn_page_map(const struct form *form, double dpi, double degrees)
{
    double s = dpi / 25.4, a = degrees * M_PI / 180;
    double cx = form->width / 2, cy = form->height / 2;
    return (struct homography){{s * cos(a), -s * sin(a), s * (cx - cos(a) * cx + sin(a) * cy),
                                s * sin(a), s * cos(a), s * (cy - sin(a) * cx - cos(a) * cy), 0, 0,
                                1}};
}
