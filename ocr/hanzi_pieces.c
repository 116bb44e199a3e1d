#include "hanzi_pieces.h"

#include <math.h>
#include <stdlib.h>

#define WIDTH_USUAL 0.85f /* of a character, in heights of the line */
#define WIDTH_WEIGHT 4.0f /* of the square of the log of how far from it */
#define LONG_RUN 1.1f     /* heights: a run of ink as wide as this may hold a cut */
#define GAP_COST 0.7f     /* a gap's cost: this, less the wider it is */
#define GAP_SCALE 0.08f   /* heights */
#define THROUGH_COST 1.5f /* a cut through ink: this, and THROUGH_INK for a column full of it */
#define THROUGH_INK 4.0f
#define THIN_APART                                                                                 \
    0.25f          /* heights: thin places are no nearer to each other, or to the run's ends */
#define SLACK 6.0f /* dearer ways than the cheapest and this are not looked at */
#define MAX_COLUMNS 4096 /* px */

struct cut {
    int left,
        right; /* the piece before it ends at column `left`, the one after begins at `right` */
    float cost;
};

struct line {
    const struct image *ink;
    float column[MAX_COLUMNS]; /* share of the height that is ink */
    float unit;                /* px: a character's height */
    struct cut cut[HANZI_MAX_CUTS];
    int n_cuts;
};

static void measure_columns(struct line *line, int longest)
{
    const struct image *ink = line->ink;
    for (int x = 0; x < ink->width; x++) {
        int n = 0;
        for (int y = 0; y < ink->height; y++)
            n += image_row(ink, y)[x] >= HANZI_INKY;
        line->column[x] = (float)n / (float)ink->height;
    }
    /* A line of 一 alone is hardly higher than the pen is wide. */
    line->unit = fmaxf((float)ink->height, (float)ink->width / (1.3f * (float)longest));
}

/* ---- cuts ---- */

/* Keeps the cheapest HANZI_MAX_CUTS - 2 between the line's two ends. */
static void add_cut(struct line *line, struct cut cut)
{
    int at = line->n_cuts;
    if (at == HANZI_MAX_CUTS - 1) {
        at = 1;
        for (int i = 2; i < line->n_cuts; i++)
            at = line->cut[i].cost > line->cut[at].cost ? i : at;
        if (line->cut[at].cost <= cut.cost)
            return;
    } else {
        line->n_cuts++;
    }
    line->cut[at] = cut;
}

/* The thin places of the run of ink from column `from` to `to`. */
static void cut_run(struct line *line, int from, int to)
{
    int apart = (int)fmaxf(2, THIN_APART * line->unit);
    for (int x = from + apart; x < to - apart; x++) {
        bool thinnest = true; /* the first of those as thin */
        for (int u = x - apart / 2; u <= x + apart / 2; u++)
            thinnest = thinnest && (u < x ? line->column[u] > line->column[x]
                                          : line->column[u] >= line->column[x]);
        if (thinnest)
            add_cut(line, (struct cut){x, x, THROUGH_COST + THROUGH_INK * line->column[x]});
    }
}

static int by_place(const void *a, const void *b)
{
    return ((const struct cut *)a)->left - ((const struct cut *)b)->left;
}

static void find_cuts(struct line *line)
{
    int width = line->ink->width;
    line->cut[0] = (struct cut){0, 0, 0};
    line->n_cuts = 1;
    for (int x = 0; x < width;) {
        int end = x;
        while (end < width && line->column[end] == 0)
            end++;
        if (x > 0 && end > x && end < width) {
            float gap = (float)(end - x) / line->unit;
            add_cut(line, (struct cut){x, end, GAP_COST * expf(-gap / GAP_SCALE)});
        }
        for (x = end; x < width && line->column[x] > 0;)
            x++;
        if ((float)(x - end) > LONG_RUN * line->unit)
            cut_run(line, end, x);
    }
    line->cut[line->n_cuts++] = (struct cut){width, width, 0};
    qsort(line->cut, (size_t)line->n_cuts, sizeof(*line->cut), by_place);
}

/* ---- pieces ---- */

