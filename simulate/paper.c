#include "paper.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint8_t darken(int level, double absorbed)
{
    double v = level * (1 - absorbed);
    return (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v + 0.5);
}

static int clamp_to(int v, int limit)
{
    return v < 0 ? 0 : v > limit ? limit : v;
}

/* Calls of `shade` for the pixels of a box, in mm. */
struct box_px {
    int x0, y0, x1, y1;
};

static struct box_px box_of(const struct surface *s, struct point at, double w, double h)
{
    return (struct box_px){clamp_to((int)((at.x - w / 2) * s->px), s->img.width),
                           clamp_to((int)((at.y - h / 2) * s->px), s->img.height),
                           clamp_to((int)((at.x + w / 2) * s->px) + 1, s->img.width),
                           clamp_to((int)((at.y + h / 2) * s->px) + 1, s->img.height)};
}

static struct point size_mm(const struct surface *s)
{
    return (struct point){s->img.width / s->px, s->img.height / s->px};
}

/* A crease: fibres broken along a line that is nearly straight, dark on one side, light on the
 * other. */
static void crease(struct surface *s, double strength, bool across, struct rng *rng)
{
    struct point size = size_mm(s);
    double long_side = across ? size.x : size.y, short_side = across ? size.y : size.x;
    double at = short_side * rng_range(rng, 0.2, 0.8), slope = rng_range(rng, -0.02, 0.02);
    double depth = 0.06 + 0.3 * strength * rng_range(rng, 0.4, 1), phase = rng_range(rng, 0, 6);
    int n = (int)(long_side * s->px);
    for (int i = 0; i < n; i++) {
        double along = i / s->px;
        double mid = (at + slope * along + 0.12 * sin(along / 17 + phase)) * s->px;
        double rough = 0.5 + 0.5 * sin(along * 3.1 + 2 * sin(along * 1.3 + phase));
        for (int k = -3; k <= 3; k++) {
            int p = (int)floor(mid) + k, x = across ? i : p, y = across ? p : i;
            if (x < 0 || y < 0 || x >= s->img.width || y >= s->img.height)
                continue;
            double d = (p - mid) / s->px, a = depth * (0.4 + 0.6 * rough) * exp(-d * d / 0.02);
            uint8_t *pixel = image_row(&s->img, y) + x;
            *pixel = darken(*pixel, a);
        }
    }
}

static void staple(struct surface *s, struct rng *rng)
{
    struct point size = size_mm(s);
    struct point at = {rng_range(rng, 6, 14), rng_range(rng, 5, 12)};
    if (rng_chance(rng, 0.2))
        at.x = size.x - at.x;
    double angle = rng_range(rng, -0.9, 0.9), length = rng_range(rng, 10, 13);
    bool holes_only = rng_chance(rng, 0.5); /* it was taken out before scanning */
    double c = cos(angle), si = sin(angle);
    struct box_px b = box_of(s, at, length + 2, length + 2);
    for (int y = b.y0; y < b.y1; y++)
        for (int x = b.x0; x < b.x1; x++) {
            double dx = x / s->px - at.x, dy = y / s->px - at.y;
            double u = fabs(dx * c + dy * si), v = dy * c - dx * si;
            bool end = hypot(u - length / 2, v) < 0.35;
            bool wire = !holes_only && u < length / 2 && fabs(v) < 0.27;
            uint8_t *pixel = image_row(&s->img, y) + x;
            if (end)
                *pixel = darken(*pixel, 0.75);
            else if (wire)
                *pixel = darken(200, v < -0.05 ? 0.75 : 0.25);
            else if (!holes_only && u < length / 2 && v > 0 && v < 0.7)
                *pixel = darken(*pixel, 0.25);
        }
}

