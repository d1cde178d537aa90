/* The trials that run, as bytes. */
#include "proto/running.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct node_id a = {{0xa}}, b = {{0xb}};

static void expect(struct running_reader *r, const struct node_id *node, uint64_t slot,
                   uint64_t attempt, dur_ms age) {
    struct running_trial t;
    assert_true(running_next(r, &t));
    assert_true(node_id_equal(&t.node, node));
    assert_int_equal(t.slot, slot);
    assert_int_equal(t.attempt, attempt);
    assert_int_equal(t.age, age);
}

static void what_is_written_is_read(void **state) {
    (void)state;
    uint8_t memory[512];
    struct running_trial t;
    struct buf out = buf_of(memory, sizeof memory);
    running_put_node(&out, &a, 2);
    running_put_trial(&out, 7, 1, 0);
    running_put_trial(&out, LIMIT_SLOTS_JOB - 1, 3, 86400000);
    running_put_node(&out, &b, 0);
    running_put_node(&out, &b, 1);
    running_put_trial(&out, 8, 2, 5);
    struct running_reader r = running_read(buf_view(&out));
    expect(&r, &a, 7, 1, 0);
    expect(&r, &a, LIMIT_SLOTS_JOB - 1, 3, 86400000);
    expect(&r, &b, 8, 2, 5);
    assert_false(running_next(&r, &t));
    r = running_read((struct span){0});
    assert_false(running_next(&r, &t));
}

static void it_stops_at_what_makes_no_sense(void **state) {
    (void)state;
    uint8_t memory[512];
    struct running_trial t;
    struct buf out = buf_of(memory, sizeof memory);
    running_put_node(&out, &a, UINT64_MAX); /* more than there are */
    running_put_trial(&out, 7, 1, 0);
    for (size_t len = 0; len < out.len; len++) {
        struct running_reader cut = running_read(span_of(memory, len));
        assert_false(running_next(&cut, &t));
    }
    struct running_reader r = running_read(buf_view(&out));
    expect(&r, &a, 7, 1, 0);
    assert_false(running_next(&r, &t));

    buf_clear(&out);
    running_put_node(&out, &a, 1);
    running_put_trial(&out, 7, 1, -1);
    r = running_read(buf_view(&out));
    assert_false(running_next(&r, &t));

    buf_clear(&out);
    mp_put_bin(&out, span_text("no id"));
    mp_put_u64(&out, 1);
    running_put_trial(&out, 7, 1, 1);
    r = running_read(buf_view(&out));
    assert_false(running_next(&r, &t));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(it_stops_at_what_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
