/* Where the paper is in the scan, how large it is, which way up: a straight picture of the page. */
#include "draft_parts.h"

#include "diag.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The straight picture's resolution, px an inch: finer shows nothing more, coarser loses thin lines
 * between pixels. */
#define FINEST 300.0
#define COARSEST 150.0
/* No exam is printed on larger or smaller paper, mm. */
#define LARGEST 460.0
#define SMALLEST 60.0
#define NEAR 0.03     /* sizes that differ by so little are the same paper */
#define MAX_SKEW 22.0 /* degrees */
#define MAX_EDGES 60000
#define MAX_BLOBS 20000
#define MAX_CONTOURS 40000
#define SPECKLED 8000 /* patches of ink: no page of print has more */

/* ---- the paper's edges ---- */

static double sample(const struct image *img, struct point p)
{
    int x = (int)lround(p.x), y = (int)lround(p.y);
    if (x < 0 || y < 0 || x >= img->width || y >= img->height)
        return -1;
    return image_row(img, y)[x];
}

/* Whether the picture is much lighter within all four sides than outside: paper on a dark ground.
 */
static bool is_paper(const struct image *img, const struct point q[4])
{
    struct point middle = {0, 0};
    int n = 0, lighter = 0;
    for (int i = 0; i < 4; i++)
        middle.x += q[i].x / 4, middle.y += q[i].y / 4;
    for (int i = 0; i < 4; i++) {
        for (int k = 1; k < 20; k++) {
            double t = k / 20.0;
            struct point p = {q[i].x + t * (q[(i + 1) % 4].x - q[i].x),
                              q[i].y + t * (q[(i + 1) % 4].y - q[i].y)};
            struct point in = {p.x + 0.02 * (middle.x - p.x), p.y + 0.02 * (middle.y - p.y)};
            struct point out = {p.x - 0.02 * (middle.x - p.x), p.y - 0.02 * (middle.y - p.y)};
            double inside = sample(img, in), outside = sample(img, out);
            if (outside < 0)
                continue;
            n++;
            lighter += inside > outside + 35;
        }
    }
    return n >= 40 && lighter >= 0.75 * n;
}

static double side(const struct point q[4], int i)
{
    return hypot(q[(i + 1) % 4].x - q[i].x, q[(i + 1) % 4].y - q[i].y);
}

/* The paper's corners in the scan, clockwise from the top left; false: the picture is the page. */
static int find_paper(const struct image *scan, bool *ret_found, struct point ret[4])
{
    struct point quads[8][4];
    struct image small;
    size_t n = 0;
    double by = fmax(1, fmax(scan->width, scan->height) / 1200.0);
    image_init(&small);
    int rc = vision_resize(scan, (int)(scan->width / by), (int)(scan->height / by), &small);
    if (rc == 0)
        rc = vision_find_quads(&small, false, quads, 8, &n);
    *ret_found = false;
    for (size_t i = 0; rc == 0 && i < n && !*ret_found; i++) {
        double w = (side(quads[i], 0) + side(quads[i], 2)) / 2;
        double h = (side(quads[i], 1) + side(quads[i], 3)) / 2;
        if (w * h < 0.15 * small.width * small.height || !is_paper(&small, quads[i]))
            continue;
        *ret_found = true;
        for (int k = 0; k < 4; k++)
            ret[k] =
                (struct point){(quads[i][k].x + 0.5) * by - 0.5, (quads[i][k].y + 0.5) * by - 0.5};
    }
    image_finish(&small);
    return rc;
}

/* ---- the paper's size ---- */

/* The named paper nearest to w x h mm, within NEAR. */
static bool name_paper(struct draft *d, double w, double h)
{
    double best = NEAR, pw, ph;
    const char *name;
    for (size_t i = 0; form_paper(i, &name, &pw, &ph); i++) {
        for (int turned = 0; turned < 2; turned++) {
            double a = turned ? ph : pw, b = turned ? pw : ph;
            double off = fmax(fabs(w / a - 1), fabs(h / b - 1));
            if (off >= best)
                continue;
            best = off;
            d->paper = name;
            d->landscape = turned;
            d->width = a;
            d->height = b;
        }
    }
    return best < NEAR;
}

