#include "annotate_pen.h"

#include "diag.h"
#include "i18n.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DPI 200.0 /* more makes files larger and nothing clearer */
#define STROKE 0.45   /* mm */
#define FONT "Noto Sans CJK TC, Noto Sans CJK SC, sans-serif"

/* ---- the picture ---- */

/* Quarter turns clockwise that bring the form's top to the top. */
static int quarter_turns(const struct homography *h, double width, double height)
{
    struct point a = homography_apply(h, (struct point){width / 2, height / 2});
    struct point b = homography_apply(h, (struct point){width / 2 + 10, height / 2});
    double dx = b.x - a.x, dy = b.y - a.y; /* where the form's right points to */
    if (fabs(dx) >= fabs(dy))
        return dx >= 0 ? 0 : 2;
    return dy >= 0 ? 3 : 1;
}

/* Pixels of the scan to those of the scan turned so. */
static struct homography turn(int quarters, int width, int height)
{
    double w = width - 1, h = height - 1;
    switch (quarters) {
    case 1:
        return (struct homography){{0, -1, h, 1, 0, 0, 0, 0, 1}};
    case 2:
        return (struct homography){{-1, 0, w, 0, -1, h, 0, 0, 1}};
    case 3:
        return (struct homography){{0, 1, 0, -1, 0, w, 0, 0, 1}};
    default:
        return (struct homography){{1, 0, 0, 0, 1, 0, 0, 0, 1}};
    }
}

static cairo_surface_t *surface_of(const struct image *scan)
{
    cairo_surface_t *surface =
        cairo_image_surface_create(CAIRO_FORMAT_RGB24, scan->width, scan->height);
    if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
        return surface;
    uint8_t *data = cairo_image_surface_get_data(surface);
    int stride = cairo_image_surface_get_stride(surface);
    for (int y = 0; y < scan->height; y++) {
        const uint8_t *in = image_row(scan, y);
        uint32_t *out = (uint32_t *)(void *)(data + (ptrdiff_t)y * stride);
        for (int x = 0; x < scan->width; x++)
            out[x] = in[x] * 0x010101u;
    }
    cairo_surface_mark_dirty(surface);
    return surface;
}

static int paint_page(struct annotation_pen *pen, const struct image *scan, double scale)
{
    int width = (int)ceil(scan->width * scale), height = (int)ceil(scan->height * scale);
    pen->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height + (int)pen->strip);
    pen->cr = cairo_create(pen->surface);
    cairo_surface_t *page = surface_of(scan);
    cairo_set_source_rgb(pen->cr, 1, 1, 1);
    cairo_paint(pen->cr);
    cairo_save(pen->cr);
    cairo_translate(pen->cr, 0, pen->strip);
    cairo_scale(pen->cr, scale, scale);
    cairo_set_source_surface(pen->cr, page, 0, 0);
    cairo_pattern_set_filter(cairo_get_source(pen->cr), CAIRO_FILTER_GOOD);
    cairo_paint(pen->cr);
    cairo_restore(pen->cr);
    cairo_surface_destroy(page);
    return cairo_status(pen->cr) == CAIRO_STATUS_SUCCESS ? 0 : YJ_ENOMEM;
}

