/* box_border.c - a border is a line along a side which most of the side's length shows.
 *
 * "Most" is a low quantile of the darkness along a candidate line: a border has it everywhere, a
 * pen's stroke beside it ends somewhere. */
#include "box_border.h"
#include "wide.h"
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define REACH 1.1          /* mm: how far off the form's place a border is sought */
#define LEAN_MAX 0.2       /* mm over a side */
#define QUANTILE 5         /* one in so many points of a line may be paler */
#define STRENGTH_MIN 14    /* grey levels: paler lines are grain */
#define EDGE_SHARE 0.45    /* of its strength: where a line's ink ends */
#define THICKEST 0.9       /* mm to either side */
#define OFF_MAX 0.35       /* mm from what the field's others show */
#define FEWEST_SHARE 0.35  /* of the field's sides: fewer have a border by chance */
#define ALONE_STRENGTH 0.6 /* of the field's usual strength */
#define SAMPLES_MAX 255    /* a count of them fits a byte */
#define VALUES 32          /* that are counted at once */
#define SAMPLE_STEP 2.7    /* px along a line: borders are wider than the gaps */
#define SIDE_MAX 1024      /* px: no box is longer (written_box.c) */
#define SHORTEST 8.0       /* px: a shorter side shows no line */
#define FULL_STRENGTH 0.85 /* of the strongest line of a pair: as good as the strongest */
#define APART_COST 0.03    /* of that, a px that the pair's lines are off each other's place */
#define AWAY_COST 0.005    /* and a px off the form's */
#define BAND_REACH 10      /* px from its middle that a line may be wide */
#define BAND_MAX (2 * BAND_REACH + 1)
#define PRINT_SHARE 0.8   /* of a line's length, that is the print alone */
#define PRINT_GAIN 1.2    /* print may be so much darker elsewhere ... */
#define PRINT_MARGIN 20   /* ... and so many grey levels */
#define CROSSING_DEPTH 30 /* grey levels: a stroke on both sides of a line */

/* A side as a line of points: start + t * along, moved by `across`. */
struct side_frame {
    double x, y;   /* its start */
    double length; /* px */
    bool vertical; /* runs along y */
    double step;   /* px between the points that are looked at of a line */
    int n;         /* of them */
};

static struct side_frame frame_of(const struct box_picture *box, enum box_side side)
{
    struct side_frame f = {.x = box->left, .y = box->top, .length = box->right - box->left};
    switch (side) {
    case SIDE_RIGHT:
        f.x = box->right;
        break;
    case SIDE_BOTTOM:
        f.y = box->bottom;
        break;
    default:
        break;
    }
    if (side == SIDE_LEFT || side == SIDE_RIGHT) {
        f.vertical = true;
        f.length = box->bottom - box->top;
    }
    f.step = fmax(SAMPLE_STEP, f.length / SAMPLES_MAX);
    f.n = (int)(f.length / f.step);
    return f;
}

/* floor(), of what fits an int. */
static inline int floor_of(double v)
{
    int whole = (int)v;
    return whole - (v < whole);
}

/* A picture's pixels, counted along a side and across it. */
struct side_pixels {
    uint8_t *dark;
    ptrdiff_t next_along, next_across; /* from one to the next */
    int length, width;                 /* of the picture, along and across */
    double start, side;                /* where the side begins, and lies, px */
};

static struct side_pixels pixels_of(const struct box_picture *box, const struct side_frame *f)
{
    if (f->vertical)
        return (struct side_pixels){box->dark, box->width, 1, box->height, box->width, f->y, f->x};
    return (struct side_pixels){box->dark, 1, box->width, box->width, box->height, f->x, f->y};
}

/* Outside the picture: NULL. */
static inline uint8_t *pixel_at(const struct side_pixels *s, int along, int across)
{
    bool within = (unsigned)along < (unsigned)s->length && (unsigned)across < (unsigned)s->width;
    return within ? s->dark + along * s->next_along + across * s->next_across : NULL;
}

