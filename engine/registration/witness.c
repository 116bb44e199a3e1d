/* A shift's evidence is the sum over all pairs of all outlines: the place where the print is, is
 * where it peaks. Patches of outlines peak by themselves and show how the paper stretched. */
#include "witness.h"

#include "cast_outline.h"
#include "diag.h"
#include "patch_fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_SAMPLE 72     /* outlines in a quick look */
#define FARTHER_COST 0.04  /* share of the evidence that a shift to the end of the search costs */
#define MISSING_SHARE 0.88 /* outlines found, from which a whole field may be missing */
#define MISSING_MIN 3      /* outlines of such a field */
#define MAX_OPTIONS 32
#define OPTION_MIN 8         /* choices with an option that may be missing ... */
#define OPTION_MISSING 0.35  /* ... where as little of it is found as of all others */
#define MISSING_BLANK 2      /* of an outline's count: nothing of it is seen */
#define LINE_BREADTH 5.0     /* mm: patches nearer than this to one line fix no affine map */
#define COVER_REACH 9.0      /* mm around an outline ... */
#define COVER_MIN 4          /* ... with so many others ... */
#define COVER_SHARE 0.7      /* ... of which so many are missing too: it is covered */
#define BENT 0.18            /* mm that the patches are off a homography: the paper bends */
#define BENT_PATCHES 8       /* fewer say nothing of each other */
#define BENT_RADIUS 0.9      /* mm */
#define BENT_COST 0.7        /* as FARTHER_COST */
#define BENT_KEEPS 0.85      /* of a patch's evidence that it keeps where the others have it */
#define BENT_ROUNDS 3        /* of looking again */
#define RADIUS_OF_PITCH 0.45 /* a patch moves at most this share of the way to the next outline */

struct witness_scratch {
    struct cast_outline *casts;
    int capacity;
    int *sums;
    int sums_capacity;
};

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

static int begin_evidence(struct witness_scratch *s, int casts, int reach, int step,
                          struct shift_evidence *ret)
{
    int n = (2 * (reach / step) + 1) * shift_evidence_columns(reach);
    if (scratch_reserve(s, casts, n) < 0)
        return YJ_ENOMEM;
    memset(s->sums, 0, (size_t)n * sizeof(*s->sums));
    *ret = (struct shift_evidence){reach, step, s->sums};
    return 0;
}

/* Returns how many outlines could be looked at. */
static int add_evidence(const struct cast_outline *casts, int n, const struct image *img,
                        struct shift_evidence *e)
{
    int seen = 0;
    for (int k = 0; k < n; k++)
        seen += cast_add_evidence(&casts[k], img, e);
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

/* Where the sums of n outlines are largest; a shift to the end of the search costs a share of them.
 */
static struct peak find_peak(const struct shift_evidence *e, int n, double farther_cost)
{
    const int columns = shift_evidence_columns(e->reach), step = e->step;
    const int middle = e->reach / step, side = 2 * middle + 1;
    const int *best = e->sums + middle * columns + e->reach;
    double most = *best;
    int best_x = middle, best_y = middle;
    for (int v = 0; v < side; v++)
        for (int u = 0; u < side; u++) {
            const int *sum = e->sums + v * columns + u * step;
            double x = 2.0 * u / side - 1, y = 2.0 * v / side - 1;
            double value = *sum * (1 - farther_cost * (x * x + y * y));
            if (value > most) {
                most = value;
                best = sum;
                best_x = u, best_y = v;
            }
        }
    struct peak p = {(best_x - middle) * step, (best_y - middle) * step, 0};
    if (best_x > 0 && best_x < side - 1)
        p.x += step * vertex(best[-step], *best, best[step]);
    if (best_y > 0 && best_y < side - 1)
        p.y += step * vertex(best[-columns], *best, best[columns]);
    p.evidence = n ? (double)*best / (n * POINTS) : 0;
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
        sum.x += nearest_whole(casts[i].center.x) - casts[i].center.x;
        sum.y += nearest_whole(casts[i].center.y) - casts[i].center.y;
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
    struct shift_evidence evidence;
    if (begin_evidence(scratch, n, r, step, &evidence) < 0)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++)
        cast_outline(&set->outlines[(long)i * set->n_outlines / n], img, h, size,
                     &scratch->casts[i]);
    int seen = add_evidence(scratch->casts, n, img, &evidence);
    struct peak peak = find_peak(&evidence, seen, FARTHER_COST);
    for (int i = 0; i < n; i++)
        ret->found += cast_found(&scratch->casts[i], img, (int)lround(peak.x), (int)lround(peak.y),
                                 cast_contrast_wanted(peak.evidence));
    ret->share = (double)ret->found / n;
    ret->shift = px_to_mm(h, middle, peak.x, peak.y);
    return 0;
}

