/* tuner - which configuration a slot gets: a fold over the facts of each open job.
 *
 * Hears    job_open, learned, job_shut (facts); propose (sched).
 * Says     proposed (sched and facts).
 * Holds    same job and same facts, same proposals: on any machine, in whatever order and however
 *          often the facts came. Every proposal is a valid configuration of its job.
 * Memory   the struct is the caller's, as is one block of tuner_memory() bytes for the jobs. Only
 *          what an open job uses of it is ever touched, so a block straight from mmap costs next to
 *          nothing.
 * Errors   step cannot fail: what is not of an open job or cannot be read is dropped and counted as
 *          nonsense.
 *
 *   tuner.c   the step          space.c      a parameter's values on the unit interval
 *   algo/     the methods       num/         numbers to the bit: exp and log, the normal distribution
 */
#ifndef ZYG_TUNER_H
#define ZYG_TUNER_H

#include "actors/kit/core.h"
#include "actors/tuner/algo/algo.h"

/* A configuration has no more text than the job it comes from, and no more than 16 bytes beside for
 * each parameter. */
enum { TUNER_CONFIG_BYTES = LIMIT_JOB_SPEC_BYTES + 16 * LIMIT_PARAMS + 16 };

/* The place of one open job. Its pages: a copy of the canonical bytes, the job decoded from them,
 * the algorithm's memory. */
struct tuner_seat {
    bool open;
    struct job_id id;
    struct job job;
    struct space space;
    struct trials none; /* these methods learn nothing */
    struct brief brief;
    const struct algo *algo;
    void *state;
};

struct tuner {
    uint8_t *memory;
    uint32_t seats_used; /* those from here on were never sat on */
    struct tuner_seat seats[LIMIT_JOBS_OPEN];
    uint8_t config[TUNER_CONFIG_BYTES];
    uint64_t nonsense;
};

size_t tuner_memory(void);
/* size >= tuner_memory(), aligned for any object. */
void tuner_init(struct tuner *t, void *memory, size_t size);
struct core tuner_core(struct tuner *t);

#endif
