/* study - one search: asks the method, decides how long a trial may run, keeps what is known.
 *
 * A fold: the same job and the same calls in the same order give the same answers on every machine.
 * The job's own goal counts outside, minimised values inside; this is the border.
 *
 *   study.c   the fold           space/    configurations as points of a cube
 *   trials/   what is known      algo/     the methods, one file each; auto.c chooses
 *   model/    surrogates         rungs/    who is stopped, paused, resumed
 *   several/  several objectives num/      arithmetic that is the same everywhere
 *   runs.c    configurations that are run several times: each is one trial
 *   trials/again.h, model/rerun.h  ... where the search decides which: each run is a trial
 *   importance/  which parameters matter
 *   talk/     a study by lines of JSON, for other people's loops; zygtune.h: by calls in C
 *
 * Memory   one arena, study_bytes(); only what is used of it is ever touched.
 * Errors   a call that cannot be (a trial that is not at work, a value that is not finite where one
 *          must be) answers false and changes nothing.
 */
#ifndef ZYG_STUDY_H
#define ZYG_STUDY_H

#include "actors/tuner/algo/algo.h"

struct study;

/* Of the job counts all that is said about the search. The job is borrowed. */
struct study_setup {
    const struct job *job;
    const enum goal *goals; /* one an objective; borrowed */
    uint32_t objectives;    /* 1.. OBJECTIVES_MOST */
    uint32_t workers;       /* trials expected at once; 0: unknown */
    uint32_t steps;         /* length of a learning curve, 1: none */
    uint32_t loaded;        /* most trials that study_load will bring */
    uint32_t beyond;        /* trials that may be asked for when the job's number is reached */
    /* Who is stopped; what is 0 here is as the job says. Its steps, seed and workers are set by the
     * study. */
    struct rungs_setup rungs;
    /* Trials there is room for beside the job's history; 0: as many as all of these. */
    uint32_t capacity;
    const struct algo *algo; /* NULL: the job's method */
};

enum study_answer {
    STUDY_START,  /* start this new trial */
    STUDY_RESUME, /* go on with this paused one */
    STUDY_WAIT,   /* nothing now: ask again when a trial has reported or ended */
    STUDY_OVER    /* as study_proposal.why says */
};

enum study_end {
    STUDY_SPENT,     /* the budget is, or the room for trials */
    STUDY_USED_UP,   /* no configuration is left that was not tried */
    STUDY_NO_BETTER, /* the job's patience is */
    STUDY_NO_HOPE,   /* the method expects no improvement worth the name */
};

#define STUDY_NO_PARENT UINT32_MAX

struct study_proposal {
    enum study_answer answer;
    uint32_t trial;             /* its name from now on, as its place in study_trials */
    uint32_t run;               /* of START: which run of its configuration, 0.. repeat - 1 */
    const struct value *values; /* of START: until the next call of the study */
    uint32_t parent;            /* of START: whose checkpoint it goes on from, or STUDY_NO_PARENT */
    const char *by;             /* who proposed it, for `explain`: "gp", "auto:gp" */
    enum study_end why;         /* of OVER */
};

enum study_verdict { STUDY_GO_ON, STUDY_STOP, STUDY_PAUSE };

struct study_result {
    enum trial_state state; /* ENDED_WELL, ENDED_SOON or ENDED_BADLY */
    const double *values;   /* one an objective, in the job's own sense; NULL when it ended badly */
    double seconds;         /* what it cost, as far as it went; 0: not known */
    double breach;          /* how far it breaks the constraints on metrics (job_breach); 0: none */
    bool untold;  /* stopped before all was told that they are about: `breach` is of the rest */
    uint32_t run; /* of the trial, 0.. repeat - 1 */
    const struct curve *curve; /* how it went to its end; NULL: as it was reported */
    /* The first value is what the trial is worth, whatever its curve was told; else the curve's best
     * counts where that is better. */
    bool settled;
};

size_t study_bytes(const struct study_setup *setup);
/* It knows the job's history. NULL: the arena is too small. */
struct study *study_init(const struct study_setup *setup, struct arena *arena);

