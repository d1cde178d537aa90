/* A whole node inside this process, spoken to over its socket. */
#define _GNU_SOURCE /* nftw */
#include "actors/node/node.h"

#include "tests/lib/folder.h"

#include <arpa/inet.h>
#include <czmq.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 10000, SILENCE_MS = 300 };

struct fixture {
    struct folder folder;
    char launcher[512];
    struct node *node;
    bool mesh_moves;
};

static bool find_launcher(struct fixture *f) {
    const char *bin = getenv("ZYG_BIN");
    int len =
        snprintf(f->launcher, sizeof f->launcher, "%s/zyg-run", bin != NULL ? bin : "build/bin");
    return len > 0 && (size_t)len < sizeof f->launcher && access(f->launcher, X_OK) == 0;
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    f->folder = folder_make();
    if (!find_launcher(f))
        return 0; /* zyg-run is not built: the tests skip */
    struct err err = {.code = ERR_NONE};
    const struct node_config config = {
        .state_dir = f->folder.path, .launcher = f->launcher, .slots = 2};
    f->node = node_start(&config, &err);
    if (f->node == NULL)
        fprintf(stderr, "%s\n", err.what);
    return f->node == NULL;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    node_stop(&f->node);
    assert_null(f->node);
    folder_remove(&f->folder);
    free(f);
    return 0;
}

static void need_node(const struct fixture *f) {
    if (f->node == NULL)
        skip();
}

/* A client's socket with these keys. */
static zsock_t *knock(const struct fixture *f, const uint8_t *public, const uint8_t *secret) {
    const struct door *door = node_door(f->node);
    zsock_t *dealer = zsock_new(ZMQ_DEALER);
    void *socket = zsock_resolve(dealer);
    zsock_set_linger(dealer, 0);
    assert_int_equal(zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, door->server_key, CURVE_KEY_BYTES),
                     0);
    assert_int_equal(zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public, CURVE_KEY_BYTES), 0);
    assert_int_equal(zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, CURVE_KEY_BYTES), 0);
    assert_int_equal(zsock_connect(dealer, "%s", door->endpoint), 0);
    return dealer;
}

static void tell(zsock_t *dealer, const struct msg *m) {
    uint8_t memory[256];
    struct buf out = buf_of(memory, sizeof memory);
    assert_true(msg_encode(m, &out));
    assert_int_equal(zmq_send(zsock_resolve(dealer), out.data, out.len, 0), (int)out.len);
}

static const struct msg hello = {.kind = MSG_hello,
                                 .hello = {.ticket = 7, .protocol = PROTOCOL_VERSION}};

/* The answer's kind; MSG_NONE: none came in time. */
static enum msg_kind hear(zsock_t *dealer, int patience, uint8_t memory[1024], struct msg *m) {
    struct err err;
    zsock_set_rcvtimeo(dealer, patience);
    int len = zmq_recv(zsock_resolve(dealer), memory, 1024, 0);
    if (len < 0)
        return MSG_NONE;
    assert_true(msg_decode(m, span_of(memory, (size_t)len), &err));
    return m->kind;
}

static zsock_t *client(const struct fixture *f) {
    struct keys keys;
    struct err err;
    assert_true(keys_load(&keys, f->folder.path, "client", &err));
    return knock(f, keys.curve_public, keys.curve_secret);
}

static void the_users_key_is_welcome(void **state) {
    struct fixture *f = *state;
    need_node(f);
    uint8_t memory[1024];
    struct msg m;
    struct keys node;
    struct err err;
    zsock_t *dealer = client(f);
    tell(dealer, &hello);
    assert_int_equal(hear(dealer, PATIENCE_MS, memory, &m), MSG_welcome);
    assert_int_equal(m.welcome.ticket, 7);
    assert_int_equal(m.welcome.slots, 2);
    assert_int_equal(node_slots(f->node), 2);
    assert_true(keys_load(&node, f->folder.path, "node", &err));
    assert_true(node_id_equal(&m.welcome.node, &node.signer.id));
    assert_true(span_is(m.welcome.version, ZYG_VERSION));
    zsock_destroy(&dealer);
}

