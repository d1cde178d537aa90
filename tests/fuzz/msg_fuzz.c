/* Any bytes as a message: what is accepted must survive print, encode and decode unchanged. */
#include "proto/base/check.h"
#include "proto/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t text[LIMIT_FRAME_BYTES];
static uint8_t
    frame[2 * LIMIT_FRAME_BYTES]; /* a number may have come in fewer bytes than encode writes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct err err = {0};
    struct msg first, again;
    if (size > LIMIT_FRAME_BYTES)
        return 0;
    if (!msg_decode(&first, span_of(data, size), &err)) {
        ensure(err.code == ERR_BAD_MESSAGE);
        ensure(err.what[0] != '\0');
        return 0;
    }
    struct buf line = buf_of(text, sizeof text);
    msg_print(&first, &line);
    ensure(!line.overflow);
    struct buf out = buf_of(frame, sizeof frame);
    ensure(msg_encode(&first, &out));
    ensure(msg_decode(&again, buf_view(&out), &err));
    ensure(msg_equal(&first, &again));
    return 0;
}
