/* optics.h - the way from a sheet of paper to rows of grey pixels, the same for scanner and camera.
 *
 * A mesh says which place of the sheet each 16th pixel sees (between its nodes the eye moves in
 * straight lines), then come the light that falls there, the blur and sharpening of lens and
 * firmware, dirt on the glass, noise, and the tone curve. Rows stream out: no page is held twice.
 * Pixels of the scan and of the sheet have their centres at whole numbers. */
#ifndef YJ_SIMULATE_OPTICS_H
#define YJ_SIMULATE_OPTICS_H

#include "geometry.h"
#include "image.h"
#include "rng.h"

#define OPTICS_STEP 16     /* px between nodes */
#define OPTICS_RADIUS 4    /* px: half the blur's window */
#define OPTICS_HEADROOM 48 /* levels below black and above white before the tone curve */

/* Shared by all pages of a run: noise is drawn once. */
struct optics_noise {
    int8_t *white; /* [OPTICS_NOISE + IMAGE_MAX_SIDE], deviation 32 */
    int8_t *grain; /* [OPTICS_GRAIN][OPTICS_GRAIN], deviation 32, neighbours alike */
};
#define OPTICS_NOISE (1 << 18)
#define OPTICS_GRAIN 256

int optics_noise_init(struct optics_noise *noise, struct rng *rng);
void optics_noise_finish(struct optics_noise *noise);

struct optics {
    int width, height; /* px of the scan */
    /* Nodes of the mesh: mesh_w x mesh_h, each where it looks on the sheet, px, and the light. */
    float *mesh_x, *mesh_y, *light; /* light 1: as it is */
    int mesh_w, mesh_h;
    size_t capacity;
    bool lit;              /* light is not 1 everywhere */
    struct rect paper;     /* px of the sheet: beyond is ground, within but not printed is paper */
    int ground;            /* 0 to 255: what lies beside the paper */
    double ground_texture; /* levels */
    double blur_x, blur_y; /* px, deviation */
    double sharpen;        /* 0 to 1 */
    double noise, grain;   /* levels, deviation */
    int16_t *streaks;      /* [width], levels added all the way down; NULL: clean glass */
    uint8_t tone[256];     /* of a level 0 to 255; beyond them the ends count, or `overshoot` */
    double white;          /* level that 255 would have before it is cut off; >= tone[255] */
};

void optics_init(struct optics *o);
void optics_finish(struct optics *o);
/* Sets the size and makes room for the mesh; light becomes 1. YJ_ENOMEM. */
int optics_resize(struct optics *o, int width, int height);

/* Level 255 becomes `white` (may be beyond 255: cut off), level 0 `black`; gamma bends between. */
void optics_set_tone(struct optics *o, double black, double white, double gamma);

/* Calls row(context, pixels) for every row of the scan. `start` names the page's own noise.
 * YJ_ENOMEM, or what `row` returned below 0. */
int optics_expose(const struct optics *o, const struct image *sheet,
                  const struct optics_noise *noise, uint64_t start,
                  int (*row)(void *context, const uint8_t *pixels), void *context);

#endif
