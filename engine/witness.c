/* Every outline is POINTS pairs of points, kept as byte offsets from the pixel under its centre, so
 * that trying a shift costs two loads a pair. A shift's evidence is the sum over pairs of (outside
 * - on), clamped: a pen's black must not outweigh the thin print of the other bubbles. */
#include "witness.h"

#include "diag.h"
#include "outline.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define POINTS OUTLINE_POINTS /* pairs an outline */
#define CLAMP 48              /* grey levels: no pair speaks louder */
#define CONTRAST_MAX 9        /* grey levels: a pair sees print, however strong the print is ... */
#define CONTRAST_MIN 3        /* ... and however pale */
#define CONTRAST_SHARE 0.4    /* of the print's mean evidence a pair */
#define SUPPORT_MIN 10        /* pairs of POINTS: an outline is found */
#define OUTSIDE_GAP 0.55      /* mm from an outline to its outer points, where there is room */
#define PATCH_SIDE 28.0       /* mm */
#define PATCH_MIN 4           /* outlines; fewer join a neighbour */
#define LOOK_SAMPLE 72        /* outlines in a quick look */
#define FARTHER_COST 0.04    /* share of the evidence that a shift to the end of the search costs */
#define RADIUS_OF_PITCH 0.45 /* a patch moves at most this share of the way to the next outline */

struct outline {
    struct point center;     /* mm */
    struct point on[POINTS]; /* mm from the centre */
    struct point normal[POINTS];
    double gap; /* mm: on -> outside */
    int patch;
};

struct patch {
    struct point center; /* mm */
    int n_outlines;
    double pitch; /* mm: least distance between centres of its outlines, or to others' */
};

struct outline_set {
    struct outline *outlines; /* sorted by patch */
    int n_outlines;
    struct patch *patches;
    int n_patches;
    struct rect extent; /* of the centres */
};

/* An outline under a transform: where its centre is and its pairs as offsets. */
struct cast_outline {
    struct point center; /* px */
    int reach;           /* px: farthest offset in x or y */
    int on[POINTS], out[POINTS];
};

struct witness_scratch {
    struct cast_outline *casts;
    int capacity;
    int *sums;
    int sums_capacity;
};

/* ---- preparing a form page ---- */

static void outline_init(struct outline *o, struct rect box, enum bubble_shape shape)
{
    o->center = rect_center(box);
    o->gap = OUTSIDE_GAP;
    outline_points(shape, box.w, box.h, o->on, o->normal);
}

static int count_outlines(const struct form *form, int page)
{
    int n = 0;
    for (int i = 0; i < form->n_fields; i++)
        if (form->fields[i].page == page)
            n += form->fields[i].n_bubbles + form->fields[i].n_boxes;
    return n;
}

static void collect_outlines(const struct form *form, int page, struct outline_set *set)
{
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *f = &form->fields[i];
        if (f->page != page)
            continue;
        for (int k = 0; k < f->n_bubbles; k++)
            outline_init(&set->outlines[set->n_outlines++], f->bubbles[k].box, f->shape);
        for (int k = 0; k < f->n_boxes; k++)
            outline_init(&set->outlines[set->n_outlines++], f->boxes[k], BUBBLE_BOX);
    }
}

static void measure_extent(struct outline_set *set)
{
    double x0 = HUGE_VAL, y0 = HUGE_VAL, x1 = -HUGE_VAL, y1 = -HUGE_VAL;
    for (int i = 0; i < set->n_outlines; i++) {
        struct point c = set->outlines[i].center;
        x0 = fmin(x0, c.x), x1 = fmax(x1, c.x);
        y0 = fmin(y0, c.y), y1 = fmax(y1, c.y);
    }
    set->extent = (struct rect){x0, y0, x1 - x0, y1 - y0};
}

