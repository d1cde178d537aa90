/* authors - nodes far away that sign bundles of their own, and what member and leader would say of them. Include <cmocka.h>
 * first. */
#ifndef ZYG_TEST_FACTS_AUTHORS_H
#define ZYG_TEST_FACTS_AUTHORS_H

#include "actors/facts/facts_state.h"
#include "actors/member/member.h"
#include "tests/unit/actors/facts/facts_stage.h"

enum { PEER = 7, OTHER_PEER = 8, BUNDLES_MAX = 64 };

/* A node far away that signs bundles of its own. Lives as long as the stage. */
struct author {
    struct signer signer;
    uint64_t next;
    uint32_t count;
    struct span bundles[BUNDLES_MAX];
    uint8_t memory[BUNDLES_MAX][4096];
};

static inline struct author *author_new(struct facts_stage *f, uint8_t number) {
    struct author *a = facts_stage_memory(f, sizeof *a);
    make_signer(&a->signer, number);
    return a;
}

static inline struct span author_says(struct author *a, const struct msg *facts, uint32_t count) {
    struct bundle_writer w;
    ensure(a->count < BUNDLES_MAX);
    bundle_begin(&w, &a->signer, 5, a->next, a->memory[a->count], sizeof a->memory[0]);
    for (uint32_t i = 0; i < count; i++)
        ensure(bundle_add(&w, &facts[i]));
    a->next += count;
    return a->bundles[a->count++] = bundle_seal(&w);
}

static inline struct span author_carries(struct author *a, struct span bundle) {
    return author_says(
        a, &(struct msg){.kind = MSG_carried_fact, .carried_fact = {.bundle = bundle}}, 1);
}

static inline struct msg result_of(const struct job_id *id, uint64_t slot, uint64_t attempt,
                                   enum trial_status status, double value) {
    return (struct msg){.kind = MSG_result_fact,
                        .result_fact = {.job = *id,
                                        .slot = slot,
                                        .attempt = attempt,
                                        .config = span_of("\x91\xcb\x3f\xe0\0\0\0\0\0\0", 10),
                                        .status = status,
                                        .has_value = status == TRIAL_DONE,
                                        .value = value,
                                        .began = 1000 + (wall_ms)value,
                                        .run_ms = 7,
                                        .cause = span_text("")}};
}

static inline struct node_id peer_id(uint32_t peer) {
    return (struct node_id){{(uint8_t)peer}};
}

static inline struct msg failed_of(const struct job_id *id, const char *cause, wall_ms wall) {
    return (struct msg){
        .kind = MSG_end_fact,
        .end_fact = {.job = *id, .state = JOB_FAILED, .cause = span_text(cause), .wall = wall}};
}

static inline void know(struct facts_stage *f, uint32_t peer, enum member_state member) {
    stage_tell(f->stage, ROOM_FACTS, ROOM_MEMBER, 0,
               &(struct msg){.kind = MSG_node_known,
                             .node_known = {.peer = peer,
                                            .node = peer == 0 ? f->node.id : peer_id(peer),
                                            .generation = 1,
                                            .state = member,
                                            .active = member == MEMBER_ALIVE,
                                            .neighbour = peer != 0,
                                            .eager = true,
                                            .slots = 2,
                                            .flags = MEMBER_STORES}});
}

static inline struct msg leads(const struct facts_stage *f, bool mine) {
    return (struct msg){.kind = MSG_lead,
                        .lead = {.term = 2,
                                 .leader = mine ? f->node.id : peer_id(PEER),
                                 .peer = mine ? 0 : PEER,
                                 .mine = mine}};
}

static inline void lead(struct facts_stage *f, bool mine) {
    const struct msg m = leads(f, mine);
    stage_tell(f->stage, ROOM_FACTS, ROOM_LEADER, 0, &m);
    f->patient = !mine;
}

