/* How the print is turned and stretched: the steps between like spots, gathered in a histogram,
 * peak where the form's own steps go. Two steps that do not lie on one line fix a linear map; one
 * step alone (a column of timing marks) a similarity. */
#include "print_finder.h"

#include "diag.h"

#include <math.h>
#include <stdlib.h>

#define MAX_PEAKS 16
#define REACH_MAX 160       /* px: steps longer than this are not counted */
#define LIKE 1.35           /* times: sizes of like spots */
#define ANISOTROPY_MAX 1.09 /* paper stretched one way, or seen aslant */
#define DIFFERENT 0.012     /* of the scale: two maps that are not the same */
#define PEAK_GAP 2          /* px between peaks */

struct peak {
    double x, y; /* px */
    int votes;
};

struct steps {
    int *count; /* (reach + 1) rows of 2 reach + 1: y from 0, x from -reach */
    int reach;  /* px */
    int strongest;
    struct peak peaks[MAX_PEAKS];
    int n_peaks;
};

static int *step_cell(const struct steps *s, int x, int y)
{
    if (y < 0 || (y == 0 && x < 0)) {
        x = -x;
        y = -y;
    }
    return x >= -s->reach && x <= s->reach && y <= s->reach
               ? &s->count[y * (2 * s->reach + 1) + x + s->reach]
               : NULL;
}

static bool are_like(const struct spot *a, const struct spot *b)
{
    return a->w <= LIKE * b->w + 1 && b->w <= LIKE * a->w + 1 && a->h <= LIKE * b->h + 1 &&
           b->h <= LIKE * a->h + 1;
}

static void count_steps(const struct print_spots *spots, struct steps *s)
{
    int cells = (int)ceil(s->reach / spots->cell);
    for (int i = 0; i < spots->n_spots; i++) {
        const struct spot *a = &spots->spots[i];
        int cx = (int)(a->at.x / spots->cell), cy = (int)(a->at.y / spots->cell);
        for (int y = cy; y <= cy + cells && y < spots->ny; y++)
            for (int x = cx - cells < 0 ? 0 : cx - cells; x <= cx + cells && x < spots->nx; x++)
                for (int k = spots->head[y * spots->nx + x]; k >= 0; k = spots->next[k]) {
                    const struct spot *b = &spots->spots[k];
                    double dx = b->at.x - a->at.x, dy = b->at.y - a->at.y;
                    bool half = dy > 0 || (dy == 0 && dx > 0);
                    int *cell = half && are_like(a, b)
                                    ? step_cell(s, (int)lround(dx), (int)lround(dy))
                                    : NULL;
                    if (cell)
                        (*cell)++;
                }
    }
}

/* Votes in the 3 x 3 px around a step. */
static int votes_at(const struct steps *s, double x, double y)
{
    int sum = 0, cx = (int)lround(x), cy = (int)lround(y);
    for (int v = -1; v <= 1; v++)
        for (int u = -1; u <= 1; u++) {
            const int *cell = step_cell(s, cx + u, cy + v);
            sum += cell ? *cell : 0;
        }
    return sum;
}

static void add_peak(struct steps *s, struct peak p)
{
    int at = s->n_peaks;
    for (int i = 0; i < s->n_peaks; i++)
        if (fabs(s->peaks[i].x - p.x) <= PEAK_GAP && fabs(s->peaks[i].y - p.y) <= PEAK_GAP) {
            if (s->peaks[i].votes >= p.votes)
                return;
            for (int k = i; k + 1 < s->n_peaks; k++)
                s->peaks[k] = s->peaks[k + 1];
            at = --s->n_peaks;
            break;
        }
    if (at == MAX_PEAKS) {
        if (s->peaks[at - 1].votes >= p.votes)
            return;
        at = --s->n_peaks;
    }
    for (; at > 0 && s->peaks[at - 1].votes < p.votes; at--)
        s->peaks[at] = s->peaks[at - 1];
    s->peaks[at] = p;
    s->n_peaks++;
}

/* The centre of gravity of the votes around a peak. */
static void centre_peak(const struct steps *s, struct peak *p)
{
    double sx = 0, sy = 0, sw = 0;
    for (int v = -1; v <= 1; v++)
        for (int u = -1; u <= 1; u++) {
            const int *cell = step_cell(s, (int)p->x + u, (int)p->y + v);
            double w = cell ? *cell : 0;
            sx += w * u;
            sy += w * v;
            sw += w;
        }
    p->x += sw > 0 ? sx / sw : 0;
    p->y += sw > 0 ? sy / sw : 0;
}

static void find_peaks(struct steps *s)
{
    for (int y = 0; y <= s->reach; y++)
        for (int x = y ? -s->reach : 1; x <= s->reach; x++) {
            const int *cell = step_cell(s, x, y);
            if (*cell > 0)
                add_peak(s, (struct peak){x, y, votes_at(s, x, y)});
        }
    for (int i = 0; i < s->n_peaks; i++)
        centre_peak(s, &s->peaks[i]);
    s->strongest = s->n_peaks ? s->peaks[0].votes : 0;
}

/* How much of the form's steps the scan shows under a map: each counts at most as often as the form
 * has it. */
static double explained(const struct print_pattern *pattern, const struct steps *s,
                        const struct homography *h)
{
    double sum = 0;
    for (int i = 0; i < pattern->n_steps; i++) {
        struct point p = pattern->steps[i].by;
        int votes = votes_at(s, h->m[0] * p.x + h->m[1] * p.y, h->m[3] * p.x + h->m[4] * p.y);
        sum += votes < pattern->steps[i].count ? votes : pattern->steps[i].count;
    }
    return sum;
}

