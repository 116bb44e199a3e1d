#include "line_picture.h"

#include "diag.h"
#include "line_rule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MIDDLE 16      /* row of the writing's centre of mass */
#define SIGMA 6.0      /* px: standard deviation of its rows */
#define MARGIN 6       /* px of paper left and right */
#define MOST_ROWS 44.0 /* px that its box may be high: what is beyond the rows is cut */
#define MOST_SCALE 3.0
#define PAPER_SHARE 0.8  /* of a block's pixels are not lighter than its paper */
#define BLOCK_MIN 64     /* px wide: blocks are as wide as the crop is high */
#define BLOCK_DARKER 48  /* grey levels that a block's paper may lie below the crop's */
#define INK_FROM 20      /* grey levels below the paper: not its grain */
#define RANGE_MIN 40     /* grey levels: less contrast is not made larger */
#define BLACK_SHARE 0.95 /* of the ink is not darker than what is black */
#define SEEN 0.2f        /* mean of 3 x 3 px from which on it is ink and no speck */
#define LARGE_WIDTH 4096 /* px: larger crops are halved first */
#define LARGE_HEIGHT 512
#define LEAST_SIDE 8     /* px: in less nobody reads anything */
#define LIGHT_PAPER 110  /* grey */
#define MOST_INK 0.33    /* mean of a picture: more is no writing, */
#define LEAST_DEPTH 32   /* grey levels: paler is grain, */
#define MOST_LONG 40     /* times as wide as high: longer is a bar */
#define GRAIN_SIDE 16    /* px: a box larger than this, */
#define GRAIN_COVER 0.55 /* of which so much is ink, */
#define GRAIN_INK 0.5    /* of no more than so much of black, is grain */

#define SPAN_EDGES                                                                                 \
    3 /* cells that boxes next to each other both cover, or one within a cell does                 \
       */

/* The cells from..to that the box of output cell o covers: boxes of `step` cells from `first` on,
 * at least a cell wide. */
struct span {
    double low, high;
    int from, to;
};

/* What the work needs, freed together. */
struct work {
    struct image grey;
    float *paper; /* at each column */
    float *row;   /* [width] of what is at hand */
    float
        *shares; /* of the cells of all columns, one after another: width + SPAN_EDGES n at most */
    float *v;    /* [height][width] ink, 0 to 1 */
    struct span columns[LINE_MAX_WIDTH];
};

/* Where the writing lies in the crop, in px from its corner: pixel i spans i to i + 1. */
struct extent {
    double middle, sigma; /* of its rows */
    int x0, x1, y0, y1;   /* its box; x1, y1 beyond it */
    double scale;         /* px of the picture to one of the crop */
    bool grain;           /* all of the box is half ink: noise or a raster */
};

static int copy_grey(const struct image *crop, struct image *out)
{
    int k = 0, least = crop->width < crop->height ? crop->width : crop->height;
    while (k < 3 && (crop->width >> k > LARGE_WIDTH || crop->height >> k > LARGE_HEIGHT) &&
           least >> (k + 1) >= LEAST_SIDE)
        k++;
    if (k > 0)
        return image_shrink(crop, k, out);
    int e = image_resize(out, crop->width, crop->height);
    for (int y = 0; y < crop->height && e == 0; y++)
        memcpy(image_row(out, y), image_row(crop, y), (size_t)crop->width);
    return e;
}

/* ---- paper and ink ---- */

/* The level that `share` of what was counted does not exceed. */
static int quantile(const uint32_t histogram[256], double share)
{
    double total = 0, sum = 0;
    for (int g = 0; g < 256; g++)
        total += histogram[g];
    for (int g = 0; g < 256; g++)
        if ((sum += histogram[g]) >= share * total)
            return g;
    return 255;
}

static int paper_of(const struct image *grey, int x0, int x1)
{
    uint32_t histogram[256] = {0};
    for (int y = 0; y < grey->height; y++)
        for (int x = x0; x < x1; x++)
            histogram[image_row(grey, y)[x]]++;
    return quantile(histogram, PAPER_SHARE);
}

/* Fills paper[width]: block by block, linear between the middles of blocks. */
static void level_paper(const struct image *grey, float *paper)
{
    int w = grey->width, wide = grey->height > BLOCK_MIN ? grey->height : BLOCK_MIN;
    int n = w / wide > 1 ? w / wide : 1, whole = paper_of(grey, 0, w), done = 0;
    double last = 0, last_at = -1;
    for (int i = 0; i < n; i++) {
        int x0 = (int)((int64_t)i * w / n), x1 = (int)((int64_t)(i + 1) * w / n);
        double level = fmax(paper_of(grey, x0, x1), whole - BLOCK_DARKER), at = (x0 + x1) / 2.0;
        for (; done < w && (done + 0.5 <= at || i == n - 1); done++) {
            double t = i == 0 ? 1 : fmin((done + 0.5 - last_at) / (at - last_at), 1);
            paper[done] = (float)(last + t * (level - last));
        }
        last = level;
        last_at = at;
    }
}

