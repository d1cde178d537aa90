/* proposals - what the tuner would try in a job's slots before anything is known: its core on a
 * board of its own.
 *
 * Memory   values point into the struct and into the job file, valid until the next call.
 */
#ifndef ZYG_PROPOSALS_H
#define ZYG_PROPOSALS_H

#include "cmd/cli/job_load.h"

struct proposals;

struct proposals *proposals_new(const struct job_file *file);
void proposals_destroy(struct proposals **p);

/* values: params_count of them. False: the tuner has none for this slot. */
bool proposals_get(struct proposals *p, uint64_t slot, struct value *values);

#endif
