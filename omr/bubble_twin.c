/* The bubble is a sum of the print, its two slopes and its curvature, by least squares: moving a
 * picture by less than a pixel adds a share of its slopes, blurring or thickening it a share of its
 * curvature (Lucas and Kanade, "An iterative image registration technique", IJCAI 1981). Points
 * that do not fit count less in a second round, or a mark would be explained as print. */
#include "bubble_twin.h"

#include "diag.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TWINS 15
#define TWINS_FEWEST 4
#define SIDE 48        /* points across, at most: one a pixel at 200 dpi */
#define MARGIN 0.25    /* mm beyond the outline */
#define INSIDE 0.86f   /* of the half axes: nearer the outline its own edge is seen */
#define DOT_RADIUS 0.2 /* mm */
#define COARSE 0.75    /* mm: three points at 100 dpi */
#define TERMS 4        /* print, its slopes across and down, its curvature */
#define MOVES 4        /* times that one is moved, ... */
#define TWIN_MOVES 2   /* ... that a twin is, ... */
#define MOVE_MAX 0.8f  /* ... by so many points at most: fits that say more say nothing */
#define MOVE_LEAST 0.1f

struct picture {
    float at[SIDE * SIDE]; /* darkness, 0 paper to 1 black */
};

/* How a group's bubbles are looked at. */
struct raster {
    int w, h;      /* points */
    double dx, dy; /* mm from one to the next */
    int dot;       /* half the side of a dot's square, points */
    bool round;
    float half_w, half_h; /* of the outline, points */
};

struct print {
    bool made, known;
    struct raster raster;
    int twins[TWINS], n;
    float dots[TWINS];
    struct picture mean;
};

struct workshop {
    const struct image *img;
    const struct page_map *map;
    const struct bubble_ink *all;
    const bool *empty; /* [n_all] */
    int n_all;
    struct picture *twins; /* [TWINS] */
    struct picture *seen, *rest;
};

/* ---- pictures ---- */

static struct raster raster_of(const struct page_map *map, const struct bubble_ink *b)
{
    double w = b->bubble->box.w * map->bubble_scale, h = b->bubble->box.h * map->bubble_scale;
    double px_x = hypot(b->view.dx.x, b->view.dx.y), px_y = hypot(b->view.dy.x, b->view.dy.y);
    struct raster r = {.round = b->field->shape == BUBBLE_CIRCLE || b->field->shape == BUBBLE_OVAL};
    r.w = (int)fmin(SIDE, ceil((w + 2 * MARGIN) * px_x));
    r.h = (int)fmin(SIDE, ceil((h + 2 * MARGIN) * px_y));
    r.w = r.w < 8 ? 8 : r.w;
    r.h = r.h < 8 ? 8 : r.h;
    r.dx = (w + 2 * MARGIN) / r.w;
    r.dy = (h + 2 * MARGIN) / r.h;
    r.dot = (int)fmax(1, DOT_RADIUS / fmax(r.dx, r.dy));
    r.half_w = (float)(w / 2 / r.dx);
    r.half_h = (float)(h / 2 / r.dy);
    return r;
}

/* Bilinear; what is off the image is paper. */
static float grey_between(const struct image *img, double x, double y, int paper)
{
    int x0 = (int)floor(x), y0 = (int)floor(y);
    if (x0 < 0 || y0 < 0 || x0 + 1 >= img->width || y0 + 1 >= img->height)
        return (float)paper;
    const uint8_t *a = image_row(img, y0) + x0, *b = image_row(img, y0 + 1) + x0;
    float u = (float)(x - x0), v = (float)(y - y0);
    float top = a[0] + u * (float)(a[1] - a[0]), low = b[0] + u * (float)(b[1] - b[0]);
    return top + v * (low - top);
}

/* `shift` points aside. */
static void take_picture(const struct image *img, const struct raster *r,
                         const struct bubble_ink *b, float shift_x, float shift_y,
                         struct picture *ret)
{
    const struct bubble_view *v = &b->view;
    float paper = (float)(b->paper > 1 ? b->paper : 1);
    struct point du = {v->dx.x * r->dx, v->dx.y * r->dx}, dv = {v->dy.x * r->dy, v->dy.y * r->dy};
    for (int y = 0; y < r->h; y++) {
        double c = y - (r->h - 1) / 2.0 + shift_y, a = shift_x - (r->w - 1) / 2.0;
        double px = v->origin.x + a * du.x + c * dv.x, py = v->origin.y + a * du.y + c * dv.y;
        for (int x = 0; x < r->w; x++, px += du.x, py += du.y)
            ret->at[y * r->w + x] = 1 - grey_between(img, px, py, b->paper) / paper;
    }
}

/* ---- explaining one by the print ---- */

static bool solve(double a[TERMS][TERMS + 1], double *ret)
{
    for (int i = 0; i < TERMS; i++) {
        a[i][i] += 1e-4;
        for (int k = i + 1; k < TERMS; k++) {
            double f = a[k][i] / a[i][i];
            for (int j = i; j <= TERMS; j++)
                a[k][j] -= f * a[i][j];
        }
    }
    for (int i = TERMS - 1; i >= 0; i--) {
        double sum = a[i][TERMS];
        for (int j = i + 1; j < TERMS; j++)
            sum -= a[i][j] * ret[j];
        ret[i] = sum / a[i][i];
        if (!isfinite(ret[i]))
            return false;
    }
    return true;
}

