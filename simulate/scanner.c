#include "scanner.h"

#include "diag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void capture_init(struct capture *c)
{
    memset(c, 0, sizeof *c);
    optics_init(&c->optics);
}

void capture_finish(struct capture *c)
{
    optics_finish(&c->optics);
}

/* ---- paper that is not what and where it should be ---- */

void capture_warp_paper(struct capture *c, const struct damages *damages, struct rng *rng)
{
    struct view *v = &c->view;
    const double *s = damages->strength;
    double shift = 0.15 + 3.5 * s[DAMAGE_SHIFTED_PRINT];
    v->print_shift.x = shift * rng_normal_within(rng, 1.4);
    v->print_shift.y = shift * rng_normal_within(rng, 1.4);
    double stretch = s[DAMAGE_STRETCH];
    v->print_stretch.x =
        1 + 0.001 * rng_normal_within(rng, 2) + 0.03 * stretch * rng_range(rng, -1, 1);
    v->print_stretch.y =
        1 + 0.001 * rng_normal_within(rng, 2) + 0.03 * stretch * rng_range(rng, -1, 1);
    v->curl = 3.0 * s[DAMAGE_CURL];
    v->curl_length = rng_range(rng, 20, 60);
    v->curl_top = rng_chance(rng, 0.5);
    v->fold_y = v->height * rng_range(rng, 0.25, 0.75);
    v->fold_shift = s[DAMAGE_FOLD] * rng_range(rng, -0.3, 0.3);
    v->n_ripples = s[DAMAGE_CRUMPLE] > 0 ? VIEW_RIPPLES : 0;
    for (int i = 0; i < v->n_ripples; i++) {
        double k = 2 * M_PI / rng_range(rng, 35, 120), angle = rng_range(rng, 0, M_PI);
        double size = s[DAMAGE_CRUMPLE];
        v->ripples[i] = (struct ripple){k * cos(angle),
                                        k * sin(angle),
                                        rng_range(rng, 0, 2 * M_PI),
                                        0.3 * size * rng_normal_within(rng, 2),
                                        0.3 * size * rng_normal_within(rng, 2),
                                        0.035 * size * rng_uniform(rng)};
    }
}

/* ---- the device ---- */

/* Most drivers cut the paper off to pure white, and sharpen: docs/simulate.md. */
static void set_tone(struct capture *c, enum simulate_profile profile, const double *s,
                     struct rng *device, struct rng *rng)
{
    bool cut_off = rng_chance(device, 0.6);
    double black = cut_off ? rng_range(device, -6, 25) : rng_range(device, 18, 55);
    double white = cut_off ? rng_range(device, 257, 270) : rng_range(device, 236, 252);
    double gamma = rng_range(device, 0.85, 1.15);
    if (profile == PROFILE_ROUGH) {
        black += rng_range(device, 0, 25);
        white += rng_range(device, -14, 10);
        gamma *= rng_range(device, 0.8, 1.2);
    }
    white += 1.2 * rng_normal_within(rng, 2) - 26 * s[DAMAGE_TONE];
    double exposure = s[DAMAGE_EXPOSURE] * (rng_chance(rng, 0.5) ? 1 : -1);
    white += exposure > 0 ? 40 * exposure : 60 * exposure;
    gamma *= 1 - 0.25 * exposure;
    optics_set_tone(&c->optics, black, white, gamma);
}

static void set_lens(struct capture *c, enum simulate_profile profile, const double *s,
                     struct rng *device)
{
    struct optics *o = &c->optics;
    bool rough = profile == PROFILE_ROUGH;
    double blur = rng_range(device, 0.42, rough ? 0.95 : 0.75) + 0.7 * s[DAMAGE_BLUR];
    o->blur_x = blur * rng_range(device, 0.9, 1.1);
    o->blur_y = blur * rng_range(device, 0.9, 1.1);
    o->sharpen = rng_chance(device, 0.6) ? rng_range(device, 0.1, 0.7) : 0;
    o->noise = rng_range(device, 0.6, rough ? 3.2 : 1.9) + 7 * s[DAMAGE_NOISE];
    o->grain = rng_range(device, 0.3, rough ? 1.8 : 1.0) + 2.5 * s[DAMAGE_TONE];
}

/* Columns of the sensor that dirt hides: dark or light lines all down the page. */
static int add_streaks(struct capture *c, const double *s, struct rng *rng)
{
    struct optics *o = &c->optics;
    free(o->streaks);
    o->streaks = NULL;
    if (s[DAMAGE_STREAK] == 0)
        return 0;
    o->streaks = calloc((size_t)o->width, sizeof *o->streaks);
    if (!o->streaks)
        return YJ_ENOMEM;
    int n = 1 + rng_below(rng, 1 + (int)(3 * s[DAMAGE_STREAK]));
    for (int i = 0; i < n; i++) {
        int at = rng_below(rng, o->width), width = 1 + rng_below(rng, 3);
        double depth = (12 + 70 * s[DAMAGE_STREAK]) * rng_range(rng, 0.4, 1);
        depth = rng_chance(rng, 0.75) ? -depth : depth;
        for (int k = -1; k <= width; k++)
            if (at + k >= 0 && at + k < o->width)
                o->streaks[at + k] =
                    (int16_t)(o->streaks[at + k] + (k < 0 || k == width ? depth / 3 : depth));
    }
    return 0;
}

