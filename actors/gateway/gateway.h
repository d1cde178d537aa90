/* gateway - answers clients: turns requests into questions to other rooms and their answers into rows.
 *
 * Hears    start; requests of clients (messages.def 0x01-0x1f), met, left (their socket); admitted, job_open,
 *          job_stand, ailing (facts); unfit (executor); running (sched of the node that leads); printed (executor, here and
 *          of other nodes); busy (elastic, likewise); node_known (member); lead (leader); rows (store); the time.
 * Says     answers to clients; admit, job_want (facts); scan (store); look (sched), follow (executor) and busy_ask
 *          (elastic), here or by say_to MEMBER; met, note (node).
 * Holds    - nothing but hello is heard of a client that is no guest (guests.h);
 *          - every request is answered: by its rows and `end`, or by `refused`; what cannot be taken now is refused as busy;
 *          - answers come in pages, so a client that reads a million trials delays nobody;
 *          - a watcher hears of a change at once, and at most ten times a second;
 *          - what is shown of open jobs is the same on every node: what is kept of them, and what the leader says of what
 *            runs. An answer waits for that, at most LOOK_WAIT_MS (what a trial prints, twice that), and not at all while
 *            nobody leads;
 *          - who is gone is found out when something is sent to it; a client that stops to watch or to follow says hello anew.
 * Memory   the caller's, gateway_size() bytes of zeros.
 * Errors   a message no client may send, or one that makes no sense, is answered with `refused` or dropped and counted.
 *
 *   gateway.c   the step                                live.c           what runs, who watches
 *   follow.c    who reads what a trial prints
 *   ask.c       requests that need the store            render.c         stored rows as answers
 *   nodes.c     the members, and how busy they say they are
 *   guests.c    who may ask                             clients_port.c   the socket itself
 */
#ifndef ZYG_GATEWAY_H
#define ZYG_GATEWAY_H

#include "actors/gateway/guests.h"

struct gateway_config {
    struct node_id self;
    const char *version; /* of this program; borrowed for life */
    struct guests_config guests;
};

struct gateway;

size_t gateway_size(void);
struct gateway *gateway_init(void *memory, const struct gateway_config *config);
struct core gateway_core(struct gateway *g);

#endif
