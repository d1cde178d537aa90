/* The switchboard, with rooms that note what they are told. */
#include "actors/kit/board.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NOTES_MAX = 4096 };

/* What happened, in order, over all rooms of a test. */
struct notebook {
    uint32_t count;
    struct note {
        enum room to, from;
        uint32_t peer;
        enum msg_kind kind;
        uint64_t number;
        when_ms now;
    } notes[NOTES_MAX];
};

struct room_kit {
    struct notebook *book;
    enum room room;
    struct board *board;
    when_ms due;
    uint32_t checks;
};

static void note(struct room_kit *r, const struct event *event, when_ms now) {
    struct notebook *book = r->book;
    assert_true(book->count < NOTES_MAX);
    book->notes[book->count++] =
        (struct note){.to = r->room,
                      .from = event->from,
                      .peer = event->peer,
                      .kind = event->msg.kind,
                      .number = event->msg.kind == MSG_saved ? event->msg.saved.ticket : 0,
                      .now = now};
}

/* Answers a quit with an outcome and a welcome to client 9. */
static void kit_step(void *self, const struct event *event, struct moment at, struct says *out) {
    struct room_kit *r = self;
    note(r, event, at.now);
    if (event->msg.kind == MSG_NONE)
        r->due = WHEN_NEVER;
    if (event->msg.kind == MSG_quit) {
        say(out, &(struct msg){.kind = MSG_outcome});
        say_to(out, ROOM_CLIENTS, 9, &(struct msg){.kind = MSG_welcome});
    }
}

static when_ms kit_deadline(const void *self) {
    return ((const struct room_kit *)self)->due;
}

/* `check` promises not to change the core, but a test may count. */
static void kit_check(const void *self) {
    ((struct room_kit *)(uintptr_t)self)->checks++;
}

static void kit_perform(void *self, const struct event *event) {
    struct room_kit *r = self;
    note(r, event, 0);
    if (event->msg.kind == MSG_save)
        board_post_to(r->board, event->from, ROOM_STORE, 0,
                      &(struct msg){.kind = MSG_saved, .saved.ticket = event->msg.save.ticket});
}

struct fixture {
    struct board *board;
    struct notebook book;
    struct room_kit rooms[ROOM_COUNT];
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->board = board_new();
    for (int room = ROOM_FACTS; room < ROOM_COUNT; room++)
        f->rooms[room] = (struct room_kit){
            .book = &f->book, .room = (enum room)room, .board = f->board, .due = WHEN_NEVER};
    for (int room = ROOM_FACTS; room <= ROOM_ELASTIC; room++)
        board_seat_core(f->board, &(struct core){.room = (enum room)room,
                                                 .self = &f->rooms[room],
                                                 .step = kit_step,
                                                 .deadline = kit_deadline,
                                                 .check = kit_check});
    board_seat_port(
        f->board,
        &(struct port){.room = ROOM_STORE, .self = &f->rooms[ROOM_STORE], .perform = kit_perform});
    board_seat_port(f->board, &(struct port){.room = ROOM_CLIENTS,
                                             .self = &f->rooms[ROOM_CLIENTS],
                                             .perform = kit_perform});
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    board_destroy(&f->board);
    assert_null(f->board);
    board_destroy(&f->board);
    free(f);
    return 0;
}

static const struct moment at = {.now = 50, .wall = 60};

static void expect_note(const struct fixture *f, uint32_t index, enum room to, enum room from,
                        enum msg_kind kind) {
    assert_true(index < f->book.count);
    assert_int_equal(f->book.notes[index].to, to);
    assert_int_equal(f->book.notes[index].from, from);
    assert_int_equal(f->book.notes[index].kind, kind);
}

static void a_message_goes_to_the_rooms_of_its_route(void **state) {
    struct fixture *f = *state;
    board_post(f->board, ROOM_NODE, 0, &(struct msg){.kind = MSG_start});
    board_run(f->board, at);
    assert_int_equal(f->book.count, 7);
    expect_note(f, 0, ROOM_FACTS, ROOM_NODE, MSG_start);
    expect_note(f, 1, ROOM_SCHED, ROOM_NODE, MSG_start);
    expect_note(f, 2, ROOM_EXECUTOR, ROOM_NODE, MSG_start);
    expect_note(f, 3, ROOM_GATEWAY, ROOM_NODE, MSG_start);
    expect_note(f, 4, ROOM_MEMBER, ROOM_NODE, MSG_start);
    expect_note(f, 5, ROOM_LEADER, ROOM_NODE, MSG_start);
    expect_note(f, 6, ROOM_ELASTIC, ROOM_NODE, MSG_start);
    assert_int_equal(f->book.notes[0].now, 50);
    assert_int_equal(board_delivered(f->board), 7);
}

