/* Configurations as canonical bytes. */
#include "proto/base/mp.h"
#include "proto/job/value.h"

#include <math.h>

static void value_encode(struct buf *out, const struct value *v) {
    switch (v->kind) {
    case VALUE_NONE: mp_put_nil(out); break;
    case VALUE_BOOL: mp_put_bool(out, v->boolean); break;
    case VALUE_INT: mp_put_i64(out, v->integer); break;
    case VALUE_FLOAT: mp_put_f64(out, v->real + 0.0); break; /* -0.0 becomes 0.0, its equal */
    case VALUE_TEXT: mp_put_str(out, v->text); break;
    }
}

void config_encode(struct buf *out, const struct value *values, size_t count) {
    mp_put_array(out, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        value_encode(out, &values[i]);
}

/* True when `taken` is what value_encode would have written. Text may be long, so only its length
 * is compared. */
static bool is_canonical(struct span taken, const struct value *v) {
    uint8_t memory[16];
    struct buf again = buf_of(memory, sizeof memory);
    if (v->kind == VALUE_TEXT) {
        size_t len = v->text.len;
        size_t head = len < 32 ? 1 : len < 256 ? 2 : len < 65536 ? 3 : 5;
        return taken.len == head + len;
    }
    value_encode(&again, v);
    return span_equal(taken, buf_view(&again));
}

static bool value_decode(struct mp *m, struct value *v) {
    struct span before = m->rest;
    *v = (struct value){0};
    switch (mp_peek(m)) {
    case MP_NIL: mp_nil(m); break;
    case MP_BOOL:
        v->kind = VALUE_BOOL;
        v->boolean = mp_bool(m);
        break;
    case MP_INT:
        v->kind = VALUE_INT;
        v->integer = mp_i64(m);
        break;
    case MP_FLOAT:
        v->kind = VALUE_FLOAT;
        v->real = mp_f64(m);
        if (!isfinite(v->real))
            return false;
        break;
    case MP_STR:
        v->kind = VALUE_TEXT;
        v->text = mp_str(m);
        break;
    default: return false;
    }
    return m->bad == NULL && is_canonical(span_of(before.data, before.len - m->rest.len), v);
}

bool config_decode(struct span bytes, struct value *values, size_t count) {
    struct mp m = mp_of(bytes);
    if (mp_array(&m) != count)
        return false;
    size_t head = count < 16 ? 1 : count < 65536 ? 3 : 5;
    if (m.bad != NULL || bytes.len - m.rest.len != head)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!value_decode(&m, &values[i]))
            return false;
    }
    return mp_done(&m);
}
