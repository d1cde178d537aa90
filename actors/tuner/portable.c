#include "actors/tuner/portable.h"

#include "proto/base/check.h"

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
#define SQRT2 0x1.6a09e667f3bcdp+0
#define MANTISSA_MASK 0xfffffffffffffull

enum {
    EXPONENT_BIAS = 1023,
    MANTISSA_BITS = 52,
    EXP_TERMS = 14,    /* (ln 2 / 2)^15 / 15! is below 2^-62 */
    LOG_POWER_MAX = 21 /* atanh(s) for s up to 0.1716: s^22 / 23 is below 2^-60 */
};

/* 2^power for a power whose result is a normal number. */
static double power_of_two(int power) {
    uint64_t bits = (uint64_t)(power + EXPONENT_BIAS) << MANTISSA_BITS;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* e^x = 2^k e^r with |r| at most ln 2 / 2, and e^r by its series. */
double portable_exp(double x) {
    ensure(!isnan(x));
    if (x > 710)
        return INFINITY;
    if (x < -746)
        return 0;
    int k = (int)(x * PER_LN2 + (x < 0 ? -0.5 : 0.5));
    double r = x - k * LN2_HIGH - k * LN2_LOW;
    double sum = 1;
    for (int n = EXP_TERMS; n > 0; n--)
        sum = 1 + r * sum / n;
    int half = k / 2; /* 2^k itself may be no normal number where the product is */
    return sum * power_of_two(half) * power_of_two(k - half);
}

/* x = 2^k m with m near 1, and ln m = 2 atanh((m - 1) / (m + 1)) by its series. */
double portable_log(double x) {
    ensure(x > 0 && isfinite(x));
    int k = 0;
    if (x < DBL_MIN) {
        x *= 0x1p54;
        k = -54;
    }
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    k += (int)(bits >> MANTISSA_BITS) - EXPONENT_BIAS;
    bits = (bits & MANTISSA_MASK) | (uint64_t)EXPONENT_BIAS << MANTISSA_BITS;
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m > SQRT2) {
        m /= 2;
        k++;
    }
    double s = (m - 1) / (m + 1);
    double sum = 0;
    for (int n = LOG_POWER_MAX; n > 1; n -= 2)
        sum = s * s * (sum + 1.0 / n);
    return k * LN2_HIGH + (2 * s + (2 * s * sum + k * LN2_LOW));
}
