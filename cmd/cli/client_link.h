/* client_link - one connection to the clients' door of one node, which knows when it has ended.
 *
 * The node's key is pinned: whoever else listens there gets nothing. A connection is made once. When it could not be made, was
 * closed, or the node has not answered for LINK_SILENCE_MS, it has ended; nobody connects anew behind its back, because the
 * node would have forgotten what was asked.
 * Errors   ERR_SYSTEM (no socket is left), ERR_UNREACHABLE (no such address).
 */
#ifndef ZYG_CLIENT_LINK_H
#define ZYG_CLIENT_LINK_H

#include "actors/guard/keys.h"
#include "proto/base/time.h"
#include "proto/trust/certificate.h"

#include <czmq.h>

enum { LINK_SILENCE_MS = 3000, LINK_POLLS = 2 };

enum link_end {
    LINK_LIVES,
    LINK_GONE,
    LINK_REFUSED /* its guard does not know this client's key */
};

struct link {
    zsock_t *socket;
    zsock_t *monitor; /* NULL: to a node of this very process, which tells by other means */
    enum link_end end;
};

/* `own`: the node runs in this process. The struct needs link_close after any return, and is zeros before. */
bool link_open(struct link *l, const struct token_seed *door, const struct keys *keys, bool own,
               struct err *err);
void link_close(struct link *l);
bool link_send(const struct link *l, struct span bytes);
/* One message that can be read, into `frame`; what cannot is skipped as if it were lost. False: none has come. */
bool link_take(const struct link *l, zmq_msg_t *frame, struct msg *m);
enum link_end link_look(struct link *l);
/* Fills in what there is to wait for; returns how many. */
int link_polls(const struct link *l, zmq_pollitem_t items[LINK_POLLS]);

#endif
