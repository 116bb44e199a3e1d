/* Bubbles that print the same (same option, same size) are compared with each other: the paler half
 * of them is nearly always unmarked and shows the print itself, point by point. What a bubble has
 * beyond that is ink. A group most of which is marked would hide its marks in its own print: such a
 * group prints far darker than the others, and then the others' print stands in for it. */
#include "bubble_ink.h"

#include "bubble_halo.h"
#include "bubble_place.h"
#include "bubble_speck.h"
#include "diag.h"
#include "ink_mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOISE 12            /* of 255: darker than the print by less is noise */
#define STROKE_MIDDLE 0.62f /* of the half axes: where a pen's line is looked for */
#define STROKE_WORTH 0.25   /* excess that a black line counts as, at least */
#define GROUP_MIN 4         /* bubbles from which a print can be learned */
#define PRINT_SPREAD 0.11   /* darkness by which one option's print may exceed the others' */
#define BOLD_SPREAD 0.28    /* the same for letters like W, which leave white paper */
#define BOLD_WHITE 0.55     /* its lightest quarter is less than this share of its mean */
#define MEAN_NOISE 0.015    /* by which empty bubbles of one print differ in mean darkness */
#define FREE_PAPER 24       /* of 255: template points lighter than this are paper */
#define FAR_STEPS 2         /* of the grid */
#define FREE_SHARE 8        /* an eighth of the points must be free paper for it to testify */
#define PRINT_MAX 0.27  /* darkness that the paler quarter of a page's empty bubbles stays under */
#define PRINT_PALE 0.22 /* darker print must leave white paper */
#define POOL_MIN 6      /* bubbles of one size that show what an empty one prints ... */
#define POOL_MAX 0.15   /* ... if it is no darker than this */
#define UNKNOWN_PALE 0.08 /* darkness of bubbles whose print, if they have any, is no matter */
#define UNKNOWN_MIN 5     /* bubbles of a column with unknown print that show it together */
#define UNKNOWN_MAX 0.10  /* excess of a letter over a borrowed print */
#define OUTER 0.62f       /* of the half axes: letters seldom reach farther, strokes do */
#define OUTER_MORE 0.04   /* darkness out there beyond the other options' print ... */
#define SPREAD_MORE 1.7   /* ... and unlikeness of the group's bubbles, over the others': strokes */
#define PAPER_POINTS 32
#define PAPER_NEAR 0.5  /* mm beyond the outline */
#define PAPER_FAR 1.5   /* the same where that is marked over */
#define PAPER_RISE 1.15 /* shadows of a page rise less within a millimetre */

struct print {
    const struct field *field;
    int option;
    double w, h;
    int n, n_points;
    double mean;                  /* of the paler half */
    double outer, spread;         /* darkness near the outline; unlikeness of the paler half */
    uint8_t template[INK_POINTS]; /* the print, as darkness */
    bool free[INK_POINTS];        /* paper with no print beside it */
    bool far[INK_POINTS];         /* in the middle, with no print for FAR_STEPS about */
    int n_free;
    bool trusted;
    bool unknown; /* nothing on the page tells print from marks */
};

/* ---- sampling ---- */

static int pixel(const struct image *img, double x, double y)
{
    long px = lround(x), py = lround(y);
    if (px < 0 || py < 0 || px >= img->width || py >= img->height)
        return -1;
    return image_row(img, (int)py)[px];
}

static int view_pixel(const struct image *img, const struct bubble_view *v, double x, double y)
{
    return pixel(img, v->origin.x + x * v->dx.x + y * v->dy.x,
                 v->origin.y + x * v->dx.y + y * v->dy.y);
}

/* Pixels across and down for which a point of the grid stands. */
struct patch {
    int w, h;
};

static int patch_side(double step)
{
    return step < 1 ? 1 : step < 2.6 ? 2 : step < 3.6 ? 3 : 4;
}

/* A point stands for all the paper around it, or edges of print would be noise. */
static struct patch patch_of(const struct bubble_view *v, double w, double h)
{
    int along = patch_side(w * INK_INSET / INK_GRID * hypot(v->dx.x, v->dx.y));
    int across = patch_side(h * INK_INSET / INK_GRID * hypot(v->dy.x, v->dy.y));
    bool upright = fabs(v->dx.x) > fabs(v->dx.y);
    return upright ? (struct patch){along, across} : (struct patch){across, along};
}

