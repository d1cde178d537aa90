#include "proto/running.h"

#include <string.h>

void running_put_node(struct buf *out, const struct node_id *node, uint64_t count) {
    mp_put_bin(out, span_of(node->bytes, sizeof node->bytes));
    mp_put_u64(out, count);
}

void running_put_trial(struct buf *out, uint64_t slot, uint64_t attempt, dur_ms age) {
    mp_put_u64(out, slot);
    mp_put_u64(out, attempt);
    mp_put_i64(out, age);
}

struct running_reader running_read(struct span trials) {
    return (struct running_reader){.in = mp_of(trials)};
}

static bool next_node(struct running_reader *r) {
    if (mp_peek(&r->in) == MP_END)
        return false;
    struct span node = mp_bin(&r->in);
    r->left = mp_u64(&r->in);
    if (r->in.bad != NULL || node.len != sizeof r->node.bytes)
        return false;
    memcpy(r->node.bytes, node.data, node.len);
    return true;
}

bool running_next(struct running_reader *r, struct running_trial *trial) {
    while (r->left == 0) {
        if (!next_node(r))
            return false;
    }
    r->left--;
    trial->node = r->node;
    trial->slot = mp_u64(&r->in);
    trial->attempt = mp_u64(&r->in);
    trial->age = mp_i64(&r->in);
    return r->in.bad == NULL && trial->age >= 0;
}
