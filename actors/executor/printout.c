#include "actors/executor/printout.h"

#include <string.h>

void printout_init(struct printout *p) {
    p->bytes = 0;
}

static size_t smaller(uint64_t a, uint64_t b) {
    return (size_t)(a < b ? a : b);
}

void printout_add(struct printout *p, struct span bytes) {
    if (p->bytes < LIMIT_LOG_HEAD_BYTES) {
        size_t fits = smaller(LIMIT_LOG_HEAD_BYTES - p->bytes, bytes.len);
        if (fits > 0)
            memcpy(p->head + p->bytes, bytes.data, fits);
        p->bytes += fits;
        bytes = span_from(bytes, fits);
    }
    while (bytes.len > 0) {
        size_t at = (size_t)((p->bytes - LIMIT_LOG_HEAD_BYTES) % LIMIT_LOG_TAIL_BYTES);
        size_t fits = smaller(LIMIT_LOG_TAIL_BYTES - at, bytes.len);
        memcpy(p->tail + at, bytes.data, fits);
        p->bytes += fits;
        bytes = span_from(bytes, fits);
    }
}

struct span printout_head(const struct printout *p) {
    return span_of(p->head, smaller(p->bytes, LIMIT_LOG_HEAD_BYTES));
}

uint64_t printout_tail_len(const struct printout *p) {
    return smaller(p->bytes - printout_head(p).len, LIMIT_LOG_TAIL_BYTES);
}

void printout_tail(const struct printout *p, struct buf *out) {
    size_t len = (size_t)printout_tail_len(p);
    if (len < LIMIT_LOG_TAIL_BYTES) {
        buf_put(out, p->tail, len);
        return;
    }
    size_t oldest = (size_t)((p->bytes - LIMIT_LOG_HEAD_BYTES) % LIMIT_LOG_TAIL_BYTES);
    buf_put(out, p->tail + oldest, LIMIT_LOG_TAIL_BYTES - oldest);
    buf_put(out, p->tail, oldest);
}
