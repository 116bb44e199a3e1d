#include "optics.h"

#include "diag.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAPS (2 * OPTICS_RADIUS + 1)
#define UNIT 64 /* the taps' sum: a row of them fits 16 bits */

/* ---- noise ---- */

static int8_t to_noise(double v)
{
    return (int8_t)lround(fmax(-127, fmin(127, v)));
}

int optics_noise_init(struct optics_noise *noise, struct rng *rng)
{
    enum { N = OPTICS_NOISE + IMAGE_MAX_SIDE, G = OPTICS_GRAIN };
    noise->white = malloc(N);
    noise->grain = malloc((size_t)G * G);
    float *raw = malloc((size_t)G * G * sizeof *raw);
    if (!noise->white || !noise->grain || !raw) {
        free(raw);
        optics_noise_finish(noise);
        return YJ_ENOMEM;
    }
    for (int i = 0; i < N; i++)
        noise->white[i] = to_noise(32 * rng_normal(rng));
    for (int i = 0; i < G * G; i++)
        raw[i] = (float)rng_normal(rng);
    for (int y = 0; y < G; y++)
        for (int x = 0; x < G; x++) {
            double sum = 0;
            for (int dy = 0; dy < 3; dy++)
                for (int dx = 0; dx < 3; dx++)
                    sum += raw[(y + dy) % G * G + (x + dx) % G];
            noise->grain[y * G + x] = to_noise(32 * sum / 3);
        }
    free(raw);
    return 0;
}

void optics_noise_finish(struct optics_noise *noise)
{
    free(noise->white);
    free(noise->grain);
    *noise = (struct optics_noise){0};
}

/* ---- settings ---- */

void optics_init(struct optics *o)
{
    *o = (struct optics){0};
}

void optics_finish(struct optics *o)
{
    free(o->mesh_x);
    free(o->streaks);
    optics_init(o);
}

int optics_resize(struct optics *o, int width, int height)
{
    int mesh_w = (width + OPTICS_STEP - 1) / OPTICS_STEP + 1;
    int mesh_h = (height + OPTICS_STEP - 1) / OPTICS_STEP + 1;
    size_t n = (size_t)mesh_w * (size_t)mesh_h;
    if (n > o->capacity) {
        float *mesh = malloc(3 * n * sizeof *mesh);
        if (!mesh)
            return YJ_ENOMEM;
        free(o->mesh_x);
        o->mesh_x = mesh;
        o->capacity = n;
    }
    o->mesh_y = o->mesh_x + n;
    o->light = o->mesh_y + n;
    o->mesh_w = mesh_w;
    o->mesh_h = mesh_h;
    o->width = width;
    o->height = height;
    o->lit = false;
    for (size_t i = 0; i < n; i++)
        o->light[i] = 1;
    return 0;
}

void optics_set_tone(struct optics *o, double black, double white, double gamma)
{
    for (int i = 0; i < 256; i++)
        o->tone[i] =
            (uint8_t)fmin(255, fmax(0, black + (white - black) * pow(i / 255.0, gamma) + 0.5));
    o->white = white;
}

/* ---- one page ---- */

struct exposure {
    const struct optics *o;
    const struct image *sheet;
    const struct optics_noise *noise;
    uint64_t start;
    int16_t taps_x[TAPS], taps_y[TAPS];
    uint8_t tone[256 + 2 * OPTICS_HEADROOM];
    uint8_t *line; /* a row as seen, with OPTICS_RADIUS more at both ends */
    int16_t *ring; /* TAPS rows blurred along x */
    int16_t *sum;  /* a row blurred both ways, then with its noise */
    uint8_t *out;
};

