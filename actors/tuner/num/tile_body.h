/* tile_body - the lines of tile_subtract, included by tile.c once for each kind of processor with
 * TILE_FUNCTION (its name), TILE_TARGET (its attribute) and TILE_LANES (doubles in a register). */

#define TILE_VECTOR_OF(lanes) TILE_VECTOR_NAMED(lanes)
#define TILE_VECTOR_NAMED(lanes) lanes_of_##lanes
#define VECTOR TILE_VECTOR_OF(TILE_LANES)

typedef double VECTOR __attribute__((vector_size(8 * TILE_LANES), aligned(8), may_alias));

TILE_TARGET void TILE_FUNCTION(double *tile, const double *const a[TILE_ROWS], ptrdiff_t step,
                               const double *panel, size_t count) {
    const double *a0 = a[0], *a1 = a[1], *a2 = a[2], *a3 = a[3];
    for (size_t j = 0; j < TILE_COLUMNS; j += 2 * TILE_LANES) {
        VECTOR *row0 = (VECTOR *)(tile + j);
        VECTOR *row1 = (VECTOR *)(tile + TILE_COLUMNS + j);
        VECTOR *row2 = (VECTOR *)(tile + 2 * TILE_COLUMNS + j);
        VECTOR *row3 = (VECTOR *)(tile + 3 * TILE_COLUMNS + j);
        VECTOR c00 = row0[0], c01 = row0[1];
        VECTOR c10 = row1[0], c11 = row1[1];
        VECTOR c20 = row2[0], c21 = row2[1];
        VECTOR c30 = row3[0], c31 = row3[1];
        const double *p = panel + j;
        for (size_t k = 0; k < count; k++, p += TILE_COLUMNS) {
            ptrdiff_t at = (ptrdiff_t)k * step;
            VECTOR p0 = ((const VECTOR *)p)[0], p1 = ((const VECTOR *)p)[1];
            c00 -= a0[at] * p0;
            c01 -= a0[at] * p1;
            c10 -= a1[at] * p0;
            c11 -= a1[at] * p1;
            c20 -= a2[at] * p0;
            c21 -= a2[at] * p1;
            c30 -= a3[at] * p0;
            c31 -= a3[at] * p1;
        }
        row0[0] = c00, row0[1] = c01;
        row1[0] = c10, row1[1] = c11;
        row2[0] = c20, row2[1] = c21;
        row3[0] = c30, row3[1] = c31;
    }
}

#undef VECTOR
#undef TILE_VECTOR_OF
#undef TILE_VECTOR_NAMED
#undef TILE_FUNCTION
#undef TILE_TARGET
#undef TILE_LANES
