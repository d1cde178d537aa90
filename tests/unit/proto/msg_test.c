/* What is wrong with a message is said; that right ones survive is shown in tests/wire. */
#include "proto/msg.h"

#include "proto/base/mp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint8_t memory[1024];

static struct buf begin(uint32_t elements, uint64_t number) {
    struct buf out = buf_of(memory, sizeof memory);
    mp_put_array(&out, elements);
    mp_put_u64(&out, number);
    return out;
}

static void expect_bad(const struct buf *frame, const char *what) {
    struct msg m;
    struct err err = {.code = ERR_NONE};
    assert_false(msg_decode(&m, buf_view(frame), &err));
    assert_int_equal(err.code, ERR_BAD_MESSAGE);
    assert_string_equal(err.what, what);
}

static void a_missing_field_is_named(void **state) {
    (void)state;
    struct buf frame = begin(3, MSG_hello);
    mp_put_u64(&frame, 1);
    mp_put_u64(&frame, 1);
    expect_bad(&frame, "message 'hello', field 'program': is missing");
    frame = begin(1, MSG_lease);
    expect_bad(&frame, "message 'lease', field 'term': is missing");
}

static void a_field_of_another_type_is_named(void **state) {
    (void)state;
    struct buf frame = begin(4, MSG_hello);
    mp_put_str(&frame, span_text("1"));
    mp_put_u64(&frame, 1);
    mp_put_str(&frame, span_text("zyg"));
    expect_bad(&frame, "message 'hello', field 'ticket': expected an integer");
    frame = begin(4, MSG_hello);
    mp_put_u64(&frame, 1);
    mp_put_i64(&frame, -1);
    mp_put_str(&frame, span_text("zyg"));
    expect_bad(&frame, "message 'hello', field 'protocol': expected a number that is not negative");
    frame = begin(4, MSG_hello);
    mp_put_u64(&frame, 1);
    mp_put_u64(&frame, 1);
    mp_put_bin(&frame, span_text("zyg"));
    expect_bad(&frame, "message 'hello', field 'program': expected text");
    frame = begin(2, MSG_hold);
    mp_put_u64(&frame, 1);
    expect_bad(&frame, "message 'hold', field 'on': expected true or false");
}

static void an_id_of_another_length_is_named(void **state) {
    (void)state;
    static const uint8_t bytes[33];
    for (size_t len = JOB_ID_BYTES - 1; len <= JOB_ID_BYTES + 1; len += 2) {
        struct buf frame = begin(3, MSG_resume);
        mp_put_u64(&frame, 1);
        mp_put_bin(&frame, span_of(bytes, len));
        expect_bad(&frame, "message 'resume', field 'job': expected an id of another length");
    }
    struct buf frame = begin(5, MSG_job_fact);
    mp_put_bin(&frame, span_of(bytes, NODE_ID_BYTES + 1));
    for (int i = 0; i < 3; i++)
        mp_put_u64(&frame, 1);
    expect_bad(&frame, "message 'job_fact', field 'owner': expected an id of another length");
}

static void text_with_control_characters_is_refused(void **state) {
    (void)state;
    struct buf frame = begin(3, MSG_find);
    mp_put_u64(&frame, 1);
    mp_put_str(&frame, span_text("\x1b[2J"));
    expect_bad(
        &frame,
        "message 'find', field 'selector': expected text in UTF-8 without control characters");
}

static void an_unknown_number_is_told(void **state) {
    (void)state;
    struct buf frame = begin(1, 0x3f);
    expect_bad(&frame, "no message has the number 63");
    frame = begin(1, 0);
    expect_bad(&frame, "no message has the number 0");
    frame = begin(1, MSG_KIND_MAX);
    expect_bad(&frame, "no message has the number 255");
    frame = begin(1, (uint64_t)1 << 32 | MSG_hold); /* not cut to 32 bits */
    expect_bad(&frame, "no message has the number 4294967408");
}

static void what_is_no_message_is_told(void **state) {
    (void)state;
    struct buf frame = buf_of(memory, sizeof memory);
    expect_bad(&frame, "not a message: expected an array");
    mp_put_array(&frame, 0);
    mp_put_u64(&frame, 1);
    expect_bad(&frame, "not a message: empty");
    buf_clear(&frame);
    mp_put_str(&frame, span_text("hello"));
    expect_bad(&frame, "not a message: expected an array");
}

static void fields_of_a_later_version_are_skipped(void **state) {
    (void)state;
    struct buf frame = begin(5, MSG_hold);
    struct msg m;
    struct err err;
    mp_put_bool(&frame, true);
    mp_put_array(&frame, 2);
    mp_put_nil(&frame);
    mp_put_str(&frame, span_text("later"));
    mp_put_f64(&frame, 0.5);
    mp_put_bin(&frame, span_text("x"));
    assert_true(msg_decode(&m, buf_view(&frame), &err));
    assert_int_equal(m.kind, MSG_hold);
    assert_true(m.hold.on);
    mp_put_nil(&frame); /* but not bytes that no field claims */
    expect_bad(&frame, "message 'hold': bytes after its end");
}

