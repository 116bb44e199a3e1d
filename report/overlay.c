#include "overlay.h"

#include "diag.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINE_WIDTH 0.12 /* mm: thinner than any printed outline, so that both are seen */
#define SEGMENT 4.0     /* mm of one straight piece: paper bends little within it */
#define CROSS 1.5       /* mm, half a cross's width */

struct colour {
    uint8_t r, g, b;
};

static const struct colour bubble_colour = {220, 0, 0}, box_colour = {0, 60, 220},
                           area_colour = {0, 150, 60}, mark_colour = {200, 0, 200},
                           identity_colour = {230, 120, 0};

struct pen {
    struct overlay *o;
    const struct page_map *map;
    struct colour colour;
};

static void dot(const struct pen *pen, int x, int y, int size)
{
    struct overlay *o = pen->o;
    for (int v = y - size / 2; v < y - size / 2 + size; v++)
        for (int u = x - size / 2; u < x - size / 2 + size; u++) {
            if (u < 0 || v < 0 || u >= o->width || v >= o->height)
                continue;
            uint8_t *p = o->rgb + ((size_t)v * (size_t)o->width + (size_t)u) * 3;
            p[0] = pen->colour.r;
            p[1] = pen->colour.g;
            p[2] = pen->colour.b;
        }
}

/* A straight line in px; what a wild map puts far off the image is left out. */
static void draw_pixels(const struct pen *pen, struct point a, struct point b, int size)
{
    double length = fmax(fabs(b.x - a.x), fabs(b.y - a.y));
    double far = 2.0 * (pen->o->width + pen->o->height);
    if (!(length < far && fabs(a.x) < far && fabs(a.y) < far))
        return;
    int steps = (int)ceil(length) + 1;
    for (int i = 0; i <= steps; i++) {
        double t = (double)i / steps;
        dot(pen, (int)lround(a.x + t * (b.x - a.x)), (int)lround(a.y + t * (b.y - a.y)), size);
    }
}

static int pen_size(const struct pen *pen, struct point at)
{
    double px = LINE_WIDTH * homography_scale(&pen->map->mm_to_px, at);
    return px < 1.5 || !isfinite(px) ? 1 : px > 8 ? 8 : (int)lround(px);
}

static void draw_line(const struct pen *pen, struct point a, struct point b)
{
    int pieces = (int)ceil(hypot(b.x - a.x, b.y - a.y) / SEGMENT), size = pen_size(pen, a);
    struct point last = page_map_point(pen->map, a);
    if (pieces < 1)
        pieces = 1;
    for (int i = 1; i <= pieces; i++) {
        double t = (double)i / pieces;
        struct point next =
            page_map_point(pen->map, (struct point){a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)});
        draw_pixels(pen, last, next, size);
        last = next;
    }
}

static void draw_rect(const struct pen *pen, struct rect r)
{
    struct point corners[4] = {
        {r.x, r.y}, {r.x + r.w, r.y}, {r.x + r.w, r.y + r.h}, {r.x, r.y + r.h}};
    for (int i = 0; i < 4; i++)
        draw_line(pen, corners[i], corners[(i + 1) % 4]);
}

static void draw_ellipse(const struct pen *pen, struct rect r)
{
    enum { PIECES = 32 };
    struct point center = rect_center(r), last = {r.x + r.w, center.y};
    for (int i = 1; i <= PIECES; i++) {
        double angle = 2 * M_PI * i / PIECES;
        struct point next = {center.x + r.w / 2 * cos(angle), center.y + r.h / 2 * sin(angle)};
        draw_line(pen, last, next);
        last = next;
    }
}

static void draw_cross(const struct pen *pen, struct point p)
{
    draw_line(pen, (struct point){p.x - CROSS, p.y}, (struct point){p.x + CROSS, p.y});
    draw_line(pen, (struct point){p.x, p.y - CROSS}, (struct point){p.x, p.y + CROSS});
}

