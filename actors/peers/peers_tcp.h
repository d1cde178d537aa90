/* peers_tcp - what is done to the connections beneath ZMQ's sockets, by the descriptors that it reports.
 *
 * Such a descriptor belongs to ZMQ's thread, which may have closed it already: the number may mean another file by now. So
 * everything works on a duplicate, after a look at whom it connects, and the duplicate is closed at once (as long as there
 * is one, the other side would not be told of an end).
 */
#ifndef ZYG_PEERS_TCP_H
#define ZYG_PEERS_TCP_H

#include "proto/edge.h"

/* No delay, thin linear timeouts, reno where it is permitted: a lost packet of a stream that says little then costs tenths of a
 * second, not many. */
void peers_tcp_tune_dialled(int fd, const struct endpoint *peer);
void peers_tcp_tune_accepted(int fd, uint16_t port);

/* Who is connected to our `port` by fd; false: fd is no such connection (any more). */
bool peers_tcp_peer(int fd, uint16_t port, struct endpoint *peer);

/* Ends the connection to our `port` by fd, when peer (NULL: anybody) is the other side. */
bool peers_tcp_cut(int fd, uint16_t port, const struct endpoint *peer);

/* Starts to connect; a descriptor that can be written to once the answer is there, or -1 and errno. */
int peers_tcp_ask(const struct endpoint *to);
/* Closes it; 0: somebody listens there; else errno, EINPROGRESS when there is no answer yet. */
int peers_tcp_answer(int fd);

#endif
