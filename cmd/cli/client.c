#include "cmd/cli/client.h"

#include <czmq.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#include "cmd/cli/clock.h"
#include "cmd/cli/signals.h"
#include "proto/base/check.h"

enum {
    OPEN_MS = 5000, /* to reach a node, or to become one */
    TRY_MS = 1000,  /* of it for one door: a node that has just died may have left its door open */
    RETRY_MS = 50,
    CALL_MS = 60000, /* an answer that takes longer will not come */
    CALL_TRIES = 4,  /* nodes that may go away under one call */
    HUSH_MS = 500,
    DOOR_CHECK_MS = 1000,
    BEAT_MS = 2000,
    BEAT_TIMEOUT_MS = 10000
};

struct client {
    char state_dir[PATH_MAX];
    bool quiet;
    struct keys keys;
    struct node *node; /* NULL: attached to another process's */
    struct door door;
    zsock_t *socket;
    int signals; /* signalfd */
    int process; /* pidfd of the process attached to, or -1 */
    int signal;  /* the last one that came, 0: none */
    when_ms door_checked;
    uint64_t ticket;
    uint32_t slots;
    bool autorun;
    zmq_msg_t frame; /* the last answer lives here */
    zmq_msg_t kept;  /* and here one that was put aside */
    uint8_t out[LIMIT_FRAME_BYTES];
};

/* ---- one connection ---- */

static bool option_set(void *socket, int option, const void *value, size_t len, struct err *err) {
    if (zmq_setsockopt(socket, option, value, len) == 0)
        return true;
    return err_set(err, ERR_INTERNAL, "socket option %d: %s", option, zmq_strerror(zmq_errno()));
}

static bool option_set_int(void *socket, int option, int value, struct err *err) {
    return option_set(socket, option, &value, sizeof value, err);
}

static void client_disconnect(struct client *c) {
    zsock_destroy(&c->socket);
    if (c->process >= 0)
        close(c->process);
    c->process = -1;
}

static bool client_connect(struct client *c, struct err *err) {
    c->socket = zsock_new(ZMQ_DEALER);
    if (c->socket == NULL)
        return err_set(err, ERR_SYSTEM, "cannot make a socket: %s", zmq_strerror(zmq_errno()));
    void *s = zsock_resolve(c->socket);
    if (!option_set_int(s, ZMQ_LINGER, 0, err) || !option_set_int(s, ZMQ_SNDTIMEO, 0, err) ||
        !option_set_int(s, ZMQ_HEARTBEAT_IVL, BEAT_MS, err) ||
        !option_set_int(s, ZMQ_HEARTBEAT_TIMEOUT, BEAT_TIMEOUT_MS, err) ||
        !option_set(s, ZMQ_MAXMSGSIZE, &(int64_t){LIMIT_FRAME_BYTES}, sizeof(int64_t), err) ||
        !option_set(s, ZMQ_CURVE_SERVERKEY, c->door.server_key, CURVE_KEY_BYTES, err) ||
        !option_set(s, ZMQ_CURVE_PUBLICKEY, c->keys.curve_public, CURVE_KEY_BYTES, err) ||
        !option_set(s, ZMQ_CURVE_SECRETKEY, c->keys.curve_secret, CURVE_KEY_BYTES, err))
        return false;
    if (zmq_connect(s, c->door.endpoint) != 0)
        return err_set(err, ERR_UNREACHABLE, "cannot connect to %s: %s", c->door.endpoint,
                       zmq_strerror(zmq_errno()));
    return true;
}

/* Reads one answer of the present ticket; false: none has come. What cannot be read is skipped, as
 * if it were lost. */
static bool client_take(struct client *c, struct msg *answer) {
    void *s = zsock_resolve(c->socket);
    for (;;) {
        if (zmq_msg_recv(&c->frame, s, ZMQ_DONTWAIT) < 0)
            return false;
        if (zmq_msg_more(&c->frame)) {
            /* A node sends single frames; the parts of anything else are passed over one by one. */
            while (zmq_msg_more(&c->frame) && zmq_msg_recv(&c->frame, s, ZMQ_DONTWAIT) >= 0)
                continue;
            continue;
        }
        struct err ignored;
        struct span bytes = span_of(zmq_msg_data(&c->frame), zmq_msg_size(&c->frame));
        if (!msg_decode(answer, bytes, &ignored))
            continue;
        /* Every answer begins with its ticket, so any of them shows it. */
        if (answer->kind >= MSG_welcome && answer->kind < MSG_job_fact &&
            answer->welcome.ticket == c->ticket)
            return true;
    }
}

