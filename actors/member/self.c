#include "actors/member/self.h"

#include "actors/member/edges.h"
#include "actors/member/records.h"
#include "actors/member/remember.h"
#include "proto/base/check.h"
#include "proto/base/mp.h"

#include <stdio.h>
#include <string.h>

enum {
    JOIN_MS = 2000,   /* so long a node with seeds looks for others before it thinks it is alone */
    FLAP_MS = 600000, /* a conviction within this of the last one counts as flapping */
    FLAP_PAUSE_MS = 5000, /* the second return waits so long, each further one twice as long */
    FLAP_PAUSE_MAX = 300000,
    LAST_WORD_MS = 500, /* so long the neighbours have to say that they heard the last word */
    AGE_MS = 3000, /* two lives that began so close to each other are told apart by their numbers */
    RISES_MAX = 4, /* generations that others' word makes it take at once */
    RISE_MS =
        600000, /* ... and one in this time on the long run: each is another life to everybody */
    MEETINGS_BY_AGE = 3,   /* ... and so are two that do not get to agree on who is older */
    TWIN_SAID_MS = 600000, /* people hear of a copy no more often */
};

static void publish(struct member *m) {
    const struct member_config *c = &m->config;
    const struct self *self = &m->self;
    uint8_t signature[SIGNATURE_BYTES];
    int32_t place;
    struct msg_member_record r = {
        .node = c->signer.id,
        .generation = self->version.generation,
        .incarnation = self->version.incarnation,
        .state = self->version.state,
        .endpoint = span_text(c->endpoint),
        .door = span_text(c->door),
        .curve = span_of(c->curve, sizeof c->curve),
        .name = span_text(c->name),
        .domain = span_text(c->domain),
        .slots = c->slots,
        .flags = c->flags,
        .certificate = span_of(c->certificate, c->certificate_len),
        .evidence = span_of(self->evidence, self->evidence_len),
    };
    if (self->answers != 0) {
        r.answers = self->answers;
        r.lived = (uint64_t)(m->at.now - self->began);
    }
    proof_sign_record(&c->signer, &r, signature);
    enum merged merged = map_merge(&m->map, &r, m->at.now, &place);
    ensure(place == 0 && (merged == MERGED_NEWS || merged == MERGED_JOINED));
    records_changed(m, 0, EDGE_NONE, merged == MERGED_JOINED);
    m->overlay_stale = m->overlay_stale || merged == MERGED_JOINED;
}

/* The version after both ours and the claim's. False: there is none. */
static bool next_version(struct version *own, const struct version *claim) {
    struct version next = *own;
    if (claim->generation > next.generation ||
        (claim->generation == next.generation && claim->state == MEMBER_LEFT)) {
        uint64_t boots = claim->generation >> 32;
        if (boots == UINT32_MAX)
            return false;
        next.generation = (boots + 1) << 32 | (own->generation & UINT32_MAX);
        next.incarnation = 0;
    } else if (claim->generation == next.generation && claim->incarnation > next.incarnation) {
        next.incarnation = claim->incarnation;
    }
    if (next.incarnation + 2 >= INCARNATION_LAST) { /* used up: only a liar gets us there */
        if (next.generation >> 32 == UINT32_MAX)
            return false;
        next.generation += UINT64_C(1) << 32;
        next.incarnation = 0;
    }
    next.incarnation++;
    *own = next;
    return true;
}

static void raise_version(struct member *m, const struct version *claim) {
    uint64_t generation = m->self.version.generation;
    if (!next_version(&m->self.version, claim)) {
        m->nonsense++;
        return;
    }
    if (m->self.version.generation != generation)
        m->self.evidence_len = 0; /* vouches are for a generation */
    m->self.vouches_count = 0;
    publish(m);
}

void self_begin(struct member *m) {
    struct self *self = &m->self;
    self->version = (struct version){.generation = m->memory.boots << 32 |
                                                   (m->config.generation_nonce & UINT32_MAX),
                                     .incarnation = 1,
                                     .state = MEMBER_ALIVE};
    self->join_until = m->at.now + (m->seeds_count > 0 ? JOIN_MS : 0);
    self->convicted_at = self->told_twin = INT64_MIN;
    self->active_from = self->began = m->at.now;
    self->quiet_by = WHEN_NEVER;
    publish(m);
}

/* The answers to these probes come after the record has been heard: an edge keeps its order. */
static void leave(struct member *m, struct says *out) {
    struct self *self = &m->self;
    self->version.incarnation = INCARNATION_LAST;
    self->version.state = MEMBER_LEFT;
    self->evidence_len = 0;
    self->quiet_by = m->at.now + LAST_WORD_MS;
    publish(m);
    records_flush(m, out); /* there may be no next step */
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        if (m->edges[i].state == EDGE_READY)
            edges_probe(m, i, out);
    }
}