static void hole(struct surface *s, struct point at, double radius, int ground)
{
    struct box_px b = box_of(s, at, 2 * radius + 1, 2 * radius + 1);
    for (int y = b.y0; y < b.y1; y++)
        for (int x = b.x0; x < b.x1; x++) {
            double d = hypot(x / s->px - at.x, y / s->px - at.y) - radius;
            uint8_t *pixel = image_row(&s->img, y) + x;
            if (d < 0)
                *pixel = darken(ground, d > -0.5 ? 0.3 : 0);
            else if (d < 0.15)
                *pixel = darken(*pixel, 0.12);
        }
}

static void punch(struct surface *s, int ground, struct rng *rng)
{
    struct point size = size_mm(s);
    double x = rng_range(rng, 9, 13), mid = size.y / 2 + rng_range(rng, -8, 8);
    int n = rng_chance(rng, 0.75) ? 2 : 4;
    bool right = rng_chance(rng, 0.15);
    for (int i = 0; i < n; i++)
        hole(s, (struct point){right ? size.x - x : x, mid + 80 * (i - (n - 1) / 2.0)}, 2.75,
             ground);
}

/* A cup's ring, broken in places, and what ran out of it. */
static void coffee(struct surface *s, double strength, struct rng *rng)
{
    struct point size = size_mm(s);
    struct point at = {rng_range(rng, 0, size.x), rng_range(rng, 0, size.y)};
    double radius = rng_range(rng, 32, 42), width = rng_range(rng, 1.2, 3.5);
    double depth = (0.08 + 0.2 * strength) * rng_range(rng, 0.6, 1), phase = rng_range(rng, 0, 6);
    struct box_px b = box_of(s, at, 2 * radius + 10, 2 * radius + 10);
    for (int y = b.y0; y < b.y1; y++)
        for (int x = b.x0; x < b.x1; x++) {
            double dx = x / s->px - at.x, dy = y / s->px - at.y, angle = atan2(dy, dx);
            double d = (hypot(dx, dy) - radius - 0.6 * sin(5 * angle + phase)) / width;
            if (d > 2)
                continue;
            double broken = 0.55 + 0.45 * sin(angle + phase) * sin(2.3 * angle + phase);
            double a = depth * broken * exp(-d * d * (d > 0 ? 4 : 1)) + (d < 0 ? 0.02 * depth : 0);
            uint8_t *pixel = image_row(&s->img, y) + x;
            *pixel = darken(*pixel, a);
        }
}

/* A sleeve drags graphite along: broad, pale, streaky. */
static void smudge(struct surface *s, double strength, struct rng *rng)
{
    struct point size = size_mm(s);
    for (int i = 0, n = 1 + rng_below(rng, 3); i < n; i++) {
        struct point at = {rng_range(rng, 10, size.x - 10), rng_range(rng, 10, size.y - 10)};
        double w = rng_range(rng, 8, 45), h = rng_range(rng, 4, 14);
        double depth = (0.02 + 0.07 * strength) * rng_range(rng, 0.4, 1);
        double k = rng_range(rng, 1.2, 3), phase = rng_range(rng, 0, 6);
        struct box_px b = box_of(s, at, w, h);
        for (int y = b.y0; y < b.y1; y++)
            for (int x = b.x0; x < b.x1; x++) {
                double u = (x / s->px - at.x) / w * 2, v = (y / s->px - at.y) / h * 2;
                double fade = (1 - u * u) * (1 - v * v);
                double streaky = 0.7 + 0.3 * sin(v * h * k + phase + u);
                uint8_t *pixel = image_row(&s->img, y) + x;
                *pixel = darken(*pixel, depth * fade * streaky);
            }
    }
}

