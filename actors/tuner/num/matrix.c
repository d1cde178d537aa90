#include "actors/tuner/num/matrix.h"

#include "actors/tuner/num/portable.h"
#include "actors/tuner/num/tile.h"

#include <math.h>
#include <string.h>

enum {
    CHUNK = 256, /* so many k at a time: a panel of them and four rows stay in the first cache */
    LANES = 8
};

/* The numbers of 4 rows and up to 8 columns, and the panel that they meet. */
struct work {
    tile_subtract *subtract;
    double tile[TILE_ROWS * TILE_COLUMNS];
    double panel[CHUNK * TILE_COLUMNS];
};

/* Any of the matrices here, also one read backwards or as its transpose: element (i, j) stands
 * at[i * row + j * column]. */
struct view {
    const double *at;
    ptrdiff_t row, column;
};

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static ptrdiff_t offset(size_t index, ptrdiff_t stride) {
    return (ptrdiff_t)index * stride;
}

/* Subtracts from the tile what rows first .. first + rows - 1 of a, from column k on, have with the
 * panel from its line on. Rows beyond are the first one again; what comes of them is not used. */
static void meet(struct work *w, struct view a, size_t first, size_t rows, size_t k, size_t count,
                 size_t line) {
    const double *from[TILE_ROWS];
    for (size_t r = 0; r < TILE_ROWS; r++)
        from[r] = a.at + offset(first + (r < rows ? r : 0), a.row) + offset(k, a.column);
    w->subtract(w->tile, from, a.column, w->panel + line * TILE_COLUMNS, count);
}

/* Rows of up to 8 columns, a stride apart, side by side in a tile or panel; what is missing is 0. */
static void load(double *lines, const double *from, ptrdiff_t stride, size_t rows, size_t columns) {
    if (columns < TILE_COLUMNS)
        memset(lines, 0, rows * TILE_COLUMNS * sizeof *lines);
    for (size_t r = 0; r < rows; r++)
        memcpy(lines + r * TILE_COLUMNS, from + offset(r, stride), columns * sizeof *lines);
}

static void store(const double *lines, double *to, ptrdiff_t stride, size_t rows, size_t columns) {
    for (size_t r = 0; r < rows; r++)
        memcpy(to + offset(r, stride), lines + r * TILE_COLUMNS, columns * sizeof *lines);
}

/* ---- the factor: 8 columns at a time, each finished before the next ---- */

struct block { /* on the diagonal */
    double at[TILE_COLUMNS * TILE_COLUMNS];
    double inverse[TILE_COLUMNS]; /* of the diagonal */
};

static bool factor_block(struct block *d, size_t size) {
    for (size_t j = 0; j < size; j++) {
        double *row = d->at + j * TILE_COLUMNS;
        if (!(row[j] > 0))
            return false;
        row[j] = sqrt(row[j]);
        d->inverse[j] = 1 / row[j];
        for (size_t i = j + 1; i < size; i++)
            d->at[i * TILE_COLUMNS + j] *= d->inverse[j];
        for (size_t i = j + 1; i < size; i++)
            for (size_t k = j + 1; k <= i; k++)
                d->at[i * TILE_COLUMNS + k] -=
                    d->at[i * TILE_COLUMNS + j] * d->at[k * TILE_COLUMNS + j];
    }
    return true;
}

/* The rows of the tile, which lie below the block: what the block's own columns have to do with
 * them. */
static void finish_below(double *tile, const struct block *d) {
    for (size_t j = 0; j < TILE_COLUMNS; j++)
        for (size_t r = 0; r < TILE_ROWS; r++) {
            double *row = tile + r * TILE_COLUMNS;
            row[j] *= d->inverse[j];
            for (size_t k = j + 1; k < TILE_COLUMNS; k++)
                row[k] -= row[j] * d->at[k * TILE_COLUMNS + j];
        }
}

static void load_lower(struct block *d, const double *a, size_t size, size_t ld) {
    memset(d, 0, sizeof *d);
    for (size_t i = 0; i < size; i++)
        memcpy(d->at + i * TILE_COLUMNS, a + i * ld, (i + 1) * sizeof *a);
}

/* Columns k .. k + count - 1 of rows first .. first + size - 1, turned into the lines of a panel. */
static void pack_rows(double *panel, const double *a, size_t size, size_t ld, size_t count) {
    for (size_t j = 0; j < size; j++)
        for (size_t k = 0; k < count; k++)
            panel[k * TILE_COLUMNS + j] = a[j * ld + k];
    for (size_t j = size; j < TILE_COLUMNS; j++)
        for (size_t k = 0; k < count; k++)
            panel[k * TILE_COLUMNS + j] = 0;
}

static void meet_block(struct work *w, struct block *d, struct view a, size_t first, size_t size,
                       size_t k, size_t count) {
    for (size_t r = 0; r < size; r += TILE_ROWS) {
        memcpy(w->tile, d->at + r * TILE_COLUMNS, sizeof w->tile);
        meet(w, a, first + r, least(TILE_ROWS, size - r), k, count, 0);
        memcpy(d->at + r * TILE_COLUMNS, w->tile, sizeof w->tile);
    }
}

