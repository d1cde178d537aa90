/* ladder - at which steps a trial with a learning curve is compared with others: first, first * eta, first * eta^2 ... and
 * the full length; of a population (pbt) first, 2 first, 3 first ... Integers throughout, the same for whoever runs a trial
 * and whoever judges it.
 */
#ifndef ZYG_LADDER_H
#define ZYG_LADDER_H

#include "proto/job/job.h"

enum { RUNGS_MOST = 16 /* of a trial, the full length included */ };

struct ladder {
    uint32_t steps; /* the full length, 1.. */
    uint32_t first; /* 1.. steps */
    uint32_t eta;   /* 2.. RUNGS_ETA_MOST */
    bool even;      /* of a population: from rung to rung it is `first` steps */
    uint32_t count; /* of rungs, 1.. RUNGS_MOST; 1: nobody is judged */
};

/* What is 0 becomes the default, what is out of range is brought into it. */
struct ladder ladder_of(enum rungs_policy policy, uint32_t steps, uint32_t first, uint32_t eta);
struct ladder ladder_of_job(const struct job_rungs *rungs);
/* Of a population: is anybody ever copied? Nobody is who has come to the last rung before the end, so there are two before it:
 * `first` is at most ladder_breeding_first(steps). */
bool ladder_breeds(const struct ladder *l);
uint32_t ladder_breeding_first(uint32_t steps);
/* Is anybody judged on the way? */
bool job_has_rungs(const struct job *job);
/* Do some trials begin with the checkpoints of others? */
bool job_copies(const struct job *job);
/* The step at which rung 0.. count - 1 stands; the last is the full length. */
uint32_t ladder_step(const struct ladder *l, uint32_t rung);
/* On how many rungs somebody has stood who has done `step` steps; the full length, where nobody is judged, is none. */
uint32_t ladder_reached(const struct ladder *l, uint32_t step);

#endif
