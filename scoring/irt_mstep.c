/* irt_mstep.c - parameters that explain the expected counts best; gradients.
 *
 * With L = 1 / (1 + exp(-(a z + d))) and P = c + (1 - c) L the derivatives of an item's
 * log-likelihood hold no difference of nearly equal numbers: (hit - seen P) L / P by the logit,
 * (hit - seen P) c / P by logit c. Fisher scoring (Newton's method where there is no guess), halved
 * until the expected log-likelihood grows. */
#include "irt_inside.h"

#include "cholesky.h"

#include <math.h>
#include <string.h>

#define STEPS 12
#define HALVINGS 20
#define SMALL 1e-9
#define LEAST_SD 1e-4 /* Rasch: of abilities */
#define RIDGE 1e-10

struct point {
    double l, p, c;
};

static struct point at(const struct irt_par *par, bool has_guess, double z)
{
    double l = 1 / (1 + exp(-(par->a * z + par->d)));
    double c = has_guess ? 1 / (1 + exp(-par->g)) : 0;
    return (struct point){l, c + (1 - c) * l, c};
}

double irt_par_probability(const struct irt_par *par, bool has_guess, double z)
{
    return at(par, has_guess, z).p;
}

/* L / P: 1 without a guess, also where both are too small for a double. */
static double ratio(struct point t)
{
    return t.c > 0 ? t.l / t.p : 1;
}

void irt_log_derivatives(const struct irt_par *par, bool has_guess, double z, bool right,
                         double *ret)
{
    struct point t = at(par, has_guess, z);
    double by_logit = right ? (1 - t.c) * (1 - t.l) * ratio(t) : -t.l;
    ret[0] = by_logit * z;
    ret[1] = by_logit;
    ret[2] = !has_guess ? 0 : right ? (1 - t.l) * t.c * (1 - t.c) / t.p : -t.c;
}

/* ---- one item ---- */

struct item_counts {
    const double *z, *hit, *seen;
    size_t n;
    bool has_guess;
    const struct irt_prior *prior;
};

static double item_log_prior(const struct irt_prior *prior, const struct irt_par *par)
{
    if (!prior->on)
        return 0;
    double a = (log(par->a) - prior->log_a) / prior->log_a_sd;
    double g = (par->g - prior->g) / prior->g_sd;
    return -(a * a + g * g) / 2;
}

static double item_objective(const struct item_counts *k, const struct irt_par *par)
{
    double sum = item_log_prior(k->prior, par);
    for (size_t q = 0; q < k->n; q++) {
        if (k->seen[q] <= 0)
            continue;
        double x = par->a * k->z[q] + par->d;
        double right = x > 0 ? -log1p(exp(-x)) : x - log1p(exp(x)), wrong = right - x;
        if (k->has_guess) {
            double c = 1 / (1 + exp(-par->g));
            right = log(c + (1 - c) * exp(right));
            wrong += log1p(-c);
        }
        sum += k->hit[q] * right + (k->seen[q] - k->hit[q]) * wrong;
    }
    return sum;
}

/* Gradient [3], information [3 * 3] of (a, d, g). */
static void item_derivatives(const struct item_counts *k, const struct irt_par *par,
                             double gradient[3], double information[9])
{
    memset(gradient, 0, 3 * sizeof *gradient);
    memset(information, 0, 9 * sizeof *information);
    for (size_t q = 0; q < k->n; q++) {
        struct point t = at(par, k->has_guess, k->z[q]);
        double z = k->z[q], left = k->hit[q] - k->seen[q] * t.p, r = ratio(t);
        double slope = (1 - t.c) * t.l * (1 - t.l), guess = (1 - t.l) * t.c * (1 - t.c);
        double ww = k->seen[q] * r * slope, wg = k->seen[q] * r * guess;
        gradient[0] += left * r * z;
        gradient[1] += left * r;
        information[0] += ww * z * z;
        information[3] += ww * z;
        information[4] += ww;
        if (!k->has_guess)
            continue;
        gradient[2] += left * t.c / t.p;
        information[6] += wg * z;
        information[7] += wg;
        information[8] += k->seen[q] * guess * t.c / t.p;
    }
    if (!k->prior->on)
        return;
    double sa = k->prior->log_a_sd, sg = k->prior->g_sd;
    gradient[0] -= (log(par->a) - k->prior->log_a) / (sa * sa * par->a);
    information[0] += 1 / (sa * sa * par->a * par->a);
    gradient[2] -= (par->g - k->prior->g) / (sg * sg);
    information[8] += 1 / (sg * sg);
}