/* Columns first .. first + 7 of the factor, those before being there. */
static bool factor_columns(struct work *w, double *a, size_t n, size_t ld, size_t first) {
    struct view all = {a, (ptrdiff_t)ld, 1};
    struct block d;
    size_t size = least(TILE_COLUMNS, n - first);
    load_lower(&d, a + first * ld + first, size, ld);
    for (size_t k = 0, count;; k += count) {
        count = least(CHUNK, first - k);
        bool last = k + count == first;
        pack_rows(w->panel, a + first * ld + k, size, ld, count);
        meet_block(w, &d, all, first, size, k, count);
        if (last && !factor_block(&d, size))
            return false;
        for (size_t i = first + size; i < n; i += TILE_ROWS) {
            size_t rows = least(TILE_ROWS, n - i);
            load(w->tile, a + i * ld + first, (ptrdiff_t)ld, rows, TILE_COLUMNS);
            meet(w, all, i, rows, k, count, 0);
            if (last)
                finish_below(w->tile, &d);
            store(w->tile, a + i * ld + first, (ptrdiff_t)ld, rows, TILE_COLUMNS);
        }
        if (last)
            break;
    }
    for (size_t i = 0; i < size; i++)
        memcpy(a + (first + i) * ld + first, d.at + i * TILE_COLUMNS, (i + 1) * sizeof *a);
    return true;
}

bool cholesky(double *a, size_t n, size_t ld) {
    struct work w = {.subtract = tile_subtract_here()};
    for (size_t first = 0; first < n; first += TILE_COLUMNS)
        if (!factor_columns(&w, a, n, ld, first))
            return false;
    return true;
}

bool cholesky_append(double *l, size_t n, size_t ld) {
    double *row = l + n * ld;
    solve_lower(l, n, ld, row);
    double rest = row[n];
    for (size_t k = 0; k < n; k++)
        rest -= row[k] * row[k];
    if (!(rest > 0))
        return false;
    row[n] = sqrt(rest);
    return true;
}

/* ---- one right-hand side ---- */

/* Eight rows at a time, so that eight sums go on side by side. */
void solve_lower(const double *l, size_t n, size_t ld, double *b) {
    size_t first = 0;
    for (; first + LANES <= n; first += LANES) {
        const double *rows = l + first * ld;
        double sum[LANES];
        memcpy(sum, b + first, sizeof sum);
        for (size_t k = 0; k < first; k++)
            for (size_t i = 0; i < LANES; i++)
                sum[i] -= rows[i * ld + k] * b[k];
        for (size_t j = 0; j < LANES; j++) {
            sum[j] *= 1 / rows[j * ld + first + j];
            for (size_t i = j + 1; i < LANES; i++)
                sum[i] -= rows[i * ld + first + j] * sum[j];
        }
        memcpy(b + first, sum, sizeof sum);
    }
    for (; first < n; first++) {
        const double *row = l + first * ld;
        double sum = b[first];
        for (size_t k = 0; k < first; k++)
            sum -= row[k] * b[k];
        b[first] = sum * (1 / row[first]);
    }
}

void solve_lower_transposed(const double *l, size_t n, size_t ld, double *b) {
    for (size_t i = n; i-- > 0;) {
        const double *row = l + i * ld;
        double x = b[i] * (1 / row[i]);
        b[i] = x;
        for (size_t k = 0; k < i; k++)
            b[k] -= row[k] * x;
    }
}

/* ---- many right-hand sides: 8 columns at a time, 256 rows of them at a time ---- */

/* Rows first .. first + rows - 1 of the chunk that begins with row k of a, in the tile. */
static void finish_rows(double *tile, struct view a, size_t first, size_t rows) {
    for (size_t r = 0; r < rows; r++) {
        const double *line = a.at + offset(first + r, a.row) + offset(first, a.column);
        double *x = tile + r * TILE_COLUMNS;
        for (size_t k = 0; k < r; k++)
            for (size_t j = 0; j < TILE_COLUMNS; j++)
                x[j] -= line[offset(k, a.column)] * tile[k * TILE_COLUMNS + j];
        double inverse = 1 / line[offset(r, a.column)];
        for (size_t j = 0; j < TILE_COLUMNS; j++)
            x[j] *= inverse;
    }
}

static void solve_chunk(struct work *w, struct view a, size_t k, size_t count) {
    for (size_t r = 0; r < count; r += TILE_ROWS) {
        size_t rows = least(TILE_ROWS, count - r);
        memcpy(w->tile, w->panel + r * TILE_COLUMNS, rows * TILE_COLUMNS * sizeof *w->tile);
        meet(w, a, k + r, rows, k, r, 0);
        finish_rows(w->tile, a, k + r, rows);
        memcpy(w->panel + r * TILE_COLUMNS, w->tile, rows * TILE_COLUMNS * sizeof *w->tile);
    }
}

