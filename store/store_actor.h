/* store_actor - the STORE port of zyg-node: a thread that owns the disk, and group commit.
 *
 * The node's board hands it save and scan; the thread takes up to STORE_GROUP waiting saves into one transaction, syncs once
 * and answers each. One row of an open store is read by the port itself while the thread has nothing to do, up to
 * STORE_READS_HERE times in a row, so that a chain of such reads looks at the sockets in between. Other answers wait on a
 * socket until store_port_ready posts them to the board, to the room that asked.
 *
 * Resting  when it is told so, the thread gives back what the store has taken (store_rest), and after that, as the last one
 *          that does, what the process has free (malloc_trim).
 * Memory   the port is the caller's until store_port_destroy; the board is borrowed and outlives it.
 * Errors   store_port_new answers NULL with what opening the store said.
 */
#ifndef ZYG_STORE_ACTOR_H
#define ZYG_STORE_ACTOR_H

#include "actors/kit/board.h"

enum { STORE_GROUP = 64, STORE_READS_HERE = 32 };

struct store_port;

struct store_port *store_port_new(const char *dir, struct board *board, struct err *err);
/* Waits until all that was asked is answered (answers are dropped), closes the store, ends the
 * thread. */
void store_port_destroy(struct store_port **p);

struct port store_port_seat(struct store_port *p);
void *store_port_sock(const struct store_port *p); /* readable: call store_port_ready */
/* True after something was asked: who waits on the socket's bare descriptor (ZMQ_FD) calls store_port_ready first. */
bool store_port_look(const struct store_port *p);
void store_port_ready(struct store_port *p);
uint64_t store_port_uses(const struct store_port *p); /* how often anything was asked */
void store_port_rest(struct store_port *p);

#endif