static void state_paper(struct draft *d, double w, double h)
{
    const char *name;
    double pw, ph;
    bool wide = w > h;
    d->width = d->o->page_w;
    d->height = d->o->page_h;
    for (size_t i = 0; d->o->paper && form_paper(i, &name, &pw, &ph); i++) {
        if (strcmp(name, d->o->paper) != 0)
            continue;
        d->paper = name;
        d->landscape = wide;
        d->width = wide ? ph : pw;
        d->height = wide ? pw : ph;
    }
}

static bool plausible(double mm)
{
    return mm >= SMALLEST && mm <= LARGEST;
}

/* Sets the page's size from the picture's w x h px; returns mm a px. */
static double choose_size(struct draft *d, double w, double h)
{
    double dpi = d->o->dpi > 0 ? d->o->dpi : d->photo ? 0 : d->scan->dpi_x;
    double mm_w = dpi > 0 ? w * 25.4 / dpi : 0, mm_h = dpi > 0 ? h * 25.4 / dpi : 0;
    if (d->o->paper || d->o->page_w > 0) {
        state_paper(d, w, h);
        bool agrees = fabs(mm_w / d->width - 1) < 2 * NEAR || fabs(mm_h / d->height - 1) < 2 * NEAR;
        return agrees ? 25.4 / dpi : d->width / w;
    }
    if (dpi > 0 && name_paper(d, mm_w, mm_h))
        return 25.4 / dpi;
    /* Programs that know nothing write 72, 96 or 144: known proportions are better. */
    double across = w < h ? 210 : 297, letter = w < h ? 215.9 : 279.4;
    if (name_paper(d, across, across * h / w) || name_paper(d, letter, letter * h / w)) {
        draft_note(d, "the page is taken for %s by its proportions: measure it, and give --page",
                   d->paper);
        return d->width / w;
    }
    if (plausible(mm_w) && plausible(mm_h) && dpi > 96) {
        d->width = round(mm_w);
        d->height = round(mm_h);
        draft_note(d, "the page's size is the picture's, by its resolution (%g dpi)", dpi);
        return 25.4 / dpi;
    }
    d->width = w < h ? 210 : round(210 * w / h);
    d->height = w < h ? round(210 * h / w) : 210;
    draft_note(d, "the page's size is a guess: measure it, and give --page WxH (in mm)");
    return d->width / w;
}

static int place_page(struct draft *d)
{
    struct point corner[4];
    int rc = find_paper(d->scan, &d->photo, corner);
    if (rc < 0)
        return rc;
    if (!d->photo) {
        double mm = choose_size(d, d->scan->width, d->scan->height);
        d->page = (struct homography){{1 / mm, 0, -0.5, 0, 1 / mm, -0.5, 0, 0, 1}};
        return 0;
    }
    choose_size(d, (side(corner, 0) + side(corner, 2)) / 2,
                (side(corner, 1) + side(corner, 3)) / 2);
    struct point mm[4] = {{0, 0}, {d->width, 0}, {d->width, d->height}, {0, d->height}};
    return homography_fit(mm, corner, NULL, 4, &d->page) < 0 ? YJ_EDATA : 0;
}

/* ---- the straight picture ---- */

static int find_ink(struct draft *d)
{
    /* The window is wider than any mark, so that none is hollow. */
    int window = (int)(16 * d->scale) | 1, least = (int)fmax(4, 0.03 * d->scale * d->scale);
    return vision_find_blobs(&d->straight, window, 14, least, d->blobs, MAX_BLOBS, &d->n_blobs,
                             &d->ink);
}

static int smooth(struct image *img)
{
    struct image half;
    int width = img->width, height = img->height;
    image_init(&half);
    int rc = image_halve(img, &half);
    if (rc == 0)
        rc = vision_resize(&half, width, height, img);
    image_finish(&half);
    return rc;
}

