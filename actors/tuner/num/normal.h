/* normal - the normal distribution, accurate far out in both tails, and the logarithm of expected
 * improvement.
 *
 * Same bits on every machine (see portable.h). Everything below zero rests on two smooth functions
 * that need no branch: Mills' ratio M(x) = (1 - Phi(x)) / phi(x) and 1 - x M(x), each times a power
 * of 1 + x and fitted by a polynomial in (x - 5) / (x + 5), which maps the whole half line to
 * [-1, 1) (the form of Shepherd and Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2)
 * erfc x in 0 <= x < infinity", Math. Comp. 36 (1981); coefficients of our own).
 *
 * Accuracy is relative, of results that are normal numbers.
 * Errors   none: a NaN, or a probability outside [0, 1], gives a NaN.
 */
#ifndef ZYG_NORMAL_H
#define ZYG_NORMAL_H

double portable_erfc(double x); /* 1 - erf x: 1e-15; 0 from 27.3 on */

double normal_log_pdf(double z); /* -z^2 / 2 - ln sqrt(2 pi): 4e-16 */
double normal_pdf(double z);     /* 1e-15 */
double normal_cdf(double z);     /* 1e-15, in the lower tail too */
double normal_log_cdf(double z); /* 2e-15, for any z: -z^2 / 2 - ... far below, -Phi(-z) above */

/* The z with normal_cdf(z) = p: 2e-15 (absolute near p = 1/2); infinities at 0 and 1. Wichura, "The
 * percentage points of the normal distribution", Applied Statistics 37 (1988), algorithm AS 241. */
double normal_quantile(double p);

/* ln h(z) with h(z) = phi(z) + z Phi(z), so that expected improvement of a best value y* to be
 * undercut is sigma h((y* - mu) / sigma): ln EI = ln sigma + log_ei_h(z). Ament and others,
 * "Unexpected improvements to expected improvement", arXiv:2310.20708, equation 9; here h(z) =
 * phi(z) (1 - |z| M(|z|)) below zero, and h(z) = z + h(-z) above. 2e-15 relative, where it is near
 * zero absolute; no z but -infinity (or |z| above 1e154, whose square is none) gives -infinity.
 * *slope, when not NULL, is the derivative h'(z) / h(z) = Phi(z) / h(z): about -z far below. */
double log_ei_h(double z, double *slope);

#endif
