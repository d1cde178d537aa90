/* executor - runs trials: fills their command lines, has them started and stopped, understands what they print and says
 * how each attempt ended.
 *
 * Hears    start, job_open, job_shut, lease, verdict, quit; follow (gateways, this node's and through member those of
 *          others); from the launcher spawned, spawn_failed, output, output_end, exited, launcher_up, launcher_down; the
 *          time.
 * Says     capacity (after start, whenever the launcher goes or comes back, when suspects are cleared, and when a shortage
 *          begins or ends), unfit (then, too), spawn, kill, reached, outcome, quiet; note (when trials get keepers, and when
 *          fewer run at once); printed (gateways that follow: this node's, and by say_to MEMBER those of others).
 * Holds    every lease is answered by exactly one outcome. One that cannot be run here (no free place, after quit) is LOST at
 *          once, one of an unknown job when that has not come within half a second (early.h); so is every attempt under way
 *          when the launcher dies. A trial may kill its parent: once the launcher has died under trials, each that is
 *          started has a parent of its own (keeper, cmd/run/start.h), and one that kills it is CRASHED and takes no other
 *          with it. There are other ways to kill zyg-run: slots that went down with it several times in a row run one at a
 *          time (capacity 1), and one that does so alone for the sixth time is CRASHED. No answer of the launcher about a
 *          run that is over changes anything.
 *          What this machine is short of is charged to no trial: the attempt is LOST, capacity is 0, and from time to time
 *          a look (a spawn of nothing, shortage.h) shows whether trials can be started again. Of what each trial takes some
 *          there may be enough for fewer of them: then so many run (capacity), and more are tried now and then.
 * Stops    job_shut: CANCELLED. quit: LOST. limits.wall: TIMED_OUT. limits.output: FLOODED. Always TERM, the job's grace (after
 *          job_shut at most 1.5 s of it), KILL; a second quit kills at once. What does not die of KILL within 30 s, or
 *          before one more quit, is given up: LOST when quitting, CRASHED when it had come to a limit. It frees its place;
 *          its folder is refused to the next attempt by zyg-run while it lives.
 * Rungs    of a job with rungs it says `reached` for every rung that an attempt comes to (climb.h), with the value of its curve
 *          there, before anything else it says of the attempt. A verdict ends it as STOPPED or PAUSED, with TERM, all of the
 *          job's grace and KILL, however it ends then; only one that has done its full length or said its final value by
 *          then, with exit 0, is DONE. What comes too late, or for an attempt that has come to no rung, is dropped and
 *          counted. A trial of such a job is worth its best value, of all its attempts, or the one that it calls final. One
 *          that never comes to a rung is DONE with a cause that says why it could not be compared.
 * Follow   counts for the attempt that runs now: what was kept of its output is said first, then an empty `printed`, then
 *          what comes, one part at a time and never faster than the follower takes it (followers.h).
 * Memory   one block of executor_memory(slots) bytes from the caller, aligned for any object and zeroed. Pages of it are
 *          first touched when a job or trial needs them, so give fresh anonymous memory without huge pages.
 * Errors   init refuses a bad config. step cannot fail: a job that cannot be read ends its attempts with NO_START.
 */
#ifndef ZYG_EXECUTOR_H
#define ZYG_EXECUTOR_H

#include "actors/kit/core.h"

enum { EXECUTOR_RUNS_MAX = 1024 };

struct executor_config {
    /* Absolute folder; a trial's own is RUNS/JOB/SLOT. Copied; at most EXECUTOR_RUNS_MAX bytes. */
    const char *runs;
    uint32_t slots; /* most trials at once; `start` may ask for fewer. At most LIMIT_SLOTS_NODE */
    uint32_t cpus;  /* shared out evenly among the slots in the thread-count variables of trials */
    bool silent;    /* it runs inside a client, which tells people itself */
};

struct executor;

size_t executor_memory(uint32_t slots);
/* NULL on a bad config. The executor lives at the start of the memory. */
struct executor *executor_init(void *memory, size_t size, const struct executor_config *config,
                               struct err *err);
/* The compiled patterns of open jobs; the memory stays the caller's. */
void executor_release(struct executor *e);
struct core executor_core(struct executor *e);

#endif
