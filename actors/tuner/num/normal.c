#include "actors/tuner/num/normal.h"

#include "actors/tuner/num/portable.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define SQRT2 0x1.6a09e667f3bcdp+0
#define SQRT_2_PER_PI 0x1.9884533d43651p-1
#define PER_SQRT_2PI 0x1.9884533d43651p-2
#define LOG_SQRT_2PI 0x1.d67f1c864beb5p-1
#define MIDDLE 5.0 /* the x in the middle of [-1, 1) */
#define FAR 1e300  /* beyond it (x - 5) / (x + 5) is 1 and infinity must not be divided */

enum { MILLS_TERMS = 24, GAIN_TERMS = 26, QUANTILE_TERMS = 8 };

/* (1 + x) M(x), within 2.8e-17. */
static const double mills_terms[MILLS_TERMS] = {
    0x1.28273b50efa76p+0,   -0x1.d5fd8ffd0f1a1p-3, 0x1.3e97eaf5f2f84p-4,   0x1.9ac85788f4051p-6,
    -0x1.0f103e712eebfp-4,  0x1.f7d96e0d9979ap-5,  -0x1.37838b3a21d25p-5,  0x1.0bd973aaee055p-6,
    -0x1.1355f4906213ep-8,  0x1.47aba4bb43763p-16, 0x1.df3ecb35eac4bp-12,  -0x1.19cdbcf0574d4p-13,
    -0x1.a02c40ee417e8p-16, 0x1.7d030eb79fc59p-16, -0x1.7aae683b85838p-23, -0x1.b7fa473131193p-19,
    0x1.582fccf6cfcc5p-22,  0x1.089e347f5074fp-21, -0x1.1b03254ee3156p-24, -0x1.4fe95878cba8ap-24,
    0x1.3879975f31eb4p-27,  0x1.83a2674aa4819p-27, -0x1.85105e5f8702dp-31, -0x1.12d2d3ff399d1p-30,
};

/* (1 + x)^2 (1 - x M(x)), within 6.6e-17. */
static const double gain_terms[GAIN_TERMS] = {
    0x1.4b670c83ea62fp+0,   -0x1.7992834805242p-2,  -0x1.cb41468bcb0a0p-6, 0x1.0b6f5d35fdab4p-2,
    -0x1.181d053427389p-2,  0x1.3b6fb59405a17p-3,   -0x1.e03b2bcbf4b80p-6, -0x1.050330a8dcb24p-5,
    0x1.1ca41e9b1c459p-5,   -0x1.084d474ca60afp-6,  0x1.312d3de455911p-9,  0x1.9d579dc6df2a0p-10,
    -0x1.bf13042c36665p-11, -0x1.2c7680dcb1a01p-15, 0x1.3420ef27b8cfdp-13, -0x1.20a43706d8eaap-16,
    -0x1.87d2cea90d5fcp-16, 0x1.4daf46d00c686p-18,  0x1.08dbffd9ce185p-18, -0x1.0c36227d22049p-20,
    -0x1.75e5097ce0e5ep-21, 0x1.65635ffe798b5p-23,  0x1.cc321500ff1aap-24, -0x1.6e81cab73f3c6p-26,
    -0x1.4bdb81ad7813bp-27, 0x1.aaf5ae426f70fp-30,
};

/* Wichura's A/B, C/D and E/F: the middle, the tails, the far tails. */
static const double quantile_terms[3][2][QUANTILE_TERMS] = {
    {{3.3871328727963666080, 1.3314166789178437745e+2, 1.9715909503065514427e+3,
      1.3731693765509461125e+4, 4.5921953931549871457e+4, 6.7265770927008700853e+4,
      3.3430575583588128105e+4, 2.5090809287301226727e+3},
     {1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
      2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4,
      5.2264952788528545610e+3}},
    {{1.42343711074968357734, 4.63033784615654529590, 5.76949722146069140550,
      3.64784832476320460504, 1.27045825245236838258, 2.41780725177450611770e-1,
      2.27238449892691845833e-2, 7.74545014278341407640e-4},
     {1, 2.05319162663775882187, 1.67638483018380384940, 6.89767334985100004550e-1,
      1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4,
      1.05075007164441684324e-9}},
    {{6.65790464350110377720, 5.46378491116411436990, 1.78482653991729133580,
      2.96560571828504891230e-1, 2.65321895265761230930e-2, 1.24266094738807843860e-3,
      2.71155556874348757815e-5, 2.01033439929228813265e-7},
     {1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
      7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7,
      2.04426310338993978564e-15}},
};

