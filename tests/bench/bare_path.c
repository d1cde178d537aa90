/* bare_path - the least that giving out trials durably can cost: what zyg is measured against.
 *
 * One leader and two workers, each a process, and nothing but ZeroMQ over TCP with CURVE, msgpack and LMDB with group commit.
 * The leader sends leases; a worker writes the result of all that has come in one transaction, then answers; the leader
 * writes what has come in one transaction, then gives out as many again. So a result is synced on two stores before it
 * counts. No membership, no search, no retries, no process is started.
 *
 *   bare_path rate FOLDER COUNT     "COUNT results took N us", as many in flight as two workers can take
 *   bare_path once FOLDER COUNT REST_MS     one at a time, each after a rest: the median of COUNT round trips, in us
 */
#define _GNU_SOURCE
#include "proto/base/mp.h"

#include <errno.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

enum {
    WORKERS = 2,
    WINDOW = 4000, /* leases a worker may hold */
    BATCH = 2000,  /* results in a transaction */
    FRAME_BYTES = 512,
    CONFIG_BYTES = 60,
    KEY_TEXT = 41
};

static void must(bool good, const char *what) {
    if (good)
        return;
    fprintf(stderr, "bare_path: %s: %s\n", what, zmq_strerror(errno));
    exit(1);
}

static int64_t now_us(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

/* ---- the store ---- */

struct store {
    MDB_env *env;
    MDB_dbi table;
    MDB_txn *txn; /* the one that gathers, or NULL */
};

static void store_open(struct store *s, const char *folder, const char *name) {
    char path[4096];
    MDB_txn *txn;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    must(mkdir(path, 0700) == 0, path);
    must(mdb_env_create(&s->env) == 0 && mdb_env_set_mapsize(s->env, (size_t)4 << 30) == 0 &&
             mdb_env_open(s->env, path, 0, 0600) == 0 &&
             mdb_txn_begin(s->env, NULL, 0, &txn) == 0 &&
             mdb_dbi_open(txn, NULL, 0, &s->table) == 0 && mdb_txn_commit(txn) == 0,
         "the store");
    s->txn = NULL;
}

static void store_put(struct store *s, uint64_t slot, struct span row) {
    uint8_t memory[8];
    struct buf key = buf_of(memory, sizeof memory);
    buf_be64(&key, slot);
    MDB_val k = {.mv_size = key.len, .mv_data = memory};
    MDB_val v = {.mv_size = row.len, .mv_data = (void *)(uintptr_t)row.data};
    if (s->txn == NULL)
        must(mdb_txn_begin(s->env, NULL, 0, &s->txn) == 0, "a transaction");
    must(mdb_put(s->txn, s->table, &k, &v, 0) == 0, "a row");
}

static void store_sync(struct store *s) {
    must(s->txn == NULL || mdb_txn_commit(s->txn) == 0, "a commit");
    s->txn = NULL;
}

/* ---- messages ---- */

static void lease_encode(struct buf *out, uint64_t slot) {
    static const uint8_t config[CONFIG_BYTES];
    mp_put_array(out, 4);
    mp_put_u64(out, slot);
    mp_put_u64(out, 1); /* attempt */
    mp_put_bin(out, span_of(config, sizeof config));
    mp_put_f64(out, 0);
}

static uint64_t slot_of(struct span frame) {
    struct mp in = mp_of(frame);
    (void)mp_array(&in);
    uint64_t slot = mp_u64(&in);
    (void)mp_u64(&in);
    (void)mp_bin(&in);
    (void)mp_f64(&in);
    must(mp_done(&in), "a frame");
    return slot;
}

static struct span receive(void *socket, uint8_t *memory, int flags) {
    int got = zmq_recv(socket, memory, FRAME_BYTES, flags);
    must(got >= 0 || errno == EAGAIN, "receive");
    must(got <= FRAME_BYTES, "a frame that is too long");
    return span_of(memory, got < 0 ? 0 : (size_t)got);
}

static void option(void *socket, int name, const char *text) {
    must(zmq_setsockopt(socket, name, text, strlen(text)) == 0, "an option");
}

static void *socket_of(void *context, int type) {
    const int none = 0;
    void *socket = zmq_socket(context, type);
    must(socket != NULL, "a socket");
    zmq_setsockopt(socket, ZMQ_SNDHWM, &none, sizeof none);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &none, sizeof none);
    return socket;
}

/* ---- a worker ---- */

static void work(const char *folder, int number, const char *endpoint, const char *server) {
    static uint64_t slots[BATCH];
    char name[16], public[KEY_TEXT], secret[KEY_TEXT];
    uint8_t memory[FRAME_BYTES];
    struct store store;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(name, sizeof name, "worker%d", number);
    store_open(&store, folder, name);
    void *socket = socket_of(zmq_ctx_new(), ZMQ_DEALER);
    must(zmq_curve_keypair(public, secret) == 0, "keys");
    option(socket, ZMQ_CURVE_SERVERKEY, server);
    option(socket, ZMQ_CURVE_PUBLICKEY, public);
    option(socket, ZMQ_CURVE_SECRETKEY, secret);
    must(zmq_connect(socket, endpoint) == 0, "connect");
    zmq_send(socket, "here", 4, 0);
    for (;;) {
        uint32_t count = 0;
        struct span frame = receive(socket, memory, 0);
        while (frame.len > 0) {
            slots[count++] = slot_of(frame);
            store_put(&store, slots[count - 1], frame);
            frame = count < BATCH ? receive(socket, memory, ZMQ_DONTWAIT) : (struct span){0};
        }
        store_sync(&store);
        for (uint32_t i = 0; i < count; i++) {
            struct buf out = buf_of(memory, sizeof memory);
            lease_encode(&out, slots[i]); /* a result says what it is a result of */
            must(zmq_send(socket, out.data, out.len, 0) >= 0, "send");
        }
    }
}

