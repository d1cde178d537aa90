/* command - what a trial is started with: arguments, variables and its parameters as JSON.
 *
 * Placeholders (proto/job/template.h) in arguments and in the values of the job's variables: {NAME} is the value of that
 * parameter, {trial} the slot, {attempt} its number, {seed} ZYG_SEED, {job} "digits-3f2a", {args_json} {"NAME": value, ...},
 * {params_file} the file that holds the same, {checkpoint} and {output} the trial's folders. {args} is an argument of its
 * own and becomes --NAME VALUE for every active parameter.
 * The value of an inactive parameter is nowhere: an argument that mentions it is left out, and when it consists of nothing
 * else the literal argument before it goes too if it starts with '-' ("--depth", "{depth}"). A variable that mentions it
 * is not set.
 *
 * Variables: ZYG_JOB ZYG_TRIAL ZYG_ATTEMPT ZYG_SEED ZYG_PARAMS ZYG_PARAMS_FILE ZYG_P_NAME ZYG_CHECKPOINT ZYG_OUTPUT
 * ZYG_DEADLINE (unix seconds, when limits.wall is set) ZYG_BUDGET (steps of a whole trial, when the job has rungs: it runs
 * so far unless it is stopped) ZYG_PARENT (the trial with whose checkpoint it was told to begin, when there is one: it had
 * that, if it was here and this one had none of its own) ZYG_CPUS, and the thread counts OMP_NUM_THREADS
 * OPENBLAS_NUM_THREADS MKL_NUM_THREADS NUMEXPR_NUM_THREADS; then the job's own, which win.
 * Memory   the result lies in the struct.
 * Errors   ERR_BAD_JOB_FILE: a placeholder without meaning, a zero byte in a value, more than LIMIT_ARGV_BYTES.
 */
#ifndef ZYG_COMMAND_H
#define ZYG_COMMAND_H

#include "proto/base/ids.h"
#include "proto/job/job.h"

enum { COMMAND_SCRATCH_MAX = 1200 };

struct command_context {
    const struct job *job;
    const struct value *values; /* of every parameter, VALUE_NONE where inactive */
    struct job_id id;
    uint64_t slot;
    uint64_t attempt;
    uint64_t from;       /* as in lease */
    struct span scratch; /* the trial's own folder */
    wall_ms began;
    uint32_t cpus; /* this trial's share */
};

struct command {
    struct buf argv; /* zero-terminated texts, one after the other */
    struct buf env;  /* NAME=value, likewise */
    struct buf params;
    uint8_t memory[LIMIT_ARGV_BYTES]; /* arguments, then variables */
    uint8_t params_memory[LIMIT_ARGV_BYTES];
};

bool command_fill(struct command *out, const struct command_context *context, struct err *err);

/* 31 bits, of the job's seed and the slot alone: an attempt that is repeated gets the same. */
uint32_t command_seed(const struct job *job, uint64_t slot);

#endif
