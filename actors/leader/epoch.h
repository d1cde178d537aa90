/* epoch - a term and who leads in it; the greater of two holds. */
#ifndef ZYG_EPOCH_H
#define ZYG_EPOCH_H

#include "proto/base/ids.h"

enum { EPOCH_BYTES = 64 };

struct epoch {
    uint64_t term; /* 0: none */
    struct node_id leader;
    uint64_t generation; /* the leader's life */
};

/* By term; of one term the one of the smaller id is greater. Below 0, 0 or above 0, as memcmp. */
int epoch_compare(const struct epoch *a, const struct epoch *b);
void epoch_encode(const struct epoch *e, struct buf *out); /* at most EPOCH_BYTES */
bool epoch_decode(struct epoch *e, struct span bytes);     /* false: zeros */

#endif
