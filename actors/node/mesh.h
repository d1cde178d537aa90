/* mesh - what a node of a cluster has beside one that is alone: the sockets to other nodes, the rooms that know the members and
 * follow a leader, and a look at what else its machine does.
 *
 * Memory   of the rooms: mesh_memory() bytes of the block that node_actor_reserve reserved.
 * Errors   mesh_open: ERR_SYSTEM, which address cannot be listened on.
 */
#ifndef ZYG_MESH_H
#define ZYG_MESH_H

#include "actors/node/load.h"
#include "actors/node/node_actor.h"
#include "actors/peers/peers_port.h"

struct mesh {
    struct peers_port *peers; /* NULL: the node is alone */
    zactor_t *zap;
    struct load load;
};

size_t mesh_memory(void);
/* Listens, and seats the port and the rooms; fills in the door's `mesh`. `door` is where clients of others connect. */
bool mesh_open(struct mesh *m, struct board *board, struct node_setup *setup, const char *door,
               void *memory);
int mesh_fd(const struct mesh *m); /* -1: alone */
bool mesh_look(const struct mesh *m);
void mesh_ready(struct mesh *m);
when_ms mesh_due(const struct mesh *m); /* of the next look at the machine; WHEN_NEVER: alone */
void mesh_wake(struct mesh *m, struct board *board, when_ms now);
/* The keys of members are always let in. */
void mesh_know(const struct mesh *m, const struct msg_node_known *known);
void mesh_close(struct mesh *m);

#endif