/* Outside the picture: paper. */
static inline int dark_at(const struct side_pixels *s, int along, int across)
{
    const uint8_t *pixel = pixel_at(s, along, across);
    return pixel ? *pixel : 0;
}

/* How many of n darknesses are below a level. */
WIDE static int count_below(const uint8_t *restrict values, int n, int level)
{
    int below = 0;
    for (int i = 0; i < n; i++)
        below += values[i] < level;
    return below;
}

/* A line's points in the picture, in 16.16 fixed point; all of them are in it if the first and the
 * last are. */
struct walk {
    int32_t x, y, dx, dy;
    bool within;
};

static struct walk walk_of(const struct box_picture *box, const struct side_frame *f, double offset,
                           double lean)
{
    double along = f->step / 2, across = offset + lean * (along / f->length - 0.5);
    double lean_step = lean * f->step / f->length;
    struct walk w = {.x = (int32_t)((f->x + (f->vertical ? across : along)) * 65536),
                     .y = (int32_t)((f->y + (f->vertical ? along : across)) * 65536),
                     .dx = (int32_t)((f->vertical ? lean_step : f->step) * 65536),
                     .dy = (int32_t)((f->vertical ? f->step : lean_step) * 65536)};
    int32_t x = w.x + (f->n - 1) * w.dx, y = w.y + (f->n - 1) * w.dy;
    w.within = w.x >= 0 && w.y >= 0 && x >= 0 && y >= 0 && w.x >> 16 < box->width &&
               x >> 16 < box->width && w.y >> 16 < box->height && y >> 16 < box->height;
    return w;
}

/* The darkness that all but one in QUANTILE points of a line reach; 0 where it is no more than
 * `least`, which most lines show after a few of their points. This is where a box's border takes
 * its time. */
static int line_strength(const struct box_picture *box, const struct side_frame *f, double offset,
                         double lean, int least)
{
    uint8_t values[SAMPLES_MAX + VALUES];
    const int keep = f->n / QUANTILE + 1;
    struct walk w = walk_of(box, f, offset, lean);
    int pale = 0;
    for (int i = 0; i < f->n; i++, w.x += w.dx, w.y += w.dy) {
        int u = w.x >> 16, v = w.y >> 16;
        bool inside = w.within || (u >= 0 && v >= 0 && u < box->width && v < box->height);
        int d = inside ? box->dark[v * box->width + u] : 0;
        if (d <= least && ++pale == keep)
            return 0;
        values[i] = (uint8_t)d;
    }
    int n = (f->n + VALUES - 1) / VALUES * VALUES, strength = 0;
    memset(values + f->n, 255, (size_t)(n - f->n));
    for (int bit = 128; bit > 0; bit >>= 1)
        if (count_below(values, n, strength | bit) < keep)
            strength |= bit;
    return f->n > 0 ? strength : 0;
}

static double reach_of_ink(const struct box_picture *box, const struct side_frame *f,
                           const struct border_line *line, int direction)
{
    double reach = 0;
    while (reach < THICKEST * box->scale &&
           line_strength(box, f, line->offset + direction * (reach + 1), line->lean,
                         (int)(EDGE_SHARE * line->strength)) > 0)
        reach += 1;
    return reach;
}

/* The lines that a side may be, one an offset: how strong the best of them is, and how it leans. */
#define OFFSETS_MAX 64
struct candidates {
    struct side_frame frame;
    int n, reach; /* offset of candidate k: k - reach */
    int strength[OFFSETS_MAX], lean[OFFSETS_MAX];
    int most;
};

/* What lies beside the points of a side that are looked at, as far as its lines may lie off it. */
#define BAND_SPARE 8 /* px that a leaning line's ends lie off its middle, at most */
struct band {
    uint8_t at[SAMPLES_MAX][OFFSETS_MAX + 2 * BAND_SPARE];
};

