/* sched - which slot of which job runs next, and where: gives free capacity to jobs, one lease at a time.
 *
 * Hears    start, job_open, job_shut, capacity, proposed, outcome, recorded, hold, quit; the time.
 * Says     propose (tuner), lease (executor).
 * Holds    - a slot is in at most one flight: asked for, leased, or ended and not yet recorded;
 *          - slots that are finished are never given out again, lost ones are, those to be retried are when their attempt
 *            is recorded and its rest is over (a trial that asked to be tried later waits longer each time);
 *          - no new slot is begun while LIMIT_BEGUN of all jobs are begun and not finished, however long they rest;
 *          - no more leases than capacity, no more of a job than its `parallel`, and no more flights than LIMIT_UNRECORDED:
 *            then the disk is what everybody waits for.
 * Fair     the job with the fewest running trials goes first, the older one on a tie.
 * Memory   the caller's, sched_size() bytes of zeros.
 * Errors   messages about jobs or slots that are not in flight are late or wrong: dropped and counted.
 */
#ifndef ZYG_SCHED_H
#define ZYG_SCHED_H

#include "actors/kit/core.h"

struct sched;

size_t sched_size(void);
struct sched *sched_init(void *memory);
struct core sched_core(struct sched *s);

#endif
