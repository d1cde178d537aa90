/* Any bytes as msgpack: whatever is asked for, a reader never gives what was not there, never goes
 * back, and stays bad once it is. Also read as a set of ranges and as a configuration, which are
 * msgpack with rules of their own. */
#include "proto/base/check.h"
#include "proto/base/mp.h"
#include "proto/base/ranges.h"
#include "proto/job/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 65536, RANGES_MAX = 64, VALUES_MAX = 8 };

static uint8_t bytes[2 * INPUT_MAX];

static void ensure_inside(struct span part, struct span whole) {
    ensure(part.len == 0 ||
           (part.data >= whole.data && part.data + part.len <= whole.data + whole.len));
}

/* Takes the next value as what it says it is, and writes it again. */
static void copy_value(struct mp *m, struct span whole, struct buf *out) {
    struct span taken = {0};
    switch (mp_peek(m)) {
    case MP_NIL:
        mp_nil(m);
        mp_put_nil(out);
        break;
    case MP_BOOL: mp_put_bool(out, mp_bool(m)); break;
    case MP_INT: {
        struct mp unsigned_reader = *m;
        uint64_t number = mp_u64(&unsigned_reader);
        if (unsigned_reader.bad == NULL) {
            *m = unsigned_reader;
            mp_put_u64(out, number);
        } else {
            mp_put_i64(out, mp_i64(m));
        }
        break;
    }
    case MP_FLOAT: mp_put_f64(out, mp_f64(m)); break;
    case MP_STR:
        taken = mp_str(m);
        mp_put_str(out, taken);
        break;
    case MP_BIN:
        taken = mp_bin(m);
        mp_put_bin(out, taken);
        break;
    case MP_ARRAY:
        mp_put_array(out, mp_array(m));
        break; /* its elements follow as values of their own */
    case MP_END:
    case MP_BAD: mp_skip(m); break;
    }
    ensure_inside(taken, whole);
}

/* False when the bytes are bad; what is good is written to `out` in the shortest form. */
static bool copy_values(struct span whole, struct buf *out) {
    struct mp m = mp_of(whole);
    while (m.rest.len > 0) {
        size_t before = m.rest.len;
        copy_value(&m, whole, out);
        ensure(m.rest.len < before);
        ensure_inside(m.rest, whole);
    }
    ensure(mp_done(&m) == (m.bad == NULL));
    if (m.bad == NULL)
        return true;
    ensure(mp_u64(&m) == 0 && mp_str(&m).len == 0 && mp_array(&m) == 0 && mp_peek(&m) == MP_BAD);
    return false;
}

static void read_as_ranges(struct span whole) {
    struct range memory[RANGES_MAX];
    struct range again_memory[RANGES_MAX];
    struct ranges r = ranges_of(memory, RANGES_MAX);
    if (!ranges_decode(&r, whole)) {
        ensure(r.count == 0);
        return;
    }
    for (uint32_t i = 0; i < r.count; i++) {
        ensure(r.items[i].from < r.items[i].to);
        ensure(i == 0 || r.items[i - 1].to < r.items[i].from);
    }
    struct buf out = buf_of(bytes, sizeof bytes);
    struct ranges again = ranges_of(again_memory, RANGES_MAX);
    ranges_encode(&r, &out);
    ensure(ranges_decode(&again, buf_view(&out)) && again.count == r.count);
}

/* A configuration has one spelling only. */
static void read_as_config(struct span whole) {
    struct value values[VALUES_MAX];
    for (size_t count = 0; count <= VALUES_MAX; count++) {
        if (!config_decode(whole, values, count))
            continue;
        struct buf out = buf_of(bytes, sizeof bytes);
        config_encode(&out, values, count);
        ensure(span_equal(buf_view(&out), whole));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > INPUT_MAX)
        return 0;
    struct span whole = span_of(data, size);
    struct buf out = buf_of(bytes, sizeof bytes);
    if (copy_values(whole, &out)) {
        ensure(!out.overflow && out.len <= size);
        struct mp m = mp_of(buf_view(&out));
        while (m.bad == NULL && m.rest.len > 0)
            mp_skip(&m);
    }
    struct mp skipper = mp_of(whole);
    while (skipper.bad == NULL && skipper.rest.len > 0) {
        size_t before = skipper.rest.len;
        mp_skip(&skipper);
        ensure(skipper.rest.len < before);
    }
    read_as_ranges(whole);
    read_as_config(whole);
    return 0;
}
