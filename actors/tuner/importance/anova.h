/* anova - how much of a function's variance over a space each parameter accounts for, and pairs of
 * them: Sobol' indices (Sobol', "Sensitivity estimates for nonlinear mathematical models", 1993;
 * what Hutter, Hoos and Leyton-Brown, "An efficient approach for assessing hyperparameter
 * importance", ICML 2014, section 2, call functional ANOVA).
 *
 * Configurations are drawn as even full points (space.h). Of two independent ones x and y let u be
 * x with coordinate i taken from y, and v be y with it taken from x. Then
 *
 *   alone   E[(f(x) - f(u)) (f(v) - f(y))] / 2                   V_i: what i explains by itself
 *   total   E[(f(x) - f(u))^2 + (f(y) - f(v))^2] / 4             with all it does together with
 *                                                                others (Jansen, "Analysis of
 *                                                                variance designs for model output",
 *                                                                1999, equation 13)
 *   pair    E[(f(x) - f(u_i) - f(u_j) + f(u_ij)) (f(v_ij) - f(v_i) - f(v_j) + f(y))] / 4    V_ij:
 *           what i and j explain together and neither of them alone
 *
 * as shares of E[(f(x) - f(y))^2] / 2, the variance. The first is Saltelli's estimator ("Making best
 * use of model evaluations to compute sensitivity indices", 2002) taken of differences, the third
 * its like of second differences: each sample's part is 0 where f does not depend on i, or on i and
 * j together, so that what does not matter comes out as 0 and not as noise.
 *
 * A parameter does nothing where it is not active: its shares are of the whole space, so one that is
 * active in a tenth of it explains no more than that tenth does. `where_active` is its total among
 * the configurations that have it, of their variance; a change of what it depends on is none of its
 * own. Where `where` forbids some configurations, x and y are drawn from the others, and a sample
 * whose u or v is forbidden does not count for that parameter or pair.
 *
 * Memory   anova_bytes() of the arena.
 * Cost     2 values of f for each sample at first, 2 for each parameter, 2 for each pair.
 * Error    of shares, with ANOVA_SAMPLES: about 0.02 of a large one, less of a small one.
 */
#ifndef ZYG_ANOVA_H
#define ZYG_ANOVA_H

#include "actors/tuner/space/space.h"
#include "proto/base/arena.h"

enum { ANOVA_SAMPLES = 512 };

struct anova_function {
    double (*at)(void *context, const double *settled);
    void *context;
};

struct anova_part {
    double alone, total; /* shares of the variance, 0 .. 1 */
    double active;       /* in what share of the space it is active */
    double where_active; /* its total there; 0 where it is never active */
};

struct anova {
    const struct space *space;
    struct anova_function f;
    uint32_t samples;
    double *x, *y;   /* full points, dims each */
    double *fx, *fy; /* f there */
    double *fu, *fv; /* by dim, then by sample; NAN: forbidden. Of those that anova_of has seen */
    bool *active;    /* by dim, then by sample: in x, in y */
};

size_t anova_bytes(const struct space *space, uint32_t samples);
/* Draws the samples, the same ones for the same space. False: the arena is too small, or no allowed
 * configuration was found. */
bool anova_init(struct anova *a, const struct space *space, struct anova_function f,
                uint32_t samples, struct arena *arena);
struct anova_part anova_of(struct anova *a, uint32_t dim);
/* The share of a pair; anova_of has been called for both. */
double anova_pair(struct anova *a, uint32_t i, uint32_t j);

#endif
