/* launcher_queue - packets on their way to zyg-run, each perhaps with a descriptor.
 *
 * The node never waits for zyg-run: what the socket has no room for waits here, at most a few packets a slot.
 * Memory   each packet is a block of its own, freed when it was sent. A descriptor that was added is closed then.
 */
#ifndef ZYG_LAUNCHER_QUEUE_H
#define ZYG_LAUNCHER_QUEUE_H

#include "proto/base/bytes.h"

struct launcher_packet;

struct launcher_queue {
    struct launcher_packet *first;
    struct launcher_packet **last;
};

void launcher_queue_init(struct launcher_queue *q);
void launcher_queue_clear(struct launcher_queue *q);
bool launcher_queue_is_empty(const struct launcher_queue *q);
/* `run` is the one that is told when it cannot be sent; descriptor -1: none. */
void launcher_queue_add(struct launcher_queue *q, struct span bytes, uint64_t run, int descriptor);

enum launcher_queue_state {
    QUEUE_EMPTY, /* nothing is left */
    QUEUE_FULL,  /* the socket has no room now */
    QUEUE_REFUSED /* a packet can never be sent, such as one longer than the system allows: it was dropped */
};

struct launcher_refused {
    uint64_t run;
    int error; /* errno */
};

/* Sends what there is room for; after QUEUE_REFUSED it is to be called again for the rest. A socket whose other end is gone
 * swallows everything. */
enum launcher_queue_state launcher_queue_send(struct launcher_queue *q, int socket,
                                              struct launcher_refused *refused);

#endif
