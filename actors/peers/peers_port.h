/* peers_port - the sockets between nodes: edges as member wants them, each one CURVE connection, both ways.
 *
 * One ROUTER listens (mandatory routing, ids made here, never by the other side); one DEALER for every edge this node dials,
 * with the server's key pinned, closed before it would reconnect, 3 s to connect and 5 s to shake hands. An edge
 * carries whole messages of messages.def, one a frame, only those that a node says to another one (0xd0-0xd9); anything else,
 * and what cannot be decoded, ends the edge. What does not fit a frame is not sent.
 *
 * Edges    numbers that member gave are odd, those of edges that others dialled are even; none is used twice in one life. The
 *          first frame from a new routing id makes edge_up (with the key that ZAP proved: the User-Id of the last frame);
 *          before it there is nothing to tell. A dialled edge is up when its handshake has succeeded (socket monitor).
 * Ends     edge_down comes once for every edge that was dialled or up, and after edge_close not at all: the monitor's
 *          DISCONNECTED (what had arrived before is heard before), a refused or timed-out connect, a failed handshake, a
 *          ROUTER send to nobody (EHOSTUNREACH), or an outbox that is full (OUTBOX_MAX messages; TIMED_OUT): an edge that
 *          stalls is ended rather than waited for, what was on it is asked for again on the next.
 * Why      NONSENSE for what is no message between nodes (what is too long ZMQ itself ends: CLOSED). TIMED_OUT too when an
 *          endpoint cannot be dialled (not tcp://NUMERIC:PORT) or there is no place left. UNTRUSTED also when somebody
 *          listens there and hangs up on the handshake: so ZMQ answers who has another key for it.
 * Close    edge_close of a dialled edge lets what was said before it go out (half a second), of an accepted one it does not.
 *          peers_port_destroy does for all of them.
 * Sockets  get TCP_NODELAY, thin linear timeouts and, where it is allowed, reno (membership: thin streams): through the
 *          descriptors that the monitor reports, checked against the peer's address first.
 * Thread   the node's; peers_port_fd is one epoll descriptor over all sockets and monitors; `look` as in clients_port.
 * Errors   peers_port_new: ERR_SYSTEM, which address cannot be listened on.
 *
 *   peers_dial.c   edges dialled here             peers_socket.c  a socket of ZMQ and its monitor, in epoll
 *   peers_accept.c edges that others dialled      peers_tcp.c     tuning, cutting, asking who refused
 *   peers_says.c   what member hears
 */
#ifndef ZYG_PEERS_PORT_H
#define ZYG_PEERS_PORT_H

#include "actors/guard/keys.h"
#include "actors/kit/board.h"

struct peers_port;

/* listen: tcp://ADDRESS:PORT; the port may be * */
struct peers_port *peers_port_new(struct board *board, const struct keys *keys, const char *listen,
                                  struct err *err);
void peers_port_destroy(struct peers_port **p);
struct port peers_port_seat(struct peers_port *p);
const char *peers_port_endpoint(const struct peers_port *p); /* as it was bound */
int peers_port_fd(const struct peers_port *p);
/* Something is there although the descriptor is quiet. */
bool peers_port_look(const struct peers_port *p);
void peers_port_ready(struct peers_port *p);

#endif
