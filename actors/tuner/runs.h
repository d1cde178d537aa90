/* runs - configurations that are run several times (job->repeat): what their runs came to, until all
 * are told.
 *
 * A configuration is worth the mean of its runs, when all of them ended well; when one did not,
 * nor did the configuration, and what the others come to does not matter. So every value that is
 * learned has the same variance, and one row of a model is one configuration.
 *
 * Memory   one arena, runs_bytes(); none of it where a configuration is run once: then nothing here
 *          has an effect, and its one run is never open.
 */
#ifndef ZYG_RUNS_H
#define ZYG_RUNS_H

#include "proto/base/arena.h"
#include "proto/job/job.h"

struct runs {
    uint32_t repeat; /* 1.. REPEAT_MAX */
    uint32_t objectives;
    /* By place of the trial. */
    uint64_t *open; /* bit r: run r has begun and was not told */
    uint8_t *done;  /* how many have ended well */
    double *sums;   /* objectives each, in the order in which they were told */
    double *seconds;
    double *breaches;
};

size_t runs_bytes(uint32_t repeat, uint32_t objectives, uint32_t capacity);
/* False: the arena is too small. */
bool runs_init(struct runs *r, uint32_t repeat, uint32_t objectives, uint32_t capacity,
               struct arena *arena);
/* A configuration none of whose runs has begun; and each of them. */
void runs_begin(struct runs *r, uint32_t place);
void runs_start(struct runs *r, uint32_t place, uint32_t run);
bool runs_is_open(const struct runs *r, uint32_t place, uint32_t run);
void runs_close(struct runs *r, uint32_t place, uint32_t run);
/* One has ended well. True when it was the last one: `values`, `seconds` and `breach` then become
 * the means. */
bool runs_add(struct runs *r, uint32_t place, double *values, double *seconds, double *breach);

#endif