/* A Gaussian, with `sharpen` of a wider one taken away. */
static void make_taps(double sigma, double sharpen, int16_t taps[TAPS])
{
    double raw[TAPS], narrow[TAPS], wide[TAPS], sum_n = 0, sum_w = 0;
    int total = 0;
    sigma = fmax(sigma, 0.05);
    for (int i = 0; i < TAPS; i++) {
        double d = i - OPTICS_RADIUS, w = fmax(1.6 * sigma, 1.1);
        sum_n += narrow[i] = exp(-d * d / (2 * sigma * sigma));
        sum_w += wide[i] = exp(-d * d / (2 * w * w));
    }
    for (int i = 0; i < TAPS; i++) {
        raw[i] = (1 + sharpen) * narrow[i] / sum_n - sharpen * wide[i] / sum_w;
        taps[i] = (int16_t)lround(UNIT * raw[i]);
        total += taps[i];
    }
    taps[OPTICS_RADIUS] = (int16_t)(taps[OPTICS_RADIUS] + UNIT - total);
}

static void make_tone(const struct optics *o, uint8_t *tone)
{
    double slope = (o->white - o->tone[128]) / 127;
    for (int i = 0; i < 256 + 2 * OPTICS_HEADROOM; i++) {
        int level = i - OPTICS_HEADROOM;
        double beyond = level < 0 ? o->tone[0] : o->white + slope * (level - 255);
        tone[i] =
            level >= 0 && level < 256 ? o->tone[level] : (uint8_t)fmin(255, fmax(0, beyond + 0.5));
    }
}

/* What lies at a place near or beyond the sheet's edge. */
static int see_beyond(const struct exposure *e, int x, int y)
{
    const struct image *s = e->sheet;
    const struct rect *p = &e->o->paper;
    bool paper = x >= p->x && y >= p->y && x < p->x + p->w && y < p->y + p->h;
    if (x >= 0 && y >= 0 && x < s->width && y < s->height && paper)
        return image_row(s, y)[x];
    if (paper)
        return 255;
    int texture = e->noise->grain[(size_t)(y >> 1 & (OPTICS_GRAIN - 1)) * OPTICS_GRAIN +
                                  (size_t)(x >> 1 & (OPTICS_GRAIN - 1))];
    int level = e->o->ground + (int)(e->o->ground_texture * texture / 32);
    return level < 0 ? 0 : level > 255 ? 255 : level;
}

static uint8_t see_slowly(const struct exposure *e, int64_t x, int64_t y)
{
    int col = (int)(x >> 16), row = (int)(y >> 16);
    int fx = (int)(x >> 8 & 255), fy = (int)(y >> 8 & 255);
    int top = see_beyond(e, col, row) * (256 - fx) + see_beyond(e, col + 1, row) * fx;
    int low = see_beyond(e, col, row + 1) * (256 - fx) + see_beyond(e, col + 1, row + 1) * fx;
    return (uint8_t)((top * (256 - fy) + low * fy + 32768) >> 16);
}

/* Within the sheet: n pixels from (x, y), 16.16 fixed point, each (dx, dy) further. */
static void see_run(const struct image *s, uint8_t *to, int n, int32_t x, int32_t y, int32_t dx,
                    int32_t dy)
{
    for (int i = 0; i < n; i++, x += dx, y += dy) {
        const uint8_t *p = s->data + (size_t)(y >> 16) * s->stride + (x >> 16);
        const uint8_t *q = p + s->stride;
        int fx = x >> 8 & 255, fy = y >> 8 & 255;
        int top = (p[0] << 8) + (p[1] - p[0]) * fx, low = (q[0] << 8) + (q[1] - q[0]) * fx;
        to[i] = (uint8_t)(((top << 8) + (low - top) * fy + 32768) >> 16);
    }
}

static bool is_inside(const struct exposure *e, double x, double y)
{
    const struct rect *p = &e->o->paper;
    return x >= fmax(1, p->x + 1) && y >= fmax(1, p->y + 1) &&
           x < fmin(e->sheet->width - 2, p->x + p->w - 2) &&
           y < fmin(e->sheet->height - 2, p->y + p->h - 2) && x < 32000 && y < 32000;
}