/* A pidfd tells at once when a node is killed; the door also tells when one stopped but its
 * process lives on. */
static bool door_is_shut(struct client *c) {
    struct door now;
    struct err ignored;
    return !door_read(c->state_dir, &now, &ignored) || now.pid != c->door.pid ||
           strcmp(now.endpoint, c->door.endpoint) != 0;
}

static enum client_news news_of(const struct msg *answer, struct err *err) {
    if (answer->kind != MSG_refused)
        return CLIENT_ANSWER;
    const struct msg_refused *r = &answer->refused;
    enum err_code code = err_code_of(r->code);
    err_set(err, code == ERR_NONE ? ERR_INTERNAL : code, "%.*s", (int)r->what.len,
            (const char *)r->what.data);
    if (r->context.len > 0)
        err_context(err, "%.*s", (int)r->context.len, (const char *)r->context.data);
    return CLIENT_REFUSED;
}

enum client_news client_next(struct client *c, struct msg *answer, dur_ms patience,
                             struct err *err) {
    when_ms until = patience < 0 ? WHEN_NEVER : clock_now() + patience;
    bool last = false;
    for (;;) {
        int number = signals_take(c->signals);
        if (number == SIGWINCH)
            return CLIENT_RESIZED;
        if (number != 0) {
            c->signal = number;
            return CLIENT_SIGNAL;
        }
        if (client_take(c, answer))
            return news_of(answer, err);
        if (last)
            return CLIENT_TIMEOUT;

        when_ms now = clock_now();
        /* An attached node's end shows on its process descriptor; on a kernel without them its
         * door is looked at now and then. */
        bool watched = c->node != NULL || c->process >= 0;
        when_ms look = watched ? WHEN_NEVER : now + DOOR_CHECK_MS;
        when_ms wake = when_sooner(until, look);
        last = wake == until && until != WHEN_NEVER;
        dur_ms wait = wake == WHEN_NEVER ? -1 : wake > now ? wake - now : 0;
        zmq_pollitem_t items[] = {
            {.socket = zsock_resolve(c->socket), .events = ZMQ_POLLIN},
            {.fd = c->signals, .events = ZMQ_POLLIN},
            {.fd = c->node != NULL ? node_fd(c->node) : c->process, .events = ZMQ_POLLIN},
        };
        int ready = zmq_poll(items, watched ? 3 : 2, (long)wait);
        if (ready > 0 && items[0].revents == 0 && items[1].revents == 0) {
            if (c->node == NULL)
                return CLIENT_LOST;
            err_set(err, ERR_INTERNAL, "the node of this process has stopped");
            return CLIENT_REFUSED;
        }
        if (ready > 0)
            last = false;
        if (!watched && clock_now() - c->door_checked >= DOOR_CHECK_MS) {
            c->door_checked = clock_now();
            if (door_is_shut(c))
                return CLIENT_LOST;
        }
    }
}

bool client_ask(struct client *c, struct msg *request, struct err *err) {
    request->hello.ticket = ++c->ticket; /* every request begins with its ticket */
    struct buf out = buf_of(c->out, sizeof c->out);
    if (!msg_encode(request, &out))
        return err_set(err, ERR_INTERNAL, "a %s message is too long", msg_name(request->kind));
    if (zmq_send(zsock_resolve(c->socket), out.data, out.len, 0) < 0)
        return err_set(err, ERR_UNREACHABLE, "cannot send to %s: %s", c->door.endpoint,
                       zmq_strerror(zmq_errno()));
    return true;
}

