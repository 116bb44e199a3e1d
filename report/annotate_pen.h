/* annotate_pen.h - rings, ticks and text over a scan, in millimetres of the form.
 *
 * A pen draws on a picture of the page turned upright, at no more than 200 dpi. Knows no answers.
 */
#ifndef YJ_REPORT_ANNOTATE_PEN_H
#define YJ_REPORT_ANNOTATE_PEN_H

#include "geometry.h"
#include "image.h"
#include <cairo.h>
#include <pango/pangocairo.h>

struct diag;

struct ink {
    double red, green, blue;
};

enum ring_kind { RING_SOLID, RING_DOUBLE, RING_DASHED, RING_DOTTED };

struct annotation_pen {
    cairo_surface_t *surface;
    cairo_t *cr;
    PangoLayout *layout;
    struct homography mm_to_px; /* of the picture, below the strip */
    double mm;                  /* px a millimetre, in the middle of the page */
    double strip;               /* px above the page */
};

/* A picture with a white strip of `strip_mm` above the page. `mm_to_px` is the scan's; `width`,
 * `height` the form's, mm. YJ_ENOMEM. */
int annotation_pen_init(struct annotation_pen *pen, const struct image *scan,
                        const struct homography *mm_to_px, double width, double height,
                        double strip_mm);
void annotation_pen_finish(struct annotation_pen *pen);
/* YJ_EIO, YJ_ENOMEM, told. */
int annotation_pen_write(struct annotation_pen *pen, const char *path, struct diag *d);

/* Around a box of the form, `larger` times as large. */
void annotation_ring(struct annotation_pen *pen, struct rect box, double larger, struct ink ink,
                     enum ring_kind kind);
void annotation_frame(struct annotation_pen *pen, struct rect box, struct ink ink,
                      enum ring_kind kind);
/* In a square of `size` mm about `at`. */
void annotation_tick(struct annotation_pen *pen, struct point at, double size, struct ink ink);
void annotation_cross(struct annotation_pen *pen, struct point at, double size, struct ink ink);
/* Text on a light ground, its left end at `left` and centred on its height; made smaller where it
 * is wider than `room` mm (but not below 60 %). Returns its width in mm. */
double annotation_text(struct annotation_pen *pen, struct point left, double size, double room,
                       struct ink ink, const char *text);
/* Text in the strip: `x`, `y` in mm from its top-left corner, y the middle; from the right where x
 * is negative. Cut with an ellipsis at `room` mm. */
void annotation_strip_text(struct annotation_pen *pen, double x, double y, double size, double room,
                           struct ink ink, bool bold, const char *text);
/* mm of the picture's width. */
double annotation_strip_width(const struct annotation_pen *pen);

#endif
