/* plain_box.c - along each side the pixels are counted that are darker than paper, line by line
 * beside the side: none for a long way, then at once nearly all of them, is a printed line with
 * nothing at it. Within the four lines no pixel may be dark, and the lines must be alike: a stroke
 * along a whole side, which is much like a line, makes that side thicker than the others, or moves
 * it off where the one across has its own; one along a part makes that part thicker.
 *
 * That the long way (written_box.c) finds nothing then: it reads pixels that are means of these; it
 * takes a line out a little wider than the line is, where nothing reaches in beyond; and what is
 * left is paper. */
#include "plain_box.h"

#include "grey_rank.h"
#include "wide.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TILT_MAX 0.03     /* of a side to the scan's rows or columns */
#define PAPER_SAMPLE 3000 /* px of a box and its margin that show the paper */
#define SPARE 2           /* grey levels that the paper may be paler than they show */
#define REACH 1.1         /* mm: how far off the form's place a line may lie (box_border.c) */
#define THICKEST 0.9      /* mm */
#define SOFT_PX 1         /* from where a line begins to where nearly all of it is dark */
#define HALF 0.45         /* of it: still the line */
#define FULL 0.9          /* of a side's length: nearly all of it */
#define ALIKE 0.25        /* mm that lines may differ in thickness, and from where they should be */
#define ALIKE_PX 2        /* or so many pixels, where they are large */
#define CORNER 0.1        /* mm: lines that meet blur a little further in */
#define SHORTEST 8        /* px of a side between its corners: fewer tell nothing */
#define WINDOW 1.0        /* mm of a line over which its ink is averaged ... */
#define UNEVEN 0.10       /* mm that its thickness may then differ from all of its length */
#define EDGE_PX 2         /* a line's soft edge */
#define LENGTH_MAX 1024   /* px of a side */
#define BAND_MAX 128      /* px across a side */
#define ALONG_MAX 255     /* of a side's pixels: a count of them fits a byte */

enum side { LEFT, RIGHT, TOP, BOTTOM, SIDES };

/* A side in the scan: at t along its column or row it lies at `at` + `slope` * t across. */
struct scan_side {
    double at, slope;
    double from, to; /* along, without its corners */
};

struct scan_box {
    struct scan_side sides[SIDES];
    double px;          /* a millimetre */
    int x0, y0, x1, y1; /* all that is looked at, within the scan: x0 <= x < x1 */
    int within;         /* px from there to what lies inside the border, at every side */
    int reach;          /* px to either side of a side */
    int paper;          /* grey level */
    uint8_t limit;      /* darker is no paper */
};

static bool is_upright(enum side side)
{
    return side == LEFT || side == RIGHT;
}

/* ---- the box in the scan ---- */

static bool place_side(struct point a, struct point b, struct point middle, struct scan_box *box)
{
    double dx = fabs(b.x - a.x), dy = fabs(b.y - a.y);
    bool upright = dy > dx;
    if (fmin(dx, dy) > TILT_MAX * fmax(dx, dy))
        return false;
    enum side side = upright ? (a.x + b.x < 2 * middle.x ? LEFT : RIGHT)
                             : (a.y + b.y < 2 * middle.y ? TOP : BOTTOM);
    double along[2] = {upright ? a.y : a.x, upright ? b.y : b.x};
    double across[2] = {upright ? a.x : a.y, upright ? b.x : b.y};
    double slope = (across[1] - across[0]) / (along[1] - along[0]);
    box->sides[side] = (struct scan_side){.at = across[0] - slope * along[0],
                                          .slope = slope,
                                          .from = fmin(along[0], along[1]) + box->reach,
                                          .to = fmax(along[0], along[1]) - box->reach};
    return box->sides[side].to - box->sides[side].from >= SHORTEST;
}

