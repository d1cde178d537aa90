#include "actors/member/edges.h"

#include "actors/member/dial.h"
#include "actors/member/grudge.h"
#include "actors/member/records.h"
#include "actors/member/remember.h"
#include "actors/member/verdict.h"
#include "proto/base/check.h"
#include "proto/trust/certificate.h"

#include <stdio.h>
#include <string.h>

enum {
    BEAT_MS = 500, /* of all edges in turn: two beats a second */
    PERIOD_MIN = 1000,
    LATENESS_MIN = 250,
    LATENESS_MAX = 2000,
    GREET_MS = 2000,
    DIAL_MS = 12000, /* PEERS ends a dial sooner; this is for one that was forgotten */
    LINGER_MS = 30000,
    ISOLATION_MS = 5000,
    /* Between two exchanges of whole maps on an edge; doubles while they do not help. */
    SYNC_PAUSE = 1000,
    SYNC_PAUSE_MAX = 60000,
    RETRANSMITTED_US = 200000, /* so much above the least round trip TCP has repeated something */
    RTT_NEWS_US = 1000,
    UNWELCOME_TOLD = 3,
};

int32_t edges_find(const struct member *m, uint64_t number) {
    for (int32_t i = 0; i < LIMIT_EDGES; i++) {
        if (m->edges[i].state != EDGE_FREE && m->edges[i].number == number)
            return i;
    }
    return -1;
}

static struct span own_curve(const struct edge *e) {
    return span_of(e->curve, sizeof e->curve);
}

/* ---- ending ---- */

static void free_edge(struct member *m, uint32_t edge) {
    struct edge *e = &m->edges[edge];
    if (e->place >= 0 && m->pairs[e->place].edge == (int8_t)edge) {
        struct pair *p = &m->pairs[e->place];
        p->edge = EDGE_NONE;
        p->edgeless = p->neighbour ? m->at.now : WHEN_NEVER;
        p->news = true;
        m->routes_stale = true;
    }
    records_forget_edge(m, edge);
    *e = (struct edge){.state = EDGE_FREE, .place = -1, .seed = -1};
}

void edges_close(struct member *m, uint32_t edge, struct says *out) {
    say(out, &(struct msg){.kind = MSG_edge_close, .edge_close.edge = m->edges[edge].number});
    free_edge(m, edge);
}

/* Is there another edge to the same key, which may become the one? */
static bool has_successor(const struct member *m, uint32_t edge) {
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        const struct edge *e = &m->edges[i];
        if (i != edge && e->state != EDGE_FREE &&
            span_equal(own_curve(e), own_curve(&m->edges[edge])))
            return true;
    }
    return false;
}

/* People are told once that a seed does not want this node; not at the first time, since it may just be starting. */
static void not_let_in(struct member *m, const struct edge *e, enum edge_end why,
                       struct says *out) {
    struct seed *seed = &m->seeds[e->seed];
    bool another_key = e->state == EDGE_DIALLING && why == EDGE_UNTRUSTED;
    char text[256];
    if (!another_key && (e->state != EDGE_UP || why != EDGE_CLOSED))
        return;
    if (++seed->unwelcome == 1)
        seed->tries = 0; /* somebody is there now: the pauses grow anew */
    if (seed->unwelcome != UNWELCOME_TOLD)
        return;
    snprintf(text, sizeof text, "the node at %s does not let this one in: %s", seed->endpoint,
             another_key ? "it has another key than the token says"
                         : "the token is too old by the clock there, or another cluster's, or that "
                           "node holds this one off for a while");
    say(out, &(struct msg){.kind = MSG_note, .note.text = span_text(text)});
}

