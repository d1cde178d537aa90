/* draft - what the seed makes of a run of a whole cluster: how many hosts, what they work on, and an explicit list of timed
 * faults.
 *
 * Nothing else of the run knows the seed's mood: taking a fault out of the list changes no other draw.
 */
#ifndef ZYG_SIM_DRAFT_H
#define ZYG_SIM_DRAFT_H

#include "proto/msg.h"
#include "tests/sim/disk.h"

#include <stdbool.h>
#include <stdio.h>

enum {
    HOSTS_MAX = 50, /* a set of hosts is the bits of a number */
    FLEET_JOBS_MAX = 4,
    FLEET_PEOPLE_MAX = 3,
    FAULTS_MAX = 48
};

enum fault_kind {
    FAULT_KILL,    /* the process dies at once; its machine answers that nobody listens */
    FAULT_POWER,   /* the machine is gone without a word */
    FAULT_STOP,    /* an orderly stop, then a start */
    FAULT_PAUSE,   /* the process is held up */
    FAULT_CUT,     /* nothing passes between the two sets of hosts */
    FAULT_ONE_WAY, /* nothing passes from the first set to the second */
    FAULT_FULL,    /* the disk takes nothing */
    FAULT_SLOW,    /* a sync takes a second */
    FAULT_CLOCK,   /* the wall clock jumps, and back at the end */
    FAULT_BREAK,   /* every connection between the two sets is reset, whatever is on the way */
    FAULT_ROLL,    /* all hosts are stopped and started in an orderly way, one after the other */
    FAULT_LIE,     /* it lies (liar.h) */
    FAULTS_LAST = FAULT_LIE,
    FAULT_SHORT /* the machine can start no trial: its disk has no room for another folder; drawn beside the others */
};

struct fault {
    enum fault_kind kind;
    when_ms at;
    dur_ms lasts;
    uint32_t host;     /* of one */
    uint64_t from, to; /* sets */
    dur_ms jump;       /* of a wall clock */
    bool left_out;
};

struct draft {
    uint32_t hosts, slots;
    uint32_t jobs, people;
    int64_t trials_max;
    uint32_t copies[FLEET_JOBS_MAX];
    dur_ms person_pause;
    dur_ms calm_after; /* from then on nothing new breaks */

    /* between hosts */
    dur_ms latency_most, jitter_most;
    double loss; /* chance that a message waits for being sent again */
    double
        stray; /* ... that one which is passed on comes later than those behind it, or once more */

    /* on them */
    int64_t rate_most; /* of their clocks, millionths */
    struct disk_faults disk;
    uint64_t crash_every;
    enum msg_kind crash_kind;
    double crash_kind_chance;
    uint32_t crashes_max; /* after steps, in all */
    dur_ms down_most;
    dur_ms idle_ms; /* then half of the hosts leave; 0: nobody */
    dur_ms run_most;
    double crash, transient, hang, no_start;
    uint64_t unable; /* hosts that can start no program, as long as there are faults */

    uint32_t faults_count;
    struct fault faults[FAULTS_MAX];
};

void draft_draw(struct draft *d, uint64_t seed);
void draft_print(const struct draft *d, FILE *out);

#endif