static int by_patch(const void *a, const void *b)
{
    const struct outline *x = a, *y = b;
    if (x->patch != y->patch)
        return x->patch < y->patch ? -1 : 1;
    if (x->center.y != y->center.y)
        return x->center.y < y->center.y ? -1 : 1;
    return (x->center.x > y->center.x) - (x->center.x < y->center.x);
}

/* Cells of PATCH_SIDE over the extent; their number is the patch until small ones have joined. */
static void assign_cells(struct outline_set *set, int *ret_cells)
{
    int nx = (int)(set->extent.w / PATCH_SIDE) + 1, ny = (int)(set->extent.h / PATCH_SIDE) + 1;
    for (int i = 0; i < set->n_outlines; i++) {
        struct outline *o = &set->outlines[i];
        int x = (int)((o->center.x - set->extent.x) / (set->extent.w / nx + 1e-9));
        int y = (int)((o->center.y - set->extent.y) / (set->extent.h / ny + 1e-9));
        o->patch = (y < ny ? y : ny - 1) * nx + (x < nx ? x : nx - 1);
    }
    *ret_cells = nx * ny;
}

/* The patch of the nearest outline that is in a full enough cell. */
static int nearest_full_patch(const struct outline_set *set, const int *count, int from)
{
    int best = set->outlines[from].patch;
    double least = HUGE_VAL;
    for (int i = 0; i < set->n_outlines; i++) {
        const struct outline *o = &set->outlines[i];
        double d = hypot(o->center.x - set->outlines[from].center.x,
                         o->center.y - set->outlines[from].center.y);
        if (count[o->patch] >= PATCH_MIN && d < least) {
            least = d;
            best = o->patch;
        }
    }
    return best;
}

static int join_small_cells(struct outline_set *set, int cells)
{
    int *count = calloc((size_t)cells, sizeof(*count));
    int *patch = calloc((size_t)set->n_outlines, sizeof(*patch));
    if (!count || !patch) {
        free(count);
        free(patch);
        return YJ_ENOMEM;
    }
    for (int i = 0; i < set->n_outlines; i++)
        count[set->outlines[i].patch]++;
    for (int i = 0; i < set->n_outlines; i++)
        patch[i] = count[set->outlines[i].patch] >= PATCH_MIN ? set->outlines[i].patch
                                                              : nearest_full_patch(set, count, i);
    for (int i = 0; i < set->n_outlines; i++)
        set->outlines[i].patch = patch[i];
    free(count);
    free(patch);
    return 0;
}

/* Least distance from the centre of an outline to any other's; also bounds its outer points. */
static double outline_pitch(const struct outline_set *set, int from)
{
    double least = 8; /* mm: lone outlines search no farther */
    for (int i = 0; i < set->n_outlines; i++) {
        if (i == from)
            continue;
        double dx = fabs(set->outlines[i].center.x - set->outlines[from].center.x);
        double dy = fabs(set->outlines[i].center.y - set->outlines[from].center.y);
        if (dx < least && dy < least)
            least = fmin(least, fmax(dx, hypot(dx, dy)));
    }
    return least;
}

static int number_patches(struct outline_set *set)
{
    qsort(set->outlines, (size_t)set->n_outlines, sizeof(*set->outlines), by_patch);
    int last = -1, n = 0;
    for (int i = 0; i < set->n_outlines; i++) {
        if (set->outlines[i].patch != last)
            n++;
        last = set->outlines[i].patch;
        set->outlines[i].patch = n - 1;
    }
    set->patches = calloc((size_t)n + 1, sizeof(*set->patches));
    if (!set->patches)
        return YJ_ENOMEM;
    set->n_patches = n;
    for (int i = 0; i < n; i++)
        set->patches[i].pitch = HUGE_VAL;
    for (int i = 0; i < set->n_outlines; i++) {
        struct outline *o = &set->outlines[i];
        struct patch *p = &set->patches[o->patch];
        double pitch = outline_pitch(set, i);
        p->pitch = fmin(p->pitch, pitch);
        p->center.x += o->center.x;
        p->center.y += o->center.y;
        p->n_outlines++;
    }
    for (int i = 0; i < n; i++) {
        set->patches[i].center.x /= set->patches[i].n_outlines;
        set->patches[i].center.y /= set->patches[i].n_outlines;
    }
    return 0;
}

