/* The other side is a process, and it is killed. */
#define _GNU_SOURCE
#include "tests/unit/actors/peers/peers_stage.h"

#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { TRIES = 5, QUICK_MS = 100, HEX_KEY = 2 * CURVE_KEY_BYTES + 1 };

extern char **environ;

/* ---- the other process: this program with arguments ---- */

static void read_key(uint8_t key[CURVE_KEY_BYTES], const char *hex) {
    ensure(sodium_hex2bin(key, CURVE_KEY_BYTES, hex, strlen(hex), NULL, NULL, NULL) == 0);
}

/* SECRET OTHER [ENDPOINT]: says where it listens, answers each beat, and dials the endpoint. Ends when it is killed. */
static int serve(int count, char **arguments) {
    const struct zap_config closed = {.count = 0};
    uint8_t other[CURVE_KEY_BYTES];
    static struct side s;
    char line[ENDPOINT_TEXT_BYTES + 1];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    ensure(sodium_init() >= 0);
    signal(SIGPIPE, SIG_IGN);
    zsys_handler_set(NULL);
    read_key(s.keys.curve_secret, arguments[0]);
    crypto_scalarmult_base(s.keys.curve_public, s.keys.curve_secret);
    read_key(other, arguments[1]);
    s.answers = true;
    zactor_t *zap = zap_actor_new(&closed);
    ensure(zap != NULL);
    zap_actor_know(zap, other, true);
    side_open(&s, "tcp://127.0.0.1:*");
    int len = snprintf(line, sizeof line, "%s\n", peers_port_endpoint(s.port));
    ensure(write(STDOUT_FILENO, line, (size_t)len) == len);
    if (count == 3)
        dial(&s, 1, arguments[2], other);
    bool said = false;
    for (;;) {
        sides_turn(&s, 1, -1);
        if (count == 3 && s.ups == 1 && !said) {
            said = true;
            say_beat(&s, 1, 0);
        }
    }
}

struct child {
    pid_t pid;
    struct keys keys;
    char endpoint[ENDPOINT_TEXT_BYTES + 1];
};

/* Its line, without waiting longer than the test may. */
static void read_endpoint(struct child *c, int fd) {
    size_t len = 0;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (len == 0 || c->endpoint[len - 1] != '\n') {
        ensure(poll(&wait, 1, PATIENCE_MS) == 1 && len < sizeof c->endpoint - 1);
        ssize_t got = read(fd, c->endpoint + len, sizeof c->endpoint - 1 - len);
        ensure(got > 0);
        len += (size_t)got;
    }
    c->endpoint[len - 1] = '\0';
}

static struct child start(const struct stage *st, const char *endpoint) {
    struct child c = {.keys = st->guest};
    const struct side *other = &st->side[0];
    char secret[HEX_KEY], key[HEX_KEY];
    int out[2];
    sodium_bin2hex(secret, sizeof secret, c.keys.curve_secret, CURVE_KEY_BYTES);
    sodium_bin2hex(key, sizeof key, other->keys.curve_public, CURVE_KEY_BYTES);
    char self[512] = "";
    ensure(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    char *arguments[] = {self, "serve", secret, key, (char *)(uintptr_t)endpoint, NULL};
    posix_spawn_file_actions_t actions;
    ensure(pipe2(out, O_CLOEXEC) == 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    ensure(posix_spawn(&c.pid, arguments[0], &actions, NULL, arguments, environ) == 0);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    read_endpoint(&c, out[0]);
    close(out[0]);
    return c;
}

static void reap(const struct child *c) {
    ensure(waitpid(c->pid, NULL, 0) == c->pid);
}

/* Kills it and answers how long it took until the edge was down. */
static int64_t kill_and_wait(struct stage *st, const struct child *c, uint32_t edge) {
    struct side *a = &st->side[0];
    uint32_t downs = a->downs;
    int64_t began = stage_clock();
    kill(c->pid, SIGKILL);
    UNTIL(st, a->downs == downs + 1);
    int64_t took = stage_clock() - began;
    assert_int_equal(last_down(a)->edge, edge);
    assert_int_equal(last_down(a)->why, EDGE_CLOSED);
    return took;
}

/* ---- tests ---- */

/* The quickest of some: another program may have the processor when one is killed. */
static void the_dialler_sees_it_at_once(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0];
    int64_t quickest = PATIENCE_MS;
    for (uint32_t i = 0; i < TRIES; i++) {
        uint32_t edge = 2 * i + 1;
        struct child c = start(st, NULL);
        dial(a, edge, c.endpoint, c.keys.curve_public);
        UNTIL(st, a->ups == i + 1);
        a->beats = 0;
        say_beat(a, edge, 0);
        UNTIL(st, a->beats == 1);
        int64_t took = kill_and_wait(st, &c, edge);
        quickest = took < quickest ? took : quickest;
        reap(&c);
        uint32_t downs = a->downs;
        dial(a, 1001 + edge + 1, c.endpoint, c.keys.curve_public);
        UNTIL(st, a->downs == downs + 1);
        assert_int_equal(last_down(a)->why, EDGE_REFUSED);
    }
    assert_in_range(quickest, 0, QUICK_MS);
}

static void the_acceptor_sees_it_at_once(void **state) {
    struct stage *st = *state;
    struct side *a = &st->side[0];
    int64_t quickest = PATIENCE_MS;
    for (uint32_t i = 0; i < TRIES; i++) {
        a->beats = 0;
        struct child c = start(st, peers_port_endpoint(a->port));
        UNTIL(st, a->ups == i + 1);
        assert_memory_equal(last_up(a)->curve, c.keys.curve_public, CURVE_KEY_BYTES);
        int64_t took = kill_and_wait(st, &c, last_up(a)->edge);
        quickest = took < quickest ? took : quickest;
        reap(&c);
    }
    assert_in_range(quickest, 0, QUICK_MS);
}

#define STAGED(test) cmocka_unit_test_setup_teardown(test, stage_open, stage_close)

int main(int count, char **arguments) {
    if (count > 3 && strcmp(arguments[1], "serve") == 0)
        return serve(count - 2, arguments + 2);
    const struct CMUnitTest tests[] = {STAGED(the_dialler_sees_it_at_once),
                                       STAGED(the_acceptor_sees_it_at_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
