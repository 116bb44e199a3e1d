/* canvas.h - cairo and pango in millimetres.
 *
 * One canvas draws one page after another onto a surface, as vectors or as pixels, from the same
 * calls. Glyphs are filled outlines, never hinted, and stand where the layout puts them to a
 * thousandth of a millimetre, so that the drawing is the same at every resolution. (As text, cairo
 * 1.16 moves them to whole pixels, and its subsets of large Chinese fonts end the program.) What
 * goes wrong is told once and kept in `rc`; every call after it does nothing. Knows no forms. */
#ifndef YJ_SHEET_CANVAS_H
#define YJ_SHEET_CANVAS_H

#include "form.h"
#include <pango/pangocairo.h>

struct diag;

struct canvas {
    cairo_t *cr; /* one unit is a millimetre */
    PangoContext *context;
    PangoLayout *layout;
    const char *name; /* the form, in messages */
    char *font;       /* the family last asked for */
    struct diag *d;
    int rc;
};

/* `per_mm`: units of the surface a millimetre. The canvas keeps its own reference to the surface.
 * YJ_ENOMEM. */
int canvas_init(struct canvas *c, cairo_surface_t *surface, double per_mm, const char *name,
                struct diag *d);
void canvas_finish(struct canvas *c);
/* Keeps the first error: cairo's own too. */
int canvas_status(struct canvas *c);
/* YJ_EIO, told. */
int canvas_no_font(const char *name, struct diag *d);

void canvas_colour(struct canvas *c, struct print_colour colour);

void canvas_fill_rect(struct canvas *c, struct rect r);
void canvas_fill_ellipse(struct canvas *c, struct rect r);
/* Lines `width` thick, their middle on the outline. */
void canvas_line_rect(struct canvas *c, struct rect r, double width);
void canvas_line_ellipse(struct canvas *c, struct rect r, double width);
/* [ ]: the left and right sides, with tips of `tip` mm at top and bottom. */
void canvas_line_bracket(struct canvas *c, struct rect r, double width, double tip);

/* A PNG or JPEG picture over all of r. YJ_EINPUT (kept): no such picture. */
void canvas_picture(struct canvas *c, struct rect r, const char *path);

/* How a text is set. */
struct text_style {
    const char *font; /* family */
    double size;      /* mm, the em: a Chinese character's height */
    double width;     /* mm it is wrapped to; 0: not */
    enum text_align align;
    bool bold;
};

/* The box of the text's ink, with `at` as in struct sheet_text. Empty where it has none. */
struct rect canvas_measure(struct canvas *c, const struct text_style *style, const char *text,
                           struct point at);
/* YJ_EINPUT (kept): no such font, or it has not every character. */
void canvas_text(struct canvas *c, const struct text_style *style, const char *text,
                 struct point at);
/* One line whose letters (by their capitals' height, Chinese by their squares) and advance are
 * centred at `middle`. */
void canvas_label(struct canvas *c, const struct text_style *style, const char *text,
                  struct point middle);
/* mm that the text advances, in one line. */
double canvas_advance(struct canvas *c, const struct text_style *style, const char *text);

#endif