/* ---- the leader ---- */

struct peer {
    uint8_t id[64];
    size_t id_len;
    uint32_t flying;
};

struct leader {
    void *socket;
    struct store store;
    struct peer peers[WORKERS];
    uint64_t given;
};

static void give(struct leader *l, struct peer *peer) {
    uint8_t memory[FRAME_BYTES];
    struct buf out = buf_of(memory, sizeof memory);
    lease_encode(&out, l->given++);
    must(zmq_send(l->socket, peer->id, peer->id_len, ZMQ_SNDMORE) >= 0 &&
             zmq_send(l->socket, out.data, out.len, 0) >= 0,
         "send");
    peer->flying++;
}

/* The results that are there, at least one, synced; how many. */
static uint64_t gather(struct leader *l) {
    uint8_t id[64], memory[FRAME_BYTES];
    uint64_t count = 0;
    struct span from = receive(l->socket, id, 0);
    while (from.len > 0) {
        struct span frame = receive(l->socket, memory, 0);
        store_put(&l->store, slot_of(frame), frame);
        for (int i = 0; i < WORKERS; i++) {
            struct peer *p = &l->peers[i];
            p->flying -= p->id_len == from.len && memcmp(p->id, id, from.len) == 0;
        }
        count++;
        from = count < BATCH ? receive(l->socket, id, ZMQ_DONTWAIT) : (struct span){0};
    }
    store_sync(&l->store);
    return count;
}

static void rate(struct leader *l, uint64_t count) {
    int64_t began = now_us();
    for (uint64_t done = 0; done < count;) {
        for (int i = 0; i < WORKERS; i++) {
            while (l->given < count && l->peers[i].flying < WINDOW)
                give(l, &l->peers[i]);
        }
        done += gather(l);
    }
    printf("%ju results took %jd us\n", (uintmax_t)count, (intmax_t)(now_us() - began));
}

static int by_size(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void once(struct leader *l, uint64_t count, long rest_ms) {
    int64_t *took = calloc(count, sizeof *took);
    must(took != NULL && count > 0, "memory");
    for (uint64_t i = 0; i < count; i++) {
        nanosleep(&(struct timespec){.tv_nsec = rest_ms * 1000000}, NULL);
        int64_t began = now_us();
        give(l, &l->peers[i % WORKERS]);
        (void)gather(l);
        took[i] = now_us() - began;
    }
    qsort(took, count, sizeof *took, by_size);
    printf("%jd\n", (intmax_t)took[count / 2]);
    free(took);
}

int main(int argc, char **argv) {
    static struct leader l;
    char public[KEY_TEXT], secret[KEY_TEXT], endpoint[256];
    uint8_t memory[FRAME_BYTES];
    size_t len = sizeof endpoint;
    const int yes = 1;
    must((argc == 4 && strcmp(argv[1], "rate") == 0) || (argc == 5 && strcmp(argv[1], "once") == 0),
         "usage: bare_path rate FOLDER COUNT | once FOLDER COUNT REST_MS");
    must(zmq_curve_keypair(public, secret) == 0, "keys");
    /* The workers are forked before anything has a thread; they hear where the leader is. */
    int pipes[WORKERS][2];
    for (int i = 0; i < WORKERS; i++) {
        must(pipe(pipes[i]) == 0, "a pipe");
        pid_t pid = fork();
        must(pid >= 0, "fork");
        if (pid == 0) {
            if (read(pipes[i][0], endpoint, sizeof endpoint) > 0)
                work(argv[2], i, endpoint, public);
            return 1;
        }
    }
    l.socket = socket_of(zmq_ctx_new(), ZMQ_ROUTER);
    zmq_setsockopt(l.socket, ZMQ_CURVE_SERVER, &yes, sizeof yes);
    option(l.socket, ZMQ_CURVE_SECRETKEY, secret);
    must(zmq_bind(l.socket, "tcp://127.0.0.1:*") == 0, "bind");
    must(zmq_getsockopt(l.socket, ZMQ_LAST_ENDPOINT, endpoint, &len) == 0, "the endpoint");
    store_open(&l.store, argv[2], "leader");
    for (int i = 0; i < WORKERS; i++)
        must(write(pipes[i][1], endpoint, len) == (ssize_t)len, "tell the endpoint");
    for (int i = 0; i < WORKERS; i++) {
        struct peer *p = &l.peers[i];
        p->id_len = receive(l.socket, p->id, 0).len;
        (void)receive(l.socket, memory, 0);
    }
    uint64_t count = strtoull(argv[3], NULL, 10);
    if (strcmp(argv[1], "rate") == 0)
        rate(&l, count);
    else
        once(&l, count, strtol(argv[4], NULL, 10));
    fflush(stdout);
    _exit(0); /* the workers end with it */
}
