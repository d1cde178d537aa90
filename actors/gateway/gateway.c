#include "actors/gateway/gateway.h"

#include "actors/gateway/ask.h"
#include "actors/gateway/follow.h"
#include "actors/gateway/live.h"
#include "actors/gateway/nodes.h"
#include "actors/member/member.h"
#include "proto/base/check.h"
#include "proto/status.h"

#include <string.h>

enum { LOOK_WAIT_MS = 200 /* for the leader to say what runs; answers come without it then */ };

struct gateway {
    struct gateway_config config;
    when_ms now; /* of the newest event */
    uint64_t slots;
    bool autorun;
    enum err_code ailing;
    uint64_t nonsense;
    struct live live;
    struct follow follow;
    struct asks asks;
    struct nodes nodes;
    struct guests guests;
};

size_t gateway_size(void) {
    return sizeof(struct gateway);
}

struct gateway *gateway_init(void *memory, const struct gateway_config *config) {
    struct gateway *g = memory;
    g->config = *config;
    nodes_init(&g->nodes);
    g->guests.config = config->guests;
    return g;
}

static void hook_job(void *context, struct msg_job_row *row) {
    struct gateway *g = context;
    live_overlay_job(&g->live, row, g->now);
}

static void hook_unwatch(void *context, uint32_t peer, const struct job_id *job) {
    live_unwatch(&((struct gateway *)context)->live, peer, job);
}

static void hook_trial(void *context, const struct job_id *job, struct msg_trial_row *row) {
    struct gateway *g = context;
    live_overlay_trial(&g->live, job, row, g->now);
}

static struct follow_world world_of(struct gateway *g, struct says *out) {
    return (struct follow_world){.live = &g->live,
                                 .asks = &g->asks,
                                 .nodes = &g->nodes,
                                 .self = g->config.self,
                                 .now = g->now,
                                 .out = out};
}

/* ---- requests ---- */

/* Nobody waits for what this client asked for. */
static void forget(struct gateway *g, uint32_t peer, struct says *out) {
    const struct follow_world world = world_of(g, out);
    live_left(&g->live, peer);
    follow_left(&g->follow, &world, peer);
    asks_left(&g->asks, peer);
    nodes_left(&g->nodes, peer);
}

static void on_hello(struct gateway *g, uint32_t peer, const struct msg_hello *m, struct moment at,
                     struct says *out) {
    struct err err;
    forget(g, peer, out);
    if (!guests_enter(&g->guests, peer, m->certificate, &g->nodes, at, out, &err)) {
        refuse(out, peer, m->ticket, err.code, err.what);
        return;
    }
    if (m->protocol != PROTOCOL_VERSION) {
        refuse(out, peer, m->ticket, ERR_BAD_MESSAGE,
               "client and node speak different protocols; use the same version of zyg");
        return;
    }
    say_to(out, ROOM_CLIENTS, peer,
           &(struct msg){.kind = MSG_welcome,
                         .welcome = {.ticket = m->ticket,
                                     .protocol = PROTOCOL_VERSION,
                                     .node = g->config.self,
                                     .version = span_text(g->config.version),
                                     .slots = g->slots,
                                     .autorun = g->autorun}});
}

static void on_fact(struct gateway *g, uint32_t peer, uint64_t ticket, struct span bundle, bool run,
                    bool watch, struct says *out) {
    if (!guests_signed(&g->guests, peer, bundle)) {
        refuse(out, peer, ticket, ERR_NOT_ALLOWED, "a client may only hand in what it has signed");
        return;
    }
    if (g->ailing != ERR_NONE) {
        refuse(out, peer, ticket, g->ailing, g->live.trouble);
        return;
    }
    struct ask *ask = ask_new(&g->asks, ASK_ADMIT, peer, ticket, out);
    if (ask == NULL)
        return;
    ask->stays = watch;
    say(out, &(struct msg){.kind = MSG_admit,
                           .admit = {.ticket = ask->scan, .bundle = bundle, .run = run}});
}

