#include "store/store_actor.h"

#include "actors/kit/frame.h"
#include "proto/base/check.h"
#include "store/store_ask.h"

#include <czmq.h>
#include <malloc.h>
#include <stdlib.h>

enum {
    STORE_PORT_TAG = 0x53704f72,
    /* Below the 1,000 messages a pipe holds in each direction, so that neither side ever waits for
     * the other to read while the other waits for it, and $TERM always finds room. */
    ASKED_MAX = 512,
};

struct store_port {
    uint32_t tag;
    zactor_t *actor;
    struct board *board;
    uint32_t
        asked; /* not answered yet; while nothing is, this side may read, and the thread tends the store at most */
    uint32_t reads_here; /* since the thread was asked last */
    uint64_t uses;
    struct store *store;
    struct buf rows;
    /* For the thread, until it has signalled. */
    const char *dir;
    struct err *err;
    bool look; /* there may be answers that the socket's descriptor does not tell of */
};

/* ---- the thread ---- */

struct keeper {
    zsock_t *pipe;
    struct store *store;
    struct buf *rows; /* of one scan */
    bool ending;
    zframe_t *group[STORE_GROUP]; /* saves that share one commit */
    size_t group_count;
    size_t group_bytes;
};

static struct frame frame_of(zframe_t *f, struct msg *m) {
    struct span run = span_of(zframe_data(f), zframe_size(f));
    struct frame frame = frame_take(&run);
    struct err err;
    ensure(msg_decode(m, frame.message, &err)); /* the port on the other end of the pipe wrote it */
    return frame;
}

static zframe_t *frame_made(enum room to, enum room from, uint32_t peer, const struct msg *m,
                            size_t bytes) {
    zframe_t *f = zframe_new(NULL, FRAME_HEADER_BYTES + 512 + bytes);
    ensure(f != NULL);
    struct buf out = buf_of(zframe_data(f), zframe_size(f));
    frame_put(&out, to, from, peer, m);
    ensure(!out.overflow);
    return f;
}

static void send_frame(zframe_t *f, void *pipe) {
    ensure(zframe_send(&f, pipe, 0) == 0); /* ASKED_MAX keeps the pipe from being full */
}

static void answer(struct keeper *k, const struct frame *asked, const struct msg *m, size_t bytes) {
    send_frame(frame_made(asked->from, ROOM_STORE, asked->peer, m, bytes), k->pipe);
}

static void answer_save(struct keeper *k, zframe_t **f, const struct err *err) {
    struct msg m;
    struct frame asked = frame_of(*f, &m);
    struct msg reply = store_answer_save(m.save.ticket, err);
    answer(k, &asked, &reply, 0);
    zframe_destroy(f);
}

/* One commit for all; when that fails each is tried alone, so that one bad transaction spoils no
 * other. */
static void commit_group(struct keeper *k) {
    struct span ops[STORE_GROUP];
    struct err err = {.code = ERR_NONE};
    if (k->group_count == 0)
        return;
    for (size_t i = 0; i < k->group_count; i++) {
        struct msg m;
        frame_of(k->group[i], &m);
        ops[i] = m.save.ops;
    }
    bool all = store_save_all(k->store, ops, k->group_count, &err);
    bool alone = !all && k->group_count > 1;
    for (size_t i = 0; i < k->group_count; i++) {
        bool kept = all || (alone && store_save(k->store, ops[i], &err));
        answer_save(k, &k->group[i], kept ? NULL : &err);
    }
    k->group_count = 0;
    k->group_bytes = 0;
}

static void take_asked(struct keeper *k, zframe_t *f) {
    struct msg m;
    struct frame asked = frame_of(f, &m);
    if (m.kind == MSG_save) {
        k->group[k->group_count++] = f;
        k->group_bytes += zframe_size(f);
        if (k->group_count == STORE_GROUP || k->group_bytes >= LIMIT_BATCH_BYTES)
            commit_group(k);
        return;
    }
    commit_group(k); /* what was asked for before a scan is seen by it */
    ensure(m.kind == MSG_scan);
    struct msg reply = store_answer_scan(k->store, &m.scan, k->rows);
    answer(k, &asked, &reply, k->rows->len);
    zframe_destroy(&f);
}

static bool is_term(zframe_t *f) {
    return zframe_streq(f, "$TERM");
}

/* Asked and, when it is done, answered by the same word. */
static const char rest_word[] = "$REST";

static bool is_rest(zframe_t *f) {
    return zframe_streq(f, rest_word);
}

static void rest(struct keeper *k, zframe_t *f) {
    commit_group(k);
    store_rest(k->store);
    malloc_trim(0);
    send_frame(f, k->pipe);
}