static void terms_at(const struct picture *print, int w, int i, float *t)
{
    const float *p = &print->at[i];
    t[0] = p[0];
    t[1] = (p[1] - p[-1]) / 2;
    t[2] = (p[w] - p[-w]) / 2;
    t[3] = p[1] + p[-1] + p[w] + p[-w] - 4 * p[0];
}

/* One round of least squares; rest: what each point lacks, in and out: far ones count less. */
static void explain_once(const struct raster *r, const struct picture *print,
                         const struct picture *seen, float spread, struct picture *rest,
                         double *ret_shares)
{
    double a[TERMS][TERMS + 1];
    float sums[TERMS][TERMS + 1] = {{0}}, t[TERMS];
    for (int y = 1; y < r->h - 1; y++)
        for (int x = 1; x < r->w - 1; x++) {
            int i = y * r->w + x;
            float off = spread > 0 ? rest->at[i] / spread : 0, weight = 1 / (1 + off * off);
            terms_at(print, r->w, i, t);
            for (int j = 0; j < TERMS; j++) {
                for (int k = j; k < TERMS; k++)
                    sums[j][k] += weight * t[j] * t[k];
                sums[j][TERMS] += weight * t[j] * seen->at[i];
            }
        }
    for (int j = 0; j < TERMS; j++)
        for (int k = 0; k <= TERMS; k++)
            a[j][k] = (double)(k < j ? sums[k][j] : sums[j][k]);
    if (!solve(a, ret_shares))
        memset(ret_shares, 0, TERMS * sizeof(*ret_shares));
    for (int y = 1; y < r->h - 1; y++)
        for (int x = 1; x < r->w - 1; x++) {
            int i = y * r->w + x;
            terms_at(print, r->w, i, t);
            float sum = 0;
            for (int j = 0; j < TERMS; j++)
                sum += (float)ret_shares[j] * t[j];
            rest->at[i] = seen->at[i] - sum;
        }
}

static void explain(const struct raster *r, const struct picture *print, const struct picture *seen,
                    struct picture *rest)
{
    double sum = 0, shares[TERMS];
    explain_once(r, print, seen, 0, rest, shares);
    for (int y = 1; y < r->h - 1; y++)
        for (int x = 1; x < r->w - 1; x++)
            sum += (double)fabsf(rest->at[y * r->w + x]);
    explain_once(r, print, seen, (float)(2 * sum / (r->w * r->h) + 0.01), rest, shares);
}

static bool is_inside(const struct raster *r, int x, int y)
{
    float u = ((float)x - (float)(r->w - 1) / 2) / (INSIDE * r->half_w);
    float v = ((float)y - (float)(r->h - 1) / 2) / (INSIDE * r->half_h);
    return r->round ? u * u + v * v <= 1 : fabsf(u) <= 1 && fabsf(v) <= 1;
}

static float dot_at(const struct raster *r, const struct picture *rest, int x, int y)
{
    float sum = 0;
    int n = 0;
    for (int j = y - r->dot; j <= y + r->dot; j++)
        for (int i = x - r->dot; i <= x + r->dot; i++)
            if (i > 0 && j > 0 && i < r->w - 1 && j < r->h - 1) {
                sum += rest->at[j * r->w + i];
                n++;
            }
    return n ? sum / (float)n : 0;
}

static float darkest_dot(const struct raster *r, const struct picture *rest, float *ret_haze)
{
    float most = 0, sum = 0;
    int n = 0;
    for (int y = 1; y < r->h - 1; y++)
        for (int x = 1; x < r->w - 1; x++) {
            if (!is_inside(r, x, y))
                continue;
            most = fmaxf(most, dot_at(r, rest, x, y));
            sum += rest->at[y * r->w + x];
            n++;
        }
    *ret_haze = n ? sum / (float)n : 0;
    return most;
}

/* ---- the print of a group ---- */

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static bool is_candidate(const struct workshop *s, int i, int group)
{
    return s->all[i].group == group && s->empty[i] && !s->all[i].missing;
}

/* Of the paler half of those taken for empty, some from all over the page. */
static int choose_twins(const struct workshop *s, int group, float *scratch, int *ret_twins)
{
    int n = 0, pale = 0, chosen = 0;
    for (int i = 0; i < s->n_all; i++)
        if (is_candidate(s, i, group))
            scratch[n++] = (float)s->all[i].mean;
    if (n < TWINS_FEWEST)
        return 0;
    qsort(scratch, (size_t)n, sizeof(*scratch), by_value);
    float limit = scratch[n > 2 * TWINS_FEWEST ? n / 2 : n - 1];
    int half = n > 2 * TWINS_FEWEST ? n / 2 + 1 : n, step = (half + TWINS - 1) / TWINS;
    for (int i = 0; i < s->n_all && chosen < TWINS; i++)
        if (is_candidate(s, i, group) && (float)s->all[i].mean <= limit && pale++ % step == 0)
            ret_twins[chosen++] = i;
    return chosen;
}

