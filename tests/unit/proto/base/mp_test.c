#include "tests/unit/proto/base/text_assert.h"

#include "proto/base/mp.h"
#include "proto/base/rng.h"

#include <math.h>

/* What `write` leaves in a buf is exactly these bytes. */
#define assert_bytes(write, ...)                                                                   \
    do {                                                                                           \
        const uint8_t expected[] = {__VA_ARGS__};                                                  \
        uint8_t written_memory[64];                                                                \
        struct buf out = buf_of(written_memory, sizeof written_memory);                            \
        write;                                                                                     \
        assert_false(out.overflow);                                                                \
        assert_int_equal(out.len, sizeof expected);                                                \
        assert_memory_equal(written_memory, expected, sizeof expected);                            \
    } while (0)

#define mp_from(...)                                                                               \
    mp_of(span_of((const uint8_t[]){__VA_ARGS__}, sizeof(const uint8_t[]){__VA_ARGS__}))

static void writes_the_shortest_form(void **state) {
    (void)state;
    assert_bytes(mp_put_nil(&out), 0xc0);
    assert_bytes(mp_put_bool(&out, false), 0xc2);
    assert_bytes(mp_put_bool(&out, true), 0xc3);
    assert_bytes(mp_put_u64(&out, 127), 0x7f);
    assert_bytes(mp_put_u64(&out, 128), 0xcc, 0x80);
    assert_bytes(mp_put_u64(&out, 256), 0xcd, 1, 0);
    assert_bytes(mp_put_u64(&out, 65536), 0xce, 0, 1, 0, 0);
    assert_bytes(mp_put_u64(&out, 1ull << 32), 0xcf, 0, 0, 0, 1, 0, 0, 0, 0);
    assert_bytes(mp_put_i64(&out, 5), 5);
    assert_bytes(mp_put_i64(&out, -1), 0xff);
    assert_bytes(mp_put_i64(&out, -32), 0xe0);
    assert_bytes(mp_put_i64(&out, -33), 0xd0, 0xdf);
    assert_bytes(mp_put_i64(&out, -129), 0xd1, 0xff, 0x7f);
    assert_bytes(mp_put_f64(&out, 1.5), 0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0);
    assert_bytes(mp_put_str(&out, span_text("ab")), 0xa2, 'a', 'b');
    assert_bytes(mp_put_bin(&out, span_text("ab")), 0xc4, 2, 'a', 'b');
    assert_bytes(mp_put_array(&out, 3), 0x93);
    assert_bytes(mp_put_array(&out, 16), 0xdc, 0, 16);
}

static void writes_long_strings(void **state) {
    (void)state;
    static uint8_t text[70000], memory[70010];
    memset(text, 'x', sizeof text);
    const struct {
        size_t len;
        uint8_t tag;
        size_t header;
    } table[] = {{31, 0xbf, 1}, {32, 0xd9, 2}, {256, 0xda, 3}, {65536, 0xdb, 5}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct buf out = buf_of(memory, sizeof memory);
        mp_put_str(&out, span_of(text, table[i].len));
        assert_int_equal(memory[0], table[i].tag);
        assert_int_equal(out.len, table[i].header + table[i].len);
        struct mp m = mp_of(buf_view(&out));
        assert_int_equal(mp_str(&m).len, table[i].len);
        assert_true(mp_done(&m));
        buf_clear(&out);
        mp_put_bin(&out, span_of(text, table[i].len));
        m = mp_of(buf_view(&out));
        assert_int_equal(mp_bin(&m).len, table[i].len);
        assert_true(mp_done(&m));
    }
}

static void integers_come_back(void **state) {
    (void)state;
    struct rng r = rng_of(5, 0, 0);
    for (int i = 0; i < 10000; i++) {
        uint64_t value = rng_u64(&r) >> rng_below(&r, 64);
        int64_t negative = -(int64_t)(value >> 1) - 1;
        uint8_t memory[32];
        struct buf out = buf_of(memory, sizeof memory);
        mp_put_u64(&out, value);
        mp_put_i64(&out, negative);
        struct mp m = mp_of(buf_view(&out));
        assert_int_equal(mp_peek(&m), MP_INT);
        assert_true(mp_u64(&m) == value);
        assert_true(mp_i64(&m) == negative);
        assert_true(mp_done(&m));
    }
}

/* Senders may choose longer forms than needed: they mean the same. */
static void reads_every_form(void **state) {
    (void)state;
    struct mp m = mp_from(0xd0, 5, 0xd1, 0, 5, 0xd2, 0, 0, 0, 5, 0xd3, 0, 0, 0, 0, 0, 0, 0, 5, 0xcf,
                          0, 0, 0, 0, 0, 0, 0, 5);
    for (int i = 0; i < 5; i++)
        assert_true(mp_u64(&m) == 5);
    assert_true(mp_done(&m));
    m = mp_from(0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0, 0xd0, 0x80, 0xd1, 0x80, 0, 0xd2, 0x80, 0, 0, 0);
    assert_true(mp_i64(&m) == INT64_MIN);
    assert_true(mp_i64(&m) == -128);
    assert_true(mp_i64(&m) == -32768);
    assert_true(mp_i64(&m) == INT32_MIN);
    assert_true(mp_done(&m));
    m = mp_from(0xc0, 0xc2, 0xc3, 7, 0xcb, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0xdd, 0, 0, 0, 1, 0xda, 0, 1,
                'a', 0xc5, 0, 1, 0);
    mp_nil(&m);
    assert_false(mp_bool(&m));
    assert_true(mp_bool(&m));
    assert_true(mp_f64(&m) == 7);
    assert_true(mp_f64(&m) == -2);
    assert_int_equal(mp_array(&m), 1);
    assert_text(mp_str(&m), "a");
    assert_int_equal(mp_bin(&m).len, 1);
    assert_int_equal(mp_peek(&m), MP_END);
    assert_true(mp_done(&m));
}