static void on_resume(struct gateway *g, uint32_t peer, const struct msg_resume *m,
                      struct says *out) {
    struct ask *ask = ask_new(&g->asks, ASK_ADMIT, peer, m->ticket, out);
    if (ask != NULL)
        say(out,
            &(struct msg){.kind = MSG_job_want, .job_want = {.ticket = ask->scan, .job = m->job}});
}

/* Begun when it is known what runs of the jobs it shows. */
static void begin_later(struct gateway *g, struct ask *ask) {
    ask_wait(&g->asks, ask, g->now + LOOK_WAIT_MS);
}

static void on_find(struct gateway *g, uint32_t peer, const struct msg_find *m, struct says *out) {
    if (m->selector.len == 0 || m->selector.len > ASK_SELECTOR_BYTES) {
        refuse(out, peer, m->ticket, ERR_NOT_FOUND, "no job has such a name");
        return;
    }
    struct ask *ask = ask_new(&g->asks, ASK_FIND, peer, m->ticket, out);
    if (ask == NULL)
        return;
    memcpy(ask->selector, m->selector.data, m->selector.len);
    ask->selector[m->selector.len] = '\0';
    begin_later(g, ask);
}

/* What a request for rows is about; fields a kind does not use stay zero. */
struct row_request {
    struct job_id job;
    uint64_t slot;
    uint64_t attempt;
    uint64_t limit;
    uint64_t ended;
    bool configs;
    bool stays;
    struct span after;
};

/* False: refused. */
static bool on_ask(struct gateway *g, enum ask_kind kind, uint32_t peer, uint64_t ticket,
                   const struct row_request *about, struct says *out) {
    if (about->after.len > STORE_KEY_BYTES_MAX) {
        refuse(out, peer, ticket, ERR_BAD_MESSAGE, "a cursor that this node did not give");
        return false;
    }
    struct ask *ask = ask_new(&g->asks, kind, peer, ticket, out);
    if (ask == NULL)
        return false;
    ask->job = about->job;
    ask->slot = about->slot;
    ask->attempt = about->attempt;
    ask->limit = about->limit;
    ask->ended = about->ended;
    ask->configs = about->configs;
    if (about->after.len > 0)
        memcpy(ask->cursor, about->after.data, about->after.len);
    ask->cursor_len = about->after.len;
    ask->stays = about->stays;
    begin_later(g, ask);
    return true;
}

/* Where it runs it is read, if that attempt is meant; else from the store. One that does not run as far as is known may
 * have begun since then, and one that is not over is waited for by who wants to stay. */
static void begin_log(struct gateway *g, struct ask *ask, struct says *out) {
    const struct live_trial *t = live_trial(&g->live, &ask->job, ask->slot, g->now);
    const struct follow_world world = world_of(g, out);
    bool sought = ask->stays && ask->attempt == 0 && live_job(&g->live, &ask->job) != NULL;
    if (t == NULL && !ask->again &&
        !live_look_since(&g->live, &ask->job, ask->until - LOOK_WAIT_MS, g->now, out)) {
        begin_later(g, ask);
        ask->again = true;
        return;
    }
    bool runs = t != NULL && t->peer != LIVE_UNKNOWN;
    if (runs ? ask->attempt != 0 && ask->attempt != t->attempt : !sought) {
        ask_begin(&g->asks, ask, out);
        return;
    }
    if (!follow_begin(&g->follow, &world, ask, runs ? t : NULL))
        refuse(out, ask->peer, ask->ticket, ERR_BUSY, "too many follow the output of trials");
    ask->kind = ASK_NONE;
}

/* Whether what runs is known, as far as this request shows it; asks for it when it is not. */
static bool is_known(struct gateway *g, const struct ask *ask, struct says *out) {
    switch (ask->kind) {
    case ASK_FIND:
    case ASK_JOBS: return live_look_all(&g->live, g->now, out);
    case ASK_SHOW:
    case ASK_WATCH: return live_look(&g->live, &ask->job, false, g->now, out);
    case ASK_TRIALS:
    case ASK_RANKED:
    case ASK_LOG: return live_look(&g->live, &ask->job, true, g->now, out);
    default: return true;
    }
}