static bool solve_step(const double information[9], const double gradient[3], size_t n,
                       double step[3])
{
    double m[9];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            m[i * n + j] = information[i * 3 + j] * (i == j ? 1 + RIDGE : 1);
    memcpy(step, gradient, n * sizeof *step);
    if (!cholesky_factor(m, n))
        return false;
    cholesky_solve(m, n, step);
    return true;
}

static struct irt_par moved(const struct irt_par *par, const double *step, double share,
                            bool has_guess)
{
    return (struct irt_par){fmax(-IRT_MAX_SLOPE, fmin(IRT_MAX_SLOPE, par->a + share * step[0])),
                            par->d + share * step[1], has_guess ? par->g + share * step[2] : 0};
}

static void fit_item(const struct item_counts *k, struct irt_par *par)
{
    double before = item_objective(k, par);
    for (int i = 0; i < STEPS; i++) {
        double gradient[3], information[9], step[3] = {0}, share = 1, after = -INFINITY;
        struct irt_par next = *par;
        item_derivatives(k, par, gradient, information);
        if (!solve_step(information, gradient, k->has_guess ? 3 : 2, step))
            return;
        for (int h = 0; h < HALVINGS; h++, share /= 2) {
            next = moved(par, step, share, k->has_guess);
            after = k->prior->on && next.a <= 0 ? -INFINITY : item_objective(k, &next);
            if (after >= before)
                break;
        }
        if (!(after >= before)) /* rounding: it is as good as it gets */
            return;
        double change = fmax(fabs(next.a - par->a), fabs(next.d - par->d));
        *par = next;
        before = after;
        if (fmax(change, fabs(share * step[2])) < SMALL)
            return;
    }
}

/* ---- Rasch: an intercept an item, one slope ---- */

struct rasch_sums {
    double objective, by_a, aa; /* aa: information of the slope less what the intercepts explain */
};

/* Also the intercepts' gradients, information, and covariance with the slope: [item] each. */
static struct rasch_sums rasch_derivatives(const struct irt_work *w, const struct irt_par *pars,
                                           double *g, double *dd, double *ad)
{
    size_t padded = w->nodes.padded;
    struct rasch_sums s = {0};
    for (size_t i = 0; i < w->n_items; i++) {
        const double *hit = w->hit + i * padded, *seen = w->seen + i * padded;
        g[i] = w->right[i];
        dd[i] = ad[i] = 0;
        s.objective += w->right[i] * pars[i].d;
        for (size_t q = 0; q < w->nodes.n; q++) {
            double z = w->nodes.z[q], x = pars[i].a * z + pars[i].d, l = 1 / (1 + exp(-x));
            double v = seen[q] * l * (1 - l);
            s.objective +=
                pars[i].a * z * hit[q] - seen[q] * (x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)));
            s.by_a += z * (hit[q] - seen[q] * l);
            g[i] -= seen[q] * l;
            s.aa += z * z * v;
            ad[i] += z * v;
            dd[i] += v;
        }
    }
    return s;
}

static void rasch_move(const struct irt_work *w, const struct irt_par *from, double share,
                       double by_a, const double *by_d, struct irt_par *ret)
{
    double a = fmax(LEAST_SD, fmin(IRT_MAX_SLOPE, from[0].a + share * by_a));
    for (size_t i = 0; i < w->n_items; i++)
        ret[i] = (struct irt_par){a, from[i].d + share * by_d[i], 0};
}

/* The arrow-shaped system: eliminate the intercepts, solve for the slope, go back. by_d[item] holds
 * the gradients and becomes the steps. */