static void what_a_room_says_comes_after_what_was_said_before(void **state) {
    struct fixture *f = *state;
    board_post_to(f->board, ROOM_EXECUTOR, ROOM_NODE, 0, &(struct msg){.kind = MSG_quit});
    board_post_to(f->board, ROOM_TUNER, ROOM_NODE, 0, &(struct msg){.kind = MSG_propose});
    board_run(f->board, at);
    assert_int_equal(f->book.count, 6);
    expect_note(f, 0, ROOM_EXECUTOR, ROOM_NODE, MSG_quit);
    expect_note(f, 1, ROOM_TUNER, ROOM_NODE, MSG_propose);
    expect_note(f, 2, ROOM_FACTS, ROOM_EXECUTOR, MSG_outcome);
    expect_note(f, 3, ROOM_SCHED, ROOM_EXECUTOR, MSG_outcome);
    expect_note(f, 4, ROOM_LEADER, ROOM_EXECUTOR, MSG_outcome);
    expect_note(f, 5, ROOM_CLIENTS, ROOM_EXECUTOR, MSG_welcome);
    assert_int_equal(f->book.notes[5].peer, 9);
}

static void one_step_delivers_one_message(void **state) {
    struct fixture *f = *state;
    assert_false(board_step(f->board, at));
    board_post(f->board, ROOM_NODE, 0, &(struct msg){.kind = MSG_quit});
    assert_true(board_step(f->board, at));
    assert_int_equal(f->book.count, 1);
    assert_int_equal(f->rooms[ROOM_SCHED].checks, 1); /* after each step */
}

static void answers_go_to_clients_with_the_peer_that_asked(void **state) {
    struct fixture *f = *state;
    board_post(f->board, ROOM_GATEWAY, 77, &(struct msg){.kind = MSG_end});
    board_post(f->board, ROOM_CLIENTS, 0xdeadbeef, &(struct msg){.kind = MSG_hello});
    board_run(f->board, at);
    expect_note(f, 0, ROOM_CLIENTS, ROOM_GATEWAY, MSG_end);
    assert_int_equal(f->book.notes[0].peer, 77);
    expect_note(f, 1, ROOM_GATEWAY, ROOM_CLIENTS, MSG_hello);
    assert_int_equal(f->book.notes[1].peer, 0xdeadbeef);
}

static void a_port_may_post_while_it_performs(void **state) {
    struct fixture *f = *state;
    board_post(f->board, ROOM_LEADER, 0, &(struct msg){.kind = MSG_save, .save.ticket = 5});
    board_run(f->board, at);
    expect_note(f, 0, ROOM_STORE, ROOM_LEADER, MSG_save);
    expect_note(f, 1, ROOM_LEADER, ROOM_STORE, MSG_saved);
    assert_int_equal(f->book.notes[1].number, 5);
}

static void a_room_where_nobody_sits_loses_its_messages(void **state) {
    struct fixture *f = *state;
    board_post(f->board, ROOM_EXECUTOR, 0, &(struct msg){.kind = MSG_quiet});
    board_run(f->board, at);
    assert_int_equal(f->book.count, 0);
    assert_int_equal(board_delivered(f->board), 1);
}

static void only_cores_whose_time_has_come_are_woken(void **state) {
    struct fixture *f = *state;
    assert_int_equal(board_deadline(f->board), WHEN_NEVER);
    f->rooms[ROOM_FACTS].due = 80;
    f->rooms[ROOM_GATEWAY].due = 70;
    assert_int_equal(board_deadline(f->board), 70);
    board_wake(f->board, (struct moment){.now = 69});
    assert_int_equal(f->book.count, 0);
    board_wake(f->board, (struct moment){.now = 70});
    assert_int_equal(f->book.count, 1);
    expect_note(f, 0, ROOM_GATEWAY, ROOM_NONE, MSG_NONE);
    assert_int_equal(board_deadline(f->board), 80);
    board_wake(f->board, (struct moment){.now = 1000});
    expect_note(f, 1, ROOM_FACTS, ROOM_NONE, MSG_NONE);
    assert_int_equal(f->book.notes[1].now, 1000);
    assert_int_equal(board_deadline(f->board), WHEN_NEVER);
}

