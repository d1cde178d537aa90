/* term - which epoch this node knows, stores, follows or claims. */
#include "actors/leader/leader_state.h"

#include "proto/base/check.h"
#include "store/ops.h"

#include <string.h>

enum {
    CLAIM_WAIT_MS = 500, /* the map settles; also while a leader that was heard of may still join */
    SETTLE_MOST_MS = 3000, /* however often somebody joins meanwhile */
    RETURN_WAIT_MS = 2000, /* alone after a restart: the cluster it was in may still be there */
    RANK_WAIT_MS = 1000,   /* for each candidate that comes before: its map may differ */
    REPORT_MS = 1000,
    REMIND_MS = 1000,
    DISK_PAUSE_MS = 100,
    DISK_PAUSE_MOST_MS = 5000,
    RANK_MOST = 64,
    AILING_MOST_MS = 1500, /* a leader whose disk refuses for so long leads no more */
    SLOW_MOST_MS =
        10000 /* ... or does not keep up: that may be the fault of other disks, which another leader waits for too */
};

/* Terms are counted. A larger step than the first in one claim, or a term beyond the second, cannot have come about so: a
 * node that believed it would have no term left to claim. Who knows no term yet has none to compare with. */
static const uint64_t TERM_STEP_MOST = (uint64_t)1 << 32, TERM_MOST = (uint64_t)1 << 62;

static const struct span term_key = {.data = (const uint8_t *)"term", .len = 4};

static struct roll_entry *self_of(struct leader *l) {
    return roll_find(&l->roll, &l->config.self);
}

static bool is_mine(const struct leader *l, const struct epoch *e) {
    return node_id_equal(&e->leader, &l->config.self);
}

/* ---- the disk ---- */

void term_boot(struct leader *l, struct says *out) {
    l->disk = DISK_READING;
    l->disk_at = WHEN_NEVER;
    say(out,
        &(struct msg){
            .kind = MSG_scan,
            .scan = {.ticket = ++l->ticket, .table = TABLE_meta, .prefix = term_key, .limit = 1}});
}

static void disk_refuses(struct leader *l, enum disk back_to, when_ms now) {
    dur_ms pause = l->disk_pause == 0 ? DISK_PAUSE_MS : 2 * l->disk_pause;
    l->disk_pause = pause < DISK_PAUSE_MOST_MS ? pause : DISK_PAUSE_MOST_MS;
    l->disk_at = now + l->disk_pause;
    l->disk = back_to;
}

void term_rows(struct leader *l, const struct msg_rows *m, when_ms now, struct says *out) {
    if (l->disk != DISK_READING || m->ticket != l->ticket) {
        l->nonsense++;
        return;
    }
    if (m->code != ERR_NONE) {
        disk_refuses(l, DISK_UNREAD, now);
        return;
    }
    struct mp in = mp_of(m->rows);
    bool found = mp_peek(&in) != MP_END && span_equal(mp_bin(&in), term_key);
    if (found && !epoch_decode(&l->stored, mp_bin(&in)))
        l->nonsense++; /* as if it had never known one */
    l->disk = DISK_RESTS;
    l->disk_pause = 0;
    l->disk_at = INT64_MIN;
    (void)term_learn(l, &l->stored, out);
}

static void save(struct leader *l, struct says *out) {
    uint8_t value_memory[EPOCH_BYTES], ops_memory[EPOCH_BYTES + 64];
    struct buf value = buf_of(value_memory, sizeof value_memory);
    struct buf ops = buf_of(ops_memory, sizeof ops_memory);
    epoch_encode(&l->highest, &value);
    ops_put(&ops, TABLE_meta, term_key, buf_view(&value));
    l->saving = l->highest;
    l->disk = DISK_SAVING;
    say(out,
        &(struct msg){.kind = MSG_save, .save = {.ticket = ++l->ticket, .ops = buf_view(&ops)}});
}

/* ---- claiming ---- */

void term_tell(const struct leader *l, uint32_t peer, struct says *out) {
    if (l->stored.term == 0 || epoch_compare(&l->stored, &l->highest) != 0)
        return; /* nothing of an epoch is said before it is stored */
    say_to(out, ROOM_MEMBER, peer,
           &(struct msg){.kind = MSG_claim,
                         .claim = {.term = l->stored.term,
                                   .leader = l->stored.leader,
                                   .generation = l->stored.generation,
                                   .over = is_mine(l, &l->stored) && !l->claiming}});
}