/* Between two nodes of a mesh row that lies between two of the mesh's. */
struct node {
    double x, y, light;
};

static struct node node_at(const struct optics *o, int column, int row, double share)
{
    size_t a = (size_t)row * (size_t)o->mesh_w + (size_t)column, b = a + (size_t)o->mesh_w;
    return (struct node){o->mesh_x[a] + (o->mesh_x[b] - o->mesh_x[a]) * share,
                         o->mesh_y[a] + (o->mesh_y[b] - o->mesh_y[a]) * share,
                         o->light[a] + (o->light[b] - o->light[a]) * share};
}

static void light_run(uint8_t *run, int n, double from, double to)
{
    int32_t light = (int32_t)(from * 65536), step = (int32_t)((to - from) * 65536 / OPTICS_STEP);
    for (int i = 0; i < n; i++, light += step) {
        int v = (run[i] * (light >> 4)) >> 12;
        run[i] = (uint8_t)(v > 255 ? 255 : v);
    }
}

static void see_row(const struct exposure *e, int y, uint8_t *to)
{
    const struct optics *o = e->o;
    int row = y / OPTICS_STEP;
    double share = (double)(y % OPTICS_STEP) / OPTICS_STEP;
    struct node a = node_at(o, 0, row, share);
    for (int c = 0; c + 1 < o->mesh_w; c++) {
        struct node b = node_at(o, c + 1, row, share);
        int from = c * OPTICS_STEP,
            n = o->width - from < OPTICS_STEP ? o->width - from : OPTICS_STEP;
        double dx = (b.x - a.x) / OPTICS_STEP, dy = (b.y - a.y) / OPTICS_STEP;
        if (is_inside(e, a.x, a.y) && is_inside(e, b.x, b.y))
            see_run(e->sheet, to + from, n, (int32_t)(a.x * 65536), (int32_t)(a.y * 65536),
                    (int32_t)(dx * 65536), (int32_t)(dy * 65536));
        else
            for (int i = 0; i < n; i++)
                to[from + i] = see_slowly(e, (int64_t)((a.x + dx * i) * 65536),
                                          (int64_t)((a.y + dy * i) * 65536));
        if (o->lit)
            light_run(to + from, n, a.light, b.light);
        a = b;
    }
}

static void blur_along(const uint8_t *restrict line, const int16_t taps[TAPS], int16_t *restrict to,
                       int n)
{
    for (int x = 0; x < n; x++)
        to[x] = (int16_t)(line[x] * taps[0]);
    for (int k = 1; k < TAPS; k++) {
        const int16_t tap = taps[k];
        const uint8_t *restrict from = line + k;
        if (tap == 0)
            continue;
        for (int x = 0; x < n; x++)
            to[x] = (int16_t)(to[x] + from[x] * tap);
    }
}

/* Row y of the sheet's picture, blurred along x, goes into its place of the ring. */
static void fill_ring(struct exposure *e, int y)
{
    int n = e->o->width;
    int seen = y < 0 ? 0 : y >= e->o->height ? e->o->height - 1 : y;
    see_row(e, seen, e->line + OPTICS_RADIUS);
    memset(e->line, e->line[OPTICS_RADIUS], OPTICS_RADIUS);
    memset(e->line + OPTICS_RADIUS + n, e->line[OPTICS_RADIUS + n - 1], OPTICS_RADIUS);
    blur_along(e->line, e->taps_x, e->ring + (size_t)((y + TAPS) % TAPS) * (size_t)n, n);
}

