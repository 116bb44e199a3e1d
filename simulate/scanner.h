/* scanner.h - a document scanner or an old copier: its lamp, lens, feeder, glass and file format.
 *
 * A `capture` says how one page is seen and written; camera.h fills the same. */
#ifndef YJ_SIMULATE_SCANNER_H
#define YJ_SIMULATE_SCANNER_H

#include "damage.h"
#include "form.h"
#include "optics.h"
#include "view.h"

enum scan_format {
    SCAN_JPEG,
    SCAN_JPEG_COLOUR, /* a photo: grey with the light's tint */
    SCAN_JPEG_RGB,    /* a colour scanner: rows of red, green and blue */
    SCAN_BITS,        /* 1 bit a pixel */
};

struct capture {
    struct optics optics;
    struct view view;
    enum scan_format format;
    int quality;                /* JPEG */
    int threshold;              /* bits: darker is black */
    double dither;              /* bits: 0 none, 1 errors wholly passed on */
    bool as_png;                /* bits: else TIFF G4 */
    double dpi;                 /* as the file states; 0: not */
    double tint_blue, tint_red; /* colour: levels of Cb and Cr */
};

void capture_init(struct capture *c);
void capture_finish(struct capture *c);

/* What the whole batch's scanner is like is drawn from `device`, the page's own run from `rng`.
 * `px`: pixels a mm of the sheet's picture. YJ_ENOMEM. */
int scanner_set(struct capture *c, const struct form *form, enum simulate_profile profile,
                const struct damages *damages, double dpi, double px, struct rng *device,
                struct rng *rng);

/* What scanner_set and camera_set share: what stretch, shift, curl, fold and crumple do. */
void capture_warp_paper(struct capture *c, const struct damages *damages, struct rng *rng);
/* Contrast after which nothing of the tone is left to see: makes a bitonal page's `tone`, for
 * judging what a person sees in it. */
void capture_seen_tone(const struct capture *c, uint8_t tone[256]);
/* The same for levels that the optics have exposed. */
void capture_cut_tone(const struct capture *c, uint8_t tone[256]);

#endif
