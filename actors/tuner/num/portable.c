#include "actors/tuner/num/portable.h"

#include "actors/tuner/num/wide.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

static_assert(FLT_EVAL_METHOD == 0, "doubles are evaluated as doubles, not wider");

/* ln 2 in two parts: the last 17 bits of the first are zero, so k times it is exact for every
 * exponent k. */
#define LN2_HIGH 0x1.62e42fefap-1
#define LN2_LOW 0x1.cf79abc9e3b3ap-40
#define PER_LN2 0x1.71547652b82fep+0
#define SQRT_HALF_BITS 0x3fe6a09e667f3bcdull
/* Added to a number of ordinary size it leaves the nearest whole number, in the low bits too. */
#define ROUNDER 0x1.8p52

enum {
    EXPONENT_BIAS = 1023,
    MANTISSA_BITS = 52,
    WHOLE_POWER_MAX = 32,
    EXP_TERMS = 10,
    LOG_TERMS = 7
};

/* (e^r - 1 - r) / r^2 for |r| <= ln 2 / 2, within 1.3e-17 / r^2. */
static const double exp_terms[EXP_TERMS] = {
    0x1.0000000000001p-1,  0x1.5555555555556p-3,  0x1.5555555553d68p-5,  0x1.11111111109b5p-7,
    0x1.6c16c17889fc9p-10, 0x1.a01a01a7c2f83p-13, 0x1.a019b91465e3cp-16, 0x1.71de0db2d67a1p-19,
    0x1.28917cc7ed137p-22, 0x1.af389f1c678b1p-26,
};

/* 2 (atanh(s) / s - 1) / s^2 as a polynomial in s^2, s up to 0.1716, within 1e-17 / s^2. */
static const double log_terms[LOG_TERMS] = {
    0x1.5555555555558p-1, 0x1.99999999952e1p-2, 0x1.2492492df16b9p-2, 0x1.c71c62e553b2ap-3,
    0x1.7462b4b7cd9b9p-3, 0x1.39fe5ec1c942fp-3, 0x1.2b585eef56af2p-3,
};

NUM_INLINE uint64_t bits_of(double x) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

NUM_INLINE double double_of(uint64_t bits) {
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2^k for a whole k, given as ROUNDER + k, whose result is a normal number. */
NUM_INLINE double power_of_two(double shifted) {
    return double_of((bits_of(shifted) + EXPONENT_BIAS) << MANTISSA_BITS);
}

/* e^r - 1 for |r| <= ln 2 / 2. Two chains, so that their steps overlap. */
NUM_INLINE double expm1_of_rest(double r) {
    const double *c = exp_terms;
    double q = r * r;
    double even = c[0] + q * (c[2] + q * (c[4] + q * (c[6] + q * c[8])));
    double odd = c[1] + q * (c[3] + q * (c[5] + q * (c[7] + q * c[9])));
    return r + q * (even + r * odd);
}

/* e^x = 2^k e^r with |r| at most ln 2 / 2. Without a branch, so that a loop of it runs in lanes. */
NUM_INLINE double exp_of(double x) {
    x = x < -746 ? -746 : x;
    x = x > 710 ? 710 : x;
    double k = (x * PER_LN2 + ROUNDER) - ROUNDER;
    double sum = 1 + expm1_of_rest(x - k * LN2_HIGH - k * LN2_LOW);
    double half = k * 0.5 + ROUNDER; /* 2^k itself may be no normal number where the product is */
    double rest = k - (half - ROUNDER) + ROUNDER;
    return sum * power_of_two(half) * power_of_two(rest);
}

double portable_exp(double x) {
    return exp_of(x);
}

NUM_INLINE void exp_each(double *x, size_t count) {
    for (size_t i = 0; i < count; i++)
        x[i] = exp_of(x[i]);
}

void exp_all_plain(double *x, size_t count) {
    exp_each(x, count);
}

#ifdef NUM_AVX2
NUM_AVX2 void exp_all_avx2(double *x, size_t count) {
    exp_each(x, count);
}
#endif

void portable_exp_all(double *x, size_t count) {
#ifdef NUM_AVX2
    if (num_has_avx2()) {
        exp_all_avx2(x, count);
        return;
    }
#endif
    exp_all_plain(x, count);
}

double portable_expm1(double x) {
    if (x > 40)
        return exp_of(x) - 1;
    if (x < -40)
        return -1;
    double k = (x * PER_LN2 + ROUNDER) - ROUNDER;
    double part = expm1_of_rest(x - k * LN2_HIGH - k * LN2_LOW);
    if (k == 0)
        return part;
    double scale = power_of_two(k + ROUNDER);
    return scale * part + (scale - 1);
}

/* ln(u + c) for a normal u and a c that is lost in u: u = 2^k (1 + f) with 1 + f between sqrt(1/2)
 * and sqrt 2, ln(1 + f) = 2 atanh(s) = f - s (f - s^2 ...) with s = f / (2 + f). */
static double log_of(double u, double c, int exponent) {
    uint64_t bits = bits_of(u);
    int64_t above = (int64_t)(bits - SQRT_HALF_BITS);
    int power = (int)(above >> MANTISSA_BITS);
    double f = double_of(bits - ((uint64_t)(int64_t)power << MANTISSA_BITS)) - 1;
    double k = power + exponent;
    double s = f / (2 + f);
    double w = s * s;
    double q = w * w;
    const double *t = log_terms;
    double even = t[0] + q * (t[2] + q * (t[4] + q * t[6]));
    double odd = t[1] + q * (t[3] + q * t[5]);
    double higher = w * (even + w * odd);
    return k * LN2_HIGH + (f - (s * (f - higher) - (k * LN2_LOW + c / u)));
}

double portable_log(double x) {
    if (x == 0)
        return -INFINITY;
    if (!(x > 0))
        return NAN;
    if (x > DBL_MAX)
        return x;
    return x < DBL_MIN ? log_of(x * 0x1p54, 0, -54) : log_of(x, 0, 0);
}

/* The part of x that is lost in 1 + x is made good to first order. */
double portable_log1p(double x) {
    double u = 1 + x;
    if (u == 1)
        return x;
    if (!(u > 0) || u > DBL_MAX)
        return portable_log(u);
    return log_of(u, x < 1 ? x - (u - 1) : 1 - (u - x), 0);
}

static double whole_power(double x, int y) {
    double result = 1;
    for (int left = y < 0 ? -y : y; left > 0; left /= 2) {
        if (left % 2 == 1)
            result *= x;
        x *= x;
    }
    return y < 0 ? 1 / result : result;
}

double portable_pow(double x, double y) {
    if (y == 0)
        return 1;
    if (!(x >= 0))
        return NAN;
    if (fabs(y) <= WHOLE_POWER_MAX && y == floor(y))
        return whole_power(x, (int)y);
    return exp_of(y * portable_log(x));
}