static int draw_straight(struct draft *d)
{
    struct point middle = {d->width / 2, d->height / 2};
    double dpi = homography_scale(&d->page, middle) * 25.4;
    d->scale = fmin(FINEST, fmax(COARSEST, dpi)) / 25.4;
    int w = (int)ceil(d->width * d->scale), h = (int)ceil(d->height * d->scale);
    struct homography to_mm = {
        {1 / d->scale, 0, 0.5 / d->scale, 0, 1 / d->scale, 0.5 / d->scale, 0, 0, 1}};
    struct homography map;
    homography_compose(&d->page, &to_mm, &map);
    int rc = image_resize(&d->straight, w, h);
    if (rc == 0)
        rc = vision_warp(d->scan, &map, &d->straight);
    if (rc == 0)
        rc = find_ink(d);
    if (rc == 0 && d->n_blobs > SPECKLED) { /* noise: averages of four pixels know less of it */
        rc = smooth(&d->straight);
        if (rc == 0)
            rc = find_ink(d);
    }
    if (rc == 0)
        rc = vision_find_contours(&d->ink, (int)fmax(5, 1.2 * d->scale),
                                  (int)(fmax(d->width, d->height) * d->scale), d->contours,
                                  MAX_CONTOURS, &d->n_contours);
    return rc;
}

/* Where ink begins, seen from above (across false) or from the left. */
static int gather_edges(const struct draft *d, bool across, struct point *edges)
{
    const struct image *ink = &d->ink;
    int n = 0, step = 1 + (int)((double)ink->width * ink->height / 4e6);
    for (int y = 1; y < ink->height && n < MAX_EDGES; y += across ? step : 1) {
        const uint8_t *row = image_row(ink, y), *above = image_row(ink, y - 1);
        for (int x = 1; x < ink->width && n < MAX_EDGES; x += across ? 1 : step)
            if (row[x] && !(across ? row[x - 1] : above[x]))
                edges[n++] = (struct point){x, y};
    }
    return n;
}

/* How sharply edges gather in lines that lean by `degrees`. */
static double lean_score(const struct point *edges, int n, bool across, double degrees, double bin,
                         double *counts, int n_bins)
{
    double c = cos(degrees * M_PI / 180), s = sin(degrees * M_PI / 180), sum = 0;
    memset(counts, 0, (size_t)n_bins * sizeof *counts);
    for (int i = 0; i < n; i++) {
        double at = across ? edges[i].x * c + edges[i].y * s : edges[i].y * c - edges[i].x * s;
        int k = (int)(at / bin) + n_bins / 3;
        if (k >= 0 && k < n_bins)
            counts[k]++;
    }
    for (int k = 0; k < n_bins; k++)
        sum += counts[k] * counts[k];
    return n > 0 ? sum / n : 0;
}

static double best_lean(struct point *const edges[2], const int n[2], double from, double to,
                        double by, double bin, double *counts, int n_bins)
{
    double best = 0, best_score = -1;
    for (double a = from; a <= to + by / 2; a += by) {
        double score = 0;
        for (int k = 0; k < 2; k++)
            score += lean_score(edges[k], n[k], k == 1, a, bin, counts, n_bins);
        if (score > best_score) {
            best_score = score;
            best = a;
        }
    }
    return best;
}

/* Degrees, clockwise, by which print lies off the picture's axes. */
static int measure_skew(struct draft *d, double *ret)
{
    int n_bins = 3 * (d->ink.width + d->ink.height), n[2];
    struct point *edges[2] = {malloc(MAX_EDGES * sizeof *edges[0]),
                              malloc(MAX_EDGES * sizeof *edges[1])};
    double *counts = malloc((size_t)n_bins * sizeof *counts);
    int rc = edges[0] && edges[1] && counts ? 0 : YJ_ENOMEM;
    if (rc == 0) {
        for (int k = 0; k < 2; k++)
            n[k] = gather_edges(d, k == 1, edges[k]);
        double coarse =
            best_lean(edges, n, -MAX_SKEW, MAX_SKEW, 0.25, 0.4 * d->scale, counts, n_bins);
        *ret = best_lean(edges, n, coarse - 0.3, coarse + 0.3, 0.02, 1, counts, n_bins);
    }
    free(edges[0]);
    free(edges[1]);
    free(counts);
    return rc;
}

