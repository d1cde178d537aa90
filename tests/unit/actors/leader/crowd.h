/* crowd - a crowd of three to seven nodes, each a leader and a sched on a board of its own, in virtual time. What lies
 * around them is imitated: the map is told late and sometimes wrongly, messages between nodes take their time and are lost
 * with an edge, disks sync later, trials end, their results spread. Nodes crash, come back with what their disk had, and
 * are cut off.
 *
 * Checked while it runs (membership.md 4.5): E1 stored epochs never fall and nothing of an epoch leaves before it is stored,
 * E2 an epoch belongs to one life of its leader, E4 nothing is started of a term below the stored one, E5 whoever heard of a
 * higher epoch gives out nothing more; no slot is in two leases of one epoch; after a leader's crash, and after one had
 * to hand on because its disk refused, the next one's first lease comes within two seconds; and when the faults have ended,
 * every slot gets done and all follow one leader.
 *
 * Included by its test after <cmocka.h>.
 */
#ifndef ZYG_TEST_CROWD_H
#define ZYG_TEST_CROWD_H

#include "actors/kit/board.h"
#include "actors/leader/leader.h"
#include "actors/member/member.h"
#include "actors/sched/sched.h"
#include "proto/base/mp.h"
#include "proto/base/ranges.h"
#include "proto/base/rng.h"
#include "proto/status.h"
#include "store/ops.h"
#include "store/store_ask.h"
#include "store/store_mem.h"
#include "tests/lib/outcome.h"
#include "tests/unit/actors/tuner/jobs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NODES_MAX = 7,
    SLOTS =
        910, /* most; a crowd has SLOTS_EACH for each of its nodes: about as long as the faults last */
    SLOTS_EACH = 130,
    PLACES = 2,
    EVENTS_MAX = 4096,
    FAULTS_END = 40000,
    ALL_ENDS = 240000,
    FIRST_LEASE_MOST = 2000,
    JOIN_MOST = 2500,   /* until it is in every map, has reported and is led */
    SEEN_MOST = 900,    /* a crash is known everywhere */
    AILING_MOST = 1500, /* a leader whose disk refuses for so long hands on */
    DEAD_AFTER = 4000,
    TERMS_MAX = 512
};

enum happening {
    ARRIVES,     /* a message at the node */
    SYNCED,      /* a save of the node */
    TRIAL_ENDS,  /* number: slot */
    RESULT_KEPT, /* number: slot */
    VERDICT,     /* number: whom it is about; generation, state */
    SPREADS,     /* results, between all that hear each other */
    FAULT,
    STILL_AILS, /* the disk of the node has refused for so long that it should lead no more */
    IS_WELL,
    COMES_BACK,
    HEALS
};

struct pending {
    when_ms at;
    uint64_t serial;
    enum happening what;
    uint32_t node, life;
    uint32_t from, from_life;
    uint64_t number, attempt, generation;
    enum member_state state;
    uint8_t *bytes;
    size_t len;
};

struct crowd_node {
    uint32_t number;
    bool up;
    bool cut;
    when_ms ails_since; /* its disk refuses; 0: it is well */
    uint32_t life;      /* also its generation */
    when_ms joined;     /* it came up, or was cut off no more */
    struct board *board;
    void *leader, *sched;
    struct store *disk;
    uint64_t stored;  /* the term on its disk */
    uint64_t highest; /* the term it has heard of */
    when_ms highest_since;
    bool leads;
    bool running[SLOTS];
    bool done[SLOTS];               /* on its disk */
    uint32_t kept;                  /* how many of them */
    uint32_t spread[NODES_MAX];     /* how many another one had when it was last looked at */
    uint64_t known_life[NODES_MAX]; /* as its map has it: lives only go up */
    when_ms last_arrival[NODES_MAX];
};

struct given {
    bool out;
    uint64_t term;
    uint32_t giver, worker, worker_life;
};

