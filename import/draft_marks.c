/* What a page can be found by: marks at its corners, timing marks along its edges, the squares that
 * number it; and what people write in: frames and rows of boxes. */
#include "draft_parts.h"

#include "diag.h"
#include <math.h>
#include <stdlib.h>

#define MAX_CANDIDATES 400
#define MARK_LEAST 2.2 /* mm */
#define MARK_MOST 16.0
#define ALIKE 0.12    /* share by which marks of one kind differ in size */
#define TRACK_LEAST 8 /* timing marks in a track */
#define BITS_LEAST 4
#define REGION_W 25.0 /* mm: smaller frames hold a label, not an answer */
#define REGION_H 10.0

static bool inside(struct rect outer, struct point p)
{
    return p.x > outer.x && p.y > outer.y && p.x < outer.x + outer.w && p.y < outer.y + outer.h;
}

static struct rect box_mm(const struct draft *d, double x, double y, double w, double h)
{
    return (struct rect){x / d->scale, y / d->scale, w / d->scale, h / d->scale};
}

/* ---- bits ---- */

/* 1 black, 0 white, -1 neither: print or a pen's mark. */
static int bit_at(const struct draft *d, const struct draft_cluster *c, struct point at)
{
    double share = draft_ink_share(d, rect_around(at, 0.7 * c->w, 0.7 * c->h));
    return share > 0.9 ? 1 : share < 0.06 ? 0 : -1;
}

/* A row of squares that are black or white; black ones at its ends are no outlines of the block. */
static bool read_bits(const struct draft *d, const struct draft_block *b, int row,
                      struct draft_bits *ret)
{
    const struct draft_cluster *c = &d->clusters[b->cluster];
    double step = b->columns > 1 ? INFINITY : 0, first = b->x[0], last = b->x[b->columns - 1];
    for (int i = 1; i < b->columns; i++)
        step = fmin(step, b->x[i] - b->x[i - 1]);
    if (c->shape != BUBBLE_BOX || fabs(c->w - c->h) > 0.15 * c->w || step <= 0)
        return false;
    while (bit_at(d, c, (struct point){first - step, b->y[row]}) == 1)
        first -= step;
    while (bit_at(d, c, (struct point){last + step, b->y[row]}) == 1)
        last += step;
    int n = (int)lround((last - first) / step) + 1, black = 0;
    if (n < BITS_LEAST || n > 40)
        return false;
    *ret = (struct draft_bits){{first, b->y[row]}, (last - first) / (n - 1), c->w, n, 0};
    for (int i = 0; i < n; i++) {
        int bit = bit_at(d, c, (struct point){first + i * ret->step, b->y[row]});
        if (bit < 0)
            return false;
        black += bit;
        ret->value = ret->value << 1 | (unsigned)bit;
    }
    return black > 0 && black < n;
}

void draft_bits_find(struct draft *d)
{
    d->n_bits = 0;
    for (int i = 0; i < d->n_blocks; i++) {
        struct draft_block *b = &d->blocks[i];
        struct draft_bits rows[DRAFT_MAX_BITS];
        bool edge = b->y[0] < 0.15 * d->height || b->y[0] > 0.85 * d->height;
        int n = 0;
        if (b->rows > DRAFT_MAX_BITS || b->columns < 3 || (!b->touching && !edge))
            continue;
        while (n < b->rows && read_bits(d, b, n, &rows[n]))
            n++;
        if (n < b->rows || d->n_bits + n > DRAFT_MAX_BITS)
            continue;
        for (int k = 0; k < n; k++)
            d->bits[d->n_bits++] = rows[k];
        b->dropped = true;
    }
}

/* ---- timing marks ---- */

static bool in_blocks(const struct draft *d, struct point at)
{
    for (int i = 0; i < d->n_blocks; i++)
        if (!d->blocks[i].touching && inside(draft_block_area(d, &d->blocks[i]), at))
            return true;
    return false;
}

static int gather_bars(const struct draft *d, struct rect *bars)
{
    int n = 0;
    for (size_t i = 0; i < d->n_blobs && n < MAX_CANDIDATES; i++) {
        const struct blob *b = &d->blobs[i];
        struct rect box = box_mm(d, b->x, b->y, b->w, b->h);
        if (b->area >= 0.82 * b->w * b->h && fmax(box.w, box.h) >= 1.5 && fmax(box.w, box.h) < 12 &&
            fmin(box.w, box.h) >= 0.6 && !in_blocks(d, rect_center(box)))
            bars[n++] = box;
    }
    return n;
}

