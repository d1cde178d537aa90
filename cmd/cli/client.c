#include "cmd/cli/client.h"

#include <czmq.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>

#include "actors/kit/clock_shell.h"
#include "cmd/cli/client_delay.h"
#include "cmd/cli/client_doors.h"
#include "cmd/cli/client_race.h"
#include "cmd/cli/pages.h"
#include "cmd/cli/signals.h"
#include "proto/base/check.h"

enum {
    OPEN_MS = 5000, /* to reach a node, or to become one */
    TRY_MS = 1000,  /* of it for one door: a node that has just died may have left its door open */
    RETRY_MS = 50,
    TELL_MS = 1500,   /* nobody answers: people are told; where none can, that is clear before */
    SILENT_MS = 2000, /* ... later, when one did before: another node usually answers by then */
    FIRST_MS = 1000,  /* for a cluster where nobody answers at once: nodes may just be starting */
    AGAIN_MS = 10000, /* and when one did answer before */
    PAUSE_MS = 250,   /* between two tries of what may be better in a moment */
    BEHIND_MS = 1000, /* a node lacks what was acknowledged elsewhere a moment ago, */
    HURT_MS = 10000,  /* and for longer when another one has just been lost */
    CALL_MS = 60000,  /* an answer that takes longer will not come */
    CALL_TRIES = 4,   /* nodes that may go away under one call */
    HUSH_MS = 500,
    TICKET_LEARN = 0 /* of what is asked on the side: where the other nodes are */
};

#define TICKET_DELAY UINT64_MAX /* ... and which of them do not answer */

struct client {
    char state_dir[PATH_MAX];
    struct keys keys;
    struct doors doors;
    struct node *node; /* NULL: attached to another process's */
    struct token_seed at;
    bool remote; /* it is not the node of this folder */
    bool lost;   /* one of the cluster that was attached to */
    when_ms behind_until;
    struct link link;
    int signals; /* signalfd */
    int signal;  /* the last one that came, 0: none */
    uint64_t ticket;
    struct delay delay;
    char place[256];
    bool autorun;
    uint64_t slots;
    zmq_msg_t frame; /* the last answer lives here */
    zmq_msg_t kept;  /* and here one that was put aside */
    uint8_t out[LIMIT_FRAME_BYTES];
};

/* ---- asking and hearing ---- */

static void client_learn(struct client *c, const struct msg *answer) {
    const struct token_seed *at = c->remote ? &c->at : NULL;
    if (answer->kind == MSG_node_row)
        doors_hear(&c->doors, &answer->node_row, at);
    else if (answer->kind == MSG_end)
        doors_learn(&c->doors, c->state_dir, at);
}

/* Reads one answer of the present ticket; false: none has come. */
static bool client_take(struct client *c, struct msg *answer) {
    while (link_take(&c->link, &c->frame, answer)) {
        /* Every answer begins with its ticket, so any of them shows it. */
        if (answer->kind < MSG_welcome || answer->kind >= MSG_job_fact)
            continue;
        if (answer->welcome.ticket == c->ticket)
            return true;
        if (answer->welcome.ticket == TICKET_LEARN)
            client_learn(c, answer);
        else if (answer->welcome.ticket == TICKET_DELAY)
            delay_hear(&c->delay, answer);
    }
    return false;
}

/* A node that does not know this client any more says so as if it were another one. */
static enum client_news news_of(const struct msg *answer, struct err *err) {
    if (answer->kind != MSG_refused)
        return CLIENT_ANSWER;
    race_refusal(&answer->refused, err);
    return err->code == ERR_UNREACHABLE ? CLIENT_LOST : CLIENT_REFUSED;
}

/* Until something may have come; false: a node in this process has stopped. */
static bool client_wait(const struct client *c, when_ms until) {
    zmq_pollitem_t items[LINK_POLLS + 2];
    int count = link_polls(&c->link, items);
    items[count++] = (zmq_pollitem_t){.fd = c->signals, .events = ZMQ_POLLIN};
    int node = count;
    if (c->node != NULL)
        items[count++] = (zmq_pollitem_t){.fd = node_fd(c->node), .events = ZMQ_POLLIN};
    dur_ms left = until == WHEN_NEVER ? -1 : until - clock_now();
    int ready = zmq_poll(items, count, until == WHEN_NEVER ? -1 : left > 0 ? (long)left : 0);
    return ready <= 0 || c->node == NULL || items[0].revents != 0 || items[node - 1].revents != 0 ||
           items[node].revents == 0;
}