/* The queue grows, is compacted and used again, and keeps the order. */
static void thousands_of_messages_keep_their_order(void **state) {
    struct fixture *f = *state;
    static const uint8_t blob[60000];
    uint64_t posted = 0, delivered = 0;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 50; i++, posted++) {
            board_post_to(f->board, ROOM_FACTS, ROOM_STORE, 0,
                          &(struct msg){.kind = MSG_saved, .saved.ticket = posted});
            board_post_to(f->board, ROOM_TUNER, ROOM_STORE, 0,
                          &(struct msg){.kind = MSG_rows, .rows.rows = span_of(blob, sizeof blob)});
        }
        for (int i = 0; i < 70; i++)
            assert_true(board_step(f->board, at));
    }
    board_run(f->board, at);
    for (uint32_t i = 0; i < f->book.count; i++) {
        if (f->book.notes[i].kind == MSG_saved)
            assert_int_equal(f->book.notes[i].number, delivered++);
    }
    assert_int_equal(delivered, posted);
    assert_int_equal(board_delivered(f->board), 2 * posted);
}

static void see(void *context, enum room to, const struct event *event) {
    struct notebook *book = context;
    book->notes[book->count++] =
        (struct note){.to = to, .from = event->from, .kind = event->msg.kind};
}

static void a_watcher_sees_all_before_it_is_delivered(void **state) {
    struct fixture *f = *state;
    struct notebook *seen = calloc(1, sizeof *seen);
    board_watch(f->board, see, seen);
    board_post(f->board, ROOM_NODE, 0, &(struct msg){.kind = MSG_quit});
    board_run(f->board, at);
    assert_int_equal(seen->count, f->book.count);
    for (uint32_t i = 0; i < seen->count; i++) {
        assert_int_equal(seen->notes[i].to, f->book.notes[i].to);
        assert_int_equal(seen->notes[i].kind, f->book.notes[i].kind);
    }
    free(seen);
}

/* ---- spare memory ---- */

struct spared {
    uint32_t count;
    size_t bytes;
    bool core, port;
};

static void count_and_spoil(void *context, void *memory, size_t len) {
    struct spared *s = context;
    memset(memory, 0, len);
    s->count++;
    s->bytes += len;
    s->core = s->core || len == 11;
    s->port = s->port || len == 13;
}

static uint8_t spare_bytes[16];

static void core_spare(void *self, const struct spare *spare) {
    (void)self;
    spare_take(spare, spare_bytes, 11);
    spare_take(spare, spare_bytes, 0); /* nothing is not named */
}

static void port_spare(void *self, const struct spare *spare) {
    (void)self;
    spare_take(spare, spare_bytes, 13);
}

static void what_is_spare_is_named_and_what_waits_is_not(void **state) {
    struct fixture *f = *state;
    struct spared spared = {0};
    const struct spare spare = {.take = count_and_spoil, .context = &spared};
    board_seat_core(f->board, &(struct core){.room = ROOM_SCHED,
                                             .self = &f->rooms[ROOM_SCHED],
                                             .step = kit_step,
                                             .deadline = kit_deadline,
                                             .spare = core_spare});
    board_seat_port(f->board, &(struct port){.room = ROOM_CLIENTS,
                                             .self = &f->rooms[ROOM_CLIENTS],
                                             .perform = kit_perform,
                                             .spare = port_spare});
    for (int round = 1; round <= 3; round++) { /* with messages in the queue, too */
        board_post(f->board, ROOM_NODE, 0, &(struct msg){.kind = MSG_start});
        board_step(f->board, at);
        board_spare(f->board, &spare);
        board_run(f->board, at);
        assert_int_equal(f->book.count, 7 * round);
        board_spare(f->board, &spare);
    }
    assert_int_equal(spared.count, 6 * 5);
    assert_int_equal(spared.bytes, 6 * (11 + 13 + 2 * SAYS_BYTES + 2 * LIMIT_FRAME_BYTES));
    assert_true(spared.core && spared.port);
}

#define SEATED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        SEATED(a_message_goes_to_the_rooms_of_its_route),
        SEATED(what_a_room_says_comes_after_what_was_said_before),
        SEATED(one_step_delivers_one_message),
        SEATED(answers_go_to_clients_with_the_peer_that_asked),
        SEATED(a_port_may_post_while_it_performs),
        SEATED(a_room_where_nobody_sits_loses_its_messages),
        SEATED(only_cores_whose_time_has_come_are_woken),
        SEATED(thousands_of_messages_keep_their_order),
        SEATED(a_watcher_sees_all_before_it_is_delivered),
        SEATED(what_is_spare_is_named_and_what_waits_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