/* client_next where nothing but an answer will do. */
static bool client_await(struct client *c, struct msg *answer, dur_ms patience, bool *lost,
                         struct err *err) {
    when_ms until = clock_now() + patience;
    *lost = false;
    for (;;) {
        dur_ms left = until - clock_now();
        switch (client_next(c, answer, left > 0 ? left : 0, err)) {
        case CLIENT_ANSWER: return true;
        case CLIENT_REFUSED: return false;
        case CLIENT_RESIZED: continue;
        case CLIENT_SIGNAL: return err_set(err, ERR_INTERRUPTED, "interrupted");
        case CLIENT_LOST:
            *lost = true;
            return err_set(err, ERR_UNREACHABLE, "the node at %s is gone", c->door.endpoint);
        case CLIENT_TIMEOUT:
            return err_set(err, ERR_UNREACHABLE, "the node at %s (process %lld) does not answer",
                           c->door.endpoint, (long long)c->door.pid);
        }
    }
}

/* ---- finding a node, or being one ---- */

static bool client_greet(struct client *c, dur_ms patience, struct err *err) {
    struct msg m = {.kind = MSG_hello,
                    .hello = {.protocol = PROTOCOL_VERSION, .program = span_text("zyg")}};
    bool lost;
    if (!client_connect(c, err) || !client_ask(c, &m, err) ||
        !client_await(c, &m, patience, &lost, err))
        return false;
    if (m.kind != MSG_welcome)
        return err_set(err, ERR_BAD_MESSAGE, "the node at %s does not speak as zyg does",
                       c->door.endpoint);
    if (m.welcome.protocol != PROTOCOL_VERSION)
        return err_set(err, ERR_BAD_MESSAGE, "the node at %s speaks protocol %llu, this program %d",
                       c->door.endpoint, (unsigned long long)m.welcome.protocol, PROTOCOL_VERSION);
    c->slots = (uint32_t)m.welcome.slots;
    c->autorun = m.welcome.autorun;
    return true;
}

static bool client_attach(struct client *c, struct err *err) {
    if (!door_read(c->state_dir, &c->door, err))
        return false;
    c->process = pidfd_open((pid_t)c->door.pid, 0);
    if (c->process < 0 && errno == ESRCH) /* otherwise an old kernel: the door is then looked at */
        return err_set(err, ERR_UNREACHABLE, "the node of %.200s has just ended", c->state_dir);
    if (!client_greet(c, TRY_MS, err))
        return false;
    c->door_checked = clock_now();
    return true;
}

static bool client_embed(struct client *c, struct err *err) {
    struct node_config config = {.state_dir = c->state_dir, .listen = "tcp://127.0.0.1:*"};
    c->node = node_start(&config, err);
    if (c->node == NULL)
        return false;
    c->door = *node_door(c->node);
    if (client_greet(c, OPEN_MS, err))
        return true;
    client_disconnect(c);
    node_stop(&c->node);
    return false;
}

/* Between two processes that end and begin, a folder can be locked and its door not yet be open:
 * both are tried in turn. */
static bool client_reach(struct client *c, struct err *err) {
    when_ms until = clock_now() + OPEN_MS;
    for (;;) {
        if (client_embed(c, err))
            return true;
        if (err->code != ERR_BUSY)
            return false;
        if (client_attach(c, err))
            return true;
        client_disconnect(c);
        if (!err_can_retry(err->code) || err->code == ERR_INTERRUPTED)
            return false;
        if (clock_now() >= until)
            return err_context(err, "opening %.100s", c->state_dir);
        struct pollfd pause = {.fd = c->signals, .events = POLLIN};
        poll(&pause, 1, RETRY_MS);
    }
}

bool state_dir_choose(char out[PATH_MAX], const char *given, struct err *err) {
    if (given == NULL)
        return state_dir_default(out, PATH_MAX) ||
               err_set(err, ERR_USAGE,
                       "no place for the state folder: set HOME or ZYG_STATE, or say --state DIR");
    return snprintf(out, PATH_MAX, "%s", given) < PATH_MAX ||
           err_set(err, ERR_USAGE, "--state: the path is too long");
}

bool client_state_missing(const char *state_dir) {
    char path[PATH_MAX];
    struct err ignored;
    struct stat info;
    return state_dir_choose(path, state_dir, &ignored) && stat(path, &info) != 0 && errno == ENOENT;
}