static void fill_band(const struct box_picture *box, const struct candidates *c, struct band *ret)
{
    const struct side_pixels pixels = pixels_of(box, &c->frame);
    const struct walk w = walk_of(box, &c->frame, 0, 0);
    int first = floor_of(pixels.side) - c->reach - BAND_SPARE, n = c->n + 2 * BAND_SPARE;
    int from = first < 0 ? -first : 0, to = pixels.width - first < n ? pixels.width - first : n;
    memset(ret->at, 0, (size_t)c->frame.n * sizeof ret->at[0]);
    for (int i = 0; i < c->frame.n; i++) {
        int along = c->frame.vertical ? (w.y + i * w.dy) >> 16 : (w.x + i * w.dx) >> 16;
        if (along < 0 || along >= pixels.length)
            continue;
        const uint8_t *row = pixels.dark + along * pixels.next_along;
        for (int k = from; k < to; k++)
            ret->at[i][k] = row[(first + k) * pixels.next_across];
    }
}

WIDE static void add_pale(const uint8_t *restrict at, uint8_t *restrict pale)
{
    for (int k = 0; k < OFFSETS_MAX; k++)
        pale[k] += at[k] < STRENGTH_MIN;
}

/* How many points of each candidate's line that leans so are paler than any line is. */
static void count_pale(const struct box_picture *box, const struct candidates *c,
                       const struct band *band, int lean, uint8_t pale[OFFSETS_MAX])
{
    const struct walk w = walk_of(box, &c->frame, 0, lean);
    int side = floor_of(c->frame.vertical ? c->frame.x : c->frame.y);
    int32_t across = c->frame.vertical ? w.x : w.y, step = c->frame.vertical ? w.dx : w.dy;
    memset(pale, 0, OFFSETS_MAX);
    for (int i = 0; i < c->frame.n; i++, across += step)
        add_pale(band->at[i] + (across >> 16) - side + BAND_SPARE, pale);
}

/* Most lines are paper for the most: those are counted together, and only the others looked at one
 * by one. */
static void find_candidates(const struct box_picture *box, enum box_side side,
                            struct candidates *ret)
{
    int lean_max = (int)ceil(LEAN_MAX * box->scale), reach = (int)ceil(REACH * box->scale);
    reach = reach > (OFFSETS_MAX - 1) / 2 ? (OFFSETS_MAX - 1) / 2 : reach;
    lean_max = lean_max > BAND_SPARE ? BAND_SPARE : lean_max;
    *ret = (struct candidates){.frame = frame_of(box, side), .reach = reach, .n = 2 * reach + 1};
    if (ret->frame.length < SHORTEST)
        return;
    struct band band;
    fill_band(box, ret, &band);
    for (int turn = 0; turn <= 2 * lean_max; turn++) {
        int lean = turn % 2 ? (turn + 1) / 2 : -turn / 2; /* the straightest first */
        uint8_t pale[OFFSETS_MAX];
        count_pale(box, ret, &band, lean, pale);
        for (int k = 0; k < ret->n; k++) {
            int least = ret->strength[k] ? ret->strength[k] : STRENGTH_MIN - 1;
            if (pale[k] > ret->frame.n / QUANTILE)
                continue;
            int strength = line_strength(box, &ret->frame, k - reach, lean, least);
            if (strength == 0)
                continue;
            ret->strength[k] = strength;
            ret->lean[k] = lean;
            ret->most = strength > ret->most ? strength : ret->most;
        }
    }
}

/* Where the two sides are that face each other: print moves them together, so a line that only one
 * side has there is a neighbour's. Among equals those nearest to their place. */
static void choose_pair(const struct candidates *a, const struct candidates *b, int ret_at[2])
{
    int most = a->most > b->most ? a->most : b->most;
    double best = -1e9, full = FULL_STRENGTH * most;
    ret_at[0] = ret_at[1] = a->reach;
    for (int i = 0; i < a->n; i++)
        for (int k = 0; k < b->n; k++) {
            double score = (a->strength[i] < full ? a->strength[i] : full) +
                           (b->strength[k] < full ? b->strength[k] : full);
            if (score <= best) /* it costs, too */
                continue;
            score -= most * (APART_COST * abs(i - k) +
                             AWAY_COST * (abs(i - a->reach) + abs(k - b->reach)));
            if (score <= best)
                continue;
            best = score;
            ret_at[0] = i;
            ret_at[1] = k;
        }
}