struct crowd {
    uint64_t seed;
    uint32_t count;
    uint32_t slots;
    when_ms now;
    uint64_t serial;
    struct crowd_node nodes[NODES_MAX];
    struct given given[SLOTS];
    struct {
        uint32_t leader;
        uint64_t generation;
    } terms[TERMS_MAX][NODES_MAX];
    when_ms
        orphaned; /* a leader has crashed then, and nobody has given out anything since; 0: not so */
    uint32_t takeovers, handovers;
    uint32_t events_count;
    struct pending events[EVENTS_MAX];
};

static struct crowd *crowd; /* ports know their node, and the node is in it */
static const struct job_id job = {{3}};
static struct test_job test_job;

static inline void breaks(const char *rule) {
    fprintf(stderr, "seed %llu at %lld ms: %s\n", (unsigned long long)crowd->seed,
            (long long)crowd->now, rule);
    fail();
}

static inline void require(bool held, const char *rule) {
    if (!held)
        breaks(rule);
}

static inline uint64_t draw(uint64_t below) {
    struct rng r = rng_of(crowd->seed, 1, ++crowd->serial);
    return rng_below(&r, below);
}

static inline struct moment moment(void) {
    return (struct moment){.now = crowd->now, .wall = crowd->now};
}

static inline struct pending *plan(dur_ms in, enum happening what, uint32_t node) {
    require(crowd->events_count < EVENTS_MAX, "too much is to happen");
    struct pending *p = &crowd->events[crowd->events_count++];
    *p = (struct pending){.at = crowd->now + in,
                          .serial = ++crowd->serial,
                          .what = what,
                          .node = node,
                          .life = crowd->nodes[node].life};
    return p;
}

/* ---- the map ---- */

static inline void tell_of(struct crowd_node *n, uint32_t about, uint64_t generation,
                           enum member_state state) {
    struct msg m = {.kind = MSG_node_known};
    m.node_known.peer = about == n->number ? 0 : about + 1;
    m.node_known.node = (struct node_id){.bytes = {(uint8_t)(about + 1)}};
    m.node_known.generation = generation;
    m.node_known.state = state;
    m.node_known.active = state == MEMBER_ALIVE;
    m.node_known.neighbour = true;
    m.node_known.rtt_us = 500;
    m.node_known.slots = PLACES;
    m.node_known.flags = MEMBER_STORES | MEMBER_ELIGIBLE;
    board_post_to(n->board, ROOM_LEADER, ROOM_MEMBER, 0, &m);
    bool gone = state == MEMBER_DEAD;
    for (uint32_t slot = 0; slot < crowd->slots; slot++) { /* the leader may give these out again */
        struct given *g = &crowd->given[slot];
        if (g->giver == n->number && g->worker == about && (gone || g->worker_life != generation))
            g->out = false;
    }
}

static inline bool hear_each_other(const struct crowd_node *a, const struct crowd_node *b) {
    return a->up && b->up && !a->cut && !b->cut;
}

/* One node learns, after a while, what another is. */
static inline void plan_verdict(uint32_t node, uint32_t about, dur_ms in, enum member_state state) {
    struct pending *p = plan(in, VERDICT, node);
    p->number = about;
    p->generation = crowd->nodes[about].life;
    p->state = state;
}

static inline void everybody_learns(uint32_t about, dur_ms most, enum member_state state) {
    for (uint32_t i = 0; i < crowd->count; i++) {
        if (i != about && crowd->nodes[i].up)
            plan_verdict(i, about, 1 + (dur_ms)draw((uint64_t)most), state);
    }
}

static inline void on_verdict(struct crowd_node *n, const struct pending *p) {
    const struct crowd_node *about = &crowd->nodes[p->number];
    bool hears = hear_each_other(n, about) && about->life == p->generation;
    bool says_alive = p->state == MEMBER_ALIVE;
    if (p->generation < n->known_life[p->number])
        return;
    n->known_life[p->number] = p->generation;
    if (says_alive == hears || p->number == n->number) /* else it is out of date */
        tell_of(n, (uint32_t)p->number, p->generation, p->state);
    if (!hears && p->state == MEMBER_UNREACHABLE)
        plan_verdict(n->number, (uint32_t)p->number, DEAD_AFTER, MEMBER_DEAD);
}