enum client_news client_next(struct client *c, struct msg *answer, dur_ms patience,
                             struct err *err) {
    when_ms until = patience < 0 ? WHEN_NEVER : clock_now() + patience;
    for (bool last = false;;) {
        int number = signals_take(c->signals);
        if (number == SIGWINCH)
            return CLIENT_RESIZED;
        if (number != 0) {
            c->signal = number;
            return CLIENT_SIGNAL;
        }
        bool ended = link_look(&c->link) != LINK_LIVES; /* what it still said comes before that */
        if (client_take(c, answer))
            return news_of(answer, err);
        if (ended)
            return CLIENT_LOST;
        if (last)
            return CLIENT_TIMEOUT;
        if (!client_wait(c, until)) {
            err_set(err, ERR_INTERNAL, "the node of this process has stopped");
            return CLIENT_REFUSED;
        }
        last = until != WHEN_NEVER && clock_now() >= until;
    }
}

static bool client_send(struct client *c, struct msg *request, uint64_t ticket, struct err *err) {
    request->hello.ticket = ticket; /* every request begins with its ticket */
    struct buf out = buf_of(c->out, sizeof c->out);
    if (!msg_encode(request, &out))
        return err_set(err, ERR_INTERNAL, "a %s message is too long", msg_name(request->kind));
    return link_send(&c->link, buf_view(&out)) ||
           err_set(err, ERR_UNREACHABLE, "cannot send to %s", c->at.endpoint);
}

bool client_ask(struct client *c, struct msg *request, struct err *err) {
    return client_send(c, request, ++c->ticket, err);
}

/* client_next where nothing but an answer will do. */
static bool client_await(struct client *c, struct msg *answer, when_ms until, bool *lost,
                         bool *later, struct err *err) {
    *lost = *later = false;
    for (;;) {
        dur_ms left = until - clock_now();
        switch (client_next(c, answer, left > 0 ? left : 0, err)) {
        case CLIENT_ANSWER: return true;
        case CLIENT_REFUSED: return false;
        case CLIENT_RESIZED: continue;
        case CLIENT_SIGNAL: return err_set(err, ERR_INTERRUPTED, "interrupted");
        case CLIENT_LOST:
            *lost = true;
            return err_set(err, ERR_UNREACHABLE, "the node %s is gone", client_place(c));
        case CLIENT_TIMEOUT:
            *later = true;
            return err_set(err, ERR_UNREACHABLE, "the node %s does not answer", client_place(c));
        }
    }
}

/* What is done about a request that has not been answered; when to look again. A busy node takes a while to name the others. */
static when_ms look_after(struct client *c, when_ms asked, when_ms until) {
    const when_ms now = clock_now();
    struct msg who = {.kind = MSG_list_nodes};
    struct err ignored;
    uint8_t memory[DELAY_TEXT_BYTES];
    struct buf text = buf_of(memory, sizeof memory);
    if (!c->delay.sought) {
        c->delay.sought = true;
        client_send(c, &who, TICKET_DELAY, &ignored);
        return now + DELAY_ASK_MS;
    }
    if (!c->delay.whole && now < asked + DELAY_WHO_MS)
        return now + DELAY_ASK_MS;
    delay_print(&c->delay, client_place(c), until - now, &text);
    fwrite(memory, 1, text.len, stderr);
    return until;
}

/* The same for what may take long: then people are told what it waits for. */
static bool client_await_long(struct client *c, struct msg *answer, bool *lost, struct err *err) {
    const when_ms asked = clock_now(), until = asked + CALL_MS;
    when_ms look = asked + DELAY_TELL_MS;
    c->delay = (struct delay){.heard = false};
    for (;;) {
        bool later;
        if (client_await(c, answer, look, lost, &later, err))
            return true;
        if (!later)
            return false;
        if (look == until)
            return c->delay.heard
                       ? err_set(err, ERR_UNREACHABLE, "the node %s has not confirmed it in %d s",
                                 client_place(c), CALL_MS / 1000)
                       : false;
        look = look_after(c, asked, until);
    }
}

/* ---- finding a node, or being one ---- */

/* Nobody has answered yet. */
struct silence {
    when_ms tell_at; /* WHEN_NEVER: people know */
    when_ms until;   /* then it is given up */
};

static void silence_tell(void *context) {
    struct silence *s = context;
    s->tell_at = WHEN_NEVER;
    dur_ms left = s->until - clock_now();
    fprintf(stderr, "zyg: no node answers; trying for %lld s more\n",
            left > 0 ? (long long)(left + 999) / 1000 : 0);
}

