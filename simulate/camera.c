#include "camera.h"

#include "diag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where the paper's corners stand in the photo: turned, moved, and each pulled by the perspective,
 * a share of the page. */
static void place_corners(struct point corners[4], double width, double height, double turn,
                          double pull, struct rng *rng)
{
    double c = cos(turn), s = sin(turn), lean_x = pull * rng_range(rng, -1, 1),
           lean_y = pull * rng_range(rng, -1, 1);
    for (int i = 0; i < 4; i++) {
        double x = i == 1 || i == 2 ? width / 2 : -width / 2, y = i >= 2 ? height / 2 : -height / 2;
        /* Looking from one side makes the far edge shorter. */
        double u = x * (1 + lean_y * (y > 0 ? 1 : -1)), v = y * (1 + lean_x * (x > 0 ? 1 : -1));
        u += 0.15 * pull * width * rng_normal_within(rng, 2);
        v += 0.15 * pull * height * rng_normal_within(rng, 2);
        corners[i] = (struct point){c * u - s * v, s * u + c * v};
    }
}

static int set_geometry(struct capture *c, const struct form *form, const double *s, double dpi,
                        struct rng *rng)
{
    bool sideways = s[DAMAGE_SIDEWAYS] > 0;
    double scale = dpi / 25.4, turn = 0.03 * rng_normal_within(rng, 2.2);
    double pull = 0.006 + 0.012 * rng_uniform(rng) + 0.05 * s[DAMAGE_PERSPECTIVE];
    double w = form->width * scale, h = form->height * scale;
    double edge_x = rng_range(rng, 0.02, 0.09), edge_y = rng_range(rng, 0.02, 0.09);
    if (s[DAMAGE_SKEW] > 0)
        turn += (0.04 + 0.17 * s[DAMAGE_SKEW]) * (rng_chance(rng, 0.5) ? 1 : -1);
    struct point paper[4] = {
        {0, 0}, {form->width, 0}, {form->width, form->height}, {0, form->height}};
    struct point photo[4];
    double whole = turn + (s[DAMAGE_UPSIDE_DOWN] > 0 ? M_PI : 0);
    if (sideways)
        whole += rng_chance(rng, 0.5) ? M_PI / 2 : -M_PI / 2;
    place_corners(photo, w, h, whole, pull, rng);
    double slack = fabs(sin(turn));
    double frame_w = (sideways ? h : w) + slack * (sideways ? w : h),
           frame_h = (sideways ? w : h) + slack * (sideways ? h : w);
    int width = (int)lround(frame_w * (1 + 2 * edge_x + 2 * pull));
    int height = (int)lround(frame_h * (1 + 2 * edge_y + 2 * pull));
    double off_x = 0.3 * edge_x * w * rng_normal_within(rng, 1.5);
    double off_y = 0.3 * edge_y * h * rng_normal_within(rng, 1.5);
    for (int i = 0; i < 4; i++) {
        photo[i].x += width / 2.0 + off_x;
        photo[i].y += height / 2.0 + off_y;
    }
    if (homography_fit(photo, paper, NULL, 4, &c->view.to_paper) < 0)
        return YJ_EDATA; /* four corners of a page determine it */
    return optics_resize(&c->optics, width, height);
}

static void set_light(struct view *v, const double *s, struct rng *rng)
{
    double uneven = s[DAMAGE_UNEVEN_LIGHT], side = rng_range(rng, 0, 2 * M_PI);
    double tilt = 0.05 + 0.08 * rng_uniform(rng) + 0.3 * uneven;
    v->tilt_x = tilt * cos(side);
    v->tilt_y = tilt * sin(side);
    v->vignette = rng_range(rng, 0.02, 0.12);
    if (rng_chance(rng, 0.12 + 0.5 * uneven)) { /* the phone's or the head's own shadow */
        v->shadow = rng_range(rng, 0.08, 0.2 + 0.25 * uneven);
        v->shadow_x = v->width * rng_range(rng, 0.1, 0.9);
        v->shadow_y = v->height * rng_range(rng, 0.1, 0.9);
        v->shadow_angle = rng_range(rng, 0, 2 * M_PI);
        v->shadow_soft = rng_range(rng, 2, 14);
    }
    v->bend_x = 0.5 * rng_normal_within(rng, 2) * (1 + 3 * s[DAMAGE_CURL]);
    v->bend_y = 0.5 * rng_normal_within(rng, 2) * (1 + 3 * s[DAMAGE_CURL]);
}

static void set_lens(struct capture *c, const double *s, struct rng *device, struct rng *rng)
{
    struct optics *o = &c->optics;
    double blur = rng_range(device, 0.55, 0.85) + 0.25 * rng_uniform(rng) + 0.8 * s[DAMAGE_BLUR];
    double motion = 1.0 * s[DAMAGE_MOTION];
    bool level = rng_chance(rng, 0.5);
    o->blur_x = hypot(blur, level ? motion : 0.2 * motion);
    o->blur_y = hypot(blur, level ? 0.2 * motion : motion);
    o->sharpen = rng_range(device, 0.1, 0.6);
    o->noise = rng_range(device, 0.7, 2.2) + 6 * s[DAMAGE_NOISE];
    o->grain = rng_range(device, 0.4, 1.2) + 2 * s[DAMAGE_TONE];
}

static void set_tone(struct capture *c, const double *s, struct rng *device, struct rng *rng)
{
    double exposure = s[DAMAGE_EXPOSURE] * (rng_chance(rng, 0.5) ? 1 : -1);
    double white = 214 + 14 * rng_normal_within(rng, 2) - 15 * s[DAMAGE_TONE];
    white += exposure > 0 ? 55 * exposure : 70 * exposure;
    optics_set_tone(&c->optics, rng_range(device, 8, 32), white,
                    rng_range(device, 0.85, 1.1) * (1 - 0.2 * exposure));
    c->tint_blue = rng_range(rng, -6, 2);
    c->tint_red = rng_range(rng, -1, 4);
}

int camera_set(struct capture *c, const struct form *form, const struct damages *damages,
               double dpi, double px, struct rng *device, struct rng *rng)
{
    const double *s = damages->strength;
    view_init(&c->view, form->width, form->height, px);
    set_tone(c, s, device, rng);
    set_lens(c, s, device, rng);
    int r = set_geometry(c, form, s, dpi, rng);
    if (r < 0)
        return r;
    capture_warp_paper(c, damages, rng);
    set_light(&c->view, s, rng);
    c->format = rng_chance(device, 0.85) ? SCAN_JPEG_COLOUR : SCAN_JPEG;
    c->quality = (int)(s[DAMAGE_JPEG] > 0 ? 60 - 30 * s[DAMAGE_JPEG] : rng_range(device, 75, 95));
    c->dpi = 72;
    bool bright_desk = rng_chance(rng, 0.15);
    c->optics.ground = (int)(bright_desk ? rng_range(rng, 130, 190) : rng_range(rng, 10, 110));
    c->optics.ground_texture = rng_range(rng, 1, 7);
    view_fill_optics(&c->view, &c->optics);
    free(c->optics.streaks);
    c->optics.streaks = NULL;
    return 0;
}
