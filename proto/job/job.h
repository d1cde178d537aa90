/* job - what a user asks for: the one description that the client, every node and every room share.
 *
 * Canonical bytes: a msgpack array, see job.c; they are signed in the JOB fact, and all other forms
 * (the YAML a user writes, the long form `zyg show --spec` prints) are made from or into this
 * struct.
 * Memory   job_decode puts everything into the caller's arena; text points into the bytes it was
 *          decoded from. JOB_ARENA_BYTES are enough for every job whose lists are not extreme; one
 *          that needs more is refused, not cut.
 * Errors   job_check says the first thing that cannot be: ranges, references, counts. A decoded job
 *          has passed it.
 */
#ifndef ZYG_JOB_H
#define ZYG_JOB_H

#include "proto/base/arena.h"
#include "proto/base/err.h"
#include "proto/base/time.h"
#include "proto/job/expr.h"
#include "proto/job/value.h"
#include "proto/limits.h"
#include "proto/status.h"

enum method {
#define METHOD(NAME, name) METHOD_##NAME,
#include "proto/job/methods.def"
#undef METHOD
    METHOD_COUNT
};
enum rungs_policy {
#define POLICY(NAME, name) RUNGS_##NAME,
#include "proto/job/policies.def"
#undef POLICY
    RUNGS_POLICIES
};
enum goal { GOAL_MINIMIZE, GOAL_MAXIMIZE };
/* A value as everything that compares takes it: less is better. The same way leads back. */
static inline double goal_inward(enum goal goal, double value) {
    return goal == GOAL_MAXIMIZE ? -value : value;
}
enum param_kind { PARAM_FLOAT, PARAM_INT, PARAM_CHOICE };
enum scale { SCALE_LINEAR, SCALE_LOG };

enum { OBJECTIVES_MOST = 8, OBJECTIVES_MODELLED = 4 /* with more of them nobody models any */ };

struct param {
    /* [A-Za-z_][A-Za-z0-9_]*, unique even without letter case; no word of `when` or of
     * template.h */
    struct span name;
    enum param_kind kind;
    double low, high; /* float and int, both included; low <= high; log needs low > 0 */
    double step;      /* 0: none. Values are low + k * step; only with SCALE_LINEAR; see
                         * PARAM_STEP_FINEST */
    enum scale scale; /* log spreads draws and grid points evenly in the logarithm */
    uint32_t points;  /* grid points without step, ends included; 0: not given */
    /* PARAM_CHOICE: bool, int, float or text; distinct; one alone is a constant */
    const struct value *choices;
    uint32_t choices_count;
    bool ordered; /* the choices ascend in some sense: neighbours are more alike than others */
    struct span when_text;   /* empty: always active */
    const struct expr *when; /* compiled; mentions earlier or later parameters, never in a circle */
};

/* A condition and its text. */
struct condition {
    struct span text;
    const struct expr *test; /* compiled */
};

struct objective {
    struct span metric; /* where a job has none, every trial that ends with exit 0 is done */
    enum goal goal;
    bool has_target;
    double target; /* the job ends early once a trial reaches it */
};

/* How long a trial runs, and who runs on: actors/tuner/rungs. 0 stands for the default. */
struct job_rungs {
    uint32_t steps; /* max: the full length; 0: the job has no learning curves, and no rungs */
    enum rungs_policy policy;
    uint32_t first;     /* min: where the lowest rung stands; at most steps */
    uint32_t eta;       /* 2.. RUNGS_ETA_MOST: how much further the next one is */
    uint32_t patience;  /* nobody is stopped within so many steps of his last improvement */
    struct span budget; /* what people call a step: "epochs"; may be empty */
};

/* A metric read from printed lines by a POSIX extended regular expression with exactly one
 * group. */
struct metric_pattern {
    struct span name;
    struct span pattern; /* see job_check_pattern */
};

struct limits {
    dur_ms wall;     /* 0: none */
    dur_ms grace;    /* between TERM and KILL; of a cancelled job at most 1.5 s */
    uint64_t output; /* bytes */
};

struct variable {
    struct span name;
    struct span value; /* may hold placeholders */
};

/* A trial of an earlier job, as if it had been one of this search. */
struct known_trial {
    const struct value *values; /* params_count: a configuration that is valid and allowed */
    bool failed;                /* its configuration cannot be */
    double value;               /* of the objective; 0 when it failed */
    dur_ms run_ms;              /* 0: not known */
    double breach;              /* of this job's constraints; 0: it keeps them, or failed */
};