/* Outer points stay out of the neighbour: at most 40 % of the free space between the two. */
static void bound_gaps(struct outline_set *set)
{
    for (int i = 0; i < set->n_outlines; i++) {
        struct outline *o = &set->outlines[i];
        double half = 0;
        for (int k = 0; k < POINTS; k++)
            half = fmax(half,
                        fmin(fabs(o->on[k].x) + fabs(o->on[k].y), hypot(o->on[k].x, o->on[k].y)));
        double room = outline_pitch(set, i) - 2 * half;
        if (room > 0)
            o->gap = fmax(0.25, fmin(OUTSIDE_GAP, 0.4 * room));
        else
            o->gap = 0.3;
    }
}

int outline_set_create(const struct form *form, int page, struct outline_set **ret_set)
{
    struct outline_set *set = calloc(1, sizeof(*set));
    if (!set)
        return YJ_ENOMEM;
    int n = count_outlines(form, page), cells, r = YJ_ENOMEM;
    set->outlines = calloc((size_t)n + 1, sizeof(*set->outlines));
    if (!set->outlines)
        goto fail;
    collect_outlines(form, page, set);
    if (n > 0) {
        measure_extent(set);
        assign_cells(set, &cells);
        r = join_small_cells(set, cells);
        if (r == 0)
            r = number_patches(set);
        if (r < 0)
            goto fail;
        bound_gaps(set);
    }
    *ret_set = set;
    return 0;
fail:
    outline_set_destroy(set);
    return r;
}

void outline_set_destroy(struct outline_set *set)
{
    if (!set)
        return;
    free(set->outlines);
    free(set->patches);
    free(set);
}

int outline_set_count(const struct outline_set *set)
{
    return set->n_outlines;
}

int witness_scratch_create(struct witness_scratch **ret_scratch)
{
    struct witness_scratch *s = calloc(1, sizeof(*s));
    if (!s)
        return YJ_ENOMEM;
    *ret_scratch = s;
    return 0;
}

void witness_scratch_destroy(struct witness_scratch *s)
{
    if (!s)
        return;
    free(s->casts);
    free(s->sums);
    free(s);
}

static int scratch_reserve(struct witness_scratch *s, int casts, int sums)
{
    if (casts > s->capacity) {
        struct cast_outline *grown = realloc(s->casts, (size_t)casts * sizeof(*grown));
        if (!grown)
            return YJ_ENOMEM;
        s->casts = grown;
        s->capacity = casts;
    }
    if (sums > s->sums_capacity) {
        int *grown = realloc(s->sums, (size_t)sums * sizeof(*grown));
        if (!grown)
            return YJ_ENOMEM;
        s->sums = grown;
        s->sums_capacity = sums;
    }
    return 0;
}

/* ---- looking ---- */

static void cast_outline(const struct outline *o, const struct image *img,
                         const struct homography *h, double size, struct cast_outline *c)
{
    struct point p = homography_apply(h, o->center);
    struct point px = homography_apply(h, (struct point){o->center.x + 1, o->center.y});
    struct point py = homography_apply(h, (struct point){o->center.x, o->center.y + 1});
    double a = px.x - p.x, b = py.x - p.x, e = px.y - p.y, d = py.y - p.y;
    c->center = p;
    c->reach = 0;
    for (int i = 0; i < POINTS; i++) {
        struct point on = {o->on[i].x * size, o->on[i].y * size};
        struct point out = {on.x + o->normal[i].x * o->gap, on.y + o->normal[i].y * o->gap};
        int onx = (int)lround(a * on.x + b * on.y), ony = (int)lround(e * on.x + d * on.y);
        int outx = (int)lround(a * out.x + b * out.y), outy = (int)lround(e * out.x + d * out.y);
        c->on[i] = ony * (int)img->stride + onx;
        c->out[i] = outy * (int)img->stride + outx;
        int far_x = abs(outx) > abs(onx) ? abs(outx) : abs(onx);
        int far_y = abs(outy) > abs(ony) ? abs(outy) : abs(ony);
        c->reach = far_x > c->reach ? far_x : c->reach;
        c->reach = far_y > c->reach ? far_y : c->reach;
    }
}

