/* Finds printed marks and tells which is which.
 *
 * Dark patches of plausible size are sightings (mark_patches.h). A pair of sightings taken for a
 * pair of marks fixes a similarity; the other marks must then be seen where it says. First with the
 * scale of a page that fills the image (a scanner), then with any (a photo). */
#include "mark_patches.h"

#include "diag.h"
#include "wide.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MARKS 12      /* a registration uses at most this many of its marks */
#define SMALLER_COST 0.8  /* of a page e times smaller: specks make sets of small marks anywhere */
#define FULL_SETS 4       /* sets of a page that fills the image, proposed before smaller ones */
#define AFFINE_ENOUGH 0.3 /* mm: marks this near an affine map need no perspective */

/* How loosely marks may lie: as a flatbed's or as a photo's. */
struct tolerance {
    double scale_min, scale_max; /* of the scale at which the page fills the image */
    double offset;               /* of the distance between the two marks assumed */
};

static const struct tolerance scanner = {SCANNER_SCALE_MIN, SCANNER_SCALE_MAX, 0.025};
static const struct tolerance photo = {PHOTO_SCALE_MIN, PHOTO_SCALE_MAX, 0.09};

struct hypothesis {
    int sighting[MAX_MARKS]; /* per mark its number among all sightings, -1: not seen */
    int matches;
    double cost;
};

/* ---- from sightings to hypotheses ---- */

struct search {
    const struct registration *registration;
    int n_marks;
    double ink[MAX_MARKS]; /* mm^2 */
    const struct mark_sighting *sightings;
    const int *number; /* of each among all */
    int n_sightings;
    double scale; /* px a mm if the page filled the image */
    struct hypothesis *best;
    int n_best;
};

static double area_cost(const struct search *s, int mark, int sighting, double scale)
{
    const struct mark_sighting *g = &s->sightings[sighting];
    const struct rect *box = &s->registration->marks[mark].box;
    if (g->area <= 0)
        return 0;
    double ratio = g->area / (s->ink[mark] * scale * scale);
    double longest = fmax(box->w, box->h) * scale, shortest = fmin(box->w, box->h) * scale;
    if (ratio < AREA_RATIO_MIN || ratio > AREA_RATIO_MAX || fmax(g->w, g->h) > 1.6 * longest + 4 ||
        fmin(g->w, g->h) < 0.6 * shortest - 3)
        return -1;
    return fabs(log(ratio));
}

static bool same_marks(const struct hypothesis *a, const struct hypothesis *b, int n)
{
    for (int i = 0; i < n; i++)
        if (a->sighting[i] != b->sighting[i])
            return false;
    return true;
}

static void keep_hypothesis(struct search *s, const struct hypothesis *h)
{
    for (int i = 0; i < s->n_best; i++)
        if (same_marks(&s->best[i], h, s->n_marks)) {
            s->best[i].cost = fmin(s->best[i].cost, h->cost);
            return;
        }
    int at = s->n_best;
    if (at == MAX_PROPOSALS) {
        if (s->best[at - 1].cost <= h->cost)
            return;
        at--;
    } else {
        s->n_best++;
    }
    while (at > 0 && s->best[at - 1].cost > h->cost) {
        s->best[at] = s->best[at - 1];
        at--;
    }
    s->best[at] = *h;
}

/* The sighting nearest to where mark `m` should be, or -1. */
static int nearest_sighting(const struct search *s, int m, struct point at, double within,
                            double scale, double *ret_off, double *ret_area_cost)
{
    int best = -1;
    double least = within;
    for (int i = 0; i < s->n_sightings; i++) {
        double dx = fabs(s->sightings[i].at.x - at.x), dy = fabs(s->sightings[i].at.y - at.y);
        if (dx >= least || dy >= least)
            continue;
        double d = hypot(dx, dy), c;
        if (d < least && (c = area_cost(s, m, i, scale)) >= 0) {
            least = d;
            best = i;
            *ret_area_cost = c;
        }
    }
    *ret_off = least;
    return best;
}

/* The one similarity that takes two points to two others. */
static struct homography similarity_of_two(const struct point from[2], const struct point to[2])
{
    double dx = from[1].x - from[0].x, dy = from[1].y - from[0].y, q = dx * dx + dy * dy;
    double ex = to[1].x - to[0].x, ey = to[1].y - to[0].y;
    double a = (ex * dx + ey * dy) / q, b = (ey * dx - ex * dy) / q;
    return (struct homography){{a, -b, to[0].x - a * from[0].x + b * from[0].y, b, a,
                                to[0].y - b * from[0].x - a * from[0].y, 0, 0, 1}};
}