struct job {
    struct span name; /* [a-z0-9][a-z0-9._-]*, at most 64 */
    struct span dir;  /* absolute: where trials start */

    enum method method;
    /* slots: numbers 0..trials-1. For grid and list never more than there are points; a grid may
     * have more of them than it tries, and more than LIMIT_SLOTS_JOB */
    uint64_t trials;
    uint32_t parallel; /* 0: as many as there are slots */
    uint32_t copies;   /* nodes that have a result on their disks before it counts */
    uint64_t seed;
    /* The first rules: what a trial is compared by where one number must do. None: the first is
     * empty. */
    struct objective objectives[OBJECTIVES_MOST];
    uint32_t objectives_count;

    /* With more than one goal, or any of these, a search has objectives. */
    const struct condition *constraints; /* over metrics: a trial that breaks one does not count */
    uint32_t constraints_count;
    struct job_rungs rungs;
    /* trials that get the same configuration, 1..: trial k gets number k / repeat. It is worth their
     * mean, when all of them end well. `trials` is a multiple of it */
    uint32_t repeat;
    /* `repeat` is 1, and where results are noisy the search runs some configurations again: each
     * run is a trial, and a configuration is worth the mean of its */
    bool repeat_auto;
    /* the search ends when so many results in a row were no better; 0: never */
    uint32_t patience;
    /* `patience: auto`: it ends when the method expects no further improvement (study.h, study_ask); patience is 0 then */
    bool until_hopeless;
    bool cost_aware; /* what a trial costs counts when the next one is chosen */
    /* What the search has to know of a trial: the metrics of the objectives, in their order, then
     * others that constraints mention. What constraints are evaluated over. */
    const struct span *metrics;
    uint32_t metrics_count;

    const struct param *params;
    uint32_t params_count;
    /* positions of params so that each comes after those its `when` mentions */
    const uint32_t *order;
    /* Conditions over parameters: a configuration for which one is false is never tried. */
    const struct condition *where;
    uint32_t where_count;

    /* search.method list: the configurations; otherwise try_first: proposed before anything else.
     * Rows of params_count. */
    const struct value *configs;
    uint32_t configs_count;

    /* What a search that learns knows before its first trial. None of them is a trial of the job: they
     * have no number, and none of them is its best. */
    const struct known_trial *history;
    uint32_t history_count;
    /* Of a job file alone: selectors of the jobs whose trials become the history when it is handed in
     * (cmd/cli/learn_from.h). No part of the canonical bytes. */
    const struct span *learn_from;
    uint32_t learn_from_count;

    const struct span *argv; /* may hold placeholders */
    uint32_t argv_count;
    const struct variable *env;
    uint32_t env_count;
    const struct metric_pattern *patterns; /* empty: metrics: auto */
    uint32_t patterns_count;
    struct limits limits;
    struct retry retry;
};

enum {
    PATTERN_BYTES_MAX = 500,
    PATTERN_PARTS_MAX = 1000,  /* with its repetitions written out */
    CONFIG_VALUES_MAX = 16384, /* configs_count * params_count */
    HISTORY_MAX = 1024,        /* their values: CONFIG_VALUES_MAX */
    LEARN_FROM_MAX = 8,
    POINTS_MAX = 1000000,
    REPEATS_MAX = 1000, /* run.retry */
    WHERE_MAX = 64,
    WHERE_SIZE_MAX = 1024, /* nodes of all of them: each draw is judged by them */
    CONSTRAINTS_MAX = 16,
    JOB_METRICS_MAX = OBJECTIVES_MOST + 16, /* fewer than LIMIT_METRICS: all find a place */
    REPEAT_MAX = 64,
    REPEAT_AUTO, /* in its bytes: 1, and repeat_auto */
    /* Of a job with repeat the values of all trials are remembered: */
    REPEAT_TRIALS_MAX = 16384,
    REPEAT_VALUES_MAX = 2 * REPEAT_TRIALS_MAX,
    PATIENCE_MAX = 1000000000,
    PATIENCE_AUTO, /* in its bytes: until it is hopeless */
    STEPS_MAX = 1000000000,
    RUNGS_ETA_MOST = 16,
    PARALLEL_MAX = 1000000,
    ARGV_MAX = 4096,
    ENV_MAX = 1024,
    DIR_BYTES_MAX = 4000,
    COPIES_DEFAULT = 2, /* what a job that says nothing gets; a node that is alone keeps one */
    COPIES_MAX = 5,
    JOB_ARENA_BYTES = 1 << 20
};
/* of the range's larger end: finer steps are lost in the rounding of their values */
#define PARAM_STEP_FINEST 1e-13
#define LIMITS_WALL_MAX 315576000000 /* ten years: added to any moment it does not overflow */
#define LIMITS_GRACE_DEFAULT 10000
#define LIMITS_GRACE_MAX 3600000
#define LIMITS_OUTPUT_DEFAULT (20ull * 1024 * 1024)
#define RETRY_TRANSIENT_DEFAULT 5