static struct border_line line_of(const struct box_picture *box, const struct candidates *c, int at)
{
    struct border_line line = {
        .offset = at - c->reach, .lean = c->lean[at], .strength = c->strength[at]};
    line.found = line.strength >= STRENGTH_MIN;
    if (!line.found)
        return line;
    line.before = reach_of_ink(box, &c->frame, &line, -1);
    line.after = reach_of_ink(box, &c->frame, &line, 1);
    double middle = (line.after - line.before) / 2, half = (line.after + line.before) / 2;
    line.offset += middle;
    line.before = line.after = half;
    return line;
}

void box_border_find(const struct box_picture *box, struct border_line *ret_lines)
{
    struct candidates sides[BOX_SIDES];
    for (int side = 0; side < BOX_SIDES; side++)
        find_candidates(box, (enum box_side)side, &sides[side]);
    for (int first = SIDE_LEFT; first < BOX_SIDES; first += SIDE_TOP) {
        int at[2];
        choose_pair(&sides[first], &sides[first + 1], at);
        ret_lines[first] = line_of(box, &sides[first], at[0]);
        ret_lines[first + 1] = line_of(box, &sides[first + 1], at[1]);
    }
}

/* ---- what a field's boxes show together ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

#define SIDES_MAX 256 /* of a field's, that speak for all */

/* Median over the found lines of one side; false: there are none. */
static bool usual_line(const struct border_line *lines, int n, int side, struct border_line *ret)
{
    double offset[SIDES_MAX], half[SIDES_MAX], strength[SIDES_MAX];
    int found = 0;
    for (int i = 0; i < n && found < SIDES_MAX; i++) {
        const struct border_line *l = &lines[i * BOX_SIDES + side];
        if (!l->found)
            continue;
        offset[found] = l->offset;
        half[found] = l->before;
        strength[found++] = l->strength;
    }
    if (found == 0)
        return false;
    qsort(offset, (size_t)found, sizeof *offset, by_value);
    qsort(half, (size_t)found, sizeof *half, by_value);
    qsort(strength, (size_t)found, sizeof *strength, by_value);
    *ret = (struct border_line){.found = true,
                                .offset = offset[found / 2],
                                .before = half[found / 2],
                                .after = half[found / 2],
                                .strength = (int)strength[found / 2]};
    return true;
}

void box_border_agree(struct border_line *lines, int n, double scale)
{
    int found = 0;
    for (int i = 0; i < n * BOX_SIDES; i++)
        found += lines[i].found;
    if (found < FEWEST_SHARE * n * BOX_SIDES) {
        for (int i = 0; i < n * BOX_SIDES; i++)
            lines[i].found = false;
        return;
    }
    for (int side = 0; side < BOX_SIDES; side++) {
        struct border_line usual;
        if (!usual_line(lines, n, side, &usual))
            continue;
        for (int i = 0; i < n; i++) {
            struct border_line *l = &lines[i * BOX_SIDES + side];
            bool stray = fabs(l->offset - usual.offset) > OFF_MAX * scale ||
                         l->strength < ALONE_STRENGTH * usual.strength;
            if (!l->found || (n > 2 && stray))
                *l = usual;
        }
    }
}

/* ---- out of the picture ---- */

static int darkest_near(const struct side_pixels *s, int along, int across)
{
    int most = 0;
    for (int k = -1; k <= 1; k++) {
        int d = dark_at(s, along + k, across);
        most = d > most ? d : most;
    }
    return most;
}

static double lean_at(const struct border_line *line, const struct side_frame *f, double along)
{
    double t = along / f->length;
    return line->offset + line->lean * ((t < 0 ? 0 : t > 1 ? 1 : t) - 0.5);
}

/* The darkness that a share of n darknesses does not exceed, found bit by bit. */
static int level_of(const uint8_t *values, int n, double share)
{
    int level = 0, need = (int)ceil(share * n);
    for (int bit = 128; bit > 0; bit >>= 1)
        if (count_below(values, n, level | bit) < need)
            level |= bit;
    return level;
}