void self_farewell(struct member *m, const struct msg_farewell *farewell, struct says *out) {
    struct self *self = &m->self;
    enum member_state state = farewell->stay ? MEMBER_ALIVE : MEMBER_LEAVING;
    if (self->version.state == MEMBER_LEFT) {
        if (farewell->done && self->quiet_by == WHEN_NEVER)
            self->quiet_by = m->at.now; /* whoever asks again is answered */
        return;
    }
    if (farewell->done) {
        leave(m, out);
        return;
    }
    if (self->version.state == state)
        return;
    self->version.state = state;
    const struct version own = self->version;
    raise_version(m, &own);
}

/* What it was vouched for does not count any more; others must see it again first. */
static void lose_vouches(struct member *m) {
    m->self.evidence_len = 0;
    m->self.was_alone = false;
}

static void convicted(struct member *m) {
    struct self *self = &m->self;
    bool flaps = self->convicted_at != INT64_MIN && m->at.now - self->convicted_at < FLAP_MS;
    self->returns = flaps ? self->returns + 1 : 0;
    dur_ms pause = self->returns == 0 ? 0 : FLAP_PAUSE_MS;
    for (uint32_t i = 1; i < self->returns && pause < FLAP_PAUSE_MAX; i++)
        pause *= 2;
    self->active_from = m->at.now + (pause < FLAP_PAUSE_MAX ? pause : FLAP_PAUSE_MAX);
    self->convicted_at = m->at.now;
    lose_vouches(m);
}

bool self_has_risen_enough(struct member *m, const struct version *claim) {
    struct self *self = &m->self;
    if (claim->generation <= self->version.generation)
        return false;
    dur_ms earned = m->at.now - self->risen_at;
    self->rises_ms = self->rises_ms > earned ? self->rises_ms - earned : 0;
    self->risen_at = m->at.now;
    if (self->rises_ms + RISE_MS > RISES_MAX * RISE_MS) {
        m->nonsense++;
        return true;
    }
    self->rises_ms += RISE_MS;
    return false;
}

void self_refute(struct member *m, const struct version *claim, bool doubted) {
    struct self *self = &m->self;
    bool verdict = claim->state == MEMBER_UNREACHABLE || claim->state == MEMBER_DEAD;
    bool ours = claim->generation == self->version.generation;
    bool above = version_compare(claim, &self->version) >= 0;
    if (self->version.state == MEMBER_LEFT)
        return;
    if (verdict && ours && !doubted &&
        (above || (self->evidence_len > 0 && self->vouched_for <= claim->incarnation)))
        convicted(m);
    else if (!above)
        return;
    raise_version(m, claim);
}

/* ---- another life with this node's key ---- */

static uint32_t number_of(uint64_t generation) {
    return (uint32_t)generation;
}

/* Each has its own clock only: a life's length is no point in time, and it has grown on the way here. */
static bool is_older(const struct member *m, const struct msg_member_record *r) {
    int64_t own = m->at.now - m->self.began;
    int64_t theirs = r->lived < INT64_MAX ? (int64_t)r->lived : INT64_MAX;
    bool close = theirs - own < AGE_MS && own - theirs < AGE_MS;
    if (close || m->self.meetings > MEETINGS_BY_AGE)
        return number_of(r->generation) > number_of(m->config.generation_nonce);
    return theirs > own;
}

static void keep_text(char *out, size_t cap, struct span text) {
    struct buf kept = buf_of(out, cap - 1);
    memset(out, 0, cap);
    buf_span(&kept, text);
}

void self_other_life(struct member *m, const struct msg_member_record *r) {
    struct self *self = &m->self;
    uint32_t own = number_of(m->config.generation_nonce);
    if (number_of(r->generation) == own || self->version.state == MEMBER_LEFT)
        return;
    if (r->answers != 0 && number_of(r->answers) == own) {
        self->meetings = self->twin_number == number_of(r->generation) ? self->meetings + 1 : 1;
        self->twin_number = number_of(r->generation);
        self->twin = is_older(m, r) ? TWIN_OLDER : TWIN_YOUNGER;
        keep_text(self->twin_at, sizeof self->twin_at, r->endpoint);
        keep_text(self->twin_name, sizeof self->twin_name, r->name);
    }
    self->answers = r->generation > self->answers ? r->generation : self->answers;
}

/* The older one goes on: whatever the younger one was taken for, this one stands above it by now. */
static void tell_of_younger(struct member *m, struct says *out) {
    struct self *self = &m->self;
    char text[512];
    self->twin = TWIN_NONE;
    if (self->told_twin != INT64_MIN && m->at.now - self->told_twin < TWIN_SAID_MS)
        return;
    self->told_twin = m->at.now;
    snprintf(
        text, sizeof text,
        "the node '%s' at %s has this node's key: one of the two state folders is a copy. That "
        "node ends",
        self->twin_name, self->twin_at);
    say(out, &(struct msg){.kind = MSG_note, .note.text = span_text(text)});
}