static void tell_all(const struct leader *l, struct says *out) {
    for (uint32_t i = 0; i < l->roll.count; i++) {
        const struct roll_entry *e = &l->roll.entries[i];
        if (e->peer != 0 && (e->state == MEMBER_ALIVE || e->state == MEMBER_LEAVING))
            term_tell(l, e->peer, out);
    }
}

static void say_lead(const struct leader *l, bool mine, struct says *out) {
    struct msg m = {.kind = MSG_lead};
    if (l->role != ROLE_NOBODY) {
        m.lead.term = l->stored.term;
        m.lead.leader = l->stored.leader;
        m.lead.peer = l->role == ROLE_FOLLOWS ? l->followed : 0;
        m.lead.mine = mine;
    }
    say(out, &m);
}

static void be_nobodys(struct leader *l, struct says *out) {
    l->role = ROLE_NOBODY;
    say_lead(l, false, out);
}

void term_step_down(struct leader *l, struct says *out) {
    l->claiming = false;
    if (leader_leads(l))
        be_nobodys(l, out);
}

void term_hand_on(struct leader *l, struct says *out) {
    bool led = leader_leads(l);
    term_step_down(l, out);
    if (led)
        tell_all(l, out);
}

static bool is_possible(const struct leader *l, uint64_t term) {
    return term <= TERM_MOST && (l->stored.term == 0 || term <= l->stored.term ||
                                 term - l->stored.term <= TERM_STEP_MOST);
}

bool term_learn(struct leader *l, const struct epoch *e, struct says *out) {
    if (epoch_compare(e, &l->highest) <= 0)
        return false;
    if (!is_possible(l, e->term)) {
        l->nonsense++;
        return false;
    }
    term_step_down(l, out);
    l->highest = *e;
    l->knew_leader = l->given_up = false;
    return true;
}

void term_handed_on(struct leader *l, const struct epoch *e, struct roll_entry *leader,
                    struct says *out) {
    if (!node_id_equal(&leader->node, &e->leader)) {
        l->nonsense++;
        return;
    }
    (void)term_learn(l, e, out);
    if (epoch_compare(e, &l->highest) != 0)
        return;
    l->given_up = true;
    leader->gave_up = leader->generation == e->generation; /* in another life it may want to */
}

static void claim(struct leader *l, const struct roll_entry *self) {
    l->highest = (struct epoch){
        .term = l->highest.term + 1, .leader = self->node, .generation = self->generation};
    l->claiming = true;
    l->settled = true;
    l->given_up = false;
    l->claim_at = l->turn_at = WHEN_NEVER;
}

void term_settle_later(struct leader *l, when_ms now) {
    if (!l->settled && l->claim_at != WHEN_NEVER)
        l->claim_at = when_sooner(now + CLAIM_WAIT_MS, l->began + SETTLE_MOST_MS);
}

/* The own claim is on the disk: now it may be said. */
static void begin_lead(struct leader *l, when_ms now, struct says *out) {
    l->role = ROLE_CLAIMS;
    l->lead_at = now + REPORT_MS;
    l->remind_at = now + REMIND_MS;
    roll_forget_reports(&l->roll);
    say_lead(l, false, out);
    tell_all(l, out);
    work_say_self(l, true, now, out);
}

void term_saved(struct leader *l, const struct msg_saved *m, when_ms now, struct says *out) {
    if (l->disk != DISK_SAVING || m->ticket != l->ticket) {
        l->nonsense++;
        return;
    }
    l->disk = DISK_RESTS;
    l->disk_pause = 0;
    l->disk_at = INT64_MIN;
    l->stored = l->saving;
    if (l->claiming && epoch_compare(&l->stored, &l->highest) == 0)
        begin_lead(l, now, out);
}

void term_save_failed(struct leader *l, const struct msg_save_failed *m, when_ms now) {
    if (l->disk != DISK_SAVING || m->ticket != l->ticket)
        l->nonsense++;
    else
        disk_refuses(l, DISK_RESTS, now);
}

/* ---- whom to follow ---- */

static bool is_live(struct leader *l) {
    if (is_mine(l, &l->highest))
        return l->claiming;
    if (l->given_up)
        return false;
    const struct roll_entry *e = roll_find(&l->roll, &l->highest.leader);
    return e != NULL && e->generation == l->highest.generation && e->state == MEMBER_ALIVE;
}

/* There is no live leader: how long the best candidate waits all the same. One that was followed and is gone is replaced at
 * once; one that was only heard of may be on its way into this map. */