/* A dial, or what came of it, led to nothing. */
static void failed(struct member *m, uint32_t edge, enum edge_end why, struct says *out) {
    const struct edge e = m->edges[edge];
    free_edge(m, edge);
    if (!e.dialled)
        return;
    if (e.seed >= 0)
        not_let_in(m, &e, why, out);
    dial_failed(m, e.place, e.seed, why);
    if (e.place >= 0 && why == EDGE_REFUSED)
        verdict_refused(m, (uint32_t)e.place, out);
    else if (e.place >= 0)
        verdict_suspect(m, (uint32_t)e.place, out);
}

void edges_refuse(struct member *m, uint32_t edge, struct says *out) {
    const struct edge e = m->edges[edge];
    say(out, &(struct msg){.kind = MSG_edge_close, .edge_close.edge = e.number});
    if (e.state != EDGE_READY) {
        failed(m, edge, EDGE_UNTRUSTED, out);
        return;
    }
    free_edge(m, edge);
    dial_failed(m, e.place, e.seed, EDGE_UNTRUSTED);
}

static void lost(struct member *m, uint32_t edge, struct says *out) {
    int32_t place = m->edges[edge].place;
    bool succeeded = has_successor(m, edge);
    bool was_the_one = place >= 0 && m->pairs[place].edge == (int8_t)edge;
    free_edge(m, edge);
    if (!was_the_one || succeeded || !state_is_live(m->map.known[place].version.state))
        return;
    m->pairs[place].look_up = m->pairs[place].neighbour;
    m->pairs[place].dial_at = m->at.now;
    verdict_suspect(m, (uint32_t)place, out);
}

void edges_down(struct member *m, const struct msg_edge_down *down, struct says *out) {
    int32_t edge = edges_find(m, down->edge);
    if (edge < 0)
        return; /* it was closed here meanwhile */
    enum edge_end why = down->why > EDGE_NONSENSE ? EDGE_CLOSED : (enum edge_end)down->why;
    if (why == EDGE_NONSENSE)
        grudge_bear(m, m->edges[edge].curve);
    if (m->edges[edge].state == EDGE_READY)
        lost(m, (uint32_t)edge, out);
    else
        failed(m, (uint32_t)edge, why, out);
}

/* ---- beginning ---- */

static int32_t least_wanted(const struct member *m) {
    int32_t least = -1;
    for (int32_t i = 0; i < LIMIT_EDGES; i++) {
        const struct edge *e = &m->edges[i];
        if (e->state == EDGE_READY && e->unwanted != WHEN_NEVER &&
            (least < 0 || e->unwanted < m->edges[least].unwanted))
            least = i;
    }
    return least;
}

int32_t edges_take(struct member *m, struct says *out) {
    int32_t place = -1;
    for (int32_t i = 0; i < LIMIT_EDGES && place < 0; i++)
        place = m->edges[i].state == EDGE_FREE ? i : -1;
    if (place < 0) {
        place = least_wanted(m);
        if (place < 0)
            return -1;
        edges_close(m, (uint32_t)place, out);
    }
    m->edges[place] = (struct edge){.place = -1, .seed = -1, .unwanted = WHEN_NEVER};
    return place;
}

static void say_greet(struct member *m, struct edge *e, struct says *out) {
    e->greeted = m->map.known[0].fingerprint;
    const struct msg msg = {
        .kind = MSG_greet,
        .greet = {.protocol = PROTOCOL_VERSION,
                  .certificate = span_of(m->config.certificate, m->config.certificate_len),
                  .record = map_bytes(&m->map, 0)}};
    say_to(out, ROOM_PEERS, e->number, &msg);
}

/* One that another node dialled; -1: not such a one, or no place. */
static int32_t accept_edge(struct member *m, const struct msg_edge_up *up, struct says *out) {
    bool theirs = up->edge % 2 == 0 && up->edge > 0 && up->edge <= UINT32_MAX;
    if (!theirs || up->curve.len != 32 || !grudge_admits(m, up->curve.data))
        return -1;
    int32_t edge = edges_take(m, out);
    if (edge < 0)
        return -1;
    struct edge *e = &m->edges[edge];
    e->number = (uint32_t)up->edge;
    e->state = EDGE_DIALLING; /* by them; it is up in the same step */
    memcpy(e->curve, up->curve.data, sizeof e->curve);
    return edge;
}

