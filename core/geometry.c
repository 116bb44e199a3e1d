#include "geometry.h"

#include <float.h>
#include <math.h>
#include <string.h>

int homography_invert(const struct homography *h, struct homography *ret_inverse)
{
    const double *m = h->m;
    double c0 = m[4] * m[8] - m[5] * m[7];
    double c1 = m[5] * m[6] - m[3] * m[8];
    double c2 = m[3] * m[7] - m[4] * m[6];
    double det = m[0] * c0 + m[1] * c1 + m[2] * c2;
    if (!(fabs(det) > DBL_MIN))
        return -1;
    struct homography r = {{
        c0 / det,
        (m[2] * m[7] - m[1] * m[8]) / det,
        (m[1] * m[5] - m[2] * m[4]) / det,
        c1 / det,
        (m[0] * m[8] - m[2] * m[6]) / det,
        (m[2] * m[3] - m[0] * m[5]) / det,
        c2 / det,
        (m[1] * m[6] - m[0] * m[7]) / det,
        (m[0] * m[4] - m[1] * m[3]) / det,
    }};
    *ret_inverse = r;
    return 0;
}

void homography_compose(const struct homography *outer, const struct homography *inner,
                        struct homography *ret)
{
    struct homography r;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            r.m[3 * i + j] = outer->m[3 * i] * inner->m[j] + outer->m[3 * i + 1] * inner->m[3 + j] +
                             outer->m[3 * i + 2] * inner->m[6 + j];
    *ret = r;
}

double homography_scale(const struct homography *h, struct point p)
{
    const double *m = h->m;
    double w = m[6] * p.x + m[7] * p.y + m[8];
    struct point q = homography_apply(h, p);
    double a = (m[0] - q.x * m[6]) / w, b = (m[1] - q.x * m[7]) / w;
    double c = (m[3] - q.y * m[6]) / w, d = (m[4] - q.y * m[7]) / w;
    return sqrt(fabs(a * d - b * c));
}

/* Solves the n x n system a x = b (row-major, stride n) by Gaussian elimination with pivoting; the
 * answer replaces b. -1 where it is singular for all purposes. */
static int solve(double *a, double *b, int n)
{
    double largest = 0;
    for (int i = 0; i < n * n; i++)
        largest = fmax(largest, fabs(a[i]));
    for (int c = 0; c < n; c++) {
        int pivot = c;
        for (int r = c + 1; r < n; r++)
            if (fabs(a[r * n + c]) > fabs(a[pivot * n + c]))
                pivot = r;
        if (!(fabs(a[pivot * n + c]) > largest * 1e-12))
            return -1;
        for (int k = 0; k < n && pivot != c; k++) {
            double t = a[c * n + k];
            a[c * n + k] = a[pivot * n + k];
            a[pivot * n + k] = t;
        }
        double t = b[c];
        b[c] = b[pivot];
        b[pivot] = t;
        for (int r = c + 1; r < n; r++) {
            double f = a[r * n + c] / a[c * n + c];
            for (int k = c; k < n; k++)
                a[r * n + k] -= f * a[c * n + k];
            b[r] -= f * b[c];
        }
    }
    for (int r = n - 1; r >= 0; r--) {
        for (int k = r + 1; k < n; k++)
            b[r] -= a[r * n + k] * b[k];
        b[r] /= a[r * n + r];
    }
    return 0;
}

/* The similarity that brings points to mean nought and mean distance sqrt(2): Hartley's
 * normalisation, without which the normal equations lose half their digits. */
static void normalization(const struct point *p, size_t n, struct homography *ret)
{
    double mx = 0, my = 0, distance = 0;
    for (size_t i = 0; i < n; i++) {
        mx += p[i].x / (double)n;
        my += p[i].y / (double)n;
    }
    for (size_t i = 0; i < n; i++)
        distance += hypot(p[i].x - mx, p[i].y - my) / (double)n;
    double s = distance > 0 ? sqrt(2) / distance : 1;
    *ret = (struct homography){{s, 0, -s * mx, 0, s, -s * my, 0, 0, 1}};
}