static void tear_corner(struct surface *s, double strength, int ground, struct rng *rng)
{
    struct point size = size_mm(s);
    double a = (6 + 22 * strength) * rng_range(rng, 0.6, 1), b = a * rng_range(rng, 0.6, 1.5);
    int corner = rng_below(rng, 4);
    double phase = rng_range(rng, 0, 6);
    struct point at = {corner & 1 ? size.x : 0, corner & 2 ? size.y : 0};
    struct box_px box = box_of(s, at, 2 * a + 4, 2 * b + 4);
    for (int y = box.y0; y < box.y1; y++)
        for (int x = box.x0; x < box.x1; x++) {
            double u = fabs(x / s->px - at.x), v = fabs(y / s->px - at.y);
            double d = u / a + v / b - 1 + 0.04 * sin(u * 1.7 + phase) + 0.02 * sin(u * 5 + phase);
            if (d < 0)
                image_row(&s->img, y)[x] = d > -0.06 ? 236 : (uint8_t)ground;
        }
}

/* Specks on the glass or the paper. */
static void dust(struct surface *s, double strength, struct rng *rng)
{
    struct point size = size_mm(s);
    int n = (int)(3 + 40 * strength * rng_uniform(rng));
    for (int i = 0; i < n; i++) {
        struct point at = {rng_range(rng, 0, size.x), rng_range(rng, 0, size.y)};
        double r = 0.06 + 0.22 * pow(rng_uniform(rng), 3), a = rng_range(rng, 0.15, 0.8);
        double longer = rng_chance(rng, 0.15) ? rng_range(rng, 2, 8) : 1; /* a hair */
        double angle = rng_range(rng, 0, M_PI), c = cos(angle), si = sin(angle);
        struct box_px b = box_of(s, at, 2 * r * longer + 0.4, 2 * r * longer + 0.4);
        for (int y = b.y0; y < b.y1; y++)
            for (int x = b.x0; x < b.x1; x++) {
                double dx = x / s->px - at.x, dy = y / s->px - at.y;
                double u = (dx * c + dy * si) / longer, v = dy * c - dx * si;
                double d = 1 - (u * u + v * v) / (r * r);
                uint8_t *pixel = image_row(&s->img, y) + x;
                if (d > 0)
                    *pixel = darken(*pixel, a * fmin(1, 2 * d));
            }
    }
}

/* The other side, mirrored, blurred by the paper's thickness. */
static void show_through(struct surface *s, double strength, const struct image *back,
                         struct rng *rng)
{
    int share = (int)(256 * (0.02 + 0.09 * strength)), w = s->img.width, h = s->img.height;
    int dx = (int)(rng_range(rng, -3, 3) * s->px), dy = (int)(rng_range(rng, -3, 3) * s->px);
    if (back->width < w || back->height < h)
        return;
    for (int y = 0; y < h; y++) {
        uint8_t *row = image_row(&s->img, y);
        const uint8_t *from = image_row(back, clamp_to(y + dy, h - 1));
        for (int x = 0; x < w; x++) {
            int seen = w - 1 - x + dx;
            seen = seen < 0 ? 0 : seen >= w ? w - 1 : seen;
            row[x] = (uint8_t)(row[x] * (65280 - (255 - from[seen]) * share) / 65280);
        }
    }
}

void paper_age(struct surface *sheet, const struct damages *damages, int ground,
               const struct image *back, struct rng *rng)
{
    const double *s = damages->strength;
    if (s[DAMAGE_SHOW_THROUGH] > 0 && back)
        show_through(sheet, s[DAMAGE_SHOW_THROUGH], back, rng);
    if (s[DAMAGE_SMUDGE] > 0)
        smudge(sheet, s[DAMAGE_SMUDGE], rng);
    if (s[DAMAGE_FOLD] > 0)
        crease(sheet, s[DAMAGE_FOLD], rng_chance(rng, 0.75), rng);
    for (int i = 0; s[DAMAGE_CRUMPLE] > 0 && i < 3; i++)
        crease(sheet, 0.6 * s[DAMAGE_CRUMPLE], rng_chance(rng, 0.5), rng);
    if (s[DAMAGE_COFFEE] > 0)
        coffee(sheet, s[DAMAGE_COFFEE], rng);
    if (s[DAMAGE_DUST] > 0)
        dust(sheet, s[DAMAGE_DUST], rng);
    if (s[DAMAGE_STAPLE] > 0)
        staple(sheet, rng);
    if (s[DAMAGE_PUNCH] > 0)
        punch(sheet, ground, rng);
    if (s[DAMAGE_TORN_CORNER] > 0)
        tear_corner(sheet, s[DAMAGE_TORN_CORNER], ground, rng);
}