static void take_median(const struct raster *r, const struct picture *from, int n,
                        struct picture *ret)
{
    float column[TWINS];
    for (int i = 0; i < r->w * r->h; i++) {
        for (int k = 0, at; k < n; k++) {
            for (at = k; at > 0 && column[at - 1] > from[k].at[i]; at--)
                column[at] = column[at - 1];
            column[at] = from[k].at[i];
        }
        ret->at[i] = n % 2 ? column[n / 2] : (column[n / 2 - 1] + column[n / 2]) / 2;
    }
}

static float within(float x, float most)
{
    return fmaxf(-most, fminf(x, most));
}

/* The bubble's picture, moved onto the print up to `moves` times. */
static void lay_onto(const struct workshop *s, const struct raster *r, const struct picture *print,
                     const struct bubble_ink *b, int moves, struct picture *seen)
{
    double shares[TERMS];
    float x = 0, y = 0;
    take_picture(s->img, r, b, 0, 0, seen);
    for (int k = 0; k < moves; k++) {
        explain_once(r, print, seen, 0, s->rest, shares);
        double gain = fmax(shares[0], 0.2);
        float dx = within((float)(-shares[1] / gain), MOVE_MAX);
        float dy = within((float)(-shares[2] / gain), MOVE_MAX);
        if (hypotf(dx, dy) < MOVE_LEAST)
            return;
        take_picture(s->img, r, b, x += dx, y += dy, seen);
    }
}

static void make_print(const struct workshop *s, int group, float *scratch, struct print *p)
{
    float haze;
    p->made = true;
    p->n = choose_twins(s, group, scratch, p->twins);
    p->known = p->n >= TWINS_FEWEST;
    if (!p->known)
        return;
    p->raster = raster_of(s->map, &s->all[p->twins[0]]);
    const struct raster *r = &p->raster;
    for (int k = 0; k < p->n; k++)
        take_picture(s->img, r, &s->all[p->twins[k]], 0, 0, &s->twins[k]);
    take_median(r, s->twins, p->n, &p->mean);
    for (int k = 0; k < p->n; k++)
        lay_onto(s, r, &p->mean, &s->all[p->twins[k]], TWIN_MOVES, &s->twins[k]);
    take_median(r, s->twins, p->n, &p->mean);
    for (int k = 0; k < p->n; k++) {
        explain(r, &p->mean, &s->twins[k], s->rest);
        p->dots[k] = darkest_dot(r, s->rest, &haze);
    }
}

/* What the worst of the twins shows but one, which may have a speck of its own. */
static float usual_dot(const struct print *p, int self)
{
    float most = 0, second = 0;
    for (int k = 0; k < p->n; k++) {
        if (p->twins[k] == self)
            continue;
        second = p->dots[k] > most ? most : fmaxf(second, p->dots[k]);
        most = fmaxf(most, p->dots[k]);
    }
    return second;
}

static void compare_one(const struct workshop *s, const struct print *p, int self,
                        struct twin_rest *ret)
{
    const struct raster *r = &p->raster;
    double side = (2 * r->dot + 1) * fmax(r->dx, r->dy);
    *ret = (struct twin_rest){.known = p->known, .coarse = side > COARSE};
    if (!p->known)
        return;
    lay_onto(s, r, &p->mean, &s->all[self], MOVES, s->seen);
    explain(r, &p->mean, s->seen, s->rest);
    ret->dot = darkest_dot(r, s->rest, &ret->haze);
    ret->usual = usual_dot(p, self);
}

int bubble_twin_compare(const struct image *img, const struct page_map *map,
                        const struct bubble_ink *all, const bool *empty, int n_all,
                        const int *which, int n, struct arena *arena, struct twin_rest *ret)
{
    int n_groups = 0;
    if (n == 0)
        return 0;
    for (int i = 0; i < n_all; i++)
        n_groups = all[i].group >= n_groups ? all[i].group + 1 : n_groups;
    struct workshop s = {.img = img, .map = map, .all = all, .empty = empty, .n_all = n_all};
    struct print **prints = arena_alloc(arena, (size_t)(n_groups + 1) * sizeof(*prints));
    float *scratch = arena_alloc(arena, (size_t)(n_all + 1) * sizeof(*scratch));
    s.twins = arena_alloc(arena, TWINS * sizeof(*s.twins));
    s.seen = arena_alloc(arena, sizeof(*s.seen));
    s.rest = arena_alloc(arena, sizeof(*s.rest));
    if (!prints || !scratch || !s.twins || !s.seen || !s.rest)
        return YJ_ENOMEM;
    for (int k = 0; k < n; k++) {
        struct print **p = &prints[all[which[k]].group];
        if (!*p) {
            *p = arena_alloc(arena, sizeof(**p));
            if (!*p)
                return YJ_ENOMEM;
            make_print(&s, all[which[k]].group, scratch, *p);
        }
        compare_one(&s, *p, which[k], &ret[k]);
    }
    return 0;
}
