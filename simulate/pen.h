/* pen.h - what pencils, pens and erasers leave on paper.
 *
 * A `surface` is the sheet: grey reflectance, 255 untouched paper, at `px` pixels a millimetre. A
 * `trace` is a patch of graphite or ink laid down over it, stroke by stroke, before it is seen:
 * graphite catches on the paper's tooth, ink covers, both add up where strokes cross. Millimetres
 * of the page. Knows no candidates, no fields. */
#ifndef YJ_SIMULATE_PEN_H
#define YJ_SIMULATE_PEN_H

#include "geometry.h"
#include "image.h"
#include "rng.h"

enum tool_kind { TOOL_PENCIL, TOOL_BALLPOINT, TOOL_GEL, TOOL_MARKER };

struct tool {
    enum tool_kind kind;
    double width;    /* mm, of a stroke pressed normally */
    double darkness; /* 0 to 1: what it absorbs at most */
    double softness; /* 0 to 1: how fast it gets there; a 2B is softer than an HB */
    double pressure; /* 1: normal; a light hand 0.4 */
};

/* What is printed and written, and which paper it lies on. */
struct surface {
    struct image img;
    double px; /* a mm */
    /* The paper's tooth, 0 to 255, TOOTH_SIDE pixels square, repeated; shifted from page to page.
     */
    const uint8_t *tooth;
    int tooth_x, tooth_y;
};

/* `to` becomes the same paper with a picture of its own. YJ_ENOMEM. */
int surface_copy(const struct surface *from, struct surface *to);

#define TOOTH_SIDE 256
/* Fills tooth[TOOTH_SIDE * TOOTH_SIDE]: the same for every page of a run. */
void pen_fill_tooth(uint8_t *tooth, struct rng *rng);

/* Scratch for one mark at a time; reused. */
struct trace {
    float *laid;     /* [h][w] graphite or ink, 1: one firm stroke */
    float *spare;    /* of the same size */
    int x, y, w, h;  /* its place on the surface, px */
    size_t capacity; /* floats */
    const struct surface *surface;
};

void trace_init(struct trace *t);
void trace_finish(struct trace *t);
/* An empty trace over `area`, cut off at the surface's edges. YJ_ENOMEM. */
int trace_begin(struct trace *t, const struct surface *surface, struct rect area);

/* One movement of the pen along points[n], joined by straight lines. `pressure` multiplies the
 * tool's. */
void trace_stroke(struct trace *t, const struct tool *tool, const struct point *points, int n,
                  double pressure);
/* Rubs over what is laid: the share `residue` stays, patchily, smeared along `angle` (radians). */
void trace_erase(struct trace *t, double residue, double smear, double angle, struct rng *rng);
/* How dark the trace is seen within `box` on white paper, after the tone curve tone[256]: mean, 0
 * (as the paper) to 1 (black). */
double trace_darkness(const struct trace *t, const struct tool *tool, struct rect box,
                      const uint8_t *tone);
/* How much of it is seen in all: as many square millimetres of black. */
double trace_amount(const struct trace *t, const struct tool *tool, const uint8_t *tone);
/* What of it can be seen where it lies, over print and all: as many square millimetres of black, of
 * the pixels that it darkens by TRACE_LEAST grey levels or more. */
double trace_added(const struct trace *t, const struct tool *tool, const uint8_t *tone);
#define TRACE_LEAST 6
/* Darkens the surface by the trace. */
void trace_apply(const struct trace *t, const struct tool *tool, struct surface *surface);

#endif
