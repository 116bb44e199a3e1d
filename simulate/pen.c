#include "pen.h"

#include "diag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOOTH_MASK (TOOTH_SIDE - 1)
#define DAB_STEP 0.22  /* of the stroke's width, between two dabs */
#define MAX_LAID 6.0   /* more graphite than this makes nothing darker */
#define SEEN_STEPS 384 /* of the table from what is laid to what is seen */

/* ---- paper ---- */

/* Two sizes of roughness: fibres and the felt's pattern. Stretched to use the whole range, so that
 * a share of the paper corresponds to a share of the scale. */
void pen_fill_tooth(uint8_t *tooth, struct rng *rng)
{
    enum { N = TOOTH_SIDE * TOOTH_SIDE };
    float *raw = malloc(2 * N * sizeof *raw), *smooth = raw + N;
    if (!raw) { /* smooth paper */
        memset(tooth, 128, N);
        return;
    }
    for (int i = 0; i < N; i++)
        raw[i] = (float)rng_normal(rng);
    for (int y = 0; y < TOOTH_SIDE; y++)
        for (int x = 0; x < TOOTH_SIDE; x++) {
            float fine = 0, coarse = 0;
            for (int dy = -3; dy <= 3; dy++)
                for (int dx = -3; dx <= 3; dx++) {
                    float v = raw[((y + dy) & TOOTH_MASK) * TOOTH_SIDE + ((x + dx) & TOOTH_MASK)];
                    coarse += v;
                    fine += abs(dx) <= 1 && abs(dy) <= 1 ? v : 0;
                }
            smooth[y * TOOTH_SIDE + x] = fine / 3 * 0.94F + coarse / 7 * 0.34F;
        }
    for (int i = 0; i < N; i++) /* normal to uniform */
        tooth[i] = (uint8_t)(255 * 0.5 * erfc(-smooth[i] / M_SQRT2));
    free(raw);
}

int surface_copy(const struct surface *from, struct surface *to)
{
    struct image img = to->img;
    int r = image_resize(&img, from->img.width, from->img.height);
    if (r < 0)
        return r;
    *to = *from;
    to->img = img;
    for (int y = 0; y < img.height; y++)
        memcpy(image_row(&img, y), image_row(&from->img, y), (size_t)img.width);
    return 0;
}

/* ---- traces ---- */

void trace_init(struct trace *t)
{
    *t = (struct trace){0};
}

void trace_finish(struct trace *t)
{
    free(t->laid);
    free(t->spare);
    trace_init(t);
}

static int clamp_int(int v, int low, int high)
{
    return v < low ? low : v > high ? high : v;
}

int trace_begin(struct trace *t, const struct surface *surface, struct rect area)
{
    int x0 = clamp_int((int)floor(area.x * surface->px), 0, surface->img.width);
    int y0 = clamp_int((int)floor(area.y * surface->px), 0, surface->img.height);
    int x1 = clamp_int((int)ceil((area.x + area.w) * surface->px), x0, surface->img.width);
    int y1 = clamp_int((int)ceil((area.y + area.h) * surface->px), y0, surface->img.height);
    size_t need = (size_t)(x1 - x0) * (size_t)(y1 - y0) + 1;
    if (need > t->capacity) {
        float *laid = malloc(need * sizeof *laid), *spare = malloc(need * sizeof *spare);
        if (!laid || !spare) {
            free(laid);
            free(spare);
            return YJ_ENOMEM;
        }
        trace_finish(t);
        *t = (struct trace){.laid = laid, .spare = spare, .capacity = need};
    }
    t->x = x0;
    t->y = y0;
    t->w = x1 - x0;
    t->h = y1 - y0;
    t->surface = surface;
    memset(t->laid, 0, need * sizeof *t->laid);
    return 0;
}

/* One touch of the tip at (cx, cy), px of the trace. */
struct dab {
    float radius, amount;
    float reach; /* pencil: how deep into the tooth it goes, 0 to 255; ink: everywhere */
    float grip;  /* 1 / the tooth's range over which graphite thins out; 0: ink */
    float floor; /* what reaches even the tooth's valleys */
};

