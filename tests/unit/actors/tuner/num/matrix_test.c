#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "actors/tuner/num/matrix.h"
#include "actors/tuner/num/tile.h"
#include "proto/base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N_MAX = 530, LD = N_MAX + 3, MANY = 21 };

/* Around every border there is: rows of a tile, columns of a block, lines of a panel (256). */
static const size_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 12, 17, 31, 64, 100, 256, 261, 530};
enum { SIZES = sizeof sizes / sizeof *sizes };

static double matrix[N_MAX * LD], factor[N_MAX * LD], expected[N_MAX * LD];
static double inverse[N_MAX * LD], work[N_MAX * LD];
static double sides[N_MAX * (MANY + 2)], solved[N_MAX * (MANY + 2)];

/* A covariance: Gaussian bumps along a line with some noise, positive definite. */
static void fill(size_t n) {
    struct rng r = rng_of(n, 0, 0);
    double place[N_MAX];
    for (size_t i = 0; i < n; i++)
        place[i] = rng_unit(&r) * 10;
    for (size_t i = 0; i < n * LD; i++)
        matrix[i] = -777; /* what must not be touched */
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++)
            matrix[i * LD + j] = exp(-pow(place[i] - place[j], 2)) + (i == j ? 0.1 : 0);
    for (size_t i = 0; i < n * (MANY + 2); i++)
        sides[i] = rng_unit(&r) * 2 - 1;
}

/* The textbook, row by row (Golub and Van Loan, Matrix Computations, 4.2). */
static bool textbook_cholesky(double *a, size_t n) {
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i * LD + j];
            for (size_t k = 0; k < j; k++)
                sum -= a[i * LD + k] * a[j * LD + k];
            if (i == j && !(sum > 0))
                return false;
            a[i * LD + j] = i == j ? sqrt(sum) : sum * (1 / a[j * LD + j]);
        }
    return true;
}

static void textbook_lower(const double *l, size_t n, double *b, size_t stride) {
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            b[i * stride] -= l[i * LD + k] * b[k * stride];
        b[i * stride] *= 1 / l[i * LD + i];
    }
}

static void textbook_upper(const double *l, size_t n, double *b, size_t stride) {
    for (size_t i = n; i-- > 0;) {
        for (size_t k = n; k-- > i + 1;)
            b[i * stride] -= l[k * LD + i] * b[k * stride];
        b[i * stride] *= 1 / l[i * LD + i];
    }
}

static void a_small_factor_by_hand(void **state) {
    (void)state;
    double a[9] = {4, -1, -1, 12, 37, -1, -16, -43, 98};
    const double l[9] = {2, -1, -1, 6, 1, -1, -8, 5, 3};
    assert_true(cholesky(a, 3, 3));
    assert_memory_equal(a, l, sizeof a);
    assert_true(fabs(log_determinant(a, 3, 3) - 0x1.cab0bfa2a2002p+1) < 1e-15); /* ln 36 */
    double b[3] = {2, 7, 0};
    solve_lower(l, 3, 3, b); /* 2x = 2, 6x + y = 7, -8x + 5y + 3z = 0 */
    assert_true(b[0] == 1 && b[1] == 1 && fabs(b[2] - 1) < 1e-15);
    double c[3] = {0, 6, 3};
    solve_lower_transposed(l, 3, 3, c); /* 3z = 3, y + 5z = 6, 2x + 6y - 8z = 0 */
    assert_true(fabs(c[2] - 1) < 1e-15 && fabs(c[1] - 1) < 1e-14 && fabs(c[0] - 1) < 1e-14);
}

static void factors_as_the_textbook(void **state) {
    (void)state;
    for (size_t s = 0; s < SIZES; s++) {
        size_t n = sizes[s];
        fill(n);
        memcpy(factor, matrix, sizeof factor);
        memcpy(expected, matrix, sizeof expected);
        assert_true(textbook_cholesky(expected, n));
        assert_true(cholesky(factor, n, LD));
        assert_memory_equal(factor, expected, n * LD * sizeof *factor);
    }
}

/* Row by row, the same bits as at once. */
static void appends_as_if_at_once(void **state) {
    (void)state;
    const size_t n = 270;
    fill(n);
    memcpy(expected, matrix, sizeof expected);
    memcpy(factor, matrix, sizeof factor);
    assert_true(cholesky(expected, n, LD));
    for (size_t i = 0; i < n; i++)
        assert_true(cholesky_append(factor, i, LD));
    assert_memory_equal(factor, expected, n * LD * sizeof *factor);
}

static void refuses_what_is_not_positive_definite(void **state) {
    (void)state;
    double flat[4] = {1, 0, 1, 1};
    assert_false(cholesky(flat, 2, 2));
    double negative[1] = {-1};
    assert_false(cholesky(negative, 1, 1));
    assert_false(cholesky_append(negative, 0, 1));
    double row[4] = {1, 0, 2, 3}; /* 3 - 2 * 2 */
    assert_false(cholesky_append(row, 1, 2));
    assert_true(cholesky(negative, 0, 1));
    const size_t n = 40;
    for (size_t bad = 0; bad < n; bad++) {
        fill(n);
        matrix[bad * LD + bad] = bad % 2 ? NAN : 0;
        assert_false(cholesky(matrix, n, LD));
    }
}