/* The nearest bar of the same size right of or below bars[i]; -1: none. */
static int next_bar(const struct rect *bars, int n, int i, bool down)
{
    struct point from = rect_center(bars[i]);
    double nearest = 20;
    int best = -1;
    for (int k = 0; k < n; k++) {
        struct point to = rect_center(bars[k]);
        double along = down ? to.y - from.y : to.x - from.x;
        double off = down ? to.x - from.x : to.y - from.y;
        if (along <= 0.5 || along >= nearest || fabs(off) > 0.5 ||
            fabs(bars[k].w - bars[i].w) > 0.2 * bars[i].w + 0.2 ||
            fabs(bars[k].h - bars[i].h) > 0.2 * bars[i].h + 0.2)
            continue;
        nearest = along;
        best = k;
    }
    return best;
}

/* The longest track of equal steps that begins with bars[i]. */
static struct draft_track follow_bars(const struct rect *bars, int n, int i, bool down)
{
    struct point first = rect_center(bars[i]), at = first;
    struct draft_track t = {.at = first, .count = 1};
    double step = 0;
    for (int k = next_bar(bars, n, i, down); k >= 0; k = next_bar(bars, n, k, down)) {
        struct point to = rect_center(bars[k]);
        double own = down ? to.y - at.y : to.x - at.x;
        if (step > 0 && fabs(own - step) > 0.06 * step + 0.1)
            break;
        step = t.count == 1 ? own : (step * (t.count - 1) + own) / t.count;
        at = to;
        t.w += bars[k].w;
        t.h += bars[k].h;
        t.count++;
    }
    if (t.count < 2)
        return t;
    t.w /= t.count - 1;
    t.h /= t.count - 1;
    t.step = (struct point){(at.x - first.x) / (t.count - 1), (at.y - first.y) / (t.count - 1)};
    return t;
}

static void find_tracks(struct draft *d, struct rect *bars, int n)
{
    d->n_tracks = 0;
    while (d->n_tracks < DRAFT_MAX_TRACKS) {
        struct draft_track best = {.count = TRACK_LEAST - 1};
        for (int down = 0; down < 2; down++) {
            for (int i = 0; i < n; i++) {
                struct draft_track t = follow_bars(bars, n, i, down);
                if (t.count > best.count)
                    best = t;
            }
        }
        if (best.count < TRACK_LEAST)
            break;
        d->tracks[d->n_tracks++] = best;
        for (int i = 0; i < n; i++) { /* no bar is in two tracks */
            struct point at = rect_center(bars[i]);
            for (int k = 0; k < best.count; k++)
                if (hypot(best.at.x + k * best.step.x - at.x, best.at.y + k * best.step.y - at.y) <
                    1)
                    bars[i].w = -100;
        }
    }
}

/* ---- marks ---- */

static double ring_stroke(const struct draft *d, size_t outer)
{
    const struct contour *out = &d->contours[outer];
    double stroke = 0;
    for (size_t i = 0; i < d->n_contours; i++) {
        const struct contour *in = &d->contours[i];
        if (in->parent == (int)outer && in->extent > 0.7 && in->solidity > 0.9)
            stroke = fmax(stroke, (out->w - in->w) / 2 / d->scale);
    }
    return stroke;
}

/* Two arms along the sides that meet in a corner of the box, nothing in the quarter across. */
static bool is_ell(const struct draft *d, struct rect b, struct draft_mark *ret)
{
    for (int corner = 0; corner < 4; corner++) {
        bool right = corner == CORNER_TOP_RIGHT || corner == CORNER_BOTTOM_RIGHT;
        bool low = corner == CORNER_BOTTOM_LEFT || corner == CORNER_BOTTOM_RIGHT;
        double t = 0.08; /* the arms' outer part, thinner than any arm */
        struct rect upright = {right ? b.x + (1 - t) * b.w : b.x, b.y + 0.04 * b.h, t * b.w,
                               0.92 * b.h};
        struct rect level = {b.x + 0.04 * b.w, low ? b.y + (1 - t) * b.h : b.y, 0.92 * b.w,
                             t * b.h};
        struct rect across = {right ? b.x : b.x + 0.55 * b.w, low ? b.y : b.y + 0.55 * b.h,
                              0.45 * b.w, 0.45 * b.h};
        if (draft_ink_share(d, upright) < 0.85 || draft_ink_share(d, level) < 0.85 ||
            draft_ink_share(d, across) > 0.1)
            continue;
        double side = sqrt(b.w * b.h), area = draft_ink_share(d, b) * b.w * b.h;
        *ret = (struct draft_mark){MARK_ELL, b, side - sqrt(fmax(0, side * side - area)),
                                   (enum mark_corner)corner};
        return ret->stroke > 0.4;
    }
    return false;
}

