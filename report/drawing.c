#include "drawing.h"

#include "glyph_face.h"
#include <math.h>
#include <string.h>

#define SMALLEST 0.75 /* of its size, to which a line that does not fit is set smaller */
#define SVG_UNITS 10  /* a mm: places in SVG are then whole numbers or nearly */

static const struct print_colour colours[TONES] = {
    [TONE_INK] = {0.11, 0.15, 0.20},   [TONE_SOFT] = {0.38, 0.43, 0.48},
    [TONE_FAINT] = {0.85, 0.87, 0.89}, [TONE_ACCENT] = {0.13, 0.35, 0.56},
    [TONE_LIGHT] = {0.70, 0.79, 0.88}, [TONE_WARN] = {0.66, 0.20, 0.13},
    [TONE_PAPER] = {1, 1, 1},
};

static const struct dash_lengths {
    int n;
    double mm[4];
} dashes[DASH_KINDS] = {
    [DASH_LONG] = {2, {1.6, 0.8}}, [DASH_SHORT] = {2, {0.8, 0.6}}, [DASH_DOTS] = {2, {0.3, 0.6}}};

/* ---- SVG ---- */

static void write_number(FILE *out, double mm)
{
    double tenths = round(mm * SVG_UNITS * 10);
    fprintf(out, fmod(tenths, 10) != 0 ? "%.1f" : "%.0f", tenths / 10 + 0.0);
}

static void write_attribute(FILE *out, const char *name, double mm)
{
    fprintf(out, " %s=\"", name);
    write_number(out, mm);
    fputc('"', out);
}

static void write_colour(FILE *out, const char *name, enum tone tone)
{
    fprintf(out, " %s=\"#%02x%02x%02x\"", name, (unsigned)lround(colours[tone].red * 255),
            (unsigned)lround(colours[tone].green * 255),
            (unsigned)lround(colours[tone].blue * 255));
}

static void write_pen(FILE *out, struct pen pen)
{
    write_colour(out, "stroke", pen.tone);
    write_attribute(out, "stroke-width", pen.width);
    if (dashes[pen.dash].n == 0)
        return;
    fputs(" stroke-dasharray=\"", out);
    for (int i = 0; i < dashes[pen.dash].n; i++) {
        if (i > 0)
            fputc(' ', out);
        write_number(out, dashes[pen.dash].mm[i]);
    }
    fputc('"', out);
}

static void write_points(FILE *out, const struct point *points, int n)
{
    fputs("<path fill=\"none\" d=\"", out);
    for (int i = 0; i < n; i++) {
        fputc(i == 0 ? 'M' : 'L', out);
        write_number(out, points[i].x);
        fputc(' ', out);
        write_number(out, points[i].y);
    }
    fputc('"', out);
}

static void write_rect(FILE *out, struct rect r)
{
    fputs("<rect", out);
    write_attribute(out, "x", r.x);
    write_attribute(out, "y", r.y);
    write_attribute(out, "width", fmax(0, r.w));
    write_attribute(out, "height", fmax(0, r.h));
}

void html_write_text(FILE *out, const char *text)
{
    while (*text) {
        gunichar c = g_utf8_get_char_validated(text, -1);
        size_t size = c < 0x110000 ? (size_t)(g_utf8_next_char(text) - text) : 1;
        if (c >= 0x110000 || (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0))
            fputs("\xef\xbf\xbd", out);
        else if (c == '<')
            fputs("&lt;", out);
        else if (c == '>')
            fputs("&gt;", out);
        else if (c == '&')
            fputs("&amp;", out);
        else if (c == '"')
            fputs("&quot;", out);
        else
            fwrite(text, 1, size, out);
        text += size;
    }
}

/* ---- figures ---- */

void drawing_begin(struct drawing *d, double x, double y, double width, double height,
                   const char *label)
{
    if (!d->svg) {
        cairo_save(d->canvas->cr);
        cairo_translate(d->canvas->cr, x, y);
        return;
    }
    fprintf(d->svg,
            "<svg role=\"img\" style=\"max-width:%.0fmm\" viewBox=\"0 0 %.0f %.0f\"><title>", width,
            width * SVG_UNITS, height * SVG_UNITS);
    html_write_text(d->svg, label);
    fputs("</title>\n", d->svg);
}

void drawing_end(struct drawing *d)
{
    if (d->svg)
        fputs("</svg>\n", d->svg);
    else
        cairo_restore(d->canvas->cr);
}

/* ---- lines and areas ---- */

static void set_pen(cairo_t *cr, struct pen pen)
{
    const struct print_colour *c = &colours[pen.tone];
    cairo_set_source_rgb(cr, c->red, c->green, c->blue);
    cairo_set_line_width(cr, pen.width);
    cairo_set_dash(cr, dashes[pen.dash].mm, dashes[pen.dash].n, 0);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
}

