/* seats - a node's cores as both simulators seat them: each step is checked and shown to whoever keeps the rules.
 *
 * Memory   the same blocks for every life of the same node, given back to the system in between so that they are zero again.
 */
#ifndef ZYG_SIM_SEATS_H
#define ZYG_SIM_SEATS_H

#include "actors/facts/facts.h"
#include "actors/kit/board.h"
#include "actors/kit/frame.h"

enum { SEATS_MAX = 8, SEATS_NODES_MAX = 50 };

enum block {
    BLOCK_FACTS,
    BLOCK_SCHED,
    BLOCK_TUNER,
    BLOCK_TUNER_JOBS,
    BLOCK_EXECUTOR,
    BLOCK_GATEWAY,
    BLOCK_MEMBER,
    BLOCK_LEADER,
    BLOCK_ELASTIC,
    BLOCK_COUNT
};

/* The node whose cores they are. */
struct seats_owner {
    void *self;
    const bool *dead; /* it has crashed: nothing reaches it any more */
    void (*heard)(void *self, enum room room, const struct event *event); /* a core took it */
    void (*said)(void *self, enum room room, const struct frame *frame);  /* in return */
    void (*stepped)(void *self, enum room room, enum msg_kind kind);      /* all was said */
};

struct seat {
    const struct seats_owner *owner;
    struct core core;
};

struct seats {
    struct seats_owner owner;
    uint32_t node; /* whose blocks */
    struct board *board;
    uint32_t count;
    struct seat items[SEATS_MAX];
    struct executor *executor;
    uint64_t turns;
};

/* What is not the same for every node. */
struct seats_config {
    struct facts_config facts;
    uint32_t slots;
};

/* A life begins: facts, sched, tuner, executor and gateway. The owner's node stays where it is until seats_end. */
void seats_begin(struct seats *s, const struct seats_owner *owner, uint32_t node,
                 struct board *board, const struct seats_config *config);
void seats_add(struct seats *s, struct core core);                        /* another core */
void *seats_memory(const struct seats *s, enum block block, size_t size); /* zeroes */
/* Time passes: now and then what the node could spare becomes zeros. */
void seats_spare(struct seats *s, uint64_t seed);
void seats_end(struct seats *s);

/* The hash of a run with this delivery added. */
uint64_t seats_mix(uint64_t hash, uint32_t node, when_ms now, enum room to,
                   const struct event *event);

#endif
