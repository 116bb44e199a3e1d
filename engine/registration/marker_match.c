#include "marker_match.h"

#include "diag.h"
#include "wide.h"

#include <math.h>
#include <stdint.h>

#define LANES 8
#define BLOCK (4 * LANES) /* places taken along together */
#define FLAT 1.0          /* variance, grey levels^2: nothing to be seen in it */

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

/* A place that scores enough. */
struct candidate {
    float score;
    int x, y;
};

struct match {
    const struct image *img;
    int w, h, across, down; /* of the marker; places */
    float *marker;          /* its greys less their mean */
    double spread;          /* square root of the sum of their squares */
    float *greys;           /* of img; a row is `stride` long, zeros behind its end */
    size_t stride;
    float *products;          /* of a row of places */
    uint32_t *sums, *squares; /* of h greys of each column of img */
    struct candidate *candidates;
    size_t n;
};

static bool lay_out(struct match *m, const struct image *marker, struct arena *arena)
{
    size_t columns = (size_t)m->img->width, cells = (size_t)m->w * m->h;
    m->stride = columns + BLOCK;
    m->marker = arena_room(arena, cells * sizeof *m->marker);
    m->greys = arena_alloc(arena, (m->stride * m->img->height + BLOCK) * sizeof *m->greys);
    m->products = arena_room(arena, m->stride * sizeof *m->products);
    m->sums = arena_alloc(arena, columns * sizeof *m->sums);
    m->squares = arena_alloc(arena, columns * sizeof *m->squares);
    m->candidates = arena_room(arena, (size_t)m->across * m->down * sizeof *m->candidates);
    if (!m->marker || !m->greys || !m->products || !m->sums || !m->squares || !m->candidates)
        return false;
    double mean = 0, sum = 0;
    for (size_t i = 0; i < cells; i++)
        mean += image_row(marker, (int)(i / m->w))[i % m->w];
    mean /= cells;
    for (size_t i = 0; i < cells; i++) {
        m->marker[i] = (float)(image_row(marker, (int)(i / m->w))[i % m->w] - mean);
        sum += (double)m->marker[i] * m->marker[i];
    }
    m->spread = sqrt(sum);
    for (int y = 0; y < m->img->height; y++)
        for (int x = 0; x < m->img->width; x++)
            m->greys[y * m->stride + x] = image_row(m->img, y)[x];
    return true;
}

/* Sums of marker times greys at BLOCK places from (x, y) on. */
WIDE static void multiply_block(const struct match *m, int x, int y)
{
    lanes a = {0}, b = {0}, c = {0}, d = {0};
    const float *marker = m->marker;
    for (int j = 0; j < m->h; j++) {
        const float *row = m->greys + (size_t)(y + j) * m->stride + x;
        for (int i = 0; i < m->w; i++, row++) {
            float weight = *marker++;
            a += weight * *(const lanes *)row;
            b += weight * *(const lanes *)(row + LANES);
            c += weight * *(const lanes *)(row + 2 * LANES);
            d += weight * *(const lanes *)(row + 3 * LANES);
        }
    }
    lanes *out = (lanes *)(m->products + x);
    out[0] = a;
    out[1] = b;
    out[2] = c;
    out[3] = d;
}

/* Adds row `y` of img to its columns' sums, or takes it away. */
WIDE static void count_row(const struct match *m, int y, uint32_t sign)
{
    const uint8_t *restrict row = image_row(m->img, y);
    uint32_t *restrict sums = m->sums, *restrict squares = m->squares;
    for (int x = 0; x < m->img->width; x++) {
        sums[x] += sign * row[x];
        squares[x] += sign * ((uint32_t)row[x] * row[x]);
    }
}

/* Candidates of the row of places `y`, whose products are there. */
static void weigh_row(struct match *m, int y, double min_score)
{
    double cells = (double)m->w * m->h, least = min_score * m->spread;
    float least_product = (float)(least * sqrt(FLAT * cells));
    uint64_t sum = 0, squares = 0;
    for (int x = 0; x < m->w - 1; x++) {
        sum += m->sums[x];
        squares += m->squares[x];
    }
    for (int x = 0; x < m->across; x++) {
        sum += m->sums[x + m->w - 1];
        squares += m->squares[x + m->w - 1];
        if (m->products[x] > least_product) {
            double spread2 = (double)squares - (double)sum * (double)sum / cells;
            double product = (double)m->products[x];
            if (spread2 > FLAT * cells && product * product >= least * least * spread2)
                m->candidates[m->n++] =
                    (struct candidate){(float)(product / (m->spread * sqrt(spread2))), x, y};
        }
        sum -= m->sums[x];
        squares -= m->squares[x];
    }
}

/* Takes the best candidate, and away those too near it. */
static struct candidate take_best(struct match *m, double min_gap)
{
    size_t kept = 0, best = 0;
    for (size_t i = 1; i < m->n; i++)
        best = m->candidates[i].score > m->candidates[best].score ? i : best;
    struct candidate taken = m->candidates[best];
    for (size_t i = 0; i < m->n; i++) {
        double dx = m->candidates[i].x - taken.x, dy = m->candidates[i].y - taken.y;
        if (i != best && dx * dx + dy * dy >= min_gap * min_gap)
            m->candidates[kept++] = m->candidates[i];
    }
    m->n = kept;
    return taken;
}

int marker_match(const struct image *img, const struct image *marker, double min_score,
                 double min_gap, struct arena *arena, struct point *places, double *scores,
                 size_t max, size_t *ret_n)
{
    struct match m = {.img = img,
                      .w = marker->width,
                      .h = marker->height,
                      .across = img->width - marker->width + 1,
                      .down = img->height - marker->height + 1};
    *ret_n = 0;
    if (m.across < 1 || m.down < 1)
        return 0;
    arena_reset(arena);
    if (!lay_out(&m, marker, arena))
        return YJ_ENOMEM;
    if (m.spread * m.spread <= FLAT * m.w * m.h)
        return 0;
    for (int y = 0; y < m.h - 1; y++)
        count_row(&m, y, 1);
    for (int y = 0; y < m.down; y++) {
        count_row(&m, y + m.h - 1, 1);
        for (int x = 0; x < m.across; x += BLOCK)
            multiply_block(&m, x, y);
        weigh_row(&m, y, min_score);
        count_row(&m, y, (uint32_t)-1);
    }
    for (size_t n = 0; n < max && m.n > 0; n++) {
        struct candidate best = take_best(&m, min_gap);
        places[n] = (struct point){best.x + (m.w - 1) / 2.0, best.y + (m.h - 1) / 2.0};
        scores[n] = fmin(1, (double)best.score);
        *ret_n = n + 1;
    }
    return 0;
}
