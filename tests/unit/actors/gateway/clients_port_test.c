/* The socket of the clients, with a gateway that greets everybody. */
#include "actors/gateway/clients_port.h"

#include "actors/guard/zap_actor.h"
#include "proto/base/check.h"

#include <czmq.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PATIENCE_MS = 10000, LEFT_MAX = 16 };

struct fixture {
    zactor_t *zap;
    struct board *board;
    struct clients_port *port;
    struct keys node, user;
    uint32_t requests; /* that have reached the gateway */
    uint32_t left;
    uint32_t left_peer;
    uint32_t met; /* peers, each before its hello */
    uint32_t met_peer;
};

static void greet(void *self, const struct event *event) {
    struct fixture *f = self;
    if (event->msg.kind == MSG_left) {
        f->left++;
        f->left_peer = event->peer;
        return;
    }
    if (event->msg.kind == MSG_met) {
        const struct msg_met *met = &event->msg.met;
        f->met++;
        f->met_peer = event->peer;
        ensure(met->peer == event->peer && met->curve.len == CURVE_KEY_BYTES);
        ensure(memcmp(met->curve.data, f->user.curve_public, CURVE_KEY_BYTES) == 0);
        ensure(span_is(met->address, "127.0.0.1"));
        return;
    }
    f->requests++;
    ensure(event->msg.kind == MSG_hello && event->from == ROOM_CLIENTS);
    ensure(f->met == f->requests && f->met_peer == event->peer);
    board_post_to(
        f->board, ROOM_CLIENTS, ROOM_GATEWAY, event->peer,
        &(struct msg){.kind = MSG_welcome, .welcome = {.ticket = event->msg.hello.ticket}});
}

static void make_keys(struct keys *keys) {
    crypto_box_keypair(keys->curve_public, keys->curve_secret);
}

static int start(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    struct zap_config zap = {.count = 1};
    struct err err;
    if (sodium_init() < 0)
        return -1;
    make_keys(&f->node);
    make_keys(&f->user);
    memcpy(zap.allowed[0], f->user.curve_public, CURVE_KEY_BYTES);
    f->zap = zap_actor_new(&zap);
    f->board = board_new();
    f->port = clients_port_new(f->board, &f->node, "tcp://127.0.0.1:*", &err);
    assert_non_null(f->port);
    struct port seat = clients_port_seat(f->port);
    board_seat_port(f->board, &seat);
    board_seat_port(f->board, &(struct port){.room = ROOM_GATEWAY, .self = f, .perform = greet});
    *state = f;
    return 0;
}

static int stop(void **state) {
    struct fixture *f = *state;
    clients_port_destroy(&f->port);
    board_destroy(&f->board);
    zactor_destroy(&f->zap);
    free(f);
    return 0;
}

static zsock_t *knock(const struct fixture *f, const struct keys *keys) {
    zsock_t *dealer = zsock_new(ZMQ_DEALER);
    void *socket = zsock_resolve(dealer);
    zsock_set_linger(dealer, 0);
    zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, f->node.curve_public, CURVE_KEY_BYTES);
    zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, keys->curve_public, CURVE_KEY_BYTES);
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, keys->curve_secret, CURVE_KEY_BYTES);
    assert_int_equal(zsock_connect(dealer, "%s", clients_port_endpoint(f->port)), 0);
    return dealer;
}

static void tell(zsock_t *dealer, const struct msg *m) {
    uint8_t memory[256];
    struct buf out = buf_of(memory, sizeof memory);
    assert_true(msg_encode(m, &out));
    assert_int_equal(zmq_send(zsock_resolve(dealer), out.data, out.len, 0), (int)out.len);
}

static void hello(zsock_t *dealer, uint64_t ticket) {
    tell(dealer, &(struct msg){.kind = MSG_hello, .hello.ticket = ticket});
}

/* Serves until the client has an answer. */
static struct msg hear(struct fixture *f, zsock_t *dealer, uint8_t memory[1024]) {
    zmq_pollitem_t items[] = {{.fd = clients_port_fd(f->port), .events = ZMQ_POLLIN},
                              {.socket = zsock_resolve(dealer), .events = ZMQ_POLLIN}};
    struct msg m = {.kind = MSG_NONE};
    struct err err;
    do {
        clients_port_ready(f->port);
        board_run(f->board, (struct moment){0});
        bool look = clients_port_look(f->port);
        int ready = zmq_poll(items, 2, look ? 0 : PATIENCE_MS);
        assert_true(ready > 0 || look);
    } while ((items[1].revents & ZMQ_POLLIN) == 0);
    int len = zmq_recv(zsock_resolve(dealer), memory, 1024, 0);
    assert_true(len > 0);
    assert_true(msg_decode(&m, span_of(memory, (size_t)len), &err));
    return m;
}