static void begin_asks(struct gateway *g, struct says *out) {
    for (size_t i = 0; g->asks.waiting > 0 && i < ASKS; i++) {
        struct ask *ask = &g->asks.items[i];
        if (ask->kind == ASK_NONE || !ask->waits || (!is_known(g, ask, out) && ask->until > g->now))
            continue;
        ask->waits = false;
        g->asks.waiting--;
        if (ask->kind == ASK_LOG)
            begin_log(g, ask, out);
        else
            ask_begin(&g->asks, ask, out);
    }
}

/* The first row comes from the store, whether the job runs here or not; from then on every change is sent. */
static void on_watch(struct gateway *g, uint32_t peer, const struct msg_watch *m,
                     struct says *out) {
    live_unwatch(&g->live, peer, &m->job);
    if (!m->on)
        return;
    if (live_watch(&g->live, peer, m->ticket, &m->job, g->now + WATCH_PAUSE_MS) == NULL)
        refuse(out, peer, m->ticket, ERR_BUSY, "too many watch jobs");
    else if (!on_ask(g, ASK_WATCH, peer, m->ticket, &(struct row_request){.job = m->job}, out))
        live_unwatch(&g->live, peer, &m->job);
}

static void on_admitted(struct gateway *g, const struct msg_admitted *m, struct says *out) {
    struct ask *ask = asks_admitted(&g->asks, m->ticket);
    if (ask == NULL)
        return; /* the client has left */
    const uint32_t peer = ask->peer;
    const uint64_t ticket = ask->ticket;
    const bool watch = ask->stays;
    ask->kind = ASK_NONE;
    if (m->code != ERR_NONE) {
        say_to(out, ROOM_CLIENTS, peer,
               &(struct msg){.kind = MSG_refused,
                             .refused = {.ticket = ticket, .code = m->code, .what = m->what}});
        return;
    }
    say_to(out, ROOM_CLIENTS, peer,
           &(struct msg){.kind = MSG_accepted, .accepted = {.ticket = ticket, .job = m->job}});
    if (watch)
        on_watch(g, peer, &(struct msg_watch){.ticket = ticket, .job = m->job, .on = true}, out);
}

static void on_list_nodes(struct gateway *g, uint32_t peer, const struct msg_list_nodes *m,
                          when_ms now, struct says *out) {
    if (m->doors > 0)
        nodes_doors(&g->nodes, peer, m, out);
    else if (!nodes_ask(&g->nodes, peer, m->ticket, now, out))
        refuse(out, peer, m->ticket, ERR_BUSY, "too many ask for the nodes");
}

