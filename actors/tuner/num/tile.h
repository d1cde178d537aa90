/* tile - the inner loop of matrix.c: 4 x 8 numbers kept in registers while a long sum goes by.
 *
 * Compiled for any processor and for those with AVX2 (wide.h), the same bits from both: each of the
 * 32 numbers has products subtracted from it one by one, in the order of k.
 */
#ifndef ZYG_TILE_H
#define ZYG_TILE_H

#include "actors/tuner/num/wide.h"

enum { TILE_ROWS = 4, TILE_COLUMNS = 8 };

/* tile[r * 8 + j] -= a[r][k * step] * panel[k * 8 + j] for k = 0 .. count - 1. The rows a may be
 * the same one. */
typedef void tile_subtract(double *tile, const double *const a[TILE_ROWS], ptrdiff_t step,
                           const double *panel, size_t count);

tile_subtract tile_subtract_plain;
#ifdef NUM_AVX2
tile_subtract tile_subtract_avx2;
#endif

tile_subtract *tile_subtract_here(void); /* the quickest that this processor runs */

#endif