/* false: longer than LIMIT_JOB_SPEC_BYTES or than `out` */
bool job_encode(const struct job *job, struct buf *out);
bool job_decode(struct job *job, struct span bytes, struct arena *arena, struct err *err);

/* Does what becomes known change what is proposed, or how long it runs? Otherwise a slot's configuration follows from the
 * job and the slot alone. */
bool job_learns(const struct job *job);

/* It may end before its last trial because nothing gets better. */
static inline bool job_has_patience(const struct job *job) {
    return job->patience > 0 || job->until_hopeless;
}

/* Trials of one configuration, 1..; also of a job that was not checked. */
static inline uint32_t job_runs_each(const struct job *job) {
    return job->repeat > 1 ? job->repeat : 1;
}

/* Of such a job: what is remembered of a trial, its values and how far it breaks the constraints. */
static inline uint32_t job_repeat_width(const struct job *job) {
    return job->objectives_count + (job->constraints_count > 0);
}

/* Does it look at what trials cost, when the job is cost_aware and has so many objectives? */
bool job_method_heeds_cost(enum method method, uint32_t objectives);
/* Does it look at all objectives? One that learns nothing does not prefer any. */
bool job_method_weighs_all(enum method method);
/* Does it know how much better its next proposal may be, and so when the search is hopeless? */
bool job_method_hopes(enum method method);
/* Does it know which of its configurations is worth another run (job->repeat_auto)? */
bool job_method_reruns(enum method method);

/* What job_check finds wrong: which part, as a path in the words of the job file ("params.lr.when",
 * "run.command[3]", "try_first[0].lr"), an offset in its text, what is wrong and what was expected,
 * the nearest valid name (or ""). */
