/* paper_lines.c - ridges counted in bands over the paper, and summed along every straight line.
 *
 * A pixel is on a ridge where both neighbours a millimetre away are paper and it is darker (or
 * lighter) than both. The paper is cut into BANDS strips; in each, a column is hit, missed or
 * undecided (its neighbours are print). A line adds up what it meets; what runs through nearly all
 * strips and through both margins is no print. Lines across are those of the transposed picture. */
#include "paper_lines.h"

#include "diag.h"
#include "wide.h"
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BANDS 32
#define TOGETHER 8       /* bands that are added to the scores at a time */
#define ROWS 290         /* of the picture are counted, about; a finer one has more than enough */
#define ROWS_A_BAND 40   /* at most: three columns of hits twice stay a byte */
#define MAX_SIDE 1400    /* px: a larger picture is not reduced; no lines are looked for */
#define STEP 4           /* grey levels: a ridge; noise of half a millimetre of paper is 1 to 2 */
#define UNEVEN 24        /* grey levels that both neighbours may differ by */
#define PAPER_SHARE 0.75 /* of the paper's grey: what is darker is print */
#define ARM 1.1          /* mm to the neighbours */
#define MAX_LEAN 0.052   /* tangent of 3 degrees */
#define LEAN_STEP 2      /* px */
#define MISS (-3)        /* a band without the line, against +1 for one with it */
#define MIN_SCORE 8      /* of a line worth a closer look */
#define NO_SCORE 128     /* more than -MISS * BANDS: bytes without sign have a maximum on any x86 */
#define MIN_HITS 14      /* bands */
#define HITS_PER_MISS 4
#define MARGIN_FROM 0.7 /* mm from the paper's edge, which throws a shadow */
#define MARGIN 3.0      /* mm: no office printer prints here */
#define LOOKS 8         /* candidates of a direction and tone */

struct strip_counts {
    uint8_t dark[MAX_SIDE], light[MAX_SIDE], valid[MAX_SIDE];
};

struct paper_lines_scratch {
    struct image turned;
    struct strip_counts counts[BANDS];
    int rows[BANDS];
    int8_t state[BANDS][MAX_SIDE]; /* +1 hit, 0 undecided, MISS */
    uint8_t score[MAX_SIDE];       /* NO_SCORE more than the bands add up to */
};

/* One direction: lines along the columns of `img`. */
struct search {
    const struct image *img;
    struct paper_lines_scratch *s;
    struct point corners[4];
    double px_per_mm, edge; /* edge: px */
    int arm, floor;
    int x0, x1, y0, y1; /* what is paper on every column and every row */
    bool light;
};

int paper_lines_scratch_create(struct paper_lines_scratch **ret_scratch)
{
    struct paper_lines_scratch *s = calloc(1, sizeof *s);
    if (!s)
        return YJ_ENOMEM;
    image_init(&s->turned);
    *ret_scratch = s;
    return 0;
}

void paper_lines_scratch_destroy(struct paper_lines_scratch *s)
{
    if (!s)
        return;
    image_finish(&s->turned);
    free(s);
}

/* ---- counting ridges ---- */

/* Plain bytes throughout, so that the compiler takes sixteen pixels at once. */
WIDE static void count_row(const uint8_t *restrict row, int n, int arm, uint8_t floor,
                           struct strip_counts *restrict counts)
{
    const uint8_t *left = row - arm, *right = row + arm;
    for (int x = 0; x < n; x++) {
        uint8_t l = left[x], r = right[x], c = row[x];
        uint8_t low = l < r ? l : r, high = l < r ? r : l;
        uint8_t drop = low > c ? (uint8_t)(low - c) : 0;
        uint8_t rise = c > high ? (uint8_t)(c - high) : 0;
        uint8_t ok = (uint8_t)((low >= floor) & ((uint8_t)(high - low) <= UNEVEN));
        counts->valid[x] = (uint8_t)(counts->valid[x] + ok);
        counts->dark[x] = (uint8_t)(counts->dark[x] + (ok & (drop >= STEP)));
        counts->light[x] = (uint8_t)(counts->light[x] + (ok & (rise >= STEP)));
    }
}