void edges_up(struct member *m, const struct msg_edge_up *up, struct says *out) {
    int32_t edge = edges_find(m, up->edge);
    if (edge < 0)
        edge = accept_edge(m, up, out);
    if (edge < 0) { /* closed meanwhile, or no place for it */
        say(out, &(struct msg){.kind = MSG_edge_close, .edge_close.edge = up->edge});
        return;
    }
    struct edge *e = &m->edges[edge];
    if (e->state != EDGE_DIALLING)
        return;
    struct buf address = buf_of(e->address, sizeof e->address - 1);
    buf_span(&address, up->address);
    e->state = EDGE_UP;
    e->since = m->at.now;
    if (!span_equal(own_curve(e), up->curve))
        edges_refuse(m, (uint32_t)edge, out);
    else if (e->dialled)
        say_greet(m, e, out); /* whoever knocks says first who it is; a stranger learns nothing */
}

/* ---- greeting ---- */

/* A stranger at the door shows a certificate that is good today; a key that this node dialled, or a member that is known
 * or was known to an earlier life of this node, with this certificate, was let in before. */
static bool may_enter(struct member *m, const struct edge *e, const struct msg_greet *greet,
                      const struct msg_member_record *r) {
    struct certificate certificate;
    struct err *err = &m->complaint;
    int32_t place = map_find(&m->map, &r->node);
    if (!span_equal(greet->certificate, r->certificate) || !span_equal(r->curve, own_curve(e)) ||
        !state_is_live((enum member_state)r->state))
        return err_set(err, ERR_NOT_ALLOWED, "its greeting, its key and its certificate differ");
    if (e->dialled)
        return true;
    if (place >= 0) {
        struct msg_member_record known = map_record(&m->map, (uint32_t)place);
        if (span_equal(known.certificate, r->certificate))
            return true;
    }
    return remember_admitted(m, r) || certificate_check(r->certificate, m->config.cluster,
                                                        ROLE_NODE, m->at.wall, &certificate, err);
}

/* Two edges of a pair: the one that the dialling side of the pair dialled stays; of two from the same side the later, since
 * whoever dialled again had a reason. Both sides decide alike. Another life of the node is always let in: its end, or that
 * of the one before it, can only be found out when it hears of the other. */
static bool stays(const struct member *m, const struct edge *old, const struct edge *new) {
    bool ours = overlay_dials(&m->map.known[0], &m->map.known[old->place]);
    if (old->dialled == new->dialled || old->late)
        return false;
    return old->dialled == ours;
}

static dur_ms period_of(const struct member *m, uint32_t place) {
    dur_ms period = (dur_ms)m->overlay.nodes[place].degree * BEAT_MS;
    return period > PERIOD_MIN ? period : PERIOD_MIN;
}

static void say_beat(struct member *m, uint32_t edge, struct says *out) {
    struct edge *e = &m->edges[edge];
    e->sent++;
    e->beat_at = m->at.now + period_of(m, 0);
    e->sent_at[e->sent % SENT_KEPT] = m->at.now;
    const struct msg msg = {.kind = MSG_beat,
                            .beat = {.number = e->sent,
                                     .echo = e->got,
                                     .held_us = e->got > 0 ? (m->at.now - e->got_at) * 1000 : 0,
                                     .map = m->map.sum}};
    say_to(out, ROOM_PEERS, e->number, &msg);
}

