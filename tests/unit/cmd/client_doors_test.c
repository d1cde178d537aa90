/* Which doors a client learns of, in which order it tries them, and what it says when none opens. */
#define _GNU_SOURCE /* nftw */
#include "cmd/cli/client_doors.h"

#include "actors/member/member.h"
#include "cmd/cli/cli.h"
#include "tests/lib/folder.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

const struct verb verbs[] = {{0}}; /* membership's complaint names them */

static const wall_ms later = INT64_MAX - 1;

struct world {
    struct folder home, away;
    struct cluster cluster;
    struct keys keys;
    struct doors doors;
};

static struct token_seed seed(const char *endpoint, uint8_t key) {
    struct token_seed s = {.curve = {key}};
    snprintf(s.endpoint, sizeof s.endpoint, "%s", endpoint);
    return s;
}

/* A client that was told of one node by its token. */
static int set_up(void **state) {
    struct world *w = calloc(1, sizeof *w);
    struct token t;
    struct err err;
    *w = (struct world){.home = folder_make(), .away = folder_make()};
    *state = w;
    unsetenv(MEMBERSHIP_VARIABLE);
    if (sodium_init() < 0 || !cluster_begin(&w->cluster, w->home.path, "lab", &err) ||
        !cluster_token(&w->cluster, w->home.path, ROLE_CLIENT, later, &t, &err))
        return -1;
    t.seeds_count = 1;
    t.seeds[0] = seed("tcp://10.0.0.1:1", 1);
    return !cluster_join(&w->cluster, w->away.path, &t, ROLE_CLIENT, 1, &err) ||
           !keys_load(&w->keys, w->away.path, "client", &err) ||
           !doors_load(&w->doors, w->away.path, &w->keys, &err);
}

static int tear_down(void **state) {
    struct world *w = *state;
    folder_remove(&w->home);
    folder_remove(&w->away);
    free(w);
    return 0;
}

static void hear(struct world *w, const char *door, uint8_t key, enum member_state state,
                 const struct token_seed *at) {
    const uint8_t curve[32] = {key};
    doors_hear(&w->doors,
               &(struct msg_node_row){
                   .state = state, .door = span_text(door), .curve = span_of(curve, sizeof curve)},
               at);
}

static void expect(const struct world *w, uint32_t count, const char *const *endpoints) {
    assert_int_equal(w->doors.count, count);
    for (uint32_t i = 0; i < count; i++)
        assert_string_equal(w->doors.items[i].endpoint, endpoints[i]);
}

static void doors_are_learned_and_kept(void **state) {
    struct world *w = *state;
    const struct token_seed at = seed("tcp://10.0.0.1:1", 1);
    struct doors again;
    struct err err;
    assert_true(w->doors.member);
    expect(w, 1, (const char *[]){"tcp://10.0.0.1:1"});
    hear(w, "tcp://192.168.0.1:1", 1, MEMBER_ALIVE, &at); /* it calls itself something else */
    hear(w, "tcp://10.0.0.2:2", 2, MEMBER_ALIVE, &at);
    hear(w, "tcp://10.0.0.3:3", 3, MEMBER_DEAD, &at);
    hear(w, "tcp://127.0.0.1:4", 4, MEMBER_ALIVE, &at); /* to itself */
    hear(w, "tcp://10.0.0.5:*", 5, MEMBER_ALIVE, &at);
    hear(w, "ipc:///tmp/x", 6, MEMBER_ALIVE, &at);
    hear(w, "tcp://10.0 .0.5:5", 7, MEMBER_ALIVE, &at);
    doors_learn(&w->doors, w->away.path, &at);
    expect(w, 2, (const char *[]){"tcp://10.0.0.1:1", "tcp://10.0.0.2:2"});
    assert_true(doors_load(&again, w->away.path, &w->keys, &err));
    assert_int_equal(again.count, 2);
    assert_string_equal(again.items[1].endpoint, "tcp://10.0.0.2:2");
    doors_learn(&w->doors, w->away.path, &at); /* nothing was heard: nothing is forgotten */
    assert_int_equal(w->doors.count, 2);
}

static void on_one_machine_loopback_is_good(void **state) {
    struct world *w = *state;
    const struct token_seed at = seed("tcp://127.0.0.1:9", 9);
    hear(w, "tcp://127.0.0.1:4", 4, MEMBER_ALIVE, &at);
    doors_learn(&w->doors, w->away.path, &at);
    expect(w, 3, (const char *[]){"tcp://127.0.0.1:9", "tcp://127.0.0.1:4", "tcp://10.0.0.1:1"});
    hear(w, "tcp://127.0.0.1:5", 5, MEMBER_ALIVE, NULL); /* this folder's own node says so */
    doors_learn(&w->doors, w->away.path, NULL);
    assert_string_equal(w->doors.items[0].endpoint, "tcp://127.0.0.1:5");
}