/* The pixel under the centre, or NULL where a search of `radius` px would leave the image. */
static const uint8_t *cast_pixel(const struct cast_outline *c, const struct image *img, int radius)
{
    int margin = c->reach + radius + 1;
    if (!(c->center.x >= margin) || !(c->center.y >= margin) ||
        !(c->center.x < img->width - margin) || !(c->center.y < img->height - margin))
        return NULL;
    return image_row(img, (int)lround(c->center.y)) + lround(c->center.x);
}

static int pair_evidence(int on, int out)
{
    int d = out - on;
    return d > CLAMP ? CLAMP : (d < -CLAMP ? -CLAMP : d);
}

static int outline_evidence(const struct cast_outline *c, const uint8_t *p)
{
    int sum = 0;
    for (int i = 0; i < POINTS; i++)
        sum += pair_evidence(p[c->on[i]], p[c->out[i]]);
    return sum;
}

static bool outline_supported(const struct cast_outline *c, const uint8_t *p, int contrast)
{
    int support = 0;
    for (int i = 0; i < POINTS; i++)
        support += (int)p[c->out[i]] - (int)p[c->on[i]] >= contrast;
    return support >= SUPPORT_MIN;
}

/* What a pair must show on print whose pairs show `evidence` on average. */
static int contrast_wanted(double evidence)
{
    double c = CONTRAST_SHARE * evidence;
    return (int)lround(c < CONTRAST_MIN ? CONTRAST_MIN : (c > CONTRAST_MAX ? CONTRAST_MAX : c));
}

/* Found here or within a pixel of here. */
static bool outline_found(const struct cast_outline *c, const struct image *img, int dx, int dy,
                          int contrast)
{
    struct cast_outline moved = *c;
    moved.center.x += dx;
    moved.center.y += dy;
    const uint8_t *p = cast_pixel(&moved, img, 1);
    if (!p)
        return false;
    for (int y = -1; y <= 1; y++)
        for (int x = -1; x <= 1; x++)
            if (outline_supported(c, p + y * (ptrdiff_t)img->stride + x, contrast))
                return true;
    return false;
}

/* Adds to sums[(2 radius + 1)^2] the evidence of each shift, in steps of `step` px; returns how
 * many outlines could be looked at. */
static int add_evidence(const struct cast_outline *casts, int n, const struct image *img,
                        int radius, int step, int *sums)
{
    const int side = 2 * (radius / step) + 1;
    int seen = 0;
    for (int k = 0; k < n; k++) {
        const uint8_t *p = cast_pixel(&casts[k], img, radius);
        if (!p)
            continue;
        seen++;
        for (int y = 0; y < side; y++) {
            const uint8_t *row = p + (y * step - radius / step * step) * (ptrdiff_t)img->stride;
            for (int x = 0; x < side; x++)
                sums[y * side + x] +=
                    outline_evidence(&casts[k], row + x * step - radius / step * step);
        }
    }
    return seen;
}

struct peak {
    double x, y;     /* px */
    double evidence; /* a pair, grey levels */
};

/* Vertex of the parabola through three values at -1, 0, 1. */
static double vertex(double left, double middle, double right)
{
    double curve = left - 2 * middle + right;
    return curve < 0 ? fmax(-0.5, fmin(0.5, 0.5 * (left - right) / curve)) : 0;
}