static float piece_cost(const struct line *line, int from, int to)
{
    float wide = (float)(line->cut[to].left - line->cut[from].right) / line->unit;
    float off = logf(fmaxf(wide, 0.02f) / WIDTH_USUAL);
    return WIDTH_WEIGHT * off * off + line->cut[to].cost;
}

/* way[n][i]: the least cost of n pieces between cut i and the line's start, or its end. */
typedef float ways[HANZI_MAX_LENGTH + 1][HANZI_MAX_CUTS];

static void find_ways(const struct line *line, ways before, ways after)
{
    int last = line->n_cuts - 1;
    for (int n = 0; n <= HANZI_MAX_LENGTH; n++)
        for (int i = 0; i <= last; i++) {
            before[n][i] = n == 0 && i == 0 ? 0 : INFINITY;
            after[n][i] = n == 0 && i == last ? 0 : INFINITY;
            for (int k = 0; n > 0 && k < i; k++)
                before[n][i] = fminf(before[n][i], before[n - 1][k] + piece_cost(line, k, i));
        }
    for (int n = 1; n <= HANZI_MAX_LENGTH; n++)
        for (int i = 0; i <= last; i++)
            for (int k = i + 1; k <= last; k++)
                after[n][i] = fminf(after[n][i], piece_cost(line, i, k) + after[n - 1][k]);
}

/* Of all ways of a count asked for that go through the piece. */
static float cheapest_through(const struct line *line, ways before, ways after, const bool *counts,
                              int from, int to)
{
    float best = INFINITY, own = piece_cost(line, from, to);
    for (int n = 1; n <= HANZI_MAX_LENGTH; n++)
        for (int k = 0; k < n && counts[n]; k++)
            best = fminf(best, before[k][from] + own + after[n - 1 - k][to]);
    return best;
}

struct ranked {
    struct hanzi_piece piece;
    float way;
};

static int by_way(const void *a, const void *b)
{
    const struct ranked *p = a, *q = b;
    if (p->way != q->way)
        return p->way < q->way ? -1 : 1;
    return p->piece.to != q->piece.to ? p->piece.to - q->piece.to : p->piece.from - q->piece.from;
}

static int by_end(const void *a, const void *b)
{
    const struct hanzi_piece *p = a, *q = b;
    return p->to != q->to ? p->to - q->to : p->from - q->from;
}

static void keep_cheapest(const struct line *line, const bool *counts, struct hanzi_pieces *ret)
{
    struct ranked all[HANZI_MAX_CUTS * (HANZI_MAX_CUTS - 1) / 2];
    ways before, after;
    int n = 0;
    find_ways(line, before, after);
    for (int to = 1; to < line->n_cuts; to++)
        for (int from = 0; from < to; from++) {
            int x = line->cut[from].right, w = line->cut[to].left - x;
            if (w <= 0)
                continue;
            all[n].piece = (struct hanzi_piece){
                from, to, {x, 0, w, line->ink->height}, piece_cost(line, from, to)};
            all[n++].way = cheapest_through(line, before, after, counts, from, to);
        }
    ret->n = 0;
    if (n == 0)
        return;
    qsort(all, (size_t)n, sizeof(*all), by_way);
    ret->cheapest = all[0].way;
    for (int i = 0; i < n && ret->n < HANZI_MAX_PIECES; i++)
        if (isfinite(all[i].way) && all[i].way <= ret->cheapest + SLACK)
            ret->piece[ret->n++] = all[i].piece;
    qsort(ret->piece, (size_t)ret->n, sizeof(*ret->piece), by_end);
}

void hanzi_cut(const struct image *ink, const bool counts[HANZI_MAX_LENGTH + 1],
               struct hanzi_pieces *ret)
{
    struct line line = {.ink = ink};
    int longest = 0;
    for (int n = 1; n <= HANZI_MAX_LENGTH; n++)
        longest = counts[n] ? n : longest;
    *ret = (struct hanzi_pieces){.n = 0};
    if (longest == 0 || ink->width > MAX_COLUMNS)
        return;
    measure_columns(&line, longest);
    find_cuts(&line);
    ret->n_cuts = line.n_cuts;
    keep_cheapest(&line, counts, ret);
}
