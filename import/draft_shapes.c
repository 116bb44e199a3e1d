/* Outlines that may be bubbles: closed ones, and pairs of brackets; clusters of one size. */
#include "draft_parts.h"

#include "diag.h"
#include "outline.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Bubbles' sides, mm. */
#define LEAST_SIDE 1.4
#define GREATEST_SIDE 11.0
#define THICKEST_LINE 1.3 /* mm */
#define USUAL_LINE 0.25   /* mm, where a line is seen from one side only */
#define MAX_SHAPES 6000
#define MAX_CLUSTERS 24
/* A size that few shapes have is not a bubble's. */
#define LEAST_CLUSTER 2

double draft_median(double *values, int n)
{
    for (int i = 1; i < n; i++) { /* few values: no need of more */
        double v = values[i];
        int k = i;
        for (; k > 0 && values[k - 1] > v; k--)
            values[k] = values[k - 1];
        values[k] = v;
    }
    return n == 0 ? 0 : n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* ---- looking at the pictures ---- */

static double mean_of(const struct image *img, double scale, struct rect box)
{
    int x0 = (int)fmax(0, box.x * scale), y0 = (int)fmax(0, box.y * scale);
    int x1 = (int)fmin(img->width, ceil((box.x + box.w) * scale));
    int y1 = (int)fmin(img->height, ceil((box.y + box.h) * scale));
    double sum = 0;
    if (x1 <= x0 || y1 <= y0)
        return 255;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            sum += image_row(img, y)[x];
    return sum / ((double)(x1 - x0) * (y1 - y0));
}

double draft_ink_share(const struct draft *d, struct rect box)
{
    struct rect page = {0, 0, d->width, d->height};
    struct point c = rect_center(box);
    bool on = c.x > page.x && c.y > page.y && c.x < page.w && c.y < page.h;
    return on ? mean_of(&d->ink, d->scale, box) / 255 : 0;
}

double draft_grey(const struct draft *d, struct rect box)
{
    return mean_of(&d->straight, d->scale, box);
}

static double grey_at(const struct draft *d, double x, double y)
{
    int px = (int)floor(x * d->scale), py = (int)floor(y * d->scale);
    if (px < 0 || py < 0 || px >= d->straight.width || py >= d->straight.height)
        return 255;
    return image_row(&d->straight, py)[px];
}

/* Darkest grey across the line at an outline's point: print is not exact to a pixel. */
static double line_grey(const struct draft *d, struct point at, struct point on,
                        struct point normal)
{
    double darkest = 255;
    for (double off = -0.3; off <= 0.31; off += 0.5 / d->scale)
        darkest =
            fmin(darkest, grey_at(d, at.x + on.x + off * normal.x, at.y + on.y + off * normal.y));
    return darkest;
}

double draft_outline_seen(const struct draft *d, const struct draft_cluster *c, struct point at)
{
    struct point on[OUTLINE_POINTS], normal[OUTLINE_POINTS];
    double limit = (c->line + c->paper) / 2;
    int seen = 0;
    outline_points(c->shape, c->w, c->h, on, normal);
    for (int i = 0; i < OUTLINE_POINTS; i++)
        seen += line_grey(d, at, on[i], normal[i]) < limit;
    return (double)seen / OUTLINE_POINTS;
}

/* ---- closed outlines ---- */

static bool bubble_sized(double w, double h)
{
    return fmin(w, h) >= LEAST_SIDE && fmax(w, h) <= GREATEST_SIDE && fmax(w, h) < 4 * fmin(w, h);
}

static bool is_closed(const struct contour *c)
{
    return c->solidity >= 0.88 && c->extent >= 0.66;
}

/* A hole that follows its ink's outside all around. */
static bool is_ring(const struct contour *out, const struct contour *in, double px)
{
    double left = in->x - out->x, right = out->x + out->w - in->x - in->w;
    double top = in->y - out->y, bottom = out->y + out->h - in->y - in->h;
    double thin = fmin(fmin(left, right), fmin(top, bottom));
    double thick = fmax(fmax(left, right), fmax(top, bottom));
    return thin > 0 && thick < THICKEST_LINE * px && thick < 2 * thin + 0.25 * px;
}

static void add_shape(struct draft *d, const struct draft_shape *s)
{
    if (d->n_shapes < MAX_SHAPES && bubble_sized(s->w, s->h))
        d->shapes[d->n_shapes++] = *s;
}

static void add_ring(struct draft *d, const struct contour *out, const struct contour *in)
{
    double x = (out->x + in->x) / 2, y = (out->y + in->y) / 2;
    double w = (out->w + in->w) / 2, h = (out->h + in->h) / 2;
    struct draft_shape s = {.at = {(x + w / 2) / d->scale, (y + h / 2) / d->scale},
                            .w = w / d->scale,
                            .h = h / d->scale,
                            .extent = (out->extent + in->extent) / 2,
                            .ring = true};
    add_shape(d, &s);
}

/* An outline seen from one side: the ink inside hides the other, or a neighbour's line touches. */
static void add_half(struct draft *d, const struct contour *c)
{
    double grow = c->hole ? USUAL_LINE : -USUAL_LINE;
    struct draft_shape s = {.at = {(c->x + c->w / 2) / d->scale, (c->y + c->h / 2) / d->scale},
                            .w = c->w / d->scale + grow,
                            .h = c->h / d->scale + grow,
                            .extent = c->extent};
    struct rect inside = rect_around(s.at, 0.7 * s.w, 0.7 * s.h);
    s.solid = !c->hole && draft_ink_share(d, inside) > 0.75;
    add_shape(d, &s);
}

static int find_closed(struct draft *d)
{
    bool *taken = calloc(d->n_contours + 1, sizeof *taken);
    if (!taken)
        return YJ_ENOMEM;
    for (size_t i = 0; i < d->n_contours; i++) {
        const struct contour *in = &d->contours[i];
        const struct contour *out = in->parent >= 0 ? &d->contours[in->parent] : NULL;
        if (!out || !is_closed(in) || !is_closed(out) || !is_ring(out, in, d->scale))
            continue;
        add_ring(d, out, in);
        taken[i] = taken[in->parent] = true;
    }
    for (size_t i = 0; i < d->n_contours; i++)
        if (!taken[i] && is_closed(&d->contours[i]))
            add_half(d, &d->contours[i]);
    free(taken);
    return 0;
}

/* ---- brackets ---- */

/* The first and last ink of a row within the blob's box, as shares of its width. */
static bool row_ends(const struct draft *d, const struct blob *b, int y, bool mirror,
                     double *ret_first, double *ret_last)
{
    const uint8_t *row = image_row(&d->ink, b->y + y) + b->x;
    int first = 0, last = b->w - 1;
    while (first < b->w && !row[first])
        first++;
    while (last >= 0 && !row[last])
        last--;
    *ret_first = (double)(mirror ? b->w - 1 - last : first) / b->w;
    *ret_last = (double)(mirror ? b->w - first : last + 1) / b->w;
    return last >= 0;
}

/* A stroke along the left side (the right, where mirrored) with a tip at each end. */
static bool is_bracket(const struct draft *d, const struct blob *b, bool mirror)
{
    int middle = 0, straight = 0;
    bool top = false, bottom = false;
    for (int y = 0; y < b->h; y++) {
        double at = (y + 0.5) / b->h, first, last;
        bool ink = row_ends(d, b, y, mirror, &first, &last);
        if (at > 0.25 && at < 0.75) {
            middle++;
            straight += ink && first <= 0.35 && last <= 0.7;
        }
        top = top || (at < 0.25 && ink && last > 0.75);
        bottom = bottom || (at > 0.75 && ink && last > 0.75);
    }
    return top && bottom && straight >= 0.85 * middle;
}

/* 1 opens to the right "[", -1 to the left "]", 0 is neither. */
static int bracket_side(const struct draft *d, const struct blob *b)
{
    double w = b->w / d->scale, h = b->h / d->scale;
    if (h < 1.2 || h > 8 || w < 0.25 || w > 2.5 || h < 1.3 * w || b->w < 3)
        return 0;
    return is_bracket(d, b, false) ? 1 : is_bracket(d, b, true) ? -1 : 0;
}

static bool fits_left(const struct blob *a, const struct blob *b)
{
    double h = fmax(a->h, b->h), gap = b->x - (a->x + a->w);
    return fabs((double)a->h - b->h) < 0.2 * h + 1.5 &&
           fabs(a->y + a->h / 2.0 - b->y - b->h / 2.0) < 0.2 * h && gap > 0.25 * h && gap < 4 * h;
}

static void add_pair(struct draft *d, const struct blob *a, const struct blob *b)
{
    double line = fmin(USUAL_LINE, 0.4 * a->w / d->scale);
    double x0 = a->x, x1 = b->x + b->w, y0 = (a->y + b->y) / 2.0;
    double h = (a->h + b->h) / 2.0;
    struct draft_shape s = {.at = {(x0 + x1) / 2 / d->scale, (y0 + h / 2) / d->scale},
                            .w = (x1 - x0) / d->scale - line,
                            .h = h / d->scale - line,
                            .extent = 1,
                            .ring = true,
                            .bracket = true};
    add_shape(d, &s);
}

static int find_brackets(struct draft *d)
{
    int *which = calloc(d->n_blobs + 1, sizeof *which);
    if (!which)
        return YJ_ENOMEM;
    for (size_t i = 0; i < d->n_blobs; i++)
        which[i] = bracket_side(d, &d->blobs[i]);
    for (size_t i = 0; i < d->n_blobs; i++) {
        const struct blob *a = &d->blobs[i], *nearest = NULL;
        int side = 0;
        for (size_t k = 0; which[i] == 1 && k < d->n_blobs; k++) {
            const struct blob *b = &d->blobs[k];
            if (which[k] == 0 || k == i || !fits_left(a, b) || (nearest && b->x > nearest->x))
                continue;
            nearest = b;
            side = which[k];
        }
        if (nearest && side == -1)
            add_pair(d, a, nearest);
    }
    free(which);
    return 0;
}

/* ---- clusters ---- */

static bool same_size(const struct draft *d, const struct draft_shape *a,
                      const struct draft_shape *b)
{
    double slack = 1.7 / d->scale;
    return a->bracket == b->bracket && fabs(a->w - b->w) <= fmax(slack, 0.1 * a->w) &&
           fabs(a->h - b->h) <= fmax(slack, 0.1 * a->h);
}

static int count_alike(const struct draft *d, int i)
{
    int n = 0;
    for (int k = 0; k < d->n_shapes; k++)
        n += d->shapes[k].cluster < 0 && same_size(d, &d->shapes[i], &d->shapes[k]);
    return n;
}

/* The better seen of two shapes at one place stays. */
static void drop_doubles(struct draft *d, int cluster)
{
    for (int i = 0; i < d->n_shapes; i++) {
        struct draft_shape *a = &d->shapes[i];
        for (int k = 0; a->cluster == cluster && k < d->n_shapes; k++) {
            struct draft_shape *b = &d->shapes[k];
            if (k == i || b->cluster != cluster ||
                hypot(a->at.x - b->at.x, a->at.y - b->at.y) > 0.4 * fmin(a->w, a->h))
                continue;
            if (b->ring && !a->ring) {
                a->cluster = -2;
                break;
            }
            b->cluster = -2;
        }
    }
}

/* Medians over the members, rings before others. */
static void measure_cluster(struct draft *d, int index, double *values)
{
    struct draft_cluster *c = &d->clusters[index];
    int rings = 0, n[5] = {0};
    for (int i = 0; i < d->n_shapes; i++)
        rings += d->shapes[i].cluster == index && d->shapes[i].ring;
    c->n = 0;
    for (int i = 0; i < d->n_shapes; i++) {
        const struct draft_shape *s = &d->shapes[i];
        if (s->cluster != index)
            continue;
        c->n++;
        if (rings >= 3 && !s->ring)
            continue;
        double of[3] = {s->w, s->h, s->extent};
        for (int k = 0; k < 3; k++)
            values[k * MAX_SHAPES + n[k]++] = of[k];
        c->shape = s->bracket ? BUBBLE_BRACKET : BUBBLE_CIRCLE;
    }
    c->w = draft_median(values, n[0]);
    c->h = draft_median(values + MAX_SHAPES, n[1]);
    double extent = draft_median(values + 2 * MAX_SHAPES, n[2]);
    if (c->shape != BUBBLE_BRACKET && extent > 0.86)
        c->shape = BUBBLE_BOX;
    else if (c->shape != BUBBLE_BRACKET && fabs(c->w - c->h) > 0.08 * c->w + 0.12)
        c->shape = BUBBLE_OVAL;
}

/* How dark the cluster's lines are, and the paper around them. */
static void measure_greys(struct draft *d, int index, double *values)
{
    struct draft_cluster *c = &d->clusters[index];
    struct point on[OUTLINE_POINTS], normal[OUTLINE_POINTS];
    double *paper = values + MAX_SHAPES;
    int n = 0;
    outline_points(c->shape, c->w, c->h, on, normal);
    for (int i = 0; i < d->n_shapes && n < 400; i++) {
        const struct draft_shape *s = &d->shapes[i];
        if (s->cluster != index || s->solid)
            continue;
        double line = 0, outside = 0;
        for (int k = 0; k < OUTLINE_POINTS; k++) {
            line += line_grey(d, s->at, on[k], normal[k]) / OUTLINE_POINTS;
            outside += grey_at(d, s->at.x + on[k].x + 0.6 * normal[k].x,
                               s->at.y + on[k].y + 0.6 * normal[k].y) /
                       OUTLINE_POINTS;
        }
        values[n] = line;
        paper[n++] = outside;
    }
    c->line = draft_median(values, n);
    c->paper = draft_median(paper, n);
}

static int find_clusters(struct draft *d)
{
    double *values = malloc(3 * MAX_SHAPES * sizeof *values);
    if (!values)
        return YJ_ENOMEM;
    for (int i = 0; i < d->n_shapes; i++)
        d->shapes[i].cluster = -1;
    while (d->n_clusters < MAX_CLUSTERS) {
        int best = -1, most = LEAST_CLUSTER - 1;
        for (int i = 0; i < d->n_shapes; i++) {
            int n = d->shapes[i].cluster == -1 ? count_alike(d, i) : 0;
            if (n > most) {
                most = n;
                best = i;
            }
        }
        if (best < 0)
            break;
        struct draft_shape like = d->shapes[best];
        for (int i = 0; i < d->n_shapes; i++)
            if (d->shapes[i].cluster == -1 && same_size(d, &like, &d->shapes[i]))
                d->shapes[i].cluster = d->n_clusters;
        drop_doubles(d, d->n_clusters);
        measure_cluster(d, d->n_clusters, values);
        measure_greys(d, d->n_clusters++, values);
    }
    free(values);
    return 0;
}

int draft_shapes_find(struct draft *d)
{
    if (!d->shapes)
        d->shapes = arena_alloc(&d->memory, MAX_SHAPES * sizeof *d->shapes);
    if (!d->clusters)
        d->clusters = arena_alloc(&d->memory, MAX_CLUSTERS * sizeof *d->clusters);
    if (!d->shapes || !d->clusters)
        return YJ_ENOMEM;
    d->n_shapes = d->n_clusters = 0;
    int rc = find_closed(d);
    if (rc == 0)
        rc = find_brackets(d);
    return rc < 0 ? rc : find_clusters(d);
}