/* How far this log lies on that peer's disk. `whole`: the only one it has. */
static inline void say_head(struct facts_stage *f, uint32_t peer, const struct node_id *author,
                            uint64_t generation, uint64_t next, bool whole) {
    uint8_t memory[128];
    struct buf heads = buf_of(memory, sizeof memory);
    mp_put_bin(&heads, span_of(author->bytes, NODE_ID_BYTES));
    mp_put_u64(&heads, generation);
    mp_put_u64(&heads, next);
    static const uint8_t store[STORE_ID_BYTES] = {3};
    stage_tell(f->stage, ROOM_FACTS, ROOM_MEMBER, peer,
               &(struct msg){.kind = MSG_heads,
                             .heads = {.store = span_of(store, sizeof store),
                                       .whole = whole,
                                       .heads = next > 0 ? buf_view(&heads) : (struct span){0}}});
}

/* This node's own log of its first life. */
static inline void say_heads(struct facts_stage *f, uint32_t peer, uint64_t next) {
    say_head(f, peer, &f->node.id, (uint64_t)1 << 32 | 1, next, true);
}

/* With this certificate, empty: with none. */
static inline void hear_with(struct facts_stage *f, uint32_t peer, struct span bundle,
                             struct span certificate) {
    static uint8_t memory[LIMIT_BUNDLE_BYTES + 16], shown[CERTIFICATE_BYTES_MAX + 16];
    struct buf list = buf_of(memory, sizeof memory), certificates = buf_of(shown, sizeof shown);
    mp_put_bin(&list, bundle);
    if (certificate.len > 0)
        mp_put_bin(&certificates, certificate);
    stage_tell(f->stage, ROOM_FACTS, ROOM_MEMBER, peer,
               &(struct msg){.kind = MSG_bundles,
                             .bundles = {.bundles = buf_view(&list),
                                         .certificates = buf_view(&certificates)}});
    stage_pass(f->stage, f->patient ? FACTS_LAZY_MS : GATHER_MS);
}

/* The peer has synced it. */
static inline void hear(struct facts_stage *f, uint32_t peer, struct span bundle) {
    uint8_t cluster[32], certificate[CERTIFICATE_BYTES_MAX];
    struct bundle b;
    struct err err;
    bool good = bundle_peek(&b, bundle, &err), begins = good && b.sequence == 0;
    size_t len = begins ? certificate_for(&b.author, false, cluster, certificate) : 0;
    hear_with(f, peer, bundle, span_of(certificate, len));
    if (good)
        say_head(f, peer, &b.author, b.generation, b.sequence + b.count, false);
}

/* The peer passes on what the author says. */
static inline void hear_facts(struct facts_stage *f, struct author *a, const struct msg *facts,
                              uint32_t count) {
    hear(f, PEER, author_says(a, facts, count));
}

static inline void hear_fact(struct facts_stage *f, struct author *a, struct msg fact) {
    hear_facts(f, a, &fact, 1);
}

static inline struct job_id hear_job(struct facts_stage *f, struct author *a, uint64_t nonce) {
    struct job_id id;
    hear(f, PEER, author_carries(a, job_bundle(f, nonce, &id)));
    return id;
}

static inline void hear_cancel(struct facts_stage *f, struct author *a, const struct signer *who,
                               const struct job_id *id) {
    hear(f, PEER, author_carries(a, cancel_bundle(f, who, id)));
}

/* All four trials of a job ended so. */
static inline void hear_all(struct facts_stage *f, struct author *a, const struct job_id *id,
                            enum trial_status status) {
    struct msg facts[4];
    for (uint64_t slot = 0; slot < 4; slot++)
        facts[slot] = result_of(id, slot, 1, status, 0);
    hear_facts(f, a, facts, 4);
}

static inline size_t kept(struct facts_stage *f) {
    return store_mem_rows(f->stage->store, TABLE_log);
}

/* ---- for cmocka: a node that takes part, next to PEER ---- */

static inline int facts_set_up_among(void **state) {
    struct facts_stage *f = facts_stage_new();
    facts_stage_boot(f, 1, true);
    know(f, PEER, MEMBER_ALIVE);
    *state = f;
    return 0;
}

#define AMONG(test) cmocka_unit_test_setup_teardown(test, facts_set_up_among, facts_tear_down)

#endif