/* The first of these doors that opens is taken; its number, or -1. */
static int client_greet(struct client *c, const struct token_seed *doors, uint32_t count,
                        dur_ms patience, struct silence *silence, struct err *err) {
    struct race race = {.keys = &c->keys,
                        .certificate = doors_certificate(&c->doors),
                        .ticket = ++c->ticket,
                        .patience = patience,
                        .own = c->node != NULL,
                        .signals = c->signals,
                        .tell_at = silence->tell_at,
                        .tell = silence_tell,
                        .context = silence};
    struct msg welcome;
    int number = race_run(&race, doors, count, &c->link, &c->frame, &welcome, err);
    if (race.signal != 0)
        c->signal = race.signal;
    if (number < 0)
        return number;
    c->at = doors[number];
    c->autorun = welcome.welcome.autorun;
    c->slots = welcome.welcome.slots;
    struct msg who = {.kind = MSG_list_nodes, .list_nodes.doors = TOKEN_SEEDS_MAX};
    struct err ignored;
    if (c->doors.member)
        client_send(c, &who, TICKET_LEARN, &ignored);
    return number;
}

static struct token_seed seed_of(const struct door *door) {
    struct token_seed seed;
    memcpy(seed.endpoint, door->endpoint, sizeof seed.endpoint);
    memcpy(seed.curve, door->server_key, sizeof seed.curve);
    return seed;
}

static bool client_attach(struct client *c, struct silence *silence, struct err *err) {
    struct door door;
    if (!door_read(c->state_dir, &door, err))
        return false;
    const struct token_seed seed = seed_of(&door);
    c->remote = false;
    return client_greet(c, &seed, 1, TRY_MS, silence, err) >= 0;
}

static bool client_embed(struct client *c, struct silence *silence, struct err *err) {
    struct node_config config = {.state_dir = c->state_dir, .listen = "tcp://127.0.0.1:*"};
    c->node = node_start(&config, err);
    if (c->node == NULL)
        return false;
    const struct token_seed seed = seed_of(node_door(c->node));
    c->remote = false;
    if (client_greet(c, &seed, 1, OPEN_MS, silence, err) >= 0)
        return true;
    node_stop(&c->node);
    return false;
}

/* Between two processes that end and begin, a folder can be locked and its door not yet be open:
 * both are tried in turn. */
static bool client_reach_own(struct client *c, struct err *err) {
    when_ms until = clock_now() + OPEN_MS;
    struct silence silence = {.tell_at = until - OPEN_MS + TELL_MS, .until = until};
    for (;;) {
        if (client_embed(c, &silence, err))
            return true;
        if (err->code != ERR_BUSY)
            return false;
        if (client_attach(c, &silence, err))
            return true;
        if (!err_can_retry(err->code) || err->code == ERR_INTERRUPTED)
            return false;
        if (clock_now() >= until)
            return err_context(err, "opening %.100s", c->state_dir);
        struct pollfd pause = {.fd = c->signals, .events = POLLIN};
        poll(&pause, 1, RETRY_MS);
    }
}

/* The node that runs on this folder is asked first, but not in the name of another cluster than its own. */
static bool own_door(const struct client *c, struct token_seed *seed) {
    struct door door;
    struct cluster here;
    struct err ignored;
    if (!door_read(c->state_dir, &door, &ignored))
        return false;
    *seed = seed_of(&door);
    return !c->doors.in.visiting ||
           (door.mesh[0] != '\0' && cluster_load(&here, c->state_dir, &ignored) &&
            memcmp(here.key, c->doors.in.cluster.key, sizeof here.key) == 0);
}

void client_pause(struct client *c) {
    struct pollfd pause = {.fd = c->signals, .events = POLLIN};
    poll(&pause, 1, PAUSE_MS);
}

bool client_may_be_behind(const struct client *c) {
    return c->doors.member && clock_now() < c->behind_until;
}

static bool client_reach_cluster(struct client *c, dur_ms insist, struct err *err) {
    when_ms begun = clock_now(), until = begun + insist;
    struct silence silence = {.tell_at = begun + (c->lost ? SILENT_MS : TELL_MS),
                              .until = insist < LINK_SILENCE_MS ? begun + LINK_SILENCE_MS : until};
    for (;;) {
        struct token_seed doors[RACE_MAX];
        uint32_t own = own_door(c, &doors[0]) ? 1 : 0;
        memcpy(doors + own, c->doors.items, c->doors.count * sizeof doors[0]);
        int number = client_greet(c, doors, own + c->doors.count, LINK_SILENCE_MS, &silence, err);
        c->remote = number >= (int)own;
        c->behind_until = clock_now() + (c->lost ? HURT_MS : BEHIND_MS);
        if (number >= 0)
            return true;
        if (!err_can_retry(err->code) || err->code == ERR_INTERRUPTED)
            return false;
        if (clock_now() >= until)
            return err->code == ERR_UNREACHABLE ? doors_shut(&c->doors, err) : false;
        if (clock_now() >= silence.tell_at && clock_now() < until)
            silence_tell(&silence);
        client_pause(c);
    }
}

