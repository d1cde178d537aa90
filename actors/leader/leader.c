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
    l->disk_at = l->claim_at = l->turn_at = l->settle_at = WHEN_NEVER;
    l->slow_since = l->ailing_since = WHEN_NEVER;
    return l;
}

static void on_start(struct leader *l, when_ms now, struct says *out) {
    l->up = true;
    l->began = now;
    term_boot(l, out);
    say(out, &(struct msg){.kind = MSG_lead});
}

/* A leader whose life is another one now is nobody's leader any more: it claims anew. */
static void on_self_known(struct leader *l, const struct roll_entry *self, when_ms now,
                          struct says *out) {
    if (self->state != MEMBER_ALIVE)
        term_hand_on(l, out);
    else if (l->claiming && self->generation != l->highest.generation)
        term_step_down(l, out);
    work_say_self(l, false, now, out);
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
        on_self_known(l, e, now, out);
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
    struct roll_entry *sender = roll_peer(&l->roll, event->peer);
    int order = epoch_compare(&claimed, &l->highest);
    if (l->disk == DISK_UNREAD || l->disk == DISK_READING || (m->over && sender == NULL))
        l->nonsense++; /* what this node has stored is to be known first; a claim will be said again */
    else if (order < 0)
        term_tell(l, event->peer, out);
    else if (m->over)
        term_handed_on(l, &claimed, sender, out);
    else if (order == 0 && l->role == ROLE_FOLLOWS && event->peer == l->followed)
        work_report(l, now, out); /* it has not heard the last one */
    else if (term_learn(l, &claimed, out) && sender != NULL &&
             node_id_equal(&sender->node, &claimed.leader))
        sender->gave_up = false;
}

static void on_quit(struct leader *l, when_ms now, struct says *out) {
    l->quitting = true;
    term_hand_on(l, out);
    work_slots_changed(l, now, out);
}

/* Since when something is so. */
static void note_since(when_ms *since, bool is_so, when_ms now) {
    *since = !is_so ? WHEN_NEVER : *since == WHEN_NEVER ? now : *since;
}

static void on_disk(struct leader *l, const struct msg *m, when_ms now, struct says *out) {
    if (m->kind == MSG_hold)
        note_since(&l->slow_since, m->hold.on, now);
    else
        note_since(&l->ailing_since, m->ailing.code != ERR_NONE, now);
    work_slots_changed(l, now, out);
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
    case MSG_verdict: work_verdict(l, event, out); break;
    case MSG_ended: work_ended(l, event, out); break;
    case MSG_outcome: work_outcome(l, &m->outcome, now, out); break;
    case MSG_dropped: work_dropped(l, &m->dropped, out); break;
    case MSG_capacity:
        l->slots = m->capacity.slots;
        work_slots_changed(l, now, out);
        break;
    case MSG_hold:
    case MSG_ailing: on_disk(l, m, now, out); break;
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

/* What comes with every trial does not cost a look at all members. */
static bool bears_on_terms(const struct leader *l, enum msg_kind kind) {
    switch (kind) {
    case MSG_NONE:
    case MSG_lease:
    case MSG_verdict:
    case MSG_ended:
    case MSG_outcome:
    case MSG_dropped:
    case MSG_load:
    case MSG_capacity: return false;
    case MSG_report: return l->role == ROLE_CLAIMS;
    default: return true;
    }
}

static void leader_step(void *self, const struct event *event, struct moment at, struct says *out) {
    struct leader *l = self;
    hear(l, event, at.now, out);
    if (!l->up)
        return;
    if (bears_on_terms(l, event->msg.kind) || l->settle_at <= at.now)
        term_settle(l, at.now, out);
    if (l->role == ROLE_FOLLOWS && l->report_at <= at.now)
        work_report(l, at.now, out);
}

static when_ms leader_deadline(const void *self) {
    const struct leader *l = self;
    if (!l->up)
        return WHEN_NEVER;
    return l->role == ROLE_FOLLOWS ? when_sooner(l->settle_at, l->report_at) : l->settle_at;
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
