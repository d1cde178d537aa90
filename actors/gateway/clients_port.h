/* clients_port - the socket that clients speak to: a CURVE ROUTER, one message a frame.
 *
 * A client's messages are posted to the board with its number as peer; answers go back by it. Before a hello the gateway is
 * told which key this peer has proved to hold (met). Only what a client may send is let through (messages.def 0x01-0x1f),
 * each message complete, at most LIMIT_FRAME_BYTES, from an authenticated key. Everything else is refused or dropped and
 * counted. A client that is gone, or that does not read its answers, is reported to the gateway as `left`.
 * Errors   clients_port_new: ERR_SYSTEM (cannot listen there).
 */
#ifndef ZYG_CLIENTS_PORT_H
#define ZYG_CLIENTS_PORT_H

#include "actors/guard/keys.h"
#include "actors/kit/board.h"

struct clients_port;

struct clients_port *clients_port_new(struct board *board, const struct keys *keys,
                                      const char *listen, struct err *err);
void clients_port_destroy(struct clients_port **p);
struct port clients_port_seat(struct clients_port *p);
const char *clients_port_endpoint(const struct clients_port *p); /* with the port number it got */

int clients_port_fd(const struct clients_port *p); /* ZMQ_FD: tells of news once */
/* True when there may be requests that the descriptor does not tell of: call clients_port_ready before waiting on it. */
bool clients_port_look(const struct clients_port *p);
void clients_port_ready(struct clients_port *p); /* reads a bounded number */

#endif