static bool client_reach(struct client *c, dur_ms insist, struct err *err) {
    return c->doors.member ? client_reach_cluster(c, insist, err) : client_reach_own(c, err);
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
    return !membership_visits() && state_dir_choose(path, state_dir, &ignored) &&
           stat(path, &info) != 0 && errno == ENOENT;
}

static bool client_prepare(struct client *c, const char *state_dir, struct err *err) {
    return state_dir_choose(c->state_dir, state_dir, err) && signals_open(&c->signals, true, err) &&
           keys_load(&c->keys, c->state_dir, "client", err) &&
           doors_load(&c->doors, c->state_dir, &c->keys, err);
}

static struct client *client_new(struct err *err) {
    struct client *c = calloc(1, sizeof *c);
    if (c == NULL) {
        err_set(err, ERR_SYSTEM, "there is no memory left");
        return NULL;
    }
    c->signals = -1;
    zmq_msg_init(&c->frame);
    zmq_msg_init(&c->kept);
    return c;
}

struct client *client_open(const char *state_dir, struct err *err) {
    struct client *c = client_new(err);
    if (c != NULL && (!client_prepare(c, state_dir, err) || !client_reach(c, FIRST_MS, err)))
        client_close(&c);
    return c;
}

static bool row_pass(void *context, const struct msg *answer) {
    (void)context;
    (void)answer;
    return true;
}

bool client_knock(const char *state_dir, char endpoint[ENDPOINT_BYTES_MAX], struct err *err) {
    struct client *c = client_new(err);
    /* Answered after what was asked on the side. */
    struct msg who = {.kind = MSG_list_nodes, .list_nodes.doors = 1};
    const struct pages_reader reader = {.row = row_pass};
    bool good = c != NULL && client_prepare(c, state_dir, err) && client_reach_cluster(c, 0, err) &&
                pages_read(c, &who, &reader, err);
    if (good)
        memcpy(endpoint, c->at.endpoint, ENDPOINT_BYTES_MAX);
    client_close(&c);
    return good;
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
    link_close(&c->link);
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
    link_close(&c->link);
    if (c->node != NULL)
        node_stop(&c->node);
    doors_put_last(&c->doors, &c->at);
    c->lost = true;
    return client_reach(c, AGAIN_MS, err);
}

bool client_embedded(const struct client *c) {
    return c->node != NULL;
}

bool client_in_cluster(const struct client *c) {
    return c->doors.member;
}

bool client_autorun(const struct client *c) {
    return c->autorun;
}

uint64_t client_slots(const struct client *c) {
    return c->slots;
}

const char *client_place(struct client *c) {
    if (c->remote)
        snprintf(c->place, sizeof c->place, "at %s", c->at.endpoint);
    else
        snprintf(c->place, sizeof c->place, "of %.200s", c->state_dir);
    return c->place;
}

const struct signer *client_signer(const struct client *c) {
    return &c->keys.signer;
}

bool client_cluster_signer(const struct client *c, struct signer *signer) {
    struct err ignored;
    return c->doors.member && cluster_signer(&c->doors.in.cluster, c->state_dir, signer, &ignored);
}

int client_signal(const struct client *c) {
    return c->signal;
}

bool client_hush(struct client *c) {
    struct msg hello = race_hello(doors_certificate(&c->doors));
    struct err ignored;
    bool lost, later;
    /* What is not yet sent is lost with the socket: the answer shows that it has arrived. */
    return c->node != NULL ||
           (client_ask(c, &hello, &ignored) &&
            client_await(c, &hello, clock_now() + HUSH_MS, &lost, &later, &ignored));
}

/* ---- whole conversations ---- */

bool client_call(struct client *c, struct msg *request, enum msg_kind expected, struct msg *answer,
                 struct err *err) {
    for (int tries = 0; tries < CALL_TRIES; tries++) {
        bool lost;
        if (!client_ask(c, request, err))
            return false;
        if (client_await_long(c, answer, &lost, err)) {
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
