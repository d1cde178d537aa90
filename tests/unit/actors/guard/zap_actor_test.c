/* The answer to libzmq's question, asked as libzmq asks it. One actor for all tests, as in a process. */
#include "actors/guard/zap_actor.h"

#include <czmq.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static uint8_t first_key[CURVE_KEY_BYTES] = {1}, last_key[CURVE_KEY_BYTES] = {9, 9};

static zactor_t *zap;

static int stop(void **state) {
    (void)state;
    zactor_destroy(&zap);
    return zap != NULL;
}

static void start_with(const struct zap_config *config) {
    stop(NULL);
    zap = zap_actor_new(config);
    assert_non_null(zap);
}

static int start(void **state) {
    struct zap_config config = {.count = ZAP_KEYS_MAX};
    (void)state;
    for (uint32_t i = 0; i < ZAP_KEYS_MAX; i++)
        memset(config.allowed[i], 0x40 + (int)i, CURVE_KEY_BYTES);
    memcpy(config.allowed[0], first_key, CURVE_KEY_BYTES);
    memcpy(config.allowed[ZAP_KEYS_MAX - 1], last_key, CURVE_KEY_BYTES);
    zap = zap_actor_new(&config);
    memset(&config, 0, sizeof config); /* it was copied */
    return zap == NULL;
}

/* That of a node in a cluster, whose folder's own client has the key 9. */
static void open_anew(void) {
    start_with(&(struct zap_config){
        .count = 1, .allowed = {{9}}, .strangers_second = ZAP_STRANGERS_SECOND});
}

/* A question of ZAP 1.0; frames beyond the seventh only when extra is set. */
static zmsg_t *ask(const char *domain, const char *mechanism, const uint8_t *key, size_t key_len,
                   bool extra) {
    zsock_t *socket = zsock_new_req(">inproc://zeromq.zap.01");
    zsock_set_rcvtimeo(socket, 10000);
    zmsg_t *m = zmsg_new();
    zmsg_addstr(m, "1.0");
    zmsg_addstr(m, "id7");
    zmsg_addstr(m, domain);
    zmsg_addstr(m, "127.0.0.1");
    zmsg_addmem(m, "", 0);
    zmsg_addstr(m, mechanism);
    zmsg_addmem(m, key, key_len);
    if (extra)
        zmsg_addstr(m, "more");
    assert_int_equal(zmsg_send(&m, socket), 0);
    zmsg_t *answer = zmsg_recv(socket);
    zsock_destroy(&socket);
    assert_non_null(answer);
    assert_int_equal(zmsg_size(answer), 6);
    return answer;
}

static void expect_frame(zmsg_t *m, const char *text) {
    char *frame = zmsg_popstr(m);
    assert_string_equal(frame, text);
    zstr_free(&frame);
}

static void expect_refused(const char *domain, const char *mechanism, const uint8_t *key,
                           size_t len) {
    zmsg_t *answer = ask(domain, mechanism, key, len, false);
    expect_frame(answer, "1.0");
    expect_frame(answer, "id7");
    expect_frame(answer, "400");
    expect_frame(answer, "this key is not known here");
    expect_frame(answer, ""); /* no User-Id */
    expect_frame(answer, "");
    zmsg_destroy(&answer);
}

static void known_keys_are_let_in_under_their_name(void **state) {
    (void)state;
    const uint8_t *const keys[] = {first_key, last_key};
    for (int i = 0; i < 2; i++) {
        char name[41];
        zmsg_t *answer = ask(ZAP_DOMAIN, "CURVE", keys[i], CURVE_KEY_BYTES, false);
        expect_frame(answer, "1.0");
        expect_frame(answer, "id7");
        expect_frame(answer, "200");
        expect_frame(answer, "OK");
        zmq_z85_encode(name, keys[i], CURVE_KEY_BYTES);
        expect_frame(answer, name);
        expect_frame(answer, "");
        zmsg_destroy(&answer);
    }
}

static void all_others_are_refused(void **state) {
    (void)state;
    uint8_t stranger[CURVE_KEY_BYTES] = {1};
    stranger[CURVE_KEY_BYTES - 1] = 1; /* one byte from a known one */
    expect_refused(ZAP_DOMAIN, "CURVE", stranger, sizeof stranger);
    expect_refused(ZAP_DOMAIN, "CURVE", first_key, CURVE_KEY_BYTES - 1);
    expect_refused(ZAP_DOMAIN, "CURVE", first_key, 0);
    expect_refused(ZAP_DOMAIN, "NULL", first_key, CURVE_KEY_BYTES);
    expect_refused(ZAP_DOMAIN, "PLAIN", first_key, CURVE_KEY_BYTES);
    expect_refused("other", "CURVE", first_key, CURVE_KEY_BYTES);
    expect_refused("", "CURVE", first_key, CURVE_KEY_BYTES);
}