static struct peak find_peak(const int *sums, int side, int step, int n)
{
    int best = (side / 2) * side + side / 2;
    double most = sums[best];
    for (int i = 0; i < side * side; i++) {
        double x = 2.0 * (i % side) / side - 1, y = 2.0 * (i / side) / side - 1;
        double value = sums[i] * (1 - FARTHER_COST * (x * x + y * y));
        if (value > most) {
            most = value;
            best = i;
        }
    }
    int x = best % side, y = best / side;
    struct peak p = {(x - side / 2) * step, (y - side / 2) * step, 0};
    if (x > 0 && x < side - 1)
        p.x += step * vertex(sums[best - 1], sums[best], sums[best + 1]);
    if (y > 0 && y < side - 1)
        p.y += step * vertex(sums[best - side], sums[best], sums[best + side]);
    p.evidence = n ? (double)sums[best] / (n * POINTS) : 0;
    return p;
}

/* A px vector at a place of the form, in mm there. */
static struct point px_to_mm(const struct homography *h, struct point at, double x, double y)
{
    struct homography inverse;
    struct point p = homography_apply(h, at);
    if (homography_invert(h, &inverse) < 0)
        return (struct point){0, 0};
    struct point q = homography_apply(&inverse, (struct point){p.x + x, p.y + y});
    return (struct point){q.x - at.x, q.y - at.y};
}

/* What looking from whole pixels adds to a shift, on average. In a patch the outlines stand at
 * nearly whole pixels from each other, so that their fractions do not cancel. */
static struct point rounding_loss(const struct cast_outline *casts, int n)
{
    struct point sum = {0, 0};
    for (int i = 0; i < n; i++) {
        sum.x += (double)lround(casts[i].center.x) - casts[i].center.x;
        sum.y += (double)lround(casts[i].center.y) - casts[i].center.y;
    }
    return n > 0 ? (struct point){sum.x / n, sum.y / n} : sum;
}

int witness_look(const struct outline_set *set, const struct image *img, const struct homography *h,
                 double radius, double size, struct witness_scratch *scratch,
                 struct witness_verdict *ret)
{
    *ret = (struct witness_verdict){0};
    int n = set->n_outlines < LOOK_SAMPLE ? set->n_outlines : LOOK_SAMPLE;
    if (n == 0)
        return 0;
    struct point middle = rect_center(set->extent);
    double scale = homography_scale(h, middle);
    if (!(scale > 0.5) || !(scale < 60))
        return 0;
    int r = (int)ceil(radius * scale), step = r > 6 ? 2 : 1;
    r = (r + step - 1) / step * step;
    int side = 2 * (r / step) + 1;
    if (scratch_reserve(scratch, n, side * side) < 0)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++)
        cast_outline(&set->outlines[(long)i * set->n_outlines / n], img, h, size,
                     &scratch->casts[i]);
    memset(scratch->sums, 0, (size_t)(side * side) * sizeof(int));
    int seen = add_evidence(scratch->casts, n, img, r, step, scratch->sums);
    struct peak peak = find_peak(scratch->sums, side, step, seen);
    for (int i = 0; i < n; i++)
        ret->found += outline_found(&scratch->casts[i], img, (int)lround(peak.x),
                                    (int)lround(peak.y), contrast_wanted(peak.evidence));
    ret->share = (double)ret->found / n;
    ret->shift = px_to_mm(h, middle, peak.x, peak.y);
    return 0;
}

/* ---- refining ---- */

struct patch_fit {
    struct point at, shift; /* mm */
    double weight, evidence;
};