/* The ink's depth that is black: what 5 % of the ink exceeds. 0: no ink at all. */
static int black_depth(const struct work *k)
{
    uint32_t histogram[256] = {0};
    bool any = false;
    for (int y = 0; y < k->grey.height; y++)
        for (int x = 0; x < k->grey.width; x++) {
            int depth = (int)(k->paper[x] - image_row(&k->grey, y)[x]);
            if (depth >= INK_FROM) {
                histogram[depth]++;
                any = true;
            }
        }
    return any ? quantile(histogram, BLACK_SHARE) : 0;
}

static float *row_of(const struct work *k, int y)
{
    return &k->v[(size_t)y * (size_t)k->grey.width];
}

static void fill_ink(struct work *k, int range)
{
    int w = k->grey.width, h = k->grey.height;
    for (int y = 0; y < h; y++) {
        const uint8_t *grey = image_row(&k->grey, y);
        float *out = row_of(k, y);
        for (int x = 0; x < w; x++) {
            float v = (k->paper[x] - grey[x]) / (float)range;
            v = v > 0 ? v : 0;
            out[x] = v < 1 ? v : 1;
        }
    }
}

/* Sums of row y and its neighbours into sums[width], column by column. */
static void sum_rows(const struct work *k, int y, float *sums)
{
    int w = k->grey.width;
    const float *a = y > 0 ? row_of(k, y - 1) : NULL, *b = row_of(k, y);
    const float *c = y + 1 < k->grey.height ? row_of(k, y + 1) : NULL;
    if (a && c)
        for (int x = 0; x < w; x++)
            sums[x] = a[x] + b[x] + c[x];
    else
        for (int x = 0; x < w; x++)
            sums[x] = b[x] + (a ? a[x] : 0) + (c ? c[x] : 0);
}

/* ---- where the writing is ---- */

/* What of a row is ink and no speck: how many pixels, their ink, the first and the last. */
struct run {
    int n, from, last;
    double ink;
};

/* `sums` as of sum_rows: of the 3 x 3 px around a pixel, three of them. */
static struct run seen_of(const float *v, const float *sums, int w)
{
    struct run r = {.from = w, .last = -1};
    for (int x = 0; x < w; x++) {
        float around = sums[x] + (x > 0 ? sums[x - 1] : 0) + (x + 1 < w ? sums[x + 1] : 0);
        if (around < 9 * SEEN)
            continue;
        r.n++;
        r.ink += (double)v[x];
        r.from = r.last < 0 ? x : r.from;
        r.last = x;
    }
    return r;
}

/* False: nothing larger than a speck. */
static bool find_extent(const struct work *k, struct extent *ret)
{
    int w = k->grey.width, h = k->grey.height;
    struct extent e = {.x0 = w, .y0 = h};
    double sum = 0, first = 0, second = 0;
    int seen = 0;
    for (int y = 0; y < h; y++) {
        sum_rows(k, y, k->row);
        struct run r = seen_of(row_of(k, y), k->row, w);
        if (r.n == 0)
            continue;
        seen += r.n;
        e.x0 = r.from < e.x0 ? r.from : e.x0;
        e.x1 = r.last >= e.x1 ? r.last + 1 : e.x1;
        e.y0 = y < e.y0 ? y : e.y0;
        e.y1 = y + 1;
        sum += r.ink;
        first += r.ink * (y + 0.5);
        second += r.ink * (y + 0.5) * (y + 0.5);
    }
    if (!(sum > 0))
        return false;
    e.middle = first / sum;
    e.sigma = sqrt(fmax(second / sum - e.middle * e.middle, 0.1));
    e.scale = fmin(fmin(SIGMA / e.sigma, MOST_ROWS / (e.y1 - e.y0)),
                   fmin(MOST_SCALE, (double)(LINE_MAX_WIDTH - 2 * MARGIN) / (e.x1 - e.x0)));
    double box = (double)(e.x1 - e.x0) * (e.y1 - e.y0);
    e.grain = e.x1 - e.x0 > GRAIN_SIDE && e.y1 - e.y0 > GRAIN_SIDE && seen > GRAIN_COVER * box &&
              sum < GRAIN_INK * seen;
    *ret = e;
    return true;
}

/* ---- scaling ---- */

static struct span span_of(int o, double first, double step, int n)
{
    double wide = step > 1 ? step : 1, low = first + (o + 0.5) * step - wide / 2;
    struct span s = {low, low + wide, (int)floor(low), (int)ceil(low + wide)};
    s.from = s.from < 0 ? 0 : s.from;
    s.to = s.to > n ? n : s.to;
    return s;
}

/* How much of the box cell `cell` is. */
static float share_of(const struct span *s, int cell)
{
    double high = s->high < cell + 1 ? s->high : cell + 1, low = s->low > cell ? s->low : cell;
    return (float)(high > low ? (high - low) / (s->high - s->low) : 0);
}