#define FAULT_AT_NAME SIZE_MAX /* for `at`: not the text is wrong but what the part is called */
struct job_fault {
    char where[96];
    size_t at;
    char what[240];
    char nearest[LIMIT_NAME_BYTES + 1];
};
/* Always false; `nearest` is emptied. */
bool job_fault_set(struct job_fault *fault, const char *where, size_t at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Compiles `when`, `where` and constraints, orders the parameters, checks everything, counts the
 * grid. For a grid or list trials 0 stands for all its points (`repeat` times), and is replaced by
 * their number; more trials than points, or all of more than LIMIT_SLOTS_JOB points, are refused.
 * copies 0 stands for COPIES_DEFAULT and repeat 0 for 1, and are replaced by it. The values of
 * configs must have gone through param_fit. */
bool job_check(struct job *job, struct arena *arena, struct job_fault *fault);
/* Could a job that has passed it have so many trials (1..)? The arena is left as it was. */
bool job_may_have(const struct job *job, uint64_t trials, struct arena *arena,
                  struct job_fault *fault);
/* The part of it that is about parameters alone; the functions on parameters below want one that
 * has passed it. */
bool job_check_params(struct job *job, struct arena *arena, struct job_fault *fault);
/* Likewise for a search that runs no programs, and its constraints: its parameters may have any
 * names. A `when` without a text is taken as it is. */
bool job_check_space(struct job *job, struct arena *arena, struct job_fault *fault);

/* Of a job that has passed one of these, before it is handed in: is there what cannot be meant? A
 * constraint that names a parameter and no metric of the objectives, or of run.metrics.regex; a
 * population of which nobody could be copied; a configuration that would be tried first twice. */
bool job_check_meant(const struct job *job, struct job_fault *fault);

/* The placeholders of an argument or a variable's value: each is a parameter or a word of
 * template.h. */
bool job_check_template(const struct job *job, struct span text, const char *where,
                        struct job_fault *fault);

/* What of a metric's pattern can be said without compiling it, so that nobody compiles one that
 * takes minutes: 1 to PATTERN_BYTES_MAX bytes, exactly one group, brackets and parentheses closed,
 * no escape that POSIX lacks and no reference back to the group, at most PATTERN_PARTS_MAX parts. A
 * compiler may still refuse what passes. */
bool job_check_pattern(struct span pattern, const char *where, struct job_fault *fault);

/* Brings a number or choice into the form that values of `p` have, so that equal ones have equal
 * bytes (5 becomes 5.0 for a float, a value next to a step becomes the step). False: it is no value
 * of p; *v is then unchanged. */
bool param_fit(const struct param *p, struct value *v);
/* v has the right form and is in range */
bool param_allows(const struct param *p, const struct value *v);
/* The values a grid tries: how many there are (0: endlessly many), and each of them. */
uint64_t param_points(const struct param *p);
void param_point(const struct param *p, uint64_t k, struct value *out);

/* The one value of a constant; false: p is none. */
bool param_only(const struct param *p, struct value *out);

/* The value in the middle of a range, of a logarithmic one by its logarithm, or of ordered choices; of
 * others the first. Where none is in the middle, one beside it. */
void param_middle(const struct param *p, struct value *out);

/* Two or more choices, all of them numbers, each greater than the one before: a list that a job file
 * takes for ordered when it does not say whether it is. */
bool param_ascends(const struct param *p);

/* Which parameters are active under `values`, in order; inactive ones are set to VALUE_NONE. */
void job_deactivate(const struct job *job, struct value *values);
/* Active constants that are absent get their value; the others must be there, if they are active. */
void job_complete(const struct job *job, struct value *values);
/* Every active value inside its range or choices, every inactive one absent. `wrong` gets the
 * position of the first bad. */
bool job_config_valid(const struct job *job, const struct value *values, uint32_t *wrong);
/* Two valid ones, or rows of job->configs: the same? */
bool job_config_equal(const struct job *job, const struct value *a, const struct value *b);
/* The first row of job->configs that is the same as this one. */
uint32_t job_config_first(const struct job *job, uint32_t row);
/* As bytes. Of a job with copies (scheduler pbt) a configuration may say, behind its values, with
 * whose checkpoint its slot begins: with the same values from the beginning it is another one. */
#define JOB_NO_PARENT UINT64_MAX
void job_config_encode(const struct job *job, const struct value *values, uint64_t parent,
                       struct buf *out);
/* parent may be NULL. False: it has not as many values as the job. */
bool job_config_decode(const struct job *job, struct span bytes, struct value *values,
                       uint64_t *parent);
/* JOB_NO_PARENT also where it cannot be read. */
uint64_t job_config_parent(const struct job *job, struct span bytes);
/* Reads anybody's bytes (job_config_decode), which must be such a one. */
bool job_config_read(const struct job *job, struct span bytes, struct value *values);
/* No `where` is false for a valid configuration. One that is neither true nor false, because what
 * it mentions is not active, keeps nothing out. */
bool job_allows(const struct job *job, const struct value *values);
/* How far from that: 0 when it is allowed, else the sum of what expr_miss says. */
double job_miss(const struct job *job, const struct value *values);
/* How far a trial's metrics (job->metrics, VALUE_NONE: not told) break the constraints: 0 not at
 * all, else the sum of what expr_miss says. A constraint that cannot be told counts as
 * BREACH_UNKNOWN. */
#define BREACH_UNKNOWN 1000.0
double job_breach(const struct job *job, const struct value *metrics);
/* The same while a trial runs: a constraint that cannot be told yet counts as kept. */
double job_breach_told(const struct job *job, const struct value *metrics);

/* {"C": 1.5, "kernel": "rbf"}: active parameters only. */
void job_config_json(const struct job *job, const struct value *values, struct buf *out);
/* C=1.5 kernel=rbf, numbers to `significant` digits (0: all). */
void job_config_print(const struct job *job, const struct value *values, int significant,
                      struct buf *out);

/* As a job file calls them. */
const char *job_method_name(enum method method);
const char *job_policy_name(enum rungs_policy policy);
/* The job as the long form of its file. */
void job_print(const struct job *job, struct buf *out);

/* Why a search whose patience is at its end is over, after so many trials in a row: "no better in 50 trials". */
void job_stalled_print(const struct job *job, uint64_t trials, struct buf *out);
/* Why one that is hopeless is over. */
#define JOB_HOPELESS "no further improvement expected"

/* True when value a is better than b for this job's first goal. */
bool job_better(const struct job *job, double a, double b);

#endif
