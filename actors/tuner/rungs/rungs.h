/* rungs - how long each trial runs: who goes on, who is paused, who is stopped, who is resumed.
 *
 * Works with any method. A trial's curve is compared with others at a few lengths only, the rungs:
 * first, first * eta, first * eta^2 ... and the full length; integers throughout. What is compared
 * is the best value until then, as the first report at a rung or beyond it tells; of several rungs
 * that a report is the first to be beyond it speaks of the highest. Nobody is judged before `others`
 * more trials stood at the same rung, and a share `pass` of the trials (drawn by trial number) is let
 * through to the end; of auto a share of those at a rung, and only to the next.
 * Of a search with constraints on metrics who breaks them less, as far as he has told when he stands
 * there, comes before the better value, as in the end; noise does not count then.
 *
 * asha, asha-stop  Li and others, "A system for massively parallel hyperparameter tuning",
 *                  arXiv:1810.05934, algorithm 2
 * hyperband        Li and others, arXiv:1603.06560: here a share of the trials that starts one rung
 *                  higher, and one of those that starts two higher, and so on
 * median           Golovin and others, "Google Vizier", KDD 2017, section 3.2.1 (3.2)
 * pasha            Bohdal and others, arXiv:2207.06940, algorithm 1
 * finish           Egele and others, "The unreasonable effectiveness of early discarding after one
 *                  epoch", arXiv:2404.04111
 * pbt              Jaderberg and others, "Population based training", arXiv:1711.09846; its rungs are
 *                  `first` steps apart
 * auto             asha's rungs; who goes on is told by what he would come to at the full length
 *                  (forecast.h, or the method), or by how much that is expected to improve upon the best
 *                  for what is left to train; and the first trials run to it
 *
 * Memory   from the caller's arena at init; pages that no trial has reached are never touched.
 * Cost     a report is O(1) but at a rung, where it is O(log trials); of auto a forecast for each of
 *          the last 64 at the rung, and so is a choice for each rung.
 * Errors   none: whoever calls has checked that a trial is at work and its values are finite.
 */
#ifndef ZYG_RUNGS_H
#define ZYG_RUNGS_H

#include "actors/tuner/trials/trials.h"
#include "proto/job/curve.h"

/* In a job file: rungs: {scheduler: asha, budget: epochs, min: 1, max: 27, eta: 3, ...}. 0 stands
 * for the default, everywhere. */
struct rungs_setup {
    enum rungs_policy policy; /* scheduler */
    uint32_t steps;           /* max: the full length; up to 1: no curves, and nothing to decide */
    uint32_t first;           /* min: the lowest rung; default steps / 27 (auto: / 9), at least 1 */
    uint32_t eta;             /* eta: 2.. 16, default 3 */
    uint32_t patience;        /* nobody is stopped within so many steps of his last improvement */
    uint64_t seed;
    uint32_t workers; /* trials at once; of pbt the population */
    uint64_t trials;  /* that there will be; 0: as many as there is room for */
    bool constrained; /* there are constraints on metrics */
    bool copies;      /* a trial can go on from another's checkpoint: else pbt works as asha */

    /* What keeps a policy from judging too early, and what no job says: nobody who knows ASHA or
     * Hyperband looks for it. Without it (1, below 0, below 0) policies are to the letter what their
     * papers say. */
    uint32_t others; /* default 3, of pbt 1; 1.. */
    double pass;     /* share let through unjudged; default 0.05, below 0: none */
    double sigmas;   /* who is behind by less than so many deviations of the noise is not stopped;
                      * default 3, below 0: noise is not looked at */
};

/* The defaults filled in, what is out of range brought into it. */
void rungs_settle(struct rungs_setup *setup);
/* How many rungs a settled setup makes, the full length included: 1 without curves, at most
 * RUNGS_MOST. trials_init wants it. */
uint32_t rungs_count(const struct rungs_setup *setup);
/* The step at which rung 0.. rungs_count - 1 stands; the last is the full length. */
uint32_t rungs_step(const struct rungs_setup *setup, uint32_t rung);
/* How far along that is for a model: the logarithm of the step, 0 at the first rung and 1 at the full
 * length; 1 too of one rung alone. */
double rungs_stage(const struct rungs_setup *setup, uint32_t rung);

struct rungs;

/* setup is settled; trials was made with rungs_count rungs. */
size_t rungs_bytes(const struct rungs_setup *setup, uint32_t capacity);
/* Borrows trials for good, and alone writes its curves and turns its states between AT_WORK and
 * AT_REST. NULL: the arena is too small. */
