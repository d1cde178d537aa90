#include "actors/member/verdict.h"

#include "actors/member/carry.h"
#include "actors/member/edges.h"
#include "actors/member/records.h"
#include "actors/member/self.h"
#include "proto/base/check.h"
#include "proto/base/mp.h"

#include <string.h>

enum {
    LOOK_MIN = 1500,
    LOOK_MAX = 5000,
    STANDS_MS = 5000,
    AGAIN_MS = 3000, /* an accusation is repeated before it lapses */
    BAD_MS = 600000,
    EDGELESS_MS = 5000, /* a neighbour to whom no edge comes about so long is suspect */
    DEAD_MS = 10000,
    DEAD_EDGE_MS = 60000,
    DEAD_OTHERS_MS = 3000, /* who is no observer leaves them so much time */
};

static bool is_muted(const struct member *m) {
    return m->at.now < m->mute_until;
}

/* ---- suits ---- */

static struct suit *suit_of(struct member *m, uint32_t place) {
    int8_t suit = m->pairs[place].suit;
    return suit == SUIT_NONE ? NULL : &m->suits[suit];
}

static void drop_suit(struct member *m, uint32_t place) {
    struct suit *s = suit_of(m, place);
    if (s != NULL)
        *s = (struct suit){.used = false};
    m->pairs[place].suit = SUIT_NONE;
}

/* The member's suit, opened if need be; NULL: too many are open, and this one must wait for the next word. */
static struct suit *open_suit(struct member *m, uint32_t place) {
    if (m->pairs[place].suit != SUIT_NONE)
        return suit_of(m, place);
    for (uint32_t i = 0; i < SUITS_MAX; i++) {
        if (m->suits[i].used)
            continue;
        m->suits[i] = (struct suit){.used = true,
                                    .subject = place,
                                    .version = m->map.known[place].version,
                                    .since = m->at.now};
        m->pairs[place].suit = (int8_t)i;
        return &m->suits[i];
    }
    return NULL;
}

static struct statement *statement_of(struct suit *s, uint32_t observer) {
    for (uint32_t i = 0; i < s->count; i++) {
        if (s->statements[i].observer == observer)
            return &s->statements[i];
    }
    return NULL;
}

static bool accuses_now(const struct statement *s, when_ms now) {
    return s->accuses && now < s->until;
}

static uint32_t accusers_now(const struct suit *s, when_ms now) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->count; i++)
        count += accuses_now(&s->statements[i], now);
    return count;
}

/* The newest word of an observer is the one that stands. */
static void put_statement(struct member *m, struct suit *s, uint32_t observer,
                          const struct msg *said) {
    struct statement *t = statement_of(s, observer);
    if (t == NULL && s->count == NEIGHBOURS_MAX)
        return;
    if (accusers_now(s, m->at.now) == 0)
        s->since = m->at.now;
    if (t == NULL)
        t = &s->statements[s->count++];
    struct buf bytes = buf_of(t->bytes, sizeof t->bytes);
    bool accuses = said->kind == MSG_accuse;
    bool refused = accuses && said->accuse.refused;
    if (t->len > 0 && accuses && accuses_now(t, m->at.now) && t->refused)
        refused = true; /* a repeated word does not take back what was seen */
    *t = (struct statement){.observer = observer,
                            .accuses = accuses,
                            .refused = refused,
                            .until = m->at.now + STANDS_MS};
    ensure(msg_encode(said, &bytes)); /* STATEMENT_BYTES: its fields have fixed sizes */
    t->len = bytes.len;
}

static void take_back(struct member *m, uint32_t place, uint32_t observer) {
    struct suit *s = suit_of(m, place);
    struct statement *t = s != NULL ? statement_of(s, observer) : NULL;
    if (t != NULL)
        t->until = m->at.now;
}

/* Suspect itself: accused by somebody, and nobody vouches. Such an observer does not count. */
static bool is_suspect(struct member *m, uint32_t place) {
    const struct suit *s = suit_of(m, place);
    bool accused = false;
    for (uint32_t i = 0; s != NULL && i < s->count; i++) {
        if (m->at.now >= s->statements[i].until)
            continue;
        if (!s->statements[i].accuses)
            return false;
        accused = true;
    }
    return accused;
}