static int view_patch(const struct image *img, const struct bubble_view *v, double x, double y,
                      struct patch p)
{
    long px = lround(v->origin.x + x * v->dx.x + y * v->dy.x - (p.w - 1) / 2.0);
    long py = lround(v->origin.y + x * v->dx.y + y * v->dy.y - (p.h - 1) / 2.0);
    if (px < 0 || py < 0 || px + p.w > img->width || py + p.h > img->height)
        return -1;
    int sum = 0;
    for (int j = 0; j < p.h; j++)
        for (int i = 0; i < p.w; i++)
            sum += image_row(img, (int)py + j)[px + i];
    return sum / (p.w * p.h);
}

/* A light grey of a ring `beyond` mm around the outline. Neighbours' ink darkens a part of the ring
 * only. */
static int ring_paper(const struct image *img, const struct bubble_view *v, double w, double h,
                      double beyond)
{
    int histogram[256] = {0}, n = 0, seen = 0;
    for (int i = 0; i < PAPER_POINTS; i++) {
        double a = 2 * M_PI * i / PAPER_POINTS, c = cos(a), s = sin(a);
        double reach = 1 / fmax(fabs(c), fabs(s)); /* a rectangle's ring */
        int g = view_pixel(img, v, c * reach * (w / 2 + beyond), s * reach * (h / 2 + beyond));
        if (g >= 0)
            histogram[g]++, n++;
    }
    for (int g = 255; g > 0; g--)
        if ((seen += histogram[g]) * 4 >= n)
            return g;
    return 255;
}

/* The paper beside the bubble. A mark that goes over its outline on all sides would make its own
 * ink the paper: farther out it ends. */
static int local_paper(const struct image *img, const struct bubble_view *v, double w, double h)
{
    int near = ring_paper(img, v, w, h, PAPER_NEAR), far = ring_paper(img, v, w, h, PAPER_FAR);
    return far > PAPER_RISE * near ? far : near;
}

static void sample_bubble(const struct image *img, const struct page_map *map,
                          const struct ink_mask *mask, struct bubble_ink *b)
{
    const struct rect *box = &b->bubble->box;
    double w = box->w * map->bubble_scale, h = box->h * map->bubble_scale;
    const struct bubble_view v = b->view;
    struct patch patch = patch_of(&v, w, h);
    int paper = local_paper(img, &v, w, h);
    b->paper = paper;
    long sum = 0;
    b->n_points = mask->n;
    for (int i = 0; i < mask->n; i++) {
        int g = view_patch(img, &v, mask->u[i] * w / 2, mask->v[i] * h / 2, patch);
        int d = g < 0 || g >= paper ? 0 : (paper - g) * 255 / (paper > 0 ? paper : 1);
        b->darkness[i] = (uint8_t)d;
        sum += d;
    }
    b->mean = (double)sum / (255.0 * mask->n);
}

/* ---- learning the print ---- */

static bool same_size(const struct print *p, const struct bubble_ink *b)
{
    return fabs(p->w - b->bubble->box.w) < 0.05 && fabs(p->h - b->bubble->box.h) < 0.05 &&
           p->field->shape == b->field->shape;
}

static bool same_print(const struct print *p, const struct bubble_ink *b)
{
    return same_size(p, b) &&
           strcmp(p->field->options[p->option], b->field->options[b->bubble->option]) == 0;
}

static int assign_groups(struct bubble_ink *b, int n, struct print *prints)
{
    int n_prints = 0;
    for (int i = 0; i < n; i++) {
        int g = 0;
        while (g < n_prints && !same_print(&prints[g], &b[i]))
            g++;
        if (g == n_prints)
            prints[n_prints++] = (struct print){.field = b[i].field,
                                                .option = b[i].bubble->option,
                                                .w = b[i].bubble->box.w,
                                                .h = b[i].bubble->box.h,
                                                .n_points = b[i].n_points};
        b[i].group = g;
        prints[g].n++;
    }
    return n_prints;
}

static int by_mean(const void *a, const void *b)
{
    const struct bubble_ink *x = *(const struct bubble_ink *const *)a;
    const struct bubble_ink *y = *(const struct bubble_ink *const *)b;
    return x->mean != y->mean ? (x->mean > y->mean) - (x->mean < y->mean) : (x > y) - (x < y);
}