/* Marks i and j are sightings a and b: are the others where that puts them? */
static void try_pair(struct search *s, const struct tolerance *t, int i, int j, int a, int b)
{
    const struct mark *marks = s->registration->marks;
    struct point from[2] = {marks[i].centroid, marks[j].centroid};
    struct point to[2] = {s->sightings[a].at, s->sightings[b].at};
    double length = hypot(from[1].x - from[0].x, from[1].y - from[0].y);
    double seen = hypot(to[1].x - to[0].x, to[1].y - to[0].y), scale = seen / length;
    if (scale < t->scale_min * s->scale || scale > t->scale_max * s->scale)
        return;
    double ca = area_cost(s, i, a, scale), cb = area_cost(s, j, b, scale);
    if (ca < 0 || cb < 0)
        return;
    struct homography h = similarity_of_two(from, to);
    struct hypothesis y = {.matches = 2, .cost = ca + cb};
    for (int m = 0; m < s->n_marks; m++) {
        double off = 0, area = 0;
        y.sighting[m] = m == i ? s->number[a] : (m == j ? s->number[b] : -1);
        if (m == i || m == j)
            continue;
        struct point at = homography_apply(&h, marks[m].centroid);
        int found = nearest_sighting(s, m, at, t->offset * seen, scale, &off, &area);
        if (found < 0 || found == a || found == b)
            continue;
        y.sighting[m] = s->number[found];
        y.matches++;
        y.cost += area + 2 * off / (t->offset * seen);
    }
    int need = s->n_marks < 3 ? s->n_marks : 3;
    y.cost = y.cost / y.matches + 1.0 * (s->n_marks - y.matches) +
             SMALLER_COST * fmax(0, log(s->scale / scale));
    if (y.matches >= need)
        keep_hypothesis(s, &y);
}

/* Whether a sighting may be some mark at a scale the tolerance allows. Filled marks fill half of
 * their upright box however they are turned; frames of empty boxes do not. */
static bool may_be_a_mark(const struct search *s, const struct tolerance *t,
                          const struct mark_sighting *g)
{
    if (g->area <= 0)
        return true;
    for (int m = 0; m < s->n_marks; m++) {
        enum mark_shape shape = s->registration->marks[m].shape;
        double low = t->scale_min * s->scale, high = t->scale_max * s->scale;
        bool filled = shape == MARK_SQUARE || shape == MARK_DISC;
        if (filled && g->area < 0.48 * g->w * g->h)
            continue;
        if (g->area >= AREA_RATIO_MIN * s->ink[m] * low * low &&
            g->area <= AREA_RATIO_MAX * s->ink[m] * high * high)
            return true;
    }
    return false;
}

/* Of four marks, any three hold one of the two diagonals: the other pairs need not be tried. */
static bool is_diagonal(const struct mark *marks, int i, int j)
{
    double length[4][4];
    int longer = 0;
    for (int a = 0; a < 4; a++)
        for (int b = 0; b < 4; b++)
            length[a][b] = hypot(marks[a].centroid.x - marks[b].centroid.x,
                                 marks[a].centroid.y - marks[b].centroid.y);
    for (int a = 0; a < 4; a++)
        for (int b = a + 1; b < 4; b++)
            longer += length[a][b] > length[i][j] + 1e-6;
    return longer < 2;
}

/* Every two sightings taken for marks i and j. */
static void try_sightings(struct search *s, const struct tolerance *t, int i, int j)
{
    const struct mark *marks = s->registration->marks;
    double length =
        hypot(marks[i].centroid.x - marks[j].centroid.x, marks[i].centroid.y - marks[j].centroid.y);
    double least = t->scale_min * s->scale * length, most = t->scale_max * s->scale * length;
    for (int a = 0; a < s->n_sightings; a++)
        for (int b = 0; b < s->n_sightings; b++) {
            double dx = s->sightings[a].at.x - s->sightings[b].at.x;
            double dy = s->sightings[a].at.y - s->sightings[b].at.y;
            double q = dx * dx + dy * dy;
            if (q >= least * least && q <= most * most)
                try_pair(s, t, i, j, a, b);
        }
}