/* ---- what nodes say to each other ---- */

static inline void check_epoch_is_stored(const struct crowd_node *n, const struct msg *m) {
    uint64_t term = m->kind == MSG_claim    ? m->claim.term
                    : m->kind == MSG_report ? m->report.term
                    : m->kind == MSG_lease  ? m->lease.term
                                            : 0;
    require(term <= n->stored, "E1: an epoch is said before it is stored");
}

static inline void check_claim(const struct msg_claim *m) {
    uint32_t leader = m->leader.bytes[0] - 1u;
    require(m->term < TERMS_MAX, "terms grow without end");
    uint64_t *generation = &crowd->terms[m->term][leader].generation;
    require(*generation == 0 || *generation == m->generation, "E2: an epoch of two lives");
    *generation = m->generation;
}

static inline uint32_t busy_places(const struct crowd_node *n) {
    uint32_t busy = 0;
    for (uint32_t slot = 0; slot < crowd->slots; slot++)
        busy += n->running[slot];
    return busy;
}

/* What a node that has long been heard runs has been reported. */
static inline void check_runs_nowhere(const struct crowd_node *giver, uint64_t slot) {
    for (uint32_t i = 0; i < crowd->count; i++) {
        const struct crowd_node *n = &crowd->nodes[i];
        bool long_heard = hear_each_other(giver, n) && crowd->now - n->joined > JOIN_MOST &&
                          crowd->now - giver->joined > JOIN_MOST;
        require(!long_heard || !n->running[slot], "a slot is given out that runs already");
    }
}

static inline void lease_is_said(const struct crowd_node *n, uint32_t to,
                                 const struct msg_lease *m) {
    struct given *g = &crowd->given[m->slot];
    require(m->slot < crowd->slots, "a slot that is none");
    require(m->term >= n->highest || crowd->now == n->highest_since,
            "E5: a lease of whoever has heard of a higher epoch");
    require(!g->out || g->term != m->term || g->giver != n->number,
            "a slot is in two leases of one epoch");
    require(!n->done[m->slot], "a finished slot is given out");
    require(n->ails_since == 0 || crowd->now <= n->ails_since + AILING_MOST,
            "a leader goes on though its disk refuses");
    check_runs_nowhere(n, m->slot);
    *g = (struct given){.out = true,
                        .term = m->term,
                        .giver = n->number,
                        .worker = to,
                        .worker_life = crowd->nodes[to].life};
    if (crowd->orphaned != 0) {
        require(crowd->now - crowd->orphaned <= FIRST_LEASE_MOST,
                "the first lease after a leader's crash is late");
        crowd->orphaned = 0;
        crowd->takeovers++;
    }
}

/* A lease that never came or was refused may be given out again. */
static inline void lease_is_void(uint64_t slot, uint64_t term) {
    if (crowd->given[slot].term == term)
        crowd->given[slot].out = false;
}

static inline void lease_is_refused(const struct crowd_node *n, uint64_t slot) {
    if (crowd->given[slot].worker == n->number && !n->running[slot])
        crowd->given[slot].out = false;
}

static inline void member_perform(void *self, const struct event *event) {
    struct crowd_node *n = self;
    if (event->peer == 0)
        return;
    uint32_t to = event->peer - 1;
    check_epoch_is_stored(n, &event->msg);
    if (event->msg.kind == MSG_claim)
        check_claim(&event->msg.claim);
    if (event->msg.kind == MSG_lease)
        lease_is_said(n, to, &event->msg.lease);
    if (event->msg.kind == MSG_ended && event->msg.ended.lost)
        lease_is_refused(n, event->msg.ended.slot);
    struct pending *p = plan(1 + (dur_ms)draw(20), ARRIVES, to);
    p->from = n->number;
    p->from_life = n->life;
    if (p->at < crowd->nodes[to].last_arrival[n->number])
        p->at = crowd->nodes[to].last_arrival[n->number]; /* an edge keeps the order */
    crowd->nodes[to].last_arrival[n->number] = p->at;
    p->bytes = malloc(LIMIT_FRAME_BYTES);
    struct buf out = buf_of(p->bytes, LIMIT_FRAME_BYTES);
    require(msg_encode(&event->msg, &out), "a message that is too long");
    p->len = out.len;
    p->bytes = realloc(p->bytes, p->len);
}

