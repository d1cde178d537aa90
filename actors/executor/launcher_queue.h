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
void launcher_queue_add(struct launcher_queue *q, struct span bytes, int descriptor); /* -1: none */
/* Sends what there is room for; true when nothing is left. A socket whose other end is gone swallows everything. */
bool launcher_queue_send(struct launcher_queue *q, int socket);

#endif
