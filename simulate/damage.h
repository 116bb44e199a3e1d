/* damage.h - what happens to a page beside being filled: kinds, names, and how often.
 *
 * A page has a strength from 0 (none) to 1 for each kind; press, paper, scanner and camera ask for
 * theirs. Which look of it a strength gives is theirs to say. */
#ifndef YJ_SIMULATE_DAMAGE_H
#define YJ_SIMULATE_DAMAGE_H

#include "rng.h"
#include "simulate.h"

enum damage {
    /* the press and the copier */
    DAMAGE_LIGHT_PRINT,
    DAMAGE_SHIFTED_PRINT,
    DAMAGE_THICK_PRINT,
    DAMAGE_STRETCH,
    DAMAGE_MOIRE,
    /* the paper's day */
    DAMAGE_TONE, /* recycled or coloured paper */
    DAMAGE_CURL,
    DAMAGE_FOLD,
    DAMAGE_CRUMPLE,
    DAMAGE_STAPLE,
    DAMAGE_PUNCH,
    DAMAGE_COFFEE,
    DAMAGE_SMUDGE, /* graphite rubbed about */
    DAMAGE_TORN_CORNER,
    DAMAGE_SHOW_THROUGH,
    /* the scanner */
    DAMAGE_SKEW,
    DAMAGE_WAVE, /* the feeder pulls unevenly */
    DAMAGE_STREAK,
    DAMAGE_DUST,
    DAMAGE_LID_SHADOW,
    DAMAGE_BORDER, /* black beside the paper */
    DAMAGE_BLUR,
    DAMAGE_NOISE,
    DAMAGE_EXPOSURE, /* too bright or too dark */
    DAMAGE_JPEG,
    DAMAGE_BITONAL,
    DAMAGE_UPSIDE_DOWN,
    DAMAGE_SIDEWAYS,
    /* the photo */
    DAMAGE_PERSPECTIVE,
    DAMAGE_UNEVEN_LIGHT,
    DAMAGE_MOTION,
    /* what must be refused */
    DAMAGE_DOUBLE_FEED,
    DAMAGE_FOLDED_OVER,
    DAMAGE_OTHER_FORM,
    DAMAGES
};

struct damages {
    double strength[DAMAGES];
};

const char *damage_name(enum damage damage);
/* `only`: -1: the profile's mixture; -2: none; else that one alone. */
void damages_draw(struct damages *d, enum simulate_profile profile, int only, struct rng *rng);
/* Whether the page must be refused, whatever can be read on it. */
bool damages_refuse(const struct damages *d);

#endif
