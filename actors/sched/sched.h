/* sched - which slot of which job runs next, and where: gives free places of workers to jobs, one lease at a time.
 *
 * Hears    start, job_open, job_extended, job_shut, capacity, proposed, unproposed, judged, recorded, too_early, stands, hold, quit;
 *          outcome (executor, where there is no leader room); lead, worker, ended (leader: of this node and of others); look
 *          (gateways, this node's and through member those of others); the time.
 * Says     propose, judge (tuner); lease, verdict (other nodes by say_to MEMBER; this node's leader room, which treats it as
 *          any other's); exhausted (facts); running (gateways that look).
 * Holds    - a slot is in at most one flight: asked for, leased, or ended and not yet recorded;
 *          - slots that are finished are never given out again, lost ones are, those to be retried are when their attempt
 *            is recorded and its rest is over (a trial that asked to be tried later waits longer each time);
 *          - no new slot is begun while LIMIT_BEGUN of all jobs are begun and not finished, however long they rest;
 *          - no more leases than places, no more of a job than its `parallel` (but for what an earlier leader had given out),
 *            and no more flights than LIMIT_UNRECORDED beside what other nodes may run: then the disk is what everybody waits
 *            for;
 *          - without lead{mine} nothing is given out and nothing is known of flights or jobs; leases that workers report at
 *            the start of a term are flights from then on, whoever gave them out; an attempt that is recorded already is
 *            not among them;
 *          - of a job whose method learns no more is asked for than can start now, and a place that a trial has just left
 *            rests until its result is recorded, a second at most and no longer than a trial takes: what is proposed for it
 *            then knows it;
 *          - a place is free when its worker says so, not when a record comes: that may be of another worker's attempt;
 *          - no flight waits for ever: what a worker has ended is given out again if it is not recorded RECORD_MS later (as
 *            long as the own disk holds, that time does not pass), or at once if the worker takes it back; a worker that is
 *            gone: what it had is given out again as the same attempt, at once; what it had ended, and what its reports do
 *            not name LOST_MS after it was leased, GRACE_MS later. A result that comes later still is welcome, and ends the
 *            slot wherever it is then;
 *          - who cannot start the trials of a job (`unable`) gets none of it, for a second first and twice as long each time;
 *            where nobody can it waits so long, unless facts ends it. A node without a cluster has nobody else to try;
 *          - what goes on from a checkpoint (`again`) is left to the worker that has it, before all else that its places could
 *            take, for about as long as its attempts took so far, 2 s to 10 minutes: then, and at once when that one is gone or
 *            another node leads, anybody takes it;
 *          - of a job with rungs, whoever comes to one is judged by the tuner while it runs; the verdict goes to its worker,
 *            and again with each of its reports, until it has ended; a new leader asks anew of all it finds running;
 *          - a paused slot counts as finished and is given out only when the tuner names it, as its next attempt: it goes to
 *            the worker that paused it like what goes on from a checkpoint, and is a flight like any other until more
 *            attempts are recorded than when it rested. Of a finished slot that a worker reports only the tuner knows
 *            whether it was resumed: when that is to be given out again, and it has ended or rests, it says so;
 *          - of a job whose trials are copied (pbt) the tuner hears with each question which of them run where a place is free;
 *            a copy waits 2 s for a place of the worker that runs its parent, then it begins anywhere, with an empty checkpoint;
 *          - when nothing of such a job is left but paused slots of which none is to go on, facts hears that;
 *          - when the tuner expects nothing of new slots of a job (`hopeless`) none is begun until it has more of them; what
 *            was begun runs to its end, and then facts hears that;
 *          - when a worker says that a job is over (`shut`) nothing of it is given out for SHUT_MS: the order is on its way.
 *            But if it was over with fewer trials than it has by now, that worker alone waits a little.
 * Where    workers.h. No lease is given beyond a worker's places and nobody queues: at a round trip of 1 ms a place of 100 ms
 *          trials rests 1 % of the time, and what is queued at one worker cannot run at the next that gets free, nor go back
 *          when its job is cancelled without one more round trip. Where round trips are long against trials, more places
 *          than processors (--slots) hide them as well as a queue would.
 * Alone    until a `lead` was heard there is no leader room: this node leads, its executor is the only worker, as `capacity`
 *          has it, and is told itself.
 * Cost     a lease costs the same however many flights there are, log2(LIMIT_WORKERS) comparisons, and log2 of those that
 *          rest.
 * Fair     the job with the fewest running trials goes first, the older one on a tie.
 * Memory   the caller's, sched_size() bytes of zeros.
 * Errors   messages about jobs or slots that are not in flight are late or wrong: dropped and counted.
 *
 *   sched.c    the step: jobs, giving out, what comes back      plan.c      what is left of a job
 *   crew.c     workers: their reports, their ends               flights.c   what is on its way
 *   look.c     who wants to know what runs                      workers.c   who is best
 *   verdicts.c who is judged at a rung, and told            copies.c    where what is copied is
 */
#ifndef ZYG_SCHED_H
#define ZYG_SCHED_H

#include "actors/kit/core.h"

struct sched;

size_t sched_size(void);
struct sched *sched_init(void *memory);
struct core sched_core(struct sched *s);

#endif
