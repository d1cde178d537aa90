#include "actors/gateway/gateway.h"

#include "actors/gateway/ask.h"
#include "actors/gateway/live.h"
#include "actors/gateway/nodes.h"
#include "proto/base/check.h"
#include "proto/status.h"

#include <string.h>

struct gateway {
    struct gateway_config config;
    uint64_t slots;
    bool autorun;
    enum err_code ailing;
    uint64_t nonsense;
    struct live live;
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

static void overlay_job(void *context, struct msg_job_row *row) {
    live_overlay_job(&((struct gateway *)context)->live, row);
}

static void overlay_unwatch(void *context, uint32_t peer, const struct job_id *job) {
    live_unwatch(&((struct gateway *)context)->live, peer, job);
}

static void overlay_trial(void *context, const struct job_id *job, struct msg_trial_row *row) {
    live_overlay_trial(&((struct gateway *)context)->live, job, row);
}

/* ---- requests ---- */

/* Nobody waits for what this client asked for. */
static void forget(struct gateway *g, uint32_t peer, struct says *out) {
    live_left(&g->live, peer, out);
    asks_left(&g->asks, peer);
    nodes_left(&g->nodes, peer);
}

static void on_hello(struct gateway *g, uint32_t peer, const struct msg_hello *m, struct moment at,
                     struct says *out) {
    struct err err;
    forget(g, peer, out);
    if (!guests_enter(&g->guests, peer, m->certificate, at, out, &err)) {
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
                    struct says *out) {
    if (!guests_signed(&g->guests, peer, bundle)) {
        refuse(out, peer, ticket, ERR_NOT_ALLOWED, "a client may only hand in what it has signed");
        return;
    }
    if (g->ailing != ERR_NONE) {
        refuse(out, peer, ticket, g->ailing, g->live.trouble);
        return;
    }
    struct ask *ask = ask_new(&g->asks, ASK_ADMIT, peer, ticket, out);
    if (ask != NULL)
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

static void on_admitted(struct gateway *g, const struct msg_admitted *m, struct says *out) {
    struct ask *ask = asks_admitted(&g->asks, m->ticket);
    if (ask == NULL)
        return; /* the client has left */
    if (m->code == ERR_NONE)
        say_to(out, ROOM_CLIENTS, ask->peer,
               &(struct msg){.kind = MSG_accepted,
                             .accepted = {.ticket = ask->ticket, .job = m->job}});
    else
        say_to(out, ROOM_CLIENTS, ask->peer,
               &(struct msg){.kind = MSG_refused,
                             .refused = {.ticket = ask->ticket, .code = m->code, .what = m->what}});
    ask->kind = ASK_NONE;
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
    ask_begin(&g->asks, ask, out);
}

/* What a request for rows is about; fields a kind does not use stay zero. */
struct subject {
    struct job_id job;
    uint64_t slot;
    uint64_t attempt;
    uint64_t limit;
    uint64_t ended;
    struct span after;
};

/* False: refused. */
static bool on_ask(struct gateway *g, enum ask_kind kind, uint32_t peer, uint64_t ticket,
                   const struct subject *about, struct says *out) {
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
    if (about->after.len > 0)
        memcpy(ask->cursor, about->after.data, about->after.len);
    ask->cursor_len = about->after.len;
    ask_begin(&g->asks, ask, out);
    return true;
}

static void on_read_log(struct gateway *g, uint32_t peer, const struct msg_read_log *m,
                        struct says *out) {
    const struct live_trial *t = live_trial(&g->live, &m->job, m->slot);
    if (t == NULL || (m->attempt != 0 && m->attempt != t->attempt))
        on_ask(g, ASK_LOG, peer, m->ticket,
               &(struct subject){.job = m->job, .slot = m->slot, .attempt = m->attempt}, out);
    else if (live_follow(&g->live, peer, m->ticket, &m->job, m->slot, m->follow, out) == NULL)
        refuse(out, peer, m->ticket, ERR_BUSY, "too many follow the output of trials");
}

/* The first row comes from the store, whether the job runs here or not; from then on every change is sent. */
static void on_watch(struct gateway *g, uint32_t peer, const struct msg_watch *m, when_ms now,
                     struct says *out) {
    live_unwatch(&g->live, peer, &m->job);
    if (!m->on)
        return;
    if (live_watch(&g->live, peer, m->ticket, &m->job, now + WATCH_PAUSE_MS) == NULL)
        refuse(out, peer, m->ticket, ERR_BUSY, "too many watch jobs");
    else if (!on_ask(g, ASK_WATCH, peer, m->ticket, &(struct subject){.job = m->job}, out))
        live_unwatch(&g->live, peer, &m->job);
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
        on_fact(g, peer, m->submit.ticket, m->submit.bundle, m->submit.run, out);
        break;
    case MSG_list_nodes: on_list_nodes(g, peer, &m->list_nodes, now, out); break;
    case MSG_control: on_fact(g, peer, m->control.ticket, m->control.bundle, false, out); break;
    case MSG_resume: on_resume(g, peer, &m->resume, out); break;
    case MSG_find: on_find(g, peer, &m->find, out); break;
    case MSG_list_jobs:
        on_ask(g, ASK_JOBS, peer, m->list_jobs.ticket,
               &(struct subject){.limit = m->list_jobs.limit, .after = m->list_jobs.after}, out);
        break;
    case MSG_show_job:
        on_ask(g, ASK_SHOW, peer, m->show_job.ticket, &(struct subject){.job = m->show_job.job},
               out);
        break;
    case MSG_list_trials:
        on_ask(g, m->list_trials.best_first || m->list_trials.ended != 0 ? ASK_RANKED : ASK_TRIALS,
               peer, m->list_trials.ticket,
               &(struct subject){.job = m->list_trials.job,
                                 .limit = m->list_trials.limit,
                                 .ended = m->list_trials.ended,
                                 .after = m->list_trials.after},
               out);
        break;
    case MSG_read_log: on_read_log(g, peer, &m->read_log, out); break;
    case MSG_read_series:
        on_ask(g, ASK_SERIES, peer, m->read_series.ticket,
               &(struct subject){.job = m->read_series.job, .slot = m->read_series.slot}, out);
        break;
    case MSG_read_events:
        on_ask(g, ASK_EVENTS, peer, m->read_events.ticket,
               &(struct subject){.job = m->read_events.job,
                                 .limit = m->read_events.limit,
                                 .after = m->read_events.after},
               out);
        break;
    case MSG_watch: on_watch(g, peer, &m->watch, now, out); break;
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

static void on_outcome(struct gateway *g, const struct msg_outcome *m, struct says *out) {
    struct msg fact;
    struct err err;
    if (msg_decode(&fact, m->result, &err) && fact.kind == MSG_result_fact)
        live_outcome(&g->live, &fact.result_fact, out);
    else
        g->nonsense++;
}

static void on_ailing(struct gateway *g, const struct msg_ailing *m) {
    g->ailing = err_code_of(m->code);
    live_trouble(&g->live, g->ailing == ERR_NONE ? (struct span){0} : m->what);
}

static void gateway_step(void *self, const struct event *event, struct moment at,
                         struct says *out) {
    struct gateway *g = self;
    const struct msg *m = &event->msg;
    const struct overlay over = {
        .context = g, .job = overlay_job, .trial = overlay_trial, .unwatch = overlay_unwatch};
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
        case MSG_job_shut: live_shut(&g->live, &m->job_shut.job); break;
        case MSG_job_stand: live_stand(&g->live, m->job_stand.row, out); break;
        case MSG_began: live_began(&g->live, &m->began); break;
        case MSG_outcome: on_outcome(g, &m->outcome, out); break;
        case MSG_printed: live_printed(&g->live, &m->printed, out); break;
        case MSG_ailing: on_ailing(g, &m->ailing); break;
        case MSG_node_known: nodes_known(&g->nodes, &m->node_known); break;
        case MSG_lead: nodes_lead(&g->nodes, &m->lead); break;
        case MSG_busy: nodes_busy(&g->nodes, event->peer, &m->busy); break;
        case MSG_rows: asks_rows(&g->asks, &m->rows, &over, out); break;
        default: g->nonsense++; break;
        }
    }
    live_wake(&g->live, at.now, out);
    nodes_wake(&g->nodes, at.now, out);
}

static when_ms gateway_deadline(const void *self) {
    const struct gateway *g = self;
    return when_sooner(live_deadline(&g->live), nodes_deadline(&g->nodes));
}

static void gateway_check(const void *self) {
    const struct live *l = &((const struct gateway *)self)->live;
    ensure(l->watching <= LIVE_WATCHERS && l->following <= LIVE_FOLLOWERS);
}

struct core gateway_core(struct gateway *g) {
    return (struct core){.room = ROOM_GATEWAY,
                         .self = g,
                         .step = gateway_step,
                         .deadline = gateway_deadline,
                         .check = gateway_check};
}