/* The search over the sightings that the tolerance leaves. */
static void try_all_pairs(struct search *all, const struct tolerance *t)
{
    struct mark_sighting left[MAX_SIGHTINGS];
    int number[MAX_SIGHTINGS], n = 0;
    for (int i = 0; i < all->n_sightings && n < MAX_SIGHTINGS; i++)
        if (may_be_a_mark(all, t, &all->sightings[i])) {
            number[n] = i;
            left[n++] = all->sightings[i];
        }
    struct search narrowed = *all, *s = &narrowed;
    s->sightings = left;
    s->number = number;
    s->n_sightings = n;
    for (int i = 0; i < s->n_marks; i++)
        for (int j = i + 1; j < s->n_marks; j++)
            if (s->n_marks != 4 || is_diagonal(s->registration->marks, i, j))
                try_sightings(s, t, i, j);
    all->n_best = s->n_best;
}

/* ---- from hypotheses to transforms ---- */

/* What is darker than `edge` in n pixels of a row, each at most `cap`: its sum, and its moment
 * about the first. */
WIDE static void weigh_row(const uint8_t *row, int n, int edge, int cap, int64_t *sum,
                           int64_t *moment)
{
    int s = 0, m = 0;
    for (int x = 0; x < n; x++) {
        int depth = edge - row[x];
        depth = depth < 0 ? 0 : depth > cap ? cap : depth;
        s += depth;
        m += depth * x;
    }
    *sum = s;
    *moment = m;
}

WIDE static void find_extremes(const uint8_t *row, int n, uint8_t *darkest, uint8_t *lightest)
{
    uint8_t low = *darkest, high = *lightest;
    for (int x = 0; x < n; x++) {
        low = row[x] < low ? row[x] : low;
        high = row[x] > high ? row[x] : high;
    }
    *darkest = low;
    *lightest = high;
}

/* A mark's place to a fraction of a pixel: the centre of the darkness in its box. */
static struct point refine_centroid(const struct image *img, const struct mark_sighting *g)
{
    double mx = g->w * 0.2 + 2, my = g->h * 0.2 + 2;
    int x0 = (int)fmax(0, g->at.x - g->w / 2 - mx);
    int x1 = (int)fmin(img->width - 1, g->at.x + g->w / 2 + mx);
    int y0 = (int)fmax(0, g->at.y - g->h / 2 - my);
    int y1 = (int)fmin(img->height - 1, g->at.y + g->h / 2 + my);
    uint8_t lightest = 0, darkest = 255;
    for (int y = y0; y <= y1; y++)
        find_extremes(image_row(img, y) + x0, x1 - x0 + 1, &darkest, &lightest);
    int edge = (lightest + darkest) / 2, cap = (lightest - darkest) / 3;
    int64_t sx = 0, sy = 0, sw = 0;
    for (int y = y0; y <= y1; y++) {
        int64_t sum, moment;
        weigh_row(image_row(img, y) + x0, x1 - x0 + 1, edge, cap, &sum, &moment);
        sx += moment + sum * x0;
        sy += sum * y;
        sw += sum;
    }
    if (sw == 0)
        return g->at;
    struct point p = {(double)sx / (double)sw, (double)sy / (double)sw};
    bool astray = hypot(p.x - g->at.x, p.y - g->at.y) > 0.25 * fmax(g->w, g->h) + 2;
    return astray ? g->at : p;
}

static void add_proposal(const struct homography *h, int marks, double cost, struct proposal *out,
                         int *n)
{
    if (*n < MAX_PROPOSALS)
        out[(*n)++] = (struct proposal){.mm_to_px = *h, .marks = marks, .cost = cost};
}

/* Where four marks do not lie on an affine map, either the page is seen in perspective or one of
 * them is torn: propose the perspective, the mean of all, and each set that leaves one mark out. */
static void add_doubtful(const struct point *from, const struct point *to, int n, double cost,
                         struct proposal *out, int *n_out)
{
    struct homography h;
    if (homography_fit(from, to, NULL, (size_t)n, &h) == 0)
        add_proposal(&h, n, cost, out, n_out);
    if (homography_fit_affine(from, to, NULL, (size_t)n, &h) == 0)
        add_proposal(&h, n, cost + 0.2, out, n_out);
    for (int skip = 0; skip < n && n <= 4; skip++) {
        struct point f[4], t[4];
        int m = 0;
        for (int i = 0; i < n; i++)
            if (i != skip)
                f[m] = from[i], t[m++] = to[i];
        if (homography_fit_affine(f, t, NULL, (size_t)m, &h) == 0)
            add_proposal(&h, m, cost + 0.4, out, n_out);
    }
}