/* px from its middle that a line is taken out: its ink and its soft edge. */
static int reach_of_line(const struct border_line *line)
{
    return (int)fmin(ceil(line->before + 1.5), BAND_REACH);
}

/* How dark the line itself is at each px off its middle: what most of it does not exceed. A pen's
 * stroke along the line is darker there, or wider. */
static void measure_print(const struct box_picture *box, const struct side_frame *f,
                          const struct border_line *line, int reach, int ret_levels[BAND_MAX])
{
    const struct side_pixels pixels = pixels_of(box, f);
    uint8_t values[BAND_MAX][SIDE_MAX];
    int n = 0, first = floor_of(pixels.start + 0.5);
    for (; n + 0.5 < f->length && n < SIDE_MAX; n++) {
        int middle = floor_of(pixels.side + lean_at(line, f, n + 0.5));
        for (int k = -reach; k <= reach; k++)
            values[BAND_REACH + k][n] = (uint8_t)dark_at(&pixels, first + n, middle + k);
    }
    for (int k = BAND_REACH - reach; k <= BAND_REACH + reach; k++)
        ret_levels[k] = (int)(PRINT_GAIN * level_of(values[k], n, PRINT_SHARE) + PRINT_MARGIN);
}

/* How dark print may be at each px off a line's middle, levels[BAND_REACH + px]: what two sides
 * show, for a pen's stroke along one side is not along another. A line by itself shows its own. */
static void find_print(const struct box_picture *box, const struct border_line *lines,
                       int levels[BAND_MAX])
{
    int reach = 0, found = 0, most[BAND_MAX] = {0}, second[BAND_MAX] = {0};
    for (int side = 0; side < BOX_SIDES; side++)
        if (lines[side].found && reach_of_line(&lines[side]) > reach)
            reach = reach_of_line(&lines[side]);
    for (int side = 0; side < BOX_SIDES; side++) {
        if (!lines[side].found)
            continue;
        struct side_frame f = frame_of(box, (enum box_side)side);
        int level[BAND_MAX];
        measure_print(box, &f, &lines[side], reach, level);
        for (int k = BAND_REACH - reach; k <= BAND_REACH + reach; k++) {
            second[k] = level[k] > most[k] ? most[k] : level[k] > second[k] ? level[k] : second[k];
            most[k] = level[k] > most[k] ? level[k] : most[k];
        }
        found++;
    }
    memcpy(levels, found > 1 ? second : most, sizeof most);
}

static void remove_line(struct box_picture *box, enum box_side side, const struct border_line *line,
                        const int levels[BAND_MAX])
{
    const struct side_frame f = frame_of(box, side);
    const struct side_pixels pixels = pixels_of(box, &f);
    const int reach = reach_of_line(line), first = floor_of(pixels.start + 0.5);
    const int inwards = side == SIDE_LEFT || side == SIDE_TOP ? 1 : -1;
    for (int at = 0; at < pixels.length; at++) {
        int along = at - first; /* px from where the side begins */
        int middle = floor_of(pixels.side + lean_at(line, &f, along));
        bool inside = darkest_near(&pixels, at, middle + inwards * (reach + 1)) > CROSSING_DEPTH;
        bool crossing =
            inside && darkest_near(&pixels, at, middle - inwards * (reach + 1)) > CROSSING_DEPTH;
        /* The next side's line. */
        bool corner = fmin(along, f.length - along) < 2 * (reach + 2);
        for (int k = -reach; k <= reach && !crossing; k++) {
            uint8_t *pixel = pixel_at(&pixels, at, middle + k);
            /* A stroke that comes to the line from within may go on along it. */
            if (pixel && (!inside || corner || *pixel <= levels[BAND_REACH + k]))
                *pixel = 0;
        }
    }
}

void box_border_remove(struct box_picture *box, const struct border_line *lines)
{
    int levels[BAND_MAX];
    find_print(box, lines, levels);
    for (int side = 0; side < BOX_SIDES; side++)
        if (lines[side].found)
            remove_line(box, (enum box_side)side, &lines[side], levels);
}
