/* board - the switchboard of a node: cores and ports in their seats, one queue, one message at a time.
 *
 * The same board runs in zyg-node and in the simulator; only the ports differ. A message is always bytes on the board, so
 * nothing is shared between rooms, and what works between two rooms works between two machines.
 *
 * Memory   the queue grows as needed up to BOARD_BYTES_MAX; beyond it the node stops (every sender is bounded, so that
 *          would be a mistake of ours).
 */
#ifndef ZYG_BOARD_H
#define ZYG_BOARD_H

#include "actors/kit/core.h"

enum { BOARD_BYTES_MAX = 64 << 20 };

struct port {
    enum room room;
    void *self;
    /* Does what the message asks. May post answers to the board it was seated on. */
    void (*perform)(void *self, const struct event *event);
    void (*spare)(void *self, const struct spare *spare); /* as a core's */
};

struct board;

struct board *board_new(void);
void board_destroy(struct board **b);
void board_seat_core(struct board *b, const struct core *core);
void board_seat_port(struct board *b, const struct port *port);

/* By routes.def. */
void board_post(struct board *b, enum room from, uint32_t peer, const struct msg *m);
void board_post_to(struct board *b, enum room to, enum room from, uint32_t peer,
                   const struct msg *m);

/* Delivers one message; false when there was none. */
bool board_step(struct board *b, struct moment at);
void board_run(struct board *b, struct moment at); /* until the queue is empty */
void board_wake(
    struct board *b,
    struct moment at); /* gives the time to every core whose deadline has come, then runs */
when_ms board_deadline(const struct board *b);
/* What nobody needs between two steps: of the board, of all cores and of all ports. */
void board_spare(struct board *b, const struct spare *spare);
uint64_t board_delivered(const struct board *b);

/* Sees every message before it is delivered; for traces and the simulator's checkers. */
void board_watch(struct board *b,
                 void (*see)(void *context, enum room to, const struct event *event),
                 void *context);

#endif