static struct tally count_up(struct member *m, const struct suit *s) {
    struct tally t = {.age = m->at.now - s->since};
    const struct overlay_node *node = &m->overlay.nodes[s->subject];
    for (uint32_t i = 0; i < node->degree; i++) {
        uint32_t place = node->neighbours[i];
        if (place == 0 ||
            (state_is_live(m->map.known[place].version.state) && !is_suspect(m, place)))
            t.observers++;
    }
    t.alone = node->degree == 1;
    for (uint32_t i = 0; i < s->count; i++) {
        const struct statement *said = &s->statements[i];
        if (m->at.now >= said->until)
            continue;
        t.accusers += said->accuses;
        t.refused += said->accuses && said->refused;
        t.vouchers += !said->accuses;
    }
    return t;
}

/* ---- pronouncing ---- */

static void pronounce(struct member *m, uint32_t place, enum member_state state,
                      struct span evidence) {
    uint8_t signature[SIGNATURE_BYTES], copy[RECORD_BYTES_MAX];
    struct span known = map_bytes(&m->map, place);
    struct msg msg;
    struct err err;
    int32_t found;
    memcpy(copy, known.data, known.len);
    ensure(msg_decode(&msg, span_of(copy, known.len), &err));
    struct msg_member_record *r = &msg.member_record;
    r->state = state;
    r->evidence = evidence.len > 0 ? evidence : r->evidence;
    proof_sign_record(&m->config.signer, r, signature);
    enum merged merged = map_merge(&m->map, r, m->at.now, &found);
    if (merged == MERGED_FULL) {
        m->nonsense++; /* the record and its evidence are too long together: its maker's doing */
        return;
    }
    ensure(merged == MERGED_NEWS && found == (int32_t)place);
    m->overlay_stale = true;
    records_changed(m, place, EDGE_NONE, false);
}

static void judge(struct member *m, uint32_t place) {
    struct suit *s = suit_of(m, place);
    enum member_state now = m->map.known[place].version.state;
    if (s == NULL || is_muted(m) || !state_is_counted(now))
        return;
    const struct statement *mine = statement_of(s, 0);
    if (mine == NULL || !accuses_now(mine, m->at.now))
        return;
    dur_ms wait;
    const struct tally tally = count_up(m, s);
    enum member_state verdict = verdict_of(&tally, &wait);
    if (verdict == MEMBER_NONE && wait != WHEN_NEVER)
        member_wake(m, s->since + wait);
    if (verdict == MEMBER_NONE || verdict <= now)
        return;
    uint8_t memory[EVIDENCE_BYTES_MAX];
    struct buf evidence = buf_of(memory, sizeof memory);
    for (uint32_t i = 0, count = 0; i < s->count && count < EVIDENCE_MAX; i++) {
        if (!accuses_now(&s->statements[i], m->at.now))
            continue;
        mp_put_bin(&evidence, span_of(s->statements[i].bytes, s->statements[i].len));
        count++;
    }
    ensure(!evidence.overflow);
    pronounce(m, place, verdict, buf_view(&evidence));
}

/* ---- telling ---- */

static bool is_observer(const struct member *m, uint32_t observer, uint32_t subject) {
    bool eager;
    return overlay_linked(&m->overlay, subject, observer, &eager);
}

static void tell_observers(struct member *m, uint32_t place, const struct msg *msg, bool subject,
                           struct says *out) {
    const struct overlay_node *node = &m->overlay.nodes[place];
    for (uint32_t i = 0; i < node->degree; i++) {
        uint32_t observer = node->neighbours[i];
        if (observer != 0 && state_is_live(m->map.known[observer].version.state))
            carry_say(m, observer, msg, out);
    }
    if (subject)
        carry_say(m, place, msg, out);
}

static struct msg statement_about(const struct member *m, uint32_t place, enum msg_kind kind,
                                  bool refused) {
    const struct known *k = &m->map.known[place];
    struct msg msg = {.kind = kind};
    if (kind == MSG_accuse)
        msg.accuse = (struct msg_accuse){.subject = k->id,
                                         .generation = k->version.generation,
                                         .incarnation = k->version.incarnation,
                                         .refused = refused};
    else
        msg.vouch = (struct msg_vouch){.subject = k->id,
                                       .generation = k->version.generation,
                                       .incarnation = k->version.incarnation};
    return msg;
}