static void another_key_gets_not_a_byte(void **state) {
    struct fixture *f = *state;
    need_node(f);
    uint8_t memory[1024], public[CURVE_KEY_BYTES], secret[CURVE_KEY_BYTES];
    struct msg m;
    crypto_box_keypair(public, secret);
    zsock_t *stranger = knock(f, public, secret), *dealer = client(f);
    tell(stranger, &hello);
    tell(dealer, &hello);
    assert_int_equal(hear(dealer, PATIENCE_MS, memory, &m), MSG_welcome);
    assert_int_equal(hear(stranger, SILENCE_MS, memory, &m), MSG_NONE);
    zsock_destroy(&stranger);
    zsock_destroy(&dealer);
}

static void what_is_no_request_is_refused(void **state) {
    struct fixture *f = *state;
    need_node(f);
    uint8_t memory[1024];
    struct msg m;
    zsock_t *dealer = client(f);
    assert_int_equal(zmq_send(zsock_resolve(dealer), "?", 1, 0), 1);
    assert_int_equal(hear(dealer, PATIENCE_MS, memory, &m), MSG_refused);
    assert_int_equal(m.refused.code, ERR_BAD_MESSAGE);
    tell(dealer, &(struct msg){.kind = MSG_saved});
    assert_int_equal(hear(dealer, PATIENCE_MS, memory, &m), MSG_refused);
    assert_true(span_is(m.refused.what, "a client may not send this message"));
    assert_int_equal(zmq_send(zsock_resolve(dealer), "a", 1, ZMQ_SNDMORE),
                     1); /* two frames: dropped */
    assert_int_equal(zmq_send(zsock_resolve(dealer), "b", 1, 0), 1);
    tell(dealer, &hello);
    assert_int_equal(hear(dealer, PATIENCE_MS, memory, &m), MSG_welcome);
    zsock_destroy(&dealer);
}

static void a_second_node_of_the_folder_is_refused(void **state) {
    struct fixture *f = *state;
    need_node(f);
    struct err err = {.code = ERR_NONE};
    const struct node_config config = {.state_dir = f->folder.path, .launcher = f->launcher};
    assert_null(node_start(&config, &err));
    assert_int_equal(err.code, ERR_BUSY);
    struct door door;
    assert_true(door_read(f->folder.path, &door, &err));
    assert_string_equal(door.endpoint, node_door(f->node)->endpoint);
    assert_memory_equal(door.server_key, node_door(f->node)->server_key, CURVE_KEY_BYTES);
    assert_int_equal(door.pid, getpid());
}

static void a_node_that_is_asked_to_quit_says_when_it_has(void **state) {
    struct fixture *f = *state;
    need_node(f);
    zmq_pollitem_t item = {.fd = node_fd(f->node), .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, 0), 0);
    node_quit(f->node);
    assert_int_equal(zmq_poll(&item, 1, PATIENCE_MS), 1);
    assert_int_equal(node_why(f->node), ERR_INTERRUPTED);
    node_stop(&f->node);
    struct door door;
    struct err err;
    assert_false(door_read(f->folder.path, &door, &err));
    assert_int_equal(err.code, ERR_UNREACHABLE);
}

static void an_idle_node_that_may_go_stops_by_itself(void **state) {
    struct fixture *f = *state;
    need_node(f);
    struct err err = {.code = ERR_NONE};
    const struct node_config config = {
        .state_dir = f->folder.path, .launcher = f->launcher, .idle_ms = 10};
    node_stop(&f->node);
    f->node = node_start(&config, &err);
    assert_non_null(f->node);
    zmq_pollitem_t item = {.fd = node_fd(f->node), .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, PATIENCE_MS), 1);
    assert_int_equal(node_why(f->node), ERR_NONE);
}

static void a_folder_serves_one_node_after_the_other(void **state) {
    struct fixture *f = *state;
    need_node(f);
    uint8_t memory[1024];
    struct msg m;
    struct err err;
    node_stop(&f->node);
    const struct node_config config = {
        .state_dir = f->folder.path, .launcher = f->launcher, .slots = 1};
    f->node = node_start(&config, &err);
    assert_non_null(f->node);
    zsock_t *dealer = client(f);
    tell(dealer, &hello);
    assert_int_equal(hear(dealer, PATIENCE_MS, memory, &m), MSG_welcome);
    assert_int_equal(m.welcome.slots, 1);
    zsock_destroy(&dealer);
}