static void on_request(struct gateway *g, const struct event *event, when_ms now,
                       struct says *out) {
    const struct msg *m = &event->msg;
    uint32_t peer = event->peer;
    switch (m->kind) {
    case MSG_submit:
        on_fact(g, peer, m->submit.ticket, m->submit.bundle, m->submit.run, m->submit.watch, out);
        break;
    case MSG_list_nodes: on_list_nodes(g, peer, &m->list_nodes, now, out); break;
    case MSG_control:
        on_fact(g, peer, m->control.ticket, m->control.bundle, false, false, out);
        break;
    case MSG_resume: on_resume(g, peer, &m->resume, out); break;
    case MSG_find: on_find(g, peer, &m->find, out); break;
    case MSG_list_jobs:
        on_ask(g, ASK_JOBS, peer, m->list_jobs.ticket,
               &(struct row_request){.limit = m->list_jobs.limit, .after = m->list_jobs.after},
               out);
        break;
    case MSG_show_job:
        on_ask(g, ASK_SHOW, peer, m->show_job.ticket, &(struct row_request){.job = m->show_job.job},
               out);
        break;
    case MSG_list_trials:
        on_ask(g, m->list_trials.best_first || m->list_trials.ended != 0 ? ASK_RANKED : ASK_TRIALS,
               peer, m->list_trials.ticket,
               &(struct row_request){.job = m->list_trials.job,
                                     .limit = m->list_trials.limit,
                                     .ended = m->list_trials.ended,
                                     .configs = m->list_trials.configs,
                                     .after = m->list_trials.after},
               out);
        break;
    case MSG_read_log:
        on_ask(g, ASK_LOG, peer, m->read_log.ticket,
               &(struct row_request){.job = m->read_log.job,
                                     .slot = m->read_log.slot,
                                     .attempt = m->read_log.attempt,
                                     .stays = m->read_log.follow},
               out);
        break;
    case MSG_read_series:
        on_ask(g, ASK_SERIES, peer, m->read_series.ticket,
               &(struct row_request){.job = m->read_series.job, .slot = m->read_series.slot}, out);
        break;
    case MSG_read_events:
        on_ask(g, ASK_EVENTS, peer, m->read_events.ticket,
               &(struct row_request){.job = m->read_events.job,
                                     .limit = m->read_events.limit,
                                     .after = m->read_events.after},
               out);
        break;
    case MSG_list_proposals:
        on_ask(g, ASK_PROPOSALS, peer, m->list_proposals.ticket,
               &(struct row_request){.job = m->list_proposals.job,
                                     .limit = m->list_proposals.limit,
                                     .after = m->list_proposals.after},
               out);
        break;
    case MSG_list_stands:
        on_ask(g, ASK_STANDS, peer, m->list_stands.ticket,
               &(struct row_request){.job = m->list_stands.job,
                                     .limit = m->list_stands.limit,
                                     .after = m->list_stands.after},
               out);
        break;
    case MSG_watch: on_watch(g, peer, &m->watch, out); break;
    default: g->nonsense++; break;
    }
}

/* What comes from the clients' socket. */
static void on_client(struct gateway *g, const struct event *event, struct moment at,
                      struct says *out) {
    const struct msg *m = &event->msg;
    switch (m->kind) {
    case MSG_met: guests_met(&g->guests, &m->met); break;
    case MSG_left:
        forget(g, event->peer, out);
        guests_left(&g->guests, event->peer);
        break;
    case MSG_hello: on_hello(g, event->peer, &m->hello, at, out); break;
    default:
        if (guests_knows(&g->guests, event->peer, at.wall))
            on_request(g, event, at.now, out);
        else /* every request begins with its ticket */
            refuse(out, event->peer, m->hello.ticket, ERR_UNREACHABLE, "say hello first");
    }
}

/* ---- news from the other rooms ---- */

static void on_running(struct gateway *g, const struct event *event, struct moment at,
                       struct says *out) {
    const struct follow_world world = world_of(g, out);
    if (live_running(&g->live, &g->nodes, event, at))
        follow_running(&g->follow, &world, &event->msg.running.job);
    else
        g->nonsense++;
}

static void on_node_known(struct gateway *g, const struct msg_node_known *m, struct says *out) {
    const struct follow_world world = world_of(g, out);
    nodes_known(&g->nodes, m, g->now);
    if (m->state == MEMBER_DEAD || m->state == MEMBER_LEFT)
        follow_gone(&g->follow, &world, (uint32_t)m->peer);
}

static void on_lead(struct gateway *g, const struct msg_lead *m) {
    nodes_lead(&g->nodes, m);
    live_lead(&g->live, m, g->now);
}

static void on_ailing(struct gateway *g, const struct msg_ailing *m) {
    g->ailing = err_code_of(m->code);
    live_trouble(&g->live, g->ailing == ERR_NONE ? (struct span){0} : m->what);
}

/* Of two troubles the store's is told; the executor says its own again and again. */
static void on_unfit(struct gateway *g, const struct msg_unfit *m) {
    if (g->ailing == ERR_NONE)
        live_trouble(&g->live, m->what);
}

