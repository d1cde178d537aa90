/* address - what others dial to reach a socket that was bound here. */
#ifndef ZYG_ADDRESS_H
#define ZYG_ADDRESS_H

#include "proto/trust/certificate.h"

/* "tcp://0.0.0.0:7420" becomes this machine's own address, that of the way out of it; every other endpoint stays. False: it is
 * no tcp://HOST:PORT that fits. */
bool address_for_others(const char *bound, char out[ENDPOINT_BYTES_MAX]);
/* The same address with any port: "tcp://0.0.0.0:*". False as above. */
bool address_any_port(const char *endpoint, char out[ENDPOINT_BYTES_MAX]);
/* "tcp://0.0.0.0:*" with the port of "tcp://10.0.0.7:40123"; false also when the first names a port. */
bool address_with_port_of(const char *any_port, const char *endpoint, char out[ENDPOINT_BYTES_MAX]);
/* It names this machine to itself alone. */
bool address_is_loopback(const char *endpoint);
/* tcp://HOST:PORT, the port `*` or a number up to 65535: libzmq takes a greater one too, and binds another port. */
bool address_can_be_bound(const char *endpoint);
/* Its host is an address, any (`*`), or an interface of this machine: a name that has to be looked up cannot be bound to. */
bool address_host_is_here(const char *endpoint);
/* tcp://HOST:PORT, the port a number. */
bool address_can_be_dialled(const char *endpoint);

#endif
