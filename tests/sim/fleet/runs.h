/* runs - the LAUNCHER port of a host and the programs that it starts. They work, or print a curve, step by step, where their
 * job has rungs (three of four write checkpoints, which are lost in the end: all begin at the first step), crash, ask to be
 * tried again, hang or cannot be started; they do not outlive their node. On a machine without room nothing starts, neither a
 * trial nor the look of actors/executor/shortage.h. */
#ifndef ZYG_SIM_RUNS_H
#define ZYG_SIM_RUNS_H

#include "actors/kit/board.h"
#include "proto/status.h"

struct fleet;
struct host;

enum { RUNS_MAX = 16 };

enum run_fate { RUN_WELL, RUN_CRASH, RUN_TRANSIENT, RUN_HANG, RUN_NO_START, RUN_UNABLE, RUN_LOOK };

struct run {
    enum { RUN_NONE, RUN_STARTS, RUN_GOES, RUN_DIES } state;
    uint64_t number;
    uint32_t work;
    uint64_t slot, attempt;
    double rate; /* that it was told, and comes to; 0: none */
    enum run_fate fate;
    bool killed;
    uint32_t step; /* of a curve: the last that was printed */
    uint64_t version;
};

struct runs {
    uint64_t version;
    struct run items[RUNS_MAX];
};

/* Not a trial: the executor looks whether one could be started. */
bool runs_is_look(const struct msg_spawn *m);
/* This ending is what the attempt did by itself, or nobody's fault; anything else it must not be charged with. */
bool runs_deserves(const struct fleet *f, uint32_t work, uint64_t slot, uint64_t attempt,
                   enum trial_status status);
/* Which attempt of which job is started. */
void runs_what(const struct host *h, const struct msg_spawn *m, uint32_t *work, uint64_t *slot,
               uint64_t *attempt);
/* Whose checkpoint it begins with. False: nobody's. */
bool runs_parent(const struct msg_spawn *m, uint64_t *parent);
struct port runs_port(struct host *h);
void runs_host_down(struct host *h);
void runs_next(struct host *h, uint64_t place, uint64_t version);
void runs_calm(struct host *h); /* what hangs ends */
bool runs_now(const struct host *h, uint32_t work, uint64_t slot, uint64_t attempt);
uint32_t runs_alive(const struct host *h); /* trials */

#endif