static void hook_recorded(void *context, const struct ask *ask, bool finished, uint64_t attempts,
                          struct says *out) {
    struct gateway *g = context;
    const struct follow_world world = world_of(g, out);
    follow_recorded(&g->follow, &world, ask, finished, attempts);
}

static void gateway_step(void *self, const struct event *event, struct moment at,
                         struct says *out) {
    struct gateway *g = self;
    const struct msg *m = &event->msg;
    const struct ask_hooks hooks = {.context = g,
                                    .job = hook_job,
                                    .trial = hook_trial,
                                    .unwatch = hook_unwatch,
                                    .recorded = hook_recorded};
    g->now = at.now;
    const struct follow_world world = world_of(g, out);
    if (event->from == ROOM_CLIENTS) {
        on_client(g, event, at, out);
    } else {
        switch (m->kind) {
        case MSG_NONE: break;
        case MSG_start:
            g->slots = m->start.slots;
            g->autorun = m->start.autorun;
            break;
        case MSG_admitted: on_admitted(g, &m->admitted, out); break;
        case MSG_job_open: live_open(&g->live, &m->job_open.job); break;
        case MSG_job_stand: live_stand(&g->live, m->job_stand.row, at.now, out); break;
        case MSG_running: on_running(g, event, at, out); break;
        case MSG_printed: follow_printed(&g->follow, &world, event->peer, &m->printed); break;
        case MSG_ailing: on_ailing(g, &m->ailing); break;
        case MSG_unfit: on_unfit(g, &m->unfit); break;
        case MSG_node_known: on_node_known(g, &m->node_known, out); break;
        case MSG_lead: on_lead(g, &m->lead); break;
        case MSG_busy: nodes_busy(&g->nodes, event->peer, &m->busy); break;
        case MSG_rows: asks_rows(&g->asks, &m->rows, &hooks, out); break;
        default: g->nonsense++; break;
        }
    }
    begin_asks(g, out);
    follow_wake(&g->follow, &world);
    live_wake(&g->live, at.now, out);
    nodes_wake(&g->nodes, at.now, out);
}

static when_ms gateway_deadline(const void *self) {
    const struct gateway *g = self;
    when_ms soonest = when_sooner(live_deadline(&g->live), nodes_deadline(&g->nodes));
    for (size_t i = 0; g->asks.waiting > 0 && i < ASKS; i++) {
        if (g->asks.items[i].kind != ASK_NONE && g->asks.items[i].waits)
            soonest = when_sooner(soonest, g->asks.items[i].until);
    }
    return when_sooner(soonest, follow_deadline(&g->follow));
}

static void gateway_check(const void *self) {
    const struct gateway *g = self;
    ensure(g->asks.waiting <= ASKS && g->live.watching <= LIVE_WATCHERS &&
           g->follow.reading <= FOLLOW_READERS);
}

static void gateway_spare(void *self, const struct spare *spare) {
    struct gateway *g = self;
    for (uint32_t i = 0; i < LIMIT_JOBS_OPEN; i++) {
        if (g->live.jobs[i].used)
            continue;
        spare_take(spare, g->live.rows[i], sizeof g->live.rows[i]);
        spare_take(spare, g->live.trials[i], sizeof g->live.trials[i]);
    }
    for (uint32_t i = 0; i < ASKS; i++) {
        if (g->asks.items[i].kind != ASK_NONE)
            continue;
        spare_take(spare, g->asks.items[i].kept, sizeof g->asks.items[i].kept);
        spare_take(spare, g->asks.items[i].arena, sizeof g->asks.items[i].arena);
    }
}

struct core gateway_core(struct gateway *g) {
    return (struct core){.room = ROOM_GATEWAY,
                         .self = g,
                         .step = gateway_step,
                         .deadline = gateway_deadline,
                         .check = gateway_check,
                         .spare = gateway_spare};
}