static void every_client_gets_its_own_answer(void **state) {
    struct fixture *f = *state;
    uint8_t memory[1024];
    zsock_t *first = knock(f, &f->user), *second = knock(f, &f->user);
    hello(first, 11);
    hello(second, 22);
    assert_int_equal(hear(f, second, memory).welcome.ticket, 22);
    assert_int_equal(hear(f, first, memory).welcome.ticket, 11);
    zsock_destroy(&first);
    zsock_destroy(&second);
}

static void a_stranger_does_not_reach_the_gateway(void **state) {
    struct fixture *f = *state;
    uint8_t memory[1024];
    struct keys stranger;
    make_keys(&stranger);
    uint32_t before = f->requests;
    zsock_t *dealer = knock(f, &stranger), *user = knock(f, &f->user);
    hello(dealer, 1);
    for (uint64_t i = 0; i < 20; i++) {
        hello(user, i);
        assert_int_equal(hear(f, user, memory).welcome.ticket, i);
    }
    assert_int_equal(f->requests, before + 20);
    zsock_destroy(&dealer);
    zsock_destroy(&user);
}

/* More at once than the port reads in one go: it says that it is to be looked at again. */
static void many_requests_are_read_a_bounded_number_at_a_time(void **state) {
    struct fixture *f = *state;
    uint8_t memory[1024];
    zsock_t *dealer = knock(f, &f->user);
    for (uint64_t i = 0; i < 300; i++)
        hello(dealer, i);
    for (uint64_t i = 0; i < 300; i++)
        assert_int_equal(hear(f, dealer, memory).welcome.ticket, i);
    zsock_destroy(&dealer);
}

static void only_requests_are_let_through(void **state) {
    struct fixture *f = *state;
    uint8_t memory[1024];
    uint32_t before = f->requests;
    zsock_t *dealer = knock(f, &f->user);
    static const enum msg_kind kinds[] = {MSG_welcome, MSG_left, MSG_saved, MSG_exited,
                                          MSG_job_fact};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        tell(dealer, &(struct msg){.kind = kinds[i]});
        struct msg m = hear(f, dealer, memory);
        assert_int_equal(m.kind, MSG_refused);
        assert_int_equal(m.refused.code, ERR_BAD_MESSAGE);
        assert_true(span_is(m.refused.what, "a client may not send this message"));
    }
    zmq_send(zsock_resolve(dealer), "\x91\x3f", 2, 0);
    assert_true(span_is(hear(f, dealer, memory).refused.what, "no message has the number 63"));
    zmq_send(zsock_resolve(dealer), "x", 1, ZMQ_SNDMORE); /* several frames: dropped whole */
    zmq_send(zsock_resolve(dealer), "\x91\x3f", 2, 0);
    hello(dealer, 5);
    assert_int_equal(hear(f, dealer, memory).welcome.ticket, 5);
    assert_int_equal(f->requests, before + 1);
    zsock_destroy(&dealer);
}

static void an_answer_to_nobody_says_that_the_client_has_left(void **state) {
    struct fixture *f = *state;
    uint32_t before = f->left;
    board_post_to(f->board, ROOM_CLIENTS, ROOM_GATEWAY, 4000000000, &(struct msg){.kind = MSG_end});
    board_run(f->board, (struct moment){0});
    assert_int_equal(f->left, before + 1);
    assert_int_equal(f->left_peer, 4000000000);
}

static void an_address_that_is_none_is_told(void **state) {
    struct fixture *f = *state;
    static const char *const addresses[] = {"", "127.0.0.1:5", "ipc:///tmp/zyg", "inproc://zyg",
                                            "tcp://nowhere"};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct err err = {.code = ERR_NONE};
        assert_null(clients_port_new(f->board, &f->node, addresses[i], &err));
        assert_int_equal(err.code, ERR_SYSTEM);
        assert_non_null(strstr(err.what, "expected tcp://ADDRESS:PORT"));
    }
    struct err err;
    assert_null(
        clients_port_new(f->board, &f->node, clients_port_endpoint(f->port), &err)); /* taken */
    assert_non_null(strstr(err.what, "Address already in use"));
}

int main(void) {
    zsys_handler_set(NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_client_gets_its_own_answer),
        cmocka_unit_test(a_stranger_does_not_reach_the_gateway),
        cmocka_unit_test(many_requests_are_read_a_bounded_number_at_a_time),
        cmocka_unit_test(only_requests_are_let_through),
        cmocka_unit_test(an_answer_to_nobody_says_that_the_client_has_left),
        cmocka_unit_test(an_address_that_is_none_is_told),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
