/* Row by row: the mean by running sums, the dark pixels as runs, and runs that touch those of the
 * row above joined to their patches (Rosenfeld and Pfaltz 1966, by runs). */
#include "window_patches.h"

#include "wide.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define RUNS_MAX (WINDOW_SIDE_MAX / 2 + 1) /* of a row */
#define PATCHES_MAX 2048                   /* numbers given; a window with more is noise */

struct run {
    int from, to; /* [from, to) */
    int patch;
};

struct patch_sums {
    int joined; /* the patch it became a part of; itself: none */
    int x0, y0, x1, y1;
    int area;
    int64_t x, y;
};

struct finder {
    struct patch_sums patches[PATCHES_MAX];
    int n_patches;
    struct run above[RUNS_MAX], row[RUNS_MAX];
    int n_above, n_row;
};

static int clamp(int v, int most)
{
    return v < 0 ? 0 : v > most ? most : v;
}

/* ---- the mean ---- */

WIDE static void move_sums(const uint8_t *restrict in, const uint8_t *restrict out, int n,
                           uint32_t *restrict sums)
{
    for (int x = 0; x < n; x++)
        sums[x] += (uint32_t)in[x] - out[x];
}

/* Columns of `around` rows about the first. */
static void begin_sums(const struct image *part, int around, uint32_t *sums)
{
    memset(sums, 0, (size_t)part->width * sizeof(*sums));
    for (int y = -(around / 2); y <= around / 2; y++) {
        const uint8_t *row = image_row(part, clamp(y, part->height - 1));
        for (int x = 0; x < part->width; x++)
            sums[x] += row[x];
    }
}

/* The runs of a row that are dark against the mean of the sums' columns. */
static int find_runs(const uint8_t *row, const uint32_t *sums, int width, int around, int offset,
                     struct run *runs)
{
    const uint32_t area = (uint32_t)around * (uint32_t)around;
    const int reach = around / 2;
    uint32_t sum = 0;
    int n = 0;
    bool dark_before = false;
    for (int x = -reach; x <= reach; x++)
        sum += sums[clamp(x, width - 1)];
    for (int x = 0; x < width; x++) {
        /* row[x] <= round(sum / area) - offset, without a division; no sum is half way */
        bool dark = (2 * (uint32_t)(row[x] + offset) - 1) * area < 2 * sum;
        if (dark && !dark_before)
            runs[n++] = (struct run){x, x, -1};
        if (dark)
            runs[n - 1].to = x + 1;
        dark_before = dark;
        sum += sums[clamp(x + reach + 1, width - 1)] - sums[clamp(x - reach, width - 1)];
    }
    return n;
}

/* ---- patches ---- */

static int root_of(struct finder *f, int patch)
{
    while (f->patches[patch].joined != patch) {
        f->patches[patch].joined = f->patches[f->patches[patch].joined].joined;
        patch = f->patches[patch].joined;
    }
    return patch;
}

static void take_in(struct patch_sums *p, const struct patch_sums *q)
{
    p->x0 = q->x0 < p->x0 ? q->x0 : p->x0;
    p->y0 = q->y0 < p->y0 ? q->y0 : p->y0;
    p->x1 = q->x1 > p->x1 ? q->x1 : p->x1;
    p->y1 = q->y1 > p->y1 ? q->y1 : p->y1;
    p->area += q->area;
    p->x += q->x;
    p->y += q->y;
}

/* The patches of two numbers become one. */
static int join(struct finder *f, int a, int b)
{
    a = root_of(f, a);
    b = root_of(f, b);
    if (a == b)
        return a;
    take_in(&f->patches[a], &f->patches[b]);
    f->patches[b].joined = a;
    return a;
}

static struct patch_sums sums_of_run(const struct run *r, int y)
{
    int64_t n = r->to - r->from;
    return (struct patch_sums){.x0 = r->from,
                               .y0 = y,
                               .x1 = r->to,
                               .y1 = y + 1,
                               .area = (int)n,
                               .x = n * (r->from + r->to - 1) / 2,
                               .y = n * y};
}

/* False: too many patches. */
static bool add_row(struct finder *f, int y)
{
    for (int i = 0, k = 0; i < f->n_row; i++) {
        struct run *r = &f->row[i];
        struct patch_sums own = sums_of_run(r, y);
        while (k < f->n_above && f->above[k].to < r->from)
            k++;
        for (int j = k; j < f->n_above && f->above[j].from <= r->to; j++)
            r->patch =
                r->patch < 0 ? root_of(f, f->above[j].patch) : join(f, r->patch, f->above[j].patch);
        if (r->patch >= 0) {
            take_in(&f->patches[r->patch], &own);
            continue;
        }
        if (f->n_patches == PATCHES_MAX)
            return false;
        own.joined = r->patch = f->n_patches;
        f->patches[f->n_patches++] = own;
    }
    memcpy(f->above, f->row, (size_t)f->n_row * sizeof(*f->row));
    f->n_above = f->n_row;
    return true;
}

/* Keeps the largest, largest first; of like ones the first. */
static void keep(const struct patch_sums *p, struct blob *blobs, int max, int *n)
{
    int at = *n;
    while (at > 0 && blobs[at - 1].area < p->area)
        at--;
    if (at == max)
        return;
    *n += *n < max;
    memmove(blobs + at + 1, blobs + at, (size_t)(*n - at - 1) * sizeof(*blobs));
    blobs[at] =
        (struct blob){p->x0,         p->y0,   p->x1 - p->x0,
                      p->y1 - p->y0, p->area, {(double)p->x / p->area, (double)p->y / p->area}};
}

int window_patches_find(const struct image *part, int around, int offset, int min_area,
                        struct blob *blobs, int max)
{
    static _Thread_local struct finder finder;
    struct finder *f = &finder;
    uint32_t sums[WINDOW_SIDE_MAX];
    const int last = part->height - 1, reach = around / 2;
    int n = 0;
    assert(around % 2 == 1 && part->width <= WINDOW_SIDE_MAX && part->height <= WINDOW_SIDE_MAX);
    f->n_patches = f->n_above = 0;
    begin_sums(part, around, sums);
    for (int y = 0; y <= last; y++) {
        f->n_row = find_runs(image_row(part, y), sums, part->width, around, offset, f->row);
        if (!add_row(f, y))
            return 0;
        move_sums(image_row(part, clamp(y + reach + 1, last)),
                  image_row(part, clamp(y - reach, last)), part->width, sums);
    }
    for (int i = 0; i < f->n_patches; i++)
        if (f->patches[i].joined == i && f->patches[i].area >= min_area)
            keep(&f->patches[i], blobs, max, &n);
    return n;
}
