/* The bubble is a sum of the print, its two slopes and its curvature, by least squares: moving a
 * picture by less than a pixel adds a share of its slopes, blurring or thickening it a share of its
 * curvature (Lucas and Kanade, "An iterative image registration technique", IJCAI 1981). Without
 * weights the terms' products are the print's alone, and summed once. */
#include "twin_picture.h"

#include "wide.h"

#include <math.h>
#include <string.h>

#define TERMS PRINT_TERMS
#define INSIDE 0.86f /* of the half axes: nearer the outline its own edge is seen */
#define LANES 8
#define BESIDE (3 * LANES) /* noughts beside a row: no dot is so large */

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));
typedef int32_t lane_bits __attribute__((vector_size(LANES * sizeof(int32_t))));

static inline const lanes *lanes_at(const struct picture *p, int i)
{
    return (const lanes *)&p->at[i];
}

static int count_points(const struct raster *r)
{
    return r->stride * r->h;
}

static inline __attribute__((always_inline)) double sum_of(const lanes *v)
{
    float sum = 0;
    for (int k = 0; k < LANES; k++)
        sum += (*v)[k];
    return (double)sum;
}

/* ---- a raster, a print ---- */

static bool is_inside(const struct raster *r, int x, int y)
{
    float u = ((float)x - (float)(r->w - 1) / 2) / (INSIDE * r->half_w);
    float v = ((float)y - (float)(r->h - 1) / 2) / (INSIDE * r->half_h);
    return r->round ? u * u + v * v <= 1 : fabsf(u) <= 1 && fabsf(v) <= 1;
}

/* Points of a dot about one, along one side: of those looked at, 1 to n - 2. */
static int dot_side(const struct raster *r, int at, int n)
{
    int from = at - r->dot > 1 ? at - r->dot : 1, to = at + r->dot < n - 2 ? at + r->dot : n - 2;
    return to - from + 1;
}

void print_fit_start(const struct raster *r, struct print_fit *ret)
{
    ret->raster = *r;
    ret->n_inside = 0;
    memset(&ret->inner, 0, sizeof ret->inner);
    memset(&ret->dot_part, 0, sizeof ret->dot_part);
    for (int y = 1; y < r->h - 1; y++)
        for (int x = 1; x < r->w - 1; x++) {
            int i = y * r->stride + x;
            ret->inner.at[i] = 1;
            if (!is_inside(r, x, y))
                continue;
            ret->dot_part.at[i] = 1 / (float)(dot_side(r, x, r->w) * dot_side(r, y, r->h));
            ret->n_inside++;
        }
}

WIDE static void set_terms(const struct raster *r, const struct picture *print,
                           struct picture *restrict terms)
{
    const int w = r->stride;
    for (int y = 1; y < r->h - 1; y++)
        for (int x = 1; x < r->w - 1; x++) {
            int i = y * w + x;
            const float *p = &print->at[i];
            terms[0].at[i] = p[0];
            terms[1].at[i] = (p[1] - p[-1]) / 2;
            terms[2].at[i] = (p[w] - p[-w]) / 2;
            terms[3].at[i] = p[1] + p[-1] + p[w] + p[-w] - 4 * p[0];
        }
}

/* sums[j][k]: of the terms j and k; sums[j][TERMS]: of the term and the picture. */
typedef double equations[TERMS][TERMS + 1];

/* Each point by its weight: how far it was off before, in units of what is usual. */
WIDE static void sum_products(const struct print_fit *fit, const struct picture *seen,
                              const struct picture *rest, float spread, equations ret)
{
    lanes sums[TERMS][TERMS + 1] = {{{0}}};
    const int n = count_points(&fit->raster);
    for (int i = 0; i < n; i += LANES) {
        lanes t[TERMS], off = *lanes_at(rest, i) / spread, weight = 1 / (1 + off * off);
        for (int j = 0; j < TERMS; j++)
            t[j] = *lanes_at(&fit->terms[j], i);
        for (int j = 0; j < TERMS; j++) {
            lanes weighed = weight * t[j];
            for (int k = j; k < TERMS; k++)
                sums[j][k] += weighed * t[k];
            sums[j][TERMS] += weighed * *lanes_at(seen, i);
        }
    }
    for (int j = 0; j < TERMS; j++)
        for (int k = 0; k <= TERMS; k++)
            ret[j][k] = k < j ? ret[k][j] : sum_of(&sums[j][k]);
}

void print_fit_set(struct print_fit *fit, const struct picture *print)
{
    equations sums;
    const int n = count_points(&fit->raster);
    for (int k = 0; k < TERMS; k++)
        memset(fit->terms[k].at, 0, (size_t)n * sizeof *fit->terms[k].at);
    set_terms(&fit->raster, print, fit->terms);
    /* without a rest every weight is 1 */
    static const struct picture none;
    sum_products(fit, print, &none, 1, sums);
    for (int j = 0; j < TERMS; j++)
        memcpy(fit->gram[j], sums[j], sizeof fit->gram[j]);
}

