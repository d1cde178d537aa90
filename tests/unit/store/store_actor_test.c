/* The thread that owns the disk, spoken to by a board as in zyg-node. */
#include "store/store_actor.h"

#include "proto/base/check.h"
#include "store/store.h"

#include <czmq.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ANSWERS_MAX = 4096 };

/* A room that keeps what it is told. */
struct listener {
    uint32_t count;
    struct {
        enum msg_kind kind;
        uint64_t ticket, code;
        uint32_t peer;
        char text[256];
    } answers[ANSWERS_MAX];
};

struct fixture {
    char dir[160];
    struct board *board;
    struct store_port *port;
    zpoller_t *poller;
    struct listener facts, gateway;
};

static void listener_perform(void *self, const struct event *event) {
    struct listener *l = self;
    const struct msg *m = &event->msg;
    ensure(l->count < ANSWERS_MAX);
    struct buf text = buf_of(l->answers[l->count].text, sizeof l->answers[0].text);
    l->answers[l->count].kind = m->kind;
    l->answers[l->count].peer = event->peer;
    if (m->kind == MSG_saved) {
        l->answers[l->count].ticket = m->saved.ticket;
    } else if (m->kind == MSG_save_failed) {
        l->answers[l->count].ticket = m->save_failed.ticket;
        l->answers[l->count].code = m->save_failed.code;
        buf_span(&text, m->save_failed.what);
    } else {
        assert_int_equal(m->kind, MSG_rows);
        l->answers[l->count].ticket = m->rows.ticket;
        l->answers[l->count].code = m->rows.code;
        struct mp mp = mp_of(m->rows.rows);
        while (!mp_done(&mp)) {
            buf_span(&text, mp_bin(&mp));
            buf_byte(&text, ' ');
        }
    }
    buf_zero(&text);
    l->count++;
}

static void start_port(struct fixture *f) {
    struct err err;
    f->board = board_new();
    f->port = store_port_new(f->dir, f->board, &err);
    assert_non_null(f->port);
    struct port seat = store_port_seat(f->port);
    struct port facts = {.room = ROOM_FACTS, .self = &f->facts, .perform = listener_perform};
    struct port gateway = {.room = ROOM_GATEWAY, .self = &f->gateway, .perform = listener_perform};
    board_seat_port(f->board, &seat);
    board_seat_port(f->board, &facts);
    board_seat_port(f->board, &gateway);
    f->poller = zpoller_new(store_port_sock(f->port), NULL);
}

static void stop_port(struct fixture *f) {
    zpoller_destroy(&f->poller);
    store_port_destroy(&f->port);
    assert_null(f->port);
    board_destroy(&f->board);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    const char *tmp = getenv("TMPDIR");
    snprintf(f->dir, sizeof f->dir, "%s/zyg-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(f->dir) == NULL)
        return 1;
    start_port(f);
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    stop_port(f);
    const char *files[] = {"data.mdb", "lock.mdb", "owner"};
    for (size_t i = 0; i < 3; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/%s", f->dir, files[i]);
        unlink(path);
    }
    int rc = rmdir(f->dir);
    free(f);
    return rc;
}

static const struct moment never_mind = {0};

/* Runs the board until a listener has so many answers. */
static void run_until(struct fixture *f, const struct listener *l, uint32_t count) {
    board_run(f->board, never_mind);
    while (l->count < count) {
        assert_ptr_equal(zpoller_wait(f->poller, 10000), store_port_sock(f->port));
        store_port_ready(f->port);
        board_run(f->board, never_mind);
    }
    assert_int_equal(l->count, count);
}

static void ask_save(struct fixture *f, uint64_t ticket, struct span ops) {
    struct msg m = {.kind = MSG_save, .save = {.ticket = ticket, .ops = ops}};
    board_post(f->board, ROOM_FACTS, 0, &m);
}

static void ask_save_key(struct fixture *f, uint64_t ticket, const char *key) {
    uint8_t memory[256];
    struct buf ops = buf_of(memory, sizeof memory);
    ops_put(&ops, TABLE_jobs, span_text(key), span_text("v"));
    ask_save(f, ticket, buf_view(&ops));
}

static void ask_scan(struct fixture *f, enum room from, uint32_t peer, uint64_t ticket,
                     uint64_t table) {
    struct msg m = {.kind = MSG_scan, .scan = {.ticket = ticket, .table = table, .limit = 100}};
    board_post_to(f->board, ROOM_STORE, from, peer, &m);
}

static void a_save_is_answered_and_seen_by_a_later_scan(void **state) {
    struct fixture *f = *state;
    ask_save_key(f, 7, "a");
    ask_scan(f, ROOM_GATEWAY, 42, 8, TABLE_jobs);
    run_until(f, &f->gateway, 1);
    assert_int_equal(f->facts.count, 1);
    assert_int_equal(f->facts.answers[0].kind, MSG_saved);
    assert_int_equal(f->facts.answers[0].ticket, 7);
    assert_int_equal(f->gateway.answers[0].kind, MSG_rows);
    assert_int_equal(f->gateway.answers[0].ticket, 8);
    assert_int_equal(f->gateway.answers[0].peer, 42);
    assert_int_equal(f->gateway.answers[0].code, ERR_NONE);
    assert_string_equal(f->gateway.answers[0].text, "a v ");
}

static void rows_go_to_the_room_that_asked(void **state) {
    struct fixture *f = *state;
    ask_scan(f, ROOM_FACTS, 0, 1, TABLE_bundles);
    ask_scan(f, ROOM_GATEWAY, 9, 2, 200); /* no such table */
    run_until(f, &f->gateway, 1);
    assert_int_equal(f->facts.count, 1);
    assert_int_equal(f->facts.answers[0].ticket, 1);
    assert_int_equal(f->gateway.answers[0].ticket, 2);
    assert_int_equal(f->gateway.answers[0].code, ERR_BAD_MESSAGE);
}

static void one_bad_transaction_spoils_no_other(void **state) {
    struct fixture *f = *state;
    ask_save_key(f, 1, "a");
    ask_save(f, 2, span_text("nonsense"));
    ask_save_key(f, 3, "b");
    run_until(f, &f->facts, 3);
    assert_int_equal(f->facts.answers[0].kind, MSG_saved);
    assert_int_equal(f->facts.answers[1].kind, MSG_save_failed);
    assert_int_equal(f->facts.answers[1].ticket, 2);
    assert_int_equal(f->facts.answers[1].code, ERR_BAD_MESSAGE);
    assert_string_equal(f->facts.answers[1].text, "a transaction for the store could not be read");
    assert_int_equal(f->facts.answers[2].kind, MSG_saved);
    ask_scan(f, ROOM_GATEWAY, 0, 4, TABLE_jobs);
    run_until(f, &f->gateway, 1);
    assert_string_equal(f->gateway.answers[0].text, "a v b v ");
}

static void more_than_the_pipe_holds_is_answered_in_order(void **state) {
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 3000; i++)
        ask_save_key(f, i, "same");
    run_until(f, &f->facts, 3000);
    for (uint32_t i = 0; i < 3000; i++) {
        assert_int_equal(f->facts.answers[i].kind, MSG_saved);
        assert_int_equal(f->facts.answers[i].ticket, i);
    }
}