static bool place_box(const struct image *img, const struct page_map *map, struct rect rect,
                      double margin, struct scan_box *ret)
{
    struct point middle = rect_center(rect), corners[4];
    const struct homography local = page_map_local(map, middle);
    double px = homography_scale(&local, middle);
    double x0 = img->width, y0 = img->height, x1 = 0, y1 = 0;
    *ret = (struct scan_box){.px = px, .reach = (int)ceil((REACH + THICKEST) * px)};
    if (2 * ret->reach + 1 > BAND_MAX)
        return false;
    for (int i = 0; i < 4; i++) {
        struct point mm = {rect.x + (i == 1 || i == 2 ? rect.w : 0),
                           rect.y + (i >= 2 ? rect.h : 0)};
        corners[i] = homography_apply(&local, mm);
        x0 = fmin(x0, corners[i].x);
        x1 = fmax(x1, corners[i].x);
        y0 = fmin(y0, corners[i].y);
        y1 = fmax(y1, corners[i].y);
    }
    double around = fmax(margin * px, ret->reach) + EDGE_PX + 1;
    if (!(x0 >= around && y0 >= around && x1 + around < img->width && y1 + around < img->height))
        return false;
    ret->x0 = (int)(x0 - around);
    ret->y0 = (int)(y0 - around);
    ret->x1 = (int)(x1 + around);
    ret->y1 = (int)(y1 + around);
    ret->within = (int)around + ret->reach + 1;
    middle = homography_apply(&local, middle);
    for (int i = 0; i < 4; i++)
        if (!place_side(corners[i], corners[(i + 1) % 4], middle, ret))
            return false;
    return true;
}

static int paper_of(const struct image *img, int x0, int y0, int x1, int y1)
{
    int width = x1 - x0, height = y1 - y0;
    if (width < 1 || height < 1)
        return 0;
    int step = height * width / PAPER_SAMPLE + 1, rows = (height + step - 1) / step;
    return grey_rank(image_row(img, y0) + x0, (ptrdiff_t)img->stride * step, width, rows,
                     (size_t)(PAPER_SHARE * width * rows));
}

/* What is paper, of some of its rows, or of those inside where they are paler: a white box on
 * tinted print. False: nothing is. */
static bool find_limit(const struct image *img, struct scan_box *box)
{
    int in = box->within, paper = paper_of(img, box->x0, box->y0, box->x1, box->y1);
    int inside = paper_of(img, box->x0 + in, box->y0 + in, box->x1 - in, box->y1 - in);
    box->paper = paper > inside ? paper : inside;
    box->limit = (uint8_t)(box->paper - FAINTEST + SPARE);
    return box->paper >= PAPER_MIN;
}

/* ---- its lines ---- */

/* How many pixels of a line beside a side are dark: [from the farthest out to the farthest in]. */
struct band {
    int dark[BAND_MAX];
    int n; /* px along */
};

WIDE static void add_dark(const uint8_t *restrict row, int n, uint8_t limit,
                          uint8_t *restrict counts)
{
    for (int k = 0; k < n; k++)
        counts[k] += row[k] < limit;
}

WIDE static int count_dark(const uint8_t *restrict row, int n, uint8_t limit)
{
    int dark = 0;
    for (int k = 0; k < n; k++)
        dark += row[k] < limit;
    return dark;
}

static int nearest_to(const struct scan_side *s, int along)
{
    return (int)(s->at + s->slope * along + 0.5); /* within the scan: not below nought */
}

/* Down a column: each row's pixels about it at once. */
static void count_upright(const struct image *img, const struct scan_box *box, enum side side,
                          struct band *ret)
{
    const struct scan_side *s = &box->sides[side];
    uint8_t counts[BAND_MAX] = {0};
    int width = 2 * box->reach + 1, step = (int)(s->to - s->from) / ALONG_MAX + 1;
    ret->n = 0;
    for (int y = (int)s->from; y < s->to && ret->n < ALONG_MAX; y += step, ret->n++)
        add_dark(image_row(img, y) + nearest_to(s, y) - box->reach, width, box->limit, counts);
    for (int k = 0; k < width; k++)
        ret->dark[k] = counts[side == LEFT ? k : width - 1 - k];
}