int annotation_pen_init(struct annotation_pen *pen, const struct image *scan,
                        const struct homography *mm_to_px, double width, double height,
                        double strip_mm)
{
    struct image turned;
    *pen = (struct annotation_pen){0};
    image_init(&turned);
    int quarters = quarter_turns(mm_to_px, width, height);
    if (quarters > 0 && image_rotate(scan, 90 * quarters, &turned) < 0)
        return YJ_ENOMEM;
    struct homography quarter = turn(quarters, scan->width, scan->height), upright;
    homography_compose(&quarter, mm_to_px, &upright);
    double dpi = 25.4 * homography_scale(&upright, (struct point){width / 2, height / 2});
    double scale = dpi > MAX_DPI ? MAX_DPI / dpi : 1;
    pen->mm = dpi * scale / 25.4;
    if (!(pen->mm > 0.5 && pen->mm < 1000)) /* a transform that is none */
        pen->mm = 4;
    pen->strip = ceil(strip_mm * pen->mm);
    struct homography smaller = {{scale, 0, 0, 0, scale, pen->strip, 0, 0, 1}};
    homography_compose(&smaller, &upright, &pen->mm_to_px);
    int rc = paint_page(pen, quarters > 0 ? &turned : scan, scale);
    image_finish(&turned);
    if (rc < 0) {
        annotation_pen_finish(pen);
        return rc;
    }
    pen->layout = pango_cairo_create_layout(pen->cr);
    cairo_set_line_cap(pen->cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(pen->cr, CAIRO_LINE_JOIN_ROUND);
    return 0;
}

void annotation_pen_finish(struct annotation_pen *pen)
{
    if (pen->layout)
        g_object_unref(pen->layout);
    if (pen->cr)
        cairo_destroy(pen->cr);
    if (pen->surface)
        cairo_surface_destroy(pen->surface);
    *pen = (struct annotation_pen){0};
}

int annotation_pen_write(struct annotation_pen *pen, const char *path, struct diag *d)
{
    cairo_surface_flush(pen->surface);
    if (cairo_status(pen->cr) != CAIRO_STATUS_SUCCESS)
        return diag_error(d, YJ_ENOMEM, path, 0, 0, NULL, _("cannot draw: %s"),
                          cairo_status_to_string(cairo_status(pen->cr)));
    int width = cairo_image_surface_get_width(pen->surface);
    int height = cairo_image_surface_get_height(pen->surface);
    int stride = cairo_image_surface_get_stride(pen->surface);
    const uint8_t *data = cairo_image_surface_get_data(pen->surface);
    uint8_t *rgb = malloc((size_t)width * (size_t)height * 3), *out = rgb;
    if (!rgb)
        return diag_error(d, YJ_ENOMEM, NULL, 0, 0, NULL, _("out of memory"));
    for (int y = 0; y < height; y++) {
        const uint32_t *in = (const uint32_t *)(const void *)(data + (ptrdiff_t)y * stride);
        for (int x = 0; x < width; x++, out += 3) {
            out[0] = (uint8_t)(in[x] >> 16);
            out[1] = (uint8_t)(in[x] >> 8);
            out[2] = (uint8_t)in[x];
        }
    }
    int rc = image_write_png(path, rgb, width, height, (size_t)width * 3, 1, d);
    free(rgb);
    return rc;
}

/* ---- shapes ---- */

static struct point place(const struct annotation_pen *pen, double x, double y)
{
    return homography_apply(&pen->mm_to_px, (struct point){x, y});
}

static void set_ink(struct annotation_pen *pen, struct ink ink)
{
    cairo_set_source_rgb(pen->cr, ink.red, ink.green, ink.blue);
}

static void stroke(struct annotation_pen *pen, struct ink ink, enum ring_kind kind)
{
    const double dashes[2] = {1.0 * pen->mm, 0.9 * pen->mm}, dots[2] = {0, 0.95 * pen->mm};
    double width = (kind == RING_DOTTED ? 1.5 : 1) * STROKE * pen->mm;
    /* White beside the colour: it stands off from black pencil. */
    cairo_set_line_width(pen->cr, width + 0.5 * pen->mm);
    cairo_set_source_rgba(pen->cr, 1, 1, 1, 0.7);
    cairo_stroke_preserve(pen->cr);
    if (kind == RING_DASHED)
        cairo_set_dash(pen->cr, dashes, 2, 0);
    else if (kind == RING_DOTTED)
        cairo_set_dash(pen->cr, dots, 2, 0);
    cairo_set_line_width(pen->cr, width);
    set_ink(pen, ink);
    cairo_stroke(pen->cr);
    cairo_set_dash(pen->cr, NULL, 0, 0);
}

static void ellipse_path(struct annotation_pen *pen, struct rect box)
{
    struct point c = rect_center(box);
    for (int i = 0; i < 48; i++) {
        double t = 2 * M_PI * i / 48;
        struct point p = place(pen, c.x + box.w / 2 * cos(t), c.y + box.h / 2 * sin(t));
        (i ? cairo_line_to : cairo_move_to)(pen->cr, p.x, p.y);
    }
    cairo_close_path(pen->cr);
}

void annotation_ring(struct annotation_pen *pen, struct rect box, double larger, struct ink ink,
                     enum ring_kind kind)
{
    struct rect around = rect_around(rect_center(box), box.w * larger, box.h * larger);
    ellipse_path(pen, around);
    stroke(pen, ink, kind);
    if (kind == RING_DOUBLE) {
        double gap = 4 * STROKE;
        ellipse_path(pen, rect_around(rect_center(box), around.w + gap, around.h + gap));
        stroke(pen, ink, RING_SOLID);
    }
}

void annotation_frame(struct annotation_pen *pen, struct rect box, struct ink ink,
                      enum ring_kind kind)
{
    const struct point corners[4] = {{box.x, box.y},
                                     {box.x + box.w, box.y},
                                     {box.x + box.w, box.y + box.h},
                                     {box.x, box.y + box.h}};
    for (int i = 0; i < 4; i++) {
        struct point p = place(pen, corners[i].x, corners[i].y);
        (i ? cairo_line_to : cairo_move_to)(pen->cr, p.x, p.y);
    }
    cairo_close_path(pen->cr);
    stroke(pen, ink, kind);
}

static void line_to(struct annotation_pen *pen, struct point at, double x, double y, bool first)
{
    struct point p = place(pen, at.x + x, at.y + y);
    (first ? cairo_move_to : cairo_line_to)(pen->cr, p.x, p.y);
}

void annotation_tick(struct annotation_pen *pen, struct point at, double size, struct ink ink)
{
    line_to(pen, at, -0.45 * size, 0.05 * size, true);
    line_to(pen, at, -0.12 * size, 0.4 * size, false);
    line_to(pen, at, 0.5 * size, -0.45 * size, false);
    stroke(pen, ink, RING_SOLID);
}

void annotation_cross(struct annotation_pen *pen, struct point at, double size, struct ink ink)
{
    line_to(pen, at, -0.4 * size, -0.4 * size, true);
    line_to(pen, at, 0.4 * size, 0.4 * size, false);
    line_to(pen, at, -0.4 * size, 0.4 * size, true);
    line_to(pen, at, 0.4 * size, -0.4 * size, false);
    stroke(pen, ink, RING_SOLID);
}

/* ---- text ---- */

/* Size is that of a Chinese letter, mm. Returns the extents in px. */
static void lay_text(struct annotation_pen *pen, double size, bool bold, double room,
                     const char *text, int *ret_width, int *ret_height)
{
    PangoFontDescription *font = pango_font_description_from_string(FONT);
    pango_font_description_set_weight(font, bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_MEDIUM);
    pango_font_description_set_absolute_size(font, size * pen->mm * PANGO_SCALE);
    pango_layout_set_font_description(pen->layout, font);
    pango_font_description_free(font);
    pango_layout_set_single_paragraph_mode(pen->layout, TRUE);
    pango_layout_set_ellipsize(pen->layout, room > 0 ? PANGO_ELLIPSIZE_END : PANGO_ELLIPSIZE_NONE);
    pango_layout_set_width(pen->layout, room > 0 ? (int)(room * pen->mm * PANGO_SCALE) : -1);
    pango_layout_set_text(pen->layout, text, -1);
    pango_layout_get_pixel_size(pen->layout, ret_width, ret_height);
}

double annotation_text(struct annotation_pen *pen, struct point left, double size, double room,
                       struct ink ink, const char *text)
{
    int width, height;
    lay_text(pen, size, true, 0, text, &width, &height);
    if (width > room * pen->mm) {
        double smaller = room * pen->mm / width;
        lay_text(pen, size * (smaller < 0.6 ? 0.6 : smaller), true, 0, text, &width, &height);
    }
    struct point p = place(pen, left.x, left.y);
    double beyond = p.x + width - cairo_image_surface_get_width(pen->surface) + 0.5 * pen->mm;
    p.x -= fmax(beyond, 0);
    int baseline = pango_layout_get_baseline(pen->layout) / PANGO_SCALE;
    double top = p.y - baseline * 0.58; /* capitals in the middle */
    cairo_set_source_rgba(pen->cr, 1, 1, 1, 0.75);
    cairo_rectangle(pen->cr, p.x, p.y - 0.42 * baseline, width, 0.84 * baseline);
    cairo_fill(pen->cr);
    set_ink(pen, ink);
    cairo_move_to(pen->cr, p.x, top);
    pango_cairo_show_layout(pen->cr, pen->layout);
    return width / pen->mm;
}

double annotation_strip_width(const struct annotation_pen *pen)
{
    return cairo_image_surface_get_width(pen->surface) / pen->mm;
}

void annotation_strip_text(struct annotation_pen *pen, double x, double y, double size, double room,
                           struct ink ink, bool bold, const char *text)
{
    int width, height;
    lay_text(pen, size, bold, room, text, &width, &height);
    double left = x * pen->mm;
    if (x < 0)
        left += cairo_image_surface_get_width(pen->surface) - width;
    set_ink(pen, ink);
    cairo_move_to(pen->cr, left, y * pen->mm - height / 2.0);
    pango_cairo_show_layout(pen->cr, pen->layout);
}
