/* hand.h - one person's movements: how a bubble is filled, ticked, crossed, circled, struck out.
 *
 * Lays strokes into a trace (pen.h) for a bubble of any shape and size. How much a hand wobbles,
 * how far it misses and how closely it hatches are its own. Knows no fields and no truth. */
#ifndef YJ_SIMULATE_HAND_H
#define YJ_SIMULATE_HAND_H

#include "form.h"
#include "pen.h"

enum fill_style {
    FILL_HATCH,   /* to and fro, at the hand's angle */
    FILL_ROWS,    /* along the bubble's longer side, as brackets are filled */
    FILL_SPIRAL,  /* round and round, from the rim inwards */
    FILL_OUTLINE, /* the rim first, then to and fro */
};

struct hand {
    struct tool tool;
    enum fill_style style;
    double angle;  /* radians, of hatching */
    double cover;  /* 1: up to the printed outline */
    double spill;  /* mm that the whole mark goes beyond that, whatever the bubble's size */
    double gap;    /* between strokes, in their widths: 0.6 leaves no paper, 1.3 shows stripes */
    double again;  /* chance of going over it a second time */
    double jitter; /* mm, deviation of where a stroke ends */
    double miss;   /* mm, deviation of the whole mark from the bubble's centre */
    double steady; /* 0 to 0.3: deviation of the pressure from stroke to stroke */
};

/* A bubble, and how far it is to the next one. */
struct target {
    enum bubble_shape shape;
    struct rect box;
    double room_x, room_y; /* mm from the box to its neighbours' boxes */
};

/* What a mark may reach, for trace_begin. */
struct rect hand_reach(const struct target *target);

void hand_fill(struct trace *t, const struct hand *h, const struct target *target, struct rng *rng);
void hand_tick(struct trace *t, const struct hand *h, const struct target *target, struct rng *rng);
void hand_cross(struct trace *t, const struct hand *h, const struct target *target,
                struct rng *rng);
void hand_circle(struct trace *t, const struct hand *h, const struct target *target,
                 struct rng *rng);
/* A dot about `size` mm wide. */
void hand_dot(struct trace *t, const struct hand *h, const struct target *target, double size,
              struct rng *rng);
/* One line through the bubble. */
void hand_stroke(struct trace *t, const struct hand *h, const struct target *target,
                 struct rng *rng);
/* Says "not this one" over a filled bubble: lines that stand out of it. */
void hand_strike_out(struct trace *t, const struct hand *h, const struct target *target,
                     struct rng *rng);
/* The pen slips on along a line `length` mm long from `from`. */
void hand_slip(struct trace *t, const struct hand *h, struct point from, double angle,
               double length, struct rng *rng);

#endif
