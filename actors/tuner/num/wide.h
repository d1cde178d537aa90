/* wide - code that is compiled twice on x86-64: for any processor, and for those with AVX2.
 *
 * Both copies come from the same lines and give the same bits: a vector of doubles is added and
 * multiplied lane by lane as IEEE 754 says, no line's result depends on how many lanes go at once,
 * and nothing is fused. Tests call both and compare. Elsewhere there is one copy.
 */
#ifndef ZYG_WIDE_H
#define ZYG_WIDE_H

#include <stdbool.h>
#include <stddef.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define NUM_AVX2 __attribute__((target("avx2")))
static inline bool num_has_avx2(void) {
    return __builtin_cpu_supports("avx2");
}
#endif

/* The copies of portable_exp_all. */
void exp_all_plain(double *x, size_t count);
#ifdef NUM_AVX2
void exp_all_avx2(double *x, size_t count);
#endif

#define NUM_INLINE static inline __attribute__((always_inline))

#endif
