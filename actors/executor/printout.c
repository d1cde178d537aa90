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

uint64_t printout_read(const struct printout *p, uint64_t from, struct buf *out) {
    struct span head = printout_head(p);
    if (from < head.len) {
        buf_span(out, span_from(head, (size_t)from));
        return from;
    }
    uint64_t oldest = p->bytes - printout_tail_len(p);
    from = from < oldest ? oldest : from < p->bytes ? from : p->bytes;
    size_t len = (size_t)(p->bytes - from);
    size_t at = (size_t)((from - head.len) % LIMIT_LOG_TAIL_BYTES);
    size_t before_wrap = smaller(len, LIMIT_LOG_TAIL_BYTES - at);
    buf_put(out, p->tail + at, before_wrap);
    buf_put(out, p->tail, len - before_wrap);
    return from;
}

void printout_tail(const struct printout *p, struct buf *out) {
    (void)printout_read(p, LIMIT_LOG_HEAD_BYTES, out);
}
