/* dense - what actors/tuner/num/matrix.h costs against OpenBLAS on one thread: the factor of an n x n matrix, 512 right-hand
 * sides, the inverse. Lines "n = N, WORK: OUR_MS THEIR_MS RATIO", each time the best of several rounds, since others may be using
 * the machine; first the name of OpenBLAS's kernels. */
#define _GNU_SOURCE

#include "actors/tuner/num/matrix.h"
#include "actors/tuner/num/portable.h"
#include "proto/base/rng.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void dpotrf_(const char *part, const int *n, double *a, const int *ld, int *info);
void dpotri_(const char *part, const int *n, double *a, const int *ld, int *info);

enum { N_MAX = 800, SIDES = 512, ROUNDS_MIN = 5 };

static double matrix[N_MAX * N_MAX], factor[N_MAX * N_MAX], a[N_MAX * N_MAX];
static double inverse[N_MAX * N_MAX], sides[N_MAX * SIDES], b[N_MAX * SIDES];
static int n;

static void our_factor(void) {
    if (!cholesky(a, (size_t)n, (size_t)n))
        abort();
}

static void their_factor(void) {
    int info;
    dpotrf_("U", &n, a, &n, &info); /* by columns, so what is above is what we call below */
    if (info != 0)
        abort();
}

static void our_solve(void) {
    solve_lower_many(factor, (size_t)n, (size_t)n, b, SIDES, SIDES);
}

static void their_solve(void) {
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, n, SIDES, 1,
                factor, n, b, SIDES);
}

static void our_inverse(void) {
    cholesky_inverse(factor, (size_t)n, (size_t)n, inverse, a, (size_t)n);
}

static void their_inverse(void) {
    int info;
    memcpy(a, factor, (size_t)n * (size_t)n * sizeof *a);
    dpotri_("U", &n, a, &n, &info);
    if (info != 0)
        abort();
}

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Milliseconds of the best of rounds that go on for a while. */
static double best(void (*work)(void)) {
    double least = INFINITY;
    double spent = 0;
    for (int round = 0; round < ROUNDS_MIN || spent < 100; round++) {
        memcpy(a, matrix, sizeof a);
        memcpy(b, sides, sizeof b);
        double start = now_ms();
        work();
        double took = now_ms() - start;
        spent += took;
        least = fmin(least, took);
    }
    return least;
}

static void report(const char *what, void (*ours)(void), void (*theirs)(void)) {
    double our_ms = best(ours);
    double their_ms = best(theirs);
    printf("n = %d, %s: %.3f %.3f %.2f\n", n, what, our_ms, their_ms, our_ms / their_ms);
}

static void fill(void) {
    struct rng r = rng_of((uint64_t)n, 0, 0);
    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++)
            matrix[i * n + j] = portable_exp(-0.01 * (i - j) * (i - j)) + (i == j ? 0.1 : 0);
    for (int i = 0; i < n * SIDES; i++)
        sides[i] = rng_unit(&r);
    memcpy(factor, matrix, sizeof factor);
    if (!cholesky(factor, (size_t)n, (size_t)n))
        abort();
}

int main(void) {
    const int sizes[] = {100, 200, 400, 800};
    openblas_set_num_threads(1);
    puts(openblas_get_corename());
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        n = sizes[i];
        fill();
        report("factor", our_factor, their_factor);
        report("512 right-hand sides", our_solve, their_solve);
        report("inverse", our_inverse, their_inverse);
    }
    return 0;
}
