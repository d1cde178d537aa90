/* kernel - how alike two configurations are: Matern-5/2 over mixed, conditional spaces.
 *
 *   k(a, b) = joint m(sum_i w_i d_i^2) + apart / D sum_i m(v_i d_i^2) + own [a is b]
 *   m(q)    = (1 + r + r^2/3) e^-r,  r = sqrt(5 q)        Rasmussen & Williams 2006, eq. 4.17
 *
 * The first part knows interactions of all parameters, the second is a sum over one parameter each
 * (Duvenaud et al., arXiv:1112.4394): where a function is a sum, it learns each term from all
 * trials. d_i of two numbers is the difference of their coordinates; of two choices 0 or 1, being
 * inactive one choice more; of two inactive numbers 0. An inactive number stands aside of the
 * active ones: of it and an active x, d_i^2 = (x - 1/2)^2 + 3/4. (The thought of Swersky et al.,
 * arXiv:1409.4011, with a point beside a line instead of their arcs: it needs no sine, and as each
 * d_i is a distance in a plane, k is a covariance. The same distance from all of the line to one
 * point is not possible, and a kernel that claims it has negative eigenvalues.) So conditions need
 * no model of their own, and a parameter that several branches share is learned from all of them.
 * The third part is of learning curves: what sets a configuration apart from its neighbours, however
 * near, and stays the same all along its curve ("a is b" whatever their last coordinates are). Without
 * it whoever is ahead of what his neighbours came to is taken for lucky once at each rung. (That a
 * curve is correlated with itself more than with others: Swersky, Snoek and Adams, "Freeze-thaw
 * Bayesian optimization", arXiv:1406.3896, section 3.)
 */
#ifndef ZYG_KERNEL_H
#define ZYG_KERNEL_H

#include "actors/tuner/space/space.h"

/* One more for how far along its curve a trial is. */
enum { KERNEL_DIMS = LIMIT_PARAMS + 1 };

/* Settings, all positive. */
struct kernel {
    uint32_t dims;
    bool choice[KERNEL_DIMS]; /* distance 0 or 1 */
    double w[KERNEL_DIMS];
    double v[KERNEL_DIMS];
    double joint, apart; /* variances */
    double own;          /* variance; 0 where there are no curves */
    double noise;        /* variance of an observation besides */
};

/* Points are columns: coordinate i of point j is at x[i * ld + j]. */
struct kernel_points {
    const double *x;
    size_t ld;
    uint32_t count;
};

/* k(point, point) */
static inline double kernel_self(const struct kernel *k) {
    return k->joint + k->apart + k->own;
}

/* k(point, each of the first count points). scratch: 2 * count doubles. */
void kernel_row(const struct kernel *k, const struct kernel_points *points, const double *point,
                uint32_t count, double *row, double *scratch);

/* For the gradient of a likelihood: adds to w, v (by their logarithms), joint, apart and, where there
 * is one, own the sum over the first count points of c_j dk(point, j) by each of them. scratch:
 * 4 * count. */
struct kernel_slopes {
    double w[KERNEL_DIMS], v[KERNEL_DIMS], joint, apart, own;
};
void kernel_slopes_add(const struct kernel *k, const struct kernel_points *points,
                       const double *point, uint32_t count, const double *c,
                       struct kernel_slopes *slopes, double *scratch);

/* The derivatives of sum_j c_j k(point, j) by the coordinates of the point: 0 of choices and of
 * coordinates that are SPACE_OFF. scratch: 3 * count. */
void kernel_gradient(const struct kernel *k, const struct kernel_points *points,
                     const double *point, const double *c, double *gradient, double *scratch);

#endif