static void count_ridges(const struct search *f)
{
    struct paper_lines_scratch *s = f->s;
    int n = f->x1 - f->x0, step = (f->y1 - f->y0) / ROWS;
    step = step < 1 ? 1 : step;
    for (int b = 0; b < BANDS; b++) {
        struct strip_counts *counts = &s->counts[b];
        int from = f->y0 + (f->y1 - f->y0) * b / BANDS,
            to = f->y0 + (f->y1 - f->y0) * (b + 1) / BANDS;
        memset(counts->dark, 0, (size_t)n);
        memset(counts->light, 0, (size_t)n);
        memset(counts->valid, 0, (size_t)n);
        s->rows[b] = (to - from + step - 1) / step;
        for (int y = from; y < to; y += step)
            count_row(image_row(f->img, y) + f->x0, n, f->arm, (uint8_t)f->floor, counts);
    }
}

/* A line that leans or meanders changes column within a strip: the neighbours' hits count too. */
WIDE static void judge_row(const uint8_t *restrict hits, const uint8_t *restrict valid, int n,
                           uint8_t least, int8_t *restrict state)
{
    for (int x = 1; x + 1 < n; x++) {
        uint8_t sum = (uint8_t)(hits[x - 1] + hits[x] + hits[x + 1]);
        uint8_t hit = (uint8_t)(((uint8_t)(2 * sum) >= valid[x]) & (hits[x] > 0));
        int8_t decided = (int8_t)(MISS + (1 - MISS) * hit);
        state[x] = valid[x] < least ? 0 : decided;
    }
    state[0] = state[n - 1] = MISS;
}

static void judge_columns(const struct search *f)
{
    struct paper_lines_scratch *s = f->s;
    for (int b = 0; b < BANDS; b++) {
        int least = s->rows[b] / 4 > 2 ? s->rows[b] / 4 : 2;
        assert(s->rows[b] <= ROWS_A_BAND);
        judge_row(f->light ? s->counts[b].light : s->counts[b].dark, s->counts[b].valid,
                  f->x1 - f->x0, (uint8_t)least, s->state[b]);
    }
}

/* ---- lines ---- */

/* Columns that a line which leans `lean` px is off in band b. */
static int band_shift(int lean, int b)
{
    return nearest_whole(lean * ((b + 0.5) / BANDS - 0.5));
}

struct candidate {
    int x, lean, score; /* x from x0 */
};

/* The states of TOGETHER bands: a score is fetched and put back once for all of them. */
WIDE static void add_states(const int8_t *const states[TOGETHER], int n, uint8_t *restrict score)
{
    const uint8_t *a = (const uint8_t *)states[0], *b = (const uint8_t *)states[1];
    const uint8_t *c = (const uint8_t *)states[2], *d = (const uint8_t *)states[3];
    const uint8_t *e = (const uint8_t *)states[4], *f = (const uint8_t *)states[5];
    const uint8_t *g = (const uint8_t *)states[6], *h = (const uint8_t *)states[7];
    _Static_assert(TOGETHER == 8 && BANDS % TOGETHER == 0, "all are added");
    for (int x = 0; x < n; x++)
        score[x] = (uint8_t)(score[x] + a[x] + b[x] + c[x] + d[x] + e[x] + f[x] + g[x] + h[x]);
}

WIDE static int highest(const uint8_t *score, int n)
{
    uint8_t most = 0;
    for (int x = 0; x < n; x++)
        most = score[x] > most ? score[x] : most;
    return most;
}

static void score_lean(const struct search *f, int lean, struct candidate *best)
{
    struct paper_lines_scratch *s = f->s;
    int n = f->x1 - f->x0, reach = abs(lean) / 2 + 1;
    int from = (int)f->edge > reach ? (int)f->edge : reach, to = n - from;
    if (to <= from)
        return;
    memset(s->score, NO_SCORE, (size_t)n);
    for (int b = 0; b < BANDS; b += TOGETHER) {
        const int8_t *states[TOGETHER];
        for (int k = 0; k < TOGETHER; k++)
            states[k] = s->state[b + k] + band_shift(lean, b + k) + from;
        add_states(states, to - from, s->score + from);
    }
    int most = highest(s->score + from, to - from), score = most - NO_SCORE;
    if (score < best->score || (score == best->score && abs(lean) >= abs(best->lean)))
        return;
    const uint8_t *at = memchr(s->score + from, most, (size_t)(to - from));
    *best = (struct candidate){(int)(at - s->score), lean, score};
}

static struct candidate best_line(const struct search *f)
{
    int most = (int)(MAX_LEAN * (f->y1 - f->y0)) / LEAN_STEP * LEAN_STEP;
    struct candidate best = {0, most + 1, MIN_SCORE - 1};
    for (int lean = -most; lean <= most; lean += LEAN_STEP)
        score_lean(f, lean, &best);
    return best;
}

