/* portable - exponential, logarithm and their kin, with the same bits on every machine.
 *
 * A proposal must come out equal wherever it is derived, and the C library's functions differ in
 * last bits between its versions and between processors. These use + - * / on doubles alone, which
 * IEEE 754 fixes to the bit as long as the compiler fuses nothing (-ffp-contract=off) and doubles
 * are evaluated as doubles. The normal distribution and erfc stand in normal.h.
 *
 * Accuracy is stated in units in the last place (ulp) of a result that is a normal number; the
 * polynomials are near-minimax fits of our own (Chebyshev interpolation in 60 digits).
 * Errors   none: a NaN gives a NaN, and what has no value (the logarithm of -1) gives one, so
 *          nothing that comes from a bad measurement stops a node.
 */
#ifndef ZYG_PORTABLE_H
#define ZYG_PORTABLE_H

#include <stddef.h>

double portable_exp(double x);   /* 1 ulp; infinity from 709.79 on, 0 below -745.14 */
double portable_log(double x);   /* 1 ulp; -infinity at 0, NaN below */
double portable_log1p(double x); /* ln(1 + x): 2 ulp; -infinity at -1, NaN below */
double portable_expm1(double x); /* e^x - 1: 3 ulp */
/* x^y for x >= 0 (NaN below). A whole y up to 32 in size is worked out by multiplications, exact
 * where x^y is a double; else e^(y ln x), whose error is |y ln x| + 2 ulp. */
double portable_pow(double x, double y);

/* x[i] = portable_exp(x[i]) for all of them, the same bits, and several times as fast. */
void portable_exp_all(double *x, size_t count);

#endif