/* Larger over smaller stretch of a linear map. */
static double anisotropy(const struct homography *h)
{
    double a = h->m[0], b = h->m[1], c = h->m[3], d = h->m[4];
    double sum = a * a + b * b + c * c + d * d, det = fabs(a * d - b * c);
    double root = sqrt(fmax(0, sum * sum / 4 - det * det));
    return sum / 2 - root > 0 ? sqrt((sum / 2 + root) / (sum / 2 - root)) : HUGE_VAL;
}

struct lattice {
    struct homography h;
    double score;
};

static bool same_map(const struct homography *a, const struct homography *b, double scale)
{
    double plus = 0, minus = 0;
    static const int linear[4] = {0, 1, 3, 4};
    for (int i = 0; i < 4; i++) {
        plus = fmax(plus, fabs(a->m[linear[i]] - b->m[linear[i]]));
        minus = fmax(minus, fabs(a->m[linear[i]] + b->m[linear[i]]));
    }
    return fmin(plus, minus) < DIFFERENT * scale;
}

static void keep_lattice(struct lattice *best, int *n, const struct lattice *l, double scale)
{
    int at = *n;
    for (int i = 0; i < *n; i++)
        if (same_map(&best[i].h, &l->h, scale)) {
            if (best[i].score >= l->score)
                return;
            for (int k = i; k + 1 < *n; k++)
                best[k] = best[k + 1];
            at = --*n;
            break;
        }
    if (at == MAX_LATTICES) {
        if (best[at - 1].score >= l->score)
            return;
        at = --*n;
    }
    for (; at > 0 && best[at - 1].score < l->score; at--)
        best[at] = best[at - 1];
    best[at] = *l;
    (*n)++;
}

/* The linear map that takes steps f and g to p and q; false where there is none like a scan's. */
static bool map_of_two(struct point f, struct point g, struct point p, struct point q, double least,
                       double most, struct homography *ret)
{
    double det = f.x * g.y - f.y * g.x;
    if (fabs(det) < 0.5 * hypot(f.x, f.y) * hypot(g.x, g.y))
        return false;
    double a = (p.x * g.y - q.x * f.y) / det, b = (q.x * f.x - p.x * g.x) / det;
    double c = (p.y * g.y - q.y * f.y) / det, d = (q.y * f.x - p.y * g.x) / det;
    double area = a * d - b * c;
    *ret = (struct homography){{a, b, 0, c, d, 0, 0, 0, 1}};
    return area > least * least && area < most * most && anisotropy(ret) < ANISOTROPY_MAX;
}

static void try_two_steps(const struct print_pattern *pattern, const struct steps *s, double least,
                          double most, struct lattice *best, int *n)
{
    for (int i = 0; i < pattern->n_steps; i++)
        for (int k = i + 1; k < pattern->n_steps; k++)
            for (int u = 0; u < s->n_peaks; u++)
                for (int v = 0; v < 2 * s->n_peaks; v++) {
                    const struct peak *p = &s->peaks[u], *q = &s->peaks[v / 2];
                    double sign = v % 2 ? -1 : 1;
                    struct lattice l;
                    if (p == q ||
                        !map_of_two(pattern->steps[i].by, pattern->steps[k].by,
                                    (struct point){p->x, p->y},
                                    (struct point){sign * q->x, sign * q->y}, least, most, &l.h))
                        continue;
                    l.score = explained(pattern, s, &l.h);
                    keep_lattice(best, n, &l, sqrt(l.h.m[0] * l.h.m[4] - l.h.m[1] * l.h.m[3]));
                }
}

static void try_one_step(const struct print_pattern *pattern, const struct steps *s, double least,
                         double most, struct lattice *best, int *n)
{
    for (int i = 0; i < pattern->n_steps; i++)
        for (int u = 0; u < s->n_peaks; u++) {
            struct point f = pattern->steps[i].by;
            double px = s->peaks[u].x, py = s->peaks[u].y, length = f.x * f.x + f.y * f.y;
            double a = (f.x * px + f.y * py) / length, b = (f.x * py - f.y * px) / length;
            double scale = hypot(a, b);
            struct lattice l = {{{a, -b, 0, b, a, 0, 0, 0, 1}}, 0};
            if (scale < least || scale > most)
                continue;
            l.score = explained(pattern, s, &l.h);
            keep_lattice(best, n, &l, scale);
        }
}

int print_lattice_find(const struct print_pattern *pattern, const struct print_spots *spots,
                       double least, double most, struct homography out[MAX_LATTICES], int *ret_n)
{
    struct steps s = {.reach = 0};
    struct lattice best[MAX_LATTICES];
    double longest = 0;
    int n = 0;
    *ret_n = 0;
    for (int i = 0; i < pattern->n_steps; i++)
        longest = fmax(longest, hypot(pattern->steps[i].by.x, pattern->steps[i].by.y));
    s.reach = (int)fmin(REACH_MAX, ceil(longest * most) + 2);
    if (pattern->n_steps == 0 || spots->n_spots == 0)
        return 0;
    s.count = calloc((size_t)(s.reach + 1) * (size_t)(2 * s.reach + 1), sizeof(*s.count));
    if (!s.count)
        return YJ_ENOMEM;
    count_steps(spots, &s);
    find_peaks(&s);
    try_two_steps(pattern, &s, least, most, best, &n);
    try_one_step(pattern, &s, least, most, best, &n);
    for (int i = 0; i < n; i++)
        out[i] = best[i].h;
    *ret_n = n;
    free(s.count);
    return 0;
}