/* Nobody finds it, or what is left beside it, again. */
static void erase_line(const struct search *f, const struct candidate *c)
{
    int n = f->x1 - f->x0;
    for (int b = 0; b < BANDS; b++)
        for (int dx = -3; dx <= 3; dx++) {
            int x = c->x + band_shift(c->lean, b) + dx;
            if (x >= 0 && x < n)
                f->s->state[b][x] = MISS;
        }
}

/* Where the column meets the paper's edges. */
static void paper_span(const struct search *f, double x, double *ret_top, double *ret_bottom)
{
    double top = INFINITY, bottom = -INFINITY;
    for (int i = 0; i < 4; i++) {
        struct point p = f->corners[i], q = f->corners[(i + 1) % 4];
        if ((p.x < x) == (q.x < x))
            continue;
        double y = p.y + (q.y - p.y) * (x - p.x) / (q.x - p.x);
        top = fmin(top, y);
        bottom = fmax(bottom, y);
    }
    *ret_top = top;
    *ret_bottom = bottom;
}

static double line_x(const struct search *f, const struct candidate *c, double y)
{
    double middle = (f->y0 + f->y1) / 2.0, length = f->y1 - f->y0;
    return f->x0 + c->x + c->lean * (y - middle) / length;
}

/* How far the pixel stands out between its neighbours; false where they are no paper. */
static bool ridge_at(const struct search *f, int x, int y, int *ret_step)
{
    if (x < f->arm || x + f->arm >= f->img->width || y < 0 || y >= f->img->height)
        return false;
    const uint8_t *p = image_row(f->img, y) + x;
    int low = p[-f->arm] < p[f->arm] ? p[-f->arm] : p[f->arm];
    int high = p[-f->arm] < p[f->arm] ? p[f->arm] : p[-f->arm];
    *ret_step = f->light ? p[0] - high : low - p[0];
    return low >= f->floor && high - low <= UNEVEN;
}

/* Whether the line goes on in the rows from..to, most of those where it could be seen. */
static bool goes_through(const struct search *f, const struct candidate *c, double from, double to)
{
    int hits = 0, rows = 0;
    for (int y = (int)ceil(from); y <= (int)to; y++) {
        int x = (int)lround(line_x(f, c, y)), step = 0, best = -255;
        bool valid = false;
        for (int dx = -1; dx <= 1; dx++)
            if (ridge_at(f, x + dx, y, &step)) {
                valid = true;
                best = step > best ? step : best;
            }
        rows += valid;
        hits += valid && best >= STEP;
    }
    return rows >= 3 && 3 * hits >= 2 * rows;
}

static bool runs_through_margins(const struct search *f, const struct candidate *c)
{
    double top, bottom, near = MARGIN_FROM * f->px_per_mm, far = MARGIN * f->px_per_mm;
    paper_span(f, line_x(f, c, f->y0), &top, &bottom);
    top = fmax(top + near, 0);
    if (!goes_through(f, c, top, top + far))
        return false;
    paper_span(f, line_x(f, c, f->y1), &top, &bottom);
    bottom = fmin(bottom - near, f->img->height - 1);
    return goes_through(f, c, bottom - far, bottom);
}

static bool has_enough_bands(const struct search *f, const struct candidate *c)
{
    int hits = 0, misses = 0;
    for (int b = 0; b < BANDS; b++) {
        int8_t state = f->s->state[b][c->x + band_shift(c->lean, b)];
        hits += state == 1;
        misses += state == MISS;
    }
    return hits >= MIN_HITS && hits >= HITS_PER_MISS * misses;
}