void drawing_polyline(struct drawing *d, const struct point *points, int n, struct pen pen)
{
    if (d->muted || n < 2)
        return;
    if (d->svg) {
        write_points(d->svg, points, n);
        write_pen(d->svg, pen);
        fputs("/>\n", d->svg);
        return;
    }
    set_pen(d->canvas->cr, pen);
    for (int i = 0; i < n; i++)
        cairo_line_to(d->canvas->cr, points[i].x, points[i].y);
    cairo_stroke(d->canvas->cr);
}

void drawing_line(struct drawing *d, struct point from, struct point to, struct pen pen)
{
    drawing_polyline(d, (struct point[]){from, to}, 2, pen);
}

void drawing_area(struct drawing *d, struct rect r, enum tone tone)
{
    if (d->muted)
        return;
    if (d->svg) {
        write_rect(d->svg, r);
        write_colour(d->svg, "fill", tone);
        fputs("/>\n", d->svg);
        return;
    }
    canvas_colour(d->canvas, colours[tone]);
    canvas_fill_rect(d->canvas, r);
}

void drawing_frame(struct drawing *d, struct rect r, struct pen pen)
{
    if (d->muted)
        return;
    if (d->svg) {
        write_rect(d->svg, r);
        fputs(" fill=\"none\"", d->svg);
        write_pen(d->svg, pen);
        fputs("/>\n", d->svg);
        return;
    }
    set_pen(d->canvas->cr, pen);
    cairo_rectangle(d->canvas->cr, r.x, r.y, r.w, r.h);
    cairo_stroke(d->canvas->cr);
}

static void mark_disc(struct drawing *d, struct point at, double radius, enum tone fill,
                      enum tone line)
{
    const struct pen pen = {line, radius * 0.4, DASH_NONE};
    if (d->svg) {
        fputs("<circle", d->svg);
        write_attribute(d->svg, "cx", at.x);
        write_attribute(d->svg, "cy", at.y);
        write_attribute(d->svg, "r", radius * 0.8);
        write_colour(d->svg, "fill", fill);
        write_pen(d->svg, pen);
        fputs("/>\n", d->svg);
        return;
    }
    cairo_new_sub_path(d->canvas->cr);
    cairo_arc(d->canvas->cr, at.x, at.y, radius * 0.8, 0, 2 * M_PI);
    canvas_colour(d->canvas, colours[fill]);
    cairo_fill_preserve(d->canvas->cr);
    set_pen(d->canvas->cr, pen);
    cairo_stroke(d->canvas->cr);
}

static void mark_polygon(struct drawing *d, const struct point *points, int n, enum tone tone)
{
    if (d->svg) {
        fputs("<path d=\"", d->svg);
        for (int i = 0; i < n; i++) {
            fputc(i == 0 ? 'M' : 'L', d->svg);
            write_number(d->svg, points[i].x);
            fputc(' ', d->svg);
            write_number(d->svg, points[i].y);
        }
        fputs("Z\"", d->svg);
        write_colour(d->svg, "fill", tone);
        fputs("/>\n", d->svg);
        return;
    }
    for (int i = 0; i < n; i++)
        cairo_line_to(d->canvas->cr, points[i].x, points[i].y);
    canvas_colour(d->canvas, colours[tone]);
    cairo_fill(d->canvas->cr);
}

void drawing_marker(struct drawing *d, enum marker marker, struct point at, double size,
                    enum tone tone)
{
    const double r = size / 2, s = r * 0.85, t = r * 1.15;
    const struct point square[] = {
        {at.x - s, at.y - s}, {at.x + s, at.y - s}, {at.x + s, at.y + s}, {at.x - s, at.y + s}};
    const struct point diamond[] = {
        {at.x - t, at.y}, {at.x, at.y - t}, {at.x + t, at.y}, {at.x, at.y + t}};
    const struct pen pen = {tone, r * 0.45, DASH_NONE};
    if (d->muted)
        return;
    if (marker == MARKER_DISC || marker == MARKER_RING)
        mark_disc(d, at, r, marker == MARKER_DISC ? tone : TONE_PAPER, tone);
    else if (marker == MARKER_CROSS) {
        drawing_line(d, square[0], square[2], pen);
        drawing_line(d, square[1], square[3], pen);
    } else
        mark_polygon(d, marker == MARKER_SQUARE ? square : diamond, 4, tone);
}

/* ---- words ---- */