static void become_ready(struct member *m, uint32_t edge, struct says *out) {
    struct edge *e = &m->edges[edge];
    struct pair *p = &m->pairs[e->place];
    e->state = EDGE_READY;
    e->since = e->well = e->heard = e->beat_heard = e->sync_at = m->at.now;
    e->unwanted = p->neighbour ? WHEN_NEVER : m->at.now;
    e->lateness = LATENESS_MIN;
    e->rtt_min_us = INT64_MAX;
    e->sync_pause = SYNC_PAUSE;
    p->edge = (int8_t)edge;
    p->edgeless = WHEN_NEVER;
    p->look_up = false;
    p->tries = 0;
    p->bad_until = 0;
    p->news = true;
    m->routes_stale = true;
    if (e->greeted != m->map.known[0].fingerprint)
        records_introduce(m, edge);
    say_beat(m, edge, out);
    edges_probe(m, edge, out);
    verdict_heard(m, (uint32_t)e->place, out);
}

/* Another with this node's key. There is no edge between the two, but each hears what the other says of itself. */
static bool meet_twin(struct member *m, uint32_t edge, const struct msg_greet *greet,
                      const struct msg_member_record *r, struct says *out) {
    int32_t place;
    if (!may_enter(m, &m->edges[edge], greet, r) || record_hear(m, edge, r, &place) != PROOF_GOOD)
        return false;
    if (m->edges[edge].dialled)
        edges_refuse(m, edge, out);
    else
        say_greet(m, &m->edges[edge], out); /* whoever dialled ends it when it has heard that */
    return true;
}

bool edges_greeted(struct member *m, uint32_t edge, const struct msg_greet *greet,
                   struct says *out) {
    struct edge *e = &m->edges[edge];
    struct msg msg;
    struct err err;
    int32_t place;
    if (e->state != EDGE_UP || !msg_decode(&msg, greet->record, &err) ||
        msg.kind != MSG_member_record)
        return false;
    const struct msg_member_record *r = &msg.member_record;
    if (node_id_equal(&r->node, &m->config.signer.id))
        return meet_twin(m, edge, greet, r, out);
    if (!may_enter(m, e, greet, r))
        return false;
    enum proof proof = proof_record(&m->map, r, m->config.cluster);
    if (proof == PROOF_GOOD)
        proof = record_hear(m, edge, r, &place);
    if (proof == PROOF_LATER && map_compare(&m->map, r, &place) != MERGED_FULL) {
        edges_close(m, edge, out); /* it dials again */
        return true;
    }
    if (proof != PROOF_GOOD || place < 0)
        return err_set(&m->complaint, ERR_NOT_ALLOWED,
                       proof == PROOF_LATER ? "the cluster has as many members as it can have"
                                            : "its certificate is not this cluster's, or it did "
                                              "not sign its record");
    e->place = place;
    e->life = r->generation;
    if (e->seed >= 0)
        m->seeds[e->seed].tries = m->seeds[e->seed].unwelcome = 0;
    int8_t old = m->pairs[place].edge;
    if (old != EDGE_NONE && m->edges[old].life == e->life && stays(m, &m->edges[old], e)) {
        edges_close(m, edge, out);
        return true;
    }
    if (old != EDGE_NONE)
        edges_close(m, (uint32_t)old, out);
    if (!e->dialled)
        say_greet(m, e, out);
    become_ready(m, edge, out);
    return true;
}

/* ---- signs of life ---- */

void edges_heard(struct member *m, uint32_t edge, struct says *out) {
    struct edge *e = &m->edges[edge];
    e->heard = m->at.now;
    e->well = e->late ? m->at.now : e->well;
    e->late = false;
    verdict_heard(m, (uint32_t)e->place, out);
}

void edges_probe(struct member *m, uint32_t edge, struct says *out) {
    struct edge *e = &m->edges[edge];
    struct rng r = rng_of(m->config.seed, 2, m->draws++);
    e->nonce = rng_u64(&r) | 1;
    e->probed_at = m->at.now;
    say_to(out, ROOM_PEERS, e->number, &(struct msg){.kind = MSG_probe, .probe.nonce = e->nonce});
}

