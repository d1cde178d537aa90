/* host - one machine of the cluster: its disk, its clock, and the lives of the node on it.
 *
 * Seated as in zyg-node: facts, sched, tuner, executor, gateway, member, leader and elastic on a board of their own. A crash
 * comes right after a message was taken, before anything that was said in return is delivered.
 */
#ifndef ZYG_SIM_HOST_H
#define ZYG_SIM_HOST_H

#include "tests/sim/disk.h"
#include "tests/sim/fleet/runs.h"
#include "tests/sim/seats.h"

struct fleet;

struct host {
    struct fleet *fleet;
    uint32_t number;
    struct board *board; /* NULL: it is down */
    uint32_t life;       /* counts from 1 */
    bool dead;           /* the process has ended; the board is still to be cleared away */
    bool power;          /* ... with the machine */
    bool orderly;
    bool off;        /* the machine is */
    uint32_t paused; /* faults that hold it up */
    uint64_t crash_in, taken;
    uint64_t passed_on; /* messages of others */
    uint32_t cramped;   /* faults that leave no room for a trial's folder */
    uint32_t lying;     /* faults that make it lie */
    uint64_t lies;      /* occasions */
    bool has_lied;
    uint32_t fakes;     /* the last life in which it lied about what it holds */
    uint64_t said;      /* messages of its own over connections */
    uint64_t asked;     /* of its disk */
    bool goes_idle;     /* and then leaves, in this life */
    bool gone_for_good; /* ... and takes its disk along */
    enum { HOST_RUNS, HOST_STOPS_TRIALS, HOST_STOPS_FACTS, HOST_STOPPED } stopping;
    struct seats seats;
    struct member *member;
    struct disk disk;
    struct runs runs;
    dur_ms clock_ahead, wall_ahead;
    int64_t clock_rate; /* millionths */
    uint32_t last_edge; /* the last number that its port gave */
    when_ms due;        /* of its cores, in the world's time */
};

void host_init(struct fleet *f, uint32_t number);
void host_release(struct host *h);
void host_up(struct host *h);
void host_kill(struct host *h, bool power);
void host_stop(struct host *h);
void host_pause(struct host *h, bool on);
void host_settle(struct host *h);          /* all that lies on its board is delivered */
void host_wake(struct host *h);            /* time has come for its cores */
bool host_goes_idle(const struct host *h); /* it leaves when there is nothing to do */
bool host_takes(const struct host *h);
/* Who goes idle does not take its disk along. */
bool hosts_leave_disks(const struct fleet *f);
bool host_is_up(const struct host *h); /* its process exists */
void host_delivered(struct host *h, enum msg_kind kind);

#endif