static void a_frame_cut_anywhere_is_refused(void **state) {
    (void)state;
    const struct msg m = {
        .kind = MSG_trial_row,
        .trial_row = {
            .ticket = 1000, .value = 0.5, .params = span_text("{}"), .cause = span_text("why")}};
    struct buf frame = buf_of(memory, sizeof memory);
    struct msg again;
    struct err err;
    assert_true(msg_encode(&m, &frame));
    for (size_t len = 0; len < frame.len; len++) {
        uint8_t *exact = malloc(len + 1); /* a sanitizer sees the first byte read beyond it */
        memcpy(exact, memory, len);
        assert_false(msg_decode(&again, span_of(exact, len), &err));
        free(exact);
    }
    assert_true(msg_decode(&again, buf_view(&frame), &err));
    assert_true(msg_equal(&m, &again));
}

static void what_finds_no_room_is_not_encoded(void **state) {
    (void)state;
    const struct msg m = {.kind = MSG_find, .find.selector = span_text("selector")};
    for (size_t cap = 0; cap < 12; cap++) {
        struct buf out = buf_of(memory, cap);
        assert_false(msg_encode(&m, &out));
        assert_true(out.overflow);
    }
    struct buf out = buf_of(memory, 12);
    assert_true(msg_encode(&m, &out));
    assert_false(msg_encode(&(struct msg){.kind = MSG_NONE}, &out));
}

static void messages_differ_by_kind_and_by_every_field(void **state) {
    (void)state;
    const struct msg a = {.kind = MSG_lease, .lease = {.slot = 1, .config = span_text("c")}};
    struct msg b = a;
    assert_true(msg_equal(&a, &b));
    b.lease.attempt = 1;
    assert_false(msg_equal(&a, &b));
    b = a;
    b.lease.config = span_text("d");
    assert_false(msg_equal(&a, &b));
    b = a;
    b.lease.from = 1;
    assert_false(msg_equal(&a, &b));
    b = a;
    b.lease.job.bytes[15] = 1;
    assert_false(msg_equal(&a, &b));
    assert_false(msg_equal(&a, &(struct msg){.kind = MSG_propose}));
}

static void a_message_prints_on_one_line(void **state) {
    (void)state;
    char text[256];
    struct buf out = buf_of(text, sizeof text - 1);
    msg_print(&(struct msg){.kind = MSG_learned,
                            .learned = {.job = {{0x3f, 0x2a, 1, 2}},
                                        .slot = 7,
                                        .config = span_text("xyz"),
                                        .has_value = true,
                                        .value = 0.1}},
              &out);
    buf_zero(&out);
    assert_string_equal(
        text,
        "learned{job=3f2a0102 slot=7 config=<3 bytes> status=0 has_value=yes value=0.1 run_ms=0 "
        "attempts=0 author=00000000 others=<0 bytes> curve=<0 bytes>}");
    buf_clear(&out);
    msg_print(&(struct msg){.kind = MSG_find, .find.selector = span_text("last")}, &out);
    msg_print(&(struct msg){.kind = MSG_NONE}, &out);
    buf_zero(&out);
    assert_string_equal(text, "find{ticket=0 selector=\"last\"}time{}");
}

static void routes_end_and_answers_go_to_clients(void **state) {
    (void)state;
    const enum room *start = msg_route(MSG_start);
    assert_int_equal(start[0], ROOM_FACTS);
    assert_int_equal(start[3], ROOM_GATEWAY);
    assert_int_equal(start[6], ROOM_ELASTIC);
    assert_int_equal(start[7], ROOM_NONE);
    assert_int_equal(msg_route(MSG_welcome)[0], ROOM_CLIENTS);
    assert_int_equal(msg_route(MSG_welcome)[1], ROOM_NONE);
    for (const enum msg_kind *kind = msg_kinds; *kind != MSG_NONE; kind++) {
        int rooms = 0;
        assert_non_null(msg_name(*kind));
        while (msg_route(*kind)[rooms] != ROOM_NONE)
            rooms++;
        assert_in_range(rooms, 1, ROUTE_ROOMS_MAX);
    }
    assert_null(msg_name((enum msg_kind)0xfe));
    assert_string_equal(room_name(ROOM_LAUNCHER), "launcher");
    assert_string_equal(room_name(ROOM_COUNT), "nobody");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_missing_field_is_named),
        cmocka_unit_test(a_field_of_another_type_is_named),
        cmocka_unit_test(an_id_of_another_length_is_named),
        cmocka_unit_test(text_with_control_characters_is_refused),
        cmocka_unit_test(an_unknown_number_is_told),
        cmocka_unit_test(what_is_no_message_is_told),
        cmocka_unit_test(fields_of_a_later_version_are_skipped),
        cmocka_unit_test(a_frame_cut_anywhere_is_refused),
        cmocka_unit_test(what_finds_no_room_is_not_encoded),
        cmocka_unit_test(messages_differ_by_kind_and_by_every_field),
        cmocka_unit_test(a_message_prints_on_one_line),
        cmocka_unit_test(routes_end_and_answers_go_to_clients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