static void set_file(struct capture *c, enum simulate_profile profile, const double *s, double dpi,
                     struct rng *device, struct rng *rng)
{
    c->format = s[DAMAGE_BITONAL] > 0 ? SCAN_BITS : SCAN_JPEG;
    c->quality = (int)rng_range(device, profile == PROFILE_ROUGH ? 60 : 68, 91);
    if (s[DAMAGE_JPEG] > 0)
        c->quality = (int)(62 - 37 * s[DAMAGE_JPEG]);
    /* The lower it is set, the more of a pale pencil is lost with the dirt. */
    c->threshold =
        (int)(c->optics.tone[255] * (0.88 - rng_range(rng, 0.02, 0.08 + 0.3 * s[DAMAGE_BITONAL])));
    c->dither = rng_chance(rng, 0.5) ? rng_range(rng, 0.8, 1) : 0;
    c->as_png = rng_chance(rng, 0.5);
    c->dpi = dpi;
}

static void set_light(struct view *v, const double *s, struct rng *rng)
{
    if (s[DAMAGE_LID_SHADOW] > 0) {
        v->shade_edge = 1 - 0.65 * s[DAMAGE_LID_SHADOW];
        v->shade_reach = rng_range(rng, 8, 45);
        v->shade_side = rng_below(rng, 4);
    }
    if (s[DAMAGE_UNEVEN_LIGHT] > 0) {
        v->tilt_x = 0.35 * s[DAMAGE_UNEVEN_LIGHT] * rng_range(rng, -0.2, 1);
        v->tilt_y = 0.35 * s[DAMAGE_UNEVEN_LIGHT] * rng_range(rng, -0.2, 1);
    }
}

/* Scan pixels to millimetres: turned by the skew about the middle, then by quarters. */
static int set_geometry(struct capture *c, const struct form *form, enum simulate_profile profile,
                        const double *s, double dpi, struct rng *device, struct rng *rng)
{
    bool rough = profile == PROFILE_ROUGH, sideways = s[DAMAGE_SIDEWAYS] > 0;
    double mm = 25.4 / dpi, margin = s[DAMAGE_BORDER] > 0 ? 2 + 8 * s[DAMAGE_BORDER] : 0;
    double skew = rough ? 0.7 * rng_normal_within(rng, 3) : 0.4 * rng_normal_within(rng, 3.5);
    if (s[DAMAGE_SKEW] > 0)
        skew = (2 + 10 * s[DAMAGE_SKEW]) * (rng_chance(rng, 0.5) ? 1 : -1);
    double turn = skew * M_PI / 180 + (s[DAMAGE_UPSIDE_DOWN] > 0 ? M_PI : 0);
    if (sideways)
        turn += rng_chance(rng, 0.5) ? M_PI / 2 : -M_PI / 2;
    double w = form->width + 2 * margin, h = form->height + 2 * margin;
    if (fabs(skew) > 3) { /* whoever scans so has glass around the sheet */
        double a = fabs(skew) * M_PI / 180;
        w += form->height * sin(a);
        h += form->width * sin(a);
    }
    int width = (int)lround((sideways ? h : w) / mm), height = (int)lround((sideways ? w : h) / mm);
    double sx = mm * (1 + 0.0012 * rng_normal_within(device, 2.5));
    double sy = mm * (1 + (rough ? 0.003 : 0.0015) * rng_normal_within(device, 2.5));
    double dx = (rough ? 1.3 : 0.8) * rng_normal_within(rng, 2.2);
    double dy = (rough ? 1.3 : 0.8) * rng_normal_within(rng, 2.2);
    double co = cos(turn), si = sin(turn), cx = width / 2.0, cy = height / 2.0;
    c->view.to_paper = (struct homography){
        {co * sx, si * sy, form->width / 2 + dx - co * sx * cx - si * sy * cy, -si * sx, co * sy,
         form->height / 2 + dy + si * sx * cx - co * sy * cy, 0, 0, 1}};
    c->view.wave = 0.02 + 0.3 * s[DAMAGE_WAVE];
    c->view.wave_length = rng_range(rng, 40, 160);
    c->view.wave_phase = rng_range(rng, 0, 2 * M_PI);
    return optics_resize(&c->optics, width, height);
}

int scanner_set(struct capture *c, const struct form *form, enum simulate_profile profile,
                const struct damages *damages, double dpi, double px, struct rng *device,
                struct rng *rng)
{
    const double *s = damages->strength;
    view_init(&c->view, form->width, form->height, px);
    set_tone(c, profile, s, device, rng);
    set_lens(c, profile, s, device);
    int r = set_geometry(c, form, profile, s, dpi, device, rng);
    if (r < 0)
        return r;
    capture_warp_paper(c, damages, rng);
    set_light(&c->view, s, rng);
    set_file(c, profile, s, dpi, device, rng);
    bool dark_lid =
        s[DAMAGE_BORDER] > 0 || rng_chance(device, profile == PROFILE_ROUGH ? 0.3 : 0.1);
    c->optics.ground = dark_lid ? 12 : (int)rng_range(device, 235, 255);
    c->optics.ground_texture = 1;
    view_fill_optics(&c->view, &c->optics);
    return add_streaks(c, s, rng);
}

void capture_seen_tone(const struct capture *c, uint8_t tone[256])
{
    uint8_t cut[256];
    capture_cut_tone(c, cut);
    for (int i = 0; i < 256; i++)
        tone[i] = cut[c->optics.tone[i]];
}

void capture_cut_tone(const struct capture *c, uint8_t tone[256])
{
    bool cut = c->format == SCAN_BITS && c->dither == 0;
    for (int i = 0; i < 256; i++)
        tone[i] = (uint8_t)(!cut ? i : i < c->threshold ? 0 : 255);
}
