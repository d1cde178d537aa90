#include "proto/edge.h"

#include "proto/base/check.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static bool parse_port(uint16_t *port, struct span text) {
    uint32_t value = 0;
    if (text.len == 0 || text.len > 5 || text.data[0] == '0')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = 10 * value + (uint32_t)(text.data[i] - '0');
    }
    *port = (uint16_t)value;
    return value <= UINT16_MAX;
}

static bool parse_address(struct endpoint *e, struct span text) {
    static const uint8_t all[sizeof e->address];
    char host[ADDRESS_TEXT_BYTES] = "";
    e->v6 = text.len >= 2 && text.data[0] == '[' && text.data[text.len - 1] == ']';
    if (e->v6)
        text = span_of(text.data + 1, text.len - 2);
    if (text.len == 0 || text.len >= sizeof host || memchr(text.data, '\0', text.len) != NULL)
        return false;
    memcpy(host, text.data, text.len);
    return inet_pton(e->v6 ? AF_INET6 : AF_INET, host, e->address) == 1 &&
           memcmp(e->address, all, sizeof all) != 0;
}

bool endpoint_parse(struct endpoint *e, struct span text) {
    memset(e, 0, sizeof *e);
    if (!span_starts(text, "tcp://"))
        return false;
    text = span_from(text, strlen("tcp://"));
    size_t colon = text.len;
    while (colon > 0 && text.data[colon - 1] != ':')
        colon--;
    return colon > 0 && parse_address(e, span_of(text.data, colon - 1)) &&
           parse_port(&e->port, span_from(text, colon));
}

bool endpoint_equal(const struct endpoint *a, const struct endpoint *b) {
    return a->v6 == b->v6 && a->port == b->port &&
           memcmp(a->address, b->address, sizeof a->address) == 0;
}

void endpoint_address(const struct endpoint *e, char text[ADDRESS_TEXT_BYTES]) {
    ensure(inet_ntop(e->v6 ? AF_INET6 : AF_INET, e->address, text, ADDRESS_TEXT_BYTES) != NULL);
}

void endpoint_print(const struct endpoint *e, char text[ENDPOINT_TEXT_BYTES]) {
    char address[ADDRESS_TEXT_BYTES];
    endpoint_address(e, address);
    snprintf(text, ENDPOINT_TEXT_BYTES, e->v6 ? "tcp://[%s]:%u" : "tcp://%s:%u", address, e->port);
}
