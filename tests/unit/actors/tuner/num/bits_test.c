/* Every function of the numeric kit gives the bits it gave on the machine where the constants below
 * were written down, whatever the processor, the compiler and its level of optimisation. */
#include "tests/lib/bits.h"

#include "actors/tuner/num/draw.h"
#include "actors/tuner/num/lbfgs.h"
#include "actors/tuner/num/matrix.h"
#include "actors/tuner/num/normal.h"
#include "actors/tuner/num/portable.h"
#include "actors/tuner/num/sobol.h"

enum { TIMES = 4000, N = 300, LD = N + 5, MANY = 21 };

static struct rng stream;

static double between(double low, double high) {
    return low + (high - low) * rng_unit(&stream);
}

static void exponentials(uint64_t *hash) {
    static double x[TIMES];
    stream = rng_of(1, 0, 0);
    for (int i = 0; i < TIMES; i++) {
        x[i] = i % 2 ? between(-750, 715) : between(-2, 2);
        bits_double(hash, portable_exp(x[i]));
        bits_double(hash, portable_expm1(x[i]));
    }
    portable_exp_all(x, TIMES);
    bits_doubles(hash, x, TIMES);
}

static void logarithms(uint64_t *hash) {
    stream = rng_of(2, 0, 0);
    for (int i = 0; i < TIMES; i++) {
        double x = portable_exp(between(-740, 709));
        bits_double(hash, portable_log(x));
        bits_double(hash, portable_log(between(0.5, 2)));
        double small = portable_exp(between(-30, 0)); /* one draw a line: C leaves open which of
                                                          two in an expression comes first */
        bits_double(hash, portable_log1p(between(-1, 1) * small));
        double base = between(0, 3);
        bits_double(hash, portable_pow(base, between(-20, 20)));
        bits_double(hash, portable_pow(base, i % 41 - 20));
    }
    bits_double(hash, portable_log(0x1p-1074));
    bits_double(hash, portable_exp(-744));
}

static void normals(uint64_t *hash) {
    stream = rng_of(3, 0, 0);
    for (int i = 0; i < TIMES; i++) {
        double z = i % 2 ? between(-40, 10) : between(-2, 2);
        double slope;
        bits_double(hash, portable_erfc(z));
        bits_double(hash, normal_pdf(z));
        bits_double(hash, normal_log_pdf(z));
        bits_double(hash, normal_cdf(z));
        bits_double(hash, normal_log_cdf(z * 10));
        bits_double(hash, log_ei_h(z * 10, &slope));
        bits_double(hash, slope);
        bits_double(hash, normal_quantile(i % 2 ? normal_cdf(z) : between(0, 1)));
    }
}

static double matrix[N * LD], factor[N * LD], inverse[N * LD], work[N * LD], sides[N * MANY];

static void fill_matrix(void) {
    double place[N];
    stream = rng_of(4, 0, 0);
    for (int i = 0; i < N; i++)
        place[i] = between(0, 20);
    for (int i = 0; i < N; i++)
        for (int j = 0; j <= i; j++) {
            double d = place[i] - place[j];
            matrix[i * LD + j] = portable_exp(-d * d) + (i == j ? 0.01 : 0);
        }
    for (int i = 0; i < N * MANY; i++)
        sides[i] = between(-1, 1);
}

static void lower_of(uint64_t *hash, const double *a) {
    for (int i = 0; i < N; i++)
        bits_doubles(hash, a + i * LD, (size_t)i + 1);
}

static void factors(uint64_t *hash) {
    fill_matrix();
    memcpy(factor, matrix, sizeof factor);
    bits_u64(hash, cholesky(factor, N, LD));
    lower_of(hash, factor);
    bits_double(hash, log_determinant(factor, N, LD));
    cholesky_inverse(factor, N, LD, inverse, work, LD);
    lower_of(hash, inverse);
    for (size_t i = 0; i < N; i++)
        bits_u64(hash, cholesky_append(matrix, i, LD));
    bits_u64(hash, memcmp(matrix, factor, sizeof matrix) == 0);
}

