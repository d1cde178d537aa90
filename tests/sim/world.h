/* world - one run of the simulator: a node made of the real cores on the real board, and an
 * imitated outside.
 *
 * Everything random comes from the seed, everything timed from the timeline, so a run is a function
 * of its seed. What the node says and what its disk holds is watched by the ghost, which knows the
 * rules and keeps its own count.
 *
 *   plan.c      what the seed makes of the run       timeline.c  what happens when
 *   node.c      the node's lives: start, crash, stop disk.c      port STORE on store_mem
 *   programs.c  port LAUNCHER and what it runs       people.c    port CLIENTS: users and their jobs
 *   seats.c     its cores, as whole clusters have them too
 *   ghost.c     rules about what rooms say           ghost_store.c  rules about what is kept
 */
#ifndef ZYG_SIM_WORLD_H
#define ZYG_SIM_WORLD_H

#include "tests/sim/disk.h"
#include "tests/sim/draw.h"
#include "tests/sim/ghost.h"
#include "tests/sim/node.h"
#include "tests/sim/people.h"
#include "tests/sim/plan.h"
#include "tests/sim/programs.h"
#include "tests/sim/timeline.h"
#include "tests/sim/trace.h"

/* Who takes part, the same in every run: making keys is dear. */
struct cast {
    struct signer node;
    struct signer people[PLAN_PEOPLE_MAX];
};

enum stage {
    STAGE_FAULTS, /* anything may break */
    STAGE_CALM,   /* nothing new breaks: all that was begun must come to its end */
    STAGE_LAST,   /* restarted once more: what was promised is asked for */
    STAGE_OVER
};

struct world {
    uint64_t seed;
    const struct cast *cast;
    struct plan plan;
    enum stage stage;
    when_ms now;
    when_ms began;
    when_ms stage_until; /* the stage must be over by then */
    struct timeline timeline;
    struct node_life node;
    struct disk disk;
    struct programs programs;
    struct people people;
    struct ghost ghost;
    struct trace *trace; /* NULL: not kept */
    uint64_t hash;       /* of all that was delivered */
    uint64_t delivered;
    uint64_t idle_turns; /* turns without time passing */
};

/* Runs the seed to its end; answers the hash of the run. Ends the program when a rule is broken. */
uint64_t world_run(uint64_t seed, const struct cast *cast, struct trace *trace,
                   uint64_t *delivered);

struct moment world_moment(const struct world *w);
void world_plan(struct world *w, dur_ms in, enum timed_kind kind, uint64_t subject,
                uint64_t version);

/* A rule is broken: says which, when and how to see it again. */
_Noreturn void world_fail(const struct world *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#define world_ensure(w, condition, ...) ((condition) ? (void)0 : world_fail(w, __VA_ARGS__))

#endif