static double rasch_step(size_t n, const struct rasch_sums *s, double *by_d, const double *dd,
                         const double *ad)
{
    double rest = s->by_a, aa = s->aa * (1 + RIDGE);
    for (size_t i = 0; i < n; i++) {
        rest -= ad[i] / dd[i] * by_d[i];
        aa -= ad[i] / dd[i] * ad[i];
    }
    double by_a = aa > 0 ? rest / aa : 0;
    for (size_t i = 0; i < n; i++)
        by_d[i] = (by_d[i] - ad[i] * by_a) / dd[i];
    return by_a;
}

static void fit_rasch(const struct irt_work *w, struct irt_par *pars, double *scratch,
                      struct irt_par *next)
{
    size_t n = w->n_items;
    double *by_d = scratch, *dd = by_d + n, *ad = dd + n, *spare = ad + n;
    for (int i = 0; i < STEPS; i++) {
        struct rasch_sums s = rasch_derivatives(w, pars, by_d, dd, ad);
        double by_a = rasch_step(n, &s, by_d, dd, ad), share = 1, change = 0;
        int h = 0;
        for (; h < HALVINGS; h++, share /= 2) {
            rasch_move(w, pars, share, by_a, by_d, next);
            if (rasch_derivatives(w, next, spare, dd, ad).objective >= s.objective)
                break;
        }
        if (h == HALVINGS)
            return;
        change = fabs(next[0].a - pars[0].a);
        for (size_t k = 0; k < n; k++)
            change = fmax(change, fabs(next[k].d - pars[k].d));
        memcpy(pars, next, n * sizeof *pars);
        if (change < SMALL)
            return;
    }
}

void irt_mstep(const struct irt_work *w, struct irt_par *pars)
{
    size_t padded = w->nodes.padded;
    if (w->model == IRT_RASCH) {
        fit_rasch(w, pars, w->rasch_scratch, w->next_pars);
        return;
    }
    for (size_t i = 0; i < w->n_items; i++) {
        struct item_counts k = {w->nodes.z, w->hit + i * padded, w->seen + i * padded,
                                w->nodes.n, w->model == IRT_3PL, &w->priors[i]};
        fit_item(&k, &pars[i]);
    }
}

/* ---- vectors and gradients ---- */

double irt_log_prior(const struct irt_work *w, const struct irt_par *pars)
{
    double sum = 0;
    for (size_t i = 0; i < w->n_items; i++)
        sum += item_log_prior(&w->priors[i], &pars[i]);
    return sum;
}

size_t irt_vector_length(const struct irt_work *w)
{
    return w->model == IRT_RASCH ? w->n_items + 1 : w->n_items * (w->model == IRT_2PL ? 2 : 3);
}

void irt_vector_from(const struct irt_work *w, const struct irt_par *pars, double *ret)
{
    for (size_t i = 0; i < w->n_items; i++) {
        if (w->model == IRT_RASCH) {
            ret[i] = pars[i].d;
            continue;
        }
        *ret++ = pars[i].a;
        *ret++ = pars[i].d;
        if (w->model == IRT_3PL)
            *ret++ = pars[i].g;
    }
    if (w->model == IRT_RASCH)
        ret[w->n_items] = pars[0].a;
}

void irt_vector_to(const struct irt_work *w, const double *v, struct irt_par *ret)
{
    for (size_t i = 0; i < w->n_items; i++) {
        if (w->model == IRT_RASCH) {
            ret[i] = (struct irt_par){v[w->n_items], v[i], 0};
            continue;
        }
        ret[i] = (struct irt_par){v[0], v[1], w->model == IRT_3PL ? v[2] : 0};
        v += w->model == IRT_3PL ? 3 : 2;
    }
}

void irt_gradient(const struct irt_work *w, const struct irt_par *pars, double *ret)
{
    size_t padded = w->nodes.padded, n = w->n_items;
    if (w->model == IRT_RASCH) {
        double *scratch = w->rasch_scratch;
        ret[n] = rasch_derivatives(w, pars, ret, scratch, scratch + n).by_a;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        struct item_counts k = {w->nodes.z, w->hit + i * padded, w->seen + i * padded,
                                w->nodes.n, w->model == IRT_3PL, &w->priors[i]};
        double gradient[3], information[9];
        item_derivatives(&k, &pars[i], gradient, information);
        size_t length = w->model == IRT_3PL ? 3 : 2;
        memcpy(ret + i * length, gradient, length * sizeof *ret);
    }
}