/* The print of one group: the mean of its paler half, point by point. */
static void learn_print(struct bubble_ink *const *members, int n, struct print *p)
{
    int half = n / 2 > 1 ? n / 2 : 1;
    unsigned sums[INK_POINTS] = {0};
    double mean = 0;
    for (int i = 0; i < half; i++) {
        mean += members[i]->mean / half;
        for (int k = 0; k < p->n_points; k++)
            sums[k] += members[i]->darkness[k];
    }
    for (int k = 0; k < p->n_points; k++)
        p->template[k] = (uint8_t)(sums[k] / (unsigned)half);
    p->mean = mean;
}

static int by_double(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What an empty bubble of this page is usually as dark as. */
static double usual_print(struct bubble_ink *const *all, int n, double *scratch)
{
    int m = 0;
    for (int i = 0; i < n; i++)
        if (!all[i]->missing) /* what is covered shows no print */
            scratch[m++] = all[i]->mean;
    if (m == 0)
        return PRINT_MAX;
    qsort(scratch, (size_t)m, sizeof(*scratch), by_double);
    return fmin(scratch[m / 4], PRINT_MAX);
}

/* Its lightest quarter is much lighter than its mean: strokes, not a fill. */
static bool leaves_white_paper(const struct print *p)
{
    int histogram[256] = {0}, seen = 0, light = 0;
    for (int i = 0; i < p->n_points; i++)
        histogram[p->template[i]]++;
    while (light < 255 && (seen += histogram[light]) * 4 < p->n_points)
        light++;
    return light / 255.0 < BOLD_WHITE * p->mean;
}

static double template_mean(const struct print *p)
{
    long sum = 0;
    for (int i = 0; i < p->n_points; i++)
        sum += p->template[i];
    return (double)sum / (255.0 * p->n_points);
}

/* Whether a template is print, not marks of nearly all the group: either about as dark as the other
 * options' print, or bolder but with white paper between its strokes. */
static bool is_print(const struct print *p, double usual)
{
    if (p->mean <= PRINT_PALE && p->mean <= usual + PRINT_SPREAD)
        return true;
    return p->mean <= usual + BOLD_SPREAD && leaves_white_paper(p);
}

static int learn_prints(struct bubble_ink *b, int n, struct print *prints, int n_prints,
                        struct arena *arena)
{
    struct bubble_ink **members = arena_alloc(arena, (size_t)n * sizeof(struct bubble_ink *));
    double *scratch = arena_alloc(arena, (size_t)n * sizeof(*scratch));
    if (!members || !scratch)
        return YJ_ENOMEM;
    for (int i = 0; i < n; i++)
        members[i] = &b[i];
    double usual = usual_print(members, n, scratch);
    for (int g = 0; g < n_prints; g++) {
        int m = 0;
        for (int i = 0; i < n; i++)
            if (b[i].group == g && !b[i].missing)
                members[m++] = &b[i];
        if (m == 0)
            continue;
        qsort(members, (size_t)m, sizeof(struct bubble_ink *), by_mean);
        learn_print(members, m, &prints[g]);
        prints[g].trusted = m >= GROUP_MIN && is_print(&prints[g], usual);
    }
    return 0;
}

/* The mean print of the groups that show theirs, into p; how many those are. */
static int borrow_print(const struct print *prints, int n_prints, struct print *p)
{
    unsigned sums[INK_POINTS] = {0};
    int lenders = 0;
    for (int k = 0; k < n_prints; k++) {
        if (!prints[k].trusted || prints[k].n_points != p->n_points)
            continue;
        lenders++;
        for (int i = 0; i < p->n_points; i++)
            sums[i] += prints[k].template[i];
    }
    for (int i = 0; i < p->n_points && lenders > 0; i++)
        p->template[i] = (uint8_t)(sums[i] / (unsigned)lenders);
    return lenders;
}

/* Where every option prints something else (a questionnaire), the paler half of all bubbles of p's
 * size: their outlines, as far as they reach in, and an average letter. Only where that is plainly
 * print: pale, with white paper in it. */
static bool pool_print(const struct bubble_ink *b, int n, double *scratch, struct print *p)
{
    unsigned sums[INK_POINTS] = {0};
    int m = 0, used = 0;
    for (int i = 0; i < n; i++)
        if (same_size(p, &b[i]))
            scratch[m++] = b[i].mean;
    if (m < POOL_MIN)
        return false;
    qsort(scratch, (size_t)m, sizeof(*scratch), by_double);
    for (int i = 0; i < n; i++) {
        if (!same_size(p, &b[i]) || b[i].mean > scratch[m / 2])
            continue;
        used++;
        for (int k = 0; k < p->n_points; k++)
            sums[k] += b[i].darkness[k];
    }
    struct print pooled = *p;
    for (int k = 0; k < p->n_points; k++)
        pooled.template[k] = (uint8_t)(sums[k] / (unsigned)used);
    pooled.mean = template_mean(&pooled);
    if (pooled.mean > POOL_MAX || !leaves_white_paper(&pooled))
        return false;
    *p = pooled;
    return true;
}

/* How dark a print is near the outline, and how unlike its bubbles are to each other. */
static void describe_print(const struct bubble_ink *b, int n, int group,
                           const struct ink_mask *mask, struct print *p)
{
    long outer = 0, n_outer = 0, unlike = 0, used = 0;
    for (int k = 0; k < p->n_points; k++)
        if (fabsf(mask->u[k]) > OUTER || fabsf(mask->v[k]) > OUTER) {
            outer += p->template[k];
            n_outer++;
        }
    for (int i = 0; i < n; i++) {
        if (b[i].group != group || b[i].mean > p->mean + PRINT_SPREAD)
            continue;
        used++;
        for (int k = 0; k < p->n_points; k++)
            unlike += abs((int)b[i].darkness[k] - (int)p->template[k]);
    }
    p->outer = n_outer ? (double)outer / (255.0 * (double)n_outer) : 0;
    p->spread = used ? (double)unlike / (255.0 * (double)used * p->n_points) : 0;
}

static double median_of(const struct print *prints, int n, bool spread, double *scratch)
{
    int m = 0;
    for (int g = 0; g < n; g++)
        if (prints[g].trusted)
            scratch[m++] = spread ? prints[g].spread : prints[g].outer;
    if (m == 0)
        return 0;
    qsort(scratch, (size_t)m, sizeof(*scratch), by_double);
    return scratch[m / 2];
}

/* A pupil who ticks the same option everywhere makes his tick the print of that option. Ticks reach
 * farther out than letters, and no two are alike. */
static void distrust_strokes(const struct bubble_ink *b, int n, const struct ink_mask *masks,
                             struct print *prints, int n_prints, double *scratch)
{
    for (int g = 0; g < n_prints; g++)
        describe_print(b, n, g, &masks[prints[g].field->shape], &prints[g]);
    double outer = median_of(prints, n_prints, false, scratch);
    double spread = median_of(prints, n_prints, true, scratch);
    for (int g = 0; g < n_prints; g++)
        if (prints[g].outer > outer + OUTER_MORE && prints[g].spread > SPREAD_MORE * spread + 0.01)
            prints[g].trusted = false;
}

/* For groups too small or too dark to show their own print: others', else none. */
static void lend_prints(const struct bubble_ink *b, int n, struct print *prints, int n_prints,
                        double *scratch)
{
    for (int g = 0; g < n_prints; g++) {
        struct print *p = &prints[g];
        if (p->trusted)
            continue;
        if (borrow_print(prints, n_prints, p) == 0 && !pool_print(b, n, scratch, p)) {
            p->unknown = p->mean > UNKNOWN_PALE;
            memset(p->template, 0, sizeof(p->template));
        }
        p->mean = template_mean(p);
    }
}

/* ---- ink beyond the print ---- */

/* Darkest point of the template within `reach` steps of the grid. */
static int darkest_near(const struct print *p, const struct ink_mask *mask, int x, int y, int reach)
{
    int darkest = 0;
    for (int ny = y - reach; ny <= y + reach; ny++)
        for (int nx = x - reach; nx <= x + reach; nx++) {
            bool outside = nx < 0 || ny < 0 || nx >= INK_GRID || ny >= INK_GRID;
            int at = outside ? -1 : mask->index[ny][nx];
            if (at >= 0 && p->template[at] > darkest)
                darkest = p->template[at];
        }
    return darkest;
}

/* Points of the template that are paper, and so is all about them: print that stands a little aside
 * does not reach them. */
static void find_free_paper(struct print *p, const struct ink_mask *mask)
{
    p->n_free = 0;
    for (int y = 0; y < INK_GRID; y++)
        for (int x = 0; x < INK_GRID; x++) {
            int i = mask->index[y][x];
            if (i < 0)
                continue;
            p->free[i] = darkest_near(p, mask, x, y, 1) < FREE_PAPER;
            p->far[i] = p->free[i] && darkest_near(p, mask, x, y, FAR_STEPS) < FREE_PAPER &&
                        fabsf(mask->u[i]) < STROKE_MIDDLE && fabsf(mask->v[i]) < STROKE_MIDDLE;
            p->n_free += p->free[i];
        }
}

/* Mean of the darkest n / part of n values of a histogram, 0 to 1. */
static double darkest_part(const int histogram[256], int n, int part)
{
    long sum = 0;
    int want = n / part > 0 ? n / part : 1, left = want;
    for (int g = 255; g > 0 && left > 0; g--) {
        int take = histogram[g] < left ? histogram[g] : left;
        sum += (long)take * g;
        left -= take;
    }
    return (double)sum / (255.0 * want);
}

/* Ink shows where no print is. But so does print that stands a pixel beside its template, and toner
 * that is a little stronger. Ink must therefore also show either as more darkness in all, or on the
 * paper that no print is near. */
/* ... and the mean of its palest quarter: what an eraser or a hasty hand left white. */
static double palest_part(const int histogram[256], int n, int part)
{
    long sum = 0;
    int want = n / part > 0 ? n / part : 1, left = want;
    for (int g = 0; g < 256 && left > 0; g++) {
        int take = histogram[g] < left ? histogram[g] : left;
        sum += (long)take * g;
        left -= take;
    }
    return (double)sum / (255.0 * want);
}

/* Their standard deviation. */
static double deviation(const int histogram[256], int n)
{
    double sum = 0, squares = 0;
    for (int g = 1; g < 256; g++) {
        sum += (double)histogram[g] * g;
        squares += (double)histogram[g] * g * g;
    }
    double mean = sum / n;
    return sqrt(fmax(0, squares / n - mean * mean)) / 255;
}

static void measure_excess(const struct print *p, const struct ink_mask *mask, struct bubble_ink *b)
{
    long sum = 0, core = 0, n_core = 0, on_free = 0;
    int all[256] = {0}, lines[256] = {0}, n_lines = 0; /* histogram of the paper far from print */
    int spots[256] = {0};
    for (int i = 0; i < b->n_points; i++) {
        int beyond = (int)b->darkness[i] - (int)p->template[i] - NOISE;
        bool inner = fabsf(mask->u[i]) < 0.5f * (float)INK_INSET + 0.1f &&
                     fabsf(mask->v[i]) < 0.5f * (float)INK_INSET + 0.1f;
        n_core += inner;
        n_lines += p->far[i];
        spots[beyond + NOISE > 0 ? beyond + NOISE : 0]++;
        all[beyond > 0 ? beyond : 0]++;
        if (beyond <= 0)
            continue;
        lines[beyond] += p->far[i];
        sum += beyond;
        core += inner ? beyond : 0;
        on_free += p->free[i] ? beyond : 0;
    }
    b->spot = darkest_part(spots, b->n_points, 16);
    double beyond_print = (double)sum / (255.0 * b->n_points);
    double more = fmax(0, b->mean - p->mean - MEAN_NOISE);
    if (p->n_free * FREE_SHARE > b->n_points)
        more = fmax(more, (double)on_free / (255.0 * p->n_free));
    double share = beyond_print > more && beyond_print > 0 ? more / beyond_print : 1;
    b->excess = share * beyond_print;
    b->core = n_core ? share * (double)core / (255.0 * (double)n_core) : 0;
    b->rough = deviation(all, b->n_points);
    b->solid = share * palest_part(all, b->n_points, 4);
    b->peak = share * share * darkest_part(all, b->n_points, 8); /* twice doubtful as print */
    b->stroke = n_lines * FREE_SHARE > b->n_points ? darkest_part(lines, n_lines, 8) : 0;
}

/* A quarter of a group's bubbles is marked, seldom more: the lower half's end is an unmarked one's.
 */
static void measure_usual_spots(struct bubble_ink *b, int n, int n_prints, double *scratch)
{
    for (int g = 0; g < n_prints; g++) {
        int m = 0;
        for (int i = 0; i < n; i++)
            if (b[i].group == g)
                scratch[m++] = b[i].spot;
        qsort(scratch, (size_t)m, sizeof(*scratch), by_double);
        for (int i = 0; i < n; i++)
            if (b[i].group == g)
                b[i].usual_spot = scratch[m / 2];
    }
}

/* Where a letter is printed too seldom to be learned, what it has more than a borrowed print looks
 * like a little ink; but then the other letters of its column have as much. Of a column at most one
 * bubble is meant, so what half of them show is print. */
static void discount_unknown_print(const struct print *prints, struct bubble_ink *b, int n,
                                   double *scratch)
{
    int unknown = 0;
    for (int i = 0; i < n; i++)
        if (!prints[b[i].group].trusted)
            scratch[unknown++] = b[i].excess;
    if (unknown < UNKNOWN_MIN || (b[0].field->kind == FIELD_CHOICE && b[0].field->max_marks > 1))
        return;
    qsort(scratch, (size_t)unknown, sizeof(*scratch), by_double);
    double usual = scratch[unknown / 2];
    if (usual > UNKNOWN_MAX) /* too much for print: the whole column is marked */
        return;
    for (int i = 0; i < n; i++)
        if (!prints[b[i].group].trusted && b[i].excess > 0) {
            double left = fmax(0, b[i].excess - usual);
            b[i].core *= left / b[i].excess;
            b[i].peak *= left / b[i].excess;
            b[i].stroke *= left / b[i].excess;
            b[i].excess = left;
        }
}

static int collect_bubbles(const struct form *form, int page, struct arena *arena,
                           struct bubble_ink **ret_bubbles)
{
    int n = 0;
    for (int i = 0; i < form->n_fields; i++)
        n += form->fields[i].page == page ? form->fields[i].n_bubbles : 0;
    struct bubble_ink *b = arena_alloc(arena, (size_t)n * sizeof(*b));
    if (!b)
        return YJ_ENOMEM;
    n = 0;
    for (int i = 0; i < form->n_fields; i++) {
        const struct field *f = &form->fields[i];
        for (int k = 0; f->page == page && k < f->n_bubbles; k++) {
            b[n].field = f;
            b[n++].bubble = &f->bubbles[k];
        }
    }
    *ret_bubbles = b;
    return n;
}

int bubble_group_length(const struct bubble_ink *b, int n)
{
    int k = 1;
    while (k < n && b[k].field == b[0].field && b[k].bubble->column == b[0].bubble->column)
        k++;
    return k;
}

int bubble_ink_measure(const struct form *form, int page, const struct image *img,
                       const struct page_map *map, struct arena *arena,
                       struct bubble_ink **ret_bubbles, int *ret_n)
{
    struct bubble_ink *b;
    struct ink_mask masks[BUBBLE_BRACKET + 1];
    int n = collect_bubbles(form, page, arena, &b);
    if (n <= 0) {
        *ret_n = 0;
        return n;
    }
    for (int s = 0; s <= BUBBLE_BRACKET; s++)
        ink_mask_make((enum bubble_shape)s, &masks[s]);
    bubble_place_find(img, map, b, n);
    for (int i = 0; i < n; i++)
        sample_bubble(img, map, &masks[b[i].field->shape], &b[i]);
    struct print *prints = arena_alloc(arena, (size_t)n * sizeof(*prints));
    if (!prints)
        return YJ_ENOMEM;
    int n_prints = assign_groups(b, n, prints);
    if (learn_prints(b, n, prints, n_prints, arena) < 0)
        return YJ_ENOMEM;
    double *scratch = arena_alloc(arena, (size_t)n * sizeof(*scratch));
    if (!scratch)
        return YJ_ENOMEM;
    distrust_strokes(b, n, masks, prints, n_prints, scratch);
    lend_prints(b, n, prints, n_prints, scratch);
    for (int g = 0; g < n_prints; g++)
        find_free_paper(&prints[g], &masks[prints[g].field->shape]);
    for (int i = 0; i < n; i++)
        measure_excess(&prints[b[i].group], &masks[b[i].field->shape], &b[i]);
    measure_usual_spots(b, n, n_prints, scratch);
    for (int i = 0, m; i < n; i += m) {
        m = bubble_group_length(&b[i], n - i);
        discount_unknown_print(prints, &b[i], m, scratch);
    }
    for (int i = 0; i < n; i++)
        b[i].unknown = prints[b[i].group].unknown;
    for (int i = 0; i < n; i++)
        b[i].ink = fmax(b[i].excess, STROKE_WORTH * b[i].stroke);
    *ret_bubbles = b;
    *ret_n = n;
    if (bubble_speck_measure(masks, b, n, arena) < 0)
        return YJ_ENOMEM;
    return bubble_halo_measure(img, map, b, n, arena);
}