/* Two arms along the sides that meet in the L's corner. */
static void draw_ell(const struct pen *pen, const struct mark *mark)
{
    struct rect r = mark->box, lying = r, upright = r;
    lying.h = mark->stroke;
    upright.w = mark->stroke;
    if (mark->corner == CORNER_BOTTOM_LEFT || mark->corner == CORNER_BOTTOM_RIGHT)
        lying.y = r.y + r.h - mark->stroke;
    if (mark->corner == CORNER_TOP_RIGHT || mark->corner == CORNER_BOTTOM_RIGHT)
        upright.x = r.x + r.w - mark->stroke;
    draw_rect(pen, lying);
    draw_rect(pen, upright);
}

static void draw_mark(const struct pen *pen, const struct mark *mark)
{
    if (mark->shape == MARK_ELL)
        draw_ell(pen, mark);
    else if (mark->shape == MARK_SQUARE)
        draw_rect(pen, mark->box);
    else
        draw_ellipse(pen, mark->box);
    draw_cross(pen, mark->centroid);
}

static void draw_registration(const struct pen *pen, const struct registration *reg)
{
    for (int i = 0; i < reg->n_marks; i++)
        draw_mark(pen, &reg->marks[i]);
    if (reg->kind == REGISTER_FRAME)
        draw_rect(pen, reg->frame);
}

static void draw_identity(const struct pen *pen, const struct page_identity *id)
{
    for (int i = 0; i < id->n_page_bits; i++)
        draw_rect(pen, id->page_bits[i]);
    for (int i = 0; i < id->n_sheet_bits; i++)
        draw_rect(pen, id->sheet_bits[i]);
    if (id->barcode.w > 0)
        draw_rect(pen, id->barcode);
}

static void draw_field(struct pen *pen, const struct field *f)
{
    bool round = f->shape == BUBBLE_CIRCLE || f->shape == BUBBLE_OVAL;
    pen->colour = bubble_colour;
    for (int i = 0; i < f->n_bubbles; i++)
        (round ? draw_ellipse : draw_rect)(pen, f->bubbles[i].box);
    pen->colour = box_colour;
    for (int i = 0; i < f->n_boxes; i++)
        draw_rect(pen, f->boxes[i]);
    pen->colour = area_colour;
    if (f->n_bubbles == 0 && f->n_boxes == 0)
        draw_rect(pen, f->area);
}

int overlay_init(struct overlay *o, const struct image *scan)
{
    size_t pixels = (size_t)scan->width * (size_t)scan->height;
    *o = (struct overlay){.width = scan->width, .height = scan->height};
    o->rgb = malloc(pixels * 3);
    if (!o->rgb)
        return YJ_ENOMEM;
    uint8_t *out = o->rgb;
    for (int y = 0; y < scan->height; y++) {
        const uint8_t *in = image_row(scan, y);
        for (int x = 0; x < scan->width; x++, out += 3)
            memset(out, in[x], 3);
    }
    return 0;
}

void overlay_finish(struct overlay *o)
{
    free(o->rgb);
    *o = (struct overlay){0};
}

void overlay_draw(struct overlay *o, const struct form *form, int page, const struct page_map *map)
{
    struct pen pen = {.o = o, .map = map, .colour = mark_colour};
    const struct form_page *fp = &form->pages[page];
    for (int i = 0; i < fp->n_registrations; i++)
        draw_registration(&pen, &fp->registrations[i]);
    pen.colour = identity_colour;
    draw_identity(&pen, &fp->identity);
    for (int i = 0; i < form->n_fields; i++)
        if (form->fields[i].page == page)
            draw_field(&pen, &form->fields[i]);
}

int overlay_write(const struct overlay *o, const char *path, struct diag *d)
{
    return image_write_png(path, o->rgb, o->width, o->height, (size_t)o->width * 3, 1, d);
}