static void set_font(struct drawing *d, struct letters letters)
{
    PangoFontDescription *face = pango_font_description_new();
    pango_font_description_set_family(face, d->font);
    pango_font_description_set_absolute_size(face, letters.size * PANGO_SCALE);
    pango_font_description_set_weight(face, letters.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(d->canvas->layout, face);
    pango_font_description_free(face);
}

static void set_width(PangoLayout *layout, struct letters letters)
{
    static const PangoAlignment aligns[] = {PANGO_ALIGN_LEFT, PANGO_ALIGN_CENTER,
                                            PANGO_ALIGN_RIGHT};
    bool bounded = letters.width > 0;
    pango_layout_set_alignment(layout, aligns[letters.align]);
    pango_layout_set_width(layout, bounded ? (int)(letters.width * PANGO_SCALE) : -1);
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_ellipsize(layout, !bounded || (letters.wrap && letters.lines == 0)
                                           ? PANGO_ELLIPSIZE_NONE
                                           : PANGO_ELLIPSIZE_END);
    pango_layout_set_height(layout, letters.wrap && letters.lines > 0 ? -letters.lines : -1);
}

static void set_pitch(PangoLayout *layout, double size)
{
    PangoAttrList *lines = pango_attr_list_new();
    pango_attr_list_insert(
        lines, pango_attr_line_height_new_absolute((int)(LINE_PITCH * size * PANGO_SCALE)));
    pango_attr_list_insert(lines, pango_attr_insert_hyphens_new(FALSE));
    pango_layout_set_attributes(layout, lines);
    pango_attr_list_unref(lines);
}

static double layout_width(PangoLayout *layout)
{
    PangoRectangle place;
    pango_layout_get_extents(layout, NULL, &place);
    return (double)place.width / PANGO_SCALE;
}

/* Fills the layout; returns the size that was taken. */
static double set_text(struct drawing *d, const char *text, struct letters letters)
{
    PangoLayout *layout = d->canvas->layout;
    char *valid = g_utf8_make_valid(text, -1);
    struct letters whole = letters;
    whole.width = 0;
    pango_layout_set_single_paragraph_mode(layout, !letters.wrap);
    pango_layout_set_auto_dir(layout, FALSE);
    pango_layout_set_text(layout, valid, -1);
    g_free(valid);
    set_pitch(layout, letters.size);
    set_font(d, letters);
    set_width(layout, letters.wrap ? letters : whole);
    if (letters.wrap || letters.width <= 0)
        return letters.size;
    double share = letters.width / fmax(layout_width(layout), 1e-9);
    if (share < 1) {
        letters.size *= fmax(share * 0.995, SMALLEST);
        set_font(d, letters);
    }
    set_width(layout, letters);
    return letters.size;
}

static void write_svg_text(struct drawing *d, struct point at, struct letters letters)
{
    static const char *const anchors[] = {"", " text-anchor=\"middle\"", " text-anchor=\"end\""};
    fputs("<text", d->svg);
    write_attribute(d->svg, "x", at.x);
    write_attribute(d->svg, "y", at.y);
    write_attribute(d->svg, "font-size", letters.size);
    fputs(anchors[letters.align], d->svg);
    if (letters.bold)
        fputs(" font-weight=\"bold\"", d->svg);
    write_colour(d->svg, "fill", letters.tone);
    fputc('>', d->svg);
}

/* What stands in the width, with an ellipsis for the rest: SVG itself cuts nothing. */
static void write_shortened(struct drawing *d, const char *text, struct letters letters)
{
    PangoLayout *layout = d->canvas->layout;
    int index = (int)strlen(text), trailing = 0;
    if (pango_layout_is_ellipsized(layout)) {
        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_NONE);
        pango_layout_set_width(layout, -1);
        pango_layout_xy_to_index(layout, (int)((letters.width - letters.size) * PANGO_SCALE), 0,
                                 &index, &trailing);
    }
    char *start = g_strndup(text, (size_t)index);
    html_write_text(d->svg, start);
    if ((size_t)index < strlen(text))
        fputs("\xe2\x80\xa6", d->svg);
    g_free(start);
}

void drawing_text(struct drawing *d, struct point at, const char *text, struct letters letters)
{
    static const double shares[] = {0, 0.5, 1};
    PangoLayout *layout = d->canvas->layout;
    if (d->muted || d->canvas->rc < 0)
        return;
    letters.size = set_text(d, text, letters);
    if (d->svg) {
        write_svg_text(d, at, letters);
        char *valid = g_utf8_make_valid(text, -1);
        write_shortened(d, valid, letters);
        g_free(valid);
        fputs("</text>\n", d->svg);
        return;
    }
    double width = letters.width > 0 ? letters.width : layout_width(layout);
    double baseline = (double)pango_layout_get_baseline(layout) / PANGO_SCALE;
    canvas_colour(d->canvas, colours[letters.tone]);
    glyph_faces_show(d->faces, d->canvas->cr, layout, letters.size,
                     at.x - shares[letters.align] * width, at.y - baseline);
}

double drawing_text_width(struct drawing *d, const char *text, struct letters letters)
{
    letters.width = 0;
    set_text(d, text, letters);
    return layout_width(d->canvas->layout);
}

double drawing_text_height(struct drawing *d, const char *text, struct letters letters)
{
    set_text(d, text, letters);
    return pango_layout_get_line_count(d->canvas->layout) * letters.size * LINE_PITCH;
}