static void accuse(struct member *m, uint32_t place, bool refused, struct says *out) {
    struct pair *p = &m->pairs[place];
    uint8_t signature[SIGNATURE_BYTES];
    struct suit *s = open_suit(m, place);
    p->look_until = WHEN_NEVER;
    if (s == NULL)
        return;
    struct msg msg = statement_about(m, place, MSG_accuse, refused);
    proof_sign_statement(&m->config.signer, &msg, signature);
    put_statement(m, s, 0, &msg);
    p->accuse_at = m->at.now + AGAIN_MS;
    tell_observers(m, place, &msg, true, out);
    if (p->edge != EDGE_NONE && m->edges[p->edge].late) {
        edges_close(m, (uint32_t)p->edge, out); /* a fresh one has better chances */
        p->look_up = true;
        p->dial_at = m->at.now;
    }
    judge(m, place);
}

static void say_vouch(struct member *m, uint32_t place, struct says *out) {
    uint8_t signature[SIGNATURE_BYTES];
    struct msg msg = statement_about(m, place, MSG_vouch, false);
    proof_sign_statement(&m->config.signer, &msg, signature);
    tell_observers(m, place, &msg, false, out);
}

void verdict_vouch(struct member *m, uint32_t edge, struct says *out) {
    struct edge *e = &m->edges[edge];
    const struct version *version = &m->map.known[e->place].version;
    uint8_t signature[SIGNATURE_BYTES];
    if (e->late || version_compare(&e->vouched, version) == 0)
        return;
    e->vouched = *version;
    struct msg msg = statement_about(m, (uint32_t)e->place, MSG_vouch, false);
    proof_sign_statement(&m->config.signer, &msg, signature);
    say_to(out, ROOM_PEERS, e->number, &msg);
}

/* ---- looking ---- */

static void look(struct member *m, uint32_t place, struct says *out) {
    struct pair *p = &m->pairs[place];
    dur_ms patience = LOOK_MIN;
    if (p->edge != EDGE_NONE) {
        patience = 3 * m->edges[p->edge].lateness;
        edges_probe(m, (uint32_t)p->edge, out);
    } else {
        p->look_up = true;
    }
    patience = patience < LOOK_MIN ? LOOK_MIN : patience > LOOK_MAX ? LOOK_MAX : patience;
    p->look_until = m->at.now + patience;
    member_wake(m, p->look_until);
}

static bool may_suspect(const struct member *m, uint32_t place) {
    const struct pair *p = &m->pairs[place];
    return p->neighbour && state_is_live(m->map.known[place].version.state) && !is_muted(m) &&
           m->at.now >= p->bad_until && p->accuse_at == WHEN_NEVER;
}

void verdict_suspect(struct member *m, uint32_t place, struct says *out) {
    const struct version *version = &m->map.known[place].version;
    if (!may_suspect(m, place) || m->pairs[place].look_until != WHEN_NEVER)
        return;
    const struct msg msg = {.kind = MSG_check,
                            .check = {.subject = m->map.known[place].id,
                                      .generation = version->generation,
                                      .incarnation = version->incarnation}};
    tell_observers(m, place, &msg, false, out);
    look(m, place, out);
}

void verdict_refused(struct member *m, uint32_t place, struct says *out) {
    const struct pair *p = &m->pairs[place];
    struct suit *s = suit_of(m, place);
    const struct statement *mine = s != NULL ? statement_of(s, 0) : NULL;
    bool looking = p->look_until != WHEN_NEVER || p->accuse_at != WHEN_NEVER;
    if (!p->neighbour || is_muted(m) || !state_is_counted(m->map.known[place].version.state) ||
        (m->at.now < p->bad_until && !looking))
        return;
    if (mine != NULL && accuses_now(mine, m->at.now) && mine->refused)
        return; /* it has been said */
    verdict_suspect(m, place, out);
    accuse(m, place, true, out);
}

void verdict_heard(struct member *m, uint32_t place, struct says *out) {
    struct pair *p = &m->pairs[place];
    p->bad_until = 0;
    if (p->accuse_at != WHEN_NEVER) {
        p->accuse_at = WHEN_NEVER;
        take_back(m, place, 0);
        say_vouch(m, place, out);
    } else if (p->look_until != WHEN_NEVER) {
        say_vouch(m, place, out);
    }
    p->look_until = WHEN_NEVER;
}

