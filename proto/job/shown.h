/* shown - text of a user or peer inside a message: "%.*s" with SHOWN(text) shows at most 40 bytes
 * of it and never half a character; SHOWN_UP_TO(text, most) has another bound, and SHOWN_NAME(text)
 * one that leaves every valid name whole. */
#ifndef ZYG_SHOWN_H
#define ZYG_SHOWN_H

#include "proto/base/bytes.h"
#include "proto/limits.h"

#define SHOWN_UP_TO(text, most) shown_length(text, most), (const char *)(text).data
#define SHOWN(text) SHOWN_UP_TO(text, 40)
#define SHOWN_NAME(text) SHOWN_UP_TO(text, LIMIT_NAME_BYTES)

static inline int shown_length(struct span text, size_t most) {
    size_t len = text.len;
    if (len > most) {
        len = most;
        while (len > 0 && (text.data[len] & 0xc0) == 0x80)
            len--;
    }
    return (int)len;
}

#endif