static void an_address_that_is_none_is_told(void **state) {
    struct fixture *f = *state;
    need_node(f);
    struct folder other = folder_make();
    struct err err = {.code = ERR_NONE};
    static const char *const addresses[] = {"ipc:///tmp/x", "tcp://no-such-device:1", "nonsense"};
    node_stop(&f->node); /* one set of keys a process */
    for (size_t i = 0; i < 3; i++) {
        const struct node_config config = {
            .state_dir = other.path, .launcher = f->launcher, .listen = addresses[i]};
        assert_null(node_start(&config, &err));
        assert_int_equal(err.code, ERR_SYSTEM);
        assert_non_null(strstr(err.what, addresses[i]));
    }
    folder_remove(&other);
}

static bool start_again(struct fixture *f, const char *mesh, struct err *err) {
    const struct node_config config = {.state_dir = f->folder.path,
                                       .launcher = f->launcher,
                                       .slots = 2,
                                       .mesh = mesh,
                                       .mesh_moves = f->mesh_moves};
    node_stop(&f->node);
    f->node = node_start(&config, err);
    return f->node != NULL;
}

static void a_node_knows_its_cluster(void **state) {
    struct fixture *f = *state;
    need_node(f);
    static const char mesh[] = "tcp://127.0.0.1:*";
    struct cluster cluster;
    struct err err;
    char expected[1100];
    assert_true(start_again(f, mesh, &err));
    assert_null(node_cluster(f->node)); /* it belongs to none */
    assert_true(cluster_begin(&cluster, f->folder.path, "lab", &err));
    assert_true(start_again(f, NULL, &err));
    assert_null(node_cluster(f->node)); /* a client's own node */
    assert_true(start_again(f, mesh, &err));
    assert_non_null(node_cluster(f->node));
    assert_memory_equal(node_cluster(f->node)->key, cluster.key, sizeof cluster.key);
    assert_int_equal(unlink(folder_file(&f->folder, "keys/node")), 0);
    assert_false(start_again(f, mesh, &err));
    assert_int_equal(err.code, ERR_NOT_ALLOWED);
    snprintf(expected, sizeof expected,
             "%s/cluster is for another key than %s/keys/node; enter it again: zyg-node --join "
             "TOKEN",
             f->folder.path, f->folder.path);
    assert_string_equal(err.what, expected);
}

/* The port is held by the test, as by another node of this machine. */
static void a_port_that_is_taken_moves_only_a_default(void **state) {
    struct fixture *f = *state;
    need_node(f);
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof own;
    struct cluster cluster;
    struct err err;
    char taken[64], other[ENDPOINT_BYTES_MAX];
    int holder = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(holder, (struct sockaddr *)&own, len), 0);
    assert_int_equal(listen(holder, 1), 0);
    assert_int_equal(getsockname(holder, (struct sockaddr *)&own, &len), 0);
    snprintf(taken, sizeof taken, "tcp://127.0.0.1:%u", ntohs(own.sin_port));
    assert_true(cluster_begin(&cluster, f->folder.path, "lab", &err));
    assert_false(start_again(f, taken, &err));
    assert_int_equal(err.code, ERR_SYSTEM);
    assert_non_null(strstr(err.what, taken));
    f->mesh_moves = true;
    assert_true(start_again(f, taken, &err));
    snprintf(other, sizeof other, "%s", node_door(f->node)->mesh);
    assert_string_not_equal(other, taken);
    close(holder);
    assert_true(
        start_again(f, taken, &err)); /* where others look for it, though the port is free */
    assert_string_equal(node_door(f->node)->mesh, other);
    f->mesh_moves = false;
    assert_true(start_again(f, taken, &err));
    assert_string_equal(node_door(f->node)->mesh, taken);
}

#define WITH_NODE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    process_prepare();
    const struct CMUnitTest tests[] = {
        WITH_NODE(the_users_key_is_welcome),
        WITH_NODE(another_key_gets_not_a_byte),
        WITH_NODE(what_is_no_request_is_refused),
        WITH_NODE(a_second_node_of_the_folder_is_refused),
        WITH_NODE(a_node_that_is_asked_to_quit_says_when_it_has),
        WITH_NODE(an_idle_node_that_may_go_stops_by_itself),
        WITH_NODE(a_folder_serves_one_node_after_the_other),
        WITH_NODE(a_node_knows_its_cluster),
        WITH_NODE(a_port_that_is_taken_moves_only_a_default),
        WITH_NODE(an_address_that_is_none_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
