#include "actors/tuner/num/matern.h"

#include "actors/tuner/num/portable.h"

#include <math.h>

#define ROOT5 2.2360679774997896964
#define THIRD (1.0 / 3)

NUM_INLINE double square_from(struct matern_place p, double c) {
    double d = c - p.centre;
    return c < 0 ? p.off : d * d + p.more;
}

#define MATERN_NAME(loop) plain_##loop
#define MATERN_LOOPS matern_plain
#define MATERN_TARGET
#include "actors/tuner/num/matern_body.h"

#ifdef NUM_AVX2
#define MATERN_NAME(loop) avx2_##loop
#define MATERN_LOOPS matern_avx2
#define MATERN_TARGET NUM_AVX2
#include "actors/tuner/num/matern_body.h"
#endif

const struct matern_loops *matern_here(void) {
#ifdef NUM_AVX2
    if (num_has_avx2())
        return &matern_avx2;
#endif
    return &matern_plain;
}
