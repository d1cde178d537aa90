/* hunt - where a search expects to gain most: the maximiser of an acquisition over mixed,
 * conditional spaces.
 *
 * Expected improvement over `best`, in the logarithm (Ament et al., arXiv:2310.20708, equation 9).
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
#include "actors/tuner/model/surrogate.h"

struct rng;

enum { HUNT_CANDIDATES = 512, HUNT_CLIMBERS = 8 };

struct hunt {
    const struct brief *brief;
    struct surrogate *surrogate;
    double best; /* the target that is to be undercut */
    /* What is added to the logarithm at a settled point: a weight, a cost. NULL: nothing. */
    double (*bonus)(void *context, const double *settled);
    void *context;

    double *full; /* candidates, dims of the space each */
    double *columns;
    double *work;
    double *descent;
    struct gp_belief *beliefs;
};

/* rows: of the surrogate, 32 at least. */
size_t hunt_bytes(const struct space *space, uint32_t rows);
bool hunt_init(struct hunt *h, const struct brief *brief, struct surrogate *s, uint32_t rows,
               struct arena *arena);
/* The surrogate has learned. point: full, of an allowed configuration that no trial has had.
 * `parents` are the places whose changes are candidates. False: no candidate is of that kind. */
bool hunt_best(struct hunt *h, struct rng *r, const uint32_t *parents, uint32_t parents_count,
               double *point);

#endif
