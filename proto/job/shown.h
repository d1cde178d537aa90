/* shown - text of a user or peer inside a message: "%.*s" with SHOWN(text) shows at most 40 bytes
 * of it and never half a character. */
#ifndef ZYG_SHOWN_H
#define ZYG_SHOWN_H

#include "proto/base/bytes.h"

#define SHOWN(text) shown_length(text), (const char *)(text).data

static inline int shown_length(struct span text) {
    size_t len = text.len;
    if (len > 40) {
        len = 40;
        while (len > 0 && (text.data[len] & 0xc0) == 0x80)
            len--;
    }
    return (int)len;
}

#endif