static void lay_dab(struct trace *t, const struct dab *dab, float cx, float cy)
{
    const struct surface *s = t->surface;
    int x0 = clamp_int((int)ceilf(cx - dab->radius), 0, t->w);
    int x1 = clamp_int((int)floorf(cx + dab->radius) + 1, x0, t->w);
    int y0 = clamp_int((int)ceilf(cy - dab->radius), 0, t->h);
    int y1 = clamp_int((int)floorf(cy + dab->radius) + 1, y0, t->h);
    float inverse = 1 / (dab->radius * dab->radius);
    for (int y = y0; y < y1; y++) {
        float *row = t->laid + (size_t)y * (size_t)t->w;
        const uint8_t *tooth =
            s->tooth + ((t->y + y + s->tooth_y) & TOOTH_MASK) * (size_t)TOOTH_SIDE;
        float dy2 = ((float)y - cy) * ((float)y - cy);
        for (int x = x0; x < x1; x++) {
            float near = 1 - (((float)x - cx) * ((float)x - cx) + dy2) * inverse;
            if (near <= 0)
                continue;
            float flat = near > 0.5F ? 1 : 2 * near; /* even in the middle, thin at the rim */
            float grain =
                (dab->reach - tooth[(t->x + x + s->tooth_x) & TOOTH_MASK]) * dab->grip + 0.5F;
            grain = grain < dab->floor ? dab->floor : grain > 1 || dab->grip == 0 ? 1 : grain;
            row[x] += dab->amount * flat * grain;
        }
    }
}

static struct dab dab_of(const struct tool *tool, double pressure, double px)
{
    double p = tool->pressure * pressure;
    struct dab dab = {.radius = (float)(tool->width / 2 * px)};
    /* What a stroke lays does not depend on how many dabs it is made of. */
    dab.amount = (float)(DAB_STEP * tool->softness * p * 1.6);
    if (tool->kind == TOOL_PENCIL) {
        dab.radius *= (float)(0.8 + 0.2 * (p > 1.5 ? 1.5 : p));
        dab.reach = (float)(255 * (0.1 + 0.72 * p));
        dab.grip = 1 / 260.0F;
        dab.floor = 0.4F;
    }
    if (dab.radius < 0.8F)
        dab.radius = 0.8F;
    return dab;
}

void trace_stroke(struct trace *t, const struct tool *tool, const struct point *points, int n,
                  double pressure)
{
    double px = t->surface->px, rest = 0;
    struct dab dab = dab_of(tool, pressure, px);
    double step = fmax(DAB_STEP * 2 * dab.radius, 0.5);
    for (int i = 0; i + 1 < n; i++) {
        double x = points[i].x * px - t->x, y = points[i].y * px - t->y;
        double dx = points[i + 1].x * px - t->x - x, dy = points[i + 1].y * px - t->y - y;
        double length = hypot(dx, dy), at = rest;
        for (; at < length; at += step)
            lay_dab(t, &dab, (float)(x + dx * at / length), (float)(y + dy * at / length));
        rest = at - length;
    }
    if (n == 1)
        lay_dab(t, &dab, (float)(points[0].x * px - t->x), (float)(points[0].y * px - t->y));
}

/* Patches of 0 to 1 about `size` px wide: value noise, linear between the nodes of a torus. */
struct patches {
    float node[8][8];
    double size;
};

static struct patches draw_patches(double size, struct rng *rng)
{
    struct patches p = {.size = size};
    for (int i = 0; i < 64; i++)
        p.node[i / 8][i % 8] = (float)rng_uniform(rng);
    return p;
}

static float patch_at(const struct patches *p, int x, int y)
{
    double u = x / p->size, v = y / p->size;
    int i = (int)u, j = (int)v;
    float fu = (float)(u - i), fv = (float)(v - j);
    const float *top = p->node[j & 7], *low = p->node[(j + 1) & 7];
    float a = top[i & 7] * (1 - fu) + top[(i + 1) & 7] * fu;
    float b = low[i & 7] * (1 - fu) + low[(i + 1) & 7] * fu;
    return a * (1 - fv) + b * fv;
}