static void doubles_come_back(void **state) {
    (void)state;
    const double values[] = {0, -0.0, 1e-310, -INFINITY, 0.1, NAN};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        uint8_t memory[16];
        struct buf out = buf_of(memory, sizeof memory);
        mp_put_f64(&out, values[i]);
        struct mp m = mp_of(buf_view(&out));
        assert_int_equal(mp_peek(&m), MP_FLOAT);
        double again = mp_f64(&m);
        assert_memory_equal(&again, &values[i], sizeof again);
    }
}

static void refuses_the_wrong_type(void **state) {
    (void)state;
    struct mp m = mp_from(0xa1, 'a', 5);
    assert_true(mp_u64(&m) == 0);
    assert_string_equal(m.bad, "expected an integer");
    assert_int_equal(mp_peek(&m), MP_BAD);
    assert_true(mp_u64(&m) == 0); /* bad once, bad for good */
    assert_false(mp_done(&m));
    m = mp_from(0xff);
    assert_true(mp_u64(&m) == 0);
    assert_string_equal(m.bad, "expected a number that is not negative");
    m = mp_from(0xcf, 0x80, 0, 0, 0, 0, 0, 0, 0);
    assert_true(mp_i64(&m) == 0);
    assert_string_equal(m.bad, "expected a smaller number");
    m = mp_from(5);
    assert_false(mp_bool(&m));
    assert_string_equal(m.bad, "expected true or false");
    m = mp_from(5);
    mp_nil(&m);
    assert_string_equal(m.bad, "expected nil");
    m = mp_from(0xc4, 1, 'a');
    assert_int_equal(mp_str(&m).len, 0);
    assert_string_equal(m.bad, "expected text");
    m = mp_from(0xa1, 'a');
    assert_int_equal(mp_bin(&m).len, 0);
    assert_string_equal(m.bad, "expected bytes");
    m = mp_from(0xa1, 0xff);
    assert_int_equal(mp_str(&m).len, 0);
    assert_string_equal(m.bad, "expected text in UTF-8 without control characters");
    m = mp_from(0xc0);
    assert_int_equal(mp_array(&m), 0);
    assert_string_equal(m.bad, "expected an array");
    m = mp_from(0xc0);
    assert_true(mp_f64(&m) == 0);
    assert_string_equal(m.bad, "expected a number");
    const uint8_t unused[] = {0xc1, 0xc7, 0xca, 0xd4,
                              0xde, 0xdf, 0x80, 0x8f}; /* extensions, float32, maps */
    for (size_t i = 0; i < sizeof unused; i++) {
        m = mp_of(span_of(&unused[i], 1));
        assert_int_equal(mp_peek(&m), MP_BAD);
    }
}

static void believes_no_length(void **state) {
    (void)state;
    struct mp m = mp_from(0xdb, 0xff, 0xff, 0xff, 0xff, 'a');
    assert_int_equal(mp_str(&m).len, 0);
    assert_string_equal(m.bad, "longer than the bytes that follow");
    m = mp_from(0xc6, 0, 0, 0, 2, 'a');
    assert_int_equal(mp_bin(&m).len, 0);
    assert_string_equal(m.bad, "longer than the bytes that follow");
    m = mp_from(0xdd, 0xff, 0xff, 0xff, 0xff, 1, 2);
    assert_int_equal(mp_array(&m), 0);
    assert_string_equal(m.bad, "more elements than bytes that follow");
    m = mp_from(0xcf, 1, 2, 3);
    assert_true(mp_u64(&m) == 0);
    assert_string_equal(m.bad, "cut short");
    m = mp_from(0xc5, 1);
    assert_int_equal(mp_bin(&m).len, 0);
    assert_string_equal(m.bad, "cut short");
}

static void skips_whole_values(void **state) {
    (void)state;
    struct mp m = mp_from(0x93, 1, 0x92, 0xc0, 0xa1, 'x', 0xcb, 0, 0, 0, 0, 0, 0, 0, 0, 0xc3, 0xc4,
                          1, 9, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 42);
    for (int i = 0; i < 5; i++)
        mp_skip(&m);
    assert_true(mp_u64(&m) == 42);
    assert_true(mp_done(&m));
    m = mp_from(0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 1);
    mp_skip(&m);
    assert_true(mp_done(&m));
    m = mp_from(0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 0x91, 1);
    mp_skip(&m);
    assert_string_equal(m.bad, "nested too deep");
    m = mp_from(0x92, 1);
    mp_skip(&m);
    assert_non_null(m.bad);
    m = mp_of((struct span){0});
    mp_skip(&m);
    assert_string_equal(m.bad, "cut short");
    m = mp_from(0x80);
    mp_skip(&m);
    assert_string_equal(m.bad, "a type that is not used");
}

static void writer_reports_overflow(void **state) {
    (void)state;
    uint8_t memory[4];
    struct buf out = buf_of(memory, sizeof memory);
    mp_put_array(&out, 2);
    mp_put_f64(&out, 1);
    assert_true(out.overflow);
    mp_put_nil(&out);
    assert_true(out.overflow);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_shortest_form), cmocka_unit_test(writes_long_strings),
        cmocka_unit_test(integers_come_back),       cmocka_unit_test(reads_every_form),
        cmocka_unit_test(doubles_come_back),        cmocka_unit_test(refuses_the_wrong_type),
        cmocka_unit_test(believes_no_length),       cmocka_unit_test(skips_whole_values),
        cmocka_unit_test(writer_reports_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