static void blur_down(const struct exposure *e, int y, int16_t *restrict to)
{
    int n = e->o->width;
    const int16_t *restrict rows[TAPS];
    for (int k = 0; k < TAPS; k++)
        rows[k] = e->ring + (size_t)((y + k - OPTICS_RADIUS + TAPS) % TAPS) * (size_t)n;
    const int16_t *t = e->taps_y;
    const int t0 = t[0], t1 = t[1], t2 = t[2], t3 = t[3], t4 = t[4], t5 = t[5], t6 = t[6],
              t7 = t[7], t8 = t[8];
    for (int x = 0; x < n; x++) {
        int v = rows[0][x] * t0 + rows[1][x] * t1 + rows[2][x] * t2 + rows[3][x] * t3 +
                rows[4][x] * t4 + rows[5][x] * t5 + rows[6][x] * t6 + rows[7][x] * t7 +
                rows[8][x] * t8;
        to[x] = (int16_t)((v + UNIT * UNIT / 2) / (UNIT * UNIT));
    }
}

static void add_noise(const struct exposure *e, int y, int16_t *restrict row)
{
    const struct optics *o = e->o;
    uint64_t state = e->start + (uint64_t)y;
    uint64_t name = rng_splitmix(&state);
    const int8_t *restrict white = e->noise->white + name % OPTICS_NOISE;
    const int8_t *grain =
        e->noise->grain + ((e->start + (uint64_t)y) & (OPTICS_GRAIN - 1)) * OPTICS_GRAIN;
    int shift = (int)(e->start >> 32 & (OPTICS_GRAIN - 1));
    const int16_t a = (int16_t)lround(o->noise * 8), b = (int16_t)lround(o->grain * 8);
    for (int x = 0; x < o->width; x++)
        row[x] = (int16_t)(row[x] + ((white[x] * a + 128) >> 8));
    if (b)
        for (int x = 0; x < o->width; x++)
            row[x] = (int16_t)(row[x] + ((grain[(x + shift) & (OPTICS_GRAIN - 1)] * b + 128) >> 8));
    if (o->streaks)
        for (int x = 0; x < o->width; x++)
            row[x] = (int16_t)(row[x] + o->streaks[x]);
}

static void develop(const struct exposure *e, const int16_t *restrict row, uint8_t *restrict out)
{
    const int last = 255 + 2 * OPTICS_HEADROOM;
    for (int x = 0; x < e->o->width; x++) {
        int level = row[x] + OPTICS_HEADROOM;
        level = level < 0 ? 0 : level > last ? last : level;
        out[x] = e->tone[level];
    }
}

static int expose_rows(struct exposure *e, int (*row)(void *context, const uint8_t *pixels),
                       void *context)
{
    int r = 0;
    for (int y = -OPTICS_RADIUS; y < OPTICS_RADIUS; y++)
        fill_ring(e, y);
    for (int y = 0; r >= 0 && y < e->o->height; y++) {
        fill_ring(e, y + OPTICS_RADIUS);
        blur_down(e, y, e->sum);
        add_noise(e, y, e->sum);
        develop(e, e->sum, e->out);
        r = row(context, e->out);
    }
    return r < 0 ? r : 0;
}

int optics_expose(const struct optics *o, const struct image *sheet,
                  const struct optics_noise *noise, uint64_t start,
                  int (*row)(void *context, const uint8_t *pixels), void *context)
{
    struct exposure e = {.o = o, .sheet = sheet, .noise = noise, .start = start};
    size_t n = (size_t)o->width;
    assert(o->width > 0 && o->height > 0);
    make_taps(o->blur_x, o->sharpen, e.taps_x);
    make_taps(o->blur_y, o->sharpen, e.taps_y);
    make_tone(o, e.tone);
    e.line = malloc(n + TAPS);
    e.ring = malloc(n * TAPS * sizeof *e.ring);
    e.sum = malloc(n * sizeof *e.sum);
    e.out = malloc(n);
    int r = e.line && e.ring && e.sum && e.out ? expose_rows(&e, row, context) : YJ_ENOMEM;
    free(e.line);
    free(e.ring);
    free(e.sum);
    free(e.out);
    return r;
}