/* The crop's rows beneath row o of the picture, into k->row. */
static void gather_rows(struct work *k, const struct extent *e, int o)
{
    int w = k->grey.width;
    struct span rows = span_of(o, e->middle - MIDDLE / e->scale, 1 / e->scale, k->grey.height);
    memset(k->row, 0, (size_t)w * sizeof(*k->row));
    for (int y = rows.from; y < rows.to; y++) {
        float share = share_of(&rows, y);
        const float *v = row_of(k, y);
        for (int x = 0; x < w; x++)
            k->row[x] += share * v[x];
    }
}

/* Where the picture's columns lie on the crop's: the same for every row. */
static void place_columns(struct work *k, const struct extent *e, int n)
{
    float *share = k->shares;
    for (int i = 0; i < n; i++) {
        struct span s = span_of(i, e->x0 - MARGIN / e->scale, 1 / e->scale, k->grey.width);
        k->columns[i] = s;
        for (int x = s.from; x < s.to; x++)
            *share++ = share_of(&s, x);
    }
}

static void gather_columns(const struct work *k, int n, float *out)
{
    const float *share = k->shares;
    for (int i = 0; i < n; i++) {
        float sum = 0;
        for (int x = k->columns[i].from; x < k->columns[i].to; x++)
            sum += *share++ * k->row[x];
        out[i] = sum;
    }
}

static void scale_picture(struct work *k, const struct extent *e, struct line_picture *ret)
{
    int n = (int)ceil((e->x1 - e->x0) * e->scale) + 2 * MARGIN;
    double sum = 0;
    n = n < LINE_MAX_WIDTH ? n : LINE_MAX_WIDTH;
    place_columns(k, e, n);
    for (int o = 0; o < LINE_ROWS; o++) {
        gather_rows(k, e, o);
        gather_columns(k, n, ret->v[o]);
        for (int i = 0; i < n; i++)
            sum += (double)ret->v[o][i];
    }
    ret->width = n;
    ret->ink = sum / (LINE_ROWS * n);
    ret->writing = ret->ink < MOST_INK && !e->grain && e->x1 - e->x0 <= MOST_LONG * (e->y1 - e->y0);
}

/* ---- the whole ---- */

static void finish_work(struct work *k)
{
    image_finish(&k->grey);
    free(k->paper);
    free(k->v);
}

static int prepare_work(const struct image *crop, struct work *k)
{
    int e = copy_grey(crop, &k->grey);
    if (e < 0)
        return e;
    size_t w = (size_t)k->grey.width, h = (size_t)k->grey.height;
    k->paper = malloc((3 * w + SPAN_EDGES * LINE_MAX_WIDTH) * sizeof(*k->paper));
    k->row = k->paper ? k->paper + w : NULL;
    k->shares = k->paper ? k->row + w : NULL;
    k->v = malloc(w * h * sizeof(*k->v));
    return k->paper && k->v ? 0 : YJ_ENOMEM;
}

static void take_ink(struct work *k, struct line_picture *ret)
{
    struct extent extent;
    int depth = black_depth(k);
    if (depth == 0)
        return;
    fill_ink(k, depth > RANGE_MIN ? depth : RANGE_MIN);
    if (find_extent(k, &extent))
        scale_picture(k, &extent, ret);
    ret->writing = ret->writing && depth >= LEAST_DEPTH;
}

int line_picture_take(const struct image *crop, struct line_picture *ret)
{
    struct work k = {0};
    memset(ret, 0, sizeof(*ret));
    if (crop->width < LEAST_SIDE || crop->height < LEAST_SIDE)
        return 0;
    int e = prepare_work(crop, &k);
    if (e == 0) {
        level_paper(&k.grey, k.paper);
        ret->paper = k.paper[k.grey.width / 2] >= LIGHT_PAPER;
        e = line_rule_erase(&k.grey, k.paper, RANGE_MIN);
    }
    if (e == 0)
        take_ink(&k, ret);
    finish_work(&k);
    return e;
}

void line_picture_lean(const struct line_picture *picture, double slant, struct line_picture *ret)
{
    *ret = *picture;
    memset(ret->v, 0, sizeof(ret->v));
    for (int y = 0; y < LINE_ROWS; y++) {
        double shift = slant * (y - MIDDLE);
        int whole = (int)floor(shift);
        float part = (float)(shift - whole);
        for (int x = 0; x < picture->width; x++) {
            int a = x - whole, b = a - 1; /* of the picture, to the left of here by `shift` */
            float right = a >= 0 && a < picture->width ? picture->v[y][a] : 0;
            float left = b >= 0 && b < picture->width ? picture->v[y][b] : 0;
            ret->v[y][x] = (1 - part) * right + part * left;
        }
    }
}

int line_picture_padded(int width)
{
    static const int widths[] = {64, 128, 192, 256, 384, 512, LINE_MAX_WIDTH};
    size_t i = 0;
    while (widths[i] < width)
        i++;
    return widths[i];
}
