/* portable - exponential and logarithm that give the same bits on every machine.
 *
 * A proposal must come out equal wherever it is derived, and the C library's functions differ in
 * last bits between its versions and between processors. These use + - * / on doubles alone, which
 * IEEE 754 fixes to the bit as long as the compiler fuses nothing (-ffp-contract=off) and doubles
 * are evaluated as doubles. Within 2 units in the last place.
 */
#ifndef ZYG_PORTABLE_H
#define ZYG_PORTABLE_H

double portable_exp(double x); /* x is a number; infinity from 709.78 on, 0 below -745.13 */
double portable_log(double x); /* 0 < x, finite */

#endif
