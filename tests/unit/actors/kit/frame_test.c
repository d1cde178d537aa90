#include "actors/kit/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void frames_come_off_a_run_as_they_were_put(void **state) {
    (void)state;
    uint8_t memory[256];
    struct buf run = buf_of(memory, sizeof memory);
    const struct msg first = {.kind = MSG_hold, .hold.on = true};
    const struct msg second = {.kind = MSG_end, .end = {.ticket = 300, .cursor = span_text("c")}};
    frame_put(&run, ROOM_SCHED, ROOM_FACTS, 0, &first);
    frame_put(&run, ROOM_CLIENTS, ROOM_GATEWAY, 0x01020304, &second);
    assert_memory_equal(memory, "\2\1\0\0\0\0\3\0\0\0", FRAME_HEADER_BYTES);
    struct span rest = buf_view(&run);
    struct msg m;
    struct err err;
    struct frame f = frame_take(&rest);
    assert_int_equal(f.to, ROOM_SCHED);
    assert_int_equal(f.from, ROOM_FACTS);
    assert_true(msg_decode(&m, f.message, &err) && msg_equal(&m, &first));
    f = frame_take(&rest);
    assert_int_equal(f.to, ROOM_CLIENTS);
    assert_int_equal(f.peer, 0x01020304);
    assert_true(msg_decode(&m, f.message, &err) && msg_equal(&m, &second));
    assert_int_equal(rest.len, 0);
}

static void a_message_without_room_leaves_nothing_half_written(void **state) {
    (void)state;
    uint8_t memory[64], blob[64] = {0};
    struct buf run = buf_of(memory, sizeof memory);
    frame_put(&run, ROOM_SCHED, ROOM_FACTS, 0, &(struct msg){.kind = MSG_hold});
    size_t before = run.len;
    frame_put(&run, ROOM_STORE, ROOM_FACTS, 0,
              &(struct msg){.kind = MSG_save, .save.ops = span_of(blob, sizeof blob)});
    assert_int_equal(run.len, before);
    assert_true(run.overflow);
}

static void what_is_said_goes_to_the_rooms_of_its_route(void **state) {
    (void)state;
    uint8_t memory[256];
    struct says out = {.frames = buf_of(memory, sizeof memory), .from = ROOM_TUNER};
    say(&out, &(struct msg){.kind = MSG_proposed, .proposed.slot = 4});
    say_to(&out, ROOM_GATEWAY, 6, &(struct msg){.kind = MSG_hold});
    struct span rest = buf_view(&out.frames);
    assert_int_equal(frame_take(&rest).to, ROOM_FACTS);
    struct frame f = frame_take(&rest);
    assert_int_equal(f.to, ROOM_SCHED);
    assert_int_equal(f.from, ROOM_TUNER);
    f = frame_take(&rest);
    assert_int_equal(f.to, ROOM_GATEWAY);
    assert_int_equal(f.peer, 6);
    assert_int_equal(rest.len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_come_off_a_run_as_they_were_put),
        cmocka_unit_test(a_message_without_room_leaves_nothing_half_written),
        cmocka_unit_test(what_is_said_goes_to_the_rooms_of_its_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