/* Along a row: as far as the side stays in one row of pixels, each row about it at once. */
static void count_level(const struct image *img, const struct scan_box *box, enum side side,
                        struct band *ret)
{
    const struct scan_side *s = &box->sides[side];
    int width = 2 * box->reach + 1, end;
    memset(ret->dark, 0, sizeof ret->dark);
    ret->n = (int)s->to - (int)s->from;
    for (int x = (int)s->from; x < (int)s->to; x = end) {
        int y = nearest_to(s, x);
        for (end = x + 1; end < (int)s->to && nearest_to(s, end) == y;)
            end++;
        for (int k = 0; k < width; k++)
            ret->dark[side == TOP ? k : width - 1 - k] +=
                count_dark(image_row(img, y + k - box->reach) + x, end - x, box->limit);
    }
}

struct found_line {
    bool is_bare;   /* no pixel is dark, as far as lines are looked for */
    int in;         /* px inwards from the side: the first where all is paper */
    int first, end; /* its ink with its soft edges */
    int thick;      /* px */
    double middle;  /* px inwards from the side */
};

static int at_least(double mm, double px, int least)
{
    int n = (int)ceil(mm * px);
    return n > least ? n : least;
}

/* False: there is something else than a line. */
static bool find_line(const struct scan_box *box, const struct band *band, struct found_line *ret)
{
    int k = 2 * box->reach;
    while (k >= 0 && band->dark[k] == 0)
        k--;
    *ret = (struct found_line){.is_bare = k < 0, .in = k + 1 - box->reach};
    if (k < 0)
        return true;
    int first = k;
    while (k >= 0 && first - k <= SOFT_PX && band->dark[k] < FULL * band->n)
        k--;
    if (k < 0 || first - k > SOFT_PX)
        return false;
    int full = k;
    while (k >= 0 && band->dark[k] >= HALF * band->n)
        k--;
    ret->thick = full - k;
    ret->first = k + 1 - EDGE_PX - box->reach;
    ret->end = full + 1 + EDGE_PX - box->reach;
    ret->middle = (full + k + 1) / 2.0 - box->reach;
    return ret->thick <= THICKEST * box->px && fabs(ret->middle) <= REACH * box->px;
}

/* ---- a line's ink ---- */

WIDE static void add_ink(const uint8_t *restrict row, int n, int paper, uint16_t *restrict ink)
{
    for (int x = 0; x < n; x++)
        ink[x] = (uint16_t)(ink[x] + (paper > row[x] ? paper - row[x] : 0));
}

/* How much darker than paper a line is, added up across it, at each pixel along. */
static void measure_ink(const struct image *img, const struct scan_box *box, enum side side,
                        const struct found_line *line, int from, int n, uint16_t ink[LENGTH_MAX])
{
    const struct scan_side *s = &box->sides[side];
    int first = side == LEFT || side == TOP ? line->first : 1 - line->end, end;
    int across = line->end - line->first;
    memset(ink, 0, (size_t)n * sizeof *ink);
    for (int i = 0; i < n && is_upright(side); i++) {
        const uint8_t *row = image_row(img, from + i) + nearest_to(s, from + i) + first;
        for (int k = 0; k < across; k++)
            ink[i] = (uint16_t)(ink[i] + (box->paper > row[k] ? box->paper - row[k] : 0));
    }
    for (int i = 0; i < n && !is_upright(side); i = end) {
        int y = nearest_to(s, from + i);
        for (end = i + 1; end < n && nearest_to(s, from + end) == y;)
            end++;
        for (int k = 0; k < across; k++)
            add_ink(image_row(img, y + first + k) + from + i, end - i, box->paper, ink + i);
    }
}

/* The ink of a line between the lines across, at a pixel along; false: there is more or less of it
 * somewhere: a stroke that lies on part of a line makes it thicker there. */
