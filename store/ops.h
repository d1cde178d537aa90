/* ops - one transaction as bytes: what facts says to the store in `save`, and what the store reads
 * back.
 *
 * Bytes    a run of msgpack arrays: [table, key, value] puts, [table, key] deletes. Keys are 1..511
 *          bytes long (LMDB's limit), so a run may be cut between two operations and two runs may
 *          be joined.
 * Errors   ops_put and ops_delete only overflow `out`. ops_next believes nothing: the bytes may
 *          come from anywhere.
 */
#ifndef ZYG_OPS_H
#define ZYG_OPS_H

#include "proto/base/bytes.h"
#include "proto/base/mp.h"

enum table {
    TABLE_NONE,
#define TABLE(number, name, key, value) TABLE_##name = (number),
#include "store/tables.def"
#undef TABLE
    TABLE_COUNT
};

enum { STORE_KEY_BYTES_MAX = 511 };

struct op {
    enum table table;
    struct span key;
    bool put; /* false: delete */
    struct span value;
};

const char *table_name(enum table table); /* NULL: no such table */
void ops_put(struct buf *out, enum table table, struct span key, struct span value);
void ops_delete(struct buf *out, enum table table, struct span key);

struct ops {
    struct mp mp;
};
struct ops ops_of(struct span bytes);
/* False at the end, and when the bytes are not ops (`wrong` is then true). */
bool ops_next(struct ops *o, struct op *op, bool *wrong);

#endif