static int move_patches(const struct outline_set *set, const struct image *img,
                        const struct homography *h, double radius, double size,
                        struct witness_scratch *scratch, struct patch_fit *fits)
{
    int first = 0;
    for (int k = 0; k < set->n_patches; first += set->patches[k++].n_outlines) {
        const struct patch *p = &set->patches[k];
        double scale = homography_scale(h, p->center);
        int r = (int)ceil(fmin(radius, RADIUS_OF_PITCH * p->pitch) * scale);
        r = r < 1 ? 1 : (r > 40 ? 40 : r);
        int side = 2 * r + 1;
        if (scratch_reserve(scratch, set->n_outlines, side * side) < 0)
            return YJ_ENOMEM;
        for (int i = 0; i < p->n_outlines; i++)
            cast_outline(&set->outlines[first + i], img, h, size, &scratch->casts[i]);
        memset(scratch->sums, 0, (size_t)(side * side) * sizeof(int));
        int seen = add_evidence(scratch->casts, p->n_outlines, img, r, 1, scratch->sums);
        struct peak peak = find_peak(scratch->sums, side, 1, seen);
        struct point lost = rounding_loss(scratch->casts, p->n_outlines);
        peak.x += lost.x;
        peak.y += lost.y;
        fits[k].at = p->center;
        fits[k].evidence = peak.evidence;
        fits[k].shift = px_to_mm(h, p->center, peak.x, peak.y);
        bool at_edge = fabs(peak.x) > r - 0.6 || fabs(peak.y) > r - 0.6;
        bool seen_enough = 2 * seen >= p->n_outlines && peak.evidence > CONTRAST_MIN / 2.0;
        fits[k].weight =
            seen_enough && !(at_edge && r > 1) ? sqrt(seen) * fmin(peak.evidence, 30) : 0;
    }
    return 0;
}

/* The transform that follows the patches: a homography for many, an affine or a shift for few,
 * twice reweighted so that a patch led astray by dirt is left behind. */
static int follow_patches(const struct patch_fit *fits, int n, struct homography *h)
{
    struct point from[PAGE_MAP_MAX_ANCHORS], to[PAGE_MAP_MAX_ANCHORS];
    double base[PAGE_MAP_MAX_ANCHORS], weight[PAGE_MAP_MAX_ANCHORS];
    size_t m = 0;
    for (int i = 0; i < n && m < PAGE_MAP_MAX_ANCHORS; i++) {
        if (fits[i].weight <= 0)
            continue;
        from[m] = fits[i].at;
        to[m] = (struct point){fits[i].at.x + fits[i].shift.x, fits[i].at.y + fits[i].shift.y};
        base[m] = weight[m] = fits[i].weight;
        m++;
    }
    if (m < 3)
        return -1;
    struct homography move;
    for (int round = 0; round < 3; round++) {
        int r = m >= 8 ? homography_fit(from, to, weight, m, &move)
                       : homography_fit_affine(from, to, weight, m, &move);
        if (r < 0)
            return -1;
        for (size_t i = 0; i < m; i++) {
            struct point p = homography_apply(&move, from[i]);
            double off = hypot(p.x - to[i].x, p.y - to[i].y) / 0.35; /* mm */
            weight[i] = base[i] / (1 + off * off);
        }
    }
    homography_compose(h, &move, h);
    return 0;
}

/* An anchor that moves unlike its neighbours was led astray: it takes their median instead. */
static void calm_anchors(struct page_map *map)
{
    for (int i = 0; i < map->n_anchors; i++) {
        struct page_anchor *a = &map->anchors[i];
        double sx = 0, sy = 0, sw = 0;
        for (int k = 0; k < map->n_anchors; k++) {
            if (k == i)
                continue;
            double d = hypot(map->anchors[k].at.x - a->at.x, map->anchors[k].at.y - a->at.y);
            double w = d < 70 ? 1 / (1 + d * d / 900) : 0;
            sx += w * map->anchors[k].shift.x;
            sy += w * map->anchors[k].shift.y;
            sw += w;
        }
        if (sw > 0 && hypot(a->shift.x - sx / sw, a->shift.y - sy / sw) > 1.2)
            a->shift = (struct point){sx / sw, sy / sw};
    }
}