static bool is_mark(const struct draft *d, size_t i, struct draft_mark *ret)
{
    const struct contour *c = &d->contours[i];
    struct rect box = box_mm(d, c->x, c->y, c->w, c->h);
    double most = fmax(box.w, box.h), least = fmin(box.w, box.h);
    if (c->hole || least < MARK_LEAST || most > MARK_MOST || most > 1.3 * least)
        return false;
    double ink = draft_ink_share(d, box);
    bool round = c->extent > 0.71 && c->extent < 0.85 && c->solidity > 0.92;
    *ret = (struct draft_mark){.box = box};
    if (c->extent > 0.9 && ink > 0.88) {
        ret->shape = MARK_SQUARE;
        return true;
    }
    if (round && ink > 0.68) {
        ret->shape = MARK_DISC;
        return true;
    }
    if (round && most >= 4) {
        ret->shape = MARK_RING;
        ret->stroke = ring_stroke(d, i);
        return ret->stroke >= 0.6;
    }
    return c->solidity < 0.92 && c->extent < 0.85 && is_ell(d, box, ret);
}

static bool in_track(const struct draft *d, struct rect box)
{
    struct point at = rect_center(box);
    for (int i = 0; i < d->n_tracks; i++) {
        const struct draft_track *t = &d->tracks[i];
        for (int k = 0; k < t->count; k++)
            if (hypot(t->at.x + k * t->step.x - at.x, t->at.y + k * t->step.y - at.y) < t->w)
                return true;
    }
    return false;
}

static bool in_bits(const struct draft *d, struct rect box)
{
    struct point at = rect_center(box);
    for (int i = 0; i < d->n_bits; i++) {
        const struct draft_bits *b = &d->bits[i];
        if (fabs(at.y - b->at.y) < b->size && at.x > b->at.x - b->size &&
            at.x < b->at.x + b->count * b->step)
            return true;
    }
    return false;
}

static int gather_marks(const struct draft *d, struct draft_mark *candidates)
{
    int n = 0;
    for (size_t i = 0; i < d->n_contours && n < MAX_CANDIDATES; i++) {
        struct draft_mark m;
        if (is_mark(d, i, &m) && !in_blocks(d, rect_center(m.box)) && !in_track(d, m.box) &&
            !in_bits(d, m.box))
            candidates[n++] = m;
    }
    return n;
}

static bool alike(const struct draft_mark *a, const struct draft_mark *b)
{
    return a->shape == b->shape && fabs(a->box.w - b->box.w) <= ALIKE * a->box.w + 0.15 &&
           fabs(a->box.h - b->box.h) <= ALIKE * a->box.h + 0.15;
}

/* How far p is from the page's corner k (clockwise from the top left), in city blocks. */
static double to_corner(const struct draft *d, struct point p, int k)
{
    double x = k == 1 || k == 2 ? d->width - p.x : p.x;
    double y = k >= 2 ? d->height - p.y : p.y;
    return x + y;
}

static int own_corner(const struct draft *d, struct point p)
{
    int best = 0;
    for (int k = 1; k < 4; k++)
        if (to_corner(d, p, k) < to_corner(d, p, best))
            best = k;
    return best;
}

/* Of four marks, one a corner, those that make a rectangle with most others; 3 or 4, else 0. */
static int keep_rectangle(const struct draft_mark *of[4], struct draft_mark *ret)
{
    const double slack = 4; /* mm: marks that differ in shape have their middles elsewhere */
    bool fits[4];
    int n = 0;
    for (int k = 0; k < 4; k++) {
        const struct draft_mark *m = of[k], *level = of[k ^ 1], *upright = of[3 - k];
        bool by_level =
            m && level && fabs(rect_center(level->box).y - rect_center(m->box).y) < slack;
        bool by_upright =
            m && upright && fabs(rect_center(upright->box).x - rect_center(m->box).x) < slack;
        fits[k] = by_level || by_upright;
        n += fits[k];
    }
    if (n < 3)
        return 0;
    n = 0;
    for (int k = 0; k < 4; k++)
        if (fits[k])
            ret[n++] = *of[k];
    return n;
}

static double marks_area(const struct draft_mark *m, int n)
{
    double x0 = INFINITY, y0 = INFINITY, x1 = 0, y1 = 0;
    for (int i = 0; i < n; i++) {
        struct point c = rect_center(m[i].box);
        x0 = fmin(x0, c.x);
        y0 = fmin(y0, c.y);
        x1 = fmax(x1, c.x);
        y1 = fmax(y1, c.y);
    }
    return (x1 - x0) * (y1 - y0);
}

/* The area of all blocks: marks around less are print. */
static double blocks_area(const struct draft *d)
{
    double x0 = INFINITY, y0 = INFINITY, x1 = 0, y1 = 0;
    for (int i = 0; i < d->n_blocks; i++) {
        struct rect a = draft_block_area(d, &d->blocks[i]);
        if (d->blocks[i].touching)
            continue;
        x0 = fmin(x0, a.x);
        y0 = fmin(y0, a.y);
        x1 = fmax(x1, a.x + a.w);
        y1 = fmax(y1, a.y + a.h);
    }
    return x1 > x0 ? (x1 - x0) * (y1 - y0) : 0;
}