static void solutions(uint64_t *hash) {
    fill_matrix();
    bits_u64(hash, cholesky(matrix, N, LD));
    double x[N], y[N];
    memcpy(x, sides, sizeof x);
    solve_lower(matrix, N, LD, x);
    bits_doubles(hash, x, N);
    solve_lower_transposed(matrix, N, LD, x);
    bits_doubles(hash, x, N);
    solve_lower_many(matrix, N, LD, sides, MANY, MANY);
    bits_doubles(hash, sides, N * MANY);
    gemv_transposed(sides, N, MANY, MANY, x, y);
    bits_doubles(hash, y, MANY);
    gemv(sides, N, MANY, MANY, y, x);
    bits_doubles(hash, x, N);
    column_squares(sides, N, MANY, MANY, y);
    bits_doubles(hash, y, MANY);
    solve_lower_transposed_many(matrix, N, LD, sides, MANY, MANY);
    bits_doubles(hash, sides, N * MANY);
    bits_double(hash, dot(sides, sides + 1, N * MANY - 1));
}

/* Rosenbrock's function in a chain, and a bump of an exponential that has to be portable too. */
static double chain(void *context, const double *x, double *g) {
    size_t n = *(size_t *)context;
    double sum = 0;
    memset(g, 0, n * sizeof *g);
    for (size_t i = 0; i + 1 < n; i++) {
        double a = 1 - x[i], b = x[i + 1] - x[i] * x[i], c = portable_exp(-x[i] * x[i]);
        sum += a * a + 100 * b * b + c;
        g[i] += -2 * a - 400 * x[i] * b - 2 * x[i] * c;
        g[i + 1] += 200 * b;
    }
    return sum;
}

static void minima(uint64_t *hash) {
    enum { MOST = 20 };
    double low[MOST], high[MOST], x[MOST], memory[MOST * 40];
    stream = rng_of(5, 0, 0);
    for (size_t n = 2; n <= MOST; n += 3) {
        for (size_t i = 0; i < n; i++) {
            low[i] = -1.5;
            high[i] = i % 3 ? 2 : 0.5;
            x[i] = between(-2, 2);
        }
        struct lbfgs_problem p = {.n = n,
                                  .low = low,
                                  .high = high,
                                  .function = chain,
                                  .context = &n,
                                  .iterations_max = 100,
                                  .evaluations_max = 200,
                                  .gradient_tolerance = 1e-6};
        bits_u64(hash, lbfgs_doubles(n) <= sizeof memory / sizeof *memory);
        struct lbfgs_result r = lbfgs_minimise(&p, x, memory);
        bits_double(hash, r.value);
        bits_doubles(hash, x, n);
        bits_u64(hash, (uint64_t)r.evaluations);
        bits_u64(hash, (uint64_t)r.iterations);
        bits_u64(hash, (uint64_t)r.end);
    }
}

static void points(uint64_t *hash) {
    static _Alignas(16) uint8_t memory[SOBOL_DIMENSIONS_MAX * 200];
    struct arena a = arena_of(memory, sizeof memory);
    struct sobol s;
    stream = rng_of(6, 0, 0);
    bits_u64(hash, sobol_init(&s, SOBOL_DIMENSIONS_MAX, &stream, &a));
    double x[SOBOL_DIMENSIONS_MAX];
    for (uint64_t i = 0; i < 100; i++) {
        sobol_point(&s, i < 64 ? i : i * 0x123456789u, x);
        bits_doubles(hash, x, SOBOL_DIMENSIONS_MAX);
    }
}

static void draws(uint64_t *hash) {
    const double weights[4] = {0.1, 2, 0, 0.7};
    uint32_t order[50];
    stream = rng_of(7, 0, 0);
    for (int i = 0; i < TIMES; i++) {
        bits_double(hash, draw_open(&stream));
        bits_double(hash, draw_normal(&stream));
        bits_u64(hash, draw_weighted(&stream, weights, 4));
    }
    draw_order(&stream, order, 50);
    for (size_t i = 0; i < 50; i++)
        bits_u64(hash, order[i]);
}

int main(void) {
    const struct bits_case cases[] = {
        {"exponentials", exponentials, 0x5ad0e2fe603005ebu},
        {"logarithms", logarithms, 0x0505f01533d9e82au},
        {"normals", normals, 0x93d31decbaf92077u},
        {"factors", factors, 0x7bb68eae911cdb62u},
        {"solutions", solutions, 0x9d38052e1689517bu},
        {"minima", minima, 0x858bb56bd1c308ccu},
        {"points", points, 0x9591ba034c15763cu},
        {"draws", draws, 0xb8e95a26d2ce93a4u},
    };
    return bits_compare(cases, sizeof cases / sizeof *cases);
}