/* Of a job that goes on until it is hopeless the search is over, and stays so until it is extended,
 * when of ten proposals in a row, and as many more as there are workers, the model that made them
 * expected to improve less than 0.001 of what the best trial is better than the median of the first
 * sixteen: expected improvement as a sign to stop, as in Nguyen et al., "Regret for expected
 * improvement over the best-observed value and stopping condition" (ACML 2017), with a threshold
 * that does not depend on what a value of 1 means. Of methods that expect something (algo.h, hope:
 * gp and auto as long as they look everywhere), one objective, full lengths. Over the functions of
 * tests/bench/search, 3 seeds, 120 trials: with one worker 28 % of all trials are spared, and the
 * mean regret is 0.0146 in place of 0.0127; with eight 15 %, 0.0144 for 0.0142.
 *
 * The search is over when as many trials in a row as job->patience (0: endlessly many) have ended with
 * a value and none was better than the best before them, or came upon the front of several objectives,
 * those that were loaded included (several/lead.h). Trials that run may still be told. */
void study_ask(struct study *s, struct study_proposal *out);
/* The same where the numbers of proposals are somebody else's, who looks after the counted patience,
 * too: all are asked for in this way, and none again that was answered by START. One beyond the job's
 * trials: no new one may be started. near: as in rungs_choose. */
void study_ask_as(struct study *s, uint64_t number, const struct rungs_near *near,
                  struct study_proposal *out);
/* A trial has done `step` of its steps (1..steps) and is worth `value` there. */
bool study_report(struct study *s, uint32_t trial, uint32_t step, double value,
                  enum study_verdict *verdict);
/* By now it breaks the constraints on metrics so far, as far as it has told (job_breach_told): counts
 * from its next report on. False: it is not at work. */
bool study_break(struct study *s, uint32_t trial, double breach);
/* The same where the steps were folded elsewhere, and whoever was judged hears of it later and may
 * end in another way meanwhile: the trial's curve has come to a rung; what shall become of it
 * (may_rest: it can go on from where it is; see rungs_judge), which changes no state; it does rest
 * (false: it is not at work, or has never stood at a rung); it goes on, though nobody asked here. */
bool study_stand(struct study *s, uint32_t trial, const struct curve *curve);
enum study_verdict study_judge(struct study *s, uint32_t trial, bool may_rest);
bool study_rest(struct study *s, uint32_t trial);
bool study_go_on(struct study *s, uint32_t trial);
/* Where a configuration is run several times: of one run of it. The trial ends with the last of
 * them, or with the first that ends badly; what the others come to is then heard and not counted. */
bool study_tell(struct study *s, uint32_t trial, const struct study_result *result);
/* This run was proposed and not told; with one run each, the trial is AT_WORK or AT_REST. */
bool study_awaits(const struct study *s, uint32_t trial, uint32_t run);
/* A finished trial of an earlier search of this space. */
bool study_load(struct study *s, const struct value *values, const struct study_result *result);
/* Another search of the same space at the same time has begun this trial; it is told like one that
 * was proposed here. copies: another's checkpoint. False: there is no room. */
bool study_adopt(struct study *s, const struct value *values, bool copies, uint32_t *trial);
/* Nothing will come of this trial, and nothing is to be learned from that. */
bool study_drop(struct study *s, uint32_t trial);
/* The job has other trials than before, as study_setup.job says, and memory for no more of them than
 * it had: the number of trials that methods plan with is this one from now on, but for what they made
 * room for at first, and patience begins anew. */
void study_extend(struct study *s);
struct study_best {
    uint32_t trial;  /* of several of its configuration the first */
    uint32_t runs;   /* of the configuration that have ended with a value */
    double value;    /* their mean, of the first objective, in the job's own sense */
    double error;    /* its standard error; of one run, and of those of a fixed number, 0 */
    double expected; /* what the method's model believes of it; without one the same */
};
/* The configuration to recommend: the best value; of a job that is repeat_auto the one that the
 * method's model believes to be the best. Of many values with noise the best one is mostly luck,
 * the more so the more there are; the model knows of each what its neighbours came to, and its mean
 * is drawn to theirs the more, the fewer runs it had. False: there is none, or all that were run break
 * a constraint. */
bool study_best(struct study *s, struct study_best *out);
/* Work that the next study_ask would have to do first; changes no answer. True when there was
 * some. */
bool study_prepare(struct study *s);

/* What is known, for reports; the second is what the method looks at. */
const struct trials *study_trials(const struct study *s);
const struct brief *study_brief(const struct study *s);

#endif