void trace_erase(struct trace *t, double residue, double smear, double angle, struct rng *rng)
{
    struct patches patches = draw_patches(fmax(1.5, 0.5 * t->surface->px), rng);
    int reach = clamp_int((int)(0.9 * t->surface->px), 1, 40);
    float dx = (float)cos(angle), dy = (float)sin(angle);
    memcpy(t->spare, t->laid, (size_t)t->w * (size_t)t->h * sizeof *t->laid);
    for (int y = 0; y < t->h; y++)
        for (int x = 0; x < t->w; x++) {
            float dragged = 0;
            for (int k = -reach; k <= reach; k += 3) {
                int sx = x + (int)(dx * (float)k), sy = y + (int)(dy * (float)k);
                if (sx >= 0 && sx < t->w && sy >= 0 && sy < t->h)
                    dragged += t->spare[(size_t)sy * (size_t)t->w + (size_t)sx];
            }
            dragged /= (float)(2 * reach / 3 + 1);
            size_t at = (size_t)y * (size_t)t->w + (size_t)x;
            float left = (float)residue * (0.35F + 1.3F * patch_at(&patches, x, y));
            t->laid[at] = t->spare[at] * left + dragged * (float)smear;
        }
}

/* ---- seeing it ---- */

/* What is seen of what is laid: rises at once, then levels off. */
static void fill_seen(float seen[SEEN_STEPS + 1], const struct tool *tool)
{
    for (int i = 0; i <= SEEN_STEPS; i++)
        seen[i] = (float)(tool->darkness * (1 - exp(-MAX_LAID * i / SEEN_STEPS)));
}

static float see(const float seen[SEEN_STEPS + 1], float laid)
{
    return laid >= (float)MAX_LAID ? seen[SEEN_STEPS]
                                   : seen[(int)(laid * (float)(SEEN_STEPS / MAX_LAID))];
}

static double sum_seen(const struct trace *t, const struct tool *tool, const uint8_t *tone, int x0,
                       int y0, int x1, int y1)
{
    float seen[SEEN_STEPS + 1];
    double sum = 0;
    fill_seen(seen, tool);
    for (int i = 0; i <= SEEN_STEPS; i++)
        seen[i] = (float)(tone[255] - tone[(int)(255 * (1 - seen[i]) + 0.5F)]) / 255;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            sum += see(seen, t->laid[(size_t)y * (size_t)t->w + (size_t)x]);
    return sum;
}

double trace_darkness(const struct trace *t, const struct tool *tool, struct rect box,
                      const uint8_t *tone)
{
    double px = t->surface->px;
    int x0 = clamp_int((int)(box.x * px) - t->x, 0, t->w);
    int x1 = clamp_int((int)((box.x + box.w) * px) - t->x, x0, t->w);
    int y0 = clamp_int((int)(box.y * px) - t->y, 0, t->h);
    int y1 = clamp_int((int)((box.y + box.h) * px) - t->y, y0, t->h);
    int n = (x1 - x0) * (y1 - y0);
    return n ? sum_seen(t, tool, tone, x0, y0, x1, y1) / n : 0;
}

double trace_amount(const struct trace *t, const struct tool *tool, const uint8_t *tone)
{
    return sum_seen(t, tool, tone, 0, 0, t->w, t->h) / (t->surface->px * t->surface->px);
}

double trace_added(const struct trace *t, const struct tool *tool, const uint8_t *tone)
{
    float seen[SEEN_STEPS + 1];
    long sum = 0;
    fill_seen(seen, tool);
    for (int y = 0; y < t->h; y++) {
        const float *laid = t->laid + (size_t)y * (size_t)t->w;
        const uint8_t *row = image_row(&t->surface->img, t->y + y) + t->x;
        for (int x = 0; x < t->w; x++) {
            int under = (int)((float)row[x] * (1 - see(seen, laid[x])) + 0.5F);
            int added = tone[row[x]] - tone[under];
            sum += added >= TRACE_LEAST ? added : 0;
        }
    }
    return (double)sum / 255 / (t->surface->px * t->surface->px);
}

void trace_apply(const struct trace *t, const struct tool *tool, struct surface *surface)
{
    float seen[SEEN_STEPS + 1];
    fill_seen(seen, tool);
    for (int y = 0; y < t->h; y++) {
        const float *laid = t->laid + (size_t)y * (size_t)t->w;
        uint8_t *row = image_row(&surface->img, t->y + y) + t->x;
        for (int x = 0; x < t->w; x++)
            if (laid[x] > 0.002F)
                row[x] = (uint8_t)((float)row[x] * (1 - see(seen, laid[x])) + 0.5F);
    }
}
