/* Doors that open, that do not, and that only seem to; nodes are threads of this process. */
#include "cmd/cli/client_race.h"

#include "actors/kit/clock_shell.h"
#include "actors/node/node.h"
#include "cmd/cli/signals.h"
#include "proto/base/check.h"

#include <setjmp.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { NODES = 3, PATIENCE_MS = 10000, QUICK_MS = 5000, TICKET = 5 };

enum manner {
    WELCOMES,
    REFUSES,
    SAYS_NOTHING,
    OTHER_PROTOCOL,
    WELCOMES_AND_GOES /* says one thing more, and is gone */
};

struct played {
    enum manner manner;
    struct keys keys;
    struct token_seed door;
    zactor_t *actor;
};

struct fixture {
    struct keys own;
    struct played nodes[NODES];
    int signals;
};

static void say_back(zsock_t *router, zmsg_t *request, const struct msg *m) {
    uint8_t memory[512];
    struct buf out = buf_of(memory, sizeof memory);
    zmsg_t *answer = zmsg_new();
    zframe_t *id = zframe_dup(zmsg_first(request));
    ensure(msg_encode(m, &out));
    zmsg_append(answer, &id);
    zmsg_addmem(answer, memory, out.len);
    ensure(zmsg_send(&answer, router) == 0);
}

static void answer(enum manner manner, zsock_t *router, zmsg_t *request) {
    const struct msg welcome = {
        .kind = MSG_welcome,
        .welcome = {.ticket = TICKET,
                    .protocol = PROTOCOL_VERSION + (manner == OTHER_PROTOCOL ? 1 : 0)}};
    if (manner == REFUSES)
        say_back(router, request,
                 &(struct msg){.kind = MSG_refused,
                               .refused = {.ticket = TICKET,
                                           .code = ERR_NOT_ALLOWED,
                                           .what = span_text("you are nobody")}});
    else if (manner != SAYS_NOTHING)
        say_back(router, request, &welcome);
    if (manner == WELCOMES_AND_GOES)
        say_back(router, request, &(struct msg){.kind = MSG_end, .end.ticket = 77});
}

static void play(zsock_t *pipe, void *argument) {
    struct played *p = argument;
    zsock_t *router = zsock_new(ZMQ_ROUTER);
    void *socket = zsock_resolve(router);
    zsock_set_linger(router, 1000);
    zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &(int){1}, sizeof(int));
    zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, p->keys.curve_secret, CURVE_KEY_BYTES);
    ensure(zmq_bind(socket, "tcp://127.0.0.1:*") == 0);
    snprintf(p->door.endpoint, sizeof p->door.endpoint, "%s", zsock_last_endpoint(router));
    memcpy(p->door.curve, p->keys.curve_public, CURVE_KEY_BYTES);
    zsock_signal(pipe, 0);
    zpoller_t *poller = zpoller_new(pipe, router, NULL);
    while (zpoller_wait(poller, -1) == router && router != NULL) {
        zmsg_t *request = zmsg_recv(router);
        answer(p->manner, router, request);
        zmsg_destroy(&request);
        if (p->manner == WELCOMES_AND_GOES)
            zpoller_remove(poller, router), zsock_destroy(&router);
    }
    zpoller_destroy(&poller);
    zsock_destroy(&router);
}

static int begin(void **state) {
    static struct fixture f;
    struct err err;
    *state = &f;
    for (int i = 0; i < NODES; i++)
        crypto_box_keypair(f.nodes[i].keys.curve_public, f.nodes[i].keys.curve_secret);
    crypto_box_keypair(f.own.curve_public, f.own.curve_secret);
    return !signals_open(&f.signals, true, &err);
}

static int end(void **state) {
    struct fixture *f = *state;
    for (int i = 0; i < NODES; i++)
        zactor_destroy(&f->nodes[i].actor);
    close(f->signals);
    return 0;
}

static struct token_seed start(struct fixture *f, int node, enum manner manner) {
    struct played *p = &f->nodes[node];
    p->manner = manner;
    p->actor = zactor_new(play, p);
    return p->door;
}

/* A port where nobody listens any more. */
static struct token_seed shut(struct fixture *f, int node) {
    const struct token_seed door = start(f, node, SAYS_NOTHING);
    zactor_destroy(&f->nodes[node].actor);
    return door;
}

struct outcome {
    int number;
    struct link link;
    struct race race;
    zmq_msg_t frame;
    struct msg welcome;
    struct err err;
    dur_ms took;
    int told;
};

/* And nobody waits on. */
static void count_told(void *context) {
    ++*(int *)context;
    kill(getpid(), SIGTERM); /* blocked: told by the descriptor */
}

static struct outcome run_told_race(const struct fixture *f, const struct token_seed *doors,
                                    uint32_t count, dur_ms tell_ms) {
    struct outcome o = {.race = {.keys = &f->own,
                                 .ticket = TICKET,
                                 .patience = PATIENCE_MS,
                                 .signals = f->signals,
                                 .tell = count_told}};
    when_ms at = clock_now();
    o.race.tell_at = at + tell_ms;
    o.race.context = &o.told;
    zmq_msg_init(&o.frame);
    o.number = race_run(&o.race, doors, count, &o.link, &o.frame, &o.welcome, &o.err);
    o.took = clock_now() - at;
    if (o.number >= 0)
        assert_int_equal(o.welcome.welcome.ticket, TICKET);
    return o;
}

static struct outcome run_race(const struct fixture *f, const struct token_seed *doors,
                               uint32_t count) {
    return run_told_race(f, doors, count, 2 * PATIENCE_MS);
}

static void outcome_end(struct outcome *o) {
    link_close(&o->link);
    zmq_msg_close(&o->frame);
}

