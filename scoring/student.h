/* student.h - the beta and Student's t distribution: what intervals and tests of means stand on. */
#ifndef YJ_SCORING_STUDENT_H
#define YJ_SCORING_STUDENT_H

/* The regularised incomplete beta function I_x(a, b), a and b > 0; 0 below x = 0, 1 from 1. */
double beta_share(double a, double b, double x);
/* x where I_x(a, b) is `share`, 0 < share < 1. */
double beta_quantile(double a, double b, double share);

/* P(|T| > |t|), df > 0 (need not be whole); NaN where t or df have no meaning. */
double student_two_sided(double t, double df);
/* P(T > t). */
double student_one_sided(double t, double df);
/* The t with P(|T| < t) = share: 0.95 for an interval of 95 %. */
double student_within(double share, double df);

#endif
