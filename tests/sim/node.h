/* node - the lives of the one node: its cores in fresh memory on a board of their own, until a
 * crash or an orderly stop.
 *
 * A crash comes right after a message was taken, before anything that was said in return is
 * delivered.
 */
#ifndef ZYG_SIM_NODE_H
#define ZYG_SIM_NODE_H

#include "tests/sim/seats.h"

struct world;

struct node_life {
    struct board *board; /* NULL: the node is down */
    uint32_t life;       /* counts from 1 */
    bool dead;           /* crashed; the board is still to be cleared away */
    uint32_t crashes;
    uint64_t crash_in; /* messages until the next crash; 0: none is planned */
    uint64_t taken;    /* messages in this life */
    enum { NODE_RUNS, NODE_STOPS_TRIALS, NODE_STOPS_FACTS, NODE_STOPPED } stopping;
    struct seats seats;
};

void node_up(struct world *w);
void node_down(struct world *w); /* after a crash or stop: nothing but the disk is left */
void node_crash(struct world *w);
void node_stop(struct world *w); /* an orderly stop begins */
struct port node_port(struct world *w);

bool node_takes(const struct world *w); /* false: it has crashed, nothing reaches it any more */
void node_delivered(struct world *w,
                    enum msg_kind kind); /* a message was taken: is this the moment to crash? */

#endif