/* Because others say that something is the matter with it. */
static bool may_look(const struct member *m, uint32_t place) {
    const struct pair *p = &m->pairs[place];
    return p->neighbour && !is_muted(m) && state_is_live(m->map.known[place].version.state) &&
           p->look_until == WHEN_NEVER && p->accuse_at == WHEN_NEVER;
}

void verdict_check_heard(struct member *m, const struct msg_check *check, struct says *out) {
    int32_t place = map_find(&m->map, &check->subject);
    if (place <= 0)
        return;
    struct pair *p = &m->pairs[place];
    const struct version *version = &m->map.known[place].version;
    if (!may_look(m, (uint32_t)place) || version->generation != check->generation ||
        version->incarnation != check->incarnation)
        return;
    if (p->edge == EDGE_NONE)
        p->dial_at = when_sooner(p->dial_at, m->at.now);
    look(m, (uint32_t)place, out);
}

/* ---- what others say ---- */

static bool is_at_issue(const struct member *m, uint32_t place) {
    const struct pair *p = &m->pairs[place];
    return p->look_until != WHEN_NEVER || p->accuse_at != WHEN_NEVER || p->suit != SUIT_NONE;
}

bool verdict_statement_heard(struct member *m, const struct msg *statement, struct says *out) {
    bool accuses = statement->kind == MSG_accuse;
    const struct node_id *observer =
        accuses ? &statement->accuse.observer : &statement->vouch.observer;
    const struct node_id *subject =
        accuses ? &statement->accuse.subject : &statement->vouch.subject;
    const struct version version = {
        .generation = accuses ? statement->accuse.generation : statement->vouch.generation,
        .incarnation = accuses ? statement->accuse.incarnation : statement->vouch.incarnation,
        .state = MEMBER_ALIVE};
    int32_t by = map_find(&m->map, observer), place = map_find(&m->map, subject);
    if (by <= 0 || place < 0)
        return true; /* not known here: nobody's fault */
    if (!accuses && place > 0 && !is_at_issue(m, (uint32_t)place))
        return true; /* nobody doubts it here */
    if (!proof_statement(statement))
        return false;
    const struct version *known = &m->map.known[place].version;
    if (known->generation != version.generation || known->incarnation != version.incarnation)
        return true;
    if (place == 0) {
        if (accuses)
            self_refute(m,
                        &(struct version){.generation = version.generation,
                                          .incarnation = version.incarnation,
                                          .state = MEMBER_LEAVING},
                        false);
        else
            self_vouched(m, statement, (uint32_t)by);
        return true;
    }
    if (!is_observer(m, (uint32_t)by, (uint32_t)place) || !state_is_counted(known->state))
        return true;
    struct suit *s = open_suit(m, (uint32_t)place);
    if (s != NULL)
        put_statement(m, s, (uint32_t)by, statement);
    judge(m, (uint32_t)place);
    (void)out;
    return true;
}

/* ---- changes ---- */

void verdict_version_changed(struct member *m, uint32_t place) {
    struct pair *p = &m->pairs[place];
    const struct version *version = &m->map.known[place].version;
    const struct suit *s = suit_of(m, place);
    bool same_life = s != NULL && s->version.generation == version->generation;
    bool new_life = s != NULL && !same_life;
    if (version->state == MEMBER_DEAD)
        p->tries = 0; /* its pauses begin anew, longer ones */
    if (same_life && s->version.incarnation == version->incarnation &&
        state_is_counted(version->state))
        return;
    drop_suit(m, place);
    if (p->accuse_at != WHEN_NEVER && state_is_live(version->state) && p->edge == EDGE_NONE &&
        same_life)
        p->bad_until = m->at.now + BAD_MS; /* it lives, only not for this node */
    p->accuse_at = p->look_until = WHEN_NEVER;
    if (new_life) { /* what failed before says nothing */
        p->dial_at = m->at.now;
        p->bad_until = 0;
    }
}

void verdict_forget(struct member *m, uint32_t place) {
    drop_suit(m, place);
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        struct edge *e = &m->edges[i];
        if (e->state == EDGE_FREE || e->place != (int32_t)place)
            continue;
        e->place = -1;
        m->pairs[place].edge = EDGE_NONE;
    }
    for (uint32_t i = 0; i < SUITS_MAX; i++) {
        struct statement *t = m->suits[i].used ? statement_of(&m->suits[i], place) : NULL;
        if (t != NULL)
            *t = m->suits[i].statements[--m->suits[i].count];
    }
    m->routes_stale = true;
}

