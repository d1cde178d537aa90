#include "store/ops.h"

#include "proto/base/check.h"

static const char *const names[TABLE_COUNT] = {
#define TABLE(number, name, key, value) [(number)] = #name,
#include "store/tables.def"
#undef TABLE
};

const char *table_name(enum table table) {
    return table > TABLE_NONE && table < TABLE_COUNT ? names[table] : NULL;
}

static void put_head(struct buf *out, uint32_t elements, enum table table, struct span key) {
    ensure(table_name(table) != NULL);
    ensure(key.len >= 1 && key.len <= STORE_KEY_BYTES_MAX);
    mp_put_array(out, elements);
    mp_put_u64(out, (uint64_t)table);
    mp_put_bin(out, key);
}

void ops_put(struct buf *out, enum table table, struct span key, struct span value) {
    put_head(out, 3, table, key);
    mp_put_bin(out, value);
}

void ops_delete(struct buf *out, enum table table, struct span key) {
    put_head(out, 2, table, key);
}

struct ops ops_of(struct span bytes) {
    return (struct ops){.mp = mp_of(bytes)};
}

bool ops_next(struct ops *o, struct op *op, bool *wrong) {
    *wrong = false;
    if (mp_done(&o->mp))
        return false;
    uint32_t elements = mp_array(&o->mp);
    uint64_t table = mp_u64(&o->mp);
    struct span key = mp_bin(&o->mp);
    struct span value = elements == 3 ? mp_bin(&o->mp) : (struct span){0};
    if (o->mp.bad == NULL && (elements < 2 || elements > 3))
        o->mp.bad = "expected two or three elements";
    if (o->mp.bad == NULL && (table >= TABLE_COUNT || table_name((enum table)table) == NULL))
        o->mp.bad = "no such table";
    if (o->mp.bad == NULL && (key.len < 1 || key.len > STORE_KEY_BYTES_MAX))
        o->mp.bad = "expected a key of 1 to 511 bytes";
    if (o->mp.bad != NULL) {
        *wrong = true;
        return false;
    }
    *op = (struct op){.table = (enum table)table, .key = key, .put = elements == 3, .value = value};
    return true;
}