static void set_anchors(const struct patch_fit *fits, int n, struct witness_fit *ret)
{
    double sum = 0, weights = 0;
    for (int i = 0; i < n && ret->map.n_anchors < PAGE_MAP_MAX_ANCHORS; i++) {
        if (fits[i].weight <= 0)
            continue;
        ret->map.anchors[ret->map.n_anchors++] = (struct page_anchor){fits[i].at, fits[i].shift};
        sum += fits[i].weight *
               (fits[i].shift.x * fits[i].shift.x + fits[i].shift.y * fits[i].shift.y);
        weights += fits[i].weight;
    }
    calm_anchors(&ret->map);
    ret->residual = weights > 0 ? sqrt(sum / weights) : 0;
}

static int found_when_moved(const struct outline_set *set, const struct image *img,
                            const struct page_map *map, struct point by, int contrast)
{
    int found = 0;
    for (int i = 0; i < set->n_outlines; i++) {
        struct homography local = page_map_local(map, set->outlines[i].center);
        struct homography move = {{1, 0, by.x, 0, 1, by.y, 0, 0, 1}};
        homography_compose(&local, &move, &local);
        struct cast_outline c;
        cast_outline(&set->outlines[i], img, &local, map->bubble_scale, &c);
        found += outline_found(&c, img, 0, 0, contrast);
    }
    return found;
}

/* The commonest distance (in steps of 0.1 mm) from an outline to the next one beside (or below) it;
 * 0 where there is none. */
static double common_pitch(const struct outline_set *set, bool vertical)
{
    enum { BINS = 300 };
    int histogram[BINS] = {0}, best = 0;
    for (int i = 0; i < set->n_outlines; i++) {
        double least = BINS;
        for (int k = 0; k < set->n_outlines; k++) {
            double dx = set->outlines[k].center.x - set->outlines[i].center.x;
            double dy = set->outlines[k].center.y - set->outlines[i].center.y;
            double along = vertical ? dy : dx, across = fabs(vertical ? dx : dy);
            if (across < 0.8 && along > 1 && along < least)
                least = along;
        }
        int bin = (int)lround(least * 10);
        if (bin < BINS && ++histogram[bin] > histogram[best])
            best = bin;
    }
    return histogram[best] > 0 ? best / 10.0 : 0;
}

/* How many outlines lose their print when the whole form moves: those that land on no other
 * outline. */
static int outlines_lost(const struct outline_set *set, struct point by)
{
    int lost = 0;
    for (int i = 0; i < set->n_outlines; i++) {
        bool lands = false;
        for (int k = 0; k < set->n_outlines && !lands; k++)
            lands = fabs(set->outlines[k].center.x - set->outlines[i].center.x - by.x) < 0.8 &&
                    fabs(set->outlines[k].center.y - set->outlines[i].center.y - by.y) < 0.8;
        lost += !lands;
    }
    return lost;
}

double witness_certainty(const struct outline_set *set, const struct image *img,
                         const struct witness_fit *fit, struct point *ret_better)
{
    double dx = common_pitch(set, false), dy = common_pitch(set, true), least = 1;
    struct point moves[4] = {{dx, 0}, {-dx, 0}, {0, dy}, {0, -dy}};
    for (int i = 0; i < 4; i++) {
        if (moves[i].x == 0 && moves[i].y == 0)
            continue;
        int moved = found_when_moved(set, img, &fit->map, moves[i], fit->contrast);
        double lost = outlines_lost(set, moves[i]) * fit->share;
        double certainty = lost > 0 ? (fit->found - moved) / lost : 0;
        if (certainty < least) {
            least = certainty;
            *ret_better = moves[i];
        }
    }
    return least;
}

static double mean_evidence(const struct patch_fit *fits, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += fits[i].evidence / n;
    return sum;
}

static int histogram_median(const int *histogram, int total)
{
    int seen = 0, g = 0;
    while (g < 255 && (seen += histogram[g]) * 2 < total)
        g++;
    return g;
}