/* A rest is no answer to anybody and no use of the store; what is asked while it lasts is answered after it. */
static void after_a_rest_all_is_as_before(void **state) {
    struct fixture *f = *state;
    ask_save_key(f, 1, "a");
    run_until(f, &f->facts, 1);
    assert_int_equal(store_port_uses(f->port), 1);
    for (uint64_t i = 0; i < 50; i++) {
        store_port_rest(f->port);
        store_port_rest(f->port); /* one is under way */
        ask_save_key(f, 2 + i, "b");
        ask_scan(f, ROOM_GATEWAY, 5, i, TABLE_jobs);
        run_until(f, &f->gateway, (uint32_t)i + 1);
        assert_int_equal(f->facts.count, 2 + i);
        assert_string_equal(f->gateway.answers[i].text, "a v b v ");
    }
    assert_int_equal(store_port_uses(f->port), 101);
    store_port_rest(f->port); /* and the end does not wait for it in vain */
}

static void ask_row(struct fixture *f, uint64_t ticket) {
    struct msg m = {.kind = MSG_scan, .scan = {.ticket = ticket, .table = TABLE_jobs, .limit = 1}};
    board_post_to(f->board, ROOM_STORE, ROOM_GATEWAY, 0, &m);
    board_run(f->board, never_mind);
}

/* Who only reads a row leaves the opening to the thread, which may be busy with the same store. */
static void a_store_that_is_not_open_is_the_threads(void **state) {
    struct fixture *f = *state;
    char away[sizeof f->dir + 8];
    ask_save_key(f, 1, "a");
    run_until(f, &f->facts, 1);
    ask_row(f, 1);
    assert_int_equal(f->gateway.count, 1); /* read here */
    snprintf(away, sizeof away, "%s-away", f->dir);
    assert_int_equal(rename(f->dir, away), 0);
    store_port_rest(f->port);
    assert_ptr_equal(zpoller_wait(f->poller, 10000), store_port_sock(f->port));
    store_port_ready(f->port);
    assert_int_equal(rename(away, f->dir), 0);
    ask_row(f, 2);
    assert_int_equal(f->gateway.count, 1); /* the thread was asked */
    run_until(f, &f->gateway, 2);
    assert_int_equal(f->gateway.answers[1].code, ERR_NONE);
    assert_string_equal(f->gateway.answers[1].text, "a v ");
    ask_row(f, 3);
    assert_int_equal(f->gateway.count, 3);
}

static void what_was_asked_before_the_end_is_kept(void **state) {
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 300; i++) {
        char key[16];
        snprintf(key, sizeof key, "%03d", (int)i);
        ask_save_key(f, i, key);
    }
    board_run(f->board, never_mind);
    stop_port(f); /* answers are still on their way */
    start_port(f);
    struct msg m = {.kind = MSG_scan, .scan = {.table = TABLE_jobs, .backward = true, .limit = 1}};
    board_post_to(f->board, ROOM_STORE, ROOM_GATEWAY, 0, &m);
    run_until(f, &f->gateway, 1);
    assert_string_equal(f->gateway.answers[0].text, "299 v ");
}

static void an_error_of_opening_comes_back(void **state) {
    struct fixture *f = *state;
    struct err err = {.code = ERR_NONE};
    assert_null(store_port_new(f->dir, f->board, &err));
    assert_int_equal(err.code, ERR_BUSY);
    assert_null(store_port_new("/nonexistent/folder/store", f->board, &err));
    assert_int_equal(err.code, ERR_STORE);
}

int main(void) {
    zsys_handler_set(NULL);
#define WITH_PORT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        WITH_PORT(a_save_is_answered_and_seen_by_a_later_scan),
        WITH_PORT(rows_go_to_the_room_that_asked),
        WITH_PORT(one_bad_transaction_spoils_no_other),
        WITH_PORT(more_than_the_pipe_holds_is_answered_in_order),
        WITH_PORT(after_a_rest_all_is_as_before),
        WITH_PORT(a_store_that_is_not_open_is_the_threads),
        WITH_PORT(what_was_asked_before_the_end_is_kept),
        WITH_PORT(an_error_of_opening_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