/* ---- pages that must be refused ---- */

struct cut paper_draw_overlap(int w, int h, double strength, struct rng *rng)
{
    double angle = (rng_chance(rng, 0.5) ? M_PI / 2 : -M_PI / 2) + rng_range(rng, -0.03, 0.03);
    double part = rng_range(rng, 0.08, 0.3 + 0.6 * strength);
    return (struct cut){cos(angle), sin(angle), (part - 0.5) * h, false};
}

struct cut paper_draw_fold(int w, int h, double strength, struct rng *rng)
{
    /* Along a side, or across a corner. */
    double angle = rng_below(rng, 4) * M_PI / 2 +
                   (rng_chance(rng, 0.6) ? rng_range(rng, -0.15, 0.15) : rng_range(rng, 0.5, 1.07));
    double nx = cos(angle), ny = sin(angle), across = fabs(nx) * w + fabs(ny) * h;
    double lost = rng_range(rng, 0.12, 0.18 + 0.14 * strength) * across;
    return (struct cut){nx, ny, across / 2 - lost, true};
}

static double beyond(const struct cut *c, int w, int h, double x, double y)
{
    return (x - w / 2.0) * c->nx + (y - h / 2.0) * c->ny - c->at;
}

/* How far inside the sheet the flap's place over (x, y) was; below 0: no flap there. */
static double flap_inside(const struct cut *c, int w, int h, double x, double y, double d)
{
    double mx = x - 2 * d * c->nx, my = y - 2 * d * c->ny;
    return fmin(fmin(mx, w - 1 - mx), fmin(my, h - 1 - my));
}

bool paper_hides(const struct cut *cut, int w, int h, double x, double y)
{
    double d = beyond(cut, w, h, x, y);
    return d > 0 || (cut->folded && flap_inside(cut, w, h, x, y, d) >= 0);
}

void paper_feed_double(struct surface *sheet, const struct image *other, const struct cut *cut,
                       struct rng *rng)
{
    int w = sheet->img.width, h = sheet->img.height, dx = (int)(rng_range(rng, -6, 6) * sheet->px);
    double shadow = 0.8 * sheet->px;
    for (int y = 0; y < h; y++) {
        uint8_t *row = image_row(&sheet->img, y);
        for (int x = 0; x < w; x++) {
            double edge = beyond(cut, w, h, x, y);
            if (edge < 0) { /* the upper sheet's edge casts a thin shadow */
                if (edge > -shadow)
                    row[x] = darken(row[x], 0.35 * (1 + edge / shadow));
                continue;
            }
            int oy = cut->ny > 0 ? (int)edge : h - 1 - (int)edge, ox = x + dx;
            row[x] = oy >= 0 && oy < h && ox >= 0 && ox < w ? image_row(other, oy)[ox] : 250;
        }
    }
}

void paper_fold_over(struct surface *sheet, const struct cut *cut, int ground)
{
    int w = sheet->img.width, h = sheet->img.height;
    double shadow = 1.2 * sheet->px;
    for (int y = 0; y < h; y++) {
        uint8_t *row = image_row(&sheet->img, y);
        for (int x = 0; x < w; x++) {
            double d = beyond(cut, w, h, x, y), inside;
            if (d > 0)
                row[x] = (uint8_t)ground;
            else if ((inside = flap_inside(cut, w, h, x, y, d)) >= 0)
                row[x] = darken(252, d > -0.5 * sheet->px ? 0.2 : 0);
            else if (inside > -shadow)
                row[x] = darken(row[x], 0.3 * (1 + inside / shadow));
        }
    }
}
