/* hunt - where a search expects to gain most: the maximiser of an acquisition over mixed,
 * conditional spaces.
 *
 * Expected improvement in view of what runs (futures.h), in the logarithm (Ament et al.,
 * arXiv:2310.20708, equation 9); or, of several objectives, what the caller says.
 * Half of the candidates are drawn evenly, half are changes of the best trials; all are judged at
 * once, the best few climb: the numbers of each along the gradient (box-bound L-BFGS), its choices
 * and small steps by trying each, in turns. Configurations that a trial has had, or that `where`
 * forbids, do not count.
 *
 * Memory   one arena at init, hunt_bytes().
 */
#ifndef ZYG_HUNT_H
#define ZYG_HUNT_H

#include "actors/tuner/algo/algo.h"
#include "actors/tuner/model/futures.h"
#include "actors/tuner/model/region.h"

struct rng;

enum { HUNT_CANDIDATES = 512, HUNT_CLIMBERS = 8, HUNT_OBJECTIVES = 8 };

struct hunt {
    const struct brief *brief;
    struct surrogate *surrogates; /* one an objective; they see the same rows */
    uint32_t count;
    struct futures futures; /* of the first surrogate, when there is no gain */
    /* The logarithm of what a point is expected to gain, from a belief of each objective; slopes,
     * when not NULL, gets its derivatives by their means and deviations. NULL: futures_gain. */
    double (*gain)(void *gain_context, const struct gp_belief *beliefs, struct gp_belief *slopes);
    void *gain_context;
    /* What is added to the logarithm at a settled point: a weight, a cost. NULL: nothing. */
    double (*bonus)(void *context, const double *settled);
    /* Adds the bonus' derivatives by the coordinates of the view. NULL: who climbs does so without a
     * look at the bonus, and stays where he was when that lost more than he gained. */
    void (*bonus_slope)(void *context, const double *settled, double *slope);
    void *context;
    /* All candidates lie in it, and nobody climbs out. NULL: anywhere. */
    const struct region_box *box;

    double most; /* the gain with its bonus at the point that hunt_best found last */

    double *full; /* candidates, dims of the space each */
    double *columns;
    double *work;
    double *descent;
    struct gp_belief *beliefs; /* by candidate, count each */
    struct gp_belief *one;     /* by candidate, of one objective */
    double *gains;             /* by candidate */
};

/* rows: of a surrogate, 32 at least. */
size_t hunt_bytes(const struct space *space, uint32_t rows, uint32_t count);
/* With one surrogate and without a gain, until somebody sets one. */
bool hunt_init(struct hunt *h, const struct brief *brief, struct surrogate *surrogates,
               uint32_t count, uint32_t rows, struct arena *arena);
/* The surrogates have learned, and without a gain the futures were drawn from the first one. point:
 * full, of an allowed configuration that no trial has had. `parents` are the places whose changes are
 * candidates. False: no candidate is of that kind. */
bool hunt_best(struct hunt *h, struct rng *r, const uint32_t *parents, uint32_t parents_count,
               double *point);

#endif