static void a_question_of_another_shape_is_refused(void **state) {
    (void)state;
    zmsg_t *answer = ask(ZAP_DOMAIN, "CURVE", first_key, CURVE_KEY_BYTES, true);
    expect_frame(answer, "1.0");
    expect_frame(answer, "");
    expect_frame(answer, "400");
    zmsg_destroy(&answer);
    known_keys_are_let_in_under_their_name(NULL); /* and it still answers */
}

/* "200" or "300". */
static const char *code_of(const char *domain, const uint8_t key[CURVE_KEY_BYTES]) {
    static char code[8];
    zmsg_t *answer = ask(domain, "CURVE", key, CURVE_KEY_BYTES, false);
    char *frames[5];
    for (int i = 0; i < 5; i++)
        frames[i] = zmsg_popstr(answer);
    char name[41] = "";
    snprintf(code, sizeof code, "%s", frames[2]);
    if (strcmp(code, "200") == 0)
        zmq_z85_encode(name, key, CURVE_KEY_BYTES);
    assert_string_equal(frames[4], name);
    for (int i = 0; i < 5; i++)
        zstr_free(&frames[i]);
    zmsg_destroy(&answer);
    return code;
}

static void in_a_cluster_all_come_in_under_their_name(void **state) {
    static const char *const domains[] = {ZAP_MESH_DOMAIN, ZAP_DOMAIN};
    const uint8_t stranger[CURVE_KEY_BYTES] = {42};
    (void)state;
    open_anew();
    for (int i = 0; i < 2; i++) {
        assert_string_equal(code_of(domains[i], stranger), "200");
        assert_string_equal(code_of(domains[i], first_key), "200");
        expect_refused(domains[i], "CURVE", stranger, CURVE_KEY_BYTES - 1);
        expect_refused(domains[i], "NULL", stranger, CURVE_KEY_BYTES);
        expect_refused(domains[i], "PLAIN", stranger, CURVE_KEY_BYTES);
    }
    expect_refused("other", "CURVE", stranger, CURVE_KEY_BYTES);
}

static void knock_until_it_is_too_much(const char *domain) {
    uint8_t stranger[CURVE_KEY_BYTES] = {43};
    for (int i = 0; i < 100000; i++) {
        memcpy(stranger + 1, &i, sizeof i);
        if (strcmp(code_of(domain, stranger), "300") == 0)
            return;
    }
    fail_msg("strangers are let in without end");
}

static void members_are_let_in_among_many_strangers(void **state) {
    (void)state;
    open_anew();
    const uint8_t member[CURVE_KEY_BYTES] = {44};
    zap_actor_know(zap, member, true);
    for (int i = 0; i < 10; i++) {
        knock_until_it_is_too_much(ZAP_MESH_DOMAIN);
        assert_string_equal(code_of(ZAP_MESH_DOMAIN, member), "200");
    }
    zap_actor_know(zap, member, false);
    for (int i = 0; strcmp(code_of(ZAP_MESH_DOMAIN, member), "200") == 0; i++)
        assert_true(i < 100000);
}

/* The folder's own client, and one that was found good. */
static void guests_are_let_in_among_many_strangers(void **state) {
    (void)state;
    open_anew();
    const uint8_t own[CURVE_KEY_BYTES] = {9}, guest[CURVE_KEY_BYTES] = {44};
    zap_actor_welcome(zap, guest);
    for (int i = 0; i < 10; i++) {
        knock_until_it_is_too_much(ZAP_DOMAIN);
        assert_string_equal(code_of(ZAP_DOMAIN, guest), "200");
        assert_string_equal(code_of(ZAP_DOMAIN, own), "200");
    }
    knock_until_it_is_too_much(ZAP_MESH_DOMAIN); /* a client is no node */
    for (int i = 0; strcmp(code_of(ZAP_MESH_DOMAIN, guest), "200") == 0; i++)
        assert_true(i < 100000);
}

static void a_closed_mesh_knows_its_own_alone(void **state) {
    (void)state;
    const uint8_t member[CURVE_KEY_BYTES] = {45}, stranger[CURVE_KEY_BYTES] = {46};
    zap_actor_know(zap, member, true);
    assert_string_equal(code_of(ZAP_MESH_DOMAIN, member), "200");
    expect_refused(ZAP_MESH_DOMAIN, "CURVE", stranger, CURVE_KEY_BYTES);
    expect_refused(ZAP_DOMAIN, "CURVE", member, CURVE_KEY_BYTES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_keys_are_let_in_under_their_name),
        cmocka_unit_test(all_others_are_refused),
        cmocka_unit_test(a_closed_mesh_knows_its_own_alone),
        cmocka_unit_test(a_question_of_another_shape_is_refused),
        cmocka_unit_test(in_a_cluster_all_come_in_under_their_name),
        cmocka_unit_test(members_are_let_in_among_many_strangers),
        cmocka_unit_test(guests_are_let_in_among_many_strangers),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