/* Smoothed as TCP does it (RFC 6298, section 2): an eighth of what is new. */
static void measured(struct member *m, struct edge *e, int64_t sample_us) {
    struct pair *p = &m->pairs[e->place];
    if (sample_us < 0 ||
        (e->rtt_min_us != INT64_MAX && sample_us - e->rtt_min_us >= RETRANSMITTED_US))
        return;
    e->rtt_min_us = sample_us < e->rtt_min_us ? sample_us : e->rtt_min_us;
    p->rtt_us = p->rtt_us < 0 ? sample_us : p->rtt_us + (sample_us - p->rtt_us) / 8;
    int64_t change =
        p->rtt_us > p->rtt_told_us ? p->rtt_us - p->rtt_told_us : p->rtt_told_us - p->rtt_us;
    if (p->rtt_told_us < 0 || (change > RTT_NEWS_US && change > p->rtt_told_us / 4))
        p->news = true;
}

void edges_probe_ack(struct member *m, uint32_t edge, uint64_t nonce) {
    struct edge *e = &m->edges[edge];
    if (e->nonce == 0 || e->nonce != nonce)
        return;
    e->nonce = 0;
    measured(m, e, (m->at.now - e->probed_at) * 1000);
}

/* The edge's own p99, roughly: up at once to what was seen and a quarter more, for the next one will be as late when it is the
 * other clock that is slow; down by a sixty-fourth of what was not needed. */
static void learn_lateness(const struct member *m, struct edge *e) {
    dur_ms period = period_of(m, (uint32_t)e->place);
    dur_ms late = (m->at.now - e->beat_heard - period) * 5 / 4;
    dur_ms seen = late < LATENESS_MIN ? LATENESS_MIN : late > LATENESS_MAX ? LATENESS_MAX : late;
    if (period == e->period) /* else the overlay was late, not the edge */
        e->lateness = seen > e->lateness ? seen : e->lateness - (e->lateness - seen) / 64;
    e->period = period;
    e->beat_heard = m->at.now;
}

static void compare_maps(struct member *m, uint32_t edge, uint64_t theirs) {
    struct edge *e = &m->edges[edge];
    bool first = !e->compared;
    e->compared = true;
    if (theirs == m->map.sum) {
        e->differs = 0;
        e->sync_pause = SYNC_PAUSE;
        return;
    }
    e->differs++;
    if ((!first && e->differs < 2) || m->at.now < e->sync_at)
        return;
    e->sync_at = m->at.now + e->sync_pause;
    e->sync_pause = e->sync_pause * 2 < SYNC_PAUSE_MAX ? e->sync_pause * 2 : SYNC_PAUSE_MAX;
    records_sync(m, edge);
}

void edges_beat(struct member *m, uint32_t edge, const struct msg_beat *beat) {
    struct edge *e = &m->edges[edge];
    if (beat->echo > 0 && beat->echo <= e->sent && e->sent - beat->echo < SENT_KEPT &&
        beat->held_us >= 0 && beat->held_us < INT64_C(1000) * LINGER_MS && beat->number > e->got)
        measured(m, e, (m->at.now - e->sent_at[beat->echo % SENT_KEPT]) * 1000 - beat->held_us);
    if (beat->number > e->got) {
        e->got = beat->number;
        e->got_at = m->at.now;
    }
    learn_lateness(m, e);
    compare_maps(m, edge, beat->map);
}

void edges_shift(struct member *m, dur_ms late) {
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        struct edge *e = &m->edges[i];
        e->heard += late;
        e->beat_heard += late;
        e->since += late;
        e->well += late;
    }
}

/* ---- time ---- */

/* More than half of the edges late at once: it is this node that hears nothing. For a while it accuses nobody. */
static void judge_isolation(struct member *m) {
    uint32_t ready = 0, late = 0;
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        ready += m->edges[i].state == EDGE_READY;
        late += m->edges[i].state == EDGE_READY && m->edges[i].late;
    }
    if (late < 2 || late * 2 <= ready) {
        m->isolated = WHEN_NEVER;
        return;
    }
    if (m->isolated == WHEN_NEVER) {
        m->isolated = m->at.now;
        if (m->mute_until < m->at.now + ISOLATION_MS)
            m->mute_until = m->at.now + ISOLATION_MS;
    }
}