static dur_ms patience(struct leader *l) {
    bool returns = !l->settled && l->highest.term > 0 && !is_mine(l, &l->highest);
    if (returns && roll_others(&l->roll) == 0)
        return RETURN_WAIT_MS;
    return l->settled && (l->knew_leader || is_mine(l, &l->highest)) ? 0 : CLAIM_WAIT_MS;
}

/* When this node's disk is no disk of a leader any more. */
static when_ms unfit_at(const struct leader *l) {
    when_ms at = l->ailing_since == WHEN_NEVER ? WHEN_NEVER : l->ailing_since + AILING_MOST_MS;
    return l->slow_since == WHEN_NEVER ? at : when_sooner(at, l->slow_since + SLOW_MOST_MS);
}

/* NULL: this node may not claim now. */
static struct roll_entry *candidate(struct leader *l, when_ms now) {
    struct roll_entry *self = self_of(l);
    if (self == NULL || l->quitting || l->disk == DISK_UNREAD || l->disk == DISK_READING ||
        l->ailing_since != WHEN_NEVER || unfit_at(l) <= now || l->highest.term >= TERM_MOST ||
        !roll_is_well(self) || (self->flags & MEMBER_ELIGIBLE) == 0)
        return NULL;
    return self;
}

static void consider_claim(struct leader *l, bool live, when_ms now) {
    struct roll_entry *self = candidate(l, now);
    if (live || self == NULL) {
        l->claim_at = l->turn_at = WHEN_NEVER;
        return;
    }
    uint32_t rank = roll_rank(&l->roll, self);
    l->claim_at = when_sooner(l->claim_at, now + patience(l));
    l->turn_at = l->claim_at + (dur_ms)(rank < RANK_MOST ? rank : RANK_MOST) * RANK_WAIT_MS;
    if (l->turn_at <= now)
        claim(l, self);
}

static void consider_following(struct leader *l, bool live, when_ms now, struct says *out) {
    bool on_disk = epoch_compare(&l->stored, &l->highest) == 0;
    if (l->role == ROLE_FOLLOWS && (!live || !on_disk))
        be_nobodys(l, out);
    if (l->role != ROLE_NOBODY || !live || !on_disk || is_mine(l, &l->highest))
        return;
    l->role = ROLE_FOLLOWS;
    l->settled = l->knew_leader = true;
    l->followed = roll_find(&l->roll, &l->stored.leader)->peer;
    say_lead(l, false, out);
    work_report(l, now, out);
}

static void remind(struct leader *l, when_ms now, struct says *out) {
    l->remind_at = now + REMIND_MS;
    for (uint32_t i = 0; i < l->roll.count; i++) {
        const struct roll_entry *e = &l->roll.entries[i];
        if (e->peer != 0 && !e->reported && roll_is_well(e))
            term_tell(l, e->peer, out);
    }
}

static when_ms deadline(const struct leader *l) {
    when_ms soonest = WHEN_NEVER;
    bool to_save = l->disk == DISK_RESTS && epoch_compare(&l->highest, &l->stored) > 0;
    if (l->disk == DISK_UNREAD || to_save)
        soonest = l->disk_at;
    soonest = when_sooner(soonest, l->turn_at);
    if (l->role == ROLE_CLAIMS)
        soonest = when_sooner(soonest, l->lead_at);
    if (leader_leads(l) && roll_missing(&l->roll) > 0)
        soonest = when_sooner(soonest, l->remind_at);
    if (leader_leads(l))
        soonest = when_sooner(soonest, unfit_at(l));
    return soonest;
}

void term_settle(struct leader *l, when_ms now, struct says *out) {
    if (unfit_at(l) <= now)
        term_hand_on(l, out);
    bool live = is_live(l);
    consider_following(l, live, now, out);
    consider_claim(l, live, now);
    if (l->disk == DISK_UNREAD && l->disk_at <= now)
        term_boot(l, out);
    if (l->disk == DISK_RESTS && l->disk_at <= now && epoch_compare(&l->highest, &l->stored) > 0)
        save(l, out);
    if (l->role == ROLE_CLAIMS && (now >= l->lead_at || roll_missing(&l->roll) == 0)) {
        l->role = ROLE_LEADS;
        say_lead(l, true, out);
    }
    if (leader_leads(l) && l->remind_at <= now)
        remind(l, now, out);
    l->settle_at = deadline(l);
}
