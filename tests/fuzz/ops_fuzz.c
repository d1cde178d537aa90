/* Any bytes as a transaction: what is accepted must read the same after it was written again, and
 * the simulator's store must take it whole or refuse it whole. */
#include "proto/base/check.h"
#include "store/ops.h"
#include "store/store_mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 65536 };

static uint8_t
    written[4 * INPUT_MAX]; /* lengths may have come in fewer bytes than they are written in */

static bool same(const struct op *a, const struct op *b) {
    return a->table == b->table && a->put == b->put && span_equal(a->key, b->key) &&
           span_equal(a->value, b->value);
}

/* Writes what can be read anew; false when the bytes are not operations to their end. */
static bool rewrite(struct span bytes, struct buf *out) {
    struct ops ops = ops_of(bytes);
    struct op op;
    bool wrong;
    while (ops_next(&ops, &op, &wrong)) {
        ensure(op.key.len >= 1 && op.key.len <= STORE_KEY_BYTES_MAX);
        ensure(table_name(op.table) != NULL);
        if (op.put)
            ops_put(out, op.table, op.key, op.value);
        else
            ops_delete(out, op.table, op.key);
    }
    return !wrong;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > INPUT_MAX)
        return 0;
    struct span bytes = span_of(data, size);
    struct buf out = buf_of(written, sizeof written);
    bool right = rewrite(bytes, &out);
    ensure(!out.overflow);

    struct ops first = ops_of(bytes);
    struct ops second = ops_of(buf_view(&out));
    struct op a, b;
    bool wrong;
    while (ops_next(&second, &b, &wrong)) {
        ensure(ops_next(&first, &a, &wrong));
        ensure(same(&a, &b));
    }
    ensure(!wrong);

    struct store *s = store_open_mem();
    struct err err = {.code = ERR_NONE};
    ensure(store_save(s, bytes, &err) == right);
    ensure(right || err.code == ERR_BAD_MESSAGE);
    size_t rows = 0;
    for (int table = TABLE_NONE + 1; table < TABLE_COUNT; table++)
        rows += store_mem_rows(s, (enum table)table);
    ensure(right || rows == 0);
    store_close(&s);
    return 0;
}
