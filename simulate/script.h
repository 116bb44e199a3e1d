/* script.h - how characters are written: strokes of digits and capitals, and a hand's own way with
 * them.
 *
 * The strokes are the project's own, a few ways of each character as people write them; a hand
 * leans, stretches and rounds them. Good for sheets that look written, and to try the way of a
 * number through the whole program; how well strangers' hands are read only strangers' hands can
 * say (tests/accuracy/handwriting). Knows no fields. */
#ifndef YJ_SIMULATE_SCRIPT_H
#define YJ_SIMULATE_SCRIPT_H

#include "hand.h"

/* How one person writes. */
struct script {
    double slant;  /* of its height, to the right */
    double wide;   /* width over height */
    double tall;   /* of the box's height */
    double loose;  /* of its height, deviation of every point */
    unsigned ways; /* which way of each character */
};

void script_draw_habits(struct script *script, double careless, struct rng *rng);

/* Writes a digit, a capital, '.' or '-' into the middle of `box` (mm). False: no such character. */
bool script_write(struct trace *t, const struct script *script, const struct hand *hand,
                  char character, struct rect box, struct rng *rng);
/* Strikes through what stands in the box. */
void script_cross_out(struct trace *t, const struct hand *hand, struct rect box, struct rng *rng);

#endif