static void solves_as_the_textbook(void **state) {
    (void)state;
    for (size_t s = 0; s < SIZES; s++) {
        size_t n = sizes[s], ldb = MANY + 2;
        fill(n);
        assert_true(cholesky(matrix, n, LD));
        for (size_t many = 1; many <= MANY; many += many == 1 ? 7 : 13) {
            memcpy(solved, sides, sizeof solved);
            memcpy(work, sides, n * ldb * sizeof *work);
            solve_lower_many(matrix, n, LD, solved, many, ldb);
            for (size_t j = 0; j < many; j++)
                textbook_lower(matrix, n, work + j, ldb);
            assert_memory_equal(solved, work, n * ldb * sizeof *work);
            memcpy(solved, sides, sizeof solved);
            memcpy(work, sides, n * ldb * sizeof *work);
            solve_lower_transposed_many(matrix, n, LD, solved, many, ldb);
            for (size_t j = 0; j < many; j++)
                textbook_upper(matrix, n, work + j, ldb);
            assert_memory_equal(solved, work, n * ldb * sizeof *work);
        }
        memcpy(solved, sides, n * sizeof *solved);
        memcpy(work, sides, n * sizeof *work);
        solve_lower(matrix, n, LD, solved);
        textbook_lower(matrix, n, work, 1);
        assert_memory_equal(solved, work, n * sizeof *work);
        solve_lower_transposed(matrix, n, LD, solved);
        textbook_upper(matrix, n, work, 1);
        assert_memory_equal(solved, work, n * sizeof *work);
    }
    solve_lower_transposed_many(matrix, 0, LD, solved, 1, 1);
}

static double full(size_t i, size_t j) { /* of the symmetric matrix */
    return i >= j ? matrix[i * LD + j] : matrix[j * LD + i];
}

static void inverse_undoes_the_matrix(void **state) {
    (void)state;
    const size_t tried[] = {1, 2, 4, 7, 8, 9, 33, 150, 256, 262};
    for (size_t s = 0; s < sizeof tried / sizeof *tried; s++) {
        size_t n = tried[s];
        fill(n);
        memcpy(factor, matrix, sizeof factor);
        assert_true(cholesky(factor, n, LD));
        cholesky_inverse(factor, n, LD, inverse, work, LD);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++) {
                double sum = 0, by_parts = 0;
                for (size_t k = 0; k < n; k++) {
                    sum += full(i, k) * inverse[k * LD + j];
                    by_parts += k >= i && k >= j ? work[k * LD + i] * work[k * LD + j] : 0;
                }
                assert_true(fabs(sum - (i == j)) < 1e-11);
                assert_true(fabs(by_parts - inverse[i * LD + j]) < 1e-13);
                assert_true(inverse[i * LD + j] == inverse[j * LD + i]);
            }
    }
}

static void vectors(void **state) {
    (void)state;
    const double a[2 * 4] = {1, 2, 3, -1, 4, 5, 6, -1};
    const double x[3] = {1, 10, 100};
    double y[3];
    gemv(a, 2, 3, 4, x, y);
    assert_true(y[0] == 321 && y[1] == 654);
    gemv_transposed(a, 2, 3, 4, x, y);
    assert_true(y[0] == 41 && y[1] == 52 && y[2] == 63);
    column_squares(a, 2, 3, 4, y);
    assert_true(y[0] == 17 && y[1] == 29 && y[2] == 45);
    assert_true(dot(a, a, 0) == 0);
    /* In lanes: 2^53 and its opposite meet before the ones are added to either. */
    const double big[13] = {0x1p53, 1, 1, 0, 0, 0, 0, 0, -0x1p53, 1, 0, 0, 3};
    const double ones[13] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    assert_true(dot(big, ones, 13) == 6);
}

/* Whatever the processor, each number of a tile has one product after the other subtracted. */
static void copies_of_the_tile_agree(void **state) {
    (void)state;
    enum { COUNT = 123, STEP = 3 };
    double a[TILE_ROWS * COUNT * STEP], panel[COUNT * TILE_COLUMNS];
    double start[TILE_ROWS * TILE_COLUMNS], by_hand[TILE_ROWS * TILE_COLUMNS];
    struct rng r = rng_of(5, 0, 0);
    for (size_t i = 0; i < sizeof a / sizeof *a; i++)
        a[i] = rng_unit(&r) - 0.5;
    for (size_t i = 0; i < sizeof panel / sizeof *panel; i++)
        panel[i] = ldexp(rng_unit(&r) - 0.5, (int)rng_below(&r, 40));
    for (size_t i = 0; i < sizeof start / sizeof *start; i++)
        start[i] = by_hand[i] = rng_unit(&r);
    const double *rows[TILE_ROWS];
    for (size_t i = 0; i < TILE_ROWS; i++)
        rows[i] = a + i * COUNT * STEP;
    for (size_t i = 0; i < TILE_ROWS; i++)
        for (size_t j = 0; j < TILE_COLUMNS; j++)
            for (size_t k = 0; k < COUNT; k++)
                by_hand[i * TILE_COLUMNS + j] -= rows[i][k * STEP] * panel[k * TILE_COLUMNS + j];
    tile_subtract *const copies[] = {
        tile_subtract_plain,
        tile_subtract_here(),
#ifdef NUM_AVX2
        num_has_avx2() ? tile_subtract_avx2 : tile_subtract_plain,
#endif
    };
    for (size_t i = 0; i < sizeof copies / sizeof *copies; i++) {
        double tile[TILE_ROWS * TILE_COLUMNS];
        memcpy(tile, start, sizeof tile);
        copies[i](tile, rows, STEP, panel, COUNT);
        assert_memory_equal(tile, by_hand, sizeof tile);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_factor_by_hand),
        cmocka_unit_test(factors_as_the_textbook),
        cmocka_unit_test(appends_as_if_at_once),
        cmocka_unit_test(refuses_what_is_not_positive_definite),
        cmocka_unit_test(solves_as_the_textbook),
        cmocka_unit_test(inverse_undoes_the_matrix),
        cmocka_unit_test(vectors),
        cmocka_unit_test(copies_of_the_tile_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
