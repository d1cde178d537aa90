/* matrix - dense linear algebra for Gaussian processes, with the same bits on every machine.
 *
 * A matrix is doubles by rows: element (i, j) of a is a[i * ld + j], with ld at least its columns. Of
 * a lower triangular one only j <= i is read and written; what lies above is never touched.
 *
 * Order   Every element of a factor or a solution is worked out as in the textbook loop: from its
 *         right-hand side one product after the other is subtracted, k ascending (descending in the
 *         transposed solves), then it is multiplied by 1 / the diagonal. Blocks and lanes only
 *         decide which elements are worked on together, so the bits depend neither on the processor
 *         nor on whether a factor was made at once or row by row, nor on how many right-hand sides
 *         were solved together. Sums that give one number (dot) have eight lanes: lane i takes the
 *         elements i, i + 8, ..., and the lanes are added as ((0+4)+(2+6))+((1+5)+(3+7)).
 * Memory  the caller's; 20 KiB of stack. No bound on n but time.
 * Errors  a matrix that is not positive definite, as far as doubles can tell, is answered with
 *         false; anything not finite in gives something not finite, or false.
 */
#ifndef ZYG_MATRIX_H
#define ZYG_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

/* a = L L', a symmetric n x n of which the lower triangle is given; L takes its place. False: a
 * pivot was not above zero, and what a holds now is of no use. n^3 / 6 products. */
bool cholesky(double *a, size_t n, size_t ld);

/* l is a factor of n rows, and row n of it (n + 1 numbers) the next row of the matrix: it becomes
 * the next row of the factor, to the bit the one that cholesky of all n + 1 rows would give. False:
 * a pivot was not above zero; row n is then of no use, the others are as before. n^2 / 2 products. */
bool cholesky_append(double *l, size_t n, size_t ld);

void solve_lower(const double *l, size_t n, size_t ld, double *b);            /* L x = b, in b */
void solve_lower_transposed(const double *l, size_t n, size_t ld, double *b); /* L' x = b, in b */

/* The same for many right-hand sides at once: the columns of b, an n x many matrix (candidates lie
 * side by side), each to the bit as if it were alone. Far quicker than one by one from 4 on. */
void solve_lower_many(const double *l, size_t n, size_t ld, double *b, size_t many, size_t ldb);
void solve_lower_transposed_many(const double *l, size_t n, size_t ld, double *b, size_t many,
                                 size_t ldb);

/* The inverse of L L', n x n, both triangles, as X' X with X = L^-1, which work holds afterwards
 * (n x n too, of the same ld_out, zeros above its diagonal). For the gradient of a likelihood:
 * tr(K^-1 dK) is the sum of the products of their elements. n^3 / 3 products. */
void cholesky_inverse(const double *l, size_t n, size_t ld, double *inverse, double *work,
                      size_t ld_out);

double log_determinant(const double *l, size_t n, size_t ld); /* ln det (L L') */

double dot(const double *a, const double *b, size_t n);
void gemv(const double *a, size_t rows, size_t columns, size_t ld, const double *x, double *y);
/* y = A' x: columns numbers from rows numbers, the rows added one after the other. */
void gemv_transposed(const double *a, size_t rows, size_t columns, size_t ld, const double *x,
                     double *y);
/* out[j] is the sum of the squares of column j, the rows added one after the other. */
void column_squares(const double *a, size_t rows, size_t columns, size_t ld, double *out);

#endif