/* c[0] + c[1] x + ... for an even count, in two chains whose steps overlap. */
static double polynomial(const double *c, int count, double x) {
    double q = x * x;
    double even = c[count - 2];
    double odd = c[count - 1];
    for (int i = count - 4; i >= 0; i -= 2) {
        even = even * q + c[i];
        odd = odd * q + c[i + 1];
    }
    return even + x * odd;
}

/* Where x in [0, infinity] lies in [-1, 1]. */
static double place(double x) {
    return x > FAR ? 1 : (x - MIDDLE) / (x + MIDDLE);
}

static double mills_ratio(double x) {
    return polynomial(mills_terms, MILLS_TERMS, place(x)) / (1 + x);
}

/* x^2, and in *lost what its rounding left out, exactly (Dekker 1971). For |x| up to 1e150. */
static double square(double x, double *lost) {
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits &= ~0x7ffffffull;
    double high; /* 26 bits of x: products of two such are exact */
    memcpy(&high, &bits, sizeof high);
    double low = x - high;
    double product = x * x;
    *lost = ((high * high - product) + 2 * high * low) + low * low;
    return product;
}

double portable_erfc(double x) {
    if (x < 0)
        return 2 - portable_erfc(-x);
    if (x > 28)
        return 0;
    double lost;
    double power = portable_exp(-square(x, &lost));
    return (power - power * lost) * (SQRT_2_PER_PI * mills_ratio(x * SQRT2));
}

double normal_log_pdf(double z) {
    return -0.5 * (z * z) - LOG_SQRT_2PI;
}

double normal_pdf(double z) {
    if (fabs(z) > 39)
        return 0;
    double lost;
    double power = portable_exp(-0.5 * square(z, &lost));
    return PER_SQRT_2PI * (power - power * (0.5 * lost));
}

double normal_cdf(double z) {
    if (z > 0)
        return 1 - normal_cdf(-z);
    return z < -39 ? 0 : normal_pdf(z) * mills_ratio(-z);
}

double normal_log_cdf(double z) {
    if (z > 0)
        return portable_log1p(-normal_cdf(-z));
    return normal_log_pdf(z) + portable_log(mills_ratio(-z));
}

static double quantile_ratio(int range, double r) {
    return polynomial(quantile_terms[range][0], QUANTILE_TERMS, r) /
           polynomial(quantile_terms[range][1], QUANTILE_TERMS, r);
}

double normal_quantile(double p) {
    if (!(p >= 0 && p <= 1))
        return NAN;
    double q = p - 0.5;
    if (fabs(q) <= 0.425)
        return q * quantile_ratio(0, 0.180625 - q * q);
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    double r = sqrt(-portable_log(q < 0 ? p : 1 - p));
    double z = r <= 5 ? quantile_ratio(1, r - 1.6) : quantile_ratio(2, r - 5);
    return q < 0 ? -z : z;
}

double log_ei_h(double z, double *slope) {
    double x = fabs(z);
    double gain = polynomial(gain_terms, GAIN_TERMS, place(x)); /* (1 + x)^2 h(-x) / phi(x) */
    if (z > 0) {
        double h = z + normal_pdf(z) * gain / ((1 + z) * (1 + z));
        if (slope)
            *slope = normal_cdf(z) / h;
        return portable_log(h);
    }
    if (slope)
        *slope = polynomial(mills_terms, MILLS_TERMS, place(x)) * (1 + x) / gain;
    return normal_log_pdf(z) + portable_log(gain) - 2 * portable_log1p(x);
}
