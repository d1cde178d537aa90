/* lbfgs - the least value of a smooth function in a box.
 *
 * Limited-memory BFGS with 8 pairs (Liu and Nocedal, "On the limited memory BFGS method for large
 * scale optimization", Mathematical Programming 45 (1989), algorithm 2.1), its direction worked out
 * among the coordinates that are free: not at a bound that the gradient pushes against (Bertsekas,
 * "Projected Newton methods for optimization problems with simple constraints", SIAM J. Control and
 * Optimization 20 (1982)). A step goes along the path x + t d bent into the box and ends where the
 * value has fallen enough (Armijo) and the slope has risen enough (Wolfe), between a bound that is
 * still too near and one that is too far (Lewis and Overton, "Nonsmooth optimization via
 * quasi-Newton methods", Mathematical Programming 141 (2013), algorithm 4.6, with a parabola
 * instead of the middle).
 *
 * The same function, start and limits give the same bits everywhere. What the function says that is
 * not finite, value or gradient, is a point where it must not be: a step is shortened until it says
 * something else. The result is never above the start.
 * Memory   the caller's: lbfgs_doubles(n). Bounded by the limits of the problem.
 * Errors   none but a start where the function is not finite.
 */
#ifndef ZYG_LBFGS_H
#define ZYG_LBFGS_H

#include <stddef.h>

enum { LBFGS_PAIRS = 8 };

/* The value at x, and in gradient its n derivatives. x lies in the box. */
typedef double lbfgs_function(void *context, const double *x, double *gradient);

struct lbfgs_problem {
    size_t n;
    const double *low; /* n each, low <= high; infinities leave a side open; borrowed */
    const double *high;
    lbfgs_function *function;
    void *context;
    int iterations_max; /* steps taken */
    int evaluations_max;
    /* Done when no coordinate of the gradient, as far as the box lets x follow it, is above this in
     * size, or when a step lowered the value f by no more than this times max(|f|, 1). */
    double gradient_tolerance;
    double value_tolerance;
};

struct lbfgs_result {
    double value; /* at x; a NaN without a start */
    int iterations;
    int evaluations;
    enum lbfgs_end {
        LBFGS_CONVERGED,
        LBFGS_STUCK, /* no step along the gradient lowers the value: mostly the limit of doubles */
        LBFGS_LIMIT,
        LBFGS_NO_START
    } end;
};

size_t lbfgs_doubles(size_t n); /* how many doubles of memory n coordinates take */

/* From x, brought into the box first, to the best point found, in x. */
struct lbfgs_result lbfgs_minimise(const struct lbfgs_problem *problem, double *x, double *memory);

#endif