/* ---- refining ---- */

/* How patches are looked for. */
struct quest {
    double radius;       /* mm */
    double farther_cost; /* share of the evidence that a shift to its end costs */
    double size;         /* of the outlines */
};

/* Moves each patch around where its fit's shift has it. */
static int move_patches(const struct outline_set *set, const struct image *img,
                        const struct homography *mm_to_px, const struct quest *quest,
                        struct witness_scratch *scratch, struct patch_fit *fits)
{
    int first = 0;
    for (int k = 0; k < set->n_patches; first += set->patches[k++].n_outlines) {
        const struct patch *p = &set->patches[k];
        struct point from = fits[k].shift;
        struct homography shifted = {{1, 0, from.x, 0, 1, from.y, 0, 0, 1}}, *h = &shifted;
        homography_compose(mm_to_px, &shifted, h);
        double scale = homography_scale(h, p->center);
        int r = (int)ceil(fmin(quest->radius, RADIUS_OF_PITCH * p->pitch) * scale);
        r = r < 1 ? 1 : (r > 40 ? 40 : r);
        struct shift_evidence evidence;
        if (begin_evidence(scratch, set->n_outlines, r, 1, &evidence) < 0)
            return YJ_ENOMEM;
        for (int i = 0; i < p->n_outlines; i++)
            cast_outline(&set->outlines[first + i], img, h, quest->size, &scratch->casts[i]);
        int seen = add_evidence(scratch->casts, p->n_outlines, img, &evidence);
        struct peak peak = find_peak(&evidence, seen, quest->farther_cost);
        struct point lost = rounding_loss(scratch->casts, p->n_outlines);
        peak.x += lost.x;
        peak.y += lost.y;
        fits[k].at = p->center;
        fits[k].evidence = peak.evidence;
        struct point by = px_to_mm(h, p->center, peak.x, peak.y);
        fits[k].shift = (struct point){from.x + by.x, from.y + by.y};
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
    bool line = points_breadth(from, m) < LINE_BREADTH; /* says nothing across it */
    for (int round = 0; round < 3; round++) {
        int r = line     ? homography_fit_similarity(from, to, weight, m, &move)
                : m >= 8 ? homography_fit(from, to, weight, m, &move)
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
    for (int i = 0; i < n && ret->map.n_anchors < PAGE_MAP_MAX_ANCHORS; i++)
        if (fits[i].weight > 0)
            ret->map.anchors[ret->map.n_anchors++] =
                (struct page_anchor){fits[i].at, fits[i].shift};
    calm_anchors(&ret->map);
    ret->residual = patches_residual(fits, n);
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

/* A field all of whose outlines are missing, where nearly all others are there: `seen` and `found`
 * count each field's outlines. */
static int find_missing_field(const int *seen, const int *found, int n_fields)
{
    for (int f = 0; f < n_fields; f++)
        if (seen[f] >= MISSING_MIN && found[f] == 0)
            return f;
    return -1;
}

/* The outlines of each option over all choices. */
struct option_count {
    int seen[MAX_OPTIONS], found[MAX_OPTIONS];
};

static bool is_option_missing(const struct option_count *options, double share)
{
    for (int k = 0; k < MAX_OPTIONS; k++)
        if (options->seen[k] >= OPTION_MIN &&
            options->found[k] < OPTION_MISSING * share * options->seen[k])
            return true;
    return false;
}

/* Outlines of which nothing is seen, and nothing of nearly all around them: under a fold, a label
 * or another sheet. Dirt and pale print leave some standing. */
static void find_covered(const struct outline_set *set, const int *missing, struct witness_fit *ret)
{
    ret->covered_field = -1;
    if (ret->found == set->n_outlines)
        return;
    for (int i = 0; i < set->n_outlines; i++) {
        int around = 0, gone = 0;
        for (int k = 0; missing[i] == MISSING_BLANK && k < set->n_outlines; k++) {
            double dx = fabs(set->outlines[k].center.x - set->outlines[i].center.x);
            double dy = fabs(set->outlines[k].center.y - set->outlines[i].center.y);
            if (dx > COVER_REACH || dy > COVER_REACH)
                continue;
            around++;
            gone += missing[k] == MISSING_BLANK;
        }
        if (gone >= 2 && ret->blank++ == 0)
            ret->covered_field = set->outlines[i].field;
        if (around < COVER_MIN || gone < COVER_SHARE * around)
            continue;
        ret->covered++;
        if (ret->covered == 1)
            ret->covered_field = set->outlines[i].field;
    }
}

static int count_found(const struct outline_set *set, const struct image *img, double size,
                       struct witness_scratch *scratch, struct witness_fit *ret)
{
    const int contrast = ret->contrast;
    int on[256] = {0}, out[256] = {0}, pairs = 0;
    if (scratch_reserve(scratch, 0, 2 * set->n_fields + set->n_outlines) < 0)
        return YJ_ENOMEM;
    struct option_count options = {{0}, {0}};
    int *seen_of = scratch->sums, *found_of = scratch->sums + set->n_fields;
    int *missing = found_of + set->n_fields;
    memset(seen_of, 0, 2 * (size_t)set->n_fields * sizeof(int));
    for (int i = 0; i < set->n_outlines; i++) {
        struct homography local = page_map_local(&ret->map, set->outlines[i].center);
        struct cast_outline c;
        cast_outline(&set->outlines[i], img, &local, size, &c);
        int option = set->outlines[i].option;
        bool counted = option >= 0 && option < MAX_OPTIONS;
        seen_of[set->outlines[i].field]++;
        if (counted)
            options.seen[option]++;
        ret->inside += cast_pixel(&c, img, 1) != NULL;
        missing[i] = !cast_found(&c, img, 0, 0, contrast);
        if (missing[i]) {
            missing[i] += cast_is_blank(&c, img, contrast);
            continue;
        }
        ret->found++;
        found_of[set->outlines[i].field]++;
        if (counted)
            options.found[option]++;
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
    ret->missing_option = is_option_missing(&options, ret->share);
    find_covered(set, missing, ret);
    ret->lost_field = find_missing_field(seen_of, found_of, set->n_fields);
    ret->missing_field = ret->share >= MISSING_SHARE ? ret->lost_field : -1;
    return 0;
}

static void forget_shifts(struct patch_fit *fits, int n)
{
    for (int i = 0; i < n; i++)
        fits[i].shift = (struct point){0, 0};
}

/* Of a page that no homography explains, patches that bend farther than they were looked for are
 * missing, or have caught something else; and brackets, which say little along their strokes, are
 * strewn: looks again around where the others have them, and believes nearly as much there. */
static int follow_bend(const struct outline_set *set, const struct image *img,
                       const struct homography *h, double size, struct witness_scratch *scratch,
                       struct patch_fit *fits)
{
    const struct quest quest = {BENT_RADIUS, BENT_COST, size};
    const int n = set->n_patches;
    struct patch_fit *bent = malloc((size_t)n * sizeof(*bent));
    if (!bent)
        return YJ_ENOMEM;
    int r = 0;
    for (int round = 0; round < BENT_ROUNDS && r == 0; round++) {
        memcpy(bent, fits, (size_t)n * sizeof(*bent));
        for (int i = 0; i < n; i++)
            bent[i].shift = patches_predict(fits, n, fits[i].at);
        r = move_patches(set, img, h, &quest, scratch, bent);
        for (int i = 0; i < n && r == 0; i++)
            if (bent[i].weight > 0 &&
                (fits[i].weight <= 0 || bent[i].evidence > BENT_KEEPS * fits[i].evidence))
                fits[i] = bent[i];
    }
    free(bent);
    return r;
}

int witness_refine(const struct outline_set *set, const struct image *img,
                   const struct homography *h, double radius, double size,
                   struct witness_scratch *scratch, struct witness_fit *ret)
{
    *ret = (struct witness_fit){
        .map = {.mm_to_px = *h, .bubble_scale = size}, .missing_field = -1, .lost_field = -1};
    if (set->n_outlines == 0)
        return 0;
    struct patch_fit *fits = calloc((size_t)set->n_patches, sizeof(*fits));
    if (!fits)
        return YJ_ENOMEM;
    struct quest quest = {radius, FARTHER_COST, size};
    int r = 0;
    for (int round = 0; round < 3 && r == 0; round++) {
        forget_shifts(fits, set->n_patches);
        r = move_patches(set, img, &ret->map.mm_to_px, &quest, scratch, fits);
        if (r == 0 && round < 2)
            follow_patches(fits, set->n_patches, &ret->map.mm_to_px);
        quest.radius = fmax(0.6, quest.radius * 0.6);
    }
    if (r == 0 && set->n_patches >= BENT_PATCHES && patches_residual(fits, set->n_patches) > BENT)
        r = follow_bend(set, img, &ret->map.mm_to_px, size, scratch, fits);
    if (r == 0) {
        set_anchors(fits, set->n_patches, ret);
        ret->contrast = cast_contrast_wanted(mean_evidence(fits, set->n_patches));
        r = count_found(set, img, size, scratch, ret);
    }
    free(fits);
    return r;
}
