#include "actors/leader/leader.h"

#include "actors/leader/leader_state.h"
#include "proto/base/check.h"

size_t leader_size(void) {
    return sizeof(struct leader);
}

struct leader *leader_init(void *memory, const struct leader_config *config) {
    struct leader *l = memory;
    l->config = *config;
    l->slots = config->slots;
    l->disk_at = l->claim_at = l->turn_at = WHEN_NEVER;
    return l;
}

/* Without a cluster nothing is stored and nobody is asked. */
static void on_start(struct leader *l, when_ms now, struct says *out) {
    l->up = true;
    l->began = now;
    if (!l->config.alone)
        term_boot(l, out);
    struct msg m = {.kind = MSG_lead};
    m.lead.mine = l->config.alone;
    if (l->config.alone)
        m.lead.leader = l->config.self;
    say(out, &m);
}

static void on_node_known(struct leader *l, const struct msg_node_known *m, when_ms now,
                          struct says *out) {
    struct roll_news news;
    struct roll_entry *e =
        m->peer <= UINT32_MAX && m->state <= MEMBER_LEFT ? roll_hear(&l->roll, m, &news) : NULL;
    if (e == NULL) {
        l->nonsense++;
        return;
    }
    if (e->peer == 0) {
        if (e->state != MEMBER_ALIVE)
            term_step_down(l, out);
        work_say_self(l, false, now, out);
        return;
    }
    if (news.activated) {
        term_settle_later(l, now);
        if (leader_leads(l) || e->neighbour)
            term_tell(l, e->peer, out);
    }
    if (leader_leads(l) && (news.gone || e->reported))
        work_say_worker(e, news.gone, NULL, out);
}

static void on_claim(struct leader *l, const struct event *event, when_ms now, struct says *out) {
    const struct msg_claim *m = &event->msg.claim;
    const struct epoch claimed = {
        .term = m->term, .leader = m->leader, .generation = m->generation};
    int order = epoch_compare(&claimed, &l->highest);
    if (order < 0)
        term_tell(l, event->peer, out);
    else if (order == 0 && l->role == ROLE_FOLLOWS && event->peer == l->followed)
        work_report(l, now, out); /* it has not heard the last one */
    else
        (void)term_learn(l, &claimed, out);
}

static void on_capacity(struct leader *l, uint64_t slots, when_ms now, struct says *out) {
    bool changed = l->slots != slots;
    l->slots = slots;
    if (changed && l->role == ROLE_FOLLOWS)
        work_report(l, now, out);
    work_say_self(l, false, now, out);
}

static void on_quit(struct leader *l, when_ms now, struct says *out) {
    l->quitting = true;
    if (l->role == ROLE_FOLLOWS)
        work_report(l, now, out);
    work_say_self(l, false, now, out);
}

static void hear(struct leader *l, const struct event *event, when_ms now, struct says *out) {
    const struct msg *m = &event->msg;
    switch (m->kind) {
    case MSG_NONE: break;
    case MSG_start: on_start(l, now, out); break;
    case MSG_node_known: on_node_known(l, &m->node_known, now, out); break;
    case MSG_claim: on_claim(l, event, now, out); break;
    case MSG_report: work_reported(l, event, out); break;
    case MSG_lease: work_lease(l, event, out); break;
    case MSG_outcome: work_outcome(l, &m->outcome, now, out); break;
    case MSG_capacity: on_capacity(l, m->capacity.slots, now, out); break;
    case MSG_load:
        l->load = m->load.busy;
        work_say_self(l, false, now, out);
        break;
    case MSG_rows: term_rows(l, &m->rows, now, out); break;
    case MSG_saved: term_saved(l, &m->saved, now, out); break;
    case MSG_save_failed: term_save_failed(l, &m->save_failed, now); break;
    case MSG_quit: on_quit(l, now, out); break;
    default: l->nonsense++; break;
    }
}

static void leader_step(void *self, const struct event *event, struct moment at, struct says *out) {
    struct leader *l = self;
    hear(l, event, at.now, out);
    if (!l->up || l->config.alone)
        return;
    term_settle(l, at.now, out);
    if (l->role == ROLE_FOLLOWS && l->report_at <= at.now)
        work_report(l, at.now, out);
}

static when_ms leader_deadline(const void *self) {
    const struct leader *l = self;
    if (!l->up || l->config.alone)
        return WHEN_NEVER;
    when_ms soonest = term_deadline(l);
    return l->role == ROLE_FOLLOWS ? when_sooner(soonest, l->report_at) : soonest;
}

static void leader_check(const void *self) {
    const struct leader *l = self;
    ensure(epoch_compare(&l->stored, &l->highest) <= 0);
    ensure(l->role == ROLE_NOBODY || epoch_compare(&l->stored, &l->highest) == 0);
    ensure(!leader_leads(l) || l->claiming);
    ensure(!l->claiming || node_id_equal(&l->highest.leader, &l->config.self));
    ensure(l->working == l->held.running_count);
}

struct core leader_core(struct leader *l) {
    return (struct core){.room = ROOM_LEADER,
                         .self = l,
                         .step = leader_step,
                         .deadline = leader_deadline,
                         .check = leader_check};
}
