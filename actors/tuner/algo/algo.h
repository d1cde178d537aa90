/* algo - what a search method is: it proposes configurations from what is known.
 *
 * The same job, the same order of what became known and of what was asked: the same proposals on
 * every machine. So a method draws only from rng_of(job->seed, its own purpose, number), computes
 * only with + - * / sqrt and actors/tuner/num, and keeps no state that `prepare` alone may change:
 * what prepare does, propose would have done.
 * To add one: a file here, a line in proto/job/methods.def; if it learns nothing, one in job_learns.
 *
 * Memory   bytes(job) of arena at init, zeroed, for as long as the job is open; init takes all that
 *          it will ever need.
 * Errors   init answers false when the memory is not enough for the job. propose answers false
 *          when it has nothing (more) to propose that is not known yet.
 */
#ifndef ZYG_ALGO_H
#define ZYG_ALGO_H

#include "actors/tuner/rungs/rungs.h"

/* What a purpose of rng_of is made of: who draws in the upper half, the parameter's position or
 * what else he counts in the lower. */
enum algo_purpose {
    PURPOSE_RANDOM = 1,
    PURPOSE_SOBOL,
    PURPOSE_TPE,
    PURPOSE_GP_FIT,
    PURPOSE_GP_SEARCH,
    PURPOSE_CMAES,
    PURPOSE_EVOLUTION,
    PURPOSE_NSGA2,
    PURPOSE_PARETO,
    PURPOSE_RUNGS,
    PURPOSE_AUTO,
    PURPOSE_IMPORTANCE,
};

/* What a method may look at besides the trials. Borrowed for as long as the job is open. */
struct brief {
    const struct job *job;
    const struct space *space;
    const struct trials *trials;
    uint32_t workers;                /* trials that are expected to run at once, 1.. */
    uint64_t budget;                 /* trials that there will be; the job's trials */
    const struct rungs_setup *rungs; /* settled: where rungs stand; NULL: no learning curves */
};

struct algo {
    const char *name;
    /* NULL: needs none, and state is NULL. */
    size_t (*bytes)(const struct brief *b);
    /* NULL: nothing to prepare. The state lives in the arena. */
    void *(*init)(const struct brief *b, struct arena *arena);
    /* Proposal number `number`, as a configuration that no trial has had (but of `list`, whose
     * configurations are the user's). No number comes twice, and nearly always they come as 0, 1,
     * 2 ...: in a cluster some are another node's. Fills in all values, inactive ones with
     * VALUE_NONE. What is proposed depends on no trials.capacity. */
    bool (*propose)(void *state, const struct brief *b, uint64_t number, struct value *values);
    /* NULL: itself; or which of its parts would make proposal `number` now, as `explain` is to name
     * it. */
    const char *(*arm)(const struct brief *b, uint64_t number);
    /* NULL: looks at the trials when asked. Trial `place` has just been added, moved up a rung,
     * paused, resumed, taken back or ended; called once for each such change, in order. */
    void (*learn)(void *state, const struct brief *b, uint32_t place);
    /* NULL: or foresees what trial `place`, which has been at a rung and not at its full length,
     * would come to there, in the sense of trials->values; false when it cannot say yet. Then who
     * is resumed is chosen by it, not by the value until now. */
    bool (*foresee)(void *state, const struct brief *b, uint32_t place, double *value);
    /* Goes with it, or NULL: how much more, in logarithms, trial `place` is expected to improve at its
     * full length than the newest proposal was. False: it cannot say yet. */
    bool (*gains)(void *state, const struct brief *b, uint32_t place, double *more);
    /* NULL: or says what its newest proposal was expected to improve, as a share of what the best
     * trial is better than the median of the first sixteen. False: it was no model's, or there is no
     * such share. */
    bool (*hope)(void *state, const struct brief *b, double *share);
    /* NULL: is not for jobs that are repeat_auto. Or says, after propose, whether another run of the
     * configuration of trial `place` tells more than `fresh` would, which was just proposed; NULL:
     * nothing was, as no configuration is left. */
    bool (*again)(void *state, const struct brief *b, const struct value *fresh, uint32_t *place);
    /* Goes with it: the trial whose configuration its model believes to be the best of those that
     * were run, and what it believes that one to be worth, in the sense of trials->values. False:
     * it cannot say yet. */
    bool (*recommend)(void *state, const struct brief *b, uint32_t *place, double *value);
    /* NULL: or does ahead of time what the next propose would have to do first. */
    void (*prepare)(void *state, const struct brief *b);
};

#define METHOD(NAME, name) extern const struct algo algo_##name;
#include "proto/job/methods.def"
#undef METHOD

const struct algo *algo_of(enum method method);
const struct algo *algo_named(struct span name); /* NULL: none is called so */
/* What proposes in its place where memory is short: for those with a Gaussian process tpe, which
 * looks at one objective, or nsga2; random for all others. */
enum method algo_lighter(enum method method, uint32_t objectives);

/* For methods that learn curves: how far along a rung is, rungs_stage; 1 where there are no curves. */
double algo_stage(const struct brief *b, uint32_t rung);
/* For methods: an allowed configuration no trial has had, near `point` (full), which is moved there
 * when it is known already or not allowed: it becomes allowed first (allowed_near); then single
 * coordinates are redrawn by r, at last all, at most ALGO_TRIES times; a small space is then searched
 * through. Whoever wants draws that are even over what is allowed begins at one (allowed_draw).
 * False: none was found. */
enum { ALGO_TRIES = 256 };
struct rng;
bool algo_fresh(const struct brief *b, struct rng *r, double *point, struct value *values);

#endif