/* What a node's leader gives to the node itself, and what it refuses of it. */
static inline void see_own(void *self, enum room to, const struct event *event) {
    const struct crowd_node *n = self;
    const struct msg *m = &event->msg;
    if (to == ROOM_LEADER && event->from == ROOM_SCHED && m->kind == MSG_lease)
        lease_is_said(n, n->number, &m->lease);
    bool own = event->peer == 0;
    if (to == ROOM_SCHED && event->from == ROOM_LEADER && m->kind == MSG_ended && own &&
        m->ended.lost)
        lease_is_refused(n, m->ended.slot);
}

static inline void on_arrival(struct crowd_node *n, const struct pending *p) {
    static const struct {
        enum msg_kind kind;
        enum room room;
    } ears[] = {{MSG_claim, ROOM_LEADER},
                {MSG_report, ROOM_LEADER},
                {MSG_lease, ROOM_LEADER},
                {MSG_ended, ROOM_LEADER}};
    struct msg m;
    struct err err;
    require(msg_decode(&m, span_of(p->bytes, p->len), &err), "a message nobody can read");
    if (!hear_each_other(n, &crowd->nodes[p->from]) || crowd->nodes[p->from].life != p->from_life) {
        if (m.kind == MSG_lease)
            lease_is_void(m.lease.slot, m.lease.term);
        return;
    }
    if (m.kind == MSG_claim && m.claim.term > n->highest) {
        n->highest = m.claim.term;
        n->highest_since = crowd->now;
    }
    for (size_t i = 0; i < sizeof ears / sizeof ears[0]; i++) {
        if (ears[i].kind == m.kind)
            board_post_to(n->board, ears[i].room, ROOM_MEMBER, p->from + 1, &m);
    }
}

/* ---- the disk ---- */

static inline void store_perform(void *self, const struct event *event) {
    struct crowd_node *n = self;
    if (event->msg.kind == MSG_scan) {
        static uint8_t memory[STORE_ROWS_BYTES_MAX];
        struct buf rows = buf_of(memory, sizeof memory);
        struct msg reply = store_answer_scan(n->disk, &event->msg.scan, &rows);
        board_post_to(n->board, event->from, ROOM_STORE, 0, &reply);
        return;
    }
    struct pending *p = plan((dur_ms)draw(15), SYNCED, n->number);
    p->number = event->msg.save.ticket;
    p->len = event->msg.save.ops.len;
    p->bytes = malloc(p->len);
    memcpy(p->bytes, event->msg.save.ops.data, p->len);
}

static inline void on_synced(struct crowd_node *n, const struct pending *p) {
    struct err err;
    struct span value;
    require(store_save(n->disk, span_of(p->bytes, p->len), &err), "a save that cannot be read");
    require(store_mem_get(n->disk, TABLE_meta, span_text("term"), &value), "no epoch is stored");
    struct mp in = mp_of(value);
    uint64_t term = mp_u64(&in);
    require(term >= n->stored, "E1: a stored epoch falls");
    n->stored = term;
    board_post_to(n->board, ROOM_LEADER, ROOM_STORE, 0,
                  &(struct msg){.kind = MSG_saved, .saved.ticket = p->number});
}

/* ---- tuner, executor, facts ---- */

static inline void tuner_perform(void *self, const struct event *event) {
    struct crowd_node *n = self;
    if (event->msg.kind != MSG_propose)
        return;
    const struct msg m = {
        .kind = MSG_proposed,
        .proposed = {.job = job, .slot = event->msg.propose.slot, .config = span_text("c")}};
    board_post_to(n->board, ROOM_SCHED, ROOM_TUNER, 0, &m);
}