static void add_hypothesis(const struct search *s, const struct image *img,
                           const struct hypothesis *y, struct proposal *out, int *n_out)
{
    struct point from[MAX_MARKS], to[MAX_MARKS];
    struct homography h;
    int n = 0, first = *n_out;
    for (int m = 0; m < s->n_marks; m++) {
        if (y->sighting[m] < 0)
            continue;
        const struct mark_sighting *g = &s->sightings[y->sighting[m]];
        from[n] = s->registration->marks[m].centroid;
        to[n++] = g->area > 0 ? refine_centroid(img, g) : g->at;
    }
    if (n < 2)
        return;
    if (n == 2) {
        if (homography_fit_similarity(from, to, NULL, 2, &h) == 0)
            add_proposal(&h, n, y->cost, out, n_out);
        return;
    }
    if (homography_fit_affine(from, to, NULL, (size_t)n, &h) < 0)
        return;
    double residual = homography_residual(&h, from, to, (size_t)n) / homography_scale(&h, from[0]);
    if (n == 3 || residual < AFFINE_ENOUGH)
        add_proposal(&h, n, y->cost, out, n_out);
    else
        add_doubtful(from, to, n, y->cost, out, n_out);
    if (n >= 4 && homography_fit(from, to, NULL, (size_t)n, &h) == 0)
        for (int i = first; i < *n_out; i++)
            out[i].through_marks = h;
}

static bool is_among(const struct hypothesis *h, const struct hypothesis *others, int n, int marks)
{
    for (int i = 0; i < n; i++)
        if (same_marks(h, &others[i], marks))
            return true;
    return false;
}

/* The likeliest set, then `full`, then all others: of a scan with a mark under a staple three marks
 * are left, and any number of four filled bubbles may look likelier. */
static void add_hypotheses(const struct search *s, const struct image *img,
                           const struct hypothesis *full, int n_full, struct proposal *out,
                           int *n_out)
{
    if (s->n_best == 0)
        return;
    add_hypothesis(s, img, &s->best[0], out, n_out);
    for (int i = 0; i < n_full; i++)
        if (!same_marks(&full[i], &s->best[0], s->n_marks))
            add_hypothesis(s, img, &full[i], out, n_out);
    for (int i = 1; i < s->n_best; i++)
        if (!is_among(&s->best[i], full, n_full, s->n_marks))
            add_hypothesis(s, img, &s->best[i], out, n_out);
}

int propose_from_sightings(const struct proposal_source *source, const struct pyramid *pyramid,
                           const struct mark_sighting *sightings, int n, struct proposal *out,
                           int *ret_n)
{
    const struct registration *r = source->registration;
    struct hypothesis *best = calloc(MAX_PROPOSALS, sizeof(*best)), full[FULL_SETS];
    if (!best)
        return YJ_ENOMEM;
    struct search s = {.registration = r,
                       .n_marks = r->n_marks < MAX_MARKS ? r->n_marks : MAX_MARKS,
                       .sightings = sightings,
                       .n_sightings = n,
                       .scale = mark_full_scale(source, pyramid->levels[0]),
                       .best = best};
    for (int m = 0; m < s.n_marks; m++)
        s.ink[m] = mark_ink_area(&r->marks[m]);
    try_all_pairs(&s, &scanner);
    int n_full = s.n_best < FULL_SETS ? s.n_best : FULL_SETS;
    memcpy(full, best, (size_t)n_full * sizeof(*full));
    if (s.n_best == 0 || s.best[0].matches < s.n_marks) /* torn off, or seen in perspective? */
        try_all_pairs(&s, &photo);
    *ret_n = 0;
    add_hypotheses(&s, pyramid->levels[0], full, n_full, out, ret_n);
    free(best);
    return 0;
}

int propose_from_marks(const struct proposal_source *source, const struct pyramid *pyramid,
                       bool near, struct proposal *out, int *ret_n)
{
    struct mark_sighting *seen = malloc(MAX_SIGHTINGS * sizeof(*seen));
    const int marks = source->registration->n_marks;
    int n = 0;
    *ret_n = 0;
    if (!seen)
        return YJ_ENOMEM;
    int e = near ? mark_patches_near(source, pyramid, seen, &n)
                 : mark_patches_find(source, pyramid, seen, &n);
    if (e == 0)
        e = propose_from_sightings(source, pyramid, seen, n, out, ret_n);
    if (near && *ret_n > 0 && out[0].marks < (marks < MAX_MARKS ? marks : MAX_MARKS))
        *ret_n = 0;
    free(seen);
    return e;
}