static void watch(struct member *m, uint32_t edge, struct says *out) {
    struct edge *e = &m->edges[edge];
    when_ms deadline = e->heard + period_of(m, (uint32_t)e->place) + e->lateness;
    if (m->at.now < deadline) {
        member_wake(m, deadline);
        return;
    }
    bool first = !e->late;
    e->late = true;
    if (first)
        judge_isolation(m);
    verdict_suspect(m, (uint32_t)e->place, out);
}

static void keep(struct member *m, uint32_t edge, struct says *out) {
    struct edge *e = &m->edges[edge];
    if (e->place < 0 || (e->unwanted != WHEN_NEVER && m->at.now - e->unwanted >= LINGER_MS)) {
        edges_close(m, edge, out); /* nobody wants it, or its member is forgotten */
        return;
    }
    if (e->unwanted != WHEN_NEVER) { /* not one of those that have their turn */
        if (m->at.now >= e->beat_at)
            say_beat(m, edge, out);
        member_wake(m, e->beat_at);
        member_wake(m, e->unwanted + LINGER_MS);
    }
    const struct known *k = &m->map.known[e->place];
    if (k->version.state == MEMBER_ALIVE && !known_is_active(k))
        verdict_vouch(m, edge, out);
    watch(m, edge, out);
}

/* Beats go to the neighbours in turn, evenly spread over a period: so one of all observers is always about to miss one. */
static void beat_in_turn(struct member *m, struct says *out) {
    int32_t next = -1;
    dur_ms count = 0;
    for (int32_t i = 0; i < LIMIT_EDGES; i++) {
        const struct edge *e = &m->edges[i];
        if (e->state != EDGE_READY || e->unwanted != WHEN_NEVER)
            continue;
        count++;
        if (next < 0 || e->beat_at < m->edges[next].beat_at)
            next = i;
    }
    if (next < 0)
        return;
    when_ms turn = m->beat_at + period_of(m, 0) / count;
    if (m->at.now >= turn) {
        say_beat(m, (uint32_t)next, out);
        m->beat_at = m->at.now;
        turn = m->at.now + period_of(m, 0) / count;
    }
    member_wake(m, turn);
}

void edges_tick(struct member *m, struct says *out) {
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        struct edge *e = &m->edges[i];
        dur_ms patience = e->state == EDGE_DIALLING ? DIAL_MS : GREET_MS;
        if (e->state == EDGE_FREE)
            continue;
        if (e->state == EDGE_READY) {
            keep(m, i, out);
        } else if (m->at.now - e->since >= patience) {
            say(out, &(struct msg){.kind = MSG_edge_close, .edge_close.edge = e->number});
            failed(m, i, EDGE_TIMED_OUT, out);
        } else {
            member_wake(m, e->since + patience);
        }
    }
    beat_in_turn(m, out);
    judge_isolation(m);
    dial_tick(m, out);
}

void edges_check(const struct member *m, uint32_t from, uint32_t to) {
    uint32_t dials = 0;
    for (int32_t i = 0; i < LIMIT_EDGES; i++) {
        const struct edge *e = &m->edges[i];
        dials += e->state == EDGE_DIALLING;
        ensure(e->state != EDGE_READY || e->place < 0 || m->pairs[e->place].edge == (int8_t)i);
        ensure(e->place < (int32_t)m->map.count);
    }
    ensure(dials <= DIALS_MAX);
    for (uint32_t i = from; i < to; i++) {
        int8_t edge = m->pairs[i].edge;
        ensure(edge == EDGE_NONE ||
               (m->edges[edge].state == EDGE_READY && m->edges[edge].place == (int32_t)i));
    }
}