static inline void post_outcome(struct crowd_node *n, uint64_t slot, uint64_t attempt,
                                enum trial_status status) {
    uint8_t memory[OUTCOME_BYTES];
    const struct msg m = outcome_of(memory, &job, slot, attempt, status);
    board_post(n->board, ROOM_EXECUTOR, 0, &m);
}

static inline void executor_perform(void *self, const struct event *event) {
    struct crowd_node *n = self;
    const struct msg_lease *m = &event->msg.lease;
    if (event->msg.kind != MSG_lease)
        return;
    require(m->term >= n->stored, "E4: a lease of a lower term is started");
    if (busy_places(n) == PLACES || n->running[m->slot]) {
        lease_is_void(m->slot, m->term);
        post_outcome(n, m->slot, m->attempt, TRIAL_LOST);
        return;
    }
    n->running[m->slot] = true;
    struct pending *p = plan(20 + (dur_ms)draw(draw(10) == 0 ? 6000 : 300), TRIAL_ENDS, n->number);
    p->number = m->slot;
    p->attempt = m->attempt;
}

static inline void on_trial_end(struct crowd_node *n, const struct pending *p) {
    n->running[p->number] = false;
    struct given *g = &crowd->given[p->number];
    if (g->worker == n->number)
        g->out = false;
    plan(1 + (dur_ms)draw(30), RESULT_KEPT, n->number)->number = p->number;
    post_outcome(n, p->number, p->attempt, TRIAL_DONE);
}

static inline void keep_result(struct crowd_node *n, uint64_t slot) {
    const struct msg m = {.kind = MSG_recorded,
                          .recorded = {.job = job, .slot = slot, .finished = true, .attempts = 1}};
    if (n->done[slot])
        return;
    n->done[slot] = true;
    n->kept++;
    board_post_to(n->board, ROOM_SCHED, ROOM_FACTS, 0, &m);
}

static inline void spread_results(void) {
    for (uint32_t a = 0; a < crowd->count; a++) {
        for (uint32_t b = 0; b < crowd->count; b++) {
            struct crowd_node *from = &crowd->nodes[a], *to = &crowd->nodes[b];
            if (a == b || !hear_each_other(from, to) || to->spread[a] == from->kept)
                continue;
            to->spread[a] = from->kept;
            for (uint32_t slot = 0; slot < crowd->slots; slot++) {
                if (from->done[slot])
                    keep_result(to, slot);
            }
        }
    }
    plan(25, SPREADS, 0);
}

static inline void open_job(struct crowd_node *n) {
    uint8_t spec_memory[4096], finished_memory[8192];
    struct range range_memory[SLOTS];
    struct ranges ranges = ranges_of(range_memory, SLOTS);
    struct buf spec = buf_of(spec_memory, sizeof spec_memory);
    struct buf finished = buf_of(finished_memory, sizeof finished_memory);
    for (uint32_t slot = 0; slot < crowd->slots; slot++) {
        if (n->done[slot])
            require(ranges_add(&ranges, slot), "too many gaps");
    }
    ranges_encode(&ranges, &finished);
    require(job_encode(&test_job.job, &spec), "a job that is too long");
    board_post_to(
        n->board, ROOM_SCHED, ROOM_FACTS, 0,
        &(struct msg){
            .kind = MSG_job_open,
            .job_open = {.job = job, .spec = buf_view(&spec), .finished = buf_view(&finished)}});
}

static inline void facts_perform(void *self, const struct event *event) {
    struct crowd_node *n = self;
    if (event->msg.kind != MSG_lead)
        return;
    n->leads = event->msg.lead.mine;
    if (!n->leads)
        return;
    open_job(n);
    uint32_t free_places = 0;
    for (uint32_t i = 0; i < crowd->count; i++) {
        if (i == n->number || hear_each_other(n, &crowd->nodes[i]))
            free_places += PLACES - busy_places(&crowd->nodes[i]);
    }
    if (free_places == 0 && crowd->now - crowd->orphaned <= FIRST_LEASE_MOST)
        crowd->orphaned = 0; /* nothing can be given out before a trial ends */
}

#endif
