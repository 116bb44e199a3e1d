/* student.c - the beta distribution, and Student's t by it. */
#include "student.h"

#include <float.h>
#include <math.h>

/* The continued fraction of the incomplete beta function, by Lentz's method: Abramowitz and Stegun
 * 26.5.8. Converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = DBL_MIN / DBL_EPSILON;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double fraction = d;
    for (int m = 1; m < 100000; m++) {
        const double terms[2] = {m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                                 -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))};
        double before = fraction;
        for (int i = 0; i < 2; i++) {
            d = 1 + terms[i] * d;
            c = 1 + terms[i] / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            fraction *= d * c;
        }
        if (fabs(fraction - before) <= 1e-15 * fabs(fraction))
            break;
    }
    return fraction;
}

double beta_share(double a, double b, double x)
{
    if (!(x > 0))
        return 0;
    if (x >= 1)
        return 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

/* Halving goes on until nothing lies between: small x keep all their digits. */
double beta_quantile(double a, double b, double share)
{
    double low = 0, high = 1;
    for (;;) {
        double x = 0.5 * (low + high);
        if (x <= low || x >= high || high - low < 1e-13 * high)
            return x;
        if (beta_share(a, b, x) < share)
            low = x;
        else
            high = x;
    }
}

/* Abramowitz and Stegun 26.7.1: P(|T| > t) = I_x(df / 2, 1 / 2), x = df / (df + t^2). The smaller
 * side is summed, so that a p of 1e-30 is not 1 - 1. */
double student_two_sided(double t, double df)
{
    if (isnan(t) || !(df > 0))
        return NAN;
    if (isinf(t))
        return 0;
    return beta_share(df / 2, 0.5, df / (df + t * t));
}

double student_one_sided(double t, double df)
{
    double both = student_two_sided(t, df);

    return t > 0 ? both / 2 : 1 - both / 2;
}

double student_within(double share, double df)
{
    if (!(df > 0) || !(share > 0 && share < 1))
        return NAN;
    double y = beta_quantile(0.5, df / 2, share); /* t^2 / (df + t^2) */
    return sqrt(df * y / (1 - y));
}