static void count_found(const struct outline_set *set, const struct image *img, double size,
                        struct witness_fit *ret)
{
    const int contrast = ret->contrast;
    int on[256] = {0}, out[256] = {0}, pairs = 0;
    for (int i = 0; i < set->n_outlines; i++) {
        struct homography local = page_map_local(&ret->map, set->outlines[i].center);
        struct cast_outline c;
        cast_outline(&set->outlines[i], img, &local, size, &c);
        if (!outline_found(&c, img, 0, 0, contrast))
            continue;
        ret->found++;
        const uint8_t *p = cast_pixel(&c, img, 0);
        for (int k = 0; k < POINTS; k++) {
            on[p[c.on[k]]]++;
            out[p[c.out[k]]]++;
            pairs++;
        }
    }
    ret->share = (double)ret->found / set->n_outlines;
    ret->ink = histogram_median(on, pairs);
    ret->paper = histogram_median(out, pairs);
}

int witness_refine(const struct outline_set *set, const struct image *img,
                   const struct homography *h, double radius, double size,
                   struct witness_scratch *scratch, struct witness_fit *ret)
{
    *ret = (struct witness_fit){.map = {.mm_to_px = *h, .bubble_scale = size}};
    if (set->n_outlines == 0)
        return 0;
    struct patch_fit *fits = calloc((size_t)set->n_patches, sizeof(*fits));
    if (!fits)
        return YJ_ENOMEM;
    int r = 0;
    for (int round = 0; round < 3 && r == 0; round++) {
        r = move_patches(set, img, &ret->map.mm_to_px, radius, size, scratch, fits);
        if (r == 0 && round < 2)
            follow_patches(fits, set->n_patches, &ret->map.mm_to_px);
        radius = fmax(0.6, radius * 0.6);
    }
    if (r == 0) {
        set_anchors(fits, set->n_patches, ret);
        ret->contrast = contrast_wanted(mean_evidence(fits, set->n_patches));
        count_found(set, img, size, ret);
    }
    free(fits);
    return r;
}

/* ---- sharpness ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Walks from outside to the outline in steps of half a pixel: the steepest step and the whole drop
 * give the rise. Negative: no edge here. */
static double edge_rise(const struct image *img, const struct homography *h,
                        const struct outline *o, int k, double scale)
{
    int steps = (int)ceil(o->gap * scale * 2), last = -1, drop = 0, steepest = 0;
    for (int i = 0; i <= steps; i++) {
        double t = o->gap * (1 - (double)i / steps);
        struct point mm = {o->center.x + o->on[k].x + t * o->normal[k].x,
                           o->center.y + o->on[k].y + t * o->normal[k].y};
        struct point p = homography_apply(h, mm);
        if (!(p.x >= 0) || !(p.y >= 0) || !(p.x < img->width - 1) || !(p.y < img->height - 1))
            return -1;
        int v = image_row(img, (int)lround(p.y))[lround(p.x)];
        if (last >= 0) {
            drop += last - v;
            steepest = last - v > steepest ? last - v : steepest;
        }
        last = v;
    }
    if (drop < 40 || steepest <= 0)
        return -1;
    return 0.8 * drop / steepest * o->gap / steps;
}

double witness_sharpness(const struct outline_set *set, const struct image *img,
                         const struct page_map *map)
{
    enum { SAMPLES = 256 };
    double rises[SAMPLES];
    size_t n = 0;
    int step = set->n_outlines / 32 + 1;
    for (int i = 0; i < set->n_outlines; i += step) {
        struct homography h = page_map_local(map, set->outlines[i].center);
        double scale = homography_scale(&h, set->outlines[i].center);
        for (int k = 0; k < POINTS && n < SAMPLES; k += 3) {
            double rise = edge_rise(img, &h, &set->outlines[i], k, scale);
            if (rise > 0)
                rises[n++] = rise;
        }
    }
    if (n < 8)
        return 0;
    qsort(rises, n, sizeof(*rises), by_value);
    return rises[n / 2];
}
