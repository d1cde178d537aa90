#include "proto/base/ids.h"

#include <string.h>

bool node_id_equal(const struct node_id *a, const struct node_id *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool job_id_equal(const struct job_id *a, const struct job_id *b) {
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

void node_id_print(struct buf *out, const struct node_id *id) {
    buf_hex(out, id->bytes, 8);
}

void job_id_print(struct buf *out, const struct job_id *id) {
    buf_hex(out, id->bytes, sizeof id->bytes);
}

void job_handle_print(struct buf *out, struct span name, const struct job_id *id) {
    buf_span(out, name);
    buf_byte(out, '-');
    buf_hex(out, id->bytes, 2);
}
