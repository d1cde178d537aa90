/* edge - what the member room and the PEERS port must agree on: where a node can be dialled, and how an edge ends.
 *
 * Endpoints come from other machines, and libzmq would take file names, host names (looked up while everything waits) and ports
 * that do not exist. Here an endpoint is tcp://NUMERIC:PORT and nothing else: an IPv4 address or one of IPv6 in brackets, port
 * 1 to 65535 without leading zeros, not the address that stands for all of them.
 */
#ifndef ZYG_EDGE_H
#define ZYG_EDGE_H

#include "proto/base/bytes.h"

enum edge_end {
    EDGE_CLOSED,  /* by the other side, or by a broken connection */
    EDGE_REFUSED, /* the machine answers, nobody listens there */
    EDGE_TIMED_OUT,
    EDGE_UNTRUSTED, /* another key answered, or ours was not let in */
    EDGE_NONSENSE   /* ended here: what came over it was no message between nodes */
};

enum { ADDRESS_TEXT_BYTES = 46, ENDPOINT_TEXT_BYTES = 62 };

struct endpoint {
    bool v6;
    uint8_t address[16]; /* network order; IPv4: the first four, the rest zero */
    uint16_t port;
};

bool endpoint_parse(struct endpoint *e, struct span text);
bool endpoint_equal(const struct endpoint *a, const struct endpoint *b);
void endpoint_address(const struct endpoint *e, char text[ADDRESS_TEXT_BYTES]);
void endpoint_print(const struct endpoint *e, char text[ENDPOINT_TEXT_BYTES]);

#endif