static bool is_even(const struct image *img, const struct scan_box *box, enum side side,
                    const struct found_line lines[SIDES], double *ret_mean)
{
    uint16_t ink[LENGTH_MAX];
    const struct scan_side *s = &box->sides[side];
    const struct found_line *before = &lines[is_upright(side) ? TOP : LEFT],
                            *after = &lines[is_upright(side) ? BOTTOM : RIGHT];
    int from = (int)s->from - box->reach + before->in + EDGE_PX + 1,
        n = (int)s->to + box->reach - after->in - EDGE_PX - from, part = 0;
    int window = at_least(WINDOW, box->px, 1);
    int64_t all = 0;
    if (n < window || n > LENGTH_MAX)
        return false;
    measure_ink(img, box, side, &lines[side], from, n, ink);
    for (int i = 0; i < n; i++)
        all += ink[i];
    double mean = *ret_mean = (double)all / n;
    double most = UNEVEN * box->px / lines[side].thick * mean;
    for (int i = 0; i < n; i++) {
        part += ink[i] - (i >= window ? ink[i - window] : 0);
        if (i + 1 >= window && fabs((double)part / window - mean) > most)
            return false;
    }
    return true;
}

/* Print moves the two sides that face each other together, and draws all four alike. */
static bool are_alike(const struct image *img, const struct scan_box *box,
                      const struct found_line lines[SIDES])
{
    double alike = at_least(ALIKE, box->px, ALIKE_PX), ink[SIDES], mean = 0, thick = 0;
    for (int side = 0; side < SIDES; side++)
        if (lines[side].is_bare != lines[0].is_bare)
            return false;
    if (lines[0].is_bare)
        return true;
    if (fabs(lines[LEFT].middle + lines[RIGHT].middle) > alike ||
        fabs(lines[TOP].middle + lines[BOTTOM].middle) > alike)
        return false;
    for (int side = 0; side < SIDES; side++) {
        if (!is_even(img, box, (enum side)side, lines, &ink[side]))
            return false;
        mean += ink[side] / SIDES;
        thick += lines[side].thick / (double)SIDES;
    }
    for (int side = 0; side < SIDES; side++)
        if (fabs(ink[side] - mean) > UNEVEN * box->px / thick * mean)
            return false;
    return true;
}

/* ---- within ---- */

/* The part of row y that lies within four lines, `in` px inwards from each side: ret_x[0] <= x <
 * ret_x[1]. */
static void cut_row(const struct scan_box *box, const int in[SIDES], int y, int ret_x[2])
{
    const struct scan_side *s = box->sides;
    double x[2] = {s[LEFT].at + s[LEFT].slope * y + in[LEFT],
                   s[RIGHT].at + s[RIGHT].slope * y - in[RIGHT]};
    for (int side = TOP; side <= BOTTOM; side++) {
        /* How far the row is within at x: a + b * x. */
        double sign = side == TOP ? 1 : -1, a = sign * (y - s[side].at) - in[side],
               b = -sign * s[side].slope;
        if (b > 0)
            x[0] = fmax(x[0], -a / b);
        else if (b < 0)
            x[1] = fmin(x[1], -a / b);
        else if (a < 0)
            x[1] = x[0];
    }
    ret_x[0] = (int)ceil(fmin(fmax(x[0], box->x0), box->x1));
    ret_x[1] = (int)fmax(fmin(floor(x[1]) + 1, box->x1), box->x0);
}

static bool is_paper_within(const struct image *img, const struct scan_box *box,
                            const int in[SIDES])
{
    for (int y = box->y0; y < box->y1; y++) {
        int x[2];
        cut_row(box, in, y, x);
        if (x[0] < x[1] && count_dark(image_row(img, y) + x[0], x[1] - x[0], box->limit) > 0)
            return false;
    }
    return true;
}

bool plain_box(const struct image *img, const struct page_map *map, struct rect rect, double margin)
{
    struct scan_box box;
    struct found_line lines[SIDES];
    if (!place_box(img, map, rect, margin, &box) || !find_limit(img, &box))
        return false;
    int in[SIDES] = {box.reach, box.reach, box.reach, box.reach};
    if (!is_paper_within(img, &box, in)) /* most that is written shows here at once */
        return false;
    for (int side = 0; side < SIDES; side++) {
        struct band band;
        if (is_upright((enum side)side))
            count_upright(img, &box, (enum side)side, &band);
        else
            count_level(img, &box, (enum side)side, &band);
        if (!find_line(&box, &band, &lines[side]))
            return false;
        in[side] = lines[side].in + (lines[side].is_bare ? 0 : at_least(CORNER, box.px, 1));
    }
    return is_paper_within(img, &box, in) && are_alike(img, &box, lines);
}
