/* programs - the LAUNCHER port: trials that work, crash, hang, lie, flood and ignore signals; a
 * launcher that dies.
 *
 * A program's fate is drawn from its job, slot and attempt and from how often it was started, so it
 * does not change when something else of the run does.
 */
#ifndef ZYG_SIM_PROGRAMS_H
#define ZYG_SIM_PROGRAMS_H

#include "actors/kit/board.h"
#include "tests/sim/plan.h"

struct world;

enum { PROGRAMS_MAX = 64 };

enum fate {
    FATE_WELL,
    FATE_CRASH,
    FATE_TRANSIENT,
    FATE_AGAIN,
    FATE_INFEASIBLE,
    FATE_HANG,
    FATE_LIE,
    FATE_FLOOD,
    FATE_SILENT,
    FATE_NO_START
};

struct program {
    enum { PROGRAM_NONE, PROGRAM_STARTING, PROGRAM_RUNNING, PROGRAM_DYING } state;
    uint64_t run;
    uint32_t work;
    uint64_t slot, attempt;
    enum fate fate;
    bool deaf;                /* to TERM */
    uint32_t left;            /* lines it will still print */
    dur_ms pause;             /* between them */
    uint64_t version;         /* of its plan on the timeline */
    uint64_t draws;           /* the index of its stream */
    when_ms began;            /* WHEN_NEVER: spawned was not posted yet */
    when_ms term_at, kill_at; /* WHEN_NEVER: not sent */
    uint64_t printed;
    when_ms unwanted; /* since when it should have been told to end; WHEN_NEVER: it should not */
};

struct programs {
    bool down;                           /* the launcher is dead */
    uint64_t version;                    /* the last given to a plan */
    uint64_t life;                       /* of the launcher; 0: none */
    uint64_t started[PLAN_JOBS_MAX][64]; /* how often each slot was */
    struct program items[PROGRAMS_MAX];
};

struct port programs_port(struct world *w);
void programs_node_up(struct world *w);
void programs_node_down(struct world *w);
void programs_next(struct world *w, uint64_t place, uint64_t version);
void programs_launcher(struct world *w, bool down, uint64_t version);
/* Faults are over: what hangs ends. */
void programs_calm(struct world *w);
void programs_unwanted(
    struct world *w, uint32_t work); /* the executor heard that this job is over; UINT32_MAX: all */
uint32_t programs_alive(const struct world *w);
/* Nothing that should have been stopped still runs. */
void programs_check(const struct world *w);

#endif