/* Its depth, and its place to a part of a pixel. */
static void measure_line(const struct search *f, const struct candidate *c, struct paper_line *ret)
{
    double sum[3] = {0}, weight = 0, moment = 0, deepest = 0;
    int n[3] = {0};
    for (int y = f->y0; y < f->y1; y++) {
        int x = (int)lround(line_x(f, c, y)), step;
        for (int dx = -1; dx <= 1; dx++)
            if (ridge_at(f, x + dx, y, &step)) {
                sum[dx + 1] += step;
                n[dx + 1]++;
            }
    }
    for (int i = 0; i < 3; i++) {
        double mean = n[i] > 0 ? fmax(0, sum[i] / n[i]) : 0;
        weight += mean;
        moment += mean * (i - 1);
        deepest = fmax(deepest, mean);
    }
    double shift = weight > 0 ? moment / weight : 0, top, bottom;
    paper_span(f, line_x(f, c, (f->y0 + f->y1) / 2.0), &top, &bottom);
    *ret = (struct paper_line){
        .light = f->light,
        .at = line_x(f, c, (f->y0 + f->y1) / 2.0) + shift,
        .lean = c->lean,
        .depth = deepest,
        .from = {line_x(f, c, top) + shift, top},
        .to = {line_x(f, c, bottom) + shift, bottom},
    };
}

static void search_tone(struct search *f, struct paper_line *lines, int max, int *n)
{
    judge_columns(f);
    for (int look = 0; look < LOOKS && *n < max; look++) {
        struct candidate best = best_line(f);
        if (best.score < MIN_SCORE)
            return;
        if (has_enough_bands(f, &best) && runs_through_margins(f, &best))
            measure_line(f, &best, &lines[(*n)++]);
        erase_line(f, &best);
    }
}

/* ---- both directions ---- */

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The middle two of four, within [0, size]: between them everything is paper. */
static void inner_range(double a, double b, double c, double d, int size, int *ret_from,
                        int *ret_to)
{
    double v[4] = {a, b, c, d};
    qsort(v, 4, sizeof *v, compare_doubles);
    *ret_from = (int)ceil(fmax(v[1], 0));
    *ret_to = (int)floor(fmin(v[2], size - 1)) + 1;
}

static void search_direction(const struct image *img, const struct paper_area *area, bool across,
                             struct paper_lines_scratch *s, struct paper_line *lines, int max,
                             int *n)
{
    struct search f = {.img = img,
                       .s = s,
                       .px_per_mm = area->px_per_mm,
                       .edge = area->edge * area->px_per_mm,
                       .floor = (int)(area->paper * PAPER_SHARE)};
    for (int i = 0; i < 4; i++) {
        struct point p = area->corners[i];
        f.corners[i] = across ? (struct point){p.y, p.x} : p;
    }
    const struct point *c = f.corners;
    f.arm = (int)lround(ARM * f.px_per_mm);
    f.arm = f.arm < 2 ? 2 : f.arm > 4 ? 4 : f.arm;
    inner_range(c[0].x, c[1].x, c[2].x, c[3].x, img->width, &f.x0, &f.x1);
    inner_range(c[0].y, c[1].y, c[2].y, c[3].y, img->height, &f.y0, &f.y1);
    f.x0 = f.x0 < f.arm ? f.arm : f.x0;
    f.x1 = f.x1 > img->width - f.arm ? img->width - f.arm : f.x1;
    if (f.x1 - f.x0 < 16 || f.x1 - f.x0 > MAX_SIDE || f.y1 - f.y0 < 4 * BANDS ||
        f.y1 - f.y0 > 250 * BANDS)
        return;
    int first = *n;
    count_ridges(&f);
    search_tone(&f, lines, max, n);
    f.light = true;
    search_tone(&f, lines, max, n);
    for (int i = first; i < *n; i++)
        if (across) {
            struct point p = lines[i].from, q = lines[i].to;
            lines[i].across = true;
            lines[i].from = (struct point){p.y, p.x};
            lines[i].to = (struct point){q.y, q.x};
        }
}

static int transpose(const struct image *img, struct image *out)
{
    int r = image_resize(out, img->height, img->width);
    if (r == 0)
        image_transpose(img, out);
    return r;
}

static int clearest_first(const void *a, const void *b)
{
    const struct paper_line *p = a, *q = b;
    if (p->depth != q->depth)
        return p->depth < q->depth ? 1 : -1;
    return (p->at > q->at) - (p->at < q->at);
}

int paper_lines_find(const struct image *img, const struct paper_area *area,
                     struct paper_lines_scratch *s, struct paper_line lines[PAPER_LINES_MAX],
                     int *ret_n)
{
    int n = 0;
    search_direction(img, area, false, s, lines, PAPER_LINES_MAX / 2, &n);
    int r = transpose(img, &s->turned);
    if (r < 0)
        return r;
    search_direction(&s->turned, area, true, s, lines, PAPER_LINES_MAX, &n);
    qsort(lines, (size_t)n, sizeof *lines, clearest_first);
    *ret_n = n;
    return 0;
}