/* ---- explaining ---- */

static bool solve(equations a, double *ret)
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

static void solve_or_none(equations a, double *ret)
{
    if (!solve(a, ret))
        memset(ret, 0, TERMS * sizeof *ret);
}

WIDE static void project(const struct print_fit *fit, const struct picture *seen, double *ret)
{
    lanes sums[TERMS] = {{0}};
    const int n = count_points(&fit->raster);
    for (int i = 0; i < n; i += LANES)
        for (int j = 0; j < TERMS; j++)
            sums[j] += *lanes_at(&fit->terms[j], i) * *lanes_at(seen, i);
    for (int j = 0; j < TERMS; j++)
        ret[j] = sum_of(&sums[j]);
}

void print_fit_shares(const struct print_fit *fit, const struct picture *seen,
                      double ret_shares[PRINT_TERMS])
{
    equations a;
    double own[TERMS];
    project(fit, seen, own);
    for (int j = 0; j < TERMS; j++) {
        memcpy(a[j], fit->gram[j], sizeof fit->gram[j]);
        a[j][TERMS] = own[j];
    }
    solve_or_none(a, ret_shares);
}

/* What each point lacks; the sum of how far that is from nought. */
WIDE static double subtract(const struct print_fit *fit, const struct picture *seen,
                            const double *shares, struct picture *restrict rest)
{
    const int n = count_points(&fit->raster);
    const float s0 = (float)shares[0], s1 = (float)shares[1], s2 = (float)shares[2],
                s3 = (float)shares[3];
    lanes far = {0};
    for (int i = 0; i < n; i += LANES) {
        lanes print = s0 * *lanes_at(&fit->terms[0], i);
        print += s1 * *lanes_at(&fit->terms[1], i);
        print += s2 * *lanes_at(&fit->terms[2], i);
        print += s3 * *lanes_at(&fit->terms[3], i);
        lanes lacks = (*lanes_at(seen, i) - print) * *lanes_at(&fit->inner, i);
        *(lanes *)&rest->at[i] = lacks;
        far += (lanes)((lane_bits)lacks & 0x7fffffff);
    }
    return sum_of(&far);
}

float print_fit_rest(const struct print_fit *fit, const struct picture *seen, struct picture *rest)
{
    double shares[TERMS];
    equations a;
    print_fit_shares(fit, seen, shares);
    double sum = subtract(fit, seen, shares, rest);
    float spread = (float)(2 * sum / (fit->raster.w * fit->raster.h) + 0.01);
    sum_products(fit, seen, rest, spread, a);
    solve_or_none(a, shares);
    subtract(fit, seen, shares, rest);
    return (float)shares[0];
}

/* ---- what is left ---- */

/* Row by row: the sums of a dot's height about each point, of which those of its breadth are
 * added up. */
WIDE float print_fit_darkest(const struct print_fit *fit, const struct picture *rest,
                             float *ret_haze)
{
    const struct raster *r = &fit->raster;
    const int n = r->stride, dot = r->dot < BESIDE ? r->dot : BESIDE;
    float columns[BESIDE + PICTURE_SIDE + BESIDE] = {0};
    lanes most = {0}, all = {0};
    for (int y = 1; y < r->h - 1; y++) {
        const int first = y > dot ? y - dot : 0, last = y + dot < r->h ? y + dot : r->h - 1;
        for (int x = 0; x < n; x += LANES) {
            lanes sum = {0};
            for (int j = first; j <= last; j++)
                sum += *lanes_at(rest, j * n + x);
            *(lanes *)&columns[BESIDE + x] = sum;
        }
        for (int x = 0; x < n; x += LANES) {
            lanes part = *lanes_at(&fit->dot_part, y * n + x), sum = {0};
            for (int i = -dot; i <= dot; i++)
                sum += *(const lanes *)&columns[BESIDE + x + i];
            sum *= part;
            lane_bits more = sum > most;
            most = (lanes)(((lane_bits)sum & more) | ((lane_bits)most & ~more));
            all += (lanes)((lane_bits)*lanes_at(rest, y * n + x) & (part > 0));
        }
    }
    float darkest = 0;
    for (int k = 0; k < LANES; k++)
        darkest = most[k] > darkest ? most[k] : darkest;
    *ret_haze = fit->n_inside ? (float)sum_of(&all) / (float)fit->n_inside : 0;
    return darkest;
}

WIDE float print_fit_rim(const struct print_fit *fit, const struct picture *rest)
{
    const struct raster *r = &fit->raster;
    const int n = count_points(r), n_rim = (r->w - 2) * (r->h - 2) - fit->n_inside;
    lanes all = {0};
    for (int i = 0; i < n; i += LANES)
        all += (lanes)((lane_bits)*lanes_at(rest, i) & (*lanes_at(&fit->dot_part, i) == 0));
    return n_rim > 0 ? (float)sum_of(&all) / (float)n_rim : 0;
}