struct rungs *rungs_init(const struct rungs_setup *setup, struct trials *trials,
                         struct arena *arena);

/* Of auto: whoever foresees better than its own forecast what a trial would be worth at its full
 * length; and, or NULL, how much more, in logarithms, that is expected to improve upon the best than a
 * new trial is. False when he cannot say. */
struct rungs_seer {
    bool (*foresee)(void *context, uint32_t trial, double *value);
    bool (*gains)(void *context, uint32_t trial, double *more);
    void *context;
};
void rungs_ask_seer(struct rungs *r, struct rungs_seer seer);

enum rungs_next {
    RUNGS_NEW,    /* a new trial */
    RUNGS_RESUME, /* `trial` goes on; its state is AT_WORK already */
    RUNGS_COPY,   /* a new trial that goes on from the checkpoint of `trial`, with `values` */
    RUNGS_WAIT    /* nothing until a trial reports or ends; only when nothing may be new */
};
struct rungs_choice {
    enum rungs_next next;
    uint32_t trial;
    uint32_t until;             /* RESUME: the step at which it will be asked about again */
    const struct value *values; /* COPY: until the next call */
};
/* Trials whose checkpoints are where the place is that is free. */
struct rungs_near {
    const uint32_t *trials;
    uint32_t count;
};
/* What may be new: when nothing may, the best paused ones go on until one of them has come to the end
 * and no paused one is better. */
enum rungs_may { RUNGS_NOTHING_NEW, RUNGS_NEW_BUT_NO_COPY, RUNGS_ANYTHING_NEW };
/* What a free worker shall do. near: of whom a copy is best made; NULL: of anybody. WAIT with no trial
 * at work: the search is over. */
void rungs_choose(struct rungs *r, enum rungs_may may, const struct rungs_near *near,
                  struct rungs_choice *choice);

/* `trial` was just added. parent: whose copy it is, or UINT32_MAX. */
void rungs_begin(struct rungs *r, uint32_t trial, uint32_t parent);
/* `trial` was just added and is a copy by somebody else's choice: it takes a place that one was owed for. */
void rungs_copied(struct rungs *r, uint32_t trial);
/* `trial` was just added, and ran in an earlier search: when it ends nobody is owed for its place. */
void rungs_loaded(struct rungs *r, uint32_t trial);
/* It began with the steps of another trial, which it did not do. */
bool rungs_is_copy(const struct rungs *r, uint32_t trial);

/* `trial`, AT_WORK, has done `step` of its steps (1.. steps, not the last) and `value` (less is
 * better) is what it is worth there. Steps that were told before (a checkpoint was lost) are let
 * pass. True: it has reached a rung, and the model must know before anybody is judged. */
bool rungs_report(struct rungs *r, uint32_t trial, uint32_t step, double value);
/* The same where somebody else has folded the steps: its curve as it is now. */
bool rungs_stand(struct rungs *r, uint32_t trial, const struct curve *curve);
/* How far a trial breaks constraints, as far as is known, from its next report or its end on. */
void rungs_break(struct rungs *r, uint32_t trial, double breach);
enum rungs_verdict { RUNGS_GO_ON, RUNGS_STOP, RUNGS_PAUSE };
/* What shall become of it; PAUSE: rungs_rest follows when it does rest, and until then it is at
 * work. may_rest: it could go on from where it is. Who cannot is not paused: where a policy would,
 * the rule of asha-stop holds instead (of auto: compared with the values of the last that came to
 * this rung), so that no work is lost, and who is not clearly behind runs on. */
enum rungs_verdict rungs_judge(struct rungs *r, uint32_t trial, bool may_rest);
/* `trial`, AT_WORK, rests at the last rung it has stood at. False: it has stood at none. */
bool rungs_rest(struct rungs *r, uint32_t trial);
/* `trial`, AT_REST, goes on by somebody else's choice. */
void rungs_go_on(struct rungs *r, uint32_t trial);
/* The last of its steps that is known; 0: none. */
uint32_t rungs_steps(const struct rungs *r, uint32_t trial);
/* trials_end was called, or is about to be. best: over all its steps; NAN when it failed. whole: it
 * went its full length. curve: how it went to its end, which says how much of curves is chance; NULL:
 * as it was reported. */
void rungs_end(struct rungs *r, uint32_t trial, bool whole, double best, const struct curve *curve);

#endif