/* Up to 8 columns of b, whose rows are a stride apart. */
static void solve_columns(struct work *w, struct view a, size_t n, double *b, ptrdiff_t stride,
                          size_t columns) {
    for (size_t k = 0; k < n; k += CHUNK) {
        size_t count = least(CHUNK, n - k);
        load(w->panel, b + offset(k, stride), stride, count, columns);
        solve_chunk(w, a, k, count);
        store(w->panel, b + offset(k, stride), stride, count, columns);
        for (size_t i = k + count; i < n; i += TILE_ROWS) {
            size_t rows = least(TILE_ROWS, n - i);
            load(w->tile, b + offset(i, stride), stride, rows, columns);
            meet(w, a, i, rows, k, count, 0);
            store(w->tile, b + offset(i, stride), stride, rows, columns);
        }
    }
}

static void solve_many(struct view a, size_t n, double *b, ptrdiff_t stride, size_t many) {
    struct work w = {.subtract = tile_subtract_here()};
    for (size_t j = 0; j < many; j += TILE_COLUMNS)
        solve_columns(&w, a, n, b + j, stride, least(TILE_COLUMNS, many - j));
}

void solve_lower_many(const double *l, size_t n, size_t ld, double *b, size_t many, size_t ldb) {
    solve_many((struct view){l, (ptrdiff_t)ld, 1}, n, b, (ptrdiff_t)ldb, many);
}

/* Read from its last corner, L' is a lower triangle too. */
void solve_lower_transposed_many(const double *l, size_t n, size_t ld, double *b, size_t many,
                                 size_t ldb) {
    if (n > 0)
        solve_many((struct view){l + (n - 1) * (ld + 1), -1, -(ptrdiff_t)ld}, n, b + (n - 1) * ldb,
                   -(ptrdiff_t)ldb, many);
}

/* ---- the inverse ---- */

/* x = L^-1; of its columns first .. first + 7 nothing stands above row first. */
static void invert(struct work *w, const double *l, size_t n, size_t ld, double *x, size_t ldx) {
    for (size_t i = 0; i < n; i++) {
        memset(x + i * ldx, 0, n * sizeof *x);
        x[i * ldx + i] = 1;
    }
    for (size_t first = 0; first < n; first += TILE_COLUMNS) {
        struct view below = {l + first * (ld + 1), (ptrdiff_t)ld, 1};
        solve_columns(w, below, n - first, x + first * (ldx + 1), (ptrdiff_t)ldx,
                      least(TILE_COLUMNS, n - first));
    }
}

/* Columns first .. first + 7 of the lower triangle of -x' x. Element (i, j) is a sum over k, from the
 * first row of its tile on; what precedes are zeros. */
static void product_columns(struct work *w, const double *x, size_t n, size_t ld, double *out,
                            size_t first) {
    struct view turned = {x, 1, (ptrdiff_t)ld};
    ptrdiff_t stride = (ptrdiff_t)ld;
    size_t size = least(TILE_COLUMNS, n - first);
    for (size_t k = first; k < n; k += CHUNK) {
        size_t count = least(CHUNK, n - k);
        load(w->panel, x + k * ld + first, stride, count, size);
        for (size_t i = first; i < k + count; i += TILE_ROWS) {
            size_t rows = least(TILE_ROWS, n - i);
            size_t skipped = i > k ? i - k : 0;
            if (i >= k) /* the first chunk that this row meets */
                memset(w->tile, 0, sizeof w->tile);
            else
                load(w->tile, out + i * ld + first, stride, rows, size);
            meet(w, turned, i, rows, k + skipped, count - skipped, skipped);
            store(w->tile, out + i * ld + first, stride, rows, size);
        }
    }
}

void cholesky_inverse(const double *l, size_t n, size_t ld, double *inverse, double *work,
                      size_t ld_out) {
    struct work w = {.subtract = tile_subtract_here()};
    invert(&w, l, n, ld, work, ld_out);
    for (size_t first = 0; first < n; first += TILE_COLUMNS)
        product_columns(&w, work, n, ld_out, inverse, first);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            inverse[j * ld_out + i] = inverse[i * ld_out + j] = -inverse[i * ld_out + j];
}

double log_determinant(const double *l, size_t n, size_t ld) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += portable_log(l[i * ld + i]);
    return 2 * sum;
}

/* ---- vectors ---- */

double dot(const double *a, const double *b, size_t n) {
    double sum[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sum[lane] += a[i + lane] * b[i + lane];
    for (size_t lane = 0; i < n; i++, lane++)
        sum[lane] += a[i] * b[i];
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

void gemv(const double *a, size_t rows, size_t columns, size_t ld, const double *x, double *y) {
    for (size_t i = 0; i < rows; i++)
        y[i] = dot(a + i * ld, x, columns);
}

void gemv_transposed(const double *a, size_t rows, size_t columns, size_t ld, const double *x,
                     double *y) {
    memset(y, 0, columns * sizeof *y);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            y[j] += x[i] * a[i * ld + j];
}

void column_squares(const double *a, size_t rows, size_t columns, size_t ld, double *out) {
    memset(out, 0, columns * sizeof *out);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            out[j] += a[i * ld + j] * a[i * ld + j];
}