static void turn_by_skew(struct draft *d, double degrees)
{
    double c = cos(degrees * M_PI / 180), s = sin(degrees * M_PI / 180);
    double x = d->width / 2, y = d->height / 2;
    struct homography turn = {{c, -s, x - c * x + s * y, s, c, y - s * x - c * y, 0, 0, 1}};
    homography_compose(&d->page, &turn, &d->page);
    d->skew += degrees;
}

/* The picture's content a quarter clockwise. */
static void turn_quarter(struct draft *d)
{
    struct homography turn = {{0, 1, 0, -1, 0, d->height, 0, 0, 1}};
    homography_compose(&d->page, &turn, &d->page);
    double w = d->width;
    d->width = d->height;
    d->height = w;
    d->landscape = d->paper && d->width > d->height;
    d->turned = (d->turned + 90) % 360;
}

/* ---- which way up ---- */

static double gap(double a, double a_size, double b, double b_size)
{
    return fmax(a, b) - fmin(a + a_size, b + b_size);
}

/* Of one size and as wide as high: bubbles, not letters. */
static bool both_round(const struct blob *a, const struct blob *b)
{
    return abs(a->w - b->w) <= 1 && abs(a->h - b->h) <= 1 && abs(a->w - a->h) <= 2;
}

/* Letters stand closer beside each other than lines under each other. */
static bool lies_sideways(const struct draft *d)
{
    int beside = 0, under = 0;
    size_t n = d->n_blobs < 6000 ? d->n_blobs : 6000;
    for (size_t i = 0; i < n; i++) {
        const struct blob *a = &d->blobs[i];
        double best = 0.9 * d->scale;
        int vote = 0;
        if (fmax(a->w, a->h) > 5 * d->scale || fmax(a->w, a->h) < 0.7 * d->scale)
            continue;
        for (size_t k = 0; k < n; k++) {
            const struct blob *b = &d->blobs[k];
            if (k == i || fmax(b->w, b->h) > 5 * d->scale || fmax(b->w, b->h) < 0.7 * d->scale)
                continue;
            double x = gap(a->x, a->w, b->x, b->w), y = gap(a->y, a->h, b->y, b->h);
            if ((x < 0) == (y < 0) || fmax(x, y) >= best || both_round(a, b))
                continue;
            best = fmax(x, y);
            vote = x > y ? 1 : -1;
        }
        beside += vote > 0;
        under += vote < 0;
    }
    return under >= 30 && under > 1.5 * beside;
}

static int straighten(struct draft *d)
{
    double skew = 0;
    for (int pass = 0; pass < 2; pass++) {
        int rc = draw_straight(d);
        if (rc == 0)
            rc = measure_skew(d, &skew);
        if (rc < 0)
            return rc;
        if (fabs(skew) < 0.03)
            return 0;
        turn_by_skew(d, skew);
    }
    return draw_straight(d);
}

int draft_page_flip(struct draft *d)
{
    turn_quarter(d);
    turn_quarter(d);
    return draw_straight(d);
}

int draft_page_find(struct draft *d)
{
    d->blobs = arena_alloc(&d->memory, MAX_BLOBS * sizeof *d->blobs);
    d->contours = arena_alloc(&d->memory, MAX_CONTOURS * sizeof *d->contours);
    if (!d->blobs || !d->contours)
        return YJ_ENOMEM;
    int rc = place_page(d);
    for (int i = 0; rc == 0 && i < d->o->turn / 90; i++)
        turn_quarter(d);
    if (rc == 0)
        rc = straighten(d);
    if (rc == 0 && d->o->turn < 0 && lies_sideways(d)) {
        turn_quarter(d);
        rc = draw_straight(d);
    }
    return rc;
}