static bool client_prepare(struct client *c, const char *state_dir, struct err *err) {
    return state_dir_choose(c->state_dir, state_dir, err) && signals_open(&c->signals, true, err) &&
           keys_load(&c->keys, c->state_dir, "client", err);
}

struct client *client_open(const struct client_options *options, struct err *err) {
    struct client *c = calloc(1, sizeof *c);
    if (c == NULL) {
        err_set(err, ERR_SYSTEM, "there is no memory left");
        return NULL;
    }
    c->quiet = options->quiet;
    c->process = -1;
    c->signals = -1;
    zmq_msg_init(&c->frame);
    zmq_msg_init(&c->kept);
    if (!client_prepare(c, options->state_dir, err) || !client_reach(c, err))
        client_close(&c);
    return c;
}

static bool node_has_stopped(const struct node *node) {
    struct pollfd item = {.fd = node_fd(node), .events = POLLIN};
    return poll(&item, 1, 0) > 0;
}

static void node_interrupt(struct node *node, int number) {
    if (number == 0 || number == SIGWINCH || node_has_stopped(node))
        return;
    node_quit(node);
    if (signal_hurries(number))
        node_quit(node);
}

/* Trials get their grace, also those that others run on this node; whoever is asked to stop a second time, or in a hurry,
 * kills them at once. */
static void client_stop_node(struct client *c) {
    struct pollfd items[] = {{.fd = node_fd(c->node), .events = POLLIN},
                             {.fd = c->signals, .events = POLLIN}};
    node_interrupt(c->node, c->signal != 0 ? c->signal : SIGTERM);
    while (!node_has_stopped(c->node)) {
        poll(items, 2, -1);
        node_interrupt(c->node, signals_take(c->signals));
    }
    node_stop(&c->node);
}

void client_close(struct client **self) {
    struct client *c = *self;
    if (c == NULL)
        return;
    client_disconnect(c);
    if (c->node != NULL)
        client_stop_node(c);
    if (c->signals >= 0)
        close(c->signals);
    zmq_msg_close(&c->frame);
    zmq_msg_close(&c->kept);
    keys_wipe(&c->keys);
    free(c);
    *self = NULL;
}

bool client_reopen(struct client *c, struct err *err) {
    client_disconnect(c);
    if (c->node != NULL)
        node_stop(&c->node);
    return client_reach(c, err);
}

bool client_embedded(const struct client *c) {
    return c->node != NULL;
}

uint32_t client_slots(const struct client *c) {
    return c->slots;
}

bool client_autorun(const struct client *c) {
    return c->autorun;
}

const struct signer *client_signer(const struct client *c) {
    return &c->keys.signer;
}

int client_signal(const struct client *c) {
    return c->signal;
}

void client_hush(struct client *c) {
    struct msg hello = {.kind = MSG_hello,
                        .hello = {.protocol = PROTOCOL_VERSION, .program = span_text("zyg")}};
    struct err ignored;
    bool lost;
    /* What is not yet sent is lost with the socket: the answer shows that it has arrived. */
    if (c->node == NULL && client_ask(c, &hello, &ignored))
        client_await(c, &hello, HUSH_MS, &lost, &ignored);
}

/* ---- whole conversations ---- */

bool client_call(struct client *c, struct msg *request, enum msg_kind expected, struct msg *answer,
                 struct err *err) {
    for (int tries = 0; tries < CALL_TRIES; tries++) {
        bool lost;
        if (!client_ask(c, request, err))
            return false;
        if (client_await(c, answer, CALL_MS, &lost, err)) {
            if (answer->kind == expected)
                return true;
            return err_set(err, ERR_BAD_MESSAGE, "%s was answered with %s", msg_name(request->kind),
                           msg_name(answer->kind));
        }
        /* Every request may be asked twice: facts are written once, the rest only reads. */
        if (!lost || !client_reopen(c, err))
            return false;
    }
    return false;
}

void client_keep(struct client *c) {
    zmq_msg_copy(&c->kept, &c->frame);
}

void client_kept(struct client *c, struct msg *answer) {
    struct err ignored;
    bool whole =
        msg_decode(answer, span_of(zmq_msg_data(&c->kept), zmq_msg_size(&c->kept)), &ignored);
    ensure(whole); /* it was decoded before */
}