static void who_answers_first_is_taken(void **state) {
    struct fixture *f = *state;
    const struct token_seed doors[] = {shut(f, 0), start(f, 1, SAYS_NOTHING),
                                       start(f, 2, WELCOMES)};
    struct outcome o = run_race(f, doors, 3);
    assert_int_equal(o.number, 2);
    assert_true(o.took < QUICK_MS); /* not the patience that the silent one has */
    assert_int_equal(o.told, 0);
    assert_int_equal(link_look(&o.link), LINK_LIVES);
    outcome_end(&o);
}

/* Who listens there is another one than the key says. */
static void another_key_opens_nothing(void **state) {
    struct fixture *f = *state;
    struct token_seed doors[] = {start(f, 0, WELCOMES), start(f, 1, WELCOMES)};
    doors[0].curve[0] ^= 1;
    struct outcome o = run_race(f, doors, 2);
    assert_int_equal(o.number, 1);
    assert_true(o.took < QUICK_MS);
    outcome_end(&o);
}

static void where_nobody_listens_nobody_waits(void **state) {
    struct fixture *f = *state;
    const struct token_seed doors[] = {shut(f, 0), shut(f, 1)};
    struct outcome o = run_race(f, doors, 2);
    assert_int_equal(o.number, -1);
    assert_int_equal(o.err.code, ERR_UNREACHABLE);
    assert_true(o.took < QUICK_MS);
    outcome_end(&o);
    o = run_race(f, doors, 0);
    assert_int_equal(o.err.code, ERR_UNREACHABLE);
    outcome_end(&o);
}

static void a_reason_goes_before_silence(void **state) {
    struct fixture *f = *state;
    const struct token_seed doors[] = {shut(f, 0), start(f, 1, REFUSES),
                                       start(f, 2, OTHER_PROTOCOL)};
    struct outcome o = run_race(f, doors, 3);
    assert_int_equal(o.number, -1);
    assert_int_equal(o.err.code, ERR_NOT_ALLOWED);
    assert_string_equal(o.err.what, "you are nobody");
    assert_non_null(strstr(o.err.context, doors[1].endpoint));
    outcome_end(&o);
    o = run_race(f, doors + 2, 1);
    assert_int_equal(o.err.code, ERR_BAD_MESSAGE);
    outcome_end(&o);
    const struct token_seed rest[] = {doors[1], start(f, 0, WELCOMES)};
    o = run_race(f, rest, 2); /* one that refuses is no reason to give up */
    assert_int_equal(o.number, 1);
    outcome_end(&o);
}

static void who_gives_no_reason_is_given_one(void **state) {
    (void)state;
    struct err err;
    struct msg_refused refused = {.code = ERR_NOT_ALLOWED, .what = span_text("you are nobody")};
    race_refusal(&refused, &err);
    assert_int_equal(err.code, ERR_NOT_ALLOWED);
    assert_string_equal(err.what, "you are nobody");
    refused.what = (struct span){0};
    race_refusal(&refused, &err);
    assert_int_equal(err.code, ERR_NOT_ALLOWED);
    assert_string_equal(err.what, "this key may not do that");
    refused.code = ERR_NONE; /* no error that anybody could be refused with */
    race_refusal(&refused, &err);
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_string_equal(err.what, "zyg made a mistake");
}

static void what_was_said_is_heard_before_the_end(void **state) {
    struct fixture *f = *state;
    const struct token_seed door = start(f, 0, WELCOMES_AND_GOES);
    struct outcome o = run_race(f, &door, 1);
    struct msg m = {.kind = MSG_NONE};
    when_ms until = clock_now() + PATIENCE_MS;
    assert_int_equal(o.number, 0);
    while (link_look(&o.link) == LINK_LIVES && clock_now() < until) {
        zmq_pollitem_t items[LINK_POLLS];
        int count = link_polls(&o.link, items);
        assert_int_equal(count, 2);
        zmq_poll(items + 1, 1, PATIENCE_MS);
    }
    assert_int_equal(link_look(&o.link), LINK_GONE);
    assert_true(link_take(&o.link, &o.frame, &m));
    assert_int_equal(m.kind, MSG_end);
    assert_int_equal(m.end.ticket, 77);
    assert_false(link_take(&o.link, &o.frame, &m));
    assert_int_equal(link_look(&o.link), LINK_GONE); /* for good */
    outcome_end(&o);
}

static void silence_is_told_once(void **state) {
    struct fixture *f = *state;
    const struct token_seed door = start(f, 0, SAYS_NOTHING);
    struct outcome o = run_told_race(f, &door, 1, 20);
    assert_int_equal(o.told, 1);
    assert_true(o.took >= 20);
    assert_int_equal(o.err.code, ERR_INTERRUPTED);
    outcome_end(&o);
}

static void a_signal_ends_it(void **state) {
    struct fixture *f = *state;
    const struct token_seed door = start(f, 0, SAYS_NOTHING);
    kill(getpid(), SIGTERM); /* blocked: told by the descriptor */
    struct outcome o = run_race(f, &door, 1);
    assert_int_equal(o.number, -1);
    assert_int_equal(o.err.code, ERR_INTERRUPTED);
    assert_int_equal(o.race.signal, SIGTERM);
    outcome_end(&o);
}

#define PLAYED(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void) {
    process_prepare();
    const struct CMUnitTest tests[] = {
        PLAYED(who_answers_first_is_taken),
        PLAYED(another_key_opens_nothing),
        PLAYED(where_nobody_listens_nobody_waits),
        PLAYED(a_reason_goes_before_silence),
        cmocka_unit_test(who_gives_no_reason_is_given_one),
        PLAYED(what_was_said_is_heard_before_the_end),
        PLAYED(silence_is_told_once),
        PLAYED(a_signal_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