static void the_living_take_the_places_of_the_old(void **state) {
    struct world *w = *state;
    char endpoint[32];
    for (uint8_t i = 0; i < TOKEN_SEEDS_MAX + 3; i++) {
        snprintf(endpoint, sizeof endpoint, "tcp://10.1.0.1:%d", 100 + i);
        hear(w, endpoint, (uint8_t)(100 + i), MEMBER_ALIVE, NULL);
    }
    doors_learn(&w->doors, w->away.path, NULL);
    assert_int_equal(w->doors.count, TOKEN_SEEDS_MAX);
    assert_string_equal(w->doors.items[0].endpoint, "tcp://10.1.0.1:100");
    assert_string_equal(w->doors.items[TOKEN_SEEDS_MAX - 1].endpoint, "tcp://10.1.0.1:107");
}

static void who_was_lost_is_asked_last(void **state) {
    struct world *w = *state;
    hear(w, "tcp://10.0.0.2:2", 2, MEMBER_ALIVE, NULL);
    hear(w, "tcp://10.0.0.3:3", 3, MEMBER_ALIVE, NULL);
    doors_learn(&w->doors, w->away.path, NULL);
    const struct token_seed lost = seed("tcp://10.0.0.2:2", 2),
                            unknown = seed("tcp://9.9.9.9:9", 9);
    doors_put_last(&w->doors, &lost);
    doors_put_last(&w->doors, &unknown);
    expect(w, 3, (const char *[]){"tcp://10.0.0.3:3", "tcp://10.0.0.1:1", "tcp://10.0.0.2:2"});
}

static void a_visit_keeps_nothing(void **state) {
    struct world *w = *state;
    char text[TOKEN_TEXT_MAX];
    struct token t;
    struct err err;
    struct doors again;
    assert_true(cluster_load(&w->cluster, w->home.path, &err));
    assert_true(cluster_token(&w->cluster, w->home.path, ROLE_CLIENT, later, &t, &err));
    t.seeds_count = 1;
    t.seeds[0] = seed("tcp://10.0.0.7:7", 7);
    assert_true(token_print(&t, text));
    setenv(MEMBERSHIP_VARIABLE, text, 1);
    assert_true(doors_load(&w->doors, w->away.path, &w->keys, &err));
    unsetenv(MEMBERSHIP_VARIABLE);
    expect(w, 1, (const char *[]){"tcp://10.0.0.7:7"});
    assert_true(doors_certificate(&w->doors).len > 0);
    hear(w, "tcp://10.0.0.8:8", 8, MEMBER_ALIVE, NULL);
    doors_learn(&w->doors, w->away.path, NULL);
    assert_int_equal(w->doors.count, 2); /* for this once */
    assert_true(doors_load(&again, w->away.path, &w->keys, &err));
    assert_int_equal(again.count, 1);
    assert_string_equal(again.items[0].endpoint, "tcp://10.0.0.1:1");
}

static void without_a_cluster_there_are_none(void **state) {
    struct world *w = *state;
    struct err err;
    assert_true(cluster_leave(w->away.path, false, &err));
    assert_true(doors_load(&w->doors, w->away.path, &w->keys, &err));
    assert_false(w->doors.member);
    assert_int_equal(doors_certificate(&w->doors).len, 0);
    folder_write(&w->away, "cluster", "nonsense"); /* that others can read */
    assert_false(doors_load(&w->doors, w->away.path, &w->keys, &err));
    assert_int_equal(err.code, ERR_NOT_ALLOWED);
}

static void new_keys_have_no_certificate(void **state) {
    struct world *w = *state;
    struct err err;
    w->keys.curve_public[0] ^= 1;
    assert_false(doors_load(&w->doors, w->away.path, &w->keys, &err));
    assert_int_equal(err.code, ERR_NOT_ALLOWED);
}

static void one_line_says_who_was_asked(void **state) {
    struct world *w = *state;
    struct err err;
    char expected[200], handle[64];
    struct buf name = buf_of(handle, sizeof handle - 1);
    cluster_handle_print(&name, "lab", w->cluster.key);
    buf_zero(&name);
    for (uint8_t i = 2; i < 6; i++) {
        char endpoint[32];
        snprintf(endpoint, sizeof endpoint, "tcp://10.0.0.%d:1", i);
        hear(w, endpoint, i, MEMBER_ALIVE, NULL);
    }
    assert_false(doors_shut(&w->doors, &err));
    snprintf(expected, sizeof expected, "no node of cluster %s answers; asked 10.0.0.1:1", handle);
    assert_string_equal(err.what, expected);
    doors_learn(&w->doors, w->away.path, NULL);
    assert_false(doors_shut(&w->doors, &err));
    assert_int_equal(err.code, ERR_UNREACHABLE);
    snprintf(expected, sizeof expected,
             "no node of cluster %s answers; asked 10.0.0.2:1, 10.0.0.3:1, 10.0.0.4:1, ...",
             handle);
    assert_string_equal(err.what, expected);
    w->doors.count = 0;
    assert_false(doors_shut(&w->doors, &err));
    assert_non_null(strstr(err.what, "is known here"));
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_WORLD(doors_are_learned_and_kept),
        WITH_WORLD(on_one_machine_loopback_is_good),
        WITH_WORLD(the_living_take_the_places_of_the_old),
        WITH_WORLD(who_was_lost_is_asked_last),
        WITH_WORLD(a_visit_keeps_nothing),
        WITH_WORLD(without_a_cluster_there_are_none),
        WITH_WORLD(new_keys_have_no_certificate),
        WITH_WORLD(one_line_says_who_was_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