/* A row of the design matrix times the unknowns is `value`: adds it to the normal equations. */
static void accumulate(double *ata, double *atb, int n, const double *row, double value, double w)
{
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++)
            ata[i * n + j] += w * row[i] * row[j];
        atb[i] += w * row[i] * value;
    }
}

enum model { SIMILARITY = 4, AFFINE = 6, PROJECTIVE = 8 };

static void model_rows(enum model model, struct point p, struct point q, double rx[8], double ry[8])
{
    memset(rx, 0, 8 * sizeof(*rx));
    memset(ry, 0, 8 * sizeof(*ry));
    if (model == SIMILARITY) { /* X = a x - b y + c, Y = b x + a y + d */
        rx[0] = p.x, rx[1] = -p.y, rx[2] = 1;
        ry[0] = p.y, ry[1] = p.x, ry[3] = 1;
        return;
    }
    rx[0] = p.x, rx[1] = p.y, rx[2] = 1;
    ry[3] = p.x, ry[4] = p.y, ry[5] = 1;
    if (model == PROJECTIVE) {
        rx[6] = -q.x * p.x, rx[7] = -q.x * p.y;
        ry[6] = -q.y * p.x, ry[7] = -q.y * p.y;
    }
}

static int fit(enum model model, const struct point *from, const struct point *to, const double *w,
               size_t n, struct homography *ret)
{
    if (n < (size_t)model / 2)
        return -1;
    struct homography nf, nt, unt;
    normalization(from, n, &nf);
    normalization(to, n, &nt);
    if (homography_invert(&nt, &unt) < 0)
        return -1;
    double ata[64] = {0}, x[8] = {0}, rx[8], ry[8];
    for (size_t i = 0; i < n; i++) {
        struct point p = homography_apply(&nf, from[i]), q = homography_apply(&nt, to[i]);
        double wi = w ? w[i] : 1;
        model_rows(model, p, q, rx, ry);
        accumulate(ata, x, model, rx, q.x, wi);
        accumulate(ata, x, model, ry, q.y, wi);
    }
    if (solve(ata, x, model) < 0)
        return -1;
    struct homography h = {{x[0], x[1], x[2], x[3], x[4], x[5], 0, 0, 1}};
    if (model == SIMILARITY)
        h = (struct homography){{x[0], -x[1], x[2], x[1], x[0], x[3], 0, 0, 1}};
    if (model == PROJECTIVE) {
        h.m[6] = x[6];
        h.m[7] = x[7];
    }
    homography_compose(&h, &nf, &h);
    homography_compose(&unt, &h, ret);
    return 0;
}

int homography_fit_similarity(const struct point *from, const struct point *to, const double *w,
                              size_t n, struct homography *ret)
{
    return fit(SIMILARITY, from, to, w, n, ret);
}

int homography_fit_affine(const struct point *from, const struct point *to, const double *w,
                          size_t n, struct homography *ret)
{
    return fit(AFFINE, from, to, w, n, ret);
}

int homography_fit(const struct point *from, const struct point *to, const double *w, size_t n,
                   struct homography *ret)
{
    return fit(PROJECTIVE, from, to, w, n, ret);
}

double homography_residual(const struct homography *h, const struct point *from,
                           const struct point *to, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        struct point p = homography_apply(h, from[i]);
        sum += (p.x - to[i].x) * (p.x - to[i].x) + (p.y - to[i].y) * (p.y - to[i].y);
    }
    return n ? sqrt(sum / (double)n) : 0;
}

double points_breadth(const struct point *p, size_t n)
{
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0, m = (double)n;
    for (size_t i = 0; i < n; i++) {
        mx += p[i].x / m;
        my += p[i].y / m;
    }
    for (size_t i = 0; i < n; i++) {
        xx += (p[i].x - mx) * (p[i].x - mx) / m;
        yy += (p[i].y - my) * (p[i].y - my) / m;
        xy += (p[i].x - mx) * (p[i].y - my) / m;
    }
    double half = (xx + yy) / 2, root = sqrt(fmax(0, half * half - xx * yy + xy * xy));
    return sqrt(fmax(0, half - root));
}