/* Nothing more is said to anybody: what this life was is over, and nobody may take it for the other's. */
static void give_way(struct member *m, struct says *out) {
    const struct self *self = &m->self;
    char text[512];
    for (uint32_t i = 0; i < LIMIT_EDGES; i++) {
        if (m->edges[i].state != EDGE_FREE)
            edges_close(m, i, out);
    }
    snprintf(
        text, sizeof text,
        "the node '%s' at %s has this node's key and goes on: one of the two state folders is a "
        "copy. This node ends. Each machine needs a folder of its own: one without keys/, "
        "cluster and store/ enters with a token",
        self->twin_name, self->twin_at);
    say(out, &(struct msg){.kind = MSG_note, .note.text = span_text(text)});
    remember_stop(m);
    say_to(out, ROOM_NODE, 0, &(struct msg){.kind = MSG_quit, .quit.why = ERR_NOT_ALLOWED});
}

bool self_gives_way(struct member *m, struct says *out) {
    if (m->self.twin == TWIN_YOUNGER)
        tell_of_younger(m, out);
    if (m->self.twin != TWIN_OLDER)
        return false;
    give_way(m, out);
    return true;
}

/* ---- activity ---- */

static uint32_t live_neighbours(const struct member *m) {
    const struct overlay_node *node = &m->overlay.nodes[0];
    uint32_t live = 0;
    for (uint32_t i = 0; i < node->degree; i++)
        live += state_is_live(m->map.known[node->neighbours[i]].version.state);
    return live;
}

static void take_evidence(struct self *self) {
    struct buf evidence = buf_of(self->evidence, sizeof self->evidence);
    for (uint32_t i = 0; i < self->vouches_count && i < SELF_VOUCHES; i++)
        mp_put_bin(&evidence, span_of(self->vouches[i].bytes, self->vouches[i].len));
    ensure(!evidence.overflow);
    self->evidence_len = evidence.len;
    self->vouched_for = self->version.incarnation;
}

/* At least half of the live observers, and one: evidence to return mirrors the evidence to leave. */
static void judge_vouches(struct member *m) {
    struct self *self = &m->self;
    if (self->version.state != MEMBER_ALIVE || self->evidence_len > 0 || self->vouches_count == 0 ||
        self->vouches_count * 2 < live_neighbours(m))
        return;
    if (m->at.now < self->active_from) {
        member_wake(m, self->active_from);
        return;
    }
    take_evidence(self);
    const struct version own = self->version;
    raise_version(m, &own);
}

void self_vouched(struct member *m, const struct msg *vouch, uint32_t observer) {
    struct self *self = &m->self;
    if (vouch->vouch.generation != self->version.generation ||
        vouch->vouch.incarnation != self->version.incarnation ||
        self->version.state != MEMBER_ALIVE)
        return;
    if (self->evidence_len > 0) { /* whoever vouches does not take us for active: begin anew */
        lose_vouches(m);
        const struct version own = self->version;
        raise_version(m, &own);
        return;
    }
    for (uint32_t i = 0; i < self->vouches_count; i++) {
        if (self->vouches[i].observer == observer)
            return;
    }
    if (self->vouches_count == NEIGHBOURS_MAX)
        return;
    struct statement *s = &self->vouches[self->vouches_count];
    struct buf bytes = buf_of(s->bytes, sizeof s->bytes);
    if (!msg_encode(vouch, &bytes))
        return;
    s->observer = observer;
    s->len = bytes.len;
    self->vouches_count++;
    judge_vouches(m);
}

static bool is_alone(const struct member *m) {
    for (uint32_t i = 1; i < m->map.count; i++) {
        if (state_is_live(m->map.known[i].version.state))
            return false;
    }
    return true;
}

bool member_active(const struct member *m, uint32_t place) {
    const struct known *k = &m->map.known[place];
    return known_is_active(k) ||
           (place == 0 && m->self.was_alone && k->version.state == MEMBER_ALIVE);
}

/* Has every neighbour answered since, or had its time? */
static bool is_heard(const struct member *m) {
    bool heard = m->map.known[0].owed == 0;
    for (uint32_t i = 0; i < LIMIT_EDGES; i++)
        heard = heard && (m->edges[i].state != EDGE_READY || m->edges[i].nonce == 0);
    return heard || m->at.now >= m->self.quiet_by;
}

static void say_quiet(struct member *m, struct says *out) {
    if (m->self.quiet_by == WHEN_NEVER)
        return;
    if (!is_heard(m)) {
        member_wake(m, m->self.quiet_by);
        return;
    }
    m->self.quiet_by = WHEN_NEVER;
    say(out, &(struct msg){.kind = MSG_quiet, .quiet.room = ROOM_MEMBER});
}

void self_tick(struct member *m, struct says *out) {
    struct self *self = &m->self;
    judge_vouches(m);
    say_quiet(m, out);
    if (self->was_alone || self->version.state != MEMBER_ALIVE ||
        known_is_active(&m->map.known[0]) || !is_alone(m))
        return;
    when_ms when = self->join_until > self->active_from ? self->join_until : self->active_from;
    if (m->at.now >= when) {
        self->was_alone = true;
        m->pairs[0].news = true;
    } else {
        member_wake(m, when);
    }
}