void verdict_shift(struct member *m, dur_ms late) {
    for (uint32_t i = 0; i < m->map.count; i++) {
        struct pair *p = &m->pairs[i];
        if (p->look_until != WHEN_NEVER)
            p->look_until += late;
        if (p->edgeless != WHEN_NEVER)
            p->edgeless += late;
        if (m->map.known[i].version.state == MEMBER_UNREACHABLE)
            m->map.known[i].since += late;
    }
}

/* ---- time ---- */

static void tick_look(struct member *m, uint32_t place, struct says *out) {
    struct pair *p = &m->pairs[place];
    if (p->doubted && may_look(m, place))
        look(m, place, out);
    p->doubted = false;
    if (p->look_until == WHEN_NEVER)
        return;
    if (p->look_until < m->mute_until)
        p->look_until = m->mute_until;
    if (m->at.now < p->look_until)
        member_wake(m, p->look_until);
    else
        accuse(m, place, false, out);
}

/* Repeats an accusation, or gives it up when others vouch. */
static void tick_accusation(struct member *m, uint32_t place, struct says *out) {
    struct pair *p = &m->pairs[place];
    if (p->accuse_at == WHEN_NEVER)
        return;
    if (m->at.now < p->accuse_at) {
        member_wake(m, p->accuse_at);
        return;
    }
    struct suit *s = suit_of(m, place);
    const struct tally tally = s != NULL ? count_up(m, s) : (struct tally){0};
    if (!state_is_live(m->map.known[place].version.state) || !p->neighbour) {
        p->accuse_at = WHEN_NEVER;
    } else if (tally.vouchers > 0) {
        p->accuse_at = WHEN_NEVER;
        p->bad_until = m->at.now + BAD_MS;
    } else if (is_muted(m)) {
        p->accuse_at = m->mute_until;
        member_wake(m, p->accuse_at);
    } else {
        accuse(m, place, false, out);
        if (p->accuse_at != WHEN_NEVER)
            member_wake(m, p->accuse_at);
    }
}

static void tick_dead(struct member *m, uint32_t place) {
    const struct known *k = &m->map.known[place];
    if (k->version.state != MEMBER_UNREACHABLE)
        return;
    dur_ms pause = (k->flags & MEMBER_EDGE) != 0 ? DEAD_EDGE_MS : DEAD_MS;
    if (!m->pairs[place].neighbour)
        pause += DEAD_OTHERS_MS;
    when_ms due = k->since + pause > m->mute_until ? k->since + pause : m->mute_until;
    if (m->at.now < due)
        member_wake(m, due);
    else
        pronounce(m, place, MEMBER_DEAD, (struct span){0});
}

static void tick_edgeless(struct member *m, uint32_t place, struct says *out) {
    const struct pair *p = &m->pairs[place];
    if (p->edgeless == WHEN_NEVER || !may_suspect(m, place) || p->look_until != WHEN_NEVER)
        return;
    if (m->at.now < p->edgeless + EDGELESS_MS)
        member_wake(m, p->edgeless + EDGELESS_MS);
    else
        verdict_suspect(m, place, out);
}

void verdict_tick(struct member *m, struct says *out) {
    for (uint32_t i = 1; i < m->map.count; i++) {
        tick_look(m, i, out);
        tick_accusation(m, i, out);
        judge(m, i);
        tick_dead(m, i);
        tick_edgeless(m, i, out);
        struct suit *s = suit_of(m, i);
        bool stands = s == NULL;
        for (uint32_t j = 0; s != NULL && j < s->count; j++)
            stands = stands || m->at.now < s->statements[j].until;
        if (!stands)
            drop_suit(m, i);
    }
}

void verdict_check(const struct member *m) {
    for (uint32_t i = 0; i < SUITS_MAX; i++) {
        const struct suit *s = &m->suits[i];
        ensure(!s->used || (s->subject < m->map.count && m->pairs[s->subject].suit == (int8_t)i));
        ensure(s->count <= NEIGHBOURS_MAX);
    }
    ensure(m->pairs[0].suit == SUIT_NONE && m->pairs[0].accuse_at == WHEN_NEVER);
}