/* Takes what waits, without waiting; then commits. */
static void serve(struct keeper *k) {
    zframe_t *f = zframe_recv(k->pipe);
    while (f != NULL) {
        if (is_term(f)) {
            k->ending = true;
            zframe_destroy(&f);
            break;
        }
        if (is_rest(f))
            rest(k, f);
        else
            take_asked(k, f);
        f = zframe_recv_nowait(k->pipe);
    }
    commit_group(k);
    if (k->store != NULL)
        store_tend(k->store);
}

static void keep_store(zsock_t *pipe, void *args) {
    struct store_port *port = args;
    ensure(port->tag == STORE_PORT_TAG);
    struct keeper k = {.pipe = pipe, .rows = &port->rows};
    k.store = port->store = store_open_lmdb(port->dir, port->err);
    zsock_signal(pipe, 0); /* from here on the port's fields are the other thread's */
    while (!k.ending)
        serve(&k);
    store_close(&k.store);
}

/* ---- the node's side ---- */

/* Posts or drops one answer; false when there is none and `wait` is not set. */
static bool take_answer(struct store_port *p, bool wait, bool post) {
    zframe_t *f = wait ? zframe_recv(p->actor) : zframe_recv_nowait(p->actor);
    if (f == NULL)
        return false;
    p->asked--;
    if (post && !is_rest(f)) {
        struct msg m;
        struct frame answer = frame_of(f, &m);
        board_post_to(p->board, answer.to, ROOM_STORE, answer.peer, &m);
    }
    zframe_destroy(&f);
    return true;
}

/* While nothing is asked the thread may still look after a store that is open. It opens one that is not by itself: two that do
 * something about that would meet. */
static bool may_read_here(const struct store_port *p, const struct msg *m) {
    return p->asked == 0 && p->reads_here < STORE_READS_HERE && m->kind == MSG_scan &&
           m->scan.limit == 1 && store_is_open(p->store);
}

/* One row, while the thread rests: reading it costs less than waking the thread and being woken. What was saved before is
 * seen, because it has been answered. */
static void read_here(struct store_port *p, const struct event *event) {
    const struct msg rows = store_answer_scan(p->store, &event->msg.scan, &p->rows);
    board_post_to(p->board, event->from, ROOM_STORE, event->peer, &rows);
    p->reads_here++;
}

static void ask(struct store_port *p, zframe_t *f) {
    p->asked++;
    p->reads_here = 0;
    p->look = true; /* sending can swallow the descriptor's word of an answer */
    send_frame(f, p->actor);
}

/* While the thread is asked for nothing this side may read, and only then are there rows. */
static void spare_rows(void *self, const struct spare *spare) {
    struct store_port *p = self;
    if (p->asked == 0)
        spare_take(spare, p->rows.data, p->rows.cap);
}

static void port_perform(void *self, const struct event *event) {
    struct store_port *p = self;
    ensure(p->tag == STORE_PORT_TAG);
    p->uses++;
    if (may_read_here(p, &event->msg)) {
        read_here(p, event);
        return;
    }
    while (p->asked >= ASKED_MAX)
        take_answer(p, true, true);
    size_t bytes = event->msg.kind == MSG_save
                       ? event->msg.save.ops.len
                       : event->msg.scan.prefix.len + event->msg.scan.after.len;
    ask(p, frame_made(ROOM_STORE, event->from, event->peer, &event->msg, bytes));
}

void store_port_rest(struct store_port *p) {
    zframe_t *f = zframe_from(rest_word);
    ensure(f != NULL);
    if (p->asked == 0)
        ask(p, f);
    else
        zframe_destroy(&f); /* it does not rest */
}

struct store_port *store_port_new(const char *dir, struct board *board, struct err *err) {
    struct store_port *p = calloc(1, sizeof *p);
    ensure(p != NULL);
    p->tag = STORE_PORT_TAG;
    p->board = board;
    p->dir = dir;
    p->err = err;
    p->rows = buf_of(malloc(STORE_ROWS_BYTES_MAX), STORE_ROWS_BYTES_MAX);
    ensure(p->rows.data != NULL);
    p->actor = zactor_new(keep_store, p); /* returns when the thread has signalled */
    ensure(p->actor != NULL);
    if (p->store == NULL)
        store_port_destroy(&p);
    return p;
}

void store_port_destroy(struct store_port **p) {
    if (*p == NULL)
        return;
    while ((*p)->asked > 0 && take_answer(*p, true, false))
        ;
    zactor_destroy(&(*p)->actor);
    (*p)->tag = 0;
    free((*p)->rows.data);
    free(*p);
    *p = NULL;
}

struct port store_port_seat(struct store_port *p) {
    return (struct port){
        .room = ROOM_STORE, .self = p, .perform = port_perform, .spare = spare_rows};
}

void *store_port_sock(const struct store_port *p) {
    return p->actor;
}

uint64_t store_port_uses(const struct store_port *p) {
    return p->uses;
}

bool store_port_look(const struct store_port *p) {
    return p->look;
}

void store_port_ready(struct store_port *p) {
    p->look = false;
    while (take_answer(p, false, true))
        ;
}