/* The marks like candidates[like] (all of them where it is -1) that are nearest to the corners. */
static void try_marks(struct draft *d, const struct draft_mark *candidates, int n, int like)
{
    const struct draft_mark *of[4] = {NULL};
    struct draft_mark kept[DRAFT_MAX_MARKS] = {0};
    for (int k = 0; k < 4; k++) {
        double nearest = 0.6 * (d->width + d->height);
        for (int i = 0; i < n; i++) {
            double off = to_corner(d, rect_center(candidates[i].box), k);
            if (off < nearest && own_corner(d, rect_center(candidates[i].box)) == k &&
                (like < 0 || alike(&candidates[like], &candidates[i]))) {
                nearest = off;
                of[k] = &candidates[i];
            }
        }
    }
    int n_kept = keep_rectangle(of, kept);
    double area = marks_area(kept, n_kept), own = marks_area(d->marks, d->n_marks);
    bool wide = area > 0.25 * d->width * d->height || area > 0.9 * blocks_area(d);
    if (n_kept < 3 || !wide || (d->n_marks > 0 && area * n_kept <= own * d->n_marks))
        return;
    d->n_marks = n_kept;
    for (int i = 0; i < n_kept; i++)
        d->marks[i] = kept[i];
}

int draft_marks_find(struct draft *d)
{
    struct draft_mark *candidates = malloc(MAX_CANDIDATES * sizeof *candidates);
    struct rect *bars = malloc(MAX_CANDIDATES * sizeof *bars);
    int rc = candidates && bars ? 0 : YJ_ENOMEM;
    if (rc == 0) {
        find_tracks(d, bars, gather_bars(d, bars));
        int n = gather_marks(d, candidates);
        d->n_marks = 0;
        for (int i = 0; i < n; i++)
            try_marks(d, candidates, n, i);
        if (d->n_marks < 4)
            try_marks(d, candidates, n, -1);
    }
    free(candidates);
    free(bars);
    return rc;
}

/* ---- frames and boxes ---- */

static void find_boxes(struct draft *d)
{
    d->n_boxes = 0;
    for (int i = 0; i < d->n_blocks; i++) {
        const struct draft_block *b = &d->blocks[i];
        const struct draft_cluster *c = &d->clusters[b->cluster];
        double step = b->columns > 1 ? (b->x[b->columns - 1] - b->x[0]) / (b->columns - 1) : 0;
        if (!b->touching || b->rows != 1 || b->columns < 3 || fmin(c->w, c->h) < 3.5 ||
            d->n_boxes == DRAFT_MAX_BOXES)
            continue;
        struct draft_boxes boxes = {{b->x[0], b->y[0]}, step, c->w, c->h, b->columns, false};
        int labelled = 0;
        for (int k = 0; k < b->columns; k++)
            labelled += draft_ink_share(
                            d, rect_around(draft_place(b, 0, k), 0.7 * c->w, 0.7 * c->h)) > 0.01;
        boxes.labelled = labelled > b->columns / 2;
        if (boxes.labelled && b->columns < 6) /* the head of a table */
            continue;
        d->boxes[d->n_boxes++] = boxes;
    }
}

/* Whether bubbles, boxes or a smaller frame lie in it. */
static bool holds_fields(const struct draft *d, struct rect frame, size_t self)
{
    for (int i = 0; i < d->n_blocks; i++)
        for (int k = 0; k < d->blocks[i].rows * d->blocks[i].columns; k++) {
            const struct draft_block *b = &d->blocks[i];
            if (b->printed[k] && inside(frame, draft_place(b, k / b->columns, k % b->columns)))
                return true;
        }
    for (size_t i = 0; i < d->n_contours; i++) {
        const struct contour *c = &d->contours[i];
        struct rect box = box_mm(d, c->x, c->y, c->w, c->h);
        if (i != self && c->hole && c->extent > 0.93 && box.w >= REGION_W && box.h >= REGION_H &&
            box.w * box.h < 0.95 * frame.w * frame.h && inside(frame, rect_center(box)))
            return true;
    }
    return false;
}

int draft_frames_find(struct draft *d)
{
    find_boxes(d);
    d->n_regions = 0;
    for (size_t i = 0; i < d->n_contours && d->n_regions < DRAFT_MAX_REGIONS; i++) {
        const struct contour *c = &d->contours[i];
        struct rect box = box_mm(d, c->x, c->y, c->w, c->h);
        if (!c->hole || c->extent < 0.93 || box.w < REGION_W || box.h < REGION_H ||
            holds_fields(d, box, i))
            continue;
        d->regions[d->n_regions++] = box;
    }
    return 0;
}
