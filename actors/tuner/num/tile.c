#include "actors/tuner/num/tile.h"

#define TILE_FUNCTION tile_subtract_plain
#define TILE_TARGET
#define TILE_LANES 2
#include "actors/tuner/num/tile_body.h"

#ifdef NUM_AVX2
#define TILE_FUNCTION tile_subtract_avx2
#define TILE_TARGET NUM_AVX2
#define TILE_LANES 4
#include "actors/tuner/num/tile_body.h"
#endif

tile_subtract *tile_subtract_here(void) {
#ifdef NUM_AVX2
    if (num_has_avx2())
        return tile_subtract_avx2;
#endif
    return tile_subtract_plain;
}
