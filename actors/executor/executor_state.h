/* executor_state - the executor's state and its way of speaking, for its own files only. */
#ifndef ZYG_EXECUTOR_STATE_H
#define ZYG_EXECUTOR_STATE_H

#include "actors/executor/command.h"
#include "actors/executor/early.h"
#include "actors/executor/executor.h"
#include "actors/executor/followers.h"
#include "actors/executor/shortage.h"
#include "actors/executor/suspects.h"
#include "actors/executor/trial.h"

enum {
    /* metrics_encode: 5 numbers of at most 9 bytes beside each name; metrics_encode_series: 4 numbers a point. */
    METRICS_BYTES = 8 + LIMIT_METRICS * (LIMIT_NAME_BYTES + 48),
    SERIES_BYTES = 8 + LIMIT_POINTS * 37,
    RESULT_BYTES = LIMIT_JOB_SPEC_BYTES + METRICS_BYTES + 4096,
    REACHED_MORE_BYTES = 256 /* beside the configuration */
};

/* Jobs that run here, and such as have ended while trials of theirs have not: each of those has one. */
enum { EXECUTOR_JOBS = LIMIT_JOBS_OPEN + LIMIT_SLOTS_NODE };

/* A job that runs here; what is large about it stands apart, so that looking for one touches few pages. */
struct open_job {
    bool used;
    bool shut; /* nothing new of it; forgotten with its last trial */
    struct job_id id;
    uint32_t trials;     /* that have not ended */
    uint64_t ended_with; /* SHUT: as job_shut says its trials */
    struct err fault;    /* ERR_NONE: it could be read */
    struct job job;
};

struct job_memory {
    struct reading_rules rules;
    uint8_t spec[LIMIT_JOB_SPEC_BYTES];
    uint8_t arena[JOB_ARENA_BYTES];
};

struct executor {
    char runs[EXECUTOR_RUNS_MAX + 1];
    uint32_t places; /* trials there is memory for */
    uint32_t slots;  /* trials that may run at once */
    uint32_t cpus;
    bool silent;
    bool launcher_down;
    bool wary; /* the launcher has died under trials: each has a keeper from then on */
    /* Trials run one at a time (suspects.h); INT64_MIN: as many as there are slots. */
    when_ms apart_until;
    bool quitting;
    bool quiet;    /* said since quitting */
    uint64_t moot; /* verdicts about attempts that do not run, or cannot have been judged */
    uint64_t run;  /* the last number given to the launcher */
    struct shortage shortage;
    int64_t narrow_error;
    char narrow_why[CAUSE_BYTES + 1];
    struct suspects suspects;
    struct early early;
    struct followers followers;
    uint32_t jobs_used; /* places from here on were never used */
    struct open_job jobs[EXECUTOR_JOBS];
    struct value values[LIMIT_PARAMS];
    struct command command;
    uint8_t result[RESULT_BYTES];
    uint8_t metrics[METRICS_BYTES];
    uint8_t series[SERIES_BYTES];
    uint8_t tail[LIMIT_LOG_TAIL_BYTES];
    struct job_memory job_memory[EXECUTOR_JOBS];
    struct trial trials[];
};

/* NULL: none of it runs here. Of a slot one attempt at most: they would share a folder. */
struct trial *executor_trial(struct executor *e, const struct job_id *id, uint64_t slot);
/* Rungs of it are still to be said. */
bool executor_has_stands(const struct trial *t);
/* How trials stand at the rungs that they have reached, as far as there is room. Who is to end is judged no more. */
void executor_say_stands(struct executor *e, struct says *out);
/* Of an attempt that has ended meanwhile, or that has come to no rung, it is dropped. */
void executor_hear_verdict(struct executor *e, const struct msg_verdict *m, struct moment at,
                           struct says *out);
uint32_t executor_room(const struct executor *e); /* trials that may run at once now */
void executor_say_capacity(const struct executor *e, struct says *out);
/* Why this machine cannot start trials (error: errno, 0: not known); ... that it can. */
void executor_say_unfit(int64_t error, struct span what, struct says *out);
void executor_say_fit(struct says *out);
void executor_say_narrow(const struct executor *e, struct says *out); /* fewer trials at once */
void executor_say_wide(struct says *out);                             /* ... all again */
void executor_say_wary(uint64_t lost,
                       struct says *out); /* so many trials were, with the launcher */
/* The start of a trial that does nothing, to see whether trials can be started. */
void executor_say_look(struct executor *e, struct says *out);
void executor_say_acts(const struct trial *t, enum trial_acts acts, struct says *out); /* kill */
void executor_say_trial_outcome(struct executor *e, struct trial *t, struct says *out);
/* The outcome of a lease that never became a trial. */
void executor_say_refusal(struct executor *e, const struct msg_lease *lease,
                          enum trial_status status, const char *cause, struct moment at,
                          struct says *out);

/* Whose checkpoint it begins with is another trial, and one that a job can have. */
bool executor_check_parent(const struct msg_lease *lease, struct err *err);
/* Whose checkpoint a trial is to begin with does not run here any more, or has only its last stretch before it: with what it
 * leaves nothing would be left to train. When that was chosen it was otherwise (actors/tuner/rungs/pbt.c). */
bool executor_parent_ends(const struct executor *e, uint32_t job, uint64_t parent);

#endif
