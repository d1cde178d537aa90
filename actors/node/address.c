#define _GNU_SOURCE /* getifaddrs, IFF_UP */

#include "actors/node/address.h"

#include "proto/base/num.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char scheme[] = "tcp://";
enum { SCHEME = sizeof scheme - 1 };

/* The text of both parts; the host of an IPv6 address has its brackets. */
static bool split(const char *endpoint, struct span *host, struct span *port) {
    const char *colon = strrchr(endpoint, ':');
    if (strncmp(endpoint, scheme, SCHEME) != 0 || colon == NULL || colon <= endpoint + SCHEME ||
        !is_plain_word(span_text(endpoint), ENDPOINT_BYTES_MAX))
        return false;
    *host = span_of(endpoint + SCHEME, (size_t)(colon - endpoint) - SCHEME);
    *port = span_text(colon + 1);
    return port->len > 0;
}

/* A datagram socket that is connected sends nothing, but has been given the address it would send from. */
static bool address_of_way_out(struct in_addr *out) {
    struct sockaddr_in far = {.sin_family = AF_INET, .sin_port = htons(9)}, own;
    socklen_t len = sizeof own;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool good = fd >= 0 &&
                inet_pton(AF_INET, "192.0.2.1", &far.sin_addr) == 1 && /* for documents: nobody's */
                connect(fd, (struct sockaddr *)&far, sizeof far) == 0 &&
                getsockname(fd, (struct sockaddr *)&own, &len) == 0;
    if (fd >= 0)
        close(fd);
    if (good)
        *out = own.sin_addr;
    return good;
}

/* A network without a way out. */
static bool address_of_interface(struct in_addr *out) {
    struct ifaddrs *all;
    bool found = false;
    if (getifaddrs(&all) != 0)
        return false;
    for (struct ifaddrs *i = all; i != NULL && !found; i = i->ifa_next) {
        found = i->ifa_addr != NULL && i->ifa_addr->sa_family == AF_INET &&
                (i->ifa_flags & IFF_UP) != 0 && (i->ifa_flags & IFF_LOOPBACK) == 0;
        if (found)
            *out = ((struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr;
    }
    freeifaddrs(all);
    return found;
}

bool address_for_others(const char *bound, char out[ENDPOINT_BYTES_MAX]) {
    struct span host, port;
    struct in_addr own = {.s_addr = htonl(INADDR_LOOPBACK)};
    char text[INET_ADDRSTRLEN];
    if (!split(bound, &host, &port))
        return false;
    if (!span_is(host, "0.0.0.0") && !span_is(host, "*") && !span_is(host, "[::]"))
        return snprintf(out, ENDPOINT_BYTES_MAX, "%s", bound) < ENDPOINT_BYTES_MAX;
    if (!address_of_way_out(&own) && !address_of_interface(&own))
        own.s_addr = htonl(INADDR_LOOPBACK);
    inet_ntop(AF_INET, &own, text, sizeof text);
    return snprintf(out, ENDPOINT_BYTES_MAX, "%s%s:%.*s", scheme, text, (int)port.len,
                    (const char *)port.data) < ENDPOINT_BYTES_MAX;
}

bool address_any_port(const char *endpoint, char out[ENDPOINT_BYTES_MAX]) {
    struct span host, port;
    return split(endpoint, &host, &port) &&
           snprintf(out, ENDPOINT_BYTES_MAX, "%s%.*s:*", scheme, (int)host.len,
                    (const char *)host.data) < ENDPOINT_BYTES_MAX;
}

bool address_with_port_of(const char *any_port, const char *endpoint,
                          char out[ENDPOINT_BYTES_MAX]) {
    struct span host, any, other, port;
    return split(any_port, &host, &any) && span_is(any, "*") && address_can_be_dialled(endpoint) &&
           split(endpoint, &other, &port) &&
           snprintf(out, ENDPOINT_BYTES_MAX, "%s%.*s:%.*s", scheme, (int)host.len,
                    (const char *)host.data, (int)port.len,
                    (const char *)port.data) < ENDPOINT_BYTES_MAX;
}

bool address_is_loopback(const char *endpoint) {
    struct span host, port;
    return split(endpoint, &host, &port) &&
           (span_starts(host, "127.") || span_is(host, "localhost") || span_is(host, "[::1]"));
}

bool address_can_be_bound(const char *endpoint) {
    struct span host, port;
    int64_t number;
    return split(endpoint, &host, &port) &&
           (span_is(port, "*") || (num_parse_i64(port, &number) && number >= 0 && number < 65536));
}

bool address_host_is_here(const char *endpoint) {
    struct span host, port;
    char text[ENDPOINT_BYTES_MAX] = "";
    uint8_t address[16];
    if (!split(endpoint, &host, &port))
        return false;
    memcpy(text, host.data, host.len);
    return host.data[0] == '[' || span_is(host, "*") || inet_pton(AF_INET, text, address) == 1 ||
           if_nametoindex(text) != 0;
}

bool address_can_be_dialled(const char *endpoint) {
    struct span host, port;
    int64_t number;
    return split(endpoint, &host, &port) && !span_is(host, "*") && num_parse_i64(port, &number) &&
           number > 0 && number < 65536;
}
